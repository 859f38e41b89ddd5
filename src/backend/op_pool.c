/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Storage pools. Worker threads. */
#include "backend/op_remedy.h"
#include "backend/op_table.h"
#include "backend/op_util.h"

/* TASK_OK = found, TASK_FAILED = gone (said), TASK_UNKNOWN with `error`. */
static enum task_state settle_pool(struct job *job, virStoragePoolPtr *ret_pool, GError **error)
{
	*ret_pool = virStoragePoolLookupByUUID(job->conn, job->request->ref.uuid);
	if (*ret_pool)
		return TASK_OK;
	if (virGetLastErrorCode() == VIR_ERR_NO_STORAGE_POOL) {
		job_say(job, "the pool '%s' is not there any more", job->request->name);
		return TASK_FAILED;
	}
	conn_set_error(error, "cannot look at pool '%s'", job->request->name);
	return TASK_UNKNOWN;
}

static enum task_state settle_active(struct job *job, bool wanted, GError **error)
{
	g_autoptr(virStoragePool) pool = NULL;
	enum task_state found = settle_pool(job, &pool, error);

	if (found != TASK_OK)
		return found;
	int active = virStoragePoolIsActive(pool);
	if (active < 0)
		return TASK_UNKNOWN;
	job_say(job, active ? "the pool is active" : "the pool is not active");
	return active == wanted ? TASK_OK : TASK_FAILED;
}

enum task_state op_pool_start_run(struct job *job, GError **error)
{
	g_autoptr(virStoragePool) pool = op_pool(job, "start pool", error);

	if (!pool)
		return TASK_FAILED;
	if (virStoragePoolIsActive(pool) == 1)
		return op_refuse(job, error, "start pool", "it is active already");
	if (virStoragePoolCreate(pool, 0) < 0)
		return op_fail(job, NULL, error, "start pool");
	job_say(job, "started");
	return TASK_OK;
}

enum task_state op_pool_start_settle(struct job *job, GError **error)
{
	return settle_active(job, true, error);
}

enum task_state op_pool_stop_run(struct job *job, GError **error)
{
	g_autoptr(virStoragePool) pool = op_pool(job, "stop pool", error);

	if (!pool)
		return TASK_FAILED;
	if (virStoragePoolIsActive(pool) == 0)
		return op_refuse(job, error, "stop pool", "it is not active");
	if (virStoragePoolDestroy(pool) < 0)
		return op_fail(job, NULL, error, "stop pool");
	job_say(job, "stopped; its data stays where it is");
	return TASK_OK;
}

enum task_state op_pool_stop_settle(struct job *job, GError **error)
{
	return settle_active(job, false, error);
}

enum task_state op_pool_autostart_run(struct job *job, GError **error)
{
	bool on = args_get_bool(job->request->args, "on", true);
	const char *verb = on ? "set autostart of pool" : "clear autostart of pool";
	g_autoptr(virStoragePool) pool = op_pool(job, verb, error);

	if (!pool)
		return TASK_FAILED;
	if (virStoragePoolSetAutostart(pool, on) < 0)
		return op_fail(job, NULL, error, verb);
	job_say(job, on ? "starts with its host from now on" : "does not start with its host any more");
	return TASK_OK;
}

enum task_state op_pool_autostart_settle(struct job *job, GError **error)
{
	bool on = args_get_bool(job->request->args, "on", true);
	g_autoptr(virStoragePool) pool = NULL;
	enum task_state found = settle_pool(job, &pool, error);
	int is;

	if (found != TASK_OK)
		return found;
	if (virStoragePoolGetAutostart(pool, &is) < 0)
		return TASK_UNKNOWN;
	job_say(job, "autostart is %s", is ? "on" : "off");
	return is == on ? TASK_OK : TASK_FAILED;
}

enum task_state op_pool_refresh_run(struct job *job, GError **error)
{
	g_autoptr(virStoragePool) pool = op_pool(job, "refresh pool", error);

	if (!pool)
		return TASK_FAILED;
	if (virStoragePoolIsActive(pool) == 0)
		return op_refuse(job, error, "refresh pool", "it is not active: start it first");
	if (virStoragePoolRefresh(pool, 0) < 0)
		return op_fail(job, NULL, error, "refresh pool");
	int volumes = virStoragePoolNumOfVolumes(pool);
	job_say(job, "refreshed: %d volume%s", volumes, volumes == 1 ? "" : "s");
	return TASK_OK;
}

/* A refresh changes nothing, so it is simply done. */
enum task_state op_pool_refresh_settle(struct job *job, GError **error)
{
	enum task_state state = op_pool_refresh_run(job, error);

	if (state != TASK_FAILED || conn_lost(job->conn))
		return state == TASK_FAILED ? TASK_UNKNOWN : state;
	return TASK_FAILED;
}

/* ---- the usual pool ---- */

/* As libvirt's own tools have it. NULL with `error` where the home there can not be known. */
static char *default_path(struct job *job, GError **error)
{
	if (!op_is_session(job->conn))
		return g_strdup("/var/lib/libvirt/images");
	if (op_is_local(job->conn))
		return g_build_filename(g_get_user_data_dir(), "libvirt", "images", NULL);
	g_set_error(error, CONN_ERROR, VIR_ERR_OPERATION_UNSUPPORTED,
	        "cannot define pool 'default': the home directory on a remote session host is not known; "
	        "define it there with 'virsh pool-define-as'");
	return NULL;
}

static enum task_state fail_default(struct job *job, GError **error, const char *step)
{
	GError *local = NULL;

	conn_set_error(&local, "cannot %s pool 'default'", step);
	op_add_remedy(job->conn, NULL, local);
	g_propagate_error(error, local);
	return TASK_FAILED;
}

/* A pool that can not be used is not left behind. */
static enum task_state undo_default(struct job *job, virStoragePoolPtr pool, GError **error, const char *step)
{
	enum task_state state = fail_default(job, error, step);

	if (virStoragePoolUndefine(pool) == 0)
		job_log(job, "its definition was removed again");
	return state;
}

static enum task_state build_default(struct job *job, virStoragePoolPtr pool, const char *path, GError **error)
{
	if (virStoragePoolBuild(pool, VIR_STORAGE_POOL_BUILD_NEW) < 0)
		return undo_default(job, pool, error, "build");
	if (virStoragePoolCreate(pool, 0) < 0)
		return undo_default(job, pool, error, "start");
	if (virStoragePoolSetAutostart(pool, 1) < 0) {
		g_autoptr(GError) local = NULL;
		fail_default(job, &local, "set autostart of");
		job_say(job, "defined and started at '%s', but: %s", path, local->message);
		return TASK_WARNING;
	}
	job_say(job, "pool 'default' at '%s' was defined and started, and starts with its host", path);
	return TASK_OK;
}

enum task_state op_pool_define_default_run(struct job *job, GError **error)
{
	g_autoptr(virStoragePool) old = virStoragePoolLookupByName(job->conn, "default");

	if (old) {
		g_set_error(error, CONN_ERROR, VIR_ERR_OPERATION_INVALID,
		        "cannot define pool 'default': it exists already%s",
		        virStoragePoolIsActive(old) == 1 ? "" : "; start it");
		return TASK_FAILED;
	}
	g_autofree char *path = default_path(job, error);
	if (!path)
		return TASK_FAILED;
	g_autofree char *xml = g_markup_printf_escaped(
	        "<pool type='dir'><name>default</name><target><path>%s</path></target></pool>", path);
	g_autoptr(virStoragePool) pool = virStoragePoolDefineXML(job->conn, xml, 0);
	if (!pool)
		return fail_default(job, error, "define");
	return build_default(job, pool, path, error);
}

enum task_state op_pool_define_default_settle(struct job *job, GError **error)
{
	g_autoptr(virStoragePool) pool = virStoragePoolLookupByName(job->conn, "default");
	int autostart = 0;

	if (!pool && virGetLastErrorCode() != VIR_ERR_NO_STORAGE_POOL) {
		conn_set_error(error, "cannot look at pool 'default'");
		return TASK_UNKNOWN;
	}
	if (!pool || virStoragePoolIsActive(pool) != 1) {
		job_say(job, pool ? "the pool was defined, but is not active: start it" : "the pool was not defined");
		return TASK_FAILED;
	}
	virStoragePoolGetAutostart(pool, &autostart);
	job_say(job, autostart ? "the pool is defined, active and starts with its host"
	                       : "the pool is active, but does not start with its host");
	return autostart ? TASK_OK : TASK_WARNING;
}
