// SPDX-License-Identifier: GPL-2.0
/*
 * mapper - maps a carveout, and executes commands from standard input on the memory.
 * For scenarios: each line gets a reply of one line, `ok`, `ok NUMBER`, or the
 * error.
 *
 *	mapper DEVICE
 *
 *	map SLOT SIZE [OFFSET] [huge] [private] [ro]	a mapping, named by a letter
 *	unmap SLOT [OFFSET SIZE]
 *	advise SLOT OFFSET SIZE ADVICE	dontneed, hugepage, cold, pageout, populate, willneed,
 *					poison
 *	lock SLOT, remap SLOT SIZE		mlock(), mremap()
 *	fill SLOT OFFSET SIZE BYTE		write it all
 *	is SLOT OFFSET SIZE BYTE		read it all, and compare
 *	touch SLOT OFFSET SIZE			a write to each page; replies the page faults
 *	child COMMAND				execute it in a child, after fork()
 *	read FILE POSITION SLOT OFFSET SIZE	pread() with O_DIRECT, into the mapping
 *	write FILE POSITION SLOT OFFSET SIZE	pwrite() with O_DIRECT, from it
 *	splice SLOT OFFSET SIZE			vmsplice() into a pipe, which stays full
 *	drain BYTE				empty the pipe, and compare
 *	send SLOT OFFSET SIZE			through a socket with MSG_ZEROCOPY, and compare
 *	pin SLOT OFFSET SIZE			pin it long-term, as fixed buffers of io_uring
 *	peek SLOT OFFSET SIZE BYTE		read it through /proc/self/mem, and compare
 *	poke SLOT OFFSET BYTE			write a byte of it through /proc/self/mem
 *	pread POSITION SIZE BYTE		read() the device, and compare; replies the count
 *	pwrite POSITION SIZE BYTE		write() to the device; replies the count
 *	preadv2, pwritev2			like these, with RWF_DSYNC
 *	seek POSITION set|cur|end|data|hole	lseek(); replies the position
 *	pipe POSITION SIZE			splice() from the device into a pipe
 *	unpipe POSITION SIZE			splice() from the pipe into the device
 *	sync SLOT				fsync() and msync()
 *	alloc OFFSET SIZE [BLOCK]		allocate in contiguous blocks; default: a single one
 *	address OFFSET				replies its physical address and the length there
 *	frames SLOT OFFSET SIZE			replies the physical address, if it is contiguous
 *	info					replies version, bytes allocated, name, flags
 *	name [NAME], attach NAME		name the object; open another one instead
 *	request NR SIZE BYTE			ioctl() with SIZE and otherwise BYTEs
 *	unprivileged				lose CAP_SYS_RAWIO
 *	user UID				become another user
 *	open [sync|dsync|append|ro], close	reopen or close the device; mappings stay
 *	exec					become another program, which maps nothing
 *	quit
 *
 * Sizes and offsets may have a suffix K, M, G or T, and may be in hexadecimal.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <carveout_user.h>

#define NR_SLOTS 26
#define MAX_WORDS 8
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#ifndef MADV_COLD
#define MADV_COLD 20
#define MADV_PAGEOUT 21
#endif
#ifndef MADV_HWPOISON
#define MADV_HWPOISON 100
#endif
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

struct slot {
	char *p;
	size_t size;
};

static struct slot slots[NR_SLOTS];
static const char *device;
static int fd = -1;
static int pipe_fd[2] = { -1, -1 };
static size_t in_pipe;
static sigjmp_buf on_signal;

static int reply(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
	return 0;
}

static int outcome(long ret)
{
	return ret < 0 ? reply("error %s", strerrorname_np(errno)) : reply("ok");
}

static size_t number(const char *word)
{
	static const char units[] = "KMGT";
	char *end;
	size_t n = strtoull(word, &end, 0);
	const char *unit = *end ? strchr(units, *end) : NULL;

	return unit ? n << (10 * (unit - units + 1)) : n;
}

static struct slot *slot(const char *word)
{
	return &slots[(word[0] - 'a') % NR_SLOTS];
}

static char *at(char **w)
{
	return slot(w[0])->p + number(w[1]);
}

static int has(char **w, const char *option)
{
	for (; *w; w++)
		if (!strcmp(*w, option))
			return 1;
	return 0;
}

static int do_map(char **w)
{
	struct slot *s = slot(w[0]);
	off_t offset = w[2] && w[2][0] >= '0' && w[2][0] <= '9' ? number(w[2]) : 0;
	int prot = has(w, "ro") ? PROT_READ : PROT_READ | PROT_WRITE;

	if (has(w, "huge"))
		offset += CARVEOUT_USER_HUGE;
	s->size = number(w[1]);
	s->p = mmap(NULL, s->size, prot, has(w, "private") ? MAP_PRIVATE : MAP_SHARED,
		    fd, offset);
	return outcome(s->p == MAP_FAILED ? -1 : 0);
}

static int do_unmap(char **w)
{
	struct slot *s = slot(w[0]);

	if (w[1])
		return outcome(munmap(at(w), number(w[2])));
	return outcome(munmap(s->p, s->size));
}

static int do_advise(char **w)
{
	static const struct {
		const char *name;
		int advice;
	} advices[] = {
		{ "dontneed", MADV_DONTNEED },
		{ "hugepage", MADV_HUGEPAGE },
		{ "cold", MADV_COLD },
		{ "pageout", MADV_PAGEOUT },
		{ "populate", MADV_POPULATE_WRITE },
		{ "willneed", MADV_WILLNEED },
		{ "poison", MADV_HWPOISON },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(advices); i++)
		if (!strcmp(w[3], advices[i].name))
			return outcome(madvise(at(w), number(w[2]), advices[i].advice));
	return reply("error: no such advice");
}

static int do_lock(char **w)
{
	return outcome(mlock(slot(w[0])->p, slot(w[0])->size));
}

static int do_remap(char **w)
{
	struct slot *s = slot(w[0]);
	char *p = mremap(s->p, s->size, number(w[1]), MREMAP_MAYMOVE);

	if (p == MAP_FAILED)
		return outcome(-1);
	s->p = p;
	s->size = number(w[1]);
	return outcome(0);
}

static int do_fill(char **w)
{
	memset(at(w), number(w[3]), number(w[2]));
	return reply("ok");
}

static int compare(const unsigned char *p, size_t size, unsigned int byte)
{
	size_t i;

	for (i = 0; i < size; i++)
		if (p[i] != byte)
			return reply("differs at %zu: %u", i, p[i]);
	return reply("ok");
}

static int do_is(char **w)
{
	return compare((unsigned char *)at(w), number(w[2]), number(w[3]));
}

static long nr_faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt;
}

static int do_touch(char **w)
{
	char *p = at(w), *end = p + number(w[2]);
	long before = nr_faults();

	for (; p < end; p += sysconf(_SC_PAGESIZE))
		__atomic_store_n(p, 1, __ATOMIC_RELAXED);
	return reply("ok %ld", nr_faults() - before);
}

static int transfer(char **w, int flags)
{
	int file = open(w[0], flags | O_DIRECT);
	size_t size = number(w[4]);
	ssize_t n;

	if (file < 0)
		return outcome(-1);
	n = flags == O_RDONLY ? pread(file, at(w + 2), size, number(w[1])) :
				pwrite(file, at(w + 2), size, number(w[1]));
	if (n >= 0 && (size_t)n != size)
		return reply("error: %zd of %zu", n, size);
	outcome(n);
	return close(file);
}

static int do_read(char **w)
{
	return transfer(w, O_RDONLY);
}

static int do_write(char **w)
{
	return transfer(w, O_WRONLY);
}

static int do_splice(char **w)
{
	struct iovec iov = { at(w), number(w[2]) };
	ssize_t n;

	if (pipe_fd[0] < 0 && pipe(pipe_fd) < 0)
		return outcome(-1);
	n = vmsplice(pipe_fd[1], &iov, 1, SPLICE_F_NONBLOCK);
	if (n > 0)
		in_pipe += n;
	return n < 0 ? outcome(-1) : reply("ok %zd", n);
}

static int do_drain(char **w)
{
	unsigned char *buffer = malloc(in_pipe);
	size_t got = 0;
	ssize_t n;

	while (got < in_pipe && (n = read(pipe_fd[0], buffer + got, in_pipe - got)) > 0)
		got += n;
	if (got < in_pipe)
		return reply("error: %zu of %zu", got, in_pipe);
	compare(buffer, got, number(w[0]));
	free(buffer);
	in_pipe = 0;
	return 0;
}

/* A TCP connection to this process */
static int connect_sockets(int sock[2])
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sock[0] = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&address, len) ||
	    getsockname(listener, (struct sockaddr *)&address, &len) ||
	    listen(listener, 1) ||
	    connect(sock[0], (struct sockaddr *)&address, len))
		return -1;
	sock[1] = accept(listener, NULL, NULL);
	close(listener);
	return setsockopt(sock[0], SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one));
}

static int do_send(char **w)
{
	size_t size = number(w[2]), got = 0;
	char *buffer = malloc(size);
	int sock[2];
	ssize_t n;

	if (connect_sockets(sock))
		return outcome(-1);
	n = send(sock[0], at(w), size, MSG_ZEROCOPY);
	if (n < 0 || (size_t)n != size)
		return outcome(-1);
	while (got < size && (n = read(sock[1], buffer + got, size - got)) > 0)
		got += n;
	if (got < size || memcmp(buffer, at(w), size))
		reply("error: %zu of %zu, or others", got, size);
	else
		reply("ok");
	free(buffer);
	close(sock[0]);
	return close(sock[1]);
}

/* Returns 0 or an error; the kernel unpins the buffers when the process ends */
static int register_buffer(char **w)
{
	struct iovec iov = { at(w), number(w[2]) };
	struct io_uring_params params = { 0 };
	int ring = syscall(__NR_io_uring_setup, 1, &params);

	if (ring < 0)
		return errno;
	return syscall(__NR_io_uring_register, ring, IORING_REGISTER_BUFFERS, &iov, 1) ?
	       errno : 0;
}

/* Don't wait for a process in an unkillable state */
static int wait_for(pid_t child, int *status)
{
	int tries;

	for (tries = 0; tries < 300; tries++) {
		if (waitpid(child, status, WNOHANG) == child)
			return 0;
		usleep(100000);
	}
	return -1;
}

static int do_pin(char **w)
{
	pid_t child = fork();
	int status;

	if (!child)
		_exit(register_buffer(w));
	if (wait_for(child, &status)) {
		kill(child, SIGKILL);
		return reply(wait_for(child, &status) ? "hangs, and can't be killed" : "hangs");
	}
	errno = WEXITSTATUS(status);
	return outcome(errno ? -1 : 0);
}

static int through_mem(int flags)
{
	return open("/proc/self/mem", flags);
}

static int do_peek(char **w)
{
	size_t size = number(w[2]);
	unsigned char *buffer = malloc(size);
	int mem = through_mem(O_RDONLY);
	ssize_t n = pread(mem, buffer, size, (off_t)at(w));

	close(mem);
	if (n < 0)
		outcome(n);
	else if ((size_t)n < size)
		reply("error: %zd of %zu", n, size);
	else
		compare(buffer, size, number(w[3]));
	free(buffer);
	return 0;
}

static int do_poke(char **w)
{
	unsigned char byte = number(w[2]);
	int mem = through_mem(O_RDWR);
	ssize_t n = pwrite(mem, &byte, 1, (off_t)at(w));

	close(mem);
	return outcome(n);
}

static int read_device(char **w, int flags)
{
	size_t size = number(w[1]), i;
	unsigned char *buffer = malloc(size);
	struct iovec iov = { buffer, size };
	ssize_t n = flags ? preadv2(fd, &iov, 1, number(w[0]), flags) :
			    pread(fd, buffer, size, number(w[0]));

	for (i = 0; (ssize_t)i < n && buffer[i] == number(w[2]); i++)
		;
	if (n < 0)
		outcome(n);
	else if ((ssize_t)i < n)
		reply("differs at %zu: %u", i, buffer[i]);
	else
		reply("ok %zd", n);
	free(buffer);
	return 0;
}

static int do_pread(char **w)
{
	return read_device(w, 0);
}

static int do_preadv2(char **w)
{
	return read_device(w, RWF_DSYNC);
}

static int write_device(char **w, int flags)
{
	size_t size = number(w[1]);
	unsigned char *buffer = malloc(size);
	struct iovec iov = { buffer, size };
	ssize_t n;

	memset(buffer, number(w[2]), size);
	n = flags ? pwritev2(fd, &iov, 1, number(w[0]), flags) :
		    pwrite(fd, buffer, size, number(w[0]));
	free(buffer);
	return n < 0 ? outcome(n) : reply("ok %zd", n);
}

static int do_pwrite(char **w)
{
	return write_device(w, 0);
}

static int do_pwritev2(char **w)
{
	return write_device(w, RWF_DSYNC);
}

static int do_seek(char **w)
{
	static const char * const names[] = {
		[SEEK_SET] = "set", [SEEK_CUR] = "cur", [SEEK_END] = "end",
		[SEEK_DATA] = "data", [SEEK_HOLE] = "hole",
	};
	size_t whence;
	off_t pos;

	for (whence = 0; whence < ARRAY_SIZE(names); whence++)
		if (!strcmp(names[whence], w[1]))
			break;
	pos = lseek(fd, number(w[0]), whence);
	return pos < 0 ? outcome(-1) : reply("ok %lld", (long long)pos);
}

static int do_pipe(char **w)
{
	loff_t pos = number(w[0]);
	ssize_t n;

	if (pipe_fd[0] < 0 && pipe(pipe_fd) < 0)
		return outcome(-1);
	n = splice(fd, &pos, pipe_fd[1], NULL, number(w[1]), SPLICE_F_NONBLOCK);
	if (n > 0)
		in_pipe += n;
	return n < 0 ? outcome(-1) : reply("ok %zd", n);
}

static int do_unpipe(char **w)
{
	loff_t pos = number(w[0]);
	ssize_t n = splice(pipe_fd[0], NULL, fd, &pos, number(w[1]), SPLICE_F_NONBLOCK);

	if (n > 0)
		in_pipe -= n;
	return n < 0 ? outcome(-1) : reply("ok %zd", n);
}

static int do_sync(char **w)
{
	struct slot *s = slot(w[0]);

	return outcome(fsync(fd) ?: msync(s->p, s->size, MS_SYNC));
}

static int do_alloc(char **w)
{
	struct carveout_user_alloc alloc = {
		.size = sizeof(alloc),
		.offset = number(w[0]),
		.length = number(w[1]),
		.block = w[2] ? number(w[2]) : 0,
	};

	return outcome(ioctl(fd, CARVEOUT_ALLOC, &alloc));
}

static int do_address(char **w)
{
	struct carveout_user_address address = {
		.size = sizeof(address),
		.offset = number(w[0]),
	};

	if (ioctl(fd, CARVEOUT_ADDRESS, &address))
		return outcome(-1);
	return reply("ok %#llx %llu", (unsigned long long)address.address,
		     (unsigned long long)address.length);
}

static int do_frames(char **w)
{
	struct slot *s = slot(w[0]);
	long page = sysconf(_SC_PAGESIZE);
	size_t first = ((size_t)s->p + number(w[1])) / page, i;
	size_t nr = number(w[2]) / page;
	int file = open("/proc/self/pagemap", O_RDONLY);
	unsigned long long entry, start = 0;

	if (file < 0)
		return outcome(-1);
	for (i = 0; i < nr; i++) {
		if (pread(file, &entry, sizeof(entry),
			  (first + i) * sizeof(entry)) != sizeof(entry))
			return outcome(-1);
		entry &= (1ULL << 55) - 1;
		if (i && entry != start + i)
			return reply("ok %zu pages of %zu", i, nr);
		start = i ? start : entry;
	}
	close(file);
	return reply("ok %#llx", start * page);
}

static int do_info(char **w)
{
	struct carveout_user_info info = { .size = sizeof(info) };

	(void)w;
	if (ioctl(fd, CARVEOUT_INFO, &info))
		return outcome(-1);
	return reply("ok %u %llu '%s'%s%s", info.version,
		     (unsigned long long)info.allocated, info.name,
		     info.flags & CARVEOUT_INFO_IO ? " io" : "",
		     info.flags & CARVEOUT_INFO_HUGE ? " huge" : "");
}

static struct carveout_user_name name_of(const char *word)
{
	struct carveout_user_name name = { .size = sizeof(name) };

	if (word)
		memcpy(name.name, word, strnlen(word, sizeof(name.name)));
	return name;
}

static int do_name(char **w)
{
	struct carveout_user_name name = name_of(w[0]);

	return outcome(ioctl(fd, CARVEOUT_NAME, &name));
}

static int do_attach(char **w)
{
	struct carveout_user_name name = name_of(w[0]);
	int opened = ioctl(fd, CARVEOUT_OPEN, &name);

	if (opened < 0)
		return outcome(opened);
	close(fd);
	fd = opened;
	return reply("ok");
}

static int do_request(char **w)
{
	unsigned char argument[512];
	unsigned int size = number(w[1]);

	memset(argument, number(w[2]), sizeof(argument));
	memcpy(argument, &size, sizeof(size));
	return outcome(ioctl(fd, _IO(0xC5, number(w[0])), argument));
}

static int do_unprivileged(char **w)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	(void)w;
	if (syscall(SYS_capget, &header, data))
		return outcome(-1);
	data[0].effective &= ~(1U << CAP_SYS_RAWIO);
	return outcome(syscall(SYS_capset, &header, data));
}

static int do_user(char **w)
{
	uid_t uid = strtoul(w[0], NULL, 0);

	return outcome(setresuid(uid, uid, uid));
}

static int do_open(char **w)
{
	int flags = w && has(w, "ro") ? O_RDONLY : O_RDWR;

	if (w && has(w, "sync"))
		flags |= O_SYNC;
	if (w && has(w, "dsync"))
		flags |= O_DSYNC;
	if (w && has(w, "append"))
		flags |= O_APPEND;
	fd = open(device, flags);
	return outcome(fd);
}

static int do_close(char **w)
{
	(void)w;
	return outcome(close(fd));
}

static int do_exec(char **w)
{
	(void)w;
	reply("ok");
	execl("/bin/sleep", "sleep", "1000", NULL);
	return outcome(-1);
}

static int do_quit(char **w)
{
	(void)w;
	exit(reply("ok"));
}

static const struct command {
	const char *name;
	int words;
	int (*run)(char **w);
} commands[] = {
	{ "map", 2, do_map }, { "unmap", 1, do_unmap }, { "advise", 4, do_advise },
	{ "lock", 1, do_lock }, { "remap", 2, do_remap },
	{ "fill", 4, do_fill }, { "is", 4, do_is }, { "touch", 3, do_touch },
	{ "read", 5, do_read }, { "write", 5, do_write },
	{ "splice", 3, do_splice }, { "drain", 1, do_drain }, { "send", 3, do_send },
	{ "pin", 3, do_pin }, { "peek", 4, do_peek }, { "poke", 3, do_poke },
	{ "pread", 3, do_pread }, { "pwrite", 3, do_pwrite },
	{ "preadv2", 3, do_preadv2 }, { "pwritev2", 3, do_pwritev2 },
	{ "seek", 2, do_seek }, { "pipe", 2, do_pipe }, { "unpipe", 2, do_unpipe },
	{ "sync", 1, do_sync },
	{ "alloc", 2, do_alloc }, { "address", 1, do_address }, { "frames", 3, do_frames },
	{ "info", 0, do_info }, { "name", 0, do_name }, { "attach", 1, do_attach },
	{ "request", 3, do_request }, { "unprivileged", 0, do_unprivileged },
	{ "user", 1, do_user },
	{ "open", 0, do_open }, { "close", 0, do_close }, { "exec", 0, do_exec },
	{ "quit", 0, do_quit },
};

static void jump_out(int signal)
{
	siglongjmp(on_signal, signal);
}

static int run(char **w, int words)
{
	int signal = sigsetjmp(on_signal, 1);
	size_t i;

	if (signal)
		return reply("signal %s", sigabbrev_np(signal));
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(w[0], commands[i].name) && words > commands[i].words)
			return commands[i].run(w + 1);
	return reply("error: no such command");
}

static int run_in_child(char **w, int words)
{
	pid_t child = fork();

	if (child < 0)
		return outcome(-1);
	if (!child) {
		run(w, words);
		_exit(0);
	}
	return waitpid(child, NULL, 0);
}

int main(int argc, char **argv)
{
	static const char separators[] = { ' ', '\n', 0 };
	char line[256], *w[MAX_WORDS + 1];
	int words;

	if (argc != 2)
		return 1;
	device = argv[1];
	signal(SIGBUS, jump_out);
	signal(SIGSEGV, jump_out);
	do_open(NULL);
	while (fgets(line, sizeof(line), stdin)) {
		words = 0;
		for (char *rest = line; words < MAX_WORDS;) {
			char *word = strsep(&rest, separators);

			if (!word)
				break;
			if (*word)
				w[words++] = word;
		}
		w[words] = NULL;
		if (words > 1 && !strcmp(w[0], "child"))
			run_in_child(w + 1, words - 1);
		else if (words)
			run(w, words);
	}
	return 0;
}
