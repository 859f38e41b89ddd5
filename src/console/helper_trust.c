/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Before the reader locks itself in: whose certificates are trusted, and the parts that
 * SASL loads by itself. See helper.h.
 */
#define _GNU_SOURCE /* memfd_create() */
#include <dlfcn.h>
#include <sys/mman.h>
#include <unistd.h>

#include "helper.h"

/* What a file of certificates may be: the whole machine's has a fifth of it. */
#define FILE_BYTES_MAX (2u * 1024 * 1024)

static void append(int trust, const char *path)
{
	g_autofree char *text = NULL;
	gsize length = 0;

	if (!g_file_get_contents(path, &text, &length, NULL) || length > FILE_BYTES_MAX)
		return;
	for (gsize at = 0; at < length;) {
		ssize_t n = write(trust, text + at, length - at);

		if (n <= 0)
			return;
		at += (gsize)n;
	}
	/* A file that ends without a line feed must not spoil the next. */
	if (write(trust, "\n", 1) != 1)
		return;
}

int helper_trust_open(void)
{
	/* The user's own for nvirt, libvirt's of the user and of the machine, everybody's. */
	static const char *const machine[] = {"/etc/pki/CA/cacert.pem", "/etc/pki/libvirt-vnc/ca-cert.pem",
	        "/etc/pki/qemu/ca-cert.pem", "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"};
	g_autofree char *own = g_build_filename(g_get_user_config_dir(), "nvirt", "vnc-ca.pem", NULL);
	g_autofree char *pki = g_build_filename(g_get_home_dir(), ".pki", "CA", "cacert.pem", NULL);
	int trust = memfd_create("trusted", MFD_CLOEXEC);

	if (trust < 0)
		return -1;
	append(trust, own);
	append(trust, pki);
	for (unsigned i = 0; i < G_N_ELEMENTS(machine); i++)
		append(trust, machine[i]);
	if (lseek(trust, 0, SEEK_CUR) > 0)
		return trust;
	close(trust);
	return -1;
}

/* The library is there because libvncclient wants it; where it does not, there is no SASL. */
void helper_users_load(void)
{
	int (*init)(const void *callbacks) = (int (*)(const void *))dlsym(RTLD_DEFAULT, "sasl_client_init");
	void *(*load)(void *context, const char *name);
	void *crypto;

	if (!init || init(NULL) != 0)
		return;
	/* DIGEST-MD5 protects the line by ciphers that OpenSSL keeps in a part that is loaded when it is asked for. */
	crypto = dlopen("libcrypto.so.3", RTLD_NOW | RTLD_NOLOAD);
	load = crypto ? (void *(*)(void *, const char *))dlsym(crypto, "OSSL_PROVIDER_load") : NULL;
	if (load && load(NULL, "default"))
		load(NULL, "legacy");
}
