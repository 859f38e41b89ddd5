/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pictures from files of our own, read by a thread and kept one at a time: the
 * one looked at last. The main thread asks, and draws what is there.
 */
#ifndef NVIRT_UI_PICTURES_H
#define NVIRT_UI_PICTURES_H

#include <stdbool.h>

#include "nvirt/msg.h"

struct pictures;

/* What is read is posted to `inbox` as MSG_PICTURE; NULL (tests): nothing is read. */
struct pictures *pictures_new(struct inbox *inbox);
/* Does not wait: a reader that hangs posts to nobody. */
void pictures_free(struct pictures *pictures);
/*
 * The picture of that file, or NULL: it is being read (for the first time if
 * need be), or `ret_problem` (borrowed) says why there is none.
 */
const struct picture *pictures_get(struct pictures *pictures, const char *path, const char **ret_problem);
/* A MSG_PICTURE: takes what it brings. */
void pictures_came(struct pictures *pictures, struct msg *msg);

#endif
