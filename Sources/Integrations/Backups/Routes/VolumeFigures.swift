package import MartletEngine
package import MartletHTTP
import MartletCore

extension Backups {
    /// More apps than this are not told of one by one.
    private static let mostApps = 200

    /// How old the newest backups and the last proofs are, by app: of its declared volume where that is worst.
    @Sendable package func figures(_ control: Control) async throws -> [Figure] {
        let views = try await volumes(control).volumes(.all).filter { $0.declared != nil }
        let apps = Dictionary(grouping: views, by: \.name.app).sorted { $0.key < $1.key }.prefix(Self.mostApps)
        let now = control.now()
        func ages(_ at: (Volumes.View) -> Int64?) -> [(labels: KeyValuePairs<String, String>, value: Double)] {
            apps.compactMap { app, views in
                guard let oldest = views.compactMap(at).min() else { return nil }
                return (["app": app], max(0, Double(now.milliseconds - oldest) / 1000))
            }
        }
        func backup(_ view: Volumes.View) -> Int64? { view.record?.newest?.createdAt.milliseconds }
        func proof(_ view: Volumes.View) -> Int64? { view.drill?.lastGoodAt?.milliseconds }
        return [
            Figure(
                "martlet_volume_backup_age_seconds",
                "Since the newest backup, of the app's volume where it is oldest.", ages(backup)),
            Figure(
                "martlet_volume_proof_age_seconds",
                "Since the last good restore drill, of the app's volume where it is oldest.", ages(proof)),
            Figure(
                "martlet_volumes_without", "Declared volumes without any backup, and without any proof.",
                apps.flatMap { app, views in
                    [("backup", backup), ("proof", proof)].map { what, at in
                        (["app": app, "what": what], Double(views.count { at($0) == nil }))
                    }
                }),
        ]
    }
}
