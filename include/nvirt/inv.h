/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inventory: what a host is made of, as facts that cross threads.
 *
 * These structs are built by the back end, frozen when they are posted, and
 * only read afterwards; the shared ones are atomic reference-counted boxes.
 * All strings are owned by their struct and cleaned (text.h) unless a comment
 * says raw. No libvirt type appears here: numbers that libvirt names are kept
 * as our own enums so that only src/backend includes libvirt.
 */
#ifndef NVIRT_INV_H
#define NVIRT_INV_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* One row a kind of object: enum, word in sentences, word in tables, tree letter. */
#define OBJ_KINDS(X)                                                                                         \
	X(OBJ_NONE, "nothing")                                                                               \
	X(OBJ_HOST, "host")                                                                                  \
	X(OBJ_GUEST, "guest")                                                                                \
	X(OBJ_POOL, "pool")                                                                                  \
	X(OBJ_VOLUME, "volume")                                                                              \
	X(OBJ_NETWORK, "network")                                                                            \
	X(OBJ_SNAPSHOT, "snapshot")                                                                          \
	X(OBJ_TASK, "task")

enum obj_kind {
#define X(id, word) id,
	OBJ_KINDS(X)
#undef X
	        OBJ_N
};

const char *obj_kind_word(enum obj_kind kind);

/*
 * Identity of an object: a value to copy and compare, never a pointer into the
 * store. Guests, pools and networks go by UUID; a volume by its pool's UUID
 * and its raw name, which is interned (g_intern_string) and lives for ever; a
 * snapshot by its guest's UUID and its raw name, interned; a task by its
 * interned id in `name`.
 */
struct obj_ref {
	enum obj_kind kind;
	unsigned host; /* the store's host number, from 1 */
	uint8_t uuid[16];
	const char *name; /* volume, snapshot: raw name, task: id; else NULL */
};

bool obj_ref_equal(const struct obj_ref *a, const struct obj_ref *b);
guint obj_ref_hash(const struct obj_ref *ref);
/* 36 characters and a NUL. */
void uuid_format(const uint8_t uuid[16], char out[37]);
/* Accepts the 36-character form; false leaves `ret_uuid` alone. */
bool uuid_parse(const char *text, uint8_t ret_uuid[16]);

/* ---- host -------------------------------------------------------------- */

enum host_link {
	HOST_OFF,        /* not connected because the user said so */
	HOST_CONNECTING, /* first attempt, or a retry under way */
	HOST_UP,
	HOST_LOST,   /* was up; waiting to try again, last data kept */
	HOST_FAILED, /* never was up; waiting to try again */
	HOST_LINK_N
};

enum kvm_state { KVM_UNKNOWN, KVM_USABLE, KVM_MISSING, KVM_NO_PERMISSION, KVM_NOT_WORKING };

/* State of one connection; a new one is posted whenever any part changes. Shared box. */
struct host_status {
	enum host_link link;
	uint32_t epoch;            /* grows with every successful connection */
	bool readonly;             /* asked for, or the only way in: then `advice` says so */
	bool local;                /* the daemon runs on this machine (its QEMUs are in our /proc) */
	bool session;              /* an unprivileged session daemon */
	bool system_socket_exists; /* on this machine, while this is an empty-able session */
	char *uri;                 /* what libvirt resolved, or what was asked (may be "") */
	char *hostname;
	char *driver;                     /* "QEMU", "TEST", … libvirt's name */
	unsigned long libvirt_version;    /* of the daemon: 1000000*a + 1000*b + c; 0 unknown */
	unsigned long hypervisor_version; /* the same shape; 0 unknown */
	char *user;                       /* who we are there, as far as we know: local user name */
	char *cpu_model;
	unsigned cpus;
	uint64_t memory_kib;
	enum kvm_state kvm;    /* local hosts only, else unknown */
	bool in_libvirt_group; /* local hosts only; root counts as in */
	char *error;           /* libvirt's words for the last failure, or NULL */
	char *tried;           /* what was tried: URI and socket, one line, or NULL */
	char *advice;          /* what to do, a sentence, or NULL */
	char *command;         /* the exact shell command that mends it, or NULL */
	gint64 since_us;       /* g_get_monotonic_time() of the last change of `link` */
	gint64 retry_at_us;    /* monotonic; 0 = no retry is planned */
	unsigned attempt;      /* failed attempts in a row */
};

struct host_status *host_status_new(void); /* zeroed; fill, then only share */
struct host_status *host_status_copy(const struct host_status *status);
struct host_status *host_status_ref(struct host_status *status);
void host_status_unref(struct host_status *status);

/* ---- guest: the cheap row, every tick ----------------------------------- */

enum guest_state {
	GUEST_UNKNOWN, /* libvirt: nostate */
	GUEST_RUNNING,
	GUEST_BLOCKED, /* counts as running */
	GUEST_PAUSED,
	GUEST_SHUTTING_DOWN,
	GUEST_OFF,
	GUEST_CRASHED,
	GUEST_SUSPENDED, /* by the guest's own power management */
	GUEST_STATE_N
};

enum guest_flag {
	GUEST_AUTOSTART = 1 << 0,
	GUEST_PERSISTENT = 1 << 1,
	GUEST_MANAGED_SAVE = 1 << 2,
	GUEST_SNAPSHOTS = 1 << 3,
	GUEST_PROC_STOPPED = 1 << 4, /* its local QEMU process is stopped (state T) */
	GUEST_TEMPLATE = 1 << 5,     /* nvirt's metadata say so; known once its definition was read */
};

struct guest_row {
	uint8_t uuid[16];
	GRefString *name; /* cleaned; the row owns one reference */
	GRefString *raw;  /* as libvirt has it; may be the same string */
	int id;           /* -1 when not active */
	enum guest_state state;
	int reason; /* libvirt's number; guest_reason_word() names it */
	unsigned flags;
	uint64_t cpu_time_ns; /* of the whole QEMU process; 0 = not known */
	gint64 cpu_read_us;   /* monotonic, when that was read; 0 = when the sample was taken */
	uint64_t rss_kib;     /* what the host pays; 0 = not known */
	gint64 started_unix_us; /* of its local QEMU; 0 = not known */
	unsigned vcpus;       /* 0 = not known yet (definitions are read lazily) */
	uint64_t memory_kib;  /* current allocation; 0 = not known yet */
	GRefString *tags, *title; /* of its definition; cleaned; NULL = not read yet */
	unsigned tcg : 1;     /* emulated: domain type qemu */
	unsigned virt_known : 1;
};

const char *guest_state_word(enum guest_state state);
/* "booted", "user", "I/O error", …; "" where libvirt gives none. */
const char *guest_reason_word(enum guest_state state, int reason);
/* Is it in a state that nobody asked for: crashed, panicked, paused by an I/O error or its watchdog? */
bool guest_state_alarming(enum guest_state state, int reason);
bool guest_state_active(enum guest_state state);

/* Figures of the host itself. Counters are cumulative; -1 = not known. */
struct node_sample {
	int64_t cpu_busy_ns, cpu_total_ns; /* all CPUs together */
	int64_t memory_total_kib, memory_free_kib /* available to new guests */;
	int64_t swap_total_kib, swap_free_kib;
	double load1, load5, load15; /* < 0 = not known */
	unsigned cpus;
	/* Time in which some task waited for it (/proc/pressure, "some"). */
	int64_t stall_cpu_us, stall_memory_us, stall_io_us;
};

void node_sample_clear(struct node_sample *node); /* nothing is known */

/*
 * One tick of one host: all its guests, in libvirt's order. Owned by whoever
 * holds the message.
 */
struct sample {
	gint64 taken_us; /* monotonic, when the answer came */
	gint64 call_us;  /* how long the bulk call took */
	GArray *guests;  /* struct guest_row; clears its rows */
	struct node_sample node;
};

struct sample *sample_new(void);
void sample_free(struct sample *sample);

/* ---- guest: the detail, for the open object ------------------------------ */

struct guest_disk {
	char *target, *bus, *device; /* "vda", "virtio", "disk" | "cdrom" | … */
	char *source;                /* path, pool/volume or URL; "" = empty drive */
	char *format, *cache;
	char *chain;                 /* what it stands on, nearest first, as its QEMU tells: "/a < /b"; "" */
	bool readonly, shareable;
	int64_t capacity_bytes, allocation_bytes;           /* -1 = not known */
	int64_t rd_bytes, wr_bytes, rd_ops, wr_ops, errors; /* cumulative; -1 */
	int64_t flush_ops, rd_time_ns, wr_time_ns, flush_time_ns; /* cumulative; -1 */
};

struct guest_nic {
	char *mac, *model, *type, *source, *target; /* type: "network", "bridge", "user", … */
	bool link_down;
	GPtrArray *addresses;                                      /* char *: "192.0.2.7/24" */
	char *address_source;                                      /* "lease", "agent", "arp" or "" */
	int64_t rx_bytes, tx_bytes, rx_packets, tx_packets, drops; /* cumulative; -1 */
};

/* What a guest's row on screen shows beyond the tick's; sums over its devices. */
struct guest_traffic {
	uint8_t uuid[16];
	gint64 net_us, disk_us; /* monotonic, when they were read; 0 = not asked */
	int64_t rx_bytes, tx_bytes, rd_bytes, wr_bytes; /* cumulative; -1 = not known */
	char *address; /* by lease: "192.0.2.7", with " +" where there are more; "" = none, NULL = not asked */
};

struct guest_traffic *guest_traffic_new(void);
void guest_traffic_free(struct guest_traffic *traffic); /* NULL is fine */

/* Everything the Summary and XML tabs show of one guest. Shared box. */
struct guest_detail {
	uint8_t uuid[16];
	gint64 taken_us;   /* monotonic */
	char *title;       /* one line */
	char *description; /* may have lines */
	char *tags;        /* comma separated, from nvirt's metadata element */
	unsigned vcpus, vcpus_max;
	uint64_t memory_kib, memory_max_kib;
	char *os_type, *arch, *machine, *virt_type, *emulator;
	char *firmware; /* "BIOS", "UEFI", "UEFI, Secure Boot", "direct kernel" */
	char *loader, *nvram;
	char *boot;             /* "hd, cdrom" or per-device order "vda, net0" */
	char *cpu_mode;         /* "host-passthrough", "custom: Skylake", … */
	char *graphics;         /* "vnc 127.0.0.1:5900", "spice …", "" */
	char *balloon;          /* model of its balloon device: "virtio"; "" = it has none */
	int balloon_period_s;   /* how often its driver is asked for figures; 0 = never */
	char *accelerator;      /* "KVM", "TCG (emulated: slow)", … */
	gint64 started_unix_us; /* 0 = not known */
	int pid;                /* local QEMU; 0 = not known */
	bool agent_channel, agent_connected;
	/* From the monitor; -1 = not known. */
	int64_t balloon_kib, unused_kib, available_kib, usable_kib, rss_kib, swap_in_kib, swap_out_kib;
	GArray *vcpu_time_ns; /* int64_t a vCPU, by its number; cumulative, -1 */
	int64_t host_swap_kib; /* of a local QEMU, by /proc; -1 = not known */
	GPtrArray *disks;  /* struct guest_disk * */
	GPtrArray *nics;   /* struct guest_nic * */
	char *xml;         /* live where active, else stored; cleaned lines, no secrets */
	char *xml_stored;  /* stored where active and persistent, else NULL */
	char *disk_errors; /* "vda: no space" or NULL */
	char *job;         /* libvirt's job under way, in words, or NULL */
	char *problem;     /* why figures are missing: "QEMU has not answered for 12 s", or NULL */
};

struct guest_detail *guest_detail_new(void);
struct guest_detail *guest_detail_ref(struct guest_detail *detail);
void guest_detail_unref(struct guest_detail *detail);
struct guest_disk *guest_disk_new(void);
struct guest_nic *guest_nic_new(void);

/* ---- storage and networks ------------------------------------------------ */

enum pool_state { POOL_INACTIVE, POOL_BUILDING, POOL_RUNNING, POOL_DEGRADED, POOL_INACCESSIBLE };

struct pool_row {
	uint8_t uuid[16];
	char *name;
	enum pool_state state;
	bool autostart, persistent;
	uint64_t capacity_bytes, allocation_bytes, available_bytes;
	char *type, *path; /* "dir", "/var/lib/libvirt/images"; "" until its XML was read */
	/* What its volumes may grow to, all together, and how many they are; -1 = not read. */
	int64_t virtual_bytes, volumes;
};

/* One file below a volume in its backing chain. */
struct volume_layer {
	char *path, *format; /* cleaned; "" where it is not known */
	char *pool;          /* the pool it lies in, "" = none known */
	char *key;           /* raw: the one spelling of its path on the host */
	bool stated;         /* what lies on it states its format */
	bool missing;        /* it should be in a pool that was read, and is not */
};

enum volume_use_flag {
	USE_WRITABLE = 1 << 0, /* a disk that the guest may write to; a template writes to none */
	USE_LIVE = 1 << 1,     /* of the running guest; else only of its stored definition */
	USE_BASE = 1 << 2,     /* something stands on it: a guest's chain or another volume */
	USE_VOLUME = 1 << 3,   /* that something is a volume, no guest */
	USE_SNAPSHOT = 1 << 4, /* a snapshot of the guest */
	USE_DISK = 1 << 5,     /* as a disk or medium; else NVRAM, firmware, kernel, memory */
};

/* One user of a file. */
struct volume_use {
	uint8_t guest[16]; /* zero for a volume's */
	char *words, *brief; /* cleaned: as in volume_row.users and used_by */
	unsigned flags;
};

struct volume_row {
	char *name;                     /* cleaned */
	const char *raw;                /* interned, as in obj_ref.name */
	char *path, *format;            /* cleaned */
	char *backing, *backing_format; /* "" = none */
	uint64_t capacity_bytes, allocation_bytes;
	bool unread;   /* so far there is only its name */
	char *used_by;    /* "vda of web1, …": short, as far as known, "" = nobody known */
	GPtrArray *users; /* char *: one user each, in full; NULL = not known yet */
	GPtrArray *chain; /* struct volume_layer *: what it lies on, nearest first; may be NULL */
	GPtrArray *uses;  /* struct volume_use *: the users again, as facts; NULL = not known yet */
	char *key;        /* raw: the one spelling of its path on the host; NULL = not read */
	char *problem;    /* libvirt lists it but can not read it: its words, cleaned; NULL */
	int64_t written_unix_ns; /* when its bytes were last changed; 0 = not known */
	unsigned mode; /* permission bits of its file; 0 = not known */
};

/* DHCP: a lease, or an address that the network's definition reserves. */
struct network_lease {
	char *mac, *address, *hostname; /* cleaned; "" = none */
	int64_t expires_unix_s;         /* 0 = does not end */
};

/* A guest's NIC on a network. */
struct network_guest {
	uint8_t uuid[16];
	char *name, *mac, *target; /* cleaned; target "vnet3", "" while it is off */
	char *address;             /* "192.168.122.7/24, …", "" = not known */
	char *address_source;      /* "lease", "reserved", "arp" or "" */
	bool live;                 /* plugged in now; else only in its stored definition */
};

struct network_row {
	uint8_t uuid[16];
	char *name;
	bool active, autostart, persistent;
	char *bridge, *forward, *domain; /* "virbr0", "nat" | "route" | "isolated" | …, "" */
	char *addresses;                 /* "192.168.122.1/24", "" */
	char *dhcp;                      /* "192.168.122.2 - .254", "" */
	int connections;                 /* guests plugged in; -1 = not known */
	GPtrArray *fixed;                /* struct network_lease *: reserved in its definition; may be NULL */
	GPtrArray *leases;               /* struct network_lease *; NULL = not read */
	GPtrArray *guests;               /* struct network_guest *; NULL = not read */
	unsigned guests_known, guests_total; /* definitions that were read for `guests`, of how many */
};

const char *pool_state_word(enum pool_state state);
void pool_row_free(struct pool_row *row);
void volume_row_free(struct volume_row *row);
void network_row_free(struct network_row *row);
struct pool_row *pool_row_new(void);
struct volume_row *volume_row_new(void);
struct network_row *network_row_new(void);
void volume_layer_free(struct volume_layer *layer);
void volume_use_free(struct volume_use *use);
void network_lease_free(struct network_lease *lease);
void network_guest_free(struct network_guest *guest);

#endif
