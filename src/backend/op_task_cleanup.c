/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Removing what a task has left: one that was cut short by a kill, or could
 * not undo all of its steps. Worker threads.
 *
 * Only what a step of that task names is ever offered, and each is looked at
 * again, now and before it is removed: is it there, is it what the task made,
 * does anybody use it.
 */
#include <string.h>
#include <sys/stat.h>

#include "backend/file_users.h"
#include "backend/hostfile.h"
#include "backend/op_table.h"
#include "backend/op_util.h"
#include "backend/steps.h"
#include "nvirt/text.h"

/* What is known of one step now. */
struct left {
	bool there;
	char *refused; /* why it can not be removed; NULL = it can */
	char *note;
	bool copy_only; /* of what was replaced: the copy goes, the file stays as it is */
	bool doubtful; /* may be another's, or may be wanted: not proposed */
};

struct cleaning {
	virConnectPtr conn;
	const struct op_request *request;
	struct file_users *users;
};

static void left_clear(struct left *left)
{
	g_free(left->refused);
	g_free(left->note);
	*left = (struct left){0};
}

/* ---- looking ---- */

static const struct task_step *definition_of(const struct cleaning *cleaning)
{
	for (unsigned i = 0; i < cleaning->request->steps->len; i++) {
		const struct task_step *step = cleaning->request->steps->pdata[i];
		if (step->kind == STEP_DEFINITION)
			return step;
	}
	return NULL;
}

static virDomainPtr defined(const struct cleaning *cleaning, const struct task_step *step)
{
	return step ? virDomainLookupByUUID(cleaning->conn, step->uuid) : NULL;
}

/* Until a backup has ended its QEMU goes on writing, whoever asked for it. */
static bool being_written(const struct cleaning *cleaning, const struct task_step *step)
{
	g_autoptr(virDomain) dom = virDomainLookupByUUID(cleaning->conn, step->uuid);
	char *xml = dom ? virDomainBackupGetXMLDesc(dom, 0) : NULL;
	g_autoptr(xmlDoc) doc = op_xml_parse(xml);
	bool found = false;

	free(xml);
	for (xmlNodePtr disk = doc ? xmlDocGetRootElement(doc)->children : NULL; disk; disk = disk->next) {
		if (strcmp((const char *)disk->name, "disks") != 0)
			continue;
		for (xmlNodePtr one = disk->children; one && !found; one = one->next) {
			g_autofree char *file = one->type == XML_ELEMENT_NODE ? op_xml_string(doc, one, "target/@file") : NULL;
			found = g_strcmp0(file, step->path) == 0;
		}
	}
	return found;
}

/*
 * A name with the task's id in it can be nobody else's. Nor can an overlay, where
 * there was none before, on just the file on which the task was to put one.
 */
static bool is_surely_ours(
        const struct cleaning *cleaning, const struct task_step *step, const struct hostfile_info *info)
{
	g_autofree char *base = text_clean(info->base ? info->base : "", -1);

	if (step->mark == STEP_MADE || strstr(step->path, cleaning->request->ref.name))
		return true;
	return *step->text && (step->kind == STEP_LOCAL_FILE || g_str_equal(base, step->text));
}

static void look_at_file(const struct cleaning *cleaning, const struct task_step *step, struct left *left)
{
	g_autofree char *identity = hostfile_identity(step->path);
	g_autoptr(GError) error = NULL;
	struct hostfile_info info;
	bool ours;
	char size[32];

	if (step->kind == STEP_LOCAL_FILE) {
		/* Another file has the name: ours never got it, or was replaced. */
		left->there = identity && (!*step->text || g_str_equal(identity, step->text));
		if (!left->there)
			return;
	}
	if (!hostfile_look(cleaning->conn, step->path, &info, &error)) {
		left->there = true;
		left->refused = text_clean(error->message, -1);
		return;
	}
	left->there |= info.exists;
	text_format_bytes(size, sizeof size, info.allocation_bytes);
	left->note = g_strdup_printf("%s%s", size, being_written(cleaning, step) ? ", its QEMU still writes to it: that is ended" : "");
	ours = is_surely_ours(cleaning, step, &info);
	hostfile_info_fini(&info);
	g_autofree char *who = file_users_of(cleaning->users, step->path);
	if (who)
		left->refused = g_strdup_printf("it is used: %s", who);
	else if (file_users_gaps(cleaning->users))
		left->refused = g_strdup_printf("it can not be told who uses it: %s", file_users_gaps(cleaning->users));
	else if (!ours) {
		g_free(left->note);
		left->note = g_strdup_printf("%s; the task was about to make it, it may be another's", size);
		left->doubtful = true;
	}
}

static void look_at_definition(const struct cleaning *cleaning, const struct task_step *step, struct left *left)
{
	g_autoptr(virDomain) dom = defined(cleaning, step);

	left->there = dom != NULL;
	if (!dom)
		return;
	if (virDomainIsActive(dom) == 1)
		left->refused = g_strdup("it runs: shut it down first, or let it stay");
	left->note = g_strdup("it was defined last, so it is whole: its files go only together with it");
	left->doubtful = true;
}

static void look_at_mode(const struct task_step *step, struct left *left)
{
	struct stat st;
	unsigned mode = (unsigned)g_ascii_strtoull(step->text, NULL, 8);

	if (stat(step->path, &st) < 0)
		return;
	left->there = (st.st_mode & 07777) != mode;
	left->note = g_strdup_printf("%04o now, %04o before", st.st_mode & 07777, mode);
}

struct naming {
	const struct cleaning *cleaning;
	bool found;
};

static void find_named(xmlDocPtr doc, xmlNodePtr disk, void *data)
{
	struct naming *naming = data;
	g_autofree char *file = op_xml_string(doc, disk, "source/@file");

	for (unsigned i = 0; *file && i < naming->cleaning->request->steps->len; i++) {
		const struct task_step *step = naming->cleaning->request->steps->pdata[i];
		naming->found |= step->kind == STEP_FILE && g_str_equal(step->path, file);
	}
}

/* The definition is stored last: one that names a file of the task says that it had done all. */
static bool was_done(const struct cleaning *cleaning, virDomainPtr dom)
{
	g_autoptr(xmlDoc) doc = op_guest_xml(dom, VIR_DOMAIN_XML_INACTIVE);
	struct naming naming = {.cleaning = cleaning};

	if (doc)
		op_xml_each(doc, NULL, "/domain/devices/disk", find_named, &naming);
	return naming.found;
}

static void look_at_replaced(const struct cleaning *cleaning, const struct task_step *step, struct left *left)
{
	g_autoptr(virDomain) dom = virDomainLookupByUUID(cleaning->conn, step->uuid);
	g_autofree char *copy = text_clean(step->text, -1);
	g_autoptr(GError) error = NULL;
	struct hostfile_info info;

	left->there = true;
	if (!hostfile_look(cleaning->conn, step->text, &info, &error)) {
		left->refused = text_clean(error->message, -1);
		return;
	}
	left->there = info.exists;
	hostfile_info_fini(&info);
	bool made = step->mark == STEP_MADE;
	g_autofree char *who = dom ? NULL : file_users_of(cleaning->users, step->path);
	left->copy_only = !made || (dom && was_done(cleaning, dom));
	/* A task begins only where no other's copy is: see revert_nvram(). */
	if (!made)
		left->note = g_strdup_printf("only the copy '%s' goes: the file was not changed yet", copy);
	else if (left->copy_only)
		left->note = g_strdup_printf("only the copy '%s' goes: the task had got to its end", copy);
	else if (who)
		left->refused = g_strdup_printf("its guest is gone, and it is used: %s", who);
	else if (dom && virDomainIsActive(dom) == 1)
		left->refused = g_strdup("its guest runs: force it off first, so that it can be put back");
	else
		left->note = g_strdup_printf("is put back as it was before, from '%s'", copy);
}

static void look_at(const struct cleaning *cleaning, const struct task_step *step, struct left *left)
{
	*left = (struct left){0};
	switch (step->kind) {
	case STEP_FILE:
	case STEP_LOCAL_FILE:
		look_at_file(cleaning, step, left);
		return;
	case STEP_DEFINITION:
		look_at_definition(cleaning, step, left);
		return;
	case STEP_MODE:
		look_at_mode(step, left);
		return;
	case STEP_REPLACED:
		look_at_replaced(cleaning, step, left);
		return;
	case STEP_OTHER:
	case STEP_N:
		break;
	}
	left->there = true;
	left->refused = g_strdup("nvirt can not tell how it is now: look yourself");
}

static bool begin(struct cleaning *cleaning, virConnectPtr conn, const struct op_request *request, GError **error)
{
	*cleaning = (struct cleaning){.conn = conn, .request = request};
	const struct task_step *definition = definition_of(cleaning);

	/* The half-made guest itself does not count as a user of its files. */
	cleaning->users = file_users_new(conn, definition ? definition->uuid : NULL, FILE_USERS_ALL, error);
	return cleaning->users != NULL;
}

static char *item_id(const struct task_step *step)
{
	return g_strdup_printf("step:%u", step->number);
}

/* ---- plan ---- */

static void plan_step(struct plan *plan, const struct task_step *step, struct left *left, bool whole)
{
	bool file = step->kind == STEP_FILE || step->kind == STEP_LOCAL_FILE;
	g_autofree char *id = item_id(step), *what = file ? g_strdup("file") : task_step_words(step);
	g_autofree char *path = text_clean(step->path, -1);
	struct plan_item *item = plan_add(plan, id, what, path);

	item->does = step->kind == STEP_MODE || step->kind == STEP_REPLACED ? PLAN_CHANGE : PLAN_REMOVE;
	item->refused = g_steal_pointer(&left->refused);
	item->note = g_steal_pointer(&left->note);
	item->chosen = !item->refused && !left->doubtful && !whole;
}

struct plan *op_task_cleanup_plan(virConnectPtr conn, const struct op_request *request, GError **error)
{
	struct cleaning cleaning;

	if (!begin(&cleaning, conn, request, error))
		return NULL;
	struct plan *plan = plan_new();
	g_autoptr(virDomain) dom = defined(&cleaning, definition_of(&cleaning));
	for (unsigned i = 0; i < request->steps->len; i++) {
		const struct task_step *step = request->steps->pdata[i];
		struct left left;
		look_at(&cleaning, step, &left);
		if (left.there)
			plan_step(plan, step, &left, dom != NULL);
		left_clear(&left);
	}
	if (!plan->items->len)
		plan_note(plan, "Nothing of it is there any more.");
	else if (dom)
		plan_note(plan, "What it was to make is there: choose nothing, and it stays.");
	file_users_free(cleaning.users);
	return plan;
}

/* ---- the act ---- */

struct score {
	unsigned removed, kept, failed;
	unsigned later; /* can not be removed as things are now */
	GString *stays;
};

static void mark(struct job *job, const struct task_step *step, enum step_mark what)
{
	struct task_step *marked = task_step_copy(step);

	marked->mark = what;
	job_step(job, job->request->ref.name, marked, true);
	task_step_free(marked);
}

static void end_writing(struct job *job, const struct cleaning *cleaning, const struct task_step *step)
{
	g_autoptr(virDomain) dom = virDomainLookupByUUID(cleaning->conn, step->uuid);
	gint64 until = g_get_monotonic_time() + 30 * G_USEC_PER_SEC;

	if (!dom || !being_written(cleaning, step))
		return;
	job_log(job, "the copying by the QEMU of '%s' is ended", virDomainGetName(dom));
	virDomainAbortJob(dom);
	while (being_written(cleaning, step) && g_get_monotonic_time() < until)
		job_wait(job, g_get_monotonic_time() + G_USEC_PER_SEC / 5);
}

static bool remove_step(struct job *job, const struct cleaning *cleaning, const struct task_step *step, GError **error)
{
	struct left left;

	look_at(cleaning, step, &left);
	bool there = left.there, refused = left.refused != NULL, copy_only = left.copy_only;
	if (refused)
		g_set_error_literal(error, CONN_ERROR, VIR_ERR_OPERATION_DENIED, left.refused);
	left_clear(&left);
	if (!there || refused)
		return !there;
	if (step->kind == STEP_FILE)
		end_writing(job, cleaning, step);
	if (copy_only)
		return hostfile_delete(cleaning->conn, step->text, error);
	return step_undo(cleaning->conn, step, error);
}

static void clean_step(struct job *job, const struct cleaning *cleaning, const struct task_step *step, bool chosen,
        struct score *score)
{
	g_autofree char *words = task_step_words(step);
	g_autoptr(GError) error = NULL;

	if (!chosen) {
		struct left left;
		look_at(cleaning, step, &left);
		/* What could not be chosen yet can be later; of the others nothing more will ever be known. */
		bool later = left.there && left.refused && step->kind != STEP_OTHER;
		score->kept += left.there && !later;
		score->later += later;
		if (later)
			job_log(job, "%s stays for now: %s", words, left.refused);
		else if (left.there)
			job_log(job, "%s stays, as chosen", words);
		if (!later)
			mark(job, step, left.there ? STEP_KEPT : STEP_UNDONE);
		left_clear(&left);
		return;
	}
	if (remove_step(job, cleaning, step, &error)) {
		job_log(job, "removed: %s", words);
		mark(job, step, STEP_UNDONE);
		score->removed++;
		return;
	}
	score->failed++;
	g_string_append_printf(score->stays, "%s%s (%s)", score->stays->len ? ", " : "", words, error->message);
}

enum task_state op_task_cleanup_run(struct job *job, GError **error)
{
	const struct op_request *request = job->request;
	const char *remove = args_get(request->args, "remove");
	g_auto(GStrv) ids = g_strsplit_set(remove ? remove : "", "\n", -1);
	g_autoptr(GString) stays = g_string_new(NULL);
	struct score score = {.stays = stays};
	struct cleaning cleaning;

	if (!request->steps || !request->steps->len)
		return op_refuse(job, error, "clean up after", "it has left nothing behind");
	if (!begin(&cleaning, job->conn, request, error))
		return TASK_FAILED;
	for (unsigned i = 0; i < request->steps->len; i++) {
		const struct task_step *step = request->steps->pdata[i];
		g_autofree char *id = item_id(step);
		clean_step(job, &cleaning, step, g_strv_contains((const char *const *)ids, id), &score);
	}
	file_users_free(cleaning.users);
	if (score.failed)
		return op_refuse(job, error, "clean up after", "this stays: %s", stays->str);
	if (score.later)
		job_say(job, "%u removed, %u kept; %u can not be removed as things are now, see the log", score.removed,
		        score.kept, score.later);
	else
		job_say(job, "%u removed, %u kept; it leaves nothing open", score.removed, score.kept);
	return TASK_OK;
}

enum task_state op_task_cleanup_settle(struct job *job, GError **error)
{
	return op_refuse(job, error, "clean up after", "the connection was lost in the middle: do it again, what is gone by then is passed over");
}
