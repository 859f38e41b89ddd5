/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See counter.h. */
#include "support/counter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>
#include <unistd.h>

#include "backend/op_util.h"

#define BIOS_RECORD 0x9000
#define UEFI_RECORD 0x2000000
#define MAGIC 0x5443564e
#define KEY_SPACE 57

void counter_open(struct counter *counter, struct lab *lab, struct ops *ops, const char *name, const char *kind)
{
	*counter = (struct counter){.lab = lab, .ops = ops, .name = g_strdup(name)};
	counter->uefi = g_str_has_suffix(kind, "-uefi");
	counter->disks = strstr(kind, "-2") || strstr(kind, "-raw") ? 2 : 1;
	counter->dom = virDomainLookupByName(ops->conn, name);
	assert_non_null(counter->dom);
}

void counter_close(struct counter *counter)
{
	if (counter_state(counter) != VIR_DOMAIN_SHUTOFF)
		virDomainDestroy(counter->dom);
	virDomainFree(counter->dom);
	g_free(counter->name);
}

char *counter_image(const struct counter *counter, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *name = g_strdup_vprintf(format, args);
	va_end(args);
	return g_build_filename(lab_dir(counter->lab), "h1", "img", name, NULL);
}

/* ---- the guest, as it is ---- */

struct record {
	uint32_t magic, count;
};

static struct record peek(const struct counter *counter, unsigned offset)
{
	struct record record = {0};
	unsigned long long at = (counter->uefi ? UEFI_RECORD : BIOS_RECORD) + offset;

	if (virDomainMemoryPeek(counter->dom, at, sizeof record, &record, VIR_MEMORY_PHYSICAL) < 0)
		fail_msg("%s", virGetLastErrorMessage());
	return record;
}

/* 512 bytes on it says that all is written and shown. */
static uint32_t settled(const struct counter *counter)
{
	return peek(counter, 512).magic;
}

bool counter_is_up(void *data)
{
	struct record record = peek(data, 0);

	return record.magic == MAGIC && settled(data) == record.count;
}

uint32_t counter_count(const struct counter *counter)
{
	struct record record = peek(counter, 0);

	assert_int_equal(record.magic, MAGIC);
	return record.count;
}

struct pressing {
	const struct counter *counter;
	uint32_t wanted;
};

static bool has_counted(void *data)
{
	const struct pressing *pressing = data;

	return settled(pressing->counter) == pressing->wanted;
}

void counter_press(struct counter *counter)
{
	unsigned key = KEY_SPACE;
	struct pressing pressing = {.counter = counter, .wanted = counter_count(counter) + 1};

	assert_int_equal(virDomainSendKey(counter->dom, VIR_KEYCODE_SET_LINUX, 1, &key, 1, 0), 0);
	lab_wait_for(has_counted, &pressing, "the guest to count", COUNTER_DEADLINE_MS);
}

int counter_state(const struct counter *counter)
{
	int state = -1, reason;

	virDomainGetState(counter->dom, &state, &reason, 0);
	return state;
}

void counter_bring_to(struct counter *counter, enum then wanted)
{
	int state = counter_state(counter);

	if (wanted == OFF) {
		if (state != VIR_DOMAIN_SHUTOFF)
			assert_int_equal(virDomainDestroy(counter->dom), 0);
		return;
	}
	if (state == VIR_DOMAIN_SHUTOFF)
		assert_int_equal(virDomainCreate(counter->dom), 0);
	if (state == VIR_DOMAIN_PAUSED)
		assert_int_equal(virDomainResume(counter->dom), 0);
	lab_wait_for(counter_is_up, counter, "the guest to be up", COUNTER_DEADLINE_MS);
	if (wanted == PAUSED)
		assert_int_equal(virDomainSuspend(counter->dom), 0);
}

/* ---- content ---- */

static char *sum_of(const char *path)
{
	g_autofree char *bytes = NULL;
	gsize len = 0;
	g_autoptr(GError) error = NULL;

	if (!g_file_get_contents(path, &bytes, &len, &error))
		fail_msg("%s", error->message);
	return g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)bytes, len);
}

char *counter_content(const struct counter *counter, const char *path, const char *format, const char *snapshot)
{
	g_autofree char *out = counter_image(counter, "%s.content", counter->name);
	const char *const words[] = {"exec", "h1", "qemu-img", "convert", "-U", "-f", format, "-O", "raw",
	        snapshot ? "-l" : path, snapshot ? snapshot : out, snapshot ? path : NULL, snapshot ? out : NULL, NULL};

	g_free(lab_run_words(counter->lab, words));
	char *sum = sum_of(out);
	unlink(out);
	return sum;
}

static char *disk_string(const struct counter *counter, unsigned i, const char *what)
{
	g_autoptr(xmlDoc) doc = op_guest_xml(counter->dom, 0);
	g_autofree char *xpath = g_strdup_printf("/domain/devices/disk[target/@dev='vd%c']/%s", 'a' + i, what);

	return op_xml_string(doc, NULL, xpath);
}

char *counter_disk(const struct counter *counter, unsigned i)
{
	g_autofree char *path = disk_string(counter, i, "source/@file");
	g_autofree char *format = disk_string(counter, i, "driver/@type");

	return counter_content(counter, path, format, NULL);
}

char *counter_nvram(const struct counter *counter)
{
	g_autofree char *path = counter_image(counter, "%s.nvram", counter->name);

	return sum_of(path);
}

static int take_picture(virStreamPtr stream, const char *bytes, size_t len, void *data)
{
	(void)stream;
	g_byte_array_append(data, (const guint8 *)bytes, (guint)len);
	return (int)len;
}

char *counter_screen(const struct counter *counter)
{
	virStreamPtr stream = virStreamNew(counter->ops->conn, 0);
	g_autoptr(GByteArray) picture = g_byte_array_new();
	char *mime = virDomainScreenshot(counter->dom, stream, 0, 0);

	if (!mime || virStreamRecvAll(stream, take_picture, picture) < 0)
		fail_msg("%s", virGetLastErrorMessage());
	virStreamFinish(stream);
	virStreamFree(stream);
	free(mime);
	return g_compute_checksum_for_data(G_CHECKSUM_SHA256, picture->data, picture->len);
}

/* ---- snapshots ---- */

struct obj_ref counter_snapshot(const struct counter *counter, const char *name)
{
	struct obj_ref ref = {.kind = OBJ_SNAPSHOT, .host = OPS_HOST, .name = g_intern_string(name)};

	virDomainGetUUID(counter->dom, ref.uuid);
	return ref;
}

char *counter_take(struct counter *counter, const char *how, const char *name)
{
	bool internal = g_str_equal(how, "internal");
	struct obj_ref ref = ops_guest_ref(counter->ops, counter->name);
	struct ops_result result = ops_run(counter->ops, OP_SNAPSHOT_TAKE, &ref, counter->name,
	        ARGS("name", name, "kind", internal ? "internal" : "external", "memory",
	                g_str_equal(how, "disk") ? "no" : "yes"));
	char *why = result.state == TASK_OK ? NULL : g_strdup(result.message);

	ops_result_clear(&result);
	return why;
}
