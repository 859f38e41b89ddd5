/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The figures of one running guest that only its QEMU's monitor knows: see figures.h. */
#include "backend/figures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/event_words.h"
#include "nvirt/text.h"

/* More than any machine type has; a figure from outside bounds no loop. */
#define VCPUS_MAX 4096u

/* "block.3.rd.bytes" of a record as a number, -1 where it is not told. */
static int64_t number(const virDomainStatsRecord *record, const char *group, unsigned at, const char *what)
{
	char field[VIR_TYPED_PARAM_FIELD_LENGTH];
	unsigned long long value;

	snprintf(field, sizeof(field), "%s.%u.%s", group, at, what);
	if (virTypedParamsGetULLong(record->params, record->nparams, field, &value) != 1)
		return -1;
	return value > INT64_MAX ? -1 : (int64_t)value;
}

static unsigned count(const virDomainStatsRecord *record, const char *field)
{
	unsigned n = 0;

	virTypedParamsGetUInt(record->params, record->nparams, field, &n);
	return n;
}

static char *name_at(const virDomainStatsRecord *record, const char *group, unsigned at)
{
	char field[VIR_TYPED_PARAM_FIELD_LENGTH];
	const char *name = NULL;

	snprintf(field, sizeof(field), "%s.%u.name", group, at);
	virTypedParamsGetString(record->params, record->nparams, field, &name);
	return text_clean(name, -1);
}

static struct guest_disk *find_disk(const struct guest_detail *detail, const char *target)
{
	for (guint i = 0; i < detail->disks->len; i++) {
		struct guest_disk *disk = detail->disks->pdata[i];

		if (g_strcmp0(disk->target, target) == 0)
			return disk;
	}
	return NULL;
}

static struct guest_nic *find_nic(const struct guest_detail *detail, const char *target)
{
	for (guint i = 0; i < detail->nics->len; i++) {
		struct guest_nic *nic = detail->nics->pdata[i];

		if (*target != '\0' && g_strcmp0(nic->target, target) == 0)
			return nic;
	}
	return NULL;
}

static void read_disks(const virDomainStatsRecord *record, struct guest_detail *detail)
{
	for (unsigned i = 0, n = count(record, "block.count"); i < n; i++) {
		g_autofree char *name = name_at(record, "block", i);
		struct guest_disk *disk = find_disk(detail, name);

		if (disk == NULL)
			continue;
		disk->rd_bytes = number(record, "block", i, "rd.bytes");
		disk->wr_bytes = number(record, "block", i, "wr.bytes");
		disk->rd_ops = number(record, "block", i, "rd.reqs");
		disk->wr_ops = number(record, "block", i, "wr.reqs");
		disk->rd_time_ns = number(record, "block", i, "rd.times");
		disk->wr_time_ns = number(record, "block", i, "wr.times");
		disk->flush_ops = number(record, "block", i, "fl.reqs");
		disk->flush_time_ns = number(record, "block", i, "fl.times");
		disk->errors = number(record, "block", i, "errors");
		disk->capacity_bytes = number(record, "block", i, "capacity");
		disk->allocation_bytes = number(record, "block", i, "allocation");
	}
}

static int64_t add_known(int64_t a, int64_t b)
{
	return a < 0 ? b : b < 0 ? a : a + b;
}

static void read_nics(const virDomainStatsRecord *record, struct guest_detail *detail)
{
	for (unsigned i = 0, n = count(record, "net.count"); i < n; i++) {
		g_autofree char *name = name_at(record, "net", i);
		struct guest_nic *nic = find_nic(detail, name);

		if (nic == NULL)
			continue;
		nic->rx_bytes = number(record, "net", i, "rx.bytes");
		nic->tx_bytes = number(record, "net", i, "tx.bytes");
		nic->rx_packets = number(record, "net", i, "rx.pkts");
		nic->tx_packets = number(record, "net", i, "tx.pkts");
		nic->drops = add_known(number(record, "net", i, "rx.drop"), number(record, "net", i, "tx.drop"));
	}
}

static void read_vcpus(const virDomainStatsRecord *record, struct guest_detail *detail)
{
	unsigned n = MIN(count(record, "vcpu.maximum"), VCPUS_MAX);

	for (unsigned i = 0; i < n; i++) {
		int64_t time_ns = number(record, "vcpu", i, "time");

		g_array_append_val(detail->vcpu_time_ns, time_ns);
	}
}

static void read_balloon(const virDomainStatsRecord *record, struct guest_detail *detail)
{
	const struct {
		const char *field;
		int64_t *value;
	} rows[] = {
	        {"balloon.current", &detail->balloon_kib},
	        {"balloon.unused", &detail->unused_kib},
	        {"balloon.available", &detail->available_kib},
	        {"balloon.usable", &detail->usable_kib},
	        {"balloon.rss", &detail->rss_kib},
	        {"balloon.swap_in", &detail->swap_in_kib},
	        {"balloon.swap_out", &detail->swap_out_kib},
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		unsigned long long value;

		if (virTypedParamsGetULLong(record->params, record->nparams, rows[i].field, &value) == 1 &&
		        value <= INT64_MAX)
			*rows[i].value = value;
	}
}

/* For drivers whose bulk call tells only the state (test:///). */
static void read_each(virDomainPtr dom, struct guest_detail *detail)
{
	for (guint i = 0; i < detail->disks->len; i++) {
		struct guest_disk *disk = detail->disks->pdata[i];
		virDomainBlockStatsStruct stats;

		if (virDomainBlockStats(dom, disk->target, &stats, sizeof(stats)) < 0)
			continue;
		disk->rd_bytes = stats.rd_bytes;
		disk->wr_bytes = stats.wr_bytes;
		disk->rd_ops = stats.rd_req;
		disk->wr_ops = stats.wr_req;
		disk->errors = stats.errs;
	}
	for (guint i = 0; i < detail->nics->len; i++) {
		struct guest_nic *nic = detail->nics->pdata[i];
		virDomainInterfaceStatsStruct stats;

		if (virDomainInterfaceStats(dom, *nic->target != '\0' ? nic->target : nic->mac, &stats,
		            sizeof(stats)) < 0)
			continue;
		nic->rx_bytes = stats.rx_bytes;
		nic->tx_bytes = stats.tx_bytes;
		nic->rx_packets = stats.rx_packets;
		nic->tx_packets = stats.tx_packets;
		nic->drops = add_known(stats.rx_drop, stats.tx_drop);
	}
}

void figures_read(virDomainPtr dom, struct guest_detail *detail)
{
	virDomainPtr doms[] = {dom, NULL};
	virDomainStatsRecordPtr *records = NULL;
	bool told = false;
	int n = virDomainListGetStats(doms,
	        VIR_DOMAIN_STATS_BALLOON | VIR_DOMAIN_STATS_BLOCK | VIR_DOMAIN_STATS_INTERFACE |
	                VIR_DOMAIN_STATS_VCPU,
	        &records,
	        VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT);

	for (int i = 0; i < n; i++) {
		read_balloon(records[i], detail);
		read_disks(records[i], detail);
		read_nics(records[i], detail);
		read_vcpus(records[i], detail);
		told |= records[i]->nparams > 0;
	}
	if (n >= 0)
		virDomainStatsRecordListFree(records);
	if (!told)
		read_each(dom, detail);
}

static char *job_words(virTypedParameterPtr params, int n)
{
	unsigned long long total = 0, remaining = 0;
	int operation = 0;

	virTypedParamsGetInt(params, n, VIR_DOMAIN_JOB_OPERATION, &operation);
	virTypedParamsGetULLong(params, n, VIR_DOMAIN_JOB_DATA_TOTAL, &total);
	virTypedParamsGetULLong(params, n, VIR_DOMAIN_JOB_DATA_REMAINING, &remaining);
	if (total == 0) {
		virTypedParamsGetULLong(params, n, VIR_DOMAIN_JOB_DISK_TOTAL, &total);
		virTypedParamsGetULLong(params, n, VIR_DOMAIN_JOB_DISK_REMAINING, &remaining);
	}
	if (total == 0 || remaining > total)
		return g_strdup(event_words_job(operation));
	return g_strdup_printf(
	        "%s, %.0f %%", event_words_job(operation), 100.0 * (double)(total - remaining) / (double)total);
}

char *figures_job(virDomainPtr dom)
{
	virTypedParameterPtr params = NULL;
	int type = VIR_DOMAIN_JOB_NONE, n = 0;
	char *words = NULL;

	if (virDomainGetJobStats(dom, &type, &params, &n, 0) < 0)
		return NULL;
	if (type == VIR_DOMAIN_JOB_BOUNDED || type == VIR_DOMAIN_JOB_UNBOUNDED)
		words = job_words(params, n);
	virTypedParamsFree(params, n);
	return words;
}

char *figures_disk_errors(virDomainPtr dom, unsigned disks)
{
	g_autofree virDomainDiskErrorPtr errors = g_new0(virDomainDiskError, MAX(disks, 1));
	GString *text = g_string_new(NULL);
	int n = disks > 0 ? virDomainGetDiskErrors(dom, errors, disks, 0) : 0;

	for (int i = 0; i < n; i++) {
		g_autofree char *disk = text_clean(errors[i].disk, -1);

		g_string_append_printf(text, "%s%s: %s", text->len > 0 ? ", " : "", disk,
		        errors[i].error == VIR_DOMAIN_DISK_ERROR_NO_SPACE ? "no space" : "I/O error");
		free(errors[i].disk);
	}
	return g_string_free(text, text->len == 0);
}
