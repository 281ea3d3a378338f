/* Preloaded: the n-th call of one kind that concerns our folder fails, or that and all later ones. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <sys/types.h>

enum { NONE, WRITE, SYNC, TRUNCATE, RENAME, LINK, UNLINK, OPEN };

static int kind, error, forever, spared = -1;
static long at, calls;
static const char *root = "";

void arm(int a_kind, long n, int an_error, int for_ever, const char *folder, int descriptor) {
    kind = a_kind, at = n, error = an_error, forever = for_ever, root = folder, spared = descriptor;
    calls = 0;
}
long counted(void) { return calls; }

static int fails(int of) {
    if (of != kind) return 0;
    long call = calls++;
    if (call < at || (call > at && !forever)) return 0;
    errno = error;
    return 1;
}
static int ours(int descriptor) { return descriptor > 2 && descriptor != spared; }
static int below(const char *path) { return strncmp(path, root, strlen(root)) == 0; }

#define OR_FAIL(of, concerns, failed, type, name, parameters, arguments)    \
    type name parameters {                                                  \
        static type (*real) parameters;                                     \
        if (!real) real = (type (*) parameters) dlsym(RTLD_NEXT, #name);    \
        if (concerns && fails(of)) return failed;                           \
        return real arguments;                                              \
    }
OR_FAIL(WRITE, ours(f), -1, ssize_t, write, (int f, const void *b, size_t n), (f, b, n))
OR_FAIL(WRITE, ours(f), -1, ssize_t, pwrite, (int f, const void *b, size_t n, off_t o), (f, b, n, o))
OR_FAIL(WRITE, ours(f), -1, ssize_t, pwrite64, (int f, const void *b, size_t n, off64_t o), (f, b, n, o))
OR_FAIL(WRITE, ours(f), error, int, posix_fallocate, (int f, off_t o, off_t n), (f, o, n))
OR_FAIL(WRITE, ours(f), error, int, posix_fallocate64, (int f, off64_t o, off64_t n), (f, o, n))
OR_FAIL(SYNC, ours(f), -1, int, fdatasync, (int f), (f))
OR_FAIL(SYNC, ours(f), -1, int, fsync, (int f), (f))
OR_FAIL(TRUNCATE, ours(f), -1, int, ftruncate, (int f, off_t n), (f, n))
OR_FAIL(TRUNCATE, ours(f), -1, int, ftruncate64, (int f, off64_t n), (f, n))
OR_FAIL(RENAME, below(p), -1, int, rename, (const char *p, const char *q), (p, q))
OR_FAIL(LINK, below(p), -1, int, link, (const char *p, const char *q), (p, q))
OR_FAIL(UNLINK, below(p), -1, int, unlink, (const char *p), (p))
OR_FAIL(OPEN, below(p), -1, int, open, (const char *p, int f, mode_t m), (p, f, m))
OR_FAIL(OPEN, below(p), -1, int, open64, (const char *p, int f, mode_t m), (p, f, m))
