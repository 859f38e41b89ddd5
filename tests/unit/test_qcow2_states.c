/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The snapshot table of a qcow2 file, also a torn or a hostile one. */
#include "unit.h"

#include "backend/qcow2_states.h"

/* One entry: 40 bytes, 16 of extra data, id "1", the name, padded to 8. */
static void add(GByteArray *table, const char *name, uint32_t small, uint64_t large)
{
	uint8_t entry[56] = {0};
	gsize len = strlen(name);

	entry[13] = 1;
	entry[15] = (uint8_t)len;
	for (unsigned i = 0; i < 4; i++)
		entry[32 + i] = (uint8_t)(small >> (24 - 8 * i));
	entry[39] = 16;
	for (unsigned i = 0; i < 8; i++)
		entry[40 + i] = (uint8_t)(large >> (56 - 8 * i));
	g_byte_array_append(table, entry, sizeof entry);
	g_byte_array_append(table, (const guint8 *)"1", 1);
	g_byte_array_append(table, (const guint8 *)name, (guint)len);
	while (table->len % 8)
		g_byte_array_append(table, (const guint8 *)"", 1);
}

static void sizes_are_found_by_name(void **state)
{
	g_autoptr(GByteArray) table = g_byte_array_new();

	(void)state;
	add(table, "first", 7, 5000000000);
	add(table, "the second one", 0, 0);
	g_autoptr(GHashTable) states = qcow2_states_parse(table->data, table->len, 2);
	assert_int_equal(g_hash_table_size(states), 2);
	assert_int_equal(*(int64_t *)g_hash_table_lookup(states, "first"), 5000000000);
	assert_int_equal(*(int64_t *)g_hash_table_lookup(states, "the second one"), 0);
}

static void torn_table_gives_less(void **state)
{
	g_autoptr(GByteArray) table = g_byte_array_new();

	(void)state;
	add(table, "first", 7, 9);
	add(table, "second", 7, 9);
	for (gsize size = 0; size <= table->len; size++) {
		/* On the heap, so that a sanitizer sees a byte too far. */
		g_autofree uint8_t *part = g_memdup2(table->data, size);
		g_autoptr(GHashTable) states = qcow2_states_parse(part, size, 4000);
		assert_true(g_hash_table_size(states) <= 2);
	}
}

static void lengths_that_lie_lead_nowhere(void **state)
{
	(void)state;
	for (unsigned at = 0; at < 56; at++) {
		g_autoptr(GByteArray) table = g_byte_array_new();
		add(table, "first", 7, 9);
		table->data[at] = 0xff;
		g_autofree uint8_t *copy = g_memdup2(table->data, table->len);
		g_autoptr(GHashTable) states = qcow2_states_parse(copy, table->len, 2);
		assert_true(g_hash_table_size(states) <= 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_found_by_name),
		cmocka_unit_test(torn_table_gives_less),
		cmocka_unit_test(lengths_that_lie_lead_nowhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
