// Ctrl-C and SIGTERM end a run by unwinding, so that destructors let the target go.
#pragma once

namespace holdfast::os {

// The first SIGINT or SIGTERM sets the flag of base/cancel.h; the next one ends us at once, which is safe for the
// target, too.
void install_cancel_handlers();

}  // namespace holdfast::os
