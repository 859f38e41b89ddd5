/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every command of every view, and of the app, does what it says: one row
 * each, with what is to be seen after its first key. A command without a row
 * fails the test, so that none is added without one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <glib/gstdio.h>

#include "support/files.h"
#include "support/pty.h"
#include "support/session.h"
#include "ui/commands.h"

static struct pty *pty;
static char *node_path;

/* Two guests, pools and networks; of the first pool two volumes. */
static const char node_xml[] =
        "<node>"
        "<domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'><name>alpha</name>"
        "<uuid>00000000-0000-4000-8000-000000000001</uuid><metadata><n:tags xmlns:n='urn:nvirt:guest:1'>web</n:tags>"
        "</metadata><memory>1048576</memory><vcpu>2</vcpu><os><type>hvm</type></os><devices>"
        "<disk type='file' device='disk'><source file='/pool/one.qcow2'/><target dev='vda'/></disk>"
        "<interface type='network'><mac address='52:54:00:00:00:01'/><source network='default'/></interface>"
        "</devices><test:runstate>1</test:runstate>"
        "<test:domainsnapshot><name>first</name><creationTime>1700000000</creationTime><state>running</state>"
        "<active>0</active><memory snapshot='no'/><domain type='test'><name>alpha</name>"
        "<uuid>00000000-0000-4000-8000-000000000001</uuid><memory>524288</memory><vcpu>2</vcpu>"
        "<os><type>hvm</type></os></domain></test:domainsnapshot>"
        "<test:domainsnapshot><name>second</name><parent><name>first</name></parent>"
        "<creationTime>1700000100</creationTime><state>running</state><active>1</active><memory snapshot='no'/></test:domainsnapshot>"
        "</domain>"
        "<domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'><name>beta</name>"
        "<uuid>00000000-0000-4000-8000-000000000002</uuid><memory>2097152</memory><vcpu>1</vcpu>"
        "<os><type>hvm</type></os><devices><interface type='network'><mac address='52:54:00:00:00:02'/>"
        "<source network='default'/></interface></devices><test:runstate>5</test:runstate></domain>"
        "<network><name>default</name><uuid>00000000-0000-4000-8000-000000000011</uuid><bridge name='virbr0'/><forward/>"
        "<ip address='192.168.122.1' netmask='255.255.255.0'/></network>"
        "<network><name>inner</name><uuid>00000000-0000-4000-8000-000000000012</uuid><bridge name='virbr1'/>"
        "<ip address='192.168.123.1' netmask='255.255.255.0'/></network>"
        "<pool type='dir'><name>images</name><uuid>00000000-0000-4000-8000-000000000021</uuid>"
        "<target><path>/pool</path></target>"
        "<volume><name>one.qcow2</name><capacity>8000000000</capacity><allocation>100</allocation><target>"
        "<path>/pool/one.qcow2</path><format type='qcow2'/></target>"
        "<backingStore><path>/pool/two.raw</path><format type='raw'/></backingStore></volume>"
        "<volume><name>two.raw</name><capacity>5000000000</capacity><allocation>200</allocation><target>"
        "<path>/pool/two.raw</path></target></volume></pool>"
        "<pool type='dir'><name>spare</name><uuid>00000000-0000-4000-8000-000000000022</uuid>"
        "<target><path>/spare</path></target></pool>"
        "<device><name>pci_0000_02_00_0</name><parent>computer</parent><driver><name>e1000e</name></driver>"
        "<capability type='pci'><class>0x020000</class><domain>0</domain><bus>2</bus><slot>0</slot><function>0</function>"
        "<product id='0x10d3'>82574L</product><vendor id='0x8086'>Intel</vendor>"
        "<iommuGroup number='7'><address domain='0' bus='2' slot='0' function='0'/></iommuGroup></capability></device>"
        "</node>";

struct row {
	const char *name;   /* of the command */
	const char *before; /* keys, space separated, or NULL */
	const char *expect; /* what is to be seen after its key; "!…" = no more to be seen */
	const char *after;  /* keys, or NULL */
};

#define END {NULL, NULL, NULL, NULL}
#define SORTED(name, first, second)                                                                          \
	{"sort-next", name, second "↑", NULL}, {"sort-prev", NULL, first "↑", NULL},                         \
	{                                                                                                    \
		"sort-invert", NULL, first "↓", "i"                                                          \
	}

static const struct row host_summary_rows[] = {{"fix-kvm", NULL, "KVM: not known", NULL},
        {"fix-group", NULL, "Nothing to do: you may manage this host", NULL},
        {"fix-network", NULL, "The network \"default\" is active already", NULL},
        {"fix-pool", NULL, "There is an active storage pool already", NULL},
        {"open-system", NULL, "There is no other libvirt daemon here", NULL}, END};
static const struct row host_guests_rows[] = {{"open-guest", "Home", "►guest alpha ═", NULL},
        {"group", NULL, "▾ +running", NULL}, {"fold-group", "Home", "▸ +running", NULL},
        {"unfold-group", "Home", "▾ +running", "b b b"}, {"columns", NULL, "\\[=\\] Name", "Esc"},
        {"export", NULL, "JSON where it ends in \\.json", "Esc"}, SORTED(NULL, "Name", "State"), END};
static const struct row host_storage_rows[] = {
        {"open-row", "Home", "►pool images ═", NULL}, SORTED(NULL, "Pool", "State"), END};
static const struct row host_images_rows[] = {{"open-row", "Home", "►volume (images/)?two\\.raw ═", NULL},
        SORTED(NULL, "Image", "Format"), {"fold-image", "Home", "▸ ?two\\.raw", NULL},
        {"unfold-image", "Home", "▾ ?two\\.raw", NULL}, END};
static const struct row host_networks_rows[] = {
        {"open-row", "Home", "►network default ═", NULL}, SORTED(NULL, "Network", "State"), END};
static const struct row host_devices_rows[] = {{"open-row", "Home", "┌─ Device 0000:02:00\\.0", "Esc"},
        SORTED(NULL, "Address", "Device"), {"copy-hostdev", "Home", "XML copied|not copied", NULL}, END};
static const struct row host_processes_rows[] = {{"fold-process", "Home", "▸ alpha", NULL},
        {"unfold-process", "Home", "▾ alpha", NULL}, {"fold-processes", NULL, "▸ alpha", "H"},
        SORTED(NULL, "Process", "Id"), {"open-row", "Home", "►guest alpha ═", NULL}, END};
static const struct row task_rows[] = {{"open-task", "Home", "Says +(paused|refreshed)", "Esc"}, END};
static const struct row host_graphs_rows[] = {{"span-longer", NULL, "5m \\[1h\\]", NULL},
        {"span-shorter", NULL, "\\[5m\\] 1h", NULL}, {"graph-style", NULL, "Graphs are drawn as blocks", NULL}, END};
/* One guest runs: the cursor has nowhere else to go. */
static const struct row host_wall_rows[] = {{"zoom-in", NULL, "►guest alpha ═", NULL}, {"tile-left", NULL, "▶ alpha ─", NULL},
        {"tile-right", NULL, "▶ alpha ─", NULL}, {"whole-screens", NULL, "Screens are drawn whole", "v"},
        {"all-hosts", NULL, "There is one host only", "*"}, {"full-screen", NULL, "!─ Tasks", "F11"}, {"read-again", NULL, "▶ alpha ─", NULL}, END};
static const struct row host_health_rows[] = {{"health-detail", "Home", "▸ ?Processor and kernel", "Enter"},
        {"health-fold", "Home", "▸ ?Processor and kernel", NULL}, {"health-unfold", "Home", "▾ ?Processor and kernel", NULL},
        {"copy-remedy", "Home", "there is no command for this", NULL},
        {"check-over-ssh", NULL, "this host is not reached over ssh", NULL}, END};
static const struct row guest_graphs_rows[] = {{"span-longer", NULL, "5m \\[1h\\]", NULL},
        {"span-shorter", NULL, "\\[5m\\] 1h", NULL}, {"figures-next", NULL, "overview \\[vCPUs\\]", NULL},
        {"figures-prev", NULL, "\\[overview\\] vCPUs", NULL}, {"graph-style", NULL, "Graphs are drawn as blocks", NULL},
        END};
static const struct row guest_hardware_rows[] = {{"fold", "Home", "▸Processors", NULL},
        {"unfold", "Home", "▾Processors", NULL}, {"device-xml", "Home j", "<vcpu placement=", "Esc"}, END};
static const struct row guest_snapshots_rows[] = {{"snapshot-page", "Home", "┌─ +Snapshot first", "Esc"},
        {"snapshot-compare", "Home", "524288", "Esc"}, {"fold", "Home", "▸ first", NULL},
        {"unfold", "Home", "▾ first", NULL}, END};
static const struct row guest_xml_rows[] = {{"search-next", "/ u u i d Enter Home", "line 3 of", NULL},
        {"search-prev", NULL, "line [0-9]+ of", NULL}, {"other-xml", NULL, "stored definition", "v Esc"}, END};
/* The test driver has no consoles: the lab's guests are for what is in one. */
static const struct row guest_console_rows[] = {{"close", NULL, "Enter opens the guest's serial console", NULL},
        {"attach", NULL, "not possible +Enter tries again", NULL}, {"full-screen", NULL, "!─ Tasks", "F11"},
        {"search-next", "/ z z Enter", "nothing on the screen or above has 'zz'", NULL},
        {"search-prev", NULL, "nothing on the screen or above has 'zz'", "Esc"},
        {"copy-screen", NULL, "Screen copied|not copied", NULL}, {"save", NULL, "┌─ Save the console", "Esc"},
        {"tell-size", NULL, "the console is not open", NULL}, {"send-escape", NULL, "the console is not open", NULL},
        {"keys", NULL, "for the guest's screen: v shows it", NULL}, {"mode", NULL, "\\[Both\\] screen:", NULL},
        {"type-text", NULL, "no VNC", NULL}, {"layout", NULL, "┌─ Keyboard layout of the guest", "Esc"},
        {"scale", NULL, "made smaller where it must be|as large as it is", NULL}, {"reading", NULL, "shown as: text only", NULL},
        {"graphics", NULL, "pictures stay characters: this terminal has neither", NULL}, {"viewer", NULL, "no display|virt-viewer", NULL}, {"other-half", NULL, "\\[Both\\] serial:", NULL},
        {"log", NULL, "there is nothing to log|Log the screen", "Esc"}, {"read", NULL, "frozen|there is nothing to read", "q"}, END};
static const struct row pool_volumes_rows[] = {{"open-row", "Home", "►volume (images/)?one\\.qcow2 ═", NULL},
        SORTED(NULL, "Volume", "Format"), {"refresh-pool", NULL, "pool-refresh +. OK", NULL}, END};
static const struct row network_guests_rows[] = {
        {"open-row", "Home", "►guest alpha ═", NULL}, SORTED(NULL, "Guest", "State"), END};
static const struct row content_rows[] = {{"tab-next", NULL, "\\[Guests\\]", NULL}, {"tab-prev", NULL, "\\[Summary\\]", NULL}, END};
static const struct row tree_rows[] = {{"enter", "Home", "!▶ alpha", "Enter"}, {"view", NULL, "Guests +1/2", NULL},
        {"view-state", NULL, "Guests by state", NULL}, {"view-tag", NULL, "Guests by tag", NULL},
        {"view-kind", NULL, "Guests +1/2", NULL}, {"view-host", NULL, "● [^ ]+ +1/2", NULL},
        {"fold", "Home", "!▶ alpha", NULL}, {"unfold", "Home", "▶ alpha", NULL}, END};

/* In this order: some build on what the one before left. */
static const struct row app_rows[] = {{"focus-tree", NULL, "►Resources ═", NULL},
        {"focus-content", NULL, "►host [^ ]+ ═", NULL}, {"focus-tasks", NULL, "►Tasks ═", NULL},
        {"focus-next", NULL, "►Resources ═", NULL}, {"focus-prev", NULL, "►Tasks ═", NULL},
        {"help", "M-1", "Help \\(/", "Esc"}, {"menu", NULL, "┌─ host [^ ]+", "Esc"}, {"palette", NULL, "┌─ Palette", "Esc"},
        {"copy", NULL, "┌─ Copy", "Esc"}, {"theme", NULL, "┌─ Theme", "Esc"}, {"filter", NULL, "(?m)^/", "b e t Enter"},
        {"zoom", NULL, "!Tasks", NULL}, {"unzoom", NULL, "─ Tasks", "Esc"}, {"tab-next", "Home", "\\[Guests\\]", NULL},
        {"tab-prev", NULL, "\\[Summary\\]", NULL}, {"back", NULL, "there is no list to go back to", NULL}, {"mark", "Home j", "1 marked", "Esc"},
        {"mark-invert", "Home j Space", "1 marked", "Esc"}, {"mark-range", "Home j", "range, 1 marked", "Esc Esc"},
        {"refresh", "Home", "● [^ ]+ +1/2", NULL}, {"redraw", NULL, "►Resources ═", NULL},
        {"reconnect", "Home", "connecting to|Connecting", NULL}, {"suspend", NULL, NULL, NULL}, {"quit", NULL, NULL, NULL}, END};

static const struct {
	const struct view_ops *ops;
	const struct row *rows;
} views[] = {{&host_summary_view, host_summary_rows}, {&host_guests_view, host_guests_rows},
        {&host_storage_view, host_storage_rows}, {&host_images_view, host_images_rows}, {&host_networks_view, host_networks_rows},
        {&host_devices_view, host_devices_rows}, {&host_processes_view, host_processes_rows},
        {&host_tasks_view, task_rows}, {&host_graphs_view, host_graphs_rows}, {&host_health_view, host_health_rows}, {&host_wall_view, host_wall_rows}, {&guest_tasks_view, task_rows},
        {&guest_hardware_view, guest_hardware_rows}, {&guest_snapshots_view, guest_snapshots_rows},
        {&guest_console_view, guest_console_rows}, {&guest_xml_view, guest_xml_rows},
        {&guest_graphs_view, guest_graphs_rows}, {&pool_volumes_view, pool_volumes_rows},
        {&network_guests_view, network_guests_rows}, {&content_view, content_rows}, {&tree_view, tree_rows},
        {&tasklog_view, task_rows}};

/* ---- completeness ---- */

static const struct row *rows_of(const struct view_ops *ops)
{
	for (gsize i = 0; i < G_N_ELEMENTS(views); i++)
		if (views[i].ops == ops)
			return views[i].rows;
	return NULL;
}

static bool has_row(const struct row *rows, const char *name)
{
	for (; rows && rows->name; rows++)
		if (!strcmp(rows->name, name))
			return true;
	return false;
}

static unsigned missing(const struct view_ops *ops)
{
	unsigned count = 0;

	for (const struct view_cmd *cmd = ops->cmds; cmd && cmd->name; cmd++)
		if (!has_row(rows_of(ops), cmd->name)) {
			print_error("%s.%s is in no row of this test\n", ops->name, cmd->name);
			count++;
		}
	return count;
}

static void every_command_has_a_row_here(void **state)
{
	static const struct view_ops *const regions[] = {&header_view, &tree_view, &content_view, &tasklog_view};
	unsigned count = 0;

	(void)state;
	for (const struct tab *tab = tab_table; tab->kind != OBJ_NONE; tab++)
		count += missing(tab->ops);
	for (gsize i = 0; i < G_N_ELEMENTS(regions); i++)
		count += missing(regions[i]);
	for (const struct app_command *cmd = app_commands; cmd->name; cmd++)
		if (!has_row(app_rows, cmd->name)) {
			print_error("app.%s is in no row of this test\n", cmd->name);
			count++;
		}
	assert_int_equal(count, 0);
}

/* ---- running ---- */

static void type_keys(const char *keys)
{
	g_auto(GStrv) names = g_strsplit(keys ? keys : "", " ", -1);

	pty_send_keys(pty, (const char *const *)names);
}

static void run_key(const char *name, const char *keys)
{
	g_auto(GStrv) names = g_strsplit(keys ? keys : "", " ", -1);

	if (names[0] && *names[0])
		pty_keys(pty, names[0]);
	else
		session_act_named(pty, name);
}

static void see(const char *place, const struct row *row)
{
	print_message("  %s.%s\n", place, row->name);
	if (row->expect[0] == '!')
		pty_wait_gone(pty, row->expect + 1);
	else
		pty_wait_text(pty, row->expect);
}

static void run_row(const struct view_ops *ops, const struct row *row)
{
	const struct view_cmd *cmd = ops->cmds;

	while (cmd->name && strcmp(cmd->name, row->name) != 0)
		cmd++;
	assert_non_null(cmd->name);
	type_keys(row->before);
	run_key(cmd->name, cmd->keys);
	see(ops->name, row);
	type_keys(row->after);
}

/* The page of an object with the keys in it, at one of its tabs. */
static void open_tab(const struct tab *tab)
{
	static const char *const titles[OBJ_N] = {[OBJ_HOST] = "host [^ ]+", [OBJ_GUEST] = "guest alpha",
	        [OBJ_POOL] = "pool images", [OBJ_VOLUME] = "volume (images/)?one\\.qcow2", [OBJ_NETWORK] = "network default"};
	g_autofree char *shown = g_strdup_printf("\\[%s\\]", tab->ops->title);
	g_autofree char *there = g_strdup_printf("► ?%s [ /═](.*\n)+.*%s", titles[tab->kind], shown);

	if (pty_shows(pty, there))
		return;
	session_open(pty, titles[tab->kind]);
	pty_keys(pty, "M-2");
	for (int i = 0; i < 11 && !pty_shows(pty, shown); i++)
		pty_keys(pty, "]");
	pty_wait_text(pty, there);
}

static int start(void **state)
{
	int fd;

	(void)state;
	g_autoptr(GError) error = NULL;
	fd = g_file_open_tmp("nvirt-keys-XXXXXX", &node_path, &error);
	assert_true(fd >= 0);
	g_close(fd, NULL);
	files_write(node_path, node_xml, -1);
	g_autofree char *uri = g_strdup_printf("test://%s", node_path);
	pty = session_start(uri, 30, 150);
	pty_wait_text(pty, "⇄ inner");
	/* A task to look at, and the pool's volumes unfolded. */
	session_open(pty, "guest alpha");
	session_act(pty, "suspend");
	session_wait_ok(pty, "suspend");
	session_open(pty, "pool images");
	pty_keys(pty, "l");
	pty_wait_text(pty, "one\\.qcow2");
	return 0;
}

static int stop(void **state)
{
	(void)state;
	g_unlink(node_path);
	g_free(node_path);
	return 0;
}

static void every_tab_is_there_and_its_keys_work(void **state)
{
	(void)state;
	for (const struct tab *tab = tab_table; tab->kind != OBJ_NONE; tab++) {
		open_tab(tab);
		for (const struct row *row = rows_of(tab->ops); row && row->name; row++) {
			open_tab(tab);
			run_row(tab->ops, row);
		}
	}
}

static void show_summary(void)
{
	pty_keys(pty, "M-2");
	for (int i = 0; i < 10 && !pty_shows(pty, "\\[Summary\\]"); i++)
		pty_keys(pty, "]");
	pty_wait_text(pty, "\\[Summary\\]");
}

static void the_regions_keys_work(void **state)
{
	(void)state;
	session_open(pty, "host [^ ]+");
	/* The wall has the guests' names too. */
	show_summary();
	pty_keys(pty, "M-1");
	for (const struct row *row = tree_rows; row->name; row++)
		run_row(&tree_view, row);
	pty_keys(pty, "Home", "M-3");
	for (const struct row *row = task_rows; row->name; row++)
		run_row(&tasklog_view, row);
	pty_keys(pty, "M-1", "Home");
	show_summary();
	for (const struct row *row = content_rows; row->name; row++)
		run_row(&content_view, row);
}

static const struct app_command *app_command(const char *name)
{
	const struct app_command *cmd = app_commands;

	while (cmd->name && strcmp(cmd->name, name) != 0)
		cmd++;
	assert_non_null(cmd->name);
	return cmd;
}

static void the_apps_keys_work(void **state)
{
	(void)state;
	pty_keys(pty, "M-1", "Home");
	for (const struct row *row = app_rows; row->expect; row++) {
		type_keys(row->before);
		run_key(row->name, app_command(row->name)->keys);
		see("app", row);
		type_keys(row->after);
	}
	pty_wait_text(pty, "● [^ ]+ +1/2");
	pty_type(pty, "\x1a");
	pty_wait_stopped(pty);
	pty_continue(pty);
	pty_wait_text(pty, "►Resources ═");
	session_quit(pty);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_command_has_a_row_here),
	        cmocka_unit_test(every_tab_is_there_and_its_keys_work),
	        cmocka_unit_test(the_regions_keys_work),
	        cmocka_unit_test(the_apps_keys_work),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
