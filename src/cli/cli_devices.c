/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `nvirt devices`: the host's own devices, and which of them a guest can have. Main thread. */
#include "cli.h"
#include "nvirt/text.h"

const struct cli_option cli_options_devices[] = {
        {"usable", 0, NULL, false, "List only devices that a guest can be given now"},
        CLI_OPTION_CSV,
        {0},
};

static const char *const titles[] = {
        "ADDRESS", "DEVICE", "FOR GUEST", "DRIVER", ">IOMMU", "CARRIES", "USED BY", "WHY", NULL};

/* ---- choosing ---- */

static bool is_shown(const struct cli *cli, const struct device_row *row, const char *filter_fold)
{
	g_autofree char *text = device_filter_text(row);

	if (cli_line_flag(&cli->line, "usable") && row->verdict > DEVICE_CARE)
		return false;
	return filter_match(text, filter_fold);
}

/* ---- printing ---- */

static void add_row(struct cli_table *table, const struct device_row *row)
{
	cli_table_take(table, g_strconcat(row->depth ? "  " : "", row->address, NULL));
	cli_table_take(table, device_title(row));
	cli_table_add(table, device_verdict_word(row->verdict));
	cli_table_add(table, row->driver);
	cli_table_take(table, row->iommu_group >= 0 ? g_strdup_printf("%d", row->iommu_group) : NULL);
	cli_table_take(table, device_list_words(row->carries));
	cli_table_take(table, device_user_words(row));
	cli_table_add(table, row->why);
}

static json_object *names_json(const GPtrArray *names)
{
	json_object *array = json_object_new_array();

	for (unsigned i = 0; i < names->len; i++)
		json_object_array_add(array, json_object_new_string(names->pdata[i]));
	return array;
}

static json_object *types_json(const struct device_row *row)
{
	json_object *array = json_object_new_array();

	for (unsigned i = 0; i < row->mdev_types->len; i++) {
		const struct device_mdev_type *type = row->mdev_types->pdata[i];
		json_object *object = json_object_new_object();

		json_add_string(object, "id", type->id);
		json_add_string(object, "name", type->name);
		json_add_string(object, "api", type->api);
		json_add_known(object, "available", type->available, type->available >= 0);
		json_object_array_add(array, object);
	}
	return array;
}

static json_object *users_json(const struct device_row *row)
{
	json_object *array = row->uses ? json_object_new_array() : NULL;

	for (unsigned i = 0; row->uses && i < row->uses->len; i++) {
		const struct device_use *use = row->uses->pdata[i];
		json_object *object = json_object_new_object();
		char uuid[37];

		uuid_format(use->guest, uuid);
		json_add_string(object, "guest", use->name);
		json_add_string(object, "uuid", uuid);
		json_add_bool(object, "live", use->live);
		json_object_array_add(array, object);
	}
	return array;
}

static void add_identity(json_object *object, const struct device_row *row)
{
	static const char *const kinds[] = {[DEVICE_PCI] = "pci", [DEVICE_USB] = "usb", [DEVICE_MDEV] = "mdev"};

	json_add_string(object, "address", row->address);
	json_add_string(object, "kind", kinds[row->kind]);
	json_add_string(object, "name", row->name);
	json_add_string(object, "class", device_class_words(row));
	json_add_filled(object, "vendor", row->vendor);
	json_add_filled(object, "product", row->product);
	json_add_known(object, "vendor_id", row->vendor_id, row->vendor_id >= 0);
	json_add_known(object, "product_id", row->product_id, row->product_id >= 0);
	json_add_filled(object, "driver", row->driver);
}

static json_object *device_json(const struct device_row *row)
{
	json_object *object = json_object_new_object();
	g_autofree char *xml = device_hostdev_xml(row);

	add_identity(object, row);
	json_add_known(object, "iommu_group", row->iommu_group, row->iommu_group >= 0);
	json_object_object_add(object, "iommu_members", names_json(row->group));
	json_add_known(object, "numa_node", row->numa, row->numa >= 0);
	json_add_filled(object, "physical_function", row->physical);
	json_object_object_add(object, "virtual_functions", names_json(row->virtuals));
	json_add_int(object, "virtual_functions_max", row->virtuals_max);
	json_add_filled(object, "mdev_type", row->mdev_type);
	json_object_object_add(object, "mdev_types", types_json(row));
	json_object_object_add(object, "carries", names_json(row->carries));
	json_add_filled(object, "host_use", row->host_use);
	json_object_object_add(object, "can_reset", row->reset >= 0 ? json_object_new_boolean(row->reset) : NULL);
	json_object_object_add(object, "users", users_json(row));
	json_add_string(object, "verdict", device_verdict_word(row->verdict));
	json_add_string(object, "why", row->why);
	json_add_string(object, "hostdev_xml", xml);
	return object;
}

static bool print(struct cli *cli, const struct host *host, const char *filter)
{
	g_autofree char *fold = text_fold(filter);
	g_autoptr(json_object) array = output_is_data(&cli->out) ? json_object_new_array() : NULL;
	struct cli_table *table = array ? NULL : cli_table_new(titles);
	bool written;

	for (unsigned i = 0; i < host->devices->len; i++) {
		const struct device_row *row = host->devices->pdata[i];

		if (!is_shown(cli, row, fold))
			continue;
		if (array)
			json_object_array_add(array, device_json(row));
		else
			add_row(table, row);
	}
	written = array ? output_records(&cli->out, &record_device, array) : output_table(&cli->out, table);
	cli_table_free(table);
	return written;
}

static int show_host(struct cli *cli, const struct host *host)
{
	const GPtrArray *words = cli->line.words;

	if (!host->devices) {
		output_message(&cli->out, "cannot list the devices of %s: no answer in time", host->name);
		return EXIT_CODE_FAILED;
	}
	if (host->devices->len && host->device_users_known < host->device_users_total)
		output_message(&cli->out, "%u of %u guests could not be read in time: users may be missing here",
		        host->device_users_total - host->device_users_known, host->device_users_total);
	return print(cli, host, words->len ? words->pdata[0] : "") ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}

int cli_devices(struct cli *cli)
{
	struct cli_session *session;
	int code;

	if (cli->line.words->len > 1)
		return cli_usage_error(cli, "devices", "devices: one text is wanted that is in what is listed of them");
	session = cli_open_session(cli, "devices", true, false);
	if (!session)
		return EXIT_CODE_USAGE;
	code = cli_session_connect(session, OBJ_GUEST);
	if (code == EXIT_CODE_OK &&
	        cli_session_devices(session, store_host_at(session->store, 0)->id) == WAIT_INTERRUPTED)
		code = EXIT_CODE_INTERRUPTED;
	cli_session_release_signals(session);
	if (code == EXIT_CODE_OK)
		code = show_host(cli, store_host_at(session->store, 0));
	cli_session_free(session);
	return code;
}
