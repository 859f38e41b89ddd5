/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a machine's files tell of processor, KVM and kernel: see health.h. */
#include "backend/health.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "backend/kvm_probe.h"
#include "backend/node.h"

#define FILE_MAX_BYTES (1024 * 1024)
#define PROBE_TIMEOUT_MS 2000

/* ---- files ---------------------------------------------------------------- */

char *health_path(const struct health_source *source, const char *path)
{
	return g_strconcat(source->root, path, NULL);
}

bool health_exists(const struct health_source *source, const char *path)
{
	g_autofree char *full = health_path(source, path);

	return access(full, F_OK) == 0;
}

/* Never waits for what is not there yet: the kernel's log has no end, and a FIFO may lie in the way. */
char *health_file(const struct health_source *source, const char *path, int *ret_errno)
{
	g_autofree char *full = health_path(source, path);
	int fd = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	g_autoptr(GString) text = g_string_new(NULL);
	char bytes[8192];
	ssize_t n = 0;

	if (ret_errno)
		*ret_errno = fd < 0 ? errno : 0;
	if (fd < 0)
		return NULL;
	while (text->len < FILE_MAX_BYTES && (n = read(fd, bytes, sizeof(bytes))) > 0)
		g_string_append_len(text, bytes, n);
	if (n < 0 && ret_errno && errno != EAGAIN)
		*ret_errno = errno;
	close(fd);
	return n < 0 && text->len == 0 ? NULL : g_string_free(g_steal_pointer(&text), FALSE);
}

static gint by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *health_names(const struct health_source *source, const char *path)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *full = health_path(source, path);
	GDir *dir = g_dir_open(full, 0, NULL);
	const char *name;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL)
		g_ptr_array_add(names, g_strdup(name));
	if (dir != NULL)
		g_dir_close(dir);
	g_ptr_array_sort(names, by_name);
	return names;
}

int64_t health_number(const struct health_source *source, const char *path, int64_t none)
{
	g_autofree char *text = health_file(source, path, NULL);
	char *end = NULL;
	int64_t number = text != NULL ? g_ascii_strtoll(text, &end, 10) : none;

	return end == NULL || end == text ? none : number;
}

static const char *trimmed(
        struct check_machine *machine, const struct health_source *source, const char *path)
{
	g_autofree char *text = health_file(source, path, NULL);

	return text != NULL ? check_machine_text(machine, g_strstrip(text), -1) : "";
}

/* ---- processor ------------------------------------------------------------ */

/* The value of "name\t: value" in /proc/cpuinfo; owned, NULL = none. */
static char *cpu_field(const char *text, const char *name)
{
	gsize len = strlen(name);

	for (const char *line = text; line != NULL && *line != '\0'; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, len) != 0 || line[len + strspn(line + len, " \t")] != ':')
			continue;
		const char *value = strchr(line, ':') + 1;
		value += strspn(value, " \t");
		return g_strndup(value, strcspn(value, "\n"));
	}
	return NULL;
}

static unsigned count_cpus(const char *text)
{
	unsigned count = g_str_has_prefix(text, "processor");

	for (const char *at = strstr(text, "\nprocessor"); at != NULL; at = strstr(at + 1, "\nprocessor"))
		count++;
	return count;
}

static void read_cpu(struct check_machine *machine, const struct health_source *source)
{
	g_autofree char *text = health_file(source, "/proc/cpuinfo", NULL);
	g_autofree char *vendor = NULL, *model = NULL, *flags = NULL;
	struct utsname name;

	machine->arch = uname(&name) == 0 ? check_machine_text(machine, name.machine, -1) : "";
	if (text == NULL)
		return;
	vendor = cpu_field(text, "vendor_id");
	model = cpu_field(text, "model name");
	flags = cpu_field(text, "flags");
	machine->cpus = count_cpus(text);
	machine->vendor = check_machine_text(machine, vendor != NULL ? vendor : "", -1);
	machine->cpu_model = check_machine_text(machine, model != NULL ? model : "", -1);
	machine->board = trimmed(machine, source, "/sys/class/dmi/id/product_name");
	if (flags == NULL)
		return;
	g_auto(GStrv) words = g_strsplit(flags, " ", -1);
	const char *const *list = (const char *const *)words;
	machine->virt_flag = g_strv_contains(list, "vmx") || g_strv_contains(list, "svm");
	machine->inside_vm = g_strv_contains(list, "hypervisor");
}

static void read_vulnerabilities(struct check_machine *machine, const struct health_source *source)
{
	const char *dir = "/sys/devices/system/cpu/vulnerabilities";
	g_autoptr(GPtrArray) names = health_names(source, dir);
	g_autoptr(GString) list = g_string_new(NULL);

	if (names->len == 0)
		return;
	machine->vulnerabilities = 0;
	for (guint i = 0; i < names->len; i++) {
		g_autofree char *path = g_strdup_printf("%s/%s", dir, (char *)names->pdata[i]);
		g_autofree char *text = health_file(source, path, NULL);

		if (text == NULL || strstr(text, "Vulnerable") == NULL)
			continue;
		g_string_append_printf(list, "%s%s", list->len > 0 ? ", " : "", (char *)names->pdata[i]);
		machine->vulnerabilities++;
	}
	machine->vulnerable = check_machine_text(machine, list->str, -1);
}

/* ---- KVM ------------------------------------------------------------------ */

static const char *user_name(struct check_machine *machine, uid_t uid)
{
	struct passwd found, *user = NULL;
	char text[4096], number[32];

	snprintf(number, sizeof(number), "%u", (unsigned)uid);
	if (getpwuid_r(uid, &found, text, sizeof(text), &user) != 0 || user == NULL)
		return check_machine_text(machine, number, -1);
	return check_machine_text(machine, user->pw_name, -1);
}

static const char *group_name(struct check_machine *machine, gid_t gid)
{
	struct group found, *group = NULL;
	char text[8192], number[32];

	snprintf(number, sizeof(number), "%u", (unsigned)gid);
	if (getgrgid_r(gid, &found, text, sizeof(text), &group) != 0 || group == NULL)
		return check_machine_text(machine, number, -1);
	return check_machine_text(machine, group->gr_name, -1);
}

/* Is a user of that name in the group, by the system's files? */
static bool is_member(const char *name, gid_t own, gid_t gid)
{
	gid_t groups[256];
	int count = G_N_ELEMENTS(groups);

	if (own == gid)
		return true;
	if (getgrouplist(name, own, groups, &count) < 0)
		return false;
	for (int i = 0; i < count; i++)
		if (groups[i] == gid)
			return true;
	return false;
}

/* May that user open it? Permission bits only. -1: there is no such user. */
static int qemu_may(const char *name, const struct stat *device)
{
	struct passwd found, *user = NULL;
	char text[4096];

	if (getpwnam_r(name, &found, text, sizeof(text), &user) != 0 || user == NULL)
		return -1;
	if (user->pw_uid == 0)
		return 1;
	if (user->pw_uid == device->st_uid)
		return (device->st_mode & 0600) == 0600;
	if (is_member(name, user->pw_gid, device->st_gid))
		return (device->st_mode & 0060) == 0060;
	return (device->st_mode & 0006) == 0006;
}

static void read_device(struct check_machine *machine, const struct health_source *source, const char *path,
        struct check_device *device)
{
	g_autofree char *full = health_path(source, path);
	struct stat info;

	if (stat(full, &info) != 0)
		return;
	device->exists = true;
	device->mode = info.st_mode & 07777;
	device->owner = user_name(machine, info.st_uid);
	device->group = group_name(machine, info.st_gid);
	device->user_may = access(full, R_OK | W_OK) == 0;
	device->qemu_may = source->session ? device->user_may : qemu_may(machine->qemu_user, &info);
}

static bool in_group(const char *name)
{
	struct group found, *group = NULL;
	char text[8192];
	gid_t gids[256];
	int count = getgroups(G_N_ELEMENTS(gids), gids);

	if (getgrnam_r(name, &found, text, sizeof(text), &group) != 0 || group == NULL)
		return false;
	for (int i = 0; i < count; i++)
		if (gids[i] == group->gr_gid)
			return true;
	return getegid() == group->gr_gid;
}

/* Debian's, Fedora's: the first that there is. */
static const char *qemu_user(void)
{
	static const char *const names[] = {"libvirt-qemu", "qemu"};
	struct passwd found, *user;
	char text[4096];

	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
		user = NULL;
		if (getpwnam_r(names[i], &found, text, sizeof(text), &user) == 0 && user != NULL)
			return names[i];
	}
	return "";
}

static void read_user(struct check_machine *machine, const struct health_source *source)
{
	machine->user = user_name(machine, geteuid());
	machine->root = geteuid() == 0;
	machine->in_kvm_group = in_group("kvm");
	machine->in_libvirt_group = node_in_libvirt_group();
	if (machine->qemu_user[0] == '\0')
		machine->qemu_user = source->session ? machine->user : qemu_user();
}

static void read_modules(struct check_machine *machine, const struct health_source *source)
{
	static const char *const drivers[] = {"kvm_intel", "kvm_amd"};

	machine->kvm_module = health_exists(source, "/sys/module/kvm");
	for (unsigned i = 0; i < G_N_ELEMENTS(drivers); i++) {
		g_autofree char *path = g_strdup_printf("/sys/module/%s", drivers[i]);
		g_autofree char *nested = g_strdup_printf("%s/parameters/nested", path);
		g_autofree char *text = NULL;

		if (!health_exists(source, path))
			continue;
		machine->kvm_driver = drivers[i];
		text = health_file(source, nested, NULL);
		if (text != NULL)
			machine->nested = text[0] == 'Y' || text[0] == '1';
	}
}

/* "kvm: disabled by bios", "x86/cpu: VMX (outside TXT) disabled by BIOS", "kvm_intel: VMX not enabled … in
 * BIOS". */
static bool is_bios_line(const char *line)
{
	g_autofree char *low = g_ascii_strdown(line, -1);

	return (strstr(low, "kvm") != NULL || strstr(low, "vmx") != NULL || strstr(low, "svm") != NULL) &&
	       (strstr(low, "disabled by bios") != NULL || strstr(low, "disabled (by bios)") != NULL ||
	               (strstr(low, "not enabled") != NULL && strstr(low, "bios") != NULL));
}

/* One record a read() where it is the kernel's own; else a file of lines. */
static void read_kernel_log(struct check_machine *machine, const struct health_source *source)
{
	g_autofree char *full = health_path(source, "/dev/kmsg");
	int fd = open(full, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char record[8192];
	ssize_t n;

	if (fd < 0) {
		machine->log_unread = check_machine_text(machine, g_strerror(errno), -1);
		return;
	}
	while ((n = read(fd, record, sizeof(record) - 1)) > 0 || (n < 0 && errno == EPIPE)) {
		record[MAX(n, 0)] = '\0';
		g_auto(GStrv) lines = g_strsplit(record, "\n", -1);
		for (char **line = lines; *line != NULL; line++) {
			const char *words = strchr(*line, ';');

			words = words != NULL ? words + 1 : *line;
			if (is_bios_line(words))
				machine->bios_line = check_machine_text(machine, words, -1);
		}
	}
	if (n < 0 && errno != EAGAIN)
		machine->log_unread = check_machine_text(machine, g_strerror(errno), -1);
	close(fd);
}

static void read_kvm(struct check_machine *machine, const struct health_source *source)
{
	g_autofree char *device = health_path(source, "/dev/kvm");
	g_autoptr(GPtrArray) groups = health_names(source, "/sys/kernel/iommu_groups");

	read_modules(machine, source);
	read_kernel_log(machine, source);
	read_device(machine, source, "/dev/kvm", &machine->kvm);
	read_device(machine, source, "/dev/vhost-net", &machine->vhost_net);
	read_device(machine, source, "/dev/net/tun", &machine->tun);
	machine->iommu_groups = (int)groups->len;
	if (machine->kvm.exists)
		machine->probe = kvm_probe_run(device, PROBE_TIMEOUT_MS);
}

/* ---- kernel --------------------------------------------------------------- */

/* The first column of /proc/cgroups, of what is enabled (the last one). */
static void read_cgroups_v1(struct check_machine *machine, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	g_autoptr(GString) names = g_string_new(NULL);

	for (char **line = lines; *line != NULL; line++) {
		g_auto(GStrv) words = g_strsplit(*line, "\t", -1);

		if (**line != '#' && g_strv_length(words) == 4 && strcmp(words[3], "1") == 0 &&
		        strcmp(words[1], "0") != 0)
			g_string_append_printf(names, "%s%s", names->len > 0 ? " " : "", words[0]);
	}
	if (names->len == 0)
		return;
	machine->cgroup_version = 1;
	machine->cgroups = check_machine_text(machine, names->str, -1);
}

static void read_cgroups(struct check_machine *machine, const struct health_source *source)
{
	g_autofree char *unified = health_file(source, "/sys/fs/cgroup/cgroup.controllers", NULL);
	g_autofree char *all = health_file(source, "/proc/cgroups", NULL);

	if (unified != NULL) {
		machine->cgroup_version = 2;
		machine->cgroups = check_machine_text(machine, g_strstrip(unified), -1);
	} else if (all != NULL) {
		read_cgroups_v1(machine, all);
	}
}

static double pressure(const struct health_source *source, const char *path)
{
	g_autofree char *text = health_file(source, path, NULL);
	struct node_stall stall;

	node_parse_stall(text != NULL ? text : "", &stall);
	return stall.some[NODE_STALL_SPANS - 1];
}

/* Of the kernel itself by a call; below another root by the file that systemd-timesyncd keeps. */
static void read_clock(struct check_machine *machine, const struct health_source *source)
{
	struct timex clock = {0};

	machine->clocksource =
	        trimmed(machine, source, "/sys/devices/system/clocksource/clocksource0/current_clocksource");
	machine->clocksources = trimmed(
	        machine, source, "/sys/devices/system/clocksource/clocksource0/available_clocksource");
	if (*source->root != '\0')
		machine->clock_synced = health_exists(source, "/run/systemd/timesync/synchronized");
	else if (adjtimex(&clock) >= 0)
		machine->clock_synced = !(clock.status & STA_UNSYNC);
}

void health_read_kernel(struct check_machine *machine, const struct health_source *source)
{
	read_cpu(machine, source);
	read_vulnerabilities(machine, source);
	read_user(machine, source);
	read_kvm(machine, source);
	read_cgroups(machine, source);
	read_clock(machine, source);
	machine->entropy_bits = health_number(source, "/proc/sys/kernel/random/entropy_avail", -1);
	machine->stall_cpu_pct = pressure(source, "/proc/pressure/cpu");
	machine->stall_memory_pct = pressure(source, "/proc/pressure/memory");
	machine->stall_io_pct = pressure(source, "/proc/pressure/io");
}

struct check_machine *health_read_machine(const struct health_source *source)
{
	struct check_machine *machine = check_machine_new();

	/* The daemon's files first: they say as whom QEMU runs. */
	health_read_daemon(machine, source);
	health_read_memory(machine, source);
	health_read_network(machine, source);
	health_read_kernel(machine, source);
	return machine;
}
