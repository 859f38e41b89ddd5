/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Network, Summary: its state, its addresses, and who has which. Main thread. */
#include "look.h"
#include "pane.h"

static void fill_leases(struct pane *pane, const struct network_row *row)
{
	pane_section(pane, "DHCP leases", true);
	if (!row->leases || !row->leases->len) {
		pane_text(pane, ROLE_DIM, row->leases ? "None." : "Leases are being read ...");
		return;
	}
	for (unsigned i = 0; i < row->leases->len; i++)
		pane_text(pane, ROLE_TEXT, g_ptr_array_index(row->leases, i));
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
	if (row->active)
		fill_leases(pane, row);
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
