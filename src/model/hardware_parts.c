/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables about the parts of a definition: see hardware_parts.h. Pure. */
#include "hardware_parts.h"

#include <string.h>

#include "nvirt/text.h"

/* A definition of libvirt's is never that deep or long; a hostile one shall not cost more. */
enum { DEPTH_MAX = 12, PROPS_MAX = 500 };

const char *hw_group_title(enum hw_group group)
{
	static const char *const titles[] = {
#define X(id, title) [id] = title,
	        HW_GROUPS(X)
#undef X
	};

	return titles[group];
}

/* ---- properties ------------------------------------------------------------- */

static void prop_free(void *data)
{
	struct hw_prop *prop = data;

	g_free(prop->path);
	g_free(prop->value);
	g_free(prop);
}

const char *hw_prop(const GPtrArray *props, const char *path)
{
	for (guint i = 0; props && i < props->len; i++) {
		const struct hw_prop *prop = props->pdata[i];

		if (strcmp(prop->path, path) == 0)
			return prop->value;
	}
	return NULL;
}

static void add(GPtrArray *props, const char *path, xmlChar *value)
{
	struct hw_prop *prop;
	g_autofree char *raw = g_strdup((const char *)value);

	xmlFree(value);
	if (props->len >= PROPS_MAX)
		return;
	prop = g_new(struct hw_prop, 1);
	prop->path = text_clean(path, -1);
	prop->value = text_clean(raw ? g_strstrip(raw) : "", -1);
	g_ptr_array_add(props, prop);
}

static bool is_element(const xmlNode *node)
{
	return node->type == XML_ELEMENT_NODE;
}

/* "target", the second of its name "target[2]"; features go by their name, wherever they stand. */
static char *child_path(const char *prefix, xmlNodePtr node)
{
	g_autofree char *name = g_strdup((const char *)node->name);
	unsigned place = 1;

	if (strcmp(name, "feature") == 0) {
		xmlChar *feature = xmlGetNoNsProp(node, BAD_CAST "name");
		char *path = g_strdup_printf("%s%s%s:%s", prefix, *prefix ? "/" : "", name,
		        feature ? (const char *)feature : "");

		xmlFree(feature);
		return path;
	}
	for (const xmlNode *before = node->prev; before && place < PROPS_MAX; before = before->prev)
		place += is_element(before) && xmlStrEqual(before->name, node->name);
	if (place > 1)
		return g_strdup_printf("%s%s%s[%u]", prefix, *prefix ? "/" : "", name, place);
	return g_strdup_printf("%s%s%s", prefix, *prefix ? "/" : "", name);
}

static void collect(GPtrArray *props, xmlNodePtr node, const char *prefix, int depth)
{
	bool bare = !node->properties;

	for (xmlAttrPtr attr = node->properties; attr && props->len < PROPS_MAX; attr = attr->next) {
		g_autofree char *path =
		        g_strdup_printf("%s%s@%s", prefix, *prefix ? "/" : "", (const char *)attr->name);

		add(props, path, xmlNodeListGetString(node->doc, attr->children, 1));
	}
	for (xmlNodePtr child = node->children; child && depth < DEPTH_MAX && props->len < PROPS_MAX;
	        child = child->next) {
		if (!is_element(child))
			continue;
		g_autofree char *path = child_path(prefix, child);

		bare = false;
		collect(props, child, path, depth + 1);
	}
	if (xmlFirstElementChild(node))
		return;
	xmlChar *text = xmlNodeGetContent(node);
	bool blank = !text || xmlStrlen(text) == 0 || text[strspn((const char *)text, " \t\r\n")] == '\0';
	if (!blank)
		add(props, prefix, text);
	else
		xmlFree(text);
	/* <readonly/>: that it is there is all it says. */
	if (blank && bare && *prefix)
		add(props, prefix, xmlStrdup(BAD_CAST "yes"));
}

GPtrArray *hw_props(xmlNodePtr node)
{
	GPtrArray *props = g_ptr_array_new_with_free_func(prop_free);

	collect(props, node, "", 0);
	return props;
}

/* ---- kinds ------------------------------------------------------------------ */

#define CHARDEV "@type|target/@name|target/@type|source/@path,source/@host,target/@address|log log/@file|target/@state"

static const struct hw_kind parts[] = {
        {"vcpu", HW_PROCESSORS, "vCPUs", NULL, "%n|now @current|CPUs @cpuset"},
        {"cpu", HW_PROCESSORS, "CPU", NULL,
                "@mode|model|sockets topology/@sockets|cores topology/@cores|threads topology/@threads"},
        {"iothreads", HW_PROCESSORS, "I/O threads", NULL, "%n"},
        {"cputune", HW_PROCESSORS, "CPU tuning", NULL, "shares shares|quota quota|pinned vcpupin/@cpuset"},
        {"memory", HW_MEMORY, "Maximum", NULL, "%size"},
        {"currentMemory", HW_MEMORY, "Given at start", NULL, "%size"},
        {"maxMemory", HW_MEMORY, "Limit of plugging", NULL, "%size|slots @slots"},
        {"memoryBacking", HW_MEMORY, "Backing", NULL, "?hugepages|?locked|?nosharepages|source/@type|access/@mode"},
        {"memtune", HW_MEMORY, "Limits", NULL, "hard hard_limit|soft soft_limit"},
        {"numatune", HW_MEMORY, "NUMA", NULL, "memory/@mode|nodes memory/@nodeset"},
        {"os", HW_MACHINE, "Firmware, boot", NULL,
                "type/@machine|type/@arch|@firmware|loader|boot boot/@dev|kernel kernel"},
        {"features", HW_MACHINE, "Features", NULL, "?acpi|?apic|smm smm/@state"},
        {"clock", HW_MACHINE, "Clock", NULL, "@offset|timezone @timezone"},
        {"pm", HW_MACHINE, "Power", NULL, "mem suspend-to-mem/@enabled|disk suspend-to-disk/@enabled"},
        {"sysinfo", HW_MACHINE, "System information", NULL, "@type"},
        {"launchSecurity", HW_MACHINE, "Encryption", NULL, "@type"},
        {"commandline", HW_MACHINE, "QEMU arguments", NULL, "arg/@value"},
};

static const struct hw_kind devices[] = {
        {"emulator", HW_MACHINE, "Emulator", NULL, "%n"},
        {"disk", HW_STORAGE, "Disk", "target/@dev",
                "!@device|target/@bus|driver/@type|source/@file,source/@dev,source/@name,source/@volume,"
                "source/@dir,source/@path|cache driver/@cache|?readonly|?shareable"},
        {"interface", HW_NETWORK, "NIC", "mac/@address",
                "model/@type|@type|source/@network,source/@bridge,source/@dev,source/@path|link link/@state"},
        {"graphics", HW_GRAPHICS, "Graphics", NULL,
                "@type|listen/@address,@listen|port @port|socket @socket,listen/@socket"},
        {"video", HW_GRAPHICS, "Video", NULL, "model/@type|heads model/@heads"},
        {"sound", HW_GRAPHICS, "Sound", NULL, "@model"},
        {"audio", HW_GRAPHICS, "Audio", "@id", "@type"},
        {"serial", HW_SERIAL, "Serial port", NULL, CHARDEV},
        {"parallel", HW_SERIAL, "Parallel port", NULL, CHARDEV},
        {"console", HW_SERIAL, "Console", NULL, CHARDEV},
        {"channel", HW_SERIAL, "Channel", "target/@name", CHARDEV},
        {"smartcard", HW_SERIAL, "Smart card", NULL, "@mode|@type"},
        {"input", HW_INPUT, "Input", NULL, "@type|@bus|@model"},
        {"hub", HW_USB, "Hub", NULL, "@type"},
        {"redirdev", HW_USB, "Redirected", NULL, "@bus|@type"},
        {"redirfilter", HW_USB, "Redirection filter", NULL, "allow usbdev/@allow"},
        {"hostdev", HW_HOSTDEV, "Host device", NULL,
                "@type|%address|vendor source/vendor/@id|product source/product/@id|source/adapter/@name|driver "
                "driver/@name"},
        {"filesystem", HW_FILESYSTEM, "Filesystem", "target/@dir",
                "target/@dir|driver/@type|source/@dir,source/@socket,source/@file|?readonly"},
        {"tpm", HW_TPM, "TPM", NULL, "@model|backend/@type|version backend/@version|backend/device/@path"},
        {"rng", HW_RNG, "Random numbers", NULL, "@model|backend/@model|backend"},
        {"watchdog", HW_WATCHDOG, "Watchdog", NULL, "@model|action @action"},
        {"memballoon", HW_MEMORY, "Balloon", NULL, "@model|figures every stats/@period"},
        {"memory", HW_MEMORY, "Module", NULL, "@model|target/size|node target/node"},
        {"shmem", HW_OTHER, "Shared memory", "@name", "@name|model/@type|size"},
        {"panic", HW_OTHER, "Panic notifier", NULL, "@model"},
        {"vsock", HW_OTHER, "Vsock", NULL, "@model|CID cid/@address"},
        {"iommu", HW_OTHER, "IOMMU", NULL, "@model"},
        {"nvram", HW_OTHER, "NVRAM", NULL, "address/@type"},
        {"crypto", HW_OTHER, "Crypto", NULL, "@model|@type|backend/@model"},
        {"lease", HW_OTHER, "Lock lease", "key", "key|lockspace"},
        {"controller", HW_CONTROLLERS, "Controller", NULL, "@model|ports @ports"},
};

/* What libvirt learns one day is shown too. */
static const struct hw_kind unknown_device = {"", HW_OTHER, NULL, NULL, "@type|@model|@name"};

static const struct hw_kind *find(const struct hw_kind *kinds, gsize n, const char *element)
{
	for (gsize i = 0; i < n; i++)
		if (strcmp(kinds[i].element, element) == 0)
			return &kinds[i];
	return NULL;
}

const struct hw_kind *hw_kind_of_part(const char *element)
{
	return find(parts, G_N_ELEMENTS(parts), element);
}

const struct hw_kind *hw_kind_of_device(const char *element)
{
	const struct hw_kind *kind = find(devices, G_N_ELEMENTS(devices), element);

	return kind ? kind : &unknown_device;
}

enum hw_group hw_group_of(const struct hw_kind *kind, const GPtrArray *props)
{
	static const struct {
		const char *type;
		enum hw_group group;
	} rows[] = {{"scsi", HW_STORAGE}, {"sata", HW_STORAGE}, {"ide", HW_STORAGE}, {"fdc", HW_STORAGE},
	        {"usb", HW_USB}, {"virtio-serial", HW_SERIAL}, {"ccid", HW_SERIAL}};
	const char *type = hw_prop(props, "@type");

	for (gsize i = 0; kind->group == HW_CONTROLLERS && i < G_N_ELEMENTS(rows); i++)
		if (g_strcmp0(type, rows[i].type) == 0)
			return rows[i].group;
	return kind->group;
}

/* ---- the one line about a part ---------------------------------------------- */

static char *size_text(const GPtrArray *props)
{
	const char *text = hw_prop(props, ""), *unit = hw_prop(props, "@unit");
	char out[32];
	guint64 kib;

	/* libvirt itself always writes KiB. */
	if (!text || (unit && strcmp(unit, "KiB") != 0) ||
	        !g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64 / 1024, &kib, NULL))
		return g_strdup_printf("%s%s%s", text ? text : "", unit ? " " : "", unit ? unit : "");
	text_format_bytes(out, sizeof(out), kib * 1024);
	return g_strdup(out);
}

static unsigned part_of_address(const GPtrArray *props, const char *name)
{
	g_autofree char *path = g_strdup_printf("source/address/@%s", name);
	const char *text = hw_prop(props, path);

	return text ? (unsigned)g_ascii_strtoull(text, NULL, 0) : 0;
}

/* As lspci and lsusb write them. */
static char *address_text(const GPtrArray *props)
{
	if (hw_prop(props, "source/address/@slot"))
		return g_strdup_printf("%04x:%02x:%02x.%x", part_of_address(props, "domain"),
		        part_of_address(props, "bus"), part_of_address(props, "slot"),
		        part_of_address(props, "function"));
	if (hw_prop(props, "source/address/@device"))
		return g_strdup_printf("bus %u device %u", part_of_address(props, "bus"),
		        part_of_address(props, "device"));
	return g_strdup(hw_prop(props, "source/address/@uuid"));
}

static const char *first_of(const GPtrArray *props, const char *paths)
{
	g_auto(GStrv) split = g_strsplit(paths, ",", -1);

	for (char **path = split; *path; path++) {
		const char *value = hw_prop(props, *path);

		if (value && *value)
			return value;
	}
	return NULL;
}

/*
 * One item: "a,b" the first there is; "label a,b" with a word before it;
 * "?a" the name itself where it is; "!@device" unless it is "disk"; "%n" its
 * own text; "%size" that as bytes; "%address" on the host.
 */
static char *item_text(const char *item, const GPtrArray *props)
{
	const char *space = strrchr(item, ' '), *value;

	if (strcmp(item, "%size") == 0)
		return size_text(props);
	if (strcmp(item, "%address") == 0)
		return address_text(props);
	if (strcmp(item, "%n") == 0)
		return g_strdup(hw_prop(props, ""));
	if (*item == '?')
		return hw_prop(props, item + 1) ? g_strdup(item + 1) : NULL;
	if (*item == '!') {
		value = hw_prop(props, item + 1);
		return g_strcmp0(value, "disk") == 0 ? NULL : g_strdup(value);
	}
	value = first_of(props, space ? space + 1 : item);
	if (value && space)
		return g_strdup_printf("%.*s %s", (int)(space - item), item, value);
	return g_strdup(value);
}

char *hw_summary(const struct hw_kind *kind, const GPtrArray *props)
{
	g_auto(GStrv) items = g_strsplit(kind->summary, "|", -1);
	GString *out = g_string_new(NULL);

	for (char **item = items; *item; item++) {
		g_autofree char *text = item_text(*item, props);

		if (text && *text)
			g_string_append_printf(out, "%s%s", out->len ? "  " : "", text);
	}
	return g_string_free(out, FALSE);
}

/* ---- what is no difference --------------------------------------------------- */

/* Filled in by libvirt where the stored definition says nothing (or -1: choose one). */
static const struct {
	const char *element, *path; /* with '*' */
} filled_in[] = {
        {"*", "alias/*"},
        {"*", "address/*"},
        {"*", "*privateData*"},
        {"*", "*seclabel*"},
        {"disk", "backingStore*"},
        {"disk", "mirror*"},
        {"disk", "source/@index"},
        {"disk", "*/@index"},
        {"interface", "source/*"},
        {"interface", "target/@*"},
        {"interface", "actual*"},
        {"interface", "backend*"},
        {"graphics", "@*"},
        {"graphics", "listen*"},
        {"serial", "source*"},
        {"parallel", "source*"},
        {"console", "source*"},
        {"console", "@tty"},
        {"channel", "source*"},
        {"channel", "target/@state"},
        {"redirdev", "source*"},
        {"smartcard", "source*"},
        {"hostdev", "driver/*"},
        {"vsock", "cid/@address"},
        {"controller", "*"},
        {"video", "model/*"},
        {"cpu", "*"},
        {"os", "loader*"},
        {"os", "nvram*"},
        {"vcpu", "@placement"},
        {"vcpu", "@cpuset"},
        {"numatune", "*"},
        {"memory", "uuid"},
};

static bool fills_in(const char *element, const char *path)
{
	for (gsize i = 0; i < G_N_ELEMENTS(filled_in); i++)
		if (g_pattern_match_simple(filled_in[i].element, element) &&
		        g_pattern_match_simple(filled_in[i].path, path))
			return true;
	return false;
}

/*
 * A running guest's CPU is spelled out: how it was asked for (its mode), what
 * was checked and the model found for host-model have no counterpart in it.
 */
static bool cpu_spelled_out(const GPtrArray *stored, const char *path)
{
	const char *mode = hw_prop(stored, "@mode");

	if (!strcmp(path, "@check") || !strcmp(path, "@match") || !strcmp(path, "model/@fallback"))
		return true;
	if (g_strcmp0(mode, "host-model") && g_strcmp0(mode, "maximum"))
		return false;
	return !strcmp(path, "@mode") || g_str_has_prefix(path, "model") || g_str_has_prefix(path, "feature") ||
	       g_str_has_prefix(path, "vendor");
}

bool hw_prop_differs(const char *element, const GPtrArray *live, const GPtrArray *stored, const char *path)
{
	const char *now = hw_prop(live, path), *next = hw_prop(stored, path);

	if (g_strcmp0(now, next) == 0)
		return false;
	if (strcmp(element, "cpu") == 0 && cpu_spelled_out(stored, path))
		return false;
	return (next && strcmp(next, "-1") != 0) || !fills_in(element, path);
}
