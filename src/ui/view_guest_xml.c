/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest, XML: its definition to read, live or as stored, with tags and values
 * told apart and a search. It is cut into lines when it changes; a frame costs
 * the lines on screen. Main thread.
 */
#define _GNU_SOURCE /* strcasestr() */
#include <string.h>

#include "app.h"
#include "content.h"
#include "list.h"
#include "look.h"
#include "nvirt/text.h"

struct guest_xml {
	struct view view;
	struct obj_ref ref;
	bool stored; /* the stored one is asked for */
	char *xml;   /* what `lines` were cut from */
	char **lines;
	struct list list;
	char *search;
};

/* The XML to show, or NULL; says whether it is the stored one. */
static const char *wanted(struct guest_xml *self, bool *ret_stored)
{
	const struct guest *guest = store_guest(self->view.app->store, &self->ref);
	const struct guest_detail *detail = guest ? guest->detail : NULL;

	if (!detail)
		return NULL;
	*ret_stored = (self->stored && detail->xml_stored) || !guest_state_active(guest->state);
	return self->stored && detail->xml_stored ? detail->xml_stored : detail->xml;
}

static void sync_lines(struct guest_xml *self)
{
	bool stored;
	const char *xml = wanted(self, &stored);

	if (!g_strcmp0(xml, self->xml) && self->lines)
		return;
	g_free(self->xml);
	g_strfreev(self->lines);
	self->xml = g_strdup(xml);
	self->lines = g_strsplit(xml ? xml : "", "\n", -1);
	list_set_count(&self->list, g_strv_length(self->lines));
}

static struct view *create(struct app *app)
{
	struct guest_xml *self = g_new0(struct guest_xml, 1);

	self->view = (struct view){.ops = &guest_xml_view, .app = app, .dirty = true};
	self->search = g_strdup("");
	return &self->view;
}

static void destroy(struct view *view)
{
	struct guest_xml *self = (struct guest_xml *)view;

	g_free(self->xml);
	g_strfreev(self->lines);
	g_free(self->search);
	g_free(self);
}

/* ---- drawing ---- */

/* Bytes of the piece at `text` that has one role: a tag, an attribute's value, text between tags. */
static gsize next_piece(const char *text, bool *in_tag, enum role *ret_role)
{
	gsize len;

	if (*in_tag && (*text == '\'' || *text == '"')) {
		const char *end = strchr(text + 1, *text);

		*ret_role = ROLE_XML_VALUE;
		return end ? (gsize)(end - text) + 1 : strlen(text);
	}
	if (*in_tag || *text == '<') {
		*ret_role = ROLE_XML_TAG;
		*in_tag = true;
		len = strcspn(text, "'\">");
		if (text[len] != '>')
			return MAX(len, 1);
		*in_tag = false;
		return len + 1;
	}
	*ret_role = ROLE_TEXT;
	return strcspn(text, "<");
}

static void mark_matches(struct area line, const char *text, const char *search)
{
	gsize len = strlen(search);

	for (const char *at = len ? strcasestr(text, search) : NULL; at; at = strcasestr(at + len, search)) {
		g_autofree char *before = g_strndup(text, (gsize)(at - text));
		g_autofree char *match = g_strndup(at, len);

		area_set_role(line, 0, text_columns(before), text_columns(match), ROLE_MATCH);
	}
}

static void draw_line(struct guest_xml *self, struct area line, const char *text)
{
	bool in_tag = false;
	int x = 0;

	for (const char *rest = text; *rest && x < line.cols;) {
		enum role role;
		gsize len = next_piece(rest, &in_tag, &role);
		g_autofree char *piece = g_strndup(rest, len);

		x += area_text(line, 0, x, -1, role, piece);
		rest += len;
	}
	mark_matches(line, text, self->search);
}

static void draw_head(struct guest_xml *self, struct area line)
{
	bool stored = false;
	const char *xml = wanted(self, &stored);
	const struct guest *guest = store_guest(self->view.app->store, &self->ref);
	bool both = guest && guest->detail && guest->detail->xml_stored;

	area_clear(line, ROLE_DIM);
	if (!xml)
		return;
	area_textf(line, 0, 0, -1, ROLE_DIM, "%s%s   line %u of %u",
	        stored ? "stored definition" : "live definition", both ? " (v: the other)" : "",
	        self->list.cursor + 1, self->list.count);
}

static void draw(struct view *view, struct area area, bool focused)
{
	struct guest_xml *self = (struct guest_xml *)view;
	struct area body = area_sub(area, 1, 0, area.rows - 1, area.cols);
	struct list *list = &self->list;

	view->dirty = false;
	sync_lines(self);
	area_clear(area, ROLE_TEXT);
	list_set_height(list, (unsigned)MAX(body.rows, 0));
	if (!self->xml) {
		area_text(area, 0, 0, -1, ROLE_DIM, "The definition is being read ...");
		return;
	}
	draw_head(self, area_sub(area, 0, 0, 1, area.cols));
	for (int y = 0; y < body.rows && list->top + (unsigned)y < list->count; y++) {
		unsigned row = list->top + (unsigned)y;
		struct area line = area_sub(body, y, 0, 1, body.cols - 1);

		draw_line(self, line, self->lines[row]);
		if (row != list->cursor || !focused)
			continue;
		area_add_flags(line, 0, 0, line.cols, DRAW_BOLD);
		area_cursor(body, y, 0, false);
	}
	look_scrollbar(body, list->top, list->count);
}

/* ---- search ---- */

static void search(struct guest_xml *self, unsigned from, int step)
{
	sync_lines(self);
	for (unsigned i = 0, row = from; i < self->list.count; i++) {
		if (strcasestr(self->lines[row], self->search)) {
			list_goto(&self->list, row);
			break;
		}
		row = (row + self->list.count + (unsigned)step) % self->list.count;
	}
	content_touch(&self->view);
}

static void search_step(struct view *view, int step)
{
	struct guest_xml *self = (struct guest_xml *)view;

	sync_lines(self);
	if (*self->search && self->list.count)
		search(self, (self->list.cursor + self->list.count + (unsigned)step) % self->list.count,
		        step);
}

static void cmd_next(struct view *view, unsigned count)
{
	(void)count;
	search_step(view, 1);
}

static void cmd_prev(struct view *view, unsigned count)
{
	(void)count;
	search_step(view, -1);
}

static void cmd_other(struct view *view, unsigned count)
{
	struct guest_xml *self = (struct guest_xml *)view;

	(void)count;
	self->stored = !self->stored;
	content_touch(view);
}

static bool key(struct view *view, keycode code, unsigned count)
{
	struct guest_xml *self = (struct guest_xml *)view;

	sync_lines(self);
	if (!list_key(&self->list, code, count))
		return false;
	content_touch(view);
	return true;
}

static bool mouse(struct view *view, const struct mouse *event)
{
	struct guest_xml *self = (struct guest_xml *)view;

	if (event->what != MOUSE_PRESS || (event->button != 4 && event->button != 5))
		return false;
	list_wheel(&self->list, event->button == 4 ? -3 : 3);
	content_touch(view);
	return true;
}

static void update(struct view *view, unsigned changes)
{
	if (changes & (CHANGE_DETAIL | CHANGE_LIST))
		view->dirty = true;
}

static void set_object(struct view *view, const struct obj_ref *ref)
{
	struct guest_xml *self = (struct guest_xml *)view;

	if (!obj_ref_equal(&self->ref, ref))
		self->list.cursor = self->list.top = 0;
	self->ref = *ref;
	content_touch(view);
}

static void set_filter(struct view *view, const char *filter)
{
	struct guest_xml *self = (struct guest_xml *)view;

	g_free(self->search);
	self->search = g_strdup(filter ? filter : "");
	if (*self->search)
		search(self, self->list.cursor, 1);
	content_touch(view);
}

static const char *filter_of(const struct view *view)
{
	return ((const struct guest_xml *)view)->search;
}

static const struct view_cmd cmds[] = {
        {"search-next", "Next match of the search", "n", NULL, cmd_next},
        {"search-prev", "Previous match of the search", "N", NULL, cmd_prev},
        {"other-xml", "Live or stored definition", "v", "live/stored", cmd_other},
        {NULL, NULL, NULL, NULL, NULL},
};

const struct view_ops guest_xml_view = {
        .name = "guest-xml",
        .title = "XML",
        .create = create,
        .destroy = destroy,
        .draw = draw,
        .cmds = cmds,
        .key = key,
        .mouse = mouse,
        .update = update,
        .set_object = set_object,
        .set_filter = set_filter,
        .filter = filter_of,
};
