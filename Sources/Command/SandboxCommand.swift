import ArgumentParser
import Foundation
import Hummingbird
import Logging
import NIOCore
import VendorStreet

/// `pointsman sandbox`: the world outside, in miniature.
struct SandboxCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sandbox",
    abstract: "Stand-ins for what is outside, to try things on without an account.",
    subcommands: [Vendors.self])

  struct Vendors: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Serve every vendor's contract on one port, each under its name, with faults on request.",
      discussion: """
        Vendors: \(Street.vendorNames.joined(separator: ", ")). Any key works; one that begins with 'invalid' is \
        refused, one that begins with 'broke' has no credit. GET /street/journal shows what was done and charged, GET \
        /street/submissions every piece of work that was taken on, PUT /street/faults changes the faults.
        """)

    @Option(help: "Port to listen on, on the loopback; 0 takes a free one.")
    var port = 9100

    @Option(help: ArgumentHelp("YAML of settings and faults.", valueName: "file"))
    var faults: String?

    func validate() throws {
      guard (0...65_535).contains(port) else {
        throw ValidationError("--port must be from 0 to 65535, got \(port)")
      }
    }

    func run() async throws {
      let settings = try faults.map { try StreetFile.load(path: $0) } ?? StreetSettings()
      let logger = Logger(label: "pointsman")
      let application = Street(settings).application(host: "127.0.0.1", port: port, logger: logger) { port in
        logger.info("the vendors listen on http://127.0.0.1:\(port)/<vendor>")
      }
      do {
        try await application.runService()
      } catch let error as IOError where error.errnoCode == EADDRINUSE {
        throw PortTaken(host: "127.0.0.1", port: port)
      }
    }
  }
}
