/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How well what was typed names a thing. Pure. */
#include "match.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

/* Bytes of anything beyond ASCII are letters. */
static bool is_letter(char ch)
{
	return g_ascii_isalnum(ch) || (unsigned char)ch >= 0x80;
}

static bool begins_word(const char *text, const char *at)
{
	return is_letter(*at) && (at == text || !is_letter(at[-1]));
}

static bool has_letters(const char *text, const char *word, gsize len)
{
	gsize found = 0;
	for (const char *at = text; *at && found < len; at++)
		if (*at == word[found] && (found > 0 || begins_word(text, at)))
			found++;
	return found == len;
}

static enum match rank_word(const char *text, const char *word, gsize len)
{
	bool inside = false;
	for (const char *at = text; *at; at++) {
		if (strncmp(at, word, len) != 0)
			continue;
		/* What begins with no letter begins no word, but is typed so: "5%", ".iso". */
		if (begins_word(text, at) || (!is_letter(*word) && (at == text || at[-1] == ' ')))
			return MATCH_WORD;
		inside = true;
	}
	if (inside)
		return MATCH_INSIDE;
	return has_letters(text, word, len) ? MATCH_LETTERS : MATCH_NONE;
}

enum match match_rank(const char *text, const char *name, const char *typed)
{
	enum match worst = MATCH_EXACT;
	if (*typed && !strcmp(name, typed))
		return MATCH_EXACT;
	for (const char *at = typed; *at && worst != MATCH_NONE;) {
		gsize len = strcspn(at, " ");
		if (len > 0)
			worst = MIN(worst, rank_word(text, at, len));
		at += len;
		at += strspn(at, " ");
	}
	return worst == MATCH_EXACT ? MATCH_INSIDE : worst;
}
