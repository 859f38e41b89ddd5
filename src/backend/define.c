/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing a definition back: see define.h.
 *
 * Two definitions are compared as bags of elements, each a line of its place,
 * attributes and text: libvirt orders siblings as it likes, and that is no
 * difference.
 */
#include "backend/define.h"

#include <libxml/parser.h>
#include <libxml/xmlsave.h>
#include <stdlib.h>
#include <string.h>

#include "backend/op_util.h"
#include "nvirt/secret.h"
#include "nvirt/text.h"

/* A log is for reading. */
#define LINES_MAX 20

xmlDocPtr define_read(virDomainPtr dom)
{
	char *xml = secret_take(virDomainGetXMLDesc(dom, VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE));
	xmlDocPtr doc = op_xml_parse(xml);

	secret_free(xml);
	return doc;
}

/* ---- comparing ---- */

static bool is_secret(const char *name)
{
	return strcmp(name, "passwd") == 0 || strcmp(name, "password") == 0;
}

static int compare_words(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_attributes(GString *line, xmlNodePtr node)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);

	for (xmlAttrPtr attr = node->properties; attr; attr = attr->next) {
		const char *name = (const char *)attr->name;
		xmlChar *value = xmlNodeListGetString(node->doc, attr->children, 1);

		g_ptr_array_add(words, g_strdup_printf(" %s='%s'", name,
		                               is_secret(name) ? "***" : value ? (const char *)value : ""));
		xmlFree(value);
	}
	g_ptr_array_sort(words, compare_words);
	for (guint i = 0; i < words->len; i++)
		g_string_append(line, words->pdata[i]);
}

static void add_text(GString *line, xmlNodePtr node)
{
	for (xmlNodePtr child = node->children; child; child = child->next) {
		if (child->type != XML_TEXT_NODE && child->type != XML_CDATA_SECTION_NODE)
			continue;
		g_autofree char *text = g_strdup((const char *)child->content);
		g_strstrip(text);
		if (*text)
			g_string_append_printf(line, " = %s", is_secret((const char *)node->name) ? "***" : text);
	}
}

/* Which of several siblings it is: what a person would call it by. */
static char *place(const char *above, xmlNodePtr node)
{
	g_autofree char *target = op_xml_string(node->doc, node, "target/@dev");
	g_autofree char *mac = op_xml_string(node->doc, node, "mac/@address");
	const char *key = *target ? target : mac;

	return g_strdup_printf("%s/%s%s%s%s", above, (const char *)node->name, *key ? "[" : "", key, *key ? "]" : "");
}

static void collect(GPtrArray *lines, const char *above, xmlNodePtr node)
{
	g_autofree char *here = place(above, node);
	GString *line = g_string_new(here);

	add_attributes(line, node);
	add_text(line, node);
	g_ptr_array_add(lines, g_string_free(line, FALSE));
	for (xmlNodePtr child = node->children; child; child = child->next)
		if (child->type == XML_ELEMENT_NODE)
			collect(lines, here, child);
}

static GPtrArray *flatten(xmlDocPtr doc)
{
	GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);

	if (xmlDocGetRootElement(doc))
		collect(lines, "", xmlDocGetRootElement(doc));
	g_ptr_array_sort(lines, compare_words);
	return lines;
}

static void tell(GPtrArray *told, const char *what, const char *line)
{
	g_autofree char *raw = g_strdup_printf("libvirt %s %s", what, line);

	g_ptr_array_add(told, text_clean(raw, -1));
}

GPtrArray *define_differences(xmlDocPtr asked, xmlDocPtr stored)
{
	g_autoptr(GPtrArray) a = flatten(asked), b = flatten(stored);
	GPtrArray *told = g_ptr_array_new_with_free_func(g_free);
	guint i = 0, j = 0;

	while (i < a->len || j < b->len) {
		int order = i == a->len ? 1 : j == b->len ? -1 : strcmp(a->pdata[i], b->pdata[j]);

		if (order < 0)
			tell(told, "left out", a->pdata[i]);
		if (order > 0)
			tell(told, "added", b->pdata[j]);
		i += order <= 0;
		j += order >= 0;
	}
	return told;
}

/* ---- defining ---- */

static char *as_text(xmlDocPtr doc)
{
	xmlChar *text = NULL;
	int size = 0;

	xmlDocDumpMemoryEnc(doc, &text, &size, "UTF-8");
	char *copy = g_strdup((const char *)text);
	if (text) {
		explicit_bzero(text, (size_t)size);
		xmlFree(text);
	}
	return copy;
}

static virDomainPtr define(virConnectPtr conn, xmlDocPtr doc, unsigned flags, GPtrArray **ret_differences)
{
	char *xml = as_text(doc);
	virDomainPtr dom = virDomainDefineXMLFlags(conn, xml ? xml : "", flags);

	secret_free(xml);
	if (!dom || !ret_differences)
		return dom;
	g_autoptr(xmlDoc) stored = define_read(dom);
	*ret_differences = stored ? define_differences(doc, stored) : g_ptr_array_new_with_free_func(g_free);
	if (!stored)
		tell(*ret_differences, "stored it, but it could not be read again:", virGetLastErrorMessage());
	return dom;
}

virDomainPtr define_checked(virConnectPtr conn, xmlDocPtr doc, GPtrArray **ret_differences)
{
	return define(conn, doc, VIR_DOMAIN_DEFINE_VALIDATE, ret_differences);
}

virDomainPtr define_new(virConnectPtr conn, xmlDocPtr doc, GPtrArray **ret_differences)
{
	g_autoptr(virDomain) first = define(conn, doc, 0, ret_differences);

	if (!first || !(*ret_differences)->len)
		return g_steal_pointer(&first);
	/* Away with it first: libvirt's last error is what the validation says. */
	g_clear_pointer(ret_differences, g_ptr_array_unref);
	if (virDomainUndefineFlags(first, VIR_DOMAIN_UNDEFINE_KEEP_NVRAM) < 0)
		virDomainUndefine(first);
	return define_checked(conn, doc, ret_differences);
}

void define_log(struct job *job, GPtrArray *differences)
{
	for (guint i = 0; differences && i < differences->len && i < LINES_MAX; i++)
		job_log(job, "%s", (const char *)differences->pdata[i]);
	if (differences && differences->len > LINES_MAX)
		job_log(job, "and %u more differences to what was asked", differences->len - LINES_MAX);
	g_clear_pointer(&differences, g_ptr_array_unref);
}
