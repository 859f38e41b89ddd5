/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `nvirt check`: what the checks (nvirt/check.h) find of hosts. Main thread.
 *
 * It waits for what is gathered, not longer than it was told to; whatever has not come by then is "cannot
 * tell". A libvirtd that hangs therefore costs that time and is itself what is found.
 */
#include <string.h>

#include "cli.h"
#include "nvirt/check.h"
#include "nvirt/text.h"

#define TIMEOUT_S 20
#define TIMEOUT_MAX_S 3600
#define JSON_VERSION 1

const struct cli_option cli_options_check[] = {
        {"only", 0, "ID|GROUP", true,
                "Only these checks: kvm.usable, or kvm, or a group: host, libvirt, storage, network, guests"},
        {"severity", 's', "LEVEL", false,
                "Print findings from this level on: ok, note (default), warn, fail"},
        {"timeout", 0, "SECONDS", false, "What has not answered by then is told as such (20)"},
        {"ssh", 0, NULL, false,
                "Hosts over ssh: log in there too and read what only their own files tell; nothing is changed"},
        {"list", 0, NULL, false, "List the checks there are, and look at no host"},
        {0},
};

struct choice {
	struct cli *cli;
	char **only; /* NULL = all */
	enum check_result from;
	gint64 timeout_us;
	gint64 started_us;
};

/* ---- choosing ------------------------------------------------------------- */

/* By id, by its group, or by what stands before the dot. */
static bool is_named(const struct check *check, const char *word)
{
	gsize len = strlen(word);

	return strcmp(check->id, word) == 0 || strcmp(check_group_word(check->group), word) == 0 ||
	       (strncmp(check->id, word, len) == 0 && check->id[len] == '.');
}

static bool is_chosen(const struct choice *choice, const struct check *check)
{
	for (char **word = choice->only; word && *word; word++)
		if (is_named(check, *word))
			return true;
	return !choice->only;
}

static int bad_value(struct cli *cli, const char *option, const char *value, const char *wanted)
{
	g_autofree char *clean = text_clean(value, -1);

	cli_usage_error(cli, "check", "check: option '--%s': '%s' is %s", option, clean, wanted);
	return CHECK_EXIT_UNKNOWN;
}

static int read_only(struct choice *choice)
{
	const char *value = cli_line_value(&choice->cli->line, "only");

	if (!value)
		return CHECK_EXIT_OK;
	choice->only = g_strsplit_set(value, ",\n", -1);
	for (char **word = choice->only; *word; word++) {
		bool known = false;

		for (unsigned i = 0; i < check_count; i++)
			known = known || is_named(&check_table[i], *word);
		if (!known)
			return bad_value(choice->cli, "only", *word,
			        "no check and no group: see 'nvirt check --list'");
	}
	return CHECK_EXIT_OK;
}

static int read_severity(struct choice *choice)
{
	static const enum check_result levels[] = {CHECK_OK, CHECK_NOTE, CHECK_WARN, CHECK_FAIL};
	const char *value = cli_line_value(&choice->cli->line, "severity");

	choice->from = CHECK_NOTE;
	for (unsigned i = 0; value && i < G_N_ELEMENTS(levels); i++)
		if (strcmp(value, check_result_word(levels[i])) == 0) {
			choice->from = levels[i];
			return CHECK_EXIT_OK;
		}
	return value ? bad_value(choice->cli, "severity", value, "none of: ok, note, warn, fail")
	             : CHECK_EXIT_OK;
}

static int read_timeout(struct choice *choice)
{
	const char *value = cli_line_value(&choice->cli->line, "timeout");
	char *end = NULL;
	double seconds = value ? g_ascii_strtod(value, &end) : TIMEOUT_S;

	if (value && (end == value || *end || !(seconds > 0 && seconds <= TIMEOUT_MAX_S)))
		return bad_value(choice->cli, "timeout", value, "no number of seconds up to 3600");
	choice->timeout_us = (gint64)(seconds * G_USEC_PER_SEC);
	return CHECK_EXIT_OK;
}

static int read_choice(struct choice *choice)
{
	int code = read_only(choice);

	if (code == CHECK_EXIT_OK)
		code = read_severity(choice);
	if (code == CHECK_EXIT_OK)
		code = read_timeout(choice);
	if (code == CHECK_EXIT_OK && choice->cli->line.words->len) {
		g_autofree char *clean = text_clean(choice->cli->line.words->pdata[0], -1);
		cli_usage_error(choice->cli, "check", "check: '%s' is one word too many", clean);
		code = CHECK_EXIT_UNKNOWN;
	}
	return code;
}

/* ---- waiting -------------------------------------------------------------- */

static bool host_gathered(const struct host *host)
{
	const struct health *health = host->health;
	bool told = host->health_error || (health->objects && health->storage && health->capabilities);
	bool settled = host->status->link == HOST_UP || host->status->link == HOST_FAILED ||
	               host->status->link == HOST_LOST;

	/* The versions, for one, come with the poller's own connection. */
	return health->client_version && told && settled &&
	       (host->status->link != HOST_UP || host->status->driver);
}

static bool all_gathered(struct cli_session *session, void *data)
{
	(void)data;
	for (unsigned i = 0; i < store_host_count(session->store); i++)
		if (!host_gathered(store_host_at(session->store, i)))
			return false;
	return true;
}

/* ---- printing ------------------------------------------------------------- */

static json_object *finding_json(const struct finding *finding)
{
	json_object *object = json_object_new_object();
	static const uint8_t none[16];
	char uuid[37];

	json_add_string(object, "id", finding->check->id);
	json_add_string(object, "group", check_group_word(finding->check->group));
	json_add_string(object, "title", finding->check->title);
	json_add_string(object, "result", check_result_word(finding->result));
	uuid_format(finding->ref.uuid, uuid);
	json_add_string(object, "kind", obj_kind_word(finding->ref.kind));
	json_add_string(object, "object", finding->object);
	json_add_string(object, "uuid",
	        finding->ref.kind == OBJ_VOLUME || memcmp(finding->ref.uuid, none, 16) == 0 ? NULL : uuid);
	json_add_string(object, "evidence", finding->evidence);
	json_add_string(object, "why", finding->check->why);
	json_add_string(object, "remedy", finding->remedy);
	json_add_string(object, "action", finding->verb);
	return object;
}

/* What is printed, and what counts, of a host's report: those that were chosen. */
struct printed {
	unsigned counts[CHECK_RESULT_N], beyond; /* `beyond`: told of more than the connection */
};

static bool is_shown(const struct choice *choice, const struct finding *finding)
{
	return finding->result >= choice->from;
}

static void count(struct printed *printed, const struct finding *finding)
{
	printed->counts[finding->result]++;
	printed->beyond +=
	        finding->result != CHECK_UNKNOWN && strcmp(finding->check->id, "libvirt.reachable") != 0;
}

/* A host of which nothing can be told was not checked: another word than one that is ill. */
static int exit_of(const struct printed *printed)
{
	if (!printed->beyond && printed->counts[CHECK_FAIL] + printed->counts[CHECK_UNKNOWN])
		return CHECK_EXIT_UNKNOWN;
	if (printed->counts[CHECK_FAIL])
		return CHECK_EXIT_FAIL;
	return printed->counts[CHECK_WARN] ? CHECK_EXIT_WARN : CHECK_EXIT_OK;
}

static const char *exit_word(int code)
{
	static const char *const words[] = {"ok", "warn", "fail", "unknown"};

	return words[code];
}

static json_object *report_json(const struct choice *choice, const struct host *host,
        const struct check_report *report, struct printed *printed)
{
	json_object *object = json_object_new_object(), *counts = json_object_new_object(),
	            *findings = json_object_new_array();

	for (unsigned i = 0; i < report->findings->len; i++) {
		const struct finding *finding = report->findings->pdata[i];

		if (!is_chosen(choice, finding->check))
			continue;
		count(printed, finding);
		if (is_shown(choice, finding))
			json_object_array_add(findings, finding_json(finding));
	}
	for (int result = 0; result < CHECK_RESULT_N; result++)
		json_add_int(counts, check_result_word(result), printed->counts[result]);
	json_add_string(object, "host", host->name);
	json_add_string(object, "uri", host->status->uri);
	json_add_string(object, "result", exit_word(exit_of(printed)));
	json_object_object_add(object, "counts", counts);
	json_object_object_add(object, "findings", findings);
	return object;
}

static void add_wrapped(GString *text, const char *words, int indent, int width)
{
	g_auto(GStrv) list = g_strsplit(words, " ", -1);
	int at = 0;

	for (char **word = list; *word; word++) {
		int columns = text_columns(*word);

		if (at && width && at + 1 + columns > width) {
			g_string_append_c(text, '\n');
			at = 0;
		}
		if (!at) {
			g_string_append_printf(text, "%*s", indent, "");
			at = indent;
		} else {
			g_string_append_c(text, ' ');
			at++;
		}
		g_string_append(text, *word);
		at += columns;
	}
	g_string_append_c(text, '\n');
}

#define LABEL_COLUMNS 13

/* The label and the check, then what was seen, why it matters, and the command on a line of its own. */
static void add_finding(GString *text, const struct finding *finding, int width)
{
	bool matters = finding->result == CHECK_WARN || finding->result == CHECK_FAIL;

	g_string_append_printf(text, "%-*s%s%s%s\n", LABEL_COLUMNS, check_result_label(finding->result),
	        finding->check->id, finding->object ? "  " : "", finding->object ? finding->object : "");
	add_wrapped(text, finding->evidence, LABEL_COLUMNS, width);
	if (matters)
		add_wrapped(text, finding->check->why, LABEL_COLUMNS, width);
	/* Never wrapped: it is there to be copied. */
	if (finding->remedy && finding->result != CHECK_OK)
		g_string_append_printf(text, "%*s$ %s\n", LABEL_COLUMNS, "", finding->remedy);
}

/* Those of a group that cannot be told for the same reason, as one. `at` is the first; returns how many more.
 */
static unsigned add_unknown(
        const struct choice *choice, GString *text, const struct check_report *report, unsigned at, int width)
{
	const struct finding *first = report->findings->pdata[at];
	g_autoptr(GString) ids = g_string_new(first->check->id);
	unsigned more = 0;

	for (unsigned i = at + 1; i < report->findings->len; i++, more++) {
		const struct finding *finding = report->findings->pdata[i];

		if (finding->result != CHECK_UNKNOWN || finding->object || finding->remedy || first->object ||
		        first->remedy || finding->check->group != first->check->group ||
		        strcmp(finding->evidence, first->evidence) != 0)
			break;
		if (is_chosen(choice, finding->check))
			g_string_append_printf(ids, ", %s", finding->check->id);
	}
	if (!more) {
		add_finding(text, first, width);
		return 0;
	}
	g_string_append_printf(
	        text, "%-*s%s\n", LABEL_COLUMNS, check_result_label(first->result), first->evidence);
	add_wrapped(text, ids->str, LABEL_COLUMNS, width ? width : 100);
	return more;
}

/* From so many objects on with the same fault they are told as one. */
#define MANY 4

/* The same fault of several objects: their names, and what was seen of the first. Returns how many more; 0 =
 * not so many. */
static unsigned add_same(GString *text, const struct check_report *report, unsigned at, int width)
{
	const struct finding *first = report->findings->pdata[at];
	g_autoptr(GString) names = g_string_new(NULL);
	unsigned count = 0;

	for (unsigned i = at; i < report->findings->len; i++, count++) {
		const struct finding *finding = report->findings->pdata[i];

		if (finding->check != first->check || finding->result != first->result || !finding->object)
			break;
		g_string_append_printf(names, "%s%s", count ? ", " : "", finding->object);
	}
	if (count < MANY)
		return 0;
	g_autofree char *evidence = g_strdup_printf("%s %s", first->object, first->evidence);
	g_string_append_printf(text, "%-*s%s  of %u\n", LABEL_COLUMNS, check_result_label(first->result),
	        first->check->id, count);
	add_wrapped(text, names->str, LABEL_COLUMNS, width ? width : 100);
	add_wrapped(text, evidence, LABEL_COLUMNS, width);
	if (first->result >= CHECK_WARN)
		add_wrapped(text, first->check->why, LABEL_COLUMNS, width);
	if (first->remedy)
		g_string_append_printf(text, "%*s$ %s\n", LABEL_COLUMNS, "", first->remedy);
	return count - 1;
}

static void add_counts(GString *text, const struct printed *printed)
{
	g_string_append_printf(text, "%u ok, %u note%s, %u warning%s, %u failure%s, %u cannot be told\n",
	        printed->counts[CHECK_OK], printed->counts[CHECK_NOTE],
	        printed->counts[CHECK_NOTE] == 1 ? "" : "s", printed->counts[CHECK_WARN],
	        printed->counts[CHECK_WARN] == 1 ? "" : "s", printed->counts[CHECK_FAIL],
	        printed->counts[CHECK_FAIL] == 1 ? "" : "s", printed->counts[CHECK_UNKNOWN]);
}

static char *report_text(const struct choice *choice, const struct host *host, bool several,
        const struct check_report *report, struct printed *printed)
{
	GString *text = g_string_new(NULL);
	int width = output_width(1), group = -1;
	unsigned shown_to = 0;

	if (several)
		g_string_append_printf(text, "== %s ==\n", host->name);
	for (unsigned i = 0; i < report->findings->len; i++) {
		const struct finding *finding = report->findings->pdata[i];

		if (!is_chosen(choice, finding->check))
			continue;
		count(printed, finding);
		if (!is_shown(choice, finding) || (shown_to && i <= shown_to))
			continue;
		if ((int)finding->check->group != group)
			g_string_append_printf(text, "%s%s\n", group < 0 ? "" : "\n",
			        check_group_title(finding->check->group));
		group = (int)finding->check->group;
		if (finding->result == CHECK_UNKNOWN)
			shown_to = i + add_unknown(choice, text, report, i, width);
		else if (finding->object)
			shown_to = i + add_same(text, report, i, width);
		else
			shown_to = 0;
		if (finding->result != CHECK_UNKNOWN && shown_to <= i)
			add_finding(text, finding, width);
	}
	if (group >= 0)
		g_string_append_c(text, '\n');
	add_counts(text, printed);
	return g_string_free(text, FALSE);
}

/* ---- the verb ------------------------------------------------------------- */

/* Why libvirt said nothing, where it simply did not answer. Owned; NULL = the host itself says why. */
static char *silence(const struct choice *choice, const struct host *host)
{
	double seconds = (double)(g_get_monotonic_time() - choice->started_us) / G_USEC_PER_SEC;

	if (host->health_error || host->health->objects || host->status->link == HOST_FAILED)
		return NULL;
	return g_strdup_printf("libvirt has not answered for %.0f s", seconds);
}

static int print_hosts(struct choice *choice, struct cli_session *session)
{
	g_autoptr(json_object) root = choice->cli->out.json ? json_object_new_object() : NULL;
	json_object *hosts = root ? json_object_new_array() : NULL;
	unsigned count_hosts = store_host_count(session->store);
	int worst = CHECK_EXIT_OK;
	bool written = true;

	for (unsigned i = 0; i < count_hosts; i++) {
		const struct host *host = store_host_at(session->store, i);
		g_autofree char *silent = silence(choice, host);
		struct check_report *report =
		        check_run_host(host, silent, g_get_real_time() / G_USEC_PER_SEC);
		struct printed printed = {0};

		if (root) {
			json_object_array_add(hosts, report_json(choice, host, report, &printed));
		} else {
			g_autofree char *text = report_text(choice, host, count_hosts > 1, report, &printed);
			written = output_text(&choice->cli->out, text) && written;
		}
		worst = MAX(worst, exit_of(&printed));
		check_report_free(report);
	}
	if (root) {
		json_add_int(root, "version", JSON_VERSION);
		json_object_object_add(root, "hosts", hosts);
		written = output_json(&choice->cli->out, root, true);
	}
	return written ? worst : CHECK_EXIT_UNKNOWN;
}

static int list_checks(struct choice *choice)
{
	static const char *const titles[] = {"CHECK", "GROUP", "WORST", "TITLE", NULL};
	struct cli_table *table = choice->cli->out.json ? NULL : cli_table_new(titles);
	g_autoptr(json_object) array = table ? NULL : json_object_new_array();
	bool written;

	for (unsigned i = 0; i < check_count; i++) {
		const struct check *check = &check_table[i];

		if (!is_chosen(choice, check))
			continue;
		if (table) {
			cli_table_add(table, check->id);
			cli_table_add(table, check_group_word(check->group));
			cli_table_add(table, check_result_label(check->severity));
			cli_table_add(table, check->title);
			continue;
		}
		json_object *object = json_object_new_object();
		json_add_string(object, "id", check->id);
		json_add_string(object, "group", check_group_word(check->group));
		json_add_string(object, "title", check->title);
		json_add_string(object, "worst", check_result_word(check->severity));
		json_add_string(object, "why", check->why);
		json_object_array_add(array, object);
	}
	written =
	        table ? output_table(&choice->cli->out, table) : output_json(&choice->cli->out, array, true);
	cli_table_free(table);
	return written ? CHECK_EXIT_OK : CHECK_EXIT_UNKNOWN;
}

static int check_hosts(struct choice *choice)
{
	struct cli_session *session = cli_open_session(choice->cli, "check", false, false);
	int code = EXIT_CODE_INTERRUPTED;

	if (!session)
		return CHECK_EXIT_UNKNOWN;
	choice->started_us = g_get_monotonic_time();
	for (unsigned i = 0; i < store_host_count(session->store); i++) {
		unsigned host = store_host_at(session->store, i)->id;

		/* What the host says of itself comes with its lists. */
		backend_watch(session->backend, host, &(struct watch){.lists = true, .flags = true});
		if (cli_line_flag(&choice->cli->line, "ssh"))
			backend_allow_ssh(session->backend, host);
		backend_check(session->backend, host);
	}
	if (cli_session_wait(session, all_gathered, NULL, -1, choice->started_us + choice->timeout_us) !=
	        WAIT_INTERRUPTED) {
		cli_session_release_signals(session);
		code = print_hosts(choice, session);
	}
	cli_session_free(session);
	return code;
}

int cli_check(struct cli *cli)
{
	struct choice choice = {.cli = cli};
	int code = read_choice(&choice);

	if (code == CHECK_EXIT_OK)
		code = cli_line_flag(&cli->line, "list") ? list_checks(&choice) : check_hosts(&choice);
	g_strfreev(choice.only);
	return code;
}
