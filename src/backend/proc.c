/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QEMU processes of this machine, by /proc: see proc.h. */
#include "backend/proc.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "nvirt/inv.h"

/* Reads a small file of /proc/PID; bytes read, or -1. Always leaves a NUL behind them. */
static gssize read_file(int pid, const char *name, char *out, gsize size)
{
	char path[64];
	gssize n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, out, size - 1);
	close(fd);
	out[MAX(n, 0)] = '\0';
	return n;
}

bool proc_parse_stat(
        const char *text, char *ret_state, uint64_t *ret_ticks, uint64_t *ret_start, uint64_t *ret_rss_pages)
{
	/* The command in parentheses may hold anything, parentheses too. */
	const char *behind = strrchr(text, ')');
	unsigned long long utime, stime, start;
	long long rss;
	char state;

	if (behind == NULL || sscanf(behind + 1,
	                              " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d %*d "
	                              "%*d %llu %*u %lld",
	                              &state, &utime, &stime, &start, &rss) != 5)
		return false;
	*ret_state = state;
	*ret_ticks = utime + stime;
	*ret_start = start;
	*ret_rss_pages = rss > 0 ? rss : 0;
	return true;
}

static bool read_stat(int pid, char *ret_state, uint64_t *ret_ticks, uint64_t *ret_start, uint64_t *ret_rss)
{
	char text[1024];

	return read_file(pid, "stat", text, sizeof(text)) > 0 &&
	        proc_parse_stat(text, ret_state, ret_ticks, ret_start, ret_rss);
}

bool proc_parse_cmdline(const char *bytes, gsize len, uint8_t ret_uuid[16])
{
	bool next = false;

	for (gsize at = 0; at < len; at += strnlen(bytes + at, len - at) + 1) {
		gsize word = strnlen(bytes + at, len - at);

		/* A word without its NUL was cut off. */
		if (next)
			return at + word < len && uuid_parse(bytes + at, ret_uuid);
		next = strcmp(bytes + at, "-uuid") == 0;
	}
	return false;
}

static bool is_qemu(int pid)
{
	char comm[32];

	return read_file(pid, "comm", comm, sizeof(comm)) > 0 && g_str_has_prefix(comm, "qemu");
}

static void add_qemu(GArray *found, int pid)
{
	enum { CMDLINE_MAX = 256 * 1024 }; /* -uuid stands before the devices */
	g_autofree char *cmdline = g_malloc(CMDLINE_MAX);
	struct proc_qemu qemu = {.pid = pid};
	uint64_t ticks, rss;
	char state;
	gssize len = read_file(pid, "cmdline", cmdline, CMDLINE_MAX);

	if (len > 0 && proc_parse_cmdline(cmdline, len, qemu.uuid) &&
	        read_stat(pid, &state, &ticks, &qemu.start, &rss))
		g_array_append_val(found, qemu);
}

GArray *proc_find_qemus(void)
{
	GArray *found = g_array_new(FALSE, FALSE, sizeof(struct proc_qemu));
	DIR *dir = opendir("/proc");
	struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		int pid = g_ascii_isdigit(entry->d_name[0]) ? atoi(entry->d_name) : 0;

		if (pid > 0 && is_qemu(pid))
			add_qemu(found, pid);
	}
	if (dir != NULL)
		closedir(dir);
	return found;
}

/* Nanoseconds of all its threads, finer than the ticks of /proc; 0 = not told. */
static uint64_t cpu_clock_ns(int pid)
{
	struct timespec spent;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &spent) != 0)
		return 0;
	return spent.tv_sec * UINT64_C(1000000000) + spent.tv_nsec;
}

bool proc_read(int pid, uint64_t start, struct proc_figures *ret_figures)
{
	uint64_t clock_ns = cpu_clock_ns(pid); /* before the look whether it is still the same */
	uint64_t ticks, its_start, rss_pages;
	char state;

	if (!read_stat(pid, &state, &ticks, &its_start, &rss_pages) || its_start != start || state == 'Z')
		return false;
	ret_figures->stopped = state == 'T';
	ret_figures->rss_kib = rss_pages * (sysconf(_SC_PAGESIZE) / 1024);
	ret_figures->cpu_time_ns =
	        clock_ns != 0 ? clock_ns : ticks * (UINT64_C(1000000000) / sysconf(_SC_CLK_TCK));
	return true;
}

int proc_parse_last_cpu(const char *text)
{
	enum { FIELDS_BEFORE = 36 }; /* from the state on */
	const char *at = strrchr(text, ')');

	if (at == NULL || *++at != ' ')
		return -1;
	at++;
	for (int i = 0; i < FIELDS_BEFORE; i++) {
		at = strchr(at, ' ');
		if (at == NULL)
			return -1;
		at++;
	}
	return g_ascii_isdigit(*at) ? atoi(at) : -1;
}

int64_t proc_parse_kib(const char *status, const char *name)
{
	g_autofree char *start = g_strdup_printf("\n%s:", name);
	const char *line = strstr(status, start);
	char *end;
	gint64 kib;

	if (line == NULL)
		return -1;
	line += strlen(start);
	kib = g_ascii_strtoll(line, &end, 10);
	return end != line && kib >= 0 && strncmp(end, " kB", 3) == 0 ? kib : -1;
}

int64_t proc_swap_kib(int pid, uint64_t start)
{
	char text[8192];
	uint64_t ticks, its_start, rss;
	char state;

	if (read_file(pid, "status", text, sizeof(text)) <= 0 || !read_stat(pid, &state, &ticks, &its_start, &rss) ||
	        its_start != start)
		return -1;
	return proc_parse_kib(text, "VmSwap");
}

gint64 proc_started_unix_us(uint64_t start)
{
	g_autofree char *text = NULL;
	const char *line;

	if (!g_file_get_contents("/proc/stat", &text, NULL, NULL) || (line = strstr(text, "\nbtime ")) == NULL)
		return 0;
	return (g_ascii_strtoll(line + 7, NULL, 10) * sysconf(_SC_CLK_TCK) + (gint64)start) * G_USEC_PER_SEC /
	        sysconf(_SC_CLK_TCK);
}
