/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks of libvirt itself: see nvirt/check.h. Pure; any thread. */
#include "check_private.h"

#include <string.h>

/* libvirt's own default. */
#define CLIENT_REQUESTS 5
#define MODULAR (SOCKET_QEMU | SOCKET_NETWORK | SOCKET_STORAGE)

/* ---- the connection ------------------------------------------------------- */

void check_reachable(CHECK_ARGS)
{
	const struct host_status *status = facts->status;
	struct finding *finding;

	if (status->link == HOST_UP) {
		check_say(report, check, CHECK_OK, "connected to %s",
		        status->uri && *status->uri ? status->uri : "libvirt");
	} else if (status->link == HOST_OFF) {
		check_say(report, check, CHECK_UNKNOWN, "this host is not connected, because you said so");
	} else if (status->error) {
		finding = check_say(report, check, CHECK_FAIL, "%s%s%s", status->error,
		        status->advice ? ": " : "", status->advice ? status->advice : "");
		if (status->command)
			check_remedy(finding, "%s", status->command);
	} else {
		finding = check_say(report, check, CHECK_FAIL, "%s",
		        facts->no_objects ? facts->no_objects : "libvirt has not answered yet");
		if (status->local || !status->uri || !strstr(status->uri, "://") ||
		        strstr(status->uri, ":///"))
			check_remedy(finding, "sudo systemctl restart libvirtd   # running guests go on");
	}
}

void check_answers(CHECK_ARGS)
{
	gint64 ms = facts->objects->answer_ms;
	struct finding *finding;

	if (ms < 0) {
		check_say(report, check, CHECK_UNKNOWN, "it was not measured");
	} else if (ms > CHECK_SLOW_MS) {
		finding = check_say(
		        report, check, CHECK_WARN, "the list of guests took %.1f s", (double)ms / 1000);
		check_remedy(finding, "virt-admin client-list libvirtd   # who keeps it busy");
	} else {
		check_say(report, check, CHECK_OK, "the list of guests took %d ms", (int)ms);
	}
	if (*facts->objects->unread)
		check_say(report, check, CHECK_NOTE, "%s", facts->objects->unread);
}

void check_access(CHECK_ARGS)
{
	const struct host_status *status = facts->status;
	const char *user = facts->machine ? facts->machine->user : status->user ? status->user : "";
	g_autofree char *word = check_word(*user ? user : "$USER");
	struct finding *finding;

	if (status->link != HOST_UP) {
		check_say(report, check, CHECK_UNKNOWN, "libvirt is not connected");
	} else if (status->readonly && status->advice) {
		finding =
		        check_say(report, check, CHECK_WARN, "the connection only reads: %s", status->advice);
		check_remedy(finding, "%s",
		        status->command ? status->command : "sudo usermod -aG libvirt \"$USER\"");
	} else if (status->session && status->system_socket_exists) {
		finding = check_say(report, check, CHECK_NOTE,
		        "this is the session of '%s', and there is a system daemon whose guests are not seen "
		        "here",
		        user);
		check_remedy(finding, "nvirt -c qemu:///system");
	} else if (status->local && !status->session && !status->in_libvirt_group) {
		finding = check_say(report, check, CHECK_NOTE, "'%s' is not in the group libvirt", user);
		check_remedy(finding, "sudo usermod -aG libvirt %s   # then log in again", word);
	} else {
		check_say(report, check, CHECK_OK, "the connection may %s",
		        status->readonly ? "read, as asked for" : "read and write");
	}
}

static void lacks_daemon(CHECK_ARGS, unsigned sockets)
{
	static const struct {
		unsigned socket;
		const char *name;
	} daemons[] = {
	        {SOCKET_NETWORK, "virtnetworkd"}, {SOCKET_STORAGE, "virtstoraged"}, {SOCKET_LOG, "virtlogd"}};

	for (unsigned i = 0; i < G_N_ELEMENTS(daemons); i++) {
		if (sockets & daemons[i].socket)
			continue;
		struct finding *finding = check_say(report, check, CHECK_WARN,
		        "virtqemud is there, but %s has no socket", daemons[i].name);
		check_remedy(finding, "sudo systemctl enable --now %s.socket", daemons[i].name);
	}
}

void check_daemons(CHECK_ARGS)
{
	unsigned sockets = facts->machine->sockets;
	struct finding *finding;

	if (facts->status->session) {
		check_say(report, check, CHECK_OK, "a session needs no system daemon");
	} else if (!(sockets & (SOCKET_LIBVIRTD | SOCKET_QEMU))) {
		if (facts->status->link == HOST_UP ||
		        (facts->status->uri && strstr(facts->status->uri, "socket="))) {
			check_say(report, check, facts->status->link == HOST_UP ? CHECK_OK : CHECK_UNKNOWN,
			        "the one that is asked has its socket in another place than the usual one");
			return;
		}
		finding = check_say(report, check, CHECK_FAIL,
		        "neither libvirtd nor virtqemud has a socket in /run/libvirt");
		check_remedy(finding, "sudo systemctl enable --now libvirtd.socket");
	} else if ((sockets & SOCKET_LIBVIRTD) && (sockets & SOCKET_QEMU)) {
		finding = check_say(report, check, CHECK_WARN,
		        "libvirtd and virtqemud both have sockets: the two must not manage the same guests");
		check_remedy(finding, "sudo systemctl disable --now libvirtd.socket libvirtd-ro.socket "
		                      "libvirtd-admin.socket libvirtd");
	} else if (sockets & SOCKET_QEMU) {
		lacks_daemon(check, facts, report, sockets);
	} else if (!(sockets & SOCKET_LOG)) {
		finding = check_say(report, check, CHECK_WARN,
		        "virtlogd has no socket: guests that log by it do not start");
		check_remedy(finding, "sudo systemctl enable --now virtlogd.socket");
	}
	if (!check_said(report, check))
		check_say(report, check, CHECK_OK, "%s",
		        sockets & SOCKET_QEMU ? "the modular ones: virtqemud and its helpers"
		                              : "libvirtd and virtlogd");
}

static char *version_words(unsigned long version)
{
	return g_strdup_printf("%lu.%lu.%lu", version / 1000000, version / 1000 % 1000, version % 1000);
}

/* Of minor releases nothing is said: only a client that is older lacks something. */
void check_versions(CHECK_ARGS)
{
	unsigned long daemon = facts->status->libvirt_version, client = facts->client_version;
	g_autofree char *there = version_words(daemon), *here = version_words(client);
	g_autofree char *qemu = version_words(facts->status->hypervisor_version);

	if (!daemon || !client)
		check_say(report, check, CHECK_UNKNOWN, "libvirt has not said its version");
	else if (daemon < 6000000)
		check_remedy(check_say(report, check, CHECK_WARN,
		                     "libvirt %s is older than 6.0: much of nvirt asks for more", there),
		        "sudo apt-get install libvirt-daemon-system   # or: sudo dnf upgrade libvirt; else a newer "
		        "release of the system");
	else if (client / 1000 < daemon / 1000)
		check_say(report, check, CHECK_NOTE,
		        "the daemon is %s, this client's library only %s: new features cannot be asked for",
		        there, here);
	else
		check_say(report, check, CHECK_OK, "daemon %s, library %s%s%s", there, here,
		        facts->status->hypervisor_version ? ", QEMU " : "",
		        facts->status->hypervisor_version ? qemu : "");
}

/* A daemon that throws what it knows of QEMU away asks QEMU again at every start and definition. */
void check_capabilities(CHECK_ARGS)
{
	gint64 ms = facts->capabilities->took_ms;
	struct finding *finding;

	if (ms < 0) {
		check_say(report, check, CHECK_UNKNOWN, "libvirt does not answer what QEMU can do");
		return;
	}
	if (ms <= CHECK_SLOW_MS) {
		check_say(report, check, CHECK_OK, "known to libvirt: answered in %d ms", (int)ms);
		return;
	}
	finding = check_say(report, check, CHECK_WARN,
	        "libvirt took %.1f s to say what QEMU can do: it asks QEMU anew each time, so every "
	        "definition and start is "
	        "slow%s",
	        (double)ms / 1000,
	        facts->machine && facts->machine->kvm.qemu_may == 0
	                ? ". The user that runs QEMU may not open /dev/kvm, which it takes for a change: see "
	                  "kvm.permission"
	                : "");
	check_remedy(finding, "%s",
	        facts->machine && facts->machine->kvm.qemu_may == 0
	                ? "sudo chgrp kvm /dev/kvm && sudo chmod 0660 /dev/kvm"
	                : "sudo rm -r /var/cache/libvirt/qemu/capabilities && sudo systemctl restart "
	                  "libvirtd");
}

/* ---- its configuration and log --------------------------------------------- */

static bool config_read(CHECK_ARGS)
{
	const struct check_machine *machine = facts->machine;

	if (*machine->config_unread) {
		check_say(report, check, CHECK_UNKNOWN, "its configuration cannot be read: %s",
		        machine->config_unread);
		return false;
	}
	return true;
}

void check_keepalive(CHECK_ARGS)
{
	int64_t seconds = facts->machine->keepalive_s;
	struct finding *finding;

	if (!config_read(check, facts, report))
		return;
	if (seconds != G_MININT64 && seconds <= 0) {
		finding = check_say(report, check, CHECK_NOTE,
		        "keepalive_interval = %" G_GINT64_FORMAT " in %s", (gint64)seconds,
		        facts->machine->config);
		check_remedy(finding,
		        "sudo sed -i 's/^keepalive_interval.*/keepalive_interval = 5/' %s && sudo systemctl "
		        "restart libvirtd",
		        facts->machine->config);
	} else {
		check_say(report, check, CHECK_OK, "it looks after clients that are gone");
	}
}

static void low_limit(CHECK_ARGS, const char *name, int64_t value, int64_t least)
{
	struct finding *finding = check_say(report, check, CHECK_WARN,
	        "%s = %" G_GINT64_FORMAT " in %s: too few", name, (gint64)value, facts->machine->config);

	check_remedy(finding, "sudo sed -i 's/^%s.*/%s = %d/' %s && sudo systemctl restart libvirtd", name,
	        name, (int)least, facts->machine->config);
}

void check_limits(CHECK_ARGS)
{
	const struct check_machine *machine = facts->machine;

	if (!config_read(check, facts, report))
		return;
	if (machine->max_client_requests != G_MININT64 && machine->max_client_requests < CLIENT_REQUESTS)
		low_limit(check, facts, report, "max_client_requests", machine->max_client_requests,
		        CLIENT_REQUESTS);
	if (machine->max_clients != G_MININT64 && machine->max_clients < 20)
		low_limit(check, facts, report, "max_clients", machine->max_clients, 5000);
	if (!check_said(report, check))
		check_say(report, check, CHECK_OK, "as many clients and requests as it is made for");
}

void check_log(CHECK_ARGS)
{
	const struct check_machine *machine = facts->machine;
	g_autofree char *path = check_word(machine->log_path);
	struct finding *finding;

	if (machine->log_errors < 0) {
		finding = check_say(report, check, CHECK_UNKNOWN, "%s",
		        *machine->log_path ? "its log cannot be read"
		                           : "it writes no log file, and the journal was not to be read");
		check_remedy(finding, "sudo journalctl -u 'libvirt*' -u 'virt*' -p err --since -6h");
	} else if (machine->log_errors) {
		finding = check_say(report, check, CHECK_NOTE,
		        "%d errors in the last six hours, the newest: %s", (int)machine->log_errors,
		        machine->log_last);
		if (*machine->log_path == '/')
			check_remedy(finding, "sudo tail -n 50 %s", path);
		else
			check_remedy(finding, "sudo journalctl -u 'libvirt*' -u 'virt*' -p err --since -6h");
	} else {
		check_say(report, check, CHECK_OK, "no errors in the last six hours");
	}
}

void check_socket_open(CHECK_ARGS)
{
	const struct check_machine *machine = facts->machine;
	unsigned perms = *machine->rw_perms ? (unsigned)g_ascii_strtoull(machine->rw_perms, NULL, 8) : 0;
	struct finding *finding;

	if (!config_read(check, facts, report))
		return;
	if (perms & 0006 && strcmp(machine->auth_rw, "none") == 0) {
		finding = check_say(report, check, CHECK_FAIL,
		        "unix_sock_rw_perms = \"%s\" and auth_unix_rw = \"none\" in %s: every user of this "
		        "machine is as good as root",
		        machine->rw_perms, machine->config);
		check_remedy(finding,
		        "sudo sed -i 's/^unix_sock_rw_perms.*/unix_sock_rw_perms = \"0770\"/' %s && sudo "
		        "systemctl restart libvirtd",
		        machine->config);
	} else {
		check_say(report, check, CHECK_OK, "not open to every user of this machine");
	}
}

void check_remote_open(CHECK_ARGS)
{
	const struct check_machine *machine = facts->machine;
	bool none = strcmp(machine->auth_tcp, "none") == 0;
	struct finding *finding = NULL;

	if (machine->tcp_open == 1 || machine->listen_tcp == 1)
		finding = check_say(report, check, none ? CHECK_FAIL : CHECK_WARN, "%s%s",
		        machine->tcp_open == 1
		                ? "something listens on port 16509, libvirt's without encryption"
		                : "libvirtd is to listen without encryption (listen_tcp = 1)",
		        none ? ", and nobody is asked who he is (auth_tcp = \"none\")" : "");
	if (finding)
		check_remedy(finding, "sudo systemctl disable --now libvirtd-tcp.socket "
		                      "virtproxyd-tcp.socket   # use qemu+ssh:// instead");
	if (machine->tls_unverified == 1) {
		finding = check_say(
		        report, check, CHECK_FAIL, "tls_no_verify_certificate = 1: any client is believed");
		check_remedy(finding,
		        "sudo sed -i 's/^tls_no_verify_certificate.*/tls_no_verify_certificate = 0/' %s && "
		        "sudo systemctl restart libvirtd",
		        machine->config);
	}
	if (!finding && config_read(check, facts, report))
		check_say(report, check, CHECK_OK, "no unencrypted or unverified way in");
}
