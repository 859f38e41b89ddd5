/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names from outside: nothing but printable text on the canvas, and columns stay where they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "support/rich.h"

#include "nvirt/text.h"

static const char *const hostile[] = {
        "a\x1b]0;x\x07"
        "b",
        "\x1b[2J\x1b[H",
        "c1 \xc2\x9b"
        "31m \xc2\x85 end",
        "raw \x9b\xff\xfe\xc0\x80 bytes",
        "rtl \xe2\x80\xae"
        "gpj.exe \xe2\x81\xa6 iso",
        "zero\xe2\x80\x8bwidth\xef\xbb\xbf"
        "bom",
        "\xcc\x81\xcc\x81 marks first e\xcc\x81\xcc\x82\xcc\x83\xcc\x84",
        "\xe4\xbb\xae\xe6\x83\xb3\xe6\xa9\x9f\xe6\xa2\xb0\xe4\xbb\xae\xe6\x83\xb3\xe6\xa9\x9f\xe6\xa2\xb0\xe4"
        "\xbb\xae",
        "line\nfeed\r\ttab",
        "tag \xf3\xa0\x81\x81\xf3\xa0\x81\xbf end",
        "emoji \xf0\x9f\x92\xbe\xf0\x9f\x92\xbe\xf0\x9f\x92\xbe\xf0\x9f\x92\xbe\xf0\x9f\x92\xbe",
        "\xe2\x80\xa8ls\xe2\x80\xa9ps",
        "%s%n%x",
};

static void post_guests(struct screen *screen, unsigned host)
{
	struct sample *sample = sample_new();
	char longest[256];

	memset(longest, 'w', 255);
	longest[255] = '\0';
	for (unsigned i = 0; i < G_N_ELEMENTS(hostile); i++)
		rich_add_guest(sample, i + 1, hostile[i], GUEST_RUNNING, 1);
	rich_add_guest(sample, 100, longest, GUEST_RUNNING, 1);
	rich_post_sample(screen, host, sample);
}

static unsigned hostile_host(struct screen *screen)
{
	unsigned host = rich_host(screen);
	GPtrArray *pools = g_ptr_array_new_with_free_func((GDestroyNotify)pool_row_free);
	GPtrArray *volumes = g_ptr_array_new_with_free_func((GDestroyNotify)volume_row_free);
	GPtrArray *networks = g_ptr_array_new_with_free_func((GDestroyNotify)network_row_free);

	post_guests(screen, host);
	for (unsigned i = 0; i < G_N_ELEMENTS(hostile); i++) {
		char id[32];

		rich_pool(pools, i + 1, hostile[i], POOL_RUNNING);
		rich_network(networks, i + 1, hostile[i], i % 2);
		rich_volume(volumes, hostile[i]);
		g_snprintf(id, sizeof(id), "20261120T214504.%u-1-0001", i);
		rich_task(screen, host, id, "start", hostile[i], TASK_FAILED, hostile[i]);
	}
	rich_post_list(screen, host, MSG_POOLS, 0, pools);
	rich_post_list(screen, host, MSG_NETWORKS, 0, networks);
	rich_post_list(screen, host, MSG_VOLUMES, 1, volumes);
	return host;
}

static void assert_cell(const struct canvas *canvas, int y, int x)
{
	const struct cell *cell = &canvas->cells[y * canvas->cols + x];
	GUnicodeType type = g_unichar_type(cell->ch);

	if (!cell->ch) {
		assert_true(x > 0 && text_char_columns(cell[-1].ch) == 2);
		return;
	}
	if (!g_unichar_isprint(cell->ch) || type == G_UNICODE_FORMAT || type == G_UNICODE_CONTROL)
		fail_msg("U+%04X at %d,%d", cell->ch, y, x);
	assert_in_range(text_char_columns(cell->ch), 1, 2);
	for (int i = 0; i < 2 && cell->comb[i]; i++)
		assert_true(g_unichar_ismark(cell->comb[i]));
	if (text_char_columns(cell->ch) == 2)
		assert_true(x + 1 < canvas->cols && !cell[1].ch);
}

static void assert_printable(struct screen *screen)
{
	const struct canvas *canvas = &screen->app.canvas;

	screen_text(screen);
	for (int y = 0; y < canvas->rows; y++)
		for (int x = 0; x < canvas->cols; x++)
			assert_cell(canvas, y, x);
}

/* The line between tree and content has no gap: nothing to its left was wider than it said. */
static void assert_straight(struct screen *screen, int first, int last)
{
	const struct canvas *canvas = &screen->app.canvas;

	for (int x = 10; x < canvas->cols - 10; x++) {
		int y = first;

		while (y <= last && canvas->cells[y * canvas->cols + x].ch == 0x2502)
			y++;
		if (y > last)
			return;
	}
	fail_msg("no straight line:\n%s", screen->text);
}

static void every_page_is_printable_text(void **state)
{
	struct screen *screen = screen_new(40, 100);
	unsigned host = hostile_host(screen);

	(void)state;
	for (unsigned i = 0; i < 45; i++) {
		assert_printable(screen);
		assert_straight(screen, 5, 30);
		screen_keys(screen, "j l");
	}
	for (unsigned i = 1; i <= G_N_ELEMENTS(hostile); i++) {
		struct obj_ref ref = rich_ref(OBJ_POOL, host, i);

		app_open(&screen->app, &ref);
		assert_printable(screen);
	}
	screen_free(screen);
}

static void the_table_of_guests_stays_aligned(void **state)
{
	struct screen *screen = screen_new(40, 160);
	const struct canvas *canvas = &screen->app.canvas;
	int y, x;

	(void)state;
	hostile_host(screen);
	screen_keys(screen, "M-2 ]");
	assert_printable(screen);
	/* Every row's state word begins below its title. */
	assert_true(screen_find(screen, "State ", &y, &x));
	for (unsigned i = 1; i <= G_N_ELEMENTS(hostile); i++)
		assert_int_equal(canvas->cells[(y + (int)i) * canvas->cols + x].ch, 'r');
	screen_free(screen);
}

static void ascii_mode_is_ascii(void **state)
{
	struct screen *screen = screen_new_ascii(40, 100);

	(void)state;
	hostile_host(screen);
	for (const char *p = screen_text(screen); *p; p++)
		assert_true(*p == '\n' || (*p >= ' ' && *p <= '~'));
	screen_free(screen);
}

static void a_title_of_escapes_is_shown_harmless(void **state)
{
	struct screen *screen = screen_new(40, 120);
	unsigned host = hostile_host(screen);
	struct obj_ref ref = rich_ref(OBJ_GUEST, host, 1);

	(void)state;
	app_open(&screen->app, &ref);
	assert_printable(screen);
	screen_assert_has(screen, "]0;x");
	assert_null(strchr(screen_text(screen), 0x1b));
	assert_null(strchr(screen_text(screen), 0x07));
	screen_free(screen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_page_is_printable_text),
	        cmocka_unit_test(the_table_of_guests_stays_aligned),
	        cmocka_unit_test(ascii_mode_is_ascii),
	        cmocka_unit_test(a_title_of_escapes_is_shown_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
