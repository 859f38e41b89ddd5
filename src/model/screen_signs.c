/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a screen says about its guest: see screen_signs.h.
 *
 * The words of kernels, firmware, boot loaders and installers are known; where they stand counts
 * as much, so that a manual or a log that is read on the screen is not taken for the thing itself.
 */
#include "nvirt/screen_signs.h"

#include <string.h>

#include "nvirt/screen_file.h"
#include "nvirt/serial.h"

#define COMES_US (800 * 1000)
#define GOES_US (1500 * 1000)
/* Words that matter stand this close above the last line. */
#define TAIL_ROWS 4
#define SERIAL_TAIL_ROWS 50

static const struct {
	char letter;
	bool trouble;
	const char *words;
} facts[SIGN_N] = {
        [SIGN_NONE] = {0, false, ""},
#define X(id, letter_, trouble_, words_) [id] = {letter_, trouble_, words_},
        SCREEN_SIGNS(X)
#undef X
};

const char *screen_sign_words(enum screen_sign sign)
{
	return facts[sign].words;
}

char screen_sign_letter(enum screen_sign sign)
{
	return facts[sign].letter;
}

bool screen_sign_trouble(enum screen_sign sign)
{
	return facts[sign].trouble;
}

/* ---- rows ---- */

struct look {
	const char *const *rows;
	unsigned count; /* up to the last that is not blank */
};

static const char *last_row(const struct look *look)
{
	return look->count ? look->rows[look->count - 1] : "";
}

static unsigned tail_begin(const struct look *look)
{
	return look->count > TAIL_ROWS ? look->count - TAIL_ROWS : 0;
}

static bool any_has(const struct look *look, unsigned from, const char *const *words)
{
	for (unsigned i = from; i < look->count; i++)
		for (const char *const *word = words; *word; word++)
			if (strstr(look->rows[i], *word))
				return true;
	return false;
}

/* "[   12.345678] ", "[   12.345678][    T1] ", "<4>[ 1.0] ": what comes after it; NULL where there is none. */
static const char *after_stamp(const char *row)
{
	const char *at = row;

	if (*at == '<')
		at += strcspn(at, ">") + (strchr(at, '>') ? 1 : 0);
	if (*at != '[')
		return NULL;
	gsize inside = strspn(at + 1, " 0123456789.");
	if (at[inside + 1] != ']' || !memchr(at + 1, '.', inside))
		return NULL;
	at += inside + 2;
	if (*at == '[') {
		const char *end = strchr(at, ']');

		at = end ? end + 1 : at;
	}
	return at + strspn(at, " ");
}

/* A pager, an editor or a shell has the screen: what is on it may be about anything. */
static bool somebody_reads(const struct look *look)
{
	const char *row = last_row(look);
	gsize length = strlen(row);

	return g_str_has_suffix(row, "(END)") || g_str_has_prefix(row, "--More--") || g_str_has_prefix(row, "lines ") ||
	       (length && strchr("#$:", row[length - 1]));
}

/* ---- one function a sign ---- */

static bool says_panic(const struct look *look)
{
	static const char *const others[] = {"A problem has been detected and Windows has been shut down",
	        "Your PC ran into a problem and needs to restart", "Your device ran into a problem and needs to restart",
	        "KDB: enter: panic", NULL};
	static const char *const begins[] = {"Kernel panic - not syncing", "---[ end Kernel panic", NULL};

	if (any_has(look, 0, others))
		return true;
	for (unsigned i = 0; i < look->count; i++) {
		const char *words = after_stamp(look->rows[i]);

		words = words ? words : look->rows[i];
		for (const char *const *begin = begins; *begin; begin++)
			if (g_str_has_prefix(words, *begin))
				return !somebody_reads(look);
	}
	return false;
}

static bool says_no_boot(const struct look *look)
{
	static const char *const words[] = {"No bootable device", "BdsDxe: No bootable option", "Missing operating system",
	        "Operating System not found", "Operating system not found", "Non-System disk or disk error",
	        "eboot and Select proper Boot device", "No Operating System", "BOOTMGR is missing", "NTLDR is missing",
	        "Error loading operating system", "FATAL: No bootable medium found", "FATAL: Could not read from the boot medium",
	        NULL};

	return any_has(look, tail_begin(look), words);
}

static bool says_grub_rescue(const struct look *look)
{
	const char *row = last_row(look);

	return g_str_has_prefix(row, "grub rescue>") ||
	       (g_str_has_prefix(row, "grub>") && any_has(look, 0, (const char *const[]){"Minimal BASH-like line editing", NULL}));
}

static bool says_fsck(const struct look *look)
{
	static const char *const words[] = {"UNEXPECTED INCONSISTENCY; RUN fsck MANUALLY", "RUN fsck MANUALLY", NULL};
	const char *row = last_row(look);
	static const char *const asks[] = {"<y>?", "<n>?", "? yes", "(y/n/a)?", "[yn]", NULL};
	static const char *const wants[] = {"Fix", "Clear", "Salvage", "Delete", "Relocate", "Recreate", "Optimize", "SALVAGE?",
	        "CLEAR?", "RECONNECT?", "FIX?", "UPDATE STANDARD SUPERBLOCK?", NULL};

	if (any_has(look, tail_begin(look), words))
		return true;
	for (const char *const *want = wants; *want; want++) {
		if (!g_str_has_prefix(row, *want))
			continue;
		for (const char *const *ask = asks; *ask; ask++)
			if (strstr(row, *ask))
				return true;
	}
	return false;
}

static bool says_maintenance(const struct look *look)
{
	static const char *const begins[] = {"Give root password for", "Press Enter for maintenance", "(or press Control-D to continue)",
	        "(initramfs)", "Enter full pathname of shell", "dracut:/#", "A maintenance shell will now be started", NULL};

	for (const char *const *begin = begins; *begin; begin++)
		if (g_str_has_prefix(last_row(look), *begin))
			return true;
	return false;
}

static bool says_oops(const struct look *look)
{
	static const char *const begins[] = {"BUG: ", "Oops: ", "kernel BUG at ", "general protection fault",
	        "Unable to handle kernel ", "Internal error: Oops", "watchdog: BUG: soft lockup", "divide error: 0000",
	        "invalid opcode: 0000", "stack segment: 0000", NULL};

	for (unsigned i = 0; i < look->count; i++) {
		const char *words = after_stamp(look->rows[i]);

		for (const char *const *begin = begins; words && *begin; begin++)
			if (g_str_has_prefix(words, *begin))
				return true;
	}
	return false;
}

static bool says_installer(const struct look *look)
{
	/* The title of a question of Debian's installer: a colon or an exclamation mark in a box's top line. */
	static const char *const titles[] = {"┤ [?] ", "┤ [.] ", "┤ [!] ", "┤ [!!] ", "| [?] ", "| [!] ", "| [!!] ", NULL};
	static const char *const others[] = {"Debian GNU/Linux installer menu", "Debian GNU/Linux installer boot menu",
	        "Installer boot menu", "Use UP, DOWN and ENTER keys to select your language",
	        "Please make a selection from the above ['b' to begin installation", "Press any key to boot from CD or DVD",
	        "Welcome to Windows Setup", "Install Fedora Linux", "Install Rocky Linux", "Try or Install Ubuntu Server",
	        "Welcome to FreeBSD!  Would you like to begin an installation", "(I)nstall, (U)pgrade, (A)utoinstall or (S)hell?",
	        NULL};
	static const char *const keys[] = {"<Tab> moves;", "<Go Back>", "<Continue>", "<Yes>", "<Select>", NULL};

	if (any_has(look, 0, others))
		return true;
	return any_has(look, 0, titles) && any_has(look, 0, keys);
}

/* "debian login:", "debian login: ro", "login:", "web1 console login:" */
static bool says_login(const struct look *look)
{
	const char *row = last_row(look), *at = strstr(row, "login:");
	unsigned words = 0;

	if (!at || (at != row && at[-1] != ' ') || g_str_has_prefix(row, "Last login:"))
		return false;
	for (const char *ch = row; ch < at; ch++)
		words += *ch == ' ';
	const char *typed = at + strlen("login:");
	return words <= 2 && (!*typed || (*typed == ' ' && !strchr(typed + 1, ' ')));
}

static bool (*const tests[SIGN_N])(const struct look *look) = {
        [SIGN_PANIC] = says_panic,
        [SIGN_NO_BOOT] = says_no_boot,
        [SIGN_GRUB_RESCUE] = says_grub_rescue,
        [SIGN_FSCK] = says_fsck,
        [SIGN_MAINTENANCE] = says_maintenance,
        [SIGN_OOPS] = says_oops,
        [SIGN_INSTALLER] = says_installer,
        [SIGN_LOGIN] = says_login,
};

enum screen_sign screen_sign_of_rows(const char *const *rows, unsigned count)
{
	struct look look = {rows, count};

	while (look.count && !*rows[look.count - 1])
		look.count--;
	for (enum screen_sign sign = SIGN_NONE + 1; look.count && sign < SIGN_N; sign++)
		if (tests[sign](&look))
			return sign;
	return SIGN_NONE;
}

static enum screen_sign sign_of_array(const GPtrArray *rows)
{
	return screen_sign_of_rows((const char *const *)rows->pdata, rows->len);
}

enum screen_sign screen_sign_of_screen(const struct text_screen *screen)
{
	g_autoptr(GPtrArray) rows = NULL;

	if (!screen || screen->kind != SCREEN_TEXT)
		return SIGN_NONE;
	rows = g_ptr_array_new_with_free_func(g_free);
	for (int row = 0; row < screen->rows; row++)
		g_ptr_array_add(rows, screen_row_text(screen, row));
	return sign_of_array(rows);
}

enum screen_sign screen_sign_of_serial(const struct serial_screen *screen)
{
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(g_free);
	unsigned lines = serial_screen_lines(screen), height = (unsigned)MAX(serial_screen_rows(screen), 1);
	unsigned first = lines - MIN(lines, MIN(height, SERIAL_TAIL_ROWS));

	for (unsigned i = first; i < lines; i++) {
		const struct serial_line *line = serial_screen_line(screen, i);

		g_ptr_array_add(rows, line ? serial_line_text(line) : g_strdup(""));
	}
	return sign_of_array(rows);
}

/* ---- in time ---- */

bool screen_signs_pending(const struct screen_signs *signs)
{
	return signs->next_us != 0;
}

bool screen_signs_see(struct screen_signs *signs, enum screen_sign sign, gint64 now_us)
{
	signs->seen_us = now_us;
	/* A kernel that has oopsed is not well again because it goes on. */
	if (signs->oops && !screen_sign_trouble(sign))
		sign = SIGN_OOPS;
	if (sign == signs->shown) {
		signs->next_us = 0;
		return false;
	}
	if (!signs->next_us || signs->next != sign) {
		signs->next = sign;
		signs->next_us = MAX(now_us, 1);
		return false;
	}
	if (now_us - signs->next_us < (sign == SIGN_NONE ? GOES_US : COMES_US))
		return false;
	signs->shown = sign;
	signs->oops |= sign == SIGN_OOPS;
	signs->next_us = 0;
	return true;
}
