/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tabs of the content panel: one row each, in the order they are shown in. */
#include "view.h"

const struct tab tab_table[] = {
        {OBJ_HOST, &host_summary_view},
        {OBJ_HOST, &host_guests_view},
        {OBJ_HOST, &host_storage_view},
        {OBJ_HOST, &host_images_view},
        {OBJ_HOST, &host_networks_view},
        {OBJ_HOST, &host_devices_view},
        {OBJ_HOST, &host_processes_view},
        {OBJ_HOST, &host_tasks_view},
        {OBJ_HOST, &host_graphs_view},
        {OBJ_HOST, &host_health_view},
        {OBJ_HOST, &host_wall_view},
        {OBJ_GUEST, &guest_summary_view},
        {OBJ_GUEST, &guest_hardware_view},
        {OBJ_GUEST, &guest_snapshots_view},
        {OBJ_GUEST, &guest_console_view},
        {OBJ_GUEST, &guest_tasks_view},
        {OBJ_GUEST, &guest_xml_view},
        {OBJ_GUEST, &guest_graphs_view},
        {OBJ_POOL, &pool_summary_view},
        {OBJ_POOL, &pool_volumes_view},
        {OBJ_VOLUME, &volume_summary_view},
        {OBJ_NETWORK, &network_summary_view},
        {OBJ_NETWORK, &network_guests_view},
        {OBJ_NONE, NULL},
};
