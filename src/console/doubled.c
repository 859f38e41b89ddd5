/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See doubled.h. */
#include "doubled.h"

#include "cell.h"

static const uint32_t *line_of(const struct frame *frame, int y)
{
	return frame->pixels + (gsize)y * (gsize)frame->stride;
}

static bool is_wide(const struct frame *frame)
{
	for (int y = 0; y < frame->height; y++) {
		const uint32_t *line = line_of(frame, y);

		for (int x = 0; x < frame->width; x += 2)
			if ((line[x] ^ line[x + 1]) & RGB_MASK)
				return false;
	}
	return true;
}

static bool is_high(const struct frame *frame)
{
	for (int y = 0; y < frame->height; y += 2) {
		const uint32_t *line = line_of(frame, y), *next = line_of(frame, y + 1);

		for (int x = 0; x < frame->width; x++)
			if ((line[x] ^ next[x]) & RGB_MASK)
				return false;
	}
	return true;
}

void doubled_find(struct doubled *doubled, const struct frame *frame)
{
	doubled->wide = frame->width % 2 == 0 && is_wide(frame);
	doubled->high = frame->height % 2 == 0 && is_high(frame);
}

struct frame doubled_shrink(struct doubled *doubled, const struct frame *frame)
{
	int across = doubled->wide ? 2 : 1, down = doubled->high ? 2 : 1;
	struct frame small = {.width = frame->width / across, .height = frame->height / down};
	gsize count = (gsize)small.width * (gsize)small.height;
	uint32_t *to;

	if (!doubled->wide && !doubled->high)
		return *frame;
	if (count > doubled->room) {
		g_free(doubled->pixels);
		doubled->pixels = g_new(uint32_t, count);
		doubled->room = count;
	}
	to = doubled->pixels;
	for (int y = 0; y < small.height; y++) {
		const uint32_t *line = line_of(frame, y * down);

		for (int x = 0; x < small.width; x++)
			*to++ = line[x * across];
	}
	small.stride = small.width;
	small.pixels = doubled->pixels;
	return small;
}

struct frame_rect doubled_rect(const struct doubled *doubled, struct frame_rect rect)
{
	/* From halfway through a pixel to halfway through another one: both of them. */
	if (doubled->wide) {
		rect.width = rect.width / 2 + 1;
		rect.x /= 2;
	}
	if (doubled->high) {
		rect.height = rect.height / 2 + 1;
		rect.y /= 2;
	}
	return rect;
}

void doubled_clear(struct doubled *doubled)
{
	g_free(doubled->pixels);
	*doubled = (struct doubled){0};
}
