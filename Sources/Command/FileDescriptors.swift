import Foundation

/// How many files and connections this process may have open at once.
enum FileDescriptors {
  /// More is of no use to one process on one machine, and some tables grow with the limit.
  static let most: UInt64 = 65_536

  /// Raises the soft limit as far as the system lets it, at most to ``most``; never lowers it.
  ///
  /// - Returns: the limit that holds now.
  @discardableResult
  static func raise() -> UInt64 {
    var limit = rlimit()
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    guard getrlimit(resource, &limit) == 0 else { return 0 }
    let wanted = min(UInt64(limit.rlim_max), most)
    guard UInt64(limit.rlim_cur) < wanted else { return UInt64(limit.rlim_cur) }
    let before = limit.rlim_cur
    limit.rlim_cur = rlim_t(wanted)
    return setrlimit(resource, &limit) == 0 ? wanted : UInt64(before)
  }
}
