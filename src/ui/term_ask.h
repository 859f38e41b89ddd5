/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a terminal says of itself when it is asked. Pure but for what takes a terminal (term_private.h).
 *
 * Answers come among what is typed, in pieces, late or never, and from a terminal that need not be what it says.
 */
#ifndef NVIRT_UI_TERM_ASK_H
#define NVIRT_UI_TERM_ASK_H

#include <glib.h>
#include <stdbool.h>

/* What it has said so far. */
struct term_says {
	bool attributes; /* its primary attributes, which every terminal answers and which come last */
	bool kitty;      /* it knows kitty's graphics */
	bool sixel;      /* its attributes have sixels */
	int cell_w, cell_h; /* of a cell, in pixels; 0 = not said */
};

enum answer_kind {
	ANSWER_ATTRIBUTES, /* "62;4;22" of CSI ? 62 ; 4 ; 22 c */
	ANSWER_CELL,       /* "20;10" of CSI 6 ; 20 ; 10 t: height and width */
	ANSWER_KITTY,      /* "i=1;OK" of APC G i=1;OK ST */
};

/* The text between a sequence's beginning and its end, into what is known. What can not be right changes nothing: false. */
bool term_says_take(struct term_says *says, enum answer_kind kind, const char *text);

/* Is a terminal of that name ($TERM, or NULL) tmux's or screen's, or within one? */
bool term_is_multiplexer(const char *name);
extern const char term_multiplexer_words[]; /* why there are no graphics in one */
/* Of a cell, as the kernel knows them. False = it does not. */
bool term_cell_pixels_of(int fd, int *ret_w, int *ret_h);
/* What is asked: which graphics there are, how large a cell is, or both; and the attributes, which come last. */
void term_questions(bool graphics, bool cell, GByteArray *out);

#endif
