/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The PE header of count_efi.c: one section that holds everything, code that
 * runs wherever it is put. Linked flat at 0 (count_efi.ld), so an address is an
 * offset into the file is an offset from the image's base.
 */
	.section .header, "awx"
	.globl	_start
_start:
	.ascii	"MZ"
	.org	0x3c
	.long	pe
pe:	.ascii	"PE\0\0"
	.word	0x8664, 1			/* x86-64, one section */
	.long	0, 0, 0
	.word	optional_end - optional, 0x22e	/* executable, no symbols, large addresses */
optional:
	.word	0x20b
	.byte	2, 20
	.long	image_size - 0x1000, 0, 0, efi_entry, 0x1000
	.quad	0				/* image base */
	.long	0x1000, 0x1000			/* alignments */
	.long	0, 0, 0, 0			/* versions */
	.long	image_size, 0x1000, 0
	.word	10, 0				/* EFI application */
	.quad	0, 0, 0, 0
	.long	0, 6
	.quad	0, 0, 0, 0, 0, 0
optional_end:
	.ascii	".text\0\0\0"
	.long	image_size - 0x1000, 0x1000, image_size - 0x1000, 0x1000
	.long	0, 0
	.word	0, 0
	.long	0xe0000020			/* code; execute, read, write */
	.org	0x1000
efi_entry:
	jmp	efi_main
