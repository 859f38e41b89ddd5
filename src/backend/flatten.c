/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What flattening a guest would do: see flatten.h. */
#include "backend/flatten.h"

#include <stdlib.h>

#include "backend/hostfile.h"
#include "backend/image_check.h"
#include "backend/op_table.h"
#include "nvirt/text.h"

struct looking {
	struct flatten *flatten;
	virDomainPtr dom;
	virConnectPtr conn;
	GPtrArray *known;
	const char *allow;
};

static void flat_disk_free(gpointer data)
{
	struct flat_disk *disk = data;

	g_free(disk->target);
	g_free(disk->path);
	g_ptr_array_unref(disk->chain);
	g_free(disk);
}

void flatten_free(struct flatten *flatten)
{
	if (!flatten)
		return;
	g_free(flatten->refused);
	g_ptr_array_unref(flatten->disks);
	xmlFreeDoc(flatten->doc);
	g_free(flatten);
}

static void refuse(struct flatten *flatten, char *why)
{
	if (flatten->refused)
		g_free(why);
	else
		flatten->refused = why;
}

/* ---- one disk ---- */

static uint64_t allocated(virConnectPtr conn, const char *path)
{
	g_autoptr(virStorageVol) vol = virStorageVolLookupByPath(conn, path);
	struct hostfile_info file;
	virStorageVolInfo info;
	uint64_t bytes;

	if (vol && virStorageVolGetInfo(vol, &info) == 0)
		return info.allocation;
	if (!hostfile_look(conn, path, &file, NULL))
		return 0;
	bytes = file.allocation_bytes;
	hostfile_info_fini(&file);
	return bytes;
}

static void measure(struct looking *looking, struct flat_disk *disk)
{
	const struct image_member *top = disk->chain->pdata[0];
	uint64_t own = allocated(looking->conn, disk->path), below = 0;
	g_auto(hostfile_auto) file = {0};
	virStoragePoolInfo info;

	for (guint i = 1; i < disk->chain->len; i++)
		below += allocated(looking->conn, ((const struct image_member *)disk->chain->pdata[i])->path);
	disk->copy_bytes = own + below;
	if (top->capacity_bytes)
		disk->copy_bytes = MIN(disk->copy_bytes, top->capacity_bytes + top->capacity_bytes / 64);
	/* A running QEMU fills the overlay; one that is off gets a whole new file beside it. */
	disk->need_bytes = !looking->flatten->active      ? disk->copy_bytes
	                   : disk->copy_bytes > own ? disk->copy_bytes - own
	                                            : 0;
	disk->free_bytes = -1;
	if (hostfile_open(&file, looking->conn, disk->path, NULL) && virStoragePoolGetInfo(file.pool, &info) == 0)
		disk->free_bytes = (int64_t)MIN(info.available, (unsigned long long)G_MAXINT64);
}

static void judge(struct looking *looking, const struct flat_disk *disk)
{
	const struct image_member *top = disk->chain->pdata[0];
	g_autoptr(GError) odd = NULL;

	if (top->snapshots)
		refuse(looking->flatten, g_strdup_printf("'%s' holds internal snapshots, which stand on its base too and "
		                                         "would be lost: delete them first",
		                                 disk->path));
	if (!image_check_verdict(disk->chain, &odd))
		refuse(looking->flatten, g_strdup(odd->message));
}

static void look_at_disk(xmlDocPtr doc, xmlNodePtr node, void *data)
{
	struct looking *looking = data;
	g_autofree char *device = op_xml_string(doc, node, "@device");
	g_autofree char *format = op_xml_string(doc, node, "driver/@type");
	g_autofree char *path = image_check_source(looking->conn, doc, node);

	if ((*device && !g_str_equal(device, "disk")) || *path != '/' || !g_str_equal(format, "qcow2"))
		return;
	GPtrArray *chain = image_check_chain(
	        looking->conn, path, format, (const char *const *)looking->known->pdata, looking->allow);
	const struct image_member *top = chain->pdata[0];
	if (chain->len < 2) {
		if (top->odd)
			refuse(looking->flatten, g_strdup_printf("'%s': %s", path, top->odd));
		g_ptr_array_unref(chain);
		return;
	}
	struct flat_disk *disk = g_new0(struct flat_disk, 1);
	disk->target = op_xml_string(doc, node, "target/@dev");
	disk->path = g_steal_pointer(&path);
	disk->chain = chain;
	g_ptr_array_add(looking->flatten->disks, disk);
	judge(looking, disk);
	if (!looking->flatten->refused)
		measure(looking, disk);
}

/* ---- all ---- */

/* Disks on one filesystem share its room; which do is not known, so each pool's room is held against the sum. */
static void judge_room(struct flatten *flatten)
{
	uint64_t need = 0;

	for (guint i = 0; i < flatten->disks->len; i++) {
		const struct flat_disk *disk = flatten->disks->pdata[i];
		char want[32], room[32];

		need += disk->need_bytes;
		if (disk->free_bytes < 0 || (uint64_t)disk->free_bytes >= MAX(need, disk->need_bytes))
			continue;
		text_format_bytes(want, sizeof want, need);
		text_format_bytes(room, sizeof room, (guint64)disk->free_bytes);
		refuse(flatten, g_strdup_printf("it may need %s where '%s' lies, and %s are free: free some space there", want,
		                        disk->path, room));
	}
}

static void judge_guest(struct looking *looking)
{
	struct flatten *flatten = looking->flatten;

	if (virDomainIsPersistent(looking->dom) == 0 && !flatten->active)
		refuse(flatten, g_strdup("it is transient"));
	if (virDomainSnapshotNum(looking->dom, 0) > 0)
		refuse(flatten, g_strdup("it has snapshots, which stand on what its disks stand on: delete them first"));
	if (virDomainListAllCheckpoints(looking->dom, NULL, 0) > 0)
		refuse(flatten, g_strdup("it has checkpoints: delete them first"));
}

struct flatten *flatten_look(virDomainPtr dom, const char *allow, GError **error)
{
	bool active = virDomainIsActive(dom) == 1;
	xmlDocPtr doc = op_guest_xml(dom, active ? 0 : VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE);

	/* A plan's connection may not see secrets, and needs none. */
	if (!doc && !active)
		doc = op_guest_xml(dom, VIR_DOMAIN_XML_INACTIVE);
	if (!doc) {
		conn_set_error(error, "cannot look at '%s'", virDomainGetName(dom));
		return NULL;
	}
	struct flatten *flatten = g_new0(struct flatten, 1);
	flatten->active = active;
	flatten->doc = doc;
	flatten->disks = g_ptr_array_new_with_free_func(flat_disk_free);
	g_autoptr(GPtrArray) known = image_check_known(dom, doc);
	struct looking looking = {.flatten = flatten,
	        .dom = dom,
	        .conn = virDomainGetConnect(dom),
	        .known = known,
	        .allow = allow};
	judge_guest(&looking);
	op_xml_each(doc, NULL, "/domain/devices/disk", look_at_disk, &looking);
	if (!flatten->disks->len)
		refuse(flatten, g_strdup("none of its disks stands on another image"));
	if (!flatten->refused)
		judge_room(flatten);
	return flatten;
}

int flatten_stands(virConnectPtr conn, const struct flat_disk *disk)
{
	struct image_header header = {0};

	if (!image_check_header(conn, disk->path, "qcow2", &header, NULL))
		return -1;
	bool stands = header.backing != NULL;
	image_header_clear(&header);
	return stands;
}

/* ---- the plan ---- */

static void add_disk(struct plan *plan, const struct flat_disk *disk)
{
	g_autofree char *id = g_strdup_printf("disk:%s", disk->target);
	g_autofree char *what = g_strdup_printf("disk %s", disk->target);
	g_autofree char *path = text_clean(disk->path, -1), *chain = image_check_words(disk->chain);
	struct plan_item *item = plan_add(plan, id, what, path);
	char copy[32], room[32];

	item->chosen = item->required = true;
	item->does = PLAN_CHANGE;
	text_format_bytes(copy, sizeof copy, disk->copy_bytes);
	text_format_bytes(room, sizeof room, disk->free_bytes < 0 ? 0 : (guint64)disk->free_bytes);
	g_free(item->note);
	item->note = g_strdup_printf("at most %s, %s free", copy, disk->free_bytes < 0 ? "not known how much is" : room);
	g_ptr_array_add(plan->notes, g_strdup_printf("Chain of %s: %s.", disk->target, chain));
}

/* A base that was made read-only for its clones is not, when nothing else stands on it. */
static void add_base(struct plan *plan, virConnectPtr conn, const struct flat_disk *disk)
{
	const struct image_member *base = disk->chain->len > 1 ? disk->chain->pdata[1] : NULL;
	struct hostfile_info info;

	if (!base || !hostfile_look(conn, base->path, &info, NULL))
		return;
	bool held = info.exists && !(info.mode & 0222);
	hostfile_info_fini(&info);
	if (!held)
		return;
	g_autofree char *id = g_strdup_printf("base:%s", disk->target), *path = text_clean(base->path, -1);
	struct plan_item *item = plan_add(plan, id, "base", path);
	item->chosen = item->required = true;
	item->does = PLAN_CHANGE;
	g_free(item->note);
	item->note = g_strdup("its guest may write to it again, if nothing else stands on it");
}

struct plan *op_guest_flatten_plan(virConnectPtr conn, const struct op_request *request, GError **error)
{
	g_autoptr(virDomain) dom = virDomainLookupByUUID(conn, request->ref.uuid);

	if (!dom) {
		conn_set_error(error, "cannot look at '%s'", request->name);
		return NULL;
	}
	struct flatten *flatten = flatten_look(dom, args_get(request->args, "allow"), error);
	if (!flatten)
		return NULL;
	struct plan *plan = plan_new();
	plan->refused = flatten->refused ? text_clean(flatten->refused, -1) : NULL;
	for (guint i = 0; i < flatten->disks->len; i++)
		add_disk(plan, flatten->disks->pdata[i]);
	for (guint i = 0; i < flatten->disks->len; i++)
		add_base(plan, conn, flatten->disks->pdata[i]);
	g_ptr_array_add(plan->notes,
	        g_strdup(flatten->active ? "Its QEMU copies while the guest runs on; the bases stay as they are."
	                                 : "New files take the place of the overlays; the bases stay as they are."));
	flatten_free(flatten);
	return plan;
}
