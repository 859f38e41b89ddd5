/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration's keys: see config.h. One row a key; pure. */
#include "nvirt/config.h"

#include <json-c/json.h>
#include <math.h>
#include <string.h>

#include "nvirt/json_text.h"
#include "nvirt/text.h"

static void host_free(gpointer data)
{
	struct config_host *host = data;
	g_free(host->name);
	g_free(host->uri);
	g_free(host);
}

static void key_free(gpointer data)
{
	struct config_key *key = data;
	g_free(key->command);
	g_free(key->keys);
	g_free(key->where);
	g_free(key);
}

struct config *config_new(void)
{
	struct config *config = g_new0(struct config, 1);
	config->hosts = g_ptr_array_new_with_free_func(host_free);
	config->keys = g_ptr_array_new_with_free_func(key_free);
	config->problems = g_ptr_array_new_with_free_func(g_free);
	config->ascii = config->mouse = CONFIG_UNSAID;
	return config;
}

void config_free(struct config *config)
{
	if (!config)
		return;
	g_ptr_array_unref(config->hosts);
	g_ptr_array_unref(config->keys);
	g_ptr_array_unref(config->problems);
	json_text_free(config->text);
	g_free(config->theme);
	g_free(config);
}

void config_problem(struct config *config, const char *where, const char *format, ...)
{
	va_list ap;
	va_start(ap, format);
	g_autofree char *what = g_strdup_vprintf(format, ap);
	va_end(ap);
	g_autofree char *line = g_strdup_printf("%s: %s", where, what);
	g_ptr_array_add(config->problems, text_clean(line, -1));
}

static void wrong(struct config *config, const char *path, const char *want)
{
	g_autofree char *where = json_text_where(config->text, path);
	config_problem(config, where, "key '%s': %s is wanted; the default is used", path, want);
}

/* ---- values ----------------------------------------------------------------- */

static bool get_string(struct config *config, const char *path, struct json_object *value, char **ret)
{
	const char *text = json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
	if (!text || strlen(text) != (gsize)json_object_get_string_len(value)) {
		wrong(config, path, "a string");
		return false;
	}
	g_free(*ret);
	*ret = text_clean(text, -1);
	return true;
}

static void get_flag(struct config *config, const char *path, struct json_object *value, enum config_flag *ret)
{
	if (json_object_is_type(value, json_type_boolean))
		*ret = json_object_get_boolean(value) ? CONFIG_ON : CONFIG_OFF;
	else
		wrong(config, path, "true or false");
}

/* ---- the keys --------------------------------------------------------------- */

static void read_theme(struct config *config, struct json_object *value)
{
	get_string(config, "theme", value, &config->theme);
}

static void read_ascii(struct config *config, struct json_object *value)
{
	get_flag(config, "ascii", value, &config->ascii);
}

static void read_mouse(struct config *config, struct json_object *value)
{
	get_flag(config, "mouse", value, &config->mouse);
}

bool config_graphics_parse(const char *word, enum config_graphics *ret)
{
	static const char *const words[] = {
	        [GRAPHICS_OFF] = "off", [GRAPHICS_AUTO] = "auto", [GRAPHICS_KITTY] = "kitty", [GRAPHICS_SIXEL] = "sixel"};
	for (gsize i = GRAPHICS_OFF; i < G_N_ELEMENTS(words); i++)
		if (!strcmp(word, words[i])) {
			*ret = (enum config_graphics)i;
			return true;
		}
	return false;
}

static void read_graphics(struct config *config, struct json_object *value)
{
	const char *word = json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
	if (!config_graphics_parse(word, &config->graphics))
		wrong(config, "graphics", "\"off\", \"auto\", \"kitty\" or \"sixel\"");
}

static void read_refresh(struct config *config, struct json_object *value)
{
	bool number = json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_double);
	double ms = number ? json_object_get_double(value) * 1000 : -1;
	if (ms >= REFRESH_MIN_MS && ms <= REFRESH_MAX_MS)
		config->refresh_ms = (unsigned)lround(ms);
	else
		wrong(config, "refresh", "a number of seconds from 0.5 to 3600");
}

static void read_keys(struct config *config, struct json_object *value)
{
	if (!json_object_is_type(value, json_type_object)) {
		wrong(config, "keys", "an object like {\"guest.start\": \"s\"}");
		return;
	}
	json_object_object_foreach(value, command, keys)
	{
		g_autofree char *path = g_strdup_printf("keys/%s", command);
		char *text = NULL;
		if (!get_string(config, path, keys, &text))
			continue;
		struct config_key *key = g_new0(struct config_key, 1);
		key->command = text_clean(command, -1);
		key->keys = text;
		key->where = json_text_where(config->text, path);
		g_ptr_array_add(config->keys, key);
	}
}

static void read_host_member(
        struct config *config, const char *path, const char *name, struct json_object *value, struct config_host *host)
{
	enum config_flag flag = CONFIG_OFF;
	if (!strcmp(name, "name")) {
		get_string(config, path, value, &host->name);
	} else if (!strcmp(name, "uri")) {
		get_string(config, path, value, &host->uri);
	} else if (!strcmp(name, "readonly")) {
		get_flag(config, path, value, &flag);
		host->readonly = flag == CONFIG_ON;
	} else {
		g_autofree char *where = json_text_where(config->text, path);
		config_problem(config, where, "unknown key '%s'", name);
	}
}

static void read_host(struct config *config, const char *path, struct json_object *value)
{
	struct config_host *host = g_new0(struct config_host, 1);
	if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach(value, name, member)
		{
			g_autofree char *below = g_strdup_printf("%s/%s", path, name);
			read_host_member(config, below, name, member, host);
		}
	}
	if (!host->uri) {
		wrong(config, path, "an object with \"uri\"");
		host_free(host);
		return;
	}
	if (!host->name)
		host->name = g_strdup("");
	if (*host->name && config_host(config, host->name)) {
		g_autofree char *where = json_text_where(config->text, path);
		config_problem(config, where, "key '%s': there is a host '%s' already", path, host->name);
		host_free(host);
		return;
	}
	g_ptr_array_add(config->hosts, host);
}

static void read_hosts(struct config *config, struct json_object *value)
{
	if (!json_object_is_type(value, json_type_array)) {
		wrong(config, "hosts", "a list");
		return;
	}
	for (size_t i = 0; i < json_object_array_length(value); i++) {
		g_autofree char *path = g_strdup_printf("hosts/%u", (unsigned)i);
		read_host(config, path, json_object_array_get_idx(value, i));
	}
}

/* What is in it is for the views that have columns: config_strings(). */
static void read_columns(struct config *config, struct json_object *value)
{
	if (!json_object_is_type(value, json_type_object)) {
		wrong(config, "columns", "an object like {\"guests\": [\"name\"]}");
		return;
	}
	json_object_object_foreach(value, view, list)
	{
		g_autofree char *path = g_strdup_printf("columns/%s", view);
		g_auto(GStrv) strings = config_strings(config, path);
		(void)list;
		if (!strings)
			wrong(config, path, "a list of strings");
	}
}

static const struct {
	const char *name;
	void (*read)(struct config *config, struct json_object *value);
} members[] = {
        {"hosts", read_hosts},
        {"theme", read_theme},
        {"refresh", read_refresh},
        {"ascii", read_ascii},
        {"mouse", read_mouse},
        {"graphics", read_graphics},
        {"keys", read_keys},
        {"columns", read_columns},
};

static void read_member(struct config *config, const char *name, struct json_object *value)
{
	for (gsize i = 0; i < G_N_ELEMENTS(members); i++)
		if (!strcmp(members[i].name, name)) {
			members[i].read(config, value);
			return;
		}
	g_autofree char *where = json_text_where(config->text, name);
	config_problem(config, where, "unknown key '%s'", name);
}

struct config *config_parse(const char *text, gsize len, const char *where)
{
	struct config *config = config_new();
	g_autoptr(GError) error = NULL;
	config->text = json_text_parse(text, len, where, &error);
	if (!config->text) {
		g_ptr_array_add(config->problems, text_clean(error->message, -1));
		return config;
	}
	json_object_object_foreach(json_text_root(config->text), name, value)
		read_member(config, name, value);
	return config;
}

/* ---- asking ----------------------------------------------------------------- */

const struct config_host *config_host(const struct config *config, const char *name)
{
	for (guint i = 0; i < config->hosts->len; i++) {
		const struct config_host *host = config->hosts->pdata[i];
		if (*name && !strcmp(host->name, name))
			return host;
	}
	return NULL;
}

static struct json_object *find(const struct config *config, const char *path)
{
	g_auto(GStrv) names = g_strsplit(path, "/", -1);
	struct json_object *at = config->text ? json_text_root(config->text) : NULL;
	for (gsize i = 0; at && names[i]; i++) {
		struct json_object *next = NULL;
		if (!json_object_is_type(at, json_type_object) || !json_object_object_get_ex(at, names[i], &next))
			return NULL;
		at = next;
	}
	return at;
}

char **config_strings(const struct config *config, const char *path)
{
	struct json_object *list = find(config, path);
	if (!json_object_is_type(list, json_type_array))
		return NULL;
	size_t n = json_object_array_length(list);
	g_auto(GStrv) out = g_new0(char *, n + 1);
	for (size_t i = 0; i < n; i++) {
		struct json_object *value = json_object_array_get_idx(list, i);
		if (!json_object_is_type(value, json_type_string))
			return NULL;
		out[i] = text_clean(json_object_get_string(value), -1);
	}
	return g_steal_pointer(&out);
}
