// SPDX-License-Identifier: GPL-2.0
/*
 * mapfuzz - runs random operations on a mapped carveout, and compares memory with a
 * model. For scenarios.
 *
 *	mapfuzz DEVICE SEED STEPS [nopin]
 *
 * Each step is one of: map, unmap (also in part), write a page, read a range, drop a
 * range by MADV_DONTNEED, read and write the file, allocate a range in blocks, send a
 * request of random bytes, fork, let a child do one of these or exit, pin pages by
 * vmsplice() or as fixed buffers of io_uring, and unpin them. Meanwhile a thread writes
 * to its own mapping and checks that it reads what it wrote. With `nopin` the kernel
 * must refuse to pin any page.
 *
 * The model of a page of the object has the key of the pattern last written to it, the
 * number of mappings that cover it, and the number of pins. Without mappings and pins
 * the page is freed and reads as zero later. If its only mapping drops it, the page may
 * or may not be zero until it is read. A page that was written through the file or
 * allocated in a block stays.
 *
 * Prints the number of each step and `ok`, or the difference and its step; exits with 0
 * or 1. Except for the thread, steps are sequential: the same seed gives the same run.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/types.h>

#include <carveout_user.h>

/* The mapped object: the pages for steps, followed by the pages of the thread */
#define NR_PAGES 2048
#define THREAD_PAGES 512
#define HUGE_PAGES 512
/* Only pages from here on are written through the file, or allocated in blocks */
#define FIRST_FILE_PAGE (NR_PAGES * 3 / 4)

#define NR_MAPS 12
#define NR_CHILDREN 3
#define NR_PINS 4
#define MOST_PINNED 8
/* Operations of io_uring_register() */
#define REGISTER_BUFFERS 0
#define UNREGISTER_BUFFERS 1
/* Words of a page that hold its pattern */
#define WORDS 8

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

struct page {
	__u64 key;
	unsigned int covers;
	unsigned int pins;
	int may_be_zero;
	int stays;
};

struct map {
	char *p;
	size_t first;
	size_t nr;
	int huge;
};

/* Shared by all processes; [0] belongs to the parent, [1] and so on to its children */
static struct {
	struct page page[NR_PAGES];
	struct map map[1 + NR_CHILDREN][NR_MAPS];
	__u64 random;
	__u64 next_key;
	unsigned long step;
} *model;

/* A pipe, or a ring with fixed buffers */
struct pin {
	int fd[2];
	int ring;
	size_t first;
	size_t nr;
};

struct child {
	pid_t pid;
	int command;
	int reply;
};

static struct pin pins[NR_PINS];
static struct child children[NR_CHILDREN];
static size_t page_bytes;
static int device;
static int self;
static int may_pin = 1;
static int may_be_huge;
static unsigned long count[16];
static int stop;

static void fail(const char *fmt, ...)
{
	va_list args;

	printf("step %lu, process %d: ", model->step, self);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
	_exit(1);
}

/* The finalizer of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014) */
static __u64 mix(__u64 x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

static __u64 any(__u64 below)
{
	model->random += 0x9e3779b97f4a7c15ULL;
	return mix(model->random) % below;
}

/* The model */

static __u64 *word_at(char *page, int i)
{
	return (__u64 *)(page + i * (page_bytes / WORDS));
}

/* Other processes access the same memory at other addresses */
static __u64 get_word(char *page, int i)
{
	return __atomic_load_n(word_at(page, i), __ATOMIC_RELAXED);
}

static void set_word(char *page, int i, __u64 value)
{
	__atomic_store_n(word_at(page, i), value, __ATOMIC_RELAXED);
}

static __u64 pattern(__u64 key, int i)
{
	return key ? mix(key + i) | 1 : 0;
}

static void forget_unless_held(size_t at)
{
	struct page *page = &model->page[at];

	if (page->covers || page->pins || page->stays)
		return;
	page->key = 0;
	page->may_be_zero = 0;
}

static void add_covers(const struct map *m, int n)
{
	size_t i;

	for (i = m->first; i < m->first + m->nr; i++) {
		model->page[i].covers += n;
		forget_unless_held(i);
	}
}

static void look_at(char *p, size_t at)
{
	struct page *page = &model->page[at];
	int i;

	if (page->may_be_zero && !get_word(p, 0))
		page->key = 0;
	page->may_be_zero = 0;
	for (i = 0; i < WORDS; i++)
		if (get_word(p, i) != pattern(page->key, i))
			fail("page %zu, covered %u and pinned %u times, word %d: %llx, not %llx",
			     at, page->covers, page->pins, i,
			     get_word(p, i), pattern(page->key, i));
}

static void write_to(char *p, size_t at)
{
	struct page *page = &model->page[at];
	int i;

	page->key = ++model->next_key;
	page->may_be_zero = 0;
	for (i = 0; i < WORDS; i++)
		set_word(p, i, pattern(page->key, i));
}

/* Steps; they return false if there was no mapping or pin to work on */

static struct map *any_map(int used)
{
	size_t first = any(NR_MAPS), i;

	for (i = 0; i < NR_MAPS; i++) {
		struct map *m = &model->map[self][(first + i) % NR_MAPS];

		if (!m->nr == !used)
			return m;
	}
	return NULL;
}

/* Some consecutive pages of a mapping, @most at most */
static size_t any_run(const struct map *m, size_t most, size_t *nr)
{
	size_t from = any(m->nr);

	*nr = m->nr - from < most ? m->nr - from : most;
	*nr = 1 + any(*nr);
	return from;
}

static int do_map(void)
{
	struct map *m = any_map(0);
	off_t offset;

	if (!m)
		return 0;
	*m = (struct map){ .first = any(NR_PAGES), .huge = !any(4) && may_be_huge };
	if (m->huge)
		m->first -= m->first % HUGE_PAGES;
	m->nr = m->huge ? HUGE_PAGES * (1 + any(2)) : 1 + any(NR_PAGES / 4);
	if (m->nr > NR_PAGES - m->first)
		m->nr = NR_PAGES - m->first;
	offset = m->first * page_bytes + (m->huge ? CARVEOUT_USER_HUGE : 0);
	m->p = mmap(NULL, m->nr * page_bytes, PROT_READ | PROT_WRITE,
		    MAP_SHARED, device, offset);
	if (m->p == MAP_FAILED)
		fail("mmap() of %zu pages%s: %s", m->nr,
		     m->huge ? ", huge" : "", strerror(errno));
	add_covers(m, 1);
	return 1;
}

static int do_unmap(void)
{
	struct map *m = any_map(1), part;

	if (!m)
		return 0;
	part = *m;
	if (!m->huge && m->nr > 1 && any(2)) {
		part.nr = 1 + any(m->nr - 1);
		if (any(2)) {
			m->first += part.nr;
			m->p += part.nr * page_bytes;
		} else {
			part.first += m->nr - part.nr;
			part.p += (m->nr - part.nr) * page_bytes;
		}
	}
	m->nr -= part.nr;
	if (munmap(part.p, part.nr * page_bytes))
		fail("munmap(): %s", strerror(errno));
	add_covers(&part, -1);
	return 1;
}

static int do_write(void)
{
	struct map *m = any_map(1);
	size_t from, nr, i;

	if (!m)
		return 0;
	from = any_run(m, 16, &nr);
	for (i = from; i < from + nr; i++)
		write_to(m->p + i * page_bytes, m->first + i);
	return 1;
}

static int do_read(void)
{
	struct map *m = any_map(1);
	size_t from, nr, i;

	if (!m)
		return 0;
	from = any_run(m, 128, &nr);
	for (i = from; i < from + nr; i++)
		look_at(m->p + i * page_bytes, m->first + i);
	return 1;
}

static int do_dontneed(void)
{
	struct map *m = any_map(1);
	size_t from, nr, i;
	int refused;

	if (!m)
		return 0;
	from = any_run(m, 256, &nr);
	refused = madvise(m->p + from * page_bytes, nr * page_bytes,
			  MADV_DONTNEED);
	/* If pages can't be pinned, mappings have no references to pages */
	if (refused && (m->huge || !may_pin))
		return 1;
	if (refused)
		fail("madvise(): %s", strerror(errno));
	if (m->huge)
		fail("madvise() of a huge mapping is not refused");
	for (i = m->first + from; i < m->first + from + nr; i++)
		if (model->page[i].covers == 1 && !model->page[i].stays)
			model->page[i].may_be_zero = 1;
	return 1;
}

/* The file */

static size_t any_file_range(size_t most, size_t *nr)
{
	size_t first = FIRST_FILE_PAGE + any(NR_PAGES - FIRST_FILE_PAGE);

	*nr = 1 + any(NR_PAGES - first < most ? NR_PAGES - first : most);
	return first;
}

static int do_file_read(void)
{
	size_t nr, first = any_file_range(16, &nr), i;
	ssize_t bytes = nr * page_bytes;
	char *buffer = malloc(bytes);

	if (pread(device, buffer, bytes, first * page_bytes) != bytes)
		fail("pread(): %s", strerror(errno));
	for (i = 0; i < nr; i++)
		look_at(buffer + i * page_bytes, first + i);
	free(buffer);
	return 1;
}

static int do_file_write(void)
{
	size_t nr, first = any_file_range(4, &nr), i;
	ssize_t bytes = nr * page_bytes;
	char *buffer = calloc(nr, page_bytes);

	for (i = 0; i < nr; i++) {
		write_to(buffer + i * page_bytes, first + i);
		model->page[first + i].stays = 1;
	}
	if (pwrite(device, buffer, bytes, first * page_bytes) != bytes)
		fail("pwrite(): %s", strerror(errno));
	free(buffer);
	return 1;
}

/* Can there be memory in the range, is there? */
static void look_for_memory(size_t first, size_t nr, int *can_be, int *is)
{
	size_t i;

	for (i = first; i < first + nr; i++) {
		const struct page *page = &model->page[i];

		*can_be |= page->covers || page->pins || page->stays;
		*is |= page->stays || page->pins || (page->key && !page->may_be_zero);
	}
}

static int do_alloc(void)
{
	size_t nr, first = any_file_range(64, &nr), i;
	struct carveout_user_alloc alloc = {
		.size = sizeof(alloc),
		.offset = first * page_bytes,
		.length = nr * page_bytes,
		.block = any(2) ? page_bytes << any(4) : 0,
	};
	int can_be = 0, is = 0;

	look_for_memory(first, nr, &can_be, &is);
	if (ioctl(device, CARVEOUT_ALLOC, &alloc)) {
		if (errno != ENOMEM && (errno != EEXIST || !can_be))
			fail("CARVEOUT_ALLOC of pages %zu to %zu: %s", first,
			     first + nr - 1, strerror(errno));
		return 0;
	}
	if (is)
		fail("CARVEOUT_ALLOC replaced a page among %zu to %zu", first,
		     first + nr - 1);
	for (i = first; i < first + nr; i++) {
		model->page[i].key = 0;
		model->page[i].may_be_zero = 0;
		model->page[i].stays = 1;
	}
	return 1;
}

/* Random bytes, which are no valid request that changes anything */
static int do_junk(void)
{
	union {
		__u32 size;
		struct carveout_user_alloc alloc;
		struct carveout_user_name name;
		unsigned char bytes[256];
	} junk;
	unsigned int nr = 0x3e + any(9);
	size_t i;

	for (i = 0; i < sizeof(junk); i++)
		junk.bytes[i] = any(256);
	if (any(4))
		junk.size = any(2) ? 8 * any(12) : sizeof(junk);
	if (any(2))
		memset(junk.bytes + 72, 0, sizeof(junk) - 72);
	junk.alloc.flags = any(2);
	junk.alloc.length |= 1;
	junk.name.name[0] = '/';
	if (ioctl(device, _IO(0xC5, nr), any(16) ? &junk : NULL) >= 0 &&
	    nr != 0x40 && nr != 0x42)
		fail("request %#x of random bytes succeeds", nr);
	return 1;
}

/* Pins */

static struct pin *any_pin(int used)
{
	size_t first = any(NR_PINS), i;

	for (i = 0; i < NR_PINS; i++) {
		struct pin *pin = &pins[(first + i) % NR_PINS];

		if (!pin->nr == !used)
			return pin;
	}
	return NULL;
}

/* 0, or a negative errno */
static int pin_in_pipe(struct pin *pin, struct iovec *range)
{
	ssize_t bytes;

	if (pipe(pin->fd))
		fail("pipe(): %s", strerror(errno));
	bytes = vmsplice(pin->fd[1], range, 1, 0);
	if (bytes == (ssize_t)range->iov_len)
		return 0;
	if (bytes >= 0)
		fail("vmsplice() of %zu bytes took %zd", range->iov_len, bytes);
	bytes = -errno;
	close(pin->fd[0]);
	close(pin->fd[1]);
	return bytes;
}

/* As a fixed buffer, which is pinned long-term */
static int pin_in_ring(struct pin *pin, struct iovec *range)
{
	char params[120] = { };
	int error;

	pin->fd[0] = syscall(SYS_io_uring_setup, 1, params);
	if (pin->fd[0] < 0)
		return -EOPNOTSUPP;
	alarm(60);
	error = syscall(SYS_io_uring_register, pin->fd[0], REGISTER_BUFFERS,
			range, 1) ? -errno : 0;
	alarm(0);
	if (error)
		close(pin->fd[0]);
	return error;
}

static int do_pin(void)
{
	struct pin *pin = any_pin(0);
	struct map *m = any_map(1);
	struct iovec range;
	size_t from, i;
	int error;

	if (!pin || !m || self)
		return 0;
	from = any_run(m, MOST_PINNED, &pin->nr);
	pin->first = m->first + from;
	pin->ring = any(2);
	range.iov_base = m->p + from * page_bytes;
	range.iov_len = pin->nr * page_bytes;
	/* Read pages that may be zero: the contents of pinned pages don't change */
	for (i = from; i < from + pin->nr; i++)
		look_at(m->p + i * page_bytes, m->first + i);
	error = pin->ring ? pin_in_ring(pin, &range) : pin_in_pipe(pin, &range);
	if (!error && (m->huge || !may_pin))
		fail("pages that can't be pinned are pinned, in a %s",
		     pin->ring ? "ring" : "pipe");
	if (error) {
		pin->nr = 0;
		/* No io_uring, or no fixed buffers in file mappings */
		if (error == -EOPNOTSUPP)
			return 0;
		if (!m->huge && may_pin)
			fail("not pinned in a %s: %s",
			     pin->ring ? "ring" : "pipe", strerror(-error));
		return 1;
	}
	for (i = pin->first; i < pin->first + pin->nr; i++)
		model->page[i].pins++;
	return 1;
}

static void drain_pipe(const struct pin *pin)
{
	char *page = malloc(page_bytes);
	size_t i, got;

	for (i = pin->first; i < pin->first + pin->nr; i++) {
		for (got = 0; got < page_bytes; ) {
			ssize_t n = read(pin->fd[0], page + got, page_bytes - got);

			if (n <= 0)
				fail("read() from a pipe: %s", strerror(errno));
			got += n;
		}
		look_at(page, i);
	}
	free(page);
	close(pin->fd[1]);
}

static int do_unpin(void)
{
	struct pin *pin = any_pin(1);
	size_t i;

	if (!pin || self)
		return 0;
	/* Closing a ring alone would unpin its buffers some time later */
	if (!pin->ring)
		drain_pipe(pin);
	else if (syscall(SYS_io_uring_register, pin->fd[0], UNREGISTER_BUFFERS,
			 NULL, 0))
		fail("buffers can't be unregistered: %s", strerror(errno));
	close(pin->fd[0]);
	for (i = pin->first; i < pin->first + pin->nr; i++) {
		struct page *page = &model->page[i];

		page->pins--;
		forget_unless_held(i);
		/* A mapping may have dropped it meanwhile */
		if (page->covers <= 1 && !page->stays)
			page->may_be_zero = 1;
	}
	pin->nr = 0;
	return 1;
}

/* Children: each replies when it has started, and after each step that it receives */

static int (*const child_steps[])(void) = {
	do_read, do_read, do_write, do_unmap, do_dontneed, do_map,
	do_file_read, do_file_write, do_alloc,
};

static void be_child(int n, int command, int reply)
{
	unsigned char step;
	int i;

	self = n;
	/* Pipes hold pages as long as a process has them open */
	for (i = 0; i < NR_PINS; i++)
		if (pins[i].nr) {
			close(pins[i].fd[0]);
			if (!pins[i].ring)
				close(pins[i].fd[1]);
		}
	for (step = 0; write(reply, &step, 1) == 1; child_steps[step]())
		if (read(command, &step, 1) != 1 ||
		    step >= ARRAY_SIZE(child_steps))
			break;
	_exit(0);
}

static int do_fork(void)
{
	int command[2], reply[2], n, i;
	unsigned char ready;

	for (n = 0; n < NR_CHILDREN && children[n].pid; n++)
		;
	if (self || n == NR_CHILDREN)
		return 0;
	if (pipe2(command, O_CLOEXEC) || pipe2(reply, O_CLOEXEC))
		fail("pipe2(): %s", strerror(errno));
	memcpy(model->map[1 + n], model->map[0], sizeof(model->map[0]));
	for (i = 0; i < NR_MAPS; i++)
		add_covers(&model->map[1 + n][i], 1);
	fflush(stdout);
	children[n].pid = fork();
	if (children[n].pid < 0)
		fail("fork(): %s", strerror(errno));
	if (!children[n].pid) {
		close(command[1]);
		close(reply[0]);
		be_child(1 + n, command[0], reply[1]);
	}
	close(command[0]);
	close(reply[1]);
	children[n].command = command[1];
	children[n].reply = reply[0];
	if (read(children[n].reply, &ready, 1) != 1)
		fail("a child has not begun");
	return 1;
}

static struct child *any_child(void)
{
	size_t first = any(NR_CHILDREN), i;

	for (i = 0; i < NR_CHILDREN; i++)
		if (children[(first + i) % NR_CHILDREN].pid)
			return &children[(first + i) % NR_CHILDREN];
	return NULL;
}

static int do_child(void)
{
	struct child *child = any_child();
	unsigned char step = any(ARRAY_SIZE(child_steps));

	if (!child)
		return 0;
	if (write(child->command, &step, 1) != 1 ||
	    read(child->reply, &step, 1) != 1)
		fail("a child has ended");
	return 1;
}

static int do_end_child(void)
{
	const unsigned char quit = ARRAY_SIZE(child_steps);
	struct child *child = any_child();
	int status, i;

	if (!child)
		return 0;
	/* Closing its pipes would not end it, since its siblings have them open, too */
	if (any(2) || write(child->command, &quit, 1) != 1)
		kill(child->pid, SIGKILL);
	close(child->command);
	close(child->reply);
	if (waitpid(child->pid, &status, 0) != child->pid)
		fail("waitpid(): %s", strerror(errno));
	child->pid = 0;
	for (i = 0; i < NR_MAPS; i++) {
		struct map *m = &model->map[1 + (child - children)][i];

		add_covers(m, -1);
		m->nr = 0;
	}
	return 1;
}

/* The thread: other processes and steps must not change what it wrote */

static char *map_for_thread(int huge)
{
	size_t offset = NR_PAGES * page_bytes;
	char *p = mmap(NULL, THREAD_PAGES * page_bytes, PROT_READ | PROT_WRITE,
		       MAP_SHARED, device,
		       offset + (huge ? CARVEOUT_USER_HUGE : 0));

	if (p == MAP_FAILED)
		fail("mmap() by the thread: %s", strerror(errno));
	return p;
}

static int is_stopped(void)
{
	return __atomic_load_n(&stop, __ATOMIC_RELAXED);
}

static void *write_on(void *arg)
{
	static __u64 last[THREAD_PAGES];
	unsigned int round;
	size_t i;

	for (round = 0; !is_stopped(); round++) {
		char *p = map_for_thread(round % 2 && may_be_huge);
		int again;

		/* A child's mapping may have kept the old contents */
		for (i = 0; i < THREAD_PAGES; i++) {
			__u64 v = get_word(p + i * page_bytes, 0);

			if (v && v != last[i])
				fail("page %zu of the thread: %llu, not %llu or 0",
				     i, v, last[i]);
			last[i] = v;
		}
		for (again = 0; again < 20 && !is_stopped(); again++)
			for (i = 0; i < THREAD_PAGES; i++) {
				char *page = p + i * page_bytes;
				__u64 v = get_word(page, 0);

				if (v != last[i])
					fail("page %zu of the thread: %llu, not %llu",
					     i, v, last[i]);
				set_word(page, 0, ++last[i]);
			}
		munmap(p, THREAD_PAGES * page_bytes);
	}
	return arg;
}

static const struct {
	const char *name;
	int (*step)(void);
	unsigned int weight;
} steps[] = {
	{ "map", do_map, 8 },
	{ "unmap", do_unmap, 7 },
	{ "write", do_write, 30 },
	{ "read", do_read, 30 },
	{ "dontneed", do_dontneed, 6 },
	{ "pread", do_file_read, 8 },
	{ "pwrite", do_file_write, 4 },
	{ "alloc", do_alloc, 6 },
	{ "junk", do_junk, 4 },
	{ "pin", do_pin, 6 },
	{ "unpin", do_unpin, 6 },
	{ "fork", do_fork, 3 },
	{ "child", do_child, 16 },
	{ "end", do_end_child, 3 },
};

static void make_step(void)
{
	unsigned int sum = 0, i, x;

	for (i = 0; i < ARRAY_SIZE(steps); i++)
		sum += steps[i].weight;
	x = any(sum);
	for (i = 0; x >= steps[i].weight; i++)
		x -= steps[i].weight;
	count[i] += steps[i].step();
}

static int kernel_maps_huge(void)
{
	void *p = mmap(NULL, page_bytes, PROT_READ, MAP_SHARED, device,
		       CARVEOUT_USER_HUGE);

	return p != MAP_FAILED && !munmap(p, page_bytes);
}

static void on_signal(int number)
{
	static const char text[] = "a signal came: no memory (SIGBUS), or no answer (SIGALRM)\n";

	(void)number;
	if (write(STDOUT_FILENO, text, sizeof(text) - 1) < 0)
		_exit(2);
	_exit(1);
}

int main(int argc, char **argv)
{
	unsigned long nr_steps;
	pthread_t thread;
	unsigned int i;

	if (argc < 4) {
		fprintf(stderr, "usage: mapfuzz DEVICE SEED STEPS [nopin]\n");
		return 2;
	}
	page_bytes = sysconf(_SC_PAGESIZE);
	model = mmap(NULL, sizeof(*model), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	device = open(argv[1], O_RDWR);
	if (model == MAP_FAILED || device < 0) {
		perror(argv[1]);
		return 2;
	}
	model->random = mix(strtoull(argv[2], NULL, 0));
	nr_steps = strtoul(argv[3], NULL, 0);
	may_pin = argc < 5 || strcmp(argv[4], "nopin");
	may_be_huge = kernel_maps_huge();
	signal(SIGBUS, on_signal);
	signal(SIGALRM, on_signal);
	if (pthread_create(&thread, NULL, write_on, NULL))
		fail("no thread");
	for (model->step = 0; model->step < nr_steps; model->step++)
		make_step();
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	while (any_child())
		do_end_child();
	while (any_pin(1))
		do_unpin();
	for (i = 0; i < ARRAY_SIZE(steps); i++)
		printf("%s %lu ", steps[i].name, count[i]);
	puts("ok");
	return 0;
}
