/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where nvirt keeps what libvirt has no word for: one element with a namespace
 * of its own in a guest's <metadata>:
 * <nvirt:tags xmlns:nvirt="urn:nvirt:guest:1">web, prod</nvirt:tags>
 */
#ifndef NVIRT_BACKEND_METADATA_H
#define NVIRT_BACKEND_METADATA_H

#define METADATA_URI "urn:nvirt:guest:1"
#define METADATA_KEY "nvirt"
#define METADATA_TAGS "tags"

#endif
