/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages from the workers to the main thread, and the one inbox they go to.
 *
 * A message is owned by whoever holds it. State messages are never dropped; a
 * MSG_SAMPLE, MSG_DETAIL, MSG_TRAFFIC or list that says so below replaces an unread one of the same
 * source, so a stopped screen (Ctrl-Z) can not fill memory.
 */
#ifndef NVIRT_MSG_H
#define NVIRT_MSG_H

#include "nvirt/check.h"
#include "nvirt/device.h"
#include "nvirt/history.h"
#include "nvirt/inv.h"
#include "nvirt/journal.h"
#include "nvirt/node_detail.h"
#include "nvirt/op.h"
#include "nvirt/process.h"
#include "nvirt/screen_door.h"
#include "nvirt/serial.h"
#include "nvirt/snapshot.h"
#include "nvirt/task.h"

enum msg_type {
	MSG_HOST,     /* status */
	MSG_SAMPLE,   /* sample; replaces */
	MSG_POOLS,    /* list of struct pool_row * (all of the host) */
	MSG_NETWORKS, /* list of struct network_row * (all of the host) */
	MSG_VOLUMES,  /* list of struct volume_row * of pool `uuid`, users as of `known` of `total` guests; replaces */
	MSG_FILES,    /* list of struct volume_row *: images of the host's guests that lie in no pool; replaces */
	MSG_DEVICES,   /* list of struct device_row * (all of the host), guests as of `known` of `total`; replaces */
	MSG_PROCESSES, /* list of struct qemu_process *, `known` of the `total` running guests; replaces */
	MSG_SNAPSHOTS, /* list of struct snapshot_row * of guest `uuid`, parents before children; replaces */
	MSG_DETAIL,   /* detail of a guest; replaces */
	MSG_TRAFFIC,  /* list of struct guest_traffic *, of rows on screen; replaces */
	MSG_NODE,     /* node: a look at the host itself; replaces */
	MSG_STUCK,    /* guest `uuid` has not answered since `since_us` (0: answers again); text = why */
	MSG_EVENT,    /* something happened to guest/pool/network `uuid`: text, event */
	MSG_TASK,     /* update */
	MSG_PLAN,     /* plan, plan_id */
	MSG_EDIT,     /* edit: an answer; for the front door, the store drops it */
	MSG_JOURNAL,  /* record, or text = notice about the file */
	MSG_NOTICE,   /* text for the status line, level */
	MSG_PICTURE,  /* png: the bytes of the file `name` (raw), or text = why there are none; for the front door */
	MSG_SCREEN,   /* door to a guest's screen: an answer; for the front door, the store drops it */
	MSG_SERIAL,   /* serial: what a console shows now; for the front door, which acknowledges it */
	MSG_HEALTH,   /* health: parts of what the checks need, of no connection; text = why libvirt told nothing */
	MSG_HISTORY,  /* history: slots that the keeper read of this host */
	MSG_TYPE_N
};

enum event_kind {
	EVENT_OTHER,
	EVENT_DEFINED,
	EVENT_UNDEFINED,
	EVENT_RENAMED, /* text = the new name */
	EVENT_STARTED,
	EVENT_SUSPENDED,
	EVENT_RESUMED,
	EVENT_STOPPED,
	EVENT_SHUTDOWN, /* the guest itself began to power off */
	EVENT_CRASHED,
	EVENT_PM_SUSPENDED,
	EVENT_REBOOTED,
	EVENT_IO_ERROR,
	EVENT_JOB_DONE,
	EVENT_N
};

enum level { LEVEL_INFO, LEVEL_WARNING, LEVEL_ERROR };

struct msg {
	enum msg_type type;
	unsigned host;  /* 0 = none */
	uint32_t epoch; /* of the connection; the store drops what is older than the host's */
	enum obj_kind kind;
	uint8_t uuid[16];
	enum event_kind event;
	enum level level;
	gint64 since_us; /* monotonic */
	unsigned plan_id;
	unsigned known, total;
	char *text; /* cleaned */
	char *name; /* cleaned: the object's, where the sender knows it */
	struct host_status *status;
	struct sample *sample;
	GPtrArray *list; /* owns its rows */
	struct guest_detail *detail;
	struct task_update *update;
	struct plan *plan;
	struct edit_answer *edit;
	GBytes *png;
	struct screen_door *door;
	struct serial_frame *serial;
	struct journal_record *record;
	struct health *health;
	struct node_detail *node;
	GArray *history; /* struct history_record */
};

struct msg *msg_new(enum msg_type type, unsigned host, uint32_t epoch);
void msg_free(struct msg *msg);

/*
 * The inbox. Any thread posts, the main thread takes. inbox_fd() becomes
 * readable when something was posted; inbox_take() empties it. Implemented in
 * src/backend, because it locks.
 */
struct inbox;
struct inbox *inbox_new(void);
void inbox_free(struct inbox *inbox);
int inbox_fd(const struct inbox *inbox);
void inbox_post(struct inbox *inbox, struct msg *msg); /* takes the message */
/* The oldest message, or NULL. */
struct msg *inbox_take(struct inbox *inbox);

#endif
