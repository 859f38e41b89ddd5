/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tags: words separated by commas, as people write them in a form and as they
 * lie in a guest's metadata. Order is kept, letters' case counts. Pure; any thread.
 */
#ifndef NVIRT_TAGS_H
#define NVIRT_TAGS_H

#include <glib.h>
#include <stdbool.h>

/* The words, without blanks around them, empty ones and doubles; NULL gives none. Owned, NULL-terminated. */
char **tags_split(const char *tags);
/* The same as one text: "web, prod". Owned. */
char *tags_tidy(const char *tags);
/* `tags` with those of `add` behind it and without those of `remove`; either may be NULL. Owned. */
char *tags_change(const char *tags, const char *add, const char *remove);

#endif
