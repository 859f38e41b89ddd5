/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A picture in a terminal's own graphics: kitty's protocol, or sixels.
 *
 * It is cut into bands of whole rows of the terminal's cells, each an image by itself. So what is typed never waits
 * for more than one band, only bands that have changed are sent again, and each is made coarser by itself until it
 * has no more bytes than it may have.
 *
 * Once made a graphic never changes. Any thread; making one takes a while and is not for the main thread.
 */
#ifndef NVIRT_GRAPHIC_H
#define NVIRT_GRAPHIC_H

#include <stdbool.h>

#include "nvirt/config.h"
#include "nvirt/picture.h"

enum graphic_kind { GRAPHIC_NONE, GRAPHIC_KITTY, GRAPHIC_SIXEL };

/* Of a terminal's cell, in pixels: what is smaller or larger is no cell. A sixel is six pixels high. */
#define GRAPHIC_CELL_MIN 6
#define GRAPHIC_CELL_MAX 255
/* As most terminals have it, where one does not say: with kitty's graphics it makes the picture fit. */
#define GRAPHIC_CELL_W 10
#define GRAPHIC_CELL_H 20
/* Of the whole, as the terminal shows it; a larger one is refused. */
#define GRAPHIC_PIXELS_MAX (8 * 1024 * 1024)

/* Compared as memory: no padding. */
struct graphic_shape {
	enum graphic_kind kind;
	unsigned x, y, width, height; /* the part of the guest's frame that is shown, in its pixels */
	int rows, cols;               /* the terminal's cells that it fills */
	int cell_w, cell_h;           /* of one of them, in pixels */
};

struct graphic_band {
	int row, rows;   /* of the terminal's cells */
	unsigned coarse; /* 0 = as it is; each step has about half of the bytes */
	gsize limit;     /* of its bytes, when it was made */
	GBytes *bytes;   /* two bands of the same bytes show the same */
};

struct graphic;

/*
 * `frame` has at least the pixels that the shape names. Bands get no more than `band_bytes` each, but for what even
 * the coarsest needs; those of `before` (NULL = none) that show the same pixels are taken over. Owned; NULL: it has too many pixels,
 * or none, or its cells can not be.
 */
struct graphic *graphic_new(const struct graphic_shape *shape, const struct picture *frame, gsize band_bytes, const struct graphic *before);
/* Is it of a size that can be? */
bool graphic_can_be(const struct graphic_shape *shape);
struct graphic *graphic_ref(struct graphic *graphic);
void graphic_unref(struct graphic *graphic); /* NULL is fine */

const struct graphic_shape *graphic_shape(const struct graphic *graphic);
unsigned graphic_bands(const struct graphic *graphic);
const struct graphic_band *graphic_band(const struct graphic *graphic, unsigned index);
/* Was any band made coarser than with so many bytes it need be? */
bool graphic_may_be_finer(const struct graphic *graphic, gsize band_bytes);

/*
 * Appends what makes the terminal show a band where its cursor stands. `id` is the image's name in kitty's protocol:
 * another one than that of any image that is to stay.
 */
void graphic_put_band(const struct graphic *graphic, unsigned index, uint32_t id, GByteArray *out);
/* Appends what takes an image of kitty's protocol away. */
void graphic_drop(uint32_t id, GByteArray *out);

/* ---- printing one, where there is no dashboard: graphic_print.c ---- */

/* What is printed to, as far as it is known. */
struct graphic_target {
	enum graphic_kind kind;
	int rows, cols;     /* its cells */
	int cell_w, cell_h; /* pixels of one */
};

/*
 * The terminal behind `fd`; with GRAPHICS_AUTO, or where the kernel does not know its cells' pixels, it is asked, and
 * waited for up to two seconds. What is no terminal is taken for one of 80 columns, but by GRAPHICS_AUTO. Blocks. False: it
 * has no graphics, or does not say so.
 */
bool graphic_target_find(int fd, enum config_graphics wish, struct graphic_target *ret, GError **error);
/* All of the picture, no larger than it is, where the cursor stands at the beginning of a line; it stands below it then. */
GBytes *graphic_print(const struct graphic_target *target, const struct picture *picture, GError **error);

#endif
