/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Drawing tests: see screen.h. */
#include "support/screen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct screen *make(int rows, int cols, bool ascii, const struct view_ops *const regions[REGION_N])
{
	struct screen *screen = g_new0(struct screen, 1);
	screen->options.ascii = ascii;
	if (regions)
		app_init_regions(&screen->app, &screen->options, rows, cols, regions);
	else
		app_init(&screen->app, &screen->options, rows, cols);
	screen->app.held_us = SCREEN_NOW_US;
	return screen;
}

struct screen *screen_new(int rows, int cols)
{
	return make(rows, cols, false, NULL);
}

struct screen *screen_new_ascii(int rows, int cols)
{
	return make(rows, cols, true, NULL);
}

struct screen *screen_new_regions(int rows, int cols, const struct view_ops *const regions[REGION_N])
{
	return make(rows, cols, false, regions);
}

void screen_free(struct screen *screen)
{
	if (!screen)
		return;
	app_fini(&screen->app);
	g_free(screen->text);
	g_free(screen);
}

unsigned screen_host(struct screen *screen, const char *uri)
{
	struct host *host = store_add_host(screen->app.store, uri, false);
	app_changed(&screen->app, CHANGE_HOST | CHANGE_LIST);
	app_open(&screen->app, &host->ref);
	return host->id;
}

void screen_host_up(struct screen *screen, unsigned host, const char *hostname)
{
	struct msg *msg = msg_new(MSG_HOST, host, 1);
	msg->status = host_status_new();
	msg->status->link = HOST_UP;
	msg->status->epoch = 1;
	msg->status->uri = g_strdup("qemu:///system");
	msg->status->hostname = g_strdup(hostname);
	msg->status->driver = g_strdup("QEMU");
	msg->status->libvirt_version = 9000000;
	msg->status->hypervisor_version = 7002000;
	msg->status->user = g_strdup("root");
	msg->status->cpus = 4;
	msg->status->memory_kib = 8 * 1024 * 1024;
	msg->status->kvm = KVM_USABLE;
	msg->status->in_libvirt_group = true;
	msg->status->since_us = app_now_us(&screen->app);
	screen_message(screen, msg);
}

void screen_message(struct screen *screen, struct msg *msg)
{
	app_message(&screen->app, msg);
}

static void type_text(struct screen *screen, const char *text, gsize len)
{
	for (const char *p = text; p < text + len; p = g_utf8_next_char(p))
		app_key(&screen->app, g_utf8_get_char(p));
}

void screen_keys(struct screen *screen, const char *keys)
{
	while (*keys) {
		keys += strspn(keys, " ");
		if (*keys == '\'' && strchr(keys + 1, '\'')) {
			gsize len = strcspn(keys + 1, "'");
			type_text(screen, keys + 1, len);
			keys += len + 2;
			continue;
		}
		gsize len = strcspn(keys, " ");
		g_autofree char *name = g_strndup(keys, len);
		if (len > 0) {
			keycode key = key_parse(name);
			if (key == K_NONE)
				fail_msg("unknown key '%s'", name);
			app_key(&screen->app, key);
		}
		keys += len;
	}
}

void screen_resize(struct screen *screen, int rows, int cols)
{
	app_resize(&screen->app, rows, cols);
}

void screen_advance(struct screen *screen, gint64 us)
{
	screen->app.held_us += us;
	app_tick(&screen->app);
}

const char *screen_text(struct screen *screen)
{
	app_draw(&screen->app);
	g_free(screen->text);
	screen->text = canvas_text(&screen->app.canvas);
	return screen->text;
}

char *screen_line(struct screen *screen, int y)
{
	g_auto(GStrv) lines = g_strsplit(screen_text(screen), "\n", -1);
	return g_strdup(y >= 0 && y < (int)g_strv_length(lines) ? lines[y] : "");
}

enum role screen_role(struct screen *screen, int y, int x)
{
	const struct canvas *canvas = &screen->app.canvas;
	app_draw(&screen->app);
	if (y < 0 || x < 0 || y >= canvas->rows || x >= canvas->cols)
		fail_msg("no cell %d,%d on a screen of %dx%d", y, x, canvas->rows, canvas->cols);
	return canvas->cells[(gsize)y * canvas->cols + x].role;
}

bool screen_find(struct screen *screen, const char *needle, int *ret_y, int *ret_x)
{
	g_auto(GStrv) lines = g_strsplit(screen_text(screen), "\n", -1);
	for (int y = 0; lines[y]; y++) {
		const char *at = strstr(lines[y], needle);
		if (!at)
			continue;
		int chars = (int)g_utf8_strlen(lines[y], at - lines[y]), x = 0;
		const struct cell *row = screen->app.canvas.cells + (gsize)y * screen->app.canvas.cols;
		/* Characters to columns: right halves are cells without a character of their own. */
		for (; chars > 0; x++)
			chars -= row[x].ch ? 1 + !!row[x].comb[0] + !!row[x].comb[1] : 0;
		*ret_y = y;
		*ret_x = x;
		return true;
	}
	return false;
}

void screen_assert_has(struct screen *screen, const char *needle)
{
	if (!strstr(screen_text(screen), needle))
		fail_msg("'%s' is not on the screen:\n%s", needle, screen->text);
}

void screen_assert_lacks(struct screen *screen, const char *needle)
{
	if (strstr(screen_text(screen), needle))
		fail_msg("'%s' is on the screen:\n%s", needle, screen->text);
}
