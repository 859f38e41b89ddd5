/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys for a guest's screen: see screen_keys.h. */
#include "screen_keys.h"

#include <string.h>

/*
 * QEMU keeps a second's worth of events for its guest; a part of that goes at once, so that nobody
 * waits for a key, and the rest by the clock.
 */
#define AHEAD_US (250 * 1000)
/* Before the queue is looked at again: a timer for each key would be many. */
#define STEP_MS 50

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

/* ---- the queue ---- */

struct typing {
	GArray *events; /* struct key_event */
	guint next;     /* the first that waits */
	gint64 due_us;  /* when the guest's keyboard has taken all that was sent */
};

struct typing *typing_new(void)
{
	struct typing *typing = g_new0(struct typing, 1);

	typing->events = g_array_new(FALSE, FALSE, sizeof(struct key_event));
	return typing;
}

/* What was typed may be a password. */
void typing_drop(struct typing *typing)
{
	if (typing->events->len)
		explicit_bzero(typing->events->data, typing->events->len * sizeof(struct key_event));
	g_array_set_size(typing->events, 0);
	typing->next = 0;
}

void typing_stop(struct typing *typing)
{
	g_autoptr(GArray) ups = g_array_new(FALSE, FALSE, sizeof(struct key_event));

	for (guint i = 0; i < typing->next; i++) {
		struct key_event event = g_array_index(typing->events, struct key_event, i);

		if (!event.down)
			continue;
		event.down = false;
		g_array_append_val(ups, event);
	}
	keyboard_release_all(ups);
	typing_drop(typing);
	/* Those that are up already do no harm: QEMU passes on only what changes. */
	for (guint i = ups->len > 64 ? ups->len - 64 : 0; i < ups->len; i++)
		g_array_append_val(typing->events, g_array_index(ups, struct key_event, i));
}

void typing_free(struct typing *typing)
{
	if (!typing)
		return;
	typing_drop(typing);
	g_array_unref(typing->events);
	g_free(typing);
}

void typing_add(struct typing *typing, const GArray *events)
{
	g_array_append_vals(typing->events, events->data, events->len);
}

int typing_step(struct typing *typing, struct vnc_view *view, gint64 now_us)
{
	typing->due_us = MAX(typing->due_us, now_us);
	while (typing->next < typing->events->len && typing->due_us - now_us < AHEAD_US) {
		const struct key_event *event = &g_array_index(typing->events, struct key_event, typing->next++);

		vnc_view_key(view, event->keysym, event->scancode, event->down);
		typing->due_us += event->wait_ms * 1000;
	}
	if (typing->next < typing->events->len)
		return STEP_MS;
	typing_drop(typing);
	return -1;
}

unsigned typing_waits(const struct typing *typing, unsigned *ret_gone)
{
	*ret_gone = typing->next;
	return typing->events->len - typing->next;
}
