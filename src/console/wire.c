/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages between nvirt and its screen reader: see wire.h. */
#include "wire.h"

#include <string.h>

#include "nvirt/screen_text.h"
#include "nvirt/text.h"

static uint32_t load_u32(const uint8_t *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* ---- writing ---- */

guint wire_begin(GByteArray *out, unsigned type)
{
	guint begin = out->len;

	wire_put_u32(out, 0);
	wire_put_u8(out, type);
	return begin;
}

void wire_end(GByteArray *out, guint begin)
{
	uint32_t length = out->len - begin - WIRE_HEAD_BYTES;

	for (unsigned i = 0; i < 4; i++)
		out->data[begin + i] = length >> 8 * i & 0xff;
}

static void put(GByteArray *out, uint32_t value, unsigned bytes)
{
	uint8_t raw[4];

	for (unsigned i = 0; i < bytes; i++)
		raw[i] = value >> 8 * i & 0xff;
	g_byte_array_append(out, raw, bytes);
}

void wire_put_u8(GByteArray *out, unsigned value)
{
	put(out, value, 1);
}

void wire_put_u16(GByteArray *out, unsigned value)
{
	put(out, value, 2);
}

void wire_put_u24(GByteArray *out, uint32_t value)
{
	put(out, value, 3);
}

void wire_put_u32(GByteArray *out, uint32_t value)
{
	put(out, value, 4);
}

void wire_put_string(GByteArray *out, const char *text)
{
	size_t length = text ? MIN(strlen(text), WIRE_TEXT_MAX) : 0;

	wire_put_u16(out, (unsigned)length);
	g_byte_array_append(out, (const guint8 *)text, (guint)length);
}

bool wire_character_is_right(gunichar ch, unsigned flags)
{
	if (flags & CELL_WIDE_REST)
		return ch == 0;
	return g_unichar_validate(ch) && g_unichar_isprint(ch) && text_char_columns(ch) == (flags & CELL_WIDE ? 2 : 1);
}

/* ---- reading ---- */

static uint32_t take(struct wire_reader *reader, unsigned bytes)
{
	uint32_t value = 0;

	if (reader->bad || reader->left < bytes) {
		reader->bad = true;
		return 0;
	}
	for (unsigned i = 0; i < bytes; i++)
		value |= (uint32_t)reader->at[i] << 8 * i;
	reader->at += bytes;
	reader->left -= bytes;
	return value;
}

unsigned wire_u8(struct wire_reader *reader)
{
	return take(reader, 1);
}

unsigned wire_u16(struct wire_reader *reader)
{
	return take(reader, 2);
}

uint32_t wire_u24(struct wire_reader *reader)
{
	return take(reader, 3);
}

uint32_t wire_u32(struct wire_reader *reader)
{
	return take(reader, 4);
}

char *wire_string(struct wire_reader *reader, size_t max)
{
	size_t length = wire_u16(reader);
	char *text;

	if (reader->bad || length > max || length > reader->left) {
		reader->bad = true;
		return g_strdup("");
	}
	text = g_strndup((const char *)reader->at, length);
	reader->at += length;
	reader->left -= length;
	return text;
}

bool wire_done(const struct wire_reader *reader)
{
	return !reader->bad && !reader->left;
}

int wire_next(const uint8_t *bytes, size_t length, size_t max, unsigned *ret_type, struct wire_reader *ret_payload)
{
	uint32_t payload;

	if (length < WIRE_HEAD_BYTES)
		return 0;
	payload = load_u32(bytes);
	if (payload > max)
		return -1;
	if (length - WIRE_HEAD_BYTES < payload)
		return 0;
	*ret_type = bytes[4];
	*ret_payload = (struct wire_reader){.at = bytes + WIRE_HEAD_BYTES, .left = payload};
	return 1;
}
