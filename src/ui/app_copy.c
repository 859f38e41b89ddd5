/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copying: what of the selected object goes to the clipboard of the terminal
 * that one sits at, over any number of SSH hops (OSC 52). Main thread.
 */
#include <string.h>

#include "app_private.h"
#include "chooser.h"
#include "commands.h"
#include "nvirt/text.h"

void app_copy(struct app *app, const char *what, const char *text)
{
	g_autofree char *clean = text_clean_lines(text, -1);
	g_autofree char *why = app->loop ? app_loop_copy(app, clean) : NULL;
	if (why && *why)
		app_notice(app, LEVEL_WARNING, "not copied: %s", why);
	else if (g_getenv("TMUX") && !app->tmux_told)
		app_notice(app, LEVEL_INFO, "%s copied; in tmux this needs: tmux set -g set-clipboard on", what);
	else
		app_notice(app, LEVEL_INFO, "%s copied", what);
	app->tmux_told |= !why;
}

/* ---- what there is to copy -------------------------------------------------- */

static char *uuid_of(const struct app *app, const struct obj_ref *ref)
{
	(void)app;
	static const uint8_t none[sizeof(ref->uuid)] = {0};
	char text[40];
	if (ref->kind == OBJ_VOLUME || ref->kind == OBJ_SNAPSHOT || !memcmp(ref->uuid, none, sizeof(none)))
		return NULL;
	uuid_format(ref->uuid, text);
	return g_strdup(text);
}

static char *guest_address(const struct guest *guest)
{
	for (guint i = 0; guest->detail && guest->detail->nics && i < guest->detail->nics->len; i++) {
		const struct guest_nic *nic = guest->detail->nics->pdata[i];
		if (nic->addresses && nic->addresses->len > 0)
			return g_strndup(nic->addresses->pdata[0], strcspn(nic->addresses->pdata[0], "/"));
	}
	return NULL;
}

static char *address_of(const struct app *app, const struct obj_ref *ref)
{
	const struct guest *guest = ref->kind == OBJ_GUEST ? store_guest(app->store, ref) : NULL;
	const struct network *network = ref->kind == OBJ_NETWORK ? store_network(app->store, ref) : NULL;
	const struct volume *volume = ref->kind == OBJ_VOLUME ? store_volume(app->store, ref) : NULL;
	const struct pool *pool = ref->kind == OBJ_POOL ? store_pool(app->store, ref) : NULL;
	const struct host *host = ref->kind == OBJ_HOST ? store_host(app->store, ref->host) : NULL;
	const char *text = network  ? network->row->addresses
	                   : volume ? volume->row->path
	                   : pool   ? pool->row->path
	                   : host   ? (host->status->uri ? host->status->uri : host->asked_uri)
	                            : NULL;
	if (guest)
		return guest_address(guest);
	return text && *text ? g_strdup(text) : NULL;
}

static char *name_of(const struct app *app, const struct obj_ref *ref)
{
	const char *name = store_name(app->store, ref);
	return *name ? g_strdup(name) : NULL;
}

static char *xml_of(const struct app *app, const struct obj_ref *ref)
{
	const struct guest *guest = ref->kind == OBJ_GUEST ? store_guest(app->store, ref) : NULL;
	const struct snapshot *snapshot = ref->kind == OBJ_SNAPSHOT ? store_snapshot(app->store, ref) : NULL;
	if (snapshot)
		return g_strdup(snapshot->row->xml);
	return guest && guest->detail ? g_strdup(guest->detail->xml) : NULL;
}

static char *virsh_of(const struct app *app, const struct obj_ref *ref)
{
	(void)ref;
	return g_strdup(app->last_virsh);
}

static const struct {
	const char *key, *what;
	char *(*get)(const struct app *app, const struct obj_ref *ref);
	const char *missing;
} things[] = {
        {"n", "Name", name_of, "nothing is selected"},
        {"u", "UUID", uuid_of, "it has none"},
        {"a", "Address", address_of, "none is known"},
        {"x", "XML", xml_of, "it was not read yet: open the guest first"},
        {"v", "virsh command of the last action", virsh_of, "nothing was done yet that virsh could do"},
};

static const char *what_of(const struct obj_ref *ref, gsize i)
{
	if (things[i].get != address_of)
		return things[i].what;
	return ref->kind == OBJ_HOST ? "URI" : ref->kind == OBJ_VOLUME || ref->kind == OBJ_POOL ? "Path" : "Address";
}

/* The argument is "what\ntext". */
static void run_copy(struct app *app, const char *argument)
{
	const char *text = strchr(argument, '\n');
	g_autofree char *what = text ? g_strndup(argument, (gsize)(text - argument)) : NULL;
	if (text)
		app_copy(app, what, text + 1);
}

static void add_thing(struct app *app, GPtrArray *rows, const struct obj_ref *ref, gsize i)
{
	g_autofree char *text = things[i].get(app, ref);
	g_autofree char *argument = g_strdup_printf("%s\n%s", what_of(ref, i), text ? text : "");
	g_autofree char *shown = text ? g_strndup(text, strcspn(text, "\n")) : NULL;
	struct choice *choice = choice_add_call(rows, what_of(ref, i), "", run_copy, argument);
	g_free(choice->keys);
	choice->keys = g_strdup(things[i].key);
	g_free(choice->help);
	choice->help = g_strdup(shown ? shown : "");
	if (!text)
		choice->reason = g_strdup(things[i].missing);
}

struct view *app_copy_menu(struct app *app)
{
	struct obj_ref ref = {.kind = OBJ_NONE};
	GPtrArray *rows = g_ptr_array_new_with_free_func((GDestroyNotify)choice_free);
	app_selected(app, &ref);
	for (gsize i = 0; i < G_N_ELEMENTS(things); i++)
		add_thing(app, rows, &ref, i);
	return chooser_new(app, &(struct chooser_options){.title = "Copy", .rows = rows, .row_keys = true});
}

/* ---- what was done, for virsh ------------------------------------------------ */

void app_note_virsh(struct app *app, const struct action *action, const struct obj_ref *ref)
{
	const struct host *host = store_host(app->store, ref->host);
	g_autofree char *virsh = action_virsh(action, app->store, ref);
	if (!host || !virsh || !strstr(action->virsh, "%s") || !g_str_has_prefix(virsh, "virsh ") || !*store_name(app->store, ref))
		return;
	const char *uri = host->status->uri && *host->status->uri ? host->status->uri : host->asked_uri;
	g_autofree char *quoted_uri = g_shell_quote(uri);
	g_free(app->last_virsh);
	app->last_virsh = g_strdup_printf(
	        "virsh %s%s%s%s", *uri ? "-c " : "", *uri ? quoted_uri : "", *uri ? " " : "", virsh + strlen("virsh "));
}
