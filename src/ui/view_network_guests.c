/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network, Guests: who is plugged in, or would be when started, and with which address. Main thread. */
#include <string.h>

#include "look.h"
#include "network_address.h"
#include "nvirt/text.h"
#include "table_view.h"

enum column { COL_STATE, COL_NAME, COL_WORD, COL_MAC, COL_ADDRESS, COL_SOURCE, COL_TARGET, COL_N };

static const struct table_column columns[COL_N] = {
        [COL_STATE] = {.title = "S", .width = 3},
        [COL_NAME] = {.title = "Guest", .width = 12, .grow = 1},
        [COL_WORD] = {.title = "State", .width = 13, .drop = 3},
        [COL_MAC] = {.title = "MAC", .width = 17, .drop = 1},
        [COL_ADDRESS] = {.title = "Address", .width = 18, .grow = 1},
        [COL_SOURCE] = {.title = "Known by", .width = 8, .drop = 2},
        [COL_TARGET] = {.title = "Device", .width = 8, .drop = 4},
};

static struct network *network_of(const struct table_view *self)
{
	return store_network(self->view.app->store, &self->ref);
}

static void collect(struct table_view *self, GPtrArray *rows)
{
	const struct network *network = network_of(self);

	for (unsigned i = 0; network && network->row->guests && i < network->row->guests->len; i++)
		g_ptr_array_add(rows, network->row->guests->pdata[i]);
}

static struct obj_ref ref(const struct table_view *self, const void *row)
{
	struct obj_ref ref = {.kind = OBJ_GUEST, .host = self->ref.host};

	memcpy(ref.uuid, ((const struct network_guest *)row)->uuid, sizeof(ref.uuid));
	return ref;
}

static const char *part(const void *row)
{
	return ((const struct network_guest *)row)->mac;
}

static bool match(const void *row, const char *filter_fold)
{
	const struct network_guest *guest = row;
	g_autofree char *text = g_strjoin(" ", guest->name, guest->mac, guest->address, NULL);
	g_autofree char *fold = text_fold(text);

	return filter_match(fold, filter_fold);
}

static int compare(const void *a, const void *b, unsigned column)
{
	const struct network_guest *x = a, *y = b;

	switch ((enum column)column) {
	case COL_STATE:
	case COL_WORD:
		return TABLE_VIEW_ORDER(x->live, y->live);
	case COL_NAME:
		return text_compare(x->name, y->name);
	case COL_MAC:
		return strcmp(x->mac, y->mac);
	case COL_ADDRESS:
		return text_compare(x->address, y->address);
	case COL_SOURCE:
		return strcmp(x->address_source, y->address_source);
	case COL_TARGET:
		return text_compare(x->target, y->target);
	case COL_N:
		break;
	}
	return 0;
}

static void draw_state(const struct guest *guest, struct area cell, enum role role)
{
	struct look look = guest ? look_guest(guest) : (struct look){GLYPH_UNKNOWN, ROLE_UNKNOWN};

	if (guest && guest->marked)
		area_glyph(cell, 0, 0, ROLE_MARKED, GLYPH_MARK);
	area_glyph(cell, 0, 1, role == ROLE_STALE ? ROLE_STALE : look.role, look.glyph);
}

static void cell(struct table_view *self, const void *at, unsigned column, struct area area, enum role role)
{
	const struct network_guest *row = at;
	struct obj_ref guest_ref = ref(self, at);
	const struct guest *guest = store_guest(self->view.app->store, &guest_ref);
	struct network_address address = network_address(guest, row);

	switch ((enum column)column) {
	case COL_STATE:
		draw_state(guest, area, role);
		break;
	case COL_NAME:
		table_view_text(area, role, row->name);
		break;
	case COL_WORD:
		table_view_text(area, role, guest ? look_guest_word(guest) : "-");
		break;
	case COL_MAC:
		table_view_text(area, role, row->mac);
		break;
	case COL_ADDRESS:
		table_view_text(area, role, *address.words ? address.words : "-");
		break;
	case COL_SOURCE:
		table_view_text(area, role, *address.source ? address.source : "-");
		break;
	case COL_TARGET:
		table_view_text(area, role, *row->target ? row->target : "-");
		break;
	case COL_N:
		break;
	}
}

static enum role role_of(const void *row)
{
	return ((const struct network_guest *)row)->live ? ROLE_TEXT : ROLE_STOPPED;
}

static char *foot(struct table_view *self)
{
	const struct network *network = network_of(self);
	GString *text = g_string_new(NULL);
	unsigned live = 0;

	if (!network || !network->row->guests)
		return g_string_free(text, FALSE);
	for (unsigned i = 0; i < network->row->guests->len; i++)
		live += ((const struct network_guest *)network->row->guests->pdata[i])->live;
	g_string_append_printf(text, "%u NIC%s, %u plugged in", network->row->guests->len,
	        network->row->guests->len == 1 ? "" : "s", live);
	if (network->row->guests_known < network->row->guests_total)
		g_string_append_printf(text, ", known for %u of %u guests", network->row->guests_known,
		        network->row->guests_total);
	return g_string_free(text, FALSE);
}

static const char *empty(struct table_view *self)
{
	const struct network *network = network_of(self);
	const struct network_row *row = network ? network->row : NULL;

	return row && row->guests && row->guests_known >= row->guests_total
	               ? "No guest has a NIC on this network."
	               : "Guests are being read ...";
}

static const struct table_view_ops ops = {
        .columns = columns,
        .column_count = COL_N,
        .sort = COL_NAME,
        .collect = collect,
        .ref = ref,
        .part = part,
        .match = match,
        .compare = compare,
        .cell = cell,
        .role = role_of,
        .foot = foot,
        .empty = empty,
};

static struct view *create(struct app *app)
{
	return table_view_new(app, &network_guests_view, &ops);
}

const struct view_ops network_guests_view = {
        .name = "network-guests",
        .title = "Guests",
        .create = create,
        .cmds = table_view_cmds,
        TABLE_VIEW_OPS,
};
