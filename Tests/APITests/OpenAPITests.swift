import API
import Foundation
import HTTPTypes
import Hummingbird
import Jobs
import Recipes
import Routing
import Serving
import TestSupport
import Testing
import Wire

/// The published contract, held against the routes and against real answers.
@Suite struct OpenAPITests {
  static let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Sources/API/openapi.yaml")

  @Test("every route is in the document, and everything in the document is a route")
  func routes() async throws {
    let text = try String(contentsOf: Self.file, encoding: .utf8)
    var documented: Set<String> = []
    var path = ""
    // Paths stand two spaces deep, their methods four.
    for line in text.split(separator: "\n").drop(while: { $0 != "paths:" }).prefix(while: {
      $0 != "components:"
    }) {
      if line.hasPrefix("  /"), line.hasSuffix(":") { path = String(line.dropFirst(2).dropLast()) }
      for method in ["get", "post", "put", "patch", "delete"] where line == "    \(method):" {
        documented.insert("\(method.uppercased()) \(path)")
      }
    }
    let routes = try await JobRouter.run { world in
      RouterAPI.router(world.router.service, parts: world.parts).routes.filter { $0.method != .head }.map(
        \.description)
    }
    #expect(documented == Set(routes))
    #expect(documented.count == routes.count && documented.count > 20)
  }

  @Test("the document that is served is the one in the sources")
  func served() async throws {
    try await TestRouter.run { router in
      let reply = try await router.get("/openapi.yaml")
      #expect(reply.status == 200 && reply.headers[.contentType] == "application/yaml")
      #expect(try reply.bytes == Array(Data(contentsOf: Self.file)))
    }
  }

  @Test("the contract's table of settings and signals is that of the core")
  func namesOfTheCore() throws {
    let text = try String(contentsOf: Self.file, encoding: .utf8)
    for name in Capability.names + SignalKind.names + PolicyKind.allCases.map(\.rawValue)
      + Reason.allCases.map(\.name)
      + Outcome.State.allCases.map(\.rawValue) + JobState.allCases.map(\.rawValue)
      + AttemptState.allCases.map(\.rawValue) + ErrorCode.allCases.map(\.rawValue)
      + FailureClass.allCases.map(\.rawValue) + BlockReason.allCases.map(\.rawValue)
      + JobLogEntry.Kind.allCases.map(\.rawValue) + LiveObstacle.Kind.allCases.map(\.rawValue)
      + WorkParameter.allCases.map(\.rawValue) + DeliveryState.allCases.map(\.rawValue)
      + GenerationState.allCases.map(\.rawValue) + StepState.allCases.map(\.rawValue)
      + ElementState.allCases.map(\.rawValue)
    {
      #expect(text.contains(name), "\(name)")
    }
  }

  @Test(
    "the document is valid OpenAPI 3.1, and real requests and answers are what it says",
    .enabled(if: Python.hasTools, "needs python3 with openapi-spec-validator, jsonschema and PyYAML"))
  func conforms() async throws {
    let deciding = try await TestRouter.run { router in try await Exchanges.record(router) }
    let executing = try await JobRouter.run { world in try await JobExchanges.record(world) }
    let exchanges = JSONValue.array((deciding.arrayValue ?? []) + (executing.arrayValue ?? []))
    #expect(exchanges.arrayValue?.count ?? 0 > 160)
    let folder = FileManager.default.temporaryDirectory.appending(path: "contract-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let record = folder.appending(path: "exchanges.json")
    try Data(exchanges.serialized()).write(to: record)
    let (status, output) = try Python.run(Python.check, Self.file.path, record.path)
    #expect(status == 0, "\(output)")
  }
}
