/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Condition variables on the monotonic clock. */
#include "backend/lock.h"

#include <errno.h>
#include <time.h>

void lock_cond_init(pthread_cond_t *cond)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(cond, &attr);
	pthread_condattr_destroy(&attr);
}

bool lock_cond_wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, gint64 deadline_us)
{
	struct timespec at = {.tv_sec = deadline_us / G_USEC_PER_SEC,
	        .tv_nsec = deadline_us % G_USEC_PER_SEC * 1000};

	if (g_get_monotonic_time() >= deadline_us)
		return false;
	return pthread_cond_timedwait(cond, lock, &at) != ETIMEDOUT;
}
