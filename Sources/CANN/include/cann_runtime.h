// The runtime: process, device, context, stream, memory. Libraries libascendcl.so, libacl_rt.so.
#pragma once

#include "cann_types.h"

typedef cann_status (*cann_aclInit)(const char *config_path_or_null);
typedef const char *(*cann_aclGetRecentErrMsg)(void);

typedef cann_status (*cann_aclrtGetDeviceCount)(uint32_t *count);
typedef cann_status (*cann_aclrtSetDevice)(int32_t device);
typedef cann_status (*cann_aclrtResetDevice)(int32_t device);
typedef const char *(*cann_aclrtGetSocName)(void);
typedef cann_status (*cann_aclrtGetVersion)(int32_t *major, int32_t *minor, int32_t *patch);
typedef cann_status (*cann_aclsysGetVersionStr)(char *package, char *version_of_128_bytes);

typedef cann_status (*cann_aclrtCreateContext)(cann_context *context, int32_t device);
typedef cann_status (*cann_aclrtDestroyContext)(cann_context context);
typedef cann_status (*cann_aclrtSetCurrentContext)(cann_context context);

typedef cann_status (*cann_aclrtCreateStream)(cann_stream *stream);
typedef cann_status (*cann_aclrtDestroyStream)(cann_stream stream);
typedef cann_status (*cann_aclrtSynchronizeStream)(cann_stream stream);

typedef cann_status (*cann_aclrtMalloc)(void **device, size_t size, int32_t policy);
typedef cann_status (*cann_aclrtFree)(void *device);
typedef cann_status (*cann_aclrtMallocHost)(void **host, size_t size);
typedef cann_status (*cann_aclrtFreeHost)(void *host);
typedef cann_status (*cann_aclrtMemcpy)(
    void *destination, size_t capacity, const void *source, size_t count, int32_t kind);
typedef cann_status (*cann_aclrtMemcpyAsync)(
    void *destination, size_t capacity, const void *source, size_t count, int32_t kind,
    cann_stream stream);
typedef cann_status (*cann_aclrtMemset)(
    void *device, size_t capacity, int32_t value, size_t count);
typedef cann_status (*cann_aclrtGetMemInfo)(int32_t attribute, size_t *free, size_t *total);
