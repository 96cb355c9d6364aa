import Foundation
import Persistence
import Routing
import Wire

/// `pointsman serve` with the vendors of the webhooks, whose addresses lead to this machine.
final class WebhookRouter {
  let port: Int
  let process: ChildProcess

  /// - Parameters:
  ///   - vendors: what stands for the vendors' servers.
  ///   - more: further arguments.
  init(
    _ setting: Setting, database: URL, vendors: LoopbackListener, signer: WebhookSigner, _ more: [String] = []
  ) throws {
    port = try LoopbackConnection.freePort()
    let catalogue = setting.folder.appending(path: "webhooks.yaml")
    try WebhookRouter.catalogue(vendors.port).write(to: catalogue, atomically: false, encoding: .utf8)
    process = try ChildProcess(
      setting.server,
      [
        "serve", "--port", "\(port)", "--database", database.path, "--catalogue", catalogue.path, "--epoch",
        "7d", "--embedding", "hashing", "--log-level", "critical", "--artefacts",
        setting.folder.appending(path: "webhook-artefacts").path, "--public-url",
        "http://127.0.0.1:\(port)", "--artefact-links", "open",
      ] + more, in: setting.folder,
      environment: [
        "REPLICATE_WEBHOOK_SECRET": signer.secret, "REPLICATE_API_TOKEN": "bench", "FAL_KEY": "bench",
      ])
    let begin = Measurement.now()
    while (try? LoopbackConnection(port: port).exchange(LoopbackConnection.request("GET", "/readyz"))) != 200
    {
      guard process.isRunning, Measurement.now() - begin < 120_000_000_000 else {
        process.stop()
        throw BenchFailure("pointsman did not start: \(process.complaint)")
      }
      usleep(5_000)
    }
  }

  func connect() throws -> LoopbackConnection { try LoopbackConnection(port: port) }

  /// Decisions that were made for a vendor.
  func decisions(_ count: Int, _ vendor: WebhookSigner.Vendor) throws -> [Identifier] {
    let connection = try connect()
    let one =
      #"{"capability":"image_generation","intent":"a lighthouse in a storm","constraints":{"only":["\#(vendor)"]}}"#
    var ids: [Identifier] = []
    while ids.count < count {
      let many = Array(repeating: one, count: min(1_000, count - ids.count)).joined(separator: ",")
      let answer = try connection.json("POST", "/v1/decisions:batch", "{\"decisions\":[\(many)]}")
      let made = (answer["decisions"]?.arrayValue ?? []).compactMap {
        $0["decision_id"]?.stringValue.flatMap { Identifier($0) }
      }
      guard !made.isEmpty else { throw BenchFailure("no decision was made for \(vendor)") }
      ids += made
    }
    return ids
  }

  private static func catalogue(_ port: Int) -> String {
    """
    version: 1
    providers:
      - {id: fal, name: fal, base_urls: {api: "http://127.0.0.1:\(port)/fal", keys: "http://127.0.0.1:\(port)/fal"}}
      - {id: replicate, name: Replicate, base_url: "http://127.0.0.1:\(port)/replicate"}
    models:
      - {id: fal/flux-dev, model: fal-ai/flux/dev, capabilities: [image_generation]}
      - {id: replicate/flux-schnell, model: black-forest-labs/flux-schnell, capabilities: [image_generation]}

    """
  }
}
