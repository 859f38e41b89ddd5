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
enum { CODE_PASTE_START = KEY_MAX + 16, CODE_PASTE_END, CODE_SHIFT_UP, CODE_SHIFT_DOWN };
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
	mouseinterval(0);
	for (gsize i = 0; i < G_N_ELEMENTS(extra); i++)
		if (!key_defined(extra[i].sequence))
			define_key(extra[i].sequence, extra[i].code);
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

static int press_button(mmask_t state)
{
	if (state & BUTTON1_PRESSED)
		return 1;
	if (state & BUTTON2_PRESSED)
		return 2;
	if (state & BUTTON3_PRESSED)
		return 3;
	if (state & BUTTON4_PRESSED)
		return 4;
	return state & BUTTON5_PRESSED ? 5 : 0;
}

static int release_button(mmask_t state)
{
	if (state & BUTTON1_RELEASED)
		return 1;
	if (state & BUTTON2_RELEASED)
		return 2;
	return state & BUTTON3_RELEASED ? 3 : 0;
}

static bool mouse_event(struct term *term, struct mouse *ret)
{
	MEVENT event;
	if (getmouse(&event) != OK)
		return false;
	int press = press_button(event.bstate), release = release_button(event.bstate);
	if (!press && !release)
		return false;
	*ret = (struct mouse){.y = event.y, .x = event.x, .clicks = 1};
	ret->what = press ? MOUSE_PRESS : MOUSE_RELEASE;
	ret->button = press ? press : release;
	if (!press || press > 3)
		return true;
	gint64 now = g_get_monotonic_time();
	bool again = now - term->click_us < DOUBLE_CLICK_US && term->click_y == event.y &&
	             term->click_x == event.x && term->click_button == press;
	ret->clicks = again ? 2 : 1;
	term->click_us = again ? 0 : now;
	term->click_y = event.y;
	term->click_x = event.x;
	term->click_button = press;
	return true;
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

static enum term_event read_code(struct term *term, wint_t code, keycode *ret_key, struct mouse *ret_mouse,
        char **ret_text)
{
	if (code == CODE_PASTE_END && term->paste)
		return paste_end(term, ret_text);
	if (code == CODE_PASTE_START) {
		if (!term->paste)
			term->paste = g_string_new(NULL);
		return TERM_KEY;
	}
	if (code == KEY_MOUSE)
		return mouse_event(term, ret_mouse) ? TERM_MOUSE : TERM_KEY;
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
	if (result == KEY_CODE_YES)
		return read_code(term, ch, ret_key, ret_mouse, ret_text);
	if (term->paste && ch == 27)
		/* Its end got lost: a lone Esc ends it. */
		return paste_end(term, ret_text);
	if (term->paste)
		paste_char(term, ch);
	else
		*ret_key = ch == 27 ? escape_key(term) : character_key(ch);
	return TERM_KEY;
}
