/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The marks that a guest carries in its definition, where other tools meet
 * them: that its files are the base of clones, and that it is a template.
 * Worker threads.
 */
#ifndef NVIRT_BACKEND_BASE_MARK_H
#define NVIRT_BACKEND_BASE_MARK_H

#include "backend/job.h"

#define BASE_MODE_UNKNOWN (-1)

struct base_file {
	char *path; /* raw */
	int mode;   /* permissions before; BASE_MODE_UNKNOWN = they were not changed */
};

/* struct base_file *, owned; empty where it has no mark; NULL with libvirt's error when that can not be told. */
GPtrArray *base_mark_read(virDomainPtr dom);
struct base_file *base_mark_find(const GPtrArray *files, const char *path);
void base_mark_add(GPtrArray *files, const char *path, int mode);
/* No files: the mark goes. Undone when the task fails. */
bool base_mark_write(struct job *job, virDomainPtr dom, const GPtrArray *files, GError **error);

bool template_mark_is_set(virDomainPtr dom);
/* Undone when the task fails. */
bool template_mark_set(struct job *job, virDomainPtr dom, bool on, GError **error);

#endif
