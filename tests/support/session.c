/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See session.h. */
#include "support/session.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "nvirt/action.h"

#define ROWS_MAX 60
#define STEP_US (2 * G_USEC_PER_SEC)
#define ROUNDS_MAX 20

struct pty *session_start(const char *uri, int rows, int cols)
{
	const char *const argv[] = {"--refresh", "0.5", "-c", uri, NULL};
	struct pty *pty = pty_start(argv, NULL, rows, cols);
	pty_wait_text(pty, "guests [0-9]+ of [0-9]+");
	return pty;
}

struct step {
	struct pty *pty;
	int from;
	gint64 until_us;
};

static bool stepped(void *data)
{
	const struct step *step = data;
	return pty_modes(step->pty).cursor_row != step->from || g_get_monotonic_time() > step->until_us;
}

/*
 * One row down. Idle may have been said of what a key before set off, so it is
 * the cursor that tells; false in the last row, where it stays.
 */
static bool step_down(struct pty *pty)
{
	struct step step = {pty, pty_modes(pty).cursor_row, g_get_monotonic_time() + STEP_US};
	pty_keys(pty, "j");
	pty_wait_for(pty, stepped, &step, "the cursor in the next row", PTY_DEADLINE_MS);
	return pty_modes(pty).cursor_row != step.from;
}

/* Row by row from the top, until the content panel has that title. */
static bool walk_to(struct pty *pty, const char *regex)
{
	pty_keys(pty, "M-1", "Home");
	for (int row = 0; row < ROWS_MAX && !pty_shows(pty, regex); row++)
		if (!step_down(pty))
			break;
	return pty_shows(pty, regex);
}

void session_open(struct pty *pty, const char *title)
{
	g_autofree char *regex = g_strdup_printf("[─═►] ?%s [─═]", title);
	/* What was only just defined appears during the walk, perhaps above it. */
	for (int round = 0; round < ROUNDS_MAX && !walk_to(pty, regex); round++)
		pty_wait_idle(pty);
	pty_wait_text(pty, regex);
}

void session_act(struct pty *pty, const char *verb)
{
	const struct action *action = action_by_verb(verb);
	assert_non_null(action);
	if (action->key)
		pty_keys(pty, action->key);
	else
		session_act_asking(pty, verb);
}

void session_act_asking(struct pty *pty, const char *verb)
{
	session_act_named(pty, verb);
}

void session_act_named(struct pty *pty, const char *verb)
{
	pty_keys(pty, ":");
	pty_wait_text(pty, "Palette");
	pty_type(pty, verb);
	g_autofree char *typed = g_strdup_printf("> ?%s", verb);
	pty_wait_text(pty, typed);
	pty_keys(pty, "Enter");
	pty_wait_gone(pty, "Palette");
}

void session_wait_ok(struct pty *pty, const char *verb)
{
	g_autofree char *regex = g_strdup_printf(" %s +. OK", verb);
	pty_wait_text(pty, regex);
}

void session_quit(struct pty *pty)
{
	pty_keys(pty, "q");
	pty_wait_exit_code(pty, 0);
	pty_free(pty);
}
