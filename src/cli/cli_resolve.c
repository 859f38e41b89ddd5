/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names to objects, and near names for those that are not there.
 *
 * Pure: reads the store only.
 */
#include "cli_resolve.h"

#include <stdlib.h>
#include <string.h>

#include "nvirt/text.h"

#define NEAR_MAX 3
#define NEAR_DISTANCE 3

/* One object as the search sees it. */
struct candidate {
	const struct obj_ref *ref;
	const char *raw, *name, *fold;
	int id; /* of an active guest, else -1 */
};

struct search {
	const char *word;
	char *fold;
	uint8_t uuid[16];
	bool is_uuid;
	const char *where; /* "on 'host'": for messages */
	int id;          /* -1 = the word is no number */
	GPtrArray *hits; /* const struct candidate *, different objects */
	GArray *all;     /* struct candidate */
};

static void add_volumes(GArray *all, const struct pool *pool)
{
	for (unsigned i = 0; pool->volumes && i < pool->volumes->len; i++) {
		const struct volume *volume = pool->volumes->pdata[i];
		struct candidate one = {&volume->ref, volume->row->raw, volume->row->name, volume->fold, -1};

		g_array_append_val(all, one);
	}
}

static void add_pools(GArray *all, const struct host *host)
{
	for (unsigned i = 0; i < host->pools->len; i++) {
		const struct pool *pool = host->pools->pdata[i];
		struct candidate one = {&pool->ref, NULL, pool->row->name, pool->fold, -1};

		g_array_append_val(all, one);
	}
}

static void add_networks(GArray *all, const struct host *host)
{
	for (unsigned i = 0; i < host->networks->len; i++) {
		const struct network *network = host->networks->pdata[i];
		struct candidate one = {&network->ref, NULL, network->row->name, network->fold, -1};

		g_array_append_val(all, one);
	}
}

static void add_guests(GArray *all, const struct host *host)
{
	for (unsigned i = 0; i < host->guests->len; i++) {
		const struct guest *guest = host->guests->pdata[i];
		struct candidate one = {&guest->ref, guest->raw, guest->name, guest->fold, guest->id};

		g_array_append_val(all, one);
	}
}

static bool matches(const struct search *search, const struct candidate *one)
{
	if (one->raw && g_str_equal(one->raw, search->word))
		return true;
	if (g_str_equal(one->name, search->word))
		return true;
	if (search->is_uuid && one->ref->kind != OBJ_VOLUME && one->ref->kind != OBJ_SNAPSHOT &&
	        !memcmp(one->ref->uuid, search->uuid, 16))
		return true;
	return search->id >= 0 && one->id == search->id;
}

static int parse_id(const char *word)
{
	char *end = NULL;
	long id;

	if (!g_ascii_isdigit(word[0]))
		return -1;
	id = strtol(word, &end, 10);
	return *end || id > G_MAXINT ? -1 : (int)id;
}

unsigned cli_edit_distance(const char *a, const char *b, unsigned limit)
{
	glong a_len = 0, b_len = 0;
	g_autofree gunichar *from = g_utf8_to_ucs4_fast(a, -1, &a_len);
	g_autofree gunichar *to = g_utf8_to_ucs4_fast(b, -1, &b_len);
	g_autofree unsigned *rows = NULL;
	gsize stride = (gsize)b_len + 1;

	if ((unsigned)labs(a_len - b_len) > limit)
		return limit + 1;
	rows = g_new0(unsigned, stride *((gsize)a_len + 1));
	for (glong i = 0; i <= a_len; i++) {
		for (glong j = 0; j <= b_len; j++) {
			unsigned *cell = &rows[(gsize)i * stride + (gsize)j];

			if (!i || !j) {
				*cell = (unsigned)(i + j);
				continue;
			}
			*cell = MIN(cell[-1], cell[-(gssize)stride]) + 1;
			*cell = MIN(*cell, cell[-(gssize)stride - 1] + (from[i - 1] != to[j - 1]));
			if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
				*cell = MIN(*cell, cell[-2 * (gssize)stride - 2] + 1);
		}
	}
	return MIN(rows[(gsize)a_len * stride + (gsize)b_len], limit + 1);
}

/* 0 = the same but for case; a part of the name counts as near, too. */
static unsigned distance(const struct search *search, const struct candidate *one)
{
	glong letters = g_utf8_strlen(search->fold, -1);
	unsigned limit = (unsigned)CLAMP(letters / 3, 1, NEAR_DISTANCE);
	unsigned far = cli_edit_distance(search->fold, one->fold, limit);

	if (far <= limit)
		return far;
	if (letters >= 2 && strstr(one->fold, search->fold))
		return NEAR_DISTANCE;
	return G_MAXUINT;
}

static char *near_names(const struct search *search)
{
	g_autoptr(GString) names = g_string_new(NULL);
	unsigned found = 0;

	for (unsigned wanted = 0; wanted <= NEAR_DISTANCE; wanted++) {
		for (unsigned i = 0; i < search->all->len && found < NEAR_MAX; i++) {
			const struct candidate *one = &g_array_index(search->all, struct candidate, i);

			if (distance(search, one) != wanted)
				continue;
			g_string_append_printf(names, "%s'%s'", found ? ", " : "", one->name);
			found++;
		}
	}
	return found ? g_strdup(names->str) : NULL;
}

static void fail_unknown(const struct search *search, enum obj_kind kind, GError **error)
{
	g_autofree char *clean = text_clean(search->word, -1);
	g_autofree char *near = near_names(search);

	g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "no %s '%s' %s%s%s%s",
	        obj_kind_word(kind), clean, search->where, near ? ": did you mean " : "", near ? near : "",
	        near ? "?" : "");
}

static void fail_ambiguous(const struct search *search, enum obj_kind kind, GError **error)
{
	g_autofree char *clean = text_clean(search->word, -1);
	g_autoptr(GString) list = g_string_new(NULL);

	for (unsigned i = 0; i < search->hits->len; i++) {
		const struct candidate *one = search->hits->pdata[i];
		char uuid[37];

		uuid_format(one->ref->uuid, uuid);
		g_string_append_printf(list, "%s'%s' (%s)", i ? ", " : "", one->name, uuid);
	}
	if (kind == OBJ_SNAPSHOT) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		        "'%s' means more than one snapshot %s: give the name letter by letter", clean, search->where);
		return;
	}
	g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
	        "'%s' means more than one %s: %s: give the UUID", clean, obj_kind_word(kind), list->str);
}

static bool search_run(struct search *search, enum obj_kind kind, const char *word, struct obj_ref *ret_ref,
        GError **error)
{
	search->word = word;
	g_autofree char *clean = text_clean(word, -1);
	search->fold = text_fold(clean);
	search->is_uuid = uuid_parse(word, search->uuid);
	search->id = parse_id(word);
	for (unsigned i = 0; i < search->all->len; i++) {
		struct candidate *one = &g_array_index(search->all, struct candidate, i);

		if (matches(search, one))
			g_ptr_array_add(search->hits, one);
	}
	if (search->hits->len == 0)
		fail_unknown(search, kind, error);
	else if (search->hits->len > 1)
		fail_ambiguous(search, kind, error);
	else
		*ret_ref = *((const struct candidate *)search->hits->pdata[0])->ref;
	g_free(search->fold);
	return search->hits->len == 1;
}

static bool collect(
        GArray *all, const struct host *host, enum obj_kind kind, const char **word, GError **error);

bool cli_resolve(const struct host *host, enum obj_kind kind, const char *word, struct obj_ref *ret_ref,
        GError **error)
{
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(struct candidate));
	g_autoptr(GPtrArray) hits = g_ptr_array_new();
	g_autofree char *where = g_strdup_printf("on '%s'", host->name);
	struct search search = {.all = all, .hits = hits, .where = where};

	if (kind == OBJ_HOST) {
		*ret_ref = host->ref;
		return true;
	}
	return collect(all, host, kind, &word, error) &&
	       search_run(&search, kind, word, ret_ref, error);
}

/* Pool names hold no '/', volume names may. */
static bool collect_volumes(GArray *all, const struct host *host, const char **word, GError **error)
{
	const char *slash = strchr(*word, '/');
	struct obj_ref ref;

	if (!slash) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		        "a volume is named by its pool and its name: POOL/VOLUME");
		return false;
	}
	g_autofree char *pool = g_strndup(*word, (gsize)(slash - *word));
	if (!cli_resolve(host, OBJ_POOL, pool, &ref, error))
		return false;
	for (unsigned i = 0; i < host->pools->len; i++) {
		const struct pool *one = host->pools->pdata[i];

		if (obj_ref_equal(&one->ref, &ref))
			add_volumes(all, one);
	}
	*word = slash + 1;
	return true;
}

static bool collect(
        GArray *all, const struct host *host, enum obj_kind kind, const char **word, GError **error)
{
	switch (kind) {
	case OBJ_GUEST:
		add_guests(all, host);
		break;
	case OBJ_POOL:
		add_pools(all, host);
		break;
	case OBJ_NETWORK:
		add_networks(all, host);
		break;
	case OBJ_VOLUME:
		return collect_volumes(all, host, word, error);
	case OBJ_SNAPSHOT:
	case OBJ_NONE:
	case OBJ_HOST:
	case OBJ_TASK:
	case OBJ_N:
		break;
	}
	return true;
}

static bool add_snapshots(GArray *all, const struct guest *guest, const char *word, struct obj_ref *ret_ref)
{
	for (unsigned i = 0; guest->snapshots && i < guest->snapshots->len; i++) {
		const struct snapshot *snapshot = guest->snapshots->pdata[i];
		struct candidate one = {&snapshot->ref, snapshot->row->raw, snapshot->row->name, NULL, -1};

		if (g_str_equal(snapshot->row->raw, word)) {
			*ret_ref = snapshot->ref;
			return true;
		}
		one.fold = text_fold(snapshot->row->name);
		g_array_append_val(all, one);
	}
	return false;
}

/* The exact name wins: two that look alike when cleaned can still be told apart. */
bool cli_resolve_snapshot(const struct guest *guest, const char *word, struct obj_ref *ret_ref, GError **error)
{
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(struct candidate));
	g_autoptr(GPtrArray) hits = g_ptr_array_new();
	g_autofree char *where = g_strdup_printf("of guest '%s'", guest->name);
	struct search search = {.all = all, .hits = hits, .where = where};
	bool found = add_snapshots(all, guest, word, ret_ref) ||
	             search_run(&search, OBJ_SNAPSHOT, word, ret_ref, error);

	for (unsigned i = 0; i < all->len; i++)
		g_free((gpointer)g_array_index(all, struct candidate, i).fold);
	return found;
}
