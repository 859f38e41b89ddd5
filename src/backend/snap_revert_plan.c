/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a roll back would do and what is lost by it, in words. Worker threads; looks at nothing. */
#include "backend/snap_revert.h"
#include "backend/xml.h"
#include "nvirt/definition.h"
#include "nvirt/diff.h"
#include "nvirt/text.h"

#define CHANGES_SHOWN 4

/* Takes the words. */
static void item(struct plan *plan, enum plan_does does, const char *id, const char *what, const char *path, char *words)
{
	g_autofree char *shown = text_clean(path, -1);
	struct plan_item *made = plan_add(plan, id, what, shown);

	g_free(made->note);
	made->note = text_clean(words, -1);
	made->chosen = made->required = true;
	made->does = does;
	g_free(words);
}

static char *age_of(gint64 created_unix_s)
{
	char text[32];
	gint64 seconds = g_get_real_time() / G_USEC_PER_SEC - created_unix_s;

	text_format_span_ms(text, sizeof text, MAX(seconds, 0) * 1000);
	return g_strdup(text);
}

/* ---- files ---- */

static void add_disks(struct plan *plan, const struct revert *revert)
{
	for (unsigned i = 0; i < revert->disks->len; i++) {
		const struct revert_disk *disk = g_ptr_array_index(revert->disks, i);
		g_autofree char *what = g_strdup_printf("disk %s", disk->target);
		g_autofree char *id = g_strdup_printf("disk:%s", disk->target);
		g_autofree char *old_id = g_strdup_printf("remove:%s", disk->target);
		char size[32];

		if (!disk->kept)
			continue;
		if (!revert->by_hand) {
			item(plan, PLAN_CHANGE, id, what, disk->state, g_strdup("goes back inside the file"));
			continue;
		}
		item(plan, PLAN_MAKE, id, what, disk->overlay,
		        g_strdup_printf("over '%s', which stays", disk->state));
		if (!disk->abandon)
			continue;
		text_format_bytes(size, sizeof size, disk->abandon_bytes);
		g_autofree char *old = g_strdup_printf("disk %s of now", disk->target);
		item(plan, PLAN_REMOVE, old_id, old, disk->abandon,
		        g_strdup_printf("%s written since; nothing else needs it", size));
	}
}

static void add_rest(struct plan *plan, const struct revert *revert)
{
	if (revert->restores && *revert->snap->memory_file)
		item(plan, PLAN_KEEP, "memory", "memory", revert->snap->memory_file, g_strdup("is read into the guest"));
	if (*revert->nvram && *revert->snap->nvram_file)
		item(plan, PLAN_CHANGE, "nvram", "UEFI variables", revert->nvram,
		        g_strdup_printf("those of then, from '%s'", revert->snap->nvram_file));
	if (revert->had_save && !revert->active)
		item(plan, PLAN_REMOVE, "managed-save", "managed save image", "",
		        g_strdup("the saved memory of the guest"));
}

/* ---- what is lost ---- */

static void note_base(struct plan *plan, const struct revert *revert)
{
	const struct snap *current = NULL;

	for (unsigned i = 0; i < revert->tree->len && !current; i++) {
		const struct snap *snap = g_ptr_array_index(revert->tree, i);
		current = snap->current ? snap : NULL;
	}
	g_autofree char *age = age_of(revert->snap->created_unix_s);
	plan_note(plan, "The guest goes back to '%s', taken %s ago.", revert->snap->name, age);
	if (!current) {
		plan_note(plan, "What is on its disks now is lost.");
		return;
	}
	g_autofree char *since = age_of(current->created_unix_s);
	plan_note(plan, "What was written since '%s' (%s ago), on which now is based, is lost.", current->name, since);
}

static void note_stays(struct plan *plan, const struct revert *revert)
{
	for (unsigned i = 0; i < revert->disks->len; i++) {
		const struct revert_disk *disk = g_ptr_array_index(revert->disks, i);
		if (!disk->kept && *disk->now)
			plan_note(plan, "%s was left out of the snapshot and %s.", disk->target,
			        revert->by_hand ? "stays as it is now" : "is connected to the file of then, as that is now");
		else if (disk->kept && revert->by_hand && !disk->abandon && *disk->now)
			plan_note(plan, "'%s', disk %s of now, stays: other snapshots or images need it.", disk->now,
			        disk->target);
	}
}

static void note_memory(struct plan *plan, const struct revert *revert, bool first)
{
	char size[32], there[32];

	text_format_bytes(size, sizeof size, revert->memory_bytes);
	text_format_bytes(there, sizeof there, revert->free_bytes);
	g_autofree char *room = revert->free_bytes == UINT64_MAX
	                                ? g_strdup("how much is free there is not known")
	                                : g_strdup_printf("%s is free in '%s'", there, revert->save_dir);
	if (revert->active)
		plan_note(plan, "The guest runs: %s Its QEMU is started anew, so VNC and serial connections drop.",
		        first ? "what it does is kept in the snapshot that is taken first."
		              : "what it has in memory is lost.");
	if (first)
		plan_note(plan, "A snapshot of now is taken first; it stays, also if rolling back fails.");
	if (revert->active)
		plan_note(plan, "Until it is done its memory%s%s is kept saved, as the way back: that takes time and room on "
		           "the host for as long (%s).",
		        revert->memory_bytes ? " of " : "", revert->memory_bytes ? size : "", room);
	if (revert_boots(revert))
		plan_note(plan, "The snapshot holds no memory: the guest boots, as after a power cut.");
	if (revert->snap->memory && !revert->restores)
		plan_note(plan, "The memory in the snapshot is not used.");
	plan_note(plan, "Afterwards the guest is %s.", revert_after_word(revert->after));
	if (*revert->nvram && !*revert->snap->nvram_file && !revert->restores)
		plan_note(plan, "No copy of the UEFI variables was kept with the snapshot: they stay as they are now.");
}

/* Without what the roll back sets itself: the files of the disks. */
static char *comparable(xmlNodePtr domain)
{
	g_autoptr(xmlDoc) doc = xmlNewDoc(BAD_CAST "1.0");
	xmlNodePtr copy = xmlDocCopyNode(domain, doc, 1);
	xmlChar *text = NULL;
	int len = 0;

	xmlDocSetRootElement(doc, copy);
	xmlNodeSetName(copy, BAD_CAST "domain");
	snapshot_note_strip(copy);
	xml_foreach(disk, xml_child(copy, "devices"), "disk")
	{
		static const char *const parts[] = {"source", "driver", "backingStore"};
		for (unsigned i = 0; i < G_N_ELEMENTS(parts); i++) {
			xmlNodePtr node = xml_child(disk, parts[i]);
			if (node) {
				xmlUnlinkNode(node);
				xmlFreeNode(node);
			}
		}
	}
	xmlDocDumpFormatMemory(doc, &text, &len, 1);
	/* What was taken out left its blanks: in the one form they are gone. */
	g_autofree char *raw = g_strndup((const char *)text, (gsize)MAX(len, 0));
	g_autofree char *one_form = definition_lines(raw);
	char *lines = text_clean_lines(one_form, -1);
	xmlFree(text);
	return lines;
}

static char *diff_text(const GArray *lines)
{
	GString *text = g_string_new(NULL);

	for (unsigned i = 0; i < lines->len; i++) {
		g_autofree char *line = diff_line_text(&g_array_index(lines, struct diff_line, i));
		g_string_append_printf(text, "%s\n", line);
	}
	return g_string_free(text, FALSE);
}

/* The first changed lines, for one sentence. */
static char *some_changes(const GArray *lines)
{
	GString *text = g_string_new(NULL);

	for (unsigned i = 0, shown = 0; i < lines->len && shown < CHANGES_SHOWN; i++) {
		const struct diff_line *line = &g_array_index(lines, struct diff_line, i);
		if (line->kind != DIFF_REMOVED && line->kind != DIFF_ADDED)
			continue;
		g_autofree char *bytes = g_strndup(line->text, line->len);
		g_string_append_printf(text, "%s%s%s", shown++ ? "  " : "", line->kind == DIFF_ADDED ? "+" : "-",
		        g_strstrip(bytes));
	}
	return g_string_free(text, FALSE);
}

static void note_definition(struct plan *plan, const struct revert *revert)
{
	xmlNodePtr root = xmlDocGetRootElement(revert->snap->doc);
	xmlNodePtr stored = xml_child(root, "inactiveDomain"), domain = stored ? stored : xml_child(root, "domain");
	unsigned removed, added;

	if (!domain)
		return;
	g_autofree char *then = comparable(domain);
	g_autofree char *now = comparable(xmlDocGetRootElement(revert->now));
	g_autoptr(GArray) lines = diff_lines(now, then, 2);
	diff_count(lines, &removed, &added);
	if (!removed && !added)
		return;
	g_autofree char *some = some_changes(lines);
	plan_note(plan, "The definition becomes that of then too; %u lines differ: %s%s", removed + added, some,
	        removed + added > CHANGES_SHOWN ? " …" : "");
	plan->diff = diff_text(lines);
}

struct plan *revert_plan(const struct revert *revert, const struct op_request *request)
{
	struct plan *plan = plan_new();
	bool first = args_get_bool(request->args, "take-first", false);

	if (revert->refused)
		plan->refused = g_strdup(revert->refused);
	note_base(plan, revert);
	if (!revert->refused) {
		add_disks(plan, revert);
		add_rest(plan, revert);
	}
	note_stays(plan, revert);
	note_memory(plan, revert, first);
	note_definition(plan, revert);
	return plan;
}
