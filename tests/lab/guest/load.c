/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside the lab's Linux guest: a load whose figures are known.
 *
 *   load cpu=50,disk=10,net=1
 *
 * cpu is the share of one vCPU in percent that the guest as a whole does not
 * idle; disk and net are MB/s (10^6 bytes) written to /dev/vda past the page
 * cache and sent as broadcast frames, headers included. All are held on average
 * since the start: what a busy host made late is made up for.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ROUND_US 20000
#define BLOCK 65536
#define PAYLOAD 1400
#define FRAME (PAYLOAD + 8 + 20 + 14) /* UDP, IP, Ethernet */

static double now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

/* Idle time of all CPUs since boot. */
static double idle_us(void)
{
	unsigned long long user, nice, sys, idle, iowait;
	FILE *file = fopen("/proc/stat", "r");
	double result = 0;

	if (!file)
		return 0;
	if (fscanf(file, "cpu %llu %llu %llu %llu %llu", &user, &nice, &sys, &idle, &iowait) == 5)
		result = (double)(idle + iowait) * 1e6 / (double)sysconf(_SC_CLK_TCK);
	fclose(file);
	return result;
}

static double wanted(const char *spec, const char *name)
{
	const char *at = strstr(spec, name);

	return at ? atof(at + strlen(name)) : 0;
}

/* The first Ethernet device; waits for none. */
static int open_net(struct sockaddr_in *to)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0), on = 1;
	DIR *dir = opendir("/sys/class/net");
	struct dirent *entry;

	*to = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {INADDR_BROADCAST}};
	setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
	while (dir && (entry = readdir(dir)))
		if (entry->d_name[0] == 'e')
			setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, entry->d_name, strlen(entry->d_name));
	if (dir)
		closedir(dir);
	return fd;
}

/* The load's own pace, by the one call that waits without using the CPU. */
static void rest(double us)
{
	struct timeval span = {.tv_usec = us > 0 ? (suseconds_t)us : 0};

	select(0, NULL, NULL, NULL, &span);
}

struct load {
	double disk_bps, net_bps, cpu;
	int disk, net;
	struct sockaddr_in to;
	char *block;
	off_t at;
	double written, sent;
};

static void write_due(struct load *load, double due)
{
	while (load->written + BLOCK <= due) {
		if (pwrite(load->disk, load->block, BLOCK, load->at) != BLOCK)
			load->at = 0;
		load->at += BLOCK;
		load->written += BLOCK;
	}
}

static void send_due(struct load *load, double due)
{
	while (load->sent + FRAME <= due) {
		if (sendto(load->net, load->block, PAYLOAD, 0, (struct sockaddr *)&load->to, sizeof(load->to)) < 0)
			return;
		load->sent += FRAME;
	}
}

static void run(struct load *load)
{
	double start_us = now_us(), start_idle_us = idle_us();

	for (;;) {
		double round_us = now_us(), elapsed_us = round_us - start_us, busy_us, end_us;

		write_due(load, load->disk_bps * elapsed_us / 1e6);
		send_due(load, load->net_bps * elapsed_us / 1e6);
		busy_us = elapsed_us - (idle_us() - start_idle_us);
		end_us = now_us() + (load->cpu * elapsed_us - busy_us);
		while (now_us() < end_us && now_us() < round_us + 10 * ROUND_US)
			continue;
		if (now_us() < round_us + ROUND_US)
			rest(round_us + ROUND_US - now_us());
	}
}

int main(int argc, char **argv)
{
	const char *spec = argc > 1 ? argv[1] : "";
	struct load load = {.disk_bps = wanted(spec, "disk=") * 1e6,
	        .net_bps = wanted(spec, "net=") * 1e6,
	        .cpu = wanted(spec, "cpu=") / 100};

	if (posix_memalign((void **)&load.block, 4096, BLOCK))
		return 1;
	memset(load.block, 'n', BLOCK);
	load.disk = open("/dev/vda", O_WRONLY | O_DIRECT);
	load.net = open_net(&load.to);
	run(&load);
}
