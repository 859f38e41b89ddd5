/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The VNC server, through libvncclient 0.9.13 to 0.9.15: see helper.h.
 *
 * What is done beside the plain use of the library:
 * - after the handshake our own list of encodings is sent, without ExtendedDesktopSize: 0.9.14 drops what
 *   QEMU answers to that, and the next frame of another size ends the connection (upstream 041ea576);
 * - QEMU's keyboard lights (-261) have a handler of ours, for the library only knows another number;
 * - two more of QEMU's words never reach the library: helper_qemu.h;
 * - a message of the server that does not come to its end, and one of ours that it does not take, is
 *   cut off by an alarm.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <rfb/rfbclient.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "helper.h"
#include "helper_qemu.h"

/*
 * The library counts reads that found nothing, and takes ten a second of its time limit to be one,
 * however soon more came: with a socket that does not block it gives up a lively server in the middle of
 * a large rectangle. So the socket blocks, for this long, and ten such waits are the limit.
 */
#define READ_WAIT_MS 600
#define READ_TIMEOUT_S 1
/* For a whole message on a slow line, and for a server that does not read what it is sent. */
#define MESSAGE_TIMEOUT_S 120
#define SEND_TIMEOUT_S 20
/* Between looks at what nvirt says while a long message comes. */
#define OBEY_EVERY_US 10000

/* How to trust a server. */
#define TRUST_IT "put the certificate of who signed it into ~/.config/nvirt/vnc-ca.pem"

/* A server that was quiet for so long is asked for a sign of life, and silent when it has not come after that. */
#define QUIET_US (3 * G_USEC_PER_SEC)
#define SILENT_US (8 * G_USEC_PER_SEC)
/* QEMU sends no less than 16 pixels of a row for the one it is asked for. */
#define PROBE_PIXELS 64

#define KEYSYM_F24 0xffd5
#define SCANCODE_F24 0x76
#define ENCODING_QEMU_KEYS (-258)
#define ENCODING_QEMU_LEDS (-261)
#define QEMU_MESSAGE 255

struct helper_vnc {
	rfbClient *client; /* NULL while the handshake is under way, and after it failed */
	rfbClient *greeting; /* the client while it is */
	int fd;
	char said[256]; /* the library's last complaint */
	char certificate[128]; /* what is wrong with the server's certificate, "" = nothing */
	/* Of the handshake: what it asked for that was not there, or not to be told. */
	bool wants_password, wants_user, wants_trust, wants_plain;
	bool sasl; /* it was begun */
	int refused_w, refused_h; /* a frame too large; 0 = none */
	bool serving; /* a message of the server's is under way, and so is its alarm */
	gint64 heard_us, probed_us; /* when it last said something, and was last asked; 0 = it has answered */
	bool silent;
	uint32_t probed[PROBE_PIXELS]; /* what was there when it was asked */
	bool scancodes, leds_known, pointer_known, absolute;
	unsigned leds;
	gint64 obeyed_us;
};

/* The library's log and extensions are the process's, and so is this. */
static struct helper *the_helper;
static int helper_tag;

static struct helper *helper_of(rfbClient *client)
{
	return rfbClientGetClientData(client, &helper_tag);
}

/* ---- what the library says ---- */

/*
 * SASL takes nothing but a number for the server's address; the library gives it the name that the
 * certificate was compared with, which by then it was.
 */
static void name_by_address(rfbClient *client)
{
	struct sockaddr_storage address;
	socklen_t size = sizeof(address);
	char host[NI_MAXHOST], port[NI_MAXSERV];

	if (!client || getpeername(client->sock, (struct sockaddr *)&address, &size) < 0 || address.ss_family == AF_UNIX ||
	        getnameinfo((struct sockaddr *)&address, size, host, sizeof(host), port, sizeof(port),
	                NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return;
	free(client->serverHost);
	client->serverHost = strdup(host);
	client->serverPort = atoi(port);
}

static void G_GNUC_PRINTF(1, 2) keep_words(const char *format, ...)
{
	struct helper_vnc *vnc = the_helper->vnc;
	va_list ap;

	/* The first that it says of it, before it looks at addresses. */
	if (g_str_has_prefix(format, "Client initialize SASL")) {
		vnc->sasl = true;
		name_by_address(vnc->greeting);
	}

	/* What is sent to identify us is in there, the password among it; and much that is of no use. */
	if (strstr(format, "Data %d bytes") || g_str_has_prefix(format, "SASL: %s"))
		return;
	va_start(ap, format);
	vsnprintf(vnc->said, sizeof(vnc->said), format, ap);
	va_end(ap);
	g_strchomp(vnc->said);
	if (g_str_has_prefix(vnc->said, "The certificate"))
		g_strlcpy(vnc->certificate, vnc->said, sizeof(vnc->certificate));
	vnc->wants_user |= !the_helper->users && strstr(vnc->said, "SASL negotiation: ");
}

/* ---- too slow ---- */

/* In a signal: only what may be called there. The message is made beforehand. */
static GByteArray *stalled;

static void on_alarm(int number)
{
	ssize_t n = write(the_helper->control, stalled->data, stalled->len);

	(void)number;
	(void)n;
	_exit(0);
}

static void prepare_alarm(void)
{
	struct sigaction action = {.sa_handler = on_alarm};
	guint begin;

	stalled = g_byte_array_new();
	begin = wire_begin(stalled, WIRE_ENDED);
	wire_put_u8(stalled, VNC_END_STALLED);
	wire_put_string(stalled, "the VNC server stopped in the middle of a message, or to listen");
	wire_end(stalled, begin);
	sigaction(SIGALRM, &action, NULL);
}

/* ---- callbacks ---- */

static rfbBool make_frame(rfbClient *client)
{
	struct helper *helper = helper_of(client);
	size_t pixels = (size_t)client->width * (size_t)client->height;
	uint8_t *memory = NULL;

	if (client->width <= FRAME_SIDE_MAX && client->height <= FRAME_SIDE_MAX && pixels <= FRAME_PIXELS_MAX) {
		/* The old one first: both together may be more than is to be had. */
		free(client->frameBuffer);
		client->frameBuffer = NULL;
		memory = calloc(MAX(pixels, 1), 4);
	}
	if (!memory) {
		helper->vnc->refused_w = client->width;
		helper->vnc->refused_h = client->height;
		return FALSE;
	}
	client->frameBuffer = memory;
	helper_set_frame(helper, (const uint32_t *)(void *)memory, client->width, client->height);
	return TRUE;
}

/* A long message must not keep nvirt's keys waiting. */
static void obey_meanwhile(struct helper *helper)
{
	gint64 now_us = g_get_monotonic_time();

	if (now_us - helper->vnc->obeyed_us < OBEY_EVERY_US)
		return;
	helper->vnc->obeyed_us = now_us;
	if (poll(&(struct pollfd){.fd = helper->control, .events = POLLIN}, 1, 0) > 0)
		helper_obey(helper);
}

/* The answer to a probe shows nothing new. */
static bool is_sign_of_life(const struct helper *helper, int x, int y, int width, int height)
{
	const struct helper_vnc *vnc = helper->vnc;

	return vnc->probed_us && x == 0 && y == 0 && height == 1 && width <= MIN(PROBE_PIXELS, helper->frame.width) &&
	       memcmp(helper->frame.pixels, vnc->probed, (size_t)width * 4) == 0;
}

static void on_damage(rfbClient *client, int x, int y, int width, int height)
{
	struct helper *helper = helper_of(client);

	if (is_sign_of_life(helper, x, y, width, height))
		return;
	helper_damage(helper, x, y, width, height);
	obey_meanwhile(helper);
}

static void tell_features(struct helper *helper)
{
	const struct helper_vnc *vnc = helper->vnc;
	guint begin = wire_begin(helper->out, WIRE_FEATURES);

	wire_put_u8(helper->out, (vnc->scancodes ? FEATURE_SCANCODES : 0) | (vnc->leds_known ? FEATURE_LEDS : 0) |
	        (!vnc->pointer_known ? 0 : vnc->absolute ? FEATURE_ABSOLUTE : FEATURE_RELATIVE));
	wire_put_u8(helper->out, vnc->leds & 7);
	wire_end(helper->out, begin);
}

/* What became of a size that was asked for. */
static void tell_fit(struct helper *helper, unsigned answer)
{
	guint begin = wire_begin(helper->out, WIRE_FIT);

	wire_put_u8(helper->out, MIN(answer, 255));
	wire_end(helper->out, begin);
}

static void on_frame(rfbClient *client)
{
	struct helper *helper = helper_of(client);
	bool scancodes = SupportsClient2Server(client, QEMU_MESSAGE);

	/* The server's part is done; an nvirt that does not read, for it is stopped, is not its fault. */
	alarm(0);
	if (scancodes != helper->vnc->scancodes) {
		helper->vnc->scancodes = scancodes;
		tell_features(helper);
	}
	/* An acknowledgement of an encoding is a message too, and shows nothing. */
	if (helper->dirty_n || helper->all_dirty)
		helper_tell_frame(helper);
	helper_flush(helper);
}

static char *give_password(rfbClient *client)
{
	struct helper *helper = helper_of(client);

	if (*helper->password)
		return strdup(helper->password);
	helper->vnc->wants_password = true;
	return NULL;
}

/* May what is sent be read on its way? Through a socket of this machine's, as that of SSH, it may not. */
static bool is_open_line(const rfbClient *client)
{
	struct sockaddr_storage address;
	socklen_t size = sizeof(address);

	if (client->tlsSession)
		return false;
	return getsockname(client->sock, (struct sockaddr *)&address, &size) < 0 || address.ss_family != AF_UNIX;
}

static rfbCredential *give_user(rfbClient *client)
{
	struct helper *helper = helper_of(client);
	rfbCredential *credential;

	helper->vnc->wants_user |= !*helper->password || !*helper->user;
	helper->vnc->wants_plain |= is_open_line(client);
	if (helper->vnc->wants_user || helper->vnc->wants_plain)
		return NULL;
	credential = calloc(1, sizeof(*credential));
	credential->userCredential.username = strdup(helper->user);
	credential->userCredential.password = strdup(helper->password);
	return credential;
}

/* Who the server may be: the library reads the certificates from a file. */
static rfbCredential *give_trust(rfbClient *client)
{
	rfbCredential *credential;

	helper_of(client)->vnc->wants_trust |= !helper_can_trust();
	if (!helper_can_trust())
		return NULL;
	credential = calloc(1, sizeof(*credential));
	credential->x509Credential.x509CACertFile = strdup(HELPER_TRUST_NAME);
	credential->x509Credential.x509CrlVerifyMode = rfbX509CrlVerifyNone;
	return credential;
}

static rfbCredential *give_credential(rfbClient *client, int type)
{
	return type == rfbCredentialTypeUser ? give_user(client) : give_trust(client);
}

#ifdef LIBVNCSERVER_HAVE_SASL
static char *give_user_name(rfbClient *client)
{
	struct helper *helper = helper_of(client);

	helper->vnc->wants_user |= !*helper->password || !*helper->user;
	return *helper->user ? strdup(helper->user) : NULL;
}
#endif

static rfbBool on_leds(rfbClient *client, rfbFramebufferUpdateRectHeader *rect)
{
	struct helper_vnc *vnc = helper_of(client)->vnc;
	uint8_t state;

	if ((int32_t)rect->encoding != ENCODING_QEMU_LEDS)
		return FALSE;
	if (!ReadFromRFBServer(client, (char *)&state, 1))
		return FALSE;
	vnc->leds = state;
	vnc->leds_known = true;
	tell_features(helper_of(client));
	return TRUE;
}

static int extra_encodings[] = {ENCODING_QEMU_LEDS, 0};
static rfbClientProtocolExtension extension = {.encodings = extra_encodings, .handleEncoding = on_leds};

/* ---- the handshake ---- */

static bool send_encodings(rfbClient *client)
{
	static const int32_t encodings[] = {rfbEncodingZRLE, rfbEncodingCopyRect, rfbEncodingHextile, rfbEncodingRaw,
	        (int32_t)rfbEncodingRichCursor, (int32_t)rfbEncodingNewFBSize, ENCODING_QEMU_KEYS, ENCODING_QEMU_LEDS,
	        ENCODING_QEMU_POINTER};
	struct {
		uint8_t type, pad;
		uint16_t count;
		uint32_t list[G_N_ELEMENTS(encodings)];
	} message = {.type = rfbSetEncodings};
	/* The last one only where its answer can be taken out. */
	unsigned count = G_N_ELEMENTS(encodings) - !helper_qemu_may_look(client);

	message.count = GUINT16_TO_BE((uint16_t)count);
	for (unsigned i = 0; i < count; i++)
		message.list[i] = GUINT32_TO_BE((uint32_t)encodings[i]);
	return WriteToRFBServer(client, (const char *)&message, (int)(4 + count * sizeof(message.list[0]))) &&
	       SendFramebufferUpdateRequest(client, 0, 0, client->width, client->height, FALSE);
}

static void G_GNUC_NORETURN end_of_handshake(struct helper *helper)
{
	const struct helper_vnc *vnc = helper->vnc;

	if (vnc->wants_user)
		helper_end(helper, VNC_END_USER, "the VNC server wants a user's name and a password");
	if (vnc->wants_password)
		helper_end(helper, VNC_END_PASSWORD, "the VNC server wants a password");
	if (vnc->wants_plain)
		helper_end(helper, VNC_END_REFUSED,
		        "the VNC server wants a password that everybody on the way could read: connect through SSH");
	if (vnc->wants_trust)
		helper_end(helper, VNC_END_REFUSED, "the VNC server shows a certificate, and this machine trusts none: " TRUST_IT);
	if (*vnc->certificate)
		helper_end(helper, VNC_END_REFUSED, "the VNC server may not be the one it should be: %s " TRUST_IT,
		        vnc->certificate);
	if (vnc->refused_w)
		helper_end(helper, VNC_END_BROKEN, "the VNC server's screen of %d x %d pixels is refused: 8192 a side and 64 MiB are the most",
		        vnc->refused_w, vnc->refused_h);
	/* QEMU closes without a word when the password is wrong. */
	if (vnc->sasl)
		helper_end(helper, VNC_END_REFUSED, "the VNC server did not let us in: is '%s' with this password right? (%s)",
		        helper->user, vnc->said);
	if (strstr(vnc->said, "uthentication") || strstr(vnc->said, "security type") || strstr(vnc->said, "VNC connection failed"))
		helper_end(helper, VNC_END_REFUSED, "the VNC server did not let us in: %s", vnc->said);
	helper_end(helper, VNC_END_BROKEN, "the VNC server's greeting did not come to its end: %s",
	        *vnc->said ? vnc->said : "it closed the connection, or is no VNC server");
}

static void tell_live(struct helper *helper)
{
	guint begin = wire_begin(helper->out, WIRE_LIVE);

	wire_put_string(helper->out, helper->vnc->client->desktopName);
	wire_end(helper->out, begin);
	helper_flush(helper);
}

static rfbClient *make_client(struct helper *helper, int fd)
{
	rfbClient *client = rfbGetClient(8, 3, 4);

	if (!client)
		helper_end(helper, VNC_END_READER, "there is not enough memory");
	rfbClientSetClientData(client, &helper_tag, helper);
	client->sock = fd;
	client->listenSpecified = TRUE;
	client->canHandleNewFBSize = TRUE;
	client->readTimeout = READ_TIMEOUT_S;
	client->format.redShift = 16;
	client->format.greenShift = 8;
	client->format.blueShift = 0;
	client->appData.encodingsString = "zrle copyrect hextile raw";
	client->appData.useRemoteCursor = TRUE;
	client->appData.shareDesktop = TRUE;
	client->MallocFrameBuffer = make_frame;
	client->GotFrameBufferUpdate = on_damage;
	client->FinishedFrameBufferUpdate = on_frame;
	client->GetPassword = give_password;
	client->GetCredential = give_credential;
#ifdef LIBVNCSERVER_HAVE_SASL
	client->GetUser = give_user_name;
#endif
	free(client->serverHost);
	client->serverHost = strdup(*helper->host ? helper->host : "localhost");
	return client;
}

void helper_vnc_start(struct helper *helper, int fd)
{
	rfbClient *client;

	helper->vnc = g_new0(struct helper_vnc, 1);
	helper->vnc->fd = fd;
	the_helper = helper;
	rfbClientErr = rfbClientLog = keep_words;
	rfbClientRegisterExtension(&extension);
	prepare_alarm();
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){.tv_usec = READ_WAIT_MS * 1000}, sizeof(struct timeval));
	client = helper->vnc->greeting = make_client(helper, fd);
	alarm(MESSAGE_TIMEOUT_S);
	/* When it fails the library has freed the client already. */
	if (!rfbInitClient(client, NULL, NULL))
		end_of_handshake(helper);
	helper->vnc->greeting = NULL;
	helper->vnc->client = client;
	if (!send_encodings(client))
		helper_end(helper, VNC_END_CLOSED, "the VNC server closed the connection");
	alarm(0);
	/* What comes from now on is none of its business. */
	explicit_bzero(helper->password, strlen(helper->password));
	helper->vnc->heard_us = g_get_monotonic_time();
	tell_live(helper);
}

/* ---- after it ---- */

int helper_vnc_fd(const struct helper *helper)
{
	return helper->vnc->fd;
}

bool helper_vnc_has_more(const struct helper *helper)
{
	return helper->vnc->client->buffered > 0;
}

static void G_GNUC_NORETURN end_of_service(struct helper *helper)
{
	const struct helper_vnc *vnc = helper->vnc;
	bool closed = strstr(vnc->said, "closed connection") || strstr(vnc->said, "read (") || g_str_has_prefix(vnc->said, "write");

	/* What came before its end is worth to be seen. */
	if (helper->dirty_n && helper->frame.pixels && !vnc->refused_w)
		helper_tell_frame(helper);
	if (vnc->refused_w)
		helper_end(helper, VNC_END_BROKEN, "the VNC server's screen of %d x %d pixels is refused: 8192 a side and 64 MiB are the most",
		        vnc->refused_w, vnc->refused_h);
	if (strstr(vnc->said, "timed out"))
		helper_end(helper, VNC_END_STALLED, "the VNC server stopped in the middle of a message");
	/* Until our list of encodings has arrived QEMU tells of a new size in a way that the library does not understand. */
	if (strstr(vnc->said, "Rect too large"))
		helper_end(helper, VNC_END_RESIZED, "the VNC server's screen changed its size while it was connected to");
	if (closed || !*vnc->said)
		helper_end(helper, VNC_END_CLOSED, "the VNC server closed the connection");
	helper_end(helper, VNC_END_BROKEN, "the VNC server sent what can not be right: %s", vnc->said);
}

static void tell_silent(struct helper *helper, bool silent)
{
	guint begin;

	if (helper->vnc->silent == silent)
		return;
	helper->vnc->silent = silent;
	begin = wire_begin(helper->out, WIRE_SILENT);
	wire_put_u8(helper->out, silent);
	wire_end(helper->out, begin);
	helper_flush(helper);
}

/* It has said something. */
static void heard(struct helper *helper)
{
	helper->vnc->heard_us = g_get_monotonic_time();
	helper->vnc->probed_us = 0;
	tell_silent(helper, false);
}

/* Its word of its own, or all other messages. False: that was the last. */
static bool take_message(struct helper *helper)
{
	struct helper_vnc *vnc = helper->vnc;
	unsigned value = 0;

	switch (helper_qemu_take(vnc->client, &value)) {
	case QEMU_WORD_NONE:
		return HandleRFBServerMessage(vnc->client);
	case QEMU_WORD_POINTER:
		vnc->pointer_known = true;
		vnc->absolute = value;
		tell_features(helper);
		return true;
	case QEMU_WORD_SIZE:
		tell_fit(helper, value);
		return true;
	case QEMU_WORD_CUT:
		break;
	}
	return false;
}

void helper_vnc_serve(struct helper *helper)
{
	struct helper_vnc *vnc = helper->vnc;

	vnc->said[0] = '\0';
	vnc->serving = true;
	alarm(MESSAGE_TIMEOUT_S);
	if (!take_message(helper))
		end_of_service(helper);
	vnc->serving = false;
	alarm(0);
	heard(helper);
	helper_flush(helper);
}

static void limit_sending(const struct helper_vnc *vnc, unsigned seconds)
{
	if (!vnc->serving)
		alarm(seconds);
}

void helper_vnc_key(struct helper *helper, uint32_t keysym, unsigned scancode, bool down)
{
	struct helper_vnc *vnc = helper->vnc;

	if (!vnc->client)
		return;
	limit_sending(vnc, SEND_TIMEOUT_S);
	if (!scancode || !SendExtendedKeyEvent(vnc->client, keysym, scancode, down))
		SendKeyEvent(vnc->client, keysym, down);
	limit_sending(vnc, 0);
}

void helper_vnc_pointer(struct helper *helper, unsigned x, unsigned y, unsigned buttons)
{
	if (!helper->vnc->client)
		return;
	limit_sending(helper->vnc, SEND_TIMEOUT_S);
	SendPointerEvent(helper->vnc->client, (int)x, (int)y, (int)buttons);
	limit_sending(helper->vnc, 0);
}

void helper_vnc_fit(struct helper *helper, unsigned width, unsigned height)
{
	if (!helper->vnc->client)
		return;
	limit_sending(helper->vnc, SEND_TIMEOUT_S);
	helper_qemu_ask_size(helper->vnc->client, width, height);
	limit_sending(helper->vnc, 0);
}

/* A server must answer who asks for the whole of a part of the screen, changed or not. */
static void probe(struct helper *helper, gint64 now_us)
{
	struct helper_vnc *vnc = helper->vnc;
	int width = MIN(PROBE_PIXELS, helper->frame.width);

	if (!helper->frame.pixels)
		return;
	memcpy(vnc->probed, helper->frame.pixels, (size_t)width * 4);
	vnc->probed_us = now_us;
	limit_sending(vnc, SEND_TIMEOUT_S);
	SendFramebufferUpdateRequest(vnc->client, 0, 0, 1, 1, FALSE);
	limit_sending(vnc, 0);
}

void helper_vnc_probe(struct helper *helper)
{
	struct helper_vnc *vnc = helper->vnc;
	gint64 now_us = g_get_monotonic_time();

	/* While nvirt has not taken a frame the server is not listened to. */
	if (!vnc->client || helper->taken != helper->frames)
		return;
	if (!vnc->probed_us && now_us - vnc->heard_us >= QUIET_US)
		probe(helper, now_us);
	else if (vnc->probed_us && now_us - vnc->probed_us >= SILENT_US - QUIET_US)
		tell_silent(helper, true);
}

/*
 * QEMU drops the release of a key that is not pressed, but looks at the screen for it. A key that nobody
 * presses: all who are connected share one keyboard.
 */
void helper_vnc_hurry(struct helper *helper)
{
	struct helper_vnc *vnc = helper->vnc;

	if (!vnc || !vnc->client || !vnc->scancodes)
		return;
	limit_sending(vnc, SEND_TIMEOUT_S);
	SendExtendedKeyEvent(vnc->client, KEYSYM_F24, SCANCODE_F24, FALSE);
	limit_sending(vnc, 0);
}
