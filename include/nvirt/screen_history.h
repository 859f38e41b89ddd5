/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What scrolled off a guest's screen: frames are fed one after the other, the lines that
 * left between two of them are kept, each with the time at which it came to look so.
 *
 * A screen only shows what is there when somebody looks: where more went by between two
 * frames than can be told, a PAGE_LINE_GAP stands for it. Nothing is made up.
 *
 * Pure; one thread. Bounded by SCREEN_HISTORY_LINES and SCREEN_HISTORY_BYTES.
 */
#ifndef NVIRT_SCREEN_HISTORY_H
#define NVIRT_SCREEN_HISTORY_H

#include "nvirt/page.h"
#include "nvirt/screen_text.h"

#define SCREEN_HISTORY_LINES 4000
#define SCREEN_HISTORY_BYTES (16u * 1024 * 1024)

struct screen_history;

struct screen_history *screen_history_new(void);
void screen_history_free(struct screen_history *history);

/*
 * The screen as it is `now_us` (Unix time). Blank screens and pictures are passed over: what stood
 * before them counts until there is text again. Returns how many lines were added.
 */
unsigned screen_history_feed(struct screen_history *history, const struct text_screen *screen, gint64 now_us);
/*
 * The guest was reset or started (`what`: "was reset") at `time_us`, Unix time: what was seen last counts as gone, and a
 * PAGE_LINE_MARK parts it from what comes; logged too. Returns how many lines were added.
 */
unsigned screen_history_mark(struct screen_history *history, const char *what, gint64 time_us);

unsigned screen_history_lines(const struct screen_history *history);
/* Those that were ever added: it tells whether something is new. */
guint64 screen_history_added(const struct screen_history *history);
/* 0 is the oldest. Borrowed. */
struct page_line *screen_history_line(const struct screen_history *history, unsigned index);
/*
 * Rows of the last screen that had text, which is on the guest's screen no more while that is blank or
 * a picture; NULL = a blank row, or none. Borrowed.
 */
struct page_line *screen_history_last(const struct screen_history *history, int row);
int screen_history_last_rows(const struct screen_history *history);

/* ---- a VGA's text memory: what scrolled by before anybody looked ---- */

#define TEXT_MEMORY_ADDRESS 0xb8000
#define TEXT_MEMORY_BYTES 32768

/* Is this a VGA's text mode, as far as a frame of that many pixels tells? */
bool text_memory_may_be(const struct text_screen *screen, int width, int height);
/*
 * The lines above the screen, oldest first: struct page_line with a reference each. Owned. Empty: the screen
 * as it is seen is not in the memory, or nothing stands above it.
 */
GPtrArray *text_memory_lines(const struct text_screen *screen, const uint8_t *bytes, gsize length);
/*
 * Those of `lines` that are older go before what was kept so far: it must be their end, or nothing is taken.
 * Takes the array. Returns how many lines were taken.
 */
unsigned screen_history_begin_with(struct screen_history *history, GPtrArray *lines);
/* Is there a gap that nobody has tried to fill yet? */
bool screen_history_has_gap(const struct screen_history *history);
/*
 * What is in the memory in place of the last gap, if what stands before and after it is there too; logged, with
 * the gap's time. Takes the array. Returns how many lines were taken; in any case it is no gap to be filled any more.
 */
unsigned screen_history_fill(struct screen_history *history, GPtrArray *lines);

/* ---- a log: each line once it stands still, or is gone ---- */

/* `line` is borrowed; `line->time_us` says when it came. */
typedef void (*screen_history_log)(const struct page_line *line, void *data);
/* Every line that stood for `settle_ms` or left the screen, in the order of the screen. NULL: no more. */
void screen_history_set_log(struct screen_history *history, screen_history_log log, void *data, unsigned settle_ms);
/* Logs what has stood long enough. Milliseconds until it is worth calling again, -1 = not before the next frame. */
int screen_history_tick(struct screen_history *history, gint64 now_us);
/* Logs what is left, the row with the cursor too. */
void screen_history_log_rest(struct screen_history *history);

#endif
