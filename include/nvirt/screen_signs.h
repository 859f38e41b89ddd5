/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest's screen says about the guest: that its kernel has panicked, that somebody is
 * waited for. Told from the text of VNC screens and serial consoles that are watched anyway. Pure.
 */
#ifndef NVIRT_SCREEN_SIGNS_H
#define NVIRT_SCREEN_SIGNS_H

#include <glib.h>
#include <stdbool.h>

struct text_screen;
struct serial_screen;

/* In the order in which they count, where a screen shows more than one: id, letter, trouble?, words. */
#define SCREEN_SIGNS(X)                                                            \
	X(SIGN_PANIC, 'P', true, "kernel panic")                                   \
	X(SIGN_NO_BOOT, 'B', true, "no bootable device")                           \
	X(SIGN_GRUB_RESCUE, 'G', true, "GRUB rescue")                              \
	X(SIGN_FSCK, 'F', true, "fsck prompt")                                     \
	X(SIGN_MAINTENANCE, 'M', true, "maintenance shell")                        \
	X(SIGN_OOPS, 'O', true, "kernel oops")                                     \
	X(SIGN_INSTALLER, 'I', false, "installer waiting")                         \
	X(SIGN_LOGIN, 'L', false, "login prompt")

enum screen_sign {
	SIGN_NONE,
#define X(id, letter, trouble, words) id,
	SCREEN_SIGNS(X)
#undef X
	        SIGN_N
};

/* "kernel panic"; "" of SIGN_NONE. */
const char *screen_sign_words(enum screen_sign sign);
/* 'P'; 0 of SIGN_NONE. */
char screen_sign_letter(enum screen_sign sign);
/* Does it need somebody, or only wait for one? */
bool screen_sign_trouble(enum screen_sign sign);

/* Rows from the top, without their trailing blanks. */
enum screen_sign screen_sign_of_rows(const char *const *rows, unsigned count);
enum screen_sign screen_sign_of_screen(const struct text_screen *screen); /* NULL, a picture: none */
/* The last rows, as a terminal shows them. */
enum screen_sign screen_sign_of_serial(const struct serial_screen *screen);

/* Nobody has looked for so long: what it said then may be over. */
#define SIGN_OLD_US (60 * G_USEC_PER_SEC)

/* A guest may have both, and they need not say the same. */
enum sign_source { SIGN_BY_SCREEN, SIGN_BY_SERIAL, SIGN_SOURCE_N };

/* A sign comes when it has stood for a moment, and goes when it was away for one. Zeroed = nothing seen. */
struct screen_signs {
	enum screen_sign shown;
	enum screen_sign next; /* what was seen last, if that is something else */
	gint64 next_us;        /* monotonic, since when */
	gint64 seen_us;        /* monotonic, when somebody looked last; 0 = never */
	bool oops;             /* it scrolled by: stays true for the kernel that runs */
};

/* What the screen says now; true when `shown` changed. */
bool screen_signs_see(struct screen_signs *signs, enum screen_sign sign, gint64 now_us);
/* Does something wait to be shown or to go? Then it is to be seen again soon, also when nothing changes. */
bool screen_signs_pending(const struct screen_signs *signs);

#endif
