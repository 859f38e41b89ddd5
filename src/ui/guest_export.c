/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of guests as CSV (RFC 4180) or JSON, and the form that asks for a file: see guest_cells.h. */
#include <json-c/json.h>
#include <string.h>

#include "app.h"
#include "form.h"
#include "guest_cells.h"
#include "look.h"
#include "nvirt/files.h"
#include "save_form.h"

/* Shapes and bars say nothing that the other columns do not. */
static bool exported(enum guest_column column)
{
	return column != GUEST_COL_STATE && column != GUEST_COL_BAR;
}

/* "memory_bytes": the unit stands in the name. */
static const char *field_name(enum guest_column column)
{
	static const char *const names[GUEST_COL_N] = {
	        [GUEST_COL_CPU] = "cpu_pct",
	        [GUEST_COL_MEMORY] = "memory_bytes",
	        [GUEST_COL_ALLOCATED] = "given_bytes",
	        [GUEST_COL_DISK] = "disk_bytes_per_second",
	        [GUEST_COL_NET] = "net_bytes_per_second",
	        [GUEST_COL_UPTIME] = "uptime_seconds",
	        [GUEST_COL_SINCE] = "since_seconds",
	};

	return names[column] ? names[column] : guest_column_word(column);
}

static gint64 uptime_s(const struct guest *guest)
{
	return guest->started_unix_us ? (look_wall_us() - guest->started_unix_us) / G_USEC_PER_SEC : -1;
}

/* Is the column a figure? Then it, in plain units; < 0 = not known. */
static bool figure(const struct app *app, const struct guest *guest, enum guest_column column, double *ret)
{
	bool active = guest_state_active(guest->state);

	switch (column) {
	case GUEST_COL_CPU:
		*ret = active ? guest->cpu_pct : -1;
		return true;
	case GUEST_COL_MEMORY:
		*ret = guest->rss_kib ? (double)guest->rss_kib * 1024 : -1;
		return true;
	case GUEST_COL_ALLOCATED:
		*ret = guest->memory_kib ? (double)guest->memory_kib * 1024 : -1;
		return true;
	case GUEST_COL_VCPUS:
		*ret = guest->vcpus ? (double)guest->vcpus : -1;
		return true;
	case GUEST_COL_ID:
		*ret = guest->id;
		return true;
	case GUEST_COL_SINCE:
		*ret = guest->state_us ? (double)((app_now_us(app) - guest->state_us) / G_USEC_PER_SEC) : -1;
		return true;
	case GUEST_COL_DISK:
		*ret = active ? guest_disk_bps(guest, app_now_us(app)) : -1;
		return true;
	case GUEST_COL_NET:
		*ret = active ? guest_net_bps(guest, app_now_us(app)) : -1;
		return true;
	case GUEST_COL_UPTIME:
		*ret = active ? (double)uptime_s(guest) : -1;
		return true;
	case GUEST_COL_STATE:
	case GUEST_COL_NAME:
	case GUEST_COL_WORD:
	case GUEST_COL_BAR:
	case GUEST_COL_FLAGS:
	case GUEST_COL_IP:
	case GUEST_COL_TAGS:
	case GUEST_COL_TITLE:
	case GUEST_COL_AUTOSTART:
	case GUEST_COL_SCREEN:
	case GUEST_COL_HOST:
	case GUEST_COL_UUID:
	case GUEST_COL_N:
		break;
	}
	return false;
}

/* A dot, whatever the locale. */
static void format_figure(double value, char *out, gsize size)
{
	g_ascii_formatd(out, (gint)size, value == (double)(gint64)value ? "%.0f" : "%.1f", value);
}

/* ---- CSV ---- */

static void append_quoted(GString *out, const char *text)
{
	bool plain = !strpbrk(text, ",\"\r\n") && *text != ' ';

	if (plain) {
		g_string_append(out, text);
		return;
	}
	g_string_append_c(out, '"');
	for (; *text; text++) {
		if (*text == '"')
			g_string_append_c(out, '"');
		g_string_append_c(out, *text);
	}
	g_string_append_c(out, '"');
}

static void append_cell(GString *out, const struct app *app, const struct guest *guest, enum guest_column column)
{
	char number[G_ASCII_DTOSTR_BUF_SIZE];
	double value;

	if (figure(app, guest, column, &value)) {
		if (value < 0)
			return;
		format_figure(value, number, sizeof(number));
		g_string_append(out, number);
		return;
	}
	g_autofree char *text = guest_cell_text(app, guest, column);
	append_quoted(out, strcmp(text, "-") ? text : "");
}

char *guest_export_csv(const struct guest_export *export, unsigned *ret_guests)
{
	GString *out = g_string_new(NULL);
	bool grouped = export->rows->group != GUEST_GROUP_NONE;
	unsigned guests = 0;

	for (unsigned i = 0, n = 0; i < export->count; i++)
		if (exported(export->columns[i]))
			g_string_append_printf(out, "%s%s", n++ ? "," : "", field_name(export->columns[i]));
	g_string_append(out, grouped ? ",group\r\n" : "\r\n");
	for (unsigned i = 0; i < guest_rows_count(export->rows); i++) {
		struct guest_line line = guest_rows_line(export->rows, i);

		for (unsigned j = 0, n = 0; line.guest && j < export->count; j++) {
			if (!exported(export->columns[j]))
				continue;
			g_string_append(out, n++ ? "," : "");
			append_cell(out, export->app, line.guest, export->columns[j]);
		}
		if (!line.guest)
			continue;
		guests++;
		g_string_append(out, grouped ? "," : "");
		append_quoted(out, grouped ? guest_group_title(line.group) : "");
		g_string_append(out, "\r\n");
	}
	*ret_guests = guests;
	return g_string_free(out, FALSE);
}

/* ---- JSON ---- */

static struct json_object *json_cell(const struct app *app, const struct guest *guest, enum guest_column column)
{
	char number[G_ASCII_DTOSTR_BUF_SIZE];
	double value;

	if (figure(app, guest, column, &value)) {
		if (value < 0)
			return NULL;
		format_figure(value, number, sizeof(number));
		return json_object_new_double_s(value, number);
	}
	if (column == GUEST_COL_AUTOSTART)
		return json_object_new_boolean(guest->flags & GUEST_AUTOSTART);
	g_autofree char *text = guest_cell_text(app, guest, column);
	return strcmp(text, "-") ? json_object_new_string(text) : NULL;
}

char *guest_export_json(const struct guest_export *export, unsigned *ret_guests)
{
	struct json_object *list = json_object_new_array();
	char *text;

	for (unsigned i = 0; i < guest_rows_count(export->rows); i++) {
		struct guest_line line = guest_rows_line(export->rows, i);
		struct json_object *object;

		if (!line.guest)
			continue;
		object = json_object_new_object();
		for (unsigned j = 0; j < export->count; j++)
			if (exported(export->columns[j]))
				json_object_object_add(object, field_name(export->columns[j]),
				        json_cell(export->app, line.guest, export->columns[j]));
		if (line.group)
			json_object_object_add(object, "group", json_object_new_string(guest_group_title(line.group)));
		json_object_array_add(list, object);
	}
	*ret_guests = (unsigned)json_object_array_length(list);
	text = g_strconcat(json_object_to_json_string_ext(list,
	                           JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE),
	        "\n", NULL);
	json_object_put(list);
	return text;
}

/* ---- the form ---- */

static char *export_path(const struct store *store, const struct obj_ref *ref)
{
	(void)store;
	(void)ref;
	return g_build_filename(g_get_home_dir(), "guests.csv", NULL);
}

static const struct param export_params[] = {
        {.name = "file",
                .title = "File",
                .help = "On this machine; JSON where it ends in .json, else CSV.",
                .type = PARAM_PATH,
                .required = true,
                .current = export_path},
        SAVE_PARAM_REPLACE,
        {.name = NULL},
};

/* No row of the table of actions: it asks no host for anything. */
static const struct action export_action = {
        .verb = "export",
        .title = "Export",
        .help = "Writes the table as it is shown.",
        .kind = OBJ_HOST,
        .params = export_params,
};

/* Takes args. */
static void export_asked(struct app *app, struct args *args, void *data)
{
	guest_export_table table = (guest_export_table)data;
	const char *path = args ? args_get(args, "file") : NULL;
	struct guest_export export;
	unsigned guests = 0;

	if (path && app->inbox && table(app, &export)) {
		char *text = g_str_has_suffix(path, ".json") ? guest_export_json(&export, &guests)
		                                             : guest_export_csv(&export, &guests);
		g_autoptr(GBytes) bytes = g_bytes_new_take(text, strlen(text));
		g_autofree char *what = g_strdup_printf("%u guest%s", guests, guests == 1 ? "" : "s");

		file_export(app->inbox, path, bytes, args_get_bool(args, "replace", false), what);
	}
	args_free(args);
}

void guest_export_ask(struct app *app, const struct obj_ref *ref, guest_export_table table)
{
	struct form_options options = {.action = &export_action, .ref = ref, .done = export_asked, .data = (void *)table};

	app_push_modal(app, form_new(app, &options));
}
