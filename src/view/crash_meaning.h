// What a message of Go's runtime at the end of a program means, above all for its memory: whether that can be trusted,
// and who may have damaged it (go-formats 5.1, seen on Go 1.19 to 1.27). Any thread may ask; nothing fails.
#pragma once

#include <string>

#include "dumps/crash.h"

namespace holdfast::view {

// Returns "panic", "panic that net/http caught", "fatal error" or "signal".
std::string_view name_of(dumps::Happened what);

// Returns a sentence, without a full stop; empty if there is nothing to say beyond the message.
std::string meaning_of(const dumps::Message& message);

}  // namespace holdfast::view
