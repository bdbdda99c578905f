// Objects behind opaque handles. A handle is an address that faults when it is touched, and is
// never given to a second object, so that a stale one is told from a foreign one.
#pragma once

#include "journal.hpp"

#include <map>
#include <memory>

namespace cann_double {

/// A piece of address space in which every access faults.
uintptr_t reserve_addresses(size_t size);

/// All objects of one kind.
template <class Object> class Registry {
  public:
    explicit Registry(const char *kind) : kind(kind) {}

    template <class Handle> Handle *add(std::unique_ptr<Object> object) {
        if (next == last)
            first = next = reserve_addresses(ROOM), last = first + ROOM;
        const uintptr_t handle = next;
        next += STEP;
        live[handle] = std::move(object);
        return reinterpret_cast<Handle *>(handle);
    }

    Object *find(const void *handle) const {
        const auto found = live.find(reinterpret_cast<uintptr_t>(handle));
        return found == live.end() ? nullptr : found->second.get();
    }

    /// Whether the handle was given out once.
    bool existed(const void *handle) const {
        const auto value = reinterpret_cast<uintptr_t>(handle);
        return value >= first && value < next;
    }

    /// The object, or the end of the call: a rule was broken.
    Object &take(const void *handle, const char *rule, Status status) const {
        if (Object *object = find(handle))
            return *object;
        misuse(rule, status,
               !handle          ? text(kind, " is NULL")
               : existed(handle) ? text(kind, " ", handle, " was destroyed already")
                                 : text(handle, " is no ", kind));
    }

    void remove(const void *handle) { live.erase(reinterpret_cast<uintptr_t>(handle)); }

    int64_t count(int device) const {
        int64_t sum = 0;
        for (const auto &[handle, object] : live)
            sum += device < 0 || object->device == device;
        return sum;
    }

    template <class Visit> void each(Visit visit) const {
        for (const auto &[handle, object] : live)
            visit(*object);
    }

  private:
    static constexpr size_t STEP = 64, ROOM = size_t{1} << 30;
    const char *kind;
    uintptr_t first = 0, next = 0, last = 0;
    std::map<uintptr_t, std::unique_ptr<Object>> live;
};

} // namespace cann_double
