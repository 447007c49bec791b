/// A shell with `-c` among a command's words: the one place where a word is a program.
package enum ShellScript {
    private static let shells: Set<Substring> = ["sh", "bash", "dash", "zsh", "ksh", "ash", "busybox"]

    /// Index of the script's text; the number of words when `-c` is the last of them. Nil when there is no such shell.
    package static func index(in words: [String]) -> Int? {
        guard let program = words.first?.split(separator: "/").last, shells.contains(program),
            let flag = words.dropFirst().firstIndex(where: {
                $0.hasPrefix("-") && !$0.hasPrefix("--") && $0.contains("c")
            })
        else { return nil }
        return flag + 1
    }

    /// What lets a value from outside become a program. `takesMore`: values are added behind the words.
    package static func problem(in words: [String], takesMore: Bool = false) -> (index: Int, text: String)? {
        guard let index = index(in: words) else { return nil }
        if index == words.count {
            return takesMore
                ? (index - 1, "the first posted value would be the shell's script: write the script itself behind -c")
                : nil
        }
        guard Template.mentionsParam(words[index]) else { return nil }
        return (
            index,
            "a parameter must not become shell text: use \"$MARTLET_PARAM_NAME\" in the script, "
                + "or \"$1\" with the reference as an argument of its own"
        )
    }
}
