/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes, threads and files as rows: see process_rows.h. Main thread; pure. */
#include "process_rows.h"

#include <string.h>

#include "nvirt/text.h"
#include "table_view.h"

/* While they are being made. */
struct making {
	const struct store *store;
	const struct host *host;
	const struct process_order *order;
	GPtrArray *rows;
};

static void row_free(gpointer data)
{
	struct process_row *row = data;

	g_free(row->part);
	g_free(row);
}

/* ---- order ---- */

static const struct guest *guest_of(const struct making *making, const struct qemu_process *process)
{
	struct obj_ref ref = {.kind = OBJ_GUEST, .host = making->host->id};

	memcpy(ref.uuid, process->uuid, sizeof(ref.uuid));
	return store_guest(making->store, &ref);
}

static int compare_processes(gconstpointer a, gconstpointer b, gpointer data)
{
	const struct making *making = data;
	const struct qemu_process *x = *(const struct qemu_process *const *)a, *y = *(const struct qemu_process *const *)b;
	const struct guest *g = guest_of(making, x), *h = guest_of(making, y);
	int names = g && h ? text_compare(g->fold, h->fold) : 0, order = 0;

	switch (making->order->column) {
	case PROCESS_NAME:
	case PROCESS_ON:
	case PROCESS_COLUMN_N:
		return making->order->descending ? -names : names;
	case PROCESS_ID:
		order = TABLE_VIEW_ORDER(x->pid, y->pid);
		break;
	case PROCESS_CPU:
		order = TABLE_VIEW_ORDER(x->cpu_pct, y->cpu_pct);
		break;
	case PROCESS_TIME:
		order = TABLE_VIEW_ORDER(x->cpu_ns, y->cpu_ns);
		break;
	case PROCESS_MEMORY:
		order = TABLE_VIEW_ORDER(x->rss_kib, y->rss_kib);
		break;
	case PROCESS_STATE:
		order = TABLE_VIEW_ORDER(x->state, y->state);
		break;
	case PROCESS_AFFINITY:
		order = text_compare(x->affinity, y->affinity);
		break;
	case PROCESS_PSS:
		order = TABLE_VIEW_ORDER(x->pss_kib, y->pss_kib);
		break;
	case PROCESS_SWAP:
		order = TABLE_VIEW_ORDER(x->swap_kib, y->swap_kib);
		break;
	}
	order = making->order->descending ? -order : order;
	return order ? order : names;
}

/* Those that have no such figure stay as they are: the main loop first, then vCPUs. */
static int compare_threads(gconstpointer a, gconstpointer b, gpointer data)
{
	const struct making *making = data;
	const struct qemu_thread *x = *(const struct qemu_thread *const *)a, *y = *(const struct qemu_thread *const *)b;
	int order = 0;

	switch (making->order->column) {
	case PROCESS_ID:
		order = TABLE_VIEW_ORDER(x->tid, y->tid);
		break;
	case PROCESS_CPU:
		order = TABLE_VIEW_ORDER(x->cpu_pct, y->cpu_pct);
		break;
	case PROCESS_TIME:
		order = TABLE_VIEW_ORDER(x->cpu_ns, y->cpu_ns);
		break;
	case PROCESS_STATE:
		order = TABLE_VIEW_ORDER(x->state, y->state);
		break;
	case PROCESS_ON:
		order = TABLE_VIEW_ORDER(x->cpu, y->cpu);
		break;
	case PROCESS_AFFINITY:
		order = text_compare(x->affinity, y->affinity);
		break;
	case PROCESS_NAME:
	case PROCESS_MEMORY:
	case PROCESS_PSS:
	case PROCESS_SWAP:
	case PROCESS_COLUMN_N:
		break;
	}
	order = making->order->descending ? -order : order;
	return order ? order : qemu_thread_compare(a, b);
}

/* ---- rows ---- */

/* Takes `part`. */
static struct process_row *add_row(
        const struct making *making, enum process_what what, const struct qemu_process *process, char *part)
{
	struct process_row *row = g_new0(struct process_row, 1);

	row->what = what;
	row->process = process;
	row->guest = guest_of(making, process);
	row->part = part;
	row->place = (int)making->rows->len;
	if (making->order->descending)
		row->place = -row->place;
	g_ptr_array_add(making->rows, row);
	return row;
}

static bool fold(const struct making *making, struct process_row *row)
{
	row->folded = making->order->folded(row, making->order->data);
	return row->folded;
}

static void add_threads(struct making *making, const struct qemu_process *process)
{
	g_autoptr(GPtrArray) threads = g_ptr_array_new();

	for (unsigned i = 0; i < process->threads->len; i++)
		g_ptr_array_add(threads, process->threads->pdata[i]);
	g_ptr_array_sort_with_data(threads, compare_threads, making);
	for (unsigned i = 0; i < threads->len; i++) {
		const struct qemu_thread *thread = threads->pdata[i];

		add_row(making, ROW_THREAD, process, g_strdup_printf("thread %d %d", thread->tid, thread->vcpu))->thread =
		        thread;
	}
}

static void add_files(struct making *making, const struct qemu_process *process)
{
	if (process->pid == 0 || fold(making, add_row(making, ROW_FILES, process, g_strdup("files"))))
		return;
	for (unsigned i = 0; process->files && i < process->files->len; i++) {
		const struct qemu_file *file = process->files->pdata[i];

		add_row(making, ROW_FILE, process, g_strdup_printf("file %s", file->path))->file = file;
	}
}

GPtrArray *process_rows_make(const struct store *store, const struct host *host, const struct process_order *order)
{
	struct making making = {.store = store, .host = host, .order = order,
	        .rows = g_ptr_array_new_with_free_func(row_free)};
	g_autoptr(GPtrArray) processes = g_ptr_array_new();

	for (unsigned i = 0; host->processes && i < host->processes->len; i++)
		if (guest_of(&making, host->processes->pdata[i]))
			g_ptr_array_add(processes, host->processes->pdata[i]);
	g_ptr_array_sort_with_data(processes, compare_processes, &making);
	for (unsigned i = 0; i < processes->len; i++) {
		const struct qemu_process *process = processes->pdata[i];

		if (fold(&making, add_row(&making, ROW_PROCESS, process, g_strdup(""))))
			continue;
		add_threads(&making, process);
		add_files(&making, process);
	}
	return making.rows;
}

/* ---- words ---- */

int64_t process_file_bytes(const struct qemu_process *process)
{
	int64_t bytes = 0;

	for (unsigned i = 0; process->files && i < process->files->len; i++)
		bytes += MAX(((const struct qemu_file *)process->files->pdata[i])->bytes, 0);
	return process->files ? bytes : -1;
}

static char *files_title(const struct qemu_process *process)
{
	if (!process->files)
		return g_strdup("open files: not seen");
	return g_strdup_printf("%u open file%s", process->files->len, process->files->len == 1 ? "" : "s");
}

char *process_row_title(const struct process_row *row)
{
	switch (row->what) {
	case ROW_PROCESS:
		return g_strdup(row->guest->name);
	case ROW_THREAD:
		return qemu_thread_title(row->thread);
	case ROW_FILES:
		return files_title(row->process);
	case ROW_FILE:
		break;
	}
	return g_strdup(row->file->path);
}

static void append(GString *text, const char *label, const char *value)
{
	if (*value)
		g_string_append_printf(text, "%s%s%s", text->len ? ", " : "", label, value);
}

static void append_number(GString *text, int64_t number, const char *what)
{
	if (number >= 0)
		g_string_append_printf(
		        text, "%s%" G_GINT64_FORMAT " %s", text->len ? ", " : "", number, what);
}

static void note_process(GString *text, const struct qemu_process *process)
{
	append(text, "", process->program);
	append(text, "user ", process->user);
	if (process->pid)
		append_number(text, process->threads->len, "threads");
	append_number(text, process->fds, "open");
	append(text, "CPUs ", process->affinity);
	append(text, "", process->unread);
	append(text, "cgroup ", process->cgroup);
}

char *process_row_note(const struct process_row *row)
{
	GString *text = g_string_new(NULL);

	switch (row->what) {
	case ROW_PROCESS:
		note_process(text, row->process);
		break;
	case ROW_THREAD:
		append(text, "thread ", row->thread->name);
		append(text, "CPUs ", row->thread->affinity);
		append(text, "", process_state_word(row->thread->state));
		break;
	case ROW_FILES:
		append(text, "", row->process->unread);
		break;
	case ROW_FILE:
		append(text, "", row->file->path);
		append(text, "", row->file->writable ? "to read and write" : "to read");
		append(text, "", row->file->deleted ? "deleted: its room is free when it is closed" : "");
		break;
	}
	return g_string_free(text, FALSE);
}

char *process_row_fold(const struct process_row *row)
{
	const struct qemu_process *process = row->process;
	g_autofree char *own = process_row_title(row);
	g_autoptr(GString) text = g_string_new(NULL);

	g_string_append_printf(text, "%s %s %s", row->guest->name, process->user, own);
	if (row->what == ROW_PROCESS)
		for (unsigned i = 0; i < process->threads->len; i++) {
			g_autofree char *title = qemu_thread_title(process->threads->pdata[i]);

			g_string_append_printf(text, " %s", title);
		}
	if (row->what == ROW_PROCESS || row->what == ROW_FILES)
		for (unsigned i = 0; process->files && i < process->files->len; i++)
			g_string_append_printf(text, " %s", ((const struct qemu_file *)process->files->pdata[i])->path);
	return text_fold(text->str);
}
