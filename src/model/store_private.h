/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The store's inside, shared by store.c (hosts, lookup, marks), store_objects.c
 * (life of the objects), store_apply.c (messages), store_lists.c (pools,
 * networks, volumes), store_detail.c (rates), store_tasks.c (tasks, journal)
 * and store_events.c (what others did). Main thread.
 */
#ifndef NVIRT_MODEL_STORE_PRIVATE_H
#define NVIRT_MODEL_STORE_PRIVATE_H

#include "nvirt/store.h"

/* Pressure stall counters as last seen. */
struct stall {
	gint64 taken_us; /* monotonic; 0 = none */
	int64_t cpu_us, memory_us, io_us;
};

/* struct host with what only the store needs; `host` first, so that one is the other. */
struct host_entry {
	struct host host;
	GHashTable *guests;   /* uuid (in the guest) -> struct guest * (owned by host.guests) */
	GPtrArray *order;     /* struct guest *, in libvirt's order of the last sample */
	gint64 node_taken_us; /* monotonic, of host.node; 0 = none */
	struct stall stall;
	gint64 usual_us;      /* span of the last two samples that came without a gap */
};

struct pool_entry {
	struct pool pool;
	GHashTable *volumes; /* raw name (in the row) -> struct volume * (owned by pool.volumes) */
};

struct store {
	GPtrArray *hosts; /* struct host_entry * */
	unsigned last_host;
	uint64_t generation, tags_generation;
	unsigned marked;         /* how many objects are; most of the time none */
	GPtrArray *tasks;        /* struct task *, in the order they are shown */
	GHashTable *tasks_by_id; /* id (in the task) -> struct task * (owned by tasks) */
	GHashTable *recent;      /* struct obj_ref * -> struct recent *: the last event shown of it */
	GHashTable *plans;       /* plan_id -> struct plan * */
	struct notice notice;
};

struct host_entry *store_host_entry(const struct store *store, unsigned id);
/* Takes the mark, if any, off an object that goes away. */
void store_unmark(struct store *store, bool *marked);

/* ---- store_objects.c; the `row` of a _new or _set_row is taken, NULL strings in it become "" ---- */
gboolean uuid_equal(gconstpointer a, gconstpointer b);
guint uuid_hash(gconstpointer uuid);
struct guest *guest_new(unsigned host, const struct guest_row *row);
void guest_set_name(struct guest *guest, GRefString *name);
void guest_free(gpointer guest);
void guest_forget_run(struct guest *guest); /* what was known of it: another one, another kernel */
int guest_compare(gconstpointer a, gconstpointer b); /* of a GPtrArray */
struct pool *pool_new(unsigned host, struct pool_row *row);
void pool_set_row(struct pool *pool, struct pool_row *row);
void pool_free(gpointer pool);
int pool_compare(gconstpointer a, gconstpointer b);
struct volume *volume_new(const struct pool *pool, struct volume_row *row);
void volume_set_row(struct volume *volume, struct volume_row *row);
void volume_free(gpointer volume);
int volume_compare(gconstpointer a, gconstpointer b);
struct network *network_new(unsigned host, struct network_row *row);
void network_set_row(struct network *network, struct network_row *row);
void network_free(gpointer network);
int network_compare(gconstpointer a, gconstpointer b);

/* ---- store_lists.c: take the message's rows ---- */
unsigned store_apply_pools(struct store *store, struct host *host, struct msg *msg);
unsigned store_apply_networks(struct store *store, struct host *host, struct msg *msg);
unsigned store_apply_volumes(struct store *store, struct host *host, struct msg *msg);
unsigned store_apply_snapshots(struct store *store, struct host *host, struct msg *msg);
unsigned store_apply_files(struct host *host, struct msg *msg);
/* store_machine.c */
unsigned store_apply_devices(struct host *host, struct msg *msg);
unsigned store_apply_processes(struct host *host, struct msg *msg);

/* ---- store_sample.c ---- */
/* `wall_us` = Unix time minus monotonic. */
unsigned store_apply_sample(struct store *store, struct host_entry *entry, const struct sample *sample, gint64 wall_us);

/* ---- store_detail.c ---- */
/* Keeps a reference; false where a newer one is there. */
/* Takes what is told of it; false where nothing that is shown changed. `guest` may be NULL. */
bool guest_set_traffic(struct guest *guest, const struct guest_traffic *traffic);
bool guest_set_detail(struct guest *guest, struct guest_detail *detail);

/* ---- store_history.c ---- */
/* What a sample just applied brings; `before_us` and `node_before_us` are when the ones before were taken. */
void store_history_sample(struct host_entry *entry, const struct sample *sample, gint64 before_us,
        gint64 node_before_us, gint64 wall_us);
/* The guest's detail has taken the place of `old` (may be NULL). `wall_us` = Unix time minus monotonic. */
void store_history_detail(struct host_entry *entry, const struct guest *guest,
        const struct guest_detail *old, gint64 wall_us);
unsigned store_apply_history(struct host_entry *entry, const GArray *records, gint64 now_unix_us);

/* ---- store_tasks.c ---- */
/* Puts it where it belongs after its start or state changed. */
void store_place_task(struct store *store, struct task *task);
unsigned store_apply_update(struct store *store, const struct task_update *update, gint64 now_unix_us);
unsigned store_apply_record(struct store *store, const struct journal_record *record);
/* The host was lost: nobody knows what its running operations do. */
unsigned store_tasks_lose_host(struct store *store, const struct host *host, gint64 now_unix_us);
/* Ties journalled tasks to the host they ran on; true where one was found. */
bool store_tasks_adopt(struct store *store, const struct host *host);
/* Unties them: the host goes. */
void store_tasks_orphan(struct store *store, unsigned host);

/* ---- store_events.c ---- */
void recent_free(gpointer recent);
/* Shows it as a foreign task, unless one of nvirt's own explains it. */
unsigned store_apply_event(struct store *store, const struct msg *msg, gint64 now_us, gint64 now_unix_us);

#endif
