/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A picture in a terminal's own graphics: see graphic.h. */
#include "nvirt/graphic.h"

#include <string.h>

#include "graphic_sixel.h"

/* Below so many rows a band's colours cost more than its pixels. */
enum { BAND_ROWS_MIN = 3 };
enum { SIXEL_HEIGHT = 6, COARSE_MAX = 3 };
/* Of the base64 in one of kitty's sequences. */
enum { KITTY_CHUNK = 4096 };

struct graphic {
	gint refs; /* atomic */
	struct graphic_shape shape;
	struct picture *pixels; /* as the terminal shows them */
	struct graphic_band *bands;
	unsigned count;
};

/* ---- life ---- */

struct graphic *graphic_ref(struct graphic *graphic)
{
	g_atomic_int_inc(&graphic->refs);
	return graphic;
}

void graphic_unref(struct graphic *graphic)
{
	if (!graphic || !g_atomic_int_dec_and_test(&graphic->refs))
		return;
	for (unsigned i = 0; i < graphic->count; i++)
		g_bytes_unref(graphic->bands[i].bytes);
	g_free(graphic->bands);
	picture_free(graphic->pixels);
	g_free(graphic);
}

const struct graphic_shape *graphic_shape(const struct graphic *graphic)
{
	return &graphic->shape;
}

unsigned graphic_bands(const struct graphic *graphic)
{
	return graphic->count;
}

const struct graphic_band *graphic_band(const struct graphic *graphic, unsigned index)
{
	return &graphic->bands[index];
}

/* Than with so many bytes it would be: not worth it for a few. */
static bool is_coarser(const struct graphic_band *band, gsize band_bytes)
{
	return band->coarse && band_bytes >= band->limit + band->limit / 2;
}

bool graphic_may_be_finer(const struct graphic *graphic, gsize band_bytes)
{
	for (unsigned i = 0; i < graphic->count; i++)
		if (is_coarser(&graphic->bands[i], band_bytes))
			return true;
	return false;
}

/* ---- bands ---- */

/* So many rows that no sixel lies in two bands: its pixels in the next one would be lost. */
static int band_rows(const struct graphic_shape *shape)
{
	int step = 1;

	while (shape->kind == GRAPHIC_SIXEL && step * shape->cell_h % SIXEL_HEIGHT)
		step++;
	return step * ((BAND_ROWS_MIN + step - 1) / step);
}

/* Whole sixels: what would be left of the last row has less than one. */
static unsigned pixel_height(const struct graphic_shape *shape)
{
	int height = shape->rows * shape->cell_h;

	return (unsigned)(shape->kind == GRAPHIC_SIXEL ? height - height % SIXEL_HEIGHT : height);
}

/* A band's pixels, borrowed from the whole's. */
static struct picture band_pixels(const struct graphic *graphic, const struct graphic_band *band)
{
	unsigned top = (unsigned)(band->row * graphic->shape.cell_h);
	unsigned height = MIN((unsigned)(band->rows * graphic->shape.cell_h), graphic->pixels->height - top);

	return (struct picture){.width = graphic->pixels->width,
	        .height = height,
	        .rgb = graphic->pixels->rgb + (gsize)top * graphic->pixels->width * 3};
}

static struct picture *smaller(const struct picture *pixels, unsigned by)
{
	return picture_scaled(
	        pixels, 0, 0, pixels->width, pixels->height, MAX(pixels->width / by, 1), MAX(pixels->height / by, 1));
}

/* The terminal makes it larger again. */
static GBytes *encode_kitty(const struct picture *pixels, unsigned coarse)
{
	struct picture *small = coarse ? smaller(pixels, 1u << coarse) : NULL;
	g_autoptr(GBytes) png = picture_png(small ? small : pixels, NULL);
	gsize size;
	const guint8 *bytes = png ? g_bytes_get_data(png, &size) : NULL;
	char *base64 = bytes ? g_base64_encode(bytes, size) : g_strdup("");

	picture_free(small);
	return g_bytes_new_take(base64, strlen(base64));
}

/* Larger again they are as many pixels, but in runs; and then of few colours. */
static GBytes *encode_sixel(const struct picture *pixels, int cell_w, unsigned coarse)
{
	struct picture *small, *large;
	GBytes *bytes;

	if (!coarse)
		return graphic_sixel(pixels, cell_w, false);
	small = smaller(pixels, coarse < COARSE_MAX ? 2 : 4);
	large = picture_scaled(small, 0, 0, small->width, small->height, pixels->width, pixels->height);
	bytes = graphic_sixel(large, cell_w, coarse > 1);
	picture_free(small);
	picture_free(large);
	return bytes;
}

static void encode(const struct graphic *graphic, struct graphic_band *band, gsize band_bytes)
{
	struct picture pixels = band_pixels(graphic, band);

	band->limit = band_bytes;
	for (band->coarse = 0;; band->coarse++) {
		band->bytes = graphic->shape.kind == GRAPHIC_KITTY ? encode_kitty(&pixels, band->coarse)
		                                                   : encode_sixel(&pixels, graphic->shape.cell_w, band->coarse);
		if (g_bytes_get_size(band->bytes) <= band_bytes || band->coarse == COARSE_MAX)
			return;
		g_bytes_unref(band->bytes);
	}
}

/* What shows the same, and could not be any finer. */
static bool take_over(const struct graphic *graphic, struct graphic_band *band, unsigned index, gsize band_bytes, const struct graphic *before)
{
	struct picture now = band_pixels(graphic, band), then;
	const struct graphic_band *old;

	if (!before || memcmp(&before->shape, &graphic->shape, sizeof(before->shape)) != 0)
		return false;
	old = &before->bands[index];
	then = band_pixels(before, old);
	if (memcmp(now.rgb, then.rgb, (gsize)now.width * now.height * 3) != 0 ||
	        is_coarser(old, band_bytes))
		return false;
	band->coarse = old->coarse;
	band->limit = old->limit;
	band->bytes = g_bytes_ref(old->bytes);
	return true;
}

bool graphic_can_be(const struct graphic_shape *shape)
{
	bool cells = shape->cell_w >= GRAPHIC_CELL_MIN && shape->cell_h >= GRAPHIC_CELL_MIN &&
	             shape->cell_w <= GRAPHIC_CELL_MAX && shape->cell_h <= GRAPHIC_CELL_MAX && shape->rows > 0 &&
	             shape->cols > 0 && shape->rows <= G_MAXINT16 && shape->cols <= G_MAXINT16;

	return shape->kind != GRAPHIC_NONE && cells && shape->width && shape->height &&
	       (gint64)shape->rows * shape->cell_h * shape->cols * shape->cell_w <= GRAPHIC_PIXELS_MAX;
}

static bool is_within(const struct graphic_shape *shape, const struct picture *frame)
{
	return shape->x < frame->width && shape->y < frame->height && shape->width <= frame->width - shape->x &&
	       shape->height <= frame->height - shape->y;
}

struct graphic *graphic_new(
        const struct graphic_shape *shape, const struct picture *frame, gsize band_bytes, const struct graphic *before)
{
	struct graphic *graphic;
	int step;

	if (!graphic_can_be(shape) || !is_within(shape, frame))
		return NULL;
	graphic = g_new0(struct graphic, 1);
	*graphic = (struct graphic){.refs = 1, .shape = *shape};
	graphic->pixels = picture_scaled(frame, shape->x, shape->y, shape->width, shape->height,
	        (unsigned)(shape->cols * shape->cell_w), pixel_height(shape));
	step = band_rows(shape);
	graphic->count = (unsigned)((shape->rows + step - 1) / step);
	graphic->bands = g_new0(struct graphic_band, graphic->count);
	for (unsigned i = 0; i < graphic->count; i++) {
		struct graphic_band *band = &graphic->bands[i];

		band->row = (int)i * step;
		band->rows = MIN(step, shape->rows - band->row);
		if (!take_over(graphic, band, i, band_bytes, before))
			encode(graphic, band, band_bytes);
	}
	return graphic;
}

/* ---- for the terminal ---- */

static void append(GByteArray *out, const char *text, gsize length)
{
	g_byte_array_append(out, (const guint8 *)text, (guint)length);
}

/* Quiet (q=2), as its answers would be typed keys; the cursor stays (C=1). */
static void put_kitty(const struct graphic *graphic, const struct graphic_band *band, uint32_t id, GByteArray *out)
{
	gsize size;
	const char *base64 = g_bytes_get_data(band->bytes, &size);

	for (gsize at = 0; at < size; at += KITTY_CHUNK) {
		gsize length = MIN(KITTY_CHUNK, size - at);
		char head[96];
		int n = at ? g_snprintf(head, sizeof(head), "\033_Gq=2,m=%d;", at + length < size)
		           : g_snprintf(head, sizeof(head), "\033_Ga=T,f=100,q=2,C=1,i=%u,c=%d,r=%d,m=%d;", id, graphic->shape.cols,
		                     band->rows, at + length < size);

		append(out, head, (gsize)n);
		append(out, base64 + at, length);
		append(out, "\033\\", 2);
	}
}

void graphic_put_band(const struct graphic *graphic, unsigned index, uint32_t id, GByteArray *out)
{
	const struct graphic_band *band = graphic_band(graphic, index);
	gsize size;
	const char *bytes = g_bytes_get_data(band->bytes, &size);

	if (graphic->shape.kind == GRAPHIC_KITTY)
		put_kitty(graphic, band, id, out);
	else
		append(out, bytes, size);
}

void graphic_drop(uint32_t id, GByteArray *out)
{
	char text[48];
	int n = g_snprintf(text, sizeof(text), "\033_Ga=d,d=I,q=2,i=%u\033\\", id);

	append(out, text, (gsize)n);
}
