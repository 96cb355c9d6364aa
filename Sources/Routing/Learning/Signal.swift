/// The kinds of feedback. Raw values are stored in the ledger, so a new kind goes to the end.
public enum SignalKind: UInt8, CaseIterable, Sendable, Hashable {
  case thumb
  case rating
  case ticket
  case download
  case view
  case regenerate
  case review
  case reputation
  case comparison
  case badOutput
  case score

  /// The name on the wire.
  public var name: String { SignalKind.names[Int(rawValue)] }

  public init?(name: String) {
    guard let index = SignalKind.names.firstIndex(of: name) else { return nil }
    self = SignalKind.allCases[index]
  }

  /// All names as a person reads them, made once.
  public static let listing = names.joined(separator: ", ")

  public static let names = [
    "user.thumb", "user.rating", "user.ticket", "user.download", "user.view", "user.regenerate",
    "review.agent",
    "reputation.erc8004", "comparison", "outcome.bad_output", "score",
  ]

  /// Whether the signal is an event without a value of its own, standing for a reward that governance sets.
  public var hasConfigurableValue: Bool {
    switch self {
    case .ticket, .download, .view, .regenerate, .badOutput: true
    default: false
    }
  }

  /// What a sender may write as the value, for a person.
  public var accepts: String {
    switch self {
    case .thumb: "\"up\" or \"down\""
    case .rating: "a number from 1 to 5"
    case .review, .reputation, .score: "a number from 0 to 1"
    case .comparison: "\"win\", \"loss\" or \"tie\""
    case .ticket, .download, .view, .regenerate, .badOutput: "no value"
    }
  }

  /// The reward in 0…1 that a sender's value stands for: thumb up 1, down 0; rating (x − 1)/4; win 1, tie ½, loss 0;
  /// a score as given. Nil when the value is not what the kind accepts.
  ///
  /// An event kind accepts nothing, and returns 0: its reward is ``SignalRules/value(_:)``, read when it is folded.
  public func reward(of value: SignalValue) -> Double? {
    switch (self, value) {
    case (.thumb, .word("up")), (.comparison, .word("win")): 1
    case (.thumb, .word("down")), (.comparison, .word("loss")): 0
    case (.comparison, .word("tie")): 0.5
    case (.rating, .number(let x)) where (1...5).contains(x): (x - 1) / 4
    case (.review, .number(let x)), (.reputation, .number(let x)), (.score, .number(let x)):
      (0...1).contains(x) ? x : nil
    case (.ticket, .nothing), (.download, .nothing), (.view, .nothing), (.regenerate, .nothing),
      (.badOutput, .nothing):
      0
    default: nil
    }
  }
}

/// A signal's value as its sender wrote it.
public enum SignalValue: Hashable, Sendable {
  case number(Double)
  case word(String)
  case nothing
}

/// Weight of every kind, and the reward of those that carry no value.
public struct SignalRules: Hashable, Sendable {
  private var weights: [Double] = [1, 1, 1, 0.5, 0.1, 0.5, 0.7, 0.5, 0.8, 1, 1]
  private var values: [Double] = [0, 0, 0, 0.9, 0.6, 0.1, 0, 0, 0, 0, 0]

  public init() {}

  public subscript(weight kind: SignalKind) -> Double {
    get { weights[Int(kind.rawValue)] }
    set { weights[Int(kind.rawValue)] = newValue }
  }

  public subscript(value kind: SignalKind) -> Double {
    get { values[Int(kind.rawValue)] }
    set { values[Int(kind.rawValue)] = newValue }
  }
}
