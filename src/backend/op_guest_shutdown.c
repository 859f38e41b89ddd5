/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shutdown and reboot: the guest is asked and may refuse. Worker threads.
 *
 * libvirt's own choice (flags 0) tries the agent first and hangs for ever on
 * one that is connected but does not answer, so the agent is pinged with a
 * time-out of its own before it is trusted.
 */
#include <libvirt/libvirt-qemu.h>

#include "backend/op_table.h"
#include "backend/op_util.h"

#define AGENT_TIMEOUT_S 5
#define SHUTDOWN_TIMEOUT_S 60
#define REBOOT_TIMEOUT_S 60
/* In case an event is lost: look again at least this often. */
#define LOOK_US (2 * G_USEC_PER_SEC)

enum way { WAY_PLAIN, WAY_ACPI, WAY_AGENT };

static const char *way_word(enum way way)
{
	switch (way) {
	case WAY_PLAIN:
		return "the request";
	case WAY_ACPI:
		return "ACPI";
	case WAY_AGENT:
		return "the agent";
	}
	return "";
}

static bool agent_connected(virDomainPtr dom)
{
	g_autoptr(xmlDoc) doc = op_guest_xml(dom, 0);
	g_autofree char *state = doc ? op_xml_string(doc, NULL,
	                                       "/domain/devices/channel/target"
	                                       "[@name='org.qemu.guest_agent.0']/@state")
	                             : g_strdup("");

	return g_str_equal(state, "connected");
}

static bool agent_answers(virDomainPtr dom)
{
	virDomainAgentSetResponseTimeout(dom, AGENT_TIMEOUT_S, 0);
	char *answer = virDomainQemuAgentCommand(dom, "{\"execute\":\"guest-ping\"}", AGENT_TIMEOUT_S, 0);
	bool alive = answer != NULL;

	free(answer);
	return alive;
}

static enum way default_way(struct job *job, virDomainPtr dom)
{
	if (!op_is_qemu(job->conn))
		return WAY_PLAIN;
	if (!agent_connected(dom))
		return WAY_ACPI;
	if (agent_answers(dom))
		return WAY_AGENT;
	job_log(job, "its agent is connected but did not answer within %d s: ACPI is used", AGENT_TIMEOUT_S);
	return WAY_ACPI;
}

/* False with `error`: an agent that was asked for by name but does not answer. */
static bool choose_way(struct job *job, virDomainPtr dom, const char *verb, enum way *ret_way, GError **error)
{
	const char *mode = args_get(job->request->args, "mode");

	if (!mode || !*mode || g_str_equal(mode, "default")) {
		*ret_way = default_way(job, dom);
		return true;
	}
	if (g_str_equal(mode, "acpi")) {
		*ret_way = WAY_ACPI;
		return true;
	}
	if (!g_str_equal(mode, "agent")) {
		op_refuse(job, error, verb, "the mode is '%s', not default, acpi or agent", mode);
		return false;
	}
	*ret_way = WAY_AGENT;
	if (!op_is_qemu(job->conn) || agent_answers(dom))
		return true;
	op_fail(job, dom, error, verb);
	return false;
}

static int ask_shutdown(virDomainPtr dom, enum way way)
{
	switch (way) {
	case WAY_PLAIN:
		return virDomainShutdown(dom);
	case WAY_ACPI:
		return virDomainShutdownFlags(dom, VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN);
	case WAY_AGENT:
		return virDomainShutdownFlags(dom, VIR_DOMAIN_SHUTDOWN_GUEST_AGENT);
	}
	return -1;
}

static int ask_reboot(virDomainPtr dom, enum way way)
{
	switch (way) {
	case WAY_PLAIN:
		return virDomainReboot(dom, 0);
	case WAY_ACPI:
		return virDomainReboot(dom, VIR_DOMAIN_REBOOT_ACPI_POWER_BTN);
	case WAY_AGENT:
		return virDomainReboot(dom, VIR_DOMAIN_REBOOT_GUEST_AGENT);
	}
	return -1;
}

/* Where nobody insisted on the agent, its refusal is no end. */
static bool ask(struct job *job, virDomainPtr dom, int (*request)(virDomainPtr dom, enum way way),
        const char *verb, enum way *way, GError **error)
{
	const char *mode = args_get(job->request->args, "mode");

	if (request(dom, *way) == 0)
		return true;
	op_fail(job, dom, error, verb);
	if (*way != WAY_AGENT || (mode && g_str_equal(mode, "agent")))
		return false;
	job_log(job, "%s", (*error)->message);
	g_clear_error(error);
	*way = WAY_ACPI;
	if (request(dom, *way) == 0)
		return true;
	op_fail(job, dom, error, verb);
	return false;
}

/* ---- shutdown ---- */

enum outcome { OUTCOME_DONE, OUTCOME_IGNORED, OUTCOME_ABORTED, OUTCOME_STOPPED, OUTCOME_LOST };

/* Some guests wake their screen at the first press of the power button and obey the second. */
static void press_again(struct job *job, virDomainPtr dom, enum way way)
{
	if (way == WAY_ACPI && ask_shutdown(dom, way) == 0)
		job_log(job, "no reaction yet: the power button was pressed again");
}

static enum outcome wait_off(struct job *job, virDomainPtr dom, enum way way, gint64 timeout_us)
{
	gint64 start = g_get_monotonic_time(), until = start + timeout_us;
	bool pressed = false;

	for (;;) {
		gint64 now = g_get_monotonic_time();
		int ended = op_guest_ended(job, dom);
		if (ended < 0 && conn_lost(job->conn))
			return OUTCOME_LOST;
		if (ended > 0)
			return OUTCOME_DONE;
		if (now >= until)
			return OUTCOME_IGNORED;
		if (!pressed && now - start >= timeout_us / 2) {
			press_again(job, dom, way);
			pressed = true;
		}
		switch (job_wait(job, MIN(now + LOOK_US, until))) {
		case JOB_WAKE_ABORT:
			return OUTCOME_ABORTED;
		case JOB_WAKE_STOP:
			return OUTCOME_STOPPED;
		case JOB_WAKE_TIME:
		case JOB_WAKE_KICK:
			break;
		}
	}
}

static enum task_state force(struct job *job, virDomainPtr dom, enum way way, int seconds, GError **error)
{
	job_log(job, "it did not react to %s within %d s: it is forced off", way_word(way), seconds);
	if (virDomainDestroyFlags(dom, 0) < 0 && op_guest_ended(job, dom) <= 0)
		return op_fail(job, dom, error, "force off");
	job_say(job, "the guest did not react to %s within %d s and was forced off", way_word(way), seconds);
	return TASK_WARNING;
}

static enum task_state ignored(struct job *job, virDomainPtr dom, enum way way, int seconds, GError **error)
{
	if (args_get_bool(job->request->args, "then-force", false))
		return force(job, dom, way, seconds, error);
	g_set_error(error, CONN_ERROR, VIR_ERR_OPERATION_TIMEOUT,
	        "the guest did not react to %s within %d s; force off with D", way_word(way), seconds);
	return TASK_FAILED;
}

static enum task_state await_shutdown(struct job *job, virDomainPtr dom, enum way way, GError **error)
{
	int64_t seconds = args_get_int(job->request->args, "timeout", SHUTDOWN_TIMEOUT_S);

	job_say(job, "asked by %s; waits at most %d s for it to power off", way_word(way), (int)seconds);
	job_set_abortable(job, true);
	enum outcome outcome = wait_off(job, dom, way, seconds * G_USEC_PER_SEC);
	job_set_abortable(job, false);
	switch (outcome) {
	case OUTCOME_DONE:
		job_say(job, "shut down");
		return TASK_OK;
	case OUTCOME_IGNORED:
		return ignored(job, dom, way, (int)seconds, error);
	case OUTCOME_ABORTED:
		job_say(job, "stopped waiting; the request stands: the guest may still shut down");
		return TASK_ABORTED;
	case OUTCOME_STOPPED:
		job_say(job, "nvirt ended while it waited; the request stands");
		return TASK_WARNING;
	case OUTCOME_LOST:
		break;
	}
	return op_fail(job, dom, error, "shut down");
}

/* The request is with the guest before the wait begins, so the ears must be open before it. */
enum task_state op_guest_shutdown_run(struct job *job, GError **error)
{
	g_autoptr(virDomain) dom = op_guest(job, "shut down", error);
	struct job_ears ears;
	enum way way;

	if (!dom)
		return TASK_FAILED;
	if (job->before.known && !op_state_active(job->before.state))
		return op_refuse(job, error, "shut down", "it is off already");
	if (job->before.known && job->before.state == VIR_DOMAIN_PAUSED)
		return op_refuse(job, error, "shut down", "it is paused and can not react: resume it first");
	if (!choose_way(job, dom, "shut down", &way, error))
		return TASK_FAILED;
	job_listen(job, dom, &ears);
	enum task_state state = TASK_FAILED;
	if (ask(job, dom, ask_shutdown, "shut down", &way, error)) {
		if (args_get_int(job->request->args, "timeout", SHUTDOWN_TIMEOUT_S) > 0) {
			state = await_shutdown(job, dom, way, error);
		} else {
			job_say(job, "asked by %s; not waited for", way_word(way));
			state = TASK_OK;
		}
	}
	job_deafen(job, &ears);
	return state;
}

enum task_state op_guest_shutdown_settle(struct job *job, GError **error)
{
	g_autoptr(virDomain) dom = NULL;
	enum task_state found = op_settle_guest(job, &dom, error);
	int ended = found == TASK_OK ? op_guest_ended(job, dom) : found == TASK_FAILED;

	if (found == TASK_UNKNOWN || ended < 0)
		return TASK_UNKNOWN;
	job_say(job, ended ? "it was shut down" : "it still runs: ask again, or force it off with D");
	return ended ? TASK_OK : TASK_FAILED;
}

/* ---- reboot ---- */

static enum outcome wait_reboot(struct job *job, virDomainPtr dom)
{
	gint64 until = g_get_monotonic_time() + REBOOT_TIMEOUT_S * G_USEC_PER_SEC;

	for (;;) {
		gint64 now = g_get_monotonic_time();
		int ended = job_reboots(job) ? 1 : op_guest_ended(job, dom);
		if (ended < 0 && conn_lost(job->conn))
			return OUTCOME_LOST;
		if (ended > 0)
			return OUTCOME_DONE;
		if (now >= until)
			return OUTCOME_IGNORED;
		switch (job_wait(job, MIN(now + LOOK_US, until))) {
		case JOB_WAKE_ABORT:
			return OUTCOME_ABORTED;
		case JOB_WAKE_STOP:
			return OUTCOME_STOPPED;
		case JOB_WAKE_TIME:
		case JOB_WAKE_KICK:
			break;
		}
	}
}

static enum task_state await_reboot(struct job *job, virDomainPtr dom, enum way way, GError **error)
{
	job_say(job, "asked by %s; waits for it to reboot", way_word(way));
	job_set_abortable(job, true);
	enum outcome outcome = wait_reboot(job, dom);
	job_set_abortable(job, false);
	switch (outcome) {
	case OUTCOME_DONE:
		job_say(job, job_reboots(job) ? "rebooted" : "it powered off instead of rebooting");
		return job_reboots(job) ? TASK_OK : TASK_WARNING;
	case OUTCOME_IGNORED:
		g_set_error(error, CONN_ERROR, VIR_ERR_OPERATION_TIMEOUT,
		        "the guest did not react to %s within %d s; reset it, or force it off with D",
		        way_word(way), REBOOT_TIMEOUT_S);
		return TASK_FAILED;
	case OUTCOME_ABORTED:
		job_say(job, "stopped waiting; the request stands: the guest may still reboot");
		return TASK_ABORTED;
	case OUTCOME_STOPPED:
		job_say(job, "nvirt ended while it waited; the request stands");
		return TASK_WARNING;
	case OUTCOME_LOST:
		break;
	}
	return op_fail(job, dom, error, "reboot");
}

enum task_state op_guest_reboot_run(struct job *job, GError **error)
{
	g_autoptr(virDomain) dom = op_guest(job, "reboot", error);
	struct job_ears ears;
	enum way way;

	if (!dom)
		return TASK_FAILED;
	if (job->before.known && !op_state_active(job->before.state))
		return op_refuse(job, error, "reboot", "it is off: start it");
	if (job->before.known && job->before.state == VIR_DOMAIN_PAUSED)
		return op_refuse(job, error, "reboot", "it is paused and can not react: resume it first");
	if (!choose_way(job, dom, "reboot", &way, error))
		return TASK_FAILED;
	job_listen(job, dom, &ears);
	enum task_state state = TASK_FAILED;
	if (ask(job, dom, ask_reboot, "reboot", &way, error)) {
		job_say(job, "reboot asked");
		/* Other drivers tell no reboot event. */
		state = way == WAY_PLAIN ? TASK_OK : await_reboot(job, dom, way, error);
	}
	job_deafen(job, &ears);
	return state;
}

enum task_state op_guest_reboot_settle(struct job *job, GError **error)
{
	g_autoptr(virDomain) dom = NULL;
	enum task_state found = op_settle_guest(job, &dom, error);

	if (found != TASK_OK)
		return found;
	job_say(job, "it can not be told whether it rebooted: look at its uptime");
	return TASK_WARNING;
}
