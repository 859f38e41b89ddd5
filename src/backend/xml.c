/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading libvirt's XML without trusting it: see xml.h. */
#include "backend/xml.h"

#include <libxml/parser.h>
#include <string.h>

#include "nvirt/text.h"

#define XML_BYTES_MAX (1024 * 1024)

#define XML_ERROR g_quark_from_static_string("nvirt-xml-error")

/* Valid UTF-8 with nothing that XML 1.0 forbids. */
static char *make_parsable(const char *text)
{
	char *valid = g_utf8_make_valid(text, -1);

	for (char *at = valid; *at != '\0'; at++)
		if ((unsigned char)*at < 0x20 && strchr("\t\n\r", *at) == NULL)
			*at = '?';
	return valid;
}

xmlDocPtr xml_parse(const char *text, const char *root, GError **error)
{
	g_autofree char *valid = NULL;
	xmlDocPtr doc;

	if (text == NULL || strlen(text) > XML_BYTES_MAX) {
		g_set_error(error, XML_ERROR, 0, "the %s's definition is missing or too long", root);
		return NULL;
	}
	valid = make_parsable(text);
	doc = xmlReadMemory(valid, strlen(valid), NULL, "UTF-8",
	        XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOBLANKS);
	if (doc != NULL && doc->intSubset == NULL && xmlDocGetRootElement(doc) != NULL &&
	        xmlStrEqual(xmlDocGetRootElement(doc)->name, (const xmlChar *)root))
		return doc;
	xmlFreeDoc(doc);
	g_set_error(error, XML_ERROR, 0, "the %s's definition can not be read", root);
	return NULL;
}

static xmlNodePtr find(xmlNodePtr node, const char *name)
{
	for (; node != NULL; node = node->next)
		if (node->type == XML_ELEMENT_NODE && xmlStrEqual(node->name, (const xmlChar *)name))
			return node;
	return NULL;
}

xmlNodePtr xml_child(xmlNodePtr parent, const char *name)
{
	return parent != NULL ? find(parent->children, name) : NULL;
}

xmlNodePtr xml_next(xmlNodePtr node, const char *name)
{
	return find(node->next, name);
}

/* From libxml2's allocator to GLib's. */
static char *take(xmlChar *text)
{
	char *copy = g_strdup((const char *)text);

	xmlFree(text);
	return copy;
}

char *xml_raw_attr(xmlNodePtr node, const char *name)
{
	return node != NULL ? take(xmlGetNoNsProp(node, (const xmlChar *)name)) : NULL;
}

char *xml_raw_text(xmlNodePtr node)
{
	return node != NULL ? take(xmlNodeGetContent(node)) : NULL;
}

char *xml_attr(xmlNodePtr node, const char *name)
{
	g_autofree char *raw = xml_raw_attr(node, name);

	return text_clean(raw, -1);
}

char *xml_text(xmlNodePtr node)
{
	g_autofree char *raw = xml_raw_text(node);

	return text_clean(raw, -1);
}

bool xml_attr_is(xmlNodePtr node, const char *name, const char *value)
{
	g_autofree char *raw = xml_raw_attr(node, name);

	return g_strcmp0(raw, value) == 0;
}

int64_t xml_number(const char *text, int64_t fallback)
{
	char *end;
	gint64 number;

	if (text == NULL)
		return fallback;
	number = g_ascii_strtoll(text, &end, 10);
	return end != text ? number : fallback;
}

/* libvirt's units: b, KB = 1000, K = KiB = 1024, and so on up to E. */
static int64_t unit_bytes(const char *unit)
{
	static const char powers[] = "KMGTPE";
	const char *power = *unit != '\0' ? strchr(powers, g_ascii_toupper(*unit)) : NULL;
	bool decimal = unit[0] != '\0' && g_ascii_toupper(unit[1]) == 'B' && unit[2] == '\0';
	int64_t factor = 1;

	if (power == NULL)
		return 1;
	for (const char *at = powers; at <= power; at++)
		factor *= decimal ? 1000 : 1024;
	return factor;
}

int64_t xml_bytes(xmlNodePtr node, const char *fallback)
{
	g_autofree char *text = xml_raw_text(node);
	g_autofree char *unit = xml_raw_attr(node, "unit");
	int64_t number = xml_number(text, -1);
	int64_t bytes;

	if (number < 0 || __builtin_mul_overflow(number, unit_bytes(unit != NULL ? unit : fallback), &bytes))
		return -1;
	return bytes;
}
