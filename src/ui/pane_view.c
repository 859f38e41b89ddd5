/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A tab that is one pane: everything of it but what it tells. Main thread. */
#include "content.h"
#include "pane.h"

struct view *pane_view_new(
        struct app *app, const struct view_ops *ops, gsize size, void (*fill)(struct pane_view *self))
{
	struct pane_view *self = g_malloc0(size);

	self->view = (struct view){.ops = ops, .app = app, .dirty = true};
	self->fill = fill;
	pane_init(&self->pane);
	return &self->view;
}

void pane_view_destroy(struct view *view)
{
	struct pane_view *self = (struct pane_view *)view;

	pane_fini(&self->pane);
	g_free(self);
}

void pane_view_draw(struct view *view, struct area area, bool focused)
{
	struct pane_view *self = (struct pane_view *)view;

	pane_clear(&self->pane);
	if (self->ref.kind != OBJ_NONE && store_has(view->app->store, &self->ref))
		self->fill(self);
	pane_draw(&self->pane, area, focused);
}

bool pane_view_key(struct view *view, keycode key, unsigned count)
{
	struct pane_view *self = (struct pane_view *)view;

	if (!pane_key(&self->pane, key, count))
		return false;
	content_touch(view);
	return true;
}

bool pane_view_mouse(struct view *view, const struct mouse *mouse)
{
	struct pane_view *self = (struct pane_view *)view;

	if (!pane_mouse(&self->pane, mouse))
		return false;
	content_touch(view);
	return true;
}

void pane_view_update(struct view *view, unsigned changes)
{
	if (changes & (CHANGE_HOST | CHANGE_LIST | CHANGE_STATS | CHANGE_DETAIL))
		view->dirty = true;
}

void pane_view_set_object(struct view *view, const struct obj_ref *ref)
{
	struct pane_view *self = (struct pane_view *)view;

	if (!obj_ref_equal(&self->ref, ref))
		self->pane.top = 0;
	self->ref = *ref;
	content_touch(view);
}

struct host *pane_view_host(const struct pane_view *self)
{
	return store_host(self->view.app->store, self->ref.host);
}
