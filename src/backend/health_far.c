/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Another machine's files for the checks: see health_far.h. */
#include "backend/health_far.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/conn.h"

/* A login may print what it likes before. */
#define HEAD "nvirt-facts 1"
#define TAIL "end"
#define FILES_MAX 4000
#define PATH_MAX_BYTES 200
#define NAME_CHARS G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._:@+-"

/*
 * Lines: "F path" begins a file whose lines follow, a blank before each; "E path" is there; "U path" is there and
 * may not be read; "D path mode owner group may" a device; "M path total free" a file system in KiB; "K name words"
 * a fact. Of files that may hold secrets only the lines that are judged are sent.
 */
const char health_far_script[] =
        "LC_ALL=C; PATH=/usr/sbin:/usr/bin:/sbin:/bin; export LC_ALL PATH\n"
        "echo '" HEAD "'\n"
        "body() { sed 's/^/ /'; echo; }\n"
        "put() { if [ -r \"$1\" ]; then echo \"F $1\"; head -c 500000 \"$1\" 2>/dev/null | body\n"
        "\telif [ -e \"$1\" ]; then echo \"U $1\"; fi; }\n"
        "some() { if [ -r \"$1\" ]; then echo \"F $1\"; grep -E \"$2\" \"$1\" 2>/dev/null | tail -n 300 | body\n"
        "\telif [ -e \"$1\" ]; then echo \"U $1\"; fi; }\n"
        "there() { [ ! -e \"$1\" ] || echo \"E $1\"; }\n"
        "device() { [ -e \"$1\" ] || return 0; may=0; [ -r \"$1\" ] && [ -w \"$1\" ] && may=1\n"
        "\techo \"D $1 $(stat -c '%a %U %G' \"$1\") $may\"; }\n"
        "for p in cpuinfo meminfo cgroups diskstats pressure/cpu pressure/memory pressure/io \\\n"
        "\tsys/kernel/random/entropy_avail sys/net/ipv4/ip_forward sys/net/bridge/bridge-nf-call-iptables\n"
        "do put /proc/$p; done\n"
        "for p in tcp tcp6; do some /proc/net/$p ':407D '; done\n"
        "there /sys/module/kvm\n"
        "for p in kvm_intel kvm_amd; do put /sys/module/$p/parameters/nested; there /sys/module/$p; done\n"
        "for p in class/dmi/id/product_name fs/cgroup/cgroup.controllers kernel/mm/ksm/run kernel/mm/ksm/pages_shared \\\n"
        "\tkernel/mm/ksm/pages_sharing kernel/mm/ksm/general_profit \\\n"
        "\tdevices/system/clocksource/clocksource0/current_clocksource \\\n"
        "\tdevices/system/clocksource/clocksource0/available_clocksource\n"
        "do put /sys/$p; done\n"
        "for p in /sys/devices/system/cpu/vulnerabilities/* /sys/devices/system/node/node*/meminfo; do put \"$p\"; done\n"
        "for p in /sys/kernel/iommu_groups/* /sys/block/* /sys/class/net/*/bridge /sys/class/net/*/brif/* \\\n"
        "\t/sys/class/net/*/tun_flags; do there \"$p\"; done\n"
        "for p in libvirt virtqemud virtnetworkd virtstoraged virtlogd; do there /run/libvirt/$p-sock; done\n"
        "for p in dnsmasq iptables nft; do for d in /usr/sbin /sbin /usr/bin /bin /usr/local/sbin\n"
        "do there $d/$p; done; done\n"
        "keys='^[[:space:]]*(auth_unix_rw|unix_sock_rw_perms|auth_tcp|listen_tcp|tls_no_verify_certificate'\n"
        "keys=\"$keys|max_clients|max_client_requests|keepalive_interval|log_outputs)[[:space:]]*=\"\n"
        "for p in libvirtd virtqemud; do some /etc/libvirt/$p.conf \"$keys\"; done\n"
        "some /etc/libvirt/qemu.conf '^[[:space:]]*user[[:space:]]*='\n"
        "some /var/log/libvirt/libvirtd.log ': error : '\n"
        "if k=$(dmesg 2>/dev/null); then echo 'F /dev/kmsg'; echo \"$k\" | grep -iE 'kvm|vmx|svm' | tail -n 50 | body; fi\n"
        "for p in /dev/kvm /dev/vhost-net /dev/net/tun; do device $p; done\n"
        "df -Pk / /var /var/lib/libvirt /var/log /tmp 2>/dev/null | while read -r fs total used free part at\n"
        "do case $total in *[!0-9]*|'') ;; *) echo \"M $at $total $free\";; esac; done | sort -u\n"
        "echo \"K arch $(uname -m)\"; echo \"K page $(getconf PAGESIZE 2>/dev/null)\"\n"
        "echo \"K user $(id -un)\"; echo \"K uid $(id -u)\"; echo \"K groups $(id -Gn)\"\n"
        "for q in libvirt-qemu qemu; do if id -u $q >/dev/null 2>&1\n"
        "then echo \"K qemu $q\"; echo \"K qemu-groups $(id -Gn $q)\"; break; fi; done\n"
        "s=$(timedatectl show -p NTPSynchronized --value 2>/dev/null); [ -z \"$s\" ] || echo \"K synced $s\"\n"
        "echo " TAIL "\n";

/* What is no file: applied to the machine once its files were read. */
struct told {
	char *root;
	unsigned files;
	GHashTable *facts;     /* "user" -> "root"; both within the text */
	GHashTable *unread;    /* paths within the text */
	GPtrArray *devices;    /* char **: path, mode, owner, group, may */
	GPtrArray *mounts;     /* char **: path, total and free in KiB */
	bool begun, ended;
};

/* ---- taking it apart ---------------------------------------------------------- */

/* Absolute, of plain names, none of which leads elsewhere. */
static bool is_plain_path(const char *path)
{
	g_auto(GStrv) names = NULL;
	bool plain = *path == '/' && strlen(path) <= PATH_MAX_BYTES;

	names = g_strsplit(plain ? path + 1 : "", "/", -1);
	for (char **name = names; plain && *name != NULL; name++)
		plain = **name != '\0' && strcmp(*name, ".") != 0 && strcmp(*name, "..") != 0 &&
		        (*name)[strspn(*name, NAME_CHARS)] == '\0';
	return plain;
}

/* A new file of ours below the root; -1 when it may not be, or is there already. All directories are ours too. */
static int make_file(struct told *told, const char *path)
{
	g_autofree char *full = NULL, *dir = NULL;

	if (!is_plain_path(path) || ++told->files > FILES_MAX)
		return -1;
	full = g_strconcat(told->root, path, NULL);
	dir = g_path_get_dirname(full);
	if (g_mkdir_with_parents(dir, 0700) != 0)
		return -1;
	return open(full, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

static void put_line(int fd, const char *line)
{
	gsize len = strlen(line);

	while (len > 0) {
		ssize_t n = write(fd, line, len);

		if (n <= 0)
			return;
		line += n;
		len -= (gsize)n;
	}
}

/* Only the first of a name counts. */
static void take_words(struct told *told, char *line)
{
	char *words = line + 2, *blank;

	switch (line[0]) {
	case 'E': {
		int fd = make_file(told, words);

		if (fd >= 0)
			close(fd);
		break;
	}
	case 'U':
		if (is_plain_path(words))
			g_hash_table_add(told->unread, words);
		break;
	case 'D':
		g_ptr_array_add(told->devices, g_strsplit(words, " ", 6));
		break;
	case 'M':
		g_ptr_array_add(told->mounts, g_strsplit(words, " ", 4));
		break;
	case 'K':
		blank = strchr(words, ' ');
		if (blank == NULL)
			break;
		*blank = '\0';
		g_hash_table_insert(told->facts, words, g_strstrip(blank + 1));
		break;
	default:
		break;
	}
}

/* `fd`: of the file under way, -1 = none. Returns that of the next line. */
static int take_line(struct told *told, char *line, int fd)
{
	if (!told->begun) {
		told->begun = strcmp(line, HEAD) == 0;
		return -1;
	}
	if (*line == ' ' && fd >= 0) {
		put_line(fd, line + 1);
		put_line(fd, "\n");
		return fd;
	}
	/* What follows the last line of a file that does not end with one. */
	if (*line == '\0' || *line == ' ')
		return fd;
	if (fd >= 0)
		close(fd);
	told->ended = told->ended || strcmp(line, TAIL) == 0;
	if (line[0] == 'F' && line[1] == ' ')
		return make_file(told, line + 2);
	if (line[1] == ' ')
		take_words(told, line);
	return -1;
}

static bool take_text(struct told *told, char *text, GError **error)
{
	int fd = -1;

	for (char *line = text, *next; line != NULL && !told->ended; line = next) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		fd = take_line(told, line, fd);
	}
	if (fd >= 0)
		close(fd);
	if (!told->ended)
		g_set_error(error, CONN_ERROR, VIR_ERR_OPERATION_FAILED,
		        told->begun ? "what it tells of its files ends in the middle"
		                    : "its shell did not run what it was sent");
	return told->ended;
}

/* ---- what is no file ------------------------------------------------------------ */

static const char *fact(const struct told *told, const char *name)
{
	const char *words = g_hash_table_lookup(told->facts, name);

	return words != NULL ? words : "";
}

static bool has_word(const char *words, const char *wanted)
{
	g_auto(GStrv) list = g_strsplit(words, " ", -1);

	return g_strv_contains((const char *const *)list, wanted);
}

/* By permission bits, as stat() would be judged. -1: it is not known who that is. */
static int qemu_may(const struct told *told, const struct check_machine *machine, const struct check_device *device)
{
	const char *qemu = machine->qemu_user;

	if (*qemu == '\0')
		return -1;
	if (strcmp(qemu, "root") == 0)
		return 1;
	if (strcmp(qemu, device->owner) == 0)
		return (device->mode & 0600) == 0600;
	/* Of another user than the usual one nothing is known. */
	if (strcmp(qemu, fact(told, "qemu")) != 0)
		return (device->mode & 0006) == 0006 ? 1 : -1;
	if (has_word(fact(told, "qemu-groups"), device->group))
		return (device->mode & 0060) == 0060;
	return (device->mode & 0006) == 0006;
}

static struct check_device *device_at(struct check_machine *machine, const char *path)
{
	return strcmp(path, "/dev/kvm") == 0         ? &machine->kvm
	       : strcmp(path, "/dev/vhost-net") == 0 ? &machine->vhost_net
	       : strcmp(path, "/dev/net/tun") == 0   ? &machine->tun
	                                             : NULL;
}

static void apply_devices(const struct told *told, struct check_machine *machine, bool session)
{
	for (guint i = 0; i < told->devices->len; i++) {
		char **words = told->devices->pdata[i];
		struct check_device *device = g_strv_length(words) >= 5 ? device_at(machine, words[0]) : NULL;

		if (device == NULL)
			continue;
		device->exists = true;
		device->mode = (unsigned)g_ascii_strtoull(words[1], NULL, 8) & 07777;
		device->owner = check_machine_text(machine, words[2], -1);
		device->group = check_machine_text(machine, words[3], -1);
		device->user_may = strcmp(words[4], "1") == 0;
		device->qemu_may = session ? device->user_may : qemu_may(told, machine, device);
	}
}

static void apply_mounts(const struct told *told, struct check_machine *machine)
{
	/* Those that were found are ours. */
	g_array_set_size(machine->mounts, 0);
	for (guint i = 0; i < told->mounts->len; i++) {
		char **words = told->mounts->pdata[i];
		struct check_mount mount = {0};

		if (g_strv_length(words) < 3)
			continue;
		mount.path = check_machine_text(machine, words[0], -1);
		mount.total_bytes = g_ascii_strtoull(words[1], NULL, 10) * 1024;
		mount.free_bytes = g_ascii_strtoull(words[2], NULL, 10) * 1024;
		if (mount.total_bytes > 0)
			g_array_append_val(machine->mounts, mount);
	}
}

static void apply_user(const struct told *told, struct check_machine *machine, bool session, bool configured)
{
	const char *groups = fact(told, "groups");

	machine->user = check_machine_text(machine, fact(told, "user"), -1);
	machine->root = strcmp(fact(told, "uid"), "0") == 0;
	machine->in_kvm_group = has_word(groups, "kvm");
	machine->in_libvirt_group = has_word(groups, "libvirt");
	if (session)
		machine->qemu_user = machine->user;
	else if (!configured)
		machine->qemu_user = check_machine_text(machine, fact(told, "qemu"), -1);
}

static void apply_unread(const struct told *told, struct check_machine *machine)
{
	const char *const log = "/var/log/libvirt/libvirtd.log";
	bool modular = (machine->sockets & SOCKET_QEMU) && !(machine->sockets & SOCKET_LIBVIRTD);

	if (g_hash_table_contains(told->unread,
	            modular ? "/etc/libvirt/virtqemud.conf" : "/etc/libvirt/libvirtd.conf"))
		machine->config_unread = g_strerror(EACCES);
	if (g_hash_table_contains(told->unread, log)) {
		machine->log_path = log;
		machine->log_errors = -1;
	}
	if (*machine->log_unread != '\0')
		machine->log_unread = "only root may read it there";
}

static void apply(const struct told *told, struct check_machine *machine, bool session)
{
	g_autofree char *conf = g_strconcat(told->root, "/etc/libvirt/qemu.conf", NULL);
	g_autofree char *text = NULL;
	const char *synced = fact(told, "synced");
	bool configured = g_file_get_contents(conf, &text, NULL, NULL) && strstr(text, "user") != NULL;
	gint64 page = g_ascii_strtoll(fact(told, "page"), NULL, 10);

	machine->elsewhere = true;
	machine->arch = check_machine_text(machine, fact(told, "arch"), -1);
	if (page > 0)
		machine->page_bytes = page;
	if (*synced != '\0')
		machine->clock_synced = strcmp(synced, "yes") == 0;
	apply_user(told, machine, session, configured && !session);
	apply_devices(told, machine, session);
	apply_mounts(told, machine);
	apply_unread(told, machine);
}

/* ---- all ------------------------------------------------------------------------ */

/* What is below is ours: no links, no other file systems. */
static void remove_tree(const char *path)
{
	GDir *dir = g_dir_open(path, 0, NULL);
	const char *name;

	while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
		g_autofree char *below = g_build_filename(path, name, NULL);

		if (g_unlink(below) != 0)
			remove_tree(below);
	}
	if (dir != NULL)
		g_dir_close(dir);
	g_rmdir(path);
}

static void strv_free(gpointer words)
{
	g_strfreev(words);
}

struct check_machine *health_far_machine(char *text, bool session, GError **error)
{
	struct told told = {.root = g_dir_make_tmp("nvirt-far-XXXXXX", error),
	        .facts = g_hash_table_new(g_str_hash, g_str_equal),
	        .unread = g_hash_table_new(g_str_hash, g_str_equal),
	        .devices = g_ptr_array_new_with_free_func(strv_free),
	        .mounts = g_ptr_array_new_with_free_func(strv_free)};
	struct health_source source = {.root = told.root, .session = session};
	struct check_machine *machine = NULL;

	if (told.root != NULL && take_text(&told, text, error)) {
		machine = health_read_machine(&source);
		apply(&told, machine, session);
	}
	if (told.root != NULL)
		remove_tree(told.root);
	g_free(told.root);
	g_hash_table_unref(told.facts);
	g_hash_table_unref(told.unread);
	g_ptr_array_unref(told.devices);
	g_ptr_array_unref(told.mounts);
	return machine;
}

struct check_machine *health_read_far(
        const char *uri, bool session, const struct ssh_limits *limits, GError **error)
{
	GString *text = ssh_run_script(uri, health_far_script, limits, error);
	struct check_machine *machine = text != NULL ? health_far_machine(text->str, session, error) : NULL;

	if (text != NULL)
		g_string_free(text, TRUE);
	return machine;
}
