/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The detail thread's look at the running guests' processes, each tick while they are on screen.
 *
 * Of this machine by /proc; of another one what libvirt tells without asking a monitor: its vCPUs.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/detail.h"
#include "backend/proc_tree.h"

#define BUDGET_US G_USEC_PER_SEC
#define VCPUS_MAX 512
/* The kernel walks a process's pages for its PSS: at most this share of the time goes there. */
#define PSS_EVERY_US (10 * G_USEC_PER_SEC)
#define PSS_SHARE 500
#define PSS_KEPT 64

/* A running guest, copied from what host and tick know. */
struct running {
	uint8_t uuid[16];
	int pid;
	uint64_t start;
};

/* The last PSS of a process. */
struct pss {
	uint64_t start; /* of the process */
	int64_t kib;
	gint64 next_us;
};

static GArray *running_guests(struct detail *detail)
{
	GArray *guests = g_array_new(FALSE, FALSE, sizeof(struct running));
	GHashTableIter iter;
	gpointer value;

	host_lock(detail->host);
	g_hash_table_iter_init(&iter, detail->host->guests);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct guest_seen *guest = value;
		struct running running = {.pid = guest->pid, .start = guest->pid_start};

		if (guest->id == -1)
			continue;
		memcpy(running.uuid, guest->uuid, sizeof(running.uuid));
		g_array_append_val(guests, running);
	}
	host_unlock(detail->host);
	return guests;
}

/* ---- of this machine ---- */

static int64_t pss_of(struct detail *detail, const struct health_source *source, const struct running *running)
{
	gint64 now_us = g_get_monotonic_time(), took_us;
	struct pss *pss;

	if (detail->pss == NULL)
		detail->pss = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	pss = g_hash_table_lookup(detail->pss, GINT_TO_POINTER(running->pid));
	if (pss != NULL && pss->start == running->start && now_us < pss->next_us)
		return pss->kib;
	if (pss == NULL) {
		pss = g_new0(struct pss, 1);
		g_hash_table_insert(detail->pss, GINT_TO_POINTER(running->pid), pss);
	}
	pss->start = running->start;
	pss->kib = proc_tree_pss(source, running->pid);
	took_us = g_get_monotonic_time() - now_us;
	pss->next_us = now_us + MAX(PSS_EVERY_US, took_us * PSS_SHARE);
	return pss->kib;
}

static struct qemu_process *read_local(struct detail *detail, const struct running *running)
{
	const struct health_source source = {.root = ""};
	struct qemu_process *process = proc_tree_read(&source, running->pid, running->start);

	if (process != NULL)
		process->pss_kib = pss_of(detail, &source, running);
	return process;
}

/* ---- of another one ---- */

static void add_vcpu(struct qemu_process *process, const virVcpuInfo *info)
{
	struct qemu_thread *thread = qemu_thread_new();

	thread->kind = THREAD_VCPU;
	thread->vcpu = (int)info->number;
	thread->cpu_ns = (int64_t)info->cpuTime;
	thread->cpu = info->cpu;
	if (info->state == VIR_VCPU_RUNNING)
		thread->state = 'R';
	else if (info->state == VIR_VCPU_BLOCKED)
		thread->state = 'S';
	g_ptr_array_add(process->threads, thread);
}

/* NULL: it has ended meanwhile. */
static struct qemu_process *ask_libvirt(struct detail *detail, const struct running *running)
{
	virDomainPtr dom = virDomainLookupByUUID(detail->conn, running->uuid);
	g_autofree virVcpuInfo *infos = g_new0(virVcpuInfo, VCPUS_MAX);
	struct qemu_process *process = NULL;
	virDomainInfo info;
	int n;

	if (dom == NULL)
		return NULL;
	if (virDomainGetInfo(dom, &info) == 0 && info.state != VIR_DOMAIN_SHUTOFF) {
		process = qemu_process_new();
		process->taken_us = g_get_monotonic_time();
		process->cpu_ns = (int64_t)info.cpuTime;
		g_free(process->unread);
		process->unread = g_strdup("no process that can be seen from here: only what libvirt tells of its vCPUs");
		n = virDomainGetVcpus(dom, infos, VCPUS_MAX, NULL, 0);
		for (int i = 0; i < n; i++)
			add_vcpu(process, &infos[i]);
	}
	virDomainFree(dom);
	return process;
}

/* ---- all ---- */

static GPtrArray *read_all(struct detail *detail, const GArray *guests, guint *ret_known)
{
	GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)qemu_process_free);
	gint64 end_us = g_get_monotonic_time() + BUDGET_US;
	guint i;

	for (i = 0; i < guests->len && g_get_monotonic_time() < end_us; i++) {
		const struct running *running = &g_array_index(guests, struct running, i);
		struct qemu_process *process =
		        running->pid != 0 ? read_local(detail, running) : ask_libvirt(detail, running);

		if (process == NULL)
			continue;
		memcpy(process->uuid, running->uuid, sizeof(process->uuid));
		g_ptr_array_add(list, process);
	}
	*ret_known = i;
	/* Those of processes that are gone, now and then. */
	if (detail->pss != NULL && g_hash_table_size(detail->pss) > guests->len + PSS_KEPT)
		g_hash_table_remove_all(detail->pss);
	return list;
}

void detail_processes(struct detail *detail)
{
	g_autoptr(GArray) guests = NULL;
	struct msg *msg;

	if (detail->conn == NULL || !detail_enter(detail, BUSY_HOST, NULL))
		return;
	guests = running_guests(detail);
	msg = detail_msg(detail, MSG_PROCESSES);
	msg->list = read_all(detail, guests, &msg->known);
	msg->total = guests->len;
	detail->processes_us = g_get_monotonic_time();
	if (detail_leave(detail))
		detail_post(detail, msg);
	else
		msg_free(msg);
}
