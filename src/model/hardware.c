/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tree of a guest's hardware: see hardware.h. Pure: libxml2 on memory only. */
#include "nvirt/hardware.h"

#include <libxml/parser.h>
#include <string.h>

#include "hardware_parts.h"
#include "nvirt/text.h"

enum { XML_BYTES_MAX = 1024 * 1024, DEVICES_MAX = 2000 };

/* One part of the guest, in either definition or in both. */
struct part {
	char *id;
	const struct hw_kind *kind;
	char *element;
	xmlNodePtr live, stored;
	GPtrArray *live_props, *stored_props;
	enum hw_group group;
	char *parent; /* id of the controller that it hangs on, or NULL */
};

struct builder {
	xmlDocPtr live, stored;
	GPtrArray *parts;      /* struct part * */
	GHashTable *by_id;     /* id -> struct part */
	struct hardware *made;
};

/* ---- reading ---------------------------------------------------------------- */

/*
 * Characters that text_clean() has spelled out, <U+202E>, would be tags; no
 * name can begin so.
 */
static char *escape_spelled(const char *xml)
{
	GString *text = g_string_new(xml);

	g_string_replace(text, "<U+", "&lt;U+", 0);
	return g_string_free(text, FALSE);
}

static xmlDocPtr parse(const char *xml, GError **error)
{
	gsize len = strlen(xml);
	g_autofree char *text = len <= XML_BYTES_MAX ? escape_spelled(xml) : NULL;
	xmlDocPtr doc = text ? xmlReadMemory(text, (int)strlen(text), NULL, "UTF-8",
	                               XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
	                                       XML_PARSE_NOBLANKS)
	                     : NULL;
	xmlNodePtr root = doc ? xmlDocGetRootElement(doc) : NULL;

	if (root && !doc->intSubset && xmlStrEqual(root->name, BAD_CAST "domain"))
		return doc;
	xmlFreeDoc(doc);
	g_set_error(error, G_MARKUP_ERROR, G_MARKUP_ERROR_PARSE, "the definition can not be read as a domain");
	return NULL;
}

static void part_free(void *data)
{
	struct part *part = data;

	g_free(part->id);
	g_free(part->element);
	g_free(part->parent);
	if (part->live_props)
		g_ptr_array_unref(part->live_props);
	if (part->stored_props)
		g_ptr_array_unref(part->stored_props);
	g_free(part);
}

static const GPtrArray *props_of(const struct part *part)
{
	return part->live_props ? part->live_props : part->stored_props;
}

/* "disk:vda", "controller:scsi:0"; what has no key of its own goes by its place among its like. */
static char *make_id(const struct hw_kind *kind, const char *element, const GPtrArray *props, GHashTable *seen)
{
	const char *key = kind->key ? hw_prop(props, kind->key) : NULL;
	g_autofree char *base = NULL;
	char *id;

	if (kind->group == HW_CONTROLLERS)
		base = g_strdup_printf("%s:%s:%s", element, hw_prop(props, "@type") ? hw_prop(props, "@type") : "",
		        hw_prop(props, "@index") ? hw_prop(props, "@index") : "");
	else
		base = key ? g_strdup_printf("%s:%s", element, key) : g_strdup(element);
	unsigned place = GPOINTER_TO_UINT(g_hash_table_lookup(seen, base)) + 1;
	g_hash_table_insert(seen, g_strdup(base), GUINT_TO_POINTER(place));
	id = place > 1 ? g_strdup_printf("%s#%u", base, place) : g_strdup(base);
	return id;
}

/* The controller that a drive's or port's address names. */
static char *parent_of(const struct part *part)
{
	const GPtrArray *props = props_of(part);
	const char *type = hw_prop(props, "address/@type"), *index = hw_prop(props, "address/@controller");
	const char *bus = hw_prop(props, "target/@bus");

	if (!type || !index)
		return NULL;
	if (strcmp(type, "drive") == 0 && bus)
		return g_strdup_printf("controller:%s:%s", bus, index);
	if (strcmp(type, "virtio-serial") == 0)
		return g_strdup_printf("controller:virtio-serial:%s", index);
	return NULL;
}

static void add_part(struct builder *builder, xmlNodePtr node, bool device, bool stored, GHashTable *seen)
{
	g_autofree char *element = g_strdup((const char *)node->name);
	const struct hw_kind *kind = device ? hw_kind_of_device(element) : hw_kind_of_part(element);

	if (!kind || builder->parts->len >= DEVICES_MAX)
		return;
	GPtrArray *props = hw_props(node);
	/* <memory> is both: how much there is, and a module. */
	g_autofree char *name = g_strconcat(device ? "" : "domain ", element, NULL);
	g_autofree char *id = make_id(kind, name, props, seen);
	struct part *part = g_hash_table_lookup(builder->by_id, id);

	if (!part) {
		part = g_new0(struct part, 1);
		part->id = g_strdup(id);
		part->kind = kind;
		part->element = g_strdup(element);
		part->group = hw_group_of(kind, props);
		g_ptr_array_add(builder->parts, part);
		g_hash_table_insert(builder->by_id, part->id, part);
	}
	if (stored) {
		part->stored = node;
		part->stored_props = props;
	} else {
		part->live = node;
		part->live_props = props;
	}
	if (device && !part->parent)
		part->parent = parent_of(part);
}

static void add_children(struct builder *builder, xmlNodePtr parent, bool device, bool stored, GHashTable *seen)
{
	for (xmlNodePtr node = parent->children; node; node = node->next) {
		if (node->type != XML_ELEMENT_NODE)
			continue;
		if (!device && xmlStrEqual(node->name, BAD_CAST "devices"))
			add_children(builder, node, true, stored, seen);
		else
			add_part(builder, node, device, stored, seen);
	}
}

static void add_doc(struct builder *builder, xmlDocPtr doc, bool stored)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	add_children(builder, xmlDocGetRootElement(doc), false, stored, seen);
}

/* ---- nodes ------------------------------------------------------------------ */

static void node_free(void *data)
{
	struct hw_node *node = data;

	g_free(node->id);
	g_free(node->title);
	g_free(node->live);
	g_free(node->stored);
	g_free(node->live_xml);
	g_free(node->stored_xml);
	g_free(node);
}

/* Takes id and title. */
static struct hw_node *add_node(
        struct builder *builder, enum hw_what what, unsigned depth, char *id, char *title)
{
	struct hw_node *node = g_new0(struct hw_node, 1);

	node->what = what;
	node->depth = depth;
	node->id = id;
	node->title = title;
	g_ptr_array_add(builder->made->nodes, node);
	return node;
}

/* "source/address/@bus" as words. */
static char *words(const char *path)
{
	GString *out = g_string_new(NULL);

	for (const char *p = path; *p; p++)
		if (*p == '/')
			g_string_append_c(out, ' ');
		else if (*p != '@')
			g_string_append_c(out, *p);
	if (!out->len)
		g_string_append(out, "value");
	return g_string_free(out, FALSE);
}

static enum hw_change prop_change(const struct builder *builder, const struct part *part, const char *path)
{
	if (!builder->stored || !part->live || !part->stored ||
	        !hw_prop_differs(part->element, part->live_props, part->stored_props, path))
		return HW_SAME;
	if (!hw_prop(part->live_props, path))
		return HW_NEW;
	return hw_prop(part->stored_props, path) ? HW_CHANGED : HW_GONE;
}

static bool add_prop(struct builder *builder, const struct part *part, unsigned depth, const char *path)
{
	struct hw_node *node = add_node(builder, HW_PROPERTY, depth, g_strdup_printf("%s %s", part->id, path), words(path));

	node->live = g_strdup(hw_prop(part->live_props, path));
	node->stored = g_strdup(hw_prop(part->stored_props, path));
	node->change = prop_change(builder, part, path);
	return node->change != HW_SAME;
}

/* Those of the live one, then what only the stored one has. */
static bool add_props(struct builder *builder, const struct part *part, unsigned depth)
{
	bool changed = false;

	for (guint i = 0; part->live_props && i < part->live_props->len; i++)
		changed |= add_prop(builder, part, depth, ((struct hw_prop *)part->live_props->pdata[i])->path);
	for (guint i = 0; part->stored_props && i < part->stored_props->len; i++) {
		const struct hw_prop *prop = part->stored_props->pdata[i];

		if (!hw_prop(part->live_props, prop->path))
			changed |= add_prop(builder, part, depth, prop->path);
	}
	return changed;
}

static char *dump(xmlNodePtr element)
{
	xmlBufferPtr buffer = element ? xmlBufferCreate() : NULL;
	char *text;

	if (!buffer)
		return NULL;
	xmlNodeDump(buffer, element->doc, element, 0, 1);
	text = text_clean_lines((const char *)xmlBufferContent(buffer), -1);
	xmlBufferFree(buffer);
	return text;
}

static char *title_of(const struct part *part)
{
	const GPtrArray *props = props_of(part);
	const char *key = part->kind->key ? hw_prop(props, part->kind->key) : NULL;

	if (part->kind->group == HW_CONTROLLERS)
		return g_strdup_printf("%s controller %s", hw_prop(props, "@type") ? hw_prop(props, "@type") : "",
		        hw_prop(props, "@index") ? hw_prop(props, "@index") : "");
	if (!part->kind->title)
		return text_clean(part->element, -1);
	/* What the line beside it says need not be in the title. */
	if (!key || strstr(part->kind->summary, part->kind->key))
		return g_strdup(part->kind->title);
	return g_strdup_printf("%s %s", part->kind->title, key);
}

/* A CPU or firmware that only the running guest has was chosen for it. */
static bool chosen_at_start(const struct part *part)
{
	return !part->stored && (strcmp(part->element, "cpu") == 0 || strcmp(part->element, "numatune") == 0);
}

static enum hw_change part_change(const struct builder *builder, const struct part *part, bool props_changed)
{
	if (!builder->stored || chosen_at_start(part))
		return HW_SAME;
	if (!part->live)
		return HW_NEW;
	if (!part->stored)
		return HW_GONE;
	return props_changed ? HW_CHANGED : HW_SAME;
}

static void add_attached(struct builder *builder, const struct part *controller, unsigned depth);

static void add_device(struct builder *builder, const struct part *part, unsigned depth)
{
	guint at = builder->made->nodes->len;
	struct hw_node *node = add_node(builder, HW_DEVICE, depth, g_strdup(part->id), title_of(part));

	node->live = part->live_props ? hw_summary(part->kind, part->live_props) : NULL;
	node->stored = part->stored_props ? hw_summary(part->kind, part->stored_props) : NULL;
	node->live_xml = dump(part->live);
	node->stored_xml = dump(part->stored);
	if (part->kind->group == HW_CONTROLLERS)
		add_attached(builder, part, depth + 1);
	node->change = part_change(builder, part, add_props(builder, part, depth + 1));
	builder->made->changed += node->change != HW_SAME;
	node->below = builder->made->nodes->len - at - 1;
}

static void add_attached(struct builder *builder, const struct part *controller, unsigned depth)
{
	for (guint i = 0; i < builder->parts->len; i++) {
		const struct part *part = builder->parts->pdata[i];

		if (part->kind->group != HW_CONTROLLERS && g_strcmp0(part->parent, controller->id) == 0)
			add_device(builder, part, depth);
	}
}

static bool hangs(const struct builder *builder, const struct part *part)
{
	return part->parent && part->kind->group != HW_CONTROLLERS &&
	       g_hash_table_contains(builder->by_id, part->parent);
}

static void add_group_parts(struct builder *builder, enum hw_group group, bool controllers)
{
	for (guint i = 0; i < builder->parts->len; i++) {
		const struct part *part = builder->parts->pdata[i];

		if (part->group == group && (part->kind->group == HW_CONTROLLERS) == controllers &&
		        !hangs(builder, part))
			add_device(builder, part, 1);
	}
}

/* "3, one changed": what a folded group has to tell. */
static void finish_group(struct builder *builder, guint at)
{
	GPtrArray *nodes = builder->made->nodes;
	struct hw_node *group = nodes->pdata[at];

	group->below = nodes->len - at - 1;
	for (guint i = at + 1; i < nodes->len; i++) {
		const struct hw_node *node = nodes->pdata[i];

		if (node->what == HW_DEVICE && node->change != HW_SAME)
			group->change = HW_CHANGED;
	}
	if (group->below == 0)
		g_ptr_array_set_size(nodes, (gint)at);
}

static void add_group(struct builder *builder, enum hw_group group)
{
	guint at = builder->made->nodes->len;

	add_node(builder, HW_GROUP, 0, g_strdup_printf("group:%s", hw_group_title(group)),
	        g_strdup(hw_group_title(group)));
	add_group_parts(builder, group, false);
	add_group_parts(builder, group, true);
	finish_group(builder, at);
}

/* ---- all together ----------------------------------------------------------- */

static void build(struct builder *builder)
{
	builder->parts = g_ptr_array_new_with_free_func(part_free);
	builder->by_id = g_hash_table_new(g_str_hash, g_str_equal);
	add_doc(builder, builder->live, false);
	if (builder->stored)
		add_doc(builder, builder->stored, true);
	for (int group = 0; group < HW_GROUP_N; group++)
		add_group(builder, (enum hw_group)group);
	g_hash_table_unref(builder->by_id);
	g_ptr_array_unref(builder->parts);
}

struct hardware *hardware_new(const char *live, const char *stored, GError **error)
{
	struct builder builder = {.live = parse(live, error)};

	if (!builder.live)
		return NULL;
	if (stored && !(builder.stored = parse(stored, error))) {
		xmlFreeDoc(builder.live);
		return NULL;
	}
	builder.made = g_new0(struct hardware, 1);
	builder.made->nodes = g_ptr_array_new_with_free_func(node_free);
	builder.made->both = stored != NULL;
	build(&builder);
	xmlFreeDoc(builder.live);
	xmlFreeDoc(builder.stored);
	return builder.made;
}

void hardware_free(struct hardware *hardware)
{
	if (!hardware)
		return;
	g_ptr_array_unref(hardware->nodes);
	g_free(hardware);
}

const struct hw_node *hardware_at(const struct hardware *hardware, unsigned index)
{
	return hardware->nodes->pdata[index];
}
