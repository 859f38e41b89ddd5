/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every kind of snapshot of a guest in every state, rolled back to from a guest
 * that runs and from one that is off: what must come back is each byte of each
 * disk, the UEFI variables, and with memory the count in RAM and the picture on
 * the screen. Shared by the programs for BIOS and for UEFI.
 */
#ifndef TESTS_BACKEND_SNAPSHOT_MATRIX_H
#define TESTS_BACKEND_SNAPSHOT_MATRIX_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "backend/snapshot_tree.h"
#include "support/counter.h"

enum how { INTERNAL, DISK, MEMORY };

static const char *const how_words[] = {"internal", "disk", "memory"};
static const char *const then_words[] = {"running", "paused", "off"};

/* What a snapshot must bring back. */
struct known {
	char name[32];
	enum how how;
	enum then then;
	uint32_t count;
	char *disks[2], *nvram, *screen;
};

struct matrix {
	struct counter guest;
	struct known known[8];
	unsigned n, reverts;
};

struct matrix_guest {
	const char *name, *kind;
};

static struct lab *lab;
static struct ops *ops;

/* ---- taking ---- */

static void learn(struct matrix *matrix, struct known *known)
{
	struct counter *guest = &matrix->guest;

	for (unsigned i = 0; i < guest->disks; i++)
		known->disks[i] = counter_disk(guest, i);
	if (guest->uefi)
		known->nvram = counter_nvram(guest);
	if (known->then != OFF)
		known->screen = counter_screen(guest);
}

/* NULL = taken; else libvirt's words. */
static char *take(struct matrix *matrix, enum how how, enum then then)
{
	struct known *known = &matrix->known[matrix->n];
	struct counter *guest = &matrix->guest;

	counter_bring_to(guest, RUNNING);
	counter_press(guest);
	*known = (struct known){.how = how, .then = then, .count = counter_count(guest)};
	g_snprintf(known->name, sizeof known->name, "%s-%s", how_words[how], then_words[then]);
	counter_bring_to(guest, then);
	char *why = counter_take(guest, how_words[how], known->name);
	if (why)
		return why;
	learn(matrix, known);
	matrix->n++;
	return NULL;
}

/* Which are impossible is known, and why. */
static const char *expected(const struct matrix *matrix, enum how how)
{
	if (how == INTERNAL && matrix->guest.uefi)
		return "libvirt makes no internal ones of UEFI guests";
	return how == INTERNAL && strstr(matrix->guest.name, "raw") ? "raw disk vdb can not hold one" : NULL;
}

static void take_all(struct matrix *matrix, enum how how)
{
	/* A guest that is off has no memory: it gets one of its disks. */
	for (enum then then = RUNNING; then <= (how == MEMORY ? PAUSED : OFF); then++) {
		g_autofree char *why = take(matrix, how, then);
		const char *words = expected(matrix, how);
		if (words ? !why || !strstr(why, words) : why != NULL)
			fail_msg("%s %s of %s: '%s' instead of '%s'", how_words[how], then_words[then],
			        matrix->guest.name, why, words);
	}
}

/* ---- rolling back ---- */

static void check_disks(const struct matrix *matrix, const struct known *known)
{
	for (unsigned i = 0; i < matrix->guest.disks; i++) {
		g_autofree char *now = counter_disk(&matrix->guest, i);
		assert_string_equal(now, known->disks[i]);
	}
}

static void check_nvram(const struct matrix *matrix, const struct known *known)
{
	if (!matrix->guest.uefi)
		return;
	g_autofree char *now = counter_nvram(&matrix->guest);
	assert_string_equal(now, known->nvram);
}

static void check_running(struct matrix *matrix, const struct known *known, bool with_memory)
{
	struct counter *guest = &matrix->guest;

	lab_wait_for(counter_is_up, guest, "the guest to be up", COUNTER_DEADLINE_MS);
	assert_int_equal(counter_count(guest), known->count);
	if (with_memory) {
		g_autofree char *screen = counter_screen(guest);
		assert_string_equal(screen, known->screen);
	}
	check_disks(matrix, known);
	/* And it lives. */
	if (counter_state(guest) == VIR_DOMAIN_PAUSED)
		assert_int_equal(virDomainResume(guest->dom), 0);
	counter_press(guest);
	assert_int_equal(counter_count(guest), known->count + 1);
}

static void check_current(const struct matrix *matrix, const struct known *known)
{
	virDomainSnapshotPtr current = virDomainSnapshotCurrent(matrix->guest.dom, 0);

	assert_non_null(current);
	assert_string_equal(virDomainSnapshotGetName(current), known->name);
	virDomainSnapshotFree(current);
	assert_int_equal(virDomainSnapshotNum(matrix->guest.dom, 0), matrix->n);
	assert_int_equal(virDomainHasManagedSaveImage(matrix->guest.dom, 0), 0);
}

/* Disks without memory are of a guest that ran: it boots. */
static enum then after_of(const struct known *known, const char *state)
{
	if (g_strcmp0(state, "stopped") == 0)
		return OFF;
	return known->how == DISK && known->then == PAUSED ? RUNNING : known->then;
}

static void roll_back(struct matrix *matrix, const struct known *known, enum then from, const char *state)
{
	static const int states[] = {VIR_DOMAIN_RUNNING, VIR_DOMAIN_PAUSED, VIR_DOMAIN_SHUTOFF};
	struct obj_ref ref = counter_snapshot(&matrix->guest, known->name);
	enum then after = after_of(known, state);
	bool with_memory = known->how != DISK && after != OFF;

	counter_bring_to(&matrix->guest, from);
	if (from == RUNNING)
		counter_press(&matrix->guest);
	ops_expect(ops_run(ops, OP_SNAPSHOT_REVERT, &ref, known->name, state ? ARGS("state", state) : NULL), TASK_OK,
	        known->name);
	matrix->reverts++;
	assert_int_equal(counter_state(&matrix->guest), states[after]);
	check_current(matrix, known);
	if (with_memory || after == OFF)
		check_nvram(matrix, known);
	if (after == OFF)
		check_disks(matrix, known);
	else
		check_running(matrix, known, with_memory);
}

/* Booting UEFI takes long: of those that would boot, one does. */
static const char *state_of(const struct matrix *matrix, const struct known *known, enum then from)
{
	bool boots = known->how == DISK && known->then != OFF;

	return matrix->guest.uefi && boots && !(known->then == RUNNING && from == OFF) ? "stopped" : NULL;
}

/*
 * How well a roll back fits now: from the state that the guest is in, so that it
 * need not boot for it, and one that leaves it up as long as there are such.
 */
static int fitness(const struct matrix *matrix, const struct known *known, enum then from, bool up)
{
	bool stays_up = after_of(known, state_of(matrix, known, from)) != OFF;

	return ((from == RUNNING) == up ? 4 : 0) + (stays_up ? 2 : 0) + (known->how != DISK ? 1 : 0);
}

/* To each of them from a guest that runs and from one that is off, each once. */
static void roll_back_all(struct matrix *matrix)
{
	bool done[G_N_ELEMENTS(matrix->known)][2] = {{false}};

	for (unsigned n = 0; n < 2 * matrix->n; n++) {
		bool up = counter_state(&matrix->guest) != VIR_DOMAIN_SHUTOFF;
		int best = -1;
		unsigned best_i = 0, best_from = 0;
		for (unsigned i = 0; i < matrix->n; i++)
			for (unsigned from = 0; from < 2; from++) {
				int fits = fitness(matrix, &matrix->known[i], from ? OFF : RUNNING, up);
				if (done[i][from] || fits <= best)
					continue;
				best = fits;
				best_i = i;
				best_from = from;
			}
		const struct known *known = &matrix->known[best_i];
		enum then from = best_from ? OFF : RUNNING;
		done[best_i][best_from] = true;
		roll_back(matrix, known, from, state_of(matrix, known, from));
	}
}

/* The files that hold a state were never written. */
static void check_files(struct matrix *matrix)
{
	g_autoptr(GError) error = NULL;
	GPtrArray *tree = snapshot_tree_read(matrix->guest.dom, false, &error);

	for (unsigned i = 0; i < matrix->n; i++) {
		struct snap *snap = snapshot_tree_find(tree, matrix->known[i].name);
		for (unsigned d = 0; d < matrix->guest.disks; d++) {
			g_autofree char *target = g_strdup_printf("vd%c", 'a' + d);
			struct snap_disk *disk = snap_disk_find(snap, target);
			const char *inside = g_str_equal(disk->mode, "internal") ? snap->name : NULL;
			g_autofree char *now = counter_content(&matrix->guest, disk->state, disk->state_format, inside);
			assert_string_equal(now, matrix->known[i].disks[d]);
		}
	}
	g_ptr_array_unref(tree);
}

/* `how` external: with memory and without. `snapshots`: how many of them are possible. */
static void run_matrix(const struct matrix_guest *of, enum how how, unsigned snapshots)
{
	struct matrix matrix = {.n = 0};

	counter_open(&matrix.guest, lab, ops, of->name, of->kind);
	take_all(&matrix, how);
	if (how == MEMORY)
		take_all(&matrix, DISK);
	assert_int_equal(matrix.n, snapshots);
	roll_back_all(&matrix);
	assert_int_equal(matrix.reverts, 2 * snapshots);
	check_files(&matrix);
	for (unsigned i = 0; i < matrix.n; i++) {
		g_free(matrix.known[i].disks[0]);
		g_free(matrix.known[i].disks[1]);
		g_free(matrix.known[i].nvram);
		g_free(matrix.known[i].screen);
	}
	counter_close(&matrix.guest);
}

/* All of them are started at once, and wait. */
static void start_guests(const struct matrix_guest *guests, unsigned n)
{
	lab = lab_start(1);
	ops = ops_new(lab_uri(lab, "h1"));
	for (unsigned i = 0; i < n; i++) {
		lab_do(lab, "define", "h1", guests[i].name, guests[i].kind);
		lab_do(lab, "virsh", "h1", "-q", "start", guests[i].name);
	}
	for (unsigned i = 0; i < n; i++) {
		struct counter guest;
		counter_open(&guest, lab, ops, guests[i].name, guests[i].kind);
		counter_bring_to(&guest, PAUSED);
		virDomainFree(guest.dom);
		g_free(guest.name);
	}
}

static int stop_lab(void **state)
{
	void *own = ops;

	(void)state;
	if (ops)
		ops_tear_down(&own);
	lab_stop(lab);
	return 0;
}

#endif
