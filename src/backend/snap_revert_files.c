/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands on what, before a roll back: the chains below every snapshot, the
 * place of the new overlays, and which file nothing will need afterwards.
 */
#include <string.h>

#include "backend/file_users.h"
#include "backend/hostfile.h"
#include "backend/snap_revert.h"

#define NAMES_MAX 1000

/* Every file that some snapshot's state lies in or stands on: path -> what it is based on, "" at the end. */
struct chains {
	virConnectPtr conn;
	GHashTable *bases;
	GHashTable *named; /* files that a snapshot's record names in any way: their names are not used again */
};

/* Follows it down to what is known already. NULL, or what is wrong with it: owned. */
static char *follow(struct chains *chains, const char *path, bool *ret_asked, GError **error)
{
	g_autofree char *at = g_strdup(path);

	while (*at && !g_hash_table_contains(chains->bases, at)) {
		struct hostfile_info info;
		if (*at != '/')
			return g_strdup_printf("'%s' is no file of this host", at);
		if (!hostfile_look(chains->conn, at, &info, error)) {
			*ret_asked = false;
			return NULL;
		}
		bool exists = info.exists;
		g_autofree char *base = g_strdup(exists ? info.base : "");
		hostfile_info_fini(&info);
		if (!exists)
			return g_strdup_printf("the file '%s' is missing", at);
		g_hash_table_insert(chains->bases, g_strdup(at), g_strdup(base));
		g_free(at);
		at = g_steal_pointer(&base);
	}
	return NULL;
}

static void name_disk(struct chains *chains, const struct snap_disk *disk)
{
	g_hash_table_add(chains->named, g_strdup(disk->state));
	g_hash_table_add(chains->named, g_strdup(disk->overlay));
}

/* Another snapshot that is broken is no obstacle; that it can not be looked at is. */
static void follow_others(struct revert *revert, struct chains *chains)
{
	for (unsigned i = 0; i < revert->tree->len; i++) {
		const struct snap *snap = g_ptr_array_index(revert->tree, i);
		for (unsigned d = 0; d < snap->disks->len; d++) {
			const struct snap_disk *disk = g_ptr_array_index(snap->disks, d);
			g_autoptr(GError) error = NULL;
			bool asked = true;
			name_disk(chains, disk);
			if (*disk->state == '/')
				g_free(follow(chains, disk->state, &asked, &error));
			if (!asked)
				revert_refuse(revert, "it can not be told what snapshot '%s' stands on: %s", snap->name,
				        error->message);
		}
	}
}

static void judge_chain(struct revert *revert, struct chains *chains, const struct revert_disk *disk)
{
	g_autoptr(GError) error = NULL;
	bool asked = true;
	g_autofree char *wrong = follow(chains, disk->state, &asked, &error);

	if (!asked)
		revert_refuse(revert, "the file of disk %s can not be looked at: %s", disk->target, error->message);
	else if (wrong)
		revert_refuse(revert, "disk %s stands on a file that is not there: %s", disk->target, wrong);
	else if (disk->kept && revert->by_hand && !*disk->format)
		revert_refuse(revert, "the format of '%s' (disk %s) is stated nowhere", disk->state, disk->target);
	else if (disk->kept && revert->by_hand && g_strcmp0(disk->state, disk->now) == 0)
		revert_refuse(revert,
		        "its file '%s' is disk %s of the guest now: it does not hold the state of then any more",
		        disk->state, disk->target);
}

/* ---- the new overlay's name ---- */

/* "/pool/web.nvirt-3.qcow2" -> "/pool/web"; else without what follows the last point. */
static char *stem_of(const char *path)
{
	g_autofree char *name = g_path_get_basename(path);
	g_autofree char *dir = g_path_get_dirname(path);
	char *mark = g_strrstr(name, ".nvirt-"), *point = strrchr(name, '.');

	if (mark && mark > name)
		*mark = '\0';
	else if (point && point > name)
		*point = '\0';
	return g_build_filename(dir, name, NULL);
}

static bool is_taken(struct revert *revert, const char *path)
{
	for (unsigned i = 0; i < revert->disks->len; i++) {
		const struct revert_disk *disk = g_ptr_array_index(revert->disks, i);
		if (g_strcmp0(disk->overlay, path) == 0 || g_str_equal(disk->now, path))
			return true;
	}
	return false;
}

/* It lies where the snapshot put its own overlay. A device has no room beside it. */
static char *place_for(const struct revert *revert, const struct revert_disk *disk)
{
	const struct snap_disk *of = snap_disk_find(revert->snap, disk->target);

	return stem_of(*of->overlay == '/' ? of->overlay : disk->state);
}

static bool name_overlay(struct revert *revert, struct chains *chains, struct revert_disk *disk, GError **error)
{
	g_autofree char *stem = place_for(revert, disk);

	for (unsigned n = 1; n < NAMES_MAX; n++) {
		g_autofree char *path = g_strdup_printf("%s.nvirt-%u.qcow2", stem, n);
		struct hostfile_info info;
		if (is_taken(revert, path) || g_hash_table_contains(chains->named, path))
			continue;
		if (!hostfile_look(chains->conn, path, &info, error))
			return false;
		bool exists = info.exists;
		hostfile_info_fini(&info);
		if (!exists) {
			disk->overlay = g_steal_pointer(&path);
			return true;
		}
	}
	revert_refuse(revert, "there is no free name for an overlay beside '%s'", stem);
	return true;
}

/* ---- what is left over ---- */

static bool stands_on_kept(const struct chains *chains, const char *base, const struct revert_disk *except)
{
	GHashTableIter iter;
	gpointer path, below;

	g_hash_table_iter_init(&iter, chains->bases);
	while (g_hash_table_iter_next(&iter, &path, &below))
		if (g_str_equal(below, base) && (!except || !g_str_equal(path, except->now)))
			return true;
	return false;
}

/* An overlay that was made over some snapshot's file, and that no snapshot and nobody else needs. */
static void judge_abandoned(struct chains *chains, struct revert_disk *disk, struct file_users *users)
{
	struct hostfile_info info;

	if (!disk->kept || *disk->now != '/' || g_hash_table_contains(chains->bases, disk->now))
		return;
	if (!hostfile_look(chains->conn, disk->now, &info, NULL))
		return;
	bool ours = info.exists && *info.base && g_hash_table_contains(chains->bases, info.base);
	g_autofree char *who = file_users_of(users, disk->now);
	if (ours && !who && !file_users_gaps(users)) {
		disk->abandon = g_strdup(disk->now);
		disk->abandon_bytes = info.allocation_bytes;
	} else if (info.exists) {
		/* It stays, and with it what it stands on. */
		g_hash_table_insert(chains->bases, g_strdup(disk->now), g_strdup(info.base));
	}
	hostfile_info_fini(&info);
}

static void look_left_over(struct revert *revert, struct chains *chains, struct file_users *users)
{
	for (unsigned i = 0; i < revert->disks->len; i++)
		judge_abandoned(chains, g_ptr_array_index(revert->disks, i), users);
	for (unsigned i = 0; i < revert->disks->len; i++) {
		struct revert_disk *disk = g_ptr_array_index(revert->disks, i);
		g_autofree char *who = disk->kept ? file_users_of(users, disk->state) : NULL;
		disk->shared = disk->kept && (who || stands_on_kept(chains, disk->state, disk->abandon ? disk : NULL));
	}
}

/* ---- other guests ---- */

struct writing {
	struct revert *revert;
	const char *guest;
};

static void judge_writer(const char *target, xmlNodePtr node, const char *file, void *data)
{
	struct writing *writing = data;
	struct revert *revert = writing->revert;

	(void)node;
	for (unsigned i = 0; i < revert->disks->len; i++) {
		const struct revert_disk *disk = g_ptr_array_index(revert->disks, i);
		if (disk->kept && *file && g_str_equal(disk->state, file))
			revert_refuse(revert, "its file '%s' is disk %s of the guest '%s', which may write to it", file,
			        target, writing->guest);
	}
}

/* Who is based on the file does no harm; who has it as a disk of its own changes it. */
static bool judge_writers(struct revert *revert, virConnectPtr conn, GError **error)
{
	virDomainPtr *doms = NULL;
	int n = virConnectListAllDomains(conn, &doms, 0);
	unsigned char own[VIR_UUID_BUFLEN], uuid[VIR_UUID_BUFLEN];

	if (n < 0 || virDomainGetUUID(revert->dom, own) < 0) {
		conn_set_error(error, "cannot look for other users of the files");
		return false;
	}
	for (int i = 0; i < n; i++) {
		struct writing writing = {.revert = revert, .guest = virDomainGetName(doms[i])};
		bool self = virDomainGetUUID(doms[i], uuid) == 0 && memcmp(uuid, own, sizeof uuid) == 0;
		g_autoptr(xmlDoc) doc = self ? NULL : op_guest_xml(doms[i], 0);
		if (doc)
			revert_disks_of(doc, "/domain/devices/disk[source and not(readonly)]", judge_writer, &writing);
		virDomainFree(doms[i]);
	}
	free(doms);
	return true;
}

/* ---- all of it ---- */

static bool look_by_hand(struct revert *revert, struct chains *chains, GError **error)
{
	unsigned char own[VIR_UUID_BUFLEN];

	if (!judge_writers(revert, chains->conn, error))
		return false;
	if (virDomainGetUUID(revert->dom, own) < 0)
		return false;
	follow_others(revert, chains);
	struct file_users *users = file_users_new(chains->conn, own, FILE_USERS_ALL, error);
	if (!users)
		return false;
	look_left_over(revert, chains, users);
	file_users_free(users);
	for (unsigned i = 0; i < revert->disks->len && !revert->refused; i++) {
		struct revert_disk *disk = g_ptr_array_index(revert->disks, i);
		if (disk->kept && !name_overlay(revert, chains, disk, error))
			return false;
	}
	return true;
}

bool revert_look_files(struct revert *revert, virConnectPtr conn, GError **error)
{
	struct chains chains = {.conn = conn};

	chains.bases = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	chains.named = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (unsigned i = 0; i < revert->disks->len; i++) {
		const struct revert_disk *disk = g_ptr_array_index(revert->disks, i);
		/* One that stays as it is now is looked at where it is now. */
		if ((disk->kept || !*disk->now || !revert->by_hand) && *disk->state == '/')
			judge_chain(revert, &chains, disk);
		else if (disk->kept)
			revert_refuse(revert, "disk %s is no file of this host", disk->target);
	}
	bool ok = revert->refused || !revert->by_hand || look_by_hand(revert, &chains, error);
	g_hash_table_unref(chains.bases);
	g_hash_table_unref(chains.named);
	return ok;
}
