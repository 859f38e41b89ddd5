/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Console tab without a guest: which half is shown, and that what is shown is watched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/probe.h"
#include "ui/content.h"
#include "ui/guest_console.h"

static const struct guest *guest_that_runs(struct screen *screen)
{
	const struct host *host = store_host_at(screen->app.store, 0);

	for (guint i = 0; i < host->guests->len; i++) {
		const struct guest *guest = host->guests->pdata[i];

		if (guest_state_active(guest->state))
			return guest;
	}
	fail_msg("no guest runs");
	return NULL;
}

static void changed(struct screen_panel *panel, void *data)
{
	(void)panel;
	(void)data;
}

/* Shown, and its connection has ended: it is tried again. */
static struct guest_console *console_again(struct screen *screen)
{
	struct guest_console *self = guest_console_of(guest_console_view.create(&screen->app));
	struct screen_panel *panel;

	self->ref = guest_that_runs(screen)->ref;
	panel = screen_panel_new(&screen->app, &self->ref, changed, NULL);
	panel->state = SCREEN_AGAIN;
	panel->watched = panel->tried = true;
	g_ptr_array_add(self->screens, panel);
	return self;
}

static void answer(struct guest_console *self, enum door_kind kind)
{
	struct screen_panel *panel = self->screens->pdata[0];
	struct msg *msg = msg_new(MSG_SCREEN, self->ref.host, 0);

	panel->door_id = 1;
	msg->door = screen_door_new(1);
	msg->door->kind = kind;
	msg->door->words = g_strdup("for a test");
	assert_true(screen_half_message(self, msg));
	msg_free(msg);
}

static void a_screen_that_comes_back_is_watched(void **state)
{
	struct screen *screen = probe_screen(24, 80);
	struct guest_console *self = console_again(screen);
	const struct screen_panel *panel = self->screens->pdata[0];

	(void)state;
	/* Only looked at whether it is there. */
	screen->app.backend = (struct backend *)screen;
	answer(self, DOOR_NONE);
	assert_int_equal(self->mode, CONSOLE_SERIAL);
	assert_false(panel->watched);
	/* There is nothing behind that door, but it is one. */
	answer(self, DOOR_VNC);
	assert_int_equal(self->mode, CONSOLE_SCREEN);
	assert_true(panel->watched);
	screen->app.backend = NULL;
	guest_console_view.destroy(&self->view);
	screen_free(screen);
}

static void who_types_on_the_serial_console_stays_there(void **state)
{
	struct screen *screen = probe_screen(24, 80);
	struct guest_console *self = console_again(screen);
	struct console *console = console_new(&self->ref, 1);

	(void)state;
	answer(self, DOOR_NONE);
	assert_int_equal(self->mode, CONSOLE_SERIAL);
	console->attached = true;
	g_ptr_array_add(self->open, console);
	answer(self, DOOR_VNC);
	assert_int_equal(self->mode, CONSOLE_SERIAL);
	guest_console_view.destroy(&self->view);
	screen_free(screen);
}

/* What is read goes away with the tab: nothing of it is touched after that. */
static void a_tab_goes_while_it_is_read(void **state)
{
	static const struct text_cell cells[4] = {{.ch = 'a'}, {.ch = 'b'}, {.ch = 'c'}, {.ch = 'd'}};
	struct screen *screen = probe_screen(24, 80);
	struct guest_console *self = console_again(screen);
	struct screen_panel *panel = self->screens->pdata[0];

	(void)state;
	self->read = panel->reader = read_mode_new(&screen->app, &(struct read_options){.ref = self->ref,
	        .screen = &(struct text_screen){.kind = SCREEN_TEXT, .rows = 2, .cols = 2, .font = "", .cells = cells}});
	guest_console_view.destroy(&self->view);
	screen_free(screen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_screen_that_comes_back_is_watched),
	        cmocka_unit_test(who_types_on_the_serial_console_stays_there),
	        cmocka_unit_test(a_tab_goes_while_it_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
