/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fonts from files: where they lie, what their families are called, gzip. Blocks on files. */
#include <glib/gstdio.h>
#include <string.h>
#include <zlib.h>

#include "fonts.h"

/* More is no font that a console loads. */
#define FONT_FILE_MAX (16u << 20)
#define FONT_FILES_MAX 2000

/* The designs that each language has drawn for itself: they agree on little but the name. */
static bool is_cut_anew(const char *name)
{
	return g_str_equal(name, "VGA8") || g_str_equal(name, "VGA14") || g_str_equal(name, "VGA28x16");
}

/* "Lat15-Terminus16.psf.gz" is of the family "Terminus16": one design, cut for many languages. */
static char *family_name(const char *path)
{
	static const char *const endings[] = {".gz", ".psfu", ".psf", ".fnt", ".pf2", ".bin"};
	static const char *const faces[] = {"VGA", "Fixed", "Terminus", "Goha"};
	char *name = g_path_get_basename(path), *dash = strchr(name, '-');
	bool console_setup = false;

	for (unsigned i = 0; i < G_N_ELEMENTS(endings); i++)
		if (g_str_has_suffix(name, endings[i]))
			name[strlen(name) - strlen(endings[i])] = '\0';
	for (unsigned i = 0; dash && i < G_N_ELEMENTS(faces); i++)
		if (g_str_has_prefix(dash + 1, faces[i])) {
			console_setup = true;
			if (is_cut_anew(dash + 1))
				break;
			memmove(name, dash + 1, strlen(dash + 1) + 1);
			break;
		}
	/* Some two hundred of kbd's, most of them much alike: together they are enough for a vote. */
	if (!console_setup && strstr(path, "/consolefonts/")) {
		g_free(name);
		name = g_strdup("kbd");
	} else if (g_str_has_prefix(name, "vgabios")) {
		g_free(name);
		name = g_strdup("VGA BIOS");
	} else if (g_str_equal(name, "unicode") && g_str_has_suffix(path, ".pf2")) {
		g_free(name);
		name = g_strdup("Unifont");
	}
	return name;
}

/* Owned; NULL when it is no gzip, damaged, or too large. */
static uint8_t *unzip(const uint8_t *bytes, gsize length, gsize *ret_length)
{
	z_stream stream = {.next_in = (Bytef *)bytes, .avail_in = (uInt)length};
	GByteArray *out = g_byte_array_new();
	uint8_t block[16384];
	int result;

	if (inflateInit2(&stream, 15 + 16) != Z_OK) {
		g_byte_array_unref(out);
		return NULL;
	}
	do {
		stream.next_out = block;
		stream.avail_out = sizeof(block);
		result = inflate(&stream, Z_NO_FLUSH);
		g_byte_array_append(out, block, (guint)(sizeof(block) - stream.avail_out));
	} while (result == Z_OK && out->len <= FONT_FILE_MAX);
	inflateEnd(&stream);
	*ret_length = out->len;
	return g_byte_array_free(out, result != Z_STREAM_END);
}

static bool load_plain(struct fonts *fonts, const char *name, const uint8_t *bytes, gsize length, GError **error)
{
	g_autofree char *family = family_name(name);

	if (length >= 8 && memcmp(bytes, "FILE", 4) == 0)
		return font_pf2_load(fonts, family, bytes, length, error);
	if (length >= 2 && bytes[0] == 0x55 && bytes[1] == 0xaa)
		return font_rom_load(fonts, family, bytes, length, error);
	return font_psf_load(fonts, family, bytes, length, NULL) || font_rom_load(fonts, family, bytes, length, error);
}

bool fonts_load_bytes(struct fonts *fonts, const char *name, const uint8_t *bytes, gsize length, GError **error)
{
	g_autofree uint8_t *plain = NULL;
	gsize plain_length;

	if (length < 2 || bytes[0] != 0x1f || bytes[1] != 0x8b)
		return load_plain(fonts, name, bytes, length, error);
	plain = length <= FONT_FILE_MAX ? unzip(bytes, length, &plain_length) : NULL;
	if (plain)
		return load_plain(fonts, name, plain, plain_length, error);
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "damaged gzip data");
	return false;
}

static bool load_file(struct fonts *fonts, const char *path)
{
	g_autofree char *bytes = NULL;
	gsize length;
	GStatBuf info;

	/* No pipe, no device, nothing endless. */
	if (g_stat(path, &info) != 0 || !S_ISREG(info.st_mode) || info.st_size > FONT_FILE_MAX ||
	        !g_file_get_contents(path, &bytes, &length, NULL))
		return false;
	return fonts_load_bytes(fonts, path, (uint8_t *)bytes, length, NULL);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

unsigned fonts_load_dir(struct fonts *fonts, const char *dir)
{
	g_autoptr(GDir) list = g_dir_open(dir, 0, NULL);
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
	unsigned taken = 0;
	const char *name;

	while (list && paths->len < FONT_FILES_MAX && (name = g_dir_read_name(list)))
		g_ptr_array_add(paths, g_build_filename(dir, name, NULL));
	/* The first one of a family counts where two disagree: not by chance. */
	g_ptr_array_sort(paths, by_name);
	for (unsigned i = 0; i < paths->len; i++)
		taken += load_file(fonts, paths->pdata[i]);
	return taken;
}

void fonts_load_system(struct fonts *fonts)
{
	static const char *const files[] = {"/usr/share/seabios/vgabios-stdvga.bin",
	        "/usr/share/seavgabios/vgabios-stdvga.bin", "/usr/share/qemu/vgabios-stdvga.bin",
	        "/usr/share/grub/unicode.pf2", "/boot/grub/fonts/unicode.pf2", "/boot/grub2/fonts/unicode.pf2",
	        "/boot/memtest86+x64.bin"};
	static const char *const dirs[] = {"/usr/share/consolefonts", "/usr/lib/kbd/consolefonts",
	        "/usr/share/kbd/consolefonts"};
	g_autofree char *own = g_build_filename(g_get_user_data_dir(), "nvirt", "fonts", NULL);

	for (unsigned i = 0; i < G_N_ELEMENTS(files); i++)
		load_file(fonts, files[i]);
	for (unsigned i = 0; i < G_N_ELEMENTS(dirs); i++)
		fonts_load_dir(fonts, dirs[i]);
	fonts_load_dir(fonts, own);
}
