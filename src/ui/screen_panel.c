/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's screen in a panel: see screen_panel.h. */
#include "screen_panel.h"

#include <string.h>

#include "box.h"
#include "look.h"
#include "nvirt/secret.h"
#include "nvirt/text.h"
#include "read_mode.h"
#include "sign_watch.h"

enum {
	AGAIN_MS = 300,       /* before the first new try, twice that before the next … */
	AGAIN_MAX_MS = 5000,
	TRIES_MAX = 12,       /* about a minute: then a key is asked for */
	EARLY_TRIES_MAX = 5,  /* about nine seconds */
	PICTURE_MS = 1000,    /* between two screenshots: each is a call of libvirt's and a file of its host */
	LIVE_US = 5 * G_USEC_PER_SEC, /* a connection that lasted so long begins to count anew */
};

static void look_changed(struct screen_panel *panel)
{
	panel->changed(panel, panel->data);
}

static void say(struct screen_panel *panel, enum screen_state state, const char *why)
{
	char *words = g_strdup(why);

	panel->state = state;
	g_free(panel->why);
	panel->why = words;
	look_changed(panel);
}

/* What the screen says, while it is the guest's own of now. */
static enum screen_sign read_sign(void *data)
{
	const struct screen_panel *panel = data;

	return panel->state == SCREEN_LIVE ? screen_sign_of_screen(screen_panel_screen(panel)) : SIGN_N;
}

struct screen_panel *screen_panel_new(
        struct app *app, const struct obj_ref *ref, void (*changed)(struct screen_panel *panel, void *data), void *data)
{
	struct screen_panel *panel = g_new0(struct screen_panel, 1);

	panel->app = app;
	panel->ref = *ref;
	panel->why = g_strdup("");
	panel->note = g_strdup("");
	panel->history = screen_history_new();
	panel->typing = typing_new();
	panel->layout = layout_new_us();
	panel->look.coloured = !app->options->mono;
	panel->changed = changed;
	panel->data = data;
	panel->state = SCREEN_ENDED;
	panel->graphic = screen_graphic_new(panel);
	panel->reset_us = store_reset_us(app->store, ref);
	panel->signs = sign_watch_new(app, ref, SIGN_BY_SCREEN, read_sign, panel);
	return panel;
}

void screen_panel_free(struct screen_panel *panel)
{
	if (!panel)
		return;
	app_wait_stop(&panel->io);
	app_wait_stop(&panel->again);
	app_wait_stop(&panel->typist);
	app_wait_stop(&panel->fit_wait);
	sign_watch_free(panel->signs);
	screen_graphic_free(panel->graphic);
	if (panel->reader)
		read_mode_drop_view(panel->reader);
	screen_panel_log_end(panel);
	screen_panel_past_drop(panel);
	screen_history_free(panel->history);
	vnc_view_free(panel->view);
	secret_free(panel->password);
	g_free(panel->user);
	typing_free(panel->typing);
	layout_free(panel->layout);
	g_free(panel->layout_chosen);
	g_free(panel->keymap);
	g_free(panel->why);
	g_free(panel->note);
	g_free(panel);
}

static bool guest_is_on(const struct screen_panel *panel)
{
	const struct guest *guest = store_guest(panel->app->store, &panel->ref);

	return guest && guest_state_active(guest->state);
}

static bool is_stuck(const struct screen_panel *panel)
{
	const struct guest *guest = store_guest(panel->app->store, &panel->ref);

	/* The screen's own server tells sooner, and where libvirt has nothing to ask QEMU. */
	return (guest && guest->stuck_us) || (panel->view && vnc_view_is_silent(panel->view));
}

/* ---- its connection ---- */

static void ready(void *data);

/* Again after whatever may have changed what is waited for. */
static void wait_for_view(struct screen_panel *panel)
{
	short events = vnc_view_fd(panel->view) < 0 ? 0 : vnc_view_events(panel->view);

	if (panel->io && events == panel->io_events)
		return;
	app_wait_stop(&panel->io);
	panel->io_events = events;
	if (events)
		panel->io = app_wait_fd(panel->app, vnc_view_fd(panel->view), events, ready, panel);
}

static void try_again(void *data)
{
	struct screen_panel *panel = data;

	app_wait_stop(&panel->again);
	if (!panel->door_id)
		screen_panel_open(panel);
}

static void again_in(struct screen_panel *panel, unsigned ms)
{
	app_wait_stop(&panel->again);
	panel->again = app_wait_ms(panel->app, ms, try_again, panel);
}

/* It may come back: a guest that was started anew, or moved, is found again under the same name. */
static void hope(struct screen_panel *panel, const char *why)
{
	unsigned ms = MIN((unsigned)AGAIN_MS << MIN(panel->tries, 8), (unsigned)AGAIN_MAX_MS);

	if (!guest_is_on(panel)) {
		say(panel, SCREEN_OFF, "");
	} else if (panel->tries >= TRIES_MAX) {
		say(panel, SCREEN_ENDED, why);
	} else {
		panel->tries++;
		say(panel, SCREEN_AGAIN, why);
		again_in(panel, ms);
	}
}

/* Is it a matter of who we are? */
static enum vnc_end wanted(const struct screen_panel *panel, enum vnc_end end)
{
	bool asks = end == VNC_END_PASSWORD || end == VNC_END_USER;

	return asks || (end == VNC_END_REFUSED && panel->gave) ? end : VNC_END_NONE;
}

/* A QEMU that begins refuses everybody, until libvirt has told it the password that opened the last one. */
static bool is_early(const struct screen_panel *panel, enum vnc_end end)
{
	return end == VNC_END_REFUSED && panel->gave && panel->let_in && panel->tries < EARLY_TRIES_MAX;
}

static void ended(struct screen_panel *panel)
{
	g_autofree char *why = g_strdup(vnc_view_words(panel->view));
	enum vnc_end end = vnc_view_end(panel->view);

	app_wait_stop(&panel->io);
	app_wait_stop(&panel->fit_wait);
	typing_drop(panel->typing);
	panel->buttons = 0;
	panel->typed = 0;
	if (panel->live_us && g_get_monotonic_time() - panel->live_us > LIVE_US)
		panel->tries = 0;
	panel->live_us = 0;
	panel->wants = wanted(panel, end);
	if (end == VNC_END_CLOSED || end == VNC_END_RESIZED || is_early(panel, end))
		hope(panel, why);
	else
		say(panel, guest_is_on(panel) ? SCREEN_ENDED : SCREEN_OFF, why);
}

static void ready(void *data)
{
	struct screen_panel *panel = data;
	bool changed = vnc_view_pump(panel->view);

	if (vnc_view_state(panel->view) == VNC_ENDED) {
		ended(panel);
		return;
	}
	wait_for_view(panel);
	if (panel->reader)
		read_mode_step(panel->reader);
	screen_graphic_step(panel->graphic);
	/* What QEMU sends first may be the screen of long ago. */
	if (changed && screen_panel_screen(panel) && vnc_view_settled(panel->view))
		screen_history_feed(panel->history, screen_panel_screen(panel), g_get_real_time());
	if (changed && panel->log)
		screen_panel_log_tick(panel);
	if (changed)
		screen_panel_fit_step(panel);
	screen_panel_past_ask(panel);
	if (panel->state == SCREEN_STARTING && vnc_view_state(panel->view) == VNC_LIVE && screen_panel_screen(panel)) {
		panel->live_us = g_get_monotonic_time();
		panel->let_in = true;
		say(panel, SCREEN_LIVE, "");
	}
	if (changed) {
		sign_watch_touch(panel->signs);
		look_changed(panel);
	}
}

/* Takes the descriptor. False: said. */
static bool start(struct screen_panel *panel, int fd, const char *password, const char *host)
{
	struct vnc_source source = {
	        .fd = fd, .password = password, .user = panel->user, .host = host, .mode = panel->mode};
	g_autoptr(GError) error = NULL;
	bool started;

	screen_panel_past_drop(panel);
	panel->past_id = panel->past_tries = 0;
	panel->past_refused = false;
	app_wait_stop(&panel->io);
	if (panel->view) {
		started = vnc_view_reconnect(panel->view, &source, &error);
	} else {
		panel->view = vnc_view_new(&source, &error);
		started = panel->view;
	}
	if (!started) {
		say(panel, SCREEN_ENDED, error->message);
		return false;
	}
	screen_graphic_restart(panel->graphic);
	vnc_view_watch(panel->view, panel->watched || panel->log);
	say(panel, SCREEN_STARTING, "");
	ready(panel);
	return true;
}

/* ---- the way to it ---- */

void screen_panel_open(struct screen_panel *panel)
{
	if (panel->door_id || panel->state == SCREEN_LIVE || panel->state == SCREEN_STARTING || !panel->app->backend)
		return;
	app_wait_stop(&panel->again);
	if (!guest_is_on(panel)) {
		say(panel, SCREEN_OFF, "");
		return;
	}
	panel->door_id = ++panel->app->door_id;
	backend_open_screen(panel->app->backend, &panel->ref, store_name(panel->app->store, &panel->ref), panel->door_id);
	/* While it is tried again the words of the end stay. */
	if (panel->state != SCREEN_AGAIN)
		say(panel, SCREEN_ASKING, "");
}

void screen_panel_login(struct screen_panel *panel, const char *user, const char *password)
{
	secret_free(panel->password);
	g_free(panel->user);
	panel->password = g_strdup(password);
	panel->let_in = false;
	panel->user = user && *user ? g_strdup(user) : NULL;
	panel->wants = VNC_END_NONE;
	screen_panel_open(panel);
}

static void ask_picture(void *data)
{
	struct screen_panel *panel = data;

	app_wait_stop(&panel->again);
	if (panel->door_id || (!panel->watched && !panel->log))
		return;
	panel->door_id = ++panel->app->door_id;
	backend_open_screen(panel->app->backend, &panel->ref, store_name(panel->app->store, &panel->ref), panel->door_id);
}

/* The first picture starts the view, the next ones are shown in it. */
static void take_picture(struct screen_panel *panel, struct screen_door *door)
{
	if (!panel->pictures || !panel->view || vnc_view_state(panel->view) == VNC_ENDED) {
		panel->pictures = true;
		g_free(panel->note);
		panel->note = g_strdup(door->words);
		if (!start(panel, -1, NULL, NULL))
			return;
	}
	vnc_view_show_png(panel->view, door->png);
	ready(panel);
	app_wait_stop(&panel->again);
	panel->again = app_wait_ms(panel->app, PICTURE_MS, ask_picture, panel);
}

static void take_vnc(struct screen_panel *panel, struct screen_door *door)
{
	panel->pictures = false;
	g_free(panel->note);
	panel->note = g_strdup(door->words ? door->words : "");
	g_free(panel->keymap);
	panel->keymap = g_steal_pointer(&door->keymap);
	screen_panel_set_layout(panel, NULL);
	panel->gave = panel->password || door->password;
	start(panel, screen_door_take_fd(door), panel->password ? panel->password : door->password, door->host);
}

bool screen_panel_take_door(struct screen_panel *panel, struct screen_door *door)
{
	if (screen_panel_past_take(panel, door) || screen_panel_layout_take(panel, door))
		return true;
	if (!panel->door_id || door->id != panel->door_id)
		return false;
	panel->door_id = 0;
	panel->no_vnc = door->kind != DOOR_VNC;
	switch (door->kind) {
	case DOOR_VNC:
		take_vnc(panel, door);
		break;
	case DOOR_PICTURE:
		take_picture(panel, door);
		break;
	case DOOR_LAYOUT:
	case DOOR_MEMORY:
		break;
	case DOOR_NONE:
		/* A guest that is being started or moved has its screen in a moment. */
		if (panel->state == SCREEN_AGAIN)
			hope(panel, door->words);
		else
			say(panel, guest_is_on(panel) ? SCREEN_ENDED : SCREEN_OFF, door->words);
		break;
	}
	return true;
}

/* Another run begins: what its memory has of it is asked anew. */
static void mark_run(struct screen_panel *panel, const char *what, gint64 time_us)
{
	screen_history_mark(panel->history, what, time_us);
	screen_panel_past_drop(panel);
	panel->past_id = panel->past_tries = 0;
}

static void look_for_reset(struct screen_panel *panel)
{
	const struct guest *guest = store_guest(panel->app->store, &panel->ref);

	if (!guest || guest->reset_us == panel->reset_us)
		return;
	panel->reset_us = guest->reset_us;
	if (!panel->reset_us || !panel->view)
		return;
	/* What is seen is of the run before, also where it was not sure yet that it is as of now. */
	if (screen_panel_screen(panel))
		screen_history_feed(panel->history, screen_panel_screen(panel), guest->reset_unix_us);
	mark_run(panel, "was reset", guest->reset_unix_us);
	/* What was meant for a shell is not for a boot menu. */
	screen_panel_stop(panel);
}

void screen_panel_look(struct screen_panel *panel)
{
	look_for_reset(panel);
	if (panel->state == SCREEN_OFF && guest_is_on(panel)) {
		if (panel->view)
			mark_run(panel, "was started", g_get_real_time());
		panel->tries = 0;
		/* The last screen stays until there is the new one. */
		panel->state = SCREEN_AGAIN;
		screen_panel_open(panel);
	} else if (panel->state == SCREEN_AGAIN && !guest_is_on(panel)) {
		app_wait_stop(&panel->again);
		say(panel, SCREEN_OFF, "");
	}
}

void screen_panel_watch(struct screen_panel *panel, bool watched)
{
	if (panel->watched == watched)
		return;
	panel->watched = watched;
	if (!watched)
		screen_graphic_hide(panel->graphic);
	screen_panel_rewatch(panel);
}

void screen_panel_rewatch(struct screen_panel *panel)
{
	if (!panel->view)
		return;
	vnc_view_watch(panel->view, panel->watched || panel->log);
	if (vnc_view_state(panel->view) != VNC_ENDED)
		ready(panel);
	if (panel->pictures)
		ask_picture(panel);
}

void screen_panel_set_mode(struct screen_panel *panel, enum recogniser_mode mode)
{
	panel->mode = mode;
	if (panel->view && vnc_view_state(panel->view) != VNC_ENDED) {
		vnc_view_set_mode(panel->view, mode);
		ready(panel);
	}
}

/* ---- what is seen ---- */

const struct text_screen *screen_panel_screen(const struct screen_panel *panel)
{
	const struct text_screen *screen = panel->view ? vnc_view_screen(panel->view) : NULL;

	return screen && screen->rows > 0 && screen->cols > 0 && screen->cells ? screen : NULL;
}

void screen_panel_pan(struct screen_panel *panel, int rows, int cols)
{
	panel->look.row += rows;
	panel->look.col += cols;
	panel->moved = true;
	look_changed(panel);
}

enum role screen_panel_role(const struct screen_panel *panel)
{
	return panel->state == SCREEN_LIVE ? ROLE_DIM : panel->state == SCREEN_ENDED ? ROLE_CRIT : ROLE_WARN;
}

static char *live_words(const struct screen_panel *panel)
{
	const struct text_screen *screen = screen_panel_screen(panel);
	const char *speed = panel->pictures ? "screenshots, " : "";
	int width, height;

	if (is_stuck(panel))
		return g_strdup("QEMU does not answer");
	if (!screen)
		return g_strdup("live");
	if (screen->kind == SCREEN_BLANK)
		return g_strdup_printf("%sblank", speed);
	vnc_view_size(panel->view, &width, &height);
	if (screen->kind == SCREEN_PICTURE)
		return g_strdup_printf("%spicture %dx%d%s", speed, width, height, screen_graphic_words(panel->graphic));
	return g_strdup_printf("%s%dx%d", speed, screen->cols, screen->rows);
}

char *screen_panel_words(const struct screen_panel *panel)
{
	switch (panel->state) {
	case SCREEN_ASKING:
		return g_strdup("asked for");
	case SCREEN_STARTING:
		return g_strdup("connected");
	case SCREEN_LIVE:
		return live_words(panel);
	case SCREEN_OFF:
		return g_strdup("the guest is off; shown when it starts");
	case SCREEN_AGAIN:
		return g_strdup("ended; tried again");
	case SCREEN_ENDED:
		return g_strdup("ended");
	}
	return g_strdup("");
}

/* "The guest is off (crashed): …": owned. */
static char *off_words(const struct screen_panel *panel, const char *then)
{
	const struct guest *guest = store_guest(panel->app->store, &panel->ref);
	g_autofree char *state = guest ? look_guest_state(guest) : g_strdup("gone");

	return g_strdup_printf("The guest is %s: %s", state, then);
}

/* What is to be said over what was last seen; owned, "" = nothing. */
static char *overlay(const struct screen_panel *panel)
{
	switch (panel->state) {
	case SCREEN_LIVE:
		if (is_stuck(panel))
			return g_strdup("QEMU does not answer: the screen stands still, and what is typed waits.");
		break;
	case SCREEN_ASKING:
	case SCREEN_STARTING:
		return g_strdup("Connecting …");
	case SCREEN_OFF:
		return off_words(panel, "this was its screen. It is shown again when it starts.");
	case SCREEN_AGAIN:
		return g_strdup_printf("%s%sConnecting again …", panel->why, *panel->why ? ". " : "");
	case SCREEN_ENDED:
		return g_strdup_printf("%s%sEnter %s.", panel->why, *panel->why ? ". " : "",
		        panel->wants ? "asks for it" : "tries again");
	}
	return g_strdup("");
}

static void draw_overlay(const struct screen_panel *panel, struct area area)
{
	g_autofree char *words = overlay(panel);

	if (!*words || area.rows < 1 || area.cols < 10)
		return;
	g_autoptr(GPtrArray) lines = box_wrap(words, area.cols);
	int rows = MIN((int)lines->len, area.rows);
	struct area end = area_sub(area, area.rows - rows, 0, rows, area.cols);

	area_clear(end, ROLE_WARN);
	for (int i = 0; i < rows; i++)
		area_text(end, i, 0, -1, ROLE_WARN, lines->pdata[i]);
}

static void draw_cursor(struct screen_panel *panel, const struct text_screen *screen, struct area area, bool focused)
{
	int y, x;

	if (panel->state != SCREEN_LIVE || !screen_cursor(screen, &panel->look, &y, &x))
		return;
	if (focused)
		area_cursor(area, y, x, panel->attached);
	if (!panel->attached)
		area_add_flags(area, y, x, 1, DRAW_REVERSE);
}

/* Nothing was seen yet. */
static void draw_nothing(const struct screen_panel *panel, struct area area)
{
	g_autofree char *words = NULL;

	switch (panel->state) {
	case SCREEN_ASKING:
	case SCREEN_STARTING:
	case SCREEN_LIVE:
		area_text(area, 1, 1, -1, ROLE_DIM, "Connecting to the guest's screen …");
		return;
	case SCREEN_OFF:
	case SCREEN_AGAIN:
	case SCREEN_ENDED:
		break;
	}
	words = panel->state == SCREEN_OFF ? off_words(panel, "its screen is shown when it starts.") : overlay(panel);
	g_autoptr(GPtrArray) lines = box_wrap(words, MAX(area.cols - 2, 10));
	for (guint i = 0; i < lines->len; i++)
		area_text(area, 1 + (int)i, 1, -1, panel->state == SCREEN_OFF ? ROLE_TEXT : ROLE_WARN, lines->pdata[i]);
}

void screen_panel_draw(struct screen_panel *panel, struct area area, bool focused)
{
	const struct text_screen *screen = screen_panel_screen(panel);

	area_clear(area, ROLE_TEXT);
	panel->look.grey = panel->state != SCREEN_LIVE || is_stuck(panel);
	if (!screen) {
		draw_nothing(panel, area);
		return;
	}
	if (!panel->chose_scale)
		panel->look.scaled = screen->kind == SCREEN_PICTURE;
	if (!panel->moved)
		screen_follow(screen, &panel->look, area.rows, area.cols);
	screen_draw(area, screen, &panel->look);
	screen_graphic_draw(panel->graphic, area);
	if (screen->kind == SCREEN_BLANK && panel->state == SCREEN_LIVE)
		area_text(area, 1, 1, -1, ROLE_DIM, "The guest's screen is blank.");
	draw_cursor(panel, screen, area, focused);
	draw_overlay(panel, area);
}
