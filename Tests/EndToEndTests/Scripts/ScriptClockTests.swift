import Foundation
import MartletCore
import Testing

/// The clock of the machine may be set while tasks run. A small library gives the server another clock.
@Suite(.few) struct ScriptClockTests {
    /// Adds the number in a file to the time of day, for a process that loads this.
    private static let library = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <time.h>
        #include <sys/time.h>
        static long offset(void) {
            const char *path = getenv("CLOCK_OFFSET");
            FILE *file = path ? fopen(path, "re") : 0;
            long seconds = 0;
            if (file) { if (fscanf(file, "%ld", &seconds) != 1) seconds = 0; fclose(file); }
            return seconds;
        }
        int clock_gettime(clockid_t clock, struct timespec *time) {
            static int (*real)(clockid_t, struct timespec *);
            if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
            int status = real(clock, time);
            if (status == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) time->tv_sec += offset();
            return status;
        }
        int gettimeofday(struct timeval *restrict time, void *restrict zone) {
            struct timespec now;
            int status = clock_gettime(CLOCK_REALTIME, &now);
            time->tv_sec = now.tv_sec;
            time->tv_usec = now.tv_nsec / 1000;
            return status;
        }

        """

    /// Every Swift toolchain has a C compiler beside it.
    private static let hasCompiler = ["/usr/bin/env"].allSatisfy { path in
        let finding = Process()
        finding.executableURL = URL(filePath: path)
        finding.arguments = ["clang", "--version"]
        finding.standardOutput = FileHandle.nullDevice
        finding.standardError = FileHandle.nullDevice
        guard (try? finding.run()) != nil else { return false }
        finding.waitUntilExit()
        return finding.terminationStatus == 0
    }

    @Test(.enabled(if: hasCompiler, "needs the C compiler of the toolchain"))
    func `a clock that is set back an hour changes no duration and removes no session`() async throws {
        // contract §5 case 80
        let site = try Site()
        try Data(Self.library.utf8).write(to: URL(filePath: site.path("clock.c")))
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let compiler = try Child(
            ["/usr/bin/env", "clang", "-shared", "-fPIC", "-o", site.path("clock.so"), site.path("clock.c"), "-ldl"],
            environment: Server.environment.merging(["PATH": path]) { $1 }, directory: site.scratch.url, name: "clang")
        #expect(try await compiler.ended() == 0)
        let clock = URL(filePath: site.path("offset"))
        try Data("0".utf8).write(to: clock, options: .atomic)
        let server = try await ScriptServer(
            site, environment: ["LD_PRELOAD": site.path("clock.so"), "CLOCK_OFFSET": clock.path])
        let gate = try Gate(site)
        let earlier = try await server.start("f-args")
        #expect(try await server.done(earlier)["error"] == "")
        let id = try await server.start("f-gate", [gate.path, "text"])
        try await eventually("it works") { gate.arrivals.isEmpty ? nil : true }
        let started = try #require(Times.date(try await server.session(id)["start_at"].string ?? ""))
        #expect(abs(started.timeIntervalSinceNow) < 600)

        try Data("-3600".utf8).write(to: clock, options: .atomic)
        let later = try await server.start("f-slow", ["text", "0.2"])
        let session = try await server.done(later)
        let moved = try #require(Times.date(session["start_at"].string ?? ""))
        #expect(abs(moved.timeIntervalSinceNow + 3600) < 600, "the clock was set")
        guard case .int(let short) = session["duration_ms"] else { throw TimedOut(what: "a duration") }
        #expect((200..<1_200_000).contains(short))

        try await Task.sleep(for: .milliseconds(300))
        gate.open()
        let over = try await server.done(id)
        #expect(over["message"] == "text")
        guard case .int(let long) = over["duration_ms"] else { throw TimedOut(what: "a duration") }
        #expect((300..<1_200_000).contains(long), "\(over)")
        #expect(try await server.query("").data.array?.count == 3)
        #expect(try await server.run("f-args", ["a"]).data.parsed == ["a"])
    }
}
