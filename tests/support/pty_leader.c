/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs between fork and exec of a test: only async-signal-safe calls. A program
 * that is its own session leader could not be stopped by Ctrl-Z, so there is a
 * leader in between, as a shell is.
 */
#include "support/pty_leader.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static volatile sig_atomic_t program_pid;
static volatile sig_atomic_t pass_hangup;

static void on_hangup(int signal_number)
{
	if (program_pid && pass_hangup)
		kill(-program_pid, signal_number);
}

static void reset_signals(void)
{
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
}

static void report(const struct leader *leader, pid_t pid, int status)
{
	struct leader_status record = {.pid = pid, .status = status};
	if (write(leader->status_fd, &record, sizeof(record)) != sizeof(record))
		_exit(125);
}

static _Noreturn void run_program(const struct leader *leader)
{
	setpgid(0, 0);
	/* Still ignored here, so that a background process may do it. */
	tcsetpgrp(0, getpid());
	reset_signals();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(leader->status_fd);
	close(leader->control_fd);
	execve(leader->program, leader->argv, leader->envp);
	_exit(127);
}

static void wait_and_report(const struct leader *leader, pid_t pid)
{
	int status;
	char byte;
	for (;;) {
		if (waitpid(pid, &status, WUNTRACED) < 0) {
			if (errno == EINTR)
				continue;
			_exit(125);
		}
		if (WIFSTOPPED(status))
			tcsetpgrp(0, getpid());
		report(leader, pid, status);
		if (!WIFSTOPPED(status))
			_exit(0);
		while (read(leader->control_fd, &byte, 1) < 0 && errno == EINTR)
			;
		tcsetpgrp(0, pid);
		kill(-pid, SIGCONT);
	}
}

/* The test's own ends, most of all the master: while it is open here, the terminal can not hang up. */
static void close_others(const struct leader *leader)
{
	for (int fd = 3; fd < 256; fd++)
		if (fd != leader->status_fd && fd != leader->control_fd && fd != leader->idle_fd)
			close(fd);
}

_Noreturn void leader_run(const struct leader *leader)
{
	setsid();
	ioctl(leader->tty, TIOCSCTTY, 0);
	for (int fd = 0; fd < 3; fd++)
		dup2(leader->tty, fd);
	close_others(leader);
	reset_signals();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGTTOU, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	signal(SIGTSTP, SIG_IGN);
	pass_hangup = !leader->ignore_hangup;
	signal(SIGHUP, on_hangup);
	pid_t pid = fork();
	if (pid < 0)
		_exit(126);
	if (pid == 0)
		run_program(leader);
	program_pid = pid;
	close(leader->idle_fd);
	setpgid(pid, pid);
	tcsetpgrp(0, pid);
	report(leader, pid, LEADER_STARTED);
	wait_and_report(leader, pid);
	_exit(0);
}
