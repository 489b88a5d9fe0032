// Ctrl-C, SIGTERM and the end of the terminal end a run by unwinding, so that destructors let the target go and remove
// files that are half written.
#pragma once

namespace holdfast::os {

// The first SIGINT, SIGTERM or SIGHUP (unless that is ignored) sets the flag of base/cancel.h; the next one ends us at
// once, which is safe for the target, too. To be called once, before other threads start.
void install_cancel_handlers();

// For a prompt, which a person stops by Ctrl-C without leaving it: if nothing but Ctrl-C asked us to end, takes the
// request back, and is ready for the next one. Returns whether it did. To be called by one thread, while nobody else
// works.
bool forgive_interrupt() noexcept;

}  // namespace holdfast::os
