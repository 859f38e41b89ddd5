/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Texts that may hold passwords: a definition read with its secrets. They are
 * never put into the store, a log or the journal, and are wiped when freed.
 * Pure; any thread.
 */
#ifndef NVIRT_SECRET_H
#define NVIRT_SECRET_H

#include <glib.h>

/* Overwrites the string, then frees it; NULL is fine. */
void secret_free(char *secret);
/* Takes what malloc() made (libvirt's strings), wipes and frees it; a copy of our own. NULL gives NULL. */
char *secret_take(char *foreign);
/* `text` with every password that `xml` holds (passwd='...') replaced by "***". Owned; NULL gives NULL. */
char *secret_mask(const char *text, const char *xml);

#endif
