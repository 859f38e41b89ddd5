/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Choosing from a plan on the command line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/cli.h"

static struct plan *sample_plan(void)
{
	struct plan *plan = plan_new();
	struct plan_item *item;

	plan_add(plan, "disk:vda", "disk vda", "/images/web1.qcow2");
	item = plan_add(plan, "disk:vdb", "disk vdb", "/images/shared.raw");
	item->refused = g_strdup("'db1' uses it, too");
	item = plan_add(plan, "nvram", "UEFI variables (NVRAM)", "/nvram/web1");
	item->chosen = true;
	item = plan_add(plan, "managed-save", "managed save image", "");
	item->chosen = item->required = true;
	return plan;
}

static void chooses(const char *remove, const char *keep, bool all, const char *wanted)
{
	struct plan *plan = sample_plan();
	g_autofree char *ids = cli_plan_choose(plan, remove, keep, all, NULL);

	assert_non_null(ids);
	assert_string_equal(ids, wanted);
	plan_free(plan);
}

static void refuses(const char *remove, const char *keep, const char *message)
{
	struct plan *plan = sample_plan();
	g_autoptr(GError) error = NULL;

	assert_null(cli_plan_choose(plan, remove, keep, false, &error));
	assert_string_equal(error->message, message);
	plan_free(plan);
}

static void no_disk_goes_unless_it_was_asked_for(void **state)
{
	(void)state;
	chooses(NULL, NULL, false, "nvram\nmanaged-save");
	chooses("disk:vda", NULL, false, "disk:vda\nnvram\nmanaged-save");
	chooses("disk:vda, nvram\nmanaged-save", NULL, false, "disk:vda\nnvram\nmanaged-save");
}

static void what_is_kept_stays(void **state)
{
	(void)state;
	chooses(NULL, "nvram", false, "managed-save");
	chooses(NULL, "disk:vda,nvram", true, "managed-save");
}

static void all_storage_spares_what_others_use(void **state)
{
	(void)state;
	chooses(NULL, NULL, true, "disk:vda\nnvram\nmanaged-save");
}

static void a_wrong_choice_is_an_error_and_no_guess(void **state)
{
	(void)state;
	refuses("disk:vdb", NULL, "'disk:vdb' can not be removed: 'db1' uses it, too");
	refuses(NULL, "managed-save", "'managed-save' can not be kept: it always goes");
	refuses("nvram", "nvram", "'nvram' is in --remove and in --keep");
	refuses("vda", NULL,
	        "'vda' is nothing that could be removed: there are 'disk:vda', 'disk:vdb', 'nvram', "
	        "'managed-save'");
}

static void the_text_says_what_goes_and_what_stays(void **state)
{
	struct plan *plan = sample_plan();
	g_autofree char *text = cli_plan_text(plan, "nvram\nmanaged-save");
	(void)state;

	assert_non_null(strstr(text, "  keep    disk vda  [disk:vda]  /images/web1.qcow2\n"));
	assert_non_null(strstr(text, "  remove  UEFI variables (NVRAM)  [nvram]  /nvram/web1\n"));
	assert_non_null(strstr(text, "can not be removed: 'db1' uses it, too\n"));
	plan_free(plan);
}

static void a_plan_without_choice_is_told_as_what_it_does(void **state)
{
	struct plan *plan = plan_new();
	(void)state;

	plan_add(plan, "overlay:vda", "overlay of vda", "/images/web1.a")->does = PLAN_MAKE;
	plan_add(plan, "definition", "definition", NULL)->does = PLAN_CHANGE;
	plan_add(plan, "base", "disk vda", "/images/web1")->does = PLAN_KEEP;
	plan_note(plan, "Space needed: %d GiB.", 3);
	plan->diff = g_strdup("-old\n+new");
	g_autofree char *ids = cli_plan_all(plan);
	g_autofree char *text = cli_plan_text(plan, ids);
	assert_string_equal(text,
	        "  make    overlay of vda  [overlay:vda]  /images/web1.a\n"
	        "  change  definition  [definition]\n"
	        "  keep    disk vda  [base]  /images/web1\n"
	        "  Space needed: 3 GiB.\n"
	        "-old\n+new\n");
	plan_free(plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(no_disk_goes_unless_it_was_asked_for),
	        cmocka_unit_test(what_is_kept_stays),
	        cmocka_unit_test(all_storage_spares_what_others_use),
	        cmocka_unit_test(a_wrong_choice_is_an_error_and_no_guess),
	        cmocka_unit_test(a_plan_without_choice_is_told_as_what_it_does),
	        cmocka_unit_test(the_text_says_what_goes_and_what_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
