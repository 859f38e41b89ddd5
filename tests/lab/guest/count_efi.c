/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * count.S for UEFI firmware: the same record at 32 MiB, on the screen and in
 * sector 8 of every disk, and in the variable NvirtCount of the NVRAM too; 512
 * bytes on in memory the same count once all is written and shown.
 * Started by the firmware as a "kernel"; built without any library, see
 * count_efi.S for its header and UEFI 2.9 for the tables.
 */
#include <stdint.h>

#define EFIAPI __attribute__((ms_abi))
#define RECORD 0x2000000ull
#define MAGIC 0x5443564e /* "NVCT" */
#define SECTOR 8

struct guid {
	uint32_t a;
	uint16_t b, c;
	uint8_t d[8];
};

struct text_in {
	void *reset;
	uint64_t(EFIAPI *read_key)(struct text_in *in, void *key);
	void *wait_for_key;
};

struct text_out {
	void *reset;
	uint64_t(EFIAPI *output)(struct text_out *out, const uint16_t *text);
	void *test, *query, *set_mode, *attribute;
	uint64_t(EFIAPI *clear)(struct text_out *out);
	uint64_t(EFIAPI *set_cursor)(struct text_out *out, uint64_t column, uint64_t row);
	uint64_t(EFIAPI *enable_cursor)(struct text_out *out, uint8_t visible);
};

struct media {
	uint32_t id;
	uint8_t removable, present, partition, readonly, caching;
	uint32_t block_size;
};

struct block_io {
	uint64_t revision;
	struct media *media;
	void *reset;
	uint64_t(EFIAPI *read)(struct block_io *io, uint32_t id, uint64_t lba, uint64_t size, void *data);
	uint64_t(EFIAPI *write)(struct block_io *io, uint32_t id, uint64_t lba, uint64_t size, void *data);
	uint64_t(EFIAPI *flush)(struct block_io *io);
};

/* Tables are arrays of pointers behind a header of 24 bytes; these are the places of what is used. */
enum { BOOT_ALLOCATE_PAGES = 2, BOOT_WAIT_FOR_EVENT = 9, BOOT_HANDLE_PROTOCOL = 16, BOOT_WATCHDOG = 29 };
enum { BOOT_CONNECT = 30, BOOT_LOCATE_HANDLES = 36 };
enum { RUNTIME_SET_VARIABLE = 8 };

struct table {
	uint8_t header[24];
	void *calls[64];
};

struct system {
	uint8_t header[24];
	void *vendor;
	uint64_t revision;
	void *in_handle;
	struct text_in *in;
	void *out_handle;
	struct text_out *out;
	void *err_handle, *err;
	struct table *runtime, *boot;
};

struct record {
	uint32_t magic, count;
	uint8_t zeros[504];
};

struct disks {
	struct block_io *io[8];
	unsigned n;
};

/* A "kernel" is started before the firmware has looked for disks. */
static void connect_all(struct system *system)
{
	uint64_t(EFIAPI *locate)(uint64_t how, const struct guid *guid, void *key, uint64_t *n, void ***handles) =
	        system->boot->calls[BOOT_LOCATE_HANDLES];
	uint64_t(EFIAPI *connect)(void *handle, void *driver, void *path, uint8_t recursive) =
	        system->boot->calls[BOOT_CONNECT];
	uint64_t n = 0;
	void **handles = 0;

	if (locate(0, 0, 0, &n, &handles))
		return;
	for (uint64_t i = 0; i < n; i++)
		connect(handles[i], 0, 0, 1);
}

static void find_disks(struct system *system, struct disks *disks)
{
	static const struct guid block_io = {0x964e5b21, 0x6459, 0x11d2, {0x8e, 0x39, 0, 0xa0, 0xc9, 0x69, 0x72, 0x3b}};
	uint64_t(EFIAPI *locate)(uint64_t how, const struct guid *guid, void *key, uint64_t *n, void ***handles) =
	        system->boot->calls[BOOT_LOCATE_HANDLES];
	uint64_t(EFIAPI *protocol)(void *handle, const struct guid *guid, void *interface) =
	        system->boot->calls[BOOT_HANDLE_PROTOCOL];
	uint64_t n = 0;
	void **handles = 0;

	if (locate(2, &block_io, 0, &n, &handles))
		return;
	for (uint64_t i = 0; i < n && disks->n < 8; i++) {
		struct block_io *io = 0;
		if (protocol(handles[i], &block_io, &io) == 0 && io->media->present && !io->media->partition
		        && !io->media->readonly && io->media->block_size == sizeof(struct record))
			disks->io[disks->n++] = io;
	}
}

static void show(struct system *system, uint32_t count)
{
	uint16_t text[] = {'c', 'o', 'u', 'n', 't', ' ', '0', '0', '0', '0', '0', '0', '0', '0', 0};

	for (unsigned i = 13; i > 5; i--, count /= 10)
		text[i] = (uint16_t)('0' + count % 10);
	system->out->set_cursor(system->out, 0, 0);
	system->out->output(system->out, text);
}

static void store(struct system *system, struct disks *disks, struct record *record)
{
	static const struct guid own = {0x6e766972, 0x7400, 0x4c41, {0x42, 0, 0, 0, 0, 0, 0, 1}};
	static const uint16_t name[] = {'N', 'v', 'i', 'r', 't', 'C', 'o', 'u', 'n', 't', 0};
	uint64_t(EFIAPI *set)(const uint16_t *variable, const struct guid *guid, uint32_t attributes, uint64_t size,
	        void *data) = system->runtime->calls[RUNTIME_SET_VARIABLE];

	for (unsigned i = 0; i < disks->n; i++) {
		struct block_io *io = disks->io[i];
		io->write(io, io->media->id, SECTOR, sizeof *record, record);
		io->flush(io);
	}
	set(name, &own, 3, 8, record); /* non-volatile, boot services */
}

/* The first disk in the order of the firmware says where to go on from. */
static void load(struct disks *disks, struct record *record)
{
	for (unsigned i = 0; i < disks->n; i++) {
		struct block_io *io = disks->io[i];
		io->read(io, io->media->id, SECTOR, sizeof *record, record);
		if (record->magic == MAGIC)
			return;
	}
	for (unsigned i = 0; i < sizeof record->zeros; i++)
		record->zeros[i] = 0;
	record->magic = MAGIC;
	record->count = 0;
}

uint64_t EFIAPI efi_main(void *image, struct system *system);
uint64_t EFIAPI efi_main(void *image, struct system *system)
{
	uint64_t(EFIAPI *allocate)(uint64_t how, uint64_t type, uint64_t pages, uint64_t *address) =
	        system->boot->calls[BOOT_ALLOCATE_PAGES];
	uint64_t(EFIAPI *wait)(uint64_t n, void *events, uint64_t *which) = system->boot->calls[BOOT_WAIT_FOR_EVENT];
	uint64_t(EFIAPI *watchdog)(uint64_t seconds, uint64_t code, uint64_t size, void *data) =
	        system->boot->calls[BOOT_WATCHDOG];
	uint64_t address = RECORD, which;
	struct record *record = (struct record *)RECORD;
	struct disks disks = {.n = 0};
	uint32_t key;

	(void)image;
	watchdog(0, 0, 0, 0);
	if (allocate(2, 2, 1, &address))
		return 1;
	connect_all(system);
	find_disks(system, &disks);
	load(&disks, record);
	system->out->clear(system->out);
	system->out->enable_cursor(system->out, 0);
	for (;;) {
		show(system, record->count);
		*(volatile uint32_t *)(record + 1) = record->count;
		wait(1, &system->in->wait_for_key, &which);
		if (system->in->read_key(system->in, &key))
			continue;
		record->count++;
		store(system, &disks, record);
	}
}
