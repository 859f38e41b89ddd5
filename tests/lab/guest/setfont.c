/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In the lab's Linux guest: a PSF font, either version, from stdin to tty1 with its characters. busybox knows 8 columns only. */
#include <fcntl.h>
#include <linux/kd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static unsigned char file[1 << 20], glyphs[512 * 32 * 8];
static struct unipair pairs[65536];
static unsigned pair_count;

static void add(unsigned ch, unsigned glyph)
{
	if (pair_count < 65535 && ch < 0x10000) {
		pairs[pair_count].unicode = (unsigned short)ch;
		pairs[pair_count++].fontpos = (unsigned short)glyph;
	}
}

/* UTF-8 of this table is well formed. */
static unsigned next_char(const unsigned char **at)
{
	unsigned ch = *(*at)++, more = ch >= 0xf0 ? 3 : ch >= 0xe0 ? 2 : ch >= 0xc0 ? 1 : 0;

	if (more)
		ch &= 0x3fu >> more;
	while (more--)
		ch = ch << 6 | (*(*at)++ & 0x3f);
	return ch;
}

static void read_table(const unsigned char *at, const unsigned char *end, unsigned count, int two)
{
	int single = 1;

	for (unsigned glyph = 0; at < end && glyph < count;) {
		unsigned ch = two ? *at : at[0] | (unsigned)at[1] << 8;

		if (ch == (two ? 0xffu : 0xffffu) || ch == (two ? 0xfeu : 0xfffeu)) {
			single = ch == (two ? 0xffu : 0xffffu);
			glyph += (unsigned)single;
			at += two ? 1 : 2;
		} else if (two) {
			ch = next_char(&at);
			if (single)
				add(ch, glyph);
		} else {
			if (single)
				add(ch, glyph);
			at += 2;
		}
	}
}

int main(void)
{
	size_t length = 0, got;
	unsigned head[8], count, width = 8, height, bytes, start = 4;
	int two, tty = open("/dev/tty1", O_RDWR);
	struct console_font_op op = {.op = KD_FONT_OP_SET};
	struct unimapinit init = {0};
	struct unimapdesc map;

	while ((got = fread(file + length, 1, sizeof(file) - length, stdin)) > 0)
		length += got;
	memcpy(head, file, sizeof(head));
	two = head[0] == 0x864ab572;
	count = two ? head[4] : file[2] & 1 ? 512 : 256;
	height = two ? head[6] : file[3];
	bytes = two ? head[5] : file[3];
	if (two) {
		width = head[7];
		start = head[2];
	}
	if (count > 512 || bytes > 32 * 4 || start + count * bytes > length)
		return 2;
	/* The kernel wants 32 rows a glyph. */
	for (unsigned i = 0; i < count; i++)
		memcpy(glyphs + i * 32 * ((width + 7) / 8), file + start + i * bytes, bytes);
	op.charcount = count;
	op.width = width;
	op.height = height;
	op.data = glyphs;
	if (ioctl(tty, KDFONTOP, &op) != 0) {
		perror("KDFONTOP");
		return 1;
	}
	read_table(file + start + count * bytes, file + length, count, two);
	map.entry_ct = (unsigned short)pair_count;
	map.entries = pairs;
	if (ioctl(tty, PIO_UNIMAPCLR, &init) != 0 || ioctl(tty, PIO_UNIMAP, &map) != 0) {
		perror("PIO_UNIMAP");
		return 1;
	}
	return 0;
}
