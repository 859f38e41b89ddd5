/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How well what was typed names a thing, and the palette's order that comes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "store_fixture.h"
#include "support/rich.h"
#include "support/screen.h"
#include "ui/match.h"

static void each_kind_of_match_has_its_rank(void **state)
{
	static const struct {
		const char *typed;
		enum match rank;
	} rows[] = {{"destroy", MATCH_EXACT}, {"dest", MATCH_BEGIN}, {"off", MATCH_WORD}, {"force off", MATCH_BEGIN},
	        {"off force", MATCH_WORD}, {"orce", MATCH_INSIDE}, {"force ff", MATCH_INSIDE}, {"fof", MATCH_LETTERS},
	        {"force dy", MATCH_LETTERS}, {"dstry", MATCH_LETTERS}, {"fodd", MATCH_LETTERS}, {"fcy", MATCH_NONE}, {"rc", MATCH_INSIDE}, {"oc", MATCH_NONE}, {"xyz", MATCH_NONE},
	        {"force xyz", MATCH_NONE}, {"", MATCH_INSIDE}, {"   ", MATCH_INSIDE}, {"  off  ", MATCH_WORD}};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		if (match_rank("force off destroy d", "destroy", rows[i].typed) != rows[i].rank)
			fail_msg("'%s' has rank %u", rows[i].typed,
			        match_rank("force off destroy d", "destroy", rows[i].typed));
	assert_int_equal(match_rank("", "", "x"), MATCH_NONE);
	assert_int_equal(match_rank("go to guest größe", "", "größ"), MATCH_WORD);
	assert_int_equal(match_rank("go to guest größe", "", "öß"), MATCH_INSIDE);
}

/* Row of the screen where the text stands. */
static int row_of(struct screen *screen, const char *text)
{
	int y = -1, x;

	screen_text(screen);
	if (!screen_find(screen, text, &y, &x))
		screen_assert_has(screen, text);
	return y;
}

static void better_matches_and_actions_come_first(void **state)
{
	struct screen *screen = screen_new(40, 120);
	unsigned host = rich_host(screen);
	struct sample *sample = sample_new();

	(void)state;
	rich_add_guest(sample, 1, "restart-me", GUEST_RUNNING, 1);
	rich_add_guest(sample, 2, "start-me", GUEST_RUNNING, 1);
	rich_post_sample(screen, host, sample);
	screen_keys(screen, "M-1 Home : 'start'");
	assert_true(row_of(screen, "Go to guest start-me") < row_of(screen, "Go to guest restart-me"));
	screen_keys(screen, "Esc : 'stme'");
	screen_assert_has(screen, "Go to guest start-me");
	screen_assert_lacks(screen, "Go to guest restart-me");
	screen_keys(screen, "Esc : 'o'");
	/* As good a match: what does something stands before what goes somewhere. */
	assert_true(row_of(screen, "Show all regions") < row_of(screen, "Go to guest"));
	screen_free(screen);
}

static void what_was_used_last_comes_first(void **state)
{
	struct screen *screen = screen_new(30, 120);

	(void)state;
	rich_host(screen);
	screen_keys(screen, ": 'region'");
	assert_true(row_of(screen, "Next region") < row_of(screen, "Previous region"));
	screen_keys(screen, "Esc : 'previous region' Enter : 'region'");
	assert_true(row_of(screen, "Previous region") < row_of(screen, "Next region"));
	screen_keys(screen, "Esc : 'focus-next' Enter : 'region'");
	assert_true(row_of(screen, "Next region") < row_of(screen, "Previous region"));
	screen_free(screen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_kind_of_match_has_its_rank),
	        cmocka_unit_test(better_matches_and_actions_come_first),
	        cmocka_unit_test(what_was_used_last_comes_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
