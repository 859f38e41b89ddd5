/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One host of the back end: what its threads share.
 *
 * The main thread, the poller, the detail thread, event callbacks and the
 * supervisor meet here under one lock that is never held over a libvirt call.
 * Poller and detail thread carry a generation: one that was given up, because
 * its call hangs, finds a newer number when it comes back, changes nothing
 * any more, closes its connection and ends. References keep the struct alive
 * for it.
 */
#ifndef NVIRT_BACKEND_HOST_H
#define NVIRT_BACKEND_HOST_H

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "backend/lock.h"
#include "backend/threads.h"
#include "backend/worker.h"
#include "nvirt/msg.h"

/* Threads a host may have that sit in a hung call, of each kind, and one more that works. */
#define HOST_THREADS_MAX 5
/* From then on a call is said not to be answered; a guest, not to answer. */
#define HOST_NO_ANSWER_US (10 * G_USEC_PER_SEC)
#define GUEST_NO_ANSWER_US (3 * G_USEC_PER_SEC)
#define LISTS_EVERY_US (30 * G_USEC_PER_SEC)

/* What a thread's call is about: who is to blame when it hangs. */
enum busy_on {
	BUSY_NOT,
	BUSY_OPEN,   /* connecting */
	BUSY_HOST,   /* the daemon itself */
	BUSY_GUESTS, /* the monitors of `guests` */
	BUSY_LISTS,  /* storage, networks */
};

struct busy {
	enum busy_on on;
	gint64 since_us, looked_us;
	bool told;      /* it was said that no answer comes */
	GArray *guests; /* struct guest_id */
};

struct guest_id {
	uint8_t bytes[16];
};

/* What is known of one guest beyond the tick. Key: its first member. */
struct guest_seen {
	uint8_t uuid[16];
	GRefString *name, *raw;
	unsigned flags; /* those that are listed, not told by the tick */
	int id;
	bool in_tick; /* private to sample.c */
	/* The local QEMU; 0 = none or not found. */
	int pid;
	uint64_t pid_start;
	gint64 started_unix_us;
	unsigned pid_tries; /* for this `id`: an id is given before QEMU runs */
	/* Read from the definition, once. */
	bool defined;
	unsigned vcpus;
	uint64_t memory_kib;
	bool tcg;
	uint32_t serial; /* another number when its definition may be another one: see usage.h */
	GRefString *tags, *title; /* NULL = not read yet */
	uint64_t cpu_time_ns; /* asked of libvirt where there is no /proc; 0 = not known */
	gint64 cpu_read_us;   /* when */
	/* Does not answer: since, 0 = answers. */
	gint64 hung_us;       /* a call of ours has hung in it since */
	unsigned hung_calls;  /* threads in there */
	gint64 stopped_us;    /* its process has been stopped (state T) since */
	gint64 told_us;       /* what the last MSG_STUCK said */
	char *why;            /* of the hung call */
	/* The last event, so that libvirt's repetitions are told once. */
	enum event_kind event;
	gint64 event_us;
};

struct backend_host {
	int refs;
	unsigned id;
	char *asked_uri;
	bool readonly_asked;

	pthread_mutex_t lock;
	pthread_cond_t poller_wake, detail_wake;
	struct threads *threads; /* borrowed; valid while `inbox` is set */
	struct inbox *inbox;     /* NULL: nobody listens any more */
	struct workers *workers; /* borrowed, as `inbox` */
	unsigned refresh_ms;
	bool brief; /* as backend_options says; set once */
	bool brief_watch, brief_flags; /* brief, and the detail thread, or the guests' flags, were asked for */
	bool brief_events;             /* the same of libvirt's events */
	bool off; /* the user disconnected it */
	struct host_status *status;

	/* Poller. */
	uint32_t generation, epoch;
	bool poller_runs; /* of this generation */
	unsigned pollers; /* threads, also those given up */
	struct busy busy;
	bool retry_now, kicked, flags_due, conn_closed;
	int close_reason; /* libvirt's VIR_CONNECT_CLOSE_REASON_* */
	unsigned attempt;

	/* Detail thread; belongs to the epoch. */
	uint32_t detail_generation;
	bool detail_wanted, detail_runs;
	unsigned details;
	struct busy detail_busy;
	bool detail_readonly;
	unsigned lists_hung; /* threads that hang in storage or networks */
	bool detail_kicked, rows_due, rows_now, facts_due, lists_due, users_due, volumes_due, snapshots_due, devices_due;
	struct node_sample node; /* of a remote host */
	struct obj_ref open;
	bool storage; /* the sums over all pools are on screen */
	bool images;  /* so are all images */
	bool devices, processes; /* and these, as in struct watch */
	bool node_watched; /* so is the host's own Summary */
	GArray *visible; /* struct guest_id */
	unsigned rows;   /* enum watch_row bits */
	bool all;        /* the definitions of all guests are wanted */
	bool all_read;   /* and none is left to read */
	uint64_t watch_serial;

	GHashTable *guests; /* uuid -> struct guest_seen, owned */
	uint32_t serials;   /* the last `serial` given: none is used twice, for a guest may go and come back */
	/*
	 * The last tick's, in libvirt's order, borrowed. While no guest came, went
	 * or changed its run (libvirt's events tell), a row of the same name in the
	 * same place is the same guest, and its UUID and id need not be asked: each
	 * of the two accessors formats a UUID for libvirt's log, which with 10,000
	 * guests costs more than the rest of the tick.
	 */
	GPtrArray *order;
	bool ids_due, tells_lifecycle;
	gint64 ids_us; /* when they were read last */

	/* Rounds of health.h that are under way; one that hangs stays. */
	bool machine_read, health_read;
	struct health_cache *health_cache; /* between two rounds; NULL = none yet, or one is under way */
	bool health_fresh;                 /* the next one is to read everything */
	bool ssh_allowed;                  /* its user lets us log in there for its files, until we end */
	bool far_fresh;                    /* and wants them read anew */
	gint64 far_us;                     /* when they were asked for last */

	/* Counted for the tests: what a tick costs. */
	uint64_t ticks, tick_calls;
};

struct backend_host *host_new(unsigned id, const char *uri, bool readonly);
struct backend_host *host_ref(struct backend_host *host);
void host_unref(struct backend_host *host);

void host_lock(struct backend_host *host);
void host_unlock(struct backend_host *host);

/* ---- with the lock held ------------------------------------------------- */
/* Posts, or frees when nobody listens. Takes the message. */
void host_post(struct backend_host *host, struct msg *msg);
/* Becomes the host's status and is posted; takes it. Sets `since_us` when the link changed. */
void host_set_status(struct backend_host *host, struct host_status *status);
struct host_status *host_begin_status(struct backend_host *host, enum host_link link);
struct guest_seen *host_guest(struct backend_host *host, const uint8_t uuid[16]); /* NULL when not known */
/* Posts MSG_STUCK if what is to be said of the guest changed. */
void host_tell_stuck(struct backend_host *host, struct guest_seen *guest);
void busy_clear(struct busy *busy);
/* Gives the poller up, if there is one; the next host_want_threads() starts another. */
void host_drop_poller(struct backend_host *host);
void host_drop_detail(struct backend_host *host);
/* Starts what should run and does not, as far as not too many hang. */
void host_want_threads(struct backend_host *host);
void host_kick(struct backend_host *host);

/* ---- the threads' bodies -------------------------------------------------- */
/* What such a thread is given: a reference, and the generation it belongs to. It frees it. */
struct host_thread {
	struct backend_host *host;
	uint32_t generation;
};

/* Lock held. Starts what gathers for the checks, unless it runs. */
void host_check(struct backend_host *host);
void poller_run(void *thread);
void detail_run(void *thread);
void host_thread_free(struct host_thread *thread);

/* What the ticks of a host have cost so far, for the tests. */
struct host_counts {
	uint64_t ticks, calls;
};
struct backend;
struct host_counts backend_host_counts(struct backend *backend, unsigned id);

/* ---- without the lock ---------------------------------------------------- */
/* What the supervisor does once a second. */
void host_supervise(struct backend_host *host);

#endif
