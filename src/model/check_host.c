/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks of the processor and of KVM: see nvirt/check.h. Pure; any thread. */
#include "check_private.h"

#include <string.h>

/* Loops of two instructions a second that any processor with VT-x or AMD-V does many times over. */
#define KVM_ROUNDS_MIN 20e6

static bool is_x86(const struct check_machine *machine)
{
	return machine->virt_flag >= 0;
}

static const char *driver_wanted(const struct check_machine *machine)
{
	return strcmp(machine->vendor, "AuthenticAMD") == 0 || strcmp(machine->vendor, "HygonGenuine") == 0
	               ? "kvm_amd"
	               : "kvm_intel";
}

/* Of another machine, by what libvirt says of its processor. */
static void virtualization_remote(CHECK_ARGS)
{
	const struct check_capabilities *can = facts->capabilities;

	if (!can || can->virt_flag < 0)
		check_say(report, check, CHECK_UNKNOWN, "libvirt does not say what that processor can");
	else if (can->virt_flag || can->kvm_offered == 1)
		check_say(report, check, CHECK_OK, "libvirt names it among the processor's features");
	else
		check_say(report, check, CHECK_FAIL,
		        "libvirt names neither vmx nor svm among the processor's features");
}

void check_cpu_virtualization(CHECK_ARGS)
{
	const struct check_machine *machine = facts->machine;
	struct finding *finding;

	if (!machine) {
		virtualization_remote(check, facts, report);
		return;
	}
	if (!is_x86(machine)) {
		check_say(report, check, CHECK_UNKNOWN, "on %s no flag tells; see kvm.usable", machine->arch);
		return;
	}
	if (machine->virt_flag) {
		check_say(report, check, CHECK_OK, "%s has %s", machine->cpu_model,
		        strcmp(driver_wanted(machine), "kvm_amd") == 0 ? "AMD-V (svm)" : "VT-x (vmx)");
		return;
	}
	if (machine->inside_vm) {
		finding = check_say(report, check, CHECK_FAIL,
		        "neither vmx nor svm: this machine is itself a virtual one%s%s%s, and its host gives "
		        "it no nested "
		        "virtualization",
		        *machine->board ? " (" : "", machine->board, *machine->board ? ")" : "");
		check_remedy(finding,
		        "echo 'options %s nested=1' | sudo tee /etc/modprobe.d/nested.conf   # on its host; "
		        "then give this guest "
		        "the CPU mode host-passthrough",
		        driver_wanted(machine));
		return;
	}
	finding = check_say(report, check, CHECK_FAIL,
	        "neither vmx nor svm among the flags of '%s': it has none, or the firmware (BIOS) turned it "
	        "off",
	        machine->cpu_model);
	check_remedy(finding, "sudo systemctl reboot --firmware-setup   # there: turn on VT-x, VMX, SVM or "
	                      "\"virtualization\"");
}

void check_cpu_firmware(CHECK_ARGS)
{
	const struct check_machine *machine = facts->machine;
	struct finding *finding;

	if (*machine->bios_line) {
		finding =
		        check_say(report, check, CHECK_FAIL, "the kernel's log says: %s", machine->bios_line);
		check_remedy(finding, "sudo systemctl reboot --firmware-setup   # there: turn on VT-x, VMX, "
		                      "SVM or \"virtualization\"");
	} else if (machine->virt_flag == 1) {
		check_say(report, check, CHECK_OK, "the processor's flag is there");
	} else if (*machine->log_unread) {
		finding = check_say(report, check, CHECK_UNKNOWN, "the kernel's log cannot be read: %s",
		        machine->log_unread);
		check_remedy(finding, "sudo dmesg | grep -iE 'kvm|vmx|svm'");
	} else {
		check_say(report, check, CHECK_OK, "the kernel's log does not complain of the firmware");
	}
}

void check_kvm_module(CHECK_ARGS)
{
	const struct check_machine *machine = facts->machine;
	struct finding *finding;

	if (machine->kvm_module && *machine->kvm_driver) {
		check_say(report, check, CHECK_OK, "kvm and %s are loaded", machine->kvm_driver);
	} else if (!is_x86(machine)) {
		check_say(report, check, machine->kvm_module || machine->kvm.exists ? CHECK_OK : CHECK_FAIL,
		        machine->kvm_module || machine->kvm.exists ? "kvm is there"
		                                                   : "the kernel has no kvm");
	} else if (machine->virt_flag == 0) {
		check_say(report, check, CHECK_FAIL,
		        "%s; no module for it can work without vmx or svm: see cpu.virtualization",
		        machine->kvm_module ? "kvm is loaded, but neither kvm_intel nor kvm_amd"
		                            : "kvm is not loaded");
	} else {
		finding = check_say(report, check, CHECK_FAIL, "%s",
		        machine->kvm_module ? "kvm is loaded, but no module for this processor"
		                            : "kvm is not loaded");
		check_remedy(finding, "sudo modprobe %s", driver_wanted(machine));
	}
}

void check_kvm_device(CHECK_ARGS)
{
	const struct check_device *kvm = &facts->machine->kvm;
	struct finding *finding;

	if (kvm->exists) {
		check_say(report, check, CHECK_OK, "/dev/kvm is there");
		return;
	}
	if (facts->machine->kvm_module && *facts->machine->kvm_driver) {
		finding = check_say(report, check, CHECK_FAIL, "/dev/kvm is missing although %s is loaded",
		        facts->machine->kvm_driver);
		check_remedy(finding, "sudo udevadm trigger --name-match=kvm");
		return;
	}
	finding = check_say(report, check, CHECK_FAIL, "/dev/kvm is missing");
	if (facts->machine->virt_flag == 1)
		check_remedy(finding, "sudo modprobe %s", driver_wanted(facts->machine));
}

/* "owner root, group kvm, mode 0660" */
static char *device_words(const struct check_device *device)
{
	return g_strdup_printf("owner %s, group %s, mode %04o", device->owner, device->group, device->mode);
}

/* Who runs QEMU: a system daemon's own user, or whoever runs the session. */
void check_kvm_permission(CHECK_ARGS)
{
	const struct check_machine *machine = facts->machine;
	const struct check_device *kvm = &machine->kvm;
	g_autofree char *words = device_words(kvm), *user = check_word(machine->user);
	bool session = facts->status->session;
	struct finding *finding;

	if (!kvm->exists) {
		check_say(report, check, CHECK_UNKNOWN, "there is no /dev/kvm");
		return;
	}
	if (!session && kvm->qemu_may == 0) {
		finding = check_say(report, check, CHECK_FAIL,
		        "/dev/kvm (%s) may not be opened by '%s', the user that libvirt runs QEMU as", words,
		        machine->qemu_user);
		check_remedy(finding, "sudo chgrp kvm /dev/kvm && sudo chmod 0660 /dev/kvm");
	} else if (!session && kvm->qemu_may < 0 && !(kvm->mode & 0066)) {
		finding = check_say(report, check, CHECK_WARN,
		        "/dev/kvm (%s) may be opened by its owner only, and libvirt usually runs QEMU as a "
		        "user of its own",
		        words);
		check_remedy(finding, "sudo chgrp kvm /dev/kvm && sudo chmod 0660 /dev/kvm");
	} else if (kvm->user_may == 0) {
		finding = check_say(report, check, session ? CHECK_FAIL : CHECK_NOTE,
		        "/dev/kvm (%s) may not be opened by '%s'%s", words, machine->user,
		        machine->in_kvm_group ? "" : ", who is not in the group kvm");
		if (strcmp(kvm->group, "kvm") == 0)
			check_remedy(finding, "sudo usermod -aG kvm %s   # then log in again", user);
		else
			check_remedy(finding, "sudo chgrp kvm /dev/kvm && sudo chmod 0660 /dev/kvm");
	} else {
		check_say(report, check, CHECK_OK, "/dev/kvm: %s", words);
	}
}

static void usable_remote(CHECK_ARGS)
{
	struct finding *finding;

	if (facts->status->driver && g_ascii_strcasecmp(facts->status->driver, "QEMU") != 0)
		check_say(report, check, CHECK_UNKNOWN, "this libvirt drives %s, not QEMU",
		        facts->status->driver);
	else if (!facts->capabilities || facts->capabilities->kvm_offered < 0)
		check_say(report, check, CHECK_UNKNOWN,
		        "libvirt does not say, and it can only be tried on that machine");
	else if (facts->capabilities->kvm_offered)
		check_say(report, check, CHECK_OK,
		        "libvirt offers KVM; whether it works can only be tried on that machine");
	else {
		finding = check_say(
		        report, check, CHECK_FAIL, "libvirt offers no KVM there: guests are emulated");
		check_remedy(finding, "virt-host-validate qemu   # on that machine");
	}
}

static void say_slow(CHECK_ARGS)
{
	const struct kvm_probe *probe = &facts->machine->probe;
	double rate = probe->ns ? probe->rounds * 1e9 / probe->ns : 0;
	struct finding *finding = check_say(report, check, CHECK_FAIL,
	        "/dev/kvm is there, opens and makes a virtual machine, but runs it hundreds of times too "
	        "slowly: %.1f "
	        "million rounds of a loop a second, where VT-x or AMD-V does over %.0f million. %s",
	        rate / 1e6, KVM_ROUNDS_MIN / 1e6,
	        facts->machine->virt_flag == 0 ? "The processor has neither vmx nor svm: the instructions "
	                                         "are emulated, and guests stall or end with an "
	                                         "internal error"
	                                       : "The instructions seem to be emulated");

	check_remedy(finding, "sudo rm /dev/kvm   # until the next boot: libvirt then picks emulation; give "
	                      "guests <domain type='qemu'>");
}

static void say_probe(CHECK_ARGS)
{
	const struct kvm_probe *probe = &facts->machine->probe;
	g_autofree char *detail = NULL;
	struct finding *finding;

	if (probe->result == KVM_PROBE_BAD_RUN && !probe->error)
		detail = g_strdup_printf("KVM_RUN ended with reason %u", probe->exit_reason);
	else if (probe->error)
		detail = g_strdup(g_strerror(probe->error));
	finding = check_say(report, check, CHECK_FAIL, "/dev/kvm %s%s%s", kvm_probe_words(probe->result),
	        detail ? ": " : "", detail ? detail : "");
	check_remedy(finding, "sudo dmesg | grep -i kvm");
}

/* The probe's figures decide, not the flags: modules without hardware behind them answer too. */
void check_kvm_usable(CHECK_ARGS)
{
	const struct check_machine *machine = facts->machine;
	const struct kvm_probe *probe = machine ? &machine->probe : NULL;

	if (!machine || (machine->elsewhere && machine->kvm.exists)) {
		usable_remote(check, facts, report);
		return;
	}
	if (!machine->kvm.exists) {
		struct finding *finding =
		        check_say(report, check, CHECK_FAIL, "there is no /dev/kvm: guests are emulated");
		if (machine->virt_flag == 0)
			check_remedy_nvirt(facts, finding, "check --only cpu   # see cpu.virtualization");
		else
			check_remedy(finding, "sudo modprobe %s", driver_wanted(machine));
		return;
	}
	switch (probe->result) {
	case KVM_PROBE_OK:
		check_say(report, check, CHECK_OK,
		        "a few instructions were run on /dev/kvm: %.0f million rounds a second",
		        probe->ns ? probe->rounds * 1e3 / probe->ns : 0.0);
		return;
	case KVM_PROBE_NOT_RUN:
		check_say(report, check, CHECK_UNKNOWN, "no program to try it with on %s",
		        *machine->arch ? machine->arch : "this machine");
		return;
	case KVM_PROBE_NO_OPEN:
		if (machine->kvm.user_may == 0) {
			check_say(report, check, CHECK_UNKNOWN,
			        "'%s' may not open /dev/kvm to try it: see kvm.permission", machine->user);
			return;
		}
		say_probe(check, facts, report);
		return;
	case KVM_PROBE_SLOW:
		say_slow(check, facts, report);
		return;
	case KVM_PROBE_NO_API:
	case KVM_PROBE_NO_VM:
	case KVM_PROBE_NO_VCPU:
	case KVM_PROBE_BAD_RUN:
	case KVM_PROBE_HUNG:
	case KVM_PROBE_DIED:
	case KVM_PROBE_N:
		say_probe(check, facts, report);
		return;
	}
}

void check_kvm_nested(CHECK_ARGS)
{
	const struct check_machine *machine = facts->machine;
	struct finding *finding;

	if (machine->nested < 0)
		check_say(report, check, CHECK_UNKNOWN, "no module of KVM says so");
	else if (machine->nested)
		check_say(report, check, CHECK_OK, "guests may run guests of their own");
	else {
		finding = check_say(report, check, CHECK_NOTE, "off: guests cannot run guests of their own");
		check_remedy(finding,
		        "echo 'options %s nested=1' | sudo tee /etc/modprobe.d/nested.conf   # then reload "
		        "the module",
		        machine->kvm_driver);
	}
}

static void say_device(CHECK_ARGS, const struct check_device *device, const char *path, const char *module)
{
	struct finding *finding;

	if (device->exists) {
		check_say(report, check, CHECK_OK, "%s is there", path);
		return;
	}
	finding = check_say(report, check, check->severity, "%s is missing", path);
	check_remedy(finding, "sudo modprobe %s", module);
}

void check_kvm_vhost(CHECK_ARGS)
{
	say_device(check, facts, report, &facts->machine->vhost_net, "/dev/vhost-net", "vhost_net");
}

void check_tun(CHECK_ARGS)
{
	say_device(check, facts, report, &facts->machine->tun, "/dev/net/tun", "tun");
}

void check_cpu_iommu(CHECK_ARGS)
{
	int groups = facts->machine        ? facts->machine->iommu_groups
	             : facts->capabilities ? facts->capabilities->iommu
	                                   : -1;
	bool amd = facts->machine && strcmp(driver_wanted(facts->machine), "kvm_amd") == 0;
	struct finding *finding;

	if (groups < 0)
		check_say(report, check, CHECK_UNKNOWN, "libvirt does not say");
	else if (groups && facts->machine)
		check_say(report, check, CHECK_OK, "%d groups of devices", groups);
	else if (groups)
		check_say(report, check, CHECK_OK, "libvirt says that it is in use");
	else {
		finding = check_say(report, check, CHECK_NOTE,
		        "off, or there is none: devices cannot be passed to guests");
		check_remedy(finding,
		        "sudo grubby --update-kernel=ALL --args=%s   # or in /etc/default/grub; then reboot",
		        amd ? "amd_iommu=on" : "intel_iommu=on");
	}
}

void check_cpu_vulnerabilities(CHECK_ARGS)
{
	const struct check_machine *machine = facts->machine;
	struct finding *finding;

	if (machine->vulnerabilities < 0) {
		check_say(report, check, CHECK_UNKNOWN, "the kernel does not say");
	} else if (machine->vulnerabilities) {
		finding = check_say(report, check, CHECK_WARN, "%d not mitigated: %s",
		        machine->vulnerabilities, machine->vulnerable);
		check_remedy(finding, "grep -r Vulnerable /sys/devices/system/cpu/vulnerabilities   # then "
		                      "update kernel and microcode");
	} else {
		check_say(report, check, CHECK_OK, "none that the kernel does not mitigate");
	}
}
