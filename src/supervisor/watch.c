#include "watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xalloc.h"

#define EVENTS (IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE)

struct watched_file {
	int directory; /* its number in inotify */
	char *name;    /* in there */
	struct watched_file *next;
};

static void
forget_files(struct watched_file *file)
{
	while (file != NULL) {
		struct watched_file *next = file->next;

		free(file->name);
		free(file);
		file = next;
	}
}

static bool
is_watched(const struct watched_file *file, const struct inotify_event *event)
{
	while (file != NULL &&
	    (event->len == 0 || file->directory != event->wd ||
	        strcmp(file->name, event->name) != 0))
		file = file->next;
	return file != NULL;
}

/* Events that were lost may have been about a file of ours. */
static bool
is_about_us(const struct watch *watch, const char *events, size_t len)
{
	const struct inotify_event *event;
	size_t at;

	for (at = 0; at < len; at += sizeof(*event) + event->len) {
		event = (const void *)(events + at);
		if ((event->mask & IN_Q_OVERFLOW) != 0 ||
		    is_watched(watch->files, event))
			return true;
	}
	return false;
}

static void
on_events(void *arg, enum loop_events what)
{
	_Alignas(struct inotify_event) char events[4096];
	struct watch *watch = arg;
	bool changed = false;
	ssize_t len;

	(void)what;
	while ((len = read(watch->fd, events, sizeof(events))) > 0)
		changed |= is_about_us(watch, events, (size_t)len);
	if (changed)
		loop_timer_set(watch->loop, &watch->timer, WATCH_DELAY_MS);
}

static void
on_timer(void *arg)
{
	struct watch *watch = arg;

	watch->changed(watch->arg);
}

void
watch_init(struct watch *watch, struct loop *loop)
{
	*watch = (struct watch){ .loop = loop, .fd = -1 };
	watch->io.fn = on_events;
	watch->timer.fn = on_timer;
	watch->io.arg = watch->timer.arg = watch;
}

void
watch_release(struct watch *watch)
{
	loop_timer_cancel(&watch->timer);
	loop_io_del(&watch->io);
	if (watch->fd != -1)
		close(watch->fd);
	watch->fd = -1;
	forget_files(watch->files);
	watch->files = NULL;
}

static bool
open_inotify(struct watch *watch)
{
	if (watch->fd != -1)
		return true;
	watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (watch->fd == -1)
		return false;
	loop_io_add(watch->loop, &watch->io, watch->fd, LOOP_READ);
	return true;
}

/* NULL, with errno, if its directory cannot be watched. */
static struct watched_file *
add_file(struct watch *watch, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct watched_file *file;
	char *directory;
	int number = -1;

	directory = slash == NULL || slash == path
	    ? xstrdup(slash == NULL ? "." : "/")
	    : xstrndup(path, (size_t)(slash - path));
	if (open_inotify(watch))
		number = inotify_add_watch(watch->fd, directory, EVENTS);
	free(directory);
	if (number == -1)
		return NULL;
	file = xcalloc(1, sizeof(*file));
	file->directory = number;
	file->name = xstrdup(slash == NULL ? path : slash + 1);
	return file;
}

static bool
has_directory(const struct watched_file *file, int directory)
{
	while (file != NULL && file->directory != directory)
		file = file->next;
	return file != NULL;
}

void
watch_set(struct watch *watch, const struct config_watched *wanted)
{
	struct watched_file *old = watch->files, *file, **tail = &watch->files;

	watch->files = NULL;
	for (; wanted != NULL; wanted = wanted->next) {
		*tail = add_file(watch, wanted->path);
		if (*tail != NULL)
			tail = &(*tail)->next;
		else
			log_warn("cannot watch %s: %s", wanted->path,
			    strerror(errno));
	}
	/* The second of two files in one directory finds no watch to remove. */
	for (file = old; file != NULL; file = file->next)
		if (!has_directory(watch->files, file->directory))
			(void)inotify_rm_watch(watch->fd, file->directory);
	forget_files(old);
}
