/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sections of the host's Summary that come of a look at the host itself
 * (node_detail.h). Each adds itself to the pane, or nothing while there was no
 * look. Main thread.
 */
#ifndef NVIRT_UI_HOST_PAGE_H
#define NVIRT_UI_HOST_PAGE_H

#include "pane.h"

struct host_page {
	struct pane *pane;
	const struct app *app;
	const struct host *host;
	bool stale; /* the figures of the last look are old */
};

struct host_page host_page_of(struct pane *pane, const struct app *app, const struct host *host);
/* The bar of the memory and what its parts are, in the section begun. */
void host_page_memory(const struct host_page *page, bool stale);
/* How old the look is, where it is too old; in the section begun. */
void host_page_age(const struct host_page *page);
void host_page_cpus(const struct host_page *page);
void host_page_pressure(const struct host_page *page);
void host_page_ksm(const struct host_page *page);
void host_page_cells(const struct host_page *page);
void host_page_disks(const struct host_page *page);
void host_page_sensors(const struct host_page *page);

#endif
