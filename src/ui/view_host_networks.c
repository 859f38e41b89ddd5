/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Host, Networks: libvirt's networks as a table. Main thread. */
#include <string.h>

#include "look.h"
#include "nvirt/text.h"
#include "table_view.h"

enum column {
	COL_STATE,
	COL_NAME,
	COL_WORD,
	COL_FORWARD,
	COL_BRIDGE,
	COL_ADDRESSES,
	COL_DHCP,
	COL_GUESTS,
	COL_AUTOSTART,
	COL_N
};

static const struct table_column columns[COL_N] = {
        [COL_STATE] = {.title = "S", .width = 3},
        [COL_NAME] = {.title = "Network", .width = 11, .grow = 1},
        [COL_WORD] = {.title = "State", .width = 9, .drop = 5},
        [COL_FORWARD] = {.title = "Mode", .width = 9, .drop = 1},
        [COL_BRIDGE] = {.title = "Bridge", .width = 9, .drop = 3},
        [COL_ADDRESSES] = {.title = "Addresses", .width = 18, .grow = 1},
        [COL_DHCP] = {.title = "DHCP range", .width = 22, .grow = 1, .drop = 6},
        [COL_GUESTS] = {.title = "NICs", .width = 6, .drop = 2, .right = true, .descending = true},
        [COL_AUTOSTART] = {.title = "Auto", .width = 5, .drop = 4},
};

static void collect(struct table_view *self, GPtrArray *rows)
{
	const struct host *host = table_view_host(self);

	for (unsigned i = 0; i < host->networks->len; i++)
		g_ptr_array_add(rows, host->networks->pdata[i]);
}

static struct obj_ref ref(const struct table_view *self, const void *row)
{
	(void)self;
	return ((const struct network *)row)->ref;
}

static bool match(const void *row, const char *filter_fold)
{
	return filter_match(((const struct network *)row)->fold, filter_fold);
}

static int compare(const void *a, const void *b, unsigned column)
{
	const struct network *x = a, *y = b;
	const struct network_row *p = x->row, *q = y->row;

	switch ((enum column)column) {
	case COL_STATE:
	case COL_WORD:
		return TABLE_VIEW_ORDER(p->active, q->active);
	case COL_NAME:
		return text_compare(x->fold, y->fold);
	case COL_FORWARD:
		return strcmp(p->forward, q->forward);
	case COL_BRIDGE:
		return text_compare(p->bridge, q->bridge);
	case COL_ADDRESSES:
		return text_compare(p->addresses, q->addresses);
	case COL_DHCP:
		return text_compare(p->dhcp, q->dhcp);
	case COL_GUESTS:
		return TABLE_VIEW_ORDER(p->connections, q->connections);
	case COL_AUTOSTART:
		return TABLE_VIEW_ORDER(p->autostart, q->autostart);
	case COL_N:
		break;
	}
	return 0;
}

static void draw_state(const struct network *network, struct area cell, enum role role)
{
	struct look look = look_network(network);

	if (network->marked)
		area_glyph(cell, 0, 0, ROLE_MARKED, GLYPH_MARK);
	area_glyph(cell, 0, 1, role == ROLE_STALE ? ROLE_STALE : look.role, look.glyph);
}

static const char *or_dash(const char *text)
{
	return *text ? text : "-";
}

static void cell(struct table_view *self, const void *at, unsigned column, struct area area, enum role role)
{
	const struct network *network = at;
	const struct network_row *row = network->row;

	(void)self;
	switch ((enum column)column) {
	case COL_STATE:
		draw_state(network, area, role);
		break;
	case COL_NAME:
		table_view_text(area, network->marked ? ROLE_MARKED : role, row->name);
		break;
	case COL_WORD:
		table_view_text(area, role == ROLE_STALE ? role : look_network(network).role,
		        row->active ? "active" : "inactive");
		break;
	case COL_FORWARD:
		table_view_text(area, role, or_dash(row->forward));
		break;
	case COL_BRIDGE:
		table_view_text(area, role, or_dash(row->bridge));
		break;
	case COL_ADDRESSES:
		table_view_text(area, role, or_dash(row->addresses));
		break;
	case COL_DHCP:
		table_view_text(area, role, or_dash(row->dhcp));
		break;
	case COL_GUESTS:
		table_view_number(area, role,
		        row->active && row->connections >= 0 ? g_strdup_printf("%d", row->connections)
		                                             : g_strdup("-"));
		break;
	case COL_AUTOSTART:
		table_view_text(area, role, look_yes_no(row->autostart));
		break;
	case COL_N:
		break;
	}
}

static enum role role_of(const void *row)
{
	return ((const struct network *)row)->row->active ? ROLE_TEXT : ROLE_STOPPED;
}

static char *foot(struct table_view *self)
{
	const struct host *host = table_view_host(self);
	unsigned active = 0;

	for (unsigned i = 0; i < host->networks->len; i++)
		active += ((const struct network *)host->networks->pdata[i])->row->active;
	return g_strdup_printf("%u network%s, %u active", host->networks->len,
	        host->networks->len == 1 ? "" : "s", active);
}

static const char *empty(struct table_view *self)
{
	return table_view_host(self)->listed ? "No networks are known on this host."
	                                     : "Nothing was read from this host yet.";
}

static const struct table_view_ops ops = {
        .columns = columns,
        .column_count = COL_N,
        .sort = COL_NAME,
        .collect = collect,
        .ref = ref,
        .match = match,
        .compare = compare,
        .cell = cell,
        .role = role_of,
        .foot = foot,
        .empty = empty,
        .legend = "NICs: plugged in now",
};

static struct view *create(struct app *app)
{
	return table_view_new(app, &host_networks_view, &ops);
}

const struct view_ops host_networks_view = {
        .name = "host-networks",
        .title = "Networks",
        .create = create,
        .cmds = table_view_cmds,
        TABLE_VIEW_OPS,
};
