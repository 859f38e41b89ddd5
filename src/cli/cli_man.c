/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The manual page: prose of a template, and what the tables say at its lines
 * @OPTIONS@, @COMMON@, @RUN@, @LOOK@ and @ACTIONS@.
 *
 * Reads one file when make asks for it. Main thread.
 */
#include <string.h>

#include "cli.h"
#include "nvirt/text.h"

#define LINE_MAX_BYTES 72

/* For troff: no letter is a command, and a dash is one that can be copied. */
static void append_letter(GString *out, const char *at)
{
	gunichar ch = g_utf8_get_char(at);

	if (ch == 0x2026)
		g_string_append(out, "...");
	else if (ch >= 0x80)
		g_string_append_printf(out, "\\[u%04X]", ch);
	else if (*at == '\\')
		g_string_append(out, "\\e");
	else if (*at == '-')
		g_string_append(out, "\\-");
	else
		g_string_append_c(out, *at);
}

/* Within a line. */
static void append_escaped(GString *out, const char *text)
{
	for (const char *at = text; *at; at = g_utf8_next_char(at))
		append_letter(out, at);
}

/* Whole lines: a sentence begins one, none is long, and none looks like a command. */
static void append_prose(GString *out, const char *text)
{
	g_auto(GStrv) words = g_strsplit_set(text, " \n", -1);
	gsize line = out->len;

	for (unsigned i = 0; words[i]; i++) {
		const char *word = words[i];
		bool ends = i && g_str_has_suffix(words[i - 1], ".") && g_ascii_isupper(*word);
		bool breaks = i && (ends || out->len - line + strlen(word) > LINE_MAX_BYTES);

		if (breaks)
			g_string_append_c(out, '\n');
		else if (i)
			g_string_append_c(out, ' ');
		line = breaks ? out->len : line;
		if (out->len == line && (*word == '.' || *word == '\''))
			g_string_append(out, "\\&");
		append_escaped(out, word);
	}
	g_string_append(out, g_str_has_suffix(text, ".") ? "\n" : ".\n");
}

/* Usage words in capitals stand for something, the others are typed. */
static void append_usage_words(GString *out, const char *usage)
{
	for (const char *at = usage; *at;) {
		gsize len = strcspn(at, " []|."), skip = strspn(at, " []|.");
		g_autofree char *word = g_strndup(at, len ? len : skip);

		if (len)
			g_string_append(out, g_ascii_isupper(*word) ? "\\fI" : "\\fB");
		append_escaped(out, word);
		if (len)
			g_string_append(out, "\\fR");
		at += len ? len : skip;
	}
}

static void append_tagged(GString *out, const char *name, const char *letter, const char *value, const char *help)
{
	g_string_append(out, ".TP\n");
	if (letter)
		g_string_append_printf(out, "\\fB\\-%s\\fR, ", letter);
	g_string_append(out, "\\fB\\-\\-");
	append_escaped(out, name);
	g_string_append(out, "\\fR");
	if (value) {
		g_string_append(out, " \\fI");
		append_escaped(out, value);
		g_string_append(out, "\\fR");
	}
	g_string_append_c(out, '\n');
	append_prose(out, help);
}

static void append_options(GString *out, const struct cli_option *options)
{
	for (; options->name; options++) {
		char letter[2] = {options->letter, '\0'};

		append_tagged(out, options->name, *letter ? letter : NULL, options->value, options->help);
	}
}

static void append_param(GString *out, const struct param *param)
{
	const char *value = cli_param_value_word(param);
	bool on = param->type == PARAM_BOOL && g_strcmp0(param->fallback, "yes") == 0;
	g_autofree char *name = g_strconcat(on ? "no-" : "", param->name, NULL);
	g_autofree char *help = on ? g_strdup_printf("Switches off: %s", param->help)
	                        : value && param->fallback && *param->fallback
	                                ? g_strdup_printf("%s Default: %s.", param->help, param->fallback)
	                                : g_strdup(param->help);

	append_tagged(out, name, NULL, value, help);
}

/* A verb's own options stand below it. */
static void append_verb(GString *out, const struct cli_verb *verb)
{
	g_string_append(out, ".TP\n\\fBnvirt ");
	append_escaped(out, verb->name);
	g_string_append(out, *verb->usage ? "\\fR " : "\\fR");
	append_usage_words(out, verb->usage);
	g_string_append_c(out, '\n');
	append_prose(out, verb->help);
	if (!verb->options->name)
		return;
	g_string_append(out, ".RS\n");
	append_options(out, verb->options);
	g_string_append(out, ".RE\n");
}

static void append_virsh(GString *out, const struct action *action)
{
	g_autofree char *virsh = cli_virsh_command(action, obj_kind_word(action->kind), true);

	if (!virsh)
		return;
	g_string_append(out, ".br\nIn virsh:\n");
	append_prose(out, virsh);
}

static void append_action(GString *out, const struct action *action)
{
	g_autofree char *usage = cli_action_usage(action);

	g_string_append(out, ".TP\n\\fBnvirt ");
	append_escaped(out, action->verb);
	g_string_append(out, "\\fR");
	append_usage_words(out, usage);
	g_string_append_c(out, '\n');
	append_prose(out, action->help);
	if (action->consequence)
		append_prose(out, action->consequence);
	append_virsh(out, action);
	if (!action->params && !(action->flags & ACTION_PICK))
		return;
	g_string_append(out, ".RS\n");
	for (const struct param *param = action->params; param && param->name; param++)
		append_param(out, param);
	if (action->flags & ACTION_PICK)
		append_options(out, cli_options_plan);
	g_string_append(out, ".RE\n");
}

static void append_look(GString *out)
{
	for (const struct cli_verb *verb = cli_verbs; verb->name; verb++)
		append_verb(out, verb);
}

static void append_actions(GString *out)
{
	static const char *const titles[OBJ_N] = {[OBJ_HOST] = "Hosts", [OBJ_GUEST] = "Guests", [OBJ_POOL] = "Storage pools",
	        [OBJ_VOLUME] = "Volumes", [OBJ_NETWORK] = "Networks", [OBJ_SNAPSHOT] = "Snapshots", [OBJ_TASK] = "Tasks"};
	static const enum obj_kind order[] = {
	        OBJ_GUEST, OBJ_SNAPSHOT, OBJ_POOL, OBJ_VOLUME, OBJ_NETWORK, OBJ_HOST, OBJ_TASK};

	for (unsigned i = 0; i < G_N_ELEMENTS(order); i++) {
		g_string_append_printf(out, ".SS %s\n", titles[order[i]]);
		for (unsigned j = 0; j < action_count; j++)
			if (action_table[j].kind == order[i] && cli_action_usable(&action_table[j]))
				append_action(out, &action_table[j]);
	}
}

static void append_line(GString *out, const char *line)
{
	if (g_str_equal(line, "@OPTIONS@"))
		append_options(out, cli_options_program);
	else if (g_str_equal(line, "@COMMON@"))
		append_options(out, cli_options_common);
	else if (g_str_equal(line, "@RUN@"))
		append_options(out, cli_options_action);
	else if (g_str_equal(line, "@LOOK@"))
		append_look(out);
	else if (g_str_equal(line, "@ACTIONS@"))
		append_actions(out);
	else
		g_string_append_printf(out, "%s\n", line);
}

int cli_man(struct cli *cli)
{
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (cli->line.words->len != 1)
		return cli_usage_error(cli, NULL, "__man: the template's file is wanted");
	if (!g_file_get_contents(cli->line.words->pdata[0], &text, NULL, &error)) {
		output_message(&cli->out, "%s", error->message);
		return EXIT_CODE_FAILED;
	}
	lines = g_strsplit(g_strchomp(text), "\n", -1);
	for (unsigned i = 0; lines[i]; i++)
		append_line(out, lines[i]);
	return output_text(&cli->out, out->str) ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}
