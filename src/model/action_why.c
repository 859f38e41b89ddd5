/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reasons: what the state of an object forbids, and the way out. Pure; main thread. */
#include "action_why.h"

#include <string.h>

static char *reason(const char *name, const char *what)
{
	return g_strdup_printf("'%s' %s", name, what);
}

/* ---- guests: one table of what each state forbids ---- */

#define NOT_RUNNING "is not running"
#define HAS_CRASHED "has crashed and can not react: reset it or force it off"
#define SLEEPS "is suspended by its own power management: wake it from inside, reset it or force it off"

/* Running in the sense of libvirt: there is a process. A crashed guest may be kept for a look, or be gone. */
static bool is_active(const struct guest *guest)
{
	return guest->state == GUEST_CRASHED ? guest->id >= 0 : guest_state_active(guest->state);
}

/* NULL where the state is no reason against it. */
typedef const char *state_rule(const struct guest *guest);

static char *by_rule(const struct store *store, const struct obj_ref *ref, state_rule *rule)
{
	const struct guest *guest = store_guest(store, ref);
	const char *what = rule(guest);

	return what ? reason(guest->name, what) : NULL;
}

static const char *start_rule(const struct guest *guest)
{
	/* Known once its definition was read; the back end looks again. */
	if (guest->flags & GUEST_TEMPLATE && !is_active(guest))
		return "is a template: clone it, or make it a guest again (untemplate)";
	switch (guest->state) {
	case GUEST_RUNNING:
	case GUEST_BLOCKED:
		return "is already running";
	case GUEST_PAUSED:
		return "is paused: resume it instead";
	case GUEST_SHUTTING_DOWN:
		return "is still shutting down";
	case GUEST_SUSPENDED:
		return SLEEPS;
	case GUEST_CRASHED:
		return is_active(guest) ? "has crashed and is kept as it is: reset it or force it off first"
		                        : NULL;
	case GUEST_UNKNOWN:
	case GUEST_OFF:
	case GUEST_STATE_N:
		break;
	}
	return NULL;
}

/* Shutdown and reboot: someone inside must listen. */
static const char *listen_rule(const struct guest *guest)
{
	switch (guest->state) {
	case GUEST_OFF:
		return NOT_RUNNING;
	case GUEST_PAUSED:
		return "is paused and can not react: resume it first";
	case GUEST_SHUTTING_DOWN:
		return "is already shutting down; force it off if it hangs";
	case GUEST_SUSPENDED:
		return SLEEPS;
	case GUEST_CRASHED:
		return is_active(guest) ? HAS_CRASHED : NOT_RUNNING;
	case GUEST_UNKNOWN:
	case GUEST_RUNNING:
	case GUEST_BLOCKED:
	case GUEST_STATE_N:
		break;
	}
	return NULL;
}

static const char *active_rule(const struct guest *guest)
{
	return is_active(guest) || guest->state == GUEST_UNKNOWN ? NULL : NOT_RUNNING;
}

static const char *suspend_rule(const struct guest *guest)
{
	switch (guest->state) {
	case GUEST_OFF:
		return NOT_RUNNING;
	case GUEST_PAUSED:
		return "is already paused";
	case GUEST_SHUTTING_DOWN:
		return "is shutting down";
	case GUEST_SUSPENDED:
		return "is already suspended by its own power management";
	case GUEST_CRASHED:
		return is_active(guest) ? "has crashed: it does not run" : NOT_RUNNING;
	case GUEST_UNKNOWN:
	case GUEST_RUNNING:
	case GUEST_BLOCKED:
	case GUEST_STATE_N:
		break;
	}
	return NULL;
}

static const char *resume_rule(const struct guest *guest)
{
	switch (guest->state) {
	case GUEST_OFF:
		return "is not running: start it instead";
	case GUEST_RUNNING:
	case GUEST_BLOCKED:
		return "is already running";
	case GUEST_SHUTTING_DOWN:
		return "is shutting down";
	case GUEST_SUSPENDED:
		return SLEEPS;
	case GUEST_CRASHED:
		/* libvirt would say yes, and nothing would happen. */
		return is_active(guest) ? "has crashed: resuming does not help; reset it or force it off"
		                        : "has crashed and is off: start it instead";
	case GUEST_UNKNOWN:
	case GUEST_PAUSED:
	case GUEST_STATE_N:
		break;
	}
	return NULL;
}

/* What writes memory to a file. */
static const char *save_rule(const struct guest *guest)
{
	if (active_rule(guest))
		return NOT_RUNNING;
	if (guest->state == GUEST_CRASHED)
		return "has crashed: there is nothing worth saving";
	if (guest->state == GUEST_SHUTTING_DOWN)
		return "is shutting down";
	return NULL;
}

static const char *managed_save_rule(const struct guest *guest)
{
	const char *what = save_rule(guest);

	if (what)
		return what;
	if (!(guest->flags & GUEST_PERSISTENT))
		return "is transient: libvirt keeps no managed save image for it; save it to a file instead";
	return NULL;
}

static const char *managed_save_remove_rule(const struct guest *guest)
{
	return guest->flags & GUEST_MANAGED_SAVE ? NULL : "has no managed save image";
}

static const char *start_fresh_rule(const struct guest *guest)
{
	const char *what = start_rule(guest);

	if (what)
		return what;
	return guest->flags & GUEST_MANAGED_SAVE ? NULL
	                                         : "has no managed save image: just start it";
}

static const char *autostart_on_rule(const struct guest *guest)
{
	if (!(guest->flags & GUEST_PERSISTENT))
		return "is transient: libvirt forgets it when it stops, so it can not start by itself";
	if (guest->flags & GUEST_TEMPLATE)
		return "is a template, which does not start";
	return guest->flags & GUEST_AUTOSTART ? "starts with the host already" : NULL;
}

static const char *autostart_off_rule(const struct guest *guest)
{
	return guest->flags & GUEST_AUTOSTART ? NULL : "does not start with the host";
}

static const char *snapshot_create_rule(const struct guest *guest)
{
	if (!(guest->flags & GUEST_PERSISTENT))
		return "is transient: its snapshots would vanish with it";
	if (guest->state == GUEST_CRASHED && is_active(guest))
		return "has crashed: reset it or force it off first";
	if (guest->flags & GUEST_MANAGED_SAVE && !is_active(guest))
		return "has a managed save image, which belongs to the disks of this moment: start it or drop the image first";
	return NULL;
}

static const char *snapshot_prune_rule(const struct guest *guest)
{
	/* Not read yet is not none: then the plan says so. */
	return guest->snapshots && !guest->snapshots->len ? "has no snapshots" : NULL;
}

/* As qemuDomainRenameCallback() and what stands before it. */
static const char *rename_rule(const struct guest *guest)
{
	if (is_active(guest))
		return "is running: only a guest that is off can be renamed";
	if (!(guest->flags & GUEST_PERSISTENT))
		return "is transient and can not be renamed";
	if (guest->flags & GUEST_MANAGED_SAVE)
		return "has a managed save image, which goes by its name: start it or drop the image first";
	if (guest->flags & GUEST_SNAPSHOTS)
		return "has snapshots: libvirt renames only guests without";
	return NULL;
}

static const char *clone_rule(const struct guest *guest)
{
	return guest->flags & GUEST_PERSISTENT ? NULL : "is transient: it has no stored definition to clone";
}

static const char *template_rule(const struct guest *guest)
{
	if (is_active(guest))
		return "is running: shut it down first";
	if (guest->flags & GUEST_TEMPLATE)
		return "is a template already";
	if (guest->flags & GUEST_MANAGED_SAVE)
		return "has saved memory, that could not go on any more: drop it first (managedsave-remove)";
	return guest->flags & GUEST_PERSISTENT ? NULL : "is transient: it vanishes when it stops";
}

static const char *untemplate_rule(const struct guest *guest)
{
	return is_active(guest) ? "is running: it is no template" : NULL;
}

static const char *own_overlay_rule(const struct guest *guest)
{
	if (guest->flags & GUEST_TEMPLATE)
		return "is a template, which does not run: make it a guest again (untemplate)";
	return !is_active(guest) && guest->flags & GUEST_MANAGED_SAVE
	               ? "has saved memory that belongs to its files as they are: start it first"
	               : NULL;
}

static const char *balloon_rule(const struct guest *guest)
{
	const char *what = active_rule(guest);

	if (what)
		return what;
	if (guest->state == GUEST_CRASHED)
		return HAS_CRASHED;
	if (guest->state == GUEST_PAUSED)
		return "is paused: it can neither give nor take memory now";
	return guest->state == GUEST_SUSPENDED ? SLEEPS : NULL;
}

static const char *edit_rule(const struct guest *guest)
{
	/* The flag comes a moment after the guest; the detail tells the same. Who knows neither asks libvirt. */
	bool known = guest->detail && is_active(guest) && !guest->detail->xml_stored;

	return known && !(guest->flags & GUEST_PERSISTENT) ? "is transient: it has no stored definition to edit"
	                                                   : NULL;
}

static const char *undefine_rule(const struct guest *guest)
{
	if (!(guest->flags & GUEST_PERSISTENT))
		return "is transient: it is gone as soon as it is off";
	return is_active(guest) ? "is running: shut it down or force it off first" : NULL;
}

#define GUEST_WHY(name, rule)                                                                                \
	char *name(const struct store *store, const struct obj_ref *ref)                                     \
	{                                                                                                    \
		return by_rule(store, ref, rule);                                                            \
	}
GUEST_WHY(why_not_start, start_rule)
GUEST_WHY(why_not_start_fresh, start_fresh_rule)
GUEST_WHY(why_not_shutdown, listen_rule)
GUEST_WHY(why_not_destroy, active_rule)
GUEST_WHY(why_not_reset, active_rule)
GUEST_WHY(why_not_suspend, suspend_rule)
GUEST_WHY(why_not_resume, resume_rule)
GUEST_WHY(why_not_managed_save, managed_save_rule)
GUEST_WHY(why_not_managed_save_remove, managed_save_remove_rule)
GUEST_WHY(why_not_save, save_rule)
GUEST_WHY(why_not_autostart_on, autostart_on_rule)
GUEST_WHY(why_not_autostart_off, autostart_off_rule)
GUEST_WHY(why_not_rename, rename_rule)
GUEST_WHY(why_not_snapshot_create, snapshot_create_rule)
GUEST_WHY(why_not_snapshot_prune, snapshot_prune_rule)
GUEST_WHY(why_not_balloon, balloon_rule)
GUEST_WHY(why_not_edit, edit_rule)
GUEST_WHY(why_not_undefine, undefine_rule)
GUEST_WHY(why_not_clone, clone_rule)
GUEST_WHY(why_not_template, template_rule)
GUEST_WHY(why_not_untemplate, untemplate_rule)
GUEST_WHY(why_not_own_overlay, own_overlay_rule)

/* ---- snapshots ---- */

char *why_not_snapshot_revert(const struct store *store, const struct obj_ref *ref)
{
	const struct snapshot_row *row = store_snapshot(store, ref)->row;

	if (row->kind == SNAPSHOT_MIXED)
		return reason(row->name, "is internal for some disks and external for others: nobody can roll back to it");
	if (row->missing && *row->missing)
		return g_strdup_printf("'%s' stands on '%s', which is missing", row->name, row->missing);
	return NULL;
}

char *why_not_flatten(const struct store *store, const struct obj_ref *ref)
{
	const struct guest *guest = store_guest(store, ref);

	if (guest->flags & GUEST_SNAPSHOTS)
		return reason(guest->name, "has snapshots, which stand on what its disks stand on: delete them first");
	return guest->state == GUEST_SHUTTING_DOWN ? reason(guest->name, "is shutting down") : NULL;
}

/* ---- volumes ---- */

/* Volumes that stand on it may be gone since their pool was read: the operation reads it again. */
char *why_not_volume_delete(const struct store *store, const struct obj_ref *ref)
{
	const struct volume_row *row = store_volume(store, ref)->row;

	for (unsigned i = 0; row->uses && i < row->uses->len; i++) {
		const struct volume_use *use = row->uses->pdata[i];

		if (!(use->flags & USE_VOLUME))
			return g_strdup_printf("'%s' is used: %s", row->name, use->words);
	}
	return NULL;
}

char *why_not_volume_rebase(const struct store *store, const struct obj_ref *ref)
{
	const struct volume_row *row = store_volume(store, ref)->row;
	bool stands = (row->backing && *row->backing) || (row->chain && row->chain->len);

	return row->unread || stands ? NULL : reason(row->name, "stands on nothing");
}

/* ---- pools ---- */

char *why_not_pool_start(const struct store *store, const struct obj_ref *ref)
{
	const struct pool_row *row = store_pool(store, ref)->row;

	switch (row->state) {
	case POOL_BUILDING:
		return reason(row->name, "is being built");
	case POOL_RUNNING:
	case POOL_DEGRADED:
	case POOL_INACCESSIBLE: /* active, but what it stands on does not answer */
		return reason(row->name, "is already active");
	case POOL_INACTIVE:
		break;
	}
	return NULL;
}

char *why_not_pool_active(const struct store *store, const struct obj_ref *ref)
{
	const struct pool_row *row = store_pool(store, ref)->row;

	return row->state == POOL_INACTIVE ? reason(row->name, "is not active: start it first") : NULL;
}

static char *why_not_autostart(const char *name, bool persistent, bool now, bool wanted)
{
	if (wanted && !persistent)
		return reason(name, "is transient: libvirt forgets it when it stops");
	if (now == wanted)
		return reason(name, wanted ? "starts with the host already" : "does not start with the host");
	return NULL;
}

char *why_not_pool_autostart_on(const struct store *store, const struct obj_ref *ref)
{
	const struct pool_row *row = store_pool(store, ref)->row;

	return why_not_autostart(row->name, row->persistent, row->autostart, true);
}

char *why_not_pool_autostart_off(const struct store *store, const struct obj_ref *ref)
{
	const struct pool_row *row = store_pool(store, ref)->row;

	return why_not_autostart(row->name, row->persistent, row->autostart, false);
}

char *why_not_pool_define_default(const struct store *store, const struct obj_ref *ref)
{
	const struct host *host = store_host(store, ref->host);

	for (unsigned i = 0; i < host->pools->len; i++) {
		const struct pool *pool = host->pools->pdata[i];

		if (strcmp(pool->row->name, "default") == 0)
			return g_strdup_printf("there is a pool 'default' already; it is %s",
			        pool_state_word(pool->row->state));
	}
	return NULL;
}

/* ---- networks ---- */

char *why_not_network_start(const struct store *store, const struct obj_ref *ref)
{
	const struct network_row *row = store_network(store, ref)->row;

	return row->active ? reason(row->name, "is already active") : NULL;
}

char *why_not_network_stop(const struct store *store, const struct obj_ref *ref)
{
	const struct network_row *row = store_network(store, ref)->row;

	return row->active ? NULL : reason(row->name, "is not active");
}

char *why_not_network_autostart_on(const struct store *store, const struct obj_ref *ref)
{
	const struct network_row *row = store_network(store, ref)->row;

	return why_not_autostart(row->name, row->persistent, row->autostart, true);
}

char *why_not_network_autostart_off(const struct store *store, const struct obj_ref *ref)
{
	const struct network_row *row = store_network(store, ref)->row;

	return why_not_autostart(row->name, row->persistent, row->autostart, false);
}

char *why_not_network_define_default(const struct store *store, const struct obj_ref *ref)
{
	const struct host *host = store_host(store, ref->host);

	if (host->status->session)
		return g_strdup("an unprivileged session may not make a bridge: "
		                "its guests use user networking");
	for (unsigned i = 0; i < host->networks->len; i++) {
		const struct network *network = host->networks->pdata[i];

		if (strcmp(network->row->name, "default") == 0)
			return g_strdup_printf("there is a network 'default' already; it is %s",
			        network->row->active ? "active" : "inactive: start it");
	}
	return NULL;
}

/* ---- hosts ---- */

char *why_not_ksm(const struct store *store, const struct obj_ref *ref)
{
	const struct host *host = store_host(store, ref->host);
	const struct node_detail *detail = host->node_detail;

	if (host->status->session)
		return g_strdup("an unprivileged session daemon may not change how the host merges memory");
	if (host->status->driver && *host->status->driver && strcmp(host->status->driver, "QEMU") != 0)
		return g_strdup_printf("libvirt's driver %s can not set it", host->status->driver);
	/* Not looked at is not none: then the operation says so. */
	return detail && detail->ksm.pages_to_scan < 0 ? reason(host->name, "has a kernel without KSM") : NULL;
}

/* ---- connections and tasks ---- */

char *why_not_connect(const struct store *store, const struct obj_ref *ref)
{
	const struct host *host = store_host(store, ref->host);

	switch (host->status->link) {
	case HOST_UP:
		return reason(host->name, "is connected already");
	case HOST_CONNECTING:
		return reason(host->name, "is being connected");
	case HOST_OFF:
	case HOST_LOST:
	case HOST_FAILED:
	case HOST_LINK_N:
		break;
	}
	return NULL;
}

char *why_not_disconnect(const struct store *store, const struct obj_ref *ref)
{
	const struct host *host = store_host(store, ref->host);

	return host->status->link == HOST_OFF ? reason(host->name, "is not connected") : NULL;
}

char *why_not_task_abort(const struct store *store, const struct obj_ref *ref)
{
	const struct task *task = store_task(store, ref->name);

	if (task_state_ended(task->state))
		return g_strdup_printf("it has ended already: %s", task_state_word(task->state));
	if (task->origin != TASK_OURS)
		return g_strdup("it belongs to another nvirt: abort it there");
	if (task->abort_asked)
		return g_strdup("it was asked to end already");
	if (task->state == TASK_UNKNOWN)
		return g_strdup("the connection to its host is gone");
	if (task->state == TASK_RUNNING && !task->abortable)
		return g_strdup_printf("libvirt can not abort '%s' at this point", task->verb);
	return NULL;
}

/* Its host is not that of the selection: it may be one that is not connected here. */
static char *why_no_host_of(const struct store *store, const struct task *task)
{
	const struct host *host = task->ref.host ? store_host(store, task->ref.host) : NULL;

	if (!host)
		return g_strdup_printf("it ran on '%s': connect to that host first", *task->uri ? task->uri : task->host_name);
	if (host->status->link != HOST_UP)
		return reason(host->name, "is not connected");
	if (host->status->readonly)
		return reason(host->name, "is connected read-only");
	return NULL;
}

char *why_not_task_cleanup(const struct store *store, const struct obj_ref *ref)
{
	const struct task *task = store_task(store, ref->name);
	g_autoptr(GPtrArray) left = task_leftovers(task);

	if (!task_state_ended(task->state) && !task->end_unix_us)
		return g_strdup("it is still under way");
	if (!left->len)
		return g_strdup("it has left nothing behind");
	return why_no_host_of(store, task);
}
