/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See vnc_qemu.h. */
#include "support/vnc_qemu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glib/gstdio.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nvirt/vnc.h"
#include "support/lab.h"

#define DEADLINE_MS 60000

static bool has_ended(const struct vnc_qemu *qemu)
{
	siginfo_t info = {0};

	return waitid(P_PID, (id_t)qemu->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid;
}

static bool answers_or_has_ended(void *data)
{
	const struct vnc_qemu *qemu = data;
	int fd = vnc_connect(qemu->address, 1000, NULL);

	if (fd >= 0)
		close(fd);
	return fd >= 0 || has_ended(qemu);
}

static int next_port(void)
{
	static int port;

	return port ? ++port : (port = 20000 + getpid() % 20000);
}

void vnc_qemu_start(struct vnc_qemu *qemu, const char *socket, const char *objects, const char *options)
{
	int port = socket ? 0 : next_port();
	g_autofree char *listen = socket ? g_strdup_printf("unix:%s", socket) : g_strdup_printf("127.0.0.1:%d", port - 5900);
	g_autofree char *command = g_strdup_printf(
	        "qemu-system-x86_64 -M none -nodefaults -display none %s -vnc '%s%s'", objects, listen, options);
	g_auto(GStrv) argv = NULL;
	g_autoptr(GError) error = NULL;

	*qemu = (struct vnc_qemu){.address = socket ? g_strdup(socket) : g_strdup_printf("127.0.0.1:%d", port)};
	/* An earlier one's. */
	if (socket)
		g_unlink(socket);
	assert_true(g_shell_parse_argv(command, NULL, &argv, NULL));
	if (!g_spawn_async(NULL, argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL, NULL,
	            NULL, &qemu->pid, &error))
		fail_msg("%s", error->message);
	lab_wait_for(answers_or_has_ended, qemu, "QEMU's VNC", DEADLINE_MS);
	if (has_ended(qemu))
		fail_msg("QEMU has ended: %s", command);
}

void vnc_qemu_stop(struct vnc_qemu *qemu)
{
	if (qemu->pid > 0) {
		kill(qemu->pid, SIGKILL);
		waitpid(qemu->pid, NULL, 0);
	}
	g_free(qemu->address);
	*qemu = (struct vnc_qemu){0};
}
