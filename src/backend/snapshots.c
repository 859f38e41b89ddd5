/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows of snapshots: see snapshots.h. */
#include "backend/snapshots.h"

#include <string.h>
#include <sys/stat.h>

#include "backend/op_util.h"
#include "backend/qcow2_states.h"
#include "backend/screens.h"
#include "backend/xml.h"
#include "nvirt/text.h"

enum there { THERE_NOT_KNOWN, THERE_YES, THERE_NO };

struct file {
	enum there there;
	int64_t allocation_bytes; /* -1 = not known */
	GHashTable *states;       /* of a qcow2 that holds internal ones: raw name -> int64_t bytes, owned; or NULL */
};

struct snapshot_files {
	GHashTable *by_path; /* raw path -> struct file */
};

/* ---- files ---- */

static void file_free(gpointer data)
{
	struct file *file = data;

	g_clear_pointer(&file->states, g_hash_table_unref);
	g_free(file);
}

void snapshot_files_free(struct snapshot_files *files)
{
	if (!files)
		return;
	g_hash_table_unref(files->by_path);
	g_free(files);
}

/* A pool that knows the file asks the file system anew each time. */
static void ask_pool(virConnectPtr conn, const char *path, struct file *file)
{
	g_autoptr(virStorageVol) vol = virStorageVolLookupByPath(conn, path);
	virStorageVolInfo info;

	if (!vol)
		return;
	if (virStorageVolGetInfo(vol, &info) == 0) {
		file->there = THERE_YES;
		file->allocation_bytes = (int64_t)info.allocation;
	} else if (virGetLastErrorCode() == VIR_ERR_SYSTEM_ERROR || virGetLastErrorCode() == VIR_ERR_NO_STORAGE_VOL) {
		file->there = THERE_NO;
	}
}

/* Not every daemon on this machine sees the files that we see: what is there counts, what is not does not yet. */
static void ask_file_system(const char *path, struct file *file)
{
	struct stat st;

	if (*path != '/' || stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	file->there = THERE_YES;
	file->allocation_bytes = (int64_t)st.st_blocks * 512;
}

static void look_at(struct snapshot_files *files, virConnectPtr conn, const char *path)
{
	if (!*path || g_hash_table_contains(files->by_path, path))
		return;
	struct file *file = g_new0(struct file, 1);
	file->allocation_bytes = -1;
	ask_pool(conn, path, file);
	if (file->there == THERE_NOT_KNOWN && op_is_local(conn))
		ask_file_system(path, file);
	g_hash_table_insert(files->by_path, g_strdup(path), file);
}

/* A directory in which we see another file of the same guest is the daemon's too. */
static void conclude_missing(struct snapshot_files *files)
{
	g_autoptr(GHashTable) dirs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GHashTableIter iter;
	gpointer path, value;

	g_hash_table_iter_init(&iter, files->by_path);
	while (g_hash_table_iter_next(&iter, &path, &value))
		if (((struct file *)value)->there == THERE_YES && g_file_test(path, G_FILE_TEST_EXISTS))
			g_hash_table_add(dirs, g_path_get_dirname(path));
	g_hash_table_iter_init(&iter, files->by_path);
	while (g_hash_table_iter_next(&iter, &path, &value)) {
		struct file *file = value;
		g_autofree char *dir = g_path_get_dirname(path);
		if (file->there == THERE_NOT_KNOWN && g_hash_table_contains(dirs, dir))
			file->there = THERE_NO;
	}
}

static void look_at_states(struct snapshot_files *files, virConnectPtr conn, const char *path)
{
	struct file *file = g_hash_table_lookup(files->by_path, path);

	if (file && file->there == THERE_YES && !file->states)
		file->states = qcow2_states_read(conn, path);
}

struct snapshot_files *snapshot_files_look(virConnectPtr conn, GPtrArray *tree)
{
	struct snapshot_files *files = g_new0(struct snapshot_files, 1);

	files->by_path = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, file_free);
	for (unsigned i = 0; i < tree->len; i++) {
		const struct snap *snap = g_ptr_array_index(tree, i);
		look_at(files, conn, snap->memory_file);
		look_at(files, conn, snap->nvram_file);
		for (unsigned d = 0; d < snap->disks->len; d++) {
			const struct snap_disk *disk = g_ptr_array_index(snap->disks, d);
			look_at(files, conn, disk->state);
			look_at(files, conn, disk->overlay);
			if (snap->memory && g_str_equal(disk->mode, "internal"))
				look_at_states(files, conn, disk->state);
		}
	}
	if (op_is_local(conn))
		conclude_missing(files);
	virResetLastError();
	return files;
}

/* ---- rows ---- */

static const struct file *file_of(const struct snapshot_files *files, const char *path)
{
	return files && *path ? g_hash_table_lookup(files->by_path, path) : NULL;
}

static enum guest_state state_then(const char *word)
{
	static const struct {
		const char *word;
		enum guest_state state;
	} words[] = {
	        {"running", GUEST_RUNNING},
	        {"blocked", GUEST_RUNNING},
	        {"paused", GUEST_PAUSED},
	        {"shutdown", GUEST_SHUTTING_DOWN},
	        {"shutoff", GUEST_OFF},
	        {"crashed", GUEST_CRASHED},
	        {"pmsuspended", GUEST_SUSPENDED},
	        /* Its disks only, of a guest that ran. */
	        {"disk-snapshot", GUEST_RUNNING},
	};

	for (unsigned i = 0; i < G_N_ELEMENTS(words); i++)
		if (g_str_equal(words[i].word, word))
			return words[i].state;
	return GUEST_UNKNOWN;
}

/* Adds up; what is not known makes the sum unknown. */
static void add_size(int64_t *sum, const struct snapshot_files *files, const char *path)
{
	const struct file *file = file_of(files, path);

	if (!*path || *sum < 0)
		return;
	*sum = file && file->allocation_bytes >= 0 ? *sum + file->allocation_bytes : -1;
}

/* RAM that lies in a qcow2; what the snapshot's own clusters take there nobody can tell cheaply. */
static int64_t internal_size(const struct snap *snap, const struct snapshot_files *files)
{
	if (!snap->memory)
		return -1;
	for (unsigned i = 0; i < snap->disks->len; i++) {
		const struct snap_disk *disk = g_ptr_array_index(snap->disks, i);
		const struct file *file = file_of(files, disk->state);
		const int64_t *bytes = file && file->states ? g_hash_table_lookup(file->states, snap->name) : NULL;
		if (bytes && *bytes > 0)
			return *bytes;
	}
	return -1;
}

static int64_t size_of(const struct snap *snap, const struct snapshot_files *files)
{
	int64_t sum = 0;

	if (snap->kind == SNAPSHOT_INTERNAL)
		return internal_size(snap, files);
	add_size(&sum, files, snap->memory_file);
	add_size(&sum, files, snap->nvram_file);
	for (unsigned i = 0; i < snap->disks->len; i++)
		add_size(&sum, files, ((struct snap_disk *)g_ptr_array_index(snap->disks, i))->overlay);
	return sum;
}

static const char *missing_of(const struct snap *snap, const struct snapshot_files *files, bool *ret_known)
{
	const char *paths[2] = {snap->memory_file, snap->nvram_file};

	for (unsigned i = 0; i < 2 + snap->disks->len; i++) {
		const char *path = i < 2 ? paths[i] : ((struct snap_disk *)g_ptr_array_index(snap->disks, i - 2))->state;
		const struct file *file = file_of(files, path);
		if (!*path)
			continue;
		if (!file || file->there == THERE_NOT_KNOWN)
			*ret_known = false;
		else if (file->there == THERE_NO)
			return path;
	}
	return NULL;
}

/* What it stands on itself, and what lies below that: the files of those before it. */
static char *missing_words(const struct snap *snap, const struct snapshot_files *files)
{
	bool known = files != NULL;
	const char *missing = NULL;
	unsigned depth = 0;

	for (const struct snap *at = snap; files && at && !missing && depth < 10000; at = at->up, depth++)
		if (at == snap || at->kind != SNAPSHOT_INTERNAL)
			missing = missing_of(at, files, &known);
	if (missing)
		return text_clean(missing, -1);
	return known ? g_strdup("") : NULL;
}

static void add_disk(struct snapshot_row *row, const struct snap_disk *raw)
{
	struct snapshot_disk *disk = g_new0(struct snapshot_disk, 1);

	disk->target = text_clean(raw->target, -1);
	disk->mode = text_clean(raw->mode, -1);
	disk->state = text_clean(raw->state, -1);
	disk->overlay = text_clean(raw->overlay, -1);
	disk->format = text_clean(raw->state_format, -1);
	g_ptr_array_add(row->disks, disk);
}

/* Never the secrets, also where the tree was read with them. */
static void strip_secrets(xmlNodePtr domain)
{
	xmlNodePtr devices = xml_child(domain, "devices");

	xml_foreach(graphics, devices, "graphics")
		xmlUnsetProp(graphics, BAD_CAST "passwd");
}

static char *definition(const struct snap *snap)
{
	xmlNodePtr domain = xml_child(xmlDocGetRootElement(snap->doc), "domain");
	g_autoptr(xmlDoc) doc = domain ? xmlNewDoc(BAD_CAST "1.0") : NULL;
	xmlBufferPtr buffer = doc ? xmlBufferCreate() : NULL;

	if (!buffer)
		return g_strdup("");
	xmlDocSetRootElement(doc, xmlDocCopyNode(domain, doc, 1));
	strip_secrets(xmlDocGetRootElement(doc));
	xmlNodeDump(buffer, doc, xmlDocGetRootElement(doc), 0, 0);
	char *text = text_clean_lines((const char *)xmlBufferContent(buffer), -1);
	xmlBufferFree(buffer);
	return text;
}

static char *screen_of(const struct snap *snap, const uint8_t uuid[16])
{
	g_autofree char *path = screens_path(uuid, snap->name, snap->created_unix_s);

	return g_file_test(path, G_FILE_TEST_IS_REGULAR) ? g_steal_pointer(&path) : NULL;
}

static struct snapshot_row *make_row(
        const struct snap *snap, const uint8_t uuid[16], const struct snapshot_files *files)
{
	struct snapshot_row *row = snapshot_row_new();

	row->name = text_clean(snap->name, -1);
	row->raw = g_intern_string(snap->name);
	row->parent = snap->up ? g_intern_string(snap->up->name) : NULL;
	row->description = text_clean_lines(snap->description, -1);
	row->created_unix_s = snap->created_unix_s;
	row->kind = snap->kind;
	row->memory = snap->memory;
	row->current = snap->current;
	row->state = state_then(snap->state);
	row->size_bytes = files ? size_of(snap, files) : -1;
	row->memory_file = text_clean(snap->memory_file, -1);
	row->nvram_file = text_clean(snap->nvram_file, -1);
	row->missing = missing_words(snap, files);
	for (unsigned i = 0; i < snap->disks->len; i++)
		add_disk(row, g_ptr_array_index(snap->disks, i));
	row->xml = definition(snap);
	row->screen_file = screen_of(snap, uuid);
	return row;
}

GPtrArray *snapshots_rows(GPtrArray *tree, const uint8_t uuid[16], const struct snapshot_files *files)
{
	GPtrArray *rows = g_ptr_array_new_with_free_func((GDestroyNotify)snapshot_row_free);

	for (unsigned i = 0; i < tree->len; i++)
		g_ptr_array_add(rows, make_row(g_ptr_array_index(tree, i), uuid, files));
	return rows;
}

GPtrArray *snapshots_read(virDomainPtr dom, GError **error)
{
	g_autoptr(GPtrArray) tree = snapshot_tree_read(dom, false, error);
	unsigned char uuid[VIR_UUID_BUFLEN] = {0};

	if (!tree)
		return NULL;
	virDomainGetUUID(dom, uuid);
	struct snapshot_files *files = snapshot_files_look(virDomainGetConnect(dom), tree);
	GPtrArray *rows = snapshots_rows(tree, uuid, files);
	snapshot_files_free(files);
	return rows;
}
