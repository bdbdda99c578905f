#include "context.hpp"

#include "call.hpp"
#include "functions.hpp"
#include "leaks.hpp"

#include <cstring>

namespace cann_double {

namespace {

uint32_t device_count = 64;
std::optional<std::string> soc_name = "Ascend910B3";
bool initialised = false;
bool initialised_by_others = false;

thread_local void *thread_context = nullptr;

void require_device(int device) {
    if (device < 0 || static_cast<uint32_t>(device) >= device_count)
        refuse(RT_INVALID_DEVICEID, text("device ", device, " of ", device_count));
}

/// Where an answer goes.
template <class Value> Value &place(Value *pointer, const char *name) {
    if (!pointer)
        refuse(INVALID_PARAM, text(name, " is NULL"));
    return *pointer;
}

} // namespace

Registry<Context> &contexts() {
    static auto *all = new Registry<Context>("context");
    return *all;
}

Device &device_state(int device) {
    static auto *all = new std::map<int, Device>;
    return (*all)[device];
}

void *current_context() { return contexts().find(thread_context) ? thread_context : nullptr; }

int current_device() {
    const Context *context = contexts().find(thread_context);
    return context ? context->device : -1;
}

void require_initialisation() {
    if (!initialised)
        misuse("R01", UNINITIALIZE, "aclInit has not been called, or aclFinalize has");
}

void require_context() {
    if (!current_context())
        misuse("R03", RT_CONTEXT_NULL, "this thread has no current context");
}

void set_device_count(uint32_t count) { device_count = count; }

void set_soc_name(const char *name) {
    soc_name.reset();
    if (name)
        soc_name = name;
}

Status aclInit(const char *) {
    return answer("aclInit", Needs::nothing, Injected::done, [](Call &call) {
        if (call.injected() == REPEAT_INITIALIZE) {
            initialised = initialised_by_others = true;
            return;
        }
        if (call.injected() != SUCCESS)
            return;
        if (initialised)
            misuse("R02", REPEAT_INITIALIZE, "called before");
        initialised = true;
    });
}

Status aclFinalize() {
    return answer("aclFinalize", Needs::initialisation, Injected::done, [](Call &) {
        if (initialised_by_others)
            violation("R14", "somebody else has called aclInit first and still uses the library");
        initialised = false;
    });
}

const char *aclrtGetSocName() {
    const char *name = nullptr;
    answer("aclrtGetSocName", Needs::initialisation,
           [&] { name = soc_name ? soc_name->c_str() : nullptr; });
    return name;
}

Status aclrtGetVersion(int32_t *major, int32_t *minor, int32_t *patch) {
    return answer("aclrtGetVersion", Needs::nothing, [&] {
        place(major, "major") = 1;
        place(minor, "minor") = 13;
        place(patch, "patch") = 0;
    });
}

Status aclsysGetVersionStr(char *package, char *version) {
    return answer("aclsysGetVersionStr", Needs::nothing, [&] {
        const std::string name = &place(package, "package");
        if (name != "runtime" && name != "ops_transformer" && name != "ops_nn")
            refuse(INVALID_PARAM, text("package ", name, " is not installed"));
        std::strcpy(&place(version, "version"), "0.0.0.double");
    });
}

Status aclGetDeviceCapability(uint32_t device, int32_t info, int64_t *value) {
    return answer("aclGetDeviceCapability", Needs::initialisation, [&] {
        require_device(static_cast<int>(device));
        if (info < 0 || info > 2)
            refuse(INVALID_PARAM, text("capability ", info));
        static const int64_t values[] = {20, 40, int64_t{192} << 20};
        place(value, "value") = values[info];
    });
}

Status aclrtGetDeviceCount(uint32_t *count) {
    return answer("aclrtGetDeviceCount", Needs::initialisation,
                  [&] { place(count, "count") = device_count; });
}

Status aclrtSetDevice(int32_t device) {
    return answer("aclrtSetDevice", Needs::initialisation, [&] {
        require_device(device);
        Device &state = device_state(device);
        if (!state.primary)
            state.primary = contexts().add<void>(std::make_unique<Context>(Context{device, true}));
        state.opened++;
        thread_context = state.primary;
    });
}

Status aclrtResetDevice(int32_t device) {
    return answer("aclrtResetDevice", Needs::initialisation, Injected::done, [&](Call &) {
        require_device(device);
        Device &state = device_state(device);
        if (state.opened == 0)
            misuse("R11", RT_INVALID_DEVICEID, text("device ", device, " is not open"));
        if (--state.opened > 0)
            return;
        report_leaks(device);
        contexts().remove(state.primary);
        state.primary = nullptr;
    });
}

Status aclrtGetDevice(int32_t *device) {
    return answer("aclrtGetDevice", Needs::context,
                  [&] { place(device, "device") = current_device(); });
}

Status aclrtCreateContext(void **context, int32_t device) {
    return answer("aclrtCreateContext", Needs::initialisation, [&] {
        require_device(device);
        place(context, "context");
        *context = thread_context =
            contexts().add<void>(std::make_unique<Context>(Context{device, false}));
    });
}

Status aclrtDestroyContext(void *context) {
    return answer("aclrtDestroyContext", Needs::initialisation, Injected::done, [&](Call &) {
        if (contexts().take(context, "R04", RT_INVALID_HANDLE).primary)
            misuse("R04", RT_INVALID_HANDLE, "the default context goes with its device");
        report_leaks_of_context(context);
        contexts().remove(context);
    });
}

Status aclrtSetCurrentContext(void *context) {
    return answer("aclrtSetCurrentContext", Needs::initialisation, [&] {
        contexts().take(context, "R04", RT_INVALID_HANDLE);
        thread_context = context;
    });
}

Status aclrtGetCurrentContext(void **context) {
    return answer("aclrtGetCurrentContext", Needs::context,
                  [&] { place(context, "context") = current_context(); });
}

} // namespace cann_double
