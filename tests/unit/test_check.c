/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The checks of what libvirt tells, as functions of facts: a healthy host passes each, and one thing that is
 * otherwise is found by the right one, of the right object, with a remedy.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "nvirt/action.h"
#include "nvirt/check.h"
#include "nvirt/text.h"

#define NOW_S 1800000000
#define DAY_S (24 * 60 * 60)
#define GIB (UINT64_C(1) << 30)

struct world {
	struct host_status *status;
	struct check_machine *machine;
	struct check_objects *objects;
	struct check_storage *storage;
	struct check_capabilities can;
	struct check_report *report;
	/* Of a healthy host, to be made ill. */
	struct check_guest *web, *db; /* running; off */
	struct check_pool *pool;
	struct check_network *network;
	struct volume_row *disk, *base;
	const char *no_objects;
	bool remote;
};

static const char *const reasons_io = "I/O error";

/* libvirt's number of a reason, by its word. */
static int reason_of(enum guest_state state, const char *word)
{
	for (int reason = 0; reason < 32; reason++)
		if (strcmp(guest_reason_word(state, reason), word) == 0)
			return reason;
	fail_msg("no reason '%s'", word);
	return 0;
}

static void fill_guest(struct check_guest *guest, uint8_t id, const char *name, const char *mac)
{
	const struct check_disk disk = {"vda", "virtio", "disk", "/p/disk.qcow2", "", false, false};
	const struct check_nic nic = {mac, "virtio", "network", "default"};

	guest->uuid[0] = id;
	guest->name = guest->raw = name;
	guest->persistent = true;
	guest->state = GUEST_OFF;
	guest->virt_type = "kvm";
	guest->machine = "pc-q35-7.2";
	guest->arch = "x86_64";
	guest->cpu_mode = "host-model";
	guest->agent_channel = guest->agent_connected = 1;
	guest->balloon = 1;
	guest->stats_period_s = 10;
	guest->memory_kib = 1 << 20;
	guest->vcpus = 1;
	guest->clock_offset = "utc";
	guest->snapshots = 0;
	g_array_append_val(guest->disks, disk);
	g_array_append_val(guest->nics, nic);
}

static struct volume_row *add_row(struct world *world, const char *path, unsigned guest, unsigned flags)
{
	struct volume_row *row = volume_row_new();

	row->key = g_strdup(path);
	row->path = text_clean(path, -1);
	row->name = g_path_get_basename(path);
	row->raw = g_intern_string(path);
	row->format = g_strdup("qcow2");
	row->mode = 0600;
	row->allocation_bytes = GIB;
	row->uses = g_ptr_array_new_with_free_func((GDestroyNotify)volume_use_free);
	if (guest) {
		struct volume_use *use = g_new0(struct volume_use, 1);

		use->guest[0] = (uint8_t)guest;
		use->words = g_strdup_printf("disk vda of 'g%u'", guest);
		use->brief = g_strdup_printf("vda of g%u", guest);
		use->flags = flags;
		g_ptr_array_add(row->uses, use);
	}
	g_ptr_array_add(world->storage->rows, row);
	return row;
}

static void free_layer(gpointer layer)
{
	volume_layer_free(layer);
}

static struct volume_layer *add_layer(struct volume_row *row, const char *path)
{
	struct volume_layer *layer = g_new0(struct volume_layer, 1);

	if (!row->chain)
		row->chain = g_ptr_array_new_with_free_func(free_layer);
	layer->key = g_strdup(path);
	layer->path = g_strdup(path);
	layer->format = g_strdup("qcow2");
	layer->pool = g_strdup("");
	layer->stated = true;
	g_ptr_array_add(row->chain, layer);
	return layer;
}

static int set_up(void **state)
{
	struct world *world = g_new0(struct world, 1);

	world->status = host_status_new();
	world->status->link = HOST_UP;
	world->status->local = world->status->in_libvirt_group = true;
	world->status->uri = g_strdup("qemu:///system");
	world->status->cpus = 4;
	world->status->memory_kib = 16 << 20;
	world->status->libvirt_version = 9000000;
	world->machine = check_machine_new();
	world->machine->kvm.exists = true;
	world->machine->probe.result = KVM_PROBE_OK;
	world->machine->memory_kib = 16 << 20;
	world->machine->cpus = 4;
	world->objects = check_objects_new();
	world->objects->answer_ms = 3;
	check_objects_add_guest(world->objects);
	check_objects_add_guest(world->objects);
	world->web = &g_array_index(world->objects->guests, struct check_guest, 0);
	world->db = &g_array_index(world->objects->guests, struct check_guest, 1);
	fill_guest(world->web, 1, "web", "52:54:00:00:00:01");
	fill_guest(world->db, 2, "db", "52:54:00:00:00:02");
	world->web->state = GUEST_RUNNING;
	world->web->active = true;
	world->pool = check_objects_add_pool(world->objects);
	world->pool->name = "default";
	world->pool->active = true;
	world->pool->capacity_bytes = 100 * GIB;
	world->pool->available_bytes = 50 * GIB;
	world->network = check_objects_add_network(world->objects);
	world->network->name = "default";
	world->network->forward = "nat";
	world->network->active = true;
	world->storage = check_storage_new();
	world->disk = add_row(world, "/p/disk.qcow2", 1, USE_DISK | USE_WRITABLE);
	world->base = add_row(world, "/p/base.qcow2", 0, 0);
	add_layer(world->disk, "/p/base.qcow2");
	world->can = (struct check_capabilities){.kvm_offered = 1, .iommu = 1, .virt_flag = 1, .took_ms = 5};
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	check_report_free(world->report);
	host_status_unref(world->status);
	check_machine_unref(world->machine);
	check_objects_unref(world->objects);
	check_storage_unref(world->storage);
	g_free(world);
	return 0;
}

static void run(struct world *world)
{
	const struct obj_ref pool = {.kind = OBJ_VOLUME, .host = 1, .uuid = {9}};

	images_free(world->storage->images);
	world->storage->images = images_new();
	for (unsigned i = 0; i < world->storage->rows->len; i++) {
		struct volume_row *row = world->storage->rows->pdata[i];
		struct obj_ref ref = pool;

		ref.name = row->raw;
		images_add(world->storage->images, row, &ref, "default");
	}
	images_link(world->storage->images);
	check_report_free(world->report);
	world->report = check_run(&(struct check_facts){.status = world->status, .machine = world->remote ? NULL : world->machine,
	                                  .objects = world->no_objects ? NULL : world->objects,
	                                  .storage = world->no_objects ? NULL : world->storage,
	                                  .capabilities = world->no_objects ? NULL : &world->can,
	                                  .no_objects = world->no_objects, .now_unix_s = NOW_S, .client_version = 9000000},
	        1);
}

static const struct finding *expect(struct world *world, const char *id, enum check_result result, const char *object,
        const char *words)
{
	for (unsigned i = 0; i < world->report->findings->len; i++) {
		const struct finding *finding = world->report->findings->pdata[i];

		if (strcmp(finding->check->id, id) != 0 || g_strcmp0(finding->object, object) != 0)
			continue;
		if (finding->result != result || (words && !strstr(finding->evidence, words)))
			fail_msg("%s: %s: %s (wanted %s: …%s…)", id, check_result_word(finding->result), finding->evidence,
			        check_result_word(result), words ? words : "");
		if (finding->verb && !action_by_verb(finding->verb))
			fail_msg("%s: there is no action '%s'", id, finding->verb);
		return finding;
	}
	fail_msg("%s said nothing of %s", id, object ? object : "the host");
	return NULL;
}

/* Healthy before, and ill now. */
#define ill(world, id, result, object, words)                                                                \
	do {                                                                                                 \
		run(world);                                                                                  \
		expect(world, id, result, object, words);                                                    \
	} while (0)

static void a_healthy_host_passes_every_check_of_libvirts(void **state)
{
	struct world *world = *state;

	run(world);
	for (unsigned i = 0; i < world->report->findings->len; i++) {
		const struct finding *finding = world->report->findings->pdata[i];

		if (finding->check->group == CHECK_HOST || finding->check->needs & NEED_MACHINE || finding->result == CHECK_OK)
			continue;
		fail_msg("%s: %s: %s", finding->check->id, check_result_word(finding->result), finding->evidence);
	}
	expect(world, "memory.overcommit", CHECK_OK, NULL, NULL);
	expect(world, "cpu.overcommit", CHECK_OK, NULL, NULL);
}

/* ---- guests --------------------------------------------------------------- */

static void guests_that_fare_ill_are_found(void **state)
{
	struct world *world = *state;

	world->web->state = GUEST_PAUSED;
	world->web->reason = reason_of(GUEST_PAUSED, reasons_io);
	world->web->disk_errors = "vda: no space";
	world->web->log_line = "qemu-system-x86_64: No space left on device";
	ill(world, "guest.io-error", CHECK_FAIL, "web", "vda: no space; QEMU's last words: qemu-system-x86_64: No space");
	assert_string_equal(expect(world, "guest.io-error", CHECK_FAIL, "web", NULL)->remedy,
	        "virsh -c qemu:///system resume web   # once there is room again, or the disk is mended");
	world->web->reason = 0;
	world->web->state = GUEST_CRASHED;
	ill(world, "guest.crashed", CHECK_FAIL, "web", "crashed");
	world->web->state = GUEST_RUNNING;
	world->web->stuck_ms = 12000;
	ill(world, "guest.stuck", CHECK_FAIL, "web", "12 s");
	world->web->stuck_ms = 0;
	world->web->stopped_pid = 4711;
	ill(world, "guest.stuck", CHECK_FAIL, "web", "SIGSTOP");
	world->web->stopped_pid = 0;
	world->web->job_since_s = NOW_S - 2 * 60 * 60;
	world->web->job = "backup";
	ill(world, "guest.job", CHECK_WARN, "web", "backup");
	world->web->job_since_s = 0;
	world->web->started_unix_s = NOW_S - 10 * DAY_S;
	ill(world, "guest.autostart", CHECK_NOTE, "web", "10 days");
	world->web->autostart = true;
	ill(world, "guest.autostart", CHECK_OK, NULL, NULL);
	world->db->snapshots = 2;
	world->db->oldest_unix_s = NOW_S - 40 * DAY_S;
	ill(world, "guest.snapshots", CHECK_WARN, "db", "2 snapshots, the oldest of 40 days");
	world->db->oldest_unix_s = NOW_S - 3 * DAY_S;
	ill(world, "guest.snapshots", CHECK_OK, NULL, NULL);
	world->db->name = world->db->raw = "..";
	ill(world, "guest.name", CHECK_FAIL, "..", "undefining");
	world->db->unread = "its definition cannot be read: gone";
	ill(world, "guest.definition", CHECK_UNKNOWN, "..", "gone");
}

static void emulation_is_judged_by_what_works_here(void **state)
{
	struct world *world = *state;

	world->web->virt_type = "qemu";
	ill(world, "guest.accelerator", CHECK_WARN, "web", "though KVM works here");
	world->machine->probe.result = KVM_PROBE_SLOW;
	run(world);
	expect(world, "guest.accelerator", CHECK_WARN, "db", "which does not work here");
	world->web->virt_type = "kvm";
	ill(world, "guest.accelerator", CHECK_FAIL, "web", "which does not work here");
	world->web->virt_type = world->db->virt_type = "qemu";
	ill(world, "guest.accelerator", CHECK_OK, NULL, "KVM does not work here");
	/* Of another machine libvirt is believed. */
	world->remote = true;
	ill(world, "guest.accelerator", CHECK_WARN, "web", NULL);
	world->can.kvm_offered = 0;
	ill(world, "guest.accelerator", CHECK_OK, NULL, NULL);
	ill(world, "kvm.usable", CHECK_FAIL, NULL, "offers no KVM");
	world->can.kvm_offered = -1;
	ill(world, "kvm.usable", CHECK_UNKNOWN, NULL, NULL);
}

static void devices_that_could_be_better_are_found(void **state)
{
	struct world *world = *state;
	struct check_disk *disk = &g_array_index(world->db->disks, struct check_disk, 0);
	struct check_nic *nic = &g_array_index(world->db->nics, struct check_nic, 0);

	disk->bus = "ide";
	disk->cache = "unsafe";
	nic->model = "e1000";
	world->db->machine = "pc-i440fx-7.2";
	world->db->agent_channel = 0;
	world->db->balloon = 0;
	world->db->cpu_mode = "host-passthrough";
	world->db->hpet = true;
	world->db->open_graphics = "vnc on 0.0.0.0:5900";
	world->db->graphics_password = 0;
	run(world);
	expect(world, "guest.disks", CHECK_NOTE, "db", "vda (ide)");
	expect(world, "disk.cache", CHECK_WARN, "db", "unsafe");
	expect(world, "guest.nics", CHECK_NOTE, "db", "(e1000)");
	expect(world, "guest.machine", CHECK_NOTE, "db", "pc-i440fx-7.2");
	expect(world, "guest.agent", CHECK_NOTE, "db", "no channel");
	expect(world, "guest.balloon", CHECK_NOTE, "db", "no balloon");
	expect(world, "guest.cpu", CHECK_NOTE, "db", "host-passthrough");
	expect(world, "guest.clock", CHECK_NOTE, "db", "HPET");
	expect(world, "guest.screen", CHECK_FAIL, "db", "vnc on 0.0.0.0:5900");
	world->db->graphics_password = -1;
	ill(world, "guest.screen", CHECK_WARN, "db", "not told");
	world->db->graphics_password = 1;
	ill(world, "guest.screen", CHECK_OK, NULL, NULL);
	world->web->agent_connected = 0;
	ill(world, "guest.agent", CHECK_NOTE, "web", "none is connected");
	world->web->stats_period_s = 0;
	ill(world, "guest.balloon", CHECK_NOTE, "web", "no stats period");
	world->db->hpet = false;
	world->db->no_paravirt_clock = true;
	ill(world, "guest.clock", CHECK_NOTE, "db", "kvmclock");
	world->db->os = "http://microsoft.com/win/11";
	ill(world, "guest.clock", CHECK_NOTE, "db", "Windows");
	/* A template never runs: how it would run is nobody's concern. */
	world->db->template = true;
	ill(world, "guest.clock", CHECK_OK, NULL, NULL);
	expect(world, "guest.disks", CHECK_OK, NULL, NULL);
}

static void what_is_given_twice_is_found(void **state)
{
	struct world *world = *state;

	world->web->memory_kib = 20 << 20;
	world->web->vcpus = 17;
	run(world);
	expect(world, "memory.overcommit", CHECK_WARN, NULL, "20.0 GiB of 16.0 GiB");
	expect(world, "cpu.overcommit", CHECK_WARN, NULL, "17 vCPUs");
	expect(world, "cpu.overcommit", CHECK_WARN, "web", "the host only 4");
	expect(world, "guest.limit", CHECK_NOTE, NULL, "1 running guest has no memory limit");
	world->web->limit_kib = 21 << 20;
	ill(world, "guest.limit", CHECK_OK, NULL, "has one");
	world->machine->huge_kib = 2048;
	world->machine->huge_pages = world->machine->huge_free = 100;
	world->db->huge_kib = 1;
	ill(world, "memory.hugepages", CHECK_WARN, NULL, "wants 1.00 GiB");
	assert_string_equal(expect(world, "memory.hugepages", CHECK_WARN, NULL, NULL)->remedy, "sudo sysctl vm.nr_hugepages=512");
	world->machine->huge_pages = world->machine->huge_free = 600;
	ill(world, "memory.hugepages", CHECK_OK, NULL, NULL);
}

/* ---- storage -------------------------------------------------------------- */

static void pools_that_are_ill_are_found(void **state)
{
	struct world *world = *state;
	const struct check_size size = {.virtual_bytes = 300 * GIB};

	world->pool->available_bytes = 8 * GIB;
	ill(world, "pool.full", CHECK_WARN, "default", "92 % full");
	world->pool->available_bytes = GIB;
	ill(world, "pool.full", CHECK_FAIL, "default", "1.00 GiB left");
	g_array_append_val(world->storage->sizes, size);
	ill(world, "pool.overcommit", CHECK_WARN, "default", "300 GiB of 100 GiB: 200 GiB are missing");
	world->pool->active = false;
	ill(world, "pool.inactive", CHECK_NOTE, "default", "not active");
	world->pool->autostart = true;
	ill(world, "pool.inactive", CHECK_WARN, "default", "start with the host");
	assert_string_equal(expect(world, "pool.inactive", CHECK_WARN, "default", NULL)->verb, "pool-start");
}

static void images_that_are_ill_are_found(void **state)
{
	struct world *world = *state;
	struct volume_use *use;

	world->disk->mode = 0666;
	ill(world, "image.writable", CHECK_FAIL, "/p/disk.qcow2", "mode 0666");
	assert_string_equal(expect(world, "image.writable", CHECK_FAIL, "/p/disk.qcow2", NULL)->remedy, "sudo chmod o-w /p/disk.qcow2");
	((struct volume_layer *)world->disk->chain->pdata[0])->stated = false;
	ill(world, "image.format", CHECK_WARN, "/p/disk.qcow2", "used by");
	use = g_new0(struct volume_use, 1);
	use->guest[0] = 2;
	use->words = g_strdup("disk vda of 'db'");
	use->brief = g_strdup("vda of db");
	use->flags = USE_DISK | USE_WRITABLE;
	g_ptr_array_add(world->disk->uses, use);
	ill(world, "image.shared", CHECK_FAIL, "/p/disk.qcow2", "two guests");
	add_row(world, "/p/lost.qcow2", 0, 0);
	ill(world, "image.unused", CHECK_NOTE, NULL, "1 image of 1.00 GiB");
	use = g_new0(struct volume_use, 1);
	use->guest[0] = 3;
	use->words = g_strdup("disk vda of 'master'");
	use->brief = g_strdup("vda of master");
	use->flags = USE_DISK | USE_WRITABLE;
	g_ptr_array_add(world->base->uses, use);
	ill(world, "image.base", CHECK_WARN, "/p/base.qcow2", "a guest may write");
	add_layer(world->base, "/p/gone.qcow2")->missing = true;
	ill(world, "image.missing", CHECK_FAIL, "/p/gone.qcow2", "missing");
}

static void a_deep_chain_is_named_by_its_end(void **state)
{
	struct world *world = *state;

	for (unsigned i = 0; i < 9; i++) {
		g_autofree char *path = g_strdup_printf("/p/s%u", i), *below = g_strdup_printf("/p/s%u", i + 1);

		add_layer(add_row(world, path, i ? 0 : 1, USE_DISK | USE_WRITABLE), below);
	}
	ill(world, "image.depth", CHECK_WARN, "/p/s0", "on 9 images");
}

/* ---- network -------------------------------------------------------------- */

static void networks_that_are_ill_are_found(void **state)
{
	struct world *world = *state;
	struct check_address one = {"52:54:00:00:00:01", "192.168.122.7", ""}, two = {"52:54:00:00:00:02", "192.168.122.7", ""};
	struct check_network *other;

	world->network->active = false;
	ill(world, "network.default", CHECK_WARN, "default", "2 guests on it cannot start");
	assert_string_equal(expect(world, "network.default", CHECK_WARN, "default", NULL)->verb, "net-start");
	world->network->active = true;
	g_array_append_val(world->network->addresses, one);
	g_array_append_val(world->network->addresses, one);
	ill(world, "network.address", CHECK_OK, NULL, NULL);
	g_array_append_val(world->network->addresses, two);
	ill(world, "network.address", CHECK_WARN, "default", "192.168.122.7 belongs to");
	world->network->ipv4 = 0xc0a87a01;
	world->network->mask = 0xffffff00;
	other = check_objects_add_network(world->objects);
	world->network = &g_array_index(world->objects->networks, struct check_network, 0);
	other->name = "lab";
	other->uuid[0] = 7;
	other->ipv4 = 0xc0a87afe;
	other->mask = 0xffff0000;
	ill(world, "network.inactive", CHECK_NOTE, "lab", "not active");
	other->active = true;
	ill(world, "network.address", CHECK_WARN, "lab", "overlap");
	g_array_index(world->db->nics, struct check_nic, 0).mac = "52:54:00:00:00:01";
	ill(world, "network.mac", CHECK_WARN, "db", "as 'web' has");
	world->db->active = true;
	ill(world, "network.mac", CHECK_FAIL, "db", "both run");
	world->network->name = "other";
	ill(world, "network.default", CHECK_WARN, NULL, "there is none");
}

/* ---- libvirt -------------------------------------------------------------- */

static void a_libvirt_that_is_ill_is_found(void **state)
{
	struct world *world = *state;

	world->objects->answer_ms = 2500;
	ill(world, "libvirt.answers", CHECK_WARN, NULL, "2.5 s");
	world->can.took_ms = 95000;
	ill(world, "libvirt.capabilities", CHECK_WARN, NULL, "95.0 s");
	world->machine->kvm.qemu_may = 0;
	ill(world, "libvirt.capabilities", CHECK_WARN, NULL, "kvm.permission");
	world->status->libvirt_version = 5000000;
	ill(world, "libvirt.versions", CHECK_WARN, NULL, "older than 6.0");
	world->status->libvirt_version = 11000000;
	ill(world, "libvirt.versions", CHECK_NOTE, NULL, "11.0.0");
	world->status->readonly = true;
	world->status->advice = g_strdup("You are not in the group libvirt");
	ill(world, "libvirt.access", CHECK_WARN, NULL, "only reads");
	world->status->link = HOST_FAILED;
	world->status->error = g_strdup("cannot connect to 'qemu:///system': no such file");
	world->no_objects = "libvirt has not answered for 20 s";
	run(world);
	expect(world, "libvirt.reachable", CHECK_FAIL, NULL, "no such file");
	expect(world, "guest.crashed", CHECK_UNKNOWN, NULL, "20 s");
	expect(world, "image.missing", CHECK_UNKNOWN, NULL, "20 s");
}

static void another_machine_is_told_apart(void **state)
{
	struct world *world = *state;

	world->remote = true;
	world->status->local = false;
	run(world);
	expect(world, "kvm.device", CHECK_UNKNOWN, NULL, "cannot tell from here");
	expect(world, "memory.swap", CHECK_UNKNOWN, NULL, "cannot tell from here");
	expect(world, "kvm.usable", CHECK_OK, NULL, "libvirt offers KVM");
	expect(world, "cpu.virtualization", CHECK_OK, NULL, NULL);
	expect(world, "cpu.iommu", CHECK_OK, NULL, NULL);
	world->can.iommu = world->can.virt_flag = world->can.kvm_offered = 0;
	ill(world, "cpu.virtualization", CHECK_FAIL, NULL, "neither");
	ill(world, "cpu.iommu", CHECK_NOTE, NULL, NULL);
}

/* ---- the table and the report --------------------------------------------- */

static void the_table_holds_together(void **state)
{
	g_autofree char *wrong = check_self_test();

	(void)state;
	if (wrong)
		fail_msg("%s", wrong);
	assert_null(check_by_id("no.such"));
}

static void the_manual_has_a_row_for_every_check(void **state)
{
	g_autofree char *text = NULL;

	(void)state;
	assert_true(g_file_get_contents("docs/health.md", &text, NULL, NULL));
	for (unsigned i = 0; i < check_count; i++) {
		const struct check *check = &check_table[i];
		g_autofree char *worst = g_ascii_strup(check_result_word(check->severity), -1);
		g_autofree char *row =
		        g_strdup_printf("| `%s` | %s | %s | %s |\n", check->id, check->title, worst, check->why);

		if (!strstr(text, row))
			fail_msg("docs/health.md lacks the line: %s", row);
	}
}

/* No check says worse than its row: what the manual tells of it would be wrong. */
static void no_check_says_worse_than_its_row(void **state)
{
	struct world *world = *state;

	world->web->state = GUEST_CRASHED;
	run(world);
	for (unsigned i = 0; i < world->report->findings->len; i++) {
		const struct finding *finding = world->report->findings->pdata[i];

		assert_true(finding->result == CHECK_UNKNOWN || finding->result <= finding->check->severity);
	}
}

static void the_report_counts_and_marks(void **state)
{
	struct world *world = *state;
	struct obj_ref web = {.kind = OBJ_GUEST, .host = 1, .uuid = {1}}, db = {.kind = OBJ_GUEST, .host = 1, .uuid = {2}};
	unsigned sum = 0;

	world->web->state = GUEST_CRASHED;
	run(world);
	assert_int_equal(check_report_of(world->report, &web), CHECK_FAIL);
	assert_int_equal(check_report_of(world->report, &db), CHECK_OK);
	assert_int_equal(check_report_worst(world->report), CHECK_FAIL);
	for (int result = 0; result < CHECK_RESULT_N; result++)
		sum += check_report_count(world->report, result);
	assert_int_equal(sum, world->report->findings->len);
	/* Within a group the worst comes first. */
	for (unsigned i = 1; i < world->report->findings->len; i++) {
		const struct finding *a = world->report->findings->pdata[i - 1], *b = world->report->findings->pdata[i];

		assert_true(a->check->group < b->check->group || (a->check->group == b->check->group && a->result >= b->result));
	}
}

static void names_are_words_for_a_shell(void **state)
{
	struct world *world = *state;

	world->web->name = world->web->raw = "my web; rm -rf /";
	world->web->state = GUEST_CRASHED;
	world->web->active = false;
	run(world);
	assert_string_equal(expect(world, "guest.crashed", CHECK_FAIL, "my web; rm -rf /", NULL)->remedy,
	        "virsh -c qemu:///system start 'my web; rm -rf /'");
	/* What was cleaned is no longer its name: then its UUID is. */
	world->web->raw = "we\033b";
	world->web->name = "we\\x1bb";
	run(world);
	assert_string_equal(expect(world, "guest.crashed", CHECK_FAIL, "we\\x1bb", NULL)->remedy,
	        "virsh -c qemu:///system start 01000000-0000-0000-0000-000000000000");
}

/* A name, and the word that virsh and nvirt are to be given for it; NULL = the UUID. */
static const struct odd_name {
	const char *name, *word;
} odd_names[] = {
        {"web-1.lab", "web-1.lab"},
        {"a b'c", "'a b'\\''c'"},
        {"$(reboot)", "'$(reboot)'"},
        {"it`s`", "'it`s`'"},
        {"7", NULL},
        {"-x", NULL},
        {"--all", NULL},
        {"00112233-4455-6677-8899-aabbccddeeff", NULL},
        {"00112233445566778899aabbccddeeff", NULL},
        {"bell\\x07", NULL},
        {"x7", "x7"},
};

static void expect_command(struct world *world, const char *id, enum check_result result, const char *name,
        const char *format, const char *word)
{
	g_auto(GStrv) parts = g_strsplit(format, "%s", -1);
	g_autofree char *wanted = g_strjoinv(word, parts);

	assert_string_equal(expect(world, id, result, name, NULL)->remedy, wanted);
}

static void odd_names_are_read_right_by_virsh(void **state)
{
	struct world *world = *state;

	world->web->state = GUEST_CRASHED;
	world->web->active = false;
	world->web->oldest_unix_s = NOW_S - 50 * DAY_S;
	world->web->snapshots = 1;
	world->pool->active = world->network->active = false;
	for (unsigned i = 0; i < G_N_ELEMENTS(odd_names); i++) {
		const char *name = odd_names[i].name, *word = odd_names[i].word;
		char guest[37], pool[37], network[37];

		uuid_format(world->web->uuid, guest);
		uuid_format(world->pool->uuid, pool);
		uuid_format(world->network->uuid, network);
		world->web->name = world->web->raw = world->pool->name = world->network->name = name;
		run(world);
		expect_command(world, "guest.crashed", CHECK_FAIL, name, "virsh -c qemu:///system start %s", word ? word : guest);
		expect_command(world, "guest.snapshots", CHECK_WARN, name,
		        "nvirt -c qemu:///system snapshot-list %s   # then: nvirt snapshot-delete", word ? word : guest);
		expect_command(world, "pool.inactive", CHECK_NOTE, name, "virsh -c qemu:///system pool-start %s", word ? word : pool);
		expect_command(world, "network.inactive", CHECK_NOTE, name,
		        "virsh -c qemu:///system net-start %s && virsh -c qemu:///system net-autostart %s", word ? word : network);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	        TEST(a_healthy_host_passes_every_check_of_libvirts),
	        TEST(guests_that_fare_ill_are_found),
	        TEST(emulation_is_judged_by_what_works_here),
	        TEST(devices_that_could_be_better_are_found),
	        TEST(what_is_given_twice_is_found),
	        TEST(pools_that_are_ill_are_found),
	        TEST(images_that_are_ill_are_found),
	        TEST(a_deep_chain_is_named_by_its_end),
	        TEST(networks_that_are_ill_are_found),
	        TEST(a_libvirt_that_is_ill_is_found),
	        TEST(another_machine_is_told_apart),
	        TEST(the_table_holds_together),
	        TEST(the_manual_has_a_row_for_every_check),
	        TEST(no_check_says_worse_than_its_row),
	        TEST(the_report_counts_and_marks),
	        TEST(names_are_words_for_a_shell),
	        TEST(odd_names_are_read_right_by_virsh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
