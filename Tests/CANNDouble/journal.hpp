// What callers did wrong. Two kinds: a refusal is an argument that the real library would answer
// with a status too; a violation breaks the protocol in a way that the real library would answer
// with a crash, with wrong numbers or not at all.
#pragma once

#include "abi.hpp"
#include "text.hpp"

namespace cann_double {

enum class Kind { violation, refusal };

/// Thrown inside a call: the status that it returns, and the text of aclGetRecentErrMsg.
struct Failure {
    Status status;
    std::string message;
};

/// The call fails; nobody is to blame.
[[noreturn]] void fail(Status status, std::string message);
/// The call fails because of an argument.
[[noreturn]] void refuse(Status status, std::string message);
/// The call fails and breaks the rule of the protocol.
[[noreturn]] void misuse(const char *rule, Status status, std::string message);
/// The rule is broken and the call goes on, as the real one would.
void violation(const char *rule, std::string message);

/// Entries of a device, or of all devices and of none when `device` is negative.
size_t journal_count(int device, Kind kind);
std::string journal_text(int device, Kind kind, size_t index);
void clear_journal(int device);
/// Whether a violation ends the process at once, after printing it.
void abort_on_violation(bool whether);

/// Names the kernel that runs now, and its device, in whatever is recorded. One that waits for an
/// event runs others meanwhile, and goes on after them.
class Site {
  public:
    Site(std::string kernel, int device);
    ~Site();
    Site(const Site &) = delete;

    const std::string kernel;
    const int device;

  private:
    const Site *const before;
};

} // namespace cann_double
