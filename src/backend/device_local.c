/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a machine needs its devices for, by sysfs and /proc: see device_local.h. */
#include "backend/device_local.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nvirt/text.h"

/* Bridges on bonds on VLANs, or LVM on LUKS on RAID: deeper is a ring. */
#define LAYERS_MAX 8
#define RTF_REJECT 0x200u

/* Something that the host needs, and where in sysfs it hangs. */
struct need {
	char *path;  /* raw, without the source's root */
	char *words; /* cleaned */
};

struct needs {
	const struct health_source *source;
	GPtrArray *list; /* struct need * */
};

static void need_free(gpointer data)
{
	struct need *need = data;

	g_free(need->path);
	g_free(need->words);
	g_free(need);
}

/* Links followed, below the root; owned, NULL where there is nothing. */
static char *resolve(const struct health_source *source, const char *path)
{
	g_autofree char *full = health_path(source, path);
	char *real = realpath(full, NULL), *root = *source->root != '\0' ? realpath(source->root, NULL) : NULL;
	gsize skip = root != NULL ? strlen(root) : 0;
	char *below = real != NULL && strlen(real) >= skip ? g_strdup(real + skip) : NULL;

	free(real);
	free(root);
	return below;
}

static void add_need(struct needs *needs, char *path, const char *words)
{
	struct need *need = g_new0(struct need, 1);

	need->path = path;
	need->words = text_clean(words, -1);
	g_ptr_array_add(needs->list, need);
}

/* ---- networks ---- */

/* An interface, and those that it is made of: ports of a bridge, members of a bond. */
static void add_interface(struct needs *needs, const char *name, unsigned layer)
{
	g_autofree char *dir = g_strconcat("/sys/class/net/", name, NULL);
	g_autofree char *words = g_strdup_printf("the default route (%s)", name);
	g_autoptr(GPtrArray) entries = NULL;
	char *path;

	/* Names come of files, but a path is made of them. */
	if (strchr(name, '/') != NULL || layer >= LAYERS_MAX || (path = resolve(needs->source, dir)) == NULL)
		return;
	add_need(needs, path, words);
	entries = health_names(needs->source, dir);
	for (guint i = 0; i < entries->len; i++)
		if (g_str_has_prefix(entries->pdata[i], "lower_"))
			add_interface(needs, (const char *)entries->pdata[i] + strlen("lower_"), layer + 1);
}

static void add_routes4(struct needs *needs)
{
	g_autofree char *text = health_file(needs->source, "/proc/net/route", NULL);
	g_auto(GStrv) lines = g_strsplit(text != NULL ? text : "", "\n", -1);

	for (char **line = lines; *line != NULL; line++) {
		char name[32];
		unsigned target, flags, mask;

		if (sscanf(*line, "%31s %x %*x %x %*d %*d %*d %x", name, &target, &flags, &mask) == 4 &&
		        target == 0 && mask == 0 && (flags & RTF_REJECT) == 0)
			add_interface(needs, name, 0);
	}
}

static void add_routes6(struct needs *needs)
{
	g_autofree char *text = health_file(needs->source, "/proc/net/ipv6_route", NULL);
	g_auto(GStrv) lines = g_strsplit(text != NULL ? text : "", "\n", -1);

	for (char **line = lines; *line != NULL; line++) {
		char target[40], name[32];
		unsigned length, flags;

		if (sscanf(*line, "%39s %x %*s %*x %*s %*x %*x %*x %x %31s", target, &length, &flags, name) == 4 &&
		        length == 0 && strspn(target, "0") == strlen(target) && (flags & RTF_REJECT) == 0)
			add_interface(needs, name, 0);
	}
}

/* ---- disks ---- */

/* A block device, and those that it is made of: members of a RAID, what a volume lies on. */
static void add_block(struct needs *needs, const char *link, const char *words, unsigned layer)
{
	char *path = layer < LAYERS_MAX ? resolve(needs->source, link) : NULL;
	g_autofree char *slaves = NULL;
	g_autoptr(GPtrArray) names = NULL;

	if (path == NULL)
		return;
	slaves = g_strconcat(path, "/slaves", NULL);
	add_need(needs, path, words);
	names = health_names(needs->source, slaves);
	for (guint i = 0; i < names->len; i++) {
		g_autofree char *below = g_strconcat("/sys/class/block/", (char *)names->pdata[i], NULL);

		add_block(needs, below, words, layer + 1);
	}
}

static void add_device_file(struct needs *needs, const char *file, const char *words)
{
	g_autofree char *name = g_path_get_basename(file), *link = g_strconcat("/sys/class/block/", name, NULL);

	if (g_str_has_prefix(file, "/dev/"))
		add_block(needs, link, words, 0);
}

/* A line of mountinfo: "36 35 98:0 / /home rw shared:1 - ext4 /dev/vda1 rw". What is mounted once counts. */
static void add_mount(struct needs *needs, GHashTable *seen, const char *line)
{
	g_auto(GStrv) words = g_strsplit(line, " ", -1);
	guint n = g_strv_length(words), dash = 6;
	g_autofree char *mount = NULL, *text = NULL, *link = NULL;

	while (dash < n && strcmp(words[dash], "-") != 0)
		dash++;
	if (dash + 2 >= n || !g_hash_table_add(seen, g_strdup(words[2])))
		return;
	mount = g_strcompress(words[4]);
	text = g_strdup_printf("what is mounted on %s", mount);
	/* Some file systems have a number of their own: then the source tells the device. */
	if (g_str_has_prefix(words[2], "0:")) {
		add_device_file(needs, words[dash + 2], text);
		return;
	}
	link = g_strconcat("/sys/dev/block/", words[2], NULL);
	add_block(needs, link, text, 0);
}

static void add_mounts(struct needs *needs)
{
	g_autofree char *text = health_file(needs->source, "/proc/self/mountinfo", NULL);
	g_auto(GStrv) lines = g_strsplit(text != NULL ? text : "", "\n", -1);
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (char **line = lines; *line != NULL; line++)
		add_mount(needs, seen, *line);
}

static void add_swaps(struct needs *needs)
{
	g_autofree char *text = health_file(needs->source, "/proc/swaps", NULL);
	g_auto(GStrv) lines = g_strsplit(text != NULL ? text : "", "\n", -1);

	for (char **line = lines; *line != NULL; line++) {
		g_autofree char *file = g_strndup(*line, strcspn(*line, " \t"));

		add_device_file(needs, file, "swap");
	}
}

/* ---- rows ---- */

/* Is it this machine's, and not another's that looks alike? */
static bool is_here(const struct health_source *source, const struct device_row *row)
{
	const char *file = row->kind == DEVICE_PCI ? "vendor" : "idVendor";
	g_autofree char *path = row->path != NULL ? g_strdup_printf("%s/%s", row->path, file) : NULL;
	g_autofree char *text = path != NULL ? health_file(source, path, NULL) : NULL;

	return text != NULL && row->vendor_id >= 0 && g_ascii_strtoll(text, NULL, 16) == row->vendor_id;
}

static bool is_below(const char *path, const char *dir)
{
	gsize len = strlen(dir);

	return strncmp(path, dir, len) == 0 && path[len] == '/';
}

static void tell_use(struct device_row *row, const struct needs *needs)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new();

	for (guint i = 0; i < needs->list->len; i++) {
		const struct need *need = needs->list->pdata[i];

		if (is_below(need->path, row->path) &&
		        !g_ptr_array_find_with_equal_func(words, need->words, g_str_equal, NULL))
			g_ptr_array_add(words, need->words);
	}
	g_free(row->host_use);
	row->host_use = device_list_words(words);
}

void device_local_read(const GPtrArray *rows, const struct health_source *source)
{
	struct needs needs = {.source = source, .list = g_ptr_array_new_with_free_func(need_free)};

	add_routes4(&needs);
	add_routes6(&needs);
	add_mounts(&needs);
	add_swaps(&needs);
	for (guint i = 0; i < rows->len; i++) {
		struct device_row *row = rows->pdata[i];

		if ((row->kind != DEVICE_PCI && row->kind != DEVICE_USB) || !is_here(source, row))
			continue;
		tell_use(row, &needs);
		if (row->kind == DEVICE_PCI) {
			g_autofree char *reset = g_strconcat(row->path, "/reset", NULL);

			row->reset = health_exists(source, reset);
		}
	}
	g_ptr_array_unref(needs.list);
}
