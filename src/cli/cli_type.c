/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `nvirt type` and `nvirt key`: a guest's keyboard from the command line. Main thread. */
#include <string.h>

#include "cli_view.h"
#include "nvirt/keyboard.h"
#include "nvirt/text.h"
#include "nvirt/typing.h"

/* More is no typing any more: an hour of it. */
#define TEXT_MAX (128 * 1024)
#define SYNC_US (20 * G_USEC_PER_SEC)
/* Until the server has read what left for it. */
#define LINGER_US (150 * 1000)

#define VIEW_OPTIONS \
	{"layout", 'l', "NAME", false, "The keyboard layout that the guest is set to (its <graphics keymap>, or us)"}, \
	        {"vnc", 0, "HOST:PORT", false, "Any VNC server in place of a guest; also the path of its socket"}, \
	        {"password-file", 0, "FILE", false, "The VNC server's password; a guest's own is known"}, \
	        {"user", 0, "NAME", false, "With the password, for a VNC server that knows users"}

const struct cli_option cli_options_type[] = {
        {"file", 'f', "FILE", false, "Type what is in FILE; - is standard input"},
        {"enter", 'e', NULL, false, "Press Enter after it"},
        VIEW_OPTIONS,
        {0},
};

const struct cli_option cli_options_key[] = {VIEW_OPTIONS, {0}};

static bool never(struct cli_view *view, void *data)
{
	(void)view;
	(void)data;
	return false;
}

static bool synced(struct cli_view *view, void *data)
{
	(void)data;
	return vnc_view_synced(view->view);
}

static unsigned count_presses(const GArray *events)
{
	unsigned presses = 0;

	for (unsigned i = 0; i < events->len; i++)
		presses += g_array_index(events, struct key_event, i).down;
	return presses;
}

/*
 * No faster than the guest reads its keyboard, and all to one run of it: what it was meant for is not there any more
 * after a reset. `ret_pressed`: so many keys went down.
 */
static enum cli_wait send_events(struct cli_view *view, const GArray *events, unsigned *ret_pressed)
{
	struct typing *typing = typing_new();
	enum cli_wait wait = WAIT_TIMEOUT;
	int ms = 0;

	*ret_pressed = 0;
	view->typed = true;
	typing_add(typing, events, true);
	while (ms >= 0 && wait == WAIT_TIMEOUT && !cli_view_other_run(view)) {
		gint64 now_us = g_get_monotonic_time();
		const struct key_event *event;

		typing_seen(typing, vnc_view_screen(view->view), now_us);
		while ((event = typing_take(typing, now_us, &ms))) {
			vnc_view_key(view->view, event->keysym, event->scancode, event->down);
			*ret_pressed += event->down;
		}
		if (ms >= 0)
			wait = cli_view_wait(view, never, NULL, now_us + ms * 1000);
	}
	typing_free(typing);
	return wait;
}

static void let_go(struct cli_view *view)
{
	g_autoptr(GArray) events = g_array_new(FALSE, FALSE, sizeof(struct key_event));

	keyboard_release_all(events);
	for (unsigned i = 0; i < events->len; i++) {
		const struct key_event *event = &g_array_index(events, struct key_event, i);

		vnc_view_key(view->view, event->keysym, event->scancode, event->down);
	}
	vnc_view_sync(view->view);
	cli_view_wait(view, synced, NULL, g_get_monotonic_time() + SYNC_US);
	cli_view_wait(view, never, NULL, g_get_monotonic_time() + LINGER_US);
}

/* A guest that went away in the middle of it. */
static int stopped(struct cli_view *view, unsigned pressed, unsigned presses)
{
	const char *why = vnc_view_state(view->view) == VNC_ENDED ? vnc_view_words(view->view) : "it was reset or started anew";

	output_message(&view->cli->out, "stopped: %u of %u keys were pressed on '%s': %s", pressed, presses, view->name, why);
	return EXIT_CODE_FAILED;
}

static int press(struct cli_view *view, const GArray *events)
{
	unsigned presses = count_presses(events), pressed;
	enum cli_wait wait = send_events(view, events, &pressed);

	/* Ctrl-Alt-Delete may reset it before it is let go: then all was done. */
	if (vnc_view_state(view->view) == VNC_ENDED || (pressed < presses && cli_view_other_run(view)))
		return stopped(view, pressed, presses);
	if (wait == WAIT_INTERRUPTED) {
		let_go(view);
		output_message(&view->cli->out, "stopped: a part was typed");
		return EXIT_CODE_INTERRUPTED;
	}
	vnc_view_sync(view->view);
	wait = cli_view_wait(view, synced, NULL, g_get_monotonic_time() + SYNC_US);
	if (!vnc_view_synced(view->view)) {
		output_message(&view->cli->out, "'%s' did not take the keys", view->name);
		return EXIT_CODE_FAILED;
	}
	cli_view_wait(view, never, NULL, g_get_monotonic_time() + LINGER_US);
	return EXIT_CODE_OK;
}

static struct layout *choose_layout(struct cli_view *view)
{
	const char *asked = cli_line_value(&view->cli->line, "layout");
	g_autoptr(GError) error = NULL;
	struct layout *layout = layout_load(asked ? asked : view->keymap ? view->keymap : "us", &error);

	if (!layout)
		output_message(&view->cli->out, "%s", error->message);
	return layout;
}

/* ---- what is typed ---- */

static char *read_text(const char *path, GError **error)
{
	g_autofree char *text = NULL;
	gsize length = 0;

	if (!g_file_get_contents(g_str_equal(path, "-") ? "/dev/stdin" : path, &text, &length, error))
		return NULL;
	if (length <= TEXT_MAX && !memchr(text, '\0', length))
		return g_steal_pointer(&text);
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "the file is no text, or longer than %d KiB", TEXT_MAX / 1024);
	return NULL;
}

static char *join_words(const struct cli *cli, unsigned first)
{
	GString *text = g_string_new(NULL);

	for (unsigned i = first; i < cli->line.words->len; i++)
		g_string_append_printf(text, "%s%s", i > first ? " " : "", (const char *)cli->line.words->pdata[i]);
	return g_string_free(text, FALSE);
}

static bool type_events(struct cli *cli, const struct layout *layout, const char *text, unsigned first, GArray *events, GError **error)
{
	(void)first;
	return keyboard_type(layout, text, events, error) &&
	       (!cli_line_flag(&cli->line, "enter") || keyboard_type(layout, "\n", events, error));
}

static bool key_events(struct cli *cli, const struct layout *layout, const char *text, unsigned first, GArray *events, GError **error)
{
	(void)text;
	for (unsigned i = first; i < cli->line.words->len; i++)
		if (!keyboard_press(layout, cli->line.words->pdata[i], events, error))
			return false;
	return true;
}

static int run(struct cli *cli, const char *verb, const char *text,
        bool (*make)(struct cli *, const struct layout *, const char *, unsigned, GArray *, GError **))
{
	g_autoptr(GArray) events = g_array_new(FALSE, FALSE, sizeof(struct key_event));
	g_autoptr(GError) error = NULL;
	struct layout *layout = NULL;
	struct cli_view view;
	int code = cli_view_open(&view, cli, verb, VIEW_TYPE, G_MAXINT64);

	if (code == EXIT_CODE_OK) {
		layout = choose_layout(&view);
		code = layout ? EXIT_CODE_OK : EXIT_CODE_FAILED;
	}
	if (layout && !make(cli, layout, text, view.words, events, &error)) {
		output_message(&cli->out, "%s", error->message);
		code = EXIT_CODE_FAILED;
	}
	if (code == EXIT_CODE_OK)
		code = press(&view, events);
	layout_free(layout);
	cli_view_close(&view);
	return code;
}

int cli_type(struct cli *cli)
{
	const char *path = cli_line_value(&cli->line, "file");
	unsigned first = cli_line_value(&cli->line, "vnc") ? 0 : 1;
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;

	if (path && cli->line.words->len > first)
		return cli_usage_error(cli, "type", "type: a text or --file, not both");
	if (!path && cli->line.words->len <= first && !cli_line_flag(&cli->line, "enter"))
		return cli_usage_error(cli, "type", "type: what? A text, --file FILE, or --enter");
	text = path ? read_text(path, &error) : join_words(cli, first);
	if (text)
		return run(cli, "type", text, type_events);
	g_autofree char *clean = text_clean(error->message, -1);
	output_message(&cli->out, "%s", clean);
	return EXIT_CODE_FAILED;
}

int cli_key(struct cli *cli)
{
	if (cli->line.words->len <= (cli_line_value(&cli->line, "vnc") ? 0 : 1))
		return cli_usage_error(cli, "key", "key: which? Like ctrl-alt-delete, f2, enter");
	return run(cli, "key", NULL, key_events);
}
