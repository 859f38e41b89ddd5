/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which kind of snapshot a guest gets: the rule as a table. */
#include "unit.h"

#include "nvirt/snapshot_rule.h"

#define DISK(name, fmt) {.target = name, .device = "disk", .type = "file", .format = fmt}

static const struct snapshot_rule_disk qcow2[] = {DISK("vda", "qcow2")};
static const struct snapshot_rule_disk two[] = {DISK("vda", "qcow2"), DISK("vdb", "qcow2")};
static const struct snapshot_rule_disk raw[] = {DISK("vda", "qcow2"), DISK("vdb", "raw")};
static const struct snapshot_rule_disk raw_readonly[] = {
	DISK("vda", "qcow2"),
	{.target = "vdb", .device = "disk", .type = "file", .format = "raw", .readonly = true},
};
static const struct snapshot_rule_disk with_cd[] = {
	DISK("vda", "qcow2"),
	{.target = "sda", .device = "cdrom", .type = "file", .format = "raw", .readonly = true},
	{.target = "sdb", .device = "cdrom", .type = "file", .format = "", .empty = true, .readonly = true},
	{.target = "fda", .device = "floppy", .type = "file", .format = "raw"},
};
static const struct snapshot_rule_disk left_out[] = {
	DISK("vda", "qcow2"),
	{.target = "vdb", .device = "disk", .type = "file", .format = "qcow2", .left_out = true},
};
static const struct snapshot_rule_disk net[] = {
	DISK("vda", "qcow2"),
	{.target = "vdb", .device = "disk", .type = "network", .format = "raw"},
};
static const struct snapshot_rule_disk lun[] = {
	{.target = "sda", .device = "lun", .type = "block", .format = "raw"},
};
static const struct snapshot_rule_disk unstated[] = {DISK("vda", "")};

#define DISKS(list) .disks = list, .disk_count = G_N_ELEMENTS(list)
#define TREE(of) .any = true, .tree = of

/* NULL kind = nothing is possible; the words stand in `why`. */
static const struct {
	const char *name;
	struct snapshot_rule_facts facts;
	const char *asked, *kind, *words;
} rows[] = {
	{"off, qcow2", {DISKS(qcow2)}, "auto", "internal", "all its disks are qcow2"},
	{"off, two disks", {DISKS(two), .memory = true}, "auto", "internal", "off"},
	{"off, asked external", {DISKS(qcow2)}, "external", "external", "you asked"},
	{"running with memory", {DISKS(qcow2), .active = true, .memory = true}, "auto", "external", "aborted"},
	{"running with memory, asked", {DISKS(two), .active = true, .memory = true}, "internal", "internal", "you asked"},
	{"running without memory", {DISKS(qcow2), .active = true}, "auto", "external", "always holds its memory"},
	{"running, no memory, asked internal", {DISKS(qcow2), .active = true}, "internal", NULL, "always holds its memory"},
	{"UEFI off", {DISKS(qcow2), .uefi = true}, "auto", "external", "UEFI"},
	{"UEFI off, asked", {DISKS(qcow2), .uefi = true}, "internal", NULL, "UEFI"},
	{"UEFI off, internal tree", {DISKS(qcow2), .uefi = true, TREE(SNAPSHOT_INTERNAL)}, "auto", NULL, "not internal: libvirt"},
	{"UEFI running", {DISKS(qcow2), .uefi = true, .active = true, .memory = true}, "auto", "external",
	        "no internal ones of UEFI guests"},
	{"UEFI running, asked", {DISKS(qcow2), .uefi = true, .active = true, .memory = true}, "internal", NULL, "UEFI"},
	{"UEFI running, internal tree",
	        {DISKS(qcow2), .uefi = true, .active = true, .memory = true, TREE(SNAPSHOT_INTERNAL)}, "auto", NULL,
	        "not internal: libvirt"},
	{"raw disk", {DISKS(raw)}, "auto", "external", "disk vdb is not qcow2"},
	{"raw disk, asked", {DISKS(raw)}, "internal", NULL, "raw disk vdb can not hold one"},
	{"raw disk that is read-only", {DISKS(raw_readonly)}, "auto", "internal", "qcow2"},
	{"raw disk, internal tree", {DISKS(raw), TREE(SNAPSHOT_INTERNAL)}, "auto", NULL, "never mixed"},
	{"media", {DISKS(with_cd)}, "auto", "internal", "qcow2"},
	{"media, running", {DISKS(with_cd), .active = true, .memory = true}, "auto", "external", "aborted"},
	{"left out", {DISKS(left_out)}, "auto", "external", "left out"},
	{"left out, asked internal", {DISKS(left_out)}, "internal", NULL, "disk vdb is left out"},
	{"network disk", {DISKS(net)}, "auto", NULL, "no file or device"},
	{"passed through", {DISKS(lun)}, "auto", NULL, "leave it out"},
	{"format not stated", {DISKS(unstated)}, "auto", NULL, "does not state the format"},
	{"internal tree, running", {DISKS(qcow2), .active = true, .memory = true, TREE(SNAPSHOT_INTERNAL)}, "auto",
	        "internal", "tree is internal"},
	{"internal tree, no memory", {DISKS(qcow2), .active = true, TREE(SNAPSHOT_INTERNAL)}, "auto", NULL, "never mixed"},
	{"internal tree, asked external", {DISKS(qcow2), TREE(SNAPSHOT_INTERNAL)}, "external", NULL, "never mixed"},
	{"external tree, off", {DISKS(qcow2), TREE(SNAPSHOT_EXTERNAL)}, "auto", "external", "tree is external"},
	{"external tree, asked internal", {DISKS(qcow2), TREE(SNAPSHOT_EXTERNAL)}, "internal", NULL, "never mixed"},
	{"mixed tree", {DISKS(qcow2), TREE(SNAPSHOT_MIXED)}, "auto", NULL, "both kinds"},
	{"mixed tree, asked", {DISKS(qcow2), TREE(SNAPSHOT_MIXED)}, "external", NULL, "both kinds"},
	{"quiesce", {DISKS(qcow2), .active = true, .agent = true, .quiesce = true}, "auto", "external", "quiesced"},
	{"quiesce, no agent", {DISKS(qcow2), .active = true, .quiesce = true}, "auto", NULL, "agent"},
	{"quiesce with memory", {DISKS(qcow2), .active = true, .agent = true, .quiesce = true, .memory = true}, "auto",
	        NULL, "exclude each other"},
	{"quiesce, off", {DISKS(qcow2), .quiesce = true}, "auto", NULL, "off"},
	{"live", {DISKS(qcow2), .active = true, .memory = true, .live = true}, "auto", "external", "runs on"},
	{"live without memory", {DISKS(qcow2), .active = true, .live = true}, "external", NULL, "about memory"},
	{"nothing at all", {.disks = NULL}, "auto", NULL, "nothing to keep"},
	{"memory alone", {.active = true, .memory = true}, "auto", "external", "no qcow2 disk"},
	{"test driver", {DISKS(raw), .external_unknown = true}, "auto", NULL, "does not know external"},
	{"test driver, qcow2", {DISKS(qcow2), .external_unknown = true, .active = true, .memory = true}, "auto", "internal",
	        "does not know external"},
};

static void every_combination_gets_its_kind_and_its_reason(void **state)
{
	(void)state;
	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		struct snapshot_rule *rule = snapshot_rule_find(&rows[i].facts, rows[i].asked);

		if (rule->possible != (rows[i].kind != NULL))
			fail_msg("%s: possible %d (%s)", rows[i].name, rule->possible, rule->why);
		if (rows[i].kind && strcmp(snapshot_kind_word(rule->kind), rows[i].kind) != 0)
			fail_msg("%s: %s (%s)", rows[i].name, snapshot_kind_word(rule->kind), rule->why);
		if (!strstr(rule->why, rows[i].words))
			fail_msg("%s: '%s' lacks '%s'", rows[i].name, rule->why, rows[i].words);
		if (rule->possible && (rule->kind == SNAPSHOT_INTERNAL ? rule->not_internal : rule->not_external))
			fail_msg("%s: chosen, but forbidden", rows[i].name);
		snapshot_rule_free(rule);
	}
}

/* Whatever the facts: what is proposed is allowed, has a reason, and is never the other kind of the tree. */
static void no_combination_mixes_kinds(void **state)
{
	static const char *const asked[] = {"auto", "internal", "external"};

	(void)state;
	for (unsigned bits = 0; bits < 1u << 7; bits++)
		for (unsigned tree = 0; tree < 4; tree++)
			for (unsigned a = 0; a < 3; a++) {
				struct snapshot_rule_facts facts = {
					.disks = bits & 1 ? raw : two,
					.disk_count = 2,
					.uefi = bits & 2,
					.active = bits & 4,
					.agent = bits & 8,
					.memory = bits & 16,
					.quiesce = bits & 32,
					.live = bits & 64,
					.any = tree > 0,
					.tree = tree > 0 ? (enum snapshot_kind)(tree - 1) : SNAPSHOT_INTERNAL,
				};
				struct snapshot_rule *rule = snapshot_rule_find(&facts, asked[a]);
				assert_true(*rule->why && *rule->meanwhile);
				if (rule->possible && facts.any)
					assert_int_equal(rule->kind, facts.tree);
				if (rule->possible && rule->kind == SNAPSHOT_INTERNAL)
					assert_false(facts.uefi || (bits & 1) || facts.quiesce);
				if (rule->possible && a > 0)
					assert_string_equal(snapshot_kind_word(rule->kind), asked[a]);
				assert_true(!rule->abortable || rule->memory);
				snapshot_rule_free(rule);
			}
}

static void what_the_guest_does_meanwhile_is_said(void **state)
{
	const struct snapshot_rule_facts running = {DISKS(qcow2), .active = true, .memory = true};
	struct snapshot_rule *rule = snapshot_rule_find(&running, "internal");

	(void)state;
	assert_non_null(strstr(rule->meanwhile, "paused throughout"));
	assert_non_null(strstr(rule->meanwhile, "can not be aborted"));
	assert_false(rule->abortable);
	snapshot_rule_free(rule);
	rule = snapshot_rule_find(&running, "external");
	assert_non_null(strstr(rule->meanwhile, "can be aborted"));
	assert_true(rule->abortable && rule->progress);
	snapshot_rule_free(rule);
}

static void name_is_made_of_the_time(void **state)
{
	g_autofree char *name = snapshot_rule_name("auto-", 0);

	(void)state;
	assert_int_equal(strlen(name), strlen("auto-YYYYMMDD-HHMMSS"));
	assert_true(g_str_has_prefix(name, "auto-19"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_combination_gets_its_kind_and_its_reason),
		cmocka_unit_test(no_combination_mixes_kinds),
		cmocka_unit_test(what_the_guest_does_meanwhile_is_said),
		cmocka_unit_test(name_is_made_of_the_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
