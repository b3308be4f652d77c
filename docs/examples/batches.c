/* Iterates the training batches of an MMAR folder, with no trainer: prints each batch's shape and mean, and how long it was waited for.
 *
 *     cc -std=c11 batches.c -o batches $(pkg-config --cflags --static --libs mmar)
 *     ./batches demo 2
 */
#include <mmar/cache/loader.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void)
{
    struct timespec t;
    timespec_get(&t, TIME_UTC);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double mean(const struct mm_batch_tensor *tensor)
{
    size_t count = 1;
    double sum = 0;
    for (int i = 0; i < 5; i++)
        count *= (size_t)tensor->dim[i];
    for (size_t i = 0; i < count; i++)
        sum += mm_batch_value(tensor, i);
    return sum / (double)count;
}

static void print_batch(const struct mm_batch *batch, double waited)
{
    printf("epoch %u step %u:", batch->epoch, batch->step);
    for (size_t i = 0; i < batch->field_count; i++) {
        const struct mm_batch_tensor *t = &batch->fields[i];
        printf(" %s %lldx%lldx%lldx%lldx%lld mean %.4f,", t->name, (long long)t->dim[0], (long long)t->dim[1],
               (long long)t->dim[2], (long long)t->dim[3], (long long)t->dim[4], mean(t));
    }
    printf(" waited %.1f ms\n", waited * 1e3);
}

static enum mm_status run_epoch(struct mm_loader *loader, uint32_t epoch, struct mm_error *err)
{
    const struct mm_batch *batch;
    struct mm_loader_stats stats;
    enum mm_status s = mm_loader_begin(loader, epoch, 0, err);
    while (s == MM_OK) {
        double start = now();
        s = mm_loader_next(loader, &batch, err);
        if (s != MM_OK || !batch)
            break;
        print_batch(batch, now() - start);
    }
    mm_loader_stats_get(loader, &stats);
    printf("epoch %u: waited %.1f ms, %u hits, %u prepared, %u replaced, %llu bytes held\n", epoch,
           stats.wait_seconds * 1e3, stats.hits, stats.prepared, stats.replaced, (unsigned long long)stats.bytes);
    return s;
}

int main(int argc, char **argv)
{
    struct mm_data *data;
    struct mm_error err = {MM_OK, ""};
    unsigned long epochs = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
    if (argc < 2) {
        fprintf(stderr, "usage: batches MMAR [EPOCHS]\n");
        return 2;
    }
    enum mm_status s = mm_data_open(argv[1], NULL, &data, &err);
    if (s == MM_OK) {
        fputs(mm_data_warnings(data), stderr);
        printf("mmar %s: %u items, the first is %s\n", MM_VERSION, mm_data_items(data),
               mm_data_file(data, 0, "image"));
        for (uint32_t epoch = 0; epoch < epochs && s == MM_OK; epoch++)
            s = run_epoch(mm_data_loader(data), epoch, &err);
        mm_data_close(data);
    }
    if (s != MM_OK)
        fprintf(stderr, "batches: %s\n", err.text);
    return mm_status_exit_code(s);
}
