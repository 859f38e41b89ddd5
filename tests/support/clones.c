/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/clones.h"

#include <glib/gstdio.h>
#include <poll.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "backend/op_util.h"
#include "support/files.h"

#define DEADLINE_MS 60000

struct lab *clones_lab;
const char *clones_small;

/* Before the lab, whose mount namespace is made from ours. */
static void mount_small(void)
{
	char *dir = g_dir_make_tmp("nvirt-small-XXXXXX", NULL);

	g_chmod(dir, 0755);
	if (dir && mount("tmpfs", dir, "tmpfs", 0, "size=64m,mode=0755") == 0) {
		clones_small = dir;
		return;
	}
	g_rmdir(dir);
	g_free(dir);
}

int clones_start(void **state)
{
	(void)state;
	mount_small();
	clones_lab = lab_start(1);
	return 0;
}

int clones_stop(void **state)
{
	(void)state;
	lab_stop(clones_lab);
	if (clones_small) {
		umount2(clones_small, MNT_DETACH);
		g_rmdir(clones_small);
	}
	return 0;
}

static char *pool_dir(void)
{
	return g_build_filename(lab_dir(clones_lab), "h1", "clones", NULL);
}

static bool dir_locked; /* a test that failed leaves it so */

bool clones_lock_dir(bool lock)
{
	g_autofree char *dir = pool_dir();
	const char *const words[] = {"chattr", lock ? "+i" : "-i", dir, NULL};
	int status = -1;
	bool done;

	/* Root passes by permissions, but not by this. */
	done = g_spawn_sync(NULL, (char **)words, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL,
	               NULL, &status, NULL)
	       && status == 0;
	if (done)
		dir_locked = lock;
	return done;
}

char *clones_path(const char *name)
{
	g_autofree char *dir = pool_dir();

	return g_build_filename(dir, name, NULL);
}

static void make_pool(struct ops *ops, const char *name, const char *dir)
{
	g_autofree char *xml = g_strdup_printf(
	        "<pool type='dir'><name>%s</name><target><path>%s</path></target></pool>", name, dir);
	virStoragePoolPtr pool = virStoragePoolCreateXML(ops->conn, xml, 0);

	if (!pool)
		fail_msg("%s", virGetLastErrorMessage());
	virStoragePoolFree(pool);
}

static void remove_guests(virConnectPtr conn)
{
	virDomainPtr *doms = NULL;
	int n = virConnectListAllDomains(conn, &doms, 0);

	for (int i = 0; i < n; i++) {
		virDomainDestroy(doms[i]);
		virDomainUndefineFlags(doms[i], VIR_DOMAIN_UNDEFINE_MANAGED_SAVE
		                | VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA | VIR_DOMAIN_UNDEFINE_NVRAM);
		virDomainFree(doms[i]);
	}
	free(doms);
}

static void remove_pool(virConnectPtr conn, const char *name)
{
	virStoragePoolPtr pool = virStoragePoolLookupByName(conn, name);

	if (!pool)
		return;
	virStoragePoolDestroy(pool);
	virStoragePoolFree(pool);
}

int clones_set_up(void **state)
{
	struct ops *ops = ops_new(lab_uri(clones_lab, "h1"));
	g_autofree char *dir = pool_dir();

	remove_guests(ops->conn);
	g_mkdir(dir, 0711);
	make_pool(ops, CLONES_POOL, dir);
	if (clones_small)
		make_pool(ops, "small", clones_small);
	*state = ops;
	return 0;
}

static void empty_dir(const char *dir)
{
	g_autoptr(GDir) open = g_dir_open(dir, 0, NULL);
	const char *name;

	while (open && (name = g_dir_read_name(open))) {
		g_autofree char *path = g_build_filename(dir, name, NULL);
		unlink(path);
	}
}

int clones_tear_down(void **state)
{
	struct ops *ops = *state;
	g_autofree char *dir = pool_dir();

	virConnectPtr conn = lab_connection(clones_lab, "h1");
	if (dir_locked)
		clones_lock_dir(false);
	remove_guests(conn);
	remove_pool(conn, CLONES_POOL);
	remove_pool(conn, "small");
	empty_dir(dir);
	if (clones_small)
		empty_dir(clones_small);
	(void)ops;
	return ops_tear_down(state);
}

/* ---- images ---- */

char *clones_tool_words(const char *const *words)
{
	char *out = NULL;
	g_autofree char *err = NULL;
	int status = 0;
	g_autoptr(GError) error = NULL;

	if (!g_spawn_sync(NULL, (char **)words, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, &err, &status, &error))
		fail_msg("%s: %s", words[0], error->message);
	if (!g_spawn_check_wait_status(status, NULL))
		fail_msg("%s %s: %s", words[0], words[1], err);
	return out;
}

void clones_image(const char *path, const char *format, unsigned mib, unsigned data_mib)
{
	g_autofree char *size = g_strdup_printf("%uM", mib);
	g_autofree char *write = g_strdup_printf("write -q -P 0x5a 0 %uM", data_mib);

	g_free(clones_tool("qemu-img", "create", "-q", "-f", format, path, size));
	if (data_mib)
		g_free(clones_tool("qemu-io", "-f", format, "-c", write, path));
}

void clones_define(struct ops *ops, const char *name, const char *path, const char *format, const char *devices)
{
	g_autofree char *xml = g_markup_printf_escaped(
	        "<domain type='qemu'><name>%s</name><memory unit='MiB'>64</memory><os><type arch='x86_64'>hvm</type></os>"
	        "<devices><disk type='file' device='disk'><driver name='qemu' type='%s'/><source file='%s'/>"
	        "<target dev='vda' bus='virtio'/></disk>",
	        name, format, path);
	g_autofree char *whole = g_strdup_printf("%s%s</devices></domain>", xml, devices ? devices : "");
	virDomainPtr dom = virDomainDefineXML(ops->conn, whole);

	if (!dom)
		fail_msg("%s", virGetLastErrorMessage());
	virDomainFree(dom);
}

static virDomainPtr find(struct ops *ops, const char *name)
{
	virDomainPtr dom = virDomainLookupByName(ops->conn, name);

	if (!dom)
		fail_msg("there is no guest '%s'", name);
	return dom;
}

void clones_start_guest(struct ops *ops, const char *name)
{
	virDomainPtr dom = find(ops, name);

	if (virDomainCreate(dom) < 0)
		fail_msg("%s", virGetLastErrorMessage());
	virDomainFree(dom);
}

bool clones_defined(struct ops *ops, const char *name)
{
	(void)ops;
	virDomainPtr dom = virDomainLookupByName(lab_connection(clones_lab, "h1"), name);

	if (dom)
		virDomainFree(dom);
	return dom != NULL;
}

char *clones_xml_string(struct ops *ops, const char *name, const char *xpath)
{
	virDomainPtr dom = find(ops, name);
	g_autoptr(xmlDoc) doc = op_guest_xml(dom, VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE);

	virDomainFree(dom);
	return op_xml_string(doc, NULL, xpath);
}

void clones_assert_same(const char *a, const char *b)
{
	g_autofree char *words = clones_tool("qemu-img", "compare", "-U", a, b);

	assert_non_null(strstr(words, "identical"));
}

char *clones_hash(const char *path)
{
	/* The quickest of those that leave no doubt. */
	g_autofree char *words = clones_tool("b2sum", "-l", "256", path);

	return g_strndup(words, 64);
}

static int compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char *clones_listing(void)
{
	g_autofree char *dir = pool_dir();
	g_autoptr(GDir) open = g_dir_open(dir, 0, NULL);
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	GString *text = g_string_new(NULL);
	const char *name;

	while ((name = g_dir_read_name(open)))
		g_ptr_array_add(names, (gpointer)name);
	g_ptr_array_sort(names, compare_names);
	for (unsigned i = 0; i < names->len; i++)
		g_string_append_printf(text, "%s%s", i ? " " : "", (char *)names->pdata[i]);
	return g_string_free(text, FALSE);
}

/* ---- one whose content is known ---- */

struct clones_source clones_source(struct ops *ops, const char *format, unsigned data_mib)
{
	struct clones_source source = {.path = clones_path("src.img")};

	clones_image(source.path, format, data_mib + 8, data_mib);
	source.hash = clones_hash(source.path);
	clones_define(ops, "src", source.path, format, NULL);
	return source;
}

void clones_source_clear(struct clones_source *source)
{
	g_clear_pointer(&source->path, g_free);
	g_clear_pointer(&source->hash, g_free);
}

void clones_assert_untouched(struct ops *ops, struct clones_source *source, const char *files)
{
	g_autofree char *hash = clones_hash(source->path);
	g_autofree char *left = clones_listing();

	assert_string_equal(hash, source->hash);
	assert_string_equal(left, files);
	assert_false(clones_defined(ops, "copy"));
	clones_source_clear(source);
}

/* ---- cloning ---- */

struct ops_result clones_run(struct ops *ops, const char *source, const char *const *args)
{
	return ops_run_guest(ops, OP_GUEST_CLONE, source, args);
}

char *clones_refusal(struct ops *ops, const char *source, const char *const *args)
{
	struct obj_ref ref = ops_guest_ref(ops, source);
	struct op_request *request = op_request_new(OP_GUEST_CLONE, &ref, source);
	unsigned id = 5000 + ++ops->tasks;
	char *refused = NULL;

	for (; args[0]; args += 2)
		args_set(request->args, args[0], args[1]);
	workers_plan(ops->workers, request, id);
	for (bool come = false; !come;) {
		struct msg *msg = ops_next_msg(ops, g_get_monotonic_time() + DEADLINE_MS * 1000);
		come = msg->type == MSG_PLAN && msg->plan_id == id;
		if (come)
			refused = g_strdup(msg->plan->refused);
		msg_free(msg);
	}
	return refused;
}

struct looking {
	const char *dir, *prefix;
	char *found;
};

static bool look(void *data)
{
	struct looking *looking = data;
	g_autoptr(GDir) open = g_dir_open(looking->dir, 0, NULL);
	const char *name;

	while (open && !looking->found && (name = g_dir_read_name(open)))
		if (g_str_has_prefix(name, looking->prefix) && !g_str_has_suffix(name, "-probe"))
			looking->found = g_build_filename(looking->dir, name, NULL);
	return looking->found != NULL;
}

char *clones_wait_file(const char *dir, const char *prefix)
{
	g_autofree char *usual = pool_dir();
	struct looking looking = {.dir = dir ? dir : usual, .prefix = prefix};

	/* A copy is quick: it is looked for more often than lab_wait_for() does. */
	for (gint64 until = g_get_monotonic_time() + DEADLINE_MS * 1000; !look(&looking); poll(NULL, 0, 1))
		if (g_get_monotonic_time() > until)
			fail_msg("no file '%s…' came to be in '%s'", prefix, looking.dir);
	return looking.found;
}
