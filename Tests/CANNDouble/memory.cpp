#include "memory.hpp"

#include "call.hpp"
#include "context.hpp"
#include "functions.hpp"
#include "stream.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <sys/mman.h>

namespace cann_double {

namespace {

/// Every block, the freed ones too: their addresses are not given out again.
std::map<uintptr_t, std::shared_ptr<Block>> &blocks() {
    static auto *all = new std::map<uintptr_t, std::shared_ptr<Block>>;
    return *all;
}

struct AddressSpace {
    uintptr_t next = 0, end = 0;
    std::map<uintptr_t, uintptr_t> reserved;
};

AddressSpace &space() {
    static auto *only = new AddressSpace;
    return *only;
}

constexpr size_t ALIGNMENT = 512;
constexpr size_t ROOM = size_t{1} << 30;

size_t rounded(size_t size, size_t step) { return (size + step - 1) / step * step; }

/// What an allocation takes: whole blocks of 32 bytes and one more, as A2 and A3 do.
size_t taken(size_t size) { return rounded(size, 32) + 32; }

uintptr_t new_address(size_t size) {
    AddressSpace &all = space();
    const size_t step = rounded(taken(size), ALIGNMENT) + ALIGNMENT;
    if (all.end - all.next < step) {
        const size_t room = std::max(ROOM, rounded(step, 4096));
        all.next = reserve_addresses(room);
        all.end = all.next + room;
        all.reserved[all.next] = all.end;
    }
    const uintptr_t address = all.next;
    all.next += step;
    return address;
}

/// The block that holds the address, or the last one before it.
std::shared_ptr<Block> block_at(const void *pointer) {
    const auto address = reinterpret_cast<uintptr_t>(pointer);
    auto after = blocks().upper_bound(address);
    if (after == blocks().begin())
        return nullptr;
    std::shared_ptr<Block> block = (--after)->second;
    return address < block->address + std::max<size_t>(block->size, 1) ? block : nullptr;
}

void release(void *address, bool pinned, const char *name) {
    const std::shared_ptr<Block> block = address ? block_at(address) : nullptr;
    if (!block || block->pinned != pinned)
        misuse("R05", RT_PARAM_INVALID, text(address, " is no ", name));
    if (!block->live)
        misuse("R05", RT_PARAM_INVALID, text(name, " ", address, " was freed already"));
    if (reinterpret_cast<uintptr_t>(address) != block->address)
        misuse("R05", RT_PARAM_INVALID, text(address, " is inside a ", name, ", not its start"));
    if (!pinned && block->device != current_device())
        misuse("R05", RT_PARAM_INVALID,
               text(name, " of device ", block->device, " freed on device ", current_device()));
    const Task *user = pending_user({block, 0, block->size});
    if (user)
        violation(user->workspace.block == block ? "P04" : "R06",
                  text(name, " of ", block->size, " bytes freed before ", user->name,
                       ", which uses it, has run"));
    block->live = false;
    if (pinned) {
        std::memset(block->bytes(), FREED, block->size);
        std::free(address);
        blocks().erase(block->address);
    } else {
        std::vector<uint8_t>().swap(block->written);
        // Who uses it all the same is to see it; without, nobody can.
        if (user)
            std::fill(block->contents.begin(), block->contents.end(), FREED);
        else
            std::vector<uint8_t>().swap(block->contents);
        device_state(block->device).used -= taken(block->size);
    }
}

} // namespace

uintptr_t reserve_addresses(size_t size) {
    void *start = mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start == MAP_FAILED)
        std::abort();
    return reinterpret_cast<uintptr_t>(start);
}

bool Range::overlaps(const Range &other) const {
    return block == other.block && start < other.start + other.size && other.start < start + size;
}

void Range::mark_written() const {
    if (block->live && !block->pinned)
        std::fill_n(block->written.begin() + static_cast<ptrdiff_t>(start), size, 1);
}

bool Range::is_written() const {
    if (block->pinned || !block->live)
        return true;
    const auto begin = block->written.begin() + static_cast<ptrdiff_t>(start);
    return std::find(begin, begin + static_cast<ptrdiff_t>(size), 0) ==
           begin + static_cast<ptrdiff_t>(size);
}

bool is_device_address(const void *pointer) {
    const auto address = reinterpret_cast<uintptr_t>(pointer);
    const auto after = space().reserved.upper_bound(address);
    return after != space().reserved.begin() && address < std::prev(after)->second;
}

Range device_range(const char *rule, const std::string &what, const void *address, size_t size) {
    if (!is_device_address(address))
        misuse(rule, RT_PARAM_INVALID, text(what, ": ", address, " is not device memory"));
    const std::shared_ptr<Block> block = block_at(address);
    if (!block)
        misuse(rule, RT_PARAM_INVALID, text(what, ": ", address, " was never allocated"));
    if (!block->live)
        misuse(rule, RT_PARAM_INVALID, text(what, ": ", address, " was freed"));
    const size_t start = reinterpret_cast<uintptr_t>(address) - block->address;
    if (size > block->size - start)
        misuse(rule, RT_PARAM_INVALID,
               text(what, ": ", size, " bytes from byte ", start, " of a block of ", block->size));
    return {block, start, size};
}

std::shared_ptr<Block> pinned_block(const void *address) {
    const std::shared_ptr<Block> block = block_at(address);
    return block && block->pinned ? block : nullptr;
}

void require_host(const char *rule, const std::string &what, const void *address) {
    if (!address || is_device_address(address))
        misuse(rule, RT_PARAM_INVALID, text(what, ": ", address, " is not the host's memory"));
}

int64_t live_blocks(int device, bool pinned) {
    int64_t sum = 0;
    for (const auto &[address, block] : blocks())
        sum += block->live && block->pinned == pinned && (device < 0 || block->device == device);
    return sum;
}

int64_t live_bytes(int device) {
    int64_t sum = 0;
    for (const auto &[address, block] : blocks())
        if (block->live && !block->pinned && (device < 0 || block->device == device))
            sum += static_cast<int64_t>(block->size);
    return sum;
}

bool peek(const void *address, size_t size, void *to) {
    const std::shared_ptr<Block> block = block_at(address);
    const size_t start = block ? reinterpret_cast<uintptr_t>(address) - block->address : 0;
    // Freed memory has nothing to show.
    const size_t held = !block ? 0 : block->pinned ? block->size : block->contents.size();
    if (start + size > held)
        return false;
    std::memcpy(to, block->bytes() + start, size);
    return true;
}

Status aclrtMalloc(void **place, size_t size, int32_t policy) {
    return answer("aclrtMalloc", Needs::context, [&] {
        if (!place || size == 0)
            misuse("R05", INVALID_PARAM, place ? "size is 0" : "devPtr is NULL");
        if (policy < 0 || policy > 5)
            refuse(INVALID_PARAM, text("policy ", policy, " is none that every release knows"));
        Device &device = device_state(current_device());
        if (taken(size) > device.memory - device.used)
            fail(RT_MEMORY_ALLOCATION, text(size, " bytes wanted, ", device.memory - device.used,
                                            " of ", device.memory, " free"));
        device.used += taken(size);
        Block block{new_address(size), size, current_device(), false};
        block.contents.assign(size, FRESH);
        block.written.assign(size, 0);
        const uintptr_t address = block.address;
        blocks()[address] = std::make_shared<Block>(std::move(block));
        *place = reinterpret_cast<void *>(address);
    });
}

Status aclrtFree(void *address) {
    return answer("aclrtFree", Needs::context, Injected::done,
                  [&](Call &) { release(address, false, "device block"); });
}

Status aclrtMallocHost(void **place, size_t size) {
    return answer("aclrtMallocHost", Needs::context, [&] {
        if (!place || size == 0)
            misuse("R05", INVALID_PARAM, place ? "size is 0" : "hostPtr is NULL");
        void *memory = std::aligned_alloc(64, rounded(size, 64));
        if (!memory)
            fail(RT_MEMORY_ALLOCATION, text(size, " bytes of pinned memory"));
        std::memset(memory, FRESH, size);
        const auto address = reinterpret_cast<uintptr_t>(memory);
        blocks()[address] =
            std::make_shared<Block>(Block{address, size, current_device(), true});
        *place = memory;
    });
}

Status aclrtFreeHost(void *address) {
    return answer("aclrtFreeHost", Needs::context, Injected::done,
                  [&](Call &) { release(address, true, "pinned block"); });
}

Status aclrtGetMemInfo(int32_t attribute, size_t *free, size_t *total) {
    return answer("aclrtGetMemInfo", Needs::context, [&] {
        if (!free || !total)
            refuse(INVALID_PARAM, "free or total is NULL");
        if (attribute != HBM_MEM)
            refuse(INVALID_PARAM, text("attribute ", attribute, ", wanted HBM_MEM (1)"));
        const Device &device = device_state(current_device());
        *free = device.memory > device.used ? device.memory - device.used : 0;
        *total = device.memory;
    });
}

} // namespace cann_double
