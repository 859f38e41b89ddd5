/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A task as data: JSON and its duration, the same wherever it is printed.
 *
 * Pure.
 */
#include "cli.h"
#include "nvirt/text.h"

/* For scripts: these words do not change when a sentence on the screen does. */
static const char *state_key(enum task_state state)
{
	switch (state) {
	case TASK_QUEUED:
		return "queued";
	case TASK_RUNNING:
		return "running";
	case TASK_OK:
		return "ok";
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
	return "unknown";
}

void cli_task_span(const struct task *task, gint64 now_unix_us, char *out, size_t size)
{
	gint64 end_us = task->end_unix_us ? task->end_unix_us : now_unix_us;

	text_format_span_ms(out, size, MAX(end_us - task->start_unix_us, 0) / 1000);
}

static json_object *log_json(const struct task *task)
{
	json_object *lines = json_object_new_array();

	for (unsigned i = 0; i < task->log->len; i++) {
		const struct task_log_line *line = task->log->pdata[i];
		json_object *one = json_object_new_object();

		json_add_time(one, "time", line->unix_us);
		json_add_string(one, "text", line->text);
		json_object_array_add(lines, one);
	}
	return lines;
}

json_object *cli_task_json(const struct task *task)
{
	json_object *object = json_object_new_object();
	bool timed = task->end_unix_us && task->start_unix_us;

	json_add_string(object, "id", task->id);
	json_add_string(object, "verb", task->verb);
	json_add_string(object, "kind", obj_kind_word(task->ref.kind));
	json_add_string(object, "object", task->object);
	json_add_string(object, "host", task->host_name);
	json_add_string(object, "uri", task->uri);
	json_add_string(object, "user", task->user);
	json_add_string(object, "state", state_key(task->state));
	json_add_string(object, "message", task->message);
	json_add_time(object, "start", task->start_unix_us);
	json_add_time(object, "end", task->end_unix_us);
	json_add_known(object, "duration_ms", (task->end_unix_us - task->start_unix_us) / 1000, timed);
	json_object_object_add(object, "log", log_json(task));
	return object;
}
