/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What --dry-run says is what then happens, for every verb of snapshots and
 * clones on real guests: the files that appear, vanish and change, the guests
 * and snapshots that come and go, and each line of the definitions. And saying
 * it changes nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <glib/gstdio.h>
#include <json-c/json.h>
#include <sys/wait.h>

#include "nvirt/definition.h"
#include "nvirt/diff.h"
#include "support/lab.h"
#include "support/leftovers.h"
#include "support/pty.h"

static struct lab *lab;
static char *images;

/* ---- how it is: names to what they hold ---- */

struct world {
	GHashTable *files;     /* path -> hash and mode */
	GHashTable *guests;    /* name -> definition in its one form */
	GHashTable *snapshots; /* "guest/name" -> its record */
};

static GHashTable *table_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

static void look_files(struct world *world)
{
	g_autoptr(GDir) dir = g_dir_open(images, 0, NULL);
	const char *name;

	assert_non_null(dir);
	while ((name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(images, name, NULL);
		g_autofree char *bytes = NULL;
		GStatBuf st;
		gsize len;

		/* What the guest itself says goes on all the time. */
		if (g_str_has_suffix(name, ".serial"))
			continue;
		assert_int_equal(g_stat(path, &st), 0);
		assert_true(g_file_get_contents(path, &bytes, &len, NULL));
		g_autofree char *hash = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)bytes, len);
		g_hash_table_insert(world->files, g_steal_pointer(&path), g_strdup_printf("%s %o", hash, st.st_mode));
	}
}

static void look_snapshots(struct world *world, virDomainPtr dom)
{
	virDomainSnapshotPtr *list = NULL;
	int n = virDomainListAllSnapshots(dom, &list, 0);

	for (int i = 0; i < n; i++) {
		char *xml = virDomainSnapshotGetXMLDesc(list[i], 0);

		g_hash_table_insert(world->snapshots,
		        g_strdup_printf("%s/%s", virDomainGetName(dom), virDomainSnapshotGetName(list[i])), g_strdup(xml));
		free(xml);
		virDomainSnapshotFree(list[i]);
	}
	free(list);
}

static void look_guests(struct world *world)
{
	virDomainPtr *list = NULL;
	int n = virConnectListAllDomains(lab_connection(lab, "h1"), &list, 0);

	assert_true(n >= 0);
	for (int i = 0; i < n; i++) {
		char *xml = virDomainGetXMLDesc(list[i], VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE);

		g_hash_table_insert(world->guests, g_strdup(virDomainGetName(list[i])), definition_lines(xml));
		free(xml);
		look_snapshots(world, list[i]);
		virDomainFree(list[i]);
	}
	free(list);
}

static void world_init(struct world *world)
{
	*world = (struct world){table_new(), table_new(), table_new()};
	look_files(world);
	look_guests(world);
}

static void world_fini(struct world *world)
{
	g_hash_table_unref(world->files);
	g_hash_table_unref(world->guests);
	g_hash_table_unref(world->snapshots);
}

/* ---- running nvirt ---- */

struct run {
	char *out, *err;
	int code;
};

static void run_fini(struct run *run)
{
	g_free(run->out);
	g_free(run->err);
}

/* `line` as in a shell; '@' in it is the row's guest, '%' the directory of images. */
static struct run run_line(const char *line, const char *guest, const char *more)
{
	g_auto(GStrv) env = g_environ_setenv(g_get_environ(), "XDG_STATE_HOME", lab_dir(lab), TRUE);
	g_autoptr(GString) text = g_string_new(line);
	g_auto(GStrv) words = NULL;
	struct run run = {0};
	int status = 0;

	env = g_environ_setenv(env, "LC_ALL", "C.UTF-8", TRUE);
	g_string_replace(text, "@", guest, 0);
	g_string_replace(text, "%", images, 0);
	g_string_prepend(text, " --yes ");
	g_string_prepend(text, lab_uri(lab, "h1"));
	g_string_prepend(text, "nvirt --json -c '");
	g_string_replace(text, " --yes ", "' --yes ", 1);
	g_string_append_printf(text, " %s", more);
	assert_true(g_shell_parse_argv(text->str, NULL, &words, NULL));
	g_free(words[0]);
	words[0] = g_strdup(pty_program());
	assert_true(g_spawn_sync(
	        NULL, words, env, G_SPAWN_STDIN_FROM_DEV_NULL, NULL, NULL, &run.out, &run.err, &status, NULL));
	assert_true(WIFEXITED(status));
	run.code = WEXITSTATUS(status);
	return run;
}

/* An overlay on the guest's disk, of a task that was killed before it could say that it had made it. */
static void leave_behind(const char *guest)
{
	g_autofree char *base = g_strdup_printf("%s/%s.qcow2", images, guest);
	g_autofree char *left = g_strdup_printf("%s/%s.left.qcow2", images, guest);
	const char *const argv[] = {"qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", base, left, NULL};

	assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
	leftovers_write(lab_dir(lab), lab_uri(lab, "h1"), base, (const char *const[]){left, NULL});
}

/* With '!' before it: by virsh, behind nvirt's back; "killed": what a killed nvirt leaves. */
static void must_run(const char *line, const char *guest)
{
	if (g_str_equal(line, "killed")) {
		leave_behind(guest);
		return;
	}
	g_autoptr(GString) text = g_string_new(line + 1);
	g_auto(GStrv) words = NULL;

	if (*line == '!') {
		g_string_replace(text, "@", guest, 0);
		g_string_prepend(text, "virsh h1 ");
		words = g_strsplit(text->str, " ", -1);
		g_free(lab_run_words(lab, (const char *const *)words));
		return;
	}
	struct run run = run_line(line, guest, "");

	if (run.code != 0)
		fail_msg("'%s' of %s: code %d\n%s%s", line, guest, run.code, run.out, run.err);
	run_fini(&run);
}

static json_object *dry_run(const char *line, const char *guest)
{
	struct run run = run_line(line, guest, "--dry-run");
	json_object *answer = json_tokener_parse(run.out);

	if (run.code != 0 || !answer)
		fail_msg("'%s' of %s, --dry-run: code %d\n%s%s", line, guest, run.code, run.out, run.err);
	run_fini(&run);
	return answer;
}

/* ---- what was said ---- */

static const char *member(json_object *object, const char *name)
{
	json_object *value = NULL;

	return json_object_object_get_ex(object, name, &value) && value ? json_object_get_string(value) : NULL;
}

static json_object *plan_of(json_object *answer)
{
	json_object *plan = NULL;

	json_object_object_get_ex(answer, "plan", &plan);
	return plan;
}

static size_t item_count(json_object *plan)
{
	json_object *items = NULL;

	json_object_object_get_ex(plan, "items", &items);
	return items ? json_object_array_length(items) : 0;
}

static json_object *item_at(json_object *plan, size_t i)
{
	json_object *items = NULL;

	json_object_object_get_ex(plan, "items", &items);
	return json_object_array_get_idx(items, i);
}

/* What is to become of that file; NULL = nothing was said of it. */
static const char *said_of(json_object *plan, const char *path)
{
	const char *does = NULL;

	for (size_t i = 0; i < item_count(plan); i++) {
		json_object *item = item_at(plan, i);

		/* One file can be kept as a base and changed as a disk: what is done to it counts. */
		if (g_strcmp0(member(item, "path"), path) == 0 && (!does || g_str_equal(does, "keep")))
			does = member(item, "does");
	}
	return does;
}

/* ---- the two compared ---- */

static unsigned wrong;

static void tell(const char *row, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void tell(const char *row, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	print_error("%s: %s\n", row, text);
	wrong++;
}

static void check_file(const char *row, json_object *plan, const char *path, const char *was, const char *is)
{
	const char *said = said_of(plan, path);
	bool changed = was && is && !g_str_equal(was, is);

	if (!was && is && g_strcmp0(said, "make") != 0)
		tell(row, "'%s' appeared; the plan says '%s'", path, said ? said : "nothing");
	if (was && !is && g_strcmp0(said, "remove") != 0)
		tell(row, "'%s' vanished; the plan says '%s'", path, said ? said : "nothing");
	if (changed && g_strcmp0(said, "change") != 0)
		tell(row, "'%s' changed; the plan says '%s'", path, said ? said : "nothing");
	if (g_strcmp0(said, "make") == 0 && (was || !is))
		tell(row, "'%s' should have been made", path);
	if (g_strcmp0(said, "remove") == 0 && (!was || is))
		tell(row, "'%s' should have been removed", path);
}

static void check_files(const char *row, json_object *plan, const struct world *before, const struct world *after)
{
	g_autoptr(GHashTable) all = g_hash_table_new(g_str_hash, g_str_equal);
	GHashTableIter iter;
	gpointer path;

	for (g_hash_table_iter_init(&iter, before->files); g_hash_table_iter_next(&iter, &path, NULL);)
		g_hash_table_add(all, path);
	for (g_hash_table_iter_init(&iter, after->files); g_hash_table_iter_next(&iter, &path, NULL);)
		g_hash_table_add(all, path);
	for (size_t i = 0; i < item_count(plan); i++) {
		const char *said = member(item_at(plan, i), "path");
		if (said && g_str_has_prefix(said, images) && !g_str_has_suffix(said, ".serial"))
			g_hash_table_add(all, (gpointer)said);
	}
	for (g_hash_table_iter_init(&iter, all); g_hash_table_iter_next(&iter, &path, NULL);)
		check_file(row, plan, path, g_hash_table_lookup(before->files, path), g_hash_table_lookup(after->files, path));
}

static unsigned count_only_in(GHashTable *these, GHashTable *those)
{
	GHashTableIter iter;
	unsigned count = 0;
	gpointer name;

	for (g_hash_table_iter_init(&iter, these); g_hash_table_iter_next(&iter, &name, NULL);)
		count += !g_hash_table_contains(those, name);
	return count;
}

static unsigned count_said(json_object *plan, const char *what, const char *does)
{
	unsigned count = 0;

	for (size_t i = 0; i < item_count(plan); i++) {
		json_object *item = item_at(plan, i);
		const char *id = member(item, "id");
		gsize len = strlen(what);

		if (!strncmp(id, what, len) && (!id[len] || id[len] == ':') && g_strcmp0(member(item, "does"), does) == 0)
			count++;
	}
	return count;
}

static void check_count(const char *row, const char *what, const char *does, unsigned said, unsigned done)
{
	if (said != done)
		tell(row, "the plan would %s %u %ss; %u were", does, said, what, done);
}

static void check_objects(const char *row, json_object *plan, const struct world *before, const struct world *after)
{
	check_count(row, "snapshot", "make", count_said(plan, "snapshot", "make"),
	        count_only_in(after->snapshots, before->snapshots));
	check_count(row, "snapshot", "remove", count_said(plan, "snapshot", "remove"),
	        count_only_in(before->snapshots, after->snapshots));
	check_count(row, "guest", "make", count_said(plan, "guest", "make"), count_only_in(after->guests, before->guests));
}

/* Does a line of the plan's diff say that one, "(new)" standing for what is not known before? */
static bool line_said(char *const *said, const char *line)
{
	for (; *said; said++) {
		const char *open = strstr(*said, "(new)");
		gsize head = open ? (gsize)(open - *said) : 0;

		if (open ? !strncmp(*said, line, head) && g_str_has_suffix(line, open + strlen("(new)"))
		         : g_str_equal(*said, line))
			return true;
	}
	return false;
}

/* What stands round a file's name, and says nothing without it. */
static bool is_frame(const char *line)
{
	static const char *const frames[] = {"<backingStore type=\"file\">", "</backingStore>", "<format type=", "<metadata",
	        "</metadata>", "<nvirt-base:base ", "</nvirt-base:base>"};

	for (unsigned i = 0; i < G_N_ELEMENTS(frames); i++)
		if (strstr(line, frames[i]))
			return true;
	return false;
}

/* A line names a file that the plan names too. */
static bool names_said_file(const char *plan_text, const char *line)
{
	const char *start = strstr(line, images);
	const char *end = start ? strpbrk(start, "\"'<") : NULL;
	g_autofree char *path = end ? g_strndup(start, (gsize)(end - start)) : NULL;

	return path && strstr(plan_text, path);
}

static void check_definition(const char *row, json_object *plan, const char *was, const char *is, bool made)
{
	const char *diff = plan ? member(plan, "diff") : NULL;
	g_auto(GStrv) said = g_strsplit(diff ? diff : "", "\n", -1);
	const char *all = json_object_to_json_string_ext(plan, JSON_C_TO_STRING_NOSLASHESCAPE);
	g_autoptr(GArray) lines = diff_lines(was, is, 0);

	for (unsigned i = 0; i < lines->len; i++) {
		const struct diff_line *line = &g_array_index(lines, struct diff_line, i);
		g_autofree char *text = diff_line_text(line);

		if ((line->kind == DIFF_ADDED || (line->kind == DIFF_REMOVED && !made)) && !line_said(said, text) && !is_frame(text) &&
		        !(strstr(text, "<nvirt-template:") && strstr(all, "template")) &&
		        !names_said_file(all, text))
			tell(row, "the definition's line '%s' was not told", text);
	}
}

/* Everything that the plan's diff adds is there, and what it removes is gone. */
static void check_diff_done(const char *row, json_object *plan, const char *is)
{
	const char *diff = plan ? member(plan, "diff") : NULL;
	g_auto(GStrv) said = g_strsplit(diff ? diff : "", "\n", -1);

	for (char **line = said; *line; line++)
		if (**line == '+' && !strstr(*line, "(new)") && !strstr(is, *line + 1))
			tell(row, "the plan's line '%s' is not in the definition", *line);
}

static void check_definitions(
        const char *row, const char *guest, json_object *plan, const struct world *before, const struct world *after)
{
	GHashTableIter iter;
	gpointer name, is;
	bool made = false;

	for (g_hash_table_iter_init(&iter, after->guests); g_hash_table_iter_next(&iter, &name, &is);) {
		const char *was = g_hash_table_lookup(before->guests, name);

		if (was) {
			check_definition(row, plan, was, is, false);
			continue;
		}
		/* Of several the first stands for all. */
		if (!made && count_said(plan, "guest", "make") == 1) {
			/* One of a snapshot may lack what the source has got since. */
			check_definition(row, plan, g_hash_table_lookup(before->guests, guest), is, true);
			check_diff_done(row, plan, is);
		}
		made = true;
	}
	if (!made && g_hash_table_contains(after->guests, guest))
		check_diff_done(row, plan, g_hash_table_lookup(after->guests, guest));
}

static void check_same_table(const char *row, const char *what, GHashTable *before, GHashTable *after)
{
	GHashTableIter iter;
	gpointer name, value;

	check_count(row, what, "make", 0, count_only_in(after, before));
	for (g_hash_table_iter_init(&iter, before); g_hash_table_iter_next(&iter, &name, &value);)
		if (g_strcmp0(value, g_hash_table_lookup(after, name)) != 0)
			tell(row, "--dry-run changed the %s '%s'", what, (const char *)name);
}

/* ---- the verbs ---- */

struct row {
	const char *guest;     /* a fresh one of this name for each row */
	const char *kind;      /* as for lab.sh define */
	bool running;
	const char *before[5]; /* what was done to it before */
	const char *line;
};

static const struct row rows[] = {
        {"take-in", "boot", false, {NULL}, "snapshot create @ one"},
        {"take-ex", "boot", false, {NULL}, "snapshot create @ one --kind external"},
        {"take-ram", "boot", true, {NULL}, "snapshot create @ one"},
        {"take-disk", "boot", true, {NULL}, "snapshot create @ one --no-memory"},
        {"auto", "boot", false, {NULL}, "snapshot-auto @"},
        {"edit", "boot", false, {"snapshot create @ one"}, "snapshot edit @ one --description words"},
        {"back-in", "boot", false, {"snapshot create @ one"}, "snapshot revert @ one"},
        {"back-ex", "boot", false, {"snapshot create @ one --kind external"}, "snapshot revert @ one"},
        {"back-ram", "boot", true, {"snapshot create @ one"}, "snapshot revert @ one"},
        {"del-in", "boot", false, {"snapshot create @ one", "snapshot create @ two"}, "snapshot delete @ one"},
        {"del-ex", "boot", false, {"snapshot create @ one --kind external", "snapshot create @ two"}, "snapshot delete @ one"},
        {"del-last", "boot", false, {"snapshot create @ one --kind external", "snapshot create @ two"}, "snapshot delete @ two"},
        {"del-ram", "boot", true, {"snapshot create @ one", "snapshot create @ two"}, "snapshot delete @ one"},
        {"del-tree", "boot", false, {"snapshot create @ one --kind external", "snapshot create @ two"}, "snapshot delete @ one --scope with-children"},
        {"del-below", "boot", false, {"snapshot create @ one --kind external", "snapshot create @ two"}, "snapshot delete @ one --scope children"},
        {"del-note", "boot", false, {"snapshot create @ one"}, "snapshot delete @ one --metadata-only"},
        {"prune", "boot", false, {"snapshot create @ auto-1", "snapshot create @ auto-2", "snapshot create @ auto-3"}, "snapshot prune @ --keep 1"},
        {"full", "boot", false, {NULL}, "clone @ @-copy"},
        {"full-raw", "boot", false, {NULL}, "clone @ @-copy --format raw"},
        {"full-run", "boot", true, {NULL}, "clone @ @-copy"},
        {"full-snap", "boot", false, {"snapshot create @ one --kind external"}, "clone @ @-copy --from-snapshot one"},
        {"full-many", "boot", false, {NULL}, "clone @ '@-##' --count 3"},
        {"linked", "boot", false, {NULL}, "clone @ @-copy --mode linked"},
        {"linked-own", "boot", true, {NULL}, "clone @ @-copy --mode linked --own-overlay"},
        {"linked-two", "boot", false, {NULL}, "clone @ '@-##' --mode linked --count 2"},
        {"templ", "boot", false, {NULL}, "template @"},
        {"templ-clone", "boot", false, {"template @"}, "clone @ @-copy"},
        {"untempl", "boot", false, {"template @"}, "untemplate @"},
        {"own", "boot", false, {"clone @ @-copy --mode linked"}, "own-overlay @"},
        {"flat", "boot", false, {"snapshot create @ one --kind external", "snapshot delete @ one --metadata-only"}, "flatten @"},
        {"flat-live", "boot", true, {"snapshot create @ one --no-memory", "snapshot delete @ one --metadata-only"}, "flatten @"},
        {"flat-link", "boot", false, {"clone @ @-copy --mode linked"}, "flatten @-copy"},
        {"unprot", "boot", false, {"clone @ @-copy --mode linked", "!undefine @-copy", "!vol-delete @-copy.qcow2 --pool default"}, "unprotect @ --anyway"},
        {"rebase", "boot", false, {"clone @ @-copy --mode linked", "!vol-clone @.qcow2 @-moved.qcow2 --pool default"}, "volume-rebase default/@-copy.qcow2 %/@-moved.qcow2"},
        {"cleanup", "boot", false, {"killed"}, "task-cleanup " LEFTOVERS_END},
        {"gone", "boot", false, {"undefine @"}, "volume-delete default/@.qcow2"},
        {"gone-all", "boot", false, {NULL}, "undefine @ --remove disk:vda"},
};

static void set_up(const struct row *row)
{
	lab_do(lab, "define", "h1", row->guest, row->kind);
	if (row->running)
		lab_do(lab, "virsh", "h1", "start", row->guest);
	for (unsigned i = 0; i < G_N_ELEMENTS(row->before) && row->before[i]; i++)
		must_run(row->before[i], row->guest);
	lab_do(lab, "virsh", "h1", "pool-refresh", "default");
}

static void run_row(const struct row *row)
{
	struct world before, said, after;

	set_up(row);
	world_init(&before);
	json_object *answer = dry_run(row->line, row->guest);
	world_init(&said);
	check_same_table(row->guest, "file", before.files, said.files);
	check_same_table(row->guest, "guest", before.guests, said.guests);
	check_same_table(row->guest, "snapshot", before.snapshots, said.snapshots);
	must_run(row->line, row->guest);
	world_init(&after);
	unsigned had = wrong;
	json_object *plan = plan_of(answer);
	check_files(row->guest, plan, &before, &after);
	check_objects(row->guest, plan, &before, &after);
	check_definitions(row->guest, row->guest, plan, &before, &after);
	if (wrong > had)
		fprintf(stderr, "%s: '%s' had said %s\n", row->guest, row->line,
		        json_object_to_json_string_ext(answer, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(answer);
	world_fini(&before);
	world_fini(&said);
	world_fini(&after);
	if (row->running)
		lab_do(lab, "virsh", "h1", "destroy", row->guest);
}

static void what_it_says_is_what_then_happens(void **state)
{
	const char *only = g_getenv("NVIRT_TEST_ROW");

	(void)state;
	for (unsigned i = 0; i < G_N_ELEMENTS(rows); i++)
		if (!only || g_str_equal(only, rows[i].guest))
			run_row(&rows[i]);
	assert_int_equal(wrong, 0);
}

static int open_all(void **state)
{
	(void)state;
	lab = lab_start(1);
	images = g_build_filename(lab_dir(lab), "h1", "img", NULL);
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	lab_stop(lab);
	g_free(images);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_it_says_is_what_then_happens),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
