public import Composition
import Foundation
import Transport

/// How a composition service works.
public struct CompositorSettings: Sendable {
  /// The program, or its name to be found in `PATH`. `ffprobe` is looked for beside it.
  public var ffmpeg = "ffmpeg"
  /// For inputs, work and results. Belongs to one service alone: what it finds there at its start is removed.
  public var folder: String
  /// Inputs may come from any public host by https, and from these whatever their address: `127.0.0.1:8080`.
  public var allowedHosts: [AllowedHost] = []
  public var limits = CompositionLimits()
  /// Compositions under way at the same time.
  public var places = 1
  /// Compositions that wait for a place; more are refused.
  public var queue = 32
  /// Of one ffmpeg, for filters and for the encoder each.
  public var threads = 2
  /// How long one composition may take once its inputs are there.
  public var runLimit = Duration.seconds(1_800)
  /// How long all inputs of one composition may take to come.
  public var fetchLimit = Duration.seconds(600)
  /// How long results, and uploads that nobody used, are kept.
  public var retention = Duration.seconds(3_600)
  /// Uploads kept at the same time.
  public var uploads = 128
  /// Of a request's body, which may hold inputs in data URLs.
  public var requestBytes = 64 << 20

  public init(folder: String) { self.folder = folder }

  /// The program of the same installation, such as `ffprobe`.
  func sibling(_ name: String) -> String {
    guard let slash = ffmpeg.lastIndex(of: "/") else { return name }
    return ffmpeg[...slash] + name
  }

  /// Where an input may be fetched from.
  func policy(for url: String) -> OutboundPolicy {
    guard let host = URL(string: url).flatMap({ AllowedHost($0) }), allowedHosts.contains(host) else {
      return .publicHTTPS
    }
    return OutboundPolicy(
      hosts: [host.name], schemes: [.http, .https], ports: [host.port],
      allowedRanges: CompositorSettings.privateRanges)
  }

  private static let privateRanges = [
    "127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7",
  ].compactMap { AddressRange($0) }
}

/// A host and port that inputs may come from although they are not public: `127.0.0.1:8080`, `media.local:9000`.
public struct AllowedHost: Hashable, Sendable, CustomStringConvertible {
  public let name: String
  public let port: Int

  /// - Returns: nil for anything but a name or an IPv4 address with a port.
  public init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, let port = Int(parts[1]), (1...65_535).contains(port),
      parts[0].allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "." || $0 == "-") })
    else { return nil }
    name = parts[0].lowercased()
    self.port = port
  }

  init?(_ url: URL) {
    guard let host = url.host() else { return nil }
    self.init("\(host):\(url.port ?? (url.scheme?.lowercased() == "http" ? 80 : 443))")
  }

  public var description: String { "\(name):\(port)" }
}
