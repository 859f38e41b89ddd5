/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a line of words to what its last one may become, by the tables of
 * actions, verbs and options.
 *
 * Main thread. Asks a host for names only where a name is wanted.
 */
#include "cli_complete.h"

#include <string.h>

#include "nvirt/config.h"
#include "nvirt/keyboard.h"
#include "nvirt/text.h"

const struct cli_option cli_options_complete[] = {
        {"line", 0, "LINE", false, "The line as it is typed, the program's name first, up to the cursor"},
        {"breaks", 0, "LETTERS", false, "For bash: candidates are quoted, and begin after the last of these"},
        {0},
};

/* The program's options, those that may stand before the verb. */
#define X(name, letter, kind, member, value, help) {name, letter, value, false, help},
const struct cli_option cli_options_program[] = {PROGRAM_OPTIONS(X){0}};
#undef X

/* An option that waits for its value: of the program, of a verb, or a parameter. */
struct wanted {
	const struct cli_option *option;
	const struct param *param;
};

/* The verb of the line; neither: there is none yet. */
struct chosen {
	const struct action *action;
	const struct cli_verb *verb;
};

void complete_add(struct complete *complete, const char *value, const char *what)
{
	g_autofree char *line = NULL;

	/* What is no line of text could not be told from other candidates. */
	if (!g_str_has_prefix(value, complete->last) || strpbrk(value, "\n\t") || !*value)
		return;
	line = g_strdup_printf("%s%s\t%s", complete->after, value, what ? what : "");
	g_strdelimit(line, "\n", ' ');
	if (!g_ptr_array_find_with_equal_func(complete->lines, line, g_str_equal, NULL))
		g_ptr_array_add(complete->lines, g_steal_pointer(&line));
}

/* ---- options ---- */

static const struct cli_option *find_option(const struct cli_option *options, const char *name, char letter)
{
	for (; options->name; options++)
		if (name ? g_str_equal(options->name, name) : options->letter && options->letter == letter)
			return options;
	return NULL;
}

static const struct param *find_param(const struct action *action, const char *name)
{
	for (const struct param *param = action ? action->params : NULL; param && param->name; param++)
		if (g_str_equal(param->name, name))
			return param;
	return NULL;
}

static struct cli_option *options_of(const struct chosen *chosen)
{
	return chosen->action ? cli_action_options(chosen->action) : cli_verb_options(chosen->verb);
}

/* What kind of object is named by a parameter called "pool" or "from-snapshot"? */
static enum obj_kind kind_of_param(const char *name)
{
	static const enum obj_kind kinds[] = {OBJ_GUEST, OBJ_POOL, OBJ_NETWORK, OBJ_SNAPSHOT};

	for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++) {
		const char *word = obj_kind_word(kinds[i]);
		g_autofree char *suffix = g_strconcat("-", word, NULL);

		if (g_str_equal(name, word) || g_str_has_suffix(name, suffix))
			return kinds[i];
	}
	return OBJ_NONE;
}

static void add_choices(struct complete *complete, const char *choices)
{
	g_auto(GStrv) words = g_strsplit(choices, "|", -1);

	for (unsigned i = 0; words[i]; i++)
		complete_add(complete, words[i], NULL);
}

static void add_uris(struct complete *complete)
{
	struct config *config = config_load();

	for (unsigned i = 0; i < config->hosts->len; i++) {
		const struct config_host *host = config->hosts->pdata[i];

		complete_add(complete, *host->name ? host->name : host->uri, host->uri);
	}
	config_free(config);
	complete_add(complete, "qemu:///system", "the system's guests");
	complete_add(complete, "qemu:///session", "your own guests");
}

static void add_layouts(struct complete *complete)
{
	g_auto(GStrv) names = layout_names();

	for (unsigned i = 0; names[i]; i++)
		complete_add(complete, names[i], NULL);
}

/* Is all that stands before the last key of a combination held while that is pressed? */
static bool are_modifiers(const char *begin, const char *end)
{
	g_autofree char *text = g_strndup(begin, (gsize)(end - begin));
	g_auto(GStrv) words = g_strsplit(text, "-", -1);

	for (unsigned w = 0; words[w]; w++) {
		bool modifier = true, found = false;
		const char *name;

		for (unsigned i = 0; (name = keyboard_name(i, &modifier)) && modifier && !found; i++)
			found = g_ascii_strcasecmp(name, words[w]) == 0;
		if (!found)
			return false;
	}
	return true;
}

/* "f1", "ctrl-alt-delete": the last key of it, after what was typed of it; and Control, Alt alone are no wish. */
static void add_keys(struct complete *complete)
{
	const char *dash = strrchr(complete->last, '-');
	g_autofree char *after = dash ? g_strndup(complete->last, (gsize)(dash + 1 - complete->last)) : g_strdup("");
	bool modifier;
	const char *name;

	if (!complete->given->len || (dash && !are_modifiers(complete->last, dash)))
		return;
	if (!dash)
		complete_add(complete, "ctrl-alt-delete", NULL);
	complete->after = after;
	complete->last += strlen(after);
	for (unsigned i = 0; (name = keyboard_name(i, &modifier)); i++) {
		g_autofree char *begun = modifier ? g_strconcat(name, "-", NULL) : NULL;

		complete_add(complete, begun ? begun : name, NULL);
	}
	complete->after = "";
}

static void add_value(struct complete *complete, const struct wanted *wanted)
{
	const char *guest = complete->given->len ? complete->given->pdata[0] : NULL;
	const char *value = wanted->option ? wanted->option->value : NULL;

	if (wanted->option && g_str_equal(wanted->option->name, "connect"))
		add_uris(complete);
	else if (wanted->option && g_str_equal(wanted->option->name, "layout"))
		add_layouts(complete);
	else if (wanted->option && g_ascii_islower(*value))
		add_choices(complete, value);
	else if (wanted->option)
		complete->files = g_str_equal(value, "FILE");
	else if (wanted->param->type == PARAM_CHOICE)
		add_choices(complete, wanted->param->choices);
	else if (wanted->param->type == PARAM_PATH)
		complete->files = true;
	else if (kind_of_param(wanted->param->name) != OBJ_NONE)
		complete_names(complete, kind_of_param(wanted->param->name), NULL, guest);
}

static void add_option_names(struct complete *complete, const struct cli_option *options)
{
	for (; options->name; options++) {
		g_autofree char *word = g_strconcat("--", options->name, NULL);

		complete_add(complete, word, options->help);
	}
}

static void add_param_names(struct complete *complete, const struct action *action)
{
	for (const struct param *param = action ? action->params : NULL; param && param->name; param++) {
		bool on = param->type == PARAM_BOOL && g_strcmp0(param->fallback, "yes") == 0;
		g_autofree char *word = g_strconcat(on ? "--no-" : "--", param->name, NULL);

		complete_add(complete, word, param->help);
	}
}

/* "--na" or "--name=val". */
static void add_options(struct complete *complete, const struct chosen *chosen)
{
	g_autofree struct cli_option *options = options_of(chosen);
	const char *equals = strchr(complete->last, '=');
	g_autofree char *name = equals ? g_strndup(complete->last + 2, (gsize)(equals - complete->last - 2)) : NULL;
	struct wanted wanted = {NULL, NULL};
	g_autofree char *after = NULL;

	if (!equals) {
		add_param_names(complete, chosen->action);
		add_option_names(complete, options);
		return;
	}
	wanted.param = find_param(chosen->action, name);
	wanted.option = wanted.param ? NULL : find_option(options, name, 0);
	if (wanted.option && !wanted.option->value)
		wanted.option = NULL;
	after = g_strndup(complete->last, (gsize)(equals + 1 - complete->last));
	complete->after = after;
	complete->last = equals + 1;
	if (wanted.param || wanted.option)
		add_value(complete, &wanted);
	complete->after = "";
}

/* ---- words ---- */

static void add_verbs(struct complete *complete)
{
	for (const struct cli_verb *verb = cli_verbs; verb->name; verb++)
		complete_add(complete, verb->name, verb->help);
	for (unsigned i = 0; i < action_count; i++)
		if (cli_action_usable(&action_table[i]))
			complete_add(complete, action_table[i].verb, action_table[i].help);
}

/* "create" after "snapshot". */
static void add_group(struct complete *complete, const char *group)
{
	g_autofree char *prefix = g_strconcat(group, "-", NULL);
	gsize len = strlen(prefix);

	for (const struct cli_verb *verb = cli_verbs; verb->name; verb++)
		if (g_str_has_prefix(verb->name, prefix))
			complete_add(complete, verb->name + len, verb->help);
	for (unsigned i = 0; i < action_count; i++)
		if (cli_action_usable(&action_table[i]) && g_str_has_prefix(action_table[i].verb, prefix))
			complete_add(complete, action_table[i].verb + len, action_table[i].help);
}

static void add_action_word(struct complete *complete, const struct action *action)
{
	unsigned given = complete->given->len;
	unsigned objects = action->kind == OBJ_HOST ? 0 : action->kind == OBJ_SNAPSHOT ? 2 : 1;
	const char *guest = action->kind == OBJ_SNAPSHOT && given ? complete->given->pdata[0] : NULL;
	struct wanted wanted = {NULL, NULL};

	if (given < objects || (objects && action->flags & ACTION_BULK)) {
		enum obj_kind kind = action->kind == OBJ_SNAPSHOT && !given ? OBJ_GUEST : action->kind;

		complete_names(complete, kind, kind == action->kind ? action : NULL, guest);
		return;
	}
	for (const struct param *param = action->params; param && param->name && !wanted.param; param++)
		if ((param->required || param->propose) && given-- == objects)
			wanted.param = param;
	if (wanted.param)
		add_value(complete, &wanted);
}

/* "NAME" is that of the kind that was said before. */
static enum obj_kind kind_of_word(const struct complete *complete, const char *word)
{
	static const enum obj_kind kinds[] = {OBJ_GUEST, OBJ_POOL, OBJ_NETWORK, OBJ_SNAPSHOT};
	const char *said = complete->given->len ? complete->given->pdata[0] : "guest";
	bool name = g_str_equal(word, "NAME");

	for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (g_ascii_strcasecmp(obj_kind_word(kinds[i]), name ? said : word) == 0)
			return kinds[i];
	return OBJ_NONE;
}

static void add_verb_word(struct complete *complete, const struct cli_verb *verb)
{
	g_autoptr(GPtrArray) next = usage_next(verb->usage, complete->given);
	const char *guest = complete->given->len ? complete->given->pdata[0] : NULL;

	for (unsigned i = 0; i < next->len; i++) {
		const char *word = next->pdata[i];

		if (g_ascii_islower(*word))
			complete_add(complete, word, NULL);
		else if (g_str_equal(word, "VERB"))
			add_verbs(complete);
		else if (g_str_equal(word, "FILE"))
			complete->files = true;
		else if (g_str_has_prefix(word, "KEY"))
			add_keys(complete);
		else if (kind_of_word(complete, word) != OBJ_NONE)
			complete_names(complete, kind_of_word(complete, word), NULL, guest);
	}
}

/* ---- the line ---- */

static void note(struct complete *complete, const struct cli_option *option, const char *value)
{
	if (g_str_equal(option->name, "connect") && value)
		g_ptr_array_add(complete->uris, (gpointer)value);
	if (g_str_equal(option->name, "readonly"))
		complete->readonly = true;
}

/* Reads the option at `at`; true: its value is the last word. `at` stands on its last word then. */
static bool read_option(struct complete *complete, unsigned *at, const struct cli_option *options,
        const struct action *action, struct wanted *wanted)
{
	const char *word = complete->words->pdata[*at];
	bool name = word[1] == '-';
	const char *value = name ? strchr(word, '=') : word[1] && word[2] ? word + 1 : NULL;
	g_autofree char *stem = !name ? NULL : value ? g_strndup(word + 2, (gsize)(value - word - 2)) : g_strdup(word + 2);

	*wanted = (struct wanted){.param = name ? find_param(action, stem) : NULL};
	wanted->option = wanted->param ? NULL : find_option(options, name ? stem : NULL, word[1]);
	if (!wanted->option && (!wanted->param || wanted->param->type == PARAM_BOOL || value))
		return false;
	if (wanted->option && (!wanted->option->value || value)) {
		note(complete, wanted->option, value ? value + 1 : NULL);
		return false;
	}
	if (*at + 1 >= complete->words->len)
		return true;
	++*at;
	if (wanted->option)
		note(complete, wanted->option, complete->words->pdata[*at]);
	return false;
}

static bool is_option(const char *word)
{
	return word[0] == '-' && word[1];
}

/* The program's options; `at` becomes the verb's place. true: the last word is done. */
static bool before_verb(struct complete *complete, unsigned *at)
{
	struct wanted wanted;

	for (; *at < complete->words->len && is_option(complete->words->pdata[*at]); ++*at) {
		if (read_option(complete, at, cli_options_program, NULL, &wanted)) {
			add_value(complete, &wanted);
			return true;
		}
	}
	if (*at < complete->words->len)
		return false;
	if (*complete->last == '-')
		add_option_names(complete, cli_options_program);
	else
		add_verbs(complete);
	return true;
}

static void after_verb(struct complete *complete, unsigned at, const struct chosen *chosen)
{
	g_autofree struct cli_option *options = options_of(chosen);
	bool only_words = false;
	struct wanted wanted;

	for (; at < complete->words->len; at++) {
		const char *word = complete->words->pdata[at];

		if (only_words || !is_option(word)) {
			g_ptr_array_add(complete->given, (gpointer)word);
		} else if (g_str_equal(word, "--")) {
			only_words = true;
		} else if (read_option(complete, &at, options, chosen->action, &wanted)) {
			add_value(complete, &wanted);
			return;
		}
	}
	if (*complete->last == '-' && !only_words)
		add_options(complete, chosen);
	else if (chosen->action)
		add_action_word(complete, chosen->action);
	else
		add_verb_word(complete, chosen->verb);
}

static struct chosen choose(const char *word)
{
	const struct action *action = action_by_verb(word);

	return (struct chosen){
	        .verb = cli_verb_by_name(word), .action = action && cli_action_usable(action) ? action : NULL};
}

static void complete_line(struct complete *complete)
{
	unsigned at = 0;
	struct chosen chosen;
	const char *word;

	if (before_verb(complete, &at))
		return;
	word = complete->words->pdata[at];
	chosen = choose(word);
	if (chosen.verb)
		chosen.action = NULL;
	if (!chosen.verb && !chosen.action && at + 1 == complete->words->len) {
		add_group(complete, word);
		return;
	}
	if (!chosen.verb && !chosen.action) {
		g_autofree char *joined = cli_two_word_verb(word, complete->words->pdata[++at]);

		if (joined)
			chosen = choose(joined);
	}
	if (chosen.verb || chosen.action)
		after_verb(complete, at + 1, &chosen);
}

/* Where readline begins a new word within the one that is typed: that much it keeps. */
static gsize kept_by_bash(const char *typed, const char *breaks, char quote)
{
	gsize kept = 0;

	for (gsize i = 0; typed[i] && !quote; i++)
		if (strchr(breaks, typed[i]) && !bash_escapes(typed[i]))
			kept = i + 1;
	return kept;
}

static void append_for_bash(const struct complete *complete, GString *text, const char *line, gsize kept)
{
	g_autofree char *value = g_strndup(line, strcspn(line, "\t"));
	g_autofree char *quoted = bash_quote(value + MIN(kept, strlen(value)), complete->quote);

	g_string_append_printf(text, "%s\n", quoted);
}

static bool print_lines(struct complete *complete, const char *typed)
{
	gsize kept = complete->breaks ? kept_by_bash(typed, complete->breaks, complete->quote) : 0;
	g_autoptr(GString) text = g_string_new(complete->files ? ":files\n" : "");

	for (unsigned i = 0; i < complete->lines->len; i++) {
		if (complete->breaks)
			append_for_bash(complete, text, complete->lines->pdata[i], kept);
		else
			g_string_append_printf(text, "%s\n", (const char *)complete->lines->pdata[i]);
	}
	return output_text(&complete->cli->out, text->str);
}

/* The words of the line; the last one is taken out. Owned. */
static GPtrArray *take_words(const struct cli *cli, char **ret_last, char *ret_quote)
{
	const char *line = cli_line_value(&cli->line, "line");
	GPtrArray *words = line ? line_split(line, ret_quote) : g_ptr_array_new_with_free_func(g_free);

	for (unsigned i = 0; !line && i < cli->line.words->len; i++)
		g_ptr_array_add(words, g_strdup(cli->line.words->pdata[i]));
	if (line && words->len > 1)
		g_ptr_array_remove_index(words, 0);
	*ret_last = words->len ? g_ptr_array_steal_index(words, words->len - 1) : g_strdup("");
	return words;
}

int cli_complete(struct cli *cli)
{
	g_autofree char *last = NULL;
	char quote = '\0';
	g_autoptr(GPtrArray) words = take_words(cli, &last, &quote);
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) given = g_ptr_array_new(), uris = g_ptr_array_new();
	struct complete complete = {.cli = cli, .words = words, .last = last, .after = "", .given = given,
	        .uris = uris, .lines = lines, .quote = quote,
	        .breaks = cli_line_value(&cli->line, "breaks")};

	complete_line(&complete);
	return print_lines(&complete, last) ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}
