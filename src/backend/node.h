/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Figures and facts of a host itself: of this machine by /proc, of another one by libvirt. */
#ifndef NVIRT_BACKEND_NODE_H
#define NVIRT_BACKEND_NODE_H

#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>

#include "nvirt/inv.h"
#include "nvirt/node_detail.h"

/* More than Linux can have; a number from elsewhere is no reason to fill memory. */
#define NODE_CPUS_MAX 8192

/* Never blocks. */
void node_read_local(struct node_sample *ret_node);
/* Up to two calls; leaves what it can not learn at -1. */
void node_read_remote(virConnectPtr conn, struct node_sample *ret_node);
/* Fills host name, driver, versions, CPU and memory, KVM and group of a connection just opened. A few calls. */
void node_read_facts(virConnectPtr conn, struct host_status *status);
/* Can this machine run guests on hardware, as far as we may look? */
enum kvm_state node_kvm_state(void);
bool node_in_libvirt_group(void);
/* Is there a system daemon's socket on this machine? */
bool node_system_socket_exists(void);

/* For the tests: the parsers of /proc/meminfo and /proc/stat. */
void node_parse_meminfo(const char *text, struct node_sample *node);
void node_parse_stat(const char *text, struct node_sample *node);
/* A file of /proc/pressure: microseconds, or -1. */
int64_t node_parse_pressure(const char *text);

/* Value of "Name:   123 kB" as a number, or -1. `name` with its colon, at the start of a line. */
int64_t node_field(const char *text, const char *name);
/* Each CPU of /proc/stat, appended to `cpus` (struct node_cpu) by number. */
void node_parse_cpus(const char *text, GArray *cpus);
/* A file of /proc/pressure. */
void node_parse_stall(const char *text, struct node_stall *ret_stall);

#endif
