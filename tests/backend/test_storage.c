/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who uses which volume, and who is on which network: on libvirt's test
 * driver with a host made for it, and on real images in a lab of its own.
 */
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "backend/pump.h"
#include "support/files.h"
#include "support/lab.h"

#define REFRESH_MS 200
/* libvirt's remote_protocol.x */
#define PROC_DOMAIN_GET_XML_DESC 14u

static void quiet(void *data, virErrorPtr error)
{
	(void)data;
	(void)error;
}

static int setup(void **state)
{
	struct pump *pump = g_new0(struct pump, 1);

	virSetErrorFunc(NULL, quiet);
	pump_init(pump, REFRESH_MS);
	*state = pump;
	return 0;
}

static int teardown(void **state)
{
	struct pump *pump = *state;

	pump_fini(pump);
	g_free(pump);
	return 0;
}

/* ---- looking at the store ---------------------------------------------------------- */

static struct pool *find_pool(struct pump *pump, const char *name)
{
	GPtrArray *pools = pump_host(pump)->pools;

	for (guint i = 0; i < pools->len; i++)
		if (strcmp(((struct pool *)pools->pdata[i])->row->name, name) == 0)
			return pools->pdata[i];
	return NULL;
}

static struct network *find_network(struct pump *pump, const char *name)
{
	GPtrArray *networks = pump_host(pump)->networks;

	for (guint i = 0; i < networks->len; i++)
		if (strcmp(((struct network *)networks->pdata[i])->row->name, name) == 0)
			return networks->pdata[i];
	return NULL;
}

static const struct volume_row *find_volume(struct pump *pump, const char *pool_name, const char *raw)
{
	struct pool *pool = find_pool(pump, pool_name);

	for (guint i = 0; pool != NULL && pool->volumes != NULL && i < pool->volumes->len; i++) {
		const struct volume *volume = pool->volumes->pdata[i];

		if (strcmp(volume->ref.name, raw) == 0)
			return volume->row;
	}
	return NULL;
}

static bool has_user(const struct volume_row *row, const char *words)
{
	for (guint i = 0; row != NULL && row->users != NULL && i < row->users->len; i++)
		if (strcmp(row->users->pdata[i], words) == 0)
			return true;
	return false;
}

static bool pool_is_there(struct pump *pump, const void *name)
{
	return find_pool(pump, name) != NULL && pump_host(pump)->listed;
}

static bool network_is_there(struct pump *pump, const void *name)
{
	return find_network(pump, name) != NULL && pump_host(pump)->listed;
}

static bool users_are_known(struct pump *pump, const void *name)
{
	const struct pool *pool = find_pool(pump, name);

	return pool->volumes != NULL && pool->users_total > 0 && pool->users_known == pool->users_total;
}

static bool guests_are_known(struct pump *pump, const void *name)
{
	const struct network_row *row = find_network(pump, name)->row;

	return row->guests != NULL && row->guests_total > 0 && row->guests_known == row->guests_total;
}

struct expected_user {
	const char *pool, *volume, *words;
};

static bool user_came(struct pump *pump, const void *data)
{
	const struct expected_user *expected = data;

	return has_user(find_volume(pump, expected->pool, expected->volume), expected->words);
}

static bool user_went(struct pump *pump, const void *data)
{
	return !user_came(pump, data);
}

static void open_pool(struct pump *pump, const char *name)
{
	struct watch watch = {0};

	assert_true(pump_until(pump, pool_is_there, name));
	watch.open = find_pool(pump, name)->ref;
	backend_watch(pump->backend, pump_host(pump)->id, &watch);
	assert_true(pump_until(pump, users_are_known, name));
}

static void open_network(struct pump *pump, const char *name)
{
	struct watch watch = {0};

	assert_true(pump_until(pump, network_is_there, name));
	watch.open = find_network(pump, name)->ref;
	backend_watch(pump->backend, pump_host(pump)->id, &watch);
	assert_true(pump_until(pump, guests_are_known, name));
}

/* ---- the test driver ----------------------------------------------------------------- */

/* Every connection reads it anew: only UUIDs that are written down are the same. */
static const char *const node =
        "<node>"
        "<domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'><name>web1</name><uuid>00000000-0000-4000-8000-000000000001</uuid><memory>1024</memory><os><type>hvm</type></os><devices>"
        "<disk type='file' device='disk'><source file='/p/top.img'/><target dev='vda'/></disk>"
        "<disk type='file' device='cdrom'><source file='/p/install.iso'/><target dev='sda'/></disk>"
        "<interface type='network'><mac address='52:54:00:00:00:01'/><source network='lan'/></interface>"
        "</devices><test:runstate>5</test:runstate></domain>"
        "<domain type='test'><name>web2</name><uuid>00000000-0000-4000-8000-000000000002</uuid><memory>1024</memory><os><type>hvm</type></os><devices>"
        "<disk type='file' device='disk'><source file='/p/./top.img'/><target dev='vdb'/></disk>"
        "<interface type='bridge'><mac address='52:54:00:00:00:02'/><source bridge='virbr7'/></interface>"
        "</devices></domain>"
        "<pool type='dir'><name>p</name><uuid>00000000-0000-4000-8000-000000000003</uuid><target><path>/p</path></target>"
        "<volume><name>base.img</name><capacity>4096</capacity><target><path>/p/base.img</path></target></volume>"
        "<volume><name>mid.img</name><capacity>4096</capacity><target><path>/p/mid.img</path></target>"
        "<backingStore><path>/p/base.img</path><format type='qcow2'/></backingStore></volume>"
        "<volume><name>top.img</name><capacity>4096</capacity><target><path>/p/top.img</path></target>"
        "<backingStore><path>/p/mid.img</path><format type='qcow2'/></backingStore></volume>"
        "<volume><name>ring1.img</name><capacity>1</capacity><target><path>/p/ring1.img</path></target>"
        "<backingStore><path>/p/ring2.img</path></backingStore></volume>"
        "<volume><name>ring2.img</name><capacity>1</capacity><target><path>/p/ring2.img</path></target>"
        "<backingStore><path>/p/ring1.img</path></backingStore></volume>"
        "<volume><name>install.iso</name><capacity>1</capacity><target><path>/p/install.iso</path></target></volume>"
        "</pool>"
        "<pool type='dir'><name>q</name><uuid>00000000-0000-4000-8000-000000000004</uuid><target><path>/q</path></target>"
        "<volume><name>clone.img</name><capacity>1</capacity><target><path>/q/clone.img</path></target>"
        "<backingStore><path>/p/base.img</path></backingStore></volume></pool>"
        "<network><name>lan</name><uuid>00000000-0000-4000-8000-000000000005</uuid><bridge name='virbr7'/><ip address='10.0.0.1' prefix='24'><dhcp>"
        "<range start='10.0.0.10' end='10.0.0.20'/><host mac='52:54:00:00:00:01' name='web1' ip='10.0.0.11'/>"
        "<host mac='52:54:00:00:00:09' ip='10.0.0.19'/></dhcp></ip></network>"
        "</node>";

static void connect_to_node(struct pump *pump)
{
	g_autofree char *file = g_build_filename(pump->dir, "node.xml", NULL);
	g_autofree char *uri = g_strconcat("test://", file, NULL);

	files_write(file, node, -1);
	pump_add_host(pump, uri, false);
	assert_true(pump_until(pump, pump_listed, NULL));
	assert_true(pump_until(pump, pool_is_there, "p"));
	g_unlink(file);
}

static void assert_layer(const struct volume_row *row, guint index, const char *path, const char *pool)
{
	const struct volume_layer *layer;

	assert_true(index < row->chain->len);
	layer = row->chain->pdata[index];
	assert_string_equal(layer->path, path);
	assert_string_equal(layer->pool, pool);
}

static void all_users_of_an_image_are_named(void **state)
{
	struct pump *pump = *state;
	struct expected_user other_pool = {"p", "base.img", "volume 'clone.img' of pool 'q' is based on it"};
	const struct volume_row *top, *base;

	connect_to_node(pump);
	open_pool(pump, "p");
	top = find_volume(pump, "p", "top.img");
	assert_true(has_user(top, "disk vda of 'web1'"));
	assert_true(has_user(top, "disk vdb of 'web2'"));
	assert_int_equal(top->users->len, 2);
	base = find_volume(pump, "p", "base.img");
	assert_true(has_user(base, "volume 'mid.img' of pool 'p' is based on it"));
	assert_true(pump_until(pump, user_came, &other_pool));
	assert_true(has_user(find_volume(pump, "p", "install.iso"), "CD sda of 'web1'"));
	assert_string_equal(find_volume(pump, "p", "install.iso")->used_by, "CD sda of web1");
}

static void chain_is_followed_to_its_end(void **state)
{
	struct pump *pump = *state;
	const struct volume_row *top;

	connect_to_node(pump);
	open_pool(pump, "p");
	top = find_volume(pump, "p", "top.img");
	assert_int_equal(top->chain->len, 2);
	assert_layer(top, 0, "/p/mid.img", "p");
	assert_layer(top, 1, "/p/base.img", "p");
	assert_int_equal(find_volume(pump, "p", "base.img")->chain->len, 0);
}

static void images_that_name_each_other_end(void **state)
{
	struct pump *pump = *state;
	const struct volume_row *ring;

	connect_to_node(pump);
	open_pool(pump, "p");
	ring = find_volume(pump, "p", "ring1.img");
	assert_layer(ring, 0, "/p/ring2.img", "p");
	assert_true(ring->chain->len <= 2);
}

static bool sums_are_known(struct pump *pump, const void *name)
{
	return find_pool(pump, name)->row->virtual_bytes >= 0;
}

static void sums_of_the_volumes_come_for_who_looks_at_them(void **state)
{
	struct pump *pump = *state;
	struct watch watch = {.storage = true};

	connect_to_node(pump);
	assert_int_equal(find_pool(pump, "p")->row->virtual_bytes, -1);
	backend_watch(pump->backend, pump_host(pump)->id, &watch);
	assert_true(pump_until(pump, sums_are_known, "p"));
	assert_int_equal(find_pool(pump, "p")->row->virtual_bytes, 3 * 4096 + 3);
	assert_int_equal(find_pool(pump, "p")->row->volumes, 6);
	assert_int_equal(find_pool(pump, "q")->row->volumes, 1);
}

static const struct network_guest *find_guest(const struct network_row *row, const char *name)
{
	for (guint i = 0; i < row->guests->len; i++)
		if (strcmp(((struct network_guest *)row->guests->pdata[i])->name, name) == 0)
			return row->guests->pdata[i];
	return NULL;
}

static void guests_of_a_network_are_found_by_name_and_bridge(void **state)
{
	struct pump *pump = *state;
	const struct network_row *row;

	connect_to_node(pump);
	open_network(pump, "lan");
	row = find_network(pump, "lan")->row;
	assert_int_equal(row->guests->len, 2);
	assert_string_equal(find_guest(row, "web1")->mac, "52:54:00:00:00:01");
	assert_string_equal(find_guest(row, "web1")->address, "10.0.0.11");
	assert_string_equal(find_guest(row, "web1")->address_source, "reserved");
	assert_false(find_guest(row, "web1")->live);
	assert_true(find_guest(row, "web2")->live);
	assert_int_equal(row->fixed->len, 2);
	assert_string_equal(((struct network_lease *)row->fixed->pdata[1])->address, "10.0.0.19");
}

/* ---- the lab ---------------------------------------------------------------------------- */

static struct lab *lab;

static int start_lab(void **state)
{
	(void)state;
	lab = lab_start(1);
	return 0;
}

static int stop_lab(void **state)
{
	(void)state;
	lab_stop(lab);
	lab = NULL;
	return 0;
}

static char *image(const char *name)
{
	return g_build_filename(lab_dir(lab), "h1", "img", name, NULL);
}

/* Inside the host, so that its daemon owns the file. */
static void make_image(const char *name, const char *base)
{
	g_autofree char *path = image(name);

	if (base != NULL)
		lab_do(lab, "exec", "h1", "qemu-img", "create", "-q", "-f", "qcow2", "-b", base, "-F", "qcow2", path);
	else
		lab_do(lab, "exec", "h1", "qemu-img", "create", "-q", "-f", "qcow2", path, "1M");
}

static virDomainPtr define_on(const char *name, const char *path)
{
	g_autofree char *xml = g_strdup_printf(
	        "<domain type='qemu'><name>%s</name><memory unit='MiB'>32</memory><vcpu>1</vcpu>"
	        "<os><type arch='x86_64'>hvm</type></os><devices><disk type='file' device='disk'>"
	        "<driver name='qemu' type='qcow2'/><source file='%s'/><target dev='vda' bus='virtio'/></disk>"
	        "</devices></domain>",
	        name, path);

	return virDomainDefineXML(lab_connection(lab, "h1"), xml);
}

/* base <- mid <- top, two guests on top; refreshed. */
static void make_linked_images(void)
{
	g_autofree char *top = image("top.qcow2");
	virDomainPtr dom;

	make_image("base.qcow2", NULL);
	make_image("mid.qcow2", "base.qcow2");
	make_image("top.qcow2", "mid.qcow2");
	for (int i = 1; i <= 2; i++) {
		g_autofree char *name = g_strdup_printf("t-%d", i);

		dom = define_on(name, top);
		assert_non_null(dom);
		virDomainFree(dom);
	}
	lab_do(lab, "virsh", "h1", "pool-refresh", "default");
}

static void connect_to_lab(struct pump *pump)
{
	pump_add_host(pump, lab_uri(lab, "h1"), false);
	assert_true(pump_until(pump, pump_listed, NULL));
}

static void linked_images_and_their_guests_are_seen(void **state)
{
	struct pump *pump = *state;
	g_autofree char *mid = image("mid.qcow2"), *base = image("base.qcow2");
	const struct volume_row *row;

	make_linked_images();
	connect_to_lab(pump);
	open_pool(pump, "default");
	row = find_volume(pump, "default", "top.qcow2");
	assert_non_null(row);
	assert_int_equal(row->chain->len, 2);
	assert_layer(row, 0, mid, "default");
	assert_layer(row, 1, base, "default");
	assert_true(has_user(row, "disk vda of 't-1'"));
	assert_true(has_user(row, "disk vda of 't-2'"));
	assert_true(has_user(find_volume(pump, "default", "base.qcow2"),
	        "volume 'mid.qcow2' of pool 'default' is based on it"));
}

static void redefined_guest_lets_go_of_its_image(void **state)
{
	struct pump *pump = *state;
	struct expected_user gone = {"default", "top.qcow2", "disk vda of 't-2'"};
	struct expected_user come = {"default", "base.qcow2", "disk vda of 't-2'"};
	g_autofree char *base = image("base.qcow2");
	virDomainPtr dom = virDomainLookupByName(lab_connection(lab, "h1"), "t-2");
	gint64 begin_us;

	assert_non_null(dom);
	connect_to_lab(pump);
	open_pool(pump, "default");
	assert_true(pump_until(pump, user_came, &gone));
	begin_us = g_get_monotonic_time();
	virDomainUndefine(dom);
	virDomainFree(dom);
	assert_true(pump_until(pump, user_went, &gone));
	/* At once, not with the next look at all volumes: that comes after half a minute. */
	assert_true(g_get_monotonic_time() - begin_us < 20 * G_USEC_PER_SEC);
	dom = define_on("t-2", base);
	assert_true(pump_until(pump, user_came, &come));
	virDomainFree(dom);
}

static void overlay_of_a_snapshot_is_its_guests(void **state)
{
	struct pump *pump = *state;
	struct expected_user overlay = {"default", "snap.qcow2", "disk vda of 't-1'"};
	struct expected_user base = {"default", "top.qcow2", "the chain of disk vda of 't-1' is based on it"};
	struct expected_user before = {"default", "top.qcow2", "disk vda of snapshot 's1' of 't-1'"};
	g_autofree char *path = image("snap.qcow2");
	g_autofree char *spec = g_strdup_printf("vda,file=%s", path);

	connect_to_lab(pump);
	lab_do(lab, "virsh", "h1", "start", "t-1");
	lab_do(lab, "virsh", "h1", "snapshot-create-as", "t-1", "s1", "--disk-only", "--diskspec", spec);
	lab_do(lab, "virsh", "h1", "pool-refresh", "default");
	open_pool(pump, "default");
	/* Nothing tells of a snapshot: R looks again. */
	backend_refresh(pump->backend, pump_host(pump)->id);
	assert_true(pump_until(pump, user_came, &overlay));
	assert_true(pump_until(pump, user_came, &base));
	assert_true(pump_until(pump, user_came, &before));
	lab_do(lab, "virsh", "h1", "destroy", "t-1");
}

static void volume_of_any_name_is_an_object(void **state)
{
	static const char name[] = "bad\nname\xff.img";
	struct pump *pump = *state;
	g_autofree char *path = image(name);
	struct obj_ref ref;

	files_write(path, "x", 1);
	lab_do(lab, "virsh", "h1", "pool-refresh", "default");
	connect_to_lab(pump);
	open_pool(pump, "default");
	assert_non_null(find_volume(pump, "default", name));
	ref = find_pool(pump, "default")->ref;
	ref.kind = OBJ_VOLUME;
	ref.name = g_intern_string(name);
	assert_non_null(store_volume(pump->store, &ref));
	assert_true(g_utf8_validate(store_name(pump->store, &ref), -1, NULL));
	assert_null(strchr(store_name(pump->store, &ref), '\n'));
}

struct ticks {
	unsigned until;
};

static bool ticks_passed(struct pump *pump, const void *data)
{
	return pump->samples >= ((const struct ticks *)data)->until;
}

static void open_pool_costs_no_call_a_guest_a_tick(void **state)
{
	struct pump *pump = *state;
	struct proxy *proxy = proxy_start(lab, "h1");
	g_autofree char *uri = g_strdup_printf(
	        "qemu+unix:///%s?socket=%s", lab_is_system(lab) ? "system" : "session", proxy_socket(proxy));
	struct ticks ticks;

	pump_add_host(pump, uri, false);
	open_pool(pump, "default");
	/* What a guest costs once: its definitions. */
	assert_in_range((int)proxy_calls(proxy, PROC_DOMAIN_GET_XML_DESC).calls, 1,
	        3 * find_pool(pump, "default")->users_total);
	/* One more round may be under way. */
	ticks.until = pump->samples + 5;
	assert_true(pump_until(pump, ticks_passed, &ticks));
	g_free(proxy_command(proxy, "reset"));
	ticks.until = pump->samples + 20;
	assert_true(pump_until(pump, ticks_passed, &ticks));
	assert_int_equal((int)proxy_calls(proxy, PROC_DOMAIN_GET_XML_DESC).calls, 0);
	backend_disconnect(pump->backend, pump_host(pump)->id);
	proxy_stop(proxy);
}

static bool has_lease(struct pump *pump, const void *name)
{
	const struct network_row *row = find_network(pump, "default")->row;
	const struct network_guest *guest = row->guests != NULL ? find_guest(row, name) : NULL;

	return guest != NULL && strcmp(guest->address_source, "lease") == 0;
}

static void lease_of_a_guest_is_its_address(void **state)
{
	struct pump *pump = *state;
	const struct network_guest *guest;
	const struct network_row *row;

	if (!lab_is_system(lab))
		skip();
	lab_do(lab, "define", "h1", "l-1", "linux");
	lab_do(lab, "virsh", "h1", "net-start", "default");
	lab_do(lab, "virsh", "h1", "start", "l-1");
	connect_to_lab(pump);
	open_network(pump, "default");
	assert_true(pump_until(pump, has_lease, "l-1"));
	row = find_network(pump, "default")->row;
	guest = find_guest(row, "l-1");
	assert_true(guest->live);
	assert_true(g_str_has_prefix(guest->address, "192.168.122."));
	assert_string_equal(((struct network_lease *)row->leases->pdata[0])->mac, guest->mac);
	assert_true(((struct network_lease *)row->leases->pdata[0])->expires_unix_s > 0);
	lab_do(lab, "virsh", "h1", "destroy", "l-1");
}

int main(void)
{
	const struct CMUnitTest driver[] = {
	        cmocka_unit_test_setup_teardown(all_users_of_an_image_are_named, setup, teardown),
	        cmocka_unit_test_setup_teardown(chain_is_followed_to_its_end, setup, teardown),
	        cmocka_unit_test_setup_teardown(images_that_name_each_other_end, setup, teardown),
	        cmocka_unit_test_setup_teardown(sums_of_the_volumes_come_for_who_looks_at_them, setup, teardown),
	        cmocka_unit_test_setup_teardown(guests_of_a_network_are_found_by_name_and_bridge, setup, teardown),
	};
	const struct CMUnitTest live[] = {
	        cmocka_unit_test_setup_teardown(linked_images_and_their_guests_are_seen, setup, teardown),
	        cmocka_unit_test_setup_teardown(redefined_guest_lets_go_of_its_image, setup, teardown),
	        cmocka_unit_test_setup_teardown(overlay_of_a_snapshot_is_its_guests, setup, teardown),
	        cmocka_unit_test_setup_teardown(volume_of_any_name_is_an_object, setup, teardown),
	        cmocka_unit_test_setup_teardown(open_pool_costs_no_call_a_guest_a_tick, setup, teardown),
	        cmocka_unit_test_setup_teardown(lease_of_a_guest_is_its_address, setup, teardown),
	};

	return cmocka_run_group_tests(driver, NULL, NULL) + cmocka_run_group_tests(live, start_lab, stop_lab);
}
