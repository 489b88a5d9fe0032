#include "base/version.h"

namespace holdfast {

std::string_view holdfast_version() {
  return HOLDFAST_VERSION;
}

}  // namespace holdfast
