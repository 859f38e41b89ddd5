/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A node device's XML as a row of the host's devices, and devices in a guest's definition. Pure; any thread. */
#ifndef NVIRT_BACKEND_DEVICE_XML_H
#define NVIRT_BACKEND_DEVICE_XML_H

#include <libxml/tree.h>

#include "nvirt/device.h"

/* Owned; NULL with `error` where it can not be read. `uses` stays NULL. */
struct device_row *device_xml_parse(const char *xml, GError **error);
/* The keys (device_use_key()) of what a domain's definition takes from its host; appends owned strings. */
void device_xml_add_keys(xmlDocPtr domain, GPtrArray *keys);

#endif
