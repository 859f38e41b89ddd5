/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Slots of series in a file of fixed size: see history_file.h. */
#include "backend/history_file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "backend/journal_private.h"

#define HEADER_BYTES 4096
#define MAGIC "nvirt history\n"
#define BYTE_ORDER_MARK 0x01020304u
#define BAD_MAX 9
/* An entry's time is written anew when it is older than that: it only orders them. */
#define STAMP_EVERY_S 600

struct file_header {
	char magic[16];
	uint32_t version, byte_order;
	uint32_t series, tiers;
	uint32_t slots[TIER_N], slot_s[TIER_N];
	uint64_t file_bytes;
	char uri[2048];
	uint32_t reserved, crc; /* of all before it */
};

struct file_entry {
	struct history_key key;
	uint32_t used; /* 0 = free */
	uint32_t stamp_s; /* Unix time */
	uint32_t reserved[3];
	uint32_t crc; /* of all before it */
};

struct file_slot {
	uint32_t number; /* 0 = none */
	float average, maximum;
	uint16_t covered; /* of 65535 */
	uint16_t crc;     /* of the key's checksum and all before it */
};

G_STATIC_ASSERT(sizeof(struct history_key) == 40);
G_STATIC_ASSERT(sizeof(struct file_entry) == 64);
G_STATIC_ASSERT(sizeof(struct file_slot) == 16);
G_STATIC_ASSERT(sizeof(struct file_header) <= HEADER_BYTES);

struct history_file {
	char *dir, *name, *path, *uri;
	int dir_fd, fd; /* -1 = not open */
	struct file_entry entries[HISTORY_SERIES_MAX];
	GHashTable *index; /* key (in entries) -> number + 1 */
	bool damage_told;
	char *notice;
};

/* ---- checksums --------------------------------------------------------------- */

/* CRC-32 of IEEE 802.3, four bits at a time. */
static uint32_t crc32_add(uint32_t crc, const void *bytes, gsize size)
{
	static const uint32_t table[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190,
	        0x6b6b51f4, 0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0,
	        0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
	const uint8_t *p = bytes;

	crc = ~crc;
	for (gsize i = 0; i < size; i++) {
		crc ^= p[i];
		crc = table[crc & 15] ^ (crc >> 4);
		crc = table[crc & 15] ^ (crc >> 4);
	}
	return ~crc;
}

static uint32_t header_crc(const struct file_header *header)
{
	return crc32_add(0, header, offsetof(struct file_header, crc));
}

static uint32_t entry_crc(const struct file_entry *entry)
{
	return crc32_add(0, entry, offsetof(struct file_entry, crc));
}

static uint16_t slot_crc(const struct history_key *key, uint32_t tier, const struct file_slot *slot)
{
	uint32_t crc = crc32_add(tier, key, sizeof(*key));

	crc = crc32_add(crc, slot, offsetof(struct file_slot, crc));
	return (uint16_t)(crc ^ crc >> 16);
}

/* ---- places ------------------------------------------------------------------ */

static unsigned series_slots(void)
{
	unsigned sum = 0;

	for (int tier = 0; tier < TIER_N; tier++)
		sum += tier_shapes[tier].slots;
	return sum;
}

static off_t entry_at(unsigned index)
{
	return HEADER_BYTES + (off_t)index * (off_t)sizeof(struct file_entry);
}

static off_t series_at(unsigned index)
{
	return entry_at(HISTORY_SERIES_MAX) +
	       (off_t)index * (off_t)series_slots() * (off_t)sizeof(struct file_slot);
}

static off_t slot_at(unsigned index, uint32_t tier, uint32_t number)
{
	unsigned before = number % tier_shapes[tier].slots;

	for (uint32_t i = 0; i < tier; i++)
		before += tier_shapes[i].slots;
	return series_at(index) + (off_t)before * (off_t)sizeof(struct file_slot);
}

gint64 history_file_size(void)
{
	return series_at(HISTORY_SERIES_MAX);
}

/* ---- life -------------------------------------------------------------------- */

static guint key_hash(gconstpointer key)
{
	return crc32_add(0, key, sizeof(struct history_key));
}

static gboolean key_equal(gconstpointer a, gconstpointer b)
{
	return memcmp(a, b, sizeof(struct history_key)) == 0;
}

/* Told apart by a checksum, recognised by a person. */
static char *file_name(const char *uri)
{
	g_autofree char *word = g_strndup(uri, 80);

	for (char *p = word; *p; p++)
		if (!g_ascii_isalnum(*p) && *p != '-')
			*p = '_';
	return g_strdup_printf("%s-%08x.ring", word, crc32_add(0, uri, strlen(uri)));
}

struct history_file *history_file_new(const char *dir, const char *uri)
{
	struct history_file *file = g_new0(struct history_file, 1);

	file->dir = g_strdup(dir);
	file->name = file_name(uri);
	file->path = g_build_filename(dir, file->name, NULL);
	file->uri = g_strdup(uri);
	file->dir_fd = file->fd = -1;
	file->index = g_hash_table_new(key_hash, key_equal);
	return file;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void history_file_free(struct history_file *file)
{
	if (!file)
		return;
	close_fd(&file->fd);
	close_fd(&file->dir_fd);
	g_hash_table_unref(file->index);
	g_free(file->dir);
	g_free(file->name);
	g_free(file->path);
	g_free(file->uri);
	g_free(file->notice);
	g_free(file);
}

const char *history_file_path(const struct history_file *file)
{
	return file->path;
}

char *history_file_take_notice(struct history_file *file)
{
	return g_steal_pointer(&file->notice);
}

/* ---- bytes ------------------------------------------------------------------- */

static bool fail(struct history_file *file, const char *what, int number, GError **error)
{
	g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(number), "cannot %s '%s': %s", what,
	        file->path, g_strerror(number));
	return false;
}

static bool read_at(struct history_file *file, void *bytes, gsize size, off_t at, GError **error)
{
	ssize_t n;

	do
		n = pread(file->fd, bytes, size, at);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)size || fail(file, "read", n < 0 ? errno : ENODATA, error);
}

static bool write_at(struct history_file *file, int fd, const void *bytes, gsize size, off_t at, GError **error)
{
	ssize_t n;

	do
		n = pwrite(fd, bytes, size, at);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)size || fail(file, "write to", n < 0 ? errno : ENOSPC, error);
}

/* ---- header ------------------------------------------------------------------ */

static void fill_header(const struct history_file *file, struct file_header *header)
{
	*header = (struct file_header){.magic = MAGIC,
	        .version = HISTORY_VERSION,
	        .byte_order = BYTE_ORDER_MARK,
	        .series = HISTORY_SERIES_MAX,
	        .tiers = TIER_N,
	        .file_bytes = (uint64_t)history_file_size()};
	for (int tier = 0; tier < TIER_N; tier++) {
		header->slots[tier] = tier_shapes[tier].slots;
		header->slot_s[tier] = tier_shapes[tier].slot_s;
	}
	g_strlcpy(header->uri, file->uri, sizeof(header->uri));
	header->crc = header_crc(header);
}

/* Why the file can not be used, owned; NULL when it can. */
static char *header_fault(struct history_file *file)
{
	struct file_header wanted, found;
	g_autoptr(GError) error = NULL;
	struct stat st;

	fill_header(file, &wanted);
	if (fstat(file->fd, &st) < 0)
		return g_strdup(g_strerror(errno));
	if (!read_at(file, &found, sizeof(found), 0, &error))
		return g_strdup_printf("it is too short (%" G_GINT64_FORMAT " bytes)", (gint64)st.st_size);
	if (memcmp(found.magic, wanted.magic, sizeof(found.magic)) != 0)
		return g_strdup("it is no history of nvirt");
	if (found.byte_order != BYTE_ORDER_MARK)
		return g_strdup("it was written by a machine of another byte order");
	if (found.version != HISTORY_VERSION)
		return g_strdup_printf("it is of version %u, this nvirt uses %u", found.version, HISTORY_VERSION);
	if (header_crc(&found) != found.crc)
		return g_strdup("its header is damaged");
	if (memcmp(&found, &wanted, sizeof(found)) != 0)
		return g_strdup("its shape is another one");
	if (st.st_size != history_file_size())
		return g_strdup_printf("it has %" G_GINT64_FORMAT " bytes instead of %" G_GINT64_FORMAT,
		        (gint64)st.st_size, history_file_size());
	return NULL;
}

/* ---- opening ----------------------------------------------------------------- */

static bool open_dir(struct history_file *file, GError **error)
{
	if (file->dir_fd < 0)
		file->dir_fd = journal_open_dir(file->dir, true, error);
	return file->dir_fd >= 0;
}

/* 1 open, 0 there is none, -1 error. */
static int open_file(struct history_file *file, GError **error)
{
	struct stat st;

	/* O_NONBLOCK: what has this name may be a FIFO. */
	file->fd = openat(file->dir_fd, file->name, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (file->fd < 0 && errno == ENOENT)
		return 0;
	if (file->fd < 0) {
		fail(file, "open", errno, error);
		return -1;
	}
	if (fstat(file->fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid())
		return 1;
	close_fd(&file->fd);
	fail(file, "use", EPERM, error);
	return -1;
}

/* Whole before it gets its name; who was faster wins. */
static bool make_file(struct history_file *file, GError **error)
{
	g_autofree char *temp = g_strdup_printf(".%s.%d.%08x", file->name, (int)getpid(), g_random_int());
	struct file_header header;
	bool ok;
	int fd;

	unlinkat(file->dir_fd, temp, 0);
	fd = openat(file->dir_fd, temp, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail(file, "make", errno, error);
	fill_header(file, &header);
	ok = write_at(file, fd, &header, sizeof(header), 0, error);
	if (ok && ftruncate(fd, history_file_size()) < 0)
		ok = fail(file, "make", errno, error);
	if (ok && linkat(file->dir_fd, temp, file->dir_fd, file->name, 0) < 0 && errno != EEXIST)
		ok = fail(file, "make", errno, error);
	unlinkat(file->dir_fd, temp, 0);
	close(fd);
	return ok;
}

static bool is_current(const struct history_file *file)
{
	struct stat ours, named;

	return fstat(file->fd, &ours) == 0 && ours.st_nlink > 0 &&
	       fstatat(file->dir_fd, file->name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
	       ours.st_dev == named.st_dev && ours.st_ino == named.st_ino;
}

/* Kept for a person to look at; `fault` says why. Lock held. */
static bool put_aside(struct history_file *file, const char *fault, GError **error)
{
	g_autofree char *bad = NULL;
	struct stat st;

	for (int i = 1; i <= BAD_MAX; i++) {
		g_free(bad);
		bad = i == 1 ? g_strconcat(file->name, ".bad", NULL) : g_strdup_printf("%s.bad%d", file->name, i);
		if (fstatat(file->dir_fd, bad, &st, AT_SYMLINK_NOFOLLOW) < 0)
			break;
	}
	if (renameat(file->dir_fd, file->name, file->dir_fd, bad) < 0)
		return fail(file, "put aside", errno, error);
	close_fd(&file->fd);
	g_free(file->notice);
	file->notice = g_strdup_printf("history: cannot use '%s': %s; it is kept as '%s', a new one was started",
	        file->path, fault, bad);
	return true;
}

static int lock_fd(int fd, int how)
{
	int rc;

	do
		rc = flock(fd, how);
	while (rc < 0 && errno == EINTR);
	return rc < 0 ? errno : 0;
}

/* Open, ours alone and sound. */
static enum history_written lock_for_write(struct history_file *file, bool wait, GError **error)
{
	/* Every turn means that somebody made or put aside the file just then. */
	for (int turn = 0; turn < 20; turn++) {
		g_autofree char *fault = NULL;
		int rc;

		if (!open_dir(file, error))
			return HISTORY_FAILED;
		if (file->fd < 0 && (rc = open_file(file, error)) <= 0) {
			if (rc < 0 || !make_file(file, error)) {
				close_fd(&file->dir_fd);
				return HISTORY_FAILED;
			}
			continue;
		}
		rc = lock_fd(file->fd, wait ? LOCK_EX : LOCK_EX | LOCK_NB);
		if (rc == EWOULDBLOCK)
			return HISTORY_BUSY;
		if (rc != 0)
			return fail(file, "lock", rc, error), HISTORY_FAILED;
		if (!is_current(file)) {
			close_fd(&file->fd);
			continue;
		}
		fault = header_fault(file);
		if (!fault)
			return HISTORY_WRITTEN;
		if (!put_aside(file, fault, error))
			return HISTORY_FAILED;
	}
	fail(file, "lock", EBUSY, error);
	return HISTORY_FAILED;
}

/* ---- directory --------------------------------------------------------------- */

/* Entries that are not whole count as free. */
static bool read_directory(struct history_file *file, unsigned *ret_damaged, GError **error)
{
	unsigned damaged = 0;

	g_hash_table_remove_all(file->index);
	if (!read_at(file, file->entries, sizeof(file->entries), entry_at(0), error))
		return false;
	for (unsigned i = 0; i < HISTORY_SERIES_MAX; i++) {
		struct file_entry *entry = &file->entries[i];

		if (!entry->used)
			continue;
		if (entry->crc != entry_crc(entry) || entry->key.metric >= METRIC_N) {
			*entry = (struct file_entry){0};
			damaged++;
			continue;
		}
		g_hash_table_insert(file->index, &entry->key, GUINT_TO_POINTER(i + 1));
	}
	*ret_damaged += damaged;
	return true;
}

static bool write_entry(struct history_file *file, unsigned index, gint64 now_us, GError **error)
{
	struct file_entry *entry = &file->entries[index];

	entry->used = 1;
	entry->stamp_s = (uint32_t)(now_us / G_USEC_PER_SEC);
	entry->crc = entry_crc(entry);
	return write_at(file, file->fd, entry, sizeof(*entry), entry_at(index), error);
}

static unsigned oldest_entry(const struct history_file *file)
{
	unsigned oldest = 0;

	for (unsigned i = 0; i < HISTORY_SERIES_MAX; i++) {
		const struct file_entry *entry = &file->entries[i];

		if (!entry->used)
			return i;
		if (entry->stamp_s < file->entries[oldest].stamp_s)
			oldest = i;
	}
	return oldest;
}

/* The slots of whoever was there go first: were we killed in between, they are lost either way. */
static bool make_entry(
        struct history_file *file, const struct history_key *key, gint64 now_us, unsigned *ret_index, GError **error)
{
	gsize bytes = series_slots() * sizeof(struct file_slot);
	unsigned index = oldest_entry(file);
	struct file_entry *entry = &file->entries[index];
	g_autofree void *zeros = g_malloc0(bytes);

	if (!write_at(file, file->fd, zeros, bytes, series_at(index), error))
		return false;
	if (entry->used)
		g_hash_table_remove(file->index, &entry->key);
	*entry = (struct file_entry){.key = *key};
	if (!write_entry(file, index, now_us, error))
		return false;
	g_hash_table_insert(file->index, &entry->key, GUINT_TO_POINTER(index + 1));
	*ret_index = index;
	return true;
}

static bool find_entry(struct history_file *file, const struct history_key *key, gint64 now_us,
        unsigned *ret_index, GError **error)
{
	unsigned found = GPOINTER_TO_UINT(g_hash_table_lookup(file->index, key));

	if (!found)
		return make_entry(file, key, now_us, ret_index, error);
	*ret_index = found - 1;
	if (ABS(now_us / G_USEC_PER_SEC - (gint64)file->entries[*ret_index].stamp_s) < STAMP_EVERY_S)
		return true;
	return write_entry(file, *ret_index, now_us, error);
}

/* ---- slots ------------------------------------------------------------------- */

static bool slot_sound(const struct history_key *key, uint32_t tier, unsigned place, const struct file_slot *slot)
{
	return slot->crc == slot_crc(key, tier, slot) && slot->number % tier_shapes[tier].slots == place &&
	       isfinite(slot->average) && isfinite(slot->maximum);
}

static bool write_slot(struct history_file *file, unsigned index, const struct history_record *record, GError **error)
{
	unsigned slots = tier_shapes[record->tier].slots;
	double part = record->covered_s / tier_shapes[record->tier].slot_s;
	off_t at = slot_at(index, record->tier, record->slot);
	struct file_slot old, slot = {.number = record->slot,
	        .average = record->average,
	        .maximum = record->maximum,
	        .covered = (uint16_t)CLAMP(part * 65535, 1, 65535)};

	slot.crc = slot_crc(&record->key, record->tier, &slot);
	if (!read_at(file, &old, sizeof(old), at, error))
		return false;
	/* Another nvirt may know more of it. */
	if (old.number == slot.number && slot_sound(&record->key, record->tier, record->slot % slots, &old) &&
	        old.covered > slot.covered)
		return true;
	return write_at(file, file->fd, &slot, sizeof(slot), at, error);
}

enum history_written history_file_write(
        struct history_file *file, const GArray *records, bool wait, gint64 now_us, GError **error)
{
	enum history_written state = lock_for_write(file, wait, error);
	unsigned damaged = 0;
	bool ok;

	if (state != HISTORY_WRITTEN)
		return state;
	ok = read_directory(file, &damaged, error);
	for (guint i = 0; ok && i < records->len; i++) {
		const struct history_record *record = &g_array_index(records, struct history_record, i);
		unsigned index = 0;

		assert(record->tier < TIER_N);
		ok = find_entry(file, &record->key, now_us, &index, error) && write_slot(file, index, record, error);
	}
	lock_fd(file->fd, LOCK_UN);
	if (!ok)
		close_fd(&file->fd);
	return ok ? HISTORY_WRITTEN : HISTORY_FAILED;
}

/* ---- reading ----------------------------------------------------------------- */

/* What one series gives. */
struct reading {
	const struct file_entry *entry;
	gint64 now_us;
	bool all;
	unsigned damaged;
};

static void read_tier(struct reading *reading, enum tier tier, const struct file_slot *slots, GArray *records)
{
	const struct tier_shape *shape = &tier_shapes[tier];
	uint32_t now = history_slot_at(tier, reading->now_us);

	for (unsigned i = 0; i < shape->slots; i++) {
		const struct file_slot *slot = &slots[i];
		struct history_record record = {reading->entry->key, tier, slot->number, slot->average,
		        slot->maximum, (float)slot->covered * (float)shape->slot_s / 65535};

		if (!slot->number)
			continue;
		if (!slot_sound(&reading->entry->key, tier, i, slot)) {
			reading->damaged++;
			continue;
		}
		if (slot->number > now || now - slot->number >= shape->slots)
			continue;
		if (reading->all || tier == TIER_5M || slot->number == now)
			g_array_append_val(records, record);
	}
}

static bool read_series(struct history_file *file, unsigned index, struct reading *reading, GArray *records, GError **error)
{
	gsize bytes = series_slots() * sizeof(struct file_slot);
	g_autofree struct file_slot *slots = g_malloc(bytes);
	const struct file_slot *at = slots;

	reading->entry = &file->entries[index];
	if (!read_at(file, slots, bytes, series_at(index), error))
		return false;
	for (enum tier tier = 0; tier < TIER_N; tier++) {
		read_tier(reading, tier, at, records);
		at += tier_shapes[tier].slots;
	}
	return true;
}

static bool asked_for(const struct history_key *key, const uint8_t *uuid, bool *ret_all)
{
	*ret_all = history_key_of(key, uuid);
	return *ret_all || (!uuid && (key->metric == METRIC_CPU || key->metric == METRIC_MEMORY_HOST));
}

static bool read_all(struct history_file *file, const uint8_t *uuid, struct reading *reading, GArray *records, GError **error)
{
	if (!read_directory(file, &reading->damaged, error))
		return false;
	for (unsigned i = 0; i < HISTORY_SERIES_MAX; i++) {
		if (!file->entries[i].used || !asked_for(&file->entries[i].key, uuid, &reading->all))
			continue;
		if (!read_series(file, i, reading, records, error))
			return false;
	}
	return true;
}

static void tell_damage(struct history_file *file, unsigned damaged)
{
	if (!damaged || file->damage_told || file->notice)
		return;
	file->damage_told = true;
	file->notice = g_strdup_printf(
	        "history: %u damaged value%s in '%s' left out", damaged, damaged == 1 ? " was" : "s were", file->path);
}

bool history_file_read(struct history_file *file, const uint8_t uuid[16], gint64 now_us, GArray *records,
        GError **error)
{
	struct reading reading = {.now_us = now_us};
	g_autofree char *fault = NULL;
	bool shared, ok;
	int rc = 1;

	if (!open_dir(file, error))
		return false;
	if (file->fd >= 0 && !is_current(file))
		close_fd(&file->fd);
	if (file->fd < 0)
		rc = open_file(file, error);
	if (rc <= 0)
		return rc == 0;
	/* Unlocked it may be read in the middle of a write: then checksums fail for no bad reason. */
	shared = lock_fd(file->fd, LOCK_SH | LOCK_NB) == 0;
	fault = header_fault(file);
	if (fault) {
		/* Who writes next puts it aside and says so. */
		close_fd(&file->fd);
		return true;
	}
	ok = read_all(file, uuid, &reading, records, error);
	if (shared) {
		lock_fd(file->fd, LOCK_UN);
		tell_damage(file, reading.damaged);
	}
	return ok;
}
