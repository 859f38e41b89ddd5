/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One snapshot: see snapshot_page.h. */
#include "snapshot_page.h"

#include "look.h"
#include "nvirt/text.h"
#include "picture_cells.h"
#include "pictures.h"
#include "nvirt/snapshot_rows.h"

enum { BESIDE_COLS = 100, PICTURE_ROWS_MIN = 5, FACTS_COLS = 60 };

struct snapshot_page {
	struct view view;
	struct obj_ref ref;
	struct pane pane;
	bool picture_only;
};

/* ---- facts ------------------------------------------------------------------- */

static void fill_times(struct pane *pane, const struct snapshot_row *row)
{
	gint64 now_us = look_wall_us(), then_us = snapshot_time_us(row);
	g_autofree char *age = look_span_us(MAX(now_us - then_us, 0));
	char time[64];
	text_format_time(time, sizeof(time), then_us, now_us);
	pane_pairf(pane, "Taken", ROLE_TEXT, "%s, %s ago", time, age);
}

static const char *kind_words(const struct snapshot_row *row)
{
	switch (row->kind) {
	case SNAPSHOT_INTERNAL:
		return row->memory ? "internal: disks and RAM inside the disk files" : "internal: inside the disk files";
	case SNAPSHOT_EXTERNAL:
		return row->memory ? "external: files of their own, disks and RAM" : "external: files of their own";
	case SNAPSHOT_MIXED:
		return "mixed: some disks internal, some external";
	}
	return "";
}

static void fill_disk(struct pane *pane, const struct snapshot_disk *disk)
{
	bool none = g_strcmp0(disk->mode, "no") == 0 || !disk->state || !*disk->state;
	if (none) {
		pane_pair(pane, disk->target, ROLE_DIM, "left out");
		return;
	}
	pane_pairf(pane, disk->target, ROLE_TEXT, "%s%s%s%s", disk->state, *disk->format ? " (" : "", disk->format,
	        *disk->format ? ")" : "");
	if (disk->overlay && *disk->overlay)
		pane_pairf(pane, "  written since", ROLE_DIM, "%s", disk->overlay);
}

static void fill(struct pane *pane, const struct snapshot *snapshot)
{
	const struct snapshot_row *row = snapshot->row;
	g_autofree char *size = look_bytes(row->size_bytes);
	pane_clear(pane);
	pane_section(pane, row->name, true);
	if (row->missing && *row->missing)
		pane_pairf(pane, "MISSING", ROLE_CRIT, "%s: it can not be gone back to", row->missing);
	if (row->description && *row->description)
		pane_text(pane, ROLE_TEXT, row->description);
	fill_times(pane, row);
	pane_pair(pane, "Kind", row->kind == SNAPSHOT_MIXED ? ROLE_WARN : ROLE_TEXT, kind_words(row));
	pane_pair(pane, "Guest then", ROLE_TEXT, guest_state_word(row->state));
	pane_pair(pane, "Held for it", ROLE_TEXT, size);
	if (row->current)
		pane_pair(pane, "Now", ROLE_TEXT, "goes on from this one");
	for (guint i = 0; i < row->disks->len; i++)
		fill_disk(pane, row->disks->pdata[i]);
	pane_pair_opt(pane, "RAM", row->memory_file);
	pane_pair_opt(pane, "UEFI variables", row->nvram_file);
}

/* ---- drawing ----------------------------------------------------------------- */

static void draw_picture(struct app *app, const struct snapshot_row *row, struct area area)
{
	const char *problem = NULL;
	const struct picture *picture;
	if (!row->screen_file || area.rows < PICTURE_ROWS_MIN || area.cols < 2 * PICTURE_ROWS_MIN)
		return;
	picture = pictures_get(app->pictures, row->screen_file, &problem);
	if (picture)
		picture_cells_draw(area, picture, !app->options->mono);
	else
		area_text(area, 0, 0, -1, ROLE_DIM, problem ? problem : "The screen of then is being read ...");
}

void snapshot_page_draw(struct pane *pane, struct app *app, const struct snapshot *snapshot, struct area area)
{
	const struct snapshot_row *row = snapshot->row;
	bool beside = row->screen_file && area.cols >= BESIDE_COLS;
	struct area facts = beside ? area_sub(area, 0, 0, area.rows, FACTS_COLS) : area;
	fill(pane, snapshot);
	pane_draw(pane, facts, false);
	if (beside) {
		draw_picture(app, row, area_sub(area, 0, FACTS_COLS + 2, area.rows, area.cols - FACTS_COLS - 2));
		return;
	}
	/* Facts that do not fit beside a picture of any use come first. */
	int used = (int)MIN(pane->lines, (unsigned)area.rows) + 1;
	draw_picture(app, row, area_sub(area, used, 0, area.rows - used, area.cols));
}

/* ---- the dialog -------------------------------------------------------------- */

static void destroy(struct view *view)
{
	struct snapshot_page *self = (struct snapshot_page *)view;
	pane_fini(&self->pane);
	g_free(self);
}

static void draw(struct view *view, struct area area, bool focused)
{
	struct snapshot_page *self = (struct snapshot_page *)view;
	const struct snapshot *snapshot = store_snapshot(view->app->store, &self->ref);
	(void)focused;
	view->dirty = false;
	area_clear(area, ROLE_DIALOG);
	g_autofree char *title = g_strdup_printf(" Snapshot %s ", snapshot ? snapshot->row->name : "");
	area_frame(area, ROLE_BORDER_FOCUS, ROLE_TITLE, title);
	struct area in = area_sub(area, 1, 2, area.rows - 3, area.cols - 4);
	if (!snapshot)
		area_text(in, 0, 0, -1, ROLE_DIM, "It is gone.");
	else if (self->picture_only)
		draw_picture(view->app, snapshot->row, in);
	else
		snapshot_page_draw(&self->pane, view->app, snapshot, in);
	area_textf(area, area.rows - 2, 2, area.cols - 4, ROLE_DIM, "%sEsc closes",
	        snapshot && snapshot->row->screen_file ? "Space shows the screen alone, " : "");
}

static bool key(struct view *view, keycode code, unsigned count)
{
	struct snapshot_page *self = (struct snapshot_page *)view;
	view->dirty = true;
	if (code == K_SPACE)
		self->picture_only = !self->picture_only;
	else if (!pane_key(&self->pane, code, count) &&
	         (code == K_ESC || code == K_ENTER || code == 'q' || code == (KEY_CTRL | 'c')))
		app_pop_modal(view->app);
	return true;
}

static void update(struct view *view, unsigned changes)
{
	(void)changes;
	view->dirty = true;
}

static const struct view_ops snapshot_page_view = {
        .name = "snapshot-page",
        .title = "Snapshot",
        .destroy = destroy,
        .draw = draw,
        .key = key,
        .update = update,
};

struct view *snapshot_page_new(struct app *app, const struct obj_ref *ref)
{
	struct snapshot_page *self = g_new0(struct snapshot_page, 1);
	self->view = (struct view){.ops = &snapshot_page_view, .app = app, .dirty = true};
	self->ref = *ref;
	pane_init(&self->pane);
	return &self->view;
}
