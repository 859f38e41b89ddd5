/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of clones that are made at once: see clone_names.h. */
#include "backend/clone_names.h"

#include <string.h>

#include "backend/conn.h"
#include "backend/op_util.h"

static char *numbered(const char *pattern, unsigned number)
{
	const char *run = strchr(pattern, '#');

	if (!run)
		return g_strdup_printf("%s-%u", pattern, number);
	size_t digits = strspn(run, "#");
	return g_strdup_printf("%.*s%0*u%s", (int)(run - pattern), pattern, (int)MIN(digits, 9), number, run + digits);
}

char **clone_names_make(const char *pattern, unsigned count)
{
	char **names = g_new0(char *, count + 1);

	for (unsigned i = 0; i < count; i++)
		names[i] = count == 1 ? g_strdup(pattern) : numbered(pattern, i + 1);
	return names;
}

static bool check_name(virConnectPtr conn, const char *name, GError **error)
{
	g_autoptr(virDomain) dom = NULL;

	if (op_name_is_unsafe(name)) {
		g_set_error(error, CONN_ERROR, VIR_ERR_INVALID_ARG,
		        "cannot make '%s': a name that is empty, '.', '..' or holds '/' leads libvirt out of its directories",
		        name);
		return false;
	}
	dom = virDomainLookupByName(conn, name);
	if (dom)
		g_set_error(error, CONN_ERROR, VIR_ERR_OPERATION_INVALID,
		        "cannot make '%s': a guest has that name already; choose another", name);
	else if (virGetLastErrorCode() != VIR_ERR_NO_DOMAIN)
		conn_set_error(error, "cannot look whether '%s' is there", name);
	return !dom && virGetLastErrorCode() == VIR_ERR_NO_DOMAIN;
}

unsigned clone_count(const struct args *args)
{
	const char *text = args_get(args, "count");
	guint64 count = 0;

	if (!text || !*text)
		return 1;
	return g_ascii_string_to_unsigned(text, 10, 1, CLONE_COUNT_MAX, &count, NULL) ? (unsigned)count : 0;
}

char **clone_names(virConnectPtr conn, const struct args *args, GError **error)
{
	const char *pattern = args_get(args, "name");
	unsigned count = clone_count(args);

	if (!pattern || !count) {
		g_set_error(error, CONN_ERROR, VIR_ERR_INVALID_ARG,
		        "cannot clone: a name and a number of clones from 1 to %d are wanted, not '%s' and '%s'", CLONE_COUNT_MAX,
		        pattern ? pattern : "", args_get(args, "count"));
		return NULL;
	}
	g_auto(GStrv) names = clone_names_make(pattern, count);
	for (unsigned i = 0; names[i]; i++)
		if (!check_name(conn, names[i], error))
			return NULL;
	return g_steal_pointer(&names);
}
