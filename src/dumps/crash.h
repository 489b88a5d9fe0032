// What a text says that happened to a Go program: the messages of panics, of fatal errors, of signals, and of panics
// that net/http has caught. The words are those of Go 1.19 to 1.27 (go-formats 5.1). Texts are views into the text, or
// own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "dumps/trace.h"

namespace holdfast::dumps {

enum class Happened : std::uint8_t {
  kPanic,        // nobody recovered it: the program ended
  kCaughtPanic,  // net/http recovered it: the program went on
  kFatal,        // the runtime ended the program; no function could recover it
  kSignal,       // from outside, or in code that is not Go's
};

// "[signal SIGSEGV: segmentation violation code=0x1 addr=0x20 pc=0x49c3ca]", or "SIGQUIT: quit" and what follows.
struct Signal {
  std::string_view name;               // "SIGSEGV"
  std::optional<Address> address, pc;  // what was touched, and by which instruction
};

struct Message {
  Happened what = Happened::kPanic;
  std::string text;  // the value of the panic, the error, "SIGQUIT: quit"; several lines have ends between them
  std::uint64_t line = 0;
  bool recovered = false;   // but another panic followed
  bool repanicked = false;  // with the same value
  std::optional<Signal> signal;
  // What the runtime says before or behind it: "runtime: goroutine stack exceeds 1048576-byte limit". The first ones.
  std::vector<std::string_view> details;
};

// To be given the lines that are no part of a goroutine, in their order.
class CrashReader {
 public:
  // Returns whether the line is a part of a message. An empty one never is, and ends one.
  bool read(const TextLine& line);
  // To be called when a goroutine begins: it ends a message.
  void close();

  // In the order of the text. A panic that follows upon one is behind it, so the last is what ended the program.
  std::vector<Message> take() {
    close();
    return std::move(messages_);
  }

 private:
  bool begin(const TextLine& line);
  void add(Happened what, std::string_view text, const TextLine& line);
  bool read_detail(std::string_view line);
  bool go_on(std::string_view line);

  std::vector<Message> messages_;
  std::vector<std::string_view> details_;  // of the message to come
  bool open_ = false;
  bool next_thread_ = false;  // what follows is what other threads say of the same
};

}  // namespace holdfast::dumps
