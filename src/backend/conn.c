/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opening a connection to libvirt, and libvirt's errors as GError: see conn.h. */
#define _GNU_SOURCE /* pthread_setname_np() */
#include "backend/conn.h"

#include <libvirt/libvirt-event.h>
#include <pthread.h>

#include "nvirt/text.h"
#include "backend/uri.h"

/* A hung daemon fails a pending call after interval * (count + 1) seconds. */
#define KEEPALIVE_SECONDS 2
#define KEEPALIVE_COUNT 3

G_DEFINE_QUARK(nvirt-libvirt-error, conn_error)

/* libvirt's default handler prints to stderr, which is the screen. */
static void quiet(void *data, virErrorPtr error)
{
	(void)data;
	(void)error;
}

/* Serves events and keepalives of every connection, until the process ends. */
static void *event_main(void *data)
{
	(void)data;
	pthread_setname_np(pthread_self(), "nvirt-events");
	while (virEventRunDefaultImpl() == 0)
		;
	return NULL;
}

static void init_once(void)
{
	pthread_t thread;

	virSetErrorFunc(NULL, quiet);
	if (virInitialize() < 0 || virEventRegisterDefaultImpl() < 0)
		g_error("libvirt's client library does not start: %s", virGetLastErrorMessage());
	if (pthread_create(&thread, NULL, event_main, NULL) != 0)
		g_error("cannot start the thread for libvirt's events");
	pthread_detach(thread);
}

void conn_init(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, init_once);
}

/* Nobody is asked: the terminal belongs to the screen. */
static int no_credentials(virConnectCredentialPtr cred, unsigned count, void *data)
{
	(void)cred;
	(void)count;
	(void)data;
	return -1;
}

virConnectPtr conn_open(const char *uri, bool readonly, GError **error)
{
	virConnectAuth auth = {.cb = no_credentials};
	g_autofree char *effective = uri_effective(uri);
	virConnectPtr conn;

	conn_init();
	conn = virConnectOpenAuth(effective, &auth, readonly ? VIR_CONNECT_RO : 0);
	if (conn == NULL) {
		conn_set_error(error, "cannot connect to '%s'",
		        uri != NULL && *uri != '\0' ? uri : "libvirt's default");
		return NULL;
	}
	/* In-process drivers have no keepalive, nor a peer that could hang. */
	if (virConnectSetKeepAlive(conn, KEEPALIVE_SECONDS, KEEPALIVE_COUNT) < 0)
		virResetLastError();
	return conn;
}

void conn_close(virConnectPtr conn)
{
	if (conn != NULL)
		virConnectClose(conn);
}

static void *ask_alive(void *data)
{
	return GINT_TO_POINTER(virConnectIsAlive(data));
}

/*
 * libvirt's errors are per thread, every call resets the last one, and none
 * puts it back: so the question is asked on a thread of its own. It is a look
 * at the socket's state, no call to the daemon, and only follows a failure.
 */
bool conn_lost(virConnectPtr conn)
{
	pthread_t thread;
	void *alive;

	if (conn == NULL)
		return true;
	if (pthread_create(&thread, NULL, ask_alive, conn) != 0)
		return false;
	pthread_join(thread, &alive);
	return GPOINTER_TO_INT(alive) == 0;
}

void conn_set_error(GError **error, const char *format, ...)
{
	g_autofree char *words = text_clean(virGetLastErrorMessage(), -1);
	g_autofree char *subject = NULL;
	g_autofree char *clean = NULL;
	va_list args;

	va_start(args, format);
	subject = g_strdup_vprintf(format, args);
	va_end(args);
	clean = text_clean(subject, -1);
	g_set_error(error, CONN_ERROR, virGetLastErrorCode(), "%s: %s", clean, words);
}

bool conn_refuse(GError **error, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *words = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error_literal(error, CONN_ERROR, code, words);
	return false;
}
