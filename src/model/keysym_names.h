/* SPDX-License-Identifier: GPL-2.0-or-later */
/* X11's names of characters, as keyboard tables use them. Pure. */
#ifndef NVIRT_MODEL_KEYSYM_NAMES_H
#define NVIRT_MODEL_KEYSYM_NAMES_H

#include <glib.h>

/* "a", "Agrave", "U20AC", "0x010020ac"; 0 = it is no character. */
gunichar keysym_name_character(const char *name);

#endif
