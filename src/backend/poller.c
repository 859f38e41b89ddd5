/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The poller: owns the life of one host's connection.
 *
 * Connects, with a back-off that is seen, until it is connected; then ticks,
 * armed after the last tick returned and kicked by events, until the
 * connection is lost or the poller itself was given up. Its connection carries
 * the events and only calls that no guest can hang.
 */
#include "backend/host.h"

#include <string.h>

#include "backend/advice.h"
#include "backend/conn.h"
#include "backend/events.h"
#include "backend/sample.h"
#include "backend/stuck.h"
#include "backend/uri.h"
#include "nvirt/text.h"

#define BACKOFF_MAX_S 30
/* A local socket costs nothing to try: the host is back soon after its daemon. */
#define BACKOFF_LOCAL_MAX_S 2
/* A storm of events is answered by ten ticks a second at most, flags by four listings a second. */
#define TICK_GAP_US (100 * G_TIME_SPAN_MILLISECOND)
#define FLAGS_GAP_US (G_USEC_PER_SEC / 4)

struct poller {
	struct backend_host *host;
	uint32_t generation, epoch;
	virConnectPtr conn;
	struct events *events;
	bool readonly, local;
	bool listens; /* to events */
	gint64 ticked_us, flagged_us;
};

/* Lock held. */
static bool current(const struct poller *poller)
{
	return poller->generation == poller->host->generation;
}

/* Marks what the next calls are about, for the supervisor; false when this poller was given up. */
static bool busy(struct poller *poller, enum busy_on on)
{
	struct backend_host *host = poller->host;
	bool go_on;

	host_lock(host);
	go_on = current(poller);
	if (go_on) {
		busy_clear(&host->busy);
		host->busy.on = on;
		host->busy.since_us = g_get_monotonic_time();
	}
	host_unlock(host);
	return go_on;
}

/* ---- connecting ----------------------------------------------------------- */

/* As asked; where that is refused, read-only. `error` is then of the first try. */
static virConnectPtr open_either_way(struct poller *poller, GError **error)
{
	const char *uri = poller->host->asked_uri;
	virConnectPtr conn = conn_open(uri, poller->host->readonly_asked, error);

	poller->readonly = poller->host->readonly_asked;
	if (conn != NULL || poller->readonly ||
	        !advice_cause_is_permission(advice_cause(uri, (*error)->code, (*error)->message)))
		return conn;
	poller->readonly = true;
	return conn_open(uri, true, NULL);
}

static gint64 backoff_us(const struct backend_host *host, unsigned attempt)
{
	int max_s = uri_is_local(host->status->uri) ? BACKOFF_LOCAL_MAX_S : BACKOFF_MAX_S;

	return MIN(max_s, 1 << CLAMP((int)attempt - 1, 0, 5)) * G_USEC_PER_SEC;
}

/* Lock held. */
static void say_failed(struct poller *poller, const GError *error)
{
	struct backend_host *host = poller->host;
	struct host_status *status = host_begin_status(host, host->epoch > 0 ? HOST_LOST : HOST_FAILED);
	struct advice_machine machine = advice_machine_look();

	advice_failed(status, host->asked_uri, error, &machine);
	status->retry_at_us = g_get_monotonic_time() + backoff_us(host, host->attempt);
	host_set_status(host, status);
}

/* Lock held. Waits for the time of the next attempt, or until it is wanted now. */
static void wait_for_retry(struct poller *poller)
{
	struct backend_host *host = poller->host;
	gint64 until_us = host->status->retry_at_us;

	while (current(poller) && !host->retry_now &&
	        lock_cond_wait_until(&host->poller_wake, &host->lock, until_us))
		;
}

/* Lock held. */
static void say_connecting(struct poller *poller)
{
	struct backend_host *host = poller->host;
	struct host_status *status = host_begin_status(host, HOST_CONNECTING);

	/* The last failure's words stay while the next attempt runs. */
	status->retry_at_us = 0;
	host_set_status(host, status);
}

/* Its guests are processes of this machine. */
static bool is_local_qemu(const char *uri)
{
	g_autofree char *driver = uri_driver(uri);

	return strcmp(driver, "qemu") == 0 && uri_is_local(uri);
}

/* Lock held. Nothing is known any more of who is stuck: the calls that hung belong to another connection. */
static void forget_stuck(struct backend_host *host)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, host->guests);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct guest_seen *guest = value;

		guest->stopped_us = guest->hung_us = 0;
		guest->hung_calls = 0;
		/* Nobody told what changed meanwhile. */
		guest->defined = host->all_read = false;
		host_tell_stuck(host, guest);
	}
}

/* Lock held. */
static void say_up(struct poller *poller, const GError *refused)
{
	struct backend_host *host = poller->host;
	struct host_status *status = host_begin_status(host, HOST_UP);
	struct advice_machine machine = advice_machine_look();
	char *uri = virConnectGetURI(poller->conn);

	host->attempt = 0;
	host->conn_closed = false;
	/* What changed meanwhile was told to nobody. */
	host->health_fresh = true;
	host->close_reason = VIR_CONNECT_CLOSE_REASON_ERROR;
	poller->epoch = ++host->epoch;
	forget_stuck(host);
	advice_clear(status);
	status->retry_at_us = 0;
	status->readonly = poller->readonly;
	if (uri != NULL) {
		g_free(status->uri);
		status->uri = text_clean(uri, -1);
	}
	free(uri);
	status->local = poller->local = is_local_qemu(status->uri);
	g_free(status->user);
	status->user = text_clean(machine.user, -1);
	if (refused != NULL)
		advice_readonly(status, host->asked_uri, refused, &machine);
	/* Before anybody hears of it: who does may submit at once. */
	if (host->workers != NULL) {
		workers_set_host(host->workers, host->id, status->uri, status->readonly, status->hostname);
		workers_lend_conn(host->workers, host->id, host->brief ? poller->conn : NULL);
	}
	host_set_status(host, status);
}

/* One attempt. false: this poller was given up; else poller->conn is set or the wait for the next one is over. */
static bool try_connect(struct poller *poller)
{
	struct backend_host *host = poller->host;
	g_autoptr(GError) error = NULL;
	bool go_on;

	if (!busy(poller, BUSY_OPEN))
		return false;
	poller->conn = open_either_way(poller, &error);
	host_lock(host);
	go_on = current(poller);
	if (go_on) {
		busy_clear(&host->busy);
		if (poller->conn != NULL) {
			say_up(poller, error);
		} else {
			host->attempt++;
			say_failed(poller, error);
			wait_for_retry(poller);
			go_on = current(poller);
		}
	}
	host_unlock(host);
	return go_on;
}

static bool connect_until_up(struct poller *poller)
{
	while (poller->conn == NULL) {
		host_lock(poller->host);
		/* The first attempt, or one by hand, was said by whoever asked for it. */
		if (current(poller) && poller->host->status->link != HOST_CONNECTING)
			say_connecting(poller);
		if (current(poller))
			poller->host->retry_now = false;
		host_unlock(poller->host);
		if (!try_connect(poller))
			return false;
	}
	return true;
}

/* ---- connected ------------------------------------------------------------- */

/* A hung call was said to hang: it came back. */
static void say_answered(struct poller *poller)
{
	struct backend_host *host = poller->host;

	if (host->busy.told && host->status->link == HOST_UP) {
		struct host_status *status = host_begin_status(host, HOST_UP);

		advice_clear(status);
		host_set_status(host, status);
	}
	busy_clear(&host->busy);
}

static bool tick(struct poller *poller, GError **error)
{
	struct backend_host *host = poller->host;
	struct sample *sample;
	struct msg *msg;

	if (!busy(poller, BUSY_HOST))
		return false;
	sample = sample_take(host, poller->generation, poller->conn, poller->local, error);
	poller->ticked_us = g_get_monotonic_time();
	if (sample == NULL)
		return false;
	msg = msg_new(MSG_SAMPLE, host->id, poller->epoch);
	msg->sample = sample;
	host_lock(host);
	if (current(poller)) {
		say_answered(poller);
		host_post(host, msg);
		/* Someone came or was started: the detail thread is not woken for nothing. */
		if (host->rows_due)
			pthread_cond_broadcast(&host->detail_wake);
	} else {
		msg_free(msg);
	}
	host_unlock(host);
	return true;
}

static bool list_flags(struct poller *poller)
{
	if (!busy(poller, BUSY_HOST))
		return false;
	sample_list_flags(poller->host, poller->generation, poller->conn);
	poller->flagged_us = g_get_monotonic_time();
	host_lock(poller->host);
	if (current(poller)) {
		say_answered(poller);
		host_kick(poller->host);
	}
	host_unlock(poller->host);
	return true;
}

/* Lock held. */
static bool wants_flags(const struct backend_host *host)
{
	return !host->brief || host->brief_flags;
}

/* Lock held. */
static bool wants_events(const struct backend_host *host)
{
	return !host->brief || host->brief_events;
}

/* Events, and a tick that tells what happened before they were on. */
static bool listen_to_events(struct poller *poller)
{
	struct backend_host *host = poller->host;

	if (!busy(poller, BUSY_HOST))
		return false;
	events_listen(poller->events);
	poller->listens = true;
	host_lock(host);
	if (current(poller)) {
		say_answered(poller);
		host->ids_due = true;
		host->tells_lifecycle = events_tell_lifecycle(poller->events);
		host_kick(host);
	}
	host_unlock(host);
	return true;
}

/* Lock held. The next wake: the tick's time, sooner when kicked or when a guest may hang. */
static gint64 next_wake_us(const struct poller *poller)
{
	const struct backend_host *host = poller->host;
	gint64 at_us = poller->ticked_us + host->refresh_ms * G_TIME_SPAN_MILLISECOND;

	if (wants_events(host) && !poller->listens)
		return 0;
	if (host->kicked)
		at_us = MIN(at_us, poller->ticked_us + TICK_GAP_US);
	if (host->flags_due && wants_flags(host))
		at_us = MIN(at_us, poller->flagged_us + FLAGS_GAP_US);
	return MIN(at_us, stuck_next_look_us(host));
}

/* Waits until something is due; false when the connection is gone or the poller was given up. */
static bool wait_for_work(struct poller *poller, bool *ret_flags, bool *ret_tick)
{
	struct backend_host *host = poller->host;
	gint64 now_us;
	bool go_on;

	host_lock(host);
	while (current(poller) && !host->conn_closed && g_get_monotonic_time() < next_wake_us(poller))
		lock_cond_wait_until(&host->poller_wake, &host->lock, next_wake_us(poller));
	go_on = current(poller) && !host->conn_closed;
	now_us = g_get_monotonic_time();
	*ret_flags = wants_flags(host) && ((host->flags_due && now_us >= poller->flagged_us + FLAGS_GAP_US) ||
	        now_us >= poller->flagged_us + LISTS_EVERY_US);
	*ret_tick = host->kicked ? now_us >= poller->ticked_us + TICK_GAP_US
	                         : now_us >= poller->ticked_us + host->refresh_ms * G_TIME_SPAN_MILLISECOND;
	if (go_on && *ret_flags)
		host->flags_due = false;
	if (go_on && *ret_tick)
		host->kicked = false;
	host_unlock(host);
	return go_on;
}

/* One round of whatever is due. */
static bool work(struct poller *poller, GError **error)
{
	bool flags, due, events;

	if (!wait_for_work(poller, &flags, &due))
		return false;
	host_lock(poller->host);
	events = wants_events(poller->host) && !poller->listens;
	host_unlock(poller->host);
	if (events && !listen_to_events(poller))
		return false;
	/* A guest is known by the tick, its flags by the listing: in the other order a new one has none. */
	if ((due || flags) && !tick(poller, error))
		return false;
	if (flags && !list_flags(poller))
		return false;
	return stuck_look(poller->host, poller->generation, poller->conn);
}

/* Lock held. */
static void say_lost(struct poller *poller, const GError *error)
{
	struct backend_host *host = poller->host;
	struct host_status *status = host_begin_status(host, HOST_LOST);

	advice_clear(status);
	if (error != NULL)
		status->error = g_strdup(error->message);
	else if (host->close_reason == VIR_CONNECT_CLOSE_REASON_KEEPALIVE)
		status->error = g_strdup("the daemon stopped answering (keepalive)");
	else
		status->error = g_strdup("the daemon closed the connection");
	status->retry_at_us = g_get_monotonic_time() + backoff_us(host, 0);
	host_set_status(host, status);
	if (host->workers != NULL)
		workers_lend_conn(host->workers, host->id, NULL);
}

static void disconnect(struct poller *poller)
{
	events_unregister(g_steal_pointer(&poller->events));
	conn_close(g_steal_pointer(&poller->conn));
}

static void want_detail(struct poller *poller)
{
	struct backend_host *host = poller->host;

	host_lock(host);
	if (current(poller)) {
		host->detail_wanted = true;
		host->detail_readonly = poller->readonly;
		host->lists_hung = 0;
		host->facts_due = host->lists_due = host->users_due = host->volumes_due = true;
		host_want_threads(host);
	}
	host_unlock(host);
}

/*
 * What a person waits for comes first, the list; then the events, the flags at
 * once (until then every guest looks transient), and the tick that tells both
 * them and what happened before the events were on. Whatever is not needed for
 * the list, with a connection of its own, comes last.
 */
static bool begin(struct poller *poller, GError **error)
{
	struct backend_host *host = poller->host;
	bool go_on, flags;

	host_lock(host);
	if (current(poller))
		host->tells_lifecycle = false;
	host_unlock(host);
	if (!tick(poller, error) || !busy(poller, BUSY_HOST))
		return false;
	poller->events = events_register(host, poller->generation, poller->epoch, poller->conn);
	host_lock(host);
	poller->listens = wants_events(host);
	host_unlock(host);
	if (poller->listens)
		events_listen(poller->events);
	host_lock(host);
	if (current(poller)) {
		host->ids_due = true;
		host->tells_lifecycle = events_tell_lifecycle(poller->events);
	}
	flags = wants_flags(host);
	host_unlock(host);
	go_on = !flags || (list_flags(poller) && tick(poller, error));
	want_detail(poller);
	return go_on;
}

/* From connected to lost; false when this poller was given up. */
static bool serve(struct poller *poller)
{
	struct backend_host *host = poller->host;
	g_autoptr(GError) error = NULL;
	bool go_on;

	poller->ticked_us = poller->flagged_us = 0;
	if (begin(poller, &error))
		while (work(poller, &error))
			;
	/* Closing waits for a daemon that hangs: that is said first. */
	host_lock(host);
	go_on = current(poller);
	if (go_on) {
		busy_clear(&host->busy);
		host->detail_wanted = false;
		host_drop_detail(host);
		forget_stuck(host);
		say_lost(poller, error);
	}
	host_unlock(host);
	disconnect(poller);
	host_lock(host);
	if (go_on && current(poller))
		wait_for_retry(poller);
	go_on = current(poller);
	host_unlock(host);
	return go_on;
}

void poller_run(void *data)
{
	struct host_thread *thread = data;
	struct backend_host *host = thread->host;
	struct poller poller = {.host = host, .generation = thread->generation};

	while (connect_until_up(&poller) && serve(&poller))
		;
	/* Given up while it opened: nobody will use what it got. */
	disconnect(&poller);
	host_lock(host);
	host->pollers--;
	host_want_threads(host);
	host_unlock(host);
	host_thread_free(thread);
}
