/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the first bytes of an image say of other files: see image_header.h. */
#include "nvirt/image_header.h"

#include <string.h>

/* QEMU's own limit for a backing file's name. */
#define NAME_MAX_BYTES 1023

enum {
	QCOW2_V2_HEADER = 72,
	QCOW2_EXT_FORMAT = 0xe2792aca,
	QCOW2_EXT_DATA_FILE = 0x44415441,
	QCOW2_DIRTY = 1 << 0,
	QCOW2_CORRUPT = 1 << 1,
	QCOW2_DATA_FILE = 1 << 2,
	QED_BACKING = 1 << 0,
	QED_RAW_BACKING = 1 << 2,
};

void image_header_clear(struct image_header *header)
{
	g_free(header->backing);
	g_free(header->backing_format);
	g_free(header->data_file);
	memset(header, 0, sizeof *header);
}

/* ---- bytes ---- */

static uint64_t big(const uint8_t *bytes, unsigned n)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < n; i++)
		value = value << 8 | bytes[i];
	return value;
}

static uint64_t little(const uint8_t *bytes, unsigned n)
{
	uint64_t value = 0;

	for (unsigned i = n; i > 0; i--)
		value = value << 8 | bytes[i - 1];
	return value;
}

/* The string that a header puts at `offset`: in `*ret_name`, or why not. */
static enum image_header_answer take_name(
        const uint8_t *bytes, gsize len, uint64_t offset, uint64_t size, char **ret_name, gsize *ret_need)
{
	if (size > NAME_MAX_BYTES || offset > IMAGE_HEADER_MAX - NAME_MAX_BYTES)
		return IMAGE_HEADER_BROKEN;
	if (offset + size > len) {
		*ret_need = offset + size;
		return IMAGE_HEADER_NEED;
	}
	*ret_name = g_strndup((const char *)bytes + offset, size);
	return IMAGE_HEADER_OK;
}

/* ---- qcow, qcow2 ---- */

static bool is_qcow(const uint8_t *bytes, gsize len, uint64_t *ret_version)
{
	if (len < QCOW2_V2_HEADER || memcmp(bytes, "QFI\xfb", 4) != 0)
		return false;
	*ret_version = big(bytes + 4, 4);
	return true;
}

/* Format and data file, between the header and what follows it. */
static enum image_header_answer read_extensions(
        const uint8_t *bytes, gsize len, gsize at, gsize end, struct image_header *header, gsize *ret_need)
{
	while (at + 8 <= end) {
		if (at + 8 > len) {
			*ret_need = end;
			return IMAGE_HEADER_NEED;
		}
		uint64_t type = big(bytes + at, 4), size = big(bytes + at + 4, 4);
		if (type == 0)
			return IMAGE_HEADER_OK;
		at += 8;
		if (size > end - at)
			return IMAGE_HEADER_BROKEN;
		bool wanted = type == QCOW2_EXT_FORMAT || type == QCOW2_EXT_DATA_FILE;
		if (wanted && (size > NAME_MAX_BYTES || at + size > len)) {
			*ret_need = end;
			return size > NAME_MAX_BYTES ? IMAGE_HEADER_BROKEN : IMAGE_HEADER_NEED;
		}
		if (wanted) {
			char **field = type == QCOW2_EXT_FORMAT ? &header->backing_format : &header->data_file;
			g_free(*field);
			*field = g_strndup((const char *)bytes + at, size);
		}
		at += (size + 7) & ~(uint64_t)7;
	}
	return IMAGE_HEADER_OK;
}

static void set_features(struct image_header *header, uint64_t features)
{
	header->dirty = features & QCOW2_DIRTY;
	header->corrupt = features & QCOW2_CORRUPT;
	/* The name is a hint that may be missing, and the file be there all the same. */
	if (!(features & QCOW2_DATA_FILE))
		g_clear_pointer(&header->data_file, g_free);
	else if (!header->data_file)
		header->data_file = g_strdup("");
}

static enum image_header_answer parse_qcow2(
        const uint8_t *bytes, gsize len, struct image_header *header, gsize *ret_need)
{
	uint64_t version, offset, size, cluster_bits, length = QCOW2_V2_HEADER, features = 0;
	enum image_header_answer answer = IMAGE_HEADER_OK;

	if (!is_qcow(bytes, len, &version) || version < 2 || version > 3)
		return IMAGE_HEADER_FOREIGN;
	offset = big(bytes + 8, 8);
	size = big(bytes + 16, 4);
	cluster_bits = big(bytes + 20, 4);
	if (cluster_bits < 9 || cluster_bits > 21 || (version == 3 && len < 104))
		return IMAGE_HEADER_BROKEN;
	if (version == 3) {
		features = big(bytes + 72, 8);
		length = big(bytes + 100, 4);
	}
	uint64_t cluster = (uint64_t)1 << cluster_bits;
	if (length < QCOW2_V2_HEADER || length > cluster || (offset && (offset < length || offset > cluster)))
		return IMAGE_HEADER_BROKEN;
	header->capacity_bytes = big(bytes + 24, 8);
	header->snapshots = big(bytes + 60, 4) > 0;
	answer = read_extensions(bytes, len, length, offset ? offset : cluster, header, ret_need);
	if (answer == IMAGE_HEADER_OK && offset)
		answer = take_name(bytes, len, offset, size, &header->backing, ret_need);
	set_features(header, features);
	return answer;
}

static enum image_header_answer parse_qcow(
        const uint8_t *bytes, gsize len, struct image_header *header, gsize *ret_need)
{
	uint64_t version;

	if (!is_qcow(bytes, len, &version) || version != 1)
		return IMAGE_HEADER_FOREIGN;
	uint64_t offset = big(bytes + 8, 8);
	header->capacity_bytes = big(bytes + 24, 8);
	return offset ? take_name(bytes, len, offset, big(bytes + 16, 4), &header->backing, ret_need)
	              : IMAGE_HEADER_OK;
}

/* ---- qed ---- */

static enum image_header_answer parse_qed(
        const uint8_t *bytes, gsize len, struct image_header *header, gsize *ret_need)
{
	if (len < 64 || memcmp(bytes, "QED", 4) != 0)
		return IMAGE_HEADER_FOREIGN;
	uint64_t features = little(bytes + 16, 8);
	header->capacity_bytes = little(bytes + 48, 8);
	if (!(features & QED_BACKING))
		return IMAGE_HEADER_OK;
	if (features & QED_RAW_BACKING)
		header->backing_format = g_strdup("raw");
	return take_name(bytes, len, little(bytes + 56, 4), little(bytes + 60, 4), &header->backing, ret_need);
}

/* ---- vmdk ---- */

/* The value of `key="value"`, owned, or NULL. */
static char *quoted(const char *text, const char *key)
{
	const char *at = strstr(text, key);
	const char *open = at ? strchr(at, '"') : NULL;
	const char *close = open ? strchr(open + 1, '"') : NULL;

	return close ? g_strndup(open + 1, (gsize)(close - open - 1)) : NULL;
}

/* Only the kind that is one file: a description alone names its extents, and they may be anything. */
static enum image_header_answer parse_vmdk(
        const uint8_t *bytes, gsize len, struct image_header *header, gsize *ret_need)
{
	if (len < 512 || memcmp(bytes, "KDMV", 4) != 0)
		return IMAGE_HEADER_OTHER;
	uint64_t sectors = little(bytes + 12, 8), offset = little(bytes + 28, 8), size = little(bytes + 36, 8);
	if (sectors == 0)
		return IMAGE_HEADER_OTHER;
	header->capacity_bytes = sectors > G_MAXUINT64 / 512 ? G_MAXUINT64 : sectors * 512;
	if (offset == 0)
		return IMAGE_HEADER_OK;
	if (offset > 2048 || size > 2048)
		return IMAGE_HEADER_BROKEN;
	*ret_need = (offset + size) * 512;
	if (*ret_need > len)
		return IMAGE_HEADER_NEED;
	g_autofree char *text = g_strndup((const char *)bytes + offset * 512, size * 512);
	header->backing = quoted(text, "parentFileNameHint");
	if (header->backing)
		header->backing_format = g_strdup("vmdk");
	return IMAGE_HEADER_OK;
}

/* ---- any ---- */

/* One file each, whatever it holds. */
static const char *const alone[] = {
        "", "raw", "iso", "none", "luks", "vdi", "vpc", "vhd", "vhdx", "dmg", "parallels", "bochs", "cloop", NULL};

bool image_format_has_header(const char *format)
{
	return !g_strv_contains(alone, format ? format : "");
}

enum image_header_answer image_header_parse(
        const uint8_t *bytes, gsize len, const char *format, struct image_header *ret_header, gsize *ret_need)
{
	static const struct {
		const char *format;
		enum image_header_answer (*parse)(const uint8_t *, gsize, struct image_header *, gsize *);
	} parsers[] = {{"qcow2", parse_qcow2}, {"qcow", parse_qcow}, {"qed", parse_qed}, {"vmdk", parse_vmdk}};
	struct image_header header = {0};
	enum image_header_answer answer = IMAGE_HEADER_OTHER;
	gsize need = 0;

	if (!image_format_has_header(format))
		answer = IMAGE_HEADER_OK;
	for (unsigned i = 0; i < G_N_ELEMENTS(parsers); i++)
		if (g_strcmp0(format, parsers[i].format) == 0)
			answer = parsers[i].parse(bytes, len, &header, &need);
	if (answer == IMAGE_HEADER_OK)
		*ret_header = header;
	else
		image_header_clear(&header);
	if (answer == IMAGE_HEADER_NEED)
		*ret_need = need;
	return answer;
}

/* ---- names ---- */

/* As QEMU's path_has_protocol(): a colon before any slash. */
enum image_name_kind image_name_kind(const char *name)
{
	gsize at = strcspn(name, ":/");

	if (g_str_has_prefix(name, "json:"))
		return IMAGE_NAME_JSON;
	return name[at] == ':' && !g_str_has_prefix(name, "file:") ? IMAGE_NAME_URL : IMAGE_NAME_PATH;
}

char *image_name_path(const char *overlay, const char *name)
{
	g_autofree char *dir = g_path_get_dirname(overlay);

	if (g_str_has_prefix(name, "file:"))
		name += strlen("file:");
	if (g_str_has_prefix(name, "//"))
		name += strspn(name, "/") - 1;
	g_autofree char *joined = g_path_is_absolute(name) ? g_strdup(name) : g_build_filename(dir, name, NULL);
	return g_canonicalize_filename(joined, "/");
}
