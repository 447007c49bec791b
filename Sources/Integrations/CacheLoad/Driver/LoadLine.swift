/// A fact in the output of `fs distributedLoad`, in either of its two formats: one job for each file (1.x), or one
/// command for all (2.8 and later).
enum LoadLine: Sendable, Hashable {
    /// A line that only this command writes, and that counts nothing.
    case known
    /// The file is new in the cache.
    case loaded(String)
    /// The file was there already.
    case present(String)
    /// The file's load was handed in.
    case begun(String)
    /// One attempt failed; there may be another.
    case attemptFailed(String)
    /// The file is given up.
    case failed(String)
    /// A file was left out for another reason than being incomplete; the name cannot be told from the reason.
    case ignored
    /// A job could not be handed in; there may be another attempt.
    case startFailed
    /// What the program counted.
    case totals(completed: Int, failed: Int)
    /// So many files were left out.
    case leftOut(Int)
    /// The names of failed files follow, one on each line.
    case failuresFollow
    case failuresEnd
    /// A line that begins with a path; only a list of failed files gives it a meaning.
    case path(String)
}
