/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `nvirt wait`: until a screen shows a text, does not show it any more, or stands still. Main thread. */
#include <string.h>

#include "cli_view.h"
#include "nvirt/screen_file.h"
#include "nvirt/text.h"

#define EXIT_SEEN 0
#define EXIT_TIMEOUT 1
#define EXIT_ERROR 2

const struct cli_option cli_options_wait[] = {
        {"text", 't', "REGEX", false, "The text: a Perl-like regular expression, looked for in each line"},
        {"ignore-case", 'i', NULL, false, "Small and capital letters are the same"},
        {"gone", 0, NULL, false, "Wait until no line matches"},
        {"stable", 0, "SECONDS", false, "It must stay so for that long; without --text: the screen must not change"},
        {"timeout", 0, "SECONDS", false, "Give up after that long (never)"},
        {"vnc", 0, "HOST:PORT", false, "Any VNC server in place of a guest; also the path of its socket"},
        {"password-file", 0, "FILE", false, "The VNC server's password; a guest's own is known"},
        {"user", 0, "NAME", false, "With the password, for a VNC server that knows users"},
        {0},
};

struct waiting {
	GRegex *regex; /* NULL: any screen that stands still */
	bool gone;
	gint64 stable_us;
	unsigned frames; /* that were looked at */
	bool holds;
	gint64 since_us; /* it holds */
	char *line;      /* that matched, or NULL */
	int row;
	char *text; /* the whole screen, where only change matters */
};

static bool read_seconds(struct cli *cli, const char *name, gint64 *ret_us)
{
	const char *word = cli_line_value(&cli->line, name);
	char *end = NULL;
	double seconds = word ? g_ascii_strtod(word, &end) : 0;

	*ret_us = (gint64)(seconds * G_USEC_PER_SEC);
	return !word || (end != word && !*end && seconds >= 0 && seconds <= 1e8);
}

static bool find_line(struct waiting *waiting, const struct text_screen *screen)
{
	g_clear_pointer(&waiting->line, g_free);
	for (int row = 0; row < screen->rows; row++) {
		g_autofree char *line = screen_row_text(screen, row);

		if (!g_regex_match(waiting->regex, line, 0, NULL))
			continue;
		waiting->line = g_steal_pointer(&line);
		waiting->row = row;
		return true;
	}
	return false;
}

/*
 * There is no screen. One of a guest that is off shows no text; of one that is not seen for another reason nobody
 * knows. Neither stands still, and what stood before has begun anew when it is back.
 */
static void look_for_nothing(struct waiting *waiting, bool off, gint64 now_us)
{
	bool holds = waiting->gone && off;

	if (holds && !waiting->holds)
		waiting->since_us = now_us;
	waiting->holds = holds;
	waiting->frames = 0;
	g_clear_pointer(&waiting->line, g_free);
	g_clear_pointer(&waiting->text, g_free);
}

/* Does what is waited for hold now? Of a still screen: since it was last another one. */
static void look(struct waiting *waiting, const struct text_screen *screen, gint64 now_us)
{
	bool held = waiting->holds;

	if (waiting->regex) {
		waiting->holds = find_line(waiting, screen) != waiting->gone;
	} else {
		char *text = screen_plain(screen);

		held = waiting->text && g_str_equal(text, waiting->text);
		g_free(waiting->text);
		waiting->text = text;
		waiting->holds = true;
	}
	if (waiting->holds && !held)
		waiting->since_us = now_us;
}

static bool has_come(struct cli_view *view, void *data)
{
	struct waiting *waiting = data;
	gint64 now_us = g_get_monotonic_time();

	if (view->follow.presence != PRESENCE_THERE)
		look_for_nothing(waiting, view->follow.presence == PRESENCE_OFF, now_us);
	else if (vnc_view_settled(view->view) && vnc_view_frames(view->view) != waiting->frames) {
		waiting->frames = vnc_view_frames(view->view);
		look(waiting, vnc_view_screen(view->view), now_us);
	}
	/* A QEMU that hangs has no screen that has come to rest. */
	if (view->silent && !waiting->regex)
		waiting->since_us = now_us;
	return waiting->holds && now_us - waiting->since_us >= waiting->stable_us;
}

/* Waits in spans: what holds is done when its time is over, without any change. */
static enum cli_wait await(struct cli_view *view, struct waiting *waiting, gint64 deadline_us)
{
	for (;;) {
		gint64 end_us = waiting->holds ? waiting->since_us + waiting->stable_us : deadline_us;
		enum cli_wait wait = cli_view_wait(view, has_come, waiting, MIN(end_us, deadline_us));

		if (wait != WAIT_TIMEOUT || g_get_monotonic_time() >= deadline_us)
			return wait;
	}
}

static int tell(struct cli_view *view, const struct waiting *waiting)
{
	if (view->cli->out.json) {
		g_autoptr(json_object) object = json_object_new_object();

		json_add_bool(object, "seen", true);
		json_add_known(object, "row", waiting->row, waiting->line != NULL);
		json_add_string(object, "line", waiting->line);
		return output_json(&view->cli->out, object, true) ? EXIT_SEEN : EXIT_ERROR;
	}
	if (!waiting->line)
		return EXIT_SEEN;
	g_autofree char *line = g_strconcat(waiting->line, "\n", NULL);
	return output_text(&view->cli->out, line) ? EXIT_SEEN : EXIT_ERROR;
}

/* What is odd about its screen at the end of the time; "" = nothing. */
static const char *end_words(const struct cli_view *view)
{
	switch (view->follow.presence) {
	case PRESENCE_THERE:
		return view->silent ? ": its VNC server does not answer" : "";
	case PRESENCE_UNKNOWN:
		return ": its screen is gone";
	case PRESENCE_OFF:
		return ": it is off";
	}
	return "";
}

static int timed_out(struct cli_view *view, const struct waiting *waiting)
{
	const char *pattern = cli_line_value(&view->cli->line, "text");
	g_autofree char *clean = pattern ? text_clean(pattern, -1) : NULL;

	if (!clean)
		output_message(&view->cli->out, "the screen of '%s' did not stand still in time%s", view->name, end_words(view));
	else
		output_message(&view->cli->out, "'%s' was %s on the screen of '%s' in time%s", clean,
		        waiting->gone ? "still" : "not seen", view->name, end_words(view));
	return EXIT_TIMEOUT;
}

static int wait_for(struct cli_view *view, struct waiting *waiting, gint64 deadline_us)
{
	enum cli_wait wait = await(view, waiting, deadline_us);

	if (wait == WAIT_INTERRUPTED)
		return EXIT_CODE_INTERRUPTED;
	if (wait == WAIT_DONE && waiting->holds && !cli_view_is_over(view))
		return tell(view, waiting);
	if (cli_view_is_over(view)) {
		cli_view_ended(view);
		return EXIT_ERROR;
	}
	return wait == WAIT_TIMEOUT ? timed_out(view, waiting) : EXIT_ERROR;
}

/* 0 = fine, else the exit code; told. */
static int read_line(struct cli *cli, struct waiting *waiting, gint64 *ret_timeout_us)
{
	const char *pattern = cli_line_value(&cli->line, "text");
	bool caseless = cli_line_flag(&cli->line, "ignore-case");
	g_autoptr(GError) error = NULL;

	if (!read_seconds(cli, "timeout", ret_timeout_us) || !read_seconds(cli, "stable", &waiting->stable_us))
		return cli_usage_error(cli, "wait", "wait: --timeout and --stable are numbers of seconds");
	if (!pattern && !waiting->stable_us)
		return cli_usage_error(cli, "wait", "wait: for what? --text REGEX, or --stable SECONDS");
	if (!pattern && waiting->gone)
		return cli_usage_error(cli, "wait", "wait: --gone goes with --text REGEX");
	if (cli->line.words->len > (cli_line_value(&cli->line, "vnc") ? 0 : 1))
		return cli_usage_error(cli, "wait", "wait: one guest only, the text goes with --text");
	if (pattern)
		waiting->regex = g_regex_new(pattern, G_REGEX_OPTIMIZE | (caseless ? G_REGEX_CASELESS : 0), 0, &error);
	if (!error)
		return 0;
	g_autofree char *clean = text_clean(error->message, -1);
	return cli_usage_error(cli, "wait", "wait: --text: %s", clean);
}

int cli_wait_screen(struct cli *cli)
{
	struct waiting waiting = {.gone = cli_line_flag(&cli->line, "gone")};
	gint64 timeout_us = 0, deadline_us;
	struct cli_view view = {0};
	int code = read_line(cli, &waiting, &timeout_us);

	deadline_us = cli_line_value(&cli->line, "timeout") ? g_get_monotonic_time() + timeout_us : G_MAXINT64;
	if (code == 0) {
		/* Opening has a time limit of its own: no answer is an error, not a text that was not seen. */
		code = cli_view_open(&view, cli, "wait", VIEW_FOLLOW, G_MAXINT64);
		if (code == EXIT_CODE_OK)
			code = wait_for(&view, &waiting, deadline_us);
		else if (code == EXIT_CODE_FAILED)
			code = EXIT_ERROR;
		cli_view_close(&view);
	}
	if (waiting.regex)
		g_regex_unref(waiting.regex);
	g_free(waiting.line);
	g_free(waiting.text);
	return code;
}
