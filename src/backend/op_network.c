/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtual networks. Worker threads. */
#include "backend/op_remedy.h"
#include "backend/op_table.h"
#include "backend/op_util.h"

/* TASK_OK = found, TASK_FAILED = gone (said), TASK_UNKNOWN with `error`. */
static enum task_state settle_network(struct job *job, virNetworkPtr *ret_network, GError **error)
{
	*ret_network = virNetworkLookupByUUID(job->conn, job->request->ref.uuid);
	if (*ret_network)
		return TASK_OK;
	if (virGetLastErrorCode() == VIR_ERR_NO_NETWORK) {
		job_say(job, "the network '%s' is not there any more", job->request->name);
		return TASK_FAILED;
	}
	conn_set_error(error, "cannot look at network '%s'", job->request->name);
	return TASK_UNKNOWN;
}

static enum task_state settle_active(struct job *job, bool wanted, GError **error)
{
	g_autoptr(virNetwork) network = NULL;
	enum task_state found = settle_network(job, &network, error);

	if (found != TASK_OK)
		return found;
	int active = virNetworkIsActive(network);
	if (active < 0)
		return TASK_UNKNOWN;
	job_say(job, active ? "the network is active" : "the network is not active");
	return active == wanted ? TASK_OK : TASK_FAILED;
}

enum task_state op_network_start_run(struct job *job, GError **error)
{
	g_autoptr(virNetwork) network = op_network(job, "start network", error);

	if (!network)
		return TASK_FAILED;
	if (virNetworkIsActive(network) == 1)
		return op_refuse(job, error, "start network", "it is active already");
	if (virNetworkCreate(network) < 0)
		return op_fail(job, NULL, error, "start network");
	job_say(job, "started");
	return TASK_OK;
}

enum task_state op_network_start_settle(struct job *job, GError **error)
{
	return settle_active(job, true, error);
}

/* How many guests are plugged into it; libvirt counts them in its live XML. */
static int plugged(virNetworkPtr network)
{
	char *xml = virNetworkGetXMLDesc(network, 0);
	g_autoptr(xmlDoc) doc = op_xml_parse(xml);

	free(xml);
	g_autofree char *count = doc ? op_xml_string(doc, NULL, "/network/@connections") : NULL;
	return count ? (int)g_ascii_strtoll(count, NULL, 10) : 0;
}

enum task_state op_network_stop_run(struct job *job, GError **error)
{
	g_autoptr(virNetwork) network = op_network(job, "stop network", error);

	if (!network)
		return TASK_FAILED;
	if (virNetworkIsActive(network) == 0)
		return op_refuse(job, error, "stop network", "it is not active");
	int guests = plugged(network);
	if (virNetworkDestroy(network) < 0)
		return op_fail(job, NULL, error, "stop network");
	if (!guests) {
		job_say(job, "stopped");
		return TASK_OK;
	}
	job_say(job,
	        "stopped; %d network card%s of running guests %s cut off, and a new start of the network does not "
	        "plug them in again: restart the guests",
	        guests, guests == 1 ? "" : "s", guests == 1 ? "is" : "are");
	return TASK_WARNING;
}

enum task_state op_network_stop_settle(struct job *job, GError **error)
{
	return settle_active(job, false, error);
}

enum task_state op_network_autostart_run(struct job *job, GError **error)
{
	bool on = args_get_bool(job->request->args, "on", true);
	const char *verb = on ? "set autostart of network" : "clear autostart of network";
	g_autoptr(virNetwork) network = op_network(job, verb, error);

	if (!network)
		return TASK_FAILED;
	if (virNetworkSetAutostart(network, on) < 0)
		return op_fail(job, NULL, error, verb);
	job_say(job, on ? "starts with its host from now on" : "does not start with its host any more");
	return TASK_OK;
}

enum task_state op_network_autostart_settle(struct job *job, GError **error)
{
	bool on = args_get_bool(job->request->args, "on", true);
	g_autoptr(virNetwork) network = NULL;
	enum task_state found = settle_network(job, &network, error);
	int is;

	if (found != TASK_OK)
		return found;
	if (virNetworkGetAutostart(network, &is) < 0)
		return TASK_UNKNOWN;
	job_say(job, "autostart is %s", is ? "on" : "off");
	return is == on ? TASK_OK : TASK_FAILED;
}

/* ---- the usual network ---- */

static const char default_xml[] = "<network><name>default</name>"
				  "<forward mode='nat'/>"
				  "<bridge name='virbr0' stp='on' delay='0'/>"
				  "<ip address='192.168.122.1' netmask='255.255.255.0'>"
				  "<dhcp><range start='192.168.122.2' end='192.168.122.254'/></dhcp>"
				  "</ip></network>";

static enum task_state fail_default(struct job *job, GError **error, const char *step)
{
	GError *local = NULL;

	conn_set_error(&local, "cannot %s network 'default'", step);
	op_add_remedy(job->conn, NULL, local);
	g_propagate_error(error, local);
	return TASK_FAILED;
}

/* A network that can not be used is not left behind. */
static enum task_state start_default(struct job *job, virNetworkPtr network, GError **error)
{
	if (virNetworkCreate(network) < 0) {
		enum task_state state = fail_default(job, error, "start");
		if (virNetworkUndefine(network) == 0)
			job_log(job, "its definition was removed again");
		return state;
	}
	if (virNetworkSetAutostart(network, 1) < 0) {
		g_autoptr(GError) local = NULL;
		fail_default(job, &local, "set autostart of");
		job_say(job, "defined and started, but: %s", local->message);
		return TASK_WARNING;
	}
	job_say(job, "network 'default' (NAT 192.168.122.0/24, virbr0) was defined and started, and starts "
	             "with its host");
	return TASK_OK;
}

enum task_state op_network_define_default_run(struct job *job, GError **error)
{
	g_autoptr(virNetwork) old = virNetworkLookupByName(job->conn, "default");

	if (old) {
		g_set_error(error, CONN_ERROR, VIR_ERR_OPERATION_INVALID,
		        "cannot define network 'default': it exists already%s",
		        virNetworkIsActive(old) == 1 ? "" : "; start it");
		return TASK_FAILED;
	}
	g_autoptr(virNetwork) network = virNetworkDefineXML(job->conn, default_xml);
	if (!network)
		return fail_default(job, error, "define");
	return start_default(job, network, error);
}

enum task_state op_network_define_default_settle(struct job *job, GError **error)
{
	g_autoptr(virNetwork) network = virNetworkLookupByName(job->conn, "default");
	int autostart = 0;

	if (!network && virGetLastErrorCode() != VIR_ERR_NO_NETWORK) {
		conn_set_error(error, "cannot look at network 'default'");
		return TASK_UNKNOWN;
	}
	if (!network || virNetworkIsActive(network) != 1) {
		job_say(job,
		        network ? "the network was defined, but is not active: start it" : "the network was not defined");
		return TASK_FAILED;
	}
	virNetworkGetAutostart(network, &autostart);
	job_say(job, autostart ? "the network is defined, active and starts with its host"
	                       : "the network is active, but does not start with its host");
	return autostart ? TASK_OK : TASK_WARNING;
}
