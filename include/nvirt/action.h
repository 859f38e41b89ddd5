/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of actions: one row an operation that a person can ask for.
 *
 * Keys, menus, palette, help, confirmation, read-only mode, bulk operation,
 * command-line verbs with usage and completion, and the manual's table are all
 * made from these rows. Adding one is: this row, one back-end function, one
 * test. Pure; main thread.
 */
#ifndef NVIRT_ACTION_H
#define NVIRT_ACTION_H

#include "nvirt/op.h"
#include "nvirt/store.h"

enum action_flag {
	ACTION_WRITES = 1 << 0,    /* refused on a read-only connection */
	ACTION_DANGEROUS = 1 << 1, /* shown in the danger role; capital key */
	ACTION_ABORTABLE = 1 << 2, /* libvirt can abort it while it runs */
	ACTION_BULK = 1 << 3,      /* may run over all marked objects */
	ACTION_PLAN = 1 << 4,      /* the back end is asked for a plan first */
	ACTION_LOCAL =
	        1 << 5, /* done by the front door itself (connect, disconnect, abort a task): op is OP_NONE */
	ACTION_OFFLINE = 1 << 6, /* allowed while its host is not connected */
	ACTION_EDITOR = 1 << 7,  /* the front door first lets the user's editor at it */
	ACTION_PICK = 1 << 8,    /* with ACTION_PLAN: the plan's items are chosen from; args "remove" has the ids */
	ACTION_BY_STATE =
	        1 << 9, /* why_not goes by the guest's state: whether it has saved memory, snapshots … is not waited for */
};

enum param_type {
	PARAM_STRING,
	PARAM_TEXT, /* several lines */
	PARAM_BOOL,
	PARAM_CHOICE,  /* one of `choices` */
	PARAM_SECONDS, /* 0..86400 */
	PARAM_NUMBER,  /* 0..INT32_MAX */
	PARAM_SIZE,    /* as text_parse_size() reads it */
	PARAM_PATH,    /* absolute, on the host */
	PARAM_NAME,    /* a libvirt object name: no '/', not "." or "..", at most 200 bytes, no leading '-' */
};

struct param {
	const char *name;  /* "timeout": also the option --timeout */
	const char *title; /* "Time-out" */
	const char *help;
	enum param_type type;
	const char *choices;  /* "default|acpi|agent" */
	const char *fallback; /* default as a string; NULL = empty */
	bool required;
	bool rare; /* asked for only where the form is shown for another's sake */
	/* Today's value of the object (rename, describe), owned by the caller; may be NULL. */
	char *(*current)(const struct store *store, const struct obj_ref *ref);
	/* What is proposed for something new, and taken where nothing was given; owned by the caller. */
	char *(*propose)(const struct store *store, const struct obj_ref *ref);
};

enum confirm {
	CONFIRM_NONE,
	CONFIRM_YES,  /* a dialog that names object and consequence */
	CONFIRM_NAME, /* and the name must be typed: it can not be undone */
};

struct action {
	const char *verb;  /* "start": unique; also the command line's */
	const char *title; /* "Start" */
	const char *help;  /* one line, a full sentence */
	const char *virsh; /* the equivalent: "virsh start %s"; NULL = none */
	enum obj_kind kind;
	unsigned flags;
	const char *key; /* "s", "S", "C-r": default binding where the object is selected; NULL = menu only */
	const struct param *params; /* ends with a row without name; NULL = none */
	enum confirm confirm;
	const char *consequence; /* "The guest loses power: unsaved data in it is lost." */
	/* Owned reason why it can not run on this object now, or NULL. Row-specific; see action_why_not(). */
	char *(*why_not)(const struct store *store, const struct obj_ref *ref);
	enum op op;
};

extern const struct action action_table[];
extern const unsigned action_count;

const struct action *action_by_verb(const char *verb);
/*
 * Reason, owned, or NULL when it can run: wrong kind, gone, host off or lost
 * or read-only, then the row's own why_not.
 */
char *action_why_not(const struct action *action, const struct store *store, const struct obj_ref *ref);
/* Checks every parameter; error names the parameter, the value and what is wanted. Fills in defaults. */
bool action_check_args(const struct action *action, struct args *args, GError **error);
/* What is proposed for this object, where nothing was given. */
void action_propose(const struct action *action, const struct store *store, const struct obj_ref *ref,
        struct args *args);
/*
 * The row's virsh equivalent, for a shell: %s becomes the object's name, and
 * DOMAIN the guest's of a snapshot. NULL = there is none. Owned.
 */
char *action_virsh(const struct action *action, const struct store *store, const struct obj_ref *ref);
/* A request for the back end; `args` are copied. */
struct op_request *action_request(const struct action *action, const struct store *store,
        const struct obj_ref *ref, const struct args *args, const char *task_id);
/* Of several that are planned together: `earlier` goes before it. What is not of the same owner does not matter to it. */
void action_plan_after(struct op_request *request, const struct obj_ref *earlier);
/* A task for the store, QUEUED, ready to be shown. */
struct task *action_task(const struct action *action, const struct store *store, const struct obj_ref *ref,
        gint64 now_us, gint64 now_unix_us);

/* The table's own invariants (unique verbs and keys a kind, dangerous rows confirm, writes flags, help texts,
 * …): NULL, or what is wrong, owned. */
char *action_self_test(void);

#endif
