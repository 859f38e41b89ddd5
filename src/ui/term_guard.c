/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The terminal is given back whatever happens: after a crash a handler writes
 * fixed bytes, made ready beforehand, with write(2) from a stack of its own,
 * and lets the signal do what it does. Main thread; the handler in any.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "term_private.h"

static const int crash_signals[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL};

/* The saved terminal for the crash handler: one of the two globals the program has. */
static struct {
	volatile sig_atomic_t set;
	int fd;
	struct termios saved;
	char bytes[512];
	size_t len;
	char *stack;
	struct sigaction before[G_N_ELEMENTS(crash_signals)];
} guard;

/* Mouse and paste mode off: harmless where they were not on. */
static const char private_off[] = "\033[?1006l\033[?1002l\033[?1000l\033[?2004l";
/* XTWINOPS: the title from before goes on a stack, and comes back. */
static const char title_push[] = "\033[22;2t", title_pop[] = "\033[23;2t";
static const char paste_on[] = "\033[?2004h";
/* Buttons, and the way while one is held, in decimals (SGR): columns beyond 223 and releases are told too. */
static const char mouse_on[] = "\033[?1000h\033[?1002h\033[?1006h";

static void write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);
		if (n < 0 && errno != EINTR)
			return;
		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
		}
	}
}

static void append(struct term *term, const char *bytes)
{
	if (term->private_modes)
		g_byte_array_append(term->out_buffer, (const guint8 *)bytes, (guint)strlen(bytes));
}

/*
 * What a library says on stderr would stand in the middle of the screen:
 * libvirt's log does, already for a host name that does not resolve.
 */
static void silence_stderr(struct term *term)
{
	if (term->stderr_fd >= 0 || !isatty(STDERR_FILENO))
		return;
	int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	term->stderr_fd = nowhere >= 0 ? fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3) : -1;
	if (term->stderr_fd >= 0)
		dup2(nowhere, STDERR_FILENO);
	if (nowhere >= 0)
		close(nowhere);
}

static void give_stderr_back(struct term *term)
{
	if (term->stderr_fd < 0)
		return;
	dup2(term->stderr_fd, STDERR_FILENO);
	close(term->stderr_fd);
	term->stderr_fd = -1;
}

void term_modes_on(struct term *term)
{
	silence_stderr(term);
	append(term, paste_on);
	/* Also after a stop that was not ours, which popped nothing. */
	if (!term->title_pushed)
		append(term, title_push);
	term->title_pushed = true;
	if (term->title)
		term_set_title(term, term->title);
	if (term->mouse)
		append(term, mouse_on);
}

void term_modes_off(struct term *term)
{
	give_stderr_back(term);
	append(term, private_off);
	if (term->title_pushed)
		append(term, title_pop);
	term->title_pushed = false;
}

static void crashed(int number)
{
	int saved_errno = errno;
	if (guard.set) {
		guard.set = 0;
		write_all(guard.fd, guard.bytes, guard.len);
		tcsetattr(guard.fd, TCSANOW, &guard.saved);
	}
	/* Whoever had the signal before (the default action, a sanitizer) gets it now. */
	for (size_t i = 0; i < G_N_ELEMENTS(crash_signals); i++)
		if (crash_signals[i] == number)
			sigaction(number, &guard.before[i], NULL);
	errno = saved_errno;
	raise(number);
}

/* A capability without its padding ("$<2>"), which write(2) would print. */
static void add_capability(const char *name)
{
	const char *text = tigetstr(name);
	if (!text || text == (const char *)-1)
		return;
	for (const char *p = text; *p && guard.len + 1 < sizeof(guard.bytes); p++) {
		if (p[0] == '$' && p[1] == '<' && strchr(p, '>')) {
			p = strchr(p, '>');
			continue;
		}
		guard.bytes[guard.len++] = *p;
	}
}

static void make_bytes(const struct term *term)
{
	static const char *const names[] = {"sgr0", "op", "cnorm", "rmkx", "rmcup"};
	guard.len = 0;
	if (term->private_modes) {
		guard.len = (size_t)g_snprintf(guard.bytes, sizeof(guard.bytes), "%s%s", private_off, title_pop);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		add_capability(names[i]);
}

void term_guard_set(struct term *term)
{
	make_bytes(term);
	guard.fd = STDOUT_FILENO;
	guard.saved = term->saved;
	if (!guard.stack)
		guard.stack = g_malloc(64 * 1024);
	stack_t stack = {.ss_sp = guard.stack, .ss_size = 64 * 1024};
	sigaltstack(&stack, NULL);
	struct sigaction action = {.sa_handler = crashed, .sa_flags = SA_ONSTACK | SA_NODEFER};
	sigfillset(&action.sa_mask);
	for (size_t i = 0; i < G_N_ELEMENTS(crash_signals); i++) {
		sigaction(crash_signals[i], &action, &guard.before[i]);
		sigdelset(&action.sa_mask, crash_signals[i]);
	}
	guard.set = 1;
}

void term_guard_pause(bool pause)
{
	guard.set = !pause;
}

void term_guard_clear(void)
{
	if (!guard.set)
		return;
	guard.set = 0;
	for (size_t i = 0; i < G_N_ELEMENTS(crash_signals); i++)
		sigaction(crash_signals[i], &guard.before[i], NULL);
	stack_t off = {.ss_flags = SS_DISABLE};
	sigaltstack(&off, NULL);
	g_clear_pointer(&guard.stack, g_free);
}

/*
 * As the terminal's own Ctrl-Z would: SIGTSTP with its default action, which
 * the kernel ignores where no shell could wake us again (an orphaned group,
 * as in "tmux new nvirt").
 */
void term_guard_stop(void)
{
	struct sigaction before, action = {.sa_handler = SIG_DFL};
	sigset_t set, old;
	sigemptyset(&action.sa_mask);
	sigaction(SIGTSTP, &action, &before);
	sigemptyset(&set);
	sigaddset(&set, SIGTSTP);
	guard.set = 0;
	kill(0, SIGTSTP);
	/* Delivered to this thread now, if it was blocked. */
	pthread_sigmask(SIG_UNBLOCK, &set, &old);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	guard.set = 1;
	sigaction(SIGTSTP, &before, NULL);
}
