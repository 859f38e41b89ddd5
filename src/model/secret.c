/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts with passwords in them: see secret.h. Pure. */
#define _GNU_SOURCE /* explicit_bzero() */
#include "nvirt/secret.h"

#include <stdlib.h>
#include <string.h>

#define MASK "***"

void secret_free(char *secret)
{
	if (!secret)
		return;
	explicit_bzero(secret, strlen(secret));
	g_free(secret);
}

char *secret_take(char *foreign)
{
	char *own = g_strdup(foreign);

	if (foreign)
		explicit_bzero(foreign, strlen(foreign));
	free(foreign);
	return own;
}

/* The next value of a passwd attribute at or behind `at`, and its length; NULL = no more. */
static const char *next_password(const char *at, gsize *ret_len)
{
	while ((at = strstr(at, "passwd"))) {
		const char *value;

		at += strlen("passwd");
		value = at + strspn(at, " \t\r\n");
		if (*value != '=')
			continue;
		value += 1 + strspn(value + 1, " \t\r\n");
		if (*value != '\'' && *value != '"')
			continue;
		const char *end = strchr(value + 1, *value);
		*ret_len = end ? (gsize)(end - value) - 1 : strcspn(value + 1, "\n");
		return value + 1;
	}
	return NULL;
}

static void replace(GString *text, const char *what)
{
	if (*what)
		g_string_replace(text, what, MASK, 0);
}

char *secret_mask(const char *text, const char *xml)
{
	if (!text)
		return NULL;
	GString *out = g_string_new(text);
	gsize len = 0;

	for (const char *at = xml ? next_password(xml, &len) : NULL; at; at = next_password(at + len, &len)) {
		char *password = g_strndup(at, len);

		replace(out, password);
		secret_free(password);
	}
	return g_string_free(out, FALSE);
}
