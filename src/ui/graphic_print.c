/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A graphic printed where the cursor stands, and the terminal asked for what it has: see graphic.h. Blocks. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "nvirt/graphic.h"
#include "term_ask.h"

enum { ANSWER_US = 2 * G_USEC_PER_SEC, ANSWER_BYTES_MAX = 4096, ROWS = 24, COLS = 80 };
/* Nobody types meanwhile: what a picture has it may have. */
#define BAND_BYTES G_MAXSIZE
/* The images' names, of which each picture takes some; another one's with the same name would go. */
enum { ID_FIRST = 0x6e770000, ID_MASK = 0xffff };

/* ---- what it has ---- */

static const struct {
	enum answer_kind kind;
	const char *start, *end;
} answers[] = {{ANSWER_KITTY, "\033_G", "\033\\"}, {ANSWER_CELL, "\033[6;", "t"}, {ANSWER_ATTRIBUTES, "\033[?", "c"}};

static void take_answers(struct term_says *says, const char *text)
{
	for (gsize i = 0; i < G_N_ELEMENTS(answers); i++) {
		const char *start = strstr(text, answers[i].start), *end;

		start = start ? start + strlen(answers[i].start) : NULL;
		end = start ? strstr(start, answers[i].end) : NULL;
		if (!end)
			continue;
		g_autofree char *inner = g_strndup(start, (gsize)(end - start));
		term_says_take(says, answers[i].kind, inner);
	}
}

/* Until the last answer has come, nothing more comes, or it is too late. */
static void read_answers(int tty, struct term_says *says)
{
	gint64 until_us = g_get_monotonic_time() + ANSWER_US;
	char text[ANSWER_BYTES_MAX] = "";
	gsize length = 0;

	while (!says->attributes && length + 1 < sizeof(text)) {
		struct pollfd ready = {.fd = tty, .events = POLLIN};
		int left_ms = (int)MAX((until_us - g_get_monotonic_time()) / 1000, 0);
		ssize_t n;

		if (poll(&ready, 1, left_ms) <= 0)
			return;
		n = read(tty, text + length, sizeof(text) - length - 1);
		if (n <= 0)
			return;
		length += (gsize)n;
		/* What is no text is none of ours. */
		for (gsize i = length - (gsize)n; i < length; i++)
			text[i] = text[i] ? text[i] : ' ';
		text[length] = '\0';
		take_answers(says, text);
	}
}

/* Its own description: stdin may be something else. No echo, or the answers would be seen. */
static void ask(bool graphics, bool cell, struct term_says *says)
{
	g_autoptr(GByteArray) questions = g_byte_array_new();
	struct termios saved, quiet;
	int tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (tty >= 0 && tcgetattr(tty, &saved) == 0) {
		quiet = saved;
		quiet.c_lflag &= (tcflag_t) ~(ICANON | ECHO);
		tcsetattr(tty, TCSAFLUSH, &quiet);
		term_questions(graphics, cell, questions);
		if (write(tty, questions->data, questions->len) == (ssize_t)questions->len)
			read_answers(tty, says);
		tcsetattr(tty, TCSAFLUSH, &saved);
	}
	if (tty >= 0)
		close(tty);
}

static bool refuse(GError **error, const char *why)
{
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "cannot show a picture: %s", why);
	return false;
}

bool graphic_target_find(int fd, enum config_graphics wish, struct graphic_target *ret, GError **error)
{
	struct graphic_target target = {.kind = wish == GRAPHICS_SIXEL ? GRAPHIC_SIXEL : GRAPHIC_KITTY,
	        .rows = ROWS, .cols = COLS, .cell_w = GRAPHIC_CELL_W, .cell_h = GRAPHIC_CELL_H};
	struct winsize size = {0};
	struct term_says says = {0};
	bool terminal = isatty(fd), known = term_cell_pixels_of(fd, &target.cell_w, &target.cell_h);

	if (wish == GRAPHICS_AUTO && !terminal)
		return refuse(error, "standard output is no terminal; --graphics kitty or sixel says for which one it is");
	if (wish == GRAPHICS_AUTO && term_is_multiplexer(g_getenv("TERM")))
		return refuse(error, term_multiplexer_words);
	if (terminal && (wish == GRAPHICS_AUTO || !known))
		ask(wish == GRAPHICS_AUTO, !known, &says);
	if (wish == GRAPHICS_AUTO && !says.kitty && !says.sixel)
		return refuse(error, says.attributes ? "this terminal has neither kitty's graphics nor sixels"
		                                     : "this terminal did not say what graphics it has");
	if (wish == GRAPHICS_AUTO)
		target.kind = says.kitty ? GRAPHIC_KITTY : GRAPHIC_SIXEL;
	if (!known && says.cell_w) {
		target.cell_w = says.cell_w;
		target.cell_h = says.cell_h;
	}
	if (terminal && ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_row && size.ws_col) {
		target.rows = size.ws_row;
		target.cols = size.ws_col;
	}
	*ret = target;
	return true;
}

/* ---- printing ---- */

/* As large as it is, or as there is room; a line stays for what comes next. */
static struct graphic_shape fit(const struct graphic_target *target, const struct picture *picture)
{
	double width = MIN((double)picture->width, (double)target->cols * target->cell_w);
	double height = width * picture->height / picture->width, room = (double)MAX(target->rows - 1, 1) * target->cell_h;

	if (height > room) {
		width *= room / height;
		height = room;
	}
	return (struct graphic_shape){.kind = target->kind,
	        .width = picture->width,
	        .height = picture->height,
	        .rows = MAX((int)(height / target->cell_h + 0.5), 1),
	        .cols = CLAMP((int)(width / target->cell_w + 0.5), 1, target->cols),
	        .cell_w = target->cell_w,
	        .cell_h = target->cell_h};
}

static void append(GByteArray *out, const char *text)
{
	g_byte_array_append(out, (const guint8 *)text, (guint)strlen(text));
}

/* Room is made first, so that nothing scrolls while the band is shown. */
static void print_band(const struct graphic *graphic, unsigned index, uint32_t id, GByteArray *out)
{
	int rows = graphic_band(graphic, index)->rows;
	g_autofree char *up = g_strdup_printf("\033[%dA\0337", rows), *down = g_strdup_printf("\0338\033[%dB\r", rows);

	for (int i = 0; i < rows; i++)
		append(out, "\n");
	append(out, up);
	graphic_put_band(graphic, index, id, out);
	append(out, down);
}

GBytes *graphic_print(const struct graphic_target *target, const struct picture *picture, GError **error)
{
	struct graphic_shape shape = fit(target, picture);
	struct graphic *graphic = graphic_new(&shape, picture, BAND_BYTES, NULL);
	GByteArray *out;
	uint32_t id = g_random_int() & ID_MASK;

	if (!graphic) {
		refuse(error, "it has too many pixels");
		return NULL;
	}
	out = g_byte_array_new();
	for (unsigned i = 0; i < graphic_bands(graphic); i++)
		print_band(graphic, i, ID_FIRST + ((id + i) & ID_MASK), out);
	graphic_unref(graphic);
	return g_byte_array_free_to_bytes(out);
}
