/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The host itself, in its Summary: see host_page.h. */
#include "host_page.h"

#include <string.h>

#include "look.h"
#include "nvirt/text.h"

#define CANNOT_TELL "cannot tell from here"

/* Looks come every two seconds here, every five from elsewhere. */
#define OLD_US (15 * G_USEC_PER_SEC)
#define SENSORS_SHOWN 12

struct host_page host_page_of(struct pane *pane, const struct app *app, const struct host *host)
{
	struct host_page page = {.pane = pane, .app = app, .host = host};

	page.stale = look_host_stale(app, host) ||
	        (host->node_detail && app_now_us(app) - host->node_detail->taken_us > OLD_US);
	return page;
}

static enum role role_of(const struct host_page *page)
{
	return page->stale ? ROLE_STALE : ROLE_TEXT;
}

void host_page_age(const struct host_page *page)
{
	g_autofree char *span = NULL;

	if (!page->host->node_detail || !page->stale)
		return;
	span = look_span_us(app_now_us(page->app) - page->host->node_detail->taken_us);
	pane_pairf(page->pane, "Details", ROLE_STALE, "%s old", span);
}

/* ---- memory ---- */

/* What is saved by keeping equal pages once; -1 = not known. */
static int64_t ksm_saved_kib(const struct node_detail *detail)
{
	const struct node_ksm *ksm = detail ? &detail->ksm : NULL;

	return ksm && ksm->sharing_pages >= 0 && ksm->page_bytes > 0
	               ? (int64_t)((double)ksm->sharing_pages * (double)ksm->page_bytes / 1024)
	               : -1;
}

static void add_legend(const struct host_page *page, GString *text, enum glyph glyph, int64_t kib, const char *words)
{
	g_autofree char *amount = look_kib(kib);
	char sign[8] = "";

	if (kib <= 0)
		return;
	sign[g_unichar_to_utf8(glyph_char(glyph, page->app->canvas.ascii), sign)] = '\0';
	g_string_append_printf(text, "%s%s %s %s", text->len ? ", " : "", sign, amount, words);
}

static void fill_legend(const struct host_page *page, int64_t huge_kib, int64_t cache_kib)
{
	int64_t saved_kib = ksm_saved_kib(page->host->node_detail);
	g_autofree char *saved = look_kib(saved_kib);
	g_autoptr(GString) text = g_string_new(NULL);

	add_legend(page, text, GLYPH_BAR_DENSE, huge_kib, "huge pages");
	add_legend(page, text, GLYPH_BAR_LIGHT, cache_kib, "cache");
	if (saved_kib > 0)
		g_string_append_printf(text, "%sKSM saves %s", text->len ? ", " : "", saved);
	if (text->len)
		pane_pair(page->pane, "", role_of(page), text->str);
}

void host_page_memory(const struct host_page *page, bool stale)
{
	const struct node_sample *node = &page->host->node;
	const struct node_detail *detail = page->host->node_detail;
	int64_t total_kib = node->memory_total_kib, free_kib = MIN(node->memory_free_kib, total_kib);
	int64_t used_kib = total_kib - free_kib;
	int64_t huge_kib = detail ? CLAMP(detail->memory.huge_kib, 0, used_kib) : 0;
	int64_t cache_kib = detail ? CLAMP(detail->memory.cache_kib, 0, free_kib) : 0;
	g_autofree char *used = look_kib(used_kib), *total = look_kib(total_kib);
	g_autofree char *text = g_strdup_printf("%s of %s", used, total);
	double whole = (double)total_kib;

	if (total_kib <= 0 || node->memory_free_kib < 0)
		return;
	const struct pane_part parts[] = {
	        {(double)(used_kib - huge_kib) / whole, GLYPH_BAR_FULL, look_bar((double)used_kib / whole)},
	        {(double)huge_kib / whole, GLYPH_BAR_DENSE, ROLE_BAR_USED},
	        {(double)cache_kib / whole, GLYPH_BAR_LIGHT, ROLE_BAR_FREE},
	};
	pane_parts(page->pane, "Memory", parts, G_N_ELEMENTS(parts), stale, text);
	if (detail)
		fill_legend(page, huge_kib, cache_kib);
}

/* ---- CPUs ---- */

void host_page_cpus(const struct host_page *page)
{
	const GArray *cpus = page->host->node_rates.cpus;
	g_autofree char *title = NULL;

	if (!page->host->node_detail || !cpus->len)
		return;
	title = g_strdup_printf("CPUs (%u)", cpus->len);
	pane_section(page->pane, title, true);
	pane_meters(page->pane, (const double *)(const void *)cpus->data, cpus->len, page->stale);
}

/* ---- pressure ---- */

static void add_stall(const struct host_page *page, const char *name, const struct node_stall *stall)
{
	char *cells[2 + 2 * NODE_STALL_SPANS] = {g_strdup(name)};
	unsigned n = 1;

	for (unsigned i = 0; i < NODE_STALL_SPANS; i++)
		cells[n++] = look_pct(stall->some[i]);
	for (unsigned i = 0; i < NODE_STALL_SPANS; i++)
		cells[n++] = look_pct(stall->full[i]);
	pane_row(page->pane, page->stale ? ROLE_STALE : stall->some[0] >= 50 ? ROLE_WARN : ROLE_TEXT, cells);
}

static bool any_stall(const struct node_detail *detail)
{
	for (unsigned i = 0; i < NODE_STALL_N; i++)
		if (detail->stalls[i].some[0] >= 0)
			return true;
	return false;
}

void host_page_pressure(const struct host_page *page)
{
	static const struct table_column columns[] = {
	        {.title = "Some wait", .width = 9},
	        {.title = "10 s", .width = 6, .right = true},
	        {.title = "1 m", .width = 6, .right = true},
	        {.title = "5 m", .width = 6, .right = true},
	        {.title = "All 10s", .width = 7, .drop = 1, .right = true},
	        {.title = "1 m", .width = 6, .drop = 2, .right = true},
	        {.title = "5 m", .width = 6, .drop = 3, .right = true},
	};
	static const char *const names[NODE_STALL_N] = {
	        [NODE_STALL_CPU] = "CPU", [NODE_STALL_MEMORY] = "Memory", [NODE_STALL_IO] = "Disks"};
	const struct node_detail *detail = page->host->node_detail;

	if (!detail)
		return;
	pane_section(page->pane, "Pressure", false);
	if (!detail->machine) {
		pane_text(page->pane, ROLE_DIM,
		        "Pressure, disks and temperatures: " CANNOT_TELL
		        ". libvirt does not tell them, and the files of another machine are not read.");
		return;
	}
	if (!any_stall(detail)) {
		pane_text(page->pane, ROLE_DIM, "The kernel tells none: it was built or booted without PSI (psi=1).");
		return;
	}
	pane_titles(page->pane, columns, G_N_ELEMENTS(columns));
	for (unsigned i = 0; i < NODE_STALL_N; i++)
		add_stall(page, names[i], &detail->stalls[i]);
}

/* ---- KSM ---- */

static const char *ksm_state(const struct node_ksm *ksm)
{
	switch (ksm->run) {
	case 0:
		return ksm->sharing_pages > 0 ? "off; what was merged stays merged" : "off";
	case 1:
		return "on";
	case 2:
		return "off, and what was merged is taken apart";
	default:
		return CANNOT_TELL " whether it is on";
	}
}

static void fill_ksm_saved(const struct host_page *page, const struct node_ksm *ksm)
{
	g_autofree char *saved = look_kib(ksm_saved_kib(page->host->node_detail));
	g_autofree char *kept = look_bytes(ksm->shared_pages < 0 ? -1 : ksm->shared_pages * ksm->page_bytes);
	bool told = ksm->profit_bytes != G_MININT64, costs = ksm->profit_bytes < 0;
	g_autofree char *net = look_bytes(!told ? -1 : costs ? -ksm->profit_bytes : ksm->profit_bytes);

	if (ksm->sharing_pages < 0 || ksm->page_bytes <= 0)
		return;
	if (!ksm->sharing_pages) {
		pane_pair(page->pane, "Saves", role_of(page), "nothing so far");
		return;
	}
	pane_pairf(page->pane, "Saves", role_of(page), "%s: %" G_GINT64_FORMAT " pages are kept once, in %s", saved,
	        ksm->sharing_pages, kept);
	if (ksm->profit_bytes != G_MININT64 && ksm->profit_bytes != 0)
		pane_pairf(page->pane, "With its tables", costs ? ROLE_WARN : role_of(page), "%s %s", net,
		        costs ? "lost" : "gained");
}

void host_page_ksm(const struct host_page *page)
{
	const struct node_detail *detail = page->host->node_detail;
	const struct node_ksm *ksm = detail ? &detail->ksm : NULL;

	if (!detail)
		return;
	pane_section(page->pane, "KSM (memory merging)", false);
	if (ksm->run < 0 && ksm->pages_to_scan < 0) {
		pane_text(page->pane, ROLE_DIM,
		        detail->machine ? "The kernel has none." : "This host tells nothing of it.");
		return;
	}
	pane_pair(page->pane, "State", role_of(page), ksm_state(ksm));
	fill_ksm_saved(page, ksm);
	if (page->host->node_rates.ksmd >= 0)
		pane_pairf(page->pane, "Costs", role_of(page), "%.1f%% of a CPU (ksmd)",
		        page->host->node_rates.ksmd * 100);
	if (ksm->pages_to_scan >= 0 && ksm->sleep_ms >= 0)
		pane_pairf(page->pane, "Scans", role_of(page),
		        "%" G_GINT64_FORMAT " pages every %" G_GINT64_FORMAT " ms; all of it %" G_GINT64_FORMAT " times so far",
		        ksm->pages_to_scan, ksm->sleep_ms, MAX(ksm->full_scans, 0));
	if (detail->cells->len > 1 && ksm->merge_across_nodes >= 0)
		pane_pair(page->pane, "Across cells", role_of(page), look_yes_no(ksm->merge_across_nodes));
}

/* ---- cells ---- */

/* A guest on a cell. */
struct lodger {
	const char *name;
	int64_t kib; /* -1 = may lie there, how much is not told */
};

static gint by_size(gconstpointer a, gconstpointer b)
{
	const struct lodger *x = a, *y = b;

	return x->kib != y->kib ? (x->kib < y->kib) - (x->kib > y->kib) : strcmp(x->name, y->name);
}

static GArray *lodgers(const struct host_page *page, unsigned cell)
{
	const GPtrArray *places = page->host->node_detail->places;
	GArray *found = g_array_new(FALSE, FALSE, sizeof(struct lodger));

	for (unsigned i = 0; i < places->len; i++) {
		const struct node_place *place = places->pdata[i];
		struct obj_ref ref = {.kind = OBJ_GUEST, .host = page->host->id};
		const struct guest *guest;
		struct lodger lodger = {.kib = g_array_index(place->kib, int64_t, cell)};

		memcpy(ref.uuid, place->uuid, sizeof(ref.uuid));
		guest = store_guest(page->app->store, &ref);
		/* Libraries of a QEMU lie about everywhere. */
		if (!guest || lodger.kib == 0 || (lodger.kib > 0 && lodger.kib < 16 * 1024))
			continue;
		lodger.name = guest->name;
		g_array_append_val(found, lodger);
	}
	g_array_sort(found, by_size);
	return found;
}

/* "web1 2.0 GiB, db 512 MiB"; owned. */
static char *guests_text(const struct host_page *page, unsigned cell)
{
	const struct node_detail *detail = page->host->node_detail;
	g_autoptr(GArray) found = NULL;
	GString *text;

	if (!page->host->running)
		return g_strdup("none");
	if (detail->cells->len == 1)
		return g_strdup_printf("all that are active (%u)", page->host->running);
	if (!detail->places->len)
		return g_strdup(CANNOT_TELL);
	found = lodgers(page, cell);
	text = g_string_new(found->len ? NULL : "none");
	for (unsigned i = 0; i < found->len; i++) {
		const struct lodger *lodger = &g_array_index(found, struct lodger, i);
		g_autofree char *amount = lodger->kib >= 0 ? look_kib(lodger->kib) : g_strdup("?");

		g_string_append_printf(text, "%s%s %s", i ? ", " : "", lodger->name, amount);
	}
	return g_string_free(text, FALSE);
}

/* "512 of 2.00 MiB, 12 free"; owned. */
static char *pages_text(const struct node_cell *cell)
{
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; i < cell->pages->len; i++) {
		const struct node_pages *pages = &g_array_index(cell->pages, struct node_pages, i);
		char size[32];

		if (pages->total <= 0)
			continue;
		text_format_bytes(size, sizeof(size), (guint64)pages->size_kib * 1024);
		g_string_append_printf(text, "%s%" G_GINT64_FORMAT " of %s", text->len ? "; " : "", pages->total, size);
		if (pages->free >= 0)
			g_string_append_printf(text, ", %" G_GINT64_FORMAT " free", pages->free);
	}
	return g_string_free(g_string_append(text, text->len ? "" : "none"), FALSE);
}

void host_page_cells(const struct host_page *page)
{
	static const struct table_column columns[] = {
	        {.title = "Cell", .width = 4, .right = true},
	        {.title = "CPUs", .width = 11, .drop = 2},
	        {.title = "Used", .width = 5, .right = true},
	        {.title = "Free", .width = 9, .right = true},
	        {.title = "Memory", .width = 9, .drop = 3, .right = true},
	        {.title = "Huge pages", .width = 24, .drop = 4},
	        {.title = "Guests", .width = 12, .grow = 1},
	};
	const struct node_detail *detail = page->host->node_detail;

	if (!detail || !detail->cells->len)
		return;
	pane_section(page->pane, "NUMA cells", true);
	pane_titles(page->pane, columns, G_N_ELEMENTS(columns));
	for (unsigned i = 0; i < detail->cells->len; i++) {
		const struct node_cell *cell = detail->cells->pdata[i];
		double used = cell->total_kib > 0 && cell->free_kib >= 0
		                      ? 1 - (double)cell->free_kib / (double)cell->total_kib
		                      : -1;
		enum role level = used < 0 ? ROLE_TEXT : look_level(used);
		char *cells[] = {g_strdup_printf("%d", cell->id), g_strdup(*cell->cpus ? cell->cpus : "none"),
		        look_pct(used < 0 ? -1 : used * 100), look_kib(cell->free_kib), look_kib(cell->total_kib),
		        pages_text(cell), guests_text(page, i), NULL};

		pane_row(page->pane, page->stale ? ROLE_STALE : level == ROLE_OK ? ROLE_TEXT : level, cells);
	}
}

/* ---- disks ---- */

/* A bar as text, for a table; owned. */
static char *bar_text(const struct host_page *page, double fraction)
{
	enum { COLS = 10 };
	bool ascii = page->app->canvas.ascii;
	int full = fraction > 0 ? (int)(fraction * COLS + 0.5) : 0;
	GString *text;

	if (fraction < 0)
		return g_strdup("-");
	text = g_string_new(NULL);
	for (int i = 0; i < COLS; i++)
		g_string_append_unichar(text, glyph_char(i < full ? GLYPH_BAR_FULL : GLYPH_BAR_EMPTY, ascii));
	g_string_append_printf(text, " %3.0f%%", fraction * 100);
	return g_string_free(text, FALSE);
}

void host_page_disks(const struct host_page *page)
{
	static const struct table_column columns[] = {
	        {.title = "Disk", .width = 10, .grow = 1},
	        {.title = "Read", .width = 11, .right = true},
	        {.title = "Write", .width = 11, .right = true},
	        {.title = "Busy", .width = 15},
	};
	const struct node_detail *detail = page->host->node_detail;

	if (!detail || !detail->machine)
		return;
	pane_section(page->pane, "Disks", false);
	if (!detail->disks->len) {
		pane_text(page->pane, ROLE_DIM, "The kernel tells of no disk that is in use.");
		return;
	}
	pane_titles(page->pane, columns, G_N_ELEMENTS(columns));
	for (unsigned i = 0; i < detail->disks->len; i++) {
		const struct node_disk *disk = detail->disks->pdata[i];
		const struct node_disk_rate *rate =
		        &g_array_index(page->host->node_rates.disks, struct node_disk_rate, i);
		enum role level = rate->busy < 0 ? ROLE_TEXT : look_level(rate->busy);
		char *cells[] = {g_strdup(disk->name), look_rate(rate->rd_bps), look_rate(rate->wr_bps),
		        bar_text(page, rate->busy), NULL};

		pane_row(page->pane, page->stale ? ROLE_STALE : level == ROLE_OK ? ROLE_TEXT : level, cells);
	}
}

/* ---- temperatures ---- */

/* 1 = at its limit; what has none counts as far from it. */
static double heat(const struct node_sensor *sensor)
{
	return sensor->limit > 0 ? sensor->celsius / sensor->limit : sensor->celsius / 200;
}

static gint hottest_first(gconstpointer a, gconstpointer b)
{
	const struct node_sensor *x = *(struct node_sensor *const *)a, *y = *(struct node_sensor *const *)b;
	double difference = heat(y) - heat(x);

	return difference > 0 ? 1 : difference < 0 ? -1 : strcmp(x->name, y->name);
}

static void add_sensor(const struct host_page *page, const struct node_sensor *sensor)
{
	enum role level = sensor->limit > 0 ? look_level(heat(sensor)) : ROLE_OK;
	char *cells[] = {g_strdup(sensor->name), g_strdup_printf("%.1f C", sensor->celsius),
	        sensor->limit > 0 ? g_strdup_printf("%.0f C", sensor->limit) : g_strdup("-"), NULL};

	pane_row(page->pane, page->stale ? ROLE_STALE : level == ROLE_OK ? ROLE_TEXT : level, cells);
}

void host_page_sensors(const struct host_page *page)
{
	static const struct table_column columns[] = {
	        {.title = "Sensor", .width = 14, .grow = 1},
	        {.title = "Now", .width = 8, .right = true},
	        {.title = "Critical", .width = 8, .right = true},
	};
	const struct node_detail *detail = page->host->node_detail;
	g_autoptr(GPtrArray) sorted = NULL;

	if (!detail || !detail->machine)
		return;
	pane_section(page->pane, "Temperatures", false);
	if (!detail->sensors->len) {
		pane_text(page->pane, ROLE_DIM, "The kernel knows no sensor.");
		return;
	}
	sorted = g_ptr_array_new();
	for (unsigned i = 0; i < detail->sensors->len; i++)
		g_ptr_array_add(sorted, detail->sensors->pdata[i]);
	g_ptr_array_sort(sorted, hottest_first);
	pane_titles(page->pane, columns, G_N_ELEMENTS(columns));
	for (unsigned i = 0; i < sorted->len && i < SENSORS_SHOWN; i++)
		add_sensor(page, sorted->pdata[i]);
	if (sorted->len > SENSORS_SHOWN) {
		g_autofree char *more = g_strdup_printf("and %u cooler ones", sorted->len - SENSORS_SHOWN);

		pane_text(page->pane, ROLE_DIM, more);
	}
}
