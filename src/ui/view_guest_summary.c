/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest, Summary: how it is doing and what it is made of. What is older than it
 * should be is drawn as stale, with its age; what is not known is "-". Main
 * thread.
 */
#include "look.h"
#include "nvirt/text.h"
#include "pane.h"

struct guest_page {
	struct pane *pane;
	const struct app *app;
	const struct host *host;
	const struct guest *guest;
	const struct guest_detail *detail; /* may be NULL */
	bool stale;                        /* the row's figures */
	bool detail_stale;                 /* the detail's */
};

static enum role fresh(bool stale)
{
	return stale ? ROLE_STALE : ROLE_TEXT;
}

/* The detail comes on a slower clock than the row. */
static bool detail_is_stale(const struct guest_page *page)
{
	gint64 limit_us = (gint64)MAX(page->app->refresh_ms, 1000) * 5 * 1000;

	return page->detail && guest_state_active(page->guest->state) &&
	       (page->stale || app_now_us(page->app) - page->detail->taken_us > limit_us);
}

/* ---- status ---- */

static void fill_problem(struct guest_page *page)
{
	g_autofree char *problem = look_guest_problem(page->app, page->guest);
	const struct guest_detail *detail = page->detail;

	if (!problem && !(detail && (detail->disk_errors || detail->job)))
		return;
	pane_section(page->pane, NULL, true);
	if (problem)
		pane_mark(page->pane, ROLE_ERROR, "!", problem);
	if (detail && detail->disk_errors && *detail->disk_errors) {
		g_autofree char *text = g_strdup_printf("Disk errors: %s", detail->disk_errors);

		pane_mark(page->pane, ROLE_ERROR, "!", text);
	}
	if (detail && detail->job && *detail->job)
		pane_pair(page->pane, "Job", ROLE_TASK_RUNNING, detail->job);
}

static void fill_uptime(struct guest_page *page)
{
	const struct guest *guest = page->guest;
	g_autofree char *span = NULL;

	if (page->detail && page->detail->started_unix_us && guest_state_active(guest->state)) {
		span = look_span_us(look_wall_us() - page->detail->started_unix_us);
		pane_pair(page->pane, "Uptime", ROLE_TEXT, span);
	} else if (guest->state_us) {
		span = look_span_us(app_now_us(page->app) - guest->state_us);
		pane_pairf(page->pane, "For", ROLE_TEXT, "%s", span);
	}
}

static void fill_sign(struct guest_page *page)
{
	const struct guest *guest = page->guest;
	g_autofree char *words = look_guest_sign(page->app, guest);

	if (guest->sign)
		pane_pair(page->pane, "Screen",
		        look_guest_sign_old(page->app, guest)  ? ROLE_DIM
		        : screen_sign_trouble(guest->sign) ? ROLE_CRIT
		                                           : ROLE_TEXT,
		        words);
}

static void fill_cpu(struct guest_page *page)
{
	const struct guest *guest = page->guest;
	unsigned vcpus = guest->vcpus ? guest->vcpus : page->detail ? page->detail->vcpus : 0;
	g_autofree char *pct = look_pct(guest->cpu_pct);
	g_autofree char *text = vcpus ? g_strdup_printf("%s of %u vCPU%s", pct, vcpus, vcpus == 1 ? "" : "s")
	                              : g_strdup_printf("%s of one host CPU", pct);

	if (!guest_state_active(guest->state))
		return;
	pane_bar(page->pane, "CPU", guest->cpu_pct < 0 ? -1 : guest->cpu_pct / (100.0 * MAX(vcpus, 1)),
	        page->stale, text);
}

static void fill_detail_age(struct guest_page *page)
{
	g_autofree char *row = look_span_us(app_now_us(page->app) - page->guest->taken_us);
	g_autofree char *age = NULL;

	if (page->stale && page->guest->taken_us)
		pane_pairf(page->pane, "Figures", ROLE_STALE, "%s old", row);
	if (!page->detail_stale)
		return;
	age = look_span_us(app_now_us(page->app) - page->detail->taken_us);
	pane_pairf(page->pane, "Details", ROLE_STALE, "%s old", age);
}

static void fill_status(struct guest_page *page)
{
	const struct guest *guest = page->guest;
	g_autofree char *state = look_guest_state(guest);
	struct look look = look_guest(guest);

	pane_section(page->pane, "Status", false);
	pane_pair(page->pane, "State", page->stale && !guest->stuck_us ? ROLE_STALE : look.role, state);
	fill_uptime(page);
	fill_sign(page);
	fill_cpu(page);
	fill_detail_age(page);
	if (guest->flags & GUEST_PROC_STOPPED)
		pane_pair(page->pane, "Process", ROLE_ERROR, "QEMU's process is stopped (state T)");
}

/* ---- memory ---- */

static void memory_line(struct guest_page *page, const char *label, int64_t kib, const char *source)
{
	g_autofree char *text = look_kib(kib);

	if (kib >= 0)
		pane_pairf(page->pane, label, fresh(page->detail_stale), "%s  %s", text, source);
}

/* Used inside the guest, by what its balloon driver tells. */
static void fill_guest_view(struct guest_page *page)
{
	const struct guest_detail *detail = page->detail;
	int64_t free_kib = detail->usable_kib >= 0 ? detail->usable_kib : detail->unused_kib;
	int64_t total_kib = detail->available_kib;
	g_autofree char *used = NULL, *total = NULL, *text = NULL;

	if (total_kib <= 0 || free_kib < 0) {
		if (guest_state_active(page->guest->state))
			pane_pair(page->pane, "In the guest", ROLE_DIM,
			        "not known (its balloon driver tells nothing)");
		return;
	}
	free_kib = MIN(free_kib, total_kib);
	used = look_kib(total_kib - free_kib);
	total = look_kib(total_kib);
	text = g_strdup_printf("%s of %s  (balloon driver)", used, total);
	pane_bar(page->pane, "In the guest", (double)(total_kib - free_kib) / (double)total_kib,
	        page->detail_stale, text);
}

/* What the guest itself has moved to and from its swap since it booted. */
static void fill_guest_swap(struct guest_page *page)
{
	const struct guest_detail *detail = page->detail;
	g_autofree char *in = look_kib(detail->swap_in_kib), *out = look_kib(detail->swap_out_kib);

	if (detail->swap_in_kib >= 0 && detail->swap_out_kib >= 0)
		pane_pairf(page->pane, "Guest swap", fresh(page->detail_stale), "%s in, %s out  (balloon driver)", in,
		        out);
}

/* What the guest costs: the whole QEMU process, its own memory included. */
static void fill_host_view(struct guest_page *page, int64_t rss_kib)
{
	const struct guest_detail *detail = page->detail;
	bool row = page->guest->rss_kib > 0;
	g_autofree char *rss = look_kib(rss_kib);
	g_autofree char *swapped = look_kib(detail ? detail->host_swap_kib : -1);

	if (rss_kib > 0)
		pane_pairf(page->pane, "On the host", row ? fresh(page->stale) : fresh(page->detail_stale),
		        "%s  resident  (%s)", rss, row ? "/proc of QEMU" : "libvirt, RSS of QEMU");
	/* Swapped out by the host: then every access is slow, and the guest can not see why. */
	if (detail && detail->host_swap_kib >= 0 && guest_state_active(page->guest->state))
		pane_pairf(page->pane, "Host swap", detail->host_swap_kib > 0 ? ROLE_WARN : fresh(page->detail_stale),
		        "%s of it swapped out  (/proc of QEMU)", swapped);
}

/* What can change its memory while it runs, and tells how it is used. */
static void fill_balloon(struct guest_page *page)
{
	const struct guest_detail *detail = page->detail;

	if (!detail->balloon || !*detail->balloon)
		pane_pair(page->pane, "Balloon", ROLE_DIM, "none: its memory cannot be changed while it runs");
	else if (detail->balloon_period_s > 0)
		pane_pairf(page->pane, "Balloon", ROLE_TEXT, "%s, asked for figures every %d s", detail->balloon,
		        detail->balloon_period_s);
	else
		pane_pairf(page->pane, "Balloon", ROLE_TEXT, "%s, not asked for figures", detail->balloon);
}

static void fill_memory(struct guest_page *page)
{
	const struct guest *guest = page->guest;
	const struct guest_detail *detail = page->detail;
	int64_t given_kib = guest->memory_kib ? (int64_t)guest->memory_kib
	                    : detail          ? (int64_t)detail->memory_kib
	                                      : -1;
	int64_t rss_kib = guest->rss_kib ? (int64_t)guest->rss_kib : detail ? detail->rss_kib : -1;
	g_autofree char *given = look_kib(given_kib > 0 ? given_kib : -1);
	g_autofree char *max =
	        look_kib(detail && detail->memory_max_kib ? (int64_t)detail->memory_max_kib : -1);

	pane_section(page->pane, "Memory", false);
	if (detail && detail->memory_max_kib && (int64_t)detail->memory_max_kib != given_kib)
		pane_pairf(page->pane, "Given", fresh(page->stale), "%s, at most %s", given, max);
	else
		pane_pair(page->pane, "Given", fresh(page->stale), given);
	fill_host_view(page, rss_kib);
	if (!detail)
		return;
	fill_guest_view(page);
	memory_line(page, "Unused", detail->unused_kib, "free, without caches  (balloon driver)");
	fill_guest_swap(page);
	fill_balloon(page);
	memory_line(page, "Given by it", detail->balloon_kib != given_kib ? detail->balloon_kib : -1, "given now  (QEMU)");
}

/* ---- what it is made of ---- */

static void fill_machine(struct guest_page *page)
{
	const struct guest_detail *detail = page->detail;
	bool tcg = page->guest->tcg;

	pane_section(page->pane, "Machine", false);
	if (detail->vcpus_max > detail->vcpus)
		pane_pairf(
		        page->pane, "vCPUs", ROLE_TEXT, "%u, at most %u", detail->vcpus, detail->vcpus_max);
	else
		pane_pairf(page->pane, "vCPUs", ROLE_TEXT, "%u", detail->vcpus);
	pane_pair_opt(page->pane, "CPU", detail->cpu_mode);
	/* A guest without KVM runs, but ten times slower: that must not go unseen. */
	if (tcg)
		pane_pair(page->pane, "Accelerator", ROLE_WARN, "TCG: emulated, slow");
	else
		pane_pair_opt(page->pane, "Accelerator", detail->accelerator);
	pane_pair_opt(page->pane, "Machine", detail->machine);
	pane_pair_opt(page->pane, "Architecture", detail->arch);
	pane_pair_opt(page->pane, "Firmware", detail->firmware);
	pane_pair_opt(page->pane, "NVRAM", detail->nvram);
	pane_pair_opt(page->pane, "Boot", detail->boot);
	pane_pair_opt(page->pane, "Graphics", detail->graphics);
	if (detail->agent_channel)
		pane_pair(page->pane, "Guest agent", ROLE_TEXT,
		        detail->agent_connected ? "connected" : "not connected");
	else
		pane_pair(page->pane, "Guest agent", ROLE_DIM, "no channel");
}

static void fill_identity(struct guest_page *page)
{
	const struct guest *guest = page->guest;
	const struct guest_detail *detail = page->detail;
	char uuid[37];

	uuid_format(guest->ref.uuid, uuid);
	pane_section(page->pane, "Guest", false);
	pane_pair(page->pane, "Name", ROLE_BOLD, guest->name);
	if (detail) {
		pane_pair_opt(page->pane, "Title", detail->title);
		pane_pair_opt(page->pane, "Tags", detail->tags);
	}
	pane_pair(page->pane, "UUID", ROLE_TEXT, uuid);
	if (guest->id >= 0)
		pane_pairf(page->pane, "ID", ROLE_TEXT, detail && detail->pid ? "%d, process %d" : "%d",
		        guest->id, detail ? detail->pid : 0);
	pane_pair(page->pane, "Autostart", ROLE_TEXT, look_yes_no(guest->flags & GUEST_AUTOSTART));
	if (!(guest->flags & GUEST_PERSISTENT))
		pane_pair(page->pane, "Persistent", ROLE_WARN, "no: it is gone when it stops");
	if (guest->flags & GUEST_MANAGED_SAVE)
		pane_pair(page->pane, "Managed save", ROLE_TEXT, "yes: the next start restores it");
	pane_pair(page->pane, "Snapshots", ROLE_TEXT, look_yes_no(guest->flags & GUEST_SNAPSHOTS));
	if (detail && detail->description && *detail->description) {
		pane_section(page->pane, "Description", false);
		pane_text(page->pane, ROLE_TEXT, detail->description);
	}
}

/* ---- disks and NICs ---- */

/* The store's elements are several doubles each; `index` counts doubles. */
static double rate_at(const GArray *rates, unsigned index)
{
	if (!rates || index >= rates->len * g_array_get_element_size((GArray *)rates) / sizeof(double))
		return -1;
	return ((const double *)(const void *)rates->data)[index];
}

static char *disk_kind(const struct guest_disk *disk)
{
	const char *device = disk->device && g_strcmp0(disk->device, "disk") ? disk->device : "";

	return g_strconcat(disk->format && *disk->format ? disk->format : "-", *device ? " " : "", device,
	        disk->readonly ? " ro" : "", disk->shareable ? " shared" : "", NULL);
}

/* Of a guest that is off: what its volume tells, where its pool was looked at. Owned, NULL = not known. */
static char *chain_of_volume(const struct host *host, const char *path)
{
	for (unsigned i = 0; host && i < host->pools->len; i++) {
		const GPtrArray *volumes = ((const struct pool *)host->pools->pdata[i])->volumes;

		for (unsigned j = 0; volumes && j < volumes->len; j++) {
			const struct volume_row *row = ((const struct volume *)volumes->pdata[j])->row;
			GString *text;

			if (!row->chain || !row->chain->len || g_strcmp0(row->path, path))
				continue;
			text = g_string_new(NULL);
			for (unsigned k = 0; k < row->chain->len; k++)
				g_string_append_printf(text, "%s%s", k ? " < " : "",
				        ((const struct volume_layer *)row->chain->pdata[k])->path);
			return g_string_free(text, FALSE);
		}
	}
	return NULL;
}

static void fill_chains(struct guest_page *page)
{
	for (unsigned i = 0; i < page->detail->disks->len; i++) {
		const struct guest_disk *disk = page->detail->disks->pdata[i];
		g_autofree char *chain = disk->chain && *disk->chain ? g_strdup(disk->chain)
		                         : disk->source              ? chain_of_volume(page->host, disk->source)
		                                                     : NULL;
		g_autofree char *text = chain ? g_strdup_printf("%s stands on %s", disk->target, chain) : NULL;

		if (text)
			pane_text(page->pane, ROLE_TEXT, text);
	}
}

static void fill_disks(struct guest_page *page)
{
	static const struct table_column columns[] = {
	        {.title = "Disk", .width = 5},
	        {.title = "Bus", .width = 6, .drop = 6},
	        {.title = "Format", .width = 12, .drop = 3},
	        {.title = "Source", .width = 14, .grow = 1, .tail = true},
	        {.title = "Size", .width = 9, .right = true},
	        {.title = "On disk", .width = 9, .drop = 5, .right = true},
	        {.title = "Read", .width = 11, .drop = 2, .right = true},
	        {.title = "Write", .width = 11, .drop = 2, .right = true},
	};
	const GPtrArray *disks = page->detail->disks;

	pane_section(page->pane, "Disks", true);
	if (!disks->len) {
		pane_text(page->pane, ROLE_DIM, "No disks.");
		return;
	}
	pane_titles(page->pane, columns, G_N_ELEMENTS(columns));
	for (unsigned i = 0; i < disks->len; i++) {
		const struct guest_disk *disk = g_ptr_array_index(disks, i);
		char *cells[] = {g_strdup(disk->target), g_strdup(disk->bus), disk_kind(disk),
		        g_strdup(disk->source && *disk->source ? disk->source : "(empty)"),
		        look_bytes(disk->capacity_bytes), look_bytes(disk->allocation_bytes),
		        look_rate(rate_at(page->guest->disk_rates, i * 4)),
		        look_rate(rate_at(page->guest->disk_rates, i * 4 + 1)), NULL};

		pane_row(page->pane, fresh(page->detail_stale), cells);
	}
	fill_chains(page);
}

static char *nic_addresses(const struct guest_nic *nic)
{
	g_autoptr(GString) out = g_string_new(NULL);

	for (unsigned i = 0; i < nic->addresses->len; i++)
		g_string_append_printf(
		        out, "%s%s", i ? ", " : "", (char *)g_ptr_array_index(nic->addresses, i));
	if (out->len && nic->address_source && *nic->address_source)
		g_string_append_printf(out, " (%s)", nic->address_source);
	if (!out->len)
		g_string_append(out, nic->link_down ? "link is down" : "-");
	return g_strdup(out->str);
}

static void fill_nics(struct guest_page *page)
{
	static const struct table_column columns[] = {
	        {.title = "NIC", .width = 17},
	        {.title = "Model", .width = 8, .drop = 4},
	        {.title = "Connected to", .width = 16, .drop = 1},
	        {.title = "Address", .width = 24, .grow = 1},
	        {.title = "Received", .width = 11, .drop = 3, .right = true},
	        {.title = "Sent", .width = 11, .drop = 3, .right = true},
	};
	const GPtrArray *nics = page->detail->nics;

	pane_section(page->pane, "Network", true);
	if (!nics->len) {
		pane_text(page->pane, ROLE_DIM, "No network interfaces.");
		return;
	}
	pane_titles(page->pane, columns, G_N_ELEMENTS(columns));
	for (unsigned i = 0; i < nics->len; i++) {
		const struct guest_nic *nic = g_ptr_array_index(nics, i);
		char *cells[] = {g_strdup(nic->mac), g_strdup(nic->model),
		        g_strjoin(" ", nic->type ? nic->type : "", nic->source ? nic->source : "", NULL),
		        nic_addresses(nic), look_rate(rate_at(page->guest->nic_rates, i * 2)),
		        look_rate(rate_at(page->guest->nic_rates, i * 2 + 1)), NULL};

		pane_row(page->pane, fresh(page->detail_stale), cells);
	}
}

static void fill(struct pane_view *self)
{
	struct guest_page page = {.pane = &self->pane, .app = self->view.app, .host = pane_view_host(self)};

	page.guest = store_guest(page.app->store, &self->ref);
	if (!page.guest || !page.host)
		return;
	page.detail = page.guest->detail;
	page.stale = look_host_stale(page.app, page.host) || page.guest->stuck_us;
	page.detail_stale = detail_is_stale(&page);
	fill_problem(&page);
	fill_status(&page);
	fill_memory(&page);
	if (page.detail) {
		fill_disks(&page);
		fill_nics(&page);
		fill_machine(&page);
	}
	fill_identity(&page);
	if (!page.detail) {
		pane_section(&self->pane, NULL, true);
		pane_text(&self->pane, ROLE_DIM, "Details are being read ...");
	}
}

static struct view *create(struct app *app)
{
	return pane_view_new(app, &guest_summary_view, sizeof(struct pane_view), fill);
}

const struct view_ops guest_summary_view = {
        .name = "guest-summary",
        .title = "Summary",
        .create = create,
        .destroy = pane_view_destroy,
        .draw = pane_view_draw,
        .key = pane_view_key,
        .mouse = pane_view_mouse,
        .update = pane_view_update,
        .set_object = pane_view_set_object,
};
