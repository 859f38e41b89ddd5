/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `nvirt snapshot list|show|diff`: a guest's snapshots as a tree, one of them,
 * and what changed in the definition. What changes something is in the table
 * of actions.
 *
 * Main thread.
 */
#include <string.h>

#include "cli.h"
#include "cli_resolve.h"
#include "cli_view.h"
#include "nvirt/definition.h"
#include "nvirt/diff.h"
#include "nvirt/secret.h"
#include "nvirt/snapshot_rows.h"
#include "nvirt/text.h"

const struct cli_option cli_options_snapshot_show[] = {
        CLI_OPTION_CSV,
        {"screen", 0, NULL, false, "Also what its screen showed, as text, where it was kept"},
        {"ansi", 0, NULL, false, "With --screen: with its colours"},
        {0},
};

/* One verb under way: the guest is open and its list is read. */
struct look {
	struct cli *cli;
	struct cli_session *session;
	struct obj_ref ref;
	const struct guest *guest;
};

static int look_open(struct look *look, const char *verb, const char *word)
{
	g_autoptr(GError) error = NULL;
	int code;

	look->session = cli_open_session(look->cli, verb, true, false);
	if (!look->session)
		return EXIT_CODE_USAGE;
	code = cli_session_connect(look->session, OBJ_GUEST);
	if (code != EXIT_CODE_OK)
		return code;
	if (!cli_resolve(store_host_at(look->session->store, 0), OBJ_GUEST, word, &look->ref, &error)) {
		output_message(&look->cli->out, "%s", error->message);
		return EXIT_CODE_FAILED;
	}
	if (cli_session_snapshots(look->session, &look->ref) == WAIT_INTERRUPTED)
		return EXIT_CODE_INTERRUPTED;
	look->guest = store_guest(look->session->store, &look->ref);
	if (look->guest && look->guest->snapshots)
		return EXIT_CODE_OK;
	output_message(&look->cli->out, "the snapshots of '%s' could not be read",
	        store_name(look->session->store, &look->ref));
	return EXIT_CODE_FAILED;
}

static const struct snapshot *find(const struct look *look, const char *word)
{
	g_autoptr(GError) error = NULL;
	struct obj_ref ref;

	if (cli_resolve_snapshot(look->guest, word, &ref, &error))
		return store_snapshot(look->session->store, &ref);
	output_message(&look->cli->out, "%s", error->message);
	return NULL;
}

/* ---- JSON -------------------------------------------------------------------- */

static void add_path(json_object *object, const char *key, const char *path)
{
	json_add_string(object, key, path && *path ? path : NULL);
}

static json_object *disks_json(const struct snapshot_row *row)
{
	json_object *array = json_object_new_array();

	for (unsigned i = 0; i < row->disks->len; i++) {
		const struct snapshot_disk *disk = row->disks->pdata[i];
		json_object *object = json_object_new_object();

		json_add_string(object, "target", disk->target);
		json_add_string(object, "mode", disk->mode);
		add_path(object, "state", disk->state);
		add_path(object, "overlay", disk->overlay);
		add_path(object, "format", disk->format);
		json_object_array_add(array, object);
	}
	return array;
}

static json_object *snapshot_json(const struct snapshot_row *row)
{
	json_object *object = json_object_new_object();
	g_autofree char *parent = row->parent ? text_clean(row->parent, -1) : NULL;

	json_add_string(object, "name", row->name);
	json_add_string(object, "parent", parent);
	json_add_bool(object, "current", row->current);
	json_add_time(object, "created", snapshot_time_us(row));
	json_add_string(object, "kind", snapshot_kind_word(row->kind));
	json_add_bool(object, "memory", row->memory);
	json_add_string(object, "state", guest_state_word(row->state));
	json_add_known(object, "held_bytes", row->size_bytes, row->size_bytes >= 0);
	json_add_string(object, "description", row->description);
	add_path(object, "missing", row->missing);
	add_path(object, "memory_file", row->memory_file);
	add_path(object, "nvram_file", row->nvram_file);
	add_path(object, "screen_file", row->screen_file);
	/* Of --screen. */
	json_object_object_add(object, "screen", NULL);
	json_object_object_add(object, "disks", disks_json(row));
	return object;
}

/* ---- list -------------------------------------------------------------------- */

/* "│ ├─● name": the same shapes as on the screen. Owned. */
static char *tree_cell(const struct snapshot_item *item, bool ascii)
{
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; i < item->depth; i++) {
		bool turn = item->side && i + 1 == item->depth;

		g_string_append(text, turn ? (ascii ? "+-" : "├─") : ascii ? "| " : "│ ");
	}
	if (!item->snapshot)
		g_string_append(text, ascii ? "> now" : "► now");
	else
		g_string_append_printf(text, "%s %s", ascii ? "o" : "●", item->snapshot->row->name);
	return g_string_free(text, FALSE);
}

static void add_row(struct cli_table *table, const struct snapshot_item *item, const struct guest *guest, bool ascii)
{
	const struct snapshot_row *row = item->snapshot ? item->snapshot->row : NULL;
	char time[64] = "";

	cli_table_take(table, tree_cell(item, ascii));
	if (!row) {
		for (int i = 0; i < 4; i++)
			cli_table_add(table, i == 2 ? guest_state_word(guest->state) : "");
		cli_table_add(table, "");
		return;
	}
	text_format_time(time, sizeof(time), snapshot_time_us(row), g_get_real_time());
	cli_table_add(table, time);
	cli_table_add(table, snapshot_kind_short(row));
	cli_table_add(table, guest_state_word(row->state));
	cli_table_add_bytes(table, (guint64)MAX(row->size_bytes, 0), row->size_bytes >= 0);
	if (row->missing && *row->missing)
		cli_table_take(table, g_strdup_printf("MISSING: %s", row->missing));
	else
		cli_table_take(table, g_strdelimit(g_strdup(row->description ? row->description : ""), "\n", ' '));
}

static bool print_tree(struct look *look)
{
	static const char *const titles[] = {"SNAPSHOT", "TAKEN", "KIND", "THEN", ">HELD", "DESCRIPTION", NULL};
	g_autoptr(GHashTable) folded = g_hash_table_new(NULL, NULL);
	g_autoptr(GArray) rows = g_array_new(FALSE, FALSE, sizeof(struct snapshot_item));
	struct cli_table *table = cli_table_new(titles);
	bool written;

	snapshot_rows_make(rows, look->guest->snapshots, folded, "");
	for (unsigned i = 0; i < rows->len && look->guest->snapshots->len; i++)
		add_row(table, &g_array_index(rows, struct snapshot_item, i), look->guest, look->cli->out.ascii);
	written = output_table(&look->cli->out, table);
	cli_table_free(table);
	return written;
}

static bool print_list_json(struct look *look)
{
	g_autoptr(json_object) array = json_object_new_array();

	for (unsigned i = 0; i < look->guest->snapshots->len; i++)
		json_object_array_add(array, snapshot_json(((const struct snapshot *)look->guest->snapshots->pdata[i])->row));
	return output_records(&look->cli->out, &record_snapshot, array);
}

/* ---- show and diff ------------------------------------------------------------ */

/* `screen`: NULL = it was not asked for, or is not there. */
static bool print_facts(struct look *look, const struct snapshot *snapshot, const struct text_screen *screen)
{
	g_autoptr(json_object) object = snapshot_json(snapshot->row);
	g_autofree char *text = NULL;

	if (!output_is_data(&look->cli->out))
		json_object_object_del(object, "screen");
	else if (screen)
		json_object_object_add(object, "screen", cli_screen_json(screen));
	if (output_is_data(&look->cli->out))
		return output_record(&look->cli->out, &record_snapshot, object);
	text = cli_object_text(object);
	return output_text(&look->cli->out, text) &&
	       (!screen || (output_text(&look->cli->out, "\n") && cli_screen_print(look->cli, screen, NULL)));
}

/* A screen that can not be shown keeps nobody from the facts. */
static int print_with_screen(struct look *look, const struct snapshot *snapshot)
{
	const struct snapshot_row *row = snapshot->row;
	struct cli_view view;
	int code;

	if (!row->screen_file || !*row->screen_file) {
		output_note(&look->cli->out, "nvirt: no screen was kept with '%s'", row->name);
		return print_facts(look, snapshot, NULL) ? EXIT_CODE_OK : EXIT_CODE_FAILED;
	}
	cli_session_release_signals(look->session);
	code = cli_view_open_png(&view, look->cli, row->name, row->screen_file);
	if (!print_facts(look, snapshot, code == EXIT_CODE_OK ? cli_view_screen(&view) : NULL))
		code = EXIT_CODE_FAILED;
	cli_view_close(&view);
	return code;
}

static const char *xml_now(const struct guest *guest, const struct snapshot *other)
{
	const struct guest_detail *detail = guest->detail;

	return detail ? definition_like(other->row->xml, detail->xml, detail->xml_stored) : NULL;
}

static char *diff_text(const char *xml_before, const char *xml_after, const char *from, const char *to)
{
	g_autofree char *before = definition_lines(xml_before), *after = definition_lines(xml_after);
	g_autoptr(GArray) lines = diff_lines(before, after, 3);
	GString *text = g_string_new(NULL);

	if (lines->len)
		g_string_append_printf(text, "--- %s\n+++ %s\n", from, to);
	for (unsigned i = 0; i < lines->len; i++) {
		char *raw = diff_line_text(&g_array_index(lines, struct diff_line, i));
		g_autofree char *once = secret_mask(raw, before);
		g_autofree char *twice = secret_mask(once, after);
		g_autofree char *clean = text_clean(twice, -1);

		secret_free(raw);
		g_string_append_printf(text, "%s\n", clean);
	}
	return g_string_free(text, FALSE);
}

static int print_diff(struct look *look, const struct snapshot *first, const struct snapshot *second)
{
	const char *before = first->row->xml;
	const char *after = second ? second->row->xml : xml_now(look->guest, first);
	const char *to = second ? second->row->name : "now";
	g_autofree char *text = NULL;

	if (!before || !after) {
		output_message(&look->cli->out, "the definition of '%s' is not known", before ? to : first->row->name);
		return EXIT_CODE_FAILED;
	}
	text = diff_text(before, after, first->row->name, to);
	if (output_is_data(&look->cli->out)) {
		g_autoptr(json_object) object = json_object_new_object();

		json_add_string(object, "from", first->row->name);
		json_add_string(object, "to", to);
		json_add_string(object, "diff", text);
		return output_record(&look->cli->out, &record_diff, object) ? EXIT_CODE_OK : EXIT_CODE_FAILED;
	}
	return output_text(&look->cli->out, text) ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}

/* ---- the verbs ---------------------------------------------------------------- */

static int too_many(struct cli *cli, const char *verb, unsigned most)
{
	g_autofree char *clean = text_clean(cli->line.words->pdata[most], -1);

	return cli_usage_error(cli, verb, "%s: '%s' is one word too many", verb, clean);
}

int cli_snapshot_list(struct cli *cli)
{
	struct look look = {.cli = cli};
	GPtrArray *words = cli->line.words;
	int code;

	if (!words->len)
		return cli_usage_error(cli, "snapshot-list", "snapshot-list: of which guest?");
	if (words->len > 1)
		return too_many(cli, "snapshot-list", 1);
	code = look_open(&look, "snapshot-list", words->pdata[0]);
	if (code == EXIT_CODE_OK) {
		cli_session_release_signals(look.session);
		code = (output_is_data(&cli->out) ? print_list_json(&look) : print_tree(&look)) ? EXIT_CODE_OK : EXIT_CODE_FAILED;
	}
	cli_session_free(look.session);
	return code;
}

/* `most` words; the first snapshot is found for `print`, which does the rest. */
static int with_snapshot(struct cli *cli, const char *verb, unsigned most,
        int (*print)(struct look *look, const struct snapshot *snapshot))
{
	struct look look = {.cli = cli};
	GPtrArray *words = cli->line.words;
	const struct snapshot *snapshot;
	int code;

	if (words->len < 2)
		return cli_usage_error(cli, verb, "%s: which %s?", verb, words->len ? "snapshot of it" : "guest");
	if (words->len > most)
		return too_many(cli, verb, most);
	code = look_open(&look, verb, words->pdata[0]);
	if (code == EXIT_CODE_OK) {
		snapshot = find(&look, words->pdata[1]);
		code = snapshot ? print(&look, snapshot) : EXIT_CODE_FAILED;
	}
	cli_session_free(look.session);
	return code;
}

static int show(struct look *look, const struct snapshot *snapshot)
{
	if (cli_line_flag(&look->cli->line, "screen") || cli_line_flag(&look->cli->line, "ansi"))
		return print_with_screen(look, snapshot);
	return print_facts(look, snapshot, NULL) ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}

static int diff(struct look *look, const struct snapshot *snapshot)
{
	GPtrArray *words = look->cli->line.words;
	const struct snapshot *second = words->len > 2 ? find(look, words->pdata[2]) : NULL;

	if (words->len > 2 && !second)
		return EXIT_CODE_FAILED;
	return print_diff(look, snapshot, second);
}

int cli_snapshot_show(struct cli *cli)
{
	return with_snapshot(cli, "snapshot-show", 2, show);
}

int cli_snapshot_diff(struct cli *cli)
{
	return with_snapshot(cli, "snapshot-diff", 3, diff);
}
