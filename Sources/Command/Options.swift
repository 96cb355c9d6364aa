public import ArgumentParser
import Foundation
public import Routing
import Wire

/// Which router a command talks to.
struct ServerOptions: ParsableArguments {
  static let standard = "http://127.0.0.1:8080"
  static let variable = "POINTSMAN_SERVER"

  @Option(
    help: ArgumentHelp(
      "The router's address.", discussion: "Default: \(variable), or \(standard).", valueName: "url"))
  var server: String?

  func validate() throws {
    if let server, Client.base(server) == nil {
      throw ValidationError("--server must be a URL such as \(ServerOptions.standard), got '\(server)'")
    }
  }

  func client() throws -> Client {
    let environment = ProcessInfo.processInfo.environment[ServerOptions.variable].flatMap {
      $0.isEmpty ? nil : $0
    }
    let address = server ?? environment ?? ServerOptions.standard
    guard let client = Client(address) else {
      throw ValidationError(
        "\(ServerOptions.variable) must be a URL such as \(ServerOptions.standard), got '\(address)'")
    }
    return client
  }
}

/// A router, or its database when none runs.
struct SourceOptions: ParsableArguments {
  @OptionGroup var server: ServerOptions

  @Option(help: ArgumentHelp("Work on this database, when no router runs on it.", valueName: "file"))
  var database: String?

  func validate() throws {
    if server.server != nil, database != nil {
      throw ValidationError("give --server or --database, not both")
    }
  }

  /// What the database says where one is named, and else the router.
  func answer(
    stored: (_ path: String) throws -> JSONValue, served: (Client) async throws -> JSONValue
  ) async throws -> JSONValue {
    if let database { return try stored(database) }
    return try await served(try server.client())
  }
}

struct OutputOptions: ParsableArguments {
  @Flag(help: "Print JSON.")
  var json = false
}

/// A database that a command reads.
struct DatabaseOption: ParsableArguments {
  @Option(help: ArgumentHelp("The database; a router may run on it.", valueName: "file"))
  var database = "var/pointsman.db"
}

extension Capability: ExpressibleByArgument {
  public init?(argument: String) { self.init(name: argument) }

  public var defaultValueDescription: String { name }
  public static var allValueStrings: [String] { names }
}

extension Identifier: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }

  public var defaultValueDescription: String { description }
}
