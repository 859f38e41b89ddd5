/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A screen that a verb looks at: see cli_view.h. */
#include "cli_view.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "cli_password.h"
#include "cli_resolve.h"
#include "nvirt/screen_file.h"
#include "nvirt/secret.h"
#include "nvirt/text.h"

#define CONNECT_TIMEOUT_MS 10000
/* A booting guest changes its screen some times. */
#define RESIZED_MAX 5
/* Passwords asked for at a terminal, one after the other. */
#define ASK_MAX 3
#define FIRST_SCREEN_US (30 * G_USEC_PER_SEC)
/* The same where it is waited for anyway: a word about it is due. */
#define FOLLOWED_SCREEN_US (2 * G_USEC_PER_SEC)
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

bool cli_view_use_address(struct cli_view *view, const char *address, GError **error)
{
	g_autofree char *host = vnc_address_host(address);
	int fd = vnc_connect(address, CONNECT_TIMEOUT_MS, error);

	return fd >= 0 && start(view, fd, NULL, host);
}

static bool start_address(struct cli_view *view, const char *address)
{
	g_autoptr(GError) error = NULL;
	bool started = cli_view_use_address(view, address, &error);

	if (error)
		output_message(&view->cli->out, "%s", error->message);
	return started;
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

bool cli_view_use_door(struct cli_view *view, struct screen_door *door)
{
	if (door->kind == DOOR_PICTURE)
		return take_picture(view, door);
	view->pictures = view->no_keys = false;
	g_free(view->keymap);
	view->keymap = g_steal_pointer(&door->keymap);
	return start(view, screen_door_take_fd(door), door->password, door->host);
}

static unsigned runs_of(const struct cli_view *view)
{
	const struct guest *guest = view->session ? store_guest(view->session->store, &view->ref) : NULL;

	return guest ? guest->runs : 0;
}

bool cli_view_other_run(const struct cli_view *view)
{
	return runs_of(view) != view->run;
}

/* False: told on stderr. */
static bool pass(struct cli_view *view, struct screen_door *door)
{
	if (door->kind != DOOR_NONE)
		return cli_view_use_door(view, door);
	/* It went between two screenshots. */
	bool may_come = view->follows && (door->off || view->pictures);
	if (may_come)
		cli_follow_begin(view);
	else
		output_message(&view->cli->out, "%s", door->words);
	return may_come;
}

static int start_guest(struct cli_view *view, gint64 deadline_us)
{
	enum cli_wait wait;
	struct screen_door *door = cli_session_door(view->session, &view->ref, deadline_us, &wait);
	bool started = door && pass(view, door);

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
	view->session->events = view->follows || view->keys;
	code = cli_session_connect(view->session, OBJ_GUEST);
	if (code != EXIT_CODE_OK)
		return code;
	if (!cli_resolve(store_host_at(view->session->store, 0), OBJ_GUEST, word, &view->ref, &error)) {
		output_message(&view->cli->out, "%s", error->message);
		return EXIT_CODE_FAILED;
	}
	view->name = g_strdup(store_name(view->session->store, &view->ref));
	if (!view->follows)
		return start_guest(view, deadline_us);
	cli_follow_begin(view);
	return EXIT_CODE_OK;
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
	/* What may take long is for the verb to wait for. */
	return view->follow.cut ? view->follow.told : vnc_view_settled(view->view);
}

/* Only the verb knows how long it will wait for this guest. */
static bool is_patient(const struct cli_view *view)
{
	return view->follows && view->session;
}

static gint64 first_deadline_us(const struct cli_view *view, gint64 deadline_us)
{
	return MIN(g_get_monotonic_time() + (is_patient(view) ? FOLLOWED_SCREEN_US : FIRST_SCREEN_US), deadline_us);
}

static int await_once(struct cli_view *view, gint64 deadline_us)
{
	switch (cli_view_wait(view, first_came, NULL, first_deadline_us(view, deadline_us))) {
	case WAIT_INTERRUPTED:
		return EXIT_CODE_INTERRUPTED;
	case WAIT_TIMEOUT:
		if (is_patient(view)) {
			cli_follow_tell(view);
			return EXIT_CODE_OK;
		}
		output_message(&view->cli->out, "cannot show the screen of '%s': nothing came within the time", view->name);
		return EXIT_CODE_FAILED;
	case WAIT_DONE:
		break;
	}
	return cli_view_is_over(view) ? cli_view_ended(view) : EXIT_CODE_OK;
}

/* Does the server want what a terminal can be asked for? What was told before may have been mistyped. */
static bool may_ask(const struct cli_view *view)
{
	enum vnc_end end = view->view ? vnc_view_end(view->view) : VNC_END_NONE;

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
		enum cli_wait wait = cli_view_wait(view, first_came, NULL, first_deadline_us(view, deadline_us));

		if (wait != WAIT_DONE || !cli_view_is_over(view) || !may_ask(view) || !ask(view))
			break;
		view->follow = (struct cli_follow){0};
		if (!again(view, deadline_us))
			return EXIT_CODE_FAILED;
	}
	return await_once(view, deadline_us);
}

int cli_view_open(struct cli_view *view, struct cli *cli, const char *verb, enum cli_purpose purpose, gint64 deadline_us)
{
	const char *address = cli_line_value(&cli->line, "vnc");
	bool keys = purpose == VIEW_TYPE;
	int code = EXIT_CODE_OK;

	*view = (struct cli_view){.cli = cli, .verb = verb, .follows = purpose == VIEW_FOLLOW, .keys = keys};
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
		view->run = runs_of(view);
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

int cli_view_open_png(struct cli_view *view, struct cli *cli, const char *name, const char *path)
{
	g_autoptr(GError) error = NULL;
	char *bytes = NULL;
	gsize length = 0;

	*view = (struct cli_view){.cli = cli, .verb = "screen", .name = g_strdup(name)};
	if (!g_file_get_contents(path, &bytes, &length, &error)) {
		g_autofree char *clean = text_clean(error->message, -1);

		output_message(&cli->out, "cannot show the screen of '%s': %s", name, clean);
		return EXIT_CODE_FAILED;
	}
	g_autoptr(GBytes) png = g_bytes_new_take(bytes, length);
	if (!start(view, -1, NULL, NULL))
		return EXIT_CODE_FAILED;
	vnc_view_show_png(view->view, png);
	return await_once(view, G_MAXINT64);
}

void cli_view_close(struct cli_view *view)
{
	vnc_view_free(view->view);
	if (!view->borrowed)
		cli_session_free(view->session);
	g_free(view->name);
	g_free(view->keymap);
	g_free(view->user);
	g_free(view->follow.why);
	secret_free(view->password);
}

bool cli_view_is_over(const struct cli_view *view)
{
	return view->follows ? view->follow.over : vnc_view_state(view->view) == VNC_ENDED;
}

const struct text_screen *cli_view_screen(const struct cli_view *view)
{
	return view->view && view->follow.presence == PRESENCE_THERE ? vnc_view_screen(view->view) : NULL;
}

int cli_view_ended(const struct cli_view *view)
{
	if (view->follow.why)
		output_message(&view->cli->out, "%s", view->follow.why);
	else if (view->view && vnc_view_state(view->view) == VNC_ENDED)
		output_message(
		        &view->cli->out, "cannot show the screen of '%s': %s", view->name, vnc_view_words(view->view));
	return EXIT_CODE_FAILED;
}

/* ---- what scrolled by before ---- */

/* A screen that runs is another one by the time the memory was read. */
#define PAST_TRIES 5

/* The screen that was held against the memory is the guest's, if it is there still so long after. */
#define STILL_US (300 * 1000)

struct still {
	struct screen_history *history;
	unsigned frames;
	char *text;
};

static bool has_changed(struct cli_view *view, void *data)
{
	struct still *still = data;
	const struct text_screen *screen = vnc_view_screen(view->view);

	if (vnc_view_frames(view->view) == still->frames || !screen || !vnc_view_settled(view->view))
		return false;
	still->frames = vnc_view_frames(view->view);
	screen_history_feed(still->history, screen, g_get_real_time());
	g_autofree char *text = screen_plain(screen);
	return !g_str_equal(text, still->text);
}

static bool stays(struct cli_view *view, struct screen_history *history)
{
	struct still still = {history, vnc_view_frames(view->view), screen_plain(vnc_view_screen(view->view))};
	enum cli_wait wait = cli_view_wait(view, has_changed, &still, g_get_monotonic_time() + STILL_US);

	g_free(still.text);
	return wait == WAIT_TIMEOUT;
}

bool cli_view_interrupted(const struct cli_view *view)
{
	return view->session && view->session->interrupts;
}

/* Lines above the screen; owned, NULL: they can not be had, now or ever. None while the screen runs. */
static GPtrArray *past_lines(struct cli_view *view, struct screen_history *history)
{
	const struct text_screen *screen = cli_view_screen(view);
	GPtrArray *lines;
	int width, height;

	if (!view->session || view->pictures || !screen)
		return NULL;
	vnc_view_size(view->view, &width, &height);
	if (!text_memory_may_be(screen, width, height))
		return NULL;
	g_autoptr(GBytes) memory = cli_session_peek(view->session, &view->ref);
	if (!memory)
		return NULL;
	gsize length;
	const uint8_t *bytes = g_bytes_get_data(memory, &length);
	lines = text_memory_lines(screen, bytes, length);
	if (!stays(view, history))
		g_ptr_array_set_size(lines, 0);
	return lines;
}

unsigned cli_view_past(struct cli_view *view, struct screen_history *history)
{
	unsigned taken = 0;

	for (int i = 0; !taken && i < PAST_TRIES && !cli_view_interrupted(view); i++) {
		GPtrArray *lines = past_lines(view, history);

		if (!lines)
			return 0;
		if (!i)
			screen_history_feed(history, vnc_view_screen(view->view), g_get_real_time());
		taken = screen_history_begin_with(history, lines);
	}
	return taken;
}

bool cli_view_fill_gap(struct cli_view *view, struct screen_history *history)
{
	GPtrArray *lines = past_lines(view, history);

	if (!lines)
		return false;
	/* Of a screen that ran on meanwhile nothing is known: it is asked again after the next frame. */
	if (lines->len)
		screen_history_fill(history, lines);
	else
		g_ptr_array_unref(lines);
	return true;
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
	if (!view->pictures || view->follow.cut || g_get_monotonic_time() < view->next_picture_us)
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

static bool may_try_again(const struct cli_view *view, unsigned tries)
{
	enum vnc_end end = vnc_view_end(view->view);

	if (view->typed)
		return false;
	if (end == VNC_END_RESIZED)
		return tries < RESIZED_MAX;
	return !tries && end == VNC_END_CLOSED && vnc_view_frames(view->view);
}

/* False: it ended, and is not connected to again. */
static bool is_connected(struct cli_view *view, unsigned *tries, gint64 deadline_us)
{
	if (view->follow.cut || vnc_view_state(view->view) != VNC_ENDED)
		return true;
	if (!view->follows)
		return may_try_again(view, (*tries)++) && again(view, deadline_us);
	cli_follow_begin(view);
	return true;
}

/* Waits once and takes what came. */
static enum cli_wait wait_and_pump(struct cli_view *view, gint64 deadline_us)
{
	gint64 until_us = view->pictures ? MIN(deadline_us, view->next_picture_us) : deadline_us;
	enum cli_wait wait = view->follow.cut ? cli_follow_wait(view, deadline_us) : wait_once(view, until_us);

	if (wait == WAIT_INTERRUPTED || view->follow.cut)
		return wait;
	vnc_view_pump(view->view);
	tell_silence(view);
	cli_follow_look(view);
	return wait;
}

enum cli_wait cli_view_wait(
        struct cli_view *view, bool (*done)(struct cli_view *view, void *data), void *data, gint64 deadline_us)
{
	unsigned tries = 0;

	for (;;) {
		if (!is_connected(view, &tries, deadline_us))
			return WAIT_DONE;
		if (view->follow.cut && !cli_follow_step(view) && view->follow.over)
			return WAIT_DONE;
		if (done(view, data))
			return WAIT_DONE;
		if (g_get_monotonic_time() >= deadline_us)
			return WAIT_TIMEOUT;
		if (wait_and_pump(view, deadline_us) == WAIT_INTERRUPTED)
			return WAIT_INTERRUPTED;
		if (!next_picture(view, deadline_us))
			return WAIT_DONE;
	}
}
