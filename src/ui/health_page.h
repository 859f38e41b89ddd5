/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A finding of the checks as a dialog: what was seen, why it matters, and what mends it. Main thread. */
#ifndef NVIRT_UI_HEALTH_PAGE_H
#define NVIRT_UI_HEALTH_PAGE_H

#include "app.h"
#include "nvirt/check.h"

/* Copies what it needs: the finding may go while it is shown. */
void health_page_show(struct app *app, const struct finding *finding);

/* Asks whether a host's own files may be read over the ssh of its connection; says so where there is none. */
struct host;
void health_page_ask_ssh(struct app *app, const struct host *host);

#endif
