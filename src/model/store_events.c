/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What others did, as libvirt's events tell it, shown as finished tasks. Main
 * thread.
 *
 * One deed makes several events (a start is STARTED and RESUMED in any order,
 * a reboot comes two to six times, a full disk hundreds of times), so an event
 * that follows another one of the same object within a few seconds is folded
 * into it where the table says so. What nvirt itself just did is not shown
 * again.
 */
#include "store_private.h"

#include "nvirt/text.h"

#include <string.h>

#define FOLD_SPAN_US (5 * G_USEC_PER_SEC)
#define OWN_ECHO_US (2 * G_USEC_PER_SEC)
#define RECENT_MAX 4096

/* The last event shown of an object. */
struct recent {
	enum event_kind kind;
	char *task_id;
	char *text;
	unsigned count;
	gint64 us; /* monotonic, of the last one */
};

void recent_free(gpointer data)
{
	struct recent *recent = data;

	g_free(recent->task_id);
	g_free(recent->text);
	g_free(recent);
}

#define BIT(kind) (1u << (kind))

/* How an event is shown, and which ones it swallows when they come close to it. */
struct event_row {
	const char *verb;
	enum task_state state;
	unsigned absorbs;
};

static const struct event_row event_table[EVENT_N] = {
        [EVENT_OTHER] = {"changed", TASK_OK, 0},
        [EVENT_DEFINED] = {"defined", TASK_OK, 0},
        [EVENT_UNDEFINED] = {"undefined", TASK_OK, 0},
        [EVENT_RENAMED] = {"renamed", TASK_OK, BIT(EVENT_DEFINED) | BIT(EVENT_UNDEFINED)},
        [EVENT_STARTED] = {"started", TASK_OK, BIT(EVENT_RESUMED)},
        [EVENT_SUSPENDED] = {"paused", TASK_OK, 0},
        [EVENT_RESUMED] = {"resumed", TASK_OK, 0},
        [EVENT_STOPPED] = {"stopped", TASK_OK, BIT(EVENT_SHUTDOWN) | BIT(EVENT_SUSPENDED)},
        [EVENT_SHUTDOWN] = {"shutting down", TASK_OK, 0},
        [EVENT_CRASHED] = {"crashed", TASK_FAILED, BIT(EVENT_STOPPED) | BIT(EVENT_SHUTDOWN)},
        [EVENT_PM_SUSPENDED] = {"suspended", TASK_OK, 0},
        [EVENT_REBOOTED] = {"rebooted", TASK_OK, 0},
        [EVENT_IO_ERROR] = {"I/O error", TASK_WARNING, BIT(EVENT_SUSPENDED)},
        [EVENT_JOB_DONE] = {"job done", TASK_OK, 0},
};

static struct obj_ref event_ref(const struct msg *msg)
{
	struct obj_ref ref = {.kind = msg->kind, .host = msg->host};

	memcpy(ref.uuid, msg->uuid, sizeof ref.uuid);
	return ref;
}

static bool makes(const struct task *task, const struct obj_ref *ref)
{
	for (unsigned i = 0; task->steps && ref->kind == OBJ_GUEST && i < task->steps->len; i++) {
		const struct task_step *step = task->steps->pdata[i];
		if (step->kind == STEP_DEFINITION && !memcmp(step->uuid, ref->uuid, sizeof ref->uuid))
			return true;
	}
	return false;
}

/* What is done to a snapshot happens to its guest; a clone is made by its source's task. */
static bool is_about(const struct task *task, const struct obj_ref *ref)
{
	if (task->ref.kind == OBJ_SNAPSHOT && ref->kind == OBJ_GUEST)
		return task->ref.host == ref->host && !memcmp(task->ref.uuid, ref->uuid, sizeof ref->uuid);
	return obj_ref_equal(&task->ref, ref) || makes(task, ref);
}

/* Does a task of nvirt, this one or another, running or just ended, explain what happens to it? */
static bool explained(const struct store *store, const struct obj_ref *ref, gint64 now_unix_us)
{
	for (unsigned i = 0; i < store->tasks->len; i++) {
		const struct task *task = store->tasks->pdata[i];
		gint64 since_us = now_unix_us - task->end_unix_us;

		if (task->origin == TASK_FOREIGN || !is_about(task, ref))
			continue;
		if (!task_state_ended(task->state) || (since_us >= 0 && since_us < OWN_ECHO_US))
			return true;
	}
	return false;
}

static char *event_object(const struct store *store, const struct obj_ref *ref, const struct msg *msg)
{
	const char *name = msg->name && *msg->name ? msg->name : store_name(store, ref);
	char uuid[37];

	if (*name)
		return g_strdup(name);
	uuid_format(ref->uuid, uuid);
	return g_strdup(uuid);
}

static void describe(struct task *task, const struct recent *recent)
{
	g_free(task->message);
	if (recent->count == 1)
		task->message = g_strdup(recent->text);
	else if (*recent->text)
		task->message = g_strdup_printf("%s (%u times)", recent->text, recent->count);
	else
		task->message = g_strdup_printf("%u times", recent->count);
}

static void add_foreign(struct store *store, const struct obj_ref *ref, const struct msg *msg,
        struct recent *recent, gint64 now_unix_us)
{
	const struct event_row *row = &event_table[msg->event];
	const struct host *host = store_host(store, ref->host);
	struct task *task = task_new(recent->task_id, TASK_FOREIGN);

	task->ref = *ref;
	task->verb = g_strdup(row->verb);
	task->object = event_object(store, ref, msg);
	task->host_name = g_strdup(host->name);
	task->uri = g_strdup(host->status->uri ? host->status->uri : host->asked_uri);
	task->state = row->state;
	task->start_unix_us = task->end_unix_us = now_unix_us;
	describe(task, recent);
	store_add_task(store, task);
}

static gboolean is_old(gpointer ref G_GNUC_UNUSED, gpointer recent, gpointer now_us)
{
	return *(gint64 *)now_us - ((struct recent *)recent)->us > FOLD_SPAN_US;
}

static struct recent *remember(
        struct store *store, const struct obj_ref *ref, const struct msg *msg, gint64 now_us)
{
	struct recent *recent = g_new0(struct recent, 1);

	if (g_hash_table_size(store->recent) >= RECENT_MAX)
		g_hash_table_foreach_remove(store->recent, is_old, &now_us);
	recent->kind = msg->event;
	recent->task_id = task_make_id();
	recent->text = g_strdup(msg->text ? msg->text : "");
	recent->count = 1;
	recent->us = now_us;
	g_hash_table_replace(store->recent, g_memdup2(ref, sizeof *ref), recent);
	return recent;
}

/* The new event says more than the one already shown. */
static void upgrade(struct task *task, struct recent *recent, const struct msg *msg)
{
	const struct event_row *row = &event_table[msg->event];

	recent->kind = msg->event;
	recent->count = 1;
	g_free(recent->text);
	recent->text = g_strdup(msg->text ? msg->text : "");
	g_free(task->verb);
	task->verb = g_strdup(row->verb);
	task->state = row->state;
}

static void repeat(struct recent *recent, const struct msg *msg)
{
	recent->count++;
	if (!msg->text)
		return;
	g_free(recent->text);
	recent->text = g_strdup(msg->text);
}

/* Folds the event into the last one of the same object; false where it stands for itself. */
static bool fold_event(struct store *store, const struct obj_ref *ref, const struct msg *msg, gint64 now_us,
        gint64 now_unix_us)
{
	struct recent *recent = g_hash_table_lookup(store->recent, ref);
	struct task *task = recent ? store_task(store, recent->task_id) : NULL;

	if (!task || now_us - recent->us > FOLD_SPAN_US)
		return false;
	if (recent->kind == msg->event)
		repeat(recent, msg);
	else if (event_table[msg->event].absorbs & BIT(recent->kind))
		upgrade(task, recent, msg);
	else if (!(event_table[recent->kind].absorbs & BIT(msg->event)))
		return false;
	recent->us = now_us;
	task->end_unix_us = now_unix_us;
	describe(task, recent);
	return true;
}

/* The name is right at once; libvirt's order of the next sample brings the raw one. */
static unsigned apply_rename(struct store *store, const struct obj_ref *ref, const char *name)
{
	struct host *host = store_host(store, ref->host);
	struct guest *guest = store_guest(store, ref);
	GRefString *shared;

	if (!guest || !name || !*name || strcmp(guest->name, name) == 0)
		return 0;
	shared = g_ref_string_new(name);
	guest_set_name(guest, shared);
	g_ref_string_release(shared);
	g_ptr_array_sort(host->guests, guest_compare);
	store->generation++;
	return CHANGE_LIST;
}

/* The same QEMU, another kernel: what the screen of the last one said is over. */
static unsigned was_reset(struct store *store, const struct obj_ref *ref, gint64 now_us, gint64 now_unix_us)
{
	struct guest *guest = ref->kind == OBJ_GUEST ? store_guest(store, ref) : NULL;

	if (!guest)
		return 0;
	guest->runs++;
	guest_forget_run(guest);
	guest->reset_us = now_us;
	guest->reset_unix_us = now_unix_us;
	return CHANGE_STATS | CHANGE_FIGURES;
}

unsigned store_apply_event(struct store *store, const struct msg *msg, gint64 now_us, gint64 now_unix_us)
{
	struct obj_ref ref = event_ref(msg);
	unsigned changes = 0;

	if ((unsigned)msg->event >= EVENT_N)
		return 0;
	if (msg->event == EVENT_REBOOTED)
		changes = was_reset(store, &ref, now_us, now_unix_us);
	if (msg->event == EVENT_RENAMED)
		changes = apply_rename(store, &ref, msg->text);
	/* Nothing a person could read. */
	if (msg->event == EVENT_OTHER && (!msg->text || !*msg->text))
		return changes;
	if (explained(store, &ref, now_unix_us))
		return changes;
	if (!fold_event(store, &ref, msg, now_us, now_unix_us))
		add_foreign(store, &ref, msg, remember(store, &ref, msg, now_us), now_unix_us);
	return changes | CHANGE_TASKS;
}
