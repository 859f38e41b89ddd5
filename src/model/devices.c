/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What hangs on a host's devices, and whether a guest can have them: see device.h. Pure; any thread. */
#include "nvirt/device.h"

#include <string.h>

/* Deeper than any bus: parents that lead round in a ring end here. */
#define PARENTS_MAX 64
#define USB_CLASS_HUB 9
#define USB_VENDOR_ROOT_HUB 0x1d6b

/* All rows while they are judged. */
struct judging {
	GHashTable *by_name;    /* raw name -> struct device_row *, borrowed */
	GHashTable *by_address; /* of PCI -> struct device_row *, borrowed */
	bool iommu;             /* some device of the host is in an IOMMU group */
};

static struct device_row *parent_of(const struct judging *judging, const struct device_row *row)
{
	return row->parent ? g_hash_table_lookup(judging->by_name, row->parent) : NULL;
}

/* ---- what hangs on what ---- */

/* The USB devices on the way, and the PCI device at its end, carry it. */
static void carry(const struct judging *judging, const struct device_row *leaf)
{
	struct device_row *row = parent_of(judging, leaf);

	for (unsigned depth = 0; row && depth < PARENTS_MAX; depth++) {
		if (row->kind == DEVICE_PCI || row->kind == DEVICE_USB)
			g_ptr_array_add(row->carries, g_strdup(leaf->address));
		if (row->kind == DEVICE_PCI)
			break;
		row = parent_of(judging, row);
	}
}

/* What a USB device is, its interfaces say. */
static void tell_parent(const struct judging *judging, const struct device_row *interface)
{
	struct device_row *device = parent_of(judging, interface);

	if (!device || device->kind != DEVICE_USB)
		return;
	device->hub |= interface->class_code == USB_CLASS_HUB;
	if (device->class_code < 0)
		device->class_code = interface->class_code;
}

static void link_row(const struct judging *judging, struct device_row *row)
{
	switch (row->kind) {
	case DEVICE_NET:
	case DEVICE_DISK:
		carry(judging, row);
		break;
	case DEVICE_USB_INTERFACE:
		tell_parent(judging, row);
		break;
	case DEVICE_PCI:
	case DEVICE_USB:
	case DEVICE_MDEV:
	case DEVICE_OTHER:
		break;
	}
}

/* ---- the verdict ---- */

static void set_why(struct device_row *row, enum device_verdict verdict, char *why)
{
	row->verdict = verdict;
	g_free(row->why);
	row->why = why;
}

/* One more thing that it costs. */
static void add_cost(struct device_row *row, char *cost)
{
	set_why(row, DEVICE_CARE, row->verdict == DEVICE_CARE ? g_strdup_printf("%s; %s", row->why, cost)
	                                                      : g_strdup(cost));
	g_free(cost);
}

static const struct device_use *live_use(const struct device_row *row)
{
	for (unsigned i = 0; row->uses && i < row->uses->len; i++)
		if (((const struct device_use *)row->uses->pdata[i])->live)
			return row->uses->pdata[i];
	return NULL;
}

/* The kernel gives a group away as a whole: these drivers do not use the device. */
static bool lets_group_go(const char *driver)
{
	return !*driver || g_str_has_prefix(driver, "vfio") || strcmp(driver, "pci-stub") == 0 ||
	       strcmp(driver, "pcieport") == 0;
}

/* "0000:01:00.1 (snd_hda_intel), …": others in its group that the host or a guest uses; owned, "" = none. */
static char *group_words(const struct judging *judging, const struct device_row *row)
{
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; i < row->group->len; i++) {
		const struct device_row *mate = g_hash_table_lookup(judging->by_address, row->group->pdata[i]);
		const struct device_use *use = mate ? live_use(mate) : NULL;

		if (!mate || mate == row || mate->bridge || (!use && lets_group_go(mate->driver)))
			continue;
		g_string_append_printf(text, "%s%s (%s%s)", text->len ? ", " : "", mate->address,
		        use ? "of guest " : "", use ? use->name : mate->driver);
	}
	return g_string_free(text, FALSE);
}

static void judge_free_pci(struct device_row *row)
{
	g_autofree char *carries = device_list_words(row->carries);
	bool vfio = g_str_has_prefix(row->driver, "vfio");

	if (vfio)
		set_why(row, DEVICE_READY, g_strdup_printf("bound to %s", row->driver));
	else if (*row->driver)
		set_why(row, DEVICE_YES,
		        g_strdup_printf("%s lets go of it when the guest starts", row->driver));
	else
		set_why(row, DEVICE_YES, g_strdup("no driver uses it"));
	if (*carries)
		add_cost(row, g_strdup_printf("the host loses %s", carries));
	if (row->virtuals->len)
		add_cost(row, g_strdup_printf("its %u virtual function%s with it", row->virtuals->len,
		                      row->virtuals->len == 1 ? " goes" : "s go"));
	/* One that is bound to VFIO already was asked for: only told, as long as nothing is lost. */
	if (row->reset == 0 && !vfio)
		add_cost(row, g_strdup("the kernel knows no way to reset it"));
}

static void judge_pci(const struct judging *judging, struct device_row *row)
{
	g_autofree char *mates = group_words(judging, row);

	if (row->bridge)
		set_why(row, DEVICE_NO, g_strdup("a bridge: what lies behind it needs it"));
	else if (row->iommu_group < 0)
		set_why(row, DEVICE_NO,
		        g_strdup(judging->iommu ? "it is in no IOMMU group"
		                                : "the IOMMU is off: turn on VT-d or AMD-Vi in the firmware, and "
		                                  "intel_iommu=on for the kernel"));
	else if (*row->host_use)
		set_why(row, DEVICE_NO, g_strdup_printf("the host needs it for %s", row->host_use));
	else if (*mates)
		set_why(row, DEVICE_NO, g_strdup_printf("it shares IOMMU group %d with %s", row->iommu_group, mates));
	else
		judge_free_pci(row);
}

static void judge_usb(struct device_row *row)
{
	g_autofree char *carries = device_list_words(row->carries);

	if (row->hub)
		set_why(row, DEVICE_NO, g_strdup("a hub: what is plugged into it needs it"));
	else if (*row->host_use)
		set_why(row, DEVICE_NO, g_strdup_printf("the host needs it for %s", row->host_use));
	else if (*carries)
		set_why(row, DEVICE_CARE, g_strdup_printf("the host loses %s", carries));
	else
		set_why(row, DEVICE_YES, g_strdup("the host lets go of it when the guest starts"));
}

/* That others have it in their definitions does no harm before both run. */
static void add_stored_uses(struct device_row *row)
{
	g_autoptr(GString) names = g_string_new(NULL);

	for (unsigned i = 0; row->uses && i < row->uses->len; i++) {
		const struct device_use *use = row->uses->pdata[i];

		if (!use->live)
			g_string_append_printf(names, "%s%s", names->len ? ", " : "", use->name);
	}
	if (names->len)
		set_why(row, row->verdict, g_strdup_printf("%s; in the definition of %s", row->why, names->str));
}

static void judge(const struct judging *judging, struct device_row *row)
{
	const struct device_use *use = live_use(row);

	if (use)
		set_why(row, DEVICE_TAKEN, g_strdup_printf("guest %s has it", use->name));
	else if (row->kind == DEVICE_PCI)
		judge_pci(judging, row);
	else if (row->kind == DEVICE_USB)
		judge_usb(row);
	else if (row->inactive)
		set_why(row, DEVICE_NO, g_strdup("it is defined, but not started"));
	else
		set_why(row, DEVICE_READY, g_strdup("made for guests"));
	add_stored_uses(row);
}

/* ---- the list ---- */

static bool is_listed(const struct device_row *row)
{
	return row->kind == DEVICE_PCI || row->kind == DEVICE_USB || row->kind == DEVICE_MDEV;
}

/* The device that it is a part of, or itself: functions and mediated devices stand below theirs. */
static const struct device_row *owner_of(const struct judging *judging, const struct device_row *row)
{
	const struct device_row *owner = NULL;

	if (row->kind == DEVICE_MDEV)
		owner = parent_of(judging, row);
	else if (*row->physical)
		owner = g_hash_table_lookup(judging->by_address, row->physical);
	return owner && is_listed(owner) ? owner : row;
}

static int compare_rows(gconstpointer a, gconstpointer b, gpointer data)
{
	const struct device_row *x = *(const struct device_row *const *)a, *y = *(const struct device_row *const *)b;
	const struct device_row *p = owner_of(data, x), *q = owner_of(data, y);

	if (p->kind != q->kind)
		return p->kind < q->kind ? -1 : 1;
	if (p != q)
		return strcmp(p->address, q->address);
	if (x == p || y == p)
		return (x != p) - (y != p);
	return strcmp(x->address, y->address);
}

/* Those of `rows` that are listed, moved out of it. */
static GPtrArray *take_listed(GPtrArray *rows)
{
	GPtrArray *listed = g_ptr_array_new_with_free_func((GDestroyNotify)device_row_free);

	for (unsigned i = 0; i < rows->len; i++)
		if (is_listed(rows->pdata[i]))
			g_ptr_array_add(listed, g_steal_pointer(&rows->pdata[i]));
	return listed;
}

static void free_row(gpointer row)
{
	if (row)
		device_row_free(row);
}

GPtrArray *devices_judge(GPtrArray *rows)
{
	struct judging judging = {.by_name = g_hash_table_new(g_str_hash, g_str_equal),
	        .by_address = g_hash_table_new(g_str_hash, g_str_equal)};
	GPtrArray *listed;

	for (unsigned i = 0; i < rows->len; i++) {
		struct device_row *row = rows->pdata[i];

		if (row->raw)
			g_hash_table_insert(judging.by_name, row->raw, row);
		if (row->kind == DEVICE_PCI)
			g_hash_table_insert(judging.by_address, row->address, row);
		if (row->kind == DEVICE_USB)
			row->hub |= row->vendor_id == USB_VENDOR_ROOT_HUB;
		judging.iommu |= row->kind == DEVICE_PCI && row->iommu_group >= 0;
	}
	for (unsigned i = 0; i < rows->len; i++)
		link_row(&judging, rows->pdata[i]);
	for (unsigned i = 0; i < rows->len; i++)
		if (is_listed(rows->pdata[i])) {
			struct device_row *row = rows->pdata[i];

			row->depth = owner_of(&judging, row) != row;
			judge(&judging, row);
		}
	g_ptr_array_set_free_func(rows, free_row);
	listed = take_listed(rows);
	g_ptr_array_sort_with_data(listed, compare_rows, &judging);
	g_hash_table_unref(judging.by_name);
	g_hash_table_unref(judging.by_address);
	g_ptr_array_unref(rows);
	return listed;
}
