/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The keys of commands and actions: those of the tables, or what the
 * configuration says instead. Whoever looks up or shows a key asks here, so that
 * key bar, menu, help and palette agree. Main thread.
 */
#ifndef NVIRT_UI_KEYMAP_H
#define NVIRT_UI_KEYMAP_H

#include "commands.h"
#include "list.h"
#include "nvirt/config.h"

/*
 * Takes the rebindings over. Unknown commands and keys, and keys that already
 * mean something in the same place, become problems of `config`; their command
 * keeps its own keys.
 */
struct keymap *keymap_new(struct config *config);
void keymap_free(struct keymap *keymap); /* NULL is fine */

/* `keymap` may be NULL: then the table's. Space-separated names; "" or NULL = none. */
const char *keymap_view(const struct keymap *keymap, const struct view_cmd *cmd);
const char *keymap_action(const struct keymap *keymap, const struct action *action);
const char *keymap_app(const struct keymap *keymap, const struct app_command *cmd);
const char *keymap_move(const struct keymap *keymap, const struct list_move *move);
/* The key that lists know it as; K_NONE for one that was theirs and is no more, other keys as they are. */
keycode keymap_list_key(const struct keymap *keymap, keycode key);
/* Was the digit given to a command, so that it begins no count? */
bool keymap_has_digit(const struct keymap *keymap, keycode key);

#endif
