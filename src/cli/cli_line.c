/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the words of a verb against its options and the action's parameters.
 *
 * GOption is not used here: an option whose value may be left out would eat
 * the name that follows it.
 */
#include "cli_line.h"

#include <string.h>

#include "nvirt/text.h"

/* What a word on the line turned out to be. */
struct match {
	const struct cli_option *option; /* or */
	const struct param *param;
	bool negated; /* --no-name */
	bool choice; /* the name is one of the choices of `param` */
};

void cli_line_init(struct cli_line *line)
{
	line->words = g_ptr_array_new();
	line->options = args_new();
	line->params = args_new();
}

void cli_line_fini(struct cli_line *line)
{
	g_ptr_array_unref(line->words);
	args_free(line->options);
	args_free(line->params);
}

bool cli_line_flag(const struct cli_line *line, const char *name)
{
	return args_get_bool(line->options, name, false);
}

const char *cli_line_value(const struct cli_line *line, const char *name)
{
	return args_get(line->options, name);
}

static const struct param *find_param(const struct param *params, const char *name)
{
	for (; params && params->name; params++)
		if (g_str_equal(params->name, name))
			return params;
	return NULL;
}

/* "--linked" is "--mode linked": what is usual already needs no option. */
static const struct param *find_choice(const struct param *params, const char *name)
{
	for (; params && params->name; params++) {
		if (params->type != PARAM_CHOICE || g_strcmp0(params->fallback, name) == 0)
			continue;
		g_auto(GStrv) choices = g_strsplit(params->choices, "|", -1);
		if (g_strv_contains((const char *const *)choices, name))
			return params;
	}
	return NULL;
}

static bool find_long(
        const char *name, const struct cli_option *options, const struct param *params, struct match *match)
{
	*match = (struct match){.param = find_param(params, name)};
	if (match->param)
		return true;
	for (; options->name; options++) {
		if (g_str_equal(options->name, name)) {
			match->option = options;
			return true;
		}
	}
	match->param = find_choice(params, name);
	match->choice = match->param != NULL;
	if (match->choice)
		return true;
	if (!g_str_has_prefix(name, "no-"))
		return false;
	match->param = find_param(params, name + 3);
	match->negated = true;
	return match->param && match->param->type == PARAM_BOOL;
}

static bool find_letter(char letter, const struct cli_option *options, struct match *match)
{
	*match = (struct match){0};
	for (; options->name; options++) {
		if (options->letter == letter) {
			match->option = options;
			return true;
		}
	}
	return false;
}

static bool match_wants_value(const struct match *match)
{
	if (match->param)
		return match->param->type != PARAM_BOOL && !match->choice;
	return match->option->value != NULL;
}

static void set_option(struct cli_line *line, const struct cli_option *option, const char *value)
{
	const char *before = option->list ? args_get(line->options, option->name) : NULL;
	g_autofree char *joined = before ? g_strconcat(before, "\n", value, NULL) : g_strdup(value);

	args_set(line->options, option->name, joined);
}

static bool parse_bool(const char *text, const char *name, bool *ret_value, GError **error)
{
	static const char *const yes[] = {"yes", "on", "true", "1", NULL};
	static const char *const no[] = {"no", "off", "false", "0", NULL};

	if (g_strv_contains(yes, text) || g_strv_contains(no, text)) {
		*ret_value = g_strv_contains(yes, text);
		return true;
	}
	g_autofree char *clean = text_clean(text, -1);
	g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
	        "option '--%s': '%s' is not understood: 'yes' or 'no' is wanted", name, clean);
	return false;
}

/* `value` NULL: the option stood alone. */
static bool set_match(struct cli_line *line, const struct match *match, const char *value, GError **error)
{
	const char *name = match->param ? match->param->name : match->option->name;
	bool on = true;

	if (match_wants_value(match)) {
		if (match->option)
			set_option(line, match->option, value);
		else
			args_set(line->params, name, value);
		return true;
	}
	if (value && !parse_bool(value, name, &on, error))
		return false;
	args_set(match->param ? line->params : line->options, name, on != match->negated ? "yes" : "no");
	return true;
}

static bool fail_missing(const char *word, GError **error)
{
	g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "option '%s' needs a value", word);
	return false;
}

static bool fail_unknown(const char *word, GError **error)
{
	g_autofree char *clean = text_clean(word, -1);

	g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION, "unknown option '%s'", clean);
	return false;
}

static bool parse_long(struct cli_line *line, char ***at, const struct cli_option *options,
        const struct param *params, GError **error)
{
	const char *word = **at + 2;
	const char *equals = strchr(word, '=');
	g_autofree char *name = equals ? g_strndup(word, (gsize)(equals - word)) : g_strdup(word);
	const char *value = equals ? equals + 1 : NULL;
	struct match match;

	if (!find_long(name, options, params, &match) || (match.choice && value))
		return fail_unknown(**at, error);
	if (match.choice) {
		args_set(line->params, match.param->name, name);
		return true;
	}
	if (!value && match_wants_value(&match)) {
		value = (*at)[1];
		if (!value)
			return fail_missing(**at, error);
		(*at)++;
	}
	return set_match(line, &match, value, error);
}

/* -r, -c URI, -cURI, -ry */
static bool parse_letters(struct cli_line *line, char ***at, const struct cli_option *options, GError **error)
{
	const char *word = **at;

	for (const char *letter = word + 1; *letter; letter++) {
		struct match match;

		if (!find_letter(*letter, options, &match))
			return fail_unknown(word, error);
		if (!match_wants_value(&match)) {
			set_match(line, &match, NULL, NULL);
			continue;
		}
		if (!letter[1] && !(*at)[1])
			return fail_missing(word, error);
		return set_match(line, &match, letter[1] ? letter + 1 : *++*at, error);
	}
	return true;
}

bool cli_line_parse(struct cli_line *line, char **words, const struct cli_option *options,
        const struct param *params, GError **error)
{
	bool only_words = false;

	for (char **at = words; *at; at++) {
		bool ok = true;

		if (only_words || (*at)[0] != '-' || !(*at)[1])
			g_ptr_array_add(line->words, *at);
		else if (g_str_equal(*at, "--"))
			only_words = true;
		else if ((*at)[1] == '-')
			ok = parse_long(line, &at, options, params, error);
		else
			ok = parse_letters(line, &at, options, error);
		if (!ok)
			return false;
	}
	return true;
}
