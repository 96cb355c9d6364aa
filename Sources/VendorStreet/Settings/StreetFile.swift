public import Declarations

/// The file of `pointsman sandbox vendors --faults FILE`, and the body of `PUT /street/faults`:
///
///     seed: 7
///     queue_ms: 50
///     run_ms: 200
///     file_lifetime_s: 600
///     vendors:
///       bfl: {run_ms: 20, concurrency: 24}
///     faults:
///       - fault: too_many_requests   # or `any`: one of all that can strike the call
///         vendor: fal                # absent: every vendor
///         on: submit                 # absent: where the fault usually strikes; `any`: everywhere
///         probability: 0.1           # or `every: 10`, or `calls: [3, 5]`
///         retry_after_s: 2
public enum StreetFile {
  /// Reads a file.
  ///
  /// - Throws: ``DeclarationErrors`` with every fault of the file and its line.
  public static func load(path: String) throws(DeclarationErrors) -> StreetSettings {
    try settings(YAMLFields(ofFile: path, kind: "street"))
  }

  /// Reads a text; `file` names it in errors.
  public static func parse(_ text: String, file: String) throws(DeclarationErrors) -> StreetSettings {
    try settings(YAMLFields(text, file: file, kind: "street"))
  }

  private static func settings(_ fields: YAMLFields) throws(DeclarationErrors) -> StreetSettings {
    var settings = StreetSettings()
    if let seed = fields.optionalInteger("seed", in: 0...) { settings.seed = UInt64(seed) }
    if let queue = duration(fields, "queue_ms") { settings.queue = queue }
    if let run = duration(fields, "run_ms") { settings.run = run }
    settings.fileLifetime = fields.optionalInteger("file_lifetime_s", in: 0...).map { .seconds($0) }
    if let vendors = fields.optionalObject("vendors") {
      for name in vendors.names {
        guard checked(name, vendors, at: vendors.line(of: name)) else { continue }
        settings.vendors[name] = vendors.optionalObject(name, kind: "vendor").map(vendor)
      }
    }
    settings.faults = fields.optionalObjects("faults", kind: "fault")?.compactMap(rule) ?? []
    try fields.finish()
    return settings
  }

  private static func vendor(_ fields: YAMLFields) -> StreetSettings.VendorSettings {
    var settings = StreetSettings.VendorSettings()
    settings.queue = duration(fields, "queue_ms")
    settings.run = duration(fields, "run_ms")
    settings.fileLifetime = fields.optionalInteger("file_lifetime_s", in: 0...).map { .seconds($0) }
    settings.concurrency = fields.optionalInteger("concurrency", in: 1...)
    return settings
  }

  private static func duration(_ fields: YAMLFields, _ name: String) -> Duration? {
    fields.optionalInteger(name, in: 0...86_400_000).map { .milliseconds($0) }
  }

  /// Whether there is such a vendor; an error at the line if not.
  private static func checked(_ name: String, _ fields: YAMLFields, at line: Int) -> Bool {
    let names = Street.vendorNames
    if names.contains(name) { return true }
    fields.fail(
      atLine: line, "there is no vendor '\(name)' on the street; there are \(names.joined(separator: ", "))")
    return false
  }

  private static func rule(_ fields: YAMLFields) -> FaultRule? {
    let name = fields.choice("fault", among: FaultKind.allCases.map(\.rawValue) + ["any"])
    let vendor = fields.optionalString("vendor")
    if let vendor, !checked(vendor, fields, at: fields.line(of: "vendor")) { return nil }
    let place = fields.optionalChoice("on", among: CallKind.allCases.map(\.rawValue) + ["any"])
    let frequency = frequency(fields)
    let kind = name.flatMap(FaultKind.init(rawValue:))
    var fault = Fault(kind ?? .latency)
    fault.delayMilliseconds = fields.optionalInteger("delay_ms", in: 0...3_600_000)
    fault.retryAfterSeconds = fields.optionalInteger("retry_after_s", in: 0...86_400)
    fault.status = fields.optionalInteger("status", in: 400...599)
    fault.bytes = fields.optionalInteger("bytes", in: 1...(1 << 30))
    guard let name, let frequency else { return nil }
    var operation = place.flatMap(CallKind.init(rawValue:))
    if place == nil, name != "any" { operation = kind?.usualOperation }
    if let kind, let operation, !kind.strikes(operation) {
      fields.fail("on", "is \(operation.rawValue), where \(kind.rawValue) cannot strike")
      return nil
    }
    return FaultRule(
      kind: kind, numbers: fault, vendor: vendor, operation: operation, frequency: frequency)
  }

  /// Exactly one of the three ways; an error if not.
  private static func frequency(_ fields: YAMLFields) -> FaultRule.Frequency? {
    let probability = fields.optionalDouble("probability", in: 0...1)
    let every = fields.optionalInteger("every", in: 1...)
    let calls = fields.optionalStrings("calls", count: 1...10_000)?.compactMap { item -> Int? in
      if let number = Int(item.text), number >= 1 { return number }
      fields.fail(atLine: item.line, "a call is counted from 1, got '\(item.text)'")
      return nil
    }
    switch (probability, every, calls) {
    case (let probability?, nil, nil): return .probability(probability)
    case (nil, let every?, nil): return .every(every)
    case (nil, nil, let calls?): return .calls(calls)
    default:
      if ["probability", "every", "calls"].count(where: fields.has) != 1 {
        fields.fail(
          atLine: fields.line, "a fault needs exactly one of probability, every and calls")
      }
      return nil
    }
  }
}
