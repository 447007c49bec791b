import Testing

@testable import Backups

/// Paths within a version.
@Suite struct PathPatternTests {
    // backup contract §7.5 E6, F42–F44
    @Test(arguments: ["../x", "a/../x", "..", "a/..", "./a", "a/./b", "a\u{0}b", "a\nb", "\u{7F}"])
    func `what leaves the volume or drives a terminal is refused`(path: String) {
        #expect(PathPattern.problem(path) != nil)
    }

    @Test(arguments: ["a", "/a", "a/b", "/a//b/", "...", "a..b", "数据/文件", "a[1]*?.txt"])
    func `what names a file is taken`(path: String) {
        #expect(PathPattern.problem(path) == nil)
    }

    // backup contract §4.1: a file `a[1].txt` is silently not restored otherwise
    @Test func `a pattern matches its path alone`() {
        #expect(PathPattern.escaped(#"/a[1]*?\b"#) == #"/a\[1]\*\?\\b"#)
        #expect(PathPattern.normal("a//b/") == "/a/b")
    }

    @Test func `paths below another one are not asked for twice`() {
        #expect(PathPattern.outermost(["/b", "/a/c", "/a", "/a/b/c", "/ab"]) == ["/a", "/ab", "/b"])
    }
}
