/* The keys that this user trusts: one file NAME.pub each. */
#include "base/file.h"
#include "mmar/signing/signing.h"

#define SUFFIX ".pub"

const char *mm_trust_folder(struct mm_arena *arena)
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    const char *folder = config && *config == '/' ? mm_arena_format(arena, "%s/mmar/trusted", config)
                         : home && *home          ? mm_arena_format(arena, "%s/.config/mmar/trusted", home)
                                                  : NULL;
    return folder && mm_file_is_folder(folder) ? folder : NULL;
}

/* *found: this key signed it. A key that the signature does not name is tried only when it names none. */
static enum mm_status try_key(struct mm_arena *arena, const char *path, const struct mm_bundle *bundle, bool *found,
                              struct mm_error *err)
{
    enum mm_status s;
    struct mm_key key;
    if (MM_TRY(s, mm_key_open_public(arena, path, &key, err)))
        return s;
    bool named = !strcmp(bundle->key_id, key.id);
    if (named || !*bundle->key_id) {
        s = mm_bundle_is_by(arena, bundle, &key, err);
        *found = s == MM_OK;
        if (s == MM_NO && !named)
            s = MM_OK;
    }
    mm_key_close(&key);
    return s;
}

enum mm_status mm_trust_find(struct mm_arena *arena, const char *folder, const struct mm_bundle *bundle,
                             const char **name, struct mm_error *err)
{
    enum mm_status s;
    char **names;
    size_t count;
    *name = NULL;
    if (MM_TRY(s, mm_file_list(arena, folder, &names, &count, err)))
        return s;
    for (size_t i = 0; i < count; i++) {
        bool found = false;
        const char *path = mm_file_join(arena, folder, names[i]);
        if (!mm_text_ends(names[i], SUFFIX))
            continue;
        if (MM_TRY(s, try_key(arena, path, bundle, &found, err)))
            return s;
        if (found) {
            *name = mm_arena_textn(arena, names[i], strlen(names[i]) - strlen(SUFFIX));
            return *name ? MM_OK : mm_fail_memory(err, "a name");
        }
    }
    return MM_OK;
}
