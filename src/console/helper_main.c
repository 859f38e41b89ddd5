/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nvirt-screen CONTROL [SERVER]: two numbers of sockets that nvirt left open for it.
 *
 * Fonts are read first, while files can still be opened; then the program locks itself in,
 * and only then hears what is to be done and from whom.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "helper.h"

/* QEMU looks at an idle guest's screen less and less often; this often it is woken while somebody watches. */
#define HURRY_MS 200
/* After the first frame QEMU has looked at its guest's screen anew; a blank one may take longer to be drawn. */
#define STALE_MS 200
#define STALE_BLANK_MS 700

static int socket_of(const char *word)
{
	int type, fd = word ? atoi(word) : -1;
	socklen_t size = sizeof(type);

	return fd > 2 && getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 ? fd : -1;
}

static void load_fonts(struct helper *helper)
{
	g_autofree char *own = g_build_filename(g_get_user_data_dir(), "nvirt", "fonts", NULL);

	helper->fonts = fonts_new();
	fonts_load_system(helper->fonts);
	fonts_load_dir(helper->fonts, own);
	helper->recogniser = recogniser_new(helper->fonts);
}

static void greet(struct helper *helper)
{
	guint begin = wire_begin(helper->out, WIRE_HELLO);

	wire_put_u32(helper->out, WIRE_VERSION);
	wire_end(helper->out, begin);
	helper_flush(helper);
}

/* With a frame under way nothing new is asked of the server: it puts changes together meanwhile. */
static bool may_serve(const struct helper *helper)
{
	return helper->vnc && helper->taken == helper->frames;
}

/* Milliseconds until the frame that was told counts as the screen now; -1 = it does, or none was told. */
static int stale_ms(const struct helper *helper)
{
	gint64 age_ms = (g_get_monotonic_time() - helper->first_us) / 1000;

	if (!helper->stale || !helper->first_us)
		return -1;
	return (int)MAX((helper->blank ? STALE_BLANK_MS : STALE_MS) - age_ms, 0);
}

static void note_first_frame(struct helper *helper)
{
	if (helper->first_us || !helper->frames)
		return;
	helper->first_us = g_get_monotonic_time();
	helper_vnc_hurry(helper);
}

static void end_stale(struct helper *helper)
{
	if (stale_ms(helper) != 0 || helper->taken != helper->frames)
		return;
	helper->stale = false;
	helper_tell_frame(helper);
}

static int timeout_of(const struct helper *helper)
{
	int stale = stale_ms(helper);
	int timeout = helper->searching ? 0 : helper->watched ? HURRY_MS : -1;

	return stale > 0 && (timeout < 0 || stale < timeout) ? stale : timeout;
}

static void wait_for_something(struct helper *helper, struct pollfd fds[2])
{
	int timeout = timeout_of(helper);

	fds[0] = (struct pollfd){.fd = helper->control, .events = POLLIN};
	fds[1] = (struct pollfd){.fd = may_serve(helper) ? helper_vnc_fd(helper) : -1, .events = POLLIN};
	if (may_serve(helper) && helper_vnc_has_more(helper)) {
		timeout = 0;
		fds[1].fd = -1;
	}
	if (poll(fds, 2, timeout) < 0)
		fds[0].revents = fds[1].revents = 0;
}

static void G_GNUC_NORETURN run(struct helper *helper)
{
	gint64 hurried_us = 0;

	for (;;) {
		struct pollfd fds[2];
		bool more;

		wait_for_something(helper, fds);
		if (fds[0].revents)
			helper_obey(helper);
		more = may_serve(helper) && (fds[1].revents || helper_vnc_has_more(helper));
		if (more)
			helper_vnc_serve(helper);
		else if (helper->searching && !fds[0].revents)
			helper_search(helper);
		note_first_frame(helper);
		end_stale(helper);
		if (helper->pixels_wanted && helper->frame.pixels)
			helper_tell_pixels(helper);
		if (helper->vnc && helper->watched && g_get_monotonic_time() - hurried_us >= HURRY_MS * 1000) {
			hurried_us = g_get_monotonic_time();
			helper_vnc_hurry(helper);
		}
	}
}

int main(int argc, char **argv)
{
	struct helper helper = {.control = argc > 1 ? socket_of(argv[1]) : -1};
	int server = argc > 2 ? socket_of(argv[2]) : -1;
	const char *why = NULL;

	if (helper.control < 0 || (argc > 2 && server < 0) || argc > 3) {
		fputs("nvirt-screen: nvirt starts this to read a guest's screen; there is nothing to do for it by hand\n",
		        stderr);
		return 2;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	helper.in = g_byte_array_new();
	helper.out = g_byte_array_new();
	load_fonts(&helper);
	greet(&helper);
	if (!helper_confine(&why))
		helper_end(&helper, VNC_END_READER, "the screen reader could not be confined: %s", why);
	while (!helper.password && !helper.user)
		helper_obey(&helper);
	helper.stale = server >= 0;
	if (server >= 0)
		helper_vnc_start(&helper, server);
	run(&helper);
}
