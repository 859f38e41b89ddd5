/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks of how guests fare: see nvirt/check.h. Pure; any thread. */
#include "check_private.h"

#include <string.h>

#include "nvirt/text.h"

#define DAY_S (24 * 60 * 60)
#define SNAPSHOT_DAYS 30
#define SNAPSHOTS_MAX 20
#define AUTOSTART_DAYS 7
#define JOB_S (60 * 60)
#define STUCK_MS 5000

#define each_guest(guest, from)                                                                              \
	for (unsigned guest##_at = 0; guest##_at < (from)->objects->guests->len; guest##_at++)               \
		for (const struct check_guest *guest =                                                       \
		                &g_array_index((from)->objects->guests, struct check_guest, guest##_at);     \
		        guest; guest = NULL)

/* Said about a guest; the remedy is virsh's `command` with its name, and `verb` nvirt's own. */
static struct finding *say_guest(
        CHECK_ARGS, enum check_result result, const struct check_guest *guest, const char *words)
{
	return check_say_of(report, check, result, OBJ_GUEST, guest->uuid, guest->name, "%s", words);
}

static void virsh_remedy(const struct check_facts *facts, struct finding *finding,
        const struct check_guest *guest, const char *command, const char *after)
{
	g_autofree char *virsh = check_virsh(facts), *name = check_guest_word(guest);

	check_remedy(finding, "%s %s %s%s", virsh, command, name, after);
}

static void all_well(CHECK_ARGS, const char *words)
{
	if (!check_said(report, check))
		check_say(report, check, CHECK_OK, "%s",
		        facts->objects->guests->len ? words : "there are no guests");
}

/* ---- how they run --------------------------------------------------------- */

/* -1 = not known whether KVM works. */
static int kvm_works(const struct check_facts *facts)
{
	const struct check_machine *machine = facts->machine;

	if (machine && machine->probe.result == KVM_PROBE_OK)
		return !facts->capabilities || facts->capabilities->kvm_offered != 0;
	if (machine && (!machine->kvm.exists || (machine->probe.result != KVM_PROBE_NOT_RUN &&
	                                                machine->probe.result != KVM_PROBE_NO_OPEN)))
		return 0;
	return facts->capabilities ? facts->capabilities->kvm_offered : -1;
}

void check_guest_accelerator(CHECK_ARGS)
{
	int works = kvm_works(facts);

	each_guest(guest, facts)
	{
		bool emulated = strcmp(guest->virt_type, "qemu") == 0;
		struct finding *finding = NULL;

		if (emulated && works == 1)
			finding = say_guest(check, facts, report, CHECK_WARN, guest,
			        "is emulated (type='qemu') though KVM works here: ten times slower or worse");
		else if (strcmp(guest->virt_type, "kvm") == 0 && works == 0)
			finding = say_guest(check, facts, report, guest->active ? CHECK_FAIL : CHECK_WARN,
			        guest, "asks for KVM, which does not work here: see kvm.usable");
		if (finding)
			virsh_remedy(facts, finding, guest, "edit",
			        emulated ? "   # <domain type='kvm'>"
			                 : "   # <domain type='qemu'>, or mend KVM");
	}
	all_well(check, facts, report,
	        works == 0 ? "they are emulated, as KVM does not work here"
	                   : "they run as the host lets them");
}

void check_guest_io_error(CHECK_ARGS)
{
	each_guest(guest, facts)
	{
		if (guest->state != GUEST_PAUSED ||
		        !g_str_equal(guest_reason_word(guest->state, guest->reason), "I/O error"))
			continue;
		g_autofree char *words = g_strdup_printf("is paused by an I/O error%s%s%s%s",
		        *guest->disk_errors ? ": " : "", guest->disk_errors,
		        *guest->log_line ? "; QEMU's last words: " : "", guest->log_line);
		struct finding *finding = say_guest(check, facts, report, CHECK_FAIL, guest, words);
		virsh_remedy(facts, finding, guest, "resume",
		        "   # once there is room again, or the disk is mended");
		finding->verb = "resume";
	}
	all_well(check, facts, report, "none is paused by an I/O error");
}

void check_guest_crashed(CHECK_ARGS)
{
	each_guest(guest, facts)
	{
		const char *reason = guest_reason_word(guest->state, guest->reason);

		if (!guest_state_alarming(guest->state, guest->reason) || g_str_equal(reason, "I/O error"))
			continue;
		g_autofree char *words = g_strdup_printf("is %s%s%s%s%s%s", guest_state_word(guest->state),
		        *reason ? " (" : "", reason, *reason ? ")" : "",
		        *guest->log_line ? "; QEMU's last words: " : "", guest->log_line);
		struct finding *finding = say_guest(check, facts, report, CHECK_FAIL, guest, words);
		virsh_remedy(facts, finding, guest, guest->active ? "reset" : "start", "");
		finding->verb = guest->active ? "reset" : "start";
	}
	all_well(check, facts, report, "none has crashed");
}

void check_guest_stuck(CHECK_ARGS)
{
	each_guest(guest, facts)
	{
		char span[32];

		if (guest->stopped_pid) {
			struct finding *stopped = say_guest(check, facts, report, CHECK_FAIL, guest,
			        "its QEMU process is stopped (SIGSTOP)");
			check_remedy(stopped, "sudo kill -CONT %d", guest->stopped_pid);
		}
		if (guest->stopped_pid || guest->stuck_ms < STUCK_MS)
			continue;
		text_format_span_ms(span, sizeof(span), guest->stuck_ms);
		g_autofree char *words = g_strdup_printf("its QEMU has not answered for %s", span);
		struct finding *finding = say_guest(check, facts, report, CHECK_FAIL, guest, words);
		virsh_remedy(facts, finding, guest, "domcontrol",
		        "   # if it stays so: virsh destroy, which loses its memory");
	}
	all_well(check, facts, report, "every QEMU answers");
}

void check_guest_job(CHECK_ARGS)
{
	each_guest(guest, facts)
	{
		gint64 seconds = guest->job_since_s ? facts->now_unix_s - guest->job_since_s : 0;
		char span[32];

		if (seconds < JOB_S)
			continue;
		text_format_span_ms(span, sizeof(span), seconds * 1000);
		g_autofree char *words = g_strdup_printf(
		        "a job (%s) has run for %s", *guest->job ? guest->job : "unknown", span);
		struct finding *finding = say_guest(check, facts, report, CHECK_WARN, guest, words);
		virsh_remedy(facts, finding, guest, "domjobinfo", "   # to end it: virsh domjobabort");
	}
	all_well(check, facts, report, "no job has run for an hour");
}

void check_guest_snapshots(CHECK_ARGS)
{
	each_guest(guest, facts)
	{
		int days =
		        guest->oldest_unix_s ? (int)((facts->now_unix_s - guest->oldest_unix_s) / DAY_S) : 0;
		g_autofree char *name = check_guest_word(guest);

		if (guest->snapshots <= 0 || (days < SNAPSHOT_DAYS && guest->snapshots <= SNAPSHOTS_MAX))
			continue;
		g_autofree char *words = g_strdup_printf("has %d snapshot%s, the oldest of %d days ago",
		        (int)guest->snapshots, guest->snapshots == 1 ? "" : "s", days);
		struct finding *finding = say_guest(check, facts, report, CHECK_WARN, guest, words);
		check_remedy_nvirt(facts, finding, "snapshot-list %s   # then: nvirt snapshot-delete", name);
	}
	all_well(check, facts, report, "none is older than 30 days");
}

void check_guest_autostart(CHECK_ARGS)
{
	each_guest(guest, facts)
	{
		int days = guest->started_unix_s ? (int)((facts->now_unix_s - guest->started_unix_s) / DAY_S)
		                                 : 0;

		if (guest->autostart || !guest->active || !guest->persistent || days < AUTOSTART_DAYS)
			continue;
		g_autofree char *words =
		        g_strdup_printf("has run for %d days, and will not start with the host", days);
		struct finding *finding = say_guest(check, facts, report, CHECK_NOTE, guest, words);
		virsh_remedy(facts, finding, guest, "autostart", "");
		finding->verb = "autostart-on";
	}
	all_well(check, facts, report, "those that always run start with the host");
}

/* Measured with libvirt 9.0: undefining a guest called ".." deletes the files of all others. */
void check_guest_name(CHECK_ARGS)
{
	each_guest(guest, facts)
	{
		struct finding *finding;

		if (strcmp(guest->raw, ".") != 0 && strcmp(guest->raw, "..") != 0)
			continue;
		finding = say_guest(check, facts, report, CHECK_FAIL, guest,
		        "is called like a directory: undefining it deletes libvirt's files of all guests");
		virsh_remedy(facts, finding, guest, "domrename", " better-name");
	}
	all_well(check, facts, report, "none is called '.' or '..'");
}

void check_guest_unread(CHECK_ARGS)
{
	each_guest(guest, facts)
	{
		if (*guest->unread)
			say_guest(check, facts, report, CHECK_UNKNOWN, guest, guest->unread);
	}
	all_well(check, facts, report, "every definition was read");
}
