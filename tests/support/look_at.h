/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Was anything changed? */
#ifndef TESTS_SUPPORT_LOOK_AT_H
#define TESTS_SUPPORT_LOOK_AT_H

#include <glib.h>
#include <libvirt/libvirt.h>

/* All that an action could change on a host, and in the directory of its images, as one text. Owned. */
char *look_at(virConnectPtr conn, const char *images);

#endif
