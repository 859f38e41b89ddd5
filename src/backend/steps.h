/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The steps of one operation: what it makes or changes on its host, written to
 * the journal and synced before each is done.
 *
 * An operation that fails or is aborted undoes its steps in reverse order; the
 * worker does that when the operation's function has returned (steps_end()), so
 * that the function only says what it is about to do. After a kill the next
 * nvirt finds in the journal what may be left, and offers to remove it; it never
 * offers what no step names. The thread of the job.
 *
 *	unsigned step = steps_will_make_file(job, path);
 *	if (!make(path, &error)) {...}      fails: undone by the worker
 *	steps_made(job, step);
 */
#ifndef NVIRT_BACKEND_STEPS_H
#define NVIRT_BACKEND_STEPS_H

#include "backend/job.h"

/*
 * Each returns the step's number, to be marked later. Paths are raw and
 * absolute. `local`: this machine itself makes the file, not the daemon.
 * `identity` of a local file: what it will be, known before (a file that is
 * only renamed), else NULL.
 */
unsigned steps_will_make_file(struct job *job, const char *path);
/* An overlay on `base`, after a look that showed that there is no such file: what is found there after a kill is this one. */
unsigned steps_will_make_overlay(struct job *job, const char *path, const char *base);
unsigned steps_will_make_local_file(struct job *job, const char *path, const char *identity);
unsigned steps_will_define(struct job *job, const unsigned char *uuid, const char *name);
/* `mode`: the permissions of now, that undoing gives back. */
unsigned steps_will_change_mode(struct job *job, const char *path, unsigned mode);
/*
 * The content of `path` is about to be replaced, once `copy` holds what it is
 * now: marked as made when the copy is whole, before `path` is touched. The
 * guest of the request is the one that uses it.
 */
unsigned steps_will_replace(struct job *job, const char *path, const char *copy);
/*
 * What only the operation itself can undo: `undo` is called with `data` in the
 * reverse order of the steps, and returns false with `error` when it could not.
 * After a kill the step is only told, in the words of `text` ("the definition
 * of 'web1', which was being changed"). `free_data` may be NULL.
 */
unsigned steps_will_do(struct job *job, const char *text,
        bool (*undo)(struct job *job, void *data, GError **error), void *data, void (*free_data)(void *));

/*
 * Steps that are named between the two are synced together, by the second.
 * None of them may be begun before that.
 */
void steps_gather(struct job *job);
void steps_gathered(struct job *job);
/* It was done, by us: from now on it is surely ours to undo. */
void steps_made(struct job *job, unsigned step);
/* It is not there (any more): nothing to undo. */
void steps_gone(struct job *job, unsigned step);
/* All that were done until now stay, whatever comes. */
void steps_keep(struct job *job);
/*
 * The same where what was made is whole and nothing is taken away because of it: on the
 * disk with the next step or the END.
 */
void steps_keep_whole(struct job *job);
/* The same for those older than that one. */
void steps_keep_before(struct job *job, unsigned step);
/*
 * Undoes what is not kept, the newest first. NULL, or what could not be undone:
 * owned, "the file '/x' (why), the guest 'y' (why)".
 */
char *steps_undo(struct job *job);

/* Is every guest that was to be defined there, and was there one at all? For settling. */
bool steps_defined(struct job *job);

/* The worker's: keeps or undoes by how the operation ended; says in `error` or the job's words what stays. */
void steps_end(struct job *job, enum task_state state, GError **error);
void steps_free(struct steps *steps);

/*
 * Undoes one step of any task over this connection: true when it is not there
 * any more. Refuses to touch what somebody uses, or what is not what the step made.
 */
bool step_undo(virConnectPtr conn, const struct task_step *step, GError **error);

#endif
