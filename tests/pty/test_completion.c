/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Completion in the shells themselves: bash and zsh on a terminal with Tab, fish by its
 * own question; and what is asked of a host that does not answer.
 *
 * In the shells nvirt is a function that prints its words, each in <>: what stands there
 * is what the shell made of the line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glib.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/files.h"
#include "support/pty.h"

#define DEADLINE_US (30 * G_USEC_PER_SEC)

static char *home, *node_uri;
static char **env;

/* Guests with names that a shell would take apart. */
static const char node_xml[] =
        "<node>"
        "<domain type='test'><name>web1</name><memory>8192</memory><os><type>hvm</type></os></domain>"
        "<domain type='test'><name>web2</name><memory>8192</memory><os><type>hvm</type></os></domain>"
        "<domain type='test'><name>two words</name><memory>8192</memory><os><type>hvm</type></os></domain>"
        "<domain type='test'><name>it's $HOME</name><memory>8192</memory><os><type>hvm</type></os></domain>"
        "<domain type='test'><name>port:80</name><memory>8192</memory><os><type>hvm</type></os></domain>"
        "<pool type='dir'><name>default-pool</name><target><path>/default-pool</path></target></pool>"
        "</node>";

/* ---- a shell on a terminal ---- */

struct shell {
	pid_t pid;
	int fd;
	GString *text;
};

static void shell_send(struct shell *shell, const char *text)
{
	assert_int_equal(write(shell->fd, text, strlen(text)), strlen(text));
}

/* Until this was printed after what was printed before. */
static void shell_wait(struct shell *shell, const char *part)
{
	gint64 deadline_us = g_get_monotonic_time() + DEADLINE_US;
	struct pollfd fd = {.fd = shell->fd, .events = POLLIN};
	char bytes[4096];

	while (!strstr(shell->text->str, part)) {
		gint64 left_us = deadline_us - g_get_monotonic_time();
		ssize_t got = 0;

		if (left_us > 0 && poll(&fd, 1, (int)(left_us / 1000) + 1) == 1)
			got = read(shell->fd, bytes, sizeof(bytes));
		if (got <= 0)
			fail_msg("'%s' did not come: %s", part, shell->text->str);
		g_string_append_len(shell->text, bytes, got);
	}
	g_string_erase(shell->text, 0, strstr(shell->text->str, part) - shell->text->str + (gssize)strlen(part));
}

static struct shell shell_start(const char *const *argv, const char *setup)
{
	struct shell shell = {.text = g_string_new(NULL)};

	shell.pid = forkpty(&shell.fd, NULL, NULL, &(struct winsize){.ws_row = 24, .ws_col = 200});
	assert_true(shell.pid >= 0);
	if (shell.pid == 0) {
		execve(argv[0], (char **)argv, env);
		_exit(127);
	}
	shell_wait(&shell, "ready> ");
	shell_send(&shell, setup);
	/* The quotes are taken off where it is run, and stand where it is only echoed. */
	shell_send(&shell, "nvirt() { printf '<%s>' \"$@\"; printf ' done%s\\n' .; }; echo se''t\r");
	shell_wait(&shell, "set\r");
	shell_wait(&shell, "ready> ");
	return shell;
}

static void shell_end(struct shell *shell)
{
	kill(shell->pid, SIGKILL);
	waitpid(shell->pid, NULL, 0);
	close(shell->fd);
	g_string_free(shell->text, TRUE);
}

/* Types that, Tab and Enter; the words that nvirt gets. */
static void becomes(struct shell *shell, const char *typed, const char *words)
{
	g_autofree char *keys = g_strconcat(typed, "\t", NULL);
	g_autofree char *wanted = g_strconcat(words, " done.", NULL);

	shell_send(shell, keys);
	shell_send(shell, "\r");
	shell_wait(shell, wanted);
	shell_wait(shell, "ready> ");
}

static void completes_everything(struct shell *shell)
{
	becomes(shell, "nvirt snapshot-cre", "<snapshot-create>");
	becomes(shell, "nvirt snapshot rev", "<snapshot><revert>");
	becomes(shell, "nvirt shutdown --then", "<shutdown><--then-force>");
	becomes(shell, "nvirt shutdown --mode ag", "<shutdown><--mode><agent>");
	becomes(shell, "nvirt shutdown --mode=ag", "<shutdown><--mode=agent>");
	becomes(shell, "nvirt suspend tw", "<suspend><two words>");
	becomes(shell, "nvirt suspend it", "<suspend><it's $HOME>");
	becomes(shell, "nvirt suspend 'it", "<suspend><it's $HOME>");
	becomes(shell, "nvirt suspend por", "<suspend><port:80>");
	becomes(shell, "nvirt suspend port:8", "<suspend><port:80>");
	becomes(shell, "nvirt suspend web1 two\\ w", "<suspend><web1><two words>");
	becomes(shell, "nvirt -c test:///default suspend t", "<-c><test:///default><suspend><test>");
	becomes(shell, "nvirt -c qemu:///sy", "<-c><qemu:///system>");
	becomes(shell, "nvirt list net", "<list><networks>");
	becomes(shell, "nvirt list volumes def", "<list><volumes><default-pool>");
	becomes(shell, "nvirt completion z", "<completion><zsh>");
	becomes(shell, "nvirt help snapshot-au", "<help><snapshot-auto>");
	becomes(shell, "nvirt save web1 /etc/host.con", "<save><web1></etc/host.conf>");
	/* They run: there is nothing to start. */
	becomes(shell, "nvirt start w", "<start><w>");
}

static void bash_completes(void **state)
{
	const char *argv[] = {"/bin/bash", "--norc", "--noprofile", "-i", NULL};
	struct shell shell = shell_start(argv, "source <(nvirt completion bash)\r");
	(void)state;

	completes_everything(&shell);
	shell_send(&shell, "nvirt suspend we\t\t\t");
	shell_wait(&shell, "web1");
	shell_wait(&shell, "web2");
	shell_end(&shell);
}

/* Together with the package that most have, which sets up other ways to complete. */
static void bash_completes_beside_its_package(void **state)
{
	const char *argv[] = {"/bin/bash", "--norc", "--noprofile", "-i", NULL};
	struct shell shell;
	(void)state;

	if (access("/usr/share/bash-completion/bash_completion", R_OK) != 0)
		skip();
	shell = shell_start(argv, "source /usr/share/bash-completion/bash_completion; source <(nvirt completion bash)\r");
	completes_everything(&shell);
	shell_end(&shell);
}

static void zsh_completes(void **state)
{
	const char *argv[] = {"/usr/bin/zsh", "-f", "-i", NULL};
	struct shell shell;
	(void)state;

	if (access(argv[0], X_OK) != 0)
		skip();
	shell = shell_start(argv, "autoload -Uz compinit; compinit -u -D; source <(nvirt completion zsh)\r");
	becomes(&shell, "nvirt snapshot-cre", "<snapshot-create>");
	becomes(&shell, "nvirt snapshot rev", "<snapshot><revert>");
	becomes(&shell, "nvirt shutdown --mode ag", "<shutdown><--mode><agent>");
	becomes(&shell, "nvirt suspend tw", "<suspend><two words>");
	becomes(&shell, "nvirt suspend por", "<suspend><port:80>");
	becomes(&shell, "nvirt save web1 /etc/host.con", "<save><web1></etc/host.conf>");
	shell_end(&shell);
}

/* ---- asked without a terminal ---- */

static char *output_of(const char *const *argv)
{
	char *out = NULL;
	int status = 0;

	assert_true(g_spawn_sync(NULL, (char **)argv, env, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL,
	        &out, NULL, &status, NULL));
	return out;
}

static void fish_says(const char *line, const char *part)
{
	g_autofree char *command = g_strdup_printf("nvirt completion fish | source; complete -C '%s'", line);
	const char *argv[] = {"/usr/bin/fish", "-c", command, NULL};
	g_autofree char *out = output_of(argv);

	if (!strstr(out, part))
		fail_msg("'%s' becomes: %s", line, out);
}

static void fish_completes(void **state)
{
	(void)state;
	if (access("/usr/bin/fish", X_OK) != 0)
		skip();
	fish_says("nvirt snapshot-cre", "snapshot-create\t");
	fish_says("nvirt snapshot rev", "revert\t");
	fish_says("nvirt suspend ", "two words\trunning");
	fish_says("nvirt shutdown --mode ag", "agent");
	fish_says("nvirt save web1 /etc/host.con", "/etc/host.conf");
}

#define candidates(...) output_of((const char *const[]){pty_program(), "__complete", "--", __VA_ARGS__, NULL})

static void candidates_say_what_they_are(void **state)
{
	g_autofree char *verbs = candidates("sta"), *guests = candidates("suspend", "");
	g_autofree char *given = candidates("suspend", "web1", "web");
	(void)state;

	assert_non_null(strstr(verbs, "start\tStarts a guest"));
	assert_null(strstr(verbs, "list\t"));
	assert_non_null(strstr(guests, "web1\trunning\n"));
	assert_non_null(strstr(given, "web2\t"));
	assert_null(strstr(given, "web1\t"));
}

/* Half a line is no error, and neither is nonsense. */
static void any_line_has_an_answer(void **state)
{
	static const char *const lines[] = {"", "nvirt", "nvirt ", "nvirt -", "nvirt - ", "nvirt - -- x", "nvirt -- ", "nvirt --=",
	        "nvirt -c", "nvirt -c ", "nvirt --connect= ", "nvirt start --", "nvirt start -- ", "nvirt start --=x",
	        "nvirt start -y", "nvirt shutdown --mode", "nvirt snapshot x y", "nvirt none ", "nvirt list volumes '", "nvirt \"",
	        "nvirt snapshot-delete web1 ", "nvirt task-cleanup ", "nvirt wait --text ", "nvirt show pool none "};
	(void)state;

	for (unsigned i = 0; i < G_N_ELEMENTS(lines); i++) {
		const char *argv[] = {pty_program(), "__complete", "--line", lines[i], "--breaks", " =:", NULL};
		g_autofree char *out = NULL, *err = NULL;
		int status = 0;

		assert_true(g_spawn_sync(NULL, (char **)argv, env, 0, NULL, NULL, &out, &err, &status, NULL));
		if (status != 0 || *err)
			fail_msg("'%s': %s", lines[i], err);
	}
}

/* A socket that takes the connection, and never says a word. */
static void a_host_that_hangs_is_not_waited_for(void **state)
{
	g_autofree char *path = g_build_filename(home, "deaf", NULL);
	g_autofree char *uri = g_strdup_printf("qemu+unix:///system?socket=%s", path);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	gint64 begin_us;
	(void)state;

	g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 4), 0);
	begin_us = g_get_monotonic_time();
	g_autofree char *out = candidates("-c", uri, "suspend", "");
	assert_string_equal(out, "");
	assert_true(g_get_monotonic_time() - begin_us > G_USEC_PER_SEC);
	assert_true(g_get_monotonic_time() - begin_us < 10 * G_USEC_PER_SEC);
	close(fd);
}

static int setup(void **state)
{
	g_autofree char *program = g_canonicalize_filename(pty_program(), NULL);
	g_autofree char *folder = g_path_get_dirname(program);
	g_autofree char *path = g_strdup_printf("%s:/usr/bin:/bin", folder);
	(void)state;

	home = g_dir_make_tmp("nvirt-tab-XXXXXX", NULL);
	g_autofree char *node = g_build_filename(home, "node.xml", NULL);
	files_write(node, node_xml, -1);
	node_uri = g_strdup_printf("test://%s", node);
	env = g_get_environ();
	env = g_environ_setenv(env, "PATH", path, TRUE);
	env = g_environ_setenv(env, "HOME", home, TRUE);
	env = g_environ_setenv(env, "XDG_STATE_HOME", home, TRUE);
	env = g_environ_setenv(env, "XDG_CONFIG_HOME", home, TRUE);
	env = g_environ_setenv(env, "XDG_DATA_HOME", home, TRUE);
	env = g_environ_setenv(env, "LC_ALL", "C.UTF-8", TRUE);
	env = g_environ_setenv(env, "TERM", "dumb", TRUE);
	env = g_environ_setenv(env, "PS1", "ready> ", TRUE);
	env = g_environ_setenv(env, "LIBVIRT_DEFAULT_URI", node_uri, TRUE);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	files_remove(home);
	g_free(home);
	g_free(node_uri);
	g_strfreev(env);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(bash_completes),
	        cmocka_unit_test(bash_completes_beside_its_package),
	        cmocka_unit_test(zsh_completes),
	        cmocka_unit_test(fish_completes),
	        cmocka_unit_test(candidates_say_what_they_are),
	        cmocka_unit_test(any_line_has_an_answer),
	        cmocka_unit_test(a_host_that_hangs_is_not_waited_for),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
