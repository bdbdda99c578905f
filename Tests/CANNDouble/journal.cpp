#include "journal.hpp"

#include "call.hpp"
#include "context.hpp"

#include <cstdio>
#include <cstdlib>

namespace cann_double {

namespace {

struct Entry {
    int device;
    Kind kind;
    std::string text;
};

std::vector<Entry> &entries() {
    static auto *all = new std::vector<Entry>;
    return *all;
}

bool aborts = false;

thread_local const Site *running = nullptr;

std::string named(const std::string &message) {
    const std::string call = running_call();
    return running ? text(call, ", running ", running->kernel, ": ", message)
                   : text(call, ": ", message);
}

void record(Kind kind, std::string entry) {
    if (kind == Kind::violation && aborts) {
        std::fprintf(stderr, "CANN double: violation %s\n", entry.c_str());
        std::abort();
    }
    entries().push_back({running ? running->device : current_device(), kind, std::move(entry)});
}

bool matches(const Entry &entry, int device, Kind kind) {
    return entry.kind == kind && (device < 0 || entry.device == device);
}

} // namespace

Site::Site(std::string kernel, int device)
    : kernel(std::move(kernel)), device(device), before(running) {
    running = this;
}

Site::~Site() { running = before; }

void fail(Status status, std::string message) { throw Failure{status, named(message)}; }

void refuse(Status status, std::string message) {
    record(Kind::refusal, text(status, " ", named(message)));
    throw Failure{status, named(message)};
}

void misuse(const char *rule, Status status, std::string message) {
    violation(rule, message);
    throw Failure{status, named(message)};
}

void violation(const char *rule, std::string message) {
    record(Kind::violation, text(rule, " ", named(message)));
}

size_t journal_count(int device, Kind kind) {
    size_t count = 0;
    for (const Entry &entry : entries())
        count += matches(entry, device, kind);
    return count;
}

std::string journal_text(int device, Kind kind, size_t index) {
    for (const Entry &entry : entries())
        if (matches(entry, device, kind) && index-- == 0)
            return entry.text;
    return "";
}

void clear_journal(int device) {
    auto &all = entries();
    for (auto entry = all.begin(); entry != all.end();)
        entry = device < 0 || entry->device == device ? all.erase(entry) : entry + 1;
}

void abort_on_violation(bool whether) { aborts = whether; }

} // namespace cann_double
