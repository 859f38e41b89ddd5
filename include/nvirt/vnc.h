/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A screen watched through a confined child process, the screen reader (nvirt-screen):
 * it speaks with the VNC server, or decodes pictures, and recognises; nvirt gets cells.
 *
 * Thread: a view belongs to one thread, the main one; nothing here blocks, but for
 * vnc_connect(). Whatever the server or the reader does, the view stays: at worst it is
 * VNC_ENDED, with the last screen and the reason.
 */
#ifndef NVIRT_VNC_H
#define NVIRT_VNC_H

#include "nvirt/glyph_file.h"
#include "nvirt/picture.h"
#include "nvirt/screen_text.h"

/* "HOST:PORT", "HOST", "[ADDRESS]:PORT", ":5901", or the path of a socket. Blocks up to `timeout_ms`; -1 = error. */
int vnc_connect(const char *address, int timeout_ms, GError **error);
/* The host's part of such an address; owned, NULL = this machine. */
char *vnc_address_host(const char *address);
#define VNC_PORT 5900

struct vnc_source {
	int fd;               /* a connected socket: taken in any case; -1 = pictures come by vnc_view_show_png() */
	const char *password; /* borrowed for the call; NULL = none is known */
	const char *user;     /* for a server that knows users, with the password; NULL = none */
	const char *host;     /* the name that its certificate must bear; NULL = localhost */
	enum recogniser_mode mode;
};

enum vnc_state {
	VNC_STARTING, /* nothing was seen yet */
	VNC_LIVE,
	VNC_ENDED, /* vnc_view_words() says why; the screen is the last one */
};

enum vnc_end {
	VNC_END_NONE,
	VNC_END_CLOSED,   /* the server ended the connection */
	VNC_END_RESIZED,  /* its screen changed its size while the two greeted each other: another connection will do */
	VNC_END_PASSWORD, /* it wants one, and none is known */
	VNC_END_USER,     /* it wants a user's name and a password, and not both are known */
	VNC_END_REFUSED,  /* it did not take what it was given, or wants what we have not */
	VNC_END_BROKEN,   /* it sent what can not be right, or too much */
	VNC_END_STALLED,  /* it stopped in the middle of a message */
	VNC_END_READER,   /* the screen reader died, or said what can not be right */
	VNC_END_N
};

struct vnc_view;

/* NULL: the reader could not be started. */
struct vnc_view *vnc_view_new(const struct vnc_source *source, GError **error);
void vnc_view_free(struct vnc_view *view);
/* Starts anew on another connection; the last screen stays until the new one comes. */
bool vnc_view_reconnect(struct vnc_view *view, const struct vnc_source *source, GError **error);

/* To be polled for vnc_view_events(); -1 when ended. */
int vnc_view_fd(const struct vnc_view *view);
short vnc_view_events(const struct vnc_view *view);
/* Takes what has come and sends what waits. True: something changed that may be seen. */
bool vnc_view_pump(struct vnc_view *view);

enum vnc_state vnc_view_state(const struct vnc_view *view);
enum vnc_end vnc_view_end(const struct vnc_view *view);
/* Why it ended: cleaned, "" while it has not. Borrowed. */
const char *vnc_view_words(const struct vnc_view *view);
/* The server's name for its desktop: cleaned, borrowed, "" until it is live. */
const char *vnc_view_name(const struct vnc_view *view);
/* The last whole screen, borrowed until the next pump; NULL until the first one. Changed rows are since the last pump. */
const struct text_screen *vnc_view_screen(const struct vnc_view *view);
/* The whole of a frame is told and no grid is looked for any more: what is seen is what there is. */
bool vnc_view_settled(const struct vnc_view *view);
/*
 * While it is watched: the server has not answered for some seconds, as that of a hung QEMU does. It is live
 * still, and answers again when QEMU does; what is seen is as of then.
 */
bool vnc_view_is_silent(const struct vnc_view *view);
/* Pixels of the frame; 0 until the first one. */
void vnc_view_size(const struct vnc_view *view, int *ret_width, int *ret_height);
/* Grows with every frame that was taken. */
unsigned vnc_view_frames(const struct vnc_view *view);
/* QEMU's VNC shows no more than 2560 x 2048 pixels: the picture ends there, the guest's screen may not. */
bool vnc_view_may_be_cut(const struct vnc_view *view);

/* Somebody looks: asks QEMU to show changes at once instead of within a second or so. */
void vnc_view_watch(struct vnc_view *view, bool watched);
void vnc_view_set_mode(struct vnc_view *view, enum recogniser_mode mode);
/* `scancode` of an XT keyboard as QEMU counts it (0x80 = the extended ones), 0 = none. */
void vnc_view_key(struct vnc_view *view, uint32_t keysym, unsigned scancode, bool down);
/* Does the server take scancodes, so that the guest's keyboard layout alone decides? */
bool vnc_view_takes_scancodes(const struct vnc_view *view);
/* What a pointer that is moved to a place does in the guest. */
enum vnc_pointer {
	VNC_POINTER_UNKNOWN,  /* the server does not tell */
	VNC_POINTER_ABSOLUTE, /* it goes there: a tablet */
	VNC_POINTER_RELATIVE, /* a mouse: where it goes is the guest's affair */
};
enum vnc_pointer vnc_view_pointer_kind(const struct vnc_view *view);
/* x, y: pixels of the frame; buttons: a bit each, as RFB has them. */
void vnc_view_pointer(struct vnc_view *view, int x, int y, unsigned buttons);

/* What a server makes of another size: RFB's numbers, and one of QEMU's. */
enum vnc_fit {
	VNC_FIT_DONE,
	VNC_FIT_PROHIBITED,
	VNC_FIT_NO_ROOM,   /* out of resources */
	VNC_FIT_NO_DRIVER, /* the guest's graphics can not be told of it ("invalid screen layout") */
	VNC_FIT_PASSED_ON, /* the guest was told: what it does is its own affair */
};
#define VNC_FIT_SIDE_MIN 64
/* Asks for a guest's screen of that many pixels a side, VNC_FIT_SIDE_MIN to FRAME_SIDE_MAX. */
void vnc_view_fit(struct vnc_view *view, int width, int height);
/* The answer to the last that was asked: enum vnc_fit, or another number of RFB's; -1 = none has come. */
int vnc_view_fit_answer(const struct vnc_view *view);
/* Asks to be told when all keys given before have left for the server; then vnc_view_synced() is true. */
void vnc_view_sync(struct vnc_view *view);
bool vnc_view_synced(const struct vnc_view *view);

/* A picture in place of a server's frame: a PNG, copied. */
void vnc_view_show_png(struct vnc_view *view, GBytes *png);
/* The frame as pixels: asked for, and owned once it has come; else NULL. */
void vnc_view_request_pixels(struct vnc_view *view);
struct picture *vnc_view_take_pixels(struct vnc_view *view);

/* A glyph has got a name: it is read as that from now on. It is kept by file_learn_glyph() alone. */
void vnc_view_learn(struct vnc_view *view, const struct named_glyph *glyph);

/* The reader's process, for those who test what its death does; 0 = none. */
int vnc_view_pid(const struct vnc_view *view);

#endif
