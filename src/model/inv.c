/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inventory's facts: identity, words for states, and the life of the
 * structs that cross threads. Pure; any thread (the boxes count atomically).
 */
#include "nvirt/inv.h"

#include <string.h>

const char *obj_kind_word(enum obj_kind kind)
{
	static const char *const words[] = {
#define X(id, word) [id] = word,
	        OBJ_KINDS(X)
#undef X
	};

	return (unsigned)kind < G_N_ELEMENTS(words) ? words[kind] : "?";
}

bool obj_ref_equal(const struct obj_ref *a, const struct obj_ref *b)
{
	if (a->kind != b->kind || a->host != b->host || memcmp(a->uuid, b->uuid, sizeof a->uuid))
		return false;
	return a->name == b->name || g_strcmp0(a->name, b->name) == 0;
}

guint obj_ref_hash(const struct obj_ref *ref)
{
	guint hash = (guint)ref->kind * 31 + ref->host;

	for (size_t i = 0; i < sizeof ref->uuid; i++)
		hash = hash * 33 + ref->uuid[i];
	return ref->name ? hash ^ g_str_hash(ref->name) : hash;
}

static bool is_dash(int i)
{
	return i == 8 || i == 13 || i == 18 || i == 23;
}

void uuid_format(const uint8_t uuid[16], char out[37])
{
	static const char hex[] = "0123456789abcdef";
	int byte = 0;

	for (int i = 0; i < 36;) {
		if (is_dash(i)) {
			out[i++] = '-';
			continue;
		}
		out[i++] = hex[uuid[byte] >> 4];
		out[i++] = hex[uuid[byte++] & 15];
	}
	out[36] = '\0';
}

bool uuid_parse(const char *text, uint8_t ret_uuid[16])
{
	uint8_t uuid[16];
	int byte = 0;

	if (!text || strlen(text) != 36)
		return false;
	for (int i = 0; i < 36;) {
		int high, low;

		if (is_dash(i)) {
			if (text[i++] != '-')
				return false;
			continue;
		}
		high = g_ascii_xdigit_value(text[i++]);
		low = g_ascii_xdigit_value(text[i++]);
		if (high < 0 || low < 0)
			return false;
		uuid[byte++] = (uint8_t)(high << 4 | low);
	}
	memcpy(ret_uuid, uuid, sizeof uuid);
	return true;
}

/* ---- words ---- */

const char *guest_state_word(enum guest_state state)
{
	switch (state) {
	case GUEST_UNKNOWN:
		return "unknown";
	case GUEST_RUNNING:
	case GUEST_BLOCKED:
		return "running";
	case GUEST_PAUSED:
		return "paused";
	case GUEST_SHUTTING_DOWN:
		return "shutting down";
	case GUEST_OFF:
		return "off";
	case GUEST_CRASHED:
		return "crashed";
	case GUEST_SUSPENDED:
		return "suspended";
	case GUEST_STATE_N:
		break;
	}
	return "?";
}

bool guest_state_active(enum guest_state state)
{
	switch (state) {
	case GUEST_RUNNING:
	case GUEST_BLOCKED:
	case GUEST_PAUSED:
	case GUEST_SHUTTING_DOWN:
	case GUEST_CRASHED:
	case GUEST_SUSPENDED:
		return true;
	case GUEST_UNKNOWN:
	case GUEST_OFF:
	case GUEST_STATE_N:
		break;
	}
	return false;
}

/* libvirt's virDomain*Reason, by number; "" is its "unknown". */
static const char *const running_reasons[] = {"", "booted", "migrated", "restored", "from snapshot",
        "unpaused", "migration cancelled", "save cancelled", "woken up", "crashed", "post-copy",
        "post-copy failed"};
static const char *const paused_reasons[] = {"", "user", "migrating", "saving", "dumping", "I/O error",
        "watchdog", "from snapshot", "shutting down", "creating snapshot", "crashed", "starting up",
        "post-copy", "post-copy failed"};
static const char *const shutting_down_reasons[] = {"", "user"};
static const char *const off_reasons[] = {
        "", "shut down", "forced off", "crashed", "migrated", "saved", "failed", "from snapshot", "daemon"};
static const char *const crashed_reasons[] = {"", "panicked"};

#define REASON(table) ((size_t)reason < G_N_ELEMENTS(table) ? (table)[reason] : "")

const char *guest_reason_word(enum guest_state state, int reason)
{
	if (reason < 0)
		return "";
	switch (state) {
	case GUEST_RUNNING:
		return REASON(running_reasons);
	case GUEST_PAUSED:
		return REASON(paused_reasons);
	case GUEST_SHUTTING_DOWN:
		return REASON(shutting_down_reasons);
	case GUEST_OFF:
		return REASON(off_reasons);
	case GUEST_CRASHED:
		return REASON(crashed_reasons);
	case GUEST_UNKNOWN:
	case GUEST_BLOCKED:
	case GUEST_SUSPENDED:
	case GUEST_STATE_N:
		break;
	}
	return "";
}

bool guest_state_alarming(enum guest_state state, int reason)
{
	static const char *const bad[] = {"I/O error", "watchdog", "crashed", "post-copy failed", "panicked", NULL};

	return state == GUEST_CRASHED || g_strv_contains(bad, guest_reason_word(state, reason)) ||
	       (state == GUEST_OFF && g_strv_contains((const char *const[]){"failed", NULL}, guest_reason_word(state, reason)));
}

const char *pool_state_word(enum pool_state state)
{
	switch (state) {
	case POOL_INACTIVE:
		return "inactive";
	case POOL_BUILDING:
		return "building";
	case POOL_RUNNING:
		return "active";
	case POOL_DEGRADED:
		return "degraded";
	case POOL_INACCESSIBLE:
		return "inaccessible";
	}
	return "?";
}

/* ---- host status ---- */

#define HOST_STRINGS(X)                                                                                      \
	X(uri)                                                                                               \
	X(hostname)                                                                                          \
	X(driver)                                                                                            \
	X(user)                                                                                              \
	X(cpu_model)                                                                                         \
	X(error)                                                                                             \
	X(tried)                                                                                             \
	X(advice)                                                                                            \
	X(command)

struct host_status *host_status_new(void)
{
	return g_atomic_rc_box_new0(struct host_status);
}

struct host_status *host_status_copy(const struct host_status *status)
{
	struct host_status *copy = host_status_new();

	*copy = *status;
#define X(field) copy->field = g_strdup(status->field);
	HOST_STRINGS(X)
#undef X
	return copy;
}

struct host_status *host_status_ref(struct host_status *status)
{
	return g_atomic_rc_box_acquire(status);
}

static void host_status_clear(gpointer data)
{
	struct host_status *status = data;

#define X(field) g_free(status->field);
	HOST_STRINGS(X)
#undef X
}

void host_status_unref(struct host_status *status)
{
	if (status)
		g_atomic_rc_box_release_full(status, host_status_clear);
}

/* ---- sample ---- */

static void guest_row_clear(gpointer data)
{
	struct guest_row *row = data;

	g_clear_pointer(&row->name, g_ref_string_release);
	g_clear_pointer(&row->raw, g_ref_string_release);
	g_clear_pointer(&row->tags, g_ref_string_release);
	g_clear_pointer(&row->title, g_ref_string_release);
}

void node_sample_clear(struct node_sample *node)
{
	*node = (struct node_sample){
	        .cpu_busy_ns = -1,
	        .cpu_total_ns = -1,
	        .memory_total_kib = -1,
	        .memory_free_kib = -1,
	        .swap_total_kib = -1,
	        .swap_free_kib = -1,
	        .load1 = -1,
	        .load5 = -1,
	        .load15 = -1,
	        .stall_cpu_us = -1,
	        .stall_memory_us = -1,
	        .stall_io_us = -1,
	};
}

struct sample *sample_new(void)
{
	struct sample *sample = g_new0(struct sample, 1);

	sample->guests = g_array_new(FALSE, TRUE, sizeof(struct guest_row));
	g_array_set_clear_func(sample->guests, guest_row_clear);
	node_sample_clear(&sample->node);
	return sample;
}

void sample_free(struct sample *sample)
{
	if (!sample)
		return;
	g_array_unref(sample->guests);
	g_free(sample);
}

/* ---- guest detail ---- */

#define DETAIL_STRINGS(X)                                                                                    \
	X(title)                                                                                             \
	X(description)                                                                                       \
	X(tags)                                                                                              \
	X(os_type)                                                                                           \
	X(arch)                                                                                              \
	X(machine)                                                                                           \
	X(virt_type)                                                                                         \
	X(emulator)                                                                                          \
	X(firmware)                                                                                          \
	X(loader)                                                                                            \
	X(nvram)                                                                                             \
	X(boot)                                                                                              \
	X(cpu_mode)                                                                                          \
	X(graphics)                                                                                          \
	X(balloon)                                                                                           \
	X(accelerator)                                                                                       \
	X(xml)                                                                                               \
	X(xml_stored)                                                                                        \
	X(disk_errors)                                                                                       \
	X(job)                                                                                               \
	X(problem)

struct guest_disk *guest_disk_new(void)
{
	struct guest_disk *disk = g_new0(struct guest_disk, 1);

	disk->capacity_bytes = disk->allocation_bytes = -1;
	disk->rd_bytes = disk->wr_bytes = disk->rd_ops = disk->wr_ops = disk->errors = -1;
	disk->flush_ops = disk->rd_time_ns = disk->wr_time_ns = disk->flush_time_ns = -1;
	return disk;
}

static void guest_disk_free(gpointer data)
{
	struct guest_disk *disk = data;

	g_free(disk->target);
	g_free(disk->bus);
	g_free(disk->device);
	g_free(disk->source);
	g_free(disk->chain);
	g_free(disk->format);
	g_free(disk->cache);
	g_free(disk);
}

struct guest_nic *guest_nic_new(void)
{
	struct guest_nic *nic = g_new0(struct guest_nic, 1);

	nic->addresses = g_ptr_array_new_with_free_func(g_free);
	nic->rx_bytes = nic->tx_bytes = nic->rx_packets = nic->tx_packets = nic->drops = -1;
	return nic;
}

static void guest_nic_free(gpointer data)
{
	struct guest_nic *nic = data;

	g_free(nic->mac);
	g_free(nic->model);
	g_free(nic->type);
	g_free(nic->source);
	g_free(nic->target);
	g_free(nic->address_source);
	g_ptr_array_unref(nic->addresses);
	g_free(nic);
}

struct guest_detail *guest_detail_new(void)
{
	struct guest_detail *detail = g_atomic_rc_box_new0(struct guest_detail);

	detail->vcpu_time_ns = g_array_new(FALSE, FALSE, sizeof(int64_t));
	detail->disks = g_ptr_array_new_with_free_func(guest_disk_free);
	detail->nics = g_ptr_array_new_with_free_func(guest_nic_free);
	detail->balloon_kib = detail->unused_kib = detail->available_kib = detail->usable_kib = -1;
	detail->host_swap_kib = -1;
	detail->rss_kib = detail->swap_in_kib = detail->swap_out_kib = -1;
	return detail;
}

struct guest_detail *guest_detail_ref(struct guest_detail *detail)
{
	return g_atomic_rc_box_acquire(detail);
}

static void guest_detail_clear(gpointer data)
{
	struct guest_detail *detail = data;

#define X(field) g_free(detail->field);
	DETAIL_STRINGS(X)
#undef X
	g_array_unref(detail->vcpu_time_ns);
	g_ptr_array_unref(detail->disks);
	g_ptr_array_unref(detail->nics);
}

void guest_detail_unref(struct guest_detail *detail)
{
	if (detail)
		g_atomic_rc_box_release_full(detail, guest_detail_clear);
}

/* ---- storage and networks ---- */

struct pool_row *pool_row_new(void)
{
	struct pool_row *row = g_new0(struct pool_row, 1);

	row->virtual_bytes = row->volumes = -1;
	return row;
}

void pool_row_free(struct pool_row *row)
{
	if (!row)
		return;
	g_free(row->name);
	g_free(row->type);
	g_free(row->path);
	g_free(row);
}

struct volume_row *volume_row_new(void)
{
	return g_new0(struct volume_row, 1);
}

void volume_row_free(struct volume_row *row)
{
	if (!row)
		return;
	g_free(row->name);
	g_free(row->path);
	g_free(row->format);
	g_free(row->backing);
	g_free(row->backing_format);
	g_free(row->used_by);
	g_clear_pointer(&row->users, g_ptr_array_unref);
	g_clear_pointer(&row->chain, g_ptr_array_unref);
	g_clear_pointer(&row->uses, g_ptr_array_unref);
	g_free(row->key);
	g_free(row->problem);
	g_free(row);
}

void volume_layer_free(struct volume_layer *layer)
{
	if (!layer)
		return;
	g_free(layer->path);
	g_free(layer->format);
	g_free(layer->pool);
	g_free(layer->key);
	g_free(layer);
}

void volume_use_free(struct volume_use *use)
{
	if (!use)
		return;
	g_free(use->words);
	g_free(use->brief);
	g_free(use);
}

void network_lease_free(struct network_lease *lease)
{
	if (!lease)
		return;
	g_free(lease->mac);
	g_free(lease->address);
	g_free(lease->hostname);
	g_free(lease);
}

void network_guest_free(struct network_guest *guest)
{
	if (!guest)
		return;
	g_free(guest->name);
	g_free(guest->mac);
	g_free(guest->target);
	g_free(guest->address);
	g_free(guest->address_source);
	g_free(guest);
}

struct network_row *network_row_new(void)
{
	struct network_row *row = g_new0(struct network_row, 1);

	row->connections = -1;
	return row;
}

void network_row_free(struct network_row *row)
{
	if (!row)
		return;
	g_free(row->name);
	g_free(row->bridge);
	g_free(row->forward);
	g_free(row->domain);
	g_free(row->addresses);
	g_free(row->dhcp);
	g_clear_pointer(&row->fixed, g_ptr_array_unref);
	g_clear_pointer(&row->leases, g_ptr_array_unref);
	g_clear_pointer(&row->guests, g_ptr_array_unref);
	g_free(row);
}

struct guest_traffic *guest_traffic_new(void)
{
	struct guest_traffic *traffic = g_new0(struct guest_traffic, 1);

	traffic->rx_bytes = traffic->tx_bytes = traffic->rd_bytes = traffic->wr_bytes = -1;
	return traffic;
}

void guest_traffic_free(struct guest_traffic *traffic)
{
	if (!traffic)
		return;
	g_free(traffic->address);
	g_free(traffic);
}
