import Foundation
import Wire

/// The vendors that a soak works with: the street's settings, the catalogue that leads to them, and what they took on.
struct SoakStreet {
  let port: Int
  let process: ChildProcess

  /// Variables of a router that uses it: any credential will do.
  static let credentials = Dictionary(
    uniqueKeysWithValues: [
      "OPENAI_API_KEY", "FAL_KEY", "REPLICATE_API_TOKEN", "BFL_API_KEY", "STABILITY_API_KEY",
      "TOGETHER_API_KEY",
      "OPENROUTER_API_KEY", "RUNWAYML_API_SECRET", "LUMA_API_KEY", "LUMAAI_API_KEY", "GEMINI_API_KEY",
      "GOOGLE_OAUTH_ACCESS_TOKEN", "GOOGLE_CLOUD_PROJECT", "AWS_ACCESS_KEY_ID",
    ].map { ($0, "soak-\($0.lowercased())") }
  ).merging([
    "AWS_SECRET_ACCESS_KEY": "street-secret", "AWS_REGION": "us-east-1",
    "AWS_BEDROCK_OUTPUT": "s3://street/films",
  ]) { $1 }

  static let capabilities = [
    "image_generation", "text_generation", "text_to_video", "text_to_speech", "speech_to_text",
  ]

  /// The vendor of the street that a provider is.
  static func vendor(of provider: String) -> String {
    switch provider {
    case "vertex": "google"
    case "chatterbox", "whisper": "local"
    default: provider
    }
  }

  /// - Parameters:
  ///   - share: of the calls that a fault strikes, 0…1.
  ///   - run: how long a job takes there, in milliseconds.
  init(_ setting: Setting, seed: UInt64, share: Double, run: Int) throws {
    port = try LoopbackConnection.freePort()
    let file = setting.folder.appending(path: "street-\(port).yaml")
    try SoakStreet.faults(seed: seed, share: share, run: run).write(
      to: file, atomically: false, encoding: .utf8)
    process = try ChildProcess(
      setting.server, ["sandbox", "vendors", "--port", "\(port)", "--faults", file.path], in: setting.folder)
    for _ in 0..<1_000 where (try? LoopbackConnection(port: port)) == nil {
      guard process.isRunning else { throw BenchFailure("the street did not open: \(process.complaint)") }
      usleep(10_000)
    }
  }

  static func faults(seed: UInt64, share: Double, run: Int) -> String {
    """
    seed: \(seed)
    queue_ms: \(run / 10)
    run_ms: \(run - run / 10)
    \(share > 0 ? "faults: [{fault: any, on: any, probability: \(share)}]" : "faults: []")

    """
  }

  /// The catalogue of a router that has only these vendors.
  static func catalogue(port: Int) -> String {
    let root = "http://127.0.0.1:\(port)"
    let providers = [
      ("openai", "/openai/v1"), ("replicate", "/replicate/v1"), ("bfl", "/bfl"), ("stability", "/stability"),
      ("together", "/together"), ("openrouter", "/openrouter/api/v1"), ("runway", "/runway/v1"),
      ("luma", "/luma/v1"), ("dreammachine", "/dreammachine/v1"), ("google", "/google/v1beta"),
      ("chatterbox", "/local/chatterbox"), ("whisper", "/local/whisper"),
    ]
    let models: [(id: String, model: String, capability: String)] = [
      ("fal/flux-dev", "fal-ai/flux/dev", "image_generation"),
      ("replicate/flux-schnell", "black-forest-labs/flux-schnell", "image_generation"),
      ("bfl/flux-2-pro", "flux-2-pro", "image_generation"),
      ("together/flux-1-schnell", "black-forest-labs/FLUX.1-schnell", "image_generation"),
      ("stability/core", "stable-image/generate/core", "image_generation"),
      ("openai/gpt-image-1-mini", "gpt-image-1-mini", "image_generation"),
      ("runway/gen4-image", "gen4_image", "image_generation"), ("luma/uni-1", "uni-1", "image_generation"),
      ("dreammachine/photon-1", "photon-1", "image_generation"),
      ("openai/gpt-5-mini", "gpt-5-mini", "text_generation"),
      ("google/gemini-2.5-flash", "gemini-2.5-flash", "text_generation"),
      ("together/llama-3.3-70b", "meta-llama/Llama-3.3-70B-Instruct-Turbo", "text_generation"),
      ("openrouter/gpt-4o-mini", "openai/gpt-4o-mini", "text_generation"),
      ("bedrock/nova-lite", "amazon.nova-lite-v1:0", "text_generation"),
      ("fal/kling-2.5-turbo", "fal-ai/kling-video/v2.5-turbo/pro/text-to-video", "text_to_video"),
      ("together/hailuo-02", "minimax/hailuo-02", "text_to_video"),
      ("openrouter/veo-3.1", "google/veo-3.1", "text_to_video"),
      ("google/omni", "gemini-omni-1.1-flash", "text_to_video"), ("luma/ray-3.2", "ray-3.2", "text_to_video"),
      ("dreammachine/ray-2", "ray-2", "text_to_video"), ("bedrock/ray-2", "luma.ray-v2:0", "text_to_video"),
      ("vertex/veo-3.1", "veo-3.1-generate-001", "text_to_video"),
      ("openai/gpt-4o-mini-tts", "gpt-4o-mini-tts", "text_to_speech"),
      ("fal/f5-tts", "fal-ai/f5-tts", "text_to_speech"),
      ("together/sonic-2", "cartesia/sonic-2", "text_to_speech"),
      ("chatterbox/base", "base", "text_to_speech"),
      ("openai/whisper-1", "whisper-1", "speech_to_text"),
      ("whisper/large-v3", "large-v3", "speech_to_text"),
    ]
    let fal =
      "  - {id: fal, name: fal, concurrency: 1000, base_urls: {api: \"\(root)/fal\", keys: \"\(root)/fal\"}}"
    let clouds = [
      (
        "bedrock",
        "{runtime: \"\(root)/bedrock\", control: \"\(root)/bedrock\", storage: \"\(root)/bedrock/s3\"}"
      ),
      ("vertex", "{api: \"\(root)/google/v1\", storage: \"\(root)/google/gcs\"}"),
    ].map { "  - {id: \($0), name: \($0), concurrency: 1000, poll_floor: 500ms, base_urls: \($1)}" }
    let others = providers.map { id, path in
      "  - {id: \(id), name: \(id), concurrency: 1000, base_url: \"\(root)\(path)\"}"
    }
    let entries = models.map {
      "  - {id: \($0.id), model: \"\($0.model)\", capabilities: [\($0.capability)]}"
    }
    return (["version: 1", "providers:", fal] + others + clouds + ["models:"] + entries).joined(
      separator: "\n") + "\n"
  }

  /// Everything that the vendors took on so far.
  func submissions() throws -> [SoakReconciliation.Submission] {
    let connection = try LoopbackConnection(port: port, patience: 30)
    var all: [SoakReconciliation.Submission] = []
    while true {
      let page = try connection.json("GET", "/street/submissions?after=\(all.count)")
      let rows = page["submissions"]?.arrayValue ?? []
      all += rows.map { row in
        .init(
          id: row["id"]?.stringValue ?? "", vendor: row["vendor"]?.stringValue ?? "",
          reference: row["reference"]?.stringValue, stage: row["stage"]?.stringValue ?? "",
          isCharged: row["charged"]?.boolValue ?? false, takenAt: row["taken_at_us"]?.integerValue ?? 0)
      }
      if rows.isEmpty || all.count >= page["total"]?.integerValue ?? 0 { return all }
    }
  }
}
