/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How well what was typed names a thing: the order of the palette. Pure. */
#ifndef NVIRT_UI_MATCH_H
#define NVIRT_UI_MATCH_H

/* The better, the greater. */
enum match {
	MATCH_NONE,
	MATCH_LETTERS, /* its letters in this order: each in the word of the one before, or the first of a later word:
	                  "fof" of "force off", "shtdn" of "shutdown" */
	MATCH_INSIDE,  /* stands in it */
	MATCH_WORD,    /* a word of it begins so */
	MATCH_BEGIN,   /* it or its name begins so */
	MATCH_EXACT,   /* is its name */
};

/*
 * `text`: all by which it can be found, `name`: its name, both folded as
 * `typed` is. Of several typed words the worst counts; "" matches inside.
 */
enum match match_rank(const char *text, const char *name, const char *typed);

#endif
