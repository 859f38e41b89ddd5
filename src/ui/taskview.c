/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One task in full: who asked what of which object, how far it is, and its
 * log, which follows the end until one scrolls up. Main thread.
 */
#include <string.h>

#include "app_private.h"
#include "box.h"
#include "keymap.h"
#include "list.h"
#include "look.h"
#include "nvirt/text.h"

enum { TASKVIEW_WIDTH = 90, TASKVIEW_LABEL = 10, LEFTOVERS_SHOWN = 4 };

struct taskview {
	struct view view;
	char *task_id;
	struct list list; /* lines of the log */
	bool follow;
};

static void taskview_destroy(struct view *view)
{
	struct taskview *self = (struct taskview *)view;
	g_free(self->task_id);
	g_free(self);
}

static struct task *task_of(const struct taskview *self)
{
	return store_task(self->view.app->store, self->task_id);
}

/* ---- drawing ---------------------------------------------------------------- */

static int draw_pair(struct area area, int y, const char *label, enum role role, const char *value)
{
	if (!value || !*value)
		return y;
	area_text(area, y, 0, TASKVIEW_LABEL, ROLE_LABEL, label);
	area_text(area, y, TASKVIEW_LABEL, -1, role, value);
	return y + 1;
}

static char *time_words(const struct taskview *self, const struct task *task)
{
	char from[32], to[32] = "now", span[32];
	gint64 now = g_get_real_time(), end = task->end_unix_us ? task->end_unix_us : now;
	if (!task->end_unix_us && task->start_us)
		end = task->start_unix_us + app_now_us(self->view.app) - task->start_us;
	text_format_time(from, sizeof(from), task->start_unix_us, now);
	if (task->end_unix_us)
		text_format_time(to, sizeof(to), task->end_unix_us, now);
	text_format_span_ms(span, sizeof(span), MAX(end - task->start_unix_us, 0) / 1000);
	return g_strdup_printf("%s to %s (%s)", from, to, span);
}

static int draw_message(struct area area, int y, const struct task *task)
{
	g_autoptr(GPtrArray) lines = box_wrap(task->message, area.cols - TASKVIEW_LABEL);
	enum role role = look_task(task->state).role;
	for (guint i = 0; i < MIN(lines->len, 5); i++)
		y = draw_pair(area, y, i ? "" : "Says", role, lines->pdata[i]);
	return y;
}

static int draw_progress(struct area area, int y, const struct task *task)
{
	if (task->progress < 0 || task_state_ended(task->state))
		return y;
	char done[32], total[32];
	text_format_bytes(done, sizeof(done), task->done_bytes);
	text_format_bytes(total, sizeof(total), task->total_bytes);
	int bar = CLAMP(area.cols - TASKVIEW_LABEL - 34, 5, 40);
	area_text(area, y, 0, TASKVIEW_LABEL, ROLE_LABEL, "Progress");
	area_bar(area, y, TASKVIEW_LABEL, bar, ROLE_BAR_USED, ROLE_BAR_FREE, task->progress);
	int x = TASKVIEW_LABEL + bar + 1;
	x += area_textf(area, y, x, -1, ROLE_TEXT, "%3.0f %%", 100 * task->progress);
	if (task->total_bytes)
		area_textf(area, y, x + 2, -1, ROLE_TEXT, "%s of %s", done, total);
	return y + 1;
}

static int draw_facts(const struct taskview *self, struct area area, const struct task *task)
{
	g_autofree char *state = g_strdup_printf(
	        "%s%s", task_state_word(task->state), task->abort_asked && !task_state_ended(task->state) ? ", asked to abort" : "");
	g_autofree char *object = g_strdup_printf("%s %s", obj_kind_word(task->ref.kind), task->object);
	g_autofree char *when = time_words(self, task);
	static const char *const origins[] = {"", " (another nvirt)", " (not by nvirt)"};
	g_autofree char *user = g_strdup_printf("%s%s", task->user, origins[task->origin]);
	int y = draw_pair(area, 0, "Status", look_task(task->state).role, state);
	y = draw_pair(area, y, "Object", ROLE_BOLD, object);
	y = draw_pair(area, y, "Host", ROLE_TEXT, task->host_name);
	y = draw_pair(area, y, "URI", ROLE_TEXT, task->uri);
	y = draw_pair(area, y, "User", ROLE_TEXT, user);
	y = draw_pair(area, y, "Time", ROLE_TEXT, when);
	y = draw_progress(area, y, task);
	return draw_message(area, y, task);
}

/* What it may have left on its host, until that is cleaned up. */
static int draw_leftovers(struct area area, int y, const struct task *task)
{
	g_autoptr(GPtrArray) left = task_leftovers(task);
	for (guint i = 0; i < MIN(left->len, LEFTOVERS_SHOWN); i++) {
		g_autofree char *words = task_step_words(left->pdata[i]);
		y = draw_pair(area, y, i ? "" : "Has left", ROLE_WARN, words);
	}
	if (left->len > LEFTOVERS_SHOWN) {
		g_autofree char *more = g_strdup_printf("and %u more", left->len - LEFTOVERS_SHOWN);
		y = draw_pair(area, y, " ", ROLE_DIM, more);
	}
	return y;
}

/* "X Abort, C Clean up, ": what can be done with it now. */
static char *keys_words(const struct taskview *self, const struct task *task)
{
	struct obj_ref ref = {.kind = OBJ_TASK, .host = task->ref.host, .name = g_intern_string(task->id)};
	GString *words = g_string_new(NULL);
	for (unsigned i = 0; i < action_count; i++) {
		const struct action *action = &action_table[i];
		const char *key = keymap_action(self->view.app->keymap, action);
		if (action->kind != OBJ_TASK || !key || !*key)
			continue;
		g_autofree char *why = action_why_not(action, self->view.app->store, &ref);
		if (!why)
			g_string_append_printf(words, "%s %s, ", key, action->title);
	}
	return g_string_free(words, FALSE);
}

static void draw_log(struct taskview *self, struct area area, const struct task *task)
{
	list_set_height(&self->list, (unsigned)area.rows);
	list_set_count(&self->list, task->log->len);
	if (self->follow && task->log->len > 0)
		list_goto(&self->list, task->log->len - 1);
	if (task->log->len == 0 && area.rows > 0)
		area_text(area, 0, 0, -1, ROLE_DIM, "no output");
	for (int y = 0; y < area.rows && self->list.top + (unsigned)y < task->log->len; y++) {
		const struct task_log_line *line = task->log->pdata[self->list.top + (unsigned)y];
		char when[32];
		text_format_time(when, sizeof(when), line->unix_us, g_get_real_time());
		int x = area_textf(area, y, 0, -1, ROLE_DIM, "%s  ", when);
		area_text(area, y, x, -1, ROLE_TEXT, line->text);
	}
}

static void taskview_draw(struct view *view, struct area area, bool focused)
{
	(void)focused;
	struct taskview *self = (struct taskview *)view;
	const struct task *task = task_of(self);
	g_autofree char *title = task ? g_strdup_printf("Task: %s %s", task->verb, task->object) : g_strdup("Task");
	struct area in = box_draw(
	        area, MAX(area.rows * 3 / 4, 14), MIN(TASKVIEW_WIDTH, area.cols - 6), false, title);
	if (!task) {
		area_text(in, 0, 0, -1, ROLE_DIM, "this task is no longer in the log");
		return;
	}
	int y = draw_leftovers(in, draw_facts(self, in, task), task) + 1;
	draw_log(self, area_sub(in, y, 0, MAX(in.rows - y - 1, 0), in.cols), task);
	g_autofree char *keys = keys_words(self, task);
	area_textf(in, in.rows - 1, 0, -1, ROLE_DIM, "%sj k scroll, Esc closes", keys);
}

/* ---- keys ------------------------------------------------------------------- */

/* The keys of the table's rows for tasks. */
static bool act(struct taskview *self, keycode key)
{
	const struct task *task = task_of(self);
	if (!task)
		return false;
	struct obj_ref ref = {.kind = OBJ_TASK, .host = task->ref.host, .name = g_intern_string(task->id)};
	for (unsigned i = 0; i < action_count; i++) {
		const struct action *action = &action_table[i];
		if (action->kind != OBJ_TASK || !key_in(keymap_action(self->view.app->keymap, action), key))
			continue;
		app_action(self->view.app, action, &ref);
		return true;
	}
	return false;
}

static bool taskview_key(struct view *view, keycode key, unsigned count)
{
	struct taskview *self = (struct taskview *)view;
	view->dirty = true;
	switch (key) {
	case K_ESC:
	case K_ENTER:
	case 'q':
	case KEY_CTRL | 'c':
		app_pop_modal(view->app);
		return true;
	default:
		break;
	}
	if (act(self, key))
		return true;
	/* The log scrolls as a page: the first key up starts from its top row. */
	if (self->follow || key == 'k' || key == K_UP)
		self->list.cursor = self->list.top;
	bool taken = list_key(&self->list, key == 'g' ? K_HOME : key, count);
	unsigned last_top = self->list.count > self->list.height ? self->list.count - self->list.height : 0;
	if (taken)
		self->list.top = MIN(self->list.cursor, last_top);
	self->list.cursor = self->list.top;
	self->follow = self->list.top >= last_top;
	return taken;
}

static void taskview_update(struct view *view, unsigned changes)
{
	if (changes & CHANGE_TASKS)
		view->dirty = true;
}

static const struct view_ops taskview = {
        .name = "task",
        .title = "Task",
        .destroy = taskview_destroy,
        .draw = taskview_draw,
        .key = taskview_key,
        .update = taskview_update,
};

struct view *taskview_new(struct app *app, const char *task_id)
{
	struct taskview *self = g_new0(struct taskview, 1);
	self->view = (struct view){.ops = &taskview, .app = app, .dirty = true};
	self->task_id = g_strdup(task_id);
	self->follow = true;
	return &self->view;
}
