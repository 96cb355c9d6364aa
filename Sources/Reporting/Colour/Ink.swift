/// The colours, on light and on dark paper.
///
/// Seven hues after Okabe and Ito ("Color Universal Design", 2008), moved in lightness until every mark has at least
/// 3:1 against its paper and every word 4.5:1 (WCAG 2.2), and any two marks stay apart under simulated protanopia,
/// deuteranopia and tritanopia (Machado, Oliveira and Fernandes 2009): the tests compute all three.
struct Ink: Sendable {
  var light: String
  var dark: String

  static let paper = Ink(light: "#fdfdfb", dark: "#16181b")
  static let text = Ink(light: "#1b1d20", dark: "#e8e6e1")
  static let muted = Ink(light: "#5f646b", dark: "#a3a8b0")
  static let faint = Ink(light: "#8b9098", dark: "#7d838c")
  static let grid = Ink(light: "#e4e4df", dark: "#2c3036")
  static let held = Ink(light: "#1a7f4b", dark: "#4cc38a")
  static let failed = Ink(light: "#b3261e", dark: "#ff8a7d")
  static let link = Ink(light: "#1f5a96", dark: "#83c0f9")

  /// Lines, areas and marks of series.
  static let marks = [
    Ink(light: "#2b5fc0", dark: "#6f86f7"), Ink(light: "#dc7014", dark: "#f9754f"),
    Ink(light: "#046e54", dark: "#22dfa0"), Ink(light: "#7d1a6e", dark: "#c0749b"),
    Ink(light: "#9c8845", dark: "#fdd04a"), Ink(light: "#1398b3", dark: "#83c0f9"),
    Ink(light: "#33381f", dark: "#dde7f0"),
  ]
  /// Their names in words, which need more contrast.
  static let names = [
    Ink(light: "#2b5fc0", dark: "#8da0ff"), Ink(light: "#ad5200", dark: "#f9754f"),
    Ink(light: "#046e54", dark: "#22dfa0"), Ink(light: "#7d1a6e", dark: "#d392b3"),
    Ink(light: "#776629", dark: "#fdd04a"), Ink(light: "#0c7389", dark: "#83c0f9"),
    Ink(light: "#33381f", dark: "#dde7f0"),
  ]
}
