/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The detail thread's list of the host's devices, while they are looked at.
 *
 * A call a device: what libvirt said is kept, and only judged anew when more is known of who uses them.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/detail.h"
#include "backend/device_local.h"
#include "backend/device_xml.h"
#include "backend/usage.h"

/* What guests may be given, and what stands between that and the names of NICs and disks. */
#define DEVICES_ASKED                                                                                        \
	(VIR_CONNECT_LIST_NODE_DEVICES_CAP_PCI_DEV | VIR_CONNECT_LIST_NODE_DEVICES_CAP_USB_DEV |             \
	        VIR_CONNECT_LIST_NODE_DEVICES_CAP_USB_INTERFACE | VIR_CONNECT_LIST_NODE_DEVICES_CAP_NET |    \
	        VIR_CONNECT_LIST_NODE_DEVICES_CAP_SCSI_HOST | VIR_CONNECT_LIST_NODE_DEVICES_CAP_SCSI_TARGET | \
	        VIR_CONNECT_LIST_NODE_DEVICES_CAP_SCSI | VIR_CONNECT_LIST_NODE_DEVICES_CAP_STORAGE |         \
	        VIR_CONNECT_LIST_NODE_DEVICES_CAP_MDEV)
/* Many devices behind a slow link: between two steps the supervisor sees that it goes on. */
#define STEP_US G_USEC_PER_SEC

/* A device as libvirt described it last. */
struct device_text {
	char *xml;
	bool inactive;
};

struct devices_look {
	GArray *texts; /* struct device_text */
};

static void text_clear(gpointer data)
{
	free(((struct device_text *)data)->xml);
}

static struct devices_look *look_new(void)
{
	struct devices_look *look = g_new0(struct devices_look, 1);

	look->texts = g_array_new(FALSE, FALSE, sizeof(struct device_text));
	g_array_set_clear_func(look->texts, text_clear);
	return look;
}

void detail_devices_free(struct devices_look *look)
{
	if (look == NULL)
		return;
	g_array_unref(look->texts);
	g_free(look);
}

/* ---- reading ---- */

static void read_device(struct devices_look *look, virNodeDevicePtr device)
{
	const char *name = virNodeDeviceGetName(device);
	struct device_text text = {.xml = virNodeDeviceGetXMLDesc(device, 0)};

	/* It may have gone since the list. */
	if (text.xml == NULL)
		return;
	/* Only mediated devices can be defined and not there. */
	text.inactive = name != NULL && g_str_has_prefix(name, "mdev_") && virNodeDeviceIsActive(device) == 0;
	g_array_append_val(look->texts, text);
}

/* Leaves the section and enters it again; false: left behind. */
static bool step(struct detail *detail, gint64 *step_us)
{
	if (g_get_monotonic_time() < *step_us)
		return true;
	*step_us = g_get_monotonic_time() + STEP_US;
	return detail_leave(detail) && detail_enter(detail, BUSY_LISTS, NULL);
}

/* Within a section; NULL: left behind, and no longer in it. */
static struct devices_look *read_all(struct detail *detail)
{
	struct devices_look *look = look_new();
	virNodeDevicePtr *devices = NULL;
	gint64 step_us = g_get_monotonic_time() + STEP_US;
	bool go_on = true;
	int n = virConnectListAllNodeDevices(detail->conn, &devices, DEVICES_ASKED);

	for (int i = 0; i < n; i++) {
		go_on = go_on && step(detail, &step_us);
		if (go_on)
			read_device(look, devices[i]);
		virNodeDeviceFree(devices[i]);
	}
	free(devices);
	if (!go_on)
		g_clear_pointer(&look, detail_devices_free);
	return look;
}

/* ---- telling ---- */

static GPtrArray *make_rows(const struct detail *detail)
{
	GPtrArray *rows = g_ptr_array_new_with_free_func((GDestroyNotify)device_row_free);
	const GArray *texts = detail->devices_look->texts;

	for (guint i = 0; i < texts->len; i++) {
		const struct device_text *text = &g_array_index(texts, struct device_text, i);
		struct device_row *row = device_xml_parse(text->xml, NULL);

		if (row == NULL)
			continue;
		row->inactive = text->inactive;
		if (detail->usage_us != 0)
			row->uses = usage_device_guests(detail->usage, row->key, row->id_key);
		g_ptr_array_add(rows, row);
	}
	if (detail->local)
		device_local_read(rows, &(struct health_source){.root = ""});
	return devices_judge(rows);
}

static void post_devices(struct detail *detail)
{
	struct msg *msg = detail_msg(detail, MSG_DEVICES);

	msg->list = make_rows(detail);
	msg->known = usage_known(detail->usage);
	msg->total = detail_guest_count(detail);
	detail_post(detail, msg);
}

void detail_devices(struct detail *detail, bool read)
{
	struct devices_look *look;

	if (detail->conn == NULL || (!read && detail->devices_look == NULL))
		return;
	if (read) {
		if (!detail_enter(detail, BUSY_LISTS, NULL) || (look = read_all(detail)) == NULL)
			return;
		detail->devices_us = g_get_monotonic_time();
		if (!detail_leave(detail) || virConnectIsAlive(detail->conn) == 0) {
			detail_devices_free(look);
			return;
		}
		detail_devices_free(detail->devices_look);
		detail->devices_look = look;
	}
	post_devices(detail);
}
