/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The life of a door to a guest's screen: see screen_door.h. Pure. */
#include "nvirt/screen_door.h"

#include <unistd.h>

#include "nvirt/secret.h"

struct screen_door *screen_door_new(unsigned id)
{
	struct screen_door *door = g_new0(struct screen_door, 1);

	door->id = id;
	door->fd = -1;
	return door;
}

void screen_door_free(struct screen_door *door)
{
	if (!door)
		return;
	if (door->fd >= 0)
		close(door->fd);
	secret_free(door->password);
	g_free(door->host);
	g_free(door->keymap);
	g_free(door->words);
	layout_free(door->layout);
	if (door->png)
		g_bytes_unref(door->png);
	if (door->memory)
		g_bytes_unref(door->memory);
	g_free(door);
}

int screen_door_take_fd(struct screen_door *door)
{
	int fd = door->fd;

	door->fd = -1;
	return fd;
}
