/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One tick of one host, applied. Main thread.
 *
 * With 10,000 guests this runs every two seconds, so what did not change must
 * cost next to nothing: libvirt lists guests in the same order as last time,
 * which is tried before the hash; names are shared strings, so equal pointers
 * are equal names; nothing is sorted unless someone came or was renamed.
 */
#include "store_private.h"

#include <string.h>

/* A shorter one tells little: CPU time comes in clock ticks of 10 ms. */
#define CPU_SPAN_MIN_US (250 * 1000)

static void share_string(GRefString **to, GRefString *from)
{
	if (*to == from)
		return;
	g_clear_pointer(to, g_ref_string_release);
	*to = from ? g_ref_string_acquire(from) : NULL;
}

static bool apply_names(struct guest *guest, const struct guest_row *row)
{
	bool renamed = guest->name != row->name && g_strcmp0(guest->name, row->name) != 0;

	if (renamed)
		guest_set_name(guest, row->name);
	share_string(&guest->name, row->name);
	share_string(&guest->raw, row->raw);
	return renamed;
}

/* On a slower clock than the samples where only libvirt tells it. */
static gint64 cpu_read_us(const struct guest_row *row, gint64 taken_us)
{
	return row->cpu_read_us ? row->cpu_read_us : taken_us;
}

static double cpu_rate(const struct guest *guest, const struct guest_row *row, gint64 taken_us)
{
	bool known = guest->cpu_time_ns && row->cpu_time_ns >= guest->cpu_time_ns && row->id == guest->id;

	if (!known || row->id < 0 || taken_us <= guest->cpu_taken_us)
		return -1;
	return (double)(row->cpu_time_ns - guest->cpu_time_ns) * 100 /
	       ((double)(taken_us - guest->cpu_taken_us) * 1000);
}

static void apply_cpu(struct guest *guest, const struct guest_row *row, gint64 taken_us)
{
	double pct;

	guest->cpu_span_us = 0;
	taken_us = cpu_read_us(row, taken_us);
	/* Nothing new was read since: the last figure stands. */
	if (row->id >= 0 && row->id == guest->id && taken_us == guest->cpu_taken_us)
		return;
	pct = cpu_rate(guest, row, taken_us);
	if (pct >= 0 && taken_us - guest->cpu_taken_us < CPU_SPAN_MIN_US)
		return;
	if (pct >= 0)
		guest->cpu_span_us = taken_us - guest->cpu_taken_us;
	guest->cpu_pct = pct;
	guest->cpu_time_ns = row->id < 0 ? 0 : row->cpu_time_ns;
	guest->cpu_taken_us = taken_us;
}

/* Xen's guests change between these two with every tick. */
static enum guest_state shown_state(enum guest_state state)
{
	return state == GUEST_BLOCKED ? GUEST_RUNNING : state;
}

static bool apply_state(struct guest *guest, const struct guest_row *row, gint64 taken_us)
{
	bool changed = shown_state(guest->state) != shown_state(row->state);

	if (changed)
		guest->state_us = taken_us;
	if (!guest_state_active(row->state)) {
		guest->stuck_us = 0;
		g_clear_pointer(&guest->stuck_why, g_free);
	}
	guest->state = row->state;
	guest->reason = row->reason;
	guest->flags = row->flags;
	return changed;
}

/* Definitions are read lazily: nought means that the back end does not know, not that it is gone. */
static void apply_facts(struct guest *guest, const struct guest_row *row)
{
	if (row->vcpus)
		guest->vcpus = row->vcpus;
	if (row->memory_kib)
		guest->memory_kib = row->memory_kib;
	if (row->virt_known) {
		guest->virt_known = true;
		guest->tcg = row->tcg;
	}
	guest->rss_kib = row->rss_kib;
	guest->started_unix_us = row->started_unix_us;
}

/* True where its tags are others than before. */
static bool apply_words(struct guest *guest, const struct guest_row *row)
{
	bool changed = row->tags && guest->tags != row->tags && g_strcmp0(guest->tags, row->tags) != 0;

	if (row->tags)
		share_string(&guest->tags, row->tags);
	if (row->title)
		share_string(&guest->title, row->title);
	return changed;
}

/* True where lists made of it are stale. */
static bool apply_row(struct guest *guest, const struct guest_row *row, gint64 taken_us)
{
	bool state = apply_state(guest, row, taken_us);

	apply_cpu(guest, row, taken_us);
	apply_facts(guest, row);
	/* What was seen of another run. */
	if (row->id != guest->id || !guest_state_active(row->state))
		guest_forget_run(guest);
	guest->runs += row->id != guest->id;
	guest->id = row->id;
	guest->taken_us = taken_us;
	return state;
}

static struct guest *add_guest(struct host_entry *entry, const struct guest_row *row, gint64 taken_us)
{
	struct guest *guest = guest_new(entry->host.id, row);

	/* What was there at the first look has been in its state for longer than we know. */
	if (entry->host.listed)
		guest->state_us = taken_us;
	g_ptr_array_add(entry->host.guests, guest);
	g_hash_table_insert(entry->guests, guest->ref.uuid, guest);
	return guest;
}

static struct guest *find_guest(const struct host_entry *entry, const struct guest_row *row, unsigned index)
{
	struct guest *guest;

	if (index < entry->order->len) {
		guest = entry->order->pdata[index];
		if (memcmp(guest->ref.uuid, row->uuid, sizeof row->uuid) == 0)
			return guest;
	}
	return g_hash_table_lookup(entry->guests, row->uuid);
}

static void drop_unseen(struct store *store, struct host_entry *entry)
{
	GPtrArray *guests = entry->host.guests;
	unsigned kept = 0;

	for (unsigned i = 0; i < guests->len; i++) {
		struct guest *guest = guests->pdata[i];

		if (guest->seen) {
			guests->pdata[kept++] = guest;
			continue;
		}
		store_unmark(store, &guest->marked);
		for (unsigned s = 0; guest->snapshots && s < guest->snapshots->len; s++)
			store_unmark(store, &((struct snapshot *)guest->snapshots->pdata[s])->marked);
		g_hash_table_remove(entry->guests, guest->ref.uuid);
		history_forget(entry->host.history, guest->ref.uuid);
		guest_free(guest);
	}
	/* The free function must not see the moved ones again. */
	g_ptr_array_set_free_func(guests, NULL);
	g_ptr_array_set_size(guests, (gint)kept);
	g_ptr_array_set_free_func(guests, guest_free);
}

/* How a sample differs from what we had. */
struct difference {
	bool members, names, states, tags, figures;
	unsigned seen, active, described;
};

/* What a list shows of a guest and a sample may change. */
struct figures {
	double cpu_pct;
	uint64_t rss_kib, memory_kib;
	gint64 started_unix_us;
	const char *title;
	int id, reason;
	unsigned vcpus, flags, tcg, sign;
};

static void figures_of(const struct guest *guest, struct figures *ret)
{
	memset(ret, 0, sizeof *ret);
	ret->cpu_pct = guest->cpu_pct;
	ret->rss_kib = guest->rss_kib;
	ret->memory_kib = guest->memory_kib;
	ret->started_unix_us = guest->started_unix_us;
	ret->title = guest->title;
	ret->id = guest->id;
	ret->reason = guest->reason;
	ret->vcpus = guest->vcpus;
	ret->flags = guest->flags;
	ret->tcg = guest->virt_known + guest->tcg;
	ret->sign = guest->sign;
}

static void apply_guest(struct host_entry *entry, const struct guest_row *row, unsigned index,
        gint64 taken_us, struct difference *diff)
{
	struct guest *guest = find_guest(entry, row, index);
	struct figures before, after;

	if (!guest) {
		guest = add_guest(entry, row, taken_us);
		diff->members = true;
	}
	/* A second row of the same guest would be libvirt's mistake; the first one counts. */
	if (guest->seen)
		return;
	guest->seen = true;
	figures_of(guest, &before);
	diff->names |= apply_names(guest, row);
	diff->states |= apply_row(guest, row, taken_us);
	diff->tags |= apply_words(guest, row);
	figures_of(guest, &after);
	diff->figures |= memcmp(&before, &after, sizeof before) != 0;
	diff->described += guest->tags != NULL;
	diff->active += guest_state_active(guest->state);
	if (diff->seen < entry->order->len)
		entry->order->pdata[diff->seen] = guest;
	else
		g_ptr_array_add(entry->order, guest);
	diff->seen++;
}

static struct difference apply_guests(
        struct store *store, struct host_entry *entry, const struct sample *sample)
{
	GPtrArray *guests = entry->host.guests;
	struct difference diff = {0};

	for (unsigned i = 0; i < sample->guests->len; i++) {
		const struct guest_row *row = &g_array_index(sample->guests, struct guest_row, i);

		if (row->name)
			apply_guest(entry, row, i, sample->taken_us, &diff);
	}
	g_ptr_array_set_size(entry->order, (gint)diff.seen);
	if (diff.seen < guests->len) {
		drop_unseen(store, entry);
		diff.members = true;
	}
	for (unsigned i = 0; i < guests->len; i++)
		((struct guest *)guests->pdata[i])->seen = false;
	if (diff.members || diff.names)
		g_ptr_array_sort(guests, guest_compare);
	return diff;
}

static double node_cpu_pct(const struct node_sample *old, const struct node_sample *new)
{
	int64_t busy = new->cpu_busy_ns - old->cpu_busy_ns;
	int64_t total = new->cpu_total_ns - old->cpu_total_ns;

	if (old->cpu_total_ns < 0 || new->cpu_busy_ns < 0 || busy < 0 || total <= 0)
		return -1;
	return MIN((double)busy * 100 / (double)total, 100);
}

static void apply_node(struct host_entry *entry, const struct sample *sample)
{
	struct host *host = &entry->host;
	gint64 span_us = sample->taken_us - entry->node_taken_us;
	double pct = entry->node_taken_us ? node_cpu_pct(&host->node, &sample->node) : -1;
	int64_t busy = host->node.cpu_busy_ns, total = host->node.cpu_total_ns;
	/* A remote host is asked less often than its guests. */
	bool same = entry->node_taken_us && total > 0 && sample->node.cpu_total_ns == total;

	host->node = sample->node;
	if (same || (pct >= 0 && span_us < CPU_SPAN_MIN_US)) {
		host->node.cpu_busy_ns = busy;
		host->node.cpu_total_ns = total;
		return;
	}
	host->cpu_pct = pct;
	entry->node_taken_us = sample->taken_us;
}

unsigned store_apply_sample(
        struct store *store, struct host_entry *entry, const struct sample *sample, gint64 wall_us)
{
	struct host *host = &entry->host;
	struct difference diff = apply_guests(store, entry, sample);
	bool first = !host->listed;
	gint64 before_us = host->sample_us, node_before_us = entry->node_taken_us;

	apply_node(entry, sample);
	host->running = diff.active;
	host->described = diff.described;
	store->tags_generation += diff.tags;
	host->listed = true;
	host->sample_us = sample->taken_us;
	host->call_us = sample->call_us;
	store_history_sample(entry, sample, before_us, node_before_us, wall_us);
	if (!first && !diff.members && !diff.names && !diff.states)
		return CHANGE_STATS | (diff.figures || diff.tags ? CHANGE_FIGURES : 0);
	store->generation++;
	return CHANGE_STATS | CHANGE_LIST;
}
