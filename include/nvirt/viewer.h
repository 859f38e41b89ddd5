/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's screen in a window: virt-viewer, where there is a display. Implemented in src/backend. */
#ifndef NVIRT_VIEWER_H
#define NVIRT_VIEWER_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Starts it as a process of its own, which outlives this one. False: there is no display, or no virt-viewer. */
bool viewer_start(const char *uri, const uint8_t uuid[16], GError **error);

#endif
