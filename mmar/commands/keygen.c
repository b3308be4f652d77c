/* mmar keygen */
#include "base/log.h"
#include "mmar/command.h"
#include "mmar/signing/key.h"

static enum mm_status run(const struct mm_command_call *call, struct mm_error *err)
{
    enum mm_status s;
    struct mm_key key;
    const char *name = call->args[0];
    if (!*name || mm_text_ends(name, "/"))
        return mm_fail(err, MM_ERR_USAGE, "\"%s\": is no name for a key", name);
    if (mm_text_ends(name, ".key") || mm_text_ends(name, ".pub"))
        return mm_fail(err, MM_ERR_USAGE, "%s: give the name without .key or .pub: both files are made", name);
    if ((s = mm_key_make(call->arena, name, &key, err)) == MM_OK) {
        mm_note(
            "%s.key signs: keep it, and give it to nobody\n%s.pub checks: give it to the labs that get your models",
            name, name);
        printf("%s.pub %s\n", name, key.id);
    }
    mm_key_close(&key);
    return s;
}

const struct mm_command mm_command_keygen = {
    .name = "keygen",
    .args = "NAME",
    .summary = "make a pair of keys: NAME.key to sign with, NAME.pub for those who check",
    .args_min = 1,
    .args_max = 1,
    .run = run,
    .notes = "The key is ECDSA on the curve P-256, in PEM files that openssl reads too. NAME.key is readable for its "
             "owner only "
             "and not\nencrypted. Neither file may exist. The answer is the key's id, to be compared by telephone.",
    .examples = "  mmar keygen lab_a\n",
};
