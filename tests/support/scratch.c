/* Scratch folders under $TMPDIR. */
#include "tests/support/scratch.h"

#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

void scratch_in_memory(void)
{
    if (access("/dev/shm", W_OK) == 0)
        setenv("TMPDIR", "/dev/shm", 1);
}

int scratch_setup(void **state)
{
    struct scratch *scratch = mm_alloc(sizeof *scratch);
    if (!scratch)
        return -1;
    mm_arena_init(&scratch->arena, NULL);
    const char *parent = getenv("TMPDIR");
    scratch->folder = mm_arena_format(&scratch->arena, "%s/mmar-test-XXXXXX", parent && *parent ? parent : "/tmp");
    *state = scratch;
    return scratch->folder && mkdtemp(scratch->folder) ? 0 : -1;
}

int scratch_teardown(void **state)
{
    struct scratch *scratch = *state;
    enum mm_status s = mm_file_remove_tree(scratch->folder, NULL);
    mm_arena_done(&scratch->arena);
    mm_free(scratch);
    return s == MM_OK ? 0 : -1;
}

char *scratch_path(struct scratch *scratch, const char *name)
{
    return mm_file_join(&scratch->arena, scratch->folder, name);
}

char *scratch_file(struct scratch *scratch, const char *name, const void *bytes, size_t size)
{
    char *path = scratch_path(scratch, name);
    FILE *stream = fopen(path, "wb");
    if (!stream || fwrite(bytes, 1, size, stream) != size || fclose(stream) != 0)
        mm_bug("cannot write %s", path);
    return path;
}
