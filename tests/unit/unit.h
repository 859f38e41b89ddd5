/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every unit test includes, in the order cmocka wants it. */
#ifndef TESTS_UNIT_UNIT_H
#define TESTS_UNIT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glib.h>
#include <stdbool.h>
#include <string.h>

#endif
