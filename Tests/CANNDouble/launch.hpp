// The second phase of an operator: what a kernel sees of its arguments when it runs.
#pragma once

#include "executor.hpp"

namespace cann_double {

struct Argument;

/// One tensor of a kernel that runs, read and written element by element.
class Operand {
  public:
    Operand() = default;
    Operand(std::string name, Tensor tensor, Range range);

    /// Elements from the start of the storage to the one at the indices of the view.
    size_t at(int64_t i) const;
    size_t at(int64_t i, int64_t j) const;
    size_t at(int64_t i, int64_t j, int64_t k) const;
    int64_t dim(size_t index) const { return tensor.dims[index]; }
    int64_t count() const { return tensor.count(); }
    int32_t type() const { return tensor.type; }
    int32_t format() const { return tensor.format; }
    size_t rank() const { return tensor.dims.size(); }

    /// An element as a number: FLOAT, BF16 and FLOAT16 widened, INT32 and INT8 converted.
    float number(size_t element);
    /// An element of an integer tensor.
    int64_t whole(size_t element);
    /// Writes an element; a float is rounded to nearest even, an integer must fit.
    void set(size_t element, float value);
    void set_whole(size_t element, int64_t value);
    /// Copies an element of another operand of the same type.
    void copy(size_t element, Operand &from, size_t source);
    /// Makes elements unfit to be read, as ones that the kernel leaves to chance.
    void spoil(size_t element, size_t count);

  private:
    const uint8_t *read(size_t element);
    uint8_t *write(size_t element);

    std::string name;
    Tensor tensor;
    Range range;
    size_t size = 0;
    bool complained = false;
};

/// A kernel's arguments while it runs.
class Launch {
  public:
    explicit Launch(std::vector<Operand> operands) : operands(std::move(operands)) {}
    Operand &operator[](const Argument &argument);

  private:
    std::vector<Operand> operands;
};

/// Ends the kernel, and everything after it on the stream, as an access out of bounds does.
[[noreturn]] void trap(const char *rule, const std::string &message);

} // namespace cann_double
