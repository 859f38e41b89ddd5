/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The detail thread's figures of the rows on screen, for the columns that show
 * them: bytes through NICs and addresses by lease, which no monitor has to
 * answer for; and bytes of disks, on a slower clock, from those that answer.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/detail.h"
#include "nvirt/text.h"

/* One call a row: a round of them ends after this, however slow the link is. */
#define ADDRESSES_BUDGET_US G_USEC_PER_SEC

static struct guest_traffic *traffic_new(const uint8_t uuid[16])
{
	struct guest_traffic *traffic = guest_traffic_new();

	memcpy(traffic->uuid, uuid, sizeof(traffic->uuid));
	return traffic;
}

static struct guest_traffic *traffic_of(GPtrArray *list, virDomainPtr dom)
{
	uint8_t uuid[VIR_UUID_BUFLEN];

	if (virDomainGetUUID(dom, uuid) < 0)
		return NULL;
	for (guint i = 0; i < list->len; i++) {
		struct guest_traffic *traffic = list->pdata[i];

		if (memcmp(traffic->uuid, uuid, sizeof(uuid)) == 0)
			return traffic;
	}
	return NULL;
}

/* The sum over all devices of a group: "net.3.rx.bytes"; -1 = none is told. */
static int64_t sum_of(const virDomainStatsRecord *record, const char *group, const char *what)
{
	g_autofree char *prefix = g_strconcat(group, ".", NULL);
	g_autofree char *suffix = g_strconcat(".", what, NULL);
	int64_t sum = -1;

	for (int i = 0; i < record->nparams; i++) {
		const virTypedParameter *param = &record->params[i];

		if (param->type == VIR_TYPED_PARAM_ULLONG && g_str_has_prefix(param->field, prefix) &&
		        g_str_has_suffix(param->field, suffix) && param->value.ul <= INT64_MAX / 2)
			sum = MAX(sum, 0) + (int64_t)MIN(param->value.ul, (uint64_t)(INT64_MAX / 2 - MAX(sum, 0)));
	}
	return sum;
}

static void take_record(struct guest_traffic *traffic, const virDomainStatsRecord *record, unsigned group)
{
	if (group == VIR_DOMAIN_STATS_INTERFACE) {
		traffic->rx_bytes = sum_of(record, "net", "rx.bytes");
		traffic->tx_bytes = sum_of(record, "net", "tx.bytes");
		traffic->net_us = g_get_monotonic_time();
	} else {
		traffic->rd_bytes = sum_of(record, "block", "rd.bytes");
		traffic->wr_bytes = sum_of(record, "block", "wr.bytes");
		traffic->disk_us = g_get_monotonic_time();
	}
}

/* One call for all of them. false: this thread was left behind in it. */
static bool read_group(struct detail *detail, const GArray *guests, GPtrArray *list, unsigned group)
{
	g_autoptr(GPtrArray) doms = g_ptr_array_new();
	virDomainStatsRecordPtr *records = NULL;
	int n;

	for (guint i = 0; i < guests->len; i++) {
		virDomainPtr dom = detail_domain(detail, g_array_index(guests, struct guest_id, i).bytes);

		if (dom != NULL)
			g_ptr_array_add(doms, dom);
	}
	if (doms->len == 0)
		return true;
	g_ptr_array_add(doms, NULL);
	if (!detail_enter(detail, group == VIR_DOMAIN_STATS_BLOCK ? BUSY_GUESTS : BUSY_HOST, guests))
		return false;
	n = virDomainListGetStats((virDomainPtr *)doms->pdata, group, &records, VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT);
	for (int i = 0; i < n; i++) {
		struct guest_traffic *traffic = traffic_of(list, records[i]->dom);

		if (traffic != NULL)
			take_record(traffic, records[i], group);
	}
	if (n >= 0)
		virDomainStatsRecordListFree(records);
	virResetLastError();
	return detail_leave(detail);
}

/* The first one, and that there are more: "192.168.122.7 +"; "" = none. Owned. */
static char *leased(virDomainPtr dom)
{
	virDomainInterfacePtr *nics = NULL;
	int n = virDomainInterfaceAddresses(dom, &nics, VIR_DOMAIN_INTERFACE_ADDRESSES_SRC_LEASE, 0);
	char *first = NULL, *text;
	unsigned count = 0;

	for (int i = 0; i < n; i++) {
		for (unsigned j = 0; j < nics[i]->naddrs; j++)
			if (count++ == 0)
				first = text_clean(nics[i]->addrs[j].addr, -1);
		virDomainInterfaceFree(nics[i]);
	}
	free(nics);
	text = g_strdup_printf("%s%s", first != NULL ? first : "", count > 1 ? " +" : "");
	g_free(first);
	return text;
}

static bool read_addresses(struct detail *detail, const GArray *guests, GPtrArray *list)
{
	gint64 end_us = g_get_monotonic_time() + ADDRESSES_BUDGET_US;

	if (!detail_enter(detail, BUSY_HOST, NULL))
		return false;
	for (guint i = 0; i < guests->len && g_get_monotonic_time() < end_us; i++) {
		virDomainPtr dom = detail_domain(detail, g_array_index(guests, struct guest_id, i).bytes);
		struct guest_traffic *traffic = dom != NULL ? traffic_of(list, dom) : NULL;

		if (traffic != NULL && traffic->address == NULL)
			traffic->address = leased(dom);
	}
	virResetLastError();
	return detail_leave(detail);
}

/* Takes the list: it is the reader's from here on. */
static void post(struct detail *detail, GPtrArray *list)
{
	struct msg *msg = detail_msg(detail, MSG_TRAFFIC);

	msg->list = list;
	detail_post(detail, msg);
}

void detail_traffic(struct detail *detail, unsigned rows)
{
	g_autoptr(GArray) guests = detail_answering(detail);
	g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)guest_traffic_free);
	bool here = true;

	if (rows & WATCH_NET)
		detail->traffic_us = g_get_monotonic_time();
	if (rows & WATCH_SLOW)
		detail->slow_us = g_get_monotonic_time();
	if (detail->conn == NULL || guests->len == 0)
		return;
	for (guint i = 0; i < guests->len; i++)
		g_ptr_array_add(list, traffic_new(g_array_index(guests, struct guest_id, i).bytes));
	if (rows & WATCH_NET)
		here = read_group(detail, guests, list, VIR_DOMAIN_STATS_INTERFACE);
	if (here && rows & WATCH_ADDRESS)
		here = read_addresses(detail, guests, list);
	if (here && rows & WATCH_DISK)
		here = read_group(detail, guests, list, VIR_DOMAIN_STATS_BLOCK);
	if (here)
		post(detail, g_steal_pointer(&list));
}
