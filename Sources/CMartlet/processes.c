#define _GNU_SOURCE
#include "CMartlet.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

static ssize_t read_whole(const char *path, char *buffer, size_t capacity) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    ssize_t count = 0, got;
    while ((got = read(fd, buffer + count, capacity - 1 - (size_t)count)) > 0) count += got;
    close(fd);
    buffer[count] = 0;
    return count;
}

static size_t children_of_thread(pid_t pid, const char *thread, pid_t *pids, size_t capacity) {
    char path[64 + 256];
    snprintf(path, sizeof path, "/proc/%d/task/%s/children", pid, thread);
    FILE *file = fopen(path, "re");
    if (file == NULL) return 0;
    size_t count = 0;
    int child;
    while (count < capacity && fscanf(file, "%d", &child) == 1) pids[count++] = child;
    fclose(file);
    return count;
}

static size_t children(pid_t pid, pid_t *pids, size_t capacity) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *threads = opendir(path);
    if (threads == NULL) return 0;
    size_t count = 0;
    struct dirent *entry;
    while ((entry = readdir(threads)) != NULL)
        if (entry->d_name[0] != '.')
            count += children_of_thread(pid, entry->d_name, pids + count, capacity - count);
    closedir(threads);
    return count;
}

size_t mt_descendants(pid_t root, pid_t *pids, size_t capacity) {
    size_t count = children(root, pids, capacity);
    for (size_t next = 0; next < count; next++)
        count += children(pids[next], pids + count, capacity - count);
    return count;
}

size_t mt_processes(pid_t *pids, size_t capacity) {
    DIR *processes = opendir("/proc");
    if (processes == NULL) return 0;
    size_t count = 0;
    struct dirent *entry;
    while (count < capacity && (entry = readdir(processes)) != NULL)
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9') pids[count++] = (pid_t)atoi(entry->d_name);
    closedir(processes);
    return count;
}

int mt_process_stat(pid_t pid, pid_t *parent, pid_t *session, uint64_t *start, char *state) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    if (read_whole(path, text, sizeof text) <= 0) {
        errno = ESRCH;
        return -1;
    }
    // The command's name may hold anything, so fields are counted after its last parenthesis.
    char *rest = strrchr(text, ')');
    int parent_pid, session_id;
    unsigned long long ticks;
    char letter;
    if (rest == NULL
        || sscanf(rest + 1,
               " %c %d %*d %d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
               &letter, &parent_pid, &session_id, &ticks) != 4) {
        errno = EPROTO;
        return -1;
    }
    *state = letter;
    *parent = parent_pid;
    *session = session_id;
    *start = ticks;
    return 0;
}

int mt_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0u); }

static int tell_keeper(int pidfd, int value) {
    siginfo_t info;
    memset(&info, 0, sizeof info);
    info.si_signo = SIGRTMIN;
    info.si_code = SI_QUEUE;
    info.si_pid = getpid();
    info.si_uid = getuid();
    info.si_value.sival_int = value;
    return (int)syscall(SYS_pidfd_send_signal, pidfd, SIGRTMIN, &info, 0u);
}

int mt_pidfd_stop(int pidfd, int grace) { return tell_keeper(pidfd, grace); }

int mt_pidfd_pass(int pidfd, int signal) { return tell_keeper(pidfd, -signal); }

int mt_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

int mt_epoll_add(int epoll, int fd, uint64_t token) {
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = token};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

int mt_epoll_remove(int epoll, int fd) { return epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL); }

size_t mt_epoll_wait(int epoll, uint64_t *tokens, size_t capacity, int milliseconds) {
    struct epoll_event events[128];
    if (capacity > 128) capacity = 128;
    int count = epoll_wait(epoll, events, (int)capacity, milliseconds);
    for (int index = 0; index < count; index++) tokens[index] = events[index].data.u64;
    return count > 0 ? (size_t)count : 0;
}
