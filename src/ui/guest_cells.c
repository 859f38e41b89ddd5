/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The columns of the table of guests: see guest_cells.h. */
#include "guest_cells.h"

#include <string.h>

#include "app.h"
#include "look.h"

const struct table_column guest_columns[GUEST_COL_N] = {
        [GUEST_COL_STATE] = {.title = "S", .width = 3},
        [GUEST_COL_NAME] = {.title = "Name", .width = 14, .grow = 2},
        [GUEST_COL_WORD] = {.title = "State", .width = 13, .drop = 2},
        [GUEST_COL_CPU] = {.title = "CPU%", .width = 7, .right = true, .descending = true},
        [GUEST_COL_BAR] = {.title = "CPU bar", .width = 10, .grow = 1, .drop = 9, .descending = true},
        [GUEST_COL_MEMORY] = {.title = "Memory", .width = 9, .drop = 1, .right = true, .descending = true},
        [GUEST_COL_ALLOCATED] = {.title = "Given", .width = 9, .drop = 6, .right = true, .descending = true},
        [GUEST_COL_VCPUS] = {.title = "vCPU", .width = 5, .drop = 5, .right = true, .descending = true},
        [GUEST_COL_ID] = {.title = "ID", .width = 5, .drop = 8, .right = true},
        [GUEST_COL_SINCE] = {.title = "Since", .width = 9, .drop = 7, .right = true, .descending = true},
        [GUEST_COL_FLAGS] = {.title = "Flags", .width = 6, .drop = 4, .descending = true},
        [GUEST_COL_DISK] = {.title = "Disk/s", .width = 9, .drop = 3, .right = true, .descending = true},
        [GUEST_COL_NET] = {.title = "Net/s", .width = 9, .drop = 3, .right = true, .descending = true},
        [GUEST_COL_UPTIME] = {.title = "Uptime", .width = 9, .drop = 7, .right = true, .descending = true},
        [GUEST_COL_IP] = {.title = "Address", .width = 15, .drop = 3},
        [GUEST_COL_TAGS] = {.title = "Tags", .width = 12, .grow = 1, .drop = 3},
        [GUEST_COL_TITLE] = {.title = "Title", .width = 14, .grow = 1, .drop = 5},
        [GUEST_COL_AUTOSTART] = {.title = "Auto", .width = 5, .drop = 6, .descending = true},
        [GUEST_COL_SCREEN] = {.title = "Screen", .width = 17, .drop = 3, .grow = 1},
        [GUEST_COL_HOST] = {.title = "Host", .width = 10, .drop = 4},
        [GUEST_COL_UUID] = {.title = "UUID", .width = 36, .drop = 8},
};

const char *guest_column_title(enum guest_column column)
{
	static const char *const longer[GUEST_COL_N] = {
	        [GUEST_COL_STATE] = "State as a shape, mark",
	        [GUEST_COL_CPU] = "CPU% of one host CPU",
	        [GUEST_COL_MEMORY] = "Memory on the host",
	        [GUEST_COL_ALLOCATED] = "Memory given",
	        [GUEST_COL_ID] = "ID while it runs",
	        [GUEST_COL_SINCE] = "Since when in this state",
	        [GUEST_COL_DISK] = "Disk bytes a second",
	        [GUEST_COL_NET] = "Network bytes a second",
	        [GUEST_COL_IP] = "IP address",
	        [GUEST_COL_AUTOSTART] = "Autostart",
	        [GUEST_COL_SCREEN] = "What its screen says",
	};

	return longer[column] ? longer[column] : guest_columns[column].title;
}

bool guest_column_usual(enum guest_column column)
{
	return column <= GUEST_COL_FLAGS;
}

/* ---- texts ---- */

static char *since_text(const struct app *app, const struct guest *guest)
{
	const struct guest_detail *detail = guest->detail;

	if (detail && detail->started_unix_us && guest_state_active(guest->state))
		return look_span_us(look_wall_us() - detail->started_unix_us);
	return look_span_us(guest->state_us ? app_now_us(app) - guest->state_us : -1);
}

static gint64 uptime_us(const struct guest *guest)
{
	gint64 started_us = guest->started_unix_us;

	if (!guest_state_active(guest->state))
		return -1;
	if (!started_us && guest->detail)
		started_us = guest->detail->started_unix_us;
	return started_us ? look_wall_us() - started_us : -1;
}

static char *flags_text(const struct guest *guest)
{
	char out[12], *p = out;

	if (guest->flags & GUEST_AUTOSTART)
		*p++ = 'a';
	if (guest->flags & GUEST_TEMPLATE)
		*p++ = 't';
	if (!(guest->flags & GUEST_PERSISTENT))
		*p++ = 'x';
	if (guest->flags & GUEST_MANAGED_SAVE)
		*p++ = 's';
	if (guest->flags & GUEST_SNAPSHOTS)
		*p++ = 'n';
	if (guest->tcg)
		*p++ = 'T';
	if (guest->sign)
		*p++ = screen_sign_letter(guest->sign);
	if (look_guest_alarm(guest))
		*p++ = '!';
	*p = '\0';
	return g_strdup(out);
}

static bool cpu_known(const struct guest *guest)
{
	return guest_state_active(guest->state) && guest->cpu_pct >= 0;
}

/* The first one without its prefix, and that there are more. */
static char *address_text(const struct guest *guest)
{
	const struct guest_detail *detail = guest->detail;
	const char *first = NULL;
	unsigned count = 0;

	for (unsigned i = 0; detail && i < detail->nics->len; i++) {
		const struct guest_nic *nic = detail->nics->pdata[i];

		if (!first && nic->addresses->len)
			first = nic->addresses->pdata[0];
		count += nic->addresses->len;
	}
	if (!guest_state_active(guest->state))
		return g_strdup("-");
	if (!first)
		return g_strdup(guest->traffic && guest->traffic->address && *guest->traffic->address
		                        ? guest->traffic->address
		                        : "-");
	return g_strdup_printf("%.*s%s", (int)strcspn(first, "/"), first, count > 1 ? " +" : "");
}

static char *uuid_text(const struct guest *guest)
{
	char text[37];

	uuid_format(guest->ref.uuid, text);
	return g_strdup(text);
}

static const char *host_name(const struct app *app, const struct guest *guest)
{
	const struct host *host = store_host(app->store, guest->ref.host);

	return host ? host->name : "";
}

char *guest_cell_text(const struct app *app, const struct guest *guest, enum guest_column column)
{
	switch (column) {
	case GUEST_COL_NAME:
		return g_strdup(guest->name);
	case GUEST_COL_WORD:
		return g_strdup(look_guest_word(guest));
	case GUEST_COL_CPU:
		return cpu_known(guest) ? g_strdup_printf("%.1f", MIN(guest->cpu_pct, 99999.0)) : g_strdup("-");
	case GUEST_COL_MEMORY:
		return look_kib(guest->rss_kib ? (gint64)guest->rss_kib : -1);
	case GUEST_COL_ALLOCATED:
		return look_kib(guest->memory_kib ? (gint64)guest->memory_kib : -1);
	case GUEST_COL_VCPUS:
		return guest->vcpus ? g_strdup_printf("%u", guest->vcpus) : g_strdup("-");
	case GUEST_COL_ID:
		return guest->id < 0 ? g_strdup("-") : g_strdup_printf("%d", guest->id);
	case GUEST_COL_SINCE:
		return since_text(app, guest);
	case GUEST_COL_FLAGS:
		return flags_text(guest);
	case GUEST_COL_DISK:
		return look_bytes(guest_state_active(guest->state) ? (gint64)guest_disk_bps(guest, app_now_us(app)) : -1);
	case GUEST_COL_NET:
		return look_bytes(guest_state_active(guest->state) ? (gint64)guest_net_bps(guest, app_now_us(app)) : -1);
	case GUEST_COL_UPTIME:
		return look_span_us(uptime_us(guest));
	case GUEST_COL_IP:
		return address_text(guest);
	case GUEST_COL_TAGS:
		return g_strdup(guest->tags ? guest->tags : "-");
	case GUEST_COL_TITLE:
		return g_strdup(guest->title ? guest->title : "-");
	case GUEST_COL_AUTOSTART:
		return g_strdup(look_yes_no(guest->flags & GUEST_AUTOSTART));
	case GUEST_COL_SCREEN:
		return guest->sign ? look_guest_sign(app, guest) : g_strdup("-");
	case GUEST_COL_HOST:
		return g_strdup(host_name(app, guest));
	case GUEST_COL_UUID:
		return uuid_text(guest);
	case GUEST_COL_STATE:
	case GUEST_COL_BAR:
	case GUEST_COL_N:
		break;
	}
	return g_strdup("");
}
