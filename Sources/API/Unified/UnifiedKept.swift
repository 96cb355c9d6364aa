import HTTPTypes
import Routing
import Serving
import Wire

/// What is kept under a unified request's name: the job that it became, and what of it the job does not hold.
struct UnifiedKept {
  var job: Identifier
  var request: String
  var metadata: [JSONValue.Member]

  init(_ job: Identifier, _ request: String, _ metadata: [JSONValue.Member]) {
    self.job = job
    self.request = request
    self.metadata = metadata
  }

  init(_ bytes: [UInt8]) throws {
    let value = try? JSONValue.parse(bytes)
    guard let job = value?["job"]?.stringValue.flatMap({ Identifier($0) }),
      let request = value?["request"]?.stringValue
    else {
      throw Problem(
        .internalServerError, "internal", "The router failed",
        "what was kept under the request's id cannot be read")
    }
    self.init(job, request, value?["metadata"]?.members ?? [])
  }

  var bytes: [UInt8] {
    let value: JSONValue = [
      "job": .string(job.description), "request": .string(request), "metadata": .object(metadata),
    ]
    return value.serialized()
  }
}
