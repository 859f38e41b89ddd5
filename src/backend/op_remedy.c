/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What to do next after a refusal of libvirt's. Worker threads.
 *
 * libvirt gives many refusals the same number (1 or 9), so its words are looked
 * at too; a text that is not recognised stays as it is.
 */
#include "backend/op_remedy.h"

#include "backend/file_users.h"
#include "backend/op_util.h"
#include "nvirt/text.h"

static void append(GError *error, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void append(GError *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *more = g_strdup_vprintf(format, args);
	va_end(args);
	char *message = g_strdup_printf("%s. %s", error->message, more);
	g_free(error->message);
	error->message = message;
}

/* What stands between `before` and `after`, or NULL. */
static char *between(const char *text, const char *before, const char *after)
{
	const char *start = strstr(text, before);
	const char *end = start ? strstr(start + strlen(before), after) : NULL;

	if (!end)
		return NULL;
	start += strlen(before);
	return g_strndup(start, (gsize)(end - start));
}

/* QEMU names the file: "Is another process using the image [/path]?" */
static void explain_lock(virConnectPtr conn, virDomainPtr dom, GError *error)
{
	g_autofree char *path = between(error->message, "using the image [", "]");
	unsigned char uuid[VIR_UUID_BUFLEN];
	bool known = dom && virDomainGetUUID(dom, uuid) == 0;
	struct file_users *users =
	        path ? file_users_new(conn, known ? uuid : NULL, FILE_USERS_ACTIVE, NULL) : NULL;
	g_autofree char *who = users ? file_users_of(users, path) : NULL;

	file_users_free(users);
	if (who)
		append(error, "It is in use: %s; shut that guest down first, or give this one a disk of its own", who);
	else
		append(error, "No running guest of this host uses it: look for another program that has it open "
		              "(qemu-img, qemu-nbd, a guest of another host)");
}

static void explain_job(virDomainPtr dom, GError *error)
{
	g_autofree char *holder = between(error->message, "held by ", ")");
	virDomainControlInfo info;

	if (dom && virDomainGetControlInfo(dom, &info, 0) == 0 && info.state == VIR_DOMAIN_CONTROL_OCCUPIED) {
		append(error, "QEMU has not answered for %llu s: it hangs or is stopped; force it off if it stays so",
		        info.stateTime / 1000);
		return;
	}
	append(error, "Another operation%s%s is at work on this guest: wait for its end, or abort it",
	        holder ? " held by " : "", holder ? holder : "");
}

static void explain_missing(GError *error)
{
	g_autofree char *path = between(error->message, "Cannot access storage file '", "'");

	if (!path)
		path = between(error->message, "cannot open directory '", "'");
	if (!path)
		path = between(error->message, "Failed to open file '", "'");
	if (path)
		append(error, "The host has no '%s': put it back, or change the definition", path);
}

static void explain_code(GError *error)
{
	switch (error->code) {
	case VIR_ERR_NO_DOMAIN:
	case VIR_ERR_NO_STORAGE_POOL:
	case VIR_ERR_NO_NETWORK:
		append(error, "It was removed by somebody else");
		break;
	case VIR_ERR_OPERATION_DENIED:
	case VIR_ERR_AUTH_FAILED:
	case VIR_ERR_ACCESS_DENIED:
		append(error, "Your account may not do this on that host");
		break;
	case VIR_ERR_AGENT_UNRESPONSIVE:
	case VIR_ERR_AGENT_UNSYNCED:
		append(error, "The agent in the guest does not answer: use ACPI, or start qemu-guest-agent in it");
		break;
	case VIR_ERR_NO_SUPPORT:
		append(error, "This host's hypervisor can not do it");
		break;
	default:
		break;
	}
}

void op_add_remedy(virConnectPtr conn, virDomainPtr dom, GError *error)
{
	const char *text = error->message;

	if (strstr(text, "Failed to get") && strstr(text, "lock"))
		explain_lock(conn, dom, error);
	else if (strstr(text, "cannot acquire state change lock"))
		explain_job(dom, error);
	else if (strstr(text, "No such file or directory"))
		explain_missing(error);
	else if (strstr(text, "Permission denied"))
		append(error, "The user that QEMU runs as must be able to reach the file");
	else if (strstr(text, "network '") && strstr(text, "is not active"))
		append(error, "Start that network first");
	else if (strstr(text, "No space left on device"))
		append(error, "Free some space on the host first");
	else if (strstr(text, "QEMU guest agent is not configured"))
		append(error, "The guest has no agent channel: use ACPI");
	else
		explain_code(error);
}
