/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything that can be done now, collected from the tables; and the key bar. Main thread. */
#include <string.h>

#include "app_private.h"
#include "commands.h"
#include "keymap.h"
#include "nvirt/text.h"

struct choice *choice_new(const char *title)
{
	struct choice *choice = g_new0(struct choice, 1);
	choice->what = CHOICE_HEADING;
	choice->title = g_strdup(title);
	choice->keys = g_strdup("");
	choice->name = g_strdup("");
	choice->help = g_strdup("");
	return choice;
}

void choice_free(struct choice *choice)
{
	if (!choice)
		return;
	g_free(choice->title);
	g_free(choice->keys);
	g_free(choice->name);
	g_free(choice->help);
	g_free(choice->reason);
	g_free(choice->argument);
	g_free(choice->target);
	g_free(choice->fold);
	g_free(choice);
}

static struct choice *add(GPtrArray *list, const char *title, const char *keys, const char *name)
{
	struct choice *choice = choice_new(title);
	g_free(choice->keys);
	g_free(choice->name);
	choice->keys = g_strdup(keys ? keys : "");
	choice->name = g_strdup(name);
	g_ptr_array_add(list, choice);
	return choice;
}

struct choice *choice_add_call(GPtrArray *list, const char *title, const char *name,
        void (*call)(struct app *app, const char *argument), const char *argument)
{
	struct choice *choice = add(list, title, NULL, name);
	choice->what = CHOICE_CALL;
	choice->call = call;
	choice->argument = g_strdup(argument);
	return choice;
}

static void heading(GPtrArray *list, unsigned sets, const char *title)
{
	if (sets & CHOICES_HEADINGS)
		g_ptr_array_add(list, choice_new(title));
}

/* ---- views ------------------------------------------------------------------ */

static struct view *inner_of(struct view *view)
{
	return view && view->ops->inner ? view->ops->inner(view) : NULL;
}

static const struct view_cmd *find_cmd(const struct view *view, keycode key)
{
	for (const struct view_cmd *cmd = view ? view->ops->cmds : NULL; cmd && cmd->name; cmd++)
		if (key_in(keymap_view(view->app->keymap, cmd), key))
			return cmd;
	return NULL;
}

bool commands_view_key(struct view *view, keycode key, unsigned count)
{
	struct view *const chain[] = {inner_of(view), view};
	for (gsize i = 0; i < G_N_ELEMENTS(chain); i++) {
		const struct view_cmd *cmd = find_cmd(chain[i], key);
		if (!cmd)
			continue;
		cmd->run(chain[i], count);
		return true;
	}
	return false;
}

bool commands_view_run(struct view *view, const char *name, unsigned count)
{
	for (const struct view_cmd *cmd = view->ops->cmds; cmd && cmd->name; cmd++)
		if (!strcmp(cmd->name, name)) {
			cmd->run(view, count);
			return true;
		}
	return false;
}

static void add_view(GPtrArray *list, unsigned sets, const struct view *view)
{
	if (!view || !view->ops->cmds || !view->ops->cmds->name)
		return;
	heading(list, sets, view->ops->title);
	for (const struct view_cmd *cmd = view->ops->cmds; cmd->name; cmd++) {
		struct choice *choice = add(list, cmd->title, keymap_view(view->app->keymap, cmd), cmd->name);
		choice->what = CHOICE_VIEW;
		choice->view_cmd = cmd;
	}
}

/* The view may have gone since: it is looked up again by its row. */
static void run_view_cmd(struct app *app, const struct view_cmd *wanted)
{
	struct view *view = app_focused_view(app), *const chain[] = {inner_of(view), view};
	for (gsize i = 0; i < G_N_ELEMENTS(chain); i++)
		for (const struct view_cmd *cmd = chain[i] ? chain[i]->ops->cmds : NULL; cmd && cmd->name; cmd++)
			if (cmd == wanted) {
				cmd->run(chain[i], 0);
				return;
			}
}

/* ---- actions ---------------------------------------------------------------- */

/*
 * What actions act on: the marked objects, wherever the cursor went on to,
 * unless it stands on one of their kind or on a task.
 */
bool commands_subject(struct app *app, struct obj_ref *ret_ref)
{
	bool some = app_selected(app, ret_ref);
	if (some && ret_ref->kind == OBJ_TASK)
		return true;
	g_autoptr(GArray) marks = store_marks(app->store, OBJ_NONE);
	for (guint i = 0; some && i < marks->len; i++)
		if (g_array_index(marks, struct obj_ref, i).kind == ret_ref->kind)
			return true;
	if (marks->len > 0)
		*ret_ref = g_array_index(marks, struct obj_ref, 0);
	return some || marks->len > 0;
}

/* What can be done to a snapshot's guest (to take another one) belongs there, too. */
static bool owner_of(const struct obj_ref *ref, struct obj_ref *ret_ref)
{
	if (ref->kind != OBJ_SNAPSHOT)
		return false;
	*ret_ref = *ref;
	ret_ref->kind = OBJ_GUEST;
	ret_ref->name = NULL;
	return true;
}

/* The object, what it belongs to, then its host: what can be done to the host is never far. */
static unsigned subjects(struct app *app, struct obj_ref ret[3])
{
	unsigned n = 0;
	if (!commands_subject(app, &ret[0]))
		return 0;
	n++;
	n += owner_of(&ret[0], &ret[n]);
	const struct host *host = store_host(app->store, ret[0].host);
	if (host && ret[0].kind != OBJ_HOST)
		ret[n++] = host->ref;
	return n;
}

static void add_actions(GPtrArray *list, unsigned sets, struct app *app, const struct obj_ref *ref)
{
	g_autofree char *title =
	        g_strdup_printf("Actions on %s %s", obj_kind_word(ref->kind), store_name(app->store, ref));
	g_autoptr(GArray) marks = store_marks(app->store, ref->kind);
	g_autofree char *target = marks->len > 0 ? g_strdup_printf("%u marked", marks->len)
	                                         : g_strdup(store_name(app->store, ref));
	guint before = list->len;
	heading(list, sets, title);
	guint first = list->len;
	for (unsigned i = 0; i < action_count; i++) {
		const struct action *action = &action_table[i];
		if (action->kind != ref->kind)
			continue;
		struct choice *choice = add(list, action->title, keymap_action(app->keymap, action), action->verb);
		choice->what = CHOICE_ACTION;
		choice->action = action;
		choice->ref = *ref;
		choice->target = g_strdup(target);
		choice->danger = action->flags & ACTION_DANGEROUS;
		choice->reason = action_why_not(action, app->store, ref);
		g_free(choice->help);
		choice->help = g_strdup(action->help ? action->help : "");
	}
	if (list->len == first)
		g_ptr_array_set_size(list, (gint)before);
}

static bool run_action_key(struct app *app, keycode key, const struct obj_ref *ref)
{
	for (unsigned i = 0; i < action_count; i++) {
		const struct action *action = &action_table[i];
		if (action->kind != ref->kind || !key_in(keymap_action(app->keymap, action), key))
			continue;
		app_action(app, action, ref);
		return true;
	}
	return false;
}

bool commands_action_key(struct app *app, keycode key)
{
	struct obj_ref subject, selected, owner;
	if (commands_subject(app, &subject) && run_action_key(app, key, &subject))
		return true;
	if (!app_selected(app, &selected))
		return false;
	if (run_action_key(app, key, &selected))
		return true;
	return owner_of(&selected, &owner) && run_action_key(app, key, &owner);
}

/* ---- everything ------------------------------------------------------------- */

static void add_app(GPtrArray *list, unsigned sets, const struct app *app)
{
	heading(list, sets, "Everywhere");
	for (const struct app_command *cmd = app_commands; cmd->name; cmd++) {
		struct choice *choice = add(list, cmd->title, keymap_app(app->keymap, cmd), cmd->name);
		choice->what = CHOICE_APP;
		choice->app_command = cmd;
	}
}

/* ---- objects ---------------------------------------------------------------- */

static void add_object(GPtrArray *list, const struct store *store, const struct obj_ref *ref)
{
	g_autofree char *title = g_strdup_printf("Go to %s %s", obj_kind_word(ref->kind), store_name(store, ref));
	struct choice *choice = add(list, title, NULL, "");
	choice->what = CHOICE_OPEN;
	choice->ref = *ref;
}

/* Guests, pools and networks all begin with their identity. */
static void add_list(GPtrArray *list, const struct store *store, const GPtrArray *objects)
{
	for (guint i = 0; i < objects->len; i++)
		add_object(list, store, objects->pdata[i]);
}

static void add_objects(GPtrArray *list, unsigned sets, const struct store *store)
{
	heading(list, sets, "Objects");
	for (unsigned i = 0; i < store_host_count(store); i++) {
		const struct host *host = store_host_at(store, i);
		add_object(list, store, &host->ref);
		add_list(list, store, host->guests);
		add_list(list, store, host->pools);
		add_list(list, store, host->networks);
	}
}

static void add_text(GPtrArray *list, const char *keys, const char *title)
{
	add(list, title, keys, "")->what = CHOICE_TEXT;
}

static void add_moving(GPtrArray *list, unsigned sets, const struct app *app)
{
	heading(list, sets, "Moving in lists");
	for (const struct list_move *move = list_moves; move->name; move++)
		add_text(list, keymap_move(app->keymap, move), move->title);
	add_text(list, "1-9", "Digits before a key: how often, or to which row");
	add_text(list, "V", "Marks a range as the cursor moves; * turns marks round, actions run over them");
	add_text(list, "Esc", "Closes the top layer: dialog, filter, marks, zoom; never quits");
}

static void add_legend(GPtrArray *list, unsigned sets, bool ascii)
{
	static const struct {
		enum glyph glyph;
		const char *what;
	} legend[] = {{GLYPH_RUNNING, "guest running"}, {GLYPH_PAUSED, "guest paused"}, {GLYPH_OFF, "guest off"},
	        {GLYPH_SHUTDOWN, "guest shutting down"}, {GLYPH_CRASHED, "guest crashed"},
	        {GLYPH_SUSPENDED, "guest suspended by its own power management"},
	        {GLYPH_STUCK, "does not answer"}, {GLYPH_UNKNOWN, "state not known"},
	        {GLYPH_HOST_UP, "host connected"}, {GLYPH_HOST_DOWN, "host not connected"},
	        {GLYPH_POOL, "storage pool"}, {GLYPH_VOLUME, "volume"}, {GLYPH_NETWORK, "network"},
	        {GLYPH_MARK, "marked"}};
	heading(list, sets, "Shapes");
	for (gsize i = 0; i < G_N_ELEMENTS(legend); i++) {
		char utf8[7] = "";
		g_unichar_to_utf8(glyph_char(legend[i].glyph, ascii), utf8);
		add_text(list, utf8, legend[i].what);
	}
	add_text(list, "!", "alarm: crashed, paused by an error, not answering, trouble on its screen");
	add_text(list, "T t a", "emulated (TCG), template, starts with its host");
	heading(list, sets, "What a watched screen says");
	for (enum screen_sign sign = SIGN_NONE + 1; sign < SIGN_N; sign++)
		add_text(list, (char[2]){screen_sign_letter(sign)}, screen_sign_words(sign));
}

GPtrArray *commands_collect(struct app *app, unsigned sets)
{
	GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)choice_free);
	struct view *view = app_focused_view(app);
	if (sets & CHOICES_VIEW) {
		add_view(list, sets, inner_of(view));
		add_view(list, sets, view);
	}
	struct obj_ref refs[3];
	unsigned n = sets & CHOICES_ACTIONS ? subjects(app, refs) : 0;
	for (unsigned i = 0; i < n; i++)
		add_actions(list, sets, app, &refs[i]);
	if (sets & CHOICES_APP)
		add_app(list, sets, app);
	if (sets & CHOICES_THEMES) {
		heading(list, sets, "Themes");
		app_theme_choices(list);
	}
	if (sets & CHOICES_OBJECTS)
		add_objects(list, sets, app->store);
	if (sets & CHOICES_LEGEND) {
		add_moving(list, sets, app);
		add_legend(list, sets, app->canvas.ascii);
	}
	return list;
}

void choice_run(struct app *app, const struct choice *choice)
{
	switch (choice->what) {
	case CHOICE_VIEW:
		run_view_cmd(app, choice->view_cmd);
		return;
	case CHOICE_ACTION:
		app_action_form(app, choice->action, &choice->ref);
		return;
	case CHOICE_APP:
		choice->app_command->run(app, 0);
		return;
	case CHOICE_CALL:
		choice->call(app, choice->argument);
		return;
	case CHOICE_OPEN:
		app_open(app, &choice->ref);
		return;
	case CHOICE_HEADING:
	case CHOICE_TEXT:
		return;
	}
}

/* ---- the key bar ------------------------------------------------------------ */

struct hints {
	struct app *app;
	struct area line;
	int x, end;
	bool full;
};

static void hint(struct hints *hints, const char *keys, const char *label, bool enabled, bool danger)
{
	gsize len = strcspn(keys, " ");
	int start = hints->x;
	if (len == 0)
		return;
	int need = (int)len + 1 + text_columns(label);
	if (hints->full || hints->x + need > hints->end) {
		hints->full = true;
		return;
	}
	g_autofree char *key = g_strndup(keys, len);
	hints->x += area_text(hints->line, 0, hints->x, -1, enabled ? ROLE_KEY : ROLE_DIM, key) + 1;
	enum role role = !enabled ? ROLE_DIM : danger ? ROLE_DIALOG_DANGER : ROLE_KEY_LABEL;
	hints->x += area_text(hints->line, 0, hints->x, -1, role, label) + 2;
	app_hot(hints->app, area_sub(hints->line, 0, start, 1, hints->x - start - 2), key_parse(key));
}

static void hint_views(struct hints *hints, const struct view *view)
{
	for (const struct view_cmd *cmd = view ? view->ops->cmds : NULL; cmd && cmd->name; cmd++)
		if (cmd->hint)
			hint(hints, keymap_view(view->app->keymap, cmd), cmd->hint, true, false);
}

static void hint_action(struct hints *hints, const struct action *action, const struct obj_ref *ref, bool enabled)
{
	const char *key = keymap_action(hints->app->keymap, action);
	g_autofree char *reason = action_why_not(action, hints->app->store, ref);
	g_autofree char *label = g_utf8_strdown(action->title, -1);
	if (key && enabled == !reason)
		hint(hints, key, label, enabled, action->flags & ACTION_DANGEROUS);
}

/* All but `done`, which stands there already. */
static void hint_actions(struct hints *hints, bool enabled, const struct action *done)
{
	struct obj_ref ref;
	if (!commands_subject(hints->app, &ref))
		return;
	for (unsigned i = 0; i < action_count && !hints->full; i++)
		if (action_table[i].kind == ref.kind && &action_table[i] != done)
			hint_action(hints, &action_table[i], &ref, enabled);
}

/* On an object of its kind, or on what that belongs to: a snapshot's guest. */
static void hint_made(struct hints *hints, const struct action *action)
{
	struct obj_ref ref;
	if (!commands_subject(hints->app, &ref) || (ref.kind != action->kind && !owner_of(&ref, &ref)))
		return;
	if (ref.kind == action->kind)
		hint_action(hints, action, &ref, true);
}

static void hint_place(struct hints *hints, struct view *view)
{
	struct view *inner = inner_of(view);
	const struct view_ops *ops = inner ? inner->ops : view->ops;
	const struct action *makes = ops->makes ? action_by_verb(ops->makes) : NULL;
	if (makes)
		hint_made(hints, makes);
	if (ops->actions_first)
		hint_actions(hints, true, makes);
	hint_views(hints, inner);
	hint_views(hints, view);
	if (!ops->actions_first)
		hint_actions(hints, true, makes);
	hint_actions(hints, false, makes);
}

/* Columns of one of the app's own hints, with the gap behind it. */
static int own_columns(const struct app *app, const struct app_command *cmd)
{
	return (int)strcspn(keymap_app(app->keymap, cmd), " ") + 3 + (int)strlen(cmd->hint);
}

/*
 * The app's own hints stand at the right and have less than half of the line;
 * before them what the place offers: what can be done now first, the rest grey.
 */
void commands_draw_hints(struct app *app, struct area line)
{
	/* A dialog has the keys: what objects and the app have is not to be had now. */
	if (app->modals->len > 0) {
		struct hints own = {.app = app, .line = line, .x = 1, .end = line.cols};
		hint_views(&own, app_focused_view(app));
		hint(&own, "Esc", "back", true, false);
		return;
	}
	const struct app_command *end = app_commands;
	int own = 0;
	for (; end->name && end->hint && own + own_columns(app, end) <= line.cols * 45 / 100; end++)
		own += own_columns(app, end);
	struct view *view = app_focused_view(app);
	struct hints hints = {.app = app, .line = line, .x = 1, .end = MAX(line.cols - own - 2, 0)};
	hint_place(&hints, view);
	hints = (struct hints){.app = app, .line = line, .x = MAX(line.cols - own, 1), .end = line.cols};
	for (const struct app_command *cmd = app_commands; cmd != end; cmd++)
		hint(&hints, keymap_app(app->keymap, cmd), cmd->hint, true, false);
}
