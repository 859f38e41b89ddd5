/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The readers behind the wall: see wall.h. */
#include "wall.h"

#include <string.h>

#include "app_wait.h"
#include "nvirt/vnc.h"

/* All readers are looked at in this pace; between two looks they hold their frames back. */
enum { STEP_MS = 400 };

#define HOLD_LOCAL_US (2 * G_USEC_PER_SEC)
/* A door on another machine may be a connection by SSH. */
#define HOLD_REMOTE_US (8 * G_USEC_PER_SEC)
#define DOOR_US (30 * G_USEC_PER_SEC)
#define FIRST_SCREEN_US (20 * G_USEC_PER_SEC)
#define AGAIN_US (2 * G_USEC_PER_SEC)
#define REFUSED_US (30 * G_USEC_PER_SEC)
#define PICTURE_EVERY_US (3 * G_USEC_PER_SEC)
#define KEPT_US (300 * G_USEC_PER_SEC)

struct tile {
	struct wall_tile pub; /* first */
	struct text_screen screen;
	char *words;
	bool wanted;
	unsigned place;    /* among those wanted */
	unsigned door_id;  /* asked for; 0 = none */
	gint64 door_us;    /* since when */
	struct vnc_view *view;
	gint64 begun_us;   /* the reader */
	gint64 settled_us; /* its first whole screen; 0 = none so far */
	gint64 due_us;     /* not before */
	gint64 picture_us; /* the next screenshot, where there is no VNC; 0 = there is */
	unsigned frames;
};

struct wall {
	struct app *app;
	void (*changed)(void *data);
	bool (*in_sight)(void *data);
	void *data;
	GHashTable *tiles; /* struct obj_ref (in the tile) -> struct tile */
	struct app_wait *wait;
	bool again; /* something changed in this step */
};

/* ---- tiles ---- */

static void stop_reader(struct tile *tile)
{
	vnc_view_free(g_steal_pointer(&tile->view));
	tile->door_id = 0;
	tile->picture_us = tile->settled_us = 0;
	tile->pub.live = false;
}

static void tile_free(void *data)
{
	struct tile *tile = data;

	stop_reader(tile);
	g_free((void *)tile->screen.cells);
	g_free(tile->words);
	g_free(tile);
}

static struct tile *find(const struct wall *wall, const struct obj_ref *ref)
{
	return g_hash_table_lookup(wall->tiles, ref);
}

static void say(struct wall *wall, struct tile *tile, const char *words)
{
	wall->again |= !g_str_equal(tile->words, words);
	g_free(tile->words);
	tile->pub.words = tile->words = g_strdup(words);
}

static struct tile *add(struct wall *wall, const struct obj_ref *ref)
{
	struct tile *tile = g_new0(struct tile, 1);

	tile->pub.ref = *ref;
	tile->pub.words = tile->words = g_strdup("");
	g_hash_table_insert(wall->tiles, &tile->pub.ref, tile);
	return tile;
}

static void refuse(struct wall *wall, struct tile *tile, const char *words, gint64 wait_us)
{
	stop_reader(tile);
	say(wall, tile, words);
	tile->due_us = g_get_monotonic_time() + wait_us;
}

/* ---- a reader ---- */

static bool start_reader(struct wall *wall, struct tile *tile, int fd, const struct screen_door *door)
{
	struct vnc_source source = {.fd = fd, .password = door->password, .host = door->host};
	g_autoptr(GError) error = NULL;

	tile->view = vnc_view_new(&source, &error);
	tile->begun_us = g_get_monotonic_time();
	tile->frames = 0;
	if (!tile->view)
		refuse(wall, tile, error->message, REFUSED_US);
	return tile->view;
}

static void take_door(struct wall *wall, struct tile *tile, struct screen_door *door)
{
	switch (door->kind) {
	case DOOR_NONE:
		refuse(wall, tile, door->words, REFUSED_US);
		return;
	case DOOR_LAYOUT:
	case DOOR_MEMORY: /* nobody here asks for it */
		return;
	case DOOR_VNC:
		stop_reader(tile);
		start_reader(wall, tile, screen_door_take_fd(door), door);
		return;
	case DOOR_PICTURE:
		if (!tile->view && !start_reader(wall, tile, -1, door))
			return;
		vnc_view_show_png(tile->view, door->png);
		tile->picture_us = g_get_monotonic_time() + PICTURE_EVERY_US;
		return;
	}
}

bool wall_message(struct wall *wall, struct msg *msg)
{
	GHashTableIter iter;
	gpointer value;

	if (msg->type != MSG_SCREEN || !msg->door)
		return false;
	g_hash_table_iter_init(&iter, wall->tiles);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct tile *tile = value;

		if (tile->door_id != msg->door->id)
			continue;
		tile->door_id = 0;
		take_door(wall, tile, msg->door);
		return true;
	}
	return false;
}

static void ask_door(struct wall *wall, struct tile *tile)
{
	struct app *app = wall->app;

	tile->door_id = ++app->door_id;
	tile->door_us = g_get_monotonic_time();
	backend_open_screen(app->backend, &tile->pub.ref, store_name(app->store, &tile->pub.ref), tile->door_id);
}

/* What it shows is kept: the reader's own memory goes with the next frame. */
static void take_screen(struct wall *wall, struct tile *tile)
{
	const struct text_screen *screen = vnc_view_screen(tile->view);
	gsize size = sizeof(struct text_cell) * (gsize)screen->rows * (gsize)screen->cols;

	g_free((void *)tile->screen.cells);
	tile->screen = *screen;
	tile->screen.cells = g_memdup2(screen->cells, size);
	tile->screen.font = g_intern_string(screen->font);
	tile->pub.screen = &tile->screen;
	tile->frames = vnc_view_frames(tile->view);
	wall->again = true;
	if (!tile->settled_us)
		tile->settled_us = g_get_monotonic_time();
}

static void tell_sign(struct wall *wall, const struct tile *tile)
{
	struct app *app = wall->app;
	enum screen_sign sign = screen_sign_of_screen(tile->pub.screen);

	app_changed(app, store_see_screen(app->store, &tile->pub.ref, SIGN_BY_SCREEN, sign, app_now_us(app)));
}

static void reader_ended(struct wall *wall, struct tile *tile)
{
	enum vnc_end end = vnc_view_end(tile->view);
	bool closed = end == VNC_END_CLOSED || end == VNC_END_RESIZED;
	g_autofree char *words = g_strdup(vnc_view_words(tile->view));

	refuse(wall, tile, words, closed ? AGAIN_US : REFUSED_US);
}

static void look_at_reader(struct wall *wall, struct tile *tile, gint64 now_us)
{
	const struct guest *guest = store_guest(wall->app->store, &tile->pub.ref);
	bool fresh;

	vnc_view_pump(tile->view);
	if (vnc_view_state(tile->view) == VNC_ENDED) {
		reader_ended(wall, tile);
		return;
	}
	fresh = vnc_view_settled(tile->view) && vnc_view_frames(tile->view) != tile->frames;
	if (fresh) {
		take_screen(wall, tile);
		say(wall, tile, "");
	}
	if (tile->settled_us) {
		wall->again |= !tile->pub.live;
		tile->pub.live = true;
		tile->pub.seen_us = now_us;
		store_keep_seeing(wall->app->store, &tile->pub.ref, SIGN_BY_SCREEN, app_now_us(wall->app));
		if (fresh || (guest && screen_signs_pending(&guest->signs[SIGN_BY_SCREEN])))
			tell_sign(wall, tile);
	} else if (now_us - tile->begun_us > FIRST_SCREEN_US) {
		refuse(wall, tile, "its VNC server shows nothing", REFUSED_US);
	}
	if (tile->view && tile->picture_us && now_us >= tile->picture_us && !tile->door_id)
		ask_door(wall, tile);
}

/* ---- whose turn it is ---- */

static bool busy(const struct tile *tile)
{
	return tile->view || tile->door_id;
}

static bool is_due(const struct wall *wall, const struct tile *tile, gint64 now_us)
{
	const struct guest *guest = store_guest(wall->app->store, &tile->pub.ref);

	return tile->wanted && !busy(tile) && tile->due_us <= now_us && guest && guest_state_active(guest->state);
}

/* The one that waited longest; of those never seen the first in sight. */
static bool before(const struct tile *a, const struct tile *b)
{
	return a->pub.seen_us != b->pub.seen_us ? a->pub.seen_us < b->pub.seen_us : a->place < b->place;
}

static bool may_go(const struct wall *wall, const struct tile *tile, gint64 now_us)
{
	const struct host *host = store_host(wall->app->store, tile->pub.ref.host);
	gint64 hold_us = host && host->status->local ? HOLD_LOCAL_US : HOLD_REMOTE_US;

	return tile->view && tile->settled_us && now_us - tile->settled_us >= hold_us;
}

struct turns {
	unsigned readers, doors, due;
	struct tile *next; /* to be read */
	struct tile *done; /* that may give its place */
};

static struct turns count_turns(struct wall *wall, gint64 now_us)
{
	struct turns turns = {0};
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, wall->tiles);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct tile *tile = value;

		turns.readers += busy(tile);
		turns.doors += tile->door_id != 0;
		if (is_due(wall, tile, now_us)) {
			turns.due++;
			if (!turns.next || before(tile, turns.next))
				turns.next = tile;
		}
		if (may_go(wall, tile, now_us) && (!turns.done || tile->begun_us < turns.done->begun_us))
			turns.done = tile;
	}
	return turns;
}

static void schedule(struct wall *wall, gint64 now_us)
{
	for (;;) {
		struct turns turns = count_turns(wall, now_us);

		if (!turns.next)
			return;
		if (turns.readers >= WALL_READERS_MAX) {
			if (!turns.done)
				return;
			stop_reader(turns.done);
			continue;
		}
		if (turns.doors >= WALL_DOORS_MAX)
			return;
		ask_door(wall, turns.next);
	}
}

unsigned wall_readers(const struct wall *wall)
{
	GHashTableIter iter;
	gpointer value;
	unsigned count = 0;

	g_hash_table_iter_init(&iter, wall->tiles);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		count += busy(value);
	return count;
}

/* ---- steps ---- */

static void look_at(struct wall *wall, struct tile *tile, gint64 now_us)
{
	const struct guest *guest = store_guest(wall->app->store, &tile->pub.ref);

	if (!tile->wanted || !guest || !guest_state_active(guest->state)) {
		stop_reader(tile);
		return;
	}
	if (tile->view)
		look_at_reader(wall, tile, now_us);
	if (tile->door_id && now_us - tile->door_us > DOOR_US)
		refuse(wall, tile, "the host does not answer", AGAIN_US);
}

static void step(void *data)
{
	struct wall *wall = data;
	gint64 now_us = g_get_monotonic_time();
	bool sight = wall->in_sight(wall->data);
	GHashTableIter iter;
	gpointer value;

	app_wait_stop(&wall->wait);
	g_hash_table_iter_init(&iter, wall->tiles);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct tile *tile = value;

		if (sight)
			look_at(wall, tile, now_us);
		else
			stop_reader(tile);
		if (!tile->wanted && now_us - tile->pub.seen_us > KEPT_US)
			g_hash_table_iter_remove(&iter);
	}
	if (!sight)
		return;
	schedule(wall, now_us);
	if (wall->again)
		wall->changed(wall->data);
	wall->again = false;
	wall->wait = app_wait_ms(wall->app, STEP_MS, step, wall);
}

/* ---- from the front ---- */

static guint hash_ref(gconstpointer ref)
{
	return obj_ref_hash(ref);
}

static gboolean equal_refs(gconstpointer a, gconstpointer b)
{
	return obj_ref_equal(a, b);
}

struct wall *wall_new(struct app *app, void (*changed)(void *data), bool (*in_sight)(void *data), void *data)
{
	struct wall *wall = g_new0(struct wall, 1);

	*wall = (struct wall){.app = app, .changed = changed, .in_sight = in_sight, .data = data};
	wall->tiles = g_hash_table_new_full(hash_ref, equal_refs, NULL, tile_free);
	return wall;
}

void wall_free(struct wall *wall)
{
	if (!wall)
		return;
	app_wait_stop(&wall->wait);
	g_hash_table_unref(wall->tiles);
	g_free(wall);
}

void wall_show(struct wall *wall, const struct obj_ref *guests, unsigned count)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, wall->tiles);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		((struct tile *)value)->wanted = false;
	for (unsigned i = 0; i < count; i++) {
		struct tile *tile = find(wall, &guests[i]);

		if (!tile)
			tile = add(wall, &guests[i]);
		tile->wanted = true;
		tile->place = i;
	}
	if (!wall->wait && wall->app->backend)
		wall->wait = app_wait_ms(wall->app, 1, step, wall);
}

const struct wall_tile *wall_tile(struct wall *wall, const struct obj_ref *guest)
{
	const struct tile *tile = find(wall, guest);

	return tile ? &tile->pub : NULL;
}

void wall_retry(struct wall *wall, const struct obj_ref *guest)
{
	struct tile *tile = find(wall, guest);

	if (tile && !busy(tile))
		tile->due_us = 0;
}
