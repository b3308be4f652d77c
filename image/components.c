/* Connected components by runs: the stretches of set voxels in each row are the nodes of a union-find forest,
 * joined with the runs of the rows scanned before that they touch. Runs are numbered in scan order and the
 * smallest number of a tree is its root, so components come out numbered in scan order. Memory: 12 bytes a run, 8
 * a row. */
#include "image/components.h"

struct run {
    int start, end; /* x in [start, end) */
};

struct forest {
    struct run *runs;
    uint32_t *parent;
    size_t *row; /* first run of each row, one entry more at the end */
};

static size_t count_runs(const uint8_t *mask, const int size[3])
{
    size_t count = 0, rows = (size_t)size[1] * (size_t)size[2], width = (size_t)size[0];
    for (size_t r = 0; r < rows; r++) {
        const uint8_t *at = mask + r * width;
        count += at[0] != 0;
        for (size_t x = 1; x < width; x++)
            count += at[x] && !at[x - 1];
    }
    return count;
}

static void find_runs(struct forest *forest, const uint8_t *mask, const int size[3])
{
    size_t count = 0, rows = (size_t)size[1] * (size_t)size[2];
    for (size_t r = 0; r < rows; r++) {
        const uint8_t *at = mask + r * (size_t)size[0];
        forest->row[r] = count;
        for (int x = 0; x < size[0];) {
            int start = x;
            while (x < size[0] && at[x])
                x++;
            if (x > start)
                forest->runs[count++] = (struct run){start, x};
            else
                x++;
        }
    }
    forest->row[rows] = count;
}

static uint32_t root_of(uint32_t *parent, uint32_t node)
{
    while (parent[node] != node) {
        parent[node] = parent[parent[node]]; /* path halving */
        node = parent[node];
    }
    return node;
}

static void join(uint32_t *parent, uint32_t a, uint32_t b)
{
    a = root_of(parent, a);
    b = root_of(parent, b);
    if (a < b)
        parent[b] = a;
    else
        parent[a] = b;
}

/* Joins the runs of two rows that overlap, or come within `reach` (1: diagonal steps in x count). */
static void join_rows(struct forest *forest, size_t row, size_t other, int reach)
{
    size_t a = forest->row[row], b = forest->row[other];
    while (a < forest->row[row + 1] && b < forest->row[other + 1]) {
        const struct run *p = &forest->runs[a], *q = &forest->runs[b];
        if (p->start < q->end + reach && q->start < p->end + reach)
            join(forest->parent, (uint32_t)a, (uint32_t)b);
        if (p->end < q->end)
            a++;
        else
            b++;
    }
}

/* The rows scanned before (y, z): in y, in z, in both. A step in n axes besides x needs connectivity n, and n + 1
 * to allow x. */
static void join_all(struct forest *forest, const int size[3], int connectivity)
{
    static const struct {
        int y, z, axes;
    } steps[] = {{-1, 0, 1}, {0, -1, 1}, {-1, -1, 2}, {1, -1, 2}};
    for (int z = 0; z < size[2]; z++) {
        for (int y = 0; y < size[1]; y++) {
            for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
                int oy = y + steps[i].y, oz = z + steps[i].z;
                if (oy >= 0 && oy < size[1] && oz >= 0 && steps[i].axes <= connectivity)
                    join_rows(forest, (size_t)z * (size_t)size[1] + (size_t)y,
                              (size_t)oz * (size_t)size[1] + (size_t)oy, connectivity > steps[i].axes);
            }
        }
    }
}

/* Numbers the trees in scan order: a root comes before the rest of its tree. The parents become the numbers. */
static int32_t number_trees(uint32_t *parent, size_t runs)
{
    uint32_t count = 0;
    for (size_t i = 0; i < runs; i++)
        parent[i] = parent[i] == i ? ++count : parent[parent[i]];
    return (int32_t)count;
}

static void write_labels(const struct forest *forest, const int size[3], int32_t *labels)
{
    size_t rows = (size_t)size[1] * (size_t)size[2], width = (size_t)size[0];
    memset(labels, 0, rows * width * sizeof *labels);
    for (size_t r = 0; r < rows; r++) {
        int32_t *at = labels + r * width;
        for (size_t i = forest->row[r]; i < forest->row[r + 1]; i++) {
            for (int x = forest->runs[i].start; x < forest->runs[i].end; x++)
                at[x] = (int32_t)forest->parent[i];
        }
    }
}

enum mm_status mm_components_label(struct mm_arena *scratch, const uint8_t *mask, const int size[3], int connectivity,
                                   int32_t *labels, int32_t *count, struct mm_error *err)
{
    size_t runs = count_runs(mask, size);
    if (runs > INT32_MAX)
        return mm_fail(err, MM_ERR_MEMORY, "%zu runs of voxels are more than components can be counted in", runs);
    struct forest forest = {
        .runs = mm_arena_array(scratch, struct run, runs),
        .parent = mm_arena_array(scratch, uint32_t, runs),
        .row = mm_arena_array(scratch, size_t, (size_t)size[1] * (size_t)size[2] + 1),
    };
    if (!forest.runs || !forest.parent || !forest.row)
        return mm_fail_memory(err, "the runs of connected components");
    find_runs(&forest, mask, size);
    for (size_t i = 0; i < runs; i++)
        forest.parent[i] = (uint32_t)i;
    join_all(&forest, size, connectivity);
    *count = number_trees(forest.parent, runs);
    write_labels(&forest, size, labels);
    return MM_OK;
}
