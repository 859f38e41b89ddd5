/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Host, Guests: all guests of a host as a table like top's. The cursor keeps to
 * its guest when the order changes. Main thread.
 */
#include "app.h"
#include "content.h"
#include "graph.h"
#include "guest_rows.h"
#include "look.h"
#include "nvirt/text.h"
#include "table.h"

static const struct table_column columns[GUEST_COL_N] = {
        [GUEST_COL_STATE] = {.title = "S", .width = 3},
        [GUEST_COL_NAME] = {.title = "Name", .width = 14, .grow = 1},
        [GUEST_COL_WORD] = {.title = "State", .width = 13, .drop = 2},
        [GUEST_COL_CPU] = {.title = "CPU%", .width = 7, .right = true, .descending = true},
        [GUEST_COL_BAR] = {.title = "CPU bar", .width = 10, .grow = 1, .drop = 9, .descending = true},
        [GUEST_COL_MEMORY] = {.title = "Memory", .width = 9, .drop = 1, .right = true, .descending = true},
        [GUEST_COL_ALLOCATED] = {.title = "Given", .width = 9, .drop = 6, .right = true, .descending = true},
        [GUEST_COL_VCPUS] = {.title = "vCPU", .width = 5, .drop = 5, .right = true, .descending = true},
        [GUEST_COL_ID] = {.title = "ID", .width = 5, .drop = 8, .right = true},
        [GUEST_COL_SINCE] = {.title = "Since", .width = 9, .drop = 7, .right = true, .descending = true},
        [GUEST_COL_FLAGS] = {.title = "Flags", .width = 6, .drop = 4, .descending = true},
};

enum { SPARK_COLS_MIN = 16, SPARK_COLS_MAX = 75 };

struct host_guests {
	struct view view;
	struct obj_ref ref;
	struct guest_rows rows;
	struct table table;
	struct obj_ref at; /* the cursor's guest, OBJ_NONE before the first */
	bool stale_host;   /* while a frame is drawn */
	const struct history *history; /* while a frame is drawn */
};

static void settle(struct host_guests *self)
{
	const struct guest *guest = guest_rows_at(&self->rows, self->table.list.cursor);

	if (guest)
		self->at = guest->ref;
}

/* Fresh rows, and the cursor on its guest; before any use of them. */
static void sync_rows(struct host_guests *self)
{
	struct list *list = &self->table.list;
	unsigned line = list->cursor - list->top;
	int index;

	if (!guest_rows_sync(&self->rows))
		return;
	list_set_count(list, guest_rows_count(&self->rows));
	if (self->at.kind == OBJ_NONE)
		return;
	index = guest_rows_find(&self->rows, &self->at);
	/* Gone, or hidden by the filter: its neighbour is the cursor's guest from now on. */
	if (index < 0) {
		settle(self);
		return;
	}
	/* The table turns around the cursor, which stays on its line as far as it can. */
	list->top = (unsigned)index > line ? (unsigned)index - line : 0;
	list_goto(list, (unsigned)index);
}

static struct view *create(struct app *app)
{
	struct host_guests *self = g_new0(struct host_guests, 1);

	self->view = (struct view){.ops = &host_guests_view, .app = app, .dirty = true};
	guest_rows_init(&self->rows, app->store);
	table_init(&self->table, columns, GUEST_COL_N, GUEST_COL_NAME);
	return &self->view;
}

static void destroy(struct view *view)
{
	struct host_guests *self = (struct host_guests *)view;

	guest_rows_fini(&self->rows);
	g_free(self);
}

/* ---- cells ---- */

/* Owned; what is not known is "-". */
static char *since_text(const struct host_guests *self, const struct guest *guest)
{
	const struct guest_detail *detail = guest->detail;

	if (detail && detail->started_unix_us && guest_state_active(guest->state))
		return look_span_us(look_wall_us() - detail->started_unix_us);
	return look_span_us(guest->state_us ? app_now_us(self->view.app) - guest->state_us : -1);
}

static void flags_text(const struct guest *guest, char out[8])
{
	char *p = out;

	if (guest->flags & GUEST_AUTOSTART)
		*p++ = 'a';
	if (!(guest->flags & GUEST_PERSISTENT))
		*p++ = 't';
	if (guest->flags & GUEST_MANAGED_SAVE)
		*p++ = 's';
	if (guest->flags & GUEST_SNAPSHOTS)
		*p++ = 'n';
	if (guest->tcg)
		*p++ = 'T';
	*p = '\0';
}

static void draw_number(struct area cell, enum role role, char *text)
{
	area_text_right(cell, 0, 0, cell.cols, role, text);
	g_free(text);
}

static char *cpu_text(const struct guest *guest)
{
	if (!guest_state_active(guest->state) || !(guest->cpu_pct >= 0))
		return g_strdup("-");
	return g_strdup_printf("%.1f", MIN(guest->cpu_pct, 99999.0));
}

/* The last minutes where the column is wide enough, one slot of the history a character. */
static bool draw_spark(const struct history *history, const struct guest *guest, struct area cell, enum role role)
{
	struct history_key key = history_key(guest->ref.uuid, METRIC_CPU, NULL);
	uint32_t head = history_slot_at(TIER_5M, look_wall_us());
	struct history_slot slots[SPARK_COLS_MAX];

	cell.cols = MIN(cell.cols, SPARK_COLS_MAX);
	if (cell.cols < SPARK_COLS_MIN || !history_has(history, &key))
		return false;
	/* The slot under way would grow from nothing with every look. */
	head--;
	history_read(history, &key, TIER_5M, head - (uint32_t)cell.cols + 2, (unsigned)cell.cols - 1, slots);
	graph_spark(cell, slots, head, 100.0 * MAX(guest->vcpus, 1), role == ROLE_STALE ? ROLE_STALE : ROLE_BAR_USED);
	return true;
}

static void draw_bar(const struct history *history, const struct guest *guest, struct area cell, enum role role)
{
	double whole = 100.0 * MAX(guest->vcpus, 1);
	double fraction = guest->cpu_pct / whole;

	if (guest_state_active(guest->state) && draw_spark(history, guest, cell, role))
		return;
	if (guest_state_active(guest->state) && guest->cpu_pct >= 0)
		area_bar(cell, 0, 0, cell.cols, role == ROLE_STALE ? ROLE_STALE : ROLE_BAR_USED,
		        ROLE_BAR_FREE, MIN(fraction, 1));
}

static void draw_state(const struct guest *guest, struct area cell, bool stale)
{
	struct look look = look_guest(guest);

	if (guest->marked)
		area_glyph(cell, 0, 0, ROLE_MARKED, GLYPH_MARK);
	area_glyph(cell, 0, 1, stale && !guest->stuck_us ? ROLE_STALE : look.role, look.glyph);
}

static char *positive(uint64_t number)
{
	return number ? g_strdup_printf("%" G_GUINT64_FORMAT, number) : g_strdup("-");
}

static void draw_cell(void *data, unsigned row, unsigned column, struct area cell)
{
	const struct host_guests *self = data;
	const struct guest *guest = guest_rows_at(&self->rows, row);
	bool stale = self->stale_host || guest->stuck_us;
	enum role role = stale ? ROLE_STALE : guest_state_active(guest->state) ? ROLE_TEXT : ROLE_STOPPED;
	char flags[8];

	switch ((enum guest_column)column) {
	case GUEST_COL_STATE:
		draw_state(guest, cell, stale);
		break;
	case GUEST_COL_NAME:
		area_text(cell, 0, 0, -1, guest->marked ? ROLE_MARKED : role, guest->name);
		break;
	case GUEST_COL_WORD:
		area_text(cell, 0, 0, -1, guest->stuck_us || !stale ? look_guest(guest).role : ROLE_STALE,
		        look_guest_word(guest));
		break;
	case GUEST_COL_CPU:
		draw_number(cell, role, cpu_text(guest));
		break;
	case GUEST_COL_BAR:
		draw_bar(self->history, guest, cell, role);
		break;
	case GUEST_COL_MEMORY:
		draw_number(cell, role, look_kib(guest->rss_kib ? (gint64)guest->rss_kib : -1));
		break;
	case GUEST_COL_ALLOCATED:
		draw_number(cell, role, look_kib(guest->memory_kib ? (gint64)guest->memory_kib : -1));
		break;
	case GUEST_COL_VCPUS:
		draw_number(cell, role, positive(guest->vcpus));
		break;
	case GUEST_COL_ID:
		draw_number(cell, role, guest->id < 0 ? g_strdup("-") : g_strdup_printf("%d", guest->id));
		break;
	case GUEST_COL_SINCE:
		draw_number(cell, role, since_text(self, guest));
		break;
	case GUEST_COL_FLAGS:
		flags_text(guest, flags);
		area_text(cell, 0, 0, -1, role, flags);
		break;
	case GUEST_COL_N:
		break;
	}
}

static void draw_foot(struct host_guests *self, const struct host *host, struct area line)
{
	unsigned shown = guest_rows_count(&self->rows);
	g_autofree char *age = look_host_age(self->view.app, host);
	int x = 0;

	area_clear(line, ROLE_DIM);
	x += area_textf(line, 0, x, -1, ROLE_DIM, "%u guest%s, %u active", host->guests->len,
	        host->guests->len == 1 ? "" : "s", host->running);
	if (*self->rows.filter)
		x += area_textf(line, 0, x, -1, ROLE_MATCH, ", %u match \"%s\"", shown, self->rows.filter);
	if (age)
		x += area_textf(line, 0, x, -1, ROLE_STALE, ", %s", age);
	if (line.cols - x > 50)
		area_text_right(line, 0, x, line.cols - x, ROLE_DIM,
		        "a autostart  t transient  s saved  n snapshots  T emulated");
}

static void draw(struct view *view, struct area area, bool focused)
{
	struct host_guests *self = (struct host_guests *)view;
	const struct host *host = store_host(view->app->store, self->ref.host);
	bool foot = area.rows >= 6;

	view->dirty = false;
	sync_rows(self);
	area_clear(area, ROLE_TEXT);
	if (!host)
		return;
	self->stale_host = look_host_stale(view->app, host);
	self->history = host->history;
	/* Whoever has the keys here has chosen a guest, even without moving. */
	if (focused && self->at.kind == OBJ_NONE)
		settle(self);
	table_draw(&self->table, area_sub(area, 0, 0, area.rows - foot, area.cols), focused, draw_cell, self);
	if (!guest_rows_count(&self->rows))
		area_text(area, 1, 0, -1, ROLE_DIM,
		        *self->rows.filter ? "Nothing matches the filter."
		        : host->listed     ? "No guests on this host."
		                           : "Nothing was read from this host yet.");
	if (foot)
		draw_foot(self, host, area_sub(area, area.rows - 1, 0, 1, area.cols));
}

/* ---- order ---- */

/* The table's choice becomes the rows'. */
static void sort_changed(struct host_guests *self)
{
	self->rows.sort = (enum guest_column)self->table.sort;
	self->rows.invert = self->table.invert;
	self->rows.stale = true;
	content_touch(&self->view);
}

/* Columns that are not on screen are passed over, or the order would seem to come from nowhere. */
static void step_sort(struct host_guests *self, int step)
{
	for (unsigned i = 0; i < GUEST_COL_N; i++) {
		table_sort_step(&self->table, step);
		if (self->table.slots[self->table.sort].width && self->table.sort != GUEST_COL_BAR)
			break;
	}
	sort_changed(self);
}

static void cmd_sort_next(struct view *view, unsigned count)
{
	(void)count;
	step_sort((struct host_guests *)view, 1);
}

static void cmd_sort_prev(struct view *view, unsigned count)
{
	(void)count;
	step_sort((struct host_guests *)view, -1);
}

static void cmd_invert(struct view *view, unsigned count)
{
	struct host_guests *self = (struct host_guests *)view;

	(void)count;
	self->table.invert = !self->table.invert;
	sort_changed(self);
}

static void cmd_open(struct view *view, unsigned count)
{
	struct host_guests *self = (struct host_guests *)view;
	const struct guest *guest;
	struct obj_ref ref;

	(void)count;
	sync_rows(self);
	guest = guest_rows_at(&self->rows, self->table.list.cursor);
	if (!guest)
		return;
	ref = guest->ref;
	app_open(view->app, &ref);
}

/* ---- input ---- */

static bool key(struct view *view, keycode code, unsigned count)
{
	struct host_guests *self = (struct host_guests *)view;

	sync_rows(self);
	if (!list_key(&self->table.list, code, count))
		return false;
	settle(self);
	content_touch(view);
	return true;
}

static bool mouse(struct view *view, const struct mouse *event)
{
	struct host_guests *self = (struct host_guests *)view;

	sync_rows(self);
	content_touch(view);
	switch (table_mouse(&self->table, event)) {
	case TABLE_MISS:
		return false;
	case TABLE_SORTED:
		sort_changed(self);
		break;
	case TABLE_MOVED:
		settle(self);
		break;
	case TABLE_OPENED:
		settle(self);
		cmd_open(view, 1);
		break;
	}
	return true;
}

static void update(struct view *view, unsigned changes)
{
	if (changes & (CHANGE_HOST | CHANGE_LIST | CHANGE_STATS))
		view->dirty = true;
}

static bool selected(struct view *view, struct obj_ref *ret_ref)
{
	struct host_guests *self = (struct host_guests *)view;
	const struct guest *guest;

	sync_rows(self);
	guest = guest_rows_at(&self->rows, self->table.list.cursor);
	if (!guest)
		return false;
	*ret_ref = guest->ref;
	return true;
}

static void set_object(struct view *view, const struct obj_ref *ref)
{
	struct host_guests *self = (struct host_guests *)view;

	if (self->ref.host != ref->host)
		self->at = (struct obj_ref){.kind = OBJ_NONE};
	self->ref = *ref;
	guest_rows_set_host(&self->rows, ref->host);
	content_touch(view);
}

static void set_filter(struct view *view, const char *filter)
{
	struct host_guests *self = (struct host_guests *)view;

	guest_rows_set_filter(&self->rows, filter);
	content_touch(view);
}

static const char *filter_of(const struct view *view)
{
	return ((const struct host_guests *)view)->rows.filter;
}

static void visible(struct view *view, unsigned host, GArray *uuids)
{
	struct host_guests *self = (struct host_guests *)view;
	const struct list *list = &self->table.list;

	if (self->ref.host != host)
		return;
	sync_rows(self);
	for (unsigned i = list->top; i < list->count && i < list->top + list->height; i++)
		g_array_append_vals(uuids, guest_rows_at(&self->rows, i)->ref.uuid, 1);
}

static const struct view_cmd cmds[] = {
        {"open-guest", "Open the guest's page", "Enter", "open", cmd_open},
        {"sort-next", "Sort by the next column", ">", "sort", cmd_sort_next},
        {"sort-prev", "Sort by the previous column", "<", NULL, cmd_sort_prev},
        {"sort-invert", "Turn the order round", "i", NULL, cmd_invert},
        {NULL, NULL, NULL, NULL, NULL},
};

const struct view_ops host_guests_view = {
        .name = "host-guests",
        .title = "Guests",
        .create = create,
        .destroy = destroy,
        .draw = draw,
        .cmds = cmds,
        .key = key,
        .mouse = mouse,
        .update = update,
        .selected = selected,
        .set_object = set_object,
        .set_filter = set_filter,
        .filter = filter_of,
        .visible = visible,
};
