/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The user's configuration: $XDG_CONFIG_HOME/nvirt/config.json. Only read,
 * never written. What is wrong in it is told with file, line, column and key;
 * for that key the default counts, and the rest is used.
 *
 *   {
 *     "hosts": [{"name": "lab", "uri": "qemu+ssh://admin@lab/system", "readonly": true}],
 *     "theme": "nord", "refresh": 2, "ascii": false, "mouse": true, "graphics": "off",
 *     "keys": {"guest.start": "s", "tree.fold": "h Left", "app.quit": "q"},
 *     "columns": {"guests": ["name", "state"]}
 *   }
 */
#ifndef NVIRT_CONFIG_H
#define NVIRT_CONFIG_H

#include <glib.h>
#include <stdbool.h>

struct json_text;

#define REFRESH_MIN_MS 500
#define REFRESH_MAX_MS 3600000

struct config_host {
	char *name, *uri; /* cleaned; name may be "" */
	bool readonly;
};

/* A rebinding as it is written; what the words mean is known where the commands are. */
struct config_key {
	char *command, *keys;
	char *where; /* "FILE:LINE:COLUMN" */
};

enum config_flag { CONFIG_UNSAID = -1, CONFIG_OFF, CONFIG_ON };

/* Pictures of guests' screens in the terminal's own graphics. */
enum config_graphics {
	GRAPHICS_UNSAID,
	GRAPHICS_OFF,
	GRAPHICS_AUTO,  /* the terminal is asked what it has, when there is a picture */
	GRAPHICS_KITTY, /* it is not: the user knows */
	GRAPHICS_SIXEL,
};

/* "off", "auto", "kitty", "sixel". False: none of them. */
bool config_graphics_parse(const char *word, enum config_graphics *ret);

struct config {
	GPtrArray *hosts; /* struct config_host * */
	GPtrArray *keys;  /* struct config_key * */
	char *theme;      /* NULL = not said */
	unsigned refresh_ms; /* 0 = not said */
	enum config_flag ascii, mouse;
	enum config_graphics graphics;
	GPtrArray *problems; /* char *, cleaned */
	struct json_text *text; /* NULL where there is no file */
};

/* From memory, pure. Never NULL: what is wrong is in `problems`. */
struct config *config_parse(const char *text, gsize len, const char *where);
/* An empty one. */
struct config *config_new(void);
void config_free(struct config *config); /* NULL is fine */
void config_problem(struct config *config, const char *where, const char *format, ...) G_GNUC_PRINTF(3, 4);
/* Strings of a list of strings, by its path ("columns/guests"); owned, NULL where there is none such. */
char **config_strings(const struct config *config, const char *path);
/* The host of that name, or NULL. */
const struct config_host *config_host(const struct config *config, const char *name);

/* ---- src/ui/config_file.c ---- */
/* Reads the user's file; a missing one is an empty one. Does not wait for anything. */
struct config *config_load(void);

#endif
