/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a guest's VNC is reached. Blocking; worker threads. */
#ifndef NVIRT_BACKEND_DOOR_H
#define NVIRT_BACKEND_DOOR_H

#include <libvirt/libvirt.h>

#include "nvirt/screen_door.h"

/* Fills the door; DOOR_NONE with words where there is no way. */
void door_open(virConnectPtr conn, virDomainPtr dom, const char *name, struct screen_door *door);

#endif
