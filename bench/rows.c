/* What a crop costs that a plain loop cuts, without a loader: rows COUNT
 * COUNT items of 16^3 voxels, int16 and uint8, each in memory of its own, visited in random order; of each a crop of 8^3
 * is turned into floats. Prints microseconds a crop: what memory asks of bench/cache_growth's crops, whatever the loader
 * does. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/threads.h"

#define SIDE    16
#define CROP    8
#define VOXELS  ((size_t)SIDE * SIDE * SIDE)
#define SECONDS 0.5

struct item {
    int16_t *image;
    uint8_t *label;
};

static uint32_t draw(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

static size_t place(uint64_t *state)
{
    uint32_t x = draw(state) % (SIDE - CROP + 1), y = draw(state) % (SIDE - CROP + 1);
    return ((size_t)(draw(state) % (SIDE - CROP + 1)) * SIDE + y) * SIDE + x;
}

static void cut(const struct item *item, size_t start, float *image, float *label)
{
    for (size_t z = 0; z < CROP; z++)
        for (size_t y = 0; y < CROP; y++, image += CROP, label += CROP)
            for (size_t x = 0, from = start + (z * SIDE + y) * SIDE; x < CROP; x++) {
                image[x] = item->image[from + x];
                label[x] = item->label[from + x];
            }
}

int main(int argc, char **argv)
{
    static float image[CROP * CROP * CROP], label[CROP * CROP * CROP];
    size_t count = argc > 1 ? strtoul(argv[1], NULL, 10) : 0, cuts = 0;
    struct item *items = count ? calloc(count, sizeof *items) : NULL;
    uint64_t state = 1;
    double sum = 0;
    for (size_t i = 0; items && i < count; i++) {
        items[i] = (struct item){.image = calloc(VOXELS, sizeof *items->image), .label = calloc(VOXELS, 1)};
        if (!items[i].image || !items[i].label)
            return 1;
        for (size_t v = 0; v < VOXELS; v++) {
            items[i].image[v] = (int16_t)(v + i);
            items[i].label[v] = (uint8_t)v;
        }
    }
    if (!items)
        return 2;
    double start = mm_clock(), seconds = 0;
    for (; seconds < SECONDS; seconds = mm_clock() - start)
        for (size_t k = 0; k < 1000; k++, cuts++) {
            cut(&items[draw(&state) % count], place(&state), image, label);
            sum += image[0] + label[1];
        }
    printf("%.3f %g\n", 1e6 * seconds / (double)cuts, sum > 0 ? 1.0 : 0.0);
    return 0;
}
