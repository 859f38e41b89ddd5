/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Storing a definition that came out of an editor. Worker threads.
 *
 * The definition is read again and compared before it is replaced, as libvirt
 * has no call that does both; an edit by somebody else in the moment between
 * the two calls is not seen. Texts hold passwords: what is said to the log is
 * the first line of libvirt's words, because what follows quotes the text.
 */
#include <libxml/parser.h>
#include <string.h>

#include "backend/definition.h"
#include "backend/op_table.h"
#include "backend/op_util.h"
#include "nvirt/secret.h"
#include "nvirt/text.h"

#define VERB "store the definition of"

char *definition_read(virDomainPtr dom)
{
	return secret_take(virDomainGetXMLDesc(dom, VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE));
}

void definition_post(struct job_sink *sink, const struct obj_ref *ref, struct edit_answer *answer)
{
	struct msg *msg = msg_new(MSG_EDIT, ref->host, 0);

	msg->kind = ref->kind;
	memcpy(msg->uuid, ref->uuid, sizeof msg->uuid);
	msg->edit = answer;
	job_sink_post(sink, msg);
}

/* Takes `xml`. */
static void answer(struct job *job, enum edit_outcome outcome, char *xml, const char *text)
{
	const struct edit *edit = job->request->edit;

	definition_post(job->sink, &job->request->ref,
	        edit_answer_new(edit->id, outcome, xml, text ? text_clean_lines(text, -1) : NULL));
}

/* The log's version of libvirt's words: one line, and no password that the texts know. */
static char *first_line(const struct edit *edit, const char *words)
{
	g_autofree char *line = g_strndup(words, strcspn(words, "\n"));
	g_autofree char *once = secret_mask(line, edit->wanted);
	g_autofree char *twice = secret_mask(once, edit->base);

	return text_clean(twice, -1);
}

static enum task_state refuse(struct job *job, enum edit_outcome outcome, const char *words, GError **error)
{
	g_autofree char *line = first_line(job->request->edit, words);

	answer(job, outcome, NULL, words);
	return op_refuse(job, error, VERB, "%s", line);
}

/* ---- what must hold before libvirt is asked ---- */

static char *parse_error(void)
{
	const xmlError *last = xmlGetLastError();

	if (!last || !last->message)
		return g_strdup("it is no XML document");
	g_autofree char *message = g_strdup(last->message);
	return g_strdup_printf("line %d: %s", last->line, g_strchomp(message));
}

/*
 * Another name and UUID would make a second guest; no UUID under the same name
 * is refused by libvirt itself. NULL = nothing is wrong; owned.
 */
static char *wrong(const struct job *job)
{
	const char *wanted = job->request->edit->wanted;
	g_autoptr(xmlDoc) doc = op_xml_parse(wanted);
	uint8_t uuid[16];

	if (!doc)
		return parse_error();
	if (doc->intSubset)
		return g_strdup("a definition has no document type: remove <!DOCTYPE ...>");
	g_autofree char *root = op_xml_string(doc, NULL, "name(/*)");
	if (!g_str_equal(root, "domain"))
		return g_strdup("its first element is not <domain>");
	g_autofree char *text = op_xml_string(doc, NULL, "normalize-space(/domain/uuid)");
	if (!uuid_parse(text, uuid) || memcmp(uuid, job->request->ref.uuid, sizeof uuid) != 0)
		return g_strdup("<uuid> must stay as it is: another one would make another guest");
	return NULL;
}

/* ---- acting ---- */

static enum task_state define_failed(struct job *job, GError **error)
{
	g_autofree char *words = g_strdup(virGetLastErrorMessage());
	int code = virGetLastErrorCode();

	if (conn_lost(job->conn)) {
		g_set_error(error, CONN_ERROR, code, "%s", words);
		return TASK_FAILED;
	}
	return refuse(job, code == VIR_ERR_XML_INVALID_SCHEMA ? EDIT_INVALID : EDIT_REFUSED, words, error);
}

static enum task_state defined(struct job *job, virDomainPtr dom)
{
	char *now = definition_read(dom);
	bool same = g_strcmp0(now, job->request->edit->wanted) == 0;
	bool active = job->before.known && op_state_active(job->before.state);

	answer(job, EDIT_DEFINED, now, NULL);
	job_say(job, "stored%s%s", active ? "; the running guest takes it up at its next start" : "",
	        same ? "" : "; libvirt has written it in its own way");
	return TASK_OK;
}

enum task_state op_guest_edit_run(struct job *job, GError **error)
{
	const struct edit *edit = job->request->edit;
	g_autoptr(virDomain) dom = op_guest(job, VERB, error);

	if (!dom)
		return TASK_FAILED;
	if (!edit)
		return op_refuse(job, error, VERB, "there is nothing to store");
	g_autofree char *why = wrong(job);
	if (why)
		return refuse(job, EDIT_REFUSED, why, error);
	char *now = definition_read(dom);
	if (!now)
		return define_failed(job, error);
	if (!g_str_equal(now, edit->base)) {
		answer(job, EDIT_CHANGED, now, NULL);
		return op_refuse(job, error, VERB, "it was changed by somebody else meanwhile: nothing was stored");
	}
	secret_free(now);
	g_autoptr(virDomain) made =
	        virDomainDefineXMLFlags(job->conn, edit->wanted, edit->validate ? VIR_DOMAIN_DEFINE_VALIDATE : 0);
	return made ? defined(job, made) : define_failed(job, error);
}

enum task_state op_guest_edit_settle(struct job *job, GError **error)
{
	const struct edit *edit = job->request->edit;
	g_autoptr(virDomain) dom = NULL;
	enum task_state found = op_settle_guest(job, &dom, error);

	if (found != TASK_OK) {
		if (found == TASK_FAILED)
			answer(job, EDIT_LOST, NULL, "the guest is not there any more");
		return found;
	}
	char *now = definition_read(dom);
	if (!now) {
		conn_set_error(error, "cannot look at '%s'", job->request->name);
		return TASK_UNKNOWN;
	}
	if (g_str_equal(now, edit->base)) {
		secret_free(now);
		answer(job, EDIT_REFUSED, NULL, "the connection was lost before it was stored");
		job_say(job, "it was not stored: the definition is as it was");
		return TASK_FAILED;
	}
	bool same = g_str_equal(now, edit->wanted);
	answer(job, EDIT_DEFINED, now, NULL);
	job_say(job, same ? "stored" : "the definition is not the one before; compare it with what you wanted");
	return same ? TASK_OK : TASK_WARNING;
}
