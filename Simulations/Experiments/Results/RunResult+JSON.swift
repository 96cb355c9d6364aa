public import Wire

// One run as JSON and back: what is read is what was written, bit for bit, because every number is written as the
// shortest decimal that reads back as itself.

extension RunResult: JSONWritable {
  public func write(to writer: inout JSONWriter) {
    writer.object {
      $0.field("policy", policy)
      $0.field("seed", seed)
      $0.field("epochs", epochs)
      $0.field("candidates", candidates)
      $0.field("groups", groups)
      $0.field("buckets", buckets)
      $0.field("last_quarter_traffic", lastQuarterTraffic)
      $0.field("posteriors", posteriors)
      $0.field("frontiers", frontiers)
    }
  }

  /// Reads back what ``write(to:)`` wrote; nil for anything else.
  init?(_ json: JSONValue) {
    guard let policy = json["policy"]?.stringValue, let seed = json["seed"]?.integerValue,
      let epochs = json["epochs"]?.integerValue, let candidates = json["candidates"]?.strings,
      let groups = json["groups"]?.strings,
      let buckets = json["buckets"]?.all({ Bucket($0, candidates: candidates.count) }),
      let traffic = json["last_quarter_traffic"]?.integers,
      traffic.count == candidates.count * groups.count,
      let posteriors = json["posteriors"]?.all(CellResult.init),
      let frontiers = json["frontiers"]?.all(FrontierFrame.init)
    else { return nil }
    self.init(
      policy: policy, seed: UInt64(bitPattern: seed), candidates: candidates, groups: groups,
      buckets: buckets,
      lastQuarterTraffic: traffic, posteriors: posteriors, frontiers: frontiers, epochs: Int(epochs))
  }
}

extension RunResult.Bucket: JSONWritable {
  public func write(to writer: inout JSONWriter) {
    writer.object {
      $0.field("start", start)
      $0.field("decisions", decisions)
      $0.field("reward", reward)
      $0.field("uniform", uniform)
      $0.field("best", best)
      $0.field("best_served", bestServed)
      $0.field("cost", cost)
      $0.field("explored", explored)
      $0.field("subsidy", subsidy)
      $0.field("forgone", forgone)
      $0.field("unserved", unserved)
      $0.field("traffic", traffic)
      $0.field("potential", potential)
      $0.field("potential_cost", potentialCost)
    }
  }

  init?(_ json: JSONValue, candidates: Int) {
    guard let start = json["start"]?.integerValue, let decisions = json["decisions"]?.integerValue,
      let reward = json["reward"]?.doubleValue, let uniform = json["uniform"]?.doubleValue,
      let best = json["best"]?.doubleValue, let bestServed = json["best_served"]?.integerValue,
      let cost = json["cost"]?.doubleValue, let explored = json["explored"]?.integerValue,
      let subsidy = json["subsidy"]?.doubleValue, let forgone = json["forgone"]?.doubleValue,
      let unserved = json["unserved"]?.integerValue, let traffic = json["traffic"]?.integers,
      let potential = json["potential"]?.numbers, let potentialCost = json["potential_cost"]?.numbers,
      [traffic.count, potential.count, potentialCost.count].allSatisfy({ $0 == candidates })
    else { return nil }
    self.init(start: Int(start), candidates: candidates)
    self.decisions = Int(decisions)
    self.reward = reward
    self.uniform = uniform
    self.best = best
    self.bestServed = Int(bestServed)
    self.cost = cost
    self.explored = Int(explored)
    self.subsidy = subsidy
    self.forgone = forgone
    self.unserved = Int(unserved)
    self.traffic = traffic
    self.potential = potential
    self.potentialCost = potentialCost
  }
}

extension RunResult.CellResult: JSONWritable {
  public func write(to writer: inout JSONWriter) {
    writer.object {
      $0.field("region", region)
      $0.field("candidate", candidate)
      $0.field("alpha", alpha)
      $0.field("beta", beta)
      $0.field("quality", quality)
      $0.field("observations", observations)
    }
  }

  init?(_ json: JSONValue) {
    guard let region = json["region"]?.stringValue, let candidate = json["candidate"]?.stringValue,
      let alpha = json["alpha"]?.doubleValue, let beta = json["beta"]?.doubleValue,
      let quality = json["quality"]?.doubleValue, let observations = json["observations"]?.doubleValue
    else { return nil }
    self.init(
      region: region, candidate: candidate, alpha: alpha, beta: beta, quality: quality,
      observations: observations)
  }
}

extension RunResult.FrontierFrame: JSONWritable {
  public func write(to writer: inout JSONWriter) {
    writer.object {
      $0.field("decision", decision)
      $0.objects("points", points) { writer, point in
        writer.field("candidate", point.candidate)
        writer.field("dollars", point.dollars)
        writer.field("quality", point.quality)
        writer.field("low", point.low)
        writer.field("high", point.high)
        writer.field("efficient", point.isEfficient)
      }
    }
  }

  init?(_ json: JSONValue) {
    let points = json["points"]?.all { point -> Point? in
      guard let candidate = point["candidate"]?.stringValue, let dollars = point["dollars"]?.doubleValue,
        let quality = point["quality"]?.doubleValue, let low = point["low"]?.doubleValue,
        let high = point["high"]?.doubleValue, let isEfficient = point["efficient"]?.boolValue
      else { return nil }
      return Point(
        candidate: candidate, dollars: dollars, quality: quality, low: low, high: high,
        isEfficient: isEfficient)
    }
    guard let decision = json["decision"]?.integerValue, let points else { return nil }
    self.init(decision: Int(decision), points: points)
  }
}

extension JSONValue {
  /// All elements of an array, or nil if one of them is not what is wanted.
  func all<Element>(_ read: (JSONValue) -> Element?) -> [Element]? {
    guard let elements = arrayValue else { return nil }
    let read = elements.compactMap(read)
    return read.count == elements.count ? read : nil
  }

  var strings: [String]? { all(\.stringValue) }
  var numbers: [Double]? { all(\.doubleValue) }
  var integers: [Int]? { all { $0.integerValue.map { Int($0) } } }
}
