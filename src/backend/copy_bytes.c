/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes of a file by the faster of two ways. Any thread. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "backend/copy_bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "backend/conn.h"

/* What is copied between two looks at the clock: measured as fast as more, and short on a slow disk. */
#define PIECE_BYTES (4 * 1024 * 1024)
/* By hand, through the cache: stays in the processor's between the read and the write. */
#define BUFFER_BYTES (256 * 1024)
/* What any disk can read and write directly. */
#define ALIGN_BYTES 4096
/* Looking at the slower way costs no more than this part of the time. */
#define LOOK_PART 32
#define TELL_US (G_USEC_PER_SEC / 5)

enum way { WAY_CACHE, WAY_DIRECT, WAY_N };

struct bytes {
	const struct copy *copy;
	int from, to;
	int from_direct, to_direct; /* the same past the cache; -1 = they can not */
	off_t size;
	bool by_hand; /* the kernel cannot copy between these two */
	char *buffer; /* PIECE_BYTES, aligned */
	gint64 told_us;
	uint64_t done_bytes;
	double us_a_mib[WAY_N]; /* lately; 0 = not tried */
	double since_us[WAY_N]; /* what the others took since it was used */
};

bool copy_fail(GError **error, const char *what, const char *path, int number)
{
	const char *remedy = number == ENOSPC || number == EDQUOT ? "; free some space there or choose another pool" : "";

	g_set_error(error, CONN_ERROR, VIR_ERR_SYSTEM_ERROR, "cannot %s '%s': %s%s", what, path, g_strerror(number), remedy);
	return false;
}

/* ---- through the cache ---- */

static ssize_t read_some(int fd, char *buffer, size_t len, off_t at)
{
	ssize_t n;

	do
		n = pread(fd, buffer, len, at);
	while (n < 0 && errno == EINTR);
	return n;
}

static bool write_all(const struct bytes *bytes, size_t len, off_t at, GError **error)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = pwrite(bytes->to, bytes->buffer + done, len - done, at + (off_t)done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return copy_fail(error, "write", bytes->copy->to, n < 0 ? errno : ENOSPC);
		done += (size_t)n;
	}
	return true;
}

/*
 * In the kernel, from cache to cache: less than read and write cost, and a file
 * server copies by itself. What the kernel refuses, for whichever reason, is
 * tried by hand, which also finds the words for it. What was copied; -1 with `error`.
 */
static ssize_t copy_some(struct bytes *bytes, off_t at, size_t len, GError **error)
{
	off_t in = at, out = at;
	ssize_t n = bytes->by_hand ? -1 : copy_file_range(bytes->from, &in, bytes->to, &out, len, 0);

	if (n > 0)
		return n;
	bytes->by_hand |= n == 0 || errno != EINTR;
	n = read_some(bytes->from, bytes->buffer, MIN(len, BUFFER_BYTES), at);
	if (n <= 0) {
		copy_fail(error, "read", bytes->copy->from, n < 0 ? errno : EIO); /* 0: it was cut while we read */
		return -1;
	}
	return write_all(bytes, (size_t)n, at, error) ? n : -1;
}

static bool copy_cached(struct bytes *bytes, off_t at, size_t len, GError **error)
{
	while (len) {
		ssize_t n = copy_some(bytes, at, len, error);
		if (n < 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

/* ---- past it ---- */

static void no_direct(struct bytes *bytes)
{
	if (bytes->from_direct >= 0)
		close(bytes->from_direct);
	if (bytes->to_direct >= 0)
		close(bytes->to_direct);
	bytes->from_direct = bytes->to_direct = -1;
}

/* The very same file, whatever its name means by now. */
static int open_again(int fd, int flags)
{
	char path[32];

	g_snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return open(path, flags | O_DIRECT | O_CLOEXEC);
}

static void open_direct(struct bytes *bytes)
{
	bytes->from_direct = open_again(bytes->from, O_RDONLY);
	bytes->to_direct = open_again(bytes->to, O_WRONLY);
	if (bytes->from_direct < 0 || bytes->to_direct < 0)
		no_direct(bytes);
}

/* False: it can not be done so, here or at all; nothing is lost by trying. */
static bool copy_direct(struct bytes *bytes, off_t at, size_t len)
{
	if (read_some(bytes->from_direct, bytes->buffer, len, at) == (ssize_t)len
	        && pwrite(bytes->to_direct, bytes->buffer, len, at) == (ssize_t)len)
		return true;
	no_direct(bytes);
	return false;
}

/* ---- which ---- */

static enum way choose(const struct bytes *bytes, off_t at, size_t len)
{
	const double *us = bytes->us_a_mib;
	double mib = (double)len / (1024 * 1024);

	if (bytes->to_direct < 0 || at % ALIGN_BYTES || len % ALIGN_BYTES || us[WAY_CACHE] <= 0)
		return WAY_CACHE;
	if (us[WAY_DIRECT] <= 0)
		return WAY_DIRECT;
	enum way best = us[WAY_DIRECT] < us[WAY_CACHE] ? WAY_DIRECT : WAY_CACHE;
	enum way other = best == WAY_DIRECT ? WAY_CACHE : WAY_DIRECT;
	return bytes->since_us[other] > LOOK_PART * us[other] * mib ? other : best;
}

static void note_time(struct bytes *bytes, enum way way, size_t len, double spent_us)
{
	double *us = &bytes->us_a_mib[way], now = MAX(spent_us, 1) / ((double)len / (1024 * 1024));

	*us = *us > 0 ? (*us + now) / 2 : now;
	bytes->since_us[WAY_CACHE] += spent_us;
	bytes->since_us[WAY_DIRECT] += spent_us;
	bytes->since_us[way] = 0;
}

static bool copy_piece(struct bytes *bytes, off_t at, size_t len, GError **error)
{
	gint64 start_us = g_get_monotonic_time();
	enum way way = choose(bytes, at, len);

	if (way == WAY_DIRECT && !copy_direct(bytes, at, len)) {
		way = WAY_CACHE;
		start_us = g_get_monotonic_time();
	}
	if (way == WAY_CACHE && !copy_cached(bytes, at, len, error))
		return false;
	note_time(bytes, way, len, (double)(g_get_monotonic_time() - start_us));
	bytes->done_bytes += len;
	return true;
}

/* ---- all of it ---- */

/* False: it is to stop. */
static bool tell(struct bytes *bytes, GError **error)
{
	const struct copy *copy = bytes->copy;
	gint64 now_us = g_get_monotonic_time();

	if (copy->stop && copy->stop(copy->data)) {
		g_set_error(error, CONN_ERROR, VIR_ERR_OPERATION_ABORTED, "aborted");
		return false;
	}
	if (copy->progress && now_us - bytes->told_us >= TELL_US) {
		bytes->told_us = now_us;
		copy->progress(copy->data, bytes->done_bytes);
	}
	return true;
}

static bool copy_extent(struct bytes *bytes, off_t at, off_t end, GError **error)
{
	while (at < end) {
		size_t len = (size_t)MIN(end - at, PIECE_BYTES);
		if (!tell(bytes, error) || !copy_piece(bytes, at, len, error))
			return false;
		at += (off_t)len;
	}
	return true;
}

/* A filesystem that knows no holes: all of it is data. */
static bool copy_extents(struct bytes *bytes, GError **error)
{
	for (off_t end = 0; end < bytes->size;) {
		off_t data = lseek(bytes->from, end, SEEK_DATA);
		bool none = data < 0 && errno == ENXIO;
		off_t hole = data < 0 ? -1 : lseek(bytes->from, data, SEEK_HOLE);
		if (none || data >= bytes->size)
			break;
		off_t at = hole < 0 ? end : data;
		end = hole < 0 ? bytes->size : MIN(hole, bytes->size);
		if (!copy_extent(bytes, at, end, error))
			return false;
	}
	return true;
}

bool copy_bytes(const struct copy *copy, int from, int to, off_t size, GError **error)
{
	struct bytes bytes = {.copy = copy, .from = from, .to = to, .size = size};
	void *buffer = NULL;

	if (posix_memalign(&buffer, ALIGN_BYTES, PIECE_BYTES) != 0)
		return copy_fail(error, "copy", copy->from, ENOMEM);
	bytes.buffer = buffer;
	open_direct(&bytes);
	bool ok = copy_extents(&bytes, error);
	no_direct(&bytes);
	free(buffer);
	return ok;
}
