/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a recogniser reads of a frame: the frame, or half of it where it shows all twice. Pure. */
#include "recogniser_private.h"

bool view_find_text(struct recogniser *rec, const struct frame *frame, struct grid *ret_grid)
{
	struct grid_finder whole;

	rec->doubled.wide = rec->doubled.high = false;
	rec->view = *frame;
	if (rec->mode == RECOGNISE_PICTURE)
		return false;
	if (grid_find(&rec->finder, rec->fonts, &rec->view, &rec->last_text, ret_grid))
		return true;
	if (rec->finder.count)
		doubled_find(&rec->doubled, frame);
	if (!rec->doubled.wide && !rec->doubled.high)
		return false;
	whole = rec->finder;
	rec->view = doubled_shrink(&rec->doubled, frame);
	if (grid_find(&rec->finder, rec->fonts, &rec->view, &rec->last_text, ret_grid))
		return true;
	rec->finder = whole;
	rec->doubled.wide = rec->doubled.high = false;
	rec->view = *frame;
	return false;
}

bool view_is_as_it_was(struct recogniser *rec, const struct frame *frame)
{
	bool wide = rec->doubled.wide, high = rec->doubled.high;

	if (wide || high)
		doubled_find(&rec->doubled, frame);
	if ((wide && !rec->doubled.wide) || (high && !rec->doubled.high))
		return false;
	rec->doubled.wide = wide;
	rec->doubled.high = high;
	rec->view = doubled_shrink(&rec->doubled, frame);
	return true;
}
