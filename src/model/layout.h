/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One character's key, for keyboard.c. Pure. */
#ifndef NVIRT_MODEL_LAYOUT_H
#define NVIRT_MODEL_LAYOUT_H

#include "nvirt/keyboard.h"

struct layout_key {
	unsigned scancode;
	bool shift, altgr;
	bool dead; /* a blank after it is needed */
};

/* NULL = the layout has none for it. Borrowed. */
const struct layout_key *layout_key_of(const struct layout *layout, gunichar ch);

#endif
