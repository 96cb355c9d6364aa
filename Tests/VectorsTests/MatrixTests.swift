import Testing
import Vectors

struct MatrixTests {
  // A = | 1 2 3 |   x = (1, 0, −1)   A·x = (1 − 3, 4 − 6, 0 + 2) = (−2, −2, 2)
  //     | 4 5 6 |
  //     | 0 7 −2|
  let a = Matrix(rowVectors: [[1, 2, 3], [4, 5, 6], [0, 7, -2]])

  @Test("rows are vectors, stored one after the other")
  func storesRows() {
    #expect(a.rows == 3 && a.columns == 3)
    #expect(a.storage == [1, 2, 3, 4, 5, 6, 0, 7, -2])
    #expect(Array(a.row(1)) == [4, 5, 6])
    #expect(Matrix(rowVectors: []) == Matrix(rows: 0, columns: 0, storage: []))
  }

  @Test("similarities are the product with the vector, whatever stood in the result before")
  func multipliesVector() {
    var result = [Float](repeating: .nan, count: 3)
    [1, 0, -1].withUnsafeBufferPointer { x in
      result.withUnsafeMutableBufferPointer { a.similarities(of: x, into: $0) }
    }
    #expect(result == [-2, -2, 2])
  }

  @Test("similarities of many vectors are a row for each of them")
  func multipliesMatrix() {
    let queries = Matrix(rowVectors: [[1, 0, -1], [1, 1, 1]])
    #expect(a.similarities(ofRows: queries) == Matrix(rowVectors: [[-2, -2, 2], [6, 15, 5]]))
    let none = a.similarities(ofRows: Matrix(rows: 0, columns: 3, storage: []))
    #expect(none == Matrix(rows: 0, columns: 3, storage: []))
  }

  @Test("the nearest row has the largest similarity, and of equals the lowest number")
  func findsNearest() {
    var scratch = [Float](repeating: 0, count: 4)
    func nearest(_ x: [Float], in matrix: Matrix) -> (row: Int, similarity: Float) {
      x.withUnsafeBufferPointer { x in
        scratch.withUnsafeMutableBufferPointer { matrix.nearest(to: x, scratch: $0) }
      }
    }
    #expect(nearest([1, 0, -1], in: a) == (2, 2))
    let equal = Matrix(rowVectors: [[0, 1], [1, 0], [1, 0], [-1, 0]])
    #expect(nearest([1, 0], in: equal) == (1, 1))
    #expect(nearest([-1, -1], in: Matrix(rowVectors: [[1, 1]])) == (0, -2))
  }
}
