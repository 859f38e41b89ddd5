/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starting, feeding and waiting for a program on a pty; what it shows is in pty_screen.c. */
#define _GNU_SOURCE
#include "support/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/bytes.h"
#include "support/files.h"
#include "support/plane.h"
#include "support/pty_leader.h"
#include "support/pty_private.h"

extern char **environ;

const char *pty_program(void)
{
	static char *path;
	if (!path) {
		/* BUILD/tests/pty/test_x -> BUILD/nvirt */
		g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
		g_autofree char *dir = g_path_get_dirname(self);
		g_autofree char *tests = g_path_get_dirname(dir);
		g_autofree char *build = g_path_get_dirname(tests);
		path = g_build_filename(build, "nvirt", NULL);
	}
	return path;
}

int pty_deadline_ms(void)
{
	const char *given = g_getenv("PTY_DEADLINE_MS");
	return given ? (int)g_ascii_strtoll(given, NULL, 10) : 60000;
}

/* ---- start -------------------------------------------------------------- */

/* What a sanitizer has to say goes to files, where pty_free() finds it. */
static char **set_sanitizer_logs(char **env, const char *home)
{
	static const char *const names[] = {"ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"};
	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
		const char *given = g_getenv(names[i]);
		/* A crash test wants the program's own handler, not the sanitizer's. */
		g_autofree char *value = g_strdup_printf("%s%slog_path=%s/sanitizer:handle_segv=0:handle_abort=0:handle_sigbus=0",
		        given ? given : "", given ? ":" : "", home);
		env = g_environ_setenv(env, names[i], value, TRUE);
	}
	return env;
}

static char **private_directories(char **env, const char *home)
{
	static const struct {
		const char *name, *dir;
	} dirs[] = {
	        {"XDG_CONFIG_HOME", "config"},
	        {"XDG_STATE_HOME", "state"},
	        {"XDG_CACHE_HOME", "cache"},
	        {"XDG_DATA_HOME", "data"},
	        {"XDG_RUNTIME_DIR", "run"},
	};
	env = g_environ_setenv(env, "HOME", home, TRUE);
	for (unsigned i = 0; i < G_N_ELEMENTS(dirs); i++) {
		g_autofree char *path = g_build_filename(home, dirs[i].dir, NULL);
		g_mkdir_with_parents(path, 0700);
		env = g_environ_setenv(env, dirs[i].name, path, TRUE);
	}
	return env;
}

static char **make_environment(const struct pty *pty, const char *const *changes)
{
	char **env = g_new0(char *, 1);
	g_autofree char *idle = g_strdup_printf("%d", pty->idle_write);
	const char *path = g_getenv("PATH");
	env = g_environ_setenv(env, "PATH", path ? path : "/usr/bin:/bin", TRUE);
	env = g_environ_setenv(env, "TERM", "xterm-256color", TRUE);
	env = g_environ_setenv(env, "LANG", "C.UTF-8", TRUE);
	env = g_environ_setenv(env, "TZ", "UTC", TRUE);
	env = g_environ_setenv(env, "G_SLICE", "always-malloc", TRUE);
	/* Nobody sees GLib's criticals behind the screen: they end the program, and so the test. */
	env = g_environ_setenv(env, "G_DEBUG", "fatal-criticals", TRUE);
	env = g_environ_setenv(env, "NVIRT_IDLE_FD", idle, TRUE);
	env = private_directories(env, pty->home);
	env = set_sanitizer_logs(env, pty->home);
	for (; changes && *changes; changes++) {
		const char *equals = strchr(*changes, '=');
		g_autofree char *name = equals ? g_strndup(*changes, (gsize)(equals - *changes)) : g_strdup(*changes);
		env = equals ? g_environ_setenv(env, name, equals + 1, TRUE) : g_environ_unsetenv(env, name);
	}
	return env;
}

static void spawn(struct pty *pty, const struct pty_options *options, int slave, int status_fd, int control_fd)
{
	const char *program = options->program ? options->program : pty_program();
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	g_ptr_array_add(argv, (gpointer)program);
	for (const char *const *arg = options->argv; arg && *arg; arg++)
		g_ptr_array_add(argv, (gpointer)*arg);
	g_ptr_array_add(argv, NULL);
	g_auto(GStrv) env = make_environment(pty, options->env);
	struct leader leader = {
	        .tty = slave,
	        .status_fd = status_fd,
	        .control_fd = control_fd,
	        .idle_fd = pty->idle_write,
	        .ignore_hangup = options->ignore_hangup,
	        .program = program,
	        .argv = (char *const *)argv->pdata,
	        .envp = env,
	};
	pty->leader = fork();
	if (pty->leader == 0) {
		fcntl(pty->idle_write, F_SETFD, 0);
		leader_run(&leader);
	}
	assert_true(pty->leader > 0);
}

static void wait_started(struct pty *pty)
{
	struct leader_status record;
	assert_int_equal(read(pty->status_fd, &record, sizeof(record)), sizeof(record));
	assert_int_equal(record.status, LEADER_STARTED);
	pty->pid = record.pid;
	g_unix_set_fd_nonblocking(pty->status_fd, TRUE, NULL);
}

static void make_pipe(int *ret_read, int *ret_write)
{
	int fds[2];
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	*ret_read = fds[0];
	*ret_write = fds[1];
}

/* Where the kernel knows them. */
static void set_pixels(const struct pty *pty, struct winsize *size)
{
	if (!pty->terminal.by_kernel)
		return;
	size->ws_xpixel = (unsigned short)(size->ws_col * pty->terminal.cell_w);
	size->ws_ypixel = (unsigned short)(size->ws_row * pty->terminal.cell_h);
}

struct pty *pty_start_with(const struct pty_options *options)
{
	struct pty *pty = g_new0(struct pty, 1);
	struct winsize size = {
	        .ws_row = (unsigned short)(options->rows ? options->rows : 24),
	        .ws_col = (unsigned short)(options->cols ? options->cols : 80),
	};
	int slave, status_write, control_read;
	if (options->terminal) {
		pty->terminal = *options->terminal;
		pty->plane = plane_new(size.ws_row, size.ws_col, pty->terminal.cell_w, pty->terminal.cell_h);
	}
	set_pixels(pty, &size);
	pty->own_home = !options->home;
	pty->home = options->home ? g_strdup(options->home) : g_dir_make_tmp("nvp-XXXXXX", NULL);
	assert_non_null(pty->home);
	assert_int_equal(openpty(&pty->master, &slave, NULL, NULL, &size), 0);
	fcntl(pty->master, F_SETFD, FD_CLOEXEC);
	tcgetattr(slave, &pty->before);
	make_pipe(&pty->idle_read, &pty->idle_write);
	make_pipe(&pty->status_fd, &status_write);
	make_pipe(&control_read, &pty->control_fd);
	g_unix_set_fd_nonblocking(pty->idle_read, TRUE, NULL);
	g_unix_set_fd_nonblocking(pty->idle_write, TRUE, NULL);
	spawn(pty, options, slave, status_write, control_read);
	close(slave);
	close(pty->idle_write);
	close(status_write);
	close(control_read);
	g_unix_set_fd_nonblocking(pty->master, TRUE, NULL);
	pty->raw = g_byte_array_new();
	vt_init(pty, size.ws_row, size.ws_col);
	wait_started(pty);
	return pty;
}

struct pty *pty_start(const char *const *argv, const char *const *env, int rows, int cols)
{
	return pty_start_with(&(struct pty_options){.argv = argv, .env = env, .rows = rows, .cols = cols});
}

/* ---- taking what comes --------------------------------------------------- */

static void take_output(struct pty *pty)
{
	guint8 buffer[65536];
	ssize_t len = 0;
	while (pty->master >= 0 && (len = read(pty->master, buffer, sizeof(buffer))) > 0) {
		g_byte_array_append(pty->raw, buffer, (guint)len);
		if (pty->plane)
			terminal_feed(pty, buffer, (gsize)len);
		else
			vt_feed(pty, buffer, (gsize)len);
	}
	/* EIO: the last one that had it open is gone. */
	pty->output_ended = pty->output_ended || pty->master < 0 || (len < 0 && errno == EIO);
}

static void take_idle(struct pty *pty)
{
	char buffer[256];
	ssize_t len;
	while ((len = read(pty->idle_read, buffer, sizeof(buffer))) > 0)
		for (ssize_t i = 0; i < len; i++)
			*(buffer[i] == 'b' ? &pty->behind_count : &pty->idle_count) += 1;
	pty->idle_ended = pty->idle_ended || len == 0;
}

static void take_status(struct pty *pty)
{
	struct leader_status record;
	while (read(pty->status_fd, &record, sizeof(record)) == sizeof(record)) {
		pty->stopped = WIFSTOPPED(record.status);
		pty->exited = !pty->stopped;
		pty->status = record.status;
	}
}

static void take_all(struct pty *pty)
{
	take_output(pty);
	take_idle(pty);
	take_status(pty);
}

void pty_poll(struct pty *pty)
{
	take_all(pty);
}

static void wait_input(struct pty *pty, gint64 deadline_us)
{
	gint64 left_us = deadline_us - g_get_monotonic_time();
	struct pollfd fds[] = {
	        {.fd = pty->output_ended ? -1 : pty->master, .events = POLLIN},
	        {.fd = pty->idle_ended ? -1 : pty->idle_read, .events = POLLIN},
	        {.fd = pty->exited ? -1 : pty->status_fd, .events = POLLIN},
	};
	/* Others' output (virsh, a file) is looked at again at least twenty times a second. */
	if (left_us > 0)
		(void)!poll(fds, 3, (int)MIN(left_us / 1000 + 1, 50));
}

void pty_wait_for(struct pty *pty, bool (*done)(void *data), void *data, const char *what, int deadline_ms)
{
	gint64 deadline_us = g_get_monotonic_time() + (gint64)deadline_ms * 1000;
	for (;;) {
		take_all(pty);
		if (done(data))
			return;
		if (g_get_monotonic_time() >= deadline_us || pty->exited)
			break;
		wait_input(pty, deadline_us);
	}
	pty_dump(pty);
	if (pty->exited)
		fail_msg("the program ended (status 0x%x) before: %s", (unsigned)pty->status, what);
	fail_msg("waited %d ms in vain for: %s", deadline_ms, what);
}

struct text_wait {
	struct pty *pty;
	const char *regex;
	bool gone;
};

static bool text_done(void *data)
{
	struct text_wait *wait = data;
	return pty_shows(wait->pty, wait->regex) != wait->gone;
}

void pty_wait_text_within(struct pty *pty, const char *regex, int deadline_ms)
{
	struct text_wait wait = {.pty = pty, .regex = regex};
	pty_wait_for(pty, text_done, &wait, regex, deadline_ms);
}

void pty_wait_text(struct pty *pty, const char *regex)
{
	pty_wait_text_within(pty, regex, PTY_DEADLINE_MS);
}

void pty_wait_gone(struct pty *pty, const char *regex)
{
	struct text_wait wait = {.pty = pty, .regex = regex, .gone = true};
	g_autofree char *what = g_strdup_printf("no longer on the screen: %s", regex);
	pty_wait_for(pty, text_done, &wait, what, PTY_DEADLINE_MS);
}

struct idle_wait {
	struct pty *pty;
	guint64 count;
};

/* While answers are held back nothing may be drawn: then that it waits is all there is to wait for. */
static guint64 handled(const struct pty *pty)
{
	return pty->idle_count + (pty->held ? pty->behind_count : 0);
}

static bool idle_done(void *data)
{
	struct idle_wait *wait = data;
	return handled(wait->pty) > wait->count || wait->pty->exited || wait->pty->stopped;
}

void pty_wait_idle(struct pty *pty)
{
	take_all(pty);
	struct idle_wait wait = {.pty = pty, .count = handled(pty)};
	pty_wait_for(pty, idle_done, &wait, "idle", PTY_DEADLINE_MS);
}

static bool exit_done(void *data)
{
	struct pty *pty = data;
	return pty->exited;
}

int pty_wait_exit(struct pty *pty)
{
	pty_wait_for(pty, exit_done, pty, "the program's end", PTY_DEADLINE_MS);
	take_output(pty);
	return pty->status;
}

void pty_wait_exit_code(struct pty *pty, int code)
{
	int status = pty_wait_exit(pty);
	if (WIFEXITED(status) && WEXITSTATUS(status) == code)
		return;
	pty_dump(pty);
	fail_msg("status 0x%x instead of exit code %d", (unsigned)status, code);
}

static bool stop_done(void *data)
{
	struct pty *pty = data;
	return pty->stopped || pty->exited;
}

void pty_wait_stopped(struct pty *pty)
{
	pty_wait_for(pty, stop_done, pty, "the program to stop itself", PTY_DEADLINE_MS);
	take_output(pty);
	assert_true(pty->stopped);
}

void pty_continue(struct pty *pty)
{
	take_all(pty);
	assert_true(pty->stopped);
	pty->stopped = false;
	assert_int_equal(write(pty->control_fd, "c", 1), 1);
}

/* ---- input --------------------------------------------------------------- */

static void send_bytes(struct pty *pty, const char *bytes, gsize len)
{
	while (len > 0) {
		ssize_t sent = write(pty->master, bytes, len);
		if (sent < 0 && errno != EAGAIN)
			return;
		if (sent > 0) {
			bytes += sent;
			len -= (gsize)sent;
			continue;
		}
		struct pollfd fd = {.fd = pty->master, .events = POLLOUT};
		(void)!poll(&fd, 1, 50);
		take_all(pty);
	}
}

void pty_type(struct pty *pty, const char *text)
{
	send_bytes(pty, text, strlen(text));
}

void pty_send_keys(struct pty *pty, const char *const *names)
{
	for (; *names; names++) {
		g_autofree char *bytes = key_bytes(*names);
		take_all(pty);
		struct idle_wait wait = {.pty = pty, .count = handled(pty)};
		pty_type(pty, bytes);
		pty_wait_for(pty, idle_done, &wait, "idle after a key", PTY_DEADLINE_MS);
	}
}

void pty_resize(struct pty *pty, int rows, int cols)
{
	struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
	take_all(pty);
	set_pixels(pty, &size);
	vt_resize(pty, rows, cols);
	ioctl(pty->master, TIOCSWINSZ, &size);
}

void pty_hang_up(struct pty *pty)
{
	take_all(pty);
	close(pty->master);
	pty->master = -1;
	pty->output_ended = true;
}

/* ---- the rest ------------------------------------------------------------ */

GPid pty_pid(struct pty *pty)
{
	return pty->pid;
}

const char *pty_home(struct pty *pty)
{
	return pty->home;
}

struct termios pty_termios(struct pty *pty)
{
	struct termios termios = {0};
	/* Linux answers for the slave side. */
	tcgetattr(pty->master, &termios);
	return termios;
}

struct termios pty_termios_before(struct pty *pty)
{
	return pty->before;
}

const GByteArray *pty_raw_bytes(struct pty *pty)
{
	take_all(pty);
	return pty->raw;
}

static char *sanitizer_report(struct pty *pty)
{
	GDir *dir = g_dir_open(pty->home, 0, NULL);
	const char *name;
	char *text = NULL;
	while (dir && !text && (name = g_dir_read_name(dir)))
		if (g_str_has_prefix(name, "sanitizer.")) {
			g_autofree char *path = g_build_filename(pty->home, name, NULL);
			g_file_get_contents(path, &text, NULL, NULL);
		}
	if (dir)
		g_dir_close(dir);
	return text;
}

/* A program that was killed may have been cut in the middle of a sequence. */
static gsize checkable_length(const struct pty *pty)
{
	gsize len = pty->raw->len;
	if (pty->exited && WIFEXITED(pty->status))
		return len;
	while (len > 0 && pty->raw->data[len - 1] != 0x1b)
		len--;
	return len > 0 ? len - 1 : 0;
}

static void end_program(struct pty *pty)
{
	take_all(pty);
	if (!pty->exited)
		kill(pty->pid, SIGKILL);
	kill(pty->leader, SIGKILL);
	while (waitpid(pty->leader, NULL, 0) < 0 && errno == EINTR)
		;
}

void pty_free(struct pty *pty)
{
	if (!pty)
		return;
	end_program(pty);
	g_autofree char *wrong = bytes_check(pty->raw->data, checkable_length(pty));
	g_autofree char *report = sanitizer_report(pty);
	if (wrong || report)
		pty_dump(pty);
	if (pty->master >= 0)
		close(pty->master);
	close(pty->idle_read);
	close(pty->status_fd);
	close(pty->control_fd);
	vt_fini(pty);
	g_byte_array_unref(pty->raw);
	if (pty->own_home)
		files_remove(pty->home);
	g_free(pty->home);
	g_free(pty);
	if (wrong)
		fail_msg("bytes that must not leave for a terminal: %s", wrong);
	if (report)
		fail_msg("a sanitizer reported:\n%s", report);
}
