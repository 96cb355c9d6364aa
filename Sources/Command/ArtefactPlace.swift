import Adapters
import ArgumentParser
import Declarations
import Foundation
import Persistence
import Routing
import Serving
import Transport

/// How a bucket is reached: the settings beside `artefacts: s3://bucket/prefix`.
struct BucketSettings {
  /// Nil for AWS.
  var endpoint: String?
  var region = "us-east-1"
  /// The environment variable of the access key; nil for `AWS_ACCESS_KEY_ID`.
  var credential: String?
  /// Whether readers are sent to the bucket.
  var redirects = true

  init() {}

  /// Reads `artefacts_endpoint`, `artefacts_region`, `artefacts_credential` and `artefacts_redirect`.
  init(_ fields: YAMLFields) {
    endpoint = fields.optionalString("artefacts_endpoint")
    region = fields.optionalString("artefacts_region") ?? region
    credential = fields.optionalString("artefacts_credential")
    redirects = fields.optionalBool("artefacts_redirect") ?? redirects
  }
}

/// Who may read an artefact.
enum ArtefactLinkChoice: String, ExpressibleByArgument, CaseIterable {
  /// Whoever has a signed link.
  case signed
  /// Whoever knows its address.
  case open
  /// The former where the router can be reached from elsewhere.
  case auto
}

extension ServeSettings {
  /// The bucket that artefacts go to; nil when they go to a folder.
  var s3: S3Bucket? {
    get throws(S3BucketFault) {
      guard let artefacts, artefacts.hasPrefix("s3:") else { return nil }
      return try S3Bucket(artefacts, endpoint: bucket.endpoint, region: bucket.region)
    }
  }

  /// A router on the loopback that nobody leads others to is asked by those alone who are on its machine, and they have
  /// no keys either. With a public address in front of it, it cannot tell who asks.
  var requiresLinks: Bool {
    switch artefactLinks {
    case .signed: true
    case .open: false
    case .auto: publicURL != nil || !["127.0.0.1", "::1", "localhost"].contains(host)
    }
  }
}

/// Where artefacts are kept, as the settings say.
struct ArtefactPlace {
  let store: any ArtefactKeeping
  private let bucket: S3Store?

  /// - Throws: when a folder cannot be used. A bucket is asked nothing yet.
  init(
    _ settings: ServeSettings, transport: HTTPTransport, clock: any WallClock,
    variable: @escaping @Sendable (String) -> String?
  ) throws {
    guard let place = try settings.s3 else {
      store = try ArtefactFolder(path: settings.artefactFolder, publicBase: settings.publicURL)
      bucket = nil
      return
    }
    var chosen = S3Store.Settings(
      bucket: place,
      spool: URL(fileURLWithPath: settings.database).deletingLastPathComponent().appending(path: "spool").path
    )
    chosen.credential = settings.bucket.credential
    chosen.redirects = settings.bucket.redirects
    chosen.publicBase = settings.publicURL
    let made = try S3Store(chosen, transport: transport, clock: clock, variable: variable)
    store = made
    bucket = made
  }

  /// Ends what uploads of earlier processes left behind. Nothing where no credentials are: nothing was uploaded.
  func tidy() async throws {
    do {
      _ = try await bucket?.abortAbandoned()
    } catch S3Failure.noCredential {
      return
    }
  }
}

struct NoAccount: Error, CustomStringConvertible {
  var description: String { "this ledger keeps no account of artefacts" }
}
