import Clusters
import Foundation
import MartletCore
import Testing

@Suite struct ClusterTests {
    @Test func `a cluster is read and written by the document's words`() throws {
        let text = """
            {"base":{"deployDir":"/home/easy/ds","deployUser":"easy","version":"1.2.0"},"hosts":["192.0.2.1"],\
            "id":"9df5a945","name":"one","remark":"","roles":[{"roleDependHost":["192.0.2.1"],"roleName":"zookeeper"}],\
            "status":"startsuccess"}
            """
        let cluster = try JSONDecoder().decode(Cluster.self, from: Data(text.utf8))
        #expect(cluster.status == .startsuccess && cluster.roles.first?.roleBody == nil)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        #expect(String(decoding: try encoder.encode(cluster), as: UTF8.self) == text)
    }
}
