/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening a guest's screen: a thread of its own, so that it does not wait behind a long operation. */
#include <string.h>

#include "backend/conn.h"
#include "backend/door.h"
#include "backend/worker_private.h"
#include "nvirt/text.h"

struct opener {
	struct workers *workers;
	struct obj_ref ref;
	char *name, *uri;
	bool readonly;
	struct screen_door *door;
};

static void refuse(struct opener *opener, const char *why)
{
	opener->door->kind = DOOR_NONE;
	g_free(opener->door->words);
	opener->door->words = g_strdup_printf("cannot show the screen of '%s': %s", opener->name, why);
}

static void look(struct opener *opener)
{
	g_autoptr(GError) error = NULL;
	virConnectPtr conn = opener->uri ? conn_open(opener->uri, opener->readonly, &error) : NULL;
	virDomainPtr dom = conn ? virDomainLookupByUUID(conn, opener->ref.uuid) : NULL;

	if (dom) {
		door_open(conn, dom, opener->name, opener->door);
		virDomainFree(dom);
	} else {
		if (conn)
			conn_set_error(&error, "it is gone");
		refuse(opener, error ? error->message : "the host is not connected");
	}
	conn_close(conn);
}

static void post(struct opener *opener)
{
	struct msg *msg = msg_new(MSG_SCREEN, opener->ref.host, 0);

	msg->kind = opener->ref.kind;
	memcpy(msg->uuid, opener->ref.uuid, sizeof(msg->uuid));
	msg->door = g_steal_pointer(&opener->door);
	job_sink_post(opener->workers->sink, msg);
}

static void opener_free(struct opener *opener)
{
	workers_unref(opener->workers);
	screen_door_free(opener->door);
	g_free(opener->name);
	g_free(opener->uri);
	g_free(opener);
}

static void opener_thread(void *data)
{
	struct opener *opener = data;

	look(opener);
	post(opener);
	opener_free(opener);
}

void workers_open_screen(struct workers *workers, const struct obj_ref *ref, const char *name, unsigned door_id)
{
	struct opener *opener = g_new0(struct opener, 1);

	opener->workers = workers_ref(workers);
	opener->ref = *ref;
	opener->name = g_strdup(name);
	opener->door = screen_door_new(door_id);
	pthread_mutex_lock(&workers->lock);
	struct worker_host *host = workers_find_host(workers, ref->host);
	if (host && !host->removed) {
		opener->uri = g_strdup(host->uri);
		opener->readonly = host->readonly;
	}
	bool started = !workers->closed && threads_start(workers->threads, "nvirt-screen", opener_thread, opener);
	pthread_mutex_unlock(&workers->lock);
	if (started)
		return;
	refuse(opener, "out of resources");
	post(opener);
	opener_free(opener);
}
