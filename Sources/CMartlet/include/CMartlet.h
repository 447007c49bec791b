#ifndef CMARTLET_H
#define CMARTLET_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// System calls that Swift cannot make itself: variadic ones, vfork, and those glibc does not wrap.
/// Functions return -1 and set errno unless they say otherwise.

/// Stages of a launch, in order; 0 means that exec succeeded.
enum mt_stage {
    MT_STAGE_NONE = 0,
    MT_STAGE_FORK,
    MT_STAGE_SETPGID,
    MT_STAGE_LIMITS,
    MT_STAGE_USER,
    MT_STAGE_CHDIR,
    MT_STAGE_EXEC,
};

/// What could not be enforced, as bits.
enum mt_warning {
    MT_WARNING_NICE = 1,
    MT_WARNING_MEMORY = 2,
    MT_WARNING_OPEN_FILES = 4,
    MT_WARNING_PROCESSES = 8,
};

/// The descriptor number under which a task finds its progress file when it has no path to it.
#define MT_PROGRESS_FD 9

struct mt_launch {
    char *const *argv;
    char *const *envp;
    /// Value of PATH in `envp`, or null.
    const char *search_path;
    /// Null: inherited.
    const char *cwd;
    int stdin_fd;
    int stdout_fd;
    int stderr_fd;
    /// -1: none.
    int progress_fd;
    int has_user;
    uid_t uid;
    gid_t gid;
    const gid_t *groups;
    size_t group_count;
    /// -1: inherited.
    int umask;
    int has_nice;
    int nice;
    /// -1: inherited.
    int64_t memory;
    int64_t open_files;
    int64_t processes;
    /// Test aid: the child kills its parent instead of calling exec.
    int kill_parent;
};

struct mt_launched {
    pid_t pid;
    int stage;
    int error;
    int warnings;
};

/// Starts a process in its own group that dies with its parent. The caller is suspended until exec
/// succeeded or failed (vfork), has one thread, and blocks all signals.
struct mt_launched mt_launch(const struct mt_launch *launch);

/// Starts `path` with the arguments in a new session, `request` as descriptor 3 and `reply` as 4, the
/// standard streams on /dev/null, nothing else open. Returns 0 or an errno value.
int mt_spawn_zygote(const char *path, char *const *argv, char *const *envp, int request, int reply, pid_t *pid);

/// Pids of all descendants of `root`, at most `capacity`; returns how many.
size_t mt_descendants(pid_t root, pid_t *pids, size_t capacity);

/// Pids of all processes, at most `capacity`; returns how many.
size_t mt_processes(pid_t *pids, size_t capacity);

/// Parent, session and start time (clock ticks since boot) of a process. `state` is its letter.
int mt_process_stat(pid_t pid, pid_t *parent, pid_t *session, uint64_t *start, char *state);

int mt_pidfd_open(pid_t pid);
/// Asks a keeper to stop its task. A real-time signal: unlike TERM, a second one is not merged with the first.
int mt_pidfd_stop(int pidfd, int grace);
/// Asks a keeper to send a signal to its task's process group; what it is and a stop are told apart by the value's sign.
int mt_pidfd_pass(int pidfd, int signal);

/// A set of descriptors to wait for; each has a token.
int mt_epoll_create(void);
int mt_epoll_add(int epoll, int fd, uint64_t token);
int mt_epoll_remove(int epoll, int fd);
/// Tokens of readable descriptors, at most `capacity`; returns how many, 0 on timeout or interruption.
size_t mt_epoll_wait(int epoll, uint64_t *tokens, size_t capacity, int milliseconds);

/// Blocks every signal and resets all dispositions; returns a signalfd for CHLD, TERM and the keeper's stop signal.
int mt_prepare_signals(void);
/// One pending signal: its number (TERM for the stop signal too), or 0 when none is pending. `value`: what came
/// with it, else 0.
int mt_next_signal(int fd, int *value);

/// Has all threads take memory from so many pools; glibc makes one for each thread otherwise. 0 when it is refused.
int mt_share_memory_pools(int most);

int mt_subreaper(void);
void mt_protect_from_oom(void);
/// Opens with O_CLOEXEC|O_NOFOLLOW.
int mt_openat(int directory, const char *path, int flags, unsigned mode);
int mt_pipe(int fds[2]);
int mt_set_nonblocking(int fd);
int mt_grow_pipe(int fd, int size);
int mt_punch_hole(int fd, int64_t offset, int64_t length);
int mt_dup_above(int fd, int lowest);
uint64_t mt_count_newlines(const void *bytes, size_t count);
int64_t mt_seek_data(int fd, int64_t offset);
/// Inode and size of a regular file: of the open one when `name` is NULL, else of the one that has this name in the
/// directory; a link is not followed. -1 when there is none or when it is something else.
int mt_regular_file(int descriptor, const char *name, uint64_t *inode, int64_t *size);

/// Waits until everything that was written to the file system of an open file is on disk.
int mt_sync_file_system(int fd);
/// Whether the kernel knows that somebody keeps its clock right: 1, 0, or -1.
int mt_clock_is_kept(void);

/// Milliseconds: since boot, sleep included, and since 1970.
int64_t mt_boot_milliseconds(void);
int64_t mt_wall_milliseconds(void);

#endif
