import CCurl

/// What libcurl's error codes mean here.
enum CurlFailure {
  static func reason(_ code: CURLcode, _ phase: CallPhase) -> TransportError.Reason {
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .couldNotResolve
    case CURLE_COULDNT_CONNECT, CURLE_PROXY, CURLE_INTERFACE_FAILED: .couldNotConnect
    case CURLE_SSL_CACERT_BADFILE: .invalidSettings
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
      CURLE_SSL_ISSUER_ERROR, CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_INVALIDCERTSTATUS, CURLE_USE_SSL_FAILED:
      .tls
    case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_HTTP2,
      CURLE_HTTP2_STREAM,
      CURLE_SEND_FAIL_REWIND:
      // Before a request: the proxy's answer, or the handshake.
      phase < .sending ? .couldNotConnect : .connectionLost
    case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING: .malformedResponse
    case CURLE_OPERATION_TIMEDOUT: .timedOut(phase < .sending ? .connect : .total)
    default: .failed(curlCode: Int(code.rawValue))
    }
  }
}
