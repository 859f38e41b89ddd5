/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The back end: every libvirt call there is, on threads of its own.
 *
 * All functions here are called by the main thread (or the command line's) and
 * return at once; answers come as messages to the inbox given to
 * backend_new(). Threads a host: one poller (owns the connection's life), one
 * detail thread with its own connection, task workers on demand. A thread that
 * sits in a dead call is left behind, never waited for.
 */
#ifndef NVIRT_BACKEND_H
#define NVIRT_BACKEND_H

#include "nvirt/msg.h"

struct backend;

struct backend_options {
	unsigned refresh_ms; /* the list's tick; 0 = 2000 */
	/*
	 * For one errand: no events but the connection's end are asked for, and nothing
	 * beside the guests' names and states before backend_watch() says what.
	 * Operations and plans go over the list's connection. What changes meanwhile is seen by the
	 * next tick; scores of round trips are saved.
	 */
	bool brief;
};

struct backend *backend_new(
        struct inbox *inbox, struct journal *journal, const struct backend_options *options);
/*
 * Stops what can be stopped within `timeout_ms`, leaves the rest. Running
 * operations are not killed: libvirt finishes them; the journal says so.
 */
void backend_free(struct backend *backend, int timeout_ms);

/* `uri` NULL or "" = libvirt's own rules. `host` is the store's number. */
void backend_add_host(struct backend *backend, unsigned host, const char *uri, bool readonly);
void backend_remove_host(struct backend *backend, unsigned host);
/* Close it and stay off, or connect again at once; both also when a call hangs. */
void backend_disconnect(struct backend *backend, unsigned host);
void backend_reconnect(struct backend *backend, unsigned host);
/* Look at everything again now. */
void backend_refresh(struct backend *backend, unsigned host);
/* The tick, for all hosts. */
void backend_set_refresh(struct backend *backend, unsigned refresh_ms);

/* Columns of the guests on screen whose figures are asked for only while they are shown. */
enum watch_row {
	WATCH_NET = 1 << 0,     /* bytes through their NICs: never touches a monitor */
	WATCH_DISK = 1 << 1,    /* bytes of their disks: asks monitors, slowly */
	WATCH_ADDRESS = 1 << 2, /* addresses by lease */
};

/* What is open and on screen on a host; only this is asked in depth. The back end copies it. */
struct watch {
	struct obj_ref open;          /* OBJ_NONE, or guest, pool, network */
	bool storage;                 /* what the volumes of all pools add up to is on screen */
	bool images;                  /* so are all images of all pools: their volumes, and MSG_FILES */
	bool devices;                 /* the host's devices are on screen: MSG_DEVICES */
	bool processes;               /* the guests' processes are: MSG_PROCESSES, each tick */
	bool node;                    /* so is the host itself: MSG_NODE comes, every few seconds */
	const uint8_t (*visible)[16]; /* guests on screen */
	unsigned visible_n;
	unsigned rows; /* enum watch_row bits, of the visible ones */
	bool now; /* `rows`, CPU times and a remote host's own figures are read at once, however short ago that was; once for each call */
	bool all; /* the definitions of all guests are read too, slowly: for what lists tags */
	/* Only what a brief back end does not do unasked; once asked for it stays so. */
	bool lists; /* pools and networks, and the host's facts */
	bool flags; /* which guests are persistent, start with the host, have saved memory or snapshots */
	bool events; /* what happens to guests is told at once, not by the next tick; resets are told at all */
};
void backend_watch(struct backend *backend, unsigned host, const struct watch *watch);

/* Runs it as the task request->task_id; takes the request. Its journal lines are written here. */
void backend_submit(struct backend *backend, struct op_request *request);
/* Asks for the end of a running operation; says so in the task when it can not be. */
void backend_abort(struct backend *backend, const char *task_id);
/* Looks at what the operation would touch and posts MSG_PLAN with plan_id; takes the request. */
void backend_plan(struct backend *backend, struct op_request *request, unsigned plan_id);
/*
 * Reads the guest's stored definition with its secrets and posts MSG_EDIT with
 * edit_id: EDIT_READ, or EDIT_REFUSED and why. Storing it is OP_GUEST_EDIT.
 */
void backend_read_definition(
        struct backend *backend, const struct obj_ref *ref, const char *name, unsigned edit_id);
/*
 * Looks how a guest's screen is reached and posts MSG_SCREEN with a door of that id: a
 * connected socket, a picture of the screen now, or words why there is neither.
 */
void backend_open_screen(struct backend *backend, const struct obj_ref *ref, const char *name, unsigned door_id);
/*
 * Reads the text memory of a guest's VGA: DOOR_MEMORY, or DOOR_NONE with words. Only of a guest in text mode:
 * in other modes even reading may disturb what it is about to draw.
 */
void backend_peek_screen(struct backend *backend, const struct obj_ref *ref, const char *name, unsigned door_id);
/*
 * Gathers what the checks of a host need (check.h) on threads of its own, and posts each part as MSG_HEALTH.
 * A round that is still under way is not begun again.
 */
void backend_check(struct backend *backend, unsigned host);
/*
 * From now on rounds of that host log in there by the ssh of its connection, and read what only its own files tell.
 * Only after its user was asked. Nothing happens where the connection goes another way.
 */
void backend_allow_ssh(struct backend *backend, unsigned host);
/* "user@server" of a connection to QEMU over ssh, owned; NULL = it goes another way. Pure. */
char *backend_ssh_target(const char *uri);
/* Does the operation have a plan to show first? */
bool backend_op_has_plan(enum op op);
/* Every op of OPS has its function: for the self-test. */
bool backend_op_known(enum op op);
/* libvirt's client library version, as in host_status. */
unsigned long backend_library_version(void);

#endif
