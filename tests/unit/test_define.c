/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a stored definition is told to differ from the one that was asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/define.h"
#include "backend/op_util.h"

static GPtrArray *compare(const char *asked, const char *stored)
{
	g_autoptr(xmlDoc) a = op_xml_parse(asked), b = op_xml_parse(stored);

	return define_differences(a, b);
}

static void order_and_blanks_are_no_difference(void **state)
{
	g_autoptr(GPtrArray) lines = compare("<domain><a x='1' y='2'/><b>t</b></domain>",
	        "<domain>\n  <b> t </b>\n  <a y='2' x='1'/>\n</domain>");

	(void)state;
	assert_int_equal(lines->len, 0);
}

static void what_libvirt_drops_and_adds_is_named_with_its_place(void **state)
{
	g_autoptr(GPtrArray) lines =
	        compare("<domain><disk><target dev='vda'/><foo/></disk><disk><target dev='vdb'/></disk></domain>",
	                "<domain><disk><target dev='vda'/></disk><disk><target dev='vdb'/><address slot='4'/></disk></domain>");

	(void)state;
	assert_int_equal(lines->len, 2);
	assert_string_equal(lines->pdata[0], "libvirt left out /domain/disk[vda]/foo");
	assert_string_equal(lines->pdata[1], "libvirt added /domain/disk[vdb]/address slot='4'");
}

static void passwords_are_not_told(void **state)
{
	g_autoptr(GPtrArray) lines = compare("<domain><graphics passwd='geheim' port='1'/></domain>",
	        "<domain><graphics passwd='geheim' port='2'/></domain>");

	(void)state;
	assert_int_equal(lines->len, 2);
	for (guint i = 0; i < lines->len; i++)
		assert_null(strstr(lines->pdata[i], "geheim"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(order_and_blanks_are_no_difference),
	        cmocka_unit_test(what_libvirt_drops_and_adds_is_named_with_its_place),
	        cmocka_unit_test(passwords_are_not_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
