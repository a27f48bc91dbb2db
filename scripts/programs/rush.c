// SPDX-License-Identifier: GPL-2.0
/*
 * rush - two threads touch the same 2 MiB of a carveout, mapped by huge pages, at
 * the same time, again and again.
 *
 *	rush DEVICE ROUNDS
 *
 * Prints `ok`, or the difference.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <carveout_user.h>

#define SIZE (2UL << 20)

static pthread_barrier_t barrier;
static unsigned long *window;
static int rounds;

static void touch_one(unsigned long which)
{
	pthread_barrier_wait(&barrier);
	__atomic_fetch_add(window, 1, __ATOMIC_RELAXED);
	window[512 * (which + 1)] = which + 1;
	pthread_barrier_wait(&barrier);
}

static void *touch_all(void *arg)
{
	int i;

	for (i = 0; i < rounds; i++)
		touch_one((unsigned long)arg);
	return NULL;
}

static int check(int round)
{
	if (window[0] == 2 && window[512] == 1 && window[1024] == 2)
		return 0;
	printf("round %d: %lu %lu %lu\n", round, window[0], window[512], window[1024]);
	return 1;
}

int main(int argc, char **argv)
{
	int fd, i, wrong = 0;
	pthread_t other;

	if (argc != 3)
		return 1;
	fd = open(argv[1], O_RDWR);
	rounds = atoi(argv[2]);
	pthread_barrier_init(&barrier, NULL, 2);
	if (pthread_create(&other, NULL, touch_all, (void *)1))
		return 1;
	for (i = 0; i < rounds; i++) {
		window = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			      (off_t)CARVEOUT_USER_HUGE);
		if (window == MAP_FAILED) {
			perror("mmap");
			return 1;
		}
		touch_one(0);
		wrong |= check(i);
		munmap(window, SIZE);
	}
	pthread_join(other, NULL);
	if (!wrong)
		puts("ok");
	return wrong;
}
