/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of keys: one table for both directions. Pure. */
#include "keys.h"

#include <string.h>

static const struct {
	const char *name;
	keycode key;
} names[] = {
        {"Tab", K_TAB},
        {"Enter", K_ENTER},
        {"Esc", K_ESC},
        {"Space", K_SPACE},
        {"Backspace", K_BACKSPACE},
        {"Up", K_UP},
        {"Down", K_DOWN},
        {"Left", K_LEFT},
        {"Right", K_RIGHT},
        {"Home", K_HOME},
        {"End", K_END},
        {"PgUp", K_PGUP},
        {"PgDn", K_PGDN},
        {"Ins", K_INSERT},
        {"Del", K_DELETE},
};

static keycode parse_base(const char *name)
{
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		if (!strcmp(names[i].name, name))
			return names[i].key;
	if (name[0] == 'F' && g_ascii_isdigit(name[1])) {
		guint64 n = g_ascii_strtoull(name + 1, NULL, 10);
		return n >= 1 && n <= 12 && strlen(name) <= 3 ? K_F1 + (keycode)n - 1 : K_NONE;
	}
	gunichar ch = g_utf8_get_char_validated(name, -1);
	if (ch == 0 || ch >= 0x110000 || !g_unichar_isprint(ch) || *g_utf8_next_char(name))
		return K_NONE;
	return ch;
}

keycode key_parse(const char *name)
{
	static const struct {
		char letter;
		keycode bit;
	} modifiers[] = {{'C', KEY_CTRL}, {'M', KEY_ALT}, {'S', KEY_SHIFT}};
	keycode bits = 0;
	while (name && name[0] && name[1] == '-' && name[2]) {
		keycode bit = 0;
		for (gsize i = 0; i < G_N_ELEMENTS(modifiers); i++)
			if (modifiers[i].letter == name[0])
				bit = modifiers[i].bit;
		if (!bit)
			return K_NONE;
		bits |= bit;
		name += 2;
	}
	keycode base = name ? parse_base(name) : K_NONE;
	if (base == K_NONE)
		return K_NONE;
	if ((bits & KEY_CTRL) && base >= 'A' && base <= 'Z')
		base += 'a' - 'A';
	return bits | base;
}

void key_format(keycode key, char *out, gsize size)
{
	keycode base = key & ~(KEY_CTRL | KEY_ALT | KEY_SHIFT);
	char text[12] = "?";
	if (base >= K_F1 && base <= K_F12)
		g_snprintf(text, sizeof(text), "F%u", base - K_F1 + 1);
	else if (base > K_SPACE && base < 0x110000 && g_unichar_isprint(base))
		text[g_unichar_to_utf8(base, text)] = '\0';
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++)
		if (names[i].key == base)
			g_strlcpy(text, names[i].name, sizeof(text));
	g_snprintf(out, size, "%s%s%s%s", key & KEY_CTRL ? "C-" : "", key & KEY_ALT ? "M-" : "",
	        key & KEY_SHIFT ? "S-" : "", text);
}

bool key_in(const char *keys, keycode key)
{
	char name[32];
	/* Every key is looked for in every table, and most keys are a letter: no name of several bytes is one. */
	bool letter = key > K_SPACE && key < 0x7f;
	while (keys && *keys) {
		gsize len = strcspn(keys, " ");
		if (letter && len == 1 && (guchar)*keys == key)
			return true;
		if (!letter && len > 0 && len < sizeof(name)) {
			memcpy(name, keys, len);
			name[len] = '\0';
			if (key != K_NONE && key_parse(name) == key)
				return true;
		}
		keys += len;
		keys += strspn(keys, " ");
	}
	return false;
}

bool key_is_text(keycode key)
{
	return key >= K_SPACE && key != K_BACKSPACE && key < 0x110000 && g_unichar_isprint(key);
}
