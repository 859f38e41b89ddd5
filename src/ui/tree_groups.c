/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tree in orders that know no hosts: by kind, and the guests of all hosts
 * by state or by tag. One pass over the guests; sorted by name only where
 * there are several hosts, as each host's own are. Main thread.
 */
#include "guest_groups.h"
#include "nvirt/text.h"
#include "tree_rows.h"

#define GROUP_HOSTS "Hosts"
#define GROUP_GUESTS "Guests"
#define GROUP_STORAGE "Storage"
#define GROUP_NETWORKS "Networks"

/* A group of guests while the rows are made. */
struct bucket {
	const char *group; /* interned */
	GPtrArray *guests; /* struct guest *, borrowed */
};

/* ---- all hosts together ---- */

static int compare_folds(const char *a, const char *b, const struct obj_ref *x, const struct obj_ref *y)
{
	int order = text_compare(a, b);

	return order ? order : x->host < y->host ? -1 : x->host > y->host;
}

static int compare_guests(gconstpointer a, gconstpointer b)
{
	const struct guest *x = *(struct guest *const *)a, *y = *(struct guest *const *)b;

	return compare_folds(x->fold, y->fold, &x->ref, &y->ref);
}

static int compare_pools(gconstpointer a, gconstpointer b)
{
	const struct pool *x = *(struct pool *const *)a, *y = *(struct pool *const *)b;

	return compare_folds(x->fold, y->fold, &x->ref, &y->ref);
}

static int compare_networks(gconstpointer a, gconstpointer b)
{
	const struct network *x = *(struct network *const *)a, *y = *(struct network *const *)b;

	return compare_folds(x->fold, y->fold, &x->ref, &y->ref);
}

/* The objects of one kind of all hosts in order; owned, not its objects. */
static GPtrArray *all_of(const struct tree_rows *tree, enum obj_kind kind)
{
	GPtrArray *all = g_ptr_array_new();
	unsigned hosts = store_host_count(tree->store);

	for (unsigned i = 0; i < hosts; i++) {
		const struct host *host = store_host_at(tree->store, i);
		const GPtrArray *some = kind == OBJ_GUEST ? host->guests : kind == OBJ_POOL ? host->pools : host->networks;

		for (unsigned j = 0; j < some->len; j++)
			g_ptr_array_add(all, some->pdata[j]);
	}
	if (hosts > 1)
		g_ptr_array_sort(all, kind == OBJ_GUEST ? compare_guests : kind == OBJ_POOL ? compare_pools
		                                                                           : compare_networks);
	return all;
}

/* ---- groups ---- */

static bool push_group(struct tree_rows *tree, const char *group, unsigned count, unsigned active)
{
	return tree_rows_push(tree, (struct tree_row){.part = TREE_GROUP,
	                                    .group = group,
	                                    .foldable = true,
	                                    .count = count,
	                                    .active = active});
}

static bool group_matches(const struct tree_rows *tree, const char *group)
{
	g_autofree char *fold = tree_rows_filtering(tree) ? text_fold(group) : NULL;

	return fold && filter_match(fold, tree->filter_fold);
}

/* A filter that names the group shows all of it. */
static void push_guests(struct tree_rows *tree, const char *group, const GPtrArray *guests)
{
	unsigned at = tree->rows->len, active = 0;
	bool all = group_matches(tree, group);

	for (unsigned i = 0; i < guests->len; i++)
		active += guest_state_active(((const struct guest *)guests->pdata[i])->state);
	if (push_group(tree, group, guests->len, active)) {
		for (unsigned i = 0; i < guests->len; i++) {
			const struct guest *guest = guests->pdata[i];

			if (all || tree_rows_matches(tree, guest->fold))
				tree_rows_push(tree, (struct tree_row){.ref = guest->ref, .group = group, .depth = 1});
		}
	}
	tree_rows_prune(tree, at, all || !tree_rows_filtering(tree));
}

static void push_buckets(struct tree_rows *tree, GArray *buckets)
{
	for (unsigned i = 0; i < buckets->len; i++) {
		const struct bucket *bucket = &g_array_index(buckets, struct bucket, i);

		push_guests(tree, bucket->group, bucket->guests);
	}
}

static void bucket_clear(gpointer data)
{
	g_ptr_array_unref(((struct bucket *)data)->guests);
}

/* `index` finds a bucket's place by its group. */
static void put(GArray *buckets, GHashTable *index, const char *group, struct guest *guest)
{
	gpointer place = g_hash_table_lookup(index, group);

	if (!place) {
		struct bucket bucket = {group, g_ptr_array_new()};

		g_array_append_val(buckets, bucket);
		place = GUINT_TO_POINTER(buckets->len);
		g_hash_table_insert(index, (gpointer)group, place);
	}
	g_ptr_array_add(g_array_index(buckets, struct bucket, GPOINTER_TO_UINT(place) - 1).guests, guest);
}

/* ---- which groups a guest is in ---- */

static void add_groups(const struct tree_rows *tree, GPtrArray *groups, const struct guest *guest)
{
	if (tree->by == TREE_BY_KIND)
		g_ptr_array_add(groups, (gpointer)g_intern_static_string(GROUP_GUESTS));
	else if (tree->by != TREE_BY_HOST)
		guest_groups_add(tree->by == TREE_BY_TAG ? GUEST_GROUP_TAG : GUEST_GROUP_STATE, tree->store, guest, groups);
}

static const char *kind_group(enum obj_kind kind)
{
	return kind == OBJ_HOST                         ? GROUP_HOSTS
	       : kind == OBJ_GUEST                      ? GROUP_GUESTS
	       : kind == OBJ_POOL || kind == OBJ_VOLUME ? GROUP_STORAGE
	                                                : GROUP_NETWORKS;
}

GPtrArray *tree_groups_of(const struct tree_rows *tree, const struct obj_ref *ref)
{
	GPtrArray *groups = g_ptr_array_new();
	const struct guest *guest = ref->kind == OBJ_GUEST ? store_guest(tree->store, ref) : NULL;

	if (guest)
		add_groups(tree, groups, guest);
	else if (tree->by == TREE_BY_KIND)
		g_ptr_array_add(groups, (gpointer)g_intern_static_string(kind_group(ref->kind)));
	return groups;
}

/* ---- the orders ---- */

static int compare_states(gconstpointer a, gconstpointer b)
{
	return guest_groups_compare(
	        GUEST_GROUP_STATE, ((const struct bucket *)a)->group, ((const struct bucket *)b)->group);
}

static int compare_tags(gconstpointer a, gconstpointer b)
{
	return guest_groups_compare(
	        GUEST_GROUP_TAG, ((const struct bucket *)a)->group, ((const struct bucket *)b)->group);
}

static void make_of_guests(struct tree_rows *tree, GCompareFunc compare)
{
	g_autoptr(GPtrArray) guests = all_of(tree, OBJ_GUEST);
	g_autoptr(GArray) buckets = g_array_new(FALSE, FALSE, sizeof(struct bucket));
	g_autoptr(GHashTable) index = g_hash_table_new(NULL, NULL);
	g_autoptr(GPtrArray) groups = g_ptr_array_new();

	g_array_set_clear_func(buckets, bucket_clear);
	for (unsigned i = 0; i < guests->len; i++) {
		g_ptr_array_set_size(groups, 0);
		add_groups(tree, groups, guests->pdata[i]);
		for (unsigned j = 0; j < groups->len; j++)
			put(buckets, index, groups->pdata[j], guests->pdata[i]);
	}
	g_array_sort(buckets, compare);
	push_buckets(tree, buckets);
}

static void push_hosts(struct tree_rows *tree)
{
	const char *group = g_intern_static_string(GROUP_HOSTS);
	unsigned at = tree->rows->len, hosts = store_host_count(tree->store);
	bool all = group_matches(tree, group);

	if (push_group(tree, group, hosts, 0))
		for (unsigned i = 0; i < hosts; i++) {
			const struct host *host = store_host_at(tree->store, i);
			g_autofree char *fold = tree_rows_filtering(tree) ? text_fold(host->name) : NULL;

			if (all || tree_rows_matches(tree, fold))
				tree_rows_push(tree, (struct tree_row){.ref = host->ref, .group = group, .depth = 1});
		}
	tree_rows_prune(tree, at, all || !tree_rows_filtering(tree));
}

static void push_all_storage(struct tree_rows *tree)
{
	const char *group = g_intern_static_string(GROUP_STORAGE);
	g_autoptr(GPtrArray) pools = all_of(tree, OBJ_POOL);
	unsigned at = tree->rows->len;

	if (push_group(tree, group, pools->len, 0))
		for (unsigned i = 0; i < pools->len; i++)
			tree_rows_push_pool(tree, pools->pdata[i], group, 1);
	tree_rows_prune(tree, at, !tree_rows_filtering(tree));
}

static void push_all_networks(struct tree_rows *tree)
{
	const char *group = g_intern_static_string(GROUP_NETWORKS);
	g_autoptr(GPtrArray) networks = all_of(tree, OBJ_NETWORK);
	unsigned at = tree->rows->len;

	if (push_group(tree, group, networks->len, 0))
		for (unsigned i = 0; i < networks->len; i++) {
			const struct network *network = networks->pdata[i];

			if (tree_rows_matches(tree, network->fold))
				tree_rows_push(tree, (struct tree_row){.ref = network->ref, .group = group, .depth = 1});
		}
	tree_rows_prune(tree, at, !tree_rows_filtering(tree));
}

static void make_by_kind(struct tree_rows *tree)
{
	g_autoptr(GPtrArray) guests = all_of(tree, OBJ_GUEST);

	push_hosts(tree);
	push_guests(tree, g_intern_static_string(GROUP_GUESTS), guests);
	push_all_storage(tree);
	push_all_networks(tree);
}

void tree_groups_make(struct tree_rows *tree)
{
	switch (tree->by) {
	case TREE_BY_KIND:
		make_by_kind(tree);
		break;
	case TREE_BY_STATE:
		make_of_guests(tree, compare_states);
		break;
	case TREE_BY_TAG:
		make_of_guests(tree, compare_tags);
		break;
	case TREE_BY_HOST:
	case TREE_BY_N:
		break;
	}
}
