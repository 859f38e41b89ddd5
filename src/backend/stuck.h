/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guests whose QEMU does not answer.
 *
 * The detail thread says in which guests' monitors it is about to be. When it
 * does not come back in time, the poller asks libvirt which of them is
 * occupied (a call that never blocks), names it, and leaves that thread
 * behind; the next one keeps away from the guest until the call returns.
 */
#ifndef NVIRT_BACKEND_STUCK_H
#define NVIRT_BACKEND_STUCK_H

#include "backend/host.h"

/* Lock held. When the poller should have a look; far in the future when nothing is under way. */
gint64 stuck_next_look_us(const struct backend_host *host);
/* Poller, lock not held. false: it was given up. */
bool stuck_look(struct backend_host *host, uint32_t generation, virConnectPtr conn);
/* Lock held. Must no monitor be asked of this guest now? */
bool stuck_avoid(const struct guest_seen *guest);
/* Lock held. A detail thread that was left behind came back from these guests. */
void stuck_returned(struct backend_host *host, const GArray *guests);

#endif
