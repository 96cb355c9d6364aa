import Experiments
import Wire

extension LoggedFeedback {
  /// Reads a log: the Open Bandit layout if its first line is that heading, NDJSON otherwise.
  ///
  /// - Parameter needsProbabilities: whether a line must say what the evaluated policy would do.
  /// - Throws: when the file cannot be read.
  init(path: String, needsProbabilities: Bool) throws(CommandFailure) {
    var reader = try LineReader(path: path)
    var heading: OpenBanditHeading?
    var isFirst = true
    while let bytes = try reader.next() {
      if LineReader.isBlank(bytes) { continue }
      if isFirst {
        isFirst = false
        heading = OpenBanditHeading(bytes)
        if heading != nil { continue }
      }
      do throws(TableFault) {
        if let heading {
          try add(openBandit: bytes, heading, line: reader.number)
        } else {
          try add(json: bytes, line: reader.number, needsProbabilities)
        }
      } catch { faults.append(error) }
    }
  }

  // MARK: The Open Bandit layout

  /// Where the columns of a campaign's CSV are (Saito, Aihara, Matsutani & Narita, NeurIPS Datasets 2021).
  struct OpenBanditHeading {
    let item: Int
    let position: Int
    let click: Int
    let propensity: Int
    /// Categories of the user.
    let features: [Int]

    init?(_ bytes: [UInt8]) {
      let names = OpenBanditHeading.cells(bytes)
      guard let item = names.firstIndex(of: "item_id"), let position = names.firstIndex(of: "position"),
        let click = names.firstIndex(of: "click"), let propensity = names.firstIndex(of: "propensity_score")
      else { return nil }
      self.item = item
      self.position = position
      self.click = click
      self.propensity = propensity
      features = names.indices.filter { names[$0].hasPrefix("user_feature_") }
    }

    /// The layout quotes nothing.
    static func cells(_ bytes: [UInt8]) -> [String] {
      bytes.split(separator: 0x2C, omittingEmptySubsequences: false).map {
        String(decoding: $0, as: UTF8.self)
      }
    }
  }

  /// The context is the position; a regression sees the categories of the user too.
  private mutating func add(
    openBandit bytes: [UInt8], _ heading: OpenBanditHeading, line: Int
  ) throws(TableFault) {
    let last =
      ([heading.item, heading.position, heading.click, heading.propensity] + heading.features).max() ?? 0
    // The rest of a line is one affinity per item, which nobody reads.
    let cells = bytes.split(separator: 0x2C, maxSplits: last + 1, omittingEmptySubsequences: false)
    guard cells.count > last else {
      throw .init(line: line, reason: "has \(cells.count) cells, not \(last + 1) or more")
    }
    func text(_ column: Int) -> String { String(decoding: cells[column], as: UTF8.self) }
    func number(_ column: Int, _ name: String) throws(TableFault) -> Double {
      guard let value = Double(text(column)), value.isFinite else {
        throw .init(
          line: line, reason: "\(name) must be a number, got '\(TextTable.shown(text(column), limit: 40))'")
      }
      return value
    }
    let item = try number(heading.item, "item_id")
    let position = try number(heading.position, "position")
    guard let action = Int(exactly: item), action >= 0 else {
      throw .init(line: line, reason: "item_id must be a whole number ≥ 0, got \(item)")
    }
    guard let place = Int(exactly: position), place >= 1 else {
      throw .init(line: line, reason: "position must be a whole number ≥ 1, got \(position)")
    }
    let reward = try number(heading.click, "click")
    let propensity = try number(heading.propensity, "propensity_score")
    try check(propensity, line: line)
    var row = Row(
      line: line, context: contexts.place(of: "\(place)"), action: actions.place(of: "\(action)"),
      reward: reward, propensity: propensity)
    let active = ["position=\(place)"] + heading.features.map { "\($0)=\(text($0))" }
    let columns = active.map { categories.place(of: $0) }
    var vector = [Float](repeating: 0, count: (columns.max() ?? 0) + 1)
    for column in columns { vector[column] = 1 }
    row.vector = self.place(ofVector: vector)
    rows.append(row)
  }

  private func check(_ propensity: Double, line: Int) throws(TableFault) {
    guard propensity > 0 && propensity <= 1 else {
      throw .init(line: line, reason: "the propensity must be above 0 and at most 1, got \(propensity)")
    }
  }

  // MARK: NDJSON

  private mutating func add(
    json bytes: [UInt8], line: Int, _ needsProbabilities: Bool
  ) throws(TableFault) {
    func fault(_ reason: String) -> TableFault { .init(line: line, reason: reason) }
    let value: JSONValue
    do throws(JSONError) { value = try JSONValue.parse(bytes) } catch {
      throw fault("not JSON: \(error.message) at byte \(error.offset)")
    }
    guard value.members != nil else { throw fault("must be an object, got \(value.summary)") }
    guard let action = name(value["candidate"] ?? value["action"]) else {
      throw fault("candidate (or action) must be a string or a whole number")
    }
    guard let reward = value["reward"]?.doubleValue else { throw fault("reward must be a number") }
    guard let propensity = value["propensity"]?.doubleValue else {
      throw fault("propensity must be a number")
    }
    try check(propensity, line: line)
    let said = value["context"] ?? value["region"] ?? .null
    guard said.isNull || name(said) != nil else { throw fault("context must be a string or a whole number") }
    var vector: [Float]?
    if let embedding = value["embedding"], !embedding.isNull {
      let numbers = (embedding.arrayValue ?? []).compactMap(\.doubleValue).map { Float($0) }
      let length = vectors.first?.count ?? numbers.count
      guard !numbers.isEmpty, numbers.count == embedding.arrayValue?.count, numbers.allSatisfy(\.isFinite),
        numbers.count == length
      else { throw fault("embedding must be a list of \(length == 0 ? "" : "\(length) ")numbers") }
      vector = numbers
    }
    var shares: [(name: String, share: Double)] = []
    if let probabilities = value["probabilities"], !probabilities.isNull {
      shares = try LoggedFeedback.shares(probabilities, line: line)
    } else if needsProbabilities {
      throw fault("probabilities of the evaluated policy must be given, or a --policy")
    }
    var propensities: [(name: String, propensity: Double)] = []
    for member in value["logger_propensities"]?.members ?? [] {
      guard let propensity = member.value.doubleValue, (0...1).contains(propensity) else {
        throw fault("logger_propensities must be from 0 to 1, got \(member.value.summary)")
      }
      propensities.append((member.name, propensity))
    }
    // Only now: a line that is refused leaves no names behind.
    var row = Row(
      line: line, context: contexts.place(of: name(said) ?? ""), action: actions.place(of: action),
      reward: reward, propensity: propensity)
    row.logger = loggers.place(of: name(value["logger"]) ?? "")
    row.vector = vector.map { place(ofVector: $0) }
    row.loggerPropensities = propensities.map { (loggers.place(of: $0.name), $0.propensity) }
    if !shares.isEmpty { row.distribution = distribution(shares) }
    rows.append(row)
  }

  private func name(_ value: JSONValue?) -> String? {
    value?.stringValue ?? value?.integerValue.map { "\($0)" }
  }

  private mutating func distribution(_ shares: [(name: String, share: Double)]) -> Int {
    place(ofDistribution: byAction(shares))
  }

  mutating func byAction(_ shares: [(name: String, share: Double)]) -> [Int: Double] {
    var result: [Int: Double] = [:]
    for share in shares { result[actions.place(of: share.name), default: 0] += share.share }
    return result
  }

  /// `{candidate: probability}`, which must sum to 1.
  static func shares(
    _ value: JSONValue, line: Int
  ) throws(TableFault) -> [(name: String, share: Double)] {
    guard let members = value.members, !members.isEmpty else {
      throw .init(line: line, reason: "probabilities must be an object, got \(value.summary)")
    }
    var result: [(name: String, share: Double)] = []
    for member in members {
      guard let share = member.value.doubleValue, (0...1).contains(share) else {
        throw .init(
          line: line,
          reason: "the probability of \(member.name) must be from 0 to 1, got \(member.value.summary)")
      }
      result.append((member.name, share))
    }
    let sum = result.reduce(0) { $0 + $1.share }
    guard (sum - 1).magnitude <= 1e-6 else {
      throw .init(line: line, reason: "probabilities must sum to 1, got \(Figure.fixed(sum, 6))")
    }
    return result
  }

  // MARK: The evaluated policy

  /// Reads a policy: an action-distribution CSV (`item_id,p_pos1,p_pos2,…`), or a JSON object a line,
  /// `{"context": …, "probabilities": {candidate: p}}`, without a context for every other one.
  ///
  /// Candidates that the log never took become actions of it.
  mutating func policy(path: String) throws(CommandFailure) -> Policy {
    var reader = try LineReader(path: path)
    var table: [String?: [Int: Double]] = [:]
    var positions: Int?
    while let bytes = try reader.next() {
      if LineReader.isBlank(bytes) { continue }
      do throws(TableFault) {
        if let positions {
          try add(shares: bytes, positions, line: reader.number, to: &table)
        } else if table.isEmpty, bytes.starts(with: Array("item_id,".utf8)) {
          positions = OpenBanditHeading.cells(bytes).count - 1
        } else {
          try add(policy: bytes, line: reader.number, to: &table)
        }
      } catch { throw CommandFailure("\(path), \(error)") }
    }
    guard !table.isEmpty else { throw CommandFailure("\(path) holds no policy") }
    return .table(table)
  }

  private mutating func add(
    shares bytes: [UInt8], _ positions: Int, line: Int, to table: inout [String?: [Int: Double]]
  ) throws(TableFault) {
    let cells = OpenBanditHeading.cells(bytes)
    guard cells.count == positions + 1, let item = Int(cells[0]), item >= 0 else {
      throw .init(line: line, reason: "must be an item_id and \(positions) probabilities")
    }
    let action = actions.place(of: "\(item)")
    for position in 1...positions {
      guard let share = Double(cells[position]), (0...1).contains(share) else {
        throw .init(line: line, reason: "a probability must be from 0 to 1, got '\(cells[position])'")
      }
      table["\(position)", default: [:]][action] = share
    }
  }

  private mutating func add(
    policy bytes: [UInt8], line: Int, to table: inout [String?: [Int: Double]]
  ) throws(TableFault) {
    let value: JSONValue
    do throws(JSONError) { value = try JSONValue.parse(bytes) } catch {
      throw .init(line: line, reason: "not JSON: \(error.message) at byte \(error.offset)")
    }
    let shares = try LoggedFeedback.shares(value["probabilities"] ?? .null, line: line)
    table[name(value["context"] ?? value["region"])] = byAction(shares)
  }
}
