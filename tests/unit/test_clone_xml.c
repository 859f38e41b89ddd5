/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "backend/clone_xml.h"
#include "backend/op_util.h"
#include "nvirt/inv.h"
#include "unit.h"

static const char source_xml[] =
        "<domain type='kvm'><name>src</name><uuid>11111111-2222-3333-4444-555555555555</uuid><genid>99999999-2222-3333-4444-555555555555</genid>"
        "<metadata><a:template xmlns:a='urn:nvirt:template:1'/><b:base xmlns:b='urn:nvirt:base:1'/><nvirt:tags xmlns:nvirt='urn:nvirt:guest:1'>web</nvirt:tags></metadata>"
        "<sysinfo type='smbios'><system><entry name='uuid'>11111111-2222-3333-4444-555555555555</entry></system></sysinfo>"
        "<os><type>hvm</type><nvram>/nv/src_VARS.fd</nvram></os>"
        "<devices>"
        "<disk type='volume' device='disk'><driver name='qemu' type='raw'/><source pool='p' volume='v' index='3'/><backingStore/><target dev='vda'/></disk>"
        "<disk type='file' device='cdrom'><source file='/iso'/><target dev='sda'/></disk>"
        "<interface type='bridge'><mac address='52:54:00:00:00:01'/><source bridge='br0' portid='x'/><target dev='tap7'/></interface>"
        "<interface type='hostdev'><mac address='52:54:00:00:00:02'/><source><address type='pci' bus='0x05' slot='0x01'/></source></interface>"
        "<serial type='unix'><source mode='bind' path='/sock'/><log file='/log'/><target port='0'/></serial>"
        "<channel type='unix'><source mode='bind' path='/agent'/><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"
        "<graphics type='vnc' port='5901' autoport='no' passwd='secret' socket='/vnc'><listen type='address' address='0.0.0.0'/></graphics>"
        "<hostdev mode='subsystem' type='pci'><source><address bus='0x01' slot='0x02'/></source></hostdev>"
        "<tpm model='tpm-crb'><backend type='emulator'/></tpm>"
        "<vsock><cid auto='no' address='7'/></vsock>"
        "</devices></domain>";

static xmlDocPtr make(bool keep, GPtrArray *notes)
{
	g_autoptr(xmlDoc) source = op_xml_parse(source_xml);
	struct clone_spec spec = {.name = "a & <b>", .nvram = "/nv/a & b_VARS.fd", .keep_passthrough = keep};

	assert_non_null(source);
	assert_true(uuid_parse("aaaaaaaa-2222-3333-4444-555555555555", spec.uuid));
	spec.disks = g_ptr_array_new_with_free_func((GDestroyNotify)clone_file_free);
	g_ptr_array_add(spec.disks, clone_file_new("vda", "/new & 'quoted'.qcow2", "qcow2"));
	xmlDocPtr made = clone_definition(source, &spec, notes);
	g_ptr_array_unref(spec.disks);
	return made;
}

static void assert_is(xmlDocPtr doc, const char *xpath, const char *wanted)
{
	g_autofree char *value = op_xml_string(doc, NULL, xpath);

	assert_string_equal(value, wanted);
}

static void nothing_is_shared_that_must_not_be(void **state)
{
	g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(xmlDoc) doc = make(false, notes);

	(void)state;
	assert_is(doc, "/domain/name", "a & <b>");
	assert_is(doc, "/domain/uuid", "aaaaaaaa-2222-3333-4444-555555555555");
	assert_is(doc, "/domain/genid = '99999999-2222-3333-4444-555555555555'", "false");
	assert_is(doc, "//entry", "aaaaaaaa-2222-3333-4444-555555555555");
	assert_is(doc, "/domain/os/nvram", "/nv/a & b_VARS.fd");
	assert_is(doc, "//disk[1]/@type", "file");
	assert_is(doc, "//disk[1]/source/@file", "/new & 'quoted'.qcow2");
	assert_is(doc, "//disk[1]/driver/@type", "qcow2");
	assert_is(doc, "count(//source/@pool | //source/@volume | //source/@index | //backingStore)", "0");
	assert_is(doc, "//disk[2]/source/@file", "/iso");
	assert_is(doc, "//interface/mac/@address = '52:54:00:00:00:01'", "false");
	assert_is(doc, "starts-with(//interface/mac/@address, '52:54:00:')", "true");
	assert_is(doc, "count(//interface/target/@dev | //source/@portid | //log)", "0");
	assert_is(doc, "//serial/@type", "pty");
	assert_is(doc, "//channel/@type", "unix");
	assert_is(doc, "count(//channel/source/@path | //serial/source)", "0");
	assert_is(doc, "//graphics/@port", "-1");
	assert_is(doc, "//graphics/@autoport", "yes");
	assert_is(doc, "//graphics/@passwd", "secret");
	assert_is(doc, "count(//graphics/@socket)", "0");
	assert_is(doc, "//vsock/cid/@auto", "yes");
	assert_is(doc, "count(//vsock/cid/@address | //hostdev | //interface[@type='hostdev'])", "0");
	assert_is(doc, "count(/domain/metadata/*)", "1");
	assert_true(notes->len >= 4);
}

static void passthrough_is_kept_when_asked(void **state)
{
	g_autoptr(GPtrArray) notes = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(xmlDoc) doc = make(true, notes);

	(void)state;
	assert_is(doc, "count(//hostdev | //interface[@type='hostdev'])", "2");
}

static void nvram_goes_beside_its_source(void **state)
{
	g_autoptr(xmlDoc) source = op_xml_parse(source_xml);
	g_autofree char *from = clone_nvram_source(source), *to = clone_nvram_target(source, "web");

	(void)state;
	assert_string_equal(from, "/nv/src_VARS.fd");
	assert_string_equal(to, "/nv/web_VARS.fd");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_shared_that_must_not_be),
		cmocka_unit_test(passthrough_is_kept_when_asked),
		cmocka_unit_test(nvram_goes_beside_its_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
