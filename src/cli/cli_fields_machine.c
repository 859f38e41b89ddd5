/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Members of what is printed of a host's devices and of its guests' processes: see cli_fields.h. */
#include <stddef.h>

#include "cli_fields.h"

/* ---- devices ---- */

static const struct field device_use_fields[] = {
        {"guest", FIELD_TEXT, .help = "its name"},
        {"uuid", FIELD_UUID, .help = "names the guest for ever"},
        {"live", FIELD_BOOL, .help = "it runs with the device; else only its stored definition has it"},
        {0},
};

static const struct record record_device_use = {
        "device-use", "A guest whose definition has a device.", device_use_fields};

static const struct field mdev_type_fields[] = {
        {"id", FIELD_TEXT, .help = "nvidia-222"},
        {"name", FIELD_TEXT, .help = "as the driver calls it; may be empty"},
        {"api", FIELD_TEXT, .help = "vfio-pci, vfio-ccw, vfio-ap"},
        {"available", FIELD_INT, .null = true, .help = "how many more can be made"},
        {0},
};

static const struct record record_mdev_type = {
        "mdev-type", "A kind of mediated device that can be made of a device.", mdev_type_fields};

static const struct field device_fields[] = {
        {"address", FIELD_TEXT, .help = "0000:02:00.1; USB: bus and device; mediated: its UUID"},
        {"kind", FIELD_TEXT, .help = "what it is plugged into", .choices = "pci|usb|mdev"},
        {"name", FIELD_TEXT, .help = "as libvirt calls it: pci_0000_02_00_1"},
        {"class", FIELD_TEXT, .help = "what it is, in words"},
        {"vendor", FIELD_TEXT, .null = true, .help = "in words"},
        {"product", FIELD_TEXT, .null = true, .help = "in words"},
        {"vendor_id", FIELD_INT, .null = true, .help = "its number"},
        {"product_id", FIELD_INT, .null = true, .help = "its number"},
        {"driver", FIELD_TEXT, .null = true, .help = "of the host, bound to it now"},
        {"iommu_group", FIELD_INT, .null = true, .help = "goes to a guest as a whole"},
        {"iommu_members", FIELD_TEXTS, .help = "addresses in that group, its own too"},
        {"numa_node", FIELD_INT, .null = true, .help = "near which memory it is"},
        {"physical_function", FIELD_TEXT, .null = true, .help = "SR-IOV: what it is a function of"},
        {"virtual_functions", FIELD_TEXTS, .help = "SR-IOV: those that there are"},
        {"virtual_functions_max", FIELD_INT, .help = "SR-IOV: how many there can be; 0: it has none"},
        {"mdev_type", FIELD_TEXT, .null = true, .help = "of a mediated device"},
        {"mdev_types", FIELD_LIST, .help = "mediated devices that can be made of it", .of = &record_mdev_type},
        {"carries", FIELD_TEXTS, .help = "NICs and disks of the host that hang on it: eth0, sda"},
        {"host_use", FIELD_TEXT, .null = true, .help = "what the host needs it for; only of this machine"},
        {"can_reset", FIELD_BOOL, .null = true, .help = "the kernel knows a way; only of this machine"},
        {"users", FIELD_LIST, .null = true, .help = "guests that have it", .of = &record_device_use},
        {"verdict", FIELD_TEXT, .help = "whether a guest can have it", .choices = "ready|yes|with care|taken|no"},
        {"why", FIELD_TEXT, .help = "why, or at what cost"},
        {"hostdev_xml", FIELD_TEXT, .null = true, .help = "what gives it to a guest, in its definition"},
        {0},
};

const struct record record_device = {"device", "A device of the host.", device_fields};

/* ---- processes ---- */

static const struct field thread_fields[] = {
        {"tid", FIELD_INT, .null = true, .help = "its number on the host"},
        {"name", FIELD_TEXT, .null = true, .help = "as QEMU calls it: CPU 0/KVM"},
        {"kind", FIELD_TEXT, .help = "what it does",
                .choices = "main loop|vCPU|I/O thread|worker|display|vhost|migration|other"},
        {"vcpu", FIELD_INT, .null = true, .help = "the vCPU that it runs"},
        {"state", FIELD_TEXT, .null = true, .help = "running, sleeping, …"},
        {"cpu_pct", FIELD_NUMBER, .null = true, .help = "of one CPU of the host, just now"},
        {"cpu_time_ns", FIELD_INT, .null = true, .help = "CPU time since it began"},
        {"cpu", FIELD_INT, .null = true, .help = "the host's CPU that it ran on last"},
        {"affinity", FIELD_TEXT, .null = true, .help = "CPUs that it may run on: 0-3,8"},
        {0},
};

static const struct record record_thread = {"thread", "A thread of a guest's process.", thread_fields};

static const struct field open_file_fields[] = {
        {"fd", FIELD_INT, .help = "the first, where it is open several times"},
        {"path", FIELD_TEXT, .help = "as the process sees it"},
        {"writable", FIELD_BOOL, .help = "it may write to it"},
        {"deleted", FIELD_BOOL, .help = "it has no name any more: its room is free when it is closed"},
        {"device", FIELD_BOOL, .help = "a disk or partition, no file"},
        {"allocation_bytes", FIELD_INT, .null = true, .help = "room that it takes"},
        {0},
};

static const struct record record_open_file = {
        "open-file", "A file or disk that a guest's process has open.", open_file_fields};

static const struct field process_fields[] = {
        {"guest", FIELD_TEXT, .help = "its name"},
        {"uuid", FIELD_UUID, .help = "names the guest for ever"},
        {"host", FIELD_TEXT, .help = "the host it is on"},
        {"pid", FIELD_INT, .null = true, .help = "none: it is on another machine"},
        {"program", FIELD_TEXT, .null = true, .help = "qemu-system-x86"},
        {"user", FIELD_TEXT, .null = true, .help = "as whom it runs"},
        {"state", FIELD_TEXT, .null = true, .help = "running, sleeping, stopped, …"},
        {"cpu_pct", FIELD_NUMBER, .null = true, .help = "100 is one CPU of the host, just now"},
        {"cpu_time_ns", FIELD_INT, .null = true, .help = "CPU time since its start"},
        {"rss_kib", FIELD_INT, .null = true, .help = "memory that it has"},
        {"pss_kib", FIELD_INT, .null = true, .help = "the same, what is shared counted by its share"},
        {"swap_kib", FIELD_INT, .null = true, .help = "of it swapped out"},
        {"open_fds", FIELD_INT, .null = true, .help = "descriptors that it has open"},
        {"affinity", FIELD_TEXT, .null = true, .help = "CPUs that it may run on: 0-3,8"},
        {"cgroup", FIELD_TEXT, .null = true, .help = "below the root of its hierarchy"},
        {"threads", FIELD_LIST, .help = "its threads; of another machine its vCPUs", .of = &record_thread},
        {"files", FIELD_LIST, .null = true, .help = "what it has open; none: it may not be seen", .of = &record_open_file},
        {"unread", FIELD_TEXT, .null = true, .help = "what is not known of it, and why"},
        {0},
};

const struct record record_process = {"process", "A running guest as a process of its host.", process_fields};
