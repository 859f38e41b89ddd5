/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `nvirt list`: guests, pools, networks, volumes or hosts as a table or JSON.
 *
 * Main thread. It takes what the back end's first look brings (one bulk call
 * for all guests) and leaves: nothing is asked object by object.
 */
#include "cli.h"
#include "cli_resolve.h"
#include "nvirt/text.h"

const struct cli_option cli_options_list[] = {
        {"all", 0, NULL, false, "List active and inactive objects (the default)"},
        {"active", 0, NULL, false, "List active objects only"},
        {"inactive", 0, NULL, false, "List inactive objects only"},
        CLI_OPTION_CSV,
        {0},
};

/* One listing under way: rows go to the table or to the array. */
struct listing {
	struct cli *cli;
	struct cli_session *session;
	struct cli_table *table; /* NULL with --json and --csv */
	json_object *array;      /* NULL without */
	bool several;            /* hosts: a column more */
};

struct list_kind {
	const char *word; /* "guests" */
	enum obj_kind kind;
	const char *const *titles;
	const struct record *record;
	void (*add)(struct listing *listing, const struct host *host);
};

static bool wanted(const struct listing *listing, bool active)
{
	const struct cli_line *line = &listing->cli->line;
	bool only_active = cli_line_flag(line, "active"), only_inactive = cli_line_flag(line, "inactive");

	if (only_active == only_inactive)
		return true;
	return active == only_active;
}

/* The row's object in the array, with what every kind has; NULL without --json. */
static json_object *json_row(
        struct listing *listing, const struct host *host, const char *name, const uint8_t *uuid)
{
	json_object *object = json_object_new_object();
	char text[37];

	if (uuid)
		uuid_format(uuid, text);
	json_add_string(object, "name", name);
	if (uuid)
		json_add_string(object, "uuid", text);
	json_add_string(object, "host", host->name);
	json_object_array_add(listing->array, object);
	return object;
}

static void table_row(struct listing *listing, const struct host *host, const char *name)
{
	if (listing->several)
		cli_table_add(listing->table, host->name);
	cli_table_add(listing->table, name);
}

/* ---- guests ---- */

static const char *const guest_titles[] = {"NAME", "STATE", "REASON", ">ID", "AUTOSTART", "UUID", NULL};

/* Why it is in its state; a state that its QEMU can not stand up to now is told. */
static const char *guest_reason(const struct guest *guest)
{
	if (guest->flags & GUEST_PROC_STOPPED)
		return "process stopped";
	if (guest->stuck_us)
		return "does not answer";
	return guest_reason_word(guest->state, guest->reason);
}

static void guest_json(json_object *object, const struct guest *guest)
{
	json_add_known(object, "id", guest->id, guest->id >= 0);
	json_add_string(object, "state", guest_state_word(guest->state));
	json_add_string(object, "reason", guest_reason_word(guest->state, guest->reason));
	json_add_bool(object, "active", guest_state_active(guest->state));
	json_add_bool(object, "autostart", guest->flags & GUEST_AUTOSTART);
	json_add_bool(object, "persistent", guest->flags & GUEST_PERSISTENT);
	json_add_bool(object, "managed_save", guest->flags & GUEST_MANAGED_SAVE);
	json_add_bool(object, "process_stopped", guest->flags & GUEST_PROC_STOPPED);
	json_add_string(object, "stuck", guest->stuck_us ? guest->stuck_why : NULL);
	json_add_known(object, "rss_kib", (gint64)guest->rss_kib, guest->rss_kib > 0);
	json_add_known(object, "cpu_time_ns", (gint64)guest->cpu_time_ns, guest->cpu_time_ns > 0);
}

static void guest_table(struct listing *listing, const struct guest *guest)
{
	struct cli_table *table = listing->table;
	char uuid[37];

	uuid_format(guest->ref.uuid, uuid);
	cli_table_add(table, guest_state_word(guest->state));
	cli_table_add(table, guest_reason(guest));
	cli_table_take(table, guest->id >= 0 ? g_strdup_printf("%d", guest->id) : NULL);
	cli_table_add_yes(table, guest->flags & GUEST_AUTOSTART);
	cli_table_add(table, uuid);
}

static void add_guests(struct listing *listing, const struct host *host)
{
	for (unsigned i = 0; i < host->guests->len; i++) {
		const struct guest *guest = host->guests->pdata[i];

		if (!wanted(listing, guest_state_active(guest->state)))
			continue;
		if (listing->array) {
			guest_json(json_row(listing, host, guest->name, guest->ref.uuid), guest);
			continue;
		}
		table_row(listing, host, guest->name);
		guest_table(listing, guest);
	}
}

/* ---- pools ---- */

static const char *const pool_titles[] = {
        "NAME", "STATE", "AUTOSTART", ">CAPACITY", ">ALLOCATED", ">AVAILABLE", "TYPE", "PATH", NULL};

static void pool_json(json_object *object, const struct pool_row *row)
{
	bool sized = row->state != POOL_INACTIVE;

	json_add_string(object, "state", pool_state_word(row->state));
	json_add_bool(object, "active", sized);
	json_add_bool(object, "autostart", row->autostart);
	json_add_bool(object, "persistent", row->persistent);
	json_add_known(object, "capacity_bytes", (gint64)row->capacity_bytes, sized);
	json_add_known(object, "allocation_bytes", (gint64)row->allocation_bytes, sized);
	json_add_known(object, "available_bytes", (gint64)row->available_bytes, sized);
	json_add_string(object, "type", row->type);
	json_add_string(object, "path", row->path);
}

static void pool_table(struct cli_table *table, const struct pool_row *row)
{
	bool sized = row->state != POOL_INACTIVE;

	cli_table_add(table, pool_state_word(row->state));
	cli_table_add_yes(table, row->autostart);
	cli_table_add_bytes(table, row->capacity_bytes, sized);
	cli_table_add_bytes(table, row->allocation_bytes, sized);
	cli_table_add_bytes(table, row->available_bytes, sized);
	cli_table_add(table, row->type);
	cli_table_add(table, row->path);
}

static void add_pools(struct listing *listing, const struct host *host)
{
	for (unsigned i = 0; i < host->pools->len; i++) {
		const struct pool_row *row = ((const struct pool *)host->pools->pdata[i])->row;

		if (!wanted(listing, row->state != POOL_INACTIVE))
			continue;
		if (listing->array) {
			pool_json(json_row(listing, host, row->name, row->uuid), row);
			continue;
		}
		table_row(listing, host, row->name);
		pool_table(listing->table, row);
	}
}

/* ---- networks ---- */

static const char *const network_titles[] = {
        "NAME", "STATE", "AUTOSTART", "FORWARD", "BRIDGE", "ADDRESSES", "DHCP", NULL};

static void network_json(json_object *object, const struct network_row *row)
{
	json_add_bool(object, "active", row->active);
	json_add_bool(object, "autostart", row->autostart);
	json_add_bool(object, "persistent", row->persistent);
	json_add_string(object, "forward", row->forward);
	json_add_string(object, "bridge", row->bridge);
	json_add_string(object, "addresses", row->addresses);
	json_add_string(object, "dhcp", row->dhcp);
	json_add_known(object, "connections", row->connections, row->connections >= 0);
}

static void network_table(struct cli_table *table, const struct network_row *row)
{
	cli_table_add(table, row->active ? "active" : "inactive");
	cli_table_add_yes(table, row->autostart);
	cli_table_add(table, row->forward);
	cli_table_add(table, row->bridge);
	cli_table_add(table, row->addresses);
	cli_table_add(table, row->dhcp);
}

static void add_networks(struct listing *listing, const struct host *host)
{
	for (unsigned i = 0; i < host->networks->len; i++) {
		const struct network_row *row = ((const struct network *)host->networks->pdata[i])->row;

		if (!wanted(listing, row->active))
			continue;
		if (listing->array) {
			network_json(json_row(listing, host, row->name, row->uuid), row);
			continue;
		}
		table_row(listing, host, row->name);
		network_table(listing->table, row);
	}
}

/* ---- volumes of one pool ---- */

static const char *const volume_titles[] = {
        "NAME", ">CAPACITY", ">ALLOCATED", "FORMAT", "BACKING", "USED BY", "PATH", NULL};

static void volume_json(json_object *object, const struct pool *pool, const struct volume_row *row)
{
	json_add_string(object, "pool", pool->row->name);
	json_add_string(object, "path", row->path);
	json_add_string(object, "format", row->format);
	json_add_int(object, "capacity_bytes", (gint64)row->capacity_bytes);
	json_add_int(object, "allocation_bytes", (gint64)row->allocation_bytes);
	json_add_string(object, "backing", row->backing && *row->backing ? row->backing : NULL);
	json_add_string(object, "used_by", row->used_by && *row->used_by ? row->used_by : NULL);
}

static void volume_table(struct cli_table *table, const struct volume_row *row)
{
	cli_table_add(table, row->name);
	cli_table_add_bytes(table, row->capacity_bytes, true);
	cli_table_add_bytes(table, row->allocation_bytes, true);
	cli_table_add(table, row->format);
	cli_table_add(table, row->backing);
	cli_table_add(table, row->used_by);
	cli_table_add(table, row->path);
}

static void add_volumes(struct listing *listing, const struct host *host, const struct pool *pool)
{
	for (unsigned i = 0; i < pool->volumes->len; i++) {
		const struct volume_row *row = ((const struct volume *)pool->volumes->pdata[i])->row;

		if (listing->array)
			volume_json(json_row(listing, host, row->name, NULL), pool, row);
		else
			volume_table(listing->table, row);
	}
}

/* ---- hosts ---- */

static const char *const host_titles[] = {"NAME", "LINK", "DRIVER", "LIBVIRT", "HYPERVISOR", ">CPUS",
        ">MEMORY", ">RUNNING", ">GUESTS", "URI", NULL};

static char *version_text(unsigned long version)
{
	if (!version)
		return NULL;
	return g_strdup_printf("%lu.%lu.%lu", version / 1000000, version / 1000 % 1000, version % 1000);
}

static void host_json(json_object *object, const struct host *host)
{
	const struct host_status *status = host->status;
	g_autofree char *libvirt = version_text(status->libvirt_version);
	g_autofree char *hypervisor = version_text(status->hypervisor_version);

	json_add_string(object, "uri", status->uri);
	json_add_bool(object, "connected", status->link == HOST_UP);
	json_add_bool(object, "readonly", status->readonly);
	json_add_string(object, "driver", status->driver);
	json_add_string(object, "libvirt", libvirt);
	json_add_string(object, "hypervisor", hypervisor);
	json_add_known(object, "cpus", status->cpus, status->cpus > 0);
	json_add_known(object, "memory_kib", (gint64)status->memory_kib, status->memory_kib > 0);
	json_add_known(object, "guests", host->guests->len, host->listed);
	json_add_known(object, "running", host->running, host->listed);
	json_add_string(object, "error", status->error);
}

static void host_table(struct cli_table *table, const struct host *host)
{
	const struct host_status *status = host->status;

	cli_table_add(table, host->name);
	cli_table_add(table, status->link != HOST_UP ? "down" : status->readonly ? "read-only" : "up");
	cli_table_add(table, status->driver);
	cli_table_take(table, version_text(status->libvirt_version));
	cli_table_take(table, version_text(status->hypervisor_version));
	cli_table_take(table, status->cpus ? g_strdup_printf("%u", status->cpus) : NULL);
	cli_table_add_bytes(table, status->memory_kib * 1024, status->memory_kib > 0);
	cli_table_take(table, host->listed ? g_strdup_printf("%u", host->running) : NULL);
	cli_table_take(table, host->listed ? g_strdup_printf("%u", host->guests->len) : NULL);
	cli_table_add(table, status->uri && *status->uri ? status->uri : host->asked_uri);
}

static void add_host(struct listing *listing, const struct host *host)
{
	if (listing->array)
		host_json(json_row(listing, host, host->name, NULL), host);
	else
		host_table(listing->table, host);
}

/* ---- the verb ---- */

static const struct list_kind kinds[] = {
        {"guests", OBJ_GUEST, guest_titles, &record_guest, add_guests},
        {"pools", OBJ_POOL, pool_titles, &record_pool, add_pools},
        {"networks", OBJ_NETWORK, network_titles, &record_network, add_networks},
        {"volumes", OBJ_VOLUME, volume_titles, &record_volume, NULL}, /* of a pool: see list_volumes() */
        {"hosts", OBJ_GUEST, host_titles, &record_host, add_host},
};

static const struct list_kind *kind_by_word(const char *word)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (g_str_equal(kinds[i].word, word) || g_str_has_prefix(kinds[i].word, word))
			return *word ? &kinds[i] : NULL;
	return NULL;
}

static int list_volumes(struct listing *listing)
{
	const struct host *host = store_host_at(listing->session->store, 0);
	const char *word = listing->cli->line.words->pdata[1];
	struct output *out = &listing->cli->out;
	g_autoptr(GError) error = NULL;
	const struct pool *pool;
	struct obj_ref ref;

	if (!cli_resolve(host, OBJ_POOL, word, &ref, &error)) {
		output_message(out, "%s", error->message);
		return EXIT_CODE_FAILED;
	}
	pool = store_pool(listing->session->store, &ref);
	if (pool->row->state == POOL_INACTIVE) {
		output_message(out, "pool '%s' is not active, so its volumes are not known", pool->row->name);
		return EXIT_CODE_FAILED;
	}
	if (cli_session_open(listing->session, &ref) == WAIT_INTERRUPTED)
		return EXIT_CODE_INTERRUPTED;
	pool = store_pool(listing->session->store, &ref);
	if (!pool || !pool->volumes) {
		output_message(out, "the volumes of pool '%s' did not come", word);
		return EXIT_CODE_FAILED;
	}
	/* What came in time is listed; that it is not all is said. */
	if (cli_session_users(listing->session, &ref) == WAIT_INTERRUPTED)
		return EXIT_CODE_INTERRUPTED;
	pool = store_pool(listing->session->store, &ref);
	if (!pool || !pool->volumes)
		return EXIT_CODE_FAILED;
	if (pool->users_known < pool->users_total)
		output_message(out, "users of the volumes are known for %u of %u guests", pool->users_known,
		        pool->users_total);
	add_volumes(listing, host, pool);
	return EXIT_CODE_OK;
}

/* A host that is away is told on stderr; the others are listed all the same. */
static void list_hosts(struct listing *listing, const struct list_kind *kind)
{
	for (unsigned i = 0; i < store_host_count(listing->session->store); i++) {
		const struct host *host = store_host_at(listing->session->store, i);

		if (kind->titles == host_titles || cli_session_has(listing->session, host, kind->kind))
			kind->add(listing, host);
	}
}

/* The titles with the host's before them where there are several. */
static const char **make_titles(const struct listing *listing, const struct list_kind *kind)
{
	GPtrArray *titles = g_ptr_array_new();

	if (listing->several && kind->titles != host_titles)
		g_ptr_array_add(titles, (gpointer) "HOST");
	for (const char *const *title = kind->titles; *title; title++)
		g_ptr_array_add(titles, (gpointer)*title);
	g_ptr_array_add(titles, NULL);
	return (const char **)g_ptr_array_free(titles, FALSE);
}

static int fill_and_print(struct listing *listing, const struct list_kind *kind)
{
	struct output *out = &listing->cli->out;
	int code = cli_session_connect(listing->session, kind->kind);
	bool written;

	if (code == EXIT_CODE_INTERRUPTED ||
	        (code != EXIT_CODE_OK && !listing->several && kind->titles != host_titles))
		return code;
	/* A script compares what the host is called. */
	if ((listing->array || listing->several || kind->titles == host_titles) &&
	        cli_session_facts(listing->session) == WAIT_INTERRUPTED)
		return EXIT_CODE_INTERRUPTED;
	if (kind->kind == OBJ_VOLUME) {
		code = list_volumes(listing);
		if (code != EXIT_CODE_OK)
			return code;
	} else {
		list_hosts(listing, kind);
	}
	cli_session_release_signals(listing->session);
	written = listing->array ? output_records(out, kind->record, listing->array)
	                         : output_table(out, listing->table);
	return written ? code : EXIT_CODE_FAILED;
}

static int list_kind(struct cli *cli, const char *verb, const struct list_kind *kind)
{
	struct listing listing = {.cli = cli};
	g_autoptr(json_object) array = output_is_data(&cli->out) ? json_object_new_array() : NULL;
	g_autofree const char **titles = NULL;
	int code;

	listing.session = cli_open_session(cli, verb, kind->kind == OBJ_VOLUME, false);
	if (!listing.session)
		return EXIT_CODE_USAGE;
	listing.several = store_host_count(listing.session->store) > 1;
	listing.array = array;
	titles = make_titles(&listing, kind);
	listing.table = array ? NULL : cli_table_new(titles);
	code = fill_and_print(&listing, kind);
	cli_table_free(listing.table);
	cli_session_free(listing.session);
	return code;
}

int cli_list(struct cli *cli)
{
	GPtrArray *words = cli->line.words;
	const struct list_kind *kind = kind_by_word(words->len ? words->pdata[0] : "guests");
	unsigned wanted_words = kind && kind->kind == OBJ_VOLUME ? 2 : 1;

	if (!kind) {
		g_autofree char *clean = text_clean(words->pdata[0], -1);

		return cli_usage_error(cli, "list",
		        "list: '%s' can not be listed: guests, pools, networks, volumes or hosts can", clean);
	}
	if (words->len < wanted_words && kind->kind == OBJ_VOLUME)
		return cli_usage_error(cli, "list", "list volumes: of which pool?");
	if (words->len > wanted_words) {
		g_autofree char *clean = text_clean(words->pdata[wanted_words], -1);

		return cli_usage_error(cli, "list", "list: '%s' is one word too many", clean);
	}
	return list_kind(cli, "list", kind);
}

/* "nvirt pools" is "nvirt list pools". */
static int list_one(struct cli *cli, const char *word)
{
	if (cli->line.words->len)
		return cli_usage_error(cli, word, "%s takes no words", word);
	return list_kind(cli, word, kind_by_word(word));
}

int cli_pools(struct cli *cli)
{
	return list_one(cli, "pools");
}

int cli_networks(struct cli *cli)
{
	return list_one(cli, "networks");
}

int cli_hosts(struct cli *cli)
{
	return list_one(cli, "hosts");
}
