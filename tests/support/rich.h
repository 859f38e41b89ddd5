/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A store with something of everything, for drawing tests: a host in good
 * health with guests in every state, pools, volumes, networks and tasks.
 */
#ifndef NVIRT_TESTS_RICH_H
#define NVIRT_TESTS_RICH_H

#include "support/screen.h"

/* The guest's number becomes its UUID; `name` is raw and cleaned here, as the back end does. */
void rich_add_guest(
        struct sample *sample, unsigned number, const char *name, enum guest_state state, int reason);
/* Of the guest just added: as its definition says, NULL = not read. */
void rich_tags(struct sample *sample, const char *tags);
/* Posts it as the newest sample of `host`; takes it. */
void rich_post_sample(struct screen *screen, unsigned host, struct sample *sample);
/* What a host with a few of everything looks like; its number is returned. */
unsigned rich_host(struct screen *screen);
/* The detail of guest `number`, posted. */
void rich_detail(struct screen *screen, unsigned host, unsigned number);
/* `count` guests "vm1" ..., each using `number` seconds of CPU a second; `tick` grows from call to call. */
void rich_many(struct screen *screen, unsigned host, unsigned count, unsigned tick);
struct obj_ref rich_ref(enum obj_kind kind, unsigned host, unsigned number);
/* A task of ours, in `state`. */
void rich_task(struct screen *screen, unsigned host, const char *id, const char *verb, const char *object,
        enum task_state state, const char *message);
void rich_pool(GPtrArray *list, unsigned number, const char *name, enum pool_state state);
void rich_network(GPtrArray *list, unsigned number, const char *name, bool active);
void rich_volume(GPtrArray *list, const char *raw);
/* Appends a snapshot that stands on `parent` (raw, NULL = on nothing); the row, to be changed before it is posted. */
struct snapshot_row *rich_snapshot(GPtrArray *list, const char *raw, const char *parent);
/* struct snapshot_row *, empty. */
GPtrArray *rich_snapshots_new(void);
/* As all snapshots of guest `number`; takes the list. */
void rich_post_snapshots(struct screen *screen, unsigned host, unsigned number, GPtrArray *list);
void rich_post_list(
        struct screen *screen, unsigned host, enum msg_type type, unsigned number, GPtrArray *list);

#endif
