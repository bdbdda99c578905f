// What the library exports. A test lays the double out as CANN is installed: one file for each of
// its libraries, in which the symbols that do not belong there have been renamed. All those files
// answer with the functions of one more file, beside them in `../double`, so that they share one
// state. A file without that neighbour answers with its own functions.
#include "symbols.hpp"

#include "cann_double.h"
#include "functions.hpp"

#include <dlfcn.h>
#include <iterator>
#include <string>

extern "C" const void *cann_double_own_symbols();

namespace cann_double {

namespace {

using Function = void (*)();

struct Symbol {
    const char *name;
    int32_t library;
    Function function;
};

#define BOTH(name, library)                                                                        \
    {#name, library, reinterpret_cast<Function>(&name)},                                           \
        {#name "GetWorkspaceSize", library, reinterpret_cast<Function>(&name##GetWorkspaceSize)},
#define IN_RUNTIME(name)                                                                           \
    {#name, CANN_DOUBLE_RUNTIME_LIBRARY, reinterpret_cast<Function>(&name)},
#define IN_META(name) {#name, CANN_DOUBLE_META_LIBRARY, reinterpret_cast<Function>(&name)},
#define IN_MATH(name) BOTH(name, CANN_DOUBLE_MATH_OPERATORS)
#define IN_NN(name) BOTH(name, CANN_DOUBLE_NN_OPERATORS)
#define IN_TRANSFORMER(name) BOTH(name, CANN_DOUBLE_TRANSFORMER_OPERATORS)

const Symbol own_symbols[] = {
    CANN_DOUBLE_RUNTIME(IN_RUNTIME) CANN_DOUBLE_META(IN_META) CANN_DOUBLE_OPERATORS_MATH(IN_MATH)
        CANN_DOUBLE_OPERATORS_NN(IN_NN) CANN_DOUBLE_OPERATORS_TRANSFORMER(IN_TRANSFORMER)};

/// The position of every symbol in the table.
enum Position : size_t {
#define POSITION(name) AT_##name,
#define POSITIONS(name) AT_##name, AT_##name##GetWorkspaceSize,
    CANN_DOUBLE_RUNTIME(POSITION) CANN_DOUBLE_META(POSITION) CANN_DOUBLE_OPERATORS_MATH(POSITIONS)
        CANN_DOUBLE_OPERATORS_NN(POSITIONS) CANN_DOUBLE_OPERATORS_TRANSFORMER(POSITIONS)
};

using Symbols = const void *(*)();
using Controls = const cann_double_controls *(*)();

/// The neighbour that has the state, NULL if this file has it itself.
void *open_neighbour() {
    Dl_info here;
    if (dladdr(reinterpret_cast<const void *>(&open_neighbour), &here) == 0 || !here.dli_fname)
        return nullptr;
    const std::string file = here.dli_fname;
    const size_t slash = file.rfind('/');
    if (slash == std::string::npos)
        return nullptr;
    const std::string path = file.substr(0, slash) + "/../double/libCANNDouble.so";
    void *found = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    // Beside itself it finds itself.
    const void *own = reinterpret_cast<const void *>(&cann_double_own_symbols);
    return found && dlsym(found, "cann_double_own_symbols") != own ? found : nullptr;
}

void *neighbour() {
    static void *const opened = open_neighbour();
    return opened;
}

/// The functions that answer.
const Symbol *symbols() {
    static const Symbol *const table = [] {
        const auto find =
            neighbour() ? reinterpret_cast<Symbols>(dlsym(neighbour(), "cann_double_own_symbols"))
                        : nullptr;
        return find ? static_cast<const Symbol *>(find()) : own_symbols;
    }();
    return table;
}

} // namespace

const char *symbol_name(size_t index) {
    return index < std::size(own_symbols) ? own_symbols[index].name : nullptr;
}

int32_t symbol_library(size_t index) {
    return index < std::size(own_symbols) ? own_symbols[index].library : -1;
}

} // namespace cann_double

extern "C" {

const void *cann_double_own_symbols() {
    return cann_double::own_symbols;
}

const cann_double_controls *cann_double_get_controls() {
    using namespace cann_double;
    const auto find = neighbour() ? reinterpret_cast<Controls>(
                                        dlsym(neighbour(), "cann_double_get_controls"))
                                  : nullptr;
    return find ? find() : own_controls();
}

// A symbol is resolved when somebody looks it up, and stands for the function from then on.
#define EXPORT(name)                                                                               \
    [[gnu::used]] static cann_double::Function find_##name() {                                     \
        return cann_double::symbols()[cann_double::AT_##name].function;                            \
    }                                                                                              \
    __attribute__((ifunc("find_" #name))) void name();
#define EXPORT_BOTH(name) EXPORT(name) EXPORT(name##GetWorkspaceSize)

CANN_DOUBLE_RUNTIME(EXPORT)
CANN_DOUBLE_META(EXPORT)
CANN_DOUBLE_OPERATORS_MATH(EXPORT_BOTH)
CANN_DOUBLE_OPERATORS_NN(EXPORT_BOTH)
CANN_DOUBLE_OPERATORS_TRANSFORMER(EXPORT_BOTH)
}
