import Adapters
import Declarations
import Foundation
import Logging
import Routing
import Serving
import ServiceLifecycle

/// Reads the catalogue and the vendors' declarations again, on SIGHUP or when a caller has put in a new catalogue. What
/// is faulty changes nothing; what is good reaches decisions with the next epoch and executors at once.
actor CatalogueReload {
  /// What a catalogue and a folder of declarations come to.
  struct Stock: Sendable {
    var catalogue: Routing.Catalogue
    var adapters: AdapterStock
  }

  private let path: String
  private let build: @Sendable (Routing.Catalogue) throws -> AdapterStock
  private let record: @Sendable (Routing.Catalogue) async throws -> Void
  private let adopt: @Sendable (Stock) async throws -> Void
  private let logger: Logger
  private var told: Set<String>
  /// One reload at a time: an actor lets others in while it waits.
  private var last: Task<Bool, Never>?

  /// - Parameters:
  ///   - path: of the catalogue.
  ///   - build: makes adapters; throws what is wrong with the declarations.
  ///   - record: makes a catalogue the one of the next epoch.
  ///   - adopt: hands it to the executors.
  ///   - told: what the log has said of providers that are skipped.
  init(
    path: String, build: @escaping @Sendable (Routing.Catalogue) throws -> AdapterStock,
    record: @escaping @Sendable (Routing.Catalogue) async throws -> Void,
    adopt: @escaping @Sendable (Stock) async throws -> Void, told: [String], logger: Logger
  ) {
    self.path = path
    self.build = build
    self.record = record
    self.adopt = adopt
    self.logger = logger
    self.told = Set(told)
  }

  /// Reads the file again.
  ///
  /// - Returns: whether it was good; if not, nothing has changed, and the log says why, line by line.
  @discardableResult
  func reload() async -> Bool {
    await inTurn { [self] in
      do {
        let catalogue = try CatalogueFile.load(path: path)
        let stock = Stock(catalogue: catalogue, adapters: try build(catalogue))
        try await record(catalogue)
        try await take(stock)
        logger.info(
          "the catalogue was read again; it holds from the next epoch on",
          metadata: [
            "providers": "\(catalogue.providers.count)", "candidates": "\(catalogue.candidates.count)",
          ])
        return true
      } catch {
        await complain(error)
        return false
      }
    }
  }

  /// Makes the executors follow a catalogue that has been recorded already, such as by `PUT /v1/catalogue`.
  @discardableResult
  func follow(_ catalogue: Routing.Catalogue) async -> Bool {
    await inTurn { [self] in
      do {
        try await take(Stock(catalogue: catalogue, adapters: try build(catalogue)))
        return true
      } catch {
        await complain(error)
        return false
      }
    }
  }

  private func inTurn(_ work: @escaping @Sendable () async -> Bool) async -> Bool {
    let before = last
    let task = Task {
      _ = await before?.value
      return await work()
    }
    last = task
    return await task.value
  }

  private func take(_ stock: Stock) async throws {
    try await adopt(stock)
    // Said once, and again when it has been mended and has come back.
    let obstacles = stock.adapters.obstacles
    for obstacle in obstacles where !told.contains(obstacle) { logger.notice("\(obstacle)") }
    told = Set(obstacles)
  }

  private func complain(_ error: any Error) {
    guard let faults = (error as? DeclarationErrors)?.errors else {
      logger.error("the catalogue was not read again, nothing has changed: \(error)")
      return
    }
    logger.error(
      "the catalogue was not read again, nothing has changed: \(path)",
      metadata: ["errors": "\(faults.count)"])
    for fault in faults { logger.error("\(fault)") }
  }
}

/// Reads the catalogue again whenever the process gets SIGHUP.
struct HangupService: Service {
  private let reload: CatalogueReload

  /// From here on the signal does not end the process any more.
  init(_ reload: CatalogueReload) {
    self.reload = reload
    signal(SIGHUP, SIG_IGN)
  }

  func run() async throws {
    let (hangups, entrance) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let source = DispatchSource.makeSignalSource(
      signal: SIGHUP, queue: DispatchQueue(label: "pointsman.hangup"))
    source.setEventHandler { entrance.yield() }
    source.activate()
    await cancelWhenGracefulShutdown {
      for await _ in hangups { await reload.reload() }
    }
    source.cancel()
  }
}
