/// A rectangle on a drawing.
struct Box: Hashable, Sendable {
  var left: Double
  var top: Double
  var right: Double
  var bottom: Double

  init(left: Double, top: Double, right: Double, bottom: Double) {
    self.left = left
    self.top = top
    self.right = right
    self.bottom = bottom
  }

  init(around spot: Spot, radius: Double) {
    self.init(left: spot.x - radius, top: spot.y - radius, right: spot.x + radius, bottom: spot.y + radius)
  }

  func overlap(_ other: Box) -> Double {
    max(0, min(right, other.right) - max(left, other.left))
      * max(0, min(bottom, other.bottom) - max(top, other.top))
  }

  func contains(_ other: Box) -> Bool {
    left <= other.left && top <= other.top && right >= other.right && bottom >= other.bottom
  }
}

/// Names beside points, one after the other, each where it covers least of what is there already.
struct PointLabels: Sendable {
  struct Label: Hashable, Sendable {
    var text: String
    var baseline: Spot
  }

  private let bounds: Box
  private var taken: [Box] = []
  private var crossed: [Box] = []
  /// Square pixels that could not be kept free; 0 where every label has its own place.
  private(set) var overlap = 0.0

  init(within bounds: Box) { self.bounds = bounds }

  mutating func avoid(_ box: Box) { taken.append(box) }

  /// A line that a label may lie over if it must.
  mutating func avoid(lineThrough spots: [Spot]) {
    for (one, next) in zip(spots, spots.dropFirst()) {
      crossed.append(
        Box(
          left: min(one.x, next.x) - 1, top: min(one.y, next.y) - 1, right: max(one.x, next.x) + 1,
          bottom: max(one.y, next.y) + 1))
    }
  }

  /// The labels' places. Right of the point is best, then left, above and below.
  mutating func place(_ texts: [String], at spots: [Spot]) -> [Label] {
    let limit = (bounds.right - bounds.left) * 0.4
    return zip(texts, spots).map { text, spot in
      let shown = TextMeasure.shortened(text, to: limit)
      let width = TextMeasure.width(shown)
      // Left edges and middles of the line, relative to the point.
      let offsets: [(Double, Double)] = [
        (10, 0), (-10 - width, 0), (6, -12), (6, 12), (-6 - width, -12), (-6 - width, 12), (-width / 2, -15),
        (-width / 2, 15), (10, -22), (10, 22), (-10 - width, -22), (-10 - width, 22),
      ]
      var best: (box: Box, covered: Double, cost: Double)?
      for (dx, dy) in offsets {
        let box = Box(
          left: spot.x + dx, top: spot.y + dy - 7, right: spot.x + dx + width, bottom: spot.y + dy + 7)
        let outside = bounds.contains(box) ? 0.0 : 1_000
        let covered = taken.reduce(outside) { $0 + $1.overlap(box) }
        let cost = crossed.reduce(100 * covered) { $0 + $1.overlap(box) }
        if best.map({ cost < $0.cost }) ?? true { best = (box, covered, cost) }
        if cost == 0 { break }
      }
      guard let best else { return Label(text: shown, baseline: spot) }
      taken.append(best.box)
      overlap += best.covered
      return Label(text: shown, baseline: Spot(x: best.box.left, y: best.box.bottom - 3))
    }
  }
}
