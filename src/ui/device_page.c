/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One device of a host in full: see device_page.h. Main thread. */
#include "device_page.h"

#include <string.h>

#include "review.h"

enum { LABEL_COLS = 16 };

/* What its dialog can do; outlives the row. */
struct shown {
	char *xml;
	struct obj_ref guest; /* OBJ_NONE = nobody's */
};

static void shown_done(struct app *app, char key, void *data)
{
	struct shown *shown = data;

	if (key == 'y' && shown->xml)
		app_copy(app, "XML", shown->xml);
	if (key == 'g')
		app_open_inside(app, &shown->guest);
	g_free(shown->xml);
	g_free(shown);
}

static const struct review_choice *choices_of(const struct shown *shown)
{
	static const struct review_choice plain[] = {{'q', "Close", false}, {0}};
	static const struct review_choice go[] = {{'q', "Close", false}, {'g', "Go to the guest", false}, {0}};
	static const struct review_choice copy[] = {{'q', "Close", false}, {'y', "Copy the XML", false}, {0}};
	static const struct review_choice all[] = {
	        {'q', "Close", false}, {'y', "Copy the XML", false}, {'g', "Go to the guest", false}, {0}};

	if (shown->guest.kind == OBJ_GUEST)
		return shown->xml ? all : go;
	return shown->xml ? copy : plain;
}

static void add_pair(GPtrArray *lines, const char *label, const char *value)
{
	g_autofree char *line = g_strdup_printf("%-*s%s", LABEL_COLS, label, value);

	if (*value)
		review_add_text(lines, ROLE_DIALOG, line);
}

static void add_number(GPtrArray *lines, const char *label, int number)
{
	g_autofree char *text = number >= 0 ? g_strdup_printf("%d", number) : g_strdup("");

	add_pair(lines, label, text);
}

static void add_ids(GPtrArray *lines, const struct device_row *row)
{
	g_autofree char *ids = row->vendor_id >= 0 && row->product_id >= 0
	                               ? g_strdup_printf("%04x:%04x", (unsigned)row->vendor_id, (unsigned)row->product_id)
	                               : g_strdup("");

	add_pair(lines, "Kind", device_class_words(row));
	add_pair(lines, "Vendor", row->vendor);
	add_pair(lines, "Product", row->product);
	add_pair(lines, "Ids", ids);
}

static void add_group(GPtrArray *lines, const struct device_row *row)
{
	g_autofree char *members = device_list_words(row->group);
	g_autofree char *text = row->iommu_group >= 0
	                                ? g_strdup_printf("%d%s%s", row->iommu_group, *members ? ": " : "", members)
	                                : g_strdup("none");

	if (row->kind != DEVICE_USB)
		add_pair(lines, "IOMMU group", text);
}

static void add_functions(GPtrArray *lines, const struct device_row *row)
{
	g_autofree char *list = device_list_words(row->virtuals);
	g_autofree char *text = row->virtuals_max ? g_strdup_printf("%u of %" G_GINT64_FORMAT "%s%s", row->virtuals->len,
	                                                    row->virtuals_max, *list ? ": " : "", list)
	                                          : g_strdup("");

	add_pair(lines, "Functions", text);
	add_pair(lines, "Function of", row->physical);
}

static void add_mdev_types(GPtrArray *lines, const struct device_row *row)
{
	for (unsigned i = 0; i < row->mdev_types->len; i++) {
		const struct device_mdev_type *type = row->mdev_types->pdata[i];
		g_autofree char *left = type->available >= 0 ? g_strdup_printf(", %" G_GINT64_FORMAT " more", type->available)
		                                             : g_strdup("");
		g_autofree char *text = g_strdup_printf(
		        "%s%s%s (%s)%s", type->id, *type->name ? " " : "", type->name, type->api, left);

		add_pair(lines, i ? "" : "Can be made", text);
	}
	add_pair(lines, "Made as", row->mdev_type);
}

static void add_facts(GPtrArray *lines, const struct device_row *row)
{
	g_autofree char *users = device_user_words(row), *carries = device_list_words(row->carries);

	add_ids(lines, row);
	add_pair(lines, "Driver", *row->driver ? row->driver : row->kind == DEVICE_MDEV ? "" : "none");
	add_group(lines, row);
	add_number(lines, "NUMA node", row->numa);
	add_functions(lines, row);
	add_mdev_types(lines, row);
	add_pair(lines, "Carries", carries);
	add_pair(lines, "Host needs it", row->host_use);
	add_pair(lines, "Reset", row->reset == 1 ? "the kernel can" : row->reset == 0 ? "the kernel knows no way" : "");
	add_pair(lines, "Guests", strcmp(users, "?") == 0 ? "not known yet" : strcmp(users, "-") == 0 ? "none" : users);
	add_pair(lines, "libvirt's name", row->name);
}

void device_page_show(struct app *app, unsigned host, const struct device_row *row)
{
	GPtrArray *lines = review_lines_new();
	struct shown *shown = g_new0(struct shown, 1);
	g_autofree char *name = device_title(row), *title = g_strdup_printf("Device %s", row->address);
	g_autofree char *verdict =
	        g_strdup_printf("For a guest: %s: %s", device_verdict_word(row->verdict), row->why);
	int cols = CLAMP(app->canvas.cols - 8, 20, 100);

	shown->xml = device_hostdev_xml(row);
	if (row->uses && row->uses->len) {
		shown->guest = (struct obj_ref){.kind = OBJ_GUEST, .host = host};
		memcpy(shown->guest.uuid, ((const struct device_use *)row->uses->pdata[0])->guest, 16);
	}
	review_add_wrapped(lines, row->verdict == DEVICE_NO ? ROLE_WARN : ROLE_BOLD, verdict, cols);
	review_add_text(lines, ROLE_DIALOG, " ");
	add_facts(lines, row);
	if (shown->xml) {
		review_add_text(lines, ROLE_DIALOG, " ");
		review_add_text(lines, ROLE_BOLD, "In a guest's definition");
		review_add_text(lines, ROLE_KEY, shown->xml);
	}
	app_push_modal(app, review_new(app, &(struct review_options){.title = title,
	                                            .intro = name,
	                                            .lines = lines,
	                                            .choices = choices_of(shown),
	                                            .done = shown_done,
	                                            .data = shown}));
}
