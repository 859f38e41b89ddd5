/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Definitions in one form: see definition.h. Pure. */
#include "nvirt/definition.h"

#include <glib.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <string.h>

static xmlDocPtr parse(const char *xml)
{
	if (!xml || strlen(xml) > G_MAXINT)
		return NULL;
	return xmlReadMemory(xml, (int)strlen(xml), NULL, NULL,
	        XML_PARSE_NONET | XML_PARSE_NOBLANKS | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
}

/* libvirt writes an empty <backingStore/> into a definition by and by: it says nothing. */
static void drop_empty_chains(xmlNodePtr node)
{
	for (xmlNodePtr next, child = node->children; child; child = next) {
		next = child->next;
		if (xmlStrEqual(child->name, BAD_CAST "backingStore") && !child->children && !child->properties) {
			xmlUnlinkNode(child);
			xmlFreeNode(child);
		} else if (child->type == XML_ELEMENT_NODE) {
			drop_empty_chains(child);
		}
	}
}

char *definition_lines(const char *xml)
{
	xmlDocPtr doc = parse(xml);
	xmlNodePtr root = doc ? xmlDocGetRootElement(doc) : NULL;
	xmlBufferPtr buffer = root ? xmlBufferCreate() : NULL;
	char *lines;

	if (root)
		drop_empty_chains(root);
	if (buffer)
		xmlNodeDump(buffer, doc, root, 0, 1);
	lines = g_strdup(buffer ? (const char *)xmlBufferContent(buffer) : xml);
	if (buffer)
		xmlBufferFree(buffer);
	xmlFreeDoc(doc);
	return lines;
}

bool definition_is_live(const char *xml)
{
	xmlDocPtr doc = parse(xml);
	xmlNodePtr root = doc ? xmlDocGetRootElement(doc) : NULL;
	bool live = root && xmlHasProp(root, BAD_CAST "id");

	xmlFreeDoc(doc);
	return live;
}

const char *definition_like(const char *other, const char *live, const char *stored)
{
	if (!stored || definition_is_live(other))
		return live;
	return stored;
}
