/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's process on its host, and its rates: see process.h. Pure; any thread. */
#include "nvirt/process.h"

#include <stdio.h>
#include <string.h>

const char *thread_kind_word(enum thread_kind kind)
{
	static const char *const words[THREAD_KIND_N] = {
#define X(id, word) [id] = word,
	        THREAD_KINDS(X)
#undef X
	};

	return kind < THREAD_KIND_N ? words[kind] : "";
}

/* As QEMU names them with debug-threads=on, which libvirt asks for; the kernel keeps 15 bytes. */
static const struct {
	const char *prefix;
	enum thread_kind kind;
} names[] = {
        {"CPU ", THREAD_VCPU},
        {"ALL CPUs/", THREAD_VCPU},
        {"IO ", THREAD_IO},
        {"worker", THREAD_WORKER},
        {"pool-", THREAD_WORKER},
        {"iou-wrk-", THREAD_WORKER},
        {"vnc_worker", THREAD_DISPLAY},
        {"SPICE ", THREAD_DISPLAY},
        {"vhost-", THREAD_VHOST},
        {"live_migration", THREAD_MIGRATION},
        {"multifdsend", THREAD_MIGRATION},
        {"multifdrecv", THREAD_MIGRATION},
        {"mig/", THREAD_MIGRATION},
        {"bg_snapshot", THREAD_MIGRATION},
};

enum thread_kind thread_kind_of(const char *comm, bool main, int *ret_vcpu)
{
	int vcpu;

	*ret_vcpu = -1;
	if (main)
		return THREAD_MAIN;
	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
		if (!g_str_has_prefix(comm, names[i].prefix))
			continue;
		if (names[i].kind == THREAD_VCPU && sscanf(comm, "CPU %d/", &vcpu) == 1 && vcpu >= 0)
			*ret_vcpu = vcpu;
		return names[i].kind;
	}
	return THREAD_OTHER;
}

const char *process_state_word(char state)
{
	switch (state) {
	case 'R':
		return "running";
	case 'S':
	case 'I':
		return "sleeping";
	case 'D':
		return "in the disk";
	case 'T':
		return "stopped";
	case 't':
		return "traced";
	case 'Z':
	case 'X':
		return "ended";
	default:
		return "";
	}
}

struct qemu_thread *qemu_thread_new(void)
{
	struct qemu_thread *thread = g_new0(struct qemu_thread, 1);

	thread->name = g_strdup("");
	thread->affinity = g_strdup("");
	thread->vcpu = thread->cpu = -1;
	thread->cpu_ns = -1;
	thread->cpu_pct = -1;
	return thread;
}

static void thread_free(gpointer data)
{
	struct qemu_thread *thread = data;

	g_free(thread->name);
	g_free(thread->affinity);
	g_free(thread);
}

struct qemu_process *qemu_process_new(void)
{
	struct qemu_process *process = g_new0(struct qemu_process, 1);
	char **const texts[] = {
	        &process->program, &process->user, &process->affinity, &process->cgroup, &process->unread};

	for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++)
		*texts[i] = g_strdup("");
	process->rss_kib = process->pss_kib = process->swap_kib = process->fds = process->cpu_ns = -1;
	process->cpu_pct = -1;
	process->threads = g_ptr_array_new_with_free_func(thread_free);
	return process;
}

void qemu_process_free(struct qemu_process *process)
{
	g_free(process->program);
	g_free(process->user);
	g_free(process->affinity);
	g_free(process->cgroup);
	g_free(process->unread);
	g_ptr_array_unref(process->threads);
	if (process->files)
		g_ptr_array_unref(process->files);
	g_free(process);
}

int qemu_thread_compare(gconstpointer a, gconstpointer b)
{
	const struct qemu_thread *x = *(const struct qemu_thread *const *)a, *y = *(const struct qemu_thread *const *)b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->vcpu != y->vcpu)
		return x->vcpu < y->vcpu ? -1 : 1;
	return (x->tid > y->tid) - (x->tid < y->tid);
}

char *qemu_thread_title(const struct qemu_thread *thread)
{
	if (thread->kind == THREAD_VCPU && thread->vcpu >= 0)
		return g_strdup_printf("vCPU %d", thread->vcpu);
	if (thread->kind == THREAD_VCPU)
		return g_strdup("all vCPUs");
	if (thread->kind == THREAD_MAIN || thread->kind == THREAD_WORKER)
		return g_strdup(thread_kind_word(thread->kind));
	return g_strdup(*thread->name ? thread->name : thread_kind_word(thread->kind));
}

/* ---- rates ---- */

static double rate(int64_t now_ns, int64_t before_ns, gint64 span_us)
{
	if (now_ns < 0 || before_ns < 0 || now_ns < before_ns || span_us <= 0)
		return -1;
	return (double)(now_ns - before_ns) / (double)span_us / 10.0;
}

/* The same thread, not one that was given its number since; of libvirt's, which have none, by vCPU. */
static const struct qemu_thread *find_thread(const struct qemu_process *process, const struct qemu_thread *like)
{
	for (unsigned i = 0; i < process->threads->len; i++) {
		const struct qemu_thread *thread = process->threads->pdata[i];

		if (thread->tid == like->tid && thread->start == like->start && thread->vcpu == like->vcpu)
			return thread;
	}
	return NULL;
}

void qemu_process_set_rates(struct qemu_process *process, const struct qemu_process *before)
{
	gint64 span_us;

	if (!before || before->pid != process->pid || before->start != process->start)
		return;
	span_us = process->taken_us - before->taken_us;
	process->cpu_pct = rate(process->cpu_ns, before->cpu_ns, span_us);
	for (unsigned i = 0; i < process->threads->len; i++) {
		struct qemu_thread *thread = process->threads->pdata[i];
		const struct qemu_thread *was = find_thread(before, thread);

		if (was)
			thread->cpu_pct = rate(thread->cpu_ns, was->cpu_ns, span_us);
	}
}
