/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest that counts when it is told to, so that a test knows its bytes: every
 * key adds one to a number that it keeps in memory, on the screen and in one
 * sector of each BIOS disk. It goes on from what its first disk says.
 *
 *   memory  0x9000  "NVCT", the count (32 bits); 0x9200 the same count once all is written and shown
 *   screen  line 0  "count 00000007", cursor hidden
 *   disks   sector 8 of each: the same 8 bytes, then zeros
 */
	.code16
	.globl	_start
	.equ	RECORD, 0x9000
	.equ	MAGIC, 0x5443564e		/* "NVCT" */
_start:
	ljmp	$0, $begin
begin:
	cli
	xorw	%ax, %ax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %ss
	movw	$0x7c00, %sp
	sti
	cld
	movw	$3, %ax				# 80x25 text, cleared
	int	$0x10
	movb	$1, %ah				# no cursor: it blinks
	movw	$0x2000, %cx
	int	$0x10
	movb	$0x42, %ah
	movb	$0x80, %dl
	call	transfer
	cmpl	$MAGIC, RECORD
	je	show
	movw	$RECORD, %di			# a fresh disk
	movw	$256, %cx
	xorw	%ax, %ax
	rep	stosw
	movl	$MAGIC, RECORD
show:
	call	print
	movl	RECORD + 4, %eax
	movl	%eax, RECORD + 512
	xorw	%ax, %ax			# sleeps until a key comes
	int	$0x16
	movl	RECORD + 4, %ebx
	incl	%ebx
	movl	%ebx, RECORD + 4
	movb	$0x80, %dl
each:
	movb	$0x43, %ah
	call	transfer
	jc	show
	incb	%dl
	jmp	each

/* Function %ah (42h read, 43h write) of disk %dl on the record; carry when there is no such disk. */
transfer:
	movb	$0, %al
	movw	$packet, %si
	pushw	%dx
	int	$0x13
	popw	%dx
	ret

/* "count " and eight digits straight into the screen's memory. */
print:
	pushw	%es
	movw	$0xb800, %ax
	movw	%ax, %es
	movw	$text, %si
	xorw	%di, %di
	movb	$7, %ah
letter:
	lodsb
	stosw
	testb	%al, %al
	jnz	letter
	movw	$26, %di			# the last of the digits
	movl	RECORD + 4, %eax
	movl	$10, %ebx
	movw	$8, %cx
digit:
	xorl	%edx, %edx
	divl	%ebx
	addb	$'0', %dl
	movb	$7, %dh
	movw	%dx, %es:(%di)
	subw	$2, %di
	loop	digit
	popw	%es
	ret

text:	.asciz	"count "
packet:	.byte	16, 0
	.word	1, RECORD, 0
	.quad	8

	.org	510
	.word	0xaa55
