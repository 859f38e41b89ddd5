/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Running a few instructions on KVM: see kvm_probe.h.
 *
 * The child is forked from a process with threads, so it may only make system calls: it allocates nothing,
 * takes no lock, and ends by _exit().
 */
#define _GNU_SOURCE /* close_range(), pipe2() */
#include "backend/kvm_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define GUEST_BYTES 0x10000
#define GUEST_START 0x1000
#define ROUNDS_EACH 20000
#define ROUNDS_ALL 2000000
/* By then enough is known of how slow it is. */
#define ENOUGH_NS 300000000u
/* VT-x and AMD-V do a thousand million; what emulates does one. */
#define RATE_MIN 20e6

#if defined(__x86_64__) || defined(__i386__)

struct machine {
	int kvm, vm, cpu;
	struct kvm_run *run;
};

static uint64_t cpu_time_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
}

/* Real mode: count ECX down to nought, tell by a write to a port, and again. */
static bool load_guest(struct machine *machine)
{
	static const uint8_t code[] = {
	        0x66, 0xb9, ROUNDS_EACH & 0xff, ROUNDS_EACH >> 8, 0x00, 0x00, /* mov ecx, ROUNDS_EACH */
	        0x66, 0x49,                                                   /* dec ecx */
	        0x75, 0xfc,                                                   /* jnz */
	        0xe6, 0x10,                                                   /* out 0x10, al */
	        0xeb, 0xf2,                                                   /* jmp to the start */
	};
	uint8_t *memory = mmap(NULL, GUEST_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct kvm_userspace_memory_region region = {
	        .memory_size = GUEST_BYTES, .userspace_addr = (uintptr_t)memory};

	if (memory == MAP_FAILED)
		return false;
	memcpy(memory + GUEST_START, code, sizeof(code));
	return ioctl(machine->vm, KVM_SET_USER_MEMORY_REGION, &region) == 0;
}

static bool make_cpu(struct machine *machine)
{
	struct kvm_regs regs = {.rip = GUEST_START, .rflags = 2};
	struct kvm_sregs sregs;
	int size = ioctl(machine->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);

	machine->cpu = ioctl(machine->vm, KVM_CREATE_VCPU, 0);
	if (machine->cpu < 0 || size < (int)sizeof(struct kvm_run))
		return false;
	machine->run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, machine->cpu, 0);
	if (machine->run == MAP_FAILED || ioctl(machine->cpu, KVM_GET_SREGS, &sregs) != 0)
		return false;
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	return ioctl(machine->cpu, KVM_SET_SREGS, &sregs) == 0 &&
	       ioctl(machine->cpu, KVM_SET_REGS, &regs) == 0;
}

/* In CPU time: a host that is busy does not make KVM look slow. */
static void run_guest(struct machine *machine, struct kvm_probe *probe)
{
	uint64_t start = cpu_time_ns();

	while (probe->rounds < ROUNDS_ALL && probe->ns < ENOUGH_NS) {
		int failed = ioctl(machine->cpu, KVM_RUN, 0);

		probe->exit_reason = machine->run->exit_reason;
		if (failed || probe->exit_reason != KVM_EXIT_IO) {
			probe->error = failed ? errno : 0;
			probe->result = KVM_PROBE_BAD_RUN;
			return;
		}
		probe->rounds += ROUNDS_EACH;
		probe->ns = MAX(cpu_time_ns() - start, 1);
	}
	probe->result = probe->rounds * 1e9 / probe->ns < RATE_MIN ? KVM_PROBE_SLOW : KVM_PROBE_OK;
}

static void try_kvm(const char *device, struct kvm_probe *probe)
{
	struct machine machine = {.vm = -1, .cpu = -1};

	machine.kvm = open(device, O_RDWR | O_CLOEXEC);
	probe->result = KVM_PROBE_NO_OPEN;
	probe->error = machine.kvm < 0 ? errno : 0;
	if (machine.kvm < 0)
		return;
	probe->result = KVM_PROBE_NO_API;
	if (ioctl(machine.kvm, KVM_GET_API_VERSION, 0) != KVM_API_VERSION)
		return;
	probe->result = KVM_PROBE_NO_VM;
	machine.vm = ioctl(machine.kvm, KVM_CREATE_VM, 0);
	probe->error = machine.vm < 0 ? errno : 0;
	if (machine.vm < 0)
		return;
	probe->result = KVM_PROBE_NO_VCPU;
	if (!load_guest(&machine) || !make_cpu(&machine)) {
		probe->error = errno;
		return;
	}
	run_guest(&machine, probe);
}

#else

/* No program for this processor: that it makes a machine is all that is looked at elsewhere. */
static void try_kvm(const char *device, struct kvm_probe *probe)
{
	(void)device;
	probe->result = KVM_PROBE_NOT_RUN;
}

#endif

static G_GNUC_NORETURN void child_main(const char *device, int out)
{
	struct kvm_probe probe = {0};
	const struct rlimit none = {0, 0};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setrlimit(RLIMIT_CORE, &none);
	/* The pipe becomes 3, all else of the parent's is closed. */
	if (dup2(out, 3) == 3)
		syscall(SYS_close_range, 4u, ~0u, 0u);
	try_kvm(device, &probe);
	_exit(write(3, &probe, sizeof(probe)) == (ssize_t)sizeof(probe) ? 0 : 1);
}

static bool wait_for(int fd, gint64 deadline_us)
{
	struct pollfd polled = {.fd = fd, .events = POLLIN};
	int got;

	do {
		gint64 left_us = deadline_us - g_get_monotonic_time();

		got = poll(&polled, 1, (int)MAX(left_us / 1000, 0));
	} while (got < 0 && errno == EINTR);
	return got > 0;
}

/* A killed process may sit in the kernel for ever: it is waited for as long as is sensible, and then left. */
static void reap(pid_t pid)
{
	gint64 end_us = g_get_monotonic_time() + G_USEC_PER_SEC / 2;

	while (waitpid(pid, NULL, WNOHANG) == 0 && g_get_monotonic_time() < end_us)
		poll(NULL, 0, 1);
}

struct kvm_probe kvm_probe_run(const char *device, int timeout_ms)
{
	gint64 deadline_us = g_get_monotonic_time() + timeout_ms * G_TIME_SPAN_MILLISECOND;
	struct kvm_probe probe = {.result = KVM_PROBE_NOT_RUN};
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return probe;
	pid = fork();
	if (pid == 0)
		child_main(device, fds[1]);
	close(fds[1]);
	if (pid > 0) {
		bool told = wait_for(fds[0], deadline_us);

		if (!told)
			probe.result = KVM_PROBE_HUNG;
		else if (read(fds[0], &probe, sizeof(probe)) != (ssize_t)sizeof(probe))
			probe = (struct kvm_probe){.result = KVM_PROBE_DIED};
		if (!told)
			kill(pid, SIGKILL);
		reap(pid);
	}
	close(fds[0]);
	return probe;
}
