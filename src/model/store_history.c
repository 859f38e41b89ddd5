/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What samples and details bring goes into the host's history. Main thread.
 *
 * Every rate is of cumulative counters and of the monotonic times at which
 * they were read; the wall clock only says where on the time axis it lies.
 */
#include "store_private.h"

#include <stdio.h>

/* More time than that between two looks is a gap, unless it always is so much. */
#define GAP_US (30 * G_USEC_PER_SEC)
#define GAP_TIMES 3

/* Where a value goes: whose, when. */
struct span {
	struct history *history;
	const uint8_t *uuid; /* NULL = the host */
	gint64 from_us, to_us; /* Unix time */
};

static void put(const struct span *span, enum metric metric, const char *device, double value)
{
	struct history_key key;

	/* False for NAN too. */
	if (!(value >= 0))
		return;
	key = history_key(span->uuid, metric, device);
	history_add(span->history, &key, span->from_us, span->to_us, value);
}

static bool is_gap(const struct host_entry *entry, gint64 span_us)
{
	return span_us <= 0 || (span_us > GAP_US && span_us > GAP_TIMES * entry->usual_us);
}

static struct span span_of(
        const struct host_entry *entry, const uint8_t *uuid, gint64 to_us, gint64 span_us, gint64 wall_us)
{
	return (struct span){entry->host.history, uuid, to_us - span_us + wall_us, to_us + wall_us};
}

/* ---- samples ---- */

static double share_pct(int64_t old, int64_t new, gint64 span_us)
{
	return old < 0 || new < old ? -1 : MIN((double)(new - old) * 100 / (double)span_us, 100);
}

static void add_stall(struct host_entry *entry, const struct node_sample *node, gint64 taken_us, gint64 wall_us)
{
	const struct stall *old = &entry->stall;
	gint64 span_us = taken_us - old->taken_us;
	struct span span = span_of(entry, NULL, taken_us, span_us, wall_us);

	if (old->taken_us && !is_gap(entry, span_us)) {
		put(&span, METRIC_STALL_CPU, NULL, share_pct(old->cpu_us, node->stall_cpu_us, span_us));
		put(&span, METRIC_STALL_MEMORY, NULL, share_pct(old->memory_us, node->stall_memory_us, span_us));
		put(&span, METRIC_STALL_IO, NULL, share_pct(old->io_us, node->stall_io_us, span_us));
	}
	entry->stall = (struct stall){taken_us, node->stall_cpu_us, node->stall_memory_us, node->stall_io_us};
}

static void add_host(struct host_entry *entry, gint64 node_before_us, const struct span *span, gint64 wall_us)
{
	const struct host *host = &entry->host;
	const struct node_sample *node = &host->node;
	gint64 cpu_us = entry->node_taken_us - node_before_us;
	struct span cpu = span_of(entry, NULL, entry->node_taken_us, cpu_us, wall_us);

	if (node_before_us && !is_gap(entry, cpu_us))
		put(&cpu, METRIC_CPU, NULL, host->cpu_pct);
	if (node->memory_total_kib > 0 && node->memory_free_kib >= 0)
		put(span, METRIC_MEMORY_HOST, NULL,
		        (double)(node->memory_total_kib - node->memory_free_kib) * 1024);
	put(span, METRIC_LOAD, NULL, node->load1);
}

/* Looked up only when somebody came or went: most of ten thousand guests have no place. */
static bool placed(struct history *history, struct guest *guest)
{
	if (guest->placed_at != history_generation(history)) {
		guest->placed = history_admit(history, guest->ref.uuid);
		guest->placed_at = history_generation(history);
	}
	return guest->placed;
}

static void add_guest(struct host_entry *entry, struct guest *guest, const struct span *span, gint64 wall_us)
{
	struct span at = *span;

	if (!guest_state_active(guest->state) || !placed(entry->host.history, guest))
		return;
	at.uuid = guest->ref.uuid;
	if (guest->rss_kib)
		put(&at, METRIC_MEMORY_HOST, NULL, (double)guest->rss_kib * 1024);
	if (is_gap(entry, guest->cpu_span_us))
		return;
	at = span_of(entry, guest->ref.uuid, guest->cpu_taken_us, guest->cpu_span_us, wall_us);
	put(&at, METRIC_CPU, NULL, guest->cpu_pct);
}

void store_history_sample(struct host_entry *entry, const struct sample *sample, gint64 before_us,
        gint64 node_before_us, gint64 wall_us)
{
	gint64 span_us = before_us ? sample->taken_us - before_us : 0;
	struct span span = span_of(entry, NULL, sample->taken_us, span_us, wall_us);
	bool gap = is_gap(entry, span_us);

	if (!gap) {
		add_host(entry, node_before_us, &span, wall_us);
		for (unsigned i = 0; i < entry->order->len; i++)
			add_guest(entry, entry->order->pdata[i], &span, wall_us);
	}
	add_stall(entry, &entry->host.node, sample->taken_us, wall_us);
	entry->usual_us = span_us;
}

/* ---- details ---- */

static double rate(int64_t old, int64_t new, gint64 span_us)
{
	return old < 0 || new < old ? -1 : (double)(new - old) * 1e6 / (double)span_us;
}

/* Mean time of an operation that ended in between, in ms; < 0 where none did. */
static double latency_ms(int64_t old_ns, int64_t new_ns, int64_t old_ops, int64_t new_ops)
{
	if (old_ns < 0 || old_ops < 0 || new_ns < old_ns || new_ops <= old_ops)
		return -1;
	return (double)(new_ns - old_ns) / 1e6 / (double)(new_ops - old_ops);
}

static const struct guest_disk *same_disk(const struct guest_detail *detail, const char *target)
{
	for (unsigned i = 0; i < detail->disks->len; i++) {
		const struct guest_disk *disk = detail->disks->pdata[i];

		if (g_strcmp0(disk->target, target) == 0)
			return disk;
	}
	return NULL;
}

/* Sums over the disks whose two readings are both there. */
struct disk_sum {
	int64_t rd_ns, rd_ops, wr_ns, wr_ops, fl_ns, fl_ops;
};

static void add_times(int64_t *sum_ns, int64_t *sum_ops, int64_t ns, int64_t ops)
{
	if (ns < 0 || ops < 0)
		return;
	*sum_ns += ns;
	*sum_ops += ops;
}

static void add_disk_times(struct disk_sum *sum, const struct guest_disk *disk)
{
	add_times(&sum->rd_ns, &sum->rd_ops, disk->rd_time_ns, disk->rd_ops);
	add_times(&sum->wr_ns, &sum->wr_ops, disk->wr_time_ns, disk->wr_ops);
	add_times(&sum->fl_ns, &sum->fl_ops, disk->flush_time_ns, disk->flush_ops);
}

static void put_latencies(
        const struct span *span, const char *device, const struct disk_sum *old, const struct disk_sum *new)
{
	put(span, METRIC_DISK_READ_MS, device, latency_ms(old->rd_ns, new->rd_ns, old->rd_ops, new->rd_ops));
	put(span, METRIC_DISK_WRITE_MS, device, latency_ms(old->wr_ns, new->wr_ns, old->wr_ops, new->wr_ops));
	put(span, METRIC_DISK_FLUSH_MS, device, latency_ms(old->fl_ns, new->fl_ns, old->fl_ops, new->fl_ops));
}

static void put_disk_rates(const struct span *span, const char *device, const double rates[4])
{
	put(span, METRIC_DISK_READ, device, rates[0]);
	put(span, METRIC_DISK_WRITE, device, rates[1]);
	put(span, METRIC_DISK_READ_OPS, device, rates[2]);
	put(span, METRIC_DISK_WRITE_OPS, device, rates[3]);
}

static void add_disks(const struct span *span, const struct guest *guest, const struct guest_detail *old)
{
	const double all[4] = {guest->rd_bps, guest->wr_bps, guest->rd_iops, guest->wr_iops};
	struct disk_sum old_all = {0}, new_all = {0};

	for (unsigned i = 0; i < guest->detail->disks->len && i < HISTORY_DEVICES_MAX; i++) {
		const struct guest_disk *disk = guest->detail->disks->pdata[i];
		const struct guest_disk *before = same_disk(old, disk->target);
		struct disk_sum old_one = {0}, new_one = {0};

		if (!before || !disk->target)
			continue;
		add_disk_times(&old_one, before);
		add_disk_times(&new_one, disk);
		add_disk_times(&old_all, before);
		add_disk_times(&new_all, disk);
		put_disk_rates(span, disk->target, &g_array_index(guest->disk_rates, double, 4 * i));
		put_latencies(span, disk->target, &old_one, &new_one);
	}
	put_disk_rates(span, NULL, all);
	put_latencies(span, NULL, &old_all, &new_all);
}

static void add_nics(const struct span *span, const struct guest *guest)
{
	for (unsigned i = 0; i < guest->detail->nics->len && i < HISTORY_DEVICES_MAX; i++) {
		const struct guest_nic *nic = guest->detail->nics->pdata[i];
		const double *rates = &g_array_index(guest->nic_rates, double, 2 * i);

		put(span, METRIC_NET_RX, nic->mac, rates[0]);
		put(span, METRIC_NET_TX, nic->mac, rates[1]);
	}
	put(span, METRIC_NET_RX, NULL, guest->rx_bps);
	put(span, METRIC_NET_TX, NULL, guest->tx_bps);
}

static void add_vcpus(const struct span *span, const struct guest_detail *old, const struct guest_detail *new)
{
	gint64 span_us = span->to_us - span->from_us;
	unsigned count = MIN(MIN(old->vcpu_time_ns->len, new->vcpu_time_ns->len), HISTORY_DEVICES_MAX);

	for (unsigned i = 0; i < count; i++) {
		double ns = rate(g_array_index(old->vcpu_time_ns, int64_t, i),
		        g_array_index(new->vcpu_time_ns, int64_t, i), span_us);
		char number[16];

		snprintf(number, sizeof(number), "%u", i);
		put(span, METRIC_VCPU, number, ns / 1e7);
	}
}

/* As the guest counts it: what it could give to a program is not in use. */
static double guest_memory(const struct guest_detail *detail)
{
	int64_t left_kib = detail->usable_kib >= 0 ? detail->usable_kib : detail->unused_kib;

	if (detail->available_kib < 0 || left_kib < 0 || left_kib > detail->available_kib)
		return -1;
	return (double)(detail->available_kib - left_kib) * 1024;
}

void store_history_detail(struct host_entry *entry, const struct guest *guest,
        const struct guest_detail *old, gint64 wall_us)
{
	const struct guest_detail *new = guest->detail;
	gint64 span_us = old ? new->taken_us - old->taken_us : 0;
	struct span span = span_of(entry, guest->ref.uuid, new->taken_us, span_us, wall_us);

	if (is_gap(entry, span_us) || !history_admit_devices(entry->host.history, guest->ref.uuid))
		return;
	put(&span, METRIC_MEMORY_GUEST, NULL, guest_memory(new));
	add_disks(&span, guest, old);
	add_nics(&span, guest);
	add_vcpus(&span, old, new);
}

/* ---- the keeper's, and what is on screen ---- */

unsigned store_apply_history(struct host_entry *entry, const GArray *records, gint64 now_unix_us)
{
	for (unsigned i = 0; i < records->len; i++) {
		const struct history_record *record = &g_array_index(records, struct history_record, i);

		/* Of guests that are no longer there nothing is shown. */
		if (history_key_of(&record->key, NULL) || g_hash_table_contains(entry->guests, record->key.uuid))
			history_put(entry->host.history, record, now_unix_us);
	}
	return CHANGE_STATS | CHANGE_FIGURES;
}

void store_watch(struct store *store, unsigned host, const struct obj_ref *open, const uint8_t (*visible)[16],
        unsigned visible_n)
{
	struct host_entry *entry = store_host_entry(store, host);

	if (!entry)
		return;
	for (unsigned i = 0; i < visible_n; i++)
		history_watch(entry->host.history, visible[i], false);
	if (open->kind == OBJ_GUEST)
		history_watch(entry->host.history, open->uuid, true);
}
