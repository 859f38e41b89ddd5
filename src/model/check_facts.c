/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The boxes that the checks' facts come in: see nvirt/check.h. Pure; any thread. */
#include "nvirt/check.h"

#include "nvirt/text.h"

#define CHUNK_BYTES 4096

static const char *keep(GStringChunk *chunk, const char *raw, gssize len)
{
	g_autofree char *clean = text_clean(raw, len);

	return g_string_chunk_insert_const(chunk, clean);
}

/* ---- machine -------------------------------------------------------------- */

const char *kvm_probe_words(enum kvm_probe_result result)
{
	static const char *const words[] = {
#define X(id, text) [id] = text,
	        KVM_PROBES(X)
#undef X
	};

	return result < KVM_PROBE_N ? words[result] : "?";
}

static void clear_device(struct check_device *device)
{
	*device = (struct check_device){.owner = "", .group = "", .user_may = -1, .qemu_may = -1};
}

static void clear_words(struct check_machine *machine)
{
	machine->arch = machine->vendor = machine->cpu_model = machine->board = "";
	machine->kvm_driver = machine->bios_line = machine->log_unread = "";
	machine->user = machine->qemu_user = machine->cgroups = machine->vulnerable = "";
	machine->clocksource = machine->clocksources = "";
	machine->config = machine->config_unread = machine->auth_rw = machine->rw_perms = machine->auth_tcp =
	        "";
	machine->log_last = machine->log_path = "";
}

static void clear_figures(struct check_machine *machine)
{
	machine->virt_flag = machine->nested = machine->vulnerabilities = -1;
	machine->ksm_run = machine->clock_synced = -1;
	machine->ksm_shared_pages = machine->ksm_sharing_pages = -1;
	machine->memory_kib = machine->available_kib = machine->swap_kib = machine->swap_free_kib = -1;
	machine->huge_pages = machine->huge_free = machine->huge_kib = -1;
	machine->stall_cpu_pct = machine->stall_memory_pct = machine->stall_io_pct = -1;
	machine->entropy_bits = machine->log_errors = -1;
	machine->listen_tcp = machine->tls_unverified = machine->tcp_open = -1;
	machine->max_clients = machine->max_client_requests = machine->keepalive_s = G_MININT64;
	machine->ip_forward = machine->bridge_filter = -1;
}

struct check_machine *check_machine_new(void)
{
	struct check_machine *machine = g_atomic_rc_box_new0(struct check_machine);

	machine->chunk = g_string_chunk_new(CHUNK_BYTES);
	clear_device(&machine->kvm);
	clear_device(&machine->vhost_net);
	clear_device(&machine->tun);
	clear_words(machine);
	clear_figures(machine);
	machine->cells = g_array_new(FALSE, TRUE, sizeof(struct check_cell));
	machine->mounts = g_array_new(FALSE, TRUE, sizeof(struct check_mount));
	machine->blockdevs = g_array_new(FALSE, TRUE, sizeof(struct check_blockdev));
	machine->bridges = g_array_new(FALSE, TRUE, sizeof(struct check_bridge));
	return machine;
}

static void machine_clear(gpointer data)
{
	struct check_machine *machine = data;

	g_string_chunk_free(machine->chunk);
	g_array_unref(machine->cells);
	g_array_unref(machine->mounts);
	g_array_unref(machine->blockdevs);
	g_array_unref(machine->bridges);
}

struct check_machine *check_machine_ref(struct check_machine *machine)
{
	return g_atomic_rc_box_acquire(machine);
}

void check_machine_unref(struct check_machine *machine)
{
	if (machine)
		g_atomic_rc_box_release_full(machine, machine_clear);
}

const char *check_machine_text(struct check_machine *machine, const char *raw, gssize len)
{
	return keep(machine->chunk, raw, len);
}

/* ---- objects -------------------------------------------------------------- */

static void clear_guest(gpointer data)
{
	struct check_guest *guest = data;

	g_array_unref(guest->disks);
	g_array_unref(guest->nics);
}

static void clear_network(gpointer data)
{
	struct check_network *network = data;

	g_array_unref(network->addresses);
}

struct check_objects *check_objects_new(void)
{
	struct check_objects *objects = g_atomic_rc_box_new0(struct check_objects);

	objects->chunk = g_string_chunk_new(CHUNK_BYTES);
	objects->guests = g_array_new(FALSE, TRUE, sizeof(struct check_guest));
	g_array_set_clear_func(objects->guests, clear_guest);
	objects->pools = g_array_new(FALSE, TRUE, sizeof(struct check_pool));
	objects->networks = g_array_new(FALSE, TRUE, sizeof(struct check_network));
	g_array_set_clear_func(objects->networks, clear_network);
	objects->answer_ms = -1;
	objects->unread = "";
	return objects;
}

static void objects_clear(gpointer data)
{
	struct check_objects *objects = data;

	g_array_unref(objects->guests);
	g_array_unref(objects->pools);
	g_array_unref(objects->networks);
	g_string_chunk_free(objects->chunk);
}

struct check_objects *check_objects_ref(struct check_objects *objects)
{
	return g_atomic_rc_box_acquire(objects);
}

void check_objects_unref(struct check_objects *objects)
{
	if (objects)
		g_atomic_rc_box_release_full(objects, objects_clear);
}

const char *check_objects_text(struct check_objects *objects, const char *raw, gssize len)
{
	return keep(objects->chunk, raw, len);
}

struct check_guest *check_objects_add_guest(struct check_objects *objects)
{
	struct check_guest guest = {
	        .name = "",
	        .raw = "",
	        .virt_type = "",
	        .machine = "",
	        .arch = "",
	        .cpu_mode = "",
	        .os = "",
	        .agent_channel = -1,
	        .agent_connected = -1,
	        .balloon = -1,
	        .open_graphics = "",
	        .graphics_password = -1,
	        .memory_kib = -1,
	        .clock_offset = "",
	        .snapshots = -1,
	        .job = "",
	        .disk_errors = "",
	        .log_line = "",
	        .unread = "",
	        .disks = g_array_new(FALSE, TRUE, sizeof(struct check_disk)),
	        .nics = g_array_new(FALSE, TRUE, sizeof(struct check_nic)),
	};

	g_array_append_val(objects->guests, guest);
	return &g_array_index(objects->guests, struct check_guest, objects->guests->len - 1);
}

/* Strings of a box are clean already. */
static const char *again(struct check_objects *objects, const char *text)
{
	return g_string_chunk_insert_const(objects->chunk, text);
}

static void copy_devices(struct check_objects *objects, struct check_guest *to, const struct check_guest *from)
{
	for (unsigned i = 0; i < from->disks->len; i++) {
		struct check_disk disk = g_array_index(from->disks, struct check_disk, i);

		disk.target = again(objects, disk.target);
		disk.bus = again(objects, disk.bus);
		disk.device = again(objects, disk.device);
		disk.source = again(objects, disk.source);
		disk.cache = again(objects, disk.cache);
		g_array_append_val(to->disks, disk);
	}
	for (unsigned i = 0; i < from->nics->len; i++) {
		struct check_nic nic = g_array_index(from->nics, struct check_nic, i);

		nic.mac = again(objects, nic.mac);
		nic.model = again(objects, nic.model);
		nic.type = again(objects, nic.type);
		nic.source = again(objects, nic.source);
		g_array_append_val(to->nics, nic);
	}
}

void check_guest_copy_definition(
        struct check_objects *objects, struct check_guest *to, const struct check_guest *from)
{
	to->virt_type = again(objects, from->virt_type);
	to->machine = again(objects, from->machine);
	to->arch = again(objects, from->arch);
	to->cpu_mode = again(objects, from->cpu_mode);
	to->os = again(objects, from->os);
	to->clock_offset = again(objects, from->clock_offset);
	to->open_graphics = again(objects, from->open_graphics);
	to->graphics_password = from->graphics_password;
	to->template = from->template;
	to->agent_channel = from->agent_channel;
	to->agent_connected = from->agent_connected;
	to->balloon = from->balloon;
	to->stats_period_s = from->stats_period_s;
	to->memory_kib = from->memory_kib;
	to->limit_kib = from->limit_kib;
	to->vcpus = from->vcpus;
	to->huge_kib = from->huge_kib;
	to->hpet = from->hpet;
	to->no_paravirt_clock = from->no_paravirt_clock;
	to->snapshots = from->snapshots;
	to->oldest_unix_s = from->oldest_unix_s;
	copy_devices(objects, to, from);
}

struct check_pool *check_objects_add_pool(struct check_objects *objects)
{
	struct check_pool pool = {.name = "", .type = "", .path = ""};

	g_array_append_val(objects->pools, pool);
	return &g_array_index(objects->pools, struct check_pool, objects->pools->len - 1);
}

struct check_network *check_objects_add_network(struct check_objects *objects)
{
	struct check_network network = {
	        .name = "",
	        .forward = "",
	        .bridge = "",
	        .address = "",
	        .addresses = g_array_new(FALSE, TRUE, sizeof(struct check_address)),
	};

	g_array_append_val(objects->networks, network);
	return &g_array_index(objects->networks, struct check_network, objects->networks->len - 1);
}

/* ---- storage -------------------------------------------------------------- */

struct check_storage *check_storage_new(void)
{
	struct check_storage *storage = g_atomic_rc_box_new0(struct check_storage);

	storage->rows = g_ptr_array_new_with_free_func((GDestroyNotify)volume_row_free);
	storage->images = images_new();
	storage->sizes = g_array_new(FALSE, TRUE, sizeof(struct check_size));
	return storage;
}

static void storage_clear(gpointer data)
{
	struct check_storage *storage = data;

	images_free(storage->images);
	g_ptr_array_unref(storage->rows);
	g_array_unref(storage->sizes);
}

struct check_storage *check_storage_ref(struct check_storage *storage)
{
	return g_atomic_rc_box_acquire(storage);
}

void check_storage_unref(struct check_storage *storage)
{
	if (storage)
		g_atomic_rc_box_release_full(storage, storage_clear);
}

/* ---- all ------------------------------------------------------------------ */

void health_free(struct health *health)
{
	if (!health)
		return;
	check_machine_unref(health->machine);
	check_objects_unref(health->objects);
	check_storage_unref(health->storage);
	g_free(health->capabilities);
	g_free(health->no_machine);
	g_free(health);
}

void health_take(struct health *health, struct health *news)
{
	if (news->client_version)
		health->client_version = news->client_version;
	if (news->machine || news->no_machine) {
		check_machine_unref(health->machine);
		g_free(health->no_machine);
		health->machine = g_steal_pointer(&news->machine);
		health->no_machine = g_steal_pointer(&news->no_machine);
	}
	if (news->objects) {
		check_objects_unref(health->objects);
		health->objects = g_steal_pointer(&news->objects);
	}
	if (news->storage) {
		check_storage_unref(health->storage);
		health->storage = g_steal_pointer(&news->storage);
	}
	if (news->capabilities) {
		g_free(health->capabilities);
		health->capabilities = g_steal_pointer(&news->capabilities);
	}
}
