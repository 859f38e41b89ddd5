/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How well what was typed names a thing. Pure. */
#include "match.h"

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
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

/* Bit k of `any`: the first k letters were found, of `here`: the last of them in the word under way. */
static bool has_letters(const char *text, const char *word, gsize len)
{
	uint64_t any = 1, here = 0;
	if (len > 63)
		return false;
	for (const char *at = text; *at; at++) {
		bool begins = begins_word(text, at);
		uint64_t from, found = 0;
		if (begins || !is_letter(*at))
			here = 0;
		from = begins ? any : here;
		for (gsize k = 0; k < len; k++)
			if (word[k] == *at && from & UINT64_C(1) << k)
				found |= UINT64_C(1) << (k + 1);
		here |= found;
		any |= found;
	}
	return any >> len & 1;
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
	if (worst == MATCH_EXACT)
		return MATCH_INSIDE;
	if (worst == MATCH_WORD && (g_str_has_prefix(text, typed) || g_str_has_prefix(name, typed)))
		return MATCH_BEGIN;
	return worst;
}
