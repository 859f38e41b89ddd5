/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One short run of qemu-img: see qemu_img.h. */
#include "backend/qemu_img.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/conn.h"
#include "nvirt/text.h"

#define MEMORY_BYTES ((rlim_t)1 << 30)
#define LOOK_MS 200
#define SAID_MAX 4096

/* Between fork and exec: only what is safe in a signal handler. */
static void set_limits(gpointer data)
{
	const struct qemu_img *run = data;
	const struct rlimit memory = {MEMORY_BYTES, MEMORY_BYTES};
	const struct rlimit cpu = {run->cpu_s, run->cpu_s};
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setrlimit(RLIMIT_AS, &memory);
	if (run->cpu_s)
		setrlimit(RLIMIT_CPU, &cpu);
	dup2(1, 2);
}

static bool spawn(const struct qemu_img *run, GPid *ret_pid, int *ret_out, GError **error)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	g_auto(GStrv) env = g_environ_setenv(g_get_environ(), "LC_ALL", "C", TRUE);
	g_autoptr(GError) local = NULL;

	g_ptr_array_add(argv, (gpointer)"qemu-img");
	for (const char *const *word = run->words; *word; word++)
		g_ptr_array_add(argv, (gpointer)*word);
	g_ptr_array_add(argv, NULL);
	if (g_spawn_async_with_pipes(NULL, (char **)argv->pdata, env,
	            G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, set_limits,
	            (gpointer)run, ret_pid, NULL, ret_out, NULL, &local))
		return true;
	g_set_error(error, CONN_ERROR, VIR_ERR_NO_SUPPORT, "cannot run 'qemu-img': %s; install qemu-utils", local->message);
	return false;
}

/* false: it is to stop. */
static bool listen_to(const struct qemu_img *run, int out, GString *said)
{
	char bytes[1024];

	for (;;) {
		struct pollfd fd = {.fd = out, .events = POLLIN};

		if (run->stop && run->stop(run->data))
			return false;
		if (poll(&fd, 1, LOOK_MS) <= 0)
			continue;
		ssize_t n = read(out, bytes, sizeof bytes);
		if (n == 0 || (n < 0 && errno != EINTR))
			return true;
		if (n > 0 && said->len < SAID_MAX)
			g_string_append_len(said, bytes, n);
	}
}

int qemu_img_run(const struct qemu_img *run, char **ret_said, GError **error)
{
	g_autoptr(GString) said = g_string_new(NULL);
	int out, status = 0;
	GPid pid;

	if (!spawn(run, &pid, &out, error))
		return -1;
	bool whole = listen_to(run, out, said);
	if (!whole)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	close(out);
	if (!whole) {
		g_set_error(error, CONN_ERROR, VIR_ERR_OPERATION_ABORTED, "aborted");
		return -1;
	}
	if (!WIFEXITED(status)) {
		g_set_error(error, CONN_ERROR, VIR_ERR_OPERATION_FAILED, "qemu-img was ended by signal %d", WTERMSIG(status));
		return -1;
	}
	*ret_said = text_clean(g_strstrip(said->str), -1);
	return WEXITSTATUS(status);
}
