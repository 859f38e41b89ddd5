/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `nvirt screen --watch` and `--log`: the screen whenever it changes, and what scrolls by. Main thread. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli_view.h"
#include "nvirt/screen_file.h"
#include "nvirt/text.h"

/* Between two prints: a terminal has to draw them. */
#define PRINT_EVERY_US (100 * 1000)
/* Between two looks into the guest's memory for what went by too fast. */
#define GAP_EVERY_US (100 * 1000)
/* A line that stood for so long goes to the log. */
#define LOG_AFTER_MS 1000

struct watching {
	struct cli_view *view;
	struct screen_history *history;
	unsigned fed;     /* frames that the history knows */
	unsigned printed; /* the frame that was printed last */
	gint64 print_us;  /* not before */
	bool prints;      /* screens */
	char *last;       /* what was printed */
	gint64 gap_us;    /* the guest's memory is not asked before */
	bool no_memory;   /* it is of no use */
	FILE *log;        /* NULL = none */
	bool log_failed;
};

/* ---- the log ---- */

static void log_line(const struct page_line *line, void *data)
{
	struct watching *watch = data;
	g_autofree char *text = page_line_log(line);

	if (fputs(text, watch->log) < 0)
		watch->log_failed = true;
}

/* False: told. */
static bool open_log(struct watching *watch, const char *path)
{
	if (!path)
		return true;
	watch->log = g_str_equal(path, "-") ? stdout : fopen(path, "ae");
	if (!watch->log) {
		g_autofree char *clean = text_clean(path, -1);

		output_message(&watch->view->cli->out, "cannot write to '%s': %s", clean, g_strerror(errno));
		return false;
	}
	screen_history_set_log(watch->history, log_line, watch, LOG_AFTER_MS);
	return true;
}

/* What is in the file is there for whoever reads along. */
static bool flush_log(struct watching *watch)
{
	if (!watch->log)
		return true;
	if (fflush(watch->log) == 0 && !watch->log_failed)
		return true;
	output_message(&watch->view->cli->out, "cannot write the log: %s", g_strerror(errno));
	return false;
}

static bool close_log(struct watching *watch)
{
	bool written = true;

	if (watch->log) {
		screen_history_log_rest(watch->history);
		written = flush_log(watch);
	}
	if (watch->log && watch->log != stdout)
		written &= fclose(watch->log) == 0;
	watch->log = NULL;
	return written;
}

/* ---- screens ---- */

static bool is_due(const struct watching *watch)
{
	struct vnc_view *view = watch->view->view;

	return watch->prints && cli_view_screen(watch->view) && vnc_view_frames(view) != watch->printed &&
	       vnc_view_settled(view) && g_get_monotonic_time() >= watch->print_us;
}

/* Every frame goes into the history; true: something is to be done now, or at another time than before. */
static bool look(struct cli_view *view, void *data)
{
	struct watching *watch = data;
	const struct text_screen *screen = cli_view_screen(view);
	unsigned frames = screen ? vnc_view_frames(view->view) : watch->fed;
	/* What QEMU sends first may be the screen of long ago. */
	bool another = frames != watch->fed && vnc_view_settled(view->view);

	if (another)
		screen_history_feed(watch->history, screen, g_get_real_time());
	watch->fed = another ? frames : watch->fed;
	return another || is_due(watch);
}

/* A cursor that blinks is a frame, but nothing else to read. */
static bool print_changed(struct watching *watch)
{
	struct cli *cli = watch->view->cli;
	const struct text_screen *screen = cli_view_screen(watch->view);
	char *now = cli_line_flag(&cli->line, "ansi") ? screen_ansi(screen) : screen_plain(screen);
	bool same = watch->last && g_str_equal(now, watch->last);

	watch->printed = vnc_view_frames(watch->view->view);
	watch->print_us = g_get_monotonic_time() + PRINT_EVERY_US;
	g_free(watch->last);
	watch->last = now;
	if (same)
		return true;
	if (!cli->out.json && !output_text(&cli->out, isatty(STDOUT_FILENO) ? "\033[H\033[2J" : "\f"))
		return false;
	return cli_screen_print(cli, screen, watch->history) && fflush(stdout) == 0;
}

/* When there is something to be done though nothing comes. */
static gint64 next_us(struct watching *watch)
{
	gint64 now_us = g_get_monotonic_time(), next = G_MAXINT64;
	int tick_ms = screen_history_tick(watch->history, g_get_real_time());

	if (tick_ms >= 0)
		next = now_us + (gint64)tick_ms * 1000;
	if (screen_history_has_gap(watch->history) && !watch->no_memory)
		next = MIN(next, MAX(watch->gap_us, now_us));
	if (watch->prints && watch->printed != watch->fed && watch->print_us > now_us)
		next = MIN(next, watch->print_us);
	return next;
}

static void fill_gap(struct watching *watch)
{
	if (!screen_history_has_gap(watch->history) || watch->no_memory || g_get_monotonic_time() < watch->gap_us)
		return;
	watch->no_memory = !cli_view_fill_gap(watch->view, watch->history);
	watch->gap_us = g_get_monotonic_time() + GAP_EVERY_US;
}

static int run(struct watching *watch)
{
	bool written = true;
	enum cli_wait wait = WAIT_DONE;

	while (written && wait != WAIT_INTERRUPTED && !cli_view_is_over(watch->view)) {
		gint64 until_us = next_us(watch);

		written = flush_log(watch);
		if (written)
			wait = cli_view_wait(watch->view, look, watch, until_us);
		if (written && wait != WAIT_INTERRUPTED)
			fill_gap(watch);
		if (cli_view_interrupted(watch->view))
			wait = WAIT_INTERRUPTED;
		if (written && wait == WAIT_DONE && is_due(watch))
			written = print_changed(watch);
	}
	written &= close_log(watch);
	if (wait == WAIT_INTERRUPTED && written)
		return EXIT_CODE_OK;
	return written ? cli_view_ended(watch->view) : EXIT_CODE_FAILED;
}

int cli_screen_watch(struct cli_view *view)
{
	const char *log = cli_line_value(&view->cli->line, "log");
	struct watching watch = {.view = view, .history = screen_history_new()};
	int code = EXIT_CODE_FAILED;

	if (cli_line_value(&view->cli->line, "history"))
		cli_view_past(view, watch.history);
	watch.prints = cli_line_flag(&view->cli->line, "watch");
	if (open_log(&watch, log))
		code = run(&watch);
	screen_history_free(watch.history);
	g_free(watch.last);
	return code;
}
