/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See leftovers.h. */
#include "support/leftovers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "nvirt/journal.h"

static void append(struct journal *journal, enum journal_event event, const char *uri, struct task_step *step)
{
	struct journal_record *record = journal_record_new(event, LEFTOVERS_TASK);

	record->unix_us = g_get_real_time();
	g_free(record->instance);
	record->instance = g_strdup("1:1"); /* a process that has ended */
	if (event == JOURNAL_START) {
		record->host_name = g_strdup("");
		record->uri = g_strdup(uri);
		record->user = g_strdup("root");
		record->verb = g_strdup("snapshot-create");
		record->object = g_strdup("src");
		record->kind = OBJ_GUEST;
	}
	record->step = step;
	assert_true(journal_append(journal, record, true));
	journal_record_free(record);
}

void leftovers_write(const char *home, const char *uri, const char *base, const char *const *paths)
{
	g_autofree char *dir = g_build_filename(home, "nvirt", NULL);
	struct journal *journal = journal_open(dir, NULL);

	append(journal, JOURNAL_START, uri, NULL);
	for (unsigned i = 0; paths[i]; i++)
		append(journal, JOURNAL_STEP, uri, task_step_new(i + 1, STEP_FILE, paths[i], base));
	journal_close(journal, 1000);
}
