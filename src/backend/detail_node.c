/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The detail thread's look at the host itself, while its Summary is on screen:
 * this machine by its files, another one by libvirt.
 */
#include <string.h>

#include "backend/detail.h"
#include "backend/node_libvirt.h"
#include "backend/node_machine.h"

/* Of a remote host each CPU is a call, and so is each guest's binding: no round takes longer than that. */
#define BUDGET_US (500 * G_TIME_SPAN_MILLISECOND)
/* Memory moves slowly; and walking a guest's page tables holds its QEMU up. */
#define PLACES_EVERY_US (15 * G_USEC_PER_SEC)
#define WALK_EVERY_US (60 * G_USEC_PER_SEC)

/* After a pause the next look comes soon: only two tell rates. */
#define AGAIN_US (10 * G_USEC_PER_SEC)

struct node_watch {
	struct node_topology *topology; /* of another machine; NULL = not read */
	bool topology_asked;
	GArray *cpus; /* of another machine: struct node_cpu, as last read */
	unsigned next_cpu;
	int ksmd;     /* its pid; 0 = none is seen, -1 = not looked for */
	GPtrArray *places; /* struct node_place *, as last read; frozen, what was posted has it too */
	gint64 places_us, walk_us;
};

static struct node_watch *node_watch_new(void)
{
	struct node_watch *watch = g_new0(struct node_watch, 1);

	watch->cpus = g_array_new(FALSE, FALSE, sizeof(struct node_cpu));
	watch->places = node_places_new();
	watch->ksmd = -1;
	return watch;
}

void detail_node_free(struct node_watch *watch)
{
	if (watch == NULL)
		return;
	node_topology_free(watch->topology);
	g_array_unref(watch->cpus);
	g_ptr_array_unref(watch->places);
	g_free(watch);
}

/* ---- the guests' places ------------------------------------------------------------- */

/* A guest that runs, as the poller knows it. */
struct running {
	uint8_t uuid[16];
	int pid; /* 0 = not in our /proc */
};

static GArray *running_guests(struct detail *detail)
{
	GArray *guests = g_array_new(FALSE, FALSE, sizeof(struct running));
	GHashTableIter iter;
	gpointer value;

	host_lock(detail->host);
	g_hash_table_iter_init(&iter, detail->host->guests);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct guest_seen *seen = value;
		struct running guest = {.pid = seen->pid};

		if (seen->id == -1)
			continue;
		memcpy(guest.uuid, seen->uuid, sizeof(guest.uuid));
		g_array_append_val(guests, guest);
	}
	host_unlock(detail->host);
	return guests;
}

static bool place_of(struct detail *detail, const struct running *guest, const GPtrArray *cells,
        const struct health_source *source, struct node_place *place, bool walk)
{
	virDomainPtr dom;
	bool told;

	if (detail->local)
		return guest->pid != 0 && node_machine_place(source, guest->pid, cells, walk, place);
	dom = virDomainLookupByUUID(detail->conn, guest->uuid);
	told = dom != NULL && node_libvirt_place(dom, cells, place);
	if (dom != NULL)
		virDomainFree(dom);
	return told;
}

/* What the last round found, where it had the same cells; owned, NULL = nothing. */
static struct node_place *kept_place(const struct node_watch *watch, const uint8_t uuid[16], unsigned cells)
{
	for (guint i = 0; i < watch->places->len; i++) {
		const struct node_place *place = watch->places->pdata[i];
		struct node_place *copy;

		if (memcmp(place->uuid, uuid, sizeof(place->uuid)) != 0 || place->kib->len != cells)
			continue;
		copy = node_place_new(uuid, cells);
		memcpy(copy->kib->data, place->kib->data, cells * sizeof(int64_t));
		return copy;
	}
	return NULL;
}

/* A new list, as the one that was posted is frozen. What there is no time for stays as it was. */
static void read_places(struct detail *detail, const GPtrArray *cells, const struct health_source *source)
{
	struct node_watch *watch = detail->node_look;
	g_autoptr(GArray) guests = running_guests(detail);
	GPtrArray *places = node_places_new();
	gint64 now_us = g_get_monotonic_time();
	bool walk = watch->walk_us == 0 || now_us - watch->walk_us >= WALK_EVERY_US;

	for (guint i = 0; i < guests->len; i++) {
		const struct running *guest = &g_array_index(guests, struct running, i);
		struct node_place *place = node_place_new(guest->uuid, cells->len);
		bool time_left = g_get_monotonic_time() - now_us < BUDGET_US;

		if (time_left && place_of(detail, guest, cells, source, place, walk)) {
			g_ptr_array_add(places, place);
			continue;
		}
		node_place_free(place);
		place = kept_place(watch, guest->uuid, cells->len);
		if (place != NULL)
			g_ptr_array_add(places, place);
	}
	g_ptr_array_unref(watch->places);
	watch->places = places;
	watch->places_us = g_get_monotonic_time();
	if (walk)
		watch->walk_us = watch->places_us;
}

/* ---- one look -------------------------------------------------------------------------- */

static void look_at_machine(struct node_watch *watch, const struct health_source *source, struct node_detail *node)
{
	node_machine_read(node, source);
	if (watch->ksmd < 0)
		watch->ksmd = node_machine_ksmd(source);
	if (watch->ksmd > 0)
		node->ksm.ksmd_ns = node_machine_cpu_ns(source, watch->ksmd);
}

static void ask_libvirt(struct detail *detail, struct node_detail *node)
{
	struct node_watch *watch = detail->node_look;

	if (!watch->topology_asked)
		watch->topology = node_topology_read(detail->conn);
	watch->topology_asked = true;
	node_libvirt_read(detail->conn, watch->topology, node);
	watch->next_cpu = node_libvirt_cpus(
	        detail->conn, watch->cpus, watch->next_cpu, g_get_monotonic_time() + BUDGET_US);
	if (watch->cpus->len > 0)
		g_array_append_vals(node->cpus, watch->cpus->data, watch->cpus->len);
}

/* Takes it. */
static void post(struct detail *detail, struct node_detail *node)
{
	struct msg *msg = detail_msg(detail, MSG_NODE);

	msg->node = node;
	detail_post(detail, msg);
}

void detail_node(struct detail *detail)
{
	const struct health_source source = {.root = health_root()};
	struct node_detail *node;

	detail->host_second = g_get_monotonic_time() - detail->host_us > AGAIN_US;
	detail->host_us = g_get_monotonic_time();
	if (detail->conn == NULL || !detail_enter(detail, BUSY_HOST, NULL))
		return;
	if (detail->node_look == NULL)
		detail->node_look = node_watch_new();
	node = node_detail_new();
	if (detail->local)
		look_at_machine(detail->node_look, &source, node);
	else
		ask_libvirt(detail, node);
	/* On one cell there is nothing to tell. */
	if (node->cells->len > 1 &&
	        g_get_monotonic_time() - detail->node_look->places_us >= PLACES_EVERY_US)
		read_places(detail, node->cells, &source);
	if (node->cells->len > 1) {
		g_ptr_array_unref(node->places);
		node->places = g_ptr_array_ref(detail->node_look->places);
	}
	node->taken_us = g_get_monotonic_time();
	virResetLastError();
	if (detail_leave(detail))
		post(detail, node);
	else
		node_detail_free(node);
}
