/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Host, Health: what the checks found, by group, the worst first; what is fine is folded away. Enter tells
 * why it matters and the command that mends it. Cursor and folding go by name, never by row. Main thread.
 */
#include <string.h>

#include "app_private.h"
#include "content.h"
#include "health_page.h"
#include "list.h"
#include "look.h"
#include "nvirt/check.h"
#include "nvirt/text.h"

enum { RESULT_COLS = 12, ID_COLS = 20 };

enum what { ROW_GROUP, ROW_UNTOLD, ROW_FINE, ROW_FINDING };

/* Findings are those of host->report, good until the next message. */
struct row {
	enum what what;
	enum check_group group;
	const struct finding *finding;
	unsigned count; /* of ROW_UNTOLD and ROW_FINE: how many are in it */
};

struct host_health {
	struct view view;
	struct obj_ref ref;
	const struct check_report *report; /* what `rows` was made of; only compared */
	GArray *rows;                      /* struct row */
	GHashTable *toggled;               /* names of rows whose folding is not the usual one */
	struct list list;
	char *cursor_name, *filter, *filter_fold;
	bool stale; /* rows must be made anew */
};

static struct host *host_of(const struct host_health *self)
{
	return store_host(self->view.app->store, self->ref.host);
}

/* ---- rows ------------------------------------------------------------------- */

static const struct row *row_at(const struct host_health *self, unsigned index)
{
	return index < self->rows->len ? &g_array_index(self->rows, struct row, index) : NULL;
}

/* What a row is called from one round of checks to the next; owned. */
static char *row_name(const struct row *row)
{
	switch (row->what) {
	case ROW_GROUP:
		return g_strdup(check_group_word(row->group));
	case ROW_UNTOLD:
		return g_strdup_printf("%s untold", check_group_word(row->group));
	case ROW_FINE:
		return g_strdup_printf("%s fine", check_group_word(row->group));
	case ROW_FINDING:
		break;
	}
	return g_strdup_printf(
	        "%s %s", row->finding->check->id, row->finding->object ? row->finding->object : "");
}

/* Groups stand open, what is fine or cannot be told closed. */
static bool is_folded(const struct host_health *self, const struct row *row)
{
	g_autofree char *name = row_name(row);
	bool usual = row->what != ROW_GROUP;

	return row->what != ROW_FINDING && usual != g_hash_table_contains(self->toggled, name);
}

static bool matches(const struct host_health *self, const struct finding *finding)
{
	g_autofree char *text = g_strjoin(" ", check_result_label(finding->result), finding->check->id,
	        finding->object ? finding->object : "", finding->evidence, NULL);
	g_autofree char *fold = text_fold(text);

	return filter_match(fold, self->filter_fold);
}

/* Is it listed at once, below "cannot be told", or below "fine"? */
static enum what place_of(const struct finding *finding)
{
	return finding->result == CHECK_OK        ? ROW_FINE
	       : finding->result == CHECK_UNKNOWN ? ROW_UNTOLD
	                                          : ROW_FINDING;
}

static void add_findings(
        struct host_health *self, const struct check_report *report, enum check_group group, enum what place)
{
	for (unsigned i = 0; i < report->findings->len; i++) {
		const struct finding *finding = report->findings->pdata[i];
		struct row row = {.what = ROW_FINDING, .group = group, .finding = finding};

		if (finding->check->group == group && place_of(finding) == place && matches(self, finding))
			g_array_append_val(self->rows, row);
	}
}

static unsigned count_of(const struct check_report *report, enum check_group group, enum what place)
{
	unsigned count = 0;

	for (unsigned i = 0; i < report->findings->len; i++) {
		const struct finding *finding = report->findings->pdata[i];

		count += finding->check->group == group && place_of(finding) == place;
	}
	return count;
}

/* A row that stands for many that need not be seen at once. */
static void add_folded(
        struct host_health *self, const struct check_report *report, enum check_group group, enum what place)
{
	struct row row = {.what = place, .group = group, .count = count_of(report, group, place)};

	if (!row.count)
		return;
	g_array_append_val(self->rows, row);
	if (!is_folded(self, &row))
		add_findings(self, report, group, place);
}

static void add_group(struct host_health *self, const struct check_report *report, enum check_group group)
{
	struct row head = {.what = ROW_GROUP, .group = group};
	unsigned before = self->rows->len;

	g_array_append_val(self->rows, head);
	if (*self->filter) {
		add_findings(self, report, group, ROW_FINDING);
		add_findings(self, report, group, ROW_UNTOLD);
		add_findings(self, report, group, ROW_FINE);
		/* A group that nothing of is shown of need not be there. */
		if (self->rows->len == before + 1)
			g_array_set_size(self->rows, before);
		return;
	}
	if (is_folded(self, &head))
		return;
	add_findings(self, report, group, ROW_FINDING);
	add_folded(self, report, group, ROW_UNTOLD);
	add_folded(self, report, group, ROW_FINE);
}

static void find_cursor(struct host_health *self)
{
	for (unsigned i = 0; self->cursor_name && i < self->rows->len; i++) {
		g_autofree char *name = row_name(row_at(self, i));

		if (strcmp(name, self->cursor_name) == 0) {
			list_goto(&self->list, i);
			return;
		}
	}
}

/* Made anew when another report came, or when what is folded or filtered changed. */
static void sync_rows(struct host_health *self)
{
	const struct host *host = host_of(self);
	const struct check_report *report = host ? host->report : NULL;

	if (report == self->report && !self->stale)
		return;
	self->report = report;
	self->stale = false;
	g_array_set_size(self->rows, 0);
	for (int group = 0; report && group < CHECK_GROUP_N; group++)
		add_group(self, report, (enum check_group)group);
	list_set_count(&self->list, self->rows->len);
	find_cursor(self);
}

static void remember_cursor(struct host_health *self)
{
	const struct row *row = row_at(self, self->list.cursor);

	g_free(self->cursor_name);
	self->cursor_name = row ? row_name(row) : NULL;
}

/* ---- drawing ---------------------------------------------------------------- */

static enum role result_role(enum check_result result)
{
	switch (result) {
	case CHECK_OK:
		return ROLE_OK;
	case CHECK_NOTE:
		return ROLE_TEXT;
	case CHECK_WARN:
		return ROLE_WARN;
	case CHECK_FAIL:
		return ROLE_CRIT;
	case CHECK_UNKNOWN:
	case CHECK_RESULT_N:
		break;
	}
	return ROLE_DIM;
}

/* "2 failures, 1 warning": what a group or a host has that is not fine; owned, "" = nothing. */
static char *count_words(const struct check_report *report, int group)
{
	static const char *const words[] = {[CHECK_NOTE] = "note",
	        [CHECK_UNKNOWN] = "not told",
	        [CHECK_WARN] = "warning",
	        [CHECK_FAIL] = "failure"};
	unsigned counts[CHECK_RESULT_N] = {0};
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; i < report->findings->len; i++) {
		const struct finding *finding = report->findings->pdata[i];

		if (group < 0 || (int)finding->check->group == group)
			counts[finding->result]++;
	}
	for (int result = CHECK_FAIL; result > CHECK_OK; result--)
		if (counts[result])
			g_string_append_printf(text, "%s%u %s%s", text->len ? ", " : "", counts[result],
			        words[result], counts[result] > 1 && result != CHECK_UNKNOWN ? "s" : "");
	return g_string_free(text, FALSE);
}

static void draw_fold(const struct host_health *self, struct area line, const struct row *row, int x)
{
	bool folded = !*self->filter && is_folded(self, row);

	area_glyph(line, 0, x, ROLE_TREE_GUIDE, folded ? GLYPH_FOLDED : GLYPH_UNFOLDED);
}

static void draw_finding(struct area line, const struct finding *finding)
{
	int x = 2 + RESULT_COLS, id = line.cols >= 72 ? ID_COLS : 0;

	area_text(line, 0, 2, RESULT_COLS - 1, result_role(finding->result),
	        check_result_label(finding->result));
	if (id)
		area_text(line, 0, x, id - 1, ROLE_LABEL, finding->check->id);
	x += id;
	if (finding->object)
		x += area_textf(line, 0, x, MAX(line.cols - x, 0), ROLE_BOLD, "%s ", finding->object);
	area_text(line, 0, x, MAX(line.cols - x, 0), finding->result == CHECK_OK ? ROLE_DIM : ROLE_TEXT,
	        finding->evidence);
}

static void draw_row(const struct host_health *self, struct area line, const struct row *row)
{
	g_autofree char *counts = NULL;
	int x;

	switch (row->what) {
	case ROW_GROUP:
		draw_fold(self, line, row, 0);
		x = 2 + area_text(line, 0, 2, -1, ROLE_BOLD, check_group_title(row->group));
		counts = count_words(self->report, (int)row->group);
		area_text(line, 0, x + 2, -1, ROLE_DIM, *counts ? counts : "all is well");
		break;
	case ROW_UNTOLD:
	case ROW_FINE:
		draw_fold(self, line, row, 2);
		area_textf(line, 0, 4, -1, ROLE_DIM, row->what == ROW_FINE ? "%u fine" : "%u cannot be told",
		        row->count);
		break;
	case ROW_FINDING:
		draw_finding(line, row->finding);
		break;
	}
}

static void draw_head(const struct host_health *self, struct area line)
{
	enum check_result worst = check_report_worst(self->report);
	g_autofree char *counts = count_words(self->report, -1);
	int x = area_text(line, 0, 0, -1, result_role(worst), *counts ? counts : "All is well");
	const char *legend = "Enter tells why, and what mends it";

	if (line.cols - x > text_columns(legend) + 2)
		area_text(line, 0, line.cols - text_columns(legend), -1, ROLE_DIM, legend);
}

static void draw_rows(struct host_health *self, struct area body, bool focused)
{
	struct list *list = &self->list;

	for (int y = 0; y < body.rows; y++) {
		unsigned index = list->top + (unsigned)y;
		const struct row *row = row_at(self, index);
		struct area line = area_sub(body, y, 0, 1, body.cols - 1);

		if (!row)
			break;
		draw_row(self, line, row);
		if (index != list->cursor)
			continue;
		area_set_role(line, 0, 0, line.cols, focused ? ROLE_CURSOR : ROLE_CURSOR_UNFOCUSED);
		if (focused)
			area_cursor(body, y, 0, false);
	}
	look_scrollbar(body, list->top, list->count);
}

static void draw(struct view *view, struct area area, bool focused)
{
	struct host_health *self = (struct host_health *)view;

	view->dirty = false;
	sync_rows(self);
	area_clear(area, ROLE_TEXT);
	list_set_height(&self->list, (unsigned)MAX(area.rows - 1, 0));
	if (!self->report) {
		area_text(area, 0, 0, -1, ROLE_DIM, "Checking ...");
		return;
	}
	draw_head(self, area_sub(area, 0, 0, 1, area.cols - 1));
	if (!self->rows->len)
		area_text(area, 1, 0, -1, ROLE_DIM, "nothing matches");
	draw_rows(self, area_sub(area, 1, 0, area.rows - 1, area.cols), focused);
}

/* ---- keys ------------------------------------------------------------------- */

static const struct row *cursor_row(struct host_health *self)
{
	sync_rows(self);
	if (!self->cursor_name)
		remember_cursor(self);
	return row_at(self, self->list.cursor);
}

static void fold(struct host_health *self, const struct row *row, bool folded)
{
	g_autofree char *name = row_name(row);
	unsigned at = self->list.cursor;

	if (row->what == ROW_FINDING || *self->filter || is_folded(self, row) == folded)
		return;
	if (!g_hash_table_remove(self->toggled, name))
		g_hash_table_add(self->toggled, g_steal_pointer(&name));
	self->stale = true;
	sync_rows(self);
	/* What came to light at the lower edge is to be seen too. */
	if (!folded && at + 1 < self->rows->len) {
		list_goto(&self->list, MIN(at + self->list.height / 2, self->rows->len - 1));
		list_goto(&self->list, at);
	}
}

/* Of a finding: to its group. */
static void cmd_fold(struct view *view, unsigned count)
{
	struct host_health *self = (struct host_health *)view;
	const struct row *row = cursor_row(self);

	(void)count;
	if (row && row->what != ROW_FINDING && !is_folded(self, row)) {
		fold(self, row, true);
	} else if (row) {
		unsigned at = self->list.cursor;

		while (at > 0 && row_at(self, at)->what == ROW_FINDING)
			at--;
		if (row->what != ROW_FINDING)
			while (at > 0 && row_at(self, at)->what != ROW_GROUP)
				at--;
		list_goto(&self->list, at);
	}
	remember_cursor(self);
	content_touch(view);
}

static void cmd_unfold(struct view *view, unsigned count)
{
	struct host_health *self = (struct host_health *)view;
	const struct row *row = cursor_row(self);

	(void)count;
	if (row)
		fold(self, row, false);
	remember_cursor(self);
	content_touch(view);
}

static void cmd_enter(struct view *view, unsigned count)
{
	struct host_health *self = (struct host_health *)view;
	const struct row *row = cursor_row(self);

	(void)count;
	if (row && row->what == ROW_FINDING)
		health_page_show(view->app, row->finding);
	else if (row)
		fold(self, row, !is_folded(self, row));
	remember_cursor(self);
	content_touch(view);
}

static void cmd_copy(struct view *view, unsigned count)
{
	struct host_health *self = (struct host_health *)view;
	const struct row *row = cursor_row(self);

	(void)count;
	if (row && row->what == ROW_FINDING && row->finding->remedy)
		app_copy(view->app, "command", row->finding->remedy);
	else
		app_notice(view->app, LEVEL_INFO, "there is no command for this");
}

static void cmd_ssh(struct view *view, unsigned count)
{
	const struct host *host = host_of((struct host_health *)view);

	(void)count;
	if (host)
		health_page_ask_ssh(view->app, host);
}

static bool key(struct view *view, keycode code, unsigned count)
{
	struct host_health *self = (struct host_health *)view;

	sync_rows(self);
	if (!list_key(&self->list, code, count))
		return false;
	remember_cursor(self);
	content_touch(view);
	return true;
}

static bool mouse(struct view *view, const struct mouse *event)
{
	struct host_health *self = (struct host_health *)view;
	int index = event->y - 1 + (int)self->list.top;

	if (event->what != MOUSE_PRESS)
		return false;
	sync_rows(self);
	if (event->button == 4 || event->button == 5) {
		list_wheel(&self->list, event->button == 4 ? -3 : 3);
	} else if (event->button == 1 && event->y >= 1 && index < (int)self->rows->len) {
		list_goto(&self->list, (unsigned)index);
		if (event->clicks == 2)
			cmd_enter(view, 0);
	} else {
		return false;
	}
	remember_cursor(self);
	content_touch(view);
	return true;
}

/* ---- life ------------------------------------------------------------------- */

static struct view *create(struct app *app)
{
	struct host_health *self = g_new0(struct host_health, 1);

	self->view = (struct view){.ops = &host_health_view, .app = app, .dirty = true};
	self->rows = g_array_new(FALSE, FALSE, sizeof(struct row));
	self->toggled = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	self->filter = g_strdup("");
	self->filter_fold = g_strdup("");
	return &self->view;
}

static void destroy(struct view *view)
{
	struct host_health *self = (struct host_health *)view;

	g_array_unref(self->rows);
	g_hash_table_unref(self->toggled);
	g_free(self->cursor_name);
	g_free(self->filter);
	g_free(self->filter_fold);
	g_free(self);
}

static void update(struct view *view, unsigned changes)
{
	struct host_health *self = (struct host_health *)view;

	if (!(changes & CHANGE_HEALTH))
		return;
	/* A report may lie where the one before it did. */
	self->stale = true;
	view->dirty = true;
}

/* Actions act on what a finding is about. */
static bool selected(struct view *view, struct obj_ref *ret_ref)
{
	struct host_health *self = (struct host_health *)view;
	const struct row *row = cursor_row(self);

	*ret_ref = row && row->what == ROW_FINDING ? row->finding->ref : self->ref;
	return true;
}

static void set_object(struct view *view, const struct obj_ref *ref)
{
	struct host_health *self = (struct host_health *)view;

	if (!obj_ref_equal(&self->ref, ref)) {
		self->list.cursor = self->list.top = 0;
		g_clear_pointer(&self->cursor_name, g_free);
	}
	self->ref = *ref;
	self->stale = true;
	app_health_look(view->app);
	content_touch(view);
}

static void set_filter(struct view *view, const char *filter)
{
	struct host_health *self = (struct host_health *)view;

	g_free(self->filter);
	g_free(self->filter_fold);
	self->filter = g_strdup(filter ? filter : "");
	self->filter_fold = text_fold(self->filter);
	self->stale = true;
	content_touch(view);
}

static const char *filter_of(const struct view *view)
{
	return ((const struct host_health *)view)->filter;
}

static const struct view_cmd cmds[] = {
        {"health-detail", "Why it matters and what mends it; fold or unfold a group", "Enter", "why",
                cmd_enter},
        {"health-fold", "Fold, or go to what it is in", "h Left", NULL, cmd_fold},
        {"health-unfold", "Unfold", "l Right", NULL, cmd_unfold},
        {"copy-remedy", "Copy the command that mends it", "Y", "copy command", cmd_copy},
        {"check-over-ssh", "Read a remote host's own files too, over the ssh of its connection", "S", NULL, cmd_ssh},
        {NULL, NULL, NULL, NULL, NULL},
};

const struct view_ops host_health_view = {
        .name = "host-health",
        .title = "Health",
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
};
