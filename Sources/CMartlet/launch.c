#define _GNU_SOURCE
#include "CMartlet.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// The child of vfork shares the parent's memory: it writes only to its stack and to `result`, and
// changes credentials by plain system calls (glibc's wrappers would change the parent's threads too).

static int limit(int resource, int64_t value, int *warnings, int warning) {
    if (value < 0) return 0;
    struct rlimit wanted = {.rlim_cur = (rlim_t)value, .rlim_max = (rlim_t)value};
    if (setrlimit(resource, &wanted) == 0) return 0;
    if (errno != EPERM) return -1;
    struct rlimit current;
    if (getrlimit(resource, &current) != 0) return -1;
    wanted.rlim_cur = wanted.rlim_max = current.rlim_max;
    if (setrlimit(resource, &wanted) != 0) return -1;
    *warnings |= warning;
    return 0;
}

static int become_user(const struct mt_launch *launch) {
    if (!launch->has_user) return 0;
    if (syscall(SYS_setgroups, launch->group_count, launch->groups) != 0) {
        // Without the right to change groups, staying who we are is still no change.
        if (geteuid() != launch->uid || getegid() != launch->gid) return -1;
    }
    if (syscall(SYS_setresgid, launch->gid, launch->gid, launch->gid) != 0) return -1;
    if (syscall(SYS_setresuid, launch->uid, launch->uid, launch->uid) != 0) return -1;
    return 0;
}

static int place_descriptors(const struct mt_launch *launch) {
    if (dup2(launch->stdin_fd, 0) < 0 || dup2(launch->stdout_fd, 1) < 0 || dup2(launch->stderr_fd, 2) < 0)
        return -1;
    if (launch->progress_fd < 0) return (int)syscall(SYS_close_range, 3u, ~0u, 0u);
    if (launch->progress_fd == MT_PROGRESS_FD) {
        if (fcntl(MT_PROGRESS_FD, F_SETFD, 0) != 0) return -1;
    } else if (dup2(launch->progress_fd, MT_PROGRESS_FD) < 0) {
        return -1;
    }
    if (syscall(SYS_close_range, 3u, (unsigned)MT_PROGRESS_FD - 1, 0u) != 0) return -1;
    return (int)syscall(SYS_close_range, (unsigned)MT_PROGRESS_FD + 1, ~0u, 0u);
}

static void execute(const struct mt_launch *launch) {
    const char *name = launch->argv[0];
    if (strchr(name, '/') != NULL || *name == 0) {
        execve(name, launch->argv, launch->envp);
        return;
    }
    const char *rest = launch->search_path != NULL ? launch->search_path : "/usr/local/bin:/usr/bin:/bin";
    char path[PATH_MAX];
    size_t name_length = strlen(name);
    int denied = 0;
    for (;;) {
        size_t length = strcspn(rest, ":");
        if (length > 0 && length + name_length + 2 <= sizeof path) {
            memcpy(path, rest, length);
            path[length] = '/';
            memcpy(path + length + 1, name, name_length + 1);
            execve(path, launch->argv, launch->envp);
            if (errno == EACCES) denied = 1;
            else if (errno != ENOENT && errno != ENOTDIR) return;
        }
        if (rest[length] == 0) break;
        rest += length + 1;
    }
    errno = denied ? EACCES : ENOENT;
}

static int child(const struct mt_launch *launch, pid_t keeper, struct mt_launched *result) {
    result->stage = MT_STAGE_SETPGID;
    if (setpgid(0, 0) != 0) return -1;
    result->stage = MT_STAGE_LIMITS;
    if (launch->has_nice && setpriority(PRIO_PROCESS, 0, launch->nice) != 0) result->warnings |= MT_WARNING_NICE;
    if (place_descriptors(launch) != 0) return -1;
    if (limit(RLIMIT_AS, launch->memory, &result->warnings, MT_WARNING_MEMORY) != 0) return -1;
    if (limit(RLIMIT_NOFILE, launch->open_files, &result->warnings, MT_WARNING_OPEN_FILES) != 0) return -1;
    if (limit(RLIMIT_NPROC, launch->processes, &result->warnings, MT_WARNING_PROCESSES) != 0) return -1;
    result->stage = MT_STAGE_USER;
    if (become_user(launch) != 0) return -1;
    // After the change of user, which clears it.
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return -1;
    if (launch->kill_parent) {
        kill(keeper, SIGKILL);
        for (;;) pause();
    }
    if (getppid() != keeper) _exit(127);
    if (launch->umask >= 0) umask((mode_t)launch->umask);
    result->stage = MT_STAGE_CHDIR;
    if (launch->cwd != NULL && chdir(launch->cwd) != 0) return -1;
    result->stage = MT_STAGE_EXEC;
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execute(launch);
    return -1;
}

struct mt_launched mt_launch(const struct mt_launch *launch) {
    struct mt_launched result = {.pid = -1, .stage = MT_STAGE_FORK, .error = 0, .warnings = 0};
    struct mt_launched *volatile shared = &result;
    pid_t keeper = getpid();
    pid_t pid = vfork();
    if (pid == 0) {
        child(launch, keeper, shared);
        shared->error = errno;
        _exit(127);
    }
    if (pid < 0) {
        result.error = errno;
        return result;
    }
    result.pid = pid;
    if (result.error == 0) result.stage = MT_STAGE_NONE;
    return result;
}

int mt_spawn_zygote(const char *path, char *const *argv, char *const *envp, int request, int reply, pid_t *pid) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0) return error;
    error = posix_spawnattr_init(&attributes);
    if (error == 0) {
        error = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
        for (int fd = 0; fd < 3 && error == 0; fd++)
            error = posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
        if (error == 0) error = posix_spawn_file_actions_adddup2(&actions, request, 3);
        if (error == 0) error = posix_spawn_file_actions_adddup2(&actions, reply, 4);
        if (error == 0) error = posix_spawn_file_actions_addclosefrom_np(&actions, 5);
        if (error == 0) error = posix_spawn(pid, path, &actions, &attributes, argv, envp);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return error;
}
