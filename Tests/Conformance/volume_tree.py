"""Makes a tree with everything that a file system has, or prints one so that two can be compared."""

import hashlib
import os
import stat
import sys


def make(root):
    def write(name, data, mode=0o644, when=1_700_000_000_123_456_789):
        path = os.path.join(root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)
        os.chmod(path, mode)
        os.utime(path, ns=(when, when))
        return path

    plain = write("a.txt", b"hello\n")
    os.setxattr(plain, "user.colour", b"blue")
    os.link(plain, os.path.join(root, "hard"))
    write("sub/a[1]*?.txt", b"glob\n")
    write("sub/a1.txt", b"not the glob\n")
    write("sub/deep/er/file", os.urandom(100_000), 0o600)
    write("数据/文件.txt", "内容\n".encode())
    write("odd \"name\"\\ with\ttab", b"x")
    os.symlink("a.txt", os.path.join(root, "link"))
    os.symlink("/nowhere", os.path.join(root, "dangling"))
    os.mkfifo(os.path.join(root, "pipe"), 0o640)
    os.mkdir(os.path.join(root, "empty"), 0o700)
    with open(os.path.join(root, "sparse"), "wb") as file:
        file.truncate(8 << 20)
        file.seek(4 << 20)
        file.write(b"middle")
    if os.geteuid() == 0:
        os.chown(os.path.join(root, "sub/deep"), 1234, 4321)
        os.chown(plain, 1234, 4321)
        os.lchown(os.path.join(root, "link"), 77, 88)
        os.chmod(os.path.join(root, "sub/deep"), 0o2750)


def show(root):
    inodes = {}
    for folder, folders, files in os.walk(root):
        for name in sorted(folders + files):
            path = os.path.join(folder, name)
            facts = os.lstat(path)
            inner = os.path.relpath(path, root)
            words = [oct(facts.st_mode), facts.st_uid, facts.st_gid]
            if stat.S_ISREG(facts.st_mode):
                first = inodes.setdefault(facts.st_ino, inner)
                with open(path, "rb") as file:
                    words += [facts.st_size, hashlib.sha256(file.read()).hexdigest(), facts.st_mtime_ns, first]
                words.append("sparse" if facts.st_blocks * 512 < facts.st_size // 2 else "dense")
            elif stat.S_ISLNK(facts.st_mode):
                words.append(os.readlink(path))
            if not stat.S_ISLNK(facts.st_mode):
                words += [(key, os.getxattr(path, key)) for key in sorted(os.listxattr(path))]
            print(repr(inner), *words)


if __name__ == "__main__":
    {"make": make, "show": show}[sys.argv[1]](sys.argv[2])
