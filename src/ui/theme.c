/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Themes: the built-in one, and JSON files read over it. Main thread, at start
 * and when the user picks another theme; the terminal's abilities are term.c's.
 */
#include "theme.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nvirt/text.h"

enum { THEME_MAX_BYTES = 64 * 1024 };

enum colour {
	DEF = THEME_COLOUR_DEFAULT,
	BLACK = 0,
	RED,
	GREEN,
	YELLOW,
	BLUE,
	MAGENTA,
	CYAN,
	WHITE,
	GREY,
};

static const char *const colour_names[16] = {"black", "red", "green", "yellow", "blue", "magenta", "cyan",
        "white", "bright-black", "bright-red", "bright-green", "bright-yellow", "bright-blue",
        "bright-magenta", "bright-cyan", "bright-white"};

static const struct {
	const char *name;
	unsigned attr;
} attr_names[] = {{"bold", ATTR_BOLD}, {"dim", ATTR_DIM}, {"underline", ATTR_UNDERLINE},
        {"reverse", ATTR_REVERSE}, {"italic", ATTR_ITALIC}};

static const char *const role_names[ROLE_N] = {
#define X(id, name) [id] = name,
        ROLES(X)
#undef X
};

static const struct {
	gunichar utf8;
	char ascii;
} glyphs[GLYPH_N] = {
#define X(id, utf8, ascii) [id] = {utf8, ascii},
        GLYPHS(X)
#undef X
};

const char *role_name(enum role role)
{
	return role < ROLE_N ? role_names[role] : "?";
}

gunichar glyph_char(enum glyph glyph, bool ascii)
{
	return ascii ? (gunichar)glyphs[glyph].ascii : glyphs[glyph].utf8;
}

/* ---- the built-in theme: the terminal's own colours, readable on dark and light ---- */

#define STYLE(f, b, a, m) {.fg = (f), .bg = (b), .attrs = (a), .mono_attrs = (m)}

static const struct style builtin[ROLE_N] = {
        [ROLE_TEXT] = STYLE(DEF, DEF, 0, 0),
        [ROLE_DIM] = STYLE(DEF, DEF, ATTR_DIM, ATTR_DIM),
        [ROLE_BOLD] = STYLE(DEF, DEF, ATTR_BOLD, ATTR_BOLD),
        [ROLE_TITLE] = STYLE(DEF, DEF, ATTR_BOLD, ATTR_BOLD),
        [ROLE_HEADER] = STYLE(DEF, DEF, 0, 0),
        [ROLE_HEADER_LABEL] = STYLE(CYAN, DEF, 0, ATTR_DIM),
        [ROLE_HEADER_VALUE] = STYLE(DEF, DEF, ATTR_BOLD, ATTR_BOLD),
        [ROLE_HEADER_READONLY] = STYLE(YELLOW, DEF, ATTR_BOLD | ATTR_REVERSE, ATTR_BOLD | ATTR_REVERSE),
        [ROLE_HEADER_ALERT] = STYLE(RED, DEF, ATTR_BOLD, ATTR_BOLD | ATTR_REVERSE),
        [ROLE_BORDER] = STYLE(DEF, DEF, ATTR_DIM, ATTR_DIM),
        [ROLE_BORDER_FOCUS] = STYLE(CYAN, DEF, ATTR_BOLD, ATTR_BOLD),
        [ROLE_TREE] = STYLE(DEF, DEF, 0, 0),
        [ROLE_TREE_GUIDE] = STYLE(DEF, DEF, ATTR_DIM, ATTR_DIM),
        [ROLE_TREE_GROUP] = STYLE(DEF, DEF, ATTR_BOLD, ATTR_BOLD),
        [ROLE_TREE_COUNT] = STYLE(DEF, DEF, ATTR_DIM, ATTR_DIM),
        [ROLE_CURSOR] = STYLE(DEF, DEF, ATTR_REVERSE, ATTR_REVERSE),
        [ROLE_CURSOR_UNFOCUSED] = STYLE(DEF, DEF, ATTR_BOLD | ATTR_UNDERLINE, ATTR_BOLD | ATTR_UNDERLINE),
        [ROLE_MARKED] = STYLE(MAGENTA, DEF, ATTR_BOLD, ATTR_BOLD),
        [ROLE_MATCH] = STYLE(DEF, DEF, ATTR_UNDERLINE | ATTR_BOLD, ATTR_UNDERLINE | ATTR_BOLD),
        [ROLE_TAB] = STYLE(DEF, DEF, 0, 0),
        [ROLE_TAB_ACTIVE] = STYLE(CYAN, DEF, ATTR_BOLD | ATTR_REVERSE, ATTR_BOLD | ATTR_REVERSE),
        [ROLE_TABLE_HEADER] = STYLE(CYAN, DEF, 0, ATTR_BOLD),
        [ROLE_TABLE_SORT] = STYLE(CYAN, DEF, ATTR_BOLD | ATTR_UNDERLINE, ATTR_BOLD | ATTR_UNDERLINE),
        [ROLE_LABEL] = STYLE(CYAN, DEF, 0, ATTR_DIM),
        [ROLE_STALE] = STYLE(DEF, DEF, ATTR_DIM, ATTR_DIM),
        [ROLE_RUNNING] = STYLE(GREEN, DEF, 0, ATTR_BOLD),
        [ROLE_PAUSED] = STYLE(YELLOW, DEF, 0, 0),
        [ROLE_STOPPED] = STYLE(DEF, DEF, ATTR_DIM, ATTR_DIM),
        [ROLE_SHUTDOWN] = STYLE(YELLOW, DEF, 0, 0),
        [ROLE_CRASHED] = STYLE(RED, DEF, ATTR_BOLD, ATTR_REVERSE),
        [ROLE_ERROR] = STYLE(RED, DEF, ATTR_BOLD, ATTR_REVERSE),
        [ROLE_UNKNOWN] = STYLE(DEF, DEF, ATTR_DIM, ATTR_DIM),
        [ROLE_OK] = STYLE(GREEN, DEF, 0, 0),
        [ROLE_WARN] = STYLE(YELLOW, DEF, ATTR_BOLD, ATTR_BOLD),
        [ROLE_CRIT] = STYLE(RED, DEF, ATTR_BOLD, ATTR_BOLD | ATTR_REVERSE),
        [ROLE_BAR_USED] = STYLE(GREEN, DEF, 0, 0),
        [ROLE_BAR_FREE] = STYLE(DEF, DEF, ATTR_DIM, ATTR_DIM),
        [ROLE_TASK_RUNNING] = STYLE(CYAN, DEF, ATTR_BOLD, ATTR_BOLD),
        [ROLE_TASK_OK] = STYLE(GREEN, DEF, 0, 0),
        [ROLE_TASK_WARN] = STYLE(YELLOW, DEF, 0, ATTR_BOLD),
        [ROLE_TASK_ERROR] = STYLE(RED, DEF, ATTR_BOLD, ATTR_BOLD | ATTR_REVERSE),
        [ROLE_TASK_ABORTED] = STYLE(YELLOW, DEF, 0, ATTR_DIM),
        [ROLE_DIALOG] = STYLE(DEF, DEF, 0, 0),
        [ROLE_DIALOG_FIELD] = STYLE(DEF, DEF, ATTR_UNDERLINE, ATTR_UNDERLINE),
        [ROLE_DIALOG_FIELD_FOCUS] = STYLE(CYAN, DEF, ATTR_UNDERLINE | ATTR_BOLD, ATTR_UNDERLINE | ATTR_BOLD),
        [ROLE_DIALOG_BUTTON] = STYLE(DEF, DEF, 0, 0),
        [ROLE_DIALOG_BUTTON_FOCUS] = STYLE(DEF, DEF, ATTR_REVERSE | ATTR_BOLD, ATTR_REVERSE | ATTR_BOLD),
        [ROLE_DIALOG_DANGER] = STYLE(RED, DEF, ATTR_BOLD, ATTR_BOLD),
        [ROLE_KEY] = STYLE(CYAN, DEF, ATTR_BOLD, ATTR_BOLD),
        [ROLE_KEY_LABEL] = STYLE(DEF, DEF, 0, 0),
        [ROLE_XML_TAG] = STYLE(CYAN, DEF, 0, ATTR_BOLD),
        [ROLE_XML_VALUE] = STYLE(GREEN, DEF, 0, 0),
};

void theme_init_builtin(struct theme *theme)
{
	theme->name = g_strdup("built-in");
	memcpy(theme->styles, builtin, sizeof(builtin));
}

void theme_fini(struct theme *theme)
{
	g_clear_pointer(&theme->name, g_free);
}

/* ---- reading ---------------------------------------------------------------- */

struct reader {
	const char *text, *where;
	struct json_object *palette;
	GPtrArray *warnings;
	struct style styles[ROLE_N];
	bool set[ROLE_N];
};

static unsigned line_of(const char *text, gsize at)
{
	unsigned line = 1;
	for (gsize i = 0; i < at && text[i]; i++)
		line += text[i] == '\n';
	return line;
}

static void warn(struct reader *reader, const char *word, const char *format, ...) G_GNUC_PRINTF(3, 4);
static void warn(struct reader *reader, const char *word, const char *format, ...)
{
	if (!reader->warnings)
		return;
	g_autofree char *quoted = g_strdup_printf("\"%s\"", word);
	const char *at = strstr(reader->text, quoted);
	va_list ap;
	va_start(ap, format);
	g_autofree char *what = g_strdup_vprintf(format, ap);
	va_end(ap);
	g_autofree char *line = g_strdup_printf(
	        "%s:%u: %s", reader->where, at ? line_of(reader->text, (gsize)(at - reader->text)) : 1, what);
	g_ptr_array_add(reader->warnings, text_clean(line, -1));
}

static bool parse_hex(const char *text, int *ret)
{
	guint64 rgb = 0;
	if (strlen(text) != 7 || !g_ascii_string_to_unsigned(text + 1, 16, 0, 0xffffff, &rgb, NULL))
		return false;
	*ret = 0x1000000 | (int)rgb;
	return true;
}

/* "default", a name, "#rrggbb", "$palette" or a number 0..255. */
static bool parse_colour(struct reader *reader, struct json_object *value, int depth, int *ret)
{
	if (json_object_is_type(value, json_type_int)) {
		int n = json_object_get_int(value);
		return n >= 0 && n <= 255 ? (*ret = n, true) : false;
	}
	if (!json_object_is_type(value, json_type_string))
		return false;
	const char *text = json_object_get_string(value);
	if (!strcmp(text, "default"))
		return *ret = THEME_COLOUR_DEFAULT, true;
	if (text[0] == '#')
		return parse_hex(text, ret);
	if (text[0] == '$') {
		struct json_object *named = NULL;
		if (depth > 0 || !json_object_object_get_ex(reader->palette, text + 1, &named))
			return false;
		return parse_colour(reader, named, depth + 1, ret);
	}
	for (int i = 0; i < 16; i++)
		if (!strcmp(colour_names[i], text))
			return *ret = i, true;
	return false;
}

static void read_colour(
        struct reader *reader, const char *role, struct json_object *object, const char *key, int *ret)
{
	struct json_object *value = NULL;
	if (json_object_object_get_ex(object, key, &value) && !parse_colour(reader, value, 0, ret))
		warn(reader, role, "role '%s': '%s' is no colour for '%s'", role,
		        value ? json_object_get_string(value) : "null", key);
}

static void read_attrs(
        struct reader *reader, const char *role, struct json_object *object, const char *key, unsigned *ret)
{
	struct json_object *list = NULL;
	if (!json_object_object_get_ex(object, key, &list))
		return;
	if (!json_object_is_type(list, json_type_array)) {
		warn(reader, role, "role '%s': '%s' wants a list", role, key);
		return;
	}
	*ret = 0;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		const char *name = json_object_get_string(json_object_array_get_idx(list, i));
		unsigned attr = 0;
		for (gsize n = 0; n < G_N_ELEMENTS(attr_names); n++)
			if (name && !strcmp(attr_names[n].name, name))
				attr = attr_names[n].attr;
		if (!attr)
			warn(reader, role, "role '%s': unknown attribute '%s'", role, name ? name : "null");
		*ret |= attr;
	}
}

static int role_by_name(const char *name)
{
	for (int i = 0; i < ROLE_N; i++)
		if (!strcmp(role_names[i], name))
			return i;
	return -1;
}

static void read_role(struct reader *reader, const char *name, struct json_object *object)
{
	int role = role_by_name(name);
	if (role < 0) {
		warn(reader, name, "unknown role '%s'", name);
		return;
	}
	if (!json_object_is_type(object, json_type_object)) {
		warn(reader, name, "role '%s' wants an object", name);
		return;
	}
	struct style style = {.fg = DEF, .bg = DEF, .mono_attrs = builtin[role].mono_attrs};
	read_colour(reader, name, object, "fg", &style.fg);
	read_colour(reader, name, object, "bg", &style.bg);
	read_attrs(reader, name, object, "attr", &style.attrs);
	read_attrs(reader, name, object, "mono", &style.mono_attrs);
	reader->styles[role] = style;
	reader->set[role] = true;
}

/* The nearest ancestor the file names, or -1. */
static int set_ancestor(const struct reader *reader, int role)
{
	g_autofree char *name = g_strdup(role_names[role]);
	for (char *dot = strrchr(name, '.'); dot; dot = strrchr(name, '.')) {
		*dot = '\0';
		int parent = role_by_name(name);
		if (parent >= 0 && reader->set[parent])
			return parent;
	}
	return -1;
}

static void resolve(const struct reader *reader, struct theme *theme)
{
	for (int i = 0; i < ROLE_N; i++) {
		int from = reader->set[i] ? i : set_ancestor(reader, i);
		theme->styles[i] = from >= 0 ? reader->styles[from] : builtin[i];
		if (from >= 0 && from != i)
			theme->styles[i].mono_attrs = builtin[i].mono_attrs;
	}
}

static struct json_object *parse_json(const char *json, gsize len, const char *where, GError **error)
{
	struct json_tokener *tokener = json_tokener_new_ex(16);
	json_tokener_set_flags(tokener, JSON_TOKENER_VALIDATE_UTF8);
	struct json_object *root = json_tokener_parse_ex(tokener, json, (int)len);
	enum json_tokener_error code = json_tokener_get_error(tokener);
	gsize at = MIN(json_tokener_get_parse_end(tokener), len);
	json_tokener_free(tokener);
	bool rest = false;
	for (gsize i = at; i < len && code == json_tokener_success; i++)
		rest |= !g_ascii_isspace(json[i]);
	if (code == json_tokener_success && !rest && json_object_is_type(root, json_type_object))
		return root;
	const char *why = code == json_tokener_continue ? "the file ends too early"
	                  : code != json_tokener_success ? json_tokener_error_desc(code)
	                  : rest                         ? "something follows the end"
	                                                 : "an object is wanted";
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s:%u: %s", where, line_of(json, at), why);
	json_object_put(root);
	return NULL;
}

bool theme_parse(struct theme *theme, const char *json, gsize len, const char *where, GPtrArray *warnings,
        GError **error)
{
	g_autofree char *text = g_strndup(json, len);
	if (strlen(text) != len || len > THEME_MAX_BYTES) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s:1: %s", where,
		        len > THEME_MAX_BYTES ? "too large" : "a NUL byte in it");
		return false;
	}
	struct json_object *root = parse_json(text, len, where, error);
	if (!root)
		return false;
	struct reader reader = {.text = text, .where = where, .warnings = warnings};
	struct json_object *roles = NULL, *name = NULL;
	json_object_object_get_ex(root, "palette", &reader.palette);
	if (!json_object_is_type(reader.palette, json_type_object))
		reader.palette = NULL;
	if (json_object_object_get_ex(root, "roles", &roles) && json_object_is_type(roles, json_type_object)) {
		json_object_object_foreach(roles, role, value)
			read_role(&reader, role, value);
	} else {
		warn(&reader, "roles", "no \"roles\" in it");
	}
	resolve(&reader, theme);
	if (json_object_object_get_ex(root, "name", &name) && json_object_is_type(name, json_type_string)) {
		g_free(theme->name);
		theme->name = text_clean(json_object_get_string(name), -1);
	}
	json_object_put(root);
	return true;
}

/* ---- files ------------------------------------------------------------------ */

/* A FIFO, a device or a directory under that name must not hold us up. */
static char *read_small_file(const char *path, gsize *ret_len, GError **error)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) < 0) {
		int saved = errno;
		g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(saved), "cannot open '%s': %s", path,
		        g_strerror(saved));
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	g_autofree char *text = g_malloc(THEME_MAX_BYTES + 2);
	ssize_t n = S_ISREG(st.st_mode) ? read(fd, text, THEME_MAX_BYTES + 1) : -1;
	close(fd);
	if (n < 0 || n > THEME_MAX_BYTES) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "cannot read '%s': %s", path,
		        n < 0 ? "not a regular file" : "larger than 64 KiB");
		return NULL;
	}
	text[n] = '\0';
	*ret_len = (gsize)n;
	return g_steal_pointer(&text);
}

static char *source_tree(void)
{
	g_autofree char *exe = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *dir = exe ? g_path_get_dirname(exe) : g_strdup(".");
	return g_build_filename(dir, "..", "themes", NULL);
}

static char *find_file(const char *name)
{
	g_autofree char *file = g_strconcat(name, ".json", NULL);
	g_autofree char *tree = source_tree();
	g_autofree char *user = g_build_filename(g_get_user_config_dir(), "nvirt", "themes", NULL);
	const char *const dirs[] = {user, NVIRT_DATADIR "/themes", tree};
	for (gsize i = 0; i < G_N_ELEMENTS(dirs); i++) {
		g_autofree char *path = g_build_filename(dirs[i], file, NULL);
		if (access(path, F_OK) == 0)
			return g_steal_pointer(&path);
	}
	return NULL;
}

bool theme_load(struct theme *theme, const char *name, GPtrArray *warnings, GError **error)
{
	theme_init_builtin(theme);
	if (!name || !*name || strchr(name, '/') || name[0] == '.') {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "'%s' is no name of a theme", name ? name : "");
		return false;
	}
	g_autofree char *path = find_file(name);
	if (!path) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
		        "no theme '%s' in ~/.config/nvirt/themes or %s/themes", name, NVIRT_DATADIR);
		return false;
	}
	gsize len = 0;
	g_autofree char *json = read_small_file(path, &len, error);
	return json && theme_parse(theme, json, len, path, warnings, error);
}
