/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reader's side of the socket pair: see helper.h. */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "helper.h"

#define READ_BYTES 65536

void helper_flush(struct helper *helper)
{
	guint at = 0;

	while (at < helper->out->len) {
		ssize_t n = send(helper->control, helper->out->data + at, helper->out->len - at, MSG_NOSIGNAL);

		if (n > 0)
			at += (guint)n;
		else if (n < 0 && (errno == EAGAIN || errno == EINTR))
			poll(&(struct pollfd){.fd = helper->control, .events = POLLOUT}, 1, -1);
		else
			_exit(0);
	}
	g_byte_array_set_size(helper->out, 0);
}

void helper_end(struct helper *helper, enum vnc_end end, const char *format, ...)
{
	guint begin;
	va_list ap;

	va_start(ap, format);
	g_autofree char *words = g_strdup_vprintf(format, ap);
	va_end(ap);
	begin = wire_begin(helper->out, WIRE_ENDED);
	wire_put_u8(helper->out, end);
	wire_put_string(helper->out, words);
	wire_end(helper->out, begin);
	helper_flush(helper);
	_exit(0);
}

static void on_start(struct helper *helper, struct wire_reader *payload)
{
	unsigned mode = wire_u8(payload);

	helper->password = wire_string(payload, WIRE_TEXT_MAX);
	helper->user = wire_string(payload, WIRE_TEXT_MAX);
	helper->host = wire_string(payload, WIRE_TEXT_MAX);
	helper->mode = (enum recogniser_mode)MIN(mode, RECOGNISE_PICTURE);
	recogniser_set_mode(helper->recogniser, helper->mode);
}

static void on_key(struct helper *helper, struct wire_reader *payload)
{
	unsigned down = wire_u8(payload);
	uint32_t keysym = wire_u32(payload);

	helper_vnc_key(helper, keysym, wire_u16(payload), down);
}

static void on_pointer(struct helper *helper, struct wire_reader *payload)
{
	unsigned x = wire_u16(payload), y = wire_u16(payload);

	helper_vnc_pointer(helper, x, y, wire_u8(payload));
}

/* No guest's screen can be of any size; what is beyond it is no wish but a mistake. */
static void on_fit(struct helper *helper, struct wire_reader *payload)
{
	unsigned width = wire_u16(payload), height = wire_u16(payload);

	if (!payload->bad && width >= VNC_FIT_SIDE_MIN && height >= VNC_FIT_SIDE_MIN && width <= FRAME_SIDE_MAX && height <= FRAME_SIDE_MAX)
		helper_vnc_fit(helper, width, height);
}

static void look_again(struct helper *helper)
{
	helper->all_dirty = true;
	if (helper->frame.pixels)
		helper_tell_frame(helper);
}

static void on_mode(struct helper *helper, struct wire_reader *payload)
{
	helper->mode = (enum recogniser_mode)MIN(wire_u8(payload), RECOGNISE_PICTURE);
	recogniser_set_mode(helper->recogniser, helper->mode);
	look_again(helper);
}

/* What was read before the name was known is read anew. */
static void on_learn(struct helper *helper, struct wire_reader *payload)
{
	unsigned width = wire_u8(payload), height = wire_u8(payload);
	gunichar ch = wire_u24(payload);
	uint32_t rows[NAMED_GLYPH_HEIGHT_MAX] = {0};

	for (unsigned y = 0; y < MIN(height, NAMED_GLYPH_HEIGHT_MAX); y++)
		rows[y] = wire_u32(payload);
	if (payload->bad || width > NAMED_GLYPH_WIDTH_MAX || height > NAMED_GLYPH_HEIGHT_MAX || !named_glyph_may_be(ch))
		return;
	fonts_learn(helper->fonts, rows, (int)width, (int)height, ch);
	recogniser_free(helper->recogniser);
	helper->recogniser = recogniser_new(helper->fonts);
	recogniser_set_mode(helper->recogniser, helper->mode);
	look_again(helper);
}

static void on_sync(struct helper *helper, struct wire_reader *payload)
{
	guint begin = wire_begin(helper->out, WIRE_SYNC);

	wire_put_u32(helper->out, wire_u32(payload));
	wire_end(helper->out, begin);
	helper_flush(helper);
}

static void obey(struct helper *helper, unsigned type, struct wire_reader *payload)
{
	bool started = helper->password;

	if (type == COMMAND_START && !started)
		on_start(helper, payload);
	else if (type == COMMAND_TAKEN)
		helper->taken = wire_u32(payload);
	else if (type == COMMAND_KEY && helper->vnc)
		on_key(helper, payload);
	else if (type == COMMAND_POINTER && helper->vnc)
		on_pointer(helper, payload);
	else if (type == COMMAND_FIT && helper->vnc)
		on_fit(helper, payload);
	else if (type == COMMAND_WATCH)
		helper->watched = wire_u8(payload);
	else if (type == COMMAND_PIXELS)
		helper->pixels_wanted = true;
	else if (type == COMMAND_PICTURE && started && !helper->vnc)
		helper_show_picture(helper, payload->at, payload->left);
	else if (type == COMMAND_SYNC)
		on_sync(helper, payload);
	else if (type == COMMAND_MODE)
		on_mode(helper, payload);
	else if (type == COMMAND_LEARN)
		on_learn(helper, payload);
}

void helper_obey(struct helper *helper)
{
	struct wire_reader payload;
	unsigned type;
	guint at = 0, before = helper->in->len;
	ssize_t n;
	int next;

	g_byte_array_set_size(helper->in, before + READ_BYTES);
	n = recv(helper->control, helper->in->data + before, READ_BYTES, 0);
	g_byte_array_set_size(helper->in, before + (n > 0 ? (guint)n : 0));
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		_exit(0);
	while ((next = wire_next(helper->in->data + at, helper->in->len - at, WIRE_COMMAND_MAX, &type, &payload)) > 0) {
		guint size = WIRE_HEAD_BYTES + (guint)payload.left;

		obey(helper, type, &payload);
		at += size;
	}
	if (next < 0)
		_exit(1);
	g_byte_array_remove_range(helper->in, 0, at);
	/* A password, or the keys of one. */
	explicit_bzero(helper->in->data + helper->in->len, at);
}
