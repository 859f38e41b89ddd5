/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Host, Devices: PCI, USB and mediated devices, who has them, and whether a guest can. Main thread. */
#include <string.h>

#include "content.h"
#include "device_page.h"
#include "look.h"
#include "nvirt/text.h"
#include "table_view.h"

enum column { COL_ADDRESS, COL_TITLE, COL_VERDICT, COL_DRIVER, COL_GROUP, COL_CARRIES, COL_USERS, COL_NODE, COL_N };

static const struct table_column columns[COL_N] = {
        [COL_ADDRESS] = {.title = "Address", .width = 9},
        [COL_TITLE] = {.title = "Device", .width = 15, .grow = 3},
        [COL_VERDICT] = {.title = "For guest", .width = 10},
        [COL_DRIVER] = {.title = "Driver", .width = 10, .grow = 1},
        [COL_GROUP] = {.title = "IOMMU", .width = 6, .drop = 3, .right = true},
        [COL_CARRIES] = {.title = "Carries", .width = 9, .grow = 1, .drop = 1},
        [COL_USERS] = {.title = "Used by", .width = 10, .grow = 2, .drop = 2},
        [COL_NODE] = {.title = "Node", .width = 5, .drop = 4, .right = true},
};

static void collect(struct table_view *self, GPtrArray *rows)
{
	const GPtrArray *devices = table_view_host(self)->devices;

	for (unsigned i = 0; devices && i < devices->len; i++)
		g_ptr_array_add(rows, devices->pdata[i]);
}

/* A device is no object of libvirt's that actions act on: they act on its host. */
static struct obj_ref ref(const struct table_view *self, const void *row)
{
	(void)row;
	return self->ref;
}

static const char *part(const void *row)
{
	return ((const struct device_row *)row)->address;
}

static bool match(const void *row, const char *filter_fold)
{
	g_autofree char *text = device_filter_text(row);

	return filter_match(text, filter_fold);
}

static int compare_words(char *a, char *b)
{
	int order = text_compare(a, b);

	g_free(a);
	g_free(b);
	return order;
}

static int compare(const void *a, const void *b, unsigned column)
{
	const struct device_row *x = a, *y = b;

	switch ((enum column)column) {
	case COL_ADDRESS: /* as the list came */
	case COL_N:
		break;
	case COL_TITLE:
		return compare_words(device_title(x), device_title(y));
	case COL_VERDICT:
		return TABLE_VIEW_ORDER(x->verdict, y->verdict);
	case COL_DRIVER:
		return text_compare(x->driver, y->driver);
	case COL_GROUP:
		return TABLE_VIEW_ORDER(x->iommu_group, y->iommu_group);
	case COL_CARRIES:
		return compare_words(device_list_words(x->carries), device_list_words(y->carries));
	case COL_USERS:
		return compare_words(device_user_words(x), device_user_words(y));
	case COL_NODE:
		return TABLE_VIEW_ORDER(x->numa, y->numa);
	}
	return 0;
}

/* Nearly all machines have one PCI domain: it would be in each row. */
static const char *short_address(const struct device_row *row)
{
	return g_str_has_prefix(row->address, "0000:") ? row->address + strlen("0000:") : row->address;
}

static void draw_address(const struct table_view *self, const struct device_row *row, struct area cell, enum role role)
{
	int x = row->depth && self->table.sort == COL_ADDRESS ? 1 : 0;

	area_text(cell, 0, x, cell.cols - x, role, short_address(row));
}

static enum role verdict_role(const struct device_row *row)
{
	switch (row->verdict) {
	case DEVICE_READY:
	case DEVICE_YES:
		return ROLE_OK;
	case DEVICE_CARE:
		return ROLE_WARN;
	case DEVICE_TAKEN:
	case DEVICE_NO:
	case DEVICE_VERDICT_N:
		break;
	}
	return ROLE_DIM;
}

static void draw_words(struct area cell, enum role role, char *words)
{
	table_view_text(cell, role, *words ? words : "-");
	g_free(words);
}

static void draw_number(struct area cell, enum role role, int number)
{
	table_view_number(cell, role, number >= 0 ? g_strdup_printf("%d", number) : g_strdup("-"));
}

static void cell(struct table_view *self, const void *at, unsigned column, struct area area, enum role role)
{
	const struct device_row *row = at;

	switch ((enum column)column) {
	case COL_ADDRESS:
		draw_address(self, row, area, role);
		break;
	case COL_TITLE:
		draw_words(area, role, device_title(row));
		break;
	case COL_VERDICT:
		table_view_text(area, role == ROLE_STALE ? role : verdict_role(row), device_verdict_word(row->verdict));
		break;
	case COL_DRIVER:
		table_view_text(area, role, *row->driver ? row->driver : "-");
		break;
	case COL_GROUP:
		draw_number(area, role, row->iommu_group);
		break;
	case COL_CARRIES:
		draw_words(area, role, device_list_words(row->carries));
		break;
	case COL_USERS:
		draw_words(area, role, device_user_words(row));
		break;
	case COL_NODE:
		draw_number(area, role, row->numa);
		break;
	case COL_N:
		break;
	}
}

static enum role role_of(const void *row)
{
	return ((const struct device_row *)row)->bridge ? ROLE_DIM : ROLE_TEXT;
}

/* Why, of the one under the cursor. */
static char *foot(struct table_view *self)
{
	const struct host *host = table_view_host(self);
	const struct device_row *row = self->rows->len > self->table.list.cursor
	                                       ? self->rows->pdata[self->table.list.cursor]
	                                       : NULL;
	GString *text = g_string_new(NULL);

	if (row)
		g_string_append_printf(
		        text, "%s: %s: %s", short_address(row), device_verdict_word(row->verdict), row->why);
	if (host->devices && host->device_users_known < host->device_users_total)
		g_string_append_printf(text, "%susers known for %u of %u guests", text->len ? "; " : "",
		        host->device_users_known, host->device_users_total);
	return g_string_free(text, FALSE);
}

static const char *empty(struct table_view *self)
{
	return table_view_host(self)->devices ? "libvirt lists no PCI or USB device of this host."
	                                      : "Devices are being read ...";
}

static void open_row(struct table_view *self, const void *row)
{
	device_page_show(self->view.app, self->ref.host, row);
}

static const struct table_view_ops ops = {
        .columns = columns,
        .column_count = COL_N,
        .sort = COL_ADDRESS,
        .collect = collect,
        .ref = ref,
        .part = part,
        .match = match,
        .compare = compare,
        .cell = cell,
        .role = role_of,
        .foot = foot,
        .empty = empty,
        .open = open_row,
};

static void cmd_copy(struct view *view, unsigned count)
{
	const struct device_row *row = table_view_at_cursor((struct table_view *)view);
	g_autofree char *xml = row ? device_hostdev_xml(row) : NULL;

	(void)count;
	if (xml)
		app_copy(view->app, "XML", xml);
	else
		app_notice(view->app, LEVEL_INFO, "%s", row ? row->why : "there is no device here");
}

static const struct view_cmd cmds[] = {
        TABLE_VIEW_CMDS,
        {"copy-hostdev", "Copy the XML that gives it to a guest", "Y", "copy XML", cmd_copy},
        {NULL, NULL, NULL, NULL, NULL},
};

static struct view *create(struct app *app)
{
	return table_view_new(app, &host_devices_view, &ops);
}

const struct view_ops host_devices_view = {
        .name = "host-devices",
        .title = "Devices",
        .create = create,
        .cmds = cmds,
        .destroy = table_view_destroy,
        .draw = table_view_draw,
        .key = table_view_key,
        .mouse = table_view_mouse,
        .update = table_view_update_facts,
        .selected = table_view_selected,
        .set_object = table_view_set_object,
        .set_filter = table_view_set_filter,
        .filter = table_view_filter,
};
