/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The terminal, through ncurses. What ncurses writes goes into a memory file
 * that stands in for the terminal's descriptor between frames; from there it
 * goes out as fast as the terminal takes it, so that a stopped terminal (C-s, a
 * dead link) can not stop the program. Input and crash handling: term_input.c,
 * term_guard.c.
 */
#define _GNU_SOURCE
#include "term_private.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wchar.h>

#include "colour.h"
#include "nvirt/text.h"

bool term_is_utf8(void)
{
	return !g_ascii_strcasecmp(nl_langinfo(CODESET), "UTF-8");
}

/* ---- which description ------------------------------------------------------ */

static bool xterm_like(const char *name)
{
	static const char *const words[] = {"xterm", "kitty", "foot", "alacritty", "wezterm", "ghostty", "rxvt",
	        "st-", "konsole", "gnome", "vte", "tmux", "screen", "256color", "contour", "iterm"};
	for (gsize i = 0; name && i < G_N_ELEMENTS(words); i++)
		if (strstr(name, words[i]))
			return true;
	return false;
}

static SCREEN *try_description(struct term *term, const char *name)
{
	if (!name || !*name)
		return NULL;
	SCREEN *screen = newterm(name, term->out, stdin);
	if (screen)
		g_strlcpy(term->name, name, sizeof(term->name));
	return screen;
}

/* A stock Debian has no description of kitty, foot, alacritty and others; they all speak xterm's. */
static SCREEN *open_screen(struct term *term, char **ret_notice)
{
	const char *wanted = g_getenv("TERM");
	SCREEN *screen = try_description(term, wanted);
	if (screen)
		return screen;
	const char *const others[] = {
	        xterm_like(wanted) ? "xterm-256color" : NULL, "xterm", "vt100", "ansi"};
	for (gsize i = 0; i < G_N_ELEMENTS(others) && !screen; i++)
		screen = try_description(term, others[i]);
	if (screen) {
		g_autofree char *clean = text_clean(wanted ? wanted : "", -1);
		*ret_notice = g_strdup_printf(
		        "the terminal type '%s' is not known on this machine: taken as %s", clean, term->name);
	}
	return screen;
}

/* ---- descriptors ------------------------------------------------------------ */

static bool same_terminal(int a, int b)
{
	const char *name = ttyname(a);
	g_autofree char *first = g_strdup(name);
	const char *second = ttyname(b);
	return first && second && !strcmp(first, second);
}

/*
 * A description of our own, so that O_NONBLOCK is not set on the one that the
 * shell shares with us. By name first: /dev/tty always is the controlling
 * terminal, which stdout need not be.
 */
static int open_tty(void)
{
	const char *name = ttyname(STDOUT_FILENO);
	int fd = name ? open(name, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC) : -1;
	if (fd < 0) {
		fd = open("/dev/tty", O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
		if (fd >= 0 && !same_terminal(fd, STDOUT_FILENO) && name) {
			close(fd);
			fd = -1;
		}
	}
	return fd >= 0 ? fd : fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
}

static bool open_files(struct term *term, GError **error)
{
	term->tty_fd = open_tty();
	term->frame_fd = memfd_create("nvirt-frame", MFD_CLOEXEC);
	int fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	term->out = fd >= 0 ? fdopen(fd, "w") : NULL;
	term->blocks = !(fcntl(term->tty_fd, F_GETFL) & O_NONBLOCK);
	if (term->tty_fd >= 0 && term->frame_fd >= 0 && term->out)
		return true;
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "cannot open the terminal: %s", g_strerror(errno));
	return false;
}

/* From now on ncurses writes into the memory file; its modes of the terminal are ours to set. */
static void redirect(struct term *term)
{
	tcgetattr(STDIN_FILENO, &term->raw);
	dup2(term->frame_fd, fileno(term->out));
}

/* The number of a colour sequence's palette index, "38;5;123m", and what follows it; -1 = none is here. */
static int palette_index(const guint8 *bytes, const guint8 *end, const guint8 **ret_next)
{
	static const char start[] = ";5;";
	int index = 0;
	if (end - bytes < 7 || (bytes[0] != '3' && bytes[0] != '4') || bytes[1] != '8' ||
	        memcmp(bytes + 2, start, strlen(start)) != 0)
		return -1;
	for (bytes += 5; bytes < end && g_ascii_isdigit(*bytes) && index < 256; bytes++)
		index = index * 10 + *bytes - '0';
	if (bytes == end || *bytes != 'm' || index > 255)
		return -1;
	*ret_next = bytes + 1;
	return index;
}

/* Puts the true colours in where ncurses wrote their stand-ins. Cells are printable: an ESC begins a sequence. */
static void paint_true_colours(struct term *term, guint from)
{
	GByteArray *out = term->out_buffer;
	g_autoptr(GByteArray) in = g_byte_array_new();
	g_byte_array_append(in, out->data + from, out->len - from);
	g_byte_array_set_size(out, from);
	const guint8 *p = in->data, *end = in->data + in->len, *next = NULL;
	while (p < end) {
		int index = p[0] == 033 && p + 2 < end && p[1] == '[' ? palette_index(p + 2, end, &next) : -1;
		if (index < 0 || term->stand_in[index] < 0) {
			g_byte_array_append(out, p++, 1);
			continue;
		}
		char sequence[32];
		int rgb = term->stand_in[index];
		int n = g_snprintf(sequence, sizeof(sequence), "\033[%c8;2;%d;%d;%dm", p[2], rgb >> 16, rgb >> 8 & 255,
		        rgb & 255);
		g_byte_array_append(out, (const guint8 *)sequence, (guint)n);
		p = next;
	}
}

/* Takes what ncurses wrote into the memory file over into the buffer. */
static void collect(struct term *term)
{
	off_t size = lseek(term->frame_fd, 0, SEEK_CUR);
	if (size <= 0)
		return;
	guint before = term->out_buffer->len;
	g_byte_array_set_size(term->out_buffer, before + (guint)size);
	ssize_t n = pread(term->frame_fd, term->out_buffer->data + before, (size_t)size, 0);
	g_byte_array_set_size(term->out_buffer, before + (guint)MAX(n, 0));
	if (term->depth == DEPTH_TRUE && !term->direct)
		paint_true_colours(term, before);
	/* Its pages stay for the next frame. */
	lseek(term->frame_fd, 0, SEEK_SET);
}

/* ---- opening ---------------------------------------------------------------- */

static enum theme_depth depth_of(const struct term *term);

static void start_colours(struct term *term, bool mono)
{
	term->mono = mono || !has_colors() || start_color() == ERR;
	if (!term->mono) {
		term->defaults = use_default_colors() == OK;
		term->direct = COLORS > 256 && (tigetflag("RGB") > 0 || tigetnum("RGB") > 0);
	}
	term->depth = depth_of(term);
}

static void set_modes(void)
{
	raw();
	noecho();
	nonl();
	typeahead(-1);
	intrflush(stdscr, FALSE);
	scrollok(stdscr, FALSE);
	leaveok(stdscr, FALSE);
}

static bool refuse(GError **error, const char *what)
{
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
	        "%s: the dashboard needs a terminal; use 'nvirt list' or 'nvirt --help' for commands without one",
	        what);
	return false;
}

static bool check_terminal(GError **error)
{
	const char *name = g_getenv("TERM");
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return refuse(error, "stdin and stdout are not a terminal");
	if (name && !strcmp(name, "dumb"))
		return refuse(error, "TERM is 'dumb'");
	return true;
}

struct term *term_open(bool mono, bool mouse, char **ret_notice, GError **error)
{
	if (!check_terminal(error))
		return NULL;
	struct term *term = g_new0(struct term, 1);
	term->tty_fd = term->frame_fd = term->stderr_fd = -1;
	term->cursor_shown = -1;
	term->mouse = mouse;
	tcgetattr(STDIN_FILENO, &term->saved);
	set_escdelay(25);
	if (!open_files(term, error) || !(term->screen = open_screen(term, ret_notice))) {
		if (error && !*error)
			refuse(error, "no terminal description fits");
		term_close(term);
		return NULL;
	}
	start_colours(term, mono);
	set_modes();
	term_input_init(term);
	term->private_modes = xterm_like(term->name);
	term_guard_set(term);
	term->out_buffer = g_byte_array_new();
	redirect(term);
	term_modes_on(term);
	term_fence_start(term);
	getmaxyx(stdscr, term->rows, term->cols);
	return term;
}

/* A terminal that takes nothing (C-s, a dead link) is not waited for longer than this. */
static void flush_within(struct term *term, int timeout_ms)
{
	gint64 until = g_get_monotonic_time() + timeout_ms * 1000;
	while (term_flush(term) && term_busy(term) && g_get_monotonic_time() < until) {
		struct pollfd ready = {.fd = term->tty_fd, .events = POLLOUT};
		poll(&ready, 1, (int)(MAX(until - g_get_monotonic_time(), 0) / 1000));
	}
}

static void give_back(struct term *term)
{
	/* A frame that was not taken yet would only come late; the modes are what counts. */
	term_fence_end(term);
	term_graphic_cut(term);
	term_graphic_end(term);
	term_modes_off(term);
	endwin();
	collect(term);
	flush_within(term, 500);
	tcsetattr(STDIN_FILENO, TCSANOW, &term->saved);
}

void term_close(struct term *term)
{
	if (!term)
		return;
	if (term->screen) {
		give_back(term);
		term_guard_clear();
		delwin(term->input);
		delscreen(term->screen);
	}
	if (term->out)
		fclose(term->out);
	if (term->tty_fd >= 0)
		close(term->tty_fd);
	if (term->frame_fd >= 0)
		close(term->frame_fd);
	if (term->out_buffer)
		g_byte_array_unref(term->out_buffer);
	g_free(term->title);
	if (term->mouse_bytes)
		g_string_free(term->mouse_bytes, TRUE);
	if (term->paste)
		g_string_free(term->paste, TRUE);
	if (term->answer)
		g_string_free(term->answer, TRUE);
	g_free(term->shown);
	g_free(term);
}

int term_input_fd(const struct term *term)
{
	(void)term;
	return STDIN_FILENO;
}

int term_output_fd(const struct term *term)
{
	return term->tty_fd;
}

bool term_get_size(struct term *term, int *ret_rows, int *ret_cols)
{
	struct winsize size = {0};
	int rows = 24, cols = 80;
	if (ioctl(term->tty_fd, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0) {
		rows = MIN(size.ws_row, TERM_MAX_SIDE);
		cols = MIN(size.ws_col, TERM_MAX_SIDE);
	}
	bool changed = rows != term->rows || cols != term->cols;
	if (changed) {
		resizeterm(rows, cols);
		term->rows = rows;
		term->cols = cols;
		term_repaint(term);
	}
	*ret_rows = rows;
	*ret_cols = cols;
	return changed;
}

/* ---- colours ---------------------------------------------------------------- */

/* GNU screen reads the sequence wrong; tmux goes by the same names and understands. */
static bool takes_true_colour(const struct term *term)
{
	const char *says = g_getenv("COLORTERM");
	const char *setaf = tigetstr("setaf");
	bool screen = g_str_has_prefix(term->name, "screen") && !g_getenv("TMUX");
	return says && (!strcmp(says, "truecolor") || !strcmp(says, "24bit")) && !screen && COLORS >= 256 && setaf &&
	       setaf != (const char *)-1 && strstr(setaf, "38;5;");
}

static enum theme_depth depth_of(const struct term *term)
{
	if (term->mono)
		return DEPTH_MONO;
	if (term->direct || takes_true_colour(term))
		return DEPTH_TRUE;
	return COLORS >= 256 ? DEPTH_256 : DEPTH_16;
}

static attr_t attributes(unsigned attrs)
{
	attr_t out = A_NORMAL;
	if (attrs & ATTR_BOLD)
		out |= A_BOLD;
	if (attrs & ATTR_DIM)
		out |= A_DIM;
	if (attrs & ATTR_UNDERLINE)
		out |= A_UNDERLINE;
	if (attrs & ATTR_REVERSE)
		out |= A_REVERSE;
	if (attrs & ATTR_ITALIC)
		out |= A_ITALIC;
	return out;
}

/* Pairs are made when a role is first drawn: alloc_pair() finds the same colours again. */
static void make_style(struct term *term, const struct theme *theme, int role)
{
	struct theme_look look = theme_look(theme, (enum role)role, term->depth);
	struct term_style *made = &term->styles[role];
	if (!term->stand_ins_known)
		term_colour_reserve(term, theme);
	*made = (struct term_style){.known = true, .attrs = attributes(look.attrs)};
	if (term->depth == DEPTH_MONO)
		return;
	attr_t bold = 0;
	int fg = term_colour_of(term, look.fg, COLOR_WHITE, &bold);
	int bg = term_colour_of(term, look.bg, COLOR_BLACK, NULL);
	made->attrs |= bold;
	if (fg >= 0 || bg >= 0)
		made->pair = MAX(alloc_pair(fg, bg), 0);
}

static const struct term_style *style_of(struct term *term, const struct theme *theme, uint8_t role)
{
	role = role < ROLE_N ? role : ROLE_TEXT;
	if (!term->styles[role].known)
		make_style(term, theme, role);
	return &term->styles[role];
}

void term_new_theme(struct term *term)
{
	memset(term->styles, 0, sizeof(term->styles));
	term->stand_ins_known = false;
	reset_color_pairs();
	term_repaint(term);
}

enum { SCROLL_FROM_ROWS = 4 };

/* ---- frames ----------------------------------------------------------------- */

static attr_t cell_attributes(const struct cell *cell, attr_t attrs)
{
	if (cell->flags & DRAW_REVERSE)
		attrs ^= A_REVERSE;
	if (cell->flags & DRAW_BOLD)
		attrs |= A_BOLD;
	if (cell->flags & DRAW_UNDERLINE)
		attrs |= A_UNDERLINE;
	return attrs;
}

/* Where C's tables and ours disagree on the width, a wrong column would shift the whole row: show a stand-in. */
static bool width_agrees(const struct cell *cell, int columns)
{
	return cell->ch < 0x7f || wcwidth((wchar_t)cell->ch) == columns;
}

/* Number of cchar_t made for a row, or a piece of one. */
static int compose_row(struct term *term, const struct cell *row, int cols, const struct theme *theme, cchar_t *out)
{
	int n = 0;
	for (int x = 0; x < cols; x++) {
		if (!row[x].ch)
			continue;
		int columns = x + 1 < cols && !row[x + 1].ch ? 2 : 1;
		bool fits = width_agrees(&row[x], columns);
		wchar_t text[4] = {fits ? (wchar_t)row[x].ch : L'?'};
		for (int i = 0; fits && i < 2 && row[x].comb[i]; i++)
			if (wcwidth((wchar_t)row[x].comb[i]) == 0)
				text[wcslen(text)] = (wchar_t)row[x].comb[i];
		bool coloured = row[x].flags & DRAW_COLOURS;
		struct term_style style =
		        coloured ? term_picture_style(term, theme, &row[x]) : *style_of(term, theme, row[x].role);
		int pair = style.pair;
		attr_t attrs = cell_attributes(&row[x], style.attrs);
		setcchar(&out[n++], text, attrs, (short)MIN(pair, G_MAXSHORT), &pair);
		if (!fits && columns == 2)
			setcchar(&out[n++], L" ", attrs, (short)MIN(pair, G_MAXSHORT), &pair);
	}
	return n;
}

static bool same_cells(const struct cell *a, const struct cell *b, int n)
{
	return memcmp(a, b, (gsize)n * sizeof(*a)) == 0;
}

/* The cells that differ, whole characters: from, up to; false = none do. */
static bool difference(const struct cell *row, const struct cell *shown, int cols, int *ret_from, int *ret_end)
{
	int from = 0, end = cols;
	if (same_cells(row, shown, cols))
		return false;
	while (same_cells(&row[from], &shown[from], 1))
		from++;
	while (same_cells(&row[end - 1], &shown[end - 1], 1))
		end--;
	while (from > 0 && (!row[from].ch || !shown[from].ch))
		from--;
	while (end < cols && (!row[end].ch || !shown[end].ch))
		end++;
	*ret_from = from;
	*ret_end = end;
	return true;
}

static void fit_shown(struct term *term, const struct canvas *canvas)
{
	gsize n = (gsize)canvas->rows * (gsize)canvas->cols;
	if (term->shown && term->shown_rows == canvas->rows && term->shown_cols == canvas->cols)
		return;
	g_free(term->shown);
	/* No cell of a canvas is all zero twice in a row from column 0, so that no row looks sent already. */
	term->shown = g_new0(struct cell, n + 1);
	term->shown_rows = canvas->rows;
	term->shown_cols = canvas->cols;
}

/* Returns how many rows changed. */
static int send_rows(struct term *term, struct canvas *canvas, const struct theme *theme)
{
	g_autofree cchar_t *line = g_new(cchar_t, canvas->cols + 2);
	int changed = 0;
	g_autofree struct cell *room = g_new(struct cell, canvas->cols + 1);
	fit_shown(term, canvas);
	for (int y = 0; y < canvas->rows; y++) {
		const struct cell *row = term_graphic_row(term, canvas, y, room);
		struct cell *shown = term->shown + (gsize)y * (gsize)canvas->cols;
		int from, end;
		bool differs = canvas->dirty[y] && difference(row, shown, canvas->cols, &from, &end);
		canvas->dirty[y] = false;
		if (!differs)
			continue;
		int n = compose_row(term, row + from, end - from, theme, line);
		mvwadd_wchnstr(stdscr, y, from, line, n);
		memcpy(shown + from, row + from, sizeof(*row) * (gsize)(end - from));
		changed++;
	}
	return changed;
}

/* The cursor rests on the selected row also while it is hidden: screen readers and magnifiers follow it. */
static bool place_cursor(struct term *term, const struct canvas *canvas)
{
	int y = canvas->cursor_y, x = canvas->cursor_x;
	bool inside = y >= 0 && x >= 0 && y < canvas->rows && x < canvas->cols;
	int wanted = inside && canvas->cursor_visible;
	bool moved = inside && (y != term->cursor_y || x != term->cursor_x);
	if (wanted != term->cursor_shown)
		curs_set(wanted);
	bool any = moved || wanted != term->cursor_shown;
	term->cursor_shown = wanted;
	if (inside) {
		term->cursor_y = y;
		term->cursor_x = x;
	}
	wmove(stdscr, MIN(term->cursor_y, MAX(canvas->rows - 1, 0)), MIN(term->cursor_x, MAX(canvas->cols - 1, 0)));
	return any;
}

bool term_busy(const struct term *term)
{
	return term->out_buffer->len > 0;
}

bool term_flush(struct term *term)
{
	while (term->out_buffer->len > 0) {
		struct pollfd ready = {.fd = term->tty_fd, .events = POLLOUT};
		if (term->blocks && (poll(&ready, 1, 0) <= 0 || !(ready.revents & POLLOUT)))
			return !(ready.revents & (POLLERR | POLLHUP | POLLNVAL));
		/* Small pieces: where our description is a blocking one, they fit. */
		ssize_t n = write(term->tty_fd, term->out_buffer->data, MIN(term->out_buffer->len, 2048));
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return false;
		if (n < 0 && errno == EAGAIN)
			return true;
		if (n > 0)
			g_byte_array_remove_range(term->out_buffer, 0, (guint)n);
	}
	return true;
}

bool term_draw(struct term *term, struct canvas *canvas, const struct theme *theme)
{
	bool all = term->repaint;
	if (all) {
		g_clear_pointer(&term->shown, g_free);
		canvas_touch(canvas);
		clearok(curscr, TRUE);
		term_graphic_forget(term);
		term->repaint = false;
	}
	term_graphic_follow(term, canvas);
	int rows = send_rows(term, canvas, theme);
	bool moved = place_cursor(term, canvas);
	if (rows > 0 || moved || all) {
		/* To look for rows that scrolled ncurses reads the whole screen. */
		idlok(stdscr, rows >= SCROLL_FROM_ROWS && !term->shown_graphic.graphic);
		/* Nor may characters be pushed aside: what the terminal shows over its cells would go with them. */
		idcok(stdscr, !term->shown_graphic.graphic);
		wnoutrefresh(stdscr);
		doupdate();
		collect(term);
		term_fence_frame(term, term->out_buffer->len);
	}
	return term_flush(term);
}

void term_repaint(struct term *term)
{
	term->repaint = true;
}

/* ---- Ctrl-Z ----------------------------------------------------------------- */

void term_modes_again(struct term *term)
{
	tcsetattr(STDIN_FILENO, TCSANOW, &term->raw);
	term_modes_on(term);
	term_fence_start(term);
	term_repaint(term);
}

void term_leave(struct term *term)
{
	give_back(term);
	term_guard_pause(true);
}

void term_stop_away(struct term *term)
{
	struct termios theirs;
	bool known = tcgetattr(STDIN_FILENO, &theirs) == 0;
	tcsetattr(STDIN_FILENO, TCSANOW, &term->saved);
	term_guard_stop();
	term_guard_pause(true);
	if (known)
		tcsetattr(STDIN_FILENO, TCSANOW, &theirs);
}

void term_return(struct term *term)
{
	term_guard_pause(false);
	g_byte_array_set_size(term->out_buffer, 0);
	wnoutrefresh(stdscr);
	doupdate();
	collect(term);
	term->cursor_shown = -1;
	term_modes_again(term);
}

void term_suspend(struct term *term)
{
	give_back(term);
	term_guard_stop();
	term_return(term);
}
