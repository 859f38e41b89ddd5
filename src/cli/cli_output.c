/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text, JSON and the progress line of the command line.
 *
 * Main thread. Knows streams and terminals, no objects and no libvirt.
 */
#include "cli_output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "nvirt/text.h"

void output_init(struct output *out, bool json, bool ascii)
{
	const char *term = g_getenv("TERM");
	bool dumb = !term || g_str_equal(term, "dumb");

	*out = (struct output){
	        .json = json,
	        .ascii = ascii || !g_get_charset(NULL),
	        .stderr_tty = isatty(STDERR_FILENO) == 1 && !dumb,
	};
}

bool output_is_data(const struct output *out)
{
	return out->json || out->csv;
}

/* What the terminal's charset can not show becomes '?'. */
static char *to_ascii(const char *utf8)
{
	GString *text = g_string_new(NULL);

	for (const char *at = utf8; *at; at = g_utf8_next_char(at)) {
		if ((unsigned char)*at < 0x80)
			g_string_append_c(text, *at);
		else if (g_utf8_get_char(at) == 0x2026)
			g_string_append(text, "...");
		else
			g_string_append_c(text, '?');
	}
	return g_string_free(text, FALSE);
}

static bool write_stdout(struct output *out, const char *text)
{
	output_progress(out, NULL);
	if (fputs(text, stdout) != EOF && fflush(stdout) != EOF)
		return true;
	if (errno != EPIPE)
		output_message(out, "cannot write to standard output: %s", g_strerror(errno));
	return false;
}

bool output_text(struct output *out, const char *text)
{
	g_autofree char *ascii = out->ascii ? to_ascii(text) : NULL;

	return write_stdout(out, ascii ? ascii : text);
}

bool output_json(struct output *out, json_object *value, bool pretty)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE;

	flags |= pretty ? JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED : JSON_C_TO_STRING_PLAIN;
	g_autofree char *line = g_strconcat(json_object_to_json_string_ext(value, flags), "\n", NULL);
	return write_stdout(out, line);
}

static void write_stderr(struct output *out, const char *text)
{
	g_autofree char *ascii = out->ascii ? to_ascii(text) : NULL;

	if (out->quiet)
		return;
	output_progress(out, NULL);
	fputs(ascii ? ascii : text, stderr);
	fflush(stderr);
}

void output_message(struct output *out, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	g_autofree char *words = g_strdup_vprintf(format, ap);
	va_end(ap);
	g_autofree char *line = g_strdup_printf("nvirt: %s\n", words);
	write_stderr(out, line);
}

void output_note(struct output *out, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	g_autofree char *words = g_strdup_vprintf(format, ap);
	va_end(ap);
	g_autofree char *line = g_strconcat(words, "\n", NULL);
	write_stderr(out, line);
}

void output_ask(struct output *out, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	g_autofree char *words = g_strdup_vprintf(format, ap);
	va_end(ap);
	write_stderr(out, words);
}

int output_width(int fd)
{
	struct winsize size;

	if (isatty(fd) != 1)
		return 0;
	if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
		return 80;
	return size.ws_col;
}

void output_progress(struct output *out, const char *text)
{
	if (!out->stderr_tty || (!text && !out->progress_on))
		return;
	out->progress_on = text != NULL;
	if (!text) {
		fputs("\r\x1b[K", stderr);
		fflush(stderr);
		return;
	}
	/* One column stays free: a full last column wraps on some terminals. */
	g_autofree char *cut =
	        text_cut(text, MAX(output_width(STDERR_FILENO) - 1, 1), out->ascii ? "~" : "…");
	g_autofree char *ascii = out->ascii ? to_ascii(cut) : NULL;
	fprintf(stderr, "\r\x1b[K%s", ascii ? ascii : cut);
	fflush(stderr);
}

bool output_table(struct output *out, const struct cli_table *table)
{
	g_autofree char *text = cli_table_render(table, output_width(STDOUT_FILENO), out->ascii);

	return output_text(out, text);
}

void json_add_string(json_object *object, const char *key, const char *value)
{
	json_object_object_add(object, key, value ? json_object_new_string(value) : NULL);
}

void json_add_int(json_object *object, const char *key, gint64 value)
{
	json_object_object_add(object, key, json_object_new_int64(value));
}

void json_add_known(json_object *object, const char *key, gint64 value, bool known)
{
	json_object_object_add(object, key, known ? json_object_new_int64(value) : NULL);
}

void json_add_bool(json_object *object, const char *key, bool value)
{
	json_object_object_add(object, key, json_object_new_boolean(value));
}

void json_add_time(json_object *object, const char *key, gint64 unix_us)
{
	g_autoptr(GDateTime) second = g_date_time_new_from_unix_utc(unix_us / G_USEC_PER_SEC);

	if (!unix_us || !second) {
		json_object_object_add(object, key, NULL);
		return;
	}
	g_autofree char *date = g_date_time_format(second, "%Y-%m-%dT%H:%M:%S");
	g_autofree char *text = g_strdup_printf("%s.%06dZ", date, (int)(unix_us % G_USEC_PER_SEC));
	json_add_string(object, key, text);
}

void json_add_number(json_object *object, const char *key, double value)
{
	char text[G_ASCII_DTOSTR_BUF_SIZE];

	g_ascii_formatd(text, sizeof(text), "%.2f", value);
	json_object_object_add(object, key, value < 0 ? NULL : json_object_new_double_s(value, text));
}
