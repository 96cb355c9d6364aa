import Crypto
import Foundation

/// The lines of a table's file, plain or packed by gzip, and the checksum of the file as it lies there.
struct TableSource {
  struct Line {
    /// From 1.
    var number: Int
    var bytes: [UInt8]
  }

  /// Without their ends (LF or CR LF), and without the blank ones.
  let lines: [Line]
  let checksum: String

  init(bytes: [UInt8]) {
    lines = TableSource.split(bytes)
    checksum = TableSource.hexadecimal(SHA256.hash(data: bytes))
  }

  init(path: String) throws(TableError) {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
      throw TableError("there is no file \(path)")
    }
    guard !isDirectory.boolValue, let data = FileManager.default.contents(atPath: path) else {
      throw TableError("\(path) cannot be read")
    }
    checksum = TableSource.hexadecimal(SHA256.hash(data: data))
    lines = TableSource.split(try path.hasSuffix(".gz") ? TableSource.unpacked(path) : Array(data))
  }

  /// What gzip makes of a file. Foundation on Linux has no inflate, and every Debian has gzip.
  private static func unpacked(_ path: String) throws(TableError) -> [UInt8] {
    let tools = ["/usr/bin/gzip", "/bin/gzip"]
    guard let tool = tools.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
      throw TableError("\(path) is packed and gzip is not installed; unpack it first, or install gzip")
    }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: tool)
    process.arguments = ["-dc", "--", path]
    let (output, errors) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = errors
    process.standardInput = FileHandle.nullDevice
    do {
      try process.run()
      // gzip says at most a line when something is wrong, so this pipe cannot fill while the other is read.
      let data = try output.fileHandleForReading.readToEnd() ?? Data()
      let complaint = try errors.fileHandleForReading.readToEnd() ?? Data()
      process.waitUntilExit()
      guard process.terminationStatus == 0 else {
        let reason = String(decoding: complaint, as: UTF8.self).split(separator: "\n").first ?? "gzip failed"
        throw TableError("\(path) cannot be unpacked: \(reason)")
      }
      return Array(data)
    } catch let error as TableError {
      throw error
    } catch {
      throw TableError("\(path) cannot be unpacked: \(error.localizedDescription)")
    }
  }

  private static func split(_ bytes: [UInt8]) -> [Line] {
    var lines: [Line] = []
    var start = 0
    var number = 1
    func add(upTo end: Int) {
      var line = bytes[start..<end]
      if line.last == 0x0D { line.removeLast() }
      if !line.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) {
        lines.append(Line(number: number, bytes: Array(line)))
      }
    }
    for (place, byte) in bytes.enumerated() where byte == 0x0A {
      add(upTo: place)
      start = place + 1
      number += 1
    }
    add(upTo: bytes.count)
    return lines
  }

  static func hexadecimal(_ digest: some Sequence<UInt8>) -> String {
    digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
