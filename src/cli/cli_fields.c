/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The members of what --json prints. Pure data. */
#include "cli_fields.h"

#include <stddef.h>

#define GUEST_STATES "unknown|running|paused|shutting down|off|crashed|suspended"
#define POOL_STATES "inactive|building|active|degraded|inaccessible"
#define KINDS "nothing|host|guest|pool|volume|network|snapshot|task"

/* ---- lists ---- */

static const struct field guest_fields[] = {
        {"name", FIELD_TEXT, .help = "as it is shown: what can not be printed is escaped"},
        {"uuid", FIELD_UUID, .help = "names the guest for ever"},
        {"host", FIELD_TEXT, .help = "the host it is on"},
        {"id", FIELD_INT, .null = true, .help = "libvirt's number while it is active"},
        {"state", FIELD_TEXT, .help = "what it does", .choices = GUEST_STATES},
        {"reason", FIELD_TEXT, .help = "why it is in that state; may be empty"},
        {"active", FIELD_BOOL, .help = "it has a QEMU: running, paused, …"},
        {"autostart", FIELD_BOOL, .help = "it starts with its host"},
        {"persistent", FIELD_BOOL, .help = "it has a stored definition"},
        {"managed_save", FIELD_BOOL, .help = "its memory is saved: the next start goes on from there"},
        {"process_stopped", FIELD_BOOL, .help = "its QEMU is stopped (SIGSTOP)"},
        {"stuck", FIELD_TEXT, .null = true, .help = "why its QEMU does not answer"},
        {"rss_kib", FIELD_INT, .null = true, .help = "memory that it takes from the host"},
        {"cpu_time_ns", FIELD_INT, .null = true, .help = "CPU time that its QEMU has had"},
        {0},
};

const struct record record_guest = {"guest", "A guest as it is listed.", guest_fields};

static const struct field pool_fields[] = {
        {"name", FIELD_TEXT, .help = "as it is shown"},
        {"uuid", FIELD_UUID, .help = "names the pool for ever"},
        {"host", FIELD_TEXT, .help = "the host it is on"},
        {"state", FIELD_TEXT, .help = "whether its volumes can be used", .choices = POOL_STATES},
        {"active", FIELD_BOOL, .help = "it is not inactive"},
        {"autostart", FIELD_BOOL, .help = "it starts with its host"},
        {"persistent", FIELD_BOOL, .help = "it has a stored definition"},
        {"capacity_bytes", FIELD_INT, .null = true, .help = "room altogether"},
        {"allocation_bytes", FIELD_INT, .null = true, .help = "room taken"},
        {"available_bytes", FIELD_INT, .null = true, .help = "room left"},
        {"type", FIELD_TEXT, .help = "dir, logical, nfs, …"},
        {"path", FIELD_TEXT, .help = "where it lies on the host"},
        {0},
};

const struct record record_pool = {"pool", "A storage pool as it is listed.", pool_fields};

static const struct field network_fields[] = {
        {"name", FIELD_TEXT, .help = "as it is shown"},
        {"uuid", FIELD_UUID, .help = "names the network for ever"},
        {"host", FIELD_TEXT, .help = "the host it is on"},
        {"active", FIELD_BOOL, .help = "guests can be plugged in"},
        {"autostart", FIELD_BOOL, .help = "it starts with its host"},
        {"persistent", FIELD_BOOL, .help = "it has a stored definition"},
        {"forward", FIELD_TEXT, .help = "nat, route, isolated, bridge, …"},
        {"bridge", FIELD_TEXT, .help = "its bridge on the host; may be empty"},
        {"addresses", FIELD_TEXT, .help = "of the host on it: 192.168.122.1/24; may be empty"},
        {"dhcp", FIELD_TEXT, .help = "the range that is given out; may be empty"},
        {"connections", FIELD_INT, .null = true, .help = "guests plugged in now"},
        {0},
};

const struct record record_network = {"network", "A virtual network as it is listed.", network_fields};

static const struct field volume_fields[] = {
        {"name", FIELD_TEXT, .help = "as it is shown"},
        {"host", FIELD_TEXT, .help = "the host it is on"},
        {"pool", FIELD_TEXT, .help = "the pool it lies in"},
        {"path", FIELD_TEXT, .help = "where it lies on the host"},
        {"format", FIELD_TEXT, .help = "qcow2, raw, …"},
        {"capacity_bytes", FIELD_INT, .help = "size as a guest sees it"},
        {"allocation_bytes", FIELD_INT, .help = "room that it takes"},
        {"backing", FIELD_TEXT, .null = true, .help = "what it stands on"},
        {"used_by", FIELD_TEXT, .null = true, .help = "its users, in words"},
        {0},
};

const struct record record_volume = {"volume", "A volume of a pool.", volume_fields};

static const struct field host_fields[] = {
        {"name", FIELD_TEXT, .help = "what it is called"},
        {"host", FIELD_TEXT, .help = "the same, as in every list"},
        {"uri", FIELD_TEXT, .help = "as libvirt resolved it"},
        {"connected", FIELD_BOOL, .help = "there is a connection"},
        {"readonly", FIELD_BOOL, .help = "nothing can be written through it"},
        {"driver", FIELD_TEXT, .null = true, .help = "QEMU, …"},
        {"libvirt", FIELD_TEXT, .null = true, .help = "version of the daemon"},
        {"hypervisor", FIELD_TEXT, .null = true, .help = "version of the hypervisor"},
        {"cpus", FIELD_INT, .null = true, .help = "logical CPUs"},
        {"memory_kib", FIELD_INT, .null = true, .help = "memory"},
        {"guests", FIELD_INT, .null = true, .help = "guests that it knows"},
        {"running", FIELD_INT, .null = true, .help = "guests that are active"},
        {"error", FIELD_TEXT, .null = true, .help = "why it could not be reached"},
        {0},
};

const struct record record_host = {"host", "A host and its connection.", host_fields};

/* ---- one object ---- */

static const struct field disk_fields[] = {
        {"target", FIELD_TEXT, .null = true, .help = "vda"},
        {"device", FIELD_TEXT, .null = true, .help = "disk, cdrom, …"},
        {"bus", FIELD_TEXT, .null = true, .help = "virtio, sata, …"},
        {"source", FIELD_TEXT, .null = true, .help = "path, pool/volume or URL; none: an empty drive"},
        {"format", FIELD_TEXT, .null = true, .help = "qcow2, raw, …"},
        {"cache", FIELD_TEXT, .null = true, .help = "its cache mode"},
        {"readonly", FIELD_BOOL, .help = "the guest can not write to it"},
        {"shareable", FIELD_BOOL, .help = "other guests may have it too"},
        {"capacity_bytes", FIELD_INT, .null = true, .help = "size as the guest sees it"},
        {"allocation_bytes", FIELD_INT, .null = true, .help = "room that it takes"},
        {"read_bytes", FIELD_INT, .null = true, .help = "read since its start"},
        {"written_bytes", FIELD_INT, .null = true, .help = "written since its start"},
        {"reads", FIELD_INT, .null = true, .help = "reads since its start"},
        {"writes", FIELD_INT, .null = true, .help = "writes since its start"},
        {0},
};

static const struct record record_disk = {"disk", "A disk or drive of a guest.", disk_fields};

static const struct field nic_fields[] = {
        {"mac", FIELD_TEXT, .null = true, .help = "its address on the wire"},
        {"model", FIELD_TEXT, .null = true, .help = "virtio, e1000, …"},
        {"type", FIELD_TEXT, .null = true, .help = "network, bridge, user, …"},
        {"source", FIELD_TEXT, .null = true, .help = "what it is plugged into"},
        {"target", FIELD_TEXT, .null = true, .help = "its device on the host: vnet3"},
        {"link_down", FIELD_BOOL, .help = "the cable is out"},
        {"addresses", FIELD_TEXTS, .help = "192.0.2.7/24"},
        {"address_source", FIELD_TEXT, .null = true, .help = "who told them: lease, agent, arp"},
        {"received_bytes", FIELD_INT, .null = true, .help = "since its start"},
        {"sent_bytes", FIELD_INT, .null = true, .help = "since its start"},
        {0},
};

static const struct record record_nic = {"nic", "A network card of a guest.", nic_fields};

static const struct field guest_detail_fields[] = {
        {"name", FIELD_TEXT, .help = "as it is shown"},
        {"uuid", FIELD_UUID, .help = "names the guest for ever"},
        {"state", FIELD_TEXT, .help = "what it does", .choices = GUEST_STATES},
        {"reason", FIELD_TEXT, .null = true, .help = "why it is in that state"},
        {"id", FIELD_INT, .null = true, .help = "libvirt's number while it is active"},
        {"autostart", FIELD_BOOL, .help = "it starts with its host"},
        {"persistent", FIELD_BOOL, .help = "it has a stored definition"},
        {"managed_save", FIELD_BOOL, .help = "its memory is saved"},
        {"snapshots", FIELD_BOOL, .help = "it has some"},
        {"stuck", FIELD_TEXT, .null = true, .help = "why its QEMU does not answer"},
        /* From here on absent where the guest did not answer. */
        {"started", FIELD_TIME, .null = true, .help = "when its QEMU was started", .absent = true},
        {"pid", FIELD_INT, .null = true, .help = "of its QEMU, on this machine", .absent = true},
        {"job", FIELD_TEXT, .null = true, .help = "what libvirt does with it now", .absent = true},
        {"problem", FIELD_TEXT, .null = true, .help = "why figures are missing", .absent = true},
        {"disk_errors", FIELD_TEXT, .null = true, .help = "vda: no space", .absent = true},
        {"title", FIELD_TEXT, .null = true, .help = "one line", .absent = true},
        {"description", FIELD_TEXT, .null = true, .help = "may have lines", .absent = true},
        {"tags", FIELD_TEXT, .null = true, .help = "separated by commas", .absent = true},
        {"vcpus", FIELD_INT, .null = true, .help = "virtual CPUs now", .absent = true},
        {"vcpus_max", FIELD_INT, .null = true, .help = "at most", .absent = true},
        {"memory_kib", FIELD_INT, .null = true, .help = "memory that it is given now", .absent = true},
        {"memory_max_kib", FIELD_INT, .null = true, .help = "at most", .absent = true},
        {"accelerator", FIELD_TEXT, .null = true, .help = "KVM, or TCG in words", .absent = true},
        {"arch", FIELD_TEXT, .null = true, .help = "x86_64, …", .absent = true},
        {"machine", FIELD_TEXT, .null = true, .help = "pc-q35-7.2, …", .absent = true},
        {"firmware", FIELD_TEXT, .null = true, .help = "BIOS, UEFI, …", .absent = true},
        {"nvram", FIELD_TEXT, .null = true, .help = "file of the firmware's variables", .absent = true},
        {"boot", FIELD_TEXT, .null = true, .help = "order of boot devices", .absent = true},
        {"cpu", FIELD_TEXT, .null = true, .help = "CPU mode or model", .absent = true},
        {"graphics", FIELD_TEXT, .null = true, .help = "vnc 127.0.0.1:5900", .absent = true},
        {"emulator", FIELD_TEXT, .null = true, .help = "path of its QEMU", .absent = true},
        {"agent_channel", FIELD_BOOL, .help = "it has a channel for a guest agent", .absent = true},
        {"agent_connected", FIELD_BOOL, .help = "an agent has answered", .absent = true},
        {"balloon_kib", FIELD_INT, .null = true, .help = "memory that the balloon leaves it", .absent = true},
        {"usable_kib", FIELD_INT, .null = true, .help = "memory that is free in it", .absent = true},
        {"rss_kib", FIELD_INT, .null = true, .help = "memory that it takes from the host", .absent = true},
        {"disks", FIELD_LIST, .help = "its disks and drives", .of = &record_disk, .absent = true},
        {"nics", FIELD_LIST, .help = "its network cards", .of = &record_nic, .absent = true},
        {0},
};

const struct record record_guest_detail = {
        "guest-detail", "Everything known about one guest.", guest_detail_fields};

static const struct field pool_detail_fields[] = {
        {"name", FIELD_TEXT, .help = "as it is shown"},
        {"uuid", FIELD_UUID, .help = "names the pool for ever"},
        {"state", FIELD_TEXT, .help = "whether its volumes can be used", .choices = POOL_STATES},
        {"autostart", FIELD_BOOL, .help = "it starts with its host"},
        {"persistent", FIELD_BOOL, .help = "it has a stored definition"},
        {"type", FIELD_TEXT, .null = true, .help = "dir, logical, nfs, …"},
        {"path", FIELD_TEXT, .null = true, .help = "where it lies on the host"},
        {"capacity_bytes", FIELD_INT, .null = true, .help = "room altogether"},
        {"allocation_bytes", FIELD_INT, .null = true, .help = "room taken"},
        {"available_bytes", FIELD_INT, .null = true, .help = "room left"},
        {"volumes", FIELD_INT, .null = true, .help = "how many lie in it"},
        {0},
};

const struct record record_pool_detail = {
        "pool-detail", "Everything known about one pool.", pool_detail_fields};

static const struct field network_detail_fields[] = {
        {"name", FIELD_TEXT, .help = "as it is shown"},
        {"uuid", FIELD_UUID, .help = "names the network for ever"},
        {"state", FIELD_TEXT, .help = "whether guests can be plugged in", .choices = "active|inactive"},
        {"autostart", FIELD_BOOL, .help = "it starts with its host"},
        {"persistent", FIELD_BOOL, .help = "it has a stored definition"},
        {"forward", FIELD_TEXT, .null = true, .help = "nat, route, isolated, bridge, …"},
        {"bridge", FIELD_TEXT, .null = true, .help = "its bridge on the host"},
        {"domain", FIELD_TEXT, .null = true, .help = "its DNS domain"},
        {"addresses", FIELD_TEXT, .null = true, .help = "of the host on it"},
        {"dhcp", FIELD_TEXT, .null = true, .help = "the range that is given out"},
        {"connections", FIELD_INT, .null = true, .help = "guests plugged in now"},
        {"leases", FIELD_TEXTS, .help = "MAC address, address and name, each"},
        {0},
};

const struct record record_network_detail = {
        "network-detail", "Everything known about one network.", network_detail_fields};

/* ---- images ---- */

static const struct field use_fields[] = {
        {"words", FIELD_TEXT, .help = "who uses it and how, in words"},
        {"guest", FIELD_UUID, .null = true, .help = "that guest; none: a volume stands on it"},
        {"base", FIELD_BOOL, .help = "something stands on it"},
        {"writable", FIELD_BOOL, .help = "the guest may write to it"},
        {"live", FIELD_BOOL, .help = "now; else only by the stored definition"},
        {"snapshot", FIELD_BOOL, .help = "a snapshot of the guest uses it"},
        {0},
};

static const struct record record_use = {"use", "One user of an image.", use_fields};

static const struct field image_fields[] = {
        {"path", FIELD_TEXT, .help = "where it lies on the host"},
        {"pool", FIELD_TEXT, .null = true, .help = "the pool it lies in"},
        {"volume", FIELD_TEXT, .null = true, .help = "its name there"},
        {"format", FIELD_TEXT, .null = true, .help = "qcow2, raw, …"},
        {"capacity_bytes", FIELD_INT, .null = true, .help = "size as a guest sees it"},
        {"allocation_bytes", FIELD_INT, .null = true, .help = "room that it takes"},
        {"backing", FIELD_TEXT, .null = true, .help = "the image it stands on"},
        {"depth", FIELD_INT, .help = "how many images it stands on"},
        {"users", FIELD_LIST, .null = true, .help = "who uses it", .of = &record_use},
        {"overlays", FIELD_TEXTS, .help = "images that stand on it"},
        {"missing", FIELD_BOOL, .help = "something needs it and it is not there"},
        {"unused", FIELD_BOOL, .help = "nobody uses it"},
        {"problem", FIELD_TEXT, .null = true, .help = "what is wrong with it, in words"},
        {0},
};

const struct record record_image = {"image", "An image, what it stands on and who uses it.", image_fields};

/* ---- screens ---- */

static const struct field screen_run_fields[] = {
        {"col", FIELD_INT, .help = "column of its first cell, from 0"},
        {"text", FIELD_TEXT, .help = "its characters"},
        {"fg", FIELD_TEXT, .help = "colour of the characters: #aaaaaa"},
        {"bg", FIELD_TEXT, .help = "colour behind them"},
        {"confidence", FIELD_INT, .help = "how sure the characters are: 0 to 100"},
        {"flags", FIELD_TEXTS, .help = "bold, reverse, picture, unknown, guessed, cursor, wide", .absent = true},
        {0},
};

static const struct record record_screen_run = {
        "screen-run", "Cells of a line that look the same.", screen_run_fields};

static const struct field screen_line_fields[] = {
        {"text", FIELD_TEXT, .help = "without blanks at its end"},
        {"runs", FIELD_LIST, .help = "the same with its looks", .of = &record_screen_run},
        {0},
};

static const struct record record_screen_line = {"screen-line", "A line of a screen.", screen_line_fields};

static const struct field screen_grid_fields[] = {
        {"cell_width", FIELD_INT, .help = "of a cell, in pixels"},
        {"cell_height", FIELD_INT, .help = "the same"},
        {"x", FIELD_INT, .help = "where the first cell begins, in pixels"},
        {"y", FIELD_INT, .help = "the same"},
        {0},
};

static const struct record record_screen_grid = {
        "screen-grid", "Where the characters stand in the picture.", screen_grid_fields};

static const struct field screen_fields[] = {
        {"kind", FIELD_TEXT, .help = "what it is", .choices = "blank|text|picture"},
        {"rows", FIELD_INT, .help = "lines of it"},
        {"cols", FIELD_INT, .help = "cells of a line"},
        {"grid", FIELD_OBJECT, .help = "where they stand", .of = &record_screen_grid},
        {"font", FIELD_TEXT, .null = true, .help = "the font it was found to be in"},
        {"cursor_row", FIELD_INT, .null = true, .help = "where the cursor is, from 0"},
        {"cursor_col", FIELD_INT, .null = true, .help = "the same"},
        {"known", FIELD_INT, .help = "cells whose character is known"},
        {"unknown", FIELD_INT, .help = "cells of which it is not"},
        {"lines", FIELD_LIST, .help = "all of them", .of = &record_screen_line},
        {0},
};

static const struct record record_screen = {"screen", "What a guest's screen shows.", screen_fields};

/* ---- snapshots ---- */

static const struct field snapshot_disk_fields[] = {
        {"target", FIELD_TEXT, .help = "vda"},
        {"mode", FIELD_TEXT, .help = "internal, external, no"},
        {"state", FIELD_TEXT, .null = true, .help = "the file that holds its state of then"},
        {"overlay", FIELD_TEXT, .null = true, .help = "the file that was put on it"},
        {"format", FIELD_TEXT, .null = true, .help = "of the overlay"},
        {0},
};

static const struct record record_snapshot_disk = {
        "snapshot-disk", "A disk as a snapshot keeps it.", snapshot_disk_fields};

static const struct field snapshot_fields[] = {
        {"name", FIELD_TEXT, .help = "unique in its guest"},
        {"parent", FIELD_TEXT, .null = true, .help = "the snapshot it came after"},
        {"current", FIELD_BOOL, .help = "the guest's present stands on it"},
        {"created", FIELD_TIME, .null = true, .help = "when it was taken"},
        {"kind", FIELD_TEXT, .help = "where its state lies, in words"},
        {"memory", FIELD_BOOL, .help = "it has the guest's memory"},
        {"state", FIELD_TEXT, .help = "the guest's of then", .choices = GUEST_STATES},
        {"held_bytes", FIELD_INT, .null = true, .help = "room that only it takes"},
        {"description", FIELD_TEXT, .null = true, .help = "may have lines"},
        {"missing", FIELD_TEXT, .null = true, .help = "a file of it that is not there"},
        {"memory_file", FIELD_TEXT, .null = true, .help = "where its memory lies"},
        {"nvram_file", FIELD_TEXT, .null = true, .help = "where its firmware's variables lie"},
        {"screen_file", FIELD_TEXT, .null = true, .help = "the picture of its screen"},
        {"screen", FIELD_OBJECT, .null = true, .help = "what its screen showed; only of show --screen", .of = &record_screen},
        {"disks", FIELD_LIST, .help = "the guest's disks of then", .of = &record_snapshot_disk},
        {0},
};

const struct record record_snapshot = {"snapshot", "A snapshot of a guest.", snapshot_fields};

static const struct field diff_fields[] = {
        {"from", FIELD_TEXT, .help = "a snapshot"},
        {"to", FIELD_TEXT, .help = "another one, or now"},
        {"diff", FIELD_TEXT, .help = "unified; empty: nothing changed"},
        {0},
};

const struct record record_diff = {
        "snapshot-diff", "What changed in the definition between two snapshots.", diff_fields};

/* ---- what verbs print ---- */

static const struct field task_log_fields[] = {
        {"time", FIELD_TIME, .null = true, .help = "when it was said"},
        {"text", FIELD_TEXT, .help = "the line"},
        {0},
};

static const struct record record_task_log = {"task-log", "A line of a task's log.", task_log_fields};

static const struct field task_fields[] = {
        {"id", FIELD_TEXT, .help = "names the task for ever"},
        {"verb", FIELD_TEXT, .null = true, .help = "what was done: start"},
        {"kind", FIELD_TEXT, .help = "what it was done to", .choices = KINDS},
        {"object", FIELD_TEXT, .null = true, .help = "the object's name"},
        {"host", FIELD_TEXT, .null = true, .help = "the host it is on"},
        {"uri", FIELD_TEXT, .null = true, .help = "how it was reached"},
        {"user", FIELD_TEXT, .null = true, .help = "who did it"},
        {"state", FIELD_TEXT, .help = "how it went",
                .choices = "queued|running|ok|warning|failed|aborted|unknown|interrupted"},
        {"message", FIELD_TEXT, .null = true, .help = "what there is to say about it"},
        {"start", FIELD_TIME, .null = true, .help = "when it began"},
        {"end", FIELD_TIME, .null = true, .help = "when it ended"},
        {"duration_ms", FIELD_INT, .null = true, .help = "between the two"},
        {"log", FIELD_LIST, .help = "its log", .of = &record_task_log},
        {0},
};

const struct record record_task = {"task", "A task: an action on one object.", task_fields};

static const struct field refused_fields[] = {
        {"verb", FIELD_TEXT, .help = "what was asked for"},
        {"kind", FIELD_TEXT, .help = "of what", .choices = KINDS},
        {"object", FIELD_TEXT, .help = "the object's name"},
        {"state", FIELD_TEXT, .help = "always that", .choices = "refused"},
        {"message", FIELD_TEXT, .help = "why"},
        {0},
};

static const struct record record_refused = {
        "refused", "An object that the action can not be run on.", refused_fields};

static const struct field begun_fields[] = {
        {"verb", FIELD_TEXT, .help = "what is done"},
        {"kind", FIELD_TEXT, .help = "to what", .choices = KINDS},
        {"object", FIELD_TEXT, .help = "the object's name"},
        {"id", FIELD_TEXT, .help = "the task's, as in nvirt tasks"},
        {"state", FIELD_TEXT, .help = "always that", .choices = "begun"},
        {0},
};

static const struct record record_begun = {"begun", "A task that nobody waits for.", begun_fields};

static const struct field plan_item_fields[] = {
        {"id", FIELD_TEXT, .help = "for --remove and --keep: disk:vda"},
        {"what", FIELD_TEXT, .help = "the same for people"},
        {"path", FIELD_TEXT, .null = true, .help = "the file"},
        {"note", FIELD_TEXT, .null = true, .help = "what there is to know about it"},
        {"refused", FIELD_TEXT, .null = true, .help = "why it can not be"},
        {"required", FIELD_BOOL, .help = "it can not be left out"},
        {"does", FIELD_TEXT, .help = "what would become of it", .choices = "keep|make|change|remove"},
        {"remove", FIELD_BOOL, .help = "it would be removed"},
        {0},
};

static const struct record record_plan_item = {
        "plan-item", "A file, guest or record that the action would touch.", plan_item_fields};

static const struct field plan_fields[] = {
        {"refused", FIELD_TEXT, .null = true, .help = "why it can not be done"},
        {"items", FIELD_LIST, .help = "what it would touch", .of = &record_plan_item},
        {"notes", FIELD_TEXTS, .help = "what would come of it"},
        {"diff", FIELD_TEXT, .null = true, .help = "what would change in the definition"},
        {0},
};

static const struct record record_plan = {"plan", "What an action would do.", plan_fields};

static const struct field dry_run_fields[] = {
        {"dry_run", FIELD_BOOL, .help = "always true: nothing was changed"},
        {"verb", FIELD_TEXT, .help = "what would be done"},
        {"kind", FIELD_TEXT, .help = "to what", .choices = KINDS},
        {"object", FIELD_TEXT, .help = "the object's name"},
        {"uuid", FIELD_UUID, .null = true, .help = "its UUID; of a volume its pool's, of a snapshot its guest's"},
        {"parameters", FIELD_MAP, .help = "with what, defaults filled in"},
        {"plan", FIELD_OBJECT, .null = true, .help = "what it would touch", .of = &record_plan},
        {0},
};

static const struct record record_dry_run = {"dry-run", "What --dry-run says.", dry_run_fields};

/* ---- figures ---- */

static const struct field guest_stats_fields[] = {
        {"time", FIELD_TIME, .help = "the end of the interval"},
        {"interval_ms", FIELD_INT, .help = "what rates are the average of"},
        {"host", FIELD_TEXT, .help = "the host it is on"},
        {"name", FIELD_TEXT, .help = "as it is shown"},
        {"uuid", FIELD_UUID, .help = "names the guest for ever"},
        {"state", FIELD_TEXT, .help = "what it does", .choices = GUEST_STATES},
        {"stuck", FIELD_TEXT, .null = true, .help = "why its QEMU does not answer"},
        {"cpu_pct", FIELD_NUMBER, .null = true, .help = "100 = one CPU of the host busy"},
        {"cpu_time_ns", FIELD_INT, .null = true, .help = "CPU time since its start"},
        {"vcpus", FIELD_INT, .null = true, .help = "virtual CPUs"},
        {"memory_kib", FIELD_INT, .null = true, .help = "memory that it is given"},
        {"rss_kib", FIELD_INT, .null = true, .help = "memory that it takes from the host"},
        {"read_bytes_per_second", FIELD_NUMBER, .null = true, .help = "from all disks"},
        {"written_bytes_per_second", FIELD_NUMBER, .null = true, .help = "to all disks"},
        {"received_bytes_per_second", FIELD_NUMBER, .null = true, .help = "by all network cards"},
        {"sent_bytes_per_second", FIELD_NUMBER, .null = true, .help = "by all network cards"},
        {"read_bytes", FIELD_INT, .null = true, .help = "since its start"},
        {"written_bytes", FIELD_INT, .null = true, .help = "since its start"},
        {"received_bytes", FIELD_INT, .null = true, .help = "since its start"},
        {"sent_bytes", FIELD_INT, .null = true, .help = "since its start"},
        {"address", FIELD_TEXT, .null = true, .help = "by DHCP lease"},
        {0},
};

const struct record record_guest_stats = {
        "guest-stats", "Figures of a guest over an interval.", guest_stats_fields};

static const struct field host_stats_fields[] = {
        {"time", FIELD_TIME, .help = "the end of the interval"},
        {"interval_ms", FIELD_INT, .help = "what rates are the average of"},
        {"host", FIELD_TEXT, .help = "what it is called"},
        {"cpus", FIELD_INT, .null = true, .help = "logical CPUs"},
        {"cpu_pct", FIELD_NUMBER, .null = true, .help = "100 = all of them busy"},
        {"load1", FIELD_NUMBER, .null = true, .help = "load average of a minute"},
        {"load5", FIELD_NUMBER, .null = true, .help = "of five"},
        {"load15", FIELD_NUMBER, .null = true, .help = "of fifteen"},
        {"memory_kib", FIELD_INT, .null = true, .help = "memory"},
        {"memory_free_kib", FIELD_INT, .null = true, .help = "available to new guests"},
        {"swap_kib", FIELD_INT, .null = true, .help = "swap space"},
        {"swap_free_kib", FIELD_INT, .null = true, .help = "of it not used"},
        {"stall_cpu_pct", FIELD_NUMBER, .null = true, .help = "time in which some task waited for a CPU"},
        {"stall_memory_pct", FIELD_NUMBER, .null = true, .help = "for memory"},
        {"stall_io_pct", FIELD_NUMBER, .null = true, .help = "for I/O"},
        {"guests", FIELD_INT, .null = true, .help = "guests that it knows"},
        {"running", FIELD_INT, .null = true, .help = "guests that are active"},
        {0},
};

const struct record record_host_stats = {
        "host-stats", "Figures of a host over an interval.", host_stats_fields};

/* ---- what is waited for ---- */

static const struct field seen_fields[] = {
        {"seen", FIELD_BOOL, .help = "always true: else the exit status says so"},
        {"row", FIELD_INT, .null = true, .help = "of the line that matched, from 0"},
        {"line", FIELD_TEXT, .null = true, .help = "that line"},
        {0},
};

static const struct record record_seen = {"seen", "What was waited for on a screen.", seen_fields};

/* ---- checks ---- */

#define CHECK_WORDS "ok|note|warn|fail|unknown"

static const struct field finding_fields[] = {
        {"id", FIELD_TEXT, .help = "of the check: kvm.usable"},
        {"group", FIELD_TEXT, .help = "host, libvirt, storage, network, guests"},
        {"title", FIELD_TEXT, .help = "of the check"},
        {"result", FIELD_TEXT, .help = "what was found", .choices = CHECK_WORDS},
        {"kind", FIELD_TEXT, .help = "of what", .choices = KINDS},
        {"object", FIELD_TEXT, .null = true, .help = "its name"},
        {"uuid", FIELD_UUID, .null = true, .help = "its UUID, where it has one"},
        {"evidence", FIELD_TEXT, .null = true, .help = "what was seen"},
        {"why", FIELD_TEXT, .null = true, .help = "why it matters"},
        {"remedy", FIELD_TEXT, .null = true, .help = "a command that mends it"},
        {"action", FIELD_TEXT, .null = true, .help = "the verb of nvirt that mends it"},
        {0},
};

static const struct record record_finding = {"finding", "What a check found.", finding_fields};

static const struct field check_counts_fields[] = {
        {"ok", FIELD_INT, .help = "fine"},
        {"note", FIELD_INT, .help = "worth knowing"},
        {"unknown", FIELD_INT, .help = "of which nothing can be told"},
        {"warn", FIELD_INT, .help = "warnings"},
        {"fail", FIELD_INT, .help = "failures"},
        {0},
};

static const struct record record_check_counts = {"check-counts", "How many checks found what.", check_counts_fields};

static const struct field check_host_fields[] = {
        {"host", FIELD_TEXT, .help = "what it is called"},
        {"uri", FIELD_TEXT, .null = true, .help = "how it was reached"},
        {"result", FIELD_TEXT, .help = "the worst", .choices = "ok|warn|fail|unknown"},
        {"counts", FIELD_OBJECT, .help = "of all that were chosen", .of = &record_check_counts},
        {"findings", FIELD_LIST, .help = "those that were asked for", .of = &record_finding},
        {0},
};

static const struct record record_check_host = {"check-host", "The health of a host.", check_host_fields};

static const struct field check_fields[] = {
        {"version", FIELD_INT, .help = "of all that nvirt prints as JSON"},
        {"hosts", FIELD_LIST, .help = "each host", .of = &record_check_host},
        {0},
};

static const struct record record_check = {"check", "The health of all hosts.", check_fields};

static const struct field check_row_fields[] = {
        {"id", FIELD_TEXT, .help = "kvm.usable"},
        {"group", FIELD_TEXT, .help = "host, libvirt, storage, network, guests"},
        {"title", FIELD_TEXT, .help = "of the check"},
        {"worst", FIELD_TEXT, .help = "what it finds at worst", .choices = CHECK_WORDS},
        {"why", FIELD_TEXT, .help = "why it matters"},
        {0},
};

static const struct record record_check_row = {"check-row", "A check that there is.", check_row_fields};

static const struct field wall_fields[] = {
        {"name", FIELD_TEXT, .help = "of the guest"},
        {"uuid", FIELD_UUID, .help = "of the guest"},
        {"host", FIELD_TEXT, .help = "what its host is called"},
        {"sign", FIELD_TEXT, .null = true, .help = "what the screen says of its guest: login prompt"},
        {"screen", FIELD_OBJECT, .null = true, .help = "what it shows, where that is known", .of = &record_screen},
        {0},
};

static const struct record record_wall = {"wall", "The screen of a guest that runs.", wall_fields};

/* ---- who prints what ---- */

const struct document documents[] = {
        {"guests", "nvirt list guests --json", &record_guest, true},
        {"pools", "nvirt list pools --json", &record_pool, true},
        {"networks", "nvirt list networks --json", &record_network, true},
        {"volumes", "nvirt list volumes POOL --json", &record_volume, true},
        {"hosts", "nvirt list hosts --json", &record_host, true},
        {"host", "nvirt host --json", &record_host_detail, false},
        {"guest", "nvirt show GUEST --json", &record_guest_detail, false},
        {"pool", "nvirt show pool POOL --json", &record_pool_detail, false},
        {"network", "nvirt show network NETWORK --json", &record_network_detail, false},
        {"images", "nvirt images --json", &record_image, true},
        {"devices", "nvirt devices --json", &record_device, true},
        {"processes", "nvirt processes --json", &record_process, true},
        {"snapshots", "nvirt snapshot list GUEST --json", &record_snapshot, true},
        {"snapshot", "nvirt snapshot show GUEST SNAPSHOT --json", &record_snapshot, false},
        {"diff", "nvirt snapshot diff GUEST SNAPSHOT --json", &record_diff, false},
        {"stats", "nvirt stats --json", &record_guest_stats, true},
        {"host-stats", "nvirt stats --host --json", &record_host_stats, true},
        {"screen", "nvirt screen GUEST --json", &record_screen, false},
        {"wall", "nvirt wall --json", &record_wall, true},
        {"seen", "nvirt wait GUEST --text REGEX --json", &record_seen, false},
        {"check", "nvirt check --json", &record_check, false},
        {"checks", "nvirt check --list --json", &record_check_row, true},
        {"tasks", "nvirt tasks --json", &record_task, true},
        {"result", "every action with --json, when it ended", &record_task, false},
        {"refused", "every action with --json, of an object that it can not be run on", &record_refused, false},
        {"begun", "every action with --json --no-wait", &record_begun, false},
        {"dry-run", "every action with --json --dry-run", &record_dry_run, false},
        {NULL, NULL, NULL, false},
};
