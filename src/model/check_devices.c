/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks of what guests are made of: see nvirt/check.h. Pure; any thread. */
#include "check_private.h"

#include <string.h>

#include "nvirt/text.h"

static const struct check_guest *guest_at(const struct check_facts *facts, unsigned i)
{
	return &g_array_index(facts->objects->guests, struct check_guest, i);
}

static struct finding *say(CHECK_ARGS, enum check_result result, const struct check_guest *guest,
        const char *words, const char *after)
{
	g_autofree char *virsh = check_virsh(facts), *name = check_guest_word(guest);
	struct finding *finding =
	        check_say_of(report, check, result, OBJ_GUEST, guest->uuid, guest->name, "%s", words);

	check_remedy(finding, "%s edit %s   # %s", virsh, name, after);
	return finding;
}

/* Runs `look` for every guest that is no template; says `fine` when none of them had anything to say. */
static void for_all(CHECK_ARGS,
        void (*look)(const struct check *, const struct check_facts *, struct check_report *,
                const struct check_guest *),
        const char *fine)
{
	for (unsigned i = 0; i < facts->objects->guests->len; i++)
		if (!guest_at(facts, i)->template && !*guest_at(facts, i)->unread)
			look(check, facts, report, guest_at(facts, i));
	if (!check_said(report, check))
		check_say(report, check, CHECK_OK, "%s",
		        facts->objects->guests->len ? fine : "there are no guests");
}

static bool is_pc(const struct check_guest *guest)
{
	return strcmp(guest->arch, "x86_64") == 0 || strcmp(guest->arch, "i686") == 0;
}

static void look_graphics(CHECK_ARGS, const struct check_guest *guest)
{
	g_autofree char *words = NULL;

	if (!*guest->open_graphics || guest->graphics_password == 1)
		return;
	words = g_strdup_printf("its screen is open to the world (%s)%s", guest->open_graphics,
	        guest->graphics_password == 0 ? " without a password"
	                                      : "; whether a password is set is not told");
	say(check, facts, report, guest->graphics_password == 0 ? CHECK_FAIL : CHECK_WARN, guest, words,
	        "<graphics … listen='127.0.0.1'>, or passwd='…'");
}

void check_guest_graphics(CHECK_ARGS)
{
	for_all(check, facts, report, look_graphics, "no screen is open to the world without a password");
}

static void look_disks(CHECK_ARGS, const struct check_guest *guest)
{
	g_autoptr(GString) list = g_string_new(NULL);

	for (unsigned i = 0; i < guest->disks->len; i++) {
		const struct check_disk *disk = &g_array_index(guest->disks, struct check_disk, i);
		bool slow = strcmp(disk->bus, "ide") == 0 || strcmp(disk->bus, "sata") == 0 ||
		            strcmp(disk->bus, "usb") == 0;

		if (slow && strcmp(disk->device, "disk") == 0)
			g_string_append_printf(
			        list, "%s%s (%s)", list->len ? ", " : "", disk->target, disk->bus);
	}
	if (!list->len)
		return;
	g_autofree char *words = g_strdup_printf("disks are emulated: %s", list->str);
	say(check, facts, report, CHECK_NOTE, guest, words, "bus='virtio', once the guest has the driver");
}

void check_guest_disks(CHECK_ARGS)
{
	for_all(check, facts, report, look_disks, "disks are virtio or SCSI");
}

static void look_nics(CHECK_ARGS, const struct check_guest *guest)
{
	static const char *const emulated[] = {
	        "e1000", "e1000e", "rtl8139", "ne2k_pci", "pcnet", "i82551", NULL};
	g_autoptr(GString) list = g_string_new(NULL);

	for (unsigned i = 0; i < guest->nics->len; i++) {
		const struct check_nic *nic = &g_array_index(guest->nics, struct check_nic, i);

		if (g_strv_contains(emulated, nic->model))
			g_string_append_printf(
			        list, "%s%s (%s)", list->len ? ", " : "", nic->mac, nic->model);
	}
	if (!list->len)
		return;
	g_autofree char *words = g_strdup_printf("NICs are emulated: %s", list->str);
	say(check, facts, report, CHECK_NOTE, guest, words,
	        "<model type='virtio'/>, once the guest has the driver");
}

void check_guest_nics(CHECK_ARGS)
{
	for_all(check, facts, report, look_nics, "NICs are virtio");
}

static void look_machine(CHECK_ARGS, const struct check_guest *guest)
{
	g_autofree char *words = NULL;

	if (!is_pc(guest) ||
	        (!g_str_has_prefix(guest->machine, "pc-i440fx") && strcmp(guest->machine, "pc") != 0))
		return;
	words = g_strdup_printf(
	        "has the machine of 1996 (%s): no PCI Express, no IOMMU, no Secure Boot", guest->machine);
	say(check, facts, report, CHECK_NOTE, guest, words,
	        "a new guest with machine='q35' and its disks: the change of board moves every device");
}

void check_guest_machine(CHECK_ARGS)
{
	for_all(check, facts, report, look_machine, "none has a board of 1996");
}

static void look_agent(CHECK_ARGS, const struct check_guest *guest)
{
	if (guest->agent_channel == 0)
		say(check, facts, report, CHECK_NOTE, guest, "has no channel for the guest agent",
		        "<channel type='unix'><target type='virtio' "
		        "name='org.qemu.guest_agent.0'/></channel>");
	else if (guest->agent_channel == 1 && guest->state == GUEST_RUNNING && guest->agent_connected == 0)
		check_remedy(check_say_of(report, check, CHECK_NOTE, OBJ_GUEST, guest->uuid, guest->name,
		                     "has a channel for the guest agent, but none is connected"),
		        "sudo apt-get install qemu-guest-agent   # in the guest");
}

void check_guest_agent(CHECK_ARGS)
{
	for_all(check, facts, report, look_agent, "all have a guest agent");
}

static void look_balloon(CHECK_ARGS, const struct check_guest *guest)
{
	if (guest->balloon == 0)
		say(check, facts, report, CHECK_NOTE, guest,
		        "has no balloon: what of its memory is in use is not known",
		        "<memballoon model='virtio'><stats period='10'/></memballoon>");
	else if (guest->balloon == 1 && guest->stats_period_s <= 0) {
		g_autofree char *virsh = check_virsh(facts), *name = check_guest_word(guest);
		struct finding *finding = check_say_of(report, check, CHECK_NOTE, OBJ_GUEST, guest->uuid,
		        guest->name,
		        "its balloon has no stats period: the figures of its memory stay as they were");

		check_remedy(finding, "%s dommemstat %s --period 10 %s--config", virsh, name,
		        guest->active ? "--live " : "");
	}
}

void check_guest_balloon(CHECK_ARGS)
{
	for_all(check, facts, report, look_balloon, "all tell what of their memory is in use");
}

static void look_cpu(CHECK_ARGS, const struct check_guest *guest)
{
	g_autofree char *words = NULL;

	if (strcmp(guest->cpu_mode, "host-passthrough") != 0 && strcmp(guest->cpu_mode, "maximum") != 0)
		return;
	words = g_strdup_printf("has the CPU mode %s: it can migrate only to a host with the same processor",
	        guest->cpu_mode);
	say(check, facts, report, CHECK_NOTE, guest, words,
	        "<cpu mode='host-model'/>, or a named model; fine if it never moves");
}

void check_guest_cpu(CHECK_ARGS)
{
	for_all(check, facts, report, look_cpu, "none is bound to one model of processor");
}

/* Without a limit is how nearly all guests are, and right on a host with room: it is said once, where there
 * is none. */
void check_guest_limit(CHECK_ARGS)
{
	int64_t total = facts->machine && facts->machine->memory_kib > 0 ? facts->machine->memory_kib
	                                                                 : (int64_t)facts->status->memory_kib;
	int64_t sum = 0;
	unsigned without = 0;

	for (unsigned i = 0; i < facts->objects->guests->len; i++) {
		const struct check_guest *guest = guest_at(facts, i);

		sum += guest->active ? MAX(guest->memory_kib, 0) : 0;
		without += guest->active && !guest->limit_kib;
	}
	if (!without || total <= 0 || sum < total - total / 10) {
		check_say(report, check, CHECK_OK, "%s",
		        without ? "none is set, and the host has room" : "every running guest has one");
		return;
	}
	check_remedy(
	        check_say(report, check, CHECK_NOTE,
	                "%u running guest%s no memory limit (<memtune>), and the host has no room to spare",
	                without, without == 1 ? " has" : "s have"),
	        "virsh memtune GUEST --hard-limit KIB --config   # well above its memory: QEMU is killed "
	        "when it is reached");
}

static void look_clock(CHECK_ARGS, const struct check_guest *guest)
{
	bool windows = strstr(guest->os, "microsoft.com/win") != NULL;

	if (!is_pc(guest))
		return;
	if (guest->hpet)
		say(check, facts, report, CHECK_NOTE, guest,
		        "has a HPET: reading it costs an exit to the host each time",
		        "<timer name='hpet' present='no'/>");
	if (guest->no_paravirt_clock && !windows)
		say(check, facts, report, CHECK_NOTE, guest,
		        "has kvmclock turned off: its clock drifts under load",
		        "<timer name='kvmclock' present='yes'/>");
	if (windows && strcmp(guest->clock_offset, "localtime") != 0)
		say(check, facts, report, CHECK_NOTE, guest,
		        "is Windows with a clock in UTC: its time is off by the time zone",
		        "<clock offset='localtime'>");
}

void check_guest_clock(CHECK_ARGS)
{
	for_all(check, facts, report, look_clock, "their clocks are as they should be");
}
