/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * make bench-link: nvirt used through a slow line, as a person sees it.
 *
 * Between the program and the terminal that is looked at lies a line of
 * LINE_BPS with LINE_DELAY_MS each way. Keys come as from a person who scrolls,
 * changes tabs and looks for things; from time to time a guest is paused or
 * resumed by somebody else. Two things are measured: how long after the last
 * key the far terminal shows its effect, and how long after the guest changed it
 * says so. "One frame behind" is what two frames need on the line, the one
 * under way and the newest, and its delay: of the key, and of the word that the
 * first one has arrived. More would mean frames that wait in a queue.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vterm.h>

#include "bench/bench.h"

enum { LINE_BPS = 8000, LINE_DELAY_MS = 200, STEP_MS = 5, PATIENCE_MS = 30000 };
/* Of this machine, whose processes wait for each other; and of a refresh. */
enum { SLACK_MS = 300, REFRESH_MS = 2000 };

struct chunk {
	gint64 due_us;
	GBytes *bytes;
};

struct line_end {
	const char *name;
	struct tty *tty;
	VTerm *vterm;
	VTermScreen *screen;
	int rows, cols;
	GQueue down, up; /* struct chunk *, under way to the far terminal and to the program */
	double tokens;   /* bytes that the line may take now */
	gint64 step_us;
	guint64 arrived, frame_bytes; /* at the far terminal; of the largest screen full */
	double worst_key_ms, worst_event_ms;
	unsigned keys, events, late;
};

static gint64 now_us(void)
{
	return g_get_monotonic_time();
}

static void push(GQueue *queue, const char *bytes, gsize len)
{
	struct chunk *chunk = g_new(struct chunk, 1);

	chunk->due_us = now_us() + LINE_DELAY_MS * 1000;
	chunk->bytes = g_bytes_new(bytes, len);
	g_queue_push_tail(queue, chunk);
}

static GBytes *pop_due(GQueue *queue)
{
	struct chunk *chunk = g_queue_peek_head(queue);

	if (!chunk || chunk->due_us > now_us())
		return NULL;
	GBytes *bytes = chunk->bytes;
	g_free(g_queue_pop_head(queue));
	return bytes;
}

/* No faster than the line: what it can not take stays with the program. */
static void take_output(struct line_end *end)
{
	char bytes[2048];
	gint64 now = now_us();

	end->tokens = MIN(end->tokens + (double)(now - end->step_us) * LINE_BPS / 1e6, sizeof(bytes));
	end->step_us = now;
	struct pollfd ready = {.fd = end->tty->fd, .events = POLLIN};
	if (end->tokens < 1 || poll(&ready, 1, 0) <= 0)
		return;
	ssize_t n = read(end->tty->fd, bytes, (size_t)end->tokens);
	if (n <= 0)
		g_error("nvirt has gone");
	end->tokens -= (double)n;
	push(&end->down, bytes, (gsize)n);
}

static void pass_on(struct line_end *end)
{
	GBytes *bytes;
	gsize size;
	char answer[256];

	while ((bytes = pop_due(&end->down))) {
		const char *data = g_bytes_get_data(bytes, &size);
		vterm_input_write(end->vterm, data, size);
		end->arrived += size;
		g_bytes_unref(bytes);
		while ((size = vterm_output_read(end->vterm, answer, sizeof(answer))) > 0)
			push(&end->up, answer, size);
	}
	while ((bytes = pop_due(&end->up))) {
		const char *data = g_bytes_get_data(bytes, &size);
		if (write(end->tty->fd, data, size) < 0)
			g_error("nvirt takes no keys");
		g_bytes_unref(bytes);
	}
}

static void step(struct line_end *end)
{
	(void)g_poll(NULL, 0, STEP_MS);
	take_output(end);
	pass_on(end);
}

static void run_for(struct line_end *end, int ms)
{
	for (gint64 until = now_us() + (gint64)ms * 1000; now_us() < until;)
		step(end);
}

static char *row_text(struct line_end *end, int row)
{
	char text[4096];
	size_t len = vterm_screen_get_text(end->screen, text, sizeof(text) - 1,
	        (VTermRect){.start_row = row, .end_row = row + 1, .start_col = 0, .end_col = end->cols});

	return g_strndup(text, len);
}

static bool shows(struct line_end *end, const char *text)
{
	for (int row = 0; row < end->rows; row++) {
		g_autofree char *line = row_text(end, row);
		if (strstr(line, text))
			return true;
	}
	return false;
}

/* How long until the far terminal shows it (or no longer does); < 0 = it never did. */
static double wait_shown(struct line_end *end, const char *text, bool wanted, gint64 since_us)
{
	while (shows(end, text) != wanted) {
		if (now_us() > since_us + (gint64)PATIENCE_MS * 1000)
			return -1;
		step(end);
	}
	return (double)(now_us() - since_us) / 1000;
}

static void type(struct line_end *end, const char *keys, int pause_ms)
{
	for (const char *key = keys; *key; key++, end->keys++) {
		push(&end->up, key, 1);
		run_for(end, pause_ms);
	}
}

static double allowed_ms(const struct line_end *end)
{
	return 4 * LINE_DELAY_MS + 2.0 * (double)end->frame_bytes * 1000 / LINE_BPS + SLACK_MS;
}

static void judge(struct line_end *end, const char *what, double ms, double allowed, double *worst)
{
	if (ms < 0 || ms > allowed) {
		end->late++;
		printf("%s: %s took %.0f ms, more than %.0f\n", end->name, what, ms, allowed);
	}
	*worst = MAX(*worst, ms < 0 ? PATIENCE_MS : ms);
}

/* Scrolls and looks around as fast as keys repeat, then asks for something that cannot have been there before. */
static void use(struct line_end *end, unsigned round)
{
	static const char *const bursts[] = {
	        "g1jjjjjjjjjjjjjjjjjjjj", "g1kkkkkkkkkkkkkkkkkkkk", "]]]]]", "[[[[[", "g2jjjjjjjjjj", "g1GggG", "g3jjjkkkg1", "g2]jk[kjg1",
	};
	g_autofree char *asked = g_strdup_printf("qx%u", round);

	type(end, bursts[round % G_N_ELEMENTS(bursts)], 40);
	type(end, ":", 40);
	type(end, asked, 40);
	judge(end, "a key", wait_shown(end, asked, true, now_us()), allowed_ms(end), &end->worst_key_ms);
	gint64 since = now_us();
	type(end, "\033", 0);
	judge(end, "Esc", wait_shown(end, asked, false, since), allowed_ms(end), &end->worst_key_ms);
}

/* Somebody else renames a guest: the far terminal's tree says so. */
static void event(struct line_end *end, const struct bench *bench, unsigned round)
{
	g_autofree char *title = g_strdup_printf("a%u-", round);
	g_autofree char *was = round ? g_strdup_printf("a%u-", round - 1) : g_strdup("a-");

	type(end, "g1gg", 40);
	lab_do(bench->lab, "virsh", "h1", "-q", "domrename", was, title);
	gint64 since = now_us();
	type(end, "gg", 0);
	judge(end, "an event", wait_shown(end, title, true, since), allowed_ms(end) + REFRESH_MS, &end->worst_event_ms);
	end->events++;
}

static void connect_line(struct line_end *end, const struct bench *bench, int rows, int cols)
{
	end->tty = bench_dashboard(bench, lab_uri(bench->lab, "h1"), "2");
	tty_resize(end->tty, (unsigned short)rows, (unsigned short)cols);
	end->rows = rows;
	end->cols = cols;
	end->vterm = vterm_new(rows, cols);
	vterm_set_utf8(end->vterm, 1);
	end->screen = vterm_obtain_screen(end->vterm);
	vterm_screen_enable_altscreen(end->screen, 1);
	vterm_screen_reset(end->screen, 1);
	end->step_us = now_us();
	if (wait_shown(end, "g03", true, now_us()) < 0)
		g_error("the list did not come through the line");
	run_for(end, 4000);
	/* A screen full: all of it drawn again. */
	guint64 before = end->arrived;
	type(end, "\f", 0);
	run_for(end, 8000);
	end->frame_bytes = end->arrived - before;
}

static void disconnect(struct line_end *end)
{
	tty_stop(end->tty);
	vterm_free(end->vterm);
}

static void report(const struct line_end *end, double minutes)
{
	printf("%s, %.0f min: %u keys, %u events, %.0f kB; a screen full %.1f kB; key to effect at most %.0f ms, "
	       "event %.0f ms, allowed %.0f and %.0f; more than a frame behind: %u times\n",
	        end->name, minutes, end->keys, end->events, (double)end->arrived / 1e3, (double)end->frame_bytes / 1e3,
	        end->worst_key_ms, end->worst_event_ms, allowed_ms(end), allowed_ms(end) + REFRESH_MS, end->late);
	fflush(stdout);
}

static bool use_for(const struct bench *bench, const char *name, int rows, int cols, double minutes, unsigned *event_round)
{
	struct line_end end = {.name = name};
	gint64 begin = now_us(), until = begin + (gint64)(minutes * 60e6);

	connect_line(&end, bench, rows, cols);
	for (unsigned round = 0; now_us() < until; round++) {
		use(&end, round);
		if (round % 8 == 7)
			event(&end, bench, (*event_round)++);
		if (round % 64 == 63)
			report(&end, (double)(now_us() - begin) / 60e6);
	}
	report(&end, minutes);
	disconnect(&end);
	return end.late == 0;
}

bool bench_link(struct bench *bench, double minutes)
{
	unsigned event_round = 0;

	printf("a line of %d bit/s and %d ms there and back, %d guests\n", LINE_BPS * 8, 2 * LINE_DELAY_MS, BENCH_GUESTS);
	lab_do(bench->lab, "define", "h1", "a-");
	bool small = use_for(bench, "80x24", 24, 80, minutes / 2, &event_round);
	bool large = use_for(bench, "200x60", 60, 200, minutes / 2, &event_round);
	return small && large;
}
