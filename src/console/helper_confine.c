/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reader locks itself in: limits, no new privileges, and a list of the few system
 * calls it needs. Opening a file is answered "not permitted" (libraries ask for their
 * settings and do without), but for the one of certificates, which is open already and
 * which the library asks for by a name: that call is answered by us. Anything else that is
 * not on the list ends the process.
 *
 * A build for the sanitizers is confined less: they need more memory, and more calls than
 * are on the list; what is refused is refused in it, too.
 */
#define _GNU_SOURCE /* registers by their names */
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <ucontext.h>
#include <unistd.h>

#include "helper.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

/* A frame (64 MiB), what unpacks it (twice that), fonts, libraries. */
#define MEMORY_BYTES (448ul * 1024 * 1024)
#define FILES_MAX 32

/* Beyond the frame's memory: what talks, waits and ends. */
static const int allowed[] = {
        SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(recvfrom), SCMP_SYS(sendto),
        SCMP_SYS(recvmsg), SCMP_SYS(sendmsg), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(select), SCMP_SYS(pselect6),
        SCMP_SYS(_newselect), SCMP_SYS(close), SCMP_SYS(shutdown), SCMP_SYS(getsockopt),
        SCMP_SYS(setsockopt), SCMP_SYS(getpeername), SCMP_SYS(getsockname), SCMP_SYS(fstat), SCMP_SYS(newfstatat),
        SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex),
        SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(clock_nanosleep),
        SCMP_SYS(nanosleep), SCMP_SYS(getrandom), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigaction),
        SCMP_SYS(rt_sigprocmask), SCMP_SYS(alarm), SCMP_SYS(setitimer), SCMP_SYS(getpid), SCMP_SYS(gettid),
        SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(getrusage),
        SCMP_SYS(times), SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(restart_syscall), SCMP_SYS(uname),
        SCMP_SYS(lseek),
};

static const int refused[] = {
        SCMP_SYS(open), SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2),
        SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(statx), SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(ioctl),
        SCMP_SYS(sysinfo), SCMP_SYS(prlimit64), SCMP_SYS(getrlimit), SCMP_SYS(socket),
};

/* ---- the one file ---- */

/* Where a call's path and its answer are, by the kind of processor. */
#if defined(__x86_64__)
#define PATH_OF(context) ((const char *)(context)->uc_mcontext.gregs[REG_RSI])
#define ANSWER_OF(context) ((context)->uc_mcontext.gregs[REG_RAX])
#elif defined(__aarch64__)
#define PATH_OF(context) ((const char *)(context)->uc_mcontext.regs[1])
#define ANSWER_OF(context) ((context)->uc_mcontext.regs[0])
#endif

static int the_trust = -1;

#ifdef PATH_OF
/* In place of openat(). The signal is the thread's own, in the middle of that call: nothing else is interrupted. */
static void on_open(int number, siginfo_t *info, void *data)
{
	ucontext_t *context = data;
	int fd = -1;

	(void)number;
	(void)info;
	if (the_trust >= 0 && strcmp(PATH_OF(context), HELPER_TRUST_NAME) == 0) {
		fd = fcntl(the_trust, F_DUPFD_CLOEXEC, 0);
		if (fd >= 0)
			lseek(fd, 0, SEEK_SET);
	}
	ANSWER_OF(context) = fd >= 0 ? fd : -EACCES;
}

static uint32_t answer_open(void)
{
	struct sigaction action = {.sa_sigaction = on_open, .sa_flags = SA_SIGINFO};

	return sigaction(SIGSYS, &action, NULL) == 0 ? SCMP_ACT_TRAP : SCMP_ACT_ERRNO(EACCES);
}

bool helper_can_trust(void)
{
	return the_trust >= 0;
}
#else
static uint32_t answer_open(void)
{
	return SCMP_ACT_ERRNO(EACCES);
}

bool helper_can_trust(void)
{
	return false;
}
#endif

/* ---- all else ---- */

static bool limit(int what, rlim_t value)
{
	return setrlimit(what, &(struct rlimit){value, value}) == 0;
}

static bool limit_all(void)
{
	return limit(RLIMIT_CORE, 0) && limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_NOFILE, FILES_MAX) &&
	       limit(RLIMIT_MEMLOCK, 0) && (SANITIZED || limit(RLIMIT_AS, MEMORY_BYTES));
}

/* Memory yes, but none that can be run. */
static int allow_memory(scmp_filter_ctx filter)
{
	int result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));

	if (result == 0)
		result = seccomp_rule_add(
		        filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	return result;
}

/* What a socket is like, yes; not whom the kernel sends which signal about it: that would end the user's other processes. */
static int allow_fcntl(scmp_filter_ctx filter)
{
	static const int commands[] = {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL};
	int result = 0;

	for (unsigned i = 0; result == 0 && i < G_N_ELEMENTS(commands); i++)
		result = seccomp_rule_add(
		        filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)commands[i], 0));
	return result;
}

/* A call that this machine does not have is passed over by the library. */
static int allow(scmp_filter_ctx filter)
{
	int result = allow_memory(filter);

	if (result == 0)
		result = allow_fcntl(filter);
	for (unsigned i = 0; result == 0 && i < G_N_ELEMENTS(allowed); i++)
		result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
	return result;
}

static int fill(scmp_filter_ctx filter)
{
	/* A rule that says what is so without it is an error. */
	int result = SANITIZED ? 0 : allow(filter);

	if (result == 0)
		result = seccomp_rule_add(filter, answer_open(), SCMP_SYS(openat), 0);
	for (unsigned i = 0; result == 0 && i < G_N_ELEMENTS(refused); i++)
		result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), refused[i], 0);
	return result;
}

static int filter_calls(void)
{
	scmp_filter_ctx filter = seccomp_init(SANITIZED ? SCMP_ACT_ALLOW : SCMP_ACT_KILL_PROCESS);
	int result = filter ? fill(filter) : -ENOMEM;

	if (result == 0)
		result = seccomp_load(filter);
	seccomp_release(filter);
	return result;
}

bool helper_confine(int trust, const char **ret_why)
{
	int result;

	the_trust = trust;
	if (prctl(PR_SET_DUMPABLE, 0) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || !limit_all()) {
		*ret_why = strerror(errno);
		return false;
	}
	result = filter_calls();
	if (result == 0)
		return true;
	*ret_why = strerror(-result);
	return false;
}
