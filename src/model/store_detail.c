/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's detail, applied: figures of the row that only it knows, and rates
 * from two of them. Main thread.
 */
#include "store_private.h"

#include <string.h>

/* Rates of what nobody looks at any more are no longer told. */
#define RATE_KEPT_US (30 * G_USEC_PER_SEC)
/* While its details come in this pace, they are the better source. */
#define DETAIL_FRESH_US (6 * G_USEC_PER_SEC)

/* Units a second; < 0 where one of the two is not known or the counter began anew. */
static double rate(int64_t old, int64_t new, gint64 span_us)
{
	if (old < 0 || new < old || span_us <= 0)
		return -1;
	return (double)(new - old) * 1e6 / (double)span_us;
}

/* Sum of what is known. */
static void add_rate(double *sum, double value)
{
	if (value < 0)
		return;
	*sum = MAX(*sum, 0) + value;
}

static const struct guest_disk *find_disk(const struct guest_detail *detail, const char *target)
{
	for (unsigned i = 0; detail && i < detail->disks->len; i++) {
		const struct guest_disk *disk = detail->disks->pdata[i];

		if (g_strcmp0(disk->target, target) == 0)
			return disk;
	}
	return NULL;
}

static void rate_disks(struct guest *guest, const struct guest_detail *old, const struct guest_detail *new,
        gint64 span_us)
{
	guest->rd_bps = guest->wr_bps = guest->rd_iops = guest->wr_iops = -1;
	g_array_set_size(guest->disk_rates, 0);
	for (unsigned i = 0; i < new->disks->len; i++) {
		const struct guest_disk *disk = new->disks->pdata[i];
		const struct guest_disk *before = find_disk(old, disk->target);
		double rates[4] = {-1, -1, -1, -1};

		if (before) {
			rates[0] = rate(before->rd_bytes, disk->rd_bytes, span_us);
			rates[1] = rate(before->wr_bytes, disk->wr_bytes, span_us);
			rates[2] = rate(before->rd_ops, disk->rd_ops, span_us);
			rates[3] = rate(before->wr_ops, disk->wr_ops, span_us);
		}
		add_rate(&guest->rd_bps, rates[0]);
		add_rate(&guest->wr_bps, rates[1]);
		add_rate(&guest->rd_iops, rates[2]);
		add_rate(&guest->wr_iops, rates[3]);
		g_array_append_vals(guest->disk_rates, rates, 1);
	}
}

/* By hardware address; it need not be unique, so the same place is tried first. */
static const struct guest_nic *find_nic(const struct guest_detail *detail, unsigned index, const char *mac)
{
	const struct guest_nic *nic;

	if (!detail)
		return NULL;
	nic = index < detail->nics->len ? detail->nics->pdata[index] : NULL;
	if (nic && g_strcmp0(nic->mac, mac) == 0)
		return nic;
	for (unsigned i = 0; i < detail->nics->len; i++) {
		nic = detail->nics->pdata[i];
		if (g_strcmp0(nic->mac, mac) == 0)
			return nic;
	}
	return NULL;
}

static void rate_nics(struct guest *guest, const struct guest_detail *old, const struct guest_detail *new,
        gint64 span_us)
{
	guest->rx_bps = guest->tx_bps = -1;
	g_array_set_size(guest->nic_rates, 0);
	for (unsigned i = 0; i < new->nics->len; i++) {
		const struct guest_nic *nic = new->nics->pdata[i];
		const struct guest_nic *before = find_nic(old, i, nic->mac);
		double rates[2] = {-1, -1};

		if (before) {
			rates[0] = rate(before->rx_bytes, nic->rx_bytes, span_us);
			rates[1] = rate(before->tx_bytes, nic->tx_bytes, span_us);
		}
		add_rate(&guest->rx_bps, rates[0]);
		add_rate(&guest->tx_bps, rates[1]);
		g_array_append_vals(guest->nic_rates, rates, 1);
	}
}

static void take_facts(struct guest *guest, const struct guest_detail *detail)
{
	if (detail->vcpus)
		guest->vcpus = detail->vcpus;
	if (detail->memory_kib)
		guest->memory_kib = detail->memory_kib;
	if (detail->virt_type && *detail->virt_type) {
		guest->virt_known = true;
		guest->tcg = strcmp(detail->virt_type, "qemu") == 0;
	}
}

bool guest_set_detail(struct guest *guest, struct guest_detail *detail)
{
	struct guest_detail *old = guest->detail;
	gint64 span_us = old ? detail->taken_us - old->taken_us : 0;

	if (old && span_us < 0)
		return false;
	rate_disks(guest, old, detail, span_us);
	rate_nics(guest, old, detail, span_us);
	guest->net_rate_us = guest->disk_rate_us = detail->taken_us;
	take_facts(guest, detail);
	guest->detail = guest_detail_ref(detail);
	guest_detail_unref(old);
	return true;
}

/* ---- of a row on screen ---- */

static bool detail_is_fresh(const struct guest *guest, gint64 us)
{
	return guest->detail && us - guest->detail->taken_us < DETAIL_FRESH_US;
}

static void rate_net(struct guest *guest, const struct guest_traffic *old, const struct guest_traffic *new)
{
	gint64 span_us = old->net_us ? new->net_us - old->net_us : 0;

	guest->rx_bps = rate(old->rx_bytes, new->rx_bytes, span_us);
	guest->tx_bps = rate(old->tx_bytes, new->tx_bytes, span_us);
	guest->net_rate_us = new->net_us;
}

static void rate_disk(struct guest *guest, const struct guest_traffic *old, const struct guest_traffic *new)
{
	gint64 span_us = old->disk_us ? new->disk_us - old->disk_us : 0;

	guest->rd_bps = rate(old->rd_bytes, new->rd_bytes, span_us);
	guest->wr_bps = rate(old->wr_bytes, new->wr_bytes, span_us);
	guest->disk_rate_us = new->disk_us;
}

bool guest_set_traffic(struct guest *guest, const struct guest_traffic *traffic)
{
	struct guest_traffic *kept;

	if (!guest)
		return false;
	kept = guest->traffic = guest->traffic ? guest->traffic : guest_traffic_new();
	if (traffic->net_us > kept->net_us) {
		if (!detail_is_fresh(guest, traffic->net_us))
			rate_net(guest, kept, traffic);
		kept->net_us = traffic->net_us;
		kept->rx_bytes = traffic->rx_bytes;
		kept->tx_bytes = traffic->tx_bytes;
	}
	if (traffic->disk_us > kept->disk_us) {
		if (!detail_is_fresh(guest, traffic->disk_us))
			rate_disk(guest, kept, traffic);
		kept->disk_us = traffic->disk_us;
		kept->rd_bytes = traffic->rd_bytes;
		kept->wr_bytes = traffic->wr_bytes;
	}
	if (traffic->address) {
		g_free(kept->address);
		kept->address = g_strdup(traffic->address);
	}
	return true;
}

static double told(double a, double b, gint64 as_of_us, gint64 now_us)
{
	if ((a < 0 && b < 0) || now_us - as_of_us > RATE_KEPT_US)
		return -1;
	return MAX(a, 0) + MAX(b, 0);
}

double guest_disk_bps(const struct guest *guest, gint64 now_us)
{
	return told(guest->rd_bps, guest->wr_bps, guest->disk_rate_us, now_us);
}

double guest_net_bps(const struct guest *guest, gint64 now_us)
{
	return told(guest->rx_bps, guest->tx_bps, guest->net_rate_us, now_us);
}
