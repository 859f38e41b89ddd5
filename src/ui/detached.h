/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Threads that nobody joins: what they share with the main thread counts who still holds it. */
#ifndef NVIRT_UI_DETACHED_H
#define NVIRT_UI_DETACHED_H

#include <stdbool.h>

/* Signals stay the main thread's. False: the system gives no more threads. */
bool detached_start(void *(*run)(void *data), void *data);

#endif
