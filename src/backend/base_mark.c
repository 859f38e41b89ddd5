/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The marks of bases and templates in a guest's metadata. Worker threads. */
#include "backend/base_mark.h"

#include <string.h>

#include "backend/base_users.h"
#include "backend/metadata.h"
#include "backend/op_util.h"
#include "backend/steps.h"
#include "backend/xml.h"

struct place {
	const char *uri, *key, *word;
};

static const struct place base_place = {METADATA_BASE_URI, METADATA_BASE_KEY, "base"};
static const struct place template_place = {METADATA_TEMPLATE_URI, METADATA_TEMPLATE_KEY, "template"};

/* Owned; NULL = it has none; `ret_ok` false: it could not be read. */
static char *read_element(virDomainPtr dom, const struct place *place, bool *ret_ok)
{
	unsigned flags = virDomainIsPersistent(dom) == 1 ? VIR_DOMAIN_AFFECT_CONFIG : VIR_DOMAIN_AFFECT_CURRENT;
	char *raw = virDomainGetMetadata(dom, VIR_DOMAIN_METADATA_ELEMENT, place->uri, flags);
	char *text = g_strdup(raw);

	*ret_ok = raw || virGetLastErrorCode() == VIR_ERR_NO_DOMAIN_METADATA;
	free(raw);
	return text;
}

/* libvirt adds the namespace itself, and finds the element again only where it came without. */
static bool set_element(virDomainPtr dom, const struct place *place, const char *text)
{
	if (virDomainIsActive(dom) == 1
	        && virDomainSetMetadata(dom, VIR_DOMAIN_METADATA_ELEMENT, text, place->key, place->uri,
	                   VIR_DOMAIN_AFFECT_LIVE)
	                   < 0)
		return false;
	return virDomainIsPersistent(dom) != 1
	       || virDomainSetMetadata(dom, VIR_DOMAIN_METADATA_ELEMENT, text, place->key, place->uri,
	                  VIR_DOMAIN_AFFECT_CONFIG)
	                  == 0;
}

/* ---- undoing ---- */

struct before {
	const struct place *place;
	unsigned char uuid[VIR_UUID_BUFLEN];
	char *text;
};

static void before_free(void *data)
{
	struct before *before = data;

	g_free(before->text);
	g_free(before);
}

static void strip_namespace(xmlNodePtr root)
{
	xmlSetNs(root, NULL);
	while (root->nsDef) {
		xmlNsPtr ns = root->nsDef;
		root->nsDef = ns->next;
		xmlFreeNs(ns);
	}
}

static char *node_text(xmlDocPtr doc)
{
	xmlBufferPtr buffer = xmlBufferCreate();

	xmlNodeDump(buffer, doc, xmlDocGetRootElement(doc), 0, 0);
	char *text = g_strdup((const char *)xmlBufferContent(buffer));
	xmlBufferFree(buffer);
	return text;
}

static char *plain_element(const char *text)
{
	g_autoptr(xmlDoc) doc = op_xml_parse(text);

	if (!doc)
		return NULL;
	strip_namespace(xmlDocGetRootElement(doc));
	return node_text(doc);
}

/* Clones of somebody else's stand on what it names by now. One that nobody needs is lifted when it is met. */
static bool is_needed(virDomainPtr dom)
{
	g_autoptr(GPtrArray) files = base_mark_read(dom);
	bool needed = false;

	for (unsigned i = 0; files && i < files->len && !needed; i++)
		needed = base_users_any(virDomainGetConnect(dom), ((const struct base_file *)files->pdata[i])->path);
	return needed;
}

static bool put_back(struct job *job, void *data, GError **error)
{
	const struct before *before = data;
	g_autoptr(virDomain) dom = virDomainLookupByUUID(job->conn, before->uuid);
	g_autofree char *text = before->text ? plain_element(before->text) : NULL;

	if (!dom && virGetLastErrorCode() == VIR_ERR_NO_DOMAIN)
		return true;
	if (dom && before->place == &base_place && is_needed(dom))
		return true;
	if (dom && set_element(dom, before->place, text))
		return true;
	conn_set_error(error, "cannot put its mark back");
	return false;
}

/* `text` NULL: the mark goes. */
static bool change(struct job *job, virDomainPtr dom, const struct place *place, const char *text, GError **error)
{
	bool ok;
	struct before *before = g_new0(struct before, 1);
	g_autofree char *words = g_strdup_printf("the mark '%s' of '%s'", place->word, virDomainGetName(dom));

	before->place = place;
	before->text = read_element(dom, place, &ok);
	if (!ok || virDomainGetUUID(dom, before->uuid) < 0) {
		before_free(before);
		conn_set_error(error, "cannot read the mark '%s' of '%s'", place->word, job->request->name);
		return false;
	}
	if (!before->text && !text) {
		before_free(before);
		return true;
	}
	unsigned step = steps_will_do(job, words, put_back, before, before_free);
	if (!set_element(dom, place, text)) {
		conn_set_error(error, "cannot set the mark '%s' of '%s'", place->word, job->request->name);
		return false;
	}
	steps_made(job, step);
	return true;
}

/* ---- base ---- */

static void base_file_free(gpointer data)
{
	struct base_file *file = data;

	g_free(file->path);
	g_free(file);
}

struct base_file *base_mark_find(const GPtrArray *files, const char *path)
{
	for (unsigned i = 0; i < files->len; i++) {
		struct base_file *file = g_ptr_array_index(files, i);
		if (g_str_equal(file->path, path))
			return file;
	}
	return NULL;
}

void base_mark_add(GPtrArray *files, const char *path, int mode)
{
	struct base_file *file = g_new0(struct base_file, 1);

	file->path = g_strdup(path);
	file->mode = mode;
	g_ptr_array_add(files, file);
}

static void read_file(xmlDocPtr doc, xmlNodePtr node, void *data)
{
	g_autofree char *path = op_xml_string(doc, node, "@path");
	g_autofree char *mode = op_xml_string(doc, node, "@mode");
	char *end = NULL;
	guint64 value = g_ascii_strtoull(mode, &end, 8);

	if (*path == '/')
		base_mark_add(data, path, *mode && !*end && value <= 07777 ? (int)value : BASE_MODE_UNKNOWN);
}

GPtrArray *base_mark_read(virDomainPtr dom)
{
	bool ok;
	g_autofree char *text = read_element(dom, &base_place, &ok);
	g_autoptr(xmlDoc) doc = text ? op_xml_parse(text) : NULL;
	GPtrArray *files;

	if (!ok)
		return NULL;
	files = g_ptr_array_new_with_free_func(base_file_free);
	if (doc)
		op_xml_each(doc, NULL, "/*/*[local-name()='file']", read_file, files);
	return files;
}

static char *mark_text(const GPtrArray *files)
{
	g_autoptr(xmlDoc) doc = xmlNewDoc(BAD_CAST "1.0");
	xmlNodePtr root = xmlNewNode(NULL, BAD_CAST METADATA_BASE);

	xmlDocSetRootElement(doc, root);
	for (unsigned i = 0; i < files->len; i++) {
		const struct base_file *file = g_ptr_array_index(files, i);
		xmlNodePtr node = xmlNewChild(root, NULL, BAD_CAST "file", NULL);
		g_autofree char *mode =
		        file->mode == BASE_MODE_UNKNOWN ? g_strdup("") : g_strdup_printf("%04o", (unsigned)file->mode);
		xmlNewProp(node, BAD_CAST "path", BAD_CAST file->path);
		xmlNewProp(node, BAD_CAST "mode", BAD_CAST mode);
	}
	return node_text(doc);
}

bool base_mark_write(struct job *job, virDomainPtr dom, const GPtrArray *files, GError **error)
{
	g_autofree char *text = files->len ? mark_text(files) : NULL;

	return change(job, dom, &base_place, text, error);
}

/* ---- template ---- */

bool template_mark_is_set(virDomainPtr dom)
{
	bool ok;
	g_autofree char *text = read_element(dom, &template_place, &ok);

	return text != NULL;
}

bool template_mark_set(struct job *job, virDomainPtr dom, bool on, GError **error)
{
	return change(job, dom, &template_place, on ? "<" METADATA_TEMPLATE "/>" : NULL, error);
}
