/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Snapshots and clones by verbs on a session daemon: no root, no networks, files of its user. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sys/stat.h>

#include "support/lab.h"
#include "support/words.h"

static struct lab *lab;

static int open_all(void **state)
{
	(void)state;
	g_setenv("NVIRT_LAB_MODE", "session", TRUE);
	lab = lab_start(1);
	lab_do(lab, "define", "h1", "inside", "boot");
	lab_do(lab, "define", "h1", "outside", "boot");
	lab_do(lab, "define", "h1", "source", "boot");
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	lab_stop(lab);
	return 0;
}

/* Runs it; fails the test unless it ends with 0 and says `part`. */
static void check_run(const char *part, const char *const *words)
{
	struct said said = said_words(lab_uri(lab, "h1"), lab_dir(lab), words);

	if (said.code || (!strstr(said.out, part) && !strstr(said.err, part)))
		fail_msg("code %d\nstdout: %s\nstderr: %s\nwanted '%s'", said.code, said.out, said.err, part);
	said_fini(&said);
}

#define check(part, ...) check_run(part, (const char *const[]){__VA_ARGS__, NULL})

static void it_is_a_session_of_its_user(void **state)
{
	(void)state;
	assert_false(lab_is_system(lab));
	assert_non_null(strstr(lab_uri(lab, "h1"), "/session?"));
}

/* The names come first; a verb does not go by what is not known yet. */
static void flags_are_known_before_anything_is_refused_by_them(void **state)
{
	(void)state;
	lab_do(lab, "virsh", "h1", "autostart", "inside");
	for (int i = 0; i < 5; i++) {
		check("would autostart-off guest 'inside'", "autostart", "off", "inside", "--dry-run");
		check("\"autostart\": true", "--json", "list");
	}
	check("autostart-off 'inside': OK", "autostart", "off", "inside");
}

static void snapshots_inside_the_disk(void **state)
{
	(void)state;
	check("snapshot-create 'inside': OK", "snapshot", "create", "inside", "one");
	check("● one ", "snapshot", "list", "inside");
	check("snapshot-revert 'one': OK", "snapshot", "revert", "inside", "one", "--yes");
	check("snapshot-delete 'one': OK", "snapshot", "delete", "inside", "one", "--yes");
}

static void snapshots_in_files_and_with_memory(void **state)
{
	(void)state;
	check("snapshot-create 'outside': OK", "snapshot", "create", "outside", "one", "--kind", "external");
	check("start 'outside': OK", "start", "outside");
	check("snapshot-create 'outside': OK", "snapshot", "create", "outside", "two");
	check("snapshot-revert 'two': OK", "snapshot", "revert", "outside", "two", "--yes");
	check("destroy 'outside': OK", "destroy", "outside", "--yes");
	check("snapshot-revert 'one': OK", "snapshot", "revert", "outside", "one", "--yes");
	check("snapshot-delete 'one': OK", "snapshot", "delete", "outside", "one", "--scope", "with-children", "--yes");
}

static struct stat image(const char *name)
{
	g_autofree char *path = g_build_filename(lab_dir(lab), "h1", "img", name, NULL);
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st;
}

/* Whoever runs nvirt: the clones' files are the daemon's user's, who starts them. */
static void clones_whole_and_linked(void **state)
{
	(void)state;
	uid_t user = image("source.qcow2").st_uid;
	check("clone 'source': OK", "clone", "source", "whole");
	check("clone 'source': OK", "clone", "source", "raw", "--format", "raw");
	check("clone 'source': OK", "clone", "source", "linked", "--mode", "linked");
	assert_int_equal(image("whole.qcow2").st_uid, user);
	assert_int_equal(image("raw.raw").st_uid, user);
	assert_int_equal(image("linked.qcow2").st_uid, user);
	assert_int_equal(image("source.qcow2").st_mode & 0222, 0);
	check("start 'whole': OK", "start", "whole");
	check("start 'raw': OK", "start", "raw");
	check("start 'linked': OK", "start", "linked");
	check("flatten 'linked': OK", "flatten", "linked", "--yes");
	check("destroy 'raw': OK", "destroy", "whole", "raw", "linked", "--yes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(it_is_a_session_of_its_user),
	        cmocka_unit_test(flags_are_known_before_anything_is_refused_by_them),
	        cmocka_unit_test(snapshots_inside_the_disk),
	        cmocka_unit_test(snapshots_in_files_and_with_memory),
	        cmocka_unit_test(clones_whole_and_linked),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
