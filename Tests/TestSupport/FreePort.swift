import Foundation
import Synchronization

/// Ports of the loopback for servers that must be told one.
public enum FreePort {
  private static let given = Mutex<Set<Int>>([])

  /// One on which nobody listens, below the range from which connections get theirs (from 32768 on), so that none takes
  /// it before the server does. Nobody else in this process is given it.
  public static func next() throws -> Int {
    for _ in 0..<1_000 {
      let port = Int.random(in: 12_000..<32_000)
      guard given.withLock({ $0.insert(port).inserted }) else { continue }
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
      defer { close(descriptor) }
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = inet_addr("127.0.0.1")
      address.sin_port = in_port_t(port).bigEndian
      let isFree = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
      }
      if isFree { return port }
    }
    throw POSIXError(.EADDRNOTAVAIL)
  }
}
