/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tree as rows: see tree_rows.h. */
#include "tree_rows.h"

#include "nvirt/text.h"

static guint row_hash(gconstpointer key)
{
	const struct tree_row *row = key;

	return obj_ref_hash(&row->ref) * 7 + row->part + g_direct_hash(row->group) * 31;
}

static gboolean row_equal(gconstpointer a, gconstpointer b)
{
	const struct tree_row *row = a, *other = b;

	return row->part == other->part && row->group == other->group && obj_ref_equal(&row->ref, &other->ref);
}

void tree_rows_init(struct tree_rows *tree, const struct store *store)
{
	*tree = (struct tree_rows){.store = store, .stale = true};
	tree->rows = g_array_new(FALSE, TRUE, sizeof(struct tree_row));
	for (unsigned i = 0; i < TREE_BY_N; i++)
		tree->toggled[i] = g_hash_table_new_full(row_hash, row_equal, g_free, NULL);
	tree->filter = g_strdup("");
	tree->filter_fold = g_strdup("");
}

void tree_rows_fini(struct tree_rows *tree)
{
	g_array_unref(tree->rows);
	for (unsigned i = 0; i < TREE_BY_N; i++)
		g_hash_table_unref(tree->toggled[i]);
	g_free(tree->filter);
	g_free(tree->filter_fold);
}

/* Pools may hold thousands of volumes and are opened on purpose. */
static bool folded_by_default(const struct tree_row *row)
{
	return row->part == TREE_OBJECT && row->ref.kind == OBJ_POOL;
}

static bool is_folded(const struct tree_rows *tree, const struct tree_row *row)
{
	return folded_by_default(row) != g_hash_table_contains(tree->toggled[tree->by], row);
}

bool tree_rows_filtering(const struct tree_rows *tree)
{
	return *tree->filter_fold != '\0';
}

bool tree_rows_matches(const struct tree_rows *tree, const char *fold)
{
	return !tree_rows_filtering(tree) || filter_match(fold, tree->filter_fold);
}

bool tree_rows_push(struct tree_rows *tree, struct tree_row row)
{
	bool filtering = tree_rows_filtering(tree);

	/* Rows without children are only pushed when they match. */
	row.match = filtering && row.part == TREE_OBJECT && !row.foldable;
	row.folded = row.foldable && !filtering && is_folded(tree, &row);
	g_array_append_val(tree->rows, row);
	return row.foldable && !row.folded;
}

void tree_rows_prune(struct tree_rows *tree, unsigned at, bool match)
{
	struct tree_row *row = &g_array_index(tree->rows, struct tree_row, at);

	if (!match && tree->rows->len == at + 1)
		g_array_set_size(tree->rows, at);
	else
		row->match = match && tree_rows_filtering(tree);
}

static void push_leaf(
        struct tree_rows *tree, const struct obj_ref *ref, const char *fold, const char *group, int depth)
{
	if (tree_rows_matches(tree, fold))
		tree_rows_push(tree, (struct tree_row){.ref = *ref, .group = group, .depth = depth});
}

static void push_volumes(struct tree_rows *tree, const struct pool *pool, const char *group, int depth)
{
	struct tree_row note = {.ref = pool->ref, .part = TREE_NOTE, .group = group, .depth = depth};

	if (!pool->volumes) {
		if (!tree_rows_filtering(tree))
			tree_rows_push(tree, note);
		return;
	}
	for (unsigned i = 0; i < pool->volumes->len; i++) {
		const struct volume *volume = g_ptr_array_index(pool->volumes, i);

		push_leaf(tree, &volume->ref, volume->fold, group, depth);
	}
}

void tree_rows_push_pool(struct tree_rows *tree, const struct pool *pool, const char *group, int depth)
{
	struct tree_row row = {.ref = pool->ref, .group = group, .depth = depth, .foldable = true};
	unsigned at = tree->rows->len;

	if (tree_rows_push(tree, row))
		push_volumes(tree, pool, group, depth + 1);
	tree_rows_prune(tree, at, tree_rows_matches(tree, pool->fold));
}

static bool push_part(struct tree_rows *tree, const struct host *host, enum tree_part part)
{
	return tree_rows_push(
	        tree, (struct tree_row){.ref = host->ref, .part = part, .depth = 1, .foldable = true});
}

static void push_storage(struct tree_rows *tree, const struct host *host)
{
	unsigned group = tree->rows->len;

	if (!push_part(tree, host, TREE_STORAGE))
		return;
	for (unsigned i = 0; i < host->pools->len; i++)
		tree_rows_push_pool(tree, g_ptr_array_index(host->pools, i), NULL, 2);
	tree_rows_prune(tree, group, !tree_rows_filtering(tree));
}

static void push_networks(struct tree_rows *tree, const struct host *host)
{
	unsigned group = tree->rows->len;

	if (!push_part(tree, host, TREE_NETWORKS))
		return;
	for (unsigned i = 0; i < host->networks->len; i++) {
		const struct network *network = g_ptr_array_index(host->networks, i);

		push_leaf(tree, &network->ref, network->fold, NULL, 2);
	}
	tree_rows_prune(tree, group, !tree_rows_filtering(tree));
}

static void push_host(struct tree_rows *tree, const struct host *host)
{
	struct tree_row row = {.ref = host->ref, .foldable = true};
	unsigned at = tree->rows->len;
	g_autofree char *fold = tree_rows_filtering(tree) ? text_fold(host->name) : NULL;

	if (tree_rows_push(tree, row)) {
		for (unsigned i = 0; i < host->guests->len; i++) {
			const struct guest *guest = g_ptr_array_index(host->guests, i);

			push_leaf(tree, &guest->ref, guest->fold, NULL, 1);
		}
		/* Before anything was read there is nothing to say about them. */
		if (host->listed || host->pools->len)
			push_storage(tree, host);
		if (host->listed || host->networks->len)
			push_networks(tree, host);
	}
	tree_rows_prune(tree, at, tree_rows_matches(tree, fold));
}

/* Is what the rows were made of still so? */
static bool fresh(const struct tree_rows *tree)
{
	return !tree->stale && tree->generation == store_generation(tree->store) &&
	       tree->hosts == store_host_count(tree->store) &&
	       (tree->by != TREE_BY_TAG || tree->tags_generation == store_tags_generation(tree->store));
}

bool tree_rows_sync(struct tree_rows *tree)
{
	if (fresh(tree))
		return false;
	tree->stale = false;
	tree->generation = store_generation(tree->store);
	tree->tags_generation = store_tags_generation(tree->store);
	tree->hosts = store_host_count(tree->store);
	g_array_set_size(tree->rows, 0);
	if (tree->by != TREE_BY_HOST)
		tree_groups_make(tree);
	for (unsigned i = 0; tree->by == TREE_BY_HOST && i < tree->hosts; i++)
		push_host(tree, store_host_at(tree->store, i));
	return true;
}

const struct tree_row *tree_rows_at(const struct tree_rows *tree, unsigned index)
{
	return index < tree->rows->len ? &g_array_index(tree->rows, struct tree_row, index) : NULL;
}

int tree_rows_find(const struct tree_rows *tree, const struct tree_row *row)
{
	int other = -1;

	for (unsigned i = 0; i < tree->rows->len; i++) {
		const struct tree_row *at = &g_array_index(tree->rows, struct tree_row, i);

		if (row_equal(at, row))
			return (int)i;
		/* Groups are told apart by nothing but their group. */
		if (other < 0 && row->ref.kind != OBJ_NONE && at->part == row->part &&
		        obj_ref_equal(&at->ref, &row->ref))
			other = (int)i;
	}
	return other;
}

int tree_rows_parent(const struct tree_rows *tree, unsigned index)
{
	const struct tree_row *row = tree_rows_at(tree, index);

	for (int i = (int)index - 1; row && i >= 0; i--)
		if (tree_rows_at(tree, (unsigned)i)->depth < row->depth)
			return i;
	return -1;
}

void tree_rows_set_fold(struct tree_rows *tree, const struct tree_row *row, bool folded)
{
	GHashTable *toggled = tree->toggled[tree->by];

	if (folded == folded_by_default(row))
		g_hash_table_remove(toggled, row);
	else
		g_hash_table_add(toggled, g_memdup2(row, sizeof(*row)));
	tree->stale = true;
}

static void unfold(
        struct tree_rows *tree, const struct obj_ref *ref, enum tree_part part, const char *group)
{
	struct tree_row row = {.ref = *ref, .part = part, .group = group};

	if (is_folded(tree, &row))
		tree_rows_set_fold(tree, &row, false);
}

static void reveal_below_host(struct tree_rows *tree, const struct obj_ref *ref)
{
	struct obj_ref host = {.kind = OBJ_HOST, .host = ref->host};

	if (ref->kind == OBJ_HOST)
		return;
	unfold(tree, &host, TREE_OBJECT, NULL);
	if (ref->kind == OBJ_NETWORK)
		unfold(tree, &host, TREE_NETWORKS, NULL);
	if (ref->kind == OBJ_POOL || ref->kind == OBJ_VOLUME)
		unfold(tree, &host, TREE_STORAGE, NULL);
}

/* One open group is enough to see it. */
static const char *reveal_in_group(struct tree_rows *tree, const struct obj_ref *ref)
{
	const struct obj_ref none = {.kind = OBJ_NONE};
	g_autoptr(GPtrArray) groups = tree_groups_of(tree, ref);

	for (unsigned i = 0; i < groups->len; i++) {
		struct tree_row row = {.part = TREE_GROUP, .group = groups->pdata[i]};

		if (!is_folded(tree, &row))
			return row.group;
	}
	if (groups->len)
		unfold(tree, &none, TREE_GROUP, groups->pdata[0]);
	return groups->len ? groups->pdata[0] : NULL;
}

void tree_rows_reveal(struct tree_rows *tree, const struct obj_ref *ref)
{
	const char *group = NULL;
	struct obj_ref pool = *ref;

	if (tree->by == TREE_BY_HOST)
		reveal_below_host(tree, ref);
	else
		group = reveal_in_group(tree, ref);
	if (ref->kind != OBJ_VOLUME)
		return;
	pool.kind = OBJ_POOL;
	pool.name = NULL;
	unfold(tree, &pool, TREE_OBJECT, group);
}

int tree_rows_first_match(const struct tree_rows *tree)
{
	for (unsigned i = 0; i < tree->rows->len; i++)
		if (tree_rows_at(tree, i)->match)
			return (int)i;
	return -1;
}

void tree_rows_set_filter(struct tree_rows *tree, const char *filter)
{
	g_free(tree->filter);
	g_free(tree->filter_fold);
	tree->filter = g_strdup(filter ? filter : "");
	tree->filter_fold = text_fold(tree->filter);
	tree->stale = true;
}

void tree_rows_set_by(struct tree_rows *tree, enum tree_by by)
{
	tree->stale = tree->stale || tree->by != by;
	tree->by = by;
}
