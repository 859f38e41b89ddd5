/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading a definition for an editor: a thread of its own, so that it does not wait behind a long operation. */
#include "backend/definition.h"
#include "backend/op_util.h"
#include "backend/worker_private.h"
#include "nvirt/text.h"

struct reader {
	struct workers *workers;
	struct obj_ref ref;
	char *name, *uri;
	bool readonly;
	unsigned edit_id;
};

static char *read_definition(const struct reader *reader, GError **error)
{
	virConnectPtr conn;
	char *xml = NULL;

	if (!reader->uri || reader->readonly) {
		g_set_error(error, CONN_ERROR, VIR_ERR_NO_CONNECT, "cannot read the definition of '%s': the host is %s",
		        reader->name, reader->uri ? "connected read-only" : "not connected");
		return NULL;
	}
	conn = conn_open(reader->uri, false, error);
	if (!conn)
		return NULL;
	virDomainPtr dom = virDomainLookupByUUID(conn, reader->ref.uuid);
	bool transient = dom && virDomainIsPersistent(dom) == 0;
	if (dom && !transient)
		xml = definition_read(dom);
	if (transient)
		g_set_error(error, CONN_ERROR, VIR_ERR_OPERATION_INVALID,
		        "'%s' is transient: it has no stored definition to edit", reader->name);
	else if (!xml)
		conn_set_error(error, "cannot read the definition of '%s'", reader->name);
	if (dom)
		virDomainFree(dom);
	conn_close(conn);
	return xml;
}

static void reader_free(struct reader *reader)
{
	workers_unref(reader->workers);
	g_free(reader->name);
	g_free(reader->uri);
	g_free(reader);
}

static void post(const struct reader *reader, char *xml, const char *why)
{
	definition_post(reader->workers->sink, &reader->ref,
	        edit_answer_new(reader->edit_id, xml ? EDIT_READ : EDIT_REFUSED, xml,
	                xml ? NULL : text_clean_lines(why, -1)));
}

static void reader_thread(void *data)
{
	struct reader *reader = data;
	g_autoptr(GError) error = NULL;
	char *xml = read_definition(reader, &error);

	post(reader, xml, error ? error->message : NULL);
	reader_free(reader);
}

void workers_read_definition(
        struct workers *workers, const struct obj_ref *ref, const char *name, unsigned edit_id)
{
	struct reader *reader = g_new0(struct reader, 1);

	reader->workers = workers_ref(workers);
	reader->ref = *ref;
	reader->name = g_strdup(name);
	reader->edit_id = edit_id;
	pthread_mutex_lock(&workers->lock);
	struct worker_host *host = workers_find_host(workers, ref->host);
	if (host && !host->removed) {
		reader->uri = g_strdup(host->uri);
		reader->readonly = host->readonly;
	}
	bool started = !workers->closed && threads_start(workers->threads, "nvirt-read", reader_thread, reader);
	pthread_mutex_unlock(&workers->lock);
	if (started)
		return;
	post(reader, NULL, "cannot start a thread for it: out of resources");
	reader_free(reader);
}
