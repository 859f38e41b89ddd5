/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Condition variables on the monotonic clock, so that a jump of the wall clock
 * neither wakes nor delays anybody.
 */
#ifndef NVIRT_BACKEND_LOCK_H
#define NVIRT_BACKEND_LOCK_H

#include <glib.h>
#include <pthread.h>
#include <stdbool.h>

void lock_cond_init(pthread_cond_t *cond);
/* false once `deadline_us` (g_get_monotonic_time()) has passed; may wake early. */
bool lock_cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, gint64 deadline_us);

#endif
