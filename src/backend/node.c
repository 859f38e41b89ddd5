/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Figures and facts of a host itself: see node.h. */
#include "backend/node.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/kvm.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "backend/node_libvirt.h"
#include "backend/uri.h"
#include "nvirt/text.h"

/* ---- figures ------------------------------------------------------------- */

int64_t node_field(const char *text, const char *name)
{
	gsize len = strlen(name);

	for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, len) == 0)
			return g_ascii_strtoll(line + len, NULL, 10);
	}
	return -1;
}

void node_parse_meminfo(const char *text, struct node_sample *node)
{
	node->memory_total_kib = node_field(text, "MemTotal:");
	node->memory_free_kib = node_field(text, "MemAvailable:");
	node->swap_total_kib = node_field(text, "SwapTotal:");
	node->swap_free_kib = node_field(text, "SwapFree:");
}

static unsigned count_cpus(const char *text)
{
	unsigned n = 0;

	for (const char *at = strstr(text, "\ncpu"); at != NULL; at = strstr(at + 4, "\ncpu"))
		n++;
	return n;
}

/* What stands behind "cpu" or "cpu3": user nice system idle iowait irq softirq steal, in ticks; guest time is within user. */
static bool parse_ticks(const char *text, struct node_cpu *ret_cpu)
{
	int64_t ns = INT64_C(1000000000) / sysconf(_SC_CLK_TCK);
	unsigned long long user, nice, sys, idle, iowait = 0, irq = 0, softirq = 0, steal = 0;
	unsigned long long busy;

	if (sscanf(text, "%llu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &sys, &idle, &iowait, &irq,
	            &softirq, &steal) < 4)
		return false;
	busy = user + nice + sys + irq + softirq + steal;
	*ret_cpu = (struct node_cpu){(int64_t)busy * ns, (int64_t)(busy + idle + iowait) * ns};
	return true;
}

void node_parse_stat(const char *text, struct node_sample *node)
{
	struct node_cpu all;

	if (!g_str_has_prefix(text, "cpu ") || !parse_ticks(text + strlen("cpu "), &all))
		return;
	node->cpu_busy_ns = all.busy_ns;
	node->cpu_total_ns = all.total_ns;
	node->cpus = count_cpus(text);
}

void node_parse_cpus(const char *text, GArray *cpus)
{
	const struct node_cpu offline = {-1, -1};

	for (const char *at = strstr(text, "\ncpu"); at != NULL; at = strstr(at + 4, "\ncpu")) {
		char *end;
		guint64 number = g_ascii_strtoull(at + 4, &end, 10);

		if (end == at + 4 || number >= NODE_CPUS_MAX)
			continue;
		while (cpus->len <= number)
			g_array_append_val(cpus, offline);
		parse_ticks(end, &g_array_index(cpus, struct node_cpu, number));
	}
}

/* "avg10=0.12" of a line; -1 = not told. */
static double average(const char *line, const char *name)
{
	const char *at = line != NULL ? strstr(line, name) : NULL;

	return at != NULL ? g_ascii_strtod(at + strlen(name), NULL) : -1;
}

void node_parse_stall(const char *text, struct node_stall *ret_stall)
{
	static const char *const names[NODE_STALL_SPANS] = {"avg10=", "avg60=", "avg300="};
	const char *full = strstr(text, "\nfull ");
	const char *some = g_str_has_prefix(text, "some ") ? text : NULL;

	for (unsigned i = 0; i < NODE_STALL_SPANS; i++) {
		ret_stall->some[i] = average(some, names[i]);
		ret_stall->full[i] = average(full, names[i]);
	}
}

/* "some avg10=… total=123": time in which at least one task waited, or -1. */
int64_t node_parse_pressure(const char *text)
{
	const char *total = g_str_has_prefix(text, "some ") ? strstr(text, " total=") : NULL;
	const char *end = strchr(text, '\n');

	if (total == NULL || (end != NULL && total > end) || !g_ascii_isdigit(total[7]))
		return -1;
	return g_ascii_strtoll(total + 7, NULL, 10);
}

/* Kernels without it, or with psi=0, tell nothing. */
static int64_t read_pressure(const char *path)
{
	g_autofree char *text = NULL;

	return g_file_get_contents(path, &text, NULL, NULL) ? node_parse_pressure(text) : -1;
}

void node_read_local(struct node_sample *ret_node)
{
	g_autofree char *meminfo = NULL, *stat = NULL;
	double load[3];

	node_sample_clear(ret_node);
	if (g_file_get_contents("/proc/meminfo", &meminfo, NULL, NULL))
		node_parse_meminfo(meminfo, ret_node);
	if (g_file_get_contents("/proc/stat", &stat, NULL, NULL))
		node_parse_stat(stat, ret_node);
	if (getloadavg(load, 3) == 3) {
		ret_node->load1 = load[0];
		ret_node->load5 = load[1];
		ret_node->load15 = load[2];
	}
	ret_node->stall_cpu_us = read_pressure("/proc/pressure/cpu");
	ret_node->stall_memory_us = read_pressure("/proc/pressure/memory");
	ret_node->stall_io_us = read_pressure("/proc/pressure/io");
}

void node_read_remote(virConnectPtr conn, struct node_sample *ret_node)
{
	struct node_memory memory;
	struct node_cpu cpu;

	node_sample_clear(ret_node);
	cpu = node_libvirt_cpu(conn, VIR_NODE_CPU_STATS_ALL_CPUS);
	ret_node->cpu_busy_ns = cpu.busy_ns;
	ret_node->cpu_total_ns = cpu.total_ns;
	if (node_libvirt_memory(conn, VIR_NODE_MEMORY_STATS_ALL_CELLS, &memory)) {
		ret_node->memory_total_kib = memory.total_kib;
		/* What the page cache holds is available to guests, as MemAvailable counts it. */
		if (memory.free_kib >= 0)
			ret_node->memory_free_kib = memory.free_kib + MAX(memory.cache_kib, 0);
	}
	virResetLastError();
}

/* ---- facts --------------------------------------------------------------- */

static bool cpu_has_virtualization(void)
{
	g_autofree char *text = NULL, *line = NULL;
	const char *flags;
	g_auto(GStrv) words = NULL;

	if (!g_file_get_contents("/proc/cpuinfo", &text, NULL, NULL))
		return false;
	flags = strstr(text, "\nflags");
	if (flags == NULL)
		return strstr(text, "vmx") == NULL; /* no x86: the device decides alone */
	line = g_strndup(flags + 1, strcspn(flags + 1, "\n"));
	words = g_strsplit(line, " ", -1);
	return g_strv_contains((const char *const *)words, "vmx") ||
	        g_strv_contains((const char *const *)words, "svm");
}

/* The device opens and makes a machine: a module without hardware behind it may do that as well. */
static bool kvm_answers(int fd)
{
	int machine;

	if (ioctl(fd, KVM_GET_API_VERSION, 0) != KVM_API_VERSION)
		return false;
	machine = ioctl(fd, KVM_CREATE_VM, 0);
	if (machine < 0)
		return false;
	close(machine);
	return true;
}

enum kvm_state node_kvm_state(void)
{
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	bool answers;

	if (fd < 0)
		return errno == EACCES || errno == EPERM ? KVM_NO_PERMISSION : KVM_MISSING;
	answers = kvm_answers(fd);
	close(fd);
	return answers && cpu_has_virtualization() ? KVM_USABLE : KVM_NOT_WORKING;
}

bool node_in_libvirt_group(void)
{
	struct group found, *group = NULL;
	char text[4096];
	gid_t gids[1024];
	int n = getgroups(G_N_ELEMENTS(gids), gids);

	if (geteuid() == 0)
		return true;
	if (getgrnam_r("libvirt", &found, text, sizeof(text), &group) != 0 || group == NULL)
		return false;
	for (int i = 0; i < n; i++)
		if (gids[i] == group->gr_gid)
			return true;
	return getegid() == group->gr_gid;
}

bool node_system_socket_exists(void)
{
	return access("/run/libvirt/libvirt-sock", F_OK) == 0 || access("/run/libvirt/virtqemud-sock", F_OK) == 0;
}

static void set_clean(char **field, const char *raw)
{
	if (raw == NULL)
		return;
	g_free(*field);
	*field = text_clean(raw, -1);
}

static void read_versions(virConnectPtr conn, struct host_status *status)
{
	char *hostname = virConnectGetHostname(conn);

	set_clean(&status->hostname, hostname);
	free(hostname);
	set_clean(&status->driver, virConnectGetType(conn));
	if (virConnectGetLibVersion(conn, &status->libvirt_version) < 0)
		status->libvirt_version = 0;
	if (virConnectGetVersion(conn, &status->hypervisor_version) < 0)
		status->hypervisor_version = 0;
}

/* "Intel(R) Xeon(R) …" of this machine; libvirt's answer is only the architecture. */
static char *local_cpu_model(void)
{
	g_autofree char *text = NULL;
	const char *line;

	if (!g_file_get_contents("/proc/cpuinfo", &text, NULL, NULL) ||
	        (line = strstr(text, "model name")) == NULL)
		return NULL;
	line += strcspn(line, ":\n");
	if (*line != ':')
		return NULL;
	line += 1 + strspn(line + 1, " ");
	return g_strndup(line, strcspn(line, "\n"));
}

static void read_hardware(virConnectPtr conn, struct host_status *status)
{
	g_autofree char *model = status->local ? local_cpu_model() : NULL;
	virNodeInfo info;

	if (virNodeGetInfo(conn, &info) < 0)
		return;
	set_clean(&status->cpu_model, model != NULL ? model : info.model);
	status->cpus = info.cpus;
	status->memory_kib = info.memory;
	/* NUMA files lag behind hot-added memory; what the kernel itself counts is right. */
	if (status->local) {
		struct node_sample node;

		node_read_local(&node);
		if (node.memory_total_kib > 0)
			status->memory_kib = node.memory_total_kib;
	}
}

void node_read_facts(virConnectPtr conn, struct host_status *status)
{
	read_versions(conn, status);
	status->local = status->driver != NULL && g_ascii_strcasecmp(status->driver, "QEMU") == 0 &&
	        uri_is_local(status->uri);
	status->session = uri_is_session(status->uri);
	status->system_socket_exists = status->local && status->session && node_system_socket_exists();
	read_hardware(conn, status);
	if (status->local) {
		status->kvm = node_kvm_state();
		status->in_libvirt_group = node_in_libvirt_group();
	}
	virResetLastError();
}
