/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Theme files: JSON with roles, and a palette of named colours. Main thread, at
 * start and when another theme is chosen.
 */
#include <json-c/json.h>
#include <string.h>
#include <unistd.h>

#include "nvirt/json_text.h"
#include "nvirt/text.h"
#include "small_file.h"
#include "theme.h"

static const char *const colour_names[16] = {"black", "red", "green", "yellow", "blue", "magenta", "cyan",
        "white", "bright-black", "bright-red", "bright-green", "bright-yellow", "bright-blue",
        "bright-magenta", "bright-cyan", "bright-white"};

static const struct {
	const char *name;
	unsigned attr;
} attr_names[] = {{"bold", ATTR_BOLD}, {"dim", ATTR_DIM}, {"underline", ATTR_UNDERLINE},
        {"reverse", ATTR_REVERSE}, {"italic", ATTR_ITALIC}};

/* A role as the file has it. */
struct entry {
	bool set, has_fg, has_bg, has_mono;
	struct style style;
};

struct reader {
	const struct json_text *text;
	struct json_object *palette; /* or NULL */
	GPtrArray *warnings;
	struct entry entries[ROLE_N];
};

static void warn(struct reader *reader, const char *path, const char *format, ...) G_GNUC_PRINTF(3, 4);
static void warn(struct reader *reader, const char *path, const char *format, ...)
{
	if (!reader->warnings)
		return;
	va_list ap;
	va_start(ap, format);
	g_autofree char *what = g_strdup_vprintf(format, ap);
	va_end(ap);
	g_autofree char *where = json_text_where(reader->text, path);
	g_autofree char *line = g_strdup_printf("%s: %s", where, what);
	g_ptr_array_add(reader->warnings, text_clean(line, -1));
}

/* ---- colours ---------------------------------------------------------------- */

static struct colour colour_of(int full)
{
	return (struct colour){full, full & THEME_COLOUR_RGB && full > 0 ? THEME_COLOUR_NONE : full,
	        full < 16 ? full : THEME_COLOUR_NONE};
}

static bool parse_hex(const char *text, struct colour *ret)
{
	guint64 rgb = 0;
	if (strlen(text) != 7 || !g_ascii_string_to_unsigned(text + 1, 16, 0, 0xffffff, &rgb, NULL))
		return false;
	*ret = colour_of(THEME_COLOUR_RGB | (int)rgb);
	return true;
}

static bool parse_plain(struct json_object *value, struct colour *ret)
{
	if (json_object_is_type(value, json_type_int)) {
		int n = json_object_get_int(value);
		return n >= 0 && n <= 255 ? (*ret = colour_of(n), true) : false;
	}
	if (!json_object_is_type(value, json_type_string))
		return false;
	const char *text = json_object_get_string(value);
	if (text[0] == '#')
		return parse_hex(text, ret);
	if (!strcmp(text, "default"))
		return *ret = colour_of(THEME_COLOUR_DEFAULT), true;
	for (int i = 0; i < 16; i++)
		if (!strcmp(colour_names[i], text))
			return *ret = colour_of(i), true;
	return false;
}

/* {"rgb": "#b8bb26", "c256": 142, "c16": "green"}: one colour for terminals of three abilities. */
static bool parse_three(struct json_object *object, struct colour *ret)
{
	struct json_object *value = NULL;
	struct colour out = {THEME_COLOUR_NONE, THEME_COLOUR_NONE, THEME_COLOUR_NONE}, one;
	if (json_object_object_get_ex(object, "c16", &value)) {
		if (!parse_plain(value, &one) || one.full >= 16)
			return false;
		out.c16 = out.full = one.full;
	}
	if (json_object_object_get_ex(object, "c256", &value)) {
		if (!parse_plain(value, &one) || one.full >= 256)
			return false;
		out.c256 = out.full = one.full;
	}
	if (json_object_object_get_ex(object, "rgb", &value)) {
		if (!parse_plain(value, &one))
			return false;
		out.full = one.full;
		if (out.c256 == THEME_COLOUR_NONE)
			out.c256 = one.c256;
	} else if (out.c256 == THEME_COLOUR_NONE) {
		out.c256 = out.full;
	}
	*ret = out;
	return out.full != THEME_COLOUR_NONE;
}

/* Also "$name", from the palette. */
static bool parse_colour(struct reader *reader, struct json_object *value, struct colour *ret)
{
	if (json_object_is_type(value, json_type_object))
		return parse_three(value, ret);
	if (!json_object_is_type(value, json_type_string) || json_object_get_string(value)[0] != '$')
		return parse_plain(value, ret);
	struct json_object *named = NULL;
	if (!json_object_object_get_ex(reader->palette, json_object_get_string(value) + 1, &named))
		return false;
	return json_object_is_type(named, json_type_object) ? parse_three(named, ret) : parse_plain(named, ret);
}

static bool read_colour(struct reader *reader, const char *role, struct json_object *object, const char *key,
        struct colour *ret)
{
	struct json_object *value = NULL;
	if (!json_object_object_get_ex(object, key, &value))
		return false;
	if (parse_colour(reader, value, ret))
		return true;
	g_autofree char *path = g_strdup_printf("roles/%s/%s", role, key);
	warn(reader, path, "role '%s': '%s' is no colour for '%s'", role,
	        value ? json_object_get_string(value) : "null", key);
	return false;
}

/* ---- roles ------------------------------------------------------------------ */

static unsigned attr_by_name(const char *name)
{
	for (gsize i = 0; name && i < G_N_ELEMENTS(attr_names); i++)
		if (!strcmp(attr_names[i].name, name))
			return attr_names[i].attr;
	return 0;
}

/* False where the role says nothing of it. */
static bool read_attrs(
        struct reader *reader, const char *role, struct json_object *object, const char *key, unsigned *ret)
{
	struct json_object *list = NULL;
	g_autofree char *path = g_strdup_printf("roles/%s/%s", role, key);
	if (!json_object_object_get_ex(object, key, &list))
		return false;
	if (!json_object_is_type(list, json_type_array)) {
		warn(reader, path, "role '%s': '%s' wants a list", role, key);
		return false;
	}
	*ret = 0;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		const char *name = json_object_get_string(json_object_array_get_idx(list, i));
		unsigned attr = attr_by_name(name);
		if (!attr)
			warn(reader, path, "role '%s': unknown attribute '%s'", role, name ? name : "null");
		*ret |= attr;
	}
	return true;
}

static void check_keys(struct reader *reader, const char *role, struct json_object *object)
{
	static const char *const known[] = {"fg", "bg", "attr", "mono", NULL};
	json_object_object_foreach(object, key, value)
	{
		(void)value;
		g_autofree char *path = g_strdup_printf("roles/%s/%s", role, key);
		if (!g_strv_contains(known, key))
			warn(reader, path, "role '%s': unknown key '%s'", role, key);
	}
}

static void read_role(struct reader *reader, const char *name, struct json_object *object)
{
	g_autofree char *path = g_strdup_printf("roles/%s", name);
	int role = role_by_name(name);
	if (role < 0) {
		warn(reader, path, "unknown role '%s'", name);
		return;
	}
	if (!json_object_is_type(object, json_type_object)) {
		warn(reader, path, "role '%s' wants an object", name);
		return;
	}
	struct entry *entry = &reader->entries[role];
	entry->set = true;
	check_keys(reader, name, object);
	entry->has_fg = read_colour(reader, name, object, "fg", &entry->style.fg);
	entry->has_bg = read_colour(reader, name, object, "bg", &entry->style.bg);
	read_attrs(reader, name, object, "attr", &entry->style.attrs);
	entry->has_mono = read_attrs(reader, name, object, "mono", &entry->style.mono_attrs);
}

static void check_palette(struct reader *reader)
{
	if (!reader->palette)
		return;
	json_object_object_foreach(reader->palette, name, value)
	{
		g_autofree char *path = g_strdup_printf("palette/%s", name);
		struct colour colour;
		if (!(json_object_is_type(value, json_type_object) ? parse_three(value, &colour)
		                                                   : parse_plain(value, &colour)))
			warn(reader, path, "palette: '%s' is no colour", name);
	}
}

/* ---- fallback --------------------------------------------------------------- */

/* The role above it in the file's own tree of names, or -1. */
static int parent_of(int role)
{
	g_autofree char *name = g_strdup(role_name((enum role)role));
	for (char *dot = strrchr(name, '.'); dot; dot = strrchr(name, '.')) {
		*dot = '\0';
		int parent = role_by_name(name);
		if (parent >= 0)
			return parent;
	}
	return -1;
}

static void take_colour(const struct reader *reader, int role, bool bg, struct colour *io)
{
	for (int up = role; up >= 0; up = parent_of(up)) {
		const struct entry *entry = &reader->entries[up];
		if (!(bg ? entry->has_bg : entry->has_fg))
			continue;
		*io = bg ? entry->style.bg : entry->style.fg;
		return;
	}
	const struct entry *text = &reader->entries[ROLE_TEXT];
	if (bg ? text->has_bg : text->has_fg)
		*io = bg ? text->style.bg : text->style.fg;
}

static bool is_default(const struct colour *colour)
{
	return colour->full == THEME_COLOUR_DEFAULT;
}

/* The nearest role of the file at or above it, or -1. */
static int set_from(const struct reader *reader, int role)
{
	while (role >= 0 && !reader->entries[role].set)
		role = parent_of(role);
	return role;
}

static void resolve_role(const struct reader *reader, int role, struct style *io)
{
	int from = set_from(reader, role);
	if (from >= 0) {
		const struct entry *entry = &reader->entries[from];
		io->fg = io->bg = colour_of(THEME_COLOUR_DEFAULT);
		io->attrs = entry->style.attrs;
		if (from == role && entry->has_mono)
			io->mono_attrs = entry->style.mono_attrs;
	}
	/* What the built-in theme leaves to the terminal is this theme's to say. */
	if (is_default(&io->fg))
		take_colour(reader, role, false, &io->fg);
	if (is_default(&io->bg))
		take_colour(reader, role, true, &io->bg);
}

static void check_members(struct reader *reader, struct json_object *root)
{
	static const char *const known[] = {
	        "name", "author", "license", "variant", "comment", "palette", "roles", NULL};
	json_object_object_foreach(root, key, value)
	{
		(void)value;
		if (!g_strv_contains(known, key))
			warn(reader, key, "unknown key '%s'", key);
	}
}

static void read_roles(struct reader *reader, struct json_object *root)
{
	struct json_object *roles = NULL;
	check_members(reader, root);
	json_object_object_get_ex(root, "palette", &reader->palette);
	if (!json_object_is_type(reader->palette, json_type_object))
		reader->palette = NULL;
	check_palette(reader);
	if (!json_object_object_get_ex(root, "roles", &roles) || !json_object_is_type(roles, json_type_object)) {
		warn(reader, "roles", "no \"roles\" in it");
		return;
	}
	json_object_object_foreach(roles, role, value)
		read_role(reader, role, value);
}

bool theme_parse(struct theme *theme, const char *json, gsize len, const char *where, GPtrArray *warnings,
        GError **error)
{
	struct json_text *text = json_text_parse(json, len, where, error);
	struct json_object *name = NULL;
	if (!text)
		return false;
	struct json_object *root = json_text_root(text);
	struct reader reader = {.text = text, .warnings = warnings};
	read_roles(&reader, root);
	for (int i = 0; i < ROLE_N; i++)
		resolve_role(&reader, i, &theme->styles[i]);
	if (json_object_object_get_ex(root, "name", &name) && json_object_is_type(name, json_type_string)) {
		g_free(theme->name);
		theme->name = text_clean(json_object_get_string(name), -1);
	}
	json_text_free(text);
	return true;
}

/* ---- files ------------------------------------------------------------------ */

/* Where themes are, the user's own first. Owned, NULL-terminated. */
static char **folders(void)
{
	g_autofree char *exe = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *dir = exe ? g_path_get_dirname(exe) : g_strdup(".");
	char **out = g_new0(char *, 4);
	out[0] = g_build_filename(g_get_user_config_dir(), "nvirt", "themes", NULL);
	out[1] = g_strdup(NVIRT_DATADIR "/themes");
	out[2] = g_build_filename(dir, "..", "themes", NULL);
	return out;
}

static char *find_file(const char *name)
{
	g_autofree char *file = g_strconcat(name, ".json", NULL);
	g_auto(GStrv) dirs = folders();
	for (gsize i = 0; dirs[i]; i++) {
		g_autofree char *path = g_build_filename(dirs[i], file, NULL);
		if (access(path, F_OK) == 0)
			return g_steal_pointer(&path);
	}
	return NULL;
}

bool theme_load_file(struct theme *theme, const char *path, GPtrArray *warnings, GError **error)
{
	gsize len = 0;
	theme_init_builtin(theme);
	g_autofree char *json = small_file_read(path, JSON_TEXT_MAX_BYTES, &len, error);
	return json && theme_parse(theme, json, len, path, warnings, error);
}

static bool good_name(const char *name)
{
	return name && *name && !strchr(name, '/') && name[0] != '.';
}

bool theme_load(struct theme *theme, const char *name, GPtrArray *warnings, GError **error)
{
	g_autofree char *path = good_name(name) ? find_file(name) : NULL;
	if (path)
		return theme_load_file(theme, path, warnings, error);
	theme_init_builtin(theme);
	g_autofree char *clean = text_clean(name ? name : "", -1);
	if (!good_name(name))
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "'%s' is no name of a theme", clean);
	else
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
		        "no theme '%s' in ~/.config/nvirt/themes or %s/themes", clean, NVIRT_DATADIR);
	return false;
}

static void add_names(GPtrArray *names, const char *folder)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *entry;
	while (dir && (entry = g_dir_read_name(dir))) {
		if (!g_str_has_suffix(entry, ".json") || !g_utf8_validate(entry, -1, NULL))
			continue;
		g_autofree char *name = g_strndup(entry, strlen(entry) - strlen(".json"));
		g_autofree char *clean = text_clean(name, -1);
		if (good_name(name) && !strcmp(name, clean) &&
		        !g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL))
			g_ptr_array_add(names, g_steal_pointer(&name));
	}
}

static int by_name(gconstpointer a, gconstpointer b)
{
	return text_compare(*(const char *const *)a, *(const char *const *)b);
}

char **theme_names(void)
{
	g_auto(GStrv) dirs = folders();
	GPtrArray *names = g_ptr_array_new();
	for (gsize i = 0; dirs[i]; i++)
		add_names(names, dirs[i]);
	g_ptr_array_sort(names, by_name);
	g_ptr_array_add(names, NULL);
	return (char **)g_ptr_array_free(names, FALSE);
}
