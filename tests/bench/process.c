/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes and numbers: see meter.h. */
#define _GNU_SOURCE
#include "bench/meter.h"

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

double cpu_ms(pid_t pid)
{
	struct timespec spent;
	clockid_t clock;
	if (pid <= 0 || clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &spent) != 0)
		return 0;
	return (double)spent.tv_sec * 1e3 + (double)spent.tv_nsec / 1e6;
}

double cpu_ms_of(const GArray *pids)
{
	double sum = 0;
	for (guint i = 0; i < pids->len; i++)
		sum += cpu_ms(g_array_index(pids, pid_t, i));
	return sum;
}

static bool read_proc(const char *pid, const char *name, char **ret_text, gsize *ret_len)
{
	g_autofree char *path = g_strdup_printf("/proc/%s/%s", pid, name);
	return g_file_get_contents(path, ret_text, ret_len, NULL);
}

static bool is_process(const char *pid, const char *program, const char *text)
{
	g_autofree char *comm = NULL, *line = NULL;
	gsize len = 0;
	return read_proc(pid, "comm", &comm, NULL) && g_str_has_prefix(comm, program) &&
	       read_proc(pid, "cmdline", &line, &len) && memmem(line, len, text, strlen(text));
}

GArray *find_processes(const char *program, const char *text)
{
	GArray *pids = g_array_new(FALSE, FALSE, sizeof(pid_t));
	g_autoptr(GDir) dir = g_dir_open("/proc", 0, NULL);
	const char *name;
	while (dir && (name = g_dir_read_name(dir))) {
		pid_t pid = (pid_t)strtol(name, NULL, 10);
		if (pid > 0 && is_process(name, program, text))
			g_array_append_val(pids, pid);
	}
	return pids;
}

double pss_mb(pid_t pid)
{
	g_autofree char *number = g_strdup_printf("%d", (int)pid);
	g_autofree char *text = NULL;
	const char *line;
	if (!read_proc(number, "smaps_rollup", &text, NULL) || !(line = strstr(text, "\nPss:")))
		return NAN;
	return g_ascii_strtod(line + strlen("\nPss:"), NULL) * 1024 / 1e6;
}

static _Noreturn void exec_quietly(const char *const *argv)
{
	int null = open("/dev/null", O_RDWR);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int fd = 0; fd <= 2; fd++)
		dup2(null, fd);
	execvp(argv[0], (char *const *)argv);
	_exit(127);
}

static double timeval_ms(struct timeval time)
{
	return (double)time.tv_sec * 1e3 + (double)time.tv_usec / 1e3;
}

bool run_command(const char *const *argv, struct run_cost *ret_cost)
{
	gint64 begin_us = g_get_monotonic_time();
	struct rusage usage;
	int status = -1;
	pid_t pid = fork();
	if (pid == 0)
		exec_quietly(argv);
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid)
		return false;
	ret_cost->wall_ms = (double)(g_get_monotonic_time() - begin_us) / 1e3;
	ret_cost->cpu_ms = timeval_ms(usage.ru_utime) + timeval_ms(usage.ru_stime);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

GArray *new_values(void)
{
	return g_array_new(FALSE, FALSE, sizeof(double));
}

void add_value(GArray *values, double value)
{
	g_array_append_val(values, value);
}

static gint compare(gconstpointer a, gconstpointer b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

double median(GArray *values)
{
	guint half = values->len / 2;
	if (values->len == 0)
		return NAN;
	g_array_sort(values, compare);
	return values->len % 2 ? g_array_index(values, double, half)
	                       : (g_array_index(values, double, half - 1) + g_array_index(values, double, half)) / 2;
}
