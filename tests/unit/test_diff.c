/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Differences by lines: what diff -u would say, and that applying it gives the other text. */
#include "nvirt/diff.h"
#include "unit.h"

static char *unified(const char *before, const char *after, unsigned context)
{
	g_autoptr(GArray) lines = diff_lines(before, after, context);
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < lines->len; i++) {
		g_autofree char *text = diff_line_text(&g_array_index(lines, struct diff_line, i));

		g_string_append_printf(out, "%s\n", text);
	}
	return g_string_free(out, FALSE);
}

static void check(const char *before, const char *after, const char *want)
{
	g_autofree char *got = unified(before, after, 3);

	assert_string_equal(got, want);
}

static void equal_texts_have_no_difference(void **state)
{
	(void)state;
	check("", "", "");
	check("a\nb\n", "a\nb\n", "");
	check("a\nb", "a\nb\n", ""); /* the last line feed is no line */
}

static void one_changed_line_stands_in_its_context(void **state)
{
	(void)state;
	check("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n",
	        "@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
}

static void added_and_removed_ends_name_the_line_before(void **state)
{
	(void)state;
	check("", "a\n", "@@ -0,0 +1,1 @@\n+a\n");
	check("a\n", "", "@@ -1,1 +0,0 @@\n-a\n");
	check("a\n", "a\nb\n", "@@ -1,1 +1,2 @@\n a\n+b\n");
}

static void near_changes_share_a_hunk_and_far_ones_do_not(void **state)
{
	g_autofree char *near = unified("a\n1\n2\nb\n", "A\n1\n2\nB\n", 1);
	g_autofree char *far = unified("a\n1\n2\n3\nb\n", "A\n1\n2\n3\nB\n", 1);

	(void)state;
	assert_string_equal(near, "@@ -1,4 +1,4 @@\n-a\n+A\n 1\n 2\n-b\n+B\n");
	assert_string_equal(far, "@@ -1,2 +1,2 @@\n-a\n+A\n 1\n@@ -4,2 +4,2 @@\n 3\n-b\n+B\n");
}

static void the_shortest_script_is_found(void **state)
{
	/* Myers' own example: five edits turn ABCABBA into CBABAC. */
	g_autoptr(GArray) lines = diff_lines("A\nB\nC\nA\nB\nB\nA\n", "C\nB\nA\nB\nA\nC\n", 100);
	unsigned removed, added;

	(void)state;
	diff_count(lines, &removed, &added);
	assert_int_equal(removed, 3);
	assert_int_equal(added, 2);
}

/* The side of a diff with unlimited context is the whole text. */
static char *side(const GArray *lines, enum diff_kind without)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < lines->len; i++) {
		const struct diff_line *line = &g_array_index(lines, struct diff_line, i);

		if (line->kind == without || line->kind == DIFF_HUNK)
			continue;
		g_string_append_len(out, line->text, (gssize)line->len);
		g_string_append_c(out, '\n');
	}
	return g_string_free(out, FALSE);
}

static char *random_text(GRand *rand, int lines, int letters)
{
	GString *out = g_string_new(NULL);

	for (int i = 0; i < lines; i++)
		g_string_append_printf(out, "%c\n", 'a' + g_rand_int_range(rand, 0, letters));
	return g_string_free(out, FALSE);
}

static void both_sides_can_be_had_back(void **state)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(7);

	(void)state;
	for (int round = 0; round < 3000; round++) {
		int letters = g_rand_int_range(rand, 1, 6) + 1;
		g_autofree char *before = random_text(rand, g_rand_int_range(rand, 0, 25), letters);
		g_autofree char *after = random_text(rand, g_rand_int_range(rand, 0, 25), letters);
		g_autoptr(GArray) lines = diff_lines(before, after, 1000);
		g_autofree char *old_side = side(lines, DIFF_ADDED), *new_side = side(lines, DIFF_REMOVED);

		if (strcmp(before, after) == 0) {
			assert_int_equal(lines->len, 0);
			continue;
		}
		assert_string_equal(old_side, before);
		assert_string_equal(new_side, after);
	}
}

static void texts_with_nothing_in_common_end_soon(void **state)
{
	GString *before = g_string_new(NULL), *after = g_string_new(NULL);
	unsigned removed, added;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		g_string_append_printf(before, "old %d\n", i);
		g_string_append_printf(after, "new %d\n", i);
	}
	g_autoptr(GArray) lines = diff_lines(before->str, after->str, 3);
	diff_count(lines, &removed, &added);
	assert_int_equal(removed, 20000);
	assert_int_equal(added, 20000);
	g_string_free(before, TRUE);
	g_string_free(after, TRUE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(equal_texts_have_no_difference),
	        cmocka_unit_test(one_changed_line_stands_in_its_context),
	        cmocka_unit_test(added_and_removed_ends_name_the_line_before),
	        cmocka_unit_test(near_changes_share_a_hunk_and_far_ones_do_not),
	        cmocka_unit_test(the_shortest_script_is_found),
	        cmocka_unit_test(both_sides_can_be_had_back),
	        cmocka_unit_test(texts_with_nothing_in_common_end_soon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
