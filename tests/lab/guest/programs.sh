#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Programs that fill a screen, for the Linux guest: DIR/programs.cpio.gz, to be appended to its initrd.
#
#   programs.sh DIR
#
# Debian's, downloaded with apt-get, not installed; with this machine's libraries. Who needs others stays out.
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
out=$1
made=$out/programs.cpio.gz
[ ! -e "$made" ] || [ "$here/programs.sh" -nt "$made" ] || exit 0
work=$(mktemp -d "$out/programs.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get download -q dialog htop nano mc mc-data ncurses-base >/dev/null || { echo "programs.sh: apt-get download failed" >&2 && exit 1; }
for deb in ./*.deb; do
	dpkg -x "$deb" files
done
mkdir -p root/opt/bin root/usr/share root/lib
for program in files/usr/bin/dialog files/usr/bin/htop files/bin/nano files/usr/bin/mc; do
	libraries=$(ldd "$program")
	! grep -q 'not found' <<<"$libraries" || continue
	cp "$program" root/opt/bin/
	for library in $(grep -o '/lib[^ ]*' <<<"$libraries"); do
		mkdir -p "root$(dirname "$library")"
		cp -L "$library" "root$library"
	done
done
cp -r files/lib/terminfo root/lib/
cp -r files/usr/share/mc root/usr/share/
mkdir -p root/etc
cp -r files/etc/mc root/etc/
(cd root && find . | cpio -o -H newc --quiet) | gzip -1 >programs.cpio.gz
mv programs.cpio.gz "$made"
