/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See graphic_sixel.h. */
#include "graphic_sixel.h"

#include <chafa.h>
#include <pthread.h>
#include <string.h>

enum { SIXEL_HEIGHT = 6 };

static ChafaTermInfo *info;

/* Once for the process: libchafa looks its table up, and needs no threads of its own beside ours. */
static void prepare(void)
{
#ifdef CHAFA_VERSION_1_10
	chafa_set_n_threads(1);
#endif
	info = chafa_term_db_get_fallback_info(chafa_term_db_get_default());
}

static ChafaCanvasConfig *configure(const struct picture *picture, int cell_w, bool few)
{
	ChafaCanvasConfig *config = chafa_canvas_config_new();

	/* Pixels come as large as they are to be: what libchafa takes for a cell is only to give the right sum. */
	chafa_canvas_config_set_geometry(config, (gint)picture->width / cell_w, (gint)picture->height / SIXEL_HEIGHT);
	chafa_canvas_config_set_cell_geometry(config, cell_w, SIXEL_HEIGHT);
	chafa_canvas_config_set_pixel_mode(config, CHAFA_PIXEL_MODE_SIXELS);
	chafa_canvas_config_set_canvas_mode(config, few ? CHAFA_CANVAS_MODE_INDEXED_16 : CHAFA_CANVAS_MODE_TRUECOLOR);
	chafa_canvas_config_set_preprocessing_enabled(config, FALSE);
	return config;
}

/* Rows of whole words: libchafa takes no others for what they are. */
static guint8 *with_alpha(const struct picture *picture)
{
	gsize count = (gsize)picture->width * picture->height;
	guint8 *rgba = g_malloc(count * 4), *out = rgba;

	for (gsize i = 0; i < count; i++, out += 4) {
		memcpy(out, picture->rgb + i * 3, 3);
		out[3] = 0xff;
	}
	return rgba;
}

GBytes *graphic_sixel(const struct picture *picture, int cell_w, bool few)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	static const char last_line[] = "-\033\\";

	pthread_once(&once, prepare);
	ChafaCanvasConfig *config = configure(picture, cell_w, few);
	ChafaCanvas *canvas = chafa_canvas_new(config);
	g_autofree guint8 *rgba = with_alpha(picture);
	chafa_canvas_draw_all_pixels(canvas, CHAFA_PIXEL_RGBA8_UNASSOCIATED, rgba, (gint)picture->width, (gint)picture->height,
	        (gint)picture->width * 4);
	GString *sixels = chafa_canvas_print(canvas, info);
	chafa_canvas_unref(canvas);
	chafa_canvas_config_unref(config);
	/* A line feed behind the last one would begin a row of cells that is not the picture's. */
	if (g_str_has_suffix(sixels->str, last_line)) {
		g_string_truncate(sixels, sixels->len - strlen(last_line));
		g_string_append(sixels, "\033\\");
	}
	return g_string_free_to_bytes(sixels);
}
