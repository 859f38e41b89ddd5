/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one check found, in full: see health_page.h. Main thread. */
#include "health_page.h"

#include "app_private.h"
#include "dialog.h"
#include "nvirt/text.h"
#include "review.h"

/* What its dialog can do; outlives the report. */
struct shown {
	char *remedy;
	const struct action *action;
	struct obj_ref ref;
};

static void shown_done(struct app *app, char key, void *data)
{
	struct shown *shown = data;

	if (key == 'c' && shown->remedy)
		app_copy(app, "command", shown->remedy);
	if (key == 'd' && shown->action)
		app_action(app, shown->action, &shown->ref);
	if (key == 'g')
		app_open(app, &shown->ref);
	g_free(shown->remedy);
	g_free(shown);
}

/* Copying is what is proposed: nothing is run that nobody asked for. */
static const struct review_choice *choices_of(const struct shown *shown)
{
	static const struct review_choice plain[] = {{'q', "Close", false}, {0}};
	static const struct review_choice go[] = {{'q', "Close", false}, {'g', "Go to it", false}, {0}};
	static const struct review_choice copy[] = {
	        {'c', "Copy the command", false}, {'q', "Close", false}, {0}};
	static const struct review_choice copy_go[] = {
	        {'c', "Copy the command", false}, {'g', "Go to it", false}, {'q', "Close", false}, {0}};
	static const struct review_choice all[] = {{'c', "Copy the command", false},
	        {'d', "Do it here", false}, {'g', "Go to it", false}, {'q', "Close", false}, {0}};
	bool there = shown->ref.kind != OBJ_HOST;

	if (shown->remedy && shown->action && there)
		return all;
	if (shown->remedy)
		return there ? copy_go : copy;
	return there ? go : plain;
}

void health_page_show(struct app *app, const struct finding *finding)
{
	GPtrArray *lines = review_lines_new();
	struct shown *shown = g_new0(struct shown, 1);
	g_autofree char *title =
	        g_strdup_printf("%s: %s", check_result_label(finding->result), finding->check->title);
	g_autofree char *intro = g_strdup_printf("%s%s%s", finding->check->id, finding->object ? "  " : "",
	        finding->object ? finding->object : "");

	int cols = CLAMP(app->canvas.cols - 8, 20, 100);

	shown->remedy = g_strdup(finding->remedy);
	shown->ref = finding->ref;
	shown->action = finding->verb ? action_by_verb(finding->verb) : NULL;
	review_add_wrapped(lines, ROLE_DIALOG, finding->evidence, cols);
	review_add_wrapped(lines, ROLE_BOLD, "Why it matters", cols);
	review_add_wrapped(lines, ROLE_DIALOG, finding->check->why, cols);
	if (finding->remedy && finding->result != CHECK_OK) {
		review_add_wrapped(lines, ROLE_BOLD, "What mends it, on that host", cols);
		review_add_wrapped(lines, ROLE_KEY, finding->remedy, cols);
	}
	app_push_modal(app, review_new(app, &(struct review_options){.title = title,
	                                            .intro = intro,
	                                            .lines = lines,
	                                            .choices = choices_of(shown),
	                                            .done = shown_done,
	                                            .data = shown}));
}

/* ---- over ssh ------------------------------------------------------------- */

static void ssh_answered(struct app *app, bool yes, void *data)
{
	struct host *host = store_host(app->store, GPOINTER_TO_UINT(data));

	if (!yes || !host || !app->backend)
		return;
	backend_allow_ssh(app->backend, host->id);
	app_health_ask(app, host);
	app_notice(app, LEVEL_INFO, "Its own files are being read");
}

void health_page_ask_ssh(struct app *app, const struct host *host)
{
	g_autofree char *target = host->status->uri ? backend_ssh_target(host->status->uri) : NULL;
	g_autofree char *text = NULL;

	if (!target) {
		app_notice(app, LEVEL_INFO,
		        host->status->local ? "this machine's files are read already"
		                            : "this host is not reached over ssh: its files cannot be read");
		return;
	}
	text = g_strdup_printf("Log in as %s, as the connection does, and run one script there that only reads?\n\n"
	                       "It prints processor, memory, disks, bridges and KVM from /proc, /sys and /dev, what "
	                       "is set in /etc/libvirt of who may connect, errors of libvirtd's log, and who you are "
	                       "there. Nothing is installed, started or changed. Each round of checks does so until "
	                       "nvirt ends.",
	        target);
	app_push_modal(app, dialog_new(app, &(struct dialog_options){.kind = DIALOG_ASK,
	                                            .title = "Check over ssh",
	                                            .text = text,
	                                            .yes = "Log in",
	                                            .done = ssh_answered,
	                                            .data = GUINT_TO_POINTER(host->id)}));
}
