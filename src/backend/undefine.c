/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What undefining a guest would touch. Worker threads.
 *
 * Data is proposed to stay. What somebody else uses or is based on can not be
 * chosen at all: libvirt would delete it without a word.
 */
#include "backend/undefine.h"

#include "backend/op_table.h"
#include "backend/op_util.h"
#include "nvirt/text.h"

struct looking {
	struct undefine *undefine;
	virDomainPtr dom;
	virConnectPtr conn;
};

void undefine_free(struct undefine *undefine)
{
	if (!undefine)
		return;
	plan_free(undefine->plan);
	g_hash_table_unref(undefine->paths);
	file_users_free(undefine->users);
	g_free(undefine);
}

const struct plan_item *undefine_item(const struct undefine *undefine, const char *id)
{
	GPtrArray *items = undefine->plan->items;

	for (unsigned i = 0; i < items->len; i++) {
		const struct plan_item *item = g_ptr_array_index(items, i);
		if (g_str_equal(item->id, id))
			return item;
	}
	return NULL;
}

static void set_note(struct plan_item *item, const char *raw)
{
	g_free(item->note);
	item->note = text_clean(raw, -1);
}

static void refuse_item(struct plan_item *item, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void refuse_item(struct plan_item *item, const char *format, ...)
{
	va_list args;

	if (item->refused)
		return;
	va_start(args, format);
	g_autofree char *raw = g_strdup_vprintf(format, args);
	va_end(args);
	item->refused = text_clean(raw, -1);
}

static void note(struct undefine *undefine, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void note(struct undefine *undefine, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *raw = g_strdup_vprintf(format, args);
	va_end(args);
	g_ptr_array_add(undefine->plan->notes, text_clean(raw, -1));
}

/* ---- disks ---- */

/* The path of a disk's file or device, raw; "" for an empty drive or one on the network. */
static char *disk_path(struct looking *looking, xmlDocPtr doc, xmlNodePtr disk)
{
	g_autofree char *file = op_xml_string(doc, disk, "source/@file");
	g_autofree char *dev = op_xml_string(doc, disk, "source/@dev");
	g_autofree char *pool_name = op_xml_string(doc, disk, "source/@pool");
	g_autofree char *volume = op_xml_string(doc, disk, "source/@volume");

	if (*file)
		return g_steal_pointer(&file);
	if (*dev)
		return g_steal_pointer(&dev);
	g_autoptr(virStoragePool) pool = *pool_name ? virStoragePoolLookupByName(looking->conn, pool_name) : NULL;
	g_autoptr(virStorageVol) vol = pool ? virStorageVolLookupByName(pool, volume) : NULL;
	char *raw = vol ? virStorageVolGetPath(vol) : NULL;
	char *path = g_strdup(raw ? raw : "");
	free(raw);
	return path;
}

static void append_size(GString *text, uint64_t allocation, uint64_t capacity)
{
	char used[32], size[32];

	text_format_bytes(used, sizeof used, allocation);
	text_format_bytes(size, sizeof size, capacity);
	g_string_append_printf(text, "%s%s of %s", text->len ? ", " : "", used, size);
}

static void describe_volume(GString *text, virStorageVolPtr vol)
{
	g_autoptr(virStoragePool) pool = virStoragePoolLookupByVolume(vol);
	char *xml = virStorageVolGetXMLDesc(vol, 0);
	g_autoptr(xmlDoc) doc = op_xml_parse(xml);
	virStorageVolInfo info;

	free(xml);
	if (virStorageVolGetInfo(vol, &info) == 0)
		append_size(text, info.allocation, info.capacity);
	if (pool)
		g_string_append_printf(text, ", in pool '%s'", virStoragePoolGetName(pool));
	g_autofree char *base = doc ? op_xml_string(doc, NULL, "/volume/backingStore/path") : g_strdup("");
	if (*base)
		g_string_append_printf(text, ", its base '%s' stays", base);
}

static void describe_file(GString *text, virDomainPtr dom, const char *target)
{
	virDomainBlockInfo info;

	if (virDomainGetBlockInfo(dom, target, &info, 0) == 0)
		append_size(text, info.allocation, info.capacity);
	else
		g_string_append_printf(text, "%ssize not known: %s", text->len ? ", " : "", virGetLastErrorMessage());
	g_string_append(text, ", in no pool");
}

static bool xml_has(xmlDocPtr doc, xmlNodePtr node, const char *xpath)
{
	g_autofree char *test = g_strdup_printf("count(%s)", xpath);
	g_autofree char *count = op_xml_string(doc, node, test);

	return !g_str_equal(count, "0");
}

static void judge_kind(struct plan_item *item, xmlDocPtr doc, xmlNodePtr disk, const char *device)
{
	if (g_str_equal(device, "cdrom") || g_str_equal(device, "floppy"))
		refuse_item(item, "it is the medium in a %s drive, not the guest's own disk", device);
	if (xml_has(doc, disk, "readonly"))
		refuse_item(item, "the guest has it read-only, so it is not its own");
	if (xml_has(doc, disk, "shareable"))
		refuse_item(item, "it is marked as shared with other guests");
}

static void judge_users(struct undefine *undefine, struct plan_item *item, const char *path)
{
	g_autofree char *who = file_users_of(undefine->users, path);

	if (who)
		refuse_item(item, "it is used elsewhere: %s", who);
	if (file_users_gaps(undefine->users))
		refuse_item(item, "it can not be told who else uses it: %s", file_users_gaps(undefine->users));
}

/* Another device of this guest has it too: one of them decides. */
static void judge_twice(struct undefine *undefine, struct plan_item *item, const char *path)
{
	GHashTableIter iter;
	gpointer id, other;

	g_hash_table_iter_init(&iter, undefine->paths);
	while (g_hash_table_iter_next(&iter, &id, &other))
		if (g_str_equal(other, path))
			refuse_item(item, "it is the same file as %s", (const char *)id);
}

static void judge_place(struct looking *looking, struct plan_item *item, const char *type, const char *path)
{
	if (!*path || *path != '/')
		refuse_item(item, "it is no file of this host (type '%s'): delete it where it lives", type);
	else if (g_str_equal(type, "block")) {
		g_autoptr(virStorageVol) vol = virStorageVolLookupByPath(looking->conn, path);
		if (!vol)
			refuse_item(item, "it is a device of the host in no active pool");
	}
}

static void look_at_disk(xmlDocPtr doc, xmlNodePtr disk, void *data)
{
	struct looking *looking = data;
	struct undefine *undefine = looking->undefine;
	g_autofree char *type = op_xml_string(doc, disk, "@type");
	g_autofree char *device = op_xml_string(doc, disk, "@device");
	g_autofree char *target = op_xml_string(doc, disk, "target/@dev");
	g_autofree char *format = op_xml_string(doc, disk, "driver/@type");
	g_autofree char *path = disk_path(looking, doc, disk);

	if (!xml_has(doc, disk, "source"))
		return; /* an empty drive */
	g_autofree char *id = g_strdup_printf("disk:%s", target);
	g_autofree char *what = g_strdup_printf("%s %s", *device ? device : "disk", target);
	g_autofree char *shown = text_clean(path, -1);
	struct plan_item *item = plan_add(undefine->plan, id, what, shown);

	g_autoptr(GString) text = g_string_new(format);
	g_autoptr(virStorageVol) vol = *path ? virStorageVolLookupByPath(looking->conn, path) : NULL;
	if (vol)
		describe_volume(text, vol);
	else if (*path)
		describe_file(text, looking->dom, target);
	set_note(item, text->str);
	judge_kind(item, doc, disk, *device ? device : "disk");
	judge_place(looking, item, type, path);
	if (*path == '/') {
		judge_twice(undefine, item, path);
		judge_users(undefine, item, path);
		g_hash_table_insert(undefine->paths, g_steal_pointer(&id), g_steal_pointer(&path));
	}
}

/* ---- the rest ---- */

static struct plan_item *add_choice(
        struct undefine *undefine, const char *id, const char *what, const char *path, const char *text)
{
	g_autofree char *shown = text_clean(path, -1);
	struct plan_item *item = plan_add(undefine->plan, id, what, shown);

	set_note(item, text);
	return item;
}

static void add_required(struct undefine *undefine, const char *id, const char *what, const char *text)
{
	struct plan_item *item = add_choice(undefine, id, what, "", text);

	item->chosen = item->required = true;
}

static void look_at_nvram(struct undefine *undefine, xmlDocPtr doc)
{
	g_autofree char *path = op_xml_string(doc, NULL, "/domain/os/nvram");

	undefine->nvram = *path != '\0';
	if (!undefine->nvram)
		return;
	struct plan_item *item = add_choice(undefine, "nvram", "UEFI variables (NVRAM)", path,
	        "if it stays, a new guest of the same name gets it");
	item->chosen = true;
}

static void look_at_tpm(struct undefine *undefine, xmlDocPtr doc)
{
	undefine->tpm = xml_has(doc, NULL, "/domain/devices/tpm/backend[@type='emulator']");
	if (undefine->tpm)
		add_choice(undefine, "tpm", "TPM state", "",
		        "disks that are sealed to it can not be opened without it");
}

static void look_at_saves(struct undefine *undefine, virDomainPtr dom)
{
	int snapshots = virDomainSnapshotNum(dom, 0);
	int checkpoints = virDomainListAllCheckpoints(dom, NULL, 0);

	undefine->managed_save = virDomainHasManagedSaveImage(dom, 0) == 1;
	undefine->snapshots = snapshots > 0;
	undefine->checkpoints = checkpoints > 0;
	if (undefine->managed_save)
		add_required(undefine, "managed-save", "managed save image",
		        "the saved memory of the guest: what was unsaved in it is lost");
	if (undefine->snapshots) {
		g_autofree char *text = g_strdup_printf(
		        "%d; libvirt forgets them, internal ones stay in their disk as data", snapshots);
		add_required(undefine, "snapshots", "snapshot records", text);
	}
	if (undefine->checkpoints) {
		g_autofree char *text = g_strdup_printf("%d; libvirt forgets them", checkpoints);
		add_required(undefine, "checkpoints", "checkpoint records", text);
	}
}

/* Volumes of a pool that is off can not be seen: one of them may be based on a disk of this guest. */
static void note_inactive_pools(struct undefine *undefine, virConnectPtr conn)
{
	virStoragePoolPtr *pools = NULL;
	int n = virConnectListAllStoragePools(conn, &pools, VIR_CONNECT_LIST_STORAGE_POOLS_INACTIVE);

	for (int i = 0; i < n; i++) {
		note(undefine, "Pool '%s' is not active: what its volumes are based on was not looked at.",
		        virStoragePoolGetName(pools[i]));
		virStoragePoolFree(pools[i]);
	}
	free(pools);
}

static void note_snapshot_file(xmlDocPtr doc, xmlNodePtr node, void *data)
{
	g_autofree char *path = op_xml_string(doc, node, ".");

	note(data, "The file '%s' of an external snapshot stays.", path);
}

static void note_snapshot_files(struct undefine *undefine, virDomainPtr dom)
{
	virDomainSnapshotPtr *snapshots = NULL;
	int n = undefine->snapshots ? virDomainListAllSnapshots(dom, &snapshots, 0) : 0;

	for (int i = 0; i < n; i++) {
		char *xml = virDomainSnapshotGetXMLDesc(snapshots[i], 0);
		g_autoptr(xmlDoc) doc = op_xml_parse(xml);
		if (doc)
			op_xml_each(doc, NULL,
			        "/domainsnapshot/memory/@file|"
			        "/domainsnapshot[disks/disk/@snapshot='external']/domain/devices/disk/source/@file",
			        note_snapshot_file, undefine);
		free(xml);
		virDomainSnapshotFree(snapshots[i]);
	}
	free(snapshots);
}

static void judge_guest(struct undefine *undefine, virDomainPtr dom)
{
	struct plan *plan = undefine->plan;

	if (op_name_is_unsafe(virDomainGetName(dom)))
		plan->refused = g_strdup("its name leads libvirt out of its directories: undefining it would "
		                         "delete files of other guests; rename it first");
	else if (virDomainIsActive(dom) == 1)
		plan->refused = g_strdup("it is running: force it off first");
	else if (virDomainIsPersistent(dom) == 0)
		plan->refused = g_strdup("it is transient: it vanishes by itself when it stops");
}

struct undefine *undefine_look(virDomainPtr dom, const char *name, GError **error)
{
	g_autoptr(xmlDoc) doc = op_guest_xml(dom, VIR_DOMAIN_XML_INACTIVE);
	unsigned char uuid[VIR_UUID_BUFLEN];

	if (!doc || virDomainGetUUID(dom, uuid) < 0) {
		conn_set_error(error, "cannot look at '%s'", name);
		return NULL;
	}
	struct file_users *users =
	        file_users_new(virDomainGetConnect(dom), uuid, FILE_USERS_ALL, error);
	if (!users)
		return NULL;
	struct undefine *undefine = g_new0(struct undefine, 1);
	undefine->plan = plan_new();
	undefine->paths = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	undefine->users = users;
	struct looking looking = {.undefine = undefine, .dom = dom, .conn = virDomainGetConnect(dom)};
	op_xml_each(doc, NULL, "/domain/devices/disk", look_at_disk, &looking);
	look_at_nvram(undefine, doc);
	look_at_tpm(undefine, doc);
	look_at_saves(undefine, dom);
	note(undefine, "The definition of '%s' is removed; files that are not chosen stay.", name);
	note_inactive_pools(undefine, looking.conn);
	note_snapshot_files(undefine, dom);
	judge_guest(undefine, dom);
	return undefine;
}

struct plan *op_guest_undefine_plan(virConnectPtr conn, const struct op_request *request, GError **error)
{
	g_autoptr(virDomain) dom = virDomainLookupByUUID(conn, request->ref.uuid);

	if (!dom) {
		conn_set_error(error, "cannot look at '%s'", request->name);
		return NULL;
	}
	struct undefine *undefine = undefine_look(dom, request->name, error);
	struct plan *plan = undefine ? g_steal_pointer(&undefine->plan) : NULL;
	undefine_free(undefine);
	return plan;
}
