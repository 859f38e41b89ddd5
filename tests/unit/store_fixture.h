/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A store with one host that is up, and the messages that fill it. */
#ifndef TESTS_UNIT_STORE_FIXTURE_H
#define TESTS_UNIT_STORE_FIXTURE_H

#include "nvirt/store.h"
#include "unit.h"

#define NOW_US ((gint64)1000 * G_USEC_PER_SEC)
#define NOW_UNIX_US ((gint64)1700000000 * G_USEC_PER_SEC)
#define SECOND G_USEC_PER_SEC

static inline unsigned apply_at(struct store *store, struct msg *msg, gint64 offset_us)
{
	return store_apply(store, msg, NOW_US + offset_us, NOW_UNIX_US + offset_us);
}

static inline struct msg *host_msg(enum host_link link, uint32_t epoch)
{
	struct msg *msg = msg_new(MSG_HOST, 1, epoch);

	msg->status = host_status_new();
	msg->status->link = link;
	msg->status->epoch = epoch;
	msg->status->uri = g_strdup("qemu:///system");
	msg->status->hostname = g_strdup("alpha");
	msg->status->user = g_strdup("root");
	msg->status->since_us = NOW_US;
	return msg;
}

static inline struct store *store_up(void)
{
	struct store *store = store_new();

	store_add_host(store, "qemu:///system", false);
	apply_at(store, host_msg(HOST_UP, 1), 0);
	return store;
}

static inline void number_uuid(uint8_t uuid[16], unsigned number)
{
	memset(uuid, 0, 16);
	memcpy(uuid, &number, sizeof number);
}

static inline struct obj_ref number_ref(enum obj_kind kind, unsigned number)
{
	struct obj_ref ref = {.kind = kind, .host = 1};

	number_uuid(ref.uuid, number);
	return ref;
}

static inline struct msg *sample_msg(gint64 offset_us)
{
	struct msg *msg = msg_new(MSG_SAMPLE, 1, 1);

	msg->sample = sample_new();
	msg->sample->taken_us = NOW_US + offset_us;
	return msg;
}

/* The row just added: change it before the message is applied. */
static inline struct guest_row *add_row(struct msg *msg, unsigned number, GRefString *name, enum guest_state state)
{
	struct guest_row row = {.id = guest_state_active(state) ? (int)number : -1, .state = state};

	number_uuid(row.uuid, number);
	row.name = g_ref_string_acquire(name);
	row.raw = g_ref_string_acquire(name);
	row.flags = GUEST_PERSISTENT;
	g_array_append_val(msg->sample->guests, row);
	return &g_array_index(msg->sample->guests, struct guest_row, msg->sample->guests->len - 1);
}

static inline struct guest_row *add_named(struct msg *msg, unsigned number, const char *name, enum guest_state state)
{
	GRefString *shared = g_ref_string_new(name);
	struct guest_row *row = add_row(msg, number, shared, state);

	g_ref_string_release(shared);
	return row;
}

/* Guest number 1, "web1", in this state. */
static inline void put_guest(struct store *store, enum guest_state state, unsigned flags, gint64 offset_us)
{
	struct msg *msg = sample_msg(offset_us);

	add_named(msg, 1, "web1", state)->flags = flags;
	apply_at(store, msg, offset_us);
}

static inline struct msg *event_msg(enum event_kind event, unsigned number, const char *text)
{
	struct msg *msg = msg_new(MSG_EVENT, 1, 1);

	msg->kind = OBJ_GUEST;
	msg->event = event;
	number_uuid(msg->uuid, number);
	msg->text = g_strdup(text);
	return msg;
}

static inline struct msg *list_msg(enum msg_type type, GDestroyNotify destroy)
{
	struct msg *msg = msg_new(type, 1, 1);

	msg->list = g_ptr_array_new_with_free_func(destroy);
	return msg;
}

static inline void free_pool_row(gpointer row)
{
	pool_row_free(row);
}

static inline void free_volume_row(gpointer row)
{
	volume_row_free(row);
}

static inline void free_network_row(gpointer row)
{
	network_row_free(row);
}

static inline struct pool_row *add_pool(struct msg *msg, unsigned number, const char *name, enum pool_state state)
{
	struct pool_row *row = pool_row_new();

	number_uuid(row->uuid, number);
	row->name = g_strdup(name);
	row->state = state;
	row->persistent = true;
	g_ptr_array_add(msg->list, row);
	return row;
}

static inline struct volume_row *add_volume(struct msg *msg, const char *name)
{
	struct volume_row *row = volume_row_new();

	row->name = g_strdup(name);
	row->raw = g_intern_string(name);
	g_ptr_array_add(msg->list, row);
	return row;
}

static inline struct network_row *add_network(struct msg *msg, unsigned number, const char *name, bool active)
{
	struct network_row *row = network_row_new();

	number_uuid(row->uuid, number);
	row->name = g_strdup(name);
	row->active = active;
	row->persistent = true;
	g_ptr_array_add(msg->list, row);
	return row;
}

static inline struct task *add_own_task(struct store *store, const char *id, const char *verb, unsigned number,
        enum task_state state)
{
	struct task *task = task_new(id, TASK_OURS);

	task->verb = g_strdup(verb);
	task->ref = number_ref(OBJ_GUEST, number);
	task->start_unix_us = NOW_UNIX_US;
	task->state = state;
	store_add_task(store, task);
	return store_task(store, id);
}

static inline unsigned update_task(struct store *store, const char *id, enum task_state state, const char *message,
        gint64 offset_us)
{
	struct msg *msg = msg_new(MSG_TASK, 0, 0);

	msg->update = task_update_new(id);
	msg->update->set_state = true;
	msg->update->state = state;
	msg->update->message = g_strdup(message);
	return apply_at(store, msg, offset_us);
}

#endif
