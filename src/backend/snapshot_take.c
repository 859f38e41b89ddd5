/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looking before a snapshot is taken: see snapshot_take.h. */
#include "backend/snapshot_take.h"

#include <string.h>

#include "backend/hostfile.h"
#include "backend/op_util.h"
#include "backend/xml.h"
#include "nvirt/text.h"

/* File names stay readable and below the usual 255 bytes. */
#define STEM_MAX 60
#define NAME_MAX_BYTES 80
#define TRIES 100
#define SLACK_BYTES (32 * 1024 * 1024)

static void take_disk_free(gpointer data)
{
	struct take_disk *disk = data;

	g_free(disk->target);
	g_free(disk->device);
	g_free(disk->type);
	g_free(disk->path);
	g_free(disk->format);
	g_free(disk->overlay);
	g_free(disk);
}

void take_free(struct take *take)
{
	if (!take)
		return;
	g_free(take->name);
	g_free(take->description);
	xmlFreeDoc(take->def);
	g_clear_pointer(&take->tree, g_ptr_array_unref);
	g_clear_pointer(&take->disks, g_ptr_array_unref);
	snapshot_rule_free(take->rule);
	g_free(take->memory_file);
	g_free(take->nvram);
	g_free(take->nvram_file);
	g_free(take->refused);
	g_free(take->place);
	g_free(take);
}

/* ---- facts ---- */

static char *volume_path(virConnectPtr conn, xmlDocPtr doc, xmlNodePtr disk)
{
	g_autofree char *pool_name = op_xml_string(doc, disk, "source/@pool");
	g_autofree char *volume = op_xml_string(doc, disk, "source/@volume");
	g_autoptr(virStoragePool) pool = *pool_name ? virStoragePoolLookupByName(conn, pool_name) : NULL;
	g_autoptr(virStorageVol) vol = pool ? virStorageVolLookupByName(pool, volume) : NULL;
	char *path = vol ? virStorageVolGetPath(vol) : NULL;
	char *copy = g_strdup(path ? path : "");

	free(path);
	return copy;
}

static bool in_list(const char *list, const char *word)
{
	g_auto(GStrv) words = g_strsplit_set(list ? list : "", ", ", -1);

	return g_strv_contains((const char *const *)words, word);
}

struct reading {
	struct take *take;
	const char *leave_out;
};

static void read_disk(xmlDocPtr doc, xmlNodePtr node, void *data)
{
	const struct reading *reading = data;
	struct take_disk *disk = g_new0(struct take_disk, 1);
	g_autofree char *device = op_xml_string(doc, node, "@device");

	disk->target = op_xml_string(doc, node, "target/@dev");
	disk->device = g_strdup(*device ? device : "disk");
	disk->type = op_xml_string(doc, node, "@type");
	disk->format = op_xml_string(doc, node, "driver/@type");
	disk->path = op_xml_string(doc, node, "source/@file | source/@dev");
	if (!*disk->path && g_str_equal(disk->type, "volume")) {
		g_free(disk->path);
		disk->path = volume_path(virDomainGetConnect(reading->take->dom), doc, node);
	}
	disk->readonly = xml_child(node, "readonly") != NULL;
	disk->empty = xml_child(node, "source") == NULL;
	disk->left_out = in_list(reading->leave_out, disk->target);
	g_ptr_array_add(reading->take->disks, disk);
}

static struct snapshot_rule_disk rule_disk(const struct take_disk *disk)
{
	return (struct snapshot_rule_disk){.target = disk->target,
	        .device = disk->device,
	        .type = disk->type,
	        .format = disk->format,
	        .readonly = disk->readonly,
	        .empty = disk->empty,
	        .left_out = disk->left_out};
}

static bool keeps(const struct take_disk *disk)
{
	struct snapshot_rule_disk as_rule = rule_disk(disk);

	return snapshot_rule_keeps(&as_rule);
}

static bool agent_connected(xmlDocPtr def)
{
	g_autofree char *state = op_xml_string(def, NULL,
	        "/domain/devices/channel/target[@name='org.qemu.guest_agent.0']/@state");

	return g_str_equal(state, "connected");
}

static void apply_rule(struct take *take, const struct args *args)
{
	g_autofree struct snapshot_rule_disk *disks = g_new0(struct snapshot_rule_disk, take->disks->len + 1);
	g_autofree char *loader = op_xml_string(take->def, NULL, "/domain/os/loader/@type");
	struct snapshot_rule_facts facts = {.disks = disks, .disk_count = take->disks->len};

	for (unsigned i = 0; i < take->disks->len; i++)
		disks[i] = rule_disk(g_ptr_array_index(take->disks, i));
	facts.uefi = take->nvram != NULL || g_str_equal(loader, "pflash");
	facts.active = take->active;
	facts.agent = agent_connected(take->def);
	facts.any = snapshot_tree_kind(take->tree, &facts.tree);
	facts.external_unknown = !op_is_qemu(virDomainGetConnect(take->dom));
	take->quiesce = args_get_bool(args, "quiesce", false);
	take->live = args_get_bool(args, "live", false);
	facts.quiesce = take->quiesce;
	facts.live = take->live;
	/* They exclude each other: with the memory nothing is lost anyway. */
	facts.memory = args_get_bool(args, "memory", true) && !take->quiesce;
	take->rule = snapshot_rule_find(&facts, args_get(args, "kind"));
}

/* ---- names of files ---- */

static char *plain_word(const char *raw, gsize max)
{
	GString *word = g_string_new(NULL);

	for (const char *at = raw; *at && word->len < max; at++)
		g_string_append_c(word, g_ascii_isalnum(*at) || strchr("._-", *at) ? *at : '_');
	if (!word->len || word->str[0] == '.')
		g_string_prepend_c(word, '_');
	return g_string_free(word, FALSE);
}

/* Not known counts as not there: whoever makes it fails on a file that is. */
static bool exists(virConnectPtr conn, const char *path)
{
	g_auto(hostfile_auto) file = {0};

	return hostfile_open(&file, conn, path, NULL) && file.vol;
}

/* "<dir>/<guest>[-<target>].<snapshot><suffix>", with a number where that is taken. */
static char *free_path(struct take *take, const char *dir, const char *target, const char *suffix)
{
	virConnectPtr conn = virDomainGetConnect(take->dom);
	g_autofree char *stem = plain_word(virDomainGetName(take->dom), STEM_MAX);
	g_autofree char *name = plain_word(take->name, NAME_MAX_BYTES);
	g_autofree char *disk = target ? plain_word(target, 16) : NULL;

	for (unsigned i = 1;; i++) {
		g_autofree char *number = i > 1 ? g_strdup_printf("-%u", i) : g_strdup("");
		g_autofree char *file = g_strdup_printf(
		        "%s%s%s.%s%s%s", stem, disk ? "-" : "", disk ? disk : "", name, number, suffix);
		g_autofree char *path = g_build_filename(dir, file, NULL);
		if (i == TRIES || !exists(conn, path))
			return g_steal_pointer(&path);
	}
}

static bool is_device(const char *path)
{
	return g_str_has_prefix(path, "/dev/");
}

/* Beside the first disk that is a file; else in the first pool that is a directory. */
static char *usual_dir(struct take *take)
{
	virConnectPtr conn = virDomainGetConnect(take->dom);
	virStoragePoolPtr *pools = NULL;
	char *dir = NULL;

	for (unsigned i = 0; i < take->disks->len; i++) {
		const struct take_disk *disk = g_ptr_array_index(take->disks, i);
		if (keeps(disk) && *disk->path == '/' && !is_device(disk->path))
			return g_path_get_dirname(disk->path);
	}
	int n = virConnectListAllStoragePools(conn, &pools,
	        VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE | VIR_CONNECT_LIST_STORAGE_POOLS_DIR);
	for (int i = 0; i < n; i++) {
		char *xml = virStoragePoolGetXMLDesc(pools[i], 0);
		g_autoptr(xmlDoc) doc = op_xml_parse(xml);
		free(xml);
		if (!dir && doc)
			dir = op_xml_string(doc, NULL, "/pool/target/path");
		virStoragePoolFree(pools[i]);
	}
	free(pools);
	return dir;
}

static void refuse(struct take *take, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void refuse(struct take *take, const char *format, ...)
{
	va_list args;

	if (take->refused)
		return;
	va_start(args, format);
	g_autofree char *raw = g_strdup_vprintf(format, args);
	va_end(args);
	take->refused = text_clean(raw, -1);
}

static void name_files(struct take *take)
{
	bool external = take->rule->kind == SNAPSHOT_EXTERNAL;
	g_autofree char *dir = usual_dir(take);

	if (!dir) {
		if (external || take->nvram)
			refuse(take, "there is no directory for its files: no disk is a file, and no pool is a directory");
		return;
	}
	for (unsigned i = 0; external && i < take->disks->len; i++) {
		struct take_disk *disk = g_ptr_array_index(take->disks, i);
		g_autofree char *own = is_device(disk->path) ? g_strdup(dir) : g_path_get_dirname(disk->path);
		if (keeps(disk))
			disk->overlay = free_path(take, own, disk->target, ".qcow2");
	}
	if (external && take->rule->memory)
		take->memory_file = free_path(take, dir, NULL, ".ram");
	/* libvirt leaves it out of every kind but that of memory in the disk, which UEFI guests can not have. */
	if (take->nvram)
		take->nvram_file = free_path(take, dir, NULL, ".nvram");
	if (take->rule->memory)
		take->place = g_steal_pointer(&dir);
}

/* ---- space ---- */

/* At most what the guest has; less where QEMU was never given so much by the host. */
uint64_t take_memory_bytes(virDomainPtr dom)
{
	virDomainMemoryStatStruct stats[VIR_DOMAIN_MEMORY_STAT_NR];
	virDomainInfo info;
	uint64_t bytes = virDomainGetInfo(dom, &info) == 0 ? (uint64_t)info.memory * 1024 : 0;
	int n = virDomainMemoryStats(dom, stats, VIR_DOMAIN_MEMORY_STAT_NR, 0);

	for (int i = 0; i < n; i++)
		if (stats[i].tag == VIR_DOMAIN_MEMORY_STAT_RSS && stats[i].val > 0)
			bytes = MIN(bytes, (uint64_t)stats[i].val * 1024);
	return bytes + bytes / 20 + SLACK_BYTES;
}

uint64_t take_free_bytes(virConnectPtr conn, const char *dir)
{
	g_autofree char *path = g_build_filename(dir, "nvirt-none", NULL);
	g_auto(hostfile_auto) file = {0};
	virStoragePoolInfo info;

	if (!hostfile_open(&file, conn, path, NULL) || virStoragePoolGetInfo(file.pool, &info) < 0)
		return UINT64_MAX;
	return info.available;
}

static void look_at_space(struct take *take)
{
	char need[32], there[32];

	if (!take->place)
		return;
	take->need_bytes = take_memory_bytes(take->dom);
	take->free_bytes = take_free_bytes(virDomainGetConnect(take->dom), take->place);
	if (take->free_bytes >= take->need_bytes)
		return;
	text_format_bytes(need, sizeof need, take->need_bytes);
	text_format_bytes(there, sizeof there, take->free_bytes);
	refuse(take, "its memory may need %s, and '%s' has %s free: make room, or take it without memory", need,
	        take->place, there);
}

/* ---- looking ---- */

static void judge(struct take *take)
{
	g_autofree char *shown = text_clean(take->name, -1);

	if (op_name_is_unsafe(take->name))
		refuse(take, "'%s' can not be a snapshot's name: it must have no '/'", shown);
	else if (snapshot_tree_find(take->tree, take->name))
		refuse(take, "there is a snapshot '%s' already: choose another name", shown);
	else if (!take->persistent)
		refuse(take, "the guest is transient: its snapshots would vanish with it; define it first");
	else if (!take->active && virDomainHasManagedSaveImage(take->dom, 0) == 1)
		refuse(take, "it has a managed save image, which belongs to the disks of this moment: start it, or drop "
		             "that image first");
	else if (!take->rule->possible)
		refuse(take, "%s", take->rule->why);
}

static void judge_left_out(struct take *take, const char *list)
{
	g_auto(GStrv) words = g_strsplit_set(list ? list : "", ", ", -1);

	for (unsigned i = 0; words[i]; i++) {
		bool known = !*words[i];
		for (unsigned d = 0; !known && d < take->disks->len; d++)
			known = g_str_equal(((struct take_disk *)g_ptr_array_index(take->disks, d))->target, words[i]);
		if (!known)
			refuse(take, "it has no disk '%s' that could be left out", words[i]);
	}
}

static char *wanted_name(const struct args *args)
{
	const char *name = args_get(args, "name");

	if (name && *name)
		return g_strdup(name);
	return snapshot_rule_name(
	        args_get_bool(args, "auto", false) ? "auto-" : "snap-", g_get_real_time() / G_USEC_PER_SEC);
}

struct take *take_look(virDomainPtr dom, const struct args *args, GError **error)
{
	struct take *take = g_new0(struct take, 1);
	struct reading reading = {.take = take, .leave_out = args_get(args, "leave-out")};
	int reason;

	take->dom = dom;
	take->name = wanted_name(args);
	take->description = g_strdup(args_get(args, "description"));
	take->active = op_guest_state(dom, &take->state, &reason) && op_state_active(take->state);
	take->persistent = virDomainIsPersistent(dom) == 1;
	take->def = op_guest_xml(dom, take->active ? 0 : VIR_DOMAIN_XML_INACTIVE);
	take->disks = g_ptr_array_new_with_free_func(take_disk_free);
	take->free_bytes = UINT64_MAX;
	if (!take->def)
		conn_set_error(error, "cannot look at '%s'", virDomainGetName(dom));
	take->tree = take->def ? snapshot_tree_read(dom, false, error) : NULL;
	if (!take->tree) {
		take_free(take);
		return NULL;
	}
	op_xml_each(take->def, NULL, "/domain/devices/disk", read_disk, &reading);
	g_autofree char *nvram = op_xml_string(take->def, NULL, "/domain/os/nvram");
	if (*nvram == '/')
		take->nvram = g_steal_pointer(&nvram);
	judge_left_out(take, reading.leave_out);
	apply_rule(take, args);
	judge(take);
	if (!take->refused)
		name_files(take);
	if (!take->refused)
		look_at_space(take);
	return take;
}

/* ---- what is asked of libvirt ---- */

static void add_memory(xmlNodePtr root, const struct take *take)
{
	xmlNodePtr memory = xmlNewChild(root, NULL, BAD_CAST "memory", NULL);

	if (take->memory_file) {
		xmlNewProp(memory, BAD_CAST "snapshot", BAD_CAST "external");
		xmlNewProp(memory, BAD_CAST "file", BAD_CAST take->memory_file);
	} else {
		xmlNewProp(memory, BAD_CAST "snapshot", BAD_CAST(take->rule->memory ? "internal" : "no"));
	}
}

static void add_disk(xmlNodePtr disks, const struct take *take, const struct take_disk *from)
{
	xmlNodePtr disk = xmlNewChild(disks, NULL, BAD_CAST "disk", NULL);
	const char *mode = !keeps(from) ? "no" : snapshot_kind_word(take->rule->kind);

	xmlNewProp(disk, BAD_CAST "name", BAD_CAST from->target);
	xmlNewProp(disk, BAD_CAST "snapshot", BAD_CAST mode);
	if (!from->overlay)
		return;
	xmlNewProp(disk, BAD_CAST "type", BAD_CAST "file");
	xmlNewProp(xmlNewChild(disk, NULL, BAD_CAST "driver", NULL), BAD_CAST "type", BAD_CAST "qcow2");
	xmlNewProp(xmlNewChild(disk, NULL, BAD_CAST "source", NULL), BAD_CAST "file", BAD_CAST from->overlay);
}

char *take_xml(const struct take *take)
{
	g_autoptr(xmlDoc) doc = xmlNewDoc(BAD_CAST "1.0");
	xmlNodePtr root = xmlNewNode(NULL, BAD_CAST "domainsnapshot");
	xmlChar *text = NULL;
	int size = 0;

	xmlDocSetRootElement(doc, root);
	xmlNewTextChild(root, NULL, BAD_CAST "name", BAD_CAST take->name);
	if (take->description && *take->description)
		xmlNewTextChild(root, NULL, BAD_CAST "description", BAD_CAST take->description);
	/* The test driver knows neither. */
	if (op_is_qemu(virDomainGetConnect(take->dom))) {
		add_memory(root, take);
		xmlNodePtr disks = xmlNewChild(root, NULL, BAD_CAST "disks", NULL);
		for (unsigned i = 0; i < take->disks->len; i++)
			add_disk(disks, take, g_ptr_array_index(take->disks, i));
	}
	xmlDocDumpMemory(doc, &text, &size);
	char *copy = g_strndup((const char *)text, (gsize)MAX(size, 0));
	xmlFree(text);
	return copy;
}

unsigned take_flags(const struct take *take)
{
	unsigned flags = 0;

	if (take->rule->kind == SNAPSHOT_EXTERNAL && !take->rule->memory)
		flags |= VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY | VIR_DOMAIN_SNAPSHOT_CREATE_ATOMIC;
	if (take->quiesce)
		flags |= VIR_DOMAIN_SNAPSHOT_CREATE_QUIESCE;
	if (take->live && take->memory_file)
		flags |= VIR_DOMAIN_SNAPSHOT_CREATE_LIVE;
	return flags;
}
