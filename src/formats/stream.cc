#include "formats/stream.h"

#include <nlohmann/json.hpp>

namespace holdfast::formats {

void Stream::put_json(std::string_view text) {
  put(nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace holdfast::formats
