/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See files.h. */
#define _GNU_SOURCE
#include "support/files.h"

#include <ftw.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>

#include <cmocka.h>

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

void files_remove(const char *dir)
{
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

void files_write(const char *path, const char *text, gssize len)
{
	g_autoptr(GError) error = NULL;
	if (!g_file_set_contents(path, text, len, &error))
		fail_msg("%s", error->message);
}

static char *make_place(const char *root, const char *path)
{
	char *full = g_strconcat(root, path, NULL);
	g_autofree char *dir = g_path_get_dirname(full);

	assert_int_equal(g_mkdir_with_parents(dir, 0755), 0);
	return full;
}

void files_put(const char *root, const char *path, const char *text)
{
	g_autofree char *full = make_place(root, path);

	files_write(full, text, -1);
}

void files_link(const char *root, const char *path, const char *target)
{
	g_autofree char *full = make_place(root, path);

	assert_int_equal(symlink(target, full), 0);
}
