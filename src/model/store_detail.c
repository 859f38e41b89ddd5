/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's detail, applied: figures of the row that only it knows, and rates
 * from two of them. Main thread.
 */
#include "store_private.h"

#include <string.h>

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
	take_facts(guest, detail);
	guest->detail = guest_detail_ref(detail);
	guest_detail_unref(old);
	return true;
}
