/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a host's page says when there is nothing to show yet: a connection that
 * never came about, and a host without guests. Each problem comes with the
 * command that mends it and, where nvirt can, a key. Main thread.
 */
#ifndef NVIRT_UI_WELCOME_H
#define NVIRT_UI_WELCOME_H

#include "pane.h"

/* Was this host never reached (so that there are no facts)? */
bool welcome_applies(const struct host *host);
/* What was tried, libvirt's words, what to do. */
void welcome_fill(struct pane *pane, const struct app *app, const struct host *host);
/* The empty session, or the checklist of a host without guests; nothing when it has some. */
void welcome_fill_empty(struct pane *pane, const struct host *host);

/* What the keys of the checklist do; each does nothing where its point is in order. */
void welcome_fix_kvm(struct app *app, const struct host *host);
void welcome_fix_group(struct app *app, const struct host *host);
void welcome_fix_network(struct app *app, const struct host *host);
void welcome_fix_pool(struct app *app, const struct host *host);
void welcome_to_system(struct app *app, const struct host *host);

#endif
