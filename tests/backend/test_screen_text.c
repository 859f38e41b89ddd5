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

#include "support/agent.h"
#include "support/lab.h"
#include "support/screen_truth.h"

struct screens {
	struct lab *lab;
	struct screen_reader *reader;
};

/* ---- Linux ---- */

/* Words in sixteen colours, then everything a console font may have. The kernel has drawn it when the last write returns. */
#define DRAW \
	"exec >/dev/tty1; printf '\\033[0m\\033[2J\\033[H\\033[?25l\\033%%G'; " \
	"for fg in 30 31 32 33 34 35 36 37; do printf '\\033[0;%%dmThe quick \\033[1mbrown fox 0123456789\\033[0;7m jumps; ' $fg; done; " \
	"printf '\\033[0m\\n'; for bg in 40 41 42 43 44 45 46 47; do printf '\\033[1;%%dm over {the} ' $bg; done; " \
	"printf '\\033[0m\\n'; cat /run/signs"

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

/* The screen after that was run, as the kernel says it is, and as it looks. */
static struct screen_count read_console(
        struct screens *screens, virDomainPtr dom, const char *command, const struct psf_file *font, bool linear)
{
	GByteArray *console = agent_run(dom, command), *picture = guest_screenshot(dom);
	struct truth *truth = truth_of_console(console->data, console->len, font, linear);
	struct screen_count count = screen_compare(screens->reader, picture, truth);

	truth_free(truth);
	g_byte_array_unref(picture);
	g_byte_array_unref(console);
	return count;
}

/* False: the font is none for this screen. NULL: the font that is there. */
static bool read_font(struct screens *screens, virDomainPtr dom, const char *font, bool linear, struct screen_count *ret_count)
{
	/* The first read makes the kernel keep characters; only what is drawn after it is told. */
	g_autofree char *draw = g_strdup_printf(
	        "%s%s%s cat /dev/vcsu1 >/dev/null; (" DRAW ") && cat /dev/vcsa1 /dev/vcsu1", font ? "zcat /fonts/" : "",
	        font ? font : "", font ? " | /fonts/setfont || exit 1;" : "");
	g_autofree char *cat = font ? g_strdup_printf("zcat /fonts/%s", font) : NULL;
	GByteArray *bytes = font ? agent_run(dom, cat) : NULL;
	struct psf_file *psf = bytes ? psf_new(bytes->data, bytes->len) : NULL;
	/* The VGA shows fonts of eight columns. */
	bool fits = !font || (psf && (linear || psf_width(psf) == 8));

	if (fits)
		*ret_count = read_console(screens, dom, draw, psf, linear);
	if (bytes)
		g_byte_array_unref(bytes);
	psf_free(psf);
	return fits;
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

/* 100 % of ASCII and colours, 99.95 % of glyphs. */
static void assert_good(const struct screen_count *count)
{
	assert_true(count->screens >= 1 || g_getenv("NVIRT_SCREEN_FONTS"));
	assert_int_equal(count->letters_right, count->letters);
	assert_int_equal(count->colours_right, count->colours);
	assert_int_equal(count->blank_right, count->blank);
	assert_true(screen_percent(count->visible_right, count->visible) >= 99.95);
}

/* A line a font and one for all. */
static struct screen_count read_fonts(struct screens *screens, virDomainPtr dom, const char *mode, const char *set,
        const char *const *patterns, bool linear)
{
	g_autofree char *list = g_strdup_printf("cd /fonts && ls %s/*.psf.gz", set);
	GByteArray *names = agent_run(dom, list);
	g_autofree char *text = g_strndup((char *)names->data, names->len);
	g_auto(GStrv) fonts = g_strsplit(g_strchomp(text), "\n", -1);
	g_autofree char *title = g_strdup_printf("%s, fonts of %s", mode, set);
	struct screen_count sum = {0}, count;

	g_byte_array_unref(names);
	screen_print_head();
	for (unsigned i = 0; fonts[i]; i++) {
		const char *name = strchr(fonts[i], '/') + 1;
		g_autofree char *row = g_strdup_printf("%s %s", mode, name);

		/* Braille dots where ASCII belongs, and no word of it. */
		if (g_str_has_prefix(name, "brl-") || !font_wanted(name, patterns) || !read_font(screens, dom, fonts[i], linear, &count))
			continue;
		screen_print_row(row, &count);
		screen_count_add(&sum, &count);
	}
	screen_print_row(title, &sum);
	screen_table_row(title, &sum);
	return sum;
}

static void read_first_font(struct screens *screens, virDomainPtr dom, const char *title, bool linear)
{
	struct screen_count count;

	assert_true(read_font(screens, dom, NULL, linear, &count));
	screen_print_head();
	screen_print_row(title, &count);
	screen_table_row(title, &count);
	assert_good(&count);
}

static void end_guest(virDomainPtr dom)
{
	virDomainDestroy(dom);
	virDomainFree(dom);
}

static const char *const kbd_patterns[] = {"lat1-16*", "lat9w-16*", "iso01.f14*", "latarcyrheb-sun16*", NULL};

static void vga_text_mode_is_read_in_every_font(void **state)
{
	static const char *const patterns[] = {"Lat15-VGA16*", "Lat15-VGA8*", "Lat15-VGA14*", "Uni2-Terminus16*",
	        "Lat15-Fixed16*", "CyrSlav-Fixed16*", "Lat2-TerminusBoldVGA14*", "Arabic-Fixed15*", NULL};
	struct screens *screens = *state;
	virDomainPtr dom = start_linux(screens, "vgacon", "linux-fonts");
	struct screen_count setup_fonts, data_fonts;

	read_first_font(screens, dom, "VGA text, the BIOS's font", false);
	setup_fonts = read_fonts(screens, dom, "VGA text", "console-setup", patterns, false);
	data_fonts = read_fonts(screens, dom, "VGA text", "console-data", kbd_patterns, false);
	end_guest(dom);
	assert_good(&setup_fonts);
	assert_good(&data_fonts);
}

static void framebuffer_console_is_read_in_every_font(void **state)
{
	static const char *const patterns[] = {"Lat15-VGA16*", "Uni1-VGA8*", "Greek-VGA14*", "Lat15-Terminus12x6*",
	        "Uni2-Terminus20x10*", "Uni3-Terminus24x12*", "Uni2-TerminusBold32x16*", "CyrAsia-Fixed13*",
	        "Lat15-Fixed18*", "Uni2-Terminus22x11*", "Lat38-VGA28x16*", "Ethiopian-Goha12*", NULL};
	struct screens *screens = *state;
	struct screen_count setup_fonts, data_fonts;
	virDomainPtr dom;

	/* UEFI is what gives this kernel a framebuffer. */
	if (!g_file_test("/usr/share/OVMF", G_FILE_TEST_IS_DIR))
		skip();
	dom = start_linux(screens, "fbcon", "linux-fonts-uefi");

	read_first_font(screens, dom, "framebuffer, the kernel's font", true);
	setup_fonts = read_fonts(screens, dom, "framebuffer", "console-setup", patterns, true);
	data_fonts = read_fonts(screens, dom, "framebuffer", "console-data", kbd_patterns, true);
	end_guest(dom);
	assert_good(&setup_fonts);
	assert_good(&data_fonts);
}

/* ---- programs that fill the screen ---- */

static const struct program {
	const char *name, *command;
	const char *text; /* on the screen when all is drawn */
} programs[] = {
        {"dialog --menu", "dialog --menu 'Which of these?' 18 60 8 one 'The first of them' two 'The second' three 'And the third'",
                "Cancel"},
        {"dialog --checklist", "dialog --backtitle Backtitle --checklist 'Choose [some]' 15 50 5 a 'Item A' on b 'Item B' off c 'Item C' on",
                "Item C"},
        {"dialog --gauge", "dialog --gauge 'Installing the base system' 8 60 43", "43%"},
        {"htop", "htop", "Quit"},
        {"mc", "mc -x /etc /bin", "10Quit"},
        {"nano", "nano /init", "Exit"},
        {"vi", "busybox vi /init", "/init"},
        {"less", "busybox less -N /init", "mount"},
};

static bool console_has(const GByteArray *console, const char *text)
{
	unsigned length = (unsigned)strlen(text), cells = console->data[0] * console->data[1], found;

	for (unsigned i = 0; i + length <= cells; i++) {
		for (found = 0; found < length && console->data[4 + (i + found) * 2] == (uint8_t)text[found];)
			found++;
		if (found == length)
			return true;
	}
	return false;
}

static struct screen_count read_program(struct screens *screens, virDomainPtr dom, const struct program *program)
{
	g_autofree char *start = g_strdup_printf(
	        "cat /dev/vcsu1 >/dev/null; printf '\033[0m\033[2J\033[H\033%%G' >/dev/tty1; export TERM=linux LANG=C.UTF-8 HOME=/tmp "
	        "PATH=/opt/bin:/bin; (setsid -c %s) </dev/tty1 >/dev/tty1 2>/dev/null & echo $! >/run/program",
	        program->command);
	gint64 until = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;
	GByteArray *before = NULL, *after = NULL, *picture = NULL;
	struct truth *truth, *later;
	struct screen_count count;

	g_byte_array_unref(agent_run(dom, start));
	while (!after || !console_has(before, program->text) || before->len != after->len ||
	        memcmp(before->data, after->data, before->len) != 0) {
		if (g_get_monotonic_time() > until)
			fail_msg("%s does not show '%s', or is never quiet", program->name, program->text);
		g_clear_pointer(&before, g_byte_array_unref);
		g_clear_pointer(&picture, g_byte_array_unref);
		before = after ? after : agent_run(dom, "cat /dev/vcsa1 /dev/vcsu1");
		picture = guest_screenshot(dom);
		after = agent_run(dom, "cat /dev/vcsa1 /dev/vcsu1");
	}
	truth = truth_of_console(before->data, before->len, NULL, false);
	later = truth_of_console(after->data, after->len, NULL, false);
	truth_keep_same(truth, later);
	count = screen_compare(screens->reader, picture, truth);
	truth_free(truth);
	truth_free(later);
	g_byte_array_unref(before);
	g_byte_array_unref(after);
	g_byte_array_unref(picture);
	/* The whole session of it. */
	g_byte_array_unref(agent_run(dom, "kill -KILL $(busybox fuser /dev/tty1 2>/dev/null) 2>/dev/null; true"));
	return count;
}

static void programs_that_fill_the_screen_are_read(void **state)
{
	struct screens *screens = *state;
	virDomainPtr dom = start_linux(screens, "programs", "linux-programs");
	GByteArray *there = agent_run(dom, "ls /opt/bin");
	g_autofree char *names = g_strndup((char *)there->data, there->len);
	struct screen_count sum = {0}, count;

	screen_print_head();
	for (unsigned i = 0; i < G_N_ELEMENTS(programs); i++) {
		g_autofree char *first = g_strndup(programs[i].command, strcspn(programs[i].command, " "));

		/* A few are enough but for the table. */
		if (i % 3 && !g_getenv("NVIRT_SCREEN_FONTS"))
			continue;
		if (!g_str_equal(first, "busybox") && !strstr(names, first))
			continue;
		count = read_program(screens, dom, &programs[i]);
		screen_print_row(programs[i].name, &count);
		screen_count_add(&sum, &count);
	}
	screen_print_row("full-screen programs", &sum);
	screen_table_row("full-screen programs (dialog, htop, mc, nano, vi, less), VGA text", &sum);
	g_byte_array_unref(there);
	end_guest(dom);
	assert_int_equal(sum.letters_right, sum.letters);
	assert_true(screen_percent(sum.visible_right, sum.visible) >= 99.9);
	/* A cursor may stand on a cell of each. */
	assert_true(sum.blank_right + sum.screens >= sum.blank);
	assert_true(sum.colours_right + sum.screens >= sum.colours);
}

static int setup(void **state)
{
	struct screens *screens = g_new0(struct screens, 1);

	screens->lab = lab_start(1);
	screens->reader = screen_reader_new();
	*state = screens;
	return 0;
}

static int teardown(void **state)
{
	struct screens *screens = *state;

	screen_reader_free(screens->reader);
	lab_stop(screens->lab);
	g_free(screens);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(vga_text_mode_is_read_in_every_font),
	        cmocka_unit_test(programs_that_fill_the_screen_are_read),
	        cmocka_unit_test(framebuffer_console_is_read_in_every_font),
	};

	return cmocka_run_group_tests_name("screen_text", tests, setup, teardown);
}
