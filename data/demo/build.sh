#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes the demo guests' disks: data/demo/build.sh OUTDIR
#   counter.raw       counts in memory and on its disk, load in a wave
#   counter-idle.raw  the same without load
#   shell.raw         a prompt that echoes keys
# and, where qemu-img exists, the same as .qcow2. Needs GNU binutils for x86
# (AS, LD from the environment). Each disk is 1 MiB.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
as=${AS:-as}
ld=${LD:-ld}
limit=4096 # 512 * IMAGE_SECTORS of boot.inc

make_guest() { # NAME SOURCE FLAGS...
	name=$1 source=$2
	shift 2
	"$as" --32 -I "$here" "$@" -o "$out/$name.o" "$here/$source"
	"$ld" -m elf_i386 -Ttext=0x7c00 --oformat binary -o "$out/$name.bin" "$out/$name.o"
	size=$(wc -c <"$out/$name.bin")
	if [ "$size" -gt $limit ]; then
		echo "build.sh: $name has $size bytes, more than $limit" >&2
		exit 1
	fi
	rm -f "$out/$name.raw" "$out/$name.qcow2"
	dd if="$out/$name.bin" of="$out/$name.raw" bs=1048576 count=1 conv=sync 2>/dev/null
	if command -v qemu-img >/dev/null; then
		qemu-img convert -f raw -O qcow2 "$out/$name.raw" "$out/$name.qcow2"
	fi
	rm -f "$out/$name.o" "$out/$name.bin"
}

if [ $# -lt 1 ]; then
	echo "usage: $0 OUTDIR" >&2
	exit 2
fi
mkdir -p "$1"
out=$(cd "$1" && pwd)

make_guest counter counter.S
make_guest counter-idle counter.S --defsym BUSY_PEAK=0
make_guest shell shell.S
