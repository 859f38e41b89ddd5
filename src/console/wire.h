/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What nvirt and its confined screen reader say to each other over a socket pair.
 *
 * A message: length of the payload (u32), type (u8), payload. Little-endian, packed; a
 * string is its length (u16) and bytes. The reader is not trusted: whoever reads here
 * checks every length against what is there. Pure; any thread.
 */
#ifndef NVIRT_CONSOLE_WIRE_H
#define NVIRT_CONSOLE_WIRE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define WIRE_VERSION 3u
#define WIRE_HEAD_BYTES 5u
/* A payload from the reader; a longer one ends it. */
#define WIRE_PAYLOAD_MAX (64u * 1024)
/* A payload to the reader: a picture as PNG. */
#define WIRE_COMMAND_MAX (16u * 1024 * 1024)
/* Character (3), foreground (3), background (3), confidence (1), flags (1). */
#define WIRE_CELL_BYTES 11u
#define WIRE_CELLS_MAX ((WIRE_PAYLOAD_MAX - 6) / WIRE_CELL_BYTES)
#define WIRE_TEXT_MAX 512u
#define WIRE_FONT_MAX 63u

/* From the reader. */
enum wire_event {
	WIRE_HELLO = 1,  /* u32 version: the first message */
	WIRE_LIVE,       /* string: the desktop's name; the server is through with its handshake */
	WIRE_SCREEN,     /* struct text_screen without its cells; other rows or columns make all cells blank */
	WIRE_CELLS,      /* u16 row, u16 column, u16 count, cells */
	WIRE_FRAME,      /* u32 number, u8: better is to come soon. A whole frame was told; the next comes when it was taken */
	WIRE_FEATURES,   /* u8 enum wire_feature, u8 keyboard lights */
	WIRE_PIXELS_NEW, /* u16 width, u16 height: a picture begins */
	WIRE_PIXELS,     /* RGB bytes that follow those before */
	WIRE_SYNC,       /* u32: what was ordered before this number has been done */
	WIRE_SILENT,     /* u8: does the server not answer any more? */
	WIRE_FIT,        /* u8 enum vnc_fit: the server's answer to COMMAND_FIT */
	WIRE_ENDED,      /* u8 enum vnc_end, string: why; the last message */
};

enum wire_feature {
	FEATURE_SCANCODES = 1,
	FEATURE_LEDS = 2,
	FEATURE_ABSOLUTE = 4, /* the guest's pointer goes where it is told; neither of both: not known */
	FEATURE_RELATIVE = 8,
};

/* To the reader. */
enum wire_command {
	COMMAND_START = 1, /* u8 enum recogniser_mode, string password, string user, string host: the first message */
	COMMAND_TAKEN,     /* u32 number of the frame */
	COMMAND_KEY,       /* u8 down, u32 keysym, u16 XT scancode */
	COMMAND_POINTER,   /* u16 x, u16 y, u8 buttons */
	COMMAND_WATCH,     /* u8: somebody looks, so ask the server to hurry */
	COMMAND_PIXELS,    /* the frame as it is, please */
	COMMAND_PICTURE,   /* a PNG, where there is no server */
	COMMAND_MODE,      /* u8 enum recogniser_mode */
	COMMAND_SYNC,      /* u32: answer by WIRE_SYNC */
	COMMAND_FIT,       /* u16 width, u16 height: a guest's screen of that size, please */
	COMMAND_LEARN,     /* u8 width, u8 height, u24 character, u32 for each row: a named glyph */
};

/* ---- writing ---- */

/* Opens a message; where it begins is for wire_end(), which writes its length. */
guint wire_begin(GByteArray *out, unsigned type);
void wire_end(GByteArray *out, guint begin);
void wire_put_u8(GByteArray *out, unsigned value);
void wire_put_u16(GByteArray *out, unsigned value);
void wire_put_u24(GByteArray *out, uint32_t value);
void wire_put_u32(GByteArray *out, uint32_t value);
/* Cut at WIRE_TEXT_MAX bytes. NULL is "". */
void wire_put_string(GByteArray *out, const char *text);

/*
 * May this stand in a cell with these flags? Printable, of the width that the flags say, 0 only in
 * the right half of a wide one. The reader replaces what may not; nvirt refuses it.
 */
bool wire_character_is_right(gunichar ch, unsigned flags);

/* ---- reading ---- */

struct wire_reader {
	const uint8_t *at;
	size_t left;
	bool bad; /* more was asked for than is there; what was read then is 0 */
};

unsigned wire_u8(struct wire_reader *reader);
unsigned wire_u16(struct wire_reader *reader);
uint32_t wire_u24(struct wire_reader *reader);
uint32_t wire_u32(struct wire_reader *reader);
/* As it came, with a NUL behind; owned. */
char *wire_string(struct wire_reader *reader, size_t max);
/* Everything was read, and no more than was there. */
bool wire_done(const struct wire_reader *reader);

/*
 * The first message in `bytes`. 1: it is whole, `ret_*` are filled, the payload borrowed;
 * 0: there is more to come; -1: its length is beyond `max`.
 */
int wire_next(const uint8_t *bytes, size_t length, size_t max, unsigned *ret_type, struct wire_reader *ret_payload);

#endif
