/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The life and order of the store's objects: guests, pools, volumes, networks. Main thread. */
#include "store_private.h"

#include "nvirt/text.h"

#include <string.h>

gboolean uuid_equal(gconstpointer a, gconstpointer b)
{
	return memcmp(a, b, 16) == 0;
}

guint uuid_hash(gconstpointer uuid)
{
	guint32 words[4];

	memcpy(words, uuid, sizeof words);
	return words[0] ^ words[1] * 31 ^ words[2] * 131 ^ words[3];
}

static struct obj_ref make_ref(enum obj_kind kind, unsigned host, const uint8_t uuid[16])
{
	struct obj_ref ref = {.kind = kind, .host = host};

	memcpy(ref.uuid, uuid, sizeof ref.uuid);
	return ref;
}

/* By the folded name, so that case does not part neighbours; then by whatever makes it total. */
static int compare_names(const char *fold_a, const char *fold_b, const char *a, const char *b)
{
	int order = text_compare(fold_a, fold_b);

	return order ? order : strcmp(a, b);
}

static void fill(char **field)
{
	if (!*field)
		*field = g_strdup("");
}

/* ---- guests ---- */

struct guest *guest_new(unsigned host, const struct guest_row *row)
{
	struct guest *guest = g_new0(struct guest, 1);

	guest->ref = make_ref(OBJ_GUEST, host, row->uuid);
	guest->id = -1;
	guest->state = row->state;
	guest->cpu_pct = -1;
	guest->rd_bps = guest->wr_bps = guest->rx_bps = guest->tx_bps = -1;
	guest->rd_iops = guest->wr_iops = -1;
	guest->disk_rates = g_array_new(FALSE, TRUE, 4 * sizeof(double));
	guest->nic_rates = g_array_new(FALSE, TRUE, 2 * sizeof(double));
	return guest;
}

void guest_set_name(struct guest *guest, GRefString *name)
{
	g_ref_string_acquire(name);
	g_clear_pointer(&guest->name, g_ref_string_release);
	guest->name = name;
	g_free(guest->fold);
	guest->fold = text_fold(name);
}

void guest_forget_run(struct guest *guest)
{
	memset(guest->signs, 0, sizeof guest->signs);
	guest->sign = SIGN_NONE;
	guest->reset_us = guest->reset_unix_us = 0;
}

void guest_free(gpointer data)
{
	struct guest *guest = data;

	guest_traffic_free(guest->traffic);
	g_clear_pointer(&guest->name, g_ref_string_release);
	g_clear_pointer(&guest->raw, g_ref_string_release);
	g_clear_pointer(&guest->tags, g_ref_string_release);
	g_clear_pointer(&guest->title, g_ref_string_release);
	g_free(guest->fold);
	g_free(guest->stuck_why);
	guest_detail_unref(guest->detail);
	g_array_unref(guest->disk_rates);
	g_array_unref(guest->nic_rates);
	if (guest->snapshots)
		g_ptr_array_unref(guest->snapshots);
	g_free(guest);
}

int guest_compare(gconstpointer a, gconstpointer b)
{
	const struct guest *x = *(struct guest *const *)a, *y = *(struct guest *const *)b;
	int order = compare_names(x->fold, y->fold, x->name, y->name);

	return order ? order : memcmp(x->ref.uuid, y->ref.uuid, sizeof x->ref.uuid);
}

/* ---- pools ---- */

struct pool *pool_new(unsigned host, struct pool_row *row)
{
	struct pool_entry *entry = g_new0(struct pool_entry, 1);

	entry->pool.ref = make_ref(OBJ_POOL, host, row->uuid);
	entry->volumes = g_hash_table_new(g_str_hash, g_str_equal);
	pool_set_row(&entry->pool, row);
	return &entry->pool;
}

void pool_set_row(struct pool *pool, struct pool_row *row)
{
	fill(&row->name);
	fill(&row->type);
	fill(&row->path);
	pool_row_free(pool->row);
	pool->row = row;
	g_free(pool->fold);
	pool->fold = text_fold(row->name);
}

void pool_free(gpointer data)
{
	struct pool_entry *entry = data;

	g_hash_table_unref(entry->volumes);
	if (entry->pool.volumes)
		g_ptr_array_unref(entry->pool.volumes);
	pool_row_free(entry->pool.row);
	g_free(entry->pool.fold);
	g_free(entry);
}

int pool_compare(gconstpointer a, gconstpointer b)
{
	const struct pool *x = *(struct pool *const *)a, *y = *(struct pool *const *)b;
	int order = compare_names(x->fold, y->fold, x->row->name, y->row->name);

	return order ? order : memcmp(x->ref.uuid, y->ref.uuid, sizeof x->ref.uuid);
}

/* ---- volumes ---- */

struct volume *volume_new(const struct pool *pool, struct volume_row *row)
{
	struct volume *volume = g_new0(struct volume, 1);

	volume->ref = make_ref(OBJ_VOLUME, pool->ref.host, pool->ref.uuid);
	volume->ref.name = row->raw;
	volume_set_row(volume, row);
	return volume;
}

void volume_set_row(struct volume *volume, struct volume_row *row)
{
	fill(&row->name);
	fill(&row->path);
	fill(&row->format);
	fill(&row->backing);
	fill(&row->backing_format);
	fill(&row->used_by);
	volume_row_free(volume->row);
	volume->row = row;
	g_free(volume->fold);
	volume->fold = text_fold(row->name);
}

void volume_free(gpointer data)
{
	struct volume *volume = data;

	volume_row_free(volume->row);
	g_free(volume->fold);
	g_free(volume);
}

int volume_compare(gconstpointer a, gconstpointer b)
{
	const struct volume *x = *(struct volume *const *)a, *y = *(struct volume *const *)b;
	int order = compare_names(x->fold, y->fold, x->row->name, y->row->name);

	return order ? order : strcmp(x->ref.name, y->ref.name);
}

/* ---- networks ---- */

struct network *network_new(unsigned host, struct network_row *row)
{
	struct network *network = g_new0(struct network, 1);

	network->ref = make_ref(OBJ_NETWORK, host, row->uuid);
	network_set_row(network, row);
	return network;
}

void network_set_row(struct network *network, struct network_row *row)
{
	fill(&row->name);
	fill(&row->bridge);
	fill(&row->forward);
	fill(&row->domain);
	fill(&row->addresses);
	fill(&row->dhcp);
	network_row_free(network->row);
	network->row = row;
	g_free(network->fold);
	network->fold = text_fold(row->name);
}

void network_free(gpointer data)
{
	struct network *network = data;

	network_row_free(network->row);
	g_free(network->fold);
	g_free(network);
}

int network_compare(gconstpointer a, gconstpointer b)
{
	const struct network *x = *(struct network *const *)a, *y = *(struct network *const *)b;
	int order = compare_names(x->fold, y->fold, x->row->name, y->row->name);

	return order ? order : memcmp(x->ref.uuid, y->ref.uuid, sizeof x->ref.uuid);
}
