/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copying an image that lies on this machine, as fast as its storage can.
 * Blocking; any thread. Knows no libvirt.
 *
 * The same format and one file only: shared blocks where the filesystem can
 * (reflink), else the data without the holes, by the kernel. Nothing waits for the
 * disk: the copy is safe from a power cut when the kernel has written it (half a
 * minute), as with cp and qemu-img. Anything else (another
 * format, a chain to be made one, an internal snapshot): `qemu-img convert` as a
 * child of ours, which dies with us.
 */
#ifndef NVIRT_BACKEND_COPY_H
#define NVIRT_BACKEND_COPY_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct copy {
	const char *from, *to; /* raw, absolute; `to` must not exist yet and is made 0600 */
	const char *from_format, *to_format;
	const char *snapshot; /* the state of this internal snapshot; NULL = of now */
	bool in_use;          /* somebody writes to it: only a snapshot of it may be copied */
	uint64_t data_bytes;  /* about how much there is to copy, for the progress */
	/* Called a few times a second at most. */
	void (*progress)(void *data, uint64_t done_bytes);
	bool (*stop)(void *data);
	void *data;
};

/*
 * False with `error` (CONN_ERROR; VIR_ERR_OPERATION_ABORTED when `stop` said
 * so); what was begun is then gone again, as far as it can be deleted. While it
 * runs nobody can start to write to `from` with QEMU: the image is locked as QEMU locks it.
 */
bool copy_run(const struct copy *copy, GError **error);
/* Would it be a plain copy of the file? For words in a plan. */
bool copy_is_plain(const struct copy *copy);

/* ---- the two ways, for copy.c, tests and the bench ---- */
bool copy_plain(const struct copy *copy, GError **error);
bool copy_convert(const struct copy *copy, GError **error);
/*
 * The empty file `to`, 0600; where root makes it for somebody else's daemon it is
 * the directory's owner's, as if that had made it. A descriptor to write to, or -1.
 */
int copy_make(const struct copy *copy, GError **error);
/* "12.34" of "    (12.34/100%)": -1 = there is none. The last one counts. */
double copy_parse_percent(const char *text);

#endif
