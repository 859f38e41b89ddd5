/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How things look: see look.h. Main thread; knows no view. */
#include "look.h"

#include "app.h"
#include "nvirt/text.h"

struct look look_guest(const struct guest *guest)
{
	static const struct look looks[GUEST_STATE_N] = {
	        [GUEST_UNKNOWN] = {GLYPH_UNKNOWN, ROLE_UNKNOWN},
	        [GUEST_RUNNING] = {GLYPH_RUNNING, ROLE_RUNNING},
	        [GUEST_BLOCKED] = {GLYPH_RUNNING, ROLE_RUNNING},
	        [GUEST_PAUSED] = {GLYPH_PAUSED, ROLE_PAUSED},
	        [GUEST_SHUTTING_DOWN] = {GLYPH_SHUTDOWN, ROLE_SHUTDOWN},
	        [GUEST_OFF] = {GLYPH_OFF, ROLE_STOPPED},
	        [GUEST_CRASHED] = {GLYPH_CRASHED, ROLE_CRASHED},
	        [GUEST_SUSPENDED] = {GLYPH_SUSPENDED, ROLE_PAUSED},
	};

	if (guest->stuck_us)
		return (struct look){GLYPH_STUCK, ROLE_ERROR};
	return looks[guest->state < GUEST_STATE_N ? guest->state : GUEST_UNKNOWN];
}

static gint64 stale_ms(const struct app *app, const struct host *host)
{
	return store_host_stale_ms(app->store, host, app->refresh_ms, app_now_us(app));
}

bool look_host_stale(const struct app *app, const struct host *host)
{
	return host->status->link != HOST_UP || stale_ms(app, host) >= 0;
}

struct look look_host(const struct app *app, const struct host *host)
{
	switch (host->status->link) {
	case HOST_UP:
		if (stale_ms(app, host) >= 0)
			return (struct look){GLYPH_STUCK, ROLE_WARN};
		return (struct look){GLYPH_HOST_UP, ROLE_RUNNING};
	case HOST_CONNECTING:
		return (struct look){GLYPH_UNKNOWN, ROLE_WARN};
	case HOST_LOST:
	case HOST_FAILED:
		return (struct look){GLYPH_HOST_DOWN, ROLE_ERROR};
	case HOST_OFF:
	case HOST_LINK_N:
		break;
	}
	return (struct look){GLYPH_HOST_DOWN, ROLE_STOPPED};
}

struct look look_pool(const struct pool *pool)
{
	switch (pool->row->state) {
	case POOL_RUNNING:
		return (struct look){GLYPH_POOL, ROLE_RUNNING};
	case POOL_BUILDING:
	case POOL_DEGRADED:
		return (struct look){GLYPH_STUCK, ROLE_WARN};
	case POOL_INACCESSIBLE:
		return (struct look){GLYPH_NO, ROLE_ERROR};
	case POOL_INACTIVE:
		break;
	}
	return (struct look){GLYPH_INACTIVE, ROLE_STOPPED};
}

struct look look_network(const struct network *network)
{
	if (network->row->active)
		return (struct look){GLYPH_NETWORK, ROLE_RUNNING};
	return (struct look){GLYPH_INACTIVE, ROLE_STOPPED};
}

struct look look_task(enum task_state state)
{
	static const struct look looks[TASK_STATE_N] = {
	        [TASK_QUEUED] = {GLYPH_INACTIVE, ROLE_DIM},
	        [TASK_RUNNING] = {GLYPH_RUNNING, ROLE_TASK_RUNNING},
	        [TASK_OK] = {GLYPH_YES, ROLE_TASK_OK},
	        [TASK_WARNING] = {GLYPH_STUCK, ROLE_TASK_WARN},
	        [TASK_FAILED] = {GLYPH_CRASHED, ROLE_TASK_ERROR},
	        [TASK_ABORTED] = {GLYPH_NO, ROLE_TASK_ABORTED},
	        [TASK_UNKNOWN] = {GLYPH_UNKNOWN, ROLE_TASK_WARN},
	        [TASK_INTERRUPTED] = {GLYPH_UNKNOWN, ROLE_TASK_WARN},
	};

	return looks[state < TASK_STATE_N ? state : TASK_UNKNOWN];
}

/* ", retry in 3 s", or nothing; owned. */
static char *retry_text(const struct app *app, const struct host_status *status)
{
	gint64 left_us = status->retry_at_us - app_now_us(app);

	if (!status->retry_at_us)
		return g_strdup("");
	if (left_us <= 0)
		return g_strdup(", trying again");
	/* Rounded up: a countdown never says 0 s while it still waits. */
	return g_strdup_printf(
	        ", retry in %" G_GINT64_FORMAT " s", (left_us + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC);
}

/* In whole minutes: an idle screen has nothing to send each second. */
static char *up_text(const struct app *app, const struct host_status *status)
{
	gint64 minutes = status->since_us ? (app_now_us(app) - status->since_us) / (60 * G_USEC_PER_SEC) : 0;

	if (minutes < 1)
		return g_strdup("up");
	if (minutes < 120)
		return g_strdup_printf("up %d min", (int)minutes);
	if (minutes < 48 * 60)
		return g_strdup_printf("up %d h", (int)(minutes / 60));
	return g_strdup_printf("up %d days", (int)(minutes / (24 * 60)));
}

char *look_host_link(const struct app *app, const struct host *host)
{
	const struct host_status *status = host->status;
	g_autofree char *span = look_span_us(status->since_us ? app_now_us(app) - status->since_us : -1);
	g_autofree char *retry = retry_text(app, status);
	gint64 stale = stale_ms(app, host);

	switch (status->link) {
	case HOST_UP:
		if (stale >= 0) {
			g_autofree char *age = look_span_us(stale * 1000);

			return g_strdup_printf("not answering for %s", age);
		}
		return up_text(app, status);
	case HOST_CONNECTING:
		if (status->attempt)
			return g_strdup_printf("connecting %s, try %u", span, status->attempt + 1);
		return g_strdup_printf("connecting %s", span);
	case HOST_LOST:
		return g_strdup_printf("LOST %s%s", span, retry);
	case HOST_FAILED:
		return g_strdup_printf("no connection%s", retry);
	case HOST_OFF:
	case HOST_LINK_N:
		break;
	}
	return g_strdup("disconnected");
}

enum role look_host_link_role(const struct app *app, const struct host *host)
{
	switch (host->status->link) {
	case HOST_UP:
		return stale_ms(app, host) >= 0 ? ROLE_HEADER_ALERT : ROLE_OK;
	case HOST_LOST:
	case HOST_FAILED:
		return ROLE_HEADER_ALERT;
	case HOST_CONNECTING:
		return ROLE_WARN;
	case HOST_OFF:
	case HOST_LINK_N:
		break;
	}
	return ROLE_STALE;
}

char *look_host_age(const struct app *app, const struct host *host)
{
	g_autofree char *span = NULL;

	if (!host->sample_us || !look_host_stale(app, host))
		return NULL;
	span = look_span_us(app_now_us(app) - host->sample_us);
	return g_strdup_printf("%s old", span);
}

const char *look_guest_word(const struct guest *guest)
{
	return guest->stuck_us ? "no answer" : guest_state_word(guest->state);
}

bool look_guest_alarm(const struct guest *guest)
{
	return guest->stuck_us || (guest->flags & GUEST_PROC_STOPPED) || screen_sign_trouble(guest->sign) ||
	       guest_state_alarming(guest->state, guest->reason);
}

void look_guest_marks(const struct guest *guest, char out[LOOK_MARKS])
{
	char *p = out;

	if (look_guest_alarm(guest))
		*p++ = '!';
	if (guest->sign)
		*p++ = screen_sign_letter(guest->sign);
	if (guest->tcg)
		*p++ = 'T';
	if (guest->flags & GUEST_TEMPLATE)
		*p++ = 't';
	if (guest->flags & GUEST_AUTOSTART)
		*p++ = 'a';
	*p = '\0';
}

bool look_guest_sign_old(const struct app *app, const struct guest *guest)
{
	return guest->sign && guest_sign_age_us(guest, app_now_us(app)) >= SIGN_OLD_US;
}

char *look_guest_sign(const struct app *app, const struct guest *guest)
{
	gint64 minutes = guest_sign_age_us(guest, app_now_us(app)) / (60 * G_USEC_PER_SEC);
	const char *words = screen_sign_words(guest->sign);

	if (!look_guest_sign_old(app, guest))
		return g_strdup(words);
	if (minutes < 60)
		return g_strdup_printf("%s, seen %d min ago", words, (int)minutes);
	if (minutes < 24 * 60)
		return g_strdup_printf("%s, seen %d h ago", words, (int)(minutes / 60));
	return g_strdup_printf("%s, seen %d d ago", words, (int)(minutes / (24 * 60)));
}

char *look_guest_state(const struct guest *guest)
{
	const char *reason = guest_reason_word(guest->state, guest->reason);

	if (!*reason)
		return g_strdup(guest_state_word(guest->state));
	return g_strdup_printf("%s (%s)", guest_state_word(guest->state), reason);
}

char *look_guest_problem(const struct app *app, const struct guest *guest)
{
	gint64 age_us = app_now_us(app) - guest->stuck_us;
	g_autofree char *span = NULL;
	char since[32];

	if (!guest->stuck_us)
		return guest->detail ? g_strdup(guest->detail->problem) : NULL;
	span = look_span_us(age_us);
	text_format_time(since, sizeof(since), look_wall_us() - age_us, look_wall_us());
	return g_strdup_printf("QEMU has not answered since %s (%s)%s%s", since, span,
	        guest->stuck_why && *guest->stuck_why ? ": " : "", guest->stuck_why ? guest->stuck_why : "");
}

enum role look_level(double fraction)
{
	if (fraction >= 0.95)
		return ROLE_CRIT;
	return fraction >= 0.80 ? ROLE_WARN : ROLE_OK;
}

enum role look_bar(double fraction)
{
	enum role level = look_level(fraction);
	return level == ROLE_CRIT ? ROLE_BAR_CRIT : level == ROLE_WARN ? ROLE_BAR_WARN : ROLE_BAR_USED;
}

char *look_version(unsigned long version)
{
	if (!version)
		return g_strdup("unknown");
	return g_strdup_printf("%lu.%lu.%lu", version / 1000000, version / 1000 % 1000, version % 1000);
}

char *look_bytes(gint64 bytes)
{
	char out[32];

	if (bytes < 0)
		return g_strdup("-");
	text_format_bytes(out, sizeof(out), (guint64)bytes);
	return g_strdup(out);
}

char *look_kib(gint64 kib)
{
	return look_bytes(kib < 0 || kib > G_MAXINT64 / 1024 ? -1 : kib * 1024);
}

char *look_rate(double bytes_per_second)
{
	char out[32];

	/* The comparison is false for NaN too. */
	if (!(bytes_per_second >= 0 && bytes_per_second < 1e18))
		return g_strdup("-");
	text_format_bytes(out, sizeof(out), (guint64)bytes_per_second);
	return g_strconcat(out, "/s", NULL);
}

char *look_pct(double pct)
{
	if (!(pct >= 0 && pct < 1e9))
		return g_strdup("-");
	return g_strdup_printf(pct < 99.95 ? "%.1f%%" : "%.0f%%", pct);
}

char *look_span_us(gint64 us)
{
	char out[32];

	if (us < 0)
		return g_strdup("-");
	/* Whole seconds: a figure that dances in milliseconds tells nothing more. */
	text_format_span_ms(out, sizeof(out), us / G_USEC_PER_SEC * 1000);
	return g_strdup(us < G_USEC_PER_SEC ? "0 s" : out);
}

const char *look_yes_no(bool yes)
{
	return yes ? "yes" : "no";
}

static gint64 held_wall_us;

gint64 look_wall_us(void)
{
	return held_wall_us ? held_wall_us : g_get_real_time();
}

void look_hold_wall(gint64 wall_us)
{
	held_wall_us = wall_us;
}

void look_scrollbar(struct area area, unsigned top, unsigned count)
{
	unsigned rows = (unsigned)MAX(area.rows, 0);
	unsigned size, at;

	if (rows < 2 || count <= rows || area.cols < 1)
		return;
	size = MAX(1, (unsigned)((guint64)rows * rows / count));
	at = (unsigned)((guint64)MIN(top, count - rows) * (rows - size) / (count - rows));
	for (unsigned y = 0; y < rows; y++) {
		bool thumb = y >= at && y < at + size;

		area_glyph(area, (int)y, area.cols - 1, thumb ? ROLE_BAR_USED : ROLE_BORDER,
		        thumb ? GLYPH_BAR_FULL : GLYPH_V);
	}
}
