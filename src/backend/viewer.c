/* SPDX-License-Identifier: GPL-2.0-or-later */
/* virt-viewer: see viewer.h. It reaches the guest by libvirt, so that no address or password passes through here. */
#include "nvirt/viewer.h"

#include <unistd.h>

#include "nvirt/inv.h"

static bool has_display(void)
{
	const char *x11 = g_getenv("DISPLAY"), *wayland = g_getenv("WAYLAND_DISPLAY");

	return (x11 && *x11) || (wayland && *wayland);
}

/* In the child: signals of our terminal are not for it. */
static void leave_session(gpointer data)
{
	(void)data;
	setsid();
}

bool viewer_start(const char *uri, const uint8_t uuid[16], GError **error)
{
	g_autofree char *program = g_find_program_in_path("virt-viewer");
	char text[37], connect[] = "--connect", id[] = "--uuid", wait[] = "--wait", reconnect[] = "--reconnect";

	if (!has_display() || !program) {
		g_set_error(error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT, "cannot open a window: %s",
		        program ? "there is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set)"
		                : "virt-viewer is not installed");
		return false;
	}
	uuid_format(uuid, text);
	char *argv[] = {program, connect, (char *)uri, wait, reconnect, id, text, NULL};
	return g_spawn_async("/", argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, leave_session, NULL,
	        NULL, error);
}
