/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The detail thread's life and clock: see detail.h for its rules. */
#include "backend/detail.h"

#include <string.h>

#include "backend/conn.h"
#include "backend/node.h"
#include "backend/stuck.h"
#include "backend/usage.h"
#include "backend/volumes.h"

#define RETRY_US (5 * G_USEC_PER_SEC)
#define GUEST_EVERY_US (3 * G_USEC_PER_SEC)
#define SNAPSHOTS_EVERY_US (5 * G_USEC_PER_SEC)
#define GUEST_GAP_US (200 * G_TIME_SPAN_MILLISECOND)
/* One call a running guest on screen, where its process is not in our /proc. */
#define CPU_TIMES_EVERY_US (5 * G_USEC_PER_SEC)
#define ALL_GAP_US (100 * G_TIME_SPAN_MILLISECOND)
/* Rates of rows on screen; what asks a monitor, or each guest for itself, at half the pace. */
#define TRAFFIC_EVERY_US (5 * G_USEC_PER_SEC)
#define SLOW_EVERY_US (10 * G_USEC_PER_SEC)
#define NODE_EVERY_US (5 * G_USEC_PER_SEC)
/* The host's Summary; the second look comes soon, for rates are of two. */
#define HOST_LOCAL_US (2 * G_USEC_PER_SEC)
#define HOST_SECOND_US (500 * G_TIME_SPAN_MILLISECOND)
#define OPEN_NETWORK_EVERY_US (5 * G_USEC_PER_SEC)
/* Between two batches of definitions or volumes: the daemon has others to serve. */
#define BATCH_GAP_US (500 * G_TIME_SPAN_MILLISECOND)
#define LISTS_GAP_US (500 * G_TIME_SPAN_MILLISECOND)
#define CANARY_EVERY_US (30 * G_USEC_PER_SEC)

/* What a round has to do. */
struct due {
	bool connect, facts, node, guest, rows, cpu_times, all, canary, pools, networks, volumes, usage;
	bool snapshots, snapshots_asked, devices, processes, host;
	unsigned traffic; /* enum watch_row bits */
};

/* ---- sections ---------------------------------------------------------------- */

/* Lock held. */
static bool current(const struct detail *detail)
{
	return detail->generation == detail->host->detail_generation;
}

bool detail_enter(struct detail *detail, enum busy_on on, const GArray *guests)
{
	struct backend_host *host = detail->host;
	bool go_on;

	detail->section = on;
	g_array_set_size(detail->section_guests, 0);
	if (guests != NULL && guests->len > 0)
		g_array_append_vals(detail->section_guests, guests->data, guests->len);
	host_lock(host);
	go_on = current(detail);
	if (go_on) {
		busy_clear(&host->detail_busy);
		host->detail_busy.on = on;
		host->detail_busy.since_us = g_get_monotonic_time();
		if (guests != NULL && guests->len > 0)
			g_array_append_vals(host->detail_busy.guests, guests->data, guests->len);
		/* It looks after us in three seconds. */
		if (on == BUSY_GUESTS)
			pthread_cond_broadcast(&host->poller_wake);
	}
	host_unlock(host);
	return go_on;
}

/* Lock held. This thread was left behind in its section, and is back. */
static void come_back(struct detail *detail)
{
	struct backend_host *host = detail->host;

	/* Another connection has begun: nothing is counted of the old one's threads. */
	if (detail->poller_generation != host->generation || detail->epoch != host->epoch)
		return;
	if (detail->section == BUSY_GUESTS)
		stuck_returned(host, detail->section_guests);
	if (detail->section == BUSY_LISTS && host->lists_hung > 0 && --host->lists_hung == 0) {
		host->lists_due = host->volumes_due = true;
		pthread_cond_broadcast(&host->detail_wake);
	}
}

bool detail_leave(struct detail *detail)
{
	struct backend_host *host = detail->host;
	bool go_on;

	host_lock(host);
	go_on = current(detail);
	if (go_on)
		busy_clear(&host->detail_busy);
	else
		come_back(detail);
	detail->section = BUSY_NOT;
	host_unlock(host);
	return go_on;
}

struct msg *detail_msg(const struct detail *detail, enum msg_type type)
{
	return msg_new(type, detail->host->id, detail->epoch);
}

void detail_post(struct detail *detail, struct msg *msg)
{
	host_lock(detail->host);
	if (current(detail))
		host_post(detail->host, msg);
	else
		msg_free(msg);
	host_unlock(detail->host);
}

static void free_domain(gpointer dom)
{
	virDomainFree(dom);
}

static guint uuid_hash(gconstpointer key)
{
	const uint8_t *uuid = key;
	guint hash = 0;

	for (unsigned i = 0; i < VIR_UUID_BUFLEN; i++)
		hash = hash * 31u + uuid[i];
	return hash;
}

static gboolean uuid_equal(gconstpointer a, gconstpointer b)
{
	return memcmp(a, b, VIR_UUID_BUFLEN) == 0;
}

virDomainPtr detail_domain(struct detail *detail, const uint8_t uuid[16])
{
	virDomainPtr dom = g_hash_table_lookup(detail->doms, uuid);

	if (dom != NULL)
		return dom;
	dom = virDomainLookupByUUID(detail->conn, uuid);
	if (dom != NULL)
		g_hash_table_insert(detail->doms, g_memdup2(uuid, VIR_UUID_BUFLEN), dom);
	return dom;
}

/* ---- the connection ------------------------------------------------------------ */

static void disconnect(struct detail *detail)
{
	g_hash_table_remove_all(detail->doms);
	conn_close(g_steal_pointer(&detail->conn));
}

static bool connect_own(struct detail *detail)
{
	if (!detail_enter(detail, BUSY_OPEN, NULL))
		return false;
	detail->conn = conn_open(detail->host->asked_uri, detail->readonly, NULL);
	if (detail->conn == NULL)
		detail->retry_us = g_get_monotonic_time() + RETRY_US;
	return detail_leave(detail) && detail->conn != NULL;
}

static void copy_words(char **to, const char *from)
{
	g_free(*to);
	*to = g_strdup(from);
}

/* May take a minute and a half on a host that probes its QEMU anew: that is why the poller does not ask. */
static void learn_facts(struct detail *detail)
{
	struct backend_host *host = detail->host;
	struct host_status *facts;

	if (!detail_enter(detail, BUSY_HOST, NULL))
		return;
	host_lock(host);
	facts = host_status_copy(host->status);
	host_unlock(host);
	node_read_facts(detail->conn, facts);
	if (!detail_leave(detail)) {
		host_status_unref(facts);
		return;
	}
	host_lock(host);
	if (current(detail) && host->status->link == HOST_UP) {
		/* The words may have changed meanwhile. */
		copy_words(&facts->error, host->status->error);
		copy_words(&facts->tried, host->status->tried);
		copy_words(&facts->advice, host->status->advice);
		copy_words(&facts->command, host->status->command);
		host_set_status(host, facts);
		if (host->workers != NULL)
			workers_set_host(host->workers, host->id, facts->uri, facts->readonly, facts->hostname);
	} else {
		host_status_unref(facts);
	}
	host_unlock(host);
}

static void learn_node(struct detail *detail)
{
	struct node_sample node;

	detail->node_us = g_get_monotonic_time();
	if (!detail_enter(detail, BUSY_HOST, NULL))
		return;
	node_read_remote(detail->conn, &node);
	if (!detail_leave(detail))
		return;
	host_lock(detail->host);
	node.cpus = detail->host->status->cpus;
	if (current(detail))
		detail->host->node = node;
	host_unlock(detail->host);
}

/* ---- the clock ------------------------------------------------------------------- */

/* Lock held. Is something on screen whose definition was not read, or whose CPU time only libvirt tells? */
static void look_at_rows(const struct detail *detail, bool *ret_undefined, bool *ret_no_pid)
{
	const struct backend_host *host = detail->host;

	*ret_undefined = *ret_no_pid = false;
	if (host->open.kind == OBJ_GUEST) {
		const struct guest_seen *open = host_guest(detail->host, host->open.uuid);

		*ret_undefined = open != NULL && !open->defined;
	}
	for (guint i = 0; i < host->visible->len; i++) {
		const struct guest_seen *guest = host_guest(
		        detail->host, g_array_index(host->visible, struct guest_id, i).bytes);

		if (guest == NULL)
			continue;
		*ret_undefined |= !guest->defined;
		*ret_no_pid |= guest->id != -1 && guest->pid == 0;
	}
}

/* Done when its time has come, or now when asked for; else the time goes into `next_us`. */
static bool when(gint64 now_us, gint64 at_us, gint64 *next_us)
{
	if (now_us >= at_us)
		return true;
	*next_us = MIN(*next_us, at_us);
	return false;
}

/* Lock held. */
static bool guest_due(const struct detail *detail, gint64 now_us, gint64 *next_us)
{
	const struct backend_host *host = detail->host;
	bool changed = detail->watch_serial != host->watch_serial;

	if (host->open.kind != OBJ_GUEST)
		return false;
	return (changed && !obj_ref_equal(&detail->open, &host->open)) ||
	        when(now_us, detail->guest_us + (host->detail_kicked ? GUEST_GAP_US : GUEST_EVERY_US), next_us);
}

/* Lock held. There is no event for snapshots; `snapshots_due` is set where one is likely. */
static void snapshots_due(const struct detail *detail, gint64 now_us, struct due *due, gint64 *next_us)
{
	const struct backend_host *host = detail->host;
	bool opened = detail->watch_serial != host->watch_serial && !obj_ref_equal(&detail->open, &host->open);

	if (host->open.kind != OBJ_GUEST && host->open.kind != OBJ_SNAPSHOT)
		return;

	due->snapshots = opened ||
	        when(now_us, detail->snapshots_us + (host->snapshots_due ? GUEST_GAP_US : SNAPSHOTS_EVERY_US),
	                next_us);
	due->snapshots_asked = due->snapshots && (opened || host->snapshots_due);
}

/* Lock held. */
static void lists_due(const struct detail *detail, gint64 now_us, struct due *due, gint64 *next_us)
{
	const struct backend_host *host = detail->host;
	bool opened = detail->watch_serial != host->watch_serial &&
	        (!obj_ref_equal(&detail->open, &host->open) || detail->storage != host->storage ||
	                detail->images != host->images || detail->devices != host->devices);
	bool storage_open = host->open.kind == OBJ_POOL || host->open.kind == OBJ_VOLUME || host->storage ||
	        host->images;
	bool network_open = host->open.kind == OBJ_NETWORK;
	gint64 gap_us = host->volumes_due ? LISTS_GAP_US : detail->volumes_left ? BATCH_GAP_US : LISTS_EVERY_US;

	if (host->lists_hung > 0)
		return;
	due->pools = when(now_us, detail->lists_us + (host->lists_due ? LISTS_GAP_US : LISTS_EVERY_US), next_us);
	due->networks = due->pools || (network_open && opened) ||
	        (network_open && when(now_us, detail->networks_us + OPEN_NETWORK_EVERY_US, next_us));
	if (storage_open)
		due->volumes = opened || when(now_us, detail->volumes_us + gap_us, next_us);
	/* With every look at the volumes a few old definitions are read again. */
	if (host->devices)
		due->devices = opened ||
		        when(now_us, detail->devices_us + (host->devices_due ? LISTS_GAP_US : LISTS_EVERY_US), next_us);
	if (storage_open || network_open || host->devices)
		due->usage = opened || due->volumes ||
		        ((host->users_due || detail->usage_left) &&
		                when(now_us, detail->usage_us + BATCH_GAP_US, next_us)) ||
		        when(now_us, detail->usage_us + LISTS_EVERY_US, next_us);
}

/* Lock held. */
static bool host_due(const struct detail *detail, gint64 now_us, gint64 *next_us)
{
	const struct backend_host *host = detail->host;
	gint64 every_us = detail->host_second ? HOST_SECOND_US : detail->local ? HOST_LOCAL_US : NODE_EVERY_US;

	return host->node_watched && when(now_us, detail->host_us + every_us, next_us);
}

/* Lock held. Which columns of the rows on screen are read now; at once where they have only now been shown. */
static unsigned traffic_due(const struct detail *detail, gint64 now_us, gint64 *next_us)
{
	const struct backend_host *host = detail->host;
	unsigned rows = 0, more = host->rows & (host->rows_now ? ~0u : ~detail->rows);

	if (host->visible->len == 0 || host->rows == 0)
		return 0;
	if (host->rows & WATCH_NET && (more & WATCH_NET || when(now_us, detail->traffic_us + TRAFFIC_EVERY_US, next_us)))
		rows |= WATCH_NET;
	if (host->rows & WATCH_SLOW && (more & WATCH_SLOW || when(now_us, detail->slow_us + SLOW_EVERY_US, next_us)))
		rows |= host->rows & WATCH_SLOW;
	return rows;
}

/* Lock held. /proc is read each tick; elsewhere it is three calls a guest. */
static gint64 processes_gap(const struct detail *detail)
{
	gint64 tick_us = (gint64)detail->host->refresh_ms * G_TIME_SPAN_MILLISECOND;

	return detail->local ? tick_us : MAX(tick_us, CPU_TIMES_EVERY_US);
}

/* Lock held. false when nothing is due; `next_us` is then when. */
static bool find_due(const struct detail *detail, struct due *due, gint64 *next_us)
{
	const struct backend_host *host = detail->host;
	gint64 now_us = g_get_monotonic_time();
	bool undefined, no_pid;

	*due = (struct due){0};
	*next_us = now_us + LISTS_EVERY_US;
	if (detail->conn == NULL)
		return due->connect = when(now_us, detail->retry_us, next_us);
	look_at_rows(detail, &undefined, &no_pid);
	due->facts = host->facts_due;
	due->node = !detail->local && (host->rows_now || when(now_us, detail->node_us + NODE_EVERY_US, next_us));
	due->guest = guest_due(detail, now_us, next_us);
	due->cpu_times =
	        no_pid && (host->rows_now || when(now_us, detail->cpu_times_us + CPU_TIMES_EVERY_US, next_us));
	due->rows = undefined || due->cpu_times;
	due->all = host->all && !host->all_read && when(now_us, detail->all_us + ALL_GAP_US, next_us);
	due->traffic = traffic_due(detail, now_us, next_us);
	due->canary = host->visible->len > 0 && when(now_us, detail->canary_us + CANARY_EVERY_US, next_us);
	lists_due(detail, now_us, due, next_us);
	snapshots_due(detail, now_us, due, next_us);
	if (host->processes)
		due->processes = !detail->processes || when(now_us, detail->processes_us + processes_gap(detail), next_us);
	due->host = host_due(detail, now_us, next_us);
	return due->facts || due->node || due->guest || due->rows || due->all || due->traffic != 0 || due->canary || due->pools ||
	        due->networks || due->volumes || due->usage || due->snapshots ||
	        due->devices || due->processes || due->host;
}

/* Lock held. Drops the domains that nobody looks at any more. */
static gboolean not_watched(gpointer key, gpointer value, gpointer data)
{
	const struct detail *detail = data;

	(void)value;
	if (detail->open.kind == OBJ_GUEST && memcmp(detail->open.uuid, key, VIR_UUID_BUFLEN) == 0)
		return FALSE;
	for (guint i = 0; i < detail->visible->len; i++)
		if (memcmp(g_array_index(detail->visible, struct guest_id, i).bytes, key, VIR_UUID_BUFLEN) == 0)
			return FALSE;
	return TRUE;
}

/* Lock held. From here on the requests are this round's. */
static void take_due(struct detail *detail, const struct due *due)
{
	struct backend_host *host = detail->host;

	if (detail->watch_serial != host->watch_serial) {
		detail->watch_serial = host->watch_serial;
		detail->open = host->open;
		detail->storage = host->storage;
		detail->rows = host->rows;
		detail->images = host->images;
		detail->devices = host->devices;
		detail->processes = host->processes;
		g_array_set_size(detail->visible, 0);
		if (host->visible->len > 0)
			g_array_append_vals(detail->visible, host->visible->data, host->visible->len);
		g_hash_table_foreach_remove(detail->doms, not_watched, detail);
	}
	if (due->facts)
		host->facts_due = false;
	host->rows_due = false;
	if (!due->connect)
		host->rows_now = false;
	if (due->guest)
		host->detail_kicked = false;
	if (due->snapshots)
		host->snapshots_due = false;
	if (due->pools)
		host->lists_due = false;
	if (due->volumes) {
		detail->volumes_fresh = host->volumes_due;
		host->volumes_due = false;
	}
	if (due->devices)
		host->devices_due = false;
	if (due->usage)
		host->users_due = false;
}

/* Waits until something is due; false when this thread was left behind. */
static bool wait_for_work(struct detail *detail, struct due *due)
{
	struct backend_host *host = detail->host;
	gint64 next_us;
	bool go_on;

	host_lock(host);
	while (current(detail) && !find_due(detail, due, &next_us))
		lock_cond_wait_until(&host->detail_wake, &host->lock, next_us);
	go_on = current(detail);
	if (go_on)
		take_due(detail, due);
	host_unlock(host);
	return go_on;
}

/* What a person looks at comes first, what a monitor may hold up last. */
static void work(struct detail *detail, const struct due *due)
{
	if (due->connect && !connect_own(detail))
		return;
	if (due->rows)
		detail_rows(detail, due->cpu_times);
	if (due->processes)
		detail_processes(detail);
	if (due->host)
		detail_node(detail);
	if (due->snapshots)
		detail_snapshots(detail, due->snapshots_asked);
	if (due->volumes)
		detail_volumes(detail);
	if (due->pools || (due->volumes && detail->storage))
		detail_pools(detail);
	if (due->networks)
		detail_networks(detail);
	if (due->devices)
		detail_devices(detail, true);
	if (due->usage)
		detail_usage(detail);
	if (due->guest)
		detail_guest(detail);
	if (due->traffic != 0)
		detail_traffic(detail, due->traffic);
	if (due->all)
		detail_all(detail);
	if (due->facts)
		learn_facts(detail);
	if (due->node)
		learn_node(detail);
	if (due->canary)
		detail_canary(detail);
	if (detail->conn != NULL && virConnectIsAlive(detail->conn) == 0) {
		disconnect(detail);
		detail->retry_us = g_get_monotonic_time() + RETRY_US;
	}
}

static void detail_init(struct detail *detail, const struct host_thread *thread)
{
	struct backend_host *host = thread->host;

	*detail = (struct detail){.host = host, .generation = thread->generation};
	detail->section_guests = g_array_new(FALSE, FALSE, sizeof(struct guest_id));
	detail->visible = g_array_new(FALSE, FALSE, sizeof(struct guest_id));
	detail->doms = g_hash_table_new_full(uuid_hash, uuid_equal, g_free, free_domain);
	detail->volumes = volumes_new();
	detail->arp = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	detail_look_clear(&detail->look);
	host_lock(host);
	detail->poller_generation = host->generation;
	detail->epoch = host->epoch;
	detail->readonly = host->detail_readonly;
	detail->local = host->status->local;
	detail->usage = usage_new(detail->local);
	detail->watch_serial = host->watch_serial - 1;
	host_unlock(host);
}

static void detail_fini(struct detail *detail)
{
	disconnect(detail);
	detail_look_clear(&detail->look);
	detail_snapshots_free(detail->snapshots);
	detail_devices_free(detail->devices_look);
	g_clear_pointer(&detail->pss, g_hash_table_destroy);
	detail_node_free(detail->node_look);
	g_array_unref(detail->section_guests);
	g_array_unref(detail->visible);
	g_hash_table_destroy(detail->doms);
	g_hash_table_destroy(detail->arp);
	volumes_free(detail->volumes);
	usage_free(detail->usage);
}

void detail_run(void *data)
{
	struct host_thread *thread = data;
	struct backend_host *host = thread->host;
	struct detail detail;
	struct due due = {0};

	detail_init(&detail, thread);
	while (wait_for_work(&detail, &due))
		work(&detail, &due);
	detail_fini(&detail);
	host_lock(host);
	host->details--;
	host_want_threads(host);
	host_unlock(host);
	host_thread_free(thread);
}
