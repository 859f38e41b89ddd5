/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a machine needs its devices for, on a tree of files that stands for its sysfs and /proc. */
#include "unit.h"

#include "backend/device_local.h"
#include "support/files.h"

#define BUS "/sys/devices/pci0000:00/"

static char *root;

static void make_machine(void)
{
	/* A disk with a partition, one below LVM, a NIC in a bridge, one that nobody needs. */
	files_put(root, BUS "0000:00:02.0/vendor", "0x1af4\n");
	files_put(root, BUS "0000:00:02.0/virtio1/block/vda/vda1/partition", "1\n");
	files_put(root, BUS "0000:00:04.0/vendor", "0x1af4\n");
	files_put(root, BUS "0000:00:04.0/virtio3/block/vdb/size", "1\n");
	files_put(root, BUS "0000:00:03.0/vendor", "0x8086\n");
	files_put(root, BUS "0000:00:03.0/reset", "");
	files_put(root, BUS "0000:00:03.0/net/eth0/operstate", "up\n");
	files_put(root, BUS "0000:00:05.0/vendor", "0x8086\n");
	files_put(root, BUS "0000:00:05.0/net/eth1/operstate", "up\n");
	files_link(root, "/sys/dev/block/254:1", "../../devices/pci0000:00/0000:00:02.0/virtio1/block/vda/vda1");
	files_link(root, "/sys/dev/block/253:0", "../../devices/virtual/block/dm-0");
	files_link(root, "/sys/devices/virtual/block/dm-0/slaves/vdb",
	        "../../../../pci0000:00/0000:00:04.0/virtio3/block/vdb");
	files_link(root, "/sys/class/block/vdb", "../../devices/pci0000:00/0000:00:04.0/virtio3/block/vdb");
	files_link(root, "/sys/class/net/eth0", "../../devices/pci0000:00/0000:00:03.0/net/eth0");
	files_link(root, "/sys/class/net/eth1", "../../devices/pci0000:00/0000:00:05.0/net/eth1");
	files_put(root, "/sys/devices/virtual/net/br0/lower_eth0/operstate", "up\n");
	files_link(root, "/sys/class/net/br0", "../../devices/virtual/net/br0");
	files_put(root, "/proc/net/route",
	        "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"
	        "br0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
	        "eth1\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n");
	files_put(root, "/proc/self/mountinfo",
	        "22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n"
	        "30 22 253:0 / /srv/my\\040data rw shared:2 - xfs /dev/mapper/x rw\n"
	        "31 22 0:22 / /proc rw shared:3 - proc proc rw\n");
}

static struct device_row *add_row(GPtrArray *rows, const char *address, int vendor)
{
	struct device_row *row = device_row_new();

	g_free(row->address);
	row->address = g_strdup(address);
	row->path = g_strconcat(BUS, address, NULL);
	row->vendor_id = vendor;
	g_ptr_array_add(rows, row);
	return row;
}

static int make_root(void **state)
{
	(void)state;
	root = g_dir_make_tmp("nvirt-sysfs-XXXXXX", NULL);
	make_machine();
	return 0;
}

static int remove_root(void **state)
{
	(void)state;
	files_remove(root);
	g_clear_pointer(&root, g_free);
	return 0;
}

static void the_hosts_disks_and_route_are_found(void **state)
{
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify)device_row_free);
	struct device_row *disk = add_row(rows, "0000:00:02.0", 0x1af4), *nic = add_row(rows, "0000:00:03.0", 0x8086);
	struct device_row *lvm = add_row(rows, "0000:00:04.0", 0x1af4), *spare = add_row(rows, "0000:00:05.0", 0x8086);

	(void)state;
	device_local_read(rows, &(struct health_source){.root = root});
	assert_string_equal(disk->host_use, "what is mounted on /");
	assert_string_equal(lvm->host_use, "what is mounted on /srv/my data");
	assert_string_equal(nic->host_use, "the default route (eth0)");
	assert_string_equal(spare->host_use, "");
	assert_int_equal(nic->reset, 1);
	assert_int_equal(spare->reset, 0);
}

/* A remote host may have a device in the same slot: what is ours says nothing of it. */
static void another_machines_device_is_left_alone(void **state)
{
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify)device_row_free);
	struct device_row *other = add_row(rows, "0000:00:02.0", 0x10de), *none = add_row(rows, "0000:00:1f.0", 0x8086);

	(void)state;
	device_local_read(rows, &(struct health_source){.root = root});
	assert_string_equal(other->host_use, "");
	assert_int_equal(other->reset, -1);
	assert_int_equal(none->reset, -1);
}

/* Names in those files become paths. */
static void odd_files_do_no_harm(void **state)
{
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify)device_row_free);
	struct device_row *disk = add_row(rows, "0000:00:02.0", 0x1af4);

	(void)state;
	files_put(root, "/proc/net/route", "Iface\n../../x\t00000000\t0\t3\t0\t0\t0\t00000000\n\t\n");
	files_put(root, "/proc/self/mountinfo", "1 2\n - - - - - - -\n22 1 254:1 / /\\0 rw - ext4\nnonsense\n");
	files_put(root, "/proc/swaps", "Filename Type\n/dev/vdb partition 1 0 -2\n/dev/\n");
	files_link(root, "/sys/devices/virtual/net/br0/lower_br0", "../br0");
	device_local_read(rows, &(struct health_source){.root = root});
	assert_string_equal(disk->host_use, "");
	add_row(rows, "0000:00:04.0", 0x1af4);
	device_local_read(rows, &(struct health_source){.root = root});
	assert_string_equal(((struct device_row *)rows->pdata[1])->host_use, "swap");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_hosts_disks_and_route_are_found),
	        cmocka_unit_test(another_machines_device_is_left_alone),
	        cmocka_unit_test(odd_files_do_no_harm),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}
