/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's stored definition on its way through an editor: read with its
 * secrets, changed by a person, stored again. Its texts hold passwords
 * (secret.h): they travel in these structs only, never by arguments, the
 * store, the log or the journal.
 */
#ifndef NVIRT_EDIT_H
#define NVIRT_EDIT_H

#include "nvirt/inv.h"

/* What is to be stored. Owned by the request that carries it. */
struct edit {
	unsigned id;   /* given back with the answer */
	char *base;    /* the definition that the editing began from, exactly as it was read */
	char *wanted;  /* the text to store */
	bool validate; /* hold it against libvirt's schema first */
};

struct edit *edit_new(unsigned id, const char *base, const char *wanted, bool validate);
void edit_free(struct edit *edit);

enum edit_outcome {
	EDIT_READ,    /* xml: the stored definition */
	EDIT_DEFINED, /* xml: what libvirt made of it */
	EDIT_CHANGED, /* xml: somebody else's: it is no longer `base`; nothing was done */
	EDIT_INVALID, /* text: against the schema; may be stored without looking at that; nothing was done */
	EDIT_REFUSED, /* text: libvirt's words; nothing was done */
	EDIT_LOST,    /* text: it can not be told whether it was stored */
};

struct edit_answer {
	unsigned id;
	enum edit_outcome outcome;
	char *xml;  /* secret, raw; NULL where the outcome has none */
	char *text; /* cleaned, may have lines; NULL where the outcome has none */
};

/* Takes both. */
struct edit_answer *edit_answer_new(unsigned id, enum edit_outcome outcome, char *xml, char *text);
void edit_answer_free(struct edit_answer *answer);

#endif
