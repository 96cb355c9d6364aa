import ArgumentParser
import Compositor
import Foundation
import Hummingbird
import Logging
import NIOCore
import Transport

/// `pointsman compose`: films put together by ffmpeg, as a service of one's own.
struct ComposeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compose",
    abstract: "Compose films with the ffmpeg of this machine.",
    subcommands: [Serve.self])

  struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Serve ffmpeg over HTTP: clips joined, pictures, texts and sound over them.",
      discussion: """
        The provider 'ffmpeg' of the catalogue expects it at port 8006; data/vendors/ffmpeg.yaml shows a request. Inputs \
        are fetched from public https addresses only, and from hosts named with --allow. GET /health says how it is. \
        Compositions end with the service; what a killed one has left is removed at the next start.
        """)

    @Option(help: "Port to listen on, on the loopback; 0 takes a free one.")
    var port = 8006

    @Option(help: ArgumentHelp("The program; ffprobe must lie beside it.", valueName: "path"))
    var ffmpeg = "ffmpeg"

    @Option(
      help: ArgumentHelp(
        "For inputs, work and results; those of an earlier run are removed.", valueName: "dir"))
    var folder = "var/compose"

    @Option(
      help: ArgumentHelp(
        "Let inputs come from a host that is not public, such as 127.0.0.1:8080; may be given several times.",
        valueName: "host:port"))
    var allow: [String] = []

    @Option(help: "Compositions at the same time.")
    var places = 1

    @Option(help: "Compositions that may wait for a place.")
    var queue = 32

    @Option(help: "Threads of each ffmpeg.")
    var threads = 2

    func settings() throws -> CompositorSettings {
      guard (0...65_535).contains(port) else {
        throw ValidationError("--port must be from 0 to 65535, got \(port)")
      }
      var settings = CompositorSettings(folder: folder)
      settings.ffmpeg = ffmpeg
      for text in allow {
        guard let host = AllowedHost(text) else {
          throw ValidationError("--allow must be a host and port such as 127.0.0.1:8080, got '\(text)'")
        }
        settings.allowedHosts.append(host)
      }
      for (name, value, range) in [
        ("--places", places, 1...64), ("--queue", queue, 0...10_000), ("--threads", threads, 1...64),
      ] {
        guard range.contains(value) else {
          throw ValidationError(
            "\(name) must be from \(range.lowerBound) to \(range.upperBound), got \(value)")
        }
      }
      settings.places = places
      settings.queue = queue
      settings.threads = threads
      return settings
    }

    func validate() throws { _ = try settings() }

    func run() async throws {
      let logger = Logger(label: "pointsman")
      let workbench = try Workbench(try settings(), transport: try HTTPTransport(), logger: logger)
      let health = await workbench.health()
      if let detail = health.detail { logger.warning("\(detail)") }
      let version = health.version.map { " with ffmpeg \($0)" } ?? ""
      let application = CompositionServer.application(
        workbench, host: "127.0.0.1", port: port, logger: logger
      ) { port in
        logger.info("compositions are made on http://127.0.0.1:\(port)\(version)")
      }
      do {
        try await application.runService()
      } catch let error as IOError where error.errnoCode == EADDRINUSE {
        throw PortTaken(host: "127.0.0.1", port: port)
      }
    }
  }
}
