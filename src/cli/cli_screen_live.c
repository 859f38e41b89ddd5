/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `nvirt screen` of a guest or of any VNC server: once, as a picture, or whenever it changes. Main thread. */
#include <png.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli_view.h"
#include "nvirt/screen_file.h"
#include "nvirt/text.h"

#define PIXELS_US (20 * G_USEC_PER_SEC)
/* Between two prints: a terminal has to draw them. */
#define PRINT_EVERY_US (100 * 1000)

static bool pixels_came(struct cli_view *view, void *data)
{
	struct picture **picture = data;

	*picture = vnc_view_take_pixels(view->view);
	return *picture;
}

/* Owned; NULL: told. */
static GByteArray *encode(struct cli_view *view, const struct picture *picture)
{
	png_image image = {.version = PNG_IMAGE_VERSION,
	        .width = picture->width,
	        .height = picture->height,
	        .format = PNG_FORMAT_RGB};
	png_alloc_size_t size = 0;
	GByteArray *bytes = g_byte_array_new();

	if (png_image_write_to_memory(&image, NULL, &size, 0, picture->rgb, 0, NULL)) {
		g_byte_array_set_size(bytes, (guint)size);
		if (png_image_write_to_memory(&image, bytes->data, &size, 0, picture->rgb, 0, NULL))
			return bytes;
	}
	output_message(&view->cli->out, "the picture can not be made: %s", image.message);
	g_byte_array_unref(bytes);
	return NULL;
}

static bool write_bytes(struct cli_view *view, const GByteArray *bytes, const char *path)
{
	g_autoptr(GError) error = NULL;

	if (g_str_equal(path, "-")) {
		if (fwrite(bytes->data, 1, bytes->len, stdout) == bytes->len && fflush(stdout) == 0)
			return true;
		output_message(&view->cli->out, "cannot write the picture");
		return false;
	}
	if (g_file_set_contents_full(path, (const char *)bytes->data, bytes->len, G_FILE_SET_CONTENTS_CONSISTENT, 0666, &error))
		return true;
	g_autofree char *clean = text_clean(error->message, -1);
	output_message(&view->cli->out, "cannot write the picture: %s", clean);
	return false;
}

static int write_png(struct cli_view *view, const char *path)
{
	struct picture *picture = NULL;
	GByteArray *bytes;
	bool written = false;

	vnc_view_request_pixels(view->view);
	if (cli_view_wait(view, pixels_came, &picture, g_get_monotonic_time() + PIXELS_US) == WAIT_INTERRUPTED)
		return EXIT_CODE_INTERRUPTED;
	if (!picture) {
		output_message(&view->cli->out, "the picture of '%s' did not come", view->name);
		return EXIT_CODE_FAILED;
	}
	bytes = encode(view, picture);
	written = bytes && write_bytes(view, bytes, path);
	if (bytes)
		g_byte_array_unref(bytes);
	picture_free(picture);
	return written ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}

/* ---- whenever it changes ---- */

struct watch_state {
	unsigned frames;
	char *last; /* what was printed */
};

static bool another_frame(struct cli_view *view, void *data)
{
	const struct watch_state *state = data;

	return vnc_view_settled(view->view) && vnc_view_frames(view->view) != state->frames;
}

static bool never(struct cli_view *view, void *data)
{
	(void)view;
	(void)data;
	return false;
}

/* A cursor that blinks is a frame, but nothing else to read. */
static bool print_changed(struct cli_view *view, struct watch_state *state)
{
	const struct text_screen *screen = vnc_view_screen(view->view);
	char *now = cli_line_flag(&view->cli->line, "ansi") ? screen_ansi(screen) : screen_plain(screen);
	bool same = state->last && g_str_equal(now, state->last);

	g_free(state->last);
	state->last = now;
	if (same)
		return true;
	if (!view->cli->out.json && !output_text(&view->cli->out, isatty(STDOUT_FILENO) ? "\033[H\033[2J" : "\f"))
		return false;
	return cli_screen_print(view->cli, screen) && fflush(stdout) == 0;
}

static int watch(struct cli_view *view)
{
	struct watch_state state = {0};
	enum cli_wait wait = WAIT_DONE;
	bool printed = true;

	while (printed && wait != WAIT_INTERRUPTED) {
		wait = cli_view_wait(view, another_frame, &state, G_MAXINT64);
		if (wait == WAIT_INTERRUPTED || vnc_view_state(view->view) == VNC_ENDED)
			break;
		state.frames = vnc_view_frames(view->view);
		printed = print_changed(view, &state);
		if (printed)
			wait = cli_view_wait(view, never, NULL, g_get_monotonic_time() + PRINT_EVERY_US);
	}
	g_free(state.last);
	if (wait == WAIT_INTERRUPTED)
		return EXIT_CODE_OK;
	return printed ? cli_view_ended(view) : EXIT_CODE_FAILED;
}

static int show(struct cli_view *view)
{
	const char *png = cli_line_value(&view->cli->line, "png");

	if (vnc_view_may_be_cut(view->view))
		output_note(&view->cli->out,
		        "nvirt: QEMU's VNC shows no more than 2560 x 2048 pixels: the guest's screen may go on beyond them");
	if (png)
		return write_png(view, png);
	if (cli_line_flag(&view->cli->line, "watch"))
		return watch(view);
	return cli_screen_print(view->cli, vnc_view_screen(view->view)) ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}

int cli_screen_live(struct cli *cli)
{
	unsigned most = cli_line_value(&cli->line, "vnc") ? 0 : 1;
	struct cli_view view;
	int code;

	if (cli->line.words->len > most) {
		g_autofree char *clean = text_clean(cli->line.words->pdata[most], -1);

		return cli_usage_error(cli, "screen", "screen: '%s' is one word too many", clean);
	}
	if (cli_line_flag(&cli->line, "watch") && cli_line_value(&cli->line, "png"))
		return cli_usage_error(cli, "screen", "screen: --watch or --png, not both");
	code = cli_view_open(&view, cli, "screen", false, G_MAXINT64);
	if (code == EXIT_CODE_OK)
		code = show(&view);
	cli_view_close(&view);
	return code;
}
