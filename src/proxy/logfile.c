#include "logfile.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

/* More than a round has; so much is not kept waiting for its end. */
#define GATHER_MAX (64u * 1024)

static uint64_t
count_lines(const char *text, size_t len)
{
	uint64_t count = 0;

	for (size_t i = 0; i < len; i++)
		count += text[i] == '\n';
	return count;
}

/* Said once: when it begins and when it is over. */
static void
lose(struct logfile *file, const char *rest, size_t len, int reason)
{
	if (file->lost == 0)
		log_err("access log: %s; its lines are dropped until it can "
		        "be written again",
		    strerror(reason));
	file->lost += count_lines(rest, len);
}

static void
recover(struct logfile *file)
{
	if (file->lost > 0)
		log_warn("access log: written again, %llu lines were lost",
		    (unsigned long long)file->lost);
	file->lost = 0;
}

/* As much as it takes: a disk that is full may have room for half a line. */
static void
write_file(struct logfile *file, const char *lines, size_t len)
{
	ssize_t n = 1;

	if (file->torn)
		n = TEMP_FAILURE_RETRY(write(file->fd, "\n", 1));
	while (n > 0 && len > 0) {
		n = TEMP_FAILURE_RETRY(write(file->fd, lines, len));
		if (n <= 0)
			break;
		lines += n;
		len -= (size_t)n;
		file->torn = lines[-1] != '\n';
	}
	if (len > 0)
		lose(file, lines, len, errno);
	else
		recover(file);
}

static void
flush(void *arg)
{
	struct logfile *file = arg;
	const char *lines = (const char *)buf_data(&file->lines);
	size_t len = buf_len(&file->lines);

	if (len == 0)
		return;
	if (file->fd == -1)
		log_info_lines(lines, len);
	else
		write_file(file, lines, len);
	buf_clear(&file->lines);
}

void
logfile_init(struct logfile *file, struct loop *loop)
{
	*file = (struct logfile){
		.loop = loop, .flush = { .fn = flush, .arg = file }, .fd = -1
	};
}

void
logfile_release(struct logfile *file)
{
	flush(file);
	if (file->fd != -1)
		close(file->fd);
	file->fd = -1;
	buf_release(&file->lines);
}

void
logfile_set(struct logfile *file, int fd)
{
	flush(file);
	if (file->fd != -1)
		close(file->fd);
	file->fd = fd;
	file->torn = false;
}

void
logfile_line(struct logfile *file)
{
	if (buf_len(&file->lines) > GATHER_MAX)
		flush(file);
	else
		loop_later(file->loop, &file->flush);
}
