/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The detail thread: what may block, for what is open and on screen.
 *
 * It has a connection of its own. Every section of calls says whom it is
 * about (detail_enter) and asks on return whether the thread was left behind
 * meanwhile (detail_leave): then it posts nothing any more.
 */
#ifndef NVIRT_BACKEND_DETAIL_H
#define NVIRT_BACKEND_DETAIL_H

#include "backend/host.h"
#include "nvirt/backend.h"

struct addresses;
struct node_watch;
struct snapshots_look;
struct devices_look;

/* What is kept of the open guest between two looks. */
struct look {
	uint8_t uuid[16];
	bool any;
	char *xml; /* raw, as last read */
	int id;    /* that the agent's time-out was set for */
	struct addresses *addresses;
};

struct detail {
	struct backend_host *host;
	uint32_t generation, poller_generation, epoch;
	bool readonly, local;
	virConnectPtr conn;
	gint64 retry_us; /* when the connection is tried again */
	enum busy_on section;
	GArray *section_guests; /* struct guest_id */
	/* Copies of what is watched. */
	uint64_t watch_serial;
	struct obj_ref open;
	GArray *visible;  /* struct guest_id */
	GHashTable *doms; /* uuid -> virDomainPtr, of the open and visible guests */
	struct look look;
	bool storage, images, devices, processes; /* these and `rows` as in struct watch */
	unsigned rows;
	struct usage *usage;
	struct volumes *volumes;
	GHashTable *arp; /* of the open network: MAC -> words, both owned */
	unsigned arp_next;
	struct snapshots_look *snapshots; /* of the open guest; NULL = not read */
	struct node_watch *node_look; /* what is kept of the host's own; NULL = not looked at */
	/* What the last round left for the next one. */
	bool usage_left, volumes_left;
	bool host_second; /* the host was looked at once: rates are of two looks */
	bool volumes_fresh; /* read what is kept again: something changed */
	/* When each job was last done. */
	gint64 traffic_us, slow_us;
	gint64 guest_us, all_us, all_kick_us, canary_us, cpu_times_us, node_us;
	gint64 lists_us, networks_us, volumes_us, usage_us, snapshots_us, devices_us, processes_us, host_us;
	struct devices_look *devices_look; /* what was read of the host's devices; NULL = nothing yet */
	GHashTable *pss; /* of processes: see detail_processes.c; NULL = none was read */
};

/* `guests` NULL = none. false: left behind, do nothing more. */
bool detail_enter(struct detail *detail, enum busy_on on, const GArray *guests);
bool detail_leave(struct detail *detail);
/* Takes the message; posts it unless this thread was left behind. */
void detail_post(struct detail *detail, struct msg *msg);
struct msg *detail_msg(const struct detail *detail, enum msg_type type);
/* Cached; NULL when it is gone. Borrowed. */
virDomainPtr detail_domain(struct detail *detail, const uint8_t uuid[16]);

/* Posts a whole list, unless the connection broke in the middle of it. Takes it; NULL is fine. */
void detail_post_list(struct detail *detail, enum msg_type type, GPtrArray *rows);
/* The same for the volumes of one pool. */
void detail_post_volumes(struct detail *detail, const uint8_t pool[16], GPtrArray *rows);
unsigned detail_guest_count(struct detail *detail);

/* The jobs. */
void detail_guest(struct detail *detail);
void detail_look_clear(struct look *look);
/* The open guest's snapshots; `asked`: their files are looked at too, however short ago that was. */
void detail_snapshots(struct detail *detail, bool asked);
void detail_snapshots_free(struct snapshots_look *look);
void detail_rows(struct detail *detail, bool cpu_times);
/* Some of the definitions that nobody has on screen. */
void detail_all(struct detail *detail);
void detail_canary(struct detail *detail);
/* `rows`: enum watch_row bits, which columns are due. */
#define WATCH_SLOW (WATCH_DISK | WATCH_ADDRESS)
void detail_traffic(struct detail *detail, unsigned rows);
/* The running guests on screen whose monitor may be asked; owned, struct guest_id. */
GArray *detail_answering(struct detail *detail);
/* The host itself, for its Summary. */
void detail_node(struct detail *detail);
void detail_node_free(struct node_watch *watch); /* NULL is fine */
void detail_pools(struct detail *detail);
void detail_networks(struct detail *detail);
/* The open pool's volumes; the other pools' too, as far as the time goes: what they are based on. */
void detail_volumes(struct detail *detail);
/* The host's devices; `read`: libvirt is asked for them, else only who uses them is told anew. */
void detail_devices(struct detail *detail, bool read);
void detail_devices_free(struct devices_look *look);
/* The running guests' processes. */
void detail_processes(struct detail *detail);
/* One batch of definitions: who uses which volume, who is on which network. */
void detail_usage(struct detail *detail);

#endif
