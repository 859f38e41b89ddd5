/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a round of the checks leaves to the next: see health_cache.h. */
#include "backend/health_cache.h"

#include <string.h>

/* Of those that nothing told of a change, so many a round are read again when they are that old. */
#define AGAIN_MAX 16
#define AGAIN_US (60 * G_USEC_PER_SEC)

/* In what state a guest of the box was read, and when. */
struct kept {
	uint8_t uuid[16];
	uint32_t serial;
	gint64 read_us; /* monotonic */
};

struct header {
	bool stated;
	gint64 read_us;
};

struct health_cache {
	struct check_objects *objects; /* of the last round; NULL = there was none */
	GHashTable *rows;              /* uuid -> its row in `objects`, both borrowed from there */
	GHashTable *kept, *next;       /* uuid -> struct kept: of `objects`, of the round under way */
	unsigned again, usage_again;   /* read again in this round although nothing told */
	struct usage *usage;
	struct volumes *volumes;
	GHashTable *headers; /* "key\nbase" -> struct header */
};

static guint uuid_hash(gconstpointer uuid)
{
	guint hash;

	memcpy(&hash, uuid, sizeof(hash));
	return hash;
}

static gboolean uuid_equal(gconstpointer a, gconstpointer b)
{
	return memcmp(a, b, 16) == 0;
}

static GHashTable *new_kept(void)
{
	/* The key is the value's first member. */
	return g_hash_table_new_full(uuid_hash, uuid_equal, NULL, g_free);
}

struct health_cache *health_cache_new(bool local)
{
	struct health_cache *cache = g_new0(struct health_cache, 1);

	cache->rows = g_hash_table_new(uuid_hash, uuid_equal);
	cache->kept = new_kept();
	cache->next = new_kept();
	cache->usage = usage_new(local);
	cache->volumes = volumes_new();
	cache->headers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return cache;
}

void health_cache_free(struct health_cache *cache)
{
	if (cache == NULL)
		return;
	g_hash_table_unref(cache->rows);
	g_hash_table_unref(cache->kept);
	g_hash_table_unref(cache->next);
	check_objects_unref(cache->objects);
	volumes_free(cache->volumes);
	usage_free(cache->usage);
	g_hash_table_unref(cache->headers);
	g_free(cache);
}

/* ---- definitions ------------------------------------------------------------ */

const struct check_guest *health_cache_guest(
        struct health_cache *cache, const struct check_guest *guest, uint32_t serial)
{
	const struct kept *kept = g_hash_table_lookup(cache->kept, guest->uuid);
	const struct check_guest *row = g_hash_table_lookup(cache->rows, guest->uuid);

	if (serial == 0 || kept == NULL || row == NULL || kept->serial != serial ||
	        row->active != guest->active || (row->snapshots > 0) != (guest->snapshots > 0) ||
	        *row->unread != '\0')
		return NULL;
	if (cache->again < AGAIN_MAX && g_get_monotonic_time() - kept->read_us > AGAIN_US) {
		cache->again++;
		return NULL;
	}
	return row;
}

void health_cache_note(struct health_cache *cache, const struct check_guest *guest, uint32_t serial, bool anew)
{
	const struct kept *before = g_hash_table_lookup(cache->kept, guest->uuid);
	struct kept *kept = g_new(struct kept, 1);

	memcpy(kept->uuid, guest->uuid, sizeof(kept->uuid));
	kept->serial = serial;
	kept->read_us = anew || before == NULL ? g_get_monotonic_time() : before->read_us;
	g_hash_table_replace(cache->next, kept->uuid, kept);
}

void health_cache_keep(struct health_cache *cache, struct check_objects *objects)
{
	GHashTable *done = cache->kept;

	g_hash_table_remove_all(cache->rows);
	check_objects_unref(cache->objects);
	cache->objects = check_objects_ref(objects);
	for (guint i = 0; i < objects->guests->len; i++) {
		struct check_guest *guest = &g_array_index(objects->guests, struct check_guest, i);

		g_hash_table_insert(cache->rows, guest->uuid, guest);
	}
	cache->kept = cache->next;
	cache->next = done;
	g_hash_table_remove_all(cache->next);
	cache->again = cache->usage_again = 0;
}

/* ---- images ----------------------------------------------------------------- */

struct usage *health_cache_usage(struct health_cache *cache)
{
	return cache->usage;
}

struct volumes *health_cache_volumes(struct health_cache *cache)
{
	return cache->volumes;
}

bool health_cache_knows_usage(struct health_cache *cache, const struct usage_guest *guest)
{
	gint64 age_us = g_get_monotonic_time() - usage_read_us(cache->usage, guest->uuid);

	if (guest->serial == 0 || !usage_knows(cache->usage, guest))
		return false;
	if (cache->usage_again >= AGAIN_MAX || age_us <= AGAIN_US)
		return true;
	cache->usage_again++;
	return false;
}

int health_cache_stated(const struct health_cache *cache, const char *key, const char *base)
{
	g_autofree char *name = g_strdup_printf("%s\n%s", key, base);
	const struct header *header = g_hash_table_lookup(cache->headers, name);

	if (header == NULL || g_get_monotonic_time() - header->read_us > HEALTH_VOLUMES_OLD_US)
		return -1;
	return header->stated;
}

/* Those of images that are gone. */
static gboolean is_old(gpointer key, gpointer value, gpointer data)
{
	(void)key, (void)data;
	return g_get_monotonic_time() - ((const struct header *)value)->read_us > HEALTH_VOLUMES_OLD_US;
}

void health_cache_note_stated(struct health_cache *cache, const char *key, const char *base, bool stated)
{
	struct header *header = g_new(struct header, 1);

	g_hash_table_foreach_remove(cache->headers, is_old, NULL);
	*header = (struct header){.stated = stated, .read_us = g_get_monotonic_time()};
	g_hash_table_replace(cache->headers, g_strdup_printf("%s\n%s", key, base), header);
}
