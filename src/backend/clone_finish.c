/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of any clone: its UEFI variables, its definition as the last step, its start. Worker threads. */
#include "backend/clone.h"
#include "backend/define.h"
#include "backend/hostfile.h"
#include "backend/op_util.h"
#include "backend/steps.h"

/* Variables that were never written do not exist yet: libvirt makes them from the template at the first start. */
static bool copy_nvram(struct job *job, xmlDocPtr source, const struct clone_spec *spec, GError **error)
{
	g_autofree char *from = clone_nvram_source(source);
	struct hostfile_info info;

	if (!from || !spec->nvram)
		return true;
	if (!hostfile_look(job->conn, from, &info, error))
		return false;
	bool exists = info.exists;
	hostfile_info_fini(&info);
	if (!exists)
		return true;
	unsigned step = steps_will_make_file(job, spec->nvram);
	if (hostfile_copy_small(job->conn, from, spec->nvram, error)) {
		steps_made(job, step);
		return true;
	}
	if (!conn_lost(job->conn))
		steps_gone(job, step);
	return false;
}

static virDomainPtr define(struct job *job, xmlDocPtr source, const struct clone_spec *spec, GError **error)
{
	g_autoptr(xmlDoc) doc = clone_definition(source, spec, NULL);
	GPtrArray *differences = NULL;
	unsigned step = steps_will_define(job, spec->uuid, spec->name);
	virDomainPtr dom = define_new(job->conn, doc, &differences);

	if (!dom) {
		conn_set_error(error, "cannot define '%s'", spec->name);
		if (!conn_lost(job->conn))
			steps_gone(job, step);
		return NULL;
	}
	steps_made(job, step);
	define_log(job, differences);
	return dom;
}

bool clone_finish(struct job *job, xmlDocPtr source, const struct clone_spec *spec, bool start, char **ret_warning,
        GError **error)
{
	g_autoptr(GError) local = NULL;

	*ret_warning = NULL;
	if (!copy_nvram(job, source, spec, error))
		return false;
	g_autoptr(virDomain) dom = define(job, source, spec, error);
	if (!dom)
		return false;
	if (!start || virDomainCreate(dom) == 0)
		return true;
	conn_set_error(&local, "'%s' was made, but it does not start", spec->name);
	*ret_warning = g_strdup(local->message);
	return true;
}
