/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The store's tasks: their order, what workers say of them, what the journal
 * tells of other nvirt. Main thread.
 */
#include "store_private.h"

#include <string.h>

#define TASKS_MAX 1000

/* ---- order: what has not ended on top, then the newest start first ---- */

static int compare_tasks(const struct task *a, const struct task *b)
{
	bool a_ended = task_state_ended(a->state), b_ended = task_state_ended(b->state);

	if (a_ended != b_ended)
		return a_ended ? 1 : -1;
	if (a->start_unix_us != b->start_unix_us)
		return a->start_unix_us > b->start_unix_us ? -1 : 1;
	return strcmp(b->id, a->id);
}

/* Where it belongs in the sorted list. */
static unsigned place_of(const GPtrArray *tasks, const struct task *task)
{
	unsigned low = 0, high = tasks->len;

	while (low < high) {
		unsigned middle = (low + high) / 2;

		if (compare_tasks(tasks->pdata[middle], task) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void store_place_task(struct store *store, struct task *task)
{
	unsigned index;

	/* Its own place in the order is no longer right, so it is found by looking, not by halving. */
	if (g_ptr_array_find(store->tasks, task, &index))
		g_ptr_array_steal_index(store->tasks, index);
	g_ptr_array_insert(store->tasks, (gint)place_of(store->tasks, task), task);
}

/* Only what has ended may be forgotten; that stands at the end, the oldest last. */
static void drop_oldest(struct store *store)
{
	struct task *task = store->tasks->pdata[store->tasks->len - 1];

	if (!task_state_ended(task->state))
		return;
	g_hash_table_remove(store->tasks_by_id, task->id);
	g_ptr_array_remove_index(store->tasks, store->tasks->len - 1);
}

static void fill(char **field)
{
	if (!*field)
		*field = g_strdup("");
}

void store_add_task(struct store *store, struct task *task)
{
	if (g_hash_table_contains(store->tasks_by_id, task->id)) {
		task_free(task);
		return;
	}
	fill(&task->verb);
	fill(&task->host_name);
	fill(&task->uri);
	fill(&task->user);
	fill(&task->object);
	fill(&task->message);
	g_hash_table_insert(store->tasks_by_id, task->id, task);
	store_place_task(store, task);
	if (store->tasks->len > TASKS_MAX)
		drop_oldest(store);
}

/* ---- lookup ---- */

unsigned store_task_count(const struct store *store)
{
	return store->tasks->len;
}

struct task *store_task_at(const struct store *store, unsigned index)
{
	return index < store->tasks->len ? store->tasks->pdata[index] : NULL;
}

struct task *store_task(const struct store *store, const char *id)
{
	return id ? g_hash_table_lookup(store->tasks_by_id, id) : NULL;
}

struct task *store_task_on(const struct store *store, const struct obj_ref *ref)
{
	for (unsigned i = 0; i < store->tasks->len; i++) {
		struct task *task = store->tasks->pdata[i];

		if (task_state_ended(task->state))
			break;
		if (task->origin == TASK_OURS && obj_ref_equal(&task->ref, ref))
			return task;
	}
	return NULL;
}

unsigned store_tasks_running(const struct store *store)
{
	unsigned running = 0;

	for (unsigned i = 0; i < store->tasks->len; i++) {
		const struct task *task = store->tasks->pdata[i];

		if (task_state_ended(task->state))
			break;
		running += task->origin == TASK_OURS;
	}
	return running;
}

/* ---- what workers say ---- */

static void set_state(struct store *store, struct task *task, enum task_state state, gint64 now_unix_us)
{
	task->state = state;
	if (task_state_ended(state)) {
		task->end_unix_us = now_unix_us;
		task->abortable = false;
	}
	store_place_task(store, task);
}

static void set_message(struct task *task, const char *message)
{
	g_free(task->message);
	task->message = g_strdup(message);
}

static void apply_progress(struct task *task, const struct task_update *update)
{
	if (update->set_progress)
		task->progress = update->progress;
	if (update->done_bytes)
		task->done_bytes = update->done_bytes;
	if (update->total_bytes)
		task->total_bytes = update->total_bytes;
	if (update->set_abortable)
		task->abortable = update->abortable;
}

unsigned store_apply_update(struct store *store, const struct task_update *update, gint64 now_unix_us)
{
	struct task *task = store_task(store, update->task_id);

	if (!task)
		return 0;
	if (update->message)
		set_message(task, update->message);
	if (update->log)
		task_log(task, now_unix_us, update->log);
	if (update->step)
		task_note_step(task, update->step);
	/* The end is the end: a late word of progress must not bring it back to life. */
	if (task_state_ended(task->state))
		return CHANGE_TASKS;
	apply_progress(task, update);
	if (update->set_state)
		set_state(store, task, update->state, now_unix_us);
	else if (update->set_progress && task->state == TASK_UNKNOWN)
		set_state(store, task, TASK_RUNNING, now_unix_us); /* its own connection never broke */
	return CHANGE_TASKS;
}

unsigned store_tasks_lose_host(struct store *store, const struct host *host, gint64 now_unix_us)
{
	unsigned changes = 0;

	for (unsigned i = 0; i < store->tasks->len; i++) {
		struct task *task = store->tasks->pdata[i];

		if (task->origin != TASK_OURS || task->state != TASK_RUNNING || task->ref.host != host->id)
			continue;
		task->state = TASK_UNKNOWN;
		task->abortable = false;
		set_message(task, "the connection to its host is gone; settled when it is back");
		task_log(task, now_unix_us, task->message);
		changes = CHANGE_TASKS;
	}
	return changes;
}

/* ---- what the journal tells ---- */

static bool ran_on(const struct task *task, const struct host *host)
{
	const char *uri = host->status->uri ? host->status->uri : host->asked_uri;

	if (!*task->uri || strcmp(task->uri, uri) != 0)
		return false;
	/* "qemu:///system" is another host on every machine that shares this home directory. */
	return !*task->host_name || strcmp(task->host_name, task->uri) == 0 || strcmp(task->host_name, host->name) == 0 ||
	       g_strcmp0(task->host_name, host->status->hostname) == 0;
}

bool store_tasks_adopt(struct store *store, const struct host *host)
{
	bool found = false;

	for (unsigned i = 0; i < store->tasks->len; i++) {
		struct task *task = store->tasks->pdata[i];

		if (task->ref.host || task->origin != TASK_OTHER_NVIRT || !ran_on(task, host))
			continue;
		task->ref.host = host->id;
		found = true;
	}
	return found;
}

void store_tasks_orphan(struct store *store, unsigned host)
{
	for (unsigned i = 0; i < store->tasks->len; i++) {
		struct task *task = store->tasks->pdata[i];

		if (task->ref.host == host)
			task->ref.host = 0;
	}
}

static void find_host(const struct store *store, struct task *task)
{
	for (unsigned i = 0; i < store->hosts->len && !task->ref.host; i++) {
		const struct host *host = store_host_at(store, i);

		if (ran_on(task, host))
			task->ref.host = host->id;
	}
}

static char *copy_text(const char *text)
{
	return g_strdup(text ? text : "");
}

static struct task *add_recorded(struct store *store, const struct journal_record *record)
{
	struct task *task = task_new(record->task_id, TASK_OTHER_NVIRT);

	task->verb = copy_text(record->verb);
	task->object = copy_text(record->object);
	task->host_name = copy_text(record->host_name);
	task->uri = copy_text(record->uri);
	task->user = copy_text(record->user);
	task->ref.kind = record->kind;
	memcpy(task->ref.uuid, record->uuid, sizeof task->ref.uuid);
	task->start_unix_us = record->unix_us;
	task->state = TASK_RUNNING;
	find_host(store, task);
	store_add_task(store, task);
	return store_task(store, record->task_id);
}

/* libvirt's event was faster than the journal: what it showed as foreign was this. */
static void drop_explained(struct store *store, const struct task *task)
{
	for (unsigned i = store->tasks->len; i-- > 0;) {
		struct task *other = store->tasks->pdata[i];

		if (other->origin != TASK_FOREIGN || other->start_unix_us < task->start_unix_us ||
		        !obj_ref_equal(&other->ref, &task->ref))
			continue;
		g_hash_table_remove(store->tasks_by_id, other->id);
		g_ptr_array_remove_index(store->tasks, i);
	}
}

static unsigned apply_start(struct store *store, const struct journal_record *record)
{
	struct task *task;

	if (store_task(store, record->task_id))
		return 0;
	task = add_recorded(store, record);
	if (task && task->ref.host)
		drop_explained(store, task);
	return CHANGE_TASKS;
}

static unsigned apply_end(struct store *store, const struct journal_record *record)
{
	struct task *task = store_task(store, record->task_id);

	/* Its start may have been rotated away. */
	if (!task)
		task = add_recorded(store, record);
	if (!task || task->origin == TASK_OURS)
		return 0;
	if (record->text)
		set_message(task, record->text);
	set_state(store, task, record->state, record->unix_us);
	/* "Unknown" is no end for a task whose nvirt still looks, but it is in the journal. */
	task->end_unix_us = record->unix_us;
	return CHANGE_TASKS;
}

static unsigned apply_log(struct store *store, const struct journal_record *record)
{
	struct task *task = store_task(store, record->task_id);

	if (!task || task->origin == TASK_OURS || !record->text)
		return 0;
	task_log(task, record->unix_us, record->text);
	return CHANGE_TASKS;
}

static unsigned apply_step(struct store *store, const struct journal_record *record)
{
	struct task *task = store_task(store, record->task_id);

	if (!task || !record->step)
		return 0;
	task_note_step(task, record->step);
	return CHANGE_TASKS;
}

unsigned store_apply_record(struct store *store, const struct journal_record *record)
{
	switch (record->event) {
	case JOURNAL_START:
		return apply_start(store, record);
	case JOURNAL_LOG:
		return apply_log(store, record);
	case JOURNAL_STEP:
		return apply_step(store, record);
	case JOURNAL_END:
		return apply_end(store, record);
	}
	return 0;
}
