/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A view: one region, tab or dialog. A view is a file with one view_ops; the
 * app calls it, it never calls the loop. Main thread.
 */
#ifndef NVIRT_UI_VIEW_H
#define NVIRT_UI_VIEW_H

#include "canvas.h"
#include "keys.h"
#include "nvirt/store.h"

struct app;
struct view;

/* A view's own keys, for help, key hints and palette; the loop looks them up and calls `run`. Ends with a row
 * without name. */
struct view_cmd {
	const char *name;  /* "sort-next": unique in the view */
	const char *title; /* "Sort by the next column" */
	const char *keys;  /* "s" or "l Right"; space separated */
	const char *hint;  /* short label in the key bar, NULL = not there */
	void (*run)(struct view *view, unsigned count);
};

struct view_ops {
	const char *name;  /* "tree", "guest-summary" */
	const char *title; /* "Summary": the tab's or frame's title */
	struct view *(*create)(struct app *app);
	void (*destroy)(struct view *view);
	/* Draws everything into `area`; must cope with any size incl. 0x0 and must not keep it. */
	void (*draw)(struct view *view, struct area area, bool focused);
	/*
	 * Draws the rows that the cursor left and went to, while view->moved and not
	 * view->dirty: the area is that of the last draw(). May be NULL: then draw().
	 */
	void (*draw_moved)(struct view *view, struct area area, bool focused);
	const struct view_cmd *cmds; /* may be NULL */
	/* In the key bar: what can be done to a row comes before the view's own keys, and first the verb that makes one. */
	bool actions_first;
	const char *makes; /* NULL = none */
	/* Keys that are no command (lists, editors). True = taken. May be NULL. */
	bool (*key)(struct view *view, keycode key, unsigned count);
	/* y and x relative to the area last drawn. True = taken. May be NULL. */
	bool (*mouse)(struct view *view, const struct mouse *mouse);
	/* enum change bits; the view sets view->dirty when it shows any of it. May be NULL. */
	void (*update)(struct view *view, unsigned changes);
	/* The object under the cursor, on which actions act. False = none. May be NULL: then the content's
	 * object. */
	bool (*selected)(struct view *view, struct obj_ref *ret_ref);
	/* Tabs: which object is shown now. May be NULL. */
	void (*set_object)(struct view *view, const struct obj_ref *ref);
	/* Tabs: another one is shown instead, until the next set_object(). May be NULL. */
	void (*hidden)(struct view *view);
	/* Tabs: zoomed, it has all of the screen but the status line, without titles and tabs. */
	bool bare;
	/* Live filter, folded by the view; "" = none. May be NULL: no filter here. */
	void (*set_filter)(struct view *view, const char *filter);
	const char *(*filter)(const struct view *view);
	/* Before everything else but dialogs, commands of app and actions included: a console whose guest has the
	 * keys. K_NONE asks whether it would take one. True = taken. May be NULL. */
	bool (*grab)(struct view *view, keycode key);
	/* What Ctrl-] does now, and how it stands: for the status line while `grab` takes keys; owned. May be NULL. */
	char *(*grabbed)(const struct view *view);
	/* A message that only a view knows what to do with (MSG_SERIAL). True = taken. May be NULL. */
	bool (*message)(struct view *view, struct msg *msg);
	/* Bracketed paste, cleaned. May be NULL. */
	void (*paste)(struct view *view, const char *text);
	/* The view within it that has the keys before it (the shown tab); may give NULL. May be NULL. */
	struct view *(*inner)(struct view *view);
	/* What the frame says instead of `title`, as it may change; owned. May be NULL. */
	char *(*heading)(const struct view *view);
	/* Does it need the definitions of all guests of a host (watch.all)? May be NULL. */
	bool (*wants_all)(struct view *view, unsigned host);
	/* A list: the object of its row, OBJ_NONE for one that is no object; false beyond the end. May be NULL. */
	bool (*row)(struct view *view, unsigned index, struct obj_ref *ret_ref);
	unsigned (*cursor)(struct view *view); /* its row; there where `row` is */
	/* Which figures of the guests on screen it shows: enum watch_row bits. May be NULL. */
	unsigned (*wants_rows)(struct view *view);
	/* Guests now on screen in it (for backend_watch()): appends uuids of host `host`. May be NULL. */
	void (*visible)(struct view *view, unsigned host, GArray *uuids /* uint8_t[16] */);
};

/* First member of every view's struct. */
struct view {
	const struct view_ops *ops;
	struct app *app;
	bool dirty; /* all of it is to be drawn */
	bool moved; /* nothing but its cursor has changed */
};

/* Tabs of the content panel: one row each. tabs.c */
struct tab {
	enum obj_kind kind;
	const struct view_ops *ops;
};
extern const struct tab tab_table[]; /* ends with kind OBJ_NONE */

extern const struct view_ops header_view, tree_view, content_view, tasklog_view;
extern const struct view_ops host_summary_view, host_guests_view, host_tasks_view, host_wall_view, host_health_view;
extern const struct view_ops guest_summary_view, guest_tasks_view, guest_xml_view, guest_hardware_view;
extern const struct view_ops guest_snapshots_view, guest_console_view;
extern const struct view_ops host_storage_view, host_images_view, host_networks_view;
extern const struct view_ops host_devices_view, host_processes_view;
extern const struct view_ops pool_summary_view, pool_volumes_view, volume_summary_view;
extern const struct view_ops network_summary_view, network_guests_view;
extern const struct view_ops host_graphs_view, guest_graphs_view;

#endif
