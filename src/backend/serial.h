/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's serial console, as the back end starts and ends it: nvirt/serial.h is the rest. */
#ifndef NVIRT_BACKEND_SERIAL_H
#define NVIRT_BACKEND_SERIAL_H

#include "backend/threads.h"
#include "nvirt/msg.h"
#include "nvirt/serial.h"

/* One reference. */
struct serial *serial_new(struct inbox *inbox, const struct serial_options *options);
struct serial *serial_ref(struct serial *serial);
void serial_unref(struct serial *serial);
/* `uri` is copied. */
void serial_start(struct serial *serial, struct threads *threads, const char *uri, bool readonly);
/* Nothing is posted any more; its thread ends as soon as it can. */
void serial_stop(struct serial *serial);
bool serial_stopped(struct serial *serial);

#endif
