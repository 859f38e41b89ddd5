/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line asked for at the terminal. Main thread. */
#ifndef NVIRT_CLI_PASSWORD_H
#define NVIRT_CLI_PASSWORD_H

#include <stdbool.h>

/*
 * Asks at the controlling terminal, wherever the standard streams lead; `hidden`: what is typed is not
 * shown. Owned, a secret (secret_free()); NULL: there is no terminal, or the answer was Ctrl-C or Ctrl-D.
 */
char *cli_password_ask(const char *words, bool hidden);

#endif
