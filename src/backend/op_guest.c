/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Autostart, name, description and tags of a guest. Worker threads. */
#include "backend/metadata.h"
#include "backend/op_table.h"
#include "backend/op_util.h"
#include "nvirt/tags.h"

/* ---- autostart ---- */

enum task_state op_guest_autostart_run(struct job *job, GError **error)
{
	bool on = args_get_bool(job->request->args, "on", true);
	const char *verb = on ? "set autostart of" : "clear autostart of";
	g_autoptr(virDomain) dom = op_guest(job, verb, error);
	int was = -1;

	if (!dom)
		return TASK_FAILED;
	if (virDomainGetAutostart(dom, &was) == 0 && was == on) {
		job_say(job, "autostart was %s already", on ? "on" : "off");
		return TASK_OK;
	}
	if (virDomainSetAutostart(dom, on) < 0)
		return op_fail(job, dom, error, verb);
	job_say(job, on ? "starts with its host from now on" : "does not start with its host any more");
	return TASK_OK;
}

enum task_state op_guest_autostart_settle(struct job *job, GError **error)
{
	bool on = args_get_bool(job->request->args, "on", true);
	g_autoptr(virDomain) dom = NULL;
	enum task_state found = op_settle_guest(job, &dom, error);
	int is;

	if (found != TASK_OK)
		return found;
	if (virDomainGetAutostart(dom, &is) < 0)
		return TASK_UNKNOWN;
	job_say(job, "autostart is %s", is ? "on" : "off");
	return is == on ? TASK_OK : TASK_FAILED;
}

/* ---- rename ---- */

enum task_state op_guest_rename_run(struct job *job, GError **error)
{
	const char *name = args_get(job->request->args, "name");
	g_autoptr(virDomain) dom = op_guest(job, "rename", error);

	if (!dom)
		return TASK_FAILED;
	if (op_name_is_unsafe(name) || op_name_is_unsafe(virDomainGetName(dom)))
		return op_refuse(job, error, "rename",
		        "a name that is empty, '.', '..' or holds '/' leads libvirt out of its directories");
	if (g_str_equal(name, virDomainGetName(dom)))
		return op_refuse(job, error, "rename", "that is its name already");
	if (job->before.known && op_state_active(job->before.state))
		return op_refuse(job, error, "rename", "it is running: libvirt renames a guest only while it is off");
	if (virDomainRename(dom, name, 0) < 0)
		return op_fail(job, dom, error, "rename");
	job_say(job, "renamed to '%s'", name);
	return TASK_OK;
}

enum task_state op_guest_rename_settle(struct job *job, GError **error)
{
	const char *name = args_get(job->request->args, "name");
	g_autoptr(virDomain) dom = NULL;
	enum task_state found = op_settle_guest(job, &dom, error);

	if (found != TASK_OK)
		return found;
	bool done = g_strcmp0(virDomainGetName(dom), name) == 0;
	job_say(job, "its name is '%s'", virDomainGetName(dom));
	return done ? TASK_OK : TASK_FAILED;
}

/* ---- title, description, tags ---- */

/* The parts that the arguments name; an absent one stays as it is, an empty one is removed. */
static const struct {
	const char *arg;
	int type;
} parts[] = {
	{"title", VIR_DOMAIN_METADATA_TITLE},
	{"description", VIR_DOMAIN_METADATA_DESCRIPTION},
	{"tags", VIR_DOMAIN_METADATA_ELEMENT},
};

/* The element without a namespace of its own: libvirt adds it, and finds it again only so. */
static char *tags_element(const char *tags)
{
	return g_markup_printf_escaped("<" METADATA_TAGS ">%s</" METADATA_TAGS ">", tags);
}

static char *current_part(virDomainPtr dom, int type, unsigned flags)
{
	char *raw = virDomainGetMetadata(
	        dom, type, type == VIR_DOMAIN_METADATA_ELEMENT ? METADATA_URI : NULL, flags);
	char *text = g_strdup(raw ? raw : "");

	free(raw);
	if (type != VIR_DOMAIN_METADATA_ELEMENT)
		return text;
	g_autoptr(xmlDoc) doc = op_xml_parse(text);
	g_free(text);
	return doc ? op_xml_string(doc, NULL, "/*") : g_strdup("");
}

static bool set_part(virDomainPtr dom, int type, const char *value, unsigned flags)
{
	bool tags = type == VIR_DOMAIN_METADATA_ELEMENT;
	g_autofree char *current = current_part(dom, type, flags);

	/* Removing what is not there is refused by some drivers. */
	if (g_str_equal(current, value))
		return true;
	g_autofree char *text = tags ? tags_element(value) : g_strdup(value);
	return virDomainSetMetadata(dom, type, *value ? text : NULL, tags ? METADATA_KEY : NULL,
	               tags ? METADATA_URI : NULL, flags)
	       == 0;
}

/* One call a state: the live and the stored text may differ before, and both are wanted after. */
static bool set_parts(struct job *job, virDomainPtr dom, unsigned flags)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(parts); i++) {
		const char *value = args_get(job->request->args, parts[i].arg);
		if (value && !set_part(dom, parts[i].type, value, flags))
			return false;
	}
	return true;
}

enum task_state op_guest_describe_run(struct job *job, GError **error)
{
	const char *title = args_get(job->request->args, "title");
	g_autoptr(virDomain) dom = op_guest(job, "describe", error);

	if (!dom)
		return TASK_FAILED;
	if (title && strpbrk(title, "\r\n"))
		return op_refuse(job, error, "describe", "a title has one line; the description may have more");
	if (virDomainIsPersistent(dom) == 1 && !set_parts(job, dom, VIR_DOMAIN_AFFECT_CONFIG))
		return op_fail(job, dom, error, "describe");
	if (virDomainIsActive(dom) == 1 && !set_parts(job, dom, VIR_DOMAIN_AFFECT_LIVE))
		return op_fail(job, dom, error, "describe");
	job_say(job, "described");
	return TASK_OK;
}

enum task_state op_guest_describe_settle(struct job *job, GError **error)
{
	g_autoptr(virDomain) dom = NULL;
	enum task_state found = op_settle_guest(job, &dom, error);

	if (found != TASK_OK)
		return found;
	unsigned flags = virDomainIsActive(dom) == 1 ? VIR_DOMAIN_AFFECT_LIVE : VIR_DOMAIN_AFFECT_CONFIG;
	for (unsigned i = 0; i < G_N_ELEMENTS(parts); i++) {
		const char *value = args_get(job->request->args, parts[i].arg);
		g_autofree char *current = current_part(dom, parts[i].type, flags);
		if (!value || g_str_equal(value, current))
			continue;
		job_say(job, "its %s was not set", parts[i].arg);
		return conn_lost(job->conn) ? TASK_UNKNOWN : TASK_FAILED;
	}
	job_say(job, "described");
	return TASK_OK;
}

/* ---- tags added and removed ---- */

/* Owned; NULL with libvirt's error: what was there must be known before it is replaced. */
static char *read_tags(virDomainPtr dom, unsigned flags)
{
	char *raw = virDomainGetMetadata(dom, VIR_DOMAIN_METADATA_ELEMENT, METADATA_URI, flags);
	bool none = !raw && virGetLastErrorCode() == VIR_ERR_NO_DOMAIN_METADATA;

	if (!raw)
		return none ? g_strdup("") : NULL;
	g_autoptr(xmlDoc) doc = op_xml_parse(raw);
	free(raw);
	return doc ? op_xml_string(doc, NULL, "/*") : g_strdup("");
}

static char *wanted_tags(struct job *job, const char *current)
{
	return tags_change(current, args_get(job->request->args, "add"), args_get(job->request->args, "remove"));
}

static bool change_tags(struct job *job, virDomainPtr dom, unsigned flags)
{
	g_autofree char *current = read_tags(dom, flags);
	g_autofree char *wanted = current ? wanted_tags(job, current) : NULL;

	return wanted && set_part(dom, VIR_DOMAIN_METADATA_ELEMENT, wanted, flags);
}

enum task_state op_guest_tags_run(struct job *job, GError **error)
{
	g_autoptr(virDomain) dom = op_guest(job, "tag", error);

	if (!dom)
		return TASK_FAILED;
	if (virDomainIsPersistent(dom) == 1 && !change_tags(job, dom, VIR_DOMAIN_AFFECT_CONFIG))
		return op_fail(job, dom, error, "tag");
	if (virDomainIsActive(dom) == 1 && !change_tags(job, dom, VIR_DOMAIN_AFFECT_LIVE))
		return op_fail(job, dom, error, "tag");
	g_autofree char *now = read_tags(dom, VIR_DOMAIN_AFFECT_CURRENT);
	job_say(job, "its tags are: %s", now && *now ? now : "none");
	return TASK_OK;
}

enum task_state op_guest_tags_settle(struct job *job, GError **error)
{
	g_autoptr(virDomain) dom = NULL;
	enum task_state found = op_settle_guest(job, &dom, error);

	if (found != TASK_OK)
		return found;
	g_autofree char *current = read_tags(dom, VIR_DOMAIN_AFFECT_CURRENT);
	if (!current)
		return TASK_UNKNOWN;
	g_autofree char *tidy = tags_tidy(current);
	g_autofree char *wanted = wanted_tags(job, current);
	job_say(job, "its tags are: %s", *current ? current : "none");
	return g_str_equal(tidy, wanted) ? TASK_OK : TASK_FAILED;
}
