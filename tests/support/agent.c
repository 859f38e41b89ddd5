/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See agent.h. */
#include <json-c/json.h>
#include <libvirt/libvirt-qemu.h>
#include <libvirt/virterror.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "support/agent.h"

#define DEADLINE_US (90 * G_USEC_PER_SEC)
#define PAUSE_MS 20 /* how often the guest is asked: its agent tells nothing by itself */

void agent_wait(virDomainPtr dom)
{
	gint64 until = g_get_monotonic_time() + DEADLINE_US;
	char *answer;

	while (!(answer = virDomainQemuAgentCommand(dom, "{\"execute\":\"guest-ping\"}", 2, 0))) {
		if (g_get_monotonic_time() > until)
			fail_msg("the agent of '%s' does not answer", virDomainGetName(dom));
		(void)poll(NULL, 0, PAUSE_MS);
	}
	free(answer);
}

static json_object *ask(virDomainPtr dom, const char *command)
{
	char *answer = virDomainQemuAgentCommand(dom, command, 30, 0);
	json_object *object, *inner;

	if (!answer)
		fail_msg("agent: %s", virGetLastErrorMessage());
	object = json_tokener_parse(answer);
	free(answer);
	assert_true(json_object_object_get_ex(object, "return", &inner));
	json_object_get(inner);
	json_object_put(object);
	return inner;
}

static int number(json_object *object, const char *name)
{
	json_object *value;

	return json_object_object_get_ex(object, name, &value) ? json_object_get_int(value) : -1;
}

static int begin(virDomainPtr dom, const char *command)
{
	json_object *object = json_object_new_object(), *arguments = json_object_new_object();
	json_object *words = json_object_new_array(), *answer;
	int pid;

	json_object_array_add(words, json_object_new_string("sh"));
	json_object_array_add(words, json_object_new_string("-c"));
	json_object_array_add(words, json_object_new_string(command));
	json_object_object_add(arguments, "path", json_object_new_string("/bin/busybox"));
	json_object_object_add(arguments, "arg", words);
	json_object_object_add(arguments, "capture-output", json_object_new_boolean(TRUE));
	json_object_object_add(object, "execute", json_object_new_string("guest-exec"));
	json_object_object_add(object, "arguments", arguments);
	answer = ask(dom, json_object_to_json_string(object));
	json_object_put(object);
	pid = number(answer, "pid");
	json_object_put(answer);
	return pid;
}

GByteArray *agent_run(virDomainPtr dom, const char *command)
{
	g_autofree char *status = g_strdup_printf(
	        "{\"execute\":\"guest-exec-status\",\"arguments\":{\"pid\":%d}}", begin(dom, command));
	gint64 until = g_get_monotonic_time() + DEADLINE_US;
	GByteArray *out = g_byte_array_new();
	json_object *answer = ask(dom, status), *value;

	while (!json_object_object_get_ex(answer, "exited", &value) || !json_object_get_boolean(value)) {
		if (g_get_monotonic_time() > until)
			fail_msg("'%s' does not end", command);
		json_object_put(answer);
		(void)poll(NULL, 0, PAUSE_MS);
		answer = ask(dom, status);
	}
	if (number(answer, "exitcode") != 0)
		fail_msg("'%s' ended with %d: %s", command, number(answer, "exitcode"),
		        json_object_to_json_string(answer));
	if (json_object_object_get_ex(answer, "out-data", &value)) {
		gsize length;
		guchar *bytes = g_base64_decode(json_object_get_string(value), &length);

		g_byte_array_append(out, bytes, (guint)length);
		g_free(bytes);
	}
	json_object_put(answer);
	return out;
}

GByteArray *guest_screenshot(virDomainPtr dom)
{
	virStreamPtr stream = virStreamNew(virDomainGetConnect(dom), 0);
	char *type = virDomainScreenshot(dom, stream, 0, 0);
	GByteArray *bytes = g_byte_array_new();
	char block[65536];
	int got;

	if (!type)
		fail_msg("screenshot: %s", virGetLastErrorMessage());
	free(type);
	while ((got = virStreamRecv(stream, block, sizeof(block))) > 0)
		g_byte_array_append(bytes, (guint8 *)block, (guint)got);
	assert_int_equal(got, 0);
	virStreamFinish(stream);
	virStreamFree(stream);
	return bytes;
}
