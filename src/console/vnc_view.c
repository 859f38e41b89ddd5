/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The screen reader's process and what it says: see vnc.h. */
#include "nvirt/vnc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reader_process.h"
#include "screen_stream.h"

#define READ_BYTES (64 * 1024)
/* What one pump takes, so that a reader that never ends to speak does not keep the loop. */
#define PUMP_BYTES_MAX (1024 * 1024)
/* Beyond this the reader has long stopped to listen. */
#define QUEUE_BYTES_MAX (2 * WIRE_COMMAND_MAX)
#define START_BYTES_MAX (4 * WIRE_TEXT_MAX)
#define QEMU_WIDTH_MAX 2560
#define QEMU_HEIGHT_MAX 2048

struct vnc_view {
	int fd;  /* -1: ended */
	int pid; /* 0: none */
	GByteArray *out;
	struct screen_stream stream;
	bool watched;
	uint32_t syncs; /* so many were asked for */
	enum recogniser_mode mode;
	char *words; /* cleaned; of the end */
};

static void queue_start(struct vnc_view *view, const struct vnc_source *source)
{
	guint begin = wire_begin(view->out, COMMAND_START);

	wire_put_u8(view->out, source->mode);
	wire_put_string(view->out, source->password);
	wire_put_string(view->out, source->user);
	wire_put_string(view->out, source->host);
	wire_end(view->out, begin);
	view->mode = source->mode;
	if (view->watched) {
		view->watched = false;
		vnc_view_watch(view, true);
	}
}

static void clear_queue(struct vnc_view *view)
{
	/* A password may be in it. */
	explicit_bzero(view->out->data, view->out->len);
	g_byte_array_set_size(view->out, 0);
}

/* Its end, if it has not come, is ours to make: nobody waits for a reader. */
static int end_reader(struct vnc_view *view)
{
	int status = 0;

	if (view->fd >= 0)
		close(view->fd);
	view->fd = -1;
	if (view->pid > 0) {
		kill(view->pid, SIGKILL);
		while (waitpid(view->pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	view->pid = 0;
	clear_queue(view);
	return status;
}

static bool start(struct vnc_view *view, const struct vnc_source *source, GError **error)
{
	if (!reader_process_start(source->fd, source->user != NULL, &view->fd, &view->pid, error))
		return false;
	g_free(view->words);
	view->words = g_strdup("");
	view->syncs = 0;
	queue_start(view, source);
	return true;
}

struct vnc_view *vnc_view_new(const struct vnc_source *source, GError **error)
{
	struct vnc_view *view = g_new0(struct vnc_view, 1);

	view->fd = -1;
	/* Room for COMMAND_START: what moved would leave a copy of the password behind. */
	view->out = g_byte_array_sized_new(START_BYTES_MAX);
	screen_stream_init(&view->stream);
	if (start(view, source, error))
		return view;
	vnc_view_free(view);
	return NULL;
}

void vnc_view_free(struct vnc_view *view)
{
	if (!view)
		return;
	end_reader(view);
	screen_stream_fini(&view->stream);
	g_byte_array_unref(view->out);
	g_free(view->words);
	g_free(view);
}

bool vnc_view_reconnect(struct vnc_view *view, const struct vnc_source *source, GError **error)
{
	end_reader(view);
	screen_stream_restart(&view->stream);
	return start(view, source, error);
}

/* ---- its end ---- */

static char *death_words(int status)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		return g_strdup("the screen reader was stopped: it tried what it is not allowed to");
	if (WIFSIGNALED(status))
		return g_strdup_printf("the screen reader died (%s): what the VNC server sent may have killed it",
		        g_strsignal(WTERMSIG(status)));
	return g_strdup("the screen reader ended without a word");
}

static void ended(struct vnc_view *view)
{
	int status = end_reader(view);

	g_free(view->words);
	if (view->stream.end == VNC_END_NONE) {
		view->stream.end = VNC_END_READER;
		view->words = death_words(status);
	} else {
		view->words = g_strdup(view->stream.words);
	}
}

/* ---- pump ---- */

int vnc_view_fd(const struct vnc_view *view)
{
	return view->fd;
}

short vnc_view_events(const struct vnc_view *view)
{
	return view->out->len ? POLLIN | POLLOUT : POLLIN;
}

void vnc_view_sync(struct vnc_view *view)
{
	guint begin;

	if (view->fd < 0)
		return;
	begin = wire_begin(view->out, COMMAND_SYNC);
	wire_put_u32(view->out, ++view->syncs);
	wire_end(view->out, begin);
}

bool vnc_view_synced(const struct vnc_view *view)
{
	return view->stream.synced == view->syncs;
}

bool vnc_view_settled(const struct vnc_view *view)
{
	return view->stream.whole && view->stream.settled;
}

static bool push(struct vnc_view *view)
{
	while (view->out->len) {
		ssize_t n = send(view->fd, view->out->data, view->out->len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0)
			return errno == EAGAIN || errno == EINTR;
		explicit_bzero(view->out->data, (size_t)n);
		g_byte_array_remove_range(view->out, 0, (guint)n);
	}
	return true;
}

static void acknowledge(struct vnc_view *view)
{
	guint begin;

	if (!view->stream.frame_waits)
		return;
	view->stream.frame_waits = false;
	begin = wire_begin(view->out, COMMAND_TAKEN);
	wire_put_u32(view->out, view->stream.frame);
	wire_end(view->out, begin);
}

/* False: nothing more will come. */
static bool pull(struct vnc_view *view)
{
	static uint8_t bytes[READ_BYTES];
	size_t taken = 0;
	ssize_t n = 0;

	while (taken < PUMP_BYTES_MAX && (n = recv(view->fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0) {
		taken += (size_t)n;
		if (!screen_stream_feed(&view->stream, bytes, (size_t)n))
			return false;
	}
	return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

bool vnc_view_pump(struct vnc_view *view)
{
	screen_stream_begin(&view->stream);
	if (view->fd < 0)
		return false;
	if (!pull(view)) {
		ended(view);
		return true;
	}
	acknowledge(view);
	if (push(view) && view->out->len <= QUEUE_BYTES_MAX)
		return view->stream.changed;
	/* What it said last may still be there to be read. */
	if (pull(view) && view->out->len > QUEUE_BYTES_MAX) {
		view->stream.end = VNC_END_READER;
		g_free(view->stream.words);
		view->stream.words = g_strdup("the screen reader does not listen any more");
	}
	ended(view);
	return true;
}

/* ---- what is known ---- */

enum vnc_state vnc_view_state(const struct vnc_view *view)
{
	if (view->fd < 0)
		return VNC_ENDED;
	return view->stream.live || view->stream.whole ? VNC_LIVE : VNC_STARTING;
}

enum vnc_end vnc_view_end(const struct vnc_view *view)
{
	return view->fd < 0 ? view->stream.end : VNC_END_NONE;
}

const char *vnc_view_words(const struct vnc_view *view)
{
	return view->words;
}

const char *vnc_view_name(const struct vnc_view *view)
{
	return view->stream.name;
}

const struct text_screen *vnc_view_screen(const struct vnc_view *view)
{
	return view->stream.frames ? &view->stream.screen : NULL;
}

bool vnc_view_is_silent(const struct vnc_view *view)
{
	return view->fd >= 0 && view->stream.silent;
}

void vnc_view_size(const struct vnc_view *view, int *ret_width, int *ret_height)
{
	*ret_width = view->stream.width;
	*ret_height = view->stream.height;
}

unsigned vnc_view_frames(const struct vnc_view *view)
{
	return view->stream.frames;
}

bool vnc_view_may_be_cut(const struct vnc_view *view)
{
	return view->stream.width == QEMU_WIDTH_MAX || view->stream.height == QEMU_HEIGHT_MAX;
}

int vnc_view_pid(const struct vnc_view *view)
{
	return view->pid;
}

bool vnc_view_takes_scancodes(const struct vnc_view *view)
{
	return view->stream.features & FEATURE_SCANCODES;
}

struct picture *vnc_view_take_pixels(struct vnc_view *view)
{
	struct picture *picture = view->stream.pixels;

	if (!picture || view->stream.pixels_have < (size_t)picture->width * picture->height * 3)
		return NULL;
	view->stream.pixels = NULL;
	view->stream.pixels_wanted = false;
	return picture;
}

/* ---- what is asked ---- */

static void order_u8(struct vnc_view *view, unsigned command, unsigned value)
{
	guint begin = wire_begin(view->out, command);

	wire_put_u8(view->out, value);
	wire_end(view->out, begin);
}

void vnc_view_watch(struct vnc_view *view, bool watched)
{
	if (view->watched == watched)
		return;
	view->watched = watched;
	if (view->fd >= 0)
		order_u8(view, COMMAND_WATCH, watched);
}

void vnc_view_set_mode(struct vnc_view *view, enum recogniser_mode mode)
{
	if (view->mode == mode)
		return;
	view->mode = mode;
	if (view->fd >= 0)
		order_u8(view, COMMAND_MODE, mode);
}

void vnc_view_key(struct vnc_view *view, uint32_t keysym, unsigned scancode, bool down)
{
	guint begin;

	if (view->fd < 0)
		return;
	begin = wire_begin(view->out, COMMAND_KEY);
	wire_put_u8(view->out, down);
	wire_put_u32(view->out, keysym);
	wire_put_u16(view->out, scancode);
	wire_end(view->out, begin);
	push(view);
}

void vnc_view_pointer(struct vnc_view *view, int x, int y, unsigned buttons)
{
	guint begin;

	if (view->fd < 0)
		return;
	begin = wire_begin(view->out, COMMAND_POINTER);
	wire_put_u16(view->out, (unsigned)CLAMP(x, 0, G_MAXUINT16));
	wire_put_u16(view->out, (unsigned)CLAMP(y, 0, G_MAXUINT16));
	wire_put_u8(view->out, buttons);
	wire_end(view->out, begin);
	push(view);
}

enum vnc_pointer vnc_view_pointer_kind(const struct vnc_view *view)
{
	return view->stream.features & FEATURE_ABSOLUTE   ? VNC_POINTER_ABSOLUTE
	       : view->stream.features & FEATURE_RELATIVE ? VNC_POINTER_RELATIVE
	                                                  : VNC_POINTER_UNKNOWN;
}

void vnc_view_fit(struct vnc_view *view, int width, int height)
{
	guint begin;

	view->stream.fit = -1;
	if (view->fd < 0)
		return;
	begin = wire_begin(view->out, COMMAND_FIT);
	wire_put_u16(view->out, (unsigned)CLAMP(width, VNC_FIT_SIDE_MIN, FRAME_SIDE_MAX));
	wire_put_u16(view->out, (unsigned)CLAMP(height, VNC_FIT_SIDE_MIN, FRAME_SIDE_MAX));
	wire_end(view->out, begin);
	push(view);
}

int vnc_view_fit_answer(const struct vnc_view *view)
{
	return view->stream.fit;
}

void vnc_view_show_png(struct vnc_view *view, GBytes *png)
{
	gsize length;
	const guint8 *bytes = g_bytes_get_data(png, &length);
	guint begin;

	if (view->fd < 0 || length > WIRE_COMMAND_MAX)
		return;
	begin = wire_begin(view->out, COMMAND_PICTURE);
	g_byte_array_append(view->out, bytes, (guint)length);
	wire_end(view->out, begin);
}

void vnc_view_learn(struct vnc_view *view, const struct named_glyph *glyph)
{
	guint begin;

	if (view->fd < 0)
		return;
	begin = wire_begin(view->out, COMMAND_LEARN);
	wire_put_u8(view->out, (unsigned)glyph->width);
	wire_put_u8(view->out, (unsigned)glyph->height);
	wire_put_u24(view->out, glyph->ch);
	for (int y = 0; y < glyph->height; y++)
		wire_put_u32(view->out, glyph->rows[y]);
	wire_end(view->out, begin);
	/* Whoever asks may not be about to pump. */
	push(view);
}

void vnc_view_request_pixels(struct vnc_view *view)
{
	if (view->fd < 0 || view->stream.pixels_wanted)
		return;
	view->stream.pixels_wanted = true;
	wire_end(view->out, wire_begin(view->out, COMMAND_PIXELS));
	push(view);
}
