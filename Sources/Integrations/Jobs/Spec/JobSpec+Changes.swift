import GoWire

extension JobSpec {
    /// Why this job may not take the place of `old` (nil: there is none); nil when it may. A 500 answers with it.
    package func changeProblem(from old: JobSpec?) -> String? {
        guard let old else { return nil }
        if old.typeName != typeName {
            return "cannot update job from type \(GoErrors.quoted(old.typeName)) to \(GoErrors.quoted(typeName))"
        }
        switch (old.periodic != nil, periodic != nil) {
        case (true, false): return "cannot update periodic job to being non-periodic"
        case (false, true): return "cannot update non-periodic job to being periodic"
        default: break
        }
        switch (old.parameterized != nil, parameterized != nil) {
        case (true, false): return "cannot update parameterized job to being non-parameterized"
        case (false, true): return "cannot update non-parameterized job to being parameterized"
        default: return nil
        }
    }
}
