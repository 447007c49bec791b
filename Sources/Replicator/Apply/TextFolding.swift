/// Which collations take two ASCII texts for one only where their letters differ by case, or spaces at the end do. In others
/// `i` may be `j` or `y`; what is not named here is not known.
package enum TextFolding {
    /// In which bytes below 128 are not ASCII, or some of whose signs have letters' places.
    private static let otherCharacterSets: Set<String> = [
        "ucs2", "utf16", "utf16le", "utf32", "swe7", "big5", "gbk", "gb2312", "macce", "geostd8",
    ]

    private static let suffixes: Set<String> = [
        "bin", "nopad_bin", "general_ci", "general_cs", "general_nopad_ci", "general_mysql500_ci", "unicode_ci",
        "unicode_nopad_ci", "unicode_520_ci", "unicode_520_nopad_ci", "0900_ai_ci", "0900_as_ci", "0900_as_cs",
        "0900_bin", "swedish_ci", "swedish_nopad_ci", "german1_ci", "german2_ci", "danish_ci", "spanish_ci",
        "polish_ci", "czech_ci", "turkish_ci", "romanian_ci", "slovak_ci", "japanese_ci", "korean_ci",
        "uca1400_ai_ci", "uca1400_ai_cs", "uca1400_as_ci", "uca1400_as_cs", "uca1400_nopad_ai_ci",
        "uca1400_nopad_ai_cs", "uca1400_nopad_as_ci", "uca1400_nopad_as_cs",
    ]

    package static func isByCase(_ collation: String) -> Bool {
        let parts = collation.lowercased().split(separator: "_", maxSplits: 1).map(String.init)
        return parts.count == 2 && !otherCharacterSets.contains(parts[0]) && suffixes.contains(parts[1])
    }
}
