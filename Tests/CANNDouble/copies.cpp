// Copies and fills, at once or on a stream.
#include "call.hpp"
#include "context.hpp"
#include "copies.hpp"
#include "functions.hpp"
#include "stream.hpp"

#include <cstring>

namespace cann_double {

namespace {

/// Copies on a stream that had to wait for it, because their host memory is pageable.
std::map<int, uint64_t> &blocking() {
    static auto *all = new std::map<int, uint64_t>;
    return *all;
}

const char *const KINDS[] = {"HOST_TO_HOST", "HOST_TO_DEVICE", "DEVICE_TO_HOST",
                             "DEVICE_TO_DEVICE"};

/// Both ends of a copy, on the device where the kind says so.
struct Copy {
    std::string name;
    std::optional<Range> to, from;
    void *host_to;
    const void *host_from;
    size_t count;

    Copy(void *to_address, size_t capacity, const void *from_address, size_t count, int32_t kind)
        : host_to(to_address), host_from(from_address), count(count) {
        if (kind < HOST_TO_HOST || kind > DEVICE_TO_DEVICE)
            refuse(INVALID_PARAM, text("kind ", kind, " is none that every release knows"));
        name = text("copy ", KINDS[kind], " of ", count, " bytes");
        if (count > capacity)
            misuse("R07", INVALID_PARAM, text(count, " bytes to ", capacity));
        if (kind == HOST_TO_DEVICE || kind == DEVICE_TO_DEVICE)
            to = device_range("R07", "destination", to_address, capacity);
        else
            require_host("R07", "destination", to_address);
        if (kind == DEVICE_TO_HOST || kind == DEVICE_TO_DEVICE)
            from = device_range("R07", "source", from_address, count);
        else
            require_host("R07", "source", from_address);
        if (to)
            to->size = count;
        const auto misaligned = [](const Range &range) { return range.start % 64 != 0; };
        if (to && from && (misaligned(*to) || misaligned(*from)))
            misuse("R12", RT_ADDR_UNALIGNED, "a copy on the device wants multiples of 64");
    }

    void perform() const {
        if (from && !from->is_written())
            violation("U02", text(name, " reads bytes that nobody wrote"));
        std::memmove(to ? to->bytes() : host_to, from ? from->bytes() : host_from, count);
        if (to)
            to->mark_written();
    }
};

/// A sum of bytes that tells whether they have changed.
uint64_t checksum(const void *bytes, size_t count) {
    uint64_t sum = 14695981039346656037u;
    for (size_t i = 0; i < count; i++)
        sum = (sum ^ static_cast<const uint8_t *>(bytes)[i]) * 1099511628211u;
    return sum;
}

/// The piece of pinned memory of a host pointer, or none when it is pageable.
std::optional<Range> pinned_range(const void *address, size_t count) {
    const std::shared_ptr<Block> block = pinned_block(address);
    if (!block)
        return std::nullopt;
    const size_t start = reinterpret_cast<uintptr_t>(address) - block->address;
    if (count > block->size - start)
        misuse("R07", RT_PARAM_INVALID,
               text(count, " bytes from byte ", start, " of a pinned block of ", block->size));
    return Range{block, start, count};
}

/// Work of a stream that has not run is not waited for by a call without one.
void require_idle(const Copy &copy) {
    if (copy.from)
        if (const Task *writer = pending_writer(*copy.from))
            violation("R08", text(copy.name, " reads what ", writer->name, " has not written yet"));
    if (copy.to)
        if (const Task *user = pending_user(*copy.to))
            violation("P15", text(copy.name, " writes what ", user->name, " still uses"));
}

void enqueue_copy(Stream &stream, const Copy &copy) {
    const bool upload = !copy.from;
    const void *host = upload ? copy.host_from : copy.host_to;
    std::optional<Range> pinned;
    if (!copy.from || !copy.to) {
        pinned = pinned_range(host, copy.count);
        if (!pinned) {
            blocking()[stream.device]++;
            drain(stream);
            copy.perform();
            return;
        }
    }
    Task task;
    task.name = copy.name;
    for (const auto &[range, list] : {std::pair{copy.from, &task.reads}, {copy.to, &task.writes}})
        if (range)
            list->push_back(*range);
    if (pinned)
        (upload ? task.reads : task.writes).push_back(*pinned);
    // Whoever reads the host's side before the stream was synchronised finds nothing there.
    if (pinned && !upload)
        std::memset(copy.host_to, FRESH, copy.count);
    const uint64_t before = upload ? checksum(host, copy.count) : 0;
    task.run = [=] {
        if (upload && checksum(host, copy.count) != before)
            violation("R09", text(copy.name, ": the source has changed since it was asked for"));
        copy.perform();
    };
    enqueue(stream, std::move(task));
}

Range fill_range(void *address, size_t capacity, size_t count) {
    if (count > capacity)
        misuse("R07", INVALID_PARAM, text(count, " bytes of ", capacity));
    Range range = device_range("R07", "devPtr", address, capacity);
    range.size = count;
    return range;
}

void fill(const Range &range, int32_t value) {
    std::memset(range.bytes(), value, range.size);
    range.mark_written();
}

} // namespace

uint64_t blocking_copies(int device) { return blocking()[device]; }

Status aclrtMemcpy(void *to, size_t capacity, const void *from, size_t count, int32_t kind) {
    return answer("aclrtMemcpy", Needs::context, [&] {
        const Copy copy(to, capacity, from, count, kind);
        require_idle(copy);
        copy.perform();
    });
}

Status aclrtMemcpyAsync(void *to, size_t capacity, const void *from, size_t count, int32_t kind,
                        void *stream) {
    return answer("aclrtMemcpyAsync", Needs::context, [&] {
        Stream &target = take_stream(stream);
        if (kind == HOST_TO_HOST)
            misuse("R07", RT_FEATURE_NOT_SUPPORT, "HOST_TO_HOST on a stream");
        enqueue_copy(target, Copy(to, capacity, from, count, kind));
    });
}

Status aclrtMemset(void *address, size_t capacity, int32_t value, size_t count) {
    return answer("aclrtMemset", Needs::context, [&] {
        const Range range = fill_range(address, capacity, count);
        if (const Task *user = pending_user(range))
            violation("P15", text("fills what ", user->name, " still uses"));
        fill(range, value);
    });
}

Status aclrtMemsetAsync(void *address, size_t capacity, int32_t value, size_t count, void *stream) {
    return answer("aclrtMemsetAsync", Needs::context, [&] {
        Stream &target = take_stream(stream);
        const Range range = fill_range(address, capacity, count);
        Task task;
        task.name = text("fill of ", count, " bytes");
        task.writes = {range};
        task.run = [=] { fill(range, value); };
        enqueue(target, std::move(task));
    });
}

} // namespace cann_double
