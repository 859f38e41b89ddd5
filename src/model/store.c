/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The store: hosts, looking objects up, marks, ages, filter. Main thread. */
#define _GNU_SOURCE /* memmem() */
#include "store_private.h"

#include "nvirt/text.h"

#include <string.h>

#define REFRESH_MS_DEFAULT 2000
#define STALE_TICKS 3

/* ---- life ---- */

static void host_free(gpointer data)
{
	struct host_entry *entry = data;
	struct host *host = &entry->host;

	g_hash_table_unref(entry->guests);
	g_ptr_array_unref(entry->order);
	g_ptr_array_unref(host->guests);
	g_ptr_array_unref(host->pools);
	g_ptr_array_unref(host->networks);
	g_clear_pointer(&host->files, g_ptr_array_unref);
	g_clear_pointer(&host->devices, g_ptr_array_unref);
	g_clear_pointer(&host->processes, g_ptr_array_unref);
	history_free(host->history);
	node_detail_free(host->node_detail);
	node_rates_fini(&host->node_rates);
	health_free(host->health);
	g_free(host->health_error);
	check_report_free(host->report);
	host_status_unref(host->status);
	g_free(host->asked_uri);
	g_free(host->name);
	g_free(entry);
}

static void free_plan(gpointer plan)
{
	plan_free(plan);
}

static void free_task(gpointer task)
{
	task_free(task);
}

static guint hash_ref(gconstpointer ref)
{
	return obj_ref_hash(ref);
}

static gboolean equal_ref(gconstpointer a, gconstpointer b)
{
	return obj_ref_equal(a, b);
}

struct store *store_new(void)
{
	struct store *store = g_new0(struct store, 1);

	store->hosts = g_ptr_array_new_with_free_func(host_free);
	store->tasks = g_ptr_array_new_with_free_func(free_task);
	store->tasks_by_id = g_hash_table_new(g_str_hash, g_str_equal);
	store->recent = g_hash_table_new_full(hash_ref, equal_ref, g_free, recent_free);
	store->plans = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, free_plan);
	return store;
}

void store_free(struct store *store)
{
	if (!store)
		return;
	g_hash_table_unref(store->plans);
	g_hash_table_unref(store->recent);
	g_hash_table_unref(store->tasks_by_id);
	g_ptr_array_unref(store->tasks);
	g_ptr_array_unref(store->hosts);
	g_free(store->notice.text);
	g_free(store);
}

uint64_t store_generation(const struct store *store)
{
	return store->generation;
}

uint64_t store_tags_generation(const struct store *store)
{
	return store->tags_generation;
}

/* ---- hosts ---- */

struct host *store_add_host(struct store *store, const char *uri, bool readonly)
{
	struct host_entry *entry = g_new0(struct host_entry, 1);
	struct host *host = &entry->host;

	entry->guests = g_hash_table_new(uuid_hash, uuid_equal);
	entry->order = g_ptr_array_new();
	host->id = ++store->last_host;
	host->ref = (struct obj_ref){.kind = OBJ_HOST, .host = host->id};
	host->asked_uri = g_strdup(uri ? uri : "");
	host->name = *host->asked_uri ? text_clean(uri, -1) : g_strdup("default");
	host->readonly_asked = readonly;
	host->status = host_status_new();
	host->guests = g_ptr_array_new_with_free_func(guest_free);
	host->pools = g_ptr_array_new_with_free_func(pool_free);
	host->networks = g_ptr_array_new_with_free_func(network_free);
	host->cpu_pct = -1;
	node_sample_clear(&host->node);
	node_rates_init(&host->node_rates);
	host->history = history_new();
	host->health = g_new0(struct health, 1);
	g_ptr_array_add(store->hosts, entry);
	store->generation++;
	return host;
}

struct host_entry *store_host_entry(const struct store *store, unsigned id)
{
	for (unsigned i = 0; i < store->hosts->len; i++) {
		struct host_entry *entry = store->hosts->pdata[i];

		if (entry->host.id == id)
			return entry;
	}
	return NULL;
}

/* ---- marks ---- */

void store_unmark(struct store *store, bool *marked)
{
	if (*marked)
		store->marked--;
	*marked = false;
}

/* Every object that can be marked, in the order of the tree. */
static void host_foreach_mark(struct host *host,
        void (*each)(const struct obj_ref *ref, bool *marked, void *data), void *data)
{
	each(&host->ref, &host->marked, data);
	for (unsigned i = 0; i < host->guests->len; i++) {
		struct guest *guest = host->guests->pdata[i];

		each(&guest->ref, &guest->marked, data);
		for (unsigned j = 0; guest->snapshots && j < guest->snapshots->len; j++) {
			struct snapshot *snapshot = guest->snapshots->pdata[j];

			each(&snapshot->ref, &snapshot->marked, data);
		}
	}
	for (unsigned i = 0; i < host->pools->len; i++) {
		struct pool *pool = host->pools->pdata[i];

		each(&pool->ref, &pool->marked, data);
		for (unsigned j = 0; pool->volumes && j < pool->volumes->len; j++) {
			struct volume *volume = pool->volumes->pdata[j];

			each(&volume->ref, &volume->marked, data);
		}
	}
	for (unsigned i = 0; i < host->networks->len; i++) {
		struct network *network = host->networks->pdata[i];

		each(&network->ref, &network->marked, data);
	}
}

static void unmark_each(const struct obj_ref *ref G_GNUC_UNUSED, bool *marked, void *data)
{
	store_unmark(data, marked);
}

void store_clear_marks(struct store *store)
{
	for (unsigned i = 0; store->marked && i < store->hosts->len; i++)
		host_foreach_mark(&((struct host_entry *)store->hosts->pdata[i])->host, unmark_each, store);
}

struct collect {
	enum obj_kind kind;
	GArray *refs;
};

static void collect_each(const struct obj_ref *ref, bool *marked, void *data)
{
	struct collect *collect = data;

	if (*marked && (collect->kind == OBJ_NONE || collect->kind == ref->kind))
		g_array_append_val(collect->refs, *ref);
}

GArray *store_marks(const struct store *store, enum obj_kind kind)
{
	struct collect collect = {kind, g_array_new(FALSE, FALSE, sizeof(struct obj_ref))};

	for (unsigned i = 0; store->marked && i < store->hosts->len; i++)
		host_foreach_mark(
		        &((struct host_entry *)store->hosts->pdata[i])->host, collect_each, &collect);
	return collect.refs;
}

/* Where the mark of an object is kept; NULL for what is gone or can not be marked. */
static bool *find_mark(const struct store *store, const struct obj_ref *ref)
{
	struct host *host;
	struct guest *guest;
	struct pool *pool;
	struct volume *volume;
	struct snapshot *snapshot;
	struct network *network;

	switch (ref->kind) {
	case OBJ_HOST:
		return (host = store_host(store, ref->host)) ? &host->marked : NULL;
	case OBJ_GUEST:
		return (guest = store_guest(store, ref)) ? &guest->marked : NULL;
	case OBJ_POOL:
		return (pool = store_pool(store, ref)) ? &pool->marked : NULL;
	case OBJ_VOLUME:
		return (volume = store_volume(store, ref)) ? &volume->marked : NULL;
	case OBJ_NETWORK:
		return (network = store_network(store, ref)) ? &network->marked : NULL;
	case OBJ_SNAPSHOT:
		return (snapshot = store_snapshot(store, ref)) ? &snapshot->marked : NULL;
	case OBJ_NONE:
	case OBJ_TASK:
	case OBJ_N:
		break;
	}
	return NULL;
}

void store_set_mark(struct store *store, const struct obj_ref *ref, bool on)
{
	bool *marked = find_mark(store, ref);

	if (!marked || *marked == on)
		return;
	*marked = on;
	store->marked += on ? 1u : -1u;
}

bool store_marked(const struct store *store, const struct obj_ref *ref)
{
	const bool *marked = store->marked ? find_mark(store, ref) : NULL;

	return marked && *marked;
}

void store_name_host(struct store *store, unsigned id, const char *name)
{
	struct host *host = store_host(store, id);

	if (!host || !name || !*name)
		return;
	g_free(host->name);
	host->name = g_strdup(name);
	host->named = true;
	store->generation++;
}

void store_remove_host(struct store *store, unsigned id)
{
	struct host_entry *entry = store_host_entry(store, id);

	if (!entry)
		return;
	host_foreach_mark(&entry->host, unmark_each, store);
	store_tasks_orphan(store, id);
	g_ptr_array_remove(store->hosts, entry);
	store->generation++;
}

/* ---- lookup ---- */

unsigned store_host_count(const struct store *store)
{
	return store->hosts->len;
}

struct host *store_host_at(const struct store *store, unsigned index)
{
	struct host_entry *entry = index < store->hosts->len ? store->hosts->pdata[index] : NULL;

	return entry ? &entry->host : NULL;
}

struct host *store_host(const struct store *store, unsigned id)
{
	struct host_entry *entry = store_host_entry(store, id);

	return entry ? &entry->host : NULL;
}

struct guest *store_guest(const struct store *store, const struct obj_ref *ref)
{
	struct host_entry *entry = ref->kind == OBJ_GUEST ? store_host_entry(store, ref->host) : NULL;

	return entry ? g_hash_table_lookup(entry->guests, ref->uuid) : NULL;
}

gint64 store_reset_us(const struct store *store, const struct obj_ref *ref)
{
	const struct guest *guest = store_guest(store, ref);

	return guest ? guest->reset_us : 0;
}

static struct pool *find_pool(const struct store *store, const struct obj_ref *ref)
{
	struct host *host = store_host(store, ref->host);

	for (unsigned i = 0; host && i < host->pools->len; i++) {
		struct pool *pool = host->pools->pdata[i];

		if (uuid_equal(pool->ref.uuid, ref->uuid))
			return pool;
	}
	return NULL;
}

struct pool *store_pool(const struct store *store, const struct obj_ref *ref)
{
	return ref->kind == OBJ_POOL ? find_pool(store, ref) : NULL;
}

struct volume *store_volume(const struct store *store, const struct obj_ref *ref)
{
	struct pool *pool = ref->kind == OBJ_VOLUME && ref->name ? find_pool(store, ref) : NULL;

	return pool ? g_hash_table_lookup(((struct pool_entry *)pool)->volumes, ref->name) : NULL;
}

struct snapshot *store_snapshot(const struct store *store, const struct obj_ref *ref)
{
	struct obj_ref owner = {OBJ_GUEST, ref->host, {0}, NULL};

	memcpy(owner.uuid, ref->uuid, sizeof(owner.uuid));
	const struct guest *guest = ref->kind == OBJ_SNAPSHOT ? store_guest(store, &owner) : NULL;
	for (unsigned i = 0; guest && guest->snapshots && i < guest->snapshots->len; i++) {
		struct snapshot *snapshot = guest->snapshots->pdata[i];

		if (snapshot->ref.name == ref->name)
			return snapshot;
	}
	return NULL;
}

struct network *store_network(const struct store *store, const struct obj_ref *ref)
{
	struct host *host = ref->kind == OBJ_NETWORK ? store_host(store, ref->host) : NULL;

	for (unsigned i = 0; host && i < host->networks->len; i++) {
		struct network *network = host->networks->pdata[i];

		if (uuid_equal(network->ref.uuid, ref->uuid))
			return network;
	}
	return NULL;
}

/* Name of what is there, or NULL. */
static const char *find_name(const struct store *store, const struct obj_ref *ref)
{
	const struct host *host;
	const struct guest *guest;
	const struct pool *pool;
	const struct volume *volume;
	const struct network *network;
	const struct snapshot *snapshot;
	const struct task *task;

	switch (ref->kind) {
	case OBJ_HOST:
		return (host = store_host(store, ref->host)) ? host->name : NULL;
	case OBJ_GUEST:
		return (guest = store_guest(store, ref)) ? guest->name : NULL;
	case OBJ_POOL:
		return (pool = store_pool(store, ref)) ? pool->row->name : NULL;
	case OBJ_VOLUME:
		return (volume = store_volume(store, ref)) ? volume->row->name : NULL;
	case OBJ_NETWORK:
		return (network = store_network(store, ref)) ? network->row->name : NULL;
	case OBJ_SNAPSHOT:
		return (snapshot = store_snapshot(store, ref)) ? snapshot->row->name : NULL;
	case OBJ_TASK:
		return ref->name && (task = store_task(store, ref->name)) ? task->verb : NULL;
	case OBJ_NONE:
	case OBJ_N:
		break;
	}
	return NULL;
}

bool store_has(const struct store *store, const struct obj_ref *ref)
{
	return find_name(store, ref) != NULL;
}

const char *store_name(const struct store *store, const struct obj_ref *ref)
{
	const char *name = find_name(store, ref);

	return name ? name : "";
}

/* ---- the rest ---- */

const struct notice *store_notice(const struct store *store)
{
	return store->notice.text ? &store->notice : NULL;
}

void store_set_notice(struct store *store, enum level level, const char *text, gint64 now_us)
{
	char *copy = g_strdup(text);

	g_free(store->notice.text);
	store->notice = (struct notice){level, copy, now_us};
}

struct plan *store_take_plan(struct store *store, unsigned plan_id)
{
	gpointer plan = NULL;

	g_hash_table_steal_extended(store->plans, GUINT_TO_POINTER(plan_id), NULL, &plan);
	return plan;
}

gint64 store_host_stale_ms(
        const struct store *store G_GNUC_UNUSED, const struct host *host, unsigned refresh_ms, gint64 now_us)
{
	bool up = host->status->link == HOST_UP;
	gint64 limit_ms = (gint64)STALE_TICKS * (refresh_ms ? refresh_ms : REFRESH_MS_DEFAULT);
	gint64 from_us = host->sample_us, age_ms;

	if (up) /* a connection just made is given its first ticks */
		from_us = MAX(from_us, host->status->since_us);
	if (!from_us)
		return -1;
	age_ms = MAX(now_us - from_us, 0) / 1000;
	if (up && age_ms < limit_ms)
		return -1;
	return host->sample_us ? MAX(now_us - host->sample_us, 0) / 1000 : age_ms;
}

bool filter_match(const char *fold, const char *filter_fold)
{
	size_t len = strlen(fold);

	for (const char *word = filter_fold + strspn(filter_fold, " "); *word;) {
		size_t n = strcspn(word, " ");

		if (!memmem(fold, len, word, n))
			return false;
		word += n;
		word += strspn(word, " ");
	}
	return true;
}
