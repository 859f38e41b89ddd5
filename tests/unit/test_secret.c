/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nvirt/secret.h"

#include <stdlib.h>

#include "unit.h"

static void passwords_are_masked_wherever_they_stand(void **state)
{
	const char *xml = "<graphics type='vnc' passwd='hunter2'/>\n<graphics passwd = \"s3 cret\" port='-1'/>\n";
	g_autofree char *masked = secret_mask("near 'hunter2': s3 cret and hunter2x", xml);
	g_autofree char *itself = secret_mask(xml, xml);

	(void)state;
	assert_string_equal(masked, "near '***': *** and ***x");
	assert_null(strstr(itself, "hunter2"));
	assert_non_null(strstr(itself, "port='-1'"));
}

static void what_holds_no_password_stays(void **state)
{
	g_autofree char *plain = secret_mask("text", "<domain/>");
	g_autofree char *odd = secret_mask("text", "passwd passwd= passwd='' passwd='open");
	g_autofree char *none = secret_mask("text", NULL);

	(void)state;
	assert_string_equal(plain, "text");
	assert_string_equal(odd, "text");
	assert_string_equal(none, "text");
	assert_null(secret_mask(NULL, "x"));
}

static void foreign_text_is_taken_over(void **state)
{
	char *foreign = strdup("passwd='x'");
	char *own = secret_take(foreign);

	(void)state;
	assert_string_equal(own, "passwd='x'");
	secret_free(own);
	secret_free(NULL);
	assert_null(secret_take(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(passwords_are_masked_wherever_they_stand),
	        cmocka_unit_test(what_holds_no_password_stays),
	        cmocka_unit_test(foreign_text_is_taken_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
