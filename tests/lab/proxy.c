/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * proxy: stands between a client and a libvirtd socket; counts and disturbs.
 *
 *   proxy LISTEN SERVER
 *
 * Takes commands on stdin, one a line, and answers each with lines of which the
 * last is "ok" or "error: …":
 *   stats           "total N", then "CLIENT PROGRAM PROCEDURE N" lines: calls since
 *                   the last reset, clients numbered as they came; keepalive is not counted
 *   reset           counts are zero again
 *   delay UP DOWN   ms that bytes to the server and to the client are held back
 *   stall, go       nothing passes, in neither direction; everything passes again
 *   cut N           every connection ends after N more bytes to its client
 *   refuse          new connections are closed at once; "go" ends that too
 *   clients         "clients N": open connections
 *   lie PROC N      on connections made from now on, that procedure answers the number N; lie 0 0 ends that
 *
 * End of stdin ends the proxy. libvirt's framing (virnetprotocol.x): length with
 * itself, program, version, procedure, type, serial, status; big-endian words.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <glib.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define REMOTE_PROGRAM 0x20008086u
#define KEEPALIVE_PROGRAM 0x6b656570u
#define TYPE_CALL 0u
#define TYPE_REPLY 1u
#define STATUS_OK 0u
#define HEADER 28u
/* Of an answer that is one number: an unsigned hyper. */
#define NUMBER_FRAME (HEADER + 8)

struct chunk {
	gint64 due_us; /* monotonic */
	GBytes *bytes;
	gsize sent;
};

enum { UP, DOWN, WAYS };

struct link {
	int fds[WAYS];       /* [UP] = the client's, read for UP; [DOWN] = the server's */
	GQueue queue[WAYS];  /* struct chunk, on their way */
	GByteArray *pending; /* of the client's bytes: the frame not yet whole */
	gint64 budget;       /* bytes the client may still get; < 0 = any */
	guint64 number;      /* of the client, from 1 */
	uint32_t lie;        /* the procedure whose answers are changed, 0 = none */
	guint64 says;        /* to this */
	GByteArray *answers; /* of the server's bytes: the frame not yet whole; NULL = no lie */
	bool dead;
};

struct proxy {
	int listen_fd;
	const char *server;
	GPtrArray *links;
	GHashTable *counts; /* "CLIENT PROGRAM PROCEDURE" -> count */
	guint64 total, clients;
	gint64 delay_us[WAYS];
	uint32_t lie; /* for links to come */
	guint64 says;
	bool stalled, refusing, done;
	GString *command; /* the line not yet whole */
};

static void chunk_free(struct chunk *chunk)
{
	g_bytes_unref(chunk->bytes);
	g_free(chunk);
}

static void link_free(gpointer data)
{
	struct link *link = data;
	for (int way = 0; way < WAYS; way++) {
		struct chunk *chunk;
		while ((chunk = g_queue_pop_head(&link->queue[way])))
			chunk_free(chunk);
		close(link->fds[way]);
	}
	g_byte_array_unref(link->pending);
	if (link->answers)
		g_byte_array_unref(link->answers);
	g_free(link);
}

static bool fill_address(struct sockaddr_un *address, const char *path)
{
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	return g_strlcpy(address->sun_path, path, sizeof(address->sun_path)) < sizeof(address->sun_path);
}

static int listen_at(const char *path)
{
	struct sockaddr_un address;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	unlink(path);
	if (fd < 0 || !fill_address(&address, path) ||
	        bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, 16) != 0)
		return -1;
	return fd;
}

static int connect_to(const char *path)
{
	struct sockaddr_un address;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && fill_address(&address, path) &&
	        connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static void accept_client(struct proxy *proxy)
{
	int client = accept4(proxy->listen_fd, NULL, NULL, SOCK_CLOEXEC);
	if (client < 0)
		return;
	int server = proxy->refusing ? -1 : connect_to(proxy->server);
	if (server < 0) {
		close(client);
		return;
	}
	struct link *link = g_new0(struct link, 1);
	link->fds[UP] = client;
	link->fds[DOWN] = server;
	link->pending = g_byte_array_new();
	link->budget = -1;
	link->lie = proxy->lie;
	link->says = proxy->says;
	link->answers = proxy->lie ? g_byte_array_new() : NULL;
	link->number = ++proxy->clients;
	g_ptr_array_add(proxy->links, link);
}

static uint32_t word_at(const guint8 *bytes, unsigned index)
{
	uint32_t word;
	memcpy(&word, bytes + 4 * index, 4);
	return ntohl(word);
}

static void count_frame(struct proxy *proxy, const struct link *link, const guint8 *frame)
{
	uint32_t program = word_at(frame, 1), procedure = word_at(frame, 3);
	if (program == KEEPALIVE_PROGRAM || word_at(frame, 4) != TYPE_CALL)
		return;
	char *key = g_strdup_printf("%" G_GUINT64_FORMAT " %u %u", link->number, program, procedure);
	gsize count = GPOINTER_TO_SIZE(g_hash_table_lookup(proxy->counts, key));
	g_hash_table_replace(proxy->counts, key, GSIZE_TO_POINTER(count + 1));
	proxy->total++;
}

static void count_bytes(struct proxy *proxy, struct link *link, const guint8 *bytes, gsize len)
{
	g_byte_array_append(link->pending, bytes, (guint)len);
	while (link->pending->len >= HEADER) {
		uint32_t frame = word_at(link->pending->data, 0);
		if (frame < HEADER) {
			link->dead = true;
			return;
		}
		if (link->pending->len < frame)
			return;
		count_frame(proxy, link, link->pending->data);
		g_byte_array_remove_range(link->pending, 0, frame);
	}
}

static void tell_lie(const struct link *link, guint8 *frame, uint32_t len)
{
	guint64 says = GUINT64_TO_BE(link->says);
	if (len == NUMBER_FRAME && word_at(frame, 1) == REMOTE_PROGRAM && word_at(frame, 3) == link->lie &&
	        word_at(frame, 4) == TYPE_REPLY && word_at(frame, 6) == STATUS_OK)
		memcpy(frame + HEADER, &says, sizeof(says));
}

static void queue_bytes(struct proxy *proxy, struct link *link, int way, const guint8 *bytes, gsize len)
{
	struct chunk *chunk = g_new0(struct chunk, 1);
	chunk->due_us = g_get_monotonic_time() + proxy->delay_us[way];
	chunk->bytes = g_bytes_new(bytes, len);
	g_queue_push_tail(&link->queue[way], chunk);
}

/* Whole frames only go on where answers are changed. */
static void take_answers(struct proxy *proxy, struct link *link, const guint8 *bytes, gsize len)
{
	g_byte_array_append(link->answers, bytes, (guint)len);
	while (link->answers->len >= HEADER) {
		uint32_t frame = word_at(link->answers->data, 0);
		link->dead = link->dead || frame < HEADER;
		if (link->dead || link->answers->len < frame)
			return;
		tell_lie(link, link->answers->data, frame);
		queue_bytes(proxy, link, DOWN, link->answers->data, frame);
		g_byte_array_remove_range(link->answers, 0, frame);
	}
}

static void take_bytes(struct proxy *proxy, struct link *link, int way)
{
	guint8 buffer[65536];
	ssize_t len = read(link->fds[way], buffer, sizeof(buffer));
	if (len <= 0) {
		link->dead = true;
		return;
	}
	if (way == UP)
		count_bytes(proxy, link, buffer, (gsize)len);
	if (way == DOWN && link->answers)
		take_answers(proxy, link, buffer, (gsize)len);
	else
		queue_bytes(proxy, link, way, buffer, (gsize)len);
}

/* Sends what is due; MSG_DONTWAIT, because a stopped reader must not stop the proxy. */
static void pass_bytes(struct link *link, int way)
{
	struct chunk *chunk;
	while ((chunk = g_queue_peek_head(&link->queue[way])) && chunk->due_us <= g_get_monotonic_time()) {
		gsize size;
		const guint8 *bytes = g_bytes_get_data(chunk->bytes, &size);
		gsize left = size - chunk->sent;
		if (way == DOWN && link->budget >= 0)
			left = MIN(left, (gsize)link->budget);
		ssize_t sent = left ? send(link->fds[!way], bytes + chunk->sent, left, MSG_DONTWAIT | MSG_NOSIGNAL) : 0;
		if (sent < 0)
			return;
		chunk->sent += (gsize)sent;
		if (way == DOWN && link->budget >= 0 && (link->budget -= sent) == 0) {
			link->dead = true;
			return;
		}
		if (chunk->sent < size)
			return;
		chunk_free(g_queue_pop_head(&link->queue[way]));
	}
}

static void say_stats(struct proxy *proxy)
{
	GHashTableIter iter;
	gpointer key, count;
	printf("total %" G_GUINT64_FORMAT "\n", proxy->total);
	g_hash_table_iter_init(&iter, proxy->counts);
	while (g_hash_table_iter_next(&iter, &key, &count))
		printf("%s %zu\n", (char *)key, GPOINTER_TO_SIZE(count));
}

static void set_cut(struct proxy *proxy, gint64 bytes)
{
	for (unsigned i = 0; i < proxy->links->len; i++) {
		struct link *link = proxy->links->pdata[i];
		link->budget = bytes;
		link->dead = link->dead || bytes == 0;
	}
}

static void obey(struct proxy *proxy, const char *line)
{
	g_auto(GStrv) words = g_strsplit(line, " ", -1);
	unsigned count = g_strv_length(words);
	const char *verb = count ? words[0] : "";
	if (g_str_equal(verb, "stats")) {
		say_stats(proxy);
	} else if (g_str_equal(verb, "reset")) {
		g_hash_table_remove_all(proxy->counts);
		proxy->total = 0;
	} else if (g_str_equal(verb, "delay") && count == 3) {
		proxy->delay_us[UP] = g_ascii_strtoll(words[1], NULL, 10) * 1000;
		proxy->delay_us[DOWN] = g_ascii_strtoll(words[2], NULL, 10) * 1000;
	} else if (g_str_equal(verb, "stall")) {
		proxy->stalled = true;
	} else if (g_str_equal(verb, "refuse")) {
		proxy->refusing = true;
	} else if (g_str_equal(verb, "go")) {
		proxy->stalled = proxy->refusing = false;
	} else if (g_str_equal(verb, "cut") && count == 2) {
		set_cut(proxy, g_ascii_strtoll(words[1], NULL, 10));
	} else if (g_str_equal(verb, "lie") && count == 3) {
		proxy->lie = (uint32_t)g_ascii_strtoull(words[1], NULL, 10);
		proxy->says = g_ascii_strtoull(words[2], NULL, 10);
	} else if (g_str_equal(verb, "clients")) {
		printf("clients %u\n", proxy->links->len);
	} else {
		printf("error: no such command '%s'\n", line);
		return;
	}
	printf("ok\n");
}

static void take_commands(struct proxy *proxy)
{
	char buffer[1024];
	ssize_t len = read(0, buffer, sizeof(buffer));
	proxy->done = len <= 0;
	if (len > 0)
		g_string_append_len(proxy->command, buffer, len);
	char *end;
	while ((end = strchr(proxy->command->str, '\n'))) {
		*end = '\0';
		obey(proxy, proxy->command->str);
		g_string_erase(proxy->command, 0, end - proxy->command->str + 1);
	}
	fflush(stdout);
}

static void add_poll(GArray *polls, int fd, short events)
{
	struct pollfd entry = {.fd = fd, .events = events};
	g_array_append_val(polls, entry);
}

/* Two entries a link, in the order of fds[]; ret_timeout_ms: when the next chunk is due. */
static GArray *make_polls(struct proxy *proxy, int *ret_timeout_ms)
{
	GArray *polls = g_array_new(FALSE, TRUE, sizeof(struct pollfd));
	gint64 now = g_get_monotonic_time(), next = G_MAXINT64;
	add_poll(polls, 0, POLLIN);
	add_poll(polls, proxy->listen_fd, POLLIN);
	for (unsigned i = 0; i < proxy->links->len; i++) {
		struct link *link = proxy->links->pdata[i];
		short events[WAYS] = {POLLIN, POLLIN};
		for (int way = 0; way < WAYS && !proxy->stalled; way++) {
			struct chunk *chunk = g_queue_peek_head(&link->queue[way]);
			if (chunk && chunk->due_us <= now)
				events[!way] |= POLLOUT;
			else if (chunk)
				next = MIN(next, chunk->due_us);
		}
		add_poll(polls, proxy->stalled ? -1 : link->fds[UP], events[UP]);
		add_poll(polls, proxy->stalled ? -1 : link->fds[DOWN], events[DOWN]);
	}
	*ret_timeout_ms = next == G_MAXINT64 ? -1 : (int)((next - now) / 1000 + 1);
	return polls;
}

static void serve_links(struct proxy *proxy, const struct pollfd *polls)
{
	for (unsigned i = 0; i < proxy->links->len; i++) {
		struct link *link = proxy->links->pdata[i];
		for (int way = 0; way < WAYS; way++)
			if (polls[2 * i + (unsigned)way].revents & (POLLIN | POLLHUP | POLLERR))
				take_bytes(proxy, link, way);
		for (int way = 0; way < WAYS && !link->dead; way++)
			pass_bytes(link, way);
	}
}

static void drop_dead(struct proxy *proxy)
{
	for (unsigned i = proxy->links->len; i > 0; i--) {
		struct link *link = proxy->links->pdata[i - 1];
		if (link->dead)
			g_ptr_array_remove_index(proxy->links, i - 1);
	}
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: proxy LISTEN SERVER\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	struct proxy proxy = {.server = argv[2], .listen_fd = listen_at(argv[1])};
	if (proxy.listen_fd < 0) {
		perror(argv[1]);
		return 1;
	}
	proxy.links = g_ptr_array_new_with_free_func(link_free);
	proxy.counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	proxy.command = g_string_new(NULL);
	printf("ok\n");
	fflush(stdout);
	while (!proxy.done) {
		int timeout_ms;
		g_autoptr(GArray) polls = make_polls(&proxy, &timeout_ms);
		struct pollfd *entries = (struct pollfd *)(void *)polls->data;
		if (poll(entries, polls->len, timeout_ms) < 0)
			continue;
		if (!proxy.stalled)
			serve_links(&proxy, entries + 2);
		if (entries[0].revents)
			take_commands(&proxy);
		drop_dead(&proxy);
		if (entries[1].revents)
			accept_client(&proxy);
	}
	unlink(argv[1]);
	g_ptr_array_unref(proxy.links);
	g_hash_table_unref(proxy.counts);
	g_string_free(proxy.command, TRUE);
	return 0;
}
