/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an image really stands on: see image_check.h. */
#include "backend/image_check.h"

#include <stdlib.h>
#include <string.h>

#include "backend/conn.h"
#include "backend/hostfile.h"
#include "backend/op_util.h"
#include "nvirt/image_header.h"
#include "nvirt/text.h"

/* QEMU itself gives up long before; a ring has no end. */
#define CHAIN_MAX 200
/* One send of a stream. */
#define PIECE_BYTES (256 * 1024)
#define TRIES 4

void image_member_free(struct image_member *member)
{
	if (!member)
		return;
	g_free(member->path);
	g_free(member->format);
	g_free(member->pool);
	g_free(member->odd);
	g_free(member->unread);
	g_free(member);
}

static void free_member(gpointer member)
{
	image_member_free(member);
}

struct walk {
	virConnectPtr conn;
	const char *const *known;
	const char *allow;
	char *home; /* directory of the image itself */
	GPtrArray *chain;
};

static void set_odd(struct image_member *member, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void set_odd(struct image_member *member, const char *format, ...)
{
	va_list args;

	if (member->odd)
		return;
	va_start(args, format);
	g_autofree char *raw = g_strdup_vprintf(format, args);
	va_end(args);
	member->odd = text_clean(raw, -1);
}

/* By the path itself, or as the message shows it. */
static bool is_allowed(const char *allow, const char *path)
{
	g_auto(GStrv) words = g_strsplit_set(allow ? allow : "", ",\n", -1);
	g_autofree char *shown = text_clean(path, -1);

	/* A path with a comma in it is allowed by the whole text. */
	if (allow && (strcmp(allow, path) == 0 || strcmp(allow, shown) == 0))
		return true;
	for (unsigned i = 0; words[i]; i++) {
		g_strstrip(words[i]);
		if (strcmp(words[i], path) == 0 || strcmp(words[i], shown) == 0)
			return true;
	}
	return false;
}

/* ---- bytes ---- */

static bool receive(virStreamPtr stream, GByteArray *bytes, gsize want)
{
	g_autofree char *piece = g_malloc(PIECE_BYTES);

	while (bytes->len < want) {
		int n = virStreamRecv(stream, piece, MIN(PIECE_BYTES, want - bytes->len));
		if (n <= 0)
			return n == 0;
		g_byte_array_append(bytes, (const guint8 *)piece, (guint)n);
	}
	return true;
}

static void tell_unread(struct image_member *member, const char *words)
{
	g_free(member->unread);
	member->unread = text_clean(words, -1);
}

/* Up to `want` bytes from the start; NULL when they can not be read, which the member then says. */
static GByteArray *download(
        struct image_member *member, virConnectPtr conn, virStorageVolPtr vol, gsize want, bool *ret_denied)
{
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	virStreamPtr stream = virStreamNew(conn, 0);
	bool open = stream && virStorageVolDownload(vol, stream, 0, want, 0) == 0;
	bool ok = open && receive(stream, bytes, want);

	if (!ok)
		tell_unread(member, virGetLastErrorMessage());
	*ret_denied = !ok && virGetLastErrorCode() == VIR_ERR_OPERATION_DENIED;
	if (open)
		virStreamAbort(stream);
	if (stream)
		virStreamFree(stream);
	return ok ? g_steal_pointer(&bytes) : NULL;
}

static bool judge_answer(struct image_member *member, enum image_header_answer answer)
{
	switch (answer) {
	case IMAGE_HEADER_OK:
		return true;
	case IMAGE_HEADER_NEED:
	case IMAGE_HEADER_BROKEN:
		set_odd(member, "its header is broken");
		break;
	case IMAGE_HEADER_FOREIGN:
		set_odd(member, "it is not in the format '%s' that it is said to be in", member->format);
		break;
	case IMAGE_HEADER_OTHER:
		set_odd(member, "images of format '%s' may name other files, which can not be seen here", member->format);
		break;
	}
	return false;
}

/* On a read-only connection (a plan): what libvirt knew when it last looked; data files it does not tell. */
static bool read_volume(struct image_member *member, virStorageVolPtr vol, struct image_header *header)
{
	char *xml = virStorageVolGetXMLDesc(vol, 0);
	g_autoptr(xmlDoc) doc = op_xml_parse(xml);

	free(xml);
	if (!doc)
		return false;
	g_autofree char *base = op_xml_string(doc, NULL, "/volume/backingStore/path");
	g_autofree char *format = op_xml_string(doc, NULL, "/volume/backingStore/format/@type");
	g_clear_pointer(&member->unread, g_free);
	header->backing = *base ? g_steal_pointer(&base) : NULL;
	header->backing_format = *format ? g_steal_pointer(&format) : NULL;
	return true;
}

static bool parse(struct walk *walk, struct image_member *member, virStorageVolPtr vol, struct image_header *header)
{
	enum image_header_answer answer = IMAGE_HEADER_NEED;
	gsize want = IMAGE_HEADER_BYTES;
	bool denied = false;

	/* Twice the whole of it is never wanted. */
	for (unsigned i = 0; i < 3 && answer == IMAGE_HEADER_NEED && want <= IMAGE_HEADER_MAX; i++) {
		gsize need = 0;
		g_autoptr(GByteArray) bytes = download(member, walk->conn, vol, want, &denied);

		if (!bytes)
			return denied && read_volume(member, vol, header);
		answer = image_header_parse(bytes->data, bytes->len, member->format, header, &need);
		if (bytes->len < want)
			break;
		want = need;
	}
	return judge_answer(member, answer);
}

/* Of several that look into one directory without a pool only one can lend it one: the others find that, or try again. */
static bool open_file(struct hostfile *file, struct walk *walk, struct image_member *member)
{
	for (unsigned i = 0; i < TRIES; i++) {
		g_autoptr(GError) error = NULL;

		if (hostfile_open(file, walk->conn, member->path, &error) && file->vol) {
			g_clear_pointer(&member->unread, g_free);
			return true;
		}
		tell_unread(member, error ? error->message : "there is no such file");
		hostfile_close(file);
	}
	return false;
}

/* false: nothing more is known below it. */
static bool read_header(struct walk *walk, struct image_member *member, struct image_header *header)
{
	/* What its pool knows is read as it is now; looking into the whole pool again is only for what it does not know. */
	g_autoptr(virStorageVol) vol = virStorageVolLookupByPath(walk->conn, member->path);
	struct hostfile file = {0};

	if (vol)
		return parse(walk, member, vol, header);
	if (!open_file(&file, walk, member))
		return false;
	bool ok = parse(walk, member, file.vol, header);
	hostfile_close(&file);
	return ok;
}

/* ---- where a member lies ---- */

static bool is_known(const struct walk *walk, const char *path)
{
	return walk->known && g_strv_contains(walk->known, path);
}

static bool is_device(virStorageVolPtr vol, const char *path)
{
	virStorageVolInfo info;

	if (vol && virStorageVolGetInfo(vol, &info) == 0)
		return info.type == VIR_STORAGE_VOL_BLOCK;
	return g_str_has_prefix(path, "/dev/");
}

/* The pool whose volume it is, also one that the pool has not noticed yet. */
static void find_pool(struct walk *walk, struct image_member *member)
{
	g_autoptr(virStorageVol) vol = virStorageVolLookupByPath(walk->conn, member->path);
	g_autoptr(virStoragePool) pool = vol ? virStoragePoolLookupByVolume(vol) : NULL;

	if (!pool) {
		g_autofree char *dir = g_path_get_dirname(member->path);
		pool = hostfile_pool_of_dir(walk->conn, dir);
	}
	g_free(member->pool);
	member->pool = g_strdup(pool ? virStoragePoolGetName(pool) : "");
	if (is_known(walk, member->path))
		return;
	g_autofree char *dir = g_path_get_dirname(member->path);
	if (is_device(vol, member->path) && !pool)
		set_odd(member, "it is a device of the host in no pool");
	else if (!pool && strcmp(dir, walk->home) != 0)
		set_odd(member, "it lies outside every pool");
}

static bool seen_before(const struct walk *walk, const char *path)
{
	for (guint i = 0; i < walk->chain->len; i++)
		if (strcmp(((struct image_member *)walk->chain->pdata[i])->path, path) == 0)
			return true;
	return false;
}

static struct image_member *add(struct walk *walk, const char *path, const char *format)
{
	struct image_member *member = g_new0(struct image_member, 1);

	member->path = g_strdup(path);
	member->format = g_strdup(format ? format : "");
	member->pool = g_strdup("");
	member->allowed = is_allowed(walk->allow, path);
	g_ptr_array_add(walk->chain, member);
	return member;
}

/* A second file with the data, named by the header; the last of a chain as far as this looks. */
static void add_data_file(struct walk *walk, struct image_member *owner, const char *name)
{
	g_autofree char *path = *name ? image_name_path(owner->path, name) : g_strdup("(a data file without a name)");
	struct image_member *member = add(walk, path, "raw");

	set_odd(member, "the header of '%s' names it as its data file", owner->path);
}

/* Adds what the header names; NULL = the chain ends here. */
static struct image_member *add_backing(struct walk *walk, const struct image_member *above, const struct image_header *header)
{
	enum image_name_kind kind = image_name_kind(header->backing);
	g_autofree char *path =
	        kind == IMAGE_NAME_PATH ? image_name_path(above->path, header->backing) : g_strdup(header->backing);
	bool ring = seen_before(walk, path);
	struct image_member *member = add(walk, path, header->backing_format);

	if (kind == IMAGE_NAME_JSON)
		set_odd(member, "the header of '%s' names it by json:, which may mean any file or server", above->path);
	if (kind == IMAGE_NAME_URL)
		set_odd(member, "the header of '%s' names a server or protocol, not a file", above->path);
	if (ring)
		set_odd(member, "the chain leads back to it");
	if (kind != IMAGE_NAME_PATH || ring)
		return NULL;
	find_pool(walk, member);
	if (!*member->format)
		set_odd(member, "the header of '%s' does not state its format", above->path);
	/* Nothing is opened because a header says so. */
	return member->odd && !member->allowed ? NULL : member;
}

/* Down from `member`, which is in the chain. */
static void descend(struct walk *walk, struct image_member *member)
{
	while (member && image_format_has_header(member->format)) {
		struct image_header header = {0};
		struct image_member *below = NULL;

		if (!read_header(walk, member, &header))
			break;
		member->snapshots = header.snapshots;
		member->capacity_bytes = header.capacity_bytes;
		if (header.data_file)
			add_data_file(walk, member, header.data_file);
		if (header.backing && walk->chain->len >= CHAIN_MAX)
			set_odd(member, "the chain is longer than %d files", CHAIN_MAX);
		else if (header.backing)
			below = add_backing(walk, member, &header);
		image_header_clear(&header);
		member = below;
	}
}

GPtrArray *image_check_chain(
        virConnectPtr conn, const char *path, const char *format, const char *const *known, const char *allow)
{
	struct walk walk = {.conn = conn, .known = known, .allow = allow, .home = g_path_get_dirname(path)};
	struct image_member *top;

	walk.chain = g_ptr_array_new_with_free_func(free_member);
	top = add(&walk, path, format);
	descend(&walk, top);
	for (guint i = 0; i < walk.chain->len; i++) {
		struct image_member *member = walk.chain->pdata[i];
		if (member->unread)
			set_odd(member, "it can not be looked at: %s", member->unread);
	}
	g_free(walk.home);
	return walk.chain;
}

bool image_check_header(virConnectPtr conn, const char *path, const char *format,
        struct image_header *ret_header, GError **error)
{
	struct walk walk = {.conn = conn};
	struct image_member member = {.path = (char *)path, .format = (char *)format};
	bool ok = read_header(&walk, &member, ret_header);

	if (!ok)
		g_set_error(error, CONN_ERROR, VIR_ERR_OPERATION_FAILED, "cannot look at '%s': %s", path,
		        member.odd ? member.odd : member.unread ? member.unread : "unknown");
	g_free(member.odd);
	g_free(member.unread);
	return ok;
}

/* ---- words ---- */

char *image_check_words(const GPtrArray *chain)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < chain->len; i++) {
		const struct image_member *member = chain->pdata[i];

		g_string_append_printf(text, "%s%s (%s", i ? " on " : "", member->path,
		        *member->format ? member->format : "format not stated");
		if (*member->pool)
			g_string_append_printf(text, ", pool %s", member->pool);
		g_string_append_printf(text, "%s%s)", member->odd ? "; " : "", member->odd ? member->odd : "");
	}
	char *clean = text_clean(text->str, -1);
	g_string_free(text, TRUE);
	return clean;
}

bool image_check_verdict(const GPtrArray *chain, GError **error)
{
	const struct image_member *top = chain->pdata[0];
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GString) remedy = g_string_new(NULL);

	for (guint i = 0; i < chain->len; i++) {
		const struct image_member *member = chain->pdata[i];

		if (!member->odd || member->allowed)
			continue;
		g_string_append_printf(text, "%s'%s': %s", text->len ? "; " : "", member->path, member->odd);
		g_string_append_printf(remedy, "%s%s", remedy->len ? "," : "", member->path);
	}
	if (!text->len)
		return true;
	g_autofree char *raw = g_strdup_printf("the image '%s' stands on what it should not: %s. If this is meant, "
	                                       "allow it by name (\"Allow files\"): --allow '%s'",
	        top->path, text->str, remedy->str);
	g_autofree char *clean = text_clean(raw, -1);
	g_set_error_literal(error, CONN_ERROR, VIR_ERR_OPERATION_DENIED, clean);
	return false;
}

/* ---- a guest's disks ---- */

struct guest_walk {
	virDomainPtr dom;
	GPtrArray *known; /* raw paths, NULL-terminated at the end */
	const char *allow;
	GError *error;
};

static void add_known(xmlDocPtr doc, xmlNodePtr node, void *data)
{
	g_autofree char *path = op_xml_string(doc, node, ".");

	if (*path == '/')
		g_ptr_array_add(data, g_canonicalize_filename(path, "/"));
}

/* What its snapshots have been made of is its own as well. */
static void add_snapshots(virDomainPtr dom, GPtrArray *known)
{
	virDomainSnapshotPtr *snapshots = NULL;
	int n = virDomainListAllSnapshots(dom, &snapshots, 0);

	for (int i = 0; i < n; i++) {
		char *xml = virDomainSnapshotGetXMLDesc(snapshots[i], 0);
		g_autoptr(xmlDoc) doc = op_xml_parse(xml);
		if (doc)
			op_xml_each(doc, NULL, "//disk//source/@file | //disk//source/@dev", add_known, known);
		free(xml);
		virDomainSnapshotFree(snapshots[i]);
	}
	free(snapshots);
}

char *image_check_source(virConnectPtr conn, xmlDocPtr doc, xmlNodePtr disk)
{
	g_autofree char *path = op_xml_string(doc, disk, "source/@file | source/@dev");
	g_autofree char *pool_name = op_xml_string(doc, disk, "source/@pool");
	g_autofree char *volume = op_xml_string(doc, disk, "source/@volume");

	if (*path || !*pool_name)
		return g_steal_pointer(&path);
	g_autoptr(virStoragePool) pool = virStoragePoolLookupByName(conn, pool_name);
	g_autoptr(virStorageVol) vol = pool ? virStorageVolLookupByName(pool, volume) : NULL;
	char *raw = vol ? virStorageVolGetPath(vol) : NULL;
	char *copy = g_strdup(raw ? raw : "");
	free(raw);
	return copy;
}

/* A device that the definition itself names is its owner's will; so is what can not be read of it. */
static void check_disk(xmlDocPtr doc, xmlNodePtr disk, void *data)
{
	struct guest_walk *walk = data;
	virConnectPtr conn = virDomainGetConnect(walk->dom);
	g_autofree char *format = op_xml_string(doc, disk, "driver/@type");
	g_autofree char *path = image_check_source(conn, doc, disk);

	if (walk->error || *path != '/' || !image_format_has_header(format))
		return;
	g_autoptr(GPtrArray) chain =
	        image_check_chain(conn, path, format, (const char *const *)walk->known->pdata, walk->allow);
	struct image_member *top = chain->pdata[0];
	/* libvirt itself will say what is wrong with it, in the place where people know it. */
	if (top->unread)
		g_clear_pointer(&top->odd, g_free);
	image_check_verdict(chain, &walk->error);
}

static GPtrArray *named_in(xmlDocPtr doc)
{
	GPtrArray *named = g_ptr_array_new_with_free_func(g_free);

	op_xml_each(doc, NULL, "/domain/devices/disk//source/@file | /domain/devices/disk//source/@dev", add_known, named);
	g_ptr_array_add(named, NULL);
	return named;
}

GPtrArray *image_check_known(virDomainPtr dom, xmlDocPtr doc)
{
	GPtrArray *known = named_in(doc);

	g_ptr_array_set_size(known, (int)known->len - 1);
	add_snapshots(dom, known);
	g_ptr_array_add(known, NULL);
	return known;
}

bool image_check_guest(virDomainPtr dom, xmlDocPtr doc, const char *allow, GError **error)
{
	g_autoptr(GPtrArray) named = named_in(doc), known = NULL;
	struct guest_walk walk = {.dom = dom, .known = named, .allow = allow};

	op_xml_each(doc, NULL, "/domain/devices/disk", check_disk, &walk);
	/* Snapshots cost a call each: they are asked only when something is odd without them. */
	if (walk.error && virDomainSnapshotNum(dom, 0) > 0) {
		g_clear_error(&walk.error);
		walk.known = known = image_check_known(dom, doc);
		op_xml_each(doc, NULL, "/domain/devices/disk", check_disk, &walk);
	}
	if (walk.error)
		g_propagate_error(error, walk.error);
	return !walk.error;
}
