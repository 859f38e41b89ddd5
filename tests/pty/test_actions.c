/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every action by keys on a real guest of the lab; what came of it is asked of libvirt, not of the screen. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "support/lab.h"
#include "support/pty.h"
#include "support/session.h"

/* One lab and one program for all tests of this file; each test brings its own guest. */
static struct lab *lab;
static struct pty *pty;

static int open_all(void **state)
{
	(void)state;
	lab = lab_start(1);
	pty = session_start(lab_uri(lab, "h1"), 40, 140);
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	if (pty)
		session_quit(pty);
	lab_stop(lab);
	return 0;
}

/* A test that failed half-way leaves dialogs: the next one starts from a clean screen. */
static int peel(void **state)
{
	(void)state;
	pty_keys(pty, "Esc", "Esc", "Esc");
	return 0;
}

/* ---- asking libvirt ---- */

static virDomainPtr domain(const char *name)
{
	virDomainPtr dom = virDomainLookupByName(lab_connection(lab, "h1"), name);
	if (!dom)
		fail_msg("no guest '%s'", name);
	return dom;
}

struct fact {
	const char *name;
	int (*ask)(virDomainPtr dom);
	int want;
};

static bool fact_holds(void *data)
{
	const struct fact *fact = data;
	virDomainPtr dom = domain(fact->name);
	int now = fact->ask(dom);
	virDomainFree(dom);
	return now == fact->want;
}

static int ask_state(virDomainPtr dom)
{
	int now = -1;
	return virDomainGetState(dom, &now, NULL, 0) < 0 ? -1 : now;
}

static int ask_managed_save(virDomainPtr dom)
{
	return virDomainHasManagedSaveImage(dom, 0);
}

static int ask_autostart(virDomainPtr dom)
{
	int on = -1;
	return virDomainGetAutostart(dom, &on) < 0 ? -1 : on;
}

static void wait_fact(const char *name, int (*ask)(virDomainPtr dom), int want, const char *what)
{
	struct fact fact = {.name = name, .ask = ask, .want = want};
	pty_wait_for(pty, fact_holds, &fact, what, PTY_DEADLINE_MS);
}

static void wait_state(const char *name, int want)
{
	g_autofree char *what = g_strdup_printf("%s in state %d", name, want);
	wait_fact(name, ask_state, want, what);
}

/* ---- doing ---- */

static void make_guest(const char *name, const char *kind, bool running)
{
	lab_do(lab, "define", "h1", name, kind);
	if (running)
		lab_do(lab, "virsh", "h1", "start", name);
}

static void open_guest(const char *name, const char *state)
{
	g_autofree char *title = g_strdup_printf("guest %s", name);
	g_autofree char *shown = g_strdup_printf("(State|Status) +%s", state);
	session_open(pty, title);
	pty_wait_text(pty, shown);
}

/*
 * What belongs to a guest (is it persistent, saved, …) is known a moment after
 * its state: a refusal in that moment is asked again.
 */
static void ask(const char *verb, const char *question)
{
	g_autofree char *answered = g_strdup_printf("%s|^ [A-Z][a-z ]+: '", question);
	for (int i = 0; i < 20 && !pty_shows(pty, question); i++) {
		session_act(pty, verb);
		pty_wait_text(pty, answered);
		if (!pty_shows(pty, question))
			pty_wait_idle(pty);
	}
	pty_wait_text(pty, question);
}

static void answer_yes(const char *question)
{
	pty_wait_text(pty, question);
	pty_keys(pty, "y");
	pty_wait_gone(pty, question);
}

static void act_and_confirm(const char *verb, const char *question)
{
	ask(verb, question);
	answer_yes(question);
}

static void drop(const char *name)
{
	virDomainPtr dom = domain(name);
	virDomainDestroy(dom);
	virDomainUndefineFlags(dom, VIR_DOMAIN_UNDEFINE_MANAGED_SAVE | VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA);
	virDomainFree(dom);
}

/* ---- guests ---- */

static void start_pause_resume_force_off(void **state)
{
	(void)state;
	make_guest("power", "boot", false);
	open_guest("power", "off");
	session_act(pty, "start");
	wait_state("power", VIR_DOMAIN_RUNNING);
	pty_wait_text(pty, "State +running");
	session_act(pty, "suspend");
	wait_state("power", VIR_DOMAIN_PAUSED);
	pty_wait_text(pty, "State +paused");
	session_act(pty, "resume");
	wait_state("power", VIR_DOMAIN_RUNNING);
	pty_wait_text(pty, "State +running");
	act_and_confirm("destroy", "Force off guest power");
	wait_state("power", VIR_DOMAIN_SHUTOFF);
	session_wait_ok(pty, "destroy");
	drop("power");
}

static void start_paused_waits_with_stopped_cpus(void **state)
{
	(void)state;
	make_guest("waits", "boot", false);
	open_guest("waits", "off");
	session_act(pty, "start-paused");
	wait_state("waits", VIR_DOMAIN_PAUSED);
	drop("waits");
}

struct banner_wait {
	char *path;
	unsigned count;
};

static bool banner_seen(void *data)
{
	const struct banner_wait *wait = data;
	g_autofree char *text = NULL;
	if (!g_file_get_contents(wait->path, &text, NULL, NULL))
		return false;
	g_auto(GStrv) parts = g_strsplit(text, "nvirt lab guest", -1);
	return g_strv_length(parts) - 1 >= wait->count;
}

static void wait_boots(const char *name, unsigned count)
{
	g_autofree char *path = g_strdup_printf("%s/h1/img/%s.serial", lab_dir(lab), name);
	struct banner_wait wait = {.path = path, .count = count};
	pty_wait_for(pty, banner_seen, &wait, "the guest's banner on its serial port", PTY_DEADLINE_MS);
}

static void reset_boots_again(void **state)
{
	(void)state;
	make_guest("again", "boot", true);
	wait_boots("again", 1);
	open_guest("again", "running");
	act_and_confirm("reset", "Reset guest again");
	wait_boots("again", 2);
	wait_state("again", VIR_DOMAIN_RUNNING);
	drop("again");
}

static void managed_save_goes_on_is_dropped_or_thrown_away(void **state)
{
	(void)state;
	make_guest("saved", "boot", true);
	wait_boots("saved", 1);
	open_guest("saved", "running");
	act_and_confirm("managedsave", "Managed save guest saved");
	wait_state("saved", VIR_DOMAIN_SHUTOFF);
	wait_fact("saved", ask_managed_save, 1, "a managed save image");
	pty_wait_text(pty, "Managed save +yes");
	session_act(pty, "start");
	wait_state("saved", VIR_DOMAIN_RUNNING);
	pty_wait_text(pty, "State +running");
	wait_fact("saved", ask_managed_save, 0, "no managed save image");
	act_and_confirm("managedsave", "Managed save guest saved");
	wait_fact("saved", ask_managed_save, 1, "a managed save image");
	pty_wait_text(pty, "Managed save +yes");
	act_and_confirm("managedsave-remove", "Drop managed save guest saved");
	wait_fact("saved", ask_managed_save, 0, "no managed save image");
	drop("saved");
}

static void start_afresh_boots_in_spite_of_a_saved_image(void **state)
{
	(void)state;
	make_guest("fresh", "boot", true);
	wait_boots("fresh", 1);
	lab_do(lab, "virsh", "h1", "managedsave", "fresh");
	open_guest("fresh", "off");
	pty_wait_text(pty, "Managed save +yes");
	pty_wait_text(pty, "Managed save +yes");
	act_and_confirm("start-fresh", "Start afresh guest fresh");
	wait_state("fresh", VIR_DOMAIN_RUNNING);
	wait_boots("fresh", 2);
	wait_fact("fresh", ask_managed_save, 0, "no managed save image");
	drop("fresh");
}

static void save_to_a_file_and_restore(void **state)
{
	(void)state;
	g_autofree char *file = g_strdup_printf("%s/h1/img/filed.save", lab_dir(lab));
	make_guest("filed", "boot", true);
	open_guest("filed", "running");
	ask("save", "Save to a file: guest filed");
	pty_type(pty, file);
	pty_keys(pty, "Enter");
	answer_yes("Save to a file guest filed");
	wait_state("filed", VIR_DOMAIN_SHUTOFF);
	session_wait_ok(pty, "save");
	assert_true(g_file_test(file, G_FILE_TEST_EXISTS));
	session_open(pty, "host [^─═]*");
	session_act(pty, "restore");
	pty_wait_text(pty, "Restore from a file");
	pty_type(pty, file);
	pty_keys(pty, "Enter");
	wait_state("filed", VIR_DOMAIN_RUNNING);
	drop("filed");
}

static void autostart_goes_on_and_off(void **state)
{
	(void)state;
	make_guest("auto", "boot", false);
	open_guest("auto", "off");
	session_act(pty, "autostart-on");
	wait_fact("auto", ask_autostart, 1, "autostart on");
	pty_wait_text(pty, "Autostart +yes");
	session_act(pty, "autostart-off");
	wait_fact("auto", ask_autostart, 0, "autostart off");
	drop("auto");
}

static void rename_keeps_the_selection(void **state)
{
	(void)state;
	make_guest("before", "boot", false);
	open_guest("before", "off");
	ask("rename", "Rename: guest before");
	pty_keys(pty, "C-u");
	pty_type(pty, "after");
	pty_keys(pty, "Enter");
	session_wait_ok(pty, "rename");
	pty_wait_text(pty, "guest after");
	assert_int_equal(lab_guest_state(lab, "h1", "before"), -1);
	drop("after");
}

static void describe_writes_title_description_and_tags(void **state)
{
	(void)state;
	make_guest("words", "boot", false);
	open_guest("words", "off");
	ask("describe", "Describe: guest words");
	pty_type(pty, "A title");
	pty_keys(pty, "Tab");
	pty_type(pty, "A description");
	pty_keys(pty, "Tab");
	pty_type(pty, "red,blue");
	pty_keys(pty, "Enter");
	session_wait_ok(pty, "describe");
	virDomainPtr dom = domain("words");
	g_autofree char *xml = virDomainGetXMLDesc(dom, VIR_DOMAIN_XML_INACTIVE);
	virDomainFree(dom);
	assert_non_null(strstr(xml, "<title>A title</title>"));
	assert_non_null(strstr(xml, "<description>A description</description>"));
	assert_non_null(strstr(xml, "red"));
	pty_wait_text(pty, "A title");
	drop("words");
}

static void delete_removes_the_definition_and_the_chosen_disk(void **state)
{
	(void)state;
	g_autofree char *disk = g_strdup_printf("%s/h1/img/doomed.qcow2", lab_dir(lab));
	make_guest("doomed", "boot", false);
	open_guest("doomed", "off");
	ask("undefine", "disk vda");
	pty_keys(pty, "Space", "Enter");
	pty_wait_text(pty, "[Tt]ype");
	assert_true(g_file_test(disk, G_FILE_TEST_EXISTS));
	pty_type(pty, "doomed");
	pty_keys(pty, "Enter");
	session_wait_ok(pty, "undefine");
	assert_int_equal(lab_guest_state(lab, "h1", "doomed"), -1);
	assert_false(g_file_test(disk, G_FILE_TEST_EXISTS));
	pty_wait_gone(pty, "guest doomed");
}

static void delete_refuses_a_disk_that_another_guest_uses(void **state)
{
	(void)state;
	g_autofree char *disk = g_strdup_printf("%s/h1/img/shared.qcow2", lab_dir(lab));
	g_autofree char *other = g_strdup_printf("%s/h1/tmp/other.xml", lab_dir(lab));
	make_guest("shared", "boot", false);
	virDomainPtr dom = domain("shared");
	g_autofree char *xml = virDomainGetXMLDesc(dom, VIR_DOMAIN_XML_INACTIVE);
	virDomainFree(dom);
	g_autoptr(GString) copy = g_string_new(xml);
	g_string_replace(copy, "<name>shared</name>", "<name>other</name>", 0);
	char *uuid = strstr(copy->str, "<uuid>");
	uuid[6] = uuid[6] == '0' ? '1' : '0';
	assert_true(g_file_set_contents(other, copy->str, -1, NULL));
	lab_do(lab, "virsh", "h1", "define", other);
	open_guest("shared", "off");
	ask("undefine", "disk vda");
	pty_wait_text(pty, "other");
	pty_keys(pty, "Space", "Enter");
	pty_wait_text(pty, "[Tt]ype");
	pty_type(pty, "shared");
	pty_keys(pty, "Enter");
	session_wait_ok(pty, "undefine");
	assert_true(g_file_test(disk, G_FILE_TEST_EXISTS));
	drop("other");
}

static void marked_guests_are_acted_on_together(void **state)
{
	(void)state;
	make_guest("many1", "boot", true);
	make_guest("many2", "boot", true);
	open_guest("many2", "running");
	open_guest("many1", "running");
	pty_keys(pty, "Space", "Space");
	act_and_confirm("suspend", "Pause 2 guests");
	wait_state("many1", VIR_DOMAIN_PAUSED);
	wait_state("many2", VIR_DOMAIN_PAUSED);
	drop("many1");
	drop("many2");
}

static void deaf_guest_is_forced_off_after_its_time_out(void **state)
{
	(void)state;
	make_guest("deaf", "boot", true);
	open_guest("deaf", "running");
	session_act_asking(pty, "shutdown");
	pty_wait_text(pty, "Time-out");
	pty_keys(pty, "Tab", "C-u");
	pty_type(pty, "2");
	pty_keys(pty, "Tab", "Space", "Enter");
	answer_yes("Shut down guest deaf");
	wait_state("deaf", VIR_DOMAIN_SHUTOFF);
	drop("deaf");
}

static void waiting_shutdown_can_be_aborted(void **state)
{
	(void)state;
	make_guest("stays", "boot", true);
	open_guest("stays", "running");
	act_and_confirm("shutdown", "Shut down guest stays");
	/* Running is said before it is known how it can be ended. */
	pty_wait_text(pty, "stays +shutdown +▶.*waits at most");
	pty_keys(pty, "M-3", "Home");
	act_and_confirm("task-abort", "Abort task");
	pty_wait_text(pty, "stays +shutdown +. aborted");
	wait_state("stays", VIR_DOMAIN_RUNNING);
	drop("stays");
}

static bool agent_answers(void *data)
{
	virDomainPtr dom = domain(data);
	g_autofree char *name = virDomainGetHostname(dom, VIR_DOMAIN_GET_HOSTNAME_AGENT);
	virDomainFree(dom);
	return name != NULL;
}

static void linux_guest_reboots_and_shuts_down_when_asked(void **state)
{
	(void)state;
	if (lab_is_system(lab))
		lab_do(lab, "virsh", "h1", "net-start", "default");
	make_guest("polite", "linux", true);
	pty_wait_for(pty, agent_answers, (void *)"polite", "the guest's agent", PTY_DEADLINE_MS);
	open_guest("polite", "running");
	act_and_confirm("reboot", "Reboot guest polite");
	session_wait_ok(pty, "reboot");
	pty_wait_for(pty, agent_answers, (void *)"polite", "the guest's agent after its reboot", PTY_DEADLINE_MS);
	wait_state("polite", VIR_DOMAIN_RUNNING);
	act_and_confirm("shutdown", "Shut down guest polite");
	wait_state("polite", VIR_DOMAIN_SHUTOFF);
	session_wait_ok(pty, "shutdown");
	drop("polite");
	if (lab_is_system(lab))
		lab_do(lab, "virsh", "h1", "net-destroy", "default");
}

static void actions_that_can_not_run_say_why(void **state)
{
	(void)state;
	make_guest("idle", "boot", false);
	open_guest("idle", "off");
	static const char *const verbs[] = {"shutdown", "reboot", "reset", "destroy", "suspend", "resume", "managedsave",
	        "managedsave-remove", "save"};
	for (unsigned i = 0; i < G_N_ELEMENTS(verbs); i++) {
		session_act(pty, verbs[i]);
		pty_wait_text(pty, ": 'idle' (is|has|does)");
	}
	assert_int_equal(lab_guest_state(lab, "h1", "idle"), VIR_DOMAIN_SHUTOFF);
	drop("idle");
}

/* ---- pools, networks, the host ---- */

static bool pool_is(const char *want_active, bool active, bool autostart)
{
	virStoragePoolPtr pool = virStoragePoolLookupByName(lab_connection(lab, "h1"), want_active);
	int on = -1;
	assert_non_null(pool);
	virStoragePoolGetAutostart(pool, &on);
	bool same = virStoragePoolIsActive(pool) == active && on == autostart;
	virStoragePoolFree(pool);
	return same;
}

static bool pool_off(void *data)
{
	(void)data;
	return pool_is("default", false, false);
}

static bool pool_on(void *data)
{
	(void)data;
	return pool_is("default", true, false);
}

static bool pool_on_auto(void *data)
{
	(void)data;
	return pool_is("default", true, true);
}

static void pool_stops_starts_refreshes_autostarts(void **state)
{
	(void)state;
	g_autofree char *file = g_strdup_printf("%s/h1/img/appears.img", lab_dir(lab));
	session_open(pty, "pool default");
	act_and_confirm("pool-stop", "Stop pool");
	pty_wait_for(pty, pool_off, NULL, "the pool stopped", PTY_DEADLINE_MS);
	pty_wait_text(pty, "State +inactive");
	session_act(pty, "pool-start");
	pty_wait_for(pty, pool_on, NULL, "the pool active", PTY_DEADLINE_MS);
	pty_wait_text(pty, "State +active");
	session_act(pty, "pool-autostart-on");
	pty_wait_for(pty, pool_on_auto, NULL, "autostart on", PTY_DEADLINE_MS);
	pty_wait_text(pty, "Autostart +yes");
	session_act(pty, "pool-autostart-off");
	pty_wait_for(pty, pool_on, NULL, "autostart off", PTY_DEADLINE_MS);
	assert_true(g_file_set_contents(file, "x", 1, NULL));
	session_act(pty, "pool-refresh");
	session_wait_ok(pty, "pool-refresh");
	pty_wait_text(pty, "appears.img");
}

static int network_state(void)
{
	virNetworkPtr network = virNetworkLookupByName(lab_connection(lab, "h1"), "default");
	int on = 0;
	assert_non_null(network);
	virNetworkGetAutostart(network, &on);
	int now = virNetworkIsActive(network) + 2 * on;
	virNetworkFree(network);
	return now;
}

static bool network_is(void *data)
{
	return network_state() == GPOINTER_TO_INT(data);
}

static void network_starts_stops_autostarts(void **state)
{
	(void)state;
	if (!lab_is_system(lab))
		skip(); /* a session daemon has no networks */
	session_open(pty, "network default");
	session_act(pty, "net-start");
	pty_wait_for(pty, network_is, GINT_TO_POINTER(1), "the network active", PTY_DEADLINE_MS);
	pty_wait_text(pty, "State +active");
	session_act(pty, "net-autostart-on");
	pty_wait_for(pty, network_is, GINT_TO_POINTER(3), "autostart on", PTY_DEADLINE_MS);
	pty_wait_text(pty, "Autostart +yes");
	session_act(pty, "net-autostart-off");
	pty_wait_for(pty, network_is, GINT_TO_POINTER(1), "autostart off", PTY_DEADLINE_MS);
	act_and_confirm("net-stop", "Stop network");
	pty_wait_for(pty, network_is, GINT_TO_POINTER(0), "the network stopped", PTY_DEADLINE_MS);
}

static void host_disconnects_and_connects(void **state)
{
	(void)state;
	session_open(pty, "host [^─═]*");
	session_act(pty, "disconnect");
	pty_wait_text(pty, "disconnected");
	session_act(pty, "connect");
	pty_wait_gone(pty, "disconnected");
	pty_wait_text(pty, "● up");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup(f, peel)
	const struct CMUnitTest tests[] = {
	        TEST(start_pause_resume_force_off),
	        TEST(start_paused_waits_with_stopped_cpus),
	        TEST(reset_boots_again),
	        TEST(managed_save_goes_on_is_dropped_or_thrown_away),
	        TEST(start_afresh_boots_in_spite_of_a_saved_image),
	        TEST(save_to_a_file_and_restore),
	        TEST(autostart_goes_on_and_off),
	        TEST(rename_keeps_the_selection),
	        TEST(describe_writes_title_description_and_tags),
	        TEST(delete_removes_the_definition_and_the_chosen_disk),
	        TEST(delete_refuses_a_disk_that_another_guest_uses),
	        TEST(marked_guests_are_acted_on_together),
	        TEST(deaf_guest_is_forced_off_after_its_time_out),
	        TEST(waiting_shutdown_can_be_aborted),
	        TEST(linux_guest_reboots_and_shuts_down_when_asked),
	        TEST(actions_that_can_not_run_say_why),
	        TEST(pool_stops_starts_refreshes_autostarts),
	        TEST(network_starts_stops_autostarts),
	        TEST(host_disconnects_and_connects),
	};
#undef TEST
	return cmocka_run_group_tests(tests, open_all, close_all);
}
