/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The life of an edit and its answer. Pure, any thread. */
#include "nvirt/edit.h"

#include "nvirt/secret.h"

struct edit *edit_new(unsigned id, const char *base, const char *wanted, bool validate)
{
	struct edit *edit = g_new0(struct edit, 1);

	edit->id = id;
	edit->base = g_strdup(base);
	edit->wanted = g_strdup(wanted);
	edit->validate = validate;
	return edit;
}

void edit_free(struct edit *edit)
{
	if (!edit)
		return;
	secret_free(edit->base);
	secret_free(edit->wanted);
	g_free(edit);
}

struct edit_answer *edit_answer_new(unsigned id, enum edit_outcome outcome, char *xml, char *text)
{
	struct edit_answer *answer = g_new0(struct edit_answer, 1);

	answer->id = id;
	answer->outcome = outcome;
	answer->xml = xml;
	answer->text = text;
	return answer;
}

void edit_answer_free(struct edit_answer *answer)
{
	if (!answer)
		return;
	secret_free(answer->xml);
	g_free(answer->text);
	g_free(answer);
}
