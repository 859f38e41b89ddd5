/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The back end's front: the table of hosts, and the supervisor thread that
 * once a second looks for calls that hang. Everything here returns at once.
 */
#include "nvirt/backend.h"

#include <string.h>

#include "backend/conn.h"
#include "backend/host.h"
#include "backend/serial.h"

#define DEFAULT_REFRESH_MS 2000
#define SUPERVISE_EVERY_US G_USEC_PER_SEC

struct backend {
	struct inbox *inbox;
	struct workers *workers;
	struct threads *threads;
	pthread_mutex_t lock; /* before any host's lock */
	pthread_cond_t wake;
	bool quit;
	unsigned refresh_ms;
	bool brief;
	GHashTable *hosts; /* number -> struct backend_host, one reference */
	GPtrArray *serials; /* struct serial, one reference each */
};

/* A copy that stays valid without the lock. */
static GPtrArray *list_hosts(struct backend *backend)
{
	GPtrArray *hosts = g_ptr_array_new_with_free_func((GDestroyNotify)host_unref);
	GHashTableIter iter;
	gpointer host;

	g_hash_table_iter_init(&iter, backend->hosts);
	while (g_hash_table_iter_next(&iter, NULL, &host))
		g_ptr_array_add(hosts, host_ref(host));
	return hosts;
}

static void supervisor_run(void *data)
{
	struct backend *backend = data;

	pthread_mutex_lock(&backend->lock);
	while (!backend->quit) {
		g_autoptr(GPtrArray) hosts = list_hosts(backend);

		pthread_mutex_unlock(&backend->lock);
		for (guint i = 0; i < hosts->len; i++)
			host_supervise(hosts->pdata[i]);
		pthread_mutex_lock(&backend->lock);
		if (!backend->quit)
			lock_cond_wait_until(&backend->wake, &backend->lock,
			        g_get_monotonic_time() + SUPERVISE_EVERY_US);
	}
	pthread_mutex_unlock(&backend->lock);
}

/* A reference, or NULL. */
static struct backend_host *find(struct backend *backend, unsigned id)
{
	struct backend_host *host;

	pthread_mutex_lock(&backend->lock);
	host = g_hash_table_lookup(backend->hosts, GUINT_TO_POINTER(id));
	if (host != NULL)
		host_ref(host);
	pthread_mutex_unlock(&backend->lock);
	return host;
}

static void touched(unsigned id, void *data)
{
	backend_refresh(data, id);
}

struct backend *backend_new(
        struct inbox *inbox, struct journal *journal, const struct backend_options *options)
{
	struct backend *backend = g_new0(struct backend, 1);

	conn_init();
	backend->inbox = inbox;
	pthread_mutex_init(&backend->lock, NULL);
	lock_cond_init(&backend->wake);
	backend->brief = options != NULL && options->brief;
	backend->refresh_ms =
	        options != NULL && options->refresh_ms != 0 ? options->refresh_ms : DEFAULT_REFRESH_MS;
	backend->hosts =
	        g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, (GDestroyNotify)host_unref);
	backend->serials = g_ptr_array_new_with_free_func((GDestroyNotify)serial_unref);
	backend->workers = workers_new(inbox, journal, touched, backend);
	backend->threads = threads_new();
	if (!threads_start(backend->threads, "nvirt-watch", supervisor_run, backend))
		g_error("cannot start a thread");
	return backend;
}

/* Nothing is posted for it from here on; its threads end as soon as they can. */
static void close_host(struct backend_host *host)
{
	host_lock(host);
	host_drop_poller(host);
	host->inbox = NULL;
	host->workers = NULL;
	host->off = true;
	host_unlock(host);
}

void backend_free(struct backend *backend, int timeout_ms)
{
	g_autoptr(GPtrArray) hosts = NULL;
	gint64 end_us = g_get_monotonic_time() + timeout_ms * G_TIME_SPAN_MILLISECOND;

	if (backend == NULL)
		return;
	pthread_mutex_lock(&backend->lock);
	backend->quit = true;
	hosts = list_hosts(backend);
	g_hash_table_remove_all(backend->hosts);
	pthread_cond_broadcast(&backend->wake);
	pthread_mutex_unlock(&backend->lock);
	for (guint i = 0; i < hosts->len; i++)
		close_host(hosts->pdata[i]);
	for (guint i = 0; i < backend->serials->len; i++)
		serial_stop(backend->serials->pdata[i]);
	/* The workers call touched(): they go before what it uses. */
	workers_free(backend->workers, timeout_ms);
	threads_free(backend->threads, MAX(0, (end_us - g_get_monotonic_time()) / 1000));
	g_hash_table_destroy(backend->hosts);
	g_ptr_array_unref(backend->serials);
	pthread_cond_destroy(&backend->wake);
	pthread_mutex_destroy(&backend->lock);
	g_free(backend);
}

void backend_add_host(struct backend *backend, unsigned id, const char *uri, bool readonly)
{
	struct backend_host *host = host_new(id, uri, readonly);

	host->threads = backend->threads;
	host->inbox = backend->inbox;
	host->workers = backend->workers;
	pthread_mutex_lock(&backend->lock);
	host->refresh_ms = backend->refresh_ms;
	host->brief = backend->brief;
	g_hash_table_insert(backend->hosts, GUINT_TO_POINTER(id), host_ref(host));
	pthread_mutex_unlock(&backend->lock);
	host_lock(host);
	host_set_status(host, host_begin_status(host, HOST_CONNECTING));
	host_want_threads(host);
	host_unlock(host);
	host_unref(host);
}

void backend_remove_host(struct backend *backend, unsigned id)
{
	struct backend_host *host = find(backend, id);

	if (host == NULL)
		return;
	pthread_mutex_lock(&backend->lock);
	g_hash_table_remove(backend->hosts, GUINT_TO_POINTER(id));
	pthread_mutex_unlock(&backend->lock);
	close_host(host);
	/* Now no poller can announce it again. */
	workers_remove_host(backend->workers, id);
	host_unref(host);
}

void backend_disconnect(struct backend *backend, unsigned id)
{
	struct backend_host *host = find(backend, id);
	struct host_status *status;

	if (host == NULL)
		return;
	host_lock(host);
	host->off = true;
	host->attempt = 0;
	host_drop_poller(host);
	status = host_begin_status(host, HOST_OFF);
	status->retry_at_us = 0;
	g_clear_pointer(&status->error, g_free);
	g_clear_pointer(&status->tried, g_free);
	g_clear_pointer(&status->advice, g_free);
	g_clear_pointer(&status->command, g_free);
	host_set_status(host, status);
	host_unlock(host);
	host_unref(host);
}

void backend_reconnect(struct backend *backend, unsigned id)
{
	struct backend_host *host = find(backend, id);
	struct host_status *status;

	if (host == NULL)
		return;
	host_lock(host);
	host->off = false;
	host->retry_now = true;
	/* One that waits for its next attempt is only woken. A hung one is left, unless too many hang. */
	if (host->busy.on != BUSY_NOT ? host->pollers < HOST_THREADS_MAX : host->status->retry_at_us == 0)
		host_drop_poller(host);
	pthread_cond_broadcast(&host->poller_wake);
	status = host_begin_status(host, HOST_CONNECTING);
	status->retry_at_us = 0;
	host_set_status(host, status);
	host_want_threads(host);
	host_unlock(host);
	host_unref(host);
}

/* Lock held. */
static void definitions_are_old(struct backend_host *host)
{
	GHashTableIter iter;
	gpointer guest;

	g_hash_table_iter_init(&iter, host->guests);
	while (g_hash_table_iter_next(&iter, NULL, &guest))
		((struct guest_seen *)guest)->serial = ++host->serials;
}

void backend_refresh(struct backend *backend, unsigned id)
{
	struct backend_host *host = find(backend, id);

	if (host == NULL)
		return;
	host_lock(host);
	host->flags_due = host->lists_due = host->users_due = host->volumes_due = host->detail_kicked =
	        host->snapshots_due = host->devices_due = host->health_fresh = host->far_fresh = true;
	definitions_are_old(host);
	host_kick(host);
	pthread_cond_broadcast(&host->detail_wake);
	host_unlock(host);
	host_unref(host);
}

void backend_set_refresh(struct backend *backend, unsigned refresh_ms)
{
	g_autoptr(GPtrArray) hosts = NULL;

	pthread_mutex_lock(&backend->lock);
	backend->refresh_ms = refresh_ms != 0 ? refresh_ms : DEFAULT_REFRESH_MS;
	hosts = list_hosts(backend);
	pthread_mutex_unlock(&backend->lock);
	for (guint i = 0; i < hosts->len; i++) {
		struct backend_host *host = hosts->pdata[i];

		host_lock(host);
		host->refresh_ms = backend->refresh_ms;
		host_kick(host);
		host_unlock(host);
	}
}

static bool same_watch(const struct backend_host *host, const struct watch *watch)
{
	return obj_ref_equal(&host->open, &watch->open) && host->storage == watch->storage &&
	        host->all == watch->all && host->rows == watch->rows && host->images == watch->images &&
	        host->devices == watch->devices && host->processes == watch->processes &&
	        host->node_watched == watch->node &&
	        host->visible->len == watch->visible_n &&
	        (watch->visible_n == 0 || memcmp(host->visible->data, watch->visible, watch->visible_n * 16) == 0);
}

/* Lock held. */
static void watch_brief(struct backend_host *host, const struct watch *watch)
{
	if (watch->flags && !host->brief_flags) {
		host->brief_flags = host->flags_due = true;
		pthread_cond_broadcast(&host->poller_wake);
	}
	if (watch->events && !host->brief_events) {
		host->brief_events = true;
		pthread_cond_broadcast(&host->poller_wake);
	}
	host->brief_watch |= watch->lists || watch->open.kind != OBJ_NONE || watch->storage || watch->images || watch->node ||
	        watch->devices || watch->processes || watch->visible_n > 0 || watch->all || watch->rows || watch->now;
	host_want_threads(host);
}

void backend_watch(struct backend *backend, unsigned id, const struct watch *watch)
{
	struct backend_host *host = find(backend, id);

	if (host == NULL)
		return;
	host_lock(host);
	if (host->brief)
		watch_brief(host, watch);
	if (watch->now || !same_watch(host, watch)) {
		host->open = watch->open;
		host->storage = watch->storage;
		host->images = watch->images;
		host->devices = watch->devices;
		host->processes = watch->processes;
		host->node_watched = watch->node;
		host->all = watch->all;
		host->rows = watch->rows;
		host->rows_now |= watch->now;
		g_array_set_size(host->visible, 0);
		if (watch->visible_n > 0)
			g_array_append_vals(host->visible, watch->visible, watch->visible_n);
		host->watch_serial++;
		pthread_cond_broadcast(&host->detail_wake);
	}
	host_unlock(host);
	host_unref(host);
}

struct host_counts backend_host_counts(struct backend *backend, unsigned id)
{
	struct backend_host *host = find(backend, id);
	struct host_counts counts = {0};

	if (host == NULL)
		return counts;
	host_lock(host);
	counts = (struct host_counts){.ticks = host->ticks, .calls = host->tick_calls};
	host_unlock(host);
	host_unref(host);
	return counts;
}

void backend_submit(struct backend *backend, struct op_request *request)
{
	workers_submit(backend->workers, request);
}

void backend_abort(struct backend *backend, const char *task_id)
{
	workers_abort(backend->workers, task_id);
}

void backend_plan(struct backend *backend, struct op_request *request, unsigned plan_id)
{
	workers_plan(backend->workers, request, plan_id);
}

void backend_read_definition(
        struct backend *backend, const struct obj_ref *ref, const char *name, unsigned edit_id)
{
	workers_read_definition(backend->workers, ref, name, edit_id);
}

void backend_open_screen(struct backend *backend, const struct obj_ref *ref, const char *name, unsigned door_id)
{
	workers_open_screen(backend->workers, ref, name, door_id, false);
}

void backend_peek_screen(struct backend *backend, const struct obj_ref *ref, const char *name, unsigned door_id)
{
	workers_open_screen(backend->workers, ref, name, door_id, true);
}

struct serial *backend_open_serial(struct backend *backend, const struct serial_options *options)
{
	struct backend_host *host = find(backend, options->ref.host);
	struct serial *serial = serial_new(backend->inbox, options);

	for (guint i = backend->serials->len; i-- > 0;)
		if (serial_stopped(backend->serials->pdata[i]))
			g_ptr_array_remove_index_fast(backend->serials, i);
	g_ptr_array_add(backend->serials, serial_ref(serial));
	if (host != NULL)
		host_lock(host);
	serial_start(serial, backend->threads, host != NULL ? host->asked_uri : NULL,
	        host != NULL && host->status->readonly);
	if (host != NULL) {
		host_unlock(host);
		host_unref(host);
	}
	return serial;
}

void backend_check(struct backend *backend, unsigned id)
{
	struct backend_host *host = find(backend, id);

	if (host == NULL)
		return;
	host_lock(host);
	if (host->inbox != NULL)
		host_check(host);
	host_unlock(host);
	host_unref(host);
}

void backend_allow_ssh(struct backend *backend, unsigned id)
{
	struct backend_host *host = find(backend, id);

	if (host == NULL)
		return;
	host_lock(host);
	host->ssh_allowed = host->far_fresh = true;
	host_unlock(host);
	host_unref(host);
}

bool backend_op_has_plan(enum op op)
{
	return workers_op_has_plan(op);
}

bool backend_op_known(enum op op)
{
	return workers_op_known(op);
}

unsigned long backend_library_version(void)
{
	unsigned long version = 0;

	return virGetVersion(&version, NULL, NULL) == 0 ? version : 0;
}
