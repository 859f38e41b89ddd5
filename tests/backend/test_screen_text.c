/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Screens as text, against what the guests themselves say of their screens: the kernel's /dev/vcsu1 and
 * /dev/vcsa1 (characters; glyphs and colours), the memory of VGA text mode. No drawing of our own.
 *
 * NVIRT_SCREEN_FONTS='*': every console font of Debian's, or those of another pattern; else a dozen.
 */
#include <fnmatch.h>
#include <libvirt/libvirt.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "nvirt/screen_file.h"
#include "support/agent.h"
#include "support/lab.h"
#include "support/psf.h"

struct truth {
	int rows, cols;
	const uint8_t *unicode; /* little-endian, four bytes a cell; NULL = code page 437 */
	const uint8_t *cells;   /* glyph, attributes */
	const struct psf_file *font; /* NULL = the one the machine begins with */
	bool linear;                 /* a framebuffer */
};

struct count {
	unsigned letters, letters_right; /* ASCII: letters, digits, signs */
	unsigned visible, visible_right; /* all that is not blank: the glyph */
	unsigned has, has_right;         /* of those the font has: the very character */
	unsigned blank, blank_right;
	unsigned colours, colours_right;
	double best_us;
};

struct screens {
	struct lab *lab;
	struct fonts *fonts;
	struct recogniser *rec;
};

/* ---- truth ---- */

static uint32_t palette(unsigned colour)
{
	/* IBM's order: blue 1, green 2, red 4, bright 8; brown is no dark yellow. */
	static const uint32_t table[16] = {0x000000, 0x0000aa, 0x00aa00, 0x00aaaa, 0xaa0000, 0xaa00aa, 0xaa5500, 0xaaaaaa,
	        0x555555, 0x5555ff, 0x55ff55, 0x55ffff, 0xff5555, 0xff55ff, 0xffff55, 0xffffff};

	return table[colour & 15];
}

static bool same_colour(uint32_t a, uint32_t b)
{
	for (int shift = 0; shift <= 16; shift += 8)
		if (ABS((int)(a >> shift & 0xff) - (int)(b >> shift & 0xff)) > 9)
			return false;
	return true;
}

struct truth_cell {
	gunichar ch;
	unsigned glyph;
	uint32_t fg, bg;
};

static struct truth_cell truth_at(const struct truth *truth, int i)
{
	unsigned word = truth->cells[i * 2] | (unsigned)truth->cells[i * 2 + 1] << 8;
	bool many = truth->font && psf_count(truth->font) > 256;
	struct truth_cell cell = {.glyph = word & 0xff, .fg = palette(word >> 8 & 15),
	        .bg = palette(word >> 12 & (truth->unicode ? 7 : 15))};

	/* The ninth bit of a glyph takes the place of an attribute: the VGA's fourth, a framebuffer's first. */
	if (many && truth->linear) {
		cell.glyph |= word & 0x100;
		cell.fg = palette(word >> 9 & 15);
		cell.bg = palette(word >> 13 & 7);
	} else if (many) {
		cell.glyph |= word >> 11 & 1 ? 0x100 : 0;
		/* QEMU's VGA takes the bit for the colour, too. */
	}
	cell.ch = psf_cp437(cell.glyph & 0xff);
	if (truth->unicode)
		cell.ch = truth->unicode[i * 4] | (gunichar)truth->unicode[i * 4 + 1] << 8 | (gunichar)truth->unicode[i * 4 + 2] << 16;
	return cell;
}

static bool is_blank(gunichar ch)
{
	return ch <= ' ' || ch == 0xa0;
}

/* The recognised character has this very picture in the font; or, without a file, is the character. */
static bool glyph_right(const struct truth *truth, const struct truth_cell *cell, const struct text_cell *seen)
{
	if (cell->ch == seen->ch)
		return true;
	/* The PC's own font, also where Linux shows the like of what it lacks. */
	if (!truth->font)
		return seen->ch == psf_cp437(cell->glyph);
	return !(seen->flags & (CELL_UNKNOWN | CELL_PICTURE)) &&
	       psf_same_glyph(truth->font, cell->glyph, seen->ch);
}

static void compare_cell(const struct truth *truth, int i, const struct text_cell *seen, struct count *count, bool say)
{
	struct truth_cell cell = truth_at(truth, i);
	bool readable = !(seen->flags & (CELL_UNKNOWN | CELL_PICTURE)), right = glyph_right(truth, &cell, seen);
	bool has = truth->font ? psf_has(truth->font, cell.glyph, cell.ch) : psf_cp437(cell.glyph) == cell.ch;

	/* Nobody can read it; or the font has no such character and shows its replacement. */
	if (same_colour(cell.fg, cell.bg) || (truth->font && !has && psf_has(truth->font, cell.glyph, 0xfffd)))
		return;
	if (is_blank(cell.ch) || (truth->font && psf_same_glyph(truth->font, cell.glyph, ' '))) {
		if (say && (seen->ch != ' ' || !readable))
			print_message("    cell %d: a blank was read as U+%04X, flags %#x\n", i, seen->ch, seen->flags);
		count->blank++;
		count->blank_right += seen->ch == ' ' && readable;
		count->colours++;
		count->colours_right += same_colour(cell.bg, seen->bg);
		return;
	}
	count->visible++;
	count->visible_right += right && readable;
	count->has += has;
	count->has_right += has && cell.ch == seen->ch;
	if (cell.ch < 0x7f) {
		count->letters++;
		count->letters_right += cell.ch == seen->ch;
	}
	count->colours++;
	count->colours_right += same_colour(cell.fg, seen->fg) && same_colour(cell.bg, seen->bg);
	if (say && !(same_colour(cell.fg, seen->fg) && same_colour(cell.bg, seen->bg)))
		print_message("    cell %d: U+%04X is %06x on %06x, was read as U+%04X, %06x on %06x\n", i, cell.ch, cell.fg,
		        cell.bg, seen->ch, seen->fg, seen->bg);
	if (say && (!right || !readable))
		print_message("    cell %d: U+%04X (glyph %u) was read as U+%04X, flags %#x\n", i, cell.ch, cell.glyph,
		        seen->ch, seen->flags);
}

static struct count compare(struct screens *screens, const GByteArray *picture, const struct truth *truth)
{
	const struct text_screen *screen;
	struct count count = {.best_us = 1e9};
	struct frame frame;
	unsigned said = 0;

	assert_true(frame_from_bytes(picture->data, picture->len, &frame, NULL));
	for (int i = 0; i < 3; i++) {
		gint64 from = g_get_monotonic_time();

		screen = recogniser_update(screens->rec, &frame, NULL, 0);
		count.best_us = MIN(count.best_us, (double)(g_get_monotonic_time() - from));
	}
	assert_non_null(screen);
	if (screen->kind != SCREEN_TEXT || screen->rows != truth->rows || screen->cols != truth->cols)
		print_message("    %dx%d of a %dx%d frame, %d; wanted %dx%d\n", screen->cols, screen->rows, frame.width,
		        frame.height, screen->kind, truth->cols, truth->rows);
	for (int i = 0; i < truth->rows * truth->cols; i++) {
		int row = i / truth->cols, col = i % truth->cols;
		static const struct text_cell none = {.flags = CELL_UNKNOWN};
		const struct text_cell *seen =
		        row < screen->rows && col < screen->cols ? &screen->cells[row * screen->cols + col] : &none;
		unsigned before = count.visible - count.visible_right;

		compare_cell(truth, i, seen, &count, said < 6);
		said += count.visible - count.visible_right > before;
	}
	g_free((uint32_t *)frame.pixels);
	return count;
}

/* ---- the table ---- */

static double part(unsigned right, unsigned of)
{
	return of ? 100.0 * right / of : 100;
}

static void print_head(void)
{
	print_message("%-34s %6s %8s %8s %8s %8s %8s %6s\n", "screen", "cells", "ascii %", "glyph %", "char %", "blank %",
	        "colour %", "us");
}

static void print_row(const char *name, const struct count *count)
{
	print_message("%-34s %6u %8.3f %8.3f %8.3f %8.3f %8.3f %6.0f\n", name, count->visible,
	        part(count->letters_right, count->letters), part(count->visible_right, count->visible),
	        part(count->has_right, count->has), part(count->blank_right, count->blank),
	        part(count->colours_right, count->colours), count->best_us);
}

static void add(struct count *sum, const struct count *count)
{
	sum->letters += count->letters;
	sum->letters_right += count->letters_right;
	sum->visible += count->visible;
	sum->visible_right += count->visible_right;
	sum->has += count->has;
	sum->has_right += count->has_right;
	sum->blank += count->blank;
	sum->blank_right += count->blank_right;
	sum->colours += count->colours;
	sum->colours_right += count->colours_right;
	sum->best_us = MAX(sum->best_us, count->best_us);
}

/* ---- Linux ---- */

/* Words in sixteen colours, then everything a console font may have. */
#define DRAW \
	"exec >/dev/tty1; printf '\\033[0m\\033[2J\\033[H\\033[?25l\\033%%G'; " \
	"for fg in 30 31 32 33 34 35 36 37; do printf '\\033[0;%%dmThe quick \\033[1mbrown fox 0123456789\\033[0;7m jumps; ' $fg; done; " \
	"printf '\\033[0m\\n'; for bg in 40 41 42 43 44 45 46 47; do printf '\\033[1;%%dm over {the} ' $bg; done; " \
	"printf '\\033[0m\\n'; cat /run/signs; sleep 0.1"

static void send_signs(virDomainPtr dom)
{
	static const unsigned ranges[][2] = {{0x21, 0x7e}, {0xa1, 0xac}, {0xae, 0x17f}, {0x391, 0x3a1}, {0x3a3, 0x3c9},
	        {0x401, 0x401}, {0x410, 0x44f}, {0x5d0, 0x5ea}, {0x2013, 0x2015}, {0x2018, 0x201e}, {0x2190, 0x2195},
	        {0x2500, 0x257f}, {0x2580, 0x2593}, {0x25a0, 0x25a0}, {0x25b2, 0x25c6}};
	GString *command = g_string_new("printf '%s\\n' '");

	for (unsigned i = 0; i < G_N_ELEMENTS(ranges); i++) {
		for (gunichar ch = ranges[i][0]; ch <= ranges[i][1]; ch++) {
			if (ch == '\'')
				g_string_append(command, "'\\''");
			else
				g_string_append_unichar(command, ch);
			/* Apart, so that neighbours do not help a guess. */
			if (ch % 16 == 15)
				g_string_append_c(command, ' ');
		}
		g_string_append_c(command, ' ');
	}
	g_string_append(command, "' >/run/signs");
	g_byte_array_unref(agent_run(dom, command->str));
	g_string_free(command, TRUE);
}

static struct count read_linux(struct screens *screens, virDomainPtr dom, const char *font, bool linear)
{
	/* The first read makes the kernel keep characters; only what is drawn after it is told. */
	g_autofree char *draw = g_strdup_printf(
	        "%s%s%s cat /dev/vcsu1 >/dev/null; (" DRAW ") && cat /dev/vcsa1 /dev/vcsu1", font ? "zcat /fonts/" : "",
	        font ? font : "", font ? " | /fonts/setfont || exit 1;" : "");
	g_autofree char *cat = font ? g_strdup_printf("zcat /fonts/%s", font) : NULL;
	GByteArray *bytes = font ? agent_run(dom, cat) : NULL, *screen = agent_run(dom, draw), *picture;
	struct psf_file *psf = bytes ? psf_new(bytes->data, bytes->len) : NULL;
	struct truth truth = {.font = psf, .linear = linear};
	struct count count;

	assert_true(screen->len > 4);
	truth.rows = screen->data[0];
	truth.cols = screen->data[1];
	assert_int_equal(screen->len, 4 + truth.rows * truth.cols * 6);
	truth.cells = screen->data + 4;
	truth.unicode = truth.cells + truth.rows * truth.cols * 2;
	picture = guest_screenshot(dom);
	count = compare(screens, picture, &truth);
	g_byte_array_unref(picture);
	g_byte_array_unref(screen);
	if (bytes)
		g_byte_array_unref(bytes);
	psf_free(psf);
	return count;
}

static virDomainPtr start_linux(struct screens *screens, const char *name, const char *kind)
{
	virDomainPtr dom;

	lab_do(screens->lab, "define", "h1", name, kind);
	dom = virDomainLookupByName(lab_connection(screens->lab, "h1"), name);
	assert_non_null(dom);
	assert_int_equal(virDomainCreate(dom), 0);
	agent_wait(dom);
	send_signs(dom);
	return dom;
}

static bool font_wanted(const char *font, const char *const *patterns)
{
	const char *all = g_getenv("NVIRT_SCREEN_FONTS");

	if (all)
		return fnmatch(all, font, 0) == 0;
	for (; *patterns; patterns++)
		if (fnmatch(*patterns, font, 0) == 0)
			return true;
	return false;
}

/* A line a font and one for all; 100 % of ASCII and colours, 99.95 % of glyphs. */
static void read_fonts(struct screens *screens, virDomainPtr dom, const char *mode, const char *only,
        const char *const *patterns, bool linear)
{
	g_autofree char *list = g_strdup_printf("cd /fonts && ls %s", only);
	GByteArray *names = agent_run(dom, list);
	g_autofree char *text = g_strndup((char *)names->data, names->len);
	g_auto(GStrv) fonts = g_strsplit(g_strchomp(text), "\n", -1);
	struct count sum = {0}, count;
	unsigned screens_read = 0;
	g_autofree char *title = NULL;

	g_byte_array_unref(names);
	print_head();
	for (unsigned i = 0; fonts[i]; i++) {
		g_autofree char *row = g_strdup_printf("%s %s", mode, fonts[i]);

		if (!font_wanted(fonts[i], patterns))
			continue;
		count = read_linux(screens, dom, fonts[i], linear);
		print_row(row, &count);
		add(&sum, &count);
		screens_read++;
	}
	title = g_strdup_printf("%s, %u screens", mode, screens_read);
	print_row(title, &sum);
	assert_true(screens_read >= 3);
	assert_int_equal(sum.letters_right, sum.letters);
	assert_int_equal(sum.colours_right, sum.colours);
	assert_int_equal(sum.blank_right, sum.blank);
	assert_true(part(sum.visible_right, sum.visible) >= 99.95);
}

static void end_guest(virDomainPtr dom)
{
	virDomainDestroy(dom);
	virDomainFree(dom);
}

static void vga_text_mode_is_read_in_every_font(void **state)
{
	static const char *const patterns[] = {"Lat15-VGA16*", "Lat15-VGA8*", "Lat15-VGA14*", "Uni2-Terminus16*",
	        "Lat15-Fixed16*", "CyrSlav-Fixed16*", "Lat2-TerminusBoldVGA14*", "Arabic-Fixed15*", NULL};
	struct screens *screens = *state;
	virDomainPtr dom = start_linux(screens, "vgacon", "linux-fonts");
	struct count count;

	print_head();
	count = read_linux(screens, dom, NULL, false);
	print_row("VGA text, BIOS font", &count);
	assert_int_equal(count.letters_right, count.letters);
	/* The VGA shows fonts of eight columns. */
	read_fonts(screens, dom, "VGA text", "*-VGA8.* *-VGA14.* *-VGA16.* *Fixed1[3-6]* *Terminus*1[46].*", patterns, false);
	end_guest(dom);
}

static void framebuffer_console_is_read_in_every_font(void **state)
{
	static const char *const patterns[] = {"Lat15-VGA16*", "Uni1-VGA8*", "Greek-VGA14*", "Lat15-Terminus12x6*",
	        "Uni2-Terminus20x10*", "Uni3-Terminus24x12*", "Uni2-TerminusBold32x16*", "CyrAsia-Fixed13*",
	        "Lat15-Fixed18*", "Uni2-Terminus22x11*", "Lat38-VGA28x16*", "Ethiopian-Goha12*", NULL};
	struct screens *screens = *state;
	virDomainPtr dom;
	struct count count;

	/* UEFI is what gives this kernel a framebuffer. */
	if (!g_file_test("/usr/share/OVMF", G_FILE_TEST_IS_DIR))
		skip();
	dom = start_linux(screens, "fbcon", "linux-fonts-uefi");

	print_head();
	count = read_linux(screens, dom, NULL, true);
	print_row("framebuffer, kernel's font", &count);
	assert_int_equal(count.letters_right, count.letters);
	read_fonts(screens, dom, "framebuffer", "*.psf.gz", patterns, true);
	end_guest(dom);
}

/* ---- before there is a system ---- */

static void text_memory_of_a_booting_guest_is_read(void **state)
{
	struct screens *screens = *state;
	struct count count = {0};
	uint8_t before[4000], after[4000];
	virDomainPtr dom;

	lab_do(screens->lab, "define", "h1", "booting", "boot");
	dom = virDomainLookupByName(lab_connection(screens->lab, "h1"), "booting");
	assert_int_equal(virDomainCreate(dom), 0);
	for (gint64 until = g_get_monotonic_time() + 60 * G_USEC_PER_SEC; count.visible < 60;) {
		GByteArray *picture;

		assert_true(g_get_monotonic_time() < until);
		assert_int_equal(virDomainMemoryPeek(dom, 0xb8000, sizeof(before), before, VIR_MEMORY_PHYSICAL), 0);
		picture = guest_screenshot(dom);
		assert_int_equal(virDomainMemoryPeek(dom, 0xb8000, sizeof(after), after, VIR_MEMORY_PHYSICAL), 0);
		/* It counts on meanwhile. */
		if (memcmp(before, after, sizeof(before)) == 0 && memchr(before, 'S', sizeof(before)))
			count = compare(screens, picture, &(struct truth){.rows = 25, .cols = 80, .cells = before});
		g_byte_array_unref(picture);
		/* Its memory tells nobody that it changed. */
		(void)poll(NULL, 0, 20);
	}
	print_head();
	print_row("SeaBIOS and a boot sector", &count);
	/* The cursor of a BIOS may stand on a cell. */
	assert_true(count.visible_right >= count.visible);
	assert_true(count.blank_right + 1 >= count.blank);
	end_guest(dom);
}

static int setup(void **state)
{
	struct screens *screens = g_new0(struct screens, 1);

	screens->lab = lab_start(1);
	/* The built-in table alone: no font of this machine helps. */
	screens->fonts = fonts_new();
	screens->rec = recogniser_new(screens->fonts);
	*state = screens;
	return 0;
}

static int teardown(void **state)
{
	struct screens *screens = *state;

	recogniser_free(screens->rec);
	fonts_free(screens->fonts);
	lab_stop(screens->lab);
	g_free(screens);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(text_memory_of_a_booting_guest_is_read),
	        cmocka_unit_test(vga_text_mode_is_read_in_every_font),
	        cmocka_unit_test(framebuffer_console_is_read_in_every_font),
	};

	return cmocka_run_group_tests_name("screen_text", tests, setup, teardown);
}
