/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nvirt is killed at each step that a roll back, and taking a snapshot, writes
 * into the journal. The next nvirt finds the task and cleans up after it; the
 * guest is then what it was before or what it was to become, and can be rolled
 * back and started as ever.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/op_util.h"
#include "support/counter.h"
#include "support/files.h"
#include "support/pty.h"

#define NAME "killed"
/* For so long the daemon must be seen to have nothing to do: it may not have read yet what was asked of it. */
#define QUIET_US G_USEC_PER_SEC

static struct lab *lab;
static struct ops *ops;
static struct counter guest;
static char *home;
static unsigned strays; /* overlays that nobody knows of */

/* ---- an nvirt of its own ---- */

static pid_t start_nvirt(const char *const *words)
{
	g_autoptr(GPtrArray) argv = g_ptr_array_new();
	g_auto(GStrv) env = g_environ_setenv(g_get_environ(), "XDG_STATE_HOME", home, TRUE);
	g_autoptr(GError) error = NULL;
	GPid pid;

	g_ptr_array_add(argv, (gpointer)pty_program());
	g_ptr_array_add(argv, (gpointer)"-c");
	g_ptr_array_add(argv, (gpointer)lab_uri(lab, "h1"));
	for (; *words; words++)
		g_ptr_array_add(argv, (gpointer)*words);
	g_ptr_array_add(argv, NULL);
	if (!g_spawn_async(NULL, (char **)argv->pdata, env,
	            G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &pid,
	            &error))
		fail_msg("%s", error->message);
	return pid;
}

static void run_nvirt(const char *const *words)
{
	waitpid(start_nvirt(words), NULL, 0);
}

static char *journal_dir(void)
{
	return g_build_filename(home, "nvirt", NULL);
}

static unsigned steps_written(void)
{
	g_autofree char *dir = journal_dir();
	GPtrArray *records = journal_read_all(dir, NULL, NULL);
	unsigned n = 0;

	for (unsigned i = 0; records && i < records->len; i++)
		n += ((const struct journal_record *)records->pdata[i])->event == JOURNAL_STEP;
	if (records)
		g_ptr_array_unref(records);
	return n;
}

/* All that the plan offers: "step:1,step:4"; owned. */
static char *offered(const char *id)
{
	g_auto(GStrv) env = g_environ_setenv(g_get_environ(), "XDG_STATE_HOME", home, TRUE);
	const char *const argv[] = {
	        pty_program(), "-c", lab_uri(lab, "h1"), "task-cleanup", id, "--dry-run", "--json", NULL};
	g_autofree char *out = NULL;
	GString *ids = g_string_new(NULL);

	g_spawn_sync(NULL, (char **)argv, env, G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &out, NULL, NULL, NULL);
	g_autoptr(GRegex) regex = g_regex_new("step:[0-9]+", 0, 0, NULL);
	g_autoptr(GMatchInfo) match = NULL;
	g_regex_match(regex, out ? out : "", 0, &match);
	for (; g_match_info_matches(match); g_match_info_next(match, NULL)) {
		g_autofree char *word = g_match_info_fetch(match, 0);
		g_string_append_printf(ids, "%s%s", ids->len ? "," : "", word);
	}
	return g_string_free(ids, FALSE);
}

/* Where one of them can not go yet, what is proposed goes. */
static void clean_up_task(const char *id)
{
	g_autofree char *ids = offered(id);
	int status = -1;

	if (*ids)
		waitpid(start_nvirt(ARGS("task-cleanup", id, "--remove", ids, "--yes")), &status, 0);
	if (status != 0)
		run_nvirt(ARGS("task-cleanup", id, "--yes"));
}

/*
 * Every task that was cut short; more than once does no harm. With what it was
 * only about to make: that it may be another's is known better here.
 */
static void clean_up(void)
{
	g_autofree char *dir = journal_dir();
	g_autoptr(GHashTable) ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GHashTableIter iter;
	gpointer id;

	/* Whoever comes next finds out that it was. */
	run_nvirt(ARGS("tasks"));
	GPtrArray *records = journal_read_all(dir, NULL, NULL);
	for (unsigned i = 0; records && i < records->len; i++) {
		const struct journal_record *record = records->pdata[i];
		if (record->event == JOURNAL_START && strcmp(record->verb, "task-cleanup") != 0)
			g_hash_table_add(ids, g_strdup(record->task_id));
	}
	if (records)
		g_ptr_array_unref(records);
	g_hash_table_iter_init(&iter, ids);
	while (g_hash_table_iter_next(&iter, &id, NULL))
		clean_up_task(id);
}

struct killing {
	pid_t pid;
	unsigned at;
	bool ended;
};

static bool is_there(void *data)
{
	struct killing *killing = data;

	if (steps_written() >= killing->at)
		return true;
	killing->ended = waitpid(killing->pid, NULL, WNOHANG) == killing->pid;
	return killing->ended;
}

/* False when it had ended before it wrote so many steps. */
static bool kill_at_step(unsigned at, const char *const *words)
{
	struct killing killing = {.at = at};

	files_remove(home);
	assert_int_equal(g_mkdir(home, 0700), 0);
	killing.pid = start_nvirt(words);
	lab_wait_for(is_there, &killing, "a step, or the end", COUNTER_DEADLINE_MS);
	if (killing.ended)
		return false;
	kill(killing.pid, SIGKILL);
	waitpid(killing.pid, NULL, 0);
	return true;
}

/* ---- the guest ---- */

/* The daemon goes on with the call that it was in. */
static bool is_quiet(void *data)
{
	gint64 *since_us = data;
	virDomainControlInfo info;
	bool busy = virDomainGetControlInfo(guest.dom, &info, 0) == 0 && info.state != VIR_DOMAIN_CONTROL_OK;

	if (busy || !*since_us)
		*since_us = g_get_monotonic_time();
	return g_get_monotonic_time() - *since_us > QUIET_US;
}

struct before {
	uint32_t count;
	char *disk, *nvram, *file;
};

static char *disk_file(void)
{
	g_autoptr(xmlDoc) doc = op_guest_xml(guest.dom, VIR_DOMAIN_XML_INACTIVE);

	return op_xml_string(doc, NULL, "/domain/devices/disk[target/@dev='vda']/source/@file");
}

static void look(struct before *before)
{
	before->count = counter_count(&guest);
	before->disk = counter_disk(&guest, 0);
	before->nvram = guest.uefi ? counter_nvram(&guest) : NULL;
	before->file = disk_file();
}

static void forget(struct before *before)
{
	g_free(before->disk);
	g_free(before->nvram);
	g_free(before->file);
}

static void check_same(const struct before *before)
{
	struct before now;

	look(&now);
	assert_int_equal(now.count, before->count);
	assert_string_equal(now.disk, before->disk);
	if (before->nvram)
		assert_string_equal(now.nvram, before->nvram);
	forget(&now);
}

/* Of the directory of its images; those with that in their names. */
static unsigned files_with(const char *part)
{
	g_autofree char *dir = counter_image(&guest, "%s", "");
	GDir *open = g_dir_open(dir, 0, NULL);
	unsigned n = 0;

	for (const char *name; (name = g_dir_read_name(open));)
		n += g_str_has_prefix(name, NAME) && strstr(name, part);
	g_dir_close(open);
	return n;
}

static void wait_up(void)
{
	if (counter_state(&guest) == VIR_DOMAIN_PAUSED)
		assert_int_equal(virDomainResume(guest.dom), 0);
	lab_wait_for(counter_is_up, &guest, "the guest to be up", COUNTER_DEADLINE_MS);
}

static struct ops_result revert(const char *name)
{
	struct obj_ref ref = counter_snapshot(&guest, name);

	return ops_run(ops, OP_SNAPSHOT_REVERT, &ref, name, NULL);
}

/* ---- rolling back ---- */

/* What a person does who follows the words of the task. */
static void recover(const struct before *before)
{
	g_autofree char *file = disk_file();
	bool done = !g_str_equal(file, before->file);
	bool saved = virDomainHasManagedSaveImage(guest.dom, 0) == 1;
	bool active = counter_state(&guest) != VIR_DOMAIN_SHUTOFF;

	print_message("%s, %s, %s\n", done ? "rolled back" : "not rolled back", active ? "up" : "off",
	        saved ? "saved memory" : "nothing saved");
	/* What is in use can not go yet, and is not forgotten. */
	clean_up();
	if (done && saved)
		assert_int_equal(virDomainManagedSaveRemove(guest.dom, 0), 0);
	if (!done && saved && active) {
		assert_int_equal(virDomainDestroy(guest.dom), 0);
		clean_up();
	}
	if (counter_state(&guest) == VIR_DOMAIN_SHUTOFF)
		assert_int_equal(virDomainCreate(guest.dom), 0);
	wait_up();
	if (done)
		assert_int_equal(counter_count(&guest), 1);
	else
		check_same(before);
	assert_int_equal(files_with(".nvirt-before"), 0);
	/* And it can be rolled back as ever. */
	ops_expect(revert("s2"), TASK_OK, "running");
	wait_up();
	assert_int_equal(counter_count(&guest), 2);
	/* What was there before is nobody's when the kill came between the definition and the next line of the journal. */
	strays += done && files_with(".nvirt-") > 1 + strays;
	assert_int_equal(files_with(".nvirt-"), 1 + strays);
}

/* "Was made" of one and "will be made" of the next are written in one moment: one of the two is enough. */
static unsigned next_step(unsigned at)
{
	return at == 1 || at == 3 || at == 7 || at > 10 ? at + 2 : at + 1;
}

static void roll_back_killed_at_each_step(void **state)
{
	(void)state;
	for (unsigned at = 1;; at = next_step(at)) {
		struct before before;
		gint64 quiet_since_us = 0;
		counter_press(&guest);
		look(&before);
		print_message("step %u: ", at);
		bool killed = kill_at_step(at, ARGS("snapshot-revert", NAME, "s1", "--yes"));
		if (killed) {
			lab_wait_for(is_quiet, &quiet_since_us, "the daemon to end its call", COUNTER_DEADLINE_MS);
			recover(&before);
		}
		forget(&before);
		if (!killed) {
			print_message("not reached\n");
			assert_true(at > 8);
			assert_in_range(strays, 0, 1);
			assert_int_equal(counter_count(&guest), 1);
			return;
		}
	}
}

/* ---- taking ---- */

static void take_killed_at_each_step(void **state)
{
	(void)state;
	ops_expect(revert("s2"), TASK_OK, "running");
	wait_up();
	for (unsigned at = 1;; at += 2) {
		struct before before;
		gint64 quiet_since_us = 0;
		g_autofree char *name = g_strdup_printf("k%u", at);
		counter_press(&guest);
		look(&before);
		bool killed = kill_at_step(at, ARGS("snapshot-create", NAME, "--name", name, "--yes"));
		if (killed) {
			lab_wait_for(is_quiet, &quiet_since_us, "the daemon to end its call", COUNTER_DEADLINE_MS);
			clean_up();
		}
		virDomainSnapshotPtr made = virDomainSnapshotLookupByName(guest.dom, name, 0);
		print_message("step %u: %s, %s\n", at, killed ? "killed" : "not reached", made ? "taken" : "not taken");
		wait_up();
		check_same(&before);
		/* Nothing that is left keeps it from being started. */
		counter_bring_to(&guest, OFF);
		ops_expect(ops_run_guest(ops, OP_GUEST_START, NAME, ARGS("paused", "yes")), TASK_OK, NULL);
		/* One that is there is whole; it and its neighbours can be rolled back to. */
		ops_expect(revert(made ? name : "s2"), TASK_OK, "running");
		wait_up();
		assert_int_equal(counter_count(&guest), made ? before.count : 2);
		if (made)
			virDomainSnapshotFree(made);
		forget(&before);
		if (!killed) {
			assert_true(at > 3);
			return;
		}
	}
}

static int start_lab(void **state)
{
	bool uefi = g_file_test("/usr/share/OVMF", G_FILE_TEST_IS_DIR);

	(void)state;
	lab = lab_start(1);
	home = g_dir_make_tmp("nvirt-home-XXXXXX", NULL);
	ops = ops_new(lab_uri(lab, "h1"));
	lab_do(lab, "define", "h1", NAME, uefi ? "count-uefi" : "count");
	counter_open(&guest, lab, ops, NAME, uefi ? "count-uefi" : "count");
	counter_bring_to(&guest, RUNNING);
	counter_press(&guest);
	assert_null(counter_take(&guest, "memory", "s1"));
	counter_press(&guest);
	assert_null(counter_take(&guest, "memory", "s2"));
	return 0;
}

static int stop_lab(void **state)
{
	void *own = ops;

	(void)state;
	if (guest.dom)
		counter_close(&guest);
	if (ops)
		ops_tear_down(&own);
	lab_stop(lab);
	if (home)
		files_remove(home);
	g_free(home);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(roll_back_killed_at_each_step),
	        cmocka_unit_test(take_killed_at_each_step),
	};

	return cmocka_run_group_tests(tests, start_lab, stop_lab);
}
