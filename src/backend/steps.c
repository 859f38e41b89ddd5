/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The steps of one operation: written down before, undone in reverse. Worker threads. */
#include "backend/steps.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base_users.h"
#include "backend/hostfile.h"
#include "backend/op_util.h"
#include "backend/xml.h"
#include "nvirt/text.h"

struct own_step {
	struct task_step *step;
	bool (*undo)(struct job *job, void *data, GError **error);
	void *data;
	void (*free_data)(void *data);
};

struct steps {
	GPtrArray *list; /* struct own_step *, in their order */
	bool unwritten;  /* it was said that the journal can not be written */
	bool gathering;  /* between steps_gather() and steps_gathered() */
};

static void own_step_free(gpointer data)
{
	struct own_step *own = data;

	if (own->free_data)
		own->free_data(own->data);
	task_step_free(own->step);
	g_free(own);
}

void steps_free(struct steps *steps)
{
	if (!steps)
		return;
	g_ptr_array_unref(steps->list);
	g_free(steps);
}

static struct steps *steps_of(struct job *job)
{
	if (!job->steps) {
		job->steps = g_new0(struct steps, 1);
		job->steps->list = g_ptr_array_new_with_free_func(own_step_free);
	}
	return job->steps;
}

/* ---- writing down ---- */

static void check_written(struct job *job, bool ok)
{
	if (ok || job->steps->unwritten)
		return;
	job->steps->unwritten = true;
	job_log(job, "the journal can not be written: were nvirt killed now, nobody would know what it left");
}

static void write_step(struct job *job, const struct task_step *step, bool sync)
{
	check_written(job, job_step(job, NULL, step, sync));
}

void steps_gather(struct job *job)
{
	steps_of(job)->gathering = true;
}

void steps_gathered(struct job *job)
{
	job->steps->gathering = false;
	check_written(job, job_sync(job));
}

/* Takes the step. */
static struct own_step *add(struct job *job, struct task_step *step)
{
	struct steps *steps = steps_of(job);
	struct own_step *own = g_new0(struct own_step, 1);

	own->step = step;
	g_ptr_array_add(steps->list, own);
	step->number = steps->list->len;
	write_step(job, step, !steps->gathering);
	return own;
}

/* With the guest it is made for, whose QEMU may be the one that writes it. */
static unsigned add_file(struct job *job, enum step_kind kind, const char *path, const char *text)
{
	struct task_step *step = task_step_new(0, kind, path, text);

	if (job->request->ref.kind == OBJ_GUEST || job->request->ref.kind == OBJ_SNAPSHOT)
		memcpy(step->uuid, job->request->ref.uuid, sizeof step->uuid);
	return add(job, step)->step->number;
}

unsigned steps_will_make_file(struct job *job, const char *path)
{
	return add_file(job, STEP_FILE, path, "");
}

unsigned steps_will_make_overlay(struct job *job, const char *path, const char *base)
{
	return add_file(job, STEP_FILE, path, base);
}

unsigned steps_will_make_local_file(struct job *job, const char *path, const char *identity)
{
	return add_file(job, STEP_LOCAL_FILE, path, identity);
}

unsigned steps_will_define(struct job *job, const unsigned char *uuid, const char *name)
{
	struct task_step *step = task_step_new(0, STEP_DEFINITION, "", name);

	memcpy(step->uuid, uuid, sizeof step->uuid);
	return add(job, step)->step->number;
}

unsigned steps_will_change_mode(struct job *job, const char *path, unsigned mode)
{
	g_autofree char *text = g_strdup_printf("%04o", mode & 07777);

	return add(job, task_step_new(0, STEP_MODE, path, text))->step->number;
}

unsigned steps_will_replace(struct job *job, const char *path, const char *copy)
{
	return add_file(job, STEP_REPLACED, path, copy);
}

unsigned steps_will_do(struct job *job, const char *text,
        bool (*undo)(struct job *job, void *data, GError **error), void *data, void (*free_data)(void *))
{
	struct own_step *own = add(job, task_step_new(0, STEP_OTHER, "", text));

	own->undo = undo;
	own->data = data;
	own->free_data = free_data;
	return own->step->number;
}

/*
 * That it was made only makes surer what was said before. Where the power fails
 * before this is on the disk the step still stands as one that may have been
 * done; but a file that is replaced may only be touched once its copy counts.
 */
static bool can_wait(const struct task_step *step)
{
	return step->mark == STEP_MADE && step->kind != STEP_REPLACED && step->kind != STEP_OTHER;
}

static void mark(struct job *job, struct own_step *own, enum step_mark what)
{
	own->step->mark = what;
	write_step(job, own->step, !can_wait(own->step));
}

static struct own_step *find(struct job *job, unsigned number)
{
	return g_ptr_array_index(job->steps->list, number - 1);
}

void steps_made(struct job *job, unsigned step)
{
	mark(job, find(job, step), STEP_MADE);
}

void steps_gone(struct job *job, unsigned step)
{
	mark(job, find(job, step), STEP_UNDONE);
}

static bool is_open(const struct own_step *own)
{
	return own->step->mark == STEP_WILL || own->step->mark == STEP_MADE;
}

static void keep(struct job *job, bool sync)
{
	bool any = false;

	for (unsigned i = 0; job->steps && i < job->steps->list->len; i++) {
		struct own_step *own = g_ptr_array_index(job->steps->list, i);
		if (is_open(own)) {
			own->step->mark = STEP_KEPT;
			any = true;
		}
	}
	if (!any)
		return;
	struct task_step *all = task_step_new(0, STEP_OTHER, "", "");
	all->mark = STEP_KEPT;
	write_step(job, all, sync);
	task_step_free(all);
}

void steps_keep(struct job *job)
{
	keep(job, true);
}

void steps_keep_whole(struct job *job)
{
	keep(job, false);
}

/* One by one: whoever is killed in between finds the newer ones open in any case. */
void steps_keep_before(struct job *job, unsigned step)
{
	for (unsigned i = 0; job->steps && i < job->steps->list->len; i++) {
		struct own_step *own = g_ptr_array_index(job->steps->list, i);
		if (own->step->number < step && is_open(own))
			mark(job, own, STEP_KEPT);
	}
}

bool steps_defined(struct job *job)
{
	bool any = false;

	for (unsigned i = 0; job->steps && i < job->steps->list->len; i++) {
		const struct task_step *step = ((struct own_step *)job->steps->list->pdata[i])->step;
		if (step->kind != STEP_DEFINITION || step->mark == STEP_UNDONE)
			continue;
		g_autoptr(virDomain) dom = virDomainLookupByUUID(job->conn, step->uuid);
		if (!dom)
			return false;
		any = true;
	}
	return any;
}

/* ---- undoing ---- */

/* Its own reason, not libvirt's. */
#define refuse(error, ...) conn_refuse(error, VIR_ERR_OPERATION_DENIED, __VA_ARGS__)

static bool undo_local_file(const struct task_step *step, GError **error)
{
	g_autofree char *now = hostfile_identity(step->path);

	if (!now)
		return true;
	if (*step->text && !g_str_equal(now, step->text))
		return true; /* another file has the name: ours never got it */
	if (unlink(step->path) == 0 || errno == ENOENT)
		return true;
	return refuse(error, "%s", g_strerror(errno));
}

/* The definition only: each of its files has a step of its own. */
static bool undo_definition(virConnectPtr conn, const struct task_step *step, GError **error)
{
	g_autoptr(virDomain) dom = virDomainLookupByUUID(conn, step->uuid);

	if (!dom) {
		const virError *last = virGetLastError();
		if (last && last->code == VIR_ERR_NO_DOMAIN)
			return true;
		conn_set_error(error, "cannot look at it");
		return false;
	}
	if (virDomainIsActive(dom) == 1)
		return refuse(error, "it runs: shut it down first");
	if (virDomainUndefineFlags(dom, VIR_DOMAIN_UNDEFINE_KEEP_NVRAM) == 0 || virDomainUndefine(dom) == 0)
		return true;
	conn_set_error(error, "cannot remove the definition");
	return false;
}

static bool undo_mode(virConnectPtr conn, const struct task_step *step, GError **error)
{
	unsigned mode = (unsigned)g_ascii_strtoull(step->text, NULL, 8);

	if (!hostfile_is_local(conn, step->path))
		return refuse(error, "it is not on this machine");
	/* Clones of somebody else's stand on it by now: it is not ours any more to be written to. */
	if ((mode & 0222) && base_users_any(conn, step->path))
		return true;
	if (chmod(step->path, mode & 07777) == 0 || errno == ENOENT)
		return true;
	return refuse(error, "%s", g_strerror(errno));
}

/* Until the copy was whole the file itself was not touched. */
static bool undo_replaced(virConnectPtr conn, const struct task_step *step, GError **error)
{
	struct hostfile_info info;

	if (!hostfile_look(conn, step->text, &info, error))
		return false;
	bool copied = info.exists, made = step->mark == STEP_MADE;
	hostfile_info_fini(&info);
	if (made && !copied)
		return refuse(error, "its copy is not there");
	if (made
	        && (!hostfile_delete(conn, step->path, error)
	                || !hostfile_copy_small(conn, step->text, step->path, error)))
		return false;
	return hostfile_delete(conn, step->text, error);
}

/* Whatever was said of the whole: what the task's guest writes to by now is not deleted under it. */
static bool guest_uses(virConnectPtr conn, const struct task_step *step)
{
	g_autoptr(virDomain) dom = virDomainLookupByUUID(conn, step->uuid);
	bool used = false;

	for (unsigned i = 0; dom && i < 2 && !used; i++) {
		g_autoptr(xmlDoc) doc = op_guest_xml(dom, i ? VIR_DOMAIN_XML_INACTIVE : 0);
		xml_foreach(disk, doc ? xml_child(xmlDocGetRootElement(doc), "devices") : NULL, "disk")
		{
			g_autofree char *file = xml_raw_attr(xml_child(disk, "source"), "file");
			used |= g_strcmp0(file, step->path) == 0;
		}
	}
	return used;
}

static bool undo_file(virConnectPtr conn, const struct task_step *step, GError **error)
{
	if (guest_uses(conn, step))
		return refuse(error, "the guest uses it by now");
	return hostfile_delete(conn, step->path, error);
}

bool step_undo(virConnectPtr conn, const struct task_step *step, GError **error)
{
	switch (step->kind) {
	case STEP_FILE:
		return undo_file(conn, step, error);
	case STEP_LOCAL_FILE:
		return undo_local_file(step, error);
	case STEP_DEFINITION:
		return undo_definition(conn, step, error);
	case STEP_MODE:
		return undo_mode(conn, step, error);
	case STEP_REPLACED:
		return undo_replaced(conn, step, error);
	case STEP_OTHER:
	case STEP_N:
		break;
	}
	return refuse(error, "only the task itself could undo it");
}

static bool undo_own(struct job *job, struct own_step *own, GError **error)
{
	if (own->undo)
		return own->undo(job, own->data, error);
	return step_undo(job->conn, own->step, error);
}

char *steps_undo(struct job *job)
{
	g_autoptr(GString) stays = g_string_new(NULL);

	for (unsigned i = job->steps ? job->steps->list->len : 0; i-- > 0;) {
		struct own_step *own = g_ptr_array_index(job->steps->list, i);
		g_autoptr(GError) error = NULL;
		if (!is_open(own))
			continue;
		if (undo_own(job, own, &error)) {
			mark(job, own, STEP_UNDONE);
			continue;
		}
		g_autofree char *words = task_step_words(own->step);
		job_log(job, "%s stays: %s", words, error->message);
		g_string_append_printf(stays, "%s%s (%s)", stays->len ? ", " : "", words, error->message);
	}
	return stays->len ? g_string_free(g_steal_pointer(&stays), FALSE) : NULL;
}

/* ---- the end ---- */

static void tell(struct job *job, const char *stays, GError **error)
{
	const char *id = job->request->task_id;

	if (error && *error) {
		g_autofree char *text = g_strdup_printf("%s; this is left: %s; to remove it: nvirt task-cleanup %s",
		        (*error)->message, stays, id);
		g_free((*error)->message);
		(*error)->message = g_steal_pointer(&text);
	} else {
		job_say(job, "%s; this is left: %s; to remove it: nvirt task-cleanup %s",
		        job->message ? job->message : "it failed", stays, id);
	}
}

void steps_end(struct job *job, enum task_state state, GError **error)
{
	if (!job->steps)
		return;
	switch (state) {
	case TASK_OK:
	case TASK_WARNING:
		/* The END follows, and is synced. */
		keep(job, false);
		return;
	case TASK_FAILED:
	case TASK_ABORTED: {
		g_autofree char *stays = steps_undo(job);
		if (stays)
			tell(job, stays, error);
		return;
	}
	case TASK_QUEUED:
	case TASK_RUNNING:
	case TASK_UNKNOWN:
	case TASK_INTERRUPTED:
	case TASK_STATE_N:
		return; /* not known: the journal keeps them */
	}
}
