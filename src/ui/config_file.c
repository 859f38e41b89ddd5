/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the configuration is, and how it is read: at once or not at all. Main thread, before the first frame. */
#include "nvirt/config.h"
#include "nvirt/json_text.h"
#include "nvirt/text.h"
#include "small_file.h"

struct config *config_load(void)
{
	g_autofree char *path = g_build_filename(g_get_user_config_dir(), "nvirt", "config.json", NULL);
	g_autoptr(GError) error = NULL;
	gsize len = 0;
	g_autofree char *text = small_file_read(path, JSON_TEXT_MAX_BYTES, &len, &error);
	if (text)
		return config_parse(text, len, path);
	struct config *config = config_new();
	if (!g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
		g_ptr_array_add(config->problems, text_clean(error->message, -1));
	return config;
}
