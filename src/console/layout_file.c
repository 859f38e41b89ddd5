/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QEMU's keyboard tables on this machine: see keyboard.h. Blocks on small local files. */
#include <string.h>

#include "nvirt/keyboard.h"
#include "nvirt/text.h"

static const char *const directories[] = {"/usr/share/qemu/keymaps", "/usr/local/share/qemu/keymaps", "/usr/share/qemu-kvm/keymaps"};

static bool is_us(const char *name)
{
	return g_str_equal(name, "us") || g_str_equal(name, "en-us");
}

/* No way out of the directory. */
static bool name_is_fine(const char *name)
{
	return *name && strlen(name) < 32 && strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == strlen(name);
}

static int by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char **layout_names(void)
{
	GPtrArray *found = g_ptr_array_new();

	g_ptr_array_add(found, g_strdup("us"));
	for (unsigned i = 0; i < G_N_ELEMENTS(directories) && found->len == 1; i++) {
		g_autoptr(GDir) dir = g_dir_open(directories[i], 0, NULL);
		const char *name;

		while (dir && (name = g_dir_read_name(dir)))
			if (name_is_fine(name) && !is_us(name))
				g_ptr_array_add(found, g_strdup(name));
	}
	g_ptr_array_sort(found, by_name);
	g_ptr_array_add(found, NULL);
	return (char **)g_ptr_array_free(found, FALSE);
}

struct layout *layout_load(const char *name, GError **error)
{
	g_autofree char *clean = text_clean(name, -1);
	g_autofree char *list = NULL;

	if (is_us(name))
		return layout_new_us();
	for (unsigned i = 0; name_is_fine(name) && i < G_N_ELEMENTS(directories); i++) {
		g_autofree char *path = g_build_filename(directories[i], name, NULL);
		g_autofree char *text = NULL;

		if (g_file_get_contents(path, &text, NULL, NULL))
			return layout_new(name, text);
	}
	g_auto(GStrv) names = layout_names();
	list = g_strjoinv(", ", names);
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT, "there is no keyboard layout '%s': there are %s", clean, list);
	return NULL;
}
