/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * History: what figures were over the last five minutes, hour, day and week.
 *
 * A series is one figure of one object (key: object, metric, device). Each has
 * four tiers: rings of slots of a fixed length on the wall clock, every slot
 * with the time-weighted average of what fell into it and its maximum. A value
 * is given with the interval it stands for, so a rate measured over three
 * seconds fills exactly the slots of these three seconds. A slot nothing is
 * known of is a gap (NAN), never 0.
 *
 * The clock: slots are numbered by wall time, because they outlive the
 * process. A clock set forward leaves a gap. A clock set back drops what now
 * lies in the future: no two values may claim the same time.
 *
 * Memory: rings grow with what is known, 8 bytes a slot, up to 5.3 KiB a
 * series. Of a host's guests at most HISTORY_GUESTS_MAX have series: who is on
 * screen or open comes first, the others in the order they came, while there is
 * room. Devices (vCPUs, disks, NICs) have series while their guest is among the
 * HISTORY_DETAILS_MAX opened last.
 *
 * The model is pure and belongs to the main thread. The keeper (back end) is a
 * thread that keeps the same slots in one file a host.
 */
#ifndef NVIRT_HISTORY_H
#define NVIRT_HISTORY_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define HISTORY_GUESTS_MAX 256
#define HISTORY_DETAILS_MAX 8
#define HISTORY_SERIES_MAX 1024 /* a host, and in its file */
#define HISTORY_DEVICES_MAX 32  /* of a kind and guest */

/* What its values are, for axis and figures. */
enum unit {
	UNIT_PERCENT,
	UNIT_BYTES,
	UNIT_BYTES_PER_S,
	UNIT_PER_S,
	UNIT_MS,
	UNIT_PLAIN,
};

/* The order is the file's: new ones go to the end. Id, title, unit. */
#define METRICS(X)                                                                                           \
	X(METRIC_CPU, "CPU", UNIT_PERCENT)                    /* guest: 100 = one CPU; host: of all */       \
	X(METRIC_MEMORY_HOST, "Memory on the host", UNIT_BYTES) /* RSS of QEMU; host: in use */              \
	X(METRIC_MEMORY_GUEST, "Memory in the guest", UNIT_BYTES) /* in use as the balloon driver tells */   \
	X(METRIC_DISK_READ, "read", UNIT_BYTES_PER_S)                                                        \
	X(METRIC_DISK_WRITE, "write", UNIT_BYTES_PER_S)                                                      \
	X(METRIC_DISK_READ_OPS, "reads", UNIT_PER_S)                                                         \
	X(METRIC_DISK_WRITE_OPS, "writes", UNIT_PER_S)                                                       \
	X(METRIC_DISK_READ_MS, "read latency", UNIT_MS)                                                      \
	X(METRIC_DISK_WRITE_MS, "write latency", UNIT_MS)                                                    \
	X(METRIC_DISK_FLUSH_MS, "flush latency", UNIT_MS)                                                    \
	X(METRIC_NET_RX, "received", UNIT_BYTES_PER_S) /* by the guest */                                    \
	X(METRIC_NET_TX, "sent", UNIT_BYTES_PER_S)                                                           \
	X(METRIC_VCPU, "vCPU", UNIT_PERCENT)                                                                 \
	X(METRIC_LOAD, "Load", UNIT_PLAIN)           /* of 1 minute */                                       \
	X(METRIC_STALL_CPU, "CPU pressure", UNIT_PERCENT) /* share of time that some task waited for it */   \
	X(METRIC_STALL_MEMORY, "Memory pressure", UNIT_PERCENT)                                              \
	X(METRIC_STALL_IO, "I/O pressure", UNIT_PERCENT)

enum metric {
#define X(id, title, unit) id,
	METRICS(X)
#undef X
	        METRIC_N
};

const char *metric_title(enum metric metric);
enum unit metric_unit(enum metric metric);

enum tier { TIER_5M, TIER_1H, TIER_24H, TIER_7D, TIER_N };

struct tier_shape {
	const char *name; /* "5m" */
	unsigned slots;
	unsigned slot_s; /* seconds */
};
extern const struct tier_shape tier_shapes[TIER_N];

#define HISTORY_DEVICE_BYTES 23

/* A value without padding: hashed and written as bytes. */
struct history_key {
	uint8_t uuid[16]; /* all zero = the host itself */
	uint8_t metric;   /* enum metric */
	char device[HISTORY_DEVICE_BYTES]; /* "vda", a MAC, a vCPU's number; zero-filled, "" = all together */
};

/* One slot of one series, as it goes to the keeper and comes back. */
struct history_record {
	struct history_key key;
	uint32_t tier; /* enum tier */
	uint32_t slot; /* Unix time / slot_s */
	float average, maximum;
	float covered_s; /* how much of the slot the average is of */
};

/* `uuid` NULL = the host. `device` NULL = "". A longer device is cut. */
struct history_key history_key(const uint8_t uuid[16], enum metric metric, const char *device);
bool history_key_of(const struct history_key *key, const uint8_t uuid[16]);

struct history;

struct history *history_new(void);
void history_free(struct history *history);

/* ---- who has series ---- */
/* A guest is on screen (or `open`): it gets room now, if need be that of the guest seen longest ago. */
void history_watch(struct history *history, const uint8_t uuid[16], bool open);
/* May a guest have series? Takes a free place for it where there is one. */
bool history_admit(struct history *history, const uint8_t uuid[16]);
bool history_admit_devices(const struct history *history, const uint8_t uuid[16]);
/* Grows, from 1, whenever a place was taken or given up. */
unsigned history_generation(const struct history *history);
/* The guest is gone for good. */
void history_forget(struct history *history, const uint8_t uuid[16]);

/* ---- values; times are Unix time in us ---- */
/*
 * `value` held on average from `from_us` to `to_us`. Values that are not finite or
 * negative are left out. A new series is made where the host has fewer than
 * HISTORY_SERIES_MAX.
 */
void history_add(struct history *history, const struct history_key *key, gint64 from_us, gint64 to_us,
        double value);
/*
 * What the keeper read: fills gaps, and is joined with the part of a slot that
 * is already known. Left out: what lies after `unix_us` (now), and what has no place here.
 */
void history_put(struct history *history, const struct history_record *record, gint64 unix_us);

/* ---- reading ---- */
struct history_slot {
	float average, maximum; /* NAN = gap */
};

bool history_has(const struct history *history, const struct history_key *key);
/* The slot now under way at `unix_us`. */
uint32_t history_slot_at(enum tier tier, gint64 unix_us);
/*
 * Slots first … first + count - 1 of a series; all gaps where there is no such
 * series. False when nothing at all is known of them.
 */
bool history_read(const struct history *history, const struct history_key *key, enum tier tier,
        uint32_t first, unsigned count, struct history_slot *ret_slots);
/* Devices of an object that have this metric, sorted: GPtrArray of char *, owned. */
GPtrArray *history_devices(const struct history *history, const uint8_t uuid[16], enum metric metric);
unsigned history_series_count(const struct history *history);

/* ---- for the keeper ---- */
/* Everything that is new since the last call: GArray of struct history_record, owned. */
GArray *history_take_new(struct history *history);
/* Objects whose past was not asked for yet: GArray of uint8_t[16], owned; NULL when none. */
GArray *history_take_wanted(struct history *history);

/*
 * The keeper: a thread with one file a host under $XDG_STATE_HOME/nvirt/history.
 * Several nvirt of a user may run: one writes a file, the others read it, and
 * one of them goes on when the writer ends. Main thread; nothing here blocks.
 */
struct history_keeper;
struct inbox;

/* `dir` NULL = the default one. Posts MSG_HISTORY, and MSG_NOTICE when a file can not be used. */
struct history_keeper *history_keeper_new(const char *dir, struct inbox *inbox);
/* What is kept of a host (its list: host figures, five minutes of every guest), or of one guest (all). */
void history_keeper_load(struct history_keeper *keeper, unsigned host, const char *uri, const uint8_t uuid[16]);
/* Takes the records. */
void history_keeper_store(struct history_keeper *keeper, unsigned host, const char *uri, GArray *records);
/* Writes what was given to it, at most for `timeout_ms`. NULL is fine. */
void history_keeper_free(struct history_keeper *keeper, int timeout_ms);

#endif
