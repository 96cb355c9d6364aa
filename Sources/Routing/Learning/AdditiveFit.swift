import Statistics

/// The state of one fit of ``AdditiveQuality``: cells by candidate, eight regions to a vector.
///
/// e^(a + b) is a product of e^a and e^b, so that a mean costs a division and no exponential. Sums are taken in the
/// same order everywhere.
struct AdditiveFit {
  typealias Lanes = SIMD8<Double>

  private let rows: Int
  private let columns: Int
  /// Vectors to a candidate.
  private let width: Int
  // By candidate, then region; 0 beyond the last region.
  private var counts: [Lanes]
  private var rates: [Lanes]
  private var weights: [Lanes]
  /// a_p and e^a_p.
  private var candidates: [Double]
  private var candidateOdds: [Double]
  /// b_r and e^b_r.
  private var regions: [Lanes]
  private var regionOdds: [Lanes]
  /// Cells with two observations, the ones that tell κ.
  private var voting = 0

  init(cells: ArraySlice<Cell>, anchors: [AdditiveQuality.Anchor]) {
    columns = anchors.count
    rows = cells.count / columns
    width = (rows + 7) / 8
    counts = Array(repeating: .zero, count: width * columns)
    rates = counts
    weights = counts
    for row in 0..<rows {
      for column in 0..<columns {
        let cell = cells[cells.startIndex + row * columns + column]
        guard cell.observations > 0 else { continue }
        counts[column * width + row / 8][row % 8] = cell.observations
        rates[column * width + row / 8][row % 8] = cell.rewards / cell.observations
        if cell.observations >= 2 { voting += 1 }
      }
    }
    candidates = anchors.map { Logit.of($0.mean) }
    candidateOdds = candidates
    regions = Array(repeating: .zero, count: width)
    regionOdds = Array(repeating: .one, count: width)
    raiseCandidates()
  }

  /// Sets n_rp.
  mutating func weigh(strength: Double) {
    for place in counts.indices { weights[place] = counts[place] * strength / (counts[place] + strength) }
  }

  /// A Newton step of every a_p.
  mutating func moveCandidates(_ anchors: [AdditiveQuality.Anchor]) {
    for column in 0..<columns {
      let (anchor, odds) = (anchors[column], candidateOdds[column])
      var (score, information) = (Lanes.zero, Lanes.zero)
      for part in 0..<width {
        gather(column * width + part, odds * regionOdds[part], &score, &information)
      }
      let own = odds / (1 + odds)
      candidates[column] += Logit.step(
        anchor.mass * (anchor.mean - own) + score.sum(),
        anchor.mass * own * (1 - own) + information.sum())
    }
    raiseCandidates()
  }

  /// A Newton step of every b_r.
  mutating func moveRegions(mass: Double) {
    for part in 0..<width {
      let own = regionOdds[part] / (1 + regionOdds[part])
      var score = mass * (0.5 - own)
      var information = mass * own * (1 - own)
      for column in 0..<columns {
        gather(column * width + part, candidateOdds[column] * regionOdds[part], &score, &information)
      }
      var step = score / information
      step.replace(with: -1, where: step .< -1)
      step.replace(with: 1, where: step .> 1)
      regions[part] += step
      regionOdds[part] = Exponential.natural(regions[part])
    }
  }

  @inline(__always)
  private func gather(_ place: Int, _ odds: Lanes, _ score: inout Lanes, _ information: inout Lanes) {
    let mean = odds / (1 + odds)
    score += weights[place] * (rates[place] - mean)
    information += weights[place] * (mean * (1 - mean))
  }

  private mutating func raiseCandidates() {
    for first in stride(from: 0, to: columns, by: 8) {
      var part = Lanes.zero
      for column in first..<min(first + 8, columns) { part[column - first] = candidates[column] }
      part = Exponential.natural(part)
      for column in first..<min(first + 8, columns) { candidateOdds[column] = part[column - first] }
    }
  }

  /// κ for the present means.
  ///
  /// The statistic S is a sum of terms s/(v + y), y = 1/κ, so that 1/S is concave in y, and nearly straight: Newton's
  /// method on it comes to the root from below, in a few steps.
  func strength(from start: Double, bounds: ClosedRange<Double>) -> Double {
    guard voting >= columns else {
      return min(max(AdditiveQuality.initialStrength, bounds.lowerBound), bounds.upperBound)
    }
    var squares = counts
    var noise = counts
    for column in 0..<columns {
      for part in 0..<width {
        let place = column * width + part
        let odds = candidateOdds[column] * regionOdds[part]
        let mean = odds / (1 + odds)
        let deviation = rates[place] - mean
        let isSilent = counts[place] .< 2
        squares[place] = (deviation * deviation / (mean * (1 - mean))).replacing(with: 0, where: isSilent)
        noise[place] = (1 / counts[place]).replacing(with: 1, where: isSilent)
      }
    }
    let expected = max(Double(voting - (columns + rows - 1)), 1)
    let (least, most) = (1 / bounds.upperBound, 1 / bounds.lowerBound)
    var between = min(max(1 / start, least), most)
    for _ in 0..<100 {
      var (statistics, slopes) = (Lanes.zero, Lanes.zero)
      for place in squares.indices {
        let inverse = 1 / (noise[place] + between)
        let term = squares[place] * inverse
        statistics += term
        slopes += term * inverse
      }
      let (statistic, slope) = (statistics.sum(), slopes.sum())
      guard slope > 0 else { return bounds.upperBound }
      let before = between
      between += (statistic / expected - 1) * statistic / slope
      between = min(max(between, least), most)
      if (between - before).magnitude <= 1e-9 * between { break }
    }
    return 1 / between
  }

  /// m of each cell, row by row.
  var means: [Double] {
    var result: [Double] = []
    result.reserveCapacity(rows * columns)
    for row in 0..<rows {
      let region = regionOdds[row / 8][row % 8]
      for column in 0..<columns {
        let odds = candidateOdds[column] * region
        result.append(odds / (1 + odds))
      }
    }
    return result
  }

  /// F_p.
  func foundations(_ anchors: [AdditiveQuality.Anchor]) -> [Double] {
    anchors.enumerated().map { column, anchor in
      weights[column * width..<(column + 1) * width].reduce(anchor.mass) { $0 + $1.sum() }
    }
  }
}
