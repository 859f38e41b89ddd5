/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests whose QEMU does not answer: see stuck.h. */
#include "backend/stuck.h"

#include <string.h>

#include "backend/conn.h"

/* A monitor that has been occupied for less may only be busy with a long list. */
#define OCCUPIED_MS 2000
/* A call about one guest that hangs this long is its fault, whatever libvirt says. */
#define HOPELESS_US (10 * G_USEC_PER_SEC)

gint64 stuck_next_look_us(const struct backend_host *host)
{
	const struct busy *busy = &host->detail_busy;

	if (busy->on != BUSY_GUESTS || busy->told)
		return G_MAXINT64;
	return MAX(busy->since_us, busy->looked_us) + GUEST_NO_ANSWER_US;
}

bool stuck_avoid(const struct guest_seen *guest)
{
	return guest->stopped_us != 0 || guest->hung_us != 0;
}

void stuck_returned(struct backend_host *host, const GArray *guests)
{
	for (guint i = 0; i < guests->len; i++) {
		struct guest_seen *guest = host_guest(host, g_array_index(guests, struct guest_id, i).bytes);

		if (guest == NULL || guest->hung_calls == 0 || --guest->hung_calls > 0)
			continue;
		guest->hung_us = 0;
		host_tell_stuck(host, guest);
	}
}

static char *control_words(const virDomainControlInfo *info)
{
	if (info->state == VIR_DOMAIN_CONTROL_ERROR)
		return g_strdup("the connection to its monitor is broken");
	if (info->stateTime < OCCUPIED_MS)
		return NULL;
	if (info->state == VIR_DOMAIN_CONTROL_OCCUPIED)
		return g_strdup("QEMU does not answer its monitor");
	if (info->state == VIR_DOMAIN_CONTROL_JOB)
		return g_strdup("a job of libvirt (snapshot, save, …) holds its monitor");
	return NULL;
}

/* Who holds each guest's monitor, in words or NULL, in their order. NULL when libvirt does not even say that. */
static GPtrArray *ask_control(virConnectPtr conn, const GArray *guests)
{
	g_autoptr(GPtrArray) why = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < guests->len; i++) {
		virDomainPtr dom = virDomainLookupByUUID(conn, g_array_index(guests, struct guest_id, i).bytes);
		virDomainControlInfo info = {0};
		bool told = dom != NULL && virDomainGetControlInfo(dom, &info, 0) == 0;

		g_ptr_array_add(why, told ? control_words(&info) : NULL);
		if (dom != NULL)
			virDomainFree(dom);
		if (!told && conn_lost(conn))
			return NULL;
	}
	virResetLastError();
	return g_steal_pointer(&why);
}

/* Lock held. */
static void mark_hung(struct backend_host *host, const struct guest_id *id, gint64 since_us, const char *why)
{
	struct guest_seen *guest = host_guest(host, id->bytes);

	if (guest == NULL)
		return;
	g_free(guest->why);
	guest->why = g_strdup(why);
	guest->hung_us = since_us;
	host_tell_stuck(host, guest);
}

/* Lock held. Names the guests, and lets another thread go on without them. */
static void leave_behind(struct backend_host *host, const GArray *guests, gint64 since_us, const GPtrArray *why)
{
	for (guint i = 0; i < guests->len; i++) {
		const struct guest_id *id = &g_array_index(guests, struct guest_id, i);
		struct guest_seen *guest = host_guest(host, id->bytes);

		/* Also those that are well: that call is about them too. */
		if (guest != NULL)
			guest->hung_calls++;
		if (why->pdata[i] != NULL)
			mark_hung(host, id, since_us, why->pdata[i]);
	}
	if (host->details < HOST_THREADS_MAX)
		host_drop_detail(host);
	else
		host->detail_busy.told = true;
	host_want_threads(host);
}

static bool any_named(const GPtrArray *why)
{
	for (guint i = 0; i < why->len; i++)
		if (why->pdata[i] != NULL)
			return true;
	return false;
}

/* Lock held. */
static void judge(struct backend_host *host, const GArray *guests, gint64 since_us, GPtrArray *why)
{
	gint64 now_us = g_get_monotonic_time();

	if (!any_named(why) && guests->len == 1 && now_us - since_us >= HOPELESS_US)
		why->pdata[0] = g_strdup("libvirt's answer about it is overdue");
	if (any_named(why))
		leave_behind(host, guests, since_us, why);
	else
		host->detail_busy.looked_us = now_us;
}

/* What the overdue call of the detail thread is about. */
struct overdue {
	GArray *guests;
	gint64 since_us;
	uint32_t detail_generation;
};

/* false: nothing is overdue. Marks the poller as busy. */
static bool find_overdue(struct backend_host *host, uint32_t generation, struct overdue *ret)
{
	bool found;

	host_lock(host);
	found = generation == host->generation && g_get_monotonic_time() >= stuck_next_look_us(host);
	if (found) {
		ret->guests = g_array_copy(host->detail_busy.guests);
		ret->since_us = host->detail_busy.since_us;
		ret->detail_generation = host->detail_generation;
		busy_clear(&host->busy);
		host->busy.on = BUSY_HOST;
		host->busy.since_us = g_get_monotonic_time();
	}
	host_unlock(host);
	return found;
}

static bool still_overdue(const struct backend_host *host, const struct overdue *overdue)
{
	return overdue->detail_generation == host->detail_generation &&
	        host->detail_busy.on == BUSY_GUESTS && host->detail_busy.since_us == overdue->since_us;
}

bool stuck_look(struct backend_host *host, uint32_t generation, virConnectPtr conn)
{
	struct overdue overdue = {0};
	g_autoptr(GPtrArray) why = NULL;
	bool go_on;

	if (!find_overdue(host, generation, &overdue))
		return true;
	why = ask_control(conn, overdue.guests);
	host_lock(host);
	go_on = generation == host->generation;
	if (go_on)
		busy_clear(&host->busy);
	/* It may have come back while we asked. */
	if (go_on && why != NULL && still_overdue(host, &overdue))
		judge(host, overdue.guests, overdue.since_us, why);
	else if (go_on)
		host->detail_busy.looked_us = g_get_monotonic_time();
	host_unlock(host);
	g_array_unref(overdue.guests);
	return go_on;
}
