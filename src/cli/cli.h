/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line's own contract: what the verbs share.
 *
 * A verb is a row of the table of actions, or one of the built-in rows of
 * cli.c. Each reads its words (cli_line), opens a session, prints, and returns
 * an exit code. Main thread.
 */
#ifndef NVIRT_CLI_H
#define NVIRT_CLI_H

#include "cli_line.h"
#include "cli_output.h"
#include "cli_session.h"
#include "nvirt/action.h"
#include "nvirt/options.h"

/* Ctrl-C, as shells count it. */
#define EXIT_CODE_INTERRUPTED 130

/* `nvirt check`, as monitoring plug-ins end: fine, warnings, failures, could not be checked. */
enum check_exit { CHECK_EXIT_OK, CHECK_EXIT_WARN, CHECK_EXIT_FAIL, CHECK_EXIT_UNKNOWN };

/* What a verb was started with: the program's options and those after the verb, together. */
struct cli {
	const struct options *options; /* the program's alone */
	struct output out;
	struct cli_line line;
	char **uris; /* NULL-terminated, or NULL = libvirt's rules */
	bool readonly;
	bool yes;
	gint64 connect_timeout_us;
};

/* A verb that is no action. */
struct cli_verb {
	const char *name;
	const char *usage; /* "[guests | pools]": what follows the name */
	const char *help;  /* one line, a full sentence */
	const struct cli_option *options;
	int (*run)(struct cli *cli);
};

extern const struct cli_verb cli_verbs[];            /* ends with a row without name */
extern const struct cli_verb cli_hidden_verbs[];     /* the same; for programs: in no help and no completion */
extern const struct cli_option cli_options_common[]; /* of every verb; ends with a row without name */
extern const struct cli_option cli_options_action[], cli_options_plan[];
extern const struct cli_option cli_options_list[], cli_options_tasks[], cli_options_images[], cli_options_screen[];
extern const struct cli_option cli_options_wait[], cli_options_type[], cli_options_key[];
extern const struct cli_option cli_options_console[], cli_options_wall[], cli_options_devices[], cli_options_processes[];
extern const struct cli_option cli_options_snapshot_show[];
extern const struct cli_option cli_options_check[];

int cli_action(struct cli *cli, const struct action *action);
int cli_list(struct cli *cli);
int cli_show(struct cli *cli);
int cli_images(struct cli *cli);
int cli_screen(struct cli *cli);
int cli_wait_screen(struct cli *cli);
int cli_type(struct cli *cli);
int cli_key(struct cli *cli);
int cli_console(struct cli *cli);
int cli_wall(struct cli *cli);
int cli_devices(struct cli *cli);
int cli_processes(struct cli *cli);
int cli_check(struct cli *cli);
int cli_tasks(struct cli *cli);
int cli_snapshot_list(struct cli *cli);
int cli_snapshot_show(struct cli *cli);
int cli_snapshot_diff(struct cli *cli);
int cli_self_test(struct cli *cli);
int cli_help(struct cli *cli);

/* ---- for scripts and shells: data with a contract, completion, the manual ---- */
extern const struct cli_option cli_options_host[], cli_options_stats[], cli_options_schema[], cli_options_complete[];
extern const struct cli_option cli_options_program[]; /* before the verb */

/* A row for verbs that print records. */
#define CLI_OPTION_CSV {"csv", 0, NULL, false, "Print CSV: the same names and values as --json"}

int cli_pools(struct cli *cli);
int cli_networks(struct cli *cli);
int cli_hosts(struct cli *cli);
int cli_host(struct cli *cli);
int cli_stats(struct cli *cli);
int cli_schema(struct cli *cli);
int cli_completion(struct cli *cli);
int cli_complete(struct cli *cli);
int cli_man(struct cli *cli);

/*
 * Hosts by the names that the configuration gives them become URIs; owned, NULL for NULL.
 * One that is always read-only sets `ret_readonly`, which may be NULL.
 */
char **cli_resolve_uris(char **uris, bool *ret_readonly);
/* EXIT_CODE_USAGE, with the reason and where to read on. */
int cli_usage_error(struct cli *cli, const char *verb, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* A session with the line's hosts; `one`: more than one -c is refused (NULL, told). */
struct cli_session *cli_open_session(struct cli *cli, const char *verb, bool one, bool write_journal);

/* ---- help, made from the tables (cli_help.c) ---- */
char *cli_help_action(const struct action *action);
char *cli_help_verb(const struct cli_verb *verb);
/* What follows the verb but options, with a blank before it: " GUEST NAME"; "" = nothing. Owned. */
char *cli_action_usage(const struct action *action);
/* "TEXT", or its choices; NULL = it has no value. */
const char *cli_param_value_word(const struct param *param);
/* The row's virsh equivalent with the name in its place (quoted, or in capitals); NULL = none. Owned. */
char *cli_virsh_command(const struct action *action, const char *name, bool placeholder);
/* Every option of a built-in verb, common ones last; owned array, names borrowed. */
struct cli_option *cli_verb_options(const struct cli_verb *verb);
/* Every option that stands after the verb of an action, common ones last; owned array, names borrowed. */
struct cli_option *cli_action_options(const struct action *action);
const struct cli_verb *cli_verb_by_name(const char *name);
/* Can this row be run from the command line? */
bool cli_action_usable(const struct action *action);
/* The verb nearest to what was typed, or NULL. */
const char *cli_near_verb(const char *word);

/* The verbs that begin with `word` and a dash, as `nvirt help` lists them; NULL = there are none. Owned. */
char *cli_help_group(const char *word);
/* "snapshot" and "create" to the verb "snapshot-create", if there is one; owned. */
char *cli_two_word_verb(const char *first, const char *second);
/* An object's members for people, a line each. Owned. */
char *cli_object_text(json_object *object);

/* ---- plans (cli_plan.c) ---- */
/*
 * The ids to remove, one a line, for the request's "remove": what the plan
 * requires and proposes, plus `remove`, minus `keep` (both separated by commas
 * or line feeds, may be NULL), plus with `all_storage` every disk that may be
 * removed. NULL with `error` for an id that is unknown, refused, or must go.
 */
char *cli_plan_choose(
        const struct plan *plan, const char *remove, const char *keep, bool all_storage, GError **error);
/* The ids of a plan that is not chosen from: all that is not refused. Owned. */
char *cli_plan_all(const struct plan *plan);
/* For people: what goes (and `ids`, as chosen), what stays and why. Owned. */
char *cli_plan_text(const struct plan *plan, const char *ids);
json_object *cli_plan_json(const struct plan *plan, const char *ids);

/* ---- going on alone (cli_detach.c) ---- */
/* Is this the process that goes on for one that did not wait? */
bool cli_is_detached(void);
/* Starts this program anew with the same words, on its own; its tasks get these ids, one for each target. */
bool cli_detach(const char *const *ids, GError **error);
/* There: the id of the task for target `at` of `count`, owned; NULL = none was told. */
char *cli_detached_id(unsigned at, unsigned count);

/* ---- questions (cli_ask.c) ---- */
enum cli_answer { ANSWER_YES, ANSWER_NO, ANSWER_INTERRUPTED };
/* Is there a terminal to ask on? */
bool cli_can_ask(void);
enum cli_answer cli_ask_yes(struct cli_session *session, const char *question);
/* One of `letters`, else '\0'; small and capital letters are the same. */
enum cli_answer cli_ask_letter(struct cli_session *session, const char *question, const char *letters, char *ret_letter);
/* `name` is wanted, letter by letter. */
enum cli_answer cli_ask_name(struct cli_session *session, const char *question, const char *name);

/* Puts the journal's tasks into the session's store: after the hosts are there, so that they find theirs. */
void cli_read_tasks(struct cli_session *session);
/* A task as a JSON object: the same for an action's result and for `nvirt tasks`. */
json_object *cli_task_json(const struct task *task);
/* "1.2 s"; `end` 0 = until now. */
void cli_task_span(const struct task *task, gint64 now_unix_us, char *out, size_t size);

#endif
