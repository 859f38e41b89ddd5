/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The detail thread's lists: pools; and what the list of guests shows of their definitions. */
#include <stdlib.h>
#include <string.h>

#include "backend/conn.h"
#include "backend/detail.h"
#include "backend/domain_xml.h"
#include "backend/storage.h"
#include "backend/stuck.h"
#include "backend/usage.h"
#include "backend/volumes.h"

/* A round over the rows on screen ends after this, however slow the link is. */
#define ROWS_BUDGET_US G_USEC_PER_SEC
/* Background reading: half of the time at most, so that what a person looks at comes first. */
#define ALL_BUDGET_US (100 * G_TIME_SPAN_MILLISECOND)
#define ALL_BATCH 64

static void post_list(struct detail *detail, enum msg_type type, GPtrArray *rows, const uint8_t *pool)
{
	struct msg *msg;

	if (rows == NULL)
		return;
	if (virConnectIsAlive(detail->conn) == 0) {
		g_ptr_array_unref(rows);
		return;
	}
	msg = detail_msg(detail, type);
	msg->list = rows;
	if (pool != NULL) {
		msg->kind = OBJ_POOL;
		memcpy(msg->uuid, pool, sizeof(msg->uuid));
		msg->known = usage_known(detail->usage);
		msg->total = detail_guest_count(detail);
	}
	detail_post(detail, msg);
}

void detail_post_list(struct detail *detail, enum msg_type type, GPtrArray *rows)
{
	post_list(detail, type, rows, NULL);
}

void detail_post_volumes(struct detail *detail, const uint8_t pool[16], GPtrArray *rows)
{
	post_list(detail, MSG_VOLUMES, rows, pool);
}

/* What their volumes add up to, as far as that was read. */
static void add_totals(const struct detail *detail, const GPtrArray *rows)
{
	for (guint i = 0; rows != NULL && i < rows->len; i++) {
		struct pool_row *row = rows->pdata[i];

		volumes_total(detail->volumes, row->uuid, &row->virtual_bytes, &row->volumes);
	}
}

void detail_pools(struct detail *detail)
{
	GPtrArray *rows;

	if (detail->conn == NULL || !detail_enter(detail, BUSY_LISTS, NULL))
		return;
	rows = storage_list_pools(detail->conn);
	detail->lists_us = g_get_monotonic_time();
	add_totals(detail, rows);
	if (detail_leave(detail))
		detail_post_list(detail, MSG_POOLS, rows);
	else
		g_clear_pointer(&rows, g_ptr_array_unref);
}

/* ---- rows on screen ------------------------------------------------------------- */

/* What one row wants to know; marks it as read before it is read, so that an event meanwhile is not lost. */
static bool row_wants(struct detail *detail, const struct guest_id *id, bool *ret_definition, bool *ret_active)
{
	struct backend_host *host = detail->host;
	struct guest_seen *guest;

	host_lock(host);
	guest = detail->generation == host->detail_generation ? host_guest(host, id->bytes) : NULL;
	if (guest != NULL) {
		*ret_definition = !guest->defined;
		*ret_active = guest->id != -1 && guest->pid == 0;
		guest->defined = true;
	}
	host_unlock(host);
	return guest != NULL;
}

/* Lock held. The same text is the same string, so that the store sees at once that nothing changed. */
static void share(GRefString **to, const char *text)
{
	if (*to != NULL && strcmp(*to, text) == 0)
		return;
	g_clear_pointer(to, g_ref_string_release);
	*to = g_ref_string_new_intern(text);
}

/* Lock held. `row` NULL: it could not be read, and is not asked again until it changes. */
static void keep_row(struct guest_seen *guest, const struct domain_row *row)
{
	if (row != NULL) {
		guest->vcpus = row->vcpus;
		guest->memory_kib = row->memory_kib;
		guest->tcg = row->tcg;
		guest->flags = (guest->flags & ~(unsigned)GUEST_TEMPLATE) | (row->template ? GUEST_TEMPLATE : 0);
	}
	share(&guest->title, row != NULL ? row->title : "");
	share(&guest->tags, row != NULL ? row->tags : "");
}

static bool keep_definition(struct detail *detail, const struct guest_id *id, virDomainPtr dom)
{
	struct guest_seen *guest;
	struct domain_row row = {0};
	char *xml = virDomainGetXMLDesc(dom, 0);
	bool known = xml != NULL && domain_xml_parse_row(xml, &row);

	bool asked_in_vain = xml == NULL && virConnectIsAlive(detail->conn) != 1;

	free(xml);
	host_lock(detail->host);
	guest = host_guest(detail->host, id->bytes);
	if (guest != NULL && asked_in_vain)
		guest->defined = detail->host->all_read = false;
	else if (guest != NULL)
		keep_row(guest, known ? &row : NULL);
	host_unlock(detail->host);
	domain_row_clear(&row);
	return known;
}

static void keep_cpu_time(struct detail *detail, const struct guest_id *id, virDomainPtr dom)
{
	struct guest_seen *guest;
	virDomainInfo info;

	if (virDomainGetInfo(dom, &info) < 0)
		return;
	host_lock(detail->host);
	guest = host_guest(detail->host, id->bytes);
	if (guest != NULL) {
		guest->cpu_time_ns = info.cpuTime;
		guest->cpu_read_us = g_get_monotonic_time();
	}
	host_unlock(detail->host);
}

/* true when the list should show something new at once. */
static bool read_row(struct detail *detail, const struct guest_id *id, bool cpu_times)
{
	bool definition, active;
	virDomainPtr dom;

	if (!row_wants(detail, id, &definition, &active) || (!definition && !(active && cpu_times)))
		return false;
	dom = detail_domain(detail, id->bytes);
	if (dom == NULL)
		return false;
	if (active && cpu_times)
		keep_cpu_time(detail, id, dom);
	return definition && keep_definition(detail, id, dom);
}

void detail_rows(struct detail *detail, bool cpu_times)
{
	gint64 end_us = g_get_monotonic_time() + ROWS_BUDGET_US;
	struct guest_id open;
	bool news = false;

	if (cpu_times)
		detail->cpu_times_us = g_get_monotonic_time();
	if (detail->conn == NULL || !detail_enter(detail, BUSY_HOST, NULL))
		return;
	for (guint i = 0; i < detail->visible->len && g_get_monotonic_time() < end_us; i++)
		news |= read_row(detail, &g_array_index(detail->visible, struct guest_id, i), cpu_times);
	if (detail->open.kind == OBJ_GUEST) {
		memcpy(open.bytes, detail->open.uuid, sizeof(open.bytes));
		news |= read_row(detail, &open, false);
	}
	if (!detail_leave(detail) || !news)
		return;
	host_lock(detail->host);
	host_kick(detail->host);
	host_unlock(detail->host);
}

/* ---- all definitions ------------------------------------------------------------- */

/* Up to ALL_BATCH guests whose definition was not read; fewer than that: there are no more. */
static GArray *unread(struct detail *detail)
{
	GArray *guests = g_array_new(FALSE, FALSE, sizeof(struct guest_id));
	struct backend_host *host = detail->host;
	GHashTableIter iter;
	gpointer value;

	host_lock(host);
	g_hash_table_iter_init(&iter, host->guests);
	while (guests->len < ALL_BATCH && g_hash_table_iter_next(&iter, NULL, &value)) {
		struct guest_seen *guest = value;

		if (guest->defined)
			continue;
		guest->defined = true;
		g_array_append_vals(guests, guest->uuid, 1);
	}
	host->all_read = guests->len < ALL_BATCH;
	host_unlock(host);
	return guests;
}

/* Those that there was no time for are asked another time. */
static void put_back(struct detail *detail, const GArray *guests, guint from)
{
	host_lock(detail->host);
	for (guint i = from; i < guests->len; i++) {
		struct guest_seen *guest =
		        host_guest(detail->host, g_array_index(guests, struct guest_id, i).bytes);

		if (guest != NULL)
			guest->defined = detail->host->all_read = false;
	}
	host_unlock(detail->host);
}

/* The list is told once a second while it goes on, and at the end. */
static void tell_all(struct detail *detail)
{
	gint64 now_us = g_get_monotonic_time();

	host_lock(detail->host);
	if (detail->host->all_read || now_us - detail->all_kick_us >= G_USEC_PER_SEC) {
		detail->all_kick_us = now_us;
		host_kick(detail->host);
	}
	host_unlock(detail->host);
}

void detail_all(struct detail *detail)
{
	gint64 end_us = g_get_monotonic_time() + ALL_BUDGET_US;
	g_autoptr(GArray) guests = NULL;
	guint i = 0;

	if (detail->conn == NULL || !detail_enter(detail, BUSY_HOST, NULL))
		return;
	guests = unread(detail);
	for (; i < guests->len && g_get_monotonic_time() < end_us; i++) {
		const struct guest_id *id = &g_array_index(guests, struct guest_id, i);
		virDomainPtr dom = virDomainLookupByUUID(detail->conn, id->bytes);

		if (dom == NULL)
			continue;
		keep_definition(detail, id, dom);
		virDomainFree(dom);
	}
	put_back(detail, guests, i);
	virResetLastError();
	if (detail_leave(detail))
		tell_all(detail);
	detail->all_us = g_get_monotonic_time();
}

/* ---- the canary ------------------------------------------------------------------ */

GArray *detail_answering(struct detail *detail)
{
	GArray *guests = g_array_new(FALSE, FALSE, sizeof(struct guest_id));
	struct backend_host *host = detail->host;

	host_lock(host);
	for (guint i = 0; i < detail->visible->len; i++) {
		struct guest_id *id = &g_array_index(detail->visible, struct guest_id, i);
		struct guest_seen *guest = host_guest(host, id->bytes);

		if (guest != NULL && guest->id != -1 && !stuck_avoid(guest))
			g_array_append_val(guests, *id);
	}
	host_unlock(host);
	return guests;
}

/* One call that every monitor on screen must answer: a stuck one holds it up, and is found by that. */
void detail_canary(struct detail *detail)
{
	g_autoptr(GArray) guests = detail_answering(detail);
	g_autoptr(GPtrArray) doms = g_ptr_array_new();
	virDomainStatsRecordPtr *records = NULL;

	detail->canary_us = g_get_monotonic_time();
	for (guint i = 0; detail->conn != NULL && i < guests->len; i++) {
		virDomainPtr dom = detail_domain(detail, g_array_index(guests, struct guest_id, i).bytes);

		if (dom != NULL)
			g_ptr_array_add(doms, dom);
	}
	if (doms->len == 0 || !detail_enter(detail, BUSY_GUESTS, guests))
		return;
	g_ptr_array_add(doms, NULL);
	if (virDomainListGetStats((virDomainPtr *)doms->pdata, VIR_DOMAIN_STATS_BALLOON, &records,
	            VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT) >= 0)
		virDomainStatsRecordListFree(records);
	detail_leave(detail);
}
