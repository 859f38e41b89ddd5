/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How things look: the glyph and role of a state, and figures as words. One
 * place, so that tree, tables and summaries agree. Main thread; pure.
 */
#ifndef NVIRT_UI_LOOK_H
#define NVIRT_UI_LOOK_H

#include "canvas.h"
#include "nvirt/store.h"

struct app;

struct look {
	enum glyph glyph;
	enum role role;
};

struct look look_guest(const struct guest *guest);
struct look look_host(const struct app *app, const struct host *host);
struct look look_pool(const struct pool *pool);
struct look look_network(const struct network *network);
struct look look_task(enum task_state state);

/* Are the host's figures older than they should be (or is it not connected)? */
bool look_host_stale(const struct app *app, const struct host *host);
/* "up 02:11:03", "LOST 12 s, retry in 3 s", "not answering for 7 s"; owned. */
char *look_host_link(const struct app *app, const struct host *host);
/* Role for look_host_link(). */
enum role look_host_link_role(const struct app *app, const struct host *host);
/* The age of a host's figures, "12 s old"; NULL while they are fresh. Owned. */
char *look_host_age(const struct app *app, const struct host *host);
/* "running", "not answering": one word for a table. Borrowed. */
const char *look_guest_word(const struct guest *guest);
/* Does it need somebody: not answering, crashed, paused by an error, a panic on its screen? */
bool look_guest_alarm(const struct guest *guest);
/*
 * The letters of what a guest is, those that matter most first: ! alarm, what its screen says
 * (screen_sign_letter()), T emulated, t template, a autostart.
 */
#define LOOK_MARKS 6
void look_guest_marks(const struct guest *guest, char out[LOOK_MARKS]);
/* "login prompt", "login prompt, seen 10 min ago"; "" = it says nothing. Owned. */
char *look_guest_sign(const struct app *app, const struct guest *guest);
/* It was not seen for so long that it may be over. */
bool look_guest_sign_old(const struct app *app, const struct guest *guest);
/* "running (booted)"; owned. */
char *look_guest_state(const struct guest *guest);
/* "QEMU has not answered since 21:45:03 (12 s): why", or NULL; owned. */
char *look_guest_problem(const struct app *app, const struct guest *guest);
/* OK, WARN from 80 %, CRIT from 95 %. */
enum role look_level(double fraction);
/* The same for a bar. */
enum role look_bar(double fraction);

/* "9.0.0", "unknown"; owned. */
char *look_version(unsigned long version);
/* All owned. Negative figures give "-" ("not known" has one sign everywhere). */
char *look_bytes(gint64 bytes);
char *look_kib(gint64 kib);
char *look_rate(double bytes_per_second);
char *look_pct(double pct);
char *look_span_us(gint64 us);
const char *look_yes_no(bool yes);

/* Wall clock now in us. */
gint64 look_wall_us(void);
/* It stands still, for a test that compares two frames; 0 = it goes again. */
void look_hold_wall(gint64 wall_us);
/* A one-column thumb at the right edge of `area` when `count` rows do not fit. */
void look_scrollbar(struct area area, unsigned top, unsigned count);

#endif
