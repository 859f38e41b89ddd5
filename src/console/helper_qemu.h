/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What QEMU's server says and is asked that libvncclient does not know: whether its guest's pointer is absolute,
 * and what became of another size for its guest's screen.
 *
 * Both come as a message of one rectangle without pixels. The library's 0.9.13 to 0.9.15 compare that with the
 * screen, find it too large and end the connection, so it is taken out of the stream before they see it. One thread.
 */
#ifndef NVIRT_CONSOLE_HELPER_QEMU_H
#define NVIRT_CONSOLE_HELPER_QEMU_H

#include <rfb/rfbclient.h>

#define ENCODING_QEMU_POINTER (-257)

enum qemu_word {
	QEMU_WORD_NONE,    /* another message, or the end: the library's */
	QEMU_WORD_POINTER, /* 1 = absolute, 0 = relative */
	QEMU_WORD_SIZE,    /* the answer to helper_qemu_ask_size(): a number of enum vnc_fit */
	QEMU_WORD_CUT,     /* it ended in the middle of one */
};

/* May ENCODING_QEMU_POINTER be asked for? What is encrypted on its way can not be looked at beforehand. */
bool helper_qemu_may_look(const rfbClient *client);
/*
 * At the begin of a message, with something to be read: takes one of these two, if it is the next. Waits until its
 * 16 bytes have come; who calls has an alarm for a server that stops there.
 */
enum qemu_word helper_qemu_take(rfbClient *client, unsigned *ret_value);
/* Asks for another size of the guest's screen, in pixels. */
void helper_qemu_ask_size(rfbClient *client, unsigned width, unsigned height);

#endif
