/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the program remembers between runs: $XDG_STATE_HOME/nvirt/state.json,
 * a flat object of names and values. The configuration is the user's and never
 * written; this is ours. Main thread; a thread of its own writes.
 *
 * A file that can not be read as such is told once and kept as it is. What
 * another nvirt wrote meanwhile stays, but for the names that were set here.
 */
#ifndef NVIRT_UI_STATE_H
#define NVIRT_UI_STATE_H

#include <glib.h>
#include <stdbool.h>

struct state;

/* `ret_problem` (owned) says what is wrong with the file, or is NULL. Does not wait for anything. */
struct state *state_load(char **ret_problem);
/* Waits for what is still to be written, at most that long. NULL is fine. */
void state_free(struct state *state, int timeout_ms);

/* All take a NULL state: it has nothing and keeps nothing. */
int state_get_int(const struct state *state, const char *name, int otherwise);
const char *state_get_string(const struct state *state, const char *name); /* NULL = not there; borrowed */
void state_set_int(struct state *state, const char *name, int value);
void state_set_string(struct state *state, const char *name, const char *value); /* NULL forgets it */
/* Hands what was set to the writer. */
void state_save(struct state *state);

#endif
