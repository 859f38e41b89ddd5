/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A domain's XML as the part of guest_detail that it tells: see domain_xml.h. */
#include "backend/domain_xml.h"

#include <string.h>

#include "backend/metadata.h"
#include "backend/xml.h"
#include "nvirt/text.h"

#define AGENT_CHANNEL "org.qemu.guest_agent.0"

/* Sets a string of the detail, which owns what it had. Takes `value`. */
static void set(char **field, char *value)
{
	g_free(*field);
	*field = value;
}

/* ---- the guest as a whole -------------------------------------------------- */

static char *read_lines(xmlNodePtr node)
{
	g_autofree char *raw = xml_raw_text(node);

	return text_clean_lines(raw != NULL ? raw : "", -1);
}

/* The element of that name and namespace in <metadata>, or NULL. */
static xmlNodePtr metadata(xmlNodePtr root, const char *name, const char *uri)
{
	xml_foreach (node, xml_child(root, "metadata"), name)
		if (node->ns != NULL && xmlStrEqual(node->ns->href, (const xmlChar *)uri))
			return node;
	return NULL;
}

static char *read_tags(xmlNodePtr root)
{
	xmlNodePtr node = metadata(root, METADATA_TAGS, METADATA_URI);

	return node != NULL ? xml_text(node) : g_strdup("");
}

static void parse_size(xmlNodePtr root, struct guest_detail *detail)
{
	xmlNodePtr vcpu = xml_child(root, "vcpu");
	g_autofree char *max = xml_raw_text(vcpu);
	g_autofree char *current = xml_raw_attr(vcpu, "current");
	int64_t memory = xml_bytes(xml_child(root, "memory"), "KiB");
	int64_t now = xml_bytes(xml_child(root, "currentMemory"), "KiB");

	detail->vcpus_max = CLAMP(xml_number(max, 1), 0, G_MAXINT);
	detail->vcpus = CLAMP(xml_number(current, detail->vcpus_max), 0, G_MAXINT);
	detail->memory_max_kib = MAX(memory, 0) / 1024;
	detail->memory_kib = now >= 0 ? (uint64_t)now / 1024 : detail->memory_max_kib;
}

static void parse_balloon(xmlNodePtr node, struct guest_detail *detail)
{
	g_autofree char *model = xml_attr(node, "model");
	g_autofree char *period = xml_raw_attr(xml_child(node, "stats"), "period");

	set(&detail->balloon, g_strdup(strcmp(model, "none") == 0 ? "" : model));
	detail->balloon_period_s = CLAMP(xml_number(period, 0), 0, G_MAXINT);
}

static char *accelerator(const char *virt_type)
{
	if (strcmp(virt_type, "kvm") == 0)
		return g_strdup("KVM");
	if (strcmp(virt_type, "qemu") == 0)
		return g_strdup("TCG (emulated: slow)");
	return g_strdup(virt_type);
}

/* ---- firmware and boot ----------------------------------------------------- */

static bool has_secure_boot(xmlNodePtr os)
{
	if (xml_attr_is(xml_child(os, "loader"), "secure", "yes"))
		return true;
	xml_foreach (feature, xml_child(os, "firmware"), "feature")
		if (xml_attr_is(feature, "name", "secure-boot") && xml_attr_is(feature, "enabled", "yes"))
			return true;
	return false;
}

static const char *firmware(xmlNodePtr os)
{
	xmlNodePtr loader = xml_child(os, "loader");
	bool efi = xml_attr_is(os, "firmware", "efi") || xml_attr_is(loader, "type", "pflash");

	if (efi)
		return has_secure_boot(os) ? "UEFI, Secure Boot" : "UEFI";
	if (xml_child(os, "kernel") != NULL)
		return "direct kernel";
	return "BIOS";
}

struct boot_device {
	int64_t order;
	char *name; /* owned */
};

static gint compare_order(gconstpointer a, gconstpointer b)
{
	const struct boot_device *x = a, *y = b;

	return (x->order > y->order) - (x->order < y->order);
}

static void clear_boot_device(gpointer device)
{
	g_free(((struct boot_device *)device)->name);
}

/* A device with its own <boot order>; named by its target, a NIC by its place. */
static void add_boot_device(GArray *found, xmlNodePtr node, unsigned nic)
{
	g_autofree char *order = xml_raw_attr(xml_child(node, "boot"), "order");
	struct boot_device device = {.order = xml_number(order, -1)};

	if (device.order < 0)
		return;
	if (strcmp((const char *)node->name, "disk") == 0)
		device.name = xml_attr(xml_child(node, "target"), "dev");
	else if (strcmp((const char *)node->name, "interface") == 0)
		device.name = g_strdup_printf("net%u", nic);
	else
		device.name = g_strdup((const char *)node->name);
	g_array_append_val(found, device);
}

static char *join_boot(GArray *found)
{
	GString *text = g_string_new(NULL);

	g_array_sort(found, compare_order);
	for (guint i = 0; i < found->len; i++)
		g_string_append_printf(
		        text, "%s%s", i > 0 ? ", " : "", g_array_index(found, struct boot_device, i).name);
	return g_string_free(text, FALSE);
}

static char *boot_order(xmlNodePtr os, xmlNodePtr devices)
{
	g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(struct boot_device));
	unsigned nic = 0;

	g_array_set_clear_func(found, clear_boot_device);
	xml_foreach (boot, os, "boot") {
		struct boot_device device = {.order = found->len, .name = xml_attr(boot, "dev")};

		g_array_append_val(found, device);
	}
	for (xmlNodePtr node = devices != NULL ? devices->children : NULL; node != NULL; node = node->next) {
		if (node->type != XML_ELEMENT_NODE)
			continue;
		add_boot_device(found, node, nic);
		nic += strcmp((const char *)node->name, "interface") == 0;
	}
	return join_boot(found);
}

static void parse_os(xmlNodePtr root, struct guest_detail *detail)
{
	xmlNodePtr os = xml_child(root, "os");
	xmlNodePtr type = xml_child(os, "type");

	set(&detail->os_type, xml_text(type));
	set(&detail->arch, xml_attr(type, "arch"));
	set(&detail->machine, xml_attr(type, "machine"));
	set(&detail->firmware, g_strdup(firmware(os)));
	set(&detail->loader, xml_text(xml_child(os, "loader")));
	set(&detail->nvram, xml_text(xml_child(os, "nvram")));
	set(&detail->boot, boot_order(os, xml_child(root, "devices")));
}

static char *cpu_mode(xmlNodePtr cpu)
{
	g_autofree char *mode = xml_attr(cpu, "mode");
	g_autofree char *model = xml_text(xml_child(cpu, "model"));

	if (*model == '\0' || strncmp(mode, "host-", 5) == 0)
		return g_strdup(*mode != '\0' ? mode : "default");
	return g_strdup_printf("%s: %s", *mode != '\0' ? mode : "custom", model);
}

/* ---- devices ---------------------------------------------------------------- */

/* "<disk>"'s source, whatever its kind; raw, NULL = an empty drive. */
static char *disk_source(xmlNodePtr disk)
{
	static const char *const plain[] = {"file", "dev", "dir", "name"};
	xmlNodePtr source = xml_child(disk, "source");
	g_autofree char *pool = xml_raw_attr(source, "pool");
	g_autofree char *volume = xml_raw_attr(source, "volume");
	g_autofree char *protocol = xml_raw_attr(source, "protocol");

	if (pool != NULL && volume != NULL)
		return g_strdup_printf("%s/%s", pool, volume);
	for (unsigned i = 0; i < G_N_ELEMENTS(plain); i++) {
		g_autofree char *value = xml_raw_attr(source, plain[i]);

		if (value == NULL)
			continue;
		return protocol != NULL ? g_strdup_printf("%s:%s", protocol, value) : g_steal_pointer(&value);
	}
	return protocol != NULL ? g_steal_pointer(&protocol) : NULL;
}

/* Only a running guest's definition has it. */
static char *chain_words(xmlNodePtr disk)
{
	GString *text = g_string_new(NULL);

	for (xmlNodePtr layer = xml_child(disk, "backingStore"); layer != NULL; layer = xml_child(layer, "backingStore")) {
		g_autofree char *path = disk_source(layer);

		if (path != NULL)
			g_string_append_printf(text, "%s%s", text->len ? " < " : "", path);
	}
	char *clean = text_clean(text->str, -1);
	g_string_free(text, TRUE);
	return clean;
}

static struct guest_disk *parse_disk(xmlNodePtr node)
{
	struct guest_disk *disk = guest_disk_new();
	xmlNodePtr target = xml_child(node, "target");
	xmlNodePtr driver = xml_child(node, "driver");
	g_autofree char *source = disk_source(node);

	set(&disk->target, xml_attr(target, "dev"));
	set(&disk->bus, xml_attr(target, "bus"));
	set(&disk->device, xml_attr(node, "device"));
	if (*disk->device == '\0')
		set(&disk->device, g_strdup("disk"));
	set(&disk->source, text_clean(source, -1));
	set(&disk->chain, chain_words(node));
	set(&disk->format, xml_attr(driver, "type"));
	set(&disk->cache, xml_attr(driver, "cache"));
	disk->readonly = xml_child(node, "readonly") != NULL;
	disk->shareable = xml_child(node, "shareable") != NULL;
	return disk;
}

static char *nic_source(xmlNodePtr node)
{
	static const char *const names[] = {"network", "bridge", "dev", "path", "address", "name", "portgroup"};
	xmlNodePtr source = xml_child(node, "source");

	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++) {
		char *value = xml_attr(source, names[i]);

		if (*value != '\0')
			return value;
		g_free(value);
	}
	return g_strdup("");
}

static struct guest_nic *parse_nic(xmlNodePtr node)
{
	struct guest_nic *nic = guest_nic_new();

	set(&nic->mac, xml_attr(xml_child(node, "mac"), "address"));
	set(&nic->model, xml_attr(xml_child(node, "model"), "type"));
	set(&nic->type, xml_attr(node, "type"));
	set(&nic->source, nic_source(node));
	set(&nic->target, xml_attr(xml_child(node, "target"), "dev"));
	set(&nic->address_source, g_strdup(""));
	nic->link_down = xml_attr_is(xml_child(node, "link"), "state", "down");
	return nic;
}

/* "vnc 127.0.0.1:5900, spice …"; a port of -1 means: chosen at the start. */
static char *graphics_one(xmlNodePtr node)
{
	xmlNodePtr listen = xml_child(node, "listen");
	g_autofree char *type = xml_attr(node, "type");
	g_autofree char *port = xml_attr(node, "port");
	g_autofree char *address = xml_attr(listen, "address");
	g_autofree char *attr = xml_attr(node, "listen");
	g_autofree char *socket = xml_attr(listen, "socket");

	if (*socket != '\0')
		return g_strdup_printf("%s %s", type, socket);
	if (xml_attr_is(listen, "type", "none"))
		return g_strdup_printf("%s, no listener", type);
	if (xml_number(port, -1) <= 0)
		return g_steal_pointer(&type);
	return g_strdup_printf("%s %s:%s", type, *address != '\0' ? address : *attr != '\0' ? attr : "localhost", port);
}

static char *graphics(xmlNodePtr devices)
{
	GString *text = g_string_new(NULL);

	xml_foreach (node, devices, "graphics") {
		g_autofree char *one = graphics_one(node);

		g_string_append_printf(text, "%s%s", text->len > 0 ? ", " : "", one);
	}
	return g_string_free(text, FALSE);
}

static void parse_agent(xmlNodePtr devices, struct guest_detail *detail)
{
	xml_foreach (channel, devices, "channel") {
		xmlNodePtr target = xml_child(channel, "target");

		if (!xml_attr_is(target, "name", AGENT_CHANNEL))
			continue;
		detail->agent_channel = true;
		detail->agent_connected |= xml_attr_is(target, "state", "connected");
	}
}

static void parse_devices(xmlNodePtr devices, struct guest_detail *detail)
{
	g_ptr_array_set_size(detail->disks, 0);
	g_ptr_array_set_size(detail->nics, 0);
	xml_foreach (node, devices, "disk")
		g_ptr_array_add(detail->disks, parse_disk(node));
	xml_foreach (node, devices, "interface")
		g_ptr_array_add(detail->nics, parse_nic(node));
	set(&detail->emulator, xml_text(xml_child(devices, "emulator")));
	set(&detail->graphics, graphics(devices));
	parse_agent(devices, detail);
}

/* ---- the three readers -------------------------------------------------------- */

bool domain_xml_parse(const char *xml, struct guest_detail *detail, GError **error)
{
	xmlDocPtr doc = xml_parse(xml, "domain", error);
	xmlNodePtr root = xmlDocGetRootElement(doc);

	if (doc == NULL)
		return false;
	set(&detail->title, xml_text(xml_child(root, "title")));
	set(&detail->description, read_lines(xml_child(root, "description")));
	set(&detail->tags, read_tags(root));
	set(&detail->virt_type, xml_attr(root, "type"));
	set(&detail->accelerator, accelerator(detail->virt_type));
	set(&detail->cpu_mode, cpu_mode(xml_child(root, "cpu")));
	parse_size(root, detail);
	parse_os(root, detail);
	parse_devices(xml_child(root, "devices"), detail);
	parse_balloon(xml_child(xml_child(root, "devices"), "memballoon"), detail);
	xmlFreeDoc(doc);
	return true;
}

bool domain_xml_parse_row(const char *xml, struct domain_row *ret_row)
{
	xmlDocPtr doc = xml_parse(xml, "domain", NULL);
	xmlNodePtr root = xmlDocGetRootElement(doc);
	struct guest_detail *detail;

	if (doc == NULL)
		return false;
	detail = guest_detail_new();
	parse_size(root, detail);
	*ret_row = (struct domain_row){
	        .vcpus = detail->vcpus,
	        .memory_kib = detail->memory_kib,
	        .tcg = xml_attr_is(root, "type", "qemu"),
	        .template = metadata(root, METADATA_TEMPLATE, METADATA_TEMPLATE_URI) != NULL,
	        .tags = read_tags(root),
	        .title = xml_text(xml_child(root, "title")),
	};
	guest_detail_unref(detail);
	xmlFreeDoc(doc);
	return true;
}

void domain_row_clear(struct domain_row *row)
{
	g_clear_pointer(&row->tags, g_free);
	g_clear_pointer(&row->title, g_free);
}

void domain_xml_each_file(
        const char *xml, void (*each)(const char *target, const char *path, void *data), void *data)
{
	xmlDocPtr doc = xml_parse(xml, "domain", NULL);
	xmlNodePtr devices = xml_child(xmlDocGetRootElement(doc), "devices");

	xml_foreach (disk, devices, "disk") {
		g_autofree char *target = xml_raw_attr(xml_child(disk, "target"), "dev");

		for (xmlNodePtr layer = disk; layer != NULL; layer = xml_child(layer, "backingStore")) {
			g_autofree char *path = disk_source(layer);

			if (path != NULL)
				each(target != NULL ? target : "", path, data);
		}
	}
	xmlFreeDoc(doc);
}
