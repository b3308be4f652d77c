/* Fuzzes the reading of configs: comments, --set, variables, v4's conversion, refs, stages; and datalists.
 * Input: the config, and after each NUL byte a --set. */
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "config/config.h"
#include "config/datalist.h"

#define SETS_MAX 8

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size);

/* The bytes as a file; its path is good while the descriptor is open. */
static int make_file(const unsigned char *bytes, size_t size, char path[64])
{
    int file = memfd_create("config", 0);
    if (file < 0 || write(file, bytes, size) != (ssize_t)size)
        mm_bug("no memory file");
    snprintf(path, 64, "/proc/self/fd/%d", file);
    return file;
}

static void read_all(struct mm_arena *arena, const char *path, const char *const *sets, size_t set_count)
{
    struct mm_problems problems;
    struct mm_error err = {0};
    struct mm_config *config;
    struct mm_datalist *list;
    const struct mm_config_sources sources = {.config = path, .sets = sets, .set_count = set_count};
    mm_problems_init(&problems, arena);
    enum mm_status s = mm_config_read(arena, &sources, &config, &problems, &err);
    if ((s == MM_OK) != (problems.errors == 0) || (s == MM_OK && !config))
        mm_bug("status %d with %zu errors", s, problems.errors);
    mm_problems_fail(&problems, MM_ERR_CONFIG, &err);
    if (config && !mm_json_print(arena, config->root, MM_JSON_COMPACT))
        mm_bug("the resolved config does not print");
    mm_problems_init(&problems, arena);
    mm_datalist_read(arena, path, "training", NULL, &list, &problems, &err);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
    struct mm_arena arena;
    mm_arena_init(&arena, NULL);
    const char *text = mm_arena_textn(&arena, (const char *)bytes, size);
    size_t length = strlen(text), set_count = 0;
    const char *sets[SETS_MAX];
    for (size_t at = length + 1; at < size && set_count < SETS_MAX; at += strlen(text + at) + 1)
        sets[set_count++] = text + at;
    char path[64];
    int file = make_file(bytes, length, path);
    read_all(&arena, path, sets, set_count);
    close(file);
    mm_arena_done(&arena);
    return 0;
}
