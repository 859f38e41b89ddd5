#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Things to boot that paint a screen before, or instead of, a system:
#
#   bootable.sh DIR grub|memtest|installer
#
# grub-WHAT.img for a disk and grub-WHAT.kernel for UEFI, memtest.kernel and memtest-uefi.kernel, installer.kernel
# and installer.initrd. Debian's own, downloaded with apt-get, not installed.
set -eu
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
out=$(cd "$1" && pwd)
what=$2

die() {
	echo "bootable.sh: $*" >&2
	exit 1
}

# Unpacks packages below files/; leaves the work directory when it ends.
fetch() {
	work=$(mktemp -d "$out/$what.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	cd "$work"
	apt-get download -q "$@" >/dev/null 2>&1 || die "apt-get download $* failed"
	for deb in ./*.deb; do
		dpkg -x "$deb" files
	done
}

# A page of what GRUB's font has, and a menu.
grub_config() {
	local output=$1 page=$2
	if [ "$output" = gfxterm ]; then
		cat <<-CFG
			serial --unit=0 --speed=115200
			terminfo -g 77x28 -u serial vt100
			loadfont (memdisk)/unicode.pf2
			set gfxmode=640x480
			terminal_output gfxterm serial
		CFG
	fi
	[ "$page" != picture ] || echo 'background_image (memdisk)/picture.tga'
	if [ "$page" = page ]; then
		echo 'clear; cat (memdisk)/page.txt; sleep 10000'
		return
	fi
	cat <<-'CFG'
		set timeout=-1
		menuentry 'Debian GNU/Linux' { true }
		menuentry 'Advanced options for Debian GNU/Linux, with Linux 6.1.0-56-amd64 (recovery mode)' { true }
		menuentry 'Memory test (memtest86+x64.bin, serial console 115200) | 0O1lI \ {}[]' { true }
		menuentry 'UEFI Firmware Settings ~ "quoted" #$%&*@^_' { true }
	CFG
}

# GRUB's font has all of Unicode, its small one for BIOS the letters of Europe.
grub_page() {
	local i
	echo 'The quick brown fox jumps over the lazy dog; THE QUICK BROWN FOX: 0123456789'
	echo '!"#$%&()*+,-./ :;<=>?@ [\]^_` {|}~ 0O 1lI| `quoted` "twice" it'"'"'s'
	if [ "$1" != console ]; then
		echo 'ÄÖÜäöüß éèêáàâóòô ñç ŁłŠšŽž ÅåØøÆæ'
		[ "$2" = i386-pc ] || echo 'ΑΒΓΔΩαβγδω АБВГДЖЯабвгджя ┌─┬─┐ ╔═╦═╗ █▀▄ ░▒▓ ←↑→↓'
	fi
	for i in 1 2 3 4 5 6 7 8; do
		echo "error: $i file '/boot/grub/i386-pc/normal.mod' not found; grub rescue> ls (hd0,gpt$i)/"
	done
}

# A sky that gets darker, with a hill: no two neighbours of one colour. TGA, as it comes without another tool.
grub_picture() {
	local width=160 height=120
	LC_ALL=C awk -v w=$width -v h=$height 'BEGIN {
		printf "%c%c%c%c%c%c%c%c%c%c%c%c%c%c%c%c%c%c", 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, w, 0, h, 0, 24, 32
		for (y = 0; y < h; y++)
			for (x = 0; x < w; x++) {
				hill = y > h - 30 + (x - 90) * (x - 90) / 200
				printf "%c%c%c", hill ? 20 + x % 16 : 110 - y / 2 + x % 3, 60 + y / 4 + (x + y) % 4 + 1, 1 + x / 5
			}
	}'
}

grub_image() {
	local output=$1 page=$2 platform=$3 font=unicode video=efi_gop
	[ "$platform" != i386-pc ] || { font=euro && video='biosdisk vbe'; }
	rm -rf disk && mkdir disk
	[ "$output" = console ] || cp files/usr/share/grub/$font.pf2 disk/unicode.pf2
	[ "$page" != picture ] || grub_picture >disk/picture.tga
	grub_config "$output" "$page" >disk/grub.cfg
	grub_page "$output" "$platform" >disk/page.txt
	tar -C disk -cf disk.tar .
	printf 'set prefix=(memdisk)\nnormal (memdisk)/grub.cfg\n' >early.cfg
	# shellcheck disable=SC2086
	files/usr/bin/grub-mkimage -d "files/usr/lib/grub/$platform" -O "$platform" -c early.cfg -m disk.tar -p '(memdisk)' \
		-o core normal memdisk tar cat echo sleep serial terminfo gfxterm font true gfxterm_background tga bitmap_scale $video
}

grub() {
	local output page
	fetch grub-common grub-pc-bin grub-efi-amd64-bin
	for output in console gfxterm; do
		for page in menu page picture; do
			grub_image $output $page i386-pc
			cat files/usr/lib/grub/i386-pc/boot.img core >image
			truncate -s 8M image
			mv image "$out/grub-$output-$page.img"
			grub_image $output $page x86_64-efi
			mv core "$out/grub-$output-$page.kernel"
		done
	done
}

memtest() {
	fetch memtest86+
	cp files/boot/memtest86+x64.efi "$out/memtest-uefi.kernel"
	cp files/boot/memtest86+x64.bin "$out/memtest.kernel"
}

# It tells its screen on the serial console when it is sent a letter, which comes first in the answer.
installer() {
	local dir
	fetch debian-installer-12-netboot-amd64
	dir=$(find files -path '*/text/debian-installer/amd64' -type d)
	[ -n "$dir" ] || die "no installer in its package"
	mkdir -p root/lib/debian-installer-startup.d root/nvirt
	cp "$(command -v busybox)" root/nvirt/busybox
	cat >root/lib/debian-installer-startup.d/S00screen <<-'SH'
		#!/bin/sh
		(
			b=/nvirt/busybox
			$b stty -F /dev/ttyS0 raw -echo 115200
			while mark=$($b head -c 1) && [ -n "$mark" ]; do
				echo -n "@$mark"
				$b cat /dev/vcsa1 /dev/vcsu1 | $b base64 -w 0
				echo
			done
		) </dev/ttyS0 >/dev/ttyS0 2>/dev/null &
	SH
	chmod 755 root/lib/debian-installer-startup.d/S00screen
	(cd root && find . | cpio -o -H newc --quiet | gzip -1) >more.gz
	cat "$dir/initrd.gz" more.gz >"$out/installer.initrd"
	cp "$dir/linux" "$out/installer.kernel"
}

case $what in
grub) made=grub-gfxterm-picture.kernel ;;
memtest) made=memtest.kernel ;;
installer) made=installer.kernel ;;
*) die "'$what' is none of grub, memtest, installer" ;;
esac
[ ! -e "$out/$made" ] || [ "$0" -nt "$out/$made" ] || exit 0
$what
