/* Everything that writes: at whichever step it fails or dies, the old state or the new one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/hash.h"
#include "base/log.h"
#include "mmar/archive/archive.h"
#include "mmar/signing/vouch.h"
#include "tests/mmar/archive/mmar_folder.h"
#include "tests/mmar/support/command.h"
#include "tests/support/durability.h"

/* Before each: an MMAR m, its archive a.mmar, a pair of keys, weights. Commands print their answer: not here. */
static int set_up(void **state)
{
    struct mm_error err;
    if (scratch_setup(state) != 0)
        return -1;
    struct scratch *s = *state;
    setenv("XDG_CONFIG_HOME", scratch_path(s, "config"), 1);
    return RUN(&s->arena, &err, "pack", make_mmar(s, "m"), "-o", scratch_path(s, "a.mmar")) != MM_OK ||
           RUN(&s->arena, &err, "keygen", scratch_path(s, "lab")) != MM_OK;
}

static void copy(struct scratch *s, const char *from, const char *to)
{
    unsigned char *bytes;
    size_t size;
    struct mm_error err;
    assert_int_equal(mm_file_read(&s->arena, from, 1 << 20, &bytes, &size, &err), MM_OK);
    assert_int_equal(mm_file_write(to, bytes, size, &err), MM_OK);
}

static const char *in(struct scratch *s, const char *folder, const char *name)
{
    return mm_file_join(&s->arena, folder, name);
}

/* An older archive is there. */
static void older(struct scratch *s, const char *folder)
{
    copy(s, scratch_path(s, "a.mmar"), in(s, folder, "b.mmar"));
}

static bool is_archive(struct scratch *s, const char *path, bool with_checkpoint, bool with_signature)
{
    cJSON *manifest;
    char *signature;
    return mm_archive_read(&s->arena, path, NULL, &manifest, NULL) == MM_OK &&
           (mm_manifest_file(manifest, "models/checkpoint.safetensors") != NULL) == with_checkpoint &&
           mm_archive_head(&s->arena, path, &manifest, &signature, NULL) == MM_OK &&
           (signature != NULL) == with_signature;
}

static enum mm_status pack(struct scratch *s, const char *folder, struct mm_error *err)
{
    return RUN(&s->arena, err, "pack", scratch_path(s, "m"), "-o", in(s, folder, "b.mmar"), "--with-checkpoint");
}

static bool packed(struct scratch *s, const char *folder)
{
    return is_archive(s, in(s, folder, "b.mmar"), true, false);
}

static enum mm_status sign(struct scratch *s, const char *folder, struct mm_error *err)
{
    return RUN(&s->arena, err, "sign", in(s, folder, "b.mmar"), "--key", scratch_path(s, "lab.key"));
}

static bool signed_whole(struct scratch *s, const char *folder)
{
    return is_archive(s, in(s, folder, "b.mmar"), false, true);
}

static enum mm_status sign_apart(struct scratch *s, const char *folder, struct mm_error *err)
{
    return RUN(&s->arena, err, "sign", scratch_path(s, "a.mmar"), "--key", scratch_path(s, "lab.key"), "--detached",
               in(s, folder, "b.sig"));
}

static bool signature_whole(struct scratch *s, const char *folder)
{
    struct mm_error err;
    return mm_file_exists(in(s, folder, "b.sig")) &&
           RUN(&s->arena, &err, "verify", scratch_path(s, "a.mmar"), "--key", scratch_path(s, "lab.pub"),
               "--signature", in(s, folder, "b.sig")) == MM_OK;
}

static enum mm_status unpack(struct scratch *s, const char *folder, struct mm_error *err)
{
    return RUN(&s->arena, err, "unpack", scratch_path(s, "a.mmar"), "-C", in(s, folder, "there"));
}

/* Packing it gives the archive that it came from. */
static bool unpacked(struct scratch *s, const char *folder)
{
    struct mm_archive_list *list;
    struct mm_error err;
    cJSON *manifest;
    char made[MM_SHA256_HEX], was[MM_SHA256_HEX];
    const struct mm_pack_options plain = {0};
    return mm_layout_collect(&s->arena, in(s, folder, "there"), &plain, &list, &err) == MM_OK &&
           mm_manifest_make(&s->arena, in(s, folder, "there"), list, &manifest, &err) == MM_OK &&
           mm_manifest_digest(&s->arena, manifest, made, &err) == MM_OK &&
           mm_archive_manifest(&s->arena, scratch_path(s, "a.mmar"), &manifest, &err) == MM_OK &&
           mm_manifest_digest(&s->arena, manifest, was, &err) == MM_OK && !strcmp(made, was);
}

static enum mm_status pull(struct scratch *s, const char *folder, struct mm_error *err)
{
    return RUN(&s->arena, err, "pull", scratch_path(s, "a.mmar"), "-o", in(s, folder, "c.mmar"));
}

static bool pulled(struct scratch *s, const char *folder)
{
    return mm_file_exists(in(s, folder, "c.mmar")) && is_archive(s, in(s, folder, "c.mmar"), false, false);
}

static enum mm_status pull_unpacked(struct scratch *s, const char *folder, struct mm_error *err)
{
    return RUN(&s->arena, err, "pull", scratch_path(s, "a.mmar"), "-C", in(s, folder, "there"));
}

static enum mm_status keygen(struct scratch *s, const char *folder, struct mm_error *err)
{
    return RUN(&s->arena, err, "keygen", in(s, folder, "k"));
}

static bool keys_made(struct scratch *s, const char *folder)
{
    struct mm_key a, b;
    bool good = mm_key_open_private(&s->arena, in(s, folder, "k.key"), &a, NULL) == MM_OK;
    if (!good)
        return false;
    good = mm_key_open_public(&s->arena, in(s, folder, "k.pub"), &b, NULL) == MM_OK;
    good = good && !strcmp(a.id, b.id);
    mm_key_close(&a);
    mm_key_close(&b);
    return good;
}

/* One tensor of one float. */
static void make_weights(struct scratch *s)
{
    static const char header[] = "{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}       ";
    unsigned char bytes[8 + sizeof header - 1 + 4] = {sizeof header - 1};
    memcpy(bytes + 8, header, sizeof header - 1);
    scratch_file(s, "w.safetensors", bytes, sizeof bytes);
}

static enum mm_status convert(struct scratch *s, const char *folder, struct mm_error *err)
{
    return RUN(&s->arena, err, "convert", scratch_path(s, "w.safetensors"), "-o", in(s, folder, "v.safetensors"));
}

static bool converted(struct scratch *s, const char *folder)
{
    struct mm_error err;
    return RUN(&s->arena, &err, "convert", in(s, folder, "v.safetensors"), "--list") == MM_OK;
}

static enum mm_status datalist(struct scratch *s, const char *folder, struct mm_error *err)
{
    return RUN(&s->arena, err, "datalist", scratch_path(s, "data"), "-o", in(s, folder, "dataset.json"), "--force");
}

static bool listed(struct scratch *s, const char *folder)
{
    cJSON *json;
    return mm_json_read(&s->arena, in(s, folder, "dataset.json"), &json, NULL) == MM_OK &&
           cJSON_GetArraySize(mm_json_get(json, "training")) > 0;
}

static void old_list(struct scratch *s, const char *folder)
{
    (void)s;
    const char *path = in(s, folder, "dataset.json");
    assert_int_equal(mm_file_write(path, "{}", 2, NULL), MM_OK);
}

#define HOLDS(test, ...)                                                                                             \
    static void test(void **state)                                                                                   \
    {                                                                                                                \
        durability_hold(*state, &(const struct durable){.name = #test, __VA_ARGS__});                                \
    }
HOLDS(pack_over_an_older_archive, .prepare = older, .run = pack, .is_new = packed)
HOLDS(pack_where_nothing_is, .run = pack, .is_new = packed)
HOLDS(sign_an_archive, .prepare = older, .run = sign, .is_new = signed_whole)
HOLDS(sign_apart_from_it, .run = sign_apart, .is_new = signature_whole)
HOLDS(unpack_an_archive, .run = unpack, .is_new = unpacked)
HOLDS(pull_an_archive, .run = pull, .is_new = pulled, .keeps_parts = true)
HOLDS(pull_and_unpack, .run = pull_unpacked, .is_new = unpacked, .keeps_parts = true)
HOLDS(make_keys, .run = keygen, .is_new = keys_made, .two_steps = true)

static void convert_weights(void **state)
{
    make_weights(*state);
    durability_hold(*state, &(const struct durable){.name = "convert", .run = convert, .is_new = converted});
}

static void write_a_datalist(void **state)
{
    struct mm_error err;
    struct scratch *s = *state;
    assert_int_equal(RUN(&s->arena, &err, "synth", scratch_path(s, "data"), "--size", "16,16", "--spacing", "1,1",
                         "--count", "3", "--validation", "1"),
                     MM_OK);
    durability_hold(
        s, &(const struct durable){.name = "datalist", .prepare = old_list, .run = datalist, .is_new = listed});
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, scratch_teardown)
    const struct CMUnitTest tests[] = {
        T(pack_over_an_older_archive),
        T(pack_where_nothing_is),
        T(sign_an_archive),
        T(sign_apart_from_it),
        T(unpack_an_archive),
        T(pull_an_archive),
        T(pull_and_unpack),
        T(make_keys),
        T(convert_weights),
        T(write_a_datalist),
    };
    mm_log_set(MM_LOG_QUIET);
    scratch_in_memory();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
