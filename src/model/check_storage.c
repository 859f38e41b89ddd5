/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks of pools, images and disks: see nvirt/check.h. Pure; any thread. */
#include "check_private.h"

#include <string.h>

#include "nvirt/text.h"

/* A chain that is read slowly, and that a snapshot's deletion walks. */
#define DEPTH_MAX 8

/* ---- pools ---------------------------------------------------------------- */

static const struct check_pool *pool_at(const struct check_objects *objects, unsigned i)
{
	return &g_array_index(objects->pools, struct check_pool, i);
}

void check_pool_inactive(CHECK_ARGS)
{
	g_autofree char *virsh = check_virsh(facts);

	for (unsigned i = 0; i < facts->objects->pools->len; i++) {
		const struct check_pool *pool = pool_at(facts->objects, i);
		struct finding *finding;

		if (pool->active)
			continue;
		g_autofree char *name = check_object_word(pool->name, pool->uuid);
		finding = check_say_of(report, check, pool->autostart ? CHECK_WARN : CHECK_NOTE, OBJ_POOL,
		        pool->uuid, pool->name, "is not active%s",
		        pool->autostart ? ", though it is to start with the host" : "");
		check_remedy(finding, "%s pool-start %s", virsh, name);
		finding->verb = "pool-start";
	}
	if (!check_said(report, check))
		check_say(report, check, CHECK_OK, "all %u are active", facts->objects->pools->len);
}

void check_pool_full(CHECK_ARGS)
{
	for (unsigned i = 0; i < facts->objects->pools->len; i++) {
		const struct check_pool *pool = pool_at(facts->objects, i);
		double left = pool->capacity_bytes ? (double)pool->available_bytes / pool->capacity_bytes : 1;
		CHECK_BYTES(text, pool->available_bytes);

		if (!pool->active || left >= 0.1)
			continue;
		struct finding *finding = check_say_of(report, check, left < 0.05 ? CHECK_FAIL : CHECK_WARN,
		        OBJ_POOL, pool->uuid, pool->name, "%.0f %% full: %s left", (1 - left) * 100, text);
		check_remedy_nvirt(facts, finding, "images   # what is big, and what nobody uses");
	}
	if (!check_said(report, check))
		check_say(report, check, CHECK_OK, "all have a tenth of their room left");
}

static uint64_t grown_bytes(const struct check_storage *storage, const struct check_pool *pool)
{
	for (unsigned i = 0; i < storage->sizes->len; i++) {
		const struct check_size *size = &g_array_index(storage->sizes, struct check_size, i);

		if (memcmp(size->pool, pool->uuid, sizeof(pool->uuid)) == 0)
			return size->virtual_bytes;
	}
	return 0;
}

void check_pool_overcommit(CHECK_ARGS)
{
	for (unsigned i = 0; i < facts->objects->pools->len; i++) {
		const struct check_pool *pool = pool_at(facts->objects, i);
		uint64_t could = grown_bytes(facts->storage, pool);

		if (!pool->active || could <= pool->capacity_bytes)
			continue;
		CHECK_BYTES(wanted, could);
		CHECK_BYTES(there, pool->capacity_bytes);
		CHECK_BYTES(more, could - pool->capacity_bytes);
		struct finding *finding = check_say_of(report, check,
		        could > 2 * pool->capacity_bytes ? CHECK_WARN : CHECK_NOTE, OBJ_POOL, pool->uuid,
		        pool->name,
		        "if all its images grew to their size they would need %s of %s: %s are missing, and "
		        "the guests that write "
		        "then are paused",
		        wanted, there, more);
		check_remedy_nvirt(facts, finding, "images   # which of them are big, and which nobody uses");
	}
	if (!check_said(report, check))
		check_say(report, check, CHECK_OK, "all images may grow to their size");
}

/* ---- images --------------------------------------------------------------- */

static const struct image *image_at(const struct check_facts *facts, unsigned i)
{
	return images_tree(facts->storage->images)->pdata[i];
}

static unsigned image_count(const struct check_facts *facts)
{
	return images_count(facts->storage->images);
}

static struct finding *say_image(struct check_report *report, const struct check *check,
        enum check_result result, const struct image *image, const char *words)
{
	static const uint8_t none[16];
	g_autofree char *users = images_user_words(image);
	bool volume = image->ref.kind == OBJ_VOLUME;
	struct finding *finding = check_say_of(report, check, result, volume ? OBJ_VOLUME : OBJ_HOST,
	        volume ? image->ref.uuid : none, image->path, "%s%s%s", words, *users ? "; used by " : "",
	        users);

	finding->ref.name = volume ? image->ref.name : NULL;
	return finding;
}

/* Images with any of the problems. */
static void say_problems(CHECK_ARGS, unsigned problems, enum check_result result, const char *words,
        const char *fine, const char *remedy)
{
	bool ours = g_str_has_prefix(remedy, "nvirt ");

	for (unsigned i = 0; i < image_count(facts); i++) {
		const struct image *image = image_at(facts, i);

		if (!(image->problems & problems))
			continue;
		struct finding *finding = say_image(report, check, result, image, words);
		g_autofree char *path = check_word(image->path);
		g_autofree char *command = NULL;
		g_auto(GStrv) parts = g_strsplit(remedy, "%s", 2);
		command = g_strjoinv(path, parts);
		if (ours)
			check_remedy_nvirt(facts, finding, "%s", command + strlen("nvirt "));
		else
			check_remedy(finding, "%s", command);
	}
	if (!check_said(report, check))
		check_say(report, check, CHECK_OK, "%s", fine);
}

static void say_missing(CHECK_ARGS, const struct image *image)
{
	g_autofree char *path = check_word(image->path), *pool = check_object_word(image->pool, image->ref.uuid),
	                *virsh = check_virsh(facts);
	struct finding *finding;

	if (image->problems & IMAGE_MISSING) {
		finding = say_image(report, check, CHECK_FAIL, image, "is missing, and others need it");
	} else if (image->problems & IMAGE_RING) {
		finding = say_image(report, check, CHECK_FAIL, image, "its chain leads back to itself");
	} else {
		g_autofree char *words = g_strdup_printf("libvirt lists it, but cannot read it%s%s",
		        image->row && image->row->problem ? ": " : "",
		        image->row && image->row->problem ? image->row->problem : "");
		finding = say_image(report, check, image->problems & IMAGE_UNUSED ? CHECK_WARN : CHECK_FAIL,
		        image, words);
		check_remedy(finding, "%s pool-refresh %s   # if its file is gone", virsh, pool);
		return;
	}
	check_remedy_nvirt(facts, finding, "images %s --tree   # what stands on it", path);
}

void check_image_missing(CHECK_ARGS)
{
	for (unsigned i = 0; i < image_count(facts); i++)
		if (image_at(facts, i)->problems & (IMAGE_MISSING | IMAGE_UNREADABLE | IMAGE_RING))
			say_missing(check, facts, report, image_at(facts, i));
	if (!check_said(report, check))
		check_say(report, check, CHECK_OK, "every file that a chain needs is there");
}

void check_image_format(CHECK_ARGS)
{
	say_problems(check, facts, report, IMAGE_NO_FORMAT, CHECK_WARN,
	        "does not state the format of what it stands on",
	        "every image states the format of what it stands on",
	        "qemu-img info -U %s   # then: qemu-img rebase -u -F FORMAT -b BACKING FILE, while its guest "
	        "is off");
}

void check_image_shared(CHECK_ARGS)
{
	say_problems(check, facts, report, IMAGE_TWO_WRITERS, CHECK_FAIL, "two guests may write to it",
	        "no disk is written to by two guests",
	        "nvirt images %s   # give one of them a disk of its own");
}

void check_image_base(CHECK_ARGS)
{
	say_problems(check, facts, report, IMAGE_BASE_WRITABLE, CHECK_WARN,
	        "others stand on it, and a guest may write to it",
	        "nothing writes below an image of another guest",
	        "nvirt images %s --tree   # then make its guest a template, or give it an overlay of its "
	        "own");
}

void check_image_writable(CHECK_ARGS)
{
	for (unsigned i = 0; i < image_count(facts); i++) {
		const struct image *image = image_at(facts, i);
		unsigned mode = image->row ? image->row->mode : 0;

		if (!(mode & 0002))
			continue;
		g_autofree char *path = check_word(image->path),
		                *words = g_strdup_printf("every user may write to it (mode %04o)", mode);
		check_remedy(say_image(report, check, CHECK_FAIL, image, words), "sudo chmod o-w %s", path);
	}
	if (!check_said(report, check))
		check_say(report, check, CHECK_OK, "no image may be written to by every user");
}

void check_image_unused(CHECK_ARGS)
{
	uint64_t bytes = 0;
	unsigned count = 0;

	for (unsigned i = 0; i < image_count(facts); i++) {
		const struct image *image = image_at(facts, i);

		if (!(image->problems & IMAGE_UNUSED) || image->problems & IMAGE_UNREADABLE || !image->row)
			continue;
		count++;
		bytes += image->row->allocation_bytes;
	}
	CHECK_BYTES(text, bytes);
	if (!count) {
		check_say(report, check, CHECK_OK, "every image has a user");
		return;
	}
	struct finding *finding =
	        check_say(report, check, CHECK_NOTE, "%u image%s of %s in all %s used by no guest", count,
	                count == 1 ? "" : "s", text, count == 1 ? "is" : "are");
	check_remedy_nvirt(facts, finding, "images --json | jq -r '.[] | select(.unused) | .path'");
}

void check_image_depth(CHECK_ARGS)
{
	for (unsigned i = 0; i < image_count(facts); i++) {
		const struct image *image = image_at(facts, i);

		/* Of a chain the end is named. */
		if (image->depth < DEPTH_MAX || image->overlays->len)
			continue;
		g_autofree char *words =
		        g_strdup_printf("stands on %u images, one on the other", image->depth);
		check_remedy_nvirt(facts, say_image(report, check, CHECK_WARN, image, words),
		        "flatten GUEST   # or delete snapshots that nobody needs");
	}
	if (!check_said(report, check))
		check_say(report, check, CHECK_OK, "no chain is deeper than %d", DEPTH_MAX);
}

/* ---- disks ---------------------------------------------------------------- */

void check_disk_cache(CHECK_ARGS)
{
	const GArray *guests = facts->objects->guests;

	for (unsigned i = 0; i < guests->len; i++) {
		const struct check_guest *guest = &g_array_index(guests, struct check_guest, i);

		for (unsigned j = 0; j < guest->disks->len; j++) {
			const struct check_disk *disk = &g_array_index(guest->disks, struct check_disk, j);

			if (strcmp(disk->cache, "unsafe") != 0)
				continue;
			g_autofree char *virsh = check_virsh(facts), *name = check_guest_word(guest);
			struct finding *finding =
			        check_say_of(report, check, CHECK_WARN, OBJ_GUEST, guest->uuid, guest->name,
			                "disk %s has cache='unsafe': what the guest flushes is not written",
			                disk->target);
			check_remedy(finding, "%s edit %s   # take cache='unsafe' out of the disk's <driver>",
			        virsh, name);
		}
	}
	if (!check_said(report, check))
		check_say(report, check, CHECK_OK, "every disk writes what its guest flushes");
}

void check_mount_full(CHECK_ARGS)
{
	const GArray *mounts = facts->machine->mounts;

	for (unsigned i = 0; i < mounts->len; i++) {
		const struct check_mount *mount = &g_array_index(mounts, struct check_mount, i);
		double left = mount->total_bytes ? (double)mount->free_bytes / mount->total_bytes : 1;
		CHECK_BYTES(text, mount->free_bytes);

		if (left >= 0.1)
			continue;
		g_autofree char *path = check_word(mount->path);
		check_remedy(check_say(report, check, left < 0.03 ? CHECK_FAIL : CHECK_WARN,
		                     "the file system of %s is %.0f %% full: %s left", mount->path,
		                     (1 - left) * 100, text),
		        "sudo du -xh --max-depth=2 %s | sort -h | tail", path);
	}
	if (!check_said(report, check))
		check_say(report, check, CHECK_OK, "%s",
		        mounts->len ? "a tenth is left on each" : "there was none to look at");
}

void check_disk_slow(CHECK_ARGS)
{
	const GArray *disks = facts->machine->blockdevs;

	for (unsigned i = 0; i < disks->len; i++) {
		const struct check_blockdev *disk = &g_array_index(disks, struct check_blockdev, i);

		if (disk->ios < 1000 || disk->ms / disk->ios < 50)
			continue;
		check_remedy(
		        check_say(report, check, CHECK_WARN, "%s took %d ms a request on average since boot",
		                disk->name, (int)(disk->ms / disk->ios)),
		        "sudo smartctl -a /dev/%s; iostat -x 1 5", disk->name);
	}
	if (!check_said(report, check))
		check_say(report, check, CHECK_OK, "%s",
		        disks->len ? "each answers in less than 50 ms on average"
		                   : "there is none to look at");
}
