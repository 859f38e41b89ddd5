#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The definition of a lab guest on stdout; makes its disk on the way.
#
#   define.sh boot|linux…|count…|screen-… NAME IMAGEDIR system|session [MIB]
#
# boot: a boot sector that counts, up in well under a second, deaf to ACPI.
# count, count-2, count-raw: a guest with one disk, two, or one qcow2 and one raw, that counts
# in memory, on the screen and on its disks when a key is sent to it; with -uefi also in its NVRAM.
# linux: a small Linux with agent, power button and DHCP, up in a few seconds.
# linux-fonts: the same without a network, with Debian's console fonts in /fonts; with -uefi on a framebuffer.
# linux-programs: the same with programs that fill a screen in /opt/bin.
# screen-WHAT, screen-WHAT-uefi: what bootable.sh makes (grub-…, memtest, installer), or nothing to boot (ipxe, shell).
# screen-page-13: page.S in that video mode of the BIOS (hexadecimal).
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

# Of count.S, count_efi.c: BIOS boots the first disk, UEFI starts a "kernel".
count_images() {
	[ ! -e "$cache/count.efi" ] || return 0
	local work
	work=$(mktemp -d "$cache/count.XXXXXX")
	as --32 -o "$work/count.o" "$here/count.S"
	ld -m elf_i386 -Ttext 0x7c00 --oformat binary -o "$work/count.img" "$work/count.o"
	truncate -s 1M "$work/count.img"
	${CC:-cc} -Os -ffreestanding -fno-stack-protector -fno-asynchronous-unwind-tables -fpie -mno-red-zone -mno-sse \
		-c -o "$work/main.o" "$here/count_efi.c"
	as --64 -o "$work/header.o" "$here/count_efi.S"
	ld -m elf_x86_64 -T "$here/count_efi.ld" --oformat binary -o "$work/count.efi" "$work/header.o" "$work/main.o"
	chmod 644 "$work/count.efi"
	mv "$work/count.img" "$cache/count.img"
	mv "$work/count.efi" "$cache/count.efi"
	rm -r "$work"
}

# The first that is there: Debian's and Ubuntu's firmware.
firmware() {
	local suffix
	for suffix in _4M.fd .fd; do
		[ ! -e "/usr/share/OVMF/OVMF_$1$suffix" ] || { echo "/usr/share/OVMF/OVMF_$1$suffix" && return; }
	done
	echo "define.sh: no UEFI firmware: the package ovmf is missing" >&2
	return 1
}

count_part() {
	count_images || return 1
	qemu-img convert -q -f raw -O qcow2 "$cache/count.img" "$images/$name.qcow2"
	case $kind in
	count-2*) qemu-img create -q -f qcow2 "$images/$name-b.qcow2" 1M ;;
	count-raw*) truncate -s 1M "$images/$name-b.raw" ;;
	esac
	case $kind in
	*-uefi)
		local loader
		loader=$(uefi_part) || return 1
		cp -n "$cache/count.efi" "$images/"
		cat <<-XML
			<os><type arch='x86_64' machine='q35'>hvm</type>$loader
			<kernel>$images/count.efi</kernel></os>
		XML
		;;
	*) echo "<os><type arch='x86_64' machine='pc'>hvm</type></os>" ;;
	esac
}

# The firmware looks only at disks that have a place in the boot order.
count_devices() {
	local format=qcow2
	case $kind in
	count-raw*) format=raw ;;
	count-2*) ;;
	*) return 0 ;;
	esac
	cat <<-XML
		<disk type='file' device='disk'>
		  <driver name='qemu' type='$format'/>
		  <source file='$images/$name-b.$format'/>
		  <target dev='vdb' bus='virtio'/>
		  <boot order='2'/>
		</disk>
	XML
}

uefi_part() {
	local code vars
	code=$(firmware CODE) && vars=$(firmware VARS) || return 1
	cat <<-XML
		<loader readonly='yes' type='pflash'>$code</loader>
		<nvram template='$vars'>$images/$name.nvram</nvram>
	XML
}

linux_part() {
	local initrd=initrd.gz loader=''
	"$here/linux.sh" "$cache" >&2 || return 1
	qemu-img create -q -f qcow2 "$images/$name.qcow2" 64M
	# The daemon may run as another user: it gets a copy that it can read.
	cp -n "$cache/vmlinuz" "$cache/initrd.gz" "$images/"
	case $kind in
	linux-fonts*)
		"$here/fonts.sh" "$cache" >&2 || return 1
		initrd=initrd-fonts.gz
		cat "$cache/initrd.gz" "$cache/fonts.cpio.gz" >"$images/$initrd"
		;;
	linux-programs*)
		"$here/programs.sh" "$cache" >&2 || return 1
		initrd=initrd-programs.gz
		cat "$cache/initrd.gz" "$cache/programs.cpio.gz" >"$images/$initrd"
		;;
	esac
	case $kind in
	*-uefi) loader=$(uefi_part) || return 1 ;;
	esac
	chmod 644 "$images/vmlinuz" "$images/$initrd"
	cat <<-XML
		<os><type arch='x86_64' machine='q35'>hvm</type>$loader
		<kernel>$images/vmlinuz</kernel><initrd>$images/$initrd</initrd>
		<cmdline>console=ttyS0 quiet panic=1${NVIRT_LAB_CMDLINE:+ $NVIRT_LAB_CMDLINE}</cmdline></os>
	XML
}

linux_devices() {
	local net="<interface type='user'><model type='virtio'/></interface>"
	[ "$mode" = session ] ||
		net="<interface type='network'><source network='default'/><model type='virtio'/></interface>"
	case $kind in linux-fonts* | linux-programs*) net='' ;; esac
	cat <<-XML
		$net
		<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
		<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
	XML
}

page_image() {
	local mode=$1 work
	work=$(mktemp -d "$cache/page.XXXXXX")
	as --32 --defsym "MODE=0x$mode" -o "$work/page.o" "$here/page.S"
	ld -m elf_i386 -Ttext 0x7c00 --oformat binary -o "$work/page.img" "$work/page.o"
	truncate -s 1M "$work/page.img"
	chmod 644 "$work/page.img"
	mv "$work/page.img" "$cache/page-$mode.img"
	rm -r "$work"
}

# No disk but the one that GRUB lies on: what is to be seen is there before any system.
screen_part() {
	local what=${kind#screen-} loader='' machine=pc file
	case $what in page-*) page_image "${what#page-}" || return 1 ;; esac
	case $what in grub* | memtest* | installer*) "$here/bootable.sh" "$cache" "${what%%-*}" >&2 || return 1 ;; esac
	case $what in
	*-uefi) loader=$(uefi_part) && machine=q35 || return 1 ;;
	esac
	echo "<os><type arch='x86_64' machine='$machine'>hvm</type>$loader"
	case $what in
	memtest-uefi | installer*) file=$what ;;
	*-uefi) file=${what%-uefi} ;;
	*) file=$what ;;
	esac
	if [ -z "$loader" ] && [ -e "$cache/$file.img" ]; then
		cp "$cache/$file.img" "$images/$name.img"
	elif [ -e "$cache/$file.kernel" ]; then
		cp "$cache/$file.kernel" "$images/$name.kernel"
		echo "<kernel>$images/$name.kernel</kernel>"
		if [ -e "$cache/$file.initrd" ]; then
			cp "$cache/$file.initrd" "$images/$name.initrd"
			echo "<initrd>$images/$name.initrd</initrd>"
		fi
		echo "<cmdline>${NVIRT_LAB_CMDLINE:-}</cmdline>"
	elif [ "$what" = ipxe ]; then
		echo "<boot dev='network'/>"
	fi
	echo "</os>"
}

screen_devices() {
	[ "$kind" != screen-ipxe ] || echo "<interface type='user'><model type='e1000'/></interface>"
	[ ! -e "$images/$name.img" ] || cat <<-XML
		<disk type='file' device='disk'>
		  <driver name='qemu' type='raw'/>
		  <source file='$images/$name.img'/>
		  <target dev='hda' bus='ide'/>
		</disk>
	XML
}

first=''
disk=yes
case $kind in
boot)
	os=$(boot_part)
	extra=''
	mib=${mib:-16}
	;;
linux*)
	os=$(linux_part)
	extra=$(linux_devices)
	case $kind in *-fonts* | *-programs*) mib=${mib:-320} ;; *) mib=${mib:-192} ;; esac
	;;
count*)
	os=$(count_part)
	extra=$(count_devices)
	first="<boot order='1'/>"
	case $kind in *-uefi) mib=${mib:-64} ;; *) mib=${mib:-8} ;; esac
	;;
screen-*)
	os=$(screen_part)
	extra=$(screen_devices)
	disk=''
	case $kind in *installer*) mib=${mib:-960} ;; *-uefi) mib=${mib:-160} ;; *) mib=${mib:-64} ;; esac
	;;
*) echo "define.sh: '$kind' is no kind of guest: boot, linux, linux-fonts, count, count-2, count-raw, count-uefi, screen-grub-console-menu, …" >&2 && exit 2 ;;
esac
[ -z "$disk" ] || disk="<disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/>
      <source file='$images/$name.qcow2'/>
      <target dev='vda' bus='virtio'/>$first
    </disk>"
[ "$(id -u)" -ne 0 ] || [ "$mode" = system ] || chown 65534:65534 "$images"/*
cat <<XML
<domain type='qemu'>
  <name>$name</name>
  <memory unit='MiB'>$mib</memory>
  <vcpu>1</vcpu>
  $os
  <features><acpi/></features>
  <devices>
    $disk
    $extra
    <serial type='pty'><log file='$images/$name.serial' append='off'/></serial>
    <graphics type='vnc'><listen type='socket'/></graphics>
    <video><model type='vga'/></video>
    <memballoon model='virtio'><stats period='2'/></memballoon>
  </devices>
</domain>
XML
