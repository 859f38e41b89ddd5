/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line asked for at the terminal: see cli_password.h. */
#include "cli_password.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <stdint.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "nvirt/secret.h"

#define LINE_BYTES 512

/* Signals may be held back while a host is connected, so the terminal sends none: Ctrl-C comes as a byte. */
static bool take_terminal(int fd, struct termios *ret_saved)
{
	struct termios own;

	if (tcgetattr(fd, ret_saved) < 0)
		return false;
	own = *ret_saved;
	own.c_lflag &= (tcflag_t) ~(ICANON | ECHO | ISIG);
	own.c_cc[VMIN] = 1;
	own.c_cc[VTIME] = 0;
	return tcsetattr(fd, TCSAFLUSH, &own) == 0;
}

static void put(int fd, const char *text)
{
	/* A terminal that does not take it is not asked. */
	if (write(fd, text, strlen(text)) < 0)
		return;
}

/* The start of the last character of the line. */
static size_t shortened(const char *line, size_t length)
{
	while (length && ((uint8_t)line[--length] & 0xc0) == 0x80)
		;
	return length;
}

/* True: the line is whole. */
static bool read_line(int fd, char line[LINE_BYTES], bool hidden)
{
	size_t length = 0;
	char byte;

	for (;;) {
		ssize_t n = read(fd, &byte, 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n != 1 || byte == 3 || byte == 4)
			return false;
		if (byte == '\r' || byte == '\n')
			break;
		if (byte == 127 || byte == '\b') {
			if (length && !hidden)
				put(fd, "\b \b");
			length = shortened(line, length);
		} else if ((uint8_t)byte >= ' ' && length < LINE_BYTES - 1) {
			line[length++] = byte;
			if (!hidden && write(fd, &byte, 1) < 0)
				return false;
		}
	}
	line[length] = '\0';
	return true;
}

char *cli_password_ask(const char *words, bool hidden)
{
	char *line = g_malloc0(LINE_BYTES);
	struct termios saved;
	bool whole = false;
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);

	if (fd >= 0 && take_terminal(fd, &saved)) {
		put(fd, words);
		whole = read_line(fd, line, hidden);
		put(fd, "\r\n");
		tcsetattr(fd, TCSANOW, &saved);
	}
	if (fd >= 0)
		close(fd);
	if (whole)
		return line;
	secret_free(line);
	return NULL;
}
