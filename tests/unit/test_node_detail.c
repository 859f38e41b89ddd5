/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A look at a host: what its files tell, on a tree of files that stands for a machine of two cells; what
 * libvirt's capabilities tell; and the rates of two looks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <glib/gstdio.h>

#include "backend/node.h"
#include "backend/node_libvirt.h"
#include "backend/node_machine.h"
#include "nvirt/text.h"
#include "support/files.h"

static char *root;

static void put(const char *path, const char *text)
{
	g_autofree char *full = g_strconcat(root, path, NULL), *dir = g_path_get_dirname(full);

	assert_int_equal(g_mkdir_with_parents(dir, 0755), 0);
	assert_true(g_file_set_contents(full, text, -1, NULL));
}

static int make_root(void **state)
{
	(void)state;
	root = g_dir_make_tmp("nvirt-node-XXXXXX", NULL);
	return root ? 0 : -1;
}

static int remove_root(void **state)
{
	(void)state;
	files_remove(root);
	g_clear_pointer(&root, g_free);
	return 0;
}

static void put_cell(int id, const char *cpus, const char *free_kib)
{
	g_autofree char *dir = g_strdup_printf("/sys/devices/system/node/node%d", id);
	g_autofree char *meminfo = g_strconcat(dir, "/meminfo", NULL), *cpulist = g_strconcat(dir, "/cpulist", NULL);
	g_autofree char *total = g_strconcat(dir, "/hugepages/hugepages-2048kB/nr_hugepages", NULL);
	g_autofree char *idle = g_strconcat(dir, "/hugepages/hugepages-2048kB/free_hugepages", NULL);
	g_autofree char *text = g_strdup_printf("Node %d MemTotal: 8000000 kB\nNode %d MemFree: %s kB\nNode %d FilePages: 100 kB\n",
	        id, id, free_kib, id);

	put(meminfo, text);
	put(cpulist, cpus);
	put(total, "512\n");
	put(idle, "12\n");
}

static void put_machine(void)
{
	put("/proc/stat", "cpu  100 0 100 800 0 0 0 0 0 0\ncpu0 50 0 50 400 0 0 0 0 0 0\ncpu2 50 0 50 400 0 0 0 0 0 0\nintr 1\n");
	put("/proc/meminfo",
	        "MemTotal: 16000000 kB\nMemFree: 1000000 kB\nMemAvailable: 9000000 kB\nBuffers: 1000 kB\nCached: 8000000 kB\n"
	        "Shmem: 500000 kB\nSReclaimable: 9000 kB\nHugetlb: 2097152 kB\n");
	put("/proc/pressure/cpu", "some avg10=12.50 avg60=8.25 avg300=1.00 total=1\nfull avg10=0.00 avg60=0.50 avg300=0.25 total=2\n");
	put("/proc/pressure/io", "some avg10=3.00 avg60=2.00 avg300=1.00 total=1\n");
	put("/proc/diskstats",
	        "   8       0 sda 100 0 2000 300 50 0 4000 200 0 900 500\n   8       1 sda1 100 0 2000 300 50 0 4000 200 0 900 500\n"
	        "   7       0 loop0 9 0 9 9 9 0 9 9 0 9 9\n 259       0 idle0 0 0 0 0 0 0 0 0 0 0 0\n");
	put("/sys/block/sda/size", "1\n");
	put("/sys/block/loop0/size", "1\n");
	put("/sys/block/idle0/size", "1\n");
	put("/sys/class/hwmon/hwmon0/name", "coretemp\n");
	put("/sys/class/hwmon/hwmon0/temp1_input", "71500\n");
	put("/sys/class/hwmon/hwmon0/temp1_label", "Package\033[2J id 0\n");
	put("/sys/class/hwmon/hwmon0/temp1_crit", "100000\n");
	put("/sys/class/hwmon/hwmon0/fan1_input", "900\n");
	put("/sys/class/hwmon/hwmon1/temp2_input", "-3000\n");
	put("/sys/class/thermal/thermal_zone0/temp", "71000\n");
	put("/sys/class/thermal/thermal_zone0/type", "x86_pkg_temp\n");
	put("/sys/kernel/mm/ksm/run", "1\n");
	put("/sys/kernel/mm/ksm/pages_to_scan", "100\n");
	put("/sys/kernel/mm/ksm/pages_sharing", "4096\n");
	put("/sys/kernel/mm/ksm/general_profit", "-65536\n");
	put("/proc/77/comm", "ksmd\n");
	put("/proc/77/stat", "77 (ksmd) S 2 0 0 0 -1 2097216 0 0 0 0 30 20 0 0 25 5 1 0 55 0 0 1\n");
	put_cell(0, "0-1\n", "1000000");
	put_cell(1, "2-3\n", "3000000");
}

static struct node_detail *look(void)
{
	const struct health_source source = {.root = root};
	struct node_detail *detail = node_detail_new();

	node_machine_read(detail, &source);
	return detail;
}

/* ---- files ---- */

static void a_machine_is_read_from_its_files(void **state)
{
	const struct health_source source = {.root = root};
	struct node_detail *detail;
	const struct node_cell *cell;

	(void)state;
	put_machine();
	detail = look();
	assert_true(detail->machine);
	assert_int_equal(detail->cpus->len, 3);
	assert_int_equal(g_array_index(detail->cpus, struct node_cpu, 1).total_ns, -1); /* offline */
	assert_int_equal(g_array_index(detail->cpus, struct node_cpu, 2).busy_ns * 5, g_array_index(detail->cpus, struct node_cpu, 2).total_ns);
	assert_true(detail->stalls[NODE_STALL_CPU].some[0] == 12.5 && detail->stalls[NODE_STALL_CPU].full[1] == 0.5);
	assert_true(detail->stalls[NODE_STALL_IO].some[2] == 1 && detail->stalls[NODE_STALL_IO].full[0] < 0);
	assert_true(detail->stalls[NODE_STALL_MEMORY].some[0] < 0);
	assert_int_equal(detail->memory.cache_kib, 8000000 + 1000 + 9000 - 500000);
	assert_int_equal(detail->memory.huge_kib, 2097152);
	assert_int_equal(detail->ksm.run, 1);
	assert_int_equal(detail->ksm.sharing_pages, 4096);
	assert_int_equal(detail->ksm.profit_bytes, -65536);
	assert_int_equal(detail->ksm.sleep_ms, -1);
	assert_int_equal(node_machine_ksmd(&source), 77);
	assert_int_equal(node_machine_cpu_ns(&source, 77), 50 * (1000000000 / sysconf(_SC_CLK_TCK)));
	assert_int_equal(detail->cells->len, 2);
	cell = detail->cells->pdata[1];
	assert_string_equal(cell->cpus, "2-3");
	assert_int_equal(cell->free_kib, 3000100);
	assert_int_equal(g_array_index(cell->pages, struct node_pages, 0).free, 12);
	node_detail_free(detail);
}

static void disks_are_whole_and_in_use_and_sensors_are_cleaned(void **state)
{
	struct node_detail *detail;
	const struct node_disk *disk;
	const struct node_sensor *sensor;

	(void)state;
	put_machine();
	detail = look();
	assert_int_equal(detail->disks->len, 1);
	disk = detail->disks->pdata[0];
	assert_string_equal(disk->name, "sda");
	assert_int_equal(disk->rd_bytes, 2000 * 512);
	assert_int_equal(disk->wr_bytes, 4000 * 512);
	assert_int_equal(disk->busy_ms, 900);
	/* Of the zones, which tell the same again, none. */
	assert_int_equal(detail->sensors->len, 2);
	sensor = detail->sensors->pdata[0];
	assert_null(strchr(sensor->name, '\033'));
	assert_non_null(strstr(sensor->name, "coretemp Package"));
	assert_true(sensor->celsius == 71.5 && sensor->limit == 100);
	sensor = detail->sensors->pdata[1];
	assert_true(sensor->celsius == -3 && sensor->limit < 0);
	node_detail_free(detail);
}

static void a_machine_that_tells_nothing_is_not_zero(void **state)
{
	struct node_detail *detail = look();

	(void)state;
	assert_int_equal(detail->cpus->len + detail->disks->len + detail->sensors->len + detail->cells->len, 0);
	assert_true(detail->stalls[NODE_STALL_CPU].some[0] < 0);
	assert_int_equal(detail->memory.total_kib, -1);
	assert_int_equal(detail->memory.cache_kib, -1);
	assert_int_equal(detail->ksm.run, -1);
	assert_true(detail->ksm.profit_bytes == G_MININT64);
	node_detail_free(detail);
}

/* ---- where guests lie ---- */

static int64_t kib_at(const struct node_place *place, unsigned cell)
{
	return g_array_index(place->kib, int64_t, cell);
}

static struct node_place *place_of(const struct node_detail *detail, bool walk, bool *ret_told)
{
	static const uint8_t uuid[16] = {1};
	const struct health_source source = {.root = root};
	struct node_place *place = node_place_new(uuid, detail->cells->len);

	*ret_told = node_machine_place(&source, 500, detail->cells, walk, place);
	return place;
}

static void a_guest_lies_where_its_cgroup_says(void **state)
{
	struct node_detail *detail;
	struct node_place *place;
	bool told;

	(void)state;
	put_machine();
	put("/proc/500/status", "Name:\tqemu\nHugetlbPages:\t0 kB\n");
	put("/proc/500/cgroup", "0::/machine.slice/machine-qemu\\x2d1.scope/libvirt/emulator\n");
	put("/sys/fs/cgroup/machine.slice/machine-qemu\\x2d1.scope/libvirt/memory.numa_stat",
	        "anon N0=1048576 N1=3145728\nfile N0=9999999999 N1=0\nshmem N0=1048576 N1=0\n");
	detail = look();
	place = place_of(detail, false, &told);
	assert_true(told);
	assert_int_equal(kib_at(place, 0), 2048);
	assert_int_equal(kib_at(place, 1), 3072);
	node_place_free(place);
	node_detail_free(detail);
}

static void page_tables_are_walked_only_when_that_is_wanted(void **state)
{
	struct node_detail *detail;
	struct node_place *place;
	bool told;

	(void)state;
	put_machine();
	/* A cgroup that it shares with others is not its own. */
	put("/proc/500/cgroup", "0::/user.slice/session-1.scope\n");
	put("/sys/fs/cgroup/user.slice/session-1.scope/memory.numa_stat", "anon N0=99999999 N1=99999999\n");
	put("/proc/500/numa_maps",
	        "7f00 default anon=300 dirty=300 N0=100 N1=200 kernelpagesize_kB=4\n7f10 default file=/x N9=7 kernelpagesize_kB=4\n"
	        "7f20 default huge anon=2 N1=2 kernelpagesize_kB=2048\n");
	detail = look();
	place = place_of(detail, false, &told);
	assert_false(told);
	assert_int_equal(kib_at(place, 0), -1);
	node_place_free(place);
	place = place_of(detail, true, &told);
	assert_true(told);
	assert_int_equal(kib_at(place, 0), 400);
	assert_int_equal(kib_at(place, 1), 800 + 4096);
	node_place_free(place);
	node_detail_free(detail);
}

/* ---- capabilities ---- */

static void cells_are_read_from_capabilities(void **state)
{
	static const char xml[] =
	        "<capabilities><host><topology><cells num='2'>"
	        "<cell id='0'><memory unit='KiB'>1000</memory><pages unit='KiB' size='4'>200</pages>"
	        "<pages unit='KiB' size='2048'>3</pages><cpus num='4'><cpu id='0'/><cpu id='5'/><cpu id='1'/><cpu id='2'/></cpus></cell>"
	        "<cell id='3'><memory unit='GiB'>1</memory><cpus num='0'/></cell></cells></topology></host></capabilities>";
	struct node_topology *topology = node_topology_parse(xml);
	const struct node_cell *cell = topology->cells->pdata[0];

	(void)state;
	assert_int_equal(topology->cells->len, 2);
	assert_int_equal(topology->page_bytes, 4096);
	assert_string_equal(cell->cpus, "0-2,5");
	assert_int_equal(cell->total_kib, 1000);
	assert_int_equal(cell->pages->len, 1);
	assert_int_equal(g_array_index(cell->pages, struct node_pages, 0).size_kib, 2048);
	cell = topology->cells->pdata[1];
	assert_int_equal(cell->id, 3);
	assert_int_equal(cell->total_kib, 1 << 20);
	assert_string_equal(cell->cpus, "");
	node_topology_free(topology);
	assert_null(node_topology_parse("<nonsense/>"));
	topology = node_topology_parse("<capabilities><host/></capabilities>");
	assert_int_equal(topology->cells->len, 0);
	node_topology_free(topology);
}

/* ---- rates ---- */

static struct node_detail *at(gint64 seconds, int64_t busy_ns, int64_t total_ns, const char *disk, int64_t bytes)
{
	struct node_detail *detail = node_detail_new();
	struct node_cpu cpu = {busy_ns, total_ns};
	struct node_disk *row = g_new0(struct node_disk, 1);

	detail->taken_us = seconds * G_USEC_PER_SEC;
	g_array_append_val(detail->cpus, cpu);
	row->name = g_strdup(disk);
	row->rd_bytes = bytes;
	row->wr_bytes = bytes * 2;
	row->busy_ms = seconds * 500;
	g_ptr_array_add(detail->disks, row);
	detail->ksm.ksmd_ns = seconds * 100000000;
	return detail;
}

static double cpu_rate(const struct node_rates *rates)
{
	return g_array_index(rates->cpus, double, 0);
}

static void rates_are_of_two_looks(void **state)
{
	struct node_detail *looks[] = {at(10, 100, 1000, "sda", 1000), at(12, 150, 1100, "sda", 3000),
	        at(14, 150, 1100, "sdb", 9000), at(16, 140, 1200, "sdb", 8000), at(100, 200, 2200, "sdb", 9000)};
	struct node_rates rates;
	const struct node_disk_rate *disk;

	(void)state;
	node_rates_init(&rates);
	node_rates_take(&rates, NULL, looks[0]);
	assert_true(cpu_rate(&rates) < 0 && rates.ksmd < 0);
	node_rates_take(&rates, looks[0], looks[1]);
	disk = &g_array_index(rates.disks, struct node_disk_rate, 0);
	assert_true(cpu_rate(&rates) == 0.5);
	assert_true(disk->rd_bps == 1000 && disk->wr_bps == 2000 && disk->busy == 0.5);
	assert_true(rates.ksmd > 0.099 && rates.ksmd < 0.101);
	/* Not read anew: what was known stays. Another disk is no rate of the one before. */
	node_rates_take(&rates, looks[1], looks[2]);
	assert_true(cpu_rate(&rates) == 0.5);
	assert_true(g_array_index(rates.disks, struct node_disk_rate, 0).rd_bps < 0);
	/* Counters that went back. */
	node_rates_take(&rates, looks[2], looks[3]);
	assert_true(cpu_rate(&rates) < 0);
	assert_true(g_array_index(rates.disks, struct node_disk_rate, 0).rd_bps < 0);
	/* An average over a pause is nobody's now. */
	node_rates_take(&rates, looks[3], looks[4]);
	assert_true(cpu_rate(&rates) < 0);
	node_rates_fini(&rates);
	for (unsigned i = 0; i < G_N_ELEMENTS(looks); i++)
		node_detail_free(looks[i]);
}

static void sizes_are_read_with_their_unit(void **state)
{
	static const struct {
		const char *text;
		guint64 bytes; /* 0 = none */
	} rows[] = {{"768 MiB", 768 << 20}, {"768M", 768 << 20}, {"1.5g", 3ull << 29}, {"2 KiB", 2048}, {"1TiB", 1ull << 40},
	        {"", 0}, {"12", 0}, {"-1M", 0}, {"1 MB", 0}, {"1Mi", 0}, {"1 M x", 0}, {"M", 0}, {"99999999999E", 0},
	        {"nan M", 0}, {"0x10M", 0}, {"1e3M", 0}};

	(void)state;
	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		guint64 bytes = 0;

		assert_int_equal(text_parse_size(rows[i].text, &bytes), rows[i].bytes != 0);
		assert_int_equal(bytes, rows[i].bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(a_machine_is_read_from_its_files, make_root, remove_root),
	        cmocka_unit_test_setup_teardown(disks_are_whole_and_in_use_and_sensors_are_cleaned, make_root, remove_root),
	        cmocka_unit_test_setup_teardown(a_machine_that_tells_nothing_is_not_zero, make_root, remove_root),
	        cmocka_unit_test_setup_teardown(a_guest_lies_where_its_cgroup_says, make_root, remove_root),
	        cmocka_unit_test_setup_teardown(page_tables_are_walked_only_when_that_is_wanted, make_root, remove_root),
	        cmocka_unit_test(cells_are_read_from_capabilities),
	        cmocka_unit_test(rates_are_of_two_looks),
	        cmocka_unit_test(sizes_are_read_with_their_unit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
