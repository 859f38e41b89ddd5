/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a machine's files tell of memory, disks, networks and libvirt's daemons: see health.h. */
#include "backend/health.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "backend/node.h"
#include "backend/node_machine.h"

#define LOG_TAIL_BYTES (256 * 1024)
#define LOG_HOURS 6
#define JOURNAL "the journal"
/* libvirt's port without encryption, as /proc/net/tcp writes a listening socket on it. */
#define TCP_PORT ":407D "
#define TCP_LISTENS " 0A "

/* ---- memory --------------------------------------------------------------- */

static void read_cells(struct check_machine *machine, const struct health_source *source)
{
	g_autoptr(GPtrArray) cells = node_machine_cells(source);

	for (guint i = 0; i < cells->len; i++) {
		const struct node_cell *found = cells->pdata[i];
		struct check_cell cell = {
		        .id = (unsigned)found->id, .total_kib = found->total_kib, .free_kib = found->free_kib};

		if (cell.total_kib > 0)
			g_array_append_val(machine->cells, cell);
	}
}

static void read_ksm(struct check_machine *machine, const struct health_source *source)
{
	machine->page_bytes = sysconf(_SC_PAGESIZE);
	machine->ksm_run = (int)health_number(source, "/sys/kernel/mm/ksm/run", -1);
	machine->ksm_shared_pages = health_number(source, "/sys/kernel/mm/ksm/pages_shared", -1);
	machine->ksm_sharing_pages = health_number(source, "/sys/kernel/mm/ksm/pages_sharing", -1);
	machine->ksm_profit_bytes = health_number(source, "/sys/kernel/mm/ksm/general_profit", 0);
}

/* Each file system once, however many of the places lie on it. */
static void read_mounts(struct check_machine *machine, const struct health_source *source)
{
	static const char *const places[] = {"/", "/var", "/var/lib/libvirt", "/var/log", "/tmp"};
	dev_t seen[G_N_ELEMENTS(places)];
	unsigned count = 0;

	for (unsigned i = 0; i < G_N_ELEMENTS(places); i++) {
		g_autofree char *path = health_path(source, places[i]);
		struct check_mount mount = {.path = places[i]};
		struct statvfs room;
		struct stat info;
		bool known = false;

		if (stat(path, &info) != 0 || statvfs(path, &room) != 0)
			continue;
		for (unsigned j = 0; j < count; j++)
			known = known || seen[j] == info.st_dev;
		if (known || room.f_blocks == 0)
			continue;
		seen[count++] = info.st_dev;
		mount.total_bytes = (uint64_t)room.f_blocks * room.f_frsize;
		mount.free_bytes = (uint64_t)room.f_bavail * room.f_frsize;
		g_array_append_val(machine->mounts, mount);
	}
}

static void read_disks(struct check_machine *machine, const struct health_source *source)
{
	g_autoptr(GPtrArray) disks = node_machine_disks(source);

	for (guint i = 0; i < disks->len; i++) {
		const struct node_disk *found = disks->pdata[i];
		struct check_blockdev disk = {check_machine_text(machine, found->name, -1), (uint64_t)found->ops,
		        (uint64_t)found->wait_ms};

		g_array_append_val(machine->blockdevs, disk);
	}
}

void health_read_memory(struct check_machine *machine, const struct health_source *source)
{
	g_autofree char *text = health_file(source, "/proc/meminfo", NULL);
	struct node_sample node;

	node_sample_clear(&node);
	if (text != NULL) {
		node_parse_meminfo(text, &node);
		machine->memory_kib = node.memory_total_kib;
		machine->available_kib = node.memory_free_kib;
		machine->swap_kib = node.swap_total_kib;
		machine->swap_free_kib = node.swap_free_kib;
		machine->huge_pages = node_field(text, "HugePages_Total:");
		machine->huge_free = node_field(text, "HugePages_Free:");
		machine->huge_kib = node_field(text, "Hugepagesize:");
	}
	read_cells(machine, source);
	read_ksm(machine, source);
	read_mounts(machine, source);
	read_disks(machine, source);
}

/* ---- libvirt's daemons ---------------------------------------------------- */

/* The value of `key = …` in a file of libvirt's; its quotes taken off. Owned, NULL = not set. */
static char *setting(const char *text, const char *key)
{
	gsize len = strlen(key);

	for (const char *line = text; line != NULL && *line != '\0'; line = strchr(line, '\n')) {
		line += strspn(line, " \t\n");
		if (strncmp(line, key, len) != 0)
			continue;
		const char *value = line + len + strspn(line + len, " \t");
		if (*value != '=')
			continue;
		g_autofree char *word = g_strstrip(g_strndup(value + 1, strcspn(value + 1, "\n")));
		gsize end = strlen(word);
		if (end >= 2 && word[0] == '"' && word[end - 1] == '"')
			return g_strndup(word + 1, end - 2);
		return g_steal_pointer(&word);
	}
	return NULL;
}

static int64_t set_number(const char *text, const char *key, int64_t none)
{
	g_autofree char *word = setting(text, key);

	return word != NULL ? g_ascii_strtoll(word, NULL, 10) : none;
}

static const char *set_word(struct check_machine *machine, const char *text, const char *key)
{
	g_autofree char *word = setting(text, key);

	return check_machine_text(machine, word != NULL ? word : "", -1);
}

static void read_sockets(struct check_machine *machine, const struct health_source *source)
{
	static const struct {
		const char *path;
		unsigned socket;
	} sockets[] = {
	        {"/run/libvirt/libvirt-sock", SOCKET_LIBVIRTD},
	        {"/run/libvirt/virtqemud-sock", SOCKET_QEMU},
	        {"/run/libvirt/virtnetworkd-sock", SOCKET_NETWORK},
	        {"/run/libvirt/virtstoraged-sock", SOCKET_STORAGE},
	        {"/run/libvirt/virtlogd-sock", SOCKET_LOG},
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(sockets); i++)
		machine->sockets |= health_exists(source, sockets[i].path) ? sockets[i].socket : 0;
}

/* That of the daemon that is there. */
static char *read_config(struct check_machine *machine, const struct health_source *source)
{
	bool modular = (machine->sockets & SOCKET_QEMU) && !(machine->sockets & SOCKET_LIBVIRTD);
	const char *path = modular ? "/etc/libvirt/virtqemud.conf" : "/etc/libvirt/libvirtd.conf";
	int error = 0;
	char *text = health_file(source, path, &error);

	if (text != NULL)
		machine->config = path;
	else if (error != 0 && error != ENOENT)
		machine->config_unread = check_machine_text(machine, g_strerror(error), -1);
	return text;
}

static void read_settings(struct check_machine *machine, const char *text)
{
	machine->auth_rw = set_word(machine, text, "auth_unix_rw");
	machine->rw_perms = set_word(machine, text, "unix_sock_rw_perms");
	machine->auth_tcp = set_word(machine, text, "auth_tcp");
	machine->listen_tcp = (int)set_number(text, "listen_tcp", -1);
	machine->tls_unverified = (int)set_number(text, "tls_no_verify_certificate", -1);
	machine->max_clients = set_number(text, "max_clients", G_MININT64);
	machine->max_client_requests = set_number(text, "max_client_requests", G_MININT64);
	machine->keepalive_s = set_number(text, "keepalive_interval", G_MININT64);
}

static bool listens(const struct health_source *source, const char *path)
{
	g_autofree char *text = health_file(source, path, NULL);
	g_auto(GStrv) lines = g_strsplit(text != NULL ? text : "", "\n", -1);

	for (char **line = lines; *line != NULL; line++) {
		const char *port = strstr(*line, TCP_PORT);

		/* The first address of the line is ours. */
		if (port != NULL && port - *line < 48 && strstr(port, TCP_LISTENS) != NULL)
			return true;
	}
	return false;
}

/* Its last part, from the start of a line. Owned; NULL when it cannot be read. */
static char *log_tail(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *text = NULL;
	struct stat info;

	if (fd >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode)) {
		off_t from = MAX(info.st_size - LOG_TAIL_BYTES, 0);
		gsize size = MIN(info.st_size, LOG_TAIL_BYTES);
		text = g_malloc(size + 1);
		gssize n = pread(fd, text, size, from);
		text[MAX(n, 0)] = '\0';
	}
	if (fd >= 0)
		close(fd);
	return text;
}

/* "2026-11-20 21:45:03.123+0000: 4711: error : function:12 : words". Unix seconds, 0 = no such line. */
static gint64 error_time(const char *line, const char **ret_words)
{
	g_autofree char *stamp =
	        strlen(line) > 28 && line[10] == ' ' && line[28] == ':' ? g_strndup(line, 28) : NULL;
	g_autoptr(GDateTime) time = NULL;
	const char *words;

	if (stamp == NULL || (words = strstr(line, ": error : ")) == NULL)
		return 0;
	stamp[10] = 'T';
	time = g_date_time_new_from_iso8601(stamp, NULL);
	*ret_words = words + strlen(": error : ");
	return time != NULL ? g_date_time_to_unix(time) : 0;
}

static void count_errors(struct check_machine *machine, const char *text, gint64 now_unix_s)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	const char *words;

	machine->log_errors = 0;
	for (char **line = lines; *line != NULL; line++) {
		gint64 time = error_time(*line, &words);

		if (time == 0 || time < now_unix_s - LOG_HOURS * 60 * 60)
			continue;
		machine->log_errors++;
		machine->log_last = check_machine_text(machine, words, -1);
	}
}

/* "3:file:/var/log/libvirt/libvirtd.log": the path of the first one that is a file; owned. */
static char *log_file(const char *config)
{
	g_autofree char *outputs = setting(config != NULL ? config : "", "log_outputs");
	const char *at = outputs != NULL ? strstr(outputs, ":file:") : NULL;

	if (at == NULL)
		return g_strdup("/var/log/libvirt/libvirtd.log");
	at += strlen(":file:");
	return g_strndup(at, strcspn(at, " "));
}

/* Who is in neither group is shown his own lines only, and would believe that there are no others. */
static bool may_read_journal(void)
{
	static const char *const groups[] = {"systemd-journal", "adm", "wheel"};
	gid_t gids[256];
	int count = getgroups(G_N_ELEMENTS(gids), gids);

	if (geteuid() == 0)
		return true;
	for (unsigned i = 0; i < G_N_ELEMENTS(groups); i++) {
		struct group found, *group = NULL;
		char text[8192];

		if (getgrnam_r(groups[i], &found, text, sizeof(text), &group) != 0 || group == NULL)
			continue;
		for (int j = 0; j < count; j++)
			if (gids[j] == group->gr_gid)
				return true;
	}
	return false;
}

/* Where it logs to the journal, as it does by default. A journal that hangs is left after three seconds. */
static void read_journal(struct check_machine *machine)
{
	const char *const words[] = {"timeout", "-k", "1", "3", "journalctl", "-q", "--no-pager", "-o", "cat", "-p",
	        "err", "--since=-6h", "-n", "500", "-u", "libvirt*", "-u", "virt*", NULL};
	g_autofree char *text = NULL;
	int status = 0;

	if (!may_read_journal() || !g_spawn_sync(NULL, (char **)words, NULL,
	                                   G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &text,
	                                   NULL, &status, NULL) ||
	        !g_spawn_check_wait_status(status, NULL))
		return;
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	machine->log_path = JOURNAL;
	machine->log_errors = 0;
	for (char **line = lines; *line != NULL; line++) {
		if (**line == '\0')
			continue;
		machine->log_errors++;
		machine->log_last = check_machine_text(machine, *line, -1);
	}
}

static void read_log(struct check_machine *machine, const struct health_source *source, const char *config)
{
	g_autofree char *path = log_file(config), *full = health_path(source, path), *text = NULL;

	if (!health_exists(source, path)) {
		if (*source->root == '\0')
			read_journal(machine);
		return;
	}
	machine->log_path = check_machine_text(machine, path, -1);
	text = log_tail(full);
	if (text != NULL)
		count_errors(machine, text, g_get_real_time() / G_USEC_PER_SEC);
}

void health_read_daemon(struct check_machine *machine, const struct health_source *source)
{
	g_autofree char *config = NULL, *qemu = NULL, *user = NULL;

	read_sockets(machine, source);
	config = read_config(machine, source);
	if (config != NULL)
		read_settings(machine, config);
	machine->tcp_open = listens(source, "/proc/net/tcp") || listens(source, "/proc/net/tcp6");
	read_log(machine, source, config);
	qemu = health_file(source, "/etc/libvirt/qemu.conf", NULL);
	user = qemu != NULL ? setting(qemu, "user") : NULL;
	if (user != NULL && !source->session)
		machine->qemu_user = check_machine_text(machine, user[0] == '+' ? user + 1 : user, -1);
}

/* ---- networks ------------------------------------------------------------- */

static bool installed(const struct health_source *source, const char *program)
{
	static const char *const places[] = {"/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/sbin"};

	for (unsigned i = 0; i < G_N_ELEMENTS(places); i++) {
		g_autofree char *path = g_strdup_printf("%s/%s", places[i], program);

		if (health_exists(source, path))
			return true;
	}
	return false;
}

static bool is_tap(const struct health_source *source, const char *name)
{
	g_autofree char *path = g_strdup_printf("/sys/class/net/%s/tun_flags", name);

	return health_exists(source, path) || g_str_has_prefix(name, "vnet");
}

static void read_bridge(struct check_machine *machine, const struct health_source *source, const char *name)
{
	g_autofree char *path = g_strdup_printf("/sys/class/net/%s/brif", name);
	g_autoptr(GPtrArray) ports = health_names(source, path);
	g_autoptr(GString) uplinks = g_string_new(NULL);
	struct check_bridge bridge = {.name = check_machine_text(machine, name, -1)};

	for (guint i = 0; i < ports->len; i++) {
		if (is_tap(source, ports->pdata[i]))
			bridge.guests++;
		else
			g_string_append_printf(
			        uplinks, "%s%s", uplinks->len > 0 ? ", " : "", (char *)ports->pdata[i]);
	}
	bridge.uplinks = check_machine_text(machine, uplinks->str, -1);
	g_array_append_val(machine->bridges, bridge);
}

void health_read_network(struct check_machine *machine, const struct health_source *source)
{
	g_autoptr(GPtrArray) names = health_names(source, "/sys/class/net");

	machine->ip_forward = (int)health_number(source, "/proc/sys/net/ipv4/ip_forward", -1);
	machine->bridge_filter =
	        (int)health_number(source, "/proc/sys/net/bridge/bridge-nf-call-iptables", -1);
	machine->dnsmasq = installed(source, "dnsmasq");
	machine->iptables = installed(source, "iptables");
	machine->nft = installed(source, "nft");
	for (guint i = 0; i < names->len; i++) {
		g_autofree char *path = g_strdup_printf("/sys/class/net/%s/bridge", (char *)names->pdata[i]);

		if (health_exists(source, path))
			read_bridge(machine, source, names->pdata[i]);
	}
}
