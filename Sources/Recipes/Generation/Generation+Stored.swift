import Jobs
import Routing
public import Wire

/// The form in which a store keeps a generation, without the request's input, which never changes: one JSON object with
/// its version. Instants are whole microseconds, money whole millionths of a dollar; what is nil is left out.
extension Generation {
  /// The version that is written, and the only one that is read.
  public static let storedVersion: Int64 = 1

  public var stored: [UInt8] {
    var writer = JSONWriter(reserving: 4_096)
    writer.object {
      $0.field("v", Generation.storedVersion)
      $0.field("id", id.description)
      $0.field("revision", revision)
      $0.field("state", state.rawValue)
      $0.field("recipe", recipe)
      $0.field("version", version)
      $0.fieldIfPresent("intent", intent)
      $0.field("created", created.microseconds)
      $0.field("deadline", deadline.microseconds)
      $0.object("terms") { terms.writeFields(to: &$0) }
      $0.objects("steps", steps) { writer, step in
        writer.field("state", step.state.rawValue)
        writer.objects("elements", step.elements) { $1.writeFields(to: &$0) }
      }
      $0.fieldIfPresent("ending", ending?.rawValue)
      if let failure { $0.object("failure") { failure.writeFields(to: &$0) } }
      if let verdict {
        $0.object("verdict") {
          $0.field("score", verdict.score)
          $0.field("least", verdict.least)
          $0.fieldIfPresent("reason", verdict.reason)
        }
      }
      $0.fieldIfPresent("ended", ended?.microseconds)
    }
    return writer.bytes
  }

  /// - Parameter request: the input, which is kept beside it.
  /// - Throws: when the bytes are not what ``stored`` gave.
  public init(stored bytes: [UInt8], request: JSONValue) throws {
    let value = try JSONValue.parse(bytes)
    let read = StoredFields(value)
    guard value["v"] == .integer(Generation.storedVersion) else {
      throw StoredFault("version \(value["v"]?.summary ?? "none") of a generation is not known here")
    }
    self.init(
      id: try read.identifier("id"), recipe: try Recipe(stored: try read.value("recipe")),
      version: try read.integer("version"), request: request, intent: value["intent"]?.stringValue,
      terms: try Terms(StoredFields(try read.value("terms"))), created: try read.instant("created"),
      deadline: try read.instant("deadline"),
      steps: try (value["steps"]?.arrayValue ?? []).map { try StepRun(StoredFields($0)) })
    guard steps.count == recipe.steps.count else { throw StoredFault("the steps are not the recipe's") }
    state = try read.choice("state")
    revision = try read.integer("revision")
    ending = value["ending"] == nil ? nil : try read.choice("ending")
    failure = try value["failure"].map { try GenerationFailure(StoredFields($0)) }
    if let part = value["verdict"], let score = part["score"]?.doubleValue,
      let least = part["least"]?.doubleValue
    {
      verdict = Verdict(score: score, least: least, reason: part["reason"]?.stringValue)
    }
    ended = value["ended"] == nil ? nil : try read.instant("ended")
  }
}

/// What was read is not what was written.
public struct StoredFault: Error, Hashable, Sendable, CustomStringConvertible {
  public var description: String

  init(_ description: String) { self.description = description }
}

/// The members of an object that we wrote ourselves.
private struct StoredFields {
  let object: JSONValue

  init(_ object: JSONValue) { self.object = object }

  func value(_ name: String) throws(StoredFault) -> JSONValue {
    guard let value = object[name] else { throw StoredFault("a generation has no '\(name)'") }
    return value
  }

  func text(_ name: String) throws(StoredFault) -> String {
    guard let text = try value(name).stringValue else { throw StoredFault("'\(name)' is no text") }
    return text
  }

  func integer(_ name: String) throws(StoredFault) -> Int {
    guard let number = try value(name).integerValue else { throw StoredFault("'\(name)' is no integer") }
    return Int(number)
  }

  func instant(_ name: String) throws(StoredFault) -> Instant {
    Instant(microseconds: Int64(try integer(name)))
  }

  func money(_ name: String) throws(StoredFault) -> Money { Money(micros: Int64(try integer(name))) }

  func identifier(_ name: String) throws(StoredFault) -> Identifier {
    guard let id = Identifier(try text(name)) else { throw StoredFault("'\(name)' is no id") }
    return id
  }

  func choice<Choice: RawRepresentable<String>>(_ name: String) throws(StoredFault) -> Choice {
    guard let choice = Choice(rawValue: try text(name)) else {
      throw StoredFault("'\(name)' is \(try text(name)), which is not known here")
    }
    return choice
  }
}

extension Generation.Terms {
  fileprivate func writeFields(to writer: inout JSONWriter) {
    if let only { writer.array("only", only) }
    if !exclude.isEmpty { writer.array("exclude", exclude) }
    writer.fieldIfPresent("budget", budget?.micros)
    writer.field("priority", priority.rawValue)
    if fallbackOnModeration { writer.field("fallback_on_moderation", true) }
    writer.fieldIfPresent("tenant", tenant)
    writer.fieldIfPresent("key", apiKey?.description)
    writer.fieldIfPresent("callback", callbackURL)
    if !ownKeys.isEmpty { writer.array("own_keys", ownKeys) }
  }

  fileprivate init(_ read: StoredFields) throws(StoredFault) {
    self.init(
      only: read.object["only"]?.arrayValue?.compactMap(\.stringValue),
      exclude: read.object["exclude"]?.arrayValue?.compactMap(\.stringValue) ?? [],
      budget: read.object["budget"] == nil ? nil : try read.money("budget"),
      priority: try read.choice("priority"),
      fallbackOnModeration: read.object["fallback_on_moderation"]?.boolValue ?? false,
      tenant: read.object["tenant"]?.stringValue,
      apiKey: read.object["key"]?.stringValue.flatMap { Identifier($0) },
      callbackURL: read.object["callback"]?.stringValue,
      ownKeys: read.object["own_keys"]?.arrayValue?.compactMap(\.stringValue) ?? [])
  }
}

extension StepRun {
  fileprivate init(_ read: StoredFields) throws(StoredFault) {
    self.init()
    state = try read.choice("state")
    for value in read.object["elements"]?.arrayValue ?? [] {
      elements.append(try Element(StoredFields(value)))
    }
  }
}

extension Element {
  fileprivate func writeFields(to writer: inout JSONWriter) {
    writer.field("job", job.description)
    writer.field("began", began.microseconds)
    writer.fieldIfPresent("allowance", allowance?.micros)
    writer.field("state", state.rawValue)
    writer.fieldIfPresent("decision", decision?.description)
    writer.fieldIfPresent("executed", executed)
    writer.fieldIfPresent("result", result)
    writer.field("cost", cost.micros)
    writer.field("exposure", exposure.micros)
    writer.fieldIfPresent("ended", ended?.microseconds)
  }

  fileprivate init(_ read: StoredFields) throws(StoredFault) {
    self.init(
      job: try read.identifier("job"), began: try read.instant("began"),
      allowance: read.object["allowance"] == nil ? nil : try read.money("allowance"))
    state = try read.choice("state")
    decision = read.object["decision"] == nil ? nil : try read.identifier("decision")
    executed = read.object["executed"]?.stringValue
    result = read.object["result"]
    cost = try read.money("cost")
    exposure = try read.money("exposure")
    ended = read.object["ended"] == nil ? nil : try read.instant("ended")
  }
}

extension GenerationFailure {
  fileprivate func writeFields(to writer: inout JSONWriter) {
    writer.fieldIfPresent("step", step)
    writer.fieldIfPresent("element", element)
    writer.field("code", code.rawValue)
    writer.field("message", message)
    writer.field("retryable", isRetryable)
  }

  fileprivate init(_ read: StoredFields) throws(StoredFault) {
    self.init(
      step: read.object["step"]?.stringValue, element: read.object["element"]?.integerValue.map { Int($0) },
      code: try read.choice("code"), message: try read.text("message"),
      isRetryable: read.object["retryable"]?.boolValue ?? false)
  }
}
