/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keyboard layouts: which character is on which key. See keyboard.h. */
#include <string.h>

#include "keysym_names.h"
#include "layout.h"

struct layout {
	char *name;
	GHashTable *keys; /* character -> struct layout_key, owned */
};

/* The four rows of a US keyboard: scancodes from the first on. */
static const struct {
	unsigned first;
	const char *plain, *shifted;
} us_rows[] = {
        {0x02, "1234567890-=", "!@#$%^&*()_+"},
        {0x10, "qwertyuiop[]", "QWERTYUIOP{}"},
        {0x1e, "asdfghjkl;'`", "ASDFGHJKL:\"~"},
        {0x2b, "\\zxcvbnm,./", "|ZXCVBNM<>?"},
};

/* A dead key and a blank after it give the accent by itself. */
static const struct {
	const char *name;
	gunichar ch;
} dead_keys[] = {
        {"dead_circumflex", '^'}, {"dead_grave", '`'}, {"dead_tilde", '~'}, {"dead_acute", 0xb4}, {"dead_diaeresis", 0xa8},
};

static struct layout *make(const char *name)
{
	struct layout *layout = g_new0(struct layout, 1);

	layout->name = g_strdup(name);
	layout->keys = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, g_free);
	return layout;
}

void layout_free(struct layout *layout)
{
	if (!layout)
		return;
	g_hash_table_unref(layout->keys);
	g_free(layout->name);
	g_free(layout);
}

const char *layout_name(const struct layout *layout)
{
	return layout->name;
}

/* How much it takes to type it: of two ways the simpler one. */
static unsigned effort(const struct layout_key *key)
{
	return key->shift + 2u * key->altgr + 4u * key->dead;
}

static void add(struct layout *layout, gunichar ch, struct layout_key key)
{
	const struct layout_key *old = g_hash_table_lookup(layout->keys, GUINT_TO_POINTER(ch));

	if (!old || effort(&key) < effort(old))
		g_hash_table_insert(layout->keys, GUINT_TO_POINTER(ch), g_memdup2(&key, sizeof(key)));
}

static void add_fixed(struct layout *layout)
{
	add(layout, ' ', (struct layout_key){.scancode = 0x39});
	add(layout, '\n', (struct layout_key){.scancode = 0x1c});
	add(layout, '\t', (struct layout_key){.scancode = 0x0f});
}

struct layout *layout_new_us(void)
{
	struct layout *layout = make("us");

	for (unsigned i = 0; i < G_N_ELEMENTS(us_rows); i++)
		for (unsigned n = 0; us_rows[i].plain[n]; n++) {
			add(layout, (guchar)us_rows[i].plain[n], (struct layout_key){.scancode = us_rows[i].first + n});
			add(layout, (guchar)us_rows[i].shifted[n],
			        (struct layout_key){.scancode = us_rows[i].first + n, .shift = true});
		}
	add_fixed(layout);
	return layout;
}

static gunichar dead_character(const char *name)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(dead_keys); i++)
		if (g_str_equal(dead_keys[i].name, name))
			return dead_keys[i].ch;
	return 0;
}

/* The first two levels and AltGr; keypads and locks are not what characters are typed with. */
static void add_line(struct layout *layout, char **words)
{
	struct layout_key key = {0};
	guint64 code = 0;
	gunichar ch = keysym_name_character(words[0]);

	if (!words[1] || !g_str_has_prefix(words[1], "0x"))
		return;
	code = g_ascii_strtoull(words[1], NULL, 16);
	if (code < 1 || code > 0xff)
		return;
	key.scancode = (unsigned)code;
	for (char **word = words + 2; *word; word++) {
		key.shift |= g_str_equal(*word, "shift");
		key.altgr |= g_str_equal(*word, "altgr");
		if (!g_str_equal(*word, "shift") && !g_str_equal(*word, "altgr"))
			return;
	}
	if (!ch) {
		ch = dead_character(words[0]);
		key.dead = true;
	}
	if (ch)
		add(layout, ch, key);
}

struct layout *layout_new(const char *name, const char *text)
{
	struct layout *layout = make(name);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (char **line = lines; *line; line++) {
		g_auto(GStrv) words = g_strsplit_set(g_strstrip(*line), " \t", -1);

		if (words[0] && *words[0] && *words[0] != '#')
			add_line(layout, words);
	}
	add_fixed(layout);
	return layout;
}

const struct layout_key *layout_key_of(const struct layout *layout, gunichar ch)
{
	return g_hash_table_lookup(layout->keys, GUINT_TO_POINTER(ch));
}
