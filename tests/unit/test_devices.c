/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host's devices: libvirt's XML of real machines, what hangs on what, and whether a guest can have it. */
#include "unit.h"

#include "backend/device_xml.h"
#include "backend/xml.h"
#include "support/rich.h"

#define ADDRESS(bus, slot, function)                                                                         \
	"<address domain='0x0000' bus='0x" bus "' slot='0x" slot "' function='0x" function "'/>"

/* A graphics card and its sound, which share a group; a network card with two of its functions. */
static const char *const machine[] = {
        "<device><name>computer</name><capability type='system'/></device>",
        "<device><name>pci_0000_00_01_0</name><path>/sys/devices/pci0000:00/0000:00:01.0</path><parent>computer</parent>"
        "<driver><name>pcieport</name></driver><capability type='pci'><class>0x060400</class><domain>0</domain><bus>0</bus>"
        "<slot>1</slot><function>0</function><product id='0x1901'>Root Port</product><vendor id='0x8086'>Intel</vendor>"
        "<capability type='pci-bridge'/><iommuGroup number='1'>" ADDRESS("00", "01", "0") ADDRESS("01", "00", "0")
                ADDRESS("01", "00", "1") "</iommuGroup></capability></device>",
        "<device><name>pci_0000_01_00_0</name><parent>pci_0000_00_01_0</parent><driver><name>nouveau</name></driver>"
        "<capability type='pci'><class>0x030000</class><domain>0</domain><bus>1</bus><slot>0</slot><function>0</function>"
        "<product id='0x1eb8'>TU104GL [Tesla T4]</product><vendor id='0x10de'>NVIDIA</vendor>"
        "<capability type='mdev_types'><type id='nvidia-222'><name>GRID T4-1B</name><deviceAPI>vfio-pci</deviceAPI>"
        "<availableInstances>16</availableInstances></type></capability>"
        "<iommuGroup number='1'>" ADDRESS("01", "00", "0") ADDRESS("01", "00", "1") "</iommuGroup><numa node='1'/>"
        "</capability></device>",
        "<device><name>pci_0000_01_00_1</name><parent>pci_0000_00_01_0</parent><driver><name>snd_hda_intel</name></driver>"
        "<capability type='pci'><class>0x040300</class><domain>0</domain><bus>1</bus><slot>0</slot><function>1</function>"
        "<product id='0x10f8'/><vendor id='0x10de'>NVIDIA</vendor>"
        "<iommuGroup number='1'>" ADDRESS("01", "00", "0") ADDRESS("01", "00", "1") "</iommuGroup></capability></device>",
        "<device><name>pci_0000_02_00_0</name><parent>computer</parent><driver><name>ixgbe</name></driver>"
        "<capability type='pci'><class>0x020000</class><domain>0</domain><bus>2</bus><slot>0</slot><function>0</function>"
        "<product id='0x10fb'>82599ES</product><vendor id='0x8086'>Intel</vendor>"
        "<capability type='virt_functions' maxCount='63'>" ADDRESS("02", "10", "0") "</capability>"
        "<iommuGroup number='2'>" ADDRESS("02", "00", "0") "</iommuGroup></capability></device>",
        "<device><name>net_eth0</name><parent>pci_0000_02_00_0</parent><capability type='net'><interface>eth0</interface>"
        "</capability></device>",
        "<device><name>pci_0000_02_10_0</name><parent>computer</parent><driver><name>vfio-pci</name></driver>"
        "<capability type='pci'><class>0x020000</class><domain>0</domain><bus>2</bus><slot>16</slot><function>0</function>"
        "<product id='0x10ed'>82599 Virtual Function</product><vendor id='0x8086'>Intel</vendor>"
        "<capability type='phys_function'>" ADDRESS("02", "00", "0") "</capability>"
        "<iommuGroup number='3'>" ADDRESS("02", "10", "0") "</iommuGroup></capability></device>",
        "<device><name>mdev_4b20d080_1b54_4048_85b3_a6a62d165c01</name><parent>pci_0000_01_00_0</parent>"
        "<driver><name>vfio_mdev</name></driver><capability type='mdev'><type id='nvidia-222'/>"
        "<uuid>4b20d080-1b54-4048-85b3-a6a62d165c01</uuid><iommuGroup number='12'/></capability></device>",
        "<device><name>usb_1_2</name><parent>pci_0000_00_14_0</parent><driver><name>usb</name></driver>"
        "<capability type='usb_device'><bus>1</bus><device>4</device><product id='0x5581'>Ultra \xe2\x80\xae evil</product>"
        "<vendor id='0x0781'>SanDisk</vendor></capability></device>",
        "<device><name>usb_1_2_1_0</name><parent>usb_1_2</parent><capability type='usb'><number>0</number><class>8</class>"
        "</capability></device>",
        "<device><name>scsi_host6</name><parent>usb_1_2_1_0</parent><capability type='scsi_host'><host>6</host></capability>"
        "</device>",
        "<device><name>block_sdb</name><parent>scsi_host6</parent><capability type='storage'><block>/dev/sdb</block>"
        "</capability></device>",
        "<device><name>usb_usb1</name><parent>pci_0000_00_14_0</parent><capability type='usb_device'><bus>1</bus>"
        "<device>1</device><product id='0x0002'>xHCI Host Controller</product><vendor id='0x1d6b'>Linux</vendor></capability>"
        "</device>",
        "<device><name>pci_0000_00_14_0</name><parent>computer</parent><driver><name>xhci_hcd</name></driver>"
        "<capability type='pci'><class>0x0c0330</class><domain>0</domain><bus>0</bus><slot>20</slot><function>0</function>"
        "<product id='0xa12f'>USB 3.0</product><vendor id='0x8086'>Intel</vendor>"
        "<iommuGroup number='4'>" ADDRESS("00", "14", "0") "</iommuGroup></capability></device>",
};

static GPtrArray *parse_all(const char *const *xmls, unsigned n)
{
	GPtrArray *rows = g_ptr_array_new_with_free_func((GDestroyNotify)device_row_free);

	for (unsigned i = 0; i < n; i++) {
		struct device_row *row = device_xml_parse(xmls[i], NULL);

		assert_non_null(row);
		g_ptr_array_add(rows, row);
	}
	return rows;
}

static struct device_row *find(const GPtrArray *rows, const char *address)
{
	for (unsigned i = 0; i < rows->len; i++)
		if (strcmp(((struct device_row *)rows->pdata[i])->address, address) == 0)
			return rows->pdata[i];
	fail_msg("there is no device %s", address);
	return NULL;
}

static void assert_verdict(const GPtrArray *rows, const char *address, enum device_verdict verdict, const char *why)
{
	const struct device_row *row = find(rows, address);

	if (row->verdict != verdict || !strstr(row->why, why))
		fail_msg("%s: %s: %s", address, device_verdict_word(row->verdict), row->why);
}

static void add_use(struct device_row *row, const char *name, bool live)
{
	struct device_use *use = g_new0(struct device_use, 1);

	use->name = g_strdup(name);
	use->live = live;
	if (!row->uses)
		row->uses = g_ptr_array_new_with_free_func((GDestroyNotify)device_use_free);
	g_ptr_array_add(row->uses, use);
}

static void a_machines_devices_are_read(void **state)
{
	GPtrArray *rows = devices_judge(parse_all(machine, G_N_ELEMENTS(machine)));
	const struct device_row *row = find(rows, "0000:01:00.0");
	const struct device_mdev_type *type = row->mdev_types->pdata[0];

	(void)state;
	assert_int_equal(rows->len, 9);
	assert_string_equal(row->product, "TU104GL [Tesla T4]");
	assert_string_equal(row->vendor, "NVIDIA");
	assert_int_equal(row->vendor_id, 0x10de);
	assert_int_equal(row->product_id, 0x1eb8);
	assert_string_equal(row->driver, "nouveau");
	assert_int_equal(row->iommu_group, 1);
	assert_int_equal(row->group->len, 2);
	assert_int_equal(row->numa, 1);
	assert_string_equal(device_class_words(row), "graphics card");
	assert_string_equal(type->id, "nvidia-222");
	assert_string_equal(type->api, "vfio-pci");
	assert_int_equal(type->available, 16);
	row = find(rows, "0000:02:00.0");
	assert_int_equal(row->virtuals_max, 63);
	assert_string_equal(row->virtuals->pdata[0], "0000:02:10.0");
	assert_string_equal(row->carries->pdata[0], "eth0");
	assert_string_equal(find(rows, "0000:02:10.0")->physical, "0000:02:00.0");
	g_autofree char *title = device_title(find(rows, "0000:01:00.1"));
	assert_string_equal(title, "NVIDIA sound card 10de:10f8");
	g_ptr_array_unref(rows);
}

static void parts_stand_below_what_they_are_parts_of(void **state)
{
	static const char *const order[] = {"0000:00:01.0", "0000:00:14.0", "0000:01:00.0",
	        "4b20d080-1b54-4048-85b3-a6a62d165c01", "0000:01:00.1", "0000:02:00.0", "0000:02:10.0", "001:001",
	        "001:004"};
	GPtrArray *rows = devices_judge(parse_all(machine, G_N_ELEMENTS(machine)));

	(void)state;
	for (unsigned i = 0; i < G_N_ELEMENTS(order); i++)
		assert_string_equal(((const struct device_row *)rows->pdata[i])->address, order[i]);
	assert_int_equal(find(rows, order[3])->depth, 1);
	assert_int_equal(find(rows, "0000:02:10.0")->depth, 1);
	assert_int_equal(find(rows, "0000:02:00.0")->depth, 0);
	g_ptr_array_unref(rows);
}

static void each_device_has_its_verdict(void **state)
{
	GPtrArray *rows = devices_judge(parse_all(machine, G_N_ELEMENTS(machine)));

	(void)state;
	assert_verdict(rows, "0000:00:01.0", DEVICE_NO, "bridge");
	assert_verdict(rows, "0000:01:00.0", DEVICE_NO, "shares IOMMU group 1 with 0000:01:00.1 (snd_hda_intel)");
	assert_verdict(rows, "0000:02:00.0", DEVICE_CARE, "loses eth0; its 1 virtual function goes with it");
	assert_verdict(rows, "0000:02:10.0", DEVICE_READY, "bound to vfio-pci");
	assert_verdict(rows, "4b20d080-1b54-4048-85b3-a6a62d165c01", DEVICE_READY, "made for guests");
	assert_verdict(rows, "001:001", DEVICE_NO, "hub");
	assert_verdict(rows, "001:004", DEVICE_CARE, "loses sdb");
	/* The controller takes along what is plugged in behind it. */
	assert_verdict(rows, "0000:00:14.0", DEVICE_CARE, "loses sdb");
	g_ptr_array_unref(rows);
}

static void the_group_is_free_when_its_drivers_let_go(void **state)
{
	GPtrArray *rows = parse_all(machine, G_N_ELEMENTS(machine));

	(void)state;
	g_free(find(rows, "0000:01:00.1")->driver);
	find(rows, "0000:01:00.1")->driver = g_strdup("vfio-pci");
	rows = devices_judge(rows);
	assert_verdict(rows, "0000:01:00.0", DEVICE_YES, "nouveau lets go of it");
	g_ptr_array_unref(rows);
	rows = parse_all(machine, G_N_ELEMENTS(machine));
	g_free(find(rows, "0000:01:00.1")->driver);
	find(rows, "0000:01:00.1")->driver = g_strdup("vfio-pci");
	add_use(find(rows, "0000:01:00.1"), "web1", true);
	rows = devices_judge(rows);
	assert_verdict(rows, "0000:01:00.0", DEVICE_NO, "with 0000:01:00.1 (of guest web1)");
	assert_verdict(rows, "0000:01:00.1", DEVICE_TAKEN, "guest web1 has it");
	g_ptr_array_unref(rows);
}

static void what_the_host_needs_is_refused(void **state)
{
	GPtrArray *rows = parse_all(machine, G_N_ELEMENTS(machine));
	struct device_row *nic = find(rows, "0000:02:00.0"), *function = find(rows, "0000:02:10.0");

	(void)state;
	g_free(nic->host_use);
	nic->host_use = g_strdup("the default route (eth0)");
	add_use(function, "web1", false);
	rows = devices_judge(rows);
	assert_verdict(rows, "0000:02:00.0", DEVICE_NO, "needs it for the default route (eth0)");
	assert_verdict(rows, "0000:02:10.0", DEVICE_READY, "in the definition of web1");
	g_autofree char *users = device_user_words(function), *unknown = device_user_words(nic);
	assert_string_equal(users, "web1 (off)");
	assert_string_equal(unknown, "?");
	g_ptr_array_unref(rows);
}

static void without_groups_the_iommu_is_off(void **state)
{
	static const char *const plain[] = {
	        "<device><name>pci_0000_00_03_0</name><driver><name>virtio-pci</name></driver><capability type='pci'>"
	        "<class>0x020000</class><domain>0</domain><bus>0</bus><slot>3</slot><function>0</function>"
	        "<product id='0x1041'/><vendor id='0x1af4'/></capability></device>"};
	GPtrArray *rows = devices_judge(parse_all(plain, 1));

	(void)state;
	assert_verdict(rows, "0000:00:03.0", DEVICE_NO, "the IOMMU is off");
	g_autofree char *title = device_title(rows->pdata[0]);
	assert_string_equal(title, "Ethernet controller 1af4:1041");
	g_ptr_array_unref(rows);
}

static void a_guest_is_given_it_by_an_element(void **state)
{
	GPtrArray *rows = devices_judge(parse_all(machine, G_N_ELEMENTS(machine)));
	g_autofree char *pci = device_hostdev_xml(find(rows, "0000:02:10.0"));
	g_autofree char *usb = device_hostdev_xml(find(rows, "001:004"));
	g_autofree char *mdev = device_hostdev_xml(find(rows, "4b20d080-1b54-4048-85b3-a6a62d165c01"));

	(void)state;
	assert_non_null(strstr(pci, "<address domain='0x0000' bus='0x02' slot='0x10' function='0x0'/>"));
	assert_non_null(strstr(usb, "<vendor id='0x0781'/>"));
	assert_non_null(strstr(mdev, "<address uuid='4b20d080-1b54-4048-85b3-a6a62d165c01'/>"));
	assert_null(device_hostdev_xml(find(rows, "0000:00:01.0")));
	g_ptr_array_unref(rows);
}

/* What the element says is found again in the definition of who has it. */
static void definitions_name_what_they_take(void **state)
{
	static const char *const addresses[] = {"0000:02:10.0", "001:004", "4b20d080-1b54-4048-85b3-a6a62d165c01"};
	GPtrArray *rows = devices_judge(parse_all(machine, G_N_ELEMENTS(machine)));
	GPtrArray *keys = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GString) xml = g_string_new("<domain><devices>");
	xmlDocPtr doc;

	(void)state;
	for (unsigned i = 0; i < G_N_ELEMENTS(addresses); i++) {
		g_autofree char *element = device_hostdev_xml(find(rows, addresses[i]));

		g_string_append(xml, element);
	}
	g_string_append(xml, "<disk type='nvme'><source type='pci'>" ADDRESS("01", "00", "0") "</source></disk>"
	                     "<interface type='network'><source network='x'/></interface></devices></domain>");
	doc = xml_parse(xml->str, "domain", NULL);
	device_xml_add_keys(doc, keys);
	xmlFreeDoc(doc);
	assert_int_equal(keys->len, 4);
	assert_string_equal(keys->pdata[0], find(rows, addresses[0])->key);
	assert_string_equal(keys->pdata[1], find(rows, addresses[1])->id_key);
	assert_string_equal(keys->pdata[2], find(rows, addresses[2])->key);
	assert_string_equal(keys->pdata[3], find(rows, "0000:01:00.0")->key);
	g_ptr_array_unref(keys);
	g_ptr_array_unref(rows);
}

static void hostile_devices_do_no_harm(void **state)
{
	/* Rings of parents, addresses out of range, no names at all. */
	static const char *const odd[] = {
	        "<device><name>a</name><parent>b</parent><capability type='usb_device'><bus>1</bus><device>2</device></capability></device>",
	        "<device><name>b</name><parent>a</parent><capability type='scsi'/></device>",
	        "<device><name>c</name><parent>b</parent><capability type='storage'><block>/dev/sdz</block></capability></device>",
	        "<device><capability type='pci'><domain>-1</domain></capability></device>",
	        "<device><name>mdev_x</name><capability type='mdev'><uuid>no</uuid></capability></device>",
	        "<device/>"};
	GPtrArray *rows = devices_judge(parse_all(machine, G_N_ELEMENTS(machine)));

	(void)state;
	/* Right-to-left marks of a USB stick's name are spelled out. */
	assert_null(strstr(find(rows, "001:004")->product, "\xe2\x80\xae"));
	g_ptr_array_unref(rows);
	rows = devices_judge(parse_all(odd, G_N_ELEMENTS(odd)));
	assert_int_equal(rows->len, 1);
	assert_null(device_xml_parse("<domain/>", NULL));
	assert_null(device_xml_parse("nonsense", NULL));
	g_ptr_array_unref(rows);
}

/* ---- the tab ---- */

static struct screen *open_tab(int rows, int cols)
{
	struct screen *screen = screen_new(rows, cols);
	unsigned host = rich_host(screen);
	GPtrArray *list = parse_all(machine, G_N_ELEMENTS(machine));
	struct obj_ref ref = store_host(screen->app.store, host)->ref, web1 = rich_ref(OBJ_GUEST, host, 1);
	struct device_row *function = find(list, "0000:02:10.0");

	app_open(&screen->app, &ref);
	screen_keys(screen, "M-2 ] ] ] ] ]");
	screen_assert_has(screen, "[Devices]");
	screen_assert_has(screen, "Devices are being read ...");
	add_use(function, "web1", true);
	memcpy(((struct device_use *)function->uses->pdata[0])->guest, web1.uuid, 16);
	rich_post_list(screen, host, MSG_DEVICES, 0, devices_judge(list));
	return screen;
}

static void the_tab_tells_why(void **state)
{
	struct screen *screen = open_tab(30, 160);

	(void)state;
	screen_assert_has(screen, "00:01.0: no: a bridge: what lies behind it needs it");
	screen_keys(screen, "/ 'eth0' Enter");
	screen_assert_has(screen, "02:00.0: with care: the host loses eth0");
	screen_assert_lacks(screen, "snd_hda_intel");
	screen_keys(screen, "Enter");
	screen_assert_has(screen, "Device 0000:02:00.0");
	screen_assert_has(screen, "1 of 63: 0000:02:10.0");
	screen_assert_has(screen, "<address domain='0x0000' bus='0x02' slot='0x00' function='0x0'/>");
	screen_keys(screen, "Esc");
	screen_assert_lacks(screen, "1 of 63");
	screen_free(screen);
}

/* The cursor stays on its device, whatever the order. */
static void the_tab_sorts_and_leads_to_the_guest(void **state)
{
	struct screen *screen = open_tab(30, 160);

	(void)state;
	screen_keys(screen, "G > >");
	screen_assert_has(screen, "For guest↑");
	screen_assert_has(screen, "001:004: with care: the host loses sdb");
	screen_keys(screen, "/ 'taken' Enter Enter");
	screen_assert_has(screen, "taken: guest web1 has it");
	screen_keys(screen, "g");
	assert_int_equal(screen->app.open.kind, OBJ_GUEST);
	screen_free(screen);
}

/* A bridge has nothing to copy, and says why. */
static void the_tab_copies_what_can_be_given(void **state)
{
	struct screen *screen = open_tab(24, 80);

	(void)state;
	screen_keys(screen, "Home Y");
	screen_assert_has(screen, "a bridge: what lies behind it needs it");
	screen_keys(screen, "G Y");
	screen_assert_has(screen, "XML copied");
	screen_free(screen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_machines_devices_are_read),
	        cmocka_unit_test(parts_stand_below_what_they_are_parts_of),
	        cmocka_unit_test(each_device_has_its_verdict),
	        cmocka_unit_test(the_group_is_free_when_its_drivers_let_go),
	        cmocka_unit_test(what_the_host_needs_is_refused),
	        cmocka_unit_test(without_groups_the_iommu_is_off),
	        cmocka_unit_test(a_guest_is_given_it_by_an_element),
	        cmocka_unit_test(definitions_name_what_they_take),
	        cmocka_unit_test(hostile_devices_do_no_harm),
	        cmocka_unit_test(the_tab_tells_why),
	        cmocka_unit_test(the_tab_sorts_and_leads_to_the_guest),
	        cmocka_unit_test(the_tab_copies_what_can_be_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
