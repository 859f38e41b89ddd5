/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which image stands on which: see images.h. Nothing here recurses: a chain may be
 * as deep as somebody cared to make it.
 */
#include "nvirt/images.h"

#include <string.h>

#include "nvirt/store.h"
#include "nvirt/text.h"

struct images {
	GHashTable *by_key; /* key -> struct image *, owned */
	GHashTable *by_ref; /* struct obj_ref * (in the image) -> struct image * */
	GPtrArray *order;   /* as they came */
	GPtrArray *tree;
};

static void image_free(gpointer data)
{
	struct image *image = data;

	g_ptr_array_unref(image->overlays);
	g_free(image);
}

static guint ref_hash(gconstpointer ref)
{
	return obj_ref_hash(ref);
}

static gboolean ref_equal(gconstpointer a, gconstpointer b)
{
	return obj_ref_equal(a, b);
}

struct images *images_new(void)
{
	struct images *images = g_new0(struct images, 1);

	images->by_key = g_hash_table_new(g_str_hash, g_str_equal);
	images->by_ref = g_hash_table_new(ref_hash, ref_equal);
	images->order = g_ptr_array_new_with_free_func(image_free);
	images->tree = g_ptr_array_new();
	return images;
}

void images_free(struct images *images)
{
	if (!images)
		return;
	g_hash_table_unref(images->by_key);
	g_hash_table_unref(images->by_ref);
	g_ptr_array_unref(images->tree);
	g_ptr_array_unref(images->order);
	g_free(images);
}

/* ---- nodes ---- */

/* The image of this key, made when it is new. A volume that was not read has no key: it stands alone. */
static struct image *take(struct images *images, const char *key, const char *path)
{
	struct image *image = key ? g_hash_table_lookup(images->by_key, key) : NULL;

	if (image)
		return image;
	image = g_new0(struct image, 1);
	image->key = key ? key : "";
	image->path = path ? path : "";
	image->format = image->pool = "";
	image->overlays = g_ptr_array_new();
	g_ptr_array_add(images->order, image);
	if (key)
		g_hash_table_insert(images->by_key, (gpointer)image->key, image);
	return image;
}

void images_add(struct images *images, const struct volume_row *row, const struct obj_ref *ref, const char *pool)
{
	const char *path = row->path && *row->path ? row->path : row->name;
	struct image *image = take(images, row->key, path);

	/* Two pools over one directory know the same file: the first one names it. */
	if (image->row && image->ref.kind != OBJ_NONE)
		return;
	image->row = row;
	image->path = path;
	if (row->format && *row->format)
		image->format = row->format;
	if (!ref)
		return;
	image->ref = *ref;
	image->pool = pool ? pool : "";
	g_hash_table_insert(images->by_ref, &image->ref, image);
}

/* ---- edges ---- */

static void join(struct image *above, struct image *base)
{
	if (above->base || above == base)
		return;
	above->base = base;
	g_ptr_array_add(base->overlays, above);
}

/* Every layer of a chain that no row tells of becomes an image as well. */
static void add_chain(struct images *images, struct image *image)
{
	const GPtrArray *chain = image->row ? image->row->chain : NULL;
	struct image *above = image;

	for (unsigned i = 0; chain && i < chain->len; i++) {
		const struct volume_layer *layer = chain->pdata[i];
		struct image *base;

		if (!layer->key)
			break;
		base = take(images, layer->key, layer->path);
		if (!*base->format && layer->format)
			base->format = layer->format;
		if (layer->missing)
			base->problems |= IMAGE_MISSING;
		if (!layer->stated)
			above->problems |= IMAGE_NO_FORMAT;
		if (base == above)
			above->problems |= IMAGE_RING;
		join(above, base);
		above = base;
	}
}

static int compare_images(gconstpointer a, gconstpointer b)
{
	const struct image *x = *(struct image *const *)a, *y = *(struct image *const *)b;
	int order = text_compare(x->path, y->path);

	return order ? order : strcmp(x->key, y->key);
}

/* ---- rings and depths ---- */

enum colour { WHITE, GREY, BLACK };

static enum colour colour_of(GHashTable *colours, const struct image *image)
{
	return (enum colour)GPOINTER_TO_INT(g_hash_table_lookup(colours, image));
}

static void mark_ring(struct image *start)
{
	struct image *at = start;

	do {
		at->problems |= IMAGE_RING;
		at = at->base;
	} while (at && at != start);
	start->ring_cut = true;
	g_ptr_array_remove(start->base->overlays, start);
}

/* Down from `image` to what is settled, then up again. */
static void settle(GHashTable *colours, struct image *image)
{
	g_autoptr(GPtrArray) path = g_ptr_array_new();
	struct image *at = image;

	while (at && colour_of(colours, at) == WHITE) {
		g_hash_table_insert(colours, at, GINT_TO_POINTER(GREY));
		g_ptr_array_add(path, at);
		at = at->base;
	}
	if (at && colour_of(colours, at) == GREY)
		mark_ring(at);
	for (unsigned i = path->len; i > 0; i--) {
		struct image *next = path->pdata[i - 1];
		const struct image *base = next->ring_cut ? NULL : next->base;

		next->depth = base ? base->depth + 1 : 0;
		if (base && base->problems & (IMAGE_MISSING | IMAGE_BROKEN))
			next->problems |= IMAGE_BROKEN;
		g_hash_table_insert(colours, next, GINT_TO_POINTER(BLACK));
	}
}

/* ---- problems ---- */

static unsigned writers(const struct image *image)
{
	const GPtrArray *uses = image->row ? image->row->uses : NULL;
	const struct volume_use *first = NULL;
	unsigned count = 0;

	for (unsigned i = 0; uses && i < uses->len; i++) {
		const struct volume_use *use = uses->pdata[i];

		if (!(use->flags & USE_WRITABLE))
			continue;
		/* The same guest in two words is one writer. */
		if (first && memcmp(first->guest, use->guest, sizeof use->guest) == 0)
			continue;
		first = use;
		count++;
	}
	return count;
}

static bool newer_than_overlays(const struct image *image)
{
	int64_t written = image->row ? image->row->written_unix_ns : 0;

	for (unsigned i = 0; written && i < image->overlays->len; i++) {
		const struct image *above = image->overlays->pdata[i];

		if (above->row && above->row->written_unix_ns && above->row->written_unix_ns < written)
			return true;
	}
	return false;
}

/* "Nobody" only where everybody was asked. */
static bool unused(const struct image *image)
{
	return image->row && image->row->uses && !image->row->uses->len && !image->overlays->len;
}

static void judge(struct image *image)
{
	unsigned count = writers(image);

	if (image->row && image->row->problem)
		image->problems |= image->overlays->len ? IMAGE_MISSING | IMAGE_UNREADABLE : IMAGE_UNREADABLE;
	if (count > 1)
		image->problems |= IMAGE_TWO_WRITERS;
	if (image->overlays->len && count)
		image->problems |= IMAGE_BASE_WRITABLE;
	if (image->overlays->len && newer_than_overlays(image))
		image->problems |= IMAGE_BASE_NEWER;
	if (image->ref.kind == OBJ_NONE && !(image->problems & IMAGE_MISSING))
		image->problems |= IMAGE_OUTSIDE;
	if (unused(image))
		image->problems |= IMAGE_UNUSED;
}

/* ---- the tree ---- */

static void fill_tree(struct images *images)
{
	g_autoptr(GPtrArray) stack = g_ptr_array_new();
	g_autoptr(GPtrArray) roots = g_ptr_array_new();

	for (unsigned i = 0; i < images->order->len; i++) {
		struct image *image = images->order->pdata[i];

		g_ptr_array_sort(image->overlays, compare_images);
		if (!image->base || image->ring_cut)
			g_ptr_array_add(roots, image);
	}
	g_ptr_array_sort(roots, compare_images);
	for (unsigned i = roots->len; i > 0; i--)
		g_ptr_array_add(stack, roots->pdata[i - 1]);
	while (stack->len) {
		struct image *image = g_ptr_array_steal_index(stack, stack->len - 1);

		image->place = images->tree->len;
		g_ptr_array_add(images->tree, image);
		for (unsigned i = image->overlays->len; i > 0; i--)
			g_ptr_array_add(stack, image->overlays->pdata[i - 1]);
	}
}

void images_link(struct images *images)
{
	g_autoptr(GHashTable) colours = g_hash_table_new(g_direct_hash, g_direct_equal);
	unsigned rows = images->order->len;

	for (unsigned i = 0; i < rows; i++)
		add_chain(images, images->order->pdata[i]);
	for (unsigned i = 0; i < images->order->len; i++)
		judge(images->order->pdata[i]);
	for (unsigned i = 0; i < images->order->len; i++)
		settle(colours, images->order->pdata[i]);
	fill_tree(images);
}

struct images *images_of_host(const struct host *host)
{
	struct images *images = images_new();

	for (unsigned i = 0; i < host->pools->len; i++) {
		const struct pool *pool = host->pools->pdata[i];

		for (unsigned j = 0; pool->volumes && j < pool->volumes->len; j++) {
			const struct volume *volume = pool->volumes->pdata[j];
			images_add(images, volume->row, &volume->ref, pool->row->name);
		}
	}
	for (unsigned i = 0; host->files && i < host->files->len; i++)
		images_add(images, host->files->pdata[i], NULL, NULL);
	images_link(images);
	return images;
}

/* ---- asking ---- */

unsigned images_count(const struct images *images)
{
	return images->order->len;
}

const GPtrArray *images_tree(const struct images *images)
{
	return images->tree;
}

const struct image *images_find(const struct images *images, const struct obj_ref *ref)
{
	return g_hash_table_lookup(images->by_ref, ref);
}

const struct image *images_by_key(const struct images *images, const char *key)
{
	return g_hash_table_lookup(images->by_key, key);
}

/* The image and all that stands on it. Owned. */
static GPtrArray *above_of(const struct image *image)
{
	GPtrArray *all = g_ptr_array_new();

	g_ptr_array_add(all, (gpointer)image);
	for (unsigned i = 0; i < all->len; i++) {
		const struct image *at = all->pdata[i];

		g_ptr_array_extend(all, at->overlays, NULL, NULL);
	}
	return all;
}

GPtrArray *images_users(const struct image *image)
{
	g_autoptr(GPtrArray) all = above_of(image);
	GPtrArray *users = g_ptr_array_new();

	for (unsigned i = 0; i < all->len; i++) {
		const struct image *at = all->pdata[i];
		const GPtrArray *uses = at->row ? at->row->uses : NULL;

		for (unsigned j = 0; uses && j < uses->len; j++) {
			const struct volume_use *use = uses->pdata[j];

			if (!(use->flags & USE_BASE))
				g_ptr_array_add(users, (gpointer)use);
		}
	}
	return users;
}

void images_family(const struct image *image, GHashTable *set)
{
	g_autoptr(GPtrArray) above = above_of(image);

	for (unsigned i = 0; i < above->len; i++)
		g_hash_table_add(set, above->pdata[i]);
	while (!image->ring_cut && image->base) {
		image = image->base;
		g_hash_table_add(set, (gpointer)image);
	}
}

static bool last_of_siblings(const struct image *image, GHashTable *shown)
{
	const GPtrArray *siblings = image->base->overlays;

	for (unsigned i = siblings->len; i > 0; i--) {
		const struct image *at = siblings->pdata[i - 1];

		if (at == image)
			return true;
		if (!shown || g_hash_table_contains(shown, at))
			return false;
	}
	return true;
}

char *images_branch(const struct image *image, GHashTable *shown, bool ascii, unsigned max)
{
	static const char *const marks[2][4] = {{"├─ ", "└─ ", "│  ", "   "}, {"|- ", "`- ", "|  ", "   "}};
	g_autoptr(GPtrArray) parts = g_ptr_array_new();
	GString *text = g_string_new(NULL);

	if (!image->depth)
		return g_string_free(text, FALSE);
	for (bool own = true; image->depth && parts->len < max; image = image->base, own = false)
		g_ptr_array_add(parts, (gpointer)marks[ascii][(own ? 0 : 2) + last_of_siblings(image, shown)]);
	for (unsigned i = parts->len; i > 0; i--)
		g_string_append(text, parts->pdata[i - 1]);
	return g_string_free(text, FALSE);
}

unsigned images_above(const struct image *image)
{
	g_autoptr(GPtrArray) all = above_of(image);

	return all->len - 1;
}

/* ---- words ---- */

static const struct {
	enum image_problem problem;
	const char *word, *words;
} problem_words[] = {
        {IMAGE_MISSING, "missing", "it is missing"},
        {IMAGE_BROKEN, "base missing", "its chain is broken: a base is missing"},
        {IMAGE_RING, "ring", "its chain leads back to itself"},
        {IMAGE_UNREADABLE, "unreadable", "libvirt can not read it"},
        {IMAGE_TWO_WRITERS, "two writers", "two guests may write to it"},
        {IMAGE_BASE_WRITABLE, "base writable",
                "others stand on it and a guest may write to it, which destroys them"},
        {IMAGE_NO_FORMAT, "no format", "it does not state the format of its base"},
        {IMAGE_BASE_NEWER, "base changed?", "it was written to after what stands on it: look whether that was meant"},
        {IMAGE_OUTSIDE, "no pool", "it lies in no pool"},
        {IMAGE_UNUSED, "unused", "nobody known uses it"},
};

char *images_problem_words(const struct image *image, bool hints)
{
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; i < G_N_ELEMENTS(problem_words); i++)
		if (image->problems & problem_words[i].problem && (hints || problem_words[i].problem & IMAGE_FAULTS))
			g_string_append_printf(text, "%s%s", text->len ? "; " : "", problem_words[i].words);
	if (image->row && image->row->problem)
		g_string_append_printf(text, " (%s)", image->row->problem);
	return g_string_free(text, FALSE);
}

const char *images_problem_word(const struct image *image)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(problem_words); i++)
		if (image->problems & problem_words[i].problem)
			return problem_words[i].word;
	return "";
}

char *images_user_words(const struct image *image)
{
	const GPtrArray *uses = image->row ? image->row->uses : NULL;
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; uses && i < uses->len; i++) {
		const struct volume_use *use = uses->pdata[i];

		if (!(use->flags & USE_BASE))
			g_string_append_printf(text, "%s%s", text->len ? ", " : "", use->brief);
	}
	if (!text->len && image->overlays->len)
		g_string_append_printf(text, "%u image%s", image->overlays->len, image->overlays->len == 1 ? "" : "s");
	return g_string_free(text, FALSE);
}
