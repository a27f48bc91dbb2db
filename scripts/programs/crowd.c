// SPDX-License-Identifier: GPL-2.0
/*
 * crowd - many processes map one object of a carveout: each maps a range of its
 * own, and a page that all write to. They touch, unmap, remap, fork and are
 * killed, and compare memory with what they wrote.
 *
 *	crowd DEVICE PROCESSES STEPS [huge]
 *
 * With huge, the ranges are mapped by huge pages, and freed by munmap() only.
 * Prints `ok`, or the difference.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <carveout_user.h>

#define PAGE sysconf(_SC_PAGESIZE)
#define MAX_WINDOW 1024

static int fd;
static unsigned int seed;
static bool huge;
/* Pages of the range of a process */
static unsigned int nr_pages = 64;
static unsigned long *window, *shared;
/* The value at the start and the end of each page of the range */
static unsigned long model[MAX_WINDOW];

static unsigned int dice(unsigned int below)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % below;
}

static void *map(size_t pages, off_t offset)
{
	void *p = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);

	if (p == MAP_FAILED) {
		perror("mmap");
		_exit(1);
	}
	return p;
}

/* All processes share the first page of the object */
static void map_window(unsigned int number)
{
	off_t offset = (off_t)(number + 1) * nr_pages * PAGE;

	window = map(nr_pages, huge ? offset + (off_t)CARVEOUT_USER_HUGE : offset);
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
	unsigned int first = dice(nr_pages), nr = 1 + dice(nr_pages - first), i;

	if (madvise(page(first), nr * PAGE, MADV_DONTNEED))
		return;
	for (i = first; i < first + nr; i++)
		model[i] = 0;
}

/* The contents of a page may be lost while no process maps it */
static void map_anew(unsigned int number)
{
	unsigned int i;

	/* In two steps, some of which split a huge page */
	i = dice(nr_pages - 1) + 1;
	munmap(page(i), (nr_pages - i) * PAGE);
	check(dice(i), "half unmapped");
	munmap(window, i * PAGE);
	map_window(number);
	for (i = 0; i < nr_pages; i++) {
		unsigned long is = *page(i);

		if (is && is != model[i])
			check(i, "mapped anew");
		model[i] = is;
	}
}

/* The parent reads what a child writes, whether or not it has touched the page before */
static void have_child(void)
{
	unsigned int i, first = dice(nr_pages - 8);
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
	map_window(number);
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
			put(dice(nr_pages));
		else
			check(dice(nr_pages), "mapped");
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

	if (argc < 4)
		return 1;
	huge = argc > 4;
	if (huge)
		nr_pages = MAX_WINDOW;
	fd = open(argv[1], O_RDWR);
	nr = atoi(argv[2]);
	steps = atoi(argv[3]);
	for (i = 0; i < nr; i++)
		start(i, steps);
	/* A process that is killed at random times, again and again */
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
