/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the page's files share: page.c has it, page_move.c, page_find.c and page_print.c read it. Pure. */
#ifndef NVIRT_MODEL_PAGE_PRIVATE_H
#define NVIRT_MODEL_PAGE_PRIVATE_H

#include "nvirt/page.h"

#define PAGE_COLS_MAX 4096

struct page {
	GPtrArray *lines; /* struct page_line, with a reference each */
	int cols, history;
};

/* What it is in a text; 0 = the right half of a wide character. */
static inline gunichar page_cell_text(const struct page_cell *cell)
{
	return cell->flags & PAGE_PICTURE ? ' ' : cell->flags & PAGE_UNKNOWN ? 0xfffd : cell->ch;
}

#endif
