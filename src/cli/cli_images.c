/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `nvirt images`: which image stands on which, and who uses it, over all pools and
 * guests of a host. Main thread.
 */
#include <string.h>

#include "cli.h"
#include "cli_resolve.h"
#include "nvirt/images.h"
#include "nvirt/text.h"

/* Deeper than this a tree is no longer to be read. */
#define BRANCH_MAX 40

const struct cli_option cli_options_images[] = {
        {"tree", 't', NULL, false, "Show each image below what it stands on"},
        {"problems", 0, NULL, false, "List only images that something is wrong with"},
        CLI_OPTION_CSV,
        {0},
};

static const char *const titles[] = {
        "IMAGE", "FORMAT", ">SIZE", ">ON DISK", "POOL", "USED BY", "PROBLEM", "BACKING", NULL};
static const char *const tree_titles[] = {
        "IMAGE", "FORMAT", ">SIZE", ">ON DISK", "POOL", "USED BY", "PROBLEM", NULL};

struct show {
	struct cli *cli;
	const struct host *host;
	struct images *images;
	GHashTable *chosen; /* struct image *; NULL = all */
	bool tree;
};

static bool is_shown(const struct show *show, const struct image *image)
{
	if (show->chosen && !g_hash_table_contains(show->chosen, image))
		return false;
	return !cli_line_flag(&show->cli->line, "problems") || image->problems & IMAGE_FAULTS;
}

/* ---- choosing ---- */

static bool used_by(const struct image *image, const uint8_t guest[16])
{
	const GPtrArray *uses = image->row ? image->row->uses : NULL;

	for (unsigned i = 0; uses && i < uses->len; i++)
		if (memcmp(((const struct volume_use *)uses->pdata[i])->guest, guest, 16) == 0)
			return true;
	return false;
}

static bool is_named(const struct image *image, const char *word)
{
	g_autofree char *full = image->row ? g_strdup_printf("%s/%s", image->pool, image->row->name) : NULL;

	return g_str_equal(image->path, word) || g_str_equal(image->key, word) || g_strcmp0(full, word) == 0 ||
	       (image->row && g_strcmp0(image->row->name, word) == 0);
}

/* An image by path, POOL/VOLUME or name, else all that a guest uses; false = nothing of that name. */
static bool choose(struct show *show, const char *word)
{
	const GPtrArray *all = images_tree(show->images);
	struct obj_ref guest;
	bool is_guest = false;

	show->chosen = g_hash_table_new(g_direct_hash, g_direct_equal);
	for (unsigned i = 0; i < all->len; i++)
		if (is_named(all->pdata[i], word))
			images_family(all->pdata[i], show->chosen);
	if (g_hash_table_size(show->chosen))
		return true;
	is_guest = cli_resolve(show->host, OBJ_GUEST, word, &guest, NULL);
	for (unsigned i = 0; is_guest && i < all->len; i++)
		if (used_by(all->pdata[i], guest.uuid))
			images_family(all->pdata[i], show->chosen);
	return is_guest;
}

/* ---- printing ---- */

static char *problem_text(const struct image *image)
{
	g_autofree char *words = images_problem_words(image, false);

	return *words ? g_steal_pointer(&words) : g_strdup(images_problem_word(image));
}

static void add_row(const struct show *show, struct cli_table *table, const struct image *image)
{
	const struct volume_row *row = image->row;
	bool sized = row && !row->unread;
	g_autofree char *branch =
	        show->tree ? images_branch(image, show->chosen, show->cli->out.ascii, BRANCH_MAX) : g_strdup("");

	cli_table_take(table, g_strconcat(branch, image->path, NULL));
	cli_table_add(table, image->format);
	cli_table_add_bytes(table, row ? row->capacity_bytes : 0, sized);
	cli_table_add_bytes(table, row ? row->allocation_bytes : 0, sized);
	cli_table_add(table, image->pool);
	cli_table_take(table, images_user_words(image));
	cli_table_take(table, problem_text(image));
	if (!show->tree)
		cli_table_add(table, image->base ? image->base->path : "");
}

static json_object *use_json(const struct volume_use *use)
{
	json_object *object = json_object_new_object();
	bool volume = use->flags & USE_VOLUME;
	char uuid[37];

	uuid_format(use->guest, uuid);
	json_add_string(object, "words", use->words);
	json_add_string(object, "guest", volume ? NULL : uuid);
	json_add_bool(object, "base", use->flags & USE_BASE);
	json_add_bool(object, "writable", use->flags & USE_WRITABLE);
	json_add_bool(object, "live", use->flags & USE_LIVE);
	json_add_bool(object, "snapshot", use->flags & USE_SNAPSHOT);
	return object;
}

static void add_arrays(json_object *object, const struct image *image)
{
	json_object *users = json_object_new_array(), *overlays = json_object_new_array();
	const GPtrArray *uses = image->row ? image->row->uses : NULL;

	for (unsigned i = 0; uses && i < uses->len; i++)
		json_object_array_add(users, use_json(uses->pdata[i]));
	for (unsigned i = 0; i < image->overlays->len; i++)
		json_object_array_add(overlays,
		        json_object_new_string(((const struct image *)image->overlays->pdata[i])->path));
	json_object_object_add(object, "users", uses ? users : NULL);
	if (!uses)
		json_object_put(users);
	json_object_object_add(object, "overlays", overlays);
}

static void add_json(json_object *array, const struct image *image)
{
	json_object *object = json_object_new_object();
	const struct volume_row *row = image->row;
	bool sized = row && !row->unread;
	g_autofree char *problems = images_problem_words(image, false);

	json_add_string(object, "path", image->path);
	json_add_string(object, "pool", *image->pool ? image->pool : NULL);
	json_add_string(object, "volume", image->ref.kind == OBJ_VOLUME && row ? row->name : NULL);
	json_add_string(object, "format", *image->format ? image->format : NULL);
	json_add_known(object, "capacity_bytes", row ? (gint64)row->capacity_bytes : 0, sized);
	json_add_known(object, "allocation_bytes", row ? (gint64)row->allocation_bytes : 0, sized);
	json_add_string(object, "backing", image->base ? image->base->path : NULL);
	json_add_int(object, "depth", image->depth);
	add_arrays(object, image);
	json_add_bool(object, "missing", image->problems & IMAGE_MISSING);
	json_add_bool(object, "unused", image->problems & IMAGE_UNUSED);
	json_add_string(object, "problem", *problems ? problems : NULL);
	json_object_array_add(array, object);
}

static bool print(struct show *show)
{
	const GPtrArray *all = images_tree(show->images);
	g_autoptr(json_object) array = output_is_data(&show->cli->out) ? json_object_new_array() : NULL;
	struct cli_table *table = array ? NULL : cli_table_new(show->tree ? tree_titles : titles);
	bool written;

	for (unsigned i = 0; i < all->len; i++) {
		if (!is_shown(show, all->pdata[i]))
			continue;
		if (array)
			add_json(array, all->pdata[i]);
		else
			add_row(show, table, all->pdata[i]);
	}
	written = array ? output_records(&show->cli->out, &record_image, array) : output_table(&show->cli->out, table);
	cli_table_free(table);
	return written;
}

/* ---- the verb ---- */

/* What could not be seen is said, or a short list would look like all. */
static void say_gaps(struct cli *cli, const struct host *host)
{
	for (unsigned i = 0; i < host->pools->len; i++) {
		const struct pool *pool = host->pools->pdata[i];

		if (pool->row->state == POOL_INACTIVE)
			output_message(&cli->out, "pool '%s' is not active: its images are not known", pool->row->name);
	}
	if (!cli_session_has_images(host))
		output_message(&cli->out, "not everything could be read in time: images or users may be missing here");
}

static int show_host(struct cli *cli, const struct host *host, const char *word)
{
	struct show show = {
	        .cli = cli, .host = host, .tree = cli_line_flag(&cli->line, "tree"), .images = images_of_host(host)};
	int code = EXIT_CODE_FAILED;

	say_gaps(cli, host);
	if (word && !choose(&show, word)) {
		g_autofree char *clean = text_clean(word, -1);
		output_message(&cli->out, "there is no image or guest '%s' on %s", clean, host->name);
	} else if (print(&show)) {
		code = EXIT_CODE_OK;
	}
	g_clear_pointer(&show.chosen, g_hash_table_unref);
	images_free(show.images);
	return code;
}

int cli_images(struct cli *cli)
{
	GPtrArray *words = cli->line.words;
	struct cli_session *session;
	int code;

	if (words->len > 1) {
		g_autofree char *clean = text_clean(words->pdata[1], -1);
		return cli_usage_error(cli, "images", "images: '%s' is one word too many", clean);
	}
	session = cli_open_session(cli, "images", true, false);
	if (!session)
		return EXIT_CODE_USAGE;
	code = cli_session_connect(session, OBJ_POOL);
	if (code == EXIT_CODE_OK)
		code = cli_session_connect(session, OBJ_GUEST);
	if (code == EXIT_CODE_OK && cli_session_images(session, store_host_at(session->store, 0)->id) == WAIT_INTERRUPTED)
		code = EXIT_CODE_INTERRUPTED;
	cli_session_release_signals(session);
	if (code == EXIT_CODE_OK)
		code = show_host(cli, store_host_at(session->store, 0), words->len ? words->pdata[0] : NULL);
	cli_session_free(session);
	return code;
}
