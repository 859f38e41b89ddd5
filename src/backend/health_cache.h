/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one round of gathering for the checks leaves to the next one, so that rounds which follow each other do not
 * read every guest, volume and image again: definitions until something told that they changed, volumes and
 * headers until they are old. A few definitions that were read long ago are read again each round, for not
 * everything is told. One thread at a time; no libvirt handle is kept.
 */
#ifndef NVIRT_BACKEND_HEALTH_CACHE_H
#define NVIRT_BACKEND_HEALTH_CACHE_H

#include "backend/usage.h"
#include "backend/volumes.h"
#include "nvirt/check.h"

struct health_cache;

/* Volumes and headers that were read longer ago are read again. */
#define HEALTH_VOLUMES_OLD_US (5 * 60 * G_USEC_PER_SEC)

struct health_cache *health_cache_new(bool local);
void health_cache_free(struct health_cache *cache);

/* ---- definitions ---- */
/*
 * The guest as an earlier round read it, if it may stand for what it is now; NULL = it is to be read. `serial`: the
 * state of its definition as usage.h has it, 0 = not known. Borrowed until health_cache_keep().
 */
const struct check_guest *health_cache_guest(
        struct health_cache *cache, const struct check_guest *guest, uint32_t serial);
/* That row of the box under way was read in that state; from the cache, or anew. */
void health_cache_note(struct health_cache *cache, const struct check_guest *guest, uint32_t serial, bool anew);
/* The box is what the next round looks in; a reference is taken. */
void health_cache_keep(struct health_cache *cache, struct check_objects *objects);

/* ---- images ---- */
struct usage *health_cache_usage(struct health_cache *cache);
struct volumes *health_cache_volumes(struct health_cache *cache);
/* May what is known of who uses what stand for that guest as it is now? */
bool health_cache_knows_usage(struct health_cache *cache, const struct usage_guest *guest);
/* Does the header of the image `key` (raw path) state the format of what it stands on, `base`? -1 = not known. */
int health_cache_stated(const struct health_cache *cache, const char *key, const char *base);
void health_cache_note_stated(struct health_cache *cache, const char *key, const char *base, bool stated);

#endif
