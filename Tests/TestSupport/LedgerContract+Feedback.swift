import Routing
import Serving

func comparison(_ id: String, _ named: Int, _ other: Int, _ reward: Double, at minutes: Int64 = 1_000)
  -> Submission
{
  Sample.submission(
    id, about: named, at: minutes,
    content: .signal(.comparison, reward: reward, trust: 1, other: Sample.id(other)))
}

func revocation(_ id: String, at minutes: Int64 = 2_000) -> Submission {
  // What is named beside the id is not looked at.
  Sample.submission(id, about: 999_999, at: minutes, content: .revocation)
}

func outcome(
  _ id: String, _ decision: Int, _ state: Outcome.State, by candidate: String = "north/b",
  at minutes: Int64 = 1_000
) -> Submission {
  Sample.submission(
    id, about: decision, at: minutes,
    content: .outcome(
      Outcome(candidate: candidate, state: state, latency: .milliseconds(1_234), cost: Money(micros: 56))))
}

// MARK: Ids

extension LedgerContract {
  static let identities: [LedgerContract] = [
    LedgerContract("feedback comes back as it was sent") { ledger in
      try ledger.prepare(decisions: 1)
      var rating = Sample.submission(
        "a", about: 1, at: 5, rater: "ann", content: .signal(.rating, reward: 0.75, trust: 0.3, other: nil))
      rating.value = .number(4)
      rating.comment = "fine"
      rating.received = Sample.at(6)
      var thumb = Sample.submission("b", about: 1, content: .signal(.thumb, reward: 1, trust: 1, other: nil))
      thumb.value = .word("up")
      let view = Sample.submission("c", about: 1, content: .signal(.view, reward: 0, trust: 1, other: nil))
      let report = outcome("d", 1, .refused)
      try expect(ledger.say(rating, thumb, view, report), is: [.accepted, .accepted, .accepted, .accepted])
      let recorded = try ledger.feedback(about: Sample.id(1))
      try expect(recorded.map(\.submission), is: [rating, thumb, view, report])
      try expect(recorded.map(\.sequence), is: [1, 2, 3, 4])
      try expect(!recorded.contains { $0.isSuperseded || $0.isOtherHalf })
      var streamed: [RecordedFeedback] = []
      try ledger.feedback(after: 0) { entry in
        streamed.append(entry)
        return streamed.count < 4
      }
      try expect(streamed, is: recorded)
      try ledger.feedback(after: 3) { entry in
        try expect(entry, is: recorded[3])
        return true
      }
    },
    LedgerContract("the fold sees kind, reward, trust, rater, times and who executed") { ledger in
      try ledger.prepare(decisions: 1)
      var review = Sample.submission(
        "a", about: 1, at: 5, rater: "ann",
        content: .signal(.reputation, reward: 0.25, trust: 0.3, other: nil))
      review.received = Sample.at(6)
      _ = try ledger.say(review, outcome("b", 1, .succeeded), outcome("c", 1, .badOutput, by: "south/c"))
      let map = RegionMap(version: 1, plan: Sample.plan(regions: 2))
      let judged = try ledger.judged(Sample.id(1), map: map)
      let expected = [
        Judgement(
          sequence: 1, origin: 1, kind: .reputation, reward: 0.25, trust: 0.3, rater: review.raterHash,
          at: Sample.at(5),
          received: Sample.at(6)),
        Judgement(
          sequence: 2, origin: 2, kind: nil, reward: 0, at: Sample.at(1_000), received: Sample.at(1_000),
          executed: 1),
        Judgement(
          sequence: 3, origin: 3, kind: .badOutput, reward: 0, at: Sample.at(1_000),
          received: Sample.at(1_000),
          executed: 2),
      ]
      try expect(judged?.judgements ?? [], is: expected)
      try expect(judged?.decided, is: Sample.at(1))
      try expect(ledger.judged(Sample.id(2), map: map) == nil)
    },
    LedgerContract("an id ends where it ends, and not at a NUL") { ledger in
      try ledger.prepare(decisions: 1)
      let one = Sample.submission("a\u{0}b", about: 1, score: 0.25, rater: "x\u{0}y")
      try expect(ledger.say(one, Sample.submission("a", about: 1, score: 0.5)), is: [.accepted, .accepted])
      try expect(ledger.say(one), is: [.duplicate])
      try expect(ledger.feedback(about: Sample.id(1))[0].submission, is: one)
    },
    LedgerContract("what is said under an id is about the decisions it names, known or not") { ledger in
      try ledger.prepare(decisions: 2)
      let comparison = Submission.Content.signal(.comparison, reward: 1, trust: 1, other: Sample.id(9))
      _ = try ledger.append(
        Sample.batch(
          [],
          [Sample.submission("a", about: 1), Sample.submission("b", about: 2, content: comparison)]))
      try expect(ledger.feedbackSubjects(of: "a"), is: [Sample.id(1)])
      try expect(ledger.feedbackSubjects(of: "b"), is: [Sample.id(2), Sample.id(9)])
      try expect(ledger.feedbackSubjects(of: "c"), is: [])
    },
    LedgerContract("the same id with the same content is a duplicate, whatever its time") { ledger in
      try ledger.prepare(decisions: 1)
      let first = Sample.submission("a", about: 1, score: 0.5)
      try expect(ledger.say(first, first), is: [.accepted, .duplicate])
      try expect(ledger.say(Sample.submission("a", about: 1, score: 0.5, at: 3_000)), is: [.duplicate])
      try expect(ledger.say(outcome("b", 1, .failed), outcome("b", 1, .failed)), is: [.accepted, .duplicate])
      try expect(ledger.position().judgements, is: 2)
    },
    LedgerContract("the same id with another value corrects the first entry") { ledger in
      try ledger.prepare(decisions: 1)
      _ = try ledger.say(
        Sample.submission("a", about: 1, score: 0.5), Sample.submission("b", about: 1, score: 0.25))
      try expect(ledger.say(Sample.submission("a", about: 1, score: 0.75)), is: [.accepted])
      let map = RegionMap(version: 1, plan: Sample.plan(regions: 2))
      try expect(ledger.judged(Sample.id(1), map: map)?.judgements.map(\.origin) ?? [], is: [1, 2, 1])
      try expect(ledger.feedback(about: Sample.id(1)).map(\.isSuperseded), is: [true, false, false])
      try expect(ledger.rewards(1), is: [0.75, 0.25])
    },
    LedgerContract("among entries of one id the latest by the sender's clock is in force") { ledger in
      try ledger.prepare(decisions: 1)
      _ = try ledger.say(Sample.submission("a", about: 1, score: 0.5, at: 10))
      try expect(ledger.say(Sample.submission("a", about: 1, score: 0.75, at: 9)), is: [.accepted])
      try expect(ledger.rewards(1), is: [0.5])
      try expect(ledger.feedback(about: Sample.id(1)).map(\.isSuperseded), is: [false, true])
      // The one in force is what a repetition is held against.
      try expect(ledger.say(Sample.submission("a", about: 1, score: 0.5, at: 11)), is: [.duplicate])
    },
    LedgerContract("the same id for another decision is rejected") { ledger in
      try ledger.prepare(decisions: 2)
      try expect(
        ledger.say(Sample.submission("a", about: 1), Sample.submission("a", about: 2))[1],
        is: .rejected("id 'a' was used for another decision"))
      try expect(ledger.say(Sample.submission("a", about: 77))[0].isRejected)
      try expect(ledger.rewards(2), is: [])
    },
    LedgerContract("a provider cannot rate itself, by its own name or a model's") { ledger in
      try ledger.prepare(decisions: 1)
      for rater in ["north", "north/a", "north/zzz"] {
        try expect(
          ledger.say(Sample.submission("a", about: 1, rater: rater)),
          is: [.rejected("a provider cannot rate itself")])
      }
      try expect(ledger.say(Sample.submission("a", about: 1, rater: "northern")), is: [.accepted])
      try expect(ledger.say(Sample.submission("b", about: 1, rater: "south")), is: [.accepted])
    },
    LedgerContract("an outcome of a candidate that was never on the roll is rejected") { ledger in
      try ledger.prepare(decisions: 1)
      try expect(ledger.say(outcome("a", 1, .succeeded, by: "west/x"))[0].isRejected)
      try expect(ledger.say(outcome("a", 88, .succeeded, by: "west/x"))[0].isRejected)
      try expect(ledger.counts().parked, is: 0)
    },
    LedgerContract("a report that the output was fine takes back one that it was bad") { ledger in
      try ledger.prepare(decisions: 1)
      _ = try ledger.say(outcome("a", 1, .badOutput))
      try expect(ledger.rewards(1), is: [0])
      try expect(ledger.say(outcome("a", 1, .succeeded)), is: [.accepted])
      try expect(ledger.rewards(1), is: [])
      try expect(ledger.feedback(about: Sample.id(1)).last?.submission, is: outcome("a", 1, .succeeded))
      try expect(ledger.say(outcome("a", 1, .succeeded)), is: [.duplicate])
      _ = try ledger.say(outcome("a", 1, .badOutput))
      try expect(ledger.rewards(1), is: [0])
    },
  ]

  // MARK: Taking back

  static let revocations: [LedgerContract] = [
    LedgerContract("a revocation takes back what was said, once") { ledger in
      try ledger.prepare(decisions: 1)
      _ = try ledger.say(Sample.submission("a", about: 1), Sample.submission("b", about: 1, score: 0.5))
      try expect(ledger.say(revocation("a"), revocation("a")), is: [.accepted, .duplicate])
      try expect(ledger.rewards(1), is: [0.5])
      let recorded = try ledger.feedback(about: Sample.id(1))
      try expect(recorded.map(\.isSuperseded), is: [true, false, false])
      try expect(recorded[2].submission.content, is: .revocation)
      try expect(recorded[2].submission.decision, is: Sample.id(1))
    },
    LedgerContract("a revocation of an unknown id is rejected") { ledger in
      try ledger.prepare(decisions: 1)
      try expect(ledger.say(revocation("a")), is: [.rejected("no feedback with id 'a'")])
      try expect(ledger.position().judgements, is: 0)
    },
    LedgerContract("after a revocation the same id counts again when it is not older") { ledger in
      try ledger.prepare(decisions: 1)
      _ = try ledger.say(Sample.submission("a", about: 1, at: 10), revocation("a", at: 20))
      try expect(ledger.say(Sample.submission("a", about: 1, at: 19)), is: [.accepted])
      try expect(ledger.rewards(1), is: [])
      try expect(ledger.say(Sample.submission("a", about: 1, score: 0.25, at: 20)), is: [.accepted])
      try expect(ledger.rewards(1), is: [0.25])
      try expect(ledger.say(revocation("a", at: 30)), is: [.accepted])
      try expect(ledger.rewards(1), is: [])
    },
  ]
}
