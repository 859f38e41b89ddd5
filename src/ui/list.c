/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A list's cursor, its scroll position and its keys. Pure; main thread. */
#include "list.h"

#include <glib.h>

const struct list_move list_moves[] = {
        {"down", "Next row; 5j moves five", "j Down", K_DOWN},
        {"up", "Previous row", "k Up", K_UP},
        {"page-down", "A page on", "C-f PgDn", K_PGDN},
        {"page-up", "A page back", "C-b PgUp", K_PGUP},
        {"half-down", "Half a page on", "C-d", KEY_CTRL | 'd'},
        {"half-up", "Half a page back", "C-u", KEY_CTRL | 'u'},
        {"first", "First row (or gg)", "Home", K_HOME},
        {"last", "Last row; 20G goes to row 20", "G End", 'G'},
        {0},
};

static void fix(struct list *list)
{
	list->cursor = list->count ? MIN(list->cursor, list->count - 1) : 0;
	unsigned height = MAX(list->height, 1);
	if (list->cursor < list->top)
		list->top = list->cursor;
	if (list->cursor - list->top >= height)
		list->top = list->cursor - height + 1;
	/* No blank rows below the last one while there are rows above. */
	unsigned last_top = list->count > height ? list->count - height : 0;
	list->top = MIN(list->top, last_top);
}

void list_set_count(struct list *list, unsigned count)
{
	list->count = count;
	fix(list);
}

void list_set_height(struct list *list, unsigned height)
{
	list->height = height;
	fix(list);
}

void list_goto(struct list *list, unsigned row)
{
	list->cursor = row;
	fix(list);
}

static void move(struct list *list, gint64 by)
{
	gint64 to = (gint64)list->cursor + by;
	list_goto(list, (unsigned)CLAMP(to, 0, list->count ? (gint64)list->count - 1 : 0));
}

bool list_key(struct list *list, keycode key, unsigned count)
{
	gint64 times = count ? count : 1;
	gint64 page = MAX(list->height, 2) - 1, half = MAX(list->height / 2, 1);
	switch (key) {
	case 'j':
	case K_DOWN:
		move(list, times);
		return true;
	case 'k':
	case K_UP:
		move(list, -times);
		return true;
	case K_PGDN:
	case KEY_CTRL | 'f':
		move(list, times * page);
		return true;
	case K_PGUP:
	case KEY_CTRL | 'b':
		move(list, -times * page);
		return true;
	case KEY_CTRL | 'd':
		move(list, times * half);
		return true;
	case KEY_CTRL | 'u':
		move(list, -times * half);
		return true;
	case K_HOME:
		list_goto(list, count ? count - 1 : 0);
		return true;
	case K_END:
		list_goto(list, list->count ? list->count - 1 : 0);
		return true;
	case 'G':
		list_goto(list, count ? count - 1 : list->count ? list->count - 1 : 0);
		return true;
	default:
		return false;
	}
}

void list_wheel(struct list *list, int lines)
{
	move(list, lines);
}

bool list_only_moved(const struct list *list, const struct list *drawn)
{
	return list->count == drawn->count && list->top == drawn->top && list->height == drawn->height &&
	       list->cursor - list->top < list->height && drawn->cursor - list->top < list->height;
}
