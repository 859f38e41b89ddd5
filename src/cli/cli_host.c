/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `nvirt host`: the host itself, as its Summary has it: each CPU, memory,
 * pressure, KSM, NUMA cells with the guests on them, disks and temperatures.
 *
 * Main thread. It is described once, as JSON; the lines are that object printed
 * for people.
 */
#include <string.h>

#include "cli.h"

const struct cli_option cli_options_host[] = {
        CLI_OPTION_CSV,
        {0},
};

static void add_count(json_object *object, const char *key, int64_t value)
{
	json_add_known(object, key, value, value >= 0);
}

static void add_list(json_object *object, const char *key, json_object *list)
{
	json_object_object_add(object, key, list);
}

static json_object *cpus_json(const struct node_rates *rates)
{
	json_object *list = json_object_new_array();

	for (unsigned i = 0; i < rates->cpus->len; i++) {
		json_object *object = json_object_new_object();
		double busy = g_array_index(rates->cpus, double, i);

		json_add_int(object, "number", i);
		json_add_figure(object, "busy_pct", busy < 0 ? -1 : busy * 100);
		json_object_array_add(list, object);
	}
	return list;
}

static json_object *pressure_json(const struct node_detail *detail)
{
	static const char *const names[NODE_STALL_N] = {
	        [NODE_STALL_CPU] = "cpu", [NODE_STALL_MEMORY] = "memory", [NODE_STALL_IO] = "io"};
	static const char *const some[NODE_STALL_SPANS] = {"some_10s_pct", "some_60s_pct", "some_300s_pct"};
	static const char *const full[NODE_STALL_SPANS] = {"full_10s_pct", "full_60s_pct", "full_300s_pct"};
	json_object *list = json_object_new_array();

	for (unsigned i = 0; i < NODE_STALL_N; i++) {
		json_object *object;

		if (detail->stalls[i].some[0] < 0)
			continue;
		object = json_object_new_object();
		json_add_string(object, "of", names[i]);
		for (unsigned j = 0; j < NODE_STALL_SPANS; j++) {
			json_add_figure(object, some[j], detail->stalls[i].some[j]);
			json_add_figure(object, full[j], detail->stalls[i].full[j]);
		}
		json_object_array_add(list, object);
	}
	return list;
}

/* ---- cells ---- */

static json_object *pages_json(const struct node_cell *cell)
{
	json_object *list = json_object_new_array();

	for (unsigned i = 0; i < cell->pages->len; i++) {
		const struct node_pages *pages = &g_array_index(cell->pages, struct node_pages, i);
		json_object *object = json_object_new_object();

		json_add_int(object, "page_kib", pages->size_kib);
		json_add_int(object, "total", pages->total);
		add_count(object, "free", pages->free);
		json_object_array_add(list, object);
	}
	return list;
}

static json_object *guests_json(const struct store *store, const struct host *host, unsigned cell)
{
	const GPtrArray *places = host->node_detail->places;
	json_object *list = json_object_new_array();

	for (unsigned i = 0; i < places->len; i++) {
		const struct node_place *place = places->pdata[i];
		struct obj_ref ref = {.kind = OBJ_GUEST, .host = host->id};
		int64_t kib = g_array_index(place->kib, int64_t, cell);
		json_object *object;
		char uuid[37];

		if (!kib)
			continue;
		memcpy(ref.uuid, place->uuid, sizeof(ref.uuid));
		uuid_format(place->uuid, uuid);
		object = json_object_new_object();
		json_add_string(object, "uuid", uuid);
		json_add_string(object, "name", store_has(store, &ref) ? store_name(store, &ref) : NULL);
		add_count(object, "memory_kib", kib);
		json_object_array_add(list, object);
	}
	return list;
}

static json_object *cells_json(const struct store *store, const struct host *host)
{
	const GPtrArray *cells = host->node_detail->cells;
	json_object *list = json_object_new_array();

	for (unsigned i = 0; i < cells->len; i++) {
		const struct node_cell *cell = cells->pdata[i];
		json_object *object = json_object_new_object();

		json_add_int(object, "id", cell->id);
		json_add_string(object, "cpus", cell->cpus);
		add_count(object, "memory_kib", cell->total_kib);
		add_count(object, "free_kib", cell->free_kib);
		add_list(object, "huge_pages", pages_json(cell));
		add_list(object, "guests", guests_json(store, host, i));
		json_object_array_add(list, object);
	}
	return list;
}

/* ---- disks and temperatures ---- */

static json_object *disks_json(const struct host *host)
{
	json_object *list = json_object_new_array();

	for (unsigned i = 0; i < host->node_detail->disks->len; i++) {
		const struct node_disk *disk = host->node_detail->disks->pdata[i];
		const struct node_disk_rate *rate = &g_array_index(host->node_rates.disks, struct node_disk_rate, i);
		json_object *object = json_object_new_object();

		json_add_string(object, "name", disk->name);
		json_add_figure(object, "read_bps", rate->rd_bps);
		json_add_figure(object, "write_bps", rate->wr_bps);
		json_add_figure(object, "busy_pct", rate->busy < 0 ? -1 : rate->busy * 100);
		json_object_array_add(list, object);
	}
	return list;
}

static json_object *sensors_json(const struct node_detail *detail)
{
	json_object *list = json_object_new_array();

	for (unsigned i = 0; i < detail->sensors->len; i++) {
		const struct node_sensor *sensor = detail->sensors->pdata[i];
		json_object *object = json_object_new_object();
		char text[G_ASCII_DTOSTR_BUF_SIZE];

		json_add_string(object, "name", sensor->name);
		/* May well be below zero. */
		g_ascii_formatd(text, sizeof(text), "%.1f", sensor->celsius);
		json_object_object_add(object, "celsius", json_object_new_double_s(sensor->celsius, text));
		json_add_figure(object, "critical_celsius", sensor->limit);
		json_object_array_add(list, object);
	}
	return list;
}

/* ---- all of it ---- */

static void add_ksm(json_object *object, const struct node_ksm *ksm)
{
	static const char *const states[] = {"off", "on", "unmerge"};
	bool counted = ksm->sharing_pages >= 0 && ksm->page_bytes > 0;

	json_add_string(object, "ksm", ksm->run >= 0 && ksm->run < (int)G_N_ELEMENTS(states) ? states[ksm->run] : NULL);
	json_add_known(object, "ksm_saved_bytes", ksm->sharing_pages * ksm->page_bytes, counted);
	json_add_known(object, "ksm_profit_bytes", ksm->profit_bytes, ksm->profit_bytes != G_MININT64);
	add_count(object, "ksm_pages_to_scan", ksm->pages_to_scan);
	add_count(object, "ksm_sleep_ms", ksm->sleep_ms);
	if (ksm->merge_across_nodes < 0)
		json_add_string(object, "ksm_across_cells", NULL);
	else
		json_add_bool(object, "ksm_across_cells", ksm->merge_across_nodes);
}

static json_object *host_json(const struct store *store, const struct host *host)
{
	const struct node_detail *detail = host->node_detail;
	json_object *object = json_object_new_object();

	json_add_string(object, "name", host->name);
	json_add_string(object, "uri", host->status->uri);
	json_add_bool(object, "files_read", detail->machine);
	add_list(object, "cpus", cpus_json(&host->node_rates));
	add_count(object, "memory_kib", detail->memory.total_kib);
	add_count(object, "free_kib", detail->memory.free_kib);
	add_count(object, "available_kib", detail->memory.available_kib);
	add_count(object, "cache_kib", detail->memory.cache_kib);
	add_count(object, "huge_kib", detail->memory.huge_kib);
	add_list(object, "pressure", pressure_json(detail));
	add_ksm(object, &detail->ksm);
	add_list(object, "cells", cells_json(store, host));
	add_list(object, "disks", disks_json(host));
	add_list(object, "sensors", sensors_json(detail));
	return object;
}

static int print_host(struct cli *cli, struct cli_session *session)
{
	struct host *host = store_host_at(session->store, 0);
	enum cli_wait wait = cli_session_node(session, host->id);
	g_autoptr(json_object) object = NULL;
	g_autofree char *text = NULL;

	if (wait == WAIT_INTERRUPTED)
		return EXIT_CODE_INTERRUPTED;
	if (!host->node_detail) {
		output_message(&cli->out, "'%s' did not answer in time", host->name);
		return EXIT_CODE_FAILED;
	}
	cli_session_release_signals(session);
	object = host_json(session->store, host);
	if (output_is_data(&cli->out))
		return output_record(&cli->out, &record_host_detail, object) ? EXIT_CODE_OK : EXIT_CODE_FAILED;
	text = cli_object_text(object);
	return output_text(&cli->out, text) ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}

int cli_host(struct cli *cli)
{
	struct cli_session *session;
	int code;

	if (cli->line.words->len)
		return cli_usage_error(cli, "host", "host: no word is wanted; '-c URI' says which host");
	session = cli_open_session(cli, "host", true, false);
	if (!session)
		return EXIT_CODE_USAGE;
	code = cli_session_connect(session, OBJ_GUEST);
	if (code == EXIT_CODE_OK)
		code = print_host(cli, session);
	cli_session_free(session);
	return code;
}
