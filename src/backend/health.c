/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The threads that gather for a host's checks: see health.h.
 *
 * Two: this machine's files, which are there at once, and libvirt by a connection of its own. Each posts
 * what it has as soon as it has it, so that a call that hangs costs only what comes after it.
 */
#include "backend/health.h"

#include "backend/conn.h"
#include "backend/health_cache.h"
#include "backend/health_far.h"
#include "backend/host.h"
#include "backend/node.h"
#include "backend/uri.h"
#include "nvirt/backend.h"
#include "nvirt/text.h"

#include <string.h>

/* What guests, pools and networks may take together, and what lies in the pools. */
#define OBJECTS_US (15 * G_USEC_PER_SEC)
#define STORAGE_US (30 * G_USEC_PER_SEC)
/* Another machine's files over ssh: for how long, how much, and how often. */
#define FAR_US (20 * G_USEC_PER_SEC)
#define FAR_BYTES (4 * 1024 * 1024)
#define FAR_OLD_US (50 * G_USEC_PER_SEC)
/* Another tree than "/", for the tests. */
#define ROOT_VARIABLE "NVIRT_CHECK_ROOT"

struct round {
	struct backend_host *host;
	char *uri, *log_dir;
	bool local, session;
	bool over_ssh; /* its user lets us log in there */
};

/* Is the daemon of this URI, as far as can be told, this machine's QEMU driver? */
static bool is_this_machine(const char *uri)
{
	g_autofree char *driver = uri_driver(uri);

	return uri_is_local(uri) && (*driver == '\0' || g_str_has_prefix(driver, "qemu"));
}

const char *health_root(void)
{
	const char *dir = g_getenv(ROOT_VARIABLE);

	return dir != NULL ? dir : "";
}

/* Where libvirt's QEMUs log: a daemon with a socket of its own may have another place, which nobody tells. */
static char *log_dir(bool session)
{
	if (session)
		return g_build_filename(g_get_user_cache_dir(), "libvirt", "qemu", "log", NULL);
	return g_strconcat(health_root(), "/var/log/libvirt/qemu", NULL);
}

/* Lock held. What the connection resolved, else what was asked for. */
static struct round *round_new(struct backend_host *host)
{
	struct round *round = g_new0(struct round, 1);
	const char *resolved = host->status->uri;

	round->host = host_ref(host);
	round->uri = g_strdup(resolved != NULL && *resolved != '\0' ? resolved : host->asked_uri);
	round->over_ssh = host->ssh_allowed;
	return round;
}

/* On its own thread: files are read. */
static void round_begin(struct round *round)
{
	char *uri = uri_behind(round->uri);

	g_free(round->uri);
	round->uri = uri;
	round->local = is_this_machine(uri);
	round->session = *uri != '\0' ? uri_is_session(uri) : !node_in_libvirt_group();
	round->log_dir = log_dir(round->session);
	if (round->over_ssh) {
		g_autofree char *target = backend_ssh_target(uri);

		round->over_ssh = target != NULL;
	}
}

static void round_free(struct round *round)
{
	host_unref(round->host);
	g_free(round->uri);
	g_free(round->log_dir);
	g_free(round);
}

/* Takes the parts. false: nobody listens any more. */
static bool post(struct backend_host *host, struct health parts, const char *error)
{
	struct msg *msg = msg_new(MSG_HEALTH, host->id, 0);
	bool listens;

	msg->health = g_new0(struct health, 1);
	*msg->health = parts;
	msg->text = g_strdup(error);
	host_lock(host);
	listens = host->inbox != NULL;
	host_post(host, msg);
	host_unlock(host);
	return listens;
}

static bool go_on(void *data)
{
	struct backend_host *host = data;
	bool listens;

	host_lock(host);
	listens = host->inbox != NULL;
	host_unlock(host);
	return listens;
}

/* Who logs in there, and where; a copy of the URI's words. */
char *backend_ssh_target(const char *uri)
{
	g_autofree char *transport = uri_transport(uri), *driver = uri_driver(uri);
	g_autofree char *server = uri_server(uri, true);

	if (strcmp(transport, "ssh") != 0 || strcmp(driver, "qemu") != 0 || *server == '\0')
		return NULL;
	return g_steal_pointer(&server);
}

/* Logging in is dear: not with every event. What was told the last time stays. */
static bool is_far_due(struct backend_host *host)
{
	gint64 now_us = g_get_monotonic_time();
	bool due;

	host_lock(host);
	due = host->far_us == 0 || host->far_fresh || now_us - host->far_us > FAR_OLD_US;
	host->far_fresh = false;
	if (due)
		host->far_us = now_us;
	host_unlock(host);
	return due;
}

static void read_far(struct round *round, struct health *parts)
{
	const struct ssh_limits limits = {.bytes = FAR_BYTES,
	        .deadline_us = g_get_monotonic_time() + FAR_US,
	        .go_on = go_on,
	        .data = round->host};
	g_autoptr(GError) error = NULL;

	parts->machine = health_read_far(round->uri, round->session, &limits, &error);
	if (parts->machine == NULL)
		parts->no_machine = text_clean(error->message, -1);
}

static void machine_run(void *data)
{
	struct round *round = data;
	struct health parts = {0};

	round_begin(round);
	if (round->local)
		parts.machine = health_read_machine(
		        &(struct health_source){.root = health_root(), .session = round->session});
	else if (round->over_ssh && is_far_due(round->host))
		read_far(round, &parts);
	if (virGetVersion(&parts.client_version, NULL, NULL) != 0)
		parts.client_version = 0;
	post(round->host, parts, NULL);
	host_lock(round->host);
	round->host->machine_read = false;
	host_unlock(round->host);
	round_free(round);
}

static virConnectPtr open_any(struct backend_host *host, GError **error)
{
	virConnectPtr conn = conn_open(host->asked_uri, host->readonly_asked, error);

	if (conn != NULL || host->readonly_asked)
		return conn;
	/* Who may not write may perhaps read; if not, the first words are the better ones. */
	conn = conn_open(host->asked_uri, true, NULL);
	if (conn != NULL)
		g_clear_error(error);
	return conn;
}

/* How often something told that it changed; another thread may be told just now. */
static uint32_t serial_of(const uint8_t uuid[16], void *data)
{
	struct backend_host *host = data;
	const struct guest_seen *guest;
	uint32_t serial;

	host_lock(host);
	guest = host_guest(host, uuid);
	serial = guest != NULL ? guest->serial + 1 : 0;
	host_unlock(host);
	return serial;
}

/* What the round before left, unless somebody wants all of it read anew. One round of a host at a time has it. */
static struct health_cache *take_cache(struct round *round)
{
	struct backend_host *host = round->host;
	struct health_cache *cache, *old = NULL;

	host_lock(host);
	cache = g_steal_pointer(&host->health_cache);
	if (host->health_fresh)
		old = g_steal_pointer(&cache);
	host->health_fresh = false;
	host_unlock(host);
	health_cache_free(old);
	return cache != NULL ? cache : health_cache_new(round->local);
}

static void ask_libvirt(struct round *round, virConnectPtr conn, struct health_cache *cache)
{
	struct health_round asked = {.host = round->host->id,
	        .local = round->local,
	        .log_dir = round->local ? round->log_dir : NULL,
	        .deadline_us = g_get_monotonic_time() + OBJECTS_US,
	        .go_on = go_on,
	        .cache = cache,
	        .serial = serial_of,
	        .data = round->host};
	g_autoptr(GError) error = NULL;
	struct check_objects *objects = health_read_objects(conn, &asked, &error);

	if (!post(round->host, (struct health){.objects = objects}, error != NULL ? error->message : NULL) ||
	        objects == NULL)
		return;
	asked.deadline_us = g_get_monotonic_time() + STORAGE_US;
	if (post(round->host, (struct health){.storage = health_read_storage(conn, &asked)}, NULL))
		post(round->host, (struct health){.capabilities = health_read_capabilities(conn)}, NULL);
}

static void libvirt_run(void *data)
{
	struct round *round = data;
	g_autoptr(GError) error = NULL;
	virConnectPtr conn = open_any(round->host, &error);
	struct health_cache *cache;

	round_begin(round);
	cache = take_cache(round);
	if (conn != NULL)
		ask_libvirt(round, conn, cache);
	else
		post(round->host, (struct health){0}, error->message);
	conn_close(conn);
	host_lock(round->host);
	round->host->health_cache = cache;
	round->host->health_read = false;
	host_unlock(round->host);
	round_free(round);
}

static bool start(struct backend_host *host, const char *name, void (*run)(void *data))
{
	struct round *round = round_new(host);
	bool started = threads_start(host->threads, name, run, round);

	if (!started)
		round_free(round);
	return started;
}

void host_check(struct backend_host *host)
{
	if (!host->machine_read)
		host->machine_read = start(host, "nvirt-machine", machine_run);
	if (!host->health_read)
		host->health_read = start(host, "nvirt-health", libvirt_run);
}
