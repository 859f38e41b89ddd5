/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What forms have in common that write a file on this machine. Main thread. */
#ifndef NVIRT_UI_SAVE_FORM_H
#define NVIRT_UI_SAVE_FORM_H

#include "app.h"

/* The row of a form's parameters that says whether a file may be exchanged; file_export()'s `replace`. */
#define SAVE_PARAM_REPLACE                                                                                                       \
	{                                                                                                                        \
		.name = "replace", .title = "Replace", .help = "Exchange the file if there is one; else it is left alone.",      \
		.type = PARAM_BOOL, .fallback = "no"                                                                             \
	}

/* A proposal in the user's home: the object's name, with `ending` ("-console.txt") behind it. Owned. */
char *save_path_of(const struct store *store, const struct obj_ref *ref, const char *ending);

#endif
