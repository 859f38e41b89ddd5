/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tasks that were cut short, or could not undo all of their steps: a person
 * is told once when nvirt finds them, with the key that cleans up. Main thread.
 */
#include "app_private.h"
#include "keymap.h"

/* Of hosts that are connected: on the others nothing could be done now. */
static unsigned count_leftovers(const struct app *app, const struct action *action)
{
	const struct task *task;
	unsigned count = 0;

	for (unsigned i = 0; (task = store_task_at(app->store, i)); i++) {
		if (!task->steps || task->origin == TASK_FOREIGN)
			continue;
		struct obj_ref ref = {.kind = OBJ_TASK, .host = task->ref.host, .name = g_intern_string(task->id)};
		g_autofree char *why = action_why_not(action, app->store, &ref);
		count += !why;
	}
	return count;
}

void app_leftovers_look(struct app *app)
{
	const struct action *action = action_by_verb("task-cleanup");
	unsigned count = count_leftovers(app, action);
	const char *key = keymap_action(app->keymap, action);

	if (count > app->leftovers_told)
		app_notice(app, LEVEL_WARNING, "%u task%s left something behind: see the task log (t), %s on it cleans up", count,
		        count == 1 ? " has" : "s have", key && *key ? key : "the menu");
	app->leftovers_told = count;
}
