/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verbs of the real program, on libvirt's test driver: what comes out on
 * which stream, exit codes, questions on a terminal, the journal.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <json-c/json.h>
#include <poll.h>
#include <pty.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DEADLINE_US (60 * G_USEC_PER_SEC)

/* One run: what it wrote where, and how it ended. */
struct run {
	char *out, *err;
	int code;
};

static char *program, *home, *node_uri;

/*
 * Three guests, the third with a C1 control in its name. Each connection of the
 * test driver has its own copy of such a node, so UUIDs are given.
 */
static const char node_xml[] =
        "<node>"
        "<domain type='test'><name>web1</name><uuid>00000000-0000-4000-8000-000000000001</uuid>"
        "<memory>8192</memory><os><type>hvm</type></os></domain>"
        "<domain type='test'><name>web2</name><uuid>00000000-0000-4000-8000-000000000002</uuid>"
        "<memory>8192</memory><os><type>hvm</type></os></domain>"
        "<domain "
        "type='test'><name>e&#x9b;31m&#x202e;vil</name><memory>8192</memory><os><type>hvm</type></os></"
        "domain>"
        "</node>";

static char **make_env(void)
{
	char **env = g_get_environ();

	env = g_environ_setenv(env, "XDG_STATE_HOME", home, TRUE);
	env = g_environ_setenv(env, "HOME", home, TRUE);
	env = g_environ_unsetenv(env, "XDG_CONFIG_HOME");
	env = g_environ_setenv(env, "LC_ALL", "C.UTF-8", TRUE);
	env = g_environ_setenv(env, "TERM", "xterm", TRUE);
	return g_environ_setenv(env, "LIBVIRT_DEFAULT_URI", "test:///default", TRUE);
}

static struct run run_words(const char *const *words)
{
	g_auto(GStrv) env = make_env();
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	struct run result = {0};
	int status = 0;

	g_ptr_array_add(argv, program);
	for (; *words; words++)
		g_ptr_array_add(argv, (gpointer)*words);
	g_ptr_array_add(argv, NULL);
	assert_true(g_spawn_sync(NULL, (char **)argv->pdata, env, G_SPAWN_STDIN_FROM_DEV_NULL, NULL, NULL,
	        &result.out, &result.err, &status, NULL));
	assert_true(WIFEXITED(status));
	result.code = WEXITSTATUS(status);
	return result;
}

#define run(...) run_words((const char *const[]){__VA_ARGS__, NULL})

static void run_free(struct run *result)
{
	g_free(result->out);
	g_free(result->err);
}

static void assert_run(const struct run *result, int code)
{
	if (result->code != code)
		print_error("stdout: %s\nstderr: %s\n", result->out, result->err);
	assert_int_equal(result->code, code);
}

static void assert_part(const char *text, const char *part)
{
	if (!strstr(text, part))
		print_error("'%s' is not in: %s\n", part, text);
	assert_non_null(strstr(text, part));
}

/* ---- data ---- */

static void list_prints_a_table_and_nothing_else(void **state)
{
	struct run result = run("list");
	(void)state;

	assert_run(&result, 0);
	assert_part(result.out, "NAME  STATE    REASON  ID  AUTOSTART  UUID\ntest  running");
	assert_string_equal(result.err, "");
	run_free(&result);
}

static void list_json_is_one_document(void **state)
{
	struct run result = run("--json", "list", "pools");
	json_object *array = json_tokener_parse(result.out);
	json_object *value;
	(void)state;

	assert_run(&result, 0);
	assert_true(json_object_is_type(array, json_type_array));
	assert_int_equal(json_object_array_length(array), 1);
	assert_true(json_object_object_get_ex(json_object_array_get_idx(array, 0), "name", &value));
	assert_string_equal(json_object_get_string(value), "default-pool");
	json_object_put(array);
	run_free(&result);
}

static void several_hosts_are_listed_with_their_names(void **state)
{
	struct run result = run("-c", "test:///default", "list", "-c", node_uri);
	(void)state;

	/* Options before and after the verb: the later ones win. */
	assert_run(&result, 0);
	assert_null(strstr(result.out, "HOST"));
	run_free(&result);
	result = run("list", "-c", "test:///default", "-c", node_uri);
	assert_run(&result, 0);
	assert_part(result.out, "HOST");
	assert_part(result.out, "web1");
	assert_part(result.out, "test ");
	run_free(&result);
}

static void a_host_is_called_by_its_configured_name_on_either_side_of_the_verb(void **state)
{
	g_autofree char *folder = g_build_filename(home, ".config", "nvirt", NULL);
	g_autofree char *path = g_build_filename(folder, "config.json", NULL);
	g_autofree char *text = g_strdup_printf("{\"hosts\": [{\"name\": \"lab\", \"uri\": \"%s\", \"readonly\": true}]}", node_uri);
	struct run result;
	(void)state;

	assert_int_equal(g_mkdir_with_parents(folder, 0700), 0);
	assert_true(g_file_set_contents(path, text, -1, NULL));
	result = run("-c", "lab", "list");
	assert_run(&result, 0);
	assert_part(result.out, "web1");
	run_free(&result);
	result = run("list", "-c", "lab");
	assert_run(&result, 0);
	assert_part(result.out, "web1");
	run_free(&result);
	/* And what the configuration says of it holds. */
	result = run("suspend", "-c", "lab", "web1");
	assert_run(&result, 1);
	assert_part(result.err, "read-only");
	run_free(&result);
	assert_int_equal(g_unlink(path), 0);
}

static void show_prints_lines_and_json(void **state)
{
	struct run result = run("show", "test");
	(void)state;

	assert_run(&result, 0);
	assert_part(result.out, "name: test\nuuid: 6695eb01-f6a4-8304-79aa-97f2502e193f\nstate: running\n");
	assert_part(result.out, "memory: 2.00 GiB\n");
	run_free(&result);
	result = run("show", "network", "default", "--json");
	assert_run(&result, 0);
	assert_part(result.out, "\"bridge\": \"virbr0\"");
	run_free(&result);
}

static void hostile_names_leave_as_plain_text(void **state)
{
	struct run result = run("list", "-c", node_uri);
	(void)state;

	assert_run(&result, 0);
	assert_part(result.out, "vil");
	assert_null(strstr(result.out, "\xc2\x9b"));
	assert_null(strstr(result.out, "\xe2\x80\xae"));
	run_free(&result);
	result = run("suspend", "-c", node_uri,
	        "e\xc2\x9b"
	        "31m\xe2\x80\xaevil",
	        "\x1b]0;x\x07", NULL);
	assert_run(&result, 1);
	assert_null(strpbrk(result.err, "\x1b\x07"));
	run_free(&result);
}

static void a_full_disk_is_a_failure(void **state)
{
	g_autofree char *command = g_strdup_printf("'%s' list >/dev/full", program);
	g_auto(GStrv) env = make_env();
	const char *argv[] = {"/bin/sh", "-c", command, NULL};
	g_autofree char *err = NULL;
	int status = 0;
	(void)state;

	assert_true(g_spawn_sync(NULL, (char **)argv, env, 0, NULL, NULL, NULL, &err, &status, NULL));
	assert_int_equal(WEXITSTATUS(status), 1);
	assert_part(err, "cannot write to standard output");
}

/* ---- mistakes ---- */

static void wrong_words_exit_2_and_say_where_to_read(void **state)
{
	static const char *const wrong[][4] = {
	        {"--foo", NULL},
	        {"strat", NULL},
	        {"--refresh", "0.1", "list", NULL},
	        {"list", "foo", NULL},
	        {"start", NULL},
	        {"start", "--foo", "test", NULL},
	        {"rename", "test", NULL},
	        {"describe", "test", NULL},
	        {"list", "--connect-timeout", "soon", NULL},
	        {"help", "foo", NULL},
	};
	(void)state;

	for (unsigned i = 0; i < G_N_ELEMENTS(wrong); i++) {
		struct run result = run_words(wrong[i]);

		assert_run(&result, 2);
		assert_string_equal(result.out, "");
		assert_part(result.err, "nvirt: ");
		assert_part(result.err, "See 'nvirt ");
		run_free(&result);
	}
}

static void an_unknown_name_does_nothing_and_names_the_near_one(void **state)
{
	struct run result = run("suspend", "test", "tset");
	(void)state;

	assert_run(&result, 1);
	assert_part(result.err, "no guest 'tset'");
	assert_part(result.err, "did you mean 'test'?");
	assert_null(strstr(result.err, "OK"));
	run_free(&result);
}

static void a_host_that_is_not_there_is_explained(void **state)
{
	struct run result = run("list", "-c", "qemu+unix:///system?socket=/nonexistent/sock");
	(void)state;

	assert_run(&result, 1);
	assert_string_equal(result.out, "");
	assert_part(result.err, "/nonexistent/sock");
	assert_part(result.err, "  tried: ");
	run_free(&result);
}

static void an_action_on_two_hosts_is_refused(void **state)
{
	struct run result = run("start", "-c", "test:///default", "-c", node_uri, "web1");
	(void)state;

	assert_run(&result, 2);
	assert_part(result.err, "one -c only");
	run_free(&result);
}

/* ---- actions ---- */

static void an_action_runs_and_is_in_the_journal(void **state)
{
	struct run result = run("suspend", "test");
	(void)state;

	assert_run(&result, 0);
	assert_string_equal(result.out, "");
	assert_part(result.err, "suspend 'test': OK");
	run_free(&result);
	result = run("tasks", "--limit", "1", "--json");
	assert_run(&result, 0);
	assert_part(result.out, "\"verb\": \"suspend\"");
	assert_part(result.out, "\"object\": \"test\"");
	assert_part(result.out, "\"state\": \"ok\"");
	run_free(&result);
}

/* The last task's id as the table has it: the fourth column, before its host. Owned. */
static char *shown_id(void)
{
	struct run result = run("tasks", "--limit", "1", "--json");
	json_object *all = json_tokener_parse(result.out), *id;

	assert_true(json_object_object_get_ex(json_object_array_get_idx(all, 0), "id", &id));
	g_autofree char *whole = g_strdup(json_object_get_string(id));
	json_object_put(all);
	run_free(&result);
	result = run("tasks", "--limit", "1");
	assert_part(result.out, " ID ");
	g_auto(GStrv) words = g_strsplit_set(result.out, " \n", -1);
	char *shown = NULL;
	for (unsigned i = 0; words[i] && !shown; i++)
		if (strlen(words[i]) > 5 && g_str_has_suffix(whole, words[i]))
			shown = g_strdup(words[i]);
	if (!shown)
		fail_msg("no end of '%s' in: %s", whole, result.out);
	run_free(&result);
	assert_true(strlen(shown) < strlen(whole));
	return shown;
}

static void a_task_is_named_by_the_id_that_is_shown(void **state)
{
	struct run result = run("suspend", "test");
	(void)state;

	run_free(&result);
	result = run("suspend", "-c", node_uri, "web1");
	run_free(&result);
	g_autofree char *id = shown_id();
	result = run("task-cleanup", id, "-c", node_uri, "--yes");
	assert_run(&result, 1);
	assert_part(result.err, "refused");
	assert_null(strstr(result.err, "task '"));
	run_free(&result);
	/* All that were begun by a process of their own end so. */
	result = run("task-cleanup", "0001", "-c", node_uri, "--yes");
	assert_run(&result, 1);
	assert_part(result.err, "the ids of several tasks end in '0001'");
	run_free(&result);
	result = run("task-cleanup", "nothing", "-c", node_uri, "--yes");
	assert_run(&result, 1);
	assert_part(result.err, "there is no task 'nothing'; 'nvirt tasks' shows their ids");
	run_free(&result);
}

static void json_gives_one_object_a_task(void **state)
{
	struct run result = run("suspend", "--json", "-c", node_uri, "web1", "web2");
	g_auto(GStrv) lines = g_strsplit(g_strchomp(result.out), "\n", -1);
	(void)state;

	assert_run(&result, 0);
	assert_int_equal(g_strv_length(lines), 2);
	for (unsigned i = 0; lines[i]; i++) {
		json_object *object = json_tokener_parse(lines[i]);
		json_object *value;

		assert_true(json_object_object_get_ex(object, "state", &value));
		assert_string_equal(json_object_get_string(value), "ok");
		json_object_put(object);
	}
	run_free(&result);
}

static void a_refused_action_says_why_and_fails(void **state)
{
	struct run result = run("start", "test");
	(void)state;

	assert_run(&result, 1);
	assert_part(result.err, "start 'test': refused: 'test' is already running");
	run_free(&result);
	result = run("-r", "suspend", "test");
	assert_run(&result, 1);
	assert_part(result.err, "read-only");
	run_free(&result);
}

static void without_a_terminal_a_confirmation_needs_yes(void **state)
{
	struct run result = run("destroy", "test");
	(void)state;

	assert_run(&result, 2);
	assert_part(result.err, "--yes");
	run_free(&result);
	result = run("destroy", "test", "--yes");
	assert_run(&result, 0);
	assert_part(result.err, "destroy 'test': OK");
	run_free(&result);
}

static void a_dry_run_says_what_and_leaves_no_task(void **state)
{
	struct run before = run("tasks");
	struct run result = run("destroy", "test", "--dry-run");
	struct run after = run("tasks");
	(void)state;

	assert_run(&result, 0);
	assert_part(result.out, "would destroy guest 'test' on '");
	assert_string_equal(before.out, after.out);
	run_free(&before);
	run_free(&result);
	run_free(&after);
}

static void help_is_made_for_every_verb(void **state)
{
	struct run result = run("--help");
	g_auto(GStrv) lines = g_strsplit(result.out, "\n", -1);
	unsigned verbs = 0;
	(void)state;

	assert_run(&result, 0);
	for (unsigned i = 0; lines[i]; i++) {
		g_auto(GStrv) words = g_strsplit(lines[i], " ", 4);

		/* Rows of the verbs: two spaces, the verb, its sentence. */
		if (!g_str_has_prefix(lines[i], "  ") || !g_ascii_islower(lines[i][2]) ||
		        strstr(lines[i], "nvirt ["))
			continue;
		struct run one = run("help", words[2]);
		g_autofree char *usage = g_strdup_printf("Usage: nvirt %s ", words[2]);

		assert_run(&one, 0);
		assert_part(one.out, usage);
		run_free(&one);
		verbs++;
	}
	assert_true(verbs > 25);
	run_free(&result);
}

static void the_tables_agree(void **state)
{
	struct run result = run("self-test");
	(void)state;

	assert_run(&result, 0);
	run_free(&result);
}

/* ---- on a terminal ---- */

struct terminal {
	pid_t pid;
	int fd;
	GString *text;
};

static struct terminal terminal_start(const char *verb, const char *name)
{
	struct terminal terminal = {.text = g_string_new(NULL)};
	g_auto(GStrv) env = make_env();
	const char *argv[] = {program, verb, name, NULL};

	terminal.pid = forkpty(&terminal.fd, NULL, NULL, &(struct winsize){.ws_row = 24, .ws_col = 80});
	assert_true(terminal.pid >= 0);
	if (terminal.pid == 0) {
		execve(program, (char **)argv, env);
		_exit(127);
	}
	return terminal;
}

/* false at the end of the output. */
static bool terminal_read(struct terminal *terminal, gint64 deadline_us)
{
	struct pollfd fd = {.fd = terminal->fd, .events = POLLIN};
	gint64 left_us = deadline_us - g_get_monotonic_time();
	char bytes[1024];
	ssize_t got;

	assert_true(left_us > 0);
	assert_int_equal(poll(&fd, 1, (int)(left_us / 1000) + 1), 1);
	got = read(terminal->fd, bytes, sizeof(bytes));
	if (got > 0)
		g_string_append_len(terminal->text, bytes, got);
	return got > 0;
}

static void terminal_answer(struct terminal *terminal, const char *question, const char *keys)
{
	gint64 deadline_us = g_get_monotonic_time() + DEADLINE_US;

	while (!strstr(terminal->text->str, question))
		assert_true(terminal_read(terminal, deadline_us));
	assert_int_equal(write(terminal->fd, keys, strlen(keys)), strlen(keys));
}

static int terminal_end(struct terminal *terminal)
{
	gint64 deadline_us = g_get_monotonic_time() + DEADLINE_US;
	int status = 0;

	while (terminal_read(terminal, deadline_us))
		;
	assert_int_equal(waitpid(terminal->pid, &status, 0), terminal->pid);
	assert_true(WIFEXITED(status));
	close(terminal->fd);
	return WEXITSTATUS(status);
}

static void a_confirmation_names_object_and_consequence(void **state)
{
	struct terminal terminal = terminal_start("destroy", "test");
	(void)state;

	terminal_answer(&terminal, "[y/N] ", "y\n");
	assert_int_equal(terminal_end(&terminal), 0);
	assert_part(terminal.text->str, "guest 'test' on '");
	assert_part(terminal.text->str, "unsaved data in it is lost");
	assert_part(terminal.text->str, "destroy 'test': OK");
	g_string_free(terminal.text, TRUE);
}

static void anything_but_yes_does_nothing(void **state)
{
	static const char *const answers[] = {"n\n", "\n", "yess\n", "\x04"};
	(void)state;

	for (unsigned i = 0; i < G_N_ELEMENTS(answers); i++) {
		struct terminal terminal = terminal_start("destroy", "test");

		terminal_answer(&terminal, "[y/N] ", answers[i]);
		assert_int_equal(terminal_end(&terminal), 1);
		assert_part(terminal.text->str, "nothing was done");
		g_string_free(terminal.text, TRUE);
	}
}

static void ctrl_c_at_the_question_exits_130(void **state)
{
	struct terminal terminal = terminal_start("destroy", "test");
	(void)state;

	terminal_answer(&terminal, "[y/N] ", "\x03");
	assert_int_equal(terminal_end(&terminal), 130);
	assert_null(strstr(terminal.text->str, "OK"));
	g_string_free(terminal.text, TRUE);
}

static int setup(void **state)
{
	g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *folder = g_path_get_dirname(self);
	const char *given = g_getenv("NVIRT_BIN");
	(void)state;

	/* BUILD/tests/pty/test_cli stands beside BUILD/nvirt. */
	program = given ? g_strdup(given) : g_build_filename(folder, "..", "..", "nvirt", NULL);
	home = g_dir_make_tmp("nvirt-cli-XXXXXX", NULL);
	g_autofree char *node = g_build_filename(home, "node.xml", NULL);
	node_uri = g_strdup_printf("test://%s", node);
	return home && g_file_set_contents(node, node_xml, -1, NULL) ? 0 : -1;
}

static int teardown(void **state)
{
	const char *argv[] = {"rm", "-rf", home, NULL};
	(void)state;

	g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL);
	g_free(program);
	g_free(home);
	g_free(node_uri);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(list_prints_a_table_and_nothing_else),
	        cmocka_unit_test(list_json_is_one_document),
	        cmocka_unit_test(several_hosts_are_listed_with_their_names),
	        cmocka_unit_test(a_host_is_called_by_its_configured_name_on_either_side_of_the_verb),
	        cmocka_unit_test(show_prints_lines_and_json),
	        cmocka_unit_test(hostile_names_leave_as_plain_text),
	        cmocka_unit_test(a_full_disk_is_a_failure),
	        cmocka_unit_test(wrong_words_exit_2_and_say_where_to_read),
	        cmocka_unit_test(an_unknown_name_does_nothing_and_names_the_near_one),
	        cmocka_unit_test(a_host_that_is_not_there_is_explained),
	        cmocka_unit_test(an_action_on_two_hosts_is_refused),
	        cmocka_unit_test(an_action_runs_and_is_in_the_journal),
	        cmocka_unit_test(a_task_is_named_by_the_id_that_is_shown),
	        cmocka_unit_test(json_gives_one_object_a_task),
	        cmocka_unit_test(a_refused_action_says_why_and_fails),
	        cmocka_unit_test(without_a_terminal_a_confirmation_needs_yes),
	        cmocka_unit_test(a_dry_run_says_what_and_leaves_no_task),
	        cmocka_unit_test(help_is_made_for_every_verb),
	        cmocka_unit_test(the_tables_agree),
	        cmocka_unit_test(a_confirmation_names_object_and_consequence),
	        cmocka_unit_test(anything_but_yes_does_nothing),
	        cmocka_unit_test(ctrl_c_at_the_question_exits_130),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
