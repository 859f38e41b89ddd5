/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What several operations share. Worker threads. */
#include "backend/op_util.h"

#include <libxml/parser.h>

#include "backend/op_remedy.h"

enum task_state op_refuse(struct job *job, GError **error, const char *verb, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *why = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error(error, CONN_ERROR, VIR_ERR_OPERATION_INVALID, "cannot %s '%s': %s", verb, job->request->name, why);
	return TASK_FAILED;
}

enum task_state op_fail(struct job *job, virDomainPtr dom, GError **error, const char *verb)
{
	GError *local = NULL;

	conn_set_error(&local, "cannot %s '%s'", verb, job->request->name);
	op_add_remedy(job->conn, dom, local);
	g_propagate_error(error, local);
	return TASK_FAILED;
}

virDomainPtr op_guest(struct job *job, const char *verb, GError **error)
{
	virDomainPtr dom = virDomainLookupByUUID(job->conn, job->request->ref.uuid);

	if (!dom) {
		op_fail(job, NULL, error, verb);
		return NULL;
	}
	if (!job->before.known) {
		int reason;
		unsigned id = virDomainGetID(dom);
		job->before.id = id == (unsigned)-1 ? -1 : (int)id;
		job->before.known = op_guest_state(dom, &job->before.state, &reason);
	}
	return dom;
}

virStoragePoolPtr op_pool(struct job *job, const char *verb, GError **error)
{
	virStoragePoolPtr pool = virStoragePoolLookupByUUID(job->conn, job->request->ref.uuid);

	if (!pool)
		op_fail(job, NULL, error, verb);
	return pool;
}

virNetworkPtr op_network(struct job *job, const char *verb, GError **error)
{
	virNetworkPtr network = virNetworkLookupByUUID(job->conn, job->request->ref.uuid);

	if (!network)
		op_fail(job, NULL, error, verb);
	return network;
}

enum task_state op_settle_guest(struct job *job, virDomainPtr *ret_dom, GError **error)
{
	virDomainPtr dom = virDomainLookupByUUID(job->conn, job->request->ref.uuid);

	if (dom) {
		*ret_dom = dom;
		return TASK_OK;
	}
	const virError *last = virGetLastError();
	if (last && last->code == VIR_ERR_NO_DOMAIN) {
		job_say(job, "the guest '%s' is not there any more", job->request->name);
		return TASK_FAILED;
	}
	conn_set_error(error, "cannot look at '%s'", job->request->name);
	return TASK_UNKNOWN;
}

bool op_guest_state(virDomainPtr dom, int *ret_state, int *ret_reason)
{
	return virDomainGetState(dom, ret_state, ret_reason, 0) == 0;
}

bool op_state_active(int state)
{
	return state != VIR_DOMAIN_SHUTOFF && state != VIR_DOMAIN_NOSTATE;
}

int op_guest_ended(struct job *job, virDomainPtr dom)
{
	int state, reason;

	if (!op_guest_state(dom, &state, &reason)) {
		const virError *last = virGetLastError();
		return last && last->code == VIR_ERR_NO_DOMAIN ? 1 : -1;
	}
	if (!op_state_active(state))
		return 1;
	/* An object looked up earlier keeps its number: ask anew. */
	g_autoptr(virDomain) now = virDomainLookupByUUID(job->conn, job->request->ref.uuid);
	if (!now)
		return -1;
	unsigned id = virDomainGetID(now);
	return job->before.known && job->before.id >= 0 && id != (unsigned)job->before.id;
}

bool op_is_qemu(virConnectPtr conn)
{
	return g_strcmp0(virConnectGetType(conn), "QEMU") == 0;
}

bool op_is_local(virConnectPtr conn)
{
	char *uri = virConnectGetURI(conn);
	g_autoptr(GUri) parsed = uri ? g_uri_parse(uri, G_URI_FLAGS_NON_DNS, NULL) : NULL;
	const char *server = parsed ? g_uri_get_host(parsed) : NULL;

	free(uri);
	return parsed && (!server || !*server);
}

bool op_is_session(virConnectPtr conn)
{
	char *uri = virConnectGetURI(conn);
	g_autoptr(GUri) parsed = uri ? g_uri_parse(uri, G_URI_FLAGS_NON_DNS, NULL) : NULL;

	free(uri);
	return parsed && g_strcmp0(g_uri_get_path(parsed), "/session") == 0;
}

bool op_name_is_unsafe(const char *name)
{
	return !name || !*name || g_str_equal(name, ".") || g_str_equal(name, "..") || strchr(name, '/');
}

/* ---- XML ---- */

xmlDocPtr op_xml_parse(const char *xml)
{
	return xml ? xmlReadMemory(xml, (int)strlen(xml), NULL, NULL,
	               XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING)
	           : NULL;
}

xmlDocPtr op_guest_xml(virDomainPtr dom, unsigned flags)
{
	char *xml = virDomainGetXMLDesc(dom, flags);
	xmlDocPtr doc = op_xml_parse(xml);

	free(xml);
	return doc;
}

static xmlXPathObjectPtr eval(xmlDocPtr doc, xmlNodePtr node, const char *xpath)
{
	xmlXPathContextPtr context = xmlXPathNewContext(doc);

	if (!context)
		return NULL;
	context->node = node ? node : xmlDocGetRootElement(doc);
	xmlXPathObjectPtr result = xmlXPathEval(BAD_CAST xpath, context);
	xmlXPathFreeContext(context);
	return result;
}

char *op_xml_string(xmlDocPtr doc, xmlNodePtr node, const char *xpath)
{
	g_autofree char *expression = g_strdup_printf("string(%s)", xpath);
	xmlXPathObjectPtr result = eval(doc, node, expression);
	char *text = g_strdup(result && result->stringval ? (const char *)result->stringval : "");

	xmlXPathFreeObject(result);
	return text;
}

/* Out of the set, which looks at its nodes once more when it is freed: `each` may have freed this one. */
static xmlNodePtr take_node(xmlNodeSetPtr set, int i)
{
	xmlNodePtr node = set->nodeTab[i];

	set->nodeTab[i] = NULL;
	return node;
}

void op_xml_each(xmlDocPtr doc, xmlNodePtr node, const char *xpath,
        void (*each)(xmlDocPtr doc, xmlNodePtr found, void *data), void *data)
{
	xmlXPathObjectPtr result = eval(doc, node, xpath);

	for (int i = 0; result && result->nodesetval && i < result->nodesetval->nodeNr; i++)
		each(doc, take_node(result->nodesetval, i), data);
	xmlXPathFreeObject(result);
}
