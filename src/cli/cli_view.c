/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A screen that a verb looks at: see cli_view.h. */
#include "cli_view.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "cli_password.h"
#include "cli_resolve.h"
#include "nvirt/secret.h"
#include "nvirt/text.h"

#define CONNECT_TIMEOUT_MS 10000
/* Passwords asked for at a terminal, one after the other. */
#define ASK_MAX 3
#define FIRST_SCREEN_US (30 * G_USEC_PER_SEC)
/* Between two screenshots: each is a call of libvirt's and a file of its host. */
#define PICTURE_EVERY_US G_USEC_PER_SEC

/* ---- opening ---- */

/* The first line of a file; a secret. */
static bool read_password(struct cli_view *view)
{
	const char *path = cli_line_value(&view->cli->line, "password-file");
	g_autoptr(GError) error = NULL;

	view->user = g_strdup(cli_line_value(&view->cli->line, "user"));
	if (!path)
		return true;
	if (!g_file_get_contents(path, &view->password, NULL, &error)) {
		g_autofree char *clean = text_clean(error->message, -1);

		output_message(&view->cli->out, "the password can not be read: %s", clean);
		return false;
	}
	view->password[strcspn(view->password, "\r\n")] = '\0';
	return true;
}

/* `password`, `host`: of the door, or NULL. */
static bool start(struct cli_view *view, int fd, const char *password, const char *host)
{
	struct vnc_source source = {.fd = fd,
	        .password = view->password ? view->password : password,
	        .user = view->user,
	        .host = host};
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
	g_autofree char *host = vnc_address_host(address);
	int fd = vnc_connect(address, CONNECT_TIMEOUT_MS, &error);

	if (fd < 0)
		output_message(&view->cli->out, "%s", error->message);
	return fd >= 0 && start(view, fd, NULL, host);
}

/* The first picture starts the view, the next ones are shown in it. */
static bool take_picture(struct cli_view *view, struct screen_door *door)
{
	bool started = view->pictures || start(view, -1, NULL, NULL);

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
	if (door->kind == DOOR_PICTURE)
		return take_picture(view, door);
	if (door->kind == DOOR_NONE) {
		output_message(&view->cli->out, "%s", door->words);
		return false;
	}
	g_free(view->keymap);
	view->keymap = g_steal_pointer(&door->keymap);
	return start(view, screen_door_take_fd(door), door->password, door->host);
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

/* A guest that was started anew has another VNC. False: it has none. */
static bool again(struct cli_view *view, gint64 deadline_us)
{
	const char *address = cli_line_value(&view->cli->line, "vnc");

	return address ? start_address(view, address) : start_guest(view, deadline_us) == EXIT_CODE_OK;
}

static bool first_came(struct cli_view *view, void *data)
{
	(void)data;
	return vnc_view_settled(view->view);
}

static int await_once(struct cli_view *view, gint64 deadline_us)
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

/* Does the server want what a terminal can be asked for? What was told before may have been mistyped. */
static bool may_ask(const struct cli_view *view)
{
	enum vnc_end end = vnc_view_end(view->view);

	return end == VNC_END_PASSWORD || end == VNC_END_USER || (end == VNC_END_REFUSED && view->asked);
}

/* False: there is no terminal, or nobody wants to tell. */
static bool ask(struct cli_view *view)
{
	bool user = vnc_view_end(view->view) == VNC_END_USER || (view->user && view->asked);
	g_autofree char *user_words = g_strdup_printf("User of the VNC server of '%s': ", view->name);
	g_autofree char *password_words = g_strdup_printf("Password for the VNC server of '%s': ", view->name);

	if (view->asked)
		output_note(&view->cli->out, "nvirt: %s", vnc_view_words(view->view));
	if (user && (view->asked || !view->user)) {
		g_free(view->user);
		view->user = cli_password_ask(user_words, false);
		if (!view->user)
			return false;
	}
	secret_free(view->password);
	view->password = cli_password_ask(password_words, true);
	view->asked++;
	return view->password;
}

/* With a terminal to ask, some times. */
static int await_first(struct cli_view *view, gint64 deadline_us)
{
	while (view->asked < ASK_MAX) {
		enum cli_wait wait;
		gint64 first_us = MIN(g_get_monotonic_time() + FIRST_SCREEN_US, deadline_us);

		wait = cli_view_wait(view, first_came, NULL, first_us);
		if (wait != WAIT_DONE || vnc_view_state(view->view) != VNC_ENDED || !may_ask(view) || !ask(view))
			break;
		if (!again(view, deadline_us))
			return EXIT_CODE_FAILED;
	}
	return await_once(view, deadline_us);
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
	if (!read_password(view))
		return EXIT_CODE_FAILED;
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

int cli_view_open_guest(struct cli_view *view, struct cli *cli, struct cli_session *session, const struct obj_ref *ref,
        gint64 deadline_us)
{
	int code;

	*view = (struct cli_view){.cli = cli, .verb = "wall", .session = session, .borrowed = true, .ref = *ref};
	view->name = g_strdup(store_name(session->store, ref));
	code = start_guest(view, deadline_us);
	return code == EXIT_CODE_OK ? await_first(view, deadline_us) : code;
}

void cli_view_close(struct cli_view *view)
{
	vnc_view_free(view->view);
	if (!view->borrowed)
		cli_session_free(view->session);
	g_free(view->name);
	g_free(view->keymap);
	g_free(view->user);
	secret_free(view->password);
}

int cli_view_ended(const struct cli_view *view)
{
	output_message(&view->cli->out, "cannot show the screen of '%s': %s", view->name, vnc_view_words(view->view));
	return EXIT_CODE_FAILED;
}

/* ---- what scrolled by before ---- */

/* A screen that runs is another one by the time the memory was read. */
#define PAST_TRIES 5

unsigned cli_view_past(struct cli_view *view, struct screen_history *history)
{
	unsigned taken = 0;

	for (int i = 0; view->session && !view->pictures && !taken && i < PAST_TRIES; i++) {
		const struct text_screen *screen = vnc_view_screen(view->view);
		int width, height;

		vnc_view_size(view->view, &width, &height);
		if (!screen || !text_memory_may_be(screen, width, height))
			return 0;
		g_autoptr(GBytes) memory = cli_session_peek(view->session, &view->ref);
		if (!memory)
			return 0;
		gsize length;
		const uint8_t *bytes = g_bytes_get_data(memory, &length);
		taken = screen_history_begin_with(history, text_memory_lines(screen, bytes, length));
		if (!taken && !vnc_view_pump(view->view))
			return 0;
	}
	return taken;
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

static bool next_picture(struct cli_view *view, gint64 deadline_us)
{
	if (!view->pictures || g_get_monotonic_time() < view->next_picture_us)
		return true;
	return start_guest(view, deadline_us) == EXIT_CODE_OK;
}

static void tell_silence(struct cli_view *view)
{
	bool silent = vnc_view_is_silent(view->view);

	if (silent == view->silent)
		return;
	view->silent = silent;
	if (silent)
		output_note(&view->cli->out, "nvirt: the VNC server of '%s' does not answer any more: it may hang", view->name);
	else
		output_note(&view->cli->out, "nvirt: the VNC server of '%s' answers again", view->name);
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
		tell_silence(view);
		if (!next_picture(view, deadline_us))
			return WAIT_DONE;
	}
}
