/* Fuzzes what is made of a stranger's manifest: mmar/archive/manifest.c and name.c, its digest, and mmar/card.c. A manifest that is
 * accepted has an identity that printing and reading do not change, and a card without control characters. */
#include "mmar/archive/archive.h"
#include "mmar/card.h"

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size);

static void check_card(const cJSON *manifest, const char *digest)
{
    struct mm_text card;
    mm_text_init(&card, 1 << 20);
    mm_card_print(&card, manifest, digest);
    mm_card_licences(&card, manifest);
    for (size_t i = 0; i < card.length; i++)
        if ((unsigned char)card.bytes[i] < ' ' && card.bytes[i] != '\n')
            mm_bug("a control character in a card");
    mm_text_done(&card);
}

static void check_identity(struct mm_arena *arena, const cJSON *manifest, const char *digest)
{
    struct mm_error err;
    char again[65];
    cJSON *json;
    const char *text = mm_json_print(arena, manifest, MM_JSON_INDENTED);
    if (!text || mm_json_parse(arena, "printed", text, strlen(text), &json, &err) != MM_OK ||
        mm_manifest_check(arena, json, &err) != MM_OK || mm_manifest_digest(arena, json, again, &err) != MM_OK)
        mm_bug("an accepted manifest is refused when printed: %s", err.text);
    if (strcmp(again, digest) != 0)
        mm_bug("printing changed a manifest");
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
    struct mm_arena arena;
    struct mm_error err = {.status = MM_OK};
    char digest[65];
    cJSON *manifest;
    mm_arena_init(&arena, NULL);
    if (mm_json_parse(&arena, "input", (const char *)bytes, size, &manifest, &err) == MM_OK) {
        if (mm_manifest_check(&arena, manifest, &err) != MM_OK) {
            if (!err.text[0])
                mm_bug("a refusal without a text");
        } else if (mm_manifest_digest(&arena, manifest, digest, &err) == MM_OK) {
            check_card(manifest, digest);
            check_identity(&arena, manifest, digest);
        }
    }
    mm_arena_done(&arena);
    return 0;
}
