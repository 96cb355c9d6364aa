/// The style sheet of the charts: plain classes, so that it also holds in viewers that know no custom properties, and
/// the dark colours once more for readers who prefer them. Paper has no dark.
enum ChartStyle {
  static let fonts =
    "system-ui,-apple-system,\"Segoe UI\",Roboto,\"Helvetica Neue\",Arial,\"Noto Sans\",sans-serif"

  /// Every rule is for descendants of `svg.chart`.
  static let sheet: String = {
    let dark = colours(\.dark).map { "  " + $0 }.joined(separator: "\n")
    return (shapes + colours(\.light)).joined(separator: "\n")
      + "\n@media screen and (prefers-color-scheme:dark){\n\(dark)\n}\n"
  }()

  private static let shapes = [
    rule("text", "font:12px \(fonts);font-variant-numeric:tabular-nums"),
    rule(".title", "font-size:16px;font-weight:600"),
    rule(".subtitle", "font-size:13px"),
    rule(".strong", "font-weight:600"),
    rule(".small", "font-size:11px"),
    rule(".grid,.axis,.rule,.event,.leader,.whisker,.bar,.trail", "fill:none;stroke-width:1"),
    rule(".rule", "stroke-dasharray:5 4"),
    rule(".event", "stroke-dasharray:2 3"),
    rule(".leader", "stroke-width:.75"),
    rule(".line", "fill:none;stroke:currentColor;stroke-width:2;stroke-linejoin:round;stroke-linecap:round"),
    rule(".sm .line", "stroke-width:1.25"),
    rule(".d1 .line", "stroke-dasharray:8 4"),
    rule(".d2 .line", "stroke-dasharray:1 4.5"),
    rule(".d3 .line", "stroke-dasharray:9 4 1 4"),
    rule(".band", "fill:currentColor;fill-opacity:.15;stroke:none"),
    rule(".layer", "fill:currentColor;fill-opacity:.82;stroke-width:.75"),
    rule(".d1 .layer", "fill-opacity:.5"),
    rule(".d2 .layer", "fill-opacity:.3"),
    rule(".d3 .layer", "fill-opacity:.18"),
    rule(".mark", "fill:currentColor;stroke-width:1.25;paint-order:stroke"),
    rule(".hollow", "stroke:currentColor;stroke-width:1.5"),
    rule(".whisker", "stroke:currentColor;stroke-width:1.25"),
    rule(".bar", "stroke:currentColor;stroke-width:5;stroke-opacity:.4"),
    rule(".trail", "stroke:currentColor;stroke-width:1.25;stroke-opacity:.7;stroke-dasharray:3 2.5"),
    rule(".steps", "fill:none;stroke-width:1.5"),
    rule(".past", "fill:none;stroke-width:1;stroke-dasharray:3 3"),
    rule(".halo", "paint-order:stroke;stroke-width:3px;stroke-linejoin:round"),
  ]

  private static func colours(_ shade: KeyPath<Ink, String>) -> [String] {
    let paper = Ink.paper[keyPath: shade]
    let faint = Ink.faint[keyPath: shade]
    var rules = [
      rule(".paper", "fill:\(paper)"),
      rule("text", "fill:\(Ink.text[keyPath: shade])"),
      rule(".muted", "fill:\(Ink.muted[keyPath: shade])"),
      rule(".grid", "stroke:\(Ink.grid[keyPath: shade])"),
      rule(".shade", "fill:\(Ink.grid[keyPath: shade]);fill-opacity:.6"),
      rule(".axis,.rule,.leader,.past", "stroke:\(faint)"),
      rule(".event,.steps", "stroke:\(Ink.muted[keyPath: shade])"),
      rule(".halo,.mark,.layer", "stroke:\(paper)"),
      rule(".hollow", "fill:\(paper);stroke:currentColor"),
      rule(".sm", "color:\(faint)"),
      rule(".sm .name", "fill:\(Ink.muted[keyPath: shade])"),
    ]
    for index in Ink.marks.indices {
      rules.append(rule(".s\(index)", "color:\(Ink.marks[index][keyPath: shade])"))
      rules.append(rule(".s\(index) .name", "fill:\(Ink.names[index][keyPath: shade])"))
    }
    return rules
  }

  private static func rule(_ selectors: String, _ declarations: String) -> String {
    selectors.split(separator: ",").map { "svg.chart " + $0 }.joined(separator: ",") + "{\(declarations)}"
  }
}
