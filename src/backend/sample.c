/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One tick of one host: see sample.h. */
#include "backend/sample.h"

#include <malloc.h>
#include <string.h>

#include "backend/conn.h"
#include "backend/node.h"
#include "backend/proc.h"
#include "nvirt/text.h"

/* How often the process of a guest that has just got its id is looked for. */
#define PID_TRIES 5
#define GUESTS_TO_GIVE_BACK 2000

/* A row whose QEMU is or may be in our /proc. */
struct local_row {
	guint row;
	struct proc_qemu qemu; /* pid 0 = to be sought */
	gint64 started_unix_us; /* where it was found just now */
	bool seen;
	struct proc_figures figures;
};

enum guest_state sample_guest_state(int state)
{
	switch ((virDomainState)state) {
	case VIR_DOMAIN_RUNNING:
		return GUEST_RUNNING;
	case VIR_DOMAIN_BLOCKED:
		return GUEST_BLOCKED;
	case VIR_DOMAIN_PAUSED:
		return GUEST_PAUSED;
	case VIR_DOMAIN_SHUTDOWN:
		return GUEST_SHUTTING_DOWN;
	case VIR_DOMAIN_SHUTOFF:
		return GUEST_OFF;
	case VIR_DOMAIN_CRASHED:
		return GUEST_CRASHED;
	case VIR_DOMAIN_PMSUSPENDED:
		return GUEST_SUSPENDED;
	case VIR_DOMAIN_NOSTATE:
		break;
	}
	return GUEST_UNKNOWN;
}

/* ---- what was seen before ------------------------------------------------- */

static void set_name(struct guest_seen *guest, const char *raw)
{
	g_autofree char *clean = NULL;

	if (guest->raw != NULL && strcmp(guest->raw, raw) == 0)
		return;
	g_clear_pointer(&guest->raw, g_ref_string_release);
	g_clear_pointer(&guest->name, g_ref_string_release);
	clean = text_clean(raw, -1);
	guest->raw = g_ref_string_new(raw);
	guest->name = strcmp(clean, raw) == 0 ? g_ref_string_acquire(guest->raw) : g_ref_string_new(clean);
}

/* Lock held. Another run of it: another process, maybe another definition. */
static void set_id(struct backend_host *host, struct guest_seen *guest, int id)
{
	if (guest->id == id)
		return;
	guest->id = id;
	guest->pid = 0;
	guest->pid_tries = 0;
	guest->started_unix_us = 0;
	guest->cpu_time_ns = 0;
	guest->defined = false;
	host->rows_due = true;
	guest->serial = ++host->serials;
}

static struct guest_seen *seen(struct backend_host *host, const uint8_t uuid[16])
{
	struct guest_seen *guest = host_guest(host, uuid);

	if (guest != NULL)
		return guest;
	guest = g_new0(struct guest_seen, 1);
	memcpy(guest->uuid, uuid, sizeof(guest->uuid));
	guest->id = -1;
	guest->serial = ++host->serials;
	/* Nearly all are; what else it is, the listing tells. */
	guest->flags = GUEST_PERSISTENT;
	host->flags_due = true;
	host->rows_due = true;
	g_hash_table_insert(host->guests, guest->uuid, guest);
	return guest;
}

static gboolean gone(gpointer key, gpointer value, gpointer data)
{
	struct guest_seen *guest = value;
	bool in_tick = guest->in_tick;

	(void)key;
	(void)data;
	guest->in_tick = false;
	return !in_tick;
}

/* ---- rows ----------------------------------------------------------------- */

static void read_state(const virDomainStatsRecord *record, struct guest_row *row)
{
	int state = VIR_DOMAIN_NOSTATE;

	for (int i = 0; i < record->nparams; i++) {
		const virTypedParameter *param = &record->params[i];

		if (strcmp(param->field, "state.state") == 0)
			state = param->value.i;
		else if (strcmp(param->field, "state.reason") == 0)
			row->reason = param->value.i;
	}
	row->state = sample_guest_state(state);
}

/* Lock held. */
static void fill_row(struct guest_row *row, const struct guest_seen *guest)
{
	memcpy(row->uuid, guest->uuid, sizeof(row->uuid));
	row->name = g_ref_string_acquire(guest->name);
	row->raw = g_ref_string_acquire(guest->raw);
	row->id = guest->id;
	row->flags = guest->flags;
	row->cpu_time_ns = guest->cpu_time_ns;
	row->cpu_read_us = guest->cpu_read_us;
	row->started_unix_us = guest->started_unix_us;
	row->vcpus = guest->vcpus;
	row->memory_kib = guest->memory_kib;
	row->tcg = guest->tcg;
	row->virt_known = guest->vcpus != 0;
	if (guest->tags != NULL) {
		row->tags = g_ref_string_acquire(guest->tags);
		row->title = g_ref_string_acquire(guest->title);
	}
}

static void note_local(GArray *locals, guint at, const struct guest_seen *guest)
{
	struct local_row local = {.row = at, .qemu = {.pid = guest->pid, .start = guest->pid_start}};

	if (guest->pid == 0 && guest->pid_tries >= PID_TRIES)
		return;
	memcpy(local.qemu.uuid, guest->uuid, sizeof(local.qemu.uuid));
	g_array_append_val(locals, local);
}

/* Lock held. By its UUID and id, which libvirt does not tell cheaply: see host.h. */
static struct guest_seen *ask_who(struct backend_host *host, virDomainPtr dom, const char *name)
{
	struct guest_seen *guest;
	uint8_t uuid[VIR_UUID_BUFLEN];

	if (virDomainGetUUID(dom, uuid) < 0)
		return NULL;
	guest = seen(host, uuid);
	set_name(guest, name);
	set_id(host, guest, (int)virDomainGetID(dom));
	return guest;
}

/* Lock held. The guest of this row; NULL when libvirt does not tell. */
static struct guest_seen *who(struct backend_host *host, virDomainPtr dom, guint index, bool ask)
{
	const char *name = virDomainGetName(dom);
	struct guest_seen *last = index < host->order->len ? host->order->pdata[index] : NULL;

	if (name == NULL)
		return NULL;
	return !ask && last != NULL && strcmp(last->raw, name) == 0 ? last : ask_who(host, dom, name);
}

/* Lock held. What this tick found at `index` is what the next one compares with. */
static void keep_order(struct backend_host *host, guint index, struct guest_seen *guest)
{
	if (index < host->order->len)
		host->order->pdata[index] = guest;
	else
		g_ptr_array_add(host->order, guest);
}

/* Lock held. `locals` NULL = not a local host. */
static void add_row(struct backend_host *host, const virDomainStatsRecord *record, bool ask,
        struct sample *sample, GArray *locals)
{
	struct guest_row row = {.id = -1};
	guint index = sample->guests->len;
	struct guest_seen *guest = who(host, record->dom, index, ask);

	if (guest == NULL)
		return;
	guest->in_tick = true;
	keep_order(host, index, guest);
	host->all_read &= guest->defined;
	fill_row(&row, guest);
	read_state(record, &row);
	if (locals != NULL && guest->id != -1)
		note_local(locals, index, guest);
	g_array_append_val(sample->guests, row);
}

/* Before the call: a change that is told during it may not be in its answer, and is the next tick's. */
static bool take_ids_due(struct backend_host *host)
{
	gint64 now_us = g_get_monotonic_time();
	bool ask;

	host_lock(host);
	ask = host->ids_due || !host->tells_lifecycle || now_us - host->ids_us >= LISTS_EVERY_US;
	host->ids_due = false;
	if (ask)
		host->ids_us = now_us;
	host_unlock(host);
	return ask;
}

static bool fill_rows(struct backend_host *host, uint32_t generation, virDomainStatsRecordPtr *records,
        bool ask, struct sample *sample, GArray *locals)
{
	bool current;

	host_lock(host);
	current = generation == host->generation;
	for (; current && *records != NULL; records++)
		add_row(host, *records, ask, sample, locals);
	if (current) {
		g_ptr_array_set_size(host->order, (gint)sample->guests->len);
		host->ticks++;
		/* Files and networks have a user less. */
		if (g_hash_table_foreach_remove(host->guests, gone, NULL) > 0) {
			host->users_due = true;
			pthread_cond_broadcast(&host->detail_wake);
		}
		if (locals == NULL)
			sample->node = host->node;
	}
	host_unlock(host);
	return current;
}

/* ---- /proc ---------------------------------------------------------------- */

static const struct proc_qemu *find_qemu(const GArray *qemus, const uint8_t uuid[16])
{
	for (guint i = 0; i < qemus->len; i++) {
		const struct proc_qemu *qemu = &g_array_index(qemus, struct proc_qemu, i);

		if (memcmp(qemu->uuid, uuid, sizeof(qemu->uuid)) == 0)
			return qemu;
	}
	return NULL;
}

/* The scan of all processes is only done while a guest's process is not known. */
static void seek_pids(GArray *locals)
{
	g_autoptr(GArray) qemus = NULL;

	for (guint i = 0; i < locals->len; i++) {
		struct local_row *local = &g_array_index(locals, struct local_row, i);
		const struct proc_qemu *qemu;

		if (local->qemu.pid != 0)
			continue;
		if (qemus == NULL)
			qemus = proc_find_qemus();
		qemu = find_qemu(qemus, local->qemu.uuid);
		if (qemu == NULL)
			continue;
		local->qemu = *qemu;
		local->started_unix_us = proc_started_unix_us(qemu->start);
	}
}

static void read_procs(GArray *locals, struct sample *sample)
{
	seek_pids(locals);
	for (guint i = 0; i < locals->len; i++) {
		struct local_row *local = &g_array_index(locals, struct local_row, i);
		struct guest_row *row = &g_array_index(sample->guests, struct guest_row, local->row);

		local->seen = local->qemu.pid != 0 &&
		        proc_read(local->qemu.pid, local->qemu.start, &local->figures);
		if (!local->seen)
			continue;
		row->cpu_time_ns = local->figures.cpu_time_ns;
		row->cpu_read_us = 0;
		row->rss_kib = local->figures.rss_kib;
		if (local->figures.stopped)
			row->flags |= GUEST_PROC_STOPPED;
	}
}

/* Lock held. */
static void keep_proc(struct backend_host *host, const struct local_row *local)
{
	struct guest_seen *guest = host_guest(host, local->qemu.uuid);
	bool stopped = local->seen && local->figures.stopped;

	if (guest == NULL)
		return;
	guest->pid = local->seen ? local->qemu.pid : 0;
	guest->pid_start = local->seen ? local->qemu.start : 0;
	if (local->started_unix_us != 0)
		guest->started_unix_us = local->started_unix_us;
	guest->pid_tries = local->seen ? 0 : guest->pid_tries + 1;
	if (stopped && guest->stopped_us == 0)
		guest->stopped_us = g_get_monotonic_time();
	else if (!stopped)
		guest->stopped_us = 0;
	host_tell_stuck(host, guest);
}

static bool keep_procs(struct backend_host *host, uint32_t generation, const GArray *locals)
{
	bool current;

	host_lock(host);
	current = generation == host->generation;
	for (guint i = 0; current && i < locals->len; i++)
		keep_proc(host, &g_array_index(locals, struct local_row, i));
	host_unlock(host);
	return current;
}

/* ---- the tick -------------------------------------------------------------- */

/* Counts the calls of ticks, for the tests. */
static void count_call(struct backend_host *host)
{
	host_lock(host);
	host->tick_calls++;
	host_unlock(host);
}

/* A record as the bulk call makes them; takes the domain. */
static virDomainStatsRecordPtr one_record(struct backend_host *host, virDomainPtr dom)
{
	virDomainStatsRecordPtr record = calloc(1, sizeof(*record));
	int state = VIR_DOMAIN_NOSTATE, reason = 0, max = 0;

	count_call(host);
	virDomainGetState(dom, &state, &reason, 0);
	record->dom = dom;
	virTypedParamsAddInt(&record->params, &record->nparams, &max, "state.state", state);
	virTypedParamsAddInt(&record->params, &record->nparams, &max, "state.reason", reason);
	return record;
}

/* For drivers without the bulk call (LXC, Xen, …): they have no way but one call a guest. */
static int call_each(struct backend_host *host, virConnectPtr conn, virDomainStatsRecordPtr **ret_records)
{
	virDomainPtr *doms = NULL;
	int n;

	count_call(host);
	n = virConnectListAllDomains(conn, &doms, 0);
	if (n < 0)
		return -1;
	*ret_records = calloc(n + 1, sizeof(**ret_records));
	for (int i = 0; i < n; i++)
		(*ret_records)[i] = one_record(host, doms[i]);
	free(doms);
	return n;
}

/* The tick's one call. Every guest, active or not: no monitor is asked for its state. */
static int call_bulk(struct backend_host *host, virConnectPtr conn, virDomainStatsRecordPtr **ret_records)
{
	int n;

	count_call(host);
	n = virConnectGetAllDomainStats(conn, VIR_DOMAIN_STATS_STATE, ret_records, 0);
	return n < 0 && virGetLastErrorCode() == VIR_ERR_NO_SUPPORT ? call_each(host, conn, ret_records) : n;
}

/*
 * A tick of 10,000 guests leaves 6 MB of freed small blocks behind, between
 * what is kept. Given back they cost the next tick a twentieth of its time.
 */
static void give_back_memory(unsigned guests)
{
#ifdef __GLIBC__
	if (guests >= GUESTS_TO_GIVE_BACK)
		malloc_trim(0);
#else
	(void)guests;
#endif
}

struct sample *sample_take(
        struct backend_host *host, uint32_t generation, virConnectPtr conn, bool local, GError **error)
{
	g_autoptr(GArray) locals = local ? g_array_new(FALSE, FALSE, sizeof(struct local_row)) : NULL;
	gint64 begin_us = g_get_monotonic_time();
	virDomainStatsRecordPtr *records = NULL;
	struct sample *sample;
	bool ask = take_ids_due(host), current;
	int count = call_bulk(host, conn, &records);

	if (count < 0) {
		conn_set_error(error, "cannot list the guests");
		return NULL;
	}
	sample = sample_new();
	/* Exactly as large as it must be: grown by doubling it would be half as large again. */
	g_array_set_size(sample->guests, (guint)count);
	g_array_set_size(sample->guests, 0);
	sample->taken_us = g_get_monotonic_time();
	sample->call_us = sample->taken_us - begin_us;
	current = fill_rows(host, generation, records, ask, sample, locals);
	virDomainStatsRecordListFree(records);
	give_back_memory(sample->guests->len);
	if (current && local) {
		node_read_local(&sample->node);
		read_procs(locals, sample);
		current = keep_procs(host, generation, locals);
	}
	if (!current)
		g_clear_pointer(&sample, sample_free);
	return sample;
}

/* ---- flags ------------------------------------------------------------------ */

static const struct {
	unsigned filter, flag;
} flag_lists[] = {
        {VIR_CONNECT_LIST_DOMAINS_AUTOSTART, GUEST_AUTOSTART},
        {VIR_CONNECT_LIST_DOMAINS_PERSISTENT, GUEST_PERSISTENT},
        {VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE, GUEST_MANAGED_SAVE},
        {VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT, GUEST_SNAPSHOTS},
};

struct flag_list {
	virDomainPtr *doms;
	int n; /* -1 = the driver does not tell */
};

/* Lock held. */
static void apply_flags(struct backend_host *host, const struct flag_list *lists)
{
	unsigned told = 0;
	GHashTableIter iter;
	gpointer value;
	uint8_t uuid[VIR_UUID_BUFLEN];

	for (unsigned i = 0; i < G_N_ELEMENTS(flag_lists); i++)
		told |= lists[i].n >= 0 ? flag_lists[i].flag : 0;
	g_hash_table_iter_init(&iter, host->guests);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		((struct guest_seen *)value)->flags &= ~told;
	for (unsigned i = 0; i < G_N_ELEMENTS(flag_lists); i++) {
		for (int at = 0; at < lists[i].n; at++) {
			struct guest_seen *guest = virDomainGetUUID(lists[i].doms[at], uuid) == 0
			        ? host_guest(host, uuid)
			        : NULL;

			if (guest != NULL)
				guest->flags |= flag_lists[i].flag;
		}
	}
}

static void free_list(struct flag_list *list)
{
	for (int i = 0; i < list->n; i++)
		virDomainFree(list->doms[i]);
	free(list->doms);
}

bool sample_list_flags(struct backend_host *host, uint32_t generation, virConnectPtr conn)
{
	struct flag_list lists[G_N_ELEMENTS(flag_lists)] = {0};
	bool any = false;

	for (unsigned i = 0; i < G_N_ELEMENTS(flag_lists); i++) {
		lists[i].n = virConnectListAllDomains(conn, &lists[i].doms, flag_lists[i].filter);
		any |= lists[i].n >= 0;
	}
	host_lock(host);
	if (generation == host->generation) {
		apply_flags(host, lists);
		/* A first snapshot is told by nothing else. */
		host->users_due = true;
		pthread_cond_broadcast(&host->detail_wake);
	}
	host_unlock(host);
	for (unsigned i = 0; i < G_N_ELEMENTS(flag_lists); i++)
		free_list(&lists[i]);
	virResetLastError();
	return any;
}
