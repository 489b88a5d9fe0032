// One request of a browser and the answer to it. The server (server.h) makes exchanges; whoever handles one answers it,
// from any thread: at once with answer(), or bit by bit with event() as server-sent events. If nobody does until the
// last owner lets go of it, the server answers for them that something went wrong.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast::web {

struct Request {
  std::string method;                                       // "GET"
  std::string path;                                         // "/api/0/types": without percent signs, from the root on
  std::vector<std::pair<std::string, std::string>> fields;  // behind the question mark, as they were written
  std::string host, origin, cookies;                        // headers; empty if there are none
  std::string fetch_site;                                   // Sec-Fetch-Site: who makes the browser ask
  // Holdfast-Errors: "body". The page asks for 200 whatever a question comes to: browsers write other answers to their
  // console, as if the page were broken.
  bool errors_in_body = false;

  // Returns the first field of that name, or an empty text.
  std::string_view field(std::string_view name) const;
};

// Reads what stands behind the method in a request: a path and fields. Returns whether it is well-formed: it begins
// with a slash, each percent sign has two digits, no part of the path is "..", and there is no zero in it.
bool parse_target(std::string_view target, Request& request);

struct Response {
  unsigned status = 200;
  std::string type = "application/json";
  std::string body = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
};

class Exchange {
 public:
  virtual ~Exchange() = default;

  virtual const Request& request() const = 0;
  // The whole answer. Only the first counts.
  virtual void answer(Response response) = 0;
  // A part of an answer that goes on: the first one opens it, close() ends it. `data` has no line ends.
  virtual void event(std::string_view name, std::string_view data) = 0;
  virtual void close() = 0;
  // Whether the browser has gone, so that nobody waits for an answer.
  virtual bool is_gone() const = 0;
  // Calls `told`, once, on the server's thread, when the browser goes before it is answered: at once if it has gone
  // already. It is forgotten once there is an answer.
  virtual void when_gone(std::function<void()> told) = 0;
};

using SharedExchange = std::shared_ptr<Exchange>;

}  // namespace holdfast::web
