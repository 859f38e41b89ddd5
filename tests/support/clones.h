/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests with disks of known content, to be cloned; looking for what is left. */
#ifndef TESTS_SUPPORT_CLONES_H
#define TESTS_SUPPORT_CLONES_H

#include "support/lab.h"
#include "support/ops.h"

#define CLONES_POOL "clones"

/* One lab for all tests of a group, with a place that can be filled up (root only, else NULL). */
extern struct lab *clones_lab;
extern const char *clones_small; /* 64 MiB, seen by the daemon as by us */
int clones_start(void **state);
int clones_stop(void **state);
/* `*state` = struct ops; a pool CLONES_POOL in a directory of the lab; and after it nothing of it. */
int clones_set_up(void **state);
int clones_tear_down(void **state);

/* Nobody, not even root, can make or remove files in the pool's directory; false = that can not be had here. */
bool clones_lock_dir(bool lock);
/* In the pool's directory; owned. */
char *clones_path(const char *name);
/* Runs it to its end; fails the test when it fails. Its output, owned. */
#define clones_tool(...) clones_tool_words((const char *const[]){__VA_ARGS__, NULL})
char *clones_tool_words(const char *const *words);
/* An image of `mib` MiB with the first `data_mib` filled with a pattern. */
void clones_image(const char *path, const char *format, unsigned mib, unsigned data_mib);
/* A guest with that image as vda, and `devices` beside. */
void clones_define(struct ops *ops, const char *name, const char *path, const char *format, const char *devices);
void clones_start_guest(struct ops *ops, const char *name);
bool clones_defined(struct ops *ops, const char *name);
/* "//source/@file" of its stored definition; owned. */
char *clones_xml_string(struct ops *ops, const char *name, const char *xpath);
void clones_assert_same(const char *a, const char *b);
/* Of a file's content; owned. */
char *clones_hash(const char *path);
/* A guest 'src' whose disk is src.img, and what that holds. */
struct clones_source {
	char *path, *hash;
};
/* So much that a copy of it takes a while. */
#define CLONES_BIG_MIB 100
struct clones_source clones_source(struct ops *ops, const char *format, unsigned data_mib);
void clones_source_clear(struct clones_source *source);
/* It is what it was, there is no guest 'copy', and just these files are in the pool's directory; clears it. */
void clones_assert_untouched(struct ops *ops, struct clones_source *source, const char *files);
/* Everything in the pool's directory, sorted, separated by spaces; owned. */
char *clones_listing(void);

/* A clone, as the workers run it. */
struct ops_result clones_run(struct ops *ops, const char *source, const char *const *args);
/* What it would be refused for, owned; NULL = it has a plan. */
char *clones_refusal(struct ops *ops, const char *source, const char *const *args);
/* Waits until a file whose name begins so is in the pool's directory (or `dir`); its path, owned. */
char *clones_wait_file(const char *dir, const char *prefix);

#endif
