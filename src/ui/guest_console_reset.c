/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Console tab says for a while that its guest was reset. Main thread. */
#include "guest_console.h"
#include "nvirt/text.h"

#define RESET_SAID_US (60 * G_USEC_PER_SEC)

char *guest_console_reset(const struct guest_console *self)
{
	gint64 reset_us = store_reset_us(self->view.app->store, &self->ref);
	gint64 age_us = app_now_us(self->view.app) - reset_us;
	char span[16];

	if (!reset_us || age_us >= RESET_SAID_US)
		return NULL;
	text_format_span_ms(span, sizeof(span), MAX(age_us, 0) / G_USEC_PER_SEC * 1000);
	return g_strdup_printf("reset %s ago", span);
}

void guest_console_add_reset(const struct guest_console *self, struct mode_words *words)
{
	g_autofree char *reset = guest_console_reset(self), *state = g_steal_pointer(&words->state);

	if (reset && state && *state)
		words->state = g_strconcat(state, ", ", reset, NULL);
	else
		words->state = reset ? g_steal_pointer(&reset) : g_steal_pointer(&state);
}
