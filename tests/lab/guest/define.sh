#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The definition of a lab guest on stdout; makes its disk on the way.
#
#   define.sh boot|linux NAME IMAGEDIR system|session [MIB]
#
# boot: a boot sector that counts, up in well under a second, deaf to ACPI.
# linux: a small Linux with agent, power button and DHCP, up in a few seconds.
# NVIRT_LAB_CMDLINE is added to its kernel's command line: nvirt.load=… see load.c.
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
kind=$1 name=$2 images=$3 mode=$4 mib=${5:-}
cache=${NVIRT_LAB_CACHE:-$here/../../../build/lab-guest}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)

# Made beside and moved in place, because several tests may build it at once.
boot_image() {
	[ ! -e "$cache/boot.img" ] || return 0
	local work
	work=$(mktemp -d "$cache/boot.XXXXXX")
	as --32 -o "$work/boot.o" "$here/boot.S"
	ld -m elf_i386 -Ttext 0x7c00 --oformat binary -o "$work/boot.img" "$work/boot.o"
	truncate -s 1M "$work/boot.img"
	mv "$work/boot.img" "$cache/boot.img"
	rm -r "$work"
}

boot_part() {
	boot_image || return 1
	qemu-img convert -q -f raw -O qcow2 "$cache/boot.img" "$images/$name.qcow2"
	echo "<os><type arch='x86_64' machine='pc'>hvm</type><boot dev='hd'/></os>"
}

linux_part() {
	"$here/linux.sh" "$cache" >&2 || return 1
	qemu-img create -q -f qcow2 "$images/$name.qcow2" 64M
	# The daemon may run as another user: it gets a copy that it can read.
	cp -n "$cache/vmlinuz" "$cache/initrd.gz" "$images/"
	chmod 644 "$images/vmlinuz" "$images/initrd.gz"
	cat <<-XML
		<os><type arch='x86_64' machine='q35'>hvm</type>
		<kernel>$images/vmlinuz</kernel><initrd>$images/initrd.gz</initrd>
		<cmdline>console=ttyS0 quiet panic=1${NVIRT_LAB_CMDLINE:+ $NVIRT_LAB_CMDLINE}</cmdline></os>
	XML
}

linux_devices() {
	local net="<interface type='user'><model type='virtio'/></interface>"
	[ "$mode" = session ] ||
		net="<interface type='network'><source network='default'/><model type='virtio'/></interface>"
	cat <<-XML
		$net
		<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
		<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
	XML
}

case $kind in
boot)
	os=$(boot_part)
	extra=''
	mib=${mib:-16}
	;;
linux)
	os=$(linux_part)
	extra=$(linux_devices)
	mib=${mib:-192}
	;;
*) echo "define.sh: '$kind' is no kind of guest: boot, linux" >&2 && exit 2 ;;
esac
[ "$(id -u)" -ne 0 ] || [ "$mode" = system ] || chown 65534:65534 "$images"/*
cat <<XML
<domain type='qemu'>
  <name>$name</name>
  <memory unit='MiB'>$mib</memory>
  <vcpu>1</vcpu>
  $os
  <features><acpi/></features>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/>
      <source file='$images/$name.qcow2'/>
      <target dev='vda' bus='virtio'/>
    </disk>
    $extra
    <serial type='pty'><log file='$images/$name.serial' append='off'/></serial>
    <graphics type='vnc'><listen type='socket'/></graphics>
    <video><model type='vga'/></video>
    <memballoon model='virtio'><stats period='2'/></memballoon>
  </devices>
</domain>
XML
