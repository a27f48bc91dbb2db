// SPDX-License-Identifier: GPL-2.0
/*
 * heap - a program that has its heap in a carveout.
 *
 *	heap [DEVICE [MEGABYTES]]
 *
 * Maps the device and passes the mapping to libmemkind as memory of a "fixed" kind:
 * memkind_malloc() and memkind_free() then work like malloc() and free(), with memory
 * of the carveout. After each step it prints a line and waits for input, so that a
 * user can look at debugfs:
 *
 *	cat /sys/kernel/debug/carveout/default/user
 */
#include <errno.h>
#include <fcntl.h>
#include <memkind.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define NR_SMALL 50000
#define SMALL_SIZE 100
#define NR_LARGE 6
#define LARGE_SIZE (2 << 20)

/* A list in the carveout: links and contents */
struct node {
	struct node *next;
	char text[SMALL_SIZE - sizeof(struct node *)];
};

static struct {
	char *start;
	size_t size;
} area;

static void done(const char *fmt, ...)
{
	char line[80];
	va_list args;

	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		clearerr(stdin);
}

static void fail(const char *what, const char *why)
{
	fprintf(stderr, "heap: %s: %s\n", what, why);
	exit(1);
}

static void fail_if(bool failed, const char *what)
{
	if (failed)
		fail(what, strerror(errno));
}

static void *allocate(memkind_t kind, size_t size)
{
	char *p = memkind_malloc(kind, size);

	if (!p)
		fail("memkind_malloc", "the heap is full");
	if (p < area.start || p + size > area.start + area.size)
		fail("memkind_malloc", "what it returned is not in the carveout");
	return p;
}

static struct node *make_list(memkind_t kind)
{
	struct node *first = NULL;
	int i;

	for (i = 0; i < NR_SMALL; i++) {
		struct node *node = allocate(kind, sizeof(*node));

		snprintf(node->text, sizeof(node->text), "node %d", i);
		node->next = first;
		first = node;
	}
	return first;
}

static void free_list(memkind_t kind, struct node *node)
{
	char text[SMALL_SIZE];
	int i = NR_SMALL;

	while (node) {
		struct node *next = node->next;

		snprintf(text, sizeof(text), "node %d", --i);
		if (strcmp(node->text, text))
			fail("a node", "is not what it was");
		memkind_free(kind, node);
		node = next;
	}
	if (i)
		fail("the list", "is not whole");
}

static void work(memkind_t kind)
{
	struct node *list = make_list(kind);
	char *large[NR_LARGE];
	int i;

	done("%d small blocks of %d bytes", NR_SMALL, SMALL_SIZE);
	for (i = 0; i < NR_LARGE; i++) {
		large[i] = allocate(kind, LARGE_SIZE);
		memset(large[i], i + 1, LARGE_SIZE);
	}
	done("%d large blocks of %d KiB", NR_LARGE, LARGE_SIZE >> 10);
	large[0] = memkind_realloc(kind, large[0], 2 * LARGE_SIZE);
	if (!large[0] || large[0][LARGE_SIZE - 1] != 1)
		fail("memkind_realloc", "lost what was there");
	for (i = 0; i < NR_LARGE; i++) {
		if (large[i][0] != i + 1 || large[i][LARGE_SIZE - 1] != i + 1)
			fail("a large block", "is not what it was");
		memkind_free(kind, large[i]);
	}
	free_list(kind, list);
	done("all blocks freed");
}

int main(int argc, char **argv)
{
	const char *device = argc > 1 ? argv[1] : "/dev/carveout";
	memkind_t kind;
	int fd, ret;

	area.size = (argc > 2 ? strtoul(argv[2], NULL, 0) : 32) << 20;
	fd = open(device, O_RDWR | O_CLOEXEC);
	fail_if(fd < 0, device);
	area.start = mmap(NULL, area.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	fail_if(area.start == MAP_FAILED, "mmap");
	close(fd);
	done("a heap of %zu MiB, mapped from %s", area.size >> 20, device);

	ret = memkind_create_fixed(area.start, area.size, &kind);
	if (ret)
		fail("memkind_create_fixed", "not possible");
	work(kind);
	memkind_destroy_kind(kind);
	fail_if(madvise(area.start, area.size, MADV_DONTNEED), "madvise");
	done("its memory given back");
	return 0;
}
