/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A lab guest's own words and pixels: commands through its agent, screenshots. What fails, fails the test. */
#ifndef TESTS_SUPPORT_AGENT_H
#define TESTS_SUPPORT_AGENT_H

#include <glib.h>
#include <libvirt/libvirt.h>

/* Waits until the agent answers. */
void agent_wait(virDomainPtr dom);
/* A shell command; its standard output once it has ended with 0. Owned. */
GByteArray *agent_run(virDomainPtr dom, const char *command);
/* What virDomainScreenshot() sends: PNG or PPM. Owned. */
GByteArray *guest_screenshot(virDomainPtr dom);

#endif
