/* Fuzzes the reader of MONAI bundles' configs: whatever refers to whatever, it ends, within bounds, in a config that prints and reads
 * back, or in none. */
#include "mmar/foreign/bundle.h"

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
    struct mm_arena arena;
    cJSON *root, *again;
    if (size > 1 << 16)
        return 0;
    mm_arena_init(&arena, NULL);
    if (mm_json_parse(&arena, "train.json", (const char *)bytes, size, &root, NULL) == MM_OK) {
        struct mm_notes notes = {.arena = &arena};
        struct mm_bundle train = {.arena = &arena, .notes = &notes, .root = root}, inference = train;
        const cJSON *config = mm_bundle_config(&train, &inference);
        const char *text = config ? mm_json_print(&arena, config, MM_JSON_INDENTED) : "{}";
        struct mm_text told;
        if (!text || mm_json_parse(&arena, "config", text, strlen(text), &again, NULL) != MM_OK)
            mm_bug("the config does not read back");
        mm_text_init(&told, 1 << 20);
        mm_notes_print(&told, &notes, MM_NOTE_LEFT, "");
        mm_text_done(&told);
    }
    mm_arena_done(&arena);
    return 0;
}
