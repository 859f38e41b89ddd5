/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host's guests in order: see guest_rows.h. */
#include "guest_rows.h"

#include "nvirt/text.h"

struct row {
	const struct guest *guest;
	double key;
	unsigned order; /* among the host's guests: natural order by name */
};

struct order {
	bool invert;
};

void guest_rows_init(struct guest_rows *self, const struct store *store)
{
	*self = (struct guest_rows){.store = store, .sort = GUEST_COL_NAME, .stale = true};
	self->rows = g_array_new(FALSE, FALSE, sizeof(struct row));
	self->filter = g_strdup("");
	self->filter_fold = g_strdup("");
}

void guest_rows_fini(struct guest_rows *self)
{
	g_array_unref(self->rows);
	g_free(self->filter);
	g_free(self->filter_fold);
}

void guest_rows_set_host(struct guest_rows *self, unsigned host)
{
	self->stale = self->stale || self->host != host;
	self->host = host;
}

void guest_rows_set_filter(struct guest_rows *self, const char *filter)
{
	g_free(self->filter);
	g_free(self->filter_fold);
	self->filter = g_strdup(filter ? filter : "");
	self->filter_fold = text_fold(self->filter);
	self->stale = true;
}

/* Running ones first, what needs a look before them. */
static double state_key(const struct guest *guest)
{
	static const int ranks[GUEST_STATE_N] = {
	        [GUEST_CRASHED] = 1,
	        [GUEST_UNKNOWN] = 2,
	        [GUEST_PAUSED] = 3,
	        [GUEST_SUSPENDED] = 4,
	        [GUEST_SHUTTING_DOWN] = 5,
	        [GUEST_RUNNING] = 6,
	        [GUEST_BLOCKED] = 6,
	        [GUEST_OFF] = 7,
	};

	if (guest->stuck_us)
		return 0;
	return guest->state < GUEST_STATE_N ? ranks[guest->state] : 2;
}

static double sort_key(const struct guest *guest, unsigned order, enum guest_column column)
{
	switch (column) {
	case GUEST_COL_STATE:
	case GUEST_COL_WORD:
		return state_key(guest);
	case GUEST_COL_CPU:
	case GUEST_COL_BAR:
		return guest_state_active(guest->state) ? guest->cpu_pct : -2;
	case GUEST_COL_MEMORY:
		return (double)guest->rss_kib;
	case GUEST_COL_ALLOCATED:
		return (double)guest->memory_kib;
	case GUEST_COL_VCPUS:
		return guest->vcpus;
	case GUEST_COL_ID:
		/* Guests that are off have no number: behind those that have. */
		return guest->id < 0 ? G_MAXINT : guest->id;
	case GUEST_COL_SINCE:
		return (double)guest->state_us;
	case GUEST_COL_FLAGS:
		return guest->flags;
	case GUEST_COL_NAME:
	case GUEST_COL_N:
		break;
	}
	return order;
}

static gint compare_rows(gconstpointer a, gconstpointer b, gpointer data)
{
	const struct row *row = a, *other = b;
	const struct order *order = data;

	if (row->key < other->key)
		return order->invert ? 1 : -1;
	if (row->key > other->key)
		return order->invert ? -1 : 1;
	return row->order < other->order ? -1 : 1;
}

static void fill(struct guest_rows *self, const struct host *host)
{
	for (unsigned i = 0; i < host->guests->len; i++) {
		const struct guest *guest = g_ptr_array_index(host->guests, i);
		struct row row = {guest, sort_key(guest, i, self->sort), i};

		if (!*self->filter_fold || filter_match(guest->fold, self->filter_fold))
			g_array_append_val(self->rows, row);
	}
}

bool guest_rows_sync(struct guest_rows *self)
{
	const struct host *host = store_host(self->store, self->host);
	uint64_t generation = store_generation(self->store);
	gint64 sample_us = host ? host->sample_us : 0;
	struct order order = {self->invert};

	if (!self->stale && self->generation == generation && self->sample_us == sample_us)
		return false;
	self->stale = false;
	self->generation = generation;
	self->sample_us = sample_us;
	g_array_set_size(self->rows, 0);
	if (host)
		fill(self, host);
	/* The host's own order is the usual one already. */
	if (self->sort != GUEST_COL_NAME || self->invert)
		g_array_sort_with_data(self->rows, compare_rows, &order);
	return true;
}

unsigned guest_rows_count(const struct guest_rows *self)
{
	return self->rows->len;
}

const struct guest *guest_rows_at(const struct guest_rows *self, unsigned index)
{
	return index < self->rows->len ? g_array_index(self->rows, struct row, index).guest : NULL;
}

int guest_rows_find(const struct guest_rows *self, const struct obj_ref *ref)
{
	for (unsigned i = 0; i < self->rows->len; i++)
		if (obj_ref_equal(&g_array_index(self->rows, struct row, i).guest->ref, ref))
			return (int)i;
	return -1;
}
