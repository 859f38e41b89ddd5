/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `nvirt console GUEST`: the guest's serial console on this terminal, byte for
 * byte, until Ctrl-]. The terminal is given back as it was on every way out but SIGKILL.
 *
 * Main thread. Nothing here waits without looking at the signals too.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "cli.h"
#include "cli_resolve.h"
#include "nvirt/serial.h"

enum { ESCAPE = 0x1d /* Ctrl-] */, CHUNK = 4096 };

const struct cli_option cli_options_console[] = {
        {"force", 0, NULL, false, "Cut another session that has the console open"},
        {0},
};

struct console_run {
	struct cli *cli;
	struct cli_session *session;
	struct serial *serial;
	const char *name;
	enum serial_state state;
	bool told;  /* something of this state */
	bool ended;
	int code;
};

/* ---- the terminal ---- */

/* For the handler: set before it is installed. */
static struct termios saved;

static void on_crash(int number)
{
	tcsetattr(STDIN_FILENO, TCSANOW, &saved);
	raise(number);
}

static void watch_crashes(void (*handler)(int))
{
	static const int numbers[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGQUIT};
	struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESETHAND | SA_NODEFER};

	for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++)
		sigaction(numbers[i], &action, NULL);
}

static bool make_raw(void)
{
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, &saved) < 0)
		return false;
	watch_crashes(on_crash);
	raw = saved;
	cfmakeraw(&raw);
	return tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw) == 0;
}

static void give_back(void)
{
	tcsetattr(STDIN_FILENO, TCSADRAIN, &saved);
	watch_crashes(SIG_DFL);
}

/* ---- out ---- */

/* False: a signal came, or nobody reads any more. */
static bool write_out(struct console_run *run, const guint8 *bytes, gsize len)
{
	while (len > 0) {
		struct pollfd fds[] = {{.fd = STDOUT_FILENO, .events = POLLOUT},
		        {.fd = run->session->signal_fd, .events = POLLIN}};

		if (poll(fds, G_N_ELEMENTS(fds), -1) < 0 && errno != EINTR)
			return false;
		if (fds[1].revents)
			return false;
		if (!fds[0].revents)
			continue;
		ssize_t n = write(STDOUT_FILENO, bytes, MIN(len, CHUNK));
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return false;
		bytes += MAX(n, 0);
		len -= (gsize)MAX(n, 0);
	}
	return true;
}

/* A line of our own, on a terminal that makes no line ends of line feeds. */
static void say(const char *words)
{
	dprintf(STDERR_FILENO, "\r\nnvirt: %s\r\n", words);
}

static void end(struct console_run *run, int code)
{
	run->ended = true;
	run->code = code;
}

static void state_changed(struct console_run *run, const struct serial_frame *frame)
{
	g_autofree char *words = NULL;

	switch (frame->state) {
	case SERIAL_OPEN:
		words = g_strdup_printf("console of '%s' is open, Ctrl-] leaves", run->name);
		break;
	case SERIAL_WAITING:
		words = g_strdup_printf("'%s' is off: waiting for it to start, Ctrl-] leaves", run->name);
		break;
	case SERIAL_LOST:
		words = g_strdup_printf("%s; trying again, Ctrl-] leaves", frame->why);
		break;
	case SERIAL_BUSY:
		words = g_strdup_printf("%s; '--force' cuts that session", frame->why);
		break;
	case SERIAL_REFUSED:
	case SERIAL_CUT:
		words = g_strdup(frame->why);
		break;
	case SERIAL_OPENING:
	case SERIAL_STATE_N:
		return;
	}
	say(words);
	if (frame->state == SERIAL_BUSY || frame->state == SERIAL_REFUSED || frame->state == SERIAL_CUT)
		end(run, EXIT_CODE_FAILED);
}

static void take_frame(struct console_run *run, const struct serial_frame *frame)
{
	/* What it last said comes before what became of it, what it says first after. */
	bool opened = frame->state == SERIAL_OPEN && (run->state != SERIAL_OPEN || !run->told);

	if (opened)
		state_changed(run, frame);
	if (frame->bytes && !write_out(run, frame->bytes->data, frame->bytes->len))
		end(run, EXIT_CODE_INTERRUPTED);
	if (!opened && (frame->state != run->state || !run->told))
		state_changed(run, frame);
	run->state = frame->state;
	run->told = true;
	serial_ack(run->serial);
}

/* ---- in ---- */

static void take_typed(struct console_run *run)
{
	char typed[CHUNK];
	ssize_t n = read(STDIN_FILENO, typed, sizeof(typed));

	if (n <= 0) {
		if (n == 0 || (errno != EINTR && errno != EAGAIN))
			end(run, EXIT_CODE_INTERRUPTED);
		return;
	}
	const char *escape = memchr(typed, ESCAPE, (gsize)n);
	gsize len = escape ? (gsize)(escape - typed) : (gsize)n;
	/* The guest has not read what was typed before: say so as a terminal does. */
	if (len && !serial_bytes(run->serial, typed, len))
		(void)!write(STDERR_FILENO, "\a", 1);
	if (escape) {
		dprintf(STDERR_FILENO, "\r\n");
		end(run, EXIT_CODE_OK);
	}
}

static void take_messages(struct console_run *run)
{
	struct msg *msg;

	while (!run->ended && (msg = inbox_take(run->session->inbox))) {
		if (msg->type == MSG_SERIAL)
			take_frame(run, msg->serial);
		else
			store_apply(run->session->store, msg, g_get_monotonic_time(), g_get_real_time());
		if (msg->type == MSG_SERIAL)
			msg_free(msg);
	}
}

static void loop(struct console_run *run)
{
	while (!run->ended) {
		struct pollfd fds[] = {{.fd = inbox_fd(run->session->inbox), .events = POLLIN},
		        {.fd = STDIN_FILENO, .events = POLLIN},
		        {.fd = run->session->signal_fd, .events = POLLIN}};

		if (poll(fds, G_N_ELEMENTS(fds), -1) < 0 && errno != EINTR)
			break;
		if (fds[2].revents)
			end(run, EXIT_CODE_INTERRUPTED);
		else if (fds[1].revents)
			take_typed(run);
		if (fds[0].revents)
			take_messages(run);
	}
}

static int run_console(struct cli *cli, struct cli_session *session, const char *word)
{
	struct console_run run = {.cli = cli, .session = session};
	struct serial_options options = {.raw = true, .force = cli_line_flag(&cli->line, "force")};
	g_autoptr(GError) error = NULL;

	if (!cli_resolve(store_host_at(session->store, 0), OBJ_GUEST, word, &options.ref, &error)) {
		output_message(&cli->out, "%s", error->message);
		return EXIT_CODE_FAILED;
	}
	g_autofree char *name = g_strdup(store_name(session->store, &options.ref));
	run.name = name;
	if (!make_raw()) {
		output_message(&cli->out, "cannot open the console: the terminal: %s", g_strerror(errno));
		return EXIT_CODE_FAILED;
	}
	run.serial = backend_open_serial(session->backend, &options);
	loop(&run);
	give_back();
	serial_close(run.serial);
	return run.code;
}

int cli_console(struct cli *cli)
{
	GPtrArray *words = cli->line.words;
	struct cli_session *session;
	int code;

	if (words->len != 1)
		return cli_usage_error(cli, "console", "console: the name of one guest is wanted");
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		output_message(&cli->out, "cannot open the console: it needs a terminal on its input and output");
		return EXIT_CODE_USAGE;
	}
	session = cli_open_session(cli, "console", true, false);
	if (!session)
		return EXIT_CODE_USAGE;
	code = cli_session_connect(session, OBJ_GUEST);
	if (code == EXIT_CODE_OK)
		code = run_console(cli, session, words->pdata[0]);
	cli_session_free(session);
	return code;
}
