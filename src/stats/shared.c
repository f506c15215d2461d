#include "shared.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

/* Owner only: who has a descriptor to read cannot open one to write. */
int
shared_new(const char *name, size_t size, struct error *err)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd != -1 && fchmod(fd, 0600) == 0 &&
	    ftruncate(fd, (off_t)size) == 0 &&
	    fcntl(fd, F_ADD_SEALS, SEALS) == 0)
		return fd;
	error_sys(err, "shared memory");
	if (fd != -1)
		close(fd);
	return -1;
}

int
shared_reader(int fd, struct error *err)
{
	char path[32];
	int reader;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	reader = open(path, O_RDONLY | O_CLOEXEC);
	return reader == -1 ? error_sys(err, "%s", path) : reader;
}

void *
shared_map(int fd, size_t size, int protection, struct error *err)
{
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;
	void *base;

	if (seals == -1 || (seals & SEALS) != SEALS || fstat(fd, &st) == -1 ||
	    (size_t)st.st_size != size) {
		error_set(
		    err, ERR_SYNTAX, "not the shared memory of a gateway");
		return NULL;
	}
	base = mmap(NULL, size, protection, MAP_SHARED, fd, 0);
	if (base == MAP_FAILED) {
		error_sys(err, "mapping shared memory");
		return NULL;
	}
	return base;
}
