/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `nvirt show NAME`: everything known about a guest, a pool or a network, as
 * "key: value" lines or JSON.
 *
 * Main thread. Each object is described once, as JSON; the lines are that
 * object printed for people.
 */
#include <string.h>

#include "cli.h"
#include "cli_resolve.h"
#include "nvirt/text.h"

static void add_text(json_object *object, const char *key, const char *value)
{
	json_add_string(object, key, value && *value ? value : NULL);
}

static void add_count(json_object *object, const char *key, int64_t value)
{
	json_add_known(object, key, value, value >= 0);
}

/* ---- guest ---- */

static json_object *disk_json(const struct guest_disk *disk)
{
	json_object *object = json_object_new_object();

	add_text(object, "target", disk->target);
	add_text(object, "device", disk->device);
	add_text(object, "bus", disk->bus);
	add_text(object, "source", disk->source);
	add_text(object, "format", disk->format);
	add_text(object, "cache", disk->cache);
	json_add_bool(object, "readonly", disk->readonly);
	json_add_bool(object, "shareable", disk->shareable);
	add_count(object, "capacity_bytes", disk->capacity_bytes);
	add_count(object, "allocation_bytes", disk->allocation_bytes);
	add_count(object, "read_bytes", disk->rd_bytes);
	add_count(object, "written_bytes", disk->wr_bytes);
	add_count(object, "reads", disk->rd_ops);
	add_count(object, "writes", disk->wr_ops);
	return object;
}

static json_object *nic_json(const struct guest_nic *nic)
{
	json_object *object = json_object_new_object();
	json_object *addresses = json_object_new_array();

	for (unsigned i = 0; nic->addresses && i < nic->addresses->len; i++)
		json_object_array_add(addresses, json_object_new_string(nic->addresses->pdata[i]));
	add_text(object, "mac", nic->mac);
	add_text(object, "model", nic->model);
	add_text(object, "type", nic->type);
	add_text(object, "source", nic->source);
	add_text(object, "target", nic->target);
	json_add_bool(object, "link_down", nic->link_down);
	json_object_object_add(object, "addresses", addresses);
	add_text(object, "address_source", nic->address_source);
	add_count(object, "received_bytes", nic->rx_bytes);
	add_count(object, "sent_bytes", nic->tx_bytes);
	return object;
}

static void add_devices(json_object *object, const struct guest_detail *detail)
{
	json_object *disks = json_object_new_array();
	json_object *nics = json_object_new_array();

	for (unsigned i = 0; detail->disks && i < detail->disks->len; i++)
		json_object_array_add(disks, disk_json(detail->disks->pdata[i]));
	for (unsigned i = 0; detail->nics && i < detail->nics->len; i++)
		json_object_array_add(nics, nic_json(detail->nics->pdata[i]));
	json_object_object_add(object, "disks", disks);
	json_object_object_add(object, "nics", nics);
}

static void add_definition(json_object *object, const struct guest_detail *detail)
{
	add_text(object, "title", detail->title);
	add_text(object, "description", detail->description);
	add_text(object, "tags", detail->tags);
	json_add_known(object, "vcpus", detail->vcpus, detail->vcpus > 0);
	json_add_known(object, "vcpus_max", detail->vcpus_max, detail->vcpus_max > 0);
	json_add_known(object, "memory_kib", (gint64)detail->memory_kib, detail->memory_kib > 0);
	json_add_known(object, "memory_max_kib", (gint64)detail->memory_max_kib, detail->memory_max_kib > 0);
	add_text(object, "accelerator", detail->accelerator);
	add_text(object, "arch", detail->arch);
	add_text(object, "machine", detail->machine);
	add_text(object, "firmware", detail->firmware);
	add_text(object, "nvram", detail->nvram);
	add_text(object, "boot", detail->boot);
	add_text(object, "cpu", detail->cpu_mode);
	add_text(object, "graphics", detail->graphics);
	add_text(object, "emulator", detail->emulator);
}

static void add_state(json_object *object, const struct guest *guest)
{
	char uuid[37];

	uuid_format(guest->ref.uuid, uuid);
	json_add_string(object, "name", guest->name);
	json_add_string(object, "uuid", uuid);
	json_add_string(object, "state", guest_state_word(guest->state));
	add_text(object, "reason", guest_reason_word(guest->state, guest->reason));
	json_add_known(object, "id", guest->id, guest->id >= 0);
	json_add_bool(object, "autostart", guest->flags & GUEST_AUTOSTART);
	json_add_bool(object, "persistent", guest->flags & GUEST_PERSISTENT);
	json_add_bool(object, "managed_save", guest->flags & GUEST_MANAGED_SAVE);
	json_add_bool(object, "snapshots", guest->flags & GUEST_SNAPSHOTS);
	add_text(object, "stuck", guest->stuck_us ? guest->stuck_why : NULL);
}

static json_object *guest_json(const struct guest *guest)
{
	const struct guest_detail *detail = guest->detail;
	json_object *object = json_object_new_object();

	add_state(object, guest);
	if (!detail)
		return object;
	json_add_time(object, "started", detail->started_unix_us);
	json_add_known(object, "pid", detail->pid, detail->pid > 0);
	add_text(object, "job", detail->job);
	add_text(object, "problem", detail->problem);
	add_text(object, "disk_errors", detail->disk_errors);
	add_definition(object, detail);
	json_add_bool(object, "agent_channel", detail->agent_channel);
	json_add_bool(object, "agent_connected", detail->agent_connected);
	add_count(object, "balloon_kib", detail->balloon_kib);
	add_count(object, "usable_kib", detail->usable_kib);
	add_count(object, "rss_kib", detail->rss_kib);
	add_devices(object, detail);
	return object;
}

/* ---- pool and network ---- */

static json_object *pool_json(const struct pool *pool)
{
	const struct pool_row *row = pool->row;
	json_object *object = json_object_new_object();
	bool sized = row->state != POOL_INACTIVE;
	char uuid[37];

	uuid_format(row->uuid, uuid);
	json_add_string(object, "name", row->name);
	json_add_string(object, "uuid", uuid);
	json_add_string(object, "state", pool_state_word(row->state));
	json_add_bool(object, "autostart", row->autostart);
	json_add_bool(object, "persistent", row->persistent);
	add_text(object, "type", row->type);
	add_text(object, "path", row->path);
	json_add_known(object, "capacity_bytes", (gint64)row->capacity_bytes, sized);
	json_add_known(object, "allocation_bytes", (gint64)row->allocation_bytes, sized);
	json_add_known(object, "available_bytes", (gint64)row->available_bytes, sized);
	json_add_known(object, "volumes", pool->volumes ? pool->volumes->len : 0, pool->volumes != NULL);
	return object;
}

static json_object *network_json(const struct network *network)
{
	const struct network_row *row = network->row;
	json_object *object = json_object_new_object();
	json_object *leases = json_object_new_array();
	char uuid[37];

	uuid_format(row->uuid, uuid);
	json_add_string(object, "name", row->name);
	json_add_string(object, "uuid", uuid);
	json_add_string(object, "state", row->active ? "active" : "inactive");
	json_add_bool(object, "autostart", row->autostart);
	json_add_bool(object, "persistent", row->persistent);
	add_text(object, "forward", row->forward);
	add_text(object, "bridge", row->bridge);
	add_text(object, "domain", row->domain);
	add_text(object, "addresses", row->addresses);
	add_text(object, "dhcp", row->dhcp);
	add_count(object, "connections", row->connections);
	for (unsigned i = 0; row->leases && i < row->leases->len; i++) {
		const struct network_lease *lease = row->leases->pdata[i];
		g_autofree char *words =
		        g_strjoin(" ", lease->mac, lease->address, *lease->hostname ? lease->hostname : NULL, NULL);

		json_object_array_add(leases, json_object_new_string(words));
	}
	json_object_object_add(object, "leases", leases);
	return object;
}

/* ---- lines for people ---- */

static void append_value(GString *text, const char *key, json_object *value, int indent);

static void append_members(GString *text, json_object *object, int indent)
{
	json_object_object_foreach(object, key, value)
	{
		append_value(text, key, value, indent);
	}
}

static bool append_unit(GString *text, const char *key, json_object *value)
{
	bool kib = g_str_has_suffix(key, "_kib"), bytes = g_str_has_suffix(key, "_bytes");
	char size[32];

	if (!kib && !bytes)
		return false;
	text_format_bytes(size, sizeof(size), (guint64)json_object_get_int64(value) * (kib ? 1024 : 1));
	g_string_append_printf(text, "%s\n", size);
	return true;
}

/* A description's further lines stand below its first one. */
static void append_string(GString *text, const char *words, int indent)
{
	g_auto(GStrv) lines = g_strsplit(words, "\n", -1);

	if (!lines[0])
		g_string_append_c(text, '\n');
	for (unsigned i = 0; lines[i]; i++)
		g_string_append_printf(text, "%*s%s\n", i ? indent + 2 : 0, "", lines[i]);
}

static void append_array(GString *text, json_object *array, int indent)
{
	g_string_append_c(text, '\n');
	for (gsize i = 0; i < json_object_array_length(array); i++) {
		json_object *one = json_object_array_get_idx(array, i);

		if (json_object_is_type(one, json_type_string)) {
			g_string_append_printf(
			        text, "%*s- %s\n", indent + 2, "", json_object_get_string(one));
			continue;
		}
		g_string_append_printf(text, "%*s-\n", indent + 2, "");
		append_members(text, one, indent + 4);
	}
}

/* What is not known is left out: a line says something. */
static void append_value(GString *text, const char *key, json_object *value, int indent)
{
	bool array = json_object_is_type(value, json_type_array);
	g_autofree char *title = g_strdelimit(g_strdup(key), "_", ' ');

	if (!value || (array && !json_object_array_length(value)))
		return;
	if (g_str_has_suffix(key, "_kib") || g_str_has_suffix(key, "_bytes"))
		*strrchr(title, ' ') = '\0';
	g_string_append_printf(text, "%*s%s:%s", indent, "", title, array ? "" : " ");
	if (array)
		append_array(text, value, indent);
	else if (json_object_is_type(value, json_type_boolean))
		g_string_append(text, json_object_get_boolean(value) ? "yes\n" : "no\n");
	else if (!append_unit(text, key, value))
		append_string(text, json_object_get_string(value), indent);
}

char *cli_object_text(json_object *object)
{
	GString *text = g_string_new(NULL);

	append_members(text, object, 0);
	return g_string_free(text, FALSE);
}

/* ---- the verb ---- */

static json_object *object_json(const struct store *store, const struct obj_ref *ref)
{
	if (!store_has(store, ref))
		return NULL;
	switch (ref->kind) {
	case OBJ_GUEST:
		return guest_json(store_guest(store, ref));
	case OBJ_POOL:
		return pool_json(store_pool(store, ref));
	case OBJ_NETWORK:
		return network_json(store_network(store, ref));
	case OBJ_NONE:
	case OBJ_HOST:
	case OBJ_VOLUME:
	case OBJ_SNAPSHOT:
	case OBJ_TASK:
	case OBJ_N:
		break;
	}
	return NULL;
}

static const struct record *record_of(enum obj_kind kind)
{
	if (kind == OBJ_POOL)
		return &record_pool_detail;
	return kind == OBJ_NETWORK ? &record_network_detail : &record_guest_detail;
}

static int print_object(struct cli *cli, struct cli_session *session, const struct obj_ref *ref)
{
	g_autofree char *name = g_strdup(store_name(session->store, ref));
	enum cli_wait wait = cli_session_open(session, ref);
	enum cli_wait figures = wait == WAIT_DONE ? cli_session_figures(session, ref) : WAIT_DONE;
	g_autoptr(json_object) object = object_json(session->store, ref);

	if (wait == WAIT_INTERRUPTED || figures == WAIT_INTERRUPTED)
		return EXIT_CODE_INTERRUPTED;
	if (!object) {
		output_message(&cli->out, "%s '%s' is gone", obj_kind_word(ref->kind), name);
		return EXIT_CODE_FAILED;
	}
	if (wait == WAIT_TIMEOUT)
		output_message(&cli->out, "%s '%s' did not answer in time: only its state is known",
		        obj_kind_word(ref->kind), name);
	if (figures == WAIT_TIMEOUT)
		output_message(&cli->out, "'%s' does not answer: its figures are missing", name);
	cli_session_release_signals(session);
	if (output_is_data(&cli->out)) {
		bool written = output_record(&cli->out, record_of(ref->kind), object);

		return written && wait == WAIT_DONE ? EXIT_CODE_OK : EXIT_CODE_FAILED;
	}
	g_autofree char *text = cli_object_text(object);
	return output_text(&cli->out, text) && wait == WAIT_DONE ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}

static int show(struct cli *cli, struct cli_session *session, enum obj_kind kind, const char *word)
{
	int code = cli_session_connect(session, kind);
	g_autoptr(GError) error = NULL;
	struct obj_ref ref;

	if (code != EXIT_CODE_OK)
		return code;
	if (cli_resolve(store_host_at(session->store, 0), kind, word, &ref, &error))
		return print_object(cli, session, &ref);
	output_message(&cli->out, "%s", error->message);
	return EXIT_CODE_FAILED;
}

int cli_show(struct cli *cli)
{
	static const enum obj_kind kinds[] = {OBJ_GUEST, OBJ_POOL, OBJ_NETWORK};
	GPtrArray *words = cli->line.words;
	enum obj_kind kind = words->len == 1 ? OBJ_GUEST : OBJ_NONE;
	struct cli_session *session;
	int code;

	if (!words->len || words->len > 2)
		return cli_usage_error(cli, "show", "show: the name of one object is wanted");
	for (unsigned i = 0; words->len == 2 && i < G_N_ELEMENTS(kinds); i++)
		if (g_str_equal(words->pdata[0], obj_kind_word(kinds[i])))
			kind = kinds[i];
	if (kind == OBJ_NONE) {
		g_autofree char *clean = text_clean(words->pdata[0], -1);

		return cli_usage_error(
		        cli, "show", "show: '%s' is no kind: guest, pool and network are", clean);
	}
	session = cli_open_session(cli, "show", true, false);
	if (!session)
		return EXIT_CODE_USAGE;
	code = show(cli, session, kind, words->pdata[words->len - 1]);
	cli_session_free(session);
	return code;
}
