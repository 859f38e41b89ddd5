/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See checks.h. */
#include "support/checks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <glib/gstdio.h>
#include <sys/mount.h>

#include "backend/health.h"
#include "support/images.h"

#define LOOK_US (40 * G_USEC_PER_SEC)

enum { SEEN_FAIL = 1, SEEN_PASS = 2, SEEN_BOTH = SEEN_FAIL | SEEN_PASS };

struct lab *checks_lab;
const char *checks_small;
static char *small; /* the same, owned */

/* ---- the lab -------------------------------------------------------------- */

int checks_start(void **state)
{
	char *dir = g_dir_make_tmp("nvirt-small-XXXXXX", NULL);

	(void)state;
	g_chmod(dir, 0755);
	/* Before the lab, whose mount namespace is made from ours. */
	if (mount("tmpfs", dir, "tmpfs", 0, "size=2m,mode=0755") == 0) {
		checks_small = small = dir;
	} else {
		g_rmdir(dir);
		g_free(dir);
	}
	checks_lab = lab_start(1);
	return 0;
}

int checks_stop(void **state)
{
	(void)state;
	lab_stop(checks_lab);
	if (small) {
		umount2(small, MNT_DETACH);
		g_rmdir(small);
		g_clear_pointer(&small, g_free);
		checks_small = NULL;
	}
	return 0;
}

char *checks_image(const char *name)
{
	return g_build_filename(lab_dir(checks_lab), "h1", "img", name, NULL);
}

void checks_define(const char *xml)
{
	virDomainPtr dom = virDomainDefineXML(lab_connection(checks_lab, "h1"), xml);

	if (!dom)
		fail_msg("%s", virGetLastErrorMessage());
	virDomainFree(dom);
}

void checks_forget(const char *name)
{
	virDomainPtr dom = virDomainLookupByName(lab_connection(checks_lab, "h1"), name);

	virDomainDestroy(dom);
	virDomainUndefineFlags(dom, VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA);
	virDomainFree(dom);
}

/* ---- looking -------------------------------------------------------------- */

static struct host_status *status_of(virConnectPtr conn)
{
	struct host_status *status = host_status_new();
	virNodeInfo node;

	assert_int_equal(virNodeGetInfo(conn, &node), 0);
	status->link = HOST_UP;
	status->uri = g_strdup(lab_uri(checks_lab, "h1"));
	status->cpus = node.cpus;
	status->memory_kib = node.memory;
	return status;
}

struct check_report *checks_look_later(gint64 seconds)
{
	virConnectPtr conn = lab_connection(checks_lab, "h1");
	g_autofree char *log_dir = g_build_filename(lab_dir(checks_lab), "h1", "log", "qemu", NULL);
	struct health_round round = {.host = 1, .local = true, .log_dir = log_dir,
	        .deadline_us = g_get_monotonic_time() + LOOK_US};
	struct host_status *status = status_of(conn);
	g_autoptr(GError) error = NULL;
	struct check_objects *objects = health_read_objects(conn, &round, &error);
	struct check_storage *storage = health_read_storage(conn, &round);
	struct check_capabilities *can = health_read_capabilities(conn);
	struct check_report *report;

	assert_non_null(objects);
	assert_true(storage->whole);
	report = check_run(&(struct check_facts){.status = status, .objects = objects, .storage = storage,
	                           .capabilities = can, .now_unix_s = g_get_real_time() / G_USEC_PER_SEC + seconds},
	        1);
	check_objects_unref(objects);
	check_storage_unref(storage);
	host_status_unref(status);
	g_free(can);
	return report;
}

struct check_report *checks_look(void)
{
	return checks_look_later(0);
}

const struct finding *checks_find(const struct check_report *report, const char *id, const char *object)
{
	for (unsigned i = 0; i < report->findings->len; i++) {
		const struct finding *finding = report->findings->pdata[i];

		if (strcmp(finding->check->id, id) == 0 && g_strcmp0(finding->object, object) == 0)
			return finding;
	}
	return NULL;
}

void checks_expect(const struct check_report *report, const char *id, enum check_result result, const char *object,
        const char *words)
{
	const struct finding *finding = checks_find(report, id, object);

	if (!finding)
		fail_msg("%s said nothing of %s", id, object ? object : "the host");
	if (finding->result != result || (words && !strstr(finding->evidence, words)))
		fail_msg("%s: %s: %s (wanted %s: …%s…)", id, check_result_word(finding->result), finding->evidence,
		        check_result_word(result), words ? words : "");
	if (result >= CHECK_WARN && !finding->remedy)
		fail_msg("%s names no remedy", id);
	checks_note(id, result);
}

void checks_expect_none(const struct check_report *report, const char *id, const char *object)
{
	const struct finding *finding = checks_find(report, id, object);

	if (finding)
		fail_msg("%s: %s: %s: %s", id, object, check_result_word(finding->result), finding->evidence);
	checks_note(id, CHECK_OK);
}

static void expect_all_well(const struct check_report *report)
{
	for (unsigned i = 0; i < report->findings->len; i++) {
		const struct finding *finding = report->findings->pdata[i];
		const char *id = finding->check->id;

		/* How much room the machine that tests has, and which KVM, is its own affair. */
		if (finding->result != CHECK_OK && finding->check->group != CHECK_HOST &&
		        !(finding->check->needs & NEED_MACHINE) && !g_str_has_prefix(id, "pool.") &&
		        !g_str_has_prefix(id, "libvirt."))
			fail_msg("%s: %s: %s", id, check_result_word(finding->result), finding->evidence);
		if (finding->result == CHECK_OK)
			checks_note(id, CHECK_OK);
	}
}

void checks_a_well_host_passes(void **state)
{
	g_autofree char *disk = checks_image("t-well.qcow2"), *xml = NULL;
	struct check_report *report;

	(void)state;
	if (lab_is_system(checks_lab))
		checks_virsh("net-start", "default");
	g_free(images_command("qemu-img create -q -f qcow2 '%s' 1M", disk));
	g_chmod(disk, 0600);
	xml = g_strdup_printf("<domain type='qemu'><name>t-well</name><memory unit='MiB'>32</memory>"
	                      "<os><type arch='x86_64' machine='q35'>hvm</type></os><clock offset='utc'/><devices>"
	                      "<disk type='file'><driver name='qemu' type='qcow2'/><source file='%s'/><target dev='vda' bus='virtio'/></disk>"
	                      "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"
	                      "<graphics type='vnc'><listen type='socket'/></graphics>"
	                      "<memballoon model='virtio'><stats period='5'/></memballoon></devices></domain>", disk);
	checks_define(xml);
	report = checks_look();
	expect_all_well(report);
	check_report_free(report);
	checks_forget("t-well");
	g_unlink(disk);
}

/* ---- what was seen -------------------------------------------------------- */

/* id -> what of SEEN_BOTH; the program's. */
static GHashTable *seen;

void checks_note(const char *id, enum check_result result)
{
	const struct check *check = check_by_id(id);
	unsigned what = result == CHECK_OK ? SEEN_PASS : result == CHECK_UNKNOWN ? 0 : SEEN_FAIL;

	if (!check)
		fail_msg("there is no check '%s'", id);
	if (!seen)
		seen = g_hash_table_new(g_str_hash, g_str_equal);
	what |= GPOINTER_TO_UINT(g_hash_table_lookup(seen, id));
	g_hash_table_insert(seen, (gpointer)check->id, GUINT_TO_POINTER(what));
}

void checks_excuse(const char *id)
{
	checks_note(id, CHECK_OK);
	checks_note(id, CHECK_FAIL);
}

static enum checks_home home_of(const struct check *check)
{
	if (check->needs & NEED_MACHINE || (check->group == CHECK_HOST && !check->needs))
		return CHECKS_OF_FILES;
	if (check->group == CHECK_LIBVIRT)
		return CHECKS_OF_LIBVIRT;
	/* What guests take together of the host. */
	return check->group == CHECK_GUESTS || check->group == CHECK_HOST ? CHECKS_OF_GUESTS : CHECKS_OF_OBJECTS;
}

void checks_assert_all_seen(enum checks_home home)
{
	g_autoptr(GString) lacking = g_string_new(NULL);

	for (unsigned i = 0; i < check_count; i++) {
		const char *id = check_table[i].id;
		unsigned what = seen ? GPOINTER_TO_UINT(g_hash_table_lookup(seen, id)) : 0;

		if (home_of(&check_table[i]) == home && what != SEEN_BOTH)
			g_string_append_printf(lacking, " %s (%s)", id,
			        what == SEEN_FAIL ? "never passed" : what == SEEN_PASS ? "never failed" : "neither");
	}
	g_clear_pointer(&seen, g_hash_table_unref);
	if (lacking->len)
		fail_msg("no test made these fail and pass:%s", lacking->str);
}
