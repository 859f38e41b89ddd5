/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A store with something of everything: see rich.h. */
#include "support/rich.h"

#include <string.h>

#include "nvirt/text.h"

static void set_uuid(uint8_t uuid[16], enum obj_kind kind, unsigned number)
{
	memset(uuid, 0, 16);
	uuid[0] = (uint8_t)kind;
	uuid[14] = (uint8_t)(number >> 8);
	uuid[15] = (uint8_t)number;
}

struct obj_ref rich_ref(enum obj_kind kind, unsigned host, unsigned number)
{
	struct obj_ref ref = {.kind = kind, .host = host};

	if (kind != OBJ_HOST)
		set_uuid(ref.uuid, kind == OBJ_VOLUME ? OBJ_POOL : kind, number);
	return ref;
}

void rich_add_guest(
        struct sample *sample, unsigned number, const char *name, enum guest_state state, int reason)
{
	g_autofree char *clean = text_clean(name, -1);
	bool active = guest_state_active(state);
	struct guest_row row = {
	        .name = g_ref_string_new(clean),
	        .raw = g_ref_string_new(name),
	        .id = active ? (int)number : -1,
	        .state = state,
	        .reason = reason,
	        .flags = GUEST_PERSISTENT | (number % 2 ? GUEST_AUTOSTART : 0),
	        .cpu_time_ns = active ? 1000000000ull * number : 0,
	        .rss_kib = active ? 512 * 1024 + number * 1000 : 0,
	        .vcpus = 2,
	        .memory_kib = 1024 * 1024,
	        .tcg = number == 3,
	        .virt_known = 1,
	};

	set_uuid(row.uuid, OBJ_GUEST, number);
	g_array_append_val(sample->guests, row);
}

void rich_tags(struct sample *sample, const char *tags)
{
	struct guest_row *row = &g_array_index(sample->guests, struct guest_row, sample->guests->len - 1);

	row->tags = g_ref_string_new(tags);
	row->title = g_ref_string_new("");
}

void rich_post_sample(struct screen *screen, unsigned host, struct sample *sample)
{
	struct msg *msg = msg_new(MSG_SAMPLE, host, 1);

	sample->taken_us = app_now_us(&screen->app);
	sample->call_us = 1800;
	sample->node = (struct node_sample){.cpu_busy_ns = sample->taken_us * 1000,
	        .cpu_total_ns = sample->taken_us * 4000,
	        .memory_total_kib = 8 * 1024 * 1024,
	        .memory_free_kib = 3 * 1024 * 1024,
	        .swap_total_kib = 1024 * 1024,
	        .swap_free_kib = 1000 * 1024,
	        .load1 = 1.42,
	        .load5 = 0.98,
	        .load15 = 0.31,
	        .cpus = 4};
	msg->sample = sample;
	screen_message(screen, msg);
}

void rich_many(struct screen *screen, unsigned host, unsigned count, unsigned tick)
{
	struct sample *sample = sample_new();

	for (unsigned i = 1; i <= count; i++) {
		char name[32];

		g_snprintf(name, sizeof(name), "vm%u", i);
		rich_add_guest(sample, i, name, GUEST_RUNNING, 1);
		g_array_index(sample->guests, struct guest_row, i - 1).cpu_time_ns =
		        1000000ull * i * (tick + 1);
	}
	screen->app.held_us += 2 * G_USEC_PER_SEC;
	rich_post_sample(screen, host, sample);
}

void rich_post_list(
        struct screen *screen, unsigned host, enum msg_type type, unsigned number, GPtrArray *list)
{
	struct msg *msg = msg_new(type, host, 1);

	set_uuid(msg->uuid, OBJ_POOL, number);
	msg->list = list;
	screen_message(screen, msg);
}

GPtrArray *rich_snapshots_new(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)snapshot_row_free);
}

struct snapshot_row *rich_snapshot(GPtrArray *list, const char *raw, const char *parent)
{
	struct snapshot_row *row = snapshot_row_new();
	struct snapshot_disk *disk = g_new0(struct snapshot_disk, 1);

	row->raw = g_intern_string(raw);
	row->name = text_clean(raw, -1);
	row->parent = parent ? g_intern_string(parent) : NULL;
	row->description = g_strdup("");
	row->created_unix_s = g_get_real_time() / G_USEC_PER_SEC - 1000 + list->len;
	row->state = GUEST_RUNNING;
	row->memory = true;
	row->size_bytes = 3 << 20;
	row->memory_file = g_strdup("");
	row->nvram_file = g_strdup("");
	row->missing = g_strdup("");
	row->xml = g_strdup_printf("<domain><name>web1</name><title>%d</title></domain>", (int)list->len);
	disk->target = g_strdup("vda");
	disk->mode = g_strdup("internal");
	disk->state = g_strdup("/images/web1.qcow2");
	disk->overlay = g_strdup("");
	disk->format = g_strdup("qcow2");
	g_ptr_array_add(row->disks, disk);
	g_ptr_array_add(list, row);
	return row;
}

void rich_post_snapshots(struct screen *screen, unsigned host, unsigned number, GPtrArray *list)
{
	struct msg *msg = msg_new(MSG_SNAPSHOTS, host, 1);

	msg->kind = OBJ_GUEST;
	set_uuid(msg->uuid, OBJ_GUEST, number);
	msg->list = list;
	screen_message(screen, msg);
}

void rich_pool(GPtrArray *list, unsigned number, const char *name, enum pool_state state)
{
	struct pool_row *row = pool_row_new();

	set_uuid(row->uuid, OBJ_POOL, number);
	row->name = text_clean(name, -1);
	row->state = state;
	row->autostart = row->persistent = true;
	row->capacity_bytes = state == POOL_RUNNING ? 500ull << 30 : 0;
	row->allocation_bytes = state == POOL_RUNNING ? 210ull << 30 : 0;
	row->available_bytes = row->capacity_bytes - row->allocation_bytes;
	row->type = g_strdup("dir");
	row->path = g_strdup("/var/lib/libvirt/images");
	g_ptr_array_add(list, row);
}

void rich_volume(GPtrArray *list, const char *raw)
{
	struct volume_row *row = volume_row_new();

	row->raw = g_intern_string(raw);
	row->name = text_clean(raw, -1);
	row->path = g_strconcat("/var/lib/libvirt/images/", row->name, NULL);
	row->format = g_strdup("qcow2");
	row->backing = g_strdup("");
	row->backing_format = g_strdup("");
	row->capacity_bytes = 20ull << 30;
	row->allocation_bytes = 3ull << 30;
	row->used_by = g_strdup("vda of web1");
	row->users = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(row->users, g_strdup("disk vda of 'web1'"));
	g_ptr_array_add(list, row);
}

static struct network_lease *lease(const char *mac, const char *address, const char *hostname)
{
	struct network_lease *self = g_new0(struct network_lease, 1);

	self->mac = g_strdup(mac);
	self->address = g_strdup(address);
	self->hostname = g_strdup(hostname);
	return self;
}

static struct network_guest *plugged(
        unsigned number, const char *name, const char *mac, const char *address, const char *source)
{
	struct network_guest *self = g_new0(struct network_guest, 1);

	set_uuid(self->uuid, OBJ_GUEST, number);
	self->name = g_strdup(name);
	self->mac = g_strdup(mac);
	self->target = g_strdup("vnet0");
	self->address = g_strdup(address);
	self->address_source = g_strdup(source);
	self->live = true;
	return self;
}

void rich_network(GPtrArray *list, unsigned number, const char *name, bool active)
{
	struct network_row *row = network_row_new();

	set_uuid(row->uuid, OBJ_NETWORK, number);
	row->name = text_clean(name, -1);
	row->active = active;
	row->autostart = row->persistent = true;
	row->bridge = g_strdup("virbr0");
	row->forward = g_strdup("nat");
	row->domain = g_strdup("");
	row->addresses = g_strdup("192.168.122.1/24");
	row->dhcp = g_strdup("192.168.122.2 - .254");
	row->connections = 2;
	row->leases = g_ptr_array_new_with_free_func((GDestroyNotify)network_lease_free);
	g_ptr_array_add(row->leases, lease("52:54:00:12:34:56", "192.168.122.7/24", "web1"));
	row->fixed = g_ptr_array_new_with_free_func((GDestroyNotify)network_lease_free);
	g_ptr_array_add(row->fixed, lease("52:54:00:12:34:99", "192.168.122.99", "printer"));
	row->guests = g_ptr_array_new_with_free_func((GDestroyNotify)network_guest_free);
	g_ptr_array_add(row->guests, plugged(1, "web1", "52:54:00:12:34:56", "192.168.122.7/24", "lease"));
	g_ptr_array_add(row->guests, plugged(2, "web2", "52:54:00:12:34:57", "", ""));
	g_ptr_array_add(list, row);
}

void rich_task(struct screen *screen, unsigned host, const char *id, const char *verb, const char *object,
        enum task_state state, const char *message)
{
	struct task *task = task_new(id, TASK_OURS);

	task->verb = g_strdup(verb);
	task->ref = rich_ref(OBJ_GUEST, host, 1);
	task->host_name = g_strdup("kvm1");
	task->uri = g_strdup("qemu:///system");
	task->user = g_strdup("root");
	task->object = text_clean(object, -1);
	task->message = text_clean(message, -1);
	task->start_unix_us = g_get_real_time() - 95 * G_USEC_PER_SEC;
	task->start_us = app_now_us(&screen->app) - 95 * G_USEC_PER_SEC;
	task->end_unix_us = task_state_ended(state) ? task->start_unix_us + 12 * G_USEC_PER_SEC : 0;
	task->state = state;
	task->progress = -1;
	store_add_task(screen->app.store, task);
	app_changed(&screen->app, CHANGE_TASKS);
}

static struct guest_disk *disk(const char *target, const char *device, const char *source)
{
	struct guest_disk *self = guest_disk_new();

	self->target = g_strdup(target);
	self->bus = g_strdup("virtio");
	self->device = g_strdup(device);
	self->source = g_strdup(source);
	self->format = g_strdup("qcow2");
	self->cache = g_strdup("none");
	self->capacity_bytes = 20ll << 30;
	self->allocation_bytes = 3ll << 30;
	self->rd_bytes = self->wr_bytes = 1 << 20;
	return self;
}

static struct guest_nic *nic(void)
{
	struct guest_nic *self = guest_nic_new();

	self->mac = g_strdup("52:54:00:12:34:56");
	self->model = g_strdup("virtio");
	self->type = g_strdup("network");
	self->source = g_strdup("default");
	self->target = g_strdup("vnet0");
	self->address_source = g_strdup("lease");
	g_ptr_array_add(self->addresses, g_strdup("192.168.122.7/24"));
	self->rx_bytes = self->tx_bytes = 4096;
	return self;
}

void rich_detail(struct screen *screen, unsigned host, unsigned number)
{
	struct msg *msg = msg_new(MSG_DETAIL, host, 1);
	struct guest_detail *detail = guest_detail_new();

	set_uuid(detail->uuid, OBJ_GUEST, number);
	set_uuid(msg->uuid, OBJ_GUEST, number);
	detail->taken_us = app_now_us(&screen->app);
	detail->title = g_strdup("Web server");
	detail->description = g_strdup("Serves the shop.\nAsk anna before a restart.");
	detail->tags = g_strdup("prod, web");
	detail->vcpus = detail->vcpus_max = 2;
	detail->memory_kib = detail->memory_max_kib = 1024 * 1024;
	detail->machine = g_strdup("pc-q35-7.2");
	detail->arch = g_strdup("x86_64");
	detail->firmware = g_strdup("UEFI");
	detail->nvram = g_strdup("/var/lib/libvirt/qemu/nvram/web1_VARS.fd");
	detail->boot = g_strdup("hd, cdrom");
	detail->cpu_mode = g_strdup("host-passthrough");
	detail->graphics = g_strdup("vnc 127.0.0.1:5900");
	detail->balloon = g_strdup("virtio");
	detail->balloon_period_s = 2;
	detail->accelerator = g_strdup("KVM");
	detail->started_unix_us = g_get_real_time() - 93784ll * G_USEC_PER_SEC;
	detail->pid = 4711;
	detail->agent_channel = true;
	detail->balloon_kib = 1024 * 1024;
	detail->available_kib = 1000 * 1024;
	detail->usable_kib = 700 * 1024;
	detail->unused_kib = 600 * 1024;
	g_ptr_array_add(detail->disks, disk("vda", "disk", "/var/lib/libvirt/images/web1.qcow2"));
	g_ptr_array_add(detail->disks, disk("sda", "cdrom", ""));
	g_ptr_array_add(detail->nics, nic());
	detail->xml = g_strdup(
	        "<domain type='kvm' id='1'>\n  <name>web1</name>\n  <memory unit='KiB'>1048576</memory>\n"
	        "  <devices>\n    <disk type='file' device='disk'/>\n  </devices>\n</domain>\n");
	detail->xml_stored = g_strdup("<domain type='kvm'>\n  <name>web1</name>\n</domain>\n");
	msg->detail = detail;
	screen_message(screen, msg);
}

static void post_guests(struct screen *screen, unsigned host)
{
	struct sample *sample = sample_new();

	rich_add_guest(sample, 1, "web1", GUEST_RUNNING, 1);
	rich_add_guest(sample, 2, "web2", GUEST_RUNNING, 1);
	rich_add_guest(sample, 3, "db1", GUEST_RUNNING, 3);
	rich_add_guest(sample, 4, "build10", GUEST_PAUSED, 5);
	rich_add_guest(sample, 5, "build9", GUEST_OFF, 1);
	rich_add_guest(sample, 6, "lab", GUEST_CRASHED, 1);
	rich_add_guest(sample, 7, "laptop", GUEST_SUSPENDED, 0);
	rich_add_guest(sample, 8, "old", GUEST_SHUTTING_DOWN, 1);
	for (unsigned i = 0; i < sample->guests->len; i++)
		g_array_index(sample->guests, struct guest_row, i).cpu_time_ns *=
		        (guint64)(app_now_us(&screen->app) - SCREEN_NOW_US) / G_USEC_PER_SEC / 2 + 1;
	rich_post_sample(screen, host, sample);
}

static void post_some_snapshots(struct screen *screen, unsigned host)
{
	GPtrArray *list = rich_snapshots_new();

	rich_snapshot(list, "clean install", NULL);
	rich_snapshot(list, "try \xc3\xa4 \xe6\xbc\xa2\xe5\xad\x97", "clean install")->kind = SNAPSHOT_EXTERNAL;
	rich_snapshot(list, "updates", "clean install")->current = true;
	rich_post_snapshots(screen, host, 1, list);
}

unsigned rich_host(struct screen *screen)
{
	unsigned host = screen_host(screen, "qemu:///system");
	GPtrArray *pools = g_ptr_array_new_with_free_func((GDestroyNotify)pool_row_free);
	GPtrArray *volumes = g_ptr_array_new_with_free_func((GDestroyNotify)volume_row_free);
	GPtrArray *networks = g_ptr_array_new_with_free_func((GDestroyNotify)network_row_free);

	screen_host_up(screen, host, "kvm1");
	post_guests(screen, host);
	screen->app.held_us += 2 * G_USEC_PER_SEC;
	post_guests(screen, host);
	rich_pool(pools, 1, "default", POOL_RUNNING);
	rich_pool(pools, 2, "iso", POOL_INACTIVE);
	rich_post_list(screen, host, MSG_POOLS, 0, pools);
	rich_volume(volumes, "web1.qcow2");
	rich_volume(volumes, "web2.qcow2");
	rich_post_list(screen, host, MSG_VOLUMES, 1, volumes);
	rich_network(networks, 1, "default", true);
	rich_network(networks, 2, "lan", false);
	rich_post_list(screen, host, MSG_NETWORKS, 0, networks);
	rich_detail(screen, host, 1);
	post_some_snapshots(screen, host);
	rich_task(screen, host, "20261120T214503.1-1-0001", "start", "web1", TASK_OK, "");
	rich_task(screen, host, "20261120T214503.2-1-0002", "shutdown", "web2", TASK_RUNNING, "");
	rich_task(screen, host, "20261120T214503.3-1-0003", "destroy", "build9", TASK_FAILED,
	        "cannot destroy 'build9': domain is not running");
	rich_task(screen, host, "20261120T214503.4-1-0004", "undefine", "gone", TASK_WARNING,
	        "a disk was kept");
	return host;
}
