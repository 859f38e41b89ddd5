/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A screen that a verb looks at: see cli_view.h. */
#include "cli_view.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "cli_resolve.h"
#include "nvirt/secret.h"
#include "nvirt/text.h"

#define CONNECT_TIMEOUT_MS 10000
#define FIRST_SCREEN_US (30 * G_USEC_PER_SEC)
/* Between two screenshots: each is a call of libvirt's and a file of its host. */
#define PICTURE_EVERY_US G_USEC_PER_SEC

/* ---- opening ---- */

/* The first line of a file; a secret. */
static bool read_password(struct cli_view *view, char **ret_password)
{
	const char *path = cli_line_value(&view->cli->line, "password-file");
	g_autoptr(GError) error = NULL;
	char *text = NULL;

	*ret_password = NULL;
	if (!path)
		return true;
	if (!g_file_get_contents(path, &text, NULL, &error)) {
		g_autofree char *clean = text_clean(error->message, -1);

		output_message(&view->cli->out, "the password can not be read: %s", clean);
		return false;
	}
	text[strcspn(text, "\r\n")] = '\0';
	*ret_password = text;
	return true;
}

static bool start(struct cli_view *view, int fd, const char *password)
{
	struct vnc_source source = {.fd = fd, .password = password};
	g_autoptr(GError) error = NULL;
	bool started;

	if (view->view) {
		started = vnc_view_reconnect(view->view, &source, &error);
	} else {
		view->view = vnc_view_new(&source, &error);
		started = view->view;
	}
	if (!started)
		output_message(&view->cli->out, "%s", error->message);
	else
		vnc_view_watch(view->view, true);
	return started;
}

static bool start_address(struct cli_view *view, const char *address)
{
	g_autoptr(GError) error = NULL;
	char *password = NULL;
	bool started = false;
	int fd;

	if (!read_password(view, &password))
		return false;
	fd = vnc_connect(address, CONNECT_TIMEOUT_MS, &error);
	if (fd < 0)
		output_message(&view->cli->out, "%s", error->message);
	else
		started = start(view, fd, password);
	secret_free(password);
	return started;
}

/* The first picture starts the view, the next ones are shown in it. */
static bool take_picture(struct cli_view *view, struct screen_door *door)
{
	bool started = view->pictures || start(view, -1, NULL);

	if (!view->pictures)
		output_note(&view->cli->out, "nvirt: %s", door->words);
	view->pictures = view->no_keys = true;
	view->next_picture_us = g_get_monotonic_time() + PICTURE_EVERY_US;
	if (started)
		vnc_view_show_png(view->view, door->png);
	return started;
}

static bool use_door(struct cli_view *view, struct screen_door *door)
{
	char *password = NULL;
	bool started;

	if (door->kind == DOOR_PICTURE)
		return take_picture(view, door);
	if (door->kind == DOOR_NONE) {
		output_message(&view->cli->out, "%s", door->words);
		return false;
	}
	g_free(view->keymap);
	view->keymap = g_steal_pointer(&door->keymap);
	if (!read_password(view, &password))
		return false;
	started = start(view, screen_door_take_fd(door), password ? password : door->password);
	secret_free(password);
	return started;
}

static int start_guest(struct cli_view *view, gint64 deadline_us)
{
	enum cli_wait wait;
	struct screen_door *door = cli_session_door(view->session, &view->ref, deadline_us, &wait);
	bool started = door && use_door(view, door);

	screen_door_free(door);
	if (wait == WAIT_INTERRUPTED)
		return EXIT_CODE_INTERRUPTED;
	return started ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}

static int open_guest(struct cli_view *view, const char *word, gint64 deadline_us)
{
	g_autoptr(GError) error = NULL;
	int code;

	view->session = cli_open_session(view->cli, view->verb, true, false);
	if (!view->session)
		return EXIT_CODE_USAGE;
	code = cli_session_connect(view->session, OBJ_GUEST);
	if (code != EXIT_CODE_OK)
		return code;
	if (!cli_resolve(store_host_at(view->session->store, 0), OBJ_GUEST, word, &view->ref, &error)) {
		output_message(&view->cli->out, "%s", error->message);
		return EXIT_CODE_FAILED;
	}
	view->name = g_strdup(store_name(view->session->store, &view->ref));
	return start_guest(view, deadline_us);
}

static bool first_came(struct cli_view *view, void *data)
{
	(void)data;
	return vnc_view_settled(view->view);
}

static int await_first(struct cli_view *view, gint64 deadline_us)
{
	gint64 first_us = g_get_monotonic_time() + FIRST_SCREEN_US;

	switch (cli_view_wait(view, first_came, NULL, MIN(first_us, deadline_us))) {
	case WAIT_INTERRUPTED:
		return EXIT_CODE_INTERRUPTED;
	case WAIT_TIMEOUT:
		output_message(&view->cli->out, "cannot show the screen of '%s': nothing came within the time", view->name);
		return EXIT_CODE_FAILED;
	case WAIT_DONE:
		break;
	}
	return vnc_view_state(view->view) == VNC_ENDED ? cli_view_ended(view) : EXIT_CODE_OK;
}

int cli_view_open(struct cli_view *view, struct cli *cli, const char *verb, bool keys, gint64 deadline_us)
{
	const char *address = cli_line_value(&cli->line, "vnc");
	int code = EXIT_CODE_OK;

	*view = (struct cli_view){.cli = cli, .verb = verb};
	if (keys && cli->readonly) {
		output_message(&cli->out, "cannot %s: nothing is typed in read-only mode", verb);
		return EXIT_CODE_FAILED;
	}
	if (!address && !cli->line.words->len)
		return cli_usage_error(cli, verb, "%s: of which guest? Or --vnc HOST:PORT", verb);
	if (address) {
		view->name = text_clean(address, -1);
		code = start_address(view, address) ? EXIT_CODE_OK : EXIT_CODE_FAILED;
	} else {
		view->words = 1;
		code = open_guest(view, cli->line.words->pdata[0], deadline_us);
	}
	if (code == EXIT_CODE_OK && keys && view->no_keys) {
		output_message(&cli->out, "cannot %s: '%s' has no VNC to type on", verb, view->name);
		code = EXIT_CODE_FAILED;
	}
	return code == EXIT_CODE_OK ? await_first(view, deadline_us) : code;
}

void cli_view_close(struct cli_view *view)
{
	vnc_view_free(view->view);
	cli_session_free(view->session);
	g_free(view->name);
	g_free(view->keymap);
}

int cli_view_ended(const struct cli_view *view)
{
	output_message(&view->cli->out, "cannot show the screen of '%s': %s", view->name, vnc_view_words(view->view));
	return EXIT_CODE_FAILED;
}

/* ---- waiting ---- */

static int timeout_ms(gint64 deadline_us)
{
	return (int)CLAMP((deadline_us - g_get_monotonic_time() + 999) / 1000, 0, G_MAXINT);
}

/* Without a session nothing but the view is waited for, and a signal ends the program as usual. */
static enum cli_wait wait_once(struct cli_view *view, gint64 deadline_us)
{
	struct pollfd fd = {.fd = vnc_view_fd(view->view), .events = vnc_view_events(view->view)};

	/* What waits to be sent leaves soon: the reader listens, but for moments. */
	if (view->session)
		return cli_session_wait(view->session, NULL, NULL, fd.fd,
		        fd.events & POLLOUT ? MIN(deadline_us, g_get_monotonic_time() + 20000) : deadline_us);
	poll(&fd, 1, timeout_ms(deadline_us));
	return WAIT_DONE;
}

/* A guest that was started anew has another VNC. False: it has none. */
static bool again(struct cli_view *view, gint64 deadline_us)
{
	const char *address = cli_line_value(&view->cli->line, "vnc");

	return address ? start_address(view, address) : start_guest(view, deadline_us) == EXIT_CODE_OK;
}

static bool next_picture(struct cli_view *view, gint64 deadline_us)
{
	if (!view->pictures || g_get_monotonic_time() < view->next_picture_us)
		return true;
	return start_guest(view, deadline_us) == EXIT_CODE_OK;
}

enum cli_wait cli_view_wait(
        struct cli_view *view, bool (*done)(struct cli_view *view, void *data), void *data, gint64 deadline_us)
{
	bool tried = false;

	for (;;) {
		gint64 until_us = view->pictures ? MIN(deadline_us, view->next_picture_us) : deadline_us;

		if (vnc_view_state(view->view) == VNC_ENDED) {
			if (tried || vnc_view_end(view->view) != VNC_END_CLOSED || !vnc_view_frames(view->view))
				return WAIT_DONE;
			tried = true;
			if (!again(view, deadline_us))
				return WAIT_DONE;
		}
		if (done(view, data))
			return WAIT_DONE;
		if (g_get_monotonic_time() >= deadline_us)
			return WAIT_TIMEOUT;
		if (wait_once(view, until_us) == WAIT_INTERRUPTED)
			return WAIT_INTERRUPTED;
		vnc_view_pump(view->view);
		if (!next_picture(view, deadline_us))
			return WAIT_DONE;
	}
}
