/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The queue of keys before a guest's keyboard. A PS/2 keyboard keeps 16 bytes; QEMU drops in silence
 * what comes while they are full, a Shift as well as a letter. So no more is on the way than it keeps,
 * until the screen shows that the guest has read, or for a while where nothing is echoed. Pure.
 */
#ifndef NVIRT_TYPING_H
#define NVIRT_TYPING_H

#include "nvirt/keyboard.h"
#include "nvirt/screen_text.h"

struct typing;

struct typing *typing_new(void);
void typing_free(struct typing *typing);
/* Takes a copy of them; what is there before goes first. */
void typing_add(struct typing *typing, const GArray *events);
/* The screen now (NULL = none yet); to be told before typing_take(), and whenever it changed. */
void typing_seen(struct typing *typing, const struct text_screen *screen, gint64 now_us);
/* The next key to be sent now. NULL: none; ask again after `ret_ms`, -1 = nothing waits. Borrowed until the next call. */
const struct key_event *typing_take(struct typing *typing, gint64 now_us, int *ret_ms);
/* What waits is forgotten, and what is down is not let go: for a connection that is no more. */
void typing_drop(struct typing *typing);
/* What waits is forgotten; instead of it all keys that are down are let go. */
void typing_stop(struct typing *typing);
/* Events that wait, and how many of the same run have gone. */
unsigned typing_waits(const struct typing *typing, unsigned *ret_gone);

#endif
