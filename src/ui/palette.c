/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The palette: everything that can be done now, found by typing. */
#include "chooser.h"
#include "commands.h"

struct view *palette_new(struct app *app)
{
	unsigned sets = CHOICES_ACTIONS | CHOICES_VIEW | CHOICES_APP | CHOICES_HEADINGS | CHOICES_THEMES | CHOICES_OBJECTS;
	return chooser_new(app, &(struct chooser_options){.title = "Palette",
	                                .rows = commands_collect(app, sets),
	                                .typing = true,
	                                .ranked = true});
}
