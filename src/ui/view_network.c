/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network, Summary: its state, its addresses, and who has which. Main thread. */
#include <string.h>

#include "look.h"
#include "network_address.h"
#include "pane.h"

static char *expiry(const struct network_lease *lease)
{
	gint64 left_us = lease->expires_unix_s * G_USEC_PER_SEC - look_wall_us();

	if (!lease->expires_unix_s)
		return g_strdup("never");
	return left_us > 0 ? look_span_us(left_us) : g_strdup("over");
}

static void add_lease(struct pane *pane, const struct network_lease *lease, bool reserved)
{
	char *cells[] = {g_strdup(*lease->address ? lease->address : "-"), g_strdup(*lease->mac ? lease->mac : "-"),
	        g_strdup(*lease->hostname ? lease->hostname : "-"), reserved ? g_strdup("reserved") : expiry(lease),
	        NULL};

	pane_row(pane, reserved ? ROLE_DIM : ROLE_TEXT, cells);
}

/* What is given out, and below it what the definition keeps for somebody. */
static void fill_leases(struct pane *pane, const struct network_row *row)
{
	static const struct table_column columns[] = {
	        {.title = "Address", .width = 18, .grow = 1},
	        {.title = "MAC", .width = 17},
	        {.title = "Host name", .width = 12, .grow = 1, .drop = 1},
	        {.title = "Expires in", .width = 10, .drop = 2},
	};
	unsigned leases = row->leases ? row->leases->len : 0, fixed = row->fixed ? row->fixed->len : 0;

	if (!row->active && !fixed)
		return;
	pane_section(pane, "DHCP leases", true);
	if (leases + fixed)
		pane_titles(pane, columns, G_N_ELEMENTS(columns));
	for (unsigned i = 0; i < leases; i++)
		add_lease(pane, row->leases->pdata[i], false);
	for (unsigned i = 0; i < fixed; i++)
		add_lease(pane, row->fixed->pdata[i], true);
	if (row->active && !row->leases)
		pane_text(pane, ROLE_DIM, "Leases are being read ...");
	else if (row->active && !leases)
		pane_text(pane, ROLE_DIM, "No leases.");
}

static char *address_words(const struct network_address *address)
{
	return *address->words ? g_strdup_printf("%s (%s)", address->words, address->source) : g_strdup("-");
}

static void add_guest(struct pane_view *self, const struct network_guest *row)
{
	struct obj_ref ref = {.kind = OBJ_GUEST, .host = self->ref.host};
	struct network_address address;

	memcpy(ref.uuid, row->uuid, sizeof(ref.uuid));
	address = network_address(store_guest(self->view.app->store, &ref), row);
	char *cells[] = {g_strdup(row->name), g_strdup(row->mac), address_words(&address),
	        g_strdup(row->live ? "plugged in" : "when started"), NULL};
	pane_row(&self->pane, row->live ? ROLE_TEXT : ROLE_STOPPED, cells);
}

static void fill_guests(struct pane_view *self, const struct network_row *row)
{
	static const struct table_column columns[] = {
	        {.title = "Guest", .width = 12, .grow = 1},
	        {.title = "MAC", .width = 17},
	        {.title = "Address", .width = 24, .grow = 1},
	        {.title = "Now", .width = 12, .drop = 1},
	};
	unsigned count = row->guests ? row->guests->len : 0;

	pane_section(&self->pane, "Guests", true);
	if (count)
		pane_titles(&self->pane, columns, G_N_ELEMENTS(columns));
	for (unsigned i = 0; i < count; i++)
		add_guest(self, row->guests->pdata[i]);
	if (!row->guests || row->guests_known < row->guests_total) {
		g_autofree char *known = g_strdup_printf("Known for %u of %u guests; being read ...",
		        row->guests_known, row->guests_total);

		pane_text(&self->pane, ROLE_DIM, row->guests ? known : "Guests are being read ...");
	} else if (!count) {
		pane_text(&self->pane, ROLE_DIM, "No guest has a NIC on this network.");
	}
}

static void fill(struct pane_view *self)
{
	const struct network *network = store_network(self->view.app->store, &self->ref);
	const struct host *host = pane_view_host(self);
	struct pane *pane = &self->pane;
	const struct network_row *row;
	char uuid[37];
	bool stale;

	if (!network || !host)
		return;
	row = network->row;
	stale = look_host_stale(self->view.app, host);
	uuid_format(row->uuid, uuid);
	pane_section(pane, "Network", false);
	pane_pair(pane, "Name", ROLE_BOLD, row->name);
	pane_pair(pane, "State", stale ? ROLE_STALE : look_network(network).role,
	        row->active ? "active" : "inactive");
	pane_pair(pane, "Autostart", ROLE_TEXT, look_yes_no(row->autostart));
	pane_pair(pane, "Persistent", ROLE_TEXT, look_yes_no(row->persistent));
	if (row->connections >= 0)
		pane_pairf(pane, "Plugged in", stale ? ROLE_STALE : ROLE_TEXT, "%d", row->connections);
	pane_pair(pane, "UUID", ROLE_TEXT, uuid);
	pane_section(pane, "Addresses", false);
	pane_pair_opt(pane, "Mode", row->forward);
	pane_pair_opt(pane, "Bridge", row->bridge);
	pane_pair_opt(pane, "Address", row->addresses);
	pane_pair_opt(pane, "DHCP range", row->dhcp);
	pane_pair_opt(pane, "Domain", row->domain);
	fill_leases(pane, row);
	fill_guests(self, row);
}

static struct view *create(struct app *app)
{
	return pane_view_new(app, &network_summary_view, sizeof(struct pane_view), fill);
}

const struct view_ops network_summary_view = {
        .name = "network-summary",
        .title = "Summary",
        .create = create,
        .destroy = pane_view_destroy,
        .draw = pane_view_draw,
        .key = pane_view_key,
        .mouse = pane_view_mouse,
        .update = pane_view_update,
        .set_object = pane_view_set_object,
};
