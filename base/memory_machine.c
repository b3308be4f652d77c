/* How much memory there is: Linux's own estimate, and the limits of the cgroups that this process is in. */
#include <stdio.h>
#include <string.h>

#include "base/memory.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

#define PATH_SIZE 8192
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

/* How the two versions of control groups name things, and what starts the line of /proc/self/cgroup that names ours. */
struct groups {
    const char *controller, *folder, *limit, *used, *idle;
};
static const struct groups versions[] = {
    {"", "/sys/fs/cgroup", "memory.max", "memory.current", "inactive_file "},
    {"memory", "/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file "},
};

/* What the group's limit leaves beside what is used, of which pages of files that were not used lately are none; `best` gets
 * smaller or stays. */
static void consider(const char *root, const struct groups *version, const char *group, uint64_t *best)
{
    char path[PATH_SIZE];
    uint64_t limit, used, idle = 0;
    snprintf(path, sizeof path, "%s%s%s/%s", root, version->folder, group, version->limit);
    if (!read_number(path, "", &limit))
        return;
    snprintf(path, sizeof path, "%s%s%s/%s", root, version->folder, group, version->used);
    if (!read_number(path, "", &used))
        return;
    snprintf(path, sizeof path, "%s%s%s/memory.stat", root, version->folder, group);
    if (read_number(path, version->idle, &idle))
        used -= idle < used ? idle : used;
    uint64_t left = limit > used ? limit - used : 0;
    if (left < *best)
        *best = left;
}

/* "4:cpuset,memory:/a/b" is of the controllers cpuset and memory; version 2 has one hierarchy and names none. */
static bool is_of(const char *line, const struct groups *version, const char **group)
{
    const char *names = strchr(line, ':'), *end = names ? strchr(names + 1, ':') : NULL;
    if (!end)
        return false;
    *group = end + 1;
    for (const char *name = names + 1, *next; name <= end; name = next + 1) {
        next = name + strcspn(name, ",:");
        if ((size_t)(next - name) == strlen(version->controller) &&
            !strncmp(name, version->controller, (size_t)(next - name)))
            return true;
    }
    return false;
}

/* Every group from this process's own up to the root may have a limit. In a container the path may be that outside, of which only the
 * root is to be seen. */
static void consider_groups(const char *root, const struct groups *version, uint64_t *best)
{
    char line[PATH_SIZE / 2], path[PATH_SIZE];
    const char *found = NULL;
    snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    FILE *stream = fopen(path, "re");
    while (stream && !found && fgets(line, sizeof line, stream))
        if (!is_of(line, version, &found))
            found = NULL;
    if (stream)
        fclose(stream);
    if (!found)
        return;
    line[strcspn(line, "\n")] = 0;
    char *group = line + (found - line), *slash;
    do {
        consider(root, version, group, best);
        slash = strrchr(group, '/');
        if (slash)
            *slash = 0;
    } while (slash);
}

uint64_t mm_memory_available_at(const char *root)
{
    char path[PATH_SIZE];
    uint64_t best;
    snprintf(path, sizeof path, "%s/proc/meminfo", root);
    if (!read_number(path, "MemAvailable:", &best))
        return 0;
    best *= 1024;
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++)
        consider_groups(root, &versions[i], &best);
    return best;
}

uint64_t mm_memory_available(void)
{
    return mm_memory_available_at("");
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
