/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything known of one device of a host, and how a guest is given it. Main thread. */
#ifndef NVIRT_UI_DEVICE_PAGE_H
#define NVIRT_UI_DEVICE_PAGE_H

#include "app.h"
#include "nvirt/device.h"

/* As a dialog; copies what it needs of the row. */
void device_page_show(struct app *app, unsigned host, const struct device_row *row);

#endif
