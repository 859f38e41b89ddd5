/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Typing and pressing: see keyboard.h. */
#include "nvirt/keyboard.h"

#include <string.h>

#include "layout.h"
#include "nvirt/text.h"

/*
 * QEMU gives its guest one event every 10 ms and keeps 1024 of them; sent faster, keys are lost, and
 * a lost release repeats for ever. So no faster than it gives them, with something to spare.
 */
#define WAIT_MS 12
/* As many unknown characters as an error names. */
#define NAMED_MAX 8

struct key_name {
	const char *name;
	uint32_t keysym;
	unsigned scancode;
};

/* Keys that stay down until the end of a combination come first: modifiers. */
#define MODIFIERS_N 12
static const struct key_name names[] = {
        {"ctrl", 0xffe3, 0x1d}, {"control", 0xffe3, 0x1d}, {"alt", 0xffe9, 0x38}, {"shift", 0xffe1, 0x2a},
        {"altgr", 0xfe03, 0xb8}, {"super", 0xffeb, 0xdb}, {"win", 0xffeb, 0xdb}, {"meta", 0xffeb, 0xdb},
        {"rctrl", 0xffe4, 0x9d}, {"rshift", 0xffe2, 0x36}, {"rsuper", 0xffec, 0xdc}, {"ralt", 0xffea, 0xb8},
        {"escape", 0xff1b, 0x01}, {"esc", 0xff1b, 0x01}, {"enter", 0xff0d, 0x1c}, {"return", 0xff0d, 0x1c},
        {"tab", 0xff09, 0x0f}, {"space", 0x20, 0x39}, {"backspace", 0xff08, 0x0e}, {"delete", 0xffff, 0xd3},
        {"del", 0xffff, 0xd3}, {"insert", 0xff63, 0xd2}, {"ins", 0xff63, 0xd2}, {"home", 0xff50, 0xc7},
        {"end", 0xff57, 0xcf}, {"pageup", 0xff55, 0xc9}, {"pgup", 0xff55, 0xc9}, {"pagedown", 0xff56, 0xd1},
        {"pgdn", 0xff56, 0xd1}, {"up", 0xff52, 0xc8}, {"down", 0xff54, 0xd0}, {"left", 0xff51, 0xcb},
        {"right", 0xff53, 0xcd}, {"f1", 0xffbe, 0x3b}, {"f2", 0xffbf, 0x3c}, {"f3", 0xffc0, 0x3d},
        {"f4", 0xffc1, 0x3e}, {"f5", 0xffc2, 0x3f}, {"f6", 0xffc3, 0x40}, {"f7", 0xffc4, 0x41}, {"f8", 0xffc5, 0x42},
        {"f9", 0xffc6, 0x43}, {"f10", 0xffc7, 0x44}, {"f11", 0xffc8, 0x57}, {"f12", 0xffc9, 0x58},
        {"print", 0xff61, 0xb7}, {"sysrq", 0xff15, 0x54}, {"pause", 0xff13, 0xc6}, {"menu", 0xff67, 0xdd},
        {"capslock", 0xffe5, 0x3a}, {"numlock", 0xff7f, 0x45}, {"scrolllock", 0xff14, 0x46}, {"minus", '-', 0x0c},
        {"kpenter", 0xff8d, 0x9c},
};

static void append(GArray *events, uint32_t keysym, unsigned scancode, bool down)
{
	struct key_event event = {keysym, scancode, down, WAIT_MS};

	g_array_append_val(events, event);
}

static uint32_t keysym_of(gunichar ch)
{
	if (ch == '\n')
		return 0xff0d;
	if (ch == '\t')
		return 0xff09;
	return ch < 0x100 ? ch : 0x01000000 | ch;
}

static void press_modifiers(GArray *events, const struct layout_key *key, bool down)
{
	if (key->shift)
		append(events, 0xffe1, 0x2a, down);
	if (key->altgr)
		append(events, 0xfe03, 0xb8, down);
}

static void type_key(GArray *events, gunichar ch, const struct layout_key *key)
{
	press_modifiers(events, key, true);
	append(events, keysym_of(ch), key->scancode, true);
	append(events, keysym_of(ch), key->scancode, false);
	press_modifiers(events, key, false);
	if (key->dead) {
		append(events, ' ', 0x39, true);
		append(events, ' ', 0x39, false);
	}
}

/* "'é' (line 3), 'ß' (line 9)": each once. */
static void name_unknown(GString *words, GHashTable *seen, gunichar ch, unsigned line)
{
	char utf8[8] = {0};

	if (!g_hash_table_add(seen, GUINT_TO_POINTER(ch)) || g_hash_table_size(seen) > NAMED_MAX)
		return;
	g_unichar_to_utf8(ch, utf8);
	g_autofree char *clean = text_clean(utf8, -1);
	g_string_append_printf(words, "%s'%s' (line %u)", words->len ? ", " : "", clean, line);
}

static bool all_known(const struct layout *layout, const char *utf8, GError **error)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_direct_hash, g_direct_equal);
	GString *words = g_string_new(NULL);
	unsigned line = 1;

	for (const char *at = utf8; *at; at = g_utf8_next_char(at)) {
		gunichar ch = g_utf8_get_char(at);

		if (ch != '\r' && !layout_key_of(layout, ch))
			name_unknown(words, seen, ch, line);
		line += ch == '\n';
	}
	if (g_hash_table_size(seen) > NAMED_MAX)
		g_string_append_printf(words, " and %u more", g_hash_table_size(seen) - NAMED_MAX);
	if (words->len)
		g_set_error(error, G_CONVERT_ERROR, G_CONVERT_ERROR_ILLEGAL_SEQUENCE,
		        "nothing was typed: the keyboard layout '%s' has no key for %s", layout_name(layout), words->str);
	g_string_free(words, TRUE);
	return g_hash_table_size(seen) == 0;
}

bool keyboard_type(const struct layout *layout, const char *utf8, GArray *events, GError **error)
{
	if (!g_utf8_validate(utf8, -1, NULL)) {
		g_set_error(error, G_CONVERT_ERROR, G_CONVERT_ERROR_ILLEGAL_SEQUENCE,
		        "the text is no valid UTF-8: nothing was typed");
		return false;
	}
	if (!all_known(layout, utf8, error))
		return false;
	for (const char *at = utf8; *at; at = g_utf8_next_char(at)) {
		gunichar ch = g_utf8_get_char(at);

		if (ch == '\r' && at[1] == '\n')
			continue;
		ch = ch == '\r' ? '\n' : ch;
		type_key(events, ch, layout_key_of(layout, ch));
	}
	return true;
}

/* ---- combinations ---- */

const char *keyboard_name(unsigned i, bool *ret_modifier)
{
	*ret_modifier = i < MODIFIERS_N;
	return i < G_N_ELEMENTS(names) ? names[i].name : NULL;
}

static const struct key_name *name_of(const char *word)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
		if (g_ascii_strcasecmp(names[i].name, word) == 0)
			return &names[i];
	return NULL;
}

/* A key by its name, or the one that a character is on; -1 = none. Shift is pressed for it where it must be. */
static bool find_key(const struct layout *layout, const char *word, struct key_name *ret, struct layout_key *ret_with)
{
	const struct key_name *named = name_of(word);
	gunichar ch = g_utf8_validate(word, -1, NULL) && g_utf8_strlen(word, -1) == 1 ? g_utf8_get_char(word) : 0;
	const struct layout_key *key = ch ? layout_key_of(layout, ch) : NULL;

	*ret_with = (struct layout_key){0};
	if (named) {
		*ret = *named;
		return true;
	}
	if (!key || key->dead)
		return false;
	*ret = (struct key_name){.keysym = keysym_of(ch), .scancode = key->scancode};
	*ret_with = *key;
	return true;
}

static bool unknown(const char *word, const char *words, GError **error)
{
	g_autofree char *clean = text_clean(word, -1);
	g_autofree char *all = text_clean(words, -1);

	g_set_error(error, G_CONVERT_ERROR, G_CONVERT_ERROR_FAILED,
	        "'%s' in '%s' is no key: names are like ctrl, alt, shift, altgr, super, delete, esc, enter, tab, f1, up, "
	        "sysrq, or one character; they are joined by '-'",
	        clean, all);
	return false;
}

static void release(GArray *events, const GArray *down)
{
	for (unsigned i = down->len; i-- > 0;) {
		const struct key_event *event = &g_array_index(down, struct key_event, i);

		append(events, event->keysym, event->scancode, false);
	}
}

bool keyboard_press(const struct layout *layout, const char *words, GArray *events, GError **error)
{
	/* "-" itself, and "ctrl--": the last one is the key. */
	gsize length = strlen(words);
	bool minus = length && words[length - 1] == '-' && (length == 1 || words[length - 2] == '-');
	g_autofree char *text = minus ? g_strconcat(words, "minus", NULL) : g_strdup(words);
	g_auto(GStrv) parts = NULL;
	g_autoptr(GArray) down = g_array_new(FALSE, FALSE, sizeof(struct key_event));

	if (minus)
		memmove(text + length - 1, text + length, strlen(text + length) + 1);
	parts = g_strsplit(text, "-", -1);
	for (char **part = parts; *part; part++) {
		struct layout_key with;
		struct key_name key;

		if (!find_key(layout, *part, &key, &with))
			return unknown(*part, words, error);
		if (with.shift)
			append(down, 0xffe1, 0x2a, true);
		if (with.altgr)
			append(down, 0xfe03, 0xb8, true);
		append(down, key.keysym, key.scancode, true);
	}
	if (!down->len)
		return unknown("", words, error);
	g_array_append_vals(events, down->data, down->len);
	release(events, down);
	return true;
}

void keyboard_release_all(GArray *events)
{
	for (unsigned i = 0; i < MODIFIERS_N; i++)
		append(events, names[i].keysym, names[i].scancode, false);
}

guint64 keyboard_span_ms(const GArray *events)
{
	guint64 span_ms = 0;

	for (unsigned i = 0; i < events->len; i++)
		span_ms += g_array_index(events, struct key_event, i).wait_ms;
	return span_ms;
}
