/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A back end with a store behind it, as the main thread has it: for the tests of this folder. */
#ifndef NVIRT_TESTS_BACKEND_PUMP_H
#define NVIRT_TESTS_BACKEND_PUMP_H

#include <glib.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>

#include "nvirt/backend.h"
#include "nvirt/store.h"

/* Generous: a loaded machine under a sanitizer. What is waited for comes in milliseconds. */
#define PUMP_DEADLINE_US (60 * G_USEC_PER_SEC)

struct pump {
	char *dir;
	struct inbox *inbox;
	struct journal *journal;
	struct backend *backend;
	struct store *store;
	unsigned samples, events;
	enum event_kind last_event;
	char *last_event_name;
};

static inline void pump_init(struct pump *pump, unsigned refresh_ms)
{
	struct backend_options options = {.refresh_ms = refresh_ms};

	*pump = (struct pump){.inbox = inbox_new(), .store = store_new()};
	pump->dir = g_dir_make_tmp("nvirt-test-XXXXXX", NULL);
	pump->journal = journal_open(pump->dir, pump->inbox);
	pump->backend = backend_new(pump->inbox, pump->journal, &options);
}

static inline void pump_fini(struct pump *pump)
{
	g_autofree char *file = g_build_filename(pump->dir, "tasks.jsonl", NULL);

	backend_free(pump->backend, 10000);
	journal_close(pump->journal, 1000);
	inbox_free(pump->inbox);
	store_free(pump->store);
	g_unlink(file);
	g_rmdir(pump->dir);
	g_free(pump->dir);
	g_free(pump->last_event_name);
}

static inline struct host *pump_add_host(struct pump *pump, const char *uri, bool readonly)
{
	struct host *host = store_add_host(pump->store, uri, readonly);

	backend_add_host(pump->backend, host->id, uri, readonly);
	return host;
}

static inline void pump_apply(struct pump *pump, struct msg *msg)
{
	pump->samples += msg->type == MSG_SAMPLE;
	if (msg->type == MSG_EVENT) {
		pump->events++;
		pump->last_event = msg->event;
		g_free(pump->last_event_name);
		pump->last_event_name = g_strdup(msg->name);
	}
	store_apply(pump->store, msg, g_get_monotonic_time(), g_get_real_time());
}

/* Applies messages until `done` says so; false when that did not happen in time. */
static inline bool pump_until(struct pump *pump, bool (*done)(struct pump *pump, const void *data), const void *data)
{
	gint64 deadline_us = g_get_monotonic_time() + PUMP_DEADLINE_US;
	struct msg *msg;

	while (!done(pump, data)) {
		struct pollfd fd = {.fd = inbox_fd(pump->inbox), .events = POLLIN};
		gint64 left_ms = (deadline_us - g_get_monotonic_time()) / 1000;

		if (left_ms <= 0 || poll(&fd, 1, (int)left_ms) < 0)
			return false;
		/* One at a time: what is waited for may be a state that passes. */
		if ((msg = inbox_take(pump->inbox)) != NULL)
			pump_apply(pump, msg);
	}
	return true;
}

static inline struct host *pump_host(struct pump *pump)
{
	return store_host_at(pump->store, 0);
}

static inline struct guest *pump_guest(struct pump *pump, const char *name)
{
	struct host *host = pump_host(pump);

	for (guint i = 0; i < host->guests->len; i++) {
		struct guest *guest = host->guests->pdata[i];

		if (strcmp(guest->name, name) == 0)
			return guest;
	}
	return NULL;
}

static inline bool pump_link_is(struct pump *pump, const void *link)
{
	return pump_host(pump)->status->link == *(const enum host_link *)link;
}

static inline bool pump_listed(struct pump *pump, const void *unused)
{
	(void)unused;
	return pump_host(pump)->listed;
}

#endif
