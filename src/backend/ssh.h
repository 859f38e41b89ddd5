/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ssh of a connection's URI, for what else goes over it. Threads that may be left behind. */
#ifndef NVIRT_BACKEND_SSH_H
#define NVIRT_BACKEND_SSH_H

#include <glib.h>
#include <stdbool.h>

/* The program and its options as libvirt's own transport has them; more words are added. Owned words. */
GPtrArray *ssh_words(const char *uri);
void ssh_add(GPtrArray *words, const char *word);
/* The last line that ssh said of its failure; owned, cleaned, "" = none. */
char *ssh_last_words(int fd);

struct ssh_limits {
	gsize bytes;               /* more is an error: nobody sends so much of his own accord */
	gint64 deadline_us;        /* monotonic; the ssh is ended then */
	bool (*go_on)(void *data); /* asked a few times a second; may be NULL */
	void *data;
};

/*
 * Runs a script by the login's sh on the far end and takes what it prints: owned, NULL with `error`, in which
 * ssh's own words are. Never prompts. Its exit status does not count; who needs to know has it print so.
 */
GString *ssh_run_script(const char *uri, const char *script, const struct ssh_limits *limits, GError **error);

#endif
