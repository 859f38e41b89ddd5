/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A QEMU's threads and open files by /proc: see proc_tree.h. */
#define _GNU_SOURCE /* statx() */
#include "backend/proc_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/proc.h"
#include "nvirt/text.h"

/* Beyond this a process is no longer to be read by people, and reading it costs more than it tells. */
#define THREADS_MAX 4096
#define FILES_MAX 1024

/* Below /proc/PID; owned, NULL = it can not be read. */
static char *read_text(const struct health_source *source, int pid, const char *name)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/%s", pid, name);

	return health_file(source, path, NULL);
}

static int64_t ticks_ns(uint64_t ticks)
{
	return (int64_t)(ticks * (UINT64_C(1000000000) / (uint64_t)sysconf(_SC_CLK_TCK)));
}

/* The value of "Name:\tvalue" in a status file; cleaned, owned, "" = none. */
static char *status_field(const char *status, const char *name)
{
	g_autofree char *start = g_strdup_printf("\n%s:", name);
	const char *line = strstr(status, start);

	if (line == NULL)
		return g_strdup("");
	line += strlen(start);
	line += strspn(line, " \t");
	return text_clean(line, (gssize)strcspn(line, "\n"));
}

/* ---- threads ---- */

/* The scheduler counts in nanoseconds; where the kernel was built without that, ticks. */
static int64_t thread_time(const struct health_source *source, int pid, int tid, uint64_t ticks)
{
	g_autofree char *name = g_strdup_printf("task/%d/schedstat", tid);
	g_autofree char *text = read_text(source, pid, name);
	char *end = NULL;
	gint64 ns = text != NULL ? g_ascii_strtoll(text, &end, 10) : 0;

	return end != NULL && end != text && ns > 0 ? ns : ticks_ns(ticks);
}

/* NULL: it has ended meanwhile. */
static struct qemu_thread *read_thread(const struct health_source *source, int pid, int tid)
{
	g_autofree char *stat_name = g_strdup_printf("task/%d/stat", tid);
	g_autofree char *comm_name = g_strdup_printf("task/%d/comm", tid);
	g_autofree char *status_name = g_strdup_printf("task/%d/status", tid);
	g_autofree char *stat = read_text(source, pid, stat_name);
	g_autofree char *comm = read_text(source, pid, comm_name);
	g_autofree char *status = read_text(source, pid, status_name);
	uint64_t ticks, start, rss;
	struct qemu_thread *thread;
	char state;

	if (stat == NULL || comm == NULL || !proc_parse_stat(stat, &state, &ticks, &start, &rss))
		return NULL;
	thread = qemu_thread_new();
	thread->tid = tid;
	thread->start = start;
	thread->state = state;
	thread->cpu = proc_parse_last_cpu(stat);
	thread->cpu_ns = thread_time(source, pid, tid, ticks);
	g_free(thread->name);
	thread->name = text_clean(comm, (gssize)strcspn(comm, "\n"));
	thread->kind = thread_kind_of(thread->name, tid == pid, &thread->vcpu);
	if (status != NULL) {
		g_free(thread->affinity);
		thread->affinity = status_field(status, "Cpus_allowed_list");
	}
	return thread;
}

static void read_threads(struct qemu_process *process, const struct health_source *source)
{
	g_autofree char *dir = g_strdup_printf("/proc/%d/task", process->pid);
	g_autoptr(GPtrArray) names = health_names(source, dir);

	for (guint i = 0; i < names->len && process->threads->len < THREADS_MAX; i++) {
		struct qemu_thread *thread = read_thread(source, process->pid, atoi(names->pdata[i]));

		if (thread != NULL)
			g_ptr_array_add(process->threads, thread);
	}
	g_ptr_array_sort(process->threads, qemu_thread_compare);
}

/* ---- open files ---- */

static void file_free(gpointer data)
{
	struct qemu_file *file = data;

	g_free(file->path);
	g_free(file);
}

static struct qemu_file *find_file(const GPtrArray *files, const char *path)
{
	for (guint i = 0; i < files->len; i++)
		if (strcmp(((struct qemu_file *)files->pdata[i])->path, path) == 0)
			return files->pdata[i];
	return NULL;
}

static bool is_writable(const struct health_source *source, int pid, const char *fd)
{
	g_autofree char *name = g_strdup_printf("fdinfo/%s", fd);
	g_autofree char *text = read_text(source, pid, name);
	const char *flags = text != NULL ? strstr(text, "flags:") : NULL;

	return flags != NULL && (strtol(flags + strlen("flags:"), NULL, 8) & O_ACCMODE) != O_RDONLY;
}

/* What the kernel knows of it now: a server that is gone is not waited for. */
static bool look_at(const char *link, struct statx *ret_file)
{
	return statx(AT_FDCWD, link, AT_STATX_DONT_SYNC, STATX_TYPE | STATX_BLOCKS | STATX_NLINK, ret_file) == 0;
}

/* Files and disks are listed; sockets, pipes and the kernel's own things are only counted. */
static void add_file(struct qemu_process *process, const struct health_source *source, const char *fd)
{
	g_autofree char *below = g_strdup_printf("/proc/%d/fd/%s", process->pid, fd);
	g_autofree char *link = health_path(source, below), *path = NULL;
	char target[4096];
	ssize_t len = readlink(link, target, sizeof(target));
	struct qemu_file *file;
	struct statx found;
	bool device;

	if (len <= 0 || target[0] != '/' || !look_at(link, &found))
		return;
	device = S_ISBLK(found.stx_mode);
	if (!device && !S_ISREG(found.stx_mode))
		return;
	if (g_str_has_prefix(target, "/memfd:"))
		return;
	path = text_clean(target, len);
	file = find_file(process->files, path);
	if (file == NULL && process->files->len < FILES_MAX) {
		file = g_new0(struct qemu_file, 1);
		file->fd = atoi(fd);
		file->path = g_steal_pointer(&path);
		file->device = device;
		file->deleted = !device && found.stx_nlink == 0;
		file->bytes = device ? -1 : (int64_t)found.stx_blocks * 512;
		g_ptr_array_add(process->files, file);
	}
	if (file != NULL)
		file->writable |= is_writable(source, process->pid, fd);
}

static gint by_path(gconstpointer a, gconstpointer b)
{
	return strcmp((*(const struct qemu_file *const *)a)->path, (*(const struct qemu_file *const *)b)->path);
}

static void read_files(struct qemu_process *process, const struct health_source *source)
{
	g_autofree char *dir = g_strdup_printf("/proc/%d/fd", process->pid), *full = health_path(source, dir);
	bool other = *process->user != '\0' && strcmp(process->user, "root") != 0;
	g_autoptr(GPtrArray) fds = NULL;

	/* Root's, and theirs who may trace it. */
	if (access(full, R_OK | X_OK) != 0) {
		int error = errno;

		g_free(process->unread);
		process->unread = g_strdup_printf("its open files can not be seen (%s): that needs root%s%s",
		        g_strerror(error), other ? ", or its own user " : "", other ? process->user : "");
		return;
	}
	fds = health_names(source, dir);
	process->fds = fds->len;
	process->files = g_ptr_array_new_with_free_func(file_free);
	for (guint i = 0; i < fds->len; i++)
		add_file(process, source, fds->pdata[i]);
	g_ptr_array_sort(process->files, by_path);
}

/* ---- the process ---- */

/* Its name, or the number where it has none; owned. */
static char *user_name(const char *status)
{
	g_autofree char *uids = status_field(status, "Uid");
	struct passwd found, *user = NULL;
	char text[4096];

	/* The first one is the real one. */
	uids[strspn(uids, "0123456789")] = '\0';
	if (*uids != '\0' &&
	        getpwuid_r((uid_t)strtoul(uids, NULL, 10), &found, text, sizeof(text), &user) == 0 && user != NULL)
		return text_clean(user->pw_name, -1);
	return g_steal_pointer(&uids);
}

/* Below the root of its hierarchy: of several (version 1) the one that says most. */
static char *cgroup_of(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	const char *longest = "";

	for (char **line = lines; *line != NULL; line++) {
		const char *colon = strchr(*line, ':');
		const char *path = colon != NULL ? strchr(colon + 1, ':') : NULL;

		if (path != NULL && strlen(path + 1) > strlen(longest))
			longest = path + 1;
	}
	return text_clean(longest, -1);
}

static void read_status(struct qemu_process *process, const struct health_source *source)
{
	g_autofree char *status = read_text(source, process->pid, "status");
	g_autofree char *cgroup = read_text(source, process->pid, "cgroup");

	if (status != NULL) {
		g_free(process->user);
		g_free(process->affinity);
		process->user = user_name(status);
		process->affinity = status_field(status, "Cpus_allowed_list");
		process->swap_kib = proc_parse_kib(status, "VmSwap");
		process->rss_kib = proc_parse_kib(status, "VmRSS");
	}
	if (cgroup != NULL) {
		g_free(process->cgroup);
		process->cgroup = cgroup_of(cgroup);
	}
}

struct qemu_process *proc_tree_read(const struct health_source *source, int pid, uint64_t start)
{
	g_autofree char *stat = read_text(source, pid, "stat"), *comm = read_text(source, pid, "comm");
	struct qemu_process *process;
	struct proc_figures figures;
	uint64_t ticks, its_start, rss;
	char state;

	if (stat == NULL || comm == NULL || !proc_parse_stat(stat, &state, &ticks, &its_start, &rss) ||
	        its_start != start || state == 'Z')
		return NULL;
	process = qemu_process_new();
	process->pid = pid;
	process->start = start;
	process->state = state;
	process->cpu_ns = ticks_ns(ticks);
	if (*source->root == '\0' && proc_read(pid, start, &figures))
		process->cpu_ns = (int64_t)figures.cpu_time_ns;
	process->taken_us = g_get_monotonic_time();
	g_free(process->program);
	process->program = text_clean(comm, (gssize)strcspn(comm, "\n"));
	read_status(process, source);
	read_threads(process, source);
	read_files(process, source);
	return process;
}

int64_t proc_tree_pss(const struct health_source *source, int pid)
{
	g_autofree char *text = read_text(source, pid, "smaps_rollup");

	return text != NULL ? proc_parse_kib(text, "Pss") : -1;
}
