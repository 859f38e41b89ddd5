/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tasks as values: their life, words and ids. Pure; the store owns them, workers only name them. */
#include "nvirt/task.h"

#include <string.h>
#include <unistd.h>

#include "nvirt/text.h"

/* A guest that fills a log must not fill the memory. */
#define TASK_LOG_MAX 1000

const char *task_state_word(enum task_state state)
{
	switch (state) {
	case TASK_QUEUED:
		return "queued";
	case TASK_RUNNING:
		return "running";
	case TASK_OK:
		return "OK";
	case TASK_WARNING:
		return "warning";
	case TASK_FAILED:
		return "failed";
	case TASK_ABORTED:
		return "aborted";
	case TASK_UNKNOWN:
		return "unknown";
	case TASK_INTERRUPTED:
		return "interrupted";
	case TASK_STATE_N:
		break;
	}
	return "?";
}

bool task_state_ended(enum task_state state)
{
	switch (state) {
	case TASK_OK:
	case TASK_WARNING:
	case TASK_FAILED:
	case TASK_ABORTED:
	case TASK_INTERRUPTED:
		return true;
	case TASK_QUEUED:
	case TASK_RUNNING:
	case TASK_UNKNOWN:
	case TASK_STATE_N:
		break;
	}
	return false;
}

static void log_line_free(gpointer data)
{
	struct task_log_line *line = data;

	g_free(line->text);
	g_free(line);
}

struct task *task_new(const char *id, enum task_origin origin)
{
	struct task *task = g_new0(struct task, 1);

	task->id = g_strdup(id);
	task->origin = origin;
	task->progress = -1;
	task->log = g_ptr_array_new_with_free_func(log_line_free);
	return task;
}

void task_free(struct task *task)
{
	if (!task)
		return;
	g_free(task->id);
	g_free(task->verb);
	g_free(task->host_name);
	g_free(task->uri);
	g_free(task->user);
	g_free(task->object);
	g_free(task->message);
	g_ptr_array_unref(task->log);
	g_clear_pointer(&task->steps, g_ptr_array_unref);
	g_free(task);
}

void task_log(struct task *task, gint64 unix_us, const char *text)
{
	struct task_log_line *line = g_new0(struct task_log_line, 1);

	line->unix_us = unix_us;
	line->text = g_strdup(text);
	if (task->log->len >= TASK_LOG_MAX)
		g_ptr_array_remove_index(task->log, 0);
	g_ptr_array_add(task->log, line);
}

/* UTC, so that ids sort by start through changes of summer time and between users' time zones. */
char *task_make_id(void)
{
	static unsigned counter;
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();
	g_autofree char *time = g_date_time_format(now, "%Y%m%dT%H%M%S");

	return g_strdup_printf("%s.%06d-%x-%04x", time, g_date_time_get_microsecond(now), (unsigned)getpid(),
	        ++counter & 0xffff);
}

const char *task_id_end(const char *id, unsigned level)
{
	const char *cut = level == 0 ? strchr(id, '-') : level == 1 ? strchr(id, '.') : NULL;

	return cut && cut[1] ? cut + 1 : id;
}

struct task_update *task_update_new(const char *task_id)
{
	struct task_update *update = g_new0(struct task_update, 1);

	update->task_id = g_strdup(task_id);
	return update;
}

void task_update_free(struct task_update *update)
{
	if (!update)
		return;
	g_free(update->task_id);
	g_free(update->message);
	g_free(update->log);
	task_step_free(update->step);
	g_free(update);
}

/* ---- steps ---- */

/* An operation in a loop must not fill the memory of those who read its journal. */
#define TASK_STEPS_MAX 4096

struct task_step *task_step_new(unsigned number, enum step_kind kind, const char *path, const char *text)
{
	struct task_step *step = g_new0(struct task_step, 1);

	step->number = number;
	step->kind = kind;
	step->path = g_strdup(path ? path : "");
	/* A path, which has to be the very same when it is put back. */
	step->text = kind == STEP_REPLACED ? g_strdup(text ? text : "") : text_clean(text ? text : "", -1);
	return step;
}

struct task_step *task_step_copy(const struct task_step *step)
{
	struct task_step *copy = task_step_new(step->number, step->kind, step->path, step->text);

	copy->mark = step->mark;
	memcpy(copy->uuid, step->uuid, sizeof copy->uuid);
	return copy;
}

void task_step_free(struct task_step *step)
{
	if (!step)
		return;
	g_free(step->path);
	g_free(step->text);
	g_free(step);
}

static void step_free(gpointer step)
{
	task_step_free(step);
}

static bool step_open(const struct task_step *step)
{
	return step->mark == STEP_WILL || step->mark == STEP_MADE;
}

static void keep_steps(struct task *task)
{
	for (unsigned i = 0; i < task->steps->len; i++) {
		struct task_step *step = task->steps->pdata[i];
		if (step_open(step))
			step->mark = STEP_KEPT;
	}
}

void task_note_step(struct task *task, const struct task_step *step)
{
	if (!task->steps)
		task->steps = g_ptr_array_new_with_free_func(step_free);
	if (!step->number) {
		keep_steps(task);
		return;
	}
	for (unsigned i = 0; i < task->steps->len; i++) {
		struct task_step *known = task->steps->pdata[i];
		if (known->number == step->number) {
			known->mark = step->mark;
			return;
		}
	}
	if (task->steps->len < TASK_STEPS_MAX)
		g_ptr_array_add(task->steps, task_step_copy(step));
}

GPtrArray *task_leftovers(const struct task *task)
{
	GPtrArray *left = g_ptr_array_new();

	/* "Unknown" is an end too where its nvirt left. */
	if (!task->steps || (!task_state_ended(task->state) && !task->end_unix_us))
		return left;
	for (unsigned i = task->steps->len; i-- > 0;) {
		struct task_step *step = task->steps->pdata[i];
		if (step_open(step))
			g_ptr_array_add(left, step);
	}
	return left;
}

char *task_step_words(const struct task_step *step)
{
	g_autofree char *path = text_clean(step->path, -1);

	switch (step->kind) {
	case STEP_FILE:
	case STEP_LOCAL_FILE:
		return g_strdup_printf("the file '%s'", path);
	case STEP_DEFINITION:
		return g_strdup_printf("the guest '%s'", step->text);
	case STEP_MODE:
		return g_strdup_printf("the permissions of '%s' (they were %s)", path, step->text);
	case STEP_REPLACED: {
		g_autofree char *copy = text_clean(step->text, -1);
		return g_strdup_printf("the content of '%s' (as it was before: '%s')", path, copy);
	}
	case STEP_OTHER:
	case STEP_N:
		break;
	}
	return g_strdup(step->text);
}
