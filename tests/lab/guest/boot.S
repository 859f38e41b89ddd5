/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lab's smallest guest: one boot sector that counts seconds on the serial
 * port and on the screen, and does nothing in between. It knows no ACPI, so a
 * polite shutdown never succeeds: that is wanted.
 */
	.code16
	.globl	_start
_start:
	ljmp	$0, $begin
begin:
	cli
	xorw	%ax, %ax
	movw	%ax, %ds
	movw	%ax, %ss
	movw	$0x7c00, %sp
	sti
	movw	$banner, %si
	call	print
second:
	movw	$18, %cx		# the BIOS clock ticks 18.2 times a second
tick:
	hlt
	movw	0x46c, %ax
	cmpw	last, %ax
	je	tick
	movw	%ax, last
	loop	tick
	call	count
	movw	$line, %si
	call	print
	jmp	second

/* Adds one to the decimal digits in `digits`. */
count:
	movw	$digits_end - 1, %bx
carry:
	incb	(%bx)
	cmpb	$'9', (%bx)
	jbe	counted
	movb	$'0', (%bx)
	decw	%bx
	cmpw	$digits, %bx
	jae	carry
counted:
	ret

/* The string at %si goes to COM1 and to the screen. */
print:
	lodsb
	testb	%al, %al
	jz	printed
	movw	$0x3f8, %dx
	outb	%al, %dx
	movb	$0x0e, %ah
	movw	$7, %bx
	int	$0x10
	jmp	print
printed:
	ret

last:	.word	0
banner:	.asciz	"nvirt lab guest\r\n"
line:	.ascii	"seconds "
digits:	.ascii	"000000"
digits_end:
	.asciz	"\r\n"

	.org	510
	.word	0xaa55
