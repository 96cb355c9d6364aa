import Routing
import Serving
import Vectors

private let first = RegionMap(version: 1, plan: Sample.plan(regions: 2))
/// Another order of the axes, so that a decision's row shows which map placed it.
private let second: RegionMap = {
  var plan = Sample.plan(regions: 3)
  plan.regions.reverse()
  return RegionMap(version: 2, plan: plan)
}()

extension Ledger {
  fileprivate func judged(after: Int64, through: Int64, _ map: RegionMap = first) throws -> [Judged] {
    var result: [Judged] = []
    try judged(after: after, through: through, map: map) { result.append($0) }
    return result
  }

  fileprivate func rows(under map: RegionMap) throws -> [Int] {
    try judged(after: 0, through: position().judgements, map).map(\.row)
  }

  /// Decisions 1…4 of map 1: along axis 0, along axis 1, along axis 2 (the root in map 1), and without an embedding;
  /// a judgement about each.
  fileprivate func prepareEmbedded() throws {
    try prepare()
    _ = try append(
      Sample.batch(
        [
          Sample.decision(1, row: 0), Sample.decision(2, row: 1), Sample.decision(3, row: 2),
          Sample.decision(4, row: 1),
        ],
        embeddings: [Sample.axis(0), Sample.axis(1), Sample.axis(2), nil],
        (1...4).map { Sample.submission("f\($0)", about: $0) }))
  }
}

extension LedgerContract {
  static let folding: [LedgerContract] = [
    LedgerContract("traffic counts decisions by capability, row, and whether they explored") { ledger in
      _ = try ledger.append(
        Sample.batch([
          Sample.decision(1, row: 1), Sample.decision(2, .imageGeneration, row: 0),
          Sample.decision(3, row: 0, reason: .explore),
          Sample.decision(4, row: 1, reason: .explore), Sample.decision(5, row: 1, reason: .holdout),
          Sample.decision(6, row: 2),
        ]))
      try expect(
        ledger.traffic(after: 0, through: 5, map: first),
        is: [
          Epoch.Traffic(capability: .textGeneration, row: 0, decisions: 1, explored: 1),
          Epoch.Traffic(capability: .textGeneration, row: 1, decisions: 3, explored: 1),
          Epoch.Traffic(capability: .imageGeneration, row: 0, decisions: 1, explored: 0),
        ])
      try expect(
        ledger.traffic(after: 5, through: 99, map: first),
        is: [Epoch.Traffic(capability: .textGeneration, row: 2, decisions: 1, explored: 0)])
      try expect(ledger.traffic(after: 6, through: 6, map: first), is: [])
    },
    LedgerContract("judged gives every decision of the range once, with all that was said up to its end") {
      ledger in
      try ledger.prepare(decisions: 40)
      _ = try ledger.say(
        Sample.submission("a", about: 30), Sample.submission("b", about: 2), Sample.submission("c", about: 3))
      _ = try ledger.say(
        Sample.submission("d", about: 2, score: 0.5), Sample.submission("e", about: 30, score: 0.5))
      _ = try ledger.say(Sample.submission("f", about: 2, score: 0.25), Sample.submission("g", about: 4))
      let all = try ledger.judged(after: 0, through: 7)
      try expect(all.map(\.decided), is: [2, 3, 4, 30].map { Sample.at($0) })
      try expect(all.map { $0.judgements.map(\.sequence) }, is: [[2, 4, 6], [3], [7], [1, 5]])
      let middle = try ledger.judged(after: 3, through: 5)
      try expect(middle.map(\.decided), is: [2, 30].map { Sample.at($0) })
      try expect(middle.map { $0.judgements.map(\.sequence) }, is: [[2, 4], [1, 5]])
      // Between 2 and 4 lies 3, about which nothing was said in the range.
      try expect(ledger.judged(after: 5, through: 7).map(\.decided), is: [2, 4].map { Sample.at($0) })
      try expect(ledger.judged(after: 7, through: 7).isEmpty)
      try expect(ledger.judged(after: 0, through: 1).map { $0.judgements.map(\.sequence) }, is: [[1]])
    },
    LedgerContract("a body's error ends the reading and comes out") { ledger in
      try ledger.prepare(decisions: 2)
      _ = try ledger.say(Sample.submission("a", about: 1), Sample.submission("b", about: 2))
      var count = 0
      do {
        try ledger.judged(after: 0, through: 2, map: first) { _ in
          count += 1
          throw Violation(description: "enough")
        }
        try expect(false)
      } catch let violation as Violation where violation.description == "enough" {
        try expect(count, is: 1)
      }
      try expect(ledger.say(Sample.submission("c", about: 2)), is: [.accepted])
    },
    LedgerContract("unjudged gives the silent decisions of a capability and a span of time") { ledger in
      try ledger.prepare()
      _ = try ledger.append(
        Sample.batch([
          Sample.decision(1), Sample.decision(2, row: 1, chosen: 2), Sample.decision(3, .imageGeneration),
          Sample.decision(4),
          Sample.decision(5),
        ]))
      _ = try ledger.say(Sample.submission("a", about: 4), Sample.submission("b", about: 1))
      func silent(_ from: Int64, _ to: Int64, through: Int64) throws -> [Judged] {
        var result: [Judged] = []
        try ledger.unjudged(
          .textGeneration, from: Sample.at(from), to: Sample.at(to), through: through, map: first
        ) { result.append($0) }
        return result
      }
      try expect(silent(1, 5, through: 2).map(\.decided), is: [Sample.at(2)])
      let one = try silent(2, 3, through: 2)
      try expect(one.map(\.row), is: [1])
      try expect(one.map(\.ordinal), is: [2])
      try expect(one.allSatisfy(\.judgements.isEmpty))
      // The word about 1 came later.
      try expect(silent(1, 6, through: 1).map(\.decided), is: [1, 2, 5].map { Sample.at($0) })
    },
    LedgerContract("a decision keeps the row of its own map and is placed again in another") { ledger in
      try ledger.prepareEmbedded()
      try expect(ledger.rows(under: first), is: [0, 1, 2, 1])
      // Map 2 holds the axes in the order 2, 1, 0; without an embedding the root, row 3.
      try expect(ledger.rows(under: second), is: [2, 1, 0, 3])
      try expect(ledger.traffic(after: 0, through: 4, map: second).map(\.row), is: [0, 1, 2, 3])
      try expect(ledger.judged(Sample.id(3), map: second)?.row, is: 0)
      try expect(ledger.decision(Sample.id(3))?.placement.row, is: 2)
    },
    LedgerContract("an embedding of another dimension belongs to the root row") { ledger in
      _ = try ledger.append(
        Sample.batch([Sample.decision(1)], embeddings: [[1, 0]], [Sample.submission("a", about: 1)]))
      try expect(ledger.rows(under: second), is: [3])
    },
    LedgerContract("embeddings are the latest of distinct texts, newest first") { ledger in
      _ = try ledger.append(
        Sample.batch(
          [
            Sample.decision(1, text: "x"), Sample.decision(2, text: "y"), Sample.decision(3, text: "x"),
            Sample.decision(4, .imageGeneration, text: "z"), Sample.decision(5, text: "w"),
            Sample.decision(6, text: nil), Sample.decision(7, text: nil), Sample.decision(8, text: nil),
          ],
          embeddings: [
            Sample.axis(3), Sample.axis(1), Sample.axis(0), Sample.axis(2), nil, Sample.axis(2),
            Sample.axis(3),
            Sample.axis(2),
          ]))
      // Of 8, 7 and 6, without texts, two bring the same vector. 5 brought none.
      let axes = [2, 3, 0, 1].map { Sample.axis($0) }
      try expect(ledger.embeddings(.textGeneration, limit: 10), is: axes)
      try expect(ledger.embeddings(.textGeneration, limit: 3), is: Array(axes.prefix(3)))
      try expect(ledger.embeddings(.textToSpeech, limit: 3), is: [])
      // x, y, w and two vectors.
      try expect(ledger.distinctIntents(.textGeneration, limit: 10), is: 5)
      try expect(ledger.distinctIntents(.textGeneration, limit: 2), is: 2)
      try expect(ledger.distinctIntents(.textToSpeech, limit: 2), is: 0)
    },
    LedgerContract(
      "lessons are the latest judged decisions with an embedding, oldest first, by all said up to an entry"
    ) {
      ledger in
      try ledger.prepare()
      _ = try ledger.append(
        Sample.batch(
          (1...6).map { Sample.decision($0, $0 == 4 ? .imageGeneration : .textGeneration, row: $0 % 2) },
          embeddings: [Sample.axis(0), Sample.axis(1), nil, Sample.axis(2), Sample.axis(3), Sample.axis(2)]))
      // About 2 twice; nothing about 6; 3 has no embedding, and 4 is of another capability.
      for (number, about) in [1, 2, 3, 4, 5, 2].enumerated() {
        _ = try ledger.say(Sample.submission("s\(number)", about: about))
      }
      func lessons(limit: Int = 9, through: Int64, _ map: RegionMap = first) throws -> [(Judged, [Float])] {
        var result: [(Judged, [Float])] = []
        try ledger.lessons(.textGeneration, limit: limit, through: through, map: map) {
          result.append(($0, $1))
        }
        return result
      }
      let all = try lessons(through: 6)
      try expect(all.map(\.0.decided), is: [1, 2, 5].map { Sample.at($0) })
      try expect(all.map { $0.0.judgements.map(\.sequence) }, is: [[1], [2, 6], [5]])
      try expect(all.map(\.1), is: [0, 1, 3].map { Sample.axis($0) })
      try expect(all.map(\.0.row), is: [1, 0, 1])
      try expect(lessons(limit: 2, through: 6).map(\.0.decided), is: [2, 5].map { Sample.at($0) })
      try expect(lessons(through: 2).map { $0.0.judgements.map(\.sequence) }, is: [[1], [2]])
      // Placed again under another map: the axes in the order 2, 1, 0, and 3 in none.
      try expect(lessons(through: 6, second).map(\.0.row), is: [2, 1, 3])
      try expect(lessons(through: 0).isEmpty)
      try ledger.forgetEmbeddings(before: Sample.at(2), map: first)
      try expect(lessons(through: 6).map(\.0.decided), is: [2, 5].map { Sample.at($0) })
      try expect(ledger.embedding(of: Sample.id(1)) == nil)
      try expect(ledger.embedding(of: Sample.id(2))?.elements, is: Sample.axis(1))
      try expect(ledger.embedding(of: Sample.id(99)) == nil)
    },
    LedgerContract("an embedding is kept to within half a step of its scale") { ledger in
      let vector: [Float] = [0.8, -0.6, 0.001, 0]
      _ = try ledger.append(Sample.batch([Sample.decision(1)], embeddings: [vector]))
      let kept = try ledger.embeddings(.textGeneration, limit: 1)[0]
      // The scale is 0.8 / 127 = 0.0063; half of it bounds the error.
      try expect(zip(kept, vector).allSatisfy { ($0 - $1).magnitude <= 0.00316 }, "\(kept)")
      try expect(kept != vector)
    },
  ]

  static let forgetting: [LedgerContract] = [
    LedgerContract("forgetting an embedding keeps the row in the map at hand, and in no other") { ledger in
      try ledger.prepareEmbedded()
      try ledger.forgetEmbeddings(before: Sample.at(3), map: second)
      try expect(ledger.rows(under: second), is: [2, 1, 0, 3])
      try expect(ledger.rows(under: first), is: [0, 1, 2, 1])
      // Nothing is known of 1 and 2 under a third map, but 3 is young and still has its embedding.
      let third = RegionMap(version: 3, plan: second.plan)
      try expect(ledger.rows(under: third), is: [3, 3, 0, 3])
      try expect(ledger.embeddings(.textGeneration, limit: 9), is: [Sample.axis(2)])
      try ledger.forgetEmbeddings(before: Sample.at(99), map: third)
      try expect(ledger.rows(under: third), is: [3, 3, 0, 3])
      try expect(ledger.rows(under: second), is: [2, 1, 3, 3])
      try expect(ledger.embeddings(.textGeneration, limit: 9), is: [])
    },
    LedgerContract("forgetting does not change how a decision is made again") { ledger in
      try ledger.prepareEmbedded()
      let before = try ledger.decision(Sample.id(1))
      try ledger.forgetEmbeddings(before: Sample.at(99), map: second)
      try expect(ledger.decision(Sample.id(1)), is: before)
    },
  ]
}
