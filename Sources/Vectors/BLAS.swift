import COpenBLAS

/// The one door to the system's BLAS.
///
/// OpenBLAS picks its kernel by processor, so the last bits of a product may differ between machines.
/// Where they must not, see ``DeterministicDot``.
enum BLAS {
  // Two threads were measured 4.7 times slower on 64 × 256 and never faster on any size that matters here;
  // a service has other work for its cores. The setting is process-wide and made once, at the first product.
  private static let single: Void = openblas_set_num_threads(1)

  /// y = A·x, with A row-major `rows` × `columns`, x of `columns` and y of `rows` elements.
  static func multiply(
    _ a: UnsafePointer<Float>, rows: Int, columns: Int,
    by x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>
  ) {
    _ = single
    // beta = 0 means "overwrite", but some OpenBLAS versions multiply instead and let a NaN in y survive.
    y.update(repeating: 0, count: rows)
    cblas_sgemv(
      CblasRowMajor, CblasNoTrans, blasint(rows), blasint(columns), 1, a, blasint(columns), x, 1, 0, y, 1)
  }

  /// C = Q·Aᵀ, with Q row-major `queries` × `columns`, A `rows` × `columns`, C `queries` × `rows`.
  static func multiply(
    _ q: UnsafePointer<Float>, queries: Int, byTransposed a: UnsafePointer<Float>, rows: Int, columns: Int,
    into c: UnsafeMutablePointer<Float>
  ) {
    _ = single
    c.update(repeating: 0, count: queries * rows)
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasTrans, blasint(queries), blasint(rows), blasint(columns),
      1, q, blasint(columns), a, blasint(columns), 0, c, blasint(rows))
  }
}
