/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the columns of the table of guests say, to people and to files. Main thread. */
#ifndef NVIRT_UI_GUEST_CELLS_H
#define NVIRT_UI_GUEST_CELLS_H

#include "guest_rows.h"
#include "table.h"

struct app;

extern const struct table_column guest_columns[GUEST_COL_N];

/* "Address": the title, or more where the table has no room for it. */
const char *guest_column_title(enum guest_column column);
/* Is it there until a person says otherwise? */
bool guest_column_usual(enum guest_column column);
/* As the table shows it; "-" = not known, "" = nothing to say. Owned. */
char *guest_cell_text(const struct app *app, const struct guest *guest, enum guest_column column);

/*
 * The rows on the table, those scrolled away too, without what is folded or
 * filtered: the named columns, figures in plain units. Owned.
 */
struct guest_export {
	const struct app *app;
	const struct guest_rows *rows;
	const enum guest_column *columns;
	unsigned count;
};
char *guest_export_csv(const struct guest_export *export, unsigned *ret_guests);
char *guest_export_json(const struct guest_export *export, unsigned *ret_guests);
/* Which table is on screen when the form is filled in; false: none any more. */
typedef bool (*guest_export_table)(struct app *app, struct guest_export *ret_export);
/* Asks for a file and writes the table there, on a thread. `ref`: its host. */
void guest_export_ask(struct app *app, const struct obj_ref *ref, guest_export_table table);

#endif
