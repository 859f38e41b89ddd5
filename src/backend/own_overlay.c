/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An overlay of its own for a guest: see own_overlay.h. Worker threads. */
#include "backend/own_overlay.h"

#include <string.h>

#include "backend/definition.h"
#include "backend/hostfile.h"
#include "backend/op_util.h"
#include "backend/protect.h"
#include "backend/steps.h"
#include "backend/xml.h"
#include "nvirt/secret.h"

#define TRIES 1000

/* ---- paths ---- */

char *overlay_stem(const char *file)
{
	static const char *const endings[] = {".qcow2", ".img", ".raw", ".qcow"};
	char *name = g_path_get_basename(file);

	for (unsigned i = 0; i < G_N_ELEMENTS(endings); i++)
		if (g_str_has_suffix(name, endings[i]) && strlen(name) > strlen(endings[i]))
			name[strlen(name) - strlen(endings[i])] = '\0';
	return name;
}

static bool is_taken(virStoragePoolPtr pool, const char *name)
{
	g_autoptr(virStorageVol) vol = virStorageVolLookupByName(pool, name);

	return vol || virGetLastErrorCode() != VIR_ERR_NO_STORAGE_VOL;
}

char *overlay_path(virConnectPtr conn, const char *file, const char *stem, GError **error)
{
	g_autofree char *dir = g_path_get_dirname(file);
	g_auto(hostfile_auto) place = {0};

	if (!hostfile_open(&place, conn, file, error))
		return NULL;
	for (unsigned i = 1; i < TRIES; i++) {
		g_autofree char *name =
		        i == 1 ? g_strdup_printf("%s.qcow2", stem) : g_strdup_printf("%s-%u.qcow2", stem, i);
		if (!is_taken(place.pool, name))
			return g_build_filename(dir, name, NULL);
	}
	g_set_error(error, CONN_ERROR, VIR_ERR_OPERATION_INVALID, "cannot find a free name '%s.qcow2' in '%s'", stem, dir);
	return NULL;
}

/* ---- looking ---- */

static void new_overlay_free(gpointer data)
{
	struct new_overlay *overlay = data;

	g_free(overlay->target);
	g_free(overlay->base);
	g_free(overlay->base_format);
	g_free(overlay->path);
	g_free(overlay);
}

void own_overlay_free(struct own_overlay *own)
{
	if (!own)
		return;
	g_ptr_array_unref(own->list);
	g_free(own);
}

static bool is_based_on(const struct base_users *users, const char *path)
{
	for (unsigned i = 0; i < users->list->len; i++)
		if (g_str_equal(((struct base_user *)g_ptr_array_index(users->list, i))->base, path))
			return true;
	return false;
}

/* "web-own-2" is the second overlay of "web", not one of "web-own-2". */
static void strip_own(char *stem)
{
	char *tail = g_strrstr(stem, "-own");

	if (!tail || tail == stem)
		return;
	const char *rest = tail + strlen("-own");
	if (!*rest || (*rest == '-' && rest[1] && strspn(rest + 1, "0123456789") == strlen(rest + 1)))
		*tail = '\0';
}

static bool add_overlay(struct own_overlay *own, virConnectPtr conn, const struct own_disk *disk, GError **error)
{
	g_autofree char *stem = overlay_stem(disk->path);

	strip_own(stem);
	g_autofree char *wanted = g_strdup_printf("%s-own", stem);
	char *path = overlay_path(conn, disk->path, wanted, error);

	if (!path)
		return false;
	struct new_overlay *overlay = g_new0(struct new_overlay, 1);
	overlay->target = g_strdup(disk->target);
	overlay->base = g_strdup(disk->path);
	overlay->base_format = g_strdup(disk->format);
	overlay->path = path;
	g_ptr_array_add(own->list, overlay);
	return true;
}

static bool add_overlays(struct own_overlay *own, virDomainPtr dom, bool all, GError **error)
{
	virConnectPtr conn = virDomainGetConnect(dom);
	g_autoptr(xmlDoc) doc = op_guest_xml(dom, 0);

	if (!doc) {
		conn_set_error(error, "cannot look at its disks");
		return false;
	}
	g_autoptr(GPtrArray) disks = protect_own_disks(conn, doc);
	g_autofree const char **paths = protect_paths(disks);
	struct base_users *users =
	        base_users_look(conn, paths, NULL, g_get_monotonic_time() + PROTECT_LOOK_US, error);
	bool ok = users != NULL;
	for (unsigned i = 0; ok && i < disks->len; i++) {
		const struct own_disk *disk = g_ptr_array_index(disks, i);
		if (all || is_based_on(users, disk->path))
			ok = add_overlay(own, conn, disk, error);
	}
	base_users_free(users);
	return ok;
}

struct own_overlay *own_overlay_look(virDomainPtr dom, bool all, GError **error)
{
	struct own_overlay *own = g_new0(struct own_overlay, 1);
	int snapshots = virDomainSnapshotNum(dom, 0);

	own->list = g_ptr_array_new_with_free_func(new_overlay_free);
	own->snapshots = snapshots > 0 ? (unsigned)snapshots : 0;
	own->active = virDomainIsActive(dom) == 1;
	if (add_overlays(own, dom, all, error))
		return own;
	own_overlay_free(own);
	return NULL;
}

char *own_overlay_refused(const struct own_overlay *own, bool forget_snapshots)
{
	for (unsigned i = 0; i < own->list->len; i++) {
		const struct new_overlay *overlay = g_ptr_array_index(own->list, i);
		if (*overlay->base != '/' || g_str_has_prefix(overlay->base, "/dev/"))
			return g_strdup_printf("its disk %s is no file ('%s'): an overlay lies beside a file", overlay->target,
			        overlay->base);
		if (!*overlay->base_format)
			return g_strdup_printf("its definition does not state the format of disk %s, and a guessed one can "
			                       "be wrong; state it (edit)",
			        overlay->target);
	}
	if (!own->list->len)
		return g_strdup("nothing stands on a disk of its own: it can run as it is, and be cloned while it runs "
		                "(clone, own-overlay)");
	if (own->snapshots && !forget_snapshots)
		return g_strdup_printf("it has %u snapshot%s, tied to the files as they are, that could not be used "
		                       "any more: delete %s first, or have libvirt forget %s (forget-snapshots)",
		        own->snapshots, own->snapshots == 1 ? "" : "s", own->snapshots == 1 ? "it" : "them",
		        own->snapshots == 1 ? "it" : "them");
	return NULL;
}

/* ---- off: a new file, a new definition ---- */

static bool make_file(struct job *job, const struct new_overlay *overlay, GError **error)
{
	unsigned step = steps_will_make_file(job, overlay->path);

	if (hostfile_make_overlay(job->conn, overlay->path, overlay->base, overlay->base_format, 0, error)) {
		steps_made(job, step);
		return true;
	}
	return false;
}

static void point_disk(xmlDocPtr doc, xmlNodePtr disk, void *data)
{
	const struct own_overlay *own = data;
	g_autofree char *target = op_xml_string(doc, disk, "target/@dev");
	xmlNodePtr source = xml_child(disk, "source"), driver = xml_child(disk, "driver"), below;

	for (unsigned i = 0; i < own->list->len; i++) {
		const struct new_overlay *overlay = g_ptr_array_index(own->list, i);
		if (!g_str_equal(overlay->target, target))
			continue;
		while (source->properties)
			xmlRemoveProp(source->properties);
		while ((below = xml_child(disk, "backingStore"))) {
			xmlUnlinkNode(below);
			xmlFreeNode(below);
		}
		xmlSetProp(disk, BAD_CAST "type", BAD_CAST "file");
		xmlSetProp(source, BAD_CAST "file", BAD_CAST overlay->path);
		if (!driver)
			driver = xmlNewChild(disk, NULL, BAD_CAST "driver", NULL);
		xmlSetProp(driver, BAD_CAST "type", BAD_CAST "qcow2");
	}
}

static void old_free(void *xml)
{
	secret_free(xml);
}

static bool define_old(struct job *job, void *data, GError **error)
{
	g_autoptr(virDomain) dom = virDomainDefineXML(job->conn, data);

	if (!dom)
		conn_set_error(error, "cannot store it again");
	return dom != NULL;
}

static bool define_new(struct job *job, virDomainPtr dom, const struct own_overlay *own, GError **error)
{
	char *old = definition_read(dom);
	g_autoptr(xmlDoc) doc = op_xml_parse(old);
	g_autofree char *words = g_strdup_printf("the definition of '%s', which was being changed", virDomainGetName(dom));
	xmlChar *text = NULL;
	int len = 0;

	if (!doc) {
		conn_set_error(error, "cannot read the definition of '%s'", job->request->name);
		secret_free(old);
		return false;
	}
	op_xml_each(doc, NULL, "/domain/devices/disk[source]", point_disk, (void *)own);
	xmlDocDumpMemory(doc, &text, &len);
	unsigned step = steps_will_do(job, words, define_old, old, old_free);
	g_autoptr(virDomain) changed =
	        virDomainDefineXMLFlags(job->conn, (const char *)text, VIR_DOMAIN_DEFINE_VALIDATE);
	if (changed)
		steps_made(job, step);
	else
		conn_set_error(error, "cannot store the definition of '%s'", job->request->name);
	explicit_bzero(text, (size_t)len);
	xmlFree(text);
	return changed != NULL;
}

static bool make_off(struct job *job, virDomainPtr dom, const struct own_overlay *own, GError **error)
{
	for (unsigned i = 0; i < own->list->len; i++)
		if (!make_file(job, g_ptr_array_index(own->list, i), error))
			return false;
	return define_new(job, dom, own, error);
}

/* ---- running: libvirt switches it over ---- */

static void add_attr(xmlNodePtr node, const char *name, const char *value)
{
	xmlNewProp(node, BAD_CAST name, BAD_CAST value);
}

struct listing {
	const struct own_overlay *own;
	xmlNodePtr disks;
};

static void list_disk(xmlDocPtr doc, xmlNodePtr found, void *data)
{
	const struct listing *listing = data;
	g_autofree char *target = op_xml_string(doc, found, "target/@dev");
	xmlNodePtr disk = xmlNewChild(listing->disks, NULL, BAD_CAST "disk", NULL);
	const struct new_overlay *overlay = NULL;

	for (unsigned i = 0; i < listing->own->list->len; i++) {
		const struct new_overlay *one = g_ptr_array_index(listing->own->list, i);
		if (g_str_equal(one->target, target))
			overlay = one;
	}
	add_attr(disk, "name", target);
	add_attr(disk, "snapshot", overlay ? "external" : "no");
	if (!overlay)
		return;
	add_attr(disk, "type", "file");
	add_attr(xmlNewChild(disk, NULL, BAD_CAST "driver", NULL), "type", "qcow2");
	add_attr(xmlNewChild(disk, NULL, BAD_CAST "source", NULL), "file", overlay->path);
}

static xmlDocPtr snapshot_doc(xmlDocPtr guest, const struct own_overlay *own)
{
	xmlDocPtr doc = xmlNewDoc(BAD_CAST "1.0");
	xmlNodePtr root = xmlNewNode(NULL, BAD_CAST "domainsnapshot");
	struct listing listing = {.own = own, .disks = xmlNewChild(root, NULL, BAD_CAST "disks", NULL)};

	xmlDocSetRootElement(doc, root);
	op_xml_each(guest, NULL, "/domain/devices/disk", list_disk, &listing);
	return doc;
}

/* All disks at one point in time, or none; libvirt takes back what it made. */
static bool make_active(struct job *job, virDomainPtr dom, const struct own_overlay *own, GError **error)
{
	const unsigned flags = VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY | VIR_DOMAIN_SNAPSHOT_CREATE_NO_METADATA
	                       | VIR_DOMAIN_SNAPSHOT_CREATE_ATOMIC;
	g_autoptr(xmlDoc) guest = op_guest_xml(dom, 0);
	g_autoptr(xmlDoc) doc = guest ? snapshot_doc(guest, own) : NULL;
	g_autofree unsigned *steps = g_new0(unsigned, own->list->len);
	xmlChar *text = NULL;

	for (unsigned i = 0; i < own->list->len; i++)
		steps[i] = steps_will_make_file(job, ((struct new_overlay *)g_ptr_array_index(own->list, i))->path);
	if (doc)
		xmlDocDumpMemory(doc, &text, NULL);
	g_autoptr(virDomainSnapshot) done = text ? virDomainSnapshotCreateXML(dom, (const char *)text, flags) : NULL;
	xmlFree(text);
	if (!done) {
		conn_set_error(error, "cannot give '%s' an overlay", job->request->name);
		return false;
	}
	for (unsigned i = 0; i < own->list->len; i++)
		steps_made(job, steps[i]);
	/* It runs on them: from here on they stay whatever comes. */
	steps_keep(job);
	return true;
}

/* ---- both ---- */

static void forget_all(struct job *job, virDomainPtr dom)
{
	virDomainSnapshotPtr *list = NULL;
	int n = virDomainListAllSnapshots(dom, &list, 0);

	for (int i = 0; i < n; i++) {
		if (virDomainSnapshotDelete(list[i], VIR_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY) < 0)
			job_log(job, "snapshot '%s' could not be forgotten: %s", virDomainSnapshotGetName(list[i]),
			        virGetLastErrorMessage());
		virDomainSnapshotFree(list[i]);
	}
	free(list);
}

static void note_paths(struct job *job, const struct own_overlay *own)
{
	for (unsigned i = 0; i < own->list->len; i++) {
		const struct new_overlay *overlay = g_ptr_array_index(own->list, i);
		g_string_append_printf(job->paths, "%s%s", job->paths->len ? "\n" : "", overlay->path);
		job_log(job, "disk %s: new file '%s' on '%s' (%s)", overlay->target, overlay->path, overlay->base,
		        overlay->base_format);
	}
}

bool own_overlay_make(struct job *job, virDomainPtr dom, const struct own_overlay *own, bool forget_snapshots,
        char **ret_weak, GError **error)
{
	g_autofree const char **bases = g_new0(const char *, own->list->len + 1);

	*ret_weak = NULL;
	note_paths(job, own);
	for (unsigned i = 0; i < own->list->len; i++)
		bases[i] = ((struct new_overlay *)g_ptr_array_index(own->list, i))->base;
	if (!(own->active ? make_active(job, dom, own, error) : make_off(job, dom, own, error)))
		return false;
	if (!protect_base(job, dom, bases, ret_weak, error))
		return false;
	if (own->snapshots && forget_snapshots)
		forget_all(job, dom);
	return true;
}
