/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Graphs: heights, gaps, axis and figures, at any size; the tab and the sparklines. */
#include "unit/unit.h"

#include <math.h>

#include "support/rich.h"
#include "ui/graph.h"
#include "ui/look.h"

#define S ((gint64)G_USEC_PER_SEC)

static struct history_slot flat(float value)
{
	return (struct history_slot){value, value};
}

static struct graph make_graph(const struct history_slot *slots, unsigned count)
{
	return (struct graph){.title = "CPU",
	        .unit = UNIT_PERCENT,
	        .slots = slots,
	        .count = count,
	        .slot_s = 2,
	        .end_unix_us = 1700000000 * S,
	        .now = 50};
}

static char *draw(const struct graph *graph, enum graph_style style, int rows, int cols, bool ascii)
{
	struct canvas canvas;
	char *text;

	canvas_init(&canvas, rows, cols, ascii);
	graph_draw(canvas_area(&canvas), graph, style);
	text = canvas_text(&canvas);
	canvas_fini(&canvas);
	return text;
}

static void assert_has(const char *text, const char *needle)
{
	if (!strstr(text, needle))
		fail_msg("no '%s' in:\n%s", needle, text);
}

static unsigned count_of(const char *text, gunichar wanted)
{
	unsigned count = 0;

	for (; *text; text = g_utf8_next_char(text))
		count += g_utf8_get_char(text) == wanted;
	return count;
}

static void half_is_half_as_high_in_every_style(void **state)
{
	struct history_slot slots[20];
	struct graph graph = make_graph(slots, 20);

	(void)state;
	for (int i = 0; i < 20; i++)
		slots[i] = flat(i < 10 ? 100 : 50);
	graph.limit = 100;
	/* Title, figures, 8 rows of plot, times; 10 columns of labels, 20 of plot. */
	g_autofree char *dots = draw(&graph, GRAPH_BRAILLE, 11, 30, false);
	assert_int_equal(count_of(dots, 0x28ff), 10 * 8 + 10 * 4);
	g_autofree char *blocks = draw(&graph, GRAPH_BLOCKS, 11, 30, false);
	assert_int_equal(count_of(blocks, 0x2588), 10 * 8 + 10 * 4);
	g_autofree char *ascii = draw(&graph, GRAPH_ASCII, 11, 30, true);
	assert_int_equal(count_of(ascii, '#'), 10 * 8 + 10 * 4);
	assert_has(dots, "100%");
	assert_has(dots, "0%");
}

static void gaps_are_blank_and_nought_is_a_line(void **state)
{
	struct history_slot slots[20];
	struct graph graph = make_graph(slots, 20);

	(void)state;
	for (int i = 0; i < 20; i++)
		slots[i] = flat(i < 5 ? 0 : i < 15 ? NAN : 10);
	g_autofree char *text = draw(&graph, GRAPH_ASCII, 11, 30, true);
	assert_int_equal(count_of(text, '_'), 5);
	assert_int_equal(count_of(text, '#'), 5 * 8);
	g_autofree char *dots = draw(&graph, GRAPH_BRAILLE, 11, 30, false);
	assert_int_equal(count_of(dots, 0x28c0), 5);
	assert_int_equal(count_of(dots, 0x28ff), 5 * 8);
}

static void all_gaps_say_nothing(void **state)
{
	struct history_slot slots[20];
	struct graph graph = make_graph(slots, 20);

	(void)state;
	for (int i = 0; i < 20; i++)
		slots[i] = flat(NAN);
	graph.now = NAN;
	g_autofree char *text = draw(&graph, GRAPH_BRAILLE, 10, 60, false);
	assert_has(text, "now -  avg -  max -");
}

static void figures_are_of_what_is_shown(void **state)
{
	struct history_slot slots[4] = {flat(NAN), {10, 30}, flat(20), flat(30)};
	struct graph graph = make_graph(slots, 4);

	(void)state;
	g_autofree char *text = draw(&graph, GRAPH_BRAILLE, 10, 80, false);
	assert_has(text, "now 50.0%  avg 20.0%  max 30.0%");
	graph.limit = 200;
	g_autofree char *limited = draw(&graph, GRAPH_BRAILLE, 10, 80, false);
	assert_has(limited, "now 50.0% of 200%");
	g_autofree char *narrow = draw(&graph, GRAPH_BRAILLE, 10, 40, false);
	assert_has(narrow, "CPU\nnow 50.0% of 200%  avg 20.0%  max 30.0%\n");
}

static void maximum_stands_above_the_average(void **state)
{
	struct history_slot slots[10];
	struct graph graph = make_graph(slots, 10);

	(void)state;
	for (int i = 0; i < 10; i++)
		slots[i] = (struct history_slot){10, 100};
	g_autofree char *text = draw(&graph, GRAPH_ASCII, 12, 30, true);
	assert_int_equal(count_of(text, '\''), 20);
	assert_int_equal(count_of(text, '#'), 20);
}

/* The last slots are never left off, however many columns there are. */
static void newest_value_is_at_the_right_edge(void **state)
{
	struct history_slot slots[150];
	struct graph graph = make_graph(slots, 150);

	(void)state;
	for (int i = 0; i < 150; i++)
		slots[i] = flat(i == 149 ? 100 : NAN);
	for (int cols = 20; cols < 220; cols++) {
		struct canvas canvas;

		canvas_init(&canvas, 6, cols, false);
		graph_draw(canvas_area(&canvas), &graph, GRAPH_BLOCKS);
		assert_int_equal(canvas.cells[4 * cols + cols - 1].ch, 0x2588);
		canvas_fini(&canvas);
	}
}

static void axis_ends_where_figures_are_round(void **state)
{
	(void)state;
	assert_true(graph_axis_top(UNIT_PERCENT, 0) == 1);
	assert_true(graph_axis_top(UNIT_PERCENT, 43) == 50);
	assert_true(graph_axis_top(UNIT_PERCENT, 100) == 100);
	assert_true(graph_axis_top(UNIT_PERCENT, 101) == 200);
	assert_true(graph_axis_top(UNIT_BYTES, 0) == 1024);
	assert_true(graph_axis_top(UNIT_BYTES, 10e6) == 12 * 1024 * 1024);
	assert_true(graph_axis_top(UNIT_BYTES, 13 << 20) == 16 << 20);
	assert_true(graph_axis_top(UNIT_MS, NAN) == 0.1);
	assert_true(graph_axis_top(UNIT_PLAIN, INFINITY) == 0.1);
	for (double value = 0.001; value < 1e14; value *= 1.37)
		for (int unit = 0; unit <= UNIT_PLAIN; unit++) {
			double top = graph_axis_top((enum unit)unit, value);

			assert_true(top >= value * 0.999 && (top <= value * 2.6 || value < 1024));
		}
}

/* Nothing is drawn outside; nothing crashes; the unit is told where there is room for it. */
static void any_size_is_drawn_inside_its_area(void **state)
{
	struct history_slot slots[180];
	struct graph graph = make_graph(slots, 180);

	(void)state;
	for (int i = 0; i < 180; i++)
		slots[i] = (struct history_slot){(float)(i % 7 ? i : NAN), (float)(2 * i)};
	for (int rows = 0; rows < 30; rows++)
		for (int cols = 0; cols < 130; cols++)
			for (int style = 0; style < GRAPH_STYLE_N; style++) {
				struct canvas canvas;

				canvas_init(&canvas, rows + 2, cols + 2, false);
				area_fill(canvas_area(&canvas), 0, 0, rows + 2, cols + 2, ROLE_TEXT, 'x');
				graph_draw(area_sub(canvas_area(&canvas), 1, 1, rows, cols), &graph,
				        (enum graph_style)style);
				for (int y = 0; y < rows + 2; y++)
					for (int x = 0; x < cols + 2; x++)
						if (!y || !x || y > rows || x > cols)
							assert_int_equal(canvas.cells[y * (cols + 2) + x].ch, 'x');
				canvas_fini(&canvas);
			}
}

/* ---- sparklines ---- */

static void sparkline_changes_two_cells_a_step(void **state)
{
	struct canvas canvas;
	struct history_slot slots[64];
	gunichar before[20] = {0};

	(void)state;
	canvas_init(&canvas, 1, 20, false);
	for (uint32_t head = 100; head < 164; head++) {
		int changed = 0;

		for (uint32_t i = 0; i < 19; i++)
			slots[i] = flat((float)((head - 18 + i) * 37 % 100));
		graph_spark(canvas_area(&canvas), slots, head, 100, ROLE_BAR_USED);
		assert_int_equal(canvas.cells[(head + 1) % 20].ch, ' ');
		for (int x = 0; x < 20; x++) {
			changed += canvas.cells[x].ch != before[x];
			before[x] = canvas.cells[x].ch;
		}
		assert_true(head == 100 || changed <= 2);
	}
	canvas_fini(&canvas);
}

static void level_sparkline_changes_nothing(void **state)
{
	struct canvas canvas;
	struct history_slot slots[19];

	(void)state;
	canvas_init(&canvas, 1, 20, false);
	for (int i = 0; i < 19; i++)
		slots[i] = flat((float)(i % 3));
	for (uint32_t head = 100; head < 140; head++) {
		canvas.dirty[0] = false;
		graph_spark(canvas_area(&canvas), slots, head, 100, ROLE_BAR_USED);
		assert_true(head == 100 || !canvas.dirty[0]);
	}
	canvas_fini(&canvas);
}

/* ---- the tab ---- */

static void feed(struct screen *screen, unsigned host, const uint8_t *uuid, enum metric metric, const char *device,
        double value)
{
	struct history *history = store_host(screen->app.store, host)->history;
	struct history_key key = history_key(uuid, metric, device);
	gint64 now_us = look_wall_us();

	if (uuid)
		history_watch(history, uuid, true);
	for (int i = 100; i > 0; i--)
		history_add(history, &key, now_us - i * 2 * S, now_us - (i - 1) * 2 * S, value);
}

static struct screen *open_graphs(int rows, int cols)
{
	struct screen *screen = screen_new(rows, cols);
	unsigned host = rich_host(screen);
	struct obj_ref ref = rich_ref(OBJ_GUEST, host, 1);

	feed(screen, host, ref.uuid, METRIC_CPU, NULL, 42.5);
	feed(screen, host, ref.uuid, METRIC_DISK_WRITE, NULL, 10e6);
	feed(screen, host, ref.uuid, METRIC_DISK_READ, "vda", 2048);
	feed(screen, host, ref.uuid, METRIC_DISK_WRITE_MS, "vda", 1.25);
	feed(screen, host, ref.uuid, METRIC_VCPU, "1", 33.3);
	feed(screen, host, NULL, METRIC_STALL_IO, NULL, 12.5);
	app_open(&screen->app, &ref);
	screen_keys(screen, "M-2 [");
	return screen;
}

static void tab_shows_figures_spans_and_sets(void **state)
{
	struct screen *screen = open_graphs(50, 160);

	(void)state;
	screen_assert_has(screen, "[Graphs]");
	screen_assert_has(screen, "[5m]");
	screen_assert_has(screen, "now 42.5% of 200%  avg 42.5%  max 42.5%");
	screen_assert_has(screen, "now 9.54 MiB/s");
	screen_keys(screen, ">");
	screen_assert_has(screen, "[1h]");
	screen_assert_has(screen, "avg 42.5%");
	screen_keys(screen, "> > >");
	screen_assert_has(screen, "[5m]");
	screen_keys(screen, "<");
	screen_assert_has(screen, "[7d]");
	screen_keys(screen, "v");
	screen_assert_has(screen, "[vCPUs]");
	screen_assert_has(screen, "vCPU 1");
	screen_assert_has(screen, "avg 33.3%");
	screen_keys(screen, "v");
	screen_assert_has(screen, "[disks]");
	screen_assert_has(screen, "vda write latency");
	screen_assert_has(screen, "avg 1.25 ms");
	screen_keys(screen, "V V V");
	screen_assert_has(screen, "[network]");
	screen_free(screen);
}

static void host_tab_shows_pressure(void **state)
{
	struct screen *screen = open_graphs(50, 160);
	struct obj_ref ref = {.kind = OBJ_HOST, .host = 1};

	(void)state;
	app_open(&screen->app, &ref);
	screen_keys(screen, "[ [ [");
	screen_assert_has(screen, "I/O pressure");
	screen_assert_has(screen, "now 12.5%  avg 12.5%");
	screen_free(screen);
}

static void small_screen_scrolls_through_all_charts(void **state)
{
	struct screen *screen = open_graphs(24, 80);

	(void)state;
	screen_assert_has(screen, "CPU");
	screen_assert_lacks(screen, "Network sent");
	screen_keys(screen, "G");
	screen_assert_has(screen, "Network sent");
	screen_keys(screen, "Home");
	screen_assert_lacks(screen, "Network sent");
	screen_keys(screen, "j j");
	screen_assert_has(screen, "Memory in the guest");
	screen_free(screen);
}

static void style_turns_and_says_so(void **state)
{
	struct screen *screen = open_graphs(40, 120);

	(void)state;
	screen_keys(screen, "o");
	screen_assert_has(screen, "Graphs are drawn as blocks");
	screen_assert_has(screen, "█");
	screen_keys(screen, "o");
	screen_assert_has(screen, "##");
	screen_free(screen);
}

static void tab_copes_with_every_size(void **state)
{
	struct screen *screen = open_graphs(24, 80);

	(void)state;
	for (int rows = 1; rows < 64; rows += 3)
		for (int cols = 1; cols < 240; cols += 7) {
			screen_resize(screen, rows, cols);
			screen_text(screen);
			screen_keys(screen, "j v");
		}
	screen_free(screen);
}

static void wide_guests_table_has_sparklines_and_a_narrow_one_bars(void **state)
{
	struct screen *screen = open_graphs(40, 200);
	struct obj_ref ref = {.kind = OBJ_HOST, .host = 1};

	(void)state;
	app_open(&screen->app, &ref);
	screen_keys(screen, "]");
	/* 42.5 of 200 %: two eighths. */
	screen_assert_has(screen, "▂▂▂▂▂▂");
	screen_resize(screen, 40, 120);
	screen_assert_lacks(screen, "▂▂");
	screen_free(screen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(half_is_half_as_high_in_every_style),
	        cmocka_unit_test(gaps_are_blank_and_nought_is_a_line),
	        cmocka_unit_test(all_gaps_say_nothing),
	        cmocka_unit_test(figures_are_of_what_is_shown),
	        cmocka_unit_test(maximum_stands_above_the_average),
	        cmocka_unit_test(newest_value_is_at_the_right_edge),
	        cmocka_unit_test(axis_ends_where_figures_are_round),
	        cmocka_unit_test(any_size_is_drawn_inside_its_area),
	        cmocka_unit_test(sparkline_changes_two_cells_a_step),
	        cmocka_unit_test(level_sparkline_changes_nothing),
	        cmocka_unit_test(tab_shows_figures_spans_and_sets),
	        cmocka_unit_test(host_tab_shows_pressure),
	        cmocka_unit_test(small_screen_scrolls_through_all_charts),
	        cmocka_unit_test(style_turns_and_says_so),
	        cmocka_unit_test(tab_copes_with_every_size),
	        cmocka_unit_test(wide_guests_table_has_sparklines_and_a_narrow_one_bars),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
