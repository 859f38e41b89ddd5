/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A console font as the tests read it, apart from the program's own reader: which glyph is which character. */
#ifndef TESTS_SUPPORT_PSF_H
#define TESTS_SUPPORT_PSF_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct psf_file;

/* Keeps `bytes` borrowed; NULL when it is none. */
struct psf_file *psf_new(const uint8_t *bytes, gsize length);
void psf_free(struct psf_file *psf); /* NULL is fine */
unsigned psf_count(const struct psf_file *psf);
/* That character stands for that glyph. */
bool psf_has(const struct psf_file *psf, unsigned glyph, gunichar ch);
/* Some glyph of that character has the same picture. */
bool psf_same_glyph(const struct psf_file *psf, unsigned glyph, gunichar ch);
gunichar psf_cp437(unsigned code);

#endif
