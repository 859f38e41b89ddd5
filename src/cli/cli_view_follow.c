/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A screen that outlives its QEMU: an installer reboots, a guest is powered off and on, saved, moved, its host is
 * away for a while. The way to it is asked for again, one question at a time: one that a hung QEMU keeps has a
 * thread of its own and is not asked a second time. Main thread.
 */
#include <poll.h>

#include "cli_view.h"
#include "nvirt/text.h"

/* Before the first new try, twice that before the next … */
#define AGAIN_US (300 * 1000)
#define AGAIN_MAX_US (5 * G_USEC_PER_SEC)
/* What is back by then was not worth a word. */
#define TELL_AFTER_US (2 * G_USEC_PER_SEC)
/* A guest that is being started has no VNC for a moment; one that has none then has none at all. */
#define TRIES_UNSEEN 3
#define TRIES_BROKEN 5
#define TRIES_EARLY 6

/* ---- its guest ---- */

static const struct host *host_of(const struct cli_view *view)
{
	return view->session ? store_host(view->session->store, view->ref.host) : NULL;
}

static bool host_is_up(const struct cli_view *view)
{
	const struct host *host = host_of(view);

	return !view->session || (host && host->status->link == HOST_UP);
}

/* Of what libvirt says as long as it says something. */
static enum cli_presence look_for_guest(const struct cli_view *view)
{
	const struct guest *guest = view->session ? store_guest(view->session->store, &view->ref) : NULL;

	return guest && host_is_up(view) && guest->state == GUEST_OFF ? PRESENCE_OFF : PRESENCE_UNKNOWN;
}

static bool guest_is_gone(const struct cli_view *view)
{
	return view->session && host_is_up(view) && !store_has(view->session->store, &view->ref);
}

/* ---- what is said ---- */

static void keep_why(struct cli_view *view, const char *why)
{
	char *words = g_strdup(why);

	g_free(view->follow.why);
	view->follow.why = words;
}

void cli_follow_tell(struct cli_view *view)
{
	struct cli_follow *follow = &view->follow;
	struct output *out = &view->cli->out;

	bool off = follow->presence == PRESENCE_OFF;

	/* Why it went may be known later than that it did. */
	if (off ? follow->told_off : follow->told)
		return;
	follow->told = true;
	follow->told_off |= off;
	if (off)
		output_note(out, "nvirt: '%s' is off: waiting until it runs", view->name);
	else if (!host_is_up(view))
		output_note(out, "nvirt: the screen of '%s' is gone, and its host not connected: waiting for them", view->name);
	else
		output_note(out, "nvirt: the screen of '%s' %s: waiting for it%s%s%s", view->name,
		        follow->seen ? "is gone" : "does not come", follow->why ? " (" : "", follow->why ? follow->why : "",
		        follow->why ? ")" : "");
}

/* What may be back in a moment is not worth a word. */
static void tell_in_time(struct cli_view *view)
{
	bool late = g_get_monotonic_time() - view->follow.since_us >= TELL_AFTER_US;

	if (view->follow.presence == PRESENCE_OFF || !host_is_up(view) || late)
		cli_follow_tell(view);
}

static void tell_back(struct cli_view *view)
{
	if (view->follow.told)
		output_note(&view->cli->out, "nvirt: the screen of '%s' is there%s", view->name, view->follow.seen ? " again" : "");
	else if (view->follow.restarted && view->follow.seen)
		output_note(&view->cli->out, "nvirt: the screen of '%s' was gone for a moment", view->name);
}

/* ---- its way ---- */

/*
 * Is it an end after which there may be another beginning? QEMU may die in the middle of a word; one that talks
 * nonsense again and again is none to wait for, nor is a server that never showed anything.
 */
static bool may_come_back(const struct cli_view *view)
{
	bool shown = view->session || vnc_view_frames(view->view);

	switch (vnc_view_end(view->view)) {
	case VNC_END_NONE:
	case VNC_END_RESIZED:
		return true;
	case VNC_END_CLOSED:
		return shown;
	case VNC_END_BROKEN:
	case VNC_END_STALLED:
		return shown && (view->follow.presence == PRESENCE_THERE || view->follow.tries < TRIES_BROKEN);
	case VNC_END_REFUSED:
		/* A QEMU that begins refuses everybody until libvirt has told it the password. */
		return view->session && (view->follow.seen || view->follow.told_off) && view->follow.tries < TRIES_EARLY;
	case VNC_END_PASSWORD:
	case VNC_END_USER:
	case VNC_END_READER:
	case VNC_END_N:
		break;
	}
	return false;
}

void cli_follow_begin(struct cli_view *view)
{
	struct cli_follow *follow = &view->follow;
	gint64 now_us = g_get_monotonic_time();
	bool ended = view->view && vnc_view_state(view->view) == VNC_ENDED;

	follow->cut = true;
	view->silent = false;
	follow->over = ended && !may_come_back(view);
	/* A try that came to nothing is none that went. */
	if (follow->over)
		keep_why(view, NULL);
	if (follow->presence == PRESENCE_THERE) {
		follow->presence = look_for_guest(view);
		follow->since_us = now_us;
		follow->frames = view->view ? vnc_view_frames(view->view) : 0;
		follow->tries = 0;
		follow->told = follow->told_off = follow->restarted = false;
		keep_why(view, NULL);
	}
	follow->restarted |= !ended || vnc_view_end(view->view) != VNC_END_RESIZED;
	/* One whose size changed has its screen at once, and the first look is due now. */
	if (!follow->restarted || (!follow->seen && !follow->tries))
		follow->next_us = now_us;
	else
		follow->next_us = now_us + MIN((gint64)AGAIN_US << MIN(follow->tries, 8), AGAIN_MAX_US);
	follow->tries++;
}

static void try_later(struct cli_view *view, const char *why)
{
	keep_why(view, why);
	cli_follow_begin(view);
	view->follow.over = false;
}

/* `words`: what is said of it at the end; NULL = said already. */
static void give_up(struct cli_view *view, const char *words)
{
	keep_why(view, words);
	view->follow.cut = view->follow.over = true;
}

static bool try_address(struct cli_view *view, const char *address)
{
	g_autoptr(GError) error = NULL;

	view->follow.cut = !cli_view_use_address(view, address, &error);
	if (error)
		try_later(view, error->message);
	else if (view->follow.cut)
		give_up(view, NULL);
	return !view->follow.cut;
}

/* The answer, where it is there. */
static bool try_door(struct cli_view *view)
{
	struct screen_door *door = g_steal_pointer(&view->session->door);

	view->follow.door_id = 0;
	if (door->kind == DOOR_NONE && !door->off && !view->follow.seen && view->follow.tries > TRIES_UNSEEN) {
		give_up(view, door->words);
	} else if (door->kind == DOOR_NONE) {
		try_later(view, door->words);
	} else {
		view->follow.cut = false;
		if (!cli_view_use_door(view, door))
			give_up(view, NULL);
	}
	screen_door_free(door);
	return !view->follow.cut;
}

bool cli_follow_step(struct cli_view *view)
{
	struct cli_follow *follow = &view->follow;
	enum cli_presence now = look_for_guest(view);

	if (follow->over)
		return false;
	if (guest_is_gone(view)) {
		g_autofree char *words =
		        g_strdup_printf("cannot show the screen of '%s': it is not defined any more", view->name);

		give_up(view, words);
		return false;
	}
	/* It was started: its screen is there in a moment. */
	if (follow->presence == PRESENCE_OFF && now != PRESENCE_OFF) {
		follow->tries = 0;
		follow->next_us = 0;
	}
	follow->presence = now;
	follow->host_up = host_is_up(view);
	tell_in_time(view);
	if (follow->door_id)
		return view->session->door && try_door(view);
	if (now == PRESENCE_OFF || !follow->host_up || g_get_monotonic_time() < follow->next_us)
		return false;
	if (!view->session)
		return try_address(view, cli_line_value(&view->cli->line, "vnc"));
	follow->door_id = cli_session_ask_door(view->session, &view->ref);
	return false;
}

void cli_follow_look(struct cli_view *view)
{
	struct cli_follow *follow = &view->follow;

	if (follow->presence == PRESENCE_THERE || follow->cut || !vnc_view_settled(view->view) ||
	        vnc_view_frames(view->view) == follow->frames)
		return;
	follow->presence = PRESENCE_THERE;
	tell_back(view);
	follow->seen = true;
}

/* ---- waiting ---- */

static bool has_news(struct cli_session *session, void *data)
{
	const struct cli_view *view = data;

	return (view->follow.door_id && session->door) || guest_is_gone(view) || host_is_up(view) != view->follow.host_up ||
	       look_for_guest(view) != view->follow.presence;
}

enum cli_wait cli_follow_wait(struct cli_view *view, gint64 deadline_us)
{
	const struct cli_follow *follow = &view->follow;
	gint64 now_us = g_get_monotonic_time(), until_us = deadline_us;

	if (!follow->told)
		until_us = MIN(until_us, MAX(follow->since_us + TELL_AFTER_US, now_us));
	if (!follow->door_id && follow->host_up && follow->presence != PRESENCE_OFF)
		until_us = MIN(until_us, MAX(follow->next_us, now_us));
	if (view->session)
		return cli_session_wait(view->session, has_news, view, -1, until_us);
	poll(NULL, 0, (int)CLAMP((until_us - now_us + 999) / 1000, 0, G_MAXINT));
	return WAIT_DONE;
}
