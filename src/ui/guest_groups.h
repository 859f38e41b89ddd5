/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests in groups, the same in tree and table: by state, tag or host. Main thread; pure. */
#ifndef NVIRT_UI_GUEST_GROUPS_H
#define NVIRT_UI_GUEST_GROUPS_H

#include "nvirt/store.h"

enum guest_group { GUEST_GROUP_NONE, GUEST_GROUP_STATE, GUEST_GROUP_TAG, GUEST_GROUP_HOST, GUEST_GROUP_N };

/* Groups that are no tag; a tag holds no comma. */
#define GUEST_GROUP_UNTAGGED ","
#define GUEST_GROUP_UNREAD ",,"

/* "state": in menus and in the state file. */
const char *guest_group_word(enum guest_group by);
/* Appends the groups a guest is in, interned: one, or one for each of its tags. */
void guest_groups_add(enum guest_group by, const struct store *store, const struct guest *guest, GPtrArray *groups);
/* The order of groups: what needs a look first; guests without tags last. */
int guest_groups_compare(enum guest_group by, const char *x, const char *y);
/* What a person reads: "no tags" for GUEST_GROUP_UNTAGGED. Borrowed. */
const char *guest_group_title(const char *group);

#endif
