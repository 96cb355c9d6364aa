import Foundation

/// A WAV sound (RIFF, PCM, 16 bits, mono, 8 kHz) of one tone.
enum WAV {
  static let contentType = "audio/wav"
  static let rate = 8_000

  /// - Parameters:
  ///   - seconds: cut to between 0.05 and 30.
  ///   - digest: decides on the pitch.
  static func tone(seconds: Double, digest: Digest) -> [UInt8] {
    let count = Int(min(max(seconds, 0.05), 30) * Double(rate))
    let frequency = 220 + digest.unit * 660
    var bytes: [UInt8] = []
    bytes.reserveCapacity(44 + count * 2)
    bytes += Array("RIFF".utf8)
    bytes.append(little: UInt32(36 + count * 2))
    bytes += Array("WAVEfmt ".utf8)
    bytes.append(little: UInt32(16))
    bytes.append(little: UInt16(1))
    bytes.append(little: UInt16(1))
    bytes.append(little: UInt32(rate))
    bytes.append(little: UInt32(rate * 2))
    bytes.append(little: UInt16(2))
    bytes.append(little: UInt16(16))
    bytes += Array("data".utf8)
    bytes.append(little: UInt32(count * 2))
    for sample in 0..<count {
      let value = sin(2 * .pi * frequency * Double(sample) / Double(rate)) * 8_000
      bytes.append(little: UInt16(bitPattern: Int16(value)))
    }
    return bytes
  }

  /// The length in seconds of a WAV file as its header says; nil when it is none.
  static func seconds(of bytes: some RandomAccessCollection<UInt8>) -> Double? {
    let bytes = Array(bytes.prefix(44))
    guard bytes.count == 44, bytes[0..<4].elementsEqual("RIFF".utf8), bytes[8..<12].elementsEqual("WAVE".utf8)
    else { return nil }
    func number(_ place: Int) -> Int {
      (0..<4).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) }
    }
    let perSecond = number(28)
    return perSecond > 0 ? Double(number(40)) / Double(perSecond) : nil
  }
}
