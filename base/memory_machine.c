/* How much memory there is: Linux's own estimate, and the limits of the cgroups that this process is in. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

#define PATH_SIZE 4096
#define LARGE     (4 << 20) /* a block of so many bytes is a mapping of its own */

/* The number in the first line that starts with `name` ("" for a file that is a number); false for "max" or no file. */
static bool read_number(const char *path, const char *name, uint64_t *out)
{
    char line[256];
    unsigned long long value;
    bool found = false;
    FILE *stream = fopen(path, "re");
    while (stream && !found && fgets(line, sizeof line, stream))
        found = !strncmp(line, name, strlen(name)) && sscanf(line + strlen(name), "%llu", &value) == 1;
    if (stream)
        fclose(stream);
    if (found)
        *out = value;
    return found;
}

/* What a limit leaves beside what is used; `best` gets smaller or stays. */
static void consider(const char *limit_path, const char *used_path, uint64_t *best)
{
    uint64_t limit, used;
    if (!read_number(limit_path, "", &limit) || !read_number(used_path, "", &used))
        return;
    uint64_t left = limit > used ? limit - used : 0;
    if (left < *best)
        *best = left;
}

/* cgroup v2: every group from this process's ("0::/a/b" in /proc/self/cgroup) up to the root may have a limit. */
static void consider_groups(uint64_t *best)
{
    char line[PATH_SIZE], limit[PATH_SIZE + 64], used[PATH_SIZE + 64];
    FILE *stream = fopen("/proc/self/cgroup", "re");
    bool found = false;
    while (stream && !found && fgets(line, sizeof line, stream))
        found = !strncmp(line, "0::", 3);
    if (stream)
        fclose(stream);
    if (!found)
        return;
    line[strcspn(line, "\n")] = 0;
    for (char *folder = line + 3, *slash = folder; slash;
         (slash = strrchr(folder, '/')) ? (void)(*slash = 0) : (void)0) {
        snprintf(limit, sizeof limit, "/sys/fs/cgroup%s/memory.max", folder);
        snprintf(used, sizeof used, "/sys/fs/cgroup%s/memory.current", folder);
        consider(limit, used, best);
    }
}

uint64_t mm_memory_available(void)
{
    uint64_t best;
    if (!read_number("/proc/meminfo", "MemAvailable:", &best))
        return 0;
    best *= 1024;
    consider_groups(&best);
    consider("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes", &best);
    return best;
}

void mm_memory_return_large(void)
{
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, LARGE);
    mallopt(M_TRIM_THRESHOLD, LARGE / 4);
#endif
}

void mm_memory_return(void)
{
    mm_pages_return();
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}
