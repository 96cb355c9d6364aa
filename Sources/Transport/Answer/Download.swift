import Glibc

extension HTTPTransport {
  /// Makes a call and writes the body of a successful answer (200 to 299) into a file, without holding it in
  /// memory.
  ///
  /// Any other answer's body is not written but returned, so that an error page never stands where an
  /// artefact should. After an error the file holds what had come.
  ///
  /// - Parameter descriptor: of a file open for writing; it stays open.
  /// - Returns: the answer, with an empty body where it was written, and how many bytes were.
  public func download(
    _ call: OutboundCall, to descriptor: Int32
  ) async throws(TransportError) -> (answer: HTTPAnswer, written: Int) {
    let stream = try await stream(call)
    let isWritten = (200..<300).contains(stream.status)
    var written = 0
    var body: [UInt8] = []
    for try await chunk in stream.body {
      if isWritten {
        try HTTPTransport.write(chunk, to: descriptor)
        written += chunk.count
      } else {
        body += chunk
      }
    }
    let answer = HTTPAnswer(
      status: stream.status, headers: stream.headers, body: body,
      metrics: stream.body.metrics ?? CallMetrics())
    return (answer, written)
  }

  private static func write(_ bytes: [UInt8], to descriptor: Int32) throws(TransportError) {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes { bytes in
        Glibc.write(
          descriptor, UnsafeRawBufferPointer(rebasing: bytes[done...]).baseAddress, bytes.count - done)
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        throw TransportError(
          .couldNotWrite, .receiving, mayHaveBeenSent: true,
          "the file cannot be written: \(String(cString: strerror(errno)))")
      }
      done += count
    }
  }
}
