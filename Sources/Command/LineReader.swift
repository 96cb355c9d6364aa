import Foundation

/// The lines of a file, one after the other, without holding the file in memory. `-` is standard input.
struct LineReader {
  private let handle: FileHandle
  private let path: String
  private var buffer: [UInt8] = []
  private var position = 0
  private var isAtEnd = false
  /// The number of the line that ``next()`` gave last, from 1.
  private(set) var number = 0

  init(path: String) throws(CommandFailure) {
    self.path = path
    if path == "-" {
      handle = .standardInput
      return
    }
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      throw CommandFailure("there is no file \(path)")
    }
    guard !isDirectory.boolValue, let handle = FileHandle(forReadingAtPath: path) else {
      throw CommandFailure("\(path) cannot be read")
    }
    self.handle = handle
  }

  /// The next line without its end (LF or CR LF), blank ones included; nil after the last.
  mutating func next() throws(CommandFailure) -> [UInt8]? {
    var searched = position
    while true {
      if let end = buffer[searched...].firstIndex(of: 0x0A) {
        defer { position = end + 1 }
        return line(upTo: end)
      }
      searched = buffer.count
      guard !isAtEnd else { break }
      if position > 0 {
        buffer.removeFirst(position)
        searched -= position
        position = 0
      }
      do {
        if let more = try handle.read(upToCount: 1 << 16), !more.isEmpty {
          buffer += more
        } else {
          isAtEnd = true
        }
      } catch {
        throw CommandFailure("\(path) cannot be read: \(error.localizedDescription)")
      }
    }
    guard position < buffer.count else { return nil }
    defer { position = buffer.count }
    return line(upTo: buffer.count)
  }

  private mutating func line(upTo end: Int) -> [UInt8] {
    number += 1
    let line = buffer[position..<end]
    return Array(line.last == 0x0D ? line.dropLast() : line)
  }

  static func isBlank(_ line: [UInt8]) -> Bool { line.allSatisfy { $0 == 0x20 || $0 == 0x09 } }
}
