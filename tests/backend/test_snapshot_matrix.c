/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every kind of snapshot of every kind of guest in every state, rolled back to
 * from a guest that runs and from one that is off: what must come back is each
 * byte of each disk, the UEFI variables, and with memory the count in RAM and
 * the picture on the screen. The guests are tests/lab/guest/count*.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "backend/op_util.h"
#include "backend/snapshot_tree.h"
#include "nvirt/secret.h"
#include "support/lab.h"
#include "support/ops.h"

#define BIOS_RECORD 0x9000
#define UEFI_RECORD 0x2000000
#define MAGIC 0x5443564e
#define DEADLINE_MS 60000

enum how { INTERNAL, DISK, MEMORY };
enum then { RUNNING, PAUSED, OFF };

static const char *const how_words[] = {"internal", "disk", "memory"};
static const char *const then_words[] = {"running", "paused", "off"};

struct guest {
	const char *name, *kind;
	bool uefi;
	unsigned disks;
};

static const struct guest guests[] = {
        {"b1", "count", false, 1},
        {"b2", "count-2", false, 2},
        {"braw", "count-raw", false, 2},
        {"bi1", "count", false, 1},
        {"bi2", "count-2", false, 2},
        {"u1", "count-uefi", true, 1},
        {"u2", "count-2-uefi", true, 2},
        {"uraw", "count-raw-uefi", true, 2},
        {"ui2", "count-2-uefi", true, 2},
};

/* What a snapshot must bring back. */
struct known {
	char name[32];
	enum how how;
	enum then then;
	uint32_t count;
	char *disks[2], *nvram, *screen;
};

struct matrix {
	struct ops *ops;
	const struct guest *guest;
	virDomainPtr dom;
	struct known known[8];
	unsigned n, reverts;
};

static struct lab *lab;
static struct ops *ops;

static char *image(const char *name)
{
	return g_build_filename(lab_dir(lab), "h1", "img", name, NULL);
}

/* ---- the guest, as it is ---- */

struct record {
	uint32_t magic, count;
};

static struct record peek(const struct matrix *matrix, unsigned offset)
{
	struct record record = {0};
	unsigned long long at = (matrix->guest->uefi ? UEFI_RECORD : BIOS_RECORD) + offset;

	if (virDomainMemoryPeek(matrix->dom, at, sizeof record, &record, VIR_MEMORY_PHYSICAL) < 0)
		fail_msg("%s", virGetLastErrorMessage());
	return record;
}

static bool is_up(void *data)
{
	return peek(data, 0).magic == MAGIC && peek(data, 512).magic == peek(data, 0).count;
}

static uint32_t count_of(const struct matrix *matrix)
{
	struct record record = peek(matrix, 0);

	assert_int_equal(record.magic, MAGIC);
	return record.count;
}

struct pressing {
	const struct matrix *matrix;
	uint32_t wanted;
};

static bool has_counted(void *data)
{
	const struct pressing *pressing = data;

	return peek(pressing->matrix, 512).magic == pressing->wanted;
}

static void press(struct matrix *matrix)
{
	unsigned space = 57;
	struct pressing pressing = {.matrix = matrix, .wanted = count_of(matrix) + 1};

	assert_int_equal(virDomainSendKey(matrix->dom, VIR_KEYCODE_SET_LINUX, 1, &space, 1, 0), 0);
	lab_wait_for(has_counted, &pressing, "the guest to count", DEADLINE_MS);
}

static int state_of(const struct matrix *matrix)
{
	int state = -1, reason;

	virDomainGetState(matrix->dom, &state, &reason, 0);
	return state;
}

static void bring_to(struct matrix *matrix, enum then wanted)
{
	int state = state_of(matrix);

	if (wanted == OFF) {
		if (state != VIR_DOMAIN_SHUTOFF)
			assert_int_equal(virDomainDestroy(matrix->dom), 0);
		return;
	}
	if (state == VIR_DOMAIN_SHUTOFF)
		assert_int_equal(virDomainCreate(matrix->dom), 0);
	if (state == VIR_DOMAIN_PAUSED)
		assert_int_equal(virDomainResume(matrix->dom), 0);
	lab_wait_for(is_up, matrix, "the guest to be up", DEADLINE_MS);
	if (wanted == PAUSED)
		assert_int_equal(virDomainSuspend(matrix->dom), 0);
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

/* Of all that a guest could read there, chain and all; `snapshot` NULL = of now. */
static char *content(const char *path, const char *format, const char *snapshot)
{
	g_autofree char *out = image("content.tmp");
	const char *const words[] = {"exec", "h1", "qemu-img", "convert", "-U", "-f", format, "-O", "raw",
	        snapshot ? "-l" : path, snapshot ? snapshot : out, snapshot ? path : NULL, snapshot ? out : NULL, NULL};

	g_free(lab_run_words(lab, words));
	return sum_of(out);
}

static char *disk_string(const struct matrix *matrix, unsigned i, const char *what)
{
	g_autoptr(xmlDoc) doc = op_guest_xml(matrix->dom, 0);
	g_autofree char *xpath = g_strdup_printf("/domain/devices/disk[target/@dev='vd%c']/%s", 'a' + i, what);

	return op_xml_string(doc, NULL, xpath);
}

static char *disk_content(const struct matrix *matrix, unsigned i)
{
	g_autofree char *path = disk_string(matrix, i, "source/@file");
	g_autofree char *format = disk_string(matrix, i, "driver/@type");

	return content(path, format, NULL);
}

static int take_picture(virStreamPtr stream, const char *bytes, size_t len, void *data)
{
	(void)stream;
	g_byte_array_append(data, (const guint8 *)bytes, (guint)len);
	return (int)len;
}

static char *screen_of(const struct matrix *matrix)
{
	virStreamPtr stream = virStreamNew(ops->conn, 0);
	g_autoptr(GByteArray) picture = g_byte_array_new();
	char *mime = virDomainScreenshot(matrix->dom, stream, 0, 0);

	if (!mime || virStreamRecvAll(stream, take_picture, picture) < 0)
		fail_msg("%s", virGetLastErrorMessage());
	virStreamFinish(stream);
	virStreamFree(stream);
	free(mime);
	return g_compute_checksum_for_data(G_CHECKSUM_SHA256, picture->data, picture->len);
}

/* ---- taking ---- */

static char *snapshot_xml(const struct matrix *matrix, const struct known *known)
{
	g_autofree char *file = g_strdup_printf("%s.%s.mem", matrix->guest->name, known->name);
	g_autofree char *path = image(file);
	g_autofree char *memory =
	        known->how == MEMORY ? g_strdup_printf("<memory snapshot='external' file='%s'/>", path) : g_strdup("");

	return g_strdup_printf("<domainsnapshot><name>%s</name>%s</domainsnapshot>", known->name, memory);
}

/* As OP_SNAPSHOT_TAKE does: libvirt keeps no UEFI variables. */
static void keep_nvram(const struct matrix *matrix, const struct known *known)
{
	g_autofree char *from_name = g_strdup_printf("%s.nvram", matrix->guest->name);
	g_autofree char *to_name = g_strdup_printf("%s.%s.nvram", matrix->guest->name, known->name);
	g_autofree char *from = image(from_name), *to = image(to_name);
	g_autoptr(GError) error = NULL;
	GPtrArray *tree;

	lab_do(lab, "exec", "h1", "cp", from, to);
	tree = snapshot_tree_read(matrix->dom, true, &error);
	xmlDocPtr doc = snapshot_tree_find(tree, known->name)->doc;
	xmlChar *text = NULL;
	int len;
	snapshot_note_nvram(doc, to);
	xmlDocDumpMemory(doc, &text, &len);
	virDomainSnapshotPtr snapshot = virDomainSnapshotCreateXML(matrix->dom, (const char *)text,
	        VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE | VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT);
	if (!snapshot)
		fail_msg("%s", virGetLastErrorMessage());
	virDomainSnapshotFree(snapshot);
	xmlFree(text);
	g_ptr_array_unref(tree);
}

static void learn(struct matrix *matrix, struct known *known)
{
	g_autofree char *nvram_name = g_strdup_printf("%s.nvram", matrix->guest->name);
	g_autofree char *nvram = image(nvram_name);

	for (unsigned i = 0; i < matrix->guest->disks; i++)
		known->disks[i] = disk_content(matrix, i);
	if (matrix->guest->uefi)
		known->nvram = sum_of(nvram);
	if (known->then != OFF)
		known->screen = screen_of(matrix);
}

/* NULL = taken; else libvirt's words. */
static char *take(struct matrix *matrix, enum how how, enum then then)
{
	struct known *known = &matrix->known[matrix->n];

	bring_to(matrix, RUNNING);
	press(matrix);
	*known = (struct known){.how = how, .then = then, .count = count_of(matrix)};
	g_snprintf(known->name, sizeof known->name, "%s-%s", how_words[how], then_words[then]);
	bring_to(matrix, then);
	g_autofree char *xml = snapshot_xml(matrix, known);
	virDomainSnapshotPtr snapshot =
	        virDomainSnapshotCreateXML(matrix->dom, xml, how == DISK ? VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY : 0);
	if (!snapshot)
		return g_strdup(virGetLastErrorMessage());
	virDomainSnapshotFree(snapshot);
	if (matrix->guest->uefi)
		keep_nvram(matrix, known);
	learn(matrix, known);
	matrix->n++;
	return NULL;
}

static void take_all(struct matrix *matrix, enum how how)
{
	for (enum then then = RUNNING; then <= OFF; then++) {
		g_autofree char *why = take(matrix, how, then);
		const char *words = how == MEMORY && then == OFF                            ? "memory state cannot be saved"
		                    : how == INTERNAL && matrix->guest->uefi && then != OFF ? "pflash"
		                                                                            : NULL;
		if (words ? !why || !strstr(why, words) : why != NULL)
			fail_msg("%s %s of %s: '%s' instead of '%s'", how_words[how], then_words[then],
			        matrix->guest->name, why, words);
	}
}

/* ---- rolling back ---- */

static struct obj_ref snapshot_ref(const struct matrix *matrix, const char *name)
{
	struct obj_ref ref = {.kind = OBJ_SNAPSHOT, .host = OPS_HOST, .name = g_intern_string(name)};

	virDomainGetUUID(matrix->dom, ref.uuid);
	return ref;
}

static void check_disks(const struct matrix *matrix, const struct known *known)
{
	for (unsigned i = 0; i < matrix->guest->disks; i++) {
		g_autofree char *now = disk_content(matrix, i);
		assert_string_equal(now, known->disks[i]);
	}
}

static void check_nvram(const struct matrix *matrix, const struct known *known)
{
	g_autofree char *name = g_strdup_printf("%s.nvram", matrix->guest->name);
	g_autofree char *path = image(name);

	if (!matrix->guest->uefi)
		return;
	g_autofree char *now = sum_of(path);
	assert_string_equal(now, known->nvram);
}

static void check_running(struct matrix *matrix, const struct known *known, bool with_memory)
{
	lab_wait_for(is_up, matrix, "the guest to be up", DEADLINE_MS);
	assert_int_equal(count_of(matrix), known->count);
	if (with_memory) {
		g_autofree char *screen = screen_of(matrix);
		assert_string_equal(screen, known->screen);
	}
	check_disks(matrix, known);
	/* And it lives. */
	if (state_of(matrix) == VIR_DOMAIN_PAUSED)
		assert_int_equal(virDomainResume(matrix->dom), 0);
	press(matrix);
	assert_int_equal(count_of(matrix), known->count + 1);
}

static void check_current(const struct matrix *matrix, const struct known *known)
{
	virDomainSnapshotPtr current = virDomainSnapshotCurrent(matrix->dom, 0);

	assert_non_null(current);
	assert_string_equal(virDomainSnapshotGetName(current), known->name);
	virDomainSnapshotFree(current);
	assert_int_equal(virDomainSnapshotNum(matrix->dom, 0), matrix->n);
	assert_int_equal(virDomainHasManagedSaveImage(matrix->dom, 0), 0);
}

static void roll_back(struct matrix *matrix, const struct known *known, enum then from, const char *state)
{
	static const int states[] = {VIR_DOMAIN_RUNNING, VIR_DOMAIN_PAUSED, VIR_DOMAIN_SHUTOFF};
	struct obj_ref ref = snapshot_ref(matrix, known->name);
	bool asked_off = g_strcmp0(state, "stopped") == 0;
	bool with_memory = known->how != DISK && known->then != OFF && !asked_off;
	/* Disks without memory are of a guest that ran: it boots. */
	enum then after = asked_off ? OFF : known->how == DISK && known->then == PAUSED ? RUNNING : known->then;

	bring_to(matrix, from);
	if (from == RUNNING)
		press(matrix);
	ops_expect(ops_run(ops, OP_SNAPSHOT_REVERT, &ref, known->name, state ? ARGS("state", state) : NULL), TASK_OK,
	        known->name);
	matrix->reverts++;
	assert_int_equal(state_of(matrix), states[after]);
	check_current(matrix, known);
	if (with_memory || after == OFF)
		check_nvram(matrix, known);
	if (after == OFF)
		check_disks(matrix, known);
	else
		check_running(matrix, known, with_memory);
}

/* Back and forth, so that each is come to from another, and from itself. Booting UEFI takes long: once is enough. */
static void roll_back_all(struct matrix *matrix)
{
	for (enum then from = RUNNING; from <= OFF; from += 2)
		for (unsigned i = 0; i < matrix->n; i++) {
			const struct known *known = &matrix->known[(i * 2 + (i * 2 >= matrix->n && matrix->n % 2 == 0)) % matrix->n];
			bool slow = matrix->guest->uefi && known->how == DISK && known->then != OFF
			            && !(known->then == RUNNING && from == OFF);
			roll_back(matrix, known, from, slow ? "stopped" : NULL);
		}
}

/* The files that hold a state were never written. */
static void check_files(struct matrix *matrix)
{
	g_autoptr(GError) error = NULL;
	GPtrArray *tree = snapshot_tree_read(matrix->dom, false, &error);

	for (unsigned i = 0; i < matrix->n; i++) {
		struct snap *snap = snapshot_tree_find(tree, matrix->known[i].name);
		for (unsigned d = 0; d < matrix->guest->disks; d++) {
			g_autofree char *target = g_strdup_printf("vd%c", 'a' + d);
			struct snap_disk *disk = snap_disk_find(snap, target);
			bool internal = g_str_equal(disk->mode, "internal");
			g_autofree char *now = content(disk->state, disk->state_format, internal ? snap->name : NULL);
			assert_string_equal(now, matrix->known[i].disks[d]);
		}
	}
	g_ptr_array_unref(tree);
}

static void open_guest(struct matrix *matrix, const char *name)
{
	*matrix = (struct matrix){.ops = ops};
	for (unsigned i = 0; i < G_N_ELEMENTS(guests); i++)
		if (g_str_equal(guests[i].name, name))
			matrix->guest = &guests[i];
	matrix->dom = virDomainLookupByName(ops->conn, name);
	assert_non_null(matrix->dom);
}

static void close_guest(struct matrix *matrix)
{
	check_files(matrix);
	for (unsigned i = 0; i < matrix->n; i++) {
		g_free(matrix->known[i].disks[0]);
		g_free(matrix->known[i].disks[1]);
		g_free(matrix->known[i].nvram);
		g_free(matrix->known[i].screen);
	}
	if (state_of(matrix) != VIR_DOMAIN_SHUTOFF)
		virDomainDestroy(matrix->dom);
	virDomainFree(matrix->dom);
}

static void external(const char *name)
{
	struct matrix matrix;

	open_guest(&matrix, name);
	take_all(&matrix, MEMORY);
	take_all(&matrix, DISK);
	assert_int_equal(matrix.n, 5);
	roll_back_all(&matrix);
	assert_int_equal(matrix.reverts, 10);
	close_guest(&matrix);
}

static void internal(const char *name, unsigned snapshots)
{
	struct matrix matrix;

	open_guest(&matrix, name);
	take_all(&matrix, INTERNAL);
	assert_int_equal(matrix.n, snapshots);
	roll_back_all(&matrix);
	assert_int_equal(matrix.reverts, 2 * snapshots);
	close_guest(&matrix);
}

static void bios_external_one_disk(void **state)
{
	(void)state;
	external("b1");
}

static void bios_external_two_disks(void **state)
{
	(void)state;
	external("b2");
}

static void bios_external_raw_disk(void **state)
{
	(void)state;
	external("braw");
}

static void bios_internal_one_disk(void **state)
{
	(void)state;
	internal("bi1", 3);
}

static void bios_internal_two_disks(void **state)
{
	(void)state;
	internal("bi2", 3);
}

static void uefi_external_one_disk(void **state)
{
	(void)state;
	external("u1");
}

static void uefi_external_two_disks(void **state)
{
	(void)state;
	external("u2");
}

static void uefi_external_raw_disk(void **state)
{
	(void)state;
	external("uraw");
}

static void uefi_internal_off_two_disks(void **state)
{
	(void)state;
	internal("ui2", 1);
}

static int start_lab(void **state)
{
	bool firmware = g_file_test("/usr/share/OVMF", G_FILE_TEST_IS_DIR);

	(void)state;
	lab = lab_start(1);
	ops = ops_new(lab_uri(lab, "h1"));
	/* All at once, as UEFI takes its time. */
	for (unsigned i = 0; i < G_N_ELEMENTS(guests); i++) {
		if (guests[i].uefi && !firmware)
			continue;
		lab_do(lab, "define", "h1", guests[i].name, guests[i].kind);
		lab_do(lab, "virsh", "h1", "-q", "start", guests[i].name);
	}
	return 0;
}

static int stop_lab(void **state)
{
	(void)state;
	void *own = ops;
	ops_tear_down(&own);
	lab_stop(lab);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(bios_external_one_disk),
	        cmocka_unit_test(bios_external_two_disks),
	        cmocka_unit_test(bios_external_raw_disk),
	        cmocka_unit_test(bios_internal_one_disk),
	        cmocka_unit_test(bios_internal_two_disks),
	        cmocka_unit_test(uefi_external_one_disk),
	        cmocka_unit_test(uefi_external_two_disks),
	        cmocka_unit_test(uefi_external_raw_disk),
	        cmocka_unit_test(uefi_internal_off_two_disks),
	};

	return cmocka_run_group_tests(tests, start_lab, stop_lab);
}
