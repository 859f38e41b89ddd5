/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What clones stand on is not written to: see protect.h. Worker threads. */
#include "backend/protect.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "backend/base_mark.h"
#include "backend/hostfile.h"
#include "backend/image_check.h"
#include "backend/op_util.h"
#include "backend/steps.h"
#include "nvirt/text.h"

#define WRITE_BITS 0222u
#define WAYS_OUT                                                                                             \
	"give it an overlay of its own (own-overlay), so that it and they can all run, or make it a template "   \
	"(template) and run clones of it"

/* ---- a guest's own disks ---- */

struct disk_reading {
	virConnectPtr conn;
	GPtrArray *disks;
};

static void own_disk_free(gpointer data)
{
	struct own_disk *disk = data;

	g_free(disk->target);
	g_free(disk->path);
	g_free(disk->format);
	g_free(disk);
}

static void read_disk(xmlDocPtr doc, xmlNodePtr node, void *data)
{
	struct disk_reading *reading = data;
	struct own_disk *disk = g_new0(struct own_disk, 1);
	g_autofree char *pool = op_xml_string(doc, node, "source/@pool");

	disk->target = op_xml_string(doc, node, "target/@dev");
	disk->format = op_xml_string(doc, node, "driver/@type");
	disk->volume = *pool != '\0';
	disk->path = image_check_source(reading->conn, doc, node);
	g_ptr_array_add(reading->disks, disk);
}

GPtrArray *protect_own_disks(virConnectPtr conn, xmlDocPtr doc)
{
	struct disk_reading reading = {
	        .conn = conn, .disks = g_ptr_array_new_with_free_func(own_disk_free)};

	op_xml_each(doc, NULL,
	        "/domain/devices/disk[source][not(readonly)][not(shareable)][not(@device) or @device='disk' or "
	        "@device='lun']",
	        read_disk, &reading);
	return reading.disks;
}

const char **protect_paths(const GPtrArray *disks)
{
	const char **paths = g_new0(const char *, disks->len + 1);
	unsigned n = 0;

	for (unsigned i = 0; i < disks->len; i++) {
		const struct own_disk *disk = g_ptr_array_index(disks, i);
		if (*disk->path == '/')
			paths[n++] = disk->path;
	}
	return paths;
}

/* ---- refusing ---- */

static char *stands_on(const struct base_users *users, const char *what)
{
	g_autofree char *names = base_users_words(users);
	const struct base_user *first = g_ptr_array_index(users->list, 0);
	g_autofree char *raw =
	        g_strdup_printf("%s on its disk '%s': what it wrote there would destroy %s; %s", names, first->base,
	                users->list->len == 1 ? "that" : "those", what);

	return text_clean(raw, -1);
}

static char *sentence(const struct base_users *users)
{
	g_autofree char *rest = stands_on(users, WAYS_OUT);

	return g_strdup_printf("clones stand on it: %s", rest);
}

static struct base_users *look_at_guest(virDomainPtr dom, gint64 for_us, GError **error)
{
	virConnectPtr conn = virDomainGetConnect(dom);
	g_autoptr(xmlDoc) doc = op_guest_xml(dom, 0);

	if (!doc) {
		conn_set_error(error, "cannot look at its disks");
		return NULL;
	}
	g_autoptr(GPtrArray) disks = protect_own_disks(conn, doc);
	g_autofree const char **paths = protect_paths(disks);
	return base_users_look(conn, paths, NULL, g_get_monotonic_time() + for_us, error);
}

char *protect_why_not(virConnectPtr conn, virDomainPtr dom, GError **error)
{
	(void)conn;
	if (template_mark_is_set(dom))
		return g_strdup("it is a template: clone it, or make it a guest again (untemplate)");
	struct base_users *users = look_at_guest(dom, PROTECT_LOOK_US, error);
	char *why = users && users->list->len ? sentence(users) : NULL;
	base_users_free(users);
	return why;
}

/* Nothing stands on it, as far as can be seen; it has a mark perhaps. */
static enum task_state judge_mark(struct job *job, virDomainPtr dom, const char *verb, const GPtrArray *files,
        const char *gaps, GError **error)
{
	g_autofree char *clean = gaps ? text_clean(gaps, -1) : NULL;

	if (gaps)
		job_log(job, "not everything that may stand on its disks could be looked at: %s", clean);
	if (!files->len)
		return TASK_OK;
	if (gaps)
		return op_refuse(job, error, verb,
		        "it is marked as the base of clones, and whether they are gone can not be told (%s); lift its "
		        "protection (unprotect) if you know that they are",
		        clean);
	/* It has an overlay of its own: its mark is about the files below. */
	g_autoptr(xmlDoc) doc = op_guest_xml(dom, 0);
	g_autoptr(GPtrArray) disks = doc ? protect_own_disks(job->conn, doc) : NULL;
	for (unsigned i = 0; disks && i < disks->len; i++) {
		const struct own_disk *disk = g_ptr_array_index(disks, i);
		if (!base_mark_find(files, disk->path))
			continue;
		if (!protect_release(job, dom, error))
			return TASK_FAILED;
		job_log(job, "no clone stands on it any more: its protection was lifted");
		break;
	}
	return TASK_OK;
}

enum task_state protect_refuse(struct job *job, virDomainPtr dom, const char *verb, GError **error)
{
	if (template_mark_is_set(dom))
		return op_refuse(job, error, verb, "it is a template: clone it, or make it a guest again (untemplate)");
	g_autoptr(GPtrArray) files = base_mark_read(dom);
	if (!files)
		return op_fail(job, dom, error, verb);
	struct base_users *users = look_at_guest(dom, files->len ? PROTECT_LOOK_US : PROTECT_START_US, error);
	enum task_state state;

	if (!users)
		return TASK_FAILED;
	if (users->list->len) {
		g_autofree char *why = sentence(users);
		state = op_refuse(job, error, verb, "%s", why);
	} else {
		state = judge_mark(job, dom, verb, files, users->gaps, error);
	}
	base_users_free(users);
	return state;
}

enum task_state protect_refuse_files(struct job *job, const char *const *paths, const char *const *own,
        const char *verb, GError **error)
{
	struct base_users *users =
	        base_users_look(job->conn, paths, own, g_get_monotonic_time() + PROTECT_LOOK_US, error);
	enum task_state state = TASK_OK;

	if (!users)
		return TASK_FAILED;
	if (users->list->len) {
		g_autofree char *why = stands_on(users, "remove those first, or flatten them (flatten)");
		state = op_refuse(job, error, verb, "other images stand on it: %s", why);
	} else if (users->gaps) {
		job_log(job, "not everything that may stand on its files could be looked at: %s", users->gaps);
	}
	base_users_free(users);
	return state;
}

/* ---- permissions ---- */

static void append(GString *weak, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void append(GString *weak, const char *format, ...)
{
	va_list args;

	if (weak->len)
		g_string_append(weak, "; ");
	va_start(args, format);
	g_string_append_vprintf(weak, format, args);
	va_end(args);
}

/* libvirt has no call for it: only where the file is this machine's, and we may. */
static int take_write_bits(struct job *job, const char *path, GString *weak)
{
	struct stat info;

	if (!hostfile_is_local(job->conn, path) || stat(path, &info) < 0) {
		append(weak, "'%s' is not this machine's own file: its permission stays", path);
		return BASE_MODE_UNKNOWN;
	}
	unsigned mode = info.st_mode & 07777, step;
	if (!(mode & WRITE_BITS))
		return (int)mode;
	step = steps_will_change_mode(job, path, mode);
	if (chmod(path, mode & ~WRITE_BITS) < 0) {
		append(weak, "the permission of '%s' could not be changed: %s", path, g_strerror(errno));
		steps_gone(job, step);
		return BASE_MODE_UNKNOWN;
	}
	steps_made(job, step);
	return (int)mode;
}

static bool give_write_bits(struct job *job, const struct base_file *file)
{
	struct stat info;

	if (file->mode == BASE_MODE_UNKNOWN || !hostfile_is_local(job->conn, file->path)
	        || stat(file->path, &info) < 0)
		return true;
	unsigned now = info.st_mode & 07777, mode = now | ((unsigned)file->mode & WRITE_BITS), step;
	if (mode == now)
		return true;
	step = steps_will_change_mode(job, file->path, now);
	if (chmod(file->path, mode) < 0) {
		job_log(job, "the permission of '%s' could not be given back (%04o): %s", file->path, mode,
		        g_strerror(errno));
		steps_gone(job, step);
		return false;
	}
	steps_made(job, step);
	return true;
}

/* A QEMU that runs as root writes whatever the permission says. */
static bool qemu_is_root(virConnectPtr conn)
{
	char *xml = virConnectGetCapabilities(conn);
	g_autoptr(xmlDoc) doc = op_xml_parse(xml);
	g_autofree char *label =
	        doc ? op_xml_string(doc, NULL, "/capabilities/host/secmodel[model='dac']/baselabel[1]") : g_strdup("");

	free(xml);
	return g_str_has_prefix(label, "+0:");
}

/* ---- protecting and releasing ---- */

/* By an earlier clone, and nobody has changed it since. */
static bool is_protected(struct job *job, const struct base_file *known)
{
	struct stat info;

	return known && known->mode != BASE_MODE_UNKNOWN && op_is_local(job->conn) && stat(known->path, &info) == 0
	       && !(info.st_mode & WRITE_BITS);
}

bool protect_base(struct job *job, virDomainPtr dom, const char *const *paths, char **ret_weak, GError **error)
{
	g_autoptr(GPtrArray) files = base_mark_read(dom);
	g_autoptr(GString) weak = g_string_new(NULL);
	bool held = false, changed = false;

	*ret_weak = NULL;
	if (!files) {
		conn_set_error(error, "cannot read the marks of '%s'", job->request->name);
		return false;
	}
	for (unsigned i = 0; paths[i]; i++) {
		struct base_file *known = base_mark_find(files, paths[i]);
		if (is_protected(job, known))
			continue;
		changed = true;
		int mode = take_write_bits(job, paths[i], weak);
		held = held || mode != BASE_MODE_UNKNOWN;
		/* What was protected before has no write bits now: the older record is the true one. */
		if (!known)
			base_mark_add(files, paths[i], mode);
		else if (known->mode == BASE_MODE_UNKNOWN || (mode > 0 && ((unsigned)mode & WRITE_BITS)))
			known->mode = mode;
	}
	if (held && qemu_is_root(job->conn))
		append(weak, "QEMU runs as root on this host: the permission does not stop it, only nvirt does");
	*ret_weak = weak->len ? g_strdup(weak->str) : NULL;
	return !changed || base_mark_write(job, dom, files, error);
}

void protect_plan_base(struct plan *plan, virDomainPtr dom, const char *id, const char *path, const char *format)
{
	g_autoptr(GPtrArray) files = base_mark_read(dom);
	g_autofree char *clean_id = text_clean(id, -1), *clean = text_clean(path, -1);
	bool known = files && base_mark_find(files, path);
	struct plan_item *item = plan_add(plan, clean_id, "base", clean);

	item->does = known ? PLAN_KEEP : PLAN_CHANGE;
	item->chosen = item->required = true;
	g_free(item->note);
	item->note = g_strdup_printf("%s; %s while clones stand on it", format,
	        known ? "nobody may write to it" : "made read-only and marked in its guest's definition");
}

bool protect_release(struct job *job, virDomainPtr dom, GError **error)
{
	g_autoptr(GPtrArray) files = base_mark_read(dom);

	if (!files) {
		conn_set_error(error, "cannot read the marks of '%s'", job->request->name);
		return false;
	}
	for (unsigned i = 0; i < files->len; i++)
		give_write_bits(job, g_ptr_array_index(files, i));
	g_ptr_array_set_size(files, 0);
	return base_mark_write(job, dom, files, error);
}

/* ---- lifting, when the last one has gone ---- */

static void lift_of(struct job *job, virDomainPtr dom, GPtrArray *files, struct base_file *file)
{
	g_autoptr(GError) error = NULL;

	give_write_bits(job, file);
	job_log(job, "nothing stands on '%s' any more: its protection was lifted", file->path);
	g_ptr_array_remove(files, file);
	if (!base_mark_write(job, dom, files, &error))
		job_log(job, "%s", error->message);
}

static bool is_free(struct job *job, const char *base)
{
	const char *paths[] = {base, NULL};
	struct base_users *users = base_users_look(
	        job->conn, paths, NULL, g_get_monotonic_time() + PROTECT_LOOK_US, NULL);
	bool nobody = users && !users->list->len && !users->gaps;

	base_users_free(users);
	return nobody;
}

void protect_lift(struct job *job, const char *base)
{
	virDomainPtr *doms = NULL;
	int n = is_free(job, base) ? virConnectListAllDomains(job->conn, &doms, VIR_CONNECT_LIST_DOMAINS_PERSISTENT) : 0;

	for (int i = 0; i < n; i++) {
		g_autoptr(GPtrArray) files = base_mark_read(doms[i]);
		struct base_file *file = files ? base_mark_find(files, base) : NULL;
		if (file && !template_mark_is_set(doms[i]))
			lift_of(job, doms[i], files, file);
		virDomainFree(doms[i]);
	}
	free(doms);
}
