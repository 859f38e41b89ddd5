/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The header: the health of the selected object's host, at a glance. Lines are
 * made of fields; where it is narrow the least important ones are left out
 * whole, so that nothing is shown cut. Main thread.
 */
#include "app.h"
#include "look.h"
#include "nvirt/text.h"

#define FIELDS_MAX 12
#define GAP 2
#define SHRINK_MIN 16

struct field {
	const char *label; /* NULL = none */
	char *value;       /* owned */
	enum role role;
	int drop;        /* 0 = stays; the highest goes first */
	double fraction; /* of its bar; < 0 = none */
	bool right;
	bool shrinks; /* may be cut to SHRINK_MIN columns before others go */
	bool hidden;
};

struct line {
	struct field fields[FIELDS_MAX];
	unsigned count;
	int bar;
};

static void line_clear(struct line *line)
{
	for (unsigned i = 0; i < line->count; i++)
		g_free(line->fields[i].value);
	line->count = 0;
}

/* Takes `value`; NULL or "" adds nothing. */
static struct field *add(struct line *line, int drop, const char *label, enum role role, char *value)
{
	if (!value || !*value || line->count == FIELDS_MAX) {
		g_free(value);
		return NULL;
	}
	line->fields[line->count] =
	        (struct field){.label = label, .value = value, .role = role, .drop = drop, .fraction = -1};
	return &line->fields[line->count++];
}

static void add_bar(
        struct line *line, int drop, const char *label, enum role role, char *value, double fraction)
{
	struct field *field = add(line, drop, label, role, value);

	if (field)
		field->fraction = fraction;
}

static int field_cols(const struct line *line, const struct field *field)
{
	int cols = text_columns(field->value);

	if (field->label)
		cols += text_columns(field->label) + 1;
	return cols + (field->fraction >= 0 && line->bar ? line->bar + 1 : 0);
}

static int line_cols(const struct line *line)
{
	int cols = 2;

	for (unsigned i = 0; i < line->count; i++)
		if (!line->fields[i].hidden)
			cols += field_cols(line, &line->fields[i]) + GAP;
	return cols - GAP;
}

/* Cuts what may be cut, as far as that helps. */
static void shrink(struct line *line, int cols, const char *mark)
{
	for (unsigned i = 0; i < line->count; i++) {
		struct field *field = &line->fields[i];
		int over = line_cols(line) - cols, has = text_columns(field->value);

		if (over <= 0 || !field->shrinks || has <= SHRINK_MIN)
			continue;
		g_autofree char *whole = g_steal_pointer(&field->value);
		field->value = text_cut(whole, MAX(has - over, SHRINK_MIN), mark);
	}
}

/* Bars shrink before fields go. */
static void fit(struct line *line, int cols, const char *mark)
{
	line->bar = cols >= 160 ? 20 : cols >= 110 ? 12 : 8;
	shrink(line, cols, mark);
	while (line_cols(line) > cols) {
		struct field *worst = NULL;

		if (line->bar > 4) {
			line->bar -= 4;
			continue;
		}
		for (unsigned i = 0; i < line->count; i++) {
			struct field *field = &line->fields[i];

			if (!field->hidden && field->drop && (!worst || field->drop > worst->drop))
				worst = field;
		}
		if (!worst)
			return;
		worst->hidden = true;
	}
}

static int draw_field(const struct line *line, const struct field *field, struct area area, int x)
{
	if (field->label)
		x += area_text(area, 0, x, -1, ROLE_HEADER_LABEL, field->label) + 1;
	if (field->fraction >= 0 && line->bar) {
		enum role used = field->role == ROLE_STALE ? ROLE_STALE : look_bar(field->fraction);

		area_bar(area, 0, x, MIN(line->bar, MAX(area.cols - x, 0)), used, ROLE_BAR_FREE,
		        field->fraction);
		x += line->bar + 1;
	}
	return x + area_text(area, 0, x, -1, field->role, field->value);
}

static void line_draw(struct line *line, struct area area)
{
	int left = 1, right = area.cols - 1;

	fit(line, area.cols, area.canvas->ascii ? "~" : "…");
	for (unsigned i = 0; i < line->count; i++)
		if (!line->fields[i].hidden && !line->fields[i].right)
			left = draw_field(line, &line->fields[i], area, left) + GAP;
	for (unsigned i = line->count; i-- > 0;) {
		struct field *field = &line->fields[i];

		if (field->hidden || !field->right)
			continue;
		right -= field_cols(line, field);
		draw_field(line, field, area, MAX(right, left));
		right -= GAP;
	}
	line_clear(line);
}

/* ---- what the fields say ---- */

struct figures {
	const struct app *app;
	const struct host *host;
	enum role role; /* of its numbers: stale or not */
};

static void add_identity(const struct figures *f, struct line *line, bool uri, bool versions)
{
	const struct host_status *status = f->host->status;
	const char *where = status->uri && *status->uri ? status->uri : f->host->asked_uri;

	add(line, 0, NULL, ROLE_HEADER_VALUE, g_strdup(f->host->name));
	if (uri && g_strcmp0(where, f->host->name)) {
		struct field *field = add(line, 5, NULL, ROLE_HEADER, g_strdup(where));

		if (field)
			field->shrinks = true;
	}
	if (versions && status->libvirt_version)
		add(line, 7, "libvirt", ROLE_HEADER, look_version(status->libvirt_version));
	if (versions && status->hypervisor_version)
		add(line, 6, status->driver ? status->driver : "hypervisor", ROLE_HEADER,
		        look_version(status->hypervisor_version));
}

static void add_link(const struct figures *f, struct line *line)
{
	struct field *field;

	if (f->host->status->readonly || f->host->readonly_asked) {
		field = add(line, 1, NULL, ROLE_HEADER_READONLY, g_strdup("READ-ONLY"));
		field->right = true;
	}
	field = add(line, 0, NULL, look_host_link_role(f->app, f->host), look_host_link(f->app, f->host));
	field->right = true;
}

static void add_cpu(const struct figures *f, struct line *line)
{
	if (f->host->cpu_pct >= 0)
		add_bar(line, 2, "CPU", f->role, g_strdup_printf("%3.0f%%", f->host->cpu_pct),
		        f->host->cpu_pct / 100);
}

static void add_load(const struct figures *f, struct line *line)
{
	const struct node_sample *node = &f->host->node;

	if (f->host->sample_us && node->load1 >= 0)
		add(line, 6, "load", f->role,
		        g_strdup_printf("%.2f %.2f %.2f", node->load1, node->load5, node->load15));
}

static void add_amount(const struct figures *f, struct line *line, int drop, const char *label,
        int64_t total_kib, int64_t free_kib)
{
	g_autofree char *used = NULL, *total = NULL;

	if (!f->host->sample_us || total_kib <= 0 || free_kib < 0)
		return;
	used = look_kib(total_kib - MIN(free_kib, total_kib));
	total = look_kib(total_kib);
	add_bar(line, drop, label, f->role, g_strdup_printf("%s of %s", used, total),
	        (double)(total_kib - MIN(free_kib, total_kib)) / (double)total_kib);
}

static void add_memory(const struct figures *f, struct line *line)
{
	add_amount(f, line, 4, "memory", f->host->node.memory_total_kib, f->host->node.memory_free_kib);
}

static void add_swap(const struct figures *f, struct line *line)
{
	add_amount(f, line, 8, "swap", f->host->node.swap_total_kib, f->host->node.swap_free_kib);
}

static void add_guests(const struct figures *f, struct line *line)
{
	if (f->host->listed)
		add(line, 3, "guests", f->role,
		        g_strdup_printf("%u of %u", f->host->running, f->host->guests->len));
}

/* What of its health should not wait until somebody looks. */
static void add_health(const struct figures *f, struct line *line)
{
	const struct check_report *report = f->host->report;
	unsigned failures = report ? check_report_count(report, CHECK_FAIL) : 0;
	unsigned warnings = report ? check_report_count(report, CHECK_WARN) : 0;

	if (failures)
		add(line, 1, NULL, ROLE_CRIT, g_strdup_printf("%u check%s", failures, failures == 1 ? " fails" : "s fail"));
	else if (warnings)
		add(line, 9, NULL, ROLE_WARN, g_strdup_printf("%u check%s", warnings, warnings == 1 ? " warns" : "s warn"));
}

static void add_tasks(const struct figures *f, struct line *line)
{
	unsigned running = store_tasks_running(f->app->store);

	if (running)
		add(line, 7, "tasks", ROLE_TASK_RUNNING, g_strdup_printf("%u", running));
}

/* One line has all of it, three have room for wide bars. */
static void draw_lines(const struct figures *f, struct area area)
{
	struct line line = {.count = 0};
	struct area rows[3];

	for (int i = 0; i < 3; i++)
		rows[i] = area_sub(area, i, 0, 1, area.cols);
	add_identity(f, &line, area.rows > 1, area.rows > 1);
	if (area.rows > 1) {
		add_link(f, &line);
		line_draw(&line, rows[0]);
	}
	add_cpu(f, &line);
	add_load(f, &line);
	if (area.rows > 2) {
		add_guests(f, &line);
		add_health(f, &line);
		add_tasks(f, &line);
		line_draw(&line, rows[1]);
	}
	add_memory(f, &line);
	add_swap(f, &line);
	if (area.rows <= 2) {
		add_guests(f, &line);
		add_health(f, &line);
		add_tasks(f, &line);
	}
	if (area.rows <= 1)
		add_link(f, &line);
	line_draw(&line, rows[CLAMP(area.rows - 1, 0, 2)]);
}

static const struct host *header_host(const struct app *app)
{
	const struct host *host = store_host(app->store, app->open.host);

	if (!host && store_host_count(app->store))
		host = store_host_at(app->store, 0);
	return host;
}

static void header_draw(struct view *view, struct area area, bool focused)
{
	const struct host *host = header_host(view->app);
	struct figures f = {view->app, host, ROLE_HEADER_VALUE};

	(void)focused;
	view->dirty = false;
	area_clear(area, ROLE_HEADER);
	if (!host) {
		area_text(area, 0, 1, -1, ROLE_HEADER, "nvirt: no host");
		return;
	}
	if (look_host_stale(view->app, host))
		f.role = ROLE_STALE;
	draw_lines(&f, area);
}

static struct view *header_create(struct app *app)
{
	struct view *view = g_new0(struct view, 1);

	*view = (struct view){.ops = &header_view, .app = app, .dirty = true};
	return view;
}

static void header_destroy(struct view *view)
{
	g_free(view);
}

static void header_update(struct view *view, unsigned changes)
{
	if (changes & (CHANGE_HOST | CHANGE_LIST | CHANGE_STATS | CHANGE_TASKS | CHANGE_HEALTH))
		view->dirty = true;
}

static void header_set_object(struct view *view, const struct obj_ref *ref)
{
	(void)ref;
	view->dirty = true;
}

const struct view_ops header_view = {
        .name = "header",
        .title = "Host",
        .create = header_create,
        .destroy = header_destroy,
        .draw = header_draw,
        .update = header_update,
        .set_object = header_set_object,
};
