/* SPDX-License-Identifier: GPL-2.0-or-later */
/* VNC servers that misbehave: see vnc_server.h. */
#include "support/vnc_server.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct job {
	struct vnc_server server;
	void (*script)(struct vnc_server *server);
	pthread_t thread;
};

static GPtrArray *jobs;

static void *run(void *data)
{
	struct job *job = data;

	job->script(&job->server);
	close(job->server.fd);
	return NULL;
}

int vnc_server_start(void (*script)(struct vnc_server *server), unsigned seed, const void *data)
{
	struct job *job = g_new0(struct job, 1);
	int pair[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
	job->server = (struct vnc_server){.fd = pair[0], .seed = seed, .data = data};
	job->script = script;
	if (!jobs)
		jobs = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(jobs, job);
	g_assert_cmpint(pthread_create(&job->thread, NULL, run, job), ==, 0);
	return pair[1];
}

void vnc_server_join_all(void)
{
	for (unsigned i = 0; jobs && i < jobs->len; i++)
		pthread_join(((struct job *)jobs->pdata[i])->thread, NULL);
	g_clear_pointer(&jobs, g_ptr_array_unref);
}

void vnc_server_send(struct vnc_server *server, const void *bytes, size_t length)
{
	const uint8_t *at = bytes;

	while (length && !server->gone) {
		ssize_t n = send(server->fd, at, length, MSG_NOSIGNAL);

		if (n <= 0 && errno != EINTR)
			server->gone = true;
		else if (n > 0)
			at += n, length -= (size_t)n;
	}
}

void vnc_server_put(struct vnc_server *server, unsigned bytes, uint32_t value)
{
	uint8_t raw[4];

	for (unsigned i = 0; i < bytes; i++)
		raw[i] = value >> 8 * (bytes - 1 - i) & 0xff;
	vnc_server_send(server, raw, bytes);
}

void vnc_server_skip(struct vnc_server *server, size_t length)
{
	uint8_t bytes[256];

	while (length && !server->gone) {
		ssize_t n = recv(server->fd, bytes, MIN(length, sizeof(bytes)), 0);

		if (n == 0 || (n < 0 && errno != EINTR))
			server->gone = true;
		else if (n > 0)
			length -= (size_t)n;
	}
}

void vnc_server_drain(struct vnc_server *server)
{
	while (!server->gone)
		vnc_server_skip(server, 1);
}

void vnc_server_security(struct vnc_server *server, unsigned type)
{
	vnc_server_send(server, "RFB 003.008\n", 12);
	vnc_server_skip(server, 12);
	vnc_server_put(server, 1, 1);
	vnc_server_put(server, 1, type);
	vnc_server_skip(server, 1);
}

void vnc_server_greet(struct vnc_server *server, unsigned width, unsigned height, const char *name)
{
	static const uint8_t format[16] = {32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0};

	vnc_server_security(server, 1);
	vnc_server_put(server, 4, 0);
	vnc_server_skip(server, 1);
	vnc_server_put(server, 2, width);
	vnc_server_put(server, 2, height);
	vnc_server_send(server, format, sizeof(format));
	vnc_server_put(server, 4, (uint32_t)strlen(name));
	vnc_server_send(server, name, strlen(name));
}

void vnc_server_rect(
        struct vnc_server *server, unsigned x, unsigned y, unsigned width, unsigned height, int32_t encoding)
{
	vnc_server_put(server, 2, 0);
	vnc_server_put(server, 2, 1);
	vnc_server_put(server, 2, x);
	vnc_server_put(server, 2, y);
	vnc_server_put(server, 2, width);
	vnc_server_put(server, 2, height);
	vnc_server_put(server, 4, (uint32_t)encoding);
}

void vnc_server_paint(struct vnc_server *server, unsigned width, unsigned height, uint32_t colour)
{
	g_autofree uint32_t *row = g_new(uint32_t, width + 1);

	for (unsigned i = 0; i < width; i++)
		row[i] = colour;
	vnc_server_rect(server, 0, 0, width, height, 0);
	for (unsigned y = 0; y < height; y++)
		vnc_server_send(server, row, width * 4);
}
