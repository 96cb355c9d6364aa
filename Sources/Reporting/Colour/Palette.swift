/// Which colour, shape and dash stand for which name, the same in every chart of a report.
///
/// Names take the seven colours in the order of their UTF-8 bytes, each with a shape of its own; the eighth begins again
/// with another shape and another dash. So colour is never the only carrier, and no two of 28 names look alike.
public struct Palette: Hashable, Sendable {
  private var styles: [String: SeriesStyle] = [:]

  /// - Parameters:
  ///   - families: names that are told apart among themselves, such as candidates, and policies. A name in several
  ///     families keeps the style that it has in the first.
  ///   - muted: names drawn in grey, behind what the report is about; they take up no colour.
  public init(_ families: [[String]], muted: [String] = []) {
    for (place, name) in Self.sorted(muted).enumerated() {
      styles[name] = SeriesStyle(colour: nil, place: place)
    }
    for family in families {
      var place = 0
      for name in Self.sorted(family) where styles[name] == nil {
        styles[name] = SeriesStyle(colour: place % SeriesStyle.colours, place: place)
        place += 1
      }
    }
  }

  /// The style of a name; grey for one that the palette does not know.
  func style(of name: String) -> SeriesStyle { styles[name] ?? SeriesStyle(colour: nil, place: 0) }

  /// Sorted and each once. By bytes, as `String`'s own order goes by canonical equivalence and Unicode version.
  private static func sorted(_ names: [String]) -> [String] {
    var result: [String] = []
    for name in names.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) where result.last != name {
      result.append(name)
    }
    return result
  }
}

/// How one series looks.
struct SeriesStyle: Hashable, Sendable {
  static let colours = 7
  static let dashes = 4

  /// Index of the colour; nil for grey.
  var colour: Int?
  var marker: Marker
  /// 0 is a solid line.
  var dash: Int

  init(colour: Int?, place: Int) {
    self.colour = colour
    let round = place / Self.colours
    // Another shape for the same colour in the next round, where there is no line to be dashed.
    marker = Marker.allCases[(place + 3 * round) % Marker.allCases.count]
    dash = round % Self.dashes
  }

  /// The grey, solid one, for what stands for no name.
  static let neutral = SeriesStyle(colour: nil, place: 0)

  /// The class of a group whose shapes are drawn in this style.
  var kind: String { "s" + (colour.map(String.init) ?? "m") + (dash > 0 ? " d\(dash)" : "") }
}
