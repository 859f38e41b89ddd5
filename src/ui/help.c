/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Help: all keys of the place where one is, made from the tables; Enter runs a row. */
#include "chooser.h"
#include "commands.h"

struct view *help_new(struct app *app)
{
	unsigned sets = CHOICES_VIEW | CHOICES_ACTIONS | CHOICES_APP | CHOICES_LEGEND | CHOICES_HEADINGS;
	return chooser_new(app, &(struct chooser_options){.title = "Help (/ searches, Enter runs, Esc closes)",
	                                .rows = commands_collect(app, sets)});
}
