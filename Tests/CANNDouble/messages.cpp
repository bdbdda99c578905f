#include "messages.hpp"

#include "call.hpp"
#include "cann_double.h"
#include "functions.hpp"

namespace cann_double {

namespace {

int32_t style = CANN_DOUBLE_MESSAGE;

} // namespace

void set_message(int32_t message) { style = message; }

const char *aclGetRecentErrMsg() {
    // Counted by nobody and cleared by nothing but the next call.
    const std::lock_guard<std::mutex> held(machine());
    static const auto *huge = new std::string(1 << 20, 'E');
    if (!recent_error() || style == CANN_DOUBLE_NO_MESSAGE)
        return nullptr;
    switch (style) {
    case CANN_DOUBLE_HUGE_MESSAGE: return huge->c_str();
    case CANN_DOUBLE_BROKEN_MESSAGE: return "EZ9999: \xFF\xC0 not UTF-8 \xE2\x82";
    default: return recent_error();
    }
}

} // namespace cann_double
