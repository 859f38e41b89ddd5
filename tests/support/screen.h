/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Drawing tests: an app without terminal, back end or loop, fed with messages
 * and keys, read back as text. The clock stands still at SCREEN_NOW_US.
 *
 *   struct screen *screen = screen_new(24, 80);
 *   screen_host(screen, "qemu:///system");
 *   screen_message(screen, msg);
 *   screen_keys(screen, "j j Enter");
 *   screen_assert_has(screen, "web1");
 *   screen_free(screen);
 */
#ifndef NVIRT_TESTS_SCREEN_H
#define NVIRT_TESTS_SCREEN_H

#include "ui/app.h"

#define SCREEN_NOW_US (G_GINT64_CONSTANT(1000000) * 100000)

struct screen {
	struct app app;
	struct options options;
	char *text; /* of the last screen_text() */
};

struct screen *screen_new(int rows, int cols);
struct screen *screen_new_ascii(int rows, int cols);
/* With other regions than the program's; NULL entries are left out. */
struct screen *screen_new_regions(int rows, int cols, const struct view_ops *const regions[REGION_N]);
void screen_free(struct screen *screen);

/* Adds a host to the store and opens it; its number is returned. No back end runs. */
unsigned screen_host(struct screen *screen, const char *uri);
/* A host status message: HOST_UP, epoch 1. */
void screen_host_up(struct screen *screen, unsigned host, const char *hostname);
void screen_message(struct screen *screen, struct msg *msg); /* takes it */
/* Space-separated key names ("j", "C-r", "Enter"); a word in quotes is typed letter by letter: "/ 'web1' Enter". */
void screen_keys(struct screen *screen, const char *keys);
void screen_resize(struct screen *screen, int rows, int cols);
/* Moves the held clock on. */
void screen_advance(struct screen *screen, gint64 us);

/* Draws and returns the whole screen; borrowed until the next call. */
const char *screen_text(struct screen *screen);
/* One line of it, owned. */
char *screen_line(struct screen *screen, int y);
enum role screen_role(struct screen *screen, int y, int x);
/* First cell where `needle` stands; false = nowhere. */
bool screen_find(struct screen *screen, const char *needle, int *ret_y, int *ret_x);
/* Fail the cmocka test, showing the screen. */
void screen_assert_has(struct screen *screen, const char *needle);
void screen_assert_lacks(struct screen *screen, const char *needle);

#endif
