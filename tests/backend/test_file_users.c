/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who uses a file, read from definitions: disks, those of templates, ports' outputs and logs. libvirt's test driver. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <libxml/parser.h>
#include <string.h>

#include "backend/file_users.h"
#include "backend/metadata.h"

#define TEMPLATE_MARK "<metadata><t:" METADATA_TEMPLATE " xmlns:t='" METADATA_TEMPLATE_URI "'/></metadata>"

struct world {
	virConnectPtr conn;
	virDomainPtr dom;
	struct file_users *users;
};

static int set_up(void **state)
{
	struct world *world = g_new0(struct world, 1);

	world->conn = virConnectOpen("test:///default");
	assert_non_null(world->conn);
	world->dom = virDomainLookupByName(world->conn, "test");
	assert_non_null(world->dom);
	world->users = file_users_new_kept(false);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	file_users_free(world->users);
	virDomainFree(world->dom);
	virConnectClose(world->conn);
	g_free(world);
	return 0;
}

static void read_guest(struct world *world, const char *metadata, const char *devices)
{
	g_autofree char *xml = g_strdup_printf("<domain type='test'><name>test</name>%s<devices>%s</devices></domain>", metadata, devices);
	xmlDocPtr doc = xmlReadDoc((const xmlChar *)xml, NULL, NULL, 0);
	unsigned char uuid[VIR_UUID_BUFLEN];

	assert_non_null(doc);
	virDomainGetUUID(world->dom, uuid);
	file_users_set_guest(world->users, world->dom, uuid, &(struct file_users_docs){.stored = doc});
	xmlFreeDoc(doc);
}

/* The flags of its only user; `ret_words` owned. */
static unsigned only_use(struct world *world, const char *path, char **ret_words)
{
	g_autofree char *key = file_users_key(world->users, path);
	g_autoptr(GPtrArray) uses = file_users_uses(world->users, key, NULL, NULL);

	assert_int_equal(uses->len, 1);
	const struct volume_use *use = uses->pdata[0];
	*ret_words = g_strdup(use->words);
	return use->flags;
}

#define DISK(rest) "<disk type='file' device='disk'><source file='/p/a b&apos;s.qcow2'/><target dev='vda'/>" rest "</disk>"

static void disk_is_written_to_but_not_by_a_template(void **state)
{
	struct world *world = *state;
	g_autofree char *words = NULL, *again = NULL, *readonly = NULL;

	read_guest(world, "", DISK(""));
	assert_int_equal(only_use(world, "/p/a b's.qcow2", &words), USE_DISK | USE_WRITABLE);
	assert_string_equal(words, "disk vda of 'test'");
	read_guest(world, TEMPLATE_MARK, DISK(""));
	assert_int_equal(only_use(world, "/p/a b's.qcow2", &again), USE_DISK);
	assert_string_equal(again, words);
	read_guest(world, "", DISK("<readonly/>"));
	assert_int_equal(only_use(world, "/p/a b's.qcow2", &readonly), USE_DISK);
}

/* Somebody else's mark of the same name says nothing. */
static void mark_of_another_program_is_not_ours(void **state)
{
	struct world *world = *state;
	g_autofree char *words = NULL;

	read_guest(world, "<metadata><t:" METADATA_TEMPLATE " xmlns:t='urn:other'/></metadata>", DISK(""));
	assert_int_equal(only_use(world, "/p/a b's.qcow2", &words), USE_DISK | USE_WRITABLE);
}

static void output_of_a_port_has_a_user(void **state)
{
	struct world *world = *state;
	static const char *const paths[] = {"/p/serial.log", "/p/port.log", "/p/channel.out"};

	read_guest(world, "",
	        "<serial type='file'><source path='/p/serial.log' append='on'/></serial>"
	        "<console type='pty'><log file='/p/port.log'/><source path='/dev/pts/7'/></console>"
	        "<channel type='file'><source path='/p/channel.out'/><target type='virtio' name='x'/></channel>");
	for (unsigned i = 0; i < G_N_ELEMENTS(paths); i++) {
		g_autofree char *words = NULL;
		assert_int_equal(only_use(world, paths[i], &words), 0);
		assert_string_equal(words, "the output of a port of 'test'");
	}
	g_autofree char *key = file_users_key(world->users, "/dev/pts/7");
	g_autoptr(GPtrArray) none = file_users_uses(world->users, key, NULL, NULL);
	assert_int_equal(none->len, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(disk_is_written_to_but_not_by_a_template),
	        TEST(mark_of_another_program_is_not_ours),
	        TEST(output_of_a_port_has_a_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
