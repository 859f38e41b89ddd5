/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keep: runs one lab host and sees to it that nothing of it is left behind.
 *
 *   keep -d DIR [-o OWNER] COMMAND [ARG]...
 *   keep -w KEEPER
 *
 * Everything the command starts, daemons included, stays a descendant (child
 * subreaper). When the command ends, on SIGTERM, or when the process OWNER is
 * gone in whatever way, all descendants are killed by pid and DIR is removed,
 * its parent too where nothing else is in it. DIR/keeper.pid holds our pid. If keep itself is killed, the kernel kills the
 * command, and with it a PID namespace that the command is the parent of.
 * -w waits for the end of the process KEEPER, 30 s at most: whoever inherited
 * it may take a second or never to reap it, and until then its number is in use.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define END_MS 30000

struct keeper {
	const char *dir;
	int owner_fd; /* pidfd, or -1 */
	int signal_fd;
	pid_t command;
};

static void fail(const char *what)
{
	fprintf(stderr, "keep: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void write_pid_file(const char *dir)
{
	char path[4096];
	snprintf(path, sizeof(path), "%s/keeper.pid", dir);
	FILE *file = fopen(path, "we");
	if (!file)
		fail(path);
	fprintf(file, "%d\n", (int)getpid());
	if (fclose(file) != 0)
		fail(path);
}

/* A pidfd; -1 with errno. */
static int open_process(const char *number)
{
	char *end;
	long pid = strtol(number, &end, 10);
	if (*end || pid <= 0) {
		errno = EINVAL;
		return -1;
	}
	return (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
}

static int open_owner(const char *number)
{
	/* An owner that is gone already ends the lab at once. */
	int fd = open_process(number);
	if (fd < 0)
		fail("the owner is gone");
	return fd;
}

static int wait_for_end(const char *number)
{
	struct pollfd process = {.fd = open_process(number), .events = POLLIN};
	if (process.fd < 0)
		return errno == ESRCH ? 0 : 2;
	return poll(&process, 1, END_MS) == 1 ? 0 : 1;
}

static int block_signals(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		fail("sigprocmask");
	int fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (fd < 0)
		fail("signalfd");
	return fd;
}

static pid_t start_command(char **argv)
{
	pid_t pid = fork();
	if (pid < 0)
		fail("fork");
	if (pid > 0)
		return pid;
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execvp(argv[0], argv);
	fprintf(stderr, "keep: cannot run '%s': %s\n", argv[0], strerror(errno));
	_exit(127);
}

/* True when the command itself has ended; daemons that end before it are only reaped. */
static bool reap(struct keeper *keeper)
{
	bool ended = false;
	pid_t pid;
	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		ended = ended || pid == keeper->command;
	return ended;
}

static void run(struct keeper *keeper)
{
	for (;;) {
		struct pollfd fds[] = {
		        {.fd = keeper->signal_fd, .events = POLLIN},
		        {.fd = keeper->owner_fd, .events = POLLIN},
		};
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return;
		if (fds[1].revents)
			return;
		struct signalfd_siginfo info;
		if (!fds[0].revents || read(keeper->signal_fd, &info, sizeof(info)) != sizeof(info))
			continue;
		if (info.ssi_signo != SIGCHLD || reap(keeper))
			return;
	}
}

static void kill_children(void)
{
	char path[64];
	int pid;
	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	FILE *file = fopen(path, "re");
	if (!file)
		return;
	while (fscanf(file, "%d", &pid) == 1)
		kill(pid, SIGKILL);
	fclose(file);
}

/* Grandchildren become our children as their parents die, so this ends with nobody left. */
static void kill_descendants(void)
{
	do
		kill_children();
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	if (remove(path) != 0)
		fprintf(stderr, "keep: cannot remove '%s': %s\n", path, strerror(errno));
	return 0;
}

static void remove_tree(const char *dir)
{
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	char *parent = strdup(dir);
	char *slash = parent ? strrchr(parent, '/') : NULL;
	if (slash && slash > parent) {
		*slash = '\0';
		rmdir(parent);
	}
	free(parent);
}

int main(int argc, char **argv)
{
	struct keeper keeper = {.owner_fd = -1};
	int opt;
	while ((opt = getopt(argc, argv, "+d:o:w:")) != -1) {
		if (opt == 'd')
			keeper.dir = optarg;
		else if (opt == 'o')
			keeper.owner_fd = open_owner(optarg);
		else if (opt == 'w')
			return wait_for_end(optarg);
		else
			return 2;
	}
	if (!keeper.dir || optind >= argc) {
		fprintf(stderr, "usage: keep -d DIR [-o OWNER] COMMAND [ARG]...\n");
		return 2;
	}
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	keeper.signal_fd = block_signals();
	write_pid_file(keeper.dir);
	keeper.command = start_command(argv + optind);
	/* The caller reads until the command says "ready": only the command holds that pipe. */
	if (!freopen("/dev/null", "w", stdout))
		fail("/dev/null");
	run(&keeper);
	kill_descendants();
	remove_tree(keeper.dir);
	return 0;
}
