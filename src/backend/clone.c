/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a full clone copies, and where to. Worker threads. */
#include "backend/clone.h"

#include <string.h>

#include "backend/clone_names.h"
#include "backend/clone_snapshot.h"
#include "backend/define.h"
#include "backend/hostfile.h"
#include "backend/image_check.h"
#include "backend/op_util.h"
#include "nvirt/text.h"

/* Its own reason, not libvirt's. */
#define refuse(error, ...) conn_refuse(error, VIR_ERR_OPERATION_INVALID, __VA_ARGS__)

static void disk_free(gpointer data)
{
	struct clone_disk *disk = data;

	g_free(disk->target);
	g_free(disk->source);
	g_free(disk->format);
	g_free(disk->new_format);
	g_free(disk->dir);
	g_free(disk->pool);
	g_free(disk);
}

void clone_free(struct clone *clone)
{
	if (!clone)
		return;
	g_strfreev(clone->names);
	xmlFreeDoc(clone->source);
	g_ptr_array_unref(clone->disks);
	g_ptr_array_unref(clone->shared);
	g_free(clone->snapshot);
	if (clone->dom)
		virDomainFree(clone->dom);
	g_free(clone);
}

/* ---- the definition ---- */

static bool read_source(struct clone *clone, bool secure, GError **error)
{
	unsigned flags = VIR_DOMAIN_XML_INACTIVE | (secure ? VIR_DOMAIN_XML_SECURE : 0);

	if (clone->snapshot) {
		clone->source = clone_snapshot_source(clone->dom, clone->snapshot, secure, &clone->internal, error);
		return clone->source != NULL;
	}
	clone->source = op_guest_xml(clone->dom, flags);
	if (clone->source)
		return true;
	conn_set_error(error, "its definition can not be read");
	return false;
}

/* ---- disks ---- */

struct looking {
	struct clone *clone;
	GError *error;
};

static bool is_shared(xmlDocPtr doc, xmlNodePtr disk, const char *device)
{
	g_autofree char *marks = op_xml_string(doc, disk, "count(readonly | shareable)");

	return !g_str_equal(marks, "0") || g_str_equal(device, "cdrom") || g_str_equal(device, "floppy")
	       || g_str_equal(device, "lun");
}

/* "" when it is no file or device of the host. */
static char *place_of(struct clone *clone, xmlDocPtr doc, xmlNodePtr disk)
{
	g_autofree char *path = op_xml_string(doc, disk, "source/@file | source/@dev");
	g_autofree char *pool_name = op_xml_string(doc, disk, "source/@pool");
	g_autofree char *volume = op_xml_string(doc, disk, "source/@volume");

	if (*path == '/')
		return g_steal_pointer(&path);
	g_autoptr(virStoragePool) pool = *pool_name ? virStoragePoolLookupByName(clone->conn, pool_name) : NULL;
	g_autoptr(virStorageVol) vol = pool ? virStorageVolLookupByName(pool, volume) : NULL;
	char *raw = vol ? virStorageVolGetPath(vol) : NULL;
	char *place = g_strdup(raw ? raw : "");
	free(raw);
	return place;
}

static bool choose_format(struct clone *clone, struct clone_disk *disk, GError **error)
{
	const char *asked = args_get(clone->request->args, "format");
	bool same = !asked || !*asked || g_str_equal(asked, "same");

	if (!*disk->format)
		return refuse(error, "the definition does not state the format of disk %s", disk->target);
	if (same)
		asked = g_str_equal(disk->format, "raw") ? "raw" : "qcow2";
	disk->new_format = g_strdup(asked);
	return true;
}

static bool choose_dir(struct clone *clone, struct clone_disk *disk, GError **error)
{
	const char *asked = args_get(clone->request->args, "pool");

	if (!asked || !*asked) {
		if (disk->device)
			return refuse(error, "disk %s is a device: name the pool that its copy is to go to", disk->target);
		disk->dir = g_path_get_dirname(disk->source);
		g_autoptr(virStoragePool) own = hostfile_pool_of_dir(clone->conn, disk->dir);
		disk->pool = g_strdup(own ? virStoragePoolGetName(own) : "");
		return true;
	}
	g_autoptr(virStoragePool) pool = virStoragePoolLookupByName(clone->conn, asked);
	char *xml = pool ? virStoragePoolGetXMLDesc(pool, 0) : NULL;
	g_autoptr(xmlDoc) doc = op_xml_parse(xml);
	free(xml);
	if (!doc)
		return refuse(error, "there is no pool '%s'", asked);
	if (virStoragePoolIsActive(pool) != 1)
		return refuse(error, "the pool '%s' is not active: start it first", asked);
	g_autofree char *type = op_xml_string(doc, NULL, "/pool/@type");
	if (!g_str_equal(type, "dir") && !g_str_equal(type, "fs") && !g_str_equal(type, "netfs"))
		return refuse(error, "the pool '%s' (type %s) holds no files: choose one of type dir, fs or netfs", asked, type);
	disk->dir = op_xml_string(doc, NULL, "/pool/target/path");
	disk->pool = g_strdup(asked);
	return true;
}

/* What a member of the chain really holds is added; `info` is left open, for hostfile_info_fini(). */
static bool measure_member(struct clone *clone, struct clone_disk *disk, const struct image_member *member,
        struct hostfile_info *info, GError **error)
{
	bool top = g_str_equal(member->path, disk->source);
	g_autoptr(GError) local = NULL;

	if (!hostfile_look(clone->conn, member->path, info, &local))
		return top ? false : refuse(error, "disk %s stands on '%s': %s", disk->target, member->path, local->message);
	disk->data_bytes += info->allocation_bytes;
	if (info->exists)
		return true;
	return top ? refuse(error, "the file '%s' of disk %s: it is missing", member->path, disk->target)
	           : refuse(error, "disk %s stands on '%s': it is missing", disk->target, member->path);
}

/* Where its file can not be looked at, its guest may know. */
static void measure_by_guest(struct clone *clone, struct clone_disk *disk)
{
	virDomainBlockInfo info;

	if (virDomainGetBlockInfo(clone->dom, disk->target, &info, 0) < 0)
		return;
	disk->data_bytes = info.allocation;
	disk->capacity_bytes = info.capacity;
}

/*
 * What is really held, down the whole chain. An image's header can name any file of the
 * host: what it stands on must be in a pool or known, and nothing else is looked at.
 */
static bool measure(struct clone *clone, struct clone_disk *disk, GError **error)
{
	g_autoptr(GPtrArray) chain = image_check_chain(
	        clone->conn, disk->source, disk->format, NULL, args_get(clone->request->args, "allow"));

	for (unsigned i = 0; i < chain->len; i++) {
		const struct image_member *member = chain->pdata[i];
		struct hostfile_info info = {0};
		g_autoptr(GError) local = NULL;
		if (member->odd && !member->allowed && !member->unread)
			break;
		bool ok = measure_member(clone, disk, member, &info, &local);
		if (i == 0 && ok)
			disk->capacity_bytes = info.capacity_bytes;
		hostfile_info_fini(&info);
		if (local) {
			g_propagate_error(error, g_steal_pointer(&local));
			return false;
		}
		if (ok)
			continue;
		measure_by_guest(clone, disk);
		break;
	}
	return image_check_verdict(chain, error);
}

static bool fill_disk(struct clone *clone, struct clone_disk *disk, const char *type, GError **error)
{
	disk->device = g_str_equal(type, "block");
	if (*disk->source != '/')
		return refuse(error, "disk %s is of type '%s', no file or device of the host", disk->target, type);
	if (!choose_format(clone, disk, error) || !choose_dir(clone, disk, error))
		return false;
	if (clone->internal && (disk->device || !g_str_equal(disk->format, "qcow2")))
		return refuse(error, "disk %s can not hold an internal snapshot", disk->target);
	return measure(clone, disk, error);
}

static void look_at_disk(xmlDocPtr doc, xmlNodePtr node, void *data)
{
	struct looking *looking = data;
	struct clone *clone = looking->clone;
	g_autofree char *type = op_xml_string(doc, node, "@type");
	g_autofree char *device = op_xml_string(doc, node, "@device");
	g_autofree char *target = op_xml_string(doc, node, "target/@dev");
	g_autofree char *path = place_of(clone, doc, node);

	if (looking->error)
		return;
	if (is_shared(doc, node, device)) {
		if (*path)
			g_ptr_array_add(clone->shared, g_strdup_printf("%s '%s'", target, path));
		return;
	}
	struct clone_disk *disk = g_new0(struct clone_disk, 1);
	disk->target = g_steal_pointer(&target);
	disk->source = g_steal_pointer(&path);
	disk->format = op_xml_string(doc, node, "driver/@type");
	g_ptr_array_add(clone->disks, disk);
	if (fill_disk(clone, disk, type, &looking->error))
		clone->data_bytes += disk->data_bytes;
}

static bool look_at_disks(struct clone *clone, GError **error)
{
	struct looking looking = {.clone = clone};

	op_xml_each(clone->source, NULL, "/domain/devices/disk", look_at_disk, &looking);
	if (!looking.error)
		return true;
	g_propagate_error(error, looking.error);
	return false;
}

/* What runs may differ from what is stored: then a copy of one would be defined as the other. */
static bool check_live(struct clone *clone, GError **error)
{
	g_autoptr(xmlDoc) live = op_guest_xml(clone->dom, 0);

	for (unsigned i = 0; live && i < clone->disks->len; i++) {
		const struct clone_disk *disk = clone->disks->pdata[i];
		g_autofree char *xpath = g_strdup_printf("/domain/devices/disk[target/@dev='%s']", disk->target);
		g_autofree char *file = g_strdup_printf("%s/source/@*[name()='file' or name()='dev']", xpath);
		g_autofree char *now = op_xml_string(live, NULL, file);
		if (*now && !g_str_equal(now, disk->source))
			return refuse(error, "disk %s is '%s' now and will be '%s' at its next start: shut it down first",
			        disk->target, now, disk->source);
		if (!*now)
			return refuse(error, "disk %s is in its definition, but it runs without: shut it down first", disk->target);
	}
	return true;
}

/* ---- all of it ---- */

static bool look(struct clone *clone, bool secure, GError **error)
{
	const struct args *args = clone->request->args;
	const char *snapshot = args_get(args, "from-snapshot");
	int state = 0, reason;

	if (!op_guest_state(clone->dom, &state, &reason)) {
		conn_set_error(error, "its state can not be read");
		return false;
	}
	clone->snapshot = snapshot && *snapshot ? g_strdup(snapshot) : NULL;
	clone->running = op_state_active(state) && !clone->snapshot;
	clone->start = args_get_bool(args, "start", false);
	clone->keep_passthrough = args_get_bool(args, "keep-passthrough", false);
	clone->names = clone_names(clone->conn, args, error);
	if (!clone->names)
		return false;
	clone->count = g_strv_length(clone->names);
	if (!read_source(clone, secure, error) || !look_at_disks(clone, error))
		return false;
	return !clone->running || check_live(clone, error);
}

struct clone *clone_look(virConnectPtr conn, const struct op_request *request, bool secure, GError **error)
{
	struct clone *clone = g_new0(struct clone, 1);
	GError *local = NULL;

	clone->conn = conn;
	clone->request = request;
	clone->disks = g_ptr_array_new_with_free_func(disk_free);
	clone->shared = g_ptr_array_new_with_free_func(g_free);
	clone->dom = virDomainLookupByUUID(conn, request->ref.uuid);
	if (!clone->dom)
		conn_set_error(&local, "cannot clone '%s'", request->name);
	else if (!look(clone, secure, &local))
		g_prefix_error(&local, "cannot clone '%s': ", request->name);
	if (!local)
		return clone;
	g_propagate_error(error, local);
	clone_free(clone);
	return NULL;
}

/* ---- places ---- */

char *clone_disk_path(const struct clone *clone, const struct clone_disk *disk, const char *name)
{
	const char *suffix = g_str_equal(disk->new_format, "qcow2") ? "qcow2" : "raw";
	bool only = clone->disks->len == 1;

	return g_strdup_printf("%s/%s%s%s.%s", disk->dir, name, only ? "" : "-", only ? "" : disk->target, suffix);
}

void clone_spec_init(const struct clone *clone, const char *name, struct clone_spec *spec)
{
	g_autofree char *uuid = g_uuid_string_random();

	*spec = (struct clone_spec){.name = name, .keep_passthrough = clone->keep_passthrough};
	uuid_parse(uuid, spec->uuid);
	spec->disks = g_ptr_array_new_with_free_func((GDestroyNotify)clone_file_free);
	for (unsigned i = 0; i < clone->disks->len; i++) {
		const struct clone_disk *disk = clone->disks->pdata[i];
		g_autofree char *path = clone_disk_path(clone, disk, name);
		g_ptr_array_add(spec->disks, clone_file_new(disk->target, path, disk->new_format));
	}
	spec->nvram = clone_nvram_target(clone->source, name);
}

void clone_spec_clear(struct clone_spec *spec)
{
	if (spec->disks)
		g_ptr_array_unref(spec->disks);
	g_free((char *)spec->nvram);
	*spec = (struct clone_spec){0};
}

/* Of the pool, or of the directory where it is ours to see. -1 = not known. */
static int64_t free_in(const struct clone *clone, const struct clone_disk *disk)
{
	g_autoptr(virStoragePool) pool = *disk->pool ? virStoragePoolLookupByName(clone->conn, disk->pool) : NULL;
	virStoragePoolInfo info;

	/* A read-only connection may not refresh: then the figure is as old as the pool's last look. */
	if (pool)
		virStoragePoolRefresh(pool, 0);
	if (pool && virStoragePoolGetInfo(pool, &info) == 0)
		return (int64_t)info.available;
	return -1;
}

static uint64_t need_in(const struct clone *clone, const char *dir)
{
	uint64_t need = 0;

	for (unsigned i = 0; i < clone->disks->len; i++) {
		const struct clone_disk *disk = clone->disks->pdata[i];
		if (g_str_equal(disk->dir, dir))
			need += MIN(disk->data_bytes, disk->capacity_bytes ? disk->capacity_bytes + (4 << 20) : G_MAXUINT64);
	}
	return need * clone->count;
}

static bool check_room(const struct clone *clone, GError **error)
{
	for (unsigned i = 0; i < clone->disks->len; i++) {
		const struct clone_disk *disk = clone->disks->pdata[i];
		int64_t have = free_in(clone, disk);
		uint64_t need = need_in(clone, disk->dir);
		char need_text[32], have_text[32];
		if (have < 0 || need <= (uint64_t)have)
			continue;
		text_format_bytes(need_text, sizeof need_text, need);
		text_format_bytes(have_text, sizeof have_text, (uint64_t)have);
		return refuse(error, "cannot clone '%s': %s are needed in '%s' and %s are free; free some or choose another pool",
		        clone->request->name, need_text, *disk->pool ? disk->pool : disk->dir, have_text);
	}
	return true;
}

static bool check_free_name(const struct clone *clone, const char *path, GError **error)
{
	struct hostfile_info info;
	g_autoptr(GError) local = NULL;

	if (!hostfile_look(clone->conn, path, &info, &local)) {
		/* A read-only connection can not look into a directory that is no pool; making it fails then. */
		return true;
	}
	bool exists = info.exists;
	hostfile_info_fini(&info);
	return !exists || refuse(error, "cannot clone '%s': the file '%s' exists already; choose another name or remove it",
	                          clone->request->name, path);
}

bool clone_check_places(const struct clone *clone, GError **error)
{
	if (!check_room(clone, error))
		return false;
	for (unsigned i = 0; i < clone->count; i++) {
		struct clone_spec spec;
		bool ok = true;
		clone_spec_init(clone, clone->names[i], &spec);
		for (unsigned k = 0; ok && k < spec.disks->len; k++)
			ok = check_free_name(clone, ((struct clone_file *)spec.disks->pdata[k])->path, error);
		if (ok && spec.nvram)
			ok = check_free_name(clone, spec.nvram, error);
		clone_spec_clear(&spec);
		if (!ok)
			return false;
	}
	return true;
}
