/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of a host through libvirt's storage. Worker threads. */
#include "backend/hostfile.h"

#include <string.h>
#include <sys/stat.h>

#include "backend/op_util.h"

#define COPY_MAX_BYTES (256 * 1024 * 1024)

/* Its own reason, not libvirt's. */
#define refuse(error, ...) conn_refuse(error, VIR_ERR_OPERATION_INVALID, __VA_ARGS__)

/* ---- pools ---- */

/* "/a//b/" and "/a/b" are one directory. */
static char *plain_dir(const char *dir)
{
	return g_canonicalize_filename(dir, "/");
}

static bool pool_has_dir(virStoragePoolPtr pool, const char *dir)
{
	char *xml = virStoragePoolGetXMLDesc(pool, 0);
	g_autoptr(xmlDoc) doc = op_xml_parse(xml);
	g_autofree char *type = doc ? op_xml_string(doc, NULL, "/pool/@type") : g_strdup("");
	g_autofree char *path = doc ? op_xml_string(doc, NULL, "/pool/target/path") : g_strdup("");

	free(xml);
	if (!g_str_equal(type, "dir") && !g_str_equal(type, "fs") && !g_str_equal(type, "netfs"))
		return false;
	g_autofree char *plain = *path == '/' ? plain_dir(path) : NULL;
	return g_strcmp0(plain, dir) == 0;
}

virStoragePoolPtr hostfile_pool_of_dir(virConnectPtr conn, const char *dir)
{
	g_autofree char *plain = plain_dir(dir);
	virStoragePoolPtr *pools = NULL, found = NULL;
	int n = virConnectListAllStoragePools(conn, &pools, VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE);

	for (int i = 0; i < n; i++) {
		if (!found && pool_has_dir(pools[i], plain))
			found = pools[i];
		else
			virStoragePoolFree(pools[i]);
	}
	free(pools);
	return found;
}

static virStoragePoolPtr make_pool(virConnectPtr conn, const char *path)
{
	g_autofree char *uuid = g_uuid_string_random();
	g_autofree char *xml = g_markup_printf_escaped(
	        "<pool type='dir'><name>nvirt-%.8s</name><target><path>%s</path></target></pool>", uuid, path);

	return virStoragePoolCreateXML(conn, xml, 0);
}

virStoragePoolPtr hostfile_lend_pool(virConnectPtr conn, const char *dir)
{
	g_autofree char *plain = plain_dir(dir);

	return make_pool(conn, plain);
}

/* Beside the pool that has the directory: libvirt takes "/a/." for another one than "/a". */
static virStoragePoolPtr lend_second_pool(virConnectPtr conn, const char *dir)
{
	g_autofree char *plain = plain_dir(dir);
	g_autofree char *other = g_strdup_printf("%s/.", plain);

	return make_pool(conn, other);
}

/* ---- one file ---- */

static bool find_in_pool(struct hostfile *file, GError **error)
{
	file->vol = virStorageVolLookupByName(file->pool, file->name);
	if (file->vol)
		return true;
	const virError *last = virGetLastError();
	if (last && last->code == VIR_ERR_NO_STORAGE_VOL)
		return true;
	conn_set_error(error, "cannot look at '%s'", file->path);
	return false;
}

/* libvirt reads a volume that it knows anew by itself; reading all of a large pool takes much longer. */
static bool find_known(struct hostfile *file)
{
	virStorageVolInfo info;

	file->vol = virStorageVolLookupByName(file->pool, file->name);
	if (file->vol && virStorageVolGetInfo(file->vol, &info) == 0)
		return true;
	if (file->vol)
		virStorageVolFree(file->vol);
	file->vol = NULL;
	return false;
}

/* What its pool does not know and can not look for now is no less there. */
static bool find_beside(struct hostfile *file, virConnectPtr conn, const char *dir, GError **error)
{
	struct hostfile own = *file;

	file->pool = lend_second_pool(conn, dir);
	bool ok = file->pool && find_in_pool(file, error);
	if (file->vol) {
		file->lent = true;
		virStoragePoolFree(own.pool);
		return true;
	}
	if (!file->pool)
		conn_set_error(error, "cannot look at '%s': its pool is busy, and '%s' can not be read beside it",
		        file->path, dir);
	else
		virStoragePoolDestroy(file->pool), virStoragePoolFree(file->pool);
	file->pool = own.pool;
	return ok;
}

/* A pool that copies just now refuses to be read again. */
static bool find_after_refresh(struct hostfile *file, virConnectPtr conn, const char *dir, GError **error)
{
	if (find_known(file))
		return true;
	bool fresh = virStoragePoolRefresh(file->pool, 0) == 0;
	if (!find_in_pool(file, error))
		return false;
	return fresh || file->vol || find_beside(file, conn, dir, error);
}

bool hostfile_open(struct hostfile *file, virConnectPtr conn, const char *path, GError **error)
{
	*file = (struct hostfile){.path = g_strdup(path), .name = g_path_get_basename(path)};
	if (!g_path_is_absolute(path))
		return refuse(error, "cannot look at '%s': it is no absolute path", path);
	g_autofree char *dir = g_path_get_dirname(path);
	file->pool = hostfile_pool_of_dir(conn, dir);
	if (file->pool)
		return find_after_refresh(file, conn, dir, error);
	/* A device, or a file of a pool of another kind. */
	file->vol = virStorageVolLookupByPath(conn, path);
	if (file->vol) {
		file->pool = virStoragePoolLookupByVolume(file->vol);
		return true;
	}
	file->pool = hostfile_lend_pool(conn, dir);
	if (!file->pool) {
		conn_set_error(error, "cannot look at '%s': it is in no pool, and '%s' can not be made one", path, dir);
		return false;
	}
	file->lent = true;
	return find_in_pool(file, error);
}

bool hostfile_open_dir(struct hostfile *file, virConnectPtr conn, const char *dir, GError **error)
{
	*file = (struct hostfile){.path = g_strdup(dir), .name = g_strdup("")};
	file->pool = hostfile_pool_of_dir(conn, dir);
	if (file->pool)
		return true;
	file->pool = hostfile_lend_pool(conn, dir);
	file->lent = file->pool != NULL;
	if (!file->pool)
		conn_set_error(error, "'%s' is in no pool, and can not be made one", dir);
	return file->lent;
}

void hostfile_close(struct hostfile *file)
{
	if (file->vol)
		virStorageVolFree(file->vol);
	if (file->lent && file->pool)
		virStoragePoolDestroy(file->pool);
	if (file->pool)
		virStoragePoolFree(file->pool);
	g_free(file->path);
	g_free(file->name);
	*file = (struct hostfile){0};
}

static xmlDocPtr volume_xml(virStorageVolPtr vol)
{
	char *xml = virStorageVolGetXMLDesc(vol, 0);
	xmlDocPtr doc = op_xml_parse(xml);

	free(xml);
	return doc;
}

static int64_t number(xmlDocPtr doc, const char *xpath, unsigned base, int64_t fallback)
{
	g_autofree char *text = op_xml_string(doc, NULL, xpath);
	char *end = NULL;
	gint64 value = g_ascii_strtoll(text, &end, base);

	return *text && !*end ? value : fallback;
}

static void read_info(struct hostfile_info *info, xmlDocPtr doc)
{
	info->format = op_xml_string(doc, NULL, "/volume/target/format/@type");
	info->base = op_xml_string(doc, NULL, "/volume/backingStore/path");
	info->base_format = op_xml_string(doc, NULL, "/volume/backingStore/format/@type");
	info->mode = (unsigned)number(doc, "/volume/target/permissions/mode", 8, 0);
	info->uid = number(doc, "/volume/target/permissions/owner", 10, -1);
	info->gid = number(doc, "/volume/target/permissions/group", 10, -1);
}

bool hostfile_look(virConnectPtr conn, const char *path, struct hostfile_info *ret_info, GError **error)
{
	g_auto(hostfile_auto) file = {0};
	struct hostfile_info info = {.uid = -1, .gid = -1};
	virStorageVolInfo size;

	if (!hostfile_open(&file, conn, path, error))
		return false;
	if (file.vol) {
		g_autoptr(xmlDoc) doc = volume_xml(file.vol);
		if (!doc || virStorageVolGetInfo(file.vol, &size) < 0) {
			conn_set_error(error, "cannot look at '%s'", path);
			return false;
		}
		info.exists = true;
		info.capacity_bytes = size.capacity;
		info.allocation_bytes = size.allocation;
		read_info(&info, doc);
	}
	if (!info.format)
		info.format = g_strdup(""), info.base = g_strdup(""), info.base_format = g_strdup("");
	info.pool = g_strdup(file.lent ? "" : virStoragePoolGetName(file.pool));
	*ret_info = info;
	return true;
}

void hostfile_info_fini(struct hostfile_info *info)
{
	g_free(info->format);
	g_free(info->base);
	g_free(info->base_format);
	g_free(info->pool);
	*info = (struct hostfile_info){0};
}

/* ---- acting ---- */

bool hostfile_delete(virConnectPtr conn, const char *path, GError **error)
{
	g_auto(hostfile_auto) file = {0};

	if (!hostfile_open(&file, conn, path, error))
		return false;
	if (!file.vol || virStorageVolDelete(file.vol, 0) == 0)
		return true;
	conn_set_error(error, "cannot delete '%s'", path);
	return false;
}

static void add_text(xmlNodePtr parent, const char *name, const char *text)
{
	xmlNewTextChild(parent, NULL, BAD_CAST name, BAD_CAST text);
}

static xmlNodePtr add_format(xmlNodePtr parent, const char *format)
{
	xmlNodePtr node = xmlNewChild(parent, NULL, BAD_CAST "format", NULL);

	xmlNewProp(node, BAD_CAST "type", BAD_CAST format);
	return node;
}

static char *doc_text(xmlDocPtr doc)
{
	xmlChar *text = NULL;
	int len = 0;

	xmlDocDumpMemory(doc, &text, &len);
	char *copy = g_strndup((const char *)text, (gsize)len);
	xmlFree(text);
	return copy;
}

static char *overlay_xml(const char *name, const char *base, const char *base_format, uint64_t capacity_bytes)
{
	g_autoptr(xmlDoc) doc = xmlNewDoc(BAD_CAST "1.0");
	xmlNodePtr volume = xmlNewNode(NULL, BAD_CAST "volume");
	g_autofree char *capacity = g_strdup_printf("%" G_GUINT64_FORMAT, capacity_bytes);

	xmlDocSetRootElement(doc, volume);
	add_text(volume, "name", name);
	add_text(volume, "capacity", capacity);
	xmlNodePtr target = xmlNewChild(volume, NULL, BAD_CAST "target", NULL);
	add_format(target, "qcow2");
	add_text(target, "compat", "1.1");
	xmlNodePtr backing = xmlNewChild(volume, NULL, BAD_CAST "backingStore", NULL);
	add_text(backing, "path", base);
	add_format(backing, base_format);
	return doc_text(doc);
}

/* Opens a place where a new file is to be made; refuses where one is. */
static bool open_new(struct hostfile *file, virConnectPtr conn, const char *path, GError **error)
{
	if (!hostfile_open(file, conn, path, error))
		return false;
	return !file->vol || refuse(error, "cannot make '%s': it exists already", path);
}

static bool base_capacity(virConnectPtr conn, const char *base, uint64_t *capacity_bytes, GError **error)
{
	struct hostfile_info info;

	if (!hostfile_look(conn, base, &info, error))
		return false;
	bool exists = info.exists;
	if (!*capacity_bytes)
		*capacity_bytes = info.capacity_bytes;
	hostfile_info_fini(&info);
	return exists || refuse(error, "cannot base anything on '%s': it is not there", base);
}

bool hostfile_add_overlay(virStoragePoolPtr pool, const char *name, const char *base, const char *base_format,
        uint64_t capacity_bytes, GError **error)
{
	g_autofree char *xml = overlay_xml(name, base, base_format, capacity_bytes);
	virStorageVolPtr vol = virStorageVolCreateXML(pool, xml, 0);

	if (!vol) {
		conn_set_error(error, "cannot make '%s'", name);
		return false;
	}
	virStorageVolFree(vol);
	return true;
}

bool hostfile_make_overlay(virConnectPtr conn, const char *path, const char *base, const char *base_format,
        uint64_t capacity_bytes, GError **error)
{
	g_auto(hostfile_auto) file = {0};

	if (!base_format || !*base_format)
		return refuse(error, "cannot base anything on '%s': its format is not known", base);
	if (!base_capacity(conn, base, &capacity_bytes, error) || !open_new(&file, conn, path, error))
		return false;
	return hostfile_add_overlay(file.pool, file.name, base, base_format, capacity_bytes, error);
}

/* ---- small copies ---- */

static int stream_sink(virStreamPtr stream, const char *bytes, size_t len, void *data)
{
	GByteArray *array = data;

	(void)stream;
	if (array->len + len > COPY_MAX_BYTES)
		return -1;
	g_byte_array_append(array, (const guint8 *)bytes, (guint)len);
	return (int)len;
}

struct reading {
	const GByteArray *array;
	size_t at;
};

static int stream_source(virStreamPtr stream, char *bytes, size_t len, void *data)
{
	struct reading *reading = data;
	size_t n = MIN(len, reading->array->len - reading->at);

	(void)stream;
	memcpy(bytes, reading->array->data + reading->at, n);
	reading->at += n;
	return (int)n;
}

static GByteArray *download(virConnectPtr conn, const char *from, GError **error)
{
	g_auto(hostfile_auto) file = {0};
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	virStreamPtr stream;

	if (!hostfile_open(&file, conn, from, error))
		return NULL;
	if (!file.vol) {
		refuse(error, "cannot copy '%s': it is not there", from);
		return NULL;
	}
	stream = virStreamNew(conn, 0);
	bool ok = stream && virStorageVolDownload(file.vol, stream, 0, 0, 0) == 0
	          && virStreamRecvAll(stream, stream_sink, bytes) == 0 && virStreamFinish(stream) == 0;
	if (!ok)
		conn_set_error(error, "cannot read '%s'", from);
	if (stream)
		virStreamFree(stream);
	return ok ? g_steal_pointer(&bytes) : NULL;
}

static bool upload(virConnectPtr conn, virStorageVolPtr vol, const GByteArray *bytes)
{
	struct reading reading = {.array = bytes};
	virStreamPtr stream = virStreamNew(conn, 0);
	bool ok = stream && virStorageVolUpload(vol, stream, 0, bytes->len, 0) == 0
	          && virStreamSendAll(stream, stream_source, &reading) == 0 && virStreamFinish(stream) == 0;

	if (stream)
		virStreamFree(stream);
	return ok;
}

bool hostfile_copy_small(virConnectPtr conn, const char *from, const char *to, GError **error)
{
	g_auto(hostfile_auto) file = {0};
	g_autoptr(GByteArray) bytes = download(conn, from, error);

	if (!bytes || !open_new(&file, conn, to, error))
		return false;
	g_autofree char *xml = g_markup_printf_escaped(
	        "<volume><name>%s</name><capacity>%u</capacity><allocation>0</allocation>"
	        "<target><format type='raw'/><permissions><mode>0600</mode></permissions></target></volume>",
	        file.name, bytes->len);
	file.vol = virStorageVolCreateXML(file.pool, xml, 0);
	if (file.vol && upload(conn, file.vol, bytes))
		return true;
	conn_set_error(error, "cannot copy '%s' to '%s'", from, to);
	/* What is half there is of no use, and was made by this very call. */
	if (file.vol)
		virStorageVolDelete(file.vol, 0);
	return false;
}

/* ---- is it here? ---- */

static bool same_time(xmlDocPtr doc, const char *xpath, const struct timespec *ours)
{
	g_autofree char *text = op_xml_string(doc, NULL, xpath);
	g_auto(GStrv) parts = g_strsplit(text, ".", 2);

	if (!parts[0])
		return false;
	/* libvirt leaves the fraction out where it is 0, and fills it with leading zeros. */
	gint64 nanoseconds = parts[1] ? g_ascii_strtoll(parts[1], NULL, 10) : 0;
	return g_ascii_strtoll(parts[0], NULL, 10) == ours->tv_sec && nanoseconds == ours->tv_nsec;
}

bool hostfile_is_local(virConnectPtr conn, const char *path)
{
	g_auto(hostfile_auto) file = {0};
	struct stat st;
	virStorageVolInfo info;

	if (!op_is_local(conn) || lstat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	if (!hostfile_open(&file, conn, path, NULL) || !file.vol)
		return false;
	g_autoptr(xmlDoc) doc = volume_xml(file.vol);
	if (!doc || virStorageVolGetInfoFlags(file.vol, &info, VIR_STORAGE_VOL_GET_PHYSICAL) < 0)
		return false;
	return info.allocation == (uint64_t)st.st_size
	       && number(doc, "/volume/target/permissions/owner", 10, -1) == (int64_t)st.st_uid
	       && same_time(doc, "/volume/target/timestamps/mtime", &st.st_mtim)
	       && same_time(doc, "/volume/target/timestamps/ctime", &st.st_ctim);
}

char *hostfile_identity(const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return NULL;
	return g_strdup_printf("%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT, (guint64)st.st_dev, (guint64)st.st_ino);
}
