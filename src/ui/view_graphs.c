/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Graphs of a host or guest: charts of one set of figures over one span, in as
 * many columns as there is room for, scrolled by the row. Main thread.
 */
#include <math.h>
#include <string.h>

#include "app.h"
#include "content.h"
#include "graph.h"
#include "list.h"
#include "look.h"
#include "nvirt/text.h"

enum { CHART_ROWS_MIN = 7, CHART_ROWS_MAX = 20, CHART_COLS_MIN = 50 };

/* What of an object is shown together; the row after the last has no title. */
struct metric_set {
	const char *title;
	bool devices;   /* one chart a device; else all devices together */
	enum metric metrics[10];
	unsigned count;
};

static const struct metric_set guest_sets[] = {
        {"overview", false,
                {METRIC_CPU, METRIC_MEMORY_HOST, METRIC_MEMORY_GUEST, METRIC_DISK_READ, METRIC_DISK_WRITE,
                        METRIC_NET_RX, METRIC_NET_TX},
                7},
        {"vCPUs", true, {METRIC_VCPU}, 1},
        {"disks", true,
                {METRIC_DISK_READ, METRIC_DISK_WRITE, METRIC_DISK_READ_OPS, METRIC_DISK_WRITE_OPS,
                        METRIC_DISK_READ_MS, METRIC_DISK_WRITE_MS, METRIC_DISK_FLUSH_MS},
                7},
        {"all disks", false,
                {METRIC_DISK_READ, METRIC_DISK_WRITE, METRIC_DISK_READ_OPS, METRIC_DISK_WRITE_OPS,
                        METRIC_DISK_READ_MS, METRIC_DISK_WRITE_MS, METRIC_DISK_FLUSH_MS},
                7},
        {"network", true, {METRIC_NET_RX, METRIC_NET_TX}, 2},
        {NULL, false, {METRIC_CPU}, 0},
};

static const struct metric_set host_sets[] = {
        {"overview", false,
                {METRIC_CPU, METRIC_MEMORY_HOST, METRIC_LOAD, METRIC_STALL_CPU, METRIC_STALL_MEMORY,
                        METRIC_STALL_IO},
                6},
        {NULL, false, {METRIC_CPU}, 0},
};

struct chart {
	struct history_key key;
	char *title;
	double limit;
};

struct graphs {
	struct view view;
	struct obj_ref ref;
	const struct metric_set *sets;
	unsigned set;
	enum tier tier;
	enum graph_style style;
	struct list list; /* rows of charts; the cursor is the first on screen */
};

static struct view *create(struct app *app, const struct view_ops *ops, const struct metric_set *sets)
{
	struct graphs *self = g_new0(struct graphs, 1);

	self->view = (struct view){.ops = ops, .app = app, .dirty = true};
	self->sets = sets;
	self->style = graph_style_default(&app->canvas);
	return &self->view;
}

static struct view *create_host(struct app *app)
{
	return create(app, &host_graphs_view, host_sets);
}

static struct view *create_guest(struct app *app)
{
	return create(app, &guest_graphs_view, guest_sets);
}

static void destroy(struct view *view)
{
	g_free(view);
}

/* ---- which charts --------------------------------------------------------------- */

static const uint8_t *uuid_of(const struct graphs *self)
{
	return self->ref.kind == OBJ_GUEST ? self->ref.uuid : NULL;
}

static void chart_free(gpointer data)
{
	struct chart *chart = data;

	g_free(chart->title);
	g_free(chart);
}

static char *chart_title(enum metric metric, bool guest, const char *device)
{
	const char *title = metric_title(metric);
	bool disk = metric >= METRIC_DISK_READ && metric <= METRIC_DISK_FLUSH_MS;
	bool net = metric == METRIC_NET_RX || metric == METRIC_NET_TX;

	if (device)
		return g_strdup_printf(metric == METRIC_VCPU ? "vCPU %s" : "%s %s", device, title);
	if (metric == METRIC_MEMORY_HOST && guest)
		return g_strdup("Memory on the host (RSS)");
	if (metric == METRIC_MEMORY_HOST)
		return g_strdup("Memory in use");
	return disk ? g_strconcat("Disk ", title, NULL) : net ? g_strconcat("Network ", title, NULL) : g_strdup(title);
}

/* The most there can be of it. */
static double limit_of(const struct graphs *self, enum metric metric)
{
	const struct guest *guest = self->ref.kind == OBJ_GUEST ? store_guest(self->view.app->store, &self->ref) : NULL;
	const struct host *host = store_host(self->view.app->store, self->ref.host);

	if (guest && metric == METRIC_CPU)
		return 100.0 * guest->vcpus;
	if (guest && metric == METRIC_MEMORY_GUEST && guest->detail)
		return (double)MAX(guest->detail->available_kib, 0) * 1024;
	if (!guest && host && metric == METRIC_MEMORY_HOST)
		return (double)MAX(host->node.memory_total_kib, 0) * 1024;
	return 0;
}

static void add_chart(const struct graphs *self, GPtrArray *charts, enum metric metric, const char *device)
{
	struct chart *chart = g_new0(struct chart, 1);

	chart->key = history_key(uuid_of(self), metric, device);
	chart->title = chart_title(metric, self->ref.kind == OBJ_GUEST, device);
	chart->limit = device ? 0 : limit_of(self, metric);
	g_ptr_array_add(charts, chart);
}

/* Devices stay together: all of vda before any of vdb. */
static void add_devices(
        const struct graphs *self, GPtrArray *charts, const struct metric_set *set, const struct history *history)
{
	g_autoptr(GPtrArray) devices = history_devices(history, uuid_of(self), set->metrics[0]);

	for (unsigned i = 0; i < devices->len; i++)
		for (unsigned m = 0; m < set->count; m++)
			add_chart(self, charts, set->metrics[m], devices->pdata[i]);
}

static GPtrArray *make_charts(const struct graphs *self, const struct history *history)
{
	GPtrArray *charts = g_ptr_array_new_with_free_func(chart_free);
	const struct metric_set *set = &self->sets[self->set];

	if (set->devices)
		add_devices(self, charts, set, history);
	else
		for (unsigned m = 0; m < set->count; m++)
			add_chart(self, charts, set->metrics[m], NULL);
	return charts;
}

/* ---- drawing -------------------------------------------------------------------- */

/* Details come every few seconds: the slot under way may have nothing yet. */
static double newest(const struct history *history, const struct history_key *key)
{
	enum { BACK = 5 };
	struct history_slot slots[BACK];
	uint32_t now = history_slot_at(TIER_5M, look_wall_us());

	history_read(history, key, TIER_5M, now - BACK + 1, BACK, slots);
	for (int i = BACK - 1; i >= 0; i--)
		if (!isnan(slots[i].average))
			return slots[i].average;
	return NAN;
}

static void draw_chart(const struct graphs *self, struct area area, const struct history *history,
        const struct chart *chart, bool stale)
{
	const struct tier_shape *shape = &tier_shapes[self->tier];
	uint32_t now = history_slot_at(self->tier, look_wall_us());
	g_autofree struct history_slot *slots = g_new(struct history_slot, shape->slots);
	struct graph graph = {.title = chart->title,
	        .unit = metric_unit((enum metric)chart->key.metric),
	        .slots = slots,
	        .count = shape->slots,
	        .slot_s = shape->slot_s,
	        .end_unix_us = ((gint64)now + 1) * shape->slot_s * G_USEC_PER_SEC,
	        .now = newest(history, &chart->key),
	        .limit = chart->limit,
	        .stale = stale};

	history_read(history, &chart->key, self->tier, now - shape->slots + 1, shape->slots, slots);
	graph_draw(area, &graph, self->style);
}

static int draw_choice(struct area line, int x, bool chosen, const char *word)
{
	return x + area_textf(line, 0, x, -1, chosen ? ROLE_TAB_ACTIVE : ROLE_TAB, chosen ? "[%s]" : " %s ", word);
}

/* Where there is no room for all of them, the chosen one alone. */
static void draw_sets(const struct graphs *self, struct area line)
{
	bool all;
	int needed = 0, x = 0;

	for (unsigned i = 0; self->sets[i].title; i++)
		needed += text_columns(self->sets[i].title) + 2;
	all = needed <= line.cols;
	for (unsigned i = 0; self->sets[i].title; i++)
		if (all || i == self->set)
			x = draw_choice(line, x, i == self->set, self->sets[i].title);
}

static void draw_head(const struct graphs *self, struct area line)
{
	int x = 0;

	for (int tier = 0; tier < TIER_N; tier++)
		x = draw_choice(line, x, tier == (int)self->tier, tier_shapes[tier].name);
	if (self->sets[1].title)
		draw_sets(self, area_sub(line, 0, x + 2, 1, line.cols - x - 2));
}

static void draw_charts(struct graphs *self, struct area area, const struct history *history, GPtrArray *charts)
{
	int columns = CLAMP(area.cols / CHART_COLS_MIN, 1, 3);
	int width = (area.cols - 1 - 2 * (columns - 1)) / columns;
	unsigned rows = (charts->len + (unsigned)columns - 1) / (unsigned)columns;
	int height = rows ? CLAMP(area.rows / (int)rows, CHART_ROWS_MIN, CHART_ROWS_MAX) : CHART_ROWS_MIN;
	const struct host *host = store_host(self->view.app->store, self->ref.host);
	bool stale = look_host_stale(self->view.app, host);

	self->list.top = self->list.cursor = MIN(self->list.top, rows);
	list_set_count(&self->list, rows);
	list_set_height(&self->list, (unsigned)MAX(area.rows / height, 1));
	for (unsigned i = 0; i < charts->len; i++) {
		unsigned row = i / (unsigned)columns;
		int y = ((int)row - (int)self->list.top) * height;
		int x = (int)(i % (unsigned)columns) * (width + 2);

		if (row < self->list.top || y >= area.rows)
			continue;
		/* A line between two of them. */
		draw_chart(self, area_sub(area, y, x, height - (height > CHART_ROWS_MIN), width), history,
		        charts->pdata[i], stale);
	}
	look_scrollbar(area, self->list.top * (unsigned)height, rows * (unsigned)height);
}

static const char *nothing_text(const struct graphs *self)
{
	const struct guest *guest = self->ref.kind == OBJ_GUEST ? store_guest(self->view.app->store, &self->ref) : NULL;

	if (guest && !guest_state_active(guest->state))
		return "The guest does not run: nothing is known of its devices.";
	return "Nothing is known yet: two looks are needed for a rate.";
}

static void draw(struct view *view, struct area area, bool focused)
{
	struct graphs *self = (struct graphs *)view;
	const struct host *host = store_host(view->app->store, self->ref.host);
	g_autoptr(GPtrArray) charts = NULL;
	struct area body;
	int head = area.rows >= 4;

	view->dirty = false;
	area_clear(area, ROLE_TEXT);
	if (!host || !store_has(view->app->store, &self->ref) || area.rows < 1)
		return;
	if (head)
		draw_head(self, area_sub(area, 0, 0, 1, area.cols));
	body = area_sub(area, head, 0, area.rows - head, area.cols);
	charts = make_charts(self, host->history);
	if (!charts->len)
		area_text(body, 0, 0, -1, ROLE_DIM, nothing_text(self));
	draw_charts(self, body, host->history, charts);
	if (focused)
		area_cursor(area, 0, 0, false);
}

/* ---- commands ------------------------------------------------------------------- */

static void step_tier(struct view *view, int step)
{
	struct graphs *self = (struct graphs *)view;

	self->tier = (enum tier)(((int)self->tier + TIER_N + step) % TIER_N);
	content_touch(view);
}

static void cmd_longer(struct view *view, unsigned count)
{
	(void)count;
	step_tier(view, 1);
}

static void cmd_shorter(struct view *view, unsigned count)
{
	(void)count;
	step_tier(view, -1);
}

static void step_set(struct view *view, unsigned step)
{
	struct graphs *self = (struct graphs *)view;
	unsigned count = 0;

	while (self->sets[count].title)
		count++;
	self->set = (self->set + count + step) % count;
	self->list.top = self->list.cursor = 0;
	content_touch(view);
}

static void cmd_set_next(struct view *view, unsigned count)
{
	(void)count;
	step_set(view, 1);
}

static void cmd_set_prev(struct view *view, unsigned count)
{
	(void)count;
	step_set(view, (unsigned)-1);
}

static void cmd_style(struct view *view, unsigned count)
{
	struct graphs *self = (struct graphs *)view;

	(void)count;
	do
		self->style = (enum graph_style)((self->style + 1) % GRAPH_STYLE_N);
	while (view->app->canvas.ascii && self->style != GRAPH_ASCII);
	app_notice(view->app, LEVEL_INFO, "Graphs are drawn as %s", graph_style_word(self->style));
	content_touch(view);
}

/* A list whose cursor is the first row on screen scrolls by the same keys. */
static bool key(struct view *view, keycode code, unsigned count)
{
	struct graphs *self = (struct graphs *)view;
	struct list list = self->list;

	list.cursor = list.top;
	if (!list_key(&list, code, count))
		return false;
	self->list.top = self->list.cursor = MIN(list.cursor, list.count - MIN(list.count, list.height));
	content_touch(view);
	return true;
}

static bool mouse(struct view *view, const struct mouse *event)
{
	if (event->what != MOUSE_PRESS || (event->button != 4 && event->button != 5))
		return false;
	return key(view, event->button == 4 ? K_UP : K_DOWN, 1);
}

static void update(struct view *view, unsigned changes)
{
	if (changes & (CHANGE_HOST | CHANGE_LIST | CHANGE_STATS | CHANGE_DETAIL))
		view->dirty = true;
}

static void set_object(struct view *view, const struct obj_ref *ref)
{
	struct graphs *self = (struct graphs *)view;

	if (!obj_ref_equal(&self->ref, ref))
		self->list.top = self->list.cursor = 0;
	self->ref = *ref;
	content_touch(view);
}

static const struct view_cmd guest_cmds[] = {
        {"span-longer", "Longer span: 5 minutes, 1 hour, 24 hours, 7 days", ">", "span", cmd_longer},
        {"span-shorter", "Shorter span", "<", NULL, cmd_shorter},
        {"figures-next", "Next set of figures: overview, vCPUs, disks, network", "v", "figures", cmd_set_next},
        {"figures-prev", "Previous set of figures", "V", NULL, cmd_set_prev},
        {"graph-style", "Draw with dots, blocks or ASCII", "o", NULL, cmd_style},
        {NULL, NULL, NULL, NULL, NULL},
};

static const struct view_cmd host_cmds[] = {
        {"span-longer", "Longer span: 5 minutes, 1 hour, 24 hours, 7 days", ">", "span", cmd_longer},
        {"span-shorter", "Shorter span", "<", NULL, cmd_shorter},
        {"graph-style", "Draw with dots, blocks or ASCII", "o", NULL, cmd_style},
        {NULL, NULL, NULL, NULL, NULL},
};

const struct view_ops host_graphs_view = {
        .name = "host-graphs",
        .title = "Graphs",
        .create = create_host,
        .destroy = destroy,
        .draw = draw,
        .cmds = host_cmds,
        .key = key,
        .mouse = mouse,
        .update = update,
        .set_object = set_object,
};

const struct view_ops guest_graphs_view = {
        .name = "guest-graphs",
        .title = "Graphs",
        .create = create_guest,
        .destroy = destroy,
        .draw = draw,
        .cmds = guest_cmds,
        .key = key,
        .mouse = mouse,
        .update = update,
        .set_object = set_object,
};
