/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `nvirt screen` of a guest or of any VNC server: once, as text or as a picture. Main thread. */
#include <stdio.h>

#include "cli_view.h"
#include "nvirt/text.h"

#define PIXELS_US (20 * G_USEC_PER_SEC)

static bool pixels_came(struct cli_view *view, void *data)
{
	struct picture **picture = data;

	*picture = vnc_view_take_pixels(view->view);
	return *picture;
}

static bool write_bytes(struct cli_view *view, GBytes *png, const char *path)
{
	g_autoptr(GError) error = NULL;
	gsize size;
	const char *bytes = g_bytes_get_data(png, &size);

	if (g_str_equal(path, "-")) {
		if (fwrite(bytes, 1, size, stdout) == size && fflush(stdout) == 0)
			return true;
		output_message(&view->cli->out, "cannot write the picture");
		return false;
	}
	if (g_file_set_contents_full(path, bytes, (gssize)size, G_FILE_SET_CONTENTS_CONSISTENT, 0666, &error))
		return true;
	g_autofree char *clean = text_clean(error->message, -1);
	output_message(&view->cli->out, "cannot write the picture: %s", clean);
	return false;
}

struct picture *cli_screen_pixels(struct cli_view *view, int *ret_code)
{
	struct picture *picture = NULL;

	*ret_code = EXIT_CODE_FAILED;
	vnc_view_request_pixels(view->view);
	if (cli_view_wait(view, pixels_came, &picture, g_get_monotonic_time() + PIXELS_US) == WAIT_INTERRUPTED)
		*ret_code = EXIT_CODE_INTERRUPTED;
	else if (!picture)
		output_message(&view->cli->out, "the picture of '%s' did not come", view->name);
	return picture;
}

static int write_png(struct cli_view *view, const char *path)
{
	g_autoptr(GError) error = NULL;
	int code;
	struct picture *picture = cli_screen_pixels(view, &code);
	bool written;

	if (!picture)
		return code;
	g_autoptr(GBytes) png = picture_png(picture, &error);
	if (!png)
		output_message(&view->cli->out, "%s", error->message);
	written = png && write_bytes(view, png, path);
	picture_free(picture);
	return written ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}

static int show_past(struct cli_view *view)
{
	struct screen_history *history = screen_history_new();
	bool printed;

	if (!cli_view_past(view, history) && !cli_view_interrupted(view))
		output_note(&view->cli->out, "nvirt: what scrolled by is known from when on somebody watches: --watch, --log");
	printed = cli_screen_print(view->cli, vnc_view_screen(view->view), history);
	screen_history_free(history);
	return printed ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}

static bool goes_on(const struct cli *cli)
{
	return cli_line_flag(&cli->line, "watch") || cli_line_value(&cli->line, "log");
}

static int show(struct cli_view *view)
{
	const char *png = cli_line_value(&view->cli->line, "png");

	if (cli_view_screen(view) && vnc_view_may_be_cut(view->view))
		output_note(&view->cli->out,
		        "nvirt: QEMU's VNC shows no more than 2560 x 2048 pixels: the guest's screen may go on beyond them");
	if (png)
		return write_png(view, png);
	if (cli_line_value(&view->cli->line, "graphics"))
		return cli_screen_graphic(view);
	if (goes_on(view->cli))
		return cli_screen_watch(view);
	if (cli_line_value(&view->cli->line, "history"))
		return show_past(view);
	return cli_screen_print(view->cli, vnc_view_screen(view->view), NULL) ? EXIT_CODE_OK : EXIT_CODE_FAILED;
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
	if (cli_line_value(&cli->line, "png") && (goes_on(cli) || cli_line_value(&cli->line, "history")))
		return cli_usage_error(cli, "screen", "screen: --png is one picture: without --watch, --log and --history");
	code = cli_screen_graphic_check(cli);
	if (code != EXIT_CODE_OK)
		return code;
	code = cli_view_open(&view, cli, "screen", goes_on(cli) ? VIEW_FOLLOW : VIEW_LOOK, G_MAXINT64);
	if (code == EXIT_CODE_OK)
		code = show(&view);
	cli_view_close(&view);
	return code;
}
