/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Series and their rings: see history.h. Main thread; pure.
 *
 * A ring holds the slots (head - room, head]; slot n lies at n % room. It
 * starts small and grows with the time that is known, up to its tier's length.
 */
#include "nvirt/history.h"

#include <math.h>
#include <string.h>

#define ROOM_MIN 8
/* 1980: a clock before that was never set, and must not drop what is known. */
#define CLOCK_MIN_US (G_GINT64_CONSTANT(315532800) * G_USEC_PER_SEC)

const struct tier_shape tier_shapes[TIER_N] = {
        [TIER_5M] = {"5m", 150, 2},
        [TIER_1H] = {"1h", 180, 20},
        [TIER_24H] = {"24h", 180, 480},
        [TIER_7D] = {"7d", 168, 3600},
};

struct ring {
	struct history_slot *slots;
	uint32_t head;    /* number of the newest slot */
	uint32_t written; /* the keeper has everything up to here; it gets the head again until it is closed */
	uint16_t room;    /* 0 = nothing known */
	bool dirty;
	bool joined;     /* the head has what the keeper knows of it */
	float covered_s; /* of the head */
};

struct series {
	struct history_key key;
	struct ring rings[TIER_N];
};

struct place {
	uint8_t uuid[16];
	uint64_t watched, opened; /* history->clock then; 0 = never */
	bool wanted;              /* its past was not asked for since it was opened */
};

struct history {
	GHashTable *series; /* key (in it) -> struct series *, owned */
	GHashTable *places; /* uuid (in it) -> struct place *, owned */
	uint64_t clock;     /* counts watches: an order, not a time */
	unsigned details;   /* places that were opened */
	unsigned generation; /* of the places */
};

/* ---- keys ---- */

static const struct {
	const char *title;
	enum unit unit;
} metrics[METRIC_N] = {
#define X(id, name, kind) [id] = {name, kind},
        METRICS(X)
#undef X
};

const char *metric_title(enum metric metric)
{
	return metrics[metric].title;
}

enum unit metric_unit(enum metric metric)
{
	return metrics[metric].unit;
}

struct history_key history_key(const uint8_t uuid[16], enum metric metric, const char *device)
{
	struct history_key key = {.metric = (uint8_t)metric};

	if (uuid)
		memcpy(key.uuid, uuid, sizeof key.uuid);
	if (device)
		memcpy(key.device, device, strnlen(device, sizeof key.device));
	return key;
}

bool history_key_of(const struct history_key *key, const uint8_t uuid[16])
{
	static const uint8_t host[16];

	return memcmp(key->uuid, uuid ? uuid : host, sizeof key->uuid) == 0;
}

static guint hash_bytes(const void *bytes, gsize size)
{
	const uint8_t *p = bytes;
	guint hash = 2166136261u;

	for (gsize i = 0; i < size; i++)
		hash = (hash ^ p[i]) * 16777619u;
	return hash;
}

static guint key_hash(gconstpointer key)
{
	return hash_bytes(key, sizeof(struct history_key));
}

static gboolean key_equal(gconstpointer a, gconstpointer b)
{
	return memcmp(a, b, sizeof(struct history_key)) == 0;
}

static guint place_hash(gconstpointer uuid)
{
	return hash_bytes(uuid, 16);
}

static gboolean place_equal(gconstpointer a, gconstpointer b)
{
	return memcmp(a, b, 16) == 0;
}

/* ---- life ---- */

static void series_free(gpointer data)
{
	struct series *series = data;

	for (int tier = 0; tier < TIER_N; tier++)
		g_free(series->rings[tier].slots);
	g_free(series);
}

struct history *history_new(void)
{
	struct history *history = g_new0(struct history, 1);

	history->generation = 1;
	history->series = g_hash_table_new_full(key_hash, key_equal, NULL, series_free);
	history->places = g_hash_table_new_full(place_hash, place_equal, NULL, g_free);
	return history;
}

unsigned history_generation(const struct history *history)
{
	return history->generation;
}

void history_free(struct history *history)
{
	if (!history)
		return;
	g_hash_table_unref(history->series);
	g_hash_table_unref(history->places);
	g_free(history);
}

unsigned history_series_count(const struct history *history)
{
	return g_hash_table_size(history->series);
}

static struct series *find_series(const struct history *history, const struct history_key *key)
{
	return g_hash_table_lookup(history->series, key);
}

bool history_has(const struct history *history, const struct history_key *key)
{
	return find_series(history, key) != NULL;
}

static struct series *get_series(struct history *history, const struct history_key *key)
{
	struct series *series = find_series(history, key);

	if (series || g_hash_table_size(history->series) >= HISTORY_SERIES_MAX)
		return series;
	series = g_new0(struct series, 1);
	series->key = *key;
	g_hash_table_insert(history->series, &series->key, series);
	return series;
}

/* ---- who has series ---- */

/* What every guest has, without its monitor being asked. */
static bool in_list(const struct history_key *key)
{
	return key->metric == METRIC_CPU || key->metric == METRIC_MEMORY_HOST;
}

struct sweep {
	const uint8_t *uuid;
	bool devices_only;
};

static gboolean swept(gpointer key, gpointer value, gpointer data)
{
	const struct history_key *at = key;
	const struct sweep *sweep = data;

	(void)value;
	if (!history_key_of(at, sweep->uuid))
		return FALSE;
	return !sweep->devices_only || !in_list(at);
}

static void drop_series(struct history *history, const uint8_t uuid[16], bool devices_only)
{
	struct sweep sweep = {uuid, devices_only};

	g_hash_table_foreach_remove(history->series, swept, &sweep);
}

/* The place seen longest ago, or of those opened the one opened longest ago. */
static struct place *oldest_place(const struct history *history, bool opened)
{
	struct place *oldest = NULL;
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, history->places);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct place *place = value;

		if (opened && !place->opened)
			continue;
		if (!oldest || (opened ? place->opened < oldest->opened : place->watched < oldest->watched))
			oldest = place;
	}
	return oldest;
}

static void drop_place(struct history *history, struct place *place)
{
	drop_series(history, place->uuid, false);
	history->details -= place->opened != 0;
	g_hash_table_remove(history->places, place->uuid);
	history->generation++;
}

static struct place *add_place(struct history *history, const uint8_t uuid[16])
{
	struct place *place = g_new0(struct place, 1);

	memcpy(place->uuid, uuid, sizeof place->uuid);
	g_hash_table_insert(history->places, place->uuid, place);
	history->generation++;
	return place;
}

static void open_place(struct history *history, struct place *place)
{
	if (!place->opened) {
		place->wanted = true;
		history->details++;
	}
	place->opened = history->clock;
	if (history->details <= HISTORY_DETAILS_MAX)
		return;
	place = oldest_place(history, true);
	drop_series(history, place->uuid, true);
	place->opened = 0;
	history->details--;
}

void history_watch(struct history *history, const uint8_t uuid[16], bool open)
{
	struct place *place = g_hash_table_lookup(history->places, uuid);
	bool full = g_hash_table_size(history->places) >= HISTORY_GUESTS_MAX;

	if (!place && full)
		drop_place(history, oldest_place(history, false));
	if (!place) {
		place = add_place(history, uuid);
		/* With room for all of them, the host's list brings everybody's. */
		place->wanted = full;
	}
	place->watched = ++history->clock;
	if (open)
		open_place(history, place);
}

bool history_admit(struct history *history, const uint8_t uuid[16])
{
	struct place *place = g_hash_table_lookup(history->places, uuid);

	if (!place && g_hash_table_size(history->places) < HISTORY_GUESTS_MAX)
		place = add_place(history, uuid);
	return place != NULL;
}

bool history_admit_devices(const struct history *history, const uint8_t uuid[16])
{
	const struct place *place = g_hash_table_lookup(history->places, uuid);

	return place && place->opened;
}

void history_forget(struct history *history, const uint8_t uuid[16])
{
	struct place *place = g_hash_table_lookup(history->places, uuid);

	if (place)
		drop_place(history, place);
}

/* ---- rings ---- */

static const struct history_slot gap = {NAN, NAN};

static struct history_slot *slot_of(const struct ring *ring, uint32_t number)
{
	return &ring->slots[number % ring->room];
}

static bool in_ring(const struct ring *ring, uint32_t number)
{
	return ring->room && number <= ring->head && ring->head - number < ring->room;
}

/* Room for `count` slots back from the head. */
static void grow(struct ring *ring, enum tier tier, uint32_t count)
{
	unsigned limit = tier_shapes[tier].slots;
	unsigned room = MIN(limit, MAX(MAX(count, ring->room * 2u), ROOM_MIN));
	struct history_slot *slots;

	if (count <= ring->room || ring->room == limit)
		return;
	slots = g_new(struct history_slot, room);
	for (unsigned i = 0; i < room; i++)
		slots[i] = gap;
	for (unsigned i = 0; i < ring->room; i++)
		slots[(ring->head - i) % room] = *slot_of(ring, ring->head - i);
	g_free(ring->slots);
	ring->slots = slots;
	ring->room = (uint16_t)room;
}

static void set_head(struct ring *ring, uint32_t number)
{
	ring->head = number;
	ring->covered_s = 0;
	ring->joined = false;
}

static void start(struct ring *ring, enum tier tier, uint32_t number)
{
	grow(ring, tier, 1);
	for (unsigned i = 0; i < ring->room; i++)
		ring->slots[i] = gap;
	ring->written = number - 1;
	set_head(ring, number);
}

/* Slots that are known, oldest to head: what must not be pushed out while the ring can grow. */
static uint32_t known_count(const struct ring *ring)
{
	for (unsigned count = ring->room; count > 0; count--)
		if (!isnan(slot_of(ring, ring->head - count + 1)->average))
			return count;
	return 0;
}

static void go_forward(struct ring *ring, enum tier tier, uint32_t number)
{
	uint32_t step = number - ring->head;

	if (step >= tier_shapes[tier].slots) {
		start(ring, tier, number);
		return;
	}
	/* Only where the next slots would overwrite something. */
	if (ring->room < tier_shapes[tier].slots)
		grow(ring, tier, known_count(ring) + step);
	for (uint32_t i = 1; i <= step; i++)
		*slot_of(ring, ring->head + i) = gap;
	set_head(ring, number);
}

/* The clock was set back: what lies after now has not happened. */
static void go_back(struct ring *ring, enum tier tier, uint32_t number)
{
	if (!in_ring(ring, number)) {
		start(ring, tier, number);
		return;
	}
	for (uint32_t i = number; i <= ring->head; i++)
		*slot_of(ring, i) = gap;
	ring->written = MIN(ring->written, number - 1);
	set_head(ring, number);
}

/* Makes `number` the head; false where it is the slot before it: two clocks that differ by a hair. */
static bool move_to(struct ring *ring, enum tier tier, uint32_t number)
{
	if (!ring->room)
		start(ring, tier, number);
	else if (number > ring->head)
		go_forward(ring, tier, number);
	else if (number + 1 < ring->head)
		go_back(ring, tier, number);
	return number == ring->head;
}

/* Averages by time, maximum by value. */
static void join(struct history_slot *slot, float *covered_s, double value, double maximum, double span_s)
{
	double whole = *covered_s + span_s;

	if (isnan(slot->average)) {
		*slot = (struct history_slot){(float)value, (float)maximum};
	} else {
		slot->average = (float)((slot->average * *covered_s + value * span_s) / whole);
		slot->maximum = MAX(slot->maximum, (float)maximum);
	}
	*covered_s = (float)whole;
}

static void add_part(struct ring *ring, enum tier tier, uint32_t number, double value, double span_s)
{
	if (span_s <= 0 || !move_to(ring, tier, number))
		return;
	join(slot_of(ring, number), &ring->covered_s, value, value, span_s);
	ring->dirty = true;
}

/* ---- values ---- */

uint32_t history_slot_at(enum tier tier, gint64 unix_us)
{
	return (uint32_t)(MAX(unix_us, 0) / (tier_shapes[tier].slot_s * G_USEC_PER_SEC));
}

static void add_to_tier(struct ring *ring, enum tier tier, gint64 from_us, gint64 to_us, double value)
{
	gint64 slot_us = tier_shapes[tier].slot_s * G_USEC_PER_SEC;
	gint64 at_us = MAX(from_us, to_us - slot_us * (tier_shapes[tier].slots - 1));

	/* The interval's beginning was there before, and by another look at the clocks. */
	if (ring->room && history_slot_at(tier, to_us) >= ring->head)
		at_us = MAX(at_us, ring->head * slot_us);
	while (at_us < to_us) {
		uint32_t number = history_slot_at(tier, at_us);
		gint64 end_us = MIN(to_us, (number + 1) * slot_us);

		add_part(ring, tier, number, value, (double)(end_us - at_us) / G_USEC_PER_SEC);
		at_us = end_us;
	}
}

void history_add(struct history *history, const struct history_key *key, gint64 from_us, gint64 to_us,
        double value)
{
	struct series *series;

	if (!isfinite(value) || value < 0 || from_us < CLOCK_MIN_US || to_us <= from_us)
		return;
	series = get_series(history, key);
	for (enum tier tier = 0; series && tier < TIER_N; tier++)
		add_to_tier(&series->rings[tier], tier, from_us, to_us, value);
}

static void put_head(struct ring *ring, const struct history_record *record)
{
	struct history_slot *slot = slot_of(ring, record->slot);

	/* Two parts of one slot, before and after a restart; not the same part twice. */
	if (ring->joined || ring->covered_s + record->covered_s > tier_shapes[record->tier].slot_s)
		return;
	ring->joined = true;
	join(slot, &ring->covered_s, record->average, record->maximum, record->covered_s);
	ring->dirty = true;
}

static bool record_sound(const struct history_record *record)
{
	return record->tier < TIER_N && record->key.metric < METRIC_N && isfinite(record->average) &&
	       isfinite(record->maximum) && record->average >= 0 && record->covered_s > 0 &&
	       record->covered_s <= tier_shapes[record->tier].slot_s;
}

static bool record_admitted(struct history *history, const struct history_record *record)
{
	const struct history_key *key = &record->key;

	if (history_key_of(key, NULL))
		return true;
	return history_admit(history, key->uuid) &&
	       (in_list(key) || history_admit_devices(history, key->uuid));
}

void history_put(struct history *history, const struct history_record *record, gint64 unix_us)
{
	struct series *series;
	struct ring *ring;

	if (!record_sound(record) || record->slot > history_slot_at((enum tier)record->tier, unix_us) ||
	        !record_admitted(history, record))
		return;
	series = get_series(history, &record->key);
	if (!series)
		return;
	ring = &series->rings[record->tier];
	if (!ring->room)
		start(ring, record->tier, record->slot);
	else if (record->slot > ring->head)
		go_forward(ring, record->tier, record->slot);
	if (record->slot == ring->head) {
		put_head(ring, record);
		return;
	}
	if (ring->head - record->slot >= tier_shapes[record->tier].slots)
		return;
	grow(ring, record->tier, ring->head - record->slot + 1);
	if (isnan(slot_of(ring, record->slot)->average))
		*slot_of(ring, record->slot) = (struct history_slot){record->average, record->maximum};
}

/* ---- reading ---- */

bool history_read(const struct history *history, const struct history_key *key, enum tier tier,
        uint32_t first, unsigned count, struct history_slot *ret_slots)
{
	const struct series *series = find_series(history, key);
	bool any = false;

	for (unsigned i = 0; i < count; i++) {
		ret_slots[i] = gap;
		if (!series || !in_ring(&series->rings[tier], first + i))
			continue;
		ret_slots[i] = *slot_of(&series->rings[tier], first + i);
		any |= !isnan(ret_slots[i].average);
	}
	return any;
}

/* vCPU 10 comes after vCPU 2. */
static int compare_devices(gconstpointer a, gconstpointer b)
{
	const char *x = *(const char *const *)a, *y = *(const char *const *)b;
	gsize xs = strlen(x), ys = strlen(y);

	return xs != ys ? (xs < ys ? -1 : 1) : strcmp(x, y);
}

GPtrArray *history_devices(const struct history *history, const uint8_t uuid[16], enum metric metric)
{
	GPtrArray *devices = g_ptr_array_new_with_free_func(g_free);
	GHashTableIter iter;
	gpointer key;

	g_hash_table_iter_init(&iter, history->series);
	while (g_hash_table_iter_next(&iter, &key, NULL)) {
		const struct history_key *at = key;

		if (at->metric == metric && *at->device && history_key_of(at, uuid))
			g_ptr_array_add(devices, g_strndup(at->device, sizeof at->device));
	}
	g_ptr_array_sort(devices, compare_devices);
	return devices;
}

/* ---- for the keeper ---- */

static void take_ring(struct series *series, enum tier tier, GArray *records)
{
	struct ring *ring = &series->rings[tier];
	uint32_t oldest = ring->head - ring->room + 1;

	for (uint32_t n = MAX(ring->written + 1, oldest); n <= ring->head; n++) {
		const struct history_slot *slot = slot_of(ring, n);
		struct history_record record = {series->key, tier, n, slot->average, slot->maximum,
		        n == ring->head ? ring->covered_s : (float)tier_shapes[tier].slot_s};

		if (!isnan(slot->average))
			g_array_append_val(records, record);
	}
	ring->written = ring->head - 1;
	ring->dirty = false;
	ring->joined = true;
}

GArray *history_take_new(struct history *history)
{
	GArray *records = g_array_new(FALSE, FALSE, sizeof(struct history_record));
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, history->series);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		for (enum tier tier = 0; tier < TIER_N; tier++)
			if (((struct series *)value)->rings[tier].dirty)
				take_ring(value, tier, records);
	return records;
}

GArray *history_take_wanted(struct history *history)
{
	GArray *uuids = NULL;
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, history->places);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct place *place = value;

		if (!place->wanted)
			continue;
		place->wanted = false;
		if (!uuids)
			uuids = g_array_new(FALSE, FALSE, 16);
		g_array_append_vals(uuids, place->uuid, 1);
	}
	return uuids;
}
