/// A picture as a value: the data and what they mean. Drawing it is a pure function of the width and the palette.
public protocol Chart: Sendable {
  /// The names that want a colour.
  var names: [String] { get }
  /// What the picture shows, for those who cannot see it: one or two sentences.
  var summary: String { get }
  /// Every number drawn.
  var sheets: [Sheet] { get }

  /// Draws at this width in pixels (at least 300; below 480 in the narrow arrangement).
  func draw(width: Double, palette: Palette) -> Drawing
}

/// The two widths at which a chart is drawn, at the same size of type: scaling one picture down to a telephone would
/// make its words illegible.
public enum ChartLayout: String, CaseIterable, Sendable {
  case wide
  case narrow

  /// In pixels.
  public var width: Double { self == .wide ? 720 : 360 }
  static let narrowBelow = 480.0
}

extension Chart {
  /// The chart as an SVG file that stands alone: with its own style, paper, title and subtitle.
  ///
  /// - Parameters:
  ///   - title: a line or two over the picture.
  ///   - subtitle: what to see in it, under the title; may be empty.
  public func svg(
    title: String, subtitle: String = "", layout: ChartLayout = .wide, palette: Palette? = nil
  ) -> String {
    let palette = palette ?? Palette([names])
    let width = layout.width
    let margin = 16.0
    var sheet = Drawing(width: width + 2 * margin, height: 0)
    var y = margin
    for line in TextMeasure.wrapped(title, to: width, size: 16, lines: 3) {
      y += 17
      sheet.text(line, at: Spot(x: margin, y: y), "title", whole: title)
      y += 4
    }
    for line in TextMeasure.wrapped(subtitle, to: width, size: 13, lines: 4) {
      y += 15
      sheet.text(line, at: Spot(x: margin, y: y), "subtitle muted")
      y += 3
    }
    y += 10
    let picture = draw(width: width, palette: palette)
    sheet.place(picture, at: Spot(x: margin, y: y))
    sheet.height = y + picture.height + margin
    return element(
      sheet, id: "chart", title: title,
      opening: " xmlns=\"http://www.w3.org/2000/svg\" width=\"\(Numeral.coordinate(sheet.width))\" "
        + "height=\"\(Numeral.coordinate(sheet.height))\"",
      before: "<style>\n\(ChartStyle.sheet)</style>\n<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n"
    )
  }

  /// The chart as an element of a page that has the style sheet.
  func embedded(id: String, title: String, layout: ChartLayout, palette: Palette) -> String {
    element(
      draw(width: layout.width, palette: palette), id: "\(id)-\(layout.rawValue)", title: title,
      opening: "", before: "", kind: " \(layout.rawValue)")
  }

  private func element(
    _ drawing: Drawing, id: String, title: String, opening: String, before: String, kind: String = ""
  ) -> String {
    "<svg class=\"chart\(kind)\"\(opening) viewBox=\"0 0 \(Numeral.coordinate(drawing.width)) "
      + "\(Numeral.coordinate(drawing.height))\" role=\"img\" aria-labelledby=\"\(id)-title \(id)-desc\">\n"
      + "<title id=\"\(id)-title\">\(Escaping.escaped(title))</title>\n"
      + "<desc id=\"\(id)-desc\">\(Escaping.escaped(summary))</desc>\n" + before + drawing.body + "</svg>\n"
  }
}
