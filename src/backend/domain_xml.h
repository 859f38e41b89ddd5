/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A domain's XML as the part of guest_detail that it tells. Pure. */
#ifndef NVIRT_BACKEND_DOMAIN_XML_H
#define NVIRT_BACKEND_DOMAIN_XML_H

#include "nvirt/inv.h"

/*
 * Fills `detail` from live or stored XML; figures stay -1. Leaves it alone and
 * sets `error` when it can not be read. `detail->xml` is not touched.
 */
bool domain_xml_parse(const char *xml, struct guest_detail *detail, GError **error);
/* What the list shows of a definition. */
struct domain_row {
	unsigned vcpus;
	uint64_t memory_kib;
	bool tcg, template;
	char *tags, *title; /* cleaned */
};

/* Only that. false leaves `ret_row` alone. */
bool domain_xml_parse_row(const char *xml, struct domain_row *ret_row);
void domain_row_clear(struct domain_row *row);
/* Calls for every file of every disk, with its backing chain where the XML has it. Both strings raw. */
void domain_xml_each_file(
        const char *xml, void (*each)(const char *target, const char *path, void *data), void *data);

#endif
