/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What scrolled off a screen: every line once, in order, whatever the frames caught; and nothing that did not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "nvirt/screen_history.h"

#define ROWS 10
#define COLS 40

/* A terminal of the simplest kind. */
struct tty {
	struct text_screen screen;
	struct text_cell cells[ROWS * COLS];
	int row; /* where the next line goes */
};

static void tty_clear(struct tty *tty)
{
	tty->screen = (struct text_screen){.kind = SCREEN_TEXT, .rows = ROWS, .cols = COLS, .cell_w = 8, .cell_h = 16,
	        .cursor_row = -1, .cursor_col = -1, .font = "", .cells = tty->cells};
	for (int i = 0; i < ROWS * COLS; i++)
		tty->cells[i] = (struct text_cell){.ch = ' ', .confidence = 100};
	tty->row = 0;
}

static void put(struct tty *tty, int row, const char *text)
{
	for (int col = 0; col < COLS; col++) {
		tty->cells[row * COLS + col] = (struct text_cell){.ch = *text ? (guchar)*text : ' ', .fg = 0xaaaaaa, .confidence = 100};
		text += *text != 0;
	}
}

/* Rows [first, end) go up by one. */
static void scroll(struct tty *tty, int first, int end)
{
	memmove(&tty->cells[first * COLS], &tty->cells[(first + 1) * COLS], sizeof(tty->cells[0]) * (size_t)((end - first - 1) * COLS));
	put(tty, end - 1, "");
}

static void print_above(struct tty *tty, const char *text, int end)
{
	if (tty->row == end) {
		scroll(tty, 0, end);
		tty->row--;
	}
	put(tty, tty->row++, text);
	tty->screen.cursor_row = MIN(tty->row, end - 1);
}

static void print(struct tty *tty, const char *text)
{
	print_above(tty, text, ROWS);
}

/* "line # of many": the number stands for its mark. Owned. */
static char *numbered(const char *pattern, int number)
{
	const char *mark = strchr(pattern, '#');

	return g_strdup_printf("%.*s%d%s", (int)(mark - pattern), pattern, number, mark + 1);
}

static void print_number(struct tty *tty, const char *pattern, int number)
{
	g_autofree char *text = numbered(pattern, number);

	print(tty, text);
}

static char *kept(const struct screen_history *history)
{
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; i < screen_history_lines(history); i++) {
		g_autofree char *line = page_line_text(screen_history_line(history, i));

		g_string_append_printf(text, "%s\n", line);
	}
	return g_string_free(text, FALSE);
}

static void assert_kept(const struct screen_history *history, const char *expected)
{
	g_autofree char *text = kept(history);

	assert_string_equal(text, expected);
}

/* The whole page, history and screen, has these numbers in this order, each once. */
static void assert_numbers(const struct screen_history *history, const struct tty *tty, const char *pattern, int from, int to)
{
	struct page *page = page_of_screen(history, &tty->screen);
	g_autofree char *text = page_text(page, 0, page_rows(page));
	GString *expected = g_string_new(NULL);

	for (int i = from; i <= to; i++) {
		g_autofree char *line = numbered(pattern, i);

		g_string_append_printf(expected, "%s\n", line);
	}
	assert_string_equal(text, expected->str);
	g_string_free(expected, TRUE);
	page_free(page);
}

static void every_line_is_kept_once(void **state)
{
	static const char *const patterns[] = {"#", "line # of many", "[  #.0] usb 1-1: new device"};
	g_autoptr(GRand) rand = g_rand_new_with_seed(7);

	(void)state;
	for (unsigned f = 0; f < G_N_ELEMENTS(patterns); f++)
		for (int round = 0; round < 20; round++) {
			struct screen_history *history = screen_history_new();
			struct tty tty;
			int n = 1000;

			tty_clear(&tty);
			for (int frame = 0; frame < 60; frame++) {
				for (int i = g_rand_int_range(rand, 0, ROWS - 2); i > 0; i--)
					print_number(&tty, patterns[f], n++);
				screen_history_feed(history, &tty.screen, frame);
			}
			assert_numbers(history, &tty, patterns[f], 1000, n - 1);
			screen_history_free(history);
		}
}

static void a_line_that_is_still_being_written(void **state)
{
	struct screen_history *history = screen_history_new();
	struct tty tty;

	(void)state;
	tty_clear(&tty);
	for (int i = 0; i < 50; i++) {
		g_autofree char *whole = g_strdup_printf("step %d ... done", i);

		print_number(&tty, "step #", i);
		screen_history_feed(history, &tty.screen, i);
		put(&tty, tty.row - 1, whole);
		screen_history_feed(history, &tty.screen, i);
		/* And at once with the next two. */
		if (i % 3 == 0) {
			print_number(&tty, "step # ... done", ++i);
			print_number(&tty, "step # ... done", ++i);
		}
	}
	screen_history_feed(history, &tty.screen, 51);
	assert_numbers(history, &tty, "step # ... done", 0, 50);
	screen_history_free(history);
}

/* The guest draws while the frame is taken: the rows above are of the new screen, those below of the old. */
static void a_frame_caught_half_drawn(void **state)
{
	struct screen_history *history = screen_history_new();
	struct tty tty, half;

	(void)state;
	tty_clear(&tty);
	for (int i = 0; i < 200; i++) {
		int torn = i % (ROWS - 1) + 1;

		half = tty;
		half.screen.cells = half.cells;
		print_number(&tty, "output number #", i);
		tty.screen.cells = tty.cells;
		memcpy(half.cells, tty.cells, sizeof(tty.cells[0]) * (size_t)(torn * COLS));
		screen_history_feed(history, &half.screen, i);
		screen_history_feed(history, &tty.screen, i);
	}
	assert_numbers(history, &tty, "output number #", 0, 199);
	screen_history_free(history);
}

static void status_lines_stay(void **state)
{
	struct screen_history *history = screen_history_new();
	struct tty tty;

	(void)state;
	tty_clear(&tty);
	for (int i = 0; i < 100; i++) {
		g_autofree char *text = g_strdup_printf("output number %d", i), *status = g_strdup_printf("[tmux] 12:%02d", i / 2);

		print_above(&tty, text, ROWS - 1);
		put(&tty, ROWS - 1, status);
		screen_history_feed(history, &tty.screen, i);
	}
	g_autofree char *text = kept(history);
	assert_true(g_str_has_prefix(text, "output number 0\noutput number 1\n"));
	assert_true(g_str_has_suffix(text, "output number 89\noutput number 90\n"));
	assert_null(strstr(text, "tmux"));
	assert_int_equal(screen_history_lines(history), 91);
	screen_history_free(history);
}

static void what_changes_in_its_place_is_not_kept(void **state)
{
	struct screen_history *history = screen_history_new();
	struct tty tty;

	(void)state;
	tty_clear(&tty);
	for (int i = 0; i < 300; i++) {
		tty_clear(&tty);
		print(&tty, "top - load average");
		print(&tty, "Tasks: 80 total");
		print_number(&tty, "Mem free # of 2000", i * 37 % 1000);
		print(&tty, "  PID USER  COMMAND");
		for (int row = 0; row < 5; row++) {
			g_autofree char *text = g_strdup_printf("%5d root  %d.%d  program%d", 100 + row, i * row % 10, i % 7, row);

			print(&tty, text);
		}
		tty.screen.cursor_row = 3;
		screen_history_feed(history, &tty.screen, i);
	}
	assert_int_equal(screen_history_lines(history), 0);
	/* A line that counts. */
	tty_clear(&tty);
	screen_history_mark(history, "was reset", 0);
	unsigned before = screen_history_lines(history);
	print(&tty, "$ fetch");
	for (int i = 0; i <= 100; i++) {
		g_autofree char *text = g_strdup_printf("%d%% %.*s", i, i / 5, "####################");

		put(&tty, 1, text);
		screen_history_feed(history, &tty.screen, i);
	}
	assert_int_equal(screen_history_lines(history), before);
	screen_history_free(history);
}

static void a_cleared_screen_is_kept(void **state)
{
	struct screen_history *history = screen_history_new();
	struct tty tty;

	(void)state;
	tty_clear(&tty);
	print(&tty, "SeaBIOS");
	print(&tty, "");
	print(&tty, "Booting from Hard Disk");
	screen_history_feed(history, &tty.screen, 1);
	tty_clear(&tty);
	screen_history_feed(history, &tty.screen, 2);
	print(&tty, "GNU GRUB");
	screen_history_feed(history, &tty.screen, 3);
	assert_kept(history, "SeaBIOS\n\nBooting from Hard Disk\n");
	/* Blank as a whole, and back: nothing went anywhere. */
	tty.screen.kind = SCREEN_BLANK;
	screen_history_feed(history, &tty.screen, 4);
	tty.screen.kind = SCREEN_TEXT;
	screen_history_feed(history, &tty.screen, 5);
	assert_int_equal(screen_history_lines(history), 3);
	g_autofree char *mark = page_mark_words("was reset", 6);
	g_autofree char *all = g_strdup_printf("SeaBIOS\n\nBooting from Hard Disk\nGNU GRUB\n%s\n", mark);
	assert_int_equal(screen_history_mark(history, "was reset", 6), 2);
	assert_kept(history, all);
	assert_int_equal(screen_history_line(history, 4)->kind, PAGE_LINE_MARK);
	assert_int_equal(screen_history_line(history, 4)->time_us, 6);
	/* A frame that was on its way is of the run before, and the same words of the next run are its own. */
	screen_history_feed(history, &tty.screen, 7);
	tty_clear(&tty);
	screen_history_feed(history, &tty.screen, 8);
	assert_kept(history, all);
	print(&tty, "SeaBIOS");
	print(&tty, "");
	print(&tty, "Booting from Hard Disk");
	screen_history_feed(history, &tty.screen, 9);
	tty_clear(&tty);
	screen_history_feed(history, &tty.screen, 10);
	assert_int_equal(screen_history_lines(history), 8);
	screen_history_free(history);
}

/* The same text in another mode: the kernel takes the console over. */
static void another_size_of_the_same_text(void **state)
{
	struct screen_history *history = screen_history_new();
	struct text_cell cells[20 * 60];
	struct tty tty;

	(void)state;
	tty_clear(&tty);
	for (int i = 0; i < 15; i++)
		print_number(&tty, "kernel message #", i);
	screen_history_feed(history, &tty.screen, 1);
	for (int i = 0; i < 20 * 60; i++)
		cells[i] = (struct text_cell){.ch = ' ', .confidence = 100};
	for (int row = 0; row < 6; row++)
		memcpy(&cells[row * 60], &tty.cells[(row + 4) * COLS], sizeof(cells[0]) * COLS);
	struct text_screen larger = tty.screen;
	larger.rows = 20;
	larger.cols = 60;
	larger.cells = cells;
	larger.cursor_row = 6;
	screen_history_feed(history, &larger, 2);
	assert_kept(history, "kernel message 5\nkernel message 6\nkernel message 7\nkernel message 8\n");
	screen_history_free(history);
}

static void a_gap_is_said_and_not_made_up(void **state)
{
	struct screen_history *history = screen_history_new();
	struct tty tty;

	(void)state;
	tty_clear(&tty);
	for (int i = 0; i < 10; i++)
		print_number(&tty, "row #", i);
	screen_history_feed(history, &tty.screen, 1);
	for (int i = 10; i < 500; i++)
		print_number(&tty, "row #", i);
	screen_history_feed(history, &tty.screen, 2);
	assert_int_equal(screen_history_lines(history), 11);
	assert_int_equal(screen_history_line(history, 10)->kind, PAGE_LINE_GAP);
	g_autofree char *text = page_line_text(screen_history_line(history, 9));
	assert_string_equal(text, "row 9");
	screen_history_free(history);
}

/* A prompt in the middle of the screen, then all at once more than the screen holds. */
static void a_gap_after_a_half_empty_screen(void **state)
{
	struct screen_history *history = screen_history_new();
	struct tty tty;

	(void)state;
	tty_clear(&tty);
	print(&tty, "Welcome");
	print(&tty, "$ count to many");
	screen_history_feed(history, &tty.screen, 1);
	for (int i = 0; i < 50; i++)
		print_number(&tty, "row #", i);
	screen_history_feed(history, &tty.screen, 2);
	assert_kept(history, "Welcome\n$ count to many\n[ here lines may have gone by unseen ]\n");
	screen_history_free(history);
}

static void scrolling_back_and_reverse_adds_nothing(void **state)
{
	struct screen_history *history = screen_history_new();
	struct tty tty;

	(void)state;
	for (int top = 100; top >= 50; top -= 3) {
		tty_clear(&tty);
		for (int row = 0; row < ROWS - 1; row++)
			print_number(&tty, "line # of a manual", top + row);
		put(&tty, ROWS - 1, ":");
		screen_history_feed(history, &tty.screen, 1);
	}
	assert_int_equal(screen_history_lines(history), 0);
	screen_history_free(history);
}

static void it_is_bounded(void **state)
{
	struct screen_history *history = screen_history_new();
	struct tty tty;

	(void)state;
	tty_clear(&tty);
	for (int i = 0; i < SCREEN_HISTORY_LINES * 2; i++) {
		print_number(&tty, "number #", i);
		if (i % 4 == 0)
			screen_history_feed(history, &tty.screen, i);
	}
	assert_int_equal(screen_history_lines(history), SCREEN_HISTORY_LINES);
	assert_true(screen_history_added(history) > SCREEN_HISTORY_LINES);
	screen_history_free(history);
}

/* ---- a VGA's text memory ---- */

/* As the kernel's console scrolls: the screen's start moves down, and at the end of the memory it begins anew. */
struct vga {
	uint8_t bytes[64 * COLS * 2];
	int start;
};

static void vga_line(struct vga *vga, const char *text)
{
	const gsize row = COLS * 2, screen = ROWS * row;
	uint8_t *last;

	if ((gsize)(vga->start + 1) * row + screen > sizeof(vga->bytes)) {
		memmove(vga->bytes, vga->bytes + (gsize)(vga->start + 1) * row, screen - row);
		vga->start = 0;
	} else {
		vga->start++;
	}
	last = vga->bytes + (gsize)(vga->start + ROWS - 1) * row;
	for (int col = 0; col < COLS; col++) {
		last[col * 2] = *text ? (uint8_t)*text : ' ';
		last[col * 2 + 1] = 7;
		text += *text != 0;
	}
}

/* The screen as it is in the memory, as somebody sees it. */
static void see(const struct vga *vga, struct tty *tty)
{
	tty_clear(tty);
	for (int i = 0; i < ROWS * COLS; i++) {
		unsigned code = vga->bytes[(vga->start * COLS + i) * 2];

		tty->cells[i].ch = code ? code : ' ';
	}
}

static void assert_memory(const struct vga *vga, const struct tty *tty, int from, int to)
{
	struct screen_history *history = screen_history_new();
	GPtrArray *lines = text_memory_lines(&tty->screen, vga->bytes, sizeof(vga->bytes));

	if (from > to) {
		assert_int_equal(lines->len, 0);
		g_ptr_array_unref(lines);
	} else {
		assert_int_equal(screen_history_begin_with(history, lines), to - from + 1 - ROWS);
		assert_numbers(history, tty, "number # of many", from, to);
	}
	screen_history_free(history);
}

static void the_memory_has_what_scrolled_by_before(void **state)
{
	struct vga *vga = g_new0(struct vga, 1);
	struct tty tty;
	int lines = 0;

	(void)state;
	while (lines < 300) {
		g_autofree char *text = numbered("number # of many", lines++);

		vga_line(vga, text);
		see(vga, &tty);
		/* 64 rows, of which those that the screen was copied from are of no use. */
		if (lines >= ROWS && lines <= 54)
			assert_memory(vga, &tty, 0, lines - 1);
		else if (lines > 120)
			assert_memory(vga, &tty, lines - MAX(64 - (ROWS - 1), vga->start + ROWS), lines - 1);
	}
	/* Another screen than the one that is seen proves nothing. */
	put(&tty, 3, "number 1 of some");
	assert_memory(vga, &tty, 1, 0);
	tty_clear(&tty);
	assert_memory(vga, &tty, 1, 0);
	g_free(vga);
}

static void what_was_seen_since_is_its_end(void **state)
{
	struct screen_history *history = screen_history_new();
	struct vga *vga = g_new0(struct vga, 1);
	struct tty tty;

	(void)state;
	for (int i = 0; i < 40; i++) {
		g_autofree char *text = numbered("number # of many", i);

		vga_line(vga, text);
		see(vga, &tty);
		if (i >= 30)
			screen_history_feed(history, &tty.screen, i);
	}
	assert_int_equal(screen_history_lines(history), 9);
	GPtrArray *lines = text_memory_lines(&tty.screen, vga->bytes, sizeof(vga->bytes));
	assert_int_equal(screen_history_begin_with(history, lines), 21);
	assert_numbers(history, &tty, "number # of many", 0, 39);
	/* Once more: nothing is new. */
	lines = text_memory_lines(&tty.screen, vga->bytes, sizeof(vga->bytes));
	assert_int_equal(screen_history_begin_with(history, lines), 0);
	screen_history_free(history);
	g_free(vga);
}

/* What was seen of the run before is not in the memory: it stays above the mark. */
static void a_run_begins_at_its_mark(void **state)
{
	struct screen_history *history = screen_history_new();
	struct vga *vga = g_new0(struct vga, 1);
	struct tty tty;

	(void)state;
	tty_clear(&tty);
	print(&tty, "Kernel panic");
	screen_history_feed(history, &tty.screen, 1);
	screen_history_mark(history, "was reset", 2);
	for (int i = 0; i < 40; i++) {
		g_autofree char *text = numbered("number # of many", i);

		vga_line(vga, text);
		see(vga, &tty);
		if (i >= 30)
			screen_history_feed(history, &tty.screen, i);
	}
	assert_int_equal(screen_history_lines(history), 2 + 9);
	GPtrArray *lines = text_memory_lines(&tty.screen, vga->bytes, sizeof(vga->bytes));
	assert_int_equal(screen_history_begin_with(history, lines), 21);
	assert_int_equal(screen_history_lines(history), 2 + 30);
	g_autofree char *first = page_line_text(screen_history_line(history, 0));
	g_autofree char *third = page_line_text(screen_history_line(history, 2));
	g_autofree char *last = page_line_text(screen_history_line(history, 31));
	assert_string_equal(first, "Kernel panic");
	assert_int_equal(screen_history_line(history, 1)->kind, PAGE_LINE_MARK);
	assert_string_equal(third, "number 0 of many");
	assert_string_equal(last, "number 29 of many");
	screen_history_free(history);
	g_free(vga);
}

static void count_line(const struct page_line *line, void *data)
{
	int *counts = data;

	counts[line->kind == PAGE_LINE_GAP]++;
}

static void a_gap_is_filled_from_the_memory(void **state)
{
	struct screen_history *history = screen_history_new();
	struct vga *vga = g_new0(struct vga, 1);
	int logged[2] = {0, 0};
	struct tty tty;

	(void)state;
	screen_history_set_log(history, count_line, logged, 1000);
	for (int i = 0; i < 50; i++) {
		g_autofree char *text = numbered("number # of many", i);

		vga_line(vga, text);
		see(vga, &tty);
		/* The last line that was seen was still being written. */
		for (int col = 9; i == 19 && col < COLS; col++)
			tty.cells[(ROWS - 1) * COLS + col].ch = ' ';
		tty.screen.cursor_row = ROWS - 1;
		/* Twelve at once are not seen, and then again. */
		if ((i >= ROWS - 1 && i < 20) || i == 32 || i >= 45)
			screen_history_feed(history, &tty.screen, i + 1);
	}
	assert_int_equal(logged[1], 2);
	assert_true(screen_history_has_gap(history));
	GPtrArray *lines = text_memory_lines(&tty.screen, vga->bytes, sizeof(vga->bytes));
	assert_int_equal(screen_history_fill(history, lines), 3 + 3);
	assert_false(screen_history_has_gap(history));
	assert_numbers(history, &tty, "number # of many", 0, 49);
	assert_int_equal(logged[0], 41);
	screen_history_free(history);
	g_free(vga);
}

static void a_gap_beyond_the_memory_stays(void **state)
{
	struct screen_history *history = screen_history_new();
	struct vga *vga = g_new0(struct vga, 1);
	struct tty tty;

	(void)state;
	for (int i = 0; i < 300; i++) {
		g_autofree char *text = numbered("number # of many", i);

		vga_line(vga, text);
		see(vga, &tty);
		tty.screen.cursor_row = ROWS - 1;
		if ((i >= ROWS - 1 && i < 20) || i == 299)
			screen_history_feed(history, &tty.screen, i + 1);
	}
	unsigned before = screen_history_lines(history);
	GPtrArray *lines = text_memory_lines(&tty.screen, vga->bytes, sizeof(vga->bytes));
	assert_int_equal(screen_history_fill(history, lines), 0);
	assert_int_equal(screen_history_lines(history), before);
	screen_history_free(history);
	g_free(vga);
}

/* ---- the log ---- */

static void log_line(const struct page_line *line, void *data)
{
	g_autofree char *text = page_line_text(line);

	g_string_append_printf(data, "%d %s\n", (int)(line->time_us / 1000), text);
}

static void a_log_has_what_stood_still(void **state)
{
	struct screen_history *history = screen_history_new();
	GString *log = g_string_new(NULL);
	struct tty tty;

	(void)state;
	screen_history_set_log(history, log_line, log, 1000);
	tty_clear(&tty);
	print(&tty, "one");
	print(&tty, "50%");
	tty.screen.cursor_row = 2;
	screen_history_feed(history, &tty.screen, 100 * 1000);
	assert_int_equal(screen_history_tick(history, 600 * 1000), 501);
	put(&tty, 1, "100%");
	put(&tty, 2, "login:");
	screen_history_feed(history, &tty.screen, 900 * 1000);
	assert_int_equal(screen_history_tick(history, 1100 * 1000), 801);
	assert_string_equal(log->str, "100 one\n");
	assert_int_equal(screen_history_tick(history, 5000 * 1000), -1);
	/* What is being typed is no line yet. */
	assert_string_equal(log->str, "100 one\n900 100%\n");
	screen_history_log_rest(history);
	screen_history_log_rest(history);
	assert_string_equal(log->str, "100 one\n900 100%\n900 login:\n");
	/* What leaves before it stood is logged all the same, and each line once. */
	for (int i = 0; i < 20; i++) {
		print_number(&tty, "fast #", i);
		screen_history_feed(history, &tty.screen, 6000 * 1000 + i * 1000);
	}
	assert_non_null(strstr(log->str, "login:\n6000 fast 0\n"));
	assert_null(strstr(log->str, "fast 12"));
	screen_history_log_rest(history);
	assert_true(g_str_has_suffix(log->str, "\n6018 fast 18\n6019 fast 19\n"));
	screen_history_free(history);
	g_string_free(log, TRUE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_line_is_kept_once),
	        cmocka_unit_test(a_line_that_is_still_being_written),
	        cmocka_unit_test(a_frame_caught_half_drawn),
	        cmocka_unit_test(status_lines_stay),
	        cmocka_unit_test(what_changes_in_its_place_is_not_kept),
	        cmocka_unit_test(a_cleared_screen_is_kept),
	        cmocka_unit_test(another_size_of_the_same_text),
	        cmocka_unit_test(a_gap_is_said_and_not_made_up),
	        cmocka_unit_test(a_gap_after_a_half_empty_screen),
	        cmocka_unit_test(scrolling_back_and_reverse_adds_nothing),
	        cmocka_unit_test(it_is_bounded),
	        cmocka_unit_test(the_memory_has_what_scrolled_by_before),
	        cmocka_unit_test(what_was_seen_since_is_its_end),
	        cmocka_unit_test(a_run_begins_at_its_mark),
	        cmocka_unit_test(a_gap_is_filled_from_the_memory),
	        cmocka_unit_test(a_gap_beyond_the_memory_stays),
	        cmocka_unit_test(a_log_has_what_stood_still),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
