/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest that counts seconds in its memory and on its disk and shows both.
 *
 * The memory's number starts at 0 with every boot and survives pause and
 * managed save; the disk's number is read from the disk, raised and written
 * back each second, so it tells what the disk really holds (after a revert,
 * for one). Each count is also a line on COM1. BUSY_PEAK is the top of the
 * wave of load in percent of one CPU, 0 for none and 99 at most.
 */
	.ifndef BUSY_PEAK
	.equ BUSY_PEAK, 40
	.endif
	.include "boot.inc"

	.equ COUNT_SECTOR, 62		/* "NVIRTCNT", 32-bit count */
	.equ SECTOR_BUFFER, 0x9000
	.equ PIT_HZ, 1193182		/* a tick is 65536 of its periods */
	.equ WHITE, 0x0f
	.equ GREY, 0x07
	.equ TITLE, 0x1f
	.equ GREEN, 0x0a
	.equ RED, 0x0c
	.equ LINE_COUNT, (9 * 80 + 8) * 2
	.equ LINE_BAR, (12 * 80 + 8) * 2
	.equ BAR_COLUMNS, 40

main:
	call draw_screen
	mov eax, [BIOS_TICKS]
	mov last_ticks, eax
	call second			/* the first line comes at once */

loop:
	mov eax, [BIOS_TICKS]
	cmp eax, last_ticks
	jne tick
	cmp byte ptr busy_ticks, 0
	jg 1f
	hlt
	jmp loop
1:	mov ecx, 20000			/* this tick belongs to the wave of load */
2:	dec ecx
	jnz 2b
	jmp loop

tick:
	mov ecx, eax
	sub ecx, last_ticks
	mov last_ticks, eax
	cmp ecx, 18 * 60		/* midnight, or a clock that was set */
	jbe 1f
	mov ecx, 1
1:	shl ecx, 16
	add period, ecx
	dec byte ptr busy_ticks
	call power_poll
3:	cmp dword ptr period, PIT_HZ
	jb loop
	sub dword ptr period, PIT_HZ
	call second
	jmp 3b

/* One second is over: count, show, and plan the load of the next. */
second:
	inc dword ptr memory_count
	call disk_step
	mov di, offset line
	mov si, offset text_memory
	call append
	mov eax, memory_count
	call format_u32
	call append
	mov si, offset text_disk
	call append
	mov si, offset text_error
	cmp byte ptr disk_error, 0
	jne 1f
	mov eax, disk_count
	call format_u32
1:	call append
	mov si, offset line
	call serial_puts
	mov si, offset text_newline
	call serial_puts
	mov si, offset line
	mov di, LINE_COUNT
	mov ah, GREEN
	cmp byte ptr disk_error, 0
	je 2f
	mov ah, RED
2:	call screen_puts
	call plan_load
	jmp draw_bar

append:					/* si to di, which stays on the NUL */
	lodsb
	mov [di], al
	test al, al
	jz 1f
	inc di
	jmp append
1:	ret

/*
 * Reads the count, raises it, writes it back and looks whether it is there: a
 * write-protected disk fails without a word under some drivers.
 */
disk_step:
	mov byte ptr disk_error, 1
	call disk_read
	jc 2f
	jz 1f
	call disk_format
1:	mov eax, [SECTOR_BUFFER + 8]
	inc eax
	mov [SECTOR_BUFFER + 8], eax
	mov disk_count, eax
	mov ax, 0x4300
	call disk_io
	jc 2f
	call disk_read
	jc 2f
	mov eax, disk_count
	cmp eax, [SECTOR_BUFFER + 8]
	jne 2f
	mov byte ptr disk_error, 0
2:	ret

disk_read:				/* carry: failed; zero flag: the sector is ours */
	mov dword ptr [SECTOR_BUFFER], 0
	mov dword ptr [SECTOR_BUFFER + 8], 0
	mov ah, 0x42
	call disk_io
	jc 1f
	mov di, SECTOR_BUFFER
	mov si, offset magic
	mov cx, 8
	repe cmpsb
	clc
1:	ret

disk_io:				/* ah: 42h reads, 43h writes; carry: failed */
	mov dl, boot_drive
	mov si, offset count_packet
	int 0x13
	ret

disk_format:				/* a fresh disk */
	mov di, SECTOR_BUFFER
	mov si, offset magic
	mov cx, 8
	rep movsb
	xor ax, ax
	mov cx, (512 - 8) / 2
	rep stosw
	ret

/* How many of the next second's 18 ticks are busy, from the wave. */
plan_load:
	mov bx, memory_count
	and bx, 31
	movzx ax, byte ptr wave[bx]
	mov cx, BUSY_PEAK
	mul cx
	mov cx, 100
	div cx
	mov load_percent, ax
	mov cx, 18
	mul cx
	add ax, 50
	mov cx, 100
	div cx
	mov busy_ticks, al
	ret

draw_screen:
	push es
	mov ax, 0xb800
	mov es, ax
	mov ax, 0x0700 + ' '
	xor di, di
	mov cx, 80 * 25
	rep stosw
	mov ax, (TITLE << 8) + ' '
	xor di, di
	mov cx, 80
	rep stosw
	pop es
	mov si, offset screen_text
1:	lodsw				/* position, 0 = end */
	test ax, ax
	jz 2f
	mov di, ax
	lodsb
	mov ah, al
	call screen_puts
	jmp 1b
2:	mov ah, 0x01			/* hide the cursor */
	mov cx, 0x2607
	int 0x10
	ret

screen_puts:				/* si: text, ah: colour, di: position in the screen's memory */
	push es
	mov dx, 0xb800
	mov es, dx
1:	lodsb
	test al, al
	jz 2f
	stosw
	jmp 1b
2:	pop es
	ret

draw_bar:
	mov ax, load_percent
	mov bl, 10
	div bl				/* al: tens, ah: ones */
	add ax, 0x3030
	mov text_percent, ax
	mov di, LINE_BAR
	mov si, offset text_load
	mov ah, GREY
	call screen_puts
	push es
	mov ax, 0xb800
	mov es, ax
	mov ax, load_percent
	mov cx, BAR_COLUMNS
	mul cx
	mov cx, 100
	div cx
	mov bx, ax
	mov cx, BAR_COLUMNS
2:	mov ax, (GREEN << 8) + 0xdb
	test bx, bx
	jnz 3f
	mov ax, (GREY << 8) + 0xb0
	inc bx
3:	dec bx
	stosw
	loop 2b
	pop es
	ret

count_packet:
	.byte 16, 0
	.word 1
	.word SECTOR_BUFFER, 0
	.quad COUNT_SECTOR
last_ticks:
	.long 0
period:
	.long 0
memory_count:
	.long 0
disk_count:
	.long 0
load_percent:
	.word 0
busy_ticks:
	.byte 0
disk_error:
	.byte 0
magic:
	.ascii "NVIRTCNT"
wave:					/* percent of BUSY_PEAK, one a second */
	.byte 5, 8, 12, 18, 25, 34, 44, 55, 66, 76, 85, 92, 97, 100, 100, 97
	.byte 92, 85, 76, 66, 55, 44, 34, 25, 18, 12, 8, 5, 3, 2, 2, 3
line:
	.fill 64, 1, 0
text_memory:
	.asciz "memory "
text_disk:
	.asciz "  disk "
text_error:
	.asciz "error"
text_newline:
	.asciz "\r\n"
text_load:
	.ascii "load   "
text_percent:
	.asciz "00 %  "
	.macro at row, column, colour
	.word (\row * 80 + \column) * 2
	.byte \colour
	.endm
screen_text:
	at 0, 2, TITLE
	.asciz "nvirt demo guest: counter"
	at 3, 8, GREY
	.asciz "This guest counts seconds in two places."
	at 5, 8, GREY
	.asciz "memory  starts again with each boot, survives a managed save"
	at 6, 8, GREY
	.asciz "disk    is read, raised and written back each second"
	at 15, 8, GREY
	.asciz "The load goes up and down in a wave of 32 seconds."
	at 16, 8, GREY
	.asciz "A press of the power button (shutdown) switches off."
	.word 0
