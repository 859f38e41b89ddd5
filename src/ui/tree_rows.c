/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tree as rows: see tree_rows.h. */
#include "tree_rows.h"

#include "nvirt/text.h"

static guint row_hash(gconstpointer key)
{
	const struct tree_row *row = key;

	return obj_ref_hash(&row->ref) * 7 + row->part;
}

static gboolean row_equal(gconstpointer a, gconstpointer b)
{
	const struct tree_row *row = a, *other = b;

	return row->part == other->part && obj_ref_equal(&row->ref, &other->ref);
}

void tree_rows_init(struct tree_rows *tree, const struct store *store)
{
	*tree = (struct tree_rows){.store = store, .stale = true};
	tree->rows = g_array_new(FALSE, TRUE, sizeof(struct tree_row));
	tree->toggled = g_hash_table_new_full(row_hash, row_equal, g_free, NULL);
	tree->filter = g_strdup("");
	tree->filter_fold = g_strdup("");
}

void tree_rows_fini(struct tree_rows *tree)
{
	g_array_unref(tree->rows);
	g_hash_table_unref(tree->toggled);
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
	return folded_by_default(row) != g_hash_table_contains(tree->toggled, row);
}

static bool filtering(const struct tree_rows *tree)
{
	return *tree->filter_fold != '\0';
}

static bool matches(const struct tree_rows *tree, const char *fold)
{
	return !filtering(tree) || filter_match(fold, tree->filter_fold);
}

/*
 * Appends a row and says whether its children are to be listed. While a filter
 * is on everything is looked into, so that a match in a folded part is found.
 */
static bool push(
        struct tree_rows *tree, const struct obj_ref *ref, enum tree_part part, int depth, bool foldable)
{
	struct tree_row row = {*ref, part, depth, foldable, false, false};

	/* Rows without children are only pushed when they match. */
	row.match = filtering(tree) && part == TREE_OBJECT && !foldable;

	if (foldable && !filtering(tree))
		row.folded = is_folded(tree, &row);
	g_array_append_val(tree->rows, row);
	return foldable && !row.folded;
}

/* Takes back a parent at `at` that neither matches nor has children that do. */
static void prune(struct tree_rows *tree, unsigned at, bool match)
{
	struct tree_row *row = &g_array_index(tree->rows, struct tree_row, at);

	if (!match && tree->rows->len == at + 1)
		g_array_set_size(tree->rows, at);
	else
		row->match = match && filtering(tree);
}

static void push_guests(struct tree_rows *tree, const struct host *host)
{
	for (unsigned i = 0; i < host->guests->len; i++) {
		const struct guest *guest = g_ptr_array_index(host->guests, i);

		if (matches(tree, guest->fold))
			push(tree, &guest->ref, TREE_OBJECT, 1, false);
	}
}

static void push_volumes(struct tree_rows *tree, const struct pool *pool)
{
	if (!pool->volumes) {
		if (!filtering(tree))
			push(tree, &pool->ref, TREE_NOTE, 3, false);
		return;
	}
	for (unsigned i = 0; i < pool->volumes->len; i++) {
		const struct volume *volume = g_ptr_array_index(pool->volumes, i);

		if (matches(tree, volume->fold))
			push(tree, &volume->ref, TREE_OBJECT, 3, false);
	}
}

static void push_storage(struct tree_rows *tree, const struct host *host)
{
	unsigned group = tree->rows->len;

	if (!push(tree, &host->ref, TREE_STORAGE, 1, true))
		return;
	for (unsigned i = 0; i < host->pools->len; i++) {
		const struct pool *pool = g_ptr_array_index(host->pools, i);
		unsigned at = tree->rows->len;

		if (push(tree, &pool->ref, TREE_OBJECT, 2, true))
			push_volumes(tree, pool);
		prune(tree, at, matches(tree, pool->fold));
	}
	prune(tree, group, !filtering(tree));
}

static void push_networks(struct tree_rows *tree, const struct host *host)
{
	unsigned group = tree->rows->len;

	if (!push(tree, &host->ref, TREE_NETWORKS, 1, true))
		return;
	for (unsigned i = 0; i < host->networks->len; i++) {
		const struct network *network = g_ptr_array_index(host->networks, i);

		if (matches(tree, network->fold))
			push(tree, &network->ref, TREE_OBJECT, 2, false);
	}
	prune(tree, group, !filtering(tree));
}

static void push_host(struct tree_rows *tree, const struct host *host)
{
	unsigned at = tree->rows->len;
	g_autofree char *fold = filtering(tree) ? text_fold(host->name) : NULL;

	if (push(tree, &host->ref, TREE_OBJECT, 0, true)) {
		push_guests(tree, host);
		/* Before anything was read there is nothing to say about them. */
		if (host->listed || host->pools->len)
			push_storage(tree, host);
		if (host->listed || host->networks->len)
			push_networks(tree, host);
	}
	prune(tree, at, matches(tree, fold));
}

bool tree_rows_sync(struct tree_rows *tree)
{
	uint64_t generation = store_generation(tree->store);
	unsigned hosts = store_host_count(tree->store);

	if (!tree->stale && tree->generation == generation && tree->hosts == hosts)
		return false;
	tree->stale = false;
	tree->generation = generation;
	tree->hosts = hosts;
	g_array_set_size(tree->rows, 0);
	for (unsigned i = 0; i < hosts; i++)
		push_host(tree, store_host_at(tree->store, i));
	return true;
}

const struct tree_row *tree_rows_at(const struct tree_rows *tree, unsigned index)
{
	return index < tree->rows->len ? &g_array_index(tree->rows, struct tree_row, index) : NULL;
}

int tree_rows_find(const struct tree_rows *tree, const struct obj_ref *ref, enum tree_part part)
{
	for (unsigned i = 0; i < tree->rows->len; i++) {
		const struct tree_row *row = &g_array_index(tree->rows, struct tree_row, i);

		if (row->part == part && obj_ref_equal(&row->ref, ref))
			return (int)i;
	}
	return -1;
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
	if (folded == folded_by_default(row))
		g_hash_table_remove(tree->toggled, row);
	else
		g_hash_table_add(tree->toggled, g_memdup2(row, sizeof(*row)));
	tree->stale = true;
}

static void unfold(struct tree_rows *tree, const struct obj_ref *ref, enum tree_part part)
{
	struct tree_row row = {.ref = *ref, .part = part};

	if (is_folded(tree, &row))
		tree_rows_set_fold(tree, &row, false);
}

void tree_rows_reveal(struct tree_rows *tree, const struct obj_ref *ref)
{
	struct obj_ref host = {.kind = OBJ_HOST, .host = ref->host};
	struct obj_ref pool = *ref;

	if (ref->kind == OBJ_HOST)
		return;
	unfold(tree, &host, TREE_OBJECT);
	if (ref->kind == OBJ_NETWORK)
		unfold(tree, &host, TREE_NETWORKS);
	if (ref->kind == OBJ_POOL || ref->kind == OBJ_VOLUME)
		unfold(tree, &host, TREE_STORAGE);
	if (ref->kind != OBJ_VOLUME)
		return;
	pool.kind = OBJ_POOL;
	pool.name = NULL;
	unfold(tree, &pool, TREE_OBJECT);
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
