/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Curves, axes and sparklines: see graph.h. Pure; main thread. */
#include "graph.h"

#include <math.h>
#include <string.h>
#include <time.h>

#include "look.h"
#include "nvirt/text.h"

enum { LABEL_COLS = 9, PLOT_COLS_MIN = 10, LABELLED_COLS = LABEL_COLS + 1 + PLOT_COLS_MIN, TWO_LINED_ROWS = 7 };

/* What one step across of the plot shows. */
struct point {
	double average, maximum; /* NAN = gap */
};

struct plot {
	struct area area;
	enum graph_style style;
	enum role role;
	double top;
};

const char *graph_style_word(enum graph_style style)
{
	switch (style) {
	case GRAPH_BRAILLE:
		return "dots";
	case GRAPH_BLOCKS:
		return "blocks";
	case GRAPH_ASCII:
		return "ASCII";
	case GRAPH_STYLE_N:
		break;
	}
	return "";
}

enum graph_style graph_style_default(const struct canvas *canvas)
{
	return canvas->ascii || g_strcmp0(g_getenv("TERM"), "linux") == 0 ? GRAPH_ASCII : GRAPH_BRAILLE;
}

/* ---- figures ------------------------------------------------------------------ */

static char *format_number(double value, const char *unit)
{
	return g_strdup_printf(value < 9.995 ? "%.2f%s" : value < 99.95 ? "%.1f%s" : "%.0f%s", value, unit);
}

char *graph_value(enum unit unit, double value)
{
	/* False for NAN too. */
	if (!(value >= 0 && value < 1e15))
		return g_strdup("-");
	switch (unit) {
	case UNIT_PERCENT:
		return look_pct(value);
	case UNIT_BYTES:
		return look_bytes((gint64)value);
	case UNIT_BYTES_PER_S:
		return look_rate(value);
	case UNIT_PER_S:
		return format_number(value, "/s");
	case UNIT_MS:
		return format_number(value, " ms");
	case UNIT_PLAIN:
		return format_number(value, "");
	}
	return g_strdup("-");
}

/* On the axis the unit's "/s" and needless decimals are left out. */
static char *axis_value(enum unit unit, double value)
{
	char out[32];

	switch (unit) {
	case UNIT_PERCENT:
		return g_strdup_printf("%.3g%%", value);
	case UNIT_BYTES:
	case UNIT_BYTES_PER_S:
		text_format_bytes(out, sizeof(out), (guint64)CLAMP(value, 0, 1e15));
		return g_strdup(out);
	case UNIT_MS:
		return g_strdup_printf("%.3g ms", value);
	case UNIT_PER_S:
	case UNIT_PLAIN:
		break;
	}
	return value >= 10000 ? g_strdup_printf("%.0f", value) : g_strdup_printf("%.3g", value);
}

double graph_axis_top(enum unit unit, double value)
{
	static const double steps[] = {1, 2, 5, 10};
	double power;

	if (!(value > 0 && value < 1e15))
		value = 0;
	if (unit == UNIT_BYTES || unit == UNIT_BYTES_PER_S) {
		if (value <= 1024)
			return 1024;
		power = exp2(ceil(log2(value)));
		return value <= power * 0.75 ? power * 0.75 : power;
	}
	if (unit == UNIT_PERCENT)
		value = MAX(value, 1);
	if (value <= 0.1)
		return 0.1;
	power = pow(10, floor(log10(value)));
	for (gsize i = 0; i < G_N_ELEMENTS(steps); i++)
		if (value <= steps[i] * power * 1.000001)
			return steps[i] * power;
	return 10 * power;
}

/* ---- slots to points ------------------------------------------------------------ */

static struct point point_of(const struct graph *graph, unsigned first, unsigned end)
{
	struct point point = {NAN, NAN};
	unsigned known = 0;

	for (unsigned i = first; i < end && i < graph->count; i++) {
		const struct history_slot *slot = &graph->slots[i];

		if (isnan(slot->average))
			continue;
		point.average = known ? point.average + slot->average : slot->average;
		point.maximum = known ? fmax(point.maximum, slot->maximum) : slot->maximum;
		known++;
	}
	if (known)
		point.average /= known;
	return point;
}

static void make_points(const struct graph *graph, struct point *points, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		unsigned first = (unsigned)((guint64)i * graph->count / count);
		unsigned end = (unsigned)((guint64)(i + 1) * graph->count / count);

		points[i] = point_of(graph, first, MAX(end, first + 1));
	}
}

/* Of the whole span: a gap counts for nothing. */
static struct point sum_up(const struct graph *graph)
{
	return point_of(graph, 0, graph->count);
}

/* ---- the plot ------------------------------------------------------------------- */

static void put(struct area area, int y, int x, enum role role, gunichar ch)
{
	area_fill(area, y, x, 1, 1, role, ch);
}

/* Steps of `whole` that a value fills: what is known has at least one. */
static int height_of(double value, double top, int whole)
{
	if (isnan(value))
		return 0;
	return CLAMP((int)lround(value / top * whole), 1, whole);
}

static bool lit(int dot, int height, int peak)
{
	return dot < height || (peak > height + 1 && dot == peak - 1);
}

/* Two points a cell, four dots high. */
static gunichar braille_cell(const struct plot *plot, const struct point *pair, int dots_below)
{
	static const uint8_t bits[2][4] = {{0x40, 0x04, 0x02, 0x01}, {0x80, 0x20, 0x10, 0x08}};
	int whole = plot->area.rows * 4;
	gunichar ch = 0x2800;

	for (int side = 0; side < 2; side++) {
		int height = height_of(pair[side].average, plot->top, whole);
		int peak = height_of(pair[side].maximum, plot->top, whole);

		for (int dot = 0; dot < 4; dot++)
			if (lit(dots_below + dot, height, peak))
				ch |= bits[side][dot];
	}
	return ch == 0x2800 ? ' ' : ch;
}

/* Eighths of a cell; 8 is full. */
static gunichar block_char(int eighths)
{
	return eighths <= 0 ? ' ' : 0x2580 + (gunichar)MIN(eighths, 8);
}

static gunichar ascii_char(int eighths)
{
	return (gunichar)" __..::##"[CLAMP(eighths, 0, 8)];
}

static gunichar column_cell(const struct plot *plot, const struct point *point, int eighths_below)
{
	int whole = plot->area.rows * 8;
	int height = height_of(point->average, plot->top, whole);
	int peak = height_of(point->maximum, plot->top, whole);
	bool ascii = plot->style == GRAPH_ASCII;

	/* The cell that has the maximum, well above the average. */
	if (peak > height + 8 && eighths_below < peak && peak <= eighths_below + 8)
		return ascii ? '\'' : 0x00b7;
	return ascii ? ascii_char(height - eighths_below) : block_char(height - eighths_below);
}

static void draw_points(const struct plot *plot, const struct point *points)
{
	int rows = plot->area.rows;

	for (int y = 0; y < rows; y++) {
		int below = rows - 1 - y;

		for (int x = 0; x < plot->area.cols; x++) {
			gunichar ch = plot->style == GRAPH_BRAILLE
			        ? braille_cell(plot, &points[2 * x], below * 4)
			        : column_cell(plot, &points[x], below * 8);

			put(plot->area, y, x, plot->role, ch);
		}
	}
}

/* ---- around it -------------------------------------------------------------------- */

/* Title and figures in one line, or in two, or as many of them as fit: the newest value first. */
static void draw_head(struct area head, const struct graph *graph, struct point sum)
{
	g_autofree char *now = graph_value(graph->unit, graph->now);
	g_autofree char *average = graph_value(graph->unit, sum.average);
	g_autofree char *maximum = graph_value(graph->unit, sum.maximum);
	g_autofree char *limit = graph->limit > 0 ? graph_value(graph->unit, graph->limit) : NULL;
	g_autofree char *of = limit ? g_strconcat(" of ", limit, NULL) : g_strdup("");
	g_autofree char *all = g_strdup_printf("now %s%s  avg %s  max %s", now, of, average, maximum);
	g_autofree char *some = g_strdup_printf("now %s  avg %s  max %s", now, average, maximum);
	const char *const texts[] = {all, some, now};
	enum role role = graph->stale ? ROLE_STALE : ROLE_TEXT;
	int used = head.rows > 1 ? 0 : text_columns(graph->title) + 2;

	area_text(head, 0, 0, -1, ROLE_TITLE, graph->title);
	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		int cols = text_columns(texts[i]);

		if (used + cols > head.cols)
			continue;
		area_text(head, head.rows - 1, head.rows > 1 ? 0 : head.cols - cols, cols, role, texts[i]);
		return;
	}
}

static void draw_label(struct area labels, int y, enum unit unit, double value)
{
	g_autofree char *text = axis_value(unit, value);

	area_text_right(labels, y, 0, LABEL_COLS, ROLE_DIM, text);
}

/* Top and bottom, and the middle where that is a row of its own. */
static void draw_labels(struct area labels, enum unit unit, double top)
{
	int last = labels.rows - 1;

	draw_label(labels, 0, unit, top);
	if (last >= 1)
		draw_label(labels, last, unit, 0);
	if (last >= 4 && last % 2 == 0)
		draw_label(labels, last / 2, unit, top / 2);
	for (int y = 0; y <= last; y++)
		area_glyph(labels, y, LABEL_COLS, ROLE_BORDER, GLYPH_V);
}

static void format_clock(char *out, gsize size, gint64 unix_us, gint64 span_s)
{
	time_t seconds = (time_t)(unix_us / G_USEC_PER_SEC);
	struct tm tm;
	gsize used;

	if (!localtime_r(&seconds, &tm))
		tm = (struct tm){0};
	if (span_s <= 600)
		used = strftime(out, size, "%H:%M:%S", &tm);
	else if (span_s <= 86400)
		used = strftime(out, size, "%H:%M", &tm);
	else
		used = strftime(out, size, "%m-%d %H:%M", &tm);
	out[used] = '\0';
}

/* Left, middle and right; the middle goes first where it is narrow. */
static void draw_times(struct area line, const struct graph *graph)
{
	gint64 span_s = (gint64)graph->count * graph->slot_s;
	int used = 0;

	for (int i = 0; i < 3; i++) {
		/* Right before middle: it is the one most looked at. */
		int part = i == 0 ? 0 : i == 1 ? 2 : 1;
		gint64 at_us = graph->end_unix_us - span_s * G_USEC_PER_SEC * (2 - part) / 2;
		char text[64];
		int cols, x;

		format_clock(text, sizeof(text), at_us, span_s);
		cols = text_columns(text);
		x = part == 0 ? 0 : part == 2 ? line.cols - cols : (line.cols - cols) / 2;
		if (cols + used + 2 * i > line.cols || (part == 1 && 3 * cols + 4 > line.cols))
			continue;
		area_text(line, 0, x, -1, ROLE_DIM, text);
		used += cols;
	}
}

/* "now 12.0 MiB/s  avg 12.0 MiB/s  max 12.0 MiB/s" has 48. */
static int head_rows(struct area area, const struct graph *graph)
{
	bool two = area.rows >= TWO_LINED_ROWS && text_columns(graph->title) + 2 + 48 > area.cols;

	return area.rows < 2 ? 0 : two ? 2 : 1;
}

static struct area place_plot(struct area area, const struct graph *graph, double top)
{
	bool labelled = area.cols >= LABELLED_COLS;
	int left = labelled ? LABEL_COLS + 1 : 0;
	int head = head_rows(area, graph), foot = area.rows >= 5;
	struct area body = area_sub(area, head, 0, area.rows - head - foot, area.cols);

	if (labelled && body.rows > 0)
		draw_labels(body, graph->unit, top);
	if (foot)
		draw_times(area_sub(area, area.rows - 1, left, 1, area.cols - left), graph);
	return area_sub(body, 0, left, body.rows, body.cols - left);
}

void graph_draw(struct area area, const struct graph *graph, enum graph_style style)
{
	struct point sum = sum_up(graph);
	struct plot plot = {.style = style, .role = graph->stale ? ROLE_STALE : ROLE_BAR_USED};
	g_autofree struct point *points = NULL;
	unsigned count;

	area_clear(area, ROLE_TEXT);
	if (area.rows < 1 || area.cols < 1)
		return;
	plot.top = graph_axis_top(graph->unit, sum.maximum);
	/* A hair above what there is does not make the axis twice as long. */
	if (graph->limit > 0 && plot.top > graph->limit && !(sum.maximum > graph->limit * 1.1))
		plot.top = graph->limit;
	plot.area = place_plot(area, graph, plot.top);
	draw_head(area_sub(area, 0, 0, MAX(head_rows(area, graph), 1), area.cols), graph, sum);
	if (plot.area.rows < 1 || plot.area.cols < 1 || area.rows < 2)
		return;
	count = (unsigned)plot.area.cols * (style == GRAPH_BRAILLE ? 2 : 1);
	points = g_new(struct point, count);
	make_points(graph, points, count);
	draw_points(&plot, points);
}

/* ---- sparklines ------------------------------------------------------------------- */

void graph_spark(struct area line, const struct history_slot *slots, uint32_t head, double top, enum role role)
{
	bool ascii = graph_style_default(line.canvas) == GRAPH_ASCII;
	uint32_t cols = (uint32_t)MAX(line.cols, 0);
	bool level = true;
	gunichar ch = ' ';

	if (cols < 2)
		return;
	for (uint32_t i = 0; i + 1 < cols; i++) {
		uint32_t number = head - (cols - 2) + i;
		int eighths = height_of(slots[i].average, top, 8);

		level &= eighths == height_of(slots[0].average, top, 8);
		ch = ascii ? ascii_char(eighths) : block_char(eighths);
		put(line, 0, (int)(number % cols), role, ch);
	}
	put(line, 0, (int)((head + 1) % cols), role, level ? ch : ' ');
}
