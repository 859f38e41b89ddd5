/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nvirt/op.h"
#include "unit.h"

static void arguments_are_found_by_name(void **state)
{
	struct args *args = args_new();

	(void)state;
	args_set(args, "paused", "yes");
	args_set(args, "timeout", "90");
	args_set(args, "junk", "9x");
	assert_string_equal(args_get(args, "paused"), "yes");
	assert_true(args_get_bool(args, "paused", false));
	assert_int_equal(args_get_int(args, "timeout", 1), 90);
	assert_int_equal(args_get_int(args, "junk", 7), 7);
	assert_null(args_get(args, "gone"));
	assert_true(args_get_bool(args, "gone", true));
	args_set(args, "paused", "no");
	assert_false(args_get_bool(args, "paused", true));
	args_set(args, "paused", NULL);
	assert_null(args_get(args, "paused"));
	args_free(args);
}

static void no_arguments_are_fine(void **state)
{
	struct args *copy = args_copy(NULL);

	(void)state;
	assert_null(args_get(NULL, "x"));
	assert_int_equal(args_get_int(NULL, "x", 3), 3);
	assert_null(args_get(copy, "x"));
	args_foreach(NULL, NULL, NULL);
	args_free(copy);
	args_free(NULL);
}

static void join(const char *name, const char *value, void *data)
{
	g_string_append_printf(data, "%s=%s ", name, value);
}

static void a_copy_is_its_own_and_pairs_come_in_order(void **state)
{
	struct args *args = args_new(), *copy;
	g_autoptr(GString) text = g_string_new(NULL);

	(void)state;
	args_set(args, "b", "2");
	args_set(args, "c", "3");
	args_set(args, "a", "1");
	copy = args_copy(args);
	args_free(args);
	args_foreach(copy, join, text);
	assert_string_equal(text->str, "a=1 b=2 c=3 ");
	args_free(copy);
}

static void operations_have_their_names(void **state)
{
	(void)state;
	assert_string_equal(op_word(OP_GUEST_START), "OP_GUEST_START");
	assert_string_equal(op_word(OP_NETWORK_DEFINE_DEFAULT), "OP_NETWORK_DEFINE_DEFAULT");
	assert_string_equal(op_word(OP_N), "?");
}

static void a_request_and_a_plan_own_their_parts(void **state)
{
	struct obj_ref ref = {.kind = OBJ_GUEST, .host = 2};
	struct op_request *request = op_request_new(OP_GUEST_START, &ref, "web1");
	struct plan *plan = plan_new();
	struct plan_item *item = plan_add(plan, "nvram", "NVRAM", NULL);

	(void)state;
	args_set(request->args, "paused", "yes");
	assert_int_equal(request->ref.host, 2);
	assert_string_equal(request->name, "web1");
	op_request_free(request);
	op_request_free(NULL);
	assert_string_equal(item->path, "");
	assert_false(item->chosen);
	item->note = g_strdup("540 KiB");
	item->refused = g_strdup("shared");
	g_ptr_array_add(plan->notes, g_strdup("Gone."));
	assert_int_equal(plan->items->len, 1);
	plan_free(plan);
	plan_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(arguments_are_found_by_name),
	        cmocka_unit_test(no_arguments_are_fine),
	        cmocka_unit_test(a_copy_is_its_own_and_pairs_come_in_order),
	        cmocka_unit_test(operations_have_their_names),
	        cmocka_unit_test(a_request_and_a_plan_own_their_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
