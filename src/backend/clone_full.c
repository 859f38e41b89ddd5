/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Full clones: the plan, the act, and what became of it. Worker threads. */
#include "backend/clone_full.h"

#include "backend/clone.h"
#include "backend/op_util.h"
#include "backend/steps.h"
#include "nvirt/definition.h"
#include "nvirt/diff.h"
#include "nvirt/text.h"

/* ---- plan ---- */

static void add_item(struct plan *plan, const char *id, const char *what, const char *path, enum plan_does does, char *text)
{
	g_autofree char *shown = text_clean(path, -1);
	struct plan_item *item = plan_add(plan, id, what, shown);

	item->note = text;
	item->does = does;
	item->chosen = item->required = true;
}

static char *disk_note(const struct clone_disk *disk)
{
	char data[32], size[32];
	g_autofree char *from = text_clean(disk->source, -1);

	text_format_bytes(data, sizeof data, disk->data_bytes);
	text_format_bytes(size, sizeof size, disk->capacity_bytes);
	return g_strdup_printf("%s, %s of %s, a copy of '%s'", disk->new_format, data, size, from);
}

static void plan_clone(struct plan *plan, const struct clone *clone, const char *name, GPtrArray *notes)
{
	g_autofree char *clean = text_clean(name, -1);
	struct clone_spec spec;

	clone_spec_init(clone, name, &spec);
	for (unsigned i = 0; i < spec.disks->len; i++) {
		const struct clone_file *file = spec.disks->pdata[i];
		g_autofree char *id = g_strdup_printf("disk:%s:%s", clean, file->target);
		g_autofree char *what = g_strdup_printf("disk %s of '%s'", file->target, clean);
		add_item(plan, id, what, file->path, PLAN_MAKE, disk_note(clone->disks->pdata[i]));
	}
	if (spec.nvram) {
		g_autofree char *id = g_strdup_printf("nvram:%s", clean);
		g_autofree char *what = g_strdup_printf("UEFI variables of '%s'", clean);
		add_item(plan, id, what, spec.nvram, PLAN_MAKE, g_strdup("a copy"));
	}
	g_autofree char *id = g_strdup_printf("guest:%s", clean);
	g_autofree char *what = g_strdup_printf("guest '%s'", clean);
	add_item(plan, id, what, "", PLAN_MAKE, g_strdup(clone->start ? "defined last, then started" : "defined last"));
	xmlFreeDoc(clone_definition(clone->source, &spec, notes));
	clone_spec_clear(&spec);
}

static char *doc_text(xmlDocPtr doc)
{
	xmlChar *text = NULL;
	int len = 0;

	xmlDocDumpFormatMemory(doc, &text, &len, 1);
	g_autofree char *raw = g_strndup((const char *)text, (gsize)len);
	xmlFree(text);
	/* One of a snapshot was indented further. */
	return definition_lines(raw);
}

char *clone_plan_diff(xmlDocPtr source, struct clone_spec *spec)
{
	GString *out = g_string_new(NULL);

	spec->to_show = true;
	g_autoptr(xmlDoc) made = clone_definition(source, spec, NULL);
	g_autofree char *before = doc_text(source), *after = doc_text(made);
	g_autoptr(GArray) lines = diff_lines(before, after, 1);
	for (unsigned i = 0; i < lines->len; i++) {
		g_autofree char *raw = diff_line_text(&g_array_index(lines, struct diff_line, i));
		g_autofree char *line = text_clean(raw, -1);
		g_string_append_printf(out, "%s\n", line);
	}
	return g_string_free(out, FALSE);
}

static char *definition_diff(const struct clone *clone)
{
	struct clone_spec spec;

	clone_spec_init(clone, clone->names[0], &spec);
	char *diff = clone_plan_diff(clone->source, &spec);
	clone_spec_clear(&spec);
	return diff;
}

static void note_ways(struct plan *plan, const struct clone *clone)
{
	char text[32];

	text_format_bytes(text, sizeof text, clone->data_bytes * clone->count);
	plan_note(plan, "About %s are copied; holes stay holes.", text);
	if (clone->running)
		plan_note(plan, "The guest goes on running: its QEMU copies all disks as they are at one moment, as after a power cut.");
	if (clone->running && clone->count > 1)
		plan_note(plan, "Each of the %u is of a moment of its own.", clone->count);
	if (clone->snapshot) {
		g_autofree char *name = text_clean(clone->snapshot, -1);
		plan_note(plan, "The disks are those of the snapshot '%s'; its memory is not cloned, the clone boots.", name);
	}
	if (!clone->snapshot && virDomainHasManagedSaveImage(clone->dom, 0) == 1)
		plan_note(plan, "The source has a saved memory image, which is not cloned: the clone boots as after a power cut.");
	for (unsigned i = 0; i < clone->shared->len; i++) {
		g_autofree char *disk = text_clean(clone->shared->pdata[i], -1);
		plan_note(plan, "Not copied, the clone has the same: %s.", disk);
	}
}

void clone_plan_note_inside(struct plan *plan)
{
	plan_note(plan, "It gets a new UUID and new MAC addresses. What is inside is the same: machine-id, SSH host keys, "
	                "host name, fixed IP addresses. To renew them: virt-sysprep -d NAME before its first start, or "
	                "in it: rm /etc/machine-id /etc/ssh/ssh_host_*; systemd-machine-id-setup; ssh-keygen -A");
}

bool clone_full_plan(virConnectPtr conn, const struct op_request *request, struct plan *plan, GError **error)
{
	struct clone *clone = clone_look(conn, request, false, error);
	g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);

	if (!clone)
		return false;
	bool ok = clone_check_places(clone, error);
	for (unsigned i = 0; ok && i < clone->count; i++)
		plan_clone(plan, clone, clone->names[i], notes);
	if (ok) {
		note_ways(plan, clone);
		for (unsigned i = 0; i < notes->len; i++)
			plan_note(plan, "%s", (const char *)notes->pdata[i]);
		clone_plan_note_inside(plan);
		plan->diff = definition_diff(clone);
	}
	clone_free(clone);
	return ok;
}

/* ---- the act ---- */

static bool clone_one(struct clone *clone, const char *name, struct clone_progress *progress, char **ret_warning,
        GError **error)
{
	struct clone_spec spec;

	clone_spec_init(clone, name, &spec);
	bool ok = clone->running ? clone_backup_disks(clone, &spec, progress, error)
	                         : clone_copy_disks(clone, &spec, progress, error);
	ok = ok && clone_finish(progress->job, clone->source, &spec, clone->start, ret_warning, error);
	clone_spec_clear(&spec);
	if (ok)
		steps_keep_whole(progress->job);
	return ok;
}

static void say_done(struct job *job, const struct clone *clone, const char *warning)
{
	char size[32];

	text_format_bytes(size, sizeof size, clone->data_bytes * clone->count);
	if (warning)
		job_say(job, "%s", warning);
	else if (clone->count == 1)
		job_say(job, "'%s' is there%s; %s were copied", clone->names[0], clone->start ? " and runs" : "", size);
	else
		job_say(job, "%u clones are there, '%s' to '%s'%s; %s were copied", clone->count, clone->names[0],
		        clone->names[clone->count - 1], clone->start ? ", and run" : "", size);
}

static enum task_state fail(struct job *job, const struct clone *clone, unsigned made, GError **error)
{
	bool aborted = g_error_matches(*error, CONN_ERROR, VIR_ERR_OPERATION_ABORTED);

	if (made)
		g_prefix_error(error, "%u of %u clones are there and stay, then: ", made, clone->count);
	else if (aborted)
		g_prefix_error(error, "cloning '%s' was ", job->request->name);
	else if (!g_str_has_prefix((*error)->message, "cannot clone"))
		g_prefix_error(error, "cannot clone '%s': ", job->request->name);
	return aborted ? TASK_ABORTED : TASK_FAILED;
}

enum task_state clone_full_run(struct job *job, GError **error)
{
	struct clone *clone = clone_look(job->conn, job->request, true, error);
	struct clone_progress progress = {.job = job, .start_us = g_get_monotonic_time()};
	g_autofree char *warning = NULL;
	enum task_state state = TASK_OK;

	if (!clone)
		return TASK_FAILED;
	if (!clone_check_places(clone, error))
		state = TASK_FAILED;
	progress.total_bytes = clone->data_bytes * clone->count;
	for (unsigned i = 0; state == TASK_OK && i < clone->count; i++) {
		char *said = NULL;
		if (!clone_one(clone, clone->names[i], &progress, &said, error))
			state = fail(job, clone, i, error);
		if (said) {
			job_log(job, "%s", said);
			g_free(warning);
			warning = said;
		}
	}
	if (state == TASK_OK) {
		say_done(job, clone, warning);
		state = warning ? TASK_WARNING : TASK_OK;
	}
	clone_free(clone);
	return state;
}

enum task_state clone_full_settle(struct job *job, virDomainPtr source, GError **error)
{
	if (source)
		clone_backup_end(job, source);
	if (steps_defined(job)) {
		job_say(job, "the clone is there");
		return TASK_OK;
	}
	g_set_error(error, CONN_ERROR, VIR_ERR_OPERATION_FAILED,
	        "cannot clone '%s': the connection to the host was lost in the middle; try again", job->request->name);
	return TASK_FAILED;
}
