/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line's front door: from a verb to its function.
 *
 * Main thread. Knows tables and options; what a verb does is in its own file.
 */
#include "cli.h"

#include <stdarg.h>
#include <string.h>

#include "nvirt/config.h"
#include "nvirt/text.h"

#define CONNECT_TIMEOUT_S 30
#define CONNECT_TIMEOUT_MAX_S 3600

static const struct cli_option no_options[] = {{0}}, csv_options[] = {CLI_OPTION_CSV, {0}};

const struct cli_option cli_options_common[] = {
        {"connect", 'c', "URI", true, "Connect to URI instead of libvirt's default"},
        {"readonly", 'r', NULL, false, "Open the connection read-only"},
        {"connect-timeout", 0, "SECONDS", false, "Give up when the host has not answered by then (30)"},
        {"json", 0, NULL, false, "Print JSON; --json=1 wants version 1 of it, or fails"},
        {"yes", 'y', NULL, false, "Do not ask for confirmation"},
        {"ascii", 0, NULL, false, "Print ASCII characters only"},
        {"help", 'h', NULL, false, "Show this help"},
        {0},
};

const struct cli_verb cli_verbs[] = {
        {"list", "[guests | pools | networks | volumes POOL | hosts]", "List objects of the host.",
                cli_options_list, cli_list},
        {"show", "[guest | pool | network] NAME", "Show everything known about one object.", csv_options,
                cli_show},
        {"images", "[IMAGE | GUEST]", "List all images of the host: what stands on what, and who uses it.",
                cli_options_images, cli_images},
        {"devices", "[TEXT]", "List the host's own devices: who has them, and which a guest can be given.",
                cli_options_devices, cli_devices},
        {"processes", "[GUEST]", "Show running guests as processes: threads, CPU time, memory, open files.",
                cli_options_processes, cli_processes},
        {"screen", "[GUEST]", "Print what a guest's screen shows, as text.", cli_options_screen, cli_screen},
        {"wait", "[GUEST]", "Wait until a guest's screen shows a text: 0 = seen, 1 = not in time, 2 = an error.",
                cli_options_wait, cli_wait_screen},
        {"type", "[GUEST] [TEXT...]", "Type a text on a guest's keyboard.", cli_options_type, cli_type},
        {"key", "[GUEST] KEY...", "Press keys on a guest's keyboard, like ctrl-alt-delete, alt-f2, enter.",
                cli_options_key, cli_key},
        {"check", "", "Say whether the host is healthy: what is wrong, why it matters, and the command that mends it.",
                cli_options_check, cli_check},
        {"tasks", "", "List the tasks in the journal, the newest last.", cli_options_tasks, cli_tasks},
        {"console", "GUEST", "Open a guest's serial console on this terminal; Ctrl-] leaves.",
                cli_options_console, cli_console},
        {"wall", "[TEXT]", "Show the screens of all guests that run (or whose name has TEXT).", cli_options_wall, cli_wall},
        {"snapshot-list", "GUEST", "List a guest's snapshots as a tree.", csv_options, cli_snapshot_list},
        {"snapshot-show", "GUEST SNAPSHOT", "Show everything known about one snapshot.", cli_options_snapshot_show,
                cli_snapshot_show},
        {"snapshot-diff", "GUEST SNAPSHOT [SNAPSHOT]",
                "Show what changed in the definition from a snapshot to another one, or to now.", csv_options,
                cli_snapshot_diff},
        {"stats", "[GUEST...]", "Show what guests, or hosts, use: CPU, memory, disks, networks.", cli_options_stats,
                cli_stats},
        {"pools", "", "List storage pools: short for 'list pools'.", cli_options_list, cli_pools},
        {"networks", "", "List virtual networks: short for 'list networks'.", cli_options_list, cli_networks},
        {"hosts", "", "List hosts and their connections: short for 'list hosts'.", cli_options_list, cli_hosts},
        {"host", "", "Show the host itself: CPUs, memory, pressure, KSM, NUMA cells, disks, temperatures.",
                cli_options_host, cli_host},
        {"schema", "", "Print the JSON schema of what --json prints.", cli_options_schema, cli_schema},
        {"completion", "bash | zsh | fish", "Print what makes a shell complete nvirt's words.", no_options,
                cli_completion},
        {"self-test", "", "Check that all tables of this program agree.", no_options, cli_self_test},
        {"help", "[VERB]", "Show the verbs, or one verb's words and options.", no_options, cli_help},
        {0},
};

const struct cli_verb cli_hidden_verbs[] = {
        {"__complete", "[WORD...]", "For shells: what the last word may become.", cli_options_complete, cli_complete},
        {"__man", "FILE", "For make: the manual page of its template.", no_options, cli_man},
        {0},
};

int cli_usage_error(struct cli *cli, const char *verb, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	g_autofree char *words = g_strdup_vprintf(format, ap);
	va_end(ap);
	output_message(&cli->out, "%s", words);
	if (verb)
		output_note(&cli->out, "See 'nvirt help %s'.", verb);
	else
		output_note(&cli->out, "See 'nvirt help'.");
	return EXIT_CODE_USAGE;
}

struct cli_session *cli_open_session(struct cli *cli, const char *verb, bool one, bool write_journal)
{
	if (one && cli->uris && cli->uris[0] && cli->uris[1]) {
		cli_usage_error(cli, verb, "'%s' works on one host: give one -c only", verb);
		return NULL;
	}
	return cli_session_new(&cli->out, cli->uris, cli->readonly, cli->connect_timeout_us, write_journal);
}

char **cli_resolve_uris(char **uris, bool *ret_readonly)
{
	char **resolved = g_strdupv(uris);
	struct config *config;

	if (!uris || !uris[0])
		return resolved;
	config = config_load();
	for (unsigned i = 0; resolved[i]; i++) {
		const struct config_host *known = config_host(config, resolved[i]);

		if (!known)
			continue;
		g_free(resolved[i]);
		resolved[i] = g_strdup(known->uri);
		if (ret_readonly)
			*ret_readonly |= known->readonly;
	}
	config_free(config);
	return resolved;
}

/* "--json=2": a script that was written for another version must not get this one. */
static bool check_version(char **words, GError **error)
{
	for (; *words && !g_str_equal(*words, "--"); words++) {
		guint64 version;

		if (!g_str_has_prefix(*words, "--json=") ||
		        !g_ascii_string_to_unsigned(*words + strlen("--json="), 10, 0, G_MAXUINT, &version, NULL))
			continue;
		if (version != JSON_VERSION && version != 0) {
			g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
			        "option '--json': this nvirt prints version %d of its JSON, not version %" G_GUINT64_FORMAT,
			        JSON_VERSION, version);
			return false;
		}
	}
	return true;
}

/* The program's options came first; those after the verb win or add. */
static bool merge_options(struct cli *cli, const struct options *options, GError **error)
{
	const char *uris = cli_line_value(&cli->line, "connect");
	const char *seconds = cli_line_value(&cli->line, "connect-timeout");
	char *end = NULL;
	double timeout_s = seconds ? g_ascii_strtod(seconds, &end) : CONNECT_TIMEOUT_S;

	output_init(&cli->out, options->json || cli_line_flag(&cli->line, "json"),
	        options->ascii || cli_line_flag(&cli->line, "ascii"));
	cli->out.csv = cli_line_flag(&cli->line, "csv");
	cli->readonly = options->readonly || cli_line_flag(&cli->line, "readonly");
	cli->yes = options->yes || cli_line_flag(&cli->line, "yes");
	if (cli->out.json && cli->out.csv) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--json and --csv are two forms: give one");
		return false;
	}
	g_auto(GStrv) given = uris ? g_strsplit(uris, "\n", -1) : g_strdupv(options->uris);
	cli->uris = cli_resolve_uris(given, &cli->readonly);
	if (seconds && (end == seconds || *end || !(timeout_s > 0 && timeout_s <= CONNECT_TIMEOUT_MAX_S))) {
		g_autofree char *clean = text_clean(seconds, -1);

		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		        "option '--connect-timeout': '%s' is no number of seconds up to %d", clean,
		        CONNECT_TIMEOUT_MAX_S);
		return false;
	}
	cli->connect_timeout_us = (gint64)(timeout_s * G_USEC_PER_SEC);
	return true;
}

static int print_help(struct cli *cli, const struct action *action, const struct cli_verb *verb)
{
	g_autofree char *text = action ? cli_help_action(action) : cli_help_verb(verb);

	return output_text(&cli->out, text) ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}

struct cli_option *cli_verb_options(const struct cli_verb *verb)
{
	GArray *all = g_array_new(TRUE, TRUE, sizeof(struct cli_option));

	for (const struct cli_option *option = verb->options; option->name; option++)
		g_array_append_val(all, *option);
	for (const struct cli_option *option = cli_options_common; option->name; option++)
		g_array_append_val(all, *option);
	return (struct cli_option *)g_array_free(all, FALSE);
}

static int run_verb(struct cli *cli, const struct options *options, char **words, const struct action *action,
        const struct cli_verb *verb)
{
	g_autofree struct cli_option *table = action ? cli_action_options(action) : cli_verb_options(verb);
	const char *name = action ? action->verb : verb->name;
	g_autoptr(GError) error = NULL;

	if (!check_version(words, &error) ||
	        !cli_line_parse(&cli->line, words, table, action ? action->params : NULL, &error) ||
	        !merge_options(cli, options, &error)) {
		int code = cli_usage_error(cli, name, "%s: %s", name, error->message);

		/* To a monitoring system 2 would say that the host is ill. */
		return verb && verb->run == cli_check ? (int)CHECK_EXIT_UNKNOWN : code;
	}
	if (cli_line_flag(&cli->line, "help"))
		return print_help(cli, action, verb);
	return action ? cli_action(cli, action) : verb->run(cli);
}

static int unknown_verb(struct cli *cli, const char *word)
{
	g_autofree char *clean = text_clean(word, -1);
	const struct action *action = action_by_verb(word);
	const char *near = cli_near_verb(word);

	if (action)
		return cli_usage_error(cli, NULL, "'%s' works in the dashboard only", clean);
	if (near)
		return cli_usage_error(cli, NULL, "unknown verb '%s': did you mean '%s'?", clean, near);
	return cli_usage_error(cli, NULL, "unknown verb '%s'", clean);
}

/* "nvirt snapshot", "nvirt snapshot --help": what there is; anything else is a mistyped one. */
static int group_alone(struct cli *cli, char **words, const char *group)
{
	g_autofree char *clean = words[1] ? text_clean(words[1], -1) : NULL;

	if (words[1] && !g_str_equal(words[1], "--help") && !g_str_equal(words[1], "-h")) {
		output_message(&cli->out, "unknown verb '%s %s'", words[0], clean);
		output_note(&cli->out, "%s", group);
		return EXIT_CODE_USAGE;
	}
	if (!words[1]) {
		output_message(&cli->out, "%s: one of its verbs is wanted", words[0]);
		output_note(&cli->out, "%s", group);
		return EXIT_CODE_USAGE;
	}
	return output_text(&cli->out, group) ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}

int cli_main(const struct options *options)
{
	struct cli cli = {.options = options, .connect_timeout_us = CONNECT_TIMEOUT_S * G_USEC_PER_SEC};
	char **words = options->verb;
	/* "snapshot create" is "snapshot-create"; a word that is a verb itself comes first. */
	bool plain = cli_verb_by_name(words[0]) || action_by_verb(words[0]);
	g_autofree char *joined = plain || !words[1] ? NULL : cli_two_word_verb(words[0], words[1]);
	g_autofree char *group = plain || joined ? NULL : cli_help_group(words[0]);
	const char *word = joined ? joined : words[0];
	const struct cli_verb *verb = cli_verb_by_name(word);
	const struct action *action = verb ? NULL : action_by_verb(word);
	int code;

	output_init(&cli.out, options->json, options->ascii);
	cli_line_init(&cli.line);
	if (verb || (action && cli_action_usable(action)))
		code = run_verb(&cli, options, words + (joined ? 2 : 1), action, verb);
	else if (group)
		code = group_alone(&cli, words, group);
	else
		code = unknown_verb(&cli, word);
	cli_line_fini(&cli.line);
	g_strfreev(cli.uris);
	return code;
}
