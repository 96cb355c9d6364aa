import Foundation
import Wire

/// Requests and answers as they stand in files, one for each version.
enum Golden {
  static func read(_ name: String) throws -> JSONValue {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")
    return try JSONValue.parse([UInt8](Data(contentsOf: folder.appending(path: "\(name).json"))))
  }
}
