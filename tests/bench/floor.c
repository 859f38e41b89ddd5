/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The floor that nvirt is measured against: the bare calls, and nothing else.
 *
 *   floor poll URI state|six PACE_MS COUNTER   bulk statistics at a pace, until stdin ends
 *   floor list URI                             connects, lists the guests once, prints their names
 *   floor echo                                 a raw terminal that sends back what it gets
 *
 * COUNTER is a file of 8 bytes in which poll counts its refreshes.
 */
#include <fcntl.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#define SIX_GROUPS                                                                                           \
	(VIR_DOMAIN_STATS_STATE | VIR_DOMAIN_STATS_CPU_TOTAL | VIR_DOMAIN_STATS_BALLOON | VIR_DOMAIN_STATS_VCPU | \
	        VIR_DOMAIN_STATS_INTERFACE | VIR_DOMAIN_STATS_BLOCK)

static int fail(const char *what)
{
	fprintf(stderr, "floor: %s: %s\n", what, virGetLastErrorMessage());
	return 1;
}

static volatile uint64_t *map_counter(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	void *counter = fd < 0 ? MAP_FAILED : mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return counter == MAP_FAILED ? NULL : counter;
}

/* Reads what a list needs, as the smallest client would. */
static unsigned read_states(virDomainStatsRecordPtr *records)
{
	unsigned running = 0;
	int state = 0;
	for (; *records; records++)
		running += virDomainGetName((*records)->dom) &&
		        virTypedParamsGetInt((*records)->params, (*records)->nparams, "state.state", &state) == 1 &&
		        state == VIR_DOMAIN_RUNNING;
	return running;
}

static int poll_stats(const char *uri, const char *groups, int pace_ms, const char *counter_path)
{
	volatile uint64_t *counter = map_counter(counter_path);
	virConnectPtr conn = virConnectOpen(uri);
	unsigned stats = strcmp(groups, "six") == 0 ? SIX_GROUPS : VIR_DOMAIN_STATS_STATE;
	struct pollfd end = {.fd = STDIN_FILENO, .events = POLLIN};
	if (!conn || !counter)
		return fail("cannot start");
	do {
		virDomainStatsRecordPtr *records = NULL;
		if (virConnectGetAllDomainStats(conn, stats, &records, 0) < 0)
			return fail("cannot get statistics");
		(void)read_states(records);
		virDomainStatsRecordListFree(records);
		++*counter;
	} while (poll(&end, 1, pace_ms) == 0);
	virConnectClose(conn);
	return 0;
}

static int list(const char *uri)
{
	virDomainPtr *domains = NULL;
	virConnectPtr conn = virConnectOpenReadOnly(uri);
	int count = conn ? virConnectListAllDomains(conn, &domains, 0) : -1;
	if (count < 0)
		return fail("cannot list");
	for (int i = 0; i < count; i++) {
		puts(virDomainGetName(domains[i]));
		virDomainFree(domains[i]);
	}
	free(domains);
	virConnectClose(conn);
	return 0;
}

static int echo(void)
{
	struct termios raw;
	char bytes[64];
	ssize_t n;
	if (tcgetattr(STDIN_FILENO, &raw) < 0)
		return 1;
	cfmakeraw(&raw);
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	if (write(STDOUT_FILENO, "ready", 5) < 0)
		return 1;
	while ((n = read(STDIN_FILENO, bytes, sizeof(bytes))) > 0)
		if (write(STDOUT_FILENO, bytes, (size_t)n) < 0)
			return 1;
	return 0;
}

static void quiet(void *data, virErrorPtr error)
{
	(void)data, (void)error;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	virSetErrorFunc(NULL, quiet);
	if (argc == 6 && strcmp(what, "poll") == 0)
		return poll_stats(argv[2], argv[3], atoi(argv[4]), argv[5]);
	if (argc == 3 && strcmp(what, "list") == 0)
		return list(argv[2]);
	if (argc == 2 && strcmp(what, "echo") == 0)
		return echo();
	fprintf(stderr, "usage: floor poll URI state|six PACE_MS COUNTER | list URI | echo\n");
	return 2;
}
