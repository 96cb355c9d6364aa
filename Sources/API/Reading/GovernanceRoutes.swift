import Hummingbird
public import Routing
import Serving
public import Wire

/// The operator's settings: what holds, what will hold, what each means, and who changed what.
struct GovernanceRoutes {
  let service: RoutingService
  let limits: RequestLimits

  func add(to router: some RouterMethods<RouterContext>) {
    router.get("v1/governance", use: read)
    router.get("v1/governance/history", use: history)
    router.patch("v1/governance", use: change)
  }

  private func read(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery()
    let snapshot = service.snapshot
    let pending = await service.keeper.pending.governance
    return .json(reserving: 16_384) { writer in
      writer.field("version", snapshot.governance.version)
      writer.field("effective_epoch", snapshot.epoch)
      writer.governance(snapshot.governance.value)
      if pending.version != snapshot.governance.version {
        writer.object("pending") {
          $0.field("version", pending.version)
          $0.field("effective_epoch", snapshot.epoch + 1)
          $0.governance(pending.value)
        }
      } else {
        writer.null("pending")
      }
      writer.objects("definitions", Parameter.all) { writer, parameter in
        writer.field("name", parameter.name)
        writer.field("scope", parameter.scope == .router ? "router" : "capability")
        writer.field("accepts", parameter.accepts)
        writer.field("default", parameter.defaultValue)
        writer.field("meaning", parameter.meaning)
      }
    }
  }

  private func history(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery()
    let changes = try service.ledger.governanceHistory()
    return .json { writer in
      writer.objects("changes", changes) { writer, change in
        writer.field("version", change.version)
        writer.field("at", change.at.description)
        writer.field("author", change.author)
        writer.field("reason", change.reason)
        writer.object("parameters") { $0.settings(change.governance) }
      }
    }
  }

  private func change(_ request: Request, _ context: RouterContext) async throws -> Response {
    try request.allowQuery()
    var reader = try FieldReader(try JSONValue.parse(try await request.bytes(limit: limits.smallBody)))
    let parameters = reader.json("parameters")
    let author = reader.optionalString("author", length: 1...200) ?? "api"
    let reason = reader.optionalString("reason", length: 0...2_000) ?? ""
    guard let members = parameters?.members, !members.isEmpty else {
      reader.fail(
        "parameters",
        "must be an object of parameters and their new values; null takes one back to its default")
      try reader.finish()
      return .json { _ in }
    }
    var changes: [(key: String, value: Setting)] = []
    for member in members {
      switch member.value {
      case .null: changes.append((member.name, .none))
      case .string(let text): changes.append((member.name, .text(text)))
      default:
        if let number = member.value.doubleValue {
          changes.append((member.name, .number(number)))
        } else {
          reader.absorb(
            FieldErrors([
              FieldError(
                pointer: "", message: "must be a number, a string or null, got \(member.value.summary)")
            ]),
            under: "/parameters" + JSONPointer.step(member.name))
        }
      }
    }
    try reader.finish()
    do {
      let change = try await service.keeper.govern(changes, author: author, reason: reason)
      let epoch = service.snapshot.epoch + 1
      return .json {
        $0.field("version", change.version)
        $0.field("effective_epoch", epoch)
      }
    } catch let errors as GovernanceErrors {
      throw FieldErrors(
        errors.items.map {
          FieldError(pointer: "/parameters" + JSONPointer.step($0.key), message: $0.message)
        })
    }
  }
}

extension Setting: JSONWritable {
  public func write(to writer: inout JSONWriter) {
    switch self {
    case .number(let value): writer.number(value)
    case .text(let text): writer.string(text)
    case .none: writer.null()
    }
  }
}

extension JSONWriter {
  /// All parameters resolved for the router as a whole, and what was set.
  fileprivate mutating func governance(_ governance: Governance) {
    let rules = governance.rules(for: nil)
    object("parameters") { writer in
      for parameter in Parameter.all { writer.field(parameter.name, parameter.value(in: rules)) }
    }
    object("overrides") { $0.settings(governance) }
  }

  fileprivate mutating func settings(_ governance: Governance) {
    for entry in governance.settings { field(entry.key, entry.value) }
  }
}
