# SPDX-License-Identifier: GPL-2.0-or-later
#
# A boot sector that sets the BIOS's video mode MODE and writes a page there and on the serial console; in mode 3
# also all glyphs of the code page and all 256 attributes, straight into the screen's memory.
.code16
.globl _start
_start:
	ljmp	$0, $start
start:
	xor	%ax, %ax
	mov	%ax, %ds
	mov	%ax, %ss
	mov	$0x7c00, %sp
	cld
	mov	$MODE, %ax
	int	$0x10
	mov	$text, %si
next:
	lodsb
	test	%al, %al
	jz	written
	call	send
	mov	$0x0e, %ah
	mov	$7, %bx			# page 0, light grey where the mode is graphics
	int	$0x10
	jmp	next
written:
	mov	$MODE, %al
	cmp	$3, %al
	jne	done
	mov	$0xb800, %ax
	mov	%ax, %es
	mov	$8 * 160, %di
	mov	$0x0700, %ax
glyph:
	stosw
	inc	%al
	jnz	glyph
	mov	$13 * 160, %di
	xor	%bx, %bx
attribute:
	mov	%bl, %al		# letters, each in an attribute of its own
	and	$15, %al
	add	$'a', %al
	mov	%bl, %ah
	stosw
	inc	%bl
	jnz	attribute
done:
	mov	$'\n', %al		# the page is whole
	call	send
halt:
	hlt
	jmp	halt

# %al to the first serial port.
send:
	mov	$0x3fd, %dx
	mov	%al, %ah
1:	in	%dx, %al
	test	$0x20, %al
	jz	1b
	mov	%ah, %al
	mov	$0x3f8, %dx
	out	%al, %dx
	ret

text:
	.ascii	"The quick brown fox jumps over the dog\r\n"
	.ascii	"0123456789 (Booting from Hard Disk...)\r\n"
	.ascii	"Error #42: no system! Press any key_\r\n"
	.asciz	"JUMPS OVER {LAZY} [BOX] WITH FIVE, Z\r\n\n"
.org 510
	.word	0xaa55
