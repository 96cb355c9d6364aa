import ArgumentParser
import Routing
import Serving
import Wire

/// `pointsman feedback`: say how a decision turned out, or hand in a file of such judgements.
struct FeedbackCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "feedback", abstract: "Say how a decision turned out: one judgement, or a file of them.",
    discussion: """
      A file holds one JSON object a line: {"id", "decision_id", "signal", "value", "rater", "at", "comment"}. Lines that \
      are not are reported with their number and passed over.
      """)

  @Argument(help: "The decision's id.")
  var decision: Identifier?

  @Option(help: ArgumentHelp("The kind: \(SignalKind.names.joined(separator: ", ")).", valueName: "kind"))
  var signal: String?

  @Option(parsing: .unconditional, help: "The value that the kind accepts, such as up, 4 or 0.75.")
  var value: String?

  @Option(help: "Who judges.")
  var rater: String?

  @Option(help: "The judgement's id: the same id again corrects it. Made up when not given.")
  var id: String?

  @Option(help: "Words that go with it.")
  var comment: String?

  @Option(help: ArgumentHelp("The decision compared with, for the signal comparison.", valueName: "decision"))
  var other: Identifier?

  @Option(
    help: ArgumentHelp("Hand in this file, one JSON object a line; - is standard input.", valueName: "path"))
  var file: String?

  @OptionGroup var server: ServerOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if file != nil {
      guard decision == nil, signal == nil, value == nil, id == nil, rater == nil, comment == nil,
        other == nil
      else {
        throw ValidationError("--file stands alone; the lines of the file say the rest")
      }
      return
    }
    guard decision != nil, let signal else {
      throw ValidationError("give a decision and --signal, or --file")
    }
    guard let kind = SignalKind(name: signal) else {
      let near = NearestName.suggestion(for: signal, among: SignalKind.names).map { "did you mean '\($0)'?" }
      throw ValidationError(
        "no signal is called '\(signal)'; "
          + (near ?? "there are " + SignalKind.names.joined(separator: ", ")))
    }
    guard kind.reward(of: written) != nil else {
      throw ValidationError(
        "\(kind.name) takes \(kind.accepts) as --value, got \(value.map { "'\($0)'" } ?? "none")")
    }
    guard (kind == .comparison) == (other != nil) else {
      throw ValidationError("--other goes with the signal comparison, and a comparison needs it")
    }
  }

  /// The value as it was typed.
  private var written: SignalValue {
    guard let value else { return .nothing }
    return Double(value).map { .number($0) } ?? .word(value)
  }

  func run() async throws {
    let client = try server.client()
    var receipt = FeedbackReceipt()
    if let file {
      try await send(file, client, &receipt)
    } else {
      receipt.add(try await client.post("/v1/feedback", judgement), lines: [])
    }
    output.show(receipt.json) { receipt.text }
    if !receipt.rejected.isEmpty {
      for rejection in receipt.rejected {
        Terminal.complain("pointsman: \(rejection.place)\(rejection.error)")
      }
      throw CommandFailure(nil)
    }
  }

  private var judgement: JSONValue {
    var random = SystemRandomNumberGenerator()
    let minted = Identifier(at: SystemClock().now, random: random.next(), random.next())
    var members: [JSONValue.Member] = [
      .init("id", .string(id ?? "command:\(minted)")),
      .init("decision_id", .string(decision?.description ?? "")),
      .init("signal", .string(signal ?? "")),
    ]
    switch written {
    case .number(let number): members.append(.init("value", .number(number)))
    case .word(let word): members.append(.init("value", .string(word)))
    case .nothing: break
    }
    if let other { members.append(.init("other_decision_id", .string(other.description))) }
    if let rater { members.append(.init("rater", .string(rater))) }
    if let comment { members.append(.init("comment", .string(comment))) }
    return .object(members)
  }

  /// Sends a file in batches of a thousand lines.
  private func send(_ path: String, _ client: Client, _ receipt: inout FeedbackReceipt) async throws {
    var progress = ProgressBar(total: path == "-" ? 0 : try countLines(path), unit: "lines")
    defer { progress.clear() }
    var reader = try LineReader(path: path)
    var batch: [JSONValue] = []
    var lines: [Int] = []
    func flush() async throws {
      guard !batch.isEmpty else { return }
      receipt.add(try await client.post("/v1/feedback", ["feedback": .array(batch)]), lines: lines)
      batch = []
      lines = []
    }
    while let line = try reader.next() {
      progress.advance(by: 1)
      if LineReader.isBlank(line) { continue }
      do {
        batch.append(try JSONValue.parse(line))
        lines.append(reader.number)
      } catch {
        receipt.reject(line: reader.number, "not JSON: \(error.message) at byte \(error.offset)")
      }
      if batch.count == 1_000 { try await flush() }
    }
    try await flush()
  }

  private func countLines(_ path: String) throws -> Int {
    var reader = try LineReader(path: path)
    while try reader.next() != nil {}
    return reader.number
  }
}

/// What became of judgements, over all batches.
struct FeedbackReceipt {
  private(set) var accepted: Int64 = 0
  private(set) var duplicates: Int64 = 0
  private(set) var parked: Int64 = 0
  private(set) var rejected: [(line: Int?, place: String, error: String)] = []

  /// Adds the answer to one batch.
  ///
  /// - Parameter lines: the line of each element; empty when they came from no file.
  mutating func add(_ answer: JSONValue, lines: [Int]) {
    accepted += answer["accepted"]?.integerValue ?? 0
    duplicates += answer["duplicates"]?.integerValue ?? 0
    parked += answer["parked"]?.integerValue ?? 0
    for rejection in answer["rejected"]?.arrayValue ?? [] {
      let index = rejection["index"]?.integerValue.map(Int.init) ?? 0
      let error = TextTable.shown(rejection.text("error"))
      if lines.indices.contains(index) {
        reject(line: lines[index], error)
      } else {
        rejected.append((nil, "", error))
      }
    }
  }

  mutating func reject(line: Int, _ error: String) { rejected.append((line, "line \(line): ", error)) }

  var json: JSONValue {
    [
      "accepted": .integer(accepted), "duplicates": .integer(duplicates), "parked": .integer(parked),
      "rejected": .array(
        rejected.map { rejection in
          ["line": rejection.line.map { .integer(Int64($0)) } ?? .null, "error": .string(rejection.error)]
        }),
    ]
  }

  var text: String {
    var parts = ["\(accepted) accepted"]
    if duplicates > 0 { parts.append("\(duplicates) known already") }
    if parked > 0 { parts.append("\(parked) waiting for a decision that is not known") }
    if !rejected.isEmpty { parts.append("\(rejected.count) rejected") }
    return parts.joined(separator: ", ")
  }
}
