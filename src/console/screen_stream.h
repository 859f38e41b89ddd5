/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the screen reader sends, checked and put together to a screen.
 *
 * The reader decodes what strangers send and may have been taken over: every number is
 * checked against its range, every character is printable, memory is bounded by
 * SCREEN_CELLS_MAX and one picture that was asked for. Pure; any thread.
 */
#ifndef NVIRT_CONSOLE_SCREEN_STREAM_H
#define NVIRT_CONSOLE_SCREEN_STREAM_H

#include "nvirt/vnc.h"
#include "wire.h"

#define SCREEN_SIDE_MAX 2048
#define SCREEN_CELLS_MAX (512 * 1024)

struct screen_stream {
	GByteArray *in; /* what is not yet a whole message */
	struct text_screen screen;
	struct text_cell *cells;
	char font[WIRE_FONT_MAX + 1];
	int width, height;
	bool anew; /* this reader has not told of a screen yet: what it takes to be blank is not */
	bool hello, live, whole; /* `whole`: a frame was told to its end */
	char *name;
	unsigned features, leds;
	int fit; /* the answer to the last size that was asked for, enum vnc_fit; -1 = none came */
	unsigned frames;    /* so many were told */
	uint32_t frame;     /* the last one's number */
	bool frame_waits;   /* it is to be acknowledged */
	bool silent;        /* the server does not answer */
	bool settled;       /* no grid is looked for any more */
	uint32_t synced;    /* the last number that came back */
	enum vnc_end end;
	char *words; /* why it ended */
	bool pixels_wanted;
	struct picture *pixels;
	size_t pixels_have; /* bytes */
	bool changed;
};

void screen_stream_init(struct screen_stream *stream);
void screen_stream_fini(struct screen_stream *stream);
/* Another reader will speak: all but the screen is forgotten. */
void screen_stream_restart(struct screen_stream *stream);
/* Nothing is changed until told. */
void screen_stream_begin(struct screen_stream *stream);
/* False: what came can not be right, `end` and `words` say so; nothing more may be fed. */
bool screen_stream_feed(struct screen_stream *stream, const uint8_t *bytes, size_t length);

#endif
