/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an image's first bytes say of other files; the bytes may say anything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "nvirt/image_header.h"

static void put(uint8_t *bytes, unsigned n, uint64_t value)
{
	for (unsigned i = n; i > 0; i--, value >>= 8)
		bytes[i - 1] = (uint8_t)value;
}

static gsize extension(uint8_t *bytes, gsize at, uint32_t type, const char *text)
{
	gsize len = strlen(text);

	put(bytes + at, 4, type);
	put(bytes + at + 4, 4, len);
	memcpy(bytes + at + 8, text, len);
	return at + 8 + ((len + 7) & ~(gsize)7);
}

/* A version 3 header; `features` incompatible ones. */
static void qcow2(uint8_t *bytes, const char *backing, const char *format, const char *data_file, uint64_t features)
{
	gsize at = 104;

	memset(bytes, 0, 4096);
	memcpy(bytes, "QFI\xfb", 4);
	put(bytes + 4, 4, 3);
	put(bytes + 20, 4, 16);
	put(bytes + 24, 8, 1 << 20);
	put(bytes + 72, 8, features);
	put(bytes + 96, 4, 4);
	put(bytes + 100, 4, 104);
	if (format)
		at = extension(bytes, at, 0xe2792aca, format);
	if (data_file)
		at = extension(bytes, at, 0x44415441, data_file);
	at += 8;
	if (!backing)
		return;
	put(bytes + 8, 8, at);
	put(bytes + 16, 4, strlen(backing));
	memcpy(bytes + at, backing, strlen(backing));
}

static enum image_header_answer parse(const uint8_t *bytes, gsize len, const char *format, struct image_header *header)
{
	gsize need = 0;

	return image_header_parse(bytes, len, format, header, &need);
}

static void backing_format_and_data_file_are_read(void **state)
{
	uint8_t bytes[4096];
	struct image_header header = {0};

	(void)state;
	qcow2(bytes, "/etc/shadow", "raw", "/etc/passwd", 4);
	assert_int_equal(parse(bytes, sizeof bytes, "qcow2", &header), IMAGE_HEADER_OK);
	assert_string_equal(header.backing, "/etc/shadow");
	assert_string_equal(header.backing_format, "raw");
	assert_string_equal(header.data_file, "/etc/passwd");
	assert_int_equal(header.capacity_bytes, 1 << 20);
	image_header_clear(&header);
	qcow2(bytes, NULL, NULL, NULL, 0);
	assert_int_equal(parse(bytes, sizeof bytes, "qcow2", &header), IMAGE_HEADER_OK);
	assert_null(header.backing);
	assert_null(header.data_file);
	image_header_clear(&header);
}

/* The feature bit counts, not the name, which is only a hint. */
static void data_file_without_a_name_is_told(void **state)
{
	uint8_t bytes[4096];
	struct image_header header = {0};

	(void)state;
	qcow2(bytes, NULL, NULL, NULL, 4 | 1);
	assert_int_equal(parse(bytes, sizeof bytes, "qcow2", &header), IMAGE_HEADER_OK);
	assert_string_equal(header.data_file, "");
	assert_true(header.dirty);
	image_header_clear(&header);
}

static void raw_names_nothing_whatever_it_holds(void **state)
{
	uint8_t bytes[4096];
	struct image_header header = {0};

	(void)state;
	qcow2(bytes, "/etc/shadow", "raw", NULL, 0);
	assert_int_equal(parse(bytes, sizeof bytes, "raw", &header), IMAGE_HEADER_OK);
	assert_null(header.backing);
	assert_false(image_format_has_header("raw"));
	assert_true(image_format_has_header("qcow2"));
	assert_true(image_format_has_header("something new"));
}

static void other_formats_are_refused_not_guessed(void **state)
{
	uint8_t bytes[4096] = "# Disk DescriptorFile\nRW 1 FLAT \"/etc/shadow\" 0\n";
	struct image_header header = {0};

	(void)state;
	assert_int_equal(parse(bytes, sizeof bytes, "vmdk", &header), IMAGE_HEADER_OTHER);
	assert_int_equal(parse(bytes, sizeof bytes, "qcow2", &header), IMAGE_HEADER_FOREIGN);
	assert_int_equal(parse(bytes, sizeof bytes, "something new", &header), IMAGE_HEADER_OTHER);
}

static void names_beyond_what_was_read_are_asked_for(void **state)
{
	static uint8_t bytes[1 << 16];
	struct image_header header = {0};
	gsize need = 0;

	(void)state;
	qcow2(bytes, "/x", "raw", NULL, 0);
	put(bytes + 8, 8, 65000);
	memcpy(bytes + 65000, "/y", 2);
	assert_int_equal(image_header_parse(bytes, 1024, "qcow2", &header, &need), IMAGE_HEADER_NEED);
	assert_true(need > 1024 && need <= IMAGE_HEADER_MAX);
	assert_int_equal(image_header_parse(bytes, sizeof bytes, "qcow2", &header, &need), IMAGE_HEADER_OK);
	assert_string_equal(header.backing, "/y");
	image_header_clear(&header);
}

/* Every byte of the header set to every extreme, and every length: no answer is wrong, no byte outside is read. */
static void no_bytes_do_harm(void **state)
{
	static const char *const formats[] = {"qcow2", "qcow", "qed", "vmdk"};
	uint8_t good[4096];

	(void)state;
	qcow2(good, "/base", "raw", "/data", 4);
	for (unsigned f = 0; f < G_N_ELEMENTS(formats); f++)
		for (unsigned at = 0; at < 512; at++)
			for (unsigned value = 0; value < 3; value++) {
				struct image_header header = {0};
				gsize need = 0, len = 512 - at % 100;
				uint8_t *bytes = g_memdup2(good, len);

				if (f == 2)
					memcpy(bytes, "QED", 4);
				if (f == 3)
					memcpy(bytes, "KDMV", 4);
				if (at < len)
					bytes[at] = value == 0 ? 0 : value == 1 ? 0x7f : 0xff;
				if (image_header_parse(bytes, len, formats[f], &header, &need) == IMAGE_HEADER_OK)
					image_header_clear(&header);
				g_free(bytes);
			}
}

static void names_are_told_apart(void **state)
{
	(void)state;
	assert_int_equal(image_name_kind("/a/b:c"), IMAGE_NAME_PATH);
	assert_int_equal(image_name_kind("b.qcow2"), IMAGE_NAME_PATH);
	assert_int_equal(image_name_kind("file:/a"), IMAGE_NAME_PATH);
	assert_int_equal(image_name_kind("json:{}"), IMAGE_NAME_JSON);
	assert_int_equal(image_name_kind("nbd://h/x"), IMAGE_NAME_URL);
	assert_int_equal(image_name_kind("http://h/x"), IMAGE_NAME_URL);
	assert_int_equal(image_name_kind("fat:rw:/etc"), IMAGE_NAME_URL);
}

static void relative_names_count_from_their_overlay(void **state)
{
	g_autofree char *beside = image_name_path("/pool/a.qcow2", "base.qcow2");
	g_autofree char *out = image_name_path("/pool/a.qcow2", "../../etc/shadow");
	g_autofree char *file = image_name_path("/pool/a.qcow2", "file:/x/../y");

	(void)state;
	assert_string_equal(beside, "/pool/base.qcow2");
	assert_string_equal(out, "/etc/shadow");
	assert_string_equal(file, "/y");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(backing_format_and_data_file_are_read),
	        cmocka_unit_test(data_file_without_a_name_is_told),
	        cmocka_unit_test(raw_names_nothing_whatever_it_holds),
	        cmocka_unit_test(other_formats_are_refused_not_guessed),
	        cmocka_unit_test(names_beyond_what_was_read_are_asked_for),
	        cmocka_unit_test(no_bytes_do_harm),
	        cmocka_unit_test(names_are_told_apart),
	        cmocka_unit_test(relative_names_count_from_their_overlay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
