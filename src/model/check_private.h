/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the checks' functions say their findings with. Pure; any thread. */
#ifndef NVIRT_MODEL_CHECK_PRIVATE_H
#define NVIRT_MODEL_CHECK_PRIVATE_H

#include "nvirt/check.h"

/* The arguments of every check, in its own words. */
#define CHECK_ARGS                                                                                           \
	const struct check *check, const struct check_facts *facts G_GNUC_UNUSED, struct check_report *report

/* Of the host itself; `format` is the evidence. The finding belongs to the report. */
struct finding *check_say(struct check_report *report, const struct check *check, enum check_result result,
        const char *format, ...) G_GNUC_PRINTF(4, 5);
/* The same about an object. */
struct finding *check_say_of(struct check_report *report, const struct check *check, enum check_result result,
        enum obj_kind kind, const uint8_t uuid[16], const char *name, const char *format, ...)
        G_GNUC_PRINTF(7, 8);
/* The command that mends it. */
void check_remedy(struct finding *finding, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* The same of nvirt itself, with the connection's URI; the rest of the words is told. */
void check_remedy_nvirt(const struct check_facts *facts, struct finding *finding, const char *format, ...)
        G_GNUC_PRINTF(3, 4);
/* Was anything said by this check? Then it need not say that all is well. */
bool check_said(const struct check_report *report, const struct check *check);

/* A word for a shell, owned: quoted where it must be. */
char *check_word(const char *text);
/* "virsh", with the connection's URI. Owned. */
char *check_virsh(const struct check_facts *facts);
/* The name, or the UUID where virsh would take the name for something else; as a word for a shell. Owned. */
char *check_object_word(const char *name, const uint8_t uuid[16]);
/* The same of a guest; the UUID too where the name is not what libvirt calls it. */
char *check_guest_word(const struct check_guest *guest);
/* "12.0 GiB": into a static buffer of the caller. */
#define CHECK_BYTES(name, bytes)                                                                             \
	char name[32];                                                                                       \
	text_format_bytes(name, sizeof(name), (guint64)(bytes))

/* check_host.c */
void check_cpu_virtualization(CHECK_ARGS);
void check_cpu_firmware(CHECK_ARGS);
void check_kvm_module(CHECK_ARGS);
void check_kvm_device(CHECK_ARGS);
void check_kvm_permission(CHECK_ARGS);
void check_kvm_usable(CHECK_ARGS);
void check_kvm_nested(CHECK_ARGS);
void check_kvm_vhost(CHECK_ARGS);
void check_cpu_iommu(CHECK_ARGS);
void check_cpu_vulnerabilities(CHECK_ARGS);
/* check_kernel.c */
void check_cgroups(CHECK_ARGS);
void check_tun(CHECK_ARGS);
void check_ksm(CHECK_ARGS);
void check_hugepages(CHECK_ARGS);
void check_numa(CHECK_ARGS);
void check_memory_free(CHECK_ARGS);
void check_memory_overcommit(CHECK_ARGS);
void check_cpu_overcommit(CHECK_ARGS);
void check_swap(CHECK_ARGS);
void check_pressure(CHECK_ARGS);
void check_entropy(CHECK_ARGS);
void check_clocksource(CHECK_ARGS);
void check_clock_sync(CHECK_ARGS);
/* check_libvirt.c */
void check_reachable(CHECK_ARGS);
void check_answers(CHECK_ARGS);
void check_access(CHECK_ARGS);
void check_daemons(CHECK_ARGS);
void check_versions(CHECK_ARGS);
void check_capabilities(CHECK_ARGS);
void check_keepalive(CHECK_ARGS);
void check_limits(CHECK_ARGS);
void check_log(CHECK_ARGS);
void check_socket_open(CHECK_ARGS);
void check_remote_open(CHECK_ARGS);
/* check_storage.c */
void check_pool_inactive(CHECK_ARGS);
void check_pool_full(CHECK_ARGS);
void check_pool_overcommit(CHECK_ARGS);
void check_image_missing(CHECK_ARGS);
void check_image_format(CHECK_ARGS);
void check_image_writable(CHECK_ARGS);
void check_image_shared(CHECK_ARGS);
void check_image_base(CHECK_ARGS);
void check_image_unused(CHECK_ARGS);
void check_image_depth(CHECK_ARGS);
void check_disk_cache(CHECK_ARGS);
void check_mount_full(CHECK_ARGS);
void check_disk_slow(CHECK_ARGS);
/* check_network.c */
void check_network_default(CHECK_ARGS);
void check_network_inactive(CHECK_ARGS);
void check_dnsmasq(CHECK_ARGS);
void check_macs(CHECK_ARGS);
void check_addresses(CHECK_ARGS);
void check_bridges(CHECK_ARGS);
void check_firewall(CHECK_ARGS);
void check_forwarding(CHECK_ARGS);
/* check_guests.c, check_devices.c */
void check_guest_accelerator(CHECK_ARGS);
void check_guest_io_error(CHECK_ARGS);
void check_guest_crashed(CHECK_ARGS);
void check_guest_stuck(CHECK_ARGS);
void check_guest_job(CHECK_ARGS);
void check_guest_snapshots(CHECK_ARGS);
void check_guest_autostart(CHECK_ARGS);
void check_guest_name(CHECK_ARGS);
void check_guest_graphics(CHECK_ARGS);
void check_guest_disks(CHECK_ARGS);
void check_guest_nics(CHECK_ARGS);
void check_guest_machine(CHECK_ARGS);
void check_guest_agent(CHECK_ARGS);
void check_guest_balloon(CHECK_ARGS);
void check_guest_cpu(CHECK_ARGS);
void check_guest_limit(CHECK_ARGS);
void check_guest_clock(CHECK_ARGS);
void check_guest_unread(CHECK_ARGS);

#endif
