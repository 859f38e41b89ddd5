/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From what a person typed to one object: by name (raw or as it is shown), by
 * UUID, or by the id of an active guest.
 *
 * Pure; main thread.
 */
#ifndef NVIRT_CLI_RESOLVE_H
#define NVIRT_CLI_RESOLVE_H

#include "nvirt/store.h"

/*
 * Searches one host's guests, pools, networks, or volumes ("POOL/VOLUME", its
 * pool's list must be there). A word that means two different objects is an
 * error that names both; an unknown one names what is near.
 */
bool cli_resolve(const struct host *host, enum obj_kind kind, const char *word, struct obj_ref *ret_ref,
        GError **error);
/* One snapshot of a guest whose list was read, by its name; an unknown one names what is near. */
bool cli_resolve_snapshot(
        const struct guest *guest, const char *word, struct obj_ref *ret_ref, GError **error);
/* Letters to insert, delete, replace or swap to come from `a` to `b` (both folded); at most `limit` + 1. */
unsigned cli_edit_distance(const char *a, const char *b, unsigned limit);

#endif
