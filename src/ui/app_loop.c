/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loop: terminal, inbox, signals and a clock of one second, in a context
 * of its own (libvirt iterates the default one). It waits only in its poll.
 */
#define _GNU_SOURCE
#include "app_loop.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app_graphics.h"
#include "app_private.h"
#include "content.h"
#include "nvirt/editor.h"
#include "term.h"

/* Keys come first: messages are applied in slices, so that a flood of them does not hold up a key. */
enum { SLICE_US = 8000 };

struct app_loop {
	struct app *app;
	struct term *term;
	GMainContext *context;
	GSource *output;     /* while a frame is not yet taken by the terminal */
	int signal_pipe[2];
	int idle_fd;         /* test hook: gets a byte whenever all is handled and drawn; -1 = none */
	bool handled;        /* something, since the last such byte */
	bool drawing_due;    /* that byte said that a frame waits for the terminal */
	bool more;           /* the inbox was left with messages in it */
	bool gone;           /* the terminal */
	bool resized;
	char *title;         /* the terminal's, as set last */
	int signal;          /* the one to end by; 0 = none */
	GSource *input;      /* NULL while an editor has the terminal */
	struct editor *editor;
	void (*edited)(struct app *app, int status, void *data);
	void *edited_data;
	GHashTable *watched; /* host number -> GBytes of what was asked last */
};

/* ---- signals ---------------------------------------------------------------- */

static const int watched_signals[] = {SIGWINCH, SIGTERM, SIGHUP, SIGINT, SIGTSTP, SIGCONT};

/* The write end for the handler; set before it, never changed while it is installed. */
static int signal_fd = -1;

static void on_signal(int number)
{
	int saved_errno = errno;
	unsigned char byte = (unsigned char)number;
	/* Full means that plenty are waiting to be read already. */
	if (write(signal_fd, &byte, 1) < 0)
		errno = saved_errno;
	errno = saved_errno;
}

static void set_signals(struct app_loop *loop)
{
	if (!g_unix_open_pipe(loop->signal_pipe, FD_CLOEXEC, NULL))
		return;
	g_unix_set_fd_nonblocking(loop->signal_pipe[0], TRUE, NULL);
	g_unix_set_fd_nonblocking(loop->signal_pipe[1], TRUE, NULL);
	signal_fd = loop->signal_pipe[1];
	signal(SIGPIPE, SIG_IGN);
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	sigfillset(&action.sa_mask);
	for (gsize i = 0; i < G_N_ELEMENTS(watched_signals); i++)
		sigaction(watched_signals[i], &action, NULL);
}

/* From here a second SIGTERM or a Ctrl-C while we end does what it always does. */
static void reset_signals(struct app_loop *loop)
{
	for (gsize i = 0; i < G_N_ELEMENTS(watched_signals); i++)
		signal(watched_signals[i], SIG_DFL);
	signal_fd = -1;
	close(loop->signal_pipe[0]);
	close(loop->signal_pipe[1]);
}

static void look_at_editor(struct app_loop *loop);

static void stop_with_editor(struct app_loop *loop)
{
	editor_take_terminal(loop->editor);
	term_stop_away(loop->term);
	editor_continue(loop->editor);
}

static void handle_signal(struct app_loop *loop, int number)
{
	/* While an editor has the terminal, being stopped and continued means the editor too. */
	if (loop->editor && (number == SIGCONT || number == SIGTSTP || number == SIGCHLD)) {
		if (number == SIGTSTP)
			stop_with_editor(loop);
		else if (number == SIGCONT)
			editor_continue(loop->editor);
		else
			look_at_editor(loop);
		return;
	}
	switch (number) {
	case SIGWINCH:
		loop->resized = true;
		return;
	case SIGCONT:
		loop->resized = true;
		term_modes_again(loop->term);
		app_redraw(loop->app);
		return;
	case SIGTSTP:
		app_loop_suspend(loop->app);
		return;
	case SIGHUP:
	case SIGTERM:
	case SIGINT:
		loop->signal = number;
		return;
	default:
		return;
	}
}

static gboolean signal_ready(gint fd, GIOCondition condition, gpointer data)
{
	(void)condition;
	struct app_loop *loop = data;
	unsigned char bytes[64];
	ssize_t n;
	while ((n = read(fd, bytes, sizeof(bytes))) > 0)
		for (ssize_t i = 0; i < n; i++)
			handle_signal(loop, bytes[i]);
	loop->handled = true;
	return G_SOURCE_CONTINUE;
}

/* ---- terminal --------------------------------------------------------------- */

static void read_input(struct app_loop *loop)
{
	for (;;) {
		keycode key = K_NONE;
		struct mouse mouse;
		g_autofree char *text = NULL;
		switch (term_read(loop->term, &key, &mouse, &text)) {
		case TERM_NONE:
			return;
		case TERM_GONE:
			loop->gone = true;
			return;
		case TERM_KEY:
			app_key(loop->app, key);
			break;
		case TERM_MOUSE:
			app_mouse(loop->app, &mouse);
			break;
		case TERM_PASTE:
			app_paste(loop->app, text);
			break;
		case TERM_ANSWER: /* nobody's doing, but a frame may have waited for it */
			loop->handled |= loop->drawing_due;
			continue;
		case TERM_SAYS:
			app_graphics_said(loop->app);
			break;
		}
		loop->handled = true;
		/* What is typed from now on is the editor's. */
		if (loop->app->quitting || loop->editor)
			return;
	}
}

static gboolean input_ready(gint fd, GIOCondition condition, gpointer data)
{
	(void)fd;
	struct app_loop *loop = data;
	if (condition & G_IO_IN)
		read_input(loop);
	if (condition & (G_IO_HUP | G_IO_ERR | G_IO_NVAL))
		loop->gone = true;
	return loop->gone ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

static gboolean output_ready(gint fd, GIOCondition condition, gpointer data)
{
	(void)fd;
	struct app_loop *loop = data;
	if ((condition & (G_IO_HUP | G_IO_ERR | G_IO_NVAL)) || !term_flush(loop->term))
		loop->gone = true;
	if (!loop->gone && term_busy(loop->term))
		return G_SOURCE_CONTINUE;
	g_source_unref(g_steal_pointer(&loop->output));
	return G_SOURCE_REMOVE;
}

static GSource *watch_fd(
        struct app_loop *loop, int fd, GIOCondition condition, GUnixFDSourceFunc ready, int priority)
{
	GSource *source = g_unix_fd_source_new(fd, condition);
	g_source_set_callback(source, G_SOURCE_FUNC(ready), loop, NULL);
	g_source_set_priority(source, priority);
	/* None of them runs the loop; said so, GLib does not wake it up after each. */
	g_source_set_can_recurse(source, TRUE);
	g_source_attach(source, loop->context);
	return source;
}

static void take_size(struct app_loop *loop)
{
	int rows, cols;
	loop->resized = false;
	if (term_get_size(loop->term, &rows, &cols) || rows != loop->app->canvas.rows ||
	        cols != loop->app->canvas.cols)
		app_resize(loop->app, rows, cols);
	app_graphics_resized(loop->app);
}

/* "nvirt: lab1": windows and panes are told apart by it. */
static void update_title(struct app_loop *loop)
{
	const struct host *host = store_host(loop->app->store, loop->app->open.host);
	g_autofree char *title = g_strdup_printf("nvirt%s%s", host ? ": " : "", host ? host->name : "");
	if (!g_strcmp0(title, loop->title))
		return;
	g_free(loop->title);
	loop->title = g_steal_pointer(&title);
	term_set_title(loop->term, loop->title);
}

/* While the last frame is not taken there is no next one; what comes meanwhile is in the store. */
static void draw(struct app_loop *loop)
{
	if (loop->editor)
		return;
	if (loop->resized)
		take_size(loop);
	bool alive = term_flush(loop->term);
	/* The cursor first: it is what one who presses a key waits for. */
	if (!term_busy(loop->term) && !term_behind(loop->term) && app_draw_moved(loop->app))
		alive &= term_draw(loop->term, &loop->app->canvas, &loop->app->theme);
	if (!term_busy(loop->term) && !term_behind(loop->term) && app_needs_draw(loop->app)) {
		update_title(loop);
		app_draw(loop->app);
		alive &= term_draw(loop->term, &loop->app->canvas, &loop->app->theme);
	}
	/* Then as much of a picture as it takes, until there is something else to draw. */
	while (alive && !term_busy(loop->term) && !term_behind(loop->term) && !app_needs_draw(loop->app) && term_graphic_next(loop->term))
		alive = term_flush(loop->term);
	app_graphics_taken(loop->app);
	loop->gone |= !alive;
	if (term_busy(loop->term) && !loop->output)
		loop->output = watch_fd(loop, term_output_fd(loop->term), G_IO_OUT, output_ready, G_PRIORITY_DEFAULT);
}

GMainContext *app_loop_context(struct app *app)
{
	return app->loop->context;
}

void app_loop_handled(struct app *app)
{
	app->loop->handled = true;
}

void app_loop_repaint(struct app *app)
{
	term_repaint(app->loop->term);
	app_redraw(app);
}

void app_loop_new_theme(struct app *app)
{
	term_new_theme(app->loop->term);
}

struct term *app_loop_term(struct app *app)
{
	return app->loop->term;
}

char *app_loop_copy(struct app *app, const char *text)
{
	return term_copy(app->loop->term, text);
}

void app_loop_suspend(struct app *app)
{
	term_suspend(app->loop->term);
	app->loop->resized = true;
	app_redraw(app);
}

/* ---- an editor in the foreground -------------------------------------------- */

static void set_child_signal(bool on)
{
	struct sigaction action = {.sa_handler = on ? on_signal : SIG_DFL, .sa_flags = SA_RESTART};
	sigfillset(&action.sa_mask);
	sigaction(SIGCHLD, &action, NULL);
}

static void watch_input(struct app_loop *loop)
{
	loop->input = watch_fd(loop, term_input_fd(loop->term), G_IO_IN, input_ready, G_PRIORITY_HIGH);
}

static void unwatch_input(struct app_loop *loop)
{
	if (!loop->input)
		return;
	g_source_destroy(loop->input);
	g_source_unref(g_steal_pointer(&loop->input));
}

static void come_back(struct app_loop *loop)
{
	editor_free(g_steal_pointer(&loop->editor));
	set_child_signal(false);
	term_return(loop->term);
	watch_input(loop);
	loop->resized = true;
	app_redraw(loop->app);
}

static void look_at_editor(struct app_loop *loop)
{
	int status = 0;
	switch (editor_poll(loop->editor, &status)) {
	case EDITOR_RUNS:
		return;
	case EDITOR_STOPPED:
		stop_with_editor(loop);
		return;
	case EDITOR_ENDED:
		come_back(loop);
		loop->edited(loop->app, status, loop->edited_data);
		return;
	}
}

bool app_loop_edit(struct app *app, const char *path, void (*done)(struct app *app, int status, void *data),
        void *data, GError **error)
{
	struct app_loop *loop = app->loop;
	unwatch_input(loop);
	term_leave(loop->term);
	set_child_signal(true);
	loop->edited = done;
	loop->edited_data = data;
	loop->editor = editor_start(path, error);
	if (loop->editor) {
		/* It may have ended before its signal was looked at. */
		on_signal(SIGCHLD);
		return true;
	}
	come_back(loop);
	return false;
}

/* ---- messages --------------------------------------------------------------- */

static void take_messages(struct app_loop *loop)
{
	gint64 until = g_get_monotonic_time() + SLICE_US;
	struct msg *msg;
	loop->more = false;
	while ((msg = inbox_take(loop->app->inbox))) {
		app_message(loop->app, msg);
		if (g_get_monotonic_time() < until)
			continue;
		loop->more = true;
		return;
	}
}

static gboolean inbox_ready(gint fd, GIOCondition condition, gpointer data)
{
	(void)fd;
	(void)condition;
	struct app_loop *loop = data;
	loop->handled = true;
	take_messages(loop);
	return G_SOURCE_CONTINUE;
}

static gboolean second_passed(gpointer data)
{
	struct app_loop *loop = data;
	app_tick(loop->app);
	app_health_look(loop->app);
	app_history_step(loop->app, false);
	return G_SOURCE_CONTINUE;
}

/* ---- what is open and on screen --------------------------------------------- */

static struct obj_ref open_on(const struct app *app, unsigned host)
{
	struct obj_ref ref = app->open;
	if (ref.host != host || ref.kind == OBJ_HOST || ref.kind == OBJ_TASK)
		return (struct obj_ref){.kind = OBJ_NONE};
	/* A volume is looked at through its pool. */
	if (ref.kind == OBJ_VOLUME) {
		ref.kind = OBJ_POOL;
		ref.name = NULL;
	}
	return ref;
}

static GArray *visible_on(const struct app *app, const struct layout *layout, unsigned host)
{
	GArray *uuids = g_array_new(FALSE, FALSE, 16);
	for (int i = 0; i < REGION_N; i++) {
		struct view *view = app->regions[i];
		if (view && view->ops->visible && layout->region[i].rows > 0)
			view->ops->visible(view, host, uuids);
	}
	return uuids;
}

/* What costs a call a volume is only for who looks at it. */
static bool tab_on(const struct app *app, const struct layout *layout, const struct view_ops *ops)
{
	struct view *content = app->regions[REGION_CONTENT];
	struct view *tab = content && layout->region[REGION_CONTENT].rows > 0 ? content_active(content) : NULL;
	return tab && tab->ops == ops;
}

static bool wants_all(const struct app *app, const struct layout *layout, unsigned host)
{
	for (int i = 0; i < REGION_N; i++) {
		struct view *view = app->regions[i];
		struct view *inner = view && view->ops->inner ? view->ops->inner(view) : NULL;
		struct view *const chain[] = {inner, view};
		for (gsize j = 0; j < G_N_ELEMENTS(chain) && layout->region[i].rows > 0; j++)
			if (chain[j] && chain[j]->ops->wants_all && chain[j]->ops->wants_all(chain[j], host))
				return true;
	}
	return false;
}

static unsigned wants_rows(const struct app *app, const struct layout *layout)
{
	unsigned rows = 0;
	for (int i = 0; i < REGION_N; i++) {
		struct view *view = app->regions[i];
		struct view *inner = view && view->ops->inner ? view->ops->inner(view) : NULL;
		if (inner && inner->ops->wants_rows && layout->region[i].rows > 0)
			rows |= inner->ops->wants_rows(inner);
	}
	return rows;
}

static void watch_host(struct app_loop *loop, const struct layout *layout, unsigned host)
{
	struct obj_ref open = open_on(loop->app, host);
	g_autoptr(GArray) uuids = visible_on(loop->app, layout, host);
	GByteArray *key = g_byte_array_new();
	guint8 kind = (guint8)open.kind;
	bool here = loop->app->open.host == host;
	guint8 storage = here && tab_on(loop->app, layout, &host_storage_view);
	guint8 images = here && tab_on(loop->app, layout, &host_images_view);
	guint8 devices = here && tab_on(loop->app, layout, &host_devices_view);
	guint8 processes = here && tab_on(loop->app, layout, &host_processes_view);
	guint8 node = here && tab_on(loop->app, layout, &host_summary_view);
	g_byte_array_append(key, &kind, 1);
	guint8 all = wants_all(loop->app, layout, host);
	g_byte_array_append(key, &all, 1);
	guint8 rows = (guint8)wants_rows(loop->app, layout);
	g_byte_array_append(key, &rows, 1);
	g_byte_array_append(key, open.uuid, sizeof(open.uuid));
	g_byte_array_append(key, &storage, 1);
	g_byte_array_append(key, &images, 1);
	g_byte_array_append(key, &devices, 1);
	g_byte_array_append(key, &processes, 1);
	g_byte_array_append(key, &node, 1);
	g_byte_array_append(key, (const guint8 *)uuids->data, uuids->len * 16);
	g_autoptr(GBytes) now = g_byte_array_free_to_bytes(key);
	const GBytes *before = g_hash_table_lookup(loop->watched, GUINT_TO_POINTER(host));
	if (before && g_bytes_equal(before, now))
		return;
	struct watch watch = {
	        .open = open, .storage = storage, .images = images, .devices = devices, .processes = processes,
	        .node = node, .all = all, .rows = rows,
	        .visible = (const uint8_t(*)[16])(const void *)uuids->data, .visible_n = uuids->len};
	backend_watch(loop->app->backend, host, &watch);
	store_watch(loop->app->store, host, &open, watch.visible, watch.visible_n);
	g_hash_table_insert(loop->watched, GUINT_TO_POINTER(host), g_steal_pointer(&now));
}

static void update_watches(struct app_loop *loop)
{
	struct layout layout;
	if (!loop->app->backend)
		return;
	app_compute_layout(loop->app, &layout);
	for (unsigned i = 0; i < store_host_count(loop->app->store); i++)
		watch_host(loop, &layout, store_host_at(loop->app->store, i)->id);
}

/* ---- the loop --------------------------------------------------------------- */

static int idle_fd_from_environment(void)
{
	guint64 fd = 0;
	const char *text = g_getenv("NVIRT_IDLE_FD");
	if (!text || !g_ascii_string_to_unsigned(text, 10, 0, 1 << 16, &fd, NULL))
		return -1;
	return fcntl((int)fd, F_GETFD) < 0 ? -1 : (int)fd;
}

struct app_loop *app_loop_new(struct app *app, struct term *term)
{
	struct app_loop *loop = g_new0(struct app_loop, 1);
	loop->app = app;
	loop->term = term;
	loop->context = g_main_context_new();
	loop->watched = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_bytes_unref);
	loop->idle_fd = idle_fd_from_environment();
	set_signals(loop);
	app->loop = loop;
	return loop;
}

void app_loop_free(struct app_loop *loop)
{
	if (loop->output) {
		g_source_destroy(loop->output);
		g_source_unref(loop->output);
	}
	unwatch_input(loop);
	reset_signals(loop);
	loop->app->loop = NULL;
	g_hash_table_unref(loop->watched);
	g_main_context_unref(loop->context);
	g_free(loop->title);
	g_free(loop);
}

static void attach(struct app_loop *loop)
{
	watch_input(loop);
	g_source_unref(watch_fd(loop, loop->signal_pipe[0], G_IO_IN, signal_ready, G_PRIORITY_HIGH));
	g_source_unref(watch_fd(loop, inbox_fd(loop->app->inbox), G_IO_IN, inbox_ready, G_PRIORITY_DEFAULT));
	GSource *clock = g_timeout_source_new_seconds(1);
	g_source_set_callback(clock, second_passed, loop, NULL);
	g_source_attach(clock, loop->context);
	g_source_unref(clock);
}

static bool ending(const struct app_loop *loop)
{
	return loop->app->quitting || loop->gone || loop->signal;
}

/* Tests wait for this byte instead of sleeping: all is drawn, or what is left waits for the terminal. */
static void say_idle(struct app_loop *loop)
{
	bool waits = !loop->editor && app_needs_draw(loop->app);
	if (loop->idle_fd < 0 || !loop->handled || term_busy(loop->term) || g_main_context_pending(loop->context))
		return;
	loop->handled = false;
	loop->drawing_due = waits;
	if (write(loop->idle_fd, waits ? "b" : ".", 1) < 0)
		loop->idle_fd = -1;
}

void app_loop_first_frame(struct app_loop *loop)
{
	loop->resized = true;
	draw(loop);
}

int app_loop_run(struct app_loop *loop)
{
	attach(loop);
	loop->handled = true;
	while (!ending(loop)) {
		draw(loop);
		update_watches(loop);
		if (!loop->more)
			say_idle(loop);
		g_main_context_iteration(loop->context, !loop->more && !ending(loop));
		if (loop->more)
			take_messages(loop);
	}
	if (loop->editor) {
		editor_free(g_steal_pointer(&loop->editor));
		set_child_signal(false);
	}
	if (loop->signal)
		return 128 + loop->signal;
	return loop->gone ? 128 + SIGHUP : EXIT_CODE_OK;
}
