/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starting the screen reader. Main thread; does not block. */
#ifndef NVIRT_CONSOLE_READER_PROCESS_H
#define NVIRT_CONSOLE_READER_PROCESS_H

#include <glib.h>
#include <stdbool.h>

/*
 * `server`: a connected socket, taken in any case; -1 = none. `ret_fd`: our end of the
 * socket pair, not blocking. The process is our child, to be waited for.
 */
bool reader_process_start(int server, int *ret_fd, int *ret_pid, GError **error);
/* Where the program lies: beside this one, in ../libexec/nvirt, or where it was installed. Owned. */
char *reader_process_path(void);

#endif
