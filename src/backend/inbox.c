/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inbox between the workers and the main thread.
 *
 * A queue under one lock, and an eventfd that is readable while the queue is
 * not empty. A newer sample, detail or volume list takes the place of an
 * unread one of the same source, at the end of the queue, so that it never
 * overtakes the state message that announced its epoch.
 *
 * The lock is pthread's, here and in the rest of this folder: ThreadSanitizer
 * knows it, GMutex is a futex of its own that it can not see.
 */
#include "nvirt/msg.h"

#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct inbox {
	pthread_mutex_t lock;
	GQueue queue;         /* struct msg *, oldest first */
	GHashTable *replaced; /* struct msg * as its own key -> GList link in `queue` */
	int fd;
};

static bool replaces(enum msg_type type)
{
	switch (type) {
	case MSG_SAMPLE:
	case MSG_DETAIL:
	case MSG_VOLUMES:
	case MSG_FILES:
	case MSG_DEVICES:
	case MSG_PROCESSES:
	case MSG_SNAPSHOTS:
	case MSG_TRAFFIC:
	case MSG_NODE:
		return true;
	case MSG_HOST:
	case MSG_POOLS:
	case MSG_NETWORKS:
	case MSG_STUCK:
	case MSG_EVENT:
	case MSG_TASK:
	case MSG_PLAN:
	case MSG_EDIT:
	case MSG_SCREEN:
	case MSG_PICTURE:
	case MSG_SERIAL:
	case MSG_JOURNAL:
	case MSG_NOTICE:
	case MSG_HEALTH: /* only comes when it was asked for */
	case MSG_HISTORY:
	case MSG_TYPE_N:
		return false;
	}
	return false;
}

static guint source_hash(gconstpointer key)
{
	const struct msg *msg = key;
	guint hash = msg->type * 31u + msg->host;

	for (unsigned i = 0; i < sizeof(msg->uuid); i++)
		hash = hash * 31u + msg->uuid[i];
	return hash;
}

static gboolean source_equal(gconstpointer a, gconstpointer b)
{
	const struct msg *x = a, *y = b;

	return x->type == y->type && x->host == y->host && memcmp(x->uuid, y->uuid, sizeof(x->uuid)) == 0;
}

struct inbox *inbox_new(void)
{
	struct inbox *inbox = g_new0(struct inbox, 1);

	pthread_mutex_init(&inbox->lock, NULL);
	g_queue_init(&inbox->queue);
	inbox->replaced = g_hash_table_new(source_hash, source_equal);
	inbox->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (inbox->fd < 0)
		g_error("cannot create an eventfd: %s", g_strerror(errno));
	return inbox;
}

void inbox_free(struct inbox *inbox)
{
	if (inbox == NULL)
		return;
	g_hash_table_destroy(inbox->replaced);
	g_queue_clear_full(&inbox->queue, (GDestroyNotify)msg_free);
	close(inbox->fd);
	pthread_mutex_destroy(&inbox->lock);
	g_free(inbox);
}

int inbox_fd(const struct inbox *inbox)
{
	return inbox->fd;
}

/* The unread message that `msg` makes pointless, unlinked, or NULL. */
static struct msg *take_replaced(struct inbox *inbox, const struct msg *msg)
{
	GList *link = g_hash_table_lookup(inbox->replaced, msg);
	struct msg *old;

	if (link == NULL)
		return NULL;
	old = link->data;
	g_hash_table_remove(inbox->replaced, old);
	g_queue_delete_link(&inbox->queue, link);
	return old;
}

void inbox_post(struct inbox *inbox, struct msg *msg)
{
	const uint64_t one = 1;
	struct msg *old = NULL;

	pthread_mutex_lock(&inbox->lock);
	if (replaces(msg->type))
		old = take_replaced(inbox, msg);
	g_queue_push_tail(&inbox->queue, msg);
	if (replaces(msg->type))
		g_hash_table_insert(inbox->replaced, msg, inbox->queue.tail);
	/* Only the first one needs to wake the reader; the counter can not overflow this way. */
	if (inbox->queue.length == 1 && write(inbox->fd, &one, sizeof(one)) < 0)
		g_debug("inbox: eventfd: %s", g_strerror(errno));
	pthread_mutex_unlock(&inbox->lock);
	msg_free(old);
}

struct msg *inbox_take(struct inbox *inbox)
{
	struct msg *msg;
	uint64_t count;

	pthread_mutex_lock(&inbox->lock);
	msg = g_queue_pop_head(&inbox->queue);
	if (msg != NULL && replaces(msg->type))
		g_hash_table_remove(inbox->replaced, msg);
	if (inbox->queue.length == 0 && read(inbox->fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		g_debug("inbox: eventfd: %s", g_strerror(errno));
	pthread_mutex_unlock(&inbox->lock);
	return msg;
}
