/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `nvirt stats`: what guests and hosts use, over an interval, once or again and
 * again; as a table, JSON or CSV.
 *
 * Main thread. Counters are read at the beginning and the end of the interval;
 * a guest whose QEMU does not answer has no figures of its disks, and holds
 * nobody up for longer than a few seconds.
 */
#include <math.h>
#include <string.h>

#include "cli.h"
#include "cli_resolve.h"
#include "nvirt/text.h"

#define INTERVAL_S 2
#define INTERVAL_MIN_S 0.5
#define INTERVAL_MAX_S 3600
/* How long the counters may take beyond the interval. */
#define READ_TIMEOUT_US (4 * G_USEC_PER_SEC)
/* The same for CPU times, which some drivers never tell. */
#define CPU_TIMEOUT_US (3 * G_USEC_PER_SEC / 2)

const struct cli_option cli_options_stats[] = {
        {"host", 0, NULL, false, "Show the hosts' own figures"},
        {"interval", 0, "SECONDS", false, "Look over SECONDS: 0.5 to 3600 (2)"},
        {"count", 0, "COUNT", false, "Show COUNT intervals; 0 goes on until Ctrl-C (1)"},
        CLI_OPTION_CSV,
        {0},
};

/* A guest's counters at one time; < 0 = not known. */
struct reading {
	gint64 cpu_us, net_us, disk_us; /* monotonic, when they were read; 0 = not */
	double cpu_ns, rx, tx, rd, wr;
};

/* The same of a host. */
struct node_reading {
	gint64 us;
	struct node_sample node;
};

struct stats {
	struct cli *cli;
	struct cli_session *session;
	GArray *refs;      /* struct obj_ref: the guests */
	GArray *before;    /* struct reading each, at the beginning of the interval */
	GArray *hosts;     /* struct node_reading each host, the same */
	gint64 interval_us, began_us;
	gint64 ended_unix_us; /* of the interval that is printed */
	guint64 count;
	bool host, all, several;
	bool titled; /* CSV's first line was printed */
};

/* ---- reading ---- */

static const struct obj_ref *ref_at(const struct stats *stats, unsigned i)
{
	return &g_array_index(stats->refs, struct obj_ref, i);
}

static struct reading read_guest(const struct guest *guest)
{
	struct reading reading = {.cpu_ns = -1, .rx = -1, .tx = -1, .rd = -1, .wr = -1};
	const struct guest_traffic *traffic = guest ? guest->traffic : NULL;

	if (guest && guest->cpu_time_ns && guest_state_active(guest->state)) {
		reading.cpu_us = guest->cpu_taken_us;
		reading.cpu_ns = (double)guest->cpu_time_ns;
	}
	if (traffic && guest_state_active(guest->state)) {
		reading.net_us = traffic->net_us;
		reading.disk_us = traffic->disk_us;
		reading.rx = (double)traffic->rx_bytes;
		reading.tx = (double)traffic->tx_bytes;
		reading.rd = (double)traffic->rd_bytes;
		reading.wr = (double)traffic->wr_bytes;
	}
	return reading;
}

static struct node_reading read_host(const struct host *host)
{
	return (struct node_reading){.us = host->sample_us, .node = host->node};
}

static void remember(struct stats *stats)
{
	g_array_set_size(stats->before, 0);
	g_array_set_size(stats->hosts, 0);
	for (unsigned i = 0; i < stats->refs->len; i++) {
		struct reading reading = read_guest(store_guest(stats->session->store, ref_at(stats, i)));

		g_array_append_val(stats->before, reading);
	}
	for (unsigned i = 0; i < store_host_count(stats->session->store); i++) {
		struct node_reading reading = read_host(store_host_at(stats->session->store, i));

		g_array_append_val(stats->hosts, reading);
	}
	stats->began_us = g_get_monotonic_time();
}

/* Reads counters now. */
static void watch(struct stats *stats)
{
	for (unsigned i = 0; i < store_host_count(stats->session->store); i++) {
		const struct host *host = store_host_at(stats->session->store, i);
		g_autofree uint8_t (*visible)[16] = g_malloc(MAX(stats->refs->len, 1) * 16);
		unsigned n = 0;

		for (unsigned j = 0; j < stats->refs->len; j++)
			if (ref_at(stats, j)->host == host->id)
				memcpy(visible[n++], ref_at(stats, j)->uuid, 16);
		backend_watch(stats->session->backend, host->id,
		        &(struct watch){.visible = visible, .visible_n = n, .now = true,
		                .rows = WATCH_NET | WATCH_DISK | WATCH_ADDRESS});
	}
}

/* Why it can not answer now, or NULL. */
static const char *why_stuck(const struct guest *guest)
{
	if (guest->flags & GUEST_PROC_STOPPED)
		return "its process is stopped";
	return guest->stuck_us ? guest->stuck_why : NULL;
}

/* Are the host's own figures others than at the beginning? A remote one's come with a sample after they were read. */
static bool node_came(const struct stats *stats, unsigned at, const struct host *host)
{
	const struct node_reading *then = at < stats->hosts->len ? &g_array_index(stats->hosts, struct node_reading, at) : NULL;

	return !stats->host || (host->node.cpu_total_ns >= 0 && (!then || host->node.cpu_total_ns != then->node.cpu_total_ns));
}

/* Is everything newer than `began_us` there, of all that answer? */
static bool came(struct cli_session *session, void *data)
{
	const struct stats *stats = data;
	bool early = g_get_monotonic_time() < stats->began_us + CPU_TIMEOUT_US;

	for (unsigned i = 0; i < store_host_count(session->store); i++) {
		const struct host *host = store_host_at(session->store, i);

		if (host->status->link == HOST_UP && (host->sample_us <= stats->began_us || (early && !node_came(stats, i, host))))
			return false;
	}
	for (unsigned i = 0; i < stats->refs->len && !stats->host; i++) {
		const struct guest *guest = store_guest(session->store, ref_at(stats, i));
		struct reading now = read_guest(guest);

		if (!guest || !guest_state_active(guest->state) || why_stuck(guest))
			continue;
		if (now.net_us <= stats->began_us || now.disk_us <= stats->began_us ||
		        (early && now.cpu_us <= stats->began_us))
			return false;
	}
	return true;
}

static bool never(struct cli_session *session, void *data)
{
	(void)session;
	(void)data;
	return false;
}

/* Counters as of now, of all that answer in time. */
static enum cli_wait look(struct stats *stats)
{
	stats->began_us = g_get_monotonic_time();
	watch(stats);
	return cli_session_wait(stats->session, came, stats, -1, stats->began_us + READ_TIMEOUT_US);
}

/* ---- what came of it ---- */

/* Per second, or < 0. */
static double rate(double before, double now, gint64 before_us, gint64 now_us)
{
	if (before < 0 || now < before || !before_us || now_us <= before_us)
		return -1;
	return (now - before) * G_USEC_PER_SEC / (double)(now_us - before_us);
}

static void add_counter(json_object *object, const char *key, double value)
{
	json_add_known(object, key, (gint64)value, value >= 0);
}

static json_object *guest_json(const struct stats *stats, unsigned at, const struct guest *guest)
{
	const struct reading *then = &g_array_index(stats->before, struct reading, at);
	struct reading now = read_guest(guest);
	const struct host *host = store_host(stats->session->store, guest->ref.host);
	const char *address = guest->traffic ? guest->traffic->address : NULL;
	double cpu = rate(then->cpu_ns, now.cpu_ns, then->cpu_us, now.cpu_us);
	json_object *object = json_object_new_object();
	char uuid[37];

	uuid_format(guest->ref.uuid, uuid);
	json_add_time(object, "time", stats->ended_unix_us);
	json_add_int(object, "interval_ms", stats->interval_us / 1000);
	json_add_string(object, "host", host->name);
	json_add_string(object, "name", guest->name);
	json_add_string(object, "uuid", uuid);
	json_add_string(object, "state", guest_state_word(guest->state));
	json_add_string(object, "stuck", why_stuck(guest));
	json_add_number(object, "cpu_pct", cpu < 0 ? -1 : cpu / 1e7);
	add_counter(object, "cpu_time_ns", now.cpu_ns);
	json_add_known(object, "vcpus", guest->vcpus, guest->vcpus > 0);
	json_add_known(object, "memory_kib", (gint64)guest->memory_kib, guest->memory_kib > 0);
	json_add_known(object, "rss_kib", (gint64)guest->rss_kib, guest->rss_kib > 0);
	json_add_number(object, "read_bytes_per_second", rate(then->rd, now.rd, then->disk_us, now.disk_us));
	json_add_number(object, "written_bytes_per_second", rate(then->wr, now.wr, then->disk_us, now.disk_us));
	json_add_number(object, "received_bytes_per_second", rate(then->rx, now.rx, then->net_us, now.net_us));
	json_add_number(object, "sent_bytes_per_second", rate(then->tx, now.tx, then->net_us, now.net_us));
	add_counter(object, "read_bytes", now.rd);
	add_counter(object, "written_bytes", now.wr);
	add_counter(object, "received_bytes", now.rx);
	add_counter(object, "sent_bytes", now.tx);
	json_add_string(object, "address", address && *address ? address : NULL);
	return object;
}

/* Part of the interval in which some task waited. */
static double stall(int64_t before, int64_t now, gint64 span_us)
{
	if (before < 0 || now < before || span_us <= 0)
		return -1;
	return MIN(100.0 * (double)(now - before) / (double)span_us, 100.0);
}

static json_object *host_json(const struct stats *stats, unsigned at, const struct host *host)
{
	const struct node_reading *then = &g_array_index(stats->hosts, struct node_reading, at);
	const struct node_sample *node = &host->node;
	gint64 span_us = host->sample_us - then->us;
	int64_t total = node->cpu_total_ns - then->node.cpu_total_ns;
	bool counted = then->node.cpu_total_ns >= 0 && node->cpu_total_ns >= 0 && total > 0;
	json_object *object = json_object_new_object();

	json_add_time(object, "time", stats->ended_unix_us);
	json_add_int(object, "interval_ms", stats->interval_us / 1000);
	json_add_string(object, "host", host->name);
	json_add_known(object, "cpus", host->status->cpus, host->status->cpus > 0);
	json_add_number(object, "cpu_pct", counted ? 100.0 * (double)(node->cpu_busy_ns - then->node.cpu_busy_ns) / (double)total
	                                      : host->cpu_pct);
	json_add_number(object, "load1", node->load1);
	json_add_number(object, "load5", node->load5);
	json_add_number(object, "load15", node->load15);
	json_add_known(object, "memory_kib", node->memory_total_kib, node->memory_total_kib >= 0);
	json_add_known(object, "memory_free_kib", node->memory_free_kib, node->memory_free_kib >= 0);
	json_add_known(object, "swap_kib", node->swap_total_kib, node->swap_total_kib >= 0);
	json_add_known(object, "swap_free_kib", node->swap_free_kib, node->swap_free_kib >= 0);
	json_add_number(object, "stall_cpu_pct", stall(then->node.stall_cpu_us, node->stall_cpu_us, span_us));
	json_add_number(object, "stall_memory_pct", stall(then->node.stall_memory_us, node->stall_memory_us, span_us));
	json_add_number(object, "stall_io_pct", stall(then->node.stall_io_us, node->stall_io_us, span_us));
	json_add_known(object, "guests", host->guests->len, host->listed);
	json_add_known(object, "running", host->running, host->listed);
	return object;
}

static json_object *round_json(const struct stats *stats)
{
	json_object *array = json_object_new_array();

	for (unsigned i = 0; stats->host && i < store_host_count(stats->session->store); i++) {
		const struct host *host = store_host_at(stats->session->store, i);

		if (host->listed)
			json_object_array_add(array, host_json(stats, i, host));
	}
	for (unsigned i = 0; !stats->host && i < stats->refs->len; i++) {
		const struct guest *guest = store_guest(stats->session->store, ref_at(stats, i));

		if (guest)
			json_object_array_add(array, guest_json(stats, i, guest));
	}
	return array;
}

/* ---- for people ---- */

/* What fits 80 columns; all of it is in JSON and CSV. */
static const char *const guest_titles[] = {
        "NAME", "STATE", ">CPU%", ">GIVEN", ">TAKES", ">READ/s", ">WRITE/s", ">RX/s", ">TX/s", "ADDRESS", NULL};
static const char *const several_titles[] = {"HOST", "NAME", "STATE", ">CPU%", ">GIVEN", ">TAKES", ">READ/s",
        ">WRITE/s", ">RX/s", ">TX/s", "ADDRESS", NULL};
static const char *const host_titles[] = {
        "HOST", ">CPUS", ">CPU%", ">LOAD", ">MEMORY", ">FREE", ">SWAP", ">RUNNING", ">GUESTS", NULL};

/* One that does not answer is not simply running. */
static void add_state(struct cli_table *table, json_object *object)
{
	json_object *state = NULL, *stuck = NULL;

	json_object_object_get_ex(object, "state", &state);
	json_object_object_get_ex(object, "stuck", &stuck);
	cli_table_add(table, stuck ? "no answer" : json_object_get_string(state));
}

/* A member as a cell: figures with one decimal, sizes in their unit. */
static void add_cell(struct cli_table *table, json_object *object, const char *key)
{
	json_object *value = NULL;

	json_object_object_get_ex(object, key, &value);
	if (!value)
		cli_table_add(table, NULL);
	else if (g_str_has_suffix(key, "_kib"))
		cli_table_add_bytes(table, (guint64)json_object_get_int64(value) * 1024, true);
	else if (g_str_has_suffix(key, "_per_second"))
		cli_table_add_bytes(table, (guint64)json_object_get_double(value), true);
	else if (json_object_is_type(value, json_type_double))
		cli_table_take(table, g_strdup_printf("%.1f", json_object_get_double(value)));
	else
		cli_table_add(table, json_object_get_string(value));
}

static bool print_table(const struct stats *stats, json_object *array)
{
	static const char *const guest_keys[] = {"name", "state", "cpu_pct", "memory_kib", "rss_kib",
	        "read_bytes_per_second", "written_bytes_per_second", "received_bytes_per_second",
	        "sent_bytes_per_second", "address", NULL};
	static const char *const host_keys[] = {
	        "host", "cpus", "cpu_pct", "load1", "memory_kib", "memory_free_kib", "swap_kib", "running", "guests", NULL};
	const char *const *titles = stats->host ? host_titles : stats->several ? several_titles : guest_titles;
	struct cli_table *table = cli_table_new(titles);
	bool written;

	for (size_t i = 0; i < json_object_array_length(array); i++) {
		json_object *one = json_object_array_get_idx(array, i);

		if (stats->several && !stats->host)
			add_cell(table, one, "host");
		for (const char *const *key = stats->host ? host_keys : guest_keys; *key; key++) {
			if (g_str_equal(*key, "state"))
				add_state(table, one);
			else
				add_cell(table, one, *key);
		}
	}
	written = output_table(&stats->cli->out, table);
	cli_table_free(table);
	return written;
}

/* Of several intervals JSON has a line each, and CSV its titles once. */
static bool print_round(struct stats *stats)
{
	g_autoptr(json_object) array = round_json(stats);
	const struct record *record = stats->host ? &record_host_stats : &record_guest_stats;
	struct output *out = &stats->cli->out;
	g_autoptr(GString) text = g_string_new(NULL);

	if (out->json)
		return output_json(out, array, stats->count == 1);
	if (!out->csv)
		return (!stats->titled || output_text(out, "\n")) && (stats->titled = true) && print_table(stats, array);
	if (!stats->titled)
		csv_titles(text, record);
	stats->titled = true;
	for (size_t i = 0; i < json_object_array_length(array); i++)
		csv_row(text, record, json_object_array_get_idx(array, i));
	return output_text(out, text->str);
}

/* ---- the verb ---- */

static void take_active(struct stats *stats, const struct host *host)
{
	for (unsigned i = 0; i < host->guests->len; i++) {
		const struct guest *guest = host->guests->pdata[i];

		if (guest_state_active(guest->state))
			g_array_append_val(stats->refs, guest->ref);
	}
}

/* Those that were named, else all that are active. */
static int choose(struct stats *stats)
{
	const GPtrArray *words = stats->cli->line.words;
	int code = EXIT_CODE_OK;

	g_array_set_size(stats->refs, 0);
	for (unsigned i = 0; stats->all && i < store_host_count(stats->session->store); i++)
		take_active(stats, store_host_at(stats->session->store, i));
	for (unsigned i = 0; i < words->len; i++) {
		g_autoptr(GError) error = NULL;
		struct obj_ref ref;

		if (cli_resolve(store_host_at(stats->session->store, 0), OBJ_GUEST, words->pdata[i], &ref, &error)) {
			g_array_append_val(stats->refs, ref);
			continue;
		}
		output_message(&stats->cli->out, "%s", error->message);
		code = EXIT_CODE_FAILED;
	}
	return code;
}

static int one_round(struct stats *stats)
{
	gint64 until_us;

	remember(stats);
	until_us = stats->began_us + stats->interval_us;
	if (cli_session_wait(stats->session, never, stats, -1, until_us) == WAIT_INTERRUPTED ||
	        look(stats) == WAIT_INTERRUPTED)
		return EXIT_CODE_INTERRUPTED;
	stats->ended_unix_us = g_get_real_time();
	return print_round(stats) ? EXIT_CODE_OK : EXIT_CODE_FAILED;
}

static int run(struct stats *stats)
{
	int code = cli_session_connect(stats->session, OBJ_GUEST), rounds = EXIT_CODE_OK;

	if (code == EXIT_CODE_INTERRUPTED || (code != EXIT_CODE_OK && !stats->several))
		return code;
	if (cli_session_facts(stats->session) == WAIT_INTERRUPTED)
		return EXIT_CODE_INTERRUPTED;
	if (choose(stats) != EXIT_CODE_OK)
		return EXIT_CODE_FAILED;
	backend_set_refresh(stats->session->backend, 500);
	if (look(stats) == WAIT_INTERRUPTED)
		return EXIT_CODE_INTERRUPTED;
	for (guint64 i = 0; rounds == EXIT_CODE_OK && (!stats->count || i < stats->count); i++)
		rounds = one_round(stats);
	return rounds == EXIT_CODE_OK ? code : rounds;
}

static bool read_options(struct stats *stats)
{
	const char *seconds = cli_line_value(&stats->cli->line, "interval");
	const char *count = cli_line_value(&stats->cli->line, "count");
	char *end = NULL;
	double interval_s = seconds ? g_ascii_strtod(seconds, &end) : INTERVAL_S;

	stats->count = 1;
	if (seconds && (end == seconds || *end || !(interval_s >= INTERVAL_MIN_S && interval_s <= INTERVAL_MAX_S)))
		return cli_usage_error(stats->cli, "stats", "stats: --interval wants seconds, from 0.5 to 3600"), false;
	if (count && !g_ascii_string_to_unsigned(count, 10, 0, G_MAXUINT, &stats->count, NULL))
		return cli_usage_error(stats->cli, "stats", "stats: --count wants a number of intervals"), false;
	stats->interval_us = (gint64)llround(interval_s * G_USEC_PER_SEC);
	stats->host = cli_line_flag(&stats->cli->line, "host");
	stats->all = !stats->cli->line.words->len && !stats->host;
	return true;
}

int cli_stats(struct cli *cli)
{
	struct stats stats = {.cli = cli};
	int code;

	if (!read_options(&stats))
		return EXIT_CODE_USAGE;
	if (stats.host && cli->line.words->len)
		return cli_usage_error(cli, "stats", "stats: --host shows hosts, and no guests");
	stats.session = cli_open_session(cli, "stats", !stats.all && !stats.host, false);
	if (!stats.session)
		return EXIT_CODE_USAGE;
	stats.several = store_host_count(stats.session->store) > 1;
	stats.refs = g_array_new(FALSE, FALSE, sizeof(struct obj_ref));
	stats.before = g_array_new(FALSE, FALSE, sizeof(struct reading));
	stats.hosts = g_array_new(FALSE, FALSE, sizeof(struct node_reading));
	code = run(&stats);
	g_array_unref(stats.refs);
	g_array_unref(stats.before);
	g_array_unref(stats.hosts);
	cli_session_free(stats.session);
	return code;
}
