/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Deleting snapshots: one, with its children, its children; or all but the newest. Worker threads. */
#include <string.h>

#include "backend/op_table.h"
#include "backend/op_util.h"
#include "backend/protect.h"
#include "backend/snapshot_remove.h"
#include "backend/snapshot_removal.h"
#include "nvirt/text.h"

#define VERB "delete snapshots of"
#define KEEP_MAX 100000

/* ---- which ones ---- */

/* Raw names in the order in which they go: children before what they stand on. Owned. */
static GPtrArray *names_of(const GPtrArray *snaps)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

	for (unsigned i = 0; i < snaps->len; i++)
		g_ptr_array_add(names, g_strdup(((const struct snap *)g_ptr_array_index(snaps, i))->name));
	return names;
}

static GPtrArray *chosen_by_scope(GPtrArray *tree, const struct op_request *request)
{
	const char *scope = args_get(request->args, "scope");
	struct snap *snap = snapshot_tree_find(tree, request->ref.name);
	g_autoptr(GPtrArray) chosen = g_ptr_array_new();

	if (snap && scope && !g_str_equal(scope, "one"))
		snapshot_tree_below(snap, chosen);
	if (snap && g_strcmp0(scope, "children") != 0)
		g_ptr_array_add(chosen, snap);
	return names_of(chosen);
}

static int newest_first(gconstpointer a, gconstpointer b)
{
	const struct snap *x = *(struct snap *const *)a, *y = *(struct snap *const *)b;

	if (x->created_unix_s != y->created_unix_s)
		return x->created_unix_s > y->created_unix_s ? -1 : 1;
	return -strcmp(x->name, y->name);
}

/* Those of that prefix beyond the newest; the oldest go first. */
static GPtrArray *chosen_by_age(GPtrArray *tree, const struct op_request *request)
{
	const char *prefix = args_get(request->args, "prefix");
	int64_t keep = CLAMP(args_get_int(request->args, "keep", KEEP_MAX), 0, KEEP_MAX);
	g_autoptr(GPtrArray) all = g_ptr_array_new(), chosen = g_ptr_array_new();

	for (unsigned i = 0; i < tree->len; i++) {
		struct snap *snap = g_ptr_array_index(tree, i);
		if (g_str_has_prefix(snap->name, prefix && *prefix ? prefix : "auto-"))
			g_ptr_array_add(all, snap);
	}
	g_ptr_array_sort(all, newest_first);
	for (unsigned i = all->len; i > keep; i--)
		g_ptr_array_add(chosen, g_ptr_array_index(all, i - 1));
	return names_of(chosen);
}

/* ---- plans ---- */

static void add_note(struct plan *plan, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void add_note(struct plan *plan, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *raw = g_strdup_vprintf(format, args);
	va_end(args);
	char *clean = text_clean(raw, -1);
	if (g_ptr_array_find_with_equal_func(plan->notes, clean, g_str_equal, NULL))
		g_free(clean);
	else
		g_ptr_array_add(plan->notes, clean);
}

static struct plan_item *add_item(
        struct plan *plan, const char *id, const char *name, const char *what, const char *path)
{
	g_autofree char *full_id = g_strdup_printf("%s:%s", id, name);
	g_autofree char *clean_id = text_clean(full_id, -1);
	g_autofree char *clean = text_clean(path, -1);
	struct plan_item *item = plan_add(plan, clean_id, what, clean);

	item->chosen = item->required = true;
	return item;
}

static void plan_way(struct plan *plan, const struct snap *snap, const struct removal *removal, bool active)
{
	switch (removal->way) {
	case REMOVAL_RECORD:
		add_note(plan, "Only the record of '%s' is dropped: its files, or its state inside its disks, stay.", snap->name);
		break;
	case REMOVAL_INTERNAL:
		add_note(plan, "libvirt takes '%s' out of its disks; that can not be aborted.", snap->name);
		break;
	case REMOVAL_FILES:
		break;
	case REMOVAL_MERGE:
		add_note(plan, "What was written since '%s' is merged down%s. It can be aborted: the guest and the other snapshots "
		               "stay whole, but from the first moment on there is no way back to '%s'.",
		        snap->name,
		        active ? " while the guest runs" : " by the guest's QEMU, which is started for it; its CPUs do not run",
		        snap->name);
		break;
	}
}

/* A file that changes, once; what happens to it first is what is said of it. */
static void add_change(struct plan *plan, const char *target, const char *path, const char *format, ...)
        G_GNUC_PRINTF(4, 5);
static void add_change(struct plan *plan, const char *target, const char *path, const char *format, ...)
{
	g_autofree char *clean = text_clean(path, -1), *what = g_strdup_printf("disk %s", target);
	va_list args;

	for (unsigned i = 0; i < plan->items->len; i++)
		if (g_str_equal(((const struct plan_item *)plan->items->pdata[i])->path, clean))
			return;
	va_start(args, format);
	g_autofree char *note = g_strdup_vprintf(format, args);
	va_end(args);
	struct plan_item *item = add_item(plan, "change", path, what, path);
	item->does = PLAN_CHANGE;
	g_free(item->note);
	item->note = text_clean(note, -1);
}

/* What goes in the end was changed in vain. */
static void drop_change(struct plan *plan, const char *path)
{
	g_autofree char *clean = text_clean(path, -1);

	for (unsigned i = 0; i < plan->items->len; i++) {
		const struct plan_item *item = plan->items->pdata[i];
		if (item->does == PLAN_CHANGE && g_str_equal(item->path, clean))
			g_ptr_array_remove_index(plan->items, i--);
	}
}

static void plan_merge(
        struct plan *plan, const struct snapshot_map *map, const struct snap *snap, const struct removal_merge *merge)
{
	g_autofree char *child = snapshot_map_key(map, merge->child);
	GHashTableIter iter;
	gpointer above, base;

	add_note(plan, "Disk %s: '%s' is merged into '%s'.", merge->target, merge->child, merge->state);
	add_change(plan, merge->target, merge->state, "takes up what was written since '%s'", snap->name);
	for (g_hash_table_iter_init(&iter, map->base); g_hash_table_iter_next(&iter, &above, &base);)
		if (g_str_equal(base, child))
			add_change(plan, merge->target, above, "stands on '%s' then", merge->state);
}

static void plan_inside(struct plan *plan, const struct snap *snap)
{
	for (unsigned i = 0; i < snap->disks->len; i++) {
		const struct snap_disk *disk = g_ptr_array_index(snap->disks, i);
		if (g_str_equal(disk->mode, "internal") && *disk->state)
			add_change(plan, disk->target, disk->state, "the state of then is taken out of the file");
	}
}

static void plan_files(struct plan *plan, const struct snapshot_map *map, const struct snap *snap,
        const struct removal *removal)
{
	for (unsigned i = 0; i < removal->merges->len; i++)
		plan_merge(plan, map, snap, g_ptr_array_index(removal->merges, i));
	for (unsigned i = 0; i < removal->goes->len; i++) {
		g_autofree char *what = g_strdup_printf("file of '%s'", snap->name);
		g_autofree char *clean = text_clean(what, -1);
		const char *path = g_ptr_array_index(removal->goes, i);
		g_autofree char *id = g_strdup_printf("%s:%u", snap->name, i);
		drop_change(plan, path);
		add_item(plan, "file", id, clean, path);
	}
	for (unsigned i = 0; i < removal->stays->len; i++) {
		const struct removal_stay *stay = g_ptr_array_index(removal->stays, i);
		add_note(plan, "'%s' stays: %s.", stay->path, stay->why);
	}
}

/* Each changes the files that the next one finds. */
static void plan_one(
        struct plan *plan, struct snapshot_map *map, GPtrArray *tree, const char *name, bool record_only)
{
	struct snap *snap = snapshot_tree_find(tree, name);
	struct removal *removal = removal_find(map, tree, snap, record_only);

	add_item(plan, "snapshot", name, "snapshot", name);
	if (removal->refused && !plan->refused)
		plan->refused = g_strdup_printf("'%s': %s", name, removal->refused);
	if (removal->way == REMOVAL_INTERNAL)
		plan_inside(plan, snap);
	plan_files(plan, map, snap, removal);
	plan_way(plan, snap, removal, map && map->active);
	g_ptr_array_remove(tree, snap);
	if (map)
		removal_pretend(map, tree, removal);
	removal_free(removal);
}

/* `gone` goes before them; what is in both is no part of this plan any more. */
static struct plan *make_plan(
        virDomainPtr dom, GPtrArray *tree, GPtrArray *gone, GPtrArray *names, bool record_only, GError **error)
{
	enum snapshot_kind kind = SNAPSHOT_INTERNAL;
	struct snapshot_map *map = NULL;

	if (!record_only && snapshot_tree_kind(tree, &kind) && kind != SNAPSHOT_INTERNAL && names->len > 0) {
		map = snapshot_map_read(dom, tree, error);
		if (!map)
			return NULL;
	}
	struct plan *plan = plan_new();
	if (map && map->unseen)
		add_note(plan, "Not active, so that what their volumes are based on was not looked at: pool %s.", map->unseen);
	g_autoptr(GPtrArray) left = g_ptr_array_copy(tree, NULL, NULL);
	g_ptr_array_set_free_func(left, NULL);
	struct plan *earlier = plan_new();
	for (unsigned i = 0; i < gone->len; i++)
		if (snapshot_tree_find(left, g_ptr_array_index(gone, i)))
			plan_one(earlier, map, left, g_ptr_array_index(gone, i), record_only);
	plan_free(earlier);
	for (unsigned i = 0; i < names->len; i++) {
		const char *name = g_ptr_array_index(names, i);
		if (snapshot_tree_find(left, name))
			plan_one(plan, map, left, name, record_only);
		else
			add_note(plan, "'%s' goes together with what is deleted before it.", name);
	}
	if (names->len > 1)
		add_note(plan, "They go one after the other, each after a new look at who needs which file.");
	snapshot_map_free(map);
	return plan;
}

typedef GPtrArray *choose_names(GPtrArray *tree, const struct op_request *request);

/* Of those that go before it by the same wish. */
static GPtrArray *chosen_before(GPtrArray *tree, const struct op_request *request, choose_names *choose)
{
	const char *text = args_get(request->args, OP_ARG_AFTER);
	g_auto(GStrv) before = g_strsplit(text ? text : "", "\n", -1);
	GPtrArray *gone = g_ptr_array_new_with_free_func(g_free);

	for (unsigned i = 0; before[i]; i++) {
		struct op_request earlier = *request;
		earlier.ref.name = before[i];
		g_autoptr(GPtrArray) names = choose(tree, &earlier);
		for (unsigned n = 0; n < names->len; n++)
			g_ptr_array_add(gone, g_strdup(g_ptr_array_index(names, n)));
	}
	return gone;
}

static struct plan *plan_chosen(
        virConnectPtr conn, const struct op_request *request, choose_names *choose, GError **error)
{
	g_autoptr(virDomain) dom = virDomainLookupByUUID(conn, request->ref.uuid);
	g_autoptr(GPtrArray) tree = dom ? snapshot_tree_read(dom, false, error) : NULL;

	if (!dom)
		conn_set_error(error, "cannot look at the snapshots of '%s'", request->name);
	if (!tree)
		return NULL;
	g_autoptr(GPtrArray) names = choose(tree, request);
	g_autoptr(GPtrArray) gone = chosen_before(tree, request, choose);
	struct plan *plan = make_plan(dom, tree, gone, names, args_get_bool(request->args, "metadata-only", false), error);
	enum snapshot_kind kind;
	if (plan && !plan->refused && !args_get_bool(request->args, "metadata-only", false) && names->len > 0
	        && snapshot_tree_kind(tree, &kind) && kind == SNAPSHOT_INTERNAL)
		plan->refused = protect_why_not(conn, dom, NULL);
	if (plan && names->len == 0)
		plan->refused = g_strdup("there is none to delete");
	return plan;
}

struct plan *op_snapshot_delete_plan(virConnectPtr conn, const struct op_request *request, GError **error)
{
	return plan_chosen(conn, request, chosen_by_scope, error);
}

struct plan *op_snapshot_prune_plan(virConnectPtr conn, const struct op_request *request, GError **error)
{
	return plan_chosen(conn, request, chosen_by_age, error);
}

/* ---- acting ---- */

/* How it ends when some were deleted and the next one was not. */
static enum task_state stopped(struct job *job, enum task_state state, unsigned done, unsigned all, GError **error)
{
	if (error && *error && done > 0)
		g_prefix_error(error, "%u of %u snapshots deleted, then: ", done, all);
	if (state == TASK_ABORTED)
		job_say(job, "aborted: %u of %u snapshots deleted", done, all);
	return state;
}

static enum task_state remove_all(struct job *job, virDomainPtr dom, GPtrArray *names, GError **error)
{
	bool record_only = args_get_bool(job->request->args, "metadata-only", false), stays = false;

	for (unsigned i = 0; i < names->len; i++) {
		const char *name = g_ptr_array_index(names, i);
		if (job_abort_asked(job))
			return stopped(job, TASK_ABORTED, i, names->len, error);
		job_say(job, "deleting '%s' (%u of %u)", name, i + 1, names->len);
		enum task_state state = snapshot_remove(job, dom, name, record_only, error);
		if (state != TASK_OK && state != TASK_WARNING)
			return stopped(job, state, i, names->len, error);
		stays |= state == TASK_WARNING;
	}
	const char *what = record_only ? "records dropped; their files stay" : "deleted";
	if (names->len == 1)
		job_say(job, "'%s' %s%s", (char *)g_ptr_array_index(names, 0),
		        record_only ? "was dropped from the records; its files stay" : "deleted",
		        stays ? "; some of its files stay, see the log" : "");
	else
		job_say(job, "%u snapshots %s%s", names->len, what, stays ? "; some of their files stay, see the log" : "");
	return stays ? TASK_WARNING : TASK_OK;
}

static enum task_state run_chosen(struct job *job, choose_names *choose, bool may_be_none, GError **error)
{
	g_autoptr(virDomain) dom = op_guest(job, VERB, error);
	g_autoptr(GPtrArray) tree = dom ? snapshot_tree_read(dom, false, error) : NULL;

	if (!tree)
		return TASK_FAILED;
	g_autoptr(GPtrArray) names = choose(tree, job->request);
	if (names->len == 0 && !may_be_none) {
		const char *scope = args_get(job->request->args, "scope");
		if (snapshot_tree_find(tree, job->request->ref.name))
			return op_refuse(job, error, "delete what stands on", "nothing does (scope '%s')", scope ? scope : "one");
		/* It went with one that it stood on, or by somebody else's hand: what was wished is so. */
		job_say(job, "'%s' was gone already", job->request->ref.name);
		return TASK_OK;
	}
	if (names->len == 0) {
		job_say(job, "nothing to delete: there are no more than are kept");
		return TASK_OK;
	}
	/* For settling. */
	for (unsigned i = 0; i < names->len; i++)
		g_string_append_printf(job->paths, "%s%s", i ? "\n" : "", (char *)g_ptr_array_index(names, i));
	return remove_all(job, dom, names, error);
}

enum task_state op_snapshot_delete_run(struct job *job, GError **error)
{
	return run_chosen(job, chosen_by_scope, false, error);
}

enum task_state op_snapshot_prune_run(struct job *job, GError **error)
{
	const char *keep = args_get(job->request->args, "keep");
	char *end = NULL;

	if (!keep || !g_ascii_isdigit(*keep) || (g_ascii_strtoull(keep, &end, 10), *end))
		return op_refuse(job, error, "prune the snapshots of", "how many are kept must be a number, not '%s'",
		        keep ? keep : "");
	return run_chosen(job, chosen_by_age, true, error);
}

/* ---- settling ---- */

enum task_state op_snapshot_delete_settle(struct job *job, GError **error)
{
	g_autoptr(virDomain) dom = NULL;
	enum task_state found = op_settle_guest(job, &dom, error);

	if (found != TASK_OK)
		return found;
	g_autoptr(GPtrArray) tree = snapshot_tree_read(dom, false, error);
	if (!tree)
		return TASK_UNKNOWN;
	g_auto(GStrv) names = g_strsplit(job->paths->str, "\n", -1);
	unsigned all = g_strv_length(names), left = 0;
	bool merging = false;
	for (unsigned i = 0; i < all; i++) {
		const struct snap *snap = snapshot_tree_find(tree, names[i]);
		left += snap != NULL;
		merging |= snap && snap->merging;
	}
	if (left == 0) {
		job_say(job, "deleted; look whether files of it are left");
		return TASK_OK;
	}
	job_say(job, "%u of %u snapshots are still there%s", left, all,
	        merging ? "; one of them is written over in part: delete it again to end that" : "");
	return TASK_FAILED;
}

enum task_state op_snapshot_prune_settle(struct job *job, GError **error)
{
	return op_snapshot_delete_settle(job, error);
}
