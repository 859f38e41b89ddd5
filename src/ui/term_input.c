/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is typed: ncurses decodes the terminal's sequences, here they become
 * keycodes, mouse events and pastes. Never waits but for the 25 ms that tell
 * an Esc from a sequence. Main thread.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "nvirt/text.h"
#include "term_private.h"

/* ncurses' codes for what it has no names for; beyond KEY_MAX. */
enum { CODE_PASTE_START = KEY_MAX + 16, CODE_PASTE_END, CODE_SHIFT_UP, CODE_SHIFT_DOWN, CODE_MOUSE, CODE_MOUSE_OLD, CODE_ANSWER,
	CODE_ATTRIBUTES, CODE_KITTY, CODE_CELL /* and its height */ };
enum { MOUSE_MAX_BYTES = 24, MOUSE_OLD_BYTES = 3 };
enum { PASTE_MAX_BYTES = 64 * 1024, DOUBLE_CLICK_US = 400000 };

static const struct {
	int code;
	keycode key;
} codes[] = {
        {KEY_UP, K_UP},
        {KEY_DOWN, K_DOWN},
        {KEY_LEFT, K_LEFT},
        {KEY_RIGHT, K_RIGHT},
        {KEY_HOME, K_HOME},
        {KEY_FIND, K_HOME},
        {KEY_END, K_END},
        {KEY_SELECT, K_END},
        {KEY_LL, K_END},
        {KEY_PPAGE, K_PGUP},
        {KEY_NPAGE, K_PGDN},
        {KEY_IC, K_INSERT},
        {KEY_DC, K_DELETE},
        {KEY_BACKSPACE, K_BACKSPACE},
        {KEY_ENTER, K_ENTER},
        {KEY_BTAB, KEY_SHIFT | K_TAB},
        {KEY_SLEFT, KEY_SHIFT | K_LEFT},
        {KEY_SRIGHT, KEY_SHIFT | K_RIGHT},
        {KEY_SR, KEY_SHIFT | K_UP},
        {KEY_SF, KEY_SHIFT | K_DOWN},
        {KEY_SHOME, KEY_SHIFT | K_HOME},
        {KEY_SEND, KEY_SHIFT | K_END},
        {KEY_SDC, KEY_SHIFT | K_DELETE},
};

/* Sequences that many terminals send whatever their description says. */
static const struct {
	const char *sequence;
	int code;
} extra[] = {
        {"\033[200~", CODE_PASTE_START},
        {"\033[201~", CODE_PASTE_END},
        {"\033[0n", CODE_ANSWER},
        {"\033[Z", KEY_BTAB},
        {"\033[H", KEY_HOME},
        {"\033[F", KEY_END},
        {"\033OH", KEY_HOME},
        {"\033OF", KEY_END},
        {"\033[1~", KEY_HOME},
        {"\033[4~", KEY_END},
        {"\033[5~", KEY_PPAGE},
        {"\033[6~", KEY_NPAGE},
        {"\033[A", KEY_UP},
        {"\033[B", KEY_DOWN},
        {"\033[C", KEY_RIGHT},
        {"\033[D", KEY_LEFT},
        {"\033OA", KEY_UP},
        {"\033OB", KEY_DOWN},
        {"\033OC", KEY_RIGHT},
        {"\033OD", KEY_LEFT},
};

void term_input_init(struct term *term)
{
	term->input = newpad(1, 1);
	keypad(term->input, TRUE);
	nodelay(term->input, TRUE);
	meta(term->input, TRUE);
	/* The mouse is read here: ncurses knows its reports only from some descriptions. */
	define_key(NULL, KEY_MOUSE);
	define_key("\033[<", CODE_MOUSE);
	define_key("\033[M", CODE_MOUSE_OLD);
	for (gsize i = 0; i < G_N_ELEMENTS(extra); i++)
		if (!key_defined(extra[i].sequence))
			define_key(extra[i].sequence, extra[i].code);
}

/*
 * Ncurses takes no sequence that others begin with, as "ESC [ 6 ;" does in those of PgDn with Shift and the like: so
 * each height that a cell may have is a sequence of its own.
 */
void term_input_answers(void)
{
	define_key("\033[?", CODE_ATTRIBUTES);
	define_key("\033_G", CODE_KITTY);
	for (int height = GRAPHIC_CELL_MIN; height <= GRAPHIC_CELL_MAX; height++) {
		g_autofree char *start = g_strdup_printf("\033[6;%d;", height);
		define_key(start, CODE_CELL + height);
	}
}

static bool answer_code(struct term *term, wint_t code)
{
	if (code == CODE_ATTRIBUTES || code == CODE_KITTY) {
		term_answer_start(term, code == CODE_KITTY ? ANSWER_KITTY : ANSWER_ATTRIBUTES, "");
		return true;
	}
	if (code < CODE_CELL || code > CODE_CELL + GRAPHIC_CELL_MAX)
		return false;
	g_autofree char *height = g_strdup_printf("%d;", (int)code - CODE_CELL);
	term_answer_start(term, ANSWER_CELL, height);
	return true;
}

/* ---- keys ------------------------------------------------------------------- */

static keycode control_key(wint_t ch)
{
	switch (ch) {
	case 0:
		return KEY_CTRL | K_SPACE;
	case '\t':
		return K_TAB;
	case '\r':
	case '\n':
		return K_ENTER;
	case 8:
	case 127:
		return K_BACKSPACE;
	case 27:
		return K_ESC;
	default:
		return KEY_CTRL | (ch <= 26 ? (keycode)ch + 'a' - 1 : (keycode)ch + '@');
	}
}

static keycode character_key(wint_t ch)
{
	if (ch < 32 || ch == 127)
		return control_key(ch);
	return ch < 0x110000 && g_unichar_isprint(ch) ? (keycode)ch : K_NONE;
}

static keycode function_key(wint_t code)
{
	if (code >= KEY_F(1) && code <= KEY_F(12))
		return K_F1 + (keycode)(code - KEY_F(1));
	for (gsize i = 0; i < G_N_ELEMENTS(codes); i++)
		if ((wint_t)codes[i].code == code)
			return codes[i].key;
	return K_NONE;
}

/* Esc with something right behind it is Alt with that key. */
static keycode escape_key(struct term *term)
{
	wint_t ch;
	int result = wget_wch(term->input, &ch);
	if (result == KEY_CODE_YES && ch == CODE_ANSWER) {
		term_fence_answer(term);
		return K_ESC;
	}
	if (result == KEY_CODE_YES) {
		keycode key = function_key(ch);
		if (key == K_NONE)
			unget_wch(27);
		return key == K_NONE ? K_NONE : KEY_ALT | key;
	}
	if (result == ERR)
		return K_ESC;
	if (ch == 27) {
		unget_wch((wchar_t)ch);
		return K_ESC;
	}
	keycode key = character_key(ch);
	return key == K_NONE ? K_ESC : KEY_ALT | key;
}

/* ---- mouse ------------------------------------------------------------------ */

/* xterm's button code (ctlseqs, "Mouse Tracking"): modifiers are 4, 8 and 16, 32 is motion, 64 the wheel. */
enum { CODE_BUTTON = 3, CODE_MOTION = 32, CODE_WHEEL = 64, CODE_MORE = 128 };

static void count_clicks(struct term *term, struct mouse *mouse)
{
	gint64 now = g_get_monotonic_time();
	bool again = now - term->click_us < DOUBLE_CLICK_US && term->click_y == mouse->y && term->click_x == mouse->x &&
	             term->click_button == mouse->button;
	mouse->clicks = again ? 2 : 1;
	term->click_us = again ? 0 : now;
	term->click_y = mouse->y;
	term->click_x = mouse->x;
	term->click_button = mouse->button;
}

/* False for what means nothing here: other buttons, a wheel to the side, motion without a button. */
static bool make_mouse(struct term *term, int code, int x, int y, bool release, struct mouse *ret)
{
	int button = code & CODE_BUTTON;
	bool wheel = code & CODE_WHEEL;
	if (code & CODE_MORE || x < 1 || y < 1 || x > TERM_MAX_SIDE || y > TERM_MAX_SIDE)
		return false;
	if (wheel && (button > 1 || release))
		return false;
	*ret = (struct mouse){.y = y - 1, .x = x - 1, .clicks = 1, .button = wheel ? 4 + button : 1 + button};
	ret->what = release ? MOUSE_RELEASE : code & CODE_MOTION && !wheel ? MOUSE_DRAG : MOUSE_PRESS;
	if (ret->what == MOUSE_DRAG && button == CODE_BUTTON)
		return false;
	if (ret->what == MOUSE_PRESS && !wheel)
		count_clicks(term, ret);
	return true;
}

/* "0;12;7M", "0;12;7m" */
static bool parse_mouse(struct term *term, const char *text, struct mouse *ret)
{
	int value[3] = {0};
	gsize n = 0;
	for (; *text && *text != 'M' && *text != 'm'; text++) {
		if (*text == ';' && ++n < G_N_ELEMENTS(value))
			continue;
		if (n >= G_N_ELEMENTS(value) || !g_ascii_isdigit(*text) || value[n] > TERM_MAX_SIDE)
			return false;
		value[n] = value[n] * 10 + *text - '0';
	}
	return n == 2 && make_mouse(term, value[0], value[1], value[2], *text == 'm', ret);
}

/* A release does not say of which button: of the first, which is the one that is held for something. */
static bool parse_mouse_old(struct term *term, const char *text, struct mouse *ret)
{
	int code = text[0] - 32;
	bool release = (code & CODE_BUTTON) == CODE_BUTTON && !(code & (CODE_MOTION | CODE_WHEEL));
	return make_mouse(term, release ? 0 : code, text[1] - 32, text[2] - 32, release, ret);
}

static void mouse_start(struct term *term, bool old)
{
	if (term->mouse_bytes)
		g_string_free(term->mouse_bytes, TRUE);
	term->mouse_bytes = g_string_new(NULL);
	term->mouse_old = old;
}

/* One more character of a report. */
static enum term_event mouse_char(struct term *term, wint_t ch, struct mouse *ret)
{
	GString *bytes = term->mouse_bytes;
	bool ok = ch < 0x80 && ch >= 32, old = term->mouse_old;
	g_string_append_c(bytes, ok ? (char)ch : '?');
	bool ends = old ? bytes->len == MOUSE_OLD_BYTES : !g_ascii_isdigit(ch) && ch != ';';
	if (ok && !ends && bytes->len < MOUSE_MAX_BYTES)
		return TERM_KEY;
	term->mouse_bytes = NULL;
	bool event = ok && ends && (old ? parse_mouse_old(term, bytes->str, ret) : parse_mouse(term, bytes->str, ret));
	g_string_free(bytes, TRUE);
	return event ? TERM_MOUSE : TERM_KEY;
}

/* ---- pastes ----------------------------------------------------------------- */

static void paste_char(struct term *term, wint_t ch)
{
	if (term->paste->len + 4 < PASTE_MAX_BYTES && ch < 0x110000)
		g_string_append_unichar(term->paste, ch == '\r' ? '\n' : ch);
}

static enum term_event paste_end(struct term *term, char **ret_text)
{
	g_autoptr(GString) paste = g_steal_pointer(&term->paste);
	*ret_text = text_clean_lines(paste->str, (gssize)paste->len);
	return TERM_PASTE;
}

/* ---- reading ---------------------------------------------------------------- */

/* Nothing came: is there really nothing, or nobody any more? */
static enum term_event nothing(void)
{
	struct pollfd ready = {.fd = STDIN_FILENO, .events = POLLIN};
	int waiting = 0;
	if (poll(&ready, 1, 0) <= 0)
		return TERM_NONE;
	if (ready.revents & (POLLERR | POLLNVAL | POLLHUP))
		return TERM_GONE;
	if (ioctl(STDIN_FILENO, FIONREAD, &waiting) < 0 || waiting == 0)
		return TERM_GONE;
	return TERM_NONE;
}

static enum term_event read_code(struct term *term, wint_t code, keycode *ret_key, char **ret_text)
{
	if (code == CODE_PASTE_END && term->paste)
		return paste_end(term, ret_text);
	if (code == CODE_ANSWER) {
		term_fence_answer(term);
		return TERM_ANSWER;
	}
	if (answer_code(term, code))
		return TERM_KEY;
	if (code == CODE_PASTE_START) {
		if (!term->paste)
			term->paste = g_string_new(NULL);
		return TERM_KEY;
	}
	if (code == CODE_MOUSE || code == CODE_MOUSE_OLD) {
		mouse_start(term, code == CODE_MOUSE_OLD);
		return TERM_KEY;
	}
	if (!term->paste)
		*ret_key = function_key(code);
	return TERM_KEY;
}

enum term_event term_read(struct term *term, keycode *ret_key, struct mouse *ret_mouse, char **ret_text)
{
	wint_t ch;
	*ret_key = K_NONE;
	errno = 0;
	int result = wget_wch(term->input, &ch);
	if (result == ERR)
		return nothing();
	if (term->mouse_bytes && result != KEY_CODE_YES)
		return mouse_char(term, ch, ret_mouse);
	if (term->answer && result != KEY_CODE_YES)
		return term_answer_char(term, ch);
	if (result == KEY_CODE_YES)
		return read_code(term, ch, ret_key, ret_text);
	if (term->paste && ch == 27)
		/* Its end got lost: a lone Esc ends it. */
		return paste_end(term, ret_text);
	if (term->paste)
		paste_char(term, ch);
	else
		*ret_key = ch == 27 ? escape_key(term) : character_key(ch);
	return TERM_KEY;
}
