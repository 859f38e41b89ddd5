/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files of another machine for the checks, over the ssh of its connection: one script that only reads prints
 * the small files that health.h wants and a few facts; they are laid out below a private directory, and read as
 * this machine's are. What comes is a stranger's: bounded, only plain names, only plain files of ours.
 */
#ifndef NVIRT_BACKEND_HEALTH_FAR_H
#define NVIRT_BACKEND_HEALTH_FAR_H

#include "backend/health.h"
#include "backend/ssh.h"

/* What the far end runs. It needs sh, cat, sed, grep, head and stat. */
extern const char health_far_script[];

/* Owned; NULL with `error` when nothing came, or not all of it. */
struct check_machine *health_read_far(
        const char *uri, bool session, const struct ssh_limits *limits, GError **error);

/* ---- parts, for the tests ---- */
/* A machine of what such a script printed. `text` is changed. Owned; NULL with `error`. */
struct check_machine *health_far_machine(char *text, bool session, GError **error);

#endif
