/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The definition of a clone, made from its source's as a tree: what must not
 * be shared is new, dropped or left to libvirt to choose. Pure.
 */
#ifndef NVIRT_BACKEND_CLONE_XML_H
#define NVIRT_BACKEND_CLONE_XML_H

#include <glib.h>
#include <libxml/tree.h>
#include <stdbool.h>
#include <stdint.h>

/* A disk that the clone has for itself. */
struct clone_file {
	char *target; /* "vda" */
	char *path;   /* raw, of its new file */
	char *format; /* "qcow2", "raw" */
};

struct clone_spec {
	const char *name; /* raw */
	uint8_t uuid[16];
	GPtrArray *disks;  /* struct clone_file *: all others stay as they are (media, read-only and shared disks) */
	const char *nvram; /* raw path of its own copy; NULL = has none */
	bool to_show; /* for a person: "(new)" in place of what is random */
	bool keep_passthrough; /* devices of the host: only one guest at a time can have them */
};

struct clone_file *clone_file_new(const char *target, const char *path, const char *format);
void clone_file_free(struct clone_file *file);

/*
 * `source` is a stored definition, with secrets where it is to be defined. A new
 * document. `notes` (may be NULL) gets char *: what a person should know of the
 * result, one sentence each.
 */
xmlDocPtr clone_definition(xmlDocPtr source, const struct clone_spec *spec, GPtrArray *notes);
/* Where the UEFI variables are, raw and owned; NULL = it has none, or they are not in a file. */
char *clone_nvram_source(xmlDocPtr source);
/* Where the clone's go: beside, by its name. */
char *clone_nvram_target(xmlDocPtr source, const char *name);

#endif
