/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An operation whose connection died is settled by looking at the host, never by guessing. */
#ifndef NVIRT_BACKEND_SETTLE_H
#define NVIRT_BACKEND_SETTLE_H

#include "backend/op_table.h"

/*
 * On the job's worker thread: posts UNKNOWN, connects again with back-off until
 * it could look. Returns how the task ended; TASK_UNKNOWN when the program ends
 * or the host is removed first. job->conn is the new connection, or NULL.
 */
enum task_state settle_job(struct job *job, const struct op_row *row, GError **error);

#endif
