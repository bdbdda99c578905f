#include "injection.hpp"

#include <optional>
#include <string>
#include <vector>

namespace cann_double {

namespace {

struct Injection {
    int device;
    std::optional<std::string> name;
    uint64_t before;
    uint64_t times;
    Status status;
};

std::vector<Injection> &injections() {
    static auto *all = new std::vector<Injection>;
    return *all;
}

bool has(const std::string &name, const char *part) { return name.find(part) != std::string::npos; }

Status usual_failure(const std::string &name) {
    if (name == "aclInit")
        return INTERNAL_ERROR;
    if (name == "aclrtSetDevice")
        return RT_INVALID_DEVICEID;
    if (name == "aclrtMalloc" || name == "aclrtMallocHost")
        return RT_MEMORY_ALLOCATION;
    if (has(name, "Synchronize"))
        return RT_AICORE_EXCEPTION;
    if (has(name, "GetWorkspaceSize"))
        return FIND_KERNEL;
    if (has(name, "aclnn"))
        return RUNTIME_ERROR;
    if (has(name, "aclrt"))
        return DRV_INTERNAL_ERROR;
    return INNER;
}

} // namespace

void inject(int device, const char *name, uint64_t nth, uint64_t times, Status status) {
    std::optional<std::string> only;
    if (name)
        only = name;
    injections().push_back({device, only, nth == 0 ? 0 : nth - 1, times, status});
}

void stop_injecting(int device) {
    auto &all = injections();
    for (auto one = all.begin(); one != all.end();)
        one = device < 0 || one->device == device ? all.erase(one) : one + 1;
}

Status injected_status(const char *name, int device) {
    Status status = SUCCESS;
    for (Injection &one : injections()) {
        if ((one.device >= 0 && one.device != device) || (one.name && *one.name != name))
            continue;
        if (one.before > 0) {
            one.before--;
        } else if (one.times > 0) {
            one.times--;
            status = one.status != SUCCESS ? one.status : usual_failure(name);
        }
    }
    return status;
}

} // namespace cann_double
