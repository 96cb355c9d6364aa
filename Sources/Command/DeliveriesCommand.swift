public import ArgumentParser
import Foundation
public import Jobs
import Persistence
import Routing
import Serving
import Wire

/// `pointsman deliveries`: what customers' endpoints were told, the dead letters, and what is signed with.
struct DeliveriesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "deliveries", abstract: "Show what customers' endpoints were told, and retry dead letters.",
    subcommands: [List.self, Retry.self, Secret.self])

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show deliveries, the latest first.")

    @Option(help: "Only those in this state: pending, delivered, dead.")
    var state: DeliveryState?

    @Option(help: "Only those of this job.")
    var job: Identifier?

    @Option(help: "How many at most, from 1 to 500.")
    var limit = 50

    @OptionGroup var source: SourceOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
      if !(1...500).contains(limit) {
        throw ValidationError("--limit must be from 1 to 500, got \(limit)")
      }
    }

    func run() async throws {
      let answer = try await source.answer {
        let ledger = try SQLiteLedger(path: $0, access: .readOnly)
        defer { try? ledger.close() }
        return try StoredDeliveries.list(ledger, state, job, limit)
      } served: {
        try await $0.get(
          "/v1/deliveries",
          [("state", state?.rawValue), ("job", job?.description), ("limit", String(limit))])
      }
      output.show(answer) { DeliveriesCommand.text(answer) }
    }
  }

  struct Retry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Take a delivery out of the dead letters: it is tried again, as often as a new one.")

    @Argument(help: "The delivery's id.")
    var id: Identifier

    @OptionGroup var source: SourceOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
      let answer = try await source.answer {
        try StoredDeliveries.retry(id, $0, at: SystemClock().now)
      } served: {
        try await $0.post(Client.path("v1", "deliveries", id.description, "retry"))
      }
      output.show(answer) {
        let when = source.database == nil ? "now" : "when a router runs on the database"
        return "delivery \(id) is tried again \(when)"
      }
    }
  }

  struct Secret: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "Make a secret to sign deliveries with. It is shown once; the ones before it sign on for a while.")

    @Option(help: "Whose deliveries; those of jobs without a tenant when not given.")
    var tenant: String?

    @Option(help: "How long the secrets before it sign on, such as 24h; 30d at most.")
    var overlap = "24h"

    @OptionGroup var server: ServerOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
      guard let span = Span(overlap), span <= .days(30) else {
        throw ValidationError("--overlap must be a span of at most 30d, such as 24h, got \(overlap)")
      }
      if let tenant, !(1...200).contains(tenant.unicodeScalars.count) {
        throw ValidationError("--tenant must have 1 to 200 characters")
      }
    }

    func run() async throws {
      let seconds = Span(overlap).map { $0.microseconds / 1_000_000 } ?? 0
      var members: [JSONValue.Member] = [.init("overlap_s", .integer(seconds))]
      if let tenant { members.append(.init("tenant", .string(tenant))) }
      let answer = try await server.client().post("/v1/callback-secrets", .object(members))
      output.show(answer) { answer.text("secret") }
    }
  }

  static func text(_ answer: JSONValue) -> String {
    let deliveries = answer["deliveries"]?.arrayValue ?? []
    guard !deliveries.isEmpty else { return "no deliveries" }
    var table = TextTable(
      .text("id"), .text("event"), .text("state"), .number("attempts"), .text("due"), .text("last"),
      .text("url", limit: 48))
    for delivery in deliveries {
      let last =
        delivery["last_failure"]?.stringValue ?? delivery["last_status"]?.integerValue.map { "\($0)" }
      table.add(
        delivery.text("id"), delivery.text("event"), delivery.text("state"), delivery.text("attempts"),
        delivery["due_at"]?.stringValue ?? "", last ?? "", delivery.text("url"))
    }
    let more = answer["next"]?.stringValue == nil ? "" : "\nthere are more; --limit shows up to 500"
    return table.text + more
  }
}

/// Deliveries of a database that no router runs on, in the shapes in which a router answers.
enum StoredDeliveries {
  static func list(
    _ ledger: SQLiteLedger, _ state: DeliveryState?, _ job: Identifier?, _ limit: Int
  ) throws -> JSONValue {
    let found = try ledger.deliveries(state: state, job: job, before: nil, limit: limit + 1)
    let page = found.prefix(limit)
    let next = found.count > limit ? page.last.map { JSONValue.string($0.id.description) } : nil
    return ["deliveries": .array(page.map(json)), "next": next ?? .null]
  }

  static func retry(_ id: Identifier, _ path: String, at now: Instant) throws -> JSONValue {
    guard FileManager.default.fileExists(atPath: path) else { throw LedgerError.missing(path: path) }
    let ledger = try SQLiteLedger(path: path, access: .readWrite)
    defer { try? ledger.close() }
    guard let before = try ledger.delivery(id) else { throw CommandFailure("no delivery has the id \(id)") }
    var after = before
    guard after.retry(at: now) else {
      throw CommandFailure("delivery \(id): \(DeliveryRefusal.notDead(before.state))")
    }
    var batch = LedgerBatch()
    batch.deliveries = [DeliveryChange(after, before: before.revision)]
    _ = try ledger.append(batch)
    return json(after)
  }

  private static func json(_ delivery: Delivery) -> JSONValue {
    func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
    return [
      "id": .string(delivery.id.description), "job": .string(delivery.job.description),
      "tenant": text(delivery.tenant), "event": .string(delivery.event), "url": .string(delivery.url),
      "state": .string(delivery.state.rawValue), "attempts": .integer(Int64(delivery.attempts)),
      "tries": .integer(Int64(delivery.tries)), "created_at": .string(delivery.created.description),
      "due_at": text(delivery.due?.description), "ended_at": text(delivery.ended?.description),
      "last_status": delivery.lastStatus.map { .integer(Int64($0)) } ?? .null,
      "last_failure": text(delivery.lastFailure),
    ]
  }
}

extension DeliveryState: ExpressibleByArgument {
  public init?(argument: String) { self.init(rawValue: argument) }

  public var defaultValueDescription: String { rawValue }
  public static var allValueStrings: [String] { allCases.map(\.rawValue) }
}
