/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a machine's own files tell of it: see node_machine.h. */
#include "backend/node_machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/node.h"
#include "backend/proc.h"
#include "nvirt/text.h"

/* The unit of /proc/diskstats, whatever the disk's own is. */
#define SECTOR_BYTES 512
#define SENSORS_MAX 256

/* A file whose name is put together; owned, stripped, NULL = can not be read. */
static char *read_text(const struct health_source *source, const char *format, ...) G_GNUC_PRINTF(2, 3);

static char *read_text(const struct health_source *source, const char *format, ...)
{
	g_autofree char *path = NULL;
	va_list args;
	char *text;

	va_start(args, format);
	path = g_strdup_vprintf(format, args);
	va_end(args);
	text = health_file(source, path, NULL);
	return text != NULL ? g_strstrip(text) : NULL;
}

/* ---- memory and KSM ------------------------------------------------------------ */

static int64_t add_known(int64_t a, int64_t b)
{
	return a < 0 ? b : b < 0 ? a : a + b;
}

static void read_memory(struct node_detail *detail, const struct health_source *source)
{
	g_autofree char *text = health_file(source, "/proc/meminfo", NULL);
	struct node_memory *memory = &detail->memory;

	if (text == NULL)
		return;
	memory->total_kib = node_field(text, "MemTotal:");
	memory->free_kib = node_field(text, "MemFree:");
	memory->available_kib = node_field(text, "MemAvailable:");
	memory->huge_kib = node_field(text, "Hugetlb:");
	memory->cache_kib = add_known(node_field(text, "Cached:"),
	        add_known(node_field(text, "Buffers:"), node_field(text, "SReclaimable:")));
	/* Memory that programs share, a guest's too, counts as cached and can not be dropped. */
	memory->cache_kib = MAX(memory->cache_kib - MAX(node_field(text, "Shmem:"), 0), -1);
}

static int64_t ksm_number(const struct health_source *source, const char *name, int64_t none)
{
	g_autofree char *path = g_strconcat("/sys/kernel/mm/ksm/", name, NULL);

	return health_number(source, path, none);
}

static void read_ksm(struct node_ksm *ksm, const struct health_source *source)
{
	ksm->page_bytes = sysconf(_SC_PAGESIZE);
	ksm->run = (int)ksm_number(source, "run", -1);
	ksm->pages_to_scan = ksm_number(source, "pages_to_scan", -1);
	ksm->sleep_ms = ksm_number(source, "sleep_millisecs", -1);
	ksm->merge_across_nodes = ksm_number(source, "merge_across_nodes", -1);
	ksm->shared_pages = ksm_number(source, "pages_shared", -1);
	ksm->sharing_pages = ksm_number(source, "pages_sharing", -1);
	ksm->unshared_pages = ksm_number(source, "pages_unshared", -1);
	ksm->volatile_pages = ksm_number(source, "pages_volatile", -1);
	ksm->full_scans = ksm_number(source, "full_scans", -1);
	ksm->profit_bytes = ksm_number(source, "general_profit", G_MININT64);
}

int node_machine_ksmd(const struct health_source *source)
{
	g_autoptr(GPtrArray) names = health_names(source, "/proc");

	for (guint i = 0; i < names->len; i++) {
		const char *pid = names->pdata[i];
		g_autofree char *comm = g_ascii_isdigit(*pid) ? read_text(source, "/proc/%s/comm", pid) : NULL;

		if (g_strcmp0(comm, "ksmd") == 0)
			return atoi(pid);
	}
	return 0;
}

int64_t node_machine_cpu_ns(const struct health_source *source, int pid)
{
	g_autofree char *text = read_text(source, "/proc/%d/stat", pid);
	uint64_t ticks, start, rss;
	char state;

	if (text == NULL || !proc_parse_stat(text, &state, &ticks, &start, &rss))
		return -1;
	return (int64_t)ticks * (INT64_C(1000000000) / sysconf(_SC_CLK_TCK));
}

/* ---- cells ---------------------------------------------------------------------- */

/* "Node 0 MemFree:  12 kB" */
static int64_t cell_field(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at != NULL ? g_ascii_strtoll(at + strlen(name), NULL, 10) : -1;
}

static gint by_page_size(gconstpointer a, gconstpointer b)
{
	const struct node_pages *x = a, *y = b;

	return (x->size_kib > y->size_kib) - (x->size_kib < y->size_kib);
}

static void read_pages(struct node_cell *cell, const struct health_source *source, const char *dir)
{
	g_autofree char *pages = g_strconcat(dir, "/hugepages", NULL);
	g_autoptr(GPtrArray) names = health_names(source, pages);

	for (guint i = 0; i < names->len; i++) {
		g_autofree char *total = g_strconcat(pages, "/", names->pdata[i], "/nr_hugepages", NULL);
		g_autofree char *idle = g_strconcat(pages, "/", names->pdata[i], "/free_hugepages", NULL);
		struct node_pages row = {.total = health_number(source, total, 0), .free = health_number(source, idle, 0)};

		if (sscanf(names->pdata[i], "hugepages-%" G_GINT64_FORMAT "kB", &row.size_kib) == 1)
			g_array_append_val(cell->pages, row);
	}
	g_array_sort(cell->pages, by_page_size);
}

static struct node_cell *read_cell(const struct health_source *source, const char *dir, int id)
{
	g_autofree char *meminfo = read_text(source, "%s/meminfo", dir);
	g_autofree char *cpus = read_text(source, "%s/cpulist", dir);
	struct node_cell *cell = node_cell_new(id);

	g_free(cell->cpus);
	cell->cpus = text_clean(cpus, -1);
	if (meminfo != NULL) {
		int64_t free_kib = cell_field(meminfo, " MemFree:");

		cell->total_kib = cell_field(meminfo, " MemTotal:");
		/* The page cache makes room. */
		cell->free_kib = free_kib < 0 ? -1 : free_kib + MAX(cell_field(meminfo, " FilePages:"), 0);
	}
	read_pages(cell, source, dir);
	return cell;
}

static gint by_id(gconstpointer a, gconstpointer b)
{
	const struct node_cell *x = *(struct node_cell *const *)a, *y = *(struct node_cell *const *)b;

	return (x->id > y->id) - (x->id < y->id);
}

GPtrArray *node_machine_cells(const struct health_source *source)
{
	static const char top[] = "/sys/devices/system/node";
	g_autoptr(GPtrArray) names = health_names(source, top);
	GPtrArray *cells = node_cells_new();

	for (guint i = 0; i < names->len; i++) {
		const char *name = names->pdata[i];
		g_autofree char *dir = g_strconcat(top, "/", name, NULL);

		if (g_str_has_prefix(name, "node") && g_ascii_isdigit(name[4]))
			g_ptr_array_add(cells, read_cell(source, dir, atoi(name + 4)));
	}
	g_ptr_array_sort(cells, by_id);
	return cells;
}

/* ---- where a process has its memory ----------------------------------------------- */

static unsigned index_of(const GPtrArray *cells, int id)
{
	for (guint i = 0; i < cells->len; i++)
		if (((const struct node_cell *)cells->pdata[i])->id == id)
			return i;
	return cells->len;
}

/* "anon N0=12 N1=34": adds what stands behind each cell's number, in units of `unit_bytes`. */
static void add_cells(const char *line, const GPtrArray *cells, double unit_bytes, struct node_place *place)
{
	g_auto(GStrv) words = g_strsplit(line, " ", -1);

	for (char **word = words; *word != NULL; word++) {
		char *end;
		guint64 id = **word == 'N' ? g_ascii_strtoull(*word + 1, &end, 10) : G_MAXUINT64;
		unsigned at = id <= G_MAXINT ? index_of(cells, (int)id) : cells->len;

		if (at < cells->len && *end == '=') {
			int64_t *kib = &g_array_index(place->kib, int64_t, at);

			*kib = MAX(*kib, 0) + (int64_t)((double)g_ascii_strtoull(end + 1, NULL, 10) * unit_bytes / 1024);
		}
	}
}

/* The cgroup that libvirt gave it alone: its threads have further ones below, which count no memory. Owned. */
static char *own_cgroup(const struct health_source *source, int pid)
{
	g_autofree char *text = read_text(source, "/proc/%d/cgroup", pid);
	const char *at = text == NULL ? NULL : g_str_has_prefix(text, "0::") ? text : strstr(text, "\n0::");
	char *path, *last;

	if (at == NULL)
		return NULL;
	at += strspn(at, "\n") + strlen("0::");
	path = g_strndup(at, strcspn(at, "\n"));
	last = strrchr(path, '/');
	if (last != NULL && (strcmp(last, "/emulator") == 0 || g_str_has_prefix(last, "/vcpu") ||
	                            g_str_has_prefix(last, "/iothread")))
		*last = '\0';
	if (g_str_has_suffix(path, "/libvirt"))
		return path;
	g_free(path);
	return NULL;
}

static bool place_by_cgroup(const struct health_source *source, int pid, const GPtrArray *cells, struct node_place *place)
{
	g_autofree char *path = own_cgroup(source, pid);
	g_autofree char *text = path != NULL ? read_text(source, "/sys/fs/cgroup%s/memory.numa_stat", path) : NULL;
	g_auto(GStrv) lines = g_strsplit(text != NULL ? text : "", "\n", -1);

	/* Page cache of its images is not its memory; what it shares with others, as for vhost-user, is. */
	for (char **line = lines; *line != NULL; line++)
		if (g_str_has_prefix(*line, "anon ") || g_str_has_prefix(*line, "shmem "))
			add_cells(*line, cells, 1, place);
	return text != NULL;
}

static bool place_by_maps(const struct health_source *source, int pid, const GPtrArray *cells, struct node_place *place)
{
	g_autofree char *text = read_text(source, "/proc/%d/numa_maps", pid);
	g_auto(GStrv) lines = g_strsplit(text != NULL ? text : "", "\n", -1);

	for (char **line = lines; *line != NULL; line++) {
		const char *size = strstr(*line, "kernelpagesize_kB=");

		if (size != NULL)
			add_cells(*line, cells, g_ascii_strtod(size + strlen("kernelpagesize_kB="), NULL) * 1024, place);
	}
	return text != NULL && *text != '\0';
}

bool node_machine_place(const struct health_source *source, int pid, const GPtrArray *cells, bool walk,
        struct node_place *place)
{
	g_autofree char *status = read_text(source, "/proc/%d/status", pid);

	/* Huge pages count in no memory cgroup; their tables are short. */
	if (status != NULL && node_field(status, "HugetlbPages:") > 0)
		return place_by_maps(source, pid, cells, place);
	return place_by_cgroup(source, pid, cells, place) || (walk && place_by_maps(source, pid, cells, place));
}

/* ---- disks ------------------------------------------------------------------------ */

static struct node_disk *parse_disk(const char *line)
{
	unsigned long long reads, rd_sectors, rd_ms, writes, wr_sectors, wr_ms, busy_ms;
	struct node_disk *disk;
	char name[64];

	if (sscanf(line, " %*u %*u %63s %llu %*u %llu %llu %llu %*u %llu %llu %*u %llu", name, &reads, &rd_sectors,
	            &rd_ms, &writes, &wr_sectors, &wr_ms, &busy_ms) != 8)
		return NULL;
	if (g_str_has_prefix(name, "loop") || g_str_has_prefix(name, "ram") || g_str_has_prefix(name, "zram") ||
	        reads + writes == 0)
		return NULL;
	disk = g_new0(struct node_disk, 1);
	disk->name = text_clean(name, -1);
	disk->rd_bytes = (int64_t)rd_sectors * SECTOR_BYTES;
	disk->wr_bytes = (int64_t)wr_sectors * SECTOR_BYTES;
	disk->busy_ms = (int64_t)busy_ms;
	disk->ops = (int64_t)(reads + writes);
	disk->wait_ms = (int64_t)(rd_ms + wr_ms);
	return disk;
}

GPtrArray *node_machine_disks(const struct health_source *source)
{
	g_autofree char *text = health_file(source, "/proc/diskstats", NULL);
	g_auto(GStrv) lines = g_strsplit(text != NULL ? text : "", "\n", -1);
	GPtrArray *disks = node_disks_new();

	for (char **line = lines; *line != NULL; line++) {
		struct node_disk *disk = parse_disk(*line);
		g_autofree char *path = disk != NULL ? g_strconcat("/sys/block/", disk->name, NULL) : NULL;

		if (disk == NULL)
			continue;
		/* A partition has no such entry. */
		g_ptr_array_add(disks, disk);
		if (!health_exists(source, path))
			g_ptr_array_set_size(disks, (gint)disks->len - 1);
	}
	return disks;
}

/* ---- temperatures ------------------------------------------------------------------ */

static void add_sensor(struct node_detail *detail, const char *chip, const char *label, int64_t milli, int64_t limit_milli)
{
	struct node_sensor *sensor;
	g_autofree char *name = g_strconcat(chip, *label != '\0' ? " " : "", label, NULL);

	if (detail->sensors->len >= SENSORS_MAX)
		return;
	sensor = g_new0(struct node_sensor, 1);
	sensor->name = text_clean(name, -1);
	sensor->celsius = (double)milli / 1000;
	sensor->limit = limit_milli > 0 ? (double)limit_milli / 1000 : -1;
	g_ptr_array_add(detail->sensors, sensor);
}

/* One chip: temp1_input with its label and limit, temp2_input, … */
static void read_chip(struct node_detail *detail, const struct health_source *source, const char *dir)
{
	g_autoptr(GPtrArray) names = health_names(source, dir);
	g_autofree char *chip = read_text(source, "%s/name", dir);

	for (guint i = 0; i < names->len; i++) {
		g_autofree char *input = g_strconcat(dir, "/", names->pdata[i], NULL);
		g_autofree char *label = NULL, *limit = NULL;
		int64_t milli;
		int number;

		if (!g_str_has_suffix(input, "_input") || sscanf(names->pdata[i], "temp%d_", &number) != 1)
			continue;
		milli = health_number(source, input, G_MININT64);
		if (milli == G_MININT64)
			continue;
		label = read_text(source, "%s/temp%d_label", dir, number);
		limit = g_strdup_printf("%s/temp%d_crit", dir, number);
		add_sensor(detail, chip != NULL ? chip : "?", label != NULL ? label : "", milli,
		        health_number(source, limit, -1));
	}
}

static void read_sensors(struct node_detail *detail, const struct health_source *source)
{
	g_autoptr(GPtrArray) chips = health_names(source, "/sys/class/hwmon");
	g_autoptr(GPtrArray) zones = health_names(source, "/sys/class/thermal");

	for (guint i = 0; i < chips->len; i++) {
		g_autofree char *dir = g_strconcat("/sys/class/hwmon/", chips->pdata[i], NULL);

		read_chip(detail, source, dir);
	}
	/* The firmware's zones are mostly the same sensors again. */
	if (detail->sensors->len > 0)
		return;
	for (guint i = 0; i < zones->len; i++) {
		g_autofree char *path = g_strconcat("/sys/class/thermal/", zones->pdata[i], "/temp", NULL);
		g_autofree char *type = read_text(source, "/sys/class/thermal/%s/type", (char *)zones->pdata[i]);
		int64_t milli = health_number(source, path, G_MININT64);

		if (type != NULL && milli != G_MININT64)
			add_sensor(detail, type, "", milli, -1);
	}
}

/* ---- all of it --------------------------------------------------------------------- */

void node_machine_read(struct node_detail *detail, const struct health_source *source)
{
	static const char *const stalls[NODE_STALL_N] = {
	        [NODE_STALL_CPU] = "cpu", [NODE_STALL_MEMORY] = "memory", [NODE_STALL_IO] = "io"};
	g_autofree char *stat = health_file(source, "/proc/stat", NULL);

	detail->machine = true;
	if (stat != NULL)
		node_parse_cpus(stat, detail->cpus);
	read_memory(detail, source);
	read_ksm(&detail->ksm, source);
	for (unsigned i = 0; i < NODE_STALL_N; i++) {
		g_autofree char *text = read_text(source, "/proc/pressure/%s", stalls[i]);

		node_parse_stall(text != NULL ? text : "", &detail->stalls[i]);
	}
	g_ptr_array_unref(detail->cells);
	detail->cells = node_machine_cells(source);
	g_ptr_array_unref(detail->disks);
	detail->disks = node_machine_disks(source);
	read_sensors(detail, source);
}
