/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table. */
#include <math.h>
#include <stdio.h>

#include "bench/bench.h"

static const char *const format = "%-42s %10s %10s %10s %8s %9s  %s%s%s\n";

static char *number(double value)
{
	if (isnan(value))
		return g_strdup("-");
	if (value == floor(value) && fabs(value) < 1e9)
		return g_strdup_printf("%.0f", value);
	return g_strdup_printf(value < 0.1 ? "%.3f" : value < 100 ? "%.2f" : "%.0f", value);
}

void bench_head(void)
{
	printf(format, "what", "nvirt", "floor", "peer", "ratio", "target", "", "", "");
}

void bench_line(struct bench *bench, const struct line *line)
{
	double base = line->against == OF_FLOOR ? line->floor : line->peer;
	double ratio = line->against == ABSOLUTE ? NAN : line->nvirt / base;
	double judged = line->against == ABSOLUTE ? line->nvirt : ratio;
	bool met = judged <= line->target;
	g_autofree char *what = g_strdup_printf("%s, %s", line->what, line->unit);
	g_autofree char *nvirt = number(line->nvirt), *floor_text = number(line->floor);
	g_autofree char *peer = number(line->peer), *ratio_text = number(ratio), *wanted = number(line->target);
	g_autofree char *target = g_strdup_printf("<= %s%s", wanted, line->against == ABSOLUTE ? "" : "x");
	bench->lines++;
	bench->met += met;
	printf(format, what, nvirt, floor_text, peer, ratio_text, target, met ? "met" : "NOT MET",
	        line->note ? "  " : "", line->note ? line->note : "");
	fflush(stdout);
}

void bench_missing(struct bench *bench, const char *what, const char *why)
{
	bench->lines++;
	printf(format, what, "-", "-", "-", "-", "-", "NOT MET", "  not measured: ", why);
	fflush(stdout);
}
