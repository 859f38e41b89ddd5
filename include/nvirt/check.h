/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is a host healthy? A table of checks, each a pure function of facts.
 *
 * The facts come in two boxes: what the machine's own files tell (only of this machine), and what
 * libvirt tells of guests, pools, networks and images. Either may be missing, for it is another machine
 * or libvirt does not answer: the checks that need it then say that they cannot tell, and why.
 *
 * Everything here is pure and of any thread. Strings in facts are cleaned (text.h) unless they say
 * raw; they live as long as their box, which is frozen when it is posted. Tri-states are 1, 0, and -1 for
 * "not known"; so is -1 in figures.
 */
#ifndef NVIRT_CHECK_H
#define NVIRT_CHECK_H

#include "nvirt/images.h"
#include "nvirt/inv.h"

/* ---- what a machine's own files tell ------------------------------------- */

/* What became of running a few instructions on /dev/kvm. */
#define KVM_PROBES(X)                                                                                        \
	X(KVM_PROBE_NOT_RUN, "was not tried")                                                                \
	X(KVM_PROBE_OK, "runs guests")                                                                       \
	X(KVM_PROBE_NO_OPEN, "cannot be opened")                                                             \
	X(KVM_PROBE_NO_API, "does not answer as KVM does")                                                   \
	X(KVM_PROBE_NO_VM, "makes no virtual machine")                                                       \
	X(KVM_PROBE_NO_VCPU, "makes no virtual CPU")                                                         \
	X(KVM_PROBE_BAD_RUN, "makes virtual machines but does not run them")                                 \
	X(KVM_PROBE_SLOW, "runs guests far too slowly")                                                      \
	X(KVM_PROBE_HUNG, "hangs while it runs a guest")                                                     \
	X(KVM_PROBE_DIED, "ended the process that tried it")

enum kvm_probe_result {
#define X(id, words) id,
	KVM_PROBES(X)
#undef X
	        KVM_PROBE_N
};

const char *kvm_probe_words(enum kvm_probe_result result);

struct kvm_probe {
	enum kvm_probe_result result;
	int error;            /* errno, where a call failed */
	unsigned exit_reason; /* KVM's, of the last exit */
	uint64_t rounds, ns;  /* loops of two instructions that ran, and their CPU time */
};

struct check_device {
	bool exists;
	unsigned mode; /* permission bits */
	const char *owner, *group;
	int user_may; /* may we open it for reading and writing? */
	int qemu_may; /* may the user that libvirt runs QEMU as? */
};

struct check_cell {
	unsigned id;
	int64_t total_kib, free_kib;
};

struct check_mount {
	const char *path;
	uint64_t total_bytes, free_bytes; /* free to others than root */
};

struct check_blockdev {
	const char *name;
	uint64_t ios, ms; /* since boot: reads and writes, and the time they took */
};

struct check_bridge {
	const char *name;
	const char *uplinks; /* ports that are no guest's, "eth0, bond0"; "" = none */
	unsigned guests;     /* ports that are taps */
};

/* Daemons whose socket is in /run/libvirt. */
enum check_socket {
	SOCKET_LIBVIRTD = 1 << 0,
	SOCKET_QEMU = 1 << 1,
	SOCKET_NETWORK = 1 << 2,
	SOCKET_STORAGE = 1 << 3,
	SOCKET_LOG = 1 << 4,
};

struct check_machine {
	GStringChunk *chunk; /* owns all strings */
	bool elsewhere;      /* another machine's, told over ssh: nothing was tried there */
	/* Processor and kernel. */
	const char *arch, *vendor, *cpu_model, *board; /* "" = not told */
	int virt_flag;                                 /* vmx or svm among the flags; -1 on other machines */
	bool inside_vm;
	unsigned cpus;
	bool kvm_module;
	const char *kvm_driver; /* "kvm_intel"; "" = none */
	const char *bios_line; /* what the kernel's log says of a firmware that turned it off; "" = nothing */
	const char *log_unread; /* why the kernel's log could not be read; "" = it was */
	struct check_device kvm, vhost_net, tun;
	struct kvm_probe probe;
	const char *user, *qemu_user;
	bool root, in_kvm_group, in_libvirt_group;
	int nested;             /* KVM gives guests virtualization of their own */
	int iommu_groups;       /* 0 = no IOMMU in use */
	int cgroup_version;     /* 1, 2; 0 = none is mounted */
	const char *cgroups;    /* controllers: "cpu memory" */
	int vulnerabilities;    /* how many the kernel has not mitigated; -1 */
	const char *vulnerable; /* "spectre_v2: Vulnerable; …", "" */
	int ksm_run;
	int64_t ksm_shared_pages, ksm_sharing_pages, ksm_profit_bytes;
	int64_t page_bytes;
	int64_t memory_kib, available_kib, swap_kib, swap_free_kib, huge_pages, huge_free, huge_kib;
	GArray *cells;                                        /* struct check_cell */
	double stall_cpu_pct, stall_memory_pct, stall_io_pct; /* of the last five minutes; < 0 = not known */
	int64_t entropy_bits;
	const char *clocksource, *clocksources; /* in use, and what there is; "" = not told */
	int clock_synced;
	GArray *mounts;    /* struct check_mount */
	GArray *blockdevs; /* struct check_blockdev */
	/* libvirt's own. */
	unsigned sockets;          /* enum check_socket */
	const char *config;        /* path of the daemon's configuration that was read, "" = none */
	const char *config_unread; /* why it could not be read; "" = it was, or there is none */
	const char *auth_rw, *rw_perms, *auth_tcp; /* as configured; "" = the default */
	int listen_tcp, tls_unverified;            /* as configured; -1 = the default */
	int tcp_open;                              /* something listens on libvirt's unencrypted port */
	int64_t max_clients, max_client_requests, keepalive_s; /* as configured; G_MININT64 = the default */
	int64_t log_errors;                                    /* of the last hours; -1 */
	const char *log_last, *log_path; /* the newest of them; where that stands, "" = no log was found */
	/* Networks. */
	int ip_forward, bridge_filter; /* bridged traffic passes iptables */
	bool dnsmasq, iptables, nft;
	GArray *bridges; /* struct check_bridge */
};

struct check_machine *check_machine_new(void); /* nothing is known */
struct check_machine *check_machine_ref(struct check_machine *machine);
void check_machine_unref(struct check_machine *machine);
/* Cleaned and kept by the box; while it is being filled. */
const char *check_machine_text(struct check_machine *machine, const char *raw, gssize len);

/* ---- what libvirt tells --------------------------------------------------- */

struct check_disk {
	const char *target, *bus, *device, *source, *cache;
	bool readonly, shareable;
};

struct check_nic {
	const char *mac, *model, *type, *source; /* type: "network", "bridge", … */
};

struct check_guest {
	uint8_t uuid[16];
	const char *name, *raw;
	enum guest_state state;
	int reason;
	bool active, autostart, persistent, template;
	const char *virt_type, *machine, *arch, *cpu_mode, *os;
	int agent_channel, agent_connected;
	int balloon;               /* has a device */
	int64_t stats_period_s;    /* of its balloon; 0 = none */
	const char *open_graphics; /* "vnc on 0.0.0.0:5900": reached by others; "" = not */
	int graphics_password;
	int64_t memory_kib, limit_kib; /* limit 0 = none */
	unsigned vcpus;
	int64_t huge_kib; /* 0 = no huge pages, 1 = of the default size */
	bool hpet, no_paravirt_clock;
	const char *clock_offset;
	gint64 started_unix_s; /* 0 = not known */
	GArray *disks, *nics;
	int64_t snapshots, oldest_unix_s;   /* how many; when the oldest was taken */
	const char *job;                    /* what runs in it */
	gint64 job_since_s, stuck_ms;       /* a job, since (Unix); a monitor does not answer, for; 0 = no */
	int stopped_pid;                    /* its QEMU is stopped (SIGSTOP); 0 = no */
	const char *disk_errors, *log_line; /* "vda: no space"; QEMU's last words */
	const char *unread;                 /* why its definition could not be read; "" = it was */
};

struct check_pool {
	uint8_t uuid[16];
	const char *name, *type, *path;
	bool active, autostart;
	uint64_t capacity_bytes, allocation_bytes, available_bytes;
};

struct check_address {
	const char *mac, *address, *host;
};

struct check_network {
	uint8_t uuid[16];
	const char *name, *forward, *bridge, *address; /* address "192.168.122.1/24", "" */
	uint32_t ipv4, mask; /* of its first address, in the host's order; 0 = none */
	bool active, autostart, dhcp;
	GArray *addresses; /* struct check_address: leases and reservations */
};

struct check_objects {
	GStringChunk *chunk;
	unsigned host; /* the store's number: for the identity of what was found */
	GArray *guests, *pools, *networks;
	gint64 answer_ms;   /* how long the list of guests took */
	const char *unread; /* what was not read: "", or words */
};

struct check_objects *check_objects_new(void);
struct check_objects *check_objects_ref(struct check_objects *objects);
void check_objects_unref(struct check_objects *objects);
const char *check_objects_text(struct check_objects *objects, const char *raw, gssize len);
/* A new row of the box, zeroed, strings "". Good until the next one. */
struct check_guest *check_objects_add_guest(struct check_objects *objects);
/* What `from`, of another box, has of its definition and snapshots; `to` is of `objects`. */
void check_guest_copy_definition(
        struct check_objects *objects, struct check_guest *to, const struct check_guest *from);
struct check_pool *check_objects_add_pool(struct check_objects *objects);
struct check_network *check_objects_add_network(struct check_objects *objects);

/* What lies in the pools. */
struct check_storage {
	GPtrArray *rows; /* struct volume_row *, owned: what `images` is made of */
	struct images *images;
	GArray *sizes; /* struct check_size */
	bool whole;    /* all was read in time */
};

struct check_size {
	uint8_t pool[16];
	uint64_t virtual_bytes; /* what its volumes may grow to in all */
};

struct check_storage *check_storage_new(void);
struct check_storage *check_storage_ref(struct check_storage *storage);
void check_storage_unref(struct check_storage *storage);

/* An answer of libvirt's that takes longer is slow. */
#define CHECK_SLOW_MS 1000

/* What libvirt says that the host and its QEMU can do. Asking may take a minute on a sick host. */
struct check_capabilities {
	int kvm_offered, iommu, virt_flag;
	gint64 took_ms; /* -1 = it did not answer */
};

/* What was gathered so far; each part is a box, or NULL. A part is taken over with its reference. */
struct health {
	struct check_machine *machine;
	struct check_objects *objects;
	struct check_storage *storage;
	struct check_capabilities *capabilities; /* owned */
	unsigned long client_version;            /* of libvirt's client library; 0 = not told */
	char *no_machine; /* why the machine's files were not read, cleaned, owned; NULL = the usual reason */
};

void health_free(struct health *health);
/* Moves the parts that `news` has; the others stay. */
void health_take(struct health *health, struct health *news);

/* ---- the checks ----------------------------------------------------------- */

/* From fine to bad; what could not be told is between: it may be anything. */
#define CHECK_RESULTS(X)                                                                                     \
	X(CHECK_OK, "ok", "OK")                                                                              \
	X(CHECK_NOTE, "note", "NOTE")                                                                        \
	X(CHECK_UNKNOWN, "unknown", "cannot tell")                                                           \
	X(CHECK_WARN, "warn", "WARN")                                                                        \
	X(CHECK_FAIL, "fail", "FAIL")

enum check_result {
#define X(id, word, label) id,
	CHECK_RESULTS(X)
#undef X
	        CHECK_RESULT_N
};

#define CHECK_GROUPS(X)                                                                                      \
	X(CHECK_HOST, "host", "Processor and kernel")                                                        \
	X(CHECK_LIBVIRT, "libvirt", "libvirt")                                                               \
	X(CHECK_STORAGE, "storage", "Storage")                                                               \
	X(CHECK_NETWORK, "network", "Network")                                                               \
	X(CHECK_GUESTS, "guests", "Guests")

enum check_group {
#define X(id, word, title) id,
	CHECK_GROUPS(X)
#undef X
	        CHECK_GROUP_N
};

const char *check_result_word(enum check_result result);  /* "warn": for machines */
const char *check_result_label(enum check_result result); /* "WARN", "cannot tell": for people */
const char *check_group_word(enum check_group group);
const char *check_group_title(enum check_group group);

/* What a check is about to be asked with; all borrowed. */
struct check_facts {
	const struct host_status *status;    /* never NULL */
	const struct check_machine *machine; /* NULL = not this machine, or not read yet */
	const struct check_objects *objects; /* NULL = libvirt has not answered yet, or not at all */
	const struct check_storage *storage;
	const struct check_capabilities *capabilities;
	const char *no_machine, *no_objects; /* why; NULL = the usual reason */
	gint64 now_unix_s;
	unsigned long client_version; /* libvirt's client library; 0 = not known */
};

/* What a check needs: without it, it cannot tell. */
enum check_need {
	NEED_MACHINE = 1 << 0,
	NEED_OBJECTS = 1 << 1,
	NEED_STORAGE = 1 << 2,
	NEED_CAPABILITIES = 1 << 3
};

struct check_report;

struct check {
	const char *id; /* "kvm.usable" */
	enum check_group group;
	const char *title;          /* what is asked: "KVM runs guests" */
	enum check_result severity; /* the worst that it says */
	unsigned needs;             /* enum check_need */
	const char *why;            /* why it matters: a sentence */
	void (*run)(const struct check *check, const struct check_facts *facts, struct check_report *report);
};

extern const struct check check_table[];
extern const unsigned check_count;

const struct check *check_by_id(const char *id);
/* The first thing that is wrong with the table, owned; NULL. */
char *check_self_test(void);

/* ---- what was found -------------------------------------------------------- */

struct finding {
	const struct check *check;
	enum check_result result;
	struct obj_ref ref; /* what it is about; OBJ_HOST where it is the host itself */
	char *object;       /* its name, cleaned; NULL = the host */
	char *evidence;     /* what was seen: a sentence; or why it cannot be told */
	char *remedy;       /* a command to be pasted, NULL = none */
	const char *verb;   /* the row of the table of actions that does it, on `ref`; NULL = none */
};

struct check_report {
	GPtrArray *findings; /* struct finding *, by group and check as in the table, the worst first */
	GHashTable *worst;   /* struct obj_ref * (of a finding) -> enum check_result: private to
	                        check_report_of() */
	unsigned host;
};

/* All checks. Owned. */
struct check_report *check_run(const struct check_facts *facts, unsigned host);
/* Of a host of the store, with what was gathered of it so far. `no_objects`: why libvirt told nothing, or
 * NULL. Owned. */
struct host;
struct check_report *check_run_host(const struct host *host, const char *no_objects, gint64 now_unix_s);
void check_report_free(struct check_report *report);
/* How many findings are of a result. */
unsigned check_report_count(const struct check_report *report, enum check_result result);
/* The worst of all that can be told; CHECK_UNKNOWN only where nothing could. */
enum check_result check_report_worst(const struct check_report *report);
/* Of one object: for a mark beside it. CHECK_OK = nothing is known against it. */
enum check_result check_report_of(const struct check_report *report, const struct obj_ref *ref);

#endif
