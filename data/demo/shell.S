/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest with a prompt: echoes keys and knows a few commands.
 *
 * Keyboard and COM1 are both read, screen and COM1 both written. What it
 * counts it keeps in memory, so that a snapshot or a managed save can be told
 * from a fresh boot.
 */
	.include "boot.inc"

	.equ LINE_MAX, 64
	.equ LINE_COLOUR, 0x07
	.equ ESC, 27
	.equ BACKSPACE, 8
	.equ DELETE, 127

main:
	call clear_screen
	mov si, offset text_hello
	call puts
	call prompt

loop:
	mov eax, [BIOS_TICKS]
	cmp eax, last_ticks
	je 1f
	mov last_ticks, eax
	call power_poll
1:	call read_key
	jz 2f
	call take_key
	jmp loop
2:	hlt				/* until a key or the next tick */
	jmp loop

/* al = a key from keyboard or serial line; zero flag: none. */
read_key:
	mov ah, 0x01
	int 0x16
	jz 1f
	xor ah, ah
	int 0x16
	test al, al			/* 0: a function key, ignored */
	ret
1:	mov dx, COM1 + 5
	in al, dx
	cmp al, 0xff			/* no such port */
	je 2f
	test al, 0x01
	jz 2f
	mov dx, COM1
	in al, dx
	test al, al
	ret
2:	xor al, al
	ret

take_key:
	cmp al, '\r'
	je enter_line
	cmp al, BACKSPACE
	je erase_key
	cmp al, DELETE
	je erase_key
	cmp al, ESC
	je erase_line
	cmp al, ' '
	jb 1f
	cmp al, '~'
	ja 1f
	mov bx, line_length
	cmp bx, LINE_MAX
	jae 1f
	mov line[bx], al
	inc word ptr line_length
	inc dword ptr key_count
	jmp putc
1:	ret

erase_key:
	cmp word ptr line_length, 0
	je 1f
	dec word ptr line_length
	mov si, offset text_erase
	jmp puts
1:	ret

erase_line:
	cmp word ptr line_length, 0
	je 1f
	call erase_key
	jmp erase_line
1:	ret

enter_line:
	mov bx, line_length
	mov byte ptr line[bx], 0
	mov word ptr line_length, 0
	call newline
	call run_line
	jmp prompt

/* Finds the line's first word in the table of commands and runs it with si = the rest. */
run_line:
	mov si, offset line
	call skip_blanks
	cmp byte ptr [si], 0
	je 5f
	inc dword ptr command_count
	mov bx, offset commands
1:	mov di, [bx]
	test di, di
	jz 4f
	push si
2:	mov al, [di]
	test al, al
	jz 3f
	cmp al, [si]
	jne 6f
	inc si
	inc di
	jmp 2b
3:	mov al, [si]			/* the word must end here too */
	test al, al
	jz 7f
	cmp al, ' '
	je 7f
6:	pop si
	add bx, 4
	jmp 1b
7:	add sp, 2
	call skip_blanks
	jmp [bx + 2]
4:	push si
	mov si, offset text_unknown
	call puts
	pop si
	call puts
	mov si, offset text_unknown_end
	jmp puts
5:	ret

skip_blanks:
	cmp byte ptr [si], ' '
	jne 1f
	inc si
	jmp skip_blanks
1:	ret

run_help:
	mov si, offset text_help
	jmp puts

run_echo:
	call puts
	jmp newline

run_clear:
	jmp clear_screen

run_ticks:
	mov eax, [BIOS_TICKS]
	call put_number
	mov si, offset text_ticks
	jmp puts

run_count:
	inc dword ptr count
	mov si, offset text_count
	call puts
	mov eax, count
	call put_number
	mov si, offset text_commands
	call puts
	mov eax, command_count
	call put_number
	mov si, offset text_keys
	call puts
	mov eax, key_count
	call put_number
	jmp newline

run_time:				/* the clock of the machine, in BCD */
	mov ah, 0x04
	int 0x1a
	push dx
	push cx
	mov al, ch
	call put_bcd
	pop cx
	mov al, cl
	call put_bcd
	mov al, '-'
	call putc
	pop dx
	push dx
	mov al, dh
	call put_bcd
	mov al, '-'
	call putc
	pop dx
	mov al, dl
	call put_bcd
	mov al, ' '
	call putc
	mov ah, 0x02
	int 0x1a
	push dx
	push cx
	mov al, ch
	call put_bcd
	mov al, ':'
	call putc
	pop cx
	mov al, cl
	call put_bcd
	mov al, ':'
	call putc
	pop dx
	mov al, dh
	call put_bcd
	jmp newline

run_colours:
	mov cx, 16
	xor bl, bl
1:	push cx
	push bx
	mov bh, bl
	mov si, offset text_colour
2:	lodsb
	test al, al
	jz 3f
	call serial_putc
	push si
	push bx
	mov ah, 0x09			/* the character in its colour, then over it to move on */
	mov bl, bh
	xor bh, bh
	mov cx, 1
	int 0x10
	call screen_putc
	pop bx
	pop si
	jmp 2b
3:	pop bx
	pop cx
	inc bl
	loop 1b
	jmp newline

run_reboot:
	mov si, offset text_reboot
	call puts
	mov dx, 0xcf9
	mov al, 0x06
	out dx, al
	mov al, 0xfe			/* no such register: the keyboard controller can do it too */
	out 0x64, al
1:	hlt
	jmp 1b

run_hang:
	mov si, offset text_hang
	call puts
1:	cli
	hlt
	jmp 1b

prompt:
	mov si, offset text_prompt
	/* falls through */
puts:					/* si to screen and serial line */
	lodsb
	test al, al
	jz 1f
	call putc
	jmp puts
1:	ret

putc:
	call serial_putc
	/* falls through */
screen_putc:
	push bx
	mov ah, 0x0e
	mov bx, LINE_COLOUR
	int 0x10
	pop bx
	ret

newline:
	mov si, offset text_newline
	jmp puts

put_number:
	call format_u32
	jmp puts

put_bcd:
	push ax
	shr al, 4
	add al, '0'
	call putc
	pop ax
	and al, 0x0f
	add al, '0'
	jmp putc

clear_screen:
	mov ax, 0x0003
	int 0x10
	mov si, offset text_clear
	jmp serial_puts

last_ticks:
	.long 0
count:
	.long 0
command_count:
	.long 0
key_count:
	.long 0
line_length:
	.word 0
line:
	.fill LINE_MAX + 1, 1, 0
	.balign 2

	.macro command name, function
	.word word_\name, \function
	.endm
commands:				/* name, function */
	command help, run_help
	command time, run_time
	command ticks, run_ticks
	command count, run_count
	command echo, run_echo
	command colours, run_colours
	command clear, run_clear
	command reboot, run_reboot
	command off, power_off
	command hang, run_hang
	.word 0

	.irp name, help, time, ticks, count, echo, colours, clear, reboot, off, hang
word_\name:
	.asciz "\name"
	.endr

text_hello:
	.asciz "nvirt demo guest: shell\r\nType help for the list of commands.\r\n\r\n"
text_prompt:
	.asciz "demo> "
text_newline:
	.asciz "\r\n"
text_erase:
	.asciz "\b \b"
text_clear:
	.asciz "\033[H\033[2J"
text_unknown:
	.asciz "unknown command: "
text_unknown_end:
	.asciz " (try help)\r\n"
text_ticks:
	.asciz " ticks of the BIOS clock, 18.2 a second\r\n"
text_count:
	.asciz "count "
text_commands:
	.asciz "  commands "
text_keys:
	.asciz "  keys "
text_colour:
	.asciz "Aa#"
text_reboot:
	.asciz "rebooting\r\n"
text_hang:
	.asciz "hanging: only a reset or force off helps now\r\n"
text_help:
	.ascii "help     this list\r\n"
	.ascii "time     date and time of the machine's clock\r\n"
	.ascii "ticks    ticks of the BIOS clock\r\n"
	.ascii "count    add one to a number in memory and show it\r\n"
	.ascii "echo     print the words after it\r\n"
	.ascii "colours  the sixteen colours of the screen\r\n"
	.ascii "clear    clear the screen\r\n"
	.ascii "reboot   start the machine again\r\n"
	.ascii "off      switch off\r\n"
	.asciz "hang     stop reacting to anything\r\n"
