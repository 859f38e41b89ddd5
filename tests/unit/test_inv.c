/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nvirt/inv.h"
#include "unit.h"

static void uuids_come_back_as_they_went(void **state)
{
	uint8_t uuid[16], back[16];
	char text[37];

	(void)state;
	for (uint8_t i = 0; i < 16; i++)
		uuid[i] = (uint8_t)(i * 17);
	uuid_format(uuid, text);
	assert_string_equal(text, "00112233-4455-6677-8899-aabbccddeeff");
	assert_true(uuid_parse(text, back));
	assert_memory_equal(uuid, back, 16);
	assert_true(uuid_parse("00112233-4455-6677-8899-AABBCCDDEEFF", back));
	assert_memory_equal(uuid, back, 16);
}

static void broken_uuids_are_refused_and_change_nothing(void **state)
{
	static const char *const broken[] = {"", "x", "00112233445566778899aabbccddeeff",
	        "00112233-4455-6677-8899-aabbccddeef", "00112233-4455-6677-8899-aabbccddeeffa",
	        "00112233-4455-6677-8899-aabbccddeefg", "0011223-34455-6677-8899-aabbccddeeff", NULL};
	uint8_t uuid[16], before[16];

	(void)state;
	memset(uuid, 7, sizeof uuid);
	memset(before, 7, sizeof before);
	for (size_t i = 0; i < G_N_ELEMENTS(broken); i++)
		assert_false(uuid_parse(broken[i], uuid));
	assert_memory_equal(uuid, before, 16);
}

static void refs_are_equal_by_value(void **state)
{
	char raw[] = "disk.img";
	struct obj_ref a = {.kind = OBJ_VOLUME, .host = 1, .uuid = {1}, .name = "disk.img"}, b = a;

	(void)state;
	b.name = raw;
	assert_true(obj_ref_equal(&a, &b));
	assert_int_equal(obj_ref_hash(&a), obj_ref_hash(&b));
	b.name = "other";
	assert_false(obj_ref_equal(&a, &b));
	b = a;
	b.host = 2;
	assert_false(obj_ref_equal(&a, &b));
	b = a;
	b.uuid[15] = 1;
	assert_false(obj_ref_equal(&a, &b));
	b = a;
	b.kind = OBJ_POOL;
	assert_false(obj_ref_equal(&a, &b));
}

static void every_state_has_words(void **state)
{
	(void)state;
	for (unsigned i = 0; i < GUEST_STATE_N; i++)
		assert_string_not_equal(guest_state_word((enum guest_state)i), "?");
	for (unsigned i = 0; i < OBJ_N; i++)
		assert_string_not_equal(obj_kind_word((enum obj_kind)i), "?");
	for (unsigned i = POOL_INACTIVE; i <= POOL_INACCESSIBLE; i++)
		assert_string_not_equal(pool_state_word((enum pool_state)i), "?");
}

static void reasons_are_libvirts(void **state)
{
	(void)state;
	assert_string_equal(guest_reason_word(GUEST_RUNNING, 1), "booted");
	assert_string_equal(guest_reason_word(GUEST_RUNNING, 3), "restored");
	assert_string_equal(guest_reason_word(GUEST_PAUSED, 5), "I/O error");
	assert_string_equal(guest_reason_word(GUEST_PAUSED, 13), "post-copy failed");
	assert_string_equal(guest_reason_word(GUEST_OFF, 2), "forced off");
	assert_string_equal(guest_reason_word(GUEST_OFF, 3), "crashed");
	assert_string_equal(guest_reason_word(GUEST_OFF, 5), "saved");
	assert_string_equal(guest_reason_word(GUEST_CRASHED, 1), "panicked");
	assert_string_equal(guest_reason_word(GUEST_PAUSED, 0), "");
	assert_string_equal(guest_reason_word(GUEST_RUNNING, 4000), "");
	assert_string_equal(guest_reason_word(GUEST_RUNNING, -1), "");
}

static void a_crashed_guest_is_active_and_one_that_is_off_is_not(void **state)
{
	(void)state;
	assert_true(guest_state_active(GUEST_RUNNING));
	assert_true(guest_state_active(GUEST_PAUSED));
	assert_true(guest_state_active(GUEST_CRASHED));
	assert_false(guest_state_active(GUEST_OFF));
	assert_false(guest_state_active(GUEST_UNKNOWN));
}

static void a_copied_status_is_deep(void **state)
{
	struct host_status *status = host_status_new(), *copy;

	(void)state;
	status->link = HOST_UP;
	status->error = g_strdup("x");
	copy = host_status_copy(status);
	host_status_unref(status);
	assert_int_equal(copy->link, HOST_UP);
	assert_string_equal(copy->error, "x");
	assert_null(copy->advice);
	host_status_unref(host_status_ref(copy));
	host_status_unref(copy);
	host_status_unref(NULL);
}

static void boxes_free_all_they_own(void **state)
{
	struct guest_detail *detail = guest_detail_new();
	struct guest_disk *disk = guest_disk_new();
	struct guest_nic *nic = guest_nic_new();
	struct sample *sample = sample_new();
	struct guest_row row = {.name = g_ref_string_new("a"), .raw = g_ref_string_new("b")};

	(void)state;
	disk->target = g_strdup("vda");
	nic->mac = g_strdup("52:54:00:00:00:01");
	g_ptr_array_add(nic->addresses, g_strdup("192.0.2.1/24"));
	g_ptr_array_add(detail->disks, disk);
	g_ptr_array_add(detail->nics, nic);
	detail->xml = g_strdup("<domain/>");
	assert_int_equal(disk->rd_bytes, -1);
	assert_int_equal(nic->rx_bytes, -1);
	assert_int_equal(detail->balloon_kib, -1);
	assert_int_equal(sample->node.cpu_busy_ns, -1);
	g_array_append_val(sample->guests, row);
	sample_free(sample);
	sample_free(NULL);
	guest_detail_unref(detail);
	guest_detail_unref(NULL);
	pool_row_free(pool_row_new());
	volume_row_free(volume_row_new());
	network_row_free(network_row_new());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(uuids_come_back_as_they_went),
	        cmocka_unit_test(broken_uuids_are_refused_and_change_nothing),
	        cmocka_unit_test(refs_are_equal_by_value),
	        cmocka_unit_test(every_state_has_words),
	        cmocka_unit_test(reasons_are_libvirts),
	        cmocka_unit_test(a_crashed_guest_is_active_and_one_that_is_off_is_not),
	        cmocka_unit_test(a_copied_status_is_deep),
	        cmocka_unit_test(boxes_free_all_they_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
