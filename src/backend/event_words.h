/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvirt's event numbers as kinds and words. Pure. */
#ifndef NVIRT_BACKEND_EVENT_WORDS_H
#define NVIRT_BACKEND_EVENT_WORDS_H

#include "nvirt/msg.h"

enum event_kind event_words_kind(int event, int detail);
/* "booted", "by the guest", …; "" where there is nothing to say. */
const char *event_words_detail(int event, int detail);
const char *event_words_io_action(int action); /* ", guest paused", … */
const char *event_words_job(int operation);    /* "migration out", "snapshot", … */
const char *event_words_metadata(int type);
enum event_kind event_words_network(int event);
enum event_kind event_words_pool(int event);
const char *event_words_pool_text(int event);

#endif
