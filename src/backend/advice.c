/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From libvirt's refusal to connect to what mends it: see advice.h.
 *
 * libvirt's codes are too coarse here (most are "system error" or "internal
 * error"), so its words decide; they have been the same for ten years.
 */
#include "backend/advice.h"

#include <libvirt/virterror.h>
#include <string.h>
#include <unistd.h>

#include "backend/node.h"
#include "backend/uri.h"
#include "nvirt/text.h"

static bool any_exists(const char *a, const char *b)
{
	return access(a, F_OK) == 0 || access(b, F_OK) == 0;
}

struct advice_machine advice_machine_look(void)
{
	return (struct advice_machine){
	        .root = geteuid() == 0,
	        .libvirtd = any_exists("/usr/sbin/libvirtd", "/usr/local/sbin/libvirtd"),
	        .virtqemud = any_exists("/usr/sbin/virtqemud", "/usr/local/sbin/virtqemud"),
	        .apt = access("/usr/bin/apt-get", X_OK) == 0,
	        .dnf = access("/usr/bin/dnf", X_OK) == 0,
	        .in_group = node_in_libvirt_group(),
	        .user = g_get_user_name(),
	};
}

/* ---- what it is ---------------------------------------------------------- */

static bool has(const char *text, const char *part)
{
	return strstr(text, part) != NULL;
}

static enum advice_cause ssh_cause(const char *words)
{
	if (has(words, "Could not resolve hostname"))
		return CAUSE_SSH_NAME;
	if (has(words, "Host key verification failed") || has(words, "IDENTIFICATION HAS CHANGED"))
		return CAUSE_SSH_HOST_KEY;
	/* A refused socket on the other side says "Permission denied" without a list of methods. */
	if (has(words, "Permission denied (") || has(words, "Too many authentication failures"))
		return CAUSE_SSH_KEY;
	if (has(words, "connect to host") || has(words, "Connection timed out") || has(words, "No route to host"))
		return CAUSE_SSH_UNREACHABLE;
	return CAUSE_OTHER;
}

static enum advice_cause net_cause(const char *words)
{
	if (has(words, "unable to connect to server at"))
		return has(words, "Connection refused") ? CAUSE_TCP_REFUSED : CAUSE_TCP_UNREACHABLE;
	if (has(words, "certificate") || has(words, "TLS"))
		return CAUSE_TLS;
	return CAUSE_OTHER;
}

static enum advice_cause socket_cause(int code, const char *words)
{
	if (has(words, "system bus connection"))
		return CAUSE_NO_BUS;
	if (code == VIR_ERR_AUTH_FAILED || code == VIR_ERR_AUTH_UNAVAILABLE || code == VIR_ERR_AUTH_CANCELLED ||
	        code == VIR_ERR_ACCESS_DENIED || has(words, "authentication unavailable") ||
	        has(words, "authentication failed") || has(words, "Permission denied"))
		return CAUSE_PERMISSION;
	if (has(words, "No such file or directory"))
		return CAUSE_NO_SOCKET;
	if (has(words, "Connection refused"))
		return CAUSE_REFUSED;
	return CAUSE_OTHER;
}

static enum advice_cause uri_cause(int code, const char *words)
{
	if (has(words, "no connection driver available"))
		return CAUSE_NO_DRIVER;
	if (has(words, "unexpected") && has(words, "URI path"))
		return CAUSE_URI;
	if (code == VIR_ERR_INVALID_ARG || has(words, "unable to parse URI") || has(words, "Unable to parse URI") ||
	        has(words, "URI scheme") || has(words, "malformed"))
		return CAUSE_URI;
	return CAUSE_OTHER;
}

/* With no daemon to ask, libvirt does not get as far as telling that it knows no such driver. */
static bool known_driver(const char *uri)
{
	static const char *const drivers[] = {"", "qemu", "test", "xen", "lxc", "ch", "bhyve", "vz", "openvz",
	        "vbox", "vmwareplayer", "vmwarews", "vmwarefusion", "esx", "gsx", "vpx", "hyperv", "parallels",
	        NULL};
	g_autofree char *driver = uri_driver(uri);

	return g_strv_contains(drivers, driver);
}

enum advice_cause advice_cause(const char *uri, int code, const char *words)
{
	g_autofree char *transport = uri_transport(uri);
	enum advice_cause cause = known_driver(uri) ? uri_cause(code, words) : CAUSE_NO_DRIVER;

	if (cause == CAUSE_OTHER && (has(transport, "ssh") || has(words, "ssh: ")))
		cause = ssh_cause(words);
	if (cause == CAUSE_OTHER)
		cause = net_cause(words);
	if (cause == CAUSE_OTHER)
		cause = socket_cause(code, words);
	if (has(transport, "ssh") && (cause == CAUSE_OTHER || has(words, "Cannot recv data")) &&
	        (cause == CAUSE_OTHER || cause == CAUSE_PERMISSION))
		cause = CAUSE_SSH_OTHER;
	return cause;
}

bool advice_cause_is_permission(enum advice_cause cause)
{
	return cause == CAUSE_PERMISSION || cause == CAUSE_NO_BUS;
}

/* ---- what to do ---------------------------------------------------------- */

struct advice {
	char *text, *command; /* command NULL = none */
};

static const char *sudo(const struct advice_machine *machine)
{
	return machine->root ? "" : "sudo ";
}

/* The unit that serves qemu URIs; the modular daemons where only they are. */
static const char *unit(const struct advice_machine *machine)
{
	return machine->virtqemud && !machine->libvirtd ? "virtqemud" : "libvirtd";
}

static struct advice advise_no_socket(const struct advice_machine *machine)
{
	if (machine->libvirtd || machine->virtqemud)
		return (struct advice){
		        g_strdup_printf("%s is not running: there is no socket of it. Start it.", unit(machine)),
		        g_strdup_printf("%ssystemctl enable --now %s.socket %s", sudo(machine), unit(machine),
		                unit(machine))};
	if (machine->dnf && !machine->apt)
		return (struct advice){g_strdup("libvirt's daemon is not installed on this machine."),
		        g_strdup_printf("%sdnf install libvirt-daemon-kvm", sudo(machine))};
	return (struct advice){g_strdup("libvirt's daemon is not installed on this machine."),
	        g_strdup_printf("%sapt-get install libvirt-daemon-system qemu-system-x86", sudo(machine))};
}

static struct advice advise_no_session(const struct advice_machine *machine)
{
	if (machine->libvirtd || machine->virtqemud)
		return (struct advice){
		        g_strdup("Your own session daemon did not start. See what it says."),
		        g_strdup_printf("%s --timeout=30 --verbose", unit(machine))};
	return advise_no_socket(machine);
}

static struct advice advise_permission(const struct advice_machine *machine)
{
	if (machine->in_group && !machine->root)
		return (struct advice){
		        g_strdup_printf("%s may not use this socket, though in group libvirt. "
		                        "See who may.",
		                machine->user),
		        g_strdup("ls -l /run/libvirt/libvirt-sock")};
	if (machine->root)
		return (struct advice){g_strdup("The daemon refused even root: see its access rules."),
		        g_strdup_printf("journalctl -u %s -n 20", unit(machine))};
	return (struct advice){
	        g_strdup_printf("%s is not in group libvirt. Join it, then log in again or run newgrp libvirt.",
	                machine->user),
	        g_strdup_printf("sudo usermod -aG libvirt %s && newgrp libvirt", machine->user)};
}

/* "me@host", quoted for a shell, never taken for an option. */
static char *shell_host(const char *uri)
{
	g_autofree char *server = uri_server(uri, true);

	return g_shell_quote(server);
}

static struct advice advise_ssh(enum advice_cause cause, const char *uri)
{
	g_autofree char *host = shell_host(uri);

	if (cause == CAUSE_SSH_NAME)
		return (struct advice){g_strdup("No such host name: check its spelling, DNS or /etc/hosts."),
		        g_strdup_printf("getent hosts -- %s", host)};
	if (cause == CAUSE_SSH_KEY)
		return (struct advice){
		        g_strdup("ssh can not log in without asking for a password. Bring your key there once."),
		        g_strdup_printf("ssh-copy-id -- %s", host)};
	if (cause == CAUSE_SSH_HOST_KEY)
		return (struct advice){
		        g_strdup("ssh does not know this host's key, or it has changed. Log in once and check it."),
		        g_strdup_printf("ssh -- %s", host)};
	if (cause == CAUSE_SSH_UNREACHABLE)
		return (struct advice){g_strdup("The host can not be reached by ssh: is it up, is the port right?"),
		        g_strdup_printf("ssh -v -- %s true", host)};
	return (struct advice){
	        g_strdup("ssh reaches the host, libvirt there does not answer: is it installed, may you use it?"),
	        g_strdup_printf("ssh -- %s virsh -c qemu:///system uri", host)};
}

static struct advice advise_tcp(enum advice_cause cause, const char *uri)
{
	g_autofree char *server = uri_server(uri, false);
	g_autofree char *better = g_strdup_printf("qemu+ssh://%s/system", server);
	g_autofree char *quoted = g_shell_quote(better);

	if (cause == CAUSE_TCP_REFUSED)
		return (struct advice){g_strdup("libvirt does not listen on the network there, which is its default. "
		                                "Go by ssh instead."),
		        g_strdup_printf("nvirt -c %s", quoted)};
	if (cause == CAUSE_TLS)
		return (struct advice){g_strdup("The TLS certificates are missing or do not fit: "
		                                "see https://libvirt.org/kbase/tlscerts.html, or go by ssh."),
		        g_strdup_printf("nvirt -c %s", quoted)};
	return (struct advice){g_strdup("The host can not be reached: is it up, does a firewall stand between?"),
	        g_strdup_printf("ping -c 3 %s", server)};
}

static struct advice advise(enum advice_cause cause, const char *uri, const struct advice_machine *machine)
{
	switch (cause) {
	case CAUSE_NO_SOCKET:
		return uri_is_session(uri) ? advise_no_session(machine) : advise_no_socket(machine);
	case CAUSE_REFUSED:
		return (struct advice){g_strdup_printf("%s has stopped and left its socket behind. Start it again; "
		                                       "running guests are not touched.",
		                               unit(machine)),
		        g_strdup_printf("%ssystemctl restart %s", sudo(machine), unit(machine))};
	case CAUSE_PERMISSION:
		return advise_permission(machine);
	case CAUSE_NO_BUS:
		return (struct advice){g_strdup("The daemon can not ask polkit who may connect: D-Bus is not running."),
		        g_strdup_printf("%ssystemctl start dbus && %ssystemctl restart %s", sudo(machine),
		                sudo(machine), unit(machine))};
	case CAUSE_URI:
		return (struct advice){g_strdup("libvirt does not understand this URI. The usual one is qemu:///system."),
		        g_strdup("nvirt -c qemu:///system")};
	case CAUSE_NO_DRIVER:
		return (struct advice){g_strdup("libvirt here has no driver for this kind of URI: check its spelling. "
		                                "The usual one is qemu:///system."),
		        g_strdup("nvirt -c qemu:///system")};
	case CAUSE_SSH_NAME:
	case CAUSE_SSH_KEY:
	case CAUSE_SSH_HOST_KEY:
	case CAUSE_SSH_UNREACHABLE:
	case CAUSE_SSH_OTHER:
		return advise_ssh(cause, uri);
	case CAUSE_TCP_REFUSED:
	case CAUSE_TCP_UNREACHABLE:
	case CAUSE_TLS:
		return advise_tcp(cause, uri);
	case CAUSE_OTHER:
		break;
	}
	return (struct advice){g_strdup("See what the daemon says."),
	        g_strdup_printf("%sjournalctl -u %s -n 20", sudo(machine), unit(machine))};
}

/* ---- into the status ----------------------------------------------------- */

void advice_clear(struct host_status *status)
{
	g_clear_pointer(&status->error, g_free);
	g_clear_pointer(&status->tried, g_free);
	g_clear_pointer(&status->advice, g_free);
	g_clear_pointer(&status->command, g_free);
}

/* The socket that libvirt names in its words: 'between quotes, an absolute path'. */
static char *socket_in(const char *words)
{
	const char *open = strstr(words, "'/");
	const char *close = open != NULL ? strchr(open + 1, '\'') : NULL;

	return close != NULL ? g_strndup(open + 1, close - open - 1) : NULL;
}

static char *tried_text(const char *uri, const char *words)
{
	g_autofree char *path = words != NULL ? socket_in(words) : NULL;
	g_autofree char *text = g_strconcat(*uri != '\0' ? uri : "libvirt's default URI",
	        path != NULL ? " by " : "", path != NULL ? path : "", NULL);

	return text_clean(text, -1);
}

static void set(struct host_status *status, const char *uri, const char *words, struct advice advice)
{
	advice_clear(status);
	status->error = g_strdup(words);
	status->tried = tried_text(uri, words);
	status->advice = text_clean(advice.text, -1);
	status->command = advice.command != NULL ? text_clean(advice.command, -1) : NULL;
	g_free(advice.text);
	g_free(advice.command);
}

void advice_failed(struct host_status *status, const char *uri, const GError *error,
        const struct advice_machine *machine)
{
	set(status, uri, error->message, advise(advice_cause(uri, error->code, error->message), uri, machine));
}

void advice_no_answer(struct host_status *status, const char *uri, unsigned seconds)
{
	struct advice_machine machine = advice_machine_look();
	g_autofree char *words = g_strdup_printf("no answer for %u seconds", seconds);
	g_autofree char *host = shell_host(uri);
	struct advice advice = {
	        g_strdup("The daemon accepts the connection and says nothing: it hangs or is stopped. nvirt goes "
	                 "on waiting; a restart does not touch running guests."),
	        g_strdup_printf("%ssystemctl restart %s", sudo(&machine), unit(&machine))};

	if (uri_is_session(uri)) {
		g_free(advice.command);
		advice.command = g_strdup_printf("pgrep -u %s -a %s", machine.user, unit(&machine));
	} else if (!uri_is_local(uri)) {
		g_free(advice.text);
		g_free(advice.command);
		advice.text = g_strdup("The host or its libvirt daemon does not answer; nvirt goes on waiting.");
		advice.command = g_strdup_printf("ssh -- %s systemctl status %s", host, unit(&machine));
	}
	set(status, uri, words, advice);
}

void advice_readonly(struct host_status *status, const char *uri, const GError *error,
        const struct advice_machine *machine)
{
	struct advice advice = advise(advice_cause(uri, error->code, error->message), uri, machine);
	char *text = g_strconcat("Opened read-only. ", advice.text, NULL);

	g_free(advice.text);
	advice.text = text;
	set(status, uri, error->message, advice);
}
