/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See save_form.h. */
#include "save_form.h"

char *save_path_of(const struct store *store, const struct obj_ref *ref, const char *ending)
{
	g_autofree char *name = g_strdelimit(g_strdup(store_name(store, ref)), "/ ", '_');
	g_autofree char *file = g_strconcat(*name == '.' ? name + 1 : name, ending, NULL);

	return g_build_filename(g_get_home_dir(), file, NULL);
}
