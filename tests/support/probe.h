/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An app whose regions only list guests and remember what they were told. */
#ifndef TESTS_SUPPORT_PROBE_H
#define TESTS_SUPPORT_PROBE_H

#include "support/screen.h"
#include "ui/list.h"

struct probe {
	struct view view;
	struct list list;
	char *filter;
	GString *seen; /* keys no one else wanted */
	unsigned command_runs, last_count, updates;
};

/* With one host and its guests; ended by screen_free(). */
struct screen *probe_screen(int rows, int cols);
struct probe *probe_of(struct screen *screen, enum region region);
/* The newest of exactly that many tasks, or NULL when there are none; else the test fails. */
const struct task *probe_only_task(struct screen *screen, unsigned count);
/* What a plan of deleting web2 says: a disk, one that is used elsewhere, NVRAM. `refused` may be NULL. */
void probe_post_plan(struct screen *screen, unsigned plan_id, const char *refused);

#endif
