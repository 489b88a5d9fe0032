// Ctrl-C and SIGTERM: a flag that long loops look at.
#pragma once

namespace holdfast {

// Async-signal-safe.
void request_cancel() noexcept;
bool cancel_requested() noexcept;
// Fails with kCancelled once request_cancel() was called.
void throw_if_cancelled();

}  // namespace holdfast
