/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A tree of twelve snapshots with branches: whichever is deleted, in whatever
 * order, the content of every other one and of now stays what it was, by hash.
 * The disks are written from outside while the guest is off.
 * NVIRT_TREE_SEED=N takes another order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "backend/op_util.h"
#include "backend/snapshots.h"
#include "support/files.h"
#include "support/images.h"

#define SNAPSHOTS 12

static struct lab *lab;
static char *dir;

/* Before which snapshot it goes back to which: s1-s2-s3-s4, s2-s5-s6, s1-s7-s8, s7-s9-s10, s4-s11-s12. */
static const unsigned back_to[SNAPSHOTS + 1] = {[5] = 2, [7] = 1, [9] = 7, [11] = 4};

static int start_lab(void **state)
{
	(void)state;
	lab = lab_start(1);
	dir = images_dir(lab);
	g_setenv("XDG_STATE_HOME", dir, true);
	return 0;
}

static int stop_lab(void **state)
{
	(void)state;
	lab_stop(lab);
	g_free(dir);
	return 0;
}

static int set_up(void **state)
{
	struct ops *ops = ops_new(lab_uri(lab, "h1"));
	g_autofree char *path = images_make_sized(dir, "tree.qcow2", "qcow2", 2);
	g_autofree char *disk = images_disk("vda", path, "qcow2", "");

	images_define(ops->conn, "t-tree", NULL, disk);
	*state = ops;
	return 0;
}

static int tear_down(void **state)
{
	struct ops *ops = *state;

	images_clear(ops->conn);
	files_remove(dir);
	g_free(dir);
	dir = images_dir(lab);
	return ops_tear_down(state);
}

struct known {
	char *hash[SNAPSHOTS + 1]; /* [0] = of now */
	bool gone[SNAPSHOTS + 1];
	bool internal;
};

static struct obj_ref snapshot_ref(struct ops *ops, unsigned n)
{
	struct obj_ref ref = ops_guest_ref(ops, "t-tree");
	g_autofree char *name = g_strdup_printf("s%u", n);

	ref.kind = OBJ_SNAPSHOT;
	ref.name = g_intern_string(name);
	return ref;
}

static char *hash_now(struct ops *ops)
{
	g_autofree char *now = images_of(ops->conn, "t-tree", "vda");

	return images_hash(now, "qcow2", NULL);
}

static void build(struct ops *ops, struct known *known)
{
	for (unsigned n = 1; n <= SNAPSHOTS; n++) {
		g_autofree char *name = g_strdup_printf("s%u", n);
		if (back_to[n]) {
			struct obj_ref ref = snapshot_ref(ops, back_to[n]);
			ops_expect(ops_run(ops, OP_SNAPSHOT_REVERT, &ref, ref.name, ARGS("state", "stopped")), TASK_OK, NULL);
		}
		g_autofree char *now = images_of(ops->conn, "t-tree", "vda");
		/* Something of its own, and something that the next one writes over. */
		images_write(now, "qcow2", n, n * 128, 64);
		images_write(now, "qcow2", n, 0, 64);
		known->hash[n] = hash_now(ops);
		ops_expect(ops_run_guest(ops, OP_SNAPSHOT_TAKE, "t-tree",
		                   ARGS("name", name, "kind", known->internal ? "internal" : "external")),
		        TASK_OK, NULL);
	}
	g_autofree char *now = images_of(ops->conn, "t-tree", "vda");
	images_write(now, "qcow2", 99, 0, 32);
	known->hash[0] = hash_now(ops);
}

static char *hash_of(struct ops *ops, GPtrArray *rows, const struct known *known, unsigned n)
{
	g_autofree char *name = g_strdup_printf("s%u", n);

	(void)ops;
	for (unsigned i = 0; i < rows->len; i++) {
		const struct snapshot_row *row = g_ptr_array_index(rows, i);
		const struct snapshot_disk *disk = g_ptr_array_index(row->disks, 0);
		if (!g_str_equal(row->name, name))
			continue;
		if (row->missing && *row->missing)
			fail_msg("%s: '%s' is missing", name, row->missing);
		return images_hash(disk->state, disk->format, known->internal ? name : NULL);
	}
	return NULL;
}

static void check(struct ops *ops, const struct known *known, unsigned after)
{
	g_autoptr(virDomain) dom = virDomainLookupByName(ops->conn, "t-tree");
	g_autoptr(GPtrArray) rows = snapshots_read(dom, NULL);
	unsigned left = 0;

	for (unsigned n = 1; n <= SNAPSHOTS; n++) {
		g_autofree char *hash = hash_of(ops, rows, known, n);
		if (known->gone[n])
			assert_null(hash);
		else if (!hash || !g_str_equal(hash, known->hash[n]))
			fail_msg("s%u is %s after s%u was deleted", n, hash ? "another" : "gone", after);
		left += !known->gone[n];
	}
	g_autofree char *now = hash_now(ops);
	if (!g_str_equal(now, known->hash[0]))
		fail_msg("now is another after s%u was deleted", after);
	assert_int_equal(rows->len, left);
	assert_int_equal(ops_state_of(ops, "t-tree"), VIR_DOMAIN_SHUTOFF);
}

/* Nothing lies about that the disk of now does not stand on. */
static void check_files(struct ops *ops)
{
	g_autofree char *now = images_of(ops->conn, "t-tree", "vda");
	g_autofree char *quoted = g_shell_quote(now), *in = g_shell_quote(dir);
	g_autofree char *chain =
	        images_command("qemu-img info -U --backing-chain %s | sed -n 's/^image: .*\\///p' | sort", quoted);
	g_autofree char *there = images_command("ls %s | grep -v nvirt$ | sort", in);

	assert_string_equal(chain, there);
}

static void shuffle(unsigned order[SNAPSHOTS])
{
	const char *seed = g_getenv("NVIRT_TREE_SEED");

	if (!seed)
		return;
	srand((unsigned)atoi(seed));
	for (unsigned i = SNAPSHOTS; i > 1; i--) {
		unsigned with = (unsigned)rand() % i, kept = order[i - 1];
		order[i - 1] = order[with];
		order[with] = kept;
	}
}

static void delete_all(struct ops *ops, struct known *known)
{
	/* Branching points first, then leaves and what lies between. */
	unsigned order[SNAPSHOTS] = {2, 7, 3, 12, 4, 10, 1, 6, 11, 8, 5, 9};

	shuffle(order);
	for (unsigned i = 0; i < SNAPSHOTS; i++) {
		struct obj_ref ref = snapshot_ref(ops, order[i]);
		ops_expect(ops_run(ops, OP_SNAPSHOT_DELETE, &ref, ref.name, NULL), TASK_OK, "deleted");
		known->gone[order[i]] = true;
		check(ops, known, order[i]);
	}
}

static void known_clear(struct known *known)
{
	for (unsigned n = 0; n <= SNAPSHOTS; n++)
		g_free(known->hash[n]);
}

static void any_external_one_may_go(void **state)
{
	struct known known = {.internal = false};

	build(*state, &known);
	check(*state, &known, 0);
	delete_all(*state, &known);
	check_files(*state);
	known_clear(&known);
}

static void any_internal_one_may_go(void **state)
{
	struct known known = {.internal = true};

	build(*state, &known);
	check(*state, &known, 0);
	delete_all(*state, &known);
	known_clear(&known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(any_internal_one_may_go, set_up, tear_down),
		cmocka_unit_test_setup_teardown(any_external_one_may_go, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, start_lab, stop_lab);
}
