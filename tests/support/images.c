/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See images.h. */
#include "support/images.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/op_util.h"

char *images_command(const char *format, ...)
{
	va_list args;
	char *out = NULL, *err = NULL;
	int status = 0;

	va_start(args, format);
	g_autofree char *line = g_strdup_vprintf(format, args);
	va_end(args);
	const char *argv[] = {"/bin/sh", "-c", line, NULL};
	bool ok = g_spawn_sync(NULL, (char **)argv, NULL, 0, NULL, NULL, &out, &err, &status, NULL)
	          && g_spawn_check_wait_status(status, NULL);
	if (!ok)
		fail_msg("%s: %s", line, err);
	g_free(err);
	return out;
}

char *images_dir(struct lab *lab)
{
	char *dir = g_build_filename(lab_dir(lab), "h1", "nvirt images", NULL);

	g_mkdir_with_parents(dir, 0777);
	if (g_chmod(dir, 0777) < 0)
		fail_msg("%s", dir);
	return dir;
}

/* A session daemon of another user writes to it too. */
static void share(const char *path)
{
	if (g_chmod(path, 0666) < 0)
		fail_msg("%s", path);
}

char *images_make_sized(const char *dir, const char *name, const char *format, unsigned mib)
{
	char *path = g_build_filename(dir, name, NULL);
	g_autofree char *quoted = g_shell_quote(path);

	g_free(images_command("qemu-img create -q -f %s %s %uM", format, quoted, mib));
	share(path);
	return path;
}

char *images_make(const char *dir, const char *name, const char *format)
{
	return images_make_sized(dir, name, format, 64);
}

void images_write(const char *path, const char *format, unsigned byte, unsigned at_kib, unsigned kib)
{
	g_autofree char *quoted = g_shell_quote(path);

	g_free(images_command("qemu-io -f %s -c 'write -P %u %uk %uk' %s", format, byte, at_kib, kib, quoted));
}

char *images_hash(const char *path, const char *format, const char *snapshot)
{
	g_autofree char *quoted = g_shell_quote(path);
	g_autofree char *option = snapshot ? g_strdup_printf("-l snapshot.name=%s", snapshot) : g_strdup("");
	g_autofree char *raw = g_strdup_printf("%s/nvirt-hash-%d", g_get_tmp_dir(), (int)getpid());
	char *hash = images_command("qemu-img convert -U %s -f %s -O raw %s %s && sha256sum <%s && rm -f %s", option, format,
	        quoted, raw, raw, raw);

	return g_strchomp(hash);
}

char *images_disk(const char *target, const char *path, const char *format, const char *more)
{
	return g_strdup_printf("<disk type='file' device='disk'><driver name='qemu' type='%s'/>"
	                       "<source file='%s'/><target dev='%s' bus='virtio'/>%s</disk>",
	        format, path, target, more);
}

void images_define(virConnectPtr conn, const char *name, const char *os, const char *devices)
{
	g_autofree char *xml = g_strdup_printf(
	        "<domain type='qemu'><name>%s</name><memory unit='MiB'>64</memory>%s<features><acpi/></features>"
	        "<devices>%s<graphics type='vnc'><listen type='socket'/></graphics>"
	        "<video><model type='vga'/></video></devices></domain>",
	        name, os ? os : "<os><type arch='x86_64' machine='pc'>hvm</type></os>", devices);
	g_autoptr(virDomain) dom = virDomainDefineXML(conn, xml);

	if (!dom)
		fail_msg("%s", virGetLastErrorMessage());
}

void images_clear(virConnectPtr conn)
{
	virDomainPtr *doms = NULL;
	int n = virConnectListAllDomains(conn, &doms, 0);

	for (int i = 0; i < n; i++) {
		if (g_str_has_prefix(virDomainGetName(doms[i]), "t-")) {
			virDomainDestroy(doms[i]);
			virDomainUndefineFlags(doms[i], VIR_DOMAIN_UNDEFINE_MANAGED_SAVE
			                | VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA | VIR_DOMAIN_UNDEFINE_NVRAM);
		}
		virDomainFree(doms[i]);
	}
	free(doms);
}

char *images_of(virConnectPtr conn, const char *guest, const char *target)
{
	g_autoptr(virDomain) dom = virDomainLookupByName(conn, guest);
	g_autoptr(xmlDoc) doc = dom ? op_guest_xml(dom, VIR_DOMAIN_XML_INACTIVE) : NULL;
	g_autofree char *xpath = g_strdup_printf("/domain/devices/disk[target/@dev='%s']/source/@file", target);

	assert_non_null(doc);
	return op_xml_string(doc, NULL, xpath);
}
