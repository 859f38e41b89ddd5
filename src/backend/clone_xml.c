/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The definition of a clone. Pure.
 *
 * One list of rules, each for one thing that two guests can not have at once.
 * What is not named here is the same in the clone.
 */
#include "backend/clone_xml.h"

#include <string.h>

#include "backend/metadata.h"
#include "backend/op_util.h"
#include "nvirt/inv.h"
#include "nvirt/text.h"

#define NEW "(new)"

struct making {
	const struct clone_spec *spec;
	GPtrArray *notes;
};

struct clone_file *clone_file_new(const char *target, const char *path, const char *format)
{
	struct clone_file *file = g_new0(struct clone_file, 1);

	file->target = g_strdup(target);
	file->path = g_strdup(path);
	file->format = g_strdup(format);
	return file;
}

void clone_file_free(struct clone_file *file)
{
	if (!file)
		return;
	g_free(file->target);
	g_free(file->path);
	g_free(file->format);
	g_free(file);
}

/* ---- the tree ---- */

static void note(struct making *making, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void note(struct making *making, const char *format, ...)
{
	va_list args;

	if (!making->notes)
		return;
	va_start(args, format);
	g_autofree char *raw = g_strdup_vprintf(format, args);
	va_end(args);
	char *text = text_clean(raw, -1);
	if (g_ptr_array_find_with_equal_func(making->notes, text, g_str_equal, NULL))
		g_free(text);
	else
		g_ptr_array_add(making->notes, text);
}

/* With the indentation before it. */
static void drop(xmlNodePtr node)
{
	xmlNodePtr before = node->type == XML_ELEMENT_NODE ? node->prev : NULL;

	if (before && before->type == XML_TEXT_NODE && xmlIsBlankNode(before)) {
		xmlUnlinkNode(before);
		xmlFreeNode(before);
	}
	xmlUnlinkNode(node);
	xmlFreeNode(node);
}

static void drop_attr(xmlNodePtr node, const char *name)
{
	xmlUnsetProp(node, BAD_CAST name);
}

static void set_attr(xmlNodePtr node, const char *name, const char *value)
{
	xmlSetProp(node, BAD_CAST name, BAD_CAST value);
}

/* Text as it is: libxml2's own call would take '&' in a path for an entity. */
static void set_text(xmlNodePtr node, const char *text)
{
	xmlNodePtr child;

	while ((child = node->children))
		drop(child);
	xmlAddChild(node, xmlNewText(BAD_CAST text));
}

static xmlNodePtr child_of(xmlNodePtr node, const char *name)
{
	for (xmlNodePtr child = node ? node->children : NULL; child; child = child->next)
		if (child->type == XML_ELEMENT_NODE && strcmp((const char *)child->name, name) == 0)
			return child;
	return NULL;
}

static xmlNodePtr need_child(xmlNodePtr node, const char *name)
{
	xmlNodePtr child = child_of(node, name);

	return child ? child : xmlNewChild(node, NULL, BAD_CAST name, NULL);
}

static void drop_children(xmlNodePtr node, const char *name)
{
	xmlNodePtr child;

	while ((child = child_of(node, name)))
		drop(child);
}

static char *attr(xmlNodePtr node, const char *name)
{
	xmlChar *value = node ? xmlGetProp(node, BAD_CAST name) : NULL;
	char *copy = g_strdup(value ? (const char *)value : "");

	xmlFree(value);
	return copy;
}

static bool attr_is(xmlNodePtr node, const char *name, const char *value)
{
	g_autofree char *is = attr(node, name);

	return g_str_equal(is, value);
}

static void each(xmlDocPtr doc, struct making *making, const char *xpath,
        void (*change)(xmlDocPtr doc, xmlNodePtr node, void *data))
{
	op_xml_each(doc, NULL, xpath, change, making);
}

/* ---- itself ---- */

static void uuid_words(const struct clone_spec *spec, char text[37])
{
	if (spec->to_show)
		g_strlcpy(text, NEW, 37);
	else
		uuid_format(spec->uuid, text);
}

static void set_identity(xmlDocPtr doc, struct making *making)
{
	xmlNodePtr root = xmlDocGetRootElement(doc);
	char uuid[37];

	uuid_words(making->spec, uuid);
	drop_attr(root, "id");
	set_text(need_child(root, "name"), making->spec->name);
	set_text(need_child(root, "uuid"), uuid);
	if (child_of(root, "genid")) {
		g_autofree char *genid = g_uuid_string_random();
		set_text(child_of(root, "genid"), making->spec->to_show ? NEW : genid);
	}
}

/* libvirt refuses a definition whose SMBIOS states another UUID. */
static void set_smbios_uuid(xmlDocPtr doc, xmlNodePtr entry, void *data)
{
	const struct making *making = data;
	char uuid[37];

	(void)doc;
	uuid_words(making->spec, uuid);
	set_text(entry, uuid);
}

static void drop_own_metadata(xmlDocPtr doc, xmlNodePtr node, void *data)
{
	const char *uri = node->ns ? (const char *)node->ns->href : "";

	(void)doc, (void)data;
	if (g_str_equal(uri, METADATA_TEMPLATE_URI) || g_str_equal(uri, METADATA_BASE_URI))
		drop(node);
}

static void set_nvram(xmlDocPtr doc, xmlNodePtr nvram, void *data)
{
	const struct making *making = data;
	xmlNodePtr source = child_of(nvram, "source");

	(void)doc;
	if (!making->spec->nvram)
		return;
	if (source)
		set_attr(source, "file", making->spec->nvram);
	else
		set_text(nvram, making->spec->nvram);
}

char *clone_nvram_source(xmlDocPtr source)
{
	g_autofree char *file = op_xml_string(source, NULL, "/domain/os/nvram/source/@file");
	g_autofree char *text = op_xml_string(source, NULL, "/domain/os/nvram");

	if (*file == '/')
		return g_steal_pointer(&file);
	g_strstrip(text);
	return *text == '/' ? g_steal_pointer(&text) : NULL;
}

char *clone_nvram_target(xmlDocPtr source, const char *name)
{
	g_autofree char *old = clone_nvram_source(source);
	g_autofree char *dir = old ? g_path_get_dirname(old) : NULL;

	if (!old)
		return NULL;
	return g_strdup_printf("%s/%s_VARS.%s", dir, name, g_str_has_suffix(old, ".qcow2") ? "qcow2" : "fd");
}

/* ---- disks ---- */

static const struct clone_file *file_for(const struct making *making, const char *target)
{
	for (unsigned i = 0; i < making->spec->disks->len; i++) {
		const struct clone_file *file = making->spec->disks->pdata[i];
		if (g_str_equal(file->target, target))
			return file;
	}
	return NULL;
}

static void set_disk(xmlDocPtr doc, xmlNodePtr disk, void *data)
{
	struct making *making = data;
	g_autofree char *target = attr(child_of(disk, "target"), "dev");
	const struct clone_file *file = file_for(making, target);

	(void)doc;
	drop_children(disk, "backingStore");
	drop_children(disk, "mirror");
	if (!file)
		return;
	xmlNodePtr source = need_child(disk, "source");
	g_autofree char *startup = attr(source, "startupPolicy");
	while (source->properties)
		xmlRemoveProp(source->properties);
	drop_children(source, "reservations");
	drop_children(source, "slices");
	set_attr(disk, "type", "file");
	set_attr(source, "file", file->path);
	if (*startup)
		set_attr(source, "startupPolicy", startup);
	set_attr(need_child(disk, "driver"), "type", file->format);
}

/* ---- network ---- */

/* QEMU's own prefix, as libvirt does it. */
static void set_mac(const struct clone_spec *spec, xmlNodePtr interface)
{
	guint32 number = g_random_int();
	g_autofree char *address = g_strdup_printf(
	        "52:54:00:%02x:%02x:%02x", number >> 16 & 0xff, number >> 8 & 0xff, number & 0xff);

	if (child_of(interface, "mac"))
		set_attr(child_of(interface, "mac"), "address", spec->to_show ? NEW : address);
}

static void set_interface(xmlDocPtr doc, xmlNodePtr interface, void *data)
{
	struct making *making = data;
	xmlNodePtr source = child_of(interface, "source");

	(void)doc;
	set_mac(making->spec, interface);
	drop_children(interface, "portForward");
	if (child_of(interface, "target"))
		drop_attr(child_of(interface, "target"), "dev");
	drop_attr(source, "portid");
	if (child_of(interface, "backend"))
		drop_attr(child_of(interface, "backend"), "logFile");
	xmlNodePtr parameters = child_of(child_of(interface, "virtualport"), "parameters");
	if (parameters)
		drop_attr(parameters, "interfaceid");
	if (attr_is(interface, "type", "vhostuser")) {
		g_autofree char *path = attr(source, "path");
		note(making, "A network card of it is bound to the socket '%s', as in the source: give it one of its own.",
		        path);
	}
}

/* ---- serial lines and their like ---- */

static const char *line_place(xmlNodePtr line, char **ret_place)
{
	xmlNodePtr source = child_of(line, "source");
	g_autofree char *path = attr(source, "path");
	g_autofree char *service = attr(source, "service");

	*ret_place = *path ? g_steal_pointer(&path) : g_steal_pointer(&service);
	return *ret_place;
}

static bool line_is_own(const char *type)
{
	static const char *const own[] = {"pty", "null", "stdio", "vc", "spicevmc", "spiceport",
		"qemu-vdagent", "dbus", NULL};

	return g_strv_contains(own, type);
}

/* An agent's socket is made by libvirt under the guest's own directory where no path is given. */
static void set_line(xmlDocPtr doc, xmlNodePtr line, void *data)
{
	struct making *making = data;
	g_autofree char *type = attr(line, "type");
	g_autofree char *place = NULL;
	bool channel = strcmp((const char *)line->name, "channel") == 0;

	(void)doc;
	drop_children(line, "log");
	drop_attr(line, "tty");
	line_place(line, &place);
	if (line_is_own(type)) {
		drop_children(line, "source");
		return;
	}
	if (channel && g_str_equal(type, "unix")) {
		if (*place && child_of(line, "source"))
			drop_attr(child_of(line, "source"), "path");
		return;
	}
	note(making, "The %s to '%s' (%s) is the source's: the clone has a %s instead.", (const char *)line->name,
	        place, type, channel ? "channel to nowhere" : "terminal (pty)");
	drop_children(line, "source");
	drop_children(line, "protocol");
	set_attr(line, "type", channel ? "null" : "pty");
}

/* ---- screens ---- */

static void set_listen(xmlNodePtr graphics)
{
	for (xmlNodePtr listen = child_of(graphics, "listen"); listen; listen = listen->next)
		if (listen->type == XML_ELEMENT_NODE && attr_is(listen, "type", "socket"))
			drop_attr(listen, "socket");
}

static void set_graphics(xmlDocPtr doc, xmlNodePtr graphics, void *data)
{
	struct making *making = data;
	bool fixed = attr_is(graphics, "autoport", "no");
	g_autofree char *port = attr(graphics, "port");

	(void)doc;
	drop_attr(graphics, "socket");
	drop_attr(graphics, "websocket");
	set_listen(graphics);
	if (!attr_is(graphics, "type", "vnc") && !attr_is(graphics, "type", "spice") && !attr_is(graphics, "type", "rdp"))
		return;
	if (fixed && g_ascii_strtoll(port, NULL, 10) > 0)
		note(making, "The screen's fixed port %s is the source's: the clone gets a free one at each start.", port);
	if (*port || fixed) {
		drop_attr(graphics, "tlsPort");
		set_attr(graphics, "port", "-1");
		set_attr(graphics, "autoport", "yes");
	}
}

/* ---- other devices ---- */

static void set_vsock(xmlDocPtr doc, xmlNodePtr vsock, void *data)
{
	xmlNodePtr cid = child_of(vsock, "cid");

	(void)doc, (void)data;
	if (!cid)
		return;
	drop_attr(cid, "address");
	set_attr(cid, "auto", "yes");
}

static char *device_words(xmlDocPtr doc, xmlNodePtr node)
{
	g_autofree char *type = attr(node, "type");
	g_autofree char *bus = op_xml_string(doc, node, "source/address/@bus");
	g_autofree char *slot = op_xml_string(doc, node, "source/address/@slot");
	g_autofree char *vendor = op_xml_string(doc, node, "source/vendor/@id");

	if (*slot)
		return g_strdup_printf("%s device at bus %s, slot %s", type, bus, slot);
	return g_strdup_printf("%s device%s%s", *type ? type : (const char *)node->name, *vendor ? " of vendor " : "", vendor);
}

static void set_passthrough(xmlDocPtr doc, xmlNodePtr node, void *data)
{
	struct making *making = data;
	g_autofree char *words = device_words(doc, node);

	if (making->spec->keep_passthrough) {
		note(making, "It has the host's %s too: only one of the two can run at a time.", words);
		return;
	}
	note(making, "The host's %s stays with the source: the clone does not have it.", words);
	drop(node);
}

static void note_shared(xmlDocPtr doc, xmlNodePtr node, void *data)
{
	g_autofree char *dir = op_xml_string(doc, node, "source/@dir");
	g_autofree char *name = attr(node, "name");

	note(data, "It shares '%s' (%s) with the source.", *dir ? dir : name, (const char *)node->name);
}

static void note_tpm(xmlDocPtr doc, xmlNodePtr node, void *data)
{
	(void)doc, (void)node;
	note(data, "Its TPM starts empty: disks sealed to the source's TPM need their recovery key.");
}

static void note_command_line(xmlDocPtr doc, xmlNodePtr node, void *data)
{
	(void)doc, (void)node;
	note(data, "It has QEMU's own arguments of the source: look whether they name files, ports or sockets.");
}

static void drop_node(xmlDocPtr doc, xmlNodePtr node, void *data)
{
	(void)doc, (void)data;
	drop(node);
}

#define LINES "*[self::serial or self::parallel or self::channel or self::console or self::redirdev]"
#define SHARED_RAM "memory[@model='nvdimm' or @model='virtio-pmem']"

xmlDocPtr clone_definition(xmlDocPtr source, const struct clone_spec *spec, GPtrArray *notes)
{
	struct making making = {.spec = spec, .notes = notes};
	xmlDocPtr doc = xmlCopyDoc(source, 1);

	set_identity(doc, &making);
	each(doc, &making, "/domain/sysinfo/system/entry[@name='uuid']", set_smbios_uuid);
	each(doc, &making, "/domain/metadata/*", drop_own_metadata);
	each(doc, &making, "/domain/os/nvram", set_nvram);
	each(doc, &making, "/domain/devices/disk", set_disk);
	each(doc, &making, "/domain/devices/interface[@type='hostdev']", set_passthrough);
	each(doc, &making, "/domain/devices/interface", set_interface);
	each(doc, &making, "/domain/devices/" LINES, set_line);
	each(doc, &making, "/domain/devices/graphics", set_graphics);
	each(doc, &making, "/domain/devices/vsock", set_vsock);
	each(doc, &making, "/domain/devices/hostdev", set_passthrough);
	each(doc, &making, "/domain/devices/tpm[backend/@type='passthrough']", set_passthrough);
	each(doc, &making, "/domain/devices/" SHARED_RAM, set_passthrough);
	each(doc, &making, "/domain/devices/tpm[backend/@type='emulator']", note_tpm);
	each(doc, &making, "/domain/devices/*[self::filesystem or self::shmem]", note_shared);
	each(doc, &making, "/domain/*[local-name()='commandline']", note_command_line);
	each(doc, &making, "/domain/devices/*/alias[not(starts-with(@name,'ua-'))]", drop_node);
	return doc;
}
