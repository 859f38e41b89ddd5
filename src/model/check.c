/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running the table of checks, and what they found: see nvirt/check.h. Pure; any thread. */
#include "check_private.h"

#include <stdarg.h>
#include <string.h>

#include "nvirt/store.h"

/* ---- words ---------------------------------------------------------------- */

const char *check_result_word(enum check_result result)
{
	static const char *const words[] = {
#define X(id, word, label) [id] = word,
	        CHECK_RESULTS(X)
#undef X
	};

	return result < CHECK_RESULT_N ? words[result] : "?";
}

const char *check_result_label(enum check_result result)
{
	static const char *const labels[] = {
#define X(id, word, label) [id] = label,
	        CHECK_RESULTS(X)
#undef X
	};

	return result < CHECK_RESULT_N ? labels[result] : "?";
}

const char *check_group_word(enum check_group group)
{
	static const char *const words[] = {
#define X(id, word, title) [id] = word,
	        CHECK_GROUPS(X)
#undef X
	};

	return group < CHECK_GROUP_N ? words[group] : "?";
}

const char *check_group_title(enum check_group group)
{
	static const char *const titles[] = {
#define X(id, word, title) [id] = title,
	        CHECK_GROUPS(X)
#undef X
	};

	return group < CHECK_GROUP_N ? titles[group] : "?";
}

const struct check *check_by_id(const char *id)
{
	for (unsigned i = 0; i < check_count; i++)
		if (g_str_equal(check_table[i].id, id))
			return &check_table[i];
	return NULL;
}

/* ---- saying --------------------------------------------------------------- */

static void finding_free(gpointer data)
{
	struct finding *finding = data;

	g_free(finding->object);
	g_free(finding->evidence);
	g_free(finding->remedy);
	g_free(finding);
}

static struct finding *add(struct check_report *report, const struct check *check, enum check_result result,
        const char *format, va_list args) G_GNUC_PRINTF(4, 0);

static struct finding *add(struct check_report *report, const struct check *check, enum check_result result,
        const char *format, va_list args)
{
	struct finding *finding = g_new0(struct finding, 1);

	finding->check = check;
	finding->result = result;
	finding->ref = (struct obj_ref){.kind = OBJ_HOST, .host = report->host};
	finding->evidence = g_strdup_vprintf(format, args);
	g_ptr_array_add(report->findings, finding);
	return finding;
}

struct finding *check_say(struct check_report *report, const struct check *check, enum check_result result,
        const char *format, ...)
{
	struct finding *finding;
	va_list args;

	va_start(args, format);
	finding = add(report, check, result, format, args);
	va_end(args);
	return finding;
}

struct finding *check_say_of(struct check_report *report, const struct check *check, enum check_result result,
        enum obj_kind kind, const uint8_t uuid[16], const char *name, const char *format, ...)
{
	struct finding *finding;
	va_list args;

	va_start(args, format);
	finding = add(report, check, result, format, args);
	va_end(args);
	finding->ref.kind = kind;
	memcpy(finding->ref.uuid, uuid, sizeof(finding->ref.uuid));
	finding->object = g_strdup(name);
	return finding;
}

char *check_word(const char *text)
{
	bool plain = *text && *text != '-';

	for (const char *at = text; *at; at++)
		plain = plain && (g_ascii_isalnum(*at) || strchr("._-+/:@,=%", *at));
	return plain ? g_strdup(text) : g_shell_quote(text);
}

static char *with_uri(const char *program, const struct check_facts *facts)
{
	const char *uri = facts->status->uri;
	g_autofree char *word = uri && *uri ? check_word(uri) : NULL;

	return word ? g_strconcat(program, " -c ", word, NULL) : g_strdup(program);
}

static void G_GNUC_PRINTF(3, 0)
set_remedy(struct finding *finding, const char *program, const char *format, va_list args)
{
	g_autofree char *words = g_strdup_vprintf(format, args);

	g_free(finding->remedy);
	finding->remedy = program ? g_strdup_printf("%s %s", program, words) : g_steal_pointer(&words);
}

void check_remedy(struct finding *finding, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set_remedy(finding, NULL, format, args);
	va_end(args);
}

void check_remedy_nvirt(const struct check_facts *facts, struct finding *finding, const char *format, ...)
{
	g_autofree char *nvirt = with_uri("nvirt", facts);
	va_list args;

	va_start(args, format);
	set_remedy(finding, nvirt, format, args);
	va_end(args);
}

bool check_said(const struct check_report *report, const struct check *check)
{
	for (unsigned i = report->findings->len; i > 0; i--)
		if (((const struct finding *)report->findings->pdata[i - 1])->check == check)
			return true;
	return false;
}

char *check_virsh(const struct check_facts *facts)
{
	return with_uri("virsh", facts);
}

/* It takes one without dashes too, or with others. */
static bool is_uuid_to_libvirt(const char *name)
{
	unsigned digits = 0;

	for (; *name; name++) {
		if (!g_ascii_isxdigit(*name) && *name != '-' && *name != ' ')
			return false;
		digits += g_ascii_isxdigit(*name) ? 1 : 0;
	}
	return digits == 2 * 16;
}

/*
 * virsh takes "7" for a number that libvirt gave to another guest, a UUID for that guest's, "-x" for an option. And
 * what was cleaned (text.h) is perhaps no longer what libvirt calls it.
 */
static bool is_misread(const char *name)
{
	return !*name || *name == '-' || !name[strspn(name, "0123456789")] || is_uuid_to_libvirt(name) ||
	       strstr(name, "\\x");
}

char *check_object_word(const char *name, const uint8_t uuid[16])
{
	char text[37];

	if (!is_misread(name))
		return check_word(name);
	uuid_format(uuid, text);
	return g_strdup(text);
}

char *check_guest_word(const struct check_guest *guest)
{
	return check_object_word(g_str_equal(guest->name, guest->raw) ? guest->name : "", guest->uuid);
}

/* ---- running -------------------------------------------------------------- */

static const char *missing_objects(const struct check_facts *facts)
{
	if (facts->no_objects)
		return facts->no_objects;
	return facts->status->link == HOST_UP ? "libvirt has not answered yet" : "libvirt is not connected";
}

/* While it is not connected only its URI tells. */
static bool is_elsewhere(const struct host_status *status)
{
	const char *uri = status->uri ? status->uri : "";

	return status->link == HOST_UP ? !status->local : strstr(uri, "://") && !strstr(uri, ":///");
}

static const char *missing_machine(const struct check_facts *facts)
{
	if (facts->no_machine)
		return facts->no_machine;
	if (is_elsewhere(facts->status))
		return facts->status->uri && strstr(facts->status->uri, "+ssh://")
		               ? "only that machine's own files say so: cannot tell from here. With --ssh, or by S in "
		                 "its tab Health, they are read over ssh"
		               : "only that machine's own files say so: cannot tell from here";
	return "this machine's files were not read";
}

/* Why the check cannot be made, or NULL. */
static const char *missing(const struct check *check, const struct check_facts *facts)
{
	if (check->needs & NEED_MACHINE && !facts->machine)
		return missing_machine(facts);
	if (check->needs & (NEED_OBJECTS | NEED_STORAGE | NEED_CAPABILITIES) && !facts->objects)
		return missing_objects(facts);
	if (check->needs & NEED_STORAGE && !facts->storage)
		return "what lies in its pools was not read in time";
	if (check->needs & NEED_CAPABILITIES && !facts->capabilities)
		return "libvirt has not said in time what the host can do";
	return NULL;
}

static int worse_first(gconstpointer a, gconstpointer b)
{
	const struct finding *left = *(const struct finding *const *)a,
	                     *right = *(const struct finding *const *)b;

	/* The table is in the order of its groups; the rows are of one array. */
	if (left->check->group != right->check->group)
		return left->check->group < right->check->group ? -1 : 1;
	if (left->result != right->result)
		return left->result > right->result ? -1 : 1;
	return left->check < right->check ? -1 : left->check > right->check;
}

static guint ref_hash(gconstpointer ref)
{
	return obj_ref_hash(ref);
}

static gboolean ref_equal(gconstpointer a, gconstpointer b)
{
	return obj_ref_equal(a, b);
}

/* Marks are asked for with every row of every frame. */
static void index_worst(struct check_report *report)
{
	report->worst = g_hash_table_new(ref_hash, ref_equal);
	for (unsigned i = 0; i < report->findings->len; i++) {
		struct finding *finding = report->findings->pdata[i];

		if (finding->result > check_report_of(report, &finding->ref))
			g_hash_table_insert(report->worst, &finding->ref, GINT_TO_POINTER(finding->result));
	}
}

struct check_report *check_run(const struct check_facts *facts, unsigned host)
{
	struct check_report *report = g_new0(struct check_report, 1);

	report->host = host;
	report->findings = g_ptr_array_new_with_free_func(finding_free);
	for (unsigned i = 0; i < check_count; i++) {
		const struct check *check = &check_table[i];
		const char *why = missing(check, facts);

		if (why)
			check_say(report, check, CHECK_UNKNOWN, "%s", why);
		else
			check->run(check, facts, report);
	}
	g_ptr_array_sort(report->findings, worse_first);
	index_worst(report);
	return report;
}

struct check_report *check_run_host(const struct host *host, const char *no_objects, gint64 now_unix_s)
{
	const struct health *health = host->health;
	const struct check_facts facts = {
	        .status = host->status,
	        .machine = health->machine,
	        .objects = health->objects,
	        .storage = health->storage,
	        .capabilities = health->capabilities,
	        .no_machine = health->no_machine,
	        .no_objects = no_objects ? no_objects : host->health_error,
	        .now_unix_s = now_unix_s,
	        .client_version = health->client_version,
	};

	return check_run(&facts, host->id);
}

void check_report_free(struct check_report *report)
{
	if (!report)
		return;
	g_hash_table_unref(report->worst);
	g_ptr_array_unref(report->findings);
	g_free(report);
}

unsigned check_report_count(const struct check_report *report, enum check_result result)
{
	unsigned count = 0;

	for (unsigned i = 0; i < report->findings->len; i++)
		count += ((const struct finding *)report->findings->pdata[i])->result == result;
	return count;
}

enum check_result check_report_worst(const struct check_report *report)
{
	static const enum check_result order[] = {CHECK_FAIL, CHECK_WARN, CHECK_NOTE, CHECK_OK};

	for (unsigned i = 0; i < G_N_ELEMENTS(order); i++)
		if (check_report_count(report, order[i]))
			return order[i];
	return CHECK_UNKNOWN;
}

enum check_result check_report_of(const struct check_report *report, const struct obj_ref *ref)
{
	return (enum check_result)GPOINTER_TO_INT(g_hash_table_lookup(report->worst, ref));
}

/* ---- the table holds together --------------------------------------------- */

static char *check_row(const struct check *check)
{
	if (!check->id || !strchr(check->id, '.') || !check->title || !check->why || !check->run)
		return g_strdup_printf(
		        "check '%s': something is missing in its row", check->id ? check->id : "?");
	if (check_by_id(check->id) != check)
		return g_strdup_printf("check '%s' is there twice", check->id);
	if (check->severity == CHECK_OK || check->severity == CHECK_UNKNOWN ||
	        check->severity >= CHECK_RESULT_N)
		return g_strdup_printf("check '%s': no severity", check->id);
	if (!g_str_has_suffix(check->why, "."))
		return g_strdup_printf("check '%s': why it matters is no sentence", check->id);
	return NULL;
}

char *check_self_test(void)
{
	for (unsigned i = 0; i < check_count; i++) {
		char *wrong = check_row(&check_table[i]);

		if (wrong)
			return wrong;
		if (i && check_table[i].group < check_table[i - 1].group)
			return g_strdup_printf("check '%s' is not beside its group", check_table[i].id);
	}
	return NULL;
}
