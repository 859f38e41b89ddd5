/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QEMU's own words in the VNC stream: see helper_qemu.h. */
#define _GNU_SOURCE /* POLLRDHUP */
#include <glib.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "helper_qemu.h"

/* A message of one rectangle, with the head of that: type, pad, count; x, y, width, height, encoding. */
#define HEAD_BYTES 16
#define WAIT_MS 2

static unsigned u16_at(const uint8_t *bytes)
{
	return (unsigned)bytes[0] << 8 | bytes[1];
}

static int32_t encoding_of(const uint8_t head[HEAD_BYTES])
{
	return (int32_t)((uint32_t)u16_at(head + 12) << 16 | u16_at(head + 14));
}

bool helper_qemu_may_look(const rfbClient *client)
{
#ifdef LIBVNCSERVER_HAVE_SASL
	if (client->saslconn)
		return false;
#endif
	return !client->tlsSession;
}

/* What comes next, without taking it: of the library's buffer, and of the socket behind that. How many bytes. */
static size_t look(const rfbClient *client, uint8_t head[HEAD_BYTES])
{
	size_t have = MIN((size_t)MAX(client->buffered, 0), HEAD_BYTES);
	ssize_t n = 0;

	memcpy(head, client->bufoutptr, have);
	if (have < HEAD_BYTES)
		n = recv(client->sock, head + have, HEAD_BYTES - have, MSG_PEEK | MSG_DONTWAIT);
	return have + (n > 0 ? (size_t)n : 0);
}

/* As far as it has come: may it be one of ours? */
static bool may_be_ours(const uint8_t *head, size_t have)
{
	static const uint8_t begin[] = {rfbFramebufferUpdate, 0, 0, 1};

	for (size_t i = 0; i < MIN(have, sizeof(begin)); i++)
		if (i != 1 && head[i] != begin[i])
			return false;
	return have < HEAD_BYTES || encoding_of(head) == ENCODING_QEMU_POINTER ||
	       (encoding_of(head) == (int32_t)rfbEncodingExtDesktopSize && u16_at(head + 4) == rfbExtDesktopSize_ClientRequestedChange);
}

/* The screens that an answer about a size names: there is one, and it says nothing new. */
static bool skip_screens(rfbClient *client)
{
	uint8_t count[sz_rfbExtDesktopSizeMsg], screen[sz_rfbExtDesktopScreen];

	if (!ReadFromRFBServer(client, (char *)count, sizeof(count)))
		return false;
	for (unsigned i = 0; i < count[0]; i++)
		if (!ReadFromRFBServer(client, (char *)screen, sizeof(screen)))
			return false;
	return true;
}

enum qemu_word helper_qemu_take(rfbClient *client, unsigned *ret_value)
{
	uint8_t head[HEAD_BYTES];
	size_t have, before = 0;

	if (!helper_qemu_may_look(client))
		return QEMU_WORD_NONE;
	while ((have = look(client, head)) < HEAD_BYTES) {
		/* Nothing at all is the end of the connection, or a call for nothing. */
		if (have == 0 || !may_be_ours(head, have))
			return QEMU_WORD_NONE;
		/* The socket is readable with what was looked at already: there is nothing to wait for but time. */
		if (have == before && poll(&(struct pollfd){.fd = client->sock, .events = POLLRDHUP}, 1, WAIT_MS) > 0)
			return QEMU_WORD_NONE;
		before = have;
	}
	if (!may_be_ours(head, have))
		return QEMU_WORD_NONE;
	if (!ReadFromRFBServer(client, (char *)head, sizeof(head)))
		return QEMU_WORD_CUT;
	if (encoding_of(head) == ENCODING_QEMU_POINTER) {
		*ret_value = u16_at(head + 4) != 0;
		return QEMU_WORD_POINTER;
	}
	*ret_value = u16_at(head + 6);
	return skip_screens(client) ? QEMU_WORD_SIZE : QEMU_WORD_CUT;
}

void helper_qemu_ask_size(rfbClient *client, unsigned width, unsigned height)
{
	/* One screen, number 0, over all of it. */
	uint8_t message[sz_rfbSetDesktopSizeMsg + sz_rfbExtDesktopScreen] = {rfbSetDesktopSize, 0, (uint8_t)(width >> 8),
	        (uint8_t)width, (uint8_t)(height >> 8), (uint8_t)height, 1};

	memcpy(message + sz_rfbSetDesktopSizeMsg + 8, message + 2, 4);
	WriteToRFBServer(client, (const char *)message, sizeof(message));
}
