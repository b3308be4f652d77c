/* What is said after a foreign model was taken over. */
#include "mmar/foreign/foreign.h"

/* The facts that an archive's manifest would give: of the card and of the record beside the weights. */
static cJSON *facts(const struct mm_foreign *f, const char *folder)
{
    struct mm_arena *arena = f->tree.arena;
    cJSON *card = NULL, *all = mm_json_object(arena);
    const cJSON *from[2] = {NULL, f->record}, *member;
    if (mm_json_read(arena, mm_file_join(arena, folder, "docs/card.json"), &card, NULL) == MM_OK)
        from[0] = card;
    for (int i = 0; i < 2; i++)
        cJSON_ArrayForEach (member, from[i])
            if (member->string)
                mm_json_add(arena, all, member->string, mm_json_copy(arena, member));
    return all;
}

void mm_foreign_tell(const struct mm_foreign *foreign, struct mm_takeover *takeover, struct mm_text *text)
{
    takeover->manifest = facts(foreign, takeover->folder);
    mm_text_format(text, "made %s from %s, %s, unsigned: nobody vouches for it. Taken:\n", takeover->folder,
                   takeover->from, foreign->what);
    mm_notes_print(text, &foreign->notes, MM_NOTE_TAKEN, "  ");
    mm_text_add(text, "Not taken:\n");
    mm_notes_print(text, &foreign->notes, MM_NOTE_LEFT, "  ");
    mm_text_add(text, "docs/ORIGIN.md keeps these two lists. What it brings along:\n");
    mm_takeover_rights(text, takeover->manifest);
    mm_text_format(text, "To do:\n  [ ] read what was not taken, the licences, and %s/docs\n", takeover->folder);
    mm_takeover_list(text, takeover);
    mm_text_format(text, "Then:\n  mmar check %s", takeover->folder);
    if (foreign->record)
        mm_text_format(text, "\n  mmar train %s --from %s/models/model.safetensors%s", takeover->folder,
                       takeover->folder, foreign->fits_partly ? " --partial" : "");
}
