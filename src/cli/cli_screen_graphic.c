/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `nvirt screen --graphics`: the screen as a picture of the terminal's own. Main thread. */
#include <stdio.h>
#include <unistd.h>

#include "cli_view.h"
#include "nvirt/graphic.h"
#include "nvirt/text.h"

int cli_screen_graphic_check(struct cli *cli)
{
	static const char *const others[] = {"png", "log", "history"}, *const flags[] = {"text", "ansi", "watch"};
	const char *word = cli_line_value(&cli->line, "graphics");
	enum config_graphics wish = GRAPHICS_UNSAID;
	bool other = cli->out.json;

	if (!word)
		return EXIT_CODE_OK;
	for (unsigned i = 0; i < G_N_ELEMENTS(others); i++)
		other |= cli_line_value(&cli->line, others[i]) || cli_line_flag(&cli->line, flags[i]);
	if (other)
		return cli_usage_error(cli, "screen", "screen: --graphics shows one picture, and prints nothing else");
	if (!config_graphics_parse(word, &wish) || wish == GRAPHICS_OFF) {
		g_autofree char *clean = text_clean(word, -1);

		return cli_usage_error(cli, "screen", "screen: --graphics: '%s' is none of auto, kitty, sixel", clean);
	}
	return EXIT_CODE_OK;
}

static int print(struct cli_view *view, const struct graphic_target *target)
{
	g_autoptr(GError) error = NULL;
	gsize size = 0;
	int code;
	struct picture *picture = cli_screen_pixels(view, &code);

	if (!picture)
		return code;
	g_autoptr(GBytes) bytes = graphic_print(target, picture, &error);
	picture_free(picture);
	const void *data = bytes ? g_bytes_get_data(bytes, &size) : NULL;
	if (!bytes)
		output_message(&view->cli->out, "%s", error->message);
	else if (fwrite(data, 1, size, stdout) != size || fflush(stdout) != 0)
		output_message(&view->cli->out, "cannot write the picture");
	else
		return EXIT_CODE_OK;
	return EXIT_CODE_FAILED;
}

int cli_screen_graphic(struct cli_view *view)
{
	enum config_graphics wish = GRAPHICS_AUTO;
	g_autoptr(GError) error = NULL;
	struct graphic_target target;

	config_graphics_parse(cli_line_value(&view->cli->line, "graphics"), &wish);
	if (graphic_target_find(STDOUT_FILENO, wish, &target, &error))
		return print(view, &target);
	output_message(&view->cli->out, "%s", error->message);
	return EXIT_CODE_FAILED;
}
