/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From samples and details to history: rates by numbers, gaps where nothing was seen. */
#include "unit/unit.h"

#include <math.h>

#include "backend/node.h"
#include "nvirt/store.h"

#define S ((gint64)G_USEC_PER_SEC)
#define WALL (G_GINT64_CONSTANT(1700000000) / 3600 * 3600 * S)
/* Of the monotonic clock when it is WALL. */
#define MONO (1000 * S)

static const uint8_t uuid[16] = {5};

struct scene {
	struct store *store;
	unsigned host;
	struct history *history;
};

static void apply(struct scene *scene, struct msg *msg, gint64 at_us)
{
	store_apply(scene->store, msg, MONO + at_us, WALL + at_us);
}

static struct scene make_scene(void)
{
	struct scene scene = {.store = store_new()};
	struct host *host = store_add_host(scene.store, "qemu:///system", false);
	struct msg *msg;

	scene.host = host->id;
	scene.history = host->history;
	msg = msg_new(MSG_HOST, host->id, 1);
	msg->status = host_status_new();
	msg->status->link = HOST_UP;
	msg->status->epoch = 1;
	apply(&scene, msg, 0);
	return scene;
}

static void post_sample(struct scene *scene, gint64 at_us, int64_t cpu_ns, int64_t host_busy_ns, int64_t stall_us)
{
	struct msg *msg = msg_new(MSG_SAMPLE, scene->host, 1);
	struct guest_row row = {.id = 1, .state = GUEST_RUNNING, .cpu_time_ns = (uint64_t)cpu_ns, .rss_kib = 1024};

	memcpy(row.uuid, uuid, sizeof(row.uuid));
	row.name = g_ref_string_new("web1");
	row.raw = g_ref_string_acquire(row.name);
	msg->sample = sample_new();
	msg->sample->taken_us = MONO + at_us;
	g_array_append_val(msg->sample->guests, row);
	msg->sample->node.cpu_busy_ns = host_busy_ns;
	msg->sample->node.cpu_total_ns = 1000000000 + at_us * 4000;
	msg->sample->node.stall_io_us = stall_us;
	msg->sample->node.load1 = 1.5;
	apply(scene, msg, at_us);
}

static void post_detail(struct scene *scene, gint64 at_us, int64_t seconds)
{
	struct msg *msg = msg_new(MSG_DETAIL, scene->host, 1);
	struct guest_detail *detail = guest_detail_new();
	struct guest_disk *disk = guest_disk_new();
	struct guest_nic *nic = guest_nic_new();
	int64_t vcpu_ns = seconds * 500000000;

	memcpy(detail->uuid, uuid, sizeof(detail->uuid));
	detail->taken_us = MONO + at_us;
	disk->target = g_strdup("vda");
	disk->rd_bytes = 0;
	disk->wr_bytes = seconds * 10000000;
	disk->wr_ops = seconds * 100;
	disk->rd_ops = 7;
	disk->rd_time_ns = 7000;
	/* 100 operations of 2 ms a second. */
	disk->wr_time_ns = seconds * 100 * 2000000;
	nic->mac = g_strdup("52:54:00:00:00:01");
	nic->tx_bytes = seconds * 1000000;
	nic->rx_bytes = 0;
	g_ptr_array_add(detail->disks, disk);
	g_ptr_array_add(detail->nics, nic);
	g_array_append_val(detail->vcpu_time_ns, vcpu_ns);
	detail->available_kib = 1000;
	detail->usable_kib = 300;
	msg->detail = detail;
	apply(scene, msg, at_us);
}

static double at(const struct scene *scene, const uint8_t *whose, enum metric metric, const char *device, gint64 at_us)
{
	struct history_key key = history_key(whose, metric, device);
	struct history_slot slot;

	history_read(scene->history, &key, TIER_5M, history_slot_at(TIER_5M, WALL + at_us), 1, &slot);
	return slot.average;
}

static void assert_near(double value, double wanted)
{
	if (!(fabs(value - wanted) <= 1e-4 * MAX(fabs(wanted), 1)))
		fail_msg("%g instead of %g", value, wanted);
}

static void samples_become_rates_of_guest_and_host(void **state)
{
	struct scene scene = make_scene();

	(void)state;
	/* Half a CPU, the host at a quarter of four, waiting for I/O a tenth of the time. */
	for (int i = 0; i <= 10; i++)
		post_sample(&scene, i * 2 * S, 1 + i * 1000000000ll, i * 2000000000ll, i * 200000);
	assert_near(at(&scene, uuid, METRIC_CPU, NULL, 6 * S), 50);
	assert_near(at(&scene, uuid, METRIC_MEMORY_HOST, NULL, 6 * S), 1 << 20);
	assert_near(at(&scene, NULL, METRIC_CPU, NULL, 6 * S), 25);
	assert_near(at(&scene, NULL, METRIC_STALL_IO, NULL, 6 * S), 10);
	assert_near(at(&scene, NULL, METRIC_LOAD, NULL, 6 * S), 1.5);
	assert_true(isnan(at(&scene, NULL, METRIC_STALL_CPU, NULL, 6 * S)));
	store_free(scene.store);
}

static void a_minute_without_samples_is_a_gap(void **state)
{
	struct scene scene = make_scene();

	(void)state;
	for (int i = 0; i <= 5; i++)
		post_sample(&scene, i * 2 * S, 1 + i * 1000000000ll, 1, 1);
	for (int i = 0; i <= 5; i++)
		post_sample(&scene, (70 + i * 2) * S, 1 + (35 + i) * 1000000000ll, 1, 1);
	assert_near(at(&scene, uuid, METRIC_CPU, NULL, 8 * S), 50);
	assert_true(isnan(at(&scene, uuid, METRIC_CPU, NULL, 40 * S)));
	assert_true(isnan(at(&scene, uuid, METRIC_MEMORY_HOST, NULL, 40 * S)));
	assert_near(at(&scene, uuid, METRIC_CPU, NULL, 74 * S), 50);
	store_free(scene.store);
}

/* Who looks once a minute has no gaps for that. */
static void slow_refresh_has_no_gaps(void **state)
{
	struct scene scene = make_scene();

	(void)state;
	for (int i = 0; i <= 4; i++)
		post_sample(&scene, i * 60 * S, 1 + i * 30000000000ll, 1, 1);
	assert_near(at(&scene, uuid, METRIC_CPU, NULL, 200 * S), 50);
	assert_near(at(&scene, uuid, METRIC_CPU, NULL, 130 * S), 50);
	store_free(scene.store);
}

static void details_become_rates_and_latencies_of_devices(void **state)
{
	struct scene scene = make_scene();
	struct obj_ref open = {.kind = OBJ_GUEST, .host = scene.host};

	(void)state;
	memcpy(open.uuid, uuid, sizeof(open.uuid));
	post_sample(&scene, 0, 1, 1, 1);
	store_watch(scene.store, scene.host, &open, NULL, 0);
	for (int i = 0; i <= 5; i++)
		post_detail(&scene, i * 3 * S, i * 3);
	assert_near(at(&scene, uuid, METRIC_DISK_WRITE, NULL, 6 * S), 10e6);
	assert_near(at(&scene, uuid, METRIC_DISK_WRITE, "vda", 6 * S), 10e6);
	assert_near(at(&scene, uuid, METRIC_DISK_WRITE_OPS, "vda", 6 * S), 100);
	assert_near(at(&scene, uuid, METRIC_DISK_WRITE_MS, "vda", 6 * S), 2);
	assert_near(at(&scene, uuid, METRIC_DISK_WRITE_MS, NULL, 6 * S), 2);
	/* No read in between: there is no latency, which is not one of nought. */
	assert_true(isnan(at(&scene, uuid, METRIC_DISK_READ_MS, "vda", 6 * S)));
	assert_near(at(&scene, uuid, METRIC_DISK_READ, "vda", 6 * S), 0);
	assert_near(at(&scene, uuid, METRIC_NET_TX, "52:54:00:00:00:01", 6 * S), 1e6);
	assert_near(at(&scene, uuid, METRIC_VCPU, "0", 6 * S), 50);
	assert_near(at(&scene, uuid, METRIC_MEMORY_GUEST, NULL, 6 * S), 700 * 1024);
	store_free(scene.store);
}

static void restarted_guest_has_no_rate_below_nought(void **state)
{
	struct scene scene = make_scene();
	struct obj_ref open = {.kind = OBJ_GUEST, .host = scene.host};

	(void)state;
	memcpy(open.uuid, uuid, sizeof(open.uuid));
	post_sample(&scene, 0, 1, 1, 1);
	store_watch(scene.store, scene.host, &open, NULL, 0);
	post_detail(&scene, 0, 1000);
	post_detail(&scene, 2 * S, 1);
	assert_true(isnan(at(&scene, uuid, METRIC_DISK_WRITE, NULL, S)));
	assert_true(isnan(at(&scene, uuid, METRIC_VCPU, "0", S)));
	store_free(scene.store);
}

static void kept_records_of_unknown_guests_are_left_out(void **state)
{
	struct scene scene = make_scene();
	struct history_record record = {history_key(uuid, METRIC_CPU, NULL), TIER_1H, history_slot_at(TIER_1H, WALL), 5, 6, 10};
	struct msg *msg;

	(void)state;
	for (int turn = 0; turn < 2; turn++) {
		msg = msg_new(MSG_HISTORY, scene.host, 0);
		msg->history = g_array_new(FALSE, FALSE, sizeof(record));
		g_array_append_val(msg->history, record);
		apply(&scene, msg, 0);
		assert_int_equal(history_series_count(scene.history), turn);
		post_sample(&scene, 0, 1, 1, 1);
	}
	store_free(scene.store);
}

static void pressure_is_read_from_the_kernels_words(void **state)
{
	(void)state;
	assert_int_equal(node_parse_pressure("some avg10=0.12 avg60=0.05 avg300=0.01 total=8104263\n"
	                                     "full avg10=0.00 avg60=0.00 avg300=0.00 total=17\n"),
	        8104263);
	assert_int_equal(node_parse_pressure("full avg10=0.00 total=17\n"), -1);
	assert_int_equal(node_parse_pressure("some avg10=0.00\nfull total=17\n"), -1);
	assert_int_equal(node_parse_pressure("some total="), -1);
	assert_int_equal(node_parse_pressure("some total=-5"), -1);
	assert_int_equal(node_parse_pressure(""), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(samples_become_rates_of_guest_and_host),
	        cmocka_unit_test(a_minute_without_samples_is_a_gap),
	        cmocka_unit_test(slow_refresh_has_no_gaps),
	        cmocka_unit_test(details_become_rates_and_latencies_of_devices),
	        cmocka_unit_test(restarted_guest_has_no_rate_below_nought),
	        cmocka_unit_test(kept_records_of_unknown_guests_are_left_out),
	        cmocka_unit_test(pressure_is_read_from_the_kernels_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
