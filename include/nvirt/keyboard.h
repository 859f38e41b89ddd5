/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From characters and key names to the keys of a guest's keyboard: scancodes of an XT
 * keyboard as QEMU counts them (0x80 = one of the extended keys), with the keysym for a
 * server that does not take scancodes.
 *
 * Which key a character is on depends on the layout that the guest is set to. Pure, but
 * for layout_load(), which reads a file (src/console).
 */
#ifndef NVIRT_KEYBOARD_H
#define NVIRT_KEYBOARD_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct key_event {
	uint32_t keysym;
	unsigned scancode;
	bool down;
	unsigned wait_ms; /* before the next one: QEMU's keyboards take no more than a hundred a second */
};

struct layout;

/* US, without any file. Owned. */
struct layout *layout_new_us(void);
/* The text of one of QEMU's keymaps ("exclam 0x02 shift"). Lines that it does not know are passed over. */
struct layout *layout_new(const char *name, const char *text);
void layout_free(struct layout *layout);
const char *layout_name(const struct layout *layout);
/*
 * By name: "de", "en-us" (also "us"), of QEMU's tables on this machine. US is always there.
 * NULL: there is no such layout; the error names those that there are.
 */
struct layout *layout_load(const char *name, GError **error);
/* Of all that there are, in order, each once; owned, NULL-terminated. Reads directories. */
char **layout_names(void);

/*
 * Appends what types `utf8` (struct key_event); a line feed is Return. False, and nothing is
 * appended, when the layout has no key for one of its characters: the error names all of them.
 */
bool keyboard_type(const struct layout *layout, const char *utf8, GArray *events, GError **error);
/* Appends one combination: "ctrl-alt-delete", "F2", "alt-sysrq-b", "ctrl-c", "shift-tab", "-". */
bool keyboard_press(const struct layout *layout, const char *words, GArray *events, GError **error);
/* The name of the i-th key, NULL after the last; `ret_modifier`: it is held while others are pressed. */
const char *keyboard_name(unsigned i, bool *ret_modifier);
/* Releases what may still be down: Shift, Control, Alt, AltGr, Super. */
void keyboard_release_all(GArray *events);
/* The time it takes to send them. */
guint64 keyboard_span_ms(const GArray *events);

#endif
