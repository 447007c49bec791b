#define _GNU_SOURCE
#include "CMartlet.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <string.h>
#include <sys/timex.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int mt_prepare_signals(void) {
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
    sigset_t all, watched;
    sigfillset(&all);
    if (sigprocmask(SIG_SETMASK, &all, NULL) != 0) return -1;
    sigemptyset(&watched);
    sigaddset(&watched, SIGCHLD);
    sigaddset(&watched, SIGTERM);
    sigaddset(&watched, SIGRTMIN);
    return signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
}

int mt_next_signal(int fd, int *value) {
    struct signalfd_siginfo info;
    ssize_t count;
    do count = read(fd, &info, sizeof info);
    while (count < 0 && errno == EINTR);
    if (count != sizeof info) return 0;
    *value = info.ssi_code == SI_QUEUE ? info.ssi_int : 0;
    return (int)info.ssi_signo == SIGRTMIN ? SIGTERM : (int)info.ssi_signo;
}

int mt_share_memory_pools(int most) { return mallopt(M_ARENA_MAX, most); }

int mt_subreaper(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1); }

void mt_protect_from_oom(void) {
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0) return;
    // Refused without privilege: nothing to be done about it.
    ssize_t ignored = write(fd, "-500", 4);
    (void)ignored;
    close(fd);
}

int mt_openat(int directory, const char *path, int flags, unsigned mode) {
    return openat(directory, path, flags | O_CLOEXEC | O_NOFOLLOW, mode);
}

int mt_pipe(int fds[2]) { return pipe2(fds, O_CLOEXEC); }

int mt_set_nonblocking(int fd) {
    int flags = fcntl(fd, F_GETFL);
    return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

int mt_grow_pipe(int fd, int size) { return fcntl(fd, F_SETPIPE_SZ, size); }

int mt_punch_hole(int fd, int64_t offset, int64_t length) {
    return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length);
}

int mt_dup_above(int fd, int lowest) { return fcntl(fd, F_DUPFD_CLOEXEC, lowest); }

uint64_t mt_count_newlines(const void *bytes, size_t count) {
    const char *next = bytes, *end = next + count;
    uint64_t lines = 0;
    while (next < end) lines += *next++ == '\n';
    return lines;
}

int64_t mt_seek_data(int fd, int64_t offset) { return lseek(fd, offset, SEEK_DATA); }

int mt_regular_file(int descriptor, const char *name, uint64_t *inode, int64_t *size) {
    struct stat info;
    int failed = name ? fstatat(descriptor, name, &info, AT_SYMLINK_NOFOLLOW) : fstat(descriptor, &info);
    if (failed || !S_ISREG(info.st_mode)) return -1;
    *inode = (uint64_t)info.st_ino;
    *size = (int64_t)info.st_size;
    return 0;
}

static int64_t milliseconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t mt_boot_milliseconds(void) { return milliseconds(CLOCK_BOOTTIME); }
int64_t mt_wall_milliseconds(void) { return milliseconds(CLOCK_REALTIME); }

int mt_sync_file_system(int fd) { return syncfs(fd); }

int mt_clock_is_kept(void) {
    struct timex state = {0};
    int answer = adjtimex(&state);
    if (answer < 0) return -1;
    return answer != TIME_ERROR;
}
