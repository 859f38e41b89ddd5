/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looking, before a roll back: what the guest is now and was then, and whether it can be. */
#include "backend/snap_revert.h"

#include <string.h>

#include "backend/base_mark.h"
#include "backend/hostfile.h"
#include "backend/protect.h"
#include "backend/snapshot_take.h"
#include "backend/xml.h"
#include "nvirt/text.h"

static void disk_free(gpointer data)
{
	struct revert_disk *disk = data;

	g_free(disk->target);
	g_free(disk->state);
	g_free(disk->format);
	g_free(disk->now);
	g_free(disk->overlay);
	g_free(disk->abandon);
	g_free(disk);
}

void revert_free(struct revert *revert)
{
	if (!revert)
		return;
	if (revert->dom)
		virDomainFree(revert->dom);
	if (revert->tree)
		g_ptr_array_unref(revert->tree);
	if (revert->now)
		xmlFreeDoc(revert->now);
	g_ptr_array_unref(revert->disks);
	g_free(revert->nvram);
	g_free(revert->save_dir);
	g_free(revert->refused);
	g_free(revert);
}

void revert_refuse(struct revert *revert, const char *format, ...)
{
	va_list args;

	if (revert->refused)
		return;
	va_start(args, format);
	g_autofree char *raw = g_strdup_vprintf(format, args);
	va_end(args);
	revert->refused = text_clean(raw, -1);
}

bool revert_boots(const struct revert *revert)
{
	return revert->after != REVERT_OFF && !revert->restores;
}

const char *revert_after_word(enum revert_after after)
{
	switch (after) {
	case REVERT_OFF:
		return "off";
	case REVERT_RUNNING:
		return "running";
	case REVERT_PAUSED:
		return "paused";
	}
	return "";
}

/* ---- the guest of now and of then ---- */

struct each_disk {
	revert_each_disk *each;
	void *data;
};

static void each_disk(xmlDocPtr doc, xmlNodePtr node, void *data)
{
	struct each_disk *each = data;
	g_autofree char *target = op_xml_string(doc, node, "target/@dev");
	g_autofree char *file = op_xml_string(doc, node, "source/@file");
	g_autofree char *dev = op_xml_string(doc, node, "source/@dev");

	each->each(target, node, *file ? file : dev, each->data);
}

void revert_disks_of(xmlDocPtr doc, const char *xpath, revert_each_disk *each, void *data)
{
	struct each_disk both = {.each = each, .data = data};

	op_xml_each(doc, NULL, xpath, each_disk, &both);
}

static struct revert_disk *find_disk(const struct revert *revert, const char *target)
{
	for (unsigned i = 0; i < revert->disks->len; i++) {
		struct revert_disk *disk = g_ptr_array_index(revert->disks, i);
		if (g_str_equal(disk->target, target))
			return disk;
	}
	return NULL;
}

static void add_disk(const char *target, xmlNodePtr node, const char *file, void *data)
{
	struct revert *revert = data;
	const struct snap_disk *of = snap_disk_find(revert->snap, target);
	struct revert_disk *disk = g_new0(struct revert_disk, 1);

	(void)node;
	disk->target = g_strdup(target);
	disk->kept = of && !g_str_equal(of->mode, "no") && *of->mode;
	disk->state = g_strdup(file);
	disk->format = g_strdup(of ? of->state_format : "");
	disk->now = g_strdup("");
	g_ptr_array_add(revert->disks, disk);
}

static void note_now(const char *target, xmlNodePtr node, const char *file, void *data)
{
	struct revert_disk *disk = find_disk(data, target);

	(void)node;
	if (!disk)
		return;
	g_free(disk->now);
	disk->now = g_strdup(file);
}

static bool look_at_guest(struct revert *revert, bool secrets)
{
	unsigned flags = VIR_DOMAIN_XML_INACTIVE | (secrets ? VIR_DOMAIN_XML_SECURE : 0);
	virDomainMemoryStatStruct stats[VIR_DOMAIN_MEMORY_STAT_NR];
	int reason;

	if (!op_guest_state(revert->dom, &revert->state, &reason))
		return false;
	revert->active = op_state_active(revert->state);
	revert->had_save = virDomainHasManagedSaveImage(revert->dom, 0) == 1;
	revert->now = op_guest_xml(revert->dom, flags);
	g_autoptr(xmlDoc) live = revert->now && revert->active ? op_guest_xml(revert->dom, 0) : NULL;
	if (!revert->now || (revert->active && !live))
		return false;
	revert->nvram = op_xml_string(revert->now, NULL, "/domain/os/nvram");
	revert_disks_of(live ? live : revert->now, "/domain/devices/disk", note_now, revert);
	int n = revert->active ? virDomainMemoryStats(revert->dom, stats, VIR_DOMAIN_MEMORY_STAT_NR, 0) : 0;
	for (int i = 0; i < n; i++)
		if (stats[i].tag == VIR_DOMAIN_MEMORY_STAT_RSS)
			revert->memory_bytes = stats[i].val * 1024;
	return true;
}

static enum revert_after after_then(const struct snap *snap)
{
	if (g_str_equal(snap->state, "paused"))
		return REVERT_PAUSED;
	/* Only a guest that ran has disks without memory kept so: it boots, as after a power cut. */
	if (g_str_equal(snap->state, "running") || g_str_equal(snap->state, "blocked")
	        || g_str_equal(snap->state, "disk-snapshot"))
		return REVERT_RUNNING;
	return REVERT_OFF;
}

static void choose_after(struct revert *revert, const struct args *args)
{
	const char *asked = args_get(args, "state");

	if (g_strcmp0(asked, "running") == 0)
		revert->after = REVERT_RUNNING;
	else if (g_strcmp0(asked, "paused") == 0)
		revert->after = REVERT_PAUSED;
	else if (g_strcmp0(asked, "stopped") == 0)
		revert->after = REVERT_OFF;
	else
		revert->after = after_then(revert->snap);
	revert->restores = revert->snap->memory && revert->after != REVERT_OFF;
}

/* ---- whether it can be ---- */

static void judge_guest(struct revert *revert, virConnectPtr conn)
{
	if (revert->snap->kind == SNAPSHOT_MIXED)
		revert_refuse(revert,
		        "it is internal for some disks and external for others; nobody can roll back to that safely");
	if (revert->snap->merging)
		revert_refuse(revert,
		        "a merge of it broke off, so that its state is written over in part; delete it to end that merge");
	if (revert->after != REVERT_OFF && template_mark_is_set(revert->dom))
		revert_refuse(revert, "the guest is a template, which does not run: roll back to stopped");
	if (virDomainIsPersistent(revert->dom) == 0)
		revert_refuse(revert, "the guest is transient: it would be gone when it is stopped for this");
	if (revert->by_hand && !op_is_qemu(conn))
		revert_refuse(revert, "external snapshots can be rolled back to on QEMU only");
	if (revert->by_hand && !xml_child(xmlDocGetRootElement(revert->snap->doc), "domain"))
		revert_refuse(revert, "libvirt has kept no definition of the guest with it");
}

/* libvirt's own, where it is known from here; `conn` is QEMU's. */
static char *save_dir(virConnectPtr conn)
{
	char *uri = virConnectGetURI(conn);
	char *dir = NULL;

	if (uri && strstr(uri, ":///session"))
		dir = op_is_local(conn) ? g_build_filename(g_get_user_config_dir(), "libvirt/qemu/save", NULL) : NULL;
	else
		dir = g_strdup("/var/lib/libvirt/qemu/save");
	free(uri);
	return dir;
}

/* The way back of a guest that runs: its memory, saved. */
static void judge_space(struct revert *revert, virConnectPtr conn)
{
	char need[32], there[32];

	if (!revert->active)
		return;
	revert->save_dir = save_dir(conn);
	revert->need_bytes = take_memory_bytes(revert->dom);
	revert->free_bytes = revert->save_dir ? take_free_bytes(conn, revert->save_dir) : UINT64_MAX;
	text_format_bytes(need, sizeof need, revert->need_bytes);
	text_format_bytes(there, sizeof there, revert->free_bytes);
	if (revert->free_bytes < revert->need_bytes)
		revert_refuse(revert,
		        "its memory of now is saved first, as the way back: that may need %s, and '%s' has %s free; make room, "
		        "or shut the guest down first",
		        need, revert->save_dir, there);
}

/* An internal one is gone back to inside the files of now, which others may stand on. */
static void judge_clones(struct revert *revert, virConnectPtr conn)
{
	g_autofree char *why = revert->by_hand || revert->refused ? NULL : protect_why_not(conn, revert->dom, NULL);

	if (why)
		revert_refuse(revert, "%s", why);
}

static bool look_exists(struct revert *revert, virConnectPtr conn, const char *path, const char *what)
{
	struct hostfile_info info;
	g_autoptr(GError) error = NULL;

	if (!hostfile_look(conn, path, &info, &error)) {
		revert_refuse(revert, "%s '%s' can not be looked at: %s", what, path, error->message);
		return false;
	}
	bool exists = info.exists;
	hostfile_info_fini(&info);
	if (!exists)
		revert_refuse(revert, "%s '%s' is missing", what, path);
	return exists;
}

/* A save image that was cut short says so in its header. */
static void judge_memory(struct revert *revert, virConnectPtr conn)
{
	const char *file = revert->snap->memory_file;

	if (!revert->restores || !*file || !look_exists(revert, conn, file, "its memory file"))
		return;
	char *xml = virDomainSaveImageGetXMLDesc(conn, file, 0);
	if (!xml)
		revert_refuse(revert, "its memory file '%s' is not whole: %s", file, virGetLastErrorMessage());
	free(xml);
}

static void judge_media(struct revert *revert, virConnectPtr conn)
{
	static const char *const parts[][2] = {
	        {"/domainsnapshot/domain/os/kernel", "the kernel"},
	        {"/domainsnapshot/domain/os/initrd", "the initrd"},
	        {"/domainsnapshot/domain/os/loader", "the firmware"},
	};
	xmlDocPtr doc = revert->snap->doc;

	for (unsigned i = 0; i < G_N_ELEMENTS(parts) && revert->after != REVERT_OFF; i++) {
		g_autofree char *path = op_xml_string(doc, NULL, parts[i][0]);
		if (*path == '/')
			look_exists(revert, conn, path, parts[i][1]);
	}
	if (*revert->snap->nvram_file)
		look_exists(revert, conn, revert->snap->nvram_file, "its copy of the UEFI variables");
}

/* libvirt rolls the snapshot's own file back and forgets what was put over it. */
static void judge_internal(struct revert *revert)
{
	for (unsigned i = 0; i < revert->disks->len; i++) {
		const struct revert_disk *disk = g_ptr_array_index(revert->disks, i);
		if (disk->kept && *disk->now && !g_str_equal(disk->now, disk->state))
			revert_refuse(revert,
			        "it lies in '%s', but disk %s is '%s' by now: what was written there would be orphaned; "
			        "delete the external snapshots made since, so that they are merged, first",
			        disk->state, disk->target, disk->now);
	}
}

struct revert *revert_look(virConnectPtr conn, const struct op_request *request, bool secrets, GError **error)
{
	virDomainPtr dom = virDomainLookupByUUID(conn, request->ref.uuid);
	GPtrArray *tree = dom ? snapshot_tree_read(dom, secrets, error) : NULL;
	struct revert *revert = g_new0(struct revert, 1);

	revert->dom = dom;
	revert->tree = tree;
	revert->disks = g_ptr_array_new_with_free_func(disk_free);
	revert->snap = tree ? snapshot_tree_find(tree, request->ref.name) : NULL;
	if (!dom)
		conn_set_error(error, "cannot " REVERT_VERB " '%s'", request->name);
	if (tree && !revert->snap)
		g_set_error(error, CONN_ERROR, VIR_ERR_NO_DOMAIN_SNAPSHOT,
		        "cannot " REVERT_VERB " '%s': the guest has no such snapshot any more", request->name);
	if (!revert->snap)
		goto fail;
	revert->by_hand = revert->snap->kind == SNAPSHOT_EXTERNAL;
	revert_disks_of(revert->snap->doc,
	        "/domainsnapshot/domain/devices/disk[source]", add_disk, revert);
	if (!look_at_guest(revert, secrets)) {
		conn_set_error(error, "cannot look at the guest of '%s'", request->name);
		goto fail;
	}
	choose_after(revert, request->args);
	judge_guest(revert, conn);
	if (!revert->by_hand)
		judge_internal(revert);
	if (op_is_qemu(conn)) {
		judge_memory(revert, conn);
		judge_media(revert, conn);
		judge_space(revert, conn);
		judge_clones(revert, conn);
		if (!revert->refused && !revert_look_files(revert, conn, error))
			goto fail;
	}
	return revert;
fail:
	revert_free(revert);
	return NULL;
}
