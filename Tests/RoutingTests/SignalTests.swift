import Routing
import Testing

@Suite("Signal")
struct SignalTests {
  @Test(
    "each kind takes its values to a reward",
    arguments: [
      (SignalKind.thumb, SignalValue.word("up"), 1), (.thumb, .word("down"), 0), (.rating, .number(1), 0),
      (.rating, .number(2), 0.25), (.rating, .number(3.5), 0.625), (.rating, .number(5), 1),
      (.ticket, .nothing, 0),
      (.download, .nothing, 0), (.view, .nothing, 0), (.regenerate, .nothing, 0), (.badOutput, .nothing, 0),
      (.review, .number(0.7), 0.7), (.review, .number(0), 0), (.reputation, .number(1), 1),
      (.comparison, .word("win"), 1), (.comparison, .word("loss"), 0), (.comparison, .word("tie"), 0.5),
      (.score, .number(0.25), 0.25),
    ] as [(SignalKind, SignalValue, Double)])
  func accepted(kind: SignalKind, value: SignalValue, reward: Double) {
    #expect(kind.reward(of: value) == reward)
  }

  @Test(
    "and refuses all others",
    arguments: [
      (SignalKind.thumb, SignalValue.word("UP")), (.thumb, .word("win")), (.thumb, .number(1)),
      (.thumb, .nothing),
      (.rating, .number(0.99)), (.rating, .number(5.01)), (.rating, .number(.nan)), (.rating, .word("5")),
      (.rating, .nothing), (.ticket, .number(0)), (.ticket, .word("open")), (.download, .number(1)),
      (.view, .word("up")), (.regenerate, .number(0)), (.badOutput, .word("x")), (.review, .number(1.01)),
      (.review, .number(-0.01)), (.review, .nothing), (.reputation, .number(.infinity)),
      (.reputation, .word("up")),
      (.comparison, .word("up")), (.comparison, .number(1)), (.comparison, .nothing), (.score, .number(.nan)),
      (.score, .number(2)), (.score, .nothing),
    ])
  func refused(kind: SignalKind, value: SignalValue) {
    #expect(kind.reward(of: value) == nil)
  }

  @Test("the rewards and weights of the table are the defaults")
  func table() {
    let rules = SignalRules()
    let weights = SignalKind.allCases.map { rules[weight: $0] }
    #expect(weights == [1, 1, 1, 0.5, 0.1, 0.5, 0.7, 0.5, 0.8, 1, 1])
    let events = SignalKind.allCases.filter(\.hasConfigurableValue)
    #expect(events == [.ticket, .download, .view, .regenerate, .badOutput])
    #expect(events.map { rules[value: $0] } == [0, 0.9, 0.6, 0.1, 0])
  }

  @Test("every kind has a name of its own, and is found by it")
  func names() {
    #expect(SignalKind.allCases.count == 11)
    #expect(Set(SignalKind.names).count == 11)
    for kind in SignalKind.allCases {
      #expect(SignalKind(name: kind.name) == kind)
      #expect(!kind.accepts.isEmpty)
    }
    #expect(SignalKind(name: "thumb") == nil)
    #expect(SignalKind(name: "reputation.erc8004") == .reputation)
  }
}
