// What the double is told from outside the process, for programs that are run as a whole: the
// environment variable CANN_DOUBLE, as in `abort,devices=0,soc=Ascend310P3,memory=1048576` and
// `fail=aclrtMalloc:3:207001`, which lets the third call fail.
#include "context.hpp"
#include "injection.hpp"
#include "journal.hpp"

#include <cstdlib>
#include <sstream>

namespace cann_double {

namespace {

void apply(const std::string &setting) {
    const size_t equals = setting.find('=');
    const std::string name = setting.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : setting.substr(equals + 1);
    if (name == "abort")
        abort_on_violation(true);
    else if (name == "devices")
        set_device_count(static_cast<uint32_t>(std::strtoul(value.c_str(), nullptr, 10)));
    else if (name == "soc")
        set_soc_name(value.c_str());
    else if (name == "memory")
        device_state(0).memory = std::strtoull(value.c_str(), nullptr, 10);
    else if (name == "fail") {
        std::istringstream parts(value);
        std::string function, nth, status;
        std::getline(parts, function, ':');
        std::getline(parts, nth, ':');
        std::getline(parts, status, ':');
        inject(-1, function.c_str(), std::strtoull(nth.c_str(), nullptr, 10), 1,
               static_cast<Status>(std::strtol(status.c_str(), nullptr, 10)));
    }
}

[[gnu::constructor]] void read_environment() {
    const char *settings = std::getenv("CANN_DOUBLE");
    if (!settings)
        return;
    std::istringstream all(settings);
    for (std::string setting; std::getline(all, setting, ',');)
        apply(setting);
}

} // namespace

} // namespace cann_double
