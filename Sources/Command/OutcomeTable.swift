import Wire

/// What every model of a set would have scored on every intent of a set: one JSON object a line,
/// `{"id", "intent", "domain", "outcomes": {model: {"quality": 0…1, "cost_usd": number or null}}}`. Other members are
/// passed over.
struct OutcomeTable {
  /// Sorted.
  let models: [String]
  let rows: [Row]
  /// Lines that could not be read.
  let faults: [Fault]

  struct Row: Equatable {
    var id: String
    var intent: String
    /// Empty where none is given.
    var domain: String
    /// By position in `models`: 0…1, nil where the model was not tried.
    var qualities: [Double?]
    /// By position in `models`: dollars ≥ 0, nil where it is not known.
    var costs: [Double?]

    /// The mean over the models that were tried: what choosing among them evenly gives.
    var mean: Double {
      let known = qualities.compactMap { $0 }
      return known.reduce(0, +) / Double(known.count)
    }

    /// What a model scored, or the mean where it was not tried.
    func quality(orMeanFor model: Int) -> Double { qualities[model] ?? mean }
  }

  struct Fault: Error, Equatable, CustomStringConvertible {
    var line: Int
    var reason: String

    var description: String { "line \(line): \(reason)" }
  }

  /// Reads a file; blank lines are passed over.
  ///
  /// - Throws: when the file cannot be read, or holds no row at all.
  init(path: String) throws(CommandFailure) {
    var reader = try LineReader(path: path)
    var lines: [Line] = []
    var faults: [Fault] = []
    while let bytes = try reader.next() {
      if LineReader.isBlank(bytes) { continue }
      do throws(Fault) { lines.append(try Line(bytes, number: reader.number)) } catch { faults.append(error) }
    }
    guard !lines.isEmpty else {
      let first = faults.first.map { " (\($0))" } ?? ""
      throw CommandFailure("\(path) holds no row of an outcome table\(first)")
    }
    self.init(lines, faults)
  }

  /// Reads a text; see ``init(path:)``.
  init(text: String) {
    var lines: [Line] = []
    var faults: [Fault] = []
    for (index, text) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let bytes = Array(text.utf8)
      if LineReader.isBlank(bytes) { continue }
      do throws(Fault) { lines.append(try Line(bytes, number: index + 1)) } catch { faults.append(error) }
    }
    self.init(lines, faults)
  }

  private init(_ lines: [Line], _ faults: [Fault]) {
    let models = Set(lines.flatMap { $0.outcomes.map(\.model) }).sorted()
    let positions = Dictionary(uniqueKeysWithValues: models.enumerated().map { ($1, $0) })
    self.models = models
    self.faults = faults
    rows = lines.map { line in
      var row = Row(
        id: line.id, intent: line.intent, domain: line.domain,
        qualities: Array(repeating: nil, count: models.count),
        costs: Array(repeating: nil, count: models.count))
      for outcome in line.outcomes {
        guard let position = positions[outcome.model] else { continue }
        row.qualities[position] = outcome.quality
        row.costs[position] = outcome.cost
      }
      return row
    }
  }

  /// Mean dollars of a model over the rows that say it; nil where none does.
  func meanCost(of model: Int) -> Double? {
    let known = rows.compactMap { $0.costs[model] }
    return known.isEmpty ? nil : known.reduce(0, +) / Double(known.count)
  }

  /// One line, with its models by name.
  private struct Line {
    var id: String
    var intent: String
    var domain: String
    var outcomes: [(model: String, quality: Double, cost: Double?)] = []

    init(_ bytes: [UInt8], number: Int) throws(Fault) {
      func fault(_ reason: String) -> Fault { Fault(line: number, reason: reason) }
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
}
