/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `nvirt host` prints: rows as in cli_fields.h. Pure data. */
#include "cli_fields.h"

#include <stddef.h>

static const struct field host_cpu_fields[] = {
        {"number", FIELD_INT, .help = "from 0"},
        {"busy_pct", FIELD_NUMBER, .null = true, .help = "of its time, now"},
        {0},
};

static const struct record record_host_cpu = {"host-cpu", "A logical CPU of a host.", host_cpu_fields};

static const struct field host_pressure_fields[] = {
        {"of", FIELD_TEXT, .help = "what is waited for", .choices = "cpu|memory|io"},
        {"some_10s_pct", FIELD_NUMBER, .null = true, .help = "time in which some task waited, of the last 10 s"},
        {"full_10s_pct", FIELD_NUMBER, .null = true, .help = "in which all did"},
        {"some_60s_pct", FIELD_NUMBER, .null = true, .help = "the same of the last minute"},
        {"full_60s_pct", FIELD_NUMBER, .null = true, .help = "the same of the last minute"},
        {"some_300s_pct", FIELD_NUMBER, .null = true, .help = "the same of the last five minutes"},
        {"full_300s_pct", FIELD_NUMBER, .null = true, .help = "the same of the last five minutes"},
        {0},
};

static const struct record record_host_pressure = {
        "host-pressure", "How long tasks of a host wait for something.", host_pressure_fields};

static const struct field huge_pages_fields[] = {
        {"page_kib", FIELD_INT, .help = "size of one"},
        {"total", FIELD_INT, .help = "how many are set aside"},
        {"free", FIELD_INT, .null = true, .help = "how many nobody uses"},
        {0},
};

static const struct record record_huge_pages = {
        "huge-pages", "Huge pages of one size on a NUMA cell.", huge_pages_fields};

static const struct field cell_guest_fields[] = {
        {"uuid", FIELD_UUID, .help = "names the guest for ever"},
        {"name", FIELD_TEXT, .null = true, .help = "as it is shown; none: it is gone"},
        {"memory_kib", FIELD_INT, .null = true, .help = "that it has there; none: it may have some"},
        {0},
};

static const struct record record_cell_guest = {"cell-guest", "A guest on a NUMA cell.", cell_guest_fields};

static const struct field host_cell_fields[] = {
        {"id", FIELD_INT, .help = "its number"},
        {"cpus", FIELD_TEXT, .help = "its CPUs: 0-7,16-23"},
        {"memory_kib", FIELD_INT, .null = true, .help = "memory"},
        {"free_kib", FIELD_INT, .null = true, .help = "free; of this machine the page cache counts as free"},
        {"huge_pages", FIELD_LIST, .help = "pages that are set aside", .of = &record_huge_pages},
        {"guests", FIELD_LIST, .help = "who has memory there, where there are several cells", .of = &record_cell_guest},
        {0},
};

static const struct record record_host_cell = {"host-cell", "A NUMA cell of a host.", host_cell_fields};

static const struct field host_disk_fields[] = {
        {"name", FIELD_TEXT, .help = "nvme0n1"},
        {"read_bps", FIELD_NUMBER, .null = true, .help = "bytes read a second"},
        {"write_bps", FIELD_NUMBER, .null = true, .help = "bytes written a second"},
        {"busy_pct", FIELD_NUMBER, .null = true, .help = "of the time it had something to do"},
        {0},
};

static const struct record record_host_disk = {"host-disk", "A disk of a host.", host_disk_fields};

static const struct field host_sensor_fields[] = {
        {"name", FIELD_TEXT, .help = "its chip, and what it measures"},
        {"celsius", FIELD_NUMBER, .help = "temperature"},
        {"critical_celsius", FIELD_NUMBER, .null = true, .help = "from here on it is too hot"},
        {0},
};

static const struct record record_host_sensor = {"host-sensor", "A sensor of a host.", host_sensor_fields};

static const struct field host_detail_fields[] = {
        {"name", FIELD_TEXT, .help = "what it is called"},
        {"uri", FIELD_TEXT, .help = "as libvirt resolved it"},
        {"files_read", FIELD_BOOL, .help = "it is this machine: pressure, disks and sensors can be told"},
        {"cpus", FIELD_LIST, .help = "its logical CPUs", .of = &record_host_cpu},
        {"memory_kib", FIELD_INT, .null = true, .help = "memory"},
        {"free_kib", FIELD_INT, .null = true, .help = "used for nothing"},
        {"available_kib", FIELD_INT, .null = true, .help = "free, or would be if it were needed"},
        {"cache_kib", FIELD_INT, .null = true, .help = "page cache and the like"},
        {"huge_kib", FIELD_INT, .null = true, .help = "set aside as huge pages"},
        {"pressure", FIELD_LIST, .help = "waiting", .of = &record_host_pressure},
        {"ksm", FIELD_TEXT, .null = true, .help = "whether equal pages are merged", .choices = "off|on|unmerge"},
        {"ksm_saved_bytes", FIELD_INT, .null = true, .help = "memory that merging saves"},
        {"ksm_profit_bytes", FIELD_INT, .null = true, .help = "the same less its own tables"},
        {"ksm_pages_to_scan", FIELD_INT, .null = true, .help = "pages that it looks at before it sleeps"},
        {"ksm_sleep_ms", FIELD_INT, .null = true, .help = "how long it sleeps"},
        {"ksm_across_cells", FIELD_BOOL, .null = true, .help = "pages of different cells are merged too"},
        {"cells", FIELD_LIST, .help = "its NUMA cells", .of = &record_host_cell},
        {"disks", FIELD_LIST, .help = "disks that are in use", .of = &record_host_disk},
        {"sensors", FIELD_LIST, .help = "temperatures", .of = &record_host_sensor},
        {0},
};

const struct record record_host_detail = {"host-detail", "The host itself.", host_detail_fields};
