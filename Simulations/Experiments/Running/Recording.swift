import Routing
import Statistics
import World

/// What a run leaves behind, added up as it goes.
struct Recording {
  private let setup: Setup
  private var buckets: [RunResult.Bucket]
  private var current = 0
  private var end: Int
  private var lastQuarter: [Int]
  private var frames: [RunResult.FrontierFrame] = []
  private let frameEvery: Int
  private var nextFrame: Int

  /// Frames of the frontier in a run.
  static let frames = 20

  init(_ setup: Setup) {
    self.setup = setup
    let candidates = setup.world.candidates.count
    buckets = (0..<setup.buckets).map { RunResult.Bucket(start: setup.edge($0), candidates: candidates) }
    end = setup.edge(1)
    lastQuarter = Array(repeating: 0, count: setup.world.groups.count * candidates)
    frameEvery = max(1, setup.timeline.length / Recording.frames)
    nextFrame = frameEvery
  }

  mutating func unserved() {
    buckets[current].unserved += 1
    buckets[current].decisions += 1
    step()
  }

  private mutating func step() {
    guard buckets[current].start + buckets[current].decisions >= end, current + 1 < buckets.count else {
      return
    }
    current += 1
    end = setup.edge(current + 1)
  }

  /// Takes down one decision; gives the true quality of who served.
  mutating func add(
    _ decision: Int, _ intent: Int, served: Int, preferred: Int, isExplored: Bool, _ truth: Truth,
    _ conditions: Conditions, line: Int, group: Int, _ costs: [Double?]
  ) -> Double {
    let count = conditions.answers.count
    let best = truth.best[group]
    var (sum, answering, quality, ideal) = (0.0, 0, 0.0, 0.0)
    var hoped: Double?
    var (servedCost, preferredCost): (Double?, Double?) = (nil, nil)
    // One borrow of the bucket for all of it.
    func take(_ bucket: inout RunResult.Bucket) {
      for candidate in 0..<count {
        guard conditions.answers[candidate] else { continue }
        let value = truth.quality(intent: intent, candidate: candidate)
        answering += 1
        sum += value
        bucket.potential[candidate] += value
        if candidate == served { quality = value }
        if candidate == best { ideal = value }
        if candidate == preferred { hoped = value }
        if let cost = costs[line * count + candidate] {
          let paid = cost * conditions.priceFactors[candidate]
          bucket.potentialCost[candidate] += paid
          if candidate == served { servedCost = paid }
          if candidate == preferred { preferredCost = paid }
        }
      }
      bucket.decisions += 1
      bucket.reward += quality
      bucket.uniform += sum / Double(answering)
      bucket.best += ideal
      if let servedCost { bucket.cost += servedCost }
      if served == best { bucket.bestServed += 1 }
      bucket.traffic[served] += 1
      if isExplored {
        bucket.explored += 1
        if let hoped { bucket.forgone += hoped - quality }
        if let servedCost, let preferredCost { bucket.subsidy += max(0, servedCost - preferredCost) }
      }
    }
    take(&buckets[current])
    if 4 * decision >= 3 * setup.timeline.length { lastQuarter[group * count + served] += 1 }
    step()
    return quality
  }

  func isDue(_ decision: Int) -> Bool { decision >= nextFrame }

  /// Takes down the frontier of the moment.
  mutating func look(at snapshot: Snapshot, _ capability: Capability, _ decision: Int) {
    nextFrame += frameEvery
    let knowledge = snapshot[capability]
    let points = Frontier.points(knowledge, row: knowledge.rootRow).map {
      RunResult.FrontierFrame.Point(
        candidate: $0.candidate, dollars: Rounding.rounded($0.dollars), quality: Rounding.rounded($0.quality),
        low: Rounding.rounded($0.interval.lowerBound), high: Rounding.rounded($0.interval.upperBound),
        isEfficient: $0.isEfficient)
    }
    frames.append(RunResult.FrontierFrame(decision: decision, points: points))
  }

  func result(_ run: Simulation) -> RunResult {
    let knowledge = run.snapshot[setup.capability]
    var cells: [RunResult.CellResult] = []
    for row in 0..<knowledge.rows {
      let region = run.snapshot.map.regionID(setup.capability, row: row)
      for (column, candidate) in knowledge.roster.candidates.enumerated() {
        let place = row * knowledge.columns + column
        cells.append(
          RunResult.CellResult(
            region: region, candidate: candidate.id,
            alpha: Rounding.rounded(knowledge.posteriors[place].alpha),
            beta: Rounding.rounded(knowledge.posteriors[place].beta),
            quality: Rounding.rounded(knowledge.quality[place]),
            observations: Rounding.rounded(knowledge.cells[place].observations)))
      }
    }
    return RunResult(
      policy: run.contender.name, seed: run.seed, candidates: setup.world.candidates,
      groups: setup.world.groups, buckets: buckets.map(Rounding.rounded), lastQuarterTraffic: lastQuarter,
      posteriors: cells, frontiers: frames, epochs: run.snapshot.epoch)
  }
}
