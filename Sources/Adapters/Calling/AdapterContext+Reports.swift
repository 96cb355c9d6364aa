import Foundation
import Jobs
import Routing
import Serving

/// What adapters do with what they have read.
extension AdapterContext {
  /// A reading with its files kept.
  func report(_ reading: Reading) async -> VendorReport {
    let status: VendorStatus =
      switch reading.state {
      case .queued: .queued
      case .running(let progress): .running(progress: progress)
      case .failed(let failure): .failed(failure)
      case .canceled: .canceled
      case .expired: .expired
      case .unrecognised(let word): .unrecognised(word)
      case .succeeded(let output?): .succeeded(await result(output))
      // The output is still to be fetched.
      case .succeeded(nil): .running(progress: nil)
      }
    return VendorReport(status, vendor: reading.job, cost: reading.cost)
  }

  private func result(_ output: Output) async -> JobResult {
    var result = JobResult(text: output.text)
    for file in output.files {
      switch file {
      case .address(let url):
        result.artefacts.append(
          Artefact(
            url: url, contentType: output.contentType, expires: output.lifetime.map { clock.now + $0 }))
      case .inline(let bytes, let type):
        if let artefact = try? await store.keep(bytes, contentType: type) {
          result.artefacts.append(artefact)
        } else {
          // What is paid for is not lost because our store is full: the address holds the file itself.
          let url = "data:\(type);base64," + Data(bytes).base64EncodedString()
          result.artefacts.append(Artefact(url: url, contentType: type, byteCount: bytes.count))
        }
      }
    }
    return result
  }
}

extension VendorFailure {
  /// The failure with a message that repeats no secret, should the vendor have done so.
  func redacted(_ secrets: [String]) -> VendorFailure {
    var failure = self
    for secret in secrets where secret.utf8.count >= 4 {
      failure.message = failure.message.replacingOccurrences(of: secret, with: "[credential]")
    }
    return failure
  }
}
