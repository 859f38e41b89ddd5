/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A connection to a VNC server by its address: see vnc.h. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "nvirt/text.h"
#include "nvirt/vnc.h"

static void set_error(GError **error, const char *address, const char *why)
{
	g_autofree char *clean = text_clean(address, -1);

	g_clear_error(error);
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "cannot connect to the VNC server '%s': %s", clean, why);
}

/* 0 = done; else an errno. */
static int connect_within(int fd, const struct sockaddr *address, socklen_t length, gint64 deadline_us)
{
	int problem = 0;
	socklen_t size = sizeof(problem);
	gint64 left_us = deadline_us - g_get_monotonic_time();

	if (connect(fd, address, length) == 0)
		return 0;
	if (errno != EINPROGRESS)
		return errno;
	if (poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, (int)MAX(left_us / 1000, 0)) <= 0)
		return ETIMEDOUT;
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &size) < 0 ? errno : problem;
}

static int try_address(
        int family, const struct sockaddr *address, socklen_t length, gint64 deadline_us, int *ret_problem)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), one = 1;

	*ret_problem = fd < 0 ? errno : connect_within(fd, address, length, deadline_us);
	if (fd >= 0 && *ret_problem) {
		close(fd);
		return -1;
	}
	/* Keys are small and must not wait for each other. */
	if (fd >= 0 && family != AF_UNIX)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static int connect_path(const char *path, gint64 deadline_us, GError **error)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd, problem;

	if (g_strlcpy(address.sun_path, path, sizeof(address.sun_path)) >= sizeof(address.sun_path)) {
		set_error(error, path, "the path is too long");
		return -1;
	}
	fd = try_address(AF_UNIX, (const struct sockaddr *)&address, sizeof(address), deadline_us, &problem);
	if (fd < 0)
		set_error(error, path, g_strerror(problem));
	return fd;
}

/* "[::1]:5901", "host:5901", "host", ":5901", and a bare IPv6 address. False: the port is none. */
static bool split(const char *address, char **ret_host, char **ret_port)
{
	const char *close = *address == '[' ? strchr(address, ']') : NULL;
	const char *colon = close ? (close[1] == ':' ? close + 1 : NULL) : strrchr(address, ':');
	guint64 port = VNC_PORT;

	if (!close && colon && strchr(address, ':') != colon)
		colon = NULL;
	if (colon && !g_ascii_string_to_unsigned(colon + 1, 10, 1, 65535, &port, NULL))
		return false;
	if (close)
		*ret_host = g_strndup(address + 1, (gsize)(close - address - 1));
	else
		*ret_host = colon ? g_strndup(address, (gsize)(colon - address)) : g_strdup(address);
	*ret_port = g_strdup_printf("%u", (unsigned)port);
	return true;
}

static int connect_host(const char *address, gint64 deadline_us, GError **error)
{
	g_autofree char *host = NULL, *port = NULL;
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
	int fd = -1, problem = 0, code;

	if (!split(address, &host, &port)) {
		set_error(error, address, "the port is a number from 1 to 65535");
		return -1;
	}
	code = getaddrinfo(*host ? host : "localhost", port, &hints, &list);
	if (code != 0) {
		set_error(error, address, gai_strerror(code));
		return -1;
	}
	for (struct addrinfo *one = list; one && fd < 0; one = one->ai_next)
		fd = try_address(one->ai_family, one->ai_addr, one->ai_addrlen, deadline_us, &problem);
	freeaddrinfo(list);
	if (fd < 0)
		set_error(error, address, g_strerror(problem));
	return fd;
}

int vnc_connect(const char *address, int timeout_ms, GError **error)
{
	gint64 deadline_us = g_get_monotonic_time() + timeout_ms * G_TIME_SPAN_MILLISECOND;

	return *address == '/' ? connect_path(address, deadline_us, error) : connect_host(address, deadline_us, error);
}
