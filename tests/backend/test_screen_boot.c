/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Screens of what comes before a system, as text: SeaBIOS, iPXE, GRUB, memtest86+, UEFI's shell and setup, Debian's
 * installer. Their own truth: VGA text memory, or the serial console that shows the same.
 *
 * NVIRT_SCREEN_TABLE=FILE: all of them, with their rows of the table; else a few.
 */
#define _GNU_SOURCE /* memrchr() */
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

/* How often a guest is looked at: neither its memory nor its file tells that it changed. */
#define PAUSE_MS 50
#define DEADLINE_US (240 * G_USEC_PER_SEC)

struct screens {
	struct lab *lab;
	struct screen_reader *reader;
};

struct subject {
	virDomainPtr dom;
	char *serial; /* path */
	int rows, cols; /* of the serial console; 0 = VGA text memory tells */
	bool cp437;
	int untold; /* rows from the second that it tells only at times, in their right part */
	int lag_ms; /* the serial console may be so far behind the screen, and is never quiet */
};

/* ---- what it says ---- */

static struct truth *truth_now(const struct subject *subject)
{
	g_autofree char *bytes = NULL;
	uint8_t memory[4000];
	gsize length = 0;

	if (!subject->rows) {
		assert_int_equal(virDomainMemoryPeek(subject->dom, 0xb8000, sizeof(memory), memory, VIR_MEMORY_PHYSICAL), 0);
		return truth_of_memory(memory, 25, 80);
	}
	(void)g_file_get_contents(subject->serial, &bytes, &length, NULL);
	return truth_of_serial(bytes ? bytes : "", length, subject->rows, subject->cols, subject->cp437);
}

static bool truth_has(const struct truth *truth, const char *text)
{
	g_autoptr(GString) all = g_string_new(NULL);

	for (int i = 0; i < truth->rows * truth->cols; i++) {
		if (i && i % truth->cols == 0)
			g_string_append_c(all, '\n');
		g_string_append_unichar(all, truth->cells[i].ch);
	}
	return strstr(all->str, text) != NULL;
}

static void wait_for_text(const struct subject *subject, const char *text)
{
	gint64 until = g_get_monotonic_time() + DEADLINE_US;
	bool seen = false;

	while (!seen) {
		struct truth *truth = truth_now(subject);

		seen = truth_has(truth, text);
		truth_free(truth);
		if (!seen && g_get_monotonic_time() > until)
			fail_msg("'%s' does not come", text);
		(void)poll(NULL, 0, PAUSE_MS);
	}
}

static bool truth_same(const struct truth *a, const struct truth *b)
{
	for (int i = 0; i < a->rows * a->cols; i++)
		if (a->cells[i].ch != b->cells[i].ch)
			return false;
	return true;
}

/* Once it says no more. */
static struct truth *quiet_truth(const struct subject *subject)
{
	struct truth *truth = truth_now(subject), *next;

	for (int quiet = 0; quiet < 4;) {
		(void)poll(NULL, 0, PAUSE_MS);
		next = truth_now(subject);
		quiet = truth_same(truth, next) ? quiet + 1 : 0;
		truth_free(truth);
		truth = next;
	}
	return truth;
}

/* Once two of them are the same, as where nothing blinks: the serial console may also be done before the screen is. */
static GByteArray *quiet_picture(const struct subject *subject)
{
	GByteArray *picture = guest_screenshot(subject->dom), *next;

	for (int tries = 0, same = 0; tries < 20 && !same; tries++) {
		(void)poll(NULL, 0, 2 * PAUSE_MS);
		next = guest_screenshot(subject->dom);
		same = next->len == picture->len && memcmp(next->data, picture->data, next->len) == 0;
		g_byte_array_unref(picture);
		picture = next;
	}
	return picture;
}

/* The serial console says later than the screen shows: what differs before and after is not compared. */
static struct screen_count read_subject(struct screens *screens, const struct subject *subject, const char *text)
{
	struct truth *before, *after;
	struct screen_count count;
	GByteArray *picture;

	wait_for_text(subject, text);
	before = subject->rows && !subject->lag_ms ? quiet_truth(subject) : truth_now(subject);
	(void)poll(NULL, 0, subject->lag_ms);
	picture = subject->rows && !subject->lag_ms ? quiet_picture(subject) : guest_screenshot(subject->dom);
	(void)poll(NULL, 0, subject->lag_ms);
	after = truth_now(subject);
	truth_keep_same(before, after);
	for (int i = subject->cols; i < subject->cols * (1 + subject->untold); i++)
		if (i % subject->cols > 28)
			before->cells[i].ch = 0;
	count = screen_compare(screens->reader, picture, before);
	g_byte_array_unref(picture);
	truth_free(before);
	truth_free(after);
	return count;
}

/* ---- guests ---- */

static struct subject start(struct screens *screens, const char *kind, int rows, int cols, bool cp437)
{
	static unsigned started;
	g_autofree char *name = g_strdup_printf("screen%u", started++);
	struct subject subject = {.rows = rows, .cols = cols, .cp437 = cp437};

	lab_do(screens->lab, "define", "h1", name, kind);
	subject.serial = g_strdup_printf("%s/h1/img/%s.serial", lab_dir(screens->lab), name);
	subject.dom = virDomainLookupByName(lab_connection(screens->lab, "h1"), name);
	assert_non_null(subject.dom);
	assert_int_equal(virDomainCreate(subject.dom), 0);
	return subject;
}

static void end(struct subject *subject)
{
	virDomainDestroy(subject->dom);
	virDomainFree(subject->dom);
	g_free(subject->serial);
}

static void press(const struct subject *subject, const char *keys)
{
	static const struct {
		char name;
		unsigned code; /* Linux's */
	} known[] = {{'\n', 28}, {'d', 32}, {'e', 18}, {'i', 23}, {'r', 19}, {'s', 31}, {'t', 20}, {'v', 47}, {'x', 45},
	        {'h', 35}, {'l', 38}, {'p', 25}, {'m', 50}, {'a', 30}, {'D', 108}, {'U', 103}, {'\t', 15}};

	for (; *keys; keys++)
		for (unsigned i = 0; i < G_N_ELEMENTS(known); i++)
			if (known[i].name == *keys) {
				unsigned code = known[i].code;

				assert_int_equal(virDomainSendKey(subject->dom, VIR_KEYCODE_SET_LINUX, 60, &code, 1, 0), 0);
				(void)poll(NULL, 0, 2 * PAUSE_MS);
			}
}

static bool all_wanted(void)
{
	return g_getenv("NVIRT_SCREEN_TABLE") != NULL;
}

/* 99.9 %, and ASCII of 100; the cursor may stand on a cell. */
static void take(const char *name, const struct screen_count *count)
{
	screen_print_row(name, count);
	screen_table_row(name, count);
}

static void assert_good(const struct screen_count *count)
{
	assert_int_equal(count->letters_right, count->letters);
	assert_true(screen_percent(count->visible_right, count->visible) >= 99.9);
	assert_true(count->blank_right + count->screens >= count->blank);
	assert_true(count->colours_right + count->screens >= count->colours);
}

static struct screen_count read_one(
        struct screens *screens, const char *kind, int rows, int cols, bool cp437, const char *text)
{
	struct subject subject = start(screens, kind, rows, cols, cp437);
	struct screen_count count = read_subject(screens, &subject, text);

	end(&subject);
	return count;
}

static bool has_uefi(void)
{
	return g_file_test("/usr/share/OVMF", G_FILE_TEST_IS_DIR);
}

/* ---- tests ---- */

static void bios_and_ipxe_are_read(void **state)
{
	struct screens *screens = *state;
	struct screen_count bios, ipxe;

	screen_print_head();
	bios = read_one(screens, "boot", 0, 0, false, "SeaBIOS");
	take("SeaBIOS and a boot sector", &bios);
	ipxe = read_one(screens, "screen-ipxe", 0, 0, false, "No bootable device");
	take("iPXE", &ipxe);
	assert_good(&bios);
	assert_good(&ipxe);
}

static void add_grub(struct screens *screens, struct screen_count *sum, const char *kind, bool graphics, const char *text)
{
	struct screen_count count = read_one(screens, kind, graphics ? 28 : 0, 77, false, text);

	screen_print_row(kind + strlen("screen-"), &count);
	screen_count_add(sum, &count);
}

static void grub_is_read(void **state)
{
	struct screens *screens = *state;
	struct screen_count text = {0}, graphics = {0}, uefi = {0};

	screen_print_head();
	add_grub(screens, &text, "screen-grub-console-menu", false, "for a command-line.");
	add_grub(screens, &graphics, "screen-grub-gfxterm-page", true, "gpt8");
	if (all_wanted()) {
		add_grub(screens, &text, "screen-grub-console-page", false, "pt8");
		add_grub(screens, &graphics, "screen-grub-gfxterm-menu", true, "for a command-line.");
	}
	take("GRUB, text", &text);
	take("GRUB, gfxterm", &graphics);
	if (all_wanted() && has_uefi()) {
		add_grub(screens, &uefi, "screen-grub-gfxterm-page-uefi", true, "gpt8");
		add_grub(screens, &uefi, "screen-grub-gfxterm-menu-uefi", true, "for a command-line.");
		take("GRUB, gfxterm, UEFI", &uefi);
		assert_good(&uefi);
	}
	assert_good(&text);
	assert_good(&graphics);
}

/* Text written onto a picture: all that is text, and blank where the picture is smooth. */
static void grub_on_a_picture_is_read(void **state)
{
	static const char *const kinds[] = {"screen-grub-gfxterm-picture", "screen-grub-gfxterm-picture-uefi"};
	struct screens *screens = *state;
	struct screen_count sum = {0};

	screen_print_head();
	for (unsigned i = 0; i < G_N_ELEMENTS(kinds) && (!i || (all_wanted() && has_uefi())); i++) {
		struct subject subject = start(screens, kinds[i], 28, 77, false);
		struct screen_count count;

		/* A picture takes its time; the serial console is done before it. */
		subject.lag_ms = 2000;
		count = read_subject(screens, &subject, "for a command-line.");
		end(&subject);
		screen_print_row(kinds[i], &count);
		screen_count_add(&sum, &count);
	}
	take("GRUB, gfxterm, on a picture", &sum);
	assert_int_equal(sum.letters_right, sum.letters);
	assert_true(screen_percent(sum.visible_right, sum.visible) >= 99.9);
	assert_true(screen_percent(sum.blank_right, sum.blank) >= 95);
}

/* All glyphs and attributes of VGA text; then forty columns and the BIOS's graphics, of pixels that stand there twice. */
static void the_bios_is_read_in_every_mode(void **state)
{
	static const struct {
		const char *kind;
		int rows, cols;
	} modes[] = {{"screen-page-01", 25, 40}, {"screen-page-13", 25, 40}, {"screen-page-06", 25, 80},
	        {"screen-page-0d", 25, 40}, {"screen-page-0e", 25, 80}, {"screen-page-10", 25, 80}, {"screen-page-12", 30, 80}};
	struct screens *screens = *state;
	struct screen_count sum = {0}, text, count;

	screen_print_head();
	text = read_one(screens, "screen-page-03", 0, 0, false, "FIVE, Z");
	take("VGA text, all glyphs and attributes", &text);
	for (unsigned i = 0; i < G_N_ELEMENTS(modes); i++) {
		if (i > 1 && !all_wanted())
			break;
		count = read_one(screens, modes[i].kind, modes[i].rows, modes[i].cols, true, "FIVE, Z");
		screen_print_row(modes[i].kind, &count);
		screen_count_add(&sum, &count);
	}
	take("BIOS, 40x25, and graphics of 320x200 to 640x480", &sum);
	assert_good(&text);
	assert_good(&sum);
}

static void memory_test_is_read(void **state)
{
	struct screens *screens = *state;
	struct screen_count count;
	struct subject subject;

	screen_print_head();
	count = read_one(screens, "screen-memtest", 0, 0, false, "Test #");
	take("memtest86+, text", &count);
	assert_good(&count);
	if (!all_wanted() || !has_uefi())
		return;
	g_setenv("NVIRT_LAB_CMDLINE", "console=ttyS0,115200", TRUE);
	subject = start(screens, "screen-memtest-uefi", 25, 80, true);
	g_unsetenv("NVIRT_LAB_CMDLINE");
	/* Bars of progress are on the serial console later. */
	subject.untold = 5;
	subject.lag_ms = 4000;
	count = read_subject(screens, &subject, "Test #");
	end(&subject);
	take("memtest86+, UEFI", &count);
	assert_good(&count);
}

static void firmware_is_read(void **state)
{
	struct screens *screens = *state;
	struct screen_count shell = {0}, setup = {0}, count;
	struct subject subject;

	if (!has_uefi())
		skip();
	screen_print_head();
	subject = start(screens, "screen-shell-uefi", 31, 100, true);
	count = read_subject(screens, &subject, "Shell>");
	screen_count_add(&shell, &count);
	if (all_wanted()) {
		press(&subject, "drivers\n");
		wait_for_text(&subject, "Graphics Console");
		count = read_subject(screens, &subject, "Shell>");
		screen_count_add(&shell, &count);
		press(&subject, "exit\n");
		/* Setup has a mode of its own. */
		subject.rows = 25;
		subject.cols = 80;
		count = read_subject(screens, &subject, "Select Language");
		screen_count_add(&setup, &count);
		press(&subject, "D\n");
		count = read_subject(screens, &subject, "Esc=Exit");
		screen_count_add(&setup, &count);
		take("UEFI setup", &setup);
	}
	take("UEFI shell", &shell);
	end(&subject);
	assert_good(&shell);
	assert_good(&setup);
}

/* ---- Debian's installer: it sends its screen when it is asked, see bootable.sh ---- */

/* A whole answer to that letter; NULL = not there yet. */
static GByteArray *answer_to(GString *received, char letter)
{
	char *end;

	while ((end = strchr(received->str, '\n'))) {
		char *line = memrchr(received->str, '@', (gsize)(end - received->str));
		bool ours = line && line[1] == letter;
		gsize length = 0;
		guchar *plain;

		*end = '\0';
		plain = ours ? g_base64_decode(line + 2, &length) : NULL;
		g_string_erase(received, 0, end + 1 - received->str);
		if (ours)
			return g_byte_array_new_take(plain, length);
	}
	return NULL;
}

static GByteArray *ask_screen(virDomainPtr dom, virStreamPtr stream)
{
	static unsigned asks;
	char letter = (char)('a' + asks++ % 26), block[4096];
	gint64 until = g_get_monotonic_time() + DEADLINE_US, asked = 0;
	GString *received = g_string_new(NULL);
	GByteArray *answer = NULL;

	while (!answer) {
		gint64 now = g_get_monotonic_time();
		int got;

		if (now > until)
			fail_msg("the installer does not answer");
		/* What is sent before it listens is lost. */
		if (now - asked > 5 * G_USEC_PER_SEC) {
			assert_int_equal(virStreamSend(stream, &letter, 1), 1);
			asked = now;
		}
		/* No event loop: what crosses on the connection comes along with a call's answer. */
		assert_int_equal(virDomainIsActive(dom), 1);
		while ((got = virStreamRecv(stream, block, sizeof(block))) > 0)
			g_string_append_len(received, block, got);
		assert_int_equal(got, -2);
		answer = answer_to(received, letter);
		(void)poll(NULL, 0, answer ? 0 : PAUSE_MS);
	}
	g_string_free(received, TRUE);
	return answer;
}

static bool says(const GByteArray *console, const char *text)
{
	struct truth *truth = console->len > 4 ? truth_of_console(console->data, console->len, NULL, false) : NULL;
	bool has = truth && truth_has(truth, text);

	truth_free(truth);
	return has;
}

static struct screen_count read_installer(struct screens *screens, virDomainPtr dom, virStreamPtr stream, const char *text)
{
	gint64 until = g_get_monotonic_time() + DEADLINE_US;
	GByteArray *console = ask_screen(dom, stream), *after, *picture;
	struct truth *truth, *later;
	struct screen_count count;

	while (!says(console, text)) {
		if (g_get_monotonic_time() > until)
			fail_msg("the installer does not say '%s'", text);
		g_byte_array_unref(console);
		(void)poll(NULL, 0, 4 * PAUSE_MS);
		console = ask_screen(dom, stream);
	}
	picture = guest_screenshot(dom);
	after = ask_screen(dom, stream);
	truth = truth_of_console(console->data, console->len, NULL, true);
	later = truth_of_console(after->data, after->len, NULL, true);
	truth_keep_same(truth, later);
	count = screen_compare(screens->reader, picture, truth);
	truth_free(truth);
	truth_free(later);
	g_byte_array_unref(console);
	g_byte_array_unref(after);
	g_byte_array_unref(picture);
	return count;
}

static void installer_is_read(void **state)
{
	static const struct {
		const char *name, *cmdline;
	} modes[] = {{"Debian's installer, VGA text", "vga=normal fb=false nomodeset"},
	        {"Debian's installer, framebuffer", "fb=false"}};
	struct screens *screens = *state;

	if (!all_wanted())
		skip();
	screen_print_head();
	for (unsigned i = 0; i < G_N_ELEMENTS(modes); i++) {
		struct screen_count sum = {0}, count;
		struct subject subject;
		virStreamPtr stream = virStreamNew(lab_connection(screens->lab, "h1"), VIR_STREAM_NONBLOCK);

		g_setenv("NVIRT_LAB_CMDLINE", modes[i].cmdline, TRUE);
		subject = start(screens, "screen-installer", 0, 0, false);
		g_unsetenv("NVIRT_LAB_CMDLINE");
		assert_int_equal(virDomainOpenConsole(subject.dom, NULL, stream, 0), 0);
		count = read_installer(screens, subject.dom, stream, "Select a language");
		screen_count_add(&sum, &count);
		press(&subject, "\n");
		count = read_installer(screens, subject.dom, stream, "Select your location");
		screen_count_add(&sum, &count);
		press(&subject, "\n");
		count = read_installer(screens, subject.dom, stream, "Keymap to use");
		screen_count_add(&sum, &count);
		take(modes[i].name, &sum);
		virStreamAbort(stream);
		virStreamFree(stream);
		end(&subject);
		assert_good(&sum);
	}
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
	        cmocka_unit_test(bios_and_ipxe_are_read),
	        cmocka_unit_test(grub_is_read),
	        cmocka_unit_test(grub_on_a_picture_is_read),
	        cmocka_unit_test(the_bios_is_read_in_every_mode),
	        cmocka_unit_test(memory_test_is_read),
	        cmocka_unit_test(firmware_is_read),
	        cmocka_unit_test(installer_is_read),
	};

	return cmocka_run_group_tests_name("screen_boot", tests, setup, teardown);
}
