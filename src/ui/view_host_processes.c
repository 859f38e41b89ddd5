/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Host, Processes: each running guest as its host sees it: threads, CPU time, memory, open files. Main thread. */
#include <string.h>

#include "content.h"
#include "look.h"
#include "nvirt/text.h"
#include "process_rows.h"
#include "table_view.h"

static const struct table_column columns[PROCESS_COLUMN_N] = {
        [PROCESS_NAME] = {.title = "Process", .width = 16, .grow = 1},
        [PROCESS_ID] = {.title = "Id", .width = 7, .right = true},
        [PROCESS_CPU] = {.title = "CPU", .width = 6, .right = true, .descending = true},
        [PROCESS_TIME] = {.title = "Time", .width = 9, .right = true, .descending = true},
        [PROCESS_MEMORY] = {.title = "Memory", .width = 9, .right = true, .descending = true},
        [PROCESS_STATE] = {.title = "State", .width = 11, .drop = 3},
        [PROCESS_ON] = {.title = "On", .width = 4, .drop = 2, .right = true},
        [PROCESS_AFFINITY] = {.title = "May run on", .width = 12, .drop = 5},
        [PROCESS_PSS] = {.title = "PSS", .width = 9, .drop = 4, .right = true, .descending = true},
        [PROCESS_SWAP] = {.title = "Swapped", .width = 9, .drop = 4, .right = true, .descending = true},
};

struct host_processes {
	struct table_view table;
	GPtrArray *made;     /* struct process_row *; NULL before the first */
	GHashTable *toggled; /* names of rows whose folding is not the usual one */
	bool all_folded;     /* the usual way of processes */
};

/* ---- rows ---- */

/* What a row that can be folded is called from tick to tick; owned. */
static char *fold_name(const struct process_row *row)
{
	char uuid[37];

	uuid_format(row->process->uuid, uuid);
	return g_strdup_printf("%s %s", uuid, row->part);
}

/* Threads are what one comes for; files are many. A filter looks into all. */
static bool is_folded(const struct process_row *row, void *data)
{
	const struct host_processes *self = data;
	g_autofree char *name = fold_name(row);
	bool usual = row->what == ROW_PROCESS ? self->all_folded : true;

	return !*self->table.filter && usual != g_hash_table_contains(self->toggled, name);
}

static void collect(struct table_view *view, GPtrArray *rows)
{
	struct host_processes *self = (struct host_processes *)view;
	const struct process_order order = {.column = (enum process_column)view->table.sort,
	        .descending = view->table.invert,
	        .folded = is_folded,
	        .data = self};

	g_clear_pointer(&self->made, g_ptr_array_unref);
	self->made = process_rows_make(view->view.app->store, table_view_host(view), &order);
	for (unsigned i = 0; i < self->made->len; i++)
		g_ptr_array_add(rows, self->made->pdata[i]);
}

static struct obj_ref ref(const struct table_view *self, const void *row)
{
	(void)self;
	return ((const struct process_row *)row)->guest->ref;
}

static const char *part(const void *row)
{
	return ((const struct process_row *)row)->part;
}

static bool match(const void *row, const char *filter_fold)
{
	g_autofree char *fold = process_row_fold(row);

	return filter_match(fold, filter_fold);
}

/* They come in order, whatever the column: what is below a process stays below it. */
static int compare(const void *a, const void *b, unsigned column)
{
	(void)column;
	return TABLE_VIEW_ORDER(((const struct process_row *)a)->place, ((const struct process_row *)b)->place);
}

/* ---- cells ---- */

static void draw_name(const struct process_row *row, struct area cell, enum role role)
{
	static const int indents[] = {[ROW_PROCESS] = 0, [ROW_THREAD] = 2, [ROW_FILES] = 2, [ROW_FILE] = 4};
	g_autofree char *title = process_row_title(row);
	int x = indents[row->what];

	if (row->what == ROW_PROCESS || (row->what == ROW_FILES && row->process->files)) {
		area_glyph(cell, 0, x, ROLE_TREE_GUIDE, row->folded ? GLYPH_FOLDED : GLYPH_UNFOLDED);
		x += 2;
	}
	if (row->what == ROW_FILE)
		area_tail(area_sub(cell, 0, x, 1, cell.cols - x), role, title);
	else
		area_text(cell, 0, x, MAX(cell.cols - x, 0), role, title);
}

static void draw_integer(struct area cell, enum role role, int number)
{
	table_view_number(cell, role, number >= 0 ? g_strdup_printf("%d", number) : g_strdup("-"));
}

static void draw_time(struct area cell, enum role role, int64_t ns)
{
	char text[24] = "-";

	if (ns >= 0)
		text_format_cpu_time(text, sizeof(text), ns);
	area_text_right(cell, 0, 0, cell.cols, role, text);
}

static void draw_process(const struct qemu_process *process, enum process_column column, struct area cell, enum role role)
{
	switch (column) {
	case PROCESS_ID:
		draw_integer(cell, role, process->pid ? process->pid : -1);
		break;
	case PROCESS_CPU:
		table_view_number(cell, role, look_pct(process->cpu_pct));
		break;
	case PROCESS_TIME:
		draw_time(cell, role, process->cpu_ns);
		break;
	case PROCESS_MEMORY:
		table_view_number(cell, role, look_kib(process->rss_kib));
		break;
	case PROCESS_STATE:
		table_view_text(cell, role, process_state_word(process->state));
		break;
	case PROCESS_AFFINITY:
		table_view_text(cell, role, process->affinity);
		break;
	case PROCESS_PSS:
		table_view_number(cell, role, look_kib(process->pss_kib));
		break;
	case PROCESS_SWAP:
		table_view_number(cell, role, look_kib(process->swap_kib));
		break;
	case PROCESS_NAME:
	case PROCESS_ON: /* its threads do */
	case PROCESS_COLUMN_N:
		break;
	}
}

static void draw_thread(const struct qemu_thread *thread, enum process_column column, struct area cell, enum role role)
{
	switch (column) {
	case PROCESS_ID:
		draw_integer(cell, role, thread->tid ? thread->tid : -1);
		break;
	case PROCESS_CPU:
		table_view_number(cell, role, look_pct(thread->cpu_pct));
		break;
	case PROCESS_TIME:
		draw_time(cell, role, thread->cpu_ns);
		break;
	case PROCESS_STATE:
		table_view_text(cell, role, process_state_word(thread->state));
		break;
	case PROCESS_ON:
		draw_integer(cell, role, thread->cpu);
		break;
	case PROCESS_AFFINITY:
		table_view_text(cell, role, thread->affinity);
		break;
	case PROCESS_NAME:
	case PROCESS_MEMORY:
	case PROCESS_PSS:
	case PROCESS_SWAP:
	case PROCESS_COLUMN_N:
		break;
	}
}

static void cell(struct table_view *self, const void *at, unsigned column, struct area area, enum role role)
{
	const struct process_row *row = at;

	(void)self;
	if (column == PROCESS_NAME)
		draw_name(row, area, row->what == ROW_PROCESS && role == ROLE_TEXT ? ROLE_BOLD : role);
	else if (row->what == ROW_PROCESS)
		draw_process(row->process, (enum process_column)column, area, role);
	else if (row->what == ROW_THREAD)
		draw_thread(row->thread, (enum process_column)column, area, role);
	else if (row->what == ROW_FILES && column == PROCESS_MEMORY)
		table_view_number(area, role, look_bytes(process_file_bytes(row->process)));
	else if (row->what == ROW_FILE && column == PROCESS_MEMORY)
		table_view_number(area, role, look_bytes(row->file->bytes));
	else if (row->what == ROW_FILE && column == PROCESS_STATE)
		table_view_text(area, role, row->file->deleted ? "deleted" : row->file->writable ? "read+write" : "read");
}

static enum role role_of(const void *at)
{
	const struct process_row *row = at;

	return row->what == ROW_FILES ? ROLE_DIM : ROLE_TEXT;
}

static char *foot(struct table_view *self)
{
	const struct host *host = table_view_host(self);
	unsigned at = self->table.list.cursor;
	g_autofree char *note = at < self->rows->len ? process_row_note(self->rows->pdata[at]) : g_strdup("");
	GString *text = g_string_new(NULL);

	if (host->processes && host->processes_known < host->processes_total)
		g_string_append_printf(
		        text, "the first %u of %u guests; ", host->processes_known, host->processes_total);
	g_string_append(text, note);
	return g_string_free(text, FALSE);
}

static const char *empty(struct table_view *self)
{
	return table_view_host(self)->processes ? "No guest runs." : "Processes are being read ...";
}

static const struct table_view_ops ops = {
        .columns = columns,
        .column_count = PROCESS_COLUMN_N,
        .sort = PROCESS_NAME,
        .collect = collect,
        .ref = ref,
        .part = part,
        .match = match,
        .compare = compare,
        .cell = cell,
        .role = role_of,
        .foot = foot,
        .empty = empty,
};

/* ---- folding ---- */

static void go_to_process(struct host_processes *self, const struct process_row *row)
{
	unsigned at = self->table.table.list.cursor;

	while (at > 0 && ((const struct process_row *)self->table.rows->pdata[at])->what != ROW_PROCESS &&
	        !(row->what == ROW_FILE && ((const struct process_row *)self->table.rows->pdata[at])->what == ROW_FILES))
		at--;
	table_view_goto(&self->table, at);
}

static void set_folded(struct host_processes *self, const struct process_row *row, bool folded)
{
	g_autofree char *name = fold_name(row);

	if (*self->table.filter || row->folded == folded)
		return;
	if (!g_hash_table_remove(self->toggled, name))
		g_hash_table_add(self->toggled, g_steal_pointer(&name));
	self->table.stale = true;
	content_touch(&self->table.view);
}

static bool folds(const struct process_row *row)
{
	return row->what == ROW_PROCESS || row->what == ROW_FILES;
}

/* Of what has nothing to fold, to what it is part of. */
static void cmd_fold(struct view *view, unsigned count)
{
	struct host_processes *self = (struct host_processes *)view;
	const struct process_row *row = table_view_at_cursor(&self->table);

	(void)count;
	if (row && folds(row) && !row->folded)
		set_folded(self, row, true);
	else if (row)
		go_to_process(self, row);
}

static void cmd_unfold(struct view *view, unsigned count)
{
	struct host_processes *self = (struct host_processes *)view;
	const struct process_row *row = table_view_at_cursor(&self->table);

	(void)count;
	if (row && folds(row))
		set_folded(self, row, false);
}

static void cmd_fold_all(struct view *view, unsigned count)
{
	struct host_processes *self = (struct host_processes *)view;

	(void)count;
	self->all_folded = !self->all_folded;
	g_hash_table_remove_all(self->toggled);
	self->table.stale = true;
	content_touch(view);
}

static const struct view_cmd cmds[] = {
        TABLE_VIEW_CMDS,
        {"fold-process", "Fold, or go to the process that it is part of", "h Left", NULL, cmd_fold},
        {"unfold-process", "Unfold", "l Right", NULL, cmd_unfold},
        {"fold-processes", "Fold all processes, or unfold them", "H", "fold all", cmd_fold_all},
        {NULL, NULL, NULL, NULL, NULL},
};

/* ---- the view ---- */

static struct view *create(struct app *app)
{
	struct host_processes *self = g_new0(struct host_processes, 1);

	table_view_init(&self->table, app, &host_processes_view, &ops);
	self->toggled = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return &self->table.view;
}

static void destroy(struct view *view)
{
	struct host_processes *self = (struct host_processes *)view;

	g_clear_pointer(&self->made, g_ptr_array_unref);
	g_hash_table_unref(self->toggled);
	table_view_destroy(view);
}

const struct view_ops host_processes_view = {
        .name = "host-processes",
        .title = "Processes",
        .create = create,
        .cmds = cmds,
        .destroy = destroy,
        .draw = table_view_draw,
        .key = table_view_key,
        .mouse = table_view_mouse,
        .update = table_view_update_facts,
        .selected = table_view_selected,
        .set_object = table_view_set_object,
        .set_filter = table_view_set_filter,
        .filter = table_view_filter,
};
