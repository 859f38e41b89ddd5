/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The store: what nvirt knows, owned by the main thread.
 *
 * Workers' messages go in by store_apply(), which says what changed; panels
 * read. Nothing here blocks, locks, draws or calls libvirt. Rates and ages are
 * derived here, from monotonic time that the caller passes in.
 */
#ifndef NVIRT_STORE_H
#define NVIRT_STORE_H

#include "nvirt/check.h"
#include "nvirt/history.h"
#include "nvirt/msg.h"
#include "nvirt/node_detail.h"
#include "nvirt/screen_signs.h"

/* What a message changed; the loop redraws what shows it. */
enum change {
	CHANGE_HOST = 1 << 0, /* a connection's state or facts */
	CHANGE_LIST =
	        1 << 1, /* objects came, went, were renamed or changed state: flattened lists are stale */
	CHANGE_STATS = 1 << 2,  /* numbers of rows, or of their host */
	CHANGE_DETAIL = 1 << 3, /* the detail of some guest, pool or network */
	CHANGE_TASKS = 1 << 4,
	CHANGE_NOTICE = 1 << 5,
	CHANGE_PLAN = 1 << 6,
	CHANGE_SAVED = 1 << 7, /* not the store's: what is kept from run to run (saved.h) */
	CHANGE_HEALTH = 1 << 9, /* what the checks of a host found */
	CHANGE_FIGURES = 1 << 8, /* beside CHANGE_STATS: what a sample tells of some guest is not what it was */
};

struct guest {
	struct obj_ref ref;
	GRefString *name, *raw;
	char *fold; /* text_fold(name) */
	int id;
	enum guest_state state;
	int reason;
	unsigned flags;
	bool marked;
	bool seen; /* private to store_apply() */
	uint64_t cpu_time_ns;
	gint64 cpu_taken_us;
	double cpu_pct;   /* 100 = one host CPU busy; < 0 = not known (yet) */
	gint64 cpu_span_us; /* what cpu_pct is the average of; 0 = the last sample brought no new one */
	uint64_t rss_kib; /* 0 = not known */
	unsigned vcpus;   /* 0 = not known */
	uint64_t memory_kib;
	bool tcg, virt_known;
	GRefString *tags, *title; /* of its definition; NULL = not read yet (see watch.all) */
	gint64 started_unix_us; /* of its local QEMU; 0 = not known */
	unsigned runs; /* another number: another QEMU, or the same one was reset; what was typed for the one is not for the other */
	gint64 taken_us; /* monotonic, of the last row */
	gint64 stuck_us; /* monotonic, since when it does not answer; 0 = answers */
	char *stuck_why;
	unsigned placed_at; /* private: history_generation() when `placed` was found */
	bool placed;                 /* private: it has series */
	gint64 reset_us;             /* monotonic, when this run of it was last reset; 0 = not, as far as was seen */
	gint64 reset_unix_us;        /* the same by the wall clock */
	gint64 state_us;             /* monotonic, when this state was first seen; 0 = since before nvirt */
	struct guest_detail *detail; /* last one, or NULL */
	struct guest_traffic *traffic; /* last one of its row on screen, or NULL */
	gint64 net_rate_us, disk_rate_us; /* monotonic, as of when the rates are: guest_net_bps() */
	/* Rates from the last two details while it is open, of its row while that is on screen; < 0 = not known. */
	double rd_bps, wr_bps, rx_bps, tx_bps, rd_iops, wr_iops;
	GArray *disk_rates; /* double[4] a disk, order of detail->disks: rd B/s, wr B/s, rd/s, wr/s */
	GArray *nic_rates;  /* double[2] a NIC: rx B/s, tx B/s */
	GPtrArray *snapshots; /* struct snapshot *, parents before children; NULL until asked for */
	/* What its screen and its serial console said, when somebody watched them last in this run. */
	struct screen_signs signs[SIGN_SOURCE_N];
	enum screen_sign sign; /* of them the one that counts */
};

/* Read and written, sent and received together; < 0 = not known, or too long ago to be told as of now. */
double guest_disk_bps(const struct guest *guest, gint64 now_us);
double guest_net_bps(const struct guest *guest, gint64 now_us);

struct pool {
	struct obj_ref ref;
	struct pool_row *row;
	char *fold;
	bool marked;
	GPtrArray *volumes; /* struct volume *; NULL until asked for */
	unsigned users_known, users_total; /* guests whose use of them is known, of how many */
};

struct volume {
	struct obj_ref ref;
	struct volume_row *row;
	char *fold;
	bool marked;
};

struct snapshot {
	struct obj_ref ref;
	struct snapshot_row *row;
	bool marked;
};

struct network {
	struct obj_ref ref;
	struct network_row *row;
	char *fold;
	bool marked;
};

struct host {
	struct obj_ref ref;
	unsigned id;     /* = ref.host */
	char *asked_uri; /* "" = libvirt's default */
	char *name;      /* what a person calls it: host name, or the URI until it is known */
	bool named; /* by the user: the name does not follow the host's own */
	bool readonly_asked;
	struct host_status *status; /* never NULL */
	GPtrArray *guests;          /* struct guest *, natural order by name */
	GPtrArray *pools;           /* struct pool *, by name */
	GPtrArray *networks;        /* struct network *, by name */
	GPtrArray *files; /* struct volume_row *: images in no pool that guests use; NULL until asked for */
	GPtrArray *devices; /* struct device_row *, in the order of device.h; NULL until asked for */
	unsigned device_users_known, device_users_total; /* guests whose definitions were read for them, of how many */
	GPtrArray *processes; /* struct qemu_process *, of the running guests; NULL until asked for */
	unsigned processes_known, processes_total; /* of how many running guests that is */
	bool listed;                /* at least one sample came in this life */
	unsigned running;           /* active guests */
	unsigned described;         /* guests whose definition was read: their tags are known */
	gint64 sample_us;           /* monotonic, of the last sample; 0 = none */
	gint64 call_us;             /* the last bulk call's duration */
	struct node_sample node;
	struct node_detail *node_detail; /* last one, or NULL until asked for (watch.node) */
	struct node_rates node_rates;    /* of the last two */
	uint32_t node_epoch;             /* private: of node_detail */
	double cpu_pct; /* of all host CPUs: 0..100; < 0 = not known */
	bool marked;
	struct history *history; /* of the host and its guests; never NULL */
	bool history_asked;      /* the front door has asked the keeper for its past */
	struct health *health;   /* what was gathered for its checks so far; never NULL */
	gint64 health_us;        /* the front door: when it asked for a round last; 0 = never */
	uint64_t health_generation; /* and of which store_generation() */
	char *health_error;      /* why libvirt told nothing for them; NULL */
	struct check_report *report; /* what the checks found, as of the last part that came; NULL = none was asked for */
};

struct notice {
	enum level level;
	char *text;
	gint64 us; /* monotonic */
};

struct store;

struct store *store_new(void);
void store_free(struct store *store);
/* Grows whenever flattened lists must be made anew (CHANGE_LIST). */
uint64_t store_generation(const struct store *store);
/* Grows whenever some guest's tags changed or became known; CHANGE_STATS tells. */
uint64_t store_tags_generation(const struct store *store);

/* ---- hosts ---- */
struct host *store_add_host(struct store *store, const char *uri, bool readonly);
/* What the user calls it; cleaned. */
void store_name_host(struct store *store, unsigned id, const char *name);
void store_remove_host(struct store *store, unsigned id);
unsigned store_host_count(const struct store *store);
struct host *store_host_at(const struct store *store, unsigned index);
struct host *store_host(const struct store *store, unsigned id); /* NULL when gone */

/* ---- objects, by identity; NULL when gone ---- */
struct guest *store_guest(const struct store *store, const struct obj_ref *ref);
/* When this run of a guest was last reset, monotonic; 0 = not as far as was seen, or there is none such. */
gint64 store_reset_us(const struct store *store, const struct obj_ref *ref);
struct pool *store_pool(const struct store *store, const struct obj_ref *ref);
struct network *store_network(const struct store *store, const struct obj_ref *ref);
struct volume *store_volume(const struct store *store, const struct obj_ref *ref);
struct snapshot *store_snapshot(const struct store *store, const struct obj_ref *ref);
bool store_has(const struct store *store, const struct obj_ref *ref);
/* Cleaned name for people, borrowed until the next store_apply(); "" when gone. */
const char *store_name(const struct store *store, const struct obj_ref *ref);

/* ---- messages ---- */
/* Takes the message; returns a set of enum change. `now_us` monotonic, `now_unix_us` wall. */
unsigned store_apply(struct store *store, struct msg *msg, gint64 now_us, gint64 now_unix_us);
const struct notice *store_notice(const struct store *store); /* newest, or NULL */
void store_set_notice(struct store *store, enum level level, const char *text, gint64 now_us);
/* The plan that came for plan_id: handed over, once; NULL when none is there. */
struct plan *store_take_plan(struct store *store, unsigned plan_id);

/*
 * How long nobody has seen what its screen says (guest->sign), in us; 0 while somebody looks. Beyond SIGN_OLD_US
 * it is worth telling.
 */
gint64 guest_sign_age_us(const struct guest *guest, gint64 now_us);
/* What a guest's screen says now, to whoever watches it; returns a set of enum change. */
unsigned store_see_screen(struct store *store, const struct obj_ref *ref, enum sign_source source,
        enum screen_sign sign, gint64 now_us);
/* It is watched, and has not changed. */
void store_keep_seeing(struct store *store, const struct obj_ref *ref, enum sign_source source, gint64 now_us);

/*
 * How old what we show of a host is, in ms, when that is worth saying: -1 while
 * its samples come on time (last one younger than three ticks).
 */
gint64 store_host_stale_ms(
        const struct store *store, const struct host *host, unsigned refresh_ms, gint64 now_us);

/* ---- history ---- */
/* These guests of a host are on screen; `open` is open too (or OBJ_NONE). */
void store_watch(struct store *store, unsigned host, const struct obj_ref *open, const uint8_t (*visible)[16],
        unsigned visible_n);

/* ---- marks ---- */
void store_set_mark(struct store *store, const struct obj_ref *ref, bool on);
bool store_marked(const struct store *store, const struct obj_ref *ref);
/* All marked objects of a kind (OBJ_NONE: of any): GArray of struct obj_ref, owned. */
GArray *store_marks(const struct store *store, enum obj_kind kind);
void store_clear_marks(struct store *store);

/* ---- tasks, newest start first, running ones on top ---- */
void store_add_task(struct store *store, struct task *task); /* takes it */
unsigned store_task_count(const struct store *store);
struct task *store_task_at(const struct store *store, unsigned index);
struct task *store_task(const struct store *store, const char *id);
/* Is a task of ours running on it (so that its events are not shown as foreign)? */
struct task *store_task_on(const struct store *store, const struct obj_ref *ref);
unsigned store_tasks_running(const struct store *store); /* ours only */

/* ---- filter ---- */
/* True when every space-separated word of the folded filter is in the folded name. */
bool filter_match(const char *fold, const char *filter_fold);

#endif
