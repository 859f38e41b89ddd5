/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One run of a verb against its hosts: store, inbox and back end, and the only
 * loop of the command line: wait for a state, with a deadline.
 *
 * Main thread. Ctrl-C and SIGTERM arrive here as an answer of the wait; they
 * are held back from cli_session_new() until cli_session_release_signals().
 */
#ifndef NVIRT_CLI_SESSION_H
#define NVIRT_CLI_SESSION_H

#include "cli_output.h"
#include "nvirt/backend.h"
#include "nvirt/store.h"

/* So many times Ctrl-C (or one SIGTERM or SIGHUP) mean: leave now, whatever runs. */
#define INTERRUPTS_LEAVE 2

/* What has come from one host. */
struct cli_heard {
	unsigned types; /* bits 1 << enum msg_type */
	unsigned samples, details;
};

struct cli_session {
	struct output *out;
	struct store *store;
	struct inbox *inbox;
	struct journal *journal; /* NULL where nothing is written */
	struct backend *backend;
	GArray *heard; /* struct cli_heard a host id */
	gint64 connect_timeout_us;
	int signal_fd;
	bool by_state;       /* guests' names and states will do: see ACTION_BY_STATE */
	bool events;         /* it goes on for a while: what happens to guests is to be told at once */
	unsigned interrupts; /* how often Ctrl-C came */
	unsigned plans;      /* ids given out */
	unsigned edits;      /* the same, of definitions */
	struct edit_answer *edit; /* to the last of them, or NULL */
	unsigned doors;           /* the same, of guests' screens */
	struct screen_door *door;
};

enum cli_wait { WAIT_DONE, WAIT_TIMEOUT, WAIT_INTERRUPTED };

/* `uris` NULL-terminated, NULL = libvirt's own rules. `write_journal`: tasks will be run. */
struct cli_session *cli_session_new(
        struct output *out, char **uris, bool readonly, gint64 connect_timeout_us, bool write_journal);
void cli_session_free(struct cli_session *session);
/* From now on a signal ends the program, as usual: nothing waits any more. */
void cli_session_release_signals(struct cli_session *session);

/* Applies what has come; does not block. */
void cli_session_pump(struct cli_session *session);
/*
 * Until `done` says true, the monotonic deadline, or a signal. `done` is asked
 * once before and after every batch of messages. `fd` >= 0: becoming readable
 * also counts as done.
 */
enum cli_wait cli_session_wait(struct cli_session *session, bool (*done)(struct cli_session *, void *),
        void *data, int fd, gint64 deadline_us);

/*
 * Waits until every host either has what `kind` needs (guests: a sample; pools,
 * networks: their list) or failed; says on stderr what was tried and what to
 * do for those that failed. An enum exit_code: OK when all are there.
 */
int cli_session_connect(struct cli_session *session, enum obj_kind kind);
/* Is the list of `kind` of this host there? */
bool cli_session_has(const struct cli_session *session, const struct host *host, enum obj_kind kind);
/* After cli_session_connect(), before anything is opened: until all hosts told their names and versions, but not long. */
enum cli_wait cli_session_facts(struct cli_session *session);
/* Opens an object on its host and waits for its detail (guest) or volumes (pool). */
enum cli_wait cli_session_open(struct cli_session *session, const struct obj_ref *ref);
/*
 * After cli_session_open(): an active guest's definition comes first, what its
 * QEMU has to say a moment later. Waits for that, but not long: a stuck QEMU
 * keeps only its figures from us.
 */
enum cli_wait cli_session_figures(struct cli_session *session, const struct obj_ref *ref);
/* Opens a guest and waits for the list of its snapshots, and a moment for the sizes of their files. */
enum cli_wait cli_session_snapshots(struct cli_session *session, const struct obj_ref *ref);
/* After cli_session_open() of a pool: until all guests were asked for what they use, but not long. */
enum cli_wait cli_session_users(struct cli_session *session, const struct obj_ref *ref);
/*
 * Opens all images of a host and waits until its pools and guests were read, but not long: what
 * is then missing is for the caller to say.
 */
enum cli_wait cli_session_images(struct cli_session *session, unsigned host);
/* Opens a host's devices and waits for them, and a moment for who uses them. */
enum cli_wait cli_session_devices(struct cli_session *session, unsigned host);
/* Opens the running guests' processes and waits until they were read twice, so that they have rates. */
enum cli_wait cli_session_processes(struct cli_session *session, unsigned host);
/* Did all of them come? */
bool cli_session_has_images(const struct host *host);
/* Looks at the host itself until two looks tell rates, but not long. */
enum cli_wait cli_session_node(struct cli_session *session, unsigned host);
/* Asks the back end for a plan and waits; takes the request. NULL: told on stderr, `ret_wait` says why. */
struct plan *cli_session_plan(
        struct cli_session *session, struct op_request *request, enum cli_wait *ret_wait);

/* Asks for the way to a guest's screen and does not wait; its id. What was asked before is not listened for any more. */
unsigned cli_session_ask_door(struct cli_session *session, const struct obj_ref *ref);
/*
 * Opens a guest's screen: a door, owned, that says itself why there is none. NULL: told on
 * stderr, `ret_wait` says why.
 */
struct screen_door *cli_session_door(
        struct cli_session *session, const struct obj_ref *ref, gint64 deadline_us, enum cli_wait *ret_wait);
/* The text memory of a guest's VGA; owned, NULL = it can not be had. See backend_peek_screen(). */
GBytes *cli_session_peek(struct cli_session *session, const struct obj_ref *ref);

/* "cannot connect to 'x': …", what was tried, the advice and the command. */
void cli_session_explain(struct cli_session *session, const struct host *host);

#endif
