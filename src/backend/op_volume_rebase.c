/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * After a base was moved or renamed: the overlay's header is told where it is
 * now. Its data are not looked at by that, so it is right only when the new base
 * holds what the old one held, which is checked as far as it can be.
 *
 * libvirt has no call for it: only for files of this machine. Worker threads.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/file_users.h"
#include "backend/hostfile.h"
#include "backend/image_check.h"
#include "backend/op_table.h"
#include "backend/op_util.h"
#include "backend/qemu_img.h"
#include "backend/steps.h"
#include "nvirt/text.h"

#define VERB "re-base"
#define HEADER_CPU_S 30

struct rebase {
	virConnectPtr conn;
	const struct op_request *request;
	struct job *job;           /* NULL: a plan is made */
	char *path;                /* the overlay's; raw */
	struct image_header header; /* as it is now */
	char *old_base;            /* raw, absolute */
	char *new_base, *format;
};

static void rebase_fini(struct rebase *rebase)
{
	image_header_clear(&rebase->header);
	g_free(rebase->path);
	g_free(rebase->old_base);
	g_free(rebase->new_base);
	g_free(rebase->format);
}
#define AUTO_REBASE __attribute__((cleanup(rebase_fini))) struct rebase

static bool refuse(struct rebase *rebase, GError **error, const char *format, ...) G_GNUC_PRINTF(3, 4);
static bool refuse(struct rebase *rebase, GError **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *words = g_strdup_vprintf(format, args);
	va_end(args);
	return conn_refuse(error, VIR_ERR_OPERATION_INVALID, "cannot " VERB " '%s': %s", rebase->request->name, words);
}

/* ---- the overlay ---- */

static bool find_overlay(struct rebase *rebase, GError **error)
{
	g_autoptr(virStoragePool) pool = virStoragePoolLookupByUUID(rebase->conn, rebase->request->ref.uuid);

	/* A plan's connection may be read-only: then it goes by what the pool knew. */
	if (pool)
		virStoragePoolRefresh(pool, 0);
	g_autoptr(virStorageVol) vol = pool ? virStorageVolLookupByName(pool, rebase->request->ref.name) : NULL;
	char *xml = vol ? virStorageVolGetXMLDesc(vol, 0) : NULL;
	g_autoptr(xmlDoc) doc = op_xml_parse(xml);
	free(xml);
	if (!doc) {
		conn_set_error(error, "cannot " VERB " '%s'", rebase->request->name);
		return false;
	}
	g_autofree char *format = op_xml_string(doc, NULL, "/volume/target/format/@type");
	rebase->path = op_xml_string(doc, NULL, "/volume/target/path");
	if (!g_str_equal(format, "qcow2"))
		return refuse(rebase, error, "it is in format '%s': only qcow2 stands on another image", format);
	if (!image_check_header(rebase->conn, rebase->path, format, &rebase->header, error))
		return false;
	if (!rebase->header.backing)
		return refuse(rebase, error, "it stands on nothing");
	if (image_name_kind(rebase->header.backing) == IMAGE_NAME_PATH)
		rebase->old_base = image_name_path(rebase->path, rebase->header.backing);
	return true;
}

/* A running QEMU has read the header, and would write its own back. */
static bool check_users(struct rebase *rebase, GError **error)
{
	struct file_users *users = file_users_new(rebase->conn, NULL, FILE_USERS_ACTIVE, error);

	if (!users)
		return false;
	g_autofree char *who = file_users_of(users, rebase->path);
	g_autofree char *gaps = g_strdup(file_users_gaps(users));
	file_users_free(users);
	if (who)
		return refuse(rebase, error, "it is in use: %s; shut that down first", who);
	if (gaps)
		return refuse(rebase, error, "it can not be told whether it is in use: %s", gaps);
	return true;
}

/* ---- the new base ---- */

static bool in_chain(const GPtrArray *chain, const char *path)
{
	for (guint i = 0; i < chain->len; i++)
		if (strcmp(((const struct image_member *)chain->pdata[i])->path, path) == 0)
			return true;
	return false;
}

static bool check_base(struct rebase *rebase, GError **error)
{
	const char *allow = args_get(rebase->request->args, "allow");
	struct hostfile_info info;

	if (g_str_equal(rebase->new_base, rebase->path))
		return refuse(rebase, error, "it can not stand on itself");
	if (!hostfile_look(rebase->conn, rebase->new_base, &info, error))
		return false;
	bool exists = info.exists, same = g_str_equal(info.format, rebase->format);
	g_autofree char *format = g_strdup(info.format);
	uint64_t capacity = info.capacity_bytes;
	hostfile_info_fini(&info);
	if (!exists)
		return refuse(rebase, error, "'%s' is not there", rebase->new_base);
	if (!same)
		return refuse(rebase, error, "'%s' looks like '%s', not like '%s': give its format", rebase->new_base, format,
		        rebase->format);
	if (capacity > rebase->header.capacity_bytes)
		return refuse(rebase, error, "'%s' is larger than what should stand on it: it is another image",
		        rebase->new_base);
	g_autoptr(GPtrArray) chain = image_check_chain(rebase->conn, rebase->new_base, rebase->format, NULL, allow);
	if (in_chain(chain, rebase->path))
		return refuse(rebase, error, "'%s' stands on it itself", rebase->new_base);
	g_autoptr(GError) odd = NULL;
	return image_check_verdict(chain, &odd) || refuse(rebase, error, "%s", odd->message);
}

/* ---- by qemu-img ---- */

static bool stop(void *data)
{
	struct job *job = data;

	return job_abort_asked(job) || job_stopping(job);
}

static char *command(const struct rebase *rebase)
{
	g_autofree char *base = g_shell_quote(rebase->new_base), *path = g_shell_quote(rebase->path);

	return g_strdup_printf("qemu-img rebase -u -f qcow2 -F %s -b %s %s", rebase->format, base, path);
}

static bool check_local(struct rebase *rebase, GError **error)
{
	virConnectPtr conn = rebase->conn;

	if (hostfile_is_local(conn, rebase->path) && hostfile_is_local(conn, rebase->new_base))
		return true;
	g_autofree char *words = command(rebase);
	return refuse(rebase, error,
	        "libvirt has no call for it and the files are not on this machine; on that host, when you know that the "
	        "new base holds what the old one held: %s",
	        words);
}

/* Byte for byte, where the old one is still there. */
static bool check_content(struct rebase *rebase, GError **error)
{
	struct job *job = rebase->job;
	struct hostfile_info old = {0};
	bool there = rebase->old_base && hostfile_look(job->conn, rebase->old_base, &old, NULL) && old.exists;
	g_autofree char *old_format = g_strdup(rebase->header.backing_format ? rebase->header.backing_format : old.format);
	g_autofree char *said = NULL;

	hostfile_info_fini(&old);
	if (!there) {
		job_log(job, "the old base '%s' is not there: only the size could be compared", rebase->header.backing);
		return true;
	}
	if (g_str_equal(rebase->old_base, rebase->new_base))
		return true;
	if (!hostfile_is_local(job->conn, rebase->old_base))
		return refuse(rebase, error, "the old base '%s' can not be compared: it is not on this machine", rebase->old_base);
	const char *const words[] = {"compare", "-U", "-f", old_format, "-F", rebase->format, rebase->old_base,
	        rebase->new_base, NULL};
	const struct qemu_img run = {.words = words, .stop = stop, .data = job};
	job_say(job, "comparing the old base with the new one");
	job_set_abortable(job, true);
	int status = qemu_img_run(&run, &said, error);
	job_set_abortable(job, false);
	if (status < 0)
		return false;
	if (status == 1)
		return refuse(rebase, error, "the new base does not hold what the old one holds: %s", said);
	if (status > 1)
		return refuse(rebase, error, "the old and the new base can not be compared: %s", said);
	job_log(job, "the new base holds what the old one holds");
	return true;
}

static bool set_base(struct job *job, const char *path, const char *base, const char *format, GError **error)
{
	const char *const words[] = {"rebase", "-u", "-f", "qcow2", "-F", format, "-b", base, path, NULL};
	const struct qemu_img run = {.words = words, .cpu_s = HEADER_CPU_S};
	g_autofree char *said = NULL;
	int status = qemu_img_run(&run, &said, error);

	if (status < 0)
		return false;
	if (status > 0)
		op_refuse(job, error, VERB, "%s", said);
	return status == 0;
}

struct before {
	char *path, *base, *format;
};

static void before_free(void *data)
{
	struct before *before = data;

	g_free(before->path);
	g_free(before->base);
	g_free(before->format);
	g_free(before);
}

static bool give_back(struct job *job, void *data, GError **error)
{
	const struct before *before = data;

	return set_base(job, before->path, before->base, before->format, error);
}

static unsigned write_down(struct rebase *rebase)
{
	struct before *before = g_new0(struct before, 1);
	g_autofree char *text =
	        g_strdup_printf("the header of '%s', whose base was '%s'", rebase->path, rebase->header.backing);

	before->path = g_strdup(rebase->path);
	before->base = g_strdup(rebase->header.backing);
	before->format = g_strdup(rebase->header.backing_format ? rebase->header.backing_format : "raw");
	return steps_will_do(rebase->job, text, give_back, before, before_free);
}

static bool verify(struct rebase *rebase, GError **error)
{
	struct image_header now = {0};

	if (!image_check_header(rebase->job->conn, rebase->path, "qcow2", &now, error))
		return false;
	bool ok = g_strcmp0(now.backing, rebase->new_base) == 0 && g_strcmp0(now.backing_format, rebase->format) == 0;
	image_header_clear(&now);
	return ok || refuse(rebase, error, "its header does not say what was written");
}

static enum task_state act(struct rebase *rebase, GError **error)
{
	struct job *job = rebase->job;
	unsigned step = write_down(rebase);

	if (!set_base(job, rebase->path, rebase->new_base, rebase->format, error)) {
		steps_gone(job, step);
		return TASK_FAILED;
	}
	steps_made(job, step);
	if (!verify(rebase, error))
		return TASK_FAILED;
	g_autoptr(virStoragePool) pool = virStoragePoolLookupByUUID(job->conn, job->request->ref.uuid);
	if (pool)
		virStoragePoolRefresh(pool, 0);
	job_say(job, "it stands on '%s' (%s) now", rebase->new_base, rebase->format);
	return TASK_OK;
}

static void begin(struct rebase *rebase, virConnectPtr conn, const struct op_request *request, struct job *job)
{
	const char *base = args_get(request->args, "base"), *format = args_get(request->args, "format");

	*rebase = (struct rebase){.conn = conn, .request = request, .job = job};
	rebase->new_base = g_canonicalize_filename(base ? base : "", "/");
	rebase->format = g_strdup(format && *format ? format : "qcow2");
}

static bool look(struct rebase *rebase, GError **error)
{
	return find_overlay(rebase, error) && check_users(rebase, error) && check_base(rebase, error)
	       && check_local(rebase, error);
}

enum task_state op_volume_rebase_run(struct job *job, GError **error)
{
	AUTO_REBASE rebase;

	begin(&rebase, job->conn, job->request, job);
	if (!look(&rebase, error))
		return TASK_FAILED;
	if (!check_content(&rebase, error))
		return job_abort_asked(job) ? TASK_ABORTED : TASK_FAILED;
	return act(&rebase, error);
}

enum task_state op_volume_rebase_settle(struct job *job, GError **error)
{
	AUTO_REBASE rebase;

	begin(&rebase, job->conn, job->request, job);
	if (!find_overlay(&rebase, error))
		return TASK_UNKNOWN;
	bool done = g_strcmp0(rebase.old_base, rebase.new_base) == 0;
	job_say(job, "its header names '%s' as its base", rebase.header.backing);
	return done ? TASK_OK : TASK_FAILED;
}

/* ---- the plan ---- */

static void add_item(struct plan *plan, const char *id, const char *what, const char *path, enum plan_does does, char *note)
{
	g_autofree char *clean = text_clean(path, -1), *raw = note;
	struct plan_item *item = plan_add(plan, id, what, clean);

	item->does = does;
	item->note = text_clean(raw, -1);
	item->chosen = item->required = true;
}

static void fill_plan(struct rebase *rebase, struct plan *plan)
{
	struct hostfile_info old = {0};
	bool there = rebase->old_base && hostfile_look(rebase->conn, rebase->old_base, &old, NULL) && old.exists;
	g_autofree char *shown = text_clean(rebase->header.backing, -1);

	hostfile_info_fini(&old);
	add_item(plan, "volume", "volume", rebase->path, PLAN_CHANGE,
	        g_strdup_printf("stands on '%s' (%s) then", rebase->new_base, rebase->format));
	add_item(plan, "base", "its new base", rebase->new_base, PLAN_KEEP, g_strdup("is only read"));
	if (there && !g_str_equal(rebase->old_base, rebase->new_base))
		plan_note(plan, "The old base, '%s', is compared with the new one first, byte for byte; that can be aborted.", shown);
	else if (!there)
		plan_note(plan, "The old base, '%s', is not there: that the new one holds the same can not be checked.", shown);
}

struct plan *op_volume_rebase_plan(virConnectPtr conn, const struct op_request *request, GError **error)
{
	AUTO_REBASE rebase;
	g_autoptr(GError) why = NULL;
	struct plan *plan = plan_new();

	(void)error;
	begin(&rebase, conn, request, NULL);
	if (look(&rebase, &why))
		fill_plan(&rebase, plan);
	else
		plan->refused = text_clean(why ? why->message : "it can not be looked at", -1);
	return plan;
}
