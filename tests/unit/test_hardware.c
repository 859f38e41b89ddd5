/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tree of devices: what is in it, what hangs on what, what differs, and that no XML harms. */
#include "hardware_fixtures.h"
#include "nvirt/hardware.h"
#include "unit.h"

static struct hardware *made(const char *live, const char *stored)
{
	g_autoptr(GError) error = NULL;
	struct hardware *hardware = hardware_new(live, stored, &error);

	if (error)
		fail_msg("%s", error->message);
	assert_non_null(hardware);
	return hardware;
}

static const struct hw_node *find(const struct hardware *hardware, const char *id)
{
	for (unsigned i = 0; i < hardware->nodes->len; i++)
		if (strcmp(hardware_at(hardware, i)->id, id) == 0)
			return hardware_at(hardware, i);
	print_message("no '%s' in the tree\n", id);
	fail();
	return NULL;
}

static const struct hw_node *parent(const struct hardware *hardware, const struct hw_node *node)
{
	const struct hw_node *found = NULL;

	for (unsigned i = 0; hardware_at(hardware, i) != node; i++)
		if (hardware_at(hardware, i)->depth == node->depth - 1)
			found = hardware_at(hardware, i);
	return found;
}

static void check_parent(const struct hardware *hardware, const char *id, const char *of)
{
	assert_string_equal(parent(hardware, find(hardware, id))->id, of);
}

static void tree_is_well_formed(const struct hardware *hardware)
{
	g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal);

	for (unsigned i = 0; i < hardware->nodes->len; i++) {
		const struct hw_node *node = hardware_at(hardware, i);

		assert_true(g_hash_table_add(ids, node->id));
		assert_true(i + node->below < hardware->nodes->len);
		for (unsigned j = i + 1; j <= i + node->below; j++)
			assert_true(hardware_at(hardware, j)->depth > node->depth);
		assert_true(node->what != HW_DEVICE || node->live_xml || node->stored_xml);
	}
}

static void devices_stand_in_groups_and_on_their_controllers(void **state)
{
	struct hardware *hardware = made(Q35_LIVE, NULL);

	(void)state;
	tree_is_well_formed(hardware);
	check_parent(hardware, "disk:sda", "controller:scsi:0");
	check_parent(hardware, "disk:sdb", "controller:sata:0");
	check_parent(hardware, "controller:scsi:0", "group:Disks");
	check_parent(hardware, "channel:org.qemu.guest_agent.0", "controller:virtio-serial:0");
	check_parent(hardware, "controller:pci:0", "group:Controllers");
	check_parent(hardware, "interface:52:54:00:11:22:33", "group:Network");
	check_parent(hardware, "tpm", "group:TPM");
	check_parent(hardware, "memballoon", "group:Memory");
	hardware_free(hardware);
}

static void one_line_tells_what_a_device_is(void **state)
{
	struct hardware *hardware = made(Q35_LIVE, NULL);

	(void)state;
	assert_string_equal(find(hardware, "disk:sda")->title, "Disk sda");
	assert_string_equal(find(hardware, "disk:sda")->live, "scsi  qcow2  /img/win11.qcow2  cache none");
	assert_string_equal(find(hardware, "disk:sdb")->live, "cdrom  sata  readonly");
	assert_string_equal(find(hardware, "domain memory")->live, "8.00 GiB");
	assert_string_equal(find(hardware, "interface:52:54:00:11:22:33")->live, "virtio  network  default");
	assert_string_equal(find(hardware, "tpm")->live, "tpm-crb  emulator  version 2.0");
	assert_string_equal(find(hardware, "disk:sda driver/@cache")->live, "none");
	assert_null(find(hardware, "disk:sda")->stored);
	hardware_free(hardware);
}

static void what_libvirt_fills_in_is_no_difference(void **state)
{
	struct hardware *hardware = made(Q35_LIVE, Q35_STORED);

	(void)state;
	tree_is_well_formed(hardware);
	for (unsigned i = 0; i < hardware->nodes->len; i++)
		if (hardware_at(hardware, i)->change != HW_SAME)
			fail_msg("'%s' counts as different", hardware_at(hardware, i)->id);
	assert_int_equal(hardware->changed, 0);
	assert_true(hardware->both);
	hardware_free(hardware);
}

static void what_the_next_start_changes_is_marked(void **state)
{
	struct hardware *hardware = made(Q35_LIVE,
	        Q35_STORED_TO("8", "", "    <watchdog model='i6300esb' action='reset'/>\n"));

	(void)state;
	tree_is_well_formed(hardware);
	assert_int_equal(hardware->changed, 3);
	assert_int_equal(find(hardware, "domain vcpu")->change, HW_CHANGED);
	assert_string_equal(find(hardware, "domain vcpu")->live, "4");
	assert_string_equal(find(hardware, "domain vcpu")->stored, "8");
	assert_int_equal(find(hardware, "watchdog")->change, HW_NEW);
	assert_null(find(hardware, "watchdog")->live);
	assert_int_equal(find(hardware, "interface:52:54:00:11:22:33")->change, HW_GONE);
	assert_int_equal(find(hardware, "group:Network")->change, HW_CHANGED);
	assert_int_equal(find(hardware, "group:TPM")->change, HW_SAME);
	hardware_free(hardware);
}

static void a_changed_property_is_found_in_a_changed_device(void **state)
{
	g_autoptr(GString) stored = g_string_new(Q35_STORED);
	struct hardware *hardware;

	(void)state;
	g_string_replace(stored, "cache='none'", "cache='writeback'", 0);
	hardware = made(Q35_LIVE, stored->str);
	assert_int_equal(hardware->changed, 1);
	assert_int_equal(find(hardware, "disk:sda")->change, HW_CHANGED);
	assert_int_equal(find(hardware, "disk:sda driver/@cache")->change, HW_CHANGED);
	assert_string_equal(find(hardware, "disk:sda driver/@cache")->stored, "writeback");
	assert_int_equal(find(hardware, "disk:sda driver/@type")->change, HW_SAME);
	assert_int_equal(find(hardware, "controller:scsi:0")->change, HW_SAME);
	assert_int_equal(find(hardware, "group:Disks")->change, HW_CHANGED);
	hardware_free(hardware);
}

static void odd_devices_have_their_place_too(void **state)
{
	struct hardware *hardware = made(PC_ODD, NULL);

	(void)state;
	tree_is_well_formed(hardware);
	assert_string_equal(find(hardware, "hostdev")->live, "pci  0000:06:02.1");
	assert_string_equal(find(hardware, "hostdev#2")->live, "usb  vendor 0x1d6b  product 0x0002");
	assert_string_equal(find(hardware, "hostdev#3")->live, "mdev  c2177883-f1bb-47f0-914d-32a22e3a8804");
	assert_string_equal(find(hardware, "disk:vda")->live, "virtio  pool/vol");
	assert_string_equal(find(hardware, "disk:vdb")->live, "lun  virtio  /dev/sdz  shareable");
	assert_string_equal(find(hardware, "filesystem:srv")->live, "srv  virtiofs  /srv");
	assert_string_equal(find(hardware, "rng")->live, "virtio  random  /dev/urandom");
	assert_string_equal(find(hardware, "domain vcpu")->live, "8  now 2");
	assert_string_equal(find(hardware, "domain commandline")->live, "-s");
	assert_string_equal(find(hardware, "domain os")->live, "pc-i440fx-7.2  x86_64  boot network");
	check_parent(hardware, "memory", "group:Memory");
	check_parent(hardware, "redirdev#2", "group:USB");
	check_parent(hardware, "controller:usb:0", "group:USB");
	/* What this version has never heard of. */
	assert_string_equal(find(hardware, "quantum")->title, "quantum");
	assert_string_equal(find(hardware, "quantum")->live, "entangled  q1");
	check_parent(hardware, "quantum", "group:Other devices");
	hardware_free(hardware);
}

static void only_the_metadatas_own_words_are_left_out(void **state)
{
	struct hardware *hardware = made(Q35_LIVE, NULL);

	(void)state;
	for (unsigned i = 0; i < hardware->nodes->len; i++)
		assert_null(strstr(hardware_at(hardware, i)->id, "metadata"));
	hardware_free(hardware);
}

static void refused(const char *xml)
{
	g_autoptr(GError) error = NULL;

	assert_null(hardware_new(xml, NULL, &error));
	assert_non_null(error);
}

static void what_is_no_domain_is_refused(void **state)
{
	g_autofree char *huge = g_strnfill(2 * 1024 * 1024, ' ');

	(void)state;
	refused("");
	refused("<domain>");
	refused("<network/>");
	refused(huge);
	refused("<!DOCTYPE d [<!ENTITY a SYSTEM 'file:///etc/hostname'>]><domain><vcpu>&a;</vcpu></domain>");
	refused("<!DOCTYPE d [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]><domain><vcpu>&b;</vcpu></domain>");
}

static void hostile_values_come_out_harmless(void **state)
{
	struct hardware *hardware = made("<domain><devices>"
	                                 "<disk device='&#x9b;2J'><target dev='vda&#10;x'/>"
	                                 "<source file='/a<U+202E>b'/></disk>"
	                                 "<disk><target dev='vda'/></disk><disk><target dev='vda'/></disk>"
	                                 "<interface/><controller/><hostdev/><disk/></devices></domain>",
	        NULL);

	(void)state;
	tree_is_well_formed(hardware);
	for (unsigned i = 0; i < hardware->nodes->len; i++) {
		const struct hw_node *node = hardware_at(hardware, i);

		assert_null(strstr(node->title, "\xc2\x9b"));
		assert_true(!node->live || !strstr(node->live, "\xc2\x9b"));
		assert_true(!node->live || !strchr(node->live, '\n'));
		assert_true(!node->live_xml || !strstr(node->live_xml, "\xc2\x9b"));
	}
	hardware_free(hardware);
}

static char *nested(int depth)
{
	GString *out = g_string_new("<domain><devices><disk><target dev='vda'/>");

	for (int i = 0; i < depth; i++)
		g_string_append(out, "<a x='1'>");
	for (int i = 0; i < depth; i++)
		g_string_append(out, "</a>");
	g_string_append(out, "</disk></devices></domain>");
	return g_string_free(out, FALSE);
}

static void endless_definitions_are_cut(void **state)
{
	GString *many = g_string_new("<domain><devices>");
	g_autofree char *deep = nested(200), *deeper = nested(5000);
	struct hardware *hardware = made(deep, NULL);

	(void)state;
	tree_is_well_formed(hardware);
	assert_true(hardware->nodes->len < 100);
	hardware_free(hardware);
	refused(deeper);
	for (int i = 0; i < 30000; i++)
		g_string_append(many, "<disk/>");
	g_string_append(many, "</devices></domain>");
	hardware = made(many->str, many->str);
	assert_true(hardware->nodes->len < 10000);
	hardware_free(hardware);
	g_string_free(many, TRUE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(devices_stand_in_groups_and_on_their_controllers),
	        cmocka_unit_test(one_line_tells_what_a_device_is),
	        cmocka_unit_test(what_libvirt_fills_in_is_no_difference),
	        cmocka_unit_test(what_the_next_start_changes_is_marked),
	        cmocka_unit_test(a_changed_property_is_found_in_a_changed_device),
	        cmocka_unit_test(odd_devices_have_their_place_too),
	        cmocka_unit_test(only_the_metadatas_own_words_are_left_out),
	        cmocka_unit_test(what_is_no_domain_is_refused),
	        cmocka_unit_test(hostile_values_come_out_harmless),
	        cmocka_unit_test(endless_definitions_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
