// Statuses and handles.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// aclError and aclnnStatus.
typedef int32_t cann_status;

// aclrtStream and aclrtContext.
typedef void *cann_stream;
typedef void *cann_context;

// Objects that the library makes and only the library looks into.
typedef struct aclTensor aclTensor;
typedef struct aclTensorList aclTensorList;
typedef struct aclIntArray aclIntArray;
typedef struct aclOpExecutor aclOpExecutor;
