/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a guest's VNC is reached, in this order: libvirt hands over a connection (local hosts: no
 * port, no password); the address of the live definition, from here or through the same
 * ssh; libvirt's screenshots, where the guest has no VNC.
 */
#include "backend/door.h"

#include <string.h>

#include "backend/conn.h"
#include "backend/door_ssh.h"
#include "backend/screens.h"
#include "backend/uri.h"
#include "backend/xml.h"
#include "nvirt/secret.h"
#include "nvirt/text.h"
#include "nvirt/vnc.h"

#define CONNECT_TIMEOUT_MS 10000

#define ADD_VNC "give it one with 'virsh edit': <graphics type='vnc'/>, and start it again"

/* What the live definition says of the guest's VNC. */
struct graphics {
	bool vnc, spice;
	unsigned index; /* of the VNC one among all */
	char *host, *path, *password, *keymap;
	unsigned port;
};

static void graphics_clear(struct graphics *graphics)
{
	g_free(graphics->host);
	g_free(graphics->path);
	secret_free(graphics->password);
	g_free(graphics->keymap);
}

static void read_listen(xmlNodePtr node, struct graphics *graphics)
{
	g_autofree char *type = xml_attr(node, "type");

	if (g_str_equal(type, "socket") && !graphics->path)
		graphics->path = xml_raw_attr(node, "socket");
	else if (!graphics->host)
		graphics->host = xml_raw_attr(node, "address");
}

static void read_vnc(xmlNodePtr node, struct graphics *graphics)
{
	g_autofree char *port = xml_raw_attr(node, "port");

	graphics->vnc = true;
	graphics->port = (unsigned)CLAMP(xml_number(port ? port : "", 0), 0, 65535);
	graphics->path = xml_raw_attr(node, "socket");
	graphics->password = xml_raw_attr(node, "passwd");
	graphics->keymap = xml_raw_attr(node, "keymap");
	xml_foreach(listen, node, "listen")
		read_listen(listen, graphics);
	if (!graphics->host)
		graphics->host = xml_raw_attr(node, "listen");
}

static bool read_graphics(virDomainPtr dom, struct graphics *ret, GError **error)
{
	/* A read-only connection must not see passwords. */
	char *xml = secret_take(virDomainGetXMLDesc(dom, VIR_DOMAIN_XML_SECURE));
	unsigned index = 0;

	if (!xml)
		xml = secret_take(virDomainGetXMLDesc(dom, 0));
	if (!xml) {
		conn_set_error(error, "cannot read its definition");
		return false;
	}
	xmlDocPtr doc = xml_parse(xml, "domain", error);
	secret_free(xml);
	if (!doc)
		return false;
	xml_foreach(node, xml_child(xmlDocGetRootElement(doc), "devices"), "graphics") {
		g_autofree char *type = xml_attr(node, "type");

		if (g_str_equal(type, "vnc") && !ret->vnc) {
			ret->index = index;
			read_vnc(node, ret);
		}
		ret->spice |= g_str_equal(type, "spice");
		index++;
	}
	xmlFreeDoc(doc);
	return true;
}

/* An address that means "all of them" is reached by the host's own. */
static const char *reachable(const char *host, const char *fallback)
{
	bool any = !host || !*host || g_str_equal(host, "0.0.0.0") || g_str_equal(host, "::");

	return any ? fallback : host;
}

static bool is_loopback(const char *host)
{
	return g_str_has_prefix(host, "127.") || g_str_equal(host, "::1") || g_str_equal(host, "localhost");
}

static int connect_address(const char *host, unsigned port, GError **error)
{
	g_autofree char *address = g_strdup_printf(strchr(host, ':') ? "[%s]:%u" : "%s:%u", host, port);

	return vnc_connect(address, CONNECT_TIMEOUT_MS, error);
}

static int connect_far(const char *uri, const struct graphics *graphics, GError **error)
{
	g_autofree char *server = uri_server(uri, false);
	const char *host = reachable(graphics->host, server);

	if (graphics->path || is_loopback(host)) {
		g_set_error(error, CONN_ERROR, VIR_ERR_NO_SUPPORT,
		        "its VNC listens on that host alone ('%s'): connect to the host by qemu+ssh://",
		        graphics->path ? graphics->path : host);
		return -1;
	}
	return connect_address(host, graphics->port, error);
}

static int connect_graphics(const char *uri, const struct graphics *graphics, GError **error)
{
	g_autofree char *transport = uri_transport(uri);
	bool ssh = strstr(transport, "ssh") != NULL;

	if (!graphics->path && !graphics->port) {
		g_set_error(error, CONN_ERROR, VIR_ERR_NO_SUPPORT,
		        "its VNC has no port yet, or listens nowhere: give <graphics> a <listen type='address'/>");
		return -1;
	}
	if (ssh)
		return door_ssh(uri, reachable(graphics->host, "127.0.0.1"), graphics->port, graphics->path, error);
	if (!uri_is_local(uri))
		return connect_far(uri, graphics, error);
	if (graphics->path)
		return vnc_connect(graphics->path, CONNECT_TIMEOUT_MS, error);
	return connect_address(reachable(graphics->host, "127.0.0.1"), graphics->port, error);
}

/* On any other transport the call would end the connection. -1 = not this way. */
static int take_fd(const char *uri, virDomainPtr dom, unsigned index, GError **error)
{
	int fd = uri_is_local(uri) ? virDomainOpenGraphicsFD(dom, index, VIR_DOMAIN_OPEN_GRAPHICS_SKIPAUTH) : -1;

	if (fd < 0 && uri_is_local(uri))
		conn_set_error(error, "libvirt does not hand it over");
	return fd;
}

static void refuse(struct screen_door *door, const char *name, const char *why)
{
	g_autofree char *clean = text_clean(why, -1);

	door->kind = DOOR_NONE;
	g_free(door->words);
	door->words = g_strdup_printf("cannot show the screen of '%s': %s", name, clean);
}

static void open_vnc(const char *uri, virDomainPtr dom, const char *name, struct graphics *graphics, struct screen_door *door)
{
	g_autoptr(GError) error = NULL, not_given = NULL;

	door->keymap = g_steal_pointer(&graphics->keymap);
	door->fd = take_fd(uri, dom, graphics->index, &not_given);
	if (door->fd < 0) {
		g_autofree char *server = uri_server(uri, false);

		door->host = *server ? g_steal_pointer(&server) : NULL;
		door->fd = connect_graphics(uri, graphics, &error);
		door->password = g_steal_pointer(&graphics->password);
	}
	if (door->fd >= 0) {
		door->kind = DOOR_VNC;
		return;
	}
	g_autofree char *why = not_given ? g_strdup_printf("%s; %s", not_given->message, error->message)
	                                 : g_strdup(error->message);
	refuse(door, name, why);
}

static void open_picture(virDomainPtr dom, const char *name, const struct graphics *graphics, struct screen_door *door)
{
	g_autoptr(GError) error = NULL;

	door->png = screens_take(dom, &error);
	if (door->png) {
		door->kind = DOOR_PICTURE;
		door->words = g_strdup_printf("'%s' has %s: its screen comes by libvirt's screenshots, slowly and without keys; %s",
		        name, graphics->spice ? "SPICE but no VNC" : "no VNC", ADD_VNC);
		return;
	}
	g_autofree char *why = g_strdup_printf(
	        "it has %s, and %s; " ADD_VNC, graphics->spice ? "SPICE but no VNC" : "no VNC", error->message);
	refuse(door, name, why);
}

void door_open(virConnectPtr conn, virDomainPtr dom, const char *name, struct screen_door *door)
{
	g_autoptr(GError) error = NULL;
	struct graphics graphics = {0};
	char *uri = virConnectGetURI(conn);

	door->off = virDomainIsActive(dom) == 0;
	if (door->off)
		refuse(door, name, "it is not running: start it first");
	else if (!read_graphics(dom, &graphics, &error))
		refuse(door, name, error->message);
	else if (graphics.vnc)
		open_vnc(uri ? uri : "", dom, name, &graphics, door);
	else
		open_picture(dom, name, &graphics, door);
	/* It may have been stopped meanwhile. */
	door->off |= door->kind == DOOR_NONE && virDomainIsActive(dom) == 0;
	free(uri);
	graphics_clear(&graphics);
}
