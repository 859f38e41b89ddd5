/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The life of a host's device, and it in words: see device.h. Pure; any thread. */
#include "nvirt/device.h"

#include <stdio.h>
#include <string.h>

#include "nvirt/text.h"

const char *device_verdict_word(enum device_verdict verdict)
{
	static const char *const words[DEVICE_VERDICT_N] = {
#define X(id, word) [id] = word,
	        DEVICE_VERDICTS(X)
#undef X
	};

	return verdict < DEVICE_VERDICT_N ? words[verdict] : "";
}

struct device_row *device_row_new(void)
{
	struct device_row *row = g_new0(struct device_row, 1);
	char **const texts[] = {&row->name, &row->address, &row->vendor, &row->product, &row->driver,
	        &row->physical, &row->mdev_type, &row->host_use, &row->why};
	GPtrArray **const lists[] = {&row->group, &row->virtuals, &row->carries};

	for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++)
		*texts[i] = g_strdup("");
	for (unsigned i = 0; i < G_N_ELEMENTS(lists); i++)
		*lists[i] = g_ptr_array_new_with_free_func(g_free);
	row->mdev_types = g_ptr_array_new_with_free_func((GDestroyNotify)device_mdev_type_free);
	row->class_code = row->vendor_id = row->product_id = -1;
	row->iommu_group = row->numa = row->reset = -1;
	return row;
}

void device_row_free(struct device_row *row)
{
	char *const texts[] = {row->raw, row->parent, row->path, row->name, row->address, row->key, row->id_key,
	        row->vendor, row->product, row->driver, row->physical, row->mdev_type, row->host_use, row->why};
	GPtrArray *const lists[] = {row->group, row->virtuals, row->carries, row->mdev_types};

	for (unsigned i = 0; i < G_N_ELEMENTS(texts); i++)
		g_free(texts[i]);
	for (unsigned i = 0; i < G_N_ELEMENTS(lists); i++)
		g_ptr_array_unref(lists[i]);
	if (row->uses)
		g_ptr_array_unref(row->uses);
	g_free(row);
}

void device_use_free(struct device_use *use)
{
	g_free(use->name);
	g_free(use);
}

void device_mdev_type_free(struct device_mdev_type *type)
{
	g_free(type->id);
	g_free(type->name);
	g_free(type->api);
	g_free(type);
}

char *device_pci_address(unsigned domain, unsigned bus, unsigned slot, unsigned function)
{
	return g_strdup_printf("%04x:%02x:%02x.%x", domain, bus, slot, function);
}

char *device_use_key(enum device_kind kind, const char *address, bool by_id)
{
	return g_strdup_printf("%d%s %s", (int)kind, by_id ? " id" : "", address);
}

/* ---- words ---- */

struct class_words {
	int code;
	const char *words;
};

/* As the code's upper bits say: the first row that fits, so subclasses come before their class. */
static const struct class_words pci_classes[] = {{0x0100, "SCSI controller"}, {0x0101, "IDE controller"},
        {0x0104, "RAID controller"}, {0x0106, "SATA controller"}, {0x0107, "SAS controller"},
        {0x0108, "NVMe drive"}, {0x01, "storage controller"}, {0x0200, "Ethernet controller"},
        {0x0207, "InfiniBand controller"}, {0x0280, "network controller"}, {0x02, "network controller"},
        {0x0300, "graphics card"}, {0x0302, "3D accelerator"}, {0x03, "display controller"},
        {0x0401, "sound card"}, {0x0403, "sound card"}, {0x04, "multimedia controller"},
        {0x05, "memory controller"}, {0x0600, "host bridge"}, {0x0601, "ISA bridge"}, {0x0604, "PCI bridge"},
        {0x06, "bridge"}, {0x0700, "serial controller"}, {0x07, "communication controller"},
        {0x0c03, "USB controller"}, {0x0c05, "SMBus"}, {0x0c, "serial bus controller"},
        {0x0d, "wireless controller"}, {0x0b40, "co-processor"}, {0x10, "encryption controller"},
        {0x11, "signal processor"}, {0x12, "processing accelerator"}, {0, NULL}};

static const struct class_words usb_classes[] = {{0x01, "USB sound device"}, {0x02, "USB communication device"},
        {0x03, "USB keyboard, mouse or the like"}, {0x06, "USB camera"}, {0x07, "USB printer"},
        {0x08, "USB storage"}, {0x09, "USB hub"}, {0x0b, "USB smart card reader"}, {0x0e, "USB video device"},
        {0xe0, "USB wireless adapter"}, {0, NULL}};

static const char *find_class(const struct class_words *rows, int code)
{
	for (; rows->words; rows++)
		if (rows->code == code)
			return rows->words;
	return NULL;
}

const char *device_class_words(const struct device_row *row)
{
	const char *words = NULL;

	if (row->kind == DEVICE_MDEV)
		return "mediated device";
	if (row->kind == DEVICE_USB) {
		words = row->hub ? "USB hub" : find_class(usb_classes, row->class_code);
		return words ? words : "USB device";
	}
	if (row->class_code >= 0)
		words = find_class(pci_classes, row->class_code >> 8);
	if (!words && row->class_code >= 0)
		words = find_class(pci_classes, row->class_code >> 16);
	return words ? words : "PCI device";
}

char *device_title(const struct device_row *row)
{
	if (row->kind == DEVICE_MDEV)
		return g_strdup(*row->mdev_type ? row->mdev_type : row->name);
	if (*row->product)
		return g_strdup(row->product);
	if (row->vendor_id < 0 || row->product_id < 0)
		return g_strdup(device_class_words(row));
	return g_strdup_printf("%s%s%s %04x:%04x", row->vendor, *row->vendor ? " " : "", device_class_words(row),
	        (unsigned)row->vendor_id, (unsigned)row->product_id);
}

char *device_user_words(const struct device_row *row)
{
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; row->uses && i < row->uses->len; i++) {
		const struct device_use *use = row->uses->pdata[i];

		g_string_append_printf(text, "%s%s%s", text->len ? ", " : "", use->name, use->live ? "" : " (off)");
	}
	if (!text->len)
		g_string_append(text, row->uses ? "-" : "?");
	return g_string_free(text, FALSE);
}

char *device_list_words(const GPtrArray *names)
{
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; i < names->len; i++)
		g_string_append_printf(text, "%s%s", i ? ", " : "", (const char *)names->pdata[i]);
	return g_string_free(text, FALSE);
}

char *device_filter_text(const struct device_row *row)
{
	g_autofree char *title = device_title(row), *users = device_user_words(row);
	g_autofree char *carries = device_list_words(row->carries);
	g_autofree char *text = g_strjoin(" ", row->address, title, device_class_words(row), row->vendor, row->driver,
	        users, carries, device_verdict_word(row->verdict), row->name, NULL);

	return text_fold(text);
}

/* ---- the element for a guest ---- */

/* Numbers and checked UUIDs only: nothing of it can be more than it seems. */
static char *pci_xml(const struct device_row *row)
{
	unsigned domain, bus, slot, function;

	if (sscanf(row->address, "%x:%x:%x.%x", &domain, &bus, &slot, &function) != 4)
		return NULL;
	return g_strdup_printf("<hostdev mode='subsystem' type='pci' managed='yes'>\n"
	                       "  <source>\n"
	                       "    <address domain='0x%04x' bus='0x%02x' slot='0x%02x' function='0x%x'/>\n"
	                       "  </source>\n"
	                       "</hostdev>\n",
	        domain, bus, slot, function);
}

/* By vendor and product, for the number of its port's device is another one after each plugging in. */
static char *usb_xml(const struct device_row *row)
{
	if (row->vendor_id < 0 || row->product_id < 0)
		return NULL;
	return g_strdup_printf("<hostdev mode='subsystem' type='usb' managed='yes'>\n"
	                       "  <source>\n"
	                       "    <vendor id='0x%04x'/>\n"
	                       "    <product id='0x%04x'/>\n"
	                       "  </source>\n"
	                       "</hostdev>\n",
	        (unsigned)row->vendor_id, (unsigned)row->product_id);
}

static const char *mdev_model(const struct device_row *row)
{
	static const char *const models[] = {"vfio-ccw", "vfio-ap"};

	for (unsigned i = 0; i < row->mdev_types->len; i++)
		for (unsigned j = 0; j < G_N_ELEMENTS(models); j++)
			if (strcmp(((const struct device_mdev_type *)row->mdev_types->pdata[i])->api, models[j]) == 0)
				return models[j];
	return "vfio-pci";
}

static char *mdev_xml(const struct device_row *row)
{
	uint8_t uuid[16];
	char text[37];

	if (!uuid_parse(row->address, uuid))
		return NULL;
	uuid_format(uuid, text);
	return g_strdup_printf("<hostdev mode='subsystem' type='mdev' model='%s'>\n"
	                       "  <source>\n"
	                       "    <address uuid='%s'/>\n"
	                       "  </source>\n"
	                       "</hostdev>\n",
	        mdev_model(row), text);
}

char *device_hostdev_xml(const struct device_row *row)
{
	switch (row->kind) {
	case DEVICE_PCI:
		return row->bridge ? NULL : pci_xml(row);
	case DEVICE_USB:
		return row->hub ? NULL : usb_xml(row);
	case DEVICE_MDEV:
		return mdev_xml(row);
	case DEVICE_USB_INTERFACE:
	case DEVICE_NET:
	case DEVICE_DISK:
	case DEVICE_OTHER:
		break;
	}
	return NULL;
}
