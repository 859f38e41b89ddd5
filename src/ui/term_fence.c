/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How far the terminal is behind. What the kernel has taken may still lie in
 * the buffers of a slow line, seconds of it, where no program sees it. So after
 * a large frame the terminal is asked how it is (DSR, "CSI 5 n"), which it
 * answers only when it has come that far, and there is no next frame while more
 * is under way than the line carries. A terminal that never answers is asked
 * once. Main thread.
 */
#define _GNU_SOURCE
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "term_private.h"

#define QUESTION "\033[5n"

/* A question for at least so many bytes; what may be under way at first, at least and at most. */
enum { FENCE_BYTES = 256, WINDOW_FIRST = 2048, WINDOW_MIN = 512, WINDOW_MAX = 65536 };
/* Waiting in the line beyond its own delay; and how long an answer may take before none is expected any more. */
/* Of less nothing can be told: it is the line's own delay that is measured. */
enum { RATE_BYTES_MIN = 2048, RATE_US_MIN = 2000 };
enum { QUEUE_US = 200000, LOST_US = 15000000, LAST_ANSWERS_US = 1000000 };

struct question {
	gint64 asked_us;
	guint bytes;  /* since the one before */
	guint ahead;  /* all that was under way, with it */
	bool limited; /* with it more than the window was under way */
};

static void ask(struct term *term)
{
	struct fence *fence = &term->fence;
	guint ahead = fence->under_way + fence->unasked;
	struct question question = {g_get_monotonic_time(), fence->unasked, ahead, ahead > fence->window};

	if (!fence->questions)
		fence->questions = g_array_new(FALSE, FALSE, sizeof(struct question));
	g_array_append_val(fence->questions, question);
	fence->under_way += fence->unasked;
	fence->unasked = 0;
	g_byte_array_append(term->out_buffer, (const guint8 *)QUESTION, strlen(QUESTION));
}

void term_fence_start(struct term *term)
{
	term->fence = (struct fence){.window = WINDOW_FIRST};
	if (term->private_modes)
		ask(term);
}

void term_fence_frame(struct term *term, guint bytes)
{
	struct fence *fence = &term->fence;

	if (!fence->answers)
		return;
	fence->unasked += bytes;
	if (fence->unasked >= FENCE_BYTES)
		ask(term);
}

/* What took no longer than the line itself takes tells that it carries that much, at least. */
static void measure(struct fence *fence, const struct question *question, gint64 took_us)
{
	gint64 beyond_us = MAX(took_us - fence->delay_us, RATE_US_MIN);
	gint64 rate = (gint64)question->ahead * G_USEC_PER_SEC / beyond_us;

	if (question->ahead >= RATE_BYTES_MIN)
		fence->rate = (guint)MIN(fence->rate ? (fence->rate * 3ll + rate) / 4 : rate, G_MAXINT);
}

/* The answer's delay beyond the line's own says whether frames wait in it. */
static void adapt(struct fence *fence, const struct question *question)
{
	gint64 took_us = g_get_monotonic_time() - question->asked_us;

	if (!fence->delay_us || took_us < fence->delay_us)
		fence->delay_us = took_us;
	measure(fence, question, took_us);
	if (took_us > fence->delay_us + QUEUE_US)
		fence->window = WINDOW_MIN;
	else if (question->limited)
		fence->window = MIN(fence->window + fence->window / 4, WINDOW_MAX);
}

void term_fence_answer(struct term *term)
{
	struct fence *fence = &term->fence;

	if (!fence->questions || !fence->questions->len)
		return;
	const struct question *oldest = &g_array_index(fence->questions, struct question, 0);
	fence->answers = true;
	adapt(fence, oldest);
	fence->under_way -= oldest->bytes;
	g_array_remove_index(fence->questions, 0);
}

unsigned term_rate(const struct term *term)
{
	return term->fence.rate;
}

bool term_behind(struct term *term)
{
	struct fence *fence = &term->fence;

	if (!fence->answers || !fence->questions->len || fence->under_way <= fence->window)
		return false;
	const struct question *oldest = &g_array_index(fence->questions, struct question, 0);
	if (g_get_monotonic_time() - oldest->asked_us < LOST_US)
		return true;
	/* Another terminal may be behind this line by now (a multiplexer's). */
	g_array_set_size(fence->questions, 0);
	fence->under_way = 0;
	fence->answers = false;
	return false;
}

/* What is still in the buffer was never asked. */
static unsigned count_unsent(const struct term *term)
{
	const guint8 *at = term->out_buffer->data, *end = at + term->out_buffer->len;
	unsigned count = 0;

	while (at && (at = memmem(at, (gsize)(end - at), QUESTION, strlen(QUESTION)))) {
		at += strlen(QUESTION);
		count++;
	}
	return count;
}

/* An answer that comes when we are gone would be typed into the shell. */
void term_fence_end(struct term *term)
{
	struct fence *fence = &term->fence;
	gint64 until = g_get_monotonic_time() + LAST_ANSWERS_US;
	unsigned unsent = count_unsent(term);

	while (fence->answers && fence->questions->len > unsent && g_get_monotonic_time() < until) {
		struct pollfd ready = {.fd = STDIN_FILENO, .events = POLLIN};
		keycode key;
		struct mouse mouse;
		char *text = NULL;
		if (poll(&ready, 1, (int)((until - g_get_monotonic_time()) / 1000)) <= 0 ||
		        term_read(term, &key, &mouse, &text) == TERM_GONE)
			break;
		g_free(text);
	}
	if (fence->questions)
		g_array_unref(fence->questions);
	*fence = (struct fence){0};
}
