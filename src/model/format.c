/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Figures for people: sizes, time spans, times. Pure, any thread; the
 * decimal point is a point in every locale, as in libvirt's own tools.
 */
#include "nvirt/text.h"

#include <math.h>
#include <string.h>

#define MS_A_DAY ((gint64)24 * 60 * 60 * 1000)
#define US_A_SECOND G_GINT64_CONSTANT(1000000)

/* Three digits that count; one that would round up to four belongs to the next unit. */
static void format_scaled(char *out, size_t size, double value, const char *unit)
{
	/* As %.2f would round, but it is drawn a hundred times a frame. */
	unsigned hundredths = (unsigned)rint(value * 100), tenths = (unsigned)rint(value * 10);

	if (value < 9.995)
		g_snprintf(out, size, "%u.%02u %s", hundredths / 100, hundredths % 100, unit);
	else if (value < 99.95)
		g_snprintf(out, size, "%u.%u %s", tenths / 10, tenths % 10, unit);
	else
		g_snprintf(out, size, "%u %s", (unsigned)rint(value), unit);
}

bool text_parse_size(const char *text, guint64 *ret_bytes)
{
	static const char letters[] = "KMGTPE";
	char *end;
	const char *unit;
	double value;

	if (!g_ascii_isdigit(*text))
		return false;
	value = g_ascii_strtod(text, &end);
	/* It also reads exponents and other bases, which nobody means here. */
	if (strspn(text, "0123456789.") != (size_t)(end - text))
		return false;
	end += strspn(end, " ");
	unit = *end ? strchr(letters, g_ascii_toupper(*end)) : NULL;
	if (!unit || (end[1] && g_ascii_strcasecmp(end + 1, "iB") != 0))
		return false;
	value = ldexp(value, 10 * (int)(unit - letters + 1));
	if (!(value < ldexp(1, 63)))
		return false;
	*ret_bytes = (guint64)value;
	return true;
}

void text_format_bytes(char *out, size_t size, guint64 bytes)
{
	static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	double value = (double)bytes / 1024;
	size_t unit = 0;

	if (bytes < 1024) {
		g_snprintf(out, size, "%u B", (unsigned)bytes);
		return;
	}
	while (value >= 1023.5 && unit + 1 < G_N_ELEMENTS(units)) {
		value /= 1024;
		unit++;
	}
	format_scaled(out, size, value, units[unit]);
}

static void format_days(char *out, size_t size, gint64 ms)
{
	gint64 days = ms / MS_A_DAY;

	if (days < 10000)
		g_snprintf(out, size, "%dd %02dh", (int)days, (int)(ms % MS_A_DAY / 3600000));
	else
		g_snprintf(out, size, "%dd", (int)MIN(days, 99999999));
}

void text_format_span_ms(char *out, size_t size, gint64 ms)
{
	gint64 seconds = ms / 1000;

	if (ms < 1000)
		g_snprintf(out, size, "%d ms", (int)MAX(ms, 0));
	else if (seconds < 60)
		g_snprintf(out, size, "%d s", (int)seconds);
	else if (ms < MS_A_DAY)
		g_snprintf(out, size, "%02d:%02d:%02d", (int)(seconds / 3600), (int)(seconds / 60 % 60),
		        (int)(seconds % 60));
	else
		format_days(out, size, ms);
}

static bool is_same_day(GDateTime *a, GDateTime *b)
{
	return g_date_time_get_year(a) == g_date_time_get_year(b) &&
	       g_date_time_get_day_of_year(a) == g_date_time_get_day_of_year(b);
}

void text_format_cpu_time(char *out, size_t size, gint64 ns)
{
	gint64 hundredths = MAX(ns, 0) / 10000000, seconds = hundredths / 100;

	if (seconds < 3600)
		g_snprintf(out, size, "%d:%02d.%02d", (int)(seconds / 60), (int)(seconds % 60), (int)(hundredths % 100));
	else
		g_snprintf(out, size, "%" G_GINT64_FORMAT ":%02d:%02d", seconds / 3600, (int)(seconds / 60 % 60),
		        (int)(seconds % 60));
}

void text_format_time(char *out, size_t size, gint64 unix_us, gint64 now_unix_us)
{
	g_autoptr(GDateTime) then = g_date_time_new_from_unix_local(unix_us / US_A_SECOND);
	g_autoptr(GDateTime) now = g_date_time_new_from_unix_local(now_unix_us / US_A_SECOND);
	g_autofree char *text = NULL;
	const char *format = "%Y-%m-%d";

	/* Years beyond 9999, from a broken clock or journal. */
	if (!then || !now) {
		g_strlcpy(out, "?", size);
		return;
	}
	if (g_date_time_get_year(then) == g_date_time_get_year(now))
		format = "%m-%d %H:%M";
	if (is_same_day(then, now))
		format = "%H:%M:%S";
	text = g_date_time_format(then, format);
	g_strlcpy(out, text ? text : "?", size);
}
