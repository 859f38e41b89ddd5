/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The menu of the selected object: its actions with their keys, those that can not be done with their reason. */
#include "chooser.h"
#include "commands.h"

struct view *menu_new(struct app *app)
{
	struct obj_ref ref;
	bool some = commands_subject(app, &ref);
	g_autofree char *title = some ? g_strdup_printf("%s %s", obj_kind_word(ref.kind),
	                                        store_name(app->store, &ref))
	                              : g_strdup("Menu");
	g_autoptr(GArray) marks = store_marks(app->store, some ? ref.kind : OBJ_NONE);
	if (marks->len > 0) {
		g_free(title);
		title = g_strdup_printf("%u marked: %s", marks->len, obj_kind_word(some ? ref.kind : OBJ_NONE));
	}
	unsigned sets = some ? CHOICES_ACTIONS | CHOICES_HEADINGS : CHOICES_APP;
	return chooser_new(app, &(struct chooser_options){.title = title,
	                                .rows = commands_collect(app, sets),
	                                .row_keys = true});
}
