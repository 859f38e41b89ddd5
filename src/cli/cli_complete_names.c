/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names for completion, from the host itself.
 *
 * Main thread. Somebody is typing: nothing is said on stderr, and a host that
 * does not answer at once is no worse than one without guests.
 */
#include "cli_complete.h"

#include <string.h>

#include "cli_resolve.h"
#include "nvirt/text.h"

#define CONNECT_TIMEOUT_US (3 * G_USEC_PER_SEC / 2)
#define LIST_TIMEOUT_US G_USEC_PER_SEC

struct names {
	struct complete *complete;
	struct cli_session *session;
	const struct host *host;
	const struct action *action; /* or NULL: all */
};

static bool is_given(const struct complete *complete, const char *name)
{
	return g_ptr_array_find_with_equal_func(complete->given, name, g_str_equal, NULL);
}

static void add_name(const struct names *names, const struct obj_ref *ref, const char *name, const char *what)
{
	g_autofree char *why = names->action ? action_why_not(names->action, names->session->store, ref) : NULL;

	if (!why && !is_given(names->complete, name))
		complete_add(names->complete, name, what);
}

static bool list_came(struct cli_session *session, void *data)
{
	const struct obj_ref *ref = data;
	const struct guest *guest = store_guest(session->store, ref);
	const struct pool *pool = store_pool(session->store, ref);

	return ref->kind == OBJ_GUEST ? !guest || guest->snapshots : !pool || pool->volumes;
}

/* The snapshots of a guest, or the volumes of a pool. false: they did not come. */
static bool open_list(const struct names *names, enum obj_kind kind, const char *word, struct obj_ref *ret_ref)
{
	if (!word || !cli_resolve(names->host, kind, word, ret_ref, NULL))
		return false;
	backend_watch(names->session->backend, names->host->id, &(struct watch){.open = *ret_ref});
	return cli_session_wait(names->session, list_came, ret_ref, -1, g_get_monotonic_time() + LIST_TIMEOUT_US) ==
	       WAIT_DONE;
}

static void add_snapshots(const struct names *names, const char *word)
{
	const struct guest *guest;
	struct obj_ref ref;

	if (!open_list(names, OBJ_GUEST, word, &ref))
		return;
	guest = store_guest(names->session->store, &ref);
	for (unsigned i = 0; guest && guest->snapshots && i < guest->snapshots->len; i++) {
		const struct snapshot *snapshot = guest->snapshots->pdata[i];
		g_autofree char *first = g_strdup(snapshot->row->description ? snapshot->row->description : "");

		first[strcspn(first, "\n")] = '\0';
		add_name(names, &snapshot->ref, snapshot->row->name, first);
	}
}

/* Pools until there is a slash, then what lies in that one. */
static void add_volumes(const struct names *names)
{
	const char *slash = strchr(names->complete->last, '/');
	g_autofree char *word = slash ? g_strndup(names->complete->last, (gsize)(slash - names->complete->last)) : NULL;
	const struct pool *pool;
	struct obj_ref ref;

	for (unsigned i = 0; !slash && i < names->host->pools->len; i++) {
		const struct pool_row *row = ((const struct pool *)names->host->pools->pdata[i])->row;
		g_autofree char *name = g_strconcat(row->name, "/", NULL);

		complete_add(names->complete, name, pool_state_word(row->state));
	}
	if (!slash || !open_list(names, OBJ_POOL, word, &ref))
		return;
	pool = store_pool(names->session->store, &ref);
	for (unsigned i = 0; pool && pool->volumes && i < pool->volumes->len; i++) {
		const struct volume *volume = pool->volumes->pdata[i];
		g_autofree char *name = g_strconcat(pool->row->name, "/", volume->row->name, NULL);

		complete_add(names->complete, name, volume->row->format);
	}
}

static void add_tasks(const struct names *names)
{
	const struct task *task;

	cli_read_tasks(names->session);
	for (unsigned i = 0; (task = store_task_at(names->session->store, i)); i++) {
		struct obj_ref ref = {.kind = OBJ_TASK, .host = task->ref.host, .name = g_intern_string(task->id)};
		g_autofree char *what = g_strdup_printf("%s %s", task->verb, task->object);

		add_name(names, &ref, task->id, what);
	}
}

static void add_listed(const struct names *names, enum obj_kind kind)
{
	const struct host *host = names->host;

	for (unsigned i = 0; kind == OBJ_GUEST && i < host->guests->len; i++) {
		const struct guest *guest = host->guests->pdata[i];

		add_name(names, &guest->ref, guest->name, guest_state_word(guest->state));
	}
	for (unsigned i = 0; kind == OBJ_POOL && i < host->pools->len; i++) {
		const struct pool *pool = host->pools->pdata[i];

		add_name(names, &pool->ref, pool->row->name, pool_state_word(pool->row->state));
	}
	for (unsigned i = 0; kind == OBJ_NETWORK && i < host->networks->len; i++) {
		const struct network *network = host->networks->pdata[i];

		add_name(names, &network->ref, network->row->name, network->row->active ? "active" : "inactive");
	}
}

static void add_names(const struct names *names, enum obj_kind kind, const char *guest)
{
	switch (kind) {
	case OBJ_GUEST:
	case OBJ_POOL:
	case OBJ_NETWORK:
		add_listed(names, kind);
		break;
	case OBJ_SNAPSHOT:
		add_snapshots(names, guest);
		break;
	case OBJ_VOLUME:
		add_volumes(names);
		break;
	case OBJ_TASK:
		add_tasks(names);
		break;
	case OBJ_NONE:
	case OBJ_HOST:
	case OBJ_N:
		break;
	}
}

void complete_names(
        struct complete *complete, enum obj_kind kind, const struct action *action, const char *guest)
{
	struct cli *cli = complete->cli;
	struct names names = {.complete = complete, .action = action};
	g_autoptr(GPtrArray) uris = g_ptr_array_new();

	for (unsigned i = 0; i < complete->uris->len; i++)
		g_ptr_array_add(uris, complete->uris->pdata[i]);
	g_ptr_array_add(uris, NULL);
	g_auto(GStrv) resolved = cli_resolve_uris((char **)uris->pdata, NULL);
	cli->out.quiet = true;
	names.session = cli_session_new(&cli->out, uris->len > 1 ? resolved : cli->uris,
	        complete->readonly || cli->readonly, CONNECT_TIMEOUT_US, false);
	names.host = store_host_at(names.session->store, 0);
	if (cli_session_connect(names.session, kind) == EXIT_CODE_OK)
		add_names(&names, kind, guest);
	cli_session_free(names.session);
}
