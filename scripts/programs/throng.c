// SPDX-License-Identifier: GPL-2.0
/*
 * throng - maps one object of a carveout many times, and checks that mapping doesn't
 * get slower, and that another process can open the device meanwhile.
 *
 *	throng DEVICE MAPPINGS
 *
 * Prints `ok`, or the slow operation.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE sysconf(_SC_PAGESIZE)
/* Limit on the time of the last mappings, as a multiple of the first ones */
#define MOST_TIMES 4
/* Limit on the time of an open(), in seconds */
#define MOST_WAIT 2.0

static const char *device;
/* The longest open() of the other process, in seconds */
static double *longest;

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

/* One of 64 pages, allocated or not */
static double map(int fd, int nr)
{
	double start = now();
	int i;

	for (i = 0; i < nr; i++) {
		char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			       i % 64 * PAGE);

		if (p == MAP_FAILED) {
			perror("mmap");
			exit(1);
		}
		if (i % 16 == 0)
			*p = 1;
	}
	return now() - start;
}

static void open_again_and_again(void)
{
	double start;

	for (;;) {
		start = now();
		close(open(device, O_RDWR));
		if (now() - start > *longest)
			*longest = now() - start;
		usleep(1000);
	}
}

int main(int argc, char **argv)
{
	double first, last;
	pid_t other;
	int fd, nr;

	if (argc != 3)
		return 1;
	device = argv[1];
	nr = atoi(argv[2]);
	longest = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	fd = open(device, O_RDWR);
	other = fork();
	if (!other)
		open_again_and_again();
	first = map(fd, nr / 4);
	map(fd, nr / 2);
	last = map(fd, nr / 4);
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
	if (last > MOST_TIMES * first && last > 0.1)
		printf("the first mappings took %.2f s, as many later ones %.2f s\n", first, last);
	else if (*longest > MOST_WAIT)
		printf("an open() took %.2f s\n", *longest);
	else
		puts("ok");
	return 0;
}
