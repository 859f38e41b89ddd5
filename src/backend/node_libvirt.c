/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libvirt tells of a host: see node_libvirt.h. */
#include "backend/node_libvirt.h"

#include <libvirt/virterror.h>
#include <stdlib.h>
#include <string.h>

#include "backend/node.h"
#include "backend/xml.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(xmlDoc, xmlFreeDoc)

#define CELLS_MAX 1024
#define PAGE_SIZES_MAX 16

/* ---- topology --------------------------------------------------------------------- */

void node_topology_free(struct node_topology *topology)
{
	if (topology == NULL)
		return;
	g_ptr_array_unref(topology->cells);
	g_free(topology);
}

static int64_t number_of(xmlNodePtr node, const char *name)
{
	g_autofree char *text = xml_raw_attr(node, name);

	return xml_number(text, -1);
}

static gint by_number(gconstpointer a, gconstpointer b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* 0, 1, 2, 5 as "0-2,5"; owned. */
static char *ranges(GArray *numbers)
{
	GString *text = g_string_new(NULL);

	g_array_sort(numbers, by_number);
	for (guint i = 0; i < numbers->len;) {
		guint last = i;

		while (last + 1 < numbers->len &&
		        g_array_index(numbers, int64_t, last + 1) == g_array_index(numbers, int64_t, last) + 1)
			last++;
		g_string_append_printf(text, "%s%" G_GINT64_FORMAT, i > 0 ? "," : "", g_array_index(numbers, int64_t, i));
		if (last > i)
			g_string_append_printf(text, "-%" G_GINT64_FORMAT, g_array_index(numbers, int64_t, last));
		i = last + 1;
	}
	return g_string_free(text, FALSE);
}

/* The smallest pages are the usual ones; what is larger is set aside. */
static void parse_pages(xmlNodePtr node, struct node_cell *cell, int64_t *page_bytes)
{
	int64_t usual_kib = G_MAXINT64;

	xml_foreach(pages, node, "pages")
	{
		struct node_pages row = {.size_kib = number_of(pages, "size"), .free = -1};
		g_autofree char *total = xml_raw_text(pages);

		row.total = xml_number(total, 0);
		if (row.size_kib > 0 && cell->pages->len < PAGE_SIZES_MAX)
			g_array_append_val(cell->pages, row);
		if (row.size_kib > 0)
			usual_kib = MIN(usual_kib, row.size_kib);
	}
	for (guint i = cell->pages->len; i-- > 0;)
		if (g_array_index(cell->pages, struct node_pages, i).size_kib == usual_kib)
			g_array_remove_index(cell->pages, i);
	if (usual_kib < G_MAXINT64)
		*page_bytes = usual_kib * 1024;
}

static struct node_cell *parse_cell(xmlNodePtr node, int64_t *page_bytes)
{
	struct node_cell *cell = node_cell_new((int)CLAMP(number_of(node, "id"), 0, G_MAXINT));
	g_autoptr(GArray) cpus = g_array_new(FALSE, FALSE, sizeof(int64_t));
	int64_t bytes = xml_bytes(xml_child(node, "memory"), "KiB");

	cell->total_kib = bytes < 0 ? -1 : bytes / 1024;
	parse_pages(node, cell, page_bytes);
	xml_foreach(cpu, xml_child(node, "cpus"), "cpu")
	{
		int64_t id = number_of(cpu, "id");

		if (id >= 0)
			g_array_append_val(cpus, id);
	}
	g_free(cell->cpus);
	cell->cpus = ranges(cpus);
	return cell;
}

struct node_topology *node_topology_parse(const char *capabilities)
{
	g_autoptr(xmlDoc) doc = xml_parse(capabilities, "capabilities", NULL);
	struct node_topology *topology;
	xmlNodePtr cells;

	if (doc == NULL)
		return NULL;
	cells = xml_child(xml_child(xml_child(xmlDocGetRootElement(doc), "host"), "topology"), "cells");
	topology = g_new0(struct node_topology, 1);
	topology->cells = node_cells_new();
	topology->page_bytes = -1;
	xml_foreach(node, cells, "cell")
	{
		if (topology->cells->len < CELLS_MAX)
			g_ptr_array_add(topology->cells, parse_cell(node, &topology->page_bytes));
	}
	return topology;
}

struct node_topology *node_topology_read(virConnectPtr conn)
{
	char *xml = virConnectGetCapabilities(conn);
	struct node_topology *topology = xml != NULL ? node_topology_parse(xml) : NULL;

	free(xml);
	return topology;
}

/* ---- memory ------------------------------------------------------------------------ */

bool node_libvirt_memory(virConnectPtr conn, int cell, struct node_memory *ret)
{
	virNodeMemoryStats stats[16];
	int n = 0;

	*ret = (struct node_memory){-1, -1, -1, -1, -1};
	if (virNodeGetMemoryStats(conn, cell, NULL, &n, 0) < 0 || n <= 0)
		return false;
	n = MIN(n, (int)G_N_ELEMENTS(stats));
	if (virNodeGetMemoryStats(conn, cell, stats, &n, 0) < 0)
		return false;
	for (int i = 0; i < n; i++) {
		if (strcmp(stats[i].field, VIR_NODE_MEMORY_STATS_TOTAL) == 0)
			ret->total_kib = (int64_t)stats[i].value;
		else if (strcmp(stats[i].field, VIR_NODE_MEMORY_STATS_FREE) == 0)
			ret->free_kib = (int64_t)stats[i].value;
		else /* cached, buffers */
			ret->cache_kib = MAX(ret->cache_kib, 0) + (int64_t)stats[i].value;
	}
	return true;
}

static void read_free_pages(virConnectPtr conn, struct node_cell *cell)
{
	unsigned sizes[PAGE_SIZES_MAX];
	unsigned long long counts[PAGE_SIZES_MAX];
	guint n = MIN(cell->pages->len, PAGE_SIZES_MAX);

	for (guint i = 0; i < n; i++)
		sizes[i] = (unsigned)g_array_index(cell->pages, struct node_pages, i).size_kib;
	if (n == 0 || virNodeGetFreePages(conn, n, sizes, cell->id, 1, counts, 0) != (int)n)
		return;
	for (guint i = 0; i < n; i++)
		g_array_index(cell->pages, struct node_pages, i).free = (int64_t)counts[i];
}

static void read_cells(virConnectPtr conn, const struct node_topology *topology, struct node_detail *detail)
{
	for (guint i = 0; i < topology->cells->len; i++) {
		const struct node_cell *known = topology->cells->pdata[i];
		struct node_cell *cell = node_cell_new(known->id);
		struct node_memory memory;

		g_free(cell->cpus);
		cell->cpus = g_strdup(known->cpus);
		cell->total_kib = known->total_kib;
		if (known->pages->len > 0)
			g_array_append_vals(cell->pages, known->pages->data, known->pages->len);
		if (node_libvirt_memory(conn, cell->id, &memory)) {
			cell->total_kib = memory.total_kib;
			cell->free_kib = memory.free_kib;
		}
		read_free_pages(conn, cell);
		g_ptr_array_add(detail->cells, cell);
	}
}

/* What is set aside as huge pages, used or not. */
static int64_t huge_kib(const GPtrArray *cells)
{
	int64_t sum = 0;

	for (guint i = 0; i < cells->len; i++) {
		const struct node_cell *cell = cells->pdata[i];

		for (guint j = 0; j < cell->pages->len; j++) {
			const struct node_pages *pages = &g_array_index(cell->pages, struct node_pages, j);

			sum += pages->size_kib * pages->total;
		}
	}
	return sum;
}

/* ---- KSM ---------------------------------------------------------------------------- */

static void take_param(struct node_ksm *ksm, const virTypedParameter *param)
{
	const struct {
		const char *name;
		int64_t *value;
	} rows[] = {
	        {VIR_NODE_MEMORY_SHARED_PAGES_TO_SCAN, &ksm->pages_to_scan},
	        {VIR_NODE_MEMORY_SHARED_SLEEP_MILLISECS, &ksm->sleep_ms},
	        {VIR_NODE_MEMORY_SHARED_MERGE_ACROSS_NODES, &ksm->merge_across_nodes},
	        {VIR_NODE_MEMORY_SHARED_PAGES_SHARED, &ksm->shared_pages},
	        {VIR_NODE_MEMORY_SHARED_PAGES_SHARING, &ksm->sharing_pages},
	        {VIR_NODE_MEMORY_SHARED_PAGES_UNSHARED, &ksm->unshared_pages},
	        {VIR_NODE_MEMORY_SHARED_PAGES_VOLATILE, &ksm->volatile_pages},
	        {VIR_NODE_MEMORY_SHARED_FULL_SCANS, &ksm->full_scans},
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		if (strcmp(rows[i].name, param->field) != 0)
			continue;
		if (param->type == VIR_TYPED_PARAM_UINT)
			*rows[i].value = param->value.ui;
		else if (param->type == VIR_TYPED_PARAM_ULLONG)
			*rows[i].value = (int64_t)MIN(param->value.ul, (uint64_t)G_MAXINT64);
	}
}

bool node_libvirt_ksm(virConnectPtr conn, struct node_ksm *ksm)
{
	virTypedParameter params[32] = {0};
	int n = 0;

	if (virNodeGetMemoryParameters(conn, NULL, &n, 0) < 0)
		return false;
	n = MIN(n, (int)G_N_ELEMENTS(params));
	if (n == 0 || virNodeGetMemoryParameters(conn, params, &n, 0) < 0)
		return false;
	for (int i = 0; i < n; i++)
		take_param(ksm, &params[i]);
	virTypedParamsClear(params, n);
	return true;
}

void node_libvirt_read(virConnectPtr conn, const struct node_topology *topology, struct node_detail *detail)
{
	node_libvirt_memory(conn, VIR_NODE_MEMORY_STATS_ALL_CELLS, &detail->memory);
	if (node_libvirt_ksm(conn, &detail->ksm) && topology != NULL)
		detail->ksm.page_bytes = topology->page_bytes;
	if (topology != NULL) {
		read_cells(conn, topology, detail);
		detail->memory.huge_kib = huge_kib(detail->cells);
	}
	virResetLastError();
}

/* ---- CPUs --------------------------------------------------------------------------- */

struct node_cpu node_libvirt_cpu(virConnectPtr conn, int number)
{
	virNodeCPUStats stats[16];
	struct node_cpu cpu = {0, 0};
	int n = G_N_ELEMENTS(stats), asked = 0;
	int64_t idle = 0;

	if (virNodeGetCPUStats(conn, number, NULL, &asked, 0) < 0 || asked <= 0 || asked > n ||
	        virNodeGetCPUStats(conn, number, stats, &asked, 0) < 0)
		return (struct node_cpu){-1, -1};
	for (int i = 0; i < asked; i++) {
		if (strcmp(stats[i].field, VIR_NODE_CPU_STATS_IDLE) == 0 ||
		        strcmp(stats[i].field, VIR_NODE_CPU_STATS_IOWAIT) == 0)
			idle += (int64_t)stats[i].value;
		else if (strcmp(stats[i].field, VIR_NODE_CPU_STATS_UTILIZATION) != 0)
			cpu.busy_ns += (int64_t)stats[i].value;
	}
	cpu.total_ns = cpu.busy_ns + idle;
	return cpu;
}

unsigned node_libvirt_cpus(virConnectPtr conn, GArray *cpus, unsigned from, gint64 deadline_us)
{
	const struct node_cpu offline = {-1, -1};
	unsigned char *map = NULL;
	int n = virNodeGetCPUMap(conn, &map, NULL, 0);
	unsigned count = (unsigned)CLAMP(n, 0, NODE_CPUS_MAX), i;

	g_array_set_size(cpus, MIN(cpus->len, count));
	while (cpus->len < count)
		g_array_append_val(cpus, offline);
	for (i = from < count ? from : 0; i < count && g_get_monotonic_time() < deadline_us; i++)
		g_array_index(cpus, struct node_cpu, i) = VIR_CPU_USED(map, i) ? node_libvirt_cpu(conn, (int)i) : offline;
	free(map);
	virResetLastError();
	return i < count ? i : 0;
}

/* ---- guests -------------------------------------------------------------------------- */

/* Is the number in "0-2,^1,5"? Later words count. */
static bool in_nodeset(const char *set, int id)
{
	g_auto(GStrv) words = g_strsplit(set, ",", -1);
	bool in = false;

	for (char **word = words; *word != NULL; word++) {
		bool out = **word == '^';
		char *end;
		guint64 first = g_ascii_strtoull(*word + out, &end, 10);
		guint64 last = *end == '-' ? g_ascii_strtoull(end + 1, NULL, 10) : first;

		if ((guint64)id >= first && (guint64)id <= last)
			in = !out;
	}
	return in;
}

bool node_libvirt_place(virDomainPtr dom, const GPtrArray *cells, struct node_place *place)
{
	virTypedParameter params[16] = {0};
	const char *set = NULL;
	int n = G_N_ELEMENTS(params), asked = 0;

	if (virDomainGetNumaParameters(dom, NULL, &asked, VIR_DOMAIN_AFFECT_LIVE) < 0 || asked <= 0 || asked > n ||
	        virDomainGetNumaParameters(dom, params, &asked, VIR_DOMAIN_AFFECT_LIVE) < 0)
		return false;
	virTypedParamsGetString(params, asked, VIR_DOMAIN_NUMA_NODESET, &set);
	for (guint i = 0; set != NULL && *set != '\0' && i < cells->len; i++)
		if (!in_nodeset(set, ((const struct node_cell *)cells->pdata[i])->id))
			g_array_index(place->kib, int64_t, i) = 0;
	virTypedParamsClear(params, asked);
	return true;
}
