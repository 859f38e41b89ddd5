/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys for a guest's screen: see screen_keys.h. */
#include "screen_keys.h"

#include <string.h>

const struct key_combination screen_combinations[] = {
        {"ctrl-alt-delete", "Reboot, or the logon of Windows", 'd'},
        {"ctrl-]", "Ctrl-] itself", ']'},
        {"ctrl-alt-f1", "First text console", '1'},
        {"ctrl-alt-f2", "Second", '2'},
        {"ctrl-alt-f3", "Third", '3'},
        {"ctrl-alt-f4", "Fourth (an installer's log)", '4'},
        {"ctrl-alt-f5", "Fifth", '5'},
        {"ctrl-alt-f6", "Sixth", '6'},
        {"ctrl-alt-f7", "Seventh", '7'},
        {"ctrl-alt-backspace", "End the X server", 'b'},
        {"alt-tab", "Next window", 't'},
        {"alt-f4", "Close the window", 'w'},
        {"super", "The Windows key", 's'},
        {"ctrl-shift-escape", "Task manager of Windows", 'e'},
        {"print", "Print screen", 'p'},
        {"ctrl-h", "Ctrl-H: terminals send Backspace for it", 'h'},
        {"ctrl-i", "Ctrl-I: terminals send Tab for it", 'i'},
        {"ctrl-m", "Ctrl-M: terminals send Enter for it", 'm'},
        {"ctrl-j", "Ctrl-J: terminals send Enter for it", 'j'},
        {"alt-sysrq-h", "SysRq: help", 0},
        {"alt-sysrq-r", "SysRq: take the keyboard from X", 0},
        {"alt-sysrq-e", "SysRq: ask all processes to end", 0},
        {"alt-sysrq-i", "SysRq: kill all processes", 0},
        {"alt-sysrq-s", "SysRq: sync all file systems", 0},
        {"alt-sysrq-u", "SysRq: remount all read-only", 0},
        {"alt-sysrq-b", "SysRq: reset at once", 0},
        {"alt-sysrq-t", "SysRq: show tasks", 0},
        {"alt-sysrq-w", "SysRq: show blocked tasks", 0},
        {"alt-sysrq-m", "SysRq: show memory", 0},
        {"alt-sysrq-c", "SysRq: crash the kernel", 0},
        {"capslock", "Caps Lock", 0},
        {"numlock", "Num Lock", 0},
        {"scrolllock", "Scroll Lock", 0},
        {"pause", "Pause", 0},
        {"menu", "Menu key", 0},
        {NULL, NULL, 0},
};

/* ---- keys ---- */

static const char *special_name(keycode plain)
{
	static const struct {
		keycode key;
		const char *name;
	} specials[] = {{K_TAB, "tab"}, {K_ENTER, "enter"}, {K_ESC, "esc"}, {K_SPACE, "space"},
	        {K_BACKSPACE, "backspace"}, {K_UP, "up"}, {K_DOWN, "down"}, {K_LEFT, "left"}, {K_RIGHT, "right"},
	        {K_HOME, "home"}, {K_END, "end"}, {K_PGUP, "pageup"}, {K_PGDN, "pagedown"}, {K_INSERT, "insert"},
	        {K_DELETE, "delete"}};

	for (gsize i = 0; i < G_N_ELEMENTS(specials); i++)
		if (specials[i].key == plain)
			return specials[i].name;
	return NULL;
}

bool screen_keys_press(const struct layout *layout, keycode key, GArray *events, GError **error)
{
	keycode plain = key & ~(KEY_CTRL | KEY_ALT | KEY_SHIFT);
	const char *special = special_name(plain);
	char name[16] = {0};
	gsize used = 0;

	if (special) {
		used = g_strlcpy(name, special, sizeof(name));
	} else if (plain >= K_F1 && plain <= K_F12) {
		g_snprintf(name, sizeof(name), "f%u", plain - K_F1 + 1);
		used = strlen(name);
	} else if (plain < 0x110000 && g_unichar_isprint(plain)) {
		used = (gsize)g_unichar_to_utf8(plain, name);
	}
	if (!used)
		return g_set_error(error, G_CONVERT_ERROR, G_CONVERT_ERROR_FAILED, "that key has no name here"), false;
	/* A character alone may need more than one key of the layout (a dead one). */
	if (!special && key == plain && plain < 0x110000)
		return keyboard_type(layout, name, events, error);
	g_autofree char *words = g_strconcat(key & KEY_CTRL ? "ctrl-" : "", key & KEY_ALT ? "alt-" : "",
	        key & KEY_SHIFT ? "shift-" : "", name, NULL);
	return keyboard_press(layout, words, events, error);
}
