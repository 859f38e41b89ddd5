/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the usage of a verb ("[guest | pool | network] NAME"), to know what may
 * stand where; and splits a shell's line into words.
 *
 * Pure.
 */
#include <string.h>

#include "cli_complete.h"

static void free_way(gpointer way)
{
	g_ptr_array_unref(way);
}

static GPtrArray *ways_new(void)
{
	return g_ptr_array_new_with_free_func(free_way);
}

/* `first`, then `second`. */
static GPtrArray *joined(const GPtrArray *first, const GPtrArray *second)
{
	GPtrArray *way = g_ptr_array_new_with_free_func(g_free);

	for (unsigned i = 0; i < first->len; i++)
		g_ptr_array_add(way, g_strdup(first->pdata[i]));
	for (unsigned i = 0; i < second->len; i++)
		g_ptr_array_add(way, g_strdup(second->pdata[i]));
	return way;
}

static GPtrArray *read_ways(const char **at);

/* A word, or what stands in brackets, which can be left out: all ways. */
static GPtrArray *read_item(const char **at)
{
	GPtrArray *ways = ways_new(), *way;
	gsize len;

	if (**at == '[') {
		g_ptr_array_unref(ways);
		(*at)++;
		ways = read_ways(at);
		g_ptr_array_add(ways, g_ptr_array_new_with_free_func(g_free));
		*at += **at == ']';
		return ways;
	}
	len = strcspn(*at, " []|");
	way = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(way, g_strndup(*at, len));
	g_ptr_array_add(ways, way);
	*at += len;
	return ways;
}

/* Items one after the other, and other ones after each '|': all ways to write that. */
static GPtrArray *read_ways(const char **at)
{
	GPtrArray *all = ways_new(), *ways = ways_new();

	g_ptr_array_add(ways, g_ptr_array_new_with_free_func(g_free));
	for (; **at && **at != ']'; *at += strspn(*at, " ")) {
		if (**at == '|') {
			g_ptr_array_extend_and_steal(all, ways);
			ways = ways_new();
			g_ptr_array_add(ways, g_ptr_array_new_with_free_func(g_free));
			(*at)++;
			continue;
		}
		if (**at == ' ')
			continue;
		g_autoptr(GPtrArray) before = ways, items = read_item(at);

		ways = ways_new();
		for (unsigned i = 0; i < before->len; i++)
			for (unsigned j = 0; j < items->len; j++)
				g_ptr_array_add(ways, joined(before->pdata[i], items->pdata[j]));
	}
	g_ptr_array_extend_and_steal(all, ways);
	return all;
}

static bool is_literal(const char *word)
{
	return g_ascii_islower(*word);
}

/* The word of this way that comes next, or NULL. */
static const char *next_of(const GPtrArray *way, const GPtrArray *given)
{
	for (unsigned i = 0; i <= given->len; i++) {
		const char *word = i < way->len ? way->pdata[i] : way->len ? way->pdata[way->len - 1] : "";

		if (!*word || (i >= way->len && !g_str_has_suffix(word, "...")))
			return NULL;
		if (i == given->len)
			return word;
		if (is_literal(word) && !g_str_equal(word, given->pdata[i]))
			return NULL;
	}
	return NULL;
}

GPtrArray *usage_next(const char *usage, const GPtrArray *given)
{
	const char *at = usage;
	g_autoptr(GPtrArray) ways = read_ways(&at);
	GPtrArray *next = g_ptr_array_new_with_free_func(g_free);

	for (unsigned i = 0; i < ways->len; i++) {
		g_autofree char *word = g_strdup(next_of(ways->pdata[i], given));

		if (!word)
			continue;
		if (g_str_has_suffix(word, "..."))
			word[strlen(word) - 3] = '\0';
		if (!g_ptr_array_find_with_equal_func(next, word, g_str_equal, NULL))
			g_ptr_array_add(next, g_steal_pointer(&word));
	}
	return next;
}

/* ---- a shell's line ---- */

/* The letter after a backslash; between double quotes only some are escaped. */
static const char *take_escaped(GString *word, const char *at, char quote)
{
	if (!at[1])
		return at;
	if (quote == '"' && !strchr("\"\\$`", at[1]))
		g_string_append_c(word, '\\');
	g_string_append_c(word, at[1]);
	return at + 1;
}

GPtrArray *line_split(const char *line, char *ret_quote)
{
	GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GString) word = g_string_new(NULL);
	bool open = false;
	char quote = '\0';

	for (const char *at = line; *at; at++) {
		if (!quote && strchr(" \t\n", *at)) {
			if (open)
				g_ptr_array_add(words, g_strdup(word->str));
			g_string_truncate(word, 0);
			open = false;
			continue;
		}
		open = true;
		if (*at == '\\' && quote != '\'')
			at = take_escaped(word, at, quote);
		else if (quote ? *at == quote : *at == '"' || *at == '\'')
			quote = quote ? '\0' : *at;
		else
			g_string_append_c(word, *at);
	}
	g_ptr_array_add(words, g_strdup(word->str));
	*ret_quote = quote;
	return words;
}

/* What a backslash must stand before, outside of quotes. */
static const char bash_special[] = " \t\"'\\$`|&;()<>*?[]{}~#!^";

bool bash_escapes(char letter)
{
	return strchr(bash_special, letter);
}

char *bash_quote(const char *word, char quote)
{
	const char *special = quote == '"' ? "\"\\$`" : quote ? "" : bash_special;
	GString *text = g_string_new(NULL);

	for (const char *at = word; *at; at++) {
		/* Within single quotes nothing can be escaped: they are closed and opened again. */
		if (quote == '\'' && *at == '\'')
			g_string_append(text, "'\\'");
		else if (strchr(special, *at))
			g_string_append_c(text, '\\');
		g_string_append_c(text, *at);
	}
	return g_string_free(text, FALSE);
}
