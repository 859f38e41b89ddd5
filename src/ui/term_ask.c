/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asking the terminal what graphics it has, only when somebody wants them: kitty's own question, the size of a
 * cell (XTWINOPS 16) where the kernel does not know it, and the primary attributes (DA1), which every terminal answers:
 * when they are there, so is all that will come. Main thread.
 */
#include "term_ask.h"

#include <string.h>
#include <sys/ioctl.h>

#include "nvirt/graphic.h"
#include "term_private.h"

/* A picture of one pixel that is only looked at (a=q): https://sw.kovidgoyal.net/kitty/graphics-protocol/ */
#define KITTY_QUESTION "\033_Gi=7566,s=1,v=1,a=q,t=d,f=24;AAAA\033\\"
#define KITTY_YES "i=7566;OK"
#define CELL_QUESTION "\033[16t"
#define ATTRIBUTES_QUESTION "\033[c"
/* The attribute that means sixels: DEC's, and all that followed. */
enum { ATTRIBUTE_SIXEL = 4 };
enum { NUMBERS_MAX = 32, ANSWER_BYTES_MAX = 512 };

/* ---- what an answer means ---- */

/* "62;4;22": how many; 0 = that is no list of numbers. */
static unsigned read_numbers(const char *text, int numbers[NUMBERS_MAX])
{
	unsigned n = 0;

	for (;; text++) {
		int value = 0, digits = 0;

		for (; g_ascii_isdigit(*text) && digits < 6; text++, digits++)
			value = value * 10 + *text - '0';
		if (!digits || n == NUMBERS_MAX)
			return 0;
		numbers[n++] = value;
		if (!*text)
			return n;
		if (*text != ';')
			return 0;
	}
}

static bool take_attributes(struct term_says *says, const int *numbers, unsigned n)
{
	says->attributes = true;
	/* The first is the terminal's class. */
	for (unsigned i = 1; i < n; i++)
		says->sixel |= numbers[i] == ATTRIBUTE_SIXEL;
	return true;
}

static bool is_cell_side(int pixels)
{
	return pixels >= GRAPHIC_CELL_MIN && pixels <= GRAPHIC_CELL_MAX;
}

static bool take_cell(struct term_says *says, const int *numbers, unsigned n)
{
	if (n != 2 || !is_cell_side(numbers[0]) || !is_cell_side(numbers[1]))
		return false;
	says->cell_h = numbers[0];
	says->cell_w = numbers[1];
	return true;
}

bool term_says_take(struct term_says *says, enum answer_kind kind, const char *text)
{
	int numbers[NUMBERS_MAX];
	unsigned n;

	if (kind == ANSWER_KITTY) {
		says->kitty |= strcmp(text, KITTY_YES) == 0;
		return says->kitty;
	}
	n = read_numbers(text, numbers);
	if (!n)
		return false;
	return kind == ANSWER_CELL ? take_cell(says, numbers, n) : take_attributes(says, numbers, n);
}

/* ---- asking ---- */

const char term_multiplexer_words[] =
        "tmux and screen lose or misplace graphics; \"graphics\": \"sixel\" or \"kitty\" in the configuration, or --graphics, forces "
        "them";

bool term_is_multiplexer(const char *name)
{
	return g_getenv("TMUX") || g_getenv("STY") ||
	       (name && (g_str_has_prefix(name, "screen") || g_str_has_prefix(name, "tmux")));
}

const char *term_why_no_graphics(const struct term *term, bool forced)
{
	if (!term->private_modes)
		return "this terminal has no graphics";
	if (!term_is_utf8())
		return "graphics need a locale with UTF-8";
	return term_is_multiplexer(term->name) && !forced ? term_multiplexer_words : NULL;
}

bool term_cell_pixels(const struct term *term, int *ret_w, int *ret_h)
{
	return term_cell_pixels_of(term->tty_fd, ret_w, ret_h);
}

bool term_cell_pixels_of(int fd, int *ret_w, int *ret_h)
{
	struct winsize size = {0};
	int w, h;

	if (ioctl(fd, TIOCGWINSZ, &size) < 0 || !size.ws_row || !size.ws_col)
		return false;
	w = size.ws_xpixel / size.ws_col;
	h = size.ws_ypixel / size.ws_row;
	if (!is_cell_side(w) || !is_cell_side(h))
		return false;
	*ret_w = w;
	*ret_h = h;
	return true;
}

void term_questions(bool graphics, bool cell, GByteArray *out)
{
	const char *const questions[] = {graphics ? KITTY_QUESTION : "", cell ? CELL_QUESTION : "", ATTRIBUTES_QUESTION};

	for (gsize i = 0; i < G_N_ELEMENTS(questions); i++)
		g_byte_array_append(out, (const guint8 *)questions[i], (guint)strlen(questions[i]));
}

void term_ask(struct term *term, bool graphics, bool cell)
{
	/* From now on, as they may come late: else they would be typed keys. */
	term_input_answers();
	term_questions(graphics, cell, term->out_buffer);
}

/* ---- answers ---- */

void term_answer_start(struct term *term, enum answer_kind kind, const char *text)
{
	if (term->answer)
		g_string_free(term->answer, TRUE);
	term->answer = g_string_new(text);
	term->answer_kind = kind;
	term->answer_esc = false;
}

/* The last byte of one: of a string ESC \, else a letter. */
static bool ends(const struct term *term, wint_t ch)
{
	if (term->answer_kind == ANSWER_KITTY)
		return term->answer_esc && ch == '\\';
	return ch >= 0x40 && ch < 0x7f;
}

static bool is_right_end(const struct term *term, wint_t ch)
{
	return ch == (wint_t)(term->answer_kind == ANSWER_ATTRIBUTES ? 'c' : term->answer_kind == ANSWER_CELL ? 't' : '\\');
}

enum term_event term_answer_char(struct term *term, wint_t ch)
{
	bool end = ends(term, ch), lost = term->answer_esc || ch >= 0x7f || term->answer->len >= ANSWER_BYTES_MAX;
	bool taken = false;

	if (!end && !lost) {
		term->answer_esc = ch == 27;
		/* One that is interrupted by a key, or by nonsense, is over. */
		lost = term->answer_esc ? term->answer_kind != ANSWER_KITTY : ch < 32;
		if (!lost && !term->answer_esc)
			g_string_append_c(term->answer, (char)ch);
	}
	if (!end && !lost)
		return TERM_KEY;
	if (end && is_right_end(term, ch))
		taken = term_says_take(&term->says, term->answer_kind, term->answer->str);
	g_string_free(g_steal_pointer(&term->answer), TRUE);
	return taken ? TERM_SAYS : TERM_KEY;
}

const struct term_says *term_said(const struct term *term)
{
	return &term->says;
}
