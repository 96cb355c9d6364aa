import Routing
import Serving

extension LedgerContract {
  // MARK: Waiting for a decision

  static let waiting: [LedgerContract] = [
    LedgerContract("feedback that comes before its decision waits for it") { ledger in
      try ledger.prepare()
      let early = Sample.submission("a", about: 1, score: 0.5)
      try expect(ledger.say(early, early), is: [.parked, .duplicate])
      try expect(ledger.counts(), is: LedgerCounts(decisions: 0, judgements: 0, parked: 1, epochs: 0))
      let receipts = try ledger.append(
        Sample.batch([Sample.decision(1)], [Sample.submission("b", about: 1, score: 0.25)]))
      try expect(receipts, is: [.accepted])
      // What waited comes first.
      try expect(ledger.feedback(about: Sample.id(1)).map(\.submission.id), is: ["a", "b"])
      try expect(ledger.feedback(about: Sample.id(1))[0].submission, is: early)
      try expect(ledger.counts().parked, is: 0)
      try expect(ledger.say(early), is: [.duplicate])
    },
    LedgerContract("a decision and its feedback may come in one batch") { ledger in
      try ledger.prepare()
      try expect(
        ledger.append(Sample.batch([Sample.decision(1)], [Sample.submission("a", about: 1)])), is: [.accepted]
      )
    },
    LedgerContract("waiting entries keep their order and their corrections") { ledger in
      try ledger.prepare()
      try expect(
        ledger.say(
          Sample.submission("a", about: 1, score: 0.5), Sample.submission("b", about: 2, score: 0.1),
          Sample.submission("a", about: 1, score: 0.75)), is: [.parked, .parked, .parked])
      try expect(ledger.say(Sample.submission("a", about: 2))[0].isRejected)
      _ = try ledger.append(Sample.batch([Sample.decision(2), Sample.decision(1)]))
      var ids: [String] = []
      try ledger.feedback(after: 0) { entry in
        ids.append(entry.submission.id)
        return true
      }
      try expect(ids, is: ["a", "b", "a"])
      try expect(ledger.rewards(1), is: [0.75])
      try expect(ledger.rewards(2), is: [0.1])
    },
    LedgerContract("what is revoked while it waits has no effect when its decision comes") { ledger in
      try ledger.prepare()
      _ = try ledger.say(Sample.submission("a", about: 1))
      try expect(ledger.say(revocation("a"), revocation("a")), is: [.accepted, .duplicate])
      _ = try ledger.append(Sample.batch([Sample.decision(1)]))
      try expect(ledger.rewards(1), is: [])
      try expect(ledger.counts().parked, is: 0)
      try expect(ledger.say(revocation("a")), is: [.duplicate])
    },
    LedgerContract("a provider's own rating that waited is dropped when it is found out") { ledger in
      try ledger.prepare()
      try expect(
        ledger.say(
          Sample.submission("a", about: 1, rater: "north/b"), Sample.submission("b", about: 1, rater: "south")
        ),
        is: [.parked, .parked])
      _ = try ledger.say(revocation("a"))
      _ = try ledger.append(Sample.batch([Sample.decision(1)]))
      try expect(ledger.feedback(about: Sample.id(1)).map(\.submission.id), is: ["b"])
      try expect(ledger.counts().parked, is: 0)
    },
    LedgerContract("an outcome may wait too") { ledger in
      try ledger.prepare()
      try expect(ledger.say(outcome("a", 1, .badOutput)), is: [.parked])
      _ = try ledger.append(Sample.batch([Sample.decision(1)]))
      try expect(ledger.feedback(about: Sample.id(1)).map(\.submission), is: [outcome("a", 1, .badOutput)])
      try expect(ledger.rewards(1), is: [0])
    },
    LedgerContract("what waited too long is dropped and counted") { ledger in
      try ledger.prepare()
      _ = try ledger.say(
        Sample.submission("a", about: 1, at: 10), Sample.submission("b", about: 1, at: 20),
        Sample.submission("c", about: 2, at: 5))
      try expect(ledger.dropParked(before: Sample.at(20)), is: 2)
      try expect(ledger.dropParked(before: Sample.at(20)), is: 0)
      _ = try ledger.append(Sample.batch([Sample.decision(1)]))
      try expect(ledger.feedback(about: Sample.id(1)).map(\.submission.id), is: ["b"])
    },
  ]

  // MARK: Comparisons

  static let comparisons: [LedgerContract] = [
    LedgerContract("a comparison rewards one decision and the other with the rest") { ledger in
      try ledger.prepare(decisions: 3)
      try expect(ledger.say(comparison("a", 1, 2, 1), comparison("a", 1, 2, 1)), is: [.accepted, .duplicate])
      try expect(ledger.rewards(1), is: [1])
      try expect(ledger.rewards(2), is: [0])
      let other = try ledger.feedback(about: Sample.id(2))
      try expect(other.map(\.isOtherHalf), is: [true])
      // The submission is given as it was sent.
      try expect(other[0].submission, is: comparison("a", 1, 2, 1))
      try expect(ledger.say(comparison("b", 3, 3, 1))[0].isRejected)
    },
    LedgerContract("a correction and a revocation reach both halves") { ledger in
      try ledger.prepare(decisions: 2)
      _ = try ledger.say(comparison("a", 1, 2, 1))
      try expect(ledger.say(comparison("a", 1, 2, 0.5)), is: [.accepted])
      try expect(ledger.rewards(1) + ledger.rewards(2), is: [0.5, 0.5])
      try expect(ledger.say(revocation("a")), is: [.accepted])
      try expect(ledger.rewards(1) + ledger.rewards(2), is: [])
      try expect(ledger.feedback(about: Sample.id(2)).map(\.isSuperseded), is: [true, true, false])
      try expect(ledger.position().judgements, is: 6)
    },
    LedgerContract("either half may wait for its decision") { ledger in
      try ledger.prepare(decisions: 1)
      try expect(ledger.say(comparison("a", 1, 2, 1), comparison("b", 3, 1, 1)), is: [.accepted, .parked])
      try expect(ledger.rewards(1), is: [1, 0])
      try expect(
        ledger.say(comparison("a", 1, 2, 1), comparison("b", 3, 1, 1)), is: [.duplicate, .duplicate])
      _ = try ledger.append(Sample.batch([Sample.decision(2), Sample.decision(3)]))
      try expect(ledger.rewards(2), is: [0])
      try expect(ledger.rewards(3), is: [1])
      try expect(ledger.counts().parked, is: 0)
    },
    LedgerContract("a revocation reaches the half that waits") { ledger in
      try ledger.prepare(decisions: 1)
      _ = try ledger.say(comparison("a", 1, 2, 1), comparison("b", 3, 1, 1))
      try expect(ledger.say(revocation("a"), revocation("b")), is: [.accepted, .accepted])
      _ = try ledger.append(Sample.batch([Sample.decision(2), Sample.decision(3)]))
      for decision in 1...3 { try expect(ledger.rewards(decision), is: []) }
    },
    LedgerContract("a correction may not change whom a decision is compared with, but may end the comparison")
    { ledger in
      try ledger.prepare(decisions: 3)
      _ = try ledger.say(comparison("a", 1, 2, 1))
      try expect(ledger.say(comparison("a", 1, 3, 1))[0].isRejected)
      try expect(ledger.say(Sample.submission("a", about: 1, score: 0.25)), is: [.accepted])
      try expect(ledger.rewards(1), is: [0.25])
      try expect(ledger.rewards(2), is: [])
      try expect(ledger.say(comparison("a", 1, 2, 0)), is: [.accepted])
      try expect(ledger.rewards(1) + ledger.rewards(2), is: [0, 1])
    },
    LedgerContract("a provider cannot compare itself with another") { ledger in
      try ledger.prepare()
      _ = try ledger.append(Sample.batch([Sample.decision(1, chosen: 0), Sample.decision(2, chosen: 2)]))
      for rater in ["north", "south"] {
        var own = comparison("a", 1, 2, 1)
        own.rater = rater
        try expect(ledger.say(own)[0].isRejected)
      }
      try expect(ledger.position().judgements, is: 0)
    },
  ]
}
