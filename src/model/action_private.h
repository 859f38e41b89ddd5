/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the table of actions holds beside its public rows. */
#ifndef NVIRT_MODEL_ACTION_PRIVATE_H
#define NVIRT_MODEL_ACTION_PRIVATE_H

#include "nvirt/action.h"

/* An argument that a row always sends and never asks for: "autostart-off" sends on=no. */
struct action_fixed {
	const char *verb, *name, *value;
};
extern const struct action_fixed action_fixed_table[]; /* ends with a row without verb */

#endif
