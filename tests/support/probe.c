/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An app whose regions only list guests: see probe.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "nvirt/text.h"
#include "support/probe.h"
#include "support/rich.h"
#include "ui/commands.h"

static struct view *probe_create(struct app *app);

struct probe *probe_of(struct screen *screen, enum region region)
{
	return (struct probe *)screen->app.regions[region];
}

static void probe_destroy(struct view *view)
{
	struct probe *probe = (struct probe *)view;
	g_string_free(probe->seen, TRUE);
	g_free(probe->filter);
	g_free(probe);
}

static const struct guest *probe_guest(struct view *view, unsigned n)
{
	struct probe *probe = (struct probe *)view;
	const struct host *host =
	        store_host_count(view->app->store) ? store_host_at(view->app->store, 0) : NULL;
	g_autofree char *fold = text_fold(probe->filter);
	for (guint i = 0; host && i < host->guests->len; i++) {
		const struct guest *guest = host->guests->pdata[i];
		if (filter_match(guest->fold, fold) && n-- == 0)
			return guest;
	}
	return NULL;
}

static void probe_draw(struct view *view, struct area area, bool focused)
{
	struct probe *probe = (struct probe *)view;
	unsigned n = 0;
	while (probe_guest(view, n))
		n++;
	list_set_height(&probe->list, (unsigned)area.rows);
	list_set_count(&probe->list, n);
	for (unsigned i = probe->list.top; i < n && (int)(i - probe->list.top) < area.rows; i++) {
		const struct guest *guest = probe_guest(view, i);
		int y = (int)(i - probe->list.top);
		area_textf(area, y, 0, -1, ROLE_TEXT, "%s%s", guest->marked ? "*" : " ", guest->name);
		if (focused && i == probe->list.cursor)
			area_set_role(area, y, 0, area.cols, ROLE_CURSOR);
	}
}

static void probe_command(struct view *view, unsigned count)
{
	((struct probe *)view)->command_runs++;
	((struct probe *)view)->last_count = count;
}

static const struct view_cmd probe_cmds[] = {
        {"probe", "Try the probe", "y C-y", "try", probe_command},
        {0},
};

static bool probe_key(struct view *view, keycode key, unsigned count)
{
	struct probe *probe = (struct probe *)view;
	char name[24];
	key_format(key, name, sizeof(name));
	g_string_append_printf(probe->seen, "%s ", name);
	return list_key(&probe->list, key, count);
}

static void probe_update(struct view *view, unsigned changes)
{
	(void)changes;
	((struct probe *)view)->updates++;
	view->dirty = true;
}

static bool probe_selected(struct view *view, struct obj_ref *ret_ref)
{
	const struct guest *guest = probe_guest(view, ((struct probe *)view)->list.cursor);
	if (guest)
		*ret_ref = guest->ref;
	return guest;
}

static bool probe_row(struct view *view, unsigned index, struct obj_ref *ret_ref)
{
	const struct guest *guest = probe_guest(view, index);
	if (guest)
		*ret_ref = guest->ref;
	return guest;
}

static unsigned probe_cursor(struct view *view)
{
	return ((struct probe *)view)->list.cursor;
}

static void probe_set_filter(struct view *view, const char *filter)
{
	struct probe *probe = (struct probe *)view;
	g_free(probe->filter);
	probe->filter = g_strdup(filter);
	view->dirty = true;
}

static const char *probe_filter(const struct view *view)
{
	return ((const struct probe *)view)->filter;
}

static const struct view_ops probe_view = {
        .name = "probe",
        .title = "Probe",
        .create = probe_create,
        .destroy = probe_destroy,
        .draw = probe_draw,
        .cmds = probe_cmds,
        .key = probe_key,
        .update = probe_update,
        .selected = probe_selected,
        .row = probe_row,
        .cursor = probe_cursor,
        .set_filter = probe_set_filter,
        .filter = probe_filter,
};

static struct view *probe_create(struct app *app)
{
	struct probe *probe = g_new0(struct probe, 1);
	probe->view = (struct view){.ops = &probe_view, .app = app};
	probe->filter = g_strdup("");
	probe->seen = g_string_new(NULL);
	return &probe->view;
}

static const struct view_ops *const probes[REGION_N] = {
        [REGION_TREE] = &probe_view, [REGION_CONTENT] = &probe_view, [REGION_TASKS] = &probe_view};

/* A host that is up, with db1 running, web1 running, web2 off. */
struct screen *probe_screen(int rows, int cols)
{
	struct screen *screen = screen_new_regions(rows, cols, probes);
	unsigned host = screen_host(screen, "qemu:///system");
	screen_host_up(screen, host, "alpha");
	struct sample *sample = sample_new();
	rich_add_guest(sample, 1, "db1", GUEST_RUNNING, 1);
	rich_add_guest(sample, 2, "web1", GUEST_RUNNING, 1);
	rich_add_guest(sample, 3, "web2", GUEST_OFF, 1);
	rich_post_sample(screen, host, sample);
	screen_text(screen);
	return screen;
}

const struct task *probe_only_task(struct screen *screen, unsigned count)
{
	assert_int_equal(store_task_count(screen->app.store), count);
	return count ? store_task_at(screen->app.store, 0) : NULL;
}

/* ---- keys ------------------------------------------------------------------- */

void probe_post_plan(struct screen *screen, unsigned plan_id, const char *refused)
{
	struct msg *msg = msg_new(MSG_PLAN, 1, 1);
	msg->plan_id = plan_id;
	msg->plan = plan_new();
	msg->plan->refused = g_strdup(refused);
	struct plan_item *disk = plan_add(msg->plan, "disk:vda", "disk vda", "/images/web2.qcow2");
	disk->chosen = false;
	struct plan_item *base = plan_add(msg->plan, "disk:vdb", "disk vdb", "/images/base.qcow2");
	base->refused = g_strdup("web1 uses it too");
	plan_add(msg->plan, "nvram", "NVRAM", "/nvram/web2.fd")->chosen = true;
	screen_message(screen, msg);
}
