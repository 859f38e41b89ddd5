/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The store: one message in, the set of what it changed out. Main thread. */
#include "store_private.h"

#include <string.h>

/* Plans nobody came for (the dialog was closed) are few and small, but not for ever. */
#define PLANS_MAX 16

/* ---- hosts ---- */

static bool set_host_name(struct host *host)
{
	const char *name = host->status->hostname;

	if (!name || !*name)
		name = *host->asked_uri ? NULL : host->status->uri;
	/* A name that the user gave stays. */
	if (host->named || !name || !*name || strcmp(host->name, name) == 0)
		return false;
	g_free(host->name);
	host->name = g_strdup(name);
	return true;
}

/* Who did not answer on the old connection is asked anew on this one. */
static void forget_stuck(struct host *host)
{
	for (unsigned i = 0; i < host->guests->len; i++) {
		struct guest *guest = host->guests->pdata[i];

		guest->stuck_us = 0;
		g_clear_pointer(&guest->stuck_why, g_free);
	}
}

static void judge(struct host *host, gint64 now_unix_us)
{
	check_report_free(host->report);
	host->report = check_run_host(host, NULL, now_unix_us / G_USEC_PER_SEC);
}

static unsigned apply_health(struct host *host, struct msg *msg, gint64 now_unix_us)
{
	if (msg->health->objects || msg->text) {
		g_free(host->health_error);
		host->health_error = msg->health->objects ? NULL : g_steal_pointer(&msg->text);
	}
	health_take(host->health, msg->health);
	judge(host, now_unix_us);
	return CHANGE_HEALTH;
}

static unsigned apply_host(struct store *store, struct host *host, const struct msg *msg, gint64 now_unix_us)
{
	enum host_link before = host->status->link;
	uint32_t epoch = host->status->epoch;
	unsigned changes = CHANGE_HOST;
	bool renamed;

	if (!msg->status)
		return 0;
	host_status_unref(host->status);
	host->status = host_status_ref(msg->status);
	renamed = set_host_name(host);
	if (host->status->epoch != epoch) {
		forget_stuck(host);
		/* Nobody told whether they were reset meanwhile. */
		for (unsigned i = 0; i < host->guests->len; i++)
			guest_forget_run(host->guests->pdata[i]);
	}
	if (host->status->link != before && host->status->link != HOST_UP)
		changes |= store_tasks_lose_host(store, host, now_unix_us);
	if (host->report && (host->status->link != before || host->status->epoch != epoch)) {
		judge(host, now_unix_us);
		changes |= CHANGE_HEALTH;
	}
	if (store_tasks_adopt(store, host))
		changes |= CHANGE_TASKS;
	if (!renamed && host->status->link == before)
		return changes;
	store->generation++;
	return changes | CHANGE_LIST;
}

/* ---- guests ---- */

static struct guest *msg_guest(const struct store *store, const struct msg *msg, const uint8_t uuid[16])
{
	struct obj_ref ref = {.kind = OBJ_GUEST, .host = msg->host};

	memcpy(ref.uuid, uuid, sizeof ref.uuid);
	return store_guest(store, &ref);
}

static unsigned apply_detail(
        struct store *store, struct host_entry *entry, const struct msg *msg, gint64 wall_us)
{
	struct guest *guest = msg->detail ? msg_guest(store, msg, msg->detail->uuid) : NULL;
	struct guest_detail *old;
	bool set;

	if (!guest)
		return 0;
	old = guest->detail ? guest_detail_ref(guest->detail) : NULL;
	set = guest_set_detail(guest, msg->detail);
	if (set)
		store_history_detail(entry, guest, old, wall_us);
	guest_detail_unref(old);
	return set ? CHANGE_DETAIL | CHANGE_STATS : 0;
}

/* They are in the order in which they count. */
static enum screen_sign sign_that_counts(const struct guest *guest)
{
	enum screen_sign sign = SIGN_NONE;

	for (unsigned i = 0; i < SIGN_SOURCE_N; i++) {
		enum screen_sign shown = guest->signs[i].shown;

		if (shown != SIGN_NONE && (sign == SIGN_NONE || shown < sign))
			sign = shown;
	}
	return sign;
}

gint64 guest_sign_age_us(const struct guest *guest, gint64 now_us)
{
	gint64 age_us = G_MAXINT64;

	for (unsigned i = 0; i < SIGN_SOURCE_N; i++)
		if (guest->signs[i].shown == guest->sign)
			age_us = MIN(age_us, MAX(now_us - guest->signs[i].seen_us, 0));
	return guest->sign ? age_us : 0;
}

void store_keep_seeing(struct store *store, const struct obj_ref *ref, enum sign_source source, gint64 now_us)
{
	struct guest *guest = store_guest(store, ref);

	if (guest && guest->signs[source].seen_us)
		guest->signs[source].seen_us = now_us;
}

unsigned store_see_screen(struct store *store, const struct obj_ref *ref, enum sign_source source,
        enum screen_sign sign, gint64 now_us)
{
	struct guest *guest = store_guest(store, ref);
	g_autofree char *words = NULL;
	enum screen_sign before;

	if (!guest || !screen_signs_see(&guest->signs[source], sign, now_us))
		return 0;
	before = guest->sign;
	guest->sign = sign_that_counts(guest);
	if (guest->sign == before)
		return 0;
	if (!screen_sign_trouble(guest->sign))
		return CHANGE_STATS | CHANGE_FIGURES;
	words = g_strdup_printf("the screen of '%s' says: %s", guest->name, screen_sign_words(guest->sign));
	store_set_notice(store, LEVEL_WARNING, words, now_us);
	return CHANGE_STATS | CHANGE_FIGURES | CHANGE_NOTICE;
}

static unsigned apply_stuck(struct store *store, const struct msg *msg)
{
	struct guest *guest = msg_guest(store, msg, msg->uuid);
	unsigned changes = CHANGE_STATS | CHANGE_DETAIL;

	if (!guest)
		return 0;
	/* Lists by state are made anew. */
	if (!guest->stuck_us != !msg->since_us)
		changes |= CHANGE_LIST;
	store->generation += !!(changes & CHANGE_LIST);
	guest->stuck_us = msg->since_us;
	g_free(guest->stuck_why);
	guest->stuck_why = msg->since_us ? g_strdup(msg->text ? msg->text : "it does not answer") : NULL;
	return changes;
}

/* ---- what belongs to no host's connection ---- */

static void fill_plan(struct plan *plan)
{
	for (unsigned i = 0; i < plan->items->len; i++) {
		struct plan_item *item = plan->items->pdata[i];

		if (!item->note)
			item->note = g_strdup("");
	}
}

static void drop_oldest_plan(struct store *store)
{
	unsigned oldest = G_MAXUINT;
	GHashTableIter iter;
	gpointer id;

	g_hash_table_iter_init(&iter, store->plans);
	while (g_hash_table_iter_next(&iter, &id, NULL))
		oldest = MIN(oldest, GPOINTER_TO_UINT(id));
	g_hash_table_remove(store->plans, GUINT_TO_POINTER(oldest));
}

static unsigned apply_plan(struct store *store, struct msg *msg)
{
	struct plan *plan = g_steal_pointer(&msg->plan);

	if (!plan) {
		plan = plan_new();
		plan->refused = g_strdup(msg->text ? msg->text : "the host did not say what it would touch");
	}
	fill_plan(plan);
	g_hash_table_replace(store->plans, GUINT_TO_POINTER(msg->plan_id), plan);
	if (g_hash_table_size(store->plans) > PLANS_MAX)
		drop_oldest_plan(store);
	return CHANGE_PLAN;
}

static unsigned apply_notice(struct store *store, const struct msg *msg, gint64 now_us)
{
	if (!msg->text)
		return 0;
	store_set_notice(store, msg->level, msg->text, now_us);
	return CHANGE_NOTICE;
}

static unsigned apply_journal(struct store *store, const struct msg *msg, gint64 now_us)
{
	unsigned changes = msg->record ? store_apply_record(store, msg->record) : 0;

	return changes | apply_notice(store, msg, now_us);
}

/* ---- all ---- */

/* The host the message is of; NULL when it is gone, or when the connection it came by is history. */
static struct host_entry *msg_host(const struct store *store, const struct msg *msg)
{
	struct host_entry *entry = store_host_entry(store, msg->host);
	uint32_t epoch = msg->type == MSG_HOST && msg->status ? msg->status->epoch : msg->epoch;

	return entry && epoch >= entry->host.status->epoch ? entry : NULL;
}

static unsigned apply_traffic(struct store *store, const struct host *host, const struct msg *msg)
{
	unsigned changes = 0;

	for (unsigned i = 0; msg->list && i < msg->list->len; i++) {
		const struct guest_traffic *traffic = msg->list->pdata[i];
		struct obj_ref ref = {.kind = OBJ_GUEST, .host = host->id};

		memcpy(ref.uuid, traffic->uuid, sizeof(ref.uuid));
		if (guest_set_traffic(store_guest(store, &ref), traffic))
			changes |= CHANGE_STATS;
	}
	return changes;
}

/* Takes it. Another epoch may be another boot: counters of before tell nothing. */
static unsigned apply_node(struct host *host, struct msg *msg)
{
	struct node_detail *before = host->node_epoch == msg->epoch ? host->node_detail : NULL;

	if (!msg->node)
		return 0;
	node_rates_take(&host->node_rates, before, msg->node);
	node_detail_free(host->node_detail);
	host->node_detail = g_steal_pointer(&msg->node);
	host->node_epoch = msg->epoch;
	return CHANGE_DETAIL;
}

static unsigned apply_to_host(struct store *store, struct host_entry *entry, struct msg *msg, gint64 now_us,
        gint64 now_unix_us)
{
	struct host *host = &entry->host;

	switch (msg->type) {
	case MSG_HOST:
		return apply_host(store, host, msg, now_unix_us);
	case MSG_SAMPLE:
		return msg->sample ? store_apply_sample(store, entry, msg->sample, now_unix_us - now_us) : 0;
	case MSG_POOLS:
		return store_apply_pools(store, host, msg);
	case MSG_NETWORKS:
		return store_apply_networks(store, host, msg);
	case MSG_VOLUMES:
		return store_apply_volumes(store, host, msg);
	case MSG_FILES:
		return store_apply_files(host, msg);
	case MSG_DEVICES:
		return store_apply_devices(host, msg);
	case MSG_PROCESSES:
		return store_apply_processes(host, msg);
	case MSG_SNAPSHOTS:
		return store_apply_snapshots(store, host, msg);
	case MSG_DETAIL:
		return apply_detail(store, entry, msg, now_unix_us - now_us);
	case MSG_TRAFFIC:
		return apply_traffic(store, host, msg);
	case MSG_NODE:
		return apply_node(host, msg);
	case MSG_STUCK:
		return apply_stuck(store, msg);
	case MSG_EVENT:
		return store_apply_event(store, msg, now_us, now_unix_us);
	case MSG_TASK:
	case MSG_PLAN:
	case MSG_EDIT:
	case MSG_SCREEN:
	case MSG_PICTURE:
	case MSG_SERIAL:
	case MSG_JOURNAL:
	case MSG_NOTICE:
	case MSG_HEALTH:
	case MSG_HISTORY:
	case MSG_TYPE_N:
		break;
	}
	return 0;
}

static unsigned apply(struct store *store, struct msg *msg, gint64 now_us, gint64 now_unix_us)
{
	struct host_entry *entry;

	switch (msg->type) {
	case MSG_TASK:
		return msg->update ? store_apply_update(store, msg->update, now_unix_us) : 0;
	case MSG_PLAN:
		return apply_plan(store, msg);
	case MSG_JOURNAL:
		return apply_journal(store, msg, now_us);
	case MSG_NOTICE:
		return apply_notice(store, msg, now_us);
	case MSG_HEALTH: /* of no connection */
		entry = store_host_entry(store, msg->host);
		return entry && msg->health ? apply_health(&entry->host, msg, now_unix_us) : 0;
	case MSG_HISTORY:
		entry = store_host_entry(store, msg->host);
		return entry && msg->history ? store_apply_history(entry, msg->history, now_unix_us) : 0;
	case MSG_HOST:
	case MSG_SAMPLE:
	case MSG_POOLS:
	case MSG_NETWORKS:
	case MSG_VOLUMES:
	case MSG_FILES:
	case MSG_DEVICES:
	case MSG_PROCESSES:
	case MSG_SNAPSHOTS:
	case MSG_DETAIL:
	case MSG_TRAFFIC:
	case MSG_NODE:
	case MSG_STUCK:
	case MSG_EVENT:
		entry = msg_host(store, msg);
		return entry ? apply_to_host(store, entry, msg, now_us, now_unix_us) : 0;
	case MSG_EDIT:
	case MSG_SCREEN:
	case MSG_PICTURE:
	case MSG_SERIAL:
	case MSG_TYPE_N:
		break;
	}
	return 0;
}

unsigned store_apply(struct store *store, struct msg *msg, gint64 now_us, gint64 now_unix_us)
{
	unsigned changes = apply(store, msg, now_us, now_unix_us);

	msg_free(msg);
	return changes;
}
