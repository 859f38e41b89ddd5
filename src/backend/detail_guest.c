/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One look at the open guest.
 *
 * First what no QEMU can hold up: its definitions, state and jobs; posted at
 * once where it is news. Then what its monitor and its agent tell. So a guest
 * that is stuck still shows what it is, and why its figures are missing.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/addresses.h"
#include "backend/conn.h"
#include "backend/detail.h"
#include "backend/domain_xml.h"
#include "backend/figures.h"
#include "backend/proc.h"
#include "backend/stuck.h"
#include "nvirt/text.h"

#define ADDRESSES_EVERY_US (10 * G_USEC_PER_SEC)
#define AGENT_TIMEOUT_S 2
#define JOB_NEWS_MS 1000

/* What the first, quick part found. */
struct glance {
	virDomainPtr dom; /* borrowed */
	char *xml, *xml_stored;
	int state, reason;
	bool active, avoid;
	int id; /* of this run */
	int pid;
	uint64_t pid_start;
	char *problem, *job;
};

static void glance_clear(struct glance *glance)
{
	free(glance->xml);
	free(glance->xml_stored);
	g_free(glance->problem);
	g_free(glance->job);
}

void detail_look_clear(struct look *look)
{
	g_free(look->xml);
	addresses_free(look->addresses);
	*look = (struct look){.id = -1};
}

static char *problem_words(const struct guest_seen *guest)
{
	gint64 now_us = g_get_monotonic_time();

	if (guest->stopped_us != 0)
		return g_strdup("its QEMU process is stopped (SIGSTOP)");
	if (guest->hung_us != 0)
		return g_strdup_printf("%s, for %d s", guest->why, (int)((now_us - guest->hung_us) / G_USEC_PER_SEC));
	return NULL;
}

static void glance_at_host(struct detail *detail, struct glance *glance)
{
	struct backend_host *host = detail->host;
	struct guest_seen *guest;

	host_lock(host);
	guest = host_guest(host, detail->open.uuid);
	if (guest != NULL) {
		glance->avoid = stuck_avoid(guest);
		glance->problem = problem_words(guest);
		glance->id = guest->id;
		glance->pid = guest->pid;
		glance->pid_start = guest->pid_start;
	}
	/* All threads that may hang do: this one keeps away from every monitor. */
	if (host->details >= HOST_THREADS_MAX) {
		glance->avoid = true;
		if (glance->problem == NULL)
			glance->problem = g_strdup("too many other guests do not answer");
	}
	host_unlock(host);
}

/* A job that holds the monitor for longer than a moment; asking more about it would wait for its end. */
static void glance_at_job(struct glance *glance)
{
	virDomainControlInfo info;

	if (!glance->active || virDomainGetControlInfo(glance->dom, &info, 0) < 0)
		return;
	if (info.state == VIR_DOMAIN_CONTROL_JOB && info.stateTime >= JOB_NEWS_MS) {
		glance->job = g_strdup("a job of libvirt that tells no progress (snapshot, revert, …)");
		glance->avoid = true;
	}
}

static bool glance_take(struct detail *detail, struct glance *glance)
{
	int stored;

	glance->dom = detail_domain(detail, detail->open.uuid);
	if (glance->dom == NULL)
		return false;
	if (virDomainGetState(glance->dom, &glance->state, &glance->reason, 0) < 0) {
		g_hash_table_remove(detail->doms, detail->open.uuid);
		return false;
	}
	glance->active = virDomainIsActive(glance->dom) == 1;
	glance->xml = virDomainGetXMLDesc(glance->dom, 0);
	stored = glance->active ? virDomainIsPersistent(glance->dom) : 0;
	if (stored == 1)
		glance->xml_stored = virDomainGetXMLDesc(glance->dom, VIR_DOMAIN_XML_INACTIVE);
	glance_at_host(detail, glance);
	glance_at_job(glance);
	return glance->xml != NULL;
}

/* A new struct, as one that was posted is frozen. */
static struct guest_detail *make_detail(const struct detail *detail, const struct glance *glance)
{
	struct guest_detail *made = guest_detail_new();
	g_autoptr(GError) error = NULL;

	memcpy(made->uuid, detail->open.uuid, sizeof(made->uuid));
	if (!domain_xml_parse(glance->xml, made, &error))
		made->problem = text_clean(error->message, -1);
	made->xml = text_clean_lines(glance->xml, -1);
	if (glance->xml_stored != NULL)
		made->xml_stored = text_clean_lines(glance->xml_stored, -1);
	if (made->problem == NULL)
		made->problem = g_strdup(glance->problem);
	made->job = g_strdup(glance->job);
	made->pid = glance->pid;
	if (glance->pid != 0) {
		made->started_unix_us = proc_started_unix_us(glance->pid_start);
		made->host_swap_kib = proc_swap_kib(glance->pid, glance->pid_start);
	}
	if (detail->look.addresses != NULL && glance->active)
		addresses_apply(detail->look.addresses, made);
	made->taken_us = g_get_monotonic_time();
	return made;
}

/* Takes it. */
static void post_detail(struct detail *detail, struct guest_detail *made)
{
	struct msg *msg = detail_msg(detail, MSG_DETAIL);

	msg->kind = OBJ_GUEST;
	memcpy(msg->uuid, made->uuid, sizeof(msg->uuid));
	msg->detail = made;
	detail_post(detail, msg);
}

/* Without it an agent that died in the guest would be waited for until the guest ends. */
static bool agent_may_be_asked(
        struct detail *detail, const struct glance *glance, const struct guest_detail *made)
{
	if (!made->agent_connected || detail->readonly)
		return false;
	if (detail->look.id == glance->id)
		return true;
	if (virDomainAgentSetResponseTimeout(glance->dom, AGENT_TIMEOUT_S, 0) < 0)
		return false;
	detail->look.id = glance->id;
	return true;
}

static void read_addresses(struct detail *detail, const struct glance *glance, struct guest_detail *made)
{
	struct look *look = &detail->look;

	if (look->addresses != NULL && addresses_age_us(look->addresses) < ADDRESSES_EVERY_US)
		return;
	addresses_free(look->addresses);
	look->addresses = addresses_read(glance->dom, made, agent_may_be_asked(detail, glance, made));
	addresses_apply(look->addresses, made);
}

/* The part that a stuck guest holds up. false: this thread was left behind in it. */
static bool read_figures(struct detail *detail, const struct glance *glance, struct guest_detail *made)
{
	g_autoptr(GArray) guests = g_array_new(FALSE, FALSE, sizeof(struct guest_id));

	g_array_append_vals(guests, detail->open.uuid, 1);
	if (!detail_enter(detail, BUSY_GUESTS, guests))
		return false;
	figures_read(glance->dom, made);
	made->taken_us = g_get_monotonic_time();
	made->job = figures_job(glance->dom);
	if (glance->state == VIR_DOMAIN_PAUSED && glance->reason == VIR_DOMAIN_PAUSED_IOERROR)
		made->disk_errors = figures_disk_errors(glance->dom, made->disks->len);
	read_addresses(detail, glance, made);
	virResetLastError();
	return detail_leave(detail);
}

/* Was nothing of this guest posted yet? What is kept of the last look is brought in step. */
static bool news(struct detail *detail, const struct glance *glance)
{
	struct look *look = &detail->look;
	bool same = look->any && memcmp(look->uuid, detail->open.uuid, sizeof(look->uuid)) == 0;

	if (!same)
		detail_look_clear(look);
	else if (strcmp(look->xml, glance->xml) == 0)
		return false;
	/* Another definition, another NIC maybe, or its agent came: its addresses are asked anew. */
	g_clear_pointer(&look->addresses, addresses_free);
	look->any = true;
	memcpy(look->uuid, detail->open.uuid, sizeof(look->uuid));
	g_free(look->xml);
	look->xml = g_strdup(glance->xml);
	return !same;
}

static void look(struct detail *detail, const struct glance *glance)
{
	bool figures = glance->active && !glance->avoid;
	struct guest_detail *made;

	if (news(detail, glance) || !figures)
		post_detail(detail, make_detail(detail, glance));
	if (!figures)
		return;
	made = make_detail(detail, glance);
	if (read_figures(detail, glance, made))
		post_detail(detail, made);
	else
		guest_detail_unref(made);
}

void detail_guest(struct detail *detail)
{
	struct glance glance = {0};
	bool found;

	detail->guest_us = g_get_monotonic_time();
	if (detail->conn == NULL || !detail_enter(detail, BUSY_HOST, NULL))
		return;
	found = glance_take(detail, &glance);
	if (detail_leave(detail) && found)
		look(detail, &glance);
	glance_clear(&glance);
	detail->guest_us = g_get_monotonic_time();
}
