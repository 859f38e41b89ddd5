/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nvirt-screen, the screen reader: a program of its own that nvirt starts for each
 * screen that is watched. It holds two sockets and nothing else: one to nvirt, one to
 * the VNC server. What it decodes comes from strangers, so it confines itself first.
 *
 * One thread.
 */
#ifndef NVIRT_CONSOLE_HELPER_H
#define NVIRT_CONSOLE_HELPER_H

#include "nvirt/vnc.h"
#include "wire.h"

/* Pixels of a frame that are taken: 64 MiB. */
#define HELPER_FRAME_BYTES (FRAME_PIXELS_MAX * 4)
#define HELPER_DIRTY_MAX 64

struct helper {
	int control;         /* to nvirt */
	GByteArray *in, *out;
	struct fonts *fonts;
	struct recogniser *recogniser;
	enum recogniser_mode mode;
	char *password, *user, *host; /* NULL = not yet told, "" = none */
	bool users;                   /* what SASL needs is loaded */
	int trust;                    /* certificates of those that are trusted, as a file; -1 = none */
	bool watched;
	/* The frame. Its pixels belong to vnc or picture. */
	struct frame frame;
	struct frame_rect dirty[HELPER_DIRTY_MAX];
	unsigned dirty_n;
	bool all_dirty;
	/* What nvirt knows. */
	struct text_cell *sent;
	int sent_rows, sent_cols;
	uint32_t frames, taken;
	bool pixels_wanted, searching;
	/* Set until what QEMU first sends, the screen as of long ago or nothing, was followed by what is there now. */
	bool stale, blank;
	gint64 first_us; /* when the first frame came; 0 = not yet */
	struct helper_vnc *vnc; /* NULL: pictures come from nvirt */
};

/* ---- what servers that identify themselves, or want us to, need: helper_trust.c ---- */
/* The name under which the library finds `trust`. */
#define HELPER_TRUST_NAME "/nvirt/trusted.pem"
/* Gathers the certificates that this user and this machine trust; -1 = there are none. */
int helper_trust_open(void);
/* Loads what SASL is made of, while files can still be opened. */
void helper_users_load(void);

/* ---- confinement: helper_confine.c ---- */
/*
 * From here on no file can be opened but `trust` by its name (-1 = none), no process started, no connection
 * made. False: it can not be had.
 */
bool helper_confine(int trust, const char **ret_why);
/* Can `trust` be opened by its name on this machine's kind of processor? */
bool helper_can_trust(void);

/* ---- talk with nvirt: helper_talk.c ---- */
/* Sends what is in `out`; ends the program when nvirt is gone. */
void helper_flush(struct helper *helper);
/* Reads and obeys what has come. Ends the program when nvirt is gone or says what it never says. */
void helper_obey(struct helper *helper);
/* WIRE_ENDED, and the end of the program. */
void helper_end(struct helper *helper, enum vnc_end end, const char *format, ...) G_GNUC_PRINTF(3, 4) G_GNUC_NORETURN;

/* ---- cells: helper_cells.c ---- */
void helper_damage(struct helper *helper, int x, int y, int width, int height);
/* The frame is another one; its pixels are all to be looked at. */
void helper_set_frame(struct helper *helper, const uint32_t *pixels, int width, int height);
/* Recognises what is damaged, tells nvirt what changed and a frame. */
void helper_tell_frame(struct helper *helper);
/* A slice of the search for a grid. */
void helper_search(struct helper *helper);
void helper_tell_pixels(struct helper *helper);

/* ---- the VNC server: helper_vnc.c ---- */
/* The handshake. Ends the program when it fails. */
void helper_vnc_start(struct helper *helper, int fd);
int helper_vnc_fd(const struct helper *helper);
/* Is something read from the socket already, so that poll() would not tell? */
bool helper_vnc_has_more(const struct helper *helper);
void helper_vnc_serve(struct helper *helper);
void helper_vnc_key(struct helper *helper, uint32_t keysym, unsigned scancode, bool down);
void helper_vnc_pointer(struct helper *helper, unsigned x, unsigned y, unsigned buttons);
/* Asks for a guest's screen of that many pixels; the answer is told by WIRE_FIT. */
void helper_vnc_fit(struct helper *helper, unsigned width, unsigned height);
/* Asks a quiet server for a sign of life, and tells when none comes; to be called now and then while it is watched. */
void helper_vnc_probe(struct helper *helper);
/* What makes QEMU look at its guest's screen at once. */
void helper_vnc_hurry(struct helper *helper);

/* ---- pictures: helper_picture.c ---- */
void helper_show_picture(struct helper *helper, const uint8_t *bytes, size_t length);

#endif
