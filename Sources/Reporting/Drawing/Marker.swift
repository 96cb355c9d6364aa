/// Shapes that tell series apart where colour does not.
enum Marker: Int, CaseIterable, Sendable {
  case circle, square, triangle, diamond, inverted, cross, pentagon

  /// The shape around a spot, all about as large as a circle of this radius.
  func outline(at c: Spot, radius r: Double) -> Outline {
    func polygon(_ offsets: [(Double, Double)]) -> Outline {
      var outline = Outline(offsets.map { Spot(x: c.x + $0.0 * r, y: c.y + $0.1 * r) })
      outline.close()
      return outline
    }
    switch self {
    case .circle:
      // Sixteen corners are a circle at this size.
      return polygon([
        (1, 0), (0.92, 0.38), (0.71, 0.71), (0.38, 0.92), (0, 1), (-0.38, 0.92), (-0.71, 0.71), (-0.92, 0.38),
        (-1, 0), (-0.92, -0.38), (-0.71, -0.71), (-0.38, -0.92), (0, -1), (0.38, -0.92), (0.71, -0.71),
        (0.92, -0.38),
      ])
    case .square: return polygon([(-0.88, -0.88), (0.88, -0.88), (0.88, 0.88), (-0.88, 0.88)])
    case .triangle: return polygon([(0, -1.25), (1.12, 0.85), (-1.12, 0.85)])
    case .diamond: return polygon([(0, -1.3), (1.15, 0), (0, 1.3), (-1.15, 0)])
    case .inverted: return polygon([(0, 1.25), (1.12, -0.85), (-1.12, -0.85)])
    case .cross:
      return polygon([
        (-0.4, -1.15), (0.4, -1.15), (0.4, -0.4), (1.15, -0.4), (1.15, 0.4), (0.4, 0.4), (0.4, 1.15),
        (-0.4, 1.15), (-0.4, 0.4), (-1.15, 0.4), (-1.15, -0.4), (-0.4, -0.4),
      ])
    case .pentagon:
      return polygon([(0, -1.15), (1.09, -0.36), (0.68, 0.93), (-0.68, 0.93), (-1.09, -0.36)])
    }
  }
}
