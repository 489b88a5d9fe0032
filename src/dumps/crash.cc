#include "dumps/crash.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace holdfast::dumps {
namespace {

constexpr std::size_t kMostMessages = 1000;
constexpr std::size_t kMostDetails = 32;
constexpr std::size_t kLongestText = 64 << 10;

constexpr std::string_view kNextThread = "-----";  // the dumps of several threads have it between them
constexpr std::string_view kPanic = "panic: ";
constexpr std::string_view kFatal = "fatal error: ";

// Returns the number behind `name`, as " addr=0x20".
std::optional<Address> number_behind(std::string_view line, std::string_view name) {
  const std::size_t at = line.find(name);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view rest = line.substr(at + name.size());
  if (!rest.starts_with("0x")) return std::nullopt;
  rest.remove_prefix(2);
  std::uint64_t value = 0;
  if (std::from_chars(rest.data(), rest.data() + rest.size(), value, 16).ec != std::errc()) return std::nullopt;
  return Address(value);
}

// "SIGSEGV" of "SIGSEGV: segmentation violation code=...".
std::string_view signal_name(std::string_view line) {
  if (!line.starts_with("SIG")) return {};
  const std::size_t end = line.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
  return end > 3 && end != std::string_view::npos && line.substr(end).starts_with(": ") ? line.substr(0, end)
                                                                                        : std::string_view();
}

// "rip    0x490921": what a program prints of its registers.
bool is_register(std::string_view line) {
  const std::size_t name = line.find_first_of(" \t");
  if (name == 0 || name > 8 || name == std::string_view::npos) return false;
  const std::size_t value = line.find_first_not_of(" \t", name);
  return value != std::string_view::npos && line.substr(value).starts_with("0x") &&
         line.find_first_not_of("0123456789abcdef", value + 2) == std::string_view::npos;
}

// From whoever started the program, and what tells nobody anything.
bool is_known_rest(std::string_view line) {
  return line == kNextThread || line.starts_with("exit status ") || is_register(line);
}

void cut_marks(Message& message) {
  constexpr std::string_view kRecovered = " [recovered]", kBoth = " [recovered, repanicked]";
  for (const std::string_view mark : {kBoth, kRecovered})
    if (message.what == Happened::kPanic && message.text.ends_with(mark)) {
      message.text.resize(message.text.size() - mark.size());
      message.recovered = true;
      message.repanicked = mark == kBoth;
    }
}

}  // namespace

void CrashReader::close() {
  if (open_) cut_marks(messages_.back());
  open_ = false;
}

void CrashReader::add(Happened what, std::string_view text, const TextLine& line) {
  close();
  if (messages_.size() == kMostMessages) messages_.pop_back();  // the first ones tell most, and the last what ended it
  Message& message = messages_.emplace_back();
  message.what = what;
  message.text = text.substr(0, kLongestText);
  message.line = line.number;
  message.details = std::move(details_);
  details_.clear();
  open_ = true;
}

bool CrashReader::begin(const TextLine& line) {
  const std::string_view text = line.text;
  const std::string_view after_tab = text.starts_with('\t') && open_ ? text.substr(1) : text;
  if (after_tab.starts_with(kPanic)) {
    add(Happened::kPanic, after_tab.substr(kPanic.size()), line);
    return true;
  }
  if (text.starts_with(kFatal)) {
    // Two threads may say the same at once.
    const std::string_view error = text.substr(kFatal.size());
    if (!open_ || messages_.back().what != Happened::kFatal || messages_.back().text != error)
      add(Happened::kFatal, error, line);
    return true;
  }
  if (const std::string_view name = signal_name(text); !name.empty()) {
    // With GOTRACEBACK=crash the runtime passes a signal on to each other thread as SIGQUIT, whatever it was.
    if (next_thread_ && name == "SIGQUIT") return true;
    add(Happened::kSignal, text, line);
    messages_.back().signal = Signal{name, {}, {}};
    return true;
  }
  constexpr std::string_view kServing = "http: panic serving ";
  if (const std::size_t at = text.find(kServing); at != std::string_view::npos) {
    const std::size_t value = text.find(": ", at + kServing.size());
    if (value == std::string_view::npos) return false;
    add(Happened::kCaughtPanic, text.substr(value + 2), line);
    return true;
  }
  return false;
}

// Lines before a message, or behind it, that say more of it.
bool CrashReader::read_detail(std::string_view line) {
  if (line.starts_with("[signal SIG") && !messages_.empty()) {
    Message& message = messages_.back();
    if (!message.signal)
      message.signal = Signal{signal_name(line.substr(8)), number_behind(line, " addr="), number_behind(line, " pc=")};
    return true;
  }
  if (line.starts_with("PC=0x") && next_thread_) return true;
  if (line.starts_with("PC=0x") && !messages_.empty() && messages_.back().signal) {
    messages_.back().signal->pc = number_behind(line, "PC=");
    messages_.back().signal->address = number_behind(line, " addr=");
    return true;
  }
  constexpr std::array kBegins = {"runtime: ",  "unexpected fault address ", "unexpected signal ",     "object=0x",
                                  " *(object+", "checkfinalizers: ",         "WARNING: LIKELY CLEANUP"};
  if (std::ranges::none_of(kBegins, [&](std::string_view words) { return line.starts_with(words); }) &&
      !line.ends_with(" zombie"))
    return false;
  // A message that is open has begun; what stands before one belongs to the next.
  std::vector<std::string_view>& details =
      open_ && messages_.back().what != Happened::kPanic ? messages_.back().details : details_;
  if (details.size() < kMostDetails) details.push_back(line);
  return true;
}

// Another line of the value of a panic. Since Go 1.23 they begin with a tab.
bool CrashReader::go_on(std::string_view line) {
  Message& message = messages_.back();
  if (message.what != Happened::kPanic && message.what != Happened::kCaughtPanic) return false;
  if (message.text.size() + line.size() > kLongestText) return true;
  if (line.starts_with('\t')) line.remove_prefix(1);
  message.text += '\n';
  message.text += line;
  return true;
}

bool CrashReader::read(const TextLine& line) {
  if (line.text.empty()) {
    close();
    return false;
  }
  if (line.text == kNextThread && !messages_.empty()) next_thread_ = true;
  if (begin(line) || read_detail(line.text)) return true;
  if (open_ && go_on(line.text)) return true;
  return is_known_rest(line.text);
}

}  // namespace holdfast::dumps
