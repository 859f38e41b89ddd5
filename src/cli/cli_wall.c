/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `nvirt wall`: the screens of all guests that run. On a terminal that is the dashboard's Wall
 * tab; else they are printed, one after the other. Main thread.
 */
#include <unistd.h>

#include "cli.h"
#include "cli_view.h"
#include "nvirt/screen_file.h"
#include "nvirt/screen_signs.h"
#include "nvirt/text.h"

/* One guest that hangs is not waited for longer. */
#define GUEST_US (20 * G_USEC_PER_SEC)

const struct cli_option cli_options_wall[] = {
        {"print", 'p', NULL, false, "Print the screens one after the other, also to a terminal"},
        {"ansi", 0, NULL, false, "Print them with their colours"},
        {0},
};

static const char *host_name(const struct cli_view *view)
{
	return store_host(view->session->store, view->ref.host)->name;
}

static json_object *guest_json(const struct cli_view *view, const struct text_screen *screen)
{
	json_object *object = json_object_new_object();
	enum screen_sign sign = screen_sign_of_screen(screen);
	char uuid[37];

	uuid_format(view->ref.uuid, uuid);
	json_add_string(object, "name", view->name);
	json_add_string(object, "uuid", uuid);
	json_add_string(object, "host", host_name(view));
	json_add_string(object, "sign", sign ? screen_sign_words(sign) : NULL);
	json_object_object_add(object, "screen", screen ? cli_screen_json(screen) : NULL);
	return object;
}

static bool print_text(struct cli *cli, const struct cli_view *view, const struct text_screen *screen)
{
	bool several = store_host_count(view->session->store) > 1;
	enum screen_sign sign = screen_sign_of_screen(screen);
	g_autofree char *head = g_strdup_printf("== %s%s%s%s%s ==\n", view->name, several ? " on " : "",
	        several ? host_name(view) : "", sign ? ": " : "", screen_sign_words(sign));

	return output_text(&cli->out, head) && cli_screen_print(cli, screen, NULL) && output_text(&cli->out, "\n");
}

/* An enum exit_code; a guest that can not be shown does not keep the others from being. */
static int print_guest(struct cli *cli, struct cli_session *session, const struct obj_ref *ref, json_object *array)
{
	struct cli_view view;
	int code = cli_view_open_guest(&view, cli, session, ref, g_get_monotonic_time() + GUEST_US);
	const struct text_screen *screen = code == EXIT_CODE_OK ? vnc_view_screen(view.view) : NULL;

	if (array)
		json_object_array_add(array, guest_json(&view, screen));
	else if (screen && !print_text(cli, &view, screen))
		code = EXIT_CODE_INTERRUPTED;
	cli_view_close(&view);
	return code;
}

static int print_all(struct cli *cli, struct cli_session *session, const char *filter)
{
	g_autofree char *fold = text_fold(filter);
	g_autoptr(json_object) array = cli->out.json ? json_object_new_array() : NULL;
	/* The store's lists may change while a screen is waited for. */
	g_autoptr(GArray) refs = g_array_new(FALSE, FALSE, sizeof(struct obj_ref));
	int code = EXIT_CODE_OK;

	for (unsigned h = 0; h < store_host_count(session->store); h++) {
		const GPtrArray *guests = store_host_at(session->store, h)->guests;

		for (unsigned i = 0; i < guests->len; i++) {
			const struct guest *guest = guests->pdata[i];

			if (guest_state_active(guest->state) && filter_match(guest->fold, fold))
				g_array_append_val(refs, guest->ref);
		}
	}
	for (unsigned i = 0; i < refs->len && code != EXIT_CODE_INTERRUPTED; i++) {
		const struct obj_ref *ref = &g_array_index(refs, struct obj_ref, i);
		int one = store_has(session->store, ref) ? print_guest(cli, session, ref, array) : EXIT_CODE_OK;

		code = one == EXIT_CODE_OK ? code : one;
	}
	if (!refs->len)
		output_note(&cli->out, "nvirt: no guest runs%s", *filter ? " with that in its name" : "");
	if (array && code != EXIT_CODE_INTERRUPTED && !output_json(&cli->out, array, true))
		return EXIT_CODE_FAILED;
	return code;
}

static bool any_is_up(struct cli_session *session)
{
	for (unsigned h = 0; h < store_host_count(session->store); h++)
		if (store_host_at(session->store, h)->status->link == HOST_UP)
			return true;
	return false;
}

/* `connected`: how that ended; one host that can not be reached does not keep the others from being shown. */
static int print_hosts(struct cli *cli, struct cli_session *session, const char *filter, int connected)
{
	int code;

	/* Hosts' own names, where they are to be told from each other or are printed. */
	if (connected == EXIT_CODE_INTERRUPTED ||
	        ((cli->out.json || store_host_count(session->store) > 1) && cli_session_facts(session) == WAIT_INTERRUPTED))
		return EXIT_CODE_INTERRUPTED;
	code = print_all(cli, session, filter);
	return code == EXIT_CODE_OK ? connected : code;
}

static int open_dashboard(const struct cli *cli)
{
	struct options options = *cli->options;

	options.uris = cli->uris;
	options.readonly = cli->readonly;
	options.ascii = cli->out.ascii;
	options.verb = NULL;
	options.wall = true;
	return ui_main(&options);
}

int cli_wall(struct cli *cli)
{
	const GPtrArray *words = cli->line.words;
	bool prints = cli->out.json || cli_line_flag(&cli->line, "print") || cli_line_flag(&cli->line, "ansi");
	struct cli_session *session;
	int code;

	if (words->len > 1)
		return cli_usage_error(cli, "wall", "wall: one text is wanted that is in the guests' names");
	if (!prints && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)) {
		if (words->len)
			return cli_usage_error(cli, "wall", "wall: with --print only; in the dashboard / filters");
		return open_dashboard(cli);
	}
	session = cli_open_session(cli, "wall", false, false);
	if (!session)
		return EXIT_CODE_USAGE;
	code = cli_session_connect(session, OBJ_GUEST);
	if (code != EXIT_CODE_FAILED || any_is_up(session))
		code = print_hosts(cli, session, words->len ? words->pdata[0] : "", code);
	cli_session_free(session);
	return code;
}
