/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading libvirt's XML without trusting it. Nothing is fetched, no entity is
 * expanded, a document with a DTD of its own or beyond 1 MiB is refused.
 * Any thread. Strings come back owned and cleaned unless they say raw.
 */
#ifndef NVIRT_BACKEND_XML_H
#define NVIRT_BACKEND_XML_H

#include <glib.h>
#include <libxml/tree.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Bytes that no XML may hold (an invalid UTF-8 volume name, controls) are
 * replaced first: libvirt writes names as they are. NULL when it is no document.
 */
xmlDocPtr xml_parse(const char *text, const char *root, GError **error);
/* The first child element of that name, or NULL; NULL parent gives NULL. */
xmlNodePtr xml_child(xmlNodePtr parent, const char *name);
/* The next sibling element of that name. */
xmlNodePtr xml_next(xmlNodePtr node, const char *name);
#define xml_foreach(child, parent, name)                                                                     \
	for (xmlNodePtr child = xml_child(parent, name); child != NULL; child = xml_next(child, name))

/* Attribute or text; NULL where there is none. Raw. */
char *xml_raw_attr(xmlNodePtr node, const char *name);
char *xml_raw_text(xmlNodePtr node);
/* The same, cleaned; "" where there is none. */
char *xml_attr(xmlNodePtr node, const char *name);
char *xml_text(xmlNodePtr node);
/* "yes" or "on". */
bool xml_attr_is(xmlNodePtr node, const char *name, const char *value);
/* A number with libvirt's `unit` attribute (default `fallback`, "KiB" or "bytes"), in bytes; -1 = none. */
int64_t xml_bytes(xmlNodePtr node, const char *fallback);
int64_t xml_number(const char *text, int64_t fallback);

#endif
