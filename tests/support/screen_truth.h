/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest says itself of its screen, and how much of it was read right.
 *
 * The truth comes from the kernel's /dev/vcsa and /dev/vcsu, the memory of VGA text mode, or the serial
 * console that shows the same; never from drawings of our own. NVIRT_SCREEN_TABLE=FILE: rows of docs/screen-text.md
 * are appended to it.
 */
#ifndef TESTS_SUPPORT_SCREEN_TRUTH_H
#define TESTS_SUPPORT_SCREEN_TRUTH_H

#include "nvirt/screen_file.h"
#include "nvirt/serial.h"
#include "support/psf.h"

struct truth_cell {
	gunichar ch; /* 0 = not known: it changed meanwhile */
	unsigned glyph;
	uint32_t fg, bg;
};

struct truth {
	int rows, cols;
	struct truth_cell *cells;
	const struct psf_file *font; /* borrowed; NULL = the PC's own */
	bool colours;                /* fg and bg are told */
	bool mirrored;               /* the serial console's: arrows as ^ v < >, lines as | - */
};

/* /dev/vcsa1 and after it /dev/vcsu1; `linear`: a framebuffer. Owned. */
struct truth *truth_of_console(const uint8_t *bytes, gsize length, const struct psf_file *font, bool linear);
/* VGA text mode's cells at 0xb8000, in code page 437. */
struct truth *truth_of_memory(const uint8_t *cells, int rows, int cols);
/* All that the guest wrote to its serial console so far; `cp437`: its bytes are of that code page, not UTF-8. */
struct truth *truth_of_serial(const char *bytes, gsize length, int rows, int cols, bool cp437);
void truth_free(struct truth *truth);
/* Cells in which both differ are not known. */
void truth_keep_same(struct truth *truth, const struct truth *other);

struct screen_count {
	unsigned screens;
	unsigned letters, letters_right; /* ASCII: letters, digits, signs */
	unsigned visible, visible_right; /* all that is not blank: the glyph */
	unsigned has, has_right;         /* of those the font has: the very character */
	unsigned blank, blank_right;
	unsigned colours, colours_right;
	double worst; /* per cent of visible cells */
	double best_us;
};

struct screen_reader;
/* With the built-in table alone: no font of this machine helps. */
struct screen_reader *screen_reader_new(void);
void screen_reader_free(struct screen_reader *reader);
/* Reads a screenshot, and says the first few cells that are wrong. */
struct screen_count screen_compare(
        struct screen_reader *reader, const GByteArray *picture, const struct truth *truth);

void screen_count_add(struct screen_count *sum, const struct screen_count *count);
double screen_percent(unsigned right, unsigned of);
void screen_print_head(void);
void screen_print_row(const char *name, const struct screen_count *count);
/* The same as a row of the documented table. */
void screen_table_row(const char *name, const struct screen_count *count);

#endif
