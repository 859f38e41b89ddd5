/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arguments of an action, checked against its parameters, from a form and from
 * the command line alike. Pure.
 */
#include "action_private.h"

#include "nvirt/text.h"

#include <string.h>

#define SECONDS_MAX 86400
#define NAME_MAX_BYTES 200
#define PATH_MAX_BYTES 4095

static bool wrong(const struct param *param, const char *value, const char *wanted, GError **error)
{
	g_autofree char *clean = text_clean(value, -1);
	g_autofree char *shown = text_cut(clean, 60, "...");

	g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "'%s': '%s' is not accepted: %s",
	        param->name, shown, wanted);
	return false;
}

/* Text that libvirt's XML can carry. */
static bool is_text(const char *value, bool lines)
{
	if (!g_utf8_validate(value, -1, NULL))
		return false;
	for (const char *p = value; *p; p = g_utf8_next_char(p)) {
		gunichar ch = g_utf8_get_char(p);

		if (lines && (ch == '\n' || ch == '\t'))
			continue;
		if (ch < 0x20 || ch == 0x7f || ch == 0xfffe || ch == 0xffff)
			return false;
	}
	return true;
}

static bool check_bool(const struct param *param, struct args *args, const char *value, GError **error)
{
	static const char *const yes[] = {"yes", "on", "true", "1", NULL};
	static const char *const no[] = {"no", "off", "false", "0", NULL};

	if (!g_strv_contains(yes, value) && !g_strv_contains(no, value))
		return wrong(param, value, "'yes' or 'no' is wanted", error);
	args_set(args, param->name, g_strv_contains(yes, value) ? "yes" : "no");
	return true;
}

static bool check_choice(const struct param *param, const char *value, GError **error)
{
	g_auto(GStrv) choices = g_strsplit(param->choices, "|", -1);
	g_autofree char *list = NULL, *wanted = NULL;

	if (g_strv_contains((const char *const *)choices, value))
		return true;
	list = g_strjoinv("', '", choices);
	wanted = g_strdup_printf("one of '%s' is wanted", list);
	return wrong(param, value, wanted, error);
}

static bool check_seconds(const struct param *param, const char *value, GError **error)
{
	if (g_ascii_string_to_unsigned(value, 10, 0, SECONDS_MAX, NULL, NULL))
		return true;
	return wrong(param, value, "a whole number of seconds from 0 to 86400 is wanted", error);
}

static bool check_number(const struct param *param, const char *value, GError **error)
{
	if (g_ascii_string_to_unsigned(value, 10, 0, G_MAXINT32, NULL, NULL))
		return true;
	return wrong(param, value, "a whole number, 0 or more, is wanted", error);
}

static bool check_size(const struct param *param, const char *value, GError **error)
{
	guint64 bytes;

	return text_parse_size(value, &bytes) ||
	       wrong(param, value, "a size with its unit is wanted, such as '768 MiB' or '1.5G'", error);
}

static bool check_path(const struct param *param, const char *value, GError **error)
{
	if (*value != '/')
		return wrong(param, value, "an absolute path on the host is wanted, such as '/var/tmp/x'",
		        error);
	if (strlen(value) > PATH_MAX_BYTES || !is_text(value, false))
		return wrong(param, value, "a path without control characters is wanted", error);
	if (value[strlen(value) - 1] == '/')
		return wrong(param, value, "a file is wanted, not a directory", error);
	return true;
}

/* What libvirt takes, without what its files and virsh's words can not carry. */
static bool check_name(const struct param *param, const char *value, GError **error)
{
	if (strchr(value, '/') || strcmp(value, ".") == 0 || strcmp(value, "..") == 0)
		return wrong(param, value, "a name without '/' that is not '.' or '..' is wanted", error);
	if (*value == '-')
		return wrong(param, value, "a name that does not begin with '-' is wanted", error);
	if (strlen(value) > NAME_MAX_BYTES)
		return wrong(param, value, "a name of at most 200 bytes is wanted", error);
	if (!is_text(value, false) || strspn(value, " ") == strlen(value))
		return wrong(param, value, "a name with letters and without control characters is wanted",
		        error);
	return true;
}

static bool check_text(const struct param *param, const char *value, bool lines, GError **error)
{
	if (is_text(value, lines))
		return true;
	return wrong(param, value,
	        lines ? "valid UTF-8 without control characters is wanted"
	              : "one line of valid UTF-8 without control characters is wanted",
	        error);
}

static bool check_value(const struct param *param, struct args *args, const char *value, GError **error)
{
	switch (param->type) {
	case PARAM_STRING:
		return check_text(param, value, false, error);
	case PARAM_TEXT:
		return check_text(param, value, true, error);
	case PARAM_BOOL:
		return check_bool(param, args, value, error);
	case PARAM_CHOICE:
		return check_choice(param, value, error);
	case PARAM_SECONDS:
		return check_seconds(param, value, error);
	case PARAM_NUMBER:
		return check_number(param, value, error);
	case PARAM_SIZE:
		return check_size(param, value, error);
	case PARAM_PATH:
		return check_path(param, value, error);
	case PARAM_NAME:
		return check_name(param, value, error);
	}
	return true;
}

/* An empty text is a value (it removes the title); an empty number or name is none. */
static bool is_given(const struct param *param, const char *value)
{
	if (!value)
		return false;
	return *value || ((param->type == PARAM_STRING || param->type == PARAM_TEXT) && !param->required);
}

static bool check_param(const struct param *param, struct args *args, GError **error)
{
	const char *value = args_get(args, param->name);

	if (is_given(param, value))
		return check_value(param, args, value, error);
	if (param->required) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "'%s' is needed: %s",
		        param->name, param->help);
		return false;
	}
	args_set(args, param->name, param->fallback);
	return true;
}

struct unknown {
	const struct action *action;
	const char *name;
};

static void find_unknown(const char *name, const char *value G_GNUC_UNUSED, void *data)
{
	struct unknown *unknown = data;

	/* The answer to the plan. */
	if (unknown->action->flags & ACTION_PICK && strcmp(name, "remove") == 0)
		return;
	for (const struct param *param = unknown->action->params; param && param->name; param++)
		if (strcmp(param->name, name) == 0)
			return;
	unknown->name = name;
}

bool action_check_args(const struct action *action, struct args *args, GError **error)
{
	struct unknown unknown = {action, NULL};

	args_foreach(args, find_unknown, &unknown);
	if (unknown.name) {
		g_autofree char *clean = text_clean(unknown.name, -1);

		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION,
		        "'%s' takes no '%s'", action->verb, clean);
		return false;
	}
	for (const struct param *param = action->params; param && param->name; param++)
		if (!check_param(param, args, error))
			return false;
	return true;
}
