/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is handed to libvirt for what the user asked: see uri.h.
 *
 * libvirt resolves aliases and its default itself. They are looked up here
 * only to learn whether ssh is behind them.
 */
#include "backend/uri.h"

#include <glib.h>
#include <string.h>
#include <unistd.h>

#define LIBVIRT_CONF "/etc/libvirt/libvirt.conf"

/* The first quoted string at or after `from`, before `end`; owned, or NULL. `ret_next` is behind it. */
static char *quoted(const char *from, const char *end, const char **ret_next)
{
	const char *open = strpbrk(from, "\"'");
	const char *close;

	if (open == NULL || open >= end)
		return NULL;
	close = strchr(open + 1, *open);
	if (close == NULL || close >= end)
		return NULL;
	*ret_next = close + 1;
	return g_strndup(open + 1, close - open - 1);
}

/* The value of `key` in libvirt.conf, from behind its '='; NULL = not set. Comments stand on lines of their own. */
static const char *conf_value(const char *conf, const char *key)
{
	for (const char *line = conf; line != NULL && *line != '\0'; line = strchr(line, '\n')) {
		line += strspn(line, " \t\r\n");
		if (!g_str_has_prefix(line, key))
			continue;
		line += strlen(key);
		line += strspn(line, " \t");
		if (*line == '=')
			return line + 1;
	}
	return NULL;
}

static char *conf_default(const char *conf)
{
	const char *value = conf_value(conf, "uri_default");
	const char *next;

	return value != NULL ? quoted(value, value + strcspn(value, "\n"), &next) : NULL;
}

/* The target of "name=target" among uri_aliases, owned, or NULL. */
static char *conf_alias(const char *conf, const char *name)
{
	const char *at = conf_value(conf, "uri_aliases");
	const char *end = at != NULL ? at + strcspn(at, "]") : NULL;
	gsize len = strlen(name);

	while (at != NULL) {
		g_autofree char *entry = quoted(at, end, &at);

		if (entry == NULL)
			return NULL;
		if (strncmp(entry, name, len) == 0 && entry[len] == '=')
			return g_strdup(entry + len + 1);
	}
	return NULL;
}

char *uri_driver(const char *uri)
{
	const char *colon = strstr(uri, "://");

	return colon != NULL ? g_strndup(uri, MIN((gsize)(colon - uri), strcspn(uri, "+"))) : g_strdup("");
}

char *uri_transport(const char *uri)
{
	const char *colon = strstr(uri, "://");
	const char *plus = strchr(uri, '+');

	if (colon == NULL || plus == NULL || plus > colon)
		return g_strdup("");
	return g_strndup(plus + 1, colon - plus - 1);
}

char *uri_server(const char *uri, bool with_user)
{
	const char *start = strstr(uri, "://");
	g_autofree char *server = NULL;
	const char *at;
	char *port;

	if (start == NULL)
		return g_strdup("");
	start += 3;
	server = g_strndup(start, strcspn(start, "/?#"));
	at = strrchr(server, '@');
	port = strrchr(server, ':');
	if (port != NULL && strchr(port, ']') == NULL && (at == NULL || port > at))
		*port = '\0';
	return g_strdup(at != NULL && !with_user ? at + 1 : server);
}

unsigned uri_port(const char *uri)
{
	const char *start = strstr(uri, "://");
	g_autofree char *server = start != NULL ? g_strndup(start + 3, strcspn(start + 3, "/?#")) : NULL;
	const char *colon = server != NULL ? strrchr(server, ':') : NULL;
	guint64 port = 0;

	if (colon == NULL || strchr(colon, ']') != NULL)
		return 0;
	return g_ascii_string_to_unsigned(colon + 1, 10, 1, 65535, &port, NULL) ? (unsigned)port : 0;
}

char *uri_param(const char *uri, const char *name)
{
	const char *at = strchr(uri, '?');
	gsize length = strlen(name);

	while (at != NULL) {
		at++;
		if (strncmp(at, name, length) == 0 && at[length] == '=') {
			g_autofree char *raw = g_strndup(at + length + 1, strcspn(at + length + 1, "&;#"));

			return g_uri_unescape_string(raw, NULL);
		}
		at = strpbrk(at, "&;");
	}
	return NULL;
}

bool uri_is_local(const char *uri)
{
	g_autofree char *server = uri_server(uri, false);
	g_autofree char *transport = uri_transport(uri);

	return *server == '\0' && (*transport == '\0' || strcmp(transport, "unix") == 0);
}

bool uri_is_session(const char *uri)
{
	const char *start = strstr(uri, "://");
	const char *path = start != NULL ? strchr(start + 3, '/') : NULL;

	return path != NULL && strncmp(path, "/session", 8) == 0 && strchr("?#", path[8]) != NULL;
}

static bool asks_on_terminal(const char *uri)
{
	g_autofree char *transport = uri_transport(uri);

	return (strcmp(transport, "ssh") == 0 || strcmp(transport, "libssh") == 0 ||
	               strcmp(transport, "libssh2") == 0) &&
	        strstr(uri, "no_tty=") == NULL;
}

static char *with_no_tty(const char *uri)
{
	const char *fragment = strchr(uri, '#');
	gsize len = fragment != NULL ? (gsize)(fragment - uri) : strlen(uri);
	g_autofree char *base = g_strndup(uri, len);
	const char *query = strchr(base, '?');
	const char *joint = query == NULL ? "?" : query[1] == '\0' ? "" : "&";

	return g_strconcat(base, joint, "no_tty=1", uri + len, NULL);
}

char *uri_effective_with(const char *uri, const char *conf, const char *env)
{
	bool asked = uri != NULL && *uri != '\0';
	g_autofree char *found = NULL;

	if (!asked && env != NULL && *env != '\0')
		uri = env;
	else if (!asked)
		uri = found = conf_default(conf);
	if (uri == NULL || *uri == '\0')
		return NULL;
	if (strstr(uri, "://") == NULL) {
		char *alias = conf_alias(conf, uri);

		if (alias != NULL && asks_on_terminal(alias)) {
			g_free(found);
			uri = found = alias;
		} else {
			g_free(alias);
		}
	}
	if (asks_on_terminal(uri))
		return with_no_tty(uri);
	/* libvirt finds its own default; what we found may be an older reading of the same file. */
	return asked ? g_strdup(uri) : NULL;
}

char *uri_behind_with(const char *uri, const char *conf, const char *env)
{
	g_autofree char *found = NULL;
	char *alias;

	if (uri == NULL || *uri == '\0')
		uri = env != NULL && *env != '\0' ? env : (found = conf_default(conf));
	if (uri == NULL)
		return g_strdup("");
	alias = strstr(uri, "://") == NULL ? conf_alias(conf, uri) : NULL;
	return alias != NULL ? alias : g_strdup(uri);
}

/* libvirt's own client configuration; owned, NULL = there is none. */
static char *read_conf(void)
{
	g_autofree char *path = geteuid() == 0
	        ? g_strdup(LIBVIRT_CONF)
	        : g_build_filename(g_get_user_config_dir(), "libvirt", "libvirt.conf", NULL);
	char *conf = NULL;

	return g_file_get_contents(path, &conf, NULL, NULL) ? conf : NULL;
}

char *uri_behind(const char *uri)
{
	g_autofree char *conf = read_conf();

	return uri_behind_with(uri, conf, g_getenv("LIBVIRT_DEFAULT_URI"));
}

char *uri_effective(const char *uri)
{
	g_autofree char *conf = read_conf();

	return uri_effective_with(uri, conf, g_getenv("LIBVIRT_DEFAULT_URI"));
}
