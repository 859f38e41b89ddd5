/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The graph of a host's images: chains, users, and what is wrong with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "nvirt/images.h"
#include "nvirt/text.h"

/* ---- making rows ---- */

struct world {
	GPtrArray *rows; /* struct volume_row *, owned */
	struct images *images;
};

static int set_up(void **state)
{
	struct world *world = g_new0(struct world, 1);

	world->rows = g_ptr_array_new_with_free_func((GDestroyNotify)volume_row_free);
	world->images = images_new();
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	images_free(world->images);
	g_ptr_array_unref(world->rows);
	g_free(world);
	return 0;
}

static struct volume_row *row_of(struct world *world, const char *path)
{
	struct volume_row *row = volume_row_new();

	row->key = g_strdup(path);
	row->path = text_clean(path, -1);
	row->name = g_path_get_basename(row->path);
	row->raw = g_intern_string(path);
	row->format = g_strdup("qcow2");
	row->uses = g_ptr_array_new_with_free_func((GDestroyNotify)volume_use_free);
	g_ptr_array_add(world->rows, row);
	return row;
}

static void free_layer(gpointer layer)
{
	volume_layer_free(layer);
}

static struct volume_layer *add_layer(struct volume_row *row, const char *path, bool stated)
{
	struct volume_layer *layer = g_new0(struct volume_layer, 1);

	if (!row->chain)
		row->chain = g_ptr_array_new_with_free_func(free_layer);
	layer->key = g_strdup(path);
	layer->path = text_clean(path, -1);
	layer->format = g_strdup("qcow2");
	layer->pool = g_strdup("");
	layer->stated = stated;
	g_ptr_array_add(row->chain, layer);
	return layer;
}

static void add_use(struct volume_row *row, unsigned guest, unsigned flags)
{
	struct volume_use *use = g_new0(struct volume_use, 1);

	use->guest[0] = (uint8_t)guest;
	use->words = g_strdup_printf("disk vda of 'g%u'", guest);
	use->brief = g_strdup_printf("vda of g%u", guest);
	use->flags = flags | USE_DISK;
	g_ptr_array_add(row->uses, use);
}

static void add(struct world *world, const struct volume_row *row)
{
	const struct obj_ref ref = {.kind = OBJ_VOLUME, .host = 1, .uuid = {1}, .name = row->raw};

	images_add(world->images, row, &ref, "pool");
}

static const struct image *get(struct world *world, const char *path)
{
	const struct image *image = images_by_key(world->images, path);

	if (!image)
		fail_msg("no image '%s'", path);
	return image;
}

/* ---- tests ---- */

static void overlays_hang_below_their_base_and_users_add_up(void **state)
{
	struct world *world = *state;
	struct volume_row *base = row_of(world, "/p/base"), *a = row_of(world, "/p/a"), *b = row_of(world, "/p/b");

	add_layer(a, "/p/base", true);
	add_layer(b, "/p/a", true);
	add_layer(b, "/p/base", true);
	add_use(b, 1, USE_WRITABLE);
	add_use(base, 0, USE_BASE | USE_VOLUME);
	/* Whatever the order they come in. */
	add(world, b);
	add(world, base);
	add(world, a);
	images_link(world->images);
	assert_int_equal(images_count(world->images), 3);
	assert_ptr_equal(images_tree(world->images)->pdata[0], get(world, "/p/base"));
	assert_ptr_equal(images_tree(world->images)->pdata[2], get(world, "/p/b"));
	assert_int_equal(get(world, "/p/b")->depth, 2);
	assert_ptr_equal(get(world, "/p/b")->base, get(world, "/p/a"));
	assert_int_equal(images_above(get(world, "/p/base")), 2);
	g_autoptr(GPtrArray) users = images_users(get(world, "/p/base"));
	assert_int_equal(users->len, 1);
	assert_string_equal(((const struct volume_use *)users->pdata[0])->brief, "vda of g1");
	assert_int_equal(get(world, "/p/base")->problems, 0);
	g_autofree char *branch = images_branch(get(world, "/p/b"), NULL, true, 40);
	assert_string_equal(branch, "   `- ");
}

static void missing_base_breaks_everything_above(void **state)
{
	struct world *world = *state;
	struct volume_row *a = row_of(world, "/p/a"), *b = row_of(world, "/p/b");

	add_layer(a, "/p/gone", true)->missing = true;
	add_layer(b, "/p/a", true);
	add_layer(b, "/p/gone", true)->missing = true;
	add(world, a);
	add(world, b);
	images_link(world->images);
	assert_int_equal(get(world, "/p/gone")->problems, IMAGE_MISSING);
	assert_true(get(world, "/p/a")->problems & IMAGE_BROKEN);
	assert_true(get(world, "/p/b")->problems & IMAGE_BROKEN);
	assert_string_equal(images_problem_word(get(world, "/p/b")), "base missing");
}

static void listed_file_that_can_not_be_read_is_missing_for_its_overlays(void **state)
{
	struct world *world = *state;
	struct volume_row *base = row_of(world, "/p/base"), *a = row_of(world, "/p/a");

	base->problem = g_strdup("No such file or directory");
	add_layer(a, "/p/base", true);
	add(world, base);
	add(world, a);
	images_link(world->images);
	assert_true(get(world, "/p/base")->problems & IMAGE_UNREADABLE);
	assert_true(get(world, "/p/a")->problems & IMAGE_BROKEN);
	g_autofree char *words = images_problem_words(get(world, "/p/base"), false);
	assert_non_null(strstr(words, "No such file"));
}

static void base_without_stated_format_is_named(void **state)
{
	struct world *world = *state;
	struct volume_row *a = row_of(world, "/p/a");

	add_layer(a, "/p/base", false);
	add(world, a);
	images_link(world->images);
	assert_true(get(world, "/p/a")->problems & IMAGE_NO_FORMAT);
	assert_true(get(world, "/p/base")->problems & IMAGE_OUTSIDE);
}

static void rings_are_found_and_shown_once(void **state)
{
	struct world *world = *state;
	struct volume_row *a = row_of(world, "/p/a"), *b = row_of(world, "/p/b"), *c = row_of(world, "/p/c"),
	                  *self = row_of(world, "/p/self");

	add_layer(a, "/p/b", true);
	add_layer(b, "/p/a", true);
	add_layer(c, "/p/a", true);
	add_layer(self, "/p/self", true);
	add(world, a);
	add(world, b);
	add(world, c);
	add(world, self);
	images_link(world->images);
	assert_true(get(world, "/p/a")->problems & IMAGE_RING);
	assert_true(get(world, "/p/b")->problems & IMAGE_RING);
	assert_false(get(world, "/p/c")->problems & IMAGE_RING);
	assert_true(get(world, "/p/self")->problems & IMAGE_RING);
	assert_int_equal(images_tree(world->images)->len, 4);
	/* Both directions end. */
	g_autoptr(GHashTable) family = g_hash_table_new(g_direct_hash, g_direct_equal);
	images_family(get(world, "/p/c"), family);
	assert_true(g_hash_table_size(family) >= 2);
}

static void two_writers_and_a_written_base_are_named(void **state)
{
	struct world *world = *state;
	struct volume_row *base = row_of(world, "/p/base"), *a = row_of(world, "/p/a"), *shared = row_of(world, "/p/s");

	add_layer(a, "/p/base", true);
	add_use(base, 1, USE_WRITABLE);
	add_use(base, 1, USE_WRITABLE | USE_LIVE);
	add_use(shared, 1, USE_WRITABLE);
	add_use(shared, 2, USE_WRITABLE);
	base->written_unix_ns = 2000;
	a->written_unix_ns = 1000;
	add(world, base);
	add(world, a);
	add(world, shared);
	images_link(world->images);
	assert_int_equal(get(world, "/p/base")->problems, IMAGE_BASE_WRITABLE | IMAGE_BASE_NEWER);
	assert_int_equal(get(world, "/p/s")->problems, IMAGE_TWO_WRITERS);
	assert_int_equal(get(world, "/p/a")->problems, IMAGE_UNUSED);
}

/* While definitions are still read nobody is called unused. */
static void unknown_users_are_not_nobody(void **state)
{
	struct world *world = *state;
	struct volume_row *a = row_of(world, "/p/a");

	g_clear_pointer(&a->uses, g_ptr_array_unref);
	add(world, a);
	images_link(world->images);
	assert_int_equal(get(world, "/p/a")->problems, 0);
}

static void chain_of_a_thousand_is_walked_without_recursion(void **state)
{
	enum { DEEP = 1000 };
	struct world *world = *state;

	for (unsigned i = 0; i < DEEP; i++) {
		g_autofree char *path = g_strdup_printf("/p/%u", i), *below = g_strdup_printf("/p/%u", i - 1);
		struct volume_row *row = row_of(world, path);

		if (i)
			add_layer(row, below, true);
		add(world, row);
	}
	images_link(world->images);
	assert_int_equal(get(world, "/p/999")->depth, DEEP - 1);
	assert_int_equal(images_above(get(world, "/p/0")), DEEP - 1);
	assert_ptr_equal(images_tree(world->images)->pdata[DEEP - 1], get(world, "/p/999"));
	g_autofree char *branch = images_branch(get(world, "/p/999"), NULL, true, 10);
	assert_int_equal(strlen(branch), 30);
}

/* Files whose names look the same on a screen are still two. */
static void hostile_names_stay_apart_and_clean(void **state)
{
	struct world *world = *state;
	struct volume_row *a = row_of(world, "/p/\xff\x1b[2J"), *b = row_of(world, "/p/\xfe\x1b[2J");

	add_layer(a, "/p/\xfe\x1b[2J", true);
	add(world, a);
	add(world, b);
	images_link(world->images);
	assert_int_equal(images_count(world->images), 2);
	assert_ptr_equal(get(world, "/p/\xff\x1b[2J")->base, get(world, "/p/\xfe\x1b[2J"));
	assert_null(strchr(get(world, "/p/\xff\x1b[2J")->path, '\x1b'));
}

static void one_file_in_two_pools_is_one_image(void **state)
{
	struct world *world = *state;
	struct volume_row *a = row_of(world, "/p/a"), *again = row_of(world, "/p/a");

	add(world, a);
	add(world, again);
	images_link(world->images);
	assert_int_equal(images_count(world->images), 1);
	assert_ptr_equal(get(world, "/p/a")->row, a);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	        TEST(overlays_hang_below_their_base_and_users_add_up),
	        TEST(missing_base_breaks_everything_above),
	        TEST(listed_file_that_can_not_be_read_is_missing_for_its_overlays),
	        TEST(base_without_stated_format_is_named),
	        TEST(rings_are_found_and_shown_once),
	        TEST(two_writers_and_a_written_base_are_named),
	        TEST(unknown_users_are_not_nobody),
	        TEST(chain_of_a_thousand_is_walked_without_recursion),
	        TEST(hostile_names_stay_apart_and_clean),
	        TEST(one_file_in_two_pools_is_one_image),
	};
#undef TEST

	return cmocka_run_group_tests(tests, NULL, NULL);
}
