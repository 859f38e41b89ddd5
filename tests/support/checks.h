/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the checks say of a host of the lab, and which of them a test program has seen fail and pass. Each check of
 * the table belongs to one of those programs, which ends with checks_assert_all_seen(): a new row without tests fails.
 */
#ifndef TESTS_SUPPORT_CHECKS_H
#define TESTS_SUPPORT_CHECKS_H

#include "nvirt/check.h"
#include "support/lab.h"

enum checks_home {
	CHECKS_OF_FILES,   /* a machine's own files: unit/test_check_machine */
	CHECKS_OF_LIBVIRT, /* the connection: pty/test_check_libvirt */
	CHECKS_OF_GUESTS,  /* backend/test_health_guests */
	CHECKS_OF_OBJECTS, /* pools, images, networks: backend/test_health */
};

/* One lab for all tests of a group, and a file system of its own, 2 MiB (root only, else NULL). */
extern struct lab *checks_lab;
extern const char *checks_small;
int checks_start(void **state);
int checks_stop(void **state);
#define checks_virsh(...) lab_do(checks_lab, "virsh", "h1", "-q", __VA_ARGS__)
/* Where the lab's images are; owned. */
char *checks_image(const char *name);
/* Fails the test when libvirt refuses. */
void checks_define(const char *xml);
/* Ended and undefined, with its snapshots' records. */
void checks_forget(const char *name);

/* The whole of host h1, as it will be seen in so many seconds if nothing changes; owned. */
struct check_report *checks_look_later(gint64 seconds);
struct check_report *checks_look(void);
/* A test: a host with a guest that nothing can be said against passes. */
void checks_a_well_host_passes(void **state);
/* NULL = it said nothing of that object (its name; NULL = the host). */
const struct finding *checks_find(const struct check_report *report, const char *id, const char *object);
/* It says that, with these words (may be NULL) in its evidence. From WARN on it names a remedy too. */
void checks_expect(const struct check_report *report, const char *id, enum check_result result, const char *object,
        const char *words);
/* It has nothing against that object. */
void checks_expect_none(const struct check_report *report, const char *id, const char *object);

/* Of one who looks otherwise: it was seen to say so. CHECK_UNKNOWN counts as neither. */
void checks_note(const char *id, enum check_result result);
/* It cannot be made to fail or to pass on this machine (no root): not missed. */
void checks_excuse(const char *id);
void checks_assert_all_seen(enum checks_home home);

#endif
