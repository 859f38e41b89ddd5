/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where nvirt keeps what libvirt has no word for: elements in a guest's
 * <metadata>, each with a namespace of its own, as libvirt keeps one a namespace:
 * <nvirt:tags xmlns:nvirt="urn:nvirt:guest:1">web, prod</nvirt:tags>
 * <nvirt-template:template xmlns:nvirt-template="urn:nvirt:template:1"/>
 * and in a snapshot's definition the copy of its NVRAM:
 * <nvirt-snapshot:snapshot xmlns:nvirt-snapshot="urn:nvirt:snapshot:1" nvram="/path" time="1700000000"/>
 */
#ifndef NVIRT_BACKEND_METADATA_H
#define NVIRT_BACKEND_METADATA_H

#define METADATA_URI "urn:nvirt:guest:1"
#define METADATA_KEY "nvirt"
#define METADATA_TAGS "tags"

#define METADATA_TEMPLATE_URI "urn:nvirt:template:1"
#define METADATA_TEMPLATE_KEY "nvirt-template"
#define METADATA_TEMPLATE "template"

/* Its files are the base of clones; `mode`: the permissions before they were protected, "" = they could not be. */
#define METADATA_BASE_URI "urn:nvirt:base:1"
#define METADATA_BASE_KEY "nvirt-base"
#define METADATA_BASE "base"

#define METADATA_SNAPSHOT_URI "urn:nvirt:snapshot:1"
#define METADATA_SNAPSHOT_KEY "nvirt-snapshot"
#define METADATA_SNAPSHOT "snapshot"

#endif
