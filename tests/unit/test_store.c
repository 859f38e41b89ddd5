/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nvirt/text.h"
#include "store_fixture.h"

#define MANY 10000

static struct guest *guest_at(struct store *store, unsigned index)
{
	return store_host_at(store, 0)->guests->pdata[index];
}

static struct guest *guest_number(struct store *store, unsigned number)
{
	struct obj_ref ref = number_ref(OBJ_GUEST, number);

	return store_guest(store, &ref);
}

/* ---- samples ---- */

static void the_first_sample_lists_guests_in_natural_order(void **state)
{
	struct store *store = store_up();
	struct msg *msg = sample_msg(0);

	(void)state;
	add_named(msg, 1, "vm10", GUEST_RUNNING);
	add_named(msg, 2, "vm2", GUEST_OFF);
	add_named(msg, 3, "VM3", GUEST_PAUSED);
	assert_int_equal(apply_at(store, msg, 0), CHANGE_LIST | CHANGE_STATS);
	assert_string_equal(guest_at(store, 0)->name, "vm2");
	assert_string_equal(guest_at(store, 1)->name, "VM3");
	assert_string_equal(guest_at(store, 2)->name, "vm10");
	assert_int_equal(store_host_at(store, 0)->running, 2);
	assert_true(store_host_at(store, 0)->listed);
	assert_int_equal(guest_at(store, 0)->state_us, 0);
	store_free(store);
}

static void an_empty_first_sample_is_news(void **state)
{
	struct store *store = store_up();

	(void)state;
	assert_int_equal(apply_at(store, sample_msg(0), 0), CHANGE_LIST | CHANGE_STATS);
	assert_int_equal(apply_at(store, sample_msg(SECOND), SECOND), CHANGE_STATS);
	store_free(store);
}

static unsigned apply_memory(struct store *store, uint64_t rss_kib, gint64 offset_us)
{
	struct msg *msg = sample_msg(offset_us);

	add_named(msg, 1, "web", GUEST_RUNNING)->rss_kib = rss_kib;
	return apply_at(store, msg, offset_us);
}

static void a_sample_says_whether_figures_changed(void **state)
{
	struct store *store = store_up();

	(void)state;
	apply_memory(store, 1000, 0);
	assert_int_equal(apply_memory(store, 1000, SECOND), CHANGE_STATS);
	assert_int_equal(apply_memory(store, 1001, 2 * SECOND), CHANGE_STATS | CHANGE_FIGURES);
	assert_int_equal(apply_memory(store, 1001, 3 * SECOND), CHANGE_STATS);
	store_free(store);
}

static struct msg *many_guests(GRefString **names, gint64 offset_us)
{
	struct msg *msg = sample_msg(offset_us);

	for (unsigned i = 0; i < MANY; i++)
		add_row(msg, i + 1, names[i], i % 2 ? GUEST_RUNNING : GUEST_OFF);
	return msg;
}

static void an_unchanged_sample_of_10000_guests_leaves_lists_alone(void **state)
{
	struct store *store = store_up();
	GRefString **names = g_new(GRefString *, MANY);
	struct guest *middle;
	const char *fold;
	uint64_t generation;

	(void)state;
	for (unsigned i = 0; i < MANY; i++) {
		g_autofree char *name = g_strdup_printf("vm%u", MANY - i);

		names[i] = g_ref_string_new(name);
	}
	apply_at(store, many_guests(names, 0), 0);
	generation = store_generation(store);
	middle = guest_at(store, MANY / 2);
	fold = middle->fold;
	for (unsigned tick = 1; tick <= 5; tick++)
		assert_int_equal(apply_at(store, many_guests(names, tick * SECOND), tick * SECOND), CHANGE_STATS);
	assert_int_equal(store_generation(store), generation);
	assert_int_equal(store_host_at(store, 0)->guests->len, MANY);
	assert_int_equal(store_host_at(store, 0)->running, MANY / 2);
	/* Not one object or string was made anew. */
	assert_ptr_equal(guest_at(store, MANY / 2), middle);
	assert_ptr_equal(middle->fold, fold);
	assert_string_equal(guest_at(store, 0)->name, "vm1");
	assert_string_equal(guest_at(store, MANY - 1)->name, "vm10000");
	store_free(store);
	for (unsigned i = 0; i < MANY; i++)
		g_ref_string_release(names[i]);
	g_free(names);
}

static void another_order_of_rows_changes_nothing(void **state)
{
	struct store *store = store_up();
	struct msg *msg = sample_msg(0);

	(void)state;
	for (unsigned i = 1; i <= 20; i++)
		add_named(msg, i, "same", GUEST_RUNNING);
	apply_at(store, msg, 0);
	msg = sample_msg(SECOND);
	for (unsigned i = 20; i >= 1; i--)
		add_named(msg, i, "same", GUEST_RUNNING);
	assert_int_equal(apply_at(store, msg, SECOND), CHANGE_STATS);
	assert_int_equal(store_host_at(store, 0)->guests->len, 20);
	store_free(store);
}

static void guests_come_and_go_by_identity(void **state)
{
	struct store *store = store_up();
	struct msg *msg = sample_msg(0);
	struct guest *kept;

	(void)state;
	for (unsigned i = 1; i <= 5; i++) {
		g_autofree char *name = g_strdup_printf("g%u", i);

		add_named(msg, i, name, GUEST_RUNNING);
	}
	apply_at(store, msg, 0);
	kept = guest_number(store, 4);
	msg = sample_msg(SECOND);
	add_named(msg, 4, "g4", GUEST_RUNNING);
	add_named(msg, 9, "a9", GUEST_RUNNING);
	add_named(msg, 2, "g2", GUEST_RUNNING);
	assert_true(apply_at(store, msg, SECOND) & CHANGE_LIST);
	assert_int_equal(store_host_at(store, 0)->guests->len, 3);
	assert_ptr_equal(guest_number(store, 4), kept);
	assert_null(guest_number(store, 1));
	assert_string_equal(guest_at(store, 0)->name, "a9");
	assert_true(guest_at(store, 0)->state_us > 0);
	assert_true(apply_at(store, sample_msg(2 * SECOND), 2 * SECOND) & CHANGE_LIST);
	assert_int_equal(store_host_at(store, 0)->guests->len, 0);
	store_free(store);
}

static void a_guest_listed_twice_counts_once(void **state)
{
	struct store *store = store_up();
	struct msg *msg = sample_msg(0);

	(void)state;
	add_named(msg, 1, "a", GUEST_RUNNING);
	add_named(msg, 1, "b", GUEST_OFF);
	add_named(msg, 2, "c", GUEST_OFF);
	apply_at(store, msg, 0);
	assert_int_equal(store_host_at(store, 0)->guests->len, 2);
	assert_string_equal(guest_number(store, 1)->name, "a");
	assert_int_equal(store_host_at(store, 0)->running, 1);
	store_free(store);
}

static void a_changed_state_makes_lists_stale_but_blocked_is_running(void **state)
{
	struct store *store = store_up();
	uint64_t generation;

	(void)state;
	put_guest(store, GUEST_RUNNING, 0, 0);
	generation = store_generation(store);
	put_guest(store, GUEST_BLOCKED, 0, SECOND);
	assert_int_equal(store_generation(store), generation);
	put_guest(store, GUEST_PAUSED, 0, 2 * SECOND);
	assert_int_equal(store_generation(store), generation + 1);
	assert_int_equal(guest_number(store, 1)->state_us, NOW_US + 2 * SECOND);
	store_free(store);
}

static void a_renamed_guest_moves_in_the_order(void **state)
{
	struct store *store = store_up();
	struct msg *msg = sample_msg(0);

	(void)state;
	add_named(msg, 1, "a", GUEST_OFF);
	add_named(msg, 2, "b", GUEST_OFF);
	apply_at(store, msg, 0);
	msg = sample_msg(SECOND);
	add_named(msg, 1, "Z", GUEST_OFF);
	add_named(msg, 2, "b", GUEST_OFF);
	assert_true(apply_at(store, msg, SECOND) & CHANGE_LIST);
	assert_string_equal(guest_at(store, 1)->name, "Z");
	assert_string_equal(guest_at(store, 1)->fold, "z");
	store_free(store);
}

static void apply_cpu(struct store *store, int id, uint64_t cpu_ns, gint64 offset_us)
{
	struct msg *msg = sample_msg(offset_us);
	struct guest_row *row = add_named(msg, 1, "web1", id < 0 ? GUEST_OFF : GUEST_RUNNING);

	row->id = id;
	row->cpu_time_ns = cpu_ns;
	apply_at(store, msg, offset_us);
}

static void assert_pct(double value, double wanted)
{
	assert_true(value > wanted - 0.01 && value < wanted + 0.01);
}

static void cpu_percent_needs_two_samples_of_the_same_process(void **state)
{
	struct store *store = store_up();
	struct guest *guest;

	(void)state;
	apply_cpu(store, 5, 1000000000, 0);
	guest = guest_number(store, 1);
	assert_true(guest->cpu_pct < 0);
	apply_cpu(store, 5, 2000000000, 2 * SECOND);
	assert_pct(guest->cpu_pct, 50);
	apply_cpu(store, 5, 6000000000, 4 * SECOND);
	assert_pct(guest->cpu_pct, 200);
	apply_cpu(store, 5, 100, 6 * SECOND); /* backwards */
	assert_true(guest->cpu_pct < 0);
	apply_cpu(store, 5, 1000000100, 8 * SECOND);
	assert_pct(guest->cpu_pct, 50);
	apply_cpu(store, 6, 9000000000, 10 * SECOND); /* restarted */
	assert_true(guest->cpu_pct < 0);
	apply_cpu(store, 6, 0, 12 * SECOND); /* not known */
	assert_true(guest->cpu_pct < 0);
	apply_cpu(store, -1, 0, 14 * SECOND);
	assert_true(guest->cpu_pct < 0);
	store_free(store);
}

static void a_sample_that_follows_at_once_keeps_the_percentage(void **state)
{
	struct store *store = store_up();

	(void)state;
	apply_cpu(store, 5, 1000000000, 0);
	apply_cpu(store, 5, 2000000000, 2 * SECOND);
	apply_cpu(store, 5, 2010000000, 2 * SECOND + 5000); /* would be 200 % */
	assert_pct(guest_number(store, 1)->cpu_pct, 50);
	apply_cpu(store, 5, 3000000000, 4 * SECOND); /* and is counted from before it */
	assert_pct(guest_number(store, 1)->cpu_pct, 50);
	store_free(store);
}

static void apply_node(struct store *store, int64_t busy, int64_t total, gint64 offset_us)
{
	struct msg *msg = sample_msg(offset_us);

	msg->sample->node.cpu_busy_ns = busy;
	msg->sample->node.cpu_total_ns = total;
	apply_at(store, msg, offset_us);
}

static void host_cpu_is_a_share_of_all_its_cpus(void **state)
{
	struct store *store = store_up();
	struct host *host = store_host_at(store, 0);

	(void)state;
	assert_true(host->cpu_pct < 0);
	apply_node(store, 100, 1000, 0);
	assert_true(host->cpu_pct < 0);
	apply_node(store, 350, 2000, 2 * SECOND);
	assert_pct(host->cpu_pct, 25);
	apply_node(store, 10, 20, 4 * SECOND);
	assert_true(host->cpu_pct < 0);
	apply_node(store, -1, -1, 6 * SECOND);
	assert_true(host->cpu_pct < 0);
	store_free(store);
}

static void what_a_row_does_not_know_stays(void **state)
{
	struct store *store = store_up();
	struct msg *msg = sample_msg(0);
	struct guest_row *row = add_named(msg, 1, "web1", GUEST_RUNNING);

	(void)state;
	row->vcpus = 4;
	row->memory_kib = 1024;
	row->tcg = row->virt_known = 1;
	apply_at(store, msg, 0);
	put_guest(store, GUEST_RUNNING, 0, SECOND);
	assert_int_equal(guest_number(store, 1)->vcpus, 4);
	assert_int_equal(guest_number(store, 1)->memory_kib, 1024);
	assert_true(guest_number(store, 1)->tcg);
	store_free(store);
}

/* ---- hosts ---- */

static void messages_of_an_old_connection_are_dropped(void **state)
{
	struct store *store = store_up();
	struct msg *msg;

	(void)state;
	assert_true(apply_at(store, host_msg(HOST_UP, 2), 0) & CHANGE_HOST);
	msg = sample_msg(0); /* epoch 1 */
	add_named(msg, 1, "late", GUEST_RUNNING);
	assert_int_equal(apply_at(store, msg, 0), 0);
	assert_int_equal(apply_at(store, host_msg(HOST_LOST, 1), 0), 0);
	assert_int_equal(store_host_at(store, 0)->guests->len, 0);
	assert_int_equal(store_host_at(store, 0)->status->link, HOST_UP);
	msg = sample_msg(0);
	msg->epoch = 2;
	assert_int_not_equal(apply_at(store, msg, 0), 0);
	store_free(store);
}

static void a_lost_host_keeps_its_data(void **state)
{
	struct store *store = store_up();
	uint64_t generation;

	(void)state;
	put_guest(store, GUEST_RUNNING, 0, 0);
	generation = store_generation(store);
	assert_int_equal(apply_at(store, host_msg(HOST_LOST, 1), SECOND), CHANGE_HOST | CHANGE_LIST);
	assert_true(store_generation(store) > generation);
	assert_non_null(guest_number(store, 1));
	assert_int_equal(store_host_at(store, 0)->running, 1);
	store_free(store);
}

static void a_host_is_called_by_its_name_once_it_is_known(void **state)
{
	struct store *store = store_new();
	struct host *host = store_add_host(store, "qemu+ssh://a\x1b/system", false);

	(void)state;
	assert_string_equal(host->name, "qemu+ssh://a\\x1b/system");
	assert_int_equal(host->status->link, HOST_OFF);
	apply_at(store, host_msg(HOST_UP, 1), 0);
	assert_string_equal(host->name, "alpha");
	assert_string_equal(store_name(store, &host->ref), "alpha");
	assert_string_equal(store_add_host(store, NULL, false)->name, "default");
	store_free(store);
}

static void a_removed_host_is_gone_and_its_number_is_not_used_again(void **state)
{
	struct store *store = store_up();

	(void)state;
	put_guest(store, GUEST_RUNNING, 0, 0);
	store_remove_host(store, 1);
	assert_int_equal(store_host_count(store), 0);
	assert_null(store_host(store, 1));
	assert_int_equal(apply_at(store, sample_msg(0), 0), 0);
	assert_int_equal(store_add_host(store, "x", false)->id, 2);
	assert_null(store_host_at(store, 1));
	store_free(store);
}

static void stale_is_after_three_ticks_or_when_not_up(void **state)
{
	struct store *store = store_new();
	struct host *host = store_add_host(store, "", false);

	(void)state;
	assert_int_equal(store_host_stale_ms(store, host, 2000, NOW_US), -1);
	apply_at(store, host_msg(HOST_UP, 1), 0);
	assert_int_equal(store_host_stale_ms(store, host, 2000, NOW_US + 5 * SECOND), -1);
	assert_int_equal(store_host_stale_ms(store, host, 2000, NOW_US + 7 * SECOND), 7000);
	put_guest(store, GUEST_RUNNING, 0, 10 * SECOND);
	assert_int_equal(store_host_stale_ms(store, host, 2000, NOW_US + 15 * SECOND), -1);
	assert_int_equal(store_host_stale_ms(store, host, 0, NOW_US + 15 * SECOND), -1);
	assert_int_equal(store_host_stale_ms(store, host, 1000, NOW_US + 15 * SECOND), 5000);
	assert_int_equal(store_host_stale_ms(store, host, 2000, NOW_US + 16 * SECOND), 6000);
	apply_at(store, host_msg(HOST_LOST, 1), 11 * SECOND);
	assert_int_equal(store_host_stale_ms(store, host, 2000, NOW_US + 11 * SECOND), 1000);
	store_free(store);
}

static void a_stuck_guest_is_named_until_it_answers_or_the_host_returns(void **state)
{
	struct store *store = store_up();
	struct msg *msg = msg_new(MSG_STUCK, 1, 1);

	(void)state;
	put_guest(store, GUEST_RUNNING, 0, 0);
	number_uuid(msg->uuid, 1);
	msg->since_us = NOW_US;
	msg->text = g_strdup("QEMU does not answer");
	assert_true(apply_at(store, msg, 0) & CHANGE_STATS);
	assert_int_equal(guest_number(store, 1)->stuck_us, NOW_US);
	put_guest(store, GUEST_RUNNING, 0, SECOND);
	assert_string_equal(guest_number(store, 1)->stuck_why, "QEMU does not answer");
	apply_at(store, host_msg(HOST_UP, 2), 2 * SECOND);
	assert_int_equal(guest_number(store, 1)->stuck_us, 0);
	store_free(store);
}

/* ---- details ---- */

static struct msg *detail_msg(gint64 offset_us, int64_t bytes, int64_t rx)
{
	struct msg *msg = msg_new(MSG_DETAIL, 1, 1);
	struct guest_disk *disk = guest_disk_new(), *unknown = guest_disk_new();
	struct guest_nic *nic = guest_nic_new();

	msg->detail = guest_detail_new();
	number_uuid(msg->detail->uuid, 1);
	msg->detail->taken_us = NOW_US + offset_us;
	msg->detail->vcpus = 2;
	msg->detail->memory_kib = 2048;
	msg->detail->virt_type = g_strdup("qemu");
	disk->target = g_strdup("vda");
	disk->rd_bytes = bytes;
	disk->wr_bytes = 2 * bytes;
	unknown->target = g_strdup("sda");
	nic->mac = g_strdup("52:54:00:00:00:01");
	nic->rx_bytes = rx;
	g_ptr_array_add(msg->detail->disks, disk);
	g_ptr_array_add(msg->detail->disks, unknown);
	g_ptr_array_add(msg->detail->nics, nic);
	return msg;
}

static void two_details_make_rates(void **state)
{
	struct store *store = store_up();
	struct guest *guest;

	(void)state;
	assert_int_equal(apply_at(store, detail_msg(0, 0, 0), 0), 0); /* nobody knows this guest yet */
	put_guest(store, GUEST_RUNNING, 0, 0);
	guest = guest_number(store, 1);
	assert_true(apply_at(store, detail_msg(0, 1000, 50), 0) & CHANGE_DETAIL);
	assert_true(guest->rd_bps < 0);
	assert_int_equal(guest->vcpus, 2);
	assert_true(guest->tcg && guest->virt_known);
	apply_at(store, detail_msg(2 * SECOND, 5000, 250), 2 * SECOND);
	assert_pct(guest->rd_bps, 2000);
	assert_pct(guest->wr_bps, 4000);
	assert_pct(guest->rx_bps, 100);
	assert_true(guest->tx_bps < 0);
	assert_true(guest->rd_iops < 0);
	assert_int_equal(guest->disk_rates->len, 2);
	assert_pct(g_array_index(guest->disk_rates, double, 1), 4000);
	assert_true(g_array_index(guest->disk_rates, double, 4) < 0);
	assert_int_equal(guest->nic_rates->len, 1);
	/* Restarted: the counters begin anew. */
	apply_at(store, detail_msg(4 * SECOND, 10, 1), 4 * SECOND);
	assert_true(guest->rd_bps < 0 && guest->rx_bps < 0);
	/* A late one of before is not taken. */
	assert_int_equal(apply_at(store, detail_msg(SECOND, 10, 1), 4 * SECOND), 0);
	store_free(store);
}

/* ---- pools, volumes, networks ---- */

static struct msg *two_pools(enum pool_state first)
{
	struct msg *msg = list_msg(MSG_POOLS, free_pool_row);

	add_pool(msg, 1, "ssd", first);
	add_pool(msg, 2, "iso", POOL_RUNNING);
	return msg;
}

static struct msg *volumes_of(unsigned pool, const char *a, const char *b)
{
	struct msg *msg = list_msg(MSG_VOLUMES, free_volume_row);

	number_uuid(msg->uuid, pool);
	add_volume(msg, a);
	if (b)
		add_volume(msg, b);
	return msg;
}

static void pools_that_stay_keep_identity_marks_and_volumes(void **state)
{
	struct store *store = store_up();
	struct obj_ref ssd = number_ref(OBJ_POOL, 1);
	struct pool *pool;

	(void)state;
	assert_true(apply_at(store, two_pools(POOL_RUNNING), 0) & CHANGE_LIST);
	pool = store_pool(store, &ssd);
	assert_string_equal(((struct pool *)store_host_at(store, 0)->pools->pdata[0])->row->name, "iso");
	assert_string_equal(pool->row->path, "");
	assert_null(pool->volumes);
	store_set_mark(store, &ssd, true);
	assert_true(apply_at(store, volumes_of(1, "b", "a"), 0) & CHANGE_LIST);
	assert_false(apply_at(store, two_pools(POOL_RUNNING), 0) & CHANGE_LIST);
	assert_ptr_equal(store_pool(store, &ssd), pool);
	assert_true(store_marked(store, &ssd));
	assert_int_equal(pool->volumes->len, 2);
	assert_true(apply_at(store, two_pools(POOL_INACTIVE), 0) & CHANGE_LIST);
	assert_true(apply_at(store, list_msg(MSG_POOLS, free_pool_row), 0) & CHANGE_LIST);
	assert_false(store_has(store, &ssd));
	assert_false(store_marked(store, &ssd));
	store_free(store);
}

static void volumes_go_by_pool_and_raw_name(void **state)
{
	struct store *store = store_up();
	struct obj_ref ref = number_ref(OBJ_VOLUME, 1);
	struct volume *volume;

	(void)state;
	apply_at(store, two_pools(POOL_RUNNING), 0);
	assert_int_equal(apply_at(store, volumes_of(7, "x", NULL), 0), 0);
	apply_at(store, volumes_of(1, "b.img", "a.img"), 0);
	ref.name = g_intern_string("b.img");
	volume = store_volume(store, &ref);
	assert_non_null(volume);
	assert_true(obj_ref_equal(&volume->ref, &ref));
	store_set_mark(store, &ref, true);
	assert_false(apply_at(store, volumes_of(1, "a.img", "b.img"), 0) & CHANGE_LIST);
	assert_ptr_equal(store_volume(store, &ref), volume);
	assert_true(store_marked(store, &ref));
	assert_true(apply_at(store, volumes_of(1, "c.img", NULL), 0) & CHANGE_LIST);
	assert_null(store_volume(store, &ref));
	assert_false(store_marked(store, &ref));
	store_free(store);
}

static void networks_that_stay_keep_identity(void **state)
{
	struct store *store = store_up();
	struct obj_ref ref = number_ref(OBJ_NETWORK, 1);
	struct network *network;
	struct msg *msg = list_msg(MSG_NETWORKS, free_network_row);

	(void)state;
	add_network(msg, 1, "default", false);
	assert_true(apply_at(store, msg, 0) & CHANGE_LIST);
	network = store_network(store, &ref);
	assert_string_equal(network->row->bridge, "");
	msg = list_msg(MSG_NETWORKS, free_network_row);
	add_network(msg, 1, "default", true);
	assert_true(apply_at(store, msg, 0) & CHANGE_LIST);
	assert_ptr_equal(store_network(store, &ref), network);
	msg = list_msg(MSG_NETWORKS, free_network_row);
	add_network(msg, 1, "default", true)->connections = 3;
	assert_int_equal(apply_at(store, msg, 0), CHANGE_STATS | CHANGE_DETAIL);
	assert_int_equal(network->row->connections, 3);
	store_free(store);
}

/* ---- marks and filter ---- */

static void marks_are_kept_by_identity_and_collected_by_kind(void **state)
{
	struct store *store = store_up();
	struct obj_ref one = number_ref(OBJ_GUEST, 1), gone = number_ref(OBJ_GUEST, 99);
	struct msg *msg = sample_msg(0);
	GArray *marks;

	(void)state;
	add_named(msg, 1, "a", GUEST_RUNNING);
	add_named(msg, 2, "b", GUEST_RUNNING);
	apply_at(store, msg, 0);
	apply_at(store, two_pools(POOL_RUNNING), 0);
	store_set_mark(store, &one, true);
	store_set_mark(store, &one, true);
	store_set_mark(store, &gone, true);
	store_set_mark(store, &(struct obj_ref){.kind = OBJ_HOST, .host = 1}, true);
	marks = store_marks(store, OBJ_GUEST);
	assert_int_equal(marks->len, 1);
	assert_true(obj_ref_equal(&g_array_index(marks, struct obj_ref, 0), &one));
	g_array_unref(marks);
	marks = store_marks(store, OBJ_NONE);
	assert_int_equal(marks->len, 2);
	g_array_unref(marks);
	apply_at(store, sample_msg(SECOND), SECOND); /* the guest goes, and its mark with it */
	marks = store_marks(store, OBJ_NONE);
	assert_int_equal(marks->len, 1);
	g_array_unref(marks);
	store_clear_marks(store);
	marks = store_marks(store, OBJ_NONE);
	assert_int_equal(marks->len, 0);
	g_array_unref(marks);
	store_free(store);
}

static void a_filter_wants_every_word(void **state)
{
	(void)state;
	assert_true(filter_match("web1-prod", ""));
	assert_true(filter_match("web1-prod", "  "));
	assert_true(filter_match("web1-prod", "prod web"));
	assert_true(filter_match("web1-prod", " 1-p  "));
	assert_false(filter_match("web1-prod", "prod db"));
	assert_false(filter_match("", "a"));
}

/* ---- notices and plans ---- */

static void the_newest_notice_counts(void **state)
{
	struct store *store = store_new();
	struct msg *msg = msg_new(MSG_NOTICE, 0, 0);

	(void)state;
	assert_null(store_notice(store));
	msg->text = g_strdup("one");
	msg->level = LEVEL_ERROR;
	assert_int_equal(apply_at(store, msg, 0), CHANGE_NOTICE);
	assert_string_equal(store_notice(store)->text, "one");
	assert_int_equal(store_notice(store)->level, LEVEL_ERROR);
	store_set_notice(store, LEVEL_INFO, store_notice(store)->text, 5);
	assert_string_equal(store_notice(store)->text, "one");
	assert_int_equal(store_notice(store)->us, 5);
	store_free(store);
}

static void a_plan_is_handed_over_once(void **state)
{
	struct store *store = store_new();
	struct msg *msg = msg_new(MSG_PLAN, 0, 0);
	struct plan *plan;

	(void)state;
	msg->plan = plan_new();
	msg->plan_id = 7;
	plan_add(msg->plan, "nvram", "NVRAM", NULL);
	assert_int_equal(apply_at(store, msg, 0), CHANGE_PLAN);
	assert_null(store_take_plan(store, 8));
	plan = store_take_plan(store, 7);
	assert_string_equal(((struct plan_item *)plan->items->pdata[0])->note, "");
	plan_free(plan);
	assert_null(store_take_plan(store, 7));
	for (unsigned i = 0; i < 100; i++) {
		msg = msg_new(MSG_PLAN, 0, 0);
		msg->plan_id = 10 + i;
		msg->text = g_strdup("gone");
		apply_at(store, msg, 0);
	}
	assert_null(store_take_plan(store, 10));
	plan = store_take_plan(store, 109);
	assert_string_equal(plan->refused, "gone");
	plan_free(plan);
	store_free(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_first_sample_lists_guests_in_natural_order),
	        cmocka_unit_test(an_empty_first_sample_is_news),
	        cmocka_unit_test(a_sample_says_whether_figures_changed),
	        cmocka_unit_test(an_unchanged_sample_of_10000_guests_leaves_lists_alone),
	        cmocka_unit_test(another_order_of_rows_changes_nothing),
	        cmocka_unit_test(guests_come_and_go_by_identity),
	        cmocka_unit_test(a_guest_listed_twice_counts_once),
	        cmocka_unit_test(a_changed_state_makes_lists_stale_but_blocked_is_running),
	        cmocka_unit_test(a_renamed_guest_moves_in_the_order),
	        cmocka_unit_test(cpu_percent_needs_two_samples_of_the_same_process),
	        cmocka_unit_test(a_sample_that_follows_at_once_keeps_the_percentage),
	        cmocka_unit_test(host_cpu_is_a_share_of_all_its_cpus),
	        cmocka_unit_test(what_a_row_does_not_know_stays),
	        cmocka_unit_test(messages_of_an_old_connection_are_dropped),
	        cmocka_unit_test(a_lost_host_keeps_its_data),
	        cmocka_unit_test(a_host_is_called_by_its_name_once_it_is_known),
	        cmocka_unit_test(a_removed_host_is_gone_and_its_number_is_not_used_again),
	        cmocka_unit_test(stale_is_after_three_ticks_or_when_not_up),
	        cmocka_unit_test(a_stuck_guest_is_named_until_it_answers_or_the_host_returns),
	        cmocka_unit_test(two_details_make_rates),
	        cmocka_unit_test(pools_that_stay_keep_identity_marks_and_volumes),
	        cmocka_unit_test(volumes_go_by_pool_and_raw_name),
	        cmocka_unit_test(networks_that_stay_keep_identity),
	        cmocka_unit_test(marks_are_kept_by_identity_and_collected_by_kind),
	        cmocka_unit_test(a_filter_wants_every_word),
	        cmocka_unit_test(the_newest_notice_counts),
	        cmocka_unit_test(a_plan_is_handed_over_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
