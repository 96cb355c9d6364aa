import Testing

@testable import Routing

@Suite("Cell")
struct CellTests {
  /// γ = ½, n_min = 20, α_new = 0.5, α_est = 0.1.
  private static func pace(_ ema: EMA) -> Pace {
    var rules = Rules()
    rules.halfLife = rules.epochInterval
    rules.ema = ema
    return Pace(rules)
  }

  private static let epochs: [(mass: Double, sum: Double)] = [(10, 8), (5, 1), (40, 30), (1, 0)]

  private func run(_ pace: Pace) -> [Cell] {
    var cell = Cell()
    return Self.epochs.map { mass, sum in
      cell.advance(mass: mass, sum: sum, pace)
      return cell
    }
  }

  private func agrees(_ a: Double?, _ b: Double) -> Bool { a.map { ($0 - b).magnitude < 1e-12 } ?? false }

  @Test("evidence fades by half in each of four epochs: N ← N/2 + N_e")
  func discount() {
    let cells = run(Self.pace(.confidence))
    #expect(cells.map(\.observations) == [10, 10, 45, 23.5])
    #expect(cells.map(\.rewards) == [8, 5, 32.5, 16.25])
  }

  @Test("the confidence EMA over four epochs, by hand")
  func confidence() {
    let cells = run(Self.pace(.confidence))
    // g = 10/10 → ½:       A = 0.4                              W = ½      Q = 0.8
    // g = 5/15:            A = 0.2/3 + 0.4·2/3 = 1/3            W = 2/3    Q = 0.5
    // g = 40/50 → ½:       A = 0.375 + 1/6                      W = 5/6    Q = 0.65
    // g = 1/46:            A = (45/46)·0.541666…                W = 38.5/46  Q = 24.375/38.5
    for (cell, quality) in zip(cells, [0.8, 0.5, 0.65, 24.375 / 38.5]) {
      #expect(agrees(cell.quality, quality))
    }
    #expect(agrees(cells[1].averageWeight, 2.0 / 3))
  }

  @Test("the literal EMA over four epochs, by hand: ½ below 20 observations, a tenth above")
  func literal() {
    let cells = run(Self.pace(.literal))
    // A: 0.4, 0.3, 0.525, 0.4725; W: 0.5, 0.75, 0.875, 0.8875; the cell knew 0, 10, 10 and 45.
    for (cell, quality) in zip(cells, [0.8, 0.4, 0.6, 0.4725 / 0.8875]) {
      #expect(agrees(cell.quality, quality))
    }
  }

  @Test(
    "g = clamp(N_e/(N_e + N), 0.1·min(1, N_e/20), 0.5)",
    arguments: [
      (10.0, 0.0, 0.5), (5, 15, 0.25), (50, 1_000, 0.1), (20, 1e6, 0.1), (10, 1_000, 0.05), (1, 1_000, 0.005),
      (100, 100, 0.5), (0.1, 0, 0.5),
    ])
  func gain(new: Double, known: Double, expected: Double) {
    #expect(agrees(Self.pace(.confidence).gain(new: new, known: known), expected))
    #expect(Self.pace(.literal).gain(new: new, known: known) == (known < 20 ? 0.5 : 0.1))
  }

  @Test("an epoch without news fades the evidence and leaves the estimate alone")
  func silence() {
    var cell = Cell()
    #expect(cell.quality == nil)
    cell.advance(mass: 0, sum: 0, Self.pace(.confidence))
    #expect(cell == Cell())
    cell.advance(mass: 10, sum: 8, Self.pace(.confidence))
    cell.advance(mass: 0, sum: 0, Self.pace(.confidence))
    #expect(agrees(cell.quality, 0.8))
    #expect(cell.observations == 5)
    #expect(cell.rewards == 4)
  }
}
