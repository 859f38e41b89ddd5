/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rebound keys. Everything that has a key is a row of some table; a row is named
 * "<place>.<name>", where the place is "app", "list", the object's kind or the view.
 */
#include "keymap.h"

#include <string.h>

struct row {
	char *name;           /* "guest.start" */
	const char *place;    /* interned, "guest" */
	enum { ROW_APP, ROW_LIST, ROW_ACTION, ROW_VIEW } kind;
	const void *of;       /* the table's row */
	const char *own;      /* its keys in the table */
	const struct config_key *rebound; /* NULL = not */
};

struct keymap {
	GHashTable *keys; /* table row -> char * */
	unsigned digits;  /* 1 << n: the digit n is a command's key */
	bool lists;       /* a list's key is not what it was */
};

static void row_clear(gpointer data)
{
	g_free(((struct row *)data)->name);
}

static void add_row(GArray *rows, int kind, const char *place, const char *name, const void *of, const char *own)
{
	struct row row = {.name = g_strdup_printf("%s.%s", place, name),
	        .place = g_intern_string(place),
	        .kind = kind,
	        .of = of,
	        .own = own ? own : ""};
	g_array_append_val(rows, row);
}

static void add_view(GArray *rows, const struct view_ops *ops)
{
	for (const struct view_cmd *cmd = ops->cmds; cmd && cmd->name; cmd++)
		add_row(rows, ROW_VIEW, ops->name, cmd->name, cmd, cmd->keys);
}

static GArray *all_rows(void)
{
	GArray *rows = g_array_new(FALSE, FALSE, sizeof(struct row));
	g_array_set_clear_func(rows, row_clear);
	for (const struct app_command *cmd = app_commands; cmd->name; cmd++)
		add_row(rows, ROW_APP, "app", cmd->name, cmd, cmd->keys);
	for (const struct list_move *move = list_moves; move->name; move++)
		add_row(rows, ROW_LIST, "list", move->name, move, move->keys);
	for (unsigned i = 0; i < action_count; i++)
		add_row(rows, ROW_ACTION, obj_kind_word(action_table[i].kind), action_table[i].verb, &action_table[i],
		        action_table[i].key);
	static const struct view_ops *const regions[] = {&header_view, &tree_view, &content_view, &tasklog_view};
	for (gsize i = 0; i < G_N_ELEMENTS(regions); i++)
		add_view(rows, regions[i]);
	for (const struct tab *tab = tab_table; tab->kind != OBJ_NONE; tab++)
		add_view(rows, tab->ops);
	return rows;
}

static const char *keys_of(const struct row *row)
{
	return row->rebound ? row->rebound->keys : row->own;
}

/* ---- conflicts -------------------------------------------------------------- */

/* Keys that no command can have. */
static const char *fixed_meaning(keycode key)
{
	if (key == '0')
		return "a count's";
	if (key == 'g')
		return "the first half of gg";
	return key == K_ESC ? "what closes things" : NULL;
}

/* Can both be meant at once? Two kinds of objects are never selected together, nor are two tabs shown. */
static bool meet(const struct row *a, const struct row *b)
{
	if (a->of == b->of)
		return false;
	if (a->kind != b->kind)
		return true;
	return a->place == b->place || (a->kind == ROW_VIEW && (!strcmp(a->place, "content") || !strcmp(b->place, "content")));
}

/* The first key that both have; K_NONE = none. */
static keycode shared_key(const char *a, const char *b)
{
	g_auto(GStrv) names = g_strsplit(a, " ", -1);
	for (gsize i = 0; names[i]; i++)
		if (*names[i] && key_in(b, key_parse(names[i])))
			return key_parse(names[i]);
	return K_NONE;
}

static bool check_names(struct config *config, const struct row *row)
{
	g_auto(GStrv) names = g_strsplit(row->rebound->keys, " ", -1);
	for (gsize i = 0; names[i]; i++) {
		keycode key = key_parse(names[i]);
		const char *fixed = fixed_meaning(key);
		if (!*names[i])
			continue;
		if (key == K_NONE)
			config_problem(config, row->rebound->where, "key '%s': there is no key '%s'", row->name, names[i]);
		else if (fixed && !key_in(row->own, key))
			config_problem(config, row->rebound->where, "key '%s': '%s' is %s", row->name, names[i], fixed);
		else
			continue;
		return false;
	}
	return true;
}

static const struct row *conflict(const GArray *rows, const struct row *row)
{
	for (guint i = 0; i < rows->len; i++) {
		const struct row *other = &g_array_index(rows, struct row, i);
		keycode key = meet(row, other) ? shared_key(keys_of(row), keys_of(other)) : K_NONE;
		/* What the tables themselves share is meant so. */
		if (key != K_NONE && !(key_in(row->own, key) && key_in(other->own, key)))
			return other;
	}
	return NULL;
}

/* Every rebinding that is dropped may free or take a key: again until all is well. */
static bool drop_one(struct config *config, GArray *rows)
{
	for (guint i = rows->len; i-- > 0;) {
		struct row *row = &g_array_index(rows, struct row, i);
		const struct row *other = row->rebound ? conflict(rows, row) : NULL;
		if (!other)
			continue;
		char key[24];
		key_format(shared_key(keys_of(row), keys_of(other)), key, sizeof(key));
		config_problem(config, row->rebound->where, "key '%s': '%s' is already %s", row->name, key, other->name);
		row->rebound = NULL;
		return true;
	}
	return false;
}

/* ---- making ----------------------------------------------------------------- */

static void rebind(struct config *config, GArray *rows, const struct config_key *key)
{
	bool found = false;
	for (guint i = 0; i < rows->len; i++) {
		struct row *row = &g_array_index(rows, struct row, i);
		if (strcmp(row->name, key->command) != 0)
			continue;
		found = true;
		row->rebound = key;
		if (!check_names(config, row))
			row->rebound = NULL;
	}
	if (!found)
		config_problem(config, key->where, "key '%s': there is no such command", key->command);
}

static void add_rebound(struct keymap *keymap, const struct row *row)
{
	g_hash_table_insert(keymap->keys, (gpointer)row->of, g_strdup(row->rebound->keys));
	keymap->lists |= row->kind == ROW_LIST;
	for (keycode digit = '1'; digit <= '9'; digit++)
		if (key_in(row->rebound->keys, digit))
			keymap->digits |= 1u << (digit - '0');
}

struct keymap *keymap_new(struct config *config)
{
	struct keymap *keymap = g_new0(struct keymap, 1);
	keymap->keys = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	if (config->keys->len == 0)
		return keymap;
	g_autoptr(GArray) rows = all_rows();
	for (guint i = 0; i < config->keys->len; i++)
		rebind(config, rows, config->keys->pdata[i]);
	while (drop_one(config, rows))
		continue;
	for (guint i = 0; i < rows->len; i++) {
		const struct row *row = &g_array_index(rows, struct row, i);
		if (row->rebound)
			add_rebound(keymap, row);
	}
	return keymap;
}

void keymap_free(struct keymap *keymap)
{
	if (!keymap)
		return;
	g_hash_table_unref(keymap->keys);
	g_free(keymap);
}

static const char *look_up(const struct keymap *keymap, const void *of, const char *own)
{
	const char *keys = keymap ? g_hash_table_lookup(keymap->keys, of) : NULL;
	return keys ? keys : own;
}

const char *keymap_view(const struct keymap *keymap, const struct view_cmd *cmd)
{
	return look_up(keymap, cmd, cmd->keys);
}

const char *keymap_action(const struct keymap *keymap, const struct action *action)
{
	return look_up(keymap, action, action->key);
}

const char *keymap_app(const struct keymap *keymap, const struct app_command *cmd)
{
	return look_up(keymap, cmd, cmd->keys);
}

const char *keymap_move(const struct keymap *keymap, const struct list_move *move)
{
	return look_up(keymap, move, move->keys);
}

keycode keymap_list_key(const struct keymap *keymap, keycode key)
{
	bool theirs = false;
	if (!keymap || !keymap->lists)
		return key;
	for (const struct list_move *move = list_moves; move->name; move++) {
		if (key_in(keymap_move(keymap, move), key))
			return move->means;
		theirs |= key_in(move->keys, key);
	}
	return theirs ? K_NONE : key;
}

bool keymap_has_digit(const struct keymap *keymap, keycode key)
{
	return keymap && key >= '1' && key <= '9' && keymap->digits & 1u << (key - '0');
}
