/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The threads that gather for a host's checks: see health.h.
 *
 * Two: this machine's files, which are there at once, and libvirt by a connection of its own. Each posts
 * what it has as soon as it has it, so that a call that hangs costs only what comes after it.
 */
#include "backend/health.h"

#include "backend/conn.h"
#include "backend/host.h"
#include "backend/node.h"
#include "backend/uri.h"

/* What guests, pools and networks may take together, and what lies in the pools. */
#define OBJECTS_US (15 * G_USEC_PER_SEC)
#define STORAGE_US (30 * G_USEC_PER_SEC)
/* Another tree than "/", for the tests. */
#define ROOT_VARIABLE "NVIRT_CHECK_ROOT"

struct round {
	struct backend_host *host;
	char *uri, *log_dir;
	bool local, session;
};

/* Is the daemon of this URI, as far as can be told, this machine's QEMU driver? */
static bool is_this_machine(const char *uri)
{
	g_autofree char *driver = uri_driver(uri);

	return uri_is_local(uri) && (*driver == '\0' || g_str_has_prefix(driver, "qemu"));
}

/* Lock held. What the connection resolved, else what was asked for, else libvirt's own default. */
static char *host_uri(const struct backend_host *host)
{
	const char *resolved = host->status->uri, *usual = g_getenv("LIBVIRT_DEFAULT_URI");

	if (resolved != NULL && *resolved != '\0')
		return g_strdup(resolved);
	if (*host->asked_uri != '\0')
		return g_strdup(host->asked_uri);
	return g_strdup(usual != NULL ? usual : "");
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

static struct round *round_new(struct backend_host *host)
{
	struct round *round = g_new0(struct round, 1);

	round->host = host_ref(host);
	round->uri = host_uri(host);
	round->local = is_this_machine(round->uri);
	round->session = *round->uri != '\0' ? uri_is_session(round->uri) : !node_in_libvirt_group();
	round->log_dir = log_dir(round->session);
	return round;
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

static void machine_run(void *data)
{
	struct round *round = data;
	const struct health_source source = {.root = health_root(), .session = round->session};
	struct check_machine *machine = round->local ? health_read_machine(&source) : NULL;
	unsigned long version = 0;

	if (virGetVersion(&version, NULL, NULL) != 0)
		version = 0;
	post(round->host, (struct health){.machine = machine, .client_version = version}, NULL);
	host_lock(round->host);
	round->host->machine_read = false;
	host_unlock(round->host);
	round_free(round);
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

static void ask_libvirt(struct round *round, virConnectPtr conn)
{
	struct health_round asked = {.host = round->host->id,
	        .local = round->local,
	        .log_dir = round->local ? round->log_dir : NULL,
	        .deadline_us = g_get_monotonic_time() + OBJECTS_US,
	        .go_on = go_on,
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

	if (conn != NULL)
		ask_libvirt(round, conn);
	else
		post(round->host, (struct health){0}, error->message);
	conn_close(conn);
	host_lock(round->host);
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
