/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lab's counting guests (tests/lab/guest/count*): what they hold in memory,
 * on the screen, on their disks and in their UEFI variables. What can not be
 * asked fails the cmocka test.
 */
#ifndef TESTS_SUPPORT_COUNTER_H
#define TESTS_SUPPORT_COUNTER_H

#include "support/lab.h"
#include "support/ops.h"

#define COUNTER_DEADLINE_MS 60000

enum then { RUNNING, PAUSED, OFF };

struct counter {
	struct lab *lab;
	struct ops *ops;
	virDomainPtr dom;
	char *name;
	bool uefi;
	unsigned disks;
};

/* Defined before; `kind` as in lab.sh define. */
void counter_open(struct counter *counter, struct lab *lab, struct ops *ops, const char *name, const char *kind);
/* Forces it off. */
void counter_close(struct counter *counter);
/* In the lab's image directory; owned. */
char *counter_image(const struct counter *counter, const char *format, ...) G_GNUC_PRINTF(2, 3);

bool counter_is_up(void *counter);
uint32_t counter_count(const struct counter *counter);
/* Sends a key and waits until it has counted, written and shown. */
void counter_press(struct counter *counter);
int counter_state(const struct counter *counter); /* VIR_DOMAIN_* */
void counter_bring_to(struct counter *counter, enum then wanted);

/* Checksums, owned. */
char *counter_screen(const struct counter *counter);
char *counter_nvram(const struct counter *counter);
/* Of all that a guest could read in a file, chain and all; `snapshot`: an internal one, NULL = of now. */
char *counter_content(const struct counter *counter, const char *path, const char *format, const char *snapshot);
char *counter_disk(const struct counter *counter, unsigned i);
struct obj_ref counter_snapshot(const struct counter *counter, const char *name);

/*
 * Takes one by nvirt's own operation: "internal", "disk" or "memory" (external
 * both). NULL, or why not; owned.
 */
char *counter_take(struct counter *counter, const char *how, const char *name);

#endif
