/* Linux tells it in pages. */
#include "tests/support/resident.h"

#include <stdio.h>
#include <unistd.h>

uint64_t resident_bytes(void)
{
    unsigned long long all, pages = 0;
    FILE *stream = fopen("/proc/self/statm", "re");
    if (stream && fscanf(stream, "%llu %llu", &all, &pages) != 2)
        pages = 0;
    if (stream)
        fclose(stream);
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}
