/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `nvirt tasks`: the journal as a table or JSON, the newest last.
 *
 * Main thread; asks no host. And the same tasks in the store, for who cleans up after one.
 */
#include <stdlib.h>

#include "cli.h"
#include "nvirt/text.h"

const struct cli_option cli_options_tasks[] = {
        {"limit", 0, "COUNT", false, "Show the last COUNT tasks only"},
        CLI_OPTION_CSV,
        {0},
};

static const char *const titles[] = {
        "START", ">TIME", "STATE", "ID", "HOST", "USER", "VERB", "OBJECT", "MESSAGE", NULL};

static void free_task(gpointer task)
{
	task_free(task);
}

static struct task *task_of(GPtrArray *tasks, GHashTable *by_id, const struct journal_record *record)
{
	struct task *task = g_hash_table_lookup(by_id, record->task_id);

	if (task)
		return task;
	/* Its first line may have been rotated away, or torn. */
	task = task_new(record->task_id, TASK_OTHER_NVIRT);
	task->start_unix_us = record->unix_us;
	task->state = TASK_RUNNING;
	g_hash_table_insert(by_id, task->id, task);
	g_ptr_array_add(tasks, task);
	return task;
}

static void set(char **field, const char *value)
{
	if (!value)
		return;
	g_free(*field);
	*field = g_strdup(value);
}

static void apply(struct task *task, const struct journal_record *record)
{
	set(&task->verb, record->verb);
	set(&task->object, record->object);
	switch (record->event) {
	case JOURNAL_START:
		task->start_unix_us = record->unix_us;
		task->ref.kind = record->kind;
		set(&task->host_name, record->host_name);
		set(&task->uri, record->uri);
		set(&task->user, record->user);
		/* Only its own nvirt can end it: without that nobody will. */
		if (!task_state_ended(task->state) && !journal_instance_alive(record->instance))
			task->state = TASK_INTERRUPTED;
		break;
	case JOURNAL_LOG:
		task_log(task, record->unix_us, record->text ? record->text : "");
		break;
	case JOURNAL_STEP:
		if (record->step)
			task_note_step(task, record->step);
		break;
	case JOURNAL_END:
		task->end_unix_us = record->unix_us;
		task->state = record->state;
		set(&task->message, record->text);
		break;
	}
}

static GPtrArray *fold_records(const GPtrArray *records)
{
	GPtrArray *tasks = g_ptr_array_new_with_free_func(free_task);
	g_autoptr(GHashTable) by_id = g_hash_table_new(g_str_hash, g_str_equal);

	for (unsigned i = 0; i < records->len; i++)
		apply(task_of(tasks, by_id, records->pdata[i]), records->pdata[i]);
	return tasks;
}

static int compare_start(gconstpointer a, gconstpointer b)
{
	const struct task *left = *(struct task *const *)a, *right = *(struct task *const *)b;

	if (left->start_unix_us != right->start_unix_us)
		return left->start_unix_us < right->start_unix_us ? -1 : 1;
	return g_strcmp0(left->id, right->id);
}

/* How many tasks each end of an id is the end of; keys are borrowed from `tasks`. */
static GHashTable *count_ends(const GPtrArray *tasks)
{
	GHashTable *counts = g_hash_table_new(g_str_hash, g_str_equal);

	for (unsigned i = 0; i < tasks->len * TASK_ID_ENDS; i++) {
		const struct task *task = tasks->pdata[i / TASK_ID_ENDS];
		const char *end = task_id_end(task->id, i % TASK_ID_ENDS);
		guint before = GPOINTER_TO_UINT(g_hash_table_lookup(counts, end));

		g_hash_table_insert(counts, (gpointer)end, GUINT_TO_POINTER(before + 1));
	}
	return counts;
}

/* What is enough to tell it from all others, also those that are not printed. */
static const char *short_id(const struct task *task, GHashTable *ends)
{
	unsigned level = 0;

	while (level + 1 < TASK_ID_ENDS &&
	        GPOINTER_TO_UINT(g_hash_table_lookup(ends, task_id_end(task->id, level))) > 1)
		level++;
	return task_id_end(task->id, level);
}

static void add_row(struct cli_table *table, const struct task *task, GHashTable *ends, gint64 now_unix_us)
{
	bool timed = task->end_unix_us || task->state == TASK_RUNNING;
	char start[32], span[32] = "";

	text_format_time(start, sizeof(start), task->start_unix_us, now_unix_us);
	if (timed)
		cli_task_span(task, now_unix_us, span, sizeof(span));
	cli_table_add(table, start);
	cli_table_add(table, span);
	cli_table_add(table, task_state_word(task->state));
	cli_table_add(table, short_id(task, ends));
	cli_table_add(table, task->host_name);
	cli_table_add(table, task->user);
	cli_table_add(table, task->verb);
	cli_table_add(table, task->object);
	cli_table_add(table, task->message);
}

static bool print_tasks(struct cli *cli, const GPtrArray *tasks, unsigned from)
{
	g_autoptr(json_object) array = json_object_new_array();
	g_autoptr(GHashTable) ends = count_ends(tasks);
	struct cli_table *table = cli_table_new(titles);
	gint64 now_unix_us = g_get_real_time();
	bool written;

	for (unsigned i = from; i < tasks->len; i++) {
		if (output_is_data(&cli->out))
			json_object_array_add(array, cli_task_json(tasks->pdata[i]));
		else
			add_row(table, tasks->pdata[i], ends, now_unix_us);
	}
	written = output_is_data(&cli->out) ? output_records(&cli->out, &record_task, array)
	                                    : output_table(&cli->out, table);
	cli_table_free(table);
	return written;
}

/* false: it is no number. */
static bool read_limit(const struct cli *cli, unsigned *ret_limit)
{
	const char *text = cli_line_value(&cli->line, "limit");
	guint64 value = G_MAXUINT;

	if (text && !g_ascii_string_to_unsigned(text, 10, 1, G_MAXUINT, &value, NULL))
		return false;
	*ret_limit = (unsigned)value;
	return true;
}

int cli_tasks(struct cli *cli)
{
	g_autoptr(GError) error = NULL;
	unsigned skipped = 0, limit;

	if (cli->line.words->len)
		return cli_usage_error(cli, "tasks", "tasks takes no words");
	if (!read_limit(cli, &limit))
		return cli_usage_error(cli, "tasks", "tasks: --limit wants a number of tasks, from 1");
	g_autoptr(GPtrArray) records = journal_read_all(NULL, &skipped, &error);
	if (!records) {
		output_message(&cli->out, "%s", error->message);
		return EXIT_CODE_FAILED;
	}
	g_autoptr(GPtrArray) tasks = fold_records(records);
	g_ptr_array_sort(tasks, compare_start);
	if (skipped)
		output_message(
		        &cli->out, "%u lines of the journal can not be read and were skipped", skipped);
	return print_tasks(cli, tasks, tasks->len > limit ? tasks->len - limit : 0) ? EXIT_CODE_OK
	                                                                            : EXIT_CODE_FAILED;
}

void cli_read_tasks(struct cli_session *session)
{
	g_autoptr(GPtrArray) records = journal_read_all(NULL, NULL, NULL);

	for (unsigned i = 0; records && i < records->len; i++) {
		struct msg *msg = msg_new(MSG_JOURNAL, 0, 0);

		msg->record = g_steal_pointer(&records->pdata[i]);
		store_apply(session->store, msg, g_get_monotonic_time(), g_get_real_time());
	}
}
