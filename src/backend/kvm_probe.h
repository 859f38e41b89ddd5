/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does KVM really run a guest here? The device may be there, open, and make virtual machines, and still
 * emulate every instruction (a module without hardware behind it): only running a few tells.
 */
#ifndef NVIRT_BACKEND_KVM_PROBE_H
#define NVIRT_BACKEND_KVM_PROBE_H

#include "nvirt/check.h"

/*
 * In a process of its own, which is killed when it has not answered by then: a second is plenty, as a
 * working one takes a millisecond. Any thread; blocks that long at most.
 */
struct kvm_probe kvm_probe_run(const char *device, int timeout_ms);

#endif
