/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Definitions as facts for the checks: see health.h. Pure. */
#include "backend/health.h"

#include <string.h>

#include "backend/xml.h"

static const char *attr(struct check_objects *objects, xmlNodePtr node, const char *name)
{
	g_autofree char *text = xml_raw_attr(node, name);

	return check_objects_text(objects, text != NULL ? text : "", -1);
}

/* ---- guests --------------------------------------------------------------- */

static void add_disk(struct check_objects *objects, struct check_guest *guest, xmlNodePtr node)
{
	xmlNodePtr source = xml_child(node, "source"), target = xml_child(node, "target");
	struct check_disk disk = {
	        .target = attr(objects, target, "dev"),
	        .bus = attr(objects, target, "bus"),
	        .device = attr(objects, node, "device"),
	        .cache = attr(objects, xml_child(node, "driver"), "cache"),
	        .readonly = xml_child(node, "readonly") != NULL,
	        .shareable = xml_child(node, "shareable") != NULL,
	};

	disk.source = attr(objects, source, "file");
	if (*disk.source == '\0')
		disk.source = attr(objects, source, "dev");
	if (*disk.device == '\0')
		disk.device = "disk";
	g_array_append_val(guest->disks, disk);
}

static void add_nic(struct check_objects *objects, struct check_guest *guest, xmlNodePtr node)
{
	xmlNodePtr source = xml_child(node, "source");
	struct check_nic nic = {
	        .mac = attr(objects, xml_child(node, "mac"), "address"),
	        .model = attr(objects, xml_child(node, "model"), "type"),
	        .type = attr(objects, node, "type"),
	};

	nic.source = attr(objects, source, strcmp(nic.type, "network") == 0 ? "network" : "bridge");
	g_array_append_val(guest->nics, nic);
}

static void read_agent(struct check_guest *guest, xmlNodePtr devices)
{
	guest->agent_channel = 0;
	xml_foreach(channel, devices, "channel")
	{
		xmlNodePtr target = xml_child(channel, "target");

		if (!xml_attr_is(target, "name", "org.qemu.guest_agent.0"))
			continue;
		guest->agent_channel = 1;
		guest->agent_connected = xml_attr_is(target, "state", "connected");
	}
}

static void read_balloon(struct check_guest *guest, xmlNodePtr devices)
{
	xmlNodePtr balloon = xml_child(devices, "memballoon");
	g_autofree char *period = xml_raw_attr(xml_child(balloon, "stats"), "period");

	guest->balloon = balloon != NULL && !xml_attr_is(balloon, "model", "none");
	guest->stats_period_s = xml_number(period, 0);
}

/* Of this machine only: not told to others. */
static bool is_loopback(const char *address)
{
	return *address == '\0' || g_str_has_prefix(address, "127.") || strcmp(address, "::1") == 0 ||
	       strcmp(address, "localhost") == 0;
}

static void read_graphics(
        struct check_objects *objects, struct check_guest *guest, xmlNodePtr devices, bool secrets)
{
	xml_foreach(graphics, devices, "graphics")
	{
		g_autofree char *type = xml_attr(graphics, "type"), *listen = xml_attr(graphics, "listen"),
		                *port = xml_attr(graphics, "port"),
		                *password = xml_raw_attr(graphics, "passwd"), *words = NULL;
		bool has = password != NULL && *password != '\0';

		if (password != NULL)
			memset(password, 0, strlen(password));
		if ((strcmp(type, "vnc") != 0 && strcmp(type, "spice") != 0) || is_loopback(listen))
			continue;
		words = g_strdup_printf("%s on %s%s%s", type, listen,
		        *port != '\0' && strcmp(port, "-1") != 0 ? ":" : "",
		        strcmp(port, "-1") != 0 ? port : "");
		guest->open_graphics = check_objects_text(objects, words, -1);
		guest->graphics_password = secrets ? has : -1;
	}
}

static void read_clock(struct check_objects *objects, struct check_guest *guest, xmlNodePtr root)
{
	xmlNodePtr clock = xml_child(root, "clock");

	guest->clock_offset = attr(objects, clock, "offset");
	xml_foreach(timer, clock, "timer")
	{
		if (xml_attr_is(timer, "name", "hpet") && !xml_attr_is(timer, "present", "no"))
			guest->hpet = true;
		if (xml_attr_is(timer, "name", "kvmclock") && xml_attr_is(timer, "present", "no"))
			guest->no_paravirt_clock = true;
	}
}

/* Of libosinfo's metadata, whatever the prefix: <libosinfo:os id="http://microsoft.com/win/10"/>. */
static void read_os(struct check_objects *objects, struct check_guest *guest, xmlNodePtr root)
{
	xml_foreach(info, xml_child(root, "metadata"), "libosinfo") guest->os =
	        attr(objects, xml_child(info, "os"), "id");
}

static void read_memory(struct check_guest *guest, xmlNodePtr root)
{
	xmlNodePtr huge = xml_child(xml_child(root, "memoryBacking"), "hugepages");
	int64_t bytes = xml_bytes(xml_child(root, "memory"), "KiB");
	int64_t limit = xml_bytes(xml_child(xml_child(root, "memtune"), "hard_limit"), "KiB");

	guest->memory_kib = bytes >= 0 ? bytes / 1024 : -1;
	guest->limit_kib = limit > 0 ? limit / 1024 : 0;
	if (huge != NULL)
		guest->huge_kib = MAX(xml_bytes(xml_child(huge, "page"), "KiB") / 1024, 1);
}

static void read_basics(struct check_objects *objects, struct check_guest *guest, xmlNodePtr root)
{
	xmlNodePtr type = xml_child(xml_child(root, "os"), "type");
	g_autofree char *vcpus = xml_raw_text(xml_child(root, "vcpu"));
	g_autofree char *current = xml_raw_attr(xml_child(root, "vcpu"), "current");

	guest->virt_type = attr(objects, root, "type");
	guest->machine = attr(objects, type, "machine");
	guest->arch = attr(objects, type, "arch");
	guest->cpu_mode = attr(objects, xml_child(root, "cpu"), "mode");
	guest->vcpus = (unsigned)xml_number(current != NULL ? current : vcpus, 0);
	xml_foreach(mark, xml_child(root, "metadata"), "template") guest->template = true;
}

static bool parse(struct check_objects *objects, struct check_guest *guest, const char *xml, bool secrets,
        GError **error)
{
	xmlDocPtr doc = xml_parse(xml, "domain", error);
	xmlNodePtr root = xmlDocGetRootElement(doc), devices = xml_child(root, "devices");

	if (doc == NULL)
		return false;
	read_basics(objects, guest, root);
	read_memory(guest, root);
	read_agent(guest, devices);
	read_balloon(guest, devices);
	read_graphics(objects, guest, devices, secrets);
	read_clock(objects, guest, root);
	read_os(objects, guest, root);
	xml_foreach(disk, devices, "disk") add_disk(objects, guest, disk);
	xml_foreach(nic, devices, "interface") add_nic(objects, guest, nic);
	xmlFreeDoc(doc);
	return true;
}

bool health_parse_guest(struct check_objects *objects, struct check_guest *guest, const char *xml,
        bool secrets, GError **error)
{
	return parse(objects, guest, xml, secrets, error);
}

/* ---- capabilities --------------------------------------------------------- */

static bool has_feature(xmlNodePtr cpu, const char *name)
{
	xml_foreach(feature, cpu, "feature") if (xml_attr_is(feature, "name", name)) return true;
	return false;
}

static bool offers_kvm(xmlNodePtr root)
{
	xml_foreach(guest, root, "guest") xml_foreach(arch, guest, "arch")
	        xml_foreach(domain, arch, "domain") if (xml_attr_is(domain, "type", "kvm")) return true;
	return false;
}

void health_parse_capabilities(struct check_capabilities *capabilities, const char *xml)
{
	xmlDocPtr doc = xml_parse(xml, "capabilities", NULL);
	xmlNodePtr root = xmlDocGetRootElement(doc), host = xml_child(root, "host"),
	           cpu = xml_child(host, "cpu");

	if (doc == NULL)
		return;
	capabilities->kvm_offered = offers_kvm(root);
	if (xml_child(host, "iommu") != NULL)
		capabilities->iommu = xml_attr_is(xml_child(host, "iommu"), "support", "yes");
	if (xml_child(cpu, "feature") != NULL)
		capabilities->virt_flag = has_feature(cpu, "vmx") || has_feature(cpu, "svm");
	xmlFreeDoc(doc);
}

/* ---- logs ----------------------------------------------------------------- */

/* Of this run: what QEMU or its libraries complained of last. Its command line is no complaint. */
char *health_log_line(const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	for (guint i = g_strv_length(lines); i > 0; i--) {
		const char *line = g_strstrip(lines[i - 1]);
		const char *qemu = strstr(line, "qemu-system");
		bool says = (qemu != NULL && strstr(qemu, ": ") != NULL) || strstr(line, "rror") != NULL;

		if (strstr(line, ": starting up") != NULL)
			break;
		if (says && !g_str_has_suffix(line, "\\") && strstr(line, "terminating on signal") == NULL)
			return g_strdup(line);
	}
	return g_strdup("");
}
