import Foundation
import MartletCore
import Testing

@testable import MartletEngine

@Suite struct AlarmTests {
    @Test(.timeLimit(.minutes(30)))
    func `a sleeper looks at the clock again long before a far instant`() async {
        let alarm = Alarm(longestSleep: 20)
        let now = Date(milliseconds: 1_700_000_000_000)
        let due = now.adding(.seconds(3600))
        #expect(alarm.set(due) && !alarm.set(due))
        await alarm.ring(at: due, now: now)
        var rings = alarm.rings.makeAsyncIterator()
        #expect(await rings.next() != nil)
        #expect(alarm.set(due), "the next look needs a sleeper of its own")
    }
}
