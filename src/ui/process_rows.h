/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rows of the tab Processes: guests' processes with their threads and open files
 * below them, in the order asked for. Main thread; pure.
 */
#ifndef NVIRT_UI_PROCESS_ROWS_H
#define NVIRT_UI_PROCESS_ROWS_H

#include "nvirt/store.h"

enum process_column {
	PROCESS_NAME,
	PROCESS_ID,
	PROCESS_CPU,
	PROCESS_TIME,
	PROCESS_MEMORY,
	PROCESS_STATE,
	PROCESS_ON,
	PROCESS_AFFINITY,
	PROCESS_PSS,
	PROCESS_SWAP,
	PROCESS_COLUMN_N
};

enum process_what { ROW_PROCESS, ROW_THREAD, ROW_FILES, ROW_FILE };

/* Of the store's, good until its next message. */
struct process_row {
	enum process_what what;
	const struct guest *guest;
	const struct qemu_process *process;
	const struct qemu_thread *thread; /* ROW_THREAD */
	const struct qemu_file *file;     /* ROW_FILE */
	bool folded;                      /* ROW_PROCESS, ROW_FILES */
	int place;                        /* in order, whichever way round the table is */
	char *part;                       /* tells it from the guest's other rows */
};

struct process_order {
	enum process_column column;
	bool descending;
	/* Is what is below that row hidden? */
	bool (*folded)(const struct process_row *row, void *data);
	void *data;
};

/* Owned: struct process_row *. */
GPtrArray *process_rows_make(const struct store *store, const struct host *host, const struct process_order *order);
/* What a filter finds it by, folded; a process also by what is below it. Owned. */
char *process_row_fold(const struct process_row *row);
/* Its name in the table, without the glyph before it; owned. */
char *process_row_title(const struct process_row *row);
/* What its open files take on disk; -1 = they may not be seen. */
int64_t process_file_bytes(const struct qemu_process *process);
/* What the columns have no room for; owned, "" = nothing. */
char *process_row_note(const struct process_row *row);

#endif
