/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The definition that a snapshot keeps. Worker threads. */
#include "backend/clone_snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "backend/conn.h"
#include "backend/op_util.h"

/* Of a snapshot: the definition of then, which lies inside its own. */
static xmlDocPtr inner_domain(xmlDocPtr doc)
{
	xmlNodePtr root = xmlDocGetRootElement(doc);

	for (xmlNodePtr node = root ? root->children : NULL; node; node = node->next) {
		if (node->type != XML_ELEMENT_NODE || strcmp((const char *)node->name, "domain") != 0)
			continue;
		xmlDocPtr inner = xmlNewDoc(BAD_CAST "1.0");
		xmlDocSetRootElement(inner, xmlCopyNode(node, 1));
		return inner;
	}
	return NULL;
}

static xmlDocPtr refuse(GError **error, const char *why)
{
	g_set_error_literal(error, CONN_ERROR, VIR_ERR_OPERATION_INVALID, why);
	return NULL;
}

xmlDocPtr clone_snapshot_source(
        virDomainPtr dom, const char *name, bool secure, bool *ret_internal, GError **error)
{
	g_autoptr(virDomainSnapshot) snapshot = virDomainSnapshotLookupByName(dom, name, 0);
	char *xml = snapshot ? virDomainSnapshotGetXMLDesc(snapshot, secure ? VIR_DOMAIN_SNAPSHOT_XML_SECURE : 0) : NULL;
	g_autoptr(xmlDoc) doc = op_xml_parse(xml);

	free(xml);
	if (!doc) {
		conn_set_error(error, "there is no snapshot '%s' to clone", name);
		return NULL;
	}
	g_autofree char *internal =
	        op_xml_string(doc, NULL, "count(/domainsnapshot/disks/disk[@snapshot='internal'])");
	g_autofree char *external =
	        op_xml_string(doc, NULL, "count(/domainsnapshot/disks/disk[@snapshot='external'])");
	*ret_internal = !g_str_equal(internal, "0");
	if (*ret_internal && !g_str_equal(external, "0"))
		return refuse(error, "the snapshot is partly internal and partly external");
	xmlDocPtr inner = inner_domain(doc);
	return inner ? inner : refuse(error, "the snapshot does not hold the definition of then");
}
