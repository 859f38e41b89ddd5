/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the threads of one host share, and the care for those that hang.
 * See host.h for the rules.
 */
#include "backend/host.h"

#include <string.h>

#include "backend/advice.h"
#include "backend/health_cache.h"
#include "nvirt/text.h"

/* When a hung call is given up and a new connection tried: an open may be slow for good reasons. */
#define GIVE_UP_CALL_US (30 * G_USEC_PER_SEC)
#define GIVE_UP_OPEN_US (60 * G_USEC_PER_SEC)

static guint uuid_hash(gconstpointer key)
{
	guint hash;

	/* UUIDs are random enough, but a generator may count in the last bytes. */
	memcpy(&hash, key, sizeof(hash));
	for (unsigned i = 4; i < 16; i++)
		hash = hash * 31u + ((const uint8_t *)key)[i];
	return hash;
}

static gboolean uuid_equal(gconstpointer a, gconstpointer b)
{
	return memcmp(a, b, 16) == 0;
}

static void guest_seen_free(gpointer data)
{
	struct guest_seen *guest = data;

	g_clear_pointer(&guest->name, g_ref_string_release);
	g_clear_pointer(&guest->raw, g_ref_string_release);
	g_clear_pointer(&guest->tags, g_ref_string_release);
	g_clear_pointer(&guest->title, g_ref_string_release);
	g_free(guest->why);
	g_free(guest);
}

struct backend_host *host_new(unsigned id, const char *uri, bool readonly)
{
	struct backend_host *host = g_new0(struct backend_host, 1);

	host->refs = 1;
	host->id = id;
	host->asked_uri = g_strdup(uri != NULL ? uri : "");
	host->readonly_asked = readonly;
	pthread_mutex_init(&host->lock, NULL);
	lock_cond_init(&host->poller_wake);
	lock_cond_init(&host->detail_wake);
	host->status = host_status_new();
	host->status->uri = text_clean(host->asked_uri, -1);
	host->busy.guests = g_array_new(FALSE, FALSE, sizeof(struct guest_id));
	host->detail_busy.guests = g_array_new(FALSE, FALSE, sizeof(struct guest_id));
	host->visible = g_array_new(FALSE, FALSE, sizeof(struct guest_id));
	host->order = g_ptr_array_new();
	host->guests = g_hash_table_new_full(uuid_hash, uuid_equal, NULL, guest_seen_free);
	node_sample_clear(&host->node);
	return host;
}

struct backend_host *host_ref(struct backend_host *host)
{
	__atomic_add_fetch(&host->refs, 1, __ATOMIC_RELAXED);
	return host;
}

void host_unref(struct backend_host *host)
{
	if (host == NULL || __atomic_sub_fetch(&host->refs, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	host_status_unref(host->status);
	health_cache_free(host->health_cache);
	g_array_unref(host->busy.guests);
	g_array_unref(host->detail_busy.guests);
	g_array_unref(host->visible);
	g_ptr_array_free(host->order, TRUE);
	g_hash_table_destroy(host->guests);
	pthread_cond_destroy(&host->poller_wake);
	pthread_cond_destroy(&host->detail_wake);
	pthread_mutex_destroy(&host->lock);
	g_free(host->asked_uri);
	g_free(host);
}

void host_lock(struct backend_host *host)
{
	pthread_mutex_lock(&host->lock);
}

void host_unlock(struct backend_host *host)
{
	pthread_mutex_unlock(&host->lock);
}

void host_post(struct backend_host *host, struct msg *msg)
{
	if (host->inbox != NULL)
		inbox_post(host->inbox, msg);
	else
		msg_free(msg);
}

struct host_status *host_begin_status(struct backend_host *host, enum host_link link)
{
	struct host_status *status = host_status_copy(host->status);

	status->link = link;
	return status;
}

void host_set_status(struct backend_host *host, struct host_status *status)
{
	struct msg *msg = msg_new(MSG_HOST, host->id, host->epoch);

	status->epoch = host->epoch;
	status->attempt = host->attempt;
	if (status->link != host->status->link || host->status->since_us == 0)
		status->since_us = g_get_monotonic_time();
	host_status_unref(host->status);
	host->status = status;
	msg->status = host_status_ref(status);
	host_post(host, msg);
}

struct guest_seen *host_guest(struct backend_host *host, const uint8_t uuid[16])
{
	return g_hash_table_lookup(host->guests, uuid);
}

void host_tell_stuck(struct backend_host *host, struct guest_seen *guest)
{
	gint64 since_us = guest->stopped_us != 0 ? guest->stopped_us : guest->hung_us;
	struct msg *msg;

	if (since_us == guest->told_us)
		return;
	guest->told_us = since_us;
	msg = msg_new(MSG_STUCK, host->id, host->epoch);
	msg->kind = OBJ_GUEST;
	memcpy(msg->uuid, guest->uuid, sizeof(msg->uuid));
	msg->since_us = since_us;
	if (guest->name != NULL)
		msg->name = g_strdup(guest->name);
	if (guest->stopped_us != 0)
		msg->text = g_strdup("its QEMU process is stopped (SIGSTOP)");
	else if (guest->hung_us != 0)
		msg->text = g_strdup(guest->why != NULL ? guest->why : "QEMU does not answer");
	host_post(host, msg);
}

void busy_clear(struct busy *busy)
{
	busy->on = BUSY_NOT;
	busy->told = false;
	busy->looked_us = 0;
	g_array_set_size(busy->guests, 0);
}

void host_kick(struct backend_host *host)
{
	/* One errand has nobody who looks at news. */
	host->kicked = !host->brief || host->brief_flags;
	pthread_cond_broadcast(&host->poller_wake);
}

void host_drop_detail(struct backend_host *host)
{
	host->detail_generation++;
	host->detail_runs = false;
	busy_clear(&host->detail_busy);
	pthread_cond_broadcast(&host->detail_wake);
}

void host_drop_poller(struct backend_host *host)
{
	/* Here it is still the poller's, too: giving it back can not be what closes it, and wait. */
	if (host->brief && host->workers != NULL)
		workers_lend_conn(host->workers, host->id, NULL);
	host->generation++;
	host->poller_runs = false;
	host->detail_wanted = false;
	busy_clear(&host->busy);
	pthread_cond_broadcast(&host->poller_wake);
	host_drop_detail(host);
}

void host_thread_free(struct host_thread *thread)
{
	host_unref(thread->host);
	g_free(thread);
}

static bool start(
        struct backend_host *host, const char *name, uint32_t generation, void (*run)(void *data))
{
	struct host_thread *thread = g_new0(struct host_thread, 1);

	thread->host = host_ref(host);
	thread->generation = generation;
	if (threads_start(host->threads, name, run, thread))
		return true;
	/* Not the last reference: the caller has one. */
	host_thread_free(thread);
	return false;
}

void host_want_threads(struct backend_host *host)
{
	if (host->off || host->inbox == NULL)
		return;
	if (!host->poller_runs && host->pollers < HOST_THREADS_MAX &&
	        start(host, "nvirt-poller", host->generation, poller_run)) {
		host->poller_runs = true;
		host->pollers++;
	}
	if (host->detail_wanted && (!host->brief || host->brief_watch) && !host->detail_runs &&
	        host->details < HOST_THREADS_MAX &&
	        start(host, "nvirt-detail", host->detail_generation, detail_run)) {
		host->detail_runs = true;
		host->details++;
	}
}

/* Lock held. Says that no answer comes: connecting, or a call on a connection that seems alive. */
static void tell_no_answer(struct backend_host *host)
{
	struct host_status *status = host_begin_status(host, host->status->link);

	host->busy.told = true;
	advice_no_answer(status, host->asked_uri, HOST_NO_ANSWER_US / G_USEC_PER_SEC);
	host_set_status(host, status);
}

/*
 * Lock held. A call of the poller that is long overdue is left to itself.
 * The new thread is the one that says how it goes on.
 */
static void watch_poller(struct backend_host *host)
{
	gint64 age_us = g_get_monotonic_time() - host->busy.since_us;
	gint64 limit_us = host->busy.on == BUSY_OPEN ? GIVE_UP_OPEN_US : GIVE_UP_CALL_US;

	if (host->busy.on == BUSY_NOT || age_us < HOST_NO_ANSWER_US)
		return;
	if (!host->busy.told)
		tell_no_answer(host);
	if (age_us < limit_us || host->pollers >= HOST_THREADS_MAX)
		return;
	host->attempt++;
	host_drop_poller(host);
}

/* Lock held. Storage or networks hang (a dead NFS server): the next detail thread leaves them out. */
static void watch_detail(struct backend_host *host)
{
	gint64 age_us = g_get_monotonic_time() - host->detail_busy.since_us;

	if (host->detail_busy.on != BUSY_LISTS || age_us < HOST_NO_ANSWER_US ||
	        host->details >= HOST_THREADS_MAX)
		return;
	host->lists_hung++;
	host_drop_detail(host);
}

void host_supervise(struct backend_host *host)
{
	host_lock(host);
	watch_poller(host);
	watch_detail(host);
	host_want_threads(host);
	host_unlock(host);
}
