/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Host, Summary: what the host is, how it is doing, and what lies on it; or,
 * while there is nothing of that, how to get there. Main thread.
 */
#include "host_page.h"
#include "look.h"
#include "nvirt/text.h"
#include "pane.h"
#include "welcome.h"

/* Sums over all guests, made anew only when a sample or a list came. */
struct totals {
	uint64_t generation;
	gint64 sample_us;
	unsigned host;
	unsigned states[GUEST_STATE_N];
	unsigned stuck, vcpus;
	uint64_t allocated_kib, rss_kib;
};

struct host_summary {
	struct pane_view base;
	struct totals totals;
};

static void count_guest(struct totals *totals, const struct guest *guest)
{
	if (guest->state < GUEST_STATE_N)
		totals->states[guest->state]++;
	totals->stuck += guest->stuck_us != 0;
	if (!guest_state_active(guest->state))
		return;
	totals->vcpus += guest->vcpus;
	totals->allocated_kib += guest->memory_kib;
	totals->rss_kib += guest->rss_kib;
}

static void sync_totals(struct host_summary *self, const struct host *host)
{
	struct totals *totals = &self->totals;
	uint64_t generation = store_generation(self->base.view.app->store);

	if (totals->generation == generation && totals->sample_us == host->sample_us &&
	        totals->host == host->id)
		return;
	*totals = (struct totals){.generation = generation, .sample_us = host->sample_us, .host = host->id};
	for (unsigned i = 0; i < host->guests->len; i++)
		count_guest(totals, g_ptr_array_index(host->guests, i));
}

static const char *kvm_word(const struct host_status *status)
{
	switch (status->kvm) {
	case KVM_USABLE:
		return "usable";
	case KVM_MISSING:
		return "no /dev/kvm: guests are emulated, slow";
	case KVM_NO_PERMISSION:
		return "no permission for /dev/kvm: guests are emulated, slow";
	case KVM_NOT_WORKING:
		return "/dev/kvm does not work: guests are emulated, slow";
	case KVM_UNKNOWN:
		break;
	}
	return NULL;
}

static void fill_host(struct pane *pane, const struct host *host)
{
	const struct host_status *status = host->status;
	g_autofree char *libvirt = look_version(status->libvirt_version);
	g_autofree char *hypervisor = look_version(status->hypervisor_version);
	g_autofree char *memory = look_kib(status->memory_kib ? (gint64)status->memory_kib : -1);
	const char *kvm = kvm_word(status);

	pane_section(pane, "Host", false);
	pane_pair(pane, "Name", ROLE_BOLD, host->name);
	pane_pairf(pane, "libvirt", ROLE_TEXT, "%s", libvirt);
	pane_pairf(pane, status->driver && *status->driver ? status->driver : "Hypervisor", ROLE_TEXT, "%s",
	        hypervisor);
	if (status->cpus)
		pane_pairf(pane, "CPUs", ROLE_TEXT, "%u %s", status->cpus,
		        status->cpu_model ? status->cpu_model : "");
	pane_pair(pane, "Memory", ROLE_TEXT, memory);
	if (kvm)
		pane_pair(pane, "KVM", status->kvm == KVM_USABLE ? ROLE_TEXT : ROLE_WARN, kvm);
}

/* Fast is fast: a figure that differs with every refresh tells nothing more, and is sent each time. */
static char *answer_time(gint64 ms)
{
	static const int bounds[] = {20, 50, 100};
	char span[32];

	for (unsigned i = 0; i < G_N_ELEMENTS(bounds); i++)
		if (ms < bounds[i])
			return g_strdup_printf("less than %d ms", bounds[i]);
	text_format_span_ms(span, sizeof(span), ms);
	return g_strdup(span);
}

static void fill_connection(struct pane *pane, const struct app *app, const struct host *host)
{
	const struct host_status *status = host->status;
	g_autofree char *link = look_host_link(app, host);
	enum role role = look_host_link_role(app, host);
	bool readonly = status->readonly || host->readonly_asked;

	pane_section(pane, "Connection", false);
	pane_pair(pane, "State", role == ROLE_HEADER_ALERT ? ROLE_ERROR : role, link);
	pane_pair_opt(pane, "URI", status->uri && *status->uri ? status->uri : host->asked_uri);
	if (g_strcmp0(status->driver, "TEST"))
		pane_pairf(pane, "Daemon", ROLE_TEXT, "%s, %s", status->session ? "session" : "system",
		        status->local ? "on this machine" : "remote");
	pane_pair_opt(pane, "User", status->user);
	pane_pair(
	        pane, "Access", readonly ? ROLE_WARN : ROLE_TEXT, readonly ? "READ-ONLY" : "read and write");
	if (status->error && status->link != HOST_UP)
		pane_pair(pane, "libvirt says", ROLE_ERROR, status->error);
	pane_pair_opt(pane, "Advice", status->advice);
	pane_pair_opt(pane, "Command", status->command);
	if (host->call_us) {
		g_autofree char *span = answer_time(host->call_us / 1000);

		pane_pair(pane, "Answers in", ROLE_TEXT, span);
	}
}

static void fill_amount(struct pane *pane, const char *label, int64_t total_kib, int64_t free_kib, bool stale)
{
	int64_t used_kib = total_kib - MIN(free_kib, total_kib);
	g_autofree char *used = look_kib(used_kib), *total = look_kib(total_kib);
	g_autofree char *text = g_strdup_printf("%s of %s", used, total);

	if (total_kib > 0 && free_kib >= 0)
		pane_bar(pane, label, (double)used_kib / (double)total_kib, stale, text);
}

static void fill_load(const struct host_page *page)
{
	struct pane *pane = page->pane;
	const struct app *app = page->app;
	const struct host *host = page->host;
	const struct node_sample *node = &host->node;
	bool stale = look_host_stale(app, host);
	g_autofree char *age = look_host_age(app, host);
	/* Whole ones, as the header has it. */
	g_autofree char *cpu = g_strdup_printf("%.0f%%", host->cpu_pct);

	pane_section(pane, "Load", false);
	if (!host->sample_us) {
		pane_text(pane, ROLE_DIM, "Waiting for the first figures ...");
		return;
	}
	if (host->cpu_pct >= 0)
		pane_bar(pane, "CPU", host->cpu_pct / 100, stale, cpu);
	if (node->load1 >= 0)
		pane_pairf(pane, "Load average", stale ? ROLE_STALE : ROLE_TEXT, "%.2f  %.2f  %.2f",
		        node->load1, node->load5, node->load15);
	host_page_memory(page, stale);
	fill_amount(pane, "Swap", node->swap_total_kib, node->swap_free_kib, stale);
	if (host->cpu_pct < 0 && node->load1 < 0 && node->memory_total_kib <= 0)
		pane_text(pane, ROLE_DIM, "This host tells none.");
	if (age)
		pane_pair(pane, "Age", ROLE_STALE, age);
	else
		host_page_age(page);
}

/* "3 running, 1 paused"; owned. */
static char *states_text(const struct totals *totals)
{
	static const enum guest_state order[] = {GUEST_RUNNING, GUEST_PAUSED, GUEST_SUSPENDED,
	        GUEST_SHUTTING_DOWN, GUEST_CRASHED, GUEST_UNKNOWN, GUEST_OFF};
	g_autoptr(GString) out = g_string_new(NULL);

	for (unsigned i = 0; i < G_N_ELEMENTS(order); i++) {
		unsigned count = totals->states[order[i]];

		if (order[i] == GUEST_RUNNING)
			count += totals->states[GUEST_BLOCKED];
		if (count)
			g_string_append_printf(
			        out, "%s%u %s", out->len ? ", " : "", count, guest_state_word(order[i]));
	}
	return g_strdup(out->len ? out->str : "none");
}

static void fill_guests(struct pane *pane, const struct host *host, const struct totals *totals, bool stale)
{
	g_autofree char *allocated = look_kib((gint64)totals->allocated_kib);
	g_autofree char *states = states_text(totals);
	enum role role = stale ? ROLE_STALE : ROLE_TEXT;

	pane_section(pane, "Guests", false);
	pane_pairf(pane, "Active", role, "%u of %u", host->running, host->guests->len);
	pane_pair(pane, "States", totals->states[GUEST_CRASHED] && !stale ? ROLE_WARN : role, states);
	if (totals->stuck)
		pane_pairf(pane, "Not answering", ROLE_ERROR, "%u", totals->stuck);
	if (totals->vcpus)
		pane_pairf(pane, "vCPUs", role, "%u on %u CPUs", totals->vcpus, host->status->cpus);
	if (totals->allocated_kib)
		pane_pairf(pane, "Memory", role, "%s given to active guests", allocated);
}

static void fill_pools(struct pane *pane, const struct host *host)
{
	static const struct table_column columns[] = {
	        {.title = "Pool", .width = 12, .grow = 1},
	        {.title = "State", .width = 12, .drop = 1},
	        {.title = "Type", .width = 8, .drop = 4},
	        {.title = "Used", .width = 6, .right = true},
	        {.title = "Free", .width = 9, .right = true},
	        {.title = "Capacity", .width = 9, .drop = 3, .right = true},
	        {.title = "Autostart", .width = 9, .drop = 5},
	};

	if (!host->pools->len)
		return;
	pane_section(pane, "Storage", true);
	pane_titles(pane, columns, G_N_ELEMENTS(columns));
	for (unsigned i = 0; i < host->pools->len; i++) {
		const struct pool_row *row = ((struct pool *)g_ptr_array_index(host->pools, i))->row;
		bool on = row->state != POOL_INACTIVE && row->capacity_bytes;
		double used = on ? 100.0 * (double)row->allocation_bytes / (double)row->capacity_bytes : -1;
		char *cells[] = {g_strdup(row->name), g_strdup(pool_state_word(row->state)),
		        g_strdup(row->type), look_pct(used),
		        look_bytes(on ? (gint64)row->available_bytes : -1),
		        look_bytes(on ? (gint64)row->capacity_bytes : -1),
		        g_strdup(look_yes_no(row->autostart)), NULL};

		pane_row(pane, row->state == POOL_INACTIVE ? ROLE_STOPPED : ROLE_TEXT, cells);
	}
}

static void fill_networks(struct pane *pane, const struct host *host)
{
	static const struct table_column columns[] = {
	        {.title = "Network", .width = 12, .grow = 1},
	        {.title = "State", .width = 12, .drop = 1},
	        {.title = "Mode", .width = 8, .drop = 3},
	        {.title = "Bridge", .width = 10, .drop = 4},
	        {.title = "Address", .width = 18},
	        {.title = "Autostart", .width = 9, .drop = 5},
	};

	if (!host->networks->len)
		return;
	pane_section(pane, "Networks", true);
	pane_titles(pane, columns, G_N_ELEMENTS(columns));
	for (unsigned i = 0; i < host->networks->len; i++) {
		const struct network_row *row = ((struct network *)g_ptr_array_index(host->networks, i))->row;
		char *cells[] = {g_strdup(row->name), g_strdup(row->active ? "active" : "inactive"),
		        g_strdup(row->forward), g_strdup(row->bridge), g_strdup(row->addresses),
		        g_strdup(look_yes_no(row->autostart)), NULL};

		pane_row(pane, row->active ? ROLE_TEXT : ROLE_STOPPED, cells);
	}
}

static void fill(struct pane_view *base)
{
	struct host_summary *self = (struct host_summary *)base;
	const struct app *app = base->view.app;
	const struct host *host = pane_view_host(base);
	struct pane *pane = &base->pane;
	struct host_page page;

	if (!host)
		return;
	if (welcome_applies(host)) {
		welcome_fill(pane, app, host);
		return;
	}
	sync_totals(self, host);
	welcome_fill_empty(pane, host);
	page = host_page_of(pane, app, host);
	fill_load(&page);
	fill_guests(pane, host, &self->totals, look_host_stale(app, host));
	host_page_cpus(&page);
	host_page_pressure(&page);
	host_page_ksm(&page);
	host_page_cells(&page);
	host_page_disks(&page);
	host_page_sensors(&page);
	fill_host(pane, host);
	fill_connection(pane, app, host);
	fill_pools(pane, host);
	fill_networks(pane, host);
}

static struct view *create(struct app *app)
{
	return pane_view_new(app, &host_summary_view, sizeof(struct host_summary), fill);
}

/* ---- keys ---- */

static void with_host(struct view *view, void (*call)(struct app *, const struct host *))
{
	const struct host *host = pane_view_host((struct pane_view *)view);

	if (host)
		call(view->app, host);
}

static void cmd_kvm(struct view *view, unsigned count)
{
	(void)count;
	with_host(view, welcome_fix_kvm);
}

static void cmd_group(struct view *view, unsigned count)
{
	(void)count;
	with_host(view, welcome_fix_group);
}

static void cmd_network(struct view *view, unsigned count)
{
	(void)count;
	with_host(view, welcome_fix_network);
}

static void cmd_pool(struct view *view, unsigned count)
{
	(void)count;
	with_host(view, welcome_fix_pool);
}

static void cmd_system(struct view *view, unsigned count)
{
	(void)count;
	with_host(view, welcome_to_system);
}

static const struct view_cmd cmds[] = {
        {"fix-kvm", "What to do about KVM", "K", NULL, cmd_kvm},
        {"fix-group", "What to do about the group libvirt", "L", NULL, cmd_group},
        {"fix-network", "Define or start the network \"default\"", "n", NULL, cmd_network},
        {"fix-pool", "Define or start the storage pool \"default\"", "p", NULL, cmd_pool},
        {"open-system", "Open the system daemon instead of the session", "o", NULL, cmd_system},
        {NULL, NULL, NULL, NULL, NULL},
};

const struct view_ops host_summary_view = {
        .name = "host-summary",
        .title = "Summary",
        .create = create,
        .destroy = pane_view_destroy,
        .draw = pane_view_draw,
        .cmds = cmds,
        .key = pane_view_key,
        .mouse = pane_view_mouse,
        .update = pane_view_update,
        .set_object = pane_view_set_object,
};
