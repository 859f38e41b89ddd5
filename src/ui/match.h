/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How well what was typed names a thing: the order of the palette. Pure. */
#ifndef NVIRT_UI_MATCH_H
#define NVIRT_UI_MATCH_H

/* The better, the greater. */
enum match {
	MATCH_NONE,
	MATCH_LETTERS, /* its letters in this order, from the beginning of a word: "fof" of "force off" */
	MATCH_INSIDE,  /* stands in it */
	MATCH_WORD,    /* a word of it begins so */
	MATCH_EXACT,   /* is its name */
};

/*
 * `text`: all by which it can be found, `name`: its name, both folded as
 * `typed` is. Of several typed words the worst counts; "" matches inside.
 */
enum match match_rank(const char *text, const char *name, const char *typed);

#endif
