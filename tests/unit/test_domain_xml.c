/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is read out of libvirt's XML, and what of hostile XML is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "backend/domain_xml.h"
#include "backend/network.h"
#include "backend/storage.h"
#include "backend/usage.h"
#include "backend/xml.h"

static const char running[] =
        "<domain type='kvm' id='3'><name>web1</name><title>Front</title>"
        "<description>first\nsecond</description>"
        "<metadata><other:tags xmlns:other='urn:other'>no</other:tags>"
        "<nvirt:tags xmlns:nvirt='urn:nvirt:guest:1'>web, prod</nvirt:tags></metadata>"
        "<memory unit='KiB'>2097152</memory><currentMemory unit='MiB'>1024</currentMemory>"
        "<vcpu placement='static' current='2'>4</vcpu>"
        "<os firmware='efi'><type arch='x86_64' machine='pc-q35-7.2'>hvm</type>"
        "<loader readonly='yes' secure='yes' type='pflash'>/fw/code.fd</loader><nvram>/nv/web1.fd</nvram></os>"
        "<cpu mode='host-passthrough' check='none'/>"
        "<devices><emulator>/usr/bin/qemu-system-x86_64</emulator>"
        "<disk type='file' device='disk'><driver name='qemu' type='qcow2' cache='none'/>"
        "<source file='/img/web1.qcow2'/><backingStore type='file'><format type='qcow2'/>"
        "<source file='/img/base.qcow2'/><backingStore/></backingStore>"
        "<target dev='vda' bus='virtio'/><boot order='2'/></disk>"
        "<disk type='volume' device='disk'><driver name='qemu' type='raw'/><source pool='fast' volume='d1'/>"
        "<target dev='vdb' bus='virtio'/><shareable/></disk>"
        "<disk type='network' device='disk'><source protocol='rbd' name='pool/image'/><target dev='vdc'/></disk>"
        "<disk type='file' device='cdrom'><target dev='sda' bus='sata'/><readonly/></disk>"
        "<interface type='network'><mac address='52:54:00:00:00:01'/><source network='default' bridge='virbr0'/>"
        "<target dev='vnet0'/><model type='virtio'/><link state='down'/><boot order='1'/></interface>"
        "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0' state='connected'/></channel>"
        "<graphics type='vnc' port='5901' autoport='yes' listen='127.0.0.1'>"
        "<listen type='address' address='127.0.0.1'/></graphics></devices></domain>";

static struct guest_detail *parse(const char *xml)
{
	struct guest_detail *detail = guest_detail_new();

	assert_true(domain_xml_parse(xml, detail, NULL));
	return detail;
}

static void running_guest_is_read_as_a_whole(void **state)
{
	struct guest_detail *detail = parse(running);

	(void)state;
	assert_string_equal(detail->title, "Front");
	assert_string_equal(detail->description, "first\nsecond");
	assert_string_equal(detail->tags, "web, prod");
	assert_int_equal(detail->vcpus, 2);
	assert_int_equal(detail->vcpus_max, 4);
	assert_int_equal(detail->memory_kib, 1024 * 1024);
	assert_int_equal(detail->memory_max_kib, 2 * 1024 * 1024);
	assert_string_equal(detail->machine, "pc-q35-7.2");
	assert_string_equal(detail->arch, "x86_64");
	assert_string_equal(detail->accelerator, "KVM");
	assert_string_equal(detail->firmware, "UEFI, Secure Boot");
	assert_string_equal(detail->loader, "/fw/code.fd");
	assert_string_equal(detail->nvram, "/nv/web1.fd");
	assert_string_equal(detail->boot, "net0, vda");
	assert_string_equal(detail->cpu_mode, "host-passthrough");
	assert_string_equal(detail->graphics, "vnc 127.0.0.1:5901");
	assert_true(detail->agent_channel && detail->agent_connected);
	guest_detail_unref(detail);
}

static void disks_of_every_kind_have_a_source(void **state)
{
	struct guest_detail *detail = parse(running);
	static const char *const sources[] = {"/img/web1.qcow2", "fast/d1", "rbd:pool/image", ""};
	struct guest_disk *disk;

	(void)state;
	assert_int_equal(detail->disks->len, G_N_ELEMENTS(sources));
	for (unsigned i = 0; i < G_N_ELEMENTS(sources); i++) {
		disk = detail->disks->pdata[i];
		assert_string_equal(disk->source, sources[i]);
		assert_int_equal(disk->rd_bytes, -1);
	}
	disk = detail->disks->pdata[0];
	assert_string_equal(disk->format, "qcow2");
	assert_string_equal(disk->cache, "none");
	disk = detail->disks->pdata[1];
	assert_true(disk->shareable);
	disk = detail->disks->pdata[3];
	assert_string_equal(disk->device, "cdrom");
	assert_true(disk->readonly);
	guest_detail_unref(detail);
}

static void nic_is_read_with_its_link(void **state)
{
	struct guest_detail *detail = parse(running);
	struct guest_nic *nic = detail->nics->pdata[0];

	(void)state;
	assert_int_equal(detail->nics->len, 1);
	assert_string_equal(nic->mac, "52:54:00:00:00:01");
	assert_string_equal(nic->type, "network");
	assert_string_equal(nic->source, "default");
	assert_string_equal(nic->target, "vnet0");
	assert_string_equal(nic->model, "virtio");
	assert_true(nic->link_down);
	guest_detail_unref(detail);
}

static void bare_guest_has_empty_words_and_no_null(void **state)
{
	struct guest_detail *detail = parse("<domain type='qemu'><name>x</name><memory>1024</memory></domain>");

	(void)state;
	assert_string_equal(detail->title, "");
	assert_string_equal(detail->balloon, "");
	assert_string_equal(detail->tags, "");
	assert_string_equal(detail->boot, "");
	assert_string_equal(detail->graphics, "");
	assert_string_equal(detail->firmware, "BIOS");
	assert_string_equal(detail->cpu_mode, "default");
	assert_non_null(strstr(detail->accelerator, "TCG"));
	assert_int_equal(detail->vcpus, 1);
	assert_int_equal(detail->memory_kib, 1024);
	guest_detail_unref(detail);
}

static void balloon_is_read_with_its_period(void **state)
{
	struct guest_detail *with = parse("<domain type='qemu'><devices><memballoon model='virtio'><stats period='5'/>"
	                                  "</memballoon></devices></domain>");
	struct guest_detail *without = parse("<domain type='qemu'><devices><memballoon model='none'/></devices></domain>");

	(void)state;
	assert_string_equal(with->balloon, "virtio");
	assert_int_equal(with->balloon_period_s, 5);
	assert_string_equal(without->balloon, "");
	assert_int_equal(without->balloon_period_s, 0);
	guest_detail_unref(with);
	guest_detail_unref(without);
}

static void boot_devices_of_the_old_way_keep_their_order(void **state)
{
	struct guest_detail *detail =
	        parse("<domain type='qemu'><os><boot dev='cdrom'/><boot dev='hd'/></os></domain>");

	(void)state;
	assert_string_equal(detail->boot, "cdrom, hd");
	guest_detail_unref(detail);
}

static void row_is_read_without_the_rest(void **state)
{
	struct domain_row row;

	(void)state;
	assert_true(domain_xml_parse_row(running, &row));
	assert_int_equal(row.vcpus, 2);
	assert_int_equal(row.memory_kib, 1024 * 1024);
	assert_false(row.tcg);
	assert_false(row.template);
	assert_string_equal(row.tags, "web, prod");
	domain_row_clear(&row);
}

static void a_template_is_told_by_its_own_element(void **state)
{
	struct domain_row row;

	(void)state;
	assert_true(domain_xml_parse_row(
	        "<domain type='qemu'><name>t</name><title>Golden</title><metadata>"
	        "<x:template xmlns:x='urn:nvirt:template:1'/></metadata></domain>",
	        &row));
	assert_true(row.template);
	assert_true(row.tcg);
	assert_string_equal(row.tags, "");
	assert_string_equal(row.title, "Golden");
	domain_row_clear(&row);
}

static void collect(const char *target, const char *path, void *data)
{
	g_string_append_printf(data, "%s=%s;", target, path);
}

static void files_come_with_their_backing_chain(void **state)
{
	GString *text = g_string_new(NULL);

	(void)state;
	domain_xml_each_file(running, collect, text);
	assert_string_equal(
	        text->str, "vda=/img/web1.qcow2;vda=/img/base.qcow2;vdb=fast/d1;vdc=rbd:pool/image;");
	g_string_free(text, TRUE);
}

static void strings_come_cleaned(void **state)
{
	struct guest_detail *detail =
	        parse("<domain type='qemu'><title>a\xc2\x9b" "31mb\xe2\x80\xae" "c</title></domain>");

	(void)state;
	assert_null(strstr(detail->title, "\xc2\x9b"));
	assert_null(strstr(detail->title, "\xe2\x80\xae"));
	guest_detail_unref(detail);
}

static void hostile_documents_are_refused(void **state)
{
	static const char *const documents[] = {"", "no xml", "<domain", "<pool/>",
	        "<!DOCTYPE d [<!ENTITY a 'aaaa'>]><domain><title>&a;</title></domain>",
	        "<!DOCTYPE d [<!ENTITY f SYSTEM 'file:///etc/hostname'>]><domain><title>&f;</title></domain>"};

	(void)state;
	for (unsigned i = 0; i < G_N_ELEMENTS(documents); i++) {
		struct guest_detail *detail = guest_detail_new();
		g_autoptr(GError) error = NULL;

		assert_false(domain_xml_parse(documents[i], detail, &error));
		assert_non_null(error);
		assert_null(detail->title);
		guest_detail_unref(detail);
	}
}

static void document_beyond_the_limit_is_refused(void **state)
{
	g_autofree char *padding = g_strnfill(1024 * 1024, ' ');
	g_autofree char *xml = g_strconcat("<domain>", padding, "</domain>", NULL);
	struct guest_detail *detail = guest_detail_new();

	(void)state;
	assert_false(domain_xml_parse(xml, detail, NULL));
	guest_detail_unref(detail);
}

static void sizes_know_libvirts_units(void **state)
{
	static const struct {
		const char *xml;
		int64_t bytes;
	} rows[] = {{"<domain><memory>3</memory></domain>", 3 * 1024},
	        {"<domain><memory unit='bytes'>3</memory></domain>", 3},
	        {"<domain><memory unit='b'>3</memory></domain>", 3},
	        {"<domain><memory unit='KB'>3</memory></domain>", 3000},
	        {"<domain><memory unit='M'>3</memory></domain>", 3 * 1024 * 1024},
	        {"<domain><memory unit='TiB'>1</memory></domain>", INT64_C(1) << 40},
	        {"<domain><memory unit='EiB'>9999</memory></domain>", -1},
	        {"<domain><memory>x</memory></domain>", -1}};

	(void)state;
	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++) {
		xmlDocPtr doc = xml_parse(rows[i].xml, "domain", NULL);

		assert_int_equal(xml_bytes(xml_child(xmlDocGetRootElement(doc), "memory"), "KiB"), rows[i].bytes);
		xmlFreeDoc(doc);
	}
}

static void volume_with_bytes_that_are_no_utf8_is_read(void **state)
{
	struct volume_row *row = volume_row_new();
	g_autofree char *path = NULL, *base = NULL;

	(void)state;
	assert_true(storage_parse_volume("<volume><name>a\xff\nb</name><capacity unit='bytes'>10</capacity>"
	                                 "<allocation unit='KiB'>1</allocation><target><path>/p/a\xff\nb</path>"
	                                 "<format type='qcow2'/></target><backingStore><path>/p/base</path>"
	                                 "<format type='raw'/></backingStore></volume>",
	        row, &path, &base));
	assert_int_equal(row->capacity_bytes, 10);
	assert_int_equal(row->allocation_bytes, 1024);
	assert_string_equal(row->format, "qcow2");
	assert_string_equal(row->backing, "/p/base");
	assert_string_equal(row->backing_format, "raw");
	assert_true(g_utf8_validate(row->path, -1, NULL));
	assert_null(strchr(row->path, '\n'));
	volume_row_free(row);
}

static void network_is_read_with_its_ranges(void **state)
{
	struct network_row *row = network_row_new();

	(void)state;
	assert_true(network_parse("<network connections='2'><name>default</name><forward mode='nat'/>"
	                          "<bridge name='virbr0'/><domain name='lab'/>"
	                          "<ip address='192.168.122.1' netmask='255.255.255.0'><dhcp>"
	                          "<range start='192.168.122.2' end='192.168.122.254'/></dhcp></ip>"
	                          "<ip family='ipv6' address='fd00::1' prefix='64'/></network>",
	        row));
	assert_string_equal(row->bridge, "virbr0");
	assert_string_equal(row->forward, "nat");
	assert_string_equal(row->domain, "lab");
	assert_string_equal(row->addresses, "192.168.122.1/24, fd00::1/64");
	assert_string_equal(row->dhcp, "192.168.122.2 - .254");
	assert_int_equal(row->connections, 2);
	network_row_free(row);
}

static void network_without_forward_is_isolated(void **state)
{
	struct network_row *row = network_row_new();

	(void)state;
	assert_true(network_parse("<network><name>n</name></network>", row));
	assert_string_equal(row->forward, "isolated");
	assert_string_equal(row->addresses, "");
	network_row_free(row);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(running_guest_is_read_as_a_whole),
	        cmocka_unit_test(disks_of_every_kind_have_a_source),
	        cmocka_unit_test(nic_is_read_with_its_link),
	        cmocka_unit_test(bare_guest_has_empty_words_and_no_null),
	        cmocka_unit_test(balloon_is_read_with_its_period),
	        cmocka_unit_test(boot_devices_of_the_old_way_keep_their_order),
	        cmocka_unit_test(row_is_read_without_the_rest),
	        cmocka_unit_test(a_template_is_told_by_its_own_element),
	        cmocka_unit_test(files_come_with_their_backing_chain),
	        cmocka_unit_test(strings_come_cleaned),
	        cmocka_unit_test(hostile_documents_are_refused),
	        cmocka_unit_test(document_beyond_the_limit_is_refused),
	        cmocka_unit_test(sizes_know_libvirts_units),
	        cmocka_unit_test(volume_with_bytes_that_are_no_utf8_is_read),
	        cmocka_unit_test(network_is_read_with_its_ranges),
	        cmocka_unit_test(network_without_forward_is_isolated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
