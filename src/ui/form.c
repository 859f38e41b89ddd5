/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A form: one field a parameter. Which values are right is the table of
 * actions' business (action_check_args()); its words are shown in the form.
 */
#include "form.h"

#include <string.h>

#include "box.h"
#include "layout.h"
#include "lineedit.h"
#include "nvirt/text.h"

enum { FORM_LABEL_COLS = 18, FORM_TEXT_ROWS = 4, FORM_WIDTH = 66, FORM_SAID_ROWS = 9, FORM_HELP_ROWS = 2 };

struct field {
	const struct param *param;
	struct lineedit edit; /* everything but bools and choices */
	bool known; /* today's value is */
	bool on;
	char **choices;
	unsigned choice;
};

struct form {
	struct view view;
	struct rect fields_at; /* on the screen, as last drawn; the next three too */
	int buttons_y, go_end, cancel_end;
	const struct action *action;
	char *title;
	GArray *fields;  /* struct field */
	unsigned focus;  /* a field, then the two buttons */
	unsigned top;    /* first field drawn */
	char *error;
	char *said;    /* what would come of it; NULL = not known yet */
	bool refused;  /* it would be */
	bool edited;   /* the focused text differs from what was last said */
	void (*changed)(struct app *app, struct view *form, void *data);
	form_done done;
	void *data;
	void (*free_data)(void *data);
};

static struct field *field_at(const struct form *form, unsigned i)
{
	return &g_array_index(form->fields, struct field, i);
}

static void field_clear(struct field *field)
{
	if (field->edit.text)
		lineedit_fini(&field->edit);
	g_strfreev(field->choices);
}

static void form_destroy(struct view *view)
{
	struct form *form = (struct form *)view;
	for (unsigned i = 0; i < form->fields->len; i++)
		field_clear(field_at(form, i));
	g_array_free(form->fields, TRUE);
	if (form->free_data && form->data)
		form->free_data(form->data);
	g_free(form->title);
	g_free(form->error);
	g_free(form->said);
	g_free(form);
}

static void finish(struct form *form, struct args *args)
{
	struct app *app = form->view.app;
	form_done done = form->done;
	void *data = g_steal_pointer(&form->data);
	app_pop_modal(app);
	done(app, args, data);
}

/* ---- values ----------------------------------------------------------------- */

static bool is_text(const struct field *field)
{
	switch (field->param->type) {
	case PARAM_BOOL:
	case PARAM_CHOICE:
		return false;
	case PARAM_STRING:
	case PARAM_TEXT:
	case PARAM_SECONDS:
	case PARAM_NUMBER:
	case PARAM_SIZE:
	case PARAM_PATH:
	case PARAM_NAME:
		return true;
	}
	return true;
}

static void field_init(struct field *field, const struct param *param, const char *value)
{
	*field = (struct field){.param = param};
	if (param->type == PARAM_BOOL) {
		field->on = value && !strcmp(value, "yes");
	} else if (param->type == PARAM_CHOICE) {
		field->choices = g_strsplit(param->choices ? param->choices : "", "|", -1);
		for (unsigned i = 0; field->choices[i]; i++)
			if (value && !strcmp(field->choices[i], value))
				field->choice = i;
	} else {
		lineedit_init(&field->edit, value, param->type == PARAM_TEXT ? 8192 : 1024);
		field->edit.multiline = param->type == PARAM_TEXT;
	}
}

static const char *field_value(const struct field *field)
{
	if (field->param->type == PARAM_BOOL)
		return field->on ? "yes" : "no";
	if (field->param->type == PARAM_CHOICE)
		return field->choices[0] ? field->choices[field->choice] : NULL;
	const char *text = lineedit_get(&field->edit);
	/* An emptied field with a value of today means: make it empty. Where that is not known, nothing. */
	return *text || field->known ? text : NULL;
}

static struct args *checked_args(const struct form *form, GError **error)
{
	struct args *args = args_new();
	for (unsigned i = 0; i < form->fields->len; i++)
		args_set(args, field_at(form, i)->param->name, field_value(field_at(form, i)));
	if (action_check_args(form->action, args, error))
		return args;
	args_free(args);
	return NULL;
}

static void submit(struct form *form)
{
	g_autoptr(GError) error = NULL;
	struct args *args = checked_args(form, &error);
	if (args) {
		finish(form, args);
		return;
	}
	g_free(form->error);
	form->error = text_clean(error->message, -1);
}

struct args *form_args(const struct view *form)
{
	return checked_args((const struct form *)form, NULL);
}

void form_say(struct view *view, const struct plan *plan)
{
	struct form *form = (struct form *)view;
	g_autoptr(GString) text = g_string_new(NULL);
	if (plan->refused)
		g_string_append_printf(text, "Not possible so: %s", plan->refused);
	for (guint i = 0; i < plan->notes->len && !plan->refused; i++)
		g_string_append_printf(text, "%s%s", text->len ? "\n" : "", (const char *)plan->notes->pdata[i]);
	g_free(form->said);
	form->said = g_strdup(text->str);
	form->refused = plan->refused != NULL;
	view->dirty = true;
}

static void tell_changed(struct form *form)
{
	form->edited = false;
	if (form->changed)
		form->changed(form->view.app, &form->view, form->data);
}

/* ---- drawing ---------------------------------------------------------------- */

static int field_rows(const struct field *field)
{
	return field->param->type == PARAM_TEXT ? FORM_TEXT_ROWS : 1;
}

static void draw_choice(const struct field *field, struct area area, enum role role, bool focused)
{
	area_textf(area, 0, 0, -1, role, "< %s >", field_value(field) ? field_value(field) : "");
	if (focused)
		area_cursor(area, 0, 2, true);
}

static void draw_field(const struct field *field, struct area area, bool focused)
{
	area_textf(area, 0, 0, FORM_LABEL_COLS - 1, focused ? ROLE_BOLD : ROLE_LABEL, "%s%s", field->param->title,
	        field->param->required ? " *" : "");
	struct area value = area_sub(area, 0, FORM_LABEL_COLS, area.rows, area.cols - FORM_LABEL_COLS);
	enum role role = focused ? ROLE_DIALOG_FIELD_FOCUS : ROLE_DIALOG_FIELD;
	if (field->param->type == PARAM_BOOL) {
		area_text(value, 0, 0, -1, role, field->on ? "[x] yes" : "[ ] no");
		if (focused)
			area_cursor(value, 0, 1, true);
	} else if (field->param->type == PARAM_CHOICE) {
		draw_choice(field, value, role, focused);
	} else {
		lineedit_draw(&field->edit, value, role, focused);
	}
}

/* Moves `top` so that the focused field fits into `room` rows. */
static void scroll_to_focus(struct form *form, int room)
{
	unsigned focus = MIN(form->focus, form->fields->len - 1);
	form->top = MIN(form->top, focus);
	for (;;) {
		int rows = 0;
		for (unsigned i = form->top; i <= focus; i++)
			rows += field_rows(field_at(form, i));
		if (rows <= room || form->top == focus)
			return;
		form->top++;
	}
}

static void draw_footer(struct form *form, struct area area, int y)
{
	unsigned n = form->fields->len;
	const char *help = form->focus < n ? field_at(form, form->focus)->param->help : form->action->help;
	g_autoptr(GPtrArray) lines = box_wrap(form->error ? form->error : help ? help : "", area.cols);
	for (int i = 0; i < (int)lines->len && i < FORM_HELP_ROWS; i++)
		area_text(area, y + i, 0, -1, form->error ? ROLE_CRIT : ROLE_DIM, lines->pdata[i]);
	y += FORM_HELP_ROWS - 1;
	bool danger = form->action->flags & ACTION_DANGEROUS;
	int x = box_button(area, y + 1, 0, form->action->title, form->focus == n, danger);
	form->buttons_y = area.y + y + 1;
	form->go_end = area.x + x;
	x += 2 + box_button(area, y + 1, x + 2, "Cancel", form->focus == n + 1, false);
	form->cancel_end = area.x + x;
	area_text(area, y + 1, x + 2, -1, ROLE_DIM, "Tab next, Enter goes, Esc cancels");
}

/* What would come of it; the box does not move while that is found out. */
static void draw_said(const struct form *form, struct area area)
{
	g_autoptr(GPtrArray) lines = box_wrap(form->said ? form->said : "Looking at what would come of it ...", area.cols);
	for (guint i = 0; i < lines->len && (int)i < area.rows; i++)
		area_text(area, (int)i, 0, -1, form->refused ? ROLE_CRIT : form->said ? ROLE_WARN : ROLE_DIM,
		        lines->pdata[i]);
	if ((int)lines->len > area.rows && area.rows > 0)
		area_glyph(area, area.rows - 1, area.cols - 1, ROLE_DIM, GLYPH_CUT);
}

static void form_draw(struct view *view, struct area area, bool focused)
{
	(void)focused;
	struct form *form = (struct form *)view;
	int rows = 0;
	for (unsigned i = 0; i < form->fields->len; i++)
		rows += field_rows(field_at(form, i));
	int said = form->changed ? CLAMP(area.rows - rows - 5 - FORM_HELP_ROWS, 0, FORM_SAID_ROWS) : 0;
	struct area in = box_draw(
	        area, rows + said + 2 + FORM_HELP_ROWS, FORM_WIDTH, form->action->flags & ACTION_DANGEROUS, form->title);
	int room = MAX(in.rows - said - 2 - FORM_HELP_ROWS, in.rows > 2 ? 1 : 0), y = 0;
	scroll_to_focus(form, room);
	for (unsigned i = form->top; i < form->fields->len && y < room; i++) {
		int height = field_rows(field_at(form, i));
		draw_field(field_at(form, i), area_sub(in, y, 0, MIN(height, room - y), in.cols), i == form->focus);
		y += height;
	}
	form->fields_at = (struct rect){in.y, in.x, y, in.cols};
	draw_said(form, area_sub(in, y + 1, 0, MIN(said, in.rows - 2 - FORM_HELP_ROWS - y), in.cols));
	draw_footer(form, in, MAX(in.rows - 1 - FORM_HELP_ROWS, y));
}

/* ---- keys ------------------------------------------------------------------- */

static void move_focus(struct form *form, int by)
{
	unsigned stops = form->fields->len + 2;
	if (form->edited)
		tell_changed(form);
	form->focus = (form->focus + stops + (unsigned)by) % stops;
}

static bool turn(struct field *field, int by)
{
	if (field->param->type == PARAM_BOOL) {
		field->on = !field->on;
		return true;
	}
	unsigned n = g_strv_length(field->choices);
	if (n > 0)
		field->choice = (field->choice + n + (unsigned)by) % n;
	return true;
}

static bool field_key(struct field *field, keycode key)
{
	if (is_text(field))
		return lineedit_key(&field->edit, key);
	switch (key) {
	case K_SPACE:
	case K_RIGHT:
	case 'l':
		return turn(field, 1);
	case K_LEFT:
	case 'h':
		return turn(field, -1);
	default:
		return false;
	}
}

static bool button_key(struct form *form, keycode key)
{
	if (key == K_LEFT || key == K_RIGHT) {
		form->focus = form->focus == form->fields->len ? form->focus + 1 : form->fields->len;
		return true;
	}
	if (key != K_ENTER && key != K_SPACE)
		return false;
	if (form->focus == form->fields->len)
		submit(form);
	else
		finish(form, NULL);
	return true;
}

static bool move_key(struct form *form, keycode key)
{
	switch (key) {
	case K_TAB:
	case K_DOWN:
		move_focus(form, 1);
		return true;
	case KEY_SHIFT | K_TAB:
	case K_UP:
		move_focus(form, -1);
		return true;
	default:
		return false;
	}
}

static bool form_key(struct view *view, keycode key, unsigned count)
{
	(void)count;
	struct form *form = (struct form *)view;
	view->dirty = true;
	if (key == K_ESC || key == (KEY_CTRL | 'c')) {
		finish(form, NULL);
		return true;
	}
	if (form->focus >= form->fields->len) {
		if (!button_key(form, key))
			move_key(form, key);
		return true;
	}
	struct field *field = field_at(form, form->focus);
	bool multiline = field->param->type == PARAM_TEXT;
	if (key == K_ENTER && !multiline)
		submit(form);
	else if ((!multiline || key == K_TAB || key == (KEY_SHIFT | K_TAB)) && move_key(form, key))
		return true;
	else if (field_key(field, key) && is_text(field))
		form->edited = true;
	else if (!is_text(field))
		tell_changed(form);
	return true;
}

static void click_field(struct form *form, int y)
{
	for (unsigned i = form->top; i < form->fields->len; i++) {
		y -= field_rows(field_at(form, i));
		if (y >= 0)
			continue;
		bool again = form->focus == i;
		form->focus = i;
		/* What has no text turns, as Space would. */
		if (again || field_at(form, i)->param->type == PARAM_BOOL)
			if (!is_text(field_at(form, i))) {
				turn(field_at(form, i), 1);
				tell_changed(form);
			}
		return;
	}
}

static bool form_mouse(struct view *view, const struct mouse *mouse)
{
	struct form *form = (struct form *)view;
	if (mouse->what != MOUSE_PRESS || mouse->button != 1)
		return false;
	view->dirty = true;
	if (rect_contains(&form->fields_at, mouse->y, mouse->x)) {
		click_field(form, mouse->y - form->fields_at.y);
	} else if (mouse->y == form->buttons_y && mouse->x >= form->fields_at.x && mouse->x < form->cancel_end) {
		form->focus = form->fields->len + (mouse->x >= form->go_end);
		button_key(form, K_ENTER);
	}
	return true;
}

static void form_paste(struct view *view, const char *text)
{
	struct form *form = (struct form *)view;
	if (form->focus < form->fields->len && is_text(field_at(form, form->focus)))
		lineedit_insert(&field_at(form, form->focus)->edit, text);
	view->dirty = true;
}

static const struct view_ops form_view = {
        .name = "form",
        .title = "Form",
        .destroy = form_destroy,
        .draw = form_draw,
        .key = form_key,
        .mouse = form_mouse,
        .paste = form_paste,
};

static void add_field(struct form *form, const struct form_options *options, const struct param *param)
{
	const struct store *store = form->view.app->store;
	char *(*ask)(const struct store *, const struct obj_ref *) = param->current ? param->current : param->propose;
	g_autofree char *today = ask ? ask(store, options->ref) : NULL;
	const char *typed = args_get(options->values, param->name);
	struct field field;
	field_init(&field, param, typed ? typed : today ? today : param->fallback);
	field.known = today && param->current;
	g_array_append_val(form->fields, field);
}

bool view_is_form(const struct view *view)
{
	return view && view->ops == &form_view;
}

struct view *form_new(struct app *app, const struct form_options *options)
{
	const struct action *action = options->action;
	const struct obj_ref *ref = options->ref;
	struct form *form = g_new0(struct form, 1);
	form->view = (struct view){.ops = &form_view, .app = app, .dirty = true};
	form->action = action;
	form->title = options->what ? g_strdup_printf("%s: %s", action->title, options->what)
	                            : g_strdup_printf("%s: %s %s", action->title, obj_kind_word(ref->kind),
	                                      store_name(app->store, ref));
	form->fields = g_array_new(FALSE, FALSE, sizeof(struct field));
	for (const struct param *param = action->params; param && param->name; param++)
		add_field(form, options, param);
	form->changed = options->changed;
	form->done = options->done;
	form->data = options->data;
	form->free_data = options->free_data;
	return &form->view;
}
