/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which image stands on which, and who uses it: one graph over all pools and
 * guests of a host, also those that nvirt did not make.
 *
 * Made of the rows of the store, which it borrows: good until the next message.
 * Pure; main thread. Chains may be broken, lead in a ring or be thousands deep.
 */
#ifndef NVIRT_IMAGES_H
#define NVIRT_IMAGES_H

#include "nvirt/inv.h"

/* What is to be known of an image; several may hold. */
enum image_problem {
	IMAGE_MISSING = 1 << 0,      /* something stands on it or uses it, and it is not there */
	IMAGE_BROKEN = 1 << 1,       /* something further down its chain is missing */
	IMAGE_UNREADABLE = 1 << 2,   /* libvirt lists it and can not read it */
	IMAGE_NO_FORMAT = 1 << 3,    /* it does not state the format of what it stands on */
	IMAGE_RING = 1 << 4,         /* its chain leads back to itself */
	IMAGE_TWO_WRITERS = 1 << 5,  /* two guests have it as a disk of their own */
	IMAGE_BASE_WRITABLE = 1 << 6, /* others stand on it, and a guest may write to it */
	IMAGE_BASE_NEWER = 1 << 7,   /* it was written to after what stands on it: a hint */
	IMAGE_OUTSIDE = 1 << 8,      /* it lies in no pool: only its users tell of it */
	IMAGE_UNUSED = 1 << 9,       /* nobody known uses it or stands on it: no fault */
};
/* Those that something is wrong with. */
#define IMAGE_FAULTS                                                                                         \
	(IMAGE_MISSING | IMAGE_BROKEN | IMAGE_UNREADABLE | IMAGE_NO_FORMAT | IMAGE_RING | IMAGE_TWO_WRITERS | \
	        IMAGE_BASE_WRITABLE | IMAGE_BASE_NEWER)

struct image {
	const char *key;              /* raw: one file is one key */
	const char *path;             /* cleaned */
	const char *format;           /* cleaned; "" = not known */
	const char *pool;             /* cleaned name; "" = none */
	struct obj_ref ref;           /* the volume; OBJ_NONE where it is in no pool */
	const struct volume_row *row; /* NULL: known only because others stand on it */
	struct image *base;           /* what it stands on; NULL = nothing, or nothing known */
	GPtrArray *overlays;          /* struct image *: what stands on it, by path */
	unsigned problems;            /* enum image_problem */
	unsigned depth;               /* 0 = stands on nothing */
	unsigned place;               /* in images_tree() */
	bool ring_cut;                /* its edge to `base` closes a ring: trees do not follow it */
};

struct images;

struct images *images_new(void);
void images_free(struct images *images);
/* `ref` and `pool` may be NULL: a file in no pool. Rows that were not read are images without a chain. */
void images_add(struct images *images, const struct volume_row *row, const struct obj_ref *ref, const char *pool);
/* After the last row: edges, depths and problems. */
void images_link(struct images *images);
struct host;
/* All of it, of what the store knows of a host. */
struct images *images_of_host(const struct host *host);

unsigned images_count(const struct images *images);
/*
 * In the order of a tree: an image, then all that stands on it; what stands on nothing first.
 * Borrowed; struct image *.
 */
const GPtrArray *images_tree(const struct images *images);
const struct image *images_find(const struct images *images, const struct obj_ref *ref);
const struct image *images_by_key(const struct images *images, const char *key);
/*
 * Everyone above it: the uses of the image and of all that stands on it, at any height: struct
 * volume_use *, borrowed; the array is owned. Uses that only say "is based on it" are left out.
 */
GPtrArray *images_users(const struct image *image);
/* The image, what lies below it and all that stands on it, into `set` (as keys). */
void images_family(const struct image *image, GHashTable *set);
/*
 * Where it hangs in the tree: "│ └─ ", or "| `- "; "" for a root. Of its siblings those in `shown`
 * count (NULL = all); no deeper than `max` levels. Owned.
 */
char *images_branch(const struct image *image, GHashTable *shown, bool ascii, unsigned max);
/*
 * Whose it is, for a column: "web1 vda, backup"; where no guest uses it "3 images", which stand on
 * it; "" = nobody's. Owned.
 */
char *images_user_words(const struct image *image);
/* How many images stand on it, at any height. */
unsigned images_above(const struct image *image);
/* "its base is missing; nobody uses it": owned, "" = nothing. `hints`: unused and outside too. */
char *images_problem_words(const struct image *image, bool hints);
/* One word for a column: the worst; "" = none. */
const char *images_problem_word(const struct image *image);

#endif
