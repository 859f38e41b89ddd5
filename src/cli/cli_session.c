/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connecting and waiting for the command line.
 *
 * Main thread. It only waits for messages and signals; whatever may hang sits
 * in the back end's threads, which are left behind at the end.
 */
#include "cli_session.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cli.h"
#include "nvirt/options.h"

/* What is asked of an object that is connected anyway: a guest's detail, a plan. */
#define PEEK_TIMEOUT_US (5 * G_USEC_PER_SEC)
#define ANSWER_TIMEOUT_US (20 * G_USEC_PER_SEC)
#define FIGURES_TIMEOUT_US (4 * G_USEC_PER_SEC)
/* Threads that do not end by then sit in a dead call. */
#define LEAVE_TIMEOUT_MS 300
#define JOURNAL_TIMEOUT_MS 2000

static void signals_set(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
}

struct cli_session *cli_session_new(
        struct output *out, char **uris, bool readonly, gint64 connect_timeout_us, bool write_journal)
{
	struct cli_session *session = g_new0(struct cli_session, 1);
	static char *defaults[] = {NULL, NULL};
	sigset_t set;

	/* Before any thread is made, so that all of them inherit it. */
	signals_set(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	session->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	session->out = out;
	session->connect_timeout_us = connect_timeout_us;
	session->store = store_new();
	session->inbox = inbox_new();
	session->journal = write_journal ? journal_open(NULL, NULL) : NULL;
	session->heard = g_array_new(FALSE, TRUE, sizeof(struct cli_heard));
	session->backend = backend_new(session->inbox, session->journal, &(struct backend_options){.brief = true});
	for (char **uri = uris && *uris ? uris : defaults; uri == defaults || *uri; uri++) {
		struct host *host = store_add_host(session->store, *uri, readonly);

		backend_add_host(session->backend, host->id, *uri, readonly);
		if (uri == defaults)
			break;
	}
	return session;
}

void cli_session_free(struct cli_session *session)
{
	if (!session)
		return;
	output_progress(session->out, NULL);
	backend_free(session->backend, LEAVE_TIMEOUT_MS);
	journal_close(session->journal, JOURNAL_TIMEOUT_MS);
	inbox_free(session->inbox);
	store_free(session->store);
	g_array_unref(session->heard);
	edit_answer_free(session->edit);
	screen_door_free(session->door);
	cli_session_release_signals(session);
	g_free(session);
}

void cli_session_release_signals(struct cli_session *session)
{
	sigset_t set;

	if (session->signal_fd < 0)
		return;
	close(session->signal_fd);
	session->signal_fd = -1;
	signals_set(&set);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static struct cli_heard *hear(struct cli_session *session, unsigned host)
{
	if (session->heard->len <= host)
		g_array_set_size(session->heard, host + 1);
	return &g_array_index(session->heard, struct cli_heard, host);
}

static struct cli_heard heard_of(const struct cli_session *session, const struct host *host)
{
	if (host->id >= session->heard->len)
		return (struct cli_heard){0};
	return g_array_index(session->heard, struct cli_heard, host->id);
}

static void show_notice(struct cli_session *session)
{
	const struct notice *notice = store_notice(session->store);

	if (notice && notice->level != LEVEL_INFO)
		output_message(session->out, "%s", notice->text);
}

void cli_session_pump(struct cli_session *session)
{
	struct msg *msg;

	while ((msg = inbox_take(session->inbox))) {
		struct cli_heard *heard = hear(session, msg->host);
		bool notice = msg->type == MSG_NOTICE || (msg->type == MSG_JOURNAL && msg->text);

		if (msg->edit && msg->edit->id == session->edits) {
			edit_answer_free(session->edit);
			session->edit = g_steal_pointer(&msg->edit);
		}
		if (msg->door && msg->door->id == session->doors) {
			screen_door_free(session->door);
			session->door = g_steal_pointer(&msg->door);
		}
		heard->types |= 1u << msg->type;
		heard->samples += msg->type == MSG_SAMPLE;
		heard->details += msg->type == MSG_DETAIL;
		store_apply(session->store, msg, g_get_monotonic_time(), g_get_real_time());
		if (notice)
			show_notice(session);
	}
}

static bool take_signal(struct cli_session *session)
{
	struct signalfd_siginfo info;
	bool any = false;

	while (read(session->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		/* A closed terminal or a kill leaves at once: it is no wish to abort a task. */
		session->interrupts = info.ssi_signo == SIGINT ? session->interrupts + 1 : INTERRUPTS_LEAVE;
		any = true;
	}
	return any;
}

static int timeout_ms(gint64 deadline_us)
{
	gint64 left_us = deadline_us - g_get_monotonic_time();

	return (int)CLAMP((left_us + 999) / 1000, 0, G_MAXINT);
}

enum cli_wait cli_session_wait(struct cli_session *session, bool (*done)(struct cli_session *, void *),
        void *data, int fd, gint64 deadline_us)
{
	for (;;) {
		struct pollfd fds[] = {
		        {.fd = inbox_fd(session->inbox), .events = POLLIN},
		        {.fd = session->signal_fd, .events = POLLIN},
		        {.fd = fd, .events = POLLIN},
		};

		cli_session_pump(session);
		if (done && done(session, data))
			return WAIT_DONE;
		if (poll(fds, G_N_ELEMENTS(fds), timeout_ms(deadline_us)) < 0 && errno != EINTR)
			return WAIT_TIMEOUT;
		if (fds[1].revents && take_signal(session))
			return WAIT_INTERRUPTED;
		if (fds[2].revents)
			return WAIT_DONE;
		if (!fds[0].revents && g_get_monotonic_time() >= deadline_us)
			return WAIT_TIMEOUT;
	}
}

/*
 * The first sample comes before it was listed which guests are persistent,
 * start with the host and so on: refusing by it would be refusing by a guess.
 */
static bool guests_known(const struct cli_session *session, const struct host *host, unsigned samples)
{
	return host->listed && (session->by_state || samples > 1 || !host->guests->len);
}

bool cli_session_has(const struct cli_session *session, const struct host *host, enum obj_kind kind)
{
	struct cli_heard heard = heard_of(session, host);

	if (host->status->link != HOST_UP)
		return false;
	switch (kind) {
	case OBJ_GUEST:
	case OBJ_SNAPSHOT:
		return guests_known(session, host, heard.samples);
	case OBJ_POOL:
	case OBJ_VOLUME:
		return heard.types & (1u << MSG_POOLS);
	case OBJ_NETWORK:
		return heard.types & (1u << MSG_NETWORKS);
	case OBJ_TASK:
		/* By its name it is told from others with the same URI. */
		return host->status->hostname || host->status->driver;
	case OBJ_NONE:
	case OBJ_HOST:
	case OBJ_N:
		break;
	}
	return true;
}

static bool host_failed(const struct host *host)
{
	enum host_link link = host->status->link;

	return link == HOST_FAILED || link == HOST_LOST || link == HOST_OFF;
}

static bool all_settled(struct cli_session *session, void *data)
{
	enum obj_kind kind = *(enum obj_kind *)data;

	for (unsigned i = 0; i < store_host_count(session->store); i++) {
		const struct host *host = store_host_at(session->store, i);
		bool heard = heard_of(session, host).types & (1u << MSG_HOST);

		/* A new host of the store may read as off until its first status came. */
		if (!cli_session_has(session, host, kind) && !(heard && host_failed(host)))
			return false;
	}
	return true;
}

/* Quoted, or words; owned. */
static char *host_uri(const struct host *host)
{
	const char *uri = host->status->uri && *host->status->uri ? host->status->uri : host->asked_uri;

	return uri && *uri ? g_strdup_printf("'%s'", uri) : g_strdup("libvirt's default URI");
}

void cli_session_explain(struct cli_session *session, const struct host *host)
{
	const struct host_status *status = host->status;
	double timeout_s = (double)session->connect_timeout_us / G_USEC_PER_SEC;
	g_autofree char *uri = host_uri(host);
	struct output *out = session->out;

	if (status->link == HOST_UP)
		output_message(
		        out, "%s is connected, but its lists did not come within %g s", uri, timeout_s);
	else if (status->error && g_str_has_prefix(status->error, "cannot "))
		output_message(out, "%s", status->error);
	else if (status->error)
		output_message(out, "cannot connect to %s: %s", uri, status->error);
	else
		output_message(out, "cannot connect to %s: no answer within %g s", uri, timeout_s);
	if (status->tried)
		output_note(out, "  tried: %s", status->tried);
	if (status->advice)
		output_note(out, "  %s", status->advice);
	if (status->command)
		output_note(out, "  command: %s", status->command);
}

/* Names and states of guests are listed in any case; the rest only for who asks. */
static void want(struct cli_session *session, enum obj_kind kind)
{
	struct watch watch = {.lists = kind != OBJ_GUEST && kind != OBJ_SNAPSHOT, .flags = !session->by_state,
	        .events = session->events};

	for (unsigned i = 0; i < store_host_count(session->store); i++)
		backend_watch(session->backend, store_host_at(session->store, i)->id, &watch);
}

int cli_session_connect(struct cli_session *session, enum obj_kind kind)
{
	gint64 deadline_us = g_get_monotonic_time() + session->connect_timeout_us;
	int code = EXIT_CODE_OK;

	want(session, kind);
	if (cli_session_wait(session, all_settled, &kind, -1, deadline_us) == WAIT_INTERRUPTED)
		return EXIT_CODE_INTERRUPTED;
	for (unsigned i = 0; i < store_host_count(session->store); i++) {
		const struct host *host = store_host_at(session->store, i);

		if (cli_session_has(session, host, kind))
			continue;
		cli_session_explain(session, host);
		code = EXIT_CODE_FAILED;
	}
	return code;
}

static bool facts_came(struct cli_session *session, void *data)
{
	(void)data;
	for (unsigned i = 0; i < store_host_count(session->store); i++) {
		const struct host_status *status = store_host_at(session->store, i)->status;

		if (status->link == HOST_UP && !status->libvirt_version)
			return false;
	}
	return true;
}

enum cli_wait cli_session_facts(struct cli_session *session)
{
	want(session, OBJ_HOST);
	return cli_session_wait(session, facts_came, NULL, -1, g_get_monotonic_time() + FIGURES_TIMEOUT_US);
}

static bool object_opened(struct cli_session *session, void *data)
{
	const struct obj_ref *ref = data;
	const struct host *host = store_host(session->store, ref->host);

	if (!host || host_failed(host) || !store_has(session->store, ref))
		return true;
	if (ref->kind == OBJ_GUEST)
		return store_guest(session->store, ref)->detail;
	if (ref->kind == OBJ_POOL) {
		const struct pool *pool = store_pool(session->store, ref);

		return pool->volumes || pool->row->state == POOL_INACTIVE;
	}
	return true;
}

enum cli_wait cli_session_open(struct cli_session *session, const struct obj_ref *ref)
{
	struct obj_ref open = *ref;

	backend_watch(session->backend, ref->host, &(struct watch){.open = open});
	return cli_session_wait(
	        session, object_opened, &open, -1, g_get_monotonic_time() + ANSWER_TIMEOUT_US);
}

static bool snapshots_came(struct cli_session *session, void *data)
{
	const struct obj_ref *ref = data;
	const struct host *host = store_host(session->store, ref->host);
	const struct guest *guest = store_guest(session->store, ref);

	return !host || host_failed(host) || !guest || guest->snapshots;
}

/* The files were looked at when every snapshot knows whether one is missing. */
static bool files_came(struct cli_session *session, void *data)
{
	const struct guest *guest = store_guest(session->store, data);

	for (unsigned i = 0; guest && guest->snapshots && i < guest->snapshots->len; i++)
		if (!((const struct snapshot *)guest->snapshots->pdata[i])->row->missing)
			return false;
	return true;
}

enum cli_wait cli_session_snapshots(struct cli_session *session, const struct obj_ref *ref)
{
	struct obj_ref open = *ref;
	gint64 now_us = g_get_monotonic_time();
	enum cli_wait wait = cli_session_open(session, ref);

	if (wait != WAIT_INTERRUPTED)
		wait = cli_session_wait(session, snapshots_came, &open, -1, now_us + ANSWER_TIMEOUT_US);
	if (wait != WAIT_DONE)
		return wait;
	wait = cli_session_wait(session, files_came, &open, -1, g_get_monotonic_time() + FIGURES_TIMEOUT_US);
	return wait == WAIT_INTERRUPTED ? wait : WAIT_DONE;
}

static bool users_came(struct cli_session *session, void *data)
{
	const struct obj_ref *ref = data;
	const struct host *host = store_host(session->store, ref->host);
	const struct pool *pool = store_pool(session->store, ref);

	return !host || host_failed(host) || !pool || pool->users_known >= pool->users_total;
}

enum cli_wait cli_session_users(struct cli_session *session, const struct obj_ref *ref)
{
	struct obj_ref open = *ref;

	return cli_session_wait(session, users_came, &open, -1, g_get_monotonic_time() + FIGURES_TIMEOUT_US);
}

static bool pool_came(const struct pool *pool)
{
	if (pool->row->state == POOL_INACTIVE)
		return true;
	if (!pool->volumes || pool->users_known < pool->users_total)
		return false;
	for (unsigned i = 0; i < pool->volumes->len; i++) {
		const struct volume_row *row = ((const struct volume *)pool->volumes->pdata[i])->row;

		if (!row->uses || (row->unread && !row->problem))
			return false;
	}
	return true;
}

bool cli_session_has_images(const struct host *host)
{
	for (unsigned i = 0; i < host->pools->len; i++)
		if (!pool_came(host->pools->pdata[i]))
			return false;
	return host->files != NULL;
}

static bool images_came(struct cli_session *session, void *data)
{
	const struct host *host = store_host(session->store, *(unsigned *)data);

	return !host || host_failed(host) || cli_session_has_images(host);
}

enum cli_wait cli_session_images(struct cli_session *session, unsigned host)
{
	backend_watch(session->backend, host, &(struct watch){.images = true});
	return cli_session_wait(session, images_came, &host, -1, g_get_monotonic_time() + ANSWER_TIMEOUT_US);
}

static bool figures_came(struct cli_session *session, void *data)
{
	const struct obj_ref *ref = data;
	const struct host *host = store_host(session->store, ref->host);
	const struct guest *guest = store_guest(session->store, ref);

	if (!host || host_failed(host) || !guest || !guest->detail || !guest_state_active(guest->state))
		return true;
	return heard_of(session, host).details > 1 || guest->detail->problem || guest->stuck_us;
}

enum cli_wait cli_session_figures(struct cli_session *session, const struct obj_ref *ref)
{
	struct obj_ref open = *ref;

	return cli_session_wait(
	        session, figures_came, &open, -1, g_get_monotonic_time() + FIGURES_TIMEOUT_US);
}

struct plan_wait {
	unsigned id;
	unsigned host;
	struct plan *plan;
};

static bool plan_came(struct cli_session *session, void *data)
{
	struct plan_wait *wait = data;
	const struct host *host = store_host(session->store, wait->host);

	wait->plan = store_take_plan(session->store, wait->id);
	return wait->plan || !host || host_failed(host);
}

struct plan *cli_session_plan(
        struct cli_session *session, struct op_request *request, enum cli_wait *ret_wait)
{
	struct plan_wait wait = {.id = ++session->plans, .host = request->ref.host};
	g_autofree char *name = g_strdup(request->name);
	gint64 deadline_us = g_get_monotonic_time() + ANSWER_TIMEOUT_US;

	backend_plan(session->backend, request, wait.id);
	*ret_wait = cli_session_wait(session, plan_came, &wait, -1, deadline_us);
	if (!wait.plan && *ret_wait == WAIT_TIMEOUT)
		output_message(session->out, "cannot look at '%s': no answer within %d s", name,
		        (int)(ANSWER_TIMEOUT_US / G_USEC_PER_SEC));
	else if (!wait.plan && *ret_wait == WAIT_DONE)
		output_message(
		        session->out, "cannot look at '%s': the connection to its host was lost", name);
	return wait.plan;
}

static bool door_came(struct cli_session *session, void *data)
{
	(void)data;
	return session->door;
}

unsigned cli_session_ask_door(struct cli_session *session, const struct obj_ref *ref)
{
	g_clear_pointer(&session->door, screen_door_free);
	backend_open_screen(session->backend, ref, store_name(session->store, ref), ++session->doors);
	return session->doors;
}

struct screen_door *cli_session_door(
        struct cli_session *session, const struct obj_ref *ref, gint64 deadline_us, enum cli_wait *ret_wait)
{
	const char *name = store_name(session->store, ref);
	gint64 answer_us = g_get_monotonic_time() + ANSWER_TIMEOUT_US;

	cli_session_ask_door(session, ref);
	*ret_wait = cli_session_wait(session, door_came, NULL, -1, MIN(deadline_us, answer_us));
	if (*ret_wait == WAIT_TIMEOUT && answer_us <= deadline_us)
		output_message(session->out, "cannot show the screen of '%s': no answer within %d s", name,
		        (int)(ANSWER_TIMEOUT_US / G_USEC_PER_SEC));
	return g_steal_pointer(&session->door);
}

GBytes *cli_session_peek(struct cli_session *session, const struct obj_ref *ref)
{
	struct screen_door *door;
	GBytes *memory = NULL;

	g_clear_pointer(&session->door, screen_door_free);
	backend_peek_screen(session->backend, ref, store_name(session->store, ref), ++session->doors);
	cli_session_wait(session, door_came, NULL, -1, g_get_monotonic_time() + PEEK_TIMEOUT_US);
	door = g_steal_pointer(&session->door);
	if (door)
		memory = g_steal_pointer(&door->memory);
	screen_door_free(door);
	return memory;
}
