/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first minutes with a host: see welcome.h. */
#include "welcome.h"

#include "look.h"

bool welcome_applies(const struct host *host)
{
	return !host->listed && host->status->link != HOST_UP;
}

static const char *asked(const struct host *host)
{
	if (host->status->uri && *host->status->uri)
		return host->status->uri;
	return *host->asked_uri ? host->asked_uri : "libvirt's default (no URI was given)";
}

static void fill_command(struct pane *pane, const char *advice, const char *command)
{
	if (advice && *advice)
		pane_text(pane, ROLE_TEXT, advice);
	if (!command || !*command)
		return;
	pane_text(pane, ROLE_TEXT, "");
	pane_mark(pane, ROLE_DIM, "   ", command);
}

static void fill_keys(struct pane *pane, const struct host *host)
{
	pane_section(pane, NULL, true);
	if (host->status->link == HOST_OFF)
		pane_mark(pane, ROLE_KEY, "  c", "connect");
	else
		pane_mark(pane, ROLE_KEY, "  R", "try again now");
	if (host->status->system_socket_exists && host->status->session)
		pane_mark(pane, ROLE_KEY, "  o", "open the system daemon (qemu:///system) instead");
	pane_mark(pane, ROLE_KEY, "  ?", "help");
	pane_mark(pane, ROLE_KEY, "  q", "quit");
}

void welcome_fill(struct pane *pane, const struct app *app, const struct host *host)
{
	const struct host_status *status = host->status;
	g_autofree char *link = look_host_link(app, host);
	bool failed = status->link == HOST_FAILED || status->error;

	if (status->link == HOST_OFF)
		pane_section(pane, "Not connected", true);
	else
		pane_section(pane, failed ? "No connection to libvirt" : "Connecting to libvirt", true);
	pane_pair(pane, "State", failed ? ROLE_WARN : ROLE_TEXT, link);
	/* What mends it comes first: on a small screen the rest is below the fold. */
	if ((status->advice && *status->advice) || (status->command && *status->command)) {
		pane_section(pane, "What to do", true);
		fill_command(pane, status->advice, status->command);
		pane_mark(pane, ROLE_KEY, "   R", "try again now");
	}
	pane_section(pane, "What was tried", true);
	pane_pair(pane, "Tried", ROLE_TEXT, status->tried && *status->tried ? status->tried : asked(host));
	if (status->error)
		pane_pair(pane, "libvirt says", ROLE_ERROR, status->error);
	if (status->attempt > 1)
		pane_pairf(pane, "Attempts", ROLE_TEXT, "%u", status->attempt);
	fill_keys(pane, host);
}

/* ---- the checklist ---- */

enum step { STEP_OK, STEP_BAD, STEP_UNKNOWN };

static void step(struct pane *pane, enum step result, const char *text, const char *key, const char *remedy)
{
	static const char *const marks[] = {"[ok]", "[!] ", "[?] "};
	static const enum role roles[] = {ROLE_OK, ROLE_WARN, ROLE_DIM};
	g_autofree char *line = key && result == STEP_BAD ? g_strdup_printf("%s   %s: %s", text, key, remedy)
	                                                   : g_strdup(text);

	pane_mark(pane, roles[result], marks[result], line);
}

static const char *kvm_command(const struct host *host, const char **ret_text, enum step *ret_check)
{
	*ret_check = STEP_BAD;
	switch (host->status->kvm) {
	case KVM_USABLE:
		*ret_text = "KVM works: guests run at full speed";
		*ret_check = STEP_OK;
		return NULL;
	case KVM_MISSING:
		*ret_text = "No /dev/kvm: guests are emulated, which is slow";
		return "sudo modprobe kvm_intel || sudo modprobe kvm_amd";
	case KVM_NO_PERMISSION:
		*ret_text = "/dev/kvm may not be used by you: guests are emulated, which is slow";
		return "sudo usermod -aG kvm \"$USER\"";
	case KVM_NOT_WORKING:
		*ret_text = "KVM does not work: is virtualisation switched on in the firmware?";
		return "sudo dmesg | grep -i kvm";
	case KVM_UNKNOWN:
		break;
	}
	*ret_text = "KVM: not known, as the host is not this machine";
	*ret_check = STEP_UNKNOWN;
	return NULL;
}

static const struct network *default_network(const struct host *host)
{
	for (unsigned i = 0; i < host->networks->len; i++) {
		const struct network *network = g_ptr_array_index(host->networks, i);

		if (!g_strcmp0(network->row->name, "default"))
			return network;
	}
	return NULL;
}

/* The pool "default", or else any that is active. */
static const struct pool *usable_pool(const struct host *host)
{
	const struct pool *found = NULL;

	for (unsigned i = 0; i < host->pools->len; i++) {
		const struct pool *pool = g_ptr_array_index(host->pools, i);

		if (pool->row->state == POOL_RUNNING)
			return pool;
		if (!g_strcmp0(pool->row->name, "default"))
			found = pool;
	}
	return found;
}

static void check_kvm(struct pane *pane, const struct host *host)
{
	const char *text;
	enum step result;

	kvm_command(host, &text, &result);
	step(pane, result, text, "K", "show the command");
}

static void check_group(struct pane *pane, const struct host *host)
{
	if (!host->status->local || host->status->session)
		return;
	if (host->status->in_libvirt_group)
		step(pane, STEP_OK, "You may manage this host (group libvirt)", NULL, NULL);
	else
		step(pane, STEP_BAD, "You are not in the group libvirt", "L", "show the command");
}

static void check_network(struct pane *pane, const struct host *host)
{
	const struct network *network = default_network(host);

	if (host->status->session)
		step(pane, STEP_OK, "Network: guests of a session use QEMU's own (no bridge is needed)",
		        NULL, NULL);
	else if (!network)
		step(pane, STEP_BAD, "There is no network \"default\"", "n", "define and start it");
	else if (!network->row->active)
		step(pane, STEP_BAD, "The network \"default\" is not active", "n", "start it");
	else
		step(pane, STEP_OK, "The network \"default\" is active", NULL, NULL);
}

static void check_pool(struct pane *pane, const struct host *host)
{
	const struct pool *pool = usable_pool(host);

	if (!pool)
		step(pane, STEP_BAD, "There is no storage pool for disks", "p",
		        "define and start \"default\"");
	else if (pool->row->state != POOL_RUNNING)
		step(pane, STEP_BAD, "The storage pool \"default\" is not active", "p", "start it");
	else
		step(pane, STEP_OK, "There is a storage pool for disks", NULL, NULL);
}

void welcome_fill_empty(struct pane *pane, const struct host *host)
{
	if (!host->listed || host->guests->len)
		return;
	if (host->status->session && host->status->system_socket_exists) {
		pane_section(pane, "Is this the daemon you want?", true);
		pane_text(pane, ROLE_WARN,
		        "This is your own session daemon, and it has no guests. The guests of this machine "
		        "usually belong to the system daemon, which is here too.");
		pane_mark(pane, ROLE_KEY, "  o", "open qemu:///system instead");
	}
	pane_section(pane, "No guests yet: is the host ready for some?", true);
	check_kvm(pane, host);
	check_group(pane, host);
	check_network(pane, host);
	check_pool(pane, host);
}

/* ---- keys ---- */

static void show_command(struct app *app, const char *title, const char *command, const char *after)
{
	g_autofree char *text = g_strdup_printf("Run in a shell:\n\n  %s\n\n%s", command, after);

	app_show_text(app, title, text);
}

void welcome_fix_kvm(struct app *app, const struct host *host)
{
	const char *text;
	enum step result;
	const char *command = kvm_command(host, &text, &result);

	if (command)
		show_command(app, "KVM", command, text);
	else
		app_notice(app, LEVEL_INFO, "%s", text);
}

void welcome_fix_group(struct app *app, const struct host *host)
{
	if (!host->status->local || host->status->in_libvirt_group) {
		app_notice(app, LEVEL_INFO, "Nothing to do: you may manage this host");
		return;
	}
	show_command(app, "Group libvirt", "sudo usermod -aG libvirt \"$USER\"",
	        "Then log in again: groups are read at login.");
}

/* Runs `verb` on `ref` if there is such an action. */
static void run(struct app *app, const char *verb, const struct obj_ref *ref)
{
	const struct action *action = action_by_verb(verb);

	if (action)
		app_action(app, action, ref);
}

void welcome_fix_network(struct app *app, const struct host *host)
{
	const struct network *network = default_network(host);

	if (!network)
		run(app, "net-define-default", &host->ref);
	else if (!network->row->active)
		run(app, "net-start", &network->ref);
	else
		app_notice(app, LEVEL_INFO, "The network \"default\" is active already");
}

void welcome_fix_pool(struct app *app, const struct host *host)
{
	const struct pool *pool = usable_pool(host);

	if (!pool)
		run(app, "pool-define-default", &host->ref);
	else if (pool->row->state != POOL_RUNNING)
		run(app, "pool-start", &pool->ref);
	else
		app_notice(app, LEVEL_INFO, "There is an active storage pool already");
}

void welcome_to_system(struct app *app, const struct host *host)
{
	if (host->status->session && host->status->system_socket_exists)
		app_switch_uri(app, host->id, "qemu:///system");
	else
		app_notice(app, LEVEL_INFO, "There is no other libvirt daemon here to open");
}
