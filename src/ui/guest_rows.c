/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Guests in order: see guest_rows.h. */
#include "guest_rows.h"

#include <stdio.h>
#include <string.h>

#include "nvirt/text.h"

struct row {
	const struct guest *guest; /* NULL: a group's row */
	double key;
	unsigned order;    /* among all: natural order by name */
	const char *group; /* interned, or NULL */
	unsigned rank;     /* of the group */
	unsigned count, active;
};

struct order {
	bool invert;
};

const char *guest_column_word(enum guest_column column)
{
	static const char *const words[GUEST_COL_N] = {
#define X(id, word) [id] = word,
	        GUEST_COLUMNS(X)
#undef X
	};

	return column < GUEST_COL_N ? words[column] : "";
}

enum guest_column guest_column_by_word(const char *word)
{
	unsigned i = 0;

	while (i < GUEST_COL_N && g_strcmp0(word, guest_column_word((enum guest_column)i)))
		i++;
	return (enum guest_column)i;
}

void guest_rows_init(struct guest_rows *self, const struct store *store)
{
	*self = (struct guest_rows){.store = store, .sort = GUEST_COL_NAME, .stale = true};
	self->rows = g_array_new(FALSE, FALSE, sizeof(struct row));
	self->folded = g_hash_table_new(NULL, NULL);
	self->filter = g_strdup("");
	self->filter_fold = g_strdup("");
}

void guest_rows_fini(struct guest_rows *self)
{
	g_array_unref(self->rows);
	g_hash_table_unref(self->folded);
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

void guest_rows_set_group(struct guest_rows *self, enum guest_group group)
{
	self->stale = self->stale || self->group != group;
	self->group = group;
}

void guest_rows_toggle(struct guest_rows *self, const char *group)
{
	if (!g_hash_table_remove(self->folded, group))
		g_hash_table_add(self->folded, (gpointer)group);
	self->stale = true;
}

/* ---- keys to sort by ---- */

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

/* An IPv4 address by its number; others, and none, behind. */
static double address_key(const struct guest *guest)
{
	const struct guest_detail *detail = guest->detail;
	unsigned a, b, c, d;

	for (unsigned i = 0; detail && i < detail->nics->len; i++) {
		const struct guest_nic *nic = detail->nics->pdata[i];

		for (unsigned j = 0; j < nic->addresses->len; j++)
			if (sscanf(nic->addresses->pdata[j], "%u.%u.%u.%u", &a, &b, &c, &d) == 4)
				return ((a * 256.0 + b) * 256 + c) * 256 + d;
	}
	return G_MAXDOUBLE;
}

static double uuid_key(const struct guest *guest)
{
	double key = 0;

	for (unsigned i = 0; i < 6; i++)
		key = key * 256 + guest->ref.uuid[i];
	return key;
}

static double sum_key(double a, double b)
{
	return a < 0 && b < 0 ? -1 : MAX(a, 0) + MAX(b, 0);
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
	case GUEST_COL_DISK:
		return sum_key(guest->rd_bps, guest->wr_bps);
	case GUEST_COL_NET:
		return sum_key(guest->rx_bps, guest->tx_bps);
	case GUEST_COL_UPTIME:
		return guest->started_unix_us ? -(double)guest->started_unix_us : -G_MAXDOUBLE;
	case GUEST_COL_IP:
		return address_key(guest);
	case GUEST_COL_AUTOSTART:
		return guest->flags & GUEST_AUTOSTART;
	case GUEST_COL_SCREEN:
		return guest->sign ? guest->sign : SIGN_N;
	case GUEST_COL_HOST:
		return guest->ref.host;
	case GUEST_COL_UUID:
		return uuid_key(guest);
	case GUEST_COL_NAME:
	case GUEST_COL_TAGS:
	case GUEST_COL_TITLE:
	case GUEST_COL_N:
		break;
	}
	return order;
}

static const char *text_of(const struct guest *guest, enum guest_column column)
{
	const char *text = column == GUEST_COL_TAGS ? guest->tags : column == GUEST_COL_TITLE ? guest->title : "";

	return text ? text : "";
}

static gint compare_texts(gconstpointer a, gconstpointer b, gpointer data)
{
	const struct row *row = *(struct row *const *)a, *other = *(struct row *const *)b;
	enum guest_column column = *(enum guest_column *)data;
	const char *x = text_of(row->guest, column), *y = text_of(other->guest, column);

	/* Nothing is no first word of anything. */
	if (!*x != !*y)
		return !*x - !*y;
	return text_compare(x, y);
}

/* Words become their place among all words; the same word, the same place. */
static void rank_texts(struct guest_rows *self)
{
	g_autoptr(GPtrArray) rows = g_ptr_array_new();
	double rank = 0;

	for (unsigned i = 0; i < self->rows->len; i++)
		g_ptr_array_add(rows, &g_array_index(self->rows, struct row, i));
	g_ptr_array_sort_with_data(rows, compare_texts, &self->sort);
	for (unsigned i = 0; i < rows->len; i++) {
		if (i && compare_texts(&rows->pdata[i - 1], &rows->pdata[i], &self->sort))
			rank++;
		((struct row *)rows->pdata[i])->key = rank;
	}
}

static gint compare_rows(gconstpointer a, gconstpointer b, gpointer data)
{
	const struct row *row = a, *other = b;
	const struct order *order = data;

	if (row->rank != other->rank)
		return row->rank < other->rank ? -1 : 1;
	if (row->key < other->key)
		return order->invert ? 1 : -1;
	if (row->key > other->key)
		return order->invert ? -1 : 1;
	return row->order < other->order ? -1 : 1;
}

/* ---- groups ---- */

static gint compare_groups(gconstpointer a, gconstpointer b, gpointer data)
{
	const struct guest_rows *self = data;

	return guest_groups_compare(self->group, *(const char *const *)a, *(const char *const *)b);
}

static void rank_groups(struct guest_rows *self)
{
	g_autoptr(GHashTable) ranks = g_hash_table_new(NULL, NULL);
	g_autoptr(GPtrArray) groups = g_ptr_array_new();

	for (unsigned i = 0; i < self->rows->len; i++) {
		gpointer group = (gpointer)g_array_index(self->rows, struct row, i).group;

		if (!g_hash_table_contains(ranks, group)) {
			g_hash_table_add(ranks, group);
			g_ptr_array_add(groups, group);
		}
	}
	g_ptr_array_sort_with_data(groups, compare_groups, self);
	for (unsigned i = 0; i < groups->len; i++)
		g_hash_table_insert(ranks, groups->pdata[i], GUINT_TO_POINTER(i));
	for (unsigned i = 0; i < self->rows->len; i++) {
		struct row *row = &g_array_index(self->rows, struct row, i);

		row->rank = GPOINTER_TO_UINT(g_hash_table_lookup(ranks, row->group));
	}
}

/* Each group begins with a row of its own; what is folded has only that. */
static void insert_groups(struct guest_rows *self)
{
	GArray *all = g_array_sized_new(FALSE, FALSE, sizeof(struct row), self->rows->len + 16);
	unsigned head = 0;

	for (unsigned i = 0; i < self->rows->len; i++) {
		struct row row = g_array_index(self->rows, struct row, i), group = {.group = row.group};

		if (!i || g_array_index(self->rows, struct row, i - 1).group != row.group) {
			head = all->len;
			g_array_append_val(all, group);
		}
		g_array_index(all, struct row, head).count++;
		g_array_index(all, struct row, head).active += guest_state_active(row.guest->state);
		if (!g_hash_table_contains(self->folded, row.group))
			g_array_append_val(all, row);
	}
	g_array_unref(self->rows);
	self->rows = all;
}

/* ---- rows ---- */

static void fill_guest(struct guest_rows *self, const struct guest *guest, GPtrArray *groups)
{
	struct row row = {.guest = guest, .order = self->shown, .key = sort_key(guest, self->shown, self->sort)};

	if (*self->filter_fold && !filter_match(guest->fold, self->filter_fold))
		return;
	self->shown++;
	g_ptr_array_set_size(groups, 0);
	guest_groups_add(self->group, self->store, guest, groups);
	if (!groups->len)
		g_array_append_val(self->rows, row);
	for (unsigned i = 0; i < groups->len; i++) {
		row.group = groups->pdata[i];
		g_array_append_val(self->rows, row);
	}
}

/* By host they are all guests of all hosts: else there would be one group. */
static bool takes(const struct guest_rows *self, const struct host *host)
{
	return self->group == GUEST_GROUP_HOST || host->id == self->host;
}

static void fill(struct guest_rows *self)
{
	g_autoptr(GPtrArray) groups = g_ptr_array_new();

	self->shown = 0;
	for (unsigned i = 0; i < store_host_count(self->store); i++) {
		const struct host *host = store_host_at(self->store, i);

		for (unsigned j = 0; takes(self, host) && j < host->guests->len; j++)
			fill_guest(self, g_ptr_array_index(host->guests, j), groups);
	}
}

/* Of the newest sample that a row may come from. */
static gint64 newest_sample(const struct guest_rows *self)
{
	gint64 newest = 0;

	for (unsigned i = 0; i < store_host_count(self->store); i++) {
		const struct host *host = store_host_at(self->store, i);

		if (takes(self, host))
			newest = MAX(newest, host->sample_us);
	}
	return newest;
}

static bool fresh(const struct guest_rows *self, gint64 sample_us)
{
	return !self->stale && self->generation == store_generation(self->store) && self->sample_us == sample_us &&
	       self->tags_generation == store_tags_generation(self->store);
}

bool guest_rows_sync(struct guest_rows *self)
{
	gint64 sample_us = newest_sample(self);
	struct order order = {self->invert};

	if (fresh(self, sample_us))
		return false;
	self->stale = false;
	self->generation = store_generation(self->store);
	self->tags_generation = store_tags_generation(self->store);
	self->sample_us = sample_us;
	g_array_set_size(self->rows, 0);
	fill(self);
	if (self->sort == GUEST_COL_TAGS || self->sort == GUEST_COL_TITLE)
		rank_texts(self);
	if (self->group != GUEST_GROUP_NONE)
		rank_groups(self);
	/* The host's own order is the usual one already. */
	if (self->sort != GUEST_COL_NAME || self->invert || self->group != GUEST_GROUP_NONE)
		g_array_sort_with_data(self->rows, compare_rows, &order);
	if (self->group != GUEST_GROUP_NONE)
		insert_groups(self);
	return true;
}

unsigned guest_rows_count(const struct guest_rows *self)
{
	return self->rows->len;
}

struct guest_line guest_rows_line(const struct guest_rows *self, unsigned index)
{
	const struct row *row = index < self->rows->len ? &g_array_index(self->rows, struct row, index) : NULL;

	if (!row)
		return (struct guest_line){.guest = NULL};
	return (struct guest_line){.guest = row->guest,
	        .group = row->group,
	        .folded = !row->guest && g_hash_table_contains(self->folded, row->group),
	        .count = row->count,
	        .active = row->active};
}

const struct guest *guest_rows_at(const struct guest_rows *self, unsigned index)
{
	return guest_rows_line(self, index).guest;
}

int guest_rows_find(const struct guest_rows *self, const struct obj_ref *ref, const char *group)
{
	int other = -1;

	for (unsigned i = 0; i < self->rows->len; i++) {
		const struct row *row = &g_array_index(self->rows, struct row, i);
		bool same = row->guest ? obj_ref_equal(&row->guest->ref, ref) : ref->kind == OBJ_NONE;

		if (same && row->group == group)
			return (int)i;
		if (same && row->guest && other < 0)
			other = (int)i;
	}
	return other;
}
