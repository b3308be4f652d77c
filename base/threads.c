/* What this machine gives us: processors and time. The pool is in pool.c, the queue in queue.c. */
#include "base/threads.h"

#include <sched.h>
#include <sys/resource.h>
#include <time.h>

#define CPUS_MAX  8192
#define PATH_SIZE 4096

static unsigned count_affinity(void)
{
    cpu_set_t *set = CPU_ALLOC(CPUS_MAX);
    if (!set)
        return 1;
    size_t size = CPU_ALLOC_SIZE(CPUS_MAX);
    unsigned count = sched_getaffinity(0, size, set) == 0 ? (unsigned)CPU_COUNT_S(size, set) : 1;
    CPU_FREE(set);
    return count ? count : 1;
}

/* First line of a small file of the kernel's; false when there is none. */
static bool read_line(const char *path, char *line, int size)
{
    FILE *stream = fopen(path, "re");
    if (!stream)
        return false;
    bool is_good = fgets(line, size, stream) != NULL;
    fclose(stream);
    return is_good;
}

/* Processors of a quota in microseconds per period, rounded up; 0 = no limit. */
static unsigned quota_to_count(long long quota, long long period)
{
    if (quota <= 0 || period <= 0)
        return 0;
    long long count = (quota + period - 1) / period;
    return count > CPUS_MAX ? 0 : (unsigned)count;
}

/* cgroup v2, cpu.max: "200000 100000" or "max 100000". */
static unsigned read_cpu_max(const char *folder)
{
    char path[PATH_SIZE + 64], line[128];
    long long quota, period;
    snprintf(path, sizeof path, "/sys/fs/cgroup%s/cpu.max", folder);
    if (!read_line(path, line, sizeof line) || sscanf(line, "%lld %lld", &quota, &period) != 2)
        return 0;
    return quota_to_count(quota, period);
}

static unsigned smaller(unsigned a, unsigned b)
{
    return a == 0 ? b : b == 0 ? a : a < b ? a : b;
}

/* The tightest cpu.max from this process's group ("0::/a/b" in /proc/self/cgroup) up to the root. */
static unsigned count_cgroup_v2(void)
{
    char line[PATH_SIZE];
    FILE *stream = fopen("/proc/self/cgroup", "re");
    if (!stream)
        return 0;
    unsigned count = read_cpu_max("");
    while (fgets(line, sizeof line, stream)) {
        if (strncmp(line, "0::", 3) != 0)
            continue;
        char *folder = line + 3;
        folder[strcspn(folder, "\n")] = '\0';
        for (char *slash; (slash = strrchr(folder, '/')) && slash[1]; *slash = '\0')
            count = smaller(count, read_cpu_max(folder));
    }
    fclose(stream);
    return count;
}

static unsigned count_cgroup_v1(void)
{
    char quota[64], period[64];
    if (!read_line("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", quota, sizeof quota) ||
        !read_line("/sys/fs/cgroup/cpu/cpu.cfs_period_us", period, sizeof period))
        return 0;
    return quota_to_count(strtoll(quota, NULL, 10), strtoll(period, NULL, 10));
}

unsigned mm_threads_available(void)
{
    return smaller(count_affinity(), smaller(count_cgroup_v2(), count_cgroup_v1()));
}

void mm_thread_work_ahead(void)
{
    sched_setscheduler(0, SCHED_BATCH, &(struct sched_param){.sched_priority = 0});
}

double mm_clock_kernel(void)
{
    struct rusage usage;
    getrusage(RUSAGE_THREAD, &usage);
    return (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec * 1e-6;
}

double mm_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}
