// SPDX-License-Identifier: GPL-2.0
/*
 * kcore - reads a module's mappings as a debugger would, through /proc/kcore.
 *
 *	kcore WORD
 *
 * Takes the ranges from the lines of /proc/vmallocinfo that contain the word: boot
 * with no_hash_pointers to have addresses there. Prints the number of ranges and
 * bytes, and how many of the bytes aren't zero.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_SEGMENTS 256

static int fd;
static struct elf64_hdr header;
static struct elf64_phdr segments[MAX_SEGMENTS];
static unsigned long nr_bytes, nr_set;

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void read_headers(void)
{
	size_t size;

	if (pread(fd, &header, sizeof(header), 0) != sizeof(header))
		fail("header");
	if (header.e_phnum > MAX_SEGMENTS) {
		errno = E2BIG;
		fail("segments");
	}
	size = header.e_phnum * sizeof(segments[0]);
	if (pread(fd, segments, size, header.e_phoff) != (ssize_t)size)
		fail("segments");
}

/* The position of an address in the file, or -1 */
static off_t position_of(unsigned long addr)
{
	int i;

	for (i = 0; i < header.e_phnum; i++) {
		const struct elf64_phdr *s = &segments[i];

		if (s->p_type == PT_LOAD && addr >= s->p_vaddr &&
		    addr - s->p_vaddr < s->p_memsz)
			return s->p_offset + (addr - s->p_vaddr);
	}
	return -1;
}

/* The last page is the guard page after the range; unmapped pages read as zeroes */
static void read_range(unsigned long start, unsigned long end)
{
	static unsigned char buffer[1 << 16];
	unsigned long addr;
	ssize_t i, n;

	for (addr = start; addr < end; addr += n) {
		off_t position = position_of(addr);
		size_t size = end - addr;

		if (position < 0) {
			errno = ENXIO;
			fail("address");
		}
		if (size > sizeof(buffer))
			size = sizeof(buffer);
		n = pread(fd, buffer, size, position);
		if (n <= 0)
			fail("read");
		nr_bytes += n;
		for (i = 0; i < n; i++)
			nr_set += buffer[i] != 0;
	}
}

int main(int argc, char **argv)
{
	unsigned long start, end, nr_ranges = 0;
	FILE *info = fopen("/proc/vmallocinfo", "r");
	char line[1024];

	fd = open("/proc/kcore", O_RDONLY);
	if (argc != 2 || !info || fd < 0)
		fail("kcore WORD");
	read_headers();
	while (fgets(line, sizeof(line), info)) {
		if (!strstr(line, argv[1]) ||
		    sscanf(line, "0x%lx-0x%lx", &start, &end) != 2)
			continue;
		read_range(start, end);
		nr_ranges++;
	}
	printf("%lu ranges, %lu bytes, %lu of them not zero\n", nr_ranges,
	       nr_bytes, nr_set);
	return 0;
}
