/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Node devices as libvirt describes them: see device_xml.h. */
#include "backend/device_xml.h"

#include <string.h>

#include "backend/xml.h"
#include "nvirt/text.h"

/* A hostile device can not make lists without end. */
#define LIST_MAX 1024

static void set(char **field, char *value)
{
	g_free(*field);
	*field = value;
}

/* libvirt's numbers are decimal or 0x…; -1 where it is none, or too large. */
static int number_of(const char *text)
{
	char *end;
	gint64 number;

	if (text == NULL)
		return -1;
	number = g_ascii_strtoll(text, &end, 0);
	return end != text && number >= 0 && number <= G_MAXINT ? (int)number : -1;
}

static int attr_number(xmlNodePtr node, const char *name)
{
	g_autofree char *text = xml_raw_attr(node, name);

	return number_of(text);
}

static int child_number(xmlNodePtr node, const char *name)
{
	g_autofree char *text = xml_raw_text(xml_child(node, name));

	return number_of(text);
}

/* An <address> of PCI; owned, NULL where a part is missing or too large. */
static char *pci_address(xmlNodePtr node)
{
	int domain = attr_number(node, "domain"), bus = attr_number(node, "bus");
	int slot = attr_number(node, "slot"), function = attr_number(node, "function");

	if (domain < 0 || bus < 0 || bus > 0xff || slot < 0 || slot > 0x1f || function < 0 || function > 7)
		return NULL;
	return device_pci_address((unsigned)domain, (unsigned)bus, (unsigned)slot, (unsigned)function);
}

static void add_addresses(GPtrArray *list, xmlNodePtr parent)
{
	xml_foreach (node, parent, "address") {
		char *address = pci_address(node);

		if (address != NULL && list->len < LIST_MAX)
			g_ptr_array_add(list, address);
		else
			g_free(address);
	}
}

/* ---- one kind each ---- */

static void read_ids(struct device_row *row, xmlNodePtr cap)
{
	row->vendor_id = attr_number(xml_child(cap, "vendor"), "id");
	row->product_id = attr_number(xml_child(cap, "product"), "id");
	set(&row->vendor, xml_text(xml_child(cap, "vendor")));
	set(&row->product, xml_text(xml_child(cap, "product")));
}

static void read_mdev_types(struct device_row *row, xmlNodePtr cap)
{
	xml_foreach (node, cap, "type") {
		struct device_mdev_type *type;
		g_autofree char *available = xml_raw_text(xml_child(node, "availableInstances"));

		if (row->mdev_types->len >= LIST_MAX)
			break;
		type = g_new0(struct device_mdev_type, 1);
		type->id = xml_attr(node, "id");
		type->name = xml_text(xml_child(node, "name"));
		type->api = xml_text(xml_child(node, "deviceAPI"));
		type->available = xml_number(available, -1);
		g_ptr_array_add(row->mdev_types, type);
	}
}

/* What a PCI device can do beyond being one. */
static void read_abilities(struct device_row *row, xmlNodePtr pci)
{
	xml_foreach (cap, pci, "capability") {
		g_autofree char *type = xml_raw_attr(cap, "type");

		if (g_strcmp0(type, "pci-bridge") == 0) {
			row->bridge = true;
		} else if (g_strcmp0(type, "virt_functions") == 0) {
			row->virtuals_max = MAX(attr_number(cap, "maxCount"), 0);
			add_addresses(row->virtuals, cap);
		} else if (g_strcmp0(type, "phys_function") == 0) {
			char *address = pci_address(xml_child(cap, "address"));

			if (address != NULL)
				set(&row->physical, address);
		} else if (g_strcmp0(type, "mdev_types") == 0) {
			read_mdev_types(row, cap);
		}
	}
}

static void read_group(struct device_row *row, xmlNodePtr cap)
{
	xmlNodePtr group = xml_child(cap, "iommuGroup");

	row->iommu_group = attr_number(group, "number");
	add_addresses(row->group, group);
}

static bool read_pci(struct device_row *row, xmlNodePtr cap)
{
	int domain = child_number(cap, "domain"), bus = child_number(cap, "bus");
	int slot = child_number(cap, "slot"), function = child_number(cap, "function");

	if (domain < 0 || bus < 0 || slot < 0 || function < 0)
		return false;
	set(&row->address,
	        device_pci_address((unsigned)domain, (unsigned)bus, (unsigned)slot, (unsigned)function));
	row->class_code = child_number(cap, "class");
	row->bridge = row->class_code >> 16 == 0x06;
	row->numa = attr_number(xml_child(cap, "numa"), "node");
	read_ids(row, cap);
	read_group(row, cap);
	read_abilities(row, cap);
	return true;
}

static bool read_usb(struct device_row *row, xmlNodePtr cap)
{
	int bus = child_number(cap, "bus"), device = child_number(cap, "device");

	if (bus < 0 || device < 0)
		return false;
	set(&row->address, g_strdup_printf("%03d:%03d", bus, device));
	read_ids(row, cap);
	if (row->vendor_id >= 0 && row->product_id >= 0) {
		g_autofree char *id = g_strdup_printf("%04x:%04x", (unsigned)row->vendor_id, (unsigned)row->product_id);

		row->id_key = device_use_key(DEVICE_USB, id, true);
	}
	return true;
}

static bool read_mdev(struct device_row *row, xmlNodePtr cap)
{
	g_autofree char *text = xml_raw_text(xml_child(cap, "uuid"));
	uint8_t uuid[16];
	char address[37];

	/* Older libvirt has it in the name only: mdev_4b20d080_1b54_4048_85b3_a6a62d165c01. */
	if (text == NULL && row->raw != NULL && g_str_has_prefix(row->raw, "mdev_")) {
		text = g_strndup(row->raw + strlen("mdev_"), 36);
		g_strdelimit(text, "_", '-');
	}
	if (text == NULL || !uuid_parse(text, uuid))
		return false;
	uuid_format(uuid, address);
	set(&row->address, g_strdup(address));
	set(&row->mdev_type, xml_attr(xml_child(cap, "type"), "id"));
	read_group(row, cap);
	return true;
}

static bool read_leaf(struct device_row *row, xmlNodePtr cap, const char *child)
{
	g_autofree char *text = xml_text(xml_child(cap, child));

	set(&row->address, g_strdup(g_str_has_prefix(text, "/dev/") ? text + strlen("/dev/") : text));
	return *row->address != '\0';
}

static bool read_interface(struct device_row *row, xmlNodePtr cap)
{
	row->class_code = child_number(cap, "class");
	return true;
}

static const struct {
	const char *type;
	enum device_kind kind;
	bool (*read)(struct device_row *row, xmlNodePtr cap); /* false: it lacks what it is known by */
	const char *child;                                    /* or what names it */
} kinds[] = {
        {"pci", DEVICE_PCI, read_pci, NULL},
        {"usb_device", DEVICE_USB, read_usb, NULL},
        {"mdev", DEVICE_MDEV, read_mdev, NULL},
        {"usb", DEVICE_USB_INTERFACE, read_interface, NULL},
        {"net", DEVICE_NET, NULL, "interface"},
        {"storage", DEVICE_DISK, NULL, "block"},
};

static void read_kind(struct device_row *row, xmlNodePtr cap)
{
	g_autofree char *type = xml_raw_attr(cap, "type");

	row->kind = DEVICE_OTHER;
	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
		if (g_strcmp0(type, kinds[i].type) != 0)
			continue;
		if (kinds[i].read != NULL ? kinds[i].read(row, cap) : read_leaf(row, cap, kinds[i].child))
			row->kind = kinds[i].kind;
	}
}

struct device_row *device_xml_parse(const char *xml, GError **error)
{
	xmlDocPtr doc = xml_parse(xml, "device", error);
	struct device_row *row;
	xmlNodePtr root;

	if (doc == NULL)
		return NULL;
	row = device_row_new();
	root = xmlDocGetRootElement(doc);
	row->raw = xml_raw_text(xml_child(root, "name"));
	row->parent = xml_raw_text(xml_child(root, "parent"));
	row->path = xml_raw_text(xml_child(root, "path"));
	set(&row->name, text_clean(row->raw, -1));
	set(&row->driver, xml_text(xml_child(xml_child(root, "driver"), "name")));
	read_kind(row, xml_child(root, "capability"));
	row->key = device_use_key(row->kind, row->address, false);
	xmlFreeDoc(doc);
	return row;
}

/* ---- in a guest's definition ---- */

static void add_key(GPtrArray *keys, enum device_kind kind, char *address, bool by_id)
{
	if (address != NULL && keys->len < LIST_MAX)
		g_ptr_array_add(keys, device_use_key(kind, address, by_id));
	g_free(address);
}

/* One that runs names the device it got as well, which tells two of a kind apart. */
static void add_usb(GPtrArray *keys, xmlNodePtr source)
{
	xmlNodePtr address = xml_child(source, "address");
	int bus = attr_number(address, "bus"), device = attr_number(address, "device");
	int vendor = attr_number(xml_child(source, "vendor"), "id");
	int product = attr_number(xml_child(source, "product"), "id");

	if (bus >= 0 && device >= 0)
		add_key(keys, DEVICE_USB, g_strdup_printf("%03d:%03d", bus, device), false);
	else if (vendor >= 0 && product >= 0)
		add_key(keys, DEVICE_USB, g_strdup_printf("%04x:%04x", (unsigned)vendor, (unsigned)product), true);
}

static void add_mdev(GPtrArray *keys, xmlNodePtr source)
{
	g_autofree char *text = xml_raw_attr(xml_child(source, "address"), "uuid");
	uint8_t uuid[16];
	char address[37];

	if (text == NULL || !uuid_parse(text, uuid))
		return;
	uuid_format(uuid, address);
	add_key(keys, DEVICE_MDEV, g_strdup(address), false);
}

static void add_source(GPtrArray *keys, xmlNodePtr node)
{
	xmlNodePtr source = xml_child(node, "source");

	if (xml_attr_is(node, "type", "usb"))
		add_usb(keys, source);
	else if (xml_attr_is(node, "type", "mdev"))
		add_mdev(keys, source);
	else
		add_key(keys, DEVICE_PCI, pci_address(xml_child(source, "address")), false);
}

/* NICs and disks can be a host's PCI device too: <interface type='hostdev'>, <disk type='nvme'>. */
void device_xml_add_keys(xmlDocPtr domain, GPtrArray *keys)
{
	xmlNodePtr devices = domain != NULL ? xml_child(xmlDocGetRootElement(domain), "devices") : NULL;

	xml_foreach (node, devices, "hostdev")
		if (!xml_attr_is(node, "mode", "capabilities"))
			add_source(keys, node);
	xml_foreach (node, devices, "interface")
		if (xml_attr_is(node, "type", "hostdev"))
			add_source(keys, node);
	xml_foreach (node, devices, "disk")
		if (xml_attr_is(node, "type", "nvme"))
			add_source(keys, node);
}
