/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keymap files, texts to type and names of keys: what comes out can be sent, and nothing stays pressed. libFuzzer. */
#include <stdlib.h>
#include <string.h>

#include "nvirt/keyboard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Each key that goes down comes up again, and is one of a keyboard's. */
static void check(const GArray *events)
{
	int down[256] = {0};

	for (guint i = 0; i < events->len; i++) {
		const struct key_event *event = &g_array_index(events, struct key_event, i);

		if (event->scancode >= G_N_ELEMENTS(down) || (!event->scancode && !event->keysym) || event->wait_ms > 10000)
			abort();
		down[event->scancode] += event->down ? 1 : -1;
	}
	for (unsigned i = 0; i < G_N_ELEMENTS(down); i++)
		if (down[i])
			abort();
}

static void try_words(const struct layout *layout, const char *words)
{
	GArray *events = g_array_new(FALSE, FALSE, sizeof(struct key_event));
	g_autoptr(GError) error = NULL;

	if (keyboard_type(layout, words, events, &error))
		check(events);
	else if (events->len || !error || !g_utf8_validate(error->message, -1, NULL))
		abort();
	g_clear_error(&error);
	g_array_set_size(events, 0);
	if (keyboard_press(layout, words, events, &error))
		check(events);
	else if (events->len || !error)
		abort();
	g_array_unref(events);
}

/* A keymap up to the first NUL byte, then what is typed; without one all is typed on a US keyboard. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	const uint8_t *end = memchr(data, 0, size);
	g_autofree char *words = end ? g_strndup((const char *)end + 1, size - (size_t)(end + 1 - data)) : g_strdup(text);
	struct layout *layout = end ? layout_new("fuzz", text) : layout_new_us();

	if (layout)
		try_words(layout, words);
	layout_free(layout);
	return 0;
}
