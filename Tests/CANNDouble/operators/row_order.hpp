#pragma once

namespace cann_double {

/// Whether rows within an expert descend; nothing promises that they ascend.
void set_descending_rows(int device, bool whether);
bool descending_rows(int device);

} // namespace cann_double
