/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nvirt: reads the program's options and opens one of its two front doors.
 *
 * Options stand before the verb; the words after it belong to the verb.
 */
#include <json-c/json.h>
#include <locale.h>
#include <malloc.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>

#include "nvirt/backend.h"
#include "nvirt/config.h"
#include "nvirt/options.h"
#include "nvirt/text.h"

#define REFRESH_MIN_S (REFRESH_MIN_MS / 1000.0)
#define REFRESH_MAX_S (REFRESH_MAX_MS / 1000)

/* What GOption fills in, beside struct options. */
struct program {
	struct options options;
	char *refresh, *check_theme, *graphics;
	gboolean readonly, ascii, json, yes, version, help;
	char **words;
};

static int usage_error(const char *message)
{
	g_autofree char *clean = text_clean(message, -1);

	fprintf(stderr, "nvirt: %s\nSee 'nvirt --help'.\n", clean);
	return EXIT_CODE_USAGE;
}

static GOptionContext *make_context(struct program *program)
{
#define X(name, letter, kind, member, value, help)                                                           \
	{name, letter, 0, G_OPTION_ARG_##kind, &program->member, help, value},
	const GOptionEntry entries[] = {PROGRAM_OPTIONS(X){0}};
#undef X
	GOptionContext *context = g_option_context_new("[VERB [WORD...]]");
	g_autofree char *verbs = cli_help_verbs();

	g_option_context_set_help_enabled(context, FALSE);
	g_option_context_set_strict_posix(context, TRUE);
	g_option_context_set_summary(
	        context, "A terminal manager for libvirt hosts: without a verb it opens the dashboard.");
	g_option_context_set_description(context, verbs);
	g_option_context_add_main_entries(context, entries, NULL);
	return context;
}

static bool read_refresh(struct program *program)
{
	char *end = NULL;
	double seconds;

	if (!program->refresh)
		return true;
	seconds = g_ascii_strtod(program->refresh, &end);
	if (end == program->refresh || *end || !(seconds >= REFRESH_MIN_S && seconds <= REFRESH_MAX_S))
		return false;
	program->options.refresh_ms = (unsigned)lround(seconds * 1000);
	return true;
}

static void fill_options(struct program *program)
{
	struct options *options = &program->options;
	const char *no_color = g_getenv("NO_COLOR");

	options->readonly = program->readonly;
	options->ascii = program->ascii;
	options->json = program->json;
	options->yes = program->yes;
	/* A theme that was asked for by name is a later word than the environment's. */
	options->mono = options->theme ? g_str_equal(options->theme, "mono") : no_color && *no_color;
	options->verb = program->words[0] ? program->words : NULL;
}

static int print_version(void)
{
	unsigned long version = backend_library_version();

	printf("nvirt %s\n", NVIRT_VERSION);
	printf("libvirt client library %lu.%lu.%lu, GLib %u.%u.%u, json-c %s\n", version / 1000000,
	        version / 1000 % 1000, version % 1000, glib_major_version, glib_minor_version,
	        glib_micro_version, json_c_version());
	printf("Licence: GPL-2.0-or-later. There is no warranty.\n");
	return fflush(stdout) == EOF ? EXIT_CODE_FAILED : EXIT_CODE_OK;
}

static int print_help(GOptionContext *context)
{
	g_autofree char *help = g_option_context_get_help(context, TRUE, NULL);

	return fputs(help, stdout) == EOF || fflush(stdout) == EOF ? EXIT_CODE_FAILED : EXIT_CODE_OK;
}

static bool wants_help(const struct program *program)
{
	char **words = program->words;

	return program->help || (words[0] && g_str_equal(words[0], "help") && !words[1]);
}

static int open_door(struct program *program, GOptionContext *context)
{
	if (program->version)
		return print_version();
	if (wants_help(program))
		return print_help(context);
	if (program->check_theme)
		return ui_check_theme(program->check_theme);
	if (!read_refresh(program)) {
		g_autofree char *message = g_strdup_printf(
		        "option '--refresh': '%s' is no number from 0.5 to 3600", program->refresh);

		return usage_error(message);
	}
	if (program->graphics && !config_graphics_parse(program->graphics, &program->options.graphics)) {
		g_autofree char *message = g_strdup_printf(
		        "option '--graphics': '%s' is none of off, auto, kitty, sixel", program->graphics);

		return usage_error(message);
	}
	fill_options(program);
	if (!program->options.verb)
		return ui_main(&program->options);
	return cli_main(&program->options);
}

/*
 * One heap for all threads: a heap a thread keeps a copy of what the bulk
 * call's answer once took, and they mostly sleep. Large blocks (the answer
 * itself, a sample) go back to the system as soon as they are freed.
 */
static void keep_memory_small(void)
{
#ifdef __GLIBC__
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_MMAP_THRESHOLD, 128 * 1024);
#endif
}

int main(int argc, char **argv)
{
	struct program program = {0};
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) words = NULL;
	int code;

	keep_memory_small();
	setlocale(LC_ALL, "");
	signal(SIGPIPE, SIG_IGN);
	g_autoptr(GOptionContext) context = make_context(&program);
	words = g_strdupv(argv);
	program.words = words;
	if (!g_option_context_parse_strv(context, &words, &error))
		code = usage_error(error->message);
	else {
		program.words = words + (words[0] ? 1 : 0);
		if (program.words[0] && g_str_equal(program.words[0], "--"))
			program.words++;
		code = open_door(&program, context);
	}
	g_strfreev(program.options.uris);
	g_free(program.options.theme);
	g_free(program.refresh);
	g_free(program.check_theme);
	g_free(program.graphics);
	(void)argc;
	return code;
}
