/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the first bytes of an image say of other files. Pure; any thread. The
 * bytes are hostile.
 *
 * qcow2: docs/interop/qcow2.txt of QEMU; qed: docs/interop/qed_spec.txt; vmdk:
 * VMware's "Virtual Disk Format 1.1".
 */
#ifndef NVIRT_IMAGE_HEADER_H
#define NVIRT_IMAGE_HEADER_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Enough for the header of nearly every image; `need` asks for more. */
#define IMAGE_HEADER_BYTES 65536
#define IMAGE_HEADER_MAX (2 * 1024 * 1024 + 4096)

struct image_header {
	char *backing;        /* raw; NULL = none */
	char *backing_format; /* raw; NULL = not stated */
	char *data_file;      /* raw, "" = one whose name is not in the header; NULL = none */
	uint64_t capacity_bytes;
	bool dirty, corrupt; /* as its incompatible features say */
	bool snapshots;      /* internal ones */
};

enum image_header_answer {
	IMAGE_HEADER_OK,
	IMAGE_HEADER_NEED,    /* `*ret_need` bytes from the start are wanted */
	IMAGE_HEADER_FOREIGN, /* it is not in that format */
	IMAGE_HEADER_BROKEN,  /* it contradicts itself */
	IMAGE_HEADER_OTHER,   /* a format that may name files, but not one that is read here */
};

/* `format` as stated. Fills `ret_header` (which the caller clears) only with IMAGE_HEADER_OK. */
enum image_header_answer image_header_parse(
        const uint8_t *bytes, gsize len, const char *format, struct image_header *ret_header, gsize *ret_need);
void image_header_clear(struct image_header *header);
/* Can an image of this format name other files at all? */
bool image_format_has_header(const char *format);

/* What kind of thing a header's string is. */
enum image_name_kind {
	IMAGE_NAME_PATH, /* absolute or relative */
	IMAGE_NAME_JSON, /* json:… */
	IMAGE_NAME_URL,  /* nbd:…, http://…, and every other protocol of QEMU */
};
enum image_name_kind image_name_kind(const char *name);
/* Absolute, without "." and ".."; a relative name counts from its overlay's directory. "file:" is taken off. Owned. */
char *image_name_path(const char *overlay, const char *name);

#endif
