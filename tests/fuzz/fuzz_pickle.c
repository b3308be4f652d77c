/* Fuzzes the reader of PyTorch files: zip, pickle machine, tensors. The first byte chooses what the rest is: an even one: a file as
 * it is; an odd one: the pickle of a sound zip (a checksum cannot be guessed), whose storage "0" has 64 bytes.
 * Every element of every tensor that is accepted must lie in the input. */
#include "tests/trainer/torch_samples.h"
#include "trainer/torch_file.h"

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size);

/* Reading them is the test: the sanitizer watches. */
static void touch(const struct mm_torch_state *state)
{
    for (size_t i = 0; i < state->count && i < 16; i++) {
        struct mm_strided tensor = state->tensors[i];
        size_t room;
        if (!mm_strided_bytes(&tensor, &room) || room > 1 << 20)
            mm_bug("tensor %s has %zu bytes", tensor.name, room);
        void *copy = mm_alloc(room);
        mm_strided_copy(&tensor, copy);
        mm_strided_turn(&tensor);
        mm_strided_copy(&tensor, copy);
        mm_free(copy);
    }
}

static void read_file(struct mm_arena *arena, const unsigned char *bytes, size_t size)
{
    struct mm_torch_file *file;
    struct mm_torch_state state;
    struct mm_error err = {.status = MM_OK};
    enum mm_status s = mm_torch_parse(arena, bytes, size, &file, &err);
    if (s == MM_OK && (s = mm_torch_choose(arena, file, NULL, &state, &err)) == MM_OK)
        touch(&state);
    if (s != MM_OK && !*err.text)
        mm_bug("a refusal without a text");
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
    static const unsigned char storage[64] = {1, 2, 3};
    static struct sample zip;
    struct mm_arena arena;
    if (!size || size > SAMPLE_MAX / 2)
        return 0;
    mm_arena_init(&arena, NULL);
    if (bytes[0] & 1) {
        zip.size = 0;
        sample_zip(
            &zip,
            (struct sample_entry[]){{"a/data.pkl", bytes + 1, size - 1, 0}, {"a/data/0", storage, sizeof storage, 0}},
            2);
        /* exactly as large as it is, so that a byte too far is seen */
        unsigned char *exact = mm_alloc_raw(zip.size);
        memcpy(exact, zip.bytes, zip.size);
        read_file(&arena, exact, zip.size);
        mm_free(exact);
    } else {
        read_file(&arena, bytes + 1, size - 1);
    }
    mm_arena_done(&arena);
    return 0;
}
