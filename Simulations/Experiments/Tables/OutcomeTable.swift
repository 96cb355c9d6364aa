import Wire

/// What every model of a set would have scored on every intent of a set: one JSON object a line,
/// `{"id", "intent", "domain", "outcomes": {model: {"quality": 0…1, "cost_usd": number or null}}}`. Other members are
/// passed over. A file whose name ends in `.gz` is unpacked on the way.
public struct OutcomeTable: Sendable {
  /// Sorted.
  public let models: [String]
  public let lines: [Line]
  /// Lines that could not be read.
  public let faults: [TableFault]
  /// SHA-256 of the file as it lies there, or of the text: 64 hexadecimal digits.
  public let checksum: String

  /// One intent and its outcomes.
  public struct Line: Hashable, Sendable {
    public var id: String
    public var intent: String
    /// Empty where none is given.
    public var domain: String
    /// By position in `models`: 0…1, nil where the model was not tried.
    public var qualities: [Double?]
    /// By position in `models`: dollars ≥ 0, nil where it is not known.
    public var costs: [Double?]

    /// The mean over the models that were tried: what choosing among them evenly gives.
    public var mean: Double {
      let known = qualities.compactMap { $0 }
      return known.isEmpty ? 0 : known.reduce(0, +) / Double(known.count)
    }

    /// What a model scored, or the mean where it was not tried.
    public func quality(orMeanFor model: Int) -> Double { qualities[model] ?? mean }
  }

  /// Reads a file; blank lines are passed over, malformed ones become ``faults``.
  ///
  /// - Throws: when the file cannot be read, or holds no line of a table at all.
  public init(path: String) throws(TableError) {
    let source = try TableSource(path: path)
    self.init(source.lines, checksum: source.checksum)
    guard !lines.isEmpty else {
      let first = faults.first.map { " (\($0))" } ?? ""
      throw TableError("\(path) holds no line of an outcome table\(first)")
    }
  }

  /// Reads a text; see ``init(path:)``.
  public init(text: String) {
    let source = TableSource(bytes: Array(text.utf8))
    self.init(source.lines, checksum: source.checksum)
  }

  private init(_ source: [TableSource.Line], checksum: String) {
    self.checksum = checksum
    var parts: [TableLine] = []
    var faults: [TableFault] = []
    for line in source {
      do throws(TableFault) {
        parts.append(try TableLine(line.bytes, number: line.number))
      } catch {
        faults.append(error)
      }
    }
    let models = Set(parts.flatMap { $0.outcomes.map(\.model) }).sorted()
    let positions = Dictionary(uniqueKeysWithValues: models.enumerated().map { ($1, $0) })
    self.models = models
    self.faults = faults
    lines = parts.map { part in
      var line = Line(
        id: part.id, intent: part.intent, domain: part.domain,
        qualities: Array(repeating: nil, count: models.count),
        costs: Array(repeating: nil, count: models.count))
      for outcome in part.outcomes {
        guard let position = positions[outcome.model] else { continue }
        line.qualities[position] = outcome.quality
        line.costs[position] = outcome.cost
      }
      return line
    }
  }

  /// Mean dollars of a model over the lines that say it; nil where none does.
  public func meanCost(of model: Int) -> Double? {
    let known = lines.compactMap { $0.costs[model] }
    return known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
  }
}

/// Why a line of a table could not be read.
public struct TableFault: Error, Hashable, Sendable, CustomStringConvertible {
  /// From 1.
  public var line: Int
  public var reason: String

  public init(line: Int, reason: String) {
    self.line = line
    self.reason = reason
  }

  public var description: String { "line \(line): \(reason)" }
}

/// Why a table could not be used at all.
public struct TableError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}

/// One line, with its models by name.
private struct TableLine {
  var id: String
  var intent: String
  var domain: String
  var outcomes: [(model: String, quality: Double, cost: Double?)] = []

  init(_ bytes: [UInt8], number: Int) throws(TableFault) {
    func fault(_ reason: String) -> TableFault { TableFault(line: number, reason: reason) }
    let value: JSONValue
    do throws(JSONError) { value = try JSONValue.parse(bytes) } catch {
      throw fault("not JSON: \(error.message) at byte \(error.offset)")
    }
    guard value.members != nil else { throw fault("must be an object, got \(value.summary)") }
    guard let id = value["id"]?.stringValue, !id.isEmpty else {
      throw fault("id must be a string that is not empty")
    }
    guard let intent = value["intent"]?.stringValue, !intent.allSatisfy(\.isWhitespace) else {
      throw fault("intent must be a string that is not empty")
    }
    if let domain = value["domain"], !domain.isNull, domain.stringValue == nil {
      throw fault("domain must be a string, got \(domain.summary)")
    }
    guard let outcomes = value["outcomes"]?.members, !outcomes.isEmpty else {
      throw fault("outcomes must be an object with at least one model")
    }
    self.id = id
    self.intent = intent
    domain = value["domain"]?.stringValue ?? ""
    for outcome in outcomes {
      guard let quality = outcome.value["quality"]?.doubleValue, (0...1).contains(quality) else {
        let got = outcome.value["quality"].map { ", got \($0.summary)" } ?? ""
        throw fault("quality of \(outcome.name) must be a number from 0 to 1\(got)")
      }
      let cost = outcome.value["cost_usd"] ?? .null
      guard cost.isNull || cost.doubleValue.map({ $0 >= 0 }) == true else {
        throw fault("cost_usd of \(outcome.name) must be a number ≥ 0 or null, got \(cost.summary)")
      }
      self.outcomes.append((outcome.name, quality, cost.doubleValue))
    }
  }
}
