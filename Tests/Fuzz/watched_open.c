// Stands before the system's open, so that a fuzz target sees every file that the code under test
// opens. In C, because it runs before Swift and the sanitizer are ready.

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *watched_folder;

// From now on, only files directly in this folder may be opened; NULL for any.
void fuzz_watch(const char *folder) {
    free(watched_folder);
    watched_folder = folder != NULL ? strdup(folder) : NULL;
}

static int is_beside(const char *path) {
    size_t length = strlen(watched_folder);
    if (strncmp(path, watched_folder, length) != 0 || path[length] != '/') return 0;
    const char *name = path + length + 1;
    size_t rest = strlen(name);
    int is_index = strcmp(name, "model.safetensors.index.json") == 0;
    int is_shard = rest >= 12 && strcmp(name + rest - 12, ".safetensors") == 0;
    return (is_index || is_shard) && name[0] != '~' && strpbrk(name, "/\\:") == NULL;
}

int open(const char *path, int flags, ...) {
    if (watched_folder != NULL && !is_beside(path)) {
        fprintf(stderr, "opened %s, which is not beside the index\n", path);
        // What libFuzzer itself opens to report this is none of the target's business.
        fuzz_watch(NULL);
        abort();
    }
    va_list arguments;
    va_start(arguments, flags);
    int mode = flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(arguments, int) : 0;
    va_end(arguments);
    return openat(AT_FDCWD, path, flags, mode);
}
