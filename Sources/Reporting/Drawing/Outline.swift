/// A place on a drawing: pixels from the left and from the top.
struct Spot: Hashable, Sendable {
  var x: Double
  var y: Double
}

/// The data of an SVG path, coordinates rounded to a hundredth of a pixel.
struct Outline: Sendable {
  private(set) var data = ""

  mutating func close() { data += "Z" }

  /// Straight through the spots.
  init(_ spots: some Sequence<Spot> = []) {
    for spot in spots { append(data.isEmpty ? "M" : "L", spot) }
  }

  private mutating func append(_ command: String, _ spot: Spot) {
    data += command + Numeral.coordinate(spot.x) + "," + Numeral.coordinate(spot.y)
  }
}

/// Long lines with no more points than can be seen.
enum Thinning {
  /// Of all spots within a pixel's width the first, the lowest, the highest and the last: drawn as one line they
  /// cover the same pixels (M4: Jugel et al., VLDB 2014). x must ascend. Short lines are left as they are.
  static func thinned(_ spots: [Spot]) -> [Spot] {
    guard let first = spots.first, let last = spots.last else { return spots }
    guard Double(spots.count) > 3 * max(1, last.x - first.x) else { return spots }
    var kept: [Spot] = []
    var start = 0
    while start < spots.count {
      var end = start
      var low = start
      var high = start
      while end + 1 < spots.count, spots[end + 1].x.rounded(.down) == spots[start].x.rounded(.down) {
        end += 1
        if spots[end].y < spots[low].y { low = end }
        if spots[end].y > spots[high].y { high = end }
      }
      var previous = -1
      for index in [start, min(low, high), max(low, high), end] where index != previous {
        kept.append(spots[index])
        previous = index
      }
      start = end + 1
    }
    return kept
  }
}
