/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Threads that may never come back.
 *
 * A thread that sits in a dead libvirt call can not be cancelled or joined.
 * This keeps count: finished ones are joined, the rest are left behind when
 * the deadline has passed.
 */
#ifndef NVIRT_BACKEND_THREADS_H
#define NVIRT_BACKEND_THREADS_H

#include <stdbool.h>

struct threads;

struct threads *threads_new(void);
/* Joins what ended; `name` has at most 15 bytes. false: the system gives no more threads. */
bool threads_start(struct threads *threads, const char *name, void (*run)(void *data), void *data);
/* Waits for all of them until the deadline, leaves the others behind, frees. */
void threads_free(struct threads *threads, int timeout_ms);

#endif
