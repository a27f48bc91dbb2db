// SPDX-License-Identifier: GPL-2.0
/*
 * relay - a process writes to pages of a carveout, signals that, and unmaps them at
 * once; another process, which maps them, too, but has not touched them, reads them
 * at that moment. It must see what was written before the signal.
 *
 *	relay DEVICE ROUNDS
 *
 * Prints `ok`, or the difference.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE sysconf(_SC_PAGESIZE)
#define NR_PAGES 64

/* The rounds that both processes have reached */
struct turns {
	unsigned long mapped;
	unsigned long written;
	unsigned long read;
};

static int fd;

static void *map(int flags, int file)
{
	void *p = mmap(NULL, NR_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | flags, file, 0);

	if (p == MAP_FAILED) {
		perror("mmap");
		exit(1);
	}
	return p;
}

static unsigned long *page(void *pages, unsigned int i)
{
	return pages + i * PAGE;
}

static void await(const unsigned long *turn, unsigned long round)
{
	while (__atomic_load_n(turn, __ATOMIC_ACQUIRE) < round)
		sched_yield();
}

static void say(unsigned long *turn, unsigned long round)
{
	__atomic_store_n(turn, round, __ATOMIC_RELEASE);
}

static void write_pages(struct turns *turns, unsigned long round)
{
	void *pages = map(0, fd);
	unsigned int i;

	for (i = 0; i < NR_PAGES; i++)
		*page(pages, i) = round;
	say(&turns->written, round);
	munmap(pages, NR_PAGES * PAGE);
	await(&turns->read, round);
}

static bool read_pages(struct turns *turns, void *pages, unsigned long round)
{
	unsigned int i;

	await(&turns->written, round);
	for (i = 0; i < NR_PAGES; i++) {
		unsigned long is = *page(pages, i);

		if (is == round)
			continue;
		printf("round %lu: page %u is %lu\n", round, i, is);
		return false;
	}
	madvise(pages, NR_PAGES * PAGE, MADV_DONTNEED);
	say(&turns->read, round);
	return true;
}

static int be_reader(struct turns *turns, unsigned long rounds)
{
	void *pages = map(0, fd);
	unsigned long round;
	bool well = true;

	say(&turns->mapped, 1);
	for (round = 1; round <= rounds && well; round++)
		well = read_pages(turns, pages, round);
	/* Wake the writer in any case */
	say(&turns->read, ~0UL);
	puts(well ? "ok" : "something was lost");
	return !well;
}

int main(int argc, char **argv)
{
	unsigned long round, rounds;
	struct turns *turns;
	int status = 1;

	if (argc < 3)
		return 1;
	fd = open(argv[1], O_RDWR);
	rounds = atoi(argv[2]);
	turns = map(MAP_ANONYMOUS, -1);
	if (!fork())
		exit(be_reader(turns, rounds));
	/* Pages are freed with their last mapping */
	await(&turns->mapped, 1);
	for (round = 1; round <= rounds && turns->read != ~0UL; round++)
		write_pages(turns, round);
	wait(&status);
	return WEXITSTATUS(status);
}
