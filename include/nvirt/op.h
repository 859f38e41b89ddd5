/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Operations: what the table of actions asks of the back end.
 *
 * An operation is a value: which (enum op), on what (obj_ref and the name a
 * person knows it by), how (args). The back end has one function for each; a
 * self-test holds the two lists together.
 */
#ifndef NVIRT_OP_H
#define NVIRT_OP_H

#include "nvirt/edit.h"
#include "nvirt/inv.h"

#define OPS(X)                                                                                               \
	X(OP_NONE)                                                                                           \
	X(OP_GUEST_START) /* paused: bool, force-boot: bool, reset-nvram: bool, allow: paths */              \
	X(OP_GUEST_SHUTDOWN) /* mode: default|acpi|agent, timeout: seconds, then-force: bool */              \
	X(OP_GUEST_REBOOT)   /* mode: default|acpi|agent */                                                  \
	X(OP_GUEST_RESET)                                                                                    \
	X(OP_GUEST_DESTROY) /* graceful: bool */                                                             \
	X(OP_GUEST_SUSPEND)                                                                                  \
	X(OP_GUEST_RESUME)                                                                                   \
	X(OP_GUEST_MANAGED_SAVE) /* paused: bool (state after restore) */                                    \
	X(OP_GUEST_MANAGED_SAVE_REMOVE)                                                                      \
	X(OP_GUEST_SAVE)      /* file: path on the host */                                                   \
	X(OP_GUEST_RESTORE)   /* on the host; file: path, paused: bool */                                    \
	X(OP_GUEST_AUTOSTART) /* on: bool */                                                                 \
	X(OP_GUEST_RENAME)    /* name */                                                                     \
	X(OP_GUEST_DESCRIBE)  /* title, description, tags */                                                 \
	X(OP_GUEST_TAGS)      /* add, remove: tags, separated by commas */                                       \
	X(OP_GUEST_EDIT)      /* request->edit */                                                           \
	X(OP_GUEST_BALLOON)   /* memory: size, stats-period: seconds ("" = as it is) */                          \
	X(OP_HOST_KSM)        /* state: keep|on|off|unmerge, pages-to-scan, sleep-ms: numbers, cells: keep|across|within */ \
	X(OP_GUEST_UNDEFINE)  /* remove: newline-separated plan item ids */                                  \
	X(OP_GUEST_CLONE)       /* name, mode: default|full|linked, count, start: bool, pool, own-overlay: bool, … */ \
	X(OP_GUEST_TEMPLATE)    /* on: bool, own-overlay: bool */                                             \
	X(OP_GUEST_OWN_OVERLAY) /* forget-snapshots: bool */                                                  \
	X(OP_GUEST_UNPROTECT)   /* anyway: bool */                                                            \
	X(OP_SNAPSHOT_TAKE)   /* on the guest; name, description, memory: bool, kind: auto|internal|external, quiesce: bool, live: bool, leave-out: targets, separated by commas, auto: bool (names it "auto-…") */ \
	X(OP_SNAPSHOT_DELETE) /* scope: one|with-children|children, metadata-only: bool */                   \
	X(OP_SNAPSHOT_EDIT)   /* name, description */                                                        \
	X(OP_SNAPSHOT_PRUNE)  /* on the guest; keep: how many, prefix: of the names that count */            \
	X(OP_SNAPSHOT_REVERT) /* state: as-then|running|paused|stopped, take-first: bool */                 \
	X(OP_GUEST_FLATTEN)                                                                                  \
	X(OP_VOLUME_DELETE) /* unseen: bool */                                                               \
	X(OP_VOLUME_REBASE) /* base: path on the host, format: qcow2|raw, allow: paths */                    \
	X(OP_POOL_START)                                                                                     \
	X(OP_POOL_STOP)                                                                                      \
	X(OP_POOL_AUTOSTART) /* on: bool */                                                                  \
	X(OP_POOL_REFRESH)                                                                                   \
	X(OP_POOL_DEFINE_DEFAULT) /* on the host: the usual dir pool, started, autostart */                  \
	X(OP_NETWORK_START)                                                                                  \
	X(OP_NETWORK_STOP)                                                                                   \
	X(OP_NETWORK_AUTOSTART)      /* on: bool */                                                          \
	X(OP_NETWORK_DEFINE_DEFAULT) /* on the host: NAT 192.168.122.0/24, started, autostart */ \
	X(OP_TASK_CLEANUP)           /* remove: newline-separated plan item ids; request->steps */

enum op {
#define X(id) id,
	OPS(X)
#undef X
	        OP_N
};

const char *op_word(enum op op); /* "OP_GUEST_START": for tests and logs */

/*
 * Named string arguments. A thin owner around GHashTable<char *, char *>;
 * bools are "yes"/"no", numbers decimal. NULL args mean none.
 */
struct args;
struct args *args_new(void);
struct args *args_copy(const struct args *args);
void args_free(struct args *args);
void args_set(struct args *args, const char *name, const char *value); /* NULL value removes */
const char *args_get(const struct args *args, const char *name);       /* borrowed, or NULL */
bool args_get_bool(const struct args *args, const char *name, bool fallback);
int64_t args_get_int(const struct args *args, const char *name, int64_t fallback);
/* Calls `each` for every pair, in name order. */
void args_foreach(
        const struct args *args, void (*each)(const char *name, const char *value, void *data), void *data);

/*
 * An argument of a request for a plan that is one of several: the raw names of
 * those of the same owner that go before it, a line each (action_plan_after()).
 */
#define OP_ARG_AFTER "nvirt:after"

/* Owned by whoever holds it; the back end frees it when the operation ends. */
struct op_request {
	enum op op;
	char *task_id; /* the task that shows it */
	struct obj_ref ref;
	char *name; /* cleaned, for messages: "web1" */
	char *verb; /* the action's verb, for the journal */
	struct args *args;
	struct edit *edit; /* OP_GUEST_EDIT; else NULL */
	GPtrArray *steps;  /* on a task: struct task_step *, what it may have left (task.h), newest first; else NULL */
};

struct op_request *op_request_new(enum op op, const struct obj_ref *ref, const char *name);
void op_request_free(struct op_request *request);

/*
 * What an operation would touch, found by looking at the host before anyone is
 * asked: the form shows it, --dry-run prints it.
 */
enum plan_does {
	PLAN_REMOVE,
	PLAN_MAKE,
	PLAN_CHANGE,
	PLAN_KEEP, /* is read or stood on, and stays as it is */
};

struct plan_item {
	char *id;      /* stable within the plan: "disk:vda", "nvram", "managed-save", "snapshots" */
	char *what;    /* "disk vda" */
	char *path;    /* "" where it has none */
	char *note;    /* size, who else uses it, … ; one line */
	char *refused; /* why this one can not be chosen, or NULL */
	bool chosen;   /* proposed */
	bool required; /* always part of it, can not be deselected */
	enum plan_does does;
};

struct plan {
	char *refused;    /* why nothing can be done at all, or NULL */
	GPtrArray *items; /* struct plan_item * */
	GPtrArray *notes; /* char *: consequences in full sentences */
	char *diff;       /* what changes in the definition, as a unified diff without secrets, or NULL */
};

struct plan *plan_new(void);
struct plan_item *plan_add(struct plan *plan, const char *id, const char *what, const char *path);
void plan_note(struct plan *plan, const char *format, ...) G_GNUC_PRINTF(2, 3);
void plan_free(struct plan *plan);
const char *plan_does_word(enum plan_does does); /* "remove" */

#endif
