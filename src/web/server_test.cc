#include "web/server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <memory>
#include <thread>
#include <vector>

#include "base/error.h"

namespace holdfast::web {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// A browser as far as a test needs one: it says what it is told to, and hears all that comes.
class Caller {
 public:
  explicit Caller(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{10, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    EXPECT_EQ(connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  ~Caller() { ::close(socket_); }
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

  Caller& say(const std::string& text) {
    EXPECT_EQ(send(socket_, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
    return *this;
  }
  // Until the server closes, or it has heard `end`.
  std::string hear(const std::string& end = {}) {
    std::string text;
    char piece[4096];
    for (;;) {
      const ssize_t size = recv(socket_, piece, sizeof piece, 0);
      if (size <= 0) return text;
      text.append(piece, static_cast<std::size_t>(size));
      if (!end.empty() && text.find(end) != std::string::npos) return text;
    }
  }

 private:
  int socket_;
};

std::string get(const std::string& target, const std::string& more = "Connection: close\r\n") {
  return "GET " + target + " HTTP/1.1\r\nHost: x\r\n" + more + "\r\n";
}

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() : thread_([this] { server_.run(); }) {}
  ~ServerTest() override {
    server_.stop();
    thread_.join();
  }

  std::function<void(const SharedExchange&)> handle_ = [](const SharedExchange& exchange) {
    exchange->answer({.type = "text/plain", .body = exchange->request().path});
  };
  Server server_{"127.0.0.1", 0, [this](const SharedExchange& exchange) { handle_(exchange); }};
  std::thread thread_;
};

TEST_F(ServerTest, AnswersWithItsGuards) {
  const std::string heard = Caller(server_.port()).say(get("/a/b")).hear();
  EXPECT_THAT(heard, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(heard, HasSubstr("Content-Security-Policy: default-src 'none'; script-src 'self'"));
  EXPECT_THAT(heard, HasSubstr("X-Content-Type-Options: nosniff"));
  EXPECT_THAT(heard, HasSubstr("Cache-Control: no-store"));
  EXPECT_THAT(heard, ::testing::EndsWith("\r\n\r\n/a/b"));
}

TEST_F(ServerTest, KeepsAConnectionForMoreRequests) {
  Caller caller(server_.port());
  EXPECT_THAT(caller.say(get("/one", "")).hear("/one"), HasSubstr("200 OK"));
  EXPECT_THAT(caller.say(get("/two", "")).hear("/two"), HasSubstr("200 OK"));
  const std::string both = caller.say(get("/three", "") + get("/four")).hear();
  EXPECT_THAT(both, ::testing::AllOf(HasSubstr("/three"), ::testing::EndsWith("/four")));
}

TEST_F(ServerTest, SaysOnlyTheHeadersForHead) {
  const std::string heard =
      Caller(server_.port()).say("HEAD /abc HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").hear();
  EXPECT_THAT(heard, ::testing::AllOf(HasSubstr("Content-Length: 4"), ::testing::EndsWith("\r\n\r\n")));
}

TEST_F(ServerTest, RefusesWhatIsNoRequest) {
  const std::vector<std::string> wrong = {
      "\x16\x03\x01\x02 no tls here\r\n\r\n",
      "GET\r\n\r\n",
      get("no-slash"),
      get("/%zz"),
      get("/../x"),
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
      get("/", "Long: " + std::string(20'000, 'x') + "\r\nConnection: close\r\n")};
  for (const std::string& text : wrong) {
    const std::string heard = Caller(server_.port()).say(text).hear();
    EXPECT_TRUE(heard.empty() || heard.starts_with("HTTP/1.1 400")) << text.substr(0, 60) << "\n" << heard;
  }
  EXPECT_THAT(Caller(server_.port()).say(get("/")).hear(), HasSubstr("200 OK"));
}

TEST_F(ServerTest, SendsEventsUntilTheyEnd) {
  std::thread telling;
  handle_ = [&](const SharedExchange& exchange) {
    telling = std::thread([exchange] {
      exchange->event("state", "{\"a\":1}");
      exchange->event("state", "{\"a\":2}");
      exchange->close();
    });
  };
  const std::string heard = Caller(server_.port()).say(get("/events")).hear();
  telling.join();
  EXPECT_THAT(heard, HasSubstr("text/event-stream"));
  EXPECT_THAT(heard, ::testing::EndsWith("event: state\ndata: {\"a\":1}\n\nevent: state\ndata: {\"a\":2}\n\n"));
}

TEST_F(ServerTest, TellsThatABrowserHasGone) {
  std::promise<SharedExchange> asked;
  handle_ = [&](const SharedExchange& exchange) { asked.set_value(exchange); };
  auto caller = std::make_unique<Caller>(server_.port());
  caller->say(get("/slow"));
  const SharedExchange exchange = asked.get_future().get();
  std::promise<void> gone;
  exchange->when_gone([&] { gone.set_value(); });
  EXPECT_FALSE(exchange->is_gone());
  caller.reset();
  EXPECT_EQ(gone.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
  EXPECT_TRUE(exchange->is_gone());
  exchange->answer({});  // of no use, and no harm
}

TEST_F(ServerTest, AnswersForWhoDoesNot) {
  handle_ = [](const SharedExchange&) {};
  EXPECT_THAT(Caller(server_.port()).say(get("/")).hear(), StartsWith("HTTP/1.1 500"));
}

TEST(Server, SaysWhereItCannotListen) {
  const auto nothing = [](const SharedExchange&) {};
  const auto code_of = [&](const std::string& address, std::uint16_t port) {
    try {
      Server server(address, port, nothing);
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::kNoReader;
  };
  EXPECT_EQ(code_of("localhost", 0), ErrorCode::kUsage);
  EXPECT_EQ(code_of("192.0.2.1", 0), ErrorCode::kSystem);  // an address that nobody has
  const Server taken("127.0.0.1", 0, nothing);
  EXPECT_EQ(code_of("127.0.0.1", taken.port()), ErrorCode::kSystem);
}

}  // namespace
}  // namespace holdfast::web
