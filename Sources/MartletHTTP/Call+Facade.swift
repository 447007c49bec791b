import Hummingbird
import MartletCore

extension Call {
    /// The same call for what a facade's routes and native ones have in common.
    package var asFacadeCall: FacadeCall {
        FacadeCall(
            request: request, control: control, logger: context.logger, caller: context.caller, principal: principal,
            watch: watch)
    }
}
