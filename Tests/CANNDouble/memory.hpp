// Device memory: addresses that fault when the host touches them, and what stands behind them.
#pragma once

#include "registry.hpp"

#include <vector>

namespace cann_double {

/// What a byte holds that nobody has written since its block was allocated.
constexpr uint8_t FRESH = 0xA5;
/// What a byte holds whose block was freed.
constexpr uint8_t FREED = 0xDD;

/// One allocation, on a device or pinned on the host.
struct Block {
    uintptr_t address;
    size_t size;
    int device;
    bool pinned;
    bool live = true;
    /// Contents of device memory; pinned memory is at its own address.
    std::vector<uint8_t> contents = {};
    /// Whether a byte has been written, for every byte of `contents`.
    std::vector<uint8_t> written = {};

    uint8_t *bytes() { return pinned ? reinterpret_cast<uint8_t *>(address) : contents.data(); }
};

/// A piece of a block.
struct Range {
    std::shared_ptr<Block> block;
    size_t start = 0;
    size_t size = 0;

    bool overlaps(const Range &other) const;
    uint8_t *bytes() const { return block->bytes() + start; }
    void mark_written() const;
    bool is_written() const;
};

/// Whether the address lies where device memory is handed out, alive or not.
bool is_device_address(const void *address);
/// The piece of live device memory, or the end of the call: a rule was broken.
Range device_range(const char *rule, const std::string &what, const void *address, size_t size);
/// The piece of pinned memory that the address lies in; none for pageable memory.
std::shared_ptr<Block> pinned_block(const void *address);
/// The host's memory, or the end of the call if it is a device's.
void require_host(const char *rule, const std::string &what, const void *address);

/// Blocks alive on a device, and their bytes; those on the host if `pinned`.
int64_t live_blocks(int device, bool pinned);
int64_t live_bytes(int device);

/// Reads device memory from aside, without any rule.
bool peek(const void *address, size_t size, void *to);

} // namespace cann_double
