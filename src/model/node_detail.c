/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One look at a host, and what two of them tell: see node_detail.h. Pure. */
#include "nvirt/node_detail.h"

#include <string.h>

/* An average of longer than that is nobody's "now": the first look after a pause is a beginning. */
#define SPAN_MAX_US (30 * G_USEC_PER_SEC)

static void disk_free(gpointer data)
{
	struct node_disk *disk = data;

	g_free(disk->name);
	g_free(disk);
}

static void sensor_free(gpointer data)
{
	struct node_sensor *sensor = data;

	g_free(sensor->name);
	g_free(sensor);
}

static void cell_free(gpointer data)
{
	struct node_cell *cell = data;

	g_free(cell->cpus);
	g_array_unref(cell->pages);
	g_free(cell);
}

void node_place_free(struct node_place *place)
{
	g_array_unref(place->kib);
	g_free(place);
}

GPtrArray *node_disks_new(void)
{
	return g_ptr_array_new_with_free_func(disk_free);
}

GPtrArray *node_cells_new(void)
{
	return g_ptr_array_new_with_free_func(cell_free);
}

GPtrArray *node_places_new(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)node_place_free);
}

struct node_detail *node_detail_new(void)
{
	struct node_detail *detail = g_new0(struct node_detail, 1);

	detail->cpus = g_array_new(FALSE, FALSE, sizeof(struct node_cpu));
	detail->disks = node_disks_new();
	detail->sensors = g_ptr_array_new_with_free_func(sensor_free);
	detail->cells = node_cells_new();
	detail->places = node_places_new();
	detail->memory = (struct node_memory){-1, -1, -1, -1, -1};
	for (unsigned i = 0; i < NODE_STALL_N; i++)
		for (unsigned j = 0; j < NODE_STALL_SPANS; j++)
			detail->stalls[i].some[j] = detail->stalls[i].full[j] = -1;
	detail->ksm = (struct node_ksm){-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, G_MININT64, -1};
	return detail;
}

void node_detail_free(struct node_detail *detail)
{
	if (!detail)
		return;
	g_array_unref(detail->cpus);
	g_ptr_array_unref(detail->disks);
	g_ptr_array_unref(detail->sensors);
	g_ptr_array_unref(detail->cells);
	g_ptr_array_unref(detail->places);
	g_free(detail);
}

struct node_cell *node_cell_new(int id)
{
	struct node_cell *cell = g_new0(struct node_cell, 1);

	cell->id = id;
	cell->cpus = g_strdup("");
	cell->total_kib = cell->free_kib = -1;
	cell->pages = g_array_new(FALSE, FALSE, sizeof(struct node_pages));
	return cell;
}

struct node_place *node_place_new(const uint8_t uuid[16], unsigned cells)
{
	struct node_place *place = g_new0(struct node_place, 1);
	int64_t none = -1;

	memcpy(place->uuid, uuid, sizeof(place->uuid));
	place->kib = g_array_sized_new(FALSE, FALSE, sizeof(int64_t), cells);
	for (unsigned i = 0; i < cells; i++)
		g_array_append_val(place->kib, none);
	return place;
}

/* ---- rates ---- */

void node_rates_init(struct node_rates *rates)
{
	rates->cpus = g_array_new(FALSE, FALSE, sizeof(double));
	rates->disks = g_array_new(FALSE, FALSE, sizeof(struct node_disk_rate));
	rates->ksmd = -1;
}

void node_rates_fini(struct node_rates *rates)
{
	g_array_unref(rates->cpus);
	g_array_unref(rates->disks);
}

/* `rate` is the one so far: of many CPUs only some may have been read anew. */
static double cpu_rate(const struct node_detail *before, const struct node_cpu *cpu, unsigned index, double rate)
{
	const struct node_cpu *old;

	if (!before || index >= before->cpus->len)
		return -1;
	old = &g_array_index(before->cpus, struct node_cpu, index);
	if (old->total_ns < 0 || cpu->total_ns < old->total_ns || cpu->busy_ns < old->busy_ns)
		return -1;
	if (cpu->total_ns == old->total_ns)
		return rate;
	return MIN((double)(cpu->busy_ns - old->busy_ns) / (double)(cpu->total_ns - old->total_ns), 1);
}

static void take_cpus(struct node_rates *rates, const struct node_detail *before, const struct node_detail *now)
{
	unsigned known = rates->cpus->len;

	g_array_set_size(rates->cpus, now->cpus->len);
	for (unsigned i = 0; i < now->cpus->len; i++) {
		double *rate = &g_array_index(rates->cpus, double, i);

		*rate = cpu_rate(before, &g_array_index(now->cpus, struct node_cpu, i), i, i < known ? *rate : -1);
	}
}

/* Disks come and go: they are found by their names. */
static const struct node_disk *same_disk(const struct node_detail *before, const char *name)
{
	for (unsigned i = 0; before && i < before->disks->len; i++) {
		const struct node_disk *disk = before->disks->pdata[i];

		if (strcmp(disk->name, name) == 0)
			return disk;
	}
	return NULL;
}

static double per_second(int64_t before, int64_t now, double seconds)
{
	return before < 0 || now < before ? -1 : (double)(now - before) / seconds;
}

static void take_disks(struct node_rates *rates, const struct node_detail *before, const struct node_detail *now)
{
	double seconds = before ? (double)(now->taken_us - before->taken_us) / G_USEC_PER_SEC : 0;

	g_array_set_size(rates->disks, now->disks->len);
	for (unsigned i = 0; i < now->disks->len; i++) {
		const struct node_disk *disk = now->disks->pdata[i], *old = same_disk(before, disk->name);
		struct node_disk_rate rate = {-1, -1, -1};

		if (old && seconds > 0) {
			rate.rd_bps = per_second(old->rd_bytes, disk->rd_bytes, seconds);
			rate.wr_bps = per_second(old->wr_bytes, disk->wr_bytes, seconds);
			rate.busy = MIN(per_second(old->busy_ms, disk->busy_ms, seconds * 1000), 1);
		}
		g_array_index(rates->disks, struct node_disk_rate, i) = rate;
	}
}

void node_rates_take(struct node_rates *rates, const struct node_detail *before, const struct node_detail *now)
{
	gint64 span_us = before ? now->taken_us - before->taken_us : 0;

	if (span_us <= 0 || span_us > SPAN_MAX_US)
		before = NULL;
	take_cpus(rates, before, now);
	take_disks(rates, before, now);
	rates->ksmd = before && now->ksm.ksmd_ns >= 0
	                      ? per_second(before->ksm.ksmd_ns, now->ksm.ksmd_ns, (double)span_us * 1000)
	                      : -1;
}
