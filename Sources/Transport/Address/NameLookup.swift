import Dispatch
import Glibc

/// How host names become addresses.
///
/// libcurl's own look-up starts a thread for each, and cancelling one waits for that thread, so names are
/// looked up here: each once for all calls that need it, on at most ``lanes`` threads.
public struct NameLookup: Sendable {
  let addresses: @Sendable (String) throws(LookupFailure) -> [IPAddress]

  /// - Parameter addresses: the addresses of a host name, in the order in which they are to be tried. May
  ///   block.
  public init(_ addresses: @escaping @Sendable (_ host: String) throws(LookupFailure) -> [IPAddress]) {
    self.addresses = addresses
  }

  /// What the operating system says.
  public static let system = NameLookup { (host) throws(LookupFailure) in
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var first: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, nil, &hints, &first)
    guard code == 0, let first else { throw LookupFailure(String(cString: gai_strerror(code))) }
    defer { freeaddrinfo(first) }
    return sequence(first: first, next: \.pointee.ai_next).compactMap { entry in
      entry.pointee.ai_addr.flatMap { IPAddress($0) }
    }
  }

  /// The most look-ups at a time, over all transports of the process.
  static let lanes = 4

  /// A serial queue runs one look-up at a time and holds a thread only while it does.
  private static let queues = (0..<lanes).map { DispatchQueue(label: "transport.lookup.\($0)") }

  /// Looks a name up elsewhere and reports from there.
  func start(_ host: String, _ report: @escaping @Sendable (Result<[IPAddress], LookupFailure>) -> Void) {
    let lane = host.utf8.reduce(5381) { ($0 &* 33) ^ UInt($1) } % UInt(NameLookup.lanes)
    NameLookup.queues[Int(lane)].async {
      do throws(LookupFailure) {
        let found = try addresses(host)
        report(found.isEmpty ? .failure(LookupFailure("the name has no address")) : .success(found))
      } catch {
        report(.failure(error))
      }
    }
  }
}

/// Why a name has no address.
public struct LookupFailure: Error, Sendable, Equatable {
  public let text: String

  public init(_ text: String) { self.text = text }
}
