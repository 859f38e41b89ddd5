/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests in groups: see guest_groups.h. */
#include "guest_groups.h"

#include "nvirt/tags.h"
#include "nvirt/text.h"

static const char *const state_order[] = {"not answering", "crashed", "paused", "shutting down", "running",
        "suspended", "unknown", "off"};

const char *guest_group_word(enum guest_group by)
{
	static const char *const words[GUEST_GROUP_N] = {"none", "state", "tag", "host"};

	return words[by < GUEST_GROUP_N ? by : GUEST_GROUP_NONE];
}

static void add_tags(GPtrArray *groups, const struct guest *guest)
{
	g_auto(GStrv) tags = tags_split(guest->tags);

	for (char **tag = tags; *tag; tag++)
		g_ptr_array_add(groups, (gpointer)g_intern_string(*tag));
	if (!*tags)
		g_ptr_array_add(groups,
		        (gpointer)g_intern_static_string(guest->tags ? GUEST_GROUP_UNTAGGED : GUEST_GROUP_UNREAD));
}

void guest_groups_add(enum guest_group by, const struct store *store, const struct guest *guest, GPtrArray *groups)
{
	const struct host *host;

	switch (by) {
	case GUEST_GROUP_STATE:
		g_ptr_array_add(groups, (gpointer)g_intern_static_string(
		                                guest->stuck_us ? "not answering" : guest_state_word(guest->state)));
		break;
	case GUEST_GROUP_TAG:
		add_tags(groups, guest);
		break;
	case GUEST_GROUP_HOST:
		host = store_host(store, guest->ref.host);
		g_ptr_array_add(groups, (gpointer)g_intern_string(host ? host->name : ""));
		break;
	case GUEST_GROUP_NONE:
	case GUEST_GROUP_N:
		break;
	}
}

static int state_rank(const char *group)
{
	int rank = 0;

	while (rank < (int)G_N_ELEMENTS(state_order) && g_strcmp0(state_order[rank], group))
		rank++;
	return rank;
}

int guest_groups_compare(enum guest_group by, const char *x, const char *y)
{
	bool no_x = *x == ',', no_y = *y == ',';

	if (by == GUEST_GROUP_STATE)
		return state_rank(x) - state_rank(y);
	/* Without a tag last, and before them those that nobody has read. */
	return no_x != no_y ? no_x - no_y : no_x ? g_strcmp0(y, x) : text_compare(x, y);
}

const char *guest_group_title(const char *group)
{
	if (!g_strcmp0(group, GUEST_GROUP_UNTAGGED))
		return "no tags";
	return g_strcmp0(group, GUEST_GROUP_UNREAD) ? group : "tags not read yet";
}
