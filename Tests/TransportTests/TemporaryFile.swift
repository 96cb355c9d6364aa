import Foundation

/// A path in the system's folder for temporary files, this process's own.
func temporaryFile(_ name: String) -> String {
  FileManager.default.temporaryDirectory.appending(
    path: "transport-\(ProcessInfo.processInfo.processIdentifier)-\(name)"
  ).path
}
