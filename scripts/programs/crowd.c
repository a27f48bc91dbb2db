// SPDX-License-Identifier: GPL-2.0
/*
 * crowd - many processes that map one object of a carveout, each a window of
 * its own, and a page that all write to; they touch, give back, map anew, fork
 * and are killed, and look whether memory is what it must be.
 *
 *	crowd DEVICE PROCESSES STEPS
 *
 * Says `ok`, or what was wrong.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096
#define WINDOW 64 /* pages */

static int fd;
static unsigned int seed;
static unsigned long *window, *shared;
/* What each page of the window begins and ends with */
static unsigned long model[WINDOW];

static unsigned int dice(unsigned int below)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % below;
}

static void *map(size_t pages, unsigned long first)
{
	void *p = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, first * PAGE);

	if (p == MAP_FAILED) {
		perror("mmap");
		_exit(1);
	}
	return p;
}

static unsigned long *page(unsigned int i)
{
	return window + i * (PAGE / sizeof(long));
}

static void check(unsigned int i, const char *when)
{
	unsigned long is = __atomic_load_n(page(i), __ATOMIC_RELAXED);

	if (is == model[i] && page(i)[PAGE / sizeof(long) - 1] == is)
		return;
	printf("%s: page %u is %lx, not %lx\n", when, i, is, model[i]);
	fflush(stdout);
	_exit(1);
}

static void put(unsigned int i)
{
	model[i] = ((unsigned long)getpid() << 32) | (dice(65536) + 1);
	*page(i) = model[i];
	page(i)[PAGE / sizeof(long) - 1] = model[i];
}

static void give_back(void)
{
	unsigned int first = dice(WINDOW), nr = 1 + dice(WINDOW - first), i;

	madvise(page(first), nr * PAGE, MADV_DONTNEED);
	for (i = first; i < first + nr; i++)
		model[i] = 0;
}

/* A page that nobody maps for a moment may be lost, or not */
static void map_anew(unsigned int number)
{
	unsigned int i;

	munmap(window, WINDOW * PAGE);
	window = map(WINDOW, 1 + number * WINDOW);
	for (i = 0; i < WINDOW; i++) {
		unsigned long is = *page(i);

		if (is && is != model[i])
			check(i, "mapped anew");
		model[i] = is;
	}
}

/* What a child writes is there for its parent, touched by that before or not */
static void have_child(void)
{
	unsigned int i, first = dice(WINDOW - 8);
	pid_t child = fork();

	for (i = first; i < first + 8; i++) {
		model[i] = first + 1;
		if (child)
			continue;
		*page(i) = first + 1;
		page(i)[PAGE / sizeof(long) - 1] = first + 1;
	}
	if (!child)
		_exit(0);
	waitpid(child, NULL, 0);
	for (i = first; i < first + 8; i++)
		check(i, "written by a child");
}

static void work(unsigned int number, unsigned int steps)
{
	seed = number * 7919 + 17;
	shared = map(1, 0);
	window = map(WINDOW, 1 + number * WINDOW);
	memset(model, 0, sizeof(model));
	while (steps--) {
		unsigned int what = dice(16);

		if (what == 0)
			give_back();
		else if (what == 1)
			map_anew(number);
		else if (what == 2)
			have_child();
		else if (what == 3)
			__atomic_fetch_add(shared, 1, __ATOMIC_RELAXED);
		else if (what < 10)
			put(dice(WINDOW));
		else
			check(dice(WINDOW), "mapped");
	}
}

static pid_t start(unsigned int number, unsigned int steps)
{
	pid_t child = fork();

	if (child)
		return child;
	work(number, steps);
	_exit(0);
}

int main(int argc, char **argv)
{
	unsigned int nr, steps, i;
	pid_t victim;
	int status, wrong = 0;

	if (argc != 4)
		return 1;
	fd = open(argv[1], O_RDWR);
	nr = atoi(argv[2]);
	steps = atoi(argv[3]);
	for (i = 0; i < nr; i++)
		start(i, steps);
	/* One that is killed, again and again, on its way */
	victim = start(nr, ~0U);
	for (i = 0; i < 20; i++) {
		usleep(20000);
		kill(victim, SIGKILL);
		waitpid(victim, &status, 0);
		victim = start(nr + 1 + i, ~0U);
	}
	kill(victim, SIGKILL);
	while (wait(&status) > 0)
		wrong |= WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status) != SIGKILL;
	puts(wrong ? "something was wrong" : "ok");
	return wrong;
}
