/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host itself in its Summary: few CPUs and many, small terminals and large ones, what is not told and what is old. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "support/rich.h"

static struct node_detail *look_new(struct screen *screen, unsigned cpus, unsigned tick)
{
	struct node_detail *detail = node_detail_new();

	detail->taken_us = app_now_us(&screen->app);
	detail->machine = true;
	for (unsigned i = 0; i < cpus; i++) {
		/* CPU i is i percent busy, up to 100. */
		struct node_cpu cpu = {(int64_t)tick * MIN(i, 100), (int64_t)tick * 100};

		g_array_append_val(detail->cpus, cpu);
	}
	detail->memory = (struct node_memory){8 << 20, 1 << 20, 3 << 20, 2 << 20, 1 << 20};
	return detail;
}

static void post(struct screen *screen, unsigned host, struct node_detail *detail)
{
	struct msg *msg = msg_new(MSG_NODE, host, 1);

	msg->node = detail;
	screen_message(screen, msg);
}

/* A host of so many CPUs, looked at twice. */
static struct screen *screen_of(int rows, int cols, unsigned cpus, unsigned *ret_host)
{
	struct screen *screen = screen_new(rows, cols);
	struct obj_ref ref;

	*ret_host = rich_host(screen);
	ref = rich_ref(OBJ_HOST, *ret_host, 0);
	app_open(&screen->app, &ref);
	post(screen, *ret_host, look_new(screen, cpus, 1));
	screen_advance(screen, 2 * G_USEC_PER_SEC);
	rich_post_sample(screen, *ret_host, sample_new());
	post(screen, *ret_host, look_new(screen, cpus, 2));
	return screen;
}

static void cpu_bars_fit_and_many_are_folded(void **state)
{
	static const struct {
		unsigned cpus;
		int rows, cols;
		const char *has, *more; /* NULL = no such thing */
	} rows[] = {
	        {1, 24, 80, "CPUs (1)", "0%"},
	        {8, 24, 80, "0 █", NULL},
	        {64, 24, 80, "a sign a CPU", NULL},
	        {256, 24, 80, "a sign a CPU", NULL},
	        {1, 60, 200, "CPUs (1)", "0%"},
	        {8, 60, 200, "7 ██", "7%"},
	        {64, 60, 200, "63 ", "63%"},
	        {256, 60, 200, "128 ", "a sign a CPU: ▁ idle, █ busy"},
	};

	(void)state;
	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		unsigned host;
		struct screen *screen = screen_of(rows[i].rows, rows[i].cols, rows[i].cpus, &host);

		screen_keys(screen, "M-2");
		/* What does not fit is there when one goes on. */
		for (unsigned page = 0; page < 4 && !strstr(screen_text(screen), rows[i].has); page++)
			screen_keys(screen, "j j j j");
		if (i != 1)
			screen_assert_has(screen, rows[i].has);
		else
			screen_assert_has(screen, "CPUs (8)");
		if (rows[i].more)
			screen_assert_has(screen, rows[i].more);
		screen_free(screen);
	}
}

static void ascii_has_digits_for_many(void **state)
{
	struct screen *screen = screen_new_ascii(60, 200);
	unsigned host = rich_host(screen);
	struct obj_ref ref = rich_ref(OBJ_HOST, host, 0);

	(void)state;
	app_open(&screen->app, &ref);
	post(screen, host, look_new(screen, 256, 1));
	screen_advance(screen, G_USEC_PER_SEC);
	post(screen, host, look_new(screen, 256, 2));
	screen_assert_has(screen, "a digit a CPU: 0 idle, 9 busy");
	screen_assert_has(screen, "00000000 00111111 11112222");
	screen_assert_has(screen, "H 1.00 GiB huge pages, = 2.00 GiB cache");
	screen_free(screen);
}

static void memory_is_shown_in_its_parts(void **state)
{
	unsigned host;
	struct screen *screen = screen_of(60, 200, 4, &host);
	int y, x;

	(void)state;
	screen_assert_has(screen, "5.00 GiB of 8.00 GiB");
	screen_assert_has(screen, "▓ 1.00 GiB huge pages, ▒ 2.00 GiB cache");
	/* 4 GiB, 1 of huge pages, 2 of cache, 1 free, in 20 columns. */
	assert_true(screen_find(screen, "██████████▓▓", &y, &x));
	assert_true(screen_find(screen, "▒▒▒▒▒░░", &y, &x));
	screen_free(screen);
}

static void pressure_ksm_disks_and_temperatures_are_told(void **state)
{
	unsigned host;
	struct screen *screen = screen_of(70, 200, 4, &host);
	struct node_detail *detail = look_new(screen, 4, 3);
	struct node_disk *disk = g_new0(struct node_disk, 1);
	struct node_sensor *sensor = g_new0(struct node_sensor, 1);
	int y, x;

	(void)state;
	detail->stalls[NODE_STALL_CPU] = (struct node_stall){{62.5, 8.5, 1}, {0, 0.5, 0.25}};
	detail->ksm = (struct node_ksm){.run = 1, .pages_to_scan = 100, .sleep_ms = 20, .merge_across_nodes = 1,
	        .shared_pages = 256, .sharing_pages = 25600, .full_scans = 7, .page_bytes = 4096, .profit_bytes = -4096,
	        .ksmd_ns = -1};
	disk->name = g_strdup("nvme0n1");
	g_ptr_array_add(detail->disks, disk);
	sensor->name = g_strdup("coretemp Package");
	sensor->celsius = 96;
	sensor->limit = 100;
	g_ptr_array_add(detail->sensors, sensor);
	screen_advance(screen, G_USEC_PER_SEC);
	detail->taken_us = app_now_us(&screen->app);
	post(screen, host, detail);
	screen_assert_has(screen, "62.5%");
	assert_true(screen_find(screen, "62.5%", &y, &x));
	assert_int_equal(screen_role(screen, y, x), ROLE_WARN);
	screen_assert_has(screen, "100 MiB: 25600 pages are kept once, in 1.00 MiB");
	screen_assert_has(screen, "4.00 KiB lost");
	screen_assert_has(screen, "100 pages every 20 ms; all of it 7 times so far");
	screen_assert_has(screen, "KSM saves 100 MiB");
	screen_assert_has(screen, "nvme0n1");
	assert_true(screen_find(screen, "96.0 C", &y, &x));
	assert_int_equal(screen_role(screen, y, x), ROLE_CRIT);
	screen_free(screen);
}

static void add_cell(struct node_detail *detail, int id, int64_t free_kib)
{
	struct node_cell *cell = node_cell_new(id);
	struct node_pages pages = {2048, 512, 12};

	g_free(cell->cpus);
	cell->cpus = g_strdup(id ? "2-3" : "0-1");
	cell->total_kib = 4 << 20;
	cell->free_kib = free_kib;
	g_array_append_val(cell->pages, pages);
	g_ptr_array_add(detail->cells, cell);
}

static void add_place(struct node_detail *detail, unsigned host, unsigned guest, int64_t first, int64_t second)
{
	struct obj_ref ref = rich_ref(OBJ_GUEST, host, guest);
	struct node_place *place = node_place_new(ref.uuid, 2);

	g_array_index(place->kib, int64_t, 0) = first;
	g_array_index(place->kib, int64_t, 1) = second;
	g_ptr_array_add(detail->places, place);
}

static void cells_name_the_guests_on_them(void **state)
{
	struct screen *screen = screen_new(60, 200);
	unsigned host = rich_host(screen);
	struct obj_ref ref = rich_ref(OBJ_HOST, host, 0);
	struct node_detail *detail = look_new(screen, 4, 1);

	(void)state;
	app_open(&screen->app, &ref);
	add_cell(detail, 0, 1 << 20);
	add_cell(detail, 1, 4 << 20);
	add_place(detail, host, 1, 512 << 10, 100);    /* what little lies elsewhere is not told */
	add_place(detail, host, 2, 1 << 20, 2 << 20);
	add_place(detail, host, 3, 0, -1);             /* bound there */
	add_place(detail, host, 77, 1 << 20, 1 << 20); /* gone meanwhile */
	post(screen, host, detail);
	screen_assert_has(screen, "512 of 2.00 MiB, 12 free");
	screen_assert_has(screen, "1.00 GiB, web1 512 MiB");
	screen_assert_has(screen, "2.00 GiB, ");
	screen_assert_has(screen, " ?");
	screen_assert_lacks(screen, "web1 100 KiB");
	screen_free(screen);
}

static void what_is_not_told_is_no_zero(void **state)
{
	struct screen *screen = screen_new(60, 200);
	unsigned host = rich_host(screen);
	struct obj_ref ref = rich_ref(OBJ_HOST, host, 0);
	struct node_detail *detail = look_new(screen, 2, 1);

	(void)state;
	app_open(&screen->app, &ref);
	/* Nobody has looked yet. */
	screen_assert_lacks(screen, "Pressure");
	detail->machine = false;
	detail->ksm.pages_to_scan = 100;
	post(screen, host, detail);
	screen_assert_has(screen, "Pressure, disks and temperatures: cannot tell from here");
	screen_assert_has(screen, "cannot tell from here whether it is on");
	screen_assert_lacks(screen, "Temperatures ─");
	screen_assert_lacks(screen, "0.0%  ");
	post(screen, host, look_new(screen, 2, 2));
	screen_assert_has(screen, "The kernel tells none");
	screen_assert_has(screen, "The kernel knows no sensor");
	screen_free(screen);
}

static void an_old_look_says_its_age(void **state)
{
	unsigned host;
	struct screen *screen = screen_of(60, 200, 4, &host);
	int y, x;

	(void)state;
	screen_assert_lacks(screen, "Details  ");
	screen_advance(screen, 40 * G_USEC_PER_SEC);
	/* The host's tick comes on, its own figures do not. */
	rich_post_sample(screen, host, sample_new());
	screen_assert_has(screen, "40 s old");
	assert_true(screen_find(screen, "3%", &y, &x));
	assert_int_equal(screen_role(screen, y, x), ROLE_STALE);
	screen_free(screen);
}

/* Another connection may be another boot: its first look is compared with nothing. */
static void looks_of_two_connections_are_not_compared(void **state)
{
	unsigned host;
	struct screen *screen = screen_of(60, 200, 4, &host);
	struct msg *msg = msg_new(MSG_NODE, host, 2);

	(void)state;
	assert_true(g_array_index(store_host(screen->app.store, host)->node_rates.cpus, double, 3) > 0);
	screen_advance(screen, G_USEC_PER_SEC);
	msg->node = look_new(screen, 4, 3);
	screen_message(screen, msg);
	assert_true(g_array_index(store_host(screen->app.store, host)->node_rates.cpus, double, 3) < 0);
	screen_free(screen);
}

static void every_size_can_be_drawn(void **state)
{
	static const unsigned counts[] = {1, 2, 3, 8, 9, 12, 64, 100, 256, 1000};
	unsigned host;

	(void)state;
	for (unsigned i = 0; i < G_N_ELEMENTS(counts); i++) {
		struct screen *screen = screen_of(40, 120, counts[i], &host);

		for (int cols = 4; cols < 220; cols += 7) {
			screen_resize(screen, 30, cols);
			assert_non_null(screen_text(screen));
		}
		screen_free(screen);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(cpu_bars_fit_and_many_are_folded),
	        cmocka_unit_test(ascii_has_digits_for_many),
	        cmocka_unit_test(memory_is_shown_in_its_parts),
	        cmocka_unit_test(pressure_ksm_disks_and_temperatures_are_told),
	        cmocka_unit_test(cells_name_the_guests_on_them),
	        cmocka_unit_test(what_is_not_told_is_no_zero),
	        cmocka_unit_test(an_old_look_says_its_age),
	        cmocka_unit_test(looks_of_two_connections_are_not_compared),
	        cmocka_unit_test(every_size_can_be_drawn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
