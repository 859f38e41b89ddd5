/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lab (tests/lab/lab.sh) from C tests: start it, ask it, disturb it.
 *
 * Every lab has a directory of its own and ends with the test program, however
 * that ends. What can not work fails the cmocka test.
 */
#ifndef TESTS_SUPPORT_LAB_H
#define TESTS_SUPPORT_LAB_H

#include <glib.h>
#include <libvirt/libvirt.h>
#include <stdbool.h>

struct lab;

struct lab *lab_start(unsigned hosts);
void lab_stop(struct lab *lab); /* NULL is fine */
/* A system libvirtd with networks (root), or a session one. */
bool lab_is_system(struct lab *lab);
const char *lab_dir(struct lab *lab);
const char *lab_uri(struct lab *lab, const char *host); /* owned by the lab */
char *lab_socket(struct lab *lab, const char *host);     /* owned by the caller */
/*
 * A URI of h1 (system only) as of another machine: its ssh is a script in `dir` that runs what it is told inside
 * that host, and appends its arguments to `dir`/asked. Owned.
 */
char *lab_uri_over_ssh(struct lab *lab, const char *dir);

/* A command of lab.sh, NULL-terminated words; its standard output, owned. */
#define lab_run(lab, ...) lab_run_words((lab), (const char *const[]){__VA_ARGS__, NULL})
char *lab_run_words(struct lab *lab, const char *const *words);
/* The same for commands whose output is of no interest. */
#define lab_do(lab, ...) g_free(lab_run((lab), __VA_ARGS__))

/*
 * A guest of kind linux with these words for its kernel, which tests/lab/guest/init reads too; and the
 * network that it needs. Once a lab.
 */
void lab_define_linux(struct lab *lab, const char *guest, const char *cmdline);

/* A connection of the test's own, kept open; opened anew when it was lost. Borrowed. */
virConnectPtr lab_connection(struct lab *lab, const char *host);
/* VIR_DOMAIN_*; -1 = no such guest, or no answer. */
int lab_guest_state(struct lab *lab, const char *host, const char *guest);
/* Waits until `done(data)`; for what no pty is needed. */
void lab_wait_for(bool (*done)(void *data), void *data, const char *what, int deadline_ms);
void lab_wait_state(struct lab *lab, const char *host, const char *guest, int state);

/* ---- the proxy in front of a daemon: tests/lab/proxy.c ---- */
struct proxy;
/* Listens in the lab's directory. */
struct proxy *proxy_start(struct lab *lab, const char *host);
void proxy_stop(struct proxy *proxy);
const char *proxy_socket(struct proxy *proxy);
/* Answer without its last line "ok", owned; printf-like command. */
char *proxy_command(struct proxy *proxy, const char *format, ...) G_GNUC_PRINTF(2, 3);

struct proxy_calls {
	guint64 calls;  /* of the procedure asked for, since the last reset */
	guint64 beside; /* of other procedures, on the connections that made those */
	guint64 total;  /* of all, on all connections */
};
/* A procedure of the remote protocol. */
struct proxy_calls proxy_calls(struct proxy *proxy, unsigned procedure);

/* libvirt's remote_protocol.x */
#define REMOTE_PROGRAM 0x20008086u
#define PROC_CONNECT_GET_ALL_DOMAIN_STATS 344u

#endif
