/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See detached.h. */
#include "detached.h"

#include <pthread.h>
#include <signal.h>

bool detached_start(void *(*run)(void *data), void *data)
{
	sigset_t all, before;
	pthread_t thread;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	bool ok = pthread_create(&thread, NULL, run, data) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (ok)
		pthread_detach(thread);
	return ok;
}
