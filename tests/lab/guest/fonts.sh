#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Debian's console fonts for the Linux guest: DIR/fonts.cpio.gz, to be appended to its initrd.
#
#   fonts.sh DIR
#
# Downloaded with apt-get, not installed: what recognises them must not find them here.
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
out=$1
[ ! -e "$out/fonts.cpio.gz" ] || exit 0
work=$(mktemp -d "$out/fonts.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -q console-setup-linux >/dev/null || { echo "fonts.sh: apt-get download failed" >&2 && exit 1; }
dpkg -x console-setup-linux_*.deb files
mkdir root
mv files/usr/share/consolefonts root/fonts
"${CC:-cc}" -O2 -static -o root/fonts/setfont "$here/setfont.c"
(cd root && find . | cpio -o -H newc --quiet) | gzip -1 >fonts.cpio.gz
mv fonts.cpio.gz "$out/fonts.cpio.gz"
