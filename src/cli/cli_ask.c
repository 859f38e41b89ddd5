/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Questions on the terminal: yes or no, a letter, and a name to be typed.
 *
 * Main thread. Waits in the session's loop, so that Ctrl-C and the host's
 * messages are served meanwhile.
 */
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cli.h"

/* Nobody is hurried: a question stands until it is answered. */
#define ASK_DEADLINE_US (G_MAXINT64 / 2)
#define LINE_MAX_BYTES 1024

bool cli_can_ask(void)
{
	return isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
}

/* What was typed before the question could be read is no answer to it. */
static void forget_typed(void)
{
	tcflush(STDIN_FILENO, TCIFLUSH);
}

/* One line without its end; the terminal hands over whole lines. ANSWER_NO at the end of the input. */
static enum cli_answer read_line(struct cli_session *session, char *line, gsize size)
{
	ssize_t got;

	if (cli_session_wait(session, NULL, NULL, STDIN_FILENO, ASK_DEADLINE_US) == WAIT_INTERRUPTED) {
		output_note(session->out, "%s", "");
		return ANSWER_INTERRUPTED;
	}
	got = read(STDIN_FILENO, line, size - 1);
	if (got <= 0) {
		output_note(session->out, "%s", "");
		return ANSWER_NO;
	}
	line[got] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return ANSWER_YES;
}

enum cli_answer cli_ask_yes(struct cli_session *session, const char *question)
{
	char line[LINE_MAX_BYTES];
	enum cli_answer answer;

	forget_typed();
	output_ask(session->out, "%s\nGo on? [y/N] ", question);
	answer = read_line(session, line, sizeof(line));
	if (answer != ANSWER_YES)
		return answer;
	g_strstrip(line);
	return !g_ascii_strcasecmp(line, "y") || !g_ascii_strcasecmp(line, "yes") ? ANSWER_YES : ANSWER_NO;
}

enum cli_answer cli_ask_letter(struct cli_session *session, const char *question, const char *letters, char *ret_letter)
{
	char line[LINE_MAX_BYTES];
	enum cli_answer answer;

	*ret_letter = '\0';
	forget_typed();
	output_ask(session->out, "%s", question);
	answer = read_line(session, line, sizeof(line));
	if (answer != ANSWER_YES)
		return answer;
	g_strstrip(line);
	if (line[0] && !line[1] && strchr(letters, g_ascii_tolower(line[0])))
		*ret_letter = g_ascii_tolower(line[0]);
	return ANSWER_YES;
}

enum cli_answer cli_ask_name(struct cli_session *session, const char *question, const char *name)
{
	char line[LINE_MAX_BYTES];
	enum cli_answer answer;

	forget_typed();
	output_ask(
	        session->out, "%s\nThis can not be undone. Type the name '%s' to confirm: ", question, name);
	answer = read_line(session, line, sizeof(line));
	if (answer != ANSWER_YES)
		return answer;
	return g_str_equal(line, name) ? ANSWER_YES : ANSWER_NO;
}
