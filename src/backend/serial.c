/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The front of a serial console: what the main thread asks for is left here for the console's thread. */
#include "backend/serial_private.h"

struct serial *serial_new(struct inbox *inbox, const struct serial_options *options)
{
	struct serial *serial = g_new0(struct serial, 1);

	serial->ref = options->ref;
	serial->id = options->id;
	serial->raw = options->raw;
	serial->force = options->force;
	serial->inbox = inbox;
	serial->refs = 1;
	serial->credit = true;
	serial->rows = SERIAL_ROWS;
	serial->cols = SERIAL_COLS;
	serial->keys = g_array_new(FALSE, FALSE, sizeof(struct serial_key));
	serial->bytes = g_byte_array_new();
	pthread_mutex_init(&serial->lock, NULL);
	lock_cond_init(&serial->wake);
	return serial;
}

struct serial *serial_ref(struct serial *serial)
{
	pthread_mutex_lock(&serial->lock);
	serial->refs++;
	pthread_mutex_unlock(&serial->lock);
	return serial;
}

void serial_unref(struct serial *serial)
{
	pthread_mutex_lock(&serial->lock);
	bool last = --serial->refs == 0;
	pthread_mutex_unlock(&serial->lock);
	if (!last)
		return;
	g_array_unref(serial->keys);
	g_byte_array_unref(serial->bytes);
	g_free(serial->divider);
	g_free(serial->uri);
	pthread_cond_destroy(&serial->wake);
	pthread_mutex_destroy(&serial->lock);
	g_free(serial);
}

/* There is no thread to tell it. */
static void post_refusal(struct serial *serial)
{
	struct msg *msg = msg_new(MSG_SERIAL, serial->ref.host, 0);

	msg->serial = serial_frame_new();
	msg->serial->id = serial->id;
	msg->serial->state = SERIAL_REFUSED;
	g_free(msg->serial->why);
	msg->serial->why = g_strdup("cannot open the console: out of resources");
	msg->serial->rows = serial->rows;
	msg->serial->cols = serial->cols;
	inbox_post(serial->inbox, msg);
}

void serial_start(struct serial *serial, struct threads *threads, const char *uri, bool readonly)
{
	serial->uri = g_strdup(uri != NULL ? uri : "");
	serial->readonly = readonly;
	if (threads_start(threads, "nvirt-serial", serial_run, serial_ref(serial)))
		return;
	post_refusal(serial);
	serial_unref(serial);
}

void serial_stop(struct serial *serial)
{
	pthread_mutex_lock(&serial->lock);
	serial->inbox = NULL;
	pthread_cond_broadcast(&serial->wake);
	pthread_mutex_unlock(&serial->lock);
}

bool serial_stopped(struct serial *serial)
{
	pthread_mutex_lock(&serial->lock);
	bool stopped = serial->inbox == NULL;
	pthread_mutex_unlock(&serial->lock);
	return stopped;
}

void serial_close(struct serial *serial)
{
	if (serial == NULL)
		return;
	serial_stop(serial);
	serial_unref(serial);
}

void serial_ack(struct serial *serial)
{
	pthread_mutex_lock(&serial->lock);
	serial->credit = true;
	pthread_cond_broadcast(&serial->wake);
	pthread_mutex_unlock(&serial->lock);
}

void serial_reopen(struct serial *serial, bool force)
{
	pthread_mutex_lock(&serial->lock);
	serial->reopen = true;
	serial->force = force;
	pthread_cond_broadcast(&serial->wake);
	pthread_mutex_unlock(&serial->lock);
}

bool serial_keys(struct serial *serial, const struct serial_key *keys, unsigned count)
{
	pthread_mutex_lock(&serial->lock);
	bool room = serial->keys->len + count <= SERIAL_INPUT_MAX;
	if (room)
		g_array_append_vals(serial->keys, keys, count);
	pthread_cond_broadcast(&serial->wake);
	pthread_mutex_unlock(&serial->lock);
	return room;
}

bool serial_bytes(struct serial *serial, const char *bytes, gsize len)
{
	pthread_mutex_lock(&serial->lock);
	bool room = serial->bytes->len + len <= SERIAL_INPUT_MAX;
	if (room)
		g_byte_array_append(serial->bytes, (const guint8 *)bytes, (guint)len);
	pthread_cond_broadcast(&serial->wake);
	pthread_mutex_unlock(&serial->lock);
	return room;
}

void serial_resize(struct serial *serial, int rows, int cols)
{
	pthread_mutex_lock(&serial->lock);
	serial->rows = rows;
	serial->cols = cols;
	pthread_cond_broadcast(&serial->wake);
	pthread_mutex_unlock(&serial->lock);
}

void serial_divide(struct serial *serial, const char *words)
{
	pthread_mutex_lock(&serial->lock);
	g_free(serial->divider);
	serial->divider = g_strdup(words);
	pthread_cond_broadcast(&serial->wake);
	pthread_mutex_unlock(&serial->lock);
}
