#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Builds the lab's Linux guest once: DIR/vmlinuz and DIR/initrd.gz.
#
#   linux.sh DIR
#
# The distribution's own kernel and guest agent (downloaded with apt-get, not
# installed), busybox, and the few modules a virtio guest needs.
set -eu
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$1
modules='virtio virtio_ring virtio_pci virtio_pci_modern_dev virtio_pci_legacy_dev virtio_blk virtio_net
net_failover failover virtio_balloon virtio_console virtio-rng rng-core button evdev
serio libps2 i8042 atkbd vivaldi-fmap virtio_input'

die() {
	echo "linux.sh: $*" >&2
	exit 1
}

# The package that a distribution's meta package stands for.
kernel_packages() {
	local meta image
	for meta in linux-image-cloud-amd64 linux-image-virtual; do
		image=$(apt-cache depends "$meta" 2>/dev/null | awk '/Depends: linux-image-[0-9]/ {print $2; exit}')
		[ -z "$image" ] || break
	done
	[ -n "$image" ] || die "apt knows no kernel for a virtual machine: apt-get update first?"
	echo "$image"
	# Ubuntu keeps the modules in a package of their own.
	apt-cache depends "$image" | awk '/Depends: linux-modules-[0-9]/ {print $2}'
}

unpack() {
	local deb
	mkdir debs files
	# shellcheck disable=SC2046
	(cd debs && apt-get download -q $(kernel_packages) qemu-guest-agent >/dev/null) || die "apt-get download failed"
	for deb in debs/*.deb; do
		dpkg -x "$deb" files
	done
}

copy_with_libraries() {
	local program=$1 library
	cp "$program" root/bin/
	for library in $(ldd "$program" | grep -o '/lib[^ ]*'); do
		mkdir -p "root$(dirname "$library")"
		cp -L "$library" "root$library"
	done
}

make_root() {
	local version module file
	version=$(ls files/lib/modules)
	mkdir -p root/{bin,dev,proc,sys,run,tmp,var,etc/acpi/PWRF,sbin}
	ln -s ../run root/var/run
	cp "$(command -v busybox)" root/bin/busybox
	copy_with_libraries files/usr/sbin/qemu-ga
	${CC:-cc} -O2 -o load "$here/load.c"
	copy_with_libraries load
	for module in $modules; do
		file=$(cd files && find "lib/modules/$version" -name "$module.ko*" | head -1)
		[ -z "$file" ] || install -D -m 644 "files/$file" "root/$file"
	done
	cp files/lib/modules/"$version"/modules.{order,builtin} "root/lib/modules/$version/"
	depmod -b root "$version" 2>/dev/null
	install -m 755 "$here/init" root/init
	printf '#!/bin/sh\n[ "$1" != bound ] || ip addr add "$ip/$mask" dev "$interface"\n' >root/bin/lease
	printf '#!/bin/sh\necho "power button"; poweroff -f\n' >root/etc/acpi/PWRF/00000080
	# What the agent calls: shutdown -P, -H or -r.
	printf '#!/bin/sh\ncase " $* " in *" -r "*) exec reboot -f ;; esac\nexec poweroff -f\n' >root/sbin/shutdown
	chmod 755 root/bin/lease root/etc/acpi/PWRF/00000080 root/sbin/shutdown
}

# Made of what lies here: newer files make it anew.
is_made() {
	[ -e "$out/initrd.gz" ] && [ ! "$here/init" -nt "$out/initrd.gz" ] && [ ! "$here/load.c" -nt "$out/initrd.gz" ]
}

! is_made || exit 0
for program in busybox cpio depmod dpkg apt-get gzip; do
	command -v "$program" >/dev/null || die "$program is missing: run tests/deps.sh check"
done
mkdir -p "$out"
out=$(cd "$out" && pwd)
# One at a time; who waited finds it done.
exec 9>"$out/linux.lock"
flock 9
! is_made || exit 0
work=$(mktemp -d "$out/linux.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
unpack
make_root
(cd root && find . | cpio -o -H newc --quiet | gzip -1) >initrd.gz
chmod 644 initrd.gz
cp files/boot/vmlinuz-* "$out/vmlinuz"
chmod 644 "$out/vmlinuz"
mv initrd.gz "$out/initrd.gz"
