#include "base/cancel.h"

namespace holdfast {
namespace {

static_assert(std::atomic<bool>::is_always_lock_free);
constinit Cancellation g_process;
constinit thread_local const Cancellation* t_current = nullptr;

}  // namespace

CancellationScope::CancellationScope(const Cancellation* cancellation) noexcept : before_(t_current) {
  t_current = cancellation;
}
CancellationScope::~CancellationScope() {
  t_current = before_;
}
const Cancellation* current_cancellation() noexcept {
  return t_current;
}

void request_cancel() noexcept {
  g_process.request();
}
void forget_cancel() noexcept {
  g_process.forget();
}
bool cancel_requested() noexcept {
  return g_process.requested() || (t_current != nullptr && t_current->requested());
}
void throw_if_cancelled() {
  if (cancel_requested()) throw Cancelled();
}

}  // namespace holdfast
