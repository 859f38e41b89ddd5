/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The thread of one serial console: owns the connection, the stream and the
 * terminal behind it. The stream does not block; libvirt's event thread only
 * sets a flag and wakes this one. The guest's restarts come as events of its
 * life; where a driver has none, it is looked at every few seconds.
 */
#include "backend/conn.h"
#include "backend/serial_private.h"
#include "nvirt/page.h"
#include "nvirt/text.h"

enum {
	CHUNK = 4096,
	KEY_BYTES = 16,          /* what one key sends at most, with room to spare */
	TURN_MAX = 64 * 1024,    /* received before what is typed has its turn */
	RAW_MAX = 1024 * 1024,   /* bytes that nobody has taken yet */
	FRAME_EVERY_US = 16000,
	LOOK_EVERY_US = 2 * G_USEC_PER_SEC,
	END_US = 1500 * 1000,    /* so long a guest may take to be off after its console ended */
	START_US = 5 * G_USEC_PER_SEC, /* from "active" to its devices being known */
	RETRY_MAX_US = 10 * G_USEC_PER_SEC,
};

struct runner {
	struct serial *serial;
	virConnectPtr conn;
	virDomainPtr dom;
	virStreamPtr stream;
	int event; /* of the guest's life; -1 = none */
	struct serial_term *term;
	GByteArray *out; /* to the guest */
	GByteArray *raw; /* from it, not told yet */
	enum serial_state state;
	char *why;
	unsigned opened;
	int guest_id; /* of the run that the stream is asked of */
	int seen_id;  /* of the one that it was last opened to; 0 = of none */
	bool force, told, ending;
	gint64 look_us;  /* when to look again whether it can be opened, or has ended; 0 = not by itself */
	gint64 end_us;   /* an ended stream: until then the guest may still go off */
	gint64 patience_us; /* until then a guest that has no console may only be starting */
	gint64 retry_us; /* the next wait for a connection */
	gint64 posted_us;
};

/* ---- libvirt's event thread ---- */

static void on_stream(virStreamPtr stream, int events, void *data)
{
	struct serial *serial = data;

	/* Each is told once, until it is asked for again: else it is told all the time. */
	virStreamEventUpdateCallback(stream, 0);
	pthread_mutex_lock(&serial->lock);
	serial->readable |= (events & ~VIR_STREAM_EVENT_WRITABLE) != 0;
	serial->writable |= (events & VIR_STREAM_EVENT_WRITABLE) != 0;
	pthread_cond_broadcast(&serial->wake);
	pthread_mutex_unlock(&serial->lock);
}

static int on_guest(virConnectPtr conn, virDomainPtr dom, int event, int detail, void *data)
{
	struct serial *serial = data;

	(void)conn;
	(void)dom;
	(void)event;
	(void)detail;
	pthread_mutex_lock(&serial->lock);
	serial->guest_changed = true;
	pthread_cond_broadcast(&serial->wake);
	pthread_mutex_unlock(&serial->lock);
	return 0;
}

static void on_close(virConnectPtr conn, int reason, void *data)
{
	struct serial *serial = data;

	(void)conn;
	(void)reason;
	pthread_mutex_lock(&serial->lock);
	serial->host_gone = true;
	pthread_cond_broadcast(&serial->wake);
	pthread_mutex_unlock(&serial->lock);
}

static void unref(void *data)
{
	serial_unref(data);
}

/* ---- states ---- */

static void set_state(struct runner *run, enum serial_state state, const char *why)
{
	run->told &= run->state == state && !g_strcmp0(run->why, why);
	run->state = state;
	if (run->why == why)
		return;
	g_free(run->why);
	run->why = g_strdup(why != NULL ? why : "");
}

static void set_failed(struct runner *run, enum serial_state state, const char *what)
{
	g_autoptr(GError) error = NULL;

	conn_set_error(&error, "%s", what);
	set_state(run, state, error->message);
}

static void close_stream(struct runner *run)
{
	if (run->stream == NULL)
		return;
	virStreamEventRemoveCallback(run->stream);
	virStreamAbort(run->stream);
	virStreamFree(g_steal_pointer(&run->stream));
	g_byte_array_set_size(run->out, 0);
}

static void close_all(struct runner *run)
{
	close_stream(run);
	if (run->event >= 0)
		virConnectDomainEventDeregisterAny(run->conn, run->event);
	run->event = -1;
	if (run->dom != NULL)
		virDomainFree(g_steal_pointer(&run->dom));
	if (run->conn != NULL) {
		virConnectUnregisterCloseCallback(run->conn, on_close);
		conn_close(g_steal_pointer(&run->conn));
	}
}

static void lost(struct runner *run, const char *why)
{
	close_all(run);
	run->ending = false;
	run->retry_us = CLAMP(run->retry_us * 2, G_USEC_PER_SEC, RETRY_MAX_US);
	run->look_us = g_get_monotonic_time() + run->retry_us;
	set_state(run, SERIAL_LOST, why);
}

static bool connect_host(struct runner *run)
{
	struct serial *serial = run->serial;
	g_autoptr(GError) error = NULL;

	pthread_mutex_lock(&serial->lock);
	serial->host_gone = false;
	pthread_mutex_unlock(&serial->lock);
	run->conn = conn_open(serial->uri, false, &error);
	if (run->conn == NULL) {
		lost(run, error->message);
		return false;
	}
	if (virConnectRegisterCloseCallback(run->conn, on_close, serial_ref(serial), unref) < 0)
		serial_unref(serial);
	run->dom = virDomainLookupByUUID(run->conn, serial->ref.uuid);
	if (run->dom == NULL) {
		set_failed(run, SERIAL_REFUSED, "cannot open the console");
		close_all(run);
		return false;
	}
	run->event = virConnectDomainEventRegisterAny(run->conn, run->dom, VIR_DOMAIN_EVENT_ID_LIFECYCLE,
	        VIR_DOMAIN_EVENT_CALLBACK(on_guest), serial_ref(serial), unref);
	if (run->event < 0)
		serial_unref(serial);
	run->retry_us = 0;
	return true;
}

static void wait_for_guest(struct runner *run)
{
	close_stream(run);
	run->ending = false;
	run->look_us = g_get_monotonic_time() + LOOK_EVERY_US;
	run->patience_us = run->look_us + START_US;
	set_state(run, SERIAL_WAITING, "");
}

/* What else helps; "" = nothing that is known. */
static const char *remedy(int code)
{
	switch (code) {
	case VIR_ERR_INTERNAL_ERROR:
		return ": give the guest <console type='pty'/> with 'virsh edit', and start it again";
	case VIR_ERR_NO_SUPPORT:
		return ": guests of this kind of host have none";
	default:
		return "";
	}
}

/* Why libvirt would not open it. */
static void not_opened(struct runner *run)
{
	int code = virGetLastErrorCode();
	g_autoptr(GError) error = NULL;
	g_autofree char *words = NULL;

	/* Before anything else is asked of libvirt: every call forgets the error of the one before. */
	conn_set_error(&error, "cannot open the console");
	words = g_strconcat(error->message, remedy(code), NULL);
	virStreamFree(g_steal_pointer(&run->stream));
	if (conn_lost(run->conn)) {
		lost(run, "the connection was lost");
	} else if (code == VIR_ERR_OPERATION_INVALID) {
		/* Off, or not yet quite on. */
		wait_for_guest(run);
	} else if (code == VIR_ERR_INTERNAL_ERROR && g_get_monotonic_time() < run->patience_us) {
		/* "character device console0 is not using a PTY": a guest is active before its devices are known. */
		run->look_us = g_get_monotonic_time() + G_USEC_PER_SEC / 4;
	} else {
		/* The only failure of that kind there is: "Active console session exists for this domain". */
		set_state(run, code == VIR_ERR_OPERATION_FAILED ? SERIAL_BUSY : SERIAL_REFUSED, words);
	}
}

/* Of the guest's first console. False: run->stream is NULL, or libvirt's error says why not. */
static bool open_console(struct runner *run, unsigned flags)
{
	run->stream = virStreamNew(run->conn, VIR_STREAM_NONBLOCK);
	return run->stream != NULL && virDomainOpenConsole(run->dom, NULL, run->stream, flags) == 0;
}

/* LXC's driver takes no flags at all, and locks nothing: then nobody is refused or cut either. */
static bool open_console_anyhow(struct runner *run, unsigned flags)
{
	if (open_console(run, flags))
		return true;
	if (run->stream == NULL || virGetLastErrorCode() != VIR_ERR_INVALID_ARG)
		return false;
	virStreamFree(g_steal_pointer(&run->stream));
	return open_console(run, 0);
}

static void open_stream(struct runner *run)
{
	struct serial *serial = run->serial;
	unsigned flags = run->force ? VIR_DOMAIN_CONSOLE_FORCE : VIR_DOMAIN_CONSOLE_SAFE;

	run->look_us = 0;
	if (run->conn == NULL && !connect_host(run))
		return;
	if (virDomainIsActive(run->dom) != 1) {
		if (conn_lost(run->conn))
			lost(run, "the connection was lost");
		else
			wait_for_guest(run);
		return;
	}
	run->guest_id = (int)virDomainGetID(run->dom);
	if (!open_console_anyhow(run, flags)) {
		if (run->stream != NULL)
			not_opened(run);
		else
			set_failed(run, SERIAL_REFUSED, "cannot open the console");
		return;
	}
	if (virStreamEventAddCallback(run->stream, VIR_STREAM_EVENT_READABLE, on_stream, serial_ref(serial), unref) < 0) {
		serial_unref(serial);
		set_failed(run, SERIAL_REFUSED, "cannot follow the console");
		close_stream(run);
		return;
	}
	run->force = false;
	/* One that was only starting had none before. */
	run->guest_id = (int)virDomainGetID(run->dom);
	if (run->seen_id != 0 && run->seen_id != run->guest_id && !serial->raw) {
		g_autofree char *words = page_mark_words("was started", g_get_real_time());

		serial_term_divide(run->term, words);
	}
	run->seen_id = run->guest_id;
	run->opened++;
	set_state(run, SERIAL_OPEN, "");
	pthread_mutex_lock(&serial->lock);
	serial->readable = serial->writable = true;
	pthread_mutex_unlock(&serial->lock);
}

/* ---- an end ---- */

/* Was it the guest that ended, its host, or only the stream? That may take a moment to tell. */
static void look_at_end(struct runner *run)
{
	gint64 now_us = g_get_monotonic_time();
	int active = virDomainIsActive(run->dom);

	if (active < 0 && conn_lost(run->conn)) {
		lost(run, "the connection was lost");
	} else if (active == 0) {
		wait_for_guest(run);
	} else if (active == 1 && (int)virDomainGetID(run->dom) != run->guest_id) {
		run->ending = false;
		open_stream(run);
	} else if (now_us >= run->end_us || active < 0) {
		run->ending = false;
		run->look_us = 0;
		set_state(run, SERIAL_CUT, "the console was ended: another session may have it now");
	} else {
		run->look_us = MIN(run->end_us, now_us + G_USEC_PER_SEC / 4);
	}
}

static void stream_ended(struct runner *run)
{
	close_stream(run);
	run->ending = true;
	run->end_us = g_get_monotonic_time() + END_US;
	look_at_end(run);
}

/* ---- bytes ---- */

static void ask_for(struct runner *run, int events)
{
	if (virStreamEventUpdateCallback(run->stream, events) < 0)
		virResetLastError();
}

static void receive(struct runner *run)
{
	struct serial *serial = run->serial;
	char chunk[CHUNK];
	gsize total = 0;
	int n = 0;

	pthread_mutex_lock(&serial->lock);
	bool readable = serial->readable;
	serial->readable = false;
	pthread_mutex_unlock(&serial->lock);
	if (!readable)
		return;
	while (total < TURN_MAX && run->raw->len < RAW_MAX && (n = virStreamRecv(run->stream, chunk, CHUNK)) > 0) {
		if (serial->raw) {
			g_byte_array_append(run->raw, (const guint8 *)chunk, (guint)n);
		} else {
			serial_term_feed(run->term, chunk, (gsize)n);
			serial_term_answers(run->term, run->out);
		}
		total += (gsize)n;
	}
	if (n == 0 && total < TURN_MAX && run->raw->len < RAW_MAX) {
		stream_ended(run);
	} else if (n == -1) {
		stream_ended(run);
	} else if (n != -2) {
		pthread_mutex_lock(&serial->lock);
		serial->readable = true;
		pthread_mutex_unlock(&serial->lock);
	}
}

static void take_typed(struct runner *run)
{
	struct serial *serial = run->serial;
	g_autoptr(GArray) keys = g_array_new(FALSE, FALSE, sizeof(struct serial_key));

	pthread_mutex_lock(&serial->lock);
	if (serial->bytes->len > 0 && run->out->len == 0) {
		g_byte_array_append(run->out, serial->bytes->data, serial->bytes->len);
		g_byte_array_set_size(serial->bytes, 0);
	}
	if (serial->keys->len > 0 && run->out->len < SERIAL_INPUT_MAX / 2) {
		/* No more than there is room for: the rest waits its turn. */
		guint count = MIN(serial->keys->len, SERIAL_INPUT_MAX / 2 / KEY_BYTES);

		g_array_append_vals(keys, serial->keys->data, count);
		g_array_remove_range(serial->keys, 0, count);
	}
	pthread_mutex_unlock(&serial->lock);
	for (guint i = 0; i < keys->len; i++)
		serial_term_key(run->term, &g_array_index(keys, struct serial_key, i), run->out);
}

static void send_typed(struct runner *run)
{
	struct serial *serial = run->serial;
	int n = 1;

	while (run->out->len > 0 && n > 0) {
		n = virStreamSend(run->stream, (const char *)run->out->data, MIN(run->out->len, CHUNK));
		if (n > 0)
			g_byte_array_remove_range(run->out, 0, (guint)n);
	}
	if (n == -1) {
		stream_ended(run);
		return;
	}
	pthread_mutex_lock(&serial->lock);
	int events = (serial->readable ? 0 : VIR_STREAM_EVENT_READABLE) | (n == -2 ? VIR_STREAM_EVENT_WRITABLE : 0);
	serial->writable = false;
	pthread_mutex_unlock(&serial->lock);
	ask_for(run, events);
}

/* ---- frames ---- */

static bool has_news(const struct runner *run)
{
	return !run->told || run->raw->len > 0 || (!run->serial->raw && serial_term_changed(run->term));
}

static void post(struct runner *run)
{
	struct serial *serial = run->serial;
	struct msg *msg;
	struct serial_frame *frame;

	pthread_mutex_lock(&serial->lock);
	bool may = serial->credit && serial->inbox != NULL;
	pthread_mutex_unlock(&serial->lock);
	if (!may || !has_news(run) || g_get_monotonic_time() - run->posted_us < FRAME_EVERY_US)
		return;
	frame = serial_frame_new();
	frame->id = serial->id;
	frame->state = run->state;
	g_free(frame->why);
	frame->why = text_clean(run->why != NULL ? run->why : "", -1);
	frame->opened = run->opened;
	serial_term_frame(run->term, frame);
	if (serial->raw)
		frame->bytes = g_steal_pointer(&run->raw);
	if (run->raw == NULL)
		run->raw = g_byte_array_new();
	msg = msg_new(MSG_SERIAL, serial->ref.host, 0);
	msg->serial = frame;
	run->told = true;
	run->posted_us = g_get_monotonic_time();
	pthread_mutex_lock(&serial->lock);
	serial->credit = false;
	if (serial->inbox != NULL)
		inbox_post(serial->inbox, g_steal_pointer(&msg));
	pthread_mutex_unlock(&serial->lock);
	msg_free(msg);
}

/* ---- the thread ---- */

static void take_wishes(struct runner *run)
{
	struct serial *serial = run->serial;

	pthread_mutex_lock(&serial->lock);
	if (serial->guest_changed)
		run->patience_us = g_get_monotonic_time() + START_US;
	bool reopen = serial->reopen && run->stream == NULL && !serial->readonly;
	bool changed = serial->guest_changed, gone = serial->host_gone;
	int rows = serial->rows, cols = serial->cols;
	g_autofree char *divider = g_steal_pointer(&serial->divider);
	if (reopen)
		run->force = serial->force;
	serial->reopen = serial->guest_changed = serial->host_gone = false;
	pthread_mutex_unlock(&serial->lock);
	serial_term_resize(run->term, rows, cols);
	if (divider != NULL && !serial->raw)
		serial_term_divide(run->term, divider);
	/* What comes of it is told, also when it is what was told before. */
	if (reopen)
		set_state(run, SERIAL_OPENING, "");
	if (gone && run->conn != NULL)
		lost(run, "the connection was lost");
	else if (run->ending && (changed || g_get_monotonic_time() >= run->look_us))
		look_at_end(run);
	else if (reopen || (changed && run->state == SERIAL_WAITING) ||
	        (run->look_us != 0 && g_get_monotonic_time() >= run->look_us))
		open_stream(run);
}

/* Until somebody wants something, or the next look is due. */
static void wait_for_news(struct runner *run)
{
	struct serial *serial = run->serial;
	gint64 until_us = run->look_us != 0 ? run->look_us : G_MAXINT64;
	bool due = has_news(run);

	pthread_mutex_lock(&serial->lock);
	if (due && serial->credit)
		until_us = MIN(until_us, run->posted_us + FRAME_EVERY_US);
	bool busy = serial->inbox == NULL || serial->reopen || serial->divider != NULL || serial->guest_changed ||
	        serial->host_gone ||
	        (run->stream != NULL &&
	                ((serial->readable && run->raw->len < RAW_MAX) || serial->writable ||
	                        (run->out->len == 0 && (serial->keys->len > 0 || serial->bytes->len > 0))));
	if (!busy && until_us == G_MAXINT64)
		pthread_cond_wait(&serial->wake, &serial->lock);
	else if (!busy)
		lock_cond_wait_until(&serial->wake, &serial->lock, until_us);
	if (run->stream == NULL && run->state != SERIAL_OPENING) {
		/* Nobody is there to type to. */
		g_array_set_size(serial->keys, 0);
		g_byte_array_set_size(serial->bytes, 0);
	}
	pthread_mutex_unlock(&serial->lock);
}

void serial_run(void *data)
{
	struct runner run = {.serial = data, .event = -1};

	run.force = run.serial->force;
	run.patience_us = g_get_monotonic_time() + G_USEC_PER_SEC;
	run.term = serial_term_new(SERIAL_ROWS, SERIAL_COLS);
	run.out = g_byte_array_new();
	run.raw = g_byte_array_new();
	set_state(&run, SERIAL_OPENING, "");
	if (run.serial->readonly)
		set_state(&run, SERIAL_REFUSED,
		        "cannot open the console: the connection is read-only, and a console is for typing too");
	else
		open_stream(&run);
	while (!serial_stopped(run.serial)) {
		take_wishes(&run);
		if (run.stream != NULL)
			receive(&run);
		/* What is typed to nobody is not for who comes next: see wait_for_news(). */
		if (run.stream != NULL) {
			take_typed(&run);
			send_typed(&run);
		}
		post(&run);
		wait_for_news(&run);
	}
	close_all(&run);
	serial_term_free(run.term);
	g_byte_array_unref(run.out);
	g_byte_array_unref(run.raw);
	g_free(run.why);
	serial_unref(run.serial);
}
